//! Bringing the catalog in step with the files: what changed is read, everything else is taken as kept.
//!
//! A file is the one that was read where its size, times and inode are, unless it was touched about when
//! it was looked at: it may have changed again within the same tick of the clock, and is read again. One
//! process writes, under a lock; others wait for a little, and then answer from memory what they cannot
//! keep. The text is committed before the facts, under the generation that the facts are about to have. After
//! a kill in between the generations differ; then each text is held against its record by number and
//! content, and what only one of them has is mended.
//!
//! What does not live here: how files, facts and text are kept.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::fs::{self, File as OsFile, OpenOptions, TryLockError};
use std::io::{Seek, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use recount_engine::document::{Document, Record};
use sha2::{Digest, Sha256};
use tantivy::TantivyDocument;

use super::facts::{Facts, Folder, Head, Packed};
use super::files::{self, Content, Finder, Known};
use super::text::{self, Text, Writer};
use super::tree::{Stat, Tree};
use super::{CACHE_FOLDER, Catalog, File, Opening, Trouble, WORTH_IT, Want};
use crate::read::Unreadable;
use crate::scan::threads;
use crate::{Library, Listed};

/// Numbers from here on are of documents in memory.
pub(super) const IN_MEMORY: u64 = 1 << 62;

/// How long to wait for another process that brings the catalog in step: for records, which are soon read
/// without it, and for text, which is not.
const WAIT: [(Want, Duration); 2] =
    [(Want::Facts, Duration::from_millis(500)), (Want::Text, Duration::from_secs(20))];

/// The coarsest tick by which a disk of today keeps time, and that of disks that keep whole seconds.
const TICK: i64 = 20_000_000;
const SECONDS_TICK: i64 = 2_000_000_000;

/// The parts of a catalog on disk.
pub(super) struct Disk {
    pub(super) facts: Facts,
    pub(super) text: Option<Text>,
    head: Head,
    place: Place,
}

/// Where a catalog is kept, and for whom.
#[derive(Clone)]
struct Place {
    folder: PathBuf,
    program: String,
}

impl Place {
    fn facts(&self) -> PathBuf {
        self.folder.join("facts.db")
    }

    fn text(&self) -> PathBuf {
        self.folder.join("text")
    }

    /// A file that is there where what is kept was found damaged while it was read.
    fn damage(&self) -> PathBuf {
        self.folder.join("damaged")
    }
}

impl Disk {
    /// Has it made anew when it is opened the next time.
    pub(super) fn make_anew(&self) {
        // Where nothing can be written, the damage is found again.
        let _ = fs::write(self.place.damage(), "");
    }

    /// How to open the same state once more, for another thread.
    pub(super) fn twin(&self) -> Twin {
        Twin { head: self.head.clone(), place: self.place.clone() }
    }
}

/// A state of a catalog that can be opened.
pub(super) struct Twin {
    head: Head,
    place: Place,
}

impl Twin {
    /// The facts of that state, through a connection of its own.
    pub(super) fn open(&self) -> Result<Facts, Trouble> {
        let facts = Facts::open(&self.place.facts(), &self.place.program, "")?;
        let head = facts.hold()?;
        if head != self.head {
            return Err(Trouble::Busy);
        }
        Ok(facts)
    }
}

/// Documents that are kept in memory.
#[derive(Default)]
pub(super) struct Memory {
    records: Vec<Record>,
    pub(super) text: Option<Text>,
}

impl Memory {
    pub(super) fn records(&self) -> impl Iterator<Item = (u64, &Record)> {
        (IN_MEMORY..).zip(&self.records)
    }

    pub(super) fn all(&self) -> &[Record] {
        &self.records
    }

    pub(super) fn record(&self, number: u64) -> Option<&Record> {
        self.records.get(usize::try_from(number.checked_sub(IN_MEMORY)?).ok()?)
    }

    pub(super) fn is_empty(&self) -> bool {
        self.records.is_empty()
    }
}

pub(super) fn open<'l>(library: &'l Library, opening: &Opening<'_>) -> Catalog<'l> {
    let mut notes = Vec::new();
    let place = Place { folder: library.root().join(CACHE_FOLDER), program: opening.program.to_owned() };
    let mut looked = Looked::at(library);
    let is_worth_it = opening.always || looked.tree.files.len() >= WORTH_IT || place.facts().exists();
    if opening.keep && is_worth_it && library.config_path().is_some() {
        for _ in 0..3 {
            match attach(library, &place, &mut looked, opening) {
                Ok(catalog) => return Catalog { notes, ..catalog },
                Err(trouble @ (Trouble::Damaged | Trouble::Outdated)) => {
                    if matches!(trouble, Trouble::Damaged) {
                        notes =
                            vec!["the catalog in `.recount/cache` was damaged and is made anew".to_owned()];
                    }
                    if discard(&place).is_err() {
                        break;
                    }
                }
                Err(Trouble::Unwritable(why)) => {
                    notes = vec![format!(
                        "no catalog can be kept in `.recount/cache`, so every file is read: {why}"
                    )];
                    break;
                }
                Err(Trouble::Busy) => break,
                Err(Trouble::TooMuch) => {
                    looked.tree.files.clear();
                    break;
                }
            }
        }
    }
    if looked.tree.files.len() > opening.at_most {
        looked.tree.files.clear();
    }
    let everything: Vec<usize> = (0..looked.tree.files.len()).collect();
    let known = vec![None; looked.tree.files.len()];
    let catalog = in_memory(library, looked.tree, &known, &everything, None, opening);
    Catalog { notes, ..catalog }
}

/// Removes what is kept, unless somebody else is at it.
fn discard(place: &Place) -> Result<(), Trouble> {
    let _lock = CacheLock::take(&place.folder, Duration::from_secs(5))?.ok_or(Trouble::Busy)?;
    for name in ["facts.db", "facts.db-wal", "facts.db-shm", "damaged"] {
        match fs::remove_file(place.folder.join(name)) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(error.into()),
            _ => {}
        }
    }
    remove_folder(&place.text())
}

fn remove_folder(folder: &Path) -> Result<(), Trouble> {
    match fs::remove_dir_all(folder) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(error.into()),
        _ => Ok(()),
    }
}

/// The files, and when they were looked at.
struct Looked {
    tree: Tree,
    /// By the clock of this machine, in nanoseconds since 1970, before the first was looked at.
    at: i64,
}

impl Looked {
    fn at(library: &Library) -> Self {
        let at = now();
        Self { tree: Tree::of(library), at }
    }
}

pub(super) fn now() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_nanos()).unwrap_or(i64::MAX)
}

/// Whether a file may have changed after it was looked at without showing it.
pub(super) fn is_racy(stat: &Stat, taken: i64) -> bool {
    let touched = stat.touched();
    let tick = if touched % 1_000_000_000 == 0 { SECONDS_TICK } else { TICK };
    touched.saturating_add(tick) >= taken
}

/// What differs between the files and what is kept of them.
struct Delta {
    /// What is kept of each file of the tree.
    known: Vec<Option<Known>>,
    /// Files to read, by their place in the tree.
    stale: Vec<usize>,
    /// What is kept of files that are no longer there.
    gone: Vec<Known>,
    /// Folders that are no longer there.
    gone_folders: Vec<Vec<u8>>,
    /// Folders in which something differs.
    changed: HashSet<Vec<u8>>,
    /// Files by folder, as places in the tree.
    folders: BTreeMap<Vec<u8>, Vec<usize>>,
}

/// The folder of a path from the root, and the name in it.
fn parts<'p>(library: &Library, path: &'p Path) -> (&'p [u8], &'p [u8]) {
    let relative = library.relative(path);
    let name = relative.file_name().unwrap_or_default().as_encoded_bytes();
    let folder = relative.parent().unwrap_or(Path::new("")).as_os_str().as_encoded_bytes();
    (folder, name)
}

impl Delta {
    fn of(library: &Library, tree: &Tree, kept: &[Folder], taken: i64) -> Self {
        let mut folders: BTreeMap<Vec<u8>, Vec<usize>> = BTreeMap::new();
        let mut last: Option<(&[u8], Vec<usize>)> = None;
        for (place, (path, _)) in tree.files.iter().enumerate() {
            let (folder, _) = parts(library, path);
            match &mut last {
                Some((same, places)) if *same == folder => places.push(place),
                _ => {
                    if let Some((folder, places)) = last.replace((folder, vec![place])) {
                        folders.entry(folder.to_owned()).or_default().extend(places);
                    }
                }
            }
        }
        if let Some((folder, places)) = last {
            folders.entry(folder.to_owned()).or_default().extend(places);
        }
        let kept: HashMap<&[u8], &[u8]> =
            kept.iter().map(|(folder, block)| (folder.as_slice(), block.as_slice())).collect();
        let mut known = vec![None; tree.files.len()];
        let (mut stale, mut gone, mut changed) = (Vec::new(), Vec::new(), HashSet::new());
        for (folder, places) in &folders {
            let mut finder = Finder::new(kept.get(folder.as_slice()).copied().unwrap_or_default());
            for &place in places {
                let (path, stat) = &tree.files[place];
                let found = finder.take(parts(library, path).1);
                // The limit may be another than when it was read: reading it says so.
                let is_too_large = stat.size > library.size_limit();
                if is_too_large || found.is_none_or(|found| found.stat != *stat || is_racy(stat, taken)) {
                    stale.push(place);
                }
                known[place] = found;
            }
            let before = gone.len();
            gone.extend(finder.left());
            if gone.len() > before {
                changed.insert(folder.clone());
            }
        }
        let mut gone_folders = Vec::new();
        for (folder, block) in kept.into_iter().filter(|(folder, _)| !folders.contains_key(*folder)) {
            gone.extend(files::iter(block).map(|(_, known)| known));
            gone_folders.push(folder.to_owned());
        }
        stale.sort_unstable();
        Self { known, stale, gone, gone_folders, changed, folders }
    }

    fn is_empty(&self) -> bool {
        self.stale.is_empty() && self.gone.is_empty() && self.gone_folders.is_empty()
    }
}

/// Opens what is on disk and brings it in step.
fn attach<'l>(
    library: &'l Library,
    place: &Place,
    looked: &mut Looked,
    opening: &Opening<'_>,
) -> Result<Catalog<'l>, Trouble> {
    make_folder(&place.folder)?;
    if place.damage().exists() {
        return Err(Trouble::Damaged);
    }
    let facts = Facts::open(&place.facts(), &place.program, &new_name())?;
    let head = facts.hold()?;
    let delta = Delta::of(library, &looked.tree, &facts.folders()?, head.taken);
    let state = match opening.want {
        Want::Facts => TextState::Unwanted,
        Want::Text => TextState::of(place, &head, &delta)?,
    };
    if delta.is_empty() && state.is_in_step() {
        let tree = std::mem::take(&mut looked.tree);
        return Ok(catalog(library, place, facts, head, state.into_text(), tree, &delta.known));
    }
    let missing = match &state {
        TextState::Behind { missing, .. } => missing.len(),
        TextState::Unusable => delta.known.len(),
        TextState::Unwanted | TextState::InStep(_) => 0,
    };
    if delta.stale.len().max(missing) > opening.at_most {
        return Err(Trouble::TooMuch);
    }
    let wait = WAIT.iter().find(|(want, _)| *want == opening.want).map_or(Duration::ZERO, |(_, wait)| *wait);
    let Some(mut lock) = CacheLock::take(&place.folder, wait)? else {
        // Somebody else writes: what differs is read, and not kept.
        let mut behind = delta.stale;
        if let TextState::Behind { missing, .. } = &state {
            let lacks =
                |place: &usize| delta.known[*place].is_some_and(|known| missing.contains(&known.number));
            behind.extend((0..delta.known.len()).filter(lacks));
        }
        if matches!(state, TextState::Unusable) {
            behind = (0..delta.known.len()).collect();
        }
        behind.sort_unstable();
        behind.dedup();
        let text = state.into_text();
        let disk = Disk { facts, text, head, place: place.clone() };
        let tree = std::mem::take(&mut looked.tree);
        return Ok(in_memory(library, tree, &delta.known, &behind, Some(disk), opening));
    };
    let skew = lock.skew()?;
    let (mut head_now, mut delta) = (facts.hold()?, delta);
    if head_now != head {
        // It moved while we waited.
        *looked = Looked::at(library);
        delta = Delta::of(library, &looked.tree, &facts.folders()?, head_now.taken);
    }
    // Only now nobody else changes the text.
    let state = match opening.want {
        Want::Facts => TextState::Unwanted,
        Want::Text => TextState::of(place, &head_now, &delta)?,
    };
    let text = match state {
        TextState::Unwanted => None,
        TextState::InStep(text) => Some((text, HashSet::new(), HashSet::new())),
        TextState::Behind { text, missing, surplus } => Some((text, missing, surplus)),
        TextState::Unusable => {
            remove_folder(&place.text())?;
            let missing = delta.known.iter().flatten().map(|known| known.number).collect();
            Some((Text::open(&place.text())?, missing, HashSet::new()))
        }
    };
    facts.release();
    let mut problems = Vec::new();
    let work = Work { library, facts: &facts, place, opening, tree: &looked.tree };
    let taken = looked.at.saturating_add(skew);
    let known = work.write(delta, &mut head_now, taken, text.as_ref(), &mut problems)?;
    let head = facts.hold()?;
    let mut tree = std::mem::take(&mut looked.tree);
    tree.problems.extend(problems);
    Ok(catalog(library, place, facts, head, text.map(|(text, ..)| text), tree, &known))
}

fn catalog<'l>(
    library: &'l Library,
    place: &Place,
    facts: Facts,
    head: Head,
    text: Option<Text>,
    tree: Tree,
    known: &[Option<Known>],
) -> Catalog<'l> {
    let files = tree.files.into_iter().zip(known).filter_map(|((path, _), known)| {
        Some(File { path: library.relative(&path).to_owned(), number: known.as_ref()?.number })
    });
    Catalog {
        library,
        files: files.collect(),
        problems: tree.problems,
        disk: Some(Disk { facts, text, head, place: place.clone() }),
        memory: Memory::default(),
        notes: Vec::new(),
    }
}

/// How the text on disk stands to the facts.
enum TextState {
    Unwanted,
    InStep(Text),
    Behind {
        text: Text,
        /// Numbers that the text lacks.
        missing: HashSet<u64>,
        /// Numbers that only the text has.
        surplus: HashSet<u64>,
    },
    Unusable,
}

impl TextState {
    fn of(place: &Place, head: &Head, delta: &Delta) -> Result<Self, Trouble> {
        let folder = place.text();
        if !folder.join("meta.json").exists() {
            return Ok(Self::Unusable);
        }
        let text = match Text::open(&folder) {
            Ok(text) => text,
            Err(trouble @ (Trouble::Unwritable(_) | Trouble::Busy)) => return Err(trouble),
            Err(_) => return Ok(Self::Unusable),
        };
        let note = text.note()?;
        let shape = text.shape(&folder)?;
        let is_as_left = head.text.as_ref().is_some_and(|(generation, kept)| {
            note.as_deref() == Some(&note_of(&head.name, *generation)) && *kept == shape
        });
        if is_as_left && head.text.as_ref().is_some_and(|(generation, _)| *generation == head.generation) {
            return Ok(Self::InStep(text));
        }
        // Nothing is known of an index without a note but that it is empty.
        let is_ours = note.as_deref().is_none_or(|note| note.split(' ').next() == Some(&head.name));
        if !is_ours || (!is_as_left && !text.is_whole()) {
            return Ok(Self::Unusable);
        }
        let there = text.numbers()?;
        let live = delta.known.iter().flatten().chain(&delta.gone);
        let live: HashMap<u64, u64> = live.map(|known| (known.number, text::short(known.content))).collect();
        let but = |these: &HashMap<u64, u64>, those: &HashMap<u64, u64>| -> HashSet<u64> {
            let only = these.iter().filter(|(number, content)| those.get(*number) != Some(*content));
            only.map(|(number, _)| *number).collect()
        };
        let (missing, surplus) = (but(&live, &there), but(&there, &live));
        Ok(Self::Behind { text, missing, surplus })
    }

    fn is_in_step(&self) -> bool {
        matches!(self, Self::Unwanted | Self::InStep(_))
    }

    fn into_text(self) -> Option<Text> {
        match self {
            Self::InStep(text) | Self::Behind { text, .. } => Some(text),
            Self::Unwanted | Self::Unusable => None,
        }
    }
}

fn note_of(name: &str, generation: i64) -> String {
    format!("{name} {generation}")
}

/// A name that no other catalog has.
fn new_name() -> String {
    let seed = format!("{} {} {:?}", now(), std::process::id(), thread::current().id());
    super::hexadecimal(&Sha256::digest(seed.as_bytes())[..8])
}

fn content_of(bytes: &[u8]) -> Content {
    let mut content = [0; 16];
    content.copy_from_slice(&Sha256::digest(bytes)[..16]);
    content
}

/// A refresh under the lock.
struct Work<'w, 'o> {
    library: &'w Library,
    facts: &'w Facts,
    place: &'w Place,
    opening: &'w Opening<'o>,
    tree: &'w Tree,
}

/// What reading one file came to.
enum Read {
    Unreadable(Unreadable),
    /// What is kept under this number is still it.
    Same(u64, Content),
    New(u64, Content, Box<Packed>),
}

impl Work<'_, '_> {
    /// Reads what is stale and keeps it; returns what is kept of each file.
    fn write(
        &self,
        mut delta: Delta,
        head: &mut Head,
        taken: i64,
        text: Option<&(Text, HashSet<u64>, HashSet<u64>)>,
        problems: &mut Vec<Unreadable>,
    ) -> Result<Vec<Option<Known>>, Trouble> {
        let none = HashSet::new();
        let missing = text.map_or(&none, |(_, missing, _)| missing);
        if !missing.is_empty() {
            let behind = (0..delta.known.len())
                .filter(|place| delta.known[*place].is_some_and(|known| missing.contains(&known.number)));
            delta.stale.extend(behind);
            delta.stale.sort_unstable();
            delta.stale.dedup();
        }
        let first = head.next;
        head.next += delta.stale.len() as u64;
        head.generation += 1;
        head.taken = taken;
        let writer = text.map(|(text, ..)| text.writer(delta.stale.len())).transpose()?;
        if let (Some(writer), Some((_, missing, surplus))) = (&writer, text) {
            // Before anything is added under these numbers.
            missing.union(surplus).for_each(|number| writer.remove(*number));
        }
        let change = self.facts.change()?;
        // Documents that got another path keep their number: by content, each for one file.
        let free = Mutex::new(HashMap::<Content, Vec<u64>>::new());
        for known in delta.gone.iter().filter(|known| !missing.contains(&known.number)) {
            lock(&free).entry(known.content).or_default().push(known.number);
        }
        let mut before: HashSet<u64> = delta.gone.iter().map(|known| known.number).collect();
        before.extend(delta.stale.iter().filter_map(|place| delta.known[*place]).map(|known| known.number));

        let done = AtomicUsize::new(0);
        let failed = Mutex::new(None);
        let listed: Vec<Listed> =
            delta.stale.iter().map(|place| Ok(self.tree.files[*place].0.clone())).collect();
        let places: HashMap<&Path, usize> = delta
            .stale
            .iter()
            .enumerate()
            .map(|(nth, place)| (self.tree.files[*place].0.as_path(), nth))
            .collect();
        let known = &delta.known;
        let stale = &delta.stale;
        let total = listed.len();
        let work = |path: &Path, bytes: Result<&[u8], Unreadable>| -> Read {
            (self.opening.progress)(done.fetch_add(1, Ordering::Relaxed) + 1, total);
            let bytes = match bytes {
                Ok(bytes) => bytes,
                Err(unreadable) => return Read::Unreadable(unreadable),
            };
            let content = content_of(bytes);
            let nth = places[path];
            let mut number =
                known[stale[nth]].filter(|known| known.content == content).map(|known| known.number);
            if number.is_none() {
                number = lock(&free).get_mut(&content).and_then(Vec::pop);
            }
            let is_kept = number.is_some();
            let number = number.unwrap_or(first + nth as u64);
            if is_kept && !missing.contains(&number) {
                return Read::Same(number, content);
            }
            let document = Document::parse(bytes);
            let record = document.record();
            if let (Some(writer), Some((text, ..))) = (&writer, text) {
                let entry: TantivyDocument = text::entry(&text.fields, (number, content), &document, &record);
                if let Err(trouble) = writer.add(entry) {
                    lock(&failed).get_or_insert(trouble);
                }
            }
            if is_kept {
                return Read::Same(number, content);
            }
            Read::New(number, content, Box::new(Packed::of(number, &record)))
        };
        let mut reads = Vec::with_capacity(total);
        self.library.scan(&listed, threads(), work, |read| match read {
            Read::Unreadable(unreadable) => {
                problems.push(unreadable);
                reads.push(None);
            }
            Read::Same(number, content) => reads.push(Some((number, content))),
            Read::New(number, content, packed) => {
                if let Err(trouble) = change.put(number, *packed) {
                    lock(&failed).get_or_insert(trouble);
                }
                reads.push(Some((number, content)));
            }
        });
        if let Some(trouble) = failed.into_inner().unwrap_or_else(PoisonError::into_inner) {
            return Err(trouble);
        }
        drop(places);
        let mut result = delta.known;
        for (place, read) in delta.stale.iter().zip(reads) {
            let (path, stat) = &self.tree.files[*place];
            delta.changed.insert(parts(self.library, path).0.to_owned());
            result[*place] = read.map(|(number, content)| Known { stat: *stat, number, content });
        }
        let after: HashSet<u64> =
            delta.stale.iter().filter_map(|place| result[*place]).map(|known| known.number).collect();
        let removed: Vec<u64> = before.difference(&after).copied().collect();
        for number in &removed {
            change.remove(*number)?;
        }
        for folder in &delta.changed {
            let mut block = Vec::new();
            for place in delta.folders.get(folder).into_iter().flatten() {
                if let Some(known) = &result[*place] {
                    files::push(&mut block, parts(self.library, &self.tree.files[*place].0).1, known);
                }
            }
            change.put_folder(folder, block)?;
        }
        for folder in &delta.gone_folders {
            change.remove_folder(folder)?;
        }
        if let (Some(writer), Some((text, ..))) = (writer, text) {
            self.commit_text(writer, text, removed.into_iter(), head)?;
        }
        change.commit(head)?;
        Ok(result)
    }

    fn commit_text(
        &self,
        writer: Writer<'_>,
        text: &Text,
        removed: impl Iterator<Item = u64>,
        head: &mut Head,
    ) -> Result<(), Trouble> {
        removed.for_each(|number| writer.remove(number));
        writer.commit(&note_of(&head.name, head.generation))?;
        head.text = Some((head.generation, text.shape(&self.place.text())?));
        Ok(())
    }
}

/// Reads these files into memory, beside what is on disk.
fn in_memory<'l>(
    library: &'l Library,
    mut tree: Tree,
    known: &[Option<Known>],
    stale: &[usize],
    disk: Option<Disk>,
    opening: &Opening<'_>,
) -> Catalog<'l> {
    let text = if opening.want == Want::Text { Text::in_memory().ok() } else { None };
    let writer = text.as_ref().and_then(|text| text.writer(stale.len()).ok());
    let listed: Vec<Listed> = stale.iter().map(|place| Ok(tree.files[*place].0.clone())).collect();
    let places: HashMap<&Path, u64> =
        (IN_MEMORY..).zip(stale).map(|(number, place)| (tree.files[*place].0.as_path(), number)).collect();
    let done = AtomicUsize::new(0);
    let mut records = Vec::with_capacity(stale.len());
    let mut problems = Vec::new();
    let mut numbers = known.iter().map(|known| known.map(|known| known.number)).collect::<Vec<_>>();
    library.scan(
        &listed,
        threads(),
        |path, bytes| {
            (opening.progress)(done.fetch_add(1, Ordering::Relaxed) + 1, listed.len());
            let document = Document::parse(bytes?);
            let record = document.record();
            if let (Some(writer), Some(text)) = (&writer, &text) {
                // In memory nothing fails but by its size, and then the record is there all the same.
                let _ = writer.add(text::entry(
                    &text.fields,
                    (places[path], Content::default()),
                    &document,
                    &record,
                ));
            }
            Ok(record)
        },
        |read| records.push(read),
    );
    let mut kept = Vec::with_capacity(records.len());
    for ((place, number), read) in stale.iter().zip(IN_MEMORY..).zip(records) {
        numbers[*place] = None;
        match read {
            Ok(record) => {
                numbers[*place] = Some(number);
                kept.push(record);
            }
            Err(unreadable) => {
                problems.push(unreadable);
                kept.push(Document::parse(b"").record());
            }
        }
    }
    let text = match writer {
        Some(writer) => writer.commit("memory").ok().and(text),
        None => None,
    };
    tree.problems.extend(problems);
    let files = tree.files.into_iter().zip(numbers).filter_map(|((path, _), number)| {
        Some(File { path: library.relative(&path).to_owned(), number: number? })
    });
    Catalog {
        library,
        files: files.collect(),
        problems: tree.problems,
        disk,
        memory: Memory { records: kept, text },
        notes: Vec::new(),
    }
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

fn make_folder(folder: &Path) -> Result<(), Trouble> {
    fs::create_dir_all(folder)?;
    // Whatever the repository ignores, it should not take this in.
    let ignore = folder.join(".gitignore");
    if !ignore.exists() {
        fs::write(ignore, "*\n")?;
    }
    Ok(())
}

/// The right to write the catalog, until it is dropped or the process ends.
struct CacheLock(OsFile);

impl CacheLock {
    fn take(folder: &Path, wait: Duration) -> Result<Option<Self>, Trouble> {
        make_folder(folder)?;
        let file = OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .open(folder.join("lock"))?;
        let started = Instant::now();
        let mut pause = Duration::from_millis(1);
        loop {
            match file.try_lock() {
                Ok(()) => return Ok(Some(Self(file))),
                Err(TryLockError::Error(error)) => return Err(error.into()),
                Err(TryLockError::WouldBlock) if started.elapsed() >= wait => return Ok(None),
                Err(TryLockError::WouldBlock) => {
                    thread::sleep(pause);
                    pause = (pause * 2).min(Duration::from_millis(50));
                }
            }
        }
    }

    /// How far the clock of the disk is ahead of ours, in nanoseconds: another machine may keep it.
    fn skew(&mut self) -> Result<i64, Trouble> {
        self.0.rewind()?;
        self.0.write_all(std::process::id().to_string().as_bytes())?;
        let stat = Stat::from(&self.0.metadata()?);
        Ok(stat.modified.saturating_sub(now()).clamp(-86_400_000_000_000, 86_400_000_000_000))
    }
}
