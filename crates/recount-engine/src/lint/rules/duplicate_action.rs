//! `duplicate-action`: two action items that say the same.

use std::collections::HashMap;

use crate::lint::prose;
use crate::lint::rule::rule;
use crate::lint::{Context, Findings};

rule! {
    /// Two action items say the same in the same words.
    ///
    /// ## Why
    ///
    /// Two owners wait for one another, and when one item is closed the other stays open for ever.
    ///
    /// ## Source
    ///
    /// PagerDuty, *Postmortem documentation*, on checking for a ticket that exists before another is made.
    ///
    /// ## Examples
    ///
    /// ```markdown bad
    /// ## Action items
    ///
    /// | Priority | Action item | Owner | Due date | Status | Verification plan |
    /// |---:|---|---|---|---|---|
    /// | P0 | Give `storefront` a retry budget | @sam | 2025-05-08 | Open | The game day shows it |
    /// | P1 | Give a retry budget to `storefront` | @ana | 2025-05-20 | Open | Retries stay under 10% |
    /// ```
    ///
    /// ```markdown good
    /// ## Action items
    ///
    /// | Priority | Action item | Owner | Due date | Status | Verification plan |
    /// |---:|---|---|---|---|---|
    /// | P0 | Give `storefront` a retry budget | @sam | 2025-05-08 | Open | The game day shows it |
    /// | P1 | Give `gate-scan` a retry budget | @ana | 2025-05-20 | Open | Retries stay under 10% |
    /// ```
    name: "duplicate-action",
    group: ActionQuality,
    levels: Advice,
    reads_foreign: true,
    check: check,
}

fn check(cx: &Context<'_>, out: &mut Findings) {
    let statements = cx.action_statements();
    if statements.len() < 2 {
        return;
    }
    let mut seen: HashMap<u64, usize> = HashMap::with_capacity(statements.len());
    for (index, statement) in statements.iter().enumerate() {
        let Some(key) = key(cx.document.slice(statement.span)) else { continue };
        let first = *seen.entry(key).or_insert(index);
        if first == index {
            continue;
        }
        let number = statements[first].item.map_or(first + 1, |item| item.number);
        out.report(
            statement.span,
            format!("this action item says the same as #{number}"),
            "two owners wait for one another, and one of the two stays open for ever",
            "keep one, or say what each does that the other does not",
        );
    }
}

/// A number that is equal for items with the same words in any order, filler words left out; none for
/// items of fewer than three words, which are too short to say anything twice.
fn key(text: &str) -> Option<u64> {
    const FILLERS: prose::Words = prose::Words::new(&[
        "a", "an", "and", "for", "from", "in", "of", "on", "our", "the", "to", "we", "with", "should",
    ]);
    let mut sum = 0_u64;
    let mut count = 0;
    for word in prose::words(text).filter(|word| !FILLERS.hold(word)) {
        // FNV-1a over the letters, in lower case.
        let hash = word.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
            (hash ^ u64::from(byte.to_ascii_lowercase())).wrapping_mul(0x0100_0000_01b3)
        });
        // A sum does not depend on order; a word that stands twice counts twice.
        sum = sum.wrapping_add(hash);
        count += 1;
    }
    (count >= 3).then_some(sum)
}
