//! What may have caused it and what ended it: the direct trigger, what stopped the bleeding, rollbacks. All of it
//! is offered, for only people can say what was the cause.
//!
//! What does not live here: which changes belong in the timeline (`select`).

use jiff::{SignedDuration, Timestamp};

use super::links::without_urls;
use super::scope::services_of;
use super::{Derivable, Findings, change, is_done};
use crate::evidence::event::{Event, Kind, Milestone};
use crate::evidence::row;

/// How long before the start the last change is looked for.
const LAST_CHANGE: SignedDuration = SignedDuration::from_hours(24);
/// How long before a deploy the merge was that it brought.
const BROUGHT_WITHIN: SignedDuration = SignedDuration::from_hours(2);
/// How long before the last change another one may be the one as well.
const NEAR: SignedDuration = SignedDuration::from_mins(30);

impl Findings<'_> {
    pub(super) fn causes(&mut self) {
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

    /// The last change of any kind before it began; where that is a deploy, with the merge that it brought. What
    /// changed at the same time or shortly before is named in the reason: it may be the one as well.
    fn trigger(&mut self, begun: Timestamp) {
        let since = |event: &Event, later: Timestamp| later.duration_since(event.instant());
        let changes: Vec<&Event> = self
            .events
            .iter()
            .copied()
            .filter(|event| event.instant() <= begun && since(event, begun) <= LAST_CHANGE)
            .filter(|event| is_done(event) && change(event).is_some())
            .collect();
        let Some(last) = changes.last().copied() else { return };
        let mut events = vec![last];
        if change(last) == Some(Kind::Deploy) {
            let about = services_of(last, &self.known.services);
            let brought = self.events.iter().copied().rfind(|event| {
                let of = services_of(event, &self.known.services);
                event.kind == Kind::Merge
                    && event.instant() <= last.instant()
                    && since(event, last.instant()) <= BROUGHT_WITHIN
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
        let near: Vec<&Event> = changes
            .into_iter()
            .filter(|event| since(event, last.instant()) <= NEAR)
            .filter(|event| events.iter().all(|named| named.id != event.id))
            .collect();
        let why = if near.is_empty() {
            "the last change before it began".to_owned()
        } else {
            format!("the last change before it began; shortly before or with it: {}", told(&near))
        };
        self.push(Derivable::DirectTrigger, value, None, &events, &why, false);
    }
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
