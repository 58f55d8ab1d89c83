//! `invalid-status`: a status that is none, or that lacks its date or reason.

use crate::document::edit::Edit;
use crate::document::value::status::{self, StatusKind, StatusProblem, StatusReading};
use crate::lint::rule::rule;
use crate::lint::{Context, Findings, Fix};

rule! {
    /// The status of an action item is not one of `Open`, `In progress`, `Done 2026-12-04`,
    /// `Verified 2026-12-18` and `Won't do 2026-12-04: reason`, or is spelled in another way.
    ///
    /// An empty cell is open.
    ///
    /// ## Why
    ///
    /// Reminders, boards and figures read the status. Without its day nobody can say how long the risk
    /// stayed open, and a refusal without a reason is made again by whoever meets it next.
    ///
    /// ## Source
    ///
    /// Lunney, Lueder and Beyer, "Postmortem Action Items: Plan the Work and Work the Plan", *;login:*,
    /// spring 2017: items are tracked until they are closed. Dates as in ISO 8601.
    ///
    /// ## Examples
    ///
    /// ```markdown bad
    /// ## Action items
    ///
    /// | Priority | Action item | Owner | Due date | Status | Verification plan |
    /// |---:|---|---|---|---|---|
    /// | P1 | Alert when the connection pool is 80 % full | @ana | 2026-12-01 | Done | The alert fires in staging |
    /// ```
    ///
    /// ```markdown good
    /// ## Action items
    ///
    /// | Priority | Action item | Owner | Due date | Status | Verification plan |
    /// |---:|---|---|---|---|---|
    /// | P1 | Alert when the connection pool is 80 % full | @ana | 2026-12-01 | Done 2026-11-28 | The alert fires in staging |
    /// | P2 | Buy a second pool | @ana | 2026-12-01 | Won't do 2026-11-21: the alert is enough | None: not done |
    /// ```
    name: "invalid-status",
    group: Actions,
    levels: Wrong,
    check: check,
}

fn check(cx: &Context<'_>, out: &mut Findings) {
    for item in cx.document.action_items() {
        let Some(cell) = item.status.filter(|cell| !cell.span.is_empty()) else { continue };
        let text = cx.document.slice(cell.span);
        let reading = status::read(text);
        if reading.problems.is_empty() {
            let Some(status) = reading.status.filter(|_| !reading.canonical) else { continue };
            let canonical = status.to_string();
            let fix = || Fix {
                title: format!("write `{canonical}`"),
                edits: vec![Edit::replace(cell.span, canonical.as_str())],
            };
            out.report_with_fix(
                cell.span,
                format!("`{text}` is not how the status of action item #{} is written", item.number),
                "lists and figures read the status",
                format!("write `{canonical}`"),
                || is_certain(text, status.kind).then(fix),
            );
            continue;
        }
        out.report(cell.span, message(text, &reading, item.number), why(&reading), help(text, &reading));
    }
}

/// Whether the words themselves are those of the status, so that only the spelling changes. Other
/// words (`closed`, `merged`) can mean more than one thing.
fn is_certain(text: &str, kind: StatusKind) -> bool {
    let text = text.trim_start_matches(|ch: char| !ch.is_alphabetic());
    let word = kind.as_str();
    text.get(..word.len()).is_some_and(|head| head.eq_ignore_ascii_case(word))
        || text.replace('’', "'").get(..word.len()).is_some_and(|head| head.eq_ignore_ascii_case(word))
}

fn message(text: &str, reading: &StatusReading<'_>, number: usize) -> String {
    let faults: Vec<&str> = reading
        .problems
        .iter()
        .filter_map(|problem| match problem {
            StatusProblem::MissingDate => Some("no date"),
            StatusProblem::MissingReason => Some("no reason"),
            StatusProblem::BadDate => Some("a date that cannot be read"),
            StatusProblem::UnknownWord => None,
        })
        .collect();
    if faults.is_empty() {
        return format!("`{text}`, in action item #{number}, is not a status");
    }
    format!("`{text}`, the status of action item #{number}, has {}", faults.join(" and "))
}

fn why(reading: &StatusReading<'_>) -> &'static str {
    match reading.problems.first() {
        Some(StatusProblem::MissingDate | StatusProblem::BadDate) => {
            "without its day nobody can say how long the risk stayed open"
        }
        Some(StatusProblem::MissingReason) => {
            "a refusal without a reason is made again by whoever meets it next"
        }
        _ => "lists and figures read the status",
    }
}

fn help(text: &str, reading: &StatusReading<'_>) -> String {
    if let Some(status) = reading.status {
        let rest = if status.kind.needs_reason() { ": superseded by INC-0051#2" } else { "" };
        return format!("write it as in `{} 2026-12-04{rest}`", status.kind);
    }
    if let Some(kind) = status::nearest(text) {
        return format!("did you mean `{kind}`?");
    }
    let all: Vec<String> = StatusKind::ALL.iter().map(|kind| format!("`{kind}`")).collect();
    format!("use one of {}", all.join(", "))
}
