//! Postmortems that are like one: by what their texts have in common, weighed by how rare it is, by
//! services, contributing factors, alerts and how they were detected.
//!
//! The index proposes those that share the most telling words; their records decide. What does not live
//! here: how likeness is told.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use recount_engine::document::template::FieldId;
use recount_engine::document::{FactorRecord, Record, declines, is_bare_none};
use tantivy::query::{BooleanQuery, BoostQuery, Occur, Query as TextQuery, TermQuery};
use tantivy::schema::IndexRecordOption;
use tantivy::{DocSet as _, TERMINATED, Term};

use super::find::{Total, run};
use super::text::Text;
use super::words::{Word, words_of};
use super::{Catalog, Trouble};

/// Words that the index is asked for: the most telling ones of those that another postmortem has.
const ASKED: usize = 24;
/// Postmortems that are looked at.
const CANDIDATES: usize = 60;
/// A word that stands in a greater share of the postmortems tells nothing.
const COMMON: f64 = 0.25;
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
    words: Vec<Word>,
    /// In an order of its own: sums of fractions depend on it.
    weights: BTreeMap<String, f64>,
}

impl Catalog {
    /// The postmortems most like one, best first, at most `limit`. The catalog must have been opened for
    /// text.
    pub fn similar(&self, probe: &Probe, limit: usize) -> Vec<Near> {
        let texts = [self.disk.as_ref().and_then(|disk| disk.text.as_ref()), self.memory.text.as_ref()];
        let texts: Vec<&Text> = texts.into_iter().flatten().collect();
        let mut rarity = Rarity { texts: &texts, total: self.files.len(), known: HashMap::new() };
        let own = probe.record.as_ref();
        let mut parts = own.map(parts).unwrap_or_default();
        parts.push((1.0, probe.text.clone()));
        let mine = Vector::of(&parts, &mut rarity);
        let mut asked: Vec<(&String, f64)> =
            mine.weights.iter().map(|(word, weight)| (word, *weight)).collect();
        asked.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(b.0)));
        let counting = self.counting();
        let own_number = probe.path.as_deref().and_then(|path| self.number_of(path));
        // What this one alone says is the rarest of all and leads nowhere: of a long text it would be all that is
        // asked for.
        let counts = |number: u64| Some(number) != own_number && counting.has(number);
        let leads = |word: &str| texts.iter().any(|text| stands(text, word, &counts).unwrap_or(true));
        let asked: Vec<(&String, f64)> =
            asked.into_iter().filter(|(word, _)| leads(word)).take(ASKED).collect();

        let mut numbers = Vec::new();
        for text in &texts {
            let query = query(text, &asked, &probe.services);
            // What one index cannot say, the other may.
            if let Ok((hits, _)) = run((text, text), &query, CANDIDATES, &counting, Total::Unasked) {
                numbers.extend(hits.into_iter().map(|(_, number)| number));
            }
        }
        numbers.retain(|number| Some(*number) != own_number);
        let paths = self.paths(&numbers);
        let mut near: Vec<Near> = numbers
            .iter()
            .filter_map(|number| {
                let path = paths.get(number)?;
                let record = self.record(*number, path)?;
                Some(compare(probe, &mine, path, record, &mut rarity))
            })
            .collect();
        near.sort_by(|a, b| {
            (b.score.total_cmp(&a.score))
                .then_with(|| b.record.started.cmp(&a.record.started))
                .then_with(|| a.path.cmp(&b.path))
        });
        near.truncate(limit);
        near
    }
}

/// What a record says of what happened and why, each part with its weight.
fn parts(record: &Record) -> Vec<(f64, String)> {
    let mut parts = Vec::new();
    parts.extend(record.title.iter().map(|text| (3.0, text.clone())));
    parts.extend(record.trigger.iter().map(|text| (2.0, text.clone())));
    parts.extend(record.root_cause.iter().map(|text| (2.0, text.clone())));
    parts.extend(factors(record).map(|factor| (1.0, factor.text.clone())));
    parts
}

/// The factors that were there: `None: nothing was at its limit` is none.
fn factors(record: &Record) -> impl Iterator<Item = &FactorRecord> {
    record.factors.iter().filter(|factor| !declines(&factor.text) && !is_bare_none(&factor.text))
}

impl Vector {
    fn of(parts: &[(f64, String)], rarity: &mut Rarity<'_>) -> Self {
        let mut vector = Self { words: Vec::new(), weights: BTreeMap::new() };
        for (weight, text) in parts {
            let words = words_of(text);
            for word in &words {
                let rare = rarity.of(&word.stem);
                if rare > 0.0 {
                    let slot = vector.weights.entry(word.stem.clone()).or_default();
                    *slot = slot.max(weight.sqrt() * rare);
                }
            }
            vector.words.extend(words);
            // Nothing runs from one text into the next.
            vector.words.push(Word { span: 0..0, exact: String::new(), stem: String::new() });
        }
        vector
    }

    fn sum(&self) -> f64 {
        self.weights.values().sum()
    }
}

/// How rare words are in the library.
struct Rarity<'t> {
    texts: &'t [&'t Text],
    total: usize,
    known: HashMap<String, f64>,
}

impl Rarity<'_> {
    /// Zero for what tells nothing.
    fn of(&mut self, word: &str) -> f64 {
        if let Some(known) = self.known.get(word) {
            return *known;
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
        self.known.insert(word.to_owned(), rare);
        rare
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

fn query(text: &Text, asked: &[(&String, f64)], services: &[String]) -> BooleanQuery {
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

fn compare(probe: &Probe, mine: &Vector, path: &Path, record: Record, rarity: &mut Rarity<'_>) -> Near {
    let theirs = Vector::of(&parts(&record), rarity);
    let (mut shared_mine, mut shared_theirs) = (0.0, 0.0);
    let mut shared = HashSet::new();
    for (word, weight) in &mine.weights {
        if let Some(their) = theirs.weights.get(word) {
            shared_mine += weight;
            shared_theirs += their;
            shared.insert(word.as_str());
        }
    }
    let part = |shared: f64, whole: f64| if whole > 0.0 { shared / whole } else { 0.0 };
    let covered = part(shared_mine, mine.sum());
    // Of an incident that is hardly described yet, all that counts is how much of that is known already.
    let is_described =
        probe.record.as_ref().is_some_and(|own| own.root_cause.is_some() || own.trigger.is_some());
    let text = if is_described { (covered * part(shared_theirs, theirs.sum())).sqrt() } else { covered };

    let own = probe.record.as_ref();
    let is_mine = |name: &String| probe.services.iter().any(|own| own.eq_ignore_ascii_case(name));
    let services: Vec<String> = record.services.iter().filter(|name| is_mine(name)).cloned().collect();
    let both = |a: Vec<FieldId>, b: Vec<FieldId>| -> Vec<FieldId> {
        let mut both: Vec<FieldId> = a.into_iter().filter(|id| b.contains(id)).collect();
        both.dedup();
        both
    };
    let categories = |record: &Record| factors(record).map(|factor| factor.category).collect::<Vec<_>>();
    let factors = own.map_or_else(Vec::new, |own| both(categories(own), categories(&record)));
    let detected_by =
        own.map_or_else(Vec::new, |own| both(own.detected_by.clone(), record.detected_by.clone()));
    let alerts: Vec<String> = own.map_or_else(Vec::new, |own| {
        own.alerts.iter().filter(|alert| record.alerts.contains(alert)).cloned().collect()
    });
    let some = |is: bool, weight: f64| if is { weight } else { 0.0 };
    let words = runs(mine, &theirs, &shared);
    // What both say in the same words is more than the words.
    let said: usize = words.iter().map(|run| run.split(' ').count() - 1).sum();
    let text = (text + 0.06 * f64::from(u32::try_from(said).unwrap_or(0).min(8))).min(1.0);
    let score = 0.68 * text
        + some(!services.is_empty(), 0.12)
        + some(!factors.is_empty(), 0.05)
        + some(!alerts.is_empty(), 0.12)
        + some(!detected_by.is_empty(), 0.03);
    Near { path: path.to_owned(), record, score, text, services, words, factors, alerts, detected_by }
}

/// What both say, in runs of words as long as both have them: `connection pool exhausted`.
fn runs(mine: &Vector, theirs: &Vector, shared: &HashSet<&str>) -> Vec<String> {
    let pairs: HashSet<(&str, &str)> =
        theirs.words.windows(2).map(|pair| (pair[0].stem.as_str(), pair[1].stem.as_str())).collect();
    let mut runs: Vec<(f64, String, Vec<&str>)> = Vec::new();
    let mut at = 0;
    while at < mine.words.len() {
        if !shared.contains(mine.words[at].stem.as_str()) {
            at += 1;
            continue;
        }
        let mut end = at + 1;
        while end < mine.words.len()
            && end - at < RUN
            && !mine.words[end].stem.is_empty()
            && pairs.contains(&(mine.words[end - 1].stem.as_str(), mine.words[end].stem.as_str()))
        {
            end += 1;
        }
        // A run ends with a word that tells something, not with `of the`.
        while !shared.contains(mine.words[end - 1].stem.as_str()) {
            end -= 1;
        }
        let stems: Vec<&str> = mine.words[at..end].iter().map(|word| word.stem.as_str()).collect();
        let weight = stems.iter().filter_map(|stem| mine.weights.get(*stem)).sum();
        let told: Vec<&str> = mine.words[at..end].iter().map(|word| word.exact.as_str()).collect();
        runs.push((weight, told.join(" "), stems));
        at = end;
    }
    runs.sort_by(|a, b| b.0.total_cmp(&a.0).then_with(|| a.1.cmp(&b.1)));
    let mut told: Vec<(String, Vec<&str>)> = Vec::new();
    for (_, text, stems) in runs {
        // What a longer run says already is not said again.
        let is_said = told.iter().any(|(_, known)| stems.iter().all(|stem| known.contains(stem)));
        if !is_said && told.len() < RUNS {
            told.push((text, stems));
        }
    }
    told.into_iter().map(|(text, _)| text).collect()
}
