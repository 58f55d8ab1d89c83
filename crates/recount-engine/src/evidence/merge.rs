//! Events into the document: rows of the timeline, milestones, blank fields. What a person wrote is never
//! touched; every value names the events that decided it.
//!
//! What does not live here: which events belong in (`select`), what they decide (`derive`), and files.
//!
//! The document is made from all frozen events at once: what an earlier merge wrote and nobody touched is
//! taken out first, so that the same evidence gives the same document, in whatever order and in however
//! many pieces it came in. The ledger knows what was written; a row or value that reads differently now
//! is a person's, and stays.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;

use super::curate::{Choice, Curation};
use super::derive::{self, Derivable, Derived, Known};
use super::event::{Event, EventId, Kind, Milestone, Precision};
use super::freeze::{BY_HAND, Decision, Frozen, State};
use super::identity::sha256_hex;
use super::row::{self, Row};
use super::select::{Selection, select};
use crate::document::operations::{OperationError, row_line};
use crate::document::template::{FieldId, TEMPLATE, TimelineColumn};
use crate::document::value::duration;
use crate::document::value::time;
use crate::document::{Document, FieldState, TimelineRow, elapsed};

/// What a merge works with.
#[derive(Clone, Copy, Debug)]
pub struct Merging<'a> {
    /// The postmortem's evidence, with what is new.
    pub frozen: &'a Frozen,
    /// What the person asked for.
    pub curation: &'a Curation,
    /// Events that a person takes in now: they come in although they were left out, or deleted.
    pub asked: &'a [EventId],
    /// The names of the library's services.
    pub services: &'a [String],
    /// The library's regions.
    pub regions: &'a [String],
    /// The evidence folder's name, for links to frozen events.
    pub folder: &'a str,
}

/// A document with events in it.
#[derive(Clone, Debug)]
pub struct Merged {
    /// The document.
    pub document: Document,
    /// Rows that were added, by their events.
    pub added: Vec<EventId>,
    /// Rows of ours that were there and read differently now.
    pub changed: Vec<EventId>,
    /// Rows of ours that were there and, by what is known now, belong elsewhere, with the reason.
    pub removed: Vec<(EventId, String)>,
    /// Fields that were blank and are filled now.
    pub filled: Vec<Filled>,
    /// What the events suggest and a person must decide; each field once.
    pub offers: Vec<Derived>,
    /// Why each event came in or was left out.
    pub selection: Selection,
    /// What is to be written into the ledger, once the document is written.
    pub decisions: Vec<Decision>,
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

/// Writes the frozen events that belong in the timeline into it, and fills the blank fields that they decide.
pub fn merge(document: &Document, merging: &Merging<'_>) -> Result<Merged, OperationError> {
    let mut decisions: Vec<Decision> = merging.frozen.decisions().into_iter().cloned().collect();
    leave_what_is_purged(&mut decisions, merging.frozen);
    if !document.timeline_rows().is_empty() {
        // An import that was cut off wrote the document and not the ledger: what we would write, and stands
        // there word for word, is ours as well.
        let template = Document::parse(TEMPLATE.as_bytes());
        let afresh = write(&Ours::none(template), merging)?;
        let undecided = |decision: &Decision| merging.frozen.state(&decision.id) == State::New;
        decisions.extend(afresh.decisions.into_iter().filter(undecided));
    }
    let (pinned, pins) = pinned(document, &decisions)?;
    let mut ours = Ours::taken_out_of(&pinned, &decisions)?;
    ours.settled.retain(|id| merging.frozen.state(id) == State::Taken);
    let mut merged = write(&ours, merging)?;
    merged.unpin(&pins)?;
    // Where nothing is new, not even the order of rows at one instant may change.
    if same_lines(document, &merged.document) {
        merged.document = document.clone();
    }
    Ok(merged)
}

/// A person's row whose clock got its date for the time of a merge.
struct Pin {
    line: String,
    raw: String,
}

/// The document with dates before the bare clocks of people's rows: such a clock takes its date from our
/// row above it or from our start time, and both are taken out before they are written again.
fn pinned(document: &Document, decisions: &[Decision]) -> Result<(Document, Vec<Pin>), OperationError> {
    let ours: BTreeSet<&str> = decisions
        .iter()
        .filter(|decision| decision.state == State::Taken && !decision.wrote.is_empty())
        .map(|decision| decision.wrote.as_str())
        .collect();
    let mut pinned = document.clone();
    let mut pins = Vec::new();
    if ours.is_empty() {
        return Ok((pinned, pins));
    }
    for row in document.timeline_rows() {
        let Some(Ok(moment)) = &row.moment else { continue };
        let Some(cell) = row.time else { continue };
        if moment.dated || ours.contains(hash(document.slice(row.span).trim()).as_str()) {
            continue;
        }
        let raw = document.slice(cell.span);
        let date = time::utc_day(moment.at);
        let precision = if moment.at.as_second() % 60 == 0 { Precision::Minute } else { Precision::Second };
        // The first keeps all that the clock says, a range's end too.
        for text in [format!("{date} {raw}"), row::time(moment.at, precision)] {
            let Ok(edits) = pinned.set_timeline_cell(row.number, TimelineColumn::Time, &text) else {
                continue;
            };
            let changed = pinned.changed(&edits)?;
            if changed.timeline_rows().get(row.number - 1).and_then(TimelineRow::at) == Some(moment.at) {
                let line = changed.slice(changed.timeline_rows()[row.number - 1].span).to_owned();
                pins.push(Pin { line, raw: raw.to_owned() });
                pinned = changed;
                break;
            }
        }
    }
    Ok((pinned, pins))
}

/// Why each event comes in or is left out, by all the evidence and the document as it stands.
pub fn choices(document: &Document, merging: &Merging<'_>) -> Selection {
    let frozen = merging.frozen;
    let by_hand = frozen.decisions().into_iter().filter(|d| is_by_hand(d)).map(|decision| &decision.id);
    let asked: BTreeSet<EventId> = merging.asked.iter().chain(by_hand).cloned().collect();
    let open: Vec<&Event> =
        frozen.events().into_iter().filter(|event| frozen.state(&event.id) != State::Dismissed).collect();
    select(&open, merging.curation, &known(document, merging), &asked)
}

/// Writes into a document from which ours is taken out.
fn write(ours: &Ours, merging: &Merging<'_>) -> Result<Merged, OperationError> {
    let frozen = merging.frozen;
    let stripped = &ours.document;
    let known = known(stripped, merging);
    let asked: BTreeSet<EventId> = merging
        .asked
        .iter()
        .chain(frozen.decisions().into_iter().filter(|d| is_by_hand(d)).map(|decision| &decision.id))
        .cloned()
        .collect();
    let all = frozen.events();
    let open: Vec<&Event> = all
        .iter()
        .copied()
        .filter(|event| frozen.state(&event.id) != State::Dismissed || merging.asked.contains(&event.id))
        .collect();
    let selection = select(&open, merging.curation, &known, &asked);
    let settled = |id: &EventId| ours.settled.contains(id) && !merging.asked.contains(id);
    // Where a person changed or deleted the row of one telling of a thing, that is the thing's row.
    let is_persons = |id: &EventId| settled(id) || selection.joined_to(id).iter().any(settled);
    // Events whose rows people changed are in the timeline too, and decide as they did.
    let events: Vec<&Event> = open
        .iter()
        .copied()
        .filter(|event| selection.is_taken(&event.id) || settled(&event.id))
        .map(|event| selection.told(event))
        .collect();
    // What only says more of a thing still says when it was detected, taken on and over.
    let signs = open.iter().copied().filter(|event| {
        let is_sign = matches!(
            event.kind,
            Kind::AlertFiring | Kind::AlertResolved | Kind::Page | Kind::Acknowledgement
        );
        is_sign && selection.choices.get(&event.id).and_then(Choice::lead).is_some() && !settled(&event.id)
    });
    let is_ticket = |event: &&Event| event.kind == Kind::Ticket && !selection.is_taken(&event.id);
    let tickets = open.iter().copied().filter(is_ticket);
    let derived = derive::derive_beside(events.iter().copied().chain(signs), tickets, &known);

    let ours_to_write: Vec<&Event> = events.iter().copied().filter(|event| !is_persons(&event.id)).collect();
    // Who takes one event in asks for that one, and for what it decides.
    let concerns =
        |because: &[EventId]| merging.asked.is_empty() || because.iter().any(|id| merging.asked.contains(id));
    let stays = |what: Derivable| match what {
        Derivable::Milestone(milestone) => ours.rows.contains_key(&stated_id(milestone)),
        what => field_of(what).is_some_and(|field| ours.fields.contains(&field_id(field))),
    };
    let marked = milestones_of(stripped, &derived, &ours_to_write);
    let derived: Vec<Derived> =
        derived.into_iter().filter(|result| stays(result.what) || concerns(&result.because)).collect();
    let mut rows = stated_rows(stripped, &derived, &marked, merging);
    rows.retain(|(id, _)| !settled(id));
    for event in &ours_to_write {
        let file = frozen.file_of(&event.id).map(|file| format!("{}/{file}", merging.folder));
        let mut row = Row::new(event, marked.get(&event.id).copied(), file.as_deref());
        for other in tellers(event, selection.joined_to(&event.id), frozen) {
            let file = frozen.file_of(&other.id).map(|file| format!("{}/{file}", merging.folder));
            row = row.linking(other, file.as_deref());
        }
        rows.push((event.id.clone(), row));
    }
    rows.retain(|(id, _)| {
        ours.rows.contains_key(id) || id.0.starts_with("stated:") || concerns(std::slice::from_ref(id))
    });
    rows.sort_by(|a, b| (a.1.at, &a.0).cmp(&(b.1.at, &b.0)));

    let mut merged = Merged {
        document: stripped.clone(),
        added: Vec::new(),
        changed: Vec::new(),
        removed: Vec::new(),
        filled: Vec::new(),
        offers: Vec::new(),
        selection,
        decisions: Vec::new(),
    };
    // What comes after all that stands there is written at once: each edit reads the document anew.
    let last = stripped.timeline_rows().iter().map(TimelineRow::at).collect::<Option<Vec<_>>>();
    let between = match last.map(|times| times.into_iter().max()) {
        Some(Some(last)) => rows.partition_point(|(_, row)| row.at < last),
        Some(None) => 0,
        None => rows.len(),
    };
    for (id, row) in &rows[..between] {
        let edits = merged.document.insert_timeline_row(row.at, &row.cells())?;
        merged.document = merged.document.changed(&edits)?;
        merged.wrote_row(id, row, ours, merging);
    }
    if between < rows.len() {
        let cells: Vec<[String; 4]> =
            rows[between..].iter().map(|(_, row)| row.cells().map(str::to_owned)).collect();
        let edits = merged.document.append_timeline_rows(&cells)?;
        merged.document = merged.document.changed(&edits)?;
    }
    for (id, row) in &rows[between..] {
        merged.wrote_row(id, row, ours, merging);
    }
    let written: BTreeSet<&EventId> = rows.iter().map(|(id, _)| id).collect();
    for id in ours.rows.keys().filter(|id| !written.contains(id)) {
        let why =
            merged.selection.choices.get(id).map_or("something else decides it now", Choice::why).to_owned();
        let wrote = String::new();
        merged.decisions.push(Decision { id: id.clone(), state: State::New, why: why.clone(), wrote });
        merged.removed.push((id.clone(), why));
    }
    merged.removed.sort_by_key(|(id, _)| (frozen.event(id).map(Event::instant), id.clone()));
    merged.fill(derived, ours)?;
    Ok(merged)
}

/// How many links beside its own a row has at most.
const LINKS: usize = 4;

/// Of the events that tell of the same thing, the first of each other source, and of its own source what is
/// behind another name: a deploy's commit beside its log. Their links are worth a place.
fn tellers<'f>(event: &Event, joined: &[EventId], frozen: &'f Frozen) -> Vec<&'f Event> {
    let mut tellers: Vec<&Event> = Vec::new();
    for other in joined.iter().filter_map(|id| frozen.event(id)) {
        let is_new = |teller: &Event| {
            let own_name = other.link.is_some() && other.link_label != teller.link_label;
            other.source != teller.source || own_name && other.source == event.source
        };
        if tellers.len() < LINKS && is_new(event) && tellers.iter().all(|teller| is_new(teller)) {
            tellers.push(other);
        }
    }
    tellers
}

/// What was written from evidence that is no longer there cannot be written again: it stays as it stands.
fn leave_what_is_purged(decisions: &mut [Decision], frozen: &Frozen) {
    let of_all = |id: &EventId| id.0.starts_with("field:") || id.0.starts_with("stated:");
    let is_gone = |decision: &Decision| !of_all(&decision.id) && frozen.event(&decision.id).is_none();
    let any_gone = decisions.iter().any(|decision| decision.state == State::Taken && is_gone(decision));
    for decision in decisions.iter_mut() {
        if is_gone(decision) || any_gone && of_all(&decision.id) {
            decision.wrote.clear();
        }
    }
}

fn is_by_hand(decision: &Decision) -> bool {
    decision.state == State::Taken && decision.why == BY_HAND
}

fn known(document: &Document, merging: &Merging<'_>) -> Known {
    let mut milestones = BTreeMap::new();
    for milestone in Milestone::ALL {
        let at = match milestone {
            Milestone::Started => document.started_at(),
            Milestone::Resolved => document.ended_at(),
            _ => document.milestone(milestone).and_then(TimelineRow::at),
        };
        milestones.extend(at.map(|at| (milestone, at)));
    }
    Known { services: merging.services.to_vec(), regions: merging.regions.to_vec(), milestones }
}

/// What earlier merges wrote into a document.
struct Ours {
    /// The document without it.
    document: Document,
    /// Rows that stood there as they were written, with the hash of each.
    rows: BTreeMap<EventId, String>,
    /// Fields that did, by the name of their decision.
    fields: BTreeSet<EventId>,
    /// What was written and reads differently now, or is gone: a person's.
    settled: BTreeSet<EventId>,
}

impl Ours {
    fn none(document: Document) -> Self {
        Self { document, rows: BTreeMap::new(), fields: BTreeSet::new(), settled: BTreeSet::new() }
    }

    fn taken_out_of(document: &Document, decisions: &[Decision]) -> Result<Self, OperationError> {
        let taken = || decisions.iter().filter(|decision| decision.state == State::Taken);
        let mut ours = Self::none(document.clone());
        ours.settled = taken().map(|decision| decision.id.clone()).collect();
        let mut wrote: BTreeMap<&str, Vec<&EventId>> = BTreeMap::new();
        for decision in taken().filter(|decision| !decision.wrote.is_empty()) {
            wrote.entry(&decision.wrote).or_default().push(&decision.id);
        }
        // From below, so that the numbers of the rows above stay.
        for row in document.timeline_rows().iter().rev() {
            let hash = hash(document.slice(row.span).trim());
            let Some(id) = wrote.get_mut(hash.as_str()).and_then(Vec::pop) else { continue };
            let edits = ours.document.remove_timeline_row(row.number)?;
            ours.document = ours.document.changed(&edits)?;
            ours.settled.remove(id);
            ours.rows.insert(id.clone(), hash);
        }
        for decision in taken().filter(|decision| !decision.wrote.is_empty()) {
            let Some(field) = decision.id.0.strip_prefix("field:").and_then(FieldId::from_name) else {
                continue;
            };
            let text = document.field_text(field).unwrap_or_default();
            if hash(text) == decision.wrote {
                let edits = ours.document.set_field(field, "")?;
                ours.document = ours.document.changed(&edits)?;
                ours.settled.remove(&decision.id);
                ours.fields.insert(decision.id.clone());
            }
        }
        Ok(ours)
    }
}

fn hash(text: &str) -> String {
    sha256_hex(text.as_bytes(), 16)
}

fn field_id(field: FieldId) -> EventId {
    EventId(format!("field:{}", field.def().key))
}

/// Whether two documents have the same lines, in whatever order.
fn same_lines(one: &Document, two: &Document) -> bool {
    let sorted = |document: &Document| {
        let mut lines: Vec<String> = document.text().lines().map(str::to_owned).collect();
        lines.sort_unstable();
        lines
    };
    one.text().len() == two.text().len() && sorted(one) == sorted(two)
}

/// Which event's row gets which milestone: certain ones that the document does not have yet and that
/// happened when the event did.
fn milestones_of(
    document: &Document,
    derived: &[Derived],
    events: &[&Event],
) -> BTreeMap<EventId, Milestone> {
    let mut marked = BTreeMap::new();
    for result in derived.iter().filter(|result| result.certain) {
        let Derivable::Milestone(milestone) = result.what else { continue };
        let is_new = document.milestone(milestone).is_none();
        let Some(id) = result.because.first().filter(|_| is_new) else { continue };
        if events.iter().any(|event| event.id == *id && Some(event.instant()) == result.at) {
            marked.entry(id.clone()).or_insert(milestone);
        }
    }
    marked
}

/// The name of the row of a milestone that an event only tells of.
fn stated_id(milestone: Milestone) -> EventId {
    EventId(format!("stated:{}", milestone.word().to_lowercase()))
}

/// Rows for milestones at an instant that an event only speaks of: "impact started at 14:02".
fn stated_rows(
    document: &Document,
    derived: &[Derived],
    marked: &BTreeMap<EventId, Milestone>,
    merging: &Merging<'_>,
) -> Vec<(EventId, Row)> {
    let mut rows = Vec::new();
    for result in derived.iter().filter(|result| result.certain) {
        let (Derivable::Milestone(milestone), Some(at)) = (result.what, result.at) else { continue };
        let Some(event) = result.because.first().and_then(|id| merging.frozen.event(id)) else { continue };
        // Where the event itself is that instant, its own row has the milestone, or a person's has.
        let own = event.instant() == at;
        if own || document.milestone(milestone).is_some() || marked.values().any(|other| *other == milestone)
        {
            continue;
        }
        let mut stated = event.clone();
        stated.at = at.into();
        let minute = row::time(at, Precision::Minute);
        stated.precision = if result.value == minute { Precision::Minute } else { Precision::Second };
        let said = row::time(event.instant(), event.precision);
        let said = said.split_once(' ').map_or(said.as_str(), |(_, clock)| clock);
        stated.action = match event.details.get("alert") {
            Some(alert) => format!("By the word of `{alert}`, which fired at {said}"),
            None => format!("As said at {said}"),
        };
        stated.details.remove("url");
        let file = merging.frozen.file_of(&event.id).map(|file| format!("{}/{file}", merging.folder));
        rows.push((stated_id(milestone), Row::new(&stated, Some(milestone), file.as_deref())));
    }
    rows
}

impl Merged {
    /// Takes the dates of pinned rows off again, where each row then still means the same instant.
    fn unpin(&mut self, pins: &[Pin]) -> Result<(), OperationError> {
        for pin in pins {
            let rows = self.document.timeline_rows();
            let Some(row) = rows.iter().find(|row| self.document.slice(row.span) == pin.line) else {
                continue;
            };
            let Ok(edits) = self.document.set_timeline_cell(row.number, TimelineColumn::Time, &pin.raw)
            else {
                continue;
            };
            let bare = self.document.changed(&edits)?;
            let instants = |document: &Document| {
                document.timeline_rows().iter().map(TimelineRow::at).collect::<Vec<Option<Timestamp>>>()
            };
            if instants(&bare) == instants(&self.document) {
                self.document = bare;
            }
        }
        Ok(())
    }

    /// Keeps in mind that a row was written.
    fn wrote_row(&mut self, id: &EventId, row: &Row, ours: &Ours, merging: &Merging<'_>) {
        let wrote = hash(&row_line(&row.cells()));
        match ours.rows.get(id) {
            None => self.added.push(id.clone()),
            Some(old) if *old != wrote => self.changed.push(id.clone()),
            Some(_) => {}
        }
        let event = merging.frozen.event(id);
        // A thread is asked for once; the next import must know that it was.
        let by_hand = merging.asked.contains(id)
            || merging.frozen.decision(id).is_some_and(is_by_hand)
            || event.is_some_and(|event| merging.curation.asks_for(event));
        let why = if by_hand { BY_HAND } else { self.selection.choices.get(id).map_or("", Choice::why) };
        let why = why.to_owned();
        self.decisions.push(Decision { id: id.clone(), state: State::Taken, why, wrote });
    }

    fn fill(&mut self, derived: Vec<Derived>, ours: &Ours) -> Result<(), OperationError> {
        let mut lists: BTreeMap<FieldId, Vec<Derived>> = BTreeMap::new();
        for result in derived {
            let Some(field) = field_of(result.what) else { continue };
            let is_open = self.document.field(field).is_none_or(|field| field.state != FieldState::Filled);
            // A field that was filled and is blank now was emptied by a person.
            if is_open && !ours.settled.contains(&field_id(field)) {
                lists.entry(field).or_default().push(result);
            }
        }
        for (field, results) in lists {
            let (certain, offers): (Vec<Derived>, Vec<Derived>) =
                results.into_iter().partition(|r| r.certain);
            let Some(value) = value_of(&self.document, field, &certain) else {
                self.offers.extend(offers.into_iter().next());
                continue;
            };
            // A value that Markdown cannot hold there is offered instead of forced.
            let Ok(edits) = self.document.set_field(field, &value) else {
                self.offers.extend(certain.into_iter().next());
                continue;
            };
            self.document = self.document.changed(&edits)?;
            let because = certain.iter().flat_map(|result| result.because.iter().cloned()).collect();
            let why = certain[0].why.clone();
            let wrote = hash(self.document.field_text(field).unwrap_or_default());
            let id = field_id(field);
            if !ours.fields.contains(&id) {
                self.filled.push(Filled { field, value, why: why.clone(), because });
            }
            self.decisions.push(Decision { id, state: State::Taken, why, wrote });
        }
        // A field of ours that nothing decides any more is blank again, and nobody emptied it.
        let written: BTreeSet<EventId> = self.decisions.iter().map(|decision| decision.id.clone()).collect();
        for id in ours.fields.difference(&written) {
            let (why, wrote) = ("nothing decides it now".to_owned(), String::new());
            self.decisions.push(Decision { id: id.clone(), state: State::New, why, wrote });
        }
        Ok(())
    }
}

/// What goes into a field; `None` where nothing is certain.
fn value_of(document: &Document, field: FieldId, results: &[Derived]) -> Option<String> {
    let first = results.first()?;
    match field {
        FieldId::Services
        | FieldId::Regions
        | FieldId::AlertNames
        | FieldId::RelevantPrs
        | FieldId::Dashboards => {
            let values: Vec<String> = results.iter().map(|result| shown(field, &result.value)).collect();
            Some(values.join(", "))
        }
        FieldId::Duration | FieldId::TimeToDetect => span_of(document, field),
        FieldId::Rollback => Some(row::cell(&first.value).replace("\\|", "|")),
        _ => Some(first.value.clone()),
    }
}

/// A duration from the times that the document holds now, so that it cannot disagree with them.
fn span_of(document: &Document, field: FieldId) -> Option<String> {
    // Nothing is counted from `~16:00` or `unknown`.
    let ends: &[FieldId] = if field == FieldId::Duration {
        &[FieldId::StartTime, FieldId::EndTime]
    } else {
        &[FieldId::StartTime]
    };
    let is_vague = |id: &FieldId| document.is_filled(*id) && !matches!(document.field_time(*id), Some(Ok(_)));
    if ends.iter().any(is_vague) {
        return None;
    }
    let from = document.started_at()?;
    let to = if field == FieldId::Duration {
        document.ended_at()?
    } else {
        document.milestone(Milestone::Detected)?.at()?
    };
    Some(duration::canonical(elapsed(from, to)?))
}

fn shown(field: FieldId, value: &str) -> String {
    match field {
        FieldId::AlertNames => format!("`{value}`"),
        FieldId::RelevantPrs => format!("[{}]({})", row::link_name(value), row::address(value)),
        FieldId::Dashboards => format!("<{}>", row::address(value)),
        _ => value.to_owned(),
    }
}

/// The field that a derived value is for; none of a milestone, which is a row's.
pub fn field_of(what: Derivable) -> Option<FieldId> {
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
        Derivable::Region => FieldId::Regions,
        Derivable::Severity => FieldId::Severity,
        Derivable::DirectTrigger => FieldId::DirectTrigger,
        Derivable::StoppedTheBleeding => FieldId::StoppedBleeding,
        Derivable::RollbackDetails => FieldId::Rollback,
        Derivable::IncidentDoc => FieldId::IncidentDoc,
        Derivable::StatusPage => FieldId::StatusPage,
        Derivable::PullRequest => FieldId::RelevantPrs,
        Derivable::Dashboard => FieldId::Dashboards,
    })
}

impl Merged {
    /// When the events that came in say that it began, before any document exists.
    pub fn start_of(events: &[&Event], curation: &Curation) -> Option<Timestamp> {
        let selection = select(events, curation, &Known::default(), &BTreeSet::new());
        let taken = || events.iter().copied().filter(|event| selection.is_taken(&event.id));
        let derived = derive::derive(taken(), &Known::default());
        let start = derived.iter().find(|d| d.what == Derivable::Start).and_then(|d| d.at);
        start.or_else(|| taken().map(Event::instant).min())
    }
}
