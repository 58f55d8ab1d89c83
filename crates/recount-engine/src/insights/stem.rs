//! The stems of English words, by which forms of one word are taken as one.
//!
//! What does not live here: which words mean something, and the stems of the search index, which are the index's own.

/// The stem of an English word: plurals, past tense and *-ing* are taken off, after the first step of
/// Porter (1980), and what that leaves of a final *e* and *y* is made one.
pub(super) fn stem(mut word: String) -> String {
    if !word.is_ascii() || word.len() < 4 {
        return word;
    }
    if word.ends_with("sses") || word.ends_with("ies") {
        word.truncate(word.len() - 2);
    } else if word.ends_with('s') && !word.ends_with("ss") && !word.ends_with("us") && !word.ends_with("is") {
        word.truncate(word.len() - 1);
    }
    let has_vowel = |stem: &str| stem.contains(['a', 'e', 'i', 'o', 'u', 'y']);
    let cut = ["ing", "ed"].iter().find_map(|end| {
        let stem = word.strip_suffix(end).filter(|stem| stem.len() > 2 && has_vowel(stem))?;
        (!stem.ends_with('e')).then_some(stem.len())
    });
    if let Some(cut) = cut {
        word.truncate(cut);
        let bytes = word.as_bytes();
        let doubled = bytes[cut - 1] == bytes[cut - 2] && !matches!(bytes[cut - 1], b'l' | b's' | b'z');
        if doubled && !has_vowel(&word[cut - 1..]) {
            word.truncate(cut - 1);
        }
    }
    if word.len() > 3 {
        if word.ends_with('e') {
            word.truncate(word.len() - 1);
        } else if word.ends_with('y') {
            word.truncate(word.len() - 1);
            word.push('i');
        }
    }
    word
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forms_of_a_word_have_one_stem() {
        for group in [
            &["deploy", "deploys", "deployed", "deploying"][..],
            &["cache", "caches", "cached", "caching"],
            &["retry", "retries", "retried"],
            &["stop", "stops", "stopped", "stopping"],
            &["alert", "alerts", "alerted"],
            &["process", "processes", "processed"],
            &["exceed", "exceeds", "exceeded"],
        ] {
            let stems: Vec<String> = group.iter().map(|word| stem((*word).to_owned())).collect();
            assert!(stems.iter().all(|stem| *stem == stems[0]), "{group:?}: {stems:?}");
        }
        for word in ["status", "analysis", "red", "king", "need", "日本語", "é"] {
            assert_eq!(stem(word.to_owned()), word);
        }
    }
}
