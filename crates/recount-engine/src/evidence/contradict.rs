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
    let mut shifts: BTreeMap<i64, Vec<usize>> = BTreeMap::new();
    for (index, row) in rows.iter().enumerate() {
        let apart: Vec<i64> =
            events.iter().filter(|event| tells_of(row, event)).map(|event| seconds(row.at, event)).collect();
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

/// Whether a row tells of an event: it links to it, names its commit, or has its words.
fn tells_of(row: &Told<'_>, event: &Event) -> bool {
    let holds = |needle: &str| needle.len() >= 12 && row.line.contains(needle);
    let commit = event.details.get("commit").and_then(|commit| commit.get(..7));
    let words = || {
        let (row, event) = (plain(row.action), plain(&event.action));
        event.len() >= 16 && row.contains(&event) || row.len() >= 16 && event.contains(&row)
    };
    event.link.as_deref().is_some_and(holds)
        || holds(&format!("#{}", event.id.0))
        || commit.is_some_and(|commit| row.line.contains(commit))
        || words()
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
}
