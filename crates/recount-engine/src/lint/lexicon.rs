//! One scan over the text for the phrases of all rules. Rules name phrases; where they stand is found
//! here once, so that the number of rules does not multiply the reading. The literals of the detectors of
//! secrets and personal data are found in the same pass.

use std::sync::LazyLock;

use aho_corasick::{AhoCorasick, AhoCorasickKind, MatchKind};

use super::RULES;
use crate::document::Span;
use crate::evidence::redact;

/// In the place of a rule: the hit is a detector's literal, and the phrase the index of the detector.
pub(super) const DETECTOR: u16 = u16::MAX;

/// A phrase found at word boundaries, or a detector's literal found anywhere.
#[derive(Clone, Copy, Debug)]
pub(super) struct Hit {
    pub(super) span: Span,
    /// Index into the registry, or [`DETECTOR`].
    pub(super) rule: u16,
    /// Index into the rule's phrases.
    pub(super) phrase: u16,
}

/// The phrases of all rules in one automaton.
pub(super) struct Lexicon {
    automaton: Option<AhoCorasick>,
    /// Rule and phrase of each pattern.
    owners: Vec<(u16, u16)>,
}

pub(super) static LEXICON: LazyLock<Lexicon> = LazyLock::new(Lexicon::new);

impl Lexicon {
    fn new() -> Self {
        let mut patterns = Vec::new();
        let mut owners = Vec::new();
        for (rule, definition) in RULES.iter().enumerate() {
            for (phrase, text) in definition.phrases.iter().enumerate() {
                patterns.push(*text);
                owners.push((rule as u16, phrase as u16));
            }
        }
        for (detector, literal) in redact::literals() {
            patterns.push(literal);
            owners.push((DETECTOR, detector as u16));
        }
        // A table of states costs a megabyte and is four times faster than walking failure links.
        let automaton = AhoCorasick::builder()
            .ascii_case_insensitive(true)
            .match_kind(MatchKind::Standard)
            .kind(Some(AhoCorasickKind::DFA))
            .build(&patterns)
            .ok();
        Self { automaton, owners }
    }

    pub(super) fn scan(&self, text: &str) -> Vec<Hit> {
        let Some(automaton) = &self.automaton else { return Vec::new() };
        let bytes = text.as_bytes();
        let mut hits = Vec::new();
        for found in automaton.find_overlapping_iter(text) {
            let (rule, phrase) = self.owners[found.pattern().as_usize()];
            if rule == DETECTOR || is_word_at(bytes, found.start(), found.end()) {
                hits.push(Hit { span: Span::new(found.start(), found.end()), rule, phrase });
            }
        }
        hits
    }
}

/// A match counts where its ends do not cut a word. An end that is no letter or digit itself
/// (`ghp_`, `-----begin`) cuts nothing.
fn is_word_at(bytes: &[u8], start: usize, end: usize) -> bool {
    let is_word = |byte: u8| byte.is_ascii_alphanumeric() || byte >= 0x80;
    let cut_before = start > 0 && is_word(bytes[start]) && is_word(bytes[start - 1]);
    let cut_after = end < bytes.len() && is_word(bytes[end - 1]) && is_word(bytes[end]);
    !(cut_before || cut_after)
}
