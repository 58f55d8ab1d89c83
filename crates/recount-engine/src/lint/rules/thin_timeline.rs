//! `thin-timeline`: a timeline with too few rows for the severity, or without the rows that every
//! figure is counted from.

use crate::document::template::SectionId;
use crate::document::value::severity::Severity;
use crate::document::{Document, Milestone, Span};
use crate::lint::rule::rule;
use crate::lint::{Context, Findings};

rule! {
    /// The timeline has fewer rows than an incident of this severity needs, or no row that marks when it
    /// was detected or when its impact ended.
    ///
    /// A milestone is marked by its word in bold with a full stop at the start of the Action:
    /// `**Detected.** …`. For the end of the impact, `**Mitigated.**` or `**Resolved.**` will do. How many
    /// rows are few is `timeline-rows` in `recount.toml`; without a readable severity it is what Sev3 asks.
    ///
    /// ## Why
    ///
    /// Three rows tell that there was an incident, not how it went. Without its milestones nothing can be
    /// counted: neither how long it took to notice, nor how long to help.
    ///
    /// ## Source
    ///
    /// Google, *Site Reliability Workbook* (2018), chapter 10, "Postmortem Culture": key details that are left
    /// out are the first fault of its bad example.
    ///
    /// ## Examples
    ///
    /// ```markdown bad
    /// ## Timeline
    ///
    /// | Time (UTC) | Actor | Action | Result |
    /// |---|---|---|---|
    /// | 2025-04-25 10:08 | Alertmanager | **Detected.** `SeatMapErrorRateHigh` fired | Paged storefront on-call |
    /// | 2025-04-25 11:16 | @ingrid | **Mitigated.** Raised admission to 100% | Error rate 0.6% |
    /// ```
    ///
    /// ```markdown bad
    /// ## Timeline
    ///
    /// | Time (UTC) | Actor | Action | Result |
    /// |---|---|---|---|
    /// | | | | |
    /// ```
    ///
    /// ```markdown bad
    /// ## Timeline
    ///
    /// We were paged, rolled back, and all was well again.
    /// ```
    ///
    /// ```markdown good
    /// ## Timeline
    ///
    /// | Time (UTC) | Actor | Action | Result |
    /// |---|---|---|---|
    /// | 2025-04-25 10:04 | deploybot | **Started.** Deployed storefront#3310 | The cache is flushed |
    /// | 2025-04-25 10:08 | Alertmanager | **Detected.** `SeatMapErrorRateHigh` fired | Paged storefront on-call |
    /// | 2025-04-25 10:14 | @lucia | Rolled storefront back | Errors stay at 75% |
    /// | 2025-04-25 10:22 | @joel | Doubled `inventory` | Errors unchanged |
    /// | 2025-04-25 11:33 | @lucia | **Resolved.** Hit rate over 99% | All clear |
    /// ```
    name: "thin-timeline",
    group: Timeline,
    levels: Missing,
    check: check,
}

fn check(cx: &Context<'_>, out: &mut Findings) {
    let document = cx.document;
    let Some(section) = document.section(SectionId::Timeline) else { return };
    let Some(table) = document.timeline() else {
        out.report(
            section.heading,
            "the timeline has no table with the columns `Time (UTC)` and `Action`",
            "times in prose can be neither sorted nor counted",
            "write the events as rows of the template's table",
        );
        return;
    };
    let rows = document.timeline_rows().len();
    let severity = cx.severity();
    let least = least_rows(cx, severity);
    if rows < least {
        out.report(table.header.span, too_few(rows, least, severity), WHY_ROWS, HELP_ROWS);
    } else if rows > 0 {
        report_milestones(document, table.header.span, out);
    }
}

const WHY_ROWS: &str = "a few rows tell that something happened, not how it went";
const HELP_ROWS: &str = "add what began it, who noticed, what was tried, and what helped";

fn least_rows(cx: &Context<'_>, severity: Option<Severity>) -> usize {
    let rows = &cx.config.thresholds.timeline_rows;
    let least = match severity {
        Some(Severity::Sev0) => rows.sev0,
        Some(Severity::Sev1) => rows.sev1,
        Some(Severity::Sev2) => rows.sev2,
        Some(Severity::Sev3) | None => rows.sev3,
    };
    least as usize
}

fn too_few(rows: usize, least: usize, severity: Option<Severity>) -> String {
    let who = severity.map_or_else(|| "an incident".to_owned(), |severity| format!("a `{severity}`"));
    match rows {
        0 => "the timeline is empty".to_owned(),
        1 => format!("the timeline has 1 row, {who} has at least {least}"),
        _ => format!("the timeline has {rows} rows, {who} has at least {least}"),
    }
}

fn report_milestones(document: &Document, head: Span, out: &mut Findings) {
    let is_marked = |milestone| document.milestone(milestone).is_some();
    let detected = is_marked(Milestone::Detected);
    let ended = is_marked(Milestone::Mitigated) || is_marked(Milestone::Resolved);
    let (message, help) = match (detected, ended) {
        (true, true) => return,
        (false, true) => (
            "no row marks when the incident was detected",
            "begin the Action of the row in which it was noticed with `**Detected.**`",
        ),
        (true, false) => (
            "no row marks when the impact ended",
            "begin the Action of that row with `**Mitigated.**` or `**Resolved.**`",
        ),
        (false, false) => (
            "no row marks when the incident was detected, and none when its impact ended",
            "begin the Actions of those rows with `**Detected.**` and `**Mitigated.**` or `**Resolved.**`",
        ),
    };
    out.report(head, message, "how long it took to notice and to help is counted from these rows", help);
}
