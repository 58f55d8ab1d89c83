//! What Prometheus and Alertmanager say alike: an alert is known by its labels. Its name, its fingerprint, and
//! the two events that it gives, with the same names from whichever of the two they come.
//!
//! What does not live here: any format (`prometheus`, `alertmanager`).

use std::collections::BTreeMap;

use jiff::Timestamp;

use crate::evidence::event::{Event, Kind};
use crate::evidence::identity::own_id;
use crate::evidence::instants::Instant;

/// The labels of an alert, without `__name__` and `alertstate`.
pub(super) type Labels = BTreeMap<String, String>;

/// Alerts that always fire, so that their silence is noticed: they say nothing about an incident.
const HEARTBEATS: &[&str] = &["Watchdog", "DeadMansSwitch", "DeadMansSnitch", "InfoInhibitor"];

/// Labels that say what an alert is about, the best first.
const SUBJECTS: &[&str] = &[
    "service",
    "app",
    "application",
    "app_kubernetes_io_name",
    "component",
    "deployment",
    "statefulset",
    "daemonset",
    "job",
];

/// Labels that tell one instance of the same alert from another.
const INSTANCES: &[&str] = &["instance", "pod", "node", "host", "hostname", "device", "topic", "queue"];

const REGIONS: &[&str] = &["region", "cloud_region", "zone", "availability_zone"];

/// Who acts where an alert does, in the words of both: the rule is evaluated there, whoever sends it on. A row
/// without an actor would be a finding.
const ACTOR: &str = "Prometheus";

/// The longest summary that stands behind an alert's name.
const LONGEST_SUMMARY: usize = 160;

/// The name of an alert; empty where it has none.
pub(super) fn name(labels: &Labels) -> &str {
    labels.get("alertname").map_or("", String::as_str)
}

/// Whether it is one that always fires.
pub(super) fn is_heartbeat(labels: &Labels) -> bool {
    HEARTBEATS.contains(&name(labels)) || labels.get("severity").is_some_and(|severity| severity == "none")
}

/// The fingerprint that Alertmanager gives to a set of labels: FNV-1a of 64 bits over the sorted names and
/// values, each followed by a byte 255.
pub(super) fn fingerprint(labels: &Labels) -> String {
    let texts = labels.iter().flat_map(|(name, value)| [name, value]);
    let bytes = texts.flat_map(|text| text.bytes().chain([255]));
    let hash = bytes.fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    });
    format!("{hash:016x}")
}

/// What an alert is about, in prose with a space before it: ` for checkout on web-1`.
pub(super) fn about(labels: &Labels) -> String {
    let first = |names: &[&str]| {
        names.iter().find_map(|name| labels.get(*name)).map(String::as_str).filter(|value| !value.is_empty())
    };
    let mut out = String::new();
    if let Some(subject) = first(SUBJECTS) {
        out.push_str(" for ");
        out.push_str(subject);
    }
    if let Some(instance) = first(INSTANCES) {
        out.push_str(" on ");
        out.push_str(instance);
    }
    out
}

/// An alert as either of the two tells of it.
pub(super) struct Alert<'a> {
    pub(super) labels: &'a Labels,
    pub(super) annotations: &'a Labels,
    pub(super) fingerprint: &'a str,
    /// When it began to fire, as far as that is known.
    pub(super) since: Option<&'a Instant>,
}

impl Alert<'_> {
    /// It began to fire.
    pub(super) fn firing(&self, at: &Instant) -> Event {
        let severity = self.severity();
        let mut action = format!("{} fired{}", name(self.labels), about(self.labels));
        if !severity.is_empty() {
            action.push_str(" (");
            action.push_str(severity);
            action.push(')');
        }
        if let Some(summary) = self.summary() {
            action.push_str(": ");
            action.push_str(&summary);
        }
        self.event(Kind::AlertFiring, "firing", at, action)
    }

    /// It no longer fires.
    pub(super) fn resolved(&self, at: &Instant) -> Event {
        let action = format!("{} resolved{}", name(self.labels), about(self.labels));
        let event = self.event(Kind::AlertResolved, "resolved", at, action);
        match self.since.and_then(|since| lasted(since.at, at.at)) {
            Some(lasted) => event.giving(format!("after {lasted}")),
            None => event,
        }
    }

    fn event(&self, kind: Kind, transition: &str, at: &Instant, action: String) -> Event {
        let labels = self.labels;
        let of =
            |names: &[&str]| names.iter().find_map(|name| labels.get(*name)).cloned().unwrap_or_default();
        let address = |names: &[&str]| {
            names.iter().find_map(|name| self.annotations.get(*name)).cloned().unwrap_or_default()
        };
        // Milliseconds are what both know: one has no more, the other sometimes does. The end is known by its own
        // time, because the beginning may lie before what was asked for.
        let when = at.at.as_millisecond().to_string();
        let event = Event::new(own_id("alert", &[self.fingerprint, &when, transition]), at, kind)
            .doing(ACTOR, action)
            .with("alert", name(labels))
            .with("severity", self.severity())
            .with("service", of(&["service", "app", "application", "app_kubernetes_io_name"]))
            .with("region", of(REGIONS))
            .with("environment", of(&["environment", "env", "stage"]))
            .with("fingerprint", self.fingerprint)
            .with("url", address(&["runbook_url", "runbook", "dashboard_url", "dashboard"]));
        let dashboard = address(&["dashboard_url", "dashboard", "dashboardURL"]);
        event.linked(&dashboard, "dashboard")
    }

    fn severity(&self) -> &str {
        ["severity", "priority", "level"]
            .iter()
            .find_map(|name| self.labels.get(*name))
            .map_or("", String::as_str)
    }

    /// The first line of the summary, where it is short enough to stand in a row.
    fn summary(&self) -> Option<String> {
        let text = ["summary", "message", "title", "description"]
            .iter()
            .find_map(|name| self.annotations.get(*name))?;
        let line = text.lines().map(str::trim).find(|line| !line.is_empty())?.trim_end_matches('.');
        (line.chars().count() <= LONGEST_SUMMARY && line != name(self.labels)).then(|| line.to_owned())
    }
}

/// How long something lasted, in prose: `38 min`, `2 h 5 min`.
pub(super) fn lasted(from: Timestamp, to: Timestamp) -> Option<String> {
    let seconds = to.duration_since(from).as_secs();
    let minutes = seconds / 60;
    match (minutes / 60, minutes % 60) {
        _ if seconds <= 0 => None,
        (0, 0) => Some(format!("{seconds} s")),
        (0, minutes) => Some(format!("{minutes} min")),
        (hours, 0) => Some(format!("{hours} h")),
        (hours, minutes) => Some(format!("{hours} h {minutes} min")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn labels(pairs: &[(&str, &str)]) -> Labels {
        pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
    }

    #[test]
    fn the_fingerprint_of_no_labels_is_the_beginning_of_the_hash() {
        assert_eq!(fingerprint(&Labels::new()), "cbf29ce484222325");
        let one = fingerprint(&labels(&[("a", "bc")]));
        assert_ne!(one, fingerprint(&labels(&[("ab", "c")])));
        assert_eq!(one.len(), 16);
    }

    #[test]
    fn an_alert_is_said_with_what_it_is_about() {
        for (pairs, want) in [
            (&[("service", "checkout")][..], " for checkout"),
            (&[("job", "node"), ("instance", "web-1:9100")], " for node on web-1:9100"),
            (&[("pod", "shop-1")], " on shop-1"),
            (&[], ""),
        ] {
            assert_eq!(about(&labels(pairs)), want);
        }
    }

    #[test]
    fn how_long_it_lasted_is_said_in_the_unit_that_fits() {
        for (seconds, want) in
            [(0, None), (45, Some("45 s")), (2_300, Some("38 min")), (7_500, Some("2 h 5 min"))]
        {
            let to = Timestamp::from_second(seconds).expect("small");
            assert_eq!(lasted(Timestamp::UNIX_EPOCH, to).as_deref(), want);
        }
    }
}
