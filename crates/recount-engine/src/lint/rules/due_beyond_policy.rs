//! `due-beyond-policy`: an action item that is due later than the library's policy allows.

use crate::config::{Beyond, Promise};
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
    let severity = cx.severity();
    let Some(ended) = cx.ended().map(utc_day) else { return };
    for item in cx.document.action_items() {
        let promise = Promise {
            severity,
            priority: cx.document.priority_of(item).get().copied(),
            status: item.status_kind,
            is_reopened: cx.document.status_of(item).get().is_some_and(Status::is_reopened),
            due: cx.document.due_of(item).get().map(|due| due.date),
            ended: Some(ended),
        };
        // Without today's date: what has none is for another rule.
        let Some(Beyond { severity, priority, days, latest, due: Some(due) }) =
            cx.config.policy.beyond(&promise, None)
        else {
            continue;
        };
        let after = ended.until(due).map_or(0, |span| span.get_days());
        out.report(
            item.due.map_or(item.span, |cell| cell.span),
            format!(
                "action item #{} is due `{due}`, {after} days after the incident; a {priority} of a {severity} \
                 is due within {days}",
                item.number
            ),
            "until it is done the incident can come back",
            format!(
                "promise it for `{latest}` or earlier, lower its priority, or waive this with the reason"
            ),
        );
    }
}
