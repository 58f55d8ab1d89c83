//! `unsorted-timeline`: a row of the timeline that stands below a later one.

use crate::lint::rule::rule;
use crate::lint::{Context, Findings, Fix};

rule! {
    /// A row of the timeline stands below a later one.
    ///
    /// Only the first row out of place is named: sorting mends them all. A row whose time cannot be
    /// placed keeps to the row above it.
    ///
    /// ## Why
    ///
    /// People read a timeline as cause before effect. A row out of place tells a story that did not
    /// happen, and a bare clock below it takes the wrong date.
    ///
    /// ## Source
    ///
    /// Google, *Site Reliability Engineering* (2016), appendix D, "Example Postmortem": its timeline
    /// runs from the first event to the last.
    ///
    /// ## Examples
    ///
    /// ```markdown bad
    /// ## Timeline
    ///
    /// | Time (UTC) | Actor | Action | Result |
    /// |---|---|---|---|
    /// | 2025-04-25 10:14 | @lucia | Rolled storefront back | Errors stay at 75% |
    /// | 2025-04-25 10:08 | Alertmanager | **Detected.** `SeatMapErrorRateHigh` fired | Paged storefront on-call |
    /// ```
    ///
    /// ```markdown bad
    /// ## Timeline
    ///
    /// | Time (UTC) | Actor | Action | Result |
    /// |---|---|---|---|
    /// | 2025-04-25 10:04 | deploybot | **Started.** Deployed storefront#3310 | The cache is flushed |
    /// | 10:22 | @joel | Doubled `inventory` | Errors unchanged |
    /// | 10:14 | @lucia | Rolled storefront back | Errors stay at 75% |
    /// ```
    ///
    /// ```markdown good
    /// ## Timeline
    ///
    /// | Time (UTC) | Actor | Action | Result |
    /// |---|---|---|---|
    /// | 2025-04-25 23:58 | Alertmanager | **Detected.** `SeatMapErrorRateHigh` fired | Paged storefront on-call |
    /// | about midnight | support | First venue calls | |
    /// | 00:03 | @lucia | Rolled storefront back | Errors stay at 75% |
    /// | 00:03 | @joel | Doubled `inventory` | Errors unchanged |
    /// ```
    name: "unsorted-timeline",
    group: Timeline,
    levels: Wrong,
    check: check,
}

fn check(cx: &Context<'_>, out: &mut Findings) {
    let document = cx.document;
    let placed = || document.timeline_rows().iter().filter_map(|row| Some((row, row.at()?)));
    let Some(((above, _), (row, _))) = placed().zip(placed().skip(1)).find(|((_, a), (_, b))| b < a) else {
        return;
    };
    out.report_with_fix(
        row.time.map_or(row.span, |cell| cell.span),
        format!("`{}` stands below `{}`", document.cell_text(row.time), document.cell_text(above.time)),
        "a timeline is read as cause before effect",
        "sort the rows by time",
        || {
            let edits = document.sort_timeline();
            (!edits.is_empty()).then(|| Fix { title: "sort the timeline".to_owned(), edits })
        },
    );
}
