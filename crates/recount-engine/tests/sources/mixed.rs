//! Evidence of every source about one day: whatever order and pieces it comes in, and whatever a person does
//! to the rows in between, the timeline is that of one import, and what the person did stays.
//!
//! The events are those that the sources read from the cases, each at its own clock.

use std::collections::BTreeSet;
use std::sync::LazyLock;

use jiff::{Timestamp, civil::date, tz::TimeZone};
use proptest::prelude::*;
use recount_engine::evidence::freeze::State;
use recount_engine::evidence::sources::SOURCES;
use recount_engine::evidence::{Event, EventId, Kind, Source};

use super::merging::Postmortem;
use super::{cases, import, options, parts};

/// The events of every case, each case a piece, moved to one day.
static PIECES: LazyLock<Vec<Vec<Event>>> = LazyLock::new(|| {
    let of = |source: &'static Source| {
        cases(source.name).into_iter().map(move |case| import(source, &options(&case), &parts(&case)).events)
    };
    let moved = |mut events: Vec<Event>| {
        for event in &mut events {
            event.at = on_the_day(event.instant()).into();
            // Which file holds an event depends on the pieces; a page of its own does not.
            event.link.get_or_insert_with(|| format!("https://tools.example/{}", event.id.0));
        }
        events
    };
    SOURCES.iter().flat_map(|source| of(source)).map(moved).collect()
});

static WHOLE: LazyLock<String> = LazyLock::new(|| {
    let mut whole = Postmortem::new();
    whole.import(&PIECES.concat());
    whole.text().to_owned()
});

fn on_the_day(at: Timestamp) -> Timestamp {
    let clock = TimeZone::UTC.to_datetime(at).time();
    date(2026, 11, 20).to_datetime(clock).to_zoned(TimeZone::UTC).unwrap().timestamp()
}

/// What a person does to a row: by its number among the rows, and what.
#[derive(Clone, Debug)]
enum Act {
    Edit(prop::sample::Index),
    Delete(prop::sample::Index),
    Dismiss(prop::sample::Index),
    Take(prop::sample::Index),
}

fn acts() -> impl Strategy<Value = Act> {
    let index = any::<prop::sample::Index>;
    prop_oneof![
        index().prop_map(Act::Edit),
        index().prop_map(Act::Delete),
        index().prop_map(Act::Dismiss),
        index().prop_map(Act::Take),
    ]
}

fn lines(mine: &Postmortem) -> Vec<String> {
    mine.text().lines().filter(|line| line.starts_with("| 2026-11-20 ")).map(str::to_owned).collect()
}

/// The first link of a row.
fn link(row: &str) -> Option<String> {
    Some(row.split("](").nth(1)?.split(')').next()?.to_owned())
}

/// The events behind one link.
fn ids_of(link: &str) -> BTreeSet<&'static EventId> {
    let events = PIECES.iter().flatten().filter(|event| event.link.as_deref() == Some(link));
    events.map(|event| &event.id).collect()
}

/// The events of programs that nobody decided about.
fn open(mine: &Postmortem) -> Vec<EventId> {
    let candidates = mine.frozen.candidates().into_iter();
    candidates.filter(|event| event.kind != Kind::Message).map(|event| event.id.clone()).collect()
}

proptest! {
    #![proptest_config(ProptestConfig { max_shrink_iters: 12, failure_persistence: None, ..ProptestConfig::with_cases(2) })]
    #[test]
    fn all_sources_in_any_order_and_pieces_give_the_document_of_one_import(
        order in Just((0..PIECES.len()).collect::<Vec<_>>()).prop_shuffle(),
        cuts in prop::collection::vec(1..40_usize, 0..5),
        again in any::<prop::sample::Index>(),
    ) {
        let mut mine = Postmortem::new();
        let mut rest: Vec<&Vec<Event>> = order.iter().map(|index| &PIECES[*index]).collect();
        for size in cuts {
            let piece = rest.split_off(rest.len() - size.min(rest.len()));
            let mut events: Vec<Event> = piece.into_iter().flatten().cloned().collect();
            events.reverse();
            mine.import(&events);
        }
        mine.import(&rest.into_iter().flatten().cloned().collect::<Vec<_>>());
        mine.import(again.get::<Vec<Event>>(&PIECES));
        for (one, two) in mine.text().lines().zip(WHOLE.lines()) {
            prop_assert_eq!(one, two);
        }
        prop_assert_eq!(mine.text(), WHOLE.as_str());
    }

    #[test]
    fn whatever_comes_in_later_the_rows_that_a_person_changed_or_deleted_stay_so(
        order in Just((0..PIECES.len()).collect::<Vec<_>>()).prop_shuffle(),
        cuts in prop::collection::vec(1..40_usize, 1..5),
        acts in prop::collection::vec(acts(), 1..6),
    ) {
        let mut mine = Postmortem::new();
        let mut edited: Vec<String> = Vec::new();
        let mut gone: Vec<String> = Vec::new();
        let mut taken: Vec<EventId> = Vec::new();
        let mut rest: Vec<&Vec<Event>> = order.iter().map(|index| &PIECES[*index]).collect();
        let mut acts = acts.into_iter();
        for size in cuts {
            let piece = rest.split_off(rest.len() - size.min(rest.len()));
            mine.import(&piece.into_iter().flatten().cloned().collect::<Vec<_>>());
            let Some(act) = acts.next() else { continue };
            let rows: Vec<String> = lines(&mine).into_iter().filter(|row| !edited.contains(row)).collect();
            match act {
                Act::Edit(index) if !rows.is_empty() => {
                    let text = format!("| 2026-11-20 12:00:{:02} | me | what I say | |", edited.len());
                    let row = index.get(&rows);
                    mine.edit(row, &text);
                    gone.extend(link(row));
                    edited.push(text);
                }
                Act::Delete(index) if !rows.is_empty() => {
                    let row = index.get(&rows);
                    mine.edit(&format!("{row}\n"), "");
                    gone.extend(link(row));
                }
                Act::Dismiss(index) => {
                    let ids = open(&mine);
                    if !ids.is_empty() {
                        mine.frozen.decide([(index.get(&ids), State::Dismissed, "")]);
                    }
                }
                Act::Take(index) => {
                    let ids = open(&mine);
                    if ids.is_empty() {
                        continue;
                    }
                    let id = index.get(&ids).clone();
                    let merged = mine.merge(std::slice::from_ref(&id));
                    prop_assert!(merged.added.contains(&id), "`{}` comes in when it is asked for", id);
                    taken.push(id);
                }
                _ => {}
            }
        }
        mine.import(&rest.into_iter().flatten().cloned().collect::<Vec<_>>());
        let before = mine.text().to_owned();
        let again = mine.import(&PIECES.concat());
        prop_assert_eq!(mine.text(), before.as_str());
        prop_assert_eq!(mine.frozen.write_down(again.decisions), None);
        let rows = lines(&mine);
        for row in &edited {
            prop_assert_eq!(rows.iter().filter(|other| *other == row).count(), 1, "{}", row);
        }
        for own in gone.iter().filter(|own| ids_of(own).len() == 1) {
            let back: Vec<_> = rows.iter().filter(|row| link(row).as_ref() == Some(own)).collect();
            prop_assert!(back.is_empty(), "{:?} came back", back);
        }
        for id in &taken {
            prop_assert_eq!(mine.frozen.state(id), State::Taken);
        }
    }
}
