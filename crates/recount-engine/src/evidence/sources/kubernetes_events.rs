//! The source `kubernetes-events`: what a cluster says happened to its objects. Who asked for it stands in the
//! audit log (`kubernetes_audit`).

use std::collections::BTreeMap;
use std::sync::LazyLock;

use jiff::{SignedDuration, Timestamp};
use regex::Regex;
use serde::Deserialize;

use crate::document::counted;
use crate::evidence::event::{Event, Kind};
use crate::evidence::identity::{hashed_id, own_id};
use crate::evidence::instants::{Instant, Scalar};
use crate::evidence::json::Record;
use crate::evidence::reader::{self, JsonSource, Reader};
use crate::evidence::source::{Confidence, Part, source};

source! {
    /// # What it reads
    ///
    /// Events of a cluster as JSON, of the API `v1` or `events.k8s.io/v1` (and its betas): a list, single
    /// events, a `List` in which other objects stand too, and watch streams (`{"type":"ADDED","object":…}`),
    /// one after the other or one a line.
    ///
    /// # How to get it
    ///
    /// ```sh
    /// kubectl get events --all-namespaces -o json > events.json
    /// ```
    ///
    /// Do it early: a cluster keeps its events for one hour unless it was told otherwise. To keep what comes
    /// while the incident runs: `kubectl get events -A -o json --watch --output-watch-events >> events.json`.
    ///
    /// # What becomes an event
    ///
    /// Each event, once, at the time at which it was first seen (`firstTimestamp`, `eventTime`). What the
    /// cluster counted is one row with its range: `(23 times until 14:40)`; the details `count` and `until`
    /// hold both. Where it was first seen before the window and last seen in it, the row stands at the last
    /// time and says since when.
    ///
    /// Warnings come in, and what changes the course of things without being one: a killed container, a node
    /// that is not ready, a taint, a preemption. The replica sets of a deployment that take over from one
    /// another are one deploy, or a rollback where the older set comes back; its steps are candidates, as are
    /// `Scheduled`, `Pulled` and the rest, and what happens to the pods of jobs. A deployment or an autoscaler
    /// that only changes a number is a scaling.
    ///
    /// # Traps
    ///
    /// - Each API leaves the other's times null. `creationTimestamp` is when the event was stored; it is taken
    ///   only where there is no other time.
    /// - Between the first time and the last the single times are not known: a count of 23 may be 22 in the
    ///   first minute.
    /// - A watch tells of the same event again each time it is counted: the latest telling stays.
    /// - The cluster does not say who scaled or deployed. The audit log does.
    KUBERNETES_EVENTS: "kubernetes-events", "Events of a Kubernetes cluster (`kubectl get events -o json`)", recognise, reader::json::<KubernetesEvents>
}

fn recognise(part: &Part<'_>) -> Confidence {
    let peek = part.peek();
    for at in ["items.", "object.", "event.", ""] {
        let has = |key: &str| peek.has(&format!("{at}{key}"));
        let is_event = (has("involvedObject.kind") || has("regarding.kind")) && has("reason");
        // What `jq` cut down, or a shipper copied, may have lost its own name.
        let is_told = has("message") || has("note") || has("lastTimestamp") || has("eventTime");
        if is_event && (has("metadata.name") || is_told) {
            return Confidence::Sure;
        }
    }
    // A list that begins with other objects may hold events further down.
    let list = peek.value("kind") == Some("List") && peek.value("apiVersion") == Some("v1");
    if list && peek.has("items") { Confidence::Possible } else { Confidence::No }
}

#[derive(Deserialize, Default)]
#[serde(default, rename_all = "camelCase")]
struct Wire<'a> {
    kind: Option<String>,
    #[serde(rename = "type")]
    severity: Option<String>,
    #[serde(borrow)]
    object: Option<&'a serde_json::value::RawValue>,
    #[serde(borrow)]
    event: Option<&'a serde_json::value::RawValue>,
    metadata: Option<Metadata>,
    #[serde(alias = "regarding")]
    involved_object: Option<Reference>,
    reason: Option<String>,
    #[serde(alias = "note")]
    message: Option<String>,
    #[serde(borrow, alias = "deprecatedFirstTimestamp")]
    first_timestamp: Scalar<'a>,
    #[serde(borrow, alias = "deprecatedLastTimestamp")]
    last_timestamp: Scalar<'a>,
    #[serde(borrow)]
    event_time: Scalar<'a>,
    #[serde(borrow, alias = "deprecatedCount")]
    count: Scalar<'a>,
    #[serde(borrow)]
    series: Option<Series<'a>>,
    #[serde(alias = "deprecatedSource")]
    source: Option<Origin>,
    #[serde(alias = "reportingController")]
    reporting_component: Option<String>,
}

#[derive(Deserialize, Default)]
#[serde(default, rename_all = "camelCase")]
struct Metadata {
    name: Option<String>,
    namespace: Option<String>,
    uid: Option<String>,
    creation_timestamp: Option<String>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Reference {
    kind: Option<String>,
    namespace: Option<String>,
    name: Option<String>,
}

#[derive(Deserialize, Default)]
#[serde(default, rename_all = "camelCase")]
struct Series<'a> {
    #[serde(borrow)]
    count: Scalar<'a>,
    #[serde(borrow)]
    last_observed_time: Scalar<'a>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Origin {
    component: Option<String>,
    host: Option<String>,
}

/// A replica set that a deployment made larger or smaller.
struct Step {
    /// Which of the import's events.
    event: usize,
    at: Timestamp,
    up: bool,
    set: String,
    from: String,
    to: u64,
}

#[derive(Default)]
struct KubernetesEvents {
    /// The steps of each deployment, by namespace and name.
    steps: BTreeMap<String, Vec<Step>>,
    /// Which size an autoscaler gave, by namespace.
    rescales: Vec<(String, Timestamp, u64)>,
    /// Containers that were stopped without a reason given, by event and the pod's replica set.
    stopped: Vec<(usize, String)>,
}

/// How long a rollout may take from one step to the next.
const ROLLOUT: SignedDuration = SignedDuration::from_mins(30);
/// Within which time a deployment does what its autoscaler asks for.
const AT_ONCE: SignedDuration = SignedDuration::from_mins(1);

static STEP: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"^Scaled (up|down) replica set (\S+) (?:from (\d+) )?to (\d+)(?: from (\d+))?")
        .expect("a fixed pattern")
});
static RESCALE: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"^New size: (\d+); reason: (.+)$").expect("a fixed pattern"));
/// A pod's name behind its owner's: of a replica set, a daemon set, a stateful set, a job.
static POD: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"^(.+?)(?:-([bcdf-hj-np-tv-xz2456789]{6,10}|[0-9]{7,10}))?-([bcdf-hj-np-tv-xz2456789]{5}|[0-9]{1,4})$")
        .expect("a fixed pattern")
});

static IN_POD: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r" in pod [^ ]+_[^ ]+\([0-9a-f-]{36}\)$").expect("a fixed pattern"));

impl JsonSource for KubernetesEvents {
    const LISTS: &'static [&'static str] = &["items"];

    fn record(&mut self, record: &Record<'_>, reader: &mut Reader) -> Result<(), String> {
        let wire: Wire<'_> = reader.parse(record)?;
        // A watch wraps the event: `type` is what happened to the record and not to the cluster.
        match wire.object.or(wire.event) {
            Some(inner) if wire.involved_object.is_none() => {
                let inner = Record { bytes: inner.get().as_bytes(), ..*record };
                self.event(&reader.parse(&inner)?, reader)
            }
            _ => self.event(&wire, reader),
        }
    }

    fn finish(&mut self, reader: &mut Reader) {
        let events = &mut reader.import.events;
        let mut replaced: Vec<String> = Vec::new();
        for (deployment, steps) in &mut self.steps {
            steps.sort_by(|a, b| (a.at, &a.set, a.up, a.to).cmp(&(b.at, &b.set, b.up, b.to)));
            let mut first_down: BTreeMap<&str, Timestamp> = BTreeMap::new();
            for step in steps.iter().rev().filter(|step| !step.up) {
                first_down.insert(&step.set, step.at);
            }
            for step in steps.iter() {
                let from = steps.partition_point(|other| step.at.duration_since(other.at) > ROLLOUT);
                let to = steps.partition_point(|other| other.at.duration_since(step.at) <= ROLLOUT);
                let near = &steps[from..to];
                let takes_over = |other: &Step| other.up != step.up && other.set != step.set;
                if !near.iter().any(takes_over) {
                    let event = &mut events[step.event];
                    let from =
                        if step.from.is_empty() { String::new() } else { format!(" from {}", step.from) };
                    event.action = format!("Scaled deployment {deployment}{from} to {}", replicas(step.to));
                    let namespace = deployment.split('/').next().unwrap_or("");
                    let asked = |(where_, at, to): &(String, Timestamp, u64)| {
                        where_ == namespace && *to == step.to && step.at.duration_since(*at).abs() <= AT_ONCE
                    };
                    if self.rescales.iter().any(asked) {
                        // The autoscaler tells the same, with its reason.
                        event.kind = Kind::Note;
                    }
                    continue;
                }
                // An event that is told twice is one: only what lies before counts as before.
                let begun = |other: &Step| other.at < step.at && other.up && other.set == step.set;
                let head = step.up && !near.iter().any(begun);
                let event = &mut events[step.event];
                if head {
                    let back = first_down.get(step.set.as_str()).is_some_and(|down| *down < step.at);
                    let (kind, word) =
                        if back { (Kind::Rollback, "Rolled back") } else { (Kind::Deploy, "Rolled out") };
                    event.kind = kind;
                    event.action = format!("{word} deployment {deployment} to replica set {}", step.set);
                } else {
                    event.kind = Kind::Note;
                    if !step.up {
                        replaced.push(step.set.clone());
                    }
                }
            }
        }
        for (index, set) in &self.stopped {
            // The pods of a set that is replaced are stopped: that is the rollout, told again for each.
            if !replaced.contains(set) {
                let event = &mut events[*index];
                event.details.insert("stands-out".into(), "a container that was stopped".into());
            }
        }
    }
}

impl KubernetesEvents {
    fn event(&mut self, wire: &Wire<'_>, reader: &mut Reader) -> Result<(), String> {
        let text = |text: &Option<String>| text.as_deref().unwrap_or("").trim().to_owned();
        let metadata = wire.metadata.as_ref();
        let Some(object) = &wire.involved_object else {
            return match wire.kind.as_deref() {
                Some("Event") if metadata.is_some_and(|metadata| metadata.name.is_none()) => {
                    reader.import.leave_out("bookmarks of a watch", 1);
                    Ok(())
                }
                Some("Event") => Err("this event does not say which object it is about".into()),
                Some("Status") => Err("the cluster ended the watch here".into()),
                Some(_) => {
                    reader.import.leave_out("other objects than events", 1);
                    Ok(())
                }
                None => Err("this is no object of a cluster".into()),
            };
        };
        let none = Metadata::default();
        let metadata = metadata.unwrap_or(&none);
        let (mut at, last) = times(wire, metadata, reader)?;
        let count: u64 = wire
            .series
            .as_ref()
            .and_then(|series| series.count.given())
            .or(wire.count.given())
            .and_then(|count| count.parse().ok())
            .unwrap_or(1);

        let (kind, name, reason) = (text(&object.kind), text(&object.name), text(&wire.reason));
        let namespace = object.namespace.clone().filter(|namespace| !namespace.is_empty());
        let place = match &namespace {
            Some(namespace) => format!("{namespace}/{name}"),
            None => name.clone(),
        };
        let pod = POD.captures(&name).filter(|_| kind == "Pod");
        let part = |index| pod.as_ref().and_then(|pod| pod.get(index)).map_or("", |part| part.as_str());
        let of_job = part(2).len() > 6 && part(2).bytes().all(|b| b.is_ascii_digit());
        let warning = wire.severity.as_deref() == Some("Warning");
        let mut message = one_line(&text(&wire.message));
        if message.is_empty() {
            message.clone_from(&reason);
        }
        let component = [
            wire.source.as_ref().map_or_else(String::new, |source| text(&source.component)),
            text(&wire.reporting_component),
        ];
        let actor =
            component.into_iter().find(|name| !name.is_empty()).unwrap_or_else(|| "Kubernetes".into());

        let mut action = told(&kind, &name, &place, &reason, &message);
        let since = at.at;
        let mut until = None;
        if let Some(last) = last.filter(|last| *last > at.at) {
            // The range decides where in the window it stands: it may have begun long before.
            let began_outside = reader.options.from.is_some_and(|from| at.at < from);
            if began_outside && reader.options.in_window(last) {
                action = format!("{action} ({count} times since {})", day_and_clock(since));
                at = Instant::utc(last);
            } else if count > 1 {
                action = format!("{action} ({count} times until {})", clock(last, since));
            }
            until = Some(last);
        } else if count > 1 {
            action = format!("{action} ({count} times)");
        }

        let id = match (text(&metadata.uid), text(&metadata.name)) {
            (uid, _) if !uid.is_empty() => own_id("kubernetes", &[&uid]),
            (_, own) if !own.is_empty() => own_id("kubernetes", &[&text(&metadata.namespace), &own]),
            _ => hashed_id("kubernetes", since, &actor, &format!("{kind} {place} {reason} {message}")),
        };
        let (event_kind, why) = judge(&kind, &reason, &message, warning);
        let mut event = Event::new(id, &at, event_kind)
            .doing(actor, action)
            .with("reason", reason.as_str())
            .with("object", format!("{} {place}", kind.to_lowercase()))
            .with("namespace", namespace.unwrap_or_default());
        event = match kind.as_str() {
            "Deployment"
            | "StatefulSet"
            | "DaemonSet"
            | "HorizontalPodAutoscaler"
            | "Service"
            | "Ingress"
            | "Rollout"
            | "HelmRelease" => event.with("service", name.as_str()),
            _ => event.with("service", part(1)),
        };
        if warning {
            event = event.with("severity", "warning");
        }
        if let Some(host) = wire.source.as_ref().and_then(|source| source.host.as_deref()) {
            event = event.with("host", host);
        }
        if let Some(until) = until {
            event = event.with("until", until.to_string());
            // Of several tellings of one event the last one counts.
            event.signals.edited = Some(until.into());
        }
        if count > 1 {
            event = event.with("count", count.to_string());
        }
        if let (Some(why), false) = (why, of_job) {
            event = event.with("stands-out", why);
        }

        let index = reader.import.events.len();
        if let Some(step) = STEP.captures(&message).filter(|_| reason == "ScalingReplicaSet") {
            self.steps.entry(place).or_default().push(Step {
                event: index,
                at: event.instant(),
                up: &step[1] == "up",
                set: step[2].to_owned(),
                from: step.get(3).or(step.get(5)).map_or_else(String::new, |from| from.as_str().to_owned()),
                to: step[4].parse().unwrap_or(0),
            });
        } else if let Some(size) = RESCALE.captures(&message).filter(|_| reason == "SuccessfulRescale") {
            let size = size[1].parse().unwrap_or(0);
            self.rescales.push((place.split('/').next().unwrap_or("").to_owned(), event.instant(), size));
        } else if reason == "Killing" && message.starts_with("Stopping container") {
            event.details.remove("stands-out");
            if !of_job {
                self.stopped.push((index, format!("{}-{}", part(1), part(2))));
            }
        }
        reader.push(event);
        Ok(())
    }
}

/// When it was first seen, and when last.
fn times(
    wire: &Wire<'_>,
    metadata: &Metadata,
    reader: &Reader,
) -> Result<(Instant, Option<Timestamp>), String> {
    let series = wire.series.as_ref().map_or("", |series| series.last_observed_time.as_str());
    let last = [wire.last_timestamp.as_str(), series];
    let first = [wire.first_timestamp.as_str(), wire.event_time.as_str()];
    let stored = [metadata.creation_timestamp.as_deref().unwrap_or("")];
    let mut at = None;
    for text in first.into_iter().chain(last).chain(stored) {
        if let Some(read) = reader.instant_if_set(text)? {
            at = Some(read);
            break;
        }
    }
    let at = at.ok_or("this event has no time")?;
    let mut until = None;
    for text in last {
        until = until.max(reader.instant_if_set(text)?.map(|read| read.at));
    }
    Ok((at, until))
}

/// An event in words: its message, with what it is about where that does not say so itself.
fn told(kind: &str, name: &str, place: &str, reason: &str, message: &str) -> String {
    let kind = if kind.is_empty() { "Object" } else { kind };
    if let Some(size) = RESCALE.captures(message).filter(|_| reason == "SuccessfulRescale") {
        return format!("Scaled {place} to {}: {}", replicas(size[1].parse().unwrap_or(0)), &size[2]);
    }
    match reason {
        "FailedScheduling" => format!("{kind} {place} could not be scheduled: {message}"),
        "Evicted" => format!("{kind} {place} was evicted: {message}"),
        _ if !name.is_empty() && message.contains(if kind == "Node" { name } else { place }) => {
            message.to_owned()
        }
        _ => format!("{kind} {place}: {message}"),
    }
}

fn replicas(count: u64) -> String {
    counted(count, "replica")
}

/// What an event is, and why it stands out, if it does.
fn judge(object: &str, reason: &str, message: &str, warning: bool) -> (Kind, Option<&'static str>) {
    match (object, reason) {
        (
            _,
            "ScalingReplicaSet" | "SuccessfulRescale" | "TriggeredScaleUp" | "ScaledUpGroup" | "ScaleDown",
        ) => (Kind::Scaling, None),
        (_, "DeploymentRollback" | "RollbackSucceeded") => (Kind::Rollback, None),
        ("HelmRelease", "InstallSucceeded" | "UpgradeSucceeded") | (_, "RolloutCompleted") => {
            (Kind::Deploy, None)
        }
        ("Application", "OperationCompleted") if !warning && message.contains("Sync operation") => {
            (Kind::Deploy, None)
        }
        (_, "NodeNotReady" | "NodeReady" | "NodeNotSchedulable" | "NodeSchedulable" | "Rebooted") => {
            (Kind::Note, Some("a change of a node's state"))
        }
        (
            _,
            "NodeHasDiskPressure" | "NodeHasInsufficientMemory" | "NodeHasInsufficientPID" | "RemovingNode",
        ) => (Kind::Note, Some("a node in trouble")),
        (_, "Killing") => (Kind::Note, Some("a container that was killed")),
        (_, "TaintManagerEviction" | "Preempted" | "Preempting" | "Evicted" | "RolloutAborted") => {
            (Kind::Note, Some("a pod that had to go"))
        }
        _ if warning => (Kind::Note, Some("a warning of the cluster")),
        _ => (Kind::Note, None),
    }
}

/// A message in one line, without the pod and its ID, which the object's name says already.
fn one_line(message: &str) -> String {
    let line = message.split_whitespace().collect::<Vec<_>>().join(" ");
    IN_POD.replace(&line, "").into_owned()
}

/// `14:40`, with the date where it is another one.
fn clock(at: Timestamp, since: Timestamp) -> String {
    let same = at.strftime("%Y-%m-%d").to_string() == since.strftime("%Y-%m-%d").to_string();
    if same { at.strftime("%H:%M").to_string() } else { day_and_clock(at) }
}

fn day_and_clock(at: Timestamp) -> String {
    at.strftime("%Y-%m-%d %H:%M").to_string()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::evidence::source::{Options, Session};

    #[test]
    fn what_began_before_the_window_and_was_last_seen_in_it_stands_at_its_last_time() {
        let event = br#"{"kind":"Event","metadata":{"uid":"u1"},"involvedObject":{"kind":"Pod","name":"db-0",
            "namespace":"shop"},"reason":"FailedMount","message":"no disk","type":"Warning","count":490,
            "firstTimestamp":"2026-11-18T08:00:00Z","lastTimestamp":"2026-11-20T12:10:00Z"}"#;
        let from = "2026-11-20T12:00:00Z".parse().expect("a time");
        let mut session =
            Session::new(&KUBERNETES_EVENTS, Options { from: Some(from), ..Options::default() });
        session.part("events.json", event);
        let import = session.finish();
        assert_eq!(import.events[0].instant().to_string(), "2026-11-20T12:10:00Z");
        assert_eq!(import.events[0].action, "Pod shop/db-0: no disk (490 times since 2026-11-18 08:00)");
    }
}
