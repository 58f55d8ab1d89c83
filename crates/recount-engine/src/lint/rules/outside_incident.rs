//! `outside-incident`: rows far away from the incident, and fields that the timeline contradicts.

use jiff::Timestamp;

use crate::document::template::FieldId;
use crate::document::value::time::canonical;
use crate::document::{Milestone, TimelineRow};
use crate::lint::rule::rule;
use crate::lint::{Context, Findings};

rule! {
    /// A row of the timeline lies far outside of the incident, or *Started* or *Resolved* contradicts the summary.
    ///
    /// A timeline may begin with what led up to the incident and end with what followed: rows at its top and
    /// bottom may be three weeks away. Between others, a row more than a day before the start or two days after
    /// the end is taken for a slip in the date.
    ///
    /// ## Why
    ///
    /// A wrong day or month moves a cause behind its effect. And where start and end say one thing and the
    /// timeline another, every figure depends on which of the two was asked.
    ///
    /// ## Source
    ///
    /// The template: "Use precise times." The words of its summary are those of the timeline: the start is
    /// when the impact began, the end is when it was over.
    ///
    /// ## Examples
    ///
    /// ```markdown bad
    /// ## Timeline
    ///
    /// | Time (UTC) | Actor | Action | Result |
    /// |---|---|---|---|
    /// | 2025-04-25 10:04 | deploybot | **Started.** Deployed storefront#3310 | Hit rate falls |
    /// | 2025-05-25 10:14 | @lucia | Rolled storefront back | Errors stay |
    /// | 2025-04-25 11:33 | @lucia | **Resolved.** Hit rate over 99% | All clear |
    /// ```
    ///
    /// ```markdown good
    /// ## Timeline
    ///
    /// | Time (UTC) | Actor | Action | Result |
    /// |---|---|---|---|
    /// | 2025-04-11 09:00 | @lucia | Raised the retries of the web client to five | Nobody notices |
    /// | 2025-04-25 10:04 | deploybot | **Started.** Deployed storefront#3310 | Hit rate falls |
    /// | 2025-04-25 11:33 | @lucia | **Resolved.** Hit rate over 99% | All clear |
    /// | 2025-04-28 08:00 | support | Answered the last ticket | |
    /// ```
    name: "outside-incident",
    group: Arithmetic,
    levels: Wrong,
    check: check,
}

const HOUR: i64 = 3600;
/// What led up to an incident, or followed from it, is told within this time.
const STORY: i64 = 21 * 24 * HOUR;
/// Between other rows, this far before the start is a slip.
const BEFORE: i64 = 24 * HOUR;
/// Between other rows, this far after the end is a slip.
const AFTER: i64 = 48 * HOUR;

fn check(cx: &Context<'_>, out: &mut Findings) {
    let (started, ended) = (cx.started(), cx.ended());
    if let (Some(started), Some(ended)) = (started, ended)
        && ended < started
    {
        // Nothing can be inside of that.
        return;
    }
    contradiction(cx, FieldId::StartTime, Milestone::Started, out);
    contradiction(cx, FieldId::EndTime, Milestone::Resolved, out);
    far_away(cx, started, ended, out);
}

fn contradiction(cx: &Context<'_>, id: FieldId, milestone: Milestone, out: &mut Findings) {
    let document = cx.document;
    let Some(row) = document.milestone(milestone) else { return };
    let (Some(at), Some(cell), Some(Ok(stated))) = (row.at(), row.time, document.field_time(id)) else {
        return;
    };
    let apart = at.as_second().abs_diff(stated.at.as_second());
    if apart <= u64::from(cx.config.thresholds.duration_minutes) * 60 {
        return;
    }
    let name = if id == FieldId::StartTime { "start time" } else { "end time" };
    out.report(
        cell.span,
        format!(
            "the row `{milestone}` says `{}`, the {name} says `{}`",
            canonical(at, false),
            canonical(stated.at, false)
        ),
        "every figure depends on which of the two is asked",
        format!("correct the one that is wrong, or move `**{milestone}.**` to the row that it belongs to"),
    );
}

fn far_away(cx: &Context<'_>, started: Option<Timestamp>, ended: Option<Timestamp>, out: &mut Findings) {
    let Some(started) = started.map(Timestamp::as_second) else { return };
    let ended = ended.map(Timestamp::as_second);
    let rows = cx.document.timeline_rows();
    let is_early = |at: i64| at < started;
    let is_late = |at: i64| ended.is_some_and(|ended| at > ended);
    let second = |row: &TimelineRow| row.at().map(Timestamp::as_second);
    // The first and the last row that are part of the incident itself.
    let inside = |row: &TimelineRow| second(row).is_some_and(|at| !is_early(at) && !is_late(at));
    let first = rows.iter().position(inside).unwrap_or(rows.len());
    let last = rows.iter().rposition(inside).unwrap_or(0);
    let is_far = |index: usize, at: i64| {
        let (before, after) = (started - at, ended.map_or(i64::MIN, |ended| at - ended));
        before > (if index < first { STORY } else { BEFORE })
            || after > (if index > last { STORY } else { AFTER })
    };
    let far = || {
        rows.iter().enumerate().filter_map(|(index, row)| {
            let at = second(row)?;
            // Milestones that bound the incident were compared with the fields.
            let bounds = matches!(row.milestone, Some(Milestone::Started | Milestone::Resolved));
            (is_far(index, at) && !bounds).then_some(row)
        })
    };
    let (count, dated) = (far().count(), rows.iter().filter(|row| row.at().is_some()).count());
    if count > 1 && count * 2 > dated {
        // Then it is not the rows that are wrong.
        let field = cx.document.field(FieldId::StartTime);
        let span = field.map(|field| field.value).or_else(|| rows.first().map(|row| row.span));
        out.report(
            span.unwrap_or_default(),
            format!("{count} of {dated} rows of the timeline are far outside of start and end"),
            "every figure depends on which of the two is asked",
            "correct start and end, or the dates in the timeline",
        );
        return;
    }
    for row in far() {
        let Some(cell) = row.time else { continue };
        let at = second(row).unwrap_or(started);
        let (distance, side) = match ended {
            Some(ended) if at > ended => (at - ended, "after the end"),
            _ => (started - at, "before the start"),
        };
        out.report(
            cell.span,
            format!("`{}` is {} days {side}", cx.document.slice(cell.span), (distance + 12 * HOUR) / (24 * HOUR)),
            "a slip in the date puts effects before their causes",
            "correct the date, or move what led up to the incident to the top and what followed to the bottom",
        );
    }
}
