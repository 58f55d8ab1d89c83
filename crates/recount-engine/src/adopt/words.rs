//! The words of a text, counted: how "nothing was lost" is checked. What does not live here: what is done
//! about a word that is missing (`compose`).

use std::borrow::Cow;
use std::collections::BTreeMap;

/// How often each word stands in a text.
pub(super) type Words = BTreeMap<String, usize>;

/// Every run of letters and digits of the raw text: prose, code, links, comments, front matter. Left out is
/// what is markup alone: the numbers of list items, the `x` of a checked box, line breaks as tags.
pub(super) fn words(text: &str) -> Words {
    let mut words = Words::new();
    for line in without_breaks(text).split(['\n', '\r']) {
        for word in words_of_line(line) {
            *words.entry(word.to_owned()).or_insert(0) += 1;
        }
    }
    words
}

/// How many words a text has.
pub(super) fn count(text: &str) -> usize {
    without_breaks(text).split(['\n', '\r']).map(|line| words_of_line(line).count()).sum()
}

/// A line break as a tag, in its three spellings.
pub(super) const BREAKS: [&str; 3] = ["<br>", "<br/>", "<br />"];

fn without_breaks(text: &str) -> Cow<'_, str> {
    if !text.contains("<br") {
        return Cow::Borrowed(text);
    }
    Cow::Owned(BREAKS.iter().fold(text.to_owned(), |text, tag| text.replace(tag, " ")))
}

/// What `source` has more often than `result`.
pub(super) fn missing(source: &Words, result: &Words) -> Words {
    let lacks = |(word, count): (&String, &usize)| {
        let have = result.get(word).copied().unwrap_or(0);
        (*count > have).then(|| (word.clone(), count - have))
    };
    source.iter().filter_map(lacks).collect()
}

/// The words of one line, without the marker of a list item.
pub(super) fn words_of_line(line: &str) -> impl Iterator<Item = &str> {
    line[marker(line)..].split(|ch: char| !ch.is_alphanumeric()).filter(|word| !word.is_empty())
}

/// The length of quotation marks, list markers and a box at the start of a line.
fn marker(line: &str) -> usize {
    let mut at = 0;
    loop {
        let rest = &line[at..];
        let trimmed = rest.trim_start_matches([' ', '\t', '>']);
        let step = rest.len() - trimmed.len();
        let digits = trimmed.bytes().take_while(u8::is_ascii_digit).count();
        let after = &trimmed[digits..];
        let taken = if trimmed.starts_with(['-', '*', '+']) && trimmed[1..].starts_with([' ', '\t']) {
            1
        } else if (1..=9).contains(&digits)
            && after.starts_with(['.', ')'])
            && (after.len() == 1 || after[1..].starts_with([' ', '\t']))
        {
            digits + 1
        } else if ["[ ]", "[x]", "[X]"].iter().any(|box_| trimmed.starts_with(box_)) && at > 0 {
            return at + step + 3;
        } else {
            return at;
        };
        at += step + taken;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn markers_are_no_words_and_everything_else_is() {
        for (text, expected) in [
            ("1. one", "one"),
            ("> - [x] two 2", "2 two"),
            ("2021 was", "2021 was"),
            ("1.24 is out", "1 24 is out"),
            ("[x] alone", "alone x"),
            ("a|b `c-d` <!-- e -->", "a b c d e"),
            ("3)", ""),
        ] {
            assert_eq!(words(text).into_keys().collect::<Vec<_>>().join(" "), expected, "{text}");
        }
    }

    #[test]
    fn missing_counts() {
        let lost = missing(&words("a a b"), &words("a c"));
        assert_eq!(lost.into_iter().collect::<Vec<_>>(), [("a".to_owned(), 1), ("b".to_owned(), 1)]);
    }
}
