//! `ambiguous-time-zone`: a zone that can mean more than one offset.

use crate::document::Span;
use crate::document::template::FieldId;
use crate::document::value::time::{TimeProblem, canonical};
use crate::lint::rule::rule;
use crate::lint::{Context, Findings};

rule! {
    /// A time names a zone that can mean several offsets, that is not in force on that day, or that nobody knows.
    ///
    /// One finding speaks for all times with the same zone.
    ///
    /// ## Why
    ///
    /// Half an hour, or nine and a half, decide whether the deploy came before the errors or after them.
    ///
    /// ## Source
    ///
    /// The template: "Time (UTC)". RFC 3339, section 4.1: the rules of local time are so convoluted that
    /// interoperability is best achieved with UTC.
    ///
    /// ## Examples
    ///
    /// ```markdown bad
    /// ## Timeline
    ///
    /// | Time (UTC) | Actor | Action | Result |
    /// |---|---|---|---|
    /// | 2025-04-25 15:34 IST | deploybot | **Started.** Deployed storefront#3310 | Hit rate falls |
    /// ```
    ///
    /// ```markdown good
    /// ## Timeline
    ///
    /// | Time (UTC) | Actor | Action | Result |
    /// |---|---|---|---|
    /// | 2025-04-25 15:34 +05:30 | deploybot | **Started.** Deployed storefront#3310 | Hit rate falls |
    /// | 2025-04-25 06:14 PDT | @lucia | Rolled storefront back | Errors stay |
    /// ```
    name: "ambiguous-time-zone",
    group: Times,
    levels: Wrong,
    check: check,
}

/// A zone in doubt, where it is met first.
struct Doubt<'d> {
    span: Span,
    problem: TimeProblem,
    label: Option<&'d str>,
    count: usize,
}

fn check(cx: &Context<'_>, out: &mut Findings) {
    let document = cx.document;
    let mut doubts: Vec<Doubt<'_>> = Vec::new();
    let mut meet = |span: Span, problem: &TimeProblem| {
        let label = match problem {
            TimeProblem::AmbiguousZone { label, .. }
            | TimeProblem::ZoneOutOfSeason { label, .. }
            | TimeProblem::UnknownZone { label } => Some(label),
            TimeProblem::FoldedLocalTime => None,
            _ => return,
        };
        // The label as it stands in the document, which outlives the reading.
        let label = label.and_then(|label| {
            let text = document.slice(span);
            text.find(label.as_str()).map(|at| &text[at..at + label.len()])
        });
        match doubts.iter_mut().find(|doubt| label.is_some() && doubt.label == label) {
            Some(doubt) => doubt.count += 1,
            None => doubts.push(Doubt { span, problem: problem.clone(), label, count: 1 }),
        }
    };
    for id in [FieldId::StartTime, FieldId::EndTime] {
        if let (Some(Err(problem)), Some(field)) = (document.field_time(id), document.field(id)) {
            meet(field.value, &problem);
        }
    }
    for row in document.timeline_rows() {
        if let (Some(Err(problem)), Some(cell)) = (&row.moment, row.time) {
            meet(cell.span, problem);
        }
    }
    for doubt in doubts {
        let text = document.slice(doubt.span);
        let times = if doubt.count > 1 { format!(" (and {} more)", doubt.count - 1) } else { String::new() };
        out.report(
            doubt.span,
            format!("`{text}`{times} leaves its zone open: {}", doubt.problem),
            "minutes decide what came first, and this is off by hours if it is read wrongly",
            help(&doubt.problem),
        );
    }
}

fn help(problem: &TimeProblem) -> String {
    match problem {
        TimeProblem::ZoneOutOfSeason { label, meant, as_written, in_season } => format!(
            "write it in UTC: `{}` if `{label}` is right, `{}` if `{meant}` was meant",
            canonical(*as_written, false),
            canonical(*in_season, false)
        ),
        _ => "write it in UTC, as `2026-11-20 14:02`, or with its offset, as `2026-11-20 14:02 +05:30`"
            .to_owned(),
    }
}
