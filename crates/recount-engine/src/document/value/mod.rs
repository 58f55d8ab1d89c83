//! Typed values that fields and cells hold.
//!
//! What lives here: one file per kind of value, each with the same habit: the form that the template
//! asks for is read on a byte path without allocation, everything else that people write is understood
//! more slowly and marked as not canonical, and no input panics. [`Value`] is what a field or cell holds
//! once it was read.
//!
//! What does not: rosters, thresholds, today's date. A value says what the text means, never whether a
//! policy likes it. Where in the document the text stands is the caller's knowledge, too; spans here are
//! relative to the text that was handed in.

pub mod date;
pub mod duration;
pub mod link;
pub mod percentage;
pub mod person;
pub mod priority;
pub mod severity;
pub mod status;
pub mod time;
pub mod yes_no;

/// What a field or a cell holds: `T` when it could be read, `W` (why) when not.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Value<T, W> {
    /// Nothing after the label, an empty cell.
    #[default]
    Blank,
    /// The template's own words still stand there.
    Placeholder,
    /// Understood.
    Value(T),
    /// Something is there and it cannot be read as a `T`.
    Invalid(W),
}

impl<T, W> Value<T, W> {
    /// The value, if it could be read.
    pub fn value(&self) -> Option<&T> {
        match self {
            Self::Value(value) => Some(value),
            Self::Blank | Self::Placeholder | Self::Invalid(_) => None,
        }
    }

    /// Why what is there cannot be read.
    pub fn problem(&self) -> Option<&W> {
        match self {
            Self::Invalid(why) => Some(why),
            Self::Blank | Self::Placeholder | Self::Value(_) => None,
        }
    }

    /// Whether a person put something there, readable or not.
    pub fn is_filled(&self) -> bool {
        matches!(self, Self::Value(_) | Self::Invalid(_))
    }

    /// The same with references inside.
    pub fn as_ref(&self) -> Value<&T, &W> {
        match self {
            Self::Blank => Value::Blank,
            Self::Placeholder => Value::Placeholder,
            Self::Value(value) => Value::Value(value),
            Self::Invalid(why) => Value::Invalid(why),
        }
    }

    /// The same with `change` applied to the value.
    pub fn map<U>(self, change: impl FnOnce(T) -> U) -> Value<U, W> {
        match self {
            Self::Blank => Value::Blank,
            Self::Placeholder => Value::Placeholder,
            Self::Value(value) => Value::Value(change(value)),
            Self::Invalid(why) => Value::Invalid(why),
        }
    }
}

impl<T, W> From<Result<T, W>> for Value<T, W> {
    fn from(read: Result<T, W>) -> Self {
        match read {
            Ok(value) => Self::Value(value),
            Err(why) => Self::Invalid(why),
        }
    }
}

/// Cuts off what is invisible at both ends: white space with NBSP, zero-width characters, a stray BOM.
pub fn trim(text: &str) -> &str {
    // Most cells begin and end with a plain character.
    let plain = |byte: Option<&u8>| byte.is_none_or(u8::is_ascii_graphic);
    if plain(text.as_bytes().first()) && plain(text.as_bytes().last()) {
        return text;
    }
    text.trim_matches(|c: char| {
        c.is_whitespace() || matches!(c, '\u{200B}'..='\u{200F}' | '\u{2060}' | '\u{FEFF}')
    })
}

/// [`trim`], and without the marks of bold, italic and code around the whole.
fn unmarked(text: &str) -> &str {
    trim(trim(text).trim_matches(['*', '_', '`']))
}

/// The part of `text` that is one word of ASCII letters at its start.
fn leading_word(text: &str) -> &str {
    let end = text.bytes().position(|byte| !byte.is_ascii_alphabetic()).unwrap_or(text.len());
    &text[..end]
}

/// What follows `word` in `text`, if `text` begins with it in any case. `word` is ASCII.
fn strip_word<'a>(text: &'a str, word: &str) -> Option<&'a str> {
    let head = text.get(..word.len())?;
    head.eq_ignore_ascii_case(word).then(|| &text[word.len()..])
}

/// Reads `digits` ASCII digits; `None` if a byte is none. At most nine digits fit.
fn number(digits: &[u8]) -> Option<u32> {
    if digits.is_empty() || digits.len() > 9 {
        return None;
    }
    digits.iter().try_fold(0u32, |sum, byte| byte.is_ascii_digit().then(|| sum * 10 + u32::from(byte - b'0')))
}

/// The grade behind a word like `Sev` or `P`: one digit after a separator, then nothing or a remark.
fn graded(rest: &str) -> Option<usize> {
    let rest = rest.trim_start_matches([' ', '-', '_', ':', '\u{A0}']);
    let grade = char::to_digit(rest.chars().next()?, 10)?;
    let after = rest[1..].trim_start_matches(['*', '_', '`']);
    let remark = trim(after);
    let apart = remark.len() < after.len() || after.is_empty();
    let told = remark.is_empty()
        || remark.starts_with(['(', ',', ':', ';'])
        || apart && remark.starts_with(['-', '–', '—']);
    told.then_some(grade as usize)
}

/// How many ASCII digits `bytes` begins with.
fn digit_count(bytes: &[u8]) -> usize {
    bytes.iter().take_while(|byte| byte.is_ascii_digit()).count()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn trimming_takes_everything_invisible_and_nothing_else() {
        for (text, expected) in [
            ("", ""),
            (" ", ""),
            ("a", "a"),
            ("\u{A0}a b\u{A0}\r\n", "a b"),
            ("\u{FEFF}ä\u{200B}", "ä"),
            ("\u{A0}", ""),
            ("é", "é"),
        ] {
            assert_eq!(trim(text), expected, "{text:?}");
        }
    }

    #[test]
    fn marks_around_the_whole_are_not_content() {
        assert_eq!(unmarked(" **`14:02`** "), "14:02");
        assert_eq!(unmarked("__"), "");
    }

    #[test]
    fn a_value_knows_whether_a_person_filled_it() {
        assert!(!Value::<u8, ()>::Blank.is_filled());
        assert!(!Value::<u8, ()>::Placeholder.is_filled());
        assert!(Value::<u8, ()>::Value(1).is_filled());
        assert!(Value::<u8, ()>::Invalid(()).is_filled());
        assert_eq!(Value::<u8, ()>::from(Ok(1)).map(|n| n + 1).value(), Some(&2));
        assert_eq!(Value::<u8, &str>::from(Err("why")).as_ref().problem(), Some(&&"why"));
    }
}
