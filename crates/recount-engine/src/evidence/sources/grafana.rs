//! The source `grafana`: annotations, alerts and the history of their states.
//!
//! What does not live here: the JSON's own names (`grafana_wire`), Alertmanager's webhooks, which look alike,
//! and asking Grafana itself.

use std::sync::LazyLock;

use jiff::Timestamp;
use regex::Regex;
use serde_json::value::RawValue;

use super::alert::{self, Alert, Labels};
use super::grafana_live;
use super::grafana_wire::{Annotation, Frame, Line, Rule, Shape, Texts, Wire};
use crate::evidence::event::{Event, EventId, Kind};
use crate::evidence::identity::{own_id, sha256_hex};
use crate::evidence::instants::{Instant, Scalar};
use crate::evidence::json::{self, Record, parse};
use crate::evidence::phrases;
use crate::evidence::plain::html;
use crate::evidence::reader::{self, JsonSource, Reader};
use crate::evidence::row;
use crate::evidence::source::{Confidence, Part, source};

source! {
    /// # What it reads
    ///
    /// - Annotations: the answer of `/api/annotations`, those that people and deploy scripts made and those
    ///   that alerts leave.
    /// - What a contact point of the kind *webhook* receives: one payload, a list, one a line, or wrapped by
    ///   a recorder. Alerts of dashboards (before Grafana 9) too.
    /// - The history of alert states: the answer of `/api/v1/rules/history`, whether Grafana keeps it in Loki
    ///   or as annotations.
    ///
    /// # How to get it
    ///
    /// ```sh
    /// from=$(date -d '2026-11-20 12:00Z' +%s)000; to=$(date -d '2026-11-20 20:00Z' +%s)000
    /// get() { curl -fsS --header "Authorization: Bearer $GRAFANA_TOKEN" "$@"; }
    /// get "https://grafana.example.com/api/annotations?from=$from&to=$to&limit=5000" > annotations.json
    /// get "https://grafana.example.com/api/v1/rules/history?from=${from%000}&to=${to%000}&limit=5000" > states.json
    /// ```
    ///
    /// Or let Grafana be asked for its annotations: `recount import INC-0042 grafana:`, or with the UID of a
    /// dashboard behind the colon. An organisation other than the token's own is named by
    /// `headers = { X-Grafana-Org-Id = "2" }` in `[evidence.grafana]`.
    ///
    /// # What becomes an event
    ///
    /// - An alert: when it began to fire, and when it stopped. Of a history or of annotations each change of
    ///   state: into *Alerting* it fires, from there back to *Normal* it is resolved; others (*Pending*, *No
    ///   data*, *Error*) are candidates.
    /// - An annotation at the time that it marks. Tags or words that speak of a deploy, a rollback, a change
    ///   of configuration or of capacity make it one; others are candidates. One that marks a region keeps
    ///   its end.
    ///
    /// # Traps
    ///
    /// - `endsAt` is the year 1 while an alert fires, and may lie ahead: it counts only once the alert is
    ///   resolved. A webhook is sent again and again while an alert fires; it is one event all the same.
    /// - Annotations know when they were made and changed (`created`, `updated`). What counts is `time`.
    /// - Alerts of dashboards carry no time. Where a recorder kept the time of receipt beside the payload
    ///   (`received_at`, `timestamp`), that stands in; else they are skipped.
    /// - The history has one row for each instance of an alert, by its labels. Its times are those of
    ///   evaluation: up to one interval, and the pending period, after it began.
    /// - Without an address of Grafana in the file, annotations have no link.
    GRAFANA: "grafana", "Grafana: annotations, alerts, the history of alert states", recognise, reader::json::<Grafana>,
    live: grafana_live::FORM
}

fn recognise(part: &Part<'_>) -> Confidence {
    let peek = part.peek();
    let has = |keys: &[&str]| {
        ["", "payload.", "body.", "annotation."]
            .iter()
            .any(|prefix| keys.iter().all(|key| peek.has(&format!("{prefix}{key}"))))
    };
    let alert = ["dashboardURL", "panelURL", "silenceURL", "valueString", "imageURL"]
        .iter()
        .any(|key| has(&["alerts.startsAt", &format!("alerts.{key}")]))
        || has(&["orgId", "alerts.startsAt"]);
    let rule = has(&["ruleName", "evalMatches"]) || has(&["ruleName", "ruleUrl", "state"]);
    let history = has(&["schema.fields", "data.values"])
        && ["line", "prev"].iter().any(|name| peek.values("schema.fields.name").any(|there| there == *name));
    let state = has(&["time", "newState", "prevState"]);
    let annotation = has(&["time", "text", "created", "updated"])
        && ["timeEnd", "avatarUrl", "dashboardUID", "dashboardId", "panelId", "userId"]
            .iter()
            .any(|key| has(&[key]));
    if alert || rule || history || state || annotation {
        Confidence::Sure
    } else if has(&["time", "tags", "text"]) {
        Confidence::Possible
    } else {
        Confidence::No
    }
}

/// How deep wrappings nest.
const DEEPEST: usize = 3;

/// Who acts where an alert does.
const ACTOR: &str = "Grafana";

#[derive(Default)]
struct Grafana;

/// What stands around an object.
#[derive(Clone, Default)]
struct Around {
    /// When a recorder received it.
    received: String,
    /// The server's address.
    base: String,
}

impl JsonSource for Grafana {
    const LISTS: &'static [&'static str] = &["alerts"];

    fn record(&mut self, record: &Record<'_>, reader: &mut Reader) -> Result<(), String> {
        object(record.bytes, &Around::default(), 0, reader)
    }
}

fn object(bytes: &[u8], outer: &Around, depth: usize, reader: &mut Reader) -> Result<(), String> {
    let shape: Shape<'_> = parse(bytes)?;
    let received = [&shape.received_at, &shape.received_at_too, &shape.timestamp, &shape.time];
    let received = received.into_iter().find_map(Scalar::given).unwrap_or(&outer.received).to_owned();
    let base = shape.grafana_url.given().unwrap_or(&outer.base).trim_end_matches('/').to_owned();
    let around = Around { received, base };
    let wraps = |raw: &&RawValue| {
        let text = raw.get().trim_start_matches('"').trim_start();
        text.starts_with('{') || text.starts_with('[')
    };
    let inner = shape.payload.or(shape.body).or(shape.annotation).filter(wraps);
    if let Some(inner) = inner.filter(|_| depth < DEEPEST) {
        let text = serde_json::from_str::<String>(inner.get()).unwrap_or_else(|_| inner.get().to_owned());
        for record in json::records(text.as_bytes(), Grafana::LISTS) {
            object(record.bytes, &around, depth + 1, reader)?;
        }
        return Ok(());
    }
    if shape.starts_at.given().is_some() {
        alert(&parse(bytes)?, reader)
    } else if shape.schema.is_some() {
        frame(&parse(bytes)?, reader)
    } else if shape.rule_name.given().is_some() {
        rule(&parse(bytes)?, &around, reader)
    } else if [&shape.new_state, &shape.text, &shape.time].iter().any(|key| key.given().is_some()) {
        annotation(&parse(bytes)?, &around, reader)
    } else {
        Err("neither an alert, nor an annotation, nor a history of states".to_owned())
    }
}

/// Labels or annotations as texts; what is null says nothing.
fn texts(of: Option<&Texts<'_>>) -> Labels {
    let given = |(name, value): (&String, &Scalar<'_>)| Some((name.clone(), value.given()?.to_owned()));
    of.into_iter().flatten().filter_map(given).collect()
}

fn alert(wire: &Wire<'_>, reader: &mut Reader) -> Result<(), String> {
    let (labels, annotations) = (texts(wire.labels.as_ref()), texts(wire.annotations.as_ref()));
    if alert::name(&labels).is_empty() {
        return Err("an alert without its `alertname`".to_owned());
    }
    if alert::is_heartbeat(&labels) {
        reader.import.leave_out("alert that always fires", 1);
        return Ok(());
    }
    let since = reader.instant(wire.starts_at.as_str())?;
    let fingerprint = wire.fingerprint.given().map_or_else(|| alert::fingerprint(&labels), str::to_owned);
    let alert =
        Alert { labels: &labels, annotations: &annotations, fingerprint: &fingerprint, since: Some(&since) };
    let pages = [&wire.panel_url, &wire.dashboard_url, &wire.generator_url];
    let page = pages.into_iter().find_map(Scalar::given).unwrap_or("");
    // An alert about a query that broke carries the name of the rule in a label.
    let rule = labels.get("rulename").filter(|_| alert::name(&labels).starts_with("Datasource"));
    let told = |mut event: Event| {
        ACTOR.clone_into(&mut event.actor);
        if let Some(rule) = rule {
            event.action = event.action.replacen(
                alert::name(&labels),
                &format!("{} of {rule}", alert::name(&labels)),
                1,
            );
        }
        event.linked(page, "grafana")
    };
    reader.push(told(alert.firing(&since)));
    if wire.status.as_str().eq_ignore_ascii_case("resolved") {
        let Some(at) = reader.instant_if_set(wire.ends_at.as_str())? else {
            return Err("a resolved alert that does not say when it ended".to_owned());
        };
        reader.push(told(alert.resolved(&at)));
    }
    Ok(())
}

/// An alert of a dashboard, as it was before Grafana 9.
fn rule(rule: &Rule<'_>, around: &Around, reader: &mut Reader) -> Result<(), String> {
    let name = rule.rule_name.as_str();
    if around.received.is_empty() {
        return Err(format!(
            "the alert `{name}` does not say when it changed: alerts of dashboards carry no time, unless the \
             time of receipt is kept beside the payload as `received_at`"
        ));
    }
    let at = reader.instant(&around.received)?;
    reader.import.note("alerts of dashboards carry no time: that of their receipt stands in");
    let mut labels = texts(rule.tags.as_ref());
    labels.insert("alertname".to_owned(), name.to_owned());
    let mut annotations = Labels::new();
    annotations.insert("summary".to_owned(), rule.message.as_str().to_owned());
    let state = rule.state.as_str();
    let key = rule.rule_id.given().unwrap_or(name);
    let id = own_id("grafana", &["rule", key, &at.at.as_second().to_string(), state]);
    // Of a receipt it is only known what came: `ok` is sent where something else was before.
    let before = if bare(state) == "normal" { "alerting" } else { "" };
    let event = changed(id, &labels, &annotations, key, (before, state), &at);
    reader.push(event.linked(rule.rule_url.as_str(), "grafana"));
    Ok(())
}

/// A state by its first word: `Alerting (NoData)` is `alerting`.
fn bare(state: &str) -> String {
    let word = state.split('(').next().unwrap_or("").trim().to_lowercase().replace([' ', '_'], "");
    if word == "ok" { "normal".to_owned() } else { word }
}

/// A change of state: an alert that fires or stops, or only worth knowing.
fn changed(
    id: EventId,
    labels: &Labels,
    annotations: &Labels,
    fingerprint: &str,
    (before, after): (&str, &str),
    at: &Instant,
) -> Event {
    let alert = Alert { labels, annotations, fingerprint, since: None };
    let mut event = match (bare(before).as_str(), bare(after).as_str()) {
        (before, "alerting") if !["alerting", "recovering"].contains(&before) => alert.firing(at),
        ("alerting" | "recovering", "normal") => alert.resolved(at),
        _ => {
            let mut event = alert.firing(at);
            let from = if before.is_empty() { String::new() } else { format!(" from {before}") };
            event.kind = Kind::Note;
            event.action =
                format!("{} changed{from} to {after}{}", alert::name(labels), alert::about(labels));
            event
        }
    };
    event.id = id;
    ACTOR.clone_into(&mut event.actor);
    event
}

fn annotation(annotation: &Annotation<'_>, around: &Around, reader: &mut Reader) -> Result<(), String> {
    let at = reader.instant_if_set(annotation.time.as_str())?.ok_or("an annotation without its `time`")?;
    let page = page(around, annotation, at.at);
    let text = plain(annotation.text.as_str());
    if let Some(state) = annotation.new_state.given() {
        let text = if text.is_empty() { annotation.alert_name.as_str() } else { &text };
        let event = state_of_text(text, annotation.prev_state.as_str(), state, &at);
        reader.push(event.linked(&page, "grafana"));
        return Ok(());
    }
    let tags: Vec<&str> = annotation.tags.iter().flatten().filter_map(Scalar::given).collect();
    let kind = kind_of(&tags, &text);
    let login = annotation.login.as_str();
    let who = reader.who(login, &[login], annotation.email.as_str());
    let action = if text.is_empty() { format!("Marked: {}", tags.join(", ")) } else { text };
    let id = annotation.id.given().map_or_else(
        || sha256_hex(format!("{}\n{action}", annotation.time.as_str()).as_bytes(), 16),
        str::to_owned,
    );
    let mut event = Event::new(own_id("grafana", &["annotation", &id]), &at, kind)
        .doing(who, action)
        .linked(&page, "grafana")
        .with("tags", tags.join(", "));
    if let Some(end) = reader.instant_if_set(annotation.time_end.as_str())?.filter(|end| end.at > at.at) {
        event = event
            .giving(format!("until {}", row::time(end.at, end.precision)))
            .with("until", end.at.to_string());
    }
    // Scripts sign as service accounts, or not at all.
    event.signals.bot = login.is_empty() || login.starts_with("sa-");
    let made = [&annotation.created, &annotation.updated].map(|time| reader.instant(time.as_str()));
    event.signals.edited = match made {
        [Ok(created), Ok(edited)] if edited.at > created.at => Some(edited.at.into()),
        _ => None,
    };
    reader.push(event);
    Ok(())
}

/// The address of the panel, or the dashboard, around an annotation.
fn page(around: &Around, annotation: &Annotation<'_>, at: Timestamp) -> String {
    let Some(dashboard) = annotation.dashboard.given().filter(|_| !around.base.is_empty()) else {
        return String::new();
    };
    let (from, to) = (at.as_millisecond() - 3_600_000, at.as_millisecond() + 3_600_000);
    let panel = annotation.panel_id.given().filter(|panel| *panel != "0");
    let panel = panel.map_or_else(String::new, |panel| format!("&viewPanel={panel}"));
    format!("{}/d/{dashboard}?from={from}&to={to}{panel}", around.base)
}

/// What tags say that an annotation marks.
const TAGS: &[(&[&str], Kind)] = &[
    (&["rollback", "rolledback", "revert"], Kind::Rollback),
    (
        &["deploy", "deploys", "deployment", "deployments", "deployed", "release", "releases", "rollout"],
        Kind::Deploy,
    ),
    (&["config", "configuration", "flag", "featureflag", "feature-flag", "toggle"], Kind::ConfigChange),
    (&["scaling", "scale", "autoscaling", "autoscaler"], Kind::Scaling),
];

fn kind_of(tags: &[&str], text: &str) -> Kind {
    let tagged = TAGS.iter().find(|(names, _)| {
        tags.iter().any(|tag| {
            // Tags may be `event:deploy`.
            let tag = tag.rsplit([':', '=']).next().unwrap_or(tag).trim().to_lowercase();
            names.contains(&tag.as_str())
        })
    });
    let said = || phrases::reported(text).map(|(kind, _)| kind).filter(|kind| kind.is_change());
    tagged.map(|(_, kind)| *kind).or_else(said).unwrap_or(Kind::Note)
}

static STATE_TEXT: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"^(?s)(.+?) \{(.*)\}(?: - (.*))?$").expect("a fixed pattern"));

/// A change of state as annotations tell of it, whose text is `Name {label=value, …} - values`. The identity
/// is that of the same change in a history.
fn state_of_text(text: &str, before: &str, after: &str, at: &Instant) -> Event {
    let found = STATE_TEXT.captures(text);
    let part =
        |index: usize| found.as_ref().and_then(|found| found.get(index)).map_or("", |part| part.as_str());
    let name = if found.is_some() { part(1) } else { text.lines().next().unwrap_or("") };
    let mut labels: Labels = part(2)
        .split(", ")
        .filter_map(|label| label.split_once('='))
        .map(|(name, value)| (name.trim().to_owned(), value.to_owned()))
        .collect();
    labels.insert("alertname".to_owned(), name.to_owned());
    let fingerprint = sha256_hex(format!("{name}\n{}", part(2)).as_bytes(), 16);
    let id = own_id("grafana", &["state", &fingerprint, &at.at.as_second().to_string(), &bare(after)]);
    changed(id, &labels, &Labels::new(), &fingerprint, (before, after), at).with("values", part(3))
}

/// A history of states: one row for each change.
fn frame(frame: &Frame<'_>, reader: &mut Reader) -> Result<(), String> {
    let column = |name: &str| {
        let index = frame.schema.fields.iter().position(|field| field.name.as_str() == name)?;
        frame.data.values.get(index)
    };
    let cell = |name: &str, row: usize| -> Scalar<'_> {
        let raw = column(name).and_then(|column| column.get(row));
        raw.and_then(|raw| serde_json::from_str(raw.get()).ok()).unwrap_or_default()
    };
    let times = column("time").ok_or("a table without a column `time`")?;
    let lines = column("line");
    if lines.is_none() && column("next").is_none() {
        return Err("a table that is no history of alert states".to_owned());
    }
    let rule = frame.schema.fields.iter().find_map(|field| field.labels.as_ref()?.get("ruleUID")?.given());
    for row in 0..times.len() {
        let at = reader.instant(cell("time", row).as_str());
        let event = at.and_then(|at| {
            if let Some(lines) = lines {
                return state_of_line(lines.get(row).copied(), &at);
            }
            let (text, before, after) = (cell("text", row), cell("prev", row), cell("next", row));
            let event = state_of_text(text.as_str(), before.as_str(), after.as_str(), &at);
            Ok(event.with("rule", rule.unwrap_or("")))
        });
        match event {
            Ok(event) => reader.push(event),
            Err(why) => reader.skip(format!("row {} of the history: {why}", row + 1)),
        }
    }
    Ok(())
}

fn state_of_line(line: Option<&RawValue>, at: &Instant) -> Result<Event, String> {
    let raw = line.ok_or("it has no `line`")?;
    // The column holds objects, or, from an export of the logs, their text.
    let text = serde_json::from_str::<String>(raw.get()).unwrap_or_else(|_| raw.get().to_owned());
    let line: Line<'_> = parse(text.as_bytes())?;
    let after = line.current.given().ok_or("it does not say which state came")?;
    let mut labels = texts(line.labels.as_ref());
    labels.entry("alertname".to_owned()).or_insert_with(|| line.rule_title.as_str().to_owned());
    if alert::name(&labels).is_empty() {
        return Err("it does not say which alert it is about".to_owned());
    }
    let (rule, fingerprint) = (line.rule.as_str(), line.fingerprint.as_str());
    let id = own_id("grafana", &["state", rule, fingerprint, &at.at.as_second().to_string(), &bare(after)]);
    let event = changed(id, &labels, &Labels::new(), fingerprint, (line.previous.as_str(), after), at);
    let event = event.with("rule", rule);
    Ok(if line.error.given().is_some() { event.giving(line.error.as_str()) } else { event })
}

/// A text without the HTML that annotations may hold, and without the blanks that stand for layout in it.
fn plain(text: &str) -> String {
    let text = html(text);
    let lines = text.lines().map(|line| line.split_whitespace().collect::<Vec<_>>().join(" "));
    lines.collect::<Vec<_>>().join("\n")
}
