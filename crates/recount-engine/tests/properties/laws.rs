//! The laws of a document, as functions that panic where one is broken: the property tests beside this
//! file and the fuzz targets hold documents to the same. What does not live here: where the documents
//! and the changes come from.
// tidy: long because the fuzz targets take all laws by one path

#![allow(dead_code, unused_imports, reason = "each fuzz target asks for some of the laws")]

use jiff::Timestamp;
use jiff::civil::{Date, date};
use recount_engine::document::edit::apply;
use recount_engine::document::format;
use recount_engine::document::template::{FIELDS, FieldId, SectionId};
use recount_engine::document::{Document, MarkKind, Scope, Span, Stage, Table};
use recount_engine::ide::Checker;
use recount_engine::lint::{Finding, Level, NoLibrary, Options};

// The path, because fuzz targets take this file in by its own.
#[path = "changes.rs"]
mod changes;

use changes::instants;
pub(crate) use changes::{Operation, operating};

/// The day on which everything is checked.
pub(crate) const TODAY: Date = date(2026, 11, 23);

/// Everything that has a span lies in the text, on characters, and what was read is what is written.
pub(crate) fn reading(bytes: &[u8]) -> Document {
    let document = Document::parse(bytes);
    assert!(document.source().bytes() == bytes, "an untouched document is not what was read");
    assert_eq!(document.text().len(), bytes.len(), "offsets in the text are offsets in the file");
    assert_eq!(apply(bytes, &[]).as_deref(), Ok(bytes));
    for (what, span) in spans(&document) {
        let text = document.text();
        assert!(
            span.start <= span.end && text.get(span.range()).is_some(),
            "{what} at {span:?} is no part of {text:?}"
        );
    }
    for field in document.fields() {
        assert!(field.span.contains(field.label), "{field:?}");
        assert!(field.label.end <= field.value.start && field.span.contains(field.value), "{field:?}");
        let body = if field.body.is_empty() { field.span } else { field.body };
        assert!(field.entries.iter().all(|entry| body.contains(*entry)), "{field:?}");
    }
    let mut end = 0;
    for section in document.sections() {
        assert!(end <= section.span.start && section.span.contains(section.heading), "{section:?}");
        assert!(section.heading.contains(section.name), "{section:?}");
        end = section.span.end;
    }
    document
}

fn spans(document: &Document) -> Vec<(&'static str, Span)> {
    let mut all = Vec::new();
    for block in &document.markdown().blocks {
        all.extend([("a block", block.span), ("a block's content", block.content)]);
    }
    all.extend(document.markdown().prose.iter().map(|span| ("prose", *span)));
    all.extend(document.markdown().inlines.iter().map(|inline| ("an inline mark", inline.span)));
    all.extend(document.markdown().local_links.iter().map(|link| ("a link", link.span)));
    if let Some(title) = document.title() {
        all.extend([("the title's line", title.span), ("the title", title.text)]);
    }
    for section in document.sections() {
        all.extend([
            ("a heading", section.heading),
            ("a heading's text", section.name),
            ("a section", section.span),
        ]);
    }
    for field in document.fields() {
        all.extend([
            ("a field", field.span),
            ("a label", field.label),
            ("a value", field.value),
            ("a body", field.body),
        ]);
        all.extend(field.entries.iter().map(|entry| ("an entry", *entry)));
    }
    all.extend(document.unknown_fields().iter().map(|field| ("an unknown label", field.label)));
    if let Some(table) = document.timeline() {
        table_spans(table, &mut all);
    }
    if let Some(table) = document.actions() {
        table_spans(table, &mut all);
    }
    all.extend(document.timeline_rows().iter().map(|row| ("a row", row.span)));
    all.extend(document.action_items().iter().map(|item| ("an item", item.span)));
    all.extend(document.action_items().iter().filter_map(|item| Some(("an ID", item.id?))));
    all.extend(document.front_matter().span.map(|span| ("the front matter", span)));
    all.extend(document.front_matter().problems.iter().map(|(span, _)| ("a problem", *span)));
    for mark in document.marks() {
        all.push(("a mark", mark.span));
        match &mark.kind {
            MarkKind::Allow { rules, reason, scope } => {
                all.extend(rules.iter().map(|span| ("a rule's name", *span)));
                all.extend(reason.map(|span| ("a reason", span)));
                if let Scope::Block(span) | Scope::Section(span) = scope {
                    all.push(("a scope", *span));
                }
            }
            MarkKind::Id(span) | MarkKind::Unknown(span) => all.push(("what a mark says", *span)),
        }
    }
    for id in SectionId::ALL {
        all.extend(document.entries(id).into_iter().map(|span| ("an entry of a section", span)));
    }
    for def in FIELDS {
        all.extend(document.field_values(def.id).map(|span| ("an answer", span)));
        all.extend(document.unanswered(def.id).map(|span| ("what is unanswered", span)));
    }
    for query in document.queries() {
        all.extend([("a query's place", query.place), ("a query", query.span)]);
        all.extend(query.window.and_then(Result::err).map(|span| ("a window", span)));
    }
    for day in document.game_days() {
        all.extend([("a game day", day.span), ("its date", day.date_span), ("its record", day.record)]);
    }
    all
}

fn table_spans<C: Copy + PartialEq>(table: &Table<C>, all: &mut Vec<(&'static str, Span)>) {
    all.extend([("a table", table.span), ("its delimiter", table.delimiter)]);
    for row in std::iter::once(&table.header).chain(&table.rows) {
        all.push(("a table's row", row.span));
        for cell in table.cells(row) {
            all.extend([("a cell", cell.outer), ("a cell's value", cell.span)]);
            assert!(cell.outer.contains(cell.span) && row.span.contains(cell.outer), "{cell:?} of {row:?}");
        }
    }
}

/// Cells are where another reading of the same table sees them: missing ones empty, those past the
/// header left out.
pub(crate) fn tables(document: &Document) {
    if let Some(table) = document.timeline() {
        table_agrees(document, table);
    }
    if let Some(table) = document.actions() {
        table_agrees(document, table);
    }
}

fn table_agrees<C: Copy + PartialEq>(document: &Document, table: &Table<C>) {
    use pulldown_cmark::{Event, Options, Parser, Tag};
    // The lines alone, so that nothing above or below decides what they are.
    let mut text = String::new();
    for line in [document.slice(table.header.span), document.slice(table.delimiter)] {
        text.push_str(line);
        text.push('\n');
    }
    for row in &table.rows {
        text.push_str(document.slice(row.span));
        text.push('\n');
    }
    let mut read: Vec<Vec<&str>> = Vec::new();
    for (event, range) in Parser::new_ext(&text, Options::ENABLE_TABLES).into_offset_iter() {
        match event {
            Event::Start(Tag::TableHead | Tag::TableRow) => read.push(Vec::new()),
            Event::Start(Tag::TableCell) => {
                read.last_mut().expect("a cell is in a row").push(text[range].trim());
            }
            _ => {}
        }
    }
    let width = table.columns.len();
    let own: Vec<Vec<&str>> = std::iter::once(&table.header)
        .chain(&table.rows)
        .map(|row| {
            let mut cells: Vec<&str> =
                table.cells(row).iter().map(|cell| document.slice(cell.outer).trim()).collect();
            cells.resize(width, "");
            cells
        })
        .collect();
    assert_eq!(own, read, "{text}");
}

/// The lines between those that both begin and both end with.
fn difference(old: &str, new: &str) -> String {
    let lines = |text: &str| text.split_inclusive('\n').map(str::to_owned).collect::<Vec<_>>();
    let (old, new) = (lines(old), lines(new));
    let most = old.len().min(new.len());
    let head = old.iter().zip(&new).take_while(|(a, b)| a == b).count();
    let tail = old.iter().rev().zip(new.iter().rev()).take(most - head).take_while(|(a, b)| a == b).count();
    let from = head.saturating_sub(3);
    format!("--- before\n{:#?}\n--- after\n{:#?}", &old[from..old.len() - tail], &new[from..new.len() - tail])
}

/// Formatting again changes nothing; no word is lost and none is new but times, due dates and computed
/// values; no time means another instant, and no due date another day.
pub(crate) fn formatting(bytes: &[u8]) {
    let old = Document::parse(bytes);
    let formatted = format::format(&old).bytes;
    let new = reading(&formatted);
    let say = || difference(old.text(), new.text());
    let again = format::format(&new).bytes;
    assert!(
        again == formatted,
        "formatting again changes something\n{}\nand again\n{}",
        say(),
        difference(new.text(), &String::from_utf8_lossy(&again))
    );
    assert_eq!(other_words(&old), other_words(&new), "{}", say());
    let due = |document: &Document| -> Vec<_> {
        let items = document.action_items().iter();
        items.map(|item| document.due_of(item).value.map(|due| due.date)).collect()
    };
    assert_eq!(due(&new), due(&old), "{}", say());
    // A fraction of a second goes, and that is said.
    let second = |at: Timestamp| at.as_second();
    for id in [FieldId::StartTime, FieldId::EndTime] {
        let at = |document: &Document| {
            let moment = document.field_time(id).and_then(Result::ok);
            moment.map(|moment| (second(moment.at), moment.end.map(second)))
        };
        assert_eq!(at(&new), at(&old), "{id:?}\n{}", say());
    }
    let rows = |document: &Document| {
        let mut rows: Vec<_> = instants(document)
            .into_iter()
            .map(|(at, end, cells)| (at.map(second), end.map(second), cells))
            .collect();
        rows.sort();
        rows
    };
    assert_eq!(rows(&new), rows(&old), "{}", say());
    // A file that is no text is left as it is.
    assert!(new.sort_timeline().is_empty() || new.source().invalid_at().is_some(), "{}", say());
}

/// Every word but those of times, due dates and computed values, and the dashes of tables.
fn other_words(document: &Document) -> Vec<String> {
    let mut left_out: Vec<Span> =
        document.timeline_rows().iter().filter_map(|row| Some(row.time?.span)).collect();
    left_out.extend(document.action_items().iter().filter_map(|item| Some(item.due?.span)));
    let computed = [FieldId::StartTime, FieldId::EndTime, FieldId::Duration, FieldId::TimeToDetect];
    left_out.extend(computed.iter().filter_map(|id| Some(document.field(*id)?.value)));
    left_out.extend(document.timeline().map(|table| table.delimiter));
    left_out.extend(document.actions().map(|table| table.delimiter));
    let mut text = document.source().bytes().to_vec();
    for span in left_out {
        // A value that was blank stands right behind its label.
        text[span.range()].fill(b' ');
    }
    let text = String::from_utf8_lossy(&text).into_owned();
    let mut words: Vec<String> = text
        .split(|ch: char| ch.is_whitespace() || ch == '|')
        .filter(|word| !word.is_empty())
        .map(str::to_owned)
        .collect();
    words.sort_unstable();
    words
}

/// Fixing again changes nothing, and there are never more errors than before.
pub(crate) fn fixing(checker: &Checker, bytes: &[u8], stage: Stage) {
    let options = Options { stage: Some(stage), due: true, fixes: true, ..Options::default() };
    let before = findings(checker, bytes, stage);
    let fixed = checker.fix(bytes, &NoLibrary, TODAY, options);
    let text = String::from_utf8_lossy(bytes);
    let after = String::from_utf8_lossy(&fixed.bytes);
    let say = || format!("{:#?}\n{}", fixed.titles, difference(&text, &after));
    assert!(errors(&fixed.findings) <= errors(&before), "{}", say());
    assert_eq!(listed(&fixed.findings), listed(&findings(checker, &fixed.bytes, stage)), "{}", say());
    let again = checker.fix(&fixed.bytes, &NoLibrary, TODAY, options);
    assert!(
        again.bytes == fixed.bytes,
        "fixing again changes something: {:?}\n{}\nand again\n{}",
        again.titles,
        say(),
        difference(&after, &String::from_utf8_lossy(&again.bytes))
    );
    reading(&fixed.bytes);
}

/// The findings of a document; each points at characters of it.
pub(crate) fn findings(checker: &Checker, bytes: &[u8], stage: Stage) -> Vec<Finding> {
    let document = Document::parse(bytes);
    let found = checker.findings(
        &document,
        &NoLibrary,
        TODAY,
        Options { stage: Some(stage), due: true, fixes: true, ..Options::default() },
    );
    for finding in &found {
        let text = document.text();
        assert!(
            text.get(finding.span.range()).is_some(),
            "{} at {:?} of {text:?}",
            finding.rule.name,
            finding.span
        );
        for edit in finding.fix.iter().flat_map(|fix| &fix.edits) {
            assert!(
                text.get(edit.span.range()).is_some(),
                "{} at {:?} of {text:?}",
                finding.rule.name,
                edit.span
            );
        }
    }
    found
}

fn errors(findings: &[Finding]) -> usize {
    findings.iter().filter(|finding| finding.level == Level::Error).count()
}

fn listed(findings: &[Finding]) -> Vec<(&'static str, Span, String)> {
    findings.iter().map(|finding| (finding.rule.name, finding.span, finding.message.to_string())).collect()
}
