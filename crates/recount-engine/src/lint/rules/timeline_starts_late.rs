//! `timeline-starts-late`: a timeline whose first row comes long after the impact began.

use crate::document::template::FieldId;
use crate::document::value::duration;
use crate::lint::rule::rule;
use crate::lint::{Context, Findings};

rule! {
    /// The first row of the timeline comes more than a quarter of an hour after the start time.
    ///
    /// ## Why
    ///
    /// A timeline that begins with the page leaves out how the incident came to be: the change, the
    /// growth, the first failure that nobody saw. Those rows are where detection can become faster.
    ///
    /// ## Source
    ///
    /// PagerDuty, *Postmortem Documentation*, "How to write a postmortem": start the timeline at a point
    /// before the incident and work forward.
    ///
    /// ## Examples
    ///
    /// ```markdown bad
    /// ## Timeline
    ///
    /// | Time (UTC) | Actor | Action | Result |
    /// |---|---|---|---|
    /// | 2025-04-25 10:31 | Alertmanager | **Detected.** `SeatMapErrorRateHigh` fired | Paged storefront on-call |
    /// | 2025-04-25 11:16 | @ingrid | **Mitigated.** Raised admission to 100% | Error rate 0.6% |
    /// ```
    ///
    /// ```markdown good
    /// ## Timeline
    ///
    /// | Time (UTC) | Actor | Action | Result |
    /// |---|---|---|---|
    /// | 2025-04-25 10:04 | deploybot | **Started.** Deployed storefront#3310 | The cache is flushed |
    /// | 2025-04-25 10:31 | Alertmanager | **Detected.** `SeatMapErrorRateHigh` fired | Paged storefront on-call |
    /// ```
    name: "timeline-starts-late",
    group: Timeline,
    levels: Advice,
    check: check,
}

/// Longer than a page and a first look take, in seconds.
const GRACE: i64 = 15 * 60;

fn check(cx: &Context<'_>, out: &mut Findings) {
    let document = cx.document;
    let Some(Ok(start)) = document.field_time(FieldId::StartTime) else { return };
    let placed = document.timeline_rows().iter().filter_map(|row| Some((row.at()?, row)));
    let Some((first, row)) = placed.min_by_key(|(at, row)| (*at, row.number)) else { return };
    let late = first.as_second() - start.at.as_second();
    if late <= GRACE {
        return;
    }
    let length = duration::canonical(late.unsigned_abs());
    out.report(
        row.time.map_or(row.span, |cell| cell.span),
        format!("the first row, `{}`, comes {length} after the start", document.cell_text(row.time)),
        "how the impact began is where the next one can be found sooner",
        "add the change or the failure that began it as `**Started.** …`",
    );
}
