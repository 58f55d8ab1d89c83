//! Events into the document: rows of the timeline, milestones, blank fields. What a person wrote is
//! never touched; every value names the events that decided it.
//!
//! What does not live here: which events belong in (`curate`), what they decide (`derive`), and files.

use std::collections::BTreeMap;

use jiff::Timestamp;

use super::derive::{self, Derivable, Derived};
use super::event::{Event, EventId, Milestone};
use super::freeze::{Frozen, State};
use super::row::Row;
use crate::document::operations::OperationError;
use crate::document::template::FieldId;
use crate::document::value::duration;
use crate::document::{Document, FieldState};

/// A document with events in it.
#[derive(Clone, Debug)]
pub struct Merged {
    /// The document.
    pub document: Document,
    /// Rows that were added.
    pub added: Vec<EventId>,
    /// Events whose row was there already, word for word: an import that was cut off had written it.
    pub found: Vec<EventId>,
    /// Fields that were blank and are filled now.
    pub filled: Vec<Filled>,
    /// What the events suggest and a person must decide.
    pub offers: Vec<Derived>,
}

/// A field that evidence filled.
#[derive(Clone, Debug)]
pub struct Filled {
    /// The field.
    pub field: FieldId,
    /// What stands there now.
    pub value: String,
    /// Why, in words.
    pub why: String,
    /// The events that decided it, the deciding one first.
    pub because: Vec<EventId>,
}

/// Writes `events` into the timeline and fills the blank fields that the frozen events in the timeline
/// decide. `folder` is the evidence folder's name, for links to frozen events.
pub fn merge(
    document: &Document,
    frozen: &Frozen,
    events: &[&Event],
    in_timeline: &[&Event],
    services: &[String],
    folder: &str,
) -> Result<Merged, OperationError> {
    let known = derive::Known { services: services.to_vec(), milestones: known_milestones(document) };
    let mut all: Vec<&Event> = events.iter().chain(in_timeline).copied().collect();
    all.sort_by(|a, b| (a.at, &a.id).cmp(&(b.at, &b.id)));
    all.dedup_by(|a, b| a.id == b.id);
    let derived = derive::derive(all, &known);
    let mut merged = Merged {
        document: document.clone(),
        added: Vec::new(),
        found: Vec::new(),
        filled: Vec::new(),
        offers: Vec::new(),
    };
    let marked = milestones_of(document, &derived, &merged_events(events, in_timeline));
    for row in stated_milestones(document, &derived, &marked, frozen, folder) {
        let id = EventId(format!("stated:{}", row.0.0));
        if frozen.state(&id) == State::New && !has_row(&merged.document, &row.1) {
            let edits = merged.document.insert_timeline_row(row.1.at, &row.1.cells())?;
            merged.document = merged.document.changed(&edits)?;
            merged.added.push(id);
        }
    }
    for event in events {
        let file = frozen.file_of(&event.id).map(|file| format!("{folder}/{file}"));
        let row = Row::new(event, marked.get(&event.id).copied(), file.as_deref());
        if has_row(&merged.document, &row) {
            merged.found.push(event.id.clone());
            continue;
        }
        let edits = merged.document.insert_timeline_row(row.at, &row.cells())?;
        merged.document = merged.document.changed(&edits)?;
        merged.added.push(event.id.clone());
    }
    fill(&mut merged, derived)?;
    Ok(merged)
}

fn merged_events<'e>(events: &[&'e Event], in_timeline: &[&'e Event]) -> BTreeMap<&'e EventId, Timestamp> {
    events.iter().chain(in_timeline).map(|event| (&event.id, event.instant())).collect()
}

/// Which event's row gets which milestone: certain ones that the document does not have yet and that
/// happened when the event did.
fn milestones_of(
    document: &Document,
    derived: &[Derived],
    instants: &BTreeMap<&EventId, Timestamp>,
) -> BTreeMap<EventId, Milestone> {
    let mut marked = BTreeMap::new();
    for result in derived.iter().filter(|result| result.certain) {
        let Derivable::Milestone(milestone) = result.what else { continue };
        let is_new = document.milestone(milestone).is_none();
        if let Some(event) = result.because.first().filter(|_| is_new) {
            if instants.get(event).copied() == result.at {
                marked.entry(event.clone()).or_insert(milestone);
            }
        }
    }
    marked
}

/// Rows for milestones at an instant that an event only speaks of: "impact started at 14:02".
fn stated_milestones(
    document: &Document,
    derived: &[Derived],
    marked: &BTreeMap<EventId, Milestone>,
    frozen: &Frozen,
    folder: &str,
) -> Vec<(EventId, Row)> {
    let mut rows = Vec::new();
    for result in derived.iter().filter(|result| result.certain) {
        let (Derivable::Milestone(milestone), Some(at)) = (result.what, result.at) else { continue };
        let Some(event) = result.because.first().and_then(|id| frozen.event(id)) else { continue };
        if document.milestone(milestone).is_some() || marked.values().any(|other| *other == milestone) {
            continue;
        }
        let mut stated = event.clone();
        stated.at = at.into();
        stated.precision = super::event::Precision::Minute;
        stated.action = format!("Stated: {}", event.action);
        let file = frozen.file_of(&event.id).map(|file| format!("{folder}/{file}"));
        rows.push((event.id.clone(), Row::new(&stated, Some(milestone), file.as_deref())));
    }
    rows
}

fn known_milestones(document: &Document) -> BTreeMap<Milestone, Timestamp> {
    let mut known = BTreeMap::new();
    for milestone in Milestone::ALL {
        let at = match milestone {
            Milestone::Started => document.started_at(),
            Milestone::Resolved => document.ended_at(),
            _ => document.milestone(milestone).and_then(crate::document::TimelineRow::at),
        };
        known.extend(at.map(|at| (milestone, at)));
    }
    known
}

/// Whether the timeline holds this very row.
fn has_row(document: &Document, row: &Row) -> bool {
    document.timeline_rows().iter().any(|existing| {
        let texts = [existing.time, existing.actor, existing.action, existing.result];
        texts.iter().zip(row.cells()).all(|(cell, text)| document.cell_text(*cell) == text)
    })
}

fn fill(merged: &mut Merged, derived: Vec<Derived>) -> Result<(), OperationError> {
    let mut lists: BTreeMap<FieldId, Vec<Derived>> = BTreeMap::new();
    for result in derived {
        let Some(field) = field_of(result.what) else { continue };
        let is_open = merged.document.field(field).is_none_or(|field| field.state != FieldState::Filled);
        if !is_open {
            continue;
        }
        if result.certain {
            lists.entry(field).or_default().push(result);
        } else {
            merged.offers.push(result);
        }
    }
    for (field, results) in lists {
        let value = match field {
            FieldId::Services | FieldId::AlertNames | FieldId::RelevantPrs | FieldId::Dashboards => {
                let values: Vec<String> = results.iter().map(|result| shown(field, &result.value)).collect();
                values.join(", ")
            }
            FieldId::Duration | FieldId::TimeToDetect => match span_of(&merged.document, field) {
                Some(value) => value,
                None => continue,
            },
            _ => results[0].value.clone(),
        };
        let edits = match merged.document.set_field(field, &value) {
            Ok(edits) => edits,
            // A value that Markdown cannot hold there is offered instead of forced.
            Err(_) => {
                merged.offers.extend(results);
                continue;
            }
        };
        merged.document = merged.document.changed(&edits)?;
        let because = results.iter().flat_map(|result| result.because.iter().cloned()).collect();
        merged.filled.push(Filled { field, value, why: results[0].why.clone(), because });
    }
    Ok(())
}

/// A duration from the times that the document holds now, so that it cannot disagree with them.
fn span_of(document: &Document, field: FieldId) -> Option<String> {
    let from = document.started_at()?;
    let to = if field == FieldId::Duration {
        document.ended_at()?
    } else {
        document.milestone(Milestone::Detected)?.at()?
    };
    let seconds = u64::try_from(to.as_second() - from.as_second()).ok()?;
    Some(duration::canonical(seconds))
}

fn shown(field: FieldId, value: &str) -> String {
    match field {
        FieldId::AlertNames => format!("`{value}`"),
        _ => value.to_owned(),
    }
}

fn field_of(what: Derivable) -> Option<FieldId> {
    Some(match what {
        Derivable::Milestone(_) => return None,
        Derivable::Start => FieldId::StartTime,
        Derivable::End => FieldId::EndTime,
        Derivable::Duration => FieldId::Duration,
        Derivable::TimeToDetect => FieldId::TimeToDetect,
        Derivable::AlertName => FieldId::AlertNames,
        Derivable::CustomerReport => FieldId::CustomerReports,
        Derivable::InternalObservation => FieldId::InternalObservation,
        Derivable::Service => FieldId::Services,
        Derivable::DirectTrigger => FieldId::DirectTrigger,
        Derivable::StoppedTheBleeding => FieldId::StoppedBleeding,
        Derivable::RollbackDetails => FieldId::Rollback,
        Derivable::IncidentDoc => FieldId::IncidentDoc,
        Derivable::StatusPage => FieldId::StatusPage,
        Derivable::PullRequest => FieldId::RelevantPrs,
        Derivable::Dashboard => FieldId::Dashboards,
    })
}
