//! Excerpts: the line of a postmortem that shows best why it was found, with what was sought marked in it,
//! and the section in which it stands.
//!
//! What does not live here: finding postmortems ([`super::find`]), and how marks are shown.

use std::ops::Range;

use recount_engine::document::Document;
use recount_engine::document::template::SectionId;

use super::words::{Word, words_of};

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

/// A piece of a postmortem's text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Excerpt {
    /// The heading of its section; empty before the first.
    pub section: String,
    /// The text, on one line; `…` where something was left out.
    pub text: String,
    /// Where in it what was sought stands.
    pub marks: Vec<Range<usize>>,
}

/// How much a section says about an incident: of two lines that show as much, the one here is taken.
fn weight(section: Option<SectionId>) -> usize {
    match section {
        Some(SectionId::RootCause) => 5,
        Some(SectionId::IncidentSummary | SectionId::Mitigation) => 4,
        Some(SectionId::Impact | SectionId::Detection) => 3,
        Some(SectionId::Appendices) => 0,
        _ => 2,
    }
}

/// The line that shows the most of what was sought, at most about `width` characters of it; where none shows any of it,
/// what happened in a sentence, and nothing where that is not written.
pub fn excerpt(document: &Document, sought: &Sought, width: usize) -> Option<Excerpt> {
    let mut best: Option<(usize, Excerpt)> = None;
    for passage in document.passages() {
        for line in passage.text.lines() {
            let hits = sought.hits(line);
            let Some((start, _)) = hits.first() else { continue };
            let cut = cut(line, start.start, width);
            let shown: Vec<_> =
                hits.iter().filter(|(span, _)| cut.start <= span.start && span.end <= cut.end).collect();
            let mut kinds: Vec<usize> = shown.iter().map(|(_, nth)| *nth).collect();
            kinds.sort_unstable();
            kinds.dedup();
            let score = kinds.len() * 10 + weight(passage.section);
            if best.as_ref().is_none_or(|(least, _)| score > *least) {
                let marks = shown.into_iter().map(|(span, _)| span.clone());
                best = Some((score, made(&passage.heading, line, cut, marks)));
            }
        }
    }
    best.map(|(_, excerpt)| excerpt).or_else(|| {
        let (section, line) = document.gist()?;
        let cut = cut(&line, 0, width);
        Some(made(section.heading(), &line, cut, std::iter::empty()))
    })
}

fn made(heading: &str, line: &str, cut: Range<usize>, marks: impl Iterator<Item = Range<usize>>) -> Excerpt {
    let before = if cut.start > 0 { "… " } else { "" };
    let after = if cut.end < line.len() { " …" } else { "" };
    let text = format!("{before}{}{after}", &line[cut.clone()]);
    let marks = marks.map(|span| span.start - cut.start + before.len()..span.end - cut.start + before.len());
    Excerpt { section: heading.to_owned(), text, marks: marks.collect() }
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
    fn the_line_that_shows_most_is_taken_and_its_section_named() {
        let text = "# A pool\n\n## Root cause\n\n- **Root cause** (systems explanation): the pool had no limit\n\n\
                    ## What went poorly\n\n- the pool was drained by a deploy\n\n## Our notes\n\npool pool\n";
        let document = Document::parse(text.as_bytes());
        let found = |runs: &[&[&str]]| excerpt(&document, &sought(runs), 80).unwrap();
        assert_eq!(found(&[&["pool"]]).section, "Root cause");
        let both = found(&[&["pool"], &["deploy"]]);
        assert_eq!(
            (both.section.as_str(), both.text.as_str()),
            ("What went poorly", "the pool was drained by a deploy")
        );
        assert_eq!(both.marks.len(), 2);
        assert_eq!(found(&[&["nothing"]]).text, "the pool had no limit");
        assert_eq!(excerpt(&Document::parse(b"# T\n\n## Our notes\n\nx\n"), &sought(&[]), 80), None);
    }

    #[test]
    fn a_long_line_is_cut_around_what_is_marked() {
        let line = format!("{}needle{}", "wörd ".repeat(60), " wörd".repeat(60));
        let document = Document::parse(format!("# T\n\n## Impact\n\n{line}\n").as_bytes());
        let found = excerpt(&document, &sought(&[&["needle"]]), 60).unwrap();
        assert!(found.text.starts_with("… wörd") && found.text.ends_with("wörd …"), "{}", found.text);
        assert_eq!(&found.text[found.marks[0].clone()], "needle");
        assert!(found.text.chars().count() < 70);
    }
}
