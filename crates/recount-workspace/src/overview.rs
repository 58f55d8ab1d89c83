//! All postmortems of a library in brief, wherever they are kept: in its catalog, or beside records that somebody has
//! in memory. What is chosen and counted over many is chosen and counted from this.
//!
//! What does not live here: what a brief holds (`recount_engine::insights::brief`), and how a catalog keeps them.

use std::path::Path;
use std::sync::Arc;

use recount_engine::document::Record;
use recount_engine::insights::brief::Gathering;
use recount_engine::insights::{Brief, Briefs, Lookup};
use recount_store::catalog::InBrief;

use crate::records::Records;

/// All postmortems of a library in brief.
#[derive(Clone, Copy)]
pub struct Overview<'a> {
    blocks: &'a [Briefs],
    /// Block and place there of each, in the order of their paths.
    all: &'a [(u32, u32)],
    lookup: &'a dyn Lookup,
}

impl<'a> Overview<'a> {
    /// The postmortems in the order of their paths, each with its block and place there.
    pub fn each(self) -> impl DoubleEndedIterator<Item = ((u32, u32), &'a Briefs, &'a Brief)> + Clone {
        self.all.iter().map(move |at| {
            let briefs = &self.blocks[at.0 as usize];
            (*at, briefs, &briefs.all()[at.1 as usize])
        })
    }

    /// All blocks; not all that is in them is in the library.
    pub fn blocks(self) -> &'a [Briefs] {
        self.blocks
    }

    /// Where single ones are looked up.
    pub fn lookup(self) -> &'a dyn Lookup {
        self.lookup
    }
}

impl<'a, 'c: 'a> From<&'a InBrief<'c>> for Overview<'a> {
    fn from(library: &'a InBrief<'c>) -> Self {
        Self { blocks: library.blocks(), all: library.all(), lookup: library }
    }
}

/// Records in memory, and all of them in brief.
pub struct Abridged {
    records: Arc<Records>,
    block: [Briefs; 1],
    all: Vec<(u32, u32)>,
}

impl Abridged {
    /// Of these records, whole.
    pub fn of(records: Arc<Records>) -> Self {
        let mut block = Gathering::default();
        // What each is kept under is its place in the records.
        (0..).zip(&records.known).for_each(|(nth, known)| block.push(nth, &known.record));
        let mut all: Vec<(u32, u32)> = (0..records.known.len() as u32).map(|nth| (0, nth)).collect();
        all.sort_by_key(|(_, nth)| Path::new(&records.known[*nth as usize].path));
        Self { block: [block.finish()], all, records }
    }

    /// All of them in brief.
    pub fn overview(&self) -> Overview<'_> {
        Overview { blocks: &self.block, all: &self.all, lookup: self }
    }
}

impl Lookup for Abridged {
    fn path(&self, number: u64) -> String {
        let known = usize::try_from(number).ok().and_then(|nth| self.records.known.get(nth));
        known.map(|known| known.path.clone()).unwrap_or_default()
    }

    fn record(&self, number: u64) -> Option<Record> {
        Some(self.records.known.get(usize::try_from(number).ok()?)?.record.clone())
    }
}
