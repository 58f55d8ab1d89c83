//! Chance that is the same everywhere: a small generator, ranks by Zipf, and phrases with slots.

use std::collections::HashMap;

/// SplitMix64: enough for invented text, and a fixed sequence for each seed.
pub(crate) struct Random(u64);

impl Random {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) ^ 0x5851_F42D_4C95_7F2D)
    }

    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    /// From zero to below `limit`.
    pub(crate) fn below(&mut self, limit: usize) -> usize {
        (self.next() % limit as u64) as usize
    }

    /// Both ends included.
    pub(super) fn between(&mut self, low: i64, high: i64) -> i64 {
        low + (self.next() % (high - low + 1).cast_unsigned()).cast_signed()
    }

    pub(super) fn one_in(&mut self, times: usize) -> bool {
        self.below(times) == 0
    }
}

/// Phrases by name, each list with its chances: the second is half as likely as the first, the third a
/// third, as words are in real text.
pub(super) struct Phrases {
    lists: HashMap<&'static str, (Vec<Vec<Piece>>, Vec<f64>)>,
    /// The chances of the invented words of `{word}`, by rank.
    words: Vec<f64>,
}

/// How many words there are that stand in no list: names of hosts, tables and jobs, most of them rare, as
/// in real logs. What is searched for is often one of them.
const WORDS: usize = 60_000;

/// A phrase is text and slots that other lists fill.
enum Piece {
    Text(String),
    Slot(String),
}

impl Phrases {
    pub(super) fn load() -> Self {
        let mut lists: HashMap<&'static str, Vec<String>> = HashMap::new();
        let mut name = "";
        for line in include_str!("phrases.txt").lines().filter(|line| !line.is_empty()) {
            match line.strip_prefix('[').and_then(|line| line.strip_suffix(']')) {
                Some(heading) => name = heading,
                None => lists.entry(name).or_default().extend(line.split('|').map(str::to_owned)),
            }
        }
        // Seven hundred services from fifty heads and fifteen tails, the frequent ones mixed.
        let (heads, tails) = (&lists["service-head"], &lists["service-tail"]);
        let mut services: Vec<String> =
            heads.iter().flat_map(|head| tails.iter().map(move |tail| format!("{head}-{tail}"))).collect();
        let mut random = Random::new(0);
        services.sort_by_cached_key(|_| random.next());
        lists.insert("service", services);
        lists.insert("person", lists["person-name"].iter().map(|name| format!("@{name}")).collect());

        let weigh = |phrases: Vec<String>| {
            (phrases.iter().map(|phrase| pieces(phrase)).collect(), chances(phrases.len()))
        };
        let lists = lists.into_iter().map(|(name, phrases)| (name, weigh(phrases))).collect();
        Self { lists, words: chances(WORDS) }
    }

    /// A phrase of the list, its slots filled.
    pub(super) fn draw(&self, list: &str, random: &mut Random) -> String {
        let mut text = String::new();
        self.draw_into(list, random, &mut text);
        text
    }

    /// The same as a sentence of its own.
    pub(super) fn sentence(&self, list: &str, random: &mut Random) -> String {
        capitalised(&self.draw(list, random)) + "."
    }

    fn draw_into(&self, list: &str, random: &mut Random, text: &mut String) {
        match list {
            "number" => return *text += &random.between(2, 59).to_string(),
            "percent" => return *text += &random.between(3, 97).to_string(),
            "large" => return *text += &(random.between(2, 90) * 100).to_string(),
            "word" => return *text += &invented(rank(&self.words, random)),
            _ => {}
        }
        let Some((phrases, chances)) = self.lists.get(list) else {
            panic!("no list `{list}` in phrases.txt")
        };
        for piece in &phrases[rank(chances, random)] {
            match piece {
                Piece::Text(words) => *text += words,
                Piece::Slot(list) => self.draw_into(list, random, text),
            }
        }
    }
}

/// The sums of chances up to each rank.
fn chances(ranks: usize) -> Vec<f64> {
    let mut sum = 0.0;
    let chances = (1..=ranks).map(|rank| {
        #[expect(clippy::cast_precision_loss, reason = "lists are short")]
        let weight = 1.0 / rank as f64;
        sum += weight;
        sum
    });
    chances.collect()
}

/// A rank by its chance, from zero.
fn rank(chances: &[f64], random: &mut Random) -> usize {
    #[expect(clippy::cast_precision_loss, reason = "the upper 53 bits are exact")]
    let unit = (random.next() >> 11) as f64 / (1_u64 << 53) as f64;
    let total = chances.last().copied().unwrap_or_default();
    chances.partition_point(|chance| *chance <= unit * total).min(chances.len() - 1)
}

/// The invented word of a rank: two to four syllables.
fn invented(rank: usize) -> String {
    const BEGIN: [&str; 16] =
        ["b", "d", "f", "g", "k", "l", "m", "n", "p", "r", "s", "t", "v", "z", "tr", "kl"];
    const END: [&str; 10] = ["a", "e", "i", "o", "u", "ar", "el", "in", "or", "ux"];
    let mut word = String::new();
    // The ranks are mixed, so that neighbours in rank are not neighbours in the alphabet.
    let mut rest = (rank * 7_919) % WORDS + 160;
    while rest > 0 {
        word += BEGIN[rest % BEGIN.len()];
        word += END[rest / BEGIN.len() % END.len()];
        rest /= BEGIN.len() * END.len();
    }
    word
}

pub(super) fn capitalised(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map(|first| first.to_uppercase().chain(chars).collect()).unwrap_or_default()
}

/// Braces around anything but a list's name are text, as in PromQL.
fn pieces(phrase: &str) -> Vec<Piece> {
    let mut pieces = Vec::new();
    let mut rest = phrase;
    let mut text = String::new();
    while let Some(open) = rest.find('{') {
        text += &rest[..open];
        let inside = &rest[open + 1..];
        let end = inside.find(|c: char| !c.is_ascii_lowercase() && c != '-').unwrap_or(inside.len());
        if inside[end..].starts_with('}') {
            pieces.push(Piece::Text(std::mem::take(&mut text)));
            pieces.push(Piece::Slot(inside[..end].to_owned()));
            rest = &inside[end + 1..];
        } else {
            text.push('{');
            rest = inside;
        }
    }
    pieces.push(Piece::Text(text + rest));
    pieces
}
