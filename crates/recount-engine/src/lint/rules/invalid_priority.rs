//! `invalid-priority`: an action item whose priority is none of the template's.

use crate::document::edit::Edit;
use crate::document::is_bare_none;
use crate::document::value::priority::Priority;
use crate::lint::rule::rule;
use crate::lint::{Context, Findings, Fix};

rule! {
    /// The priority of an action item is not `P0`, `P1` or `P2`.
    ///
    /// ## Why
    ///
    /// The priority says when an item is due and what is done first. A scale of one's own sorts
    /// nowhere.
    ///
    /// ## Source
    ///
    /// The template: "Priority guidance", with `P0`, `P1` and `P2`.
    ///
    /// ## Examples
    ///
    /// ```markdown bad
    /// ## Action items
    ///
    /// | Priority | Action item | Owner | Due date | Status | Verification plan |
    /// |---:|---|---|---|---|---|
    /// | High | Alert when the connection pool is 80 % full | @ana | 2026-12-01 | Open | The alert fires in staging |
    /// ```
    ///
    /// ```markdown good
    /// ## Action items
    ///
    /// | Priority | Action item | Owner | Due date | Status | Verification plan |
    /// |---:|---|---|---|---|---|
    /// | P1 | Alert when the connection pool is 80 % full | @ana | 2026-12-01 | Open | The alert fires in staging |
    /// ```
    name: "invalid-priority",
    group: Actions,
    levels: Wrong,
    check: check,
}

fn check(cx: &Context<'_>, out: &mut Findings) {
    for item in cx.document.action_items() {
        let text = cx.document.cell_text(item.priority);
        let read = Priority::parse(text);
        if matches!(read, Some((_, true))) {
            continue;
        }
        let why = "the priority says what is done first and when it is due";
        // `missing-priority` says that there is none, or a stand-in for one.
        let Some(cell) = item.priority.filter(|_| !is_bare_none(text)) else { continue };
        match read {
            Some((priority, _)) => {
                let fix = || {
                    let edits = vec![Edit::replace(cell.span, priority.as_str())];
                    Some(Fix { title: format!("write `{priority}`"), edits })
                };
                let message =
                    format!("`{text}` is not how the priority of action item #{} is written", item.number);
                out.report_with_fix(cell.span, message, why, format!("write `{priority}`"), fix);
            }
            None => out.report(
                cell.span,
                format!("`{text}`, in action item #{}, is not a priority", item.number),
                why,
                "use `P0` (prevents recurrence), `P1` (lowers the risk) or `P2` (nice to have)",
            ),
        }
    }
}
