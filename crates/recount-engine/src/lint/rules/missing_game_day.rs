//! `missing-game-day`: nobody plans to try it on purpose.

use crate::document::declines;
use crate::document::template::FieldId;
use crate::lint::rule::rule;
use crate::lint::{Context, Findings};

rule! {
    /// *What game day will we run?* has no answer, or one without a date.
    ///
    /// `None:` with a reason is an answer. A game day is a bullet that begins with its date.
    ///
    /// ## Why
    ///
    /// What was built against the last incident is tried either on a day that we choose, or on one that
    /// we do not. A game day without a date does not happen.
    ///
    /// ## Source
    ///
    /// Robbins, Krishnan, Allspaw and Limoncelli, "Resilience Engineering: Learning to Embrace Failure",
    /// *ACM Queue* 10(9), 2012.
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
    ///   - 2026-12-09: Flush the cache in staging, owner @ingrid; expected signal: retries stay under 10 %
    /// ```
    name: "missing-game-day",
    group: Verification,
    levels: Missing,
    check: check,
}

fn check(cx: &Context<'_>, out: &mut Findings) {
    let document = cx.document;
    let why = "what was built is tried on a day that we choose, or on one that we do not";
    if let Some(span) = document.unanswered(FieldId::GameDay) {
        out.report(
            span,
            "no game day is planned",
            why,
            "add `2026-12-09: what is done, owner, expected signal`, or `None: ` and the reason",
        );
        return;
    }
    if !document.game_days().is_empty() {
        return;
    }
    let mut answers = document.field_values(FieldId::GameDay);
    let Some(first) = answers.next() else { return };
    let is_settled = |text: &str| declines(text) || mentions_date(text);
    if is_settled(document.slice(first)) || answers.any(|answer| is_settled(document.slice(answer))) {
        return;
    }
    let head = document.first_paragraph(first);
    out.report(
        head,
        format!("`{}` has no date", document.slice(head)),
        why,
        "begin with the day, as in `2026-12-09: …`",
    );
}

/// `2026-12-09` anywhere.
fn mentions_date(text: &str) -> bool {
    text.as_bytes().windows(10).any(|window| {
        window.iter().enumerate().all(|(at, byte)| match at {
            4 | 7 => *byte == b'-',
            _ => byte.is_ascii_digit(),
        })
    })
}
