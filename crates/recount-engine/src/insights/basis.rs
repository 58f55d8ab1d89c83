//! What all figures are made from: the incidents in order of time and their action items, with names settled
//! by the configuration, once for all figures.

use jiff::civil::Date;

use crate::config::Config;
use crate::document::ActionRecord;
use crate::document::value::priority::Priority;
use crate::document::value::status::StatusKind;
use crate::document::value::time::utc_day;

use super::hash::Fast;
use super::{Incident, Scope};

/// The incidents and action items of a set of records.
#[derive(Debug)]
pub struct Basis<'a> {
    /// In order of their start, those without one first.
    pub(super) incidents: Vec<Incident<'a>>,
    /// In the order of the incidents.
    pub(super) items: Vec<Item>,
    /// The owners of all items: indices in `owners`, of each item in one piece and each once.
    item_owners: Vec<u32>,
    /// Everybody who owns something.
    pub(super) owners: Vec<Owner>,
    /// What else figures know.
    pub(super) scope: Scope<'a>,
}

/// What figures need of an action item, in few bytes: a large library has a million of them.
#[derive(Debug)]
pub(super) struct Item {
    /// The day from which it is counted: that of the incident's end, else of its start.
    pub(super) since: Option<Date>,
    pub(super) priority: Option<Priority>,
    pub(super) status: Option<StatusKind>,
    pub(super) status_date: Option<Date>,
    pub(super) due: Option<Date>,
    /// Where its owners begin and how many they are.
    owners: (u32, u32),
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
        let mut owners =
            Owners { known: Fast::default(), same: Fast::default(), all: Vec::new(), config: scope.config };
        let mut items = Vec::with_capacity(all.iter().map(|incident| incident.record.actions.len()).sum());
        let mut item_owners: Vec<u32> = Vec::with_capacity(items.capacity());
        for incident in &all {
            let since = incident.record.resolved.or(incident.record.started).map(utc_day);
            for action in &incident.record.actions {
                let start = item_owners.len();
                for name in &action.owners {
                    let owner = owners.index(name);
                    if !item_owners[start..].contains(&owner) {
                        item_owners.push(owner);
                    }
                }
                items.push(Item::of(action, since, (start as u32, (item_owners.len() - start) as u32)));
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
            items.retain(|item| own(&item_owners, item).iter().any(is_theirs));
        }
        Self { incidents: all, items, item_owners, owners, scope }
    }

    /// How many incidents there are.
    pub fn incidents(&self) -> usize {
        self.incidents.len()
    }

    /// The owners of an item: indices in [`Basis::owners`].
    pub(super) fn owners_of(&self, item: &Item) -> &[u32] {
        own(&self.item_owners, item)
    }

    /// How many action items there are.
    pub fn action_items(&self) -> usize {
        self.items.len()
    }
}

impl Item {
    fn of(action: &ActionRecord, since: Option<Date>, owners: (u32, u32)) -> Self {
        let ActionRecord { priority, status, status_date, due, .. } = *action;
        Self { since, priority, status, status_date, due, owners }
    }

    /// Whether work is still owed: [`ActionRecord::is_open`].
    pub(super) fn is_open(&self) -> bool {
        self.status.is_none_or(StatusKind::is_open)
    }

    /// Whether it is past its due date and work is still owed: [`ActionRecord::is_overdue`].
    pub(super) fn is_overdue(&self, today: Date) -> bool {
        self.is_open() && self.due.is_some_and(|due| due < today)
    }
}

fn own<'o>(owners: &'o [u32], item: &Item) -> &'o [u32] {
    let (start, count) = (item.owners.0 as usize, item.owners.1 as usize);
    &owners[start..start + count]
}

/// Days from one to another; negative when it is the other way round.
pub(super) fn days(from: Date, until: Date) -> i64 {
    i64::from((until - from).get_days())
}

/// Owners by their names as written.
struct Owners<'a> {
    known: Fast<&'a str, u32>,
    same: Fast<String, u32>,
    all: Vec<Owner>,
    config: &'a Config,
}

impl<'a> Owners<'a> {
    fn index(&mut self, written: &'a str) -> u32 {
        if let Some(index) = self.known.get(written) {
            return *index;
        }
        let owner = owner(written, self.config);
        let index = *self.same.entry(plain(&owner.name)).or_insert_with(|| {
            self.all.push(owner);
            self.all.len() as u32 - 1
        });
        self.known.insert(written, index);
        index
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
