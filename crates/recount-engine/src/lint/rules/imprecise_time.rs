//! `imprecise-time`: a time that says itself that it is not exact.

use crate::document::Span;
use crate::document::template::FieldId;
use crate::document::value::time::TimeProblem;
use crate::lint::rule::rule;
use crate::lint::{Context, Findings};

rule! {
    /// A time is approximate: `~14:30`, `14:??`, a day without a clock.
    ///
    /// ## Why
    ///
    /// An honest `~` is better than an invented minute, and is kept. But logs, pages and chats mostly know the
    /// minute, and what they know can be compared, sorted and counted.
    ///
    /// ## Source
    ///
    /// The template: "Use precise times."
    ///
    /// ## Examples
    ///
    /// ```markdown bad
    /// ## Timeline
    ///
    /// | Time (UTC) | Actor | Action | Result |
    /// |---|---|---|---|
    /// | 2025-04-25 10:04 | deploybot | **Started.** Deployed storefront#3310 | Hit rate falls |
    /// | ~10:15 | @lucia | Rolled storefront back | Errors stay |
    /// ```
    ///
    /// ```markdown good
    /// ## Timeline
    ///
    /// | Time (UTC) | Actor | Action | Result |
    /// |---|---|---|---|
    /// | 2025-04-25 10:04 | deploybot | **Started.** Deployed storefront#3310 | Hit rate falls |
    /// | 10:14 | @lucia | Rolled storefront back | Errors stay |
    /// ```
    name: "imprecise-time",
    group: Times,
    levels: Note,
    check: check,
}

fn check(cx: &Context<'_>, out: &mut Findings) {
    let document = cx.document;
    for id in [FieldId::StartTime, FieldId::EndTime] {
        if let (Some(Err(problem)), Some(field)) = (document.field_time(id), document.field(id)) {
            report(cx, field.value, &problem, out);
        }
    }
    for row in document.timeline_rows() {
        if let (Some(Err(problem)), Some(cell)) = (&row.moment, row.time) {
            report(cx, cell.span, problem, out);
        }
    }
}

fn report(cx: &Context<'_>, span: Span, problem: &TimeProblem, out: &mut Findings) {
    if !matches!(problem, TimeProblem::Imprecise { .. }) {
        return;
    }
    out.report(
        span,
        format!("`{}` is not exact", cx.document.slice(span)),
        "it cannot be counted in any figure",
        "write the minute that logs, pages or chat give; keep it if nothing knows better",
    );
}
