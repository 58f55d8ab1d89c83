//! The search index: which fields a postmortem has in it, and opening, filling and reading it.
//!
//! What does not live here: which documents belong in it ([`super::refresh`]), how text becomes words
//! ([`super::words`]), and what is asked of it ([`super::find`]).

use std::collections::HashMap;
use std::path::Path;

use jiff::civil::Date;
use recount_engine::config::plain;
use recount_engine::document::template::SectionId;
use recount_engine::document::value::time::utc_day;
use recount_engine::document::{Document, Record};
use tantivy::directory::RamDirectory;
use tantivy::index::SegmentMeta;
use tantivy::indexer::{IndexWriterOptions, LogMergePolicy, MergeCandidate, MergePolicy, NoMergePolicy};
use tantivy::schema::{
    FAST, Field, INDEXED, IndexRecordOption, STORED, STRING, Schema, TextFieldIndexing, TextOptions,
    Value as _,
};
use tantivy::tokenizer::{TextAnalyzer, TokenizerManager};
use tantivy::{
    DocAddress, Index, IndexReader, IndexSettings, IndexWriter, ReloadPolicy, Searcher, TantivyDocument, Term,
};

use super::Trouble;
use super::excerpt::{Kept, Said};
use super::files::Content;
use super::unhurried::Unhurried;
use super::words::{self, Words};
use crate::scan::threads;

/// Memory of each thread that indexes many documents: what is not in memory is written as a part of its
/// own, and each part costs every search a little.
const BULK: usize = 192 * 1024 * 1024;
/// The least that the index takes.
const FEW: usize = 15_000_000;
/// Memory for a few documents.
const LITTLE: usize = 1_000_000;
/// From so many documents on, indexing is worth several threads.
const MANY: usize = 500;

/// The fields of a postmortem in the index.
#[derive(Clone, Copy, Debug)]
pub(super) struct Fields {
    /// What its record is kept under.
    pub(super) number: Field,
    /// What tells that it is the text of that record.
    content: Field,
    /// The fields that are searched as text, each with its weight: title, root cause, the rest, appendices.
    pub(super) texts: [(Field, f32); 4],
    /// The incident ID, lower case.
    pub(super) id: Field,
    pub(super) severity: Field,
    pub(super) stage: Field,
    /// Services as written, lower case.
    pub(super) service: Field,
    /// Words of the kinds of contributing factors.
    pub(super) factor: Field,
    /// Owners of action items as written, but [`plain`].
    pub(super) owner: Field,
    pub(super) tag: Field,
    /// The day it began, in days since 1970.
    pub(super) day: Field,
    /// `1` where an action item is open.
    pub(super) open: Field,
    /// The earliest day on which an open action item is due.
    pub(super) due: Field,
    /// What it says, to be quoted: [`Said`]. Not searched.
    pub(super) said: Field,
}

impl Fields {
    /// The title.
    pub(super) fn title(&self) -> Field {
        self.texts[0].0
    }

    /// The section *Root cause*.
    pub(super) fn cause(&self) -> Field {
        self.texts[1].0
    }
}

fn schema() -> (Schema, Fields) {
    let mut schema = Schema::builder();
    let indexing = TextFieldIndexing::default()
        .set_tokenizer(words::NAME)
        .set_index_option(IndexRecordOption::WithFreqsAndPositions);
    let text = TextOptions::default().set_indexing_options(indexing);
    let number = schema.add_u64_field("number", FAST | INDEXED);
    let content = schema.add_u64_field("content", FAST);
    let texts = [("title", 4.0), ("cause", 2.5), ("body", 1.0), ("appendix", 0.4)]
        .map(|(name, weight)| (schema.add_text_field(name, text.clone()), weight));
    let mut word = |name: &str| schema.add_text_field(name, STRING);
    let (id, severity, stage) = (word("id"), word("severity"), word("stage"));
    let (service, factor, owner, tag) = (word("service"), word("factor"), word("owner"), word("tag"));
    let day = schema.add_i64_field("day", INDEXED | FAST);
    let open = schema.add_u64_field("open", INDEXED);
    let due = schema.add_i64_field("due", INDEXED | FAST);
    let said = schema.add_bytes_field("said", STORED);
    let fields = Fields {
        number,
        content,
        texts,
        id,
        severity,
        stage,
        service,
        factor,
        owner,
        tag,
        day,
        open,
        due,
        said,
    };
    (schema.build(), fields)
}

/// Days since 1970: how days are kept where they are compared.
pub(super) fn days(date: Date) -> i64 {
    date.duration_since(Date::new(1970, 1, 1).unwrap_or(date)).as_hours() / 24
}

/// As much of a content as the index keeps.
pub(super) fn short(content: Content) -> u64 {
    let mut bytes = [0; 8];
    bytes.copy_from_slice(&content[..8]);
    u64::from_le_bytes(bytes)
}

/// The text of a postmortem, ready for the index.
pub(super) fn entry(
    fields: &Fields,
    (number, content): (u64, Content),
    document: &Document,
    record: &Record,
) -> TantivyDocument {
    let mut entry = TantivyDocument::new();
    entry.add_u64(fields.number, number);
    entry.add_u64(fields.content, short(content));
    let [(title, _), (cause, _), (body, _), (appendix, _)] = fields.texts;
    if let Some(text) = &record.title {
        entry.add_text(title, text);
    }
    let mut rest = String::new();
    let passages = document.passages();
    entry.add_bytes(fields.said, &Said::of(document, &passages).pack());
    for passage in passages {
        match passage.section {
            Some(SectionId::RootCause) => entry.add_text(cause, passage.text),
            Some(SectionId::Appendices) => entry.add_text(appendix, passage.text),
            _ => {
                if passage.section.is_none() {
                    rest.push_str(&passage.heading);
                    rest.push('\n');
                }
                rest.push_str(&passage.text);
                rest.push('\n');
            }
        }
    }
    entry.add_text(body, rest);
    let words = [
        (fields.id, record.id.iter().chain(&record.incident_ids).map(|id| id.to_lowercase()).collect()),
        (fields.severity, record.severity.iter().map(|severity| severity.as_str().to_lowercase()).collect()),
        (fields.stage, vec![record.stage.to_string()]),
        (fields.service, record.services.iter().map(|name| name.to_lowercase()).collect()),
        (fields.factor, record.factors.iter().map(|factor| factor.category.def().key.to_owned()).collect()),
        (fields.owner, record.actions.iter().flat_map(|item| &item.owners).map(|name| plain(name)).collect()),
        (fields.tag, record.tags.iter().map(|tag| tag.to_lowercase()).collect::<Vec<String>>()),
    ];
    for (field, mut values) in words {
        values.sort_unstable();
        values.dedup();
        for value in values {
            entry.add_text(field, value);
        }
    }
    if let Some(at) = record.started {
        entry.add_i64(fields.day, days(utc_day(at)));
    }
    let open = record.actions.iter().filter(|item| item.is_open());
    entry.add_u64(fields.open, u64::from(open.clone().next().is_some()));
    if let Some(due) = open.filter_map(|item| item.due).min() {
        entry.add_i64(fields.due, days(due));
    }
    entry
}

fn analyzer() -> TextAnalyzer {
    TextAnalyzer::builder(Words::default()).build()
}

/// An index that can be searched. Its copies are the same one.
#[derive(Clone)]
pub(super) struct Text {
    index: Index,
    reader: IndexReader,
    pub(super) fields: Fields,
}

impl Text {
    /// Opens the index in a folder, or makes it.
    pub(super) fn open(folder: &Path) -> Result<Self, Trouble> {
        std::fs::create_dir_all(folder)?;
        let directory = Unhurried::open(folder)?;
        let (schema, fields) = schema();
        Self::over(Index::open_or_create(directory, schema)?, fields)
    }

    /// An empty one in memory.
    pub(super) fn in_memory() -> Result<Self, Trouble> {
        let (schema, fields) = schema();
        let index = Index::builder().schema(schema).settings(IndexSettings::default()).create_in_ram()?;
        Self::over(index, fields)
    }

    /// One in memory of a few documents, made without a thread.
    pub(super) fn of_few(
        entries: impl Iterator<Item = impl FnOnce(&Fields) -> TantivyDocument>,
    ) -> Result<Self, Trouble> {
        let (schema, fields) = schema();
        let tokenizers = TokenizerManager::default();
        tokenizers.register(words::NAME, analyzer());
        let builder = Index::builder().schema(schema).tokenizers(tokenizers);
        let mut writer = builder.single_segment_index_writer(RamDirectory::create(), LITTLE)?;
        for entry in entries {
            writer.add_document(entry(&fields))?;
        }
        Self::over(writer.finalize()?, fields)
    }

    fn over(index: Index, fields: Fields) -> Result<Self, Trouble> {
        index.tokenizers().register(words::NAME, analyzer());
        let reader = index.reader_builder().reload_policy(ReloadPolicy::Manual).try_into()?;
        Ok(Self { index, reader, fields })
    }

    pub(super) fn searcher(&self) -> Searcher {
        self.reader.searcher()
    }

    /// What a document of it says.
    pub(super) fn said(&self, at: DocAddress) -> Option<Kept> {
        let entry: TantivyDocument = self.searcher().doc(at).ok()?;
        let said = entry.get_first(self.fields.said)?;
        Some(Kept(said.as_bytes()?.to_vec()))
    }

    /// The note that its last commit carries.
    pub(super) fn note(&self) -> Result<Option<String>, Trouble> {
        Ok(self.index.load_metas()?.payload)
    }

    /// Whether every file of it holds what was written, byte for byte. Reads all of it.
    pub(super) fn is_whole(&self) -> bool {
        self.index.validate_checksum().is_ok_and(|damaged| damaged.is_empty())
    }

    /// The names and sizes of its files and when they were written, as a text to compare.
    pub(super) fn shape(&self, folder: &Path) -> Result<String, Trouble> {
        use std::fmt::Write as _;
        let metas = self.index.load_metas()?;
        let mut files: Vec<_> = metas.list_segment_files().into_iter().collect();
        files.sort();
        let mut shape = String::new();
        for file in files {
            // What the index can do without, such as deletions where there is none, is listed, too.
            let Ok(stat) = super::tree::Stat::of(&folder.join(&file)) else { continue };
            let _ = writeln!(shape, "{} {} {} {}", file.display(), stat.size, stat.modified, stat.changed);
        }
        Ok(shape)
    }

    /// The numbers that it holds, each with the content that its text is of.
    pub(super) fn numbers(&self) -> Result<HashMap<u64, u64>, Trouble> {
        let mut numbers = HashMap::new();
        for segment in self.searcher().segment_readers() {
            let (number, content) =
                (segment.fast_fields().u64("number")?, segment.fast_fields().u64("content")?);
            let both = segment.doc_ids_alive().filter_map(|at| Some((number.first(at)?, content.first(at)?)));
            numbers.extend(both);
        }
        Ok(numbers)
    }

    /// A writer for about so many documents.
    pub(super) fn writer(&self, documents: usize) -> Result<Writer<'_>, Trouble> {
        let many = documents >= MANY;
        let options = IndexWriterOptions::builder()
            .num_worker_threads(if many { threads().min(8) } else { 1 })
            .memory_budget_per_thread(if many { BULK } else { FEW })
            .num_merge_threads(1)
            .build();
        let writer = self.index.writer_with_options(options)?;
        writer.set_merge_policy(if many { Box::new(NoMergePolicy) } else { Box::new(SmallParts::new()) });
        Ok(Writer { text: self, writer })
    }
}

/// Parts of more documents than this are left alone.
const LARGE: usize = 4_000;

/// Merges the parts that small changes leave, eight of about a size at a time, and never those of the first
/// indexing: whoever changes one file does not wait until the whole library was written once more.
#[derive(Debug)]
struct SmallParts(LogMergePolicy);

impl SmallParts {
    fn new() -> Self {
        let mut policy = LogMergePolicy::default();
        policy.set_max_docs_before_merge(LARGE);
        policy.set_min_layer_size(8);
        // In powers of two: each layer holds eight times as many as the one below.
        policy.set_level_log_size(3.0);
        Self(policy)
    }
}

impl MergePolicy for SmallParts {
    fn compute_merge_candidates(&self, parts: &[SegmentMeta]) -> Vec<MergeCandidate> {
        let mut candidates = self.0.compute_merge_candidates(parts);
        // A large part is written anew once most of it is gone: then that is little.
        let mostly_gone = |part: &&SegmentMeta| {
            part.num_docs() as usize > LARGE && part.num_deleted_docs() > part.num_docs()
        };
        candidates.extend(parts.iter().filter(mostly_gone).map(|part| MergeCandidate(vec![part.id()])));
        candidates
    }
}

/// Changes to an index, seen by nobody before they are committed.
pub(super) struct Writer<'t> {
    text: &'t Text,
    writer: IndexWriter,
}

impl Writer<'_> {
    pub(super) fn add(&self, entry: TantivyDocument) -> Result<(), Trouble> {
        self.writer.add_document(entry)?;
        Ok(())
    }

    pub(super) fn remove(&self, number: u64) {
        self.writer.delete_term(Term::from_field_u64(self.text.fields.number, number));
    }

    /// Makes the changes seen, under a note.
    pub(super) fn commit(mut self, note: &str) -> Result<(), Trouble> {
        let mut prepared = self.writer.prepare_commit()?;
        prepared.set_payload(note);
        prepared.commit()?;
        self.writer.wait_merging_threads()?;
        self.text.reader.reload()?;
        Ok(())
    }
}

/// How long it takes to put these documents into an index of this kind and nothing else: what a catalog's
/// first refresh is measured against.
pub fn index_alone(folder: &Path, documents: &[&[u8]]) -> Option<std::time::Duration> {
    let text = Text::open(folder).ok()?;
    let share = documents.len().div_ceil(threads()).max(1);
    let entries: Vec<Vec<TantivyDocument>> = std::thread::scope(|scope| {
        let running: Vec<_> = documents
            .chunks(share)
            .map(|part| {
                let fields = &text.fields;
                scope.spawn(move || {
                    let documents = part.iter().map(|bytes| Document::parse(bytes));
                    documents
                        .map(|document| entry(fields, (0, Content::default()), &document, &document.record()))
                        .collect()
                })
            })
            .collect();
        running.into_iter().map(|part| part.join().unwrap_or_default()).collect()
    });
    let started = std::time::Instant::now();
    let writer = text.writer(documents.len()).ok()?;
    std::thread::scope(|scope| {
        for part in entries {
            let writer = &writer;
            scope.spawn(move || part.into_iter().for_each(|entry| drop(writer.add(entry))));
        }
    });
    writer.commit("alone").ok()?;
    Some(started.elapsed())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use tantivy::index::SegmentId;

    use super::*;

    #[test]
    fn small_parts_are_merged_and_those_of_the_first_indexing_are_not() {
        let text = Text::in_memory().unwrap();
        let merged = |sizes: &[u32]| {
            let parts: Vec<SegmentMeta> = sizes
                .iter()
                .map(|size| text.index.new_segment_meta(SegmentId::generate_random(), *size))
                .collect();
            let candidates = SmallParts::new().compute_merge_candidates(&parts);
            let size_of = |id| parts.iter().find(|part| part.id() == id).unwrap().max_doc();
            let sizes = |merge: &MergeCandidate| merge.0.iter().map(|id| size_of(*id)).collect::<Vec<_>>();
            candidates.iter().map(sizes).collect::<Vec<_>>()
        };
        let none: Vec<Vec<u32>> = Vec::new();
        assert_eq!(merged(&[9_000; 20]), none, "a library of 180,000 documents");
        assert_eq!(merged(&[9_000, 9_000, 9_000, 9_000, 9_000, 9_000, 9_000, 9_000, 1]), none);
        assert_eq!(merged(&[9_000, 1, 1, 1, 1, 1, 1, 1, 1]), [[1; 8]]);
        assert_eq!(merged(&[9_000, 900, 1, 1, 1, 1, 1, 1, 1]), none);
        assert_eq!(merged(&[90; 8]), [[90; 8]]);
    }
}
