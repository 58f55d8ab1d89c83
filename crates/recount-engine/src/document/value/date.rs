//! A calendar date: `2026-12-04`, and what people write instead.
//!
//! What lives here: reading a whole cell as a date, and the scanner for a date at the start of a text that
//! times and statuses share. What does not: relative dates (`next week`), which have no meaning in a file
//! that is read for years.

use std::fmt;

use jiff::civil::Date;

use super::{digit_count, leading_word, number, strip_word, trim, unmarked};

/// A date that was understood.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DateValue {
    /// The day.
    pub date: Date,
    /// Whether it is written `2026-12-04` and nothing else.
    pub canonical: bool,
}

/// Why a text is not one date.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DateProblem {
    /// Nothing in it reads as a date.
    NotADate,
    /// It has the shape of a date and no calendar has it: `2026-02-30`.
    Impossible,
    /// `12/04/2026`: the day or the month may come first.
    Ambiguous {
        /// With the month first, then with the day first.
        readings: [Date; 2],
    },
    /// `4 Dec`: the year is missing.
    NoYear,
}

impl fmt::Display for DateProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotADate => f.write_str("it is not a date"),
            Self::Impossible => f.write_str("there is no such day"),
            Self::Ambiguous { readings: [a, b] } => write!(f, "it can mean `{a}` or `{b}`"),
            Self::NoYear => f.write_str("it has no year"),
        }
    }
}

impl std::error::Error for DateProblem {}

/// Reads the whole of `text` as one date.
///
/// A remark in brackets, a weekday and a leading `by` are allowed; they make it not canonical.
pub fn read(text: &str) -> Result<DateValue, DateProblem> {
    let text = trim(text);
    if let Some(date) = canonical_date(text.as_bytes()) {
        return date.map(|date| DateValue { date, canonical: true }).ok_or(DateProblem::Impossible);
    }
    let text = unmarked(text);
    let text = strip_word(text, "by ").map_or(text, str::trim_start);
    let (scanned, length) = scan(text).ok_or(DateProblem::NotADate)?;
    let rest = text[length..].trim_start_matches(['*', '_', '`', '.', ',']).trim_start();
    if !(rest.is_empty() || rest.starts_with('(') && rest.ends_with(')')) {
        return Err(DateProblem::NotADate);
    }
    match scanned {
        Scanned::Date(date) => Ok(DateValue { date, canonical: false }),
        Scanned::MonthDay { .. } => Err(DateProblem::NoYear),
        Scanned::Ambiguous(readings) => Err(DateProblem::Ambiguous { readings }),
        Scanned::Impossible => Err(DateProblem::Impossible),
    }
}

/// A day that bounds a period: `2026-11-20`, or the first one of a month or year, `2026-11`, `2026`.
pub fn first_day(text: &str) -> Option<Date> {
    let whole = match text.len() {
        4 => format!("{text}-01-01"),
        7 => format!("{text}-01"),
        _ => text.to_owned(),
    };
    canonical_date(whole.as_bytes())?
}

/// The canonical spelling of a text that is one certain date in another spelling, year and all, and nothing
/// beside it: `30.11.2026` is `2026-11-30`.
pub fn canonical(text: &str) -> Option<String> {
    let Some((Scanned::Date(date), length)) = scan_date(text) else { return None };
    // Of a year of two digits nobody knows on which side it stands.
    let has_year = text.as_bytes().windows(4).any(|four| four.iter().all(u8::is_ascii_digit));
    (length == text.len() && has_year).then(|| date.to_string()).filter(|canonical| canonical != text)
}

/// `2026-12-04` and nothing else: `None` for another shape, `Some(None)` for a day that does not exist.
#[allow(clippy::option_option, reason = "shape and sense are two questions")]
pub(super) fn canonical_date(bytes: &[u8]) -> Option<Option<Date>> {
    let [y1, y2, y3, y4, b'-', m1, m2, b'-', d1, d2] = *bytes else { return None };
    let year = number(&[y1, y2, y3, y4])?;
    let (month, day) = (number(&[m1, m2])?, number(&[d1, d2])?);
    Some(day_of(year, month, day))
}

/// What stands at the start of a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Scanned {
    /// A whole date.
    Date(Date),
    /// `20 Nov`, `11-20`: the year is to be taken from elsewhere.
    MonthDay { month: i8, day: i8 },
    /// The month or the day may come first; month-first is the first.
    Ambiguous([Date; 2]),
    /// The shape of a date with numbers that no calendar has.
    Impossible,
}

/// Finds a date at the very start of `text`, after an optional weekday, and says how many bytes it takes.
pub(crate) fn scan(text: &str) -> Option<(Scanned, usize)> {
    let start = skip_weekday(text);
    let (scanned, length) = scan_date(&text[start..])?;
    Some((scanned, start + length))
}

fn scan_date(text: &str) -> Option<(Scanned, usize)> {
    let bytes = text.as_bytes();
    match digit_count(bytes) {
        0 => month_first(text),
        8 => {
            let (year, month, day) = (number(&bytes[..4])?, number(&bytes[4..6])?, number(&bytes[6..8])?);
            (1970..2200).contains(&year).then(|| (whole(year, month, day), 8))
        }
        4 => year_first(bytes),
        1 | 2 => day_first(text).or_else(|| three_numbers(bytes)),
        _ => None,
    }
}

/// `2026-12-04`, `2026/12/4`, `2026.12.04`.
fn year_first(bytes: &[u8]) -> Option<(Scanned, usize)> {
    let separator = *bytes.get(4).filter(|byte| matches!(byte, b'-' | b'/' | b'.'))?;
    let (month, at) = small_number(bytes, 5)?;
    if bytes.get(at) != Some(&separator) {
        return None;
    }
    let (day, end) = small_number(bytes, at + 1)?;
    Some((whole(number(&bytes[..4])?, month, day), end))
}

/// `12/04/2026`, `20.11.2026`, and without a year `11-20`, `11/20`.
fn three_numbers(bytes: &[u8]) -> Option<(Scanned, usize)> {
    let (first, at) = small_number(bytes, 0)?;
    let separator = *bytes.get(at).filter(|byte| matches!(byte, b'-' | b'/' | b'.'))?;
    let (second, at) = small_number(bytes, at + 1)?;
    if bytes.get(at) != Some(&separator) {
        let month_first = match separator {
            b'-' => true,
            b'/' => second > 12 && first <= 12,
            _ => return None,
        };
        let (month, day) = (i8::try_from(first).ok()?, i8::try_from(second).ok()?);
        let plausible = month_first && (1..=12).contains(&month) && (1..=31).contains(&day);
        return plausible.then_some((Scanned::MonthDay { month, day }, at));
    }
    let digits = digit_count(&bytes[at + 1..]);
    let year = match digits {
        2 => 2000 + number(&bytes[at + 1..at + 3])?,
        4 => number(&bytes[at + 1..at + 5])?,
        _ => return None,
    };
    let end = at + 1 + digits;
    // With full stops the day comes first wherever people write it so.
    let scanned = if separator == b'.' || first > 12 || first == second {
        whole(year, second, first)
    } else if second > 12 {
        whole(year, first, second)
    } else {
        match (day_of(year, first, second), day_of(year, second, first)) {
            (Some(month_first), Some(day_first)) => Scanned::Ambiguous([month_first, day_first]),
            _ => Scanned::Impossible,
        }
    };
    Some((scanned, end))
}

/// `4 Dec 2026`, `4th of December, 2026`, `04-Dec-2026`, `4 Dec`.
fn day_first(text: &str) -> Option<(Scanned, usize)> {
    let (day, at) = small_number(text.as_bytes(), 0)?;
    let at = skip_ordinal(text, at);
    let mut at = skip_any(text, at, b" -.");
    if let Some(rest) = strip_word(&text[at..], "of ") {
        at = text.len() - rest.len();
    }
    let word = leading_word(&text[at..]);
    let month = month_number(word)?;
    Some(with_year(text, at + word.len(), month, day))
}

/// `Dec 4, 2026`, `December 4th 2026`, `Dec 4`.
fn month_first(text: &str) -> Option<(Scanned, usize)> {
    let word = leading_word(text);
    let month = month_number(word)?;
    let at = skip_any(text, word.len(), b" -.");
    let (day, at) = small_number(text.as_bytes(), at)?;
    Some(with_year(text, skip_ordinal(text, at), month, day))
}

/// Completes month and day with a year, if one follows `at`; what follows may as well be a clock.
fn with_year(text: &str, at: usize, month: u32, day: u32) -> (Scanned, usize) {
    let bytes = text.as_bytes();
    let year_at = skip_any(text, at, b" -.,");
    if digit_count(&bytes[year_at..]) == 4
        && bytes.get(year_at + 4) != Some(&b':')
        && let Some(year) = number(&bytes[year_at..year_at + 4])
        && (1900..2200).contains(&year)
    {
        return (whole(year, month, day), year_at + 4);
    }
    // 2024 is a leap year: 29 February exists in some year.
    let scanned = match day_of(2024, month, day) {
        Some(date) => Scanned::MonthDay { month: date.month(), day: date.day() },
        None => Scanned::Impossible,
    };
    (scanned, at)
}

fn whole(year: u32, month: u32, day: u32) -> Scanned {
    day_of(year, month, day).map_or(Scanned::Impossible, Scanned::Date)
}

fn day_of(year: u32, month: u32, day: u32) -> Option<Date> {
    Date::new(i16::try_from(year).ok()?, i8::try_from(month).ok()?, i8::try_from(day).ok()?).ok()
}

/// One or two digits at `at`, and where they end.
fn small_number(bytes: &[u8], at: usize) -> Option<(u32, usize)> {
    let rest = bytes.get(at..)?;
    let count = digit_count(rest);
    matches!(count, 1 | 2).then(|| number(&rest[..count]).map(|n| (n, at + count)))?
}

fn skip_ordinal(text: &str, at: usize) -> usize {
    let word = leading_word(&text[at..]);
    let ordinal = ["st", "nd", "rd", "th"].iter().any(|end| word.eq_ignore_ascii_case(end));
    if ordinal { at + 2 } else { at }
}

fn skip_any(text: &str, at: usize, skipped: &[u8]) -> usize {
    at + text.as_bytes()[at..].iter().take_while(|byte| skipped.contains(byte)).count()
}

/// The length of a weekday at the start and of what separates it from the date; zero without one.
fn skip_weekday(text: &str) -> usize {
    let word = leading_word(text);
    if is_weekday(word) { skip_any(text, word.len(), b" .,") } else { 0 }
}

pub(crate) fn is_weekday(word: &str) -> bool {
    const DAYS: [&str; 7] = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"];
    abbreviates(word, &DAYS).is_some()
}

/// 1 to 12 for the name of a month or its first letters, at least three.
fn month_number(word: &str) -> Option<u32> {
    const MONTHS: [&str; 12] = [
        "january",
        "february",
        "march",
        "april",
        "may",
        "june",
        "july",
        "august",
        "september",
        "october",
        "november",
        "december",
    ];
    abbreviates(word, &MONTHS).map(|index| index as u32 + 1)
}

/// Whether `word` names a month.
pub(crate) fn is_month(word: &str) -> bool {
    month_number(word).is_some()
}

/// The place of the name that begins with `word`, in any case; three letters are enough.
fn abbreviates(word: &str, names: &[&str]) -> Option<usize> {
    if word.len() < 3 {
        return None;
    }
    names.iter().position(|name| name.get(..word.len()).is_some_and(|head| head.eq_ignore_ascii_case(word)))
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_month_and_a_year_begin_on_their_first_day() {
        for (text, day) in [
            ("2026-11-20", Some(date(2026, 11, 20))),
            ("2026-11", Some(date(2026, 11, 1))),
            ("2026", Some(date(2026, 1, 1))),
            ("2026-02-30", None),
            ("2026-13", None),
            ("soon", None),
            ("", None),
            ("日", None),
        ] {
            assert_eq!(first_day(text), day, "{text}");
        }
    }

    #[test]
    fn a_date_is_spelled_canonically_only_where_it_is_certain_and_alone() {
        for (text, want) in [
            ("30.11.2026", Some("2026-11-30")),
            ("4.12.2026", Some("2026-12-04")),
            ("30/11/2026", Some("2026-11-30")),
            ("2026/11/30", Some("2026-11-30")),
            ("Nov 30, 2026", Some("2026-11-30")),
            ("2026-11-30", None),
            ("12/04/2026", None),
            ("30.11.26", None),
            ("30 Nov", None),
            ("30.11.2026 (tentative)", None),
            ("Mon 30.11.2026", None),
            ("31.11.2026", None),
            ("soon", None),
            ("", None),
        ] {
            assert_eq!(canonical(text).as_deref(), want, "`{text}`");
        }
    }

    #[test]
    fn the_canonical_form_is_known_as_such() {
        let canonical = DateValue { date: date(2026, 12, 4), canonical: true };
        assert_eq!(read("2026-12-04"), Ok(canonical));
        assert_eq!(read("\u{A0}2026-12-04 "), Ok(canonical));
    }

    #[test]
    fn what_people_write_instead_is_understood() {
        for text in [
            "4 Dec 2026",
            "4. Dec 2026",
            "4th of December, 2026",
            "04-Dec-2026",
            "Dec 4, 2026",
            "December 4th 2026",
            "Fri, 4 Dec 2026",
            "Friday 2026-12-04",
            "2026/12/04",
            "2026-12-4",
            "2026.12.04",
            "20261204",
            "04.12.2026",
            "**2026-12-04**",
            "`2026-12-04`",
            "2026-12-04.",
            "2026-12-04 (was 2026-11-30)",
            "by 2026-12-04",
        ] {
            assert_eq!(read(text), Ok(DateValue { date: date(2026, 12, 4), canonical: false }), "{text}");
        }
        for (text, day) in [
            ("20/11/2026", date(2026, 11, 20)),
            ("11/20/2026", date(2026, 11, 20)),
            ("11/20/26", date(2026, 11, 20)),
            ("04/04/2026", date(2026, 4, 4)),
            ("1 sept 2026", date(2026, 9, 1)),
            ("May 1 2026", date(2026, 5, 1)),
        ] {
            assert_eq!(read(text), Ok(DateValue { date: day, canonical: false }), "{text}");
        }
    }

    #[test]
    fn a_date_that_can_mean_two_days_is_not_guessed() {
        let readings = [date(2026, 12, 4), date(2026, 4, 12)];
        assert_eq!(read("12/04/2026"), Err(DateProblem::Ambiguous { readings }));
        assert_eq!(read("12-04-2026"), Err(DateProblem::Ambiguous { readings }));
    }

    #[test]
    fn what_is_not_a_date_says_why() {
        use DateProblem::{Impossible, NoYear, NotADate};
        for (text, problem) in [
            ("", NotADate),
            ("2026-02-30", Impossible),
            ("2026-13-01", Impossible),
            ("30 Feb 2026", Impossible),
            ("30 February", Impossible),
            ("4 Dec", NoYear),
            ("Dec 4", NoYear),
            ("12-04", NoYear),
            ("next week", NotADate),
            ("Q4 2026", NotADate),
            ("TBD", NotADate),
            ("2026", NotADate),
            ("2026-12", NotADate),
            ("20266-12-04", NotADate),
            ("2026-12-041", NotADate),
            ("2026-12-04 and later", NotADate),
            ("v1.2.3", NotADate),
            ("İ 2026", NotADate),
            ("4 Dé", NotADate),
        ] {
            assert_eq!(read(text), Err(problem), "{text}");
        }
    }

    proptest! {
        #[test]
        fn any_text_is_read_without_panic(text in "\\PC*") {
            let _ = read(&text);
        }

        #[test]
        fn any_text_of_date_letters_is_read_without_panic(text in "[0-9a-z/.,() é\u{A0}-]{0,24}") {
            let _ = read(&text);
        }

        #[test]
        fn every_day_reads_back(year in 1i16..=9999, month in 1i8..=12, day in 1i8..=28) {
            let day = date(year, month, day);
            prop_assert_eq!(read(&day.to_string()), Ok(DateValue { date: day, canonical: true }));
        }
    }
}
