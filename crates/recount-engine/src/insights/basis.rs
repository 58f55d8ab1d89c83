//! What all figures are made from: the incidents in order of time and their action items, with names settled
//! by the configuration, once for all figures.

use std::collections::HashMap;

use jiff::civil::Date;
use jiff::tz::TimeZone;

use crate::config::Config;
use crate::document::{ActionRecord, Record};

use super::{Incident, Scope};

/// The incidents and action items of a set of records.
#[derive(Debug)]
pub struct Basis<'a> {
    /// In order of their start, those without one first.
    pub(super) incidents: Vec<Incident<'a>>,
    /// In the order of the incidents.
    pub(super) items: Vec<Item<'a>>,
    /// Everybody who owns something.
    pub(super) owners: Vec<Owner>,
    /// What else figures know.
    pub(super) scope: Scope<'a>,
}

/// An action item.
#[derive(Debug)]
pub(super) struct Item<'a> {
    pub(super) record: &'a Record,
    pub(super) action: &'a ActionRecord,
    /// Indices in [`Basis::owners`], each once.
    pub(super) owners: Vec<u32>,
}

/// An owner of action items.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Owner {
    /// The handle or name.
    pub(super) name: String,
    /// The team; none where the configuration knows none.
    pub(super) team: Option<String>,
}

impl<'a> Basis<'a> {
    /// Of these incidents, what the scope asks for.
    pub fn new(incidents: impl IntoIterator<Item = Incident<'a>>, scope: Scope<'a>) -> Self {
        let mut all: Vec<Incident<'a>> = incidents.into_iter().collect();
        all.sort_by_key(|incident| incident.record.started);
        let mut owners = Owners { known: HashMap::new(), all: Vec::new(), config: scope.config };
        let mut items = Vec::new();
        for incident in &all {
            for action in &incident.record.actions {
                let mut own: Vec<u32> = action.owners.iter().map(|name| owners.index(name)).collect();
                if own.len() > 1 {
                    own.sort_unstable();
                    own.dedup();
                }
                items.push(Item { record: incident.record, action, owners: own });
            }
        }
        let owners = owners.all;
        if let Some(team) = scope.team {
            let is = |other: &str| plain(other) == plain(team);
            let owns = |name: &String| {
                scope.config.service(name).and_then(|known| known.owner.as_deref()).is_some_and(is)
            };
            all.retain(|incident| incident.record.services.iter().any(owns));
            let is_theirs = |index: &u32| owners[*index as usize].team.as_deref().is_some_and(is);
            items.retain(|item| item.owners.iter().any(is_theirs));
        }
        Self { incidents: all, items, owners, scope }
    }

    /// How many incidents there are.
    pub fn incidents(&self) -> usize {
        self.incidents.len()
    }

    /// How many action items there are.
    pub fn action_items(&self) -> usize {
        self.items.len()
    }
}

impl Item<'_> {
    /// The day from which it is counted: that of the incident's end, else of its start.
    pub(super) fn since(&self) -> Option<Date> {
        self.record.resolved.or(self.record.started).map(day)
    }
}

/// The day of an instant, UTC.
pub(super) fn day(at: jiff::Timestamp) -> Date {
    TimeZone::UTC.to_datetime(at).date()
}

/// Days from one to another; negative when it is the other way round.
pub(super) fn days(from: Date, until: Date) -> i64 {
    i64::from((until - from).get_days())
}

/// Owners by their names as written.
struct Owners<'a> {
    known: HashMap<&'a str, u32>,
    all: Vec<Owner>,
    config: &'a Config,
}

impl<'a> Owners<'a> {
    fn index(&mut self, written: &'a str) -> u32 {
        if let Some(index) = self.known.get(written) {
            return *index;
        }
        let owner = owner(written, self.config);
        let found = self.all.iter().position(|known| plain(&known.name) == plain(&owner.name));
        let index = found.unwrap_or_else(|| {
            self.all.push(owner);
            self.all.len() - 1
        });
        self.known.insert(written, index as u32);
        index as u32
    }
}

fn owner(written: &str, config: &Config) -> Owner {
    if let Some(person) = config.person(written) {
        return Owner { name: person.handle.clone(), team: person.team.clone() };
    }
    if config.is_team(written) {
        let name = written.trim_start_matches('@').to_owned();
        return Owner { name: name.clone(), team: Some(name) };
    }
    Owner { name: written.to_owned(), team: None }
}

/// A name for comparison: without its mark, in lower case.
pub(super) fn plain(name: &str) -> String {
    name.trim_start_matches('@').to_lowercase()
}
