//! What one source tells of one thing in several events: a deploy's beginning and its end, a workflow's run and
//! the deployment that it made, an alert and the line about it in the alert's own log.
//!
//! What does not live here: what several sources tell of one thing (`things`).

use std::collections::{BTreeMap, HashMap};

use jiff::SignedDuration;

use super::about::one_repository;
use super::{Telling, Thing, detail};
use crate::evidence::derive;
use crate::evidence::event::{Event, Kind};
use crate::evidence::phrases::Outcome;
use crate::evidence::select::subject;

/// Within which time a deploy that began ends.
pub(super) const LONGEST_DEPLOY: SignedDuration = SignedDuration::from_hours(2);
/// How far from an alert's own event the line of its log is.
const SAME_LINE: SignedDuration = SignedDuration::from_secs(1);
/// How many of one name are looked at: what is told more often within hours is named too vaguely.
const MANY: usize = 64;

/// Puts together what belongs together; the tellings are by time.
pub(super) fn of_one_source(tellings: Vec<Telling<'_>>) -> Vec<Thing<'_>> {
    let mut same = Same { of: (0..tellings.len()).collect() };
    ends(&tellings, &mut same);
    runs(&tellings, &mut same);
    log_lines(&tellings, &mut same);
    let mut together: BTreeMap<usize, Vec<Telling<'_>>> = BTreeMap::new();
    for (index, telling) in tellings.into_iter().enumerate() {
        together.entry(same.first(index)).or_default().push(telling);
    }
    let mut things: Vec<Thing<'_>> = together.into_values().map(Thing::of).collect();
    things.sort_by(|a, b| (a.lead().at, &a.lead().id).cmp(&(b.lead().at, &b.lead().id)));
    things
}

/// Which tellings are one: each knows another that it is one with, at last the first of them.
struct Same {
    of: Vec<usize>,
}

impl Same {
    fn first(&mut self, index: usize) -> usize {
        let mut at = index;
        while self.of[at] != at {
            self.of[at] = self.of[self.of[at]];
            at = self.of[at];
        }
        at
    }

    fn join(&mut self, one: usize, two: usize) {
        let (one, two) = (self.first(one), self.first(two));
        let (first, later) = (one.min(two), one.max(two));
        self.of[later] = first;
    }
}

fn is_deploy(event: &Event) -> bool {
    matches!(event.kind, Kind::Deploy | Kind::Rollback)
}

/// The beginning of a deploy and its end, by the thread in which a forge tells of both, else by the address or
/// by what it is a deploy of.
fn ends(tellings: &[Telling<'_>], same: &mut Same) {
    let mut by_thread: HashMap<&str, Vec<usize>> = HashMap::new();
    let mut by_words: HashMap<String, Vec<usize>> = HashMap::new();
    for (index, telling) in tellings.iter().enumerate().filter(|(_, telling)| is_deploy(telling.event)) {
        if telling.is_begun() {
            continue;
        }
        if let Some(thread) = &telling.event.thread {
            by_thread.entry(thread).or_default().push(index);
        }
        if telling.about.change.came == Some(Outcome::Done) {
            for name in names(telling.event) {
                by_words.entry(name).or_default().push(index);
            }
        }
    }
    for (index, telling) in tellings.iter().enumerate() {
        let event = telling.event;
        if !is_deploy(event) || !telling.is_begun() {
            continue;
        }
        let settles = event.thread.as_deref().filter(|_| event.details.contains_key("state"));
        let settles = settles.and_then(|thread| by_thread.get(thread));
        let settles = settles.and_then(|ends| first_after(ends, index));
        let end = settles.or_else(|| {
            if event.kind != Kind::Deploy {
                return None;
            }
            let is_end = |end: &usize| {
                let other = &tellings[*end];
                let urls = (derive::urls(&event.action).next(), derive::urls(&other.event.action).next());
                other.event.instant().duration_since(event.instant()) <= LONGEST_DEPLOY
                    && !matches!(urls, (Some(one), Some(two)) if one != two)
                    && telling.about.change.agrees(&other.about.change)
            };
            let ends = names(event).into_iter().filter_map(|name| by_words.get(&name));
            ends.filter_map(|ends| {
                let after = ends.partition_point(|end| *end <= index);
                ends[after..].iter().take(MANY).copied().find(is_end)
            })
            .min()
        });
        if let Some(end) = end {
            same.join(index, end);
        }
    }
}

/// By what the beginning and the end of a deploy are known as one: the address and what it is of.
fn names(event: &Event) -> Vec<String> {
    let url = derive::urls(&event.action).next().map(|url| format!("url {url}"));
    url.into_iter().chain(subject(&event.action).map(|words| format!("of {words}"))).collect()
}

fn first_after(ends: &[usize], index: usize) -> Option<usize> {
    ends.get(ends.partition_point(|end| *end <= index)).copied()
}

const RUNS: [&str; 2] = ["run", "pipeline"];

fn is_deployment(event: &Event) -> bool {
    event.thread.as_deref().is_some_and(|thread| thread.contains(":deployment:"))
}

/// Whether an event is of a workflow's run, which may have made a deployment that says where to.
pub(super) fn is_run(event: &Event) -> bool {
    !is_deployment(event) && RUNS.iter().any(|key| event.details.contains_key(*key))
}

/// The run or the pipeline of an event.
fn run_of(event: &Event) -> impl Iterator<Item = (&'static str, &str)> {
    RUNS.into_iter().map(|key| (key, detail(event, key))).filter(|(_, id)| !id.is_empty())
}

/// A workflow's run with the deployment that it made: of several the nearest that came as far.
fn runs(tellings: &[Telling<'_>], same: &mut Same) {
    let mut deployments: HashMap<(&str, &str), Vec<usize>> = HashMap::new();
    for (index, telling) in tellings.iter().enumerate() {
        if is_deployment(telling.event) {
            for (key, id) in run_of(telling.event) {
                deployments.entry((key, id)).or_default().push(index);
            }
        }
    }
    for (index, telling) in tellings.iter().enumerate().filter(|(_, telling)| is_run(telling.event)) {
        let event = telling.event;
        let of_run = run_of(event).filter_map(|run| deployments.get(&run));
        let came = telling.about.change.came;
        let tells = |other: &&usize| {
            let deployment = &tellings[**other];
            let as_far = came == deployment.about.change.came || came == Some(Outcome::Begun);
            as_far && one_repository(detail(event, "repository"), detail(deployment.event, "repository"))
        };
        let nearest = of_run.flatten().filter(tells).min_by_key(|other| {
            (event.instant().duration_since(tellings[**other].event.instant()).abs(), **other)
        });
        if let Some(nearest) = nearest {
            same.join(index, *nearest);
        }
    }
}

/// An alert and the line of its own log, which has no name in it: where only one alert can be meant.
fn log_lines(tellings: &[Telling<'_>], same: &mut Same) {
    let kinds = [Kind::AlertFiring, Kind::AlertResolved, Kind::Acknowledgement];
    let mut named: HashMap<(&str, Kind), Vec<usize>> = HashMap::new();
    let mut unnamed: HashMap<(&str, Kind), Vec<usize>> = HashMap::new();
    for (index, telling) in tellings.iter().enumerate() {
        let event = telling.event;
        // What a chat or a table holds was told by several.
        if kinds.contains(&event.kind) && !event.signals.bot && !event.details.contains_key("channel") {
            let by = if event.details.contains_key("alert") { &mut named } else { &mut unnamed };
            by.entry((event.source.as_str(), event.kind)).or_default().push(index);
        }
    }
    for (key, lines) in unnamed {
        let Some(alerts) = named.get(&key) else { continue };
        let near = |all: &[usize], index: usize| -> Vec<usize> {
            let at = tellings[index].event.instant();
            let from =
                all.partition_point(|other| at.duration_since(tellings[*other].event.instant()) > SAME_LINE);
            let within = |other: &&usize| tellings[**other].event.instant().duration_since(at) <= SAME_LINE;
            all[from..].iter().take_while(within).take(2).copied().collect()
        };
        for line in &lines {
            if let ([alert], [_]) = (&near(alerts, *line)[..], &near(&lines, *line)[..]) {
                same.join(*line, *alert);
            }
        }
    }
}
