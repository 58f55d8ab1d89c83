//! All postmortems of a library in brief: what lists and figures over many are made from.
//!
//! They are kept in blocks beside the records. What does not live here: what a brief holds, which is the engine's, and
//! how blocks are written ([`super::facts`]).

use std::path::Path;
use std::sync::{Mutex, PoisonError};

use recount_engine::document::Record;
use recount_engine::insights::Lookup;
use recount_engine::insights::brief::{Brief, Briefs};

use super::disk::{Disk, Twin};
use super::facts::{BLOCK, Facts, in_brief};
use super::memory::IN_MEMORY;
use super::{Catalog, File, Places, Trouble, side_by_side};
use crate::Library;

/// All postmortems of a library in brief.
pub struct InBrief<'c> {
    library: &'c Library,
    files: &'c [File],
    places: Places,
    blocks: Vec<Briefs>,
    /// Block and place there of each postmortem, in the order of the list.
    all: Vec<(u32, u32)>,
    /// The records that are in memory alone.
    memory: &'c [Record],
    /// How to open the others, and where they are opened once somebody asks.
    twin: Option<Twin>,
    facts: Mutex<Option<Facts>>,
}

impl Catalog {
    /// All postmortems in brief. Where the catalog breaks while it is read, the documents are.
    pub fn in_brief(&self) -> InBrief<'_> {
        let places = Places::of(&self.files);
        let blocks = self.kept_briefs(&places).unwrap_or_else(|trouble| {
            self.found(&trouble);
            let records = self.read_records(super::Part::Whole);
            let number = |path: &Path| self.number_of(path);
            vec![in_brief(records.iter().filter_map(|(path, record)| Some((number(path)?, record))))]
        });
        let mut all: Vec<(usize, (u32, u32))> = Vec::with_capacity(self.files.len());
        for (block, briefs) in blocks.iter().enumerate() {
            let places = briefs.all().iter().map(|brief| places.of_number(brief.number));
            all.extend(
                places.enumerate().filter_map(|(nth, place)| Some((place?, (block as u32, nth as u32)))),
            );
        }
        all.sort_unstable();
        all.dedup_by_key(|(place, _)| *place);
        let all = all.into_iter().map(|(_, at)| at).collect();
        InBrief {
            library: &self.library,
            files: &self.files,
            places,
            blocks,
            all,
            memory: self.memory.all(),
            twin: self.disk.as_ref().map(Disk::twin),
            facts: Mutex::new(None),
        }
    }

    fn kept_briefs(&self, places: &Places) -> Result<Vec<Briefs>, Trouble> {
        let mut blocks = Vec::new();
        if let Some(disk) = &self.disk {
            let shares = self.shares();
            let count = places.last / BLOCK + 1;
            let read = |share: u64, facts: &Facts| -> Result<Vec<Briefs>, Trouble> {
                let mut found = Vec::new();
                let end = count * (share + 1) / shares;
                if let Some(last) = end.checked_sub(1) {
                    facts.briefs((count * share / shares, last), |briefs| found.push(briefs))?;
                }
                Ok(found)
            };
            blocks = side_by_side(disk, shares, &read)?.into_iter().flatten().collect();
        }
        if !self.memory.is_empty() {
            blocks.push(in_brief(self.memory.records()));
        }
        let live =
            blocks.iter().flat_map(Briefs::all).filter(|brief| places.of_number(brief.number).is_some());
        if live.count() < self.files.len() {
            return Err(Trouble::Damaged);
        }
        Ok(blocks)
    }
}

impl InBrief<'_> {
    /// How many postmortems there are.
    pub fn len(&self) -> usize {
        self.all.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.all.is_empty()
    }

    /// All blocks; not all that is in them is in the library.
    pub fn blocks(&self) -> &[Briefs] {
        &self.blocks
    }

    /// Block and place there of each postmortem of the library, in the order of their paths.
    pub fn all(&self) -> &[(u32, u32)] {
        &self.all
    }

    /// The postmortems of the library in the order of their paths, each with its block and place there.
    pub fn each(&self) -> impl DoubleEndedIterator<Item = ((u32, u32), &Briefs, &Brief)> + Clone {
        self.all.iter().map(|at| {
            let briefs = &self.blocks[at.0 as usize];
            (*at, briefs, &briefs.all()[at.1 as usize])
        })
    }

    /// The place in the list of a postmortem that is kept under a number.
    pub fn place(&self, brief: &Brief) -> Option<usize> {
        self.places.of_number(brief.number)
    }
}

impl Lookup for InBrief<'_> {
    fn path(&self, number: u64) -> String {
        let place = self.places.of_number(number);
        let file = place.and_then(|place| self.files.get(place));
        file.map_or_else(String::new, |file| file.path.display().to_string())
    }

    fn record(&self, number: u64) -> Option<Record> {
        if let Some(place) = number.checked_sub(IN_MEMORY) {
            return self.memory.get(usize::try_from(place).ok()?).cloned();
        }
        let mut facts = self.facts.lock().unwrap_or_else(PoisonError::into_inner);
        if facts.is_none() {
            *facts = self.twin.as_ref()?.open().ok();
        }
        let kept = facts.as_ref().and_then(|facts| facts.record(number).ok());
        kept.or_else(|| {
            let file = &self.files[self.places.of_number(number)?];
            let stored = self.library.read(&self.library.root().join(&file.path)).ok()?;
            Some(recount_engine::document::Document::parse(&stored.bytes).record())
        })
    }
}
