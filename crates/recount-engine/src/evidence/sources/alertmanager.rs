//! The source `alertmanager`: what it sends to webhooks, and what its API lists. What an alert is stands in
//! `alert`.

use std::borrow::Cow;
use std::collections::HashSet;

use serde::Deserialize;

use super::alert::{self, Alert, Labels};
use crate::document::counted;
use crate::evidence::event::{Event, EventId};
use crate::evidence::instants::Scalar;
use crate::evidence::json::{self, Record};
use crate::evidence::reader::{self, JsonSource, Reader};
use crate::evidence::source::{Confidence, Part, source};

source! {
    /// # What it reads
    ///
    /// - Webhook payloads (version 4): one, a list, or one a line, as a receiver keeps them. Alerts that were
    ///   grouped are taken apart.
    /// - `/api/v2/alerts` and `/api/v2/alerts/groups`, also as `amtool alert query -o json` prints them.
    ///
    /// # How to get it
    ///
    /// While it still fires, from the server:
    ///
    /// ```sh
    /// curl -s 'https://alertmanager.example.com/api/v2/alerts?active=true&silenced=true&inhibited=true' > alerts.json
    /// ```
    ///
    /// Alertmanager keeps no history. Afterwards ask Prometheus (`recount import INC-0042 prometheus:`), or the
    /// log of whatever receives the webhooks.
    ///
    /// # What becomes an event
    ///
    /// Each alert at its `startsAt`, and of a webhook that says `resolved` also at its `endsAt`. An alert is
    /// known by its fingerprint and when it began: a notification that is repeated, a webhook and a snapshot
    /// give one event, and so does Prometheus where it adds no external labels. The row links to the
    /// annotation `dashboard_url`; the runbook stays with the event.
    ///
    /// # Traps
    ///
    /// - In a snapshot `endsAt` is a lease that is prolonged while the alert fires. It never is a resolution, so
    ///   a snapshot resolves nothing; the import says so.
    /// - `0001-01-01T00:00:00Z` stands for no time. An alert that is said to be resolved at that time has no end: its row
    ///   and the import say so.
    /// - When a webhook arrived is not when the alert began: `group_wait` and `group_interval` lie between.
    /// - What says that an alert ended repeats its summary with the numbers of the end. The beginning is told in the
    ///   words of a webhook that says `firing`, where there is one.
    /// - A webhook may hold fewer alerts than its group has (`truncatedAlerts`); the import says how many.
    /// - Silenced and inhibited alerts come in, and their row says so: whoever is silenced was not told.
    /// - Alerts that always fire (`Watchdog`, severity `none`) are left out.
    ALERTMANAGER: "alertmanager", "Alertmanager's webhooks and lists of alerts", recognise, reader::json::<Alertmanager>
}

fn recognise(part: &Part<'_>) -> Confidence {
    let peek = part.peek();
    // Grafana's webhook is this one with more in it.
    let is_grafana = ["orgId", "alerts.valueString", "alerts.silenceURL", "alerts.dashboardURL"];
    if is_grafana.iter().any(|path| peek.has(path)) {
        return Confidence::No;
    }
    let webhook = peek.has_all(&["alerts.startsAt", "alerts.labels", "alerts.status"]);
    if webhook && (peek.has_all(&["groupKey", "receiver"]) || peek.has("groupLabels")) {
        return Confidence::Sure;
    }
    let listed = |at: &str| {
        let path = |key: &str| format!("{at}{key}");
        peek.has(&path("startsAt"))
            && peek.has(&path("endsAt"))
            && (peek.has(&path("status.inhibitedBy")) || peek.has(&path("status.silencedBy")))
    };
    if listed("") || listed("alerts.") || listed("data.") {
        return Confidence::Sure;
    }
    if webhook || (peek.has_all(&["startsAt", "endsAt", "labels.alertname"])) {
        return Confidence::Possible;
    }
    Confidence::No
}

#[derive(Default)]
struct Alertmanager {
    /// The beginnings of alerts as their ends tell of them. A text rendered at the end has the end's numbers in it,
    /// so that it counts only where nothing else tells of the beginning.
    in_retrospect: Vec<Event>,
}

/// Keys of an envelope that hold alerts.
const LISTS: &[&str] = &["alerts", "data"];

/// What of a webhook is not about one alert.
#[derive(Deserialize)]
struct Webhook {
    #[serde(default, rename = "truncatedAlerts")]
    truncated: Option<u64>,
}

#[derive(Deserialize)]
struct Wire<'a> {
    #[serde(default)]
    labels: Option<Labels>,
    #[serde(default)]
    annotations: Option<Labels>,
    #[serde(default)]
    status: Option<Status<'a>>,
    #[serde(borrow, default, rename = "startsAt")]
    starts_at: Scalar<'a>,
    #[serde(borrow, default, rename = "endsAt")]
    ends_at: Scalar<'a>,
    #[serde(borrow, default)]
    fingerprint: Option<Cow<'a, str>>,
    #[serde(borrow, default, rename = "generatorURL")]
    generator: Option<Cow<'a, str>>,
}

/// A webhook says how an alert is in a word, a snapshot in an object.
#[derive(Deserialize)]
#[serde(untagged)]
enum Status<'a> {
    Word(#[serde(borrow)] Cow<'a, str>),
    Object {
        #[serde(default, rename = "silencedBy")]
        silenced: Option<Vec<serde::de::IgnoredAny>>,
        #[serde(default, rename = "inhibitedBy")]
        inhibited: Option<Vec<serde::de::IgnoredAny>>,
        #[serde(default, rename = "mutedBy")]
        muted: Option<Vec<serde::de::IgnoredAny>>,
    },
}

impl JsonSource for Alertmanager {
    fn record(&mut self, record: &Record<'_>, reader: &mut Reader) -> Result<(), String> {
        if let Ok(Webhook { truncated: Some(missing @ 1..) }) = serde_json::from_slice(record.bytes) {
            reader.import.note(format!(
                "Alertmanager left {} of a group out of its webhook",
                counted(missing, "alert")
            ));
        }
        for inner in json::records(record.bytes, LISTS) {
            let is_whole = inner.list.is_none();
            match self.one(&inner, reader) {
                Ok(()) => {}
                Err(why) if is_whole => return Err(why),
                Err(why) => reader.skip(format!("alert {}: {why}", inner.index)),
            }
        }
        Ok(())
    }

    fn finish(&mut self, reader: &mut Reader) {
        let told: HashSet<EventId> = reader.import.events.iter().map(|event| event.id.clone()).collect();
        let told_of = self.in_retrospect.len();
        // What only the end tells of the beginning: that nobody knows when the end was.
        for late in self.in_retrospect.iter().filter(|event| !event.result.is_empty()) {
            let beginning = reader.import.events.iter_mut().find(|event| event.id == late.id);
            if let Some(beginning) = beginning.filter(|event| event.result.is_empty()) {
                beginning.result.clone_from(&late.result);
            }
        }
        self.in_retrospect.retain(|event| !told.contains(&event.id));
        reader.import.leave_out("duplicate", (told_of - self.in_retrospect.len()) as u64);
        reader.import.events.append(&mut self.in_retrospect);
    }
}

impl Alertmanager {
    fn one(&mut self, record: &Record<'_>, reader: &mut Reader) -> Result<(), String> {
        let wire: Wire<'_> = reader.parse(record)?;
        let labels = wire.labels.unwrap_or_default();
        let annotations = wire.annotations.unwrap_or_default();
        if alert::name(&labels).is_empty() {
            return Err("it has no label `alertname`".to_owned());
        }
        if alert::is_heartbeat(&labels) {
            reader.import.leave_out("alert that always fires", 1);
            return Ok(());
        }
        let since = reader.instant_if_set(wire.starts_at.as_str())?.ok_or("it has no `startsAt`")?;
        let own = wire.fingerprint.filter(|fingerprint| !fingerprint.is_empty());
        let fingerprint = own.map_or_else(|| alert::fingerprint(&labels), Cow::into_owned);
        let alert = Alert {
            labels: &labels,
            annotations: &annotations,
            fingerprint: &fingerprint,
            since: Some(&since),
        };
        let mut firing = alert.firing(&since);
        if let Some(generator) = wire.generator.filter(|url| url.starts_with("http")) {
            firing.details.entry("url".to_owned()).or_insert_with(|| generator.to_string());
            // A server that knows itself by a bare name, as in a container, is reached by nobody else.
            let host = generator.split(['/', ':']).nth(3).unwrap_or("");
            let is_reached = host.contains('.') && !host.contains(".svc") && !host.starts_with("127.");
            if firing.link.is_none() && is_reached {
                firing = firing.linked(&generator, "Prometheus");
            }
        }
        match wire.status {
            Some(Status::Word(word)) => {
                if word != "resolved" {
                    reader.push(firing);
                } else if let Some(at) = reader.instant_if_set(wire.ends_at.as_str())? {
                    reader.push(alert.resolved(&at));
                    self.in_retrospect.push(firing);
                } else {
                    // Nothing else says when: `startsAt` is no end, and neither is when the webhook came.
                    reader.import.note(format!(
                        "`{}` is said to be resolved, and its `endsAt` is not set: when it ended is not known",
                        alert::name(&labels)
                    ));
                    self.in_retrospect.push(firing.giving("said to be resolved, without a time"));
                }
            }
            Some(Status::Object { silenced, inhibited, muted }) => {
                let is = |list: Option<Vec<_>>| list.is_some_and(|list| !list.is_empty());
                let hushed = match (is(silenced), is(inhibited), is(muted)) {
                    (true, ..) => "silenced",
                    (_, true, _) => "inhibited by another alert",
                    (.., true) => "muted",
                    _ => "",
                };
                if !hushed.is_empty() {
                    firing = firing.giving(format!("{hushed}, as of the snapshot")).with("hushed", hushed);
                }
                reader.push(firing);
                reader.import.note(
                    "a snapshot says what fired when it was taken, not when that ended: no alert is resolved by it",
                );
            }
            None => reader.push(firing),
        }
        Ok(())
    }
}
