//! Cutting a document into units: whole lines that are merged together.
//!
//! What does not live here: what the lines mean, which the document knows.

use jiff::Timestamp;

use crate::document::markdown::BlockKind;
use crate::document::template::{ActionColumn, SectionId, TimelineColumn, normalize};
use crate::document::{Document, Span, Table};

/// What a unit is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Kind {
    /// A heading.
    Heading,
    /// A key of the front matter with its value.
    Key,
    /// A labelled item, without the items in it.
    Field,
    /// An item of a list, without the items in it.
    Item,
    /// The header and the delimiter of a table.
    TableHead,
    /// A row of the timeline.
    TimelineRow,
    /// A row of the action items.
    ActionRow,
    /// Everything between the others.
    Text,
}

impl Kind {
    pub(super) fn is_row(self) -> bool {
        matches!(self, Self::TimelineRow | Self::ActionRow)
    }
}

/// Lines that belong together.
#[derive(Clone, Debug)]
pub(super) struct Unit<'d> {
    pub(super) kind: Kind,
    /// Its lines, with their endings.
    pub(super) text: &'d str,
    /// What it stands in: the section of the template, and the field around an item.
    pub(super) scope: String,
    /// Its name, for what has one: the template's or its own words. For rows the words that tell it from others:
    /// a timeline's Action, an action item's ID or text.
    pub(super) name: String,
    /// The stable ID of an action item.
    pub(super) id: Option<String>,
    /// The priority of an action item.
    pub(super) priority: String,
    /// When, for a row of the timeline whose time can be placed.
    pub(super) at: Option<Timestamp>,
    /// The Time cell of a row of the timeline.
    pub(super) time: String,
    /// Whether nobody wrote anything in it.
    pub(super) is_blank: bool,
    /// The number of an action item.
    pub(super) number: Option<usize>,
    /// The cells of an action item, in the order of [`ActionColumn::ALL`].
    pub(super) cells: Vec<&'d str>,
}

impl<'d> Unit<'d> {
    fn new(kind: Kind, text: &'d str, scope: String, name: String, row: RowFacts<'d>) -> Self {
        let RowFacts { id, priority, at, time, is_blank, number, cells } = row;
        Self { kind, text, scope, name, id, priority, at, time, is_blank, number, cells }
    }

    /// Whether the name alone says that two units are the same one.
    pub(super) fn is_named(&self) -> bool {
        match self.kind {
            Kind::Key | Kind::Field | Kind::TableHead => true,
            Kind::Heading => !self.name.is_empty(),
            _ => false,
        }
    }
}

/// A unit that was found and not yet cut: its lines, first and behind the last.
struct Found<'d> {
    lines: (usize, usize),
    kind: Kind,
    scope: String,
    name: String,
    row: RowFacts<'d>,
}

#[derive(Clone, Default)]
struct RowFacts<'d> {
    id: Option<String>,
    priority: String,
    at: Option<Timestamp>,
    time: String,
    is_blank: bool,
    number: Option<usize>,
    cells: Vec<&'d str>,
}

/// The table of a timeline, as units name it.
const TIMELINE: &str = "timeline";
/// The table of the action items.
const ACTIONS: &str = "actions";

/// The units of a document, which together are its text. Tables in `whole` are not cut into rows.
pub(super) fn cut<'d>(document: &'d Document, whole: &[String]) -> Vec<Unit<'d>> {
    let text = document.text();
    let starts: Vec<usize> = std::iter::once(0)
        .chain(memchr::memchr_iter(b'\n', text.as_bytes()).map(|at| at + 1))
        .filter(|start| *start < text.len())
        .collect();
    let mut cutter = Cutter { document, text, starts, found: Vec::new() };
    cutter.front_matter();
    cutter.headings();
    cutter.rows(whole);
    cutter.items();
    cutter.units()
}

struct Cutter<'d> {
    document: &'d Document,
    text: &'d str,
    /// Where each line begins.
    starts: Vec<usize>,
    found: Vec<Found<'d>>,
}

impl<'d> Cutter<'d> {
    fn line_of(&self, offset: usize) -> usize {
        self.starts.partition_point(|start| *start <= offset).saturating_sub(1)
    }

    /// The lines of a span, where nothing but blanks stands before it on its first one.
    fn lines_of(&self, span: Span) -> Option<(usize, usize)> {
        let first = self.line_of(span.start as usize);
        let before = self.text.get(*self.starts.get(first)?..span.start as usize)?;
        let length = self.document.slice(span).trim_end().len();
        let last = self.line_of((span.start as usize + length).saturating_sub(1).max(span.start as usize));
        before.trim().is_empty().then_some((first, last + 1))
    }

    fn add(&mut self, span: Span, kind: Kind, scope: String, name: String, row: RowFacts<'d>) {
        if let Some(lines) = self.lines_of(span) {
            self.found.push(Found { lines, kind, scope, name, row });
        }
    }

    fn front_matter(&mut self) {
        let Some(span) = self.document.source().front_matter() else { return };
        let (first, end) = (self.line_of(span.start as usize), self.line_of(span.end as usize));
        for line in first..end {
            let text = self.line(line);
            let key = text.split_once(':').map(|(key, _)| key.trim());
            let is_key = !text.starts_with([' ', '\t', '#', '-']);
            match key.filter(|_| is_key) {
                Some(key) => self.found.push(Found {
                    lines: (line, line + 1),
                    kind: Kind::Key,
                    scope: String::new(),
                    name: key.to_owned(),
                    row: RowFacts::default(),
                }),
                // A value that goes on, or a comment below it.
                None => {
                    if let Some(last) = self.found.last_mut() {
                        last.lines.1 = line + 1;
                    }
                }
            }
        }
    }

    fn line(&self, index: usize) -> &'d str {
        let end = self.starts.get(index + 1).copied().unwrap_or(self.text.len());
        &self.text[self.starts[index]..end]
    }

    fn headings(&mut self) {
        let document = self.document;
        let title = document.title().map(|title| title.span.start);
        let markdown = document.markdown();
        for (_, block) in markdown.siblings(0, markdown.blocks.len()) {
            let BlockKind::Heading(level) = block.kind else { continue };
            let known = document
                .sections()
                .iter()
                .find(|section| section.heading.start == block.span.start)
                .and_then(|section| section.id);
            let name = match known {
                Some(id) => id.heading().to_owned(),
                None if title == Some(block.span.start) => "title".to_owned(),
                None => format!("{level} {}", normalize(document.slice(block.content))),
            };
            self.add(block.span, Kind::Heading, String::new(), name, RowFacts::default());
        }
    }

    fn rows(&mut self, whole: &[String]) {
        let document = self.document;
        let is_cut = |name: &str| !whole.iter().any(|whole| whole == name);
        if let Some(table) = document.timeline().filter(|_| is_cut(TIMELINE)) {
            self.table_head(table, TIMELINE);
            let moments = document.timeline_rows();
            for (index, row) in table.rows.iter().enumerate() {
                let cell = |column| document.cell_text(table.cell(row, column)).to_owned();
                let seen = moments.binary_search_by_key(&index, |seen| seen.index).ok();
                let at = seen.and_then(|seen| Some(moments[seen].moment.as_ref()?.as_ref().ok()?.at));
                let is_blank = table.is_blank(document.source(), row, None);
                let facts =
                    RowFacts { at, time: cell(TimelineColumn::Time), is_blank, ..RowFacts::default() };
                let name = cell(TimelineColumn::Action);
                self.add(row.span, Kind::TimelineRow, TIMELINE.to_owned(), name, facts);
            }
        }
        if let Some(table) = document.actions().filter(|_| is_cut(ACTIONS)) {
            self.table_head(table, ACTIONS);
            for (index, row) in table.rows.iter().enumerate() {
                let cell = |column| document.cell_text(table.cell(row, column)).to_owned();
                let items = document.action_items();
                let item = items.binary_search_by_key(&index, |item| item.index).ok();
                let id = item.and_then(|item| items[item].id).map(|span| document.slice(span).to_owned());
                let number = item.map(|item| items[item].number);
                let cells = ActionColumn::ALL.map(|column| document.cell_text(table.cell(row, column)));
                let is_blank = table.is_blank(document.source(), row, Some(ActionColumn::Priority));
                let priority = cell(ActionColumn::Priority);
                let cells = cells.to_vec();
                let facts = RowFacts { id, priority, is_blank, number, cells, ..RowFacts::default() };
                let name = cell(ActionColumn::Action);
                self.add(row.span, Kind::ActionRow, ACTIONS.to_owned(), name, facts);
            }
        }
    }

    fn table_head<C: std::marker::Copy + PartialEq>(&mut self, table: &Table<C>, name: &str) {
        let span = table.header.span.to(table.delimiter);
        self.add(span, Kind::TableHead, String::new(), name.to_owned(), RowFacts::default());
    }

    fn items(&mut self) {
        let markdown = self.document.markdown();
        // Lists, each with the field that they stand in.
        let mut lists: Vec<(usize, String)> = markdown
            .siblings(0, markdown.blocks.len())
            .filter(|(_, block)| block.kind == BlockKind::List)
            .map(|(index, _)| (index, String::new()))
            .collect();
        while let Some((list, around)) = lists.pop() {
            for (index, item) in markdown.children(list) {
                let section = self.document.section_at(item.span.start).and_then(|section| section.id);
                let (kind, name) = self.named(item.span, section);
                let scope = format!("{}/{around}", section.map_or("", SectionId::heading));
                let inner = if kind == Kind::Field { format!("{around}/{name}") } else { around.clone() };
                let is_blank =
                    self.document.slice(item.span).trim().trim_matches(['-', '*', '+']).trim().is_empty();
                let facts = RowFacts { is_blank, ..RowFacts::default() };
                self.add(item.span, kind, scope, name, facts);
                let nested = markdown.children(index).filter(|(_, block)| block.kind == BlockKind::List);
                lists.extend(nested.map(|(nested, _)| (nested, inner.clone())));
            }
        }
    }

    /// Whether an item is a field, and which one.
    fn named(&self, item: Span, section: Option<SectionId>) -> (Kind, String) {
        let line = self.document.source().line_at(item.start as usize);
        if let Some(field) = self.document.fields().find(|field| field.span.start == item.start) {
            return (Kind::Field, field.id.def().key.to_owned());
        }
        let unknown = self.document.unknown_fields().iter().find(|field| line.contains(field.label));
        match unknown.filter(|field| Some(field.section) == section) {
            Some(field) => (Kind::Field, format!("\"{}", normalize(self.document.slice(field.label)))),
            None => (Kind::Item, String::new()),
        }
    }

    fn units(mut self) -> Vec<Unit<'d>> {
        // An item comes after the one that holds it, and takes its lines.
        self.found.sort_by_key(|found| (found.lines.0, std::cmp::Reverse(found.lines.1)));
        let mut owner: Vec<Option<usize>> = vec![None; self.starts.len()];
        for (index, found) in self.found.iter().enumerate() {
            // Two that begin on one line (`- - x`) are one.
            if owner[found.lines.0].is_some_and(|owner| self.found[owner].lines.0 == found.lines.0) {
                continue;
            }
            owner[found.lines.0..found.lines.1].fill(Some(index));
        }
        let mut units = Vec::new();
        let mut line = 0;
        while line < owner.len() {
            // Lines of an item behind the items in it are text.
            let found = owner[line].map(|index| &self.found[index]).filter(|found| found.lines.0 == line);
            let same = |other: usize| match found {
                Some(_) => owner[other] == owner[line],
                None => owner[other].is_none_or(|index| self.found[index].lines.0 != other),
            };
            let end = (line + 1..owner.len()).find(|other| !same(*other)).unwrap_or(owner.len());
            let until = self.starts.get(end).copied().unwrap_or(self.text.len());
            let text = &self.text[self.starts[line]..until];
            units.push(if let Some(found) = found {
                let (scope, name) = (found.scope.clone(), found.name.clone());
                Unit::new(found.kind, text, scope, name, found.row.clone())
            } else {
                let row = RowFacts { is_blank: text.trim().is_empty(), ..RowFacts::default() };
                Unit::new(Kind::Text, text, String::new(), String::new(), row)
            });
            line = end;
        }
        units
    }
}
