//! `due-before-incident`: an action item that was due before the incident began.

use jiff::ToSpan;

use crate::document::value::time::utc_day;
use crate::lint::rule::rule;
use crate::lint::{Context, Findings};

rule! {
    /// An action item is due before the incident began.
    ///
    /// ## Why
    ///
    /// Nobody can promise for a day that has passed: the year or the month is mistyped, as happens at the
    /// turn of a year, and the item is overdue from its first day on.
    ///
    /// ## Source
    ///
    /// The template: "Action items must be specific, owned, and dated." The incident's own start time
    /// decides.
    ///
    /// ## Examples
    ///
    /// ```markdown bad
    /// ## Action items
    ///
    /// | Priority | Action item | Owner | Due date | Status | Verification plan |
    /// |---:|---|---|---|---|---|
    /// | P1 | Alert when the connection pool is 80 % full | @ana | 2025-01-09 | Open | The alert fires in staging |
    /// ```
    ///
    /// ```markdown good
    /// ## Action items
    ///
    /// | Priority | Action item | Owner | Due date | Status | Verification plan |
    /// |---:|---|---|---|---|---|
    /// | P1 | Alert when the connection pool is 80 % full | @ana | 2026-01-09 | Open | The alert fires in staging |
    /// ```
    name: "due-before-incident",
    group: Actions,
    levels: Wrong,
    check: check,
}

fn check(cx: &Context<'_>, out: &mut Findings) {
    let Some(started) = cx.started() else { return };
    let began = utc_day(started);
    for item in cx.document.action_items() {
        let Some(due) = cx.document.due_of(item).get().copied() else { continue };
        if due.date >= began {
            continue;
        }
        // A year written from habit leads to a day soon after the incident.
        let next = due
            .date
            .checked_add(1.year())
            .ok()
            .filter(|next| *next >= began && began.until(*next).is_ok_and(|span| span.get_days() <= 270));
        let help = match next {
            Some(next) => format!("did you mean `{next}`?"),
            None => "give a day after the incident".to_owned(),
        };
        out.report(
            item.due.map_or(item.span, |cell| cell.span),
            format!(
                "action item #{} is due `{}`, before the incident began on `{began}`",
                item.number, due.date
            ),
            "nobody can promise for a day that has passed; the item is overdue from its first day on",
            help,
        );
    }
}
