//! `late-postmortem`: a postmortem that was not final in time.

use crate::document::template::SectionId;
use crate::document::value::time::utc_day;
use crate::document::{Span, Stage, TimelineRow};
use crate::lint::rule::rule;
use crate::lint::{Context, Findings};

rule! {
    /// The postmortem was not final within the working days that the policy gives its severity.
    ///
    /// The days count from the end of the incident, Monday to Friday (`policy.final-working-days`: 5 for Sev0
    /// and Sev1, 10 for others). This depends on today's date: it is reported as due.
    ///
    /// ## Why
    ///
    /// Memory fades within days and logs are rotated away within weeks. Until the analysis is done, nothing
    /// keeps the incident from happening again.
    ///
    /// ## Source
    ///
    /// Google, *Site Reliability Workbook* (2018), chapter 10, "Postmortem Culture", on promptness. PagerDuty,
    /// *Postmortems*: a postmortem is completed within days of the incident.
    ///
    /// ## Examples
    ///
    /// ```markdown bad
    /// ---
    /// stage: final
    /// finalized: 2025-05-20
    /// reviewed-by: ["@priya"]
    /// ---
    /// ```
    ///
    /// ```markdown good
    /// ---
    /// stage: final
    /// finalized: 2025-05-02
    /// reviewed-by: ["@priya"]
    /// ---
    /// ```
    name: "late-postmortem",
    group: Process,
    levels: Advice,
    due: true,
    check: check,
}

const WHY: &str = "memory fades within days, and until the analysis is done it can happen again";

fn check(cx: &Context<'_>, out: &mut Findings) {
    let document = cx.document;
    let last = || document.timeline_rows().iter().rev().find_map(TimelineRow::at);
    // A draft that nobody gave an end is late, too, counted from the last thing it knows.
    let Some(end) = cx.ended().or_else(last).or_else(|| cx.started()) else { return };
    let end = utc_day(end);
    let severity = cx.severity();
    let front_matter = document.front_matter();
    let is_final = document.stage() == Stage::Final;
    let done = if is_final { front_matter.finalized } else { None };
    // A final document that does not say since when is the business of `unreviewed-final`.
    if is_final && done.is_none() {
        return;
    }
    let by = done.unwrap_or_else(|| cx.today());
    let Some((days, deadline)) = cx.config.policy.final_by(severity, end) else { return };
    if by <= deadline {
        return;
    }
    let policy = match severity {
        Some(severity) => format!("{days} working days after a {severity}"),
        None => format!("{days} working days after the incident"),
    };
    let key = if is_final { "finalized" } else { "stage" };
    let span = front_matter.key_line(document.source(), key).unwrap_or_else(|| heading(cx));
    match done {
        Some(done) => out.report(
            span,
            format!("it became final on `{done}`, and was due on `{deadline}`, {policy}"),
            WHY,
            "say what held it up, in a waiver or under what went poorly",
        ),
        None => out.report(
            span,
            format!("it is in `{}`, and was due to be final on `{deadline}`, {policy}", document.stage()),
            WHY,
            "finish it and have it reviewed, or say in a waiver what it waits for",
        ),
    }
}

fn heading(cx: &Context<'_>) -> Span {
    let document = cx.document;
    let section = || document.section(SectionId::IncidentSummary).map(|section| section.heading);
    document.title().map(|title| title.span).or_else(section).unwrap_or_default()
}
