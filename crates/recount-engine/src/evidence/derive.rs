//! What the events decide beyond their own rows: milestones, start and end, names of alerts, services, and
//! candidates for what only people can say.
//!
//! What does not live here: writing into the document. Each result carries the events that decide it, and
//! whether it may fill a blank field or is only offered.

mod causes;
mod detection;
mod links;
mod scope;
mod times;

use std::collections::BTreeMap;

use jiff::Timestamp;

use super::event::{Event, EventId, Kind, Milestone};
use super::phrases::{self, Outcome, Says};
pub(super) use links::urls;
pub(super) use scope::services_of;
pub(super) use times::stated_start;

/// What can be derived.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Derivable {
    /// The event that is this milestone; the value is its instant. The row of the first event in `because`
    /// gets the milestone's word, where the instant is that event's own.
    Milestone(Milestone),
    /// *Start time*.
    Start,
    /// *End time*.
    End,
    /// *Duration*, in whole minutes: `1 h 23 min`.
    Duration,
    /// *Time to detect*, counted from the start.
    TimeToDetect,
    /// *Alert name(s)*: one result for each.
    AlertName,
    /// *Customer reports*.
    CustomerReport,
    /// *Internal observation*.
    InternalObservation,
    /// *Primary services impacted*: one result for each that is certain, or all that are named in one offer.
    Service,
    /// *Regions impacted*: one result for each.
    Region,
    /// *Severity*.
    Severity,
    /// *Direct trigger*.
    DirectTrigger,
    /// *What stopped the bleeding*.
    StoppedTheBleeding,
    /// *Rollback details*.
    RollbackDetails,
    /// *Links → incident doc*.
    IncidentDoc,
    /// *Links → status page*.
    StatusPage,
    /// *Links → relevant PRs*.
    PullRequest,
    /// *Links → dashboards*.
    Dashboard,
}

impl Derivable {
    /// What it is about, for people.
    pub fn words(self) -> &'static str {
        match self {
            Self::Milestone(milestone) => milestone.word(),
            Self::Start => "Start time",
            Self::End => "End time",
            Self::Duration => "Duration",
            Self::TimeToDetect => "Time to detect",
            Self::AlertName => "Alert name(s)",
            Self::CustomerReport => "Customer reports",
            Self::InternalObservation => "Internal observation",
            Self::Service => "Primary services impacted",
            Self::Region => "Regions impacted",
            Self::Severity => "Severity",
            Self::DirectTrigger => "Direct trigger",
            Self::StoppedTheBleeding => "What stopped the bleeding",
            Self::RollbackDetails => "Rollback details",
            Self::IncidentDoc => "incident doc",
            Self::StatusPage => "status page",
            Self::PullRequest => "relevant PRs",
            Self::Dashboard => "dashboards",
        }
    }
}

/// Something that the events decide.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Derived {
    /// What it is about.
    pub what: Derivable,
    /// The value, as plain text; times in the canonical form, UTC.
    pub value: String,
    /// The instant, where the value is one.
    pub at: Option<Timestamp>,
    /// The events that decide it, the deciding one first.
    pub because: Vec<EventId>,
    /// Why, in words.
    pub why: String,
    /// Whether it may fill a blank field. Otherwise it is an offer that a person must accept.
    pub certain: bool,
}

/// What the caller knows.
#[derive(Clone, Debug, Default)]
pub struct Known {
    /// The names of the library's services.
    pub services: Vec<String>,
    /// The regions that an incident can impact.
    pub regions: Vec<String>,
    /// The instants that the document already has; they are not derived again, and figures count from them.
    pub milestones: BTreeMap<Milestone, Timestamp>,
}

/// Derives what the events decide. `events` are those in the timeline, or about to be.
pub fn derive<'a>(events: impl IntoIterator<Item = &'a Event>, known: &Known) -> Vec<Derived> {
    derive_beside(events, [], known)
}

/// Derives what the events decide; `tickets` are events beside the timeline that can say who reported it, and
/// decide nothing else.
pub fn derive_beside<'a>(
    events: impl IntoIterator<Item = &'a Event>,
    tickets: impl IntoIterator<Item = &'a Event>,
    known: &Known,
) -> Vec<Derived> {
    let mut events: Vec<&Event> = events.into_iter().collect();
    events.sort_by(|a, b| (a.at, &a.id).cmp(&(b.at, &b.id)));
    let tickets = tickets.into_iter().collect();
    let mut out =
        Findings { events, tickets, known, instants: known.milestones.clone(), derived: Vec::new() };
    // From nothing follows nothing, not even from the times that the document has.
    if out.events.is_empty() {
        return out.derived;
    }
    out.milestones();
    out.figures();
    out.detection();
    out.services();
    out.regions();
    out.severity();
    out.causes();
    out.links();
    out.derived
}

struct Findings<'a> {
    events: Vec<&'a Event>,
    /// Tickets that are not in the timeline.
    tickets: Vec<&'a Event>,
    known: &'a Known,
    /// The instants known so far, from the document or certain from the events.
    instants: BTreeMap<Milestone, Timestamp>,
    derived: Vec<Derived>,
}

impl Findings<'_> {
    fn push(
        &mut self,
        what: Derivable,
        value: String,
        at: Option<Timestamp>,
        because: &[&Event],
        why: &str,
        certain: bool,
    ) {
        let because = because.iter().map(|event| event.id.clone()).collect();
        self.derived.push(Derived { what, value, at, because, why: why.to_owned(), certain });
    }
}

/// Whether what an event tells of was done: not refused, and not only begun.
fn is_done(event: &Event) -> bool {
    !event.signals.bot || phrases::outcome(&event.action) == Outcome::Done
}

/// What kind of change an event is, or tells of.
fn change(event: &Event) -> Option<Kind> {
    if event.kind.is_change() {
        return Some(event.kind);
    }
    match (event.kind, phrases::stated(&event.action)) {
        (Kind::Message, Some((Says::Did(kind), _))) if kind.is_change() && !event.signals.bot => Some(kind),
        _ => None,
    }
}

#[cfg(test)]
mod tests;
