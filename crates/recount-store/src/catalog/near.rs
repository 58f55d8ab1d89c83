//! Postmortems that are like one: by what their texts have in common, weighed by how rare it is, by
//! services, contributing factors, alerts and how they were detected.
//!
//! The index proposes those that share the most telling words; their records decide. What does not live
//! here: how likeness is told.

use std::borrow::Cow;
use std::cell::RefCell;
use std::collections::{HashMap, HashSet};
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};

use recount_engine::document::template::FieldId;
use recount_engine::document::{FactorRecord, Record, declines, is_bare_none};
use tantivy::query::{BooleanQuery, BoostQuery, Occur, Query as TextQuery, TermQuery};
use tantivy::schema::IndexRecordOption;
use tantivy::{DocSet as _, TERMINATED, Term};

use super::find::{Total, run};
use super::text::Text;
use super::words::{each_stem, words_of};
use super::{Catalog, Trouble};

/// Words that the index is asked for: the most telling ones of those that another postmortem has.
const ASKED: usize = 24;
/// Postmortems that are looked at.
const CANDIDATES: usize = 60;
/// A word that stands in a greater share of the postmortems tells nothing.
const COMMON: f64 = 0.25;
/// Words whose rarity is remembered; with more of them it begins anew.
const REMEMBERED: usize = 50_000;
/// The longest run of words that is told as one.
const RUN: usize = 6;
/// Runs of words that are told.
const RUNS: usize = 3;

/// What others are compared with.
#[derive(Clone, Debug, Default)]
pub struct Probe {
    /// What is known of the incident.
    pub record: Option<Record>,
    /// Text that counts beside the record: symptoms, what evidence says.
    pub text: String,
    /// All names of the services impacted.
    pub services: Vec<String>,
    /// The postmortem that it is, from the library's root: it is not compared with itself.
    pub path: Option<PathBuf>,
}

/// A postmortem that is like another.
#[derive(Clone, Debug)]
pub struct Near {
    /// Path from the library's root.
    pub path: PathBuf,
    /// Its facts.
    pub record: Record,
    /// From 0, nothing in common, to 1, the same.
    pub score: f64,
    /// How much of the text is in common, from 0 to 1.
    pub text: f64,
    /// Services that both impacted, as this one names them.
    pub services: Vec<String>,
    /// What both say, the most telling first.
    pub words: Vec<String>,
    /// Kinds of contributing factors of both.
    pub factors: Vec<FieldId>,
    /// Alerts that told of both.
    pub alerts: Vec<String>,
    /// Ways in which both were detected.
    pub detected_by: Vec<FieldId>,
}

/// The words of a text, each with how much it weighs.
struct Vector {
    /// All of them, by their stems, with a [`GAP`] behind each part.
    words: Vec<Stem>,
    /// Those that tell something, in the order of the alphabet: sums of fractions depend on it.
    weights: Vec<(Stem, f64)>,
    sum: f64,
}

/// The place of a stem in a [`Lexicon`].
type Stem = u32;

/// Nothing runs from one text into the next.
const GAP: Stem = Stem::MAX;

impl Catalog {
    /// The postmortems most like one, best first, at most `limit`. The catalog must have been opened for
    /// text.
    pub fn similar(&self, probe: &Probe, limit: usize) -> Vec<Near> {
        self.similar_among(probe, limit, &|_| None)
    }

    /// As [`Catalog::similar`], where somebody has records of this state by their paths already: those are not read
    /// again.
    pub fn similar_among<'r>(
        &self,
        probe: &Probe,
        limit: usize,
        has: &dyn Fn(&Path) -> Option<&'r Record>,
    ) -> Vec<Near> {
        let texts = self.texts();
        let mut rarity = Rarity { texts: &texts, total: self.files.len(), known: self.rare.0.take() };
        let own = probe.record.as_ref();
        let mut parts = own.map(parts).unwrap_or_default();
        parts.push((1.0, &probe.text));
        let mine = Mine::of(&parts, &mut rarity);
        let mut asked: Vec<(&str, f64)> =
            mine.vector.weights.iter().map(|(stem, weight)| (rarity.known.word(*stem), *weight)).collect();
        asked.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(b.0)));
        let counting = self.counting();
        let own_number = probe.path.as_deref().and_then(|path| self.number_of(path));
        // What this one alone says is the rarest of all and leads nowhere: of a long text it would be all that is
        // asked for.
        let counts = |number: u64| Some(number) != own_number && counting.has(number);
        let leads = |word: &str| texts.iter().any(|text| stands(text, word, &counts).unwrap_or(true));
        let asked: Vec<(&str, f64)> = asked.into_iter().filter(|(word, _)| leads(word)).take(ASKED).collect();

        let mut numbers = Vec::new();
        for text in &texts {
            let query = query(text, &asked, &probe.services);
            // What one index cannot say, the other may.
            if let Ok((hits, _)) = run((text, text), &query, CANDIDATES, &counting, Total::Unasked) {
                numbers.extend(hits.into_iter().map(|(_, number, _)| number));
            }
        }
        numbers.retain(|number| Some(*number) != own_number);
        let mut near: Vec<Compared<'_, 'r>> = numbers
            .iter()
            .filter_map(|number| {
                let path = self.path_of(*number)?;
                let record = match has(path) {
                    Some(record) => Cow::Borrowed(record),
                    None => Cow::Owned(self.record(*number, path)?),
                };
                Some(compare(probe, &mine, path, record, &mut rarity))
            })
            .collect();
        if rarity.known.words.len() <= REMEMBERED {
            self.rare.0.replace(rarity.known);
        }
        near.sort_by(|a, b| {
            (b.score.total_cmp(&a.score))
                .then_with(|| b.record.started.cmp(&a.record.started))
                .then_with(|| a.path.cmp(b.path))
        });
        near.truncate(limit);
        near.into_iter().map(|compared| compared.told(probe, &mine)).collect()
    }
}

/// What a record says of what happened and why, each part with its weight.
fn parts(record: &Record) -> Vec<(f64, &str)> {
    let mut parts: Vec<(f64, &str)> = Vec::new();
    parts.extend(record.title.iter().map(|text| (3.0, text.as_str())));
    parts.extend(record.trigger.iter().map(|text| (2.0, text.as_str())));
    parts.extend(record.root_cause.iter().map(|text| (2.0, text.as_str())));
    parts.extend(factors(record).map(|factor| (1.0, factor.text.as_str())));
    parts
}

/// The factors that were there: `None: nothing was at its limit` is none.
fn factors(record: &Record) -> impl Iterator<Item = &FactorRecord> {
    record.factors.iter().filter(|factor| !declines(&factor.text) && !is_bare_none(&factor.text))
}

impl Vector {
    fn of(parts: &[(f64, &str)], rarity: &mut Rarity<'_>) -> Self {
        let mut words = Vec::new();
        let mut weights: Vec<(Stem, f64)> = Vec::new();
        for (weight, text) in parts {
            let weight = weight.sqrt();
            each_stem(text, |word| {
                let (stem, rare) = rarity.of(word);
                if rare > 0.0 {
                    weights.push((stem, weight * rare));
                }
                words.push(stem);
            });
            words.push(GAP);
        }
        // Of a word that several parts say, what it weighs most.
        weights.sort_unstable_by(|a, b| a.0.cmp(&b.0).then(b.1.total_cmp(&a.1)));
        weights.dedup_by_key(|(stem, _)| *stem);
        weights.sort_unstable_by(|a, b| rarity.known.word(a.0).cmp(rarity.known.word(b.0)));
        let sum = weights.iter().map(|(_, weight)| *weight).sum();
        Self { words, weights, sum }
    }
}

/// What others are compared with, as it is written.
struct Mine {
    vector: Vector,
    /// Each of its words, and nothing for a gap.
    written: Vec<String>,
}

impl Mine {
    fn of(parts: &[(f64, &str)], rarity: &mut Rarity<'_>) -> Self {
        let mut written = Vec::new();
        for (_, text) in parts {
            written.extend(words_of(text).into_iter().map(|word| word.exact));
            written.push(String::new());
        }
        Self { vector: Vector::of(parts, rarity), written }
    }

    /// Words beside each other, as they are written.
    fn told(&self, run: &Range<usize>) -> String {
        self.written[run.clone()].join(" ")
    }
}

/// Words, of those that somebody asked for: what is in a catalog does not change, and neither does how rare they are.
#[derive(Default)]
pub(super) struct Rare(RefCell<Lexicon>);

/// Words by their places, each with how rare it is.
#[derive(Default)]
struct Lexicon {
    places: HashMap<Arc<str>, Stem>,
    words: Vec<(Arc<str>, f64)>,
}

impl Lexicon {
    fn word(&self, stem: Stem) -> &str {
        self.words.get(stem as usize).map_or("", |(word, _)| word)
    }
}

/// How rare words are in the library.
struct Rarity<'t> {
    texts: &'t [&'t Text],
    total: usize,
    known: Lexicon,
}

impl Rarity<'_> {
    /// The place of a word, and how rare it is: zero for what tells nothing.
    fn of(&mut self, word: &str) -> (Stem, f64) {
        if let Some(stem) = self.known.places.get(word) {
            return (*stem, self.known.words[*stem as usize].1);
        }
        #[expect(clippy::cast_precision_loss, reason = "counts of documents")]
        let rare = {
            let count = |text: &&Text| {
                let searcher = text.searcher();
                let fields = text.fields.texts.iter().take(3);
                let counts = fields
                    .map(|(field, _)| searcher.doc_freq(&Term::from_field_text(*field, word)).unwrap_or(0));
                counts.max().unwrap_or(0)
            };
            let count = self.texts.iter().map(count).sum::<u64>() as f64;
            let total = self.total.max(1) as f64;
            let is_name = word.len() > 2 && word.bytes().any(|byte| !byte.is_ascii_digit());
            // In a handful of postmortems every word is common.
            let tells = is_name && count <= (total * COMMON).max(6.0) && !stop_words().contains(word);
            if tells { (1.0 + total / count.max(1.0)).ln() } else { 0.0 }
        };
        let (word, stem): (Arc<str>, Stem) = (word.into(), self.known.words.len() as Stem);
        self.known.places.insert(Arc::clone(&word), stem);
        self.known.words.push((word, rare));
        (stem, rare)
    }
}

/// Words of English that tell nothing, however few postmortems there are to see that by.
const STOP: &str = "about above across after again against ago all alone already also although always am among an \
    and another any anybody anyone anything are around as ask at away back be became because become been before began \
    begin behind being below best better between both bring but by call came can cannot carry case cause certain \
    change clean close come common could day days did different do does done down during each early either else end \
    enough even ever every everybody everyone everything exact exist failure far few find first follow for found from \
    full gave general get give given go gone good got great group had half happen has have he help her here high him \
    his hold hour how however i if in incident instead into is it its itself just keep kept kind knew know known large \
    last late later least leave led left less let like likely list little long look lost low made main make many may \
    me mean meant measure might minute more most move much must my near need neither never new next no nobody none nor \
    not nothing now number of off often old on once one only onto open or order ordinary other others our out over own \
    part path people per person place point problem put quick quite ran rather reach read real really reason report \
    rest result review right risk run said same saw say second see seem seen sent set several she should show side \
    since slow small so some somebody something soon start state stay step still stop such take taken tell than that \
    the their them then there therefore these they thing think third this those though three through thus time to \
    today together told too took true try turn twice two under until up upon us use used usual very want was way we \
    week well went were what when where whether which while who whole whose why will with within without word work \
    would written year yes yet you your sev0 sev1 sev2 sev3";

/// [`STOP`] as the index has it.
fn stop_words() -> &'static HashSet<String> {
    static WORDS: OnceLock<HashSet<String>> = OnceLock::new();
    WORDS.get_or_init(|| words_of(STOP).into_iter().flat_map(|word| [word.exact, word.stem]).collect())
}

/// Whether a word stands in what happened, or why, of a postmortem whose number counts.
fn stands(text: &Text, word: &str, counts: &dyn Fn(u64) -> bool) -> Result<bool, Trouble> {
    for segment in text.searcher().segment_readers() {
        let numbers = segment.fast_fields().u64("number")?;
        for (field, _) in text.fields.texts.iter().take(3) {
            let term = Term::from_field_text(*field, word);
            let index = segment.inverted_index(*field)?;
            let Some(mut postings) = index.read_postings(&term, IndexRecordOption::Basic)? else { continue };
            while postings.doc() != TERMINATED {
                let at = postings.doc();
                let is_alive = segment.alive_bitset().is_none_or(|alive| alive.is_alive(at));
                if is_alive && numbers.first(at).is_some_and(counts) {
                    return Ok(true);
                }
                postings.advance();
            }
        }
    }
    Ok(false)
}

fn query(text: &Text, asked: &[(&str, f64)], services: &[String]) -> BooleanQuery {
    let mut parts: Vec<(Occur, Box<dyn TextQuery>)> = Vec::new();
    let mut add = |term: Term, weight: f32| {
        let query = TermQuery::new(term, IndexRecordOption::WithFreqs);
        parts.push((Occur::Should, Box::new(BoostQuery::new(Box::new(query), weight))));
    };
    let [(title, _), (cause, _), (body, _), _] = text.fields.texts;
    for (word, _) in asked {
        add(Term::from_field_text(title, word), 2.0);
        add(Term::from_field_text(cause, word), 2.0);
        add(Term::from_field_text(body, word), 0.5);
    }
    for service in services {
        add(Term::from_field_text(text.fields.service, &service.to_lowercase()), 1.0);
    }
    BooleanQuery::new(parts)
}

/// A postmortem that was compared with another.
struct Compared<'c, 'r> {
    path: &'c Path,
    record: Cow<'r, Record>,
    score: f64,
    text: f64,
    /// Runs of words of the other one.
    runs: Vec<Range<usize>>,
}

fn compare<'c, 'r>(
    probe: &Probe,
    mine: &Mine,
    path: &'c Path,
    record: Cow<'r, Record>,
    rarity: &mut Rarity<'_>,
) -> Compared<'c, 'r> {
    let theirs = Vector::of(&parts(&record), rarity);
    let said: HashMap<Stem, f64> = theirs.weights.iter().copied().collect();
    let (mut shared_mine, mut shared_theirs) = (0.0, 0.0);
    let mut shared = HashMap::new();
    for (stem, weight) in &mine.vector.weights {
        if let Some(their) = said.get(stem) {
            shared_mine += weight;
            shared_theirs += their;
            shared.insert(*stem, *weight);
        }
    }
    let part = |shared: f64, whole: f64| if whole > 0.0 { shared / whole } else { 0.0 };
    let covered = part(shared_mine, mine.vector.sum);
    // Of an incident that is hardly described yet, all that counts is how much of that is known already.
    let is_described =
        probe.record.as_ref().is_some_and(|own| own.root_cause.is_some() || own.trigger.is_some());
    let text = if is_described { (covered * part(shared_theirs, theirs.sum)).sqrt() } else { covered };

    let runs = runs(mine, &theirs, &shared);
    // What both say in the same words is more than the words.
    let said: usize = runs.iter().map(|run| run.len() - 1).sum();
    let text = (text + 0.06 * f64::from(u32::try_from(said).unwrap_or(0).min(8))).min(1.0);
    let common = Common::of(probe, &record);
    let some = |is: bool, weight: f64| if is { weight } else { 0.0 };
    let score = 0.68 * text
        + some(!common.services.is_empty(), 0.12)
        + some(!common.factors.is_empty(), 0.05)
        + some(!common.alerts.is_empty(), 0.12)
        + some(!common.detected_by.is_empty(), 0.03);
    Compared { path, record, score, text, runs }
}

impl Compared<'_, '_> {
    fn told(self, probe: &Probe, mine: &Mine) -> Near {
        let Common { services, factors, alerts, detected_by } = Common::of(probe, &self.record);
        Near {
            path: self.path.to_owned(),
            services: services.into_iter().cloned().collect(),
            alerts: alerts.into_iter().cloned().collect(),
            record: self.record.into_owned(),
            score: self.score,
            text: self.text,
            words: self.runs.iter().map(|run| mine.told(run)).collect(),
            factors,
            detected_by,
        }
    }
}

/// What two have in common beside their words.
struct Common<'r> {
    services: Vec<&'r String>,
    factors: Vec<FieldId>,
    alerts: Vec<&'r String>,
    detected_by: Vec<FieldId>,
}

impl<'r> Common<'r> {
    fn of(probe: &'r Probe, record: &'r Record) -> Self {
        let is_mine = |name: &&String| probe.services.iter().any(|own| own.eq_ignore_ascii_case(name));
        let services = record.services.iter().filter(is_mine).collect();
        let Some(own) = probe.record.as_ref() else {
            return Self { services, factors: Vec::new(), alerts: Vec::new(), detected_by: Vec::new() };
        };
        let categories = |record: &Record| factors(record).map(|factor| factor.category).collect::<Vec<_>>();
        let both = |a: Vec<FieldId>, b: &[FieldId]| -> Vec<FieldId> {
            let mut both: Vec<FieldId> = a.into_iter().filter(|id| b.contains(id)).collect();
            both.dedup();
            both
        };
        Self {
            services,
            factors: both(categories(own), &categories(record)),
            alerts: own.alerts.iter().filter(|alert| record.alerts.contains(alert)).collect(),
            detected_by: both(own.detected_by.clone(), &record.detected_by),
        }
    }
}

/// What both say, in runs of words as long as both have them: `connection pool exhausted`.
fn runs(mine: &Mine, theirs: &Vector, shared: &HashMap<Stem, f64>) -> Vec<Range<usize>> {
    let words = &mine.vector.words;
    let is_shared = |at: usize| shared.contains_key(&words[at]);
    let mut runs: Vec<(f64, Range<usize>)> = Vec::new();
    if shared.is_empty() {
        return Vec::new();
    }
    let pairs: HashSet<(Stem, Stem)> = theirs.words.windows(2).map(|pair| (pair[0], pair[1])).collect();
    let mut at = 0;
    while at < words.len() {
        if !is_shared(at) {
            at += 1;
            continue;
        }
        let mut end = at + 1;
        while end < words.len()
            && end - at < RUN
            && words[end] != GAP
            && pairs.contains(&(words[end - 1], words[end]))
        {
            end += 1;
        }
        // A run ends with a word that tells something, not with `of the`.
        while !is_shared(end - 1) {
            end -= 1;
        }
        runs.push((words[at..end].iter().filter_map(|stem| shared.get(stem)).sum(), at..end));
        at = end;
    }
    runs.sort_by(|a, b| b.0.total_cmp(&a.0).then_with(|| mine.told(&a.1).cmp(&mine.told(&b.1))));
    let mut told: Vec<Range<usize>> = Vec::new();
    for (_, run) in runs {
        if told.len() == RUNS {
            break;
        }
        // What a longer run says already is not said again.
        let is_said = told
            .iter()
            .any(|known| words[run.clone()].iter().all(|stem| words[known.clone()].contains(stem)));
        if !is_said {
            told.push(run);
        }
    }
    told
}
