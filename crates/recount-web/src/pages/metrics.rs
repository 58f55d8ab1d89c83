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

/// A family of metrics: how it is announced, and its samples.
struct Family<S> {
    name: &'static str,
    kind: &'static str,
    help: &'static str,
    samples: fn(&S) -> Vec<Sample>,
}

/// A value of a family.
struct Sample {
    /// What its name has behind the family's.
    suffix: &'static str,
    labels: Vec<(&'static str, String)>,
    value: String,
}

/// What the figures about the library are counted from.
struct Counted<'s> {
    shelf: &'s Shelf,
    all: Vec<(&'s Briefs, &'s Brief)>,
    today: Date,
}

/// What the figures about the server are counted from.
struct Running {
    hooks: Figures,
    traffic: Counts,
}

fn of_library<'s>() -> [Family<Counted<'s>>; 7] {
    [
        Family {
            name: "recount_info",
            kind: "gauge",
            help: "The version of the program; always 1.",
            samples: |_| vec![sample(&[("version", &env!("CARGO_PKG_VERSION"))], &1)],
        },
        Family {
            name: "recount_postmortems",
            kind: "gauge",
            help: "Postmortems by stage and severity; severity is none where it cannot be read.",
            samples: by_stage,
        },
        Family {
            name: "recount_postmortems_unfinished",
            kind: "gauge",
            help: "Postmortems that are not final, by stage and by days since the incident's end, else its start.",
            samples: by_age,
        },
        Family {
            name: "recount_action_items_open",
            kind: "gauge",
            help: "Action items on which work is still owed, by priority.",
            samples: |library| by_priority(library, &BriefItem::is_open),
        },
        Family {
            name: "recount_action_items_overdue",
            kind: "gauge",
            help: "Open action items that were due before today (UTC), by priority.",
            samples: |library| by_priority(library, &|item| item.is_overdue(library.today)),
        },
        Family {
            name: "recount_action_items_unverified",
            kind: "gauge",
            help: "Action items that are done and whose effect was not verified, by priority.",
            samples: |library| by_priority(library, &|item| item.status == Some(StatusKind::Done)),
        },
        Family {
            name: "recount_library_problems",
            kind: "gauge",
            help: "Files of the library that cannot be read.",
            samples: |library| vec![sample(&[], &library.shelf.records.problems.len())],
        },
    ]
}

const OF_SERVER: [Family<Running>; 6] = [
    Family {
        name: "recount_hooks_received_total",
        kind: "counter",
        help: "Webhooks that came in, by source and outcome.",
        samples: |running| {
            let counts = running.hooks.received.iter();
            counts
                .map(|((source, outcome), count)| sample(&[("source", source), ("outcome", outcome)], count))
                .collect()
        },
    },
    Family {
        name: "recount_webhooks_sent_total",
        kind: "counter",
        help: "Tries to send webhooks, by outcome: delivered, failed (tried again), given-up, dropped.",
        samples: |running| {
            let counts = running.hooks.sent.iter();
            counts.map(|(outcome, count)| sample(&[("outcome", outcome)], count)).collect()
        },
    },
    Family {
        name: "recount_webhooks_waiting",
        kind: "gauge",
        help: "Webhooks that wait to be sent, those that are tried again among them.",
        samples: |running| vec![sample(&[], &running.hooks.waiting)],
    },
    Family {
        name: "recount_webhooks_given_up",
        kind: "gauge",
        help: "Webhooks of the last 30 days that were given up.",
        samples: |running| vec![sample(&[], &running.hooks.given_up)],
    },
    Family {
        name: "recount_http_requests_total",
        kind: "counter",
        help: "Answers by method, route and status; without a route: addresses that lead nowhere.",
        samples: |running| {
            let counts = running.traffic.answers.iter();
            counts
                .map(|((method, route, status), count)| {
                    sample(&[("method", method), ("route", route), ("status", status)], count)
                })
                .collect()
        },
    },
    Family {
        name: "recount_http_request_duration_seconds",
        kind: "histogram",
        help: "From a request to the beginning of its answer, by route.",
        samples: durations,
    },
];

async fn metrics(State(site): State<Arc<Site>>) -> Response {
    let shelf = site.shelf();
    let today = site.today();
    let library = shelf.told.get_or(&today, |_| true, || library(&shelf, today));
    let running = Running { hooks: site.hooks.figures(), traffic: site.traffic.counts() };
    let text = OF_SERVER.iter().fold(library.as_ref().clone(), |text, family| text + &family.told(&running));
    ([(CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")], text).into_response()
}

/// What is told of the library: the same until it changes, or the day.
fn library(shelf: &Shelf, today: Date) -> String {
    let all = shelf.overview().each().map(|(_, briefs, brief)| (briefs, brief)).collect();
    let counted = Counted { shelf, all, today };
    of_library().iter().map(|family| family.told(&counted)).collect()
}

fn by_stage(library: &Counted<'_>) -> Vec<Sample> {
    let severities = [Severity::Sev0, Severity::Sev1, Severity::Sev2, Severity::Sev3].map(Some);
    let severities = || severities.into_iter().chain([None]);
    let kinds = [Stage::Draft, Stage::Review, Stage::Final];
    let kinds = kinds.into_iter().flat_map(|stage| severities().map(move |severity| (stage, severity)));
    kinds
        .map(|(stage, severity)| {
            let is_it = |brief: &Brief| brief.stage == stage && brief.severity == severity;
            let count = library.all.iter().filter(|(_, brief)| is_it(brief)).count();
            let severity = severity.map_or_else(|| "none".to_owned(), |severity| severity.to_string());
            sample(&[("stage", &stage), ("severity", &severity)], &count)
        })
        .collect()
}

/// Ages of what is not finished: the label, and the days that it goes up to.
const AGES: [(&str, i32); 5] =
    [("0-2d", 2), ("3-7d", 7), ("8-14d", 14), ("15-30d", 30), ("over-30d", i32::MAX)];

fn by_age(library: &Counted<'_>) -> Vec<Sample> {
    let mut samples = Vec::new();
    for stage in [Stage::Draft, Stage::Review] {
        let mut by_age = AGES.map(|_| 0);
        let mut undated = 0;
        for (_, brief) in library.all.iter().filter(|(_, brief)| brief.stage == stage) {
            let Some(since) = brief.resolved.or(brief.started) else {
                undated += 1;
                continue;
            };
            let days = (library.today - utc_day(since)).get_days();
            if let Some(age) = AGES.iter().position(|(_, most)| days <= *most) {
                by_age[age] += 1;
            }
        }
        let ages = AGES.iter().map(|(age, _)| *age).zip(by_age).chain([("unknown", undated)]);
        samples.extend(ages.map(|(age, count)| sample(&[("stage", &stage), ("age", &age)], &count)));
    }
    samples
}

fn by_priority(library: &Counted<'_>, is_it: &dyn Fn(&BriefItem) -> bool) -> Vec<Sample> {
    let mut counts: BTreeMap<Option<Priority>, usize> =
        [Some(Priority::P0), Some(Priority::P1), Some(Priority::P2), None].map(|of| (of, 0)).into();
    let items = library.all.iter().flat_map(|(briefs, brief)| briefs.items(brief));
    for item in items.filter(|item| is_it(item)) {
        *counts.entry(item.priority).or_default() += 1;
    }
    let name = |of: Option<Priority>| of.map_or_else(|| "none".to_owned(), |priority| priority.to_string());
    counts.into_iter().map(|(of, count)| sample(&[("priority", &name(of))], &count)).collect()
}

fn durations(running: &Running) -> Vec<Sample> {
    let mut samples = Vec::new();
    for (route, durations) in &running.traffic.durations {
        let mut within = 0;
        for (bound, count) in BOUNDS.iter().zip(durations.within) {
            within += count;
            samples.push(sample(&[("route", route), ("le", bound)], &within).behind("_bucket"));
        }
        samples.push(sample(&[("route", route), ("le", &"+Inf")], &durations.count).behind("_bucket"));
        samples.push(sample(&[("route", route)], &durations.sum).behind("_sum"));
        samples.push(sample(&[("route", route)], &durations.count).behind("_count"));
    }
    samples
}

fn sample(labels: &[(&'static str, &dyn Display)], value: &dyn Display) -> Sample {
    let labels = labels.iter().map(|(name, text)| (*name, text.to_string())).collect();
    Sample { suffix: "", labels, value: value.to_string() }
}

impl Sample {
    fn behind(self, suffix: &'static str) -> Self {
        Self { suffix, ..self }
    }
}

impl<S> Family<S> {
    /// In the text format: <https://prometheus.io/docs/instrumenting/exposition_formats/>.
    fn told(&self, of: &S) -> String {
        let Self { name, kind, help, samples } = self;
        let mut told = format!("# HELP {name} {help}\n# TYPE {name} {kind}\n");
        for Sample { suffix, labels, value } in samples(of) {
            let _ = write!(told, "{name}{suffix}");
            for (nth, (label, text)) in labels.iter().enumerate() {
                let text = text.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n");
                let open = if nth == 0 { '{' } else { ',' };
                // A string takes everything.
                let _ = write!(told, "{open}{label}=\"{text}\"");
            }
            let close = if labels.is_empty() { "" } else { "}" };
            let _ = writeln!(told, "{close} {value}");
        }
        told
    }
}
