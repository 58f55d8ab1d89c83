//! What is one thing and was told several times: by the alert, the page and the chat's bot at once, or by an
//! alert that flaps thirty times. Together they are one row, with a count, a range and a link to each.
//!
//! What does not live here: which events belong in the timeline at all (`select`), and how a row is written
//! (`row`). What people say is never joined: two people saying the same are two events.

use std::collections::{BTreeMap, BTreeSet};

use jiff::{SignedDuration, Timestamp};

use super::event::{Event, Kind};
use super::plain::letters_and_digits as plain;
use super::row;
use super::select::{self, one_repository};

/// Within which time several sources tell of the same alert, page or acknowledgement.
const SAME_MOMENT: SignedDuration = SignedDuration::from_mins(5);
/// Within which time they tell of the same change: a deploy is reported when it begins and when it ends.
const SAME_CHANGE: SignedDuration = SignedDuration::from_mins(30);
/// How long an alert may be quiet and still be the one that flaps.
const FLAPS_WITHIN: SignedDuration = SignedDuration::from_hours(1);
/// How long after the last time something is done again.
const REPEATS_WITHIN: SignedDuration = SignedDuration::from_mins(30);
/// How often something is said before it is said once, with the count.
const OFTEN: usize = 3;

/// Events that are one thing.
#[derive(Clone, Debug)]
pub(super) struct Joined<'a> {
    /// The first of them: the row is at its instant and has its name.
    pub(super) lead: &'a Event,
    /// The lead as it is best told with what the others know.
    pub(super) told: Event,
    /// The others, by time, each with what it is to the lead.
    pub(super) others: Vec<(&'a Event, String)>,
}

/// Joins events that are in time order. Only groups of two and more are given.
pub(super) fn join<'a>(events: &[&'a Event]) -> Vec<Joined<'a>> {
    let mut groups: Vec<Group<'a>> = Vec::new();
    let alerts: BTreeSet<(&str, &str)> = events
        .iter()
        .filter_map(|event| Some((event.details.get("alert")?.as_str(), event.source.as_str())))
        .collect();
    for event in events.iter().copied().filter(|event| event.kind != Kind::Message) {
        let about = About::of(event, &alerts);
        let same = groups.iter().rposition(|group| group.is_told_by(event, &about));
        match same {
            Some(index) => {
                let group = &mut groups[index];
                group.tellings.push(event);
                // The one who knows the service says it for all.
                if group.about.service.is_empty() {
                    group.about.service = about.service;
                }
                group.about.number = group.about.number.take().or(about.number);
            }
            None => groups.push(Group { tellings: vec![event], about, again: Vec::new() }),
        }
    }
    let groups = flapping(groups);
    let groups = repeated(groups);
    groups.into_iter().filter(|group| group.size() > 1).map(Group::joined).collect()
}

/// What an event is about, as far as it can be compared.
struct About {
    /// What kind of act it is; a page is an alert that reached somebody, unless it is another try to.
    act: Kind,
    /// The alert's name.
    alert: String,
    service: String,
    /// The pager's number of the incident: `#412`.
    number: Option<String>,
}

impl About {
    /// `alerts` are the names of all alerts, each with a source that uses it.
    fn of(event: &Event, alerts: &BTreeSet<(&str, &str)>) -> Self {
        let act = match event.kind {
            Kind::Page if is_escalation(event) => Kind::Page,
            Kind::Page => Kind::AlertFiring,
            kind => kind,
        };
        let is_alert =
            matches!(act, Kind::AlertFiring | Kind::AlertResolved | Kind::Acknowledgement | Kind::Page);
        let words = || plain(&event.action);
        let alert = match event.details.get("alert") {
            // `HighErrorRate checkout eu-west` is what a pager calls the `HighErrorRate` of others.
            Some(name) => {
                let begins = |short: &str| {
                    let rest = name.strip_prefix(short);
                    rest.is_some_and(|rest| rest.starts_with(|c: char| c.is_whitespace() || c == ':'))
                };
                let others = alerts.iter().filter(|(_, source)| *source != event.source);
                let short = others.map(|(short, _)| *short).find(|short| begins(short));
                plain(short.unwrap_or(name))
            }
            // A pager's title holds the name of the alert that it was made of.
            None if is_alert => {
                let words = words();
                let held = |name: &String| name.len() > 4 && words.contains(name);
                let named = alerts.iter().map(|(name, _)| plain(name)).find(held);
                named.unwrap_or(words)
            }
            None => String::new(),
        };
        let service = event.details.get("service").map(|name| plain(name)).unwrap_or_default();
        let number = is_alert.then(|| incident_number(&event.action)).flatten().map(str::to_owned);
        Self { act, alert, service, number }
    }

    /// Whether both are about the same alert, as far as they say.
    fn is_same_alert(&self, other: &Self) -> bool {
        let one_incident = self.number.is_some() && self.number == other.number;
        one_incident
            || self.alert == other.alert
                && (self.service.is_empty() || other.service.is_empty() || self.service == other.service)
    }
}

struct Group<'a> {
    /// Those that tell of one thing, by time.
    tellings: Vec<&'a Event>,
    about: About,
    /// Groups that are the same thing again.
    again: Vec<Group<'a>>,
}

impl<'a> Group<'a> {
    fn size(&self) -> usize {
        self.tellings.len() + self.again.iter().map(Self::size).sum::<usize>()
    }

    fn at(&self) -> Timestamp {
        self.tellings[0].instant()
    }

    /// Whether an event tells of this group's thing once more.
    fn is_told_by(&self, event: &Event, about: &About) -> bool {
        let since = event.instant().duration_since(self.at());
        // A source tells of a thing once; what it says twice happened twice.
        let by_itself = self.tellings.iter().any(|other| same_teller(other, event));
        if by_itself || about.act != self.about.act {
            return false;
        }
        match about.act {
            Kind::AlertFiring | Kind::AlertResolved | Kind::Page => {
                since <= SAME_MOMENT && self.about.is_same_alert(about)
            }
            Kind::Acknowledgement => {
                let (one, actors) = (person(event), self.tellings.iter().filter_map(|other| person(other)));
                let same: Vec<bool> = actors.map(|other| one.is_none_or(|one| one == other)).collect();
                since <= SAME_MOMENT
                    && same.iter().all(|same| *same)
                    && (self.about.is_same_alert(about) || one.is_some() && !same.is_empty())
            }
            Kind::StatusUpdate => {
                since <= SAME_MOMENT && self.tellings.iter().any(|other| same_words(other, event))
            }
            kind if kind.is_change() && kind != Kind::Command => {
                since <= SAME_CHANGE && self.tellings.iter().any(|other| same_change(other, event))
            }
            _ => false,
        }
    }

    fn joined(self) -> Joined<'a> {
        let lead = self.tellings[0];
        let times = 1 + self.again.iter().filter(|group| group.about.act == self.about.act).count();
        let mut told = best_told(lead, &self.tellings);
        let mut others: Vec<(&Event, String)> = self.tellings[1..]
            .iter()
            .map(|other| {
                (*other, format!("the same as told by {} at {}", lead.source, clock(lead.instant())))
            })
            .collect();
        if let Some(last) = self.again.iter().rfind(|group| group.about.act == self.about.act) {
            let until = last.at();
            let settled = self.again.last().filter(|group| group.about.act == Kind::AlertResolved);
            let settled =
                settled.map_or_else(String::new, |group| format!(", resolved at {}", clock(group.at())));
            let result = format!("{times} times until {}{settled}", clock(until));
            told.result = if told.result.is_empty() { result } else { format!("{}; {result}", told.result) };
            told.details.insert("count".into(), times.to_string());
            told.details.insert("until".into(), until.to_string());
        }
        for group in self.again {
            let why = if group.about.act == self.about.act {
                format!("one of {times} times from {}", clock(lead.instant()))
            } else {
                format!("it ended one of {times} times from {}", clock(lead.instant()))
            };
            others.extend(group.tellings.into_iter().map(|event| (event, why.clone())));
        }
        others.sort_by(|(a, _), (b, _)| (a.at, &a.id).cmp(&(b.at, &b.id)));
        Joined { lead, told, others }
    }
}

/// Alerts that fire again and again: the first group takes the others, and the times between at which the
/// alert was quiet.
fn flapping(groups: Vec<Group<'_>>) -> Vec<Group<'_>> {
    let of_alert = |group: &Group<'_>| matches!(group.about.act, Kind::AlertFiring | Kind::AlertResolved);
    gather(
        groups,
        FLAPS_WITHIN,
        |group| of_alert(group).then_some((group.about.act == Kind::AlertFiring, String::new())),
        |first, group| first.about.is_same_alert(&group.about),
    )
}

/// What a program or a person does again and again in the same words.
fn repeated(groups: Vec<Group<'_>>) -> Vec<Group<'_>> {
    gather(
        groups,
        REPEATS_WITHIN,
        |group| {
            let event = group.tellings[0];
            let repeats = group.again.is_empty()
                && matches!(
                    group.about.act,
                    Kind::Command | Kind::Scaling | Kind::ConfigChange | Kind::Deploy | Kind::Page
                );
            repeats.then(|| (true, without_numbers(&event.action)))
        },
        |first, group| {
            let (one, two) = (first.tellings[0], group.tellings[0]);
            first.about.act == group.about.act && one.source == two.source && one.actor == two.actor
        },
    )
}

/// Puts groups that repeat an earlier one into it, where that happens often. `key` says whether a group can
/// begin such a run (or only belong into one) and which words must agree; `None` leaves it alone.
fn gather<'a>(
    groups: Vec<Group<'a>>,
    within: SignedDuration,
    key: impl Fn(&Group<'a>) -> Option<(bool, String)>,
    same: impl Fn(&Group<'a>, &Group<'a>) -> bool,
) -> Vec<Group<'a>> {
    struct Run {
        words: String,
        members: Vec<usize>,
        begins: usize,
        last: Timestamp,
    }
    let mut runs: Vec<Run> = Vec::new();
    for (index, group) in groups.iter().enumerate() {
        let Some((begins, words)) = key(group) else { continue };
        let run = runs.iter_mut().rfind(|run| {
            run.words == words
                && same(&groups[run.members[0]], group)
                && group.at().duration_since(run.last) <= within
        });
        match run {
            Some(run) => {
                run.members.push(index);
                run.begins += usize::from(begins);
                run.last = group.at();
            }
            None if begins => {
                runs.push(Run { words, members: vec![index], begins: 1, last: group.at() });
            }
            None => {}
        }
    }
    let mut into: BTreeMap<usize, usize> = BTreeMap::new();
    for run in runs.iter().filter(|run| run.begins >= OFTEN) {
        into.extend(run.members[1..].iter().map(|member| (*member, run.members[0])));
    }
    let mut kept: Vec<Option<Group<'a>>> = groups.into_iter().map(Some).collect();
    for (member, first) in into {
        let taken = kept[member].take();
        if let (Some(first), Some(taken)) = (kept[first].as_mut(), taken) {
            first.again.push(taken);
        }
    }
    kept.into_iter().flatten().collect()
}

/// Whether two events come from the same reporter: the same source and, in a chat, the same channel.
fn same_teller(one: &Event, two: &Event) -> bool {
    one.source == two.source
        && one.details.get("channel") == two.details.get("channel")
        && one.details.get("fingerprint") == two.details.get("fingerprint")
}

/// Who did it; a program in a chat only says that it was done.
fn person(event: &Event) -> Option<&str> {
    (!event.actor.is_empty() && !event.signals.bot).then_some(event.actor.as_str())
}

/// Whether a page is another try to reach somebody: that is no new alert.
fn is_escalation(event: &Event) -> bool {
    let action = event.action.to_lowercase();
    ["escalated", "reassigned", "added responder"].iter().any(|word| action.contains(word))
}

/// The number of a pager's incident: `412` of `Incident #412 triggered`.
fn incident_number(action: &str) -> Option<&str> {
    let (_, rest) = action.split_once('#')?;
    let end = rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len());
    (action.to_lowercase().contains("incident #") && end > 0).then_some(&rest[..end])
}

/// Whether two events tell of one change: by its address, its commit, its request or its version.
fn same_change(one: &Event, two: &Event) -> bool {
    let (of_one, of_two) = (Change::of(one), Change::of(two));
    let agree = |one: &str, two: &str| one.is_empty() || two.is_empty() || one == two;
    let commits = of_one.commits.iter().any(|one| {
        of_two.commits.iter().any(|two| one.starts_with(two.as_str()) || two.starts_with(one.as_str()))
    });
    if !(agree(&of_one.environment, &of_two.environment)
        && one_repository(one, two)
        && (agree(&of_one.service, &of_two.service) || commits))
    {
        return false;
    }
    let same = |one: &str, two: &str| !one.is_empty() && one == two;
    let request = same(detail(one, "request"), detail(two, "request"));
    let version = same(&of_one.version, &of_two.version) && same(&of_one.service, &of_two.service);
    let links = |event: &Event| event.link.clone().into_iter().chain(event.details.get("url").cloned());
    let linked: Vec<String> = links(one).collect();
    commits || request || version || links(two).any(|link| linked.contains(&link))
}

/// What a change is of, as far as it can be compared.
struct Change {
    service: String,
    /// Without a leading `v`, and without the name that some put before it.
    version: String,
    environment: String,
    commits: Vec<String>,
}

impl Change {
    fn of(event: &Event) -> Self {
        let words = select::subject(&event.action).filter(|_| event.kind != Kind::Merge);
        let (name, number) = words.as_deref().and_then(|words| words.split_once(' ')).unwrap_or(("", ""));
        let or =
            |given: &'_ str, said: &'_ str| if given.is_empty() { said.to_owned() } else { given.to_owned() };
        let short = |name: &str| plain(name.rsplit('/').next().unwrap_or(name));
        let service = or(detail(event, "service"), detail(event, "repository"));
        let version = or(detail(event, "version"), number);
        let version = version.rsplit('@').next().unwrap_or_default().trim_start_matches('v');
        let is_commit =
            |word: &&str| (7..=40).contains(&word.len()) && word.bytes().all(|b| b.is_ascii_hexdigit());
        let commits = [detail(event, "commit"), version.split(' ').next().unwrap_or_default()];
        let environment = match plain(detail(event, "environment")) {
            name if name == "prod" => "production".to_owned(),
            name => name,
        };
        Self {
            service: short(&or(&service, name)),
            version: plain(version),
            environment,
            commits: commits.into_iter().filter(is_commit).map(str::to_owned).collect(),
        }
    }
}

fn detail<'e>(event: &'e Event, name: &str) -> &'e str {
    event.details.get(name).map_or("", String::as_str)
}

fn same_words(one: &Event, two: &Event) -> bool {
    let (one, two) = (plain(&one.action), plain(&two.action));
    one.len().min(two.len()) >= 12 && (one.contains(&two) || two.contains(&one))
}

/// The lead with the words of whoever tells it best, and all that is known of it.
fn best_told(lead: &Event, tellings: &[&Event]) -> Event {
    let rank = |event: &Event| (event.signals.bot, event.kind == Kind::Page);
    let mut told = lead.clone();
    if let Some(best) = tellings.iter().min_by_key(|event| rank(event))
        && rank(best) < rank(lead)
    {
        told.actor.clone_from(&best.actor);
        told.action.clone_from(&best.action);
        told.signals = best.signals.clone();
    }
    for other in tellings {
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
    told
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

/// The clock of an instant, to the minute.
fn clock(at: Timestamp) -> String {
    row::time(at, super::event::Precision::Minute).split(' ').nth(1).unwrap_or_default().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn event(id: &str, at: &str, kind: &str, source: &str, action: &str, details: &[(&str, &str)]) -> Event {
        let json = format!(
            r#"{{"id":"{id}","at":"2026-11-20T{at}Z","kind":"{kind}","source":"{source}","action":"{action}"}}"#
        );
        let event: Event = serde_json::from_str(&json).expect("an event");
        details.iter().fold(event, |event, (name, value)| event.with(name, *value))
    }

    fn joined(events: &[Event]) -> Vec<(String, String, String, usize)> {
        let events: Vec<&Event> = events.iter().collect();
        join(&events)
            .into_iter()
            .map(|joined| {
                (
                    joined.lead.id.0.clone(),
                    joined.told.action.clone(),
                    joined.told.result,
                    joined.others.len(),
                )
            })
            .collect()
    }

    #[test]
    fn an_alert_its_page_and_the_bots_word_of_it_are_one_in_the_words_of_the_alert() {
        let alert = [("alert", "HighErrorRate"), ("service", "checkout")];
        let mut bot =
            event("s", "14:02:01", "alert-firing", "slack-export", "[FIRING:1] HighErrorRate", &alert[..1]);
        bot.signals.bot = true;
        let told = event(
            "a",
            "14:02:03",
            "alert-firing",
            "alertmanager",
            "HighErrorRate fired for checkout",
            &alert,
        );
        let page = event("p", "14:03:10", "page", "pagerduty", "Paged Ana Li: HighErrorRate (checkout)", &[]);
        let other = event(
            "o",
            "14:03:11",
            "alert-firing",
            "alertmanager",
            "DiskFull fired",
            &[("alert", "DiskFull")],
        );
        let again = event(
            "z",
            "14:40:00",
            "alert-firing",
            "alertmanager",
            "HighErrorRate fired for checkout",
            &alert,
        );
        let elsewhere = event(
            "e",
            "14:03:20",
            "alert-firing",
            "pagerduty",
            "HighErrorRate",
            &[("alert", "HighErrorRate"), ("service", "search")],
        );
        let joined = joined(&[bot, told, page, other, elsewhere, again]);
        assert_eq!(joined, [("s".into(), "HighErrorRate fired for checkout".into(), String::new(), 2)]);
    }

    #[test]
    fn an_alert_that_flaps_is_one_row_with_a_count_and_a_range() {
        let mut events = Vec::new();
        for turn in 0..30 {
            let (minute, alert) = (turn * 2, [("alert", "PodCrash")]);
            let at = |second| format!("14:{minute:02}:{second:02}");
            events.push(event(
                &format!("f{turn:02}"),
                &at(0),
                "alert-firing",
                "alertmanager",
                "PodCrash fired",
                &alert,
            ));
            events.push(event(
                &format!("r{turn:02}"),
                &at(50),
                "alert-resolved",
                "alertmanager",
                "PodCrash resolved",
                &alert,
            ));
        }
        let flaps = joined(&events);
        let result = "30 times until 14:58, resolved at 14:58".to_owned();
        assert_eq!(flaps, [("f00".into(), "PodCrash fired".into(), result, 59)]);
        assert_eq!(joined(&events[..4]), [], "twice is not often");
    }

    #[test]
    fn a_change_is_one_by_its_commit_request_version_or_address_and_not_by_its_words() {
        let deploy = |id: &str, at: &str, source: &str, details: &[(&str, &str)]| {
            event(id, at, "deploy", source, "Deployed shop", details)
        };
        for (one, two, count) in [
            (("commit", "0123456789abcdef"), ("commit", "0123456789"), 1),
            (("commit", "0123456789abcdef"), ("commit", "9876543210"), 0),
            (("url", "https://ci.example/7"), ("url", "https://ci.example/7"), 1),
            (("title", "x"), ("title", "x"), 0),
        ] {
            let events =
                [deploy("a", "14:00:00", "github", &[one]), deploy("b", "14:04:00", "slack-export", &[two])];
            assert_eq!(joined(&events).len(), count, "{one:?} {two:?}");
        }
        let same = [
            deploy("a", "14:00:00", "github", &[("version", "v41"), ("service", "shop")]),
            deploy("b", "14:04:00", "kubernetes-events", &[("version", "v41"), ("service", "shop")]),
        ];
        assert_eq!(joined(&same).len(), 1);
        let elsewhere = [
            deploy("a", "14:00:00", "github", &[("commit", "0123456789"), ("environment", "staging")]),
            deploy("b", "14:04:00", "argo", &[("commit", "0123456789"), ("environment", "production")]),
        ];
        assert_eq!(joined(&elsewhere).len(), 0);
    }

    #[test]
    fn a_change_is_one_whatever_form_its_names_and_versions_have() {
        for (one, two, count) in [
            // A forge, a bot in a chat, an error tracker, an audit log.
            (
                "Deployed shop 1f3a9c0d (main) to production|repository=acme/shop|version=1f3a9c0d (main)",
                "Deployed shop|commit=1f3a9c0de4b57a6689d2c1e05f7b3a9480c6d2e1|repository=shop",
                1,
            ),
            (
                "Deployed shop v41 to production|repository=acme/shop|version=v41|environment=production",
                "Deployed `shop` v41 to prod",
                1,
            ),
            (
                "Deployed shop v42 to production|service=shop|version=v42",
                "Deployed shop@42 to production|service=shop|version=shop@42|environment=production",
                1,
            ),
            (
                "Deployed shop v42|service=shop|version=v42|environment=prod",
                "Deployed shop v42|service=shop|version=v42|environment=production",
                1,
            ),
            ("Deployed shop v42|service=shop|version=v42", "Deployed cart v42|service=cart|version=v42", 0),
            ("Deployed shop v42|service=shop|version=v42", "Deployed shop v43|service=shop|version=v43", 0),
            (
                "Deployed shop|repository=acme/shop|version=v42",
                "Deployed shop|repository=other/shop|version=v42",
                0,
            ),
        ] {
            let deploy = |id: &str, at: &str, source: &str, told: &str| {
                let mut parts = told.split('|');
                let action = parts.next().unwrap_or_default();
                let details: Vec<(&str, &str)> = parts.filter_map(|part| part.split_once('=')).collect();
                event(id, at, "deploy", source, action, &details)
            };
            let events = [deploy("a", "14:00:00", "github", one), deploy("b", "14:04:00", "other", two)];
            assert_eq!(joined(&events).len(), count, "{one} and {two}");
        }
    }

    #[test]
    fn a_pager_that_tries_again_is_no_alert_that_flaps() {
        let alert = [("alert", "CheckoutErrors")];
        let page =
            |id: &str, at: &str, source: &str, action: &str| event(id, at, "page", source, action, &alert);
        let events = [
            page("a", "14:03:10", "pagerduty", "Incident #412 triggered: CheckoutErrors"),
            page("b", "14:08:10", "pagerduty", "Escalated incident #412 to Ana Li"),
            page("c", "14:13:10", "pagerduty", "Escalated incident #412 to Bo Ek"),
            page("d", "14:18:10", "pagerduty", "Reassigned incident #412 to Cy Dow"),
        ];
        assert_eq!(joined(&events), []);
    }

    #[test]
    fn a_program_in_chat_that_says_who_took_an_incident_on_tells_of_that() {
        let mut bot = event(
            "s",
            "14:09:50",
            "acknowledgement",
            "slack-export",
            "Incident #412 was acknowledged by Ana Li",
            &[],
        );
        bot.actor = "PagerDuty".into();
        bot.signals.bot = true;
        let mut own = event(
            "p",
            "14:09:44",
            "acknowledgement",
            "pagerduty",
            "Acknowledged incident #412",
            &[("alert", "CheckoutErrors")],
        );
        own.actor = "@ana".into();
        let mut other = event(
            "o",
            "14:09:55",
            "acknowledgement",
            "opsgenie",
            "Acknowledged DiskFull",
            &[("alert", "DiskFull")],
        );
        other.actor = "Bo".into();
        let told = joined(&[own, bot, other]);
        assert_eq!(told, [("p".into(), "Acknowledged incident #412".into(), String::new(), 1)]);
    }

    #[test]
    fn what_is_done_again_and_again_is_said_once_and_what_people_say_never_is() {
        let command =
            |id: &str, at: &str, action: &str| event(id, at, "command", "shell-history", action, &[]);
        let events = [
            command("a", "14:00:00", "kubectl delete pod web-7f9c"),
            command("b", "14:01:00", "kubectl delete pod web-81ab"),
            command("c", "14:02:00", "kubectl delete pod web-3d5e"),
            command("d", "14:03:00", "kubectl rollout restart deploy/web"),
        ];
        let said = joined(&events);
        assert_eq!(
            said,
            [("a".into(), "kubectl delete pod web-7f9c".into(), "3 times until 14:02".into(), 2)]
        );
        let words: Vec<Event> = (0..5)
            .map(|i| {
                event(&format!("m{i}"), &format!("14:0{i}:00"), "message", "slack-export", "rolled back", &[])
            })
            .collect();
        assert_eq!(joined(&words), []);
    }
}
