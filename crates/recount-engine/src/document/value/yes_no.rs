//! A yes or no with details: `Yes (12 orders lost)`, `No: replicas were in sync`.
//!
//! What lives here: the answer and its details. What does not: whether details are owed.

use super::{leading_word, strip_word, trim, unmarked};

/// What the answer is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Answer {
    /// `Yes`, `partially`.
    Yes,
    /// `No`, `None`.
    No,
    /// `Unknown`, `possibly`, `n/a`: an answer that decides nothing.
    Unknown,
}

/// An answer and what is said beside it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct YesNo<'a> {
    /// The answer.
    pub answer: Answer,
    /// The rest of the text without the brackets or the colon; empty where nothing is said.
    pub details: &'a str,
    /// Whether the answer is one of the words `yes`, `no` and `unknown`.
    pub plain: bool,
}

/// Reads an answer at the start of `text`; `None` if it does not begin with one, as in `yes/no (details)`.
pub fn read(text: &str) -> Option<YesNo<'_>> {
    const ANSWERS: [(&str, Answer); 26] = [
        ("yes", Answer::Yes),
        ("no", Answer::No),
        ("unknown", Answer::Unknown),
        ("none", Answer::No),
        ("nope", Answer::No),
        ("y", Answer::Yes),
        ("n", Answer::No),
        ("true", Answer::Yes),
        ("false", Answer::No),
        ("yep", Answer::Yes),
        ("partial", Answer::Yes),
        ("partially", Answer::Yes),
        ("n/a", Answer::Unknown),
        ("na", Answer::Unknown),
        ("not applicable", Answer::Unknown),
        ("not known", Answer::Unknown),
        ("not yet known", Answer::Unknown),
        ("unclear", Answer::Unknown),
        ("undetermined", Answer::Unknown),
        ("possible", Answer::Unknown),
        ("possibly", Answer::Unknown),
        ("potentially", Answer::Unknown),
        ("likely", Answer::Unknown),
        ("unlikely", Answer::Unknown),
        ("maybe", Answer::Unknown),
        ("under investigation", Answer::Unknown),
    ];
    let text = unmarked(text);
    let (index, rest) = ANSWERS.iter().enumerate().find_map(|(index, (word, _))| {
        let rest = strip_word(text, word)?;
        // `Yesterday`, `North` and `yes/no` are no answers.
        let ends = !rest.starts_with(|c: char| c.is_alphanumeric() || matches!(c, '\'' | '’' | '-'));
        (ends && !rest.trim_start().starts_with('/')).then_some((index, rest))
    })?;
    Some(YesNo { answer: ANSWERS[index].1, details: details(rest), plain: index < 3 })
}

/// Takes off what separates the details from the answer.
fn details(rest: &str) -> &str {
    let rest = trim(rest.trim_start_matches(['*', '_', '`']));
    let rest = trim(rest.trim_start_matches([':', ',', ';', '.', '-', '–', '—', '!']));
    let inside =
        rest.strip_prefix('(').and_then(|rest| rest.strip_suffix('.').unwrap_or(rest).strip_suffix(')'));
    match inside {
        // `(a) and (b)` are two brackets.
        Some(inside) if !inside.contains(')') || inside.contains('(') && balanced(inside) => trim(inside),
        _ if leading_word(rest).is_empty() && rest.chars().all(|c| c.is_ascii_punctuation()) => "",
        _ => strip_word(rest, "because ").unwrap_or(rest),
    }
}

fn balanced(text: &str) -> bool {
    let mut depth = 0i32;
    text.bytes().all(|byte| {
        depth += i32::from(byte == b'(') - i32::from(byte == b')');
        depth >= 0
    }) && depth == 0
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn answers_are_read_with_their_details() {
        use Answer::{No, Unknown, Yes};
        for (text, answer, details) in [
            ("Yes", Yes, ""),
            ("yes.", Yes, ""),
            ("Yes (12 orders lost)", Yes, "12 orders lost"),
            ("Yes (12 orders (EU) lost)", Yes, "12 orders (EU) lost"),
            ("Yes (a) and (b)", Yes, "(a) and (b)"),
            ("**Yes**: 12 orders", Yes, "12 orders"),
            ("**Yes** (12 orders)", Yes, "12 orders"),
            ("Yes - 12 orders", Yes, "12 orders"),
            ("Yes, 12 orders", Yes, "12 orders"),
            ("Yes. Twelve orders.", Yes, "Twelve orders."),
            ("partially: 3 shards", Yes, "3 shards"),
            ("no", No, ""),
            ("None", No, ""),
            ("none.", No, ""),
            ("No: replicas were in sync", No, "replicas were in sync"),
            ("No — replicas were in sync", No, "replicas were in sync"),
            ("No data was lost", No, "data was lost"),
            ("\u{A0}No\u{A0}", No, ""),
            ("unknown", Unknown, ""),
            ("Unknown (being checked)", Unknown, "being checked"),
            ("n/a", Unknown, ""),
            ("N/A (stateless)", Unknown, "stateless"),
            ("possibly", Unknown, ""),
        ] {
            let read = read(text).map(|read| (read.answer, read.details));
            assert_eq!(read, Some((answer, details)), "{text}");
        }
    }

    #[test]
    fn what_begins_with_no_answer_is_none() {
        for text in [
            "",
            "yes/no (details)",
            "yes / no",
            "Yesterday",
            "North",
            "Node",
            "no-op",
            "Naïve",
            "12 orders",
            "é",
            "nö",
        ] {
            assert_eq!(read(text), None, "{text}");
        }
    }

    #[test]
    fn only_the_three_words_are_plain() {
        for (text, plain) in
            [("Yes", true), ("NO: x", true), ("unknown", true), ("none", false), ("n/a", false)]
        {
            assert_eq!(read(text).map(|read| read.plain), Some(plain), "{text}");
        }
    }

    proptest! {
        #[test]
        fn any_text_is_read_without_panic(text in "(Yes|No|n/a|none|[(): .é*–-]|x){0,8}|\\PC*") {
            if let Some(read) = read(&text) {
                prop_assert!(text.contains(read.details));
            }
        }
    }
}
