//! The source `prometheus`: the series that Prometheus keeps about its own alerts, saved or asked for. What an
//! alert is stands in `alert`, how a server is asked in `prometheus_live`.

use std::collections::{BTreeMap, BTreeSet};

use jiff::{SignedDuration, Timestamp};
use serde::Deserialize;

use super::alert::{self, Alert, Labels};
use super::prometheus_live;
use crate::evidence::event::Precision;
use crate::evidence::instants::{Instant, Scalar};
use crate::evidence::json::{self, Record};
use crate::evidence::reader::{self, JsonSource, Reader};
use crate::evidence::source::{Confidence, Part, source};

source! {
    /// # What it reads
    ///
    /// Answers of Prometheus, Thanos or Mimir about the series `ALERTS` and `ALERTS_FOR_STATE`: the whole answer
    /// of `query_range` or `query`, its `data` or its `result` alone. Other series are left out: what they
    /// measure is for `recount measure`. And the lists of what fires now, `/api/v1/rules` and `/api/v1/alerts`,
    /// which vmalert, Thanos, Mimir and Grafana answer too.
    ///
    /// # How to get it
    ///
    /// From the server itself, which knows the exact times; `[evidence.prometheus]` in `recount.toml` says where
    /// it is, and labels narrow it down:
    ///
    /// ```sh
    /// recount import INC-0042 prometheus:
    /// recount import INC-0042 'prometheus:{service="checkout"}'
    /// ```
    ///
    /// Or as a file, of which the first command keeps the exact times of each evaluation (`[6h]` before `time`),
    /// and the second one sample a step:
    ///
    /// ```sh
    /// curl -sG https://prometheus.example.com/api/v1/query \
    ///   --data-urlencode 'query={__name__=~"ALERTS|ALERTS_FOR_STATE",alertstate=~"firing|"}[6h]' \
    ///   --data-urlencode 'time=2026-11-20T18:00:00Z' > alerts.json
    /// curl -sG https://prometheus.example.com/api/v1/query_range --data-urlencode 'query=ALERTS' \
    ///   -d start=2026-11-20T12:00:00Z -d end=2026-11-20T18:00:00Z -d step=15s > alerts.json
    /// ```
    ///
    /// While it still fires, `curl -s https://prometheus.example.com/api/v1/rules?type=alert > rules.json` is the
    /// shortest way.
    ///
    /// # What becomes an event
    ///
    /// Each stretch of firing samples of one set of labels: it fired at the first, and it resolved one step after
    /// the last. The event is known by the fingerprint that Alertmanager gives to the same labels and by when it
    /// began, so that both sources give one event where Prometheus adds no external labels and the times are
    /// those of the evaluations. Since when the condition was true (`ALERTS_FOR_STATE`) stays with the event as
    /// `active-since`.
    ///
    /// # Traps
    ///
    /// - The times of `query_range` are the steps that were asked for, not those of the evaluations: they are
    ///   late by up to a step. The import says how much; from a minute on, the rows show no seconds.
    /// - A gap ends an alert, unless `ALERTS_FOR_STATE` says that it is the same one: evaluations are missed when
    ///   a server is busy or restarts. `NaN` is a gap.
    /// - Pending alerts told nobody: they are left out.
    /// - Alerts that fired before the first sample or after the last have no beginning or no end there. The
    ///   import names them; no row has a time that is the query's. A file does not say which hours were asked
    ///   for: what begins at its very first sample is taken to begin there.
    /// - An instant query says that an alert fires, and not since when: it gives no event.
    /// - `/api/v1/alerts` says since when a condition is true, and not how long its rule waits before it fires:
    ///   the row is early by that. `/api/v1/rules` says both. Neither keeps what is over.
    /// - Samples are kept for weeks only: ask while they are there.
    /// - Alerts that always fire (`Watchdog`, severity `none`) are left out.
    PROMETHEUS: "prometheus", "Alerts that fired, from Prometheus, Thanos or Mimir", recognise,
        reader::json::<Prometheus>, live: prometheus_live::FORM
}

fn recognise(part: &Part<'_>) -> Confidence {
    let peek = part.peek();
    let values = |at: &str| {
        peek.has(&format!("{at}metric"))
            && (peek.has(&format!("{at}values")) || peek.has(&format!("{at}value")))
    };
    if peek.has_all(&["data.resultType", "data.result"]) || (peek.has("resultType") && peek.has("result")) {
        return Confidence::Sure;
    }
    let listed = ["data.alerts", "alerts", "data.groups.rules.alerts", "groups.rules.alerts"];
    if listed.iter().any(|at| peek.has(&format!("{at}.activeAt")) && peek.has(&format!("{at}.labels")))
        || peek.has_all(&["data.groups.rules.query", "data.groups.rules.health"])
    {
        return Confidence::Sure;
    }
    if values("") && (peek.has("metric.alertname") || peek.has("metric.__name__")) {
        return Confidence::Sure;
    }
    if values("") || values("result.") { Confidence::Possible } else { Confidence::No }
}

/// What was read so far, by labels; times in milliseconds.
#[derive(Default)]
struct Prometheus {
    series: BTreeMap<Labels, Samples>,
    /// The window that was asked for, where the input says so.
    from: Option<i64>,
    to: Option<i64>,
    /// The step of a range query, where the input says so.
    step: Option<i64>,
    /// Whether any times, and whether all times, are those of the evaluations.
    is_raw: bool,
    is_stepped: bool,
    others: u64,
    /// What is known of alerts beyond their events, by what is the same for several of them.
    told: BTreeMap<String, BTreeSet<String>>,
}

#[derive(Default)]
struct Samples {
    firing: BTreeSet<i64>,
    pending: BTreeSet<i64>,
    /// Times at which it was asked whether it fires, and it did.
    seen: BTreeSet<i64>,
    /// Since when the condition was true, by the time of the sample that says so.
    active: BTreeMap<i64, i64>,
}

/// What stands around the series.
#[derive(Deserialize)]
struct Envelope<'a> {
    #[serde(borrow, default)]
    status: Scalar<'a>,
    #[serde(borrow, default)]
    error: Scalar<'a>,
    #[serde(borrow, default)]
    start: Scalar<'a>,
    #[serde(borrow, default)]
    end: Scalar<'a>,
    #[serde(borrow, default)]
    step: Scalar<'a>,
    #[serde(default)]
    raw: Option<bool>,
    #[serde(default)]
    warnings: Option<Vec<String>>,
}

#[derive(Deserialize)]
struct Series<'a> {
    metric: Labels,
    #[serde(borrow, default)]
    values: Option<Vec<(Scalar<'a>, Scalar<'a>)>>,
    #[serde(borrow, default)]
    value: Option<(Scalar<'a>, Scalar<'a>)>,
}

/// The answer of `/api/v1/alerts`, or of `/api/v1/rules`.
#[derive(Deserialize)]
struct Listed<'a> {
    #[serde(borrow, default)]
    alerts: Option<Vec<Active<'a>>>,
    #[serde(borrow, default)]
    groups: Option<Vec<Group<'a>>>,
}

#[derive(Deserialize)]
struct Group<'a> {
    #[serde(borrow, default)]
    rules: Option<Vec<Rule<'a>>>,
}

#[derive(Deserialize)]
struct Rule<'a> {
    #[serde(borrow, default)]
    alerts: Option<Vec<Active<'a>>>,
    /// How long the condition is true before it fires, in seconds.
    #[serde(default)]
    duration: Option<f64>,
}

#[derive(Deserialize)]
struct Active<'a> {
    #[serde(default)]
    labels: Labels,
    #[serde(default)]
    annotations: Option<Labels>,
    #[serde(borrow, default)]
    state: Scalar<'a>,
    #[serde(borrow, default, rename = "activeAt")]
    from: Scalar<'a>,
}

impl JsonSource for Prometheus {
    fn record(&mut self, record: &Record<'_>, reader: &mut Reader) -> Result<(), String> {
        let member = |object, wanted: &[u8]| {
            json::members(object).find(|(key, ..)| *key == wanted).map(|(.., value)| value)
        };
        if record.bytes.first() != Some(&b'{') {
            return Err("it is no answer and no series".to_owned());
        }
        if member(record.bytes, b"metric").is_some() {
            return self.series(record.bytes);
        }
        // An answer that is cut off has no end, and is still worth its series.
        if let Ok(envelope) = serde_json::from_slice::<Envelope<'_>>(record.bytes) {
            self.envelope(&envelope, reader)?;
        }
        let data = member(record.bytes, b"data").unwrap_or(record.bytes);
        if member(data, b"alerts").or(member(data, b"groups")).is_some() {
            return self.listed(data, reader);
        }
        let result = if data.first() == Some(&b'[') { Some(data) } else { member(data, b"result") };
        for (index, (_, series)) in result.into_iter().flat_map(json::elements).enumerate() {
            if let Err(why) = self.series(series) {
                reader.skip(format!("series {}: {why}", index + 1));
            }
        }
        Ok(())
    }

    fn finish(&mut self, reader: &mut Reader) {
        reader.import.leave_out("series that is no alert", self.others);
        if self.series.is_empty() && self.others > 0 {
            reader.import.note("these are samples of other series; alerts are in `ALERTS`");
        }
        let known_to = self.to.or_else(|| {
            self.series
                .values()
                .filter_map(|samples| samples.firing.last().max(samples.pending.last()))
                .max()
                .copied()
        });
        let usual = step_of(self.series.values().flat_map(|samples| differences(&samples.firing)));
        let mut largest = 0;
        let series = std::mem::take(&mut self.series);
        self.is_raw &= !self.is_stepped;
        for (labels, samples) in &series {
            if alert::is_heartbeat(labels) {
                reader.import.leave_out("alert that always fires", 1);
                continue;
            }
            for at in samples.seen.iter().filter_map(|at| Timestamp::from_millisecond(*at).ok()) {
                let when = at.strftime("%Y-%m-%d %H:%M:%S");
                self.tell(
                    format!("firing at {when}, when it was asked; when they began is not known"),
                    labels,
                );
            }
            if samples.firing.is_empty() && !samples.seen.is_empty() {
                continue;
            }
            if samples.firing.is_empty() {
                let what = if samples.pending.is_empty() {
                    "alert without a firing sample"
                } else {
                    "alert that was pending only"
                };
                reader.import.leave_out(what, 1);
                continue;
            }
            let step = step_of(differences(&samples.firing)).or(usual).max(self.step);
            largest = largest.max(step.unwrap_or(0));
            self.stretches(labels, samples, step, known_to, reader);
        }
        for (what, alerts) in std::mem::take(&mut self.told) {
            let mut names: Vec<String> = alerts.iter().take(NAMED).cloned().collect();
            if alerts.len() > NAMED {
                names.push(format!("{} more", alerts.len() - NAMED));
            }
            reader.import.note(format!("{what}: {}", names.join(", ")));
        }
        if !series.is_empty() && !self.is_raw && largest > 0 {
            reader.import.note(format!(
                "times are those of the query's steps: up to {} late",
                if largest % 60_000 == 0 {
                    format!("{} min", largest / 60_000)
                } else {
                    format!("{} s", largest / 1000)
                }
            ));
        }
    }
}

impl Prometheus {
    fn envelope(&mut self, envelope: &Envelope<'_>, reader: &mut Reader) -> Result<(), String> {
        if envelope.status.as_str() == "error" {
            return Err(format!("the server refused the query: {}", envelope.error.as_str()));
        }
        for warning in envelope.warnings.iter().flatten() {
            reader.import.note(format!("the server warns: {warning}"));
        }
        let time = |text: &Scalar<'_>| {
            text.given().and_then(|text| reader.instant(text).ok()).map(|instant| instant.at.as_millisecond())
        };
        let (start, end) = (time(&envelope.start), time(&envelope.end));
        self.from = self.from.into_iter().chain(start).min();
        self.to = self.to.into_iter().chain(end).max();
        let step = envelope.step.given().and_then(milliseconds).filter(|step| *step > 0);
        self.step = self.step.max(step);
        self.is_raw |= envelope.raw == Some(true);
        self.is_stepped |= envelope.raw == Some(false);
        Ok(())
    }

    /// The alerts that are active now, by themselves or by the rules that they come from.
    fn listed(&mut self, data: &[u8], reader: &mut Reader) -> Result<(), String> {
        let listed: Listed<'_> = json::parse(data)?;
        for alert in listed.alerts.iter().flatten() {
            self.active(alert, None, reader)?;
        }
        for rule in listed.groups.iter().flatten().flat_map(|group| group.rules.iter().flatten()) {
            for alert in rule.alerts.iter().flatten() {
                self.active(alert, Some(rule.duration.unwrap_or(0.0)), reader)?;
            }
        }
        Ok(())
    }

    /// An alert that fires as it is listed: since when its condition is true and, where the rule says, how long
    /// that had to be so before it fired.
    fn active(&mut self, wire: &Active<'_>, waits: Option<f64>, reader: &mut Reader) -> Result<(), String> {
        let labels = &wire.labels;
        // Grafana answers the same questions in its own word.
        let fires = ["firing", "alerting"].iter().any(|word| wire.state.as_str().eq_ignore_ascii_case(word));
        if alert::is_heartbeat(labels) || !fires {
            let what = if fires { "alert that always fires" } else { "alert that was pending only" };
            reader.import.leave_out(what, 1);
            return Ok(());
        }
        let active = reader.instant(wire.from.as_str())?;
        let waits = SignedDuration::try_from_secs_f64(waits.unwrap_or(0.0)).unwrap_or_default();
        let at = active.at.checked_add(waits).unwrap_or(active.at);
        let since = Instant { at, ..active.clone() };
        let fingerprint = alert::fingerprint(labels);
        let none = Labels::new();
        let annotations = wire.annotations.as_ref().unwrap_or(&none);
        let alert = Alert { labels, annotations, fingerprint: &fingerprint, since: Some(&since) };
        let waited = if waits.is_zero() { String::new() } else { active.at.to_string() };
        reader.push(alert.firing(&since).with("active-since", waited));
        self.tell("listed as firing still".to_owned(), labels);
        Ok(())
    }

    fn series(&mut self, bytes: &[u8]) -> Result<(), String> {
        let Series { mut metric, values, value } = json::parse(bytes)?;
        let name = metric.remove("__name__").unwrap_or_default();
        let state = metric.remove("alertstate").unwrap_or_default();
        let is_state = name == "ALERTS_FOR_STATE";
        // A query that aggregates or renames loses the name of the series, and keeps the state.
        if alert::name(&metric).is_empty() || !(is_state || name == "ALERTS" || !state.is_empty()) {
            self.others += 1;
            return Ok(());
        }
        let samples = self.series.entry(metric).or_default();
        let is_instant = value.is_some();
        for (at, value) in values.into_iter().flatten().chain(value) {
            let Some(at) = milliseconds(at.as_str()) else { continue };
            // `NaN` is no sample, and old servers write 0 when an alert ends.
            let Some(value) = value.as_str().parse::<f64>().ok().filter(|value| *value > 0.0) else {
                continue;
            };
            if is_state {
                #[allow(clippy::cast_possible_truncation, reason = "an epoch in seconds")]
                samples.active.insert(at, (value * 1000.0).round() as i64);
            } else if state == "pending" {
                samples.pending.insert(at);
            } else if is_instant {
                samples.seen.insert(at);
            } else {
                samples.firing.insert(at);
            }
        }
        Ok(())
    }

    /// The stretches of firing samples of one alert as events.
    fn stretches(
        &mut self,
        labels: &Labels,
        samples: &Samples,
        step: Option<i64>,
        known_to: Option<i64>,
        reader: &mut Reader,
    ) {
        let precision = match step {
            Some(step) if !self.is_raw && step >= 60_000 => Precision::Minute,
            _ => Precision::Second,
        };
        let instant = |at: i64| {
            let at = Timestamp::from_millisecond(at).ok()?;
            Some(Instant { at, precision, zone_from: None })
        };
        let fingerprint = alert::fingerprint(labels);
        let none = Labels::new();
        for (first, last) in stretches(samples, step) {
            let Some(since) = instant(first) else { continue };
            let active = samples.active_at(first);
            // What was true already when the query begins may have fired before it.
            let began = match (self.from, active) {
                (Some(from), Some(active)) if active > from => true,
                (Some(from), _) => first > from.saturating_add(step.unwrap_or(0)),
                (None, _) => true,
            };
            let alert = Alert {
                labels,
                annotations: &none,
                fingerprint: &fingerprint,
                since: Some(&since).filter(|_| began),
            };
            let active = active.filter(|active| *active < first);
            let active = active.and_then(|at| Timestamp::from_millisecond(at).ok());
            let active = active.map(|at| at.to_string()).unwrap_or_default();
            if began {
                reader.push(alert.firing(&since).with("active-since", active));
            } else {
                self.tell("firing already when what was asked for begins".to_owned(), labels);
            }
            let end = step
                .map(|step| last.saturating_add(step))
                .filter(|end| known_to.is_some_and(|to| *end <= to));
            match end.and_then(instant) {
                Some(end) => reader.push(alert.resolved(&end)),
                None if self.to.is_some() => {
                    self.tell("still firing when what was asked for ends".to_owned(), labels);
                }
                None => self.tell(
                    "firing until the last sample: they resolved then, or the query ended there".to_owned(),
                    labels,
                ),
            }
        }
    }

    /// Keeps what an alert is known to be, beyond its events, for one note about all that are so.
    fn tell(&mut self, what: String, labels: &Labels) {
        self.told.entry(what).or_default().insert(format!("{}{}", alert::name(labels), alert::about(labels)));
    }
}

/// How many alerts a note names.
const NAMED: usize = 5;

impl Samples {
    /// Since when the condition was true at that time.
    fn active_at(&self, at: i64) -> Option<i64> {
        let (_, active) = self.active.range(..=at).next_back()?;
        (*active <= at).then_some(*active)
    }
}

/// Stretches without a gap, first and last. A gap in which the condition stayed true is none.
fn stretches(samples: &Samples, step: Option<i64>) -> Vec<(i64, i64)> {
    let mut out: Vec<(i64, i64)> = Vec::new();
    for at in samples.firing.iter().copied() {
        if let Some((_, last)) = out.last_mut() {
            let is_next = step.is_some_and(|step| at - *last <= step + step / 2);
            let before = samples.active_at(*last);
            if is_next || (before.is_some() && before == samples.active_at(at)) {
                *last = at;
                continue;
            }
        }
        out.push((at, at));
    }
    out
}

fn differences(times: &BTreeSet<i64>) -> impl Iterator<Item = i64> {
    times.iter().zip(times.iter().skip(1)).map(|(one, next)| next - one)
}

/// The difference that is between most samples.
fn step_of(differences: impl Iterator<Item = i64>) -> Option<i64> {
    let mut all: Vec<i64> = differences.collect();
    all.sort_unstable();
    all.get(all.len() / 2).copied()
}

/// Seconds with a fraction as milliseconds.
fn milliseconds(text: &str) -> Option<i64> {
    let seconds: f64 = text.parse().ok()?;
    // Beyond this no instant is.
    #[allow(clippy::cast_possible_truncation, reason = "the range is checked")]
    (seconds.abs() < 2.0e11).then_some((seconds * 1000.0).round() as i64)
}
