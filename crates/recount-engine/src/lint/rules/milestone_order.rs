//! `milestone-order`: milestones in an order in which they cannot have happened.

use jiff::Timestamp;

use crate::document::value::time::{Precision, canonical};
use crate::document::{Milestone, TimelineRow};
use crate::lint::rule::rule;
use crate::lint::{Context, Findings};

rule! {
    /// A milestone of the timeline lies before one that it needs.
    ///
    /// Nothing comes before *started*, *acknowledged* not before *detected*, and *resolved* not before
    /// *mitigated*. Other orders are rare and real, and left alone: a system heals itself before anybody has
    /// looked, and an incident is found in the morning after it was over.
    ///
    /// ## Why
    ///
    /// Time to detect, acknowledge, mitigate and resolve are computed from these rows. In the wrong order they
    /// are negative, or too long, and the story does not hold.
    ///
    /// ## Source
    ///
    /// The VOID report (2021), on durations as data of low fidelity: they are no better than the times that
    /// they are made from.
    ///
    /// ## Examples
    ///
    /// ```markdown bad
    /// ## Timeline
    ///
    /// | Time (UTC) | Actor | Action | Result |
    /// |---|---|---|---|
    /// | 2025-04-25 10:04 | deploybot | **Started.** Deployed storefront#3310 | Hit rate falls |
    /// | 2025-04-25 10:08 | @lucia | **Acknowledged.** Took the page | |
    /// | 2025-04-25 10:10 | Alertmanager | **Detected.** `SeatMapErrorRateHigh` fired | Paged |
    /// ```
    ///
    /// ```markdown good
    /// ## Timeline
    ///
    /// | Time (UTC) | Actor | Action | Result |
    /// |---|---|---|---|
    /// | 2025-04-25 10:04 | deploybot | **Started.** Deployed storefront#3310 | Hit rate falls |
    /// | 2025-04-25 10:21 | inventory | **Mitigated.** The leader came back by itself | Errors end |
    /// | 2025-04-25 10:50 | support | **Detected.** Three tickets of the time before | Called @lucia |
    /// ```
    name: "milestone-order",
    group: Arithmetic,
    levels: Wrong,
    check: check,
}

/// Each milestone with one that it cannot come before.
const ORDER: [(Milestone, Milestone); 6] = [
    (Milestone::Detected, Milestone::Started),
    (Milestone::Acknowledged, Milestone::Started),
    (Milestone::Acknowledged, Milestone::Detected),
    (Milestone::Mitigated, Milestone::Started),
    (Milestone::Resolved, Milestone::Started),
    (Milestone::Resolved, Milestone::Mitigated),
];

fn check(cx: &Context<'_>, out: &mut Findings) {
    let document = cx.document;
    let mut reported = None;
    for (later, earlier) in ORDER {
        let Some(row) = document.milestone(later) else { continue };
        let other = document.milestone(earlier);
        let is_start = earlier == Milestone::Started;
        // Without a row of its own the start is the field's.
        let before = other.map_or_else(|| cx.started().filter(|_| is_start), TimelineRow::at);
        let (Some(at), Some(before), Some(cell)) = (row.at(), before, row.time) else { continue };
        if !is_before(at, before, is_to_the_minute(row) || other.is_none_or(is_to_the_minute)) {
            continue;
        }
        // One row, one finding: the first that it contradicts.
        if reported.replace(row.number) == Some(row.number) {
            continue;
        }
        let earlier = if other.is_some() { earlier.word() } else { "the start time" };
        out.report(
            cell.span,
            format!(
                "`{later}` at `{}` is before `{earlier}` at `{}`",
                canonical(at, !is_to_the_minute(row)),
                canonical(before, other.is_some_and(|row| !is_to_the_minute(row)))
            ),
            "the times to detect, acknowledge, mitigate and resolve are computed from these rows",
            "correct the time that is wrong, or move the milestone to the row that it belongs to",
        );
    }
}

/// Whether `at` is earlier; `14:02` is not earlier than `14:02:30`, only less exact.
fn is_before(at: Timestamp, other: Timestamp, by_the_minute: bool) -> bool {
    let unit = if by_the_minute { 60 } else { 1 };
    at.as_second().div_euclid(unit) < other.as_second().div_euclid(unit)
}

fn is_to_the_minute(row: &TimelineRow) -> bool {
    matches!(&row.moment, Some(Ok(moment)) if moment.precision == Precision::Minute)
}
