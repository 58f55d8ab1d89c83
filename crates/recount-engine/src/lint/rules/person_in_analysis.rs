//! `person-in-analysis`: a named person is the subject where the system should be.

use crate::document::Span;
use crate::document::template::{FieldId, SectionId};
use crate::lint::prose::{self, word_after, word_before};
use crate::lint::rule::rule;
use crate::lint::{Context, Findings};

rule! {
    /// The analysis says what a named person did.
    ///
    /// ## Why
    ///
    /// The timeline says who did what; the analysis explains why anybody in that place would have done
    /// so. A name in it reads as the answer, and is read long after the person has left.
    ///
    /// ## Source
    ///
    /// Beyer et al., *Site Reliability Engineering* (2016), chapter 15, "Postmortem Culture: Learning from
    /// Failure"; John Allspaw, *Blameless Postmortems and a Just Culture* (2012).
    ///
    /// ## Examples
    ///
    /// ```markdown bad
    /// ## What went poorly
    ///
    /// - @tomasz restarted all brokers without looking at the replica state.
    /// ```
    ///
    /// ```markdown good
    /// ## What went poorly
    ///
    /// - The restart command takes all brokers unless told otherwise, and shows no replica state.
    /// ```
    name: "person-in-analysis",
    group: Language,
    levels: Note,
    reads_foreign: true,
    check: check,
}

fn check(cx: &Context<'_>, out: &mut Findings) {
    let document = cx.document;
    for section in document.sections() {
        if !matches!(section.id, Some(SectionId::RootCause | SectionId::Detection | SectionId::WentPoorly)) {
            continue;
        }
        let runs = &document.markdown().prose;
        let from = runs.partition_point(|run| run.end <= section.span.start);
        for run in runs[from..].iter().take_while(|run| run.start < section.span.end) {
            names(cx, *run, out);
        }
    }
}

/// Names in a run of prose that begin a clause and are followed by a verb.
fn names(cx: &Context<'_>, run: Span, out: &mut Findings) {
    let document = cx.document;
    let text = document.text();
    let bytes = text.as_bytes();
    let (floor, ceiling) = (run.start as usize, run.end as usize);
    // Where nobody is on the roster, only handles are names.
    if cx.config.people.is_empty() && memchr::memchr(b'@', &bytes[floor..ceiling]).is_none() {
        return;
    }
    let mut at = floor;
    while let Some(start) = next_name(bytes, at, ceiling) {
        let Some(word) = word_after(text, start, ceiling) else { break };
        at = word.end;
        let is_handle = word.text.starts_with('@') && word.text.len() > 1;
        // The roster is asked last: it is long, and few words get that far.
        if !acts(text, word.end, ceiling) {
            continue;
        }
        if !is_handle && !prose::is_on_roster(cx, text, word, floor) {
            continue;
        }
        // A full name begins one word earlier.
        let before = word_before(text, word.start, floor)
            .filter(|before| !is_handle && cx.config.person(&text[before.start..word.end]).is_some());
        let start = before.map_or(word.start, |before| before.start);
        // A first name that a last name follows is looked at with that.
        if !begins_clause(text, start, floor) {
            continue;
        }
        let span = Span::new(start, word.end);
        // How it was detected asks who noticed; only why alerting succeeded or failed is analysis.
        let in_detection = cx.is_in(span, SectionId::Detection);
        let analyses =
            document.field(FieldId::AlertingVerdict).is_some_and(|field| field.span.contains(span));
        let asked = in_detection && !analyses;
        let is_team = cx.config.is_team(word.text) || word.text.contains('/');
        if asked || is_team || !document.is_own_prose(span.start) || prose::is_quoted(text, start) {
            continue;
        }
        out.report(
            span,
            format!("`{}` is the subject where the system should be", document.slice(span)),
            "a name in the analysis reads as the answer to why it happened",
            "say what anybody in that place would have seen and done; the timeline names people",
        );
    }
}

/// Where the next word begins that may be a name: with a capital, an `@`, or a letter beyond ASCII.
fn next_name(bytes: &[u8], from: usize, ceiling: usize) -> Option<usize> {
    (from..ceiling).find(|&at| {
        let may_begin = bytes[at].is_ascii_uppercase() || bytes[at] == b'@' || bytes[at] >= 0x80;
        may_begin && (at == 0 || !(bytes[at - 1].is_ascii_alphanumeric() || bytes[at - 1] >= 0x80))
    })
}

/// Whether a clause begins at `start`: a sentence, a comma, or a word that joins clauses is before it.
fn begins_clause(text: &str, start: usize, floor: usize) -> bool {
    const JOINTS: &[&str] = &[
        "after", "although", "and", "as", "because", "before", "but", "if", "once", "since", "so", "that",
        "then", "though", "until", "when", "where", "whereas", "which", "while",
    ];
    if let Some(word) = word_before(text, start, floor) {
        return word.is_any(JOINTS);
    }
    let before = text[floor..start].trim_end_matches([' ', '\n', '\r', '\t', '*', '_']);
    before.is_empty() || before.ends_with(['.', ',', ';', ':', '!', '?', '-'])
}

/// Whether a verb in the past follows. `@ana should have …` is a counterfactual and
/// `@ana forgot` is blame: each has its own rule, and one fault is told once.
fn acts(text: &str, at: usize, ceiling: usize) -> bool {
    const VERBS: &[&str] = &[
        "began", "broke", "brought", "built", "chose", "cut", "did", "didn't", "felt", "found", "gave",
        "got", "had", "has", "is", "kept", "knew", "led", "left", "let", "lost", "made", "misread", "put",
        "ran", "read", "saw", "sent", "set", "shut", "thought", "told", "took", "was", "wasn't", "went",
        "wrote",
    ];
    let mut at = at;
    for _ in 0..3 {
        let Some(word) = word_after(text, at, ceiling) else { return false };
        let blames = word.is_any(&["neglected", "screwed", "messed"])
            || (word.is_any(&["failed"])
                && word_after(text, word.end, ceiling).is_some_and(|next| next.is_any(&["to"])));
        if blames {
            return false;
        }
        if word.is_any(VERBS) || (prose::is_participle(word.text) && word.text.ends_with("ed")) {
            return true;
        }
        if !prose::is_adverb(word.text) {
            return false;
        }
        at = word.end;
    }
    false
}
