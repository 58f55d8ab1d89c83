//! `overdue-action`: an open action item whose day has passed.

use crate::lint::rule::rule;
use crate::lint::{Context, Findings};

rule! {
    /// An action item is past its due date and still open.
    ///
    /// Depends on today's date: reported as due, and fails a check only with `--due`.
    ///
    /// ## Why
    ///
    /// What the incident taught is not yet in place. The next incident of the same kind finds it open.
    ///
    /// ## Source
    ///
    /// Lunney, Lueder and Beyer, "Postmortem Action Items: Plan the Work and Work the Plan", *;login:*,
    /// spring 2017: items that nobody follows up stay open, and outages repeat.
    ///
    /// ## Examples
    ///
    /// ```markdown bad
    /// ## Action items
    ///
    /// | Priority | Action item | Owner | Due date | Status | Verification plan |
    /// |---:|---|---|---|---|---|
    /// | P1 | Alert when the connection pool is 80 % full | @ana | 2026-10-30 | In progress | The alert fires in staging |
    /// ```
    ///
    /// ```markdown good
    /// ## Action items
    ///
    /// | Priority | Action item | Owner | Due date | Status | Verification plan |
    /// |---:|---|---|---|---|---|
    /// | P1 | Alert when the connection pool is 80 % full | @ana | 2026-10-30 | Done 2026-11-02 | The alert fires in staging |
    /// ```
    name: "overdue-action",
    group: Actions,
    levels: Missing,
    due: true,
    check: check,
}

fn check(cx: &Context<'_>, out: &mut Findings) {
    for item in cx.document.action_items() {
        let Some(kind) = item.status_kind.filter(|kind| kind.is_open()) else { continue };
        let Some(due) = cx.document.due_of(item).get().copied() else { continue };
        if due.date >= cx.today() {
            continue;
        }
        let late = due.date.until(cx.today()).map_or(0, |span| span.get_days());
        let days = if late == 1 { "day" } else { "days" };
        let state = kind.as_str().to_lowercase();
        out.report(
            item.due.map_or(item.span, |cell| cell.span),
            format!("action item #{} was due `{}`, {late} {days} ago, and is {state}", item.number, due.date),
            "what the incident taught is not yet in place",
            "finish it, promise another day, or say why it is not done: `Won't do` with date and reason",
        );
    }
}
