//! `fmt`: canonical times and due dates, computed duration and time to detect, sorted timeline, compact tables. It
//! never changes what a document says; what it converts, it reports.

use std::borrow::Cow;

use super::edit::{Edit, apply};
use super::operations::row_line;
use super::table::{Row, Table};
use super::template::FieldId;
use super::value::time::{self, Form, Moment, Precision, TimeProblem};
use super::value::{date, duration};
use super::{Document, FieldState, Milestone, Span};

/// A formatted document.
#[derive(Clone, Debug)]
pub struct Formatted {
    /// The bytes to write; those that were read when nothing was to be done.
    pub bytes: Vec<u8>,
    /// What a person should know of: conversions and computed values, each with where it stands now.
    pub notes: Vec<String>,
}

/// One kind of change: gives edits and notes them.
type Pass = fn(&Document, &mut Vec<String>) -> Vec<Edit>;

/// Brings `document` into canonical form. Formatting the result again changes nothing.
pub fn format(document: &Document) -> Formatted {
    let mut notes = Vec::new();
    if document.source().invalid_at().is_some() || document.unresolved_conflict().is_some() {
        // A row that is written again is text: the bytes that are none would come back as something else. And the
        // marks of a conflict are no rows.
        return Formatted { bytes: document.source().bytes().to_vec(), notes };
    }
    let mut current = Cow::Borrowed(document);
    let passes: [Pass; 3] = [times_and_tables, sorted, computed_fields];
    for pass in passes {
        let edits = pass(&current, &mut notes);
        if edits.is_empty() {
            continue;
        }
        // The edits of a pass never overlap: each is a cell, a field or a line of its own.
        if let Ok(bytes) = apply(current.source().bytes(), &edits) {
            current = Cow::Owned(Document::parse(&bytes));
        }
    }
    Formatted { bytes: current.source().bytes().to_vec(), notes }
}

/// Canonical times and due dates, and compact tables, in one pass because all rewrite rows.
fn times_and_tables(document: &Document, notes: &mut Vec<String>) -> Vec<Edit> {
    let mut edits = Vec::new();
    for id in [FieldId::StartTime, FieldId::EndTime] {
        let Some(field) = document.field(id) else { continue };
        if let Some(text) = canonical_of(document.field_time(id).as_ref(), document.slice(field.value), notes)
        {
            edits.push(Edit::replace(field.value, text));
        }
    }
    if let Some(table) = document.timeline() {
        let mut times = Vec::with_capacity(document.timeline_rows().len());
        for row in document.timeline_rows() {
            let Some(cell) = row.time else { continue };
            if let Some(text) = canonical_of(row.moment.as_ref(), document.slice(cell.span), notes) {
                times.push((row.index, cell.span, text));
            }
        }
        compact(document, table, &times, &mut edits);
    }
    if let Some(table) = document.actions() {
        let mut dates = Vec::new();
        for item in document.action_items() {
            let Some(cell) = item.due else { continue };
            let written = document.slice(cell.span);
            // With a comment beside it the cell stays as it is.
            let is_alone = document.slice(cell.outer).trim() == written;
            if let Some(text) = date::canonical(written).filter(|_| is_alone) {
                notes.push(format!("the due date `{written}` is now `{text}`"));
                dates.push((item.index, cell.span, text));
            }
        }
        compact(document, table, &dates, &mut edits);
    }
    edits
}

/// The canonical spelling of a time that was read, where it differs. A span of time and an imprecise
/// time stay as people wrote them.
fn canonical_of(
    moment: Option<&Result<Moment, TimeProblem>>,
    written: &str,
    notes: &mut Vec<String>,
) -> Option<String> {
    let Some(Ok(moment)) = moment else { return None };
    if moment.form == Form::Canonical || moment.end.is_some() {
        return None;
    }
    let text = time::canonical(moment.at, moment.precision != Precision::Minute);
    if text == written {
        return None;
    }
    if matches!(moment.form, Form::Offset { .. } | Form::Zone { .. })
        || moment.precision == Precision::Subsecond
    {
        notes.push(format!("`{written}` is now `{text}` (UTC)"));
    }
    Some(text)
}

fn compact<C: Copy + PartialEq>(
    document: &Document,
    table: &Table<C>,
    rewritten: &[(usize, Span, String)],
    edits: &mut Vec<Edit>,
) {
    let line_of = |row: &Row, rewritten: Option<&(usize, Span, String)>| {
        let cells: Vec<&str> = table
            .cells(row)
            .iter()
            .map(|cell| match rewritten {
                // A comment behind a value is part of the cell: only the value is replaced.
                Some((_, span, text))
                    if *span == cell.span && document.slice(cell.outer).trim().len() == span.len() =>
                {
                    text.as_str()
                }
                _ => document.slice(cell.outer).trim(),
            })
            .collect();
        row_line(&cells)
    };
    let mut lines = vec![(table.header.span, line_of(&table.header, None))];
    lines.push((table.delimiter, compact_delimiter(document.slice(table.delimiter))));
    for (index, row) in table.rows.iter().enumerate() {
        let own = rewritten.binary_search_by_key(&index, |(at, ..)| *at).ok().map(|at| &rewritten[at]);
        lines.push((row.span, line_of(row, own)));
    }
    for (span, line) in lines {
        if document.slice(span) != line {
            edits.push(Edit::replace(span, line));
        }
    }
}

/// `| :--- | ---: |` as `|:---|---:|`: three dashes, the colons kept.
fn compact_delimiter(line: &str) -> String {
    let cells = line.trim().trim_matches('|').split('|').map(|cell| {
        let cell = cell.trim();
        let left = if cell.starts_with(':') { ":" } else { "" };
        let right = if cell.ends_with(':') && cell.len() > 1 { ":" } else { "" };
        format!("{left}---{right}|")
    });
    format!("|{}", cells.collect::<String>())
}

fn sorted(document: &Document, notes: &mut Vec<String>) -> Vec<Edit> {
    let edits = document.sort_timeline();
    if !edits.is_empty() {
        notes.push("the timeline is now in order".to_owned());
    }
    edits
}

/// Fills a blank duration and a blank time to detect; a value that somebody wrote is theirs.
fn computed_fields(document: &Document, notes: &mut Vec<String>) -> Vec<Edit> {
    let mut edits = Vec::new();
    let started = document.started_at();
    let detected = document.milestone(Milestone::Detected).and_then(super::TimelineRow::at);
    let values = [
        (FieldId::Duration, "duration", document.ended_at()),
        (FieldId::TimeToDetect, "time to detect", detected),
    ];
    for (id, name, until) in values {
        let is_open = document
            .field(id)
            .is_some_and(|field| field.state != FieldState::Filled && field.body.is_empty());
        let (Some(from), Some(until), true) = (started, until, is_open) else { continue };
        let Some(seconds) = super::elapsed(from, until) else { continue };
        let text = duration::canonical(seconds);
        if let Ok(found) = document.set_field(id, &text) {
            notes.push(format!("the {name} is `{text}`"));
            edits.extend(found);
        }
    }
    edits
}
