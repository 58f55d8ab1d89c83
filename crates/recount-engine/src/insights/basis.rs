//! What all figures are made from: the incidents in order of time and their action items, with names settled
//! by the configuration, once for all figures.

use std::borrow::Cow;
use std::collections::HashSet;

use jiff::civil::Date;

use crate::config::{Config, Owner};
use crate::document::Record;
use crate::document::value::priority::Priority;
use crate::document::value::status::StatusKind;
use crate::document::value::time::utc_day;

pub(super) use crate::config::plain;

use super::brief::{Brief, BriefItem, Briefs, Gathering};
use super::hash::Fast;
use super::{Incident, Scope};

/// Where figures look up the little that they say of single postmortems.
pub trait Lookup: Sync {
    /// What a postmortem without an ID is called: its path.
    fn path(&self, number: u64) -> String;

    /// The record that is kept under a number.
    fn record(&self, number: u64) -> Option<Record>;
}

/// The incidents and action items of a set of postmortems.
pub struct Basis<'a> {
    /// All postmortems that were read, in blocks.
    blocks: Cow<'a, [Briefs]>,
    /// Those that are wanted, as block and place there: in order of their start, those without one first.
    incidents: Vec<(u32, u32)>,
    /// In the order of the incidents.
    pub(super) items: Vec<Item>,
    /// The owners of all items: indices in `owners`, of each item in one piece and each once.
    item_owners: Vec<u32>,
    /// Everybody who owns something.
    pub(super) owners: Vec<Owner>,
    /// What else figures know.
    pub(super) scope: Scope<'a>,
    lookup: Looking<'a>,
    /// Incidents, and their action items, that are left out because another postmortem has the same ID.
    pub(super) twins: (usize, usize),
    /// Files that are left out because they are no postmortems in the template.
    pub(super) strays: usize,
}

/// Where single postmortems are looked up.
enum Looking<'a> {
    In(&'a dyn Lookup),
    /// Numbers are places in here.
    Records(Vec<Incident<'a>>),
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

impl<'a> Basis<'a> {
    /// Of these incidents, what the scope asks for.
    pub fn new(incidents: impl IntoIterator<Item = Incident<'a>>, scope: Scope<'a>) -> Self {
        let all: Vec<Incident<'a>> = incidents.into_iter().collect();
        let mut block = Gathering::default();
        all.iter().enumerate().for_each(|(nth, incident)| block.push(nth as u64, incident.record));
        let places = (0..all.len() as u32).map(|nth| (0, nth)).collect();
        Self::made(Cow::Owned(vec![block.finish()]), places, scope, Looking::Records(all))
    }

    /// As [`Basis::new`], of postmortems in brief: `wanted` are the blocks and places of the incidents.
    pub fn of_briefs(
        blocks: &'a [Briefs],
        wanted: Vec<(u32, u32)>,
        scope: Scope<'a>,
        lookup: &'a dyn Lookup,
    ) -> Self {
        Self::made(Cow::Borrowed(blocks), wanted, scope, Looking::In(lookup))
    }

    fn made(
        blocks: Cow<'a, [Briefs]>,
        mut all: Vec<(u32, u32)>,
        scope: Scope<'a>,
        lookup: Looking<'a>,
    ) -> Self {
        all.retain(|(block, nth)| {
            blocks.get(*block as usize).is_some_and(|briefs| briefs.all().len() > *nth as usize)
        });
        let brief = |(block, nth): (u32, u32)| {
            let briefs = &blocks[block as usize];
            (briefs, &briefs.all()[nth as usize])
        };
        let is_theirs = |name: &str| {
            let owner = scope.config.owner(name);
            scope.team.is_none_or(|team| owner.team.is_some_and(|own| plain(&own) == plain(team)))
        };
        let owns = |name: &str| {
            let owner = scope.config.service(name).and_then(|known| known.owner.as_deref());
            scope.team.is_none_or(|team| owner.is_some_and(|own| plain(own) == plain(team)))
        };
        let before = all.len();
        all.retain(|place| !brief(*place).1.is_stray);
        // A file that is no postmortem is of no team.
        let strays = if scope.team.is_none() { before - all.len() } else { 0 };
        let mut twins = (0, 0);
        let mut ids = HashSet::new();
        // Of several with one ID the one that was given last counts.
        all.reverse();
        all.retain(|place| {
            let (briefs, brief) = brief(*place);
            let is_first = briefs.id(brief).is_none_or(|id| ids.insert(id.to_lowercase()));
            if !is_first {
                twins.0 += usize::from(scope.team.is_none() || briefs.services(brief).any(owns));
                let items = briefs.items(brief).iter();
                twins.1 +=
                    items.filter(|item| scope.team.is_none() || briefs.owners(item).any(is_theirs)).count();
            }
            is_first
        });
        all.reverse();
        all.sort_by_key(|place| brief(*place).1.started);
        let count =
            all.iter().map(|place| brief(*place)).map(|(briefs, brief)| briefs.items(brief).len()).sum();
        let mut owners =
            Owners { known: Fast::default(), same: Fast::default(), all: Vec::new(), config: scope.config };
        // By the numbers that words have in their block.
        let mut known: Vec<Vec<u32>> = vec![Vec::new(); blocks.len()];
        let mut items = Vec::with_capacity(count);
        let mut item_owners: Vec<u32> = Vec::with_capacity(count);
        for place in &all {
            let (briefs, brief) = brief(*place);
            let known = &mut known[place.0 as usize];
            known.resize(briefs.words(), u32::MAX);
            let since = brief.resolved.or(brief.started).map(utc_day);
            for item in briefs.items(brief) {
                let start = item_owners.len();
                for word in briefs.owner_words(item) {
                    let Some(owner) = known.get_mut(*word as usize) else { continue };
                    if *owner == u32::MAX {
                        *owner = owners.index(briefs.word(*word));
                    }
                    if !item_owners[start..].contains(owner) {
                        item_owners.push(*owner);
                    }
                }
                items.push(Item::of(item, since, (start as u32, (item_owners.len() - start) as u32)));
            }
        }
        let owners = owners.all;
        if let Some(team) = scope.team {
            all.retain(|place| {
                let (briefs, brief) = brief(*place);
                briefs.services(brief).any(owns)
            });
            let is = |index: &u32| {
                owners[*index as usize].team.as_deref().is_some_and(|own| plain(own) == plain(team))
            };
            items.retain(|item| own(&item_owners, item).iter().any(is));
        }
        Self { blocks, incidents: all, items, item_owners, owners, scope, lookup, twins, strays }
    }

    /// How many incidents there are.
    pub fn incidents(&self) -> usize {
        self.incidents.len()
    }

    /// The incidents, in order.
    pub(super) fn briefs(&self) -> impl DoubleEndedIterator<Item = &Brief> {
        self.incidents.iter().map(|(block, nth)| &self.blocks[*block as usize].all()[*nth as usize])
    }

    /// The incidents, in order, each with its block and that one's number.
    pub(super) fn with_blocks(&self) -> impl Iterator<Item = (usize, &Briefs, &Brief)> {
        self.incidents.iter().map(|(block, nth)| {
            let briefs = &self.blocks[*block as usize];
            (*block as usize, briefs, &briefs.all()[*nth as usize])
        })
    }

    /// All blocks.
    pub(super) fn blocks(&self) -> &[Briefs] {
        &self.blocks
    }

    /// What an incident is called: its ID, or its path where it has none.
    pub(super) fn name(&self, incident: usize) -> String {
        let (block, nth) = self.incidents[incident];
        let briefs = &self.blocks[block as usize];
        let brief = &briefs.all()[nth as usize];
        match &self.lookup {
            Looking::Records(all) => all[brief.number as usize].name.to_owned(),
            Looking::In(lookup) => briefs.id(brief).map_or_else(|| lookup.path(brief.number), str::to_owned),
        }
    }

    /// The whole record of an incident.
    pub(super) fn record(&self, incident: usize) -> Option<Record> {
        let (block, nth) = self.incidents[incident];
        let number = self.blocks[block as usize].all()[nth as usize].number;
        match &self.lookup {
            Looking::Records(all) => Some(all[number as usize].record.clone()),
            Looking::In(lookup) => lookup.record(number),
        }
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
    fn of(item: &BriefItem, since: Option<Date>, owners: (u32, u32)) -> Self {
        let BriefItem { priority, status, status_date, due, .. } = *item;
        Self { since, priority, status, status_date, due, owners }
    }

    /// Whether work is still owed: [`BriefItem::is_open`].
    pub(super) fn is_open(&self) -> bool {
        self.status.is_none_or(StatusKind::is_open)
    }

    /// Whether it is past its due date and work is still owed: [`BriefItem::is_overdue`].
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
    known: Fast<String, u32>,
    same: Fast<String, u32>,
    all: Vec<Owner>,
    config: &'a Config,
}

impl Owners<'_> {
    fn index(&mut self, written: &str) -> u32 {
        if let Some(index) = self.known.get(written) {
            return *index;
        }
        let owner = self.config.owner(written);
        let index = *self.same.entry(plain(&owner.name)).or_insert_with(|| {
            self.all.push(owner);
            self.all.len() as u32 - 1
        });
        self.known.insert(written.to_owned(), index);
        index
    }
}
