//! What several sources tell of one thing, within the time in which they tell of it.
//!
//! What does not live here: by what two events are compared (`about`), and what happens again (`repeats`).

use std::collections::HashMap;

use jiff::SignedDuration;

use super::about::{Act, Change, Form, person};
use super::acts::LONGEST_DEPLOY;
use super::{Telling, Thing, plain};
use crate::evidence::event::{Event, Kind};
use crate::evidence::phrases::Outcome;

/// Within which time several sources tell of the same alert, page, acknowledgement or milestone.
const SAME_MOMENT: SignedDuration = SignedDuration::from_mins(5);
/// Within which time they tell of the same change: a deploy is reported when it begins and when it ends.
const SAME_CHANGE: SignedDuration = SignedDuration::from_mins(30);
/// Within which time they tell of a deploy of the same service where nothing else names it.
const SAME_SERVICE: SignedDuration = SignedDuration::from_mins(10);
/// Within which time a command and the record of what it did are.
const SAME_COMMAND: SignedDuration = SignedDuration::from_mins(1);
/// Within which time two logs of one machine have one line.
const SAME_LINE: SignedDuration = SignedDuration::from_secs(1);
/// How many things of one name are looked at: what is told more often within hours is named too vaguely.
const MANY: usize = 64;

/// Joins things that are by time.
pub(super) fn told_by_several(things: Vec<Thing<'_>>) -> Vec<Thing<'_>> {
    let rivals = Rivals::of(&things);
    let mut groups: Vec<Group<'_>> = Vec::new();
    // By name, the groups that are found under it, by time.
    let mut found: HashMap<String, Vec<usize>> = HashMap::new();
    for thing in things {
        let keys: Vec<String> =
            thing.tellings.iter().flat_map(|telling| telling.about.keys.clone()).collect();
        let mut near: Vec<usize> = Vec::new();
        for key in &keys {
            let of_key = found.get(key).into_iter().flatten().rev().take(MANY).copied();
            near.extend(
                of_key.filter(|index| thing.at().duration_since(groups[*index].first.at()) <= LONGEST_DEPLOY),
            );
        }
        // The last one counts: what was told since is nearer.
        near.sort_unstable_by(|a, b| b.cmp(a));
        near.dedup();
        let same = near.into_iter().find(|index| groups[*index].is_told_by(&thing, &rivals));
        let index = same.unwrap_or(groups.len());
        for key in keys {
            let of_key = found.entry(key).or_default();
            if of_key.last() != Some(&index) {
                of_key.push(index);
            }
        }
        match same {
            Some(index) => groups[index].take(thing),
            None => groups.push(Group::of(thing)),
        }
    }
    let mut things: Vec<Thing<'_>> = groups.into_iter().map(Group::thing).collect();
    things.sort_by(|a, b| (a.lead().at, &a.lead().id).cmp(&(b.lead().at, &b.lead().id)));
    things
}

/// Things that are one.
struct Group<'a> {
    first: Thing<'a>,
    more: Vec<Thing<'a>>,
    /// What is known of the alert's service by any of them.
    service: String,
    number: Option<String>,
}

impl<'a> Group<'a> {
    fn of(first: Thing<'a>) -> Self {
        let (service, number) = (first.about().service.clone(), first.about().number.clone());
        Self { first, more: Vec::new(), service, number }
    }

    fn take(&mut self, thing: Thing<'a>) {
        // The one who knows the service says it for all.
        if self.service.is_empty() {
            self.service.clone_from(&thing.about().service);
        }
        self.number = self.number.take().or_else(|| thing.about().number.clone());
        self.more.push(thing);
    }

    fn thing(self) -> Thing<'a> {
        if self.more.is_empty() {
            return self.first;
        }
        let more = self.more.into_iter().flat_map(|thing| thing.tellings);
        let mut thing = Thing::of(self.first.tellings.into_iter().chain(more).collect());
        let about = &mut thing.tellings[thing.lead].about;
        about.service = self.service;
        about.number = self.number;
        thing
    }

    fn tellings(&self) -> impl Iterator<Item = &Telling<'a>> + Clone {
        self.first.tellings.iter().chain(self.more.iter().flat_map(|thing| &thing.tellings))
    }

    /// Whether a thing is this group's, told once more.
    fn is_told_by(&self, thing: &Thing<'_>, rivals: &Rivals) -> bool {
        let (mine, other) = (self.first.about(), thing.about());
        let since = thing.at().duration_since(self.first.at()).abs();
        if mine.act == Act::Enters && other.act == Act::Enters {
            // A request is merged once, whoever says it how often.
            let all = || self.tellings().flat_map(|one| thing.tellings.iter().map(move |two| (one, two)));
            let repeats =
                |one: &Telling<'_>, two: &Telling<'_>| one.about.change.enters_as(&two.about.change);
            return since <= SAME_CHANGE
                && all().any(|(one, two)| repeats(one, two))
                && all().all(|(one, two)| !contradicts(&one.about.change, &two.about.change));
        }
        // A source tells of a thing once; what it says twice happened twice.
        let by_itself =
            self.tellings().any(|one| thing.tellings.iter().any(|two| same_teller(one.event, two.event)));
        if by_itself {
            return false;
        }
        if self.is_same_deed(thing, since) {
            return true;
        }
        if mine.act != other.act {
            return false;
        }
        let event = thing.lead();
        match other.act {
            Act::Fires | Act::Resolves | Act::Escalates => since <= SAME_MOMENT && self.is_same_alert(thing),
            Act::Acknowledges => {
                let one = person(event);
                let same: Vec<bool> = self
                    .tellings()
                    .filter_map(|other| person(other.event))
                    .map(|other| one.is_none_or(|one| one == other))
                    .collect();
                // Who takes two alerts on within minutes took two on.
                let is_named = |event: &Event| event.details.contains_key("alert");
                let may_be = !(is_named(event) && self.tellings().any(|other| is_named(other.event)))
                    && self.number.as_ref().zip(other.number.as_ref()).is_none_or(|(one, two)| one == two);
                since <= SAME_MOMENT
                    && same.iter().all(|same| *same)
                    && (self.is_same_alert(thing) || may_be && one.is_some() && !same.is_empty())
            }
            Act::Updates => {
                since <= SAME_MOMENT && self.tellings().any(|other| same_words(other.event, event))
            }
            Act::Marks(_) | Act::Declares => {
                let of_another = |other: &Telling<'_>| {
                    let (one, two) = (&other.about.service, &thing.about().service);
                    other.event.source != event.source && (one.is_empty() || two.is_empty() || one == two)
                };
                since <= SAME_MOMENT && self.tellings().all(of_another)
            }
            Act::Logs => {
                let is_other = |other: &Telling<'_>| other.event.source != event.source;
                since <= SAME_LINE && self.tellings().all(is_other)
            }
            Act::Changes(Kind::Command) | Act::Enters | Act::Other => false,
            Act::Changes(_) => self.is_same_change(thing, since, rivals),
        }
    }

    fn is_same_alert(&self, thing: &Thing<'_>) -> bool {
        let (mine, other) = (self.first.about(), thing.about());
        let one_incident = self.number.is_some() && self.number == other.number;
        let service = self.service.is_empty() || other.service.is_empty() || self.service == other.service;
        one_incident || mine.alert == other.alert && service
    }

    /// Whether both are the deed of a command and the record of it, or of one flag.
    fn is_same_deed(&self, thing: &Thing<'_>, since: SignedDuration) -> bool {
        let of_flag =
            |telling: &Telling<'_>| telling.about.deed.names.iter().any(|name| name.starts_with("flag "));
        let within = |one: &Telling<'_>, two: &Telling<'_>| {
            since <= if of_flag(one) && of_flag(two) { SAME_MOMENT } else { SAME_COMMAND }
        };
        let all = || self.tellings().flat_map(|one| thing.tellings.iter().map(move |two| (one, two)));
        let people_agree = |(one, two): (&Telling<'_>, &Telling<'_>)| {
            let (one, two) = (&one.event.actor, &two.event.actor);
            // Two who are on the roster are two.
            !(one.starts_with('@') && two.starts_with('@') && one != two)
        };
        all().any(|(one, two)| within(one, two) && one.about.is_same_deed(&two.about))
            && all().all(|(one, two)| one.about.deed.agrees(&two.about.deed))
            && all().all(people_agree)
    }

    fn is_same_change(&self, thing: &Thing<'_>, since: SignedDuration, rivals: &Rivals) -> bool {
        let all = || self.tellings().flat_map(|one| thing.tellings.iter().map(move |two| (one, two)));
        if !all().all(|(one, two)| one.about.change.agrees(&two.about.change)) {
            return false;
        }
        // What only began is told before it ends, however long that takes.
        let begun = |thing: &Thing<'_>| thing.tellings.iter().all(Telling::is_begun);
        let limit = if begun(&self.first) { LONGEST_DEPLOY } else { SAME_CHANGE };
        let named = all().any(|(one, two)| one.about.change.is_named_as(&two.about.change));
        if named {
            return since <= limit;
        }
        let service = &thing.about().change.service;
        // Some say no more than a name: what is deployed where must be said by one of them, or by the cluster.
        let is_placed = |telling: &Telling<'_>| {
            !telling.about.change.environment.is_empty() || telling.event.details.contains_key("object")
        };
        self.tellings().chain(&thing.tellings).any(is_placed)
            && matches!(thing.about().act, Act::Changes(Kind::Deploy | Kind::Rollback))
            && !service.is_empty()
            && since <= SAME_SERVICE
            && self.tellings().any(|one| one.about.change.service == *service)
            && all().all(|(one, two)| one.about.change.can_be_of_one_version(&two.about.change))
            && !rivals.are_near(thing)
    }
}

/// Whether two say of what is one merge that it is of two commits.
fn contradicts(one: &Change, two: &Change) -> bool {
    one.knows_commit() && two.knows_commit() && !one.enters_as(two)
}

/// Deploys of each service, by time: where two versions or two environments of one service go out within
/// minutes, a telling that names neither is of one or of the other.
struct Rivals {
    of: HashMap<(Kind, String), Vec<Rival>>,
}

struct Rival {
    at: jiff::Timestamp,
    hash: String,
    number: String,
    environment: String,
    failed: bool,
}

impl Rivals {
    fn of(things: &[Thing<'_>]) -> Self {
        let mut of: HashMap<(Kind, String), Vec<Rival>> = HashMap::new();
        for thing in things {
            let (Act::Changes(kind), change) = (thing.about().act, &thing.about().change) else { continue };
            if !matches!(kind, Kind::Deploy | Kind::Rollback) || change.service.is_empty() {
                continue;
            }
            let (hash, number) = match change.version() {
                Some((Form::Hash, hash)) => (hash.to_owned(), String::new()),
                Some((Form::Number, number)) => (String::new(), number.to_owned()),
                None => (String::new(), String::new()),
            };
            of.entry((kind, change.service.clone())).or_default().push(Rival {
                at: thing.at(),
                hash,
                number,
                environment: change.environment.clone(),
                failed: change.came == Some(Outcome::Refused),
            });
        }
        Self { of }
    }

    /// Whether several different ones are so near that a thing could be any of them.
    fn are_near(&self, thing: &Thing<'_>) -> bool {
        let Act::Changes(kind) = thing.about().act else { return false };
        let Some(all) = self.of.get(&(kind, thing.about().change.service.clone())) else { return false };
        let from = all.partition_point(|rival| thing.at().duration_since(rival.at) > SAME_SERVICE);
        let near =
            || all[from..].iter().take_while(|rival| rival.at.duration_since(thing.at()) <= SAME_SERVICE);
        let differ = |of: fn(&Rival) -> &str| {
            let mut said = near().map(of).filter(|text| !text.is_empty());
            said.next().is_some_and(|first| said.any(|other| other != first))
        };
        differ(|rival| &rival.hash)
            || differ(|rival| &rival.number)
            || differ(|rival| &rival.environment)
            || near().any(|rival| rival.failed)
    }
}

/// Whether two events come from the same reporter: the same source and, in a chat, the same channel.
fn same_teller(one: &Event, two: &Event) -> bool {
    one.source == two.source
        && one.details.get("channel") == two.details.get("channel")
        && one.details.get("fingerprint") == two.details.get("fingerprint")
}

fn same_words(one: &Event, two: &Event) -> bool {
    let (one, two) = (plain(&one.action), plain(&two.action));
    one.len().min(two.len()) >= 12 && (one.contains(&two) || two.contains(&one))
}
