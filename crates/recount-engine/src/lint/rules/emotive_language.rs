//! `emotive-language`: words that tell how it felt in place of what it was.

use crate::lint::prose::{self, word_after, word_before};
use crate::lint::rule::rule;
use crate::lint::{Context, Findings};

rule! {
    /// The text says how bad it felt (disaster, horrible, nightmare), not how bad it was.
    ///
    /// ## Why
    ///
    /// Loaded words put readers on the defensive and carry no measure: two people who read "horrible" see
    /// two different incidents.
    ///
    /// ## Source
    ///
    /// Google, *Site Reliability Workbook* (2018), chapter 10, "Postmortem Culture: Learning from
    /// Failure", on animated language.
    ///
    /// ## Examples
    ///
    /// ```markdown bad
    /// ## What went poorly
    ///
    /// - The handover between the regions was a nightmare.
    /// ```
    ///
    /// ```markdown good
    /// ## What went poorly
    ///
    /// - The handover between the regions took 40 minutes; three people asked for the same dashboard.
    /// ```
    name: "emotive-language",
    group: Language,
    levels: Advice,
    reads_foreign: true,
    phrases: &[
        "disaster", "disastrous", "disastrously", "horrible", "horribly", "horrific", "horrendous", "nightmare",
        "nightmarish", "stupid", "stupidly", "stupidity", "idiotic", "idiot", "catastrophe", "catastrophic",
        "catastrophically", "terrible", "terribly", "awful", "appalling", "disgraceful", "shameful", "ridiculous",
        "ridiculously", "atrocious", "abysmal", "pathetic", "laughable", "outrageous", "infuriating", "insane",
        "insanely", "bloodbath", "shitshow", "clusterfuck", "fiasco", "debacle", "travesty",
    ],
    check: check,
}

/// What makes a term of the trade of the word before it.
const TERMS: &[&str] = &[
    "backtracking",
    "backup",
    "cancellation",
    "drill",
    "drills",
    "event",
    "exercise",
    "failure",
    "failures",
    "forgetting",
    "interference",
    "plan",
    "planning",
    "preparedness",
    "recovery",
    "replication",
    "scenario",
    "tolerance",
    "tolerant",
];

fn check(cx: &Context<'_>, out: &mut Findings) {
    let text = cx.document.text();
    for (hit, _) in cx.prose_hits() {
        let sentence = cx.sentence(hit);
        let word = &text[hit.range()];
        // `disaster recovery` and `catastrophic failure` are terms of the trade.
        let next = word_after(text, hit.end as usize, sentence.end as usize);
        let prefix = word_before(text, hit.start as usize, sentence.start as usize);
        let natural = prefix.is_some_and(|prefix| prefix.is_any(&["natural"]));
        // `disaster-recovery` has its hyphen.
        let joined = text.as_bytes().get(hit.end as usize) == Some(&b'-');
        if natural || joined || next.is_some_and(|next| next.is_any(TERMS)) {
            continue;
        }
        let is_denied = prose::is_denied(text, hit.start as usize, sentence.start as usize);
        if is_denied || !prose::is_narrative(cx, hit) {
            continue;
        }
        out.report(
            hit,
            format!("`{word}` tells how it felt, not what it was"),
            "loaded words put readers on the defensive and measure nothing",
            "say how long, how many or how much instead",
        );
    }
}
