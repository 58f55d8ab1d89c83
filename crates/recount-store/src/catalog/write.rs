//! Reading what is stale and keeping it, under the lock: records, text, and what is known of the files.
//!
//! The text is committed before the facts, under the generation that the facts are about to have; of a few changes
//! it is not written, and the facts note what it lacks. What does not live here: what is stale ([`super::delta`]), and what the text lacks ([`super::lag`]).

use std::collections::{HashMap, HashSet};
use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::thread;

use recount_engine::document::Document;
use sha2::{Digest, Sha256};
use tantivy::TantivyDocument;

use super::delta::{Delta, parts};
use super::disk::Place;
use super::facts::{Facts, Head, Left, Packed};
use super::files::{self, Content, Known};
use super::lag::note_of;
use super::text::{self, Text, Writer};
use super::tree::Tree;
use super::{Opening, Trouble};
use crate::read::Unreadable;
use crate::scan::threads;
use crate::{Library, Listed};

/// A refresh under the lock.
pub(super) struct Work<'w, 'o> {
    pub(super) library: &'w Library,
    pub(super) facts: &'w Facts,
    pub(super) place: &'w Place,
    pub(super) opening: &'w Opening<'o>,
    pub(super) tree: &'w Tree,
    /// The file that the facts are in, where they are kept for the first time.
    pub(super) begun: Option<PathBuf>,
}

/// The text that what is stale belongs in.
pub(super) struct ToWrite {
    pub(super) text: Text,
    /// Numbers that it lacks beside what is stale.
    pub(super) missing: HashSet<u64>,
    /// Numbers that only it has.
    pub(super) surplus: HashSet<u64>,
    /// Whether it is as the facts say that it was left: then it can wait.
    pub(super) is_as_left: bool,
}

impl ToWrite {
    /// A text that is in step with the facts.
    pub(super) fn in_step(text: Text, is_as_left: bool) -> Self {
        Self { text, missing: HashSet::new(), surplus: HashSet::new(), is_as_left }
    }
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
    pub(super) fn write(
        &self,
        mut delta: Delta,
        head: &mut Head,
        taken: i64,
        text: Option<&ToWrite>,
        problems: &mut Vec<Unreadable>,
    ) -> Result<Vec<Option<Known>>, Trouble> {
        let changes = delta.stale.len() + delta.gone.len();
        let text_waits = text.is_none_or(|text| text.is_as_left)
            && head.text.as_ref().is_some_and(|left| left.can_wait(head.generation, changes));
        let text = text.filter(|_| !text_waits);
        let none = HashSet::new();
        let missing = text.map_or(&none, |text| &text.missing);
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
        let writer = text.map(|text| text.text.writer(delta.stale.len())).transpose()?;
        if let (Some(writer), Some(text)) = (&writer, text) {
            // Before anything is added under these numbers.
            missing.union(&text.surplus).for_each(|number| writer.remove(*number));
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
            if let (Some(writer), Some(ToWrite { text, .. })) = (&writer, text) {
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
        let mut new = Vec::new();
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
                new.push(number);
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
        if let (Some(writer), Some(text)) = (writer, text) {
            self.commit_text(writer, &text.text, removed.into_iter(), head)?;
        } else if let Some(left) = head.text.as_mut().filter(|_| text_waits) {
            left.wait(head.generation, &new, &removed);
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
        let note = note_of(&head.name, head.generation);
        thread::scope(|scope| {
            // What the facts have written goes to the disk while the text is finished.
            if let Some(begun) = &self.begun {
                scope.spawn(move || File::open(begun).and_then(|file| file.sync_data()));
            }
            writer.commit(&note)
        })?;
        head.text = Some(Left {
            generation: head.generation,
            shape: text.shape(&self.place.text())?,
            as_of: head.generation,
            ..Left::default()
        });
        Ok(())
    }
}

fn content_of(bytes: &[u8]) -> Content {
    let mut content = [0; 16];
    content.copy_from_slice(&Sha256::digest(bytes)[..16]);
    content
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
