//! What a rule may look at: the document, the configuration, facts of the library, today's date, and
//! what is worked out from them once and only when a rule asks for it.

use std::cell::{Cell, OnceCell};

use jiff::Timestamp;
use jiff::civil::Date;

use super::LevelTable;
use super::lexicon::{DETECTOR, Hit, LEXICON};
use crate::config::Config;
use crate::document::template::SectionId;
use crate::document::value::severity::Severity;
use crate::document::{ActionItem, Document, Span};
use crate::evidence::freeze::Frozen;
use crate::evidence::redact::{self, Class, Found};

/// What a rule may ask about the rest of the library. Paths are relative to the document's folder, as
/// its links write them, with `/`.
pub trait Library {
    /// Another document that carries this incident ID, as a path to show; none when the caller does
    /// not know the library.
    fn other_with_id(&self, id: &str) -> Option<String>;
    /// Whether the file exists; none when that cannot be known.
    fn exists(&self, path: &str) -> Option<bool>;
    /// Whether the document at `path` has this anchor; none when that cannot be known.
    fn has_anchor(&self, path: &str, anchor: &str) -> Option<bool>;
    /// What was frozen beside the document; none when there is nothing.
    fn evidence(&self) -> Option<Frozen>;
    /// Told when a rule asks what day it is: what is found then holds for that day.
    fn today_was_asked(&self) {}
    /// Earlier incidents of the same cause that left promises about it; none when the caller does not know the
    /// library. Takes reading all of it, once for all documents that ask.
    fn earlier_like_this(&self, _: &Document) -> Vec<Repeated> {
        Vec::new()
    }
}

/// An earlier incident of the same cause, as sentences tell it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Repeated {
    /// Its ID, or its path where it has none.
    pub incident: String,
    /// What both have in common.
    pub why: String,
    /// Its promises about that cause that were not kept when this incident began, each with its name and what it
    /// was then: `INC-0001#2`, `overdue by 12 days`. Those most plainly owed first.
    pub promises: Vec<(String, String)>,
}

/// A document on its own.
#[derive(Clone, Copy, Debug)]
pub struct NoLibrary;

impl Library for NoLibrary {
    fn other_with_id(&self, _: &str) -> Option<String> {
        None
    }
    fn exists(&self, _: &str) -> Option<bool> {
        None
    }
    fn has_anchor(&self, _: &str, _: &str) -> Option<bool> {
        None
    }
    fn evidence(&self) -> Option<Frozen> {
        None
    }
}

/// Everything that a rule sees.
pub struct Context<'a> {
    /// The document.
    pub document: &'a Document,
    /// The library's configuration.
    pub config: &'a Config,
    /// The rest of the library.
    pub library: &'a dyn Library,
    today: Date,
    levels: &'a LevelTable,
    rule: Cell<usize>,
    hits: OnceCell<Vec<Hit>>,
    redactable: OnceCell<Vec<Found>>,
    evidence: OnceCell<Option<Frozen>>,
    foreign: OnceCell<bool>,
    unused_waivers: OnceCell<Vec<(Span, String)>>,
}

/// Something that ought to be done, wherever the document says it: a row of the action items, or an
/// item of a list in that section of a document that has no such table.
#[derive(Clone, Copy, Debug)]
pub struct ActionStatement<'d> {
    /// The text.
    pub span: Span,
    /// The row, where it is one.
    pub item: Option<&'d ActionItem>,
}

impl<'a> Context<'a> {
    /// A context over one document.
    pub fn new(
        document: &'a Document,
        config: &'a Config,
        levels: &'a LevelTable,
        library: &'a dyn Library,
        today: Date,
    ) -> Self {
        Self {
            document,
            config,
            library,
            today,
            levels,
            rule: Cell::new(0),
            hits: OnceCell::new(),
            redactable: OnceCell::new(),
            evidence: OnceCell::new(),
            foreign: OnceCell::new(),
            unused_waivers: OnceCell::new(),
        }
    }

    pub(super) fn levels(&self) -> &LevelTable {
        self.levels
    }

    pub(super) fn enter(&self, rule: usize) {
        self.rule.set(rule);
    }

    pub(super) fn set_unused_waivers(&self, unused: Vec<(Span, String)>) {
        // The cell is empty: a context checks once. A second check keeps the first answer.
        let _ = self.unused_waivers.set(unused);
    }

    /// Today, UTC.
    pub fn today(&self) -> Date {
        self.library.today_was_asked();
        self.today
    }

    /// Waivers that silenced nothing: the rule name's place and the name.
    pub fn unused_waivers(&self) -> &[(Span, String)] {
        self.unused_waivers.get().map_or(&[], Vec::as_slice)
    }

    /// Where the phrases of the rule that is running stand, at word boundaries, anywhere in the text.
    /// The second of each pair is the phrase's index in the rule's list.
    pub fn hits(&self) -> impl Iterator<Item = (Span, usize)> + '_ {
        let rule = self.rule.get();
        let hits = self.all_hits().iter().filter(move |hit| hit.rule as usize == rule);
        hits.map(|hit| (hit.span, hit.phrase as usize))
    }

    fn all_hits(&self) -> &[Hit] {
        self.hits.get_or_init(|| LEXICON.scan(self.document.text()))
    }

    /// The evidence that was frozen beside the document, read when the first rule asks.
    pub fn evidence(&self) -> Option<&Frozen> {
        self.evidence.get_or_init(|| self.library.evidence()).as_ref()
    }

    /// What an import would take out, anywhere in the text: secrets, and what says who somebody is.
    pub fn redactable(&self) -> &[Found] {
        self.redactable.get_or_init(|| {
            let hits = self.all_hits().iter().filter(|hit| hit.rule == DETECTOR);
            redact::find_at(self.document.text(), hits.map(|hit| (hit.phrase as usize, hit.span.range())))
        })
    }

    /// What lets somebody in, anywhere in the text.
    pub fn secrets(&self) -> impl Iterator<Item = Span> + '_ {
        let secrets = self.redactable().iter().filter(|found| found.detector.class == Class::Secret);
        secrets.map(|found| Span::new(found.span.start, found.span.end))
    }

    /// [`Context::hits`] in prose that a person wrote: not in code, comments, quotations, front
    /// matter, links' destinations or the template's own words.
    pub fn prose_hits(&self) -> impl Iterator<Item = (Span, usize)> + '_ {
        self.hits().filter(|(span, _)| self.document.is_own_prose(span.start))
    }

    /// Whether a hit stands in a section of this kind.
    pub fn is_in(&self, span: Span, section: SectionId) -> bool {
        self.document.section_at(span.start).is_some_and(|found| found.id == Some(section))
    }

    /// The sentence around `span`: up to a full stop, a line of its own, a cell or an item.
    pub fn sentence(&self, span: Span) -> Span {
        let text = self.document.text();
        let bytes = text.as_bytes();
        let ends = |at: usize| match bytes[at] {
            b'.' | b'!' | b'?' => bytes.get(at + 1).is_none_or(u8::is_ascii_whitespace),
            b'|' => at == 0 || bytes[at - 1] != b'\\',
            b'\n' => bytes
                .get(at + 1)
                .is_none_or(|next| matches!(next, b'\n' | b'\r' | b'-' | b'*' | b'#' | b'|' | b'>')),
            _ => false,
        };
        let (first, last) = (span.start as usize, span.end as usize);
        let mut start = first;
        while start > 0 && !ends(start - 1) && first - start < SENTENCE {
            start -= 1;
        }
        let mut end = last;
        while end < bytes.len() && !ends(end) && end - last < SENTENCE {
            end += 1;
        }
        // Where the sentence was cut, a character may have been, too.
        while !text.is_char_boundary(start) {
            start += 1;
        }
        while !text.is_char_boundary(end) {
            end -= 1;
        }
        let end = if end < bytes.len() && matches!(bytes[end], b'.' | b'!' | b'?') { end + 1 } else { end };
        let sentence = &text[start..end];
        let start = start + sentence.len() - sentence.trim_start().len();
        Span::new(start, start + sentence.trim().len())
    }

    /// [`Document::is_foreign`].
    pub fn is_foreign(&self) -> bool {
        *self.foreign.get_or_init(|| self.document.is_foreign())
    }

    /// What ought to be done, wherever the document says it.
    pub fn action_statements(&self) -> Vec<ActionStatement<'a>> {
        let document = self.document;
        if document.actions().is_some() {
            let rows = document.action_items().iter();
            return rows
                .filter_map(|item| Some(ActionStatement { span: item.action?.span, item: Some(item) }))
                .filter(|statement| !statement.span.is_empty())
                .collect();
        }
        let entries = document.entries(SectionId::ActionItems);
        entries.into_iter().map(|span| ActionStatement { span, item: None }).collect()
    }

    /// Where the incident's ID stands: the value of its field without code marks and without the link
    /// that it may be.
    pub fn incident_id(&self) -> Option<Span> {
        let id = self.document.incident_id()?;
        // It is a part of the text.
        let at = id.as_ptr().addr() - self.document.text().as_ptr().addr();
        Some(Span::new(at, at + id.len()))
    }

    /// The severity that the document states.
    pub fn severity(&self) -> Option<Severity> {
        self.document.severity().get().copied()
    }

    /// When the impact began.
    pub fn started(&self) -> Option<Timestamp> {
        self.document.started_at()
    }

    /// When it was over.
    pub fn ended(&self) -> Option<Timestamp> {
        self.document.ended_at()
    }
}

/// How far a sentence reaches before and behind what is looked for, in bytes. What is longer is no
/// sentence, and a line of megabytes would be read once for each word found in it.
const SENTENCE: usize = 2048;
