//! What happens again and again: an alert that flaps, a command in the same words, a pod after pod of one
//! workload. It is said once, with how often and until when.
//!
//! What does not live here: what is told of one thing by several (`things`).

use std::collections::{BTreeMap, HashMap};

use jiff::{SignedDuration, Timestamp};

use super::about::Act;
use super::{Again, Thing, detail};
use crate::evidence::event::Kind;

/// How long an alert may be quiet and still be the one that flaps.
const FLAPS_WITHIN: SignedDuration = SignedDuration::from_hours(1);
/// How long after the last time something is done again.
const REPEATS_WITHIN: SignedDuration = SignedDuration::from_mins(30);
/// How often something is said before it is said once, with the count.
const OFTEN: usize = 3;
/// How many runs of one name are looked at.
const MANY: usize = 64;

/// Puts what happens again into the first of its kind; the things are by time.
pub(super) fn gathered(things: Vec<Thing<'_>>) -> Vec<Thing<'_>> {
    repeated(pods(flapping(things)))
}

/// Alerts that fire again and again: the first takes the others, and the times between at which the alert was
/// quiet.
fn flapping(things: Vec<Thing<'_>>) -> Vec<Thing<'_>> {
    let names = |thing: &Thing<'_>| {
        let about = thing.about();
        let number = about.number.as_ref().map(|number| format!("#{number}"));
        [Some(about.alert.clone()), number].into_iter().flatten().collect::<Vec<_>>()
    };
    gather(
        things,
        (FLAPS_WITHIN, OFTEN, Again::Times),
        |thing| {
            let act = thing.about().act;
            matches!(act, Act::Fires | Act::Resolves).then(|| (act == Act::Fires, names(thing)))
        },
        |first, thing| first.about().is_same_alert(thing.about()),
    )
}

/// What happens to one pod after the other of one replica set, or of one stateful set.
fn pods(things: Vec<Thing<'_>>) -> Vec<Thing<'_>> {
    let pod = |thing: &Thing<'_>| detail(thing.lead(), "object").strip_prefix("pod ").map(str::to_owned);
    gather(
        things,
        (REPEATS_WITHIN, 2, Again::Pods),
        |thing| {
            let reason = detail(thing.lead(), "reason");
            let owner = pod(thing).filter(|_| !reason.is_empty() && thing.again.is_empty())?;
            Some((true, vec![format!("{reason} {}", owner_of(&owner)?)]))
        },
        |first, thing| {
            // A pod to which it happens twice is not two of them.
            let of = std::iter::once(first).chain(&first.again);
            first.lead().source == thing.lead().source && of.into_iter().all(|one| pod(one) != pod(thing))
        },
    )
}

/// The replica set or stateful set of a pod by its name: without the last part, which is five random letters or
/// a number.
fn owner_of(pod: &str) -> Option<&str> {
    let (owner, last) = pod.rsplit_once('-')?;
    // The letters that Kubernetes makes names of: no vowels, and nothing that looks like another.
    let random = last.len() == 5 && last.bytes().all(|b| b"bcdfghjklmnpqrstvwxz2456789".contains(&b));
    let ordinal = last.bytes().all(|b| b.is_ascii_digit()) && last.len() <= 3;
    (random || ordinal).then_some(owner)
}

/// What a program or a person does again and again in the same words.
fn repeated(things: Vec<Thing<'_>>) -> Vec<Thing<'_>> {
    gather(
        things,
        (REPEATS_WITHIN, OFTEN, Again::Times),
        |thing| {
            let event = thing.lead();
            let is_doing = match event.kind {
                Kind::Page => thing.about().act == Act::Escalates,
                Kind::Command | Kind::Scaling | Kind::ConfigChange | Kind::Deploy => true,
                _ => false,
            };
            (is_doing && thing.again.is_empty()).then(|| (true, vec![without_numbers(&event.action)]))
        },
        |first, thing| {
            let (one, two) = (first.lead(), thing.lead());
            one.kind == two.kind && one.source == two.source && one.actor == two.actor
        },
    )
}

/// Puts things that repeat an earlier one into it, where that happens often. `key` says whether a thing can
/// begin such a run (or only belong into one) and which names must agree; `None` leaves it alone.
fn gather<'a>(
    things: Vec<Thing<'a>>,
    (within, often, why): (SignedDuration, usize, Again),
    key: impl Fn(&Thing<'a>) -> Option<(bool, Vec<String>)>,
    same: impl Fn(&Thing<'a>, &Thing<'a>) -> bool,
) -> Vec<Thing<'a>> {
    struct Run {
        members: Vec<usize>,
        begins: usize,
        last: Timestamp,
    }
    let mut runs: Vec<Run> = Vec::new();
    let mut found: HashMap<String, Vec<usize>> = HashMap::new();
    for (index, thing) in things.iter().enumerate() {
        let Some((begins, names)) = key(thing) else { continue };
        let near =
            names.iter().filter_map(|name| found.get(name)).flat_map(|runs| runs.iter().rev().take(MANY));
        let goes_on = |run: &&usize| {
            let run = &runs[**run];
            same(&things[run.members[0]], thing) && thing.at().duration_since(run.last) <= within
        };
        match near.filter(goes_on).max().copied() {
            Some(run) => {
                runs[run].members.push(index);
                runs[run].begins += usize::from(begins);
                runs[run].last = thing.at();
            }
            None if begins => {
                for name in names {
                    found.entry(name).or_default().push(runs.len());
                }
                runs.push(Run { members: vec![index], begins: 1, last: thing.at() });
            }
            None => {}
        }
    }
    let mut into: BTreeMap<usize, usize> = BTreeMap::new();
    for run in runs.iter().filter(|run| run.begins >= often) {
        into.extend(run.members[1..].iter().map(|member| (*member, run.members[0])));
    }
    let mut kept: Vec<Option<Thing<'a>>> = things.into_iter().map(Some).collect();
    for (member, first) in into {
        let taken = kept[member].take();
        if let (Some(first), Some(taken)) = (kept[first].as_mut(), taken) {
            first.why_again = why;
            first.again.push(taken);
        }
    }
    kept.into_iter().flatten().collect()
}

/// Words without the numbers and hashes in them: `pod-7f9c` and `pod-81ab` are the same again.
fn without_numbers(text: &str) -> String {
    let words = text.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty());
    words
        .filter(|word| !word.bytes().any(|b| b.is_ascii_digit()))
        .collect::<Vec<_>>()
        .join(" ")
        .to_lowercase()
}
