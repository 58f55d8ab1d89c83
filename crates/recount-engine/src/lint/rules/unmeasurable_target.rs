//! `unmeasurable-target`: a metric that should improve, without a number or a name.

use crate::document::declines;
use crate::document::template::FieldId;
use crate::lint::rule::rule;
use crate::lint::{Context, Findings};

rule! {
    /// An answer to *What metrics should improve?* has neither a number nor the name of a metric.
    ///
    /// ## Why
    ///
    /// "Fewer late mails" is true of any quiet week. A number with a window can fail, so it can prove.
    ///
    /// ## Source
    ///
    /// Google, *Site Reliability Workbook* (2018), chapter 10, "Postmortem Culture": action items have a
    /// verifiable end state.
    ///
    /// ## Examples
    ///
    /// ```markdown bad
    /// ## Follow-up verification
    ///
    /// - How will we prove this is fixed?
    ///   - The cache is flushed in staging at production load; the service recovers by itself.
    /// - What metrics should improve?
    ///   - Fewer retries on sale days
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
    ///   - Retries stay under 10 % of all requests on the next three sale days
    ///   - `max(retry_ratio) < 0.1` for 30d
    /// - What game day will we run?
    ///   - 2026-12-09: Flush the cache in staging, owner @ingrid
    /// ```
    name: "unmeasurable-target",
    group: Verification,
    levels: Advice,
    check: check,
}

fn check(cx: &Context<'_>, out: &mut Findings) {
    if cx.document.unanswered(FieldId::Metrics).is_some() {
        return;
    }
    for answer in cx.document.field_values(FieldId::Metrics) {
        let text = cx.document.slice(answer);
        if declines(text) || is_measurable(text) {
            continue;
        }
        let head = cx.document.first_paragraph(answer);
        out.report(
            head,
            format!("`{}` cannot be measured", cx.document.slice(head)),
            "it is true of any quiet week, so it proves nothing",
            "give a number and how long it must hold: a PromQL comparison in backticks, then `for 14d`",
        );
    }
}

/// A number, a metric in backticks, a link to one, or a word that is as good as a number.
fn is_measurable(text: &str) -> bool {
    text.contains('`')
        || text.contains("](")
        || text.contains("://")
        || has_number(text)
        || has_number_word(text)
}

/// A number of its own: not that of `p99` or `5xx`.
fn has_number(text: &str) -> bool {
    let bytes = text.as_bytes();
    (0..bytes.len()).any(|at| {
        let begins = bytes[at].is_ascii_digit() && (at == 0 || !bytes[at - 1].is_ascii_alphanumeric());
        begins && !bytes[at + 1..].starts_with(b"xx")
    })
}

fn has_number_word(text: &str) -> bool {
    const WORDS: [&str; 10] =
        ["zero", "no", "none", "never", "half", "halve", "halves", "double", "doubles", "every"];
    text.split(|ch: char| !ch.is_alphabetic())
        .any(|word| WORDS.iter().any(|known| word.eq_ignore_ascii_case(known)))
}
