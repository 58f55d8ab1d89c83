//! Answering a query from the index: which postmortems, in what order.
//!
//! Every word is looked for in title, root cause, the rest and the appendices, which weigh less and less.
//! A word that stands nowhere is taken for the nearest ones that do. What does not live here: how a query
//! is read ([`super::query`]), and the excerpts of what was found ([`super::excerpt`]).

use std::collections::{BTreeSet, HashSet};
use std::path::PathBuf;
use std::sync::Arc;

use recount_engine::document::Record;
use tantivy::collector::{Collector, Count, FilterCollector, TopDocs};
use tantivy::query::{
    AllQuery, BooleanQuery, BoostQuery, ConstScoreQuery, EmptyQuery, FuzzyTermQuery, Occur, PhraseQuery,
    Query as TextQuery, RangeQuery, TermQuery, TermSetQuery,
};
use tantivy::schema::{Field, IndexRecordOption};
use tantivy::{DocAddress, Order, Searcher, Term};

use super::excerpt::{Kept, Sought};
use super::fittest::{Best, Fittest};
use super::query::{Form, Part, Place, Query, What, WordField};
use super::text::{Text, days};
use super::words::Words;
use super::{Catalog, Trouble};

/// A word of so many characters is taken for others that differ in one, or in two.
const ONE_TYPO: usize = 5;
const TWO_TYPOS: usize = 9;
/// As many words one that stands nowhere is taken for.
const NEAR: usize = 4;
/// How many of an answer that is shown in pages are put in order at once.
const KEPT: usize = 200;
/// As many words one beginning stands for; more say nothing.
const BEGINNINGS: usize = 400;

/// A postmortem that was found.
#[derive(Clone, Debug)]
pub struct Hit {
    /// Path from the library's root.
    pub path: PathBuf,
    /// How well it fits: comparable within one answer alone.
    pub score: f32,
    /// Its facts.
    pub record: Record,
    /// Which of the indexes has it, and where.
    at: (usize, DocAddress),
}

/// The answer to a query.
#[derive(Clone, Debug, Default)]
pub struct Found {
    /// The best ones, best first.
    pub hits: Vec<Hit>,
    /// How many there are in all.
    pub total: usize,
    /// Words that stand nowhere, each with those that were looked for instead.
    pub corrected: Vec<(String, Vec<String>)>,
    /// What was looked for, to mark it in texts.
    pub sought: Sought,
}

impl Catalog {
    /// The postmortems that a query is about, at most `limit` of them. The catalog must have been opened
    /// for text.
    pub fn search(&self, query: &Query, limit: usize) -> Found {
        self.search_from(query, 0, limit)
    }

    /// As [`Catalog::search`], from the `skip`th best on: pages of one answer have the same order.
    pub fn search_from(&self, query: &Query, skip: usize, limit: usize) -> Found {
        // How well one fits is a sum, and in which order it is rounded depends on how many are kept.
        let kept = skip.saturating_add(limit).max(1).checked_next_multiple_of(KEPT).unwrap_or(usize::MAX);
        let mut found = Found::default();
        if query.is_empty() {
            return found;
        }
        let counting = self.counting();
        let total = query.total();
        let is_by_age = query.is_without_words();
        let mut ranked: Vec<(f32, u64, (usize, DocAddress))> = Vec::new();
        let texts = self.texts();
        // A word is unknown where no index has it.
        let mut asker = Asker { texts: &texts, words: Words::default(), found: &mut found };
        let clauses: Vec<_> = query.clauses.iter().map(|clause| asker.clause(clause)).collect();
        for (nth, text) in texts.iter().enumerate() {
            let query = all_of(clauses.iter().map(|clause| clause[nth].box_clone()).collect());
            let answer = if is_by_age {
                youngest(text, query.as_ref(), kept, &counting)
            } else {
                // Words are as rare in the few documents of memory as they are in the library.
                let library = texts.iter().max_by_key(|text| text.searcher().num_docs()).unwrap_or(text);
                run((text, library), query.as_ref(), kept, &counting, total)
            };
            match answer {
                Ok((hits, total)) => {
                    ranked.extend(hits.into_iter().map(|(score, number, at)| (score, number, (nth, at))));
                    found.total += total;
                }
                // What the other index says still holds.
                Err(trouble) => self.found(&trouble),
            }
        }
        // Same score: the higher number is the younger document.
        ranked.sort_by(|a, b| b.0.total_cmp(&a.0).then(b.1.cmp(&a.1)));
        found.hits = ranked
            .into_iter()
            .skip(skip)
            .take(limit)
            .filter_map(|(score, number, at)| {
                let path = self.path_of(number)?.to_path_buf();
                let record = self.record(number, &path)?;
                Some(Hit { path, score, record, at })
            })
            .collect();
        found
    }

    /// What a postmortem that was found here says; none where the index cannot tell.
    pub fn said(&self, hit: &Hit) -> Option<Kept> {
        let (nth, at) = hit.at;
        self.texts().get(nth)?.said(at)
    }

    /// The indexes: that on disk, and that of what it lacks.
    pub(super) fn texts(&self) -> Vec<&Text> {
        let texts = [self.disk.as_ref().and_then(|disk| disk.text.as_ref()), self.memory.text.as_ref()];
        texts.into_iter().flatten().collect()
    }

    /// The services that postmortems name, in lower case. The catalog must have been opened for text.
    pub fn services(&self) -> BTreeSet<String> {
        self.words_of(WordField::Service)
    }

    /// The owners of action items, [`recount_engine::config::plain`]. The catalog must have been opened for text.
    pub fn owners(&self) -> BTreeSet<String> {
        self.words_of(WordField::Owner)
    }

    fn words_of(&self, field: WordField) -> BTreeSet<String> {
        let mut words = BTreeSet::new();
        for text in self.texts() {
            for segment in text.searcher().segment_readers() {
                let Ok(index) = segment.inverted_index(field_of(text, field)) else { continue };
                let Ok(mut stream) = index.terms().stream() else { continue };
                while stream.advance() {
                    words.extend(str::from_utf8(stream.key()).map(str::to_owned));
                }
            }
        }
        words
    }

    /// The numbers that count.
    pub(super) fn counting(&self) -> Counting {
        if !self.memory.is_empty() && self.disk.is_some() {
            Counting::These(Arc::new(self.files.iter().map(|file| file.number).collect()))
        } else {
            Counting::But(self.memory.beyond.clone())
        }
    }
}

/// Which of the numbers that an index holds count.
pub(super) enum Counting {
    These(Arc<HashSet<u64>>),
    /// All but a few.
    But(HashSet<u64>),
}

impl Counting {
    pub(super) fn has(&self, number: u64) -> bool {
        match self {
            Self::These(numbers) => numbers.contains(&number),
            Self::But(numbers) => !numbers.contains(&number),
        }
    }
}

/// How the number of documents is found out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Total {
    /// Nobody asks: zero.
    Unasked,
    /// On its own: looking for the best of one word passes over most documents that have it.
    Apart,
    /// On the way: what must be looked at in every document anyway is not looked at twice.
    Along,
}

impl Query {
    /// Whether no word is looked for, so that nothing fits better than anything else.
    fn is_without_words(&self) -> bool {
        self.clauses.iter().flatten().all(|part| part.not || !matches!(part.what, What::Text { .. }))
    }

    fn total(&self) -> Total {
        let is_word = |part: &Part| {
            !part.not
                && matches!(&part.what, What::Text { form: Form::Word, text, .. } if text.chars().all(char::is_alphanumeric))
        };
        let is_plain = self.clauses.len() == 1 && self.clauses.iter().flatten().all(is_word);
        if is_plain { Total::Apart } else { Total::Along }
    }
}

/// The best documents of an index with their scores and numbers, and how many there are. How rare words are is asked
/// of the other index.
pub(super) fn run(
    (text, weighed_by): (&Text, &Text),
    query: &dyn TextQuery,
    limit: usize,
    counting: &Counting,
    total: Total,
) -> Result<(Best, usize), Trouble> {
    let searcher = text.searcher();
    let weighing = weighed_by.searcher();
    let (more, beyond) = beyond(&searcher, text, query, counting)?;
    let top = Fittest(limit.max(1).saturating_add(more));
    let (top, total) = match counting {
        Counting::But(_) => match total {
            Total::Unasked => (searcher.search_with_statistics_provider(query, &top, &weighing)?, 0),
            Total::Apart => (
                searcher.search_with_statistics_provider(query, &top, &weighing)?,
                query.count(&searcher)?.saturating_sub(beyond),
            ),
            Total::Along => {
                let (top, all) = searcher.search_with_statistics_provider(query, &(top, Count), &weighing)?;
                (top, all.saturating_sub(beyond))
            }
        },
        Counting::These(numbers) => {
            let filter = only(numbers, (top, Count));
            searcher.search_with_statistics_provider(query, &filter, &weighing)?
        }
    };
    let top = top.into_iter();
    Ok((top.filter(|(_, number, _)| counting.has(*number)).take(limit).collect(), total))
}

/// The youngest documents with their numbers, and how many there are.
fn youngest(
    text: &Text,
    query: &dyn TextQuery,
    limit: usize,
    counting: &Counting,
) -> Result<(Best, usize), Trouble> {
    let searcher = text.searcher();
    let (more, beyond) = beyond(&searcher, text, query, counting)?;
    let most = limit.saturating_add(more).min(searcher.num_docs() as usize).max(1);
    let top = TopDocs::with_limit(most).order_by_fast_field::<u64>("number", Order::Desc);
    let (top, total) = match counting {
        Counting::But(_) => {
            let (top, all) = searcher.search(query, &(top, Count))?;
            (top, all.saturating_sub(beyond))
        }
        Counting::These(numbers) => searcher.search(query, &only(numbers, (top, Count)))?,
    };
    let top = top.into_iter().filter_map(|(number, at)| Some((1.0, number?, at)));
    Ok((top.filter(|(_, number, _)| counting.has(*number)).take(limit).collect(), total))
}

fn only<C: Collector + Send + Sync>(
    numbers: &Arc<HashSet<u64>>,
    collector: C,
) -> impl Collector<Fruit = C::Fruit> {
    let numbers = Arc::clone(numbers);
    FilterCollector::new("number".to_owned(), move |number: u64| numbers.contains(&number), collector)
}

/// Of a few documents that do not count, how many there are and how many of them a query is about: cheaper than to
/// look at the number of each document that it is about.
fn beyond(
    searcher: &Searcher,
    text: &Text,
    query: &dyn TextQuery,
    counting: &Counting,
) -> Result<(usize, usize), Trouble> {
    let Counting::But(numbers) = counting else { return Ok((0, 0)) };
    if numbers.is_empty() {
        return Ok((0, 0));
    }
    let of = |number: &u64| -> Box<dyn TextQuery> {
        let term = Term::from_field_u64(text.fields.number, *number);
        Box::new(TermQuery::new(term, IndexRecordOption::Basic))
    };
    let among = any_of(numbers.iter().map(of).collect());
    Ok((numbers.len(), all_of(vec![among, query.box_clone()]).count(searcher)?))
}

/// Turns a query into one for each index.
struct Asker<'a, 't> {
    texts: &'a [&'t Text],
    words: Words,
    found: &'a mut Found,
}

type Asked = Vec<Box<dyn TextQuery>>;

impl Asker<'_, '_> {
    fn clause(&mut self, parts: &[Part]) -> Asked {
        let asked: Vec<(bool, Asked)> =
            parts.iter().map(|part| (part.not, self.what(&part.what, part.not))).collect();
        (0..self.texts.len())
            .map(|nth| {
                let part = |(not, asked): &(bool, Asked)| {
                    let query = asked[nth].box_clone();
                    if *not { without(query) } else { query }
                };
                any_of(asked.iter().map(part).collect())
            })
            .collect()
    }

    fn what(&mut self, what: &What, not: bool) -> Asked {
        let each = |asked: &dyn Fn(&Text) -> Box<dyn TextQuery>| -> Asked {
            self.texts.iter().map(|text| asked(text)).collect()
        };
        match what {
            What::Text { text, form, place } => self.text(text, *form, *place, not),
            What::Words(field, words) => each(&|text| {
                let field = field_of(text, *field);
                quiet(Box::new(TermSetQuery::new(
                    words.iter().map(|word| Term::from_field_text(field, word)),
                )))
            }),
            What::After(day) => each(&|text| range(text.fields.day, Some(days(*day)), None)),
            What::Before(day) => each(&|text| range(text.fields.day, None, Some(days(*day)))),
            What::Overdue(day) => each(&|text| range(text.fields.due, None, Some(days(*day)))),
            What::Open => each(&|text| {
                let term = Term::from_field_u64(text.fields.open, 1);
                quiet(Box::new(TermQuery::new(term, IndexRecordOption::Basic)))
            }),
        }
    }

    fn text(&mut self, text: &str, form: Form, place: Place, not: bool) -> Asked {
        let words = self.words.of(text);
        let last = words.len().saturating_sub(1);
        match (words.as_slice(), form) {
            ([], _) => self.texts.iter().map(|_| Box::new(EmptyQuery) as Box<dyn TextQuery>).collect(),
            ([word], Form::Word) => {
                let mut terms = vec![word.stem.clone()];
                if !not && self.is_unknown(&word.stem, place) {
                    let near = self.near(&word.stem, place);
                    if !near.is_empty() {
                        self.found.corrected.push((text.to_owned(), near.clone()));
                        terms = near;
                    }
                }
                self.seek(not, std::slice::from_ref(&terms));
                self.terms(&terms, place)
            }
            ([word], Form::Prefix) => {
                let terms = self.beginning_with(&word.exact, place);
                self.seek(not, std::slice::from_ref(&terms));
                self.terms(&terms, place)
            }
            ([word], Form::Phrase) => {
                self.seek(not, &[vec![word.exact.clone()]]);
                self.terms(std::slice::from_ref(&word.exact), place)
            }
            (words, form) => {
                // `eu-west-1` and `"no limit"` are words beside each other; `"check out*"` ends openly.
                let mut sets: Vec<Vec<String>> = words.iter().map(|word| vec![word.exact.clone()]).collect();
                if form == Form::Prefix {
                    sets[last] = self.beginning_with(&words[last].exact, place);
                }
                self.seek(not, &sets);
                self.phrase(&sets, place)
            }
        }
    }

    fn seek(&mut self, not: bool, sets: &[Vec<String>]) {
        if !not {
            self.found.sought.add(sets);
        }
    }

    fn terms(&self, terms: &[String], place: Place) -> Asked {
        let asked = |text: &&Text| {
            let mut parts: Vec<Box<dyn TextQuery>> = Vec::new();
            for (field, weight) in fields_of(text, place) {
                if terms.len() > NEAR {
                    let all = TermSetQuery::new(terms.iter().map(|term| Term::from_field_text(field, term)));
                    parts.push(Box::new(BoostQuery::new(Box::new(all), weight)));
                    continue;
                }
                for term in terms {
                    let term = Term::from_field_text(field, term);
                    let query = TermQuery::new(term, IndexRecordOption::WithFreqs);
                    parts.push(Box::new(BoostQuery::new(Box::new(query), weight)));
                }
            }
            any_of(parts)
        };
        self.texts.iter().map(asked).collect()
    }

    fn phrase(&self, sets: &[Vec<String>], place: Place) -> Asked {
        // One last word each: few, since a beginning that stands for many was cut.
        const LAST: usize = 20;
        let lasts = sets.last().map(|last| last.iter().take(LAST).collect::<Vec<_>>()).unwrap_or_default();
        let asked = |text: &&Text| {
            let mut parts: Vec<Box<dyn TextQuery>> = Vec::new();
            for (field, weight) in fields_of(text, place) {
                for last in &lasts {
                    let first = sets[..sets.len() - 1].iter().filter_map(|set| set.first());
                    let terms = first.chain([*last]).map(|term| Term::from_field_text(field, term)).collect();
                    parts.push(Box::new(BoostQuery::new(Box::new(PhraseQuery::new(terms)), weight)));
                }
            }
            any_of(parts)
        };
        self.texts.iter().map(asked).collect()
    }

    fn is_unknown(&self, term: &str, place: Place) -> bool {
        self.texts.iter().all(|text| {
            let searcher = text.searcher();
            let count = |(field, _)| searcher.doc_freq(&Term::from_field_text(field, term)).unwrap_or(0);
            fields_of(text, place).into_iter().map(count).all(|count| count == 0)
        })
    }

    /// The words nearest to one that stands nowhere: those of most documents first.
    fn near(&self, term: &str, place: Place) -> Vec<String> {
        let length = term.chars().count();
        let typed_digits = term.bytes().any(|byte| byte.is_ascii_digit());
        // A number that is not there is not another number.
        if length < ONE_TYPO || typed_digits {
            return Vec::new();
        }
        for distance in 1..=if length < TWO_TYPOS { 1 } else { 2 } {
            let mut near: Vec<(u64, String)> = Vec::new();
            for text in self.texts {
                let searcher = text.searcher();
                for (field, _) in fields_of(text, place) {
                    let _ = near_in(&searcher, field, term, distance, &mut near);
                }
            }
            if !near.is_empty() {
                near.sort_by(|a, b| b.0.cmp(&a.0).then_with(|| a.1.cmp(&b.1)));
                near.truncate(NEAR);
                return near.into_iter().map(|(_, word)| word).collect();
            }
        }
        Vec::new()
    }

    /// The words that begin so.
    fn beginning_with(&self, begin: &str, place: Place) -> Vec<String> {
        let mut terms = BTreeSet::new();
        for text in self.texts {
            let searcher = text.searcher();
            for segment in searcher.segment_readers() {
                for (field, _) in fields_of(text, place) {
                    let Ok(index) = segment.inverted_index(field) else { continue };
                    let Ok(mut stream) = index.terms().range().ge(begin).into_stream() else { continue };
                    let mut taken = 0;
                    while taken < BEGINNINGS && stream.advance() && stream.key().starts_with(begin.as_bytes())
                    {
                        terms.extend(str::from_utf8(stream.key()).map(str::to_owned));
                        taken += 1;
                    }
                }
            }
        }
        terms.into_iter().take(BEGINNINGS).collect()
    }
}

/// Adds the words of a field within a distance, each with how many documents have it.
fn near_in(
    searcher: &Searcher,
    field: Field,
    term: &str,
    distance: u8,
    near: &mut Vec<(u64, String)>,
) -> Result<(), Trouble> {
    let automaton = FuzzyTermQuery::new(Term::from_field_text(field, term), distance, true).automaton()?;
    for segment in searcher.segment_readers() {
        let index = segment.inverted_index(field)?;
        let mut stream = index.terms().search(&automaton).into_stream()?;
        while stream.advance() {
            let Ok(word) = str::from_utf8(stream.key()) else { continue };
            let count = u64::from(stream.value().doc_freq);
            match near.iter_mut().find(|(_, known)| known == word) {
                Some((sum, _)) => *sum += count,
                None => near.push((count, word.to_owned())),
            }
        }
    }
    Ok(())
}

fn fields_of(text: &Text, place: Place) -> Vec<(Field, f32)> {
    match place {
        Place::Anywhere => text.fields.texts.to_vec(),
        Place::Title => vec![(text.fields.title(), 1.0)],
        Place::Cause => vec![(text.fields.cause(), 1.0)],
    }
}

fn field_of(text: &Text, field: WordField) -> Field {
    match field {
        WordField::Id => text.fields.id,
        WordField::Severity => text.fields.severity,
        WordField::Stage => text.fields.stage,
        WordField::Service => text.fields.service,
        WordField::Factor => text.fields.factor,
        WordField::Owner => text.fields.owner,
        WordField::Tag => text.fields.tag,
    }
}

/// From a value on, and up to but not with another.
fn range(field: Field, from: Option<i64>, to: Option<i64>) -> Box<dyn TextQuery> {
    use std::ops::Bound::{Excluded, Included, Unbounded};
    let term = |value| Term::from_field_i64(field, value);
    let from = from.map_or(Unbounded, |value| Included(term(value)));
    let to = to.map_or(Unbounded, |value| Excluded(term(value)));
    quiet(Box::new(RangeQuery::new(from, to)))
}

/// What decides and does not rank.
fn quiet(query: Box<dyn TextQuery>) -> Box<dyn TextQuery> {
    Box::new(ConstScoreQuery::new(query, 0.0))
}

fn without(query: Box<dyn TextQuery>) -> Box<dyn TextQuery> {
    Box::new(BooleanQuery::new(vec![(Occur::Must, quiet(Box::new(AllQuery))), (Occur::MustNot, query)]))
}

fn any_of(mut parts: Vec<Box<dyn TextQuery>>) -> Box<dyn TextQuery> {
    match parts.len() {
        0 => Box::new(EmptyQuery),
        1 => parts.swap_remove(0),
        _ => Box::new(BooleanQuery::new(parts.into_iter().map(|part| (Occur::Should, part)).collect())),
    }
}

fn all_of(mut parts: Vec<Box<dyn TextQuery>>) -> Box<dyn TextQuery> {
    if parts.len() == 1 {
        return parts.swap_remove(0);
    }
    Box::new(BooleanQuery::new(parts.into_iter().map(|part| (Occur::Must, part)).collect()))
}
