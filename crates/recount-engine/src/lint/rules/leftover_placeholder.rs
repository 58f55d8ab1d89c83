//! `leftover-placeholder`: the template's own words, or a stand-in, where an answer belongs.

use crate::document::edit::Edit;
use crate::document::template::{COPY_SENTENCE, FieldId, FieldKind, SectionId, is_stand_in};
use crate::document::{Cell, FieldState, Span};
use crate::lint::rule::rule;
use crate::lint::{Context, Findings, Fix};

rule! {
    /// The template's own words, or a stand-in such as `TBD`, stand where an answer belongs.
    ///
    /// Left to rules of their own are cells of action items (owner, due date, status, priority, verification
    /// plan), actors, unanswered data impact and the questions of the follow-up section.
    ///
    /// ## Why
    ///
    /// A placeholder looks like an answer to everybody who counts filled fields, and is none to anybody who
    /// reads them.
    ///
    /// ## Source
    ///
    /// The template: `Sev0 / Sev1 / Sev2 / Sev3`, `(details)` and "Copy this file for each incident
    /// postmortem." are there to be replaced.
    ///
    /// ## Examples
    ///
    /// ```markdown bad
    /// ## Root cause
    ///
    /// - **Direct trigger**: The deploy of storefront#3310 flushed the seat map cache.
    /// - **Root cause** (systems explanation): TBD
    /// - **Contributing factors**:
    ///   - capacity: What a cold cache can serve had not been measured.
    /// ```
    ///
    /// ```markdown bad
    /// ## What went well
    ///
    /// - TODO: ask support when they noticed
    /// ```
    ///
    /// ```markdown good
    /// ## What went well
    ///
    /// - A `TODO` in the code pointed to the missing limit, and the todo list of the rota had it, too.
    /// ```
    name: "leftover-placeholder",
    group: Template,
    levels: Missing,
    phrases: &["tbd", "todo", "tbc", "fixme"],
    check: check,
}

const WHY: &str = "it looks like an answer and is none";

fn check(cx: &Context<'_>, out: &mut Findings) {
    title(cx, out);
    let mut reported = fields(cx, out);
    cells_and_entries(cx, out, &mut reported);
    reported.sort();
    unfinished(cx, out, &reported);
}

/// The template's title and its sentence for whoever copies it.
fn title(cx: &Context<'_>, out: &mut Findings) {
    let document = cx.document;
    let Some(title) = document.title() else { return };
    if document.title_text().is_none() {
        let filled = document.fields().filter(|field| field.state == FieldState::Filled).count();
        // An untouched copy is a draft without a name yet, and says so by its stage.
        if filled >= 6 {
            let message = format!("the title is still `{}`", document.slice(title.text).trim());
            out.report(
                title.span,
                message,
                "lists and searches show the title",
                "say what happened in one line",
            );
        }
        return;
    }
    let end =
        document.sections().first().map_or(document.text().len(), |section| section.span.start as usize);
    let start = (title.span.end as usize).min(end);
    let Some(at) = document.text()[start..end].find(COPY_SENTENCE).map(|at| start + at) else { return };
    let fix = || {
        let source = document.source();
        let line = source.line_at(at);
        let next = source.next_line(at);
        // With the blank line below it, so that one is left.
        let below = source.line_at(next);
        let last = if document.slice(below).trim().is_empty() { source.next_line(next) } else { next };
        let edits = vec![Edit::remove(Span::new(line.start as usize, last.min(end)))];
        Some(Fix { title: "remove the sentence".to_owned(), edits })
    };
    out.report_with_fix(
        Span::new(at, at + COPY_SENTENCE.len()),
        format!("`{COPY_SENTENCE}` is still there"),
        "this is the copy",
        "remove the sentence",
        fix,
    );
}

fn fields(cx: &Context<'_>, out: &mut Findings) -> Vec<Span> {
    let document = cx.document;
    let mut reported = Vec::new();
    for field in document.fields() {
        let kind = field.id.def().kind;
        if matches!(kind, FieldKind::Id | FieldKind::Question) {
            continue;
        }
        let span = if field.value.is_empty() { field.body } else { field.value };
        let text = document.slice(span);
        let is_left = match kind {
            // An answer was given, and its details were not. Without an answer it is data impact that is
            // not stated, which has a rule of its own.
            FieldKind::YesNo => field.state == FieldState::Filled && text.ends_with("(details)"),
            _ => field.state == FieldState::Placeholder,
        };
        if !is_left {
            continue;
        }
        let help = match kind {
            FieldKind::YesNo => "write the details, or only the answer",
            FieldKind::Severity => "leave the one that it was",
            _ => "answer it, or leave it blank until somebody can",
        };
        out.report(span, format!("`{text}` is no answer to `{}`", field.id.def().label), WHY, help);
        reported.push(span);
    }
    reported
}

fn cells_and_entries(cx: &Context<'_>, out: &mut Findings, reported: &mut Vec<Span>) {
    let document = cx.document;
    let mut stand_in = |span: Span, what: &str| {
        let text = document.slice(span);
        if text.len() < 32 && is_stand_in(text) {
            out.report(span, format!("`{text}` is no {what}"), WHY, "write what is known, or remove it");
            reported.push(span);
        }
    };
    let mut cell = |cell: Option<Cell>, what| {
        if let Some(cell) = cell {
            stand_in(cell.span, what);
        }
    };
    for row in document.timeline_rows() {
        cell(row.time, "time");
        cell(row.action, "action");
        cell(row.result, "result");
    }
    for item in document.action_items() {
        cell(item.action, "action item");
    }
    for id in [SectionId::WentWell, SectionId::WentPoorly, SectionId::GotLucky] {
        for span in document.entries(id) {
            stand_in(span, "item of this list");
        }
    }
}

/// `TODO: ask support`: capitals at the start of a value, or before a colon.
fn unfinished(cx: &Context<'_>, out: &mut Findings, reported: &[Span]) {
    let document = cx.document;
    let is_reported = |span: Span| {
        let at = reported.partition_point(|other| other.end <= span.start);
        reported.get(at).is_some_and(|other| other.overlaps(span))
    };
    for (span, _) in cx.prose_hits() {
        let text = document.text();
        let (before, after) = (&text[..span.start as usize], &text[span.end as usize..]);
        let is_capitals = document.slice(span).bytes().all(|byte| byte.is_ascii_uppercase());
        let starts_value =
            before.trim_end_matches([' ', '*', '_', '[', '(']).ends_with(['|', ':', '-', '\n', '+']);
        let is_mark =
            after.starts_with(':') || (before.ends_with(['(', '[']) && after.starts_with([')', ']']));
        if !is_capitals || !(starts_value || is_mark) || is_reported(span) {
            continue;
        }
        if !is_elsewhere(cx, span) {
            let message = format!("`{}` is a note to the author", document.slice(span));
            out.report(span, message, WHY, "write what is known, or make it an action item with an owner");
        }
    }
}

/// Whether `span` stands where another rule asks for an answer.
fn is_elsewhere(cx: &Context<'_>, span: Span) -> bool {
    let document = cx.document;
    let holds = |cell: Option<Cell>| cell.is_some_and(|cell| cell.outer.contains(span));
    let is_id = document.field(FieldId::IncidentId).is_some_and(|field| field.span.contains(span));
    let rows = document.timeline_rows();
    let row = rows.get(rows.partition_point(|row| row.span.end <= span.start));
    let items = document.action_items();
    let item = items.get(items.partition_point(|item| item.span.end <= span.start));
    is_id
        || cx.is_in(span, SectionId::FollowUpVerification)
        || row.is_some_and(|row| holds(row.actor))
        || item.is_some_and(|item| {
            [item.priority, item.owner, item.due, item.status, item.plan].into_iter().any(holds)
        })
}
