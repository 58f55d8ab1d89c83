//! What is one thing and was told several times: by the alert, the page and the chat's bot at once, by a
//! deploy's beginning and its end, or by an alert that flaps thirty times. Together they are one row, with a
//! count, a range and a link to each.
//!
//! What does not live here: which events belong in the timeline at all (`select`), and how a row is written
//! (`row`). What people say is never joined: two people saying the same are two events.
//!
//! There is one way: `about` says what each event is about and under which names it is found, `acts` puts
//! together what one source tells of one thing, `things` what several sources do, `repeats` what happens again.
//! A wrong join is worse than a missed one: nothing is joined of which both sides say something that differs.

mod about;
mod acts;
mod deed;
mod repeats;
mod things;

use std::collections::BTreeSet;

use jiff::Timestamp;

use super::derive;
use super::event::{Event, Kind, Precision};
use super::phrases::Outcome;
use super::plain::letters_and_digits as plain;
use super::row;
use about::{About, Act, Alerts};

/// Events that are one thing.
#[derive(Clone, Debug)]
pub(super) struct Joined<'a> {
    /// The one whose row it is: the row is at its instant and has its name.
    pub(super) lead: &'a Event,
    /// The lead as it is best told with what the others know.
    pub(super) told: Event,
    /// The others, by time, each with what it is to the lead.
    pub(super) others: Vec<(&'a Event, String)>,
}

/// Joins the changes among events that are in time order: what several tell of one merge, deploy or command.
/// Only groups of two and more are given.
pub(super) fn changes<'a>(events: &[&'a Event]) -> Vec<Joined<'a>> {
    let alerts = Alerts::of(&[]);
    let tellings: Vec<Telling<'a>> = events
        .iter()
        .filter(|event| event.kind.is_change())
        .map(|event| Telling::of(event, &alerts))
        .collect();
    finished(things::told_by_several(acts::of_one_source(tellings)))
}

/// Joins all else among events that are in time order, and what happens again and again; of changes that are
/// one, only the lead is among them.
pub(super) fn others<'a>(events: &[&'a Event]) -> Vec<Joined<'a>> {
    let alerts = Alerts::of(events);
    let tellings = |is_change: bool| -> Vec<Telling<'a>> {
        let wanted =
            events.iter().filter(|event| event.kind.is_change() == is_change && event.kind != Kind::Message);
        wanted.map(|event| Telling::of(event, &alerts)).collect()
    };
    let mut all = things::told_by_several(acts::of_one_source(tellings(false)));
    all.extend(tellings(true).into_iter().map(Thing::alone));
    all.sort_by(|a, b| (a.lead().at, &a.lead().id).cmp(&(b.lead().at, &b.lead().id)));
    finished(repeats::gathered(all))
}

fn finished(things: Vec<Thing<'_>>) -> Vec<Joined<'_>> {
    things.into_iter().filter(|thing| thing.size() > 1).map(Thing::joined).collect()
}

/// One event, with what it is about.
struct Telling<'a> {
    event: &'a Event,
    about: About,
}

impl<'a> Telling<'a> {
    fn of(event: &'a Event, alerts: &Alerts<'_>) -> Self {
        Self { event, about: About::of(event, alerts) }
    }

    /// Whether it tells only that something began.
    fn is_begun(&self) -> bool {
        self.about.change.came == Some(Outcome::Begun)
    }
}

/// Why groups are the same thing again.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Again {
    /// It happened so many times.
    #[default]
    Times,
    /// It happened to so many pods of one workload.
    Pods,
}

/// What one or several events tell of.
struct Thing<'a> {
    /// Those that tell of it, by time.
    tellings: Vec<Telling<'a>>,
    /// The one whose row it is.
    lead: usize,
    /// Groups that are the same thing again.
    again: Vec<Thing<'a>>,
    why_again: Again,
}

impl<'a> Thing<'a> {
    fn alone(telling: Telling<'a>) -> Self {
        Self { tellings: vec![telling], lead: 0, again: Vec::new(), why_again: Again::default() }
    }

    /// Several tellings of one thing.
    fn of(mut tellings: Vec<Telling<'a>>) -> Self {
        tellings.sort_by(|a, b| (a.event.at, &a.event.id).cmp(&(b.event.at, &b.event.id)));
        let mut thing = Self { tellings, lead: 0, again: Vec::new(), why_again: Again::default() };
        thing.lead = thing.best();
        thing
    }

    fn lead(&self) -> &'a Event {
        self.tellings[self.lead].event
    }

    fn about(&self) -> &About {
        &self.tellings[self.lead].about
    }

    fn at(&self) -> Timestamp {
        self.lead().instant()
    }

    fn size(&self) -> usize {
        self.tellings.len() + self.again.iter().map(Self::size).sum::<usize>()
    }

    /// Which telling is the thing's row: of a merge the one that knows the commit, of a deploy the first that
    /// says that it is done, of what a person ran the command; else the first.
    fn best(&self) -> usize {
        let rank = |telling: &Telling<'_>| match telling.about.act {
            Act::Enters => {
                let knows = telling.about.change.knows_commit();
                (!knows, knows && !telling.event.details.contains_key("title"))
            }
            Act::Changes(_) if deed::command(telling.event).is_some() => (false, false),
            Act::Changes(Kind::Deploy | Kind::Rollback) => (telling.is_begun(), acts::is_run(telling.event)),
            Act::Changes(_) => (false, true),
            _ => (false, false),
        };
        // The first of those that rank best.
        (0..self.tellings.len()).min_by_key(|index| (rank(&self.tellings[*index]), *index)).unwrap_or(0)
    }

    fn joined(self) -> Joined<'a> {
        let lead = self.lead();
        let act = self.about().act;
        let mut told = self.best_told();
        let index = self.lead;
        let mut others: Vec<(&Event, String)> = Vec::new();
        for (_, telling) in self.tellings.iter().enumerate().filter(|(at, _)| *at != index) {
            let why = if telling.is_begun() && !self.tellings[index].is_begun() {
                format!("the beginning of what ended at {}", clock(lead.instant()))
            } else {
                format!("the same as told by {} at {}", lead.source, clock(lead.instant()))
            };
            others.push((telling.event, why));
        }
        let same = |thing: &&Thing<'_>| thing.about().act == act;
        let (times, what) = match self.why_again {
            Again::Times => (1 + self.again.iter().filter(same).count(), "times"),
            Again::Pods => {
                let pods =
                    std::iter::once(&self).chain(&self.again).map(|thing| detail(thing.lead(), "object"));
                (pods.collect::<BTreeSet<_>>().len(), "pods")
            }
        };
        if let Some(last) = self.again.iter().rfind(same) {
            let until = last.at();
            let settled = self.again.last().filter(|thing| thing.about().act == Act::Resolves);
            let settled =
                settled.map_or_else(String::new, |thing| format!(", resolved at {}", clock(thing.at())));
            let result = format!("{times} {what} until {}{settled}", clock(until));
            told.result = if told.result.is_empty() { result } else { format!("{}; {result}", told.result) };
            told.details.insert("count".into(), times.to_string());
            told.details.insert("until".into(), until.to_string());
        }
        for thing in self.again {
            let why = if thing.about().act == act {
                format!("one of {times} {what} from {}", clock(lead.instant()))
            } else {
                format!("it ended one of {times} times from {}", clock(lead.instant()))
            };
            others.extend(thing.tellings.into_iter().map(|telling| (telling.event, why.clone())));
        }
        others.sort_by(|(a, _), (b, _)| (a.at, &a.id).cmp(&(b.at, &b.id)));
        Joined { lead, told, others }
    }

    /// The lead with the words of whoever tells it best, and all that is known of it.
    fn best_told(&self) -> Event {
        let lead = self.lead();
        let rank = |event: &Event| (event.signals.bot, event.kind == Kind::Page);
        let mut told = lead.clone();
        // The beginning has no words for the end.
        let ended =
            self.tellings.iter().filter(|telling| telling.is_begun() == self.tellings[self.lead].is_begun());
        if let Some(best) = ended.map(|telling| telling.event).min_by_key(|event| rank(event))
            && rank(best) < rank(lead)
        {
            told.actor.clone_from(&best.actor);
            told.action.clone_from(&best.action);
            told.signals = best.signals.clone();
        }
        for other in self.tellings.iter().map(|telling| telling.event) {
            if told.link.is_none() {
                told.link.clone_from(&other.link);
                told.link_label.clone_from(&other.link_label);
            }
            for (name, value) in &other.details {
                told.details.entry(name.clone()).or_insert_with(|| value.clone());
            }
            if told.result.is_empty() {
                told.result.clone_from(&other.result);
            }
        }
        self.name_merge(&mut told);
        told
    }

    /// A log knows the moment of a merge, a program in chat the title: `Merged #88: Cache carts`.
    fn name_merge(&self, told: &mut Event) {
        let lead = self.lead();
        if self.about().act != Act::Enters || lead.kind != Kind::Merge || lead.details.contains_key("title") {
            return;
        }
        let (Some(number), Some(title)) = (told.details.get("request"), told.details.get("title")) else {
            return;
        };
        told.action = format!("Merged #{number}: {title}");
        if lead.link.is_none() {
            // The address of the request itself is worth more than that of who told of it.
            let urls = self.tellings.iter().flat_map(|telling| derive::urls(&telling.event.action));
            if let Some(url) = urls.into_iter().next() {
                told.link = Some(url.to_owned());
                told.link_label = format!("#{number}");
            }
        }
    }
}

fn detail<'e>(event: &'e Event, name: &str) -> &'e str {
    event.details.get(name).map_or("", String::as_str)
}

/// A name without the owner, the namespace or the path before it.
fn short(name: &str) -> String {
    plain(name.rsplit('/').next().unwrap_or(name))
}

/// The clock of an instant, to the minute.
fn clock(at: Timestamp) -> String {
    row::time(at, Precision::Minute).split(' ').nth(1).unwrap_or_default().to_owned()
}

#[cfg(test)]
mod tests;
