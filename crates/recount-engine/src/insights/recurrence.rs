//! Recurrence: earlier incidents of the same cause, and the promises of theirs that were not kept when this one
//! began.
//!
//! How causes are compared, all of it: the words of *Direct trigger*, *Root cause*, the contributing factors and the
//! title are reduced to their stems and weighted by how few incidents of the library say them; of each incident the
//! [`TELLING`] weightiest count. How like a later incident is to an earlier one is the mean of two numbers: the cosine
//! of the angle between these words of both, and the share of the later one's (by squares of weights) that the earlier
//! one says at all, since a draft is short. An earlier incident is of the same cause where they are like enough; less
//! is enough where a service or a kind of contributing factor is the same, and least where the causes of the later one
//! name the earlier. Nothing is learnt: whoever is told gets the words, services and factors that are shared.
//!
//! What does not live here: which incidents are like each other in any other way, and how this is told.

use std::collections::{HashMap, HashSet};
use std::sync::LazyLock;

use jiff::Timestamp;
use jiff::civil::Date;

use super::stem::stem;
use crate::config::{Config, plain};
use crate::document::template::FieldId;
use crate::document::value::priority::Priority;
use crate::document::value::status::StatusKind;
use crate::document::value::time::utc_day;
use crate::document::{ActionRecord, Record, counted};

/// How many words of an incident count: those that say most about it. More cost time and add what everybody says.
const TELLING: usize = 24;

/// As if a library began with so many incidents that share no word: in a library of three, what two of them say is
/// not common yet.
const ASSUMED: f64 = 30.0;

/// How like two causes must be where they share a service, only a kind of factor, or neither. In the example library
/// the two that are the same have 0.24 (with a service) and 0.30, and of the others the nearest with a service has 0.11
/// and the nearest without 0.15; the labelled pairs of the tests lie to both sides, too.
const LIKE_WITH_SERVICE: f64 = 0.16;
const LIKE_WITH_FACTOR: f64 = 0.2;
const LIKE_ALONE: f64 = 0.25;

/// How like where the later one names the earlier: enough that it is not named as a contrast.
const LIKE_WHERE_NAMED: f64 = 0.04;

/// A word that is telling for more incidents than this leads to none of them: it would lead to a good part of the
/// library, and weighs little.
const WIDEST: usize = 1_000;

/// At most so many earlier incidents are told of one.
const MOST: usize = 5;

/// The causes of a library's incidents, ready to be compared.
#[derive(Clone, Debug, Default)]
pub struct Causes {
    cases: Vec<Case>,
    stems: HashMap<String, u32>,
    /// In how many incidents each stem is.
    frequency: Vec<u32>,
    /// The incidents of which a stem is one of the telling words, with its weight there.
    postings: HashMap<u32, Vec<(u32, f64)>>,
    /// Incidents by their IDs in lower case.
    names: HashMap<String, u32>,
}

#[derive(Clone, Debug)]
struct Case {
    started: Option<Timestamp>,
    services: Vec<String>,
    factors: Vec<FieldId>,
    /// All that its causes say, in order.
    stems: Vec<u32>,
}

/// The telling words of an incident by their places, to be summed at once.
struct Telling {
    /// By stem: a place among the squares.
    places: Vec<u8>,
    /// Squares of weights; the first is that of every other word.
    squares: Vec<f64>,
}

impl Telling {
    fn of(mine: &[Said], stems: usize) -> Self {
        let mut this = Self { places: vec![0; stems], squares: vec![0.0] };
        // There are at most `TELLING` of them.
        for word in mine.iter().filter(|word| word.weight > 0.0) {
            if let Some(place) = word.id.and_then(|id| this.places.get_mut(id as usize)) {
                *place = this.squares.len() as u8;
                this.squares.push(word.weight * word.weight);
            }
        }
        this
    }

    /// How much of them a case says.
    fn said_by(&self, case: &Case) -> f64 {
        case.stems.iter().map(|stem| self.squares[usize::from(self.places[*stem as usize])]).sum()
    }
}

impl Case {
    /// The telling words of another that it says, too.
    fn shared<'m>(&self, mine: &'m [Said]) -> impl Iterator<Item = &'m Said> {
        let says = |id: u32| self.stems.binary_search(&id).is_ok();
        mine.iter().filter(move |word| word.weight > 0.0 && word.id.is_some_and(says))
    }
}

/// An earlier incident of the same cause.
#[derive(Clone, Debug, PartialEq)]
pub struct Earlier {
    /// Its place among the records that [`Causes`] were made from.
    pub index: usize,
    /// How like the causes are, from 0 to 1.
    pub likeness: f64,
    /// The causes of the later one name it.
    pub is_named: bool,
    /// Services that both impacted.
    pub services: Vec<String>,
    /// Kinds of contributing factors that both have.
    pub factors: Vec<FieldId>,
    /// Words that both say, as the later one writes them, those that say most first.
    pub words: Vec<String>,
}

/// A promise that was not kept when a later incident began.
#[derive(Clone, Debug, PartialEq)]
pub struct Promise<'a> {
    /// The action item.
    pub action: &'a ActionRecord,
    /// What it was then.
    pub state: State,
    /// Words that it shares with the causes of the later incident, as that one writes them: at least two, or all that
    /// it has. A promise without any is about something else.
    pub words: Vec<String>,
}

/// What an action item was on a day. Statuses carry the day since when they hold, and what was before that day is
/// known only as far as it follows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum State {
    /// Past its due date by so many days, and work was still owed.
    Overdue(i32),
    /// Still owed, and not due yet or without a day.
    Open,
    /// Decided against before; why.
    Refused(Option<Date>, Option<String>),
    /// Done, and not verified.
    Unverified(Option<Date>),
    /// What it was then cannot be told; why.
    Unknown(&'static str),
}

impl Causes {
    /// Reads the causes of all records. Names of services are settled by the configuration.
    pub fn new<'a>(records: impl IntoIterator<Item = &'a Record>, config: &Config) -> Self {
        let mut this = Self::default();
        let mut counts: Vec<Vec<(u32, u32)>> = Vec::new();
        for record in records {
            let index = this.cases.len() as u32;
            let mut own: HashMap<u32, u32> = HashMap::new();
            for text in cause_texts(record) {
                for (stem, _) in words(text) {
                    let next = this.frequency.len() as u32;
                    let id = *this.stems.entry(stem).or_insert(next);
                    if id == next {
                        this.frequency.push(0);
                    }
                    *own.entry(id).or_default() += 1;
                }
            }
            for id in own.keys() {
                this.frequency[*id as usize] += 1;
            }
            let mut own: Vec<(u32, u32)> = own.into_iter().collect();
            own.sort_unstable();
            let stems = own.iter().map(|(id, _)| *id).collect();
            counts.push(own);
            if let Some(id) = &record.id {
                this.names.insert(id.to_lowercase(), index);
            }
            this.cases.push(Case {
                started: record.started,
                services: services(record, config),
                factors: factors(record),
                stems,
            });
        }
        for (index, own) in counts.into_iter().enumerate() {
            let own = own.into_iter().map(|(id, count)| (id, this.weight(Some(id), count)));
            for (id, weight) in telling(own.collect()) {
                this.postings.entry(id).or_default().push((index as u32, weight));
            }
        }
        this
    }

    /// Earlier incidents of the same cause, the most like first.
    pub fn earlier(&self, record: &Record, config: &Config) -> Vec<Earlier> {
        let mine = self.said(record);
        let own_services = services(record, config);
        let own_factors = factors(record);
        let named = self.named(record);
        let mut scores = vec![0.0; self.cases.len()];
        let mut met: Vec<u32> = Vec::new();
        for word in mine.iter().filter(|word| word.weight > 0.0) {
            let postings = word.id.and_then(|id| self.postings.get(&id));
            let Some(postings) = postings.filter(|all| all.len() <= WIDEST) else { continue };
            for (index, weight) in postings {
                let score = &mut scores[*index as usize];
                if *score == 0.0 {
                    met.push(*index);
                }
                *score += weight * word.weight;
            }
        }
        met.extend(named.iter().filter(|index| scores[**index as usize] == 0.0));
        let telling = Telling::of(&mine, self.frequency.len());
        let itself = record.id.as_ref().and_then(|id| self.names.get(&id.to_lowercase()));
        let mut found: Vec<(Earlier, &Case)> = Vec::new();
        for index in met {
            let cosine = scores[index as usize];
            let case = &self.cases[index as usize];
            let is_earlier = match (case.started, record.started) {
                (Some(other), Some(own)) => other < own,
                // What has no start yet is being written now.
                (Some(_), None) => true,
                (None, _) => false,
            };
            if !is_earlier || itself == Some(&index) {
                continue;
            }
            let is_named = named.contains(&index);
            let least = if is_named { LIKE_WHERE_NAMED } else { LIKE_WITH_SERVICE };
            // Most are far from enough. The sum is that below in another order, so it may differ by a hair.
            if f64::midpoint(cosine, telling.said_by(case)) + 1e-9 < least {
                continue;
            }
            let said = case.shared(&mine).map(|word| word.weight * word.weight).sum::<f64>();
            let likeness = f64::midpoint(cosine, said);
            if likeness < least {
                continue;
            }
            let services: Vec<String> =
                case.services.iter().filter(|name| own_services.contains(name)).cloned().collect();
            let factors: Vec<FieldId> =
                case.factors.iter().filter(|id| own_factors.contains(id)).copied().collect();
            let enough = match () {
                () if is_named => LIKE_WHERE_NAMED,
                () if !services.is_empty() => LIKE_WITH_SERVICE,
                () if !factors.is_empty() => LIKE_WITH_FACTOR,
                () => LIKE_ALONE,
            };
            if likeness < enough {
                continue;
            }
            let words = Vec::new();
            let earlier = Earlier { index: index as usize, likeness, is_named, services, factors, words };
            found.push((earlier, case));
        }
        found.sort_by(|(a, _), (b, _)| {
            b.is_named.cmp(&a.is_named).then(b.likeness.total_cmp(&a.likeness)).then(a.index.cmp(&b.index))
        });
        found.truncate(MOST);
        let told = found.into_iter().map(|(earlier, case)| {
            let words = case.shared(&mine).map(|word| word.written.clone()).collect();
            Earlier { words, ..earlier }
        });
        told.collect()
    }

    /// The promises of an earlier incident that were not kept when the one of `record` began, on `began`: first
    /// those that share words with its causes, and of these the ones that were most plainly owed.
    pub fn promises<'a>(&self, earlier: &'a Record, record: &Record, began: Date) -> Vec<Promise<'a>> {
        let said = self.said(record);
        let mut promises: Vec<Promise<'a>> = earlier
            .actions
            .iter()
            .filter_map(|action| {
                let state = state_on(action, began)?;
                let shared = self.shared_with(&action.action, &said);
                // One word can mean two things, unless the promise has no other.
                let is_close = shared.len() > 1 || shared.len() == words(&action.action).count();
                Some(Promise { action, state, words: if is_close { shared } else { Vec::new() } })
            })
            .collect();
        promises.sort_by_key(|promise| {
            let priority = promise.action.priority.map_or(u8::MAX, Priority::number);
            (promise.words.is_empty(), promise.state.order(), priority, promise.action.number)
        });
        promises
    }

    /// The promises that are owed today and about the same thing as `record`, of which little is known yet: they
    /// share two telling words with it, or one and a service. The most like first, each with its incident's place.
    pub fn owed<'a>(
        &self,
        records: impl IntoIterator<Item = &'a Record>,
        record: &Record,
        today: Date,
        config: &Config,
    ) -> Vec<(usize, Promise<'a>)> {
        let said = self.said(record);
        let own_services = services(record, config);
        let mut found = Vec::new();
        for (index, other) in records.into_iter().enumerate() {
            if other.id.is_some() && other.id == record.id {
                continue;
            }
            let has_service = other.services.iter().any(|name| own_services.contains(&settled(name, config)));
            for action in other.actions.iter().filter(|action| action.is_open()) {
                let words = self.shared_with(&action.action, &said);
                let Some(state) = state_on(action, today) else { continue };
                if words.len() >= 2 || (words.len() == 1 && has_service) {
                    found.push((index, Promise { action, state, words }));
                }
            }
        }
        found.sort_by_key(|(index, promise)| {
            (usize::MAX - promise.words.len(), promise.state.order(), *index)
        });
        found
    }

    /// The words of a text that the causes say, too, and that few incidents say.
    fn shared_with(&self, text: &str, said: &[Said]) -> Vec<String> {
        let stems: HashSet<String> = words(text).map(|(stem, _)| stem).collect();
        let few = self.rarity(1) / 2.0;
        let shared = said.iter().filter(|word| word.rarity >= few && stems.contains(&word.stem));
        shared.map(|word| word.written.clone()).collect()
    }

    /// The words of a record's causes, those that say most first; the weights of all but those are 0.
    fn said(&self, record: &Record) -> Vec<Said> {
        let mut found: HashMap<String, (String, u32)> = HashMap::new();
        for text in cause_texts(record) {
            for (stem, written) in words(text) {
                found.entry(stem).or_insert((written, 0)).1 += 1;
            }
        }
        let mut found: Vec<Said> = found
            .into_iter()
            .map(|(stem, (written, count))| {
                let id = self.stems.get(&stem).copied();
                let rarity = self.rarity(id.map_or(1, |id| self.frequency[id as usize]));
                Said { weight: self.weight(id, count), rarity, id, stem, written }
            })
            .collect();
        found.sort_by(|a, b| b.weight.total_cmp(&a.weight).then_with(|| a.stem.cmp(&b.stem)));
        found.iter_mut().skip(TELLING).for_each(|word| word.weight = 0.0);
        let norm = found.iter().map(|word| word.weight * word.weight).sum::<f64>().sqrt();
        found.iter_mut().filter(|word| word.weight > 0.0).for_each(|word| word.weight /= norm);
        found
    }

    /// What a stem weighs in a text that says it `count` times.
    fn weight(&self, id: Option<u32>, count: u32) -> f64 {
        let frequency = id.map_or(1, |id| self.frequency[id as usize]);
        (1.0 + f64::from(count).ln()) * self.rarity(frequency)
    }

    /// How much a stem tells that so many incidents say.
    fn rarity(&self, frequency: u32) -> f64 {
        ((f64::from(self.cases.len() as u32) + ASSUMED) / (f64::from(frequency) + 1.0)).ln()
    }

    /// The incidents whose IDs stand in the causes.
    fn named(&self, record: &Record) -> HashSet<u32> {
        let is_apart = |ch: char| !(ch.is_alphanumeric() || matches!(ch, '-' | '_'));
        let names = cause_texts(record).flat_map(|text| text.split(is_apart));
        let names = names.map(|name| name.trim_matches(['-', '_'])).filter(|name| name.len() > 2);
        names.filter_map(|name| self.names.get(&name.to_lowercase()).copied()).collect()
    }
}

/// A word of a record's causes.
struct Said {
    stem: String,
    written: String,
    id: Option<u32>,
    weight: f64,
    rarity: f64,
}

impl Earlier {
    /// Why it is taken for the same cause: `names it; service inventory; both: retries, cold, buffers`.
    pub fn why(&self) -> String {
        const SHOWN: usize = 6;
        let mut parts = Vec::new();
        if self.is_named {
            parts.push("the causes name it".to_owned());
        }
        if !self.services.is_empty() {
            let word = if self.services.len() == 1 { "service" } else { "services" };
            parts.push(format!("same {word} {}", self.services.join(", ")));
        }
        if !self.factors.is_empty() {
            let labels: Vec<&str> = self.factors.iter().map(|id| id.def().label).collect();
            parts.push(format!("both with {}", labels.join(", ")));
        }
        if !self.words.is_empty() {
            let shown: Vec<&str> = self.words.iter().take(SHOWN).map(String::as_str).collect();
            parts.push(format!("both say {}", shown.join(", ")));
        }
        parts.join("; ")
    }
}

impl State {
    /// The word for machine formats.
    pub const fn word(&self) -> &'static str {
        match self {
            Self::Overdue(_) => "overdue",
            Self::Open => "open",
            Self::Refused(..) => "refused",
            Self::Unverified(_) => "unverified",
            Self::Unknown(_) => "unknown",
        }
    }

    const fn order(&self) -> u8 {
        match self {
            Self::Overdue(_) => 0,
            Self::Open => 1,
            Self::Refused(..) => 2,
            Self::Unverified(_) => 3,
            Self::Unknown(_) => 4,
        }
    }
}

/// As in "was open", "was overdue by 12 days".
impl std::fmt::Display for State {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Overdue(days) => {
                write!(f, "overdue by {}", counted(usize::try_from(*days).unwrap_or(0), "day"))
            }
            Self::Open => f.write_str("open"),
            Self::Refused(date, reason) => {
                f.write_str("refused")?;
                date.map_or(Ok(()), |date| write!(f, " on {date}"))?;
                reason.as_ref().map_or(Ok(()), |reason| write!(f, ": {reason}"))
            }
            Self::Unverified(None) => f.write_str("not verified"),
            Self::Unverified(Some(date)) => write!(f, "done on {date} and not verified"),
            Self::Unknown(why) => write!(f, "in a state that is not known: {why}"),
        }
    }
}

/// What an action item was on a day, as far as it was not kept by then; none where it was verified.
pub fn state_on(action: &ActionRecord, day: Date) -> Option<State> {
    let owed = || match action.due {
        Some(due) if due < day => State::Overdue(due.until(day).map_or(0, |span| span.get_days())),
        _ => State::Open,
    };
    let since = action.status_date;
    let Some(kind) = action.status else { return Some(State::Unknown("its status cannot be read")) };
    let state = match (kind, since) {
        // It was something else before it was reopened, and that is not written any more.
        (StatusKind::Open | StatusKind::InProgress, Some(date)) if date > day => {
            State::Unknown("it was reopened later")
        }
        (StatusKind::Open | StatusKind::InProgress, _) => owed(),
        (StatusKind::Done, Some(date)) if date > day => owed(),
        (StatusKind::Done, Some(date)) if date == day => State::Unknown("it was done on the same day"),
        (StatusKind::Done, date) => State::Unverified(date),
        (StatusKind::Verified, Some(date)) if date < day => return None,
        // When it was done is not written any more, only that it was not verified yet.
        (StatusKind::Verified, Some(_)) => State::Unverified(None),
        (StatusKind::Verified, None) => State::Unknown("when it was verified is not written"),
        (StatusKind::WontDo, Some(date)) if date > day => owed(),
        (StatusKind::WontDo, date) => State::Refused(date, action.status_reason.clone()),
    };
    Some(state)
}

/// The day on which impact began, UTC.
pub fn day_of(record: &Record) -> Option<Date> {
    record.started.map(utc_day)
}

fn cause_texts(record: &Record) -> impl Iterator<Item = &str> {
    let fields = [&record.title, &record.trigger, &record.root_cause];
    let fields = fields.into_iter().filter_map(|text| text.as_deref());
    fields.chain(record.factors.iter().map(|factor| factor.text.as_str()))
}

fn services(record: &Record, config: &Config) -> Vec<String> {
    let mut names: Vec<String> = record.services.iter().map(|name| settled(name, config)).collect();
    names.sort();
    names.dedup();
    names
}

fn settled(name: &str, config: &Config) -> String {
    plain(config.service_name(name))
}

fn factors(record: &Record) -> Vec<FieldId> {
    let mut factors: Vec<FieldId> = record.factors.iter().map(|factor| factor.category).collect();
    factors.dedup();
    factors
}

/// The weightiest words, their weights such that the sum of their squares is 1.
fn telling(mut words: Vec<(u32, f64)>) -> Vec<(u32, f64)> {
    words.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
    words.truncate(TELLING);
    let norm = words.iter().map(|(_, weight)| weight * weight).sum::<f64>().sqrt();
    words.into_iter().map(|(id, weight)| (id, weight / norm)).collect()
}

/// The words of a text that mean something, each as its stem and as it is written. `CertificateExpiresSoon` is three.
fn words(text: &str) -> impl Iterator<Item = (String, String)> {
    let parts = text.split(|ch: char| !(ch.is_alphanumeric() || matches!(ch, '\'' | '’')));
    parts.flat_map(humps).filter_map(|word| {
        let word = word.trim_matches(['\'', '’']).to_lowercase();
        let bare = word.split(['\'', '’']).next().unwrap_or_default();
        let is_short = bare.chars().nth(2).is_none();
        let has_number = bare.contains(|ch: char| ch.is_ascii_digit());
        (!is_short && !has_number && !COMMON.contains(bare)).then(|| (stem(bare.to_owned()), bare.to_owned()))
    })
}

/// A word in camel case, in its parts.
fn humps(word: &str) -> impl Iterator<Item = &str> {
    let mut rest = word;
    std::iter::from_fn(move || {
        if rest.is_empty() {
            return None;
        }
        let mut last_is_lower = false;
        let cut = rest.char_indices().find(|(_, ch)| {
            let is_cut = last_is_lower && ch.is_uppercase();
            last_is_lower = ch.is_lowercase();
            is_cut
        });
        let (part, other) = rest.split_at(cut.map_or(rest.len(), |(at, _)| at));
        rest = other;
        Some(part)
    })
}

/// Words that say nothing about a cause: those of grammar, and those that every postmortem has.
static COMMON: LazyLock<HashSet<&str>> = LazyLock::new(|| {
    let words = "about above after again against all also although among and another any are around away back because \
        been before being below between both but came can cannot come could did does done down due during each either \
        else even ever every few for from get give given goes got had has have her here him his how however incident \
        into its itself just last less like long made make many may more most much must near need never none nor not \
        nothing now off often once one only onto other our out over own per put rather same second should since some \
        still such than that the their them then there these they this those though through too took two under \
        until upon use used using very via was way well went were what when where whether which while who whose why \
        will with within without would yet you your service system time first day days minute minutes hour hours let add new old set three four five six seven eight nine ten times";
    words.split_whitespace().collect()
});

#[cfg(test)]
mod tests;
