//! What must hold for every source: reading ends, names each event once, in order, in a form that can be
//! stored, and every event can be written as a row of the timeline. Shared by the targets of the sources.

use recount_engine::document::Document;
use recount_engine::document::template::TEMPLATE;
use recount_engine::evidence::{
    Curation, Event, Import, Options, Part, Row, Session, Source, curate, derive, derive::Known, recognise,
};

/// Reads `parts` through `source`.
pub fn reading(source: &'static Source, parts: &[(&str, &[u8])]) {
    let heads: Vec<Part<'_>> = parts.iter().map(|(name, bytes)| Part::new(name, bytes)).collect();
    let _ = recognise(&heads);
    let import = session(source, parts.iter());
    let backwards = session(source, parts.iter().rev());
    // Parts of one name stand for the same file: the last one counts, so their order decides.
    let mut names: Vec<&str> = parts.iter().map(|(name, _)| *name).collect();
    names.sort_unstable();
    if names.windows(2).all(|pair| pair[0] != pair[1]) {
        assert_eq!(import.events, backwards.events, "the order of the parts decides");
    }
    assert!(import.events.is_sorted_by_key(|event| event.at));
    let document = Document::parse(TEMPLATE.as_bytes());
    for event in &import.events {
        let stored = serde_json::to_string(event).expect("plain data");
        assert_eq!(&serde_json::from_str::<Event>(&stored).expect("our own form"), event);
        let choice = Curation::default().choose(event);
        let milestone = curate::milestone(event).filter(|_| choice.is_taken());
        let row = Row::new(event, milestone, Some("x.evidence/001.jsonl"));
        let edits = document.insert_timeline_row(row.at, &row.cells());
        let changed = edits.and_then(|edits| document.changed(&edits));
        let changed = changed.unwrap_or_else(|error| panic!("{error}: {row:?}"));
        let read = &changed.timeline_rows()[0];
        let cells = [read.time, read.actor, read.action, read.result].map(|cell| changed.cell_text(cell));
        assert_eq!(cells, row.cells().map(str::trim), "{event:?}");
    }
    let _ = derive(&import.events, &Known::default());
}

fn session<'a>(source: &'static Source, parts: impl Iterator<Item = &'a (&'a str, &'a [u8])>) -> Import {
    let mut session = Session::new(source, Options::default());
    for (name, bytes) in parts {
        session.part(name, bytes);
    }
    session.finish()
}
