//! How it was detected: by which alerts, by whose word.
//!
//! What does not live here: when (`times`).

use std::collections::BTreeMap;

use super::{Derivable, Findings};
use crate::evidence::event::{Event, Kind, Milestone};
use crate::evidence::{curate, row};

impl<'a> Findings<'a> {
    pub(super) fn detection(&mut self) {
        let mut alerts: BTreeMap<&str, Vec<&Event>> = BTreeMap::new();
        for event in self.events.iter().filter(|e| e.kind == Kind::AlertFiring) {
            if let Some(name) = event.details.get("alert") {
                alerts.entry(name).or_default().push(event);
            }
        }
        for (name, firing) in alerts {
            self.push(Derivable::AlertName, name.to_owned(), None, &firing, "it fired", true);
        }
        let said =
            self.events.iter().copied().filter(|event| event.kind == Kind::Message && !event.signals.bot);
        let said: Vec<&Event> = said.filter(|e| curate::milestone(e) == Some(Milestone::Detected)).collect();
        let (outside, inside): (Vec<&Event>, Vec<&Event>) =
            said.into_iter().partition(|event| names_customers(&event.action));
        if let Some(first) = inside.first() {
            self.push(
                Derivable::InternalObservation,
                line(first),
                None,
                &[first],
                "the first of its kind",
                false,
            );
        }
        let mut reports: Vec<&Event> = outside.into_iter().chain(self.reports()).collect();
        reports.sort_by(|a, b| (a.at, &a.id).cmp(&(b.at, &b.id)));
        if let Some(first) = reports.first() {
            let more = match reports.iter().filter(|event| event.kind == Kind::Ticket).count() {
                0 | 1 => String::new(),
                count => format!(" ({count} tickets in all)"),
            };
            let value = format!("{}{more}", line(first));
            self.push(Derivable::CustomerReport, value, None, &reports, "the first of its kind", false);
        }
    }

    /// The tickets that customers, or those who speak with them, opened while it lasted.
    fn reports(&self) -> Vec<&'a Event> {
        let first =
            [Milestone::Started, Milestone::Detected].iter().find_map(|known| self.instants.get(known));
        let Some(first) = first else { return Vec::new() };
        let end = self.instants.get(&Milestone::Resolved);
        let all = self.events.iter().chain(&self.tickets).copied();
        all.filter(|event| event.kind == Kind::Ticket && event.instant() >= *first)
            .filter(|event| end.is_none_or(|end| event.instant() <= *end))
            .filter(|event| is_by_customers(event))
            .collect()
    }
}

/// Whether a text says that customers noticed it.
fn names_customers(text: &str) -> bool {
    let text = text.to_lowercase();
    ["customer", "users", "support"].iter().any(|word| text.contains(word))
}

/// Whether a ticket was opened by or for a customer: as its words, its labels or its tracker say, or because
/// who opened it does not belong to the repository.
fn is_by_customers(event: &Event) -> bool {
    // The incident's own ticket, and what was done to one later, report nothing.
    let later = ["Moved ", "Closed ", "Resolved ", "Reopened ", "Set ", "Assigned "];
    if event.details.contains_key("declared") || later.iter().any(|word| event.action.starts_with(word)) {
        return false;
    }
    let says = |name: &str| event.details.get(name).map_or("", String::as_str).to_lowercase();
    let words = ["title", "labels", "tags", "type", "channel", "queue"].map(says).join(" ");
    names_customers(&event.action)
        || names_customers(&words)
        || ["complain", "zendesk", "intercom", "helpdesk", "help desk"]
            .iter()
            .any(|word| words.contains(word) || event.action.to_lowercase().contains(word))
        || matches!(says("association").as_str(), "none" | "first_timer" | "first_time_contributor")
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
