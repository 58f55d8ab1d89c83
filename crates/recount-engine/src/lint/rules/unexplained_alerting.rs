//! `unexplained-alerting`: a verdict on alerting without its reason.

use crate::document::template::FieldId;
use crate::lint::rule::rule;
use crate::lint::{Context, Findings};

rule! {
    /// "Why did our alerting succeed or fail" is answered with a bare verdict.
    ///
    /// ## Why
    ///
    /// The question is *why*. "It worked" cannot be built upon: which rule, at which threshold, after how
    /// long, and what would have passed below it?
    ///
    /// ## Source
    ///
    /// The template: "Why did our alerting succeed or fail". Google, *Site Reliability Engineering* (2016),
    /// chapter 6, "Monitoring Distributed Systems": monitoring answers what is broken, and why.
    ///
    /// ## Examples
    ///
    /// ```markdown bad
    /// ## Detection
    ///
    /// - **Why did our alerting succeed or fail**: It worked as expected.
    /// ```
    ///
    /// ```markdown bad
    /// ## Detection
    ///
    /// - **Why did our alerting succeed or fail**: Failed
    /// ```
    ///
    /// ```markdown good
    /// ## Detection
    ///
    /// - **Why did our alerting succeed or fail**: It worked: the rule sees 5xx of every region, two minutes back.
    /// ```
    ///
    /// ```markdown good
    /// ## Detection
    ///
    /// - **Why did our alerting succeed or fail**: None: there was no alerting to speak of
    /// ```
    name: "unexplained-alerting",
    group: Detection,
    levels: Missing,
    check: check,
}

/// Words of which a verdict is made. Where another word stands, there may be a reason in it.
const VERDICT: [&str; 54] = [
    "a",
    "alert",
    "alerted",
    "alerting",
    "alerts",
    "all",
    "an",
    "and",
    "as",
    "both",
    "correctly",
    "designed",
    "did",
    "didn't",
    "expected",
    "fail",
    "failed",
    "failure",
    "fine",
    "fire",
    "fired",
    "good",
    "immediately",
    "intended",
    "it",
    "just",
    "monitoring",
    "n/a",
    "no",
    "none",
    "not",
    "ok",
    "okay",
    "our",
    "page",
    "paged",
    "pager",
    "partially",
    "partly",
    "properly",
    "quickly",
    "succeed",
    "succeeded",
    "success",
    "successful",
    "successfully",
    "the",
    "triggered",
    "us",
    "was",
    "well",
    "worked",
    "yes",
    "works",
];

fn check(cx: &Context<'_>, out: &mut Findings) {
    let document = cx.document;
    let mut values = document.field_values(FieldId::AlertingVerdict);
    let Some(first) = values.next() else { return };
    let text = document.slice(first);
    if values.next().is_some() || !is_verdict(text) {
        return;
    }
    out.report(
        first,
        format!("`{text}` is a verdict without a reason"),
        "only the reason shows whether the next incident would be noticed",
        "say which rule fired or stayed silent, after how long, and what it sees and does not see",
    );
}

fn is_verdict(text: &str) -> bool {
    const LONGEST: usize = 60;
    let is_known = |word: &str| VERDICT.iter().any(|known| word.eq_ignore_ascii_case(known));
    let is_said = |word: &str| {
        let word = word.trim_matches(|ch: char| !ch.is_alphanumeric());
        word.is_empty() || is_known(word)
    };
    text.len() <= LONGEST && text.split_whitespace().all(is_said)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_verdict_is_made_of_verdicts_alone() {
        for (text, verdict) in [
            ("Yes", true),
            ("It succeeded.", true),
            ("**Failed**", true),
            ("The alert fired as expected!", true),
            ("n/a", true),
            ("It failed: muted", false),
            ("It succeeded late", false),
            ("`HoldLatencyHigh` fired", false),
            ("Fired after 3m", false),
        ] {
            assert_eq!(is_verdict(text), verdict, "{text}");
        }
    }
}
