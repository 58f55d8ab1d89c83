//! What machines ask of the server: whether it is well, and figures to alert on, in the text format of Prometheus.
//!
//! What does not live here: counting requests (`traffic`), and figures for people (`insights`).

use std::collections::BTreeMap;
use std::fmt::{Display, Write as _};
use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use jiff::civil::Date;
use recount_engine::document::Stage;
use recount_engine::document::value::priority::Priority;
use recount_engine::document::value::severity::Severity;
use recount_engine::document::value::status::StatusKind;
use recount_engine::document::value::time::utc_day;
use recount_engine::insights::brief::{Brief, BriefItem, Briefs};
use serde::Serialize;

use super::Page as PageDefinition;
use crate::hooks::Figures;
use crate::shelf::Shelf;
use crate::site::Site;
use crate::traffic::{BOUNDS, Counts};

pub(super) const PAGE: PageDefinition = PageDefinition {
    navigation: None,
    routes: |router| router.route("/health", get(health)).route("/metrics", get(metrics)),
};

/// Whether the server is well.
#[derive(Serialize)]
struct Health {
    /// Whether it answers from a library.
    ok: bool,
    /// How many postmortems that has.
    postmortems: usize,
    /// How many of its files cannot be read.
    problems: usize,
    /// The version of the program.
    version: &'static str,
}

async fn health(State(site): State<Arc<Site>>) -> Json<Health> {
    let shelf = site.shelf();
    Json(Health {
        ok: true,
        postmortems: shelf.records.known.len(),
        problems: shelf.records.problems.len(),
        version: env!("CARGO_PKG_VERSION"),
    })
}

/// A metric: its name, its type, and what it says.
struct Metric {
    name: &'static str,
    kind: &'static str,
    help: &'static str,
}

const INFO: Metric =
    Metric { name: "recount_info", kind: "gauge", help: "The version of the program; always 1." };
const REQUESTS: Metric = Metric {
    name: "recount_http_requests_total",
    kind: "counter",
    help: "Answers by method, route and status; without a route: addresses that lead nowhere.",
};
const DURATION: Metric = Metric {
    name: "recount_http_request_duration_seconds",
    kind: "histogram",
    help: "From a request to the beginning of its answer, by route.",
};
const POSTMORTEMS: Metric = Metric {
    name: "recount_postmortems",
    kind: "gauge",
    help: "Postmortems by stage and severity; severity is none where it cannot be read.",
};
const UNFINISHED: Metric = Metric {
    name: "recount_postmortems_unfinished",
    kind: "gauge",
    help: "Postmortems that are not final, by stage and by days since the incident's end, else its start.",
};
const OPEN: Metric = Metric {
    name: "recount_action_items_open",
    kind: "gauge",
    help: "Action items on which work is still owed, by priority.",
};
const OVERDUE: Metric = Metric {
    name: "recount_action_items_overdue",
    kind: "gauge",
    help: "Open action items that were due before today (UTC), by priority.",
};
const UNVERIFIED: Metric = Metric {
    name: "recount_action_items_unverified",
    kind: "gauge",
    help: "Action items that are done and whose effect was not verified, by priority.",
};
const PROBLEMS: Metric = Metric {
    name: "recount_library_problems",
    kind: "gauge",
    help: "Files of the library that cannot be read.",
};

const HOOKS: Metric = Metric {
    name: "recount_hooks_received_total",
    kind: "counter",
    help: "Webhooks that came in, by source and outcome.",
};
const SENT: Metric = Metric {
    name: "recount_webhooks_sent_total",
    kind: "counter",
    help: "Tries to send webhooks, by outcome: delivered, failed (tried again), given-up, dropped.",
};
const WAITING: Metric = Metric {
    name: "recount_webhooks_waiting",
    kind: "gauge",
    help: "Webhooks that wait to be sent, those that are tried again among them.",
};
const GIVEN_UP: Metric = Metric {
    name: "recount_webhooks_given_up",
    kind: "gauge",
    help: "Webhooks of the last 30 days that were given up.",
};

/// Ages of what is not finished: the label, and the days that it goes up to.
const AGES: [(&str, i32); 5] =
    [("0-2d", 2), ("3-7d", 7), ("8-14d", 14), ("15-30d", 30), ("over-30d", i32::MAX)];

async fn metrics(State(site): State<Arc<Site>>) -> Response {
    let shelf = site.shelf();
    let today = site.today();
    let library = shelf.told.get_or(&today, |_| true, || library(&shelf, today));
    let mut text = Text(library.as_ref().clone());
    webhooks(&mut text, &site.hooks.figures());
    traffic(&mut text, &site.traffic.counts());
    ([(CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")], text.0).into_response()
}

/// What is told of the library: the same until it changes, or the day.
fn library(shelf: &Shelf, today: Date) -> String {
    let briefs: Vec<(&Briefs, &Brief)> =
        shelf.overview().each().map(|(_, briefs, brief)| (briefs, brief)).collect();
    let mut text = Text::default();
    text.begin(&INFO);
    text.value(INFO.name, &[("version", env!("CARGO_PKG_VERSION"))], 1);
    postmortems(&mut text, &briefs, today);
    actions(&mut text, &briefs, today);
    text.begin(&PROBLEMS);
    text.value(PROBLEMS.name, &[], shelf.records.problems.len());
    text.0
}

fn postmortems(text: &mut Text, all: &[(&Briefs, &Brief)], today: Date) {
    let severities = || {
        let known = [Severity::Sev0, Severity::Sev1, Severity::Sev2, Severity::Sev3].map(Some);
        known.into_iter().chain([None])
    };
    let stages = [Stage::Draft, Stage::Review, Stage::Final];
    text.begin(&POSTMORTEMS);
    for stage in stages {
        for severity in severities() {
            let is_it = |(_, brief): &&(&Briefs, &Brief)| brief.stage == stage && brief.severity == severity;
            let severity = severity.map_or_else(|| "none".to_owned(), |severity| severity.to_string());
            let count = all.iter().filter(is_it).count();
            text.value(POSTMORTEMS.name, &[("stage", &stage.to_string()), ("severity", &severity)], count);
        }
    }
    text.begin(&UNFINISHED);
    for stage in [Stage::Draft, Stage::Review] {
        let mut by_age = AGES.map(|_| 0);
        let mut undated = 0;
        for (_, brief) in all.iter().filter(|(_, brief)| brief.stage == stage) {
            let Some(since) = brief.resolved.or(brief.started) else {
                undated += 1;
                continue;
            };
            let days = (today - utc_day(since)).get_days();
            if let Some(age) = AGES.iter().position(|(_, most)| days <= *most) {
                by_age[age] += 1;
            }
        }
        let ages = AGES.iter().map(|(age, _)| *age).zip(by_age).chain([("unknown", undated)]);
        for (age, count) in ages {
            text.value(UNFINISHED.name, &[("stage", &stage.to_string()), ("age", age)], count);
        }
    }
}

fn actions(text: &mut Text, all: &[(&Briefs, &Brief)], today: Date) {
    let mut count = |metric: &Metric, is_it: &dyn Fn(&BriefItem) -> bool| {
        let mut counts: BTreeMap<Option<Priority>, usize> =
            [Some(Priority::P0), Some(Priority::P1), Some(Priority::P2), None].map(|of| (of, 0)).into();
        for item in all.iter().flat_map(|(briefs, brief)| briefs.items(brief)).filter(|item| is_it(item)) {
            *counts.entry(item.priority).or_default() += 1;
        }
        text.begin(metric);
        for (priority, count) in counts {
            let priority = priority.map_or_else(|| "none".to_owned(), |priority| priority.to_string());
            text.value(metric.name, &[("priority", &priority)], count);
        }
    };
    count(&OPEN, &BriefItem::is_open);
    count(&OVERDUE, &|item| item.is_overdue(today));
    count(&UNVERIFIED, &|item| item.status == Some(StatusKind::Done));
}

fn webhooks(text: &mut Text, figures: &Figures) {
    text.begin(&HOOKS);
    for ((source, outcome), count) in &figures.received {
        text.value(HOOKS.name, &[("source", source), ("outcome", outcome)], count);
    }
    text.begin(&SENT);
    for (outcome, count) in &figures.sent {
        text.value(SENT.name, &[("outcome", outcome)], count);
    }
    text.begin(&WAITING);
    text.value(WAITING.name, &[], figures.waiting);
    text.begin(&GIVEN_UP);
    text.value(GIVEN_UP.name, &[], figures.given_up);
}

fn traffic(text: &mut Text, counts: &Counts) {
    text.begin(&REQUESTS);
    for ((method, route, status), count) in &counts.answers {
        let labels = [("method", method.as_str()), ("route", route), ("status", &status.to_string())];
        text.value(REQUESTS.name, &labels, count);
    }
    text.begin(&DURATION);
    for (route, durations) in &counts.durations {
        let bucket = format!("{}_bucket", DURATION.name);
        let mut within = 0;
        for (bound, count) in BOUNDS.iter().zip(durations.within) {
            within += count;
            text.value(&bucket, &[("route", route), ("le", &bound.to_string())], within);
        }
        text.value(&bucket, &[("route", route), ("le", "+Inf")], durations.count);
        text.value(&format!("{}_sum", DURATION.name), &[("route", route)], durations.sum);
        text.value(&format!("{}_count", DURATION.name), &[("route", route)], durations.count);
    }
}

/// The text format: <https://prometheus.io/docs/instrumenting/exposition_formats/>.
#[derive(Default)]
struct Text(String);

impl Text {
    fn begin(&mut self, metric: &Metric) {
        let Metric { name, kind, help } = metric;
        // A string takes everything.
        let _ = write!(self.0, "# HELP {name} {help}\n# TYPE {name} {kind}\n");
    }

    fn value(&mut self, name: &str, labels: &[(&str, &str)], value: impl Display) {
        self.0.push_str(name);
        for (nth, (label, text)) in labels.iter().enumerate() {
            let text = text.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n");
            let open = if nth == 0 { '{' } else { ',' };
            let _ = write!(self.0, "{open}{label}=\"{text}\"");
        }
        if !labels.is_empty() {
            self.0.push('}');
        }
        let _ = writeln!(self.0, " {value}");
    }
}
