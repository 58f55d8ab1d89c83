//! Which of all the events belong in one timeline, seen together: what is about another service, what lies
//! long before or after, what tells of the same thing twice.
//!
//! What does not live here: what an event is worth by itself (`curate`). The choice depends on the events
//! and on nothing else, so that the order in which evidence came in decides nothing.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet, HashMap};

use jiff::{SignedDuration, Timestamp};

use super::curate::{Choice, Curation};
use super::derive::{self, Known};
use super::event::{Event, EventId, Kind, Milestone};
use super::join::{self, Joined};
use super::phrases::{self, Says};

/// How long before the start a change may be the one that mattered, whatever came after it.
const LEAD: SignedDuration = SignedDuration::from_hours(2);
/// How long before the start the last change of an impacted service is looked for.
const LAST_CHANGE: SignedDuration = SignedDuration::from_hours(24);
/// How long after the end something still belongs to the incident.
const AFTERMATH: SignedDuration = SignedDuration::from_hours(1);
/// How long before the stated start an alert may have fired and still be the first sign of it.
const FIRST_SIGN: SignedDuration = SignedDuration::from_mins(10);

/// What was chosen.
#[derive(Clone, Debug, Default)]
pub struct Selection {
    /// Each event's choice, with its reason.
    pub choices: HashMap<EventId, Choice>,
    /// Events that are told better with what another one knows of the same thing.
    better: BTreeMap<EventId, Event>,
    /// Events that the row of another one tells of, by that one.
    joined: BTreeMap<EventId, Vec<EventId>>,
}

impl Selection {
    /// Whether an event comes in.
    pub fn is_taken(&self, id: &EventId) -> bool {
        self.choices.get(id).is_some_and(Choice::is_taken)
    }

    /// The events that the row of this one tells of besides, by time.
    pub fn joined_to(&self, id: &EventId) -> &[EventId] {
        self.joined.get(id).map_or(&[], Vec::as_slice)
    }

    /// How many events the rows of others tell of.
    pub fn joined(&self) -> usize {
        self.joined.values().map(Vec::len).sum()
    }

    /// The event as it is best told.
    pub fn told<'a>(&'a self, event: &'a Event) -> &'a Event {
        self.better.get(&event.id).unwrap_or(event)
    }
}

/// Chooses among events. `asked` are those that a person took in by hand: they come in whatever is said
/// against them.
pub fn select(events: &[&Event], curation: &Curation, known: &Known, asked: &BTreeSet<EventId>) -> Selection {
    let mut events: Vec<&Event> = events.to_vec();
    events.sort_by(|a, b| (a.at, &a.id).cmp(&(b.at, &b.id)));
    let choices = events
        .iter()
        .map(|event| {
            let choice = if asked.contains(&event.id) {
                Choice::Take("taken by hand".into())
            } else {
                curation.choose(event)
            };
            (event.id.clone(), choice)
        })
        .collect();
    let mut selecting = Selecting {
        open: Vec::new(),
        is_in: Vec::new(),
        places: HashMap::new(),
        fixed: events
            .iter()
            .filter(|event| asked.contains(&event.id) || curation.marked(event).is_some())
            .map(|event| event.id.clone())
            .collect(),
        known,
        selection: Selection { choices, ..Selection::default() },
    };
    // Of a chat of a hundred thousand messages a dozen come in; only those are looked at again.
    selecting.open = events.into_iter().filter(|event| selecting.selection.is_taken(&event.id)).collect();
    selecting.is_in = vec![true; selecting.open.len()];
    selecting.places = selecting.open.iter().enumerate().map(|(place, event)| (&event.id, place)).collect();
    selecting.same_changes(asked);
    if let Some(start) = selecting.start() {
        let end = selecting.end(start);
        selecting.foreign_alerts(start, end);
        selecting.foreign_changes(start, end);
        selecting.outside(start, end);
    }
    selecting.later_acknowledgements();
    selecting.same_things(asked);
    selecting.selection
}

struct Selecting<'a> {
    /// The events that came in at first, by time.
    open: Vec<&'a Event>,
    /// Which of them still do: a mark each, for there may be many.
    is_in: Vec<bool>,
    places: HashMap<&'a EventId, usize>,
    known: &'a Known,
    /// Events that people marked or took: nothing that is only likely moves them.
    fixed: BTreeSet<EventId>,
    selection: Selection,
}

impl<'a> Selecting<'a> {
    fn taken(&self) -> impl Iterator<Item = &'a Event> + '_ {
        self.open.iter().zip(&self.is_in).filter(|(_, is_in)| **is_in).map(|(event, _)| *event)
    }

    /// Leaves an event out, and with it what its row would have told of besides.
    fn drop(&mut self, id: &EventId, why: impl Into<Cow<'static, str>>) {
        if self.fixed.contains(id) {
            return;
        }
        let why = why.into();
        let joined = self.selection.joined.remove(id).unwrap_or_default();
        for id in joined.iter().chain([id]) {
            self.leave(id);
            self.selection.choices.insert(id.clone(), Choice::Candidate(why.clone()));
        }
        self.selection.better.remove(id);
    }

    /// Notes that an event has no row of its own.
    fn leave(&mut self, id: &EventId) {
        if let Some(place) = self.places.get(id) {
            self.is_in[*place] = false;
        }
    }

    /// When impact began: as the document has it, as somebody says, else the first alert or word of it.
    fn start(&self) -> Option<Timestamp> {
        let known = self.known.milestones.get(&Milestone::Started).copied();
        let stated = || derive::stated_start(self.taken()).map(|(_, at, _)| at);
        let detected = || {
            let paging = |event: &&Event| event.kind != Kind::AlertFiring || !is_warning(event);
            let detects = |event: &&Event| super::curate::milestone(event) == Some(Milestone::Detected);
            let first = self.taken().filter(detects).find(paging);
            first.or_else(|| self.taken().find(detects)).map(Event::instant)
        };
        known.or_else(stated).or_else(detected)
    }

    fn end(&self, start: Timestamp) -> Option<Timestamp> {
        let known = self.known.milestones.get(&Milestone::Resolved).copied();
        known.or_else(|| {
            let over = |event: &&Event| super::curate::milestone(event) == Some(Milestone::Resolved);
            self.taken().filter(over).map(Event::instant).filter(|at| *at >= start).max()
        })
    }

    /// What several sources tell of one change, and what tells of its beginning. An event that a person took by
    /// hand keeps its own row.
    fn same_changes(&mut self, asked: &BTreeSet<EventId>) {
        let open: Vec<&Event> = self.taken().filter(|event| !asked.contains(&event.id)).collect();
        for group in join::changes(&open) {
            self.join(group);
        }
    }

    fn join(&mut self, group: Joined<'_>) {
        let lead = &group.lead.id;
        for (other, why) in group.others {
            // What it told for others, the lead tells now.
            let before = self.selection.joined.remove(&other.id).unwrap_or_default();
            for id in before.into_iter().chain([other.id.clone()]) {
                self.leave(&id);
                self.selection.choices.insert(id.clone(), Choice::Joined(lead.clone(), why.clone()));
                self.selection.joined.entry(lead.clone()).or_default().push(id);
            }
        }
        self.selection.better.insert(lead.clone(), group.told);
    }

    /// Alerts that fired before it began, and warnings about what nothing else is about.
    fn foreign_alerts(&mut self, start: Timestamp, end: Option<Timestamp>) {
        let alerts: Vec<&Event> =
            self.taken().filter(|e| matches!(e.kind, Kind::AlertFiring | Kind::AlertResolved)).collect();
        let name = |event: &'a Event| event.details.get("alert").map_or("", String::as_str);
        let firing = || alerts.iter().filter(|event| event.kind == Kind::AlertFiring);
        // Clocks differ, and people round: what fired minutes before is the first sign of it.
        let is_before = |event: &Event| start.duration_since(event.instant()) > FIRST_SIGN;
        // What was quiet again by then and fires anew is of this incident.
        let mut before: BTreeSet<&str> = BTreeSet::new();
        for event in alerts.iter().filter(|event| is_before(event)) {
            match event.kind {
                Kind::AlertFiring => before.insert(name(event)),
                _ => before.remove(name(event)),
            };
        }
        let any_page = firing().any(|event| event.instant() >= start && !is_warning(event));
        let related = self.related(start, end);
        let mut out: BTreeSet<&str> = BTreeSet::new();
        for event in firing() {
            let about = self.services_of(event);
            if is_before(event) || before.contains(name(event)) {
                if before.contains(name(event)) {
                    out.insert(name(event));
                }
                self.drop(&event.id, "this alert fired before the incident began");
            } else if any_page && is_warning(event) && about.is_disjoint(&related) {
                out.insert(name(event));
                self.drop(&event.id, "a warning about what nothing else in the incident is about");
            }
        }
        let seen: BTreeSet<&str> = firing()
            .filter(|event| !is_before(event))
            .map(|event| name(event))
            .filter(|n| !out.contains(n))
            .collect();
        for event in alerts.iter().filter(|event| event.kind == Kind::AlertResolved) {
            if is_before(event)
                || !seen.contains(name(event)) && (out.contains(name(event)) || !seen.is_empty())
            {
                self.drop(&event.id, "the alert that it ends is not in the timeline");
            }
        }
    }

    /// Changes of services that nothing else in the incident names, and changes long before it.
    fn foreign_changes(&mut self, start: Timestamp, end: Option<Timestamp>) {
        let related = self.related(start, end);
        let changes: Vec<&Event> = self.taken().filter(|event| is_routine(event)).collect();
        let last: BTreeSet<EventId> = related
            .iter()
            .filter_map(|service| {
                let before = |event: &&&Event| {
                    event.instant() <= start && start.duration_since(event.instant()) <= LAST_CHANGE
                };
                changes.iter().filter(before).rfind(|event| self.services_of(event).contains(service))
            })
            .map(|event| event.id.clone())
            .collect();
        for event in changes {
            let about = self.services_of(event);
            if !about.is_empty() && !related.is_empty() && about.is_disjoint(&related) {
                let names = about.into_iter().collect::<Vec<_>>().join("`, `");
                self.drop(
                    &event.id,
                    format!("a change of `{names}`, which nothing else in the incident is about"),
                );
            } else if start.duration_since(event.instant()) > LEAD && !last.contains(&event.id) {
                self.drop(&event.id, "a change long before the incident began");
            }
        }
    }

    /// What happened when the incident was long over, or on another day.
    fn outside(&mut self, start: Timestamp, end: Option<Timestamp>) {
        let outside: Vec<EventId> = self
            .taken()
            .filter(|event| {
                let late = end.is_some_and(|end| event.instant().duration_since(end) > AFTERMATH);
                let early = start.duration_since(event.instant()) > LEAD && !event.kind.is_change();
                late || early
            })
            .map(|event| event.id.clone())
            .collect();
        for id in outside {
            self.drop(&id, "it lies outside the incident");
        }
    }

    /// Only the first word of somebody taking it on is a milestone; the next ones are courtesy.
    fn later_acknowledgements(&mut self) {
        let detects = |event: &&Event| super::curate::milestone(event) == Some(Milestone::Detected);
        let detected = self.taken().find(detects).map(Event::instant);
        let said: Vec<EventId> = self
            .taken()
            .filter(|event| {
                event.kind == Kind::Message
                    && matches!(
                        phrases::stated(&event.action),
                        Some((Says::Reached(Milestone::Acknowledged), _))
                    )
                    && detected.is_none_or(|at| event.instant() >= at)
            })
            .map(|event| event.id.clone())
            .collect();
        let by_tool = self.taken().any(|event| event.kind == Kind::Acknowledgement);
        for id in said.iter().skip(usize::from(!by_tool)) {
            self.drop(id, "somebody had taken it on before");
        }
    }

    /// What is one thing and was told several times, and what happens again and again.
    fn same_things(&mut self, asked: &BTreeSet<EventId>) {
        let open: Vec<&Event> = self.taken().filter(|event| !asked.contains(&event.id)).collect();
        let told: Vec<Event> = open.into_iter().map(|event| self.selection.told(event).clone()).collect();
        for group in join::others(&told.iter().collect::<Vec<_>>()) {
            self.join(group);
        }
        let at: HashMap<&EventId, Timestamp> =
            self.open.iter().map(|event| (&event.id, event.instant())).collect();
        for joined in self.selection.joined.values_mut() {
            joined.sort_by(|a, b| (at.get(a), a).cmp(&(at.get(b), b)));
        }
    }

    /// The services that the incident is about: those that its alerts name, and those that people acted on.
    fn related(&self, start: Timestamp, end: Option<Timestamp>) -> BTreeSet<&'a str> {
        let during =
            |event: &&Event| event.instant() >= start && end.is_none_or(|end| event.instant() <= end);
        let acts = |event: &&Event| match event.kind {
            Kind::AlertFiring => !is_warning(event),
            Kind::Page => true,
            Kind::Rollback | Kind::ConfigChange | Kind::Scaling | Kind::Command => {
                !event.details.contains_key("commit")
            }
            Kind::Message => matches!(
                phrases::stated(&event.action),
                Some((Says::Did(Kind::Rollback | Kind::ConfigChange | Kind::Scaling | Kind::Command), _))
            ),
            _ => false,
        };
        self.taken().filter(during).filter(acts).flat_map(|event| self.services_of(event)).collect()
    }

    fn services_of(&self, event: &Event) -> BTreeSet<&'a str> {
        derive::services_of(self.selection.told(event), &self.known.services)
    }
}

/// Whether an event is a change as they are made every day, by programs and in repositories.
fn is_routine(event: &Event) -> bool {
    event.kind.is_change() && event.kind != Kind::Command
}

fn is_warning(event: &Event) -> bool {
    event.details.get("severity").map_or_else(
        || phrases::is_warning(&event.action),
        |severity| phrases::is_warning(&format!("severity: {severity}")),
    )
}

/// What a deploy is of: the first two words in code or with a version, `inventory 6.41.0`.
pub(super) fn subject(action: &str) -> Option<String> {
    let words: Vec<&str> = action
        .split(|c: char| c.is_whitespace() || ":,()`".contains(c))
        .filter(|word| !word.is_empty())
        .collect();
    let version = words.iter().position(|word| {
        word.trim_start_matches('v').starts_with(|c: char| c.is_ascii_digit()) && word.len() > 1
    })?;
    Some(format!("{} {}", words.get(version.checked_sub(1)?)?, words[version]))
}
