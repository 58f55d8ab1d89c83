//! `detect-time-mismatch`: a time to detect that is not the time from start to detection.

use super::duration_mismatch::Stated;
use crate::document::template::FieldId;
use crate::document::{Milestone, TimelineRow, elapsed};
use crate::lint::rule::rule;
use crate::lint::{Context, Findings};

rule! {
    /// The time to detect cannot be read, or is not the time from the start to the row *Detected*.
    ///
    /// It is counted from the start of the impact. A minute of difference is rounding
    /// (`thresholds.duration-minutes`).
    ///
    /// ## Why
    ///
    /// Whether alerting is good enough is decided by this one number. Counted from the page, or from the
    /// deploy, it is another number under the same name.
    ///
    /// ## Source
    ///
    /// The VOID report (2022): figures of this kind mislead where people count them in different ways.
    ///
    /// ## Examples
    ///
    /// ```markdown bad
    /// ## Detection
    ///
    /// - **How was it detected**:
    ///   - Alert name(s): `SeatMapErrorRateHigh`
    /// - **Time to detect**: 10m
    /// - **Why did our alerting succeed or fail**: It succeeded: the alert paged within two evaluation periods.
    /// ```
    ///
    /// ```markdown good
    /// ## Detection
    ///
    /// - **How was it detected**:
    ///   - Alert name(s): `SeatMapErrorRateHigh`
    /// - **Time to detect**: 4 minutes, two evaluation periods
    /// - **Why did our alerting succeed or fail**: It succeeded: the alert paged within two evaluation periods.
    /// ```
    name: "detect-time-mismatch",
    group: Arithmetic,
    levels: Wrong,
    check: check,
}

fn check(cx: &Context<'_>, out: &mut Findings) {
    let detected = cx.document.milestone(Milestone::Detected).and_then(TimelineRow::at);
    let computed = match (cx.started(), detected) {
        (Some(from), Some(until)) if until >= from => elapsed(from, until),
        // A detection before the start is a matter of the milestones' order.
        (Some(_), Some(_)) => return,
        _ => None,
    };
    let stated = Stated {
        id: FieldId::TimeToDetect,
        name: "time to detect",
        meaning: "the time from the start to the row `Detected`",
    };
    stated.check(cx, computed, out);
}
