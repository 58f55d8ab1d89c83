//! `no-urgent-action`: a severe incident without a `P0`.

use crate::document::template::ActionColumn;
use crate::document::value::priority::Priority;
use crate::lint::rule::rule;
use crate::lint::{Context, Findings};

rule! {
    /// The incident was a Sev0 or Sev1, and no action item is a P0.
    ///
    /// ## Why
    ///
    /// What prevents the next one of this size competes with everything else for the next quarter, and
    /// the incident does not wait. The severities are those of `policy.action-severities`.
    ///
    /// ## Source
    ///
    /// The template: "P0: prevents recurrence of Sev0/Sev1 or reduces blast radius dramatically".
    ///
    /// ## Examples
    ///
    /// ```markdown bad
    /// ## Action items
    ///
    /// | Priority | Action item | Owner | Due date | Status | Verification plan |
    /// |---:|---|---|---|---|---|
    /// | P1 | Give `storefront` a retry budget of 10% | @sam | 2025-05-20 | Open | The game day shows it |
    /// ```
    ///
    /// ```markdown good
    /// ## Action items
    ///
    /// | Priority | Action item | Owner | Due date | Status | Verification plan |
    /// |---:|---|---|---|---|---|
    /// | P0 | Give `storefront` a retry budget of 10% | @sam | 2025-05-09 | Open | The game day shows it |
    /// ```
    name: "no-urgent-action",
    group: ActionQuality,
    levels: Missing,
    reads_foreign: true,
    check: check,
}

fn check(cx: &Context<'_>, out: &mut Findings) {
    let Some(severity) = cx.severity() else { return };
    let listed = |name: &String| name.eq_ignore_ascii_case(severity.as_str());
    if !cx.config.policy.action_severities.iter().any(listed) {
        return;
    }
    let Some(table) = cx.document.actions() else { return };
    let items = cx.document.action_items();
    if items.is_empty() || table.index_of(ActionColumn::Priority).is_none() {
        return;
    }
    let mut readable = true;
    for item in items {
        match Priority::parse(cx.document.cell_text(item.priority)) {
            Some((Priority::P0, _)) => return,
            Some(_) => {}
            // Another rule speaks of a priority that cannot be read; it may be the one.
            None => readable = false,
        }
    }
    if !readable {
        return;
    }
    out.report(
        table.header.span,
        format!("a `{severity}` has no `P0` action item"),
        "what prevents the next one of this size competes with everything else for the quarter",
        "make the item that prevents recurrence or limits its reach a `P0`, or add one",
    );
}
