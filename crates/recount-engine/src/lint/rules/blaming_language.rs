//! `blaming-language`: a judgement about people.

use crate::document::Span;
use crate::lint::prose::{self, SubjectKind, word_after};
use crate::lint::rule::rule;
use crate::lint::{Context, Findings};

rule! {
    /// The text judges people: forgot, careless, negligent, failed to.
    ///
    /// ## Why
    ///
    /// Who expects to be judged tells less, and a judgement ends the question why the act made sense to
    /// somebody who wanted things to work. A fact ("did not check", "ran it twice") says as much without
    /// the verdict.
    ///
    /// ## Source
    ///
    /// John Allspaw, *Blameless Postmortems and a Just Culture* (2012); Beyer et al., *Site Reliability
    /// Engineering* (2016), chapter 15, "Postmortem Culture: Learning from Failure".
    ///
    /// ## Examples
    ///
    /// ```markdown bad
    /// ## What went poorly
    ///
    /// - The developer forgot to add the index to the migration.
    /// ```
    ///
    /// ```markdown good
    /// ## What went poorly
    ///
    /// - The migration did not add the index; the review template does not ask about indexes.
    /// ```
    name: "blaming-language",
    group: Language,
    levels: Advice,
    reads_foreign: true,
    phrases: PHRASES,
    check: check,
}

const PHRASES: &[&str] = &[
    // These need people as their subject: software forgets and fails too.
    "forgot",
    "forgotten",
    "failed to",
    "neglected to",
    "screwed up",
    "messed up",
    "couldn't be bothered",
    "could not be bothered",
    "was lazy",
    "were lazy",
    "was too lazy",
    "were too lazy",
    "got lazy",
    // These judge by themselves.
    "didn't bother",
    "didn\u{2019}t bother",
    "did not bother",
    "didn't even bother",
    "did not even bother",
    "should have known better",
    "careless",
    "carelessly",
    "carelessness",
    "negligent",
    "negligently",
    "negligence",
    "sloppy",
    "sloppily",
    "sloppiness",
    "incompetent",
    "incompetence",
    "incompetently",
    "reckless",
    "recklessly",
    "recklessness",
    "irresponsible",
    "irresponsibly",
    "inexcusable",
    "inattentive",
    "inattention",
    "laziness",
    "wasn't paying attention",
    "was not paying attention",
    "were not paying attention",
    "weren't paying attention",
];
/// Up to here a phrase needs people as its subject.
const WITH_SUBJECT: usize = 13;

fn check(cx: &Context<'_>, out: &mut Findings) {
    let text = cx.document.text();
    for (hit, phrase) in cx.prose_hits() {
        let sentence = cx.sentence(hit);
        let floor = sentence.start as usize;
        let found = if phrase < WITH_SUBJECT {
            with_subject(cx, hit, sentence)
        } else {
            (!prose::is_denied(text, hit.start as usize, floor)).then_some(hit)
        };
        let Some(span) = found.filter(|span| prose::is_narrative(cx, *span)) else { continue };
        out.report(
            span,
            format!("`{}` judges people", cx.document.slice(span)),
            "who expects to be judged tells less, and a verdict ends the question why the act made sense",
            "state the fact without the verdict, then what made it likely",
        );
    }
}

/// `the engineer forgot`; an item that begins with `Forgot to` has its author as the subject.
fn with_subject(cx: &Context<'_>, hit: Span, sentence: Span) -> Option<Span> {
    let text = cx.document.text();
    let next = word_after(text, hit.end as usize, sentence.end as usize);
    // `a forgotten password` is a feature.
    if next.is_some_and(|next| next.is_any(&["password", "passwords", "link"])) {
        return None;
    }
    let is_first =
        text[sentence.start as usize..hit.start as usize].bytes().all(|byte| !byte.is_ascii_alphanumeric());
    if is_first && text[hit.range()].eq_ignore_ascii_case("forgot") {
        return next.filter(|next| next.is_any(&["to", "that"])).map(|_| hit);
    }
    let subject = prose::subject_before(cx, hit.start as usize, sentence.start as usize)?;
    // `We failed to reproduce it` tells of an attempt; `they messed up` may be about pods.
    let verb = &text[hit.range()];
    let is_attempt = verb.eq_ignore_ascii_case("failed to");
    let perhaps =
        subject.kind == SubjectKind::PerhapsPeople && !verb.to_ascii_lowercase().starts_with("forg");
    if (is_attempt || perhaps) && !next.is_some_and(|next| is_act_of_people(next.text)) {
        return None;
    }
    if prose::is_denied(text, hit.start as usize, subject.start) {
        return None;
    }
    Some(Span::new(subject.start, hit.end as usize))
}

/// What only people can fail to do.
fn is_act_of_people(verb: &str) -> bool {
    const ACTS: &[&str] = &[
        "acknowledge",
        "act",
        "anticipate",
        "appreciate",
        "ask",
        "catch",
        "check",
        "communicate",
        "consider",
        "coordinate",
        "document",
        "ensure",
        "escalate",
        "follow",
        "foresee",
        "inform",
        "investigate",
        "look",
        "mention",
        "monitor",
        "notice",
        "notify",
        "plan",
        "prepare",
        "read",
        "realise",
        "realize",
        "recognise",
        "recognize",
        "remember",
        "respond",
        "review",
        "see",
        "spot",
        "tell",
        "test",
        "think",
        "understand",
        "verify",
        "warn",
    ];
    prose::is_any(verb, ACTS)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_phrases_that_need_a_subject_come_first() {
        assert_eq!(PHRASES[WITH_SUBJECT - 1], "got lazy");
        assert_eq!(PHRASES[WITH_SUBJECT], "didn't bother");
    }
}
