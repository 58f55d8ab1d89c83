//! `overclaimed-outage`: words for everybody and everything, where the figures say otherwise.

use crate::document::Span;
use crate::document::template::{FieldId, SectionId};
use crate::document::value::percentage;
use crate::document::value::severity::Severity;
use crate::lint::rule::rule;
use crate::lint::{Context, Findings};

rule! {
    /// The title, summary or impact claims that everybody or everything was hit, and the share of
    /// customers or the severity says otherwise.
    ///
    /// The words contradict a share below 90 %, or, where no share can be read, a severity of Sev2 or
    /// Sev3. "All customers in eu-west" and "a complete outage of search" name their bounds, and are fine.
    ///
    /// ## Why
    ///
    /// The summary is what most people read. When it says more than the figures, the figures are not
    /// believed, and the next real outage sounds like this one.
    ///
    /// ## Source
    ///
    /// Google, *Site Reliability Workbook* (2018), chapter 10, "Postmortem Culture": a postmortem is a factual
    /// artifact, free of subjective language.
    ///
    /// ## Examples
    ///
    /// ```markdown bad
    /// ## Impact
    ///
    /// - **Customer facing symptoms**: A complete outage: all customers saw an empty seat map.
    /// - **% of customers affected** (estimate): 58%
    /// ```
    ///
    /// ```markdown good
    /// ## Impact
    ///
    /// - **Customer facing symptoms**: A complete outage of seat search for all customers in eu-west. It was not a total outage.
    /// - **% of customers affected** (estimate): 58%
    /// ```
    ///
    /// ```markdown good
    /// ## Impact
    ///
    /// - **Customer facing symptoms**: A complete outage: all customers saw an empty seat map.
    /// - **% of customers affected** (estimate): over 95%
    /// ```
    name: "overclaimed-outage",
    group: Impact,
    levels: Advice,
    phrases: &[
        "all customers",
        "all users",
        "all visitors",
        "all buyers",
        "complete outage",
        "completely down",
        "entirely down",
        "every customer",
        "every user",
        "everything was down",
        "full outage",
        "total outage",
    ],
    check: check,
}

/// From this share on, in percent, a claim about everybody is a way of speaking.
const NEARLY_ALL: f64 = 90.0;

fn check(cx: &Context<'_>, out: &mut Findings) {
    let document = cx.document;
    let title = document.title().map(|title| title.span);
    for (span, _) in cx.prose_hits() {
        let is_told = title.is_some_and(|title| title.contains(span))
            || cx.is_in(span, SectionId::IncidentSummary)
            || cx.is_in(span, SectionId::Impact);
        if !is_told || is_bounded(cx, span) {
            continue;
        }
        let Some(contradiction) = contradiction(cx, span) else { return };
        out.report(
            span,
            format!("`{}` contradicts {contradiction}", document.slice(span)),
            "where words say more than figures, neither is believed",
            "say who was hit and what failed, as the figures have it",
        );
    }
}

/// What the document says that the claim cannot stand beside.
fn contradiction(cx: &Context<'_>, claim: Span) -> Option<String> {
    let text = cx.document.field_text(FieldId::CustomersAffected);
    if let Some(share) = text.and_then(percentage::read) {
        let text = text.unwrap_or("");
        let figure = text.find('%').map_or(text, |sign| &text[..=sign]);
        return (share.high < NEARLY_ALL).then(|| format!("`{figure}` of customers affected"));
    }
    let is_outage = ["outage", "down"].iter().any(|word| cx.document.slice(claim).ends_with(word));
    let severity = cx.severity().filter(|severity| *severity >= Severity::Sev2 && is_outage)?;
    Some(format!("`{severity}`"))
}

/// Whether the words before or behind a claim take something away from it.
fn is_bounded(cx: &Context<'_>, span: Span) -> bool {
    const BEFORE: [&str; 10] =
        ["not", "nearly", "almost", "no", "never", "of", "without", "isn't", "wasn't", "virtually"];
    const BEHIND: [&str; 17] = [
        "at", "below", "for", "from", "in", "of", "on", "that", "under", "using", "when", "where", "which",
        "who", "whose", "with", "within",
    ];
    let document = cx.document;
    let sentence = cx.sentence(span);
    let before = document.slice(Span::new(sentence.start as usize, span.start as usize));
    let behind = document.slice(Span::new(span.end as usize, sentence.end as usize));
    if before.ends_with(['"', '“', '\'']) {
        return true;
    }
    let word = |word: &str, words: &[&str]| words.iter().any(|other| word.eq_ignore_ascii_case(other));
    // `not a complete outage`, `no longer a total outage`
    let negated = before.split_whitespace().rev().take(3).any(|part| word(part, &BEFORE));
    let mut next = behind.split_whitespace();
    let link = next.next().filter(|link| behind.starts_with(' ') && word(link, &BEHIND));
    // `for 13 minutes` bounds the time, and not who was hit.
    let is_time = link.is_some_and(|link| word(link, &["at", "for", "from"]))
        && next.next().is_some_and(|number| number.starts_with(|ch: char| ch.is_ascii_digit()));
    let bounded = link.is_some() && !is_time;
    negated || bounded
}
