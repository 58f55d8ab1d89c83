//! What an event is about, as far as it can be compared: the alert, the incident's number, the change, the deed.
//! Everything by which two events can be known as one is here, and nowhere else.
//!
//! What does not live here: reading commands and records (`deed`), and how long apart two tellings may be
//! (`things`).

use std::collections::{BTreeMap, BTreeSet};

use aho_corasick::AhoCorasick;

use super::deed::{self, Deed};
use super::{detail, plain, short};
use crate::evidence::curate;
use crate::evidence::event::{Event, Kind, Milestone};
use crate::evidence::phrases::{self, Outcome};

/// What kind of act an event is: only one of a kind can be told twice, but for deeds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Act {
    /// An alert fires; a page is an alert that reached somebody.
    Fires,
    Resolves,
    /// Another try to reach somebody: that is no new alert.
    Escalates,
    Acknowledges,
    /// A word to customers.
    Updates,
    /// A change enters a branch.
    Enters,
    /// A change of what runs.
    Changes(Kind),
    /// The milestone of a tool in which incidents are run.
    Marks(Milestone),
    Declares,
    /// A line that a machine logged.
    Logs,
    Other,
}

/// What an event is about.
#[derive(Debug)]
pub(super) struct About {
    pub(super) act: Act,
    /// The alert's name.
    pub(super) alert: String,
    pub(super) service: String,
    /// The pager's number of the incident: `#412`.
    pub(super) number: Option<String>,
    pub(super) change: Change,
    pub(super) deed: Deed,
    /// The names under which those that tell of the same are found.
    pub(super) keys: Vec<String>,
}

/// The names of all alerts, for those that name theirs in a title.
pub(super) struct Alerts<'a> {
    /// Each name, with the sources that use it.
    names: BTreeMap<&'a str, BTreeSet<&'a str>>,
    plain: Vec<String>,
    held: Option<AhoCorasick>,
}

impl<'a> Alerts<'a> {
    pub(super) fn of(events: &[&'a Event]) -> Self {
        let mut names: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
        for event in events {
            if let Some(name) = event.details.get("alert") {
                names.entry(name).or_default().insert(&event.source);
            }
        }
        let plain: Vec<String> = names.keys().map(|name| plain(name)).filter(|name| name.len() > 4).collect();
        let held = AhoCorasick::new(&plain).ok().filter(|_| !plain.is_empty());
        Self { names, plain, held }
    }

    /// `HighErrorRate checkout eu-west` is what a pager calls the `HighErrorRate` of others.
    fn short_for<'n>(&self, name: &'n str, source: &str) -> &'n str {
        let ends = name.char_indices().filter(|(_, c)| c.is_whitespace() || *c == ':');
        let mut shorter = ends.map(|(at, _)| &name[..at]);
        let by_another =
            |short: &&str| self.names.get(short).is_some_and(|of| of.iter().any(|of| *of != source));
        shorter.find(by_another).unwrap_or(name)
    }

    /// The alert whose name a title holds: a pager's title is made of it.
    fn in_title(&self, words: &str) -> Option<&str> {
        let found = self.held.as_ref()?.find_overlapping_iter(words);
        found.map(|hit| hit.pattern().as_usize()).min().map(|index| self.plain[index].as_str())
    }
}

impl About {
    pub(super) fn of(event: &Event, alerts: &Alerts<'_>) -> Self {
        let act = act(event);
        let is_alert = matches!(act, Act::Fires | Act::Resolves | Act::Acknowledges | Act::Escalates);
        let alert = match event.details.get("alert") {
            Some(name) => plain(alerts.short_for(name, &event.source)),
            None if is_alert => {
                let words = plain(&event.action);
                alerts.in_title(&words).map_or(words.clone(), str::to_owned)
            }
            None => String::new(),
        };
        let deed = Deed::of(event);
        let mut about = Self {
            act,
            alert,
            service: event.details.get("service").map(|name| plain(name)).unwrap_or_default(),
            number: is_alert.then(|| incident_number(&event.action)).flatten().map(str::to_owned),
            change: if event.kind.is_change() { Change::of(event, &deed) } else { Change::default() },
            deed,
            keys: Vec::new(),
        };
        about.keys = about.named(event);
        about
    }

    /// The names under which it is found.
    fn named(&self, event: &Event) -> Vec<String> {
        let mut keys = self.deed.names.clone();
        match self.act {
            Act::Fires | Act::Resolves | Act::Acknowledges | Act::Escalates => {
                keys.push(format!("alert {}", self.alert));
                keys.extend(self.number.iter().map(|number| format!("incident {number}")));
                if self.act == Act::Acknowledges {
                    keys.extend(person(event).map(|person| format!("by {person}")));
                }
            }
            Act::Updates => keys.push("update".to_owned()),
            Act::Enters | Act::Changes(_) => keys.extend(self.change.keys()),
            Act::Marks(milestone) => keys.push(format!("milestone {}", milestone.word())),
            Act::Declares => keys.push("declared".to_owned()),
            Act::Logs => {
                let host = detail(event, "host");
                keys.push(format!("line {} {}", short_host(host), plain(&event.action.replace(host, ""))));
            }
            Act::Other => {}
        }
        keys
    }

    /// Whether both are about the same alert, as far as they say.
    pub(super) fn is_same_alert(&self, other: &Self) -> bool {
        let one_incident = self.number.is_some() && self.number == other.number;
        one_incident || self.alert == other.alert && agree(&self.service, &other.service)
    }

    /// Whether both name one deed, and say nothing that differs.
    pub(super) fn is_same_deed(&self, other: &Self) -> bool {
        self.deed.names.iter().any(|name| other.deed.names.contains(name)) && self.deed.agrees(&other.deed)
    }
}

fn act(event: &Event) -> Act {
    if matches!(event.kind, Kind::Note | Kind::Ticket | Kind::StatusUpdate) {
        if let Some(milestone) = curate::recorded(event) {
            return Act::Marks(milestone);
        }
        if event.kind == Kind::Ticket && event.details.contains_key("declared") {
            return Act::Declares;
        }
    }
    match event.kind {
        Kind::Page if is_escalation(event) => Act::Escalates,
        Kind::Page | Kind::AlertFiring => Act::Fires,
        Kind::AlertResolved => Act::Resolves,
        Kind::Acknowledgement => Act::Acknowledges,
        Kind::StatusUpdate => Act::Updates,
        Kind::Note if event.details.contains_key("host") && !event.details.contains_key("object") => {
            Act::Logs
        }
        Kind::Merge | Kind::Commit => Act::Enters,
        Kind::Rollback | Kind::ConfigChange | Kind::Scaling if is_of_a_branch(event) => Act::Enters,
        kind if kind.is_change() => Act::Changes(kind),
        _ => Act::Other,
    }
}

/// Whether a change is known by its commit or its request alone: what ran where is another event.
fn is_of_a_branch(event: &Event) -> bool {
    let has = |name: &str| event.details.contains_key(name);
    (has("commit") || has("request")) && !["environment", "version", "service"].iter().any(|name| has(name))
}

/// Whether a page is another try to reach somebody.
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

/// Who did it; a program in a chat only says that it was done.
pub(super) fn person(event: &Event) -> Option<&str> {
    (!event.actor.is_empty() && !event.signals.bot).then_some(event.actor.as_str())
}

/// What a change is of: its repository, request, commits, version, service, environment and addresses.
#[derive(Debug, Default)]
pub(super) struct Change {
    pub(super) service: String,
    /// Without a leading `v`, and without the name that some put before it.
    version: String,
    pub(super) environment: String,
    repository: String,
    request: String,
    commits: Vec<String>,
    links: Vec<String>,
    is_deploy: bool,
    /// How far it came, as the text says.
    pub(super) came: Option<Outcome>,
}

/// Of which two changes cannot be one although both lack what would tell them apart.
pub(super) enum Form {
    Hash,
    Number,
}

impl Change {
    fn of(event: &Event, deed: &Deed) -> Self {
        let is_deploy = matches!(event.kind, Kind::Deploy | Kind::Rollback);
        let first = |all: [&str; 2]| all.into_iter().find(|text| !text.is_empty()).unwrap_or("").to_owned();
        let mut service = short(&first([detail(event, "service"), detail(event, "repository")]));
        let mut version = detail(event, "version").to_owned();
        let is_told = deed::command(event).is_none();
        if is_deploy && is_told && version.is_empty() {
            version = version_in(&event.action).unwrap_or_default();
        }
        if is_deploy && service.is_empty() {
            let said = if is_told { deed::deployed(&event.action) } else { deed.of.as_deref().map(short) };
            service = said.unwrap_or_default();
        }
        let version = version.rsplit('@').next().unwrap_or_default().trim_start_matches('v');
        let is_commit =
            |word: &&str| (7..=40).contains(&word.len()) && word.bytes().all(|b| b.is_ascii_hexdigit());
        let commits = [detail(event, "commit"), version.split(' ').next().unwrap_or_default()];
        Self {
            service,
            version: plain(version),
            environment: deed::environment(event),
            repository: detail(event, "repository").to_owned(),
            request: detail(event, "request").to_owned(),
            commits: commits.into_iter().filter(is_commit).map(str::to_owned).collect(),
            links: event.link.iter().chain(event.details.get("url")).cloned().collect(),
            is_deploy,
            came: is_deploy.then(|| phrases::outcome(&event.action)),
        }
    }

    fn keys(&self) -> Vec<String> {
        let mut keys: Vec<String> = Vec::new();
        let mut name = |what: &str, value: &str| {
            if !value.is_empty() {
                keys.push(format!("{what} {value}"));
            }
        };
        name("request", &self.request);
        self.commits.iter().for_each(|commit| name("commit", commit.get(..7).unwrap_or(commit)));
        self.links.iter().for_each(|link| name("link", link));
        name("version", &self.version);
        if self.is_deploy {
            name("service", &self.service);
        }
        keys
    }

    /// The version in the form in which it can be compared.
    pub(super) fn version(&self) -> Option<(Form, &str)> {
        match self.commits.first() {
            Some(commit) => Some((Form::Hash, commit.get(..7).unwrap_or(commit))),
            None => (!self.version.is_empty()).then_some((Form::Number, self.version.as_str())),
        }
    }

    /// Whether nothing that both say differs: where it went, of what repository and service, how it ended.
    pub(super) fn agrees(&self, other: &Self) -> bool {
        let failed =
            |one: &Self, two: &Self| one.came == Some(Outcome::Refused) && two.came == Some(Outcome::Done);
        agree(&self.environment, &other.environment)
            && one_repository(&self.repository, &other.repository)
            && (agree(&self.service, &other.service) || self.shares_commit(other))
            && !failed(self, other)
            && !failed(other, self)
    }

    /// Whether both surely are one, by what they name: commit, request, version or address.
    pub(super) fn is_named_as(&self, other: &Self) -> bool {
        let same = |one: &str, two: &str| !one.is_empty() && one == two;
        self.shares_commit(other)
            || same(&self.request, &other.request)
            || same(&self.version, &other.version) && same(&self.service, &other.service)
            || self.links.iter().any(|link| other.links.contains(link))
    }

    /// Whether both can be one change of a branch: the same request or commit, and no two commits.
    pub(super) fn enters_as(&self, other: &Self) -> bool {
        let request = !self.request.is_empty() && self.request == other.request;
        let contradicts = !self.commits.is_empty() && !other.commits.is_empty() && !self.shares_commit(other);
        (request || self.shares_commit(other))
            && !contradicts
            && one_repository(&self.repository, &other.repository)
    }

    /// Whether no version stands against it that two deploys of one service are one.
    pub(super) fn can_be_of_one_version(&self, other: &Self) -> bool {
        match (self.version(), other.version()) {
            (Some((Form::Hash, one)), Some((Form::Hash, two)))
            | (Some((Form::Number, one)), Some((Form::Number, two))) => one == two,
            _ => true,
        }
    }

    pub(super) fn knows_commit(&self) -> bool {
        !self.commits.is_empty()
    }

    fn shares_commit(&self, other: &Self) -> bool {
        let begins = |one: &str, two: &str| one.starts_with(two) || two.starts_with(one);
        self.commits.iter().any(|one| other.commits.iter().any(|two| begins(one, two)))
    }
}

/// The first word of a text that is a version: `v41`, `6.41.0`, `shop@42`.
fn version_in(action: &str) -> Option<String> {
    let words =
        action.split(|c: char| c.is_whitespace() || ":,()`".contains(c)).filter(|word| !word.is_empty());
    let mut words = words.map(|word| word.rsplit('@').next().unwrap_or(word));
    words
        .find(|word| word.trim_start_matches('v').starts_with(|c: char| c.is_ascii_digit()) && word.len() > 1)
        .map(str::to_owned)
}

fn agree(one: &str, two: &str) -> bool {
    one.is_empty() || two.is_empty() || one == two
}

fn short_host(host: &str) -> String {
    host.split('.').next().unwrap_or(host).to_lowercase()
}

/// Whether two names can be of one repository: one may be known as `shop` here and as `acme/shop` there.
pub(super) fn one_repository(one: &str, two: &str) -> bool {
    let short = |name: &str| name.rsplit('/').next().unwrap_or_default().to_lowercase();
    one.is_empty()
        || two.is_empty()
        || one == two
        || (one.contains('/') != two.contains('/') && short(one) == short(two))
}
