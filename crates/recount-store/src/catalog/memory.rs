//! Documents that are answered from memory: those of a library that keeps no catalog, those that another process
//! is about to keep, and the text of the few that changed since the text was last written.
//!
//! What does not live here: deciding which those are ([`super::refresh`]).

use std::cell::OnceCell;
use std::collections::{HashMap, HashSet};
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};

use recount_engine::document::{Document, Record};

use super::disk::Disk;
use super::facts::Left;
use super::files::{Content, Known};
use super::near::Rare;
use super::text::{self, Fields, Text};
use super::tree::Tree;
use super::{Catalog, File, Opening, Want};
use crate::scan::threads;
use crate::{Library, Listed};

/// Numbers from here on are of documents in memory.
pub(super) const IN_MEMORY: u64 = 1 << 62;

/// Documents that are kept in memory.
#[derive(Clone, Default)]
pub(super) struct Memory {
    records: Vec<Record>,
    pub(super) text: Option<Text>,
    /// Numbers of the text on disk that stand for nothing any more.
    pub(super) beyond: HashSet<u64>,
}

impl Memory {
    /// What the text that was left lacks. The records are on disk.
    pub(super) fn beside(library: &Library, files: &[File], left: &Left) -> Self {
        let lacks: HashSet<u64> = left.lacks.iter().copied().collect();
        let files: Vec<&File> = files.iter().filter(|file| lacks.contains(&file.number)).collect();
        let entries = files.iter().filter_map(|file| {
            // What was removed meanwhile is told by the next look at the files.
            let stored = library.read(&library.root().join(&file.path)).ok()?;
            let document = Document::parse(&stored.bytes);
            let key = (file.number, Content::default());
            Some(move |fields: &Fields| text::entry(fields, key, &document, &document.record()))
        });
        let entries: Vec<_> = entries.collect();
        let text = if entries.is_empty() { None } else { Text::of_few(entries.into_iter()).ok() };
        Self { records: Vec::new(), text, beyond: left.beyond.iter().copied().collect() }
    }

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

/// Reads these files into memory, beside what is on disk.
pub(super) fn in_memory(
    library: &Library,
    mut tree: Tree,
    known: &[Option<Known>],
    stale: &[usize],
    disk: Option<Disk>,
    opening: &Opening<'_>,
) -> Catalog {
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
        library: library.clone(),
        files: files.collect(),
        problems: tree.problems,
        disk,
        memory: Memory { records: kept, text, beyond: HashSet::new() },
        notes: Vec::new(),
        places: OnceCell::new(),
        rare: Rare::default(),
    }
}
