//! Answers that were worked out for each document and hold while it, and what was asked beside it, are as
//! they were: the findings of a check that is run again.
//!
//! One file for each question, replaced as a whole, with a sum over it. What an answer is made of is the
//! asker's: bytes in, bytes out. What does not live here: what a check asks, and what depends on today.

use std::collections::HashMap;
use std::fs;
use std::io::{Read as _, Write as _};
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;
use std::thread;

use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::tree::Stat;
use super::{CACHE_FOLDER, WORTH_IT};
use crate::evidence::evidence_folder;
use crate::scan::threads;
use crate::{Library, Listed};

/// How many questions are kept: two formats, with and without `--due`, here and in another folder.
const QUESTIONS: usize = 6;
/// Answers of more bytes are not kept.
const LARGEST: usize = 400 * 1024 * 1024;
/// Grows with every change to the file's form.
const FORM: u32 = 1;

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
        let name = super::hexadecimal(&self.0[..16]);
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

    /// Whether the answer would be the same now. `library` tells the state of all postmortems; none where a file
    /// may have changed unseen.
    fn holds(&self, document: &Path, today: i64, taken: i64, library: &dyn Fn() -> Option<[u8; 16]>) -> bool {
        match self {
            Self::Exists(path, was) => path.exists() == *was,
            Self::Content(path, was) => {
                let stat = Stat::of(path).ok();
                stat.is_none_or(|stat| !super::delta::is_racy(&stat, taken)) && stat.map(words) == *was
            }
            Self::Evidence(was) => evidence(document, taken) == Some(*was),
            Self::Day(day) => *day == today,
            Self::Library(was) => library() == Some(*was),
        }
    }
}

fn words(stat: Stat) -> [u64; 4] {
    [stat.size, stat.modified.cast_unsigned(), stat.changed.cast_unsigned(), stat.inode]
}

/// What tells that all postmortems of a library are the same; none where one may have changed unseen since `taken`.
fn state(library: &Library, taken: i64) -> Option<[u8; 16]> {
    let mut hash = Sha256::new();
    for path in library.list().iter().flatten() {
        let stat = Stat::of(path).ok();
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
    /// What it is.
    pub bytes: Vec<u8>,
    /// What was asked for it beside the document.
    pub asked: Vec<Asked>,
}

/// What is kept of an answer but its bytes.
#[derive(Serialize, Deserialize)]
struct Entry<'e> {
    path: &'e [u8],
    stat: [u64; 4],
    #[serde(borrow)]
    asked: &'e [u8],
    bytes: u32,
}

#[derive(Serialize, Deserialize)]
struct Head {
    key: [u8; 32],
    taken: i64,
    entries: u32,
}

/// The answers to one question, for all documents of a library.
pub struct Answers {
    key: Key,
    file: PathBuf,
    /// The whole file.
    kept: Vec<u8>,
    /// For each document listed, where its answer stands in `kept`, if it holds.
    places: Vec<Option<Range<usize>>>,
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
        let today = super::text::days(today);
        let file = key.file(library);
        let taken = super::delta::now();
        let kept = read(&file, key).unwrap_or_default();
        let mut entries: HashMap<&[u8], (Entry<'_>, Range<usize>)> = HashMap::new();
        let mut before = 0;
        if let Some((head, mut rest)) = head(&kept) {
            before = head.taken;
            entries.reserve(head.entries as usize);
            let mut at = 0;
            let mut all = Vec::new();
            for _ in 0..head.entries {
                let Ok((entry, after)) = postcard::take_from_bytes::<Entry<'_>>(rest) else { break };
                rest = after;
                at += entry.bytes as usize;
                all.push(entry);
            }
            // The bytes of all answers stand behind the entries.
            let start = kept.len() - rest.len();
            if rest.len() == at {
                let mut from = start;
                for entry in all {
                    let range = from..from + entry.bytes as usize;
                    from = range.end;
                    entries.insert(entry.path, (entry, range));
                }
            }
        }
        let all = OnceLock::new();
        let all = || *all.get_or_init(|| state(library, before));
        let look = |file: &Listed| -> (Option<Stat>, Option<Range<usize>>) {
            let Ok(path) = file else { return (None, None) };
            let Ok(stat) = Stat::of(path) else { return (None, None) };
            let holds = entries
                .get(library.relative(path).as_os_str().as_encoded_bytes())
                .filter(|(entry, _)| entry.stat == words(stat) && !super::delta::is_racy(&stat, before))
                .filter(|(entry, _)| {
                    entry.asked.is_empty()
                        || postcard::from_bytes::<Vec<Asked>>(entry.asked).is_ok_and(|asked| {
                            asked.iter().all(|asked| asked.holds(path, today, before, &all))
                        })
                });
            (Some(stat), holds.map(|(_, range)| range.clone()))
        };
        let share = listed.len().div_ceil(threads()).max(256);
        let looked: Vec<_> = thread::scope(|scope| {
            let running: Vec<_> = listed
                .chunks(share)
                .map(|part| {
                    let look = &look;
                    (scope.spawn(move || part.iter().map(look).collect::<Vec<_>>()), part.len())
                })
                .collect();
            let none = |count| vec![(None, None); count];
            running
                .into_iter()
                .flat_map(|(part, count)| part.join().unwrap_or_else(|_| none(count)))
                .collect()
        });
        let (stats, places) = looked.into_iter().unzip();
        let keeps = listed.len() >= WORTH_IT || library.root().join(CACHE_FOLDER).join("answers").is_dir();
        drop(entries);
        Self { key, file, kept, places, stats, taken, keeps }
    }

    /// The answer about a document, by its place in the list, if one holds.
    pub fn get(&self, place: usize) -> Option<&[u8]> {
        self.kept.get(self.places.get(place)?.clone()?)
    }

    /// Whether a document's answer is missing.
    pub fn lacks(&self, place: usize) -> bool {
        self.get(place).is_none()
    }

    /// Keeps answers for the next time: those that hold, and what was worked out, by place. A library in
    /// which nothing can be kept is left as it is.
    pub fn keep(self, library: &Library, listed: &[Listed], new: &HashMap<usize, Answer>) {
        if !self.keeps || new.is_empty() {
            return;
        }
        let mut entries = Vec::new();
        let mut count = 0_u32;
        let mut answers: Vec<&[u8]> = Vec::new();
        let old: HashMap<&[u8], Entry<'_>> = match head(&self.kept) {
            None => HashMap::new(),
            Some((head, mut rest)) => (0..head.entries)
                .map_while(|_| {
                    let (entry, after) = postcard::take_from_bytes::<Entry<'_>>(rest).ok()?;
                    rest = after;
                    Some((entry.path, entry))
                })
                .collect(),
        };
        for (place, file) in listed.iter().enumerate() {
            let (Ok(path), Some(stat)) = (file, self.stats.get(place).copied().flatten()) else { continue };
            let path = library.relative(path).as_os_str().as_encoded_bytes();
            let packed;
            let (asked, bytes) = match (new.get(&place), self.get(place)) {
                (Some(answer), _) => {
                    packed = if answer.asked.is_empty() {
                        Vec::new()
                    } else {
                        postcard::to_stdvec(&answer.asked).unwrap_or_default()
                    };
                    (packed.as_slice(), answer.bytes.as_slice())
                }
                (None, Some(bytes)) => (old.get(path).map_or(&[][..], |entry| entry.asked), bytes),
                (None, None) => continue,
            };
            let entry = Entry { path, stat: words(stat), asked, bytes: bytes.len() as u32 };
            entries.extend(postcard::to_stdvec(&entry).unwrap_or_default());
            answers.push(bytes);
            count += 1;
        }
        if answers.iter().map(|bytes| bytes.len()).sum::<usize>() > LARGEST {
            return;
        }
        let head = Head { key: self.key.0, taken: self.taken, entries: count };
        let mut file = postcard::to_stdvec(&head).unwrap_or_default();
        file.extend(entries);
        for bytes in answers {
            file.extend_from_slice(bytes);
        }
        super::facts::seal(&mut file);
        // What cannot be kept is worked out again.
        let _ = write(&self.file, &file);
    }
}

/// The file of a question; none where there is none, or it is not what was written.
fn read(path: &Path, key: Key) -> Option<Vec<u8>> {
    let mut bytes = Vec::new();
    fs::File::open(path).ok()?.read_to_end(&mut bytes).ok()?;
    let bytes = super::facts::checked(bytes).ok()?;
    head(&bytes).is_some_and(|(head, _)| head.key == key.0).then_some(bytes)
}

fn head(kept: &[u8]) -> Option<(Head, &[u8])> {
    postcard::take_from_bytes(kept).ok()
}

fn write(path: &Path, bytes: &[u8]) -> std::io::Result<()> {
    let folder = path.parent().unwrap_or(Path::new(""));
    fs::create_dir_all(folder)?;
    if let Some(cache) = folder.parent() {
        let ignore = cache.join(".gitignore");
        if !ignore.exists() {
            fs::write(ignore, "*\n")?;
        }
    }
    let mut file = tempfile::NamedTempFile::new_in(folder)?;
    file.write_all(bytes)?;
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
        let holds = |asked: &Asked, taken| asked.holds(&document, 0, taken, &|| None);
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
