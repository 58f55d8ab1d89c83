//! The law of changes: either one is refused, or what was asked for stands there and nothing else has
//! changed.

use std::collections::BTreeMap;

use jiff::Timestamp;
use recount_engine::document::edit::{Edit, apply};
use recount_engine::document::operations::OperationError;
use recount_engine::document::template::{
    ActionColumn, FIELDS, FieldId, FieldKind, SectionId, TimelineColumn,
};
use recount_engine::document::value::time::{Anchor, read as read_time};
use recount_engine::document::{Document, Span, Table};

use super::{difference, reading};

/// What a document says, as texts, without where it stands.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Facts {
    pub(crate) title: Option<String>,
    pub(crate) front_matter: Option<String>,
    pub(crate) sections: Vec<String>,
    pub(crate) fields: BTreeMap<FieldId, (String, Vec<String>)>,
    pub(crate) timeline: Vec<Vec<String>>,
    pub(crate) actions: Vec<Vec<String>>,
    pub(crate) entries: BTreeMap<SectionId, Vec<String>>,
    pub(crate) marks: Vec<String>,
}

impl Facts {
    pub(crate) fn of(document: &Document) -> Self {
        let text = |span: Span| document.slice(span).to_owned();
        Self {
            title: document.title().map(|title| text(title.text)),
            front_matter: document.front_matter().span.map(text),
            sections: document.sections().iter().map(|section| text(section.heading)).collect(),
            fields: document
                .fields()
                .map(|field| {
                    (field.id, (text(field.value), field.entries.iter().copied().map(text).collect()))
                })
                .collect(),
            timeline: document.timeline().map(|table| filled_rows(document, table)).unwrap_or_default(),
            actions: document.actions().map(|table| filled_rows(document, table)).unwrap_or_default(),
            entries: SectionId::ALL
                .into_iter()
                .filter(|id| id.fields().next().is_none())
                .filter(|id| !matches!(id, SectionId::Timeline | SectionId::ActionItems))
                .map(|id| (id, document.entries(id).into_iter().map(text).collect()))
                .collect(),
            marks: document.marks().iter().map(|mark| text(mark.span)).collect(),
        }
    }
}

/// The cells' values of the rows that hold something, without empty cells at the end.
fn filled_rows<C: Copy + PartialEq>(document: &Document, table: &Table<C>) -> Vec<Vec<String>> {
    let rows = table.rows.iter().map(|row| {
        let mut cells: Vec<String> =
            table.cells(row).iter().map(|cell| document.slice(cell.span).to_owned()).collect();
        while cells.last().is_some_and(String::is_empty) {
            cells.pop();
        }
        cells
    });
    rows.filter(|cells| !cells.is_empty()).collect()
}

/// A change that people and commands make.
#[derive(Clone, Debug)]
pub(crate) enum Operation {
    SetField(FieldId, String),
    AddToField(FieldId, String),
    SetTimelineCell(usize, TimelineColumn, String),
    SetActionCell(usize, ActionColumn, String),
    SetActionId(usize, String),
    InsertTimelineRow(Timestamp, [String; 4]),
    InsertActionItem([String; 6]),
    RemoveTimelineRow(usize),
    RemoveActionItem(usize),
    MoveTimelineRow(usize, usize),
    MoveActionItem(usize, usize),
    AddToSection(SectionId, String),
    AddSection(SectionId),
    AddField(FieldId),
    SetTitle(String),
    SetFrontMatter(String, String),
    SortTimeline,
}

impl Operation {
    /// The edits that do it.
    pub(crate) fn edits(&self, document: &Document) -> Result<Vec<Edit>, OperationError> {
        match self {
            Self::SetField(id, value) => document.set_field(*id, value),
            Self::AddToField(id, value) => document.add_to_field(*id, value),
            Self::SetTimelineCell(row, column, value) => document.set_timeline_cell(*row, *column, value),
            Self::SetActionCell(row, column, value) => document.set_action_cell(*row, *column, value),
            Self::SetActionId(row, id) => document.set_action_id(*row, id),
            Self::InsertTimelineRow(at, cells) => {
                document.insert_timeline_row(*at, &cells.each_ref().map(String::as_str))
            }
            Self::InsertActionItem(cells) => {
                document.insert_action_item(&cells.each_ref().map(String::as_str))
            }
            Self::RemoveTimelineRow(row) => document.remove_timeline_row(*row),
            Self::RemoveActionItem(row) => document.remove_action_item(*row),
            Self::MoveTimelineRow(from, to) => document.move_timeline_row(*from, *to),
            Self::MoveActionItem(from, to) => document.move_action_item(*from, *to),
            Self::AddToSection(id, text) => document.add_to_section(*id, text),
            Self::AddSection(id) => document.add_section(*id),
            Self::AddField(id) => document.add_field(*id),
            Self::SetTitle(title) => document.set_title(title),
            Self::SetFrontMatter(key, value) => document.set_front_matter(key, value),
            Self::SortTimeline => Ok(document.sort_timeline()),
        }
    }
}

/// Does `operation`: either it is refused, or what was asked for stands there and nothing else has
/// changed. Gives the bytes after it.
pub(crate) fn operating(bytes: &[u8], operation: &Operation) -> Result<Vec<u8>, OperationError> {
    let old = Document::parse(bytes);
    let edits = operation.edits(&old)?;
    for edit in &edits {
        assert!(old.text().get(edit.span.range()).is_some(), "{edit:?} splits a character\n{operation:?}");
    }
    let changed = apply(bytes, &edits).expect("the edits of an operation never overlap");
    let new = reading(&changed);
    let say = || format!("{operation:?}\n{}", difference(old.text(), new.text()));
    let was = Facts::of(&old);
    let is = Facts::of(&new);
    let mut expected = was.clone();
    match operation {
        Operation::SetField(id, value) => {
            let lines: Vec<&str> = words_of_lines(value);
            let got = is.fields.get(id).unwrap_or_else(|| panic!("the field is gone\n{}", say()));
            let mut all: Vec<&str> = got.1.iter().map(String::as_str).collect();
            if !got.0.is_empty() {
                all.insert(0, &got.0);
            }
            let bulleted = lines.len() > 1 || id.def().kind == FieldKind::Question;
            let wanted: Vec<String> = lines.iter().map(|line| as_written(line, bulleted)).collect();
            let wanted: Vec<String> = wanted.into_iter().filter(|line| !line.is_empty()).collect();
            assert_eq!(all, wanted, "{}", say());
            if let Some(field) = old.field(*id) {
                let from = old.source().line_at(field.label.start as usize).start;
                let to = old.source().line_at(field.body.end.max(field.value.end) as usize).end;
                outside_unchanged(bytes, &changed, Span { start: from, end: to }, &say);
                if field.body.is_empty() {
                    assert_eq!(is.marks, was.marks, "{}", say());
                }
                assert_eq!(is.sections, was.sections, "{}", say());
            }
            expected.fields.insert(*id, got.clone());
            holds(&expected, &is, &say);
        }
        Operation::AddToField(id, _) => {
            let got = is.fields.get(id).unwrap_or_else(|| panic!("the field is gone\n{}", say()));
            if let Some(field) = old.field(*id) {
                assert_eq!(is.marks, was.marks, "{}", say());
                let to = old.source().line_at(field.body.end.max(field.value.end) as usize).end;
                let from = old.source().line_at(field.label.start as usize).start;
                outside_unchanged(bytes, &changed, Span { start: from, end: to }, &say);
            }
            if let Some((value, entries)) = was.fields.get(id).filter(|_| old.is_filled(*id)) {
                assert_eq!(&got.0, value, "{}", say());
                assert_eq!(got.1[..got.1.len() - 1], entries[..], "{}", say());
            }
            expected.fields.insert(*id, got.clone());
            holds(&expected, &is, &say);
        }
        Operation::SetTimelineCell(row, column, value) => {
            let table = old.timeline().expect("it was set");
            let rows = old.timeline_rows();
            let at = table.index_of(*column).expect("it was set");
            cell_is(&mut expected.timeline, &is.timeline, *row, at, value, &say);
            let outside = rows[*row - 1].span;
            outside_unchanged(bytes, &changed, outside, &say);
            assert_eq!(is.marks, was.marks, "{}", say());
            exactly(&expected, &is, &say);
        }
        Operation::SetActionCell(row, column, value) => {
            let table = old.actions().expect("it was set");
            let at = table.index_of(*column).expect("it was set");
            // The template's blank rows have a priority and are no items.
            let item = &old.action_items()[*row - 1];
            let place = position_among_filled(&old, table, item.span);
            cell_is(&mut expected.actions, &is.actions, place, at, value, &say);
            outside_unchanged(bytes, &changed, item.span, &say);
            assert_eq!(is.marks, was.marks, "{}", say());
            exactly(&expected, &is, &say);
        }
        Operation::SetActionId(row, id) => {
            if edits.is_empty() {
                assert!(old.action_items()[*row - 1].id.is_some(), "{}", say());
            } else {
                let written = new.action_items()[*row - 1].id.map(|own| new.slice(own).to_owned());
                assert_eq!(written.as_deref(), Some(id.as_str()), "{}", say());
                assert_eq!(is.marks.len(), was.marks.len() + 1, "{}", say());
                assert!(was.marks.iter().all(|mark| is.marks.contains(mark)), "{}", say());
                outside_unchanged(bytes, &changed, old.action_items()[*row - 1].span, &say);
            }
            // No cell says anything else, not even that of the item.
            expected.marks.clone_from(&is.marks);
            exactly(&expected, &is, &say);
        }
        Operation::InsertTimelineRow(at, cells) => {
            inserted(&rows_said(&new), &rows_said(&old), cells, &say);
            let stated = read_time(&cells[0], &Anchor::default()).is_ok_and(|moment| moment.at == *at);
            assert!(!stated || new.timeline_rows().iter().any(|row| row.at() == Some(*at)), "{}", say());
            assert_eq!(is.marks, was.marks, "{}", say());
            expected.timeline.clone_from(&is.timeline);
            holds(&expected, &is, &say);
        }
        Operation::InsertActionItem(cells) => {
            assert_eq!(new.action_items().len(), old.action_items().len() + 1, "{}", say());
            inserted(&items_said(&new), &items_said(&old), cells, &say);
            assert_eq!(is.marks, was.marks, "{}", say());
            expected.actions.clone_from(&is.actions);
            holds(&expected, &is, &say);
        }
        Operation::RemoveTimelineRow(row) => {
            let mut rows = rows_said(&old);
            rows.remove(row - 1);
            assert_eq!(rows_said(&new), rows, "{}", say());
            expected.timeline.clone_from(&is.timeline);
            expected.marks.clone_from(&is.marks);
            exactly(&expected, &is, &say);
            outside_table(&old, &new, old.timeline().map(|table| table.span), &say);
        }
        Operation::RemoveActionItem(row) => {
            let item = &old.action_items()[*row - 1];
            let place = position_among_filled(&old, old.actions().expect("it was removed"), item.span);
            expected.actions.remove(place - 1);
            expected.marks.clone_from(&is.marks);
            exactly(&expected, &is, &say);
            outside_lines(bytes, &changed, item.span, &old, &say);
        }
        Operation::MoveTimelineRow(from, to) => {
            let mut rows = rows_said(&old);
            let row = rows.remove(from - 1);
            rows.insert(to - 1, row);
            assert_eq!(rows_said(&new), rows, "{}", say());
            expected.timeline.clone_from(&is.timeline);
            expected.marks.clone_from(&is.marks);
            exactly(&expected, &is, &say);
            outside_table(&old, &new, old.timeline().map(|table| table.span), &say);
        }
        Operation::MoveActionItem(from, to) => {
            let number = |document: &Document| {
                let items = document.action_items().iter();
                items.map(|item| document.slice(item.span).to_owned()).collect::<Vec<_>>()
            };
            let mut items = number(&old);
            let item = items.remove(from - 1);
            items.insert(to - 1, item);
            assert_eq!(number(&new), items, "{}", say());
            expected.actions.clone_from(&is.actions);
            expected.marks.clone_from(&is.marks);
            exactly(&expected, &is, &say);
            outside_table(&old, &new, old.actions().map(|table| table.span), &say);
        }
        Operation::AddToSection(id, text) => {
            let entries = is.entries.get(id).cloned().unwrap_or_default();
            if let Some(before) = was.entries.get(id) {
                assert_eq!(entries.len(), before.len() + 1, "{}", say());
                let text = as_written(&words_of_lines(text).join(" "), true);
                let rest = without_one(&entries, &text);
                assert_eq!(rest.as_ref(), Some(before), "{}", say());
            }
            assert_eq!(is.marks, was.marks, "{}", say());
            expected.entries.entry(*id).and_modify(|expected| *expected = entries);
            holds(&expected, &is, &say);
        }
        Operation::AddSection(id) => {
            assert!(new.section(*id).is_some(), "{}", say());
            // A second section of a kind is what was asked for: the first one still counts.
            assert_eq!(is.marks, was.marks, "{}", say());
            holds(&expected, &is, &say);
        }
        Operation::AddField(id) => {
            assert!(new.field(*id).is_some(), "{}", say());
            assert_eq!(is.marks, was.marks, "{}", say());
            holds(&expected, &is, &say);
        }
        Operation::SetTitle(title) => {
            let wanted = as_written(&words_of_lines(title).join(" "), false);
            assert_eq!(new.title_text(), Some(wanted.as_str()), "{}", say());
            expected.title.clone_from(&is.title);
            exactly(&expected, &is, &say);
        }
        Operation::SetFrontMatter(key, value) => {
            let line = new.front_matter().key_line(new.source(), key);
            let line = line.unwrap_or_else(|| panic!("the key is not there\n{}", say()));
            assert_eq!(new.slice(line), format!("{key}: {value}").trim_end(), "{}", say());
            let body = |document: &Document| document.text()[document.source().body_start()..].to_owned();
            if old.front_matter().span.is_some() {
                assert_eq!(body(&new), body(&old), "{}", say());
            } else {
                assert_eq!(
                    body(&new).trim_start_matches(['\r', '\n']),
                    body(&old).trim_start_matches(['\r', '\n'])
                );
            }
            expected.front_matter.clone_from(&is.front_matter);
            exactly(&expected, &is, &say);
        }
        // Lines that are no text cannot be written elsewhere.
        Operation::SortTimeline if edits.is_empty() && old.source().invalid_at().is_some() => {}
        Operation::SortTimeline => sorted(&old, &new, &say),
    }
    // What was done once is there: the same again is either refused or done from a sound document.
    Ok(changed)
}

fn words_of_lines(value: &str) -> Vec<&str> {
    value.split(['\n', '\r']).map(str::trim).filter(|line| !line.is_empty()).collect()
}

/// A line as it stands behind a label or a bullet: without characters that no line can hold, and,
/// where it gets a bullet, without its own.
fn as_written(line: &str, bulleted: bool) -> String {
    let bare = line.strip_prefix(['-', '*', '+']).filter(|rest| bulleted && rest.starts_with([' ', '\t']));
    let line = bare.unwrap_or(line);
    line.replace(['\u{b}', '\u{c}', '\0'], " ").trim().to_owned()
}

fn without_one(all: &[String], one: &str) -> Option<Vec<String>> {
    let at = all.iter().rposition(|entry| entry == one)?;
    let mut rest = all.to_vec();
    rest.remove(at);
    Some(rest)
}

/// The number, from 1, of the row at `span` among those that hold anything at all.
fn position_among_filled<C: Copy + PartialEq>(document: &Document, table: &Table<C>, span: Span) -> usize {
    let filled = |row: &&recount_engine::document::Row| !table.is_blank(document.source(), row, None);
    table.rows.iter().filter(filled).take_while(|row| row.span != span).count() + 1
}

fn row_texts<C: Copy + PartialEq>(document: &Document, table: &Table<C>, index: usize) -> Vec<String> {
    let cells = table.cells(&table.rows[index]);
    cells.iter().map(|cell| document.slice(cell.span).to_owned()).collect()
}

fn cell_is(
    expected: &mut Vec<Vec<String>>,
    is: &[Vec<String>],
    row: usize,
    at: usize,
    value: &str,
    say: &impl Fn() -> String,
) {
    let wanted = recount_engine::document::operations::encode_cell(value).expect("it was set");
    let cells = &mut expected[row - 1];
    cells.resize(cells.len().max(at + 1), String::new());
    cells[at].clone_from(&wanted);
    while cells.last().is_some_and(String::is_empty) {
        cells.pop();
    }
    if cells.is_empty() {
        // The last word of a row went: it is a blank row now.
        expected.remove(row - 1);
        return;
    }
    let got = is.get(row - 1).and_then(|cells| cells.get(at)).map_or("", String::as_str);
    assert_eq!(got, wanted, "{}", say());
    // Where nothing was escaped before, what was given reads back.
    if !value.contains(['\\', '\r']) && !value.contains("<br>") && !value.contains('\n') {
        assert_eq!(recount_engine::document::operations::decode_cell(got), value.trim(), "{}", say());
    }
}

/// One row more than before, which holds the cells that were given, and the others as they were.
fn inserted(is: &[RowSaid], was: &[RowSaid], cells: &[String], say: &impl Fn() -> String) {
    let at = (0..is.len()).find(|&at| is[..at].iter().chain(&is[at + 1..]).eq(was));
    let at = at.unwrap_or_else(|| panic!("other rows changed\n{}", say()));
    // Every row that could be the new one holds the same cells.
    for cell in cells.iter().filter(|cell| read_time(cell, &Anchor::default()).is_err()) {
        let wanted = recount_engine::document::operations::encode_cell(cell).expect("it was inserted");
        let row = &is[at];
        let is_there = wanted.is_empty() || row.time == wanted || row.cells.contains(&wanted);
        assert!(is_there, "{wanted:?} is not in the row\n{}", say());
    }
}

/// What a row says: when, and its other cells.
#[derive(Debug)]
struct RowSaid {
    instants: Option<String>,
    time: String,
    cells: Vec<String>,
}

/// What is no instant says what it says in its own words; a clock that had no date may get one.
impl PartialEq for RowSaid {
    fn eq(&self, other: &Self) -> bool {
        let both = self.instants.is_some() && other.instants.is_some();
        self.cells == other.cells
            && if both { self.instants == other.instants } else { self.time == other.time }
    }
}

fn row_said(time: String, instants: Option<String>, mut cells: Vec<String>) -> RowSaid {
    while cells.last().is_some_and(String::is_empty) {
        cells.pop();
    }
    RowSaid { instants, time, cells }
}

fn rows_said(document: &Document) -> Vec<RowSaid> {
    let table = document.timeline();
    let rows = document.timeline_rows().iter();
    rows.map(|row| {
        let moment = row.moment.as_ref().and_then(|moment| moment.as_ref().ok());
        let instants = moment.map(|moment| format!("{} {:?}", moment.at, moment.end));
        let table = table.expect("it has rows");
        let mut cells = row_texts(document, table, row.index);
        if let Some(cell) = table.index_of(TimelineColumn::Time).and_then(|at| cells.get_mut(at)) {
            cell.clear();
        }
        row_said(document.cell_text(row.time).to_owned(), instants, cells)
    })
    .collect()
}

fn items_said(document: &Document) -> Vec<RowSaid> {
    let table = document.actions();
    let cells = |index| row_texts(document, table.expect("it has rows"), index);
    let items = document.action_items().iter();
    items.map(|item| row_said(String::new(), None, cells(item.index))).collect()
}

/// Every byte before and behind a table is as it was.
fn outside_table(old: &Document, new: &Document, table: Option<Span>, say: &impl Fn() -> String) {
    let mut table = table.expect("its rows were changed");
    // A line goes with its ending, which for the last one is behind the table.
    table.end = old.source().next_line(table.end as usize) as u32;
    outside_unchanged(old.source().bytes(), new.source().bytes(), table, say);
}

/// Fields, rows and entries that were there are there, in the sections that were there.
fn holds(expected: &Facts, is: &Facts, say: &impl Fn() -> String) {
    assert_eq!(is.title, expected.title, "{}", say());
    assert_eq!(is.front_matter, expected.front_matter, "{}", say());
    let mut rest = is.sections.iter();
    for name in &expected.sections {
        assert!(rest.any(|other| other == name), "the section {name:?} is gone or moved\n{}", say());
    }
    for (id, value) in &expected.fields {
        assert_eq!(is.fields.get(id), Some(value), "{id:?}\n{}", say());
    }
    assert_eq!(is.timeline, expected.timeline, "{}", say());
    let is_blank = |row: &&Vec<String>| row.len() > 1;
    let items = |rows: &[Vec<String>]| rows.iter().filter(is_blank).cloned().collect::<Vec<_>>();
    assert_eq!(items(&is.actions), items(&expected.actions), "{}", say());
    for (id, entries) in &expected.entries {
        assert_eq!(&is.entries[id], entries, "{id:?}\n{}", say());
    }
}

fn exactly(expected: &Facts, is: &Facts, say: &impl Fn() -> String) {
    assert_eq!(is.fields, expected.fields, "{}", say());
    assert_eq!(is, expected, "{}", say());
}

/// Every byte before and behind `inside` is as it was.
fn outside_unchanged(old: &[u8], new: &[u8], inside: Span, say: &impl Fn() -> String) {
    let (before, after) = (&old[..inside.start as usize], &old[inside.end as usize..]);
    assert!(
        new.starts_with(before) && new.ends_with(after),
        "something outside of {inside:?} changed\n{}",
        say()
    );
    assert!(new.len() >= before.len() + after.len(), "{}", say());
}

/// Every line but the one at `inside` is as it was; a line of its own may have gone.
fn outside_lines(old: &[u8], new: &[u8], inside: Span, document: &Document, say: &impl Fn() -> String) {
    let line = document.source().line_at(inside.start as usize);
    let next = document.source().next_line(line.end as usize);
    let mut before = &old[..line.start as usize];
    if next == old.len() && !old.ends_with(b"\n") {
        before = &before[..document.text()[..line.start as usize].trim_end_matches(['\n', '\r']).len()];
    }
    assert!(new.starts_with(before) && new.ends_with(&old[next..]), "{}", say());
}

/// Each row with its instant and, but for its time, its cells.
pub(super) fn instants(document: &Document) -> Vec<(Option<Timestamp>, Option<Timestamp>, Vec<String>)> {
    let rows = document.timeline_rows().iter();
    rows.map(|row| {
        let moment = row.moment.as_ref().and_then(|moment| moment.as_ref().ok());
        let at = moment.map(|moment| moment.at);
        let end = moment.and_then(|moment| moment.end);
        let cells = [row.actor, row.action, row.result].map(|cell| document.cell_text(cell).to_owned());
        (at, end, cells.to_vec())
    })
    .collect()
}

/// Sorting keeps the rows and what time each means, and is stable.
fn sorted(old: &Document, new: &Document, say: &impl Fn() -> String) {
    let mut rows = instants(old);
    let mut key = Timestamp::MIN;
    let mut keys: Vec<Timestamp> = Vec::new();
    for (at, ..) in &rows {
        key = at.unwrap_or(key);
        keys.push(key);
    }
    let mut order: Vec<usize> = (0..rows.len()).collect();
    order.sort_by_key(|&index| keys[index]);
    rows = order.iter().map(|&index| rows[index].clone()).collect();
    assert_eq!(instants(new), rows, "{}", say());
    assert!(new.sort_timeline().is_empty(), "sorting again changes something\n{}", say());
    let mut was = Facts::of(old);
    let is = Facts::of(new);
    was.timeline.clone_from(&is.timeline);
    was.marks.sort_unstable();
    let mut marks = is.marks.clone();
    marks.sort_unstable();
    assert_eq!(was.marks, marks, "{}", say());
    was.marks.clone_from(&is.marks);
    exactly(&was, &is, say);
}
