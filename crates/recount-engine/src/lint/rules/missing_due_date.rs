//! `missing-due-date`: an action item without a day on which it is due.

use crate::document::value::Value;
use crate::document::value::date::DateProblem;
use crate::lint::rule::rule;
use crate::lint::{Context, Findings};

rule! {
    /// An open action item has no due date, or what stands there is not one day.
    ///
    /// ## Why
    ///
    /// A promise without a day is never late, so nobody is reminded of it. `next week` means another
    /// day to each later reader.
    ///
    /// ## Source
    ///
    /// The template: "Action items must be specific, owned, and dated." Dates as in ISO 8601.
    ///
    /// ## Examples
    ///
    /// ```markdown bad
    /// ## Action items
    ///
    /// | Priority | Action item | Owner | Due date | Status | Verification plan |
    /// |---:|---|---|---|---|---|
    /// | P1 | Alert when the connection pool is 80 % full | @ana | next week | Open | The alert fires in staging |
    /// ```
    ///
    /// ```markdown good
    /// ## Action items
    ///
    /// | Priority | Action item | Owner | Due date | Status | Verification plan |
    /// |---:|---|---|---|---|---|
    /// | P1 | Alert when the connection pool is 80 % full | @ana | 2026-12-01 | Open | The alert fires in staging |
    /// | P2 | Buy a second pool | @ana | | Won't do 2026-11-21: the alert is enough | None: not done |
    /// ```
    name: "missing-due-date",
    group: Actions,
    levels: Missing,
    check: check,
}

fn check(cx: &Context<'_>, out: &mut Findings) {
    for item in cx.document.action_items() {
        // What is settled needs no day any more.
        if item.status_kind.is_some_and(|kind| !kind.is_open()) {
            continue;
        }
        let text = cx.document.cell_text(item.due);
        let number = item.number;
        let why = "a promise without a day is never late, so nobody is reminded of it";
        let give = "give the day as `2026-12-04`";
        let problem = match cx.document.due_of(item).value {
            Value::Value(_) => continue,
            Value::Blank => {
                let span = item.due.map_or(item.span, |cell| cell.outer);
                out.report(span, format!("action item #{number} has no due date"), why, give);
                continue;
            }
            Value::Placeholder => DateProblem::NotADate,
            Value::Invalid(problem) => problem,
        };
        let help = match problem {
            DateProblem::Ambiguous { readings: [month_first, day_first] } => {
                format!("write `{month_first}` or `{day_first}`")
            }
            _ => give.to_owned(),
        };
        let span = item.due.map_or(item.span, |cell| cell.span);
        let message = match problem {
            DateProblem::NotADate => format!("`{text}` is not a date"),
            DateProblem::Impossible => format!("`{text}` is a day that no calendar has"),
            DateProblem::Ambiguous { .. } => format!("`{text}` can mean two days"),
            DateProblem::NoYear => format!("`{text}` has no year"),
        };
        out.report(span, format!("{message}, so action item #{number} is not dated"), why, help);
    }
}
