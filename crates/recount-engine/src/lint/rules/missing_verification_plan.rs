//! `missing-verification-plan`: an action item that nobody could call proven.

use crate::document::is_bare_none;
use crate::document::value::status::StatusKind;
use crate::lint::rule::rule;
use crate::lint::{Context, Findings};

rule! {
    /// An action item has nothing in its Verification plan cell.
    ///
    /// `None:` with a reason is an answer.
    ///
    /// ## Why
    ///
    /// Done is not proven. Without a plan made beforehand, an item is closed when its change is merged,
    /// and whether it would have helped shows in the next incident.
    ///
    /// ## Source
    ///
    /// Google, *Site Reliability Workbook* (2018), chapter 10, "Postmortem Culture": action items have a
    /// verifiable end state.
    ///
    /// ## Examples
    ///
    /// ```markdown bad
    /// ## Action items
    ///
    /// | Priority | Action item | Owner | Due date | Status | Verification plan |
    /// |---:|---|---|---|---|---|
    /// | P1 | Alert when the connection pool is 80 % full | @ana | 2026-12-01 | Open | |
    /// ```
    ///
    /// ```markdown good
    /// ## Action items
    ///
    /// | Priority | Action item | Owner | Due date | Status | Verification plan |
    /// |---:|---|---|---|---|---|
    /// | P1 | Alert when the connection pool is 80 % full | @ana | 2026-12-01 | Open | The alert fires in staging |
    /// ```
    name: "missing-verification-plan",
    group: Actions,
    levels: Missing,
    check: check,
}

fn check(cx: &Context<'_>, out: &mut Findings) {
    for item in cx.document.action_items() {
        let plan = cx.document.cell_text(item.plan);
        if !is_bare_none(plan) {
            continue;
        }
        // What is refused needs no proof; what claims to be proven is for `verified-without-evidence`.
        let kind = item.status_kind;
        if matches!(kind, Some(StatusKind::WontDo | StatusKind::Verified)) {
            continue;
        }
        let message = if plan.is_empty() {
            format!("action item #{} has no verification plan", item.number)
        } else {
            format!("`{plan}` says nothing of how action item #{} is proven", item.number)
        };
        out.report(
            item.plan.map_or(item.span, |cell| cell.outer),
            message,
            "whether it helps then shows in the next incident",
            "say what will be seen when it works: a test, an alert that fires, a metric with a limit",
        );
    }
}
