//! `missing-priority`: an action item that says nothing about how urgent it is.

use crate::document::is_bare_none;
use crate::lint::rule::rule;
use crate::lint::{Context, Findings};

rule! {
    /// The Priority cell of an action item is empty or holds a stand-in such as `TBD` or `-`, or its table has
    /// no such column.
    ///
    /// ## Why
    ///
    /// The priority says what is done first, and by when an item is due at the latest. Among items
    /// without one the easiest is done first.
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
    /// | | Alert when the connection pool is 80 % full | @ana | 2026-12-01 | Open | The alert fires in staging |
    /// ```
    ///
    /// ```markdown good
    /// ## Action items
    ///
    /// | Priority | Action item | Owner | Due date | Status | Verification plan |
    /// |---:|---|---|---|---|---|
    /// | P1 | Alert when the connection pool is 80 % full | @ana | 2026-12-01 | Open | The alert fires in staging |
    /// ```
    name: "missing-priority",
    group: Actions,
    levels: Missing,
    check: check,
}

fn check(cx: &Context<'_>, out: &mut Findings) {
    for item in cx.document.action_items() {
        if !is_bare_none(cx.document.cell_text(item.priority)) {
            continue;
        }
        out.report(
            item.priority.map_or(item.span, |cell| cell.outer),
            format!("action item #{} has no priority", item.number),
            "the priority says what is done first and when it is due",
            "give it `P0`, `P1` or `P2`",
        );
    }
}
