//! Answers that were worked out for each document and hold while it, and what was asked beside it, are as
//! they were: the findings of a check that is run again.
//!
//! One file for each question, replaced as a whole, with sums over it: first what is needed of every answer at
//! once, then their texts, which are passed on as they stand and never all in memory. What an answer is made of
//! is the asker's: bytes in, bytes out. What does not live here: what a check asks, and what depends on today.

use std::collections::{HashMap, HashSet};
use std::fs;
use std::io::{BufWriter, Read as _, Seek as _, SeekFrom, Write as _};
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;
use std::thread;

use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::tree::{Asker, Stat};
use super::{CACHE_FOLDER, WORTH_IT};
use crate::evidence::evidence_folder;
use crate::scan::threads;
use crate::{Library, Listed};

/// How many questions are kept: two formats, with and without `--due`, here and in another folder.
const QUESTIONS: usize = 6;
/// Answers of more bytes are not kept.
const LARGEST: usize = 400 * 1024 * 1024;
/// Grows with every change to the file's form.
const FORM: u32 = 2;
/// Bytes of texts that are read at once.
const PIECE: usize = 256 * 1024;

/// What the answers depend on beside the documents.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Key([u8; 32]);

impl Key {
    /// The key of everything that a question consists of.
    pub fn of(parts: &[&[u8]]) -> Self {
        let mut hash = Sha256::new();
        hash.update(FORM.to_le_bytes());
        for part in parts {
            hash.update((part.len() as u64).to_le_bytes());
            hash.update(part);
        }
        Self(hash.finalize().into())
    }

    fn file(self, library: &Library) -> PathBuf {
        let name = crate::read::hexadecimal(&self.0[..16]);
        library.root().join(CACHE_FOLDER).join("answers").join(name)
    }
}

/// Something beside the document that was asked for an answer. Relative paths are from the library's root.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Asked {
    /// Whether a file is there.
    Exists(PathBuf, bool),
    /// What a file holds; none where it was not there.
    Content(PathBuf, Option<[u64; 4]>),
    /// The document's frozen evidence.
    Evidence([u8; 16]),
    /// What day it is, in days since 1970.
    Day(i64),
    /// All postmortems of the library.
    Library([u8; 16]),
}

impl Asked {
    /// Whether a file is there.
    pub fn exists(path: &Path) -> Self {
        Self::Exists(path.to_owned(), path.exists())
    }

    /// What a file holds.
    pub fn content(path: &Path) -> Self {
        Self::Content(path.to_owned(), Stat::of(path).ok().map(words))
    }

    /// The frozen evidence of a document.
    pub fn evidence(document: &Path) -> Self {
        Self::Evidence(evidence(document, i64::MAX).unwrap_or_default())
    }

    /// What day it is.
    pub fn day(today: Date) -> Self {
        Self::Day(super::text::days(today))
    }

    /// All postmortems of the library, as they are now.
    pub fn library(library: &Library) -> Self {
        Self::Library(state(library, i64::MAX).unwrap_or_default())
    }

    /// Whether the answer would be the same now.
    fn holds(&self, document: &Path, now: &Now<'_>) -> bool {
        match self {
            Self::Exists(path, was) => path.exists() == *was,
            Self::Content(path, was) => {
                let stat = Stat::of(path).ok();
                stat.is_none_or(|stat| !super::delta::is_racy(&stat, now.taken)) && stat.map(words) == *was
            }
            Self::Evidence(was) => {
                let was_none = *was == [0; 16];
                (was_none && now.beside.is_none(document)) || evidence(document, now.taken) == Some(*was)
            }
            Self::Day(day) => *day == now.today,
            Self::Library(was) => (now.library)() == Some(*was),
        }
    }
}

/// What answers are held against.
struct Now<'n> {
    today: i64,
    /// When the documents were last looked at.
    taken: i64,
    /// The state of all postmortems; none where a file may have changed unseen.
    library: &'n (dyn Fn() -> Option<[u8; 16]> + Sync),
    beside: &'n Beside,
}

/// Which evidence folders there are: one look into a folder instead of one beside each document.
struct Beside(HashMap<PathBuf, HashSet<Vec<u8>>>);

impl Beside {
    fn of<'p>(documents: impl Iterator<Item = &'p Path>) -> Self {
        let mut folders = HashMap::new();
        let mut last = None;
        for folder in documents.filter_map(Path::parent) {
            if last == Some(folder) || folders.contains_key(folder) {
                continue;
            }
            last = Some(folder);
            // A folder that cannot be looked into is asked about each.
            let Ok(entries) = fs::read_dir(folder) else { continue };
            let names = entries.flatten().filter_map(|entry| {
                let name = entry.file_name().as_encoded_bytes().to_ascii_lowercase();
                name.ends_with(b".evidence").then_some(name)
            });
            folders.insert(folder.to_owned(), names.collect());
        }
        Self(folders)
    }

    /// Whether a document certainly has none.
    fn is_none(&self, document: &Path) -> bool {
        let Some(names) = document.parent().and_then(|folder| self.0.get(folder)) else { return false };
        if names.is_empty() {
            return true;
        }
        let folder = evidence_folder(document);
        let name = folder.file_name().unwrap_or_default().as_encoded_bytes();
        // There are disks on which other letters than these are the same, too.
        name.is_ascii() && !names.contains(&name.to_ascii_lowercase())
    }
}

fn words(stat: Stat) -> [u64; 4] {
    [stat.size, stat.modified.cast_unsigned(), stat.changed.cast_unsigned(), stat.inode]
}

/// What tells that all postmortems of a library are the same; none where one may have changed unseen since `taken`.
fn state(library: &Library, taken: i64) -> Option<[u8; 16]> {
    let listed = library.list();
    state_of(
        library,
        listed.iter().map(|file| (file, file.as_ref().ok().and_then(|path| Stat::of(path).ok()))),
        taken,
    )
}

/// The same of these files.
fn state_of<'f>(
    library: &Library,
    files: impl Iterator<Item = (&'f Listed, Option<Stat>)>,
    taken: i64,
) -> Option<[u8; 16]> {
    let mut hash = Sha256::new();
    for (path, stat) in files.filter_map(|(file, stat)| Some((file.as_ref().ok()?, stat))) {
        if stat.is_some_and(|stat| super::delta::is_racy(&stat, taken)) {
            return None;
        }
        hash.update(library.relative(path).as_os_str().as_encoded_bytes());
        hash.update(format!("{:?}", stat.map(words)));
    }
    let mut state = [0; 16];
    state.copy_from_slice(&hash.finalize()[..16]);
    Some(state)
}

/// The names of the evidence files of a document, with what tells that they are the same; none where one may have
/// changed unseen since `taken`.
fn evidence(document: &Path, taken: i64) -> Option<[u8; 16]> {
    let mut state = [0; 16];
    let Ok(entries) = fs::read_dir(evidence_folder(document)) else { return Some(state) };
    let mut files: Vec<_> =
        entries.flatten().map(|entry| (entry.file_name(), Stat::of(&entry.path()).ok())).collect();
    if files.iter().filter_map(|(_, stat)| *stat).any(|stat| super::delta::is_racy(&stat, taken)) {
        return None;
    }
    files.sort_by(|a, b| a.0.cmp(&b.0));
    let files: Vec<_> = files.into_iter().map(|(name, stat)| (name, stat.map(words))).collect();
    state.copy_from_slice(&Sha256::digest(format!("{files:?}"))[..16]);
    Some(state)
}

/// An answer about one document.
#[derive(Clone, Debug)]
pub struct Answer {
    /// What is needed of it at once.
    pub bytes: Vec<u8>,
    /// What it says.
    pub text: String,
    /// What was asked for it beside the document.
    pub asked: Vec<Asked>,
}

/// What is kept of an answer but its text.
#[derive(Serialize, Deserialize)]
struct Entry<'e> {
    path: &'e [u8],
    stat: [u64; 4],
    #[serde(borrow)]
    asked: &'e [u8],
    /// Bytes of its text, and the sum over it.
    text: (u32, [u8; 4]),
    /// At the end, where it is found again.
    bytes: &'e [u8],
}

#[derive(Serialize, Deserialize)]
struct Head {
    key: [u8; 32],
    taken: i64,
    entries: u32,
}

/// An answer that holds.
#[derive(Clone)]
struct Held {
    /// Where its bytes stand in the index.
    bytes: Range<usize>,
    /// Where its text stands in the file.
    text: Range<u64>,
    sum: [u8; 4],
}

/// The answers to one question, for all documents of a library.
pub struct Answers {
    key: Key,
    path: PathBuf,
    /// What was kept, and the file with the texts, which may have been replaced meanwhile.
    kept: Option<(Vec<u8>, fs::File)>,
    /// For each document listed, its answer, if it holds.
    places: Vec<Option<Held>>,
    /// What tells that a document is the same, before it was read.
    stats: Vec<Option<Stat>>,
    /// When the documents were looked at.
    taken: i64,
    /// Whether what is worked out is worth keeping.
    keeps: bool,
}

impl Answers {
    /// The answers that hold today for the documents listed.
    pub fn open(library: &Library, key: Key, listed: &[Listed], today: Date) -> Self {
        let path = key.file(library);
        let taken = super::delta::now();
        let kept = read(&path, key);
        let (before, entries) = kept.as_ref().map(|(index, _)| entries(index)).unwrap_or_default();
        let stats: Vec<Option<Stat>> =
            in_parts(listed, |asker, _, file| file.as_ref().ok().and_then(|path| asker.stat(path).ok()));
        let all = OnceLock::new();
        let all = || *all.get_or_init(|| state_of(library, listed.iter().zip(stats.iter().copied()), before));
        let beside =
            Beside::of(listed.iter().flatten().map(PathBuf::as_path).filter(|_| !entries.is_empty()));
        let now = Now { today: super::text::days(today), taken: before, library: &all, beside: &beside };
        let places = in_parts(listed, |_, place, file| {
            let (path, stat) = (file.as_ref().ok()?, stats[place]?);
            let (entry, held) = entries.get(library.relative(path).as_os_str().as_encoded_bytes())?;
            if entry.stat != words(stat) || super::delta::is_racy(&stat, before) {
                return None;
            }
            let holds = entry.asked.is_empty()
                || postcard::from_bytes::<Vec<Asked>>(entry.asked)
                    .is_ok_and(|asked| asked.iter().all(|asked| asked.holds(path, &now)));
            holds.then(|| held.clone())
        });
        let keeps = listed.len() >= WORTH_IT || library.root().join(CACHE_FOLDER).join("answers").is_dir();
        drop(entries);
        Self { key, path, kept, places, stats, taken, keeps }
    }

    /// What is needed at once of the answer about a document, by its place in the list, if one holds.
    pub fn get(&self, place: usize) -> Option<&[u8]> {
        let (index, _) = self.kept.as_ref()?;
        index.get(self.places.get(place)?.as_ref()?.bytes.clone())
    }

    /// The texts of the answers that hold.
    pub fn texts(&self) -> Texts<'_> {
        Texts { answers: self, piece: Vec::new(), from: 0 }
    }

    /// Keeps answers for the next time: those that hold, and what was worked out, by place. A library in
    /// which nothing can be kept is left as it is.
    pub fn keep(self, library: &Library, listed: &[Listed], new: &HashMap<usize, Answer>) {
        // What cannot be kept is worked out again.
        if self.keeps && !new.is_empty() {
            let _ = self.write(library, listed, new);
        }
    }

    fn write(
        &self,
        library: &Library,
        listed: &[Listed],
        new: &HashMap<usize, Answer>,
    ) -> std::io::Result<()> {
        let (_, old) = self.kept.as_ref().map(|(index, _)| entries(index)).unwrap_or_default();
        let mut entries = Vec::new();
        let mut said = Vec::new();
        for (place, file) in listed.iter().enumerate() {
            let (Ok(path), Some(stat)) = (file, self.stats.get(place).copied().flatten()) else { continue };
            let path = library.relative(path).as_os_str().as_encoded_bytes();
            let packed;
            let (asked, bytes, text) = match (new.get(&place), self.places.get(place).cloned().flatten()) {
                (Some(answer), _) => {
                    packed = if answer.asked.is_empty() {
                        Vec::new()
                    } else {
                        postcard::to_stdvec(&answer.asked).unwrap_or_default()
                    };
                    let text = answer.text.as_bytes();
                    let length = u32::try_from(text.len()).unwrap_or(u32::MAX);
                    (packed.as_slice(), answer.bytes.as_slice(), (length, super::facts::sum_of(text)))
                }
                (None, Some(held)) => {
                    let Some((entry, _)) = old.get(path) else { continue };
                    (entry.asked, entry.bytes, (entry.text.0, held.sum))
                }
                (None, None) => continue,
            };
            let entry = Entry { path, stat: words(stat), asked, text, bytes };
            entries.extend(postcard::to_stdvec(&entry).unwrap_or_default());
            said.push((place, text.0 as usize));
        }
        if said.iter().map(|(_, length)| length).sum::<usize>() > LARGEST {
            return Ok(());
        }
        let count = u32::try_from(said.len()).unwrap_or(u32::MAX);
        let mut index = postcard::to_stdvec(&Head { key: self.key.0, taken: self.taken, entries: count })
            .unwrap_or_default();
        index.extend(entries);
        super::facts::seal(&mut index);
        let mut texts = self.texts();
        put(&self.path, |file| {
            file.write_all(&(index.len() as u64).to_le_bytes())?;
            file.write_all(&index)?;
            for (place, length) in said {
                let text = match new.get(&place) {
                    Some(answer) => answer.text.as_bytes(),
                    // What is damaged is left out by what comes after it, too: the file is not what it says.
                    None => texts.get(place).filter(|text| text.len() == length).ok_or(DAMAGED)?,
                };
                file.write_all(text)?;
            }
            Ok(())
        })
    }
}

const DAMAGED: std::io::ErrorKind = std::io::ErrorKind::InvalidData;

/// Reads the texts of answers, fastest in their order.
pub struct Texts<'a> {
    answers: &'a Answers,
    /// A piece of the file, and where it begins.
    piece: Vec<u8>,
    from: u64,
}

impl Texts<'_> {
    /// The text of the answer about a document, by its place in the list; none where it is not what was written.
    pub fn get(&mut self, place: usize) -> Option<&[u8]> {
        let held = self.answers.places.get(place)?.as_ref()?;
        let length = usize::try_from(held.text.end - held.text.start).ok()?;
        if held.text.start < self.from || held.text.end > self.from + self.piece.len() as u64 {
            self.load(held.text.start, length);
        }
        let start = usize::try_from(held.text.start - self.from).ok()?;
        let text = self.piece.get(start..start + length);
        let is_whole = text.is_some_and(|text| super::facts::sum_of(text) == held.sum);
        if !is_whole {
            // So that the next finds none and keeps all anew.
            let _ = fs::remove_file(&self.answers.path);
            return None;
        }
        self.piece.get(start..start + length)
    }

    fn load(&mut self, from: u64, least: usize) {
        self.from = from;
        self.piece.resize(least.max(PIECE), 0);
        let mut read = 0;
        if let Some((_, file)) = &self.answers.kept {
            let mut file = file;
            if file.seek(SeekFrom::Start(from)).is_ok() {
                while read < self.piece.len() {
                    match file.read(&mut self.piece[read..]) {
                        Ok(0) => break,
                        Ok(more) => read += more,
                        Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
                        Err(_) => break,
                    }
                }
            }
        }
        self.piece.truncate(read);
    }
}

/// Runs `work` over all files by their places, by all threads.
fn in_parts<T: Send + Default>(
    listed: &[Listed],
    work: impl Fn(&mut Asker, usize, &Listed) -> T + Sync,
) -> Vec<T> {
    let share = listed.len().div_ceil(threads()).max(256);
    thread::scope(|scope| {
        let running: Vec<_> = listed
            .chunks(share)
            .enumerate()
            .map(|(nth, part)| {
                let work = &work;
                let run = move || {
                    let mut asker = Asker::default();
                    let files = part.iter().enumerate();
                    files.map(|(at, file)| work(&mut asker, nth * share + at, file)).collect::<Vec<_>>()
                };
                (scope.spawn(run), part.len())
            })
            .collect();
        let none = |count| std::iter::repeat_with(T::default).take(count).collect();
        running.into_iter().flat_map(|(part, count)| part.join().unwrap_or_else(|_| none(count))).collect()
    })
}

/// The index of a question's file, and the file; none where there is none, or it is not what was written.
fn read(path: &Path, key: Key) -> Option<(Vec<u8>, fs::File)> {
    let mut file = fs::File::open(path).ok()?;
    let mut length = [0; 8];
    file.read_exact(&mut length).ok()?;
    let length = u64::from_le_bytes(length);
    if length > file.metadata().ok()?.len() {
        return None;
    }
    let mut index = vec![0; usize::try_from(length).ok()?];
    file.read_exact(&mut index).ok()?;
    let index = super::facts::checked(index).ok()?;
    let (head, _) = postcard::take_from_bytes::<Head>(&index).ok()?;
    (head.key == key.0).then_some((index, file))
}

/// When an index was made, and its entries by path, each with where its answer stands.
fn entries(index: &[u8]) -> (i64, HashMap<&[u8], (Entry<'_>, Held)>) {
    let mut entries = HashMap::new();
    let Ok((head, mut rest)) = postcard::take_from_bytes::<Head>(index) else { return (0, entries) };
    entries.reserve(head.entries as usize);
    let mut at = (size_of::<u64>() + index.len() + 4) as u64;
    for _ in 0..head.entries {
        let Ok((entry, after)) = postcard::take_from_bytes::<Entry<'_>>(rest) else { break };
        let end = index.len() - after.len();
        let bytes = end - entry.bytes.len()..end;
        let (length, sum) = entry.text;
        let text = at..at + u64::from(length);
        at = text.end;
        entries.insert(entry.path, (entry, Held { bytes, text, sum }));
        rest = after;
    }
    (head.taken, entries)
}

/// Puts a file into its place, whole.
fn put(
    path: &Path,
    write: impl FnOnce(&mut BufWriter<&mut fs::File>) -> std::io::Result<()>,
) -> std::io::Result<()> {
    let folder = path.parent().unwrap_or(Path::new(""));
    fs::create_dir_all(folder)?;
    if let Some(cache) = folder.parent() {
        let ignore = cache.join(".gitignore");
        if !ignore.exists() {
            fs::write(ignore, "*\n")?;
        }
    }
    let mut file = tempfile::NamedTempFile::new_in(folder)?;
    let mut writer = BufWriter::with_capacity(PIECE, file.as_file_mut());
    write(&mut writer)?;
    writer.flush()?;
    drop(writer);
    file.persist(path).map_err(|error| error.error)?;
    let mut others: Vec<_> = fs::read_dir(folder)?
        .flatten()
        .filter_map(|entry| Some((entry.metadata().ok()?.modified().ok()?, entry.path())))
        .collect();
    others.sort();
    let surplus = others.len().saturating_sub(QUESTIONS);
    for (_, path) in others.into_iter().take(surplus) {
        let _ = fs::remove_file(path);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn evidence_written_within_the_tick_of_the_clock_is_in_doubt() {
        let folder = tempfile::tempdir().unwrap();
        let document = folder.path().join("INC-1.md");
        let asked = Asked::evidence(&document);
        let holds = |asked: &Asked, taken| {
            let beside = Beside::of(std::iter::once(document.as_path()));
            asked.holds(&document, &Now { today: 0, taken, library: &|| None, beside: &beside })
        };
        assert!(holds(&asked, 0), "no evidence is no doubt");
        fs::create_dir_all(evidence_folder(&document)).unwrap();
        let file = evidence_folder(&document).join("one.jsonl");
        fs::write(&file, "{}").unwrap();
        assert!(!holds(&asked, i64::MAX), "another file");
        let asked = Asked::evidence(&document);
        let touched = Stat::of(&file).unwrap().touched();
        assert!(!holds(&asked, touched + 1), "it may have been written again since");
        assert!(holds(&asked, touched + 3_000_000_000));
    }
}
