//! `extra-cells`: a row with more cells than its table has columns.

use crate::document::{Document, Span, Table};
use crate::lint::rule::rule;
use crate::lint::{Context, Findings};

rule! {
    /// A row of the timeline or of the action items has more cells than its table has columns.
    ///
    /// Mostly a pipe in the text, as in a shell command, that is not written as `\|`. In a table a pipe ends
    /// the cell even inside a code span.
    ///
    /// ## Why
    ///
    /// Markdown drops the cells at the end: what stands there is on no page, and what stands before it may
    /// be in the wrong column.
    ///
    /// ## Source
    ///
    /// GitHub Flavored Markdown, section 4.10: "If there are greater, the excess is ignored".
    ///
    /// ## Examples
    ///
    /// ```markdown bad
    /// ## Timeline
    ///
    /// | Time (UTC) | Actor | Action | Result |
    /// |---|---|---|---|
    /// | 2025-04-25 10:14 | Lucía Ferrer | Ran `kubectl get pods | grep seatmap` | Three of five are ready |
    /// ```
    ///
    /// ```markdown good
    /// ## Timeline
    ///
    /// | Time (UTC) | Actor | Action | Result |
    /// |---|---|---|---|
    /// | 2025-04-25 10:14 | Lucía Ferrer | Ran `kubectl get pods \| grep seatmap` | Three of five are ready |
    /// ```
    name: "extra-cells",
    group: Template,
    levels: Wrong,
    check: check,
}

fn check(cx: &Context<'_>, out: &mut Findings) {
    let document = cx.document;
    if let Some(table) = document.timeline() {
        rows(document, table, "the timeline", out);
    }
    if let Some(table) = document.actions() {
        rows(document, table, "the action items", out);
    }
}

fn rows<C: Copy + PartialEq>(document: &Document, table: &Table<C>, name: &str, out: &mut Findings) {
    let columns = table.columns.len();
    for row in &table.rows {
        let cells = table.cells(row);
        // Pipes with nothing between them lose nothing, nor do those around a comment.
        let Some(last) = cells.iter().rposition(|cell| !cell.span.is_empty()) else { continue };
        let extra = cells.get(columns..=last).unwrap_or_default();
        let filled = extra.iter().map(|cell| cell.span).filter(|span| !span.is_empty());
        let Some(dropped) = filled.reduce(Span::to) else { continue };
        let in_code = document.slice(row.span).matches('`').count() >= 2;
        let hint = if in_code { ", also in code" } else { "" };
        out.report(
            dropped,
            format!("this row of {name} has {} cells for {columns} columns", last + 1),
            "what stands in the cells at the end is shown nowhere, and others may be in the wrong column",
            format!(r"write a pipe that is part of the text as `\|`{hint}"),
        );
    }
}
