//! What the events decide beyond their own rows: milestones, start and end, names of alerts, services, and
//! candidates for what only people can say.
//!
//! What does not live here: writing into the document. Each result carries the events that decide it, and
//! whether it may fill a blank field or is only offered.

use std::collections::{BTreeMap, BTreeSet};

use jiff::{SignedDuration, Timestamp};

use super::curate;
use super::event::{Event, EventId, Kind, Milestone, Precision};
use super::phrases::{self, Outcome, Says};
use super::row;
use crate::document::elapsed;
use crate::document::value::duration;

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
    let mut events: Vec<&Event> = events.into_iter().collect();
    events.sort_by(|a, b| (a.at, &a.id).cmp(&(b.at, &b.id)));
    let mut out = Findings { events, known, instants: known.milestones.clone(), derived: Vec::new() };
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
    known: &'a Known,
    /// The instants known so far, from the document or certain from the events.
    instants: BTreeMap<Milestone, Timestamp>,
    derived: Vec<Derived>,
}

impl<'a> Findings<'a> {
    fn milestones(&mut self) {
        if let Some((event, at, precision)) = stated_start(self.events.iter().copied()) {
            let why = match event.kind {
                _ if curate::recorded(event).is_some() => "recorded as such where the incident was run",
                Kind::AlertFiring => "the alert says since when",
                _ => "it says when impact began",
            };
            self.milestone_at(Milestone::Started, at, precision, event, why, true);
        }
        let reached = |milestone| move |event: &&&Event| curate::milestone(event) == Some(milestone);

        let detected = self.events.iter().find(reached(Milestone::Detected)).copied();
        if let Some(event) = detected {
            let why = match event.kind {
                _ if curate::recorded(event).is_some() => "recorded as such where the incident was run",
                Kind::AlertFiring => "the first alert",
                Kind::Page => "the first page",
                _ => "the first word of it",
            };
            self.milestone(Milestone::Detected, event.instant(), event, why, true);
        }
        let since = detected.map_or(Timestamp::MIN, Event::instant);
        let after = |event: &&&Event| event.instant() >= since;
        if let Some(event) = self.events.iter().filter(after).find(reached(Milestone::Acknowledged)).copied()
        {
            let certain = detected.is_some();
            self.milestone(
                Milestone::Acknowledged,
                event.instant(),
                event,
                "the first to take it on",
                certain,
            );
        }
        if let Some(event) = self.events.iter().filter(after).find(reached(Milestone::Mitigated)).copied() {
            self.milestone(
                Milestone::Mitigated,
                event.instant(),
                event,
                "the first to say that impact is over",
                true,
            );
        }
        // The last one counts: an incident that came back was not over.
        let stated = self.events.iter().filter(after).rfind(reached(Milestone::Resolved)).copied();
        let quiet = self.all_alerts_resolved();
        match (stated, quiet) {
            (Some(event), _) => self.milestone(
                Milestone::Resolved,
                event.instant(),
                event,
                "the last to say that it is over",
                true,
            ),
            (None, Some(event)) => self.milestone(
                Milestone::Resolved,
                event.instant(),
                event,
                "the last alert stopped firing",
                false,
            ),
            (None, None) => {}
        }
    }

    /// The event with which the last of the alerts stopped, if all that fired did.
    fn all_alerts_resolved(&self) -> Option<&'a Event> {
        let mut firing: BTreeMap<&str, &Event> = BTreeMap::new();
        let mut last = None;
        for event in &self.events {
            let name = event.details.get("alert").map_or("", String::as_str);
            match event.kind {
                Kind::AlertFiring => {
                    firing.insert(name, event);
                }
                Kind::AlertResolved => {
                    firing.remove(name);
                    last = Some(*event);
                }
                _ => {}
            }
        }
        last.filter(|_| firing.is_empty())
    }

    fn milestone(&mut self, milestone: Milestone, at: Timestamp, event: &Event, why: &str, certain: bool) {
        self.milestone_at(milestone, at, event.precision, event, why, certain);
    }

    fn milestone_at(
        &mut self,
        milestone: Milestone,
        at: Timestamp,
        precision: Precision,
        event: &Event,
        why: &str,
        certain: bool,
    ) {
        if self.known.milestones.contains_key(&milestone) {
            return;
        }
        // People say afterwards when it was: that instant counts, not the one at which they said it.
        let stated = (event.kind == Kind::Message && at == event.instant())
            .then(|| phrases::stated(&event.action))
            .flatten()
            .and_then(|(_, sentence)| phrases::stated_at(sentence, at));
        let (at, precision) = stated.unwrap_or((at, precision));
        if certain {
            self.instants.insert(milestone, at);
        }
        let value = row::time(at, precision);
        self.push(Derivable::Milestone(milestone), value.clone(), Some(at), &[event], why, certain);
        match milestone {
            Milestone::Started => self.push(Derivable::Start, value, Some(at), &[event], why, certain),
            Milestone::Resolved => self.push(Derivable::End, value, Some(at), &[event], why, certain),
            _ => {}
        }
    }

    fn figures(&mut self) {
        let start = self.instants.get(&Milestone::Started).copied();
        // Without a word about when impact began, the first sign of it bounds the start from above.
        if start.is_none()
            && let Some(event) =
                self.events.iter().copied().find(|e| curate::milestone(e) == Some(Milestone::Detected))
        {
            let value = row::time(event.instant(), event.precision);
            let why = "the first sign of it; impact began then or before";
            self.push(Derivable::Start, value, Some(event.instant()), &[event], why, false);
        }
        let spans = [
            (Derivable::Duration, Milestone::Resolved, "from start to end"),
            (Derivable::TimeToDetect, Milestone::Detected, "from start to detection"),
        ];
        for (what, end, why) in spans {
            let Some((from, to)) = start.zip(self.instants.get(&end).copied()) else { continue };
            let Some(seconds) = elapsed(from, to) else { continue };
            let deciding: Vec<EventId> = self
                .derived
                .iter()
                .filter(|d| {
                    [Derivable::Milestone(Milestone::Started), Derivable::Milestone(end)].contains(&d.what)
                })
                .flat_map(|d| d.because.clone())
                .collect();
            self.derived.push(Derived {
                what,
                value: duration::canonical(seconds),
                at: None,
                because: deciding,
                why: why.to_owned(),
                certain: true,
            });
        }
    }

    fn detection(&mut self) {
        let mut alerts: BTreeMap<&str, Vec<&Event>> = BTreeMap::new();
        for event in self.events.iter().filter(|e| e.kind == Kind::AlertFiring) {
            if let Some(name) = event.details.get("alert") {
                alerts.entry(name).or_default().push(event);
            }
        }
        for (name, firing) in alerts {
            self.push(Derivable::AlertName, name.to_owned(), None, &firing, "it fired", true);
        }
        let told =
            self.events.iter().copied().filter(|event| event.kind == Kind::Message && !event.signals.bot);
        let told: Vec<&Event> = told.filter(|e| curate::milestone(e) == Some(Milestone::Detected)).collect();
        for event in told {
            let text = event.action.to_lowercase();
            let outside = ["customer", "users", "support"].iter().any(|word| text.contains(word));
            let what = if outside { Derivable::CustomerReport } else { Derivable::InternalObservation };
            if !self.derived.iter().any(|d| d.what == what) {
                self.push(what, line(event), None, &[event], "the first of its kind", false);
            }
        }
    }

    /// Certain are those that an alert names and those that were rolled back; without any, all that are
    /// named are one offer.
    fn services(&mut self) {
        let surely = |event: &&Event| match event.kind {
            Kind::AlertFiring | Kind::Page => true,
            Kind::Rollback => !event.details.contains_key("commit") && is_done(event),
            _ => false,
        };
        let surely: Vec<&Event> = self.events.iter().copied().filter(surely).collect();
        let of = |events: &[&'a Event], service: &str| -> Vec<&'a Event> {
            events
                .iter()
                .copied()
                .filter(|e| services_of(e, &self.known.services).contains(service))
                .collect()
        };
        let mut found: Vec<(&str, Vec<&Event>)> = self
            .known
            .services
            .iter()
            .map(|service| (service.as_str(), of(&surely, service)))
            .filter(|(_, events)| !events.is_empty())
            .collect();
        if !found.is_empty() {
            found.sort_by_key(|(_, events)| (events[0].at, &events[0].id));
            for (service, events) in found {
                let alerted = events[0].kind != Kind::Rollback;
                let why = if alerted { "an alert names it" } else { "it was rolled back" };
                self.push(Derivable::Service, service.to_owned(), None, &events, why, true);
            }
            return;
        }
        let named: Vec<(&str, Vec<&Event>)> = self
            .known
            .services
            .iter()
            .map(|service| (service.as_str(), of(&self.events, service)))
            .filter(|(_, events)| !events.is_empty())
            .collect();
        if !named.is_empty() {
            let services: Vec<&str> = named.iter().map(|(service, _)| *service).collect();
            let events: Vec<&Event> = named.iter().map(|(_, events)| events[0]).collect();
            self.push(Derivable::Service, services.join(", "), None, &events, "named in the timeline", false);
        }
    }

    fn regions(&mut self) {
        for region in &self.known.regions {
            let named: Vec<&Event> = self
                .events
                .iter()
                .copied()
                .filter(|e| matches!(e.kind, Kind::AlertFiring | Kind::Page) && names(&e.action, region))
                .collect();
            if !named.is_empty() {
                self.push(Derivable::Region, region.clone(), None, &named, "an alert names it", true);
            }
        }
    }

    fn severity(&mut self) {
        let declared = self.events.iter().copied().find_map(|event| {
            if let Some(word) = event.details.get("declared") {
                return Some((event, phrases::severity(word)?));
            }
            let states = || matches!(phrases::stated(&event.action), Some((Says::Did(Kind::Note), _)));
            let declares = event.kind == Kind::Message && states();
            Some((event, phrases::severity(&event.action).filter(|_| declares)?))
        });
        if let Some((event, severity)) = declared {
            let value = severity.as_str().to_owned();
            self.push(Derivable::Severity, value, None, &[event], "declared", false);
        }
    }

    fn causes(&mut self) {
        let begun =
            self.instants.get(&Milestone::Started).or(self.instants.get(&Milestone::Detected)).copied();
        let over =
            self.instants.get(&Milestone::Mitigated).or(self.instants.get(&Milestone::Resolved)).copied();
        if let Some(begun) = begun {
            self.trigger(begun);
        }
        let during = |event: &&Event| begun.is_none_or(|begun| event.instant() >= begun);
        let done: Vec<(&Event, Kind)> = self
            .events
            .iter()
            .copied()
            .filter(during)
            .filter(|event| is_done(event))
            .filter_map(|event| Some((event, change(event)?)))
            .collect();
        let back: Vec<&Event> =
            done.iter().filter(|(_, kind)| *kind == Kind::Rollback).map(|(event, _)| *event).collect();
        // What a program says it rolled back stands above what people and commits tell of the same.
        let by_program: Vec<&Event> = back
            .iter()
            .copied()
            .filter(|event| event.kind == Kind::Rollback && !event.details.contains_key("commit"))
            .collect();
        let back = if by_program.is_empty() { back } else { by_program };
        if let Some(over) = over {
            let kinds = [Kind::Rollback, Kind::ConfigChange, Kind::Scaling, Kind::Deploy, Kind::Command];
            let cured = done
                .iter()
                .filter(|(event, kind)| event.instant() <= over && kinds.contains(kind))
                .map(|(event, _)| *event)
                .rfind(|event| !event.details.contains_key("commit"));
            let rolled: Vec<&Event> = back.iter().copied().filter(|event| event.instant() <= over).collect();
            let (events, why) = match cured {
                Some(last) if rolled.iter().any(|event| event.id == last.id) => {
                    (rolled, "the last change before impact was over")
                }
                Some(last) => (vec![last], "the last change before impact was over"),
                None => (Vec::new(), ""),
            };
            if !events.is_empty() {
                self.push(Derivable::StoppedTheBleeding, told(&events), None, &events, why, false);
            }
        }
        if !back.is_empty() {
            let certain = begun.is_some() && back.iter().all(|event| event.kind == Kind::Rollback);
            self.push(
                Derivable::RollbackDetails,
                told(&back),
                None,
                &back,
                "a change was taken back",
                certain,
            );
        }
    }

    /// The last change before it began; where that is a deploy, with the merge that it brought.
    fn trigger(&mut self, begun: Timestamp) {
        let before = |event: &&Event| event.instant() <= begun && is_done(event) && change(event).is_some();
        let Some(last) = self.events.iter().copied().rfind(before) else { return };
        let mut events = vec![last];
        if change(last) == Some(Kind::Deploy) {
            let about = services_of(last, &self.known.services);
            let brought = self.events.iter().copied().rfind(|event| {
                let of = services_of(event, &self.known.services);
                event.kind == Kind::Merge
                    && event.instant() <= last.instant()
                    && last.instant().duration_since(event.instant()) <= SignedDuration::from_hours(2)
                    && (of.is_empty() || !of.is_disjoint(&about))
            });
            events.extend(brought);
        }
        let value = match events[..] {
            [deploy, merge] => {
                let both = told(&[deploy, merge]);
                both.replacen("; Merged ", "; merged before it: ", 1)
            }
            _ => told(&events),
        };
        self.push(Derivable::DirectTrigger, value, None, &events, "the last change before it began", false);
    }

    fn links(&mut self) {
        let mut seen: Vec<(Derivable, String)> = Vec::new();
        for event in self.events.clone() {
            let own = event.link.as_deref().into_iter();
            for url in own.chain(urls(&event.action)).chain(urls(&event.result)) {
                let Some(what) = kind_of_link(url) else { continue };
                if !seen.iter().any(|(w, u)| *w == what && u == url) {
                    seen.push((what, url.to_owned()));
                    self.push(what, url.to_owned(), None, &[event], "the evidence links to it", true);
                }
            }
        }
    }

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

/// When impact began: as it was recorded where the incident was run, else by the word of an alert or of
/// somebody, the earliest that is stated, and the first to state it.
pub(super) fn stated_start<'a>(
    events: impl Iterator<Item = &'a Event>,
) -> Option<(&'a Event, Timestamp, Precision)> {
    let events: Vec<&Event> = events.collect();
    let recorded = events.iter().filter(|event| curate::recorded(event) == Some(Milestone::Started));
    if let Some(event) = recorded.min_by_key(|event| (event.at, &event.id)) {
        return Some((event, event.instant(), event.precision));
    }
    let states = |event: &Event| match event.kind {
        Kind::AlertFiring | Kind::Page => true,
        Kind::Message => !event.signals.bot,
        _ => false,
    };
    let mut starts: Vec<(&Event, Timestamp, Precision)> = events
        .into_iter()
        .filter(|event| states(event))
        .filter_map(|event| {
            let (at, precision) = phrases::stated_start(&event.action, event.instant())?;
            Some((event, at, precision))
        })
        .collect();
    starts.sort_by(|a, b| (a.1, a.0.at, &a.0.id).cmp(&(b.1, b.0.at, &b.0.id)));
    starts.into_iter().next()
}

/// The configured services that an event is about: by its text, else by the repository that it is from.
pub(super) fn services_of<'k>(event: &Event, services: &'k [String]) -> BTreeSet<&'k str> {
    let is =
        |text: &str| services.iter().map(String::as_str).filter(|s| names(text, s)).collect::<BTreeSet<_>>();
    match event.details.get("repository") {
        // A commit's subject names what it likes; its repository is what it changes.
        Some(repository) => is(repository),
        None => match event.details.get("service") {
            Some(service) => is(service),
            None => is(&without_urls(&event.action)),
        },
    }
}

/// Whether what an event tells of was done: not refused, and not only begun.
fn is_done(event: &Event) -> bool {
    !event.signals.bot || phrases::outcome(&event.action) == Outcome::Done
}

/// Events in a sentence that can be pasted: `Rolled back checkout to v41 at 2026-11-20 14:20:00`.
fn told(events: &[&Event]) -> String {
    let mut day = None;
    let mut parts = Vec::new();
    for event in events {
        let action = without_urls(&event.action);
        let action = action.lines().map(str::trim).find(|line| !line.is_empty()).unwrap_or("");
        let action = action.trim_end_matches(['.', ';', ',', ':']).to_owned();
        let time = row::time(event.instant(), event.precision);
        // The date is said once.
        let shown = match (day.as_deref(), time.split_once(' ')) {
            (Some(day), Some((date, clock))) if day == date => clock.to_owned(),
            (_, Some((date, _))) => {
                day = Some(date.to_owned());
                time
            }
            _ => time,
        };
        let by = if event.signals.bot || event.actor.is_empty() || event.details.contains_key("commit") {
            String::new()
        } else {
            format!("{}: ", event.actor)
        };
        parts.push(format!("{by}{action} at {shown}"));
    }
    parts.join("; ")
}

fn without_urls(text: &str) -> String {
    let mut out = text.to_owned();
    for url in urls(text) {
        out = out.replacen(url, "", 1);
    }
    out.replace(" ()", "").replace(" <>", "")
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

/// An event in one line of prose: `2026-11-20 14:02:05 @ana: rolled back to v41`.
fn line(event: &Event) -> String {
    let action = event.action.lines().map(str::trim).find(|line| !line.is_empty()).unwrap_or("");
    let time = row::time(event.instant(), event.precision);
    if event.actor.is_empty() {
        format!("{time}: {action}")
    } else {
        format!("{time} {}: {action}", event.actor)
    }
}

/// Whether a text names a service, as a word of its own. `team-payments`, `#payments` and `payments-worker`
/// are other things than `payments`; `payments-3` is one of its hosts.
fn names(text: &str, service: &str) -> bool {
    let (text, service) = (text.to_lowercase(), service.to_lowercase());
    !service.is_empty()
        && text.match_indices(&service).any(|(at, _)| {
            let before = text[..at].chars().next_back();
            let mut after = text[at + service.len()..].chars();
            let joined = |c: char| c.is_alphanumeric() || c == '_';
            let ends = match after.next() {
                Some('-') => after.next().is_none_or(|next| !next.is_alphabetic()),
                Some(next) => !joined(next),
                None => true,
            };
            ends && !before.is_some_and(|c| joined(c) || matches!(c, '-' | '@' | '#'))
        })
}

pub(super) fn urls(text: &str) -> impl Iterator<Item = &str> {
    text.match_indices("http").filter_map(|(at, _)| {
        let rest = &text[at..];
        (rest.starts_with("https://") || rest.starts_with("http://")).then(|| {
            let end = rest.find(|c: char| c.is_whitespace() || "<>\"'`|)]".contains(c)).unwrap_or(rest.len());
            rest[..end].trim_end_matches(['.', ',', ';', ':', '!', '?'])
        })
    })
}

/// Which of the template's links an address is, by its host and path.
fn kind_of_link(url: &str) -> Option<Derivable> {
    let (host, path) = url.split_once("://")?.1.split_once('/')?;
    let host = host.to_ascii_lowercase();
    let numbered = |mark: &str| {
        path.split_once(mark).is_some_and(|(_, rest)| rest.starts_with(|c: char| c.is_ascii_digit()))
    };
    if numbered("/pull/") || numbered("/merge_requests/") || numbered("/pull-requests/") {
        Some(Derivable::PullRequest)
    } else if host.starts_with("status.")
        || host.ends_with("statuspage.io")
        // `www.acmestatus.com/incidents/…`
        || (path.starts_with("incidents/") && host.split('.').any(|label| label.ends_with("status")))
    {
        Some(Derivable::StatusPage)
    } else if host.contains("grafana")
        || (host.contains("datadog") && path.contains("dashboard"))
        || path.starts_with("d/")
    {
        Some(Derivable::Dashboard)
    } else if host == "docs.google.com" || (host.ends_with("notion.so")) || host.contains("confluence") {
        Some(Derivable::IncidentDoc)
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn event(minute: u32, kind: Kind, action: &str) -> Event {
        let json = format!(
            r#"{{"id":"e{minute}","at":"2026-11-20T14:{minute:02}:00Z","actor":"@ana","kind":{},"source":"x","action":{}}}"#,
            serde_json::to_string(&kind).expect("a word"),
            serde_json::to_string(action).expect("a string"),
        );
        let mut event: Event = serde_json::from_str(&json).expect("an event");
        if let Some((_, Some(name))) = phrases::reported(action) {
            event.details.insert("alert".into(), name.to_owned());
        }
        event
    }

    fn story() -> Vec<Event> {
        vec![
            event(0, Kind::Deploy, "deployed checkout v42"),
            event(5, Kind::AlertFiring, "[FIRING:1] CheckoutErrors"),
            event(6, Kind::Message, "ack, looking"),
            event(9, Kind::Message, "impact started at 14:02 UTC, see https://grafana.acme.io/d/abc"),
            event(12, Kind::Message, "customers are reporting payment errors"),
            event(20, Kind::Rollback, "rolled back checkout to v41"),
            event(25, Kind::Message, "error rate is back to normal"),
            event(30, Kind::AlertResolved, "[RESOLVED] CheckoutErrors"),
            event(40, Kind::Message, "all clear"),
        ]
    }

    #[test]
    fn an_incident_is_derived_from_its_events() {
        let known = Known { services: vec!["checkout".into(), "search".into()], ..Known::default() };
        let derived: Vec<String> = derive(&story(), &known)
            .iter()
            .map(|d| {
                format!(
                    "{:?} {}{} <- {}",
                    d.what,
                    d.value,
                    if d.certain { "" } else { " (offered)" },
                    d.because[0]
                )
            })
            .collect();
        assert_eq!(
            derived,
            [
                "Milestone(Started) 2026-11-20 14:02 <- e9",
                "Start 2026-11-20 14:02 <- e9",
                "Milestone(Detected) 2026-11-20 14:05:00 <- e5",
                "Milestone(Acknowledged) 2026-11-20 14:06:00 <- e6",
                "Milestone(Mitigated) 2026-11-20 14:25:00 <- e25",
                "Milestone(Resolved) 2026-11-20 14:40:00 <- e40",
                "End 2026-11-20 14:40:00 <- e40",
                "Duration 38m <- e9",
                "TimeToDetect 3m <- e9",
                "AlertName CheckoutErrors <- e5",
                "CustomerReport 2026-11-20 14:12:00 @ana: customers are reporting payment errors (offered) <- e12",
                "Service checkout <- e20",
                "DirectTrigger @ana: deployed checkout v42 at 2026-11-20 14:00:00 (offered) <- e0",
                "StoppedTheBleeding @ana: rolled back checkout to v41 at 2026-11-20 14:20:00 (offered) <- e20",
                "RollbackDetails @ana: rolled back checkout to v41 at 2026-11-20 14:20:00 <- e20",
                "Dashboard https://grafana.acme.io/d/abc <- e9",
            ]
        );
    }

    #[test]
    fn what_the_document_has_is_not_derived_again_and_figures_count_from_it() {
        let start = "2026-11-20T13:55:00Z".parse().expect("a time");
        let known = Known { milestones: [(Milestone::Started, start)].into(), ..Known::default() };
        let derived = derive(&story(), &known);
        assert!(!derived.iter().any(|d| d.what == Derivable::Start));
        assert_eq!(
            derived.iter().find(|d| d.what == Derivable::Duration).map(|d| d.value.as_str()),
            Some("45m")
        );
    }

    #[test]
    fn milestones_that_were_recorded_where_the_incident_was_run_decide_what_they_name() {
        let recorded = |minute, milestone: &str, action| {
            let mut event = event(minute, Kind::Note, action);
            event.details.insert("milestone".into(), milestone.into());
            event
        };
        let mut events = story();
        events.extend([recorded(1, "started", "Impact began"), recorded(3, "detected", "Seen by support")]);
        events.push(recorded(50, "resolved", "Set to closed"));
        let derived = derive(&events, &Known::default());
        let value = |what| derived.iter().find(|d| d.what == what).map(|d| (d.value.as_str(), d.certain));
        for (what, want) in [
            (Derivable::Start, "2026-11-20 14:01:00"),
            (Derivable::Milestone(Milestone::Detected), "2026-11-20 14:03:00"),
            (Derivable::End, "2026-11-20 14:50:00"),
            (Derivable::TimeToDetect, "2m"),
        ] {
            assert_eq!(value(what), Some((want, true)), "{what:?}");
        }

        events[0].details.insert("declared".into(), "SEV-1".into());
        let derived = derive(&events, &Known::default());
        assert!(derived.iter().any(|d| d.what == Derivable::Severity && d.value == "Sev1" && !d.certain));
    }

    #[test]
    fn a_service_is_named_by_a_word_of_its_own() {
        for (text, named) in [
            ("deployed `payments` 2", true),
            ("payments-3 eu-west", true),
            ("Payments: 5xx", true),
            ("paging team-payments", false),
            ("see #payments", false),
            ("payments-worker", false),
            ("repayments", false),
        ] {
            assert_eq!(names(text, "payments"), named, "`{text}`");
        }
    }

    #[test]
    fn changes_alone_decide_no_milestone() {
        let derived = derive(
            &[event(1, Kind::Merge, "Merged #1"), event(2, Kind::Rollback, "Revert \"x\"")],
            &Known::default(),
        );
        assert!(derived.iter().all(|d| !d.certain), "{derived:?}");
    }
}
