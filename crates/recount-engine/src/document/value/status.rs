//! The status of an action item: a word, from `Done` on a date, and a reason where one is owed.
//!
//! What lives here: `Open`, `In progress`, `Done 2026-12-04`, `Verified 2026-12-18`,
//! `Won't do 2026-12-04: superseded by INC-0051#2`, `Open 2027-01-10: regressed`, and what people write
//! instead. What does not: which moves between them are allowed.

use std::fmt;

use jiff::civil::Date;

use super::{
    date::{self, Scanned},
    strip_word, trim,
};

/// How far an action item has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum StatusKind {
    /// Not begun, or reopened.
    Open,
    /// Somebody is at it.
    InProgress,
    /// Finished, not proven.
    Done,
    /// Finished and proven.
    Verified,
    /// Decided against, for a reason.
    WontDo,
}

impl StatusKind {
    /// All of them, in the order of an item's life.
    pub const ALL: [Self; 5] = [Self::Open, Self::InProgress, Self::Done, Self::Verified, Self::WontDo];

    /// As the template's readers know it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Open => "Open",
            Self::InProgress => "In progress",
            Self::Done => "Done",
            Self::Verified => "Verified",
            Self::WontDo => "Won't do",
        }
    }

    /// Whether a date belongs to it.
    pub const fn needs_date(self) -> bool {
        matches!(self, Self::Done | Self::Verified | Self::WontDo)
    }

    /// Whether a reason belongs to it.
    pub const fn needs_reason(self) -> bool {
        matches!(self, Self::WontDo)
    }

    /// Whether work is still owed.
    pub const fn is_open(self) -> bool {
        matches!(self, Self::Open | Self::InProgress)
    }
}

impl fmt::Display for StatusKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// A status as the text states it. `Display` writes the canonical form.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Status<'a> {
    /// The word.
    pub kind: StatusKind,
    /// Since when.
    pub date: Option<Date>,
    /// What is said beside it.
    pub reason: Option<&'a str>,
}

impl Status<'_> {
    /// Whether it was taken up again after it was settled: then it says since when, or what went wrong.
    pub fn is_reopened(&self) -> bool {
        self.kind == StatusKind::Open && (self.date.is_some() || self.is_regressed())
    }

    /// Whether it was reopened because what was fixed broke again.
    pub fn is_regressed(&self) -> bool {
        self.kind == StatusKind::Open
            && self.reason.is_some_and(|reason| strip_word(reason, "regressed").is_some())
    }
}

impl fmt::Display for Status<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.kind.as_str())?;
        if let Some(date) = self.date {
            write!(f, " {date}")?;
        }
        if let Some(reason) = self.reason {
            write!(f, ": {reason}")?;
        }
        Ok(())
    }
}

/// What reading a status gave: never nothing, so that one finding can say all that is wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StatusReading<'a> {
    /// The status, if its word is known.
    pub status: Option<Status<'a>>,
    /// Whether it is written as [`Status`] displays it.
    pub canonical: bool,
    /// What is wrong with it; may go with a status.
    pub problems: Vec<StatusProblem>,
}

/// What can be wrong with a status.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StatusProblem {
    /// `Done` and the like, without a date.
    MissingDate,
    /// `Won't do` without a reason.
    MissingReason,
    /// Something stands where the date belongs, and it is none.
    BadDate,
    /// The word is not a status; [`nearest`] says which it resembles.
    UnknownWord,
}

impl fmt::Display for StatusProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::MissingDate => f.write_str("it has no date"),
            Self::MissingReason => f.write_str("it has no reason"),
            Self::BadDate => f.write_str("its date cannot be read"),
            Self::UnknownWord => f.write_str("it is not a status"),
        }
    }
}

impl std::error::Error for StatusProblem {}

/// How far the work has come, whatever else is said or wrong; none where the word is no status.
pub fn kind_of(text: &str) -> Option<StatusKind> {
    let text = trim(text);
    let exactly = StatusKind::ALL.into_iter().find(|kind| word(text, kind.as_str(), true).is_some());
    exactly.or_else(|| kind(strip_marks(text)).map(|(kind, _)| kind))
}

/// Reads a status.
pub fn read(text: &str) -> StatusReading<'_> {
    let text = trim(text);
    let (unmarked, exact) = match StatusKind::ALL.into_iter().find_map(|kind| word(text, kind.as_str(), true))
    {
        Some(_) => (text, true),
        None => (strip_marks(text), false),
    };
    let Some((kind, rest)) = kind(unmarked) else {
        return StatusReading { status: None, canonical: false, problems: vec![StatusProblem::UnknownWord] };
    };
    let mut problems = Vec::new();
    let (date, rest, canonical_date) = date_in(rest, kind, &mut problems);
    let (reason, canonical_reason) = reason(rest);
    if date.is_none() && problems.is_empty() && kind.needs_date() {
        problems.push(StatusProblem::MissingDate);
    }
    if reason.is_none() && kind.needs_reason() {
        problems.push(StatusProblem::MissingReason);
    }
    let canonical = exact && canonical_date && canonical_reason && problems.is_empty();
    StatusReading { status: Some(Status { kind, date, reason }), canonical, problems }
}

/// Other words for the same, in lower case with a straight apostrophe.
const SYNONYMS: [(&str, StatusKind); 43] = [
    ("reopened", StatusKind::Open),
    ("re-opened", StatusKind::Open),
    ("to do", StatusKind::Open),
    ("todo", StatusKind::Open),
    ("to-do", StatusKind::Open),
    ("not started", StatusKind::Open),
    ("planned", StatusKind::Open),
    ("backlog", StatusKind::Open),
    ("new", StatusKind::Open),
    ("pending", StatusKind::Open),
    ("in-progress", StatusKind::InProgress),
    ("inprogress", StatusKind::InProgress),
    ("in_progress", StatusKind::InProgress),
    ("in review", StatusKind::InProgress),
    ("wip", StatusKind::InProgress),
    ("doing", StatusKind::InProgress),
    ("started", StatusKind::InProgress),
    ("ongoing", StatusKind::InProgress),
    ("underway", StatusKind::InProgress),
    ("completed", StatusKind::Done),
    ("complete", StatusKind::Done),
    ("closed", StatusKind::Done),
    ("finished", StatusKind::Done),
    ("fixed", StatusKind::Done),
    ("resolved", StatusKind::Done),
    ("merged", StatusKind::Done),
    ("shipped", StatusKind::Done),
    ("deployed", StatusKind::Done),
    ("released", StatusKind::Done),
    ("proven", StatusKind::Verified),
    ("confirmed", StatusKind::Verified),
    ("won't do", StatusKind::WontDo),
    ("won't fix", StatusKind::WontDo),
    ("wont do", StatusKind::WontDo),
    ("wont fix", StatusKind::WontDo),
    ("wontdo", StatusKind::WontDo),
    ("wontfix", StatusKind::WontDo),
    ("will not do", StatusKind::WontDo),
    ("will not fix", StatusKind::WontDo),
    ("declined", StatusKind::WontDo),
    ("rejected", StatusKind::WontDo),
    ("cancelled", StatusKind::WontDo),
    ("canceled", StatusKind::WontDo),
];

/// The kind that `text` begins with, and what follows its word.
fn kind(text: &str) -> Option<(StatusKind, &str)> {
    let exactly =
        StatusKind::ALL.into_iter().find_map(|kind| Some((kind, word(text, kind.as_str(), false)?)));
    exactly.or_else(|| SYNONYMS.iter().find_map(|(synonym, kind)| Some((*kind, word(text, synonym, false)?))))
}

/// What follows `word` at the start of `text` as a whole word; in its very case if `exact`.
fn word<'a>(text: &'a str, word: &str, exact: bool) -> Option<&'a str> {
    let rest = if exact { text.strip_prefix(word)? } else { strip_status_word(text, word)? };
    let ends = !rest.starts_with(|c: char| c.is_alphanumeric() || matches!(c, '\'' | '’'));
    ends.then_some(rest)
}

/// [`strip_word`] where a curly apostrophe and an NBSP are as good as the plain ones.
fn strip_status_word<'a>(text: &'a str, word: &str) -> Option<&'a str> {
    // All words begin with a letter: most are told apart by it.
    if !text.as_bytes().first()?.eq_ignore_ascii_case(word.as_bytes().first()?) {
        return None;
    }
    let mut rest = text.chars();
    for expected in word.chars() {
        let plain = match rest.next()? {
            '’' | 'ʼ' | '`' | '´' => '\'',
            '\u{A0}' => ' ',
            other => other.to_ascii_lowercase(),
        };
        if plain != expected.to_ascii_lowercase() {
            return None;
        }
    }
    Some(rest.as_str())
}

/// Without check marks, checkboxes, and the marks of bold and code.
fn strip_marks(text: &str) -> &str {
    let text = text.trim_start_matches(|c: char| !c.is_alphanumeric() && c != '[');
    let text = ["[x]", "[ ]"].iter().find_map(|mark| strip_word(text, mark)).unwrap_or(text);
    let text = text.trim_start_matches(|c: char| !c.is_alphanumeric());
    text.trim_end_matches(['*', '_', '`'])
}

/// Takes the date after the word. What stands there without being one is a problem, if it has digits first.
fn date_in<'a>(
    rest: &'a str,
    kind: StatusKind,
    problems: &mut Vec<StatusProblem>,
) -> (Option<Date>, &'a str, bool) {
    // Emphasis may end between the word and its date.
    let unmarked = rest.trim_start_matches(['*', '_', '`']);
    let start = unmarked.trim_start_matches([' ', '\u{A0}', ',', '(', '@', ':', '-', '–', '—']);
    let start = ["on ", "since ", "at "].iter().find_map(|on| strip_word(start, on)).unwrap_or(start);
    match date::scan(start) {
        Some((Scanned::Date(day), length)) => {
            let after = &start[length..];
            let whole = !after.starts_with(|c: char| c.is_alphanumeric());
            if !whole {
                problems.push(StatusProblem::BadDate);
                return (None, after.trim_start_matches(char::is_alphanumeric), false);
            }
            let canonical = rest.len() == start.len() + 1
                && rest.starts_with(' ')
                && date::canonical_date(&start.as_bytes()[..length]).is_some();
            // `Done (2026-12-04)`
            let in_brackets = unmarked.trim_start().starts_with('(');
            (Some(day), if in_brackets { after.strip_prefix(')').unwrap_or(after) } else { after }, canonical)
        }
        Some((_, length)) => {
            problems.push(StatusProblem::BadDate);
            (None, &start[length..], false)
        }
        None if rest.starts_with(' ') && is_meant_as_date(start, kind) => {
            problems.push(StatusProblem::BadDate);
            let end = start.find([':', ' ']).unwrap_or(start.len());
            (None, &start[end..], false)
        }
        None => (None, unmarked, rest.is_empty() || rest.starts_with(": ")),
    }
}

/// Whether something that is no date stands where one is meant: any number where a date is owed, and
/// otherwise what looks like one (`80 %` does not).
fn is_meant_as_date(text: &str, kind: StatusKind) -> bool {
    let number = text.split([':', ' ', ')']).next().unwrap_or("");
    let parts = number.split(['-', '/', '.']);
    let is_number = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    let looks_like_one = || parts.clone().count() == 3 && parts.clone().take(2).all(is_number);
    text.starts_with(|c: char| c.is_ascii_digit()) && (kind.needs_date() || looks_like_one())
}

/// The reason after the date, and whether it stands behind a colon and one space.
fn reason(rest: &str) -> (Option<&str>, bool) {
    let said =
        trim(rest.trim_start_matches(['*', '_', '`', ' ', '\u{A0}', ':', ',', ';', '-', '–', '—', '.']));
    let said = match said.strip_prefix('(').and_then(|inside| inside.strip_suffix(')')) {
        Some(inside) if !inside.contains(['(', ')']) => trim(inside),
        _ => said,
    };
    let said = strip_word(said, "because ").map_or(said, str::trim_start);
    if !said.chars().any(char::is_alphanumeric) {
        return (None, rest.is_empty());
    }
    (Some(said), rest.strip_prefix(": ") == Some(said))
}

/// The kind whose word, or whose synonym, is most like the beginning of `text`, which is no status itself.
pub fn nearest(text: &str) -> Option<StatusKind> {
    let text = strip_marks(trim(text));
    // Words only: a whole sentence resembles nothing.
    let end = text.find(|c: char| c.is_ascii_digit() || matches!(c, ':' | '(' | ',')).unwrap_or(text.len());
    let said = trim(&text[..end]).to_lowercase();
    if said.len() > 40 {
        return None;
    }
    let length = said.chars().count();
    StatusKind::ALL
        .into_iter()
        .map(|kind| (kind.as_str(), kind))
        .chain(SYNONYMS)
        // So different in length, they cannot be alike enough.
        .filter(|(word, _)| word.len().abs_diff(length) * 5 <= word.len().max(length) * 2)
        // Nor where so many letters of one are not in the other: each step makes up for one of them.
        .filter(|(word, _)| missing(word, &said).max(missing(&said, word)) * 5 <= word.len().max(length) * 2)
        .map(|(word, kind)| (strsim::normalized_damerau_levenshtein(&said, &word.to_lowercase()), kind))
        .filter(|(likeness, _)| *likeness >= 0.6)
        .max_by(|(a, _), (b, _)| a.total_cmp(b))
        .map(|(_, kind)| kind)
}

/// How many ASCII letters of `word` are not in `other`, in any case; those that it has several times count so.
fn missing(word: &str, other: &str) -> usize {
    let letter = |byte: u8| byte.is_ascii_alphabetic().then(|| usize::from(byte | 0x20) % 32);
    let mut counts = [0_i8; 32];
    word.bytes().filter_map(letter).for_each(|letter| counts[letter] += 1);
    other.bytes().filter_map(letter).for_each(|letter| counts[letter] -= 1);
    counts.iter().filter(|count| **count > 0).map(|count| usize::from(count.unsigned_abs())).sum()
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;
    use proptest::prelude::*;

    use super::*;

    const DAY: Option<Date> = Some(Date::constant(2026, 12, 4));

    #[test]
    fn the_canonical_forms_are_known_as_such_and_written_back() {
        for (text, kind, date, reason) in [
            ("Open", StatusKind::Open, None, None),
            ("In progress", StatusKind::InProgress, None, None),
            ("Done 2026-12-04", StatusKind::Done, DAY, None),
            ("Verified 2026-12-04", StatusKind::Verified, DAY, None),
            (
                "Won't do 2026-12-04: superseded by INC-0051#2",
                StatusKind::WontDo,
                DAY,
                Some("superseded by INC-0051#2"),
            ),
            ("Open 2026-12-04: regressed", StatusKind::Open, DAY, Some("regressed")),
            ("Done 2026-12-04: PR #12", StatusKind::Done, DAY, Some("PR #12")),
            ("Open: waiting for a vendor", StatusKind::Open, None, Some("waiting for a vendor")),
        ] {
            let expected = Status { kind, date, reason };
            let read = read(text);
            assert_eq!(
                read,
                StatusReading { status: Some(expected), canonical: true, problems: vec![] },
                "{text}"
            );
            assert_eq!(expected.to_string(), text);
        }
    }

    #[test]
    fn what_people_write_instead_is_understood() {
        for (text, canonical) in [
            ("open", "Open"),
            ("**Open**", "Open"),
            ("TODO", "Open"),
            ("[ ] open", "Open"),
            ("in progress", "In progress"),
            ("In Progress", "In progress"),
            ("WIP", "In progress"),
            ("in-progress: half of it", "In progress: half of it"),
            ("in progress (80 %)", "In progress: 80 %"),
            ("In progress 80%", "In progress: 80%"),
            ("open (2 of 3 left)", "Open: 2 of 3 left"),
            ("done 2026-12-04", "Done 2026-12-04"),
            ("✅ Done 2026-12-04", "Done 2026-12-04"),
            ("[x] Done 2026-12-04", "Done 2026-12-04"),
            ("**Done** 2026-12-04", "Done 2026-12-04"),
            ("Done (2026-12-04)", "Done 2026-12-04"),
            ("Done on 4 Dec 2026", "Done 2026-12-04"),
            ("Done, 2026-12-04", "Done 2026-12-04"),
            ("Done: 2026-12-04", "Done 2026-12-04"),
            ("Done  2026-12-04", "Done 2026-12-04"),
            ("Done\u{A0}2026-12-04", "Done 2026-12-04"),
            ("Completed 2026-12-04", "Done 2026-12-04"),
            ("closed 2026/12/04 - PR #12", "Done 2026-12-04: PR #12"),
            ("Done 2026-12-04 (PR #12)", "Done 2026-12-04: PR #12"),
            ("Done 2026-12-04.", "Done 2026-12-04"),
            ("Won’t do 2026-12-04: too dear", "Won't do 2026-12-04: too dear"),
            ("wontfix 2026-12-04 because too dear", "Won't do 2026-12-04: too dear"),
            ("Won't fix 2026-12-04 — too dear", "Won't do 2026-12-04: too dear"),
        ] {
            let read = read(text);
            let written = read.status.map(|status| status.to_string());
            assert_eq!((written.as_deref(), read.canonical), (Some(canonical), false), "{text}");
            assert_eq!(read.problems, [], "{text}");
        }
    }

    #[test]
    fn what_is_wrong_is_told_apart() {
        use StatusProblem::{BadDate, MissingDate, MissingReason, UnknownWord};
        for (text, problems) in [
            ("Done", vec![MissingDate]),
            ("Verified: dashboard", vec![MissingDate]),
            ("Won't do", vec![MissingDate, MissingReason]),
            ("Won't do: too dear", vec![MissingDate]),
            ("Won't do 2026-12-04", vec![MissingReason]),
            ("Won't do 2026-12-04:", vec![MissingReason]),
            ("Done 2026-02-30", vec![BadDate]),
            ("Done 12/04/2026", vec![BadDate]),
            ("Done 4 Dec", vec![BadDate]),
            ("Done 2026", vec![BadDate]),
            ("In progress 2026-13-40", vec![BadDate]),
            ("Open (04/12/26)", vec![BadDate]),
            ("Done 2026-12-04T14:02Z", vec![BadDate]),
            ("Dnoe 2026-12-04", vec![UnknownWord]),
            ("Verifed 2026-12-04", vec![UnknownWord]),
            ("opened", vec![UnknownWord]),
            ("Doner", vec![UnknownWord]),
            ("blocked by the vendor since spring", vec![UnknownWord]),
            ("", vec![UnknownWord]),
            ("é", vec![UnknownWord]),
            ("2026-12-04", vec![UnknownWord]),
        ] {
            let read = read(text);
            assert_eq!(read.problems, problems, "{text}");
            assert!(!read.canonical, "{text}");
        }
    }

    #[test]
    fn a_word_that_is_no_status_is_answered_with_the_nearest() {
        for (text, expected) in [
            ("Dnoe 2026-12-04", Some(StatusKind::Done)),
            ("Verifed 2026-12-04", Some(StatusKind::Verified)),
            ("opened", Some(StatusKind::Open)),
            ("Doner", Some(StatusKind::Done)),
            ("blocked by the vendor since spring", None),
            ("", None),
            ("é", None),
            ("2026-12-04", None),
            ("**Dnoe**", Some(StatusKind::Done)),
        ] {
            assert_eq!(nearest(text), expected, "{text}");
        }
    }

    #[test]
    fn a_regression_reopens() {
        let regressed = read("Open 2027-01-10: regressed").status;
        assert!(regressed.is_some_and(|status| status.is_regressed()));
        assert!(!read("Open: new scope").status.is_some_and(|status| status.is_regressed()));
        for (text, is_reopened) in [
            ("Open 2027-01-10: regressed", true),
            ("Open: regressed", true),
            ("Open 2027-01-10: the fix was reverted", true),
            ("Open", false),
            ("In progress 2027-01-10", false),
        ] {
            assert_eq!(read(text).status.is_some_and(|status| status.is_reopened()), is_reopened, "{text}");
        }
    }

    proptest! {
        #[test]
        fn every_status_reads_back(
            index in 0usize..5, day in proptest::option::of((2000i16..2100, 1i8..=12, 1i8..=28)),
            reason in proptest::option::of("[a-z]{3,9}( [a-z]{3,9})?")
        ) {
            let kind = StatusKind::ALL[index];
            // `Open: may 12` would be a date.
            let reason = reason.filter(|_| day.is_some());
            prop_assume!(reason.as_deref().is_none_or(|reason| !reason.starts_with("because ")));
            let status = Status {
                kind,
                date: day.map(|(year, month, day)| date(year, month, day)),
                reason: reason.as_deref(),
            };
            let text = status.to_string();
            prop_assert_eq!(read(&text).status, Some(status));
        }

        #[test]
        fn words_that_are_left_out_unmeasured_are_not_alike(
            word in proptest::sample::select(SYNONYMS.as_slice()), cut in 0..14_usize, other in "[a-z' -]{0,3}"
        ) {
            let word = word.0;
            let said = format!("{}{other}{}", &word[..cut.min(word.len())], &word[(cut + 1).min(word.len())..]);
            for (word, _) in SYNONYMS {
                let longer = word.len().max(said.len());
                let likeness = strsim::normalized_damerau_levenshtein(&said, word);
                let missing = missing(word, &said).max(missing(&said, word));
                prop_assert!(likeness < 0.6 || missing * 5 <= longer * 2, "`{}` and `{}`", said, word);
            }
        }

        #[test]
        fn any_text_is_read_without_panic(
            text in "(Open|Done|Won['’]t do|In progress|[ :(),é*-]|2026-12-04|[0-9]{1,2}|Dec|x){0,8}|\\PC*"
        ) {
            let _ = read(&text);
        }
    }
}
