//! `invalid-time`: a time that cannot be read.

use crate::document::Span;
use crate::document::template::{FieldId, is_stand_in};
use crate::document::value::time::{self, Anchor, TimeProblem};
use crate::lint::rule::rule;
use crate::lint::{Context, Findings};

rule! {
    /// A start time, an end time or a time in the timeline cannot be read as one instant.
    ///
    /// Times in another form or zone that can be read are no fault: `recount fmt` converts them.
    ///
    /// ## Why
    ///
    /// A row without an instant has no place in the order of events, and no figure can be computed from it.
    ///
    /// ## Source
    ///
    /// The template: "Use precise times." RFC 3339, section 5.1, on formats that everybody reads alike.
    ///
    /// ## Examples
    ///
    /// ```markdown bad
    /// ## Timeline
    ///
    /// | Time (UTC) | Actor | Action | Result |
    /// |---|---|---|---|
    /// | 2025-04-25 10:04 | deploybot | **Started.** Deployed storefront#3310 | Hit rate falls |
    /// | 2025-04-25 25:61 | @lucia | Rolled storefront back | Errors stay |
    /// ```
    ///
    /// ```markdown good
    /// ## Timeline
    ///
    /// | Time (UTC) | Actor | Action | Result |
    /// |---|---|---|---|
    /// | 2025-04-25 10:04 | deploybot | **Started.** Deployed storefront#3310 | Hit rate falls |
    /// | 10:14 | @lucia | Rolled storefront back | Errors stay |
    /// | 2025-04-25T12:22+02:00 | @joel | Doubled inventory | CPU rises |
    /// ```
    name: "invalid-time",
    group: Times,
    levels: Wrong,
    check: check,
}

const WHY: &str = "without an instant it has no place in the order of events";

fn check(cx: &Context<'_>, out: &mut Findings) {
    let document = cx.document;
    // A clock takes its date from what stands above it: where that cannot be read, it is no fault of its own.
    let mut is_cut_off = false;
    for id in [FieldId::StartTime, FieldId::EndTime] {
        let (Some(Err(problem)), Some(field)) = (document.field_time(id), document.field(id)) else {
            continue;
        };
        report(cx, field.value, &problem, is_cut_off, out);
        is_cut_off = true;
    }
    for row in document.timeline_rows() {
        let (Some(Err(problem)), Some(cell)) = (&row.moment, row.time) else { continue };
        report(cx, cell.span, problem, is_cut_off, out);
        is_cut_off = true;
    }
}

fn report(cx: &Context<'_>, span: Span, problem: &TimeProblem, is_cut_off: bool, out: &mut Findings) {
    let text = cx.document.slice(span);
    if let (TimeProblem::NotATime, Some(time)) = (problem, leading_time(text)) {
        let help = format!("write `{time}` alone, and the rest where it belongs");
        out.report(span, format!("`{text}` is more than a time"), WHY, help);
        return;
    }
    let is_end = cx.document.field(FieldId::EndTime).is_some_and(|field| field.value == span);
    let help = match problem {
        TimeProblem::NotATime if is_stand_in(text) => return,
        TimeProblem::NotATime if is_end => {
            "write date and time in UTC, or leave it blank while the incident goes on".to_owned()
        }
        TimeProblem::NoDate if is_cut_off => return,
        TimeProblem::NotATime | TimeProblem::NoDate | TimeProblem::Impossible => {
            "write date and time in UTC, as `2026-11-20 14:02`".to_owned()
        }
        TimeProblem::AmbiguousDate { readings: [a, b] } => {
            format!("write `{a}` or `{b}`, whichever is meant")
        }
        // Others speak of zones and of times that nobody knows exactly.
        _ => return,
    };
    out.report(span, format!("`{text}` is no time that can be placed: {problem}"), WHY, help);
}

/// The time that a remark follows: `2026-11-20 14:02 (deploy finished)`.
fn leading_time(text: &str) -> Option<&str> {
    ["2026-11-20 14:02:05".len(), "2026-11-20 14:02".len()].into_iter().find_map(|length| {
        let time = text.get(..length)?;
        time::read(time, &Anchor::default()).is_ok().then_some(time)
    })
}
