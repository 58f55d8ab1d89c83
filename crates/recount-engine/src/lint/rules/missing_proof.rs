//! `missing-proof`: nobody says how the fix will be proven.

use crate::document::template::FieldId;
use crate::lint::rule::rule;
use crate::lint::{Context, Findings};

rule! {
    /// *How will we prove this is fixed?* or *What metrics should improve?* has no answer.
    ///
    /// `None:` with a reason is an answer.
    ///
    /// ## Why
    ///
    /// A fix that nobody tries is a guess. What would prove it is known best now, while it is still clear
    /// what was seen.
    ///
    /// ## Source
    ///
    /// The template: "Follow-up verification". Google, *Site Reliability Workbook* (2018), chapter 10,
    /// "Postmortem Culture": action items have a verifiable end state.
    ///
    /// ## Examples
    ///
    /// ```markdown bad
    /// ## Follow-up verification
    ///
    /// - How will we prove this is fixed?
    /// - What metrics should improve?
    ///   - `max(notify_oldest_message_seconds) < 300` for 14d
    /// - What game day will we run?
    ///   - 2026-12-09: Flush the cache in staging, owner @ingrid
    /// ```
    ///
    /// ```markdown good
    /// ## Follow-up verification
    ///
    /// - How will we prove this is fixed?
    ///   - The cache is flushed in staging at production load; the service recovers by itself.
    /// - What metrics should improve?
    ///   - None: the service is switched off, its clients are gone
    /// - What game day will we run?
    ///   - 2026-12-09: Flush the cache in staging, owner @ingrid
    /// ```
    name: "missing-proof",
    group: Verification,
    levels: Missing,
    check: check,
}

fn check(cx: &Context<'_>, out: &mut Findings) {
    if let Some(span) = cx.document.unanswered(FieldId::Proof) {
        out.report(
            span,
            "nobody says how the fix is proven",
            "a fix that nobody tries is a guess",
            "say what will be done again, and what must then be seen",
        );
    }
    if let Some(span) = cx.document.unanswered(FieldId::Metrics) {
        out.report(
            span,
            "no metric is named that should improve",
            "without one, better and worse are matters of opinion",
            "give a target that can be run: a PromQL comparison in backticks, then `for 14d`",
        );
    }
}
