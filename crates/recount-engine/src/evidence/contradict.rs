//! Where evidence contradicts: a timeline whose clocks are off their own evidence by a whole zone, sources
//! that are off each other, an alert that fired before anybody is said to have noticed.
//!
//! What does not live here: what is said about it (`lint`), and contradictions inside the document.

use std::collections::{BTreeMap, BTreeSet};

use jiff::{SignedDuration, Timestamp};

use super::event::{Event, Kind};
use super::freeze::{Frozen, State};
use super::plain::letters_and_digits as plain;

/// Zones differ by multiples of this.
const QUARTER: i64 = 15 * 60;
/// How far from a multiple two clocks may be that are of two zones, in seconds.
const NEAR: i64 = 120;
/// The farthest apart that two zones are: from UTC-12 to UTC+14.
const FARTHEST: i64 = 26 * 3600;
/// How many times must be off by the same before it is no coincidence.
const SEVERAL: usize = 2;

/// A row of the timeline, as far as it is compared.
#[derive(Clone, Copy, Debug)]
pub struct Told<'a> {
    /// Its instant.
    pub at: Timestamp,
    /// Its line.
    pub line: &'a str,
    /// What was done.
    pub action: &'a str,
}

/// Times that are off by the same.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shift {
    /// How much later the row is than its evidence; negative where it is earlier.
    pub by: SignedDuration,
    /// The rows, by index.
    pub rows: Vec<usize>,
}

/// Rows that are off the evidence that they tell of, by the same multiple of a quarter of an hour each; the
/// shift of the most rows.
pub fn shifted_rows(rows: &[Told<'_>], events: &[&Event]) -> Option<Shift> {
    let names: Vec<Names> = rows.iter().map(Names::of).collect();
    let mut apart: Vec<Vec<i64>> = vec![Vec::new(); rows.len()];
    for event in events {
        for (index, row) in rows.iter().enumerate() {
            let seconds = seconds(row.at, event);
            // Nearly every pair is passed over here: only zones are looked for.
            if (seconds.abs() <= NEAR || quarters(seconds).is_some()) && names[index].tells_of(row, event) {
                apart[index].push(seconds);
            }
        }
    }
    let mut shifts: BTreeMap<i64, Vec<usize>> = BTreeMap::new();
    for (index, apart) in apart.into_iter().enumerate() {
        // A row that is where any of its evidence is needs no other explanation.
        if apart.iter().any(|seconds| seconds.abs() <= NEAR) {
            continue;
        }
        let by: BTreeSet<i64> = apart.into_iter().filter_map(quarters).collect();
        if let (Some(by), 1) = (by.first(), by.len()) {
            shifts.entry(*by).or_default().push(index);
        }
    }
    let (by, rows) = shifts.into_iter().max_by_key(|(_, rows)| rows.len())?;
    (rows.len() >= SEVERAL).then(|| Shift { by: SignedDuration::from_secs(by * QUARTER), rows })
}

/// Two sources that tell of the same things at times that are off by the same: the one whose times are
/// later, the other, by how much, and of how many things.
pub fn shifted_sources(events: &[&Event]) -> Option<(String, String, SignedDuration, usize)> {
    let mut things: BTreeMap<(Kind, &str), BTreeMap<&str, Timestamp>> = BTreeMap::new();
    for event in events.iter().filter(|event| event.kind != Kind::Message) {
        for name in [event.details.get("commit"), event.link.as_ref()].into_iter().flatten() {
            // The first time that a source tells of a thing is when it happened.
            things
                .entry((event.kind, name))
                .or_default()
                .entry(&event.source)
                .and_modify(|at| *at = (*at).min(event.instant()))
                .or_insert_with(|| event.instant());
        }
    }
    let mut shifts: BTreeMap<(&str, &str), BTreeMap<Option<i64>, usize>> = BTreeMap::new();
    for sources in things.values() {
        for (one, at) in sources {
            for (two, other) in sources.range(*one..).skip(1) {
                let apart = at.duration_since(*other).as_secs();
                *shifts.entry((one, two)).or_default().entry(quarters(apart)).or_default() += 1;
            }
        }
    }
    for ((one, two), by) in shifts {
        // Where some agree, the others are something else.
        if let (Some((Some(by), count)), 1) = (by.first_key_value(), by.len())
            && *count >= SEVERAL
        {
            let (later, earlier) = if *by > 0 { (one, two) } else { (two, one) };
            let by = SignedDuration::from_secs(by.abs() * QUARTER);
            return Some((later.to_owned(), earlier.to_owned(), by, *count));
        }
    }
    None
}

/// The first alert or page that is in the timeline and came before the incident is said to have been
/// detected, but not before it began.
pub fn earlier_sign(frozen: &Frozen, started: Option<Timestamp>, detected: Timestamp) -> Option<&Event> {
    frozen.events().into_iter().find(|event| {
        matches!(event.kind, Kind::AlertFiring | Kind::Page)
            && frozen.state(&event.id) == State::Taken
            && detected.duration_since(event.instant()).as_secs() > NEAR
            && started.is_none_or(|started| started.duration_since(event.instant()).as_secs() <= NEAR)
    })
}

/// By what a row is known to tell of an event.
struct Names {
    /// The words of its action, letters and digits alone.
    plain: String,
    words: BTreeSet<String>,
    /// The requests that it links to, each with the last part of its repository's name, or names by number.
    requests: Vec<(String, String)>,
}

impl Names {
    fn of(row: &Told<'_>) -> Self {
        let mut requests: Vec<(String, String)> = Vec::new();
        for mark in ["/pull/", "/pulls/", "/merge_requests/", "/pull-requests/", "#", "!"] {
            for (at, _) in row.line.match_indices(mark) {
                let number: String =
                    row.line[at + mark.len()..].chars().take_while(char::is_ascii_digit).collect();
                let before = row.line[..at].trim_end_matches("/-");
                let repository = before.rsplit(|c: char| c == '/' || c.is_whitespace()).next().unwrap_or("");
                let repository = if mark.starts_with('/') { plain(repository) } else { String::new() };
                if !number.is_empty() {
                    requests.push((repository, number));
                }
            }
        }
        Self { plain: plain(row.action), words: words(row.action), requests }
    }

    /// Whether the row tells of an event: it links to it, names its request or its commit, or has its words.
    fn tells_of(&self, row: &Told<'_>, event: &Event) -> bool {
        let holds = |needle: &str| needle.len() >= 12 && row.line.contains(needle);
        let commit = event.details.get("commit").and_then(|commit| commit.get(..7));
        event.link.as_deref().is_some_and(holds)
            || holds(&format!("#{}", event.id.0))
            || commit.is_some_and(|commit| row.line.contains(commit))
            || self.names_request_of(event)
            || self.has_words_of(event)
    }

    fn names_request_of(&self, event: &Event) -> bool {
        let Some(number) = event.details.get("request") else { return false };
        let of = event.details.get("repository").map_or("", String::as_str);
        let of = plain(of.rsplit('/').next().unwrap_or(of));
        self.requests.iter().any(|(repository, named)| {
            named == number && (of.is_empty() || repository.is_empty() || *repository == of)
        })
    }

    fn has_words_of(&self, event: &Event) -> bool {
        let told = plain(&event.action);
        if told.len() >= 16 && self.plain.contains(&told)
            || self.plain.len() >= 16 && told.contains(&self.plain)
        {
            return true;
        }
        // In other order, or with a word between.
        let of_event = words(&event.action);
        let shared = self.words.intersection(&of_event).count();
        let fewer = self.words.len().min(of_event.len());
        shared >= 4 && shared * 5 >= fewer * 4
    }
}

/// The words of a text that say what it is about: those of four letters and more, and numbers.
fn words(text: &str) -> BTreeSet<String> {
    text.split(|c: char| !c.is_alphanumeric())
        .filter(|word| word.chars().count() >= 4 || word.bytes().any(|b| b.is_ascii_digit()))
        .map(str::to_lowercase)
        .collect()
}

fn seconds(at: Timestamp, event: &Event) -> i64 {
    at.duration_since(event.instant()).as_secs()
}

/// The multiple of a quarter of an hour that a difference is, if it is one that two zones can have.
fn quarters(seconds: i64) -> Option<i64> {
    let quarters = (seconds + seconds.signum() * QUARTER / 2) / QUARTER;
    (quarters != 0 && (seconds - quarters * QUARTER).abs() <= NEAR && seconds.abs() <= FARTHEST)
        .then_some(quarters)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn event(id: &str, at: &str, source: &str, link: &str) -> Event {
        let json = format!(
            r#"{{"id":"{id}","at":"2026-11-20T{at}Z","kind":"merge","source":"{source}","action":"x","link":"{link}"}}"#
        );
        serde_json::from_str(&json).expect("an event")
    }

    #[test]
    fn differences_of_zones_are_multiples_of_a_quarter_of_an_hour() {
        for (seconds, want) in [
            (0, None),
            (60, None),
            (900, Some(1)),
            (-900, Some(-1)),
            (7 * 3600 + 110, Some(28)),
            (-(5 * 3600 + 1800) - 90, Some(-22)),
            (3600 + 180, None),
            (27 * 3600, None),
        ] {
            assert_eq!(quarters(seconds), want, "{seconds}");
        }
    }

    #[test]
    fn two_sources_are_off_only_where_all_that_they_share_is() {
        let link = |n: usize| format!("https://git.example/pull/{n}");
        let pair = |n: usize, late: &str| {
            [
                event(&format!("a{n}"), "14:00:00", "git-log", &link(n)),
                event(&format!("b{n}"), late, "slack-export", &link(n)),
            ]
        };
        let off: Vec<Event> = [pair(1, "15:00:20"), pair(2, "15:01:00")].concat();
        let refs = |events: &'_ [Event]| shifted_sources(&events.iter().collect::<Vec<_>>());
        let (later, earlier, by, count) = refs(&off).expect("an hour");
        assert_eq!(
            (later.as_str(), earlier.as_str(), by.as_secs(), count),
            ("slack-export", "git-log", 3600, 2)
        );
        let mixed: Vec<Event> = [off, pair(3, "14:00:30").to_vec()].concat();
        assert_eq!(refs(&mixed), None);
        assert_eq!(refs(&pair(1, "15:00:20")), None, "once is a coincidence");
    }

    #[test]
    fn a_row_tells_of_the_request_that_it_links_to_and_of_no_other_repositorys() {
        let merge = |number: &str, repository: &str| {
            let mut event = event("a", "14:00:00", "git-log", "https://git.example/x");
            event.details.insert("request".into(), number.into());
            if !repository.is_empty() {
                event.details.insert("repository".into(), repository.into());
            }
            event
        };
        let at = "2026-11-20T15:00:30Z".parse().expect("a time");
        for (line, event, tells) in [
            (
                "| 15:00 | | Deployed it | [1](https://git.example/acme/shop/pull/90) |",
                merge("90", "acme/shop"),
                true,
            ),
            ("| 15:00 | | Deployed it | [1](https://git.example/acme/shop/pull/90) |", merge("90", ""), true),
            (
                "| 15:00 | | Deployed it | [1](https://git.example/acme/shop/pull/90) |",
                merge("9", "shop"),
                false,
            ),
            (
                "| 15:00 | | Deployed it | [1](https://git.example/acme/cart/pull/90) |",
                merge("90", "acme/shop"),
                false,
            ),
            (
                "| 15:00 | | Merged !12 | [1](https://git.example/shop/-/merge_requests/12) |",
                merge("12", "shop"),
                true,
            ),
            ("| 15:00 | | Merged #12 | |", merge("12", "shop"), true),
        ] {
            let row = Told { at, line, action: line };
            assert_eq!(Names::of(&row).tells_of(&row, &event), tells, "{line}");
        }
    }

    #[test]
    fn a_row_tells_of_what_has_its_words_in_another_order() {
        let mut told = event("a", "14:00:00", "slack-export", "https://chat.example/1");
        told.action = "Raised timeout of launches to 600 seconds in production".into();
        let at = "2026-11-20T15:00:30Z".parse().expect("a time");
        for (action, tells) in [
            ("In production the timeout of launches was raised to 600 seconds", true),
            ("Raised the timeout of the queue", false),
        ] {
            let row = Told { at, line: action, action };
            assert_eq!(Names::of(&row).tells_of(&row, &told), tells, "{action}");
        }
    }
}
