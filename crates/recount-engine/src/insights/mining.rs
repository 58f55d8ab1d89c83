//! Phrases that recur in texts of different incidents.
//!
//! How it works, all of it: texts are cut into words; words without a meaning of their own and numbers are
//! skipped, the others reduced to their stems, so that *deploys* and *deployed* are one. Runs of one, two and three
//! stems between punctuation marks are counted, each once an incident. A longer run is counted only where its parts
//! are frequent, since it cannot be in more incidents than they. Nothing is learnt, weighted or drawn at random.

use std::ops::Range;

use super::basis::Basis;
use super::brief::{Brief, Briefs, NONE, Said};
use super::hash::Fast;
use super::stem::stem;

/// A phrase and where it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Found {
    /// As it is first written, in lower case.
    pub(super) phrase: String,
    /// In how many incidents it is.
    pub(super) incidents: usize,
    /// The last of them, the last first: at most [`NAMED`].
    pub(super) named: Vec<u32>,
}

/// At most so many phrases.
const MOST: usize = 20;

/// At most so many incidents of each phrase.
const NAMED: usize = 50;

/// What recurs in one part of the incidents of a basis; `incidents` say anything there.
pub(super) fn mine(basis: &Basis<'_>, what: Said, incidents: usize) -> Vec<Found> {
    let text = |incident: u32| -> Vec<String> {
        let record = basis.record(incident as usize);
        record.map_or_else(Vec::new, |record| what.texts(&record).into_iter().map(str::to_owned).collect())
    };
    recurring(&Corpus::read(basis, what), incidents, text)
}

/// What recurs in a corpus, of which `text` tells how an incident is written.
fn recurring(texts: &Corpus, incidents: usize, text: impl Fn(u32) -> Vec<String>) -> Vec<Found> {
    let least = 2.max(incidents.div_ceil(100));
    // A word alone says little, unless it is everywhere.
    let single = 3.max(incidents.div_ceil(4));
    let mut found = texts.words(least);
    found.sort_by(|a, b| {
        let weight = |run: &Run| run.incidents * run.length();
        weight(b).cmp(&weight(a)).then(b.length().cmp(&a.length())).then(a.first.cmp(&b.first))
    });
    let mut kept: Vec<Run> = Vec::new();
    for run in &found {
        let covers = |longer: &&Run| {
            longer.length() > run.length()
                && longer.incidents * 3 >= run.incidents * 2
                && longer.stems().windows(run.length()).any(|part| part == run.stems())
        };
        if run.length() > 1 || run.incidents >= single {
            let is_part = found.iter().find(covers).is_some();
            let is_whole = kept.iter().any(|other| other.overlaps(run));
            if !is_part && !is_whole {
                kept.push(*run);
            }
        }
        if kept.len() == MOST {
            break;
        }
    }
    let named = texts.last_incidents(&kept);
    let written = |run: &Run| {
        let (incident, nth) = texts.place(run.first);
        written_in(&text(incident), nth, run.length())
    };
    let found =
        |(run, named): (&Run, Vec<u32>)| Found { phrase: written(run), incidents: run.incidents, named };
    kept.iter().zip(named).map(found).collect()
}

/// A run of stems.
#[derive(Clone, Copy, Debug)]
struct Run {
    /// Stems; 0 behind the last.
    stems: [u32; 3],
    incidents: usize,
    /// The place of its first stem where it is first found.
    first: usize,
}

impl Run {
    fn length(&self) -> usize {
        self.stems.iter().take_while(|stem| **stem != SKIP).count()
    }

    fn stems(&self) -> &[u32] {
        &self.stems[..self.length()]
    }

    /// Whether it says the same as another of its length but for one word at an end, in as many incidents.
    fn overlaps(&self, other: &Run) -> bool {
        let (a, b) = (self.stems(), other.stems());
        a.len() == 3
            && b.len() == 3
            && self.incidents == other.incidents
            && (a[1..] == b[..2] || b[1..] == a[..2])
    }
}

/// No stem: a boundary that no phrase crosses.
const SKIP: u32 = NONE;

/// What incidents say, as stems.
#[derive(Default)]
struct Corpus {
    /// Stems in order, [`SKIP`] at each boundary and behind each incident.
    stems: Vec<u32>,
    /// The incidents, each with the place of its first stem.
    starts: Vec<(u32, usize)>,
    /// How many different stems there are, [`SKIP`] among them.
    count: usize,
}

impl Corpus {
    fn read(basis: &Basis<'_>, what: Said) -> Self {
        let mut this = Self { count: 1, ..Self::default() };
        let mut known: Fast<&str, u32> = Fast::default();
        // Each block numbers its words by itself.
        let mut numbers: Vec<Vec<u32>> = vec![Vec::new(); basis.blocks().len()];
        let length = |(briefs, brief): (&Briefs, &Brief)| briefs.stems(brief, what).len();
        this.stems.reserve(basis.with_blocks().map(|(_, briefs, brief)| length((briefs, brief))).sum());
        for (incident, (block, briefs, brief)) in basis.with_blocks().enumerate() {
            let numbers = &mut numbers[block];
            if numbers.is_empty() {
                numbers.resize(briefs.words(), u32::MAX);
                numbers[SKIP as usize] = SKIP;
            }
            this.starts.push((incident as u32, this.stems.len()));
            for stem in briefs.stems(brief, what) {
                let Some(number) = numbers.get_mut(*stem as usize) else { continue };
                if *number == u32::MAX {
                    let next = known.len() as u32 + 1;
                    *number = *known.entry(briefs.word(*stem)).or_insert(next);
                }
                this.stems.push(*number);
            }
        }
        this.count = known.len() + 1;
        this
    }

    /// Runs of up to three stems in at least so many incidents.
    fn words(&self, least: usize) -> Vec<Run> {
        let mut singles = vec![Count::default(); self.count];
        self.each(|at, incident| {
            singles[self.stems[at] as usize].add(incident, at);
        });
        let is_frequent = |stem: u32| stem != SKIP && singles[stem as usize].incidents as usize >= least;
        // Pairs are numbered, and known by their number at each place, so that triples are pairs of pairs.
        let mut numbers: Fast<u64, u32> = Fast::default();
        let mut pairs: Vec<(u64, Count)> = Vec::new();
        let mut at_place = vec![u32::MAX; self.stems.len()];
        self.each(|at, incident| {
            // Behind the last stem there is a boundary.
            let (a, b) = (self.stems[at], self.stems[at + 1]);
            if is_frequent(a) && is_frequent(b) {
                let key = pair(a, b);
                let number = *numbers.entry(key).or_insert_with(|| {
                    pairs.push((key, Count::default()));
                    pairs.len() as u32 - 1
                });
                pairs[number as usize].1.add(incident, at);
                at_place[at] = number;
            }
        });
        let is_frequent = |number: u32| {
            pairs.get(number as usize).is_some_and(|(_, count)| count.incidents as usize >= least)
        };
        let mut triples: Fast<u64, Count> = Fast::default();
        self.each(|at, incident| {
            let (first, second) = (at_place[at], at_place[at + 1]);
            if is_frequent(first) && is_frequent(second) {
                triples.entry(pair(first, second)).or_default().add(incident, at);
            }
        });
        let run = |stems, count: &Count| Run {
            stems,
            incidents: count.incidents as usize,
            first: count.first as usize,
        };
        let singles = singles.iter().enumerate().map(|(stem, count)| run([stem as u32, SKIP, SKIP], count));
        let stems = |number: u64| ((pairs[number as usize].0 >> 32) as u32, pairs[number as usize].0 as u32);
        let triples = triples.iter().map(|(key, count)| {
            let ((a, b), (_, c)) = (stems(key >> 32), stems(key & u64::from(u32::MAX)));
            run([a, b, c], count)
        });
        let pairs = pairs.iter().map(|(key, count)| run([(key >> 32) as u32, *key as u32, SKIP], count));
        let all = singles.skip(1).chain(pairs).chain(triples);
        all.filter(|run| run.incidents >= least).collect()
    }

    /// Calls `take` with the place of each stem and the incident.
    fn each(&self, mut take: impl FnMut(usize, u32)) {
        for (nth, (incident, _)) in self.starts.iter().enumerate() {
            for at in self.range(nth) {
                if self.stems[at] != SKIP {
                    take(at, *incident);
                }
            }
        }
    }

    /// The places of the stems of the `nth` incident.
    fn range(&self, nth: usize) -> Range<usize> {
        self.starts[nth].1..self.starts.get(nth + 1).map_or(self.stems.len(), |next| next.1)
    }

    /// The incident of a place, and how many things it has before that.
    fn place(&self, at: usize) -> (u32, usize) {
        let nth = self.starts.partition_point(|(_, start)| *start <= at).saturating_sub(1);
        let (incident, start) = self.starts[nth];
        (incident, at - start)
    }

    /// The last incidents of each run.
    fn last_incidents(&self, runs: &[Run]) -> Vec<Vec<u32>> {
        let mut found = vec![Vec::new(); runs.len()];
        let mut by_first: Vec<Vec<usize>> = vec![Vec::new(); self.count];
        for (nth, run) in runs.iter().enumerate() {
            by_first[run.stems[0] as usize].push(nth);
        }
        for nth in (0..self.starts.len()).rev() {
            let incident = self.starts[nth].0;
            for at in self.range(nth) {
                by_first[self.stems[at] as usize].retain(|run| {
                    let named = &mut found[*run];
                    if self.stems[at..].starts_with(runs[*run].stems()) && named.last() != Some(&incident) {
                        named.push(incident);
                    }
                    named.len() < NAMED
                });
            }
            if found.iter().all(|named| named.len() == NAMED) {
                break;
            }
        }
        found
    }
}

/// The words of an incident's texts from the `nth` thing that it has in [`Corpus::stems`], `length` stems long.
fn written_in(texts: &[String], mut nth: usize, length: usize) -> String {
    for text in texts {
        let mut things = 0;
        stems(text, |_| things += 1);
        if nth < things {
            return written(text, nth, length);
        }
        nth -= things;
    }
    String::new()
}

/// The words of a text from the `nth` thing that it has in [`Corpus::stems`], `length` stems long.
fn written(text: &str, nth: usize, length: usize) -> String {
    let mut place = 0;
    let mut after_boundary = true;
    let mut words: Vec<&str> = Vec::new();
    for (word, ends) in split(text) {
        if meaning(word).is_some() {
            if place >= nth && place < nth + length {
                words.push(word);
            }
            place += 1;
            after_boundary = false;
            if place == nth + length {
                break;
            }
        } else if place > nth && place < nth + length {
            // What is skipped is still read, "nobody was told", unless it is a number, which differs each time.
            words.push(if word.starts_with(|c: char| c.is_ascii_digit()) { "…" } else { word });
        }
        if ends && !after_boundary {
            place += 1;
            after_boundary = true;
        }
    }
    words.join(" ").to_lowercase()
}

fn pair(a: u32, b: u32) -> u64 {
    u64::from(a) << 32 | u64::from(b)
}

/// In how many incidents something was seen.
#[derive(Clone, Copy, Debug, Default)]
struct Count {
    incidents: u32,
    /// The last incident that was counted, and one more.
    last: u32,
    first: u32,
}

impl Count {
    fn add(&mut self, incident: u32, at: usize) {
        if self.last != incident + 1 {
            if self.incidents == 0 {
                self.first = at as u32;
            }
            self.incidents += 1;
            self.last = incident + 1;
        }
    }
}

/// The words of a text, each with whether a boundary follows.
fn split(text: &str) -> impl Iterator<Item = (&str, bool)> {
    let is_word = |c: char| match c {
        'a'..='z' | 'A'..='Z' | '0'..='9' | '\'' | '-' | '_' => true,
        c => !c.is_ascii() && (c == '’' || c.is_alphanumeric()),
    };
    let mut rest = text;
    std::iter::from_fn(move || {
        rest = rest.trim_start_matches(|c: char| !is_word(c));
        let end = rest.find(|c: char| !is_word(c)).unwrap_or(rest.len());
        let (word, after) = rest.split_at(end);
        if word.is_empty() {
            return None;
        }
        let gap = after.find(is_word).unwrap_or(after.len());
        let ends = after[..gap].contains(['.', ',', ';', ':', '!', '?', '(', ')', '/', '"', '–', '—', '\n']);
        rest = after;
        Some((word, ends))
    })
}

/// Calls `take` with the stem of each word of a text that means something by itself, and with none at each boundary
/// that no phrase crosses.
pub(super) fn stems(text: &str, mut take: impl FnMut(Option<String>)) {
    let mut after_boundary = true;
    for (word, ends) in split(text) {
        if let Some(stem) = meaning(word) {
            take(Some(stem));
            after_boundary = false;
        }
        if ends && !after_boundary {
            take(None);
            after_boundary = true;
        }
    }
    if !after_boundary {
        take(None);
    }
}

/// The stem of a word that means something by itself.
fn meaning(word: &str) -> Option<String> {
    let word = word.trim_matches(['-', '_', '\'', '’']).to_lowercase();
    let is_number = word.starts_with(|c: char| c.is_ascii_digit());
    let is_empty = word.chars().nth(1).is_none() || STOP.binary_search(&word.as_str()).is_ok();
    (!is_number && !is_empty).then(|| stem(word))
}

/// Words without a meaning of their own, and measures of time, in order.
const STOP: &[&str] = &[
    "a",
    "about",
    "above",
    "after",
    "again",
    "against",
    "all",
    "already",
    "also",
    "although",
    "am",
    "among",
    "an",
    "and",
    "another",
    "any",
    "are",
    "around",
    "as",
    "at",
    "away",
    "back",
    "be",
    "became",
    "because",
    "become",
    "been",
    "before",
    "being",
    "below",
    "between",
    "both",
    "but",
    "by",
    "came",
    "can",
    "cannot",
    "come",
    "could",
    "day",
    "days",
    "did",
    "didn't",
    "do",
    "does",
    "doesn't",
    "doing",
    "don't",
    "done",
    "down",
    "due",
    "during",
    "each",
    "either",
    "else",
    "even",
    "ever",
    "every",
    "few",
    "first",
    "for",
    "from",
    "further",
    "get",
    "given",
    "go",
    "goes",
    "got",
    "had",
    "has",
    "have",
    "having",
    "he",
    "her",
    "here",
    "him",
    "his",
    "hour",
    "hours",
    "how",
    "however",
    "i",
    "if",
    "in",
    "instead",
    "into",
    "is",
    "isn't",
    "it",
    "it's",
    "its",
    "itself",
    "just",
    "last",
    "later",
    "less",
    "like",
    "made",
    "make",
    "many",
    "may",
    "me",
    "might",
    "min",
    "minute",
    "minutes",
    "month",
    "months",
    "more",
    "most",
    "much",
    "must",
    "my",
    "near",
    "never",
    "no",
    "nor",
    "not",
    "now",
    "of",
    "off",
    "often",
    "on",
    "once",
    "one",
    "only",
    "onto",
    "or",
    "other",
    "others",
    "our",
    "out",
    "over",
    "own",
    "per",
    "rather",
    "same",
    "second",
    "seconds",
    "she",
    "should",
    "since",
    "so",
    "some",
    "still",
    "such",
    "than",
    "that",
    "the",
    "their",
    "them",
    "then",
    "there",
    "these",
    "they",
    "this",
    "those",
    "though",
    "three",
    "through",
    "time",
    "times",
    "to",
    "today",
    "too",
    "took",
    "two",
    "under",
    "until",
    "up",
    "upon",
    "us",
    "use",
    "used",
    "using",
    "utc",
    "very",
    "via",
    "was",
    "wasn't",
    "we",
    "week",
    "weeks",
    "well",
    "went",
    "were",
    "what",
    "when",
    "where",
    "whether",
    "which",
    "while",
    "who",
    "whose",
    "why",
    "will",
    "with",
    "within",
    "without",
    "would",
    "year",
    "years",
    "yesterday",
    "yet",
    "you",
    "your",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_without_meaning_are_in_order() {
        assert!(STOP.is_sorted());
    }

    fn phrases(texts: &[(u32, &str)]) -> Vec<(String, usize)> {
        let mut corpus = Corpus { count: 1, ..Corpus::default() };
        let mut known: Fast<String, u32> = Fast::default();
        for (incident, text) in texts {
            corpus.starts.push((*incident, corpus.stems.len()));
            stems(text, |stem| {
                let next = known.len() as u32 + 1;
                corpus.stems.push(stem.map_or(SKIP, |stem| *known.entry(stem).or_insert(next)));
            });
        }
        corpus.count = known.len() + 1;
        let text = |incident: u32| {
            texts.iter().filter(|(of, _)| *of == incident).map(|(_, text)| (*text).to_owned()).collect()
        };
        let found = recurring(&corpus, 5, text);
        found.into_iter().map(|found| (found.phrase, found.incidents)).collect()
    }

    #[test]
    fn a_phrase_is_counted_once_an_incident_in_all_its_forms() {
        let texts = [
            (0, "The status page was updated late. The status page again"),
            (1, "Status pages: nobody knew who updates them"),
            (2, "we opened the status page too late"),
            (3, "The runbook was wrong, nobody was told"),
            (4, "Nobody told support"),
        ];
        assert_eq!(phrases(&texts), [("status page".into(), 3), ("nobody was told".into(), 2)]);
    }

    #[test]
    fn numbers_in_a_phrase_are_left_open() {
        let texts = [(0, "Sized for 11 nodes"), (1, "sized for 4 nodes")];
        assert_eq!(phrases(&texts), [("sized for … nodes".into(), 2)]);
    }

    #[test]
    fn no_phrase_crosses_punctuation_and_single_words_need_three_incidents() {
        let texts = [(0, "one pool, limit missing"), (1, "the pool: limits"), (2, "quota")];
        assert_eq!(phrases(&texts), []);
    }

    #[test]
    fn any_text_is_read() {
        assert_eq!(phrases(&[]), []);
        assert_eq!(phrases(&[(0, ""), (1, "…"), (2, "a b c 1 2 3"), (3, "'' -- __")]), []);
        assert_eq!(phrases(&[(0, "日本語 é ß"), (1, "日本語 é ß"), (2, "日本語")]), [("日本語".into(), 3)]);
    }
}
