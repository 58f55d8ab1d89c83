//! The catalog: what a library holds, derived from its files and kept beside them, so that commands over
//! many postmortems read only those that changed.
//!
//! Facts are in SQLite and text is in a search index, both in `.recount/cache/`. The files are the truth:
//! the catalog can be deleted at any time, is rebuilt by itself where it is damaged or of another version,
//! and no command fails for its sake. A library whose files cannot be kept track of (read-only, too small
//! to be worth it, being indexed by another process just now) is answered from memory in the same way.
//!
//! What lives here: opening a catalog in step with the files, and reading records. What does not: what a
//! query means, and everything that depends on the configuration or on today.

mod answers;
mod brief;
mod delta;
mod disk;
mod excerpt;
mod facts;
mod files;
mod find;
mod fittest;
mod lag;
mod memory;
mod near;
mod query;
mod refresh;
mod text;
mod tree;
mod twin;
mod unhurried;
mod words;
mod write;

use std::cell::OnceCell;
use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::{io, thread};

use recount_engine::document::Record;

use crate::read::Unreadable;
use crate::scan::threads;
use crate::{Library, Listed};

pub use answers::{Answer, Answers, Asked, Key, Texts};
pub use brief::InBrief;
pub use excerpt::{Excerpt, Kept, Said, Sought};
pub use find::{Found, Hit};
pub use near::{Near, Probe};
pub use query::{FILTERS, Query};
pub use text::index_alone;

/// Where what is derived is kept: delete it at any time.
pub const CACHE_FOLDER: &str = ".recount/cache";

/// A library of fewer postmortems is read as fast as a catalog is opened.
const WORTH_IT: usize = 100;

/// What a command wants to read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Want {
    /// Records.
    Facts,
    /// Records and text.
    Text,
}

/// How much of each record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// All but long texts: trigger, causes, factors, what went how, and what action items say.
    Facts,
    /// As [`Part::Facts`], of postmortems with an open action item alone, and with what those say; items that
    /// are closed are left out.
    Open,
    /// Everything.
    Whole,
}

impl Part {
    /// This part of a record; none where there is nothing of it.
    fn of(self, record: Record) -> Option<Record> {
        match self {
            Self::Facts => Some(facts::without_texts(&record)),
            Self::Open => facts::only_open(&record),
            Self::Whole => Some(record),
        }
    }
}

/// How to open a catalog.
pub struct Opening<'o> {
    /// The program that opens it: catalogs of another are made anew.
    pub program: &'o str,
    /// What is wanted of it.
    pub want: Want,
    /// Whether files may be kept; otherwise everything is read anew.
    pub keep: bool,
    /// Whether to keep track of a library however small it is.
    pub always: bool,
    /// Reading more documents than this is not worth the answer: then the catalog is empty.
    pub at_most: usize,
    /// Told how many of how many documents were read.
    pub progress: &'o (dyn Fn(usize, usize) + Sync),
}

/// A postmortem of the library.
#[derive(Clone, Debug)]
struct File {
    /// From the library's root.
    path: PathBuf,
    /// What its record is kept under.
    number: u64,
}

/// A library's records and text, as its files were when it was opened.
pub struct Catalog {
    library: Library,
    /// Sorted by path.
    files: Vec<File>,
    problems: Vec<Unreadable>,
    disk: Option<disk::Disk>,
    memory: memory::Memory,
    notes: Vec<String>,
    /// Where its files stand in the list, once somebody asks.
    places: OnceCell<Places>,
    /// How rare words are, as far as somebody asked.
    rare: near::Rare,
}

impl Catalog {
    /// Brings the catalog in step with the files and opens it.
    pub fn open(library: &Library, opening: &Opening<'_>) -> Self {
        refresh::open(library, opening)
    }

    /// How many postmortems there are.
    pub fn len(&self) -> usize {
        self.files.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.files.is_empty()
    }

    /// What was found and cannot be read.
    pub fn problems(&self) -> &[Unreadable] {
        &self.problems
    }

    /// What somebody should know of the catalog itself, each a sentence: that it was damaged, that it
    /// cannot be kept.
    pub fn notes(&self) -> &[String] {
        &self.notes
    }

    /// The records with their paths from the library's root, sorted by path. Where the catalog breaks while
    /// it is read, the documents are.
    pub fn records(&self, part: Part) -> Vec<(PathBuf, Record)> {
        match self.kept_records(part) {
            Ok(records) => records,
            Err(trouble) => {
                self.found(&trouble);
                self.read_records(part)
            }
        }
    }

    fn kept_records(&self, part: Part) -> Result<Vec<(PathBuf, Record)>, Trouble> {
        let mut found: Vec<(usize, Record)> = Vec::with_capacity(self.files.len());
        let places = self.places.get_or_init(|| Places::of(&self.files));
        if let Some(disk) = &self.disk {
            let shares = self.shares();
            let range = |share: u64| {
                let last = places.last;
                (last * share / shares + u64::from(share > 0), last * (share + 1) / shares)
            };
            let read = |share: u64, facts: &facts::Facts| -> Result<Vec<(usize, Record)>, Trouble> {
                let mut found = Vec::new();
                facts.records(range(share), part, |number, record| {
                    found.extend(places.of_number(number).map(|place| (place, record)));
                })?;
                Ok(found)
            };
            found.extend(side_by_side(disk, shares, &read)?.into_iter().flatten());
        }
        for (number, record) in self.memory.records() {
            let Some(place) = places.of_number(number) else { continue };
            found.extend(part.of(record.clone()).map(|record| (place, record)));
        }
        if part != Part::Open && found.len() != self.files.len() {
            return Err(Trouble::Damaged);
        }
        found.sort_unstable_by_key(|(place, _)| *place);
        Ok(found.into_iter().map(|(place, record)| (self.files[place].path.clone(), record)).collect())
    }

    /// The records of some postmortems, by their places in the list, which must be in order. See [`Catalog::records`].
    pub fn some_records(&self, part: Part, places: &[usize]) -> Vec<(PathBuf, Record)> {
        // What all threads may see: not the connection.
        let (files, memory) = (&self.files, self.memory.all());
        let read =
            |share: &[usize], facts: Option<&facts::Facts>| -> Result<Vec<(PathBuf, Record)>, Trouble> {
                let mut found = Vec::with_capacity(share.len());
                for file in share.iter().filter_map(|place| files.get(*place)) {
                    let mut take = |record| found.push((file.path.clone(), record));
                    let in_memory = file.number.checked_sub(memory::IN_MEMORY);
                    let in_memory = in_memory.and_then(|place| memory.get(usize::try_from(place).ok()?));
                    match (in_memory, facts) {
                        (Some(record), _) => part.of(record.clone()).into_iter().for_each(take),
                        (None, Some(facts)) => {
                            facts.records((file.number, file.number), part, |_, record| take(record))?;
                        }
                        (None, None) => {}
                    }
                }
                Ok(found)
            };
        let found = match &self.disk {
            None => read(places, None),
            Some(disk) => {
                let shares = if places.len() < 500 { 1 } else { threads() as u64 };
                let share = places.len().div_ceil(shares as usize).max(1);
                let read = |nth: u64, facts: &facts::Facts| {
                    read(places.chunks(share).nth(nth as usize).unwrap_or_default(), Some(facts))
                };
                side_by_side(disk, shares, &read).map(|parts| parts.into_iter().flatten().collect())
            }
        };
        let is_whole = |found: &Vec<_>| part == Part::Open || found.len() == places.len();
        match found.and_then(|found| if is_whole(&found) { Ok(found) } else { Err(Trouble::Damaged) }) {
            Ok(found) => found,
            Err(trouble) => {
                self.found(&trouble);
                let wanted: std::collections::HashSet<&Path> =
                    places.iter().filter_map(|place| Some(self.files.get(*place)?.path.as_path())).collect();
                let all = self.read_records(part).into_iter();
                all.filter(|(path, _)| wanted.contains(path.as_path())).collect()
            }
        }
    }

    /// How many threads read.
    fn shares(&self) -> u64 {
        if self.files.len() < 2_000 { 1 } else { threads() as u64 }
    }

    fn read_records(&self, part: Part) -> Vec<(PathBuf, Record)> {
        let listed: Vec<Listed> =
            self.files.iter().map(|file| Ok(self.library.root().join(&file.path))).collect();
        let mut records = Vec::new();
        // Threads take the library alone: a connection to a database is for one of them.
        let library = &self.library;
        library.scan(
            &listed,
            threads(),
            |path, bytes| {
                let record = recount_engine::document::Document::parse(bytes.ok()?).record();
                Some((library.relative(path).to_owned(), part.of(record)?))
            },
            |record| records.extend(record),
        );
        records
    }

    /// The record of a number, whole; of the document itself, under `path`, where what is kept is damaged.
    fn record(&self, number: u64, path: &Path) -> Option<Record> {
        if let Some(record) = self.memory.record(number) {
            return Some(record.clone());
        }
        match self.disk.as_ref()?.facts.record(number) {
            Ok(record) => Some(record),
            Err(trouble) => {
                self.found(&trouble);
                let stored = self.library.read(&self.library.root().join(path)).ok()?;
                Some(recount_engine::document::Document::parse(&stored.bytes).record())
            }
        }
    }

    /// Damage that is found while the catalog is read is mended, and told, by the next that opens it.
    fn found(&self, trouble: &Trouble) {
        if let (Some(disk), Trouble::Damaged) = (&self.disk, trouble) {
            disk.make_anew();
        }
    }

    /// The path of a number.
    fn path_of(&self, number: u64) -> Option<&Path> {
        let place = self.places.get_or_init(|| Places::of(&self.files)).of_number(number)?;
        Some(&self.files.get(place)?.path)
    }

    /// The number of a path from the library's root.
    fn number_of(&self, path: &Path) -> Option<u64> {
        let place = self.files.binary_search_by(|file| file.path.as_path().cmp(path)).ok()?;
        Some(self.files[place].number)
    }
}

/// Reads shares of one state at the same time, each through a connection of its own, and gives them in order.
fn side_by_side<T: Send>(
    disk: &disk::Disk,
    shares: u64,
    read: &(impl Fn(u64, &facts::Facts) -> Result<T, Trouble> + Sync),
) -> Result<Vec<T>, Trouble> {
    let twin = disk.twin();
    thread::scope(|scope| {
        let twin = &twin;
        let others: Vec<_> =
            (1..shares).map(|share| scope.spawn(move || read(share, &twin.open()?))).collect();
        let mut all = vec![read(0, &disk.facts)];
        all.extend(others.into_iter().map(|other| other.join().unwrap_or(Err(Trouble::Damaged))));
        all.into_iter().collect()
    })
}

/// Where the file of a number stands in the list.
struct Places {
    /// By number, plus one; zero where there is none.
    dense: Vec<u32>,
    sparse: HashMap<u64, usize>,
    /// The highest number on disk.
    last: u64,
}

impl Places {
    fn of(files: &[File]) -> Self {
        let on_disk = || files.iter().enumerate().filter(|(_, file)| file.number < memory::IN_MEMORY);
        let last = on_disk().map(|(_, file)| file.number).max().unwrap_or(0);
        let mut places = Self { dense: Vec::new(), sparse: HashMap::new(), last };
        let is_dense = last < 8 * files.len() as u64 + 1024;
        if is_dense {
            places.dense = vec![0; last as usize + 1];
        }
        for (place, file) in files.iter().enumerate() {
            match usize::try_from(file.number).ok().and_then(|number| places.dense.get_mut(number)) {
                Some(slot) => *slot = place as u32 + 1,
                None => {
                    places.sparse.insert(file.number, place);
                }
            }
        }
        places
    }

    fn of_number(&self, number: u64) -> Option<usize> {
        match usize::try_from(number).ok().and_then(|number| self.dense.get(number)) {
            Some(0) => None,
            Some(place) => Some(*place as usize - 1),
            None => self.sparse.get(&number).copied(),
        }
    }
}

/// Why a catalog on disk cannot be used. Nobody is told but by [`Catalog::notes`].
#[derive(Debug)]
enum Trouble {
    /// It is not what was written.
    Damaged,
    /// Another version wrote it.
    Outdated,
    /// Nothing can be kept here.
    Unwritable(String),
    /// Another process is at it.
    Busy,
    /// More would have to be read than the answer is worth.
    TooMuch,
}

impl From<io::Error> for Trouble {
    fn from(error: io::Error) -> Self {
        use io::ErrorKind::{
            NotADirectory, PermissionDenied, QuotaExceeded, ReadOnlyFilesystem, StorageFull, Unsupported,
        };
        match error.kind() {
            PermissionDenied | ReadOnlyFilesystem | StorageFull | QuotaExceeded | NotADirectory
            | Unsupported => Self::Unwritable(crate::error::plain(&error)),
            _ => Self::Damaged,
        }
    }
}

impl From<rusqlite::Error> for Trouble {
    fn from(error: rusqlite::Error) -> Self {
        use rusqlite::ErrorCode::{
            CannotOpen, DatabaseBusy, DatabaseLocked, DiskFull, PermissionDenied, ReadOnly, SystemIoFailure,
        };
        match error.sqlite_error_code() {
            Some(DatabaseBusy | DatabaseLocked) => Self::Busy,
            Some(CannotOpen | DiskFull | PermissionDenied | ReadOnly | SystemIoFailure) => {
                Self::Unwritable(error.to_string())
            }
            _ => Self::Damaged,
        }
    }
}

impl From<tantivy::TantivyError> for Trouble {
    fn from(error: tantivy::TantivyError) -> Self {
        match error {
            tantivy::TantivyError::IoError(error) => {
                Self::from(io::Error::new(error.kind(), error.to_string()))
            }
            tantivy::TantivyError::LockFailure(..) => Self::Busy,
            _ => Self::Damaged,
        }
    }
}
