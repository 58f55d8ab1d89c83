//! `game-day-overdue`: a game day whose date has passed without a record.

use crate::lint::rule::rule;
use crate::lint::{Context, Findings};

rule! {
    /// The date of a game day has passed and nothing is recorded below it.
    ///
    /// Depends on today's date: reported as due, and fails a check only with `--due`. What was seen goes
    /// into bullets below; a link, `result:`, `cancelled` or `moved to` in its own line will do.
    ///
    /// ## Why
    ///
    /// Either it was held and what it taught is lost, or it was not held and the fix is still untried.
    ///
    /// ## Source
    ///
    /// Robbins, Krishnan, Allspaw and Limoncelli, "Resilience Engineering: Learning to Embrace Failure",
    /// *ACM Queue* 10(9), 2012: an exercise is followed by its own review.
    ///
    /// ## Examples
    ///
    /// ```markdown bad
    /// ## Follow-up verification
    ///
    /// - How will we prove this is fixed?
    ///   - The cache is flushed in staging at production load; the service recovers by itself.
    /// - What metrics should improve?
    ///   - `max(retry_ratio) < 0.1` for 30d
    /// - What game day will we run?
    ///   - 2026-10-14: Flush the cache in staging, owner @ingrid
    /// ```
    ///
    /// ```markdown good
    /// ## Follow-up verification
    ///
    /// - How will we prove this is fixed?
    ///   - The cache is flushed in staging at production load; the service recovers by itself.
    /// - What metrics should improve?
    ///   - `max(retry_ratio) < 0.1` for 30d
    /// - What game day will we run?
    ///   - 2026-10-14: Flush the cache in staging, owner @ingrid
    ///     - 2026-10-14 13:00 Started by @ingrid.
    ///     - 2026-10-14 13:20 Ended: retries at most 8.7 %.
    ///   - 2026-12-09: The same in production, owner @ingrid
    /// ```
    name: "game-day-overdue",
    group: Verification,
    levels: Missing,
    due: true,
    check: check,
}

fn check(cx: &Context<'_>, out: &mut Findings) {
    for day in cx.document.game_days() {
        if !day.record.is_empty() || tells_outcome(day.text) || day.date >= cx.today() {
            continue;
        }
        let late = day.date.until(cx.today()).map_or(0, |span| span.get_days());
        let days = if late == 1 { "day" } else { "days" };
        out.report(
            day.date_span,
            format!("the game day of `{}` was {late} {days} ago and nothing is recorded of it", day.date),
            "either what it taught is lost, or the fix is still untried",
            "record below it what was seen, or give it another day",
        );
    }
}

/// Whether its own line says what came of it.
fn tells_outcome(text: &str) -> bool {
    let lower = text.to_lowercase();
    [
        "](",
        "://",
        "result:",
        "outcome:",
        "verdict:",
        "cancelled",
        "canceled",
        "called off",
        "postponed",
        "moved to",
        "skipped",
    ]
    .iter()
    .any(|sign| lower.contains(sign))
}
