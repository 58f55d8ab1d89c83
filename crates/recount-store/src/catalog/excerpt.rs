//! Excerpts: the line of a postmortem that shows best why it was found, with what was sought marked in it,
//! and the section in which it stands.
//!
//! What a postmortem says is kept in the index, so that neither its file is read for a line of it nor its Markdown.
//! What does not live here: finding postmortems ([`super::find`]), and how marks are shown.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::ops::Range;

use recount_engine::document::template::SectionId;
use recount_engine::document::{Document, Passage};
use recount_engine::export::html::section_anchors;
use serde::{Deserialize, Serialize};

use super::words::{Word, begin_alike, words_of};

/// What was looked for, to be marked in texts.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Sought {
    /// Each is words beside each other, each of which may be any of several.
    runs: Vec<Vec<Vec<String>>>,
}

impl Sought {
    pub(super) fn add(&mut self, run: &[Vec<String>]) {
        if !run.is_empty() && !self.runs.iter().any(|known| known == run) {
            self.runs.push(run.to_vec());
        }
    }

    /// Where it stands in a text, in order and apart from each other.
    pub fn marks(&self, text: &str) -> Vec<Range<usize>> {
        self.hits(text).into_iter().map(|(span, _)| span).collect()
    }

    /// The beginnings of what was sought: a line holds no more of it than begins in it, and most lines hold less.
    fn heads(&self) -> Heads {
        let mut heads: BTreeMap<Vec<u8>, u64> = BTreeMap::new();
        for (nth, run) in self.runs.iter().enumerate() {
            for word in run.first().into_iter().flatten() {
                *heads.entry(begin_alike(word).as_bytes().to_vec()).or_default() |= 1 << nth.min(63);
            }
        }
        let letters = heads.keys().filter_map(|head| head.first());
        let letters =
            letters.fold(0, |letters, letter| letters | 1_u128.checked_shl((*letter).into()).unwrap_or(0));
        Heads { begun: heads.into_iter().collect(), letters, all: self.runs.len() }
    }

    /// Where it stands, and which of what was sought it is.
    fn hits(&self, text: &str) -> Vec<(Range<usize>, usize)> {
        let words = words_of(text);
        let is = |word: &Word, any: &[String]| any.iter().any(|one| *one == word.exact || *one == word.stem);
        let mut hits: Vec<(Range<usize>, usize)> = Vec::new();
        let mut at = 0;
        while at < words.len() {
            let fits = |run: &&Vec<Vec<String>>| {
                words
                    .get(at..at + run.len())
                    .is_some_and(|words| words.iter().zip(run.iter()).all(|(w, any)| is(w, any)))
            };
            // The longest run that begins here.
            let best =
                self.runs.iter().enumerate().filter(|(_, run)| fits(run)).max_by_key(|(_, run)| run.len());
            match best {
                Some((nth, run)) => {
                    let end = words[at + run.len() - 1].span.end;
                    let start = words[at].span.start;
                    match hits.last_mut() {
                        // Pairs of characters overlap.
                        Some((last, _)) if last.end > start => last.end = last.end.max(end),
                        _ => hits.push((start..end, nth)),
                    }
                    at += run.len();
                }
                None => at += 1,
            }
        }
        hits
    }
}

/// See [`Sought::heads`].
struct Heads {
    /// Each with the runs that begin so, as bits.
    begun: Vec<(Vec<u8>, u64)>,
    /// Their first letters, as bits.
    letters: u128,
    /// How many runs there are.
    all: usize,
}

impl Heads {
    /// As many of what was sought stand in a line at most.
    fn most_in(&self, line: &str) -> usize {
        let line = line.as_bytes();
        // What is folded or has no spaces begins as nobody can tell from its bytes.
        if !line.is_ascii() || self.all > 64 {
            return self.all;
        }
        let mut is_inside = false;
        let mut met = 0_u64;
        for (at, byte) in line.iter().enumerate() {
            let is_word = byte.is_ascii_alphanumeric();
            if is_word && !is_inside && self.letters >> byte.to_ascii_lowercase() & 1 == 1 {
                for (head, runs) in &self.begun {
                    let begin = line.get(at..at + head.len());
                    met |=
                        if begin.is_some_and(|begin| begin.eq_ignore_ascii_case(head)) { *runs } else { 0 };
                }
            }
            is_inside = is_word;
        }
        met.count_ones() as usize
    }
}

/// A piece of a postmortem's text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Excerpt {
    /// The heading of its section; empty before the first.
    pub section: String,
    /// Where that heading is in the document as a page.
    pub anchor: Option<String>,
    /// The text, on one line; `…` where something was left out.
    pub text: String,
    /// Where in it what was sought stands.
    pub marks: Vec<Range<usize>>,
}

/// How much a section says about an incident: of two lines that show as much, the one here is taken.
fn weight(section: Option<SectionId>) -> u8 {
    match section {
        Some(SectionId::RootCause) => 5,
        Some(SectionId::IncidentSummary | SectionId::Mitigation) => 4,
        Some(SectionId::Impact | SectionId::Detection) => 3,
        Some(SectionId::Appendices) => 0,
        _ => 2,
    }
}

/// What a postmortem says, to be quoted.
#[derive(Debug, Serialize, Deserialize)]
pub struct Said<'s> {
    #[serde(borrow)]
    passages: Vec<Quote<'s>>,
    /// What happened in a sentence.
    #[serde(borrow)]
    gist: Option<Quote<'s>>,
}

/// Text of a section.
#[derive(Debug, Serialize, Deserialize)]
struct Quote<'s> {
    /// See [`weight`].
    weight: u8,
    heading: Cow<'s, str>,
    anchor: Option<Cow<'s, str>>,
    /// In lines.
    text: Cow<'s, str>,
}

/// [`Said`], as the index keeps it.
#[derive(Clone, Debug)]
pub struct Kept(pub(super) Vec<u8>);

impl Kept {
    /// None where it is not what was kept.
    pub fn said(&self) -> Option<Said<'_>> {
        postcard::from_bytes(&self.0).ok()
    }
}

impl<'s> Said<'s> {
    /// What a document says, of which these are the passages.
    pub fn of(document: &Document, passages: &'s [Passage]) -> Self {
        let anchors = section_anchors(document);
        let anchor = |heading: &str| {
            let first = anchors.iter().find(|(name, _)| name == heading);
            first.and_then(|(_, anchor)| anchor.clone()).map(Cow::Owned)
        };
        let quote = |passage: &'s Passage| Quote {
            weight: weight(passage.section),
            heading: Cow::Borrowed(&passage.heading),
            anchor: anchor(&passage.heading),
            text: Cow::Borrowed(&passage.text),
        };
        let gist = document.gist().map(|(section, line)| Quote {
            weight: weight(Some(section)),
            heading: Cow::Borrowed(section.heading()),
            anchor: anchor(section.heading()),
            text: Cow::Owned(line),
        });
        Self { passages: passages.iter().map(quote).collect(), gist }
    }

    /// As the index keeps it.
    pub(super) fn pack(&self) -> Vec<u8> {
        // Plain data of types that can all be written.
        postcard::to_stdvec(self).unwrap_or_default()
    }

    /// The line that shows the most of what was sought, at most about `width` characters of it; where none shows any of
    /// it, what happened in a sentence, and nothing where that is not written.
    pub fn excerpt(&self, sought: &Sought, width: usize) -> Option<Excerpt> {
        let heads = sought.heads();
        let mut best: Option<(usize, Excerpt)> = None;
        for quote in &self.passages {
            for line in quote.text.lines() {
                // What cannot be better is not cut into words.
                let least = best.as_ref().map_or(0, |(least, _)| *least);
                let is_better = |most: usize| most > 0 && most * 10 + usize::from(quote.weight) > least;
                if !is_better(heads.all) || !is_better(heads.most_in(line)) {
                    continue;
                }
                let hits = sought.hits(line);
                let Some((start, _)) = hits.first() else { continue };
                let cut = cut(line, start.start, width);
                let shown: Vec<_> =
                    hits.iter().filter(|(span, _)| cut.start <= span.start && span.end <= cut.end).collect();
                let mut kinds: Vec<usize> = shown.iter().map(|(_, nth)| *nth).collect();
                kinds.sort_unstable();
                kinds.dedup();
                let score = kinds.len() * 10 + usize::from(quote.weight);
                if best.as_ref().is_none_or(|(least, _)| score > *least) {
                    let marks = shown.into_iter().map(|(span, _)| span.clone());
                    best = Some((score, made(quote, line, cut, marks)));
                }
            }
        }
        best.map(|(_, excerpt)| excerpt).or_else(|| {
            let gist = self.gist.as_ref()?;
            Some(made(gist, &gist.text, cut(&gist.text, 0, width), std::iter::empty()))
        })
    }
}

fn made(
    quote: &Quote<'_>,
    line: &str,
    cut: Range<usize>,
    marks: impl Iterator<Item = Range<usize>>,
) -> Excerpt {
    let before = if cut.start > 0 { "… " } else { "" };
    let after = if cut.end < line.len() { " …" } else { "" };
    let text = format!("{before}{}{after}", &line[cut.clone()]);
    let marks = marks.map(|span| span.start - cut.start + before.len()..span.end - cut.start + before.len());
    Excerpt {
        section: quote.heading.clone().into_owned(),
        anchor: quote.anchor.clone().map(Cow::into_owned),
        text,
        marks: marks.collect(),
    }
}

/// About `width` characters around a byte, from word to word.
fn cut(line: &str, around: usize, width: usize) -> Range<usize> {
    if line.chars().count() <= width {
        return 0..line.len();
    }
    // A third before, the rest behind: what follows explains more.
    let back = line[..around].char_indices().rev().nth(width / 3).map_or(0, |(at, _)| at);
    let start = match line[back..around].find(' ') {
        Some(space) if back > 0 => back + space + 1,
        _ => back,
    };
    let end = line[start..].char_indices().nth(width).map_or(line.len(), |(at, _)| start + at);
    if end == line.len() {
        return start..end;
    }
    let end = line[start..end].rfind(' ').map_or(end, |space| start + space);
    start..end.max(start)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    fn sought(runs: &[&[&str]]) -> Sought {
        let mut sought = Sought::default();
        for run in runs {
            sought.add(&run.iter().map(|word| vec![(*word).to_owned()]).collect::<Vec<_>>());
        }
        sought
    }

    /// Through what the index keeps.
    fn excerpt(text: &str, sought: &Sought, width: usize) -> Option<Excerpt> {
        let document = Document::parse(text.as_bytes());
        let kept = Kept(Said::of(&document, &document.passages()).pack());
        kept.said().unwrap().excerpt(sought, width)
    }

    fn told(sought: &Sought, text: &str) -> Vec<String> {
        sought.marks(text).into_iter().map(|span| text[span].to_owned()).collect()
    }

    #[test]
    fn words_are_marked_in_every_form_and_phrases_whole() {
        let text = "Deploys deployed the pool; the Pool was drained. 数据库连接";
        assert_eq!(told(&sought(&[&["deploy"]]), text), ["Deploys", "deployed"]);
        assert_eq!(told(&sought(&[&["the", "pool"]]), text), ["the pool", "the Pool"]);
        assert_eq!(told(&sought(&[&["数据"], &["据库"]]), text), ["数据库"]);
        assert_eq!(told(&sought(&[]), text), Vec::<String>::new());
    }

    #[test]
    fn a_line_that_is_passed_over_holds_nothing_that_was_sought() {
        for (text, runs) in [
            ("it was dying", &[&["die"][..]][..]),
            ("Deploys, deployed; RE-DEPLOYING", &[&["deploy"]]),
            ("skies flies cried", &[&["sky"], &["fli"], &["cri"]]),
            ("a Caf\u{e9}", &[&["cafe"]]),
            ("on eu-west-1", &[&["eu", "west", "1"]]),
            ("v41", &[&["v41"]]),
        ] {
            let sought = sought(runs);
            assert!(!sought.hits(text).is_empty() && sought.heads().most_in(text) > 0, "{text}");
        }
        let pool = sought(&[&["pool"]]);
        assert_eq!(pool.heads().most_in("a poor one"), 1);
        assert_eq!(pool.heads().most_in("whirlpool, pop, p"), 0);
        let both = sought(&[&["pool"], &["poor", "one"], &["deploy"]]);
        assert_eq!(both.heads().most_in("a pool"), 2);
        assert_eq!(sought(&[]).heads().most_in("anything"), 0);
    }

    #[test]
    fn the_line_that_shows_most_is_taken_and_its_section_named() {
        let text = "# A pool\n\n## Root cause\n\n- **Root cause** (systems explanation): the pool had no limit\n\n\
                    ## What went poorly\n\n- the pool was drained by a deploy\n\n## Our notes\n\npool pool\n";
        let found = |runs: &[&[&str]]| excerpt(text, &sought(runs), 80).unwrap();
        assert_eq!(found(&[&["pool"]]).section, "Root cause");
        assert_eq!(found(&[&["pool"]]).anchor.as_deref(), Some("root-cause"));
        let both = found(&[&["pool"], &["deploy"]]);
        assert_eq!(
            (both.section.as_str(), both.text.as_str()),
            ("What went poorly", "the pool was drained by a deploy")
        );
        assert_eq!(both.marks.len(), 2);
        assert_eq!(found(&[&["nothing"]]).text, "the pool had no limit");
        assert_eq!(excerpt("# T\n\n## Our notes\n\nx\n", &sought(&[]), 80), None);
    }

    #[test]
    fn a_long_line_is_cut_around_what_is_marked() {
        let line = format!("{}needle{}", "wörd ".repeat(60), " wörd".repeat(60));
        let text = format!("# T\n\n## Impact\n\n{line}\n");
        let found = excerpt(&text, &sought(&[&["needle"]]), 60).unwrap();
        assert!(found.text.starts_with("… wörd") && found.text.ends_with("wörd …"), "{}", found.text);
        assert_eq!(&found.text[found.marks[0].clone()], "needle");
        assert!(found.text.chars().count() < 70);
    }
}
