//! `missing-evidence-link`: a row of the timeline that nothing proves.

use crate::document::markdown::InlineKind;
use crate::document::value::link;
use crate::document::{Document, TimelineRow};
use crate::lint::rule::rule;
use crate::lint::{Context, Findings};

rule! {
    /// A row of the timeline has neither a link nor a command or a line of a log.
    ///
    /// A command or a line of a log counts where it stands in a code span: `` `kubectl rollout undo …` ``.
    /// Where most rows lack evidence, they are counted in one finding at the head of the table.
    ///
    /// ## Why
    ///
    /// Memory fills gaps with what must have happened. A link lets a reviewer look at what did, and a
    /// reader find the dashboard again in the next incident.
    ///
    /// ## Source
    ///
    /// The template: "Include links to dashboards, logs, PRs, and commands run." PagerDuty, *Postmortem
    /// Documentation*, asks for a metric or a page where the data of each item of the timeline comes from.
    ///
    /// ## Examples
    ///
    /// ```markdown bad
    /// ## Timeline
    ///
    /// | Time (UTC) | Actor | Action | Result |
    /// |---|---|---|---|
    /// | 2025-04-25 10:04 | deploybot | **Started.** Deployed storefront#3310 | [deploy 2790](https://deploy.kestrelrow.example/storefront/2790) |
    /// | 2025-04-25 10:22 | @joel | Doubled `inventory` from 24 to 48 pods | Errors unchanged |
    /// ```
    ///
    /// ```markdown good
    /// ## Timeline
    ///
    /// | Time (UTC) | Actor | Action | Result |
    /// |---|---|---|---|
    /// | 2025-04-25 10:04 | deploybot | **Started.** Deployed storefront#3310 | <https://deploy.kestrelrow.example/storefront/2790> |
    /// | 2025-04-25 10:22 | @joel | `kubectl scale deploy/inventory --replicas=48` | Errors unchanged |
    /// | 2025-04-25 10:35 | @ingrid | Counted requests by trace, https://grafana.kestrelrow.example/d/traces | 4.8 attempts |
    /// ```
    name: "missing-evidence-link",
    group: Timeline,
    levels: Advice,
    check: check,
}

/// From so many rows on, a table of which most lack evidence gets one finding.
const LONG: usize = 4;

fn check(cx: &Context<'_>, out: &mut Findings) {
    const WHY: &str = "memory fills gaps with what must have happened; a link shows what did";
    let document = cx.document;
    let rows = document.timeline_rows();
    let Some(table) = document.timeline() else { return };
    let lacking = rows.iter().filter(|row| !has_evidence(document, row)).count();
    if rows.len() >= LONG && lacking * 2 > rows.len() {
        out.report(
            table.header.span,
            format!("{lacking} of {} rows have neither a link nor a command", rows.len()),
            WHY,
            "link the dashboards, logs, pages and messages that they are taken from",
        );
        return;
    }
    if lacking == 0 {
        return;
    }
    for row in rows.iter().filter(|row| !has_evidence(document, row)) {
        let message = match document.cell_text(row.time) {
            "" => "this row has neither a link nor a command".to_owned(),
            time => format!("the row at `{time}` has neither a link nor a command"),
        };
        out.report(row.span, message, WHY, "link the dashboard, log, page or message that it is taken from");
    }
}

fn has_evidence(document: &Document, row: &TimelineRow) -> bool {
    let marks = document.markdown().inlines_in(row.span);
    let in_marks = marks.into_iter().any(|mark| match mark.kind {
        InlineKind::Link | InlineKind::Image => true,
        // A code span of one word names a thing; a command has arguments, a line of a log has words.
        InlineKind::Code => document.slice(mark.span).trim_matches(['`', ' ']).contains(' '),
        InlineKind::Html => false,
    });
    in_marks || link::has_link(document.slice(row.span))
}
