//! `unquantified-impact`: an impact field that is filled and holds no figure.

use crate::document::template::FieldId;
use crate::document::value::percentage;
use crate::lint::rule::rule;
use crate::lint::{Context, Findings};

rule! {
    /// The share of customers or the requests affected are told without a number.
    ///
    /// `None` and `all` are numbers. `Unknown` with the reason why it cannot be known is an answer.
    ///
    /// ## Why
    ///
    /// "Some" of one team is "most" of another. The severity, the order of the action items and every
    /// comparison with the next incident rest on the size of this one.
    ///
    /// ## Source
    ///
    /// Google, *Site Reliability Workbook* (2018), chapter 10, "Postmortem Culture": even where there is no
    /// concrete data, a well-informed estimate is better than no data at all.
    ///
    /// ## Examples
    ///
    /// ```markdown bad
    /// ## Impact
    ///
    /// - **% of customers affected** (estimate): a small share of visitors
    /// - **Requests affected** (error rates, timeouts): elevated 5xx and many timeouts
    /// ```
    ///
    /// ```markdown good
    /// ## Impact
    ///
    /// - **% of customers affected** (estimate): about 12%
    /// - **Requests affected** (error rates, timeouts):
    ///   - elevated 5xx on the seat map
    ///   - 402,000 of 911,000 requests failed
    /// ```
    ///
    /// ```markdown good
    /// ## Impact
    ///
    /// - **% of customers affected** (estimate): Unknown: the access logs of that hour are lost
    /// - **Requests affected** (error rates, timeouts): None: nothing failed, sums were wrong
    /// ```
    name: "unquantified-impact",
    group: Impact,
    levels: Missing,
    check: check,
}

fn check(cx: &Context<'_>, out: &mut Findings) {
    const WHY: &str = "severity and priorities rest on how many were hit";
    let document = cx.document;
    for (id, help) in [
        (FieldId::CustomersAffected, "give the share as an estimate, `about 12%`, or say why it is unknown"),
        (
            FieldId::RequestsAffected,
            "give the count or the rate, `402,000 of 911,000 failed`, or say why it is unknown",
        ),
    ] {
        let Some(first) = document.field_values(id).next() else { continue };
        if !document.field_values(id).any(|value| percentage::is_quantified(document.slice(value))) {
            out.report(first, format!("`{}` holds no number", excerpt(document.slice(first))), WHY, help);
        }
    }
}

/// The first words of a value, for a message.
fn excerpt(text: &str) -> String {
    const MOST: usize = 60;
    let line = text.lines().next().unwrap_or("").replace('`', "");
    match line.char_indices().nth(MOST) {
        Some((end, _)) => format!("{}…", line[..end].trim_end()),
        None => line,
    }
}
