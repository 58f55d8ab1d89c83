//! `imported`: what an import read, what came into the timeline, what was filled and why, and what is left to decide.

use std::collections::BTreeMap;

use recount_engine::evidence::EventId;
use recount_engine::evidence::source::{Import, Position};
use serde::Serialize;

use super::Header;
use crate::importing::Imported;

/// The whole answer in JSON.
#[derive(Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Output {
    /// Which format this is.
    pub recount: Header,
    /// What was read, by source.
    pub inputs: Vec<Input>,
    /// What was noticed while it was read: parts that are of no source.
    pub warnings: Vec<String>,
    /// Events that came into the timeline, by their IDs.
    pub added: Vec<EventId>,
    /// Events whose rows nobody had touched and that are said better now.
    pub changed: Vec<EventId>,
    /// Events whose rows nobody had touched and that went, with what is known now.
    pub removed: Vec<Removed>,
    /// Fields that were blank and are filled.
    pub filled: Vec<Filled>,
    /// What people have to decide.
    pub offers: Vec<Offer>,
    /// How many events are left out of the timeline.
    pub candidates: usize,
}

/// What one source read of what was sent.
#[derive(Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Input {
    /// What it is called.
    name: String,
    /// The source that read it.
    source: &'static str,
    /// Events that were read.
    events: usize,
    /// How many records were read and left out, by reason.
    left_out: BTreeMap<String, u64>,
    /// Records that could not be read, the first hundred.
    skipped: Vec<Skipped>,
    /// How many could not be read in all.
    skipped_total: usize,
    /// What is not said in it, and what was assumed.
    notes: Vec<String>,
}

/// A record that could not be read.
#[derive(Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
struct Skipped {
    /// The file it stands in.
    part: String,
    /// Its line, from 1, where the format has lines.
    line: Option<usize>,
    /// Which record it is, from 1, where the format has records.
    record: Option<usize>,
    /// Its first byte, from 0, where the format has records.
    byte: Option<usize>,
    /// Why; a sentence without a full stop.
    why: String,
}

/// An event that went from the timeline.
#[derive(Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Removed {
    /// Its ID.
    event: EventId,
    /// Why.
    why: String,
}

/// A field that was filled.
#[derive(Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Filled {
    /// Its name.
    field: &'static str,
    /// What it holds now.
    value: String,
    /// Why.
    why: String,
    /// The events that decided it.
    because: Vec<EventId>,
}

/// Something that people have to decide.
#[derive(Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Offer {
    /// What it is about.
    what: String,
    /// What the evidence says.
    value: String,
    /// Why.
    why: String,
    /// The events that say so.
    because: Vec<EventId>,
}

impl Input {
    /// What a source read; `told` has the last word on each sentence.
    pub fn of(name: String, source: &'static str, import: &Import, told: impl Fn(&str) -> String) -> Self {
        const SHOWN: usize = 100;
        let skipped = import.skipped.iter().take(SHOWN).map(|skipped| {
            let (line, record, byte) = match skipped.position {
                Position::Line(line) => (Some(line), None, None),
                Position::Record { index, byte } => (None, Some(index), Some(byte)),
            };
            Skipped { part: skipped.part.clone(), line, record, byte, why: told(&skipped.why) }
        });
        Self {
            name,
            source,
            events: import.events.len(),
            left_out: import.left_out.clone(),
            skipped: skipped.collect(),
            skipped_total: import.skipped.len(),
            notes: import.notes.iter().map(|note| told(note)).collect(),
        }
    }
}

impl Output {
    /// What the format is called.
    pub const HEADER: Header = Header { format: "imported", version: 1 };

    /// What came of an import.
    pub fn of(inputs: Vec<Input>, warnings: Vec<String>, imported: &Imported) -> Self {
        let merged = &imported.merged;
        Self {
            recount: Self::HEADER,
            inputs,
            warnings,
            added: merged.added.clone(),
            changed: merged.changed.clone(),
            removed: merged
                .removed
                .iter()
                .map(|(event, why)| Removed { event: event.clone(), why: why.clone() })
                .collect(),
            filled: merged
                .filled
                .iter()
                .map(|filled| Filled {
                    field: filled.field.def().key,
                    value: filled.value.clone(),
                    why: filled.why.clone(),
                    because: filled.because.clone(),
                })
                .collect(),
            offers: merged
                .offers
                .iter()
                .map(|offer| Offer {
                    what: offer.what.words().to_owned(),
                    value: offer.value.clone(),
                    why: offer.why.clone(),
                    because: offer.because.clone(),
                })
                .collect(),
            candidates: imported.candidates,
        }
    }
}
