//! `due-beyond-policy`: an action item that is due later than the library's policy allows.

use crate::document::value::status::Status;
use crate::document::value::time::utc_day;
use crate::lint::rule::rule;
use crate::lint::{Context, Findings};

rule! {
    /// An open action item is due later after the incident than its priority allows.
    ///
    /// `policy.action-days` in `recount.toml` holds the days for each priority, counted from the end of
    /// the incident, `policy.action-severities` the severities that they are for. By default: for
    /// `Sev0` and `Sev1`, a `P0` within 14 days, a `P1` within 30, a `P2` within 90.
    ///
    /// ## Why
    ///
    /// The incident can come back until then. An item that may wait longer has a lower priority.
    ///
    /// ## Source
    ///
    /// Lunney, Lueder and Beyer, "Postmortem Action Items: Plan the Work and Work the Plan", *;login:*,
    /// spring 2017: priorities with expectations of when items are closed. The numbers are the
    /// library's own.
    ///
    /// ## Examples
    ///
    /// ```markdown bad
    /// ## Action items
    ///
    /// | Priority | Action item | Owner | Due date | Status | Verification plan |
    /// |---:|---|---|---|---|---|
    /// | P0 | Give `storefront` a retry budget of 10 % | @sam | 2025-07-31 | Open | Retries stay under 10 % in a load test |
    /// ```
    ///
    /// ```markdown good
    /// ## Action items
    ///
    /// | Priority | Action item | Owner | Due date | Status | Verification plan |
    /// |---:|---|---|---|---|---|
    /// | P0 | Give `storefront` a retry budget of 10 % | @sam | 2025-05-09 | Open | Retries stay under 10 % in a load test |
    /// | P2 | Write the page on cold caches | @mei | 2025-07-18 | Open | Used in the next game day |
    /// ```
    name: "due-beyond-policy",
    group: Actions,
    levels: Advice,
    check: check,
}

fn check(cx: &Context<'_>, out: &mut Findings) {
    let Some(severity) = cx.severity() else { return };
    let Some(ended) = cx.ended().map(utc_day) else { return };
    for item in cx.document.action_items() {
        if item.status_kind.is_none_or(|kind| !kind.is_open()) {
            continue;
        }
        // What was reopened has a new day, which the old end says nothing of.
        if cx.document.status_of(item).get().is_some_and(Status::is_regressed) {
            continue;
        }
        let Some(due) = cx.document.due_of(item).get().copied() else { continue };
        let Some(priority) = cx.document.priority_of(item).get().copied() else { continue };
        let Some((days, latest)) = cx.config.policy.latest_due(severity, priority, ended) else { continue };
        if due.date <= latest {
            continue;
        }
        let after = ended.until(due.date).map_or(0, |span| span.get_days());
        out.report(
            item.due.map_or(item.span, |cell| cell.span),
            format!(
                "action item #{} is due `{}`, {after} days after the incident; a {priority} of a {severity} \
                 is due within {days}",
                item.number, due.date
            ),
            "until it is done the incident can come back",
            format!(
                "promise it for `{latest}` or earlier, lower its priority, or waive this with the reason"
            ),
        );
    }
}
