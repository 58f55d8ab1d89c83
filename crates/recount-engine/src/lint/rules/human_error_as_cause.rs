//! `human-error-as-cause`: the search for the cause ends at a person.

use crate::document::Span;
use crate::document::template::{self, SectionId};
use crate::lint::prose::{self, word_after};
use crate::lint::rule::rule;
use crate::lint::{Context, Findings};

rule! {
    /// The root cause is given as human error.
    ///
    /// ## Why
    ///
    /// Human error is where the questions begin: why was the act possible, why did it make sense, why did
    /// nothing catch it? A cause that ends at a person is mended by telling people to be careful, which
    /// mends nothing. That somebody mistyped a value is a fact, and not the cause.
    ///
    /// ## Source
    ///
    /// Richard Cook, *How Complex Systems Fail* (1998); Sidney Dekker, *The Field Guide to Understanding
    /// "Human Error"*.
    ///
    /// ## Examples
    ///
    /// ```markdown bad
    /// ## Root cause
    ///
    /// - **Direct trigger**: The restart of all brokers at once.
    /// - **Root cause** (systems explanation): Human error during the maintenance.
    /// ```
    ///
    /// ```markdown good
    /// ## Root cause
    ///
    /// - **Direct trigger**: The restart of all brokers at once.
    /// - **Root cause** (systems explanation): The playbook takes a host pattern, and an empty one means all hosts. A mistyped group name gave an empty one.
    /// ```
    name: "human-error-as-cause",
    group: Cause,
    levels: Advice,
    reads_foreign: true,
    phrases: &[
        "human error", "human errors", "human mistake", "human mistakes", "human failure", "operator error",
        "operator errors", "operator mistake", "user error", "user errors", "manual error", "manual errors",
        "pilot error", "engineer error", "administrator error", "admin error", "pebkac", "pebcak", "mistake by",
        "mistakes by", "error by the engineer", "error by the operator", "error by an engineer", "human oversight",
    ],
    check: check,
}

/// Whether the words stand where causes are told: the section, a heading that says so, or a sentence that
/// names what came of them.
fn is_given_as_cause(cx: &Context<'_>, hit: Span, sentence: Span) -> bool {
    const CAUSAL: &[&str] = &["led", "caused", "cause", "due", "because", "resulted", "triggered", "result"];
    let Some(section) = cx.document.section_at(hit.start) else { return false };
    if section.id == Some(SectionId::RootCause) {
        return true;
    }
    let name = template::normalize(cx.document.slice(section.name));
    if section.id.is_none() && (name.contains("cause") || name.contains("factor")) {
        return true;
    }
    let says_so = prose::words(cx.document.slice(sentence)).any(|word| prose::is_any(word, CAUSAL));
    says_so && section.id != Some(SectionId::Timeline) && prose::is_narrative(cx, hit)
}

fn check(cx: &Context<'_>, out: &mut Findings) {
    let text = cx.document.text();
    for (hit, _) in cx.prose_hits() {
        let sentence = cx.sentence(hit);
        if !is_given_as_cause(cx, hit, sentence) {
            continue;
        }
        let next = word_after(text, hit.end as usize, sentence.end as usize);
        // `user error rate` is a metric.
        let is_metric = next.is_some_and(|next| {
            next.is_any(&[
                "rate", "rates", "message", "messages", "page", "pages", "budget", "handling", "reports",
                "code", "codes",
            ])
        });
        let at = hit.start as usize;
        if is_metric || prose::is_denied(text, at, sentence.start as usize) || prose::is_quoted(text, at) {
            continue;
        }
        out.report(
            hit,
            format!("`{}` is where the questions begin, not the cause", cx.document.slice(hit)),
            "a cause that ends at a person is mended by telling people to be careful, which mends nothing",
            "say what made the act possible and likely, and why nothing caught it",
        );
    }
}
