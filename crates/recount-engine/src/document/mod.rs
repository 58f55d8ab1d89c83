//! The postmortem as a document: Markdown in, a typed view with byte spans out; edits back.
//!
//! What lives here: reading ([`Document::parse`]), what stands where ([`Section`], [`Field`], the
//! timeline and the action items), edits and the operations that make them, `fmt`. What does not:
//! judgement. Whether something is wrong is for the rules to say. This module imports no sibling.

mod actions;
mod anchors;
mod blocks;
mod counted;
pub mod edit;
mod entries;
mod fences;
mod fields;
mod follow_up;
pub mod format;
mod front_matter;
mod likeness;
pub mod links;
pub mod markdown;
mod marks;
pub mod merge;
pub mod operations;
mod passages;
mod plain_rows;
mod record;
mod rows;
mod sections;
mod source;
mod span;
mod stable_id;
mod table;
pub mod template;
#[cfg(test)]
mod tests;
mod timeline;
mod typed;
mod unchanged;
pub mod value;

pub use actions::ActionItem;
pub use anchors::Anchors;
pub use counted::counted;
pub use fences::UnclosedFence;
pub use fields::{Field, FieldState, UnknownField};
pub use follow_up::{GameDay, Target, declines, is_bare_none, is_word_for_none};
pub use front_matter::{FrontMatter, Stage};
pub use marks::{Mark, MarkKind, Scope};
pub use passages::{Passage, plain as plain_text};
pub(crate) use record::day;
pub use record::{ActionRecord, FactorRecord, Record};
pub use sections::{Section, Title};
pub use source::Source;
pub use span::{LineIndex, Position, Span};
pub use stable_id::stable_ids;
pub use table::{Cell, Row, Table};
pub use timeline::{Milestone, TimelineRow, elapsed};
pub use typed::Typed;

use markdown::Markdown;
use template::{ActionColumn, FieldId, SectionId, TimelineColumn};
use value::time::{Moment, TimeProblem};

/// A parsed postmortem. Reading never fails: any bytes give one.
#[derive(Clone, Debug)]
pub struct Document {
    source: Source,
    markdown: Markdown,
    title: Option<Title>,
    sections: Vec<Section>,
    fields: Vec<Option<Field>>,
    unknown_fields: Vec<UnknownField>,
    /// *Start time* and *End time*, which many ask for.
    times: [Option<Result<Moment, TimeProblem>>; 2],
    timeline: Option<Table<TimelineColumn>>,
    timeline_rows: Vec<TimelineRow>,
    actions: Option<Table<ActionColumn>>,
    action_items: Vec<ActionItem>,
    front_matter: FrontMatter,
    marks: Vec<Mark>,
    /// The template's own words, in order: never content.
    template_words: Vec<Span>,
}

impl Document {
    /// Reads any bytes.
    pub fn parse(bytes: &[u8]) -> Self {
        let source = Source::new(bytes);
        let markdown = Markdown::parse(source.text(), source.body_start());
        let mut template_words = Vec::with_capacity(80);
        let (title, sections) = sections::read(&source, &markdown, &mut template_words);
        let (fields, unknown_fields) = fields::read(&source, &markdown, &sections, &mut template_words);
        let timeline = table::find(&source, &markdown, &sections, SectionId::Timeline, &mut template_words);
        let actions = table::find(&source, &markdown, &sections, SectionId::ActionItems, &mut template_words);
        let marks = marks::read(&source, &markdown, title.as_ref());
        let front_matter = front_matter::read(&source);
        template_words.sort();
        let mut document = Self {
            source,
            markdown,
            title,
            sections,
            fields,
            unknown_fields,
            times: [None, None],
            timeline,
            timeline_rows: Vec::new(),
            actions,
            action_items: Vec::new(),
            front_matter,
            marks,
            template_words,
        };
        document.times = timeline::bounds(&document);
        document.timeline_rows = timeline::read(&document);
        document.action_items = actions::read(&document);
        document
    }

    /// The bytes and text it was read from.
    pub fn source(&self) -> &Source {
        &self.source
    }

    /// The whole text; its offsets are the file's.
    pub fn text(&self) -> &str {
        self.source.text()
    }

    /// The text of `span`.
    pub fn slice(&self, span: Span) -> &str {
        self.source.slice(span)
    }

    /// Blocks, prose and inline marks.
    pub fn markdown(&self) -> &Markdown {
        &self.markdown
    }

    /// The first heading of level 1.
    pub fn title(&self) -> Option<&Title> {
        self.title.as_ref()
    }

    /// The title's text, unless it is missing or still the template's own.
    pub fn title_text(&self) -> Option<&str> {
        let text = self.slice(self.title.as_ref()?.text).trim();
        (!text.is_empty() && text != template::TEMPLATE_TITLE).then_some(text)
    }

    /// All sections in document order, known and unknown.
    pub fn sections(&self) -> &[Section] {
        &self.sections
    }

    /// The first section of this kind.
    pub fn section(&self, id: SectionId) -> Option<&Section> {
        self.sections.iter().find(|section| section.id == Some(id))
    }

    /// The section that holds `offset`.
    pub fn section_at(&self, offset: u32) -> Option<&Section> {
        let after = self.sections.partition_point(|section| section.span.start <= offset);
        self.sections[..after].last().filter(|section| offset < section.span.end)
    }

    /// The first field of this kind.
    pub fn field(&self, id: FieldId) -> Option<&Field> {
        self.fields[id as usize].as_ref()
    }

    /// All fields found, in the template's order.
    pub fn fields(&self) -> impl Iterator<Item = &Field> {
        self.fields.iter().flatten()
    }

    /// Labelled items that the template does not know.
    pub fn unknown_fields(&self) -> &[UnknownField] {
        &self.unknown_fields
    }

    /// The inline value of a field, when it is filled with one.
    pub fn field_text(&self, id: FieldId) -> Option<&str> {
        let field = self.field(id)?;
        (field.state == FieldState::Filled && !field.value.is_empty()).then(|| self.slice(field.value))
    }

    /// Every value of a field: the inline value, then each nested entry; nothing unless it is filled.
    pub fn field_values(&self, id: FieldId) -> impl Iterator<Item = Span> + '_ {
        let field = self.field(id).filter(|field| field.state == FieldState::Filled);
        field.into_iter().flat_map(|field| {
            let inline = (!field.value.is_empty()).then_some(field.value);
            let body = (field.entries.is_empty() && !field.body.is_empty()).then_some(field.body);
            inline.into_iter().chain(field.entries.iter().copied()).chain(body)
        })
    }

    /// Whether a field holds an answer.
    pub fn is_filled(&self, id: FieldId) -> bool {
        self.field(id).is_some_and(|field| field.state == FieldState::Filled)
    }

    /// The timeline's table.
    pub fn timeline(&self) -> Option<&Table<TimelineColumn>> {
        self.timeline.as_ref()
    }

    /// The timeline's rows that hold something, as they stand.
    pub fn timeline_rows(&self) -> &[TimelineRow] {
        &self.timeline_rows
    }

    /// The action items' table.
    pub fn actions(&self) -> Option<&Table<ActionColumn>> {
        self.actions.as_ref()
    }

    /// The action items that hold something, as they stand; number N is `#N`.
    pub fn action_items(&self) -> &[ActionItem] {
        &self.action_items
    }

    /// The front matter; empty where there is none.
    pub fn front_matter(&self) -> &FrontMatter {
        &self.front_matter
    }

    /// The stage it claims: the front matter's, else `draft` while untitled, else `review`.
    pub fn stage(&self) -> Stage {
        let fallback = if self.title_text().is_none() { Stage::Draft } else { Stage::Review };
        self.front_matter.stage.unwrap_or(fallback)
    }

    /// Recount's own comments: waivers and action item IDs.
    pub fn marks(&self) -> &[Mark] {
        &self.marks
    }

    /// Whether the byte at `offset` is prose that a person wrote: neither code, HTML, quotation nor a
    /// word of the template.
    pub fn is_own_prose(&self, offset: u32) -> bool {
        if !self.markdown.is_prose(offset) {
            return false;
        }
        let after = self.template_words.partition_point(|span| span.start <= offset);
        after == 0 || offset >= self.template_words[after - 1].end
    }

    /// The non-blank list items and paragraphs of a section that has no fields.
    pub fn entries(&self, id: SectionId) -> Vec<Span> {
        self.section(id).map(|section| sections::entries(self, section)).unwrap_or_default()
    }
}
