//! One scan over the text for the phrases of all rules. Rules name phrases; where they stand is found
//! here once, so that the number of rules does not multiply the reading. The literals of the detectors of
//! secrets and personal data are found in the same pass.
//!
//! Hardly any place of a text begins with the first three letters of a phrase. One bit says so for each
//! three letters that there are; only where it is set are phrases compared. An automaton would have to
//! follow every byte, each step waiting for the one before.

use std::sync::LazyLock;

use super::RULES;
use crate::document::Span;
use crate::evidence::redact;

/// In the place of a rule: the hit is a detector's literal, and the phrase the index of the detector.
pub(super) const DETECTOR: u16 = u16::MAX;

/// A phrase found at word boundaries, or a detector's literal found anywhere.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Hit {
    pub(super) span: Span,
    /// Index into the registry, or [`DETECTOR`].
    pub(super) rule: u16,
    /// Index into the rule's phrases.
    pub(super) phrase: u16,
}

/// Something to look for, in lower case.
#[derive(Clone, Copy, Debug)]
struct Phrase {
    text: &'static str,
    rule: u16,
    index: u16,
}

/// The phrases of all rules by their first three letters.
pub(super) struct Lexicon {
    /// A bit for each key that a phrase begins with.
    begins: Box<[u32; KEYS / 32]>,
    /// Where the phrases of each key stand in `longer`.
    places: Vec<u16>,
    /// By key, what is found anywhere first.
    longer: Vec<Phrase>,
    /// Phrases of one byte, which are no letters (`@`): every blank has their key.
    signs: Vec<Phrase>,
}

/// Five bits of each of three bytes: letters of either case agree, few others do.
const KEYS: usize = 1 << 15;

fn key(letters: [u8; 3]) -> usize {
    letters.iter().fold(0, |key, byte| key << 5 | usize::from(byte & 31))
}

pub(super) static LEXICON: LazyLock<Lexicon> = LazyLock::new(|| {
    let rules = RULES.iter().enumerate().flat_map(|(rule, definition)| {
        let phrases = definition.phrases.iter().enumerate();
        phrases.map(move |(index, text)| Phrase { text, rule: rule as u16, index: index as u16 })
    });
    let literals = redact::literals();
    let literals = literals.map(|(detector, text)| Phrase { text, rule: DETECTOR, index: detector as u16 });
    Lexicon::new(rules.chain(literals))
});

impl Lexicon {
    fn new(phrases: impl Iterator<Item = Phrase>) -> Self {
        let (signs, longer): (Vec<Phrase>, Vec<Phrase>) = phrases.partition(|phrase| phrase.text.len() == 1);
        let mut keyed: Vec<(usize, Phrase)> = Vec::new();
        for phrase in longer {
            match *phrase.text.as_bytes() {
                [first, second, third, ..] => keyed.push((key([first, second, third]), phrase)),
                // Any third letter may follow.
                [first, second] => keyed.extend((0..32).map(|third| (key([first, second, third]), phrase))),
                _ => {}
            }
        }
        keyed.sort_by_key(|(key, phrase)| (*key, phrase.rule != DETECTOR, phrase.text.len()));
        let mut begins = Box::new([0; KEYS / 32]);
        for (key, _) in &keyed {
            begins[key / 32] |= 1 << (key % 32);
        }
        let mut place = 0;
        let places = (0..=KEYS).map(|key| {
            place += keyed[place..].iter().take_while(|(other, _)| *other < key).count();
            place as u16
        });
        let places = places.collect();
        Self { begins, places, longer: keyed.into_iter().map(|(_, phrase)| phrase).collect(), signs }
    }

    /// Every hit, in the order of where they begin; those of single signs come last.
    pub(super) fn scan(&self, text: &str) -> Vec<Hit> {
        let bytes = text.as_bytes();
        let mut hits = Vec::new();
        let mut key = 0;
        for (third, byte) in bytes.iter().enumerate() {
            key = (key << 5 | usize::from(byte & 31)) % KEYS;
            if self.begins[key / 32] >> (key % 32) & 1 == 1 {
                self.compare(bytes, third, key, &mut hits);
            }
        }
        // A phrase of two letters may end the text.
        self.compare(bytes, bytes.len(), (key << 5) % KEYS, &mut hits);
        for sign in &self.signs {
            let places = memchr::memchr_iter(sign.text.as_bytes()[0], bytes);
            hits.extend(places.filter_map(|at| sign.at(bytes, at)));
        }
        hits
    }

    /// Compares the phrases of a key whose third letter stands at `third`.
    #[inline(never)]
    fn compare(&self, bytes: &[u8], third: usize, key: usize, hits: &mut Vec<Hit>) {
        let Some(at) = third.checked_sub(2) else { return };
        let cuts = cuts_before(bytes, at);
        for phrase in &self.longer[usize::from(self.places[key])..usize::from(self.places[key + 1])] {
            if cuts && phrase.rule != DETECTOR {
                break;
            }
            if let Some(hit) = phrase.at(bytes, at) {
                hits.push(hit);
            }
        }
    }
}

impl Phrase {
    /// The hit, where it stands at `at`.
    fn at(&self, bytes: &[u8], at: usize) -> Option<Hit> {
        let end = at + self.text.len();
        let (found, wanted) = (bytes.get(at..end)?, self.text.as_bytes());
        // The beginnings agree already; ends seldom do.
        let stands = found.last()?.eq_ignore_ascii_case(wanted.last()?) && found.eq_ignore_ascii_case(wanted);
        let counts = stands && (self.rule == DETECTOR || is_word_at(bytes, at, end));
        counts.then(|| Hit { span: Span::new(at, end), rule: self.rule, phrase: self.index })
    }
}

/// A match counts where its ends do not cut a word. An end that is no letter or digit itself
/// (`ghp_`, `-----begin`) cuts nothing.
fn is_word_at(bytes: &[u8], start: usize, end: usize) -> bool {
    let cuts_after = end < bytes.len() && is_word(bytes[end - 1]) && is_word(bytes[end]);
    !(cuts_before(bytes, start) || cuts_after)
}

/// Whether what begins at `start` begins inside a word.
fn cuts_before(bytes: &[u8], start: usize) -> bool {
    start > 0 && is_word(bytes[start]) && is_word(bytes[start - 1])
}

fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte >= 0x80
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Compares every phrase at every place.
    fn scan_naively(text: &str) -> Vec<Hit> {
        let lower = text.to_ascii_lowercase();
        let mut hits = Vec::new();
        let mut look = |phrase: &str, rule: u16, index: usize| {
            for start in 0..lower.len() {
                let end = start + phrase.len();
                let stands = lower.as_bytes()[start..].starts_with(phrase.as_bytes());
                if stands && (rule == DETECTOR || is_word_at(lower.as_bytes(), start, end)) {
                    hits.push(Hit { span: Span::new(start, end), rule, phrase: index as u16 });
                }
            }
        };
        for (rule, definition) in RULES.iter().enumerate() {
            for (index, phrase) in definition.phrases.iter().enumerate() {
                look(phrase, rule as u16, index);
            }
        }
        for (detector, literal) in redact::literals() {
            look(literal, DETECTOR, detector);
        }
        hits.sort_unstable();
        hits
    }

    /// Phrases, whole and cut, in either case, between blanks, signs, letters and nothing.
    fn pieces() -> impl Strategy<Value = String> {
        let phrases: Vec<&str> = RULES.iter().flat_map(|rule| rule.phrases).copied().collect();
        let literals: Vec<&str> = redact::literals().map(|(_, literal)| literal).collect();
        let phrase = prop_oneof![proptest::sample::select(phrases), proptest::sample::select(literals)];
        let cut = (phrase, 0..40_usize, any::<bool>()).prop_map(|(phrase, length, loud)| {
            let cut: String = phrase.chars().take(length).collect();
            if loud { cut.to_uppercase() } else { cut }
        });
        let between = prop_oneof![Just(" ".to_owned()), Just(String::new()), "[-@.é=a-zA-Z0-9\n]{1,2}"];
        proptest::collection::vec((cut, between), 0..12)
            .prop_map(|pairs| pairs.into_iter().map(|(phrase, between)| phrase + &between).collect())
    }

    proptest! {
        #[test]
        fn the_scan_finds_what_comparing_every_phrase_at_every_place_finds(text in pieces()) {
            let mut hits = LEXICON.scan(&text);
            hits.sort_unstable();
            prop_assert_eq!(hits, scan_naively(&text));
        }
    }

    #[test]
    fn every_phrase_is_in_lower_case_and_few_enough_to_be_counted() {
        for phrase in RULES.iter().flat_map(|rule| rule.phrases) {
            assert_eq!(*phrase, phrase.to_ascii_lowercase());
            assert!(!phrase.is_empty());
        }
        assert!(LEXICON.longer.len() < usize::from(u16::MAX));
    }
}
