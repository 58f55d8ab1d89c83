//! `equal-priorities`: all action items are equally urgent.

use crate::document::value::priority::Priority;
use crate::lint::rule::rule;
use crate::lint::{Context, Findings};

rule! {
    /// Four or more action items all have the same priority.
    ///
    /// ## Why
    ///
    /// Where everything is equally urgent, order is decided by who asks last. The template has three
    /// priorities so that the one item that matters most is known.
    ///
    /// ## Source
    ///
    /// *Site Reliability Workbook* (2018), chapter 10, "Postmortem Culture: Learning from Failure", on
    /// action items that are all of one priority.
    ///
    /// ## Examples
    ///
    /// ```markdown bad
    /// ## Action items
    ///
    /// | Priority | Action item | Owner | Due date | Status | Verification plan |
    /// |---:|---|---|---|---|---|
    /// | P0 | Version the cache keys | @ana | 2025-05-08 | Open | A deploy keeps the hit rate |
    /// | P0 | Give `storefront` a retry budget | @sam | 2025-05-08 | Open | The game day shows it |
    /// | P0 | Measure a cold cache | @mei | 2025-05-08 | Open | The page holds a figure |
    /// | P0 | Label retries in the traces | @ingrid | 2025-05-08 | Open | Two curves differ |
    /// ```
    ///
    /// ```markdown good
    /// ## Action items
    ///
    /// | Priority | Action item | Owner | Due date | Status | Verification plan |
    /// |---:|---|---|---|---|---|
    /// | P0 | Version the cache keys | @ana | 2025-05-08 | Open | A deploy keeps the hit rate |
    /// | P0 | Give `storefront` a retry budget | @sam | 2025-05-08 | Open | The game day shows it |
    /// | P1 | Measure a cold cache | @mei | 2025-05-20 | Open | The page holds a figure |
    /// | P2 | Label retries in the traces | @ingrid | 2025-05-08 | Open | Two curves differ |
    /// ```
    name: "equal-priorities",
    group: ActionQuality,
    levels: Advice,
    reads_foreign: true,
    check: check,
}

/// Fewer items than this may well be of one priority.
const ENOUGH: usize = 4;

fn check(cx: &Context<'_>, out: &mut Findings) {
    let items = cx.document.action_items();
    if items.len() < ENOUGH {
        return;
    }
    let mut priorities = items.iter().map(|item| Priority::parse(cx.document.cell_text(item.priority)));
    let Some(Some((first, _))) = priorities.next() else { return };
    if !priorities.all(|priority| priority.is_some_and(|(priority, _)| priority == first)) {
        return;
    }
    let Some(table) = cx.document.actions() else { return };
    out.report(
        table.header.span,
        format!("all {} action items are `{first}`", items.len()),
        "where everything is equally urgent, order is decided by who asks last",
        "keep the priority for what matters most, and lower the rest",
    );
}
