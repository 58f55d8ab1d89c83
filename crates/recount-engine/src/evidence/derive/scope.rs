//! What was hit and how badly: services, regions, severity.
//!
//! What does not live here: which of several services' changes belong in the timeline (`select`).

use std::collections::BTreeSet;

use super::links::without_urls;
use super::{Derivable, Findings, is_done};
use crate::evidence::event::{Event, Kind};
use crate::evidence::phrases::{self, Says};

impl<'a> Findings<'a> {
    /// Certain are those that an alert names and those that were rolled back; without any, all that are
    /// named are one offer.
    pub(super) fn services(&mut self) {
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

    pub(super) fn regions(&mut self) {
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

    pub(super) fn severity(&mut self) {
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
}

/// The configured services that an event is about: by its text, else by the repository that it is from.
pub(in crate::evidence) fn services_of<'k>(event: &Event, services: &'k [String]) -> BTreeSet<&'k str> {
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

/// Whether a text names a service, as a word of its own. `team-payments`, `#payments` and `payments-worker`
/// are other things than `payments`; `payments-3` is one of its hosts.
pub(super) fn names(text: &str, service: &str) -> bool {
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
