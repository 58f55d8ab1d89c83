//! One scan over the text for the phrases of all rules. Rules name phrases; where they stand is found
//! here once, so that the number of rules does not multiply the reading. The literals of the detectors of
//! secrets and personal data are found in the same pass.
//!
//! Hardly any four letters of a text stand in a phrase. One bit says so for each hash of four letters that
//! there is; only where it is set are phrases compared. And since a phrase is longer than that, only every
//! second place has to be looked at. An automaton would have to follow every byte, each step waiting for
//! the one before.

use std::sync::LazyLock;

use memchr::memmem;

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

/// The phrases of all rules by four letters of each.
pub(super) struct Lexicon {
    /// A bit for each hash that four letters of a phrase have.
    known: Box<[u64; HASHES / 64]>,
    /// In the order of their hashes.
    quads: Vec<Quad>,
    /// Where the quads of each [`GROUP`] of hashes stand.
    places: Vec<u16>,
    longer: Vec<Phrase>,
    /// Phrases of signs alone (`://`), each with what finds it.
    signs: Vec<(Phrase, memmem::Finder<'static>)>,
}

/// Four letters as they are met at an even place of a text that holds a phrase.
struct Quad {
    /// As [`folded`] leaves them.
    letters: u32,
    /// Index of the phrase.
    phrase: u16,
    /// With which of the phrase's they begin, counted from 1; 0 with the byte before it.
    from: u8,
}

/// What English, and a text about an incident above all, says again and again: four letters out of it are the
/// last by which a phrase is looked for. Nothing else depends on this list.
const COMMON: &str = " all alerting attention been before but by call called code complete connection could \
    customers data day deploy detection did doing down error errors even ever every everything failed fire from \
    full had have hour incident into it its just mean message mitigate mitigation monitoring more never not of on \
    one only operation order other out outage page paged people process production prove provide really recovery \
    release reported restart restore scaling server service session should since some team than that the their \
    there these they this time times to total until verified very was were what when where which while will with \
    would visible ed to ed by ed the ing for ing was ing to er to was the to de to re ";

const HASHES: usize = 1 << HASH_BITS;
const HASH_BITS: u32 = 17;
/// Few enough that hardly any two quads are in one.
const GROUP: usize = 1 << 5;

/// Eight bytes without case; what is no letter is 0, but for the few signs that stand among the letters.
fn folded(bytes: [u8; 8]) -> u64 {
    const ONE_EACH: u64 = u64::from_ne_bytes([1; 8]);
    let bytes = u64::from_le_bytes(bytes);
    let is_letter = bytes >> 6 & ONE_EACH;
    // 0x5f where there is a letter.
    let kept = is_letter << 6 | ((is_letter << 5) - is_letter);
    bytes & kept
}

/// [`folded`] for one byte.
fn folded_byte(byte: u8) -> u8 {
    folded([byte, 0, 0, 0, 0, 0, 0, 0]) as u8
}

fn hash(letters: u32) -> usize {
    (letters.wrapping_mul(0x9e37_79b1) >> (u32::BITS - HASH_BITS)) as usize
}

/// All bytes of this kind, [`folded`].
fn all_folded(wanted: impl Fn(u8) -> bool) -> Vec<u8> {
    let mut all: Vec<u8> = (0..=u8::MAX).filter(|byte| wanted(*byte)).map(folded_byte).collect();
    all.sort_unstable();
    all.dedup();
    all
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
        let (longer, signs): (Vec<Phrase>, Vec<Phrase>) =
            phrases.partition(|phrase| phrase.text.bytes().any(is_word));
        let signs = signs.into_iter().map(|sign| (sign, memmem::Finder::new(sign.text))).collect();
        let mut quads: Vec<Quad> = Vec::new();
        let anything = all_folded(|_| true);
        let apart = all_folded(|byte| !is_word(byte));
        let common: Vec<u8> = COMMON.bytes().map(folded_byte).collect();
        let mut common: Vec<&[u8]> = common.windows(4).collect();
        common.sort_unstable();
        for (index, phrase) in longer.iter().enumerate() {
            // Beside a word stands nothing of another.
            let is_word = phrase.rule != DETECTOR && phrase.text.bytes().all(is_word);
            let beside = if is_word { &apart } else { &anything };
            phrase.quads(beside, &anything, &common, |letters, from| {
                quads.push(Quad { letters, phrase: index as u16, from });
            });
        }
        quads.sort_by_key(|quad| hash(quad.letters));
        let mut known = Box::new([0; HASHES / 64]);
        for quad in &quads {
            let hash = hash(quad.letters);
            known[hash / 64] |= 1 << (hash % 64);
        }
        let mut place = 0;
        let places = (0..=HASHES / GROUP).map(|group| {
            let before = |quad: &&Quad| hash(quad.letters) < group * GROUP;
            place += quads[place..].iter().take_while(before).count();
            place as u16
        });
        Self { known, places: places.collect(), quads, longer, signs }
    }

    /// Every hit, in the order of where they begin; those of signs come last.
    pub(super) fn scan(&self, text: &str) -> Vec<Hit> {
        let bytes = text.as_bytes();
        let mut hits = Vec::new();
        let (chunks, rest) = bytes.as_chunks::<8>();
        // A phrase shorter than four letters may end the text.
        let mut end = [b' '; 8];
        end[..rest.len()].copy_from_slice(rest);
        let mut before = 0;
        for (index, chunk) in chunks.iter().enumerate() {
            before = self.scan_chunk(bytes, index * 8, *chunk, before, &mut hits);
        }
        self.scan_chunk(bytes, chunks.len() * 8, end, before, &mut hits);
        hits.sort_by_key(|hit| hit.span);
        for (sign, finder) in &self.signs {
            let hit =
                |at| Hit { span: Span::new(at, at + sign.text.len()), rule: sign.rule, phrase: sign.index };
            match sign.text.as_bytes() {
                [sign] => hits.extend(memchr::memchr_iter(*sign, bytes).map(hit)),
                _ => hits.extend(finder.find_iter(bytes).map(hit)),
            }
        }
        hits
    }

    /// Looks at the eight bytes at `at`, and at those that overlap with the ones before, which were
    /// `before` when they were [`folded`]. Returns what these are.
    #[inline(always)]
    #[expect(clippy::inline_always, reason = "it is the body of the one loop over every byte")]
    fn scan_chunk(&self, bytes: &[u8], at: usize, chunk: [u8; 8], before: u64, hits: &mut Vec<Hit>) -> u64 {
        let letters = folded(chunk);
        // Two of the first end the chunk before.
        let a = (before >> 48 | letters << 16) as u32;
        let [b, c, d] = [letters as u32, (letters >> 16) as u32, (letters >> 32) as u32];
        // One branch for all four: it seldom goes the other way.
        if (self.bits_of(a) | self.bits_of(b) | self.bits_of(c) | self.bits_of(d)) & 1 == 1 {
            self.compare_known(bytes, at, [a, b, c, d], hits);
        }
        letters
    }

    /// The last bit says whether a phrase has four letters with this hash.
    #[inline(always)]
    #[expect(clippy::inline_always, reason = "four times for each eight bytes")]
    fn bits_of(&self, letters: u32) -> u64 {
        let hash = hash(letters);
        self.known[hash / 64] >> (hash % 64)
    }

    /// Compares with each of the four that is known. They begin two bytes apart, the first one two before `at`.
    #[inline(never)]
    fn compare_known(&self, bytes: &[u8], at: usize, quads: [u32; 4], hits: &mut Vec<Hit>) {
        for (nth, letters) in quads.into_iter().enumerate() {
            if self.bits_of(letters) & 1 == 1 {
                self.compare(bytes, at + nth * 2, letters, hits);
            }
        }
    }

    /// Compares the phrases that have these letters, which begin two bytes before `at`.
    fn compare(&self, bytes: &[u8], at: usize, letters: u32, hits: &mut Vec<Hit>) {
        let group = hash(letters) / GROUP;
        for quad in &self.quads[usize::from(self.places[group])..usize::from(self.places[group + 1])] {
            if quad.letters != letters {
                continue;
            }
            let Some(start) = at.checked_sub(usize::from(quad.from) + 1) else { continue };
            if let Some(hit) = self.longer[usize::from(quad.phrase)].at(bytes, start) {
                hits.push(hit);
            }
        }
    }
}

impl Phrase {
    /// Its [`Quad`]s: one for where it begins at an even place, one for where it does not, and of those that
    /// it has the rarest, if possible none of the `common` ones, which are in order. Where it is too short, they
    /// hold what can stand before and behind it.
    fn quads(&self, beside: &[u8], anything: &[u8], common: &[&[u8]], mut add: impl FnMut(u32, u8)) {
        let text: Vec<u8> = self.text.bytes().map(folded_byte).collect();
        let letters_at = |place: usize| match place.checked_sub(1) {
            None => beside,
            Some(index) if index == text.len() => beside,
            Some(index) => text.get(index).map_or(anything, std::slice::from_ref),
        };
        for parity in [1, 0] {
            let whole = (1..text.len().saturating_sub(2)).filter(|from| from % 2 == parity);
            let rarest = whole.max_by_key(|from| {
                let letters = &text[from - 1..from + 3];
                let is_rare = common.binary_search(&letters).is_err();
                (is_rare, letters.iter().map(|letter| rarity(*letter)).sum::<usize>())
            });
            let from = rarest.unwrap_or(parity);
            let [a, b, c, d] = [0, 1, 2, 3].map(|nth| letters_at(from + nth));
            for [a, b] in a.iter().flat_map(|a| b.iter().map(move |b| [*a, *b])) {
                for [c, d] in c.iter().flat_map(|c| d.iter().map(move |d| [*c, *d])) {
                    add(u32::from_le_bytes([a, b, c, d]), from as u8);
                }
            }
        }
    }

    /// The hit, where it stands at `at`.
    fn at(&self, bytes: &[u8], at: usize) -> Option<Hit> {
        let end = at + self.text.len();
        let (found, wanted) = (bytes.get(at..end)?, self.text.as_bytes());
        // Four letters agree already; the first one seldom does.
        let stands = found[0] | 0x20 == wanted[0] | 0x20 && found.eq_ignore_ascii_case(wanted);
        let counts = stands && (self.rule == DETECTOR || is_word_at(bytes, at, end));
        counts.then(|| Hit { span: Span::new(at, end), rule: self.rule, phrase: self.index })
    }
}

/// How seldom English has a letter. What is no letter is all the same in a quad, so it is the commonest.
fn rarity(letter: u8) -> usize {
    const COMMON: &[u8] = b"ETAOINSRHLDCUMFPGWYBVKXJQZ";
    COMMON.iter().position(|common| *common == letter).map_or(0, |place| place + 1)
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

    proptest! {
        #[test]
        fn a_check_sees_the_secrets_that_an_import_takes_out(text in pieces()) {
            let hits = LEXICON.scan(&text);
            let hits = hits.iter().filter(|hit| hit.rule == DETECTOR);
            let seen = redact::find_at(&text, hits.map(|hit| (usize::from(hit.phrase), hit.span.range())));
            let found = redact::find(&text);
            let spans = |all: Vec<redact::Found>| -> Vec<_> { all.into_iter().map(|found| found.span).collect() };
            prop_assert_eq!(spans(seen), spans(found));
        }
    }

    #[test]
    fn every_phrase_is_in_lower_case_and_few_enough_to_be_counted() {
        for phrase in RULES.iter().flat_map(|rule| rule.phrases) {
            assert_eq!(*phrase, phrase.to_ascii_lowercase());
            assert!(!phrase.is_empty());
        }
        assert!(LEXICON.quads.len() < usize::from(u16::MAX));
    }
}
