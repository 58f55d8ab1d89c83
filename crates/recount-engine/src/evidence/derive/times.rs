//! When it began, was detected, taken on, mitigated and over, and how long that took.
//!
//! What does not live here: how it was detected (`detection`).

use std::collections::BTreeMap;

use jiff::Timestamp;

use super::{Derivable, Derived, Findings};
use crate::document::elapsed;
use crate::document::value::duration;
use crate::evidence::event::{Event, EventId, Kind, Milestone, Precision};
use crate::evidence::{curate, phrases, row};

impl<'a> Findings<'a> {
    pub(super) fn milestones(&mut self) {
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

    pub(super) fn figures(&mut self) {
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
}

/// When impact began: as it was recorded where the incident was run, else by the word of an alert or of
/// somebody, the earliest that is stated, and the first to state it.
pub(in crate::evidence) fn stated_start<'a>(
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
