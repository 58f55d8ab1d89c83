//! `missing-owner`: an action item that nobody owns.

use crate::document::value::person;
use crate::lint::rule::rule;
use crate::lint::{Context, Findings};

rule! {
    /// An action item has nobody in its Owner cell.
    ///
    /// ## Why
    ///
    /// What belongs to everybody is done by nobody: an item without a name is the first to be forgotten
    /// when the next sprint is planned.
    ///
    /// ## Source
    ///
    /// Google, *Site Reliability Workbook* (2018), chapter 10, "Postmortem Culture": action items need
    /// an owner.
    ///
    /// ## Examples
    ///
    /// ```markdown bad
    /// ## Action items
    ///
    /// | Priority | Action item | Owner | Due date | Status | Verification plan |
    /// |---:|---|---|---|---|---|
    /// | P1 | Alert when the connection pool is 80 % full | TBD | 2026-12-01 | Open | The alert fires in staging |
    /// ```
    ///
    /// ```markdown good
    /// ## Action items
    ///
    /// | Priority | Action item | Owner | Due date | Status | Verification plan |
    /// |---:|---|---|---|---|---|
    /// | P1 | Alert when the connection pool is 80 % full | @ana | 2026-12-01 | Open | The alert fires in staging |
    /// ```
    name: "missing-owner",
    group: Actions,
    levels: Missing,
    check: check,
}

fn check(cx: &Context<'_>, out: &mut Findings) {
    for item in cx.document.action_items() {
        let owner = cx.document.cell_text(item.owner);
        let nobody = !person::people(owner).iter().any(person::Person::is_somebody);
        if !nobody {
            continue;
        }
        let span = item.owner.map_or(item.span, |cell| cell.outer);
        let message = if owner.is_empty() {
            format!("action item #{} has no owner", item.number)
        } else {
            format!("`{owner}` is nobody who could own action item #{}", item.number)
        };
        out.report(
            span,
            message,
            "what belongs to everybody is done by nobody",
            "name one person, as `@ana`",
        );
    }
}
