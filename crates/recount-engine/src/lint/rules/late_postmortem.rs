//! `late-postmortem`: a postmortem that was not final in time.

use jiff::ToSpan;
use jiff::civil::{Date, Weekday};

use crate::document::template::SectionId;
use crate::document::value::severity::Severity;
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
    let allowed = &cx.config.policy.final_working_days;
    let severity = cx.severity();
    let days = match severity {
        Some(Severity::Sev0) => allowed.sev0,
        Some(Severity::Sev1) => allowed.sev1,
        Some(Severity::Sev2) => allowed.sev2,
        Some(Severity::Sev3) => allowed.sev3,
        None => allowed.sev0.max(allowed.sev1).max(allowed.sev2).max(allowed.sev3),
    };
    let front_matter = document.front_matter();
    let is_final = document.stage() == Stage::Final;
    let done = if is_final { front_matter.finalized } else { None };
    // A final document that does not say since when is the business of `unreviewed-final`.
    if is_final && done.is_none() {
        return;
    }
    let by = done.unwrap_or_else(|| cx.today());
    // Nobody needs to count years of days.
    let Some(deadline) = add_working_days(end, days).filter(|deadline| by > *deadline) else { return };
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

/// The day `days` working days after `from`.
fn add_working_days(from: Date, days: u32) -> Option<Date> {
    let is_weekend = |date: Date| matches!(date.weekday(), Weekday::Saturday | Weekday::Sunday);
    let mut date = from;
    // Whole weeks at once; the rest is less than five steps and a weekend.
    date = date.checked_add(i64::from(days / 5).weeks()).ok()?;
    let mut left = days % 5;
    while left > 0 {
        date = date.tomorrow().ok()?;
        left -= u32::from(!is_weekend(date));
    }
    // From a weekend, whole weeks end on a weekend: the last working day was the Friday before.
    while days > 0 && is_weekend(date) {
        date = date.yesterday().ok()?;
    }
    Some(date)
}

fn heading(cx: &Context<'_>) -> Span {
    let document = cx.document;
    let section = || document.section(SectionId::IncidentSummary).map(|section| section.heading);
    document.title().map(|title| title.span).or_else(section).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    #[test]
    fn weekends_do_not_count_as_working_days() {
        // 2025-04-25 is a Friday.
        for (from, days, expected) in [
            (date(2025, 4, 25), 0, date(2025, 4, 25)),
            (date(2025, 4, 25), 1, date(2025, 4, 28)),
            (date(2025, 4, 25), 5, date(2025, 5, 2)),
            (date(2025, 4, 21), 4, date(2025, 4, 25)),
            (date(2025, 4, 22), 10, date(2025, 5, 6)),
            (date(2025, 4, 26), 1, date(2025, 4, 28)),
            (date(2025, 4, 26), 5, date(2025, 5, 2)),
            (date(2025, 4, 27), 5, date(2025, 5, 2)),
            (date(2025, 4, 27), 7, date(2025, 5, 6)),
        ] {
            assert_eq!(add_working_days(from, days), Some(expected), "{from} + {days}");
        }
    }
}
