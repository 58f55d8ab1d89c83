//! `counterfactual`: what people should have done, in place of what they did.

use crate::document::Span;
use crate::document::template::SectionId;
use crate::lint::prose::{self, SubjectKind, word_after, word_before};
use crate::lint::rule::rule;
use crate::lint::{Context, Findings};

rule! {
    /// The text says what people should or could have done.
    ///
    /// ## Why
    ///
    /// A sentence about what did not happen explains nothing about what did: it measures people by what
    /// only hindsight knows, and ends the search for why their act made sense at the time. Counterfactuals
    /// about software, attackers or luck are none of this rule's business.
    ///
    /// ## Source
    ///
    /// Sidney Dekker, *The Field Guide to Understanding "Human Error"*, on counterfactual reasoning;
    /// Etsy, *Debriefing Facilitation Guide* (2016).
    ///
    /// ## Examples
    ///
    /// ```markdown bad
    /// ## What went poorly
    ///
    /// - We should have tested the failover before the sale opened.
    /// ```
    ///
    /// ```markdown good
    /// ## What went poorly
    ///
    /// - The failover was last tested in March, before the second region existed.
    /// ```
    name: "counterfactual",
    group: Language,
    levels: Advice,
    reads_foreign: true,
    phrases: PHRASES,
    check: check,
}

const PHRASES: &[&str] = &[
    "should have",
    "should not have",
    "shouldn't have",
    "shouldn\u{2019}t have",
    "should've",
    "should\u{2019}ve",
    "should also have",
    "should probably have",
    "should at least have",
    "should really have",
    "should ideally have",
    "should instead have",
    "should never have",
    "should clearly have",
    "could have",
    "could've",
    "could\u{2019}ve",
    "could also have",
    "could probably have",
    "could easily have",
    "could at least have",
    "ought to have",
    "ought not to have",
    "had we",
    "had they",
    "had someone",
    "had anyone",
    "had somebody",
    "had the team",
    "had the on-call",
    "if we had",
    "if they had",
    "if someone had",
    "if anyone had",
    "if only we",
    "if we'd",
    "if we\u{2019}d",
];
fn check(cx: &Context<'_>, out: &mut Findings) {
    let text = cx.document.text();
    for (hit, phrase) in cx.prose_hits() {
        let sentence = cx.sentence(hit);
        // A condition holds its subject; before the others it has to be found.
        let is_condition = PHRASES[phrase].starts_with("had ") || PHRASES[phrase].starts_with("if ");
        let found =
            if is_condition { condition(text, hit, sentence) } else { after_subject(cx, hit, sentence) };
        let Some(span) = found else { continue };
        // `What could we have done better?`, as a heading or a question, asks and does not judge.
        let asks = cx.document.slice(sentence).ends_with(['?', ':']) || is_heading(cx, span);
        if asks || cx.is_in(span, SectionId::GotLucky) || !prose::is_narrative(cx, span) {
            continue;
        }
        out.report(
            span,
            format!("`{}` is about what did not happen", cx.document.slice(span)),
            "it judges people by what only hindsight knows, and hides why their act made sense",
            "say what was done or known at the time, and why; put the wish into an action item",
        );
    }
}

/// Verbs of what was believed; what follows them is not claimed.
const BELIEFS: &[&str] = &["assume", "assumed", "believe", "believed", "whether", "wondered"];

/// What befalls people; they do not do it.
const BEFALLS: &[&str] =
    &["ended", "got", "gotten", "hit", "lost", "received", "run", "suffered", "needed", "wanted"];

/// `we should have tested`: people, then the phrase, then a participle.
fn after_subject(cx: &Context<'_>, hit: Span, sentence: Span) -> Option<Span> {
    let text = cx.document.text();
    let (floor, ceiling) = (sentence.start as usize, sentence.end as usize);
    let subject = prose::subject_before(cx, hit.start as usize, floor)?;
    // `We assumed that we could have started it` tells of a belief.
    let mut before = word_before(text, subject.start, floor);
    if before.is_some_and(|word| word.is_any(&["that", "if"])) {
        before = before.and_then(|word| word_before(text, word.start, floor));
    }
    if before.is_some_and(|word| word.is_any(BELIEFS)) {
        return None;
    }
    let mut word = word_after(text, hit.end as usize, ceiling)?;
    while prose::is_adverb(word.text) && !word.is_any(&["had", "have"])
        || word.is_any(&["been", "better", "at", "least"])
    {
        // `should have been notified` happens to people; they do not do it.
        if word.is_any(&["been"]) {
            return None;
        }
        word = word_after(text, word.end, ceiling)?;
    }
    if !prose::is_participle(word.text)
        || (is_perhaps_adjective(word.text) && names_a_thing(text, word.end, ceiling))
    {
        return None;
    }
    if subject.kind == SubjectKind::PerhapsPeople && !prose::is_human_verb(word.text) {
        return None;
    }
    // `We could have lost the queue` is about luck, `we should have received` about what others send.
    if word.is_any(BEFALLS) {
        return None;
    }
    // `By Friday we should have finished` looks forward.
    let looks_forward =
        [" by now", "by then", "by tomorrow", "by next", "by the end of", "By then", "By the end of"];
    let whole = cx.document.slice(sentence);
    if looks_forward.iter().any(|words| whole.contains(words)) {
        return None;
    }
    Some(Span::new(subject.start, word.end))
}

/// Whether `span` stands in a heading, or in a line that is bold as a whole.
fn is_heading(cx: &Context<'_>, span: Span) -> bool {
    let line = cx.document.slice(cx.document.source().line_at(span.start as usize)).trim();
    line.starts_with('#') || (line.len() > 4 && line.starts_with("**") && line.ends_with("**"))
}

/// `had we tested`, `if we had tested`: at the start of a clause, then a participle.
fn condition(text: &str, hit: Span, sentence: Span) -> Option<Span> {
    let (floor, ceiling) = (sentence.start as usize, sentence.end as usize);
    let starts_with_if = text.as_bytes()[hit.start as usize].eq_ignore_ascii_case(&b'i');
    // `What had we changed?`, `only then had we` are no conditions.
    let before = word_before(text, hit.start as usize, floor);
    if !starts_with_if && before.is_some_and(|word| !word.is_any(&["and", "but", "or", "that", "so"])) {
        return None;
    }
    let mut word = word_after(text, hit.end as usize, ceiling)?;
    while word.is_any(&["not", "had", "only", "also", "already", "just", "even", "at", "least"]) {
        word = word_after(text, word.end, ceiling)?;
    }
    let acts = prose::is_participle(word.text) && !word.is_any(&["been", "had"]);
    (acts && !(is_perhaps_adjective(word.text) && names_a_thing(text, word.end, ceiling)))
        .then(|| Span::new(hit.start as usize, word.end))
}

/// Participles that also stand before a noun: `we should have automated tests` is a wish, not a regret.
fn is_perhaps_adjective(word: &str) -> bool {
    !prose::is_human_verb(word)
        || prose::is_any(word, &["documented", "planned", "expected", "tested", "verified", "reviewed"])
}

/// Whether the word at `at` can be the noun that an adjective before it belongs to.
fn names_a_thing(text: &str, at: usize, ceiling: usize) -> bool {
    const CLOSED: &[&str] = &[
        "a",
        "about",
        "after",
        "all",
        "an",
        "and",
        "any",
        "anything",
        "as",
        "at",
        "away",
        "back",
        "because",
        "before",
        "better",
        "both",
        "but",
        "by",
        "differently",
        "down",
        "during",
        "each",
        "earlier",
        "every",
        "everything",
        "first",
        "five",
        "for",
        "four",
        "from",
        "her",
        "him",
        "his",
        "how",
        "if",
        "immediately",
        "in",
        "instead",
        "into",
        "it",
        "its",
        "later",
        "more",
        "much",
        "no",
        "not",
        "off",
        "on",
        "one",
        "only",
        "or",
        "our",
        "out",
        "over",
        "rather",
        "right",
        "something",
        "sooner",
        "that",
        "the",
        "their",
        "them",
        "then",
        "these",
        "this",
        "those",
        "three",
        "through",
        "to",
        "two",
        "up",
        "us",
        "what",
        "when",
        "with",
        "within",
        "without",
    ];
    word_after(text, at, ceiling).is_some_and(|next| {
        let is_name = next.text.starts_with(|ch: char| ch.is_uppercase() || ch.is_ascii_digit() || ch == '@');
        !next.is_any(CLOSED) && !prose::is_adverb(next.text) && !is_name
    })
}
