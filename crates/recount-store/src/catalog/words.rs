//! How text becomes words, the same for documents, queries and excerpts: lower case, without accents, each
//! as it stands and by its English stem; runs of Chinese, Japanese and Korean in pairs of characters, which
//! need no dictionary.
//!
//! What does not live here: what is searched ([`super::text`]) and how a query is read ([`super::query`]).

use std::cell::Cell;

use frostem::{Algorithm, Stemmer};
use tantivy::tokenizer::{AsciiFoldingFilter, RawTokenizer, TextAnalyzer, Token, TokenStream, Tokenizer};

/// Its name in the index.
pub(super) const NAME: &str = "words";

/// What is longer is no word that anybody types: keys, hashes, encoded bytes.
const LONGEST: usize = 64;
/// Stems that are remembered: few words make most of a text, and stemming is the costly part.
const REMEMBERED: usize = 4096;

/// Cuts text into words.
#[derive(Clone)]
pub(super) struct Words {
    stemmer: Stemmer,
    folding: TextAnalyzer,
    /// By hash: a word and its stem.
    stems: Vec<(String, String)>,
}

impl Default for Words {
    fn default() -> Self {
        Self {
            stemmer: Stemmer::new(Algorithm::English),
            folding: TextAnalyzer::builder(RawTokenizer::default()).filter(AsciiFoldingFilter).build(),
            stems: Vec::new(),
        }
    }
}

impl Words {
    /// The word as the index has it, in place: lower case and without accents.
    fn fold(&mut self, word: &mut String) {
        if word.is_ascii() {
            word.make_ascii_lowercase();
            return;
        }
        let lower: String = word.to_lowercase().chars().filter(|c| !is_mark(*c)).collect();
        let mut stream = self.folding.token_stream(&lower);
        word.clear();
        while stream.advance() {
            word.push_str(&stream.token().text);
        }
    }

    /// Puts the stem of a folded word into `stem`.
    fn stem(&mut self, word: &str, stem: &mut String) {
        stem.clear();
        // Digits have no stem, and neither have words of other scripts.
        if word.len() < 3 || !word.bytes().all(|byte| byte.is_ascii_lowercase()) {
            stem.push_str(word);
            return;
        }
        if self.stems.is_empty() {
            self.stems.resize(REMEMBERED, Default::default());
        }
        // FNV-1a.
        let hash = word.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
            (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
        });
        let place = &mut self.stems[(hash ^ (hash >> 32)) as usize % REMEMBERED];
        if place.0 != word {
            place.0.clear();
            place.0.push_str(word);
            place.1.clear();
            place.1.push_str(&self.stemmer.stem(word));
        }
        stem.push_str(&place.1);
    }
}

impl Tokenizer for Words {
    type TokenStream<'a> = Stream<'a>;

    fn token_stream<'a>(&'a mut self, text: &'a str) -> Stream<'a> {
        Stream {
            words: self,
            text,
            at: 0,
            token: Token { position: usize::MAX, ..Token::default() },
            stem: String::new(),
            has_stem: false,
        }
    }
}

/// The words of a text: where a stem differs, it follows its word at the same position.
pub(super) struct Stream<'a> {
    words: &'a mut Words,
    text: &'a str,
    at: usize,
    token: Token,
    stem: String,
    has_stem: bool,
}

impl TokenStream for Stream<'_> {
    fn advance(&mut self) -> bool {
        if self.has_stem {
            self.has_stem = false;
            std::mem::swap(&mut self.token.text, &mut self.stem);
            return true;
        }
        let Some((from, to, kind)) = next(self.text, self.at) else { return false };
        self.at = match kind {
            // The next pair begins with this one's second character.
            Kind::Pair => from + self.text[from..].chars().next().map_or(1, char::len_utf8),
            Kind::Word | Kind::Single => to,
        };
        self.token.offset_from = from;
        self.token.offset_to = to;
        self.token.position = self.token.position.wrapping_add(1);
        self.token.text.clear();
        let mut end = to.min(from + LONGEST);
        while !self.text.is_char_boundary(end) {
            end -= 1;
        }
        self.token.text.push_str(&self.text[from..end]);
        if matches!(kind, Kind::Word) {
            self.words.fold(&mut self.token.text);
            self.words.stem(&self.token.text, &mut self.stem);
            self.has_stem = self.stem != self.token.text;
        }
        true
    }

    fn token(&self) -> &Token {
        &self.token
    }

    fn token_mut(&mut self) -> &mut Token {
        &mut self.token
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Word,
    /// Two characters of a script without spaces.
    Pair,
    /// One that has no neighbour, or the last of its run after a pair: only the first is a word.
    Single,
}

/// The next word at or after `at`.
fn next(text: &str, at: usize) -> Option<(usize, usize, Kind)> {
    let mut from = at;
    // What stands before decides whether a lone character ends a run of pairs.
    let mut before = text[..at].chars().next_back();
    let mut chars = text[at..].chars().peekable();
    while let Some(first) = chars.next() {
        let width = first.len_utf8();
        if is_unspaced(first) {
            match chars.peek() {
                Some(second) if is_unspaced(*second) => {
                    return Some((from, from + width + second.len_utf8(), Kind::Pair));
                }
                _ if before.is_some_and(is_unspaced) => {}
                _ => return Some((from, from + width, Kind::Single)),
            }
        } else if first.is_alphanumeric() {
            let rest = &text[from + width..];
            // A combining mark belongs to its letter.
            let ends = |c: char| !(c.is_alphanumeric() || is_mark(c)) || is_unspaced(c);
            let length = rest.find(ends).unwrap_or(rest.len());
            return Some((from, from + width + length, Kind::Word));
        }
        before = Some(first);
        from += width;
    }
    None
}

fn is_mark(c: char) -> bool {
    matches!(c, '\u{300}'..='\u{36f}')
}

/// Whether words of this script stand without spaces between them.
fn is_unspaced(c: char) -> bool {
    matches!(c,
        '\u{0e00}'..='\u{0eff}' // Thai, Lao
        | '\u{1100}'..='\u{11ff}' // Hangul, in parts
        | '\u{3040}'..='\u{30ff}' // Hiragana, Katakana
        | '\u{3400}'..='\u{4dbf}' | '\u{4e00}'..='\u{9fff}' | '\u{f900}'..='\u{faff}' // Han
        | '\u{ac00}'..='\u{d7af}' // Hangul
        | '\u{20000}'..='\u{3ffff}')
}

/// A word of a text, for those who look at texts themselves.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Word {
    /// Its bytes in the text.
    pub(super) span: std::ops::Range<usize>,
    /// As it stands, folded.
    pub(super) exact: String,
    /// By its stem; the same where it has none.
    pub(super) stem: String,
}

thread_local! {
    /// What it remembers of stems outlasts one text: to make it anew for each line takes longer than to read the line.
    static READER: Cell<Option<Words>> = const { Cell::new(None) };
}

/// Reads with what is remembered; whoever reads meanwhile on this thread begins anew.
fn reading<T>(read: impl FnOnce(&mut Words) -> T) -> T {
    let mut reader = READER.take().unwrap_or_default();
    let read = read(&mut reader);
    READER.set(Some(reader));
    read
}

/// The words of a text.
pub(super) fn words_of(text: &str) -> Vec<Word> {
    reading(|reader| reader.of(text))
}

/// The words of a text by their stems, each as it is read.
pub(super) fn each_stem(text: &str, mut take: impl FnMut(&str)) {
    reading(|reader| {
        let mut stream = reader.token_stream(text);
        while stream.advance() {
            // Its stem is next.
            if !stream.has_stem {
                take(&stream.token().text);
            }
        }
    });
}

impl Words {
    /// The words of a text.
    pub(super) fn of(&mut self, text: &str) -> Vec<Word> {
        let mut words: Vec<Word> = Vec::new();
        let mut stream = self.token_stream(text);
        let mut position = usize::MAX;
        while stream.advance() {
            let token = stream.token();
            if token.position == position {
                if let Some(last) = words.last_mut() {
                    last.stem.clone_from(&token.text);
                }
                continue;
            }
            position = token.position;
            let span = token.offset_from..token.offset_to;
            words.push(Word { span, exact: token.text.clone(), stem: token.text.clone() });
        }
        words
    }
}

/// How every word begins that is this one, or has it for its stem: a stem differs from its word behind the third
/// letter, but for the short ones (`dying` and `die`). Of ASCII words alone.
pub(super) fn begin_alike(word: &str) -> &str {
    let alike = if word.len() > 3 { 3 } else { 1 };
    word.get(..alike).unwrap_or(word)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_begins_as_its_stem_does() {
        let text = recount_engine::document::template::TEMPLATE.to_owned() + include_str!("words.rs");
        let more = "dying lying tying vying skies skis sky flies fly cries cried owed owing used using hoping hopped \
            planned agreed feed bleeding national rationally abilities possibly analogies electricity hopefulness \
            generally communication arsenal early only gently ugly idly singly evening inning outing news atlas ied \
            yes yielding playing enjoyed abatement eased eased ices icing iced adding added adds eggs egged odds";
        let words = words_of(&(text + more));
        assert!(words.len() > 1_500);
        for Word { exact, stem, .. } in words {
            assert!(exact.starts_with(begin_alike(&stem)), "{exact} {stem}");
        }
    }

    fn told(text: &str) -> String {
        let words = Words::default().of(text);
        let told = words.into_iter().map(|word| {
            if word.exact == word.stem { word.exact } else { format!("{}/{}", word.exact, word.stem) }
        });
        told.collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn words_are_folded_stemmed_and_parted() {
        for (text, words) in [
            ("Connections timed-out", "connections/connect timed/time out"),
            ("the pool", "the pool"),
            ("INC-0042: eu-west-1, v41", "inc 0042 eu west 1 v41"),
            ("Café Ünïcode Straße", "cafe unicode/unicod strasse/strass"),
            ("cafe\u{301}", "cafe"),
            ("数据库连接", "数据 据库 库连 连接"),
            ("库 (库)", "库 库"),
            ("a数据b", "a 数据 b"),
            ("データベース", "デー ータ タベ ベー ース"),
            ("", ""),
            ("--- | \u{feff} …", ""),
            ("🦀crab", "crab"),
        ] {
            assert_eq!(told(text), words, "{text}");
        }
    }

    #[test]
    fn a_word_knows_its_place_and_any_length_is_read() {
        let text = format!("é Deploys {}", "x".repeat(100_000));
        let words = Words::default().of(&text);
        assert_eq!(&text[words[1].span.clone()], "Deploys");
        assert_eq!(words[2].exact.len(), LONGEST);
    }
}
