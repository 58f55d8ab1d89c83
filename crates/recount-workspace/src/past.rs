//! What the library knows of an incident's past: earlier incidents of the same cause and their promises, read once a
//! run and told in one way by `show`, `recurrence`, `new`, `draft` and the checker.
//!
//! What does not live here: what makes two causes the same (`insights::recurrence`).

use std::sync::Arc;

use jiff::civil::Date;
use serde::Serialize;

use recount_engine::config::Config;
use recount_engine::document::template::FieldId;
use recount_engine::document::{Document, Record};
use recount_engine::insights::recurrence::{Causes, Earlier, Promise, State, day_of};
use recount_engine::lint::Repeated;
use recount_store::catalog::{Asked, Part};

use crate::Workspace;
use crate::records::{AT_ONCE, Known, Records};

/// The records of the library, and their causes.
#[derive(Debug)]
pub struct Past {
    /// All postmortems.
    pub records: Arc<Records>,
    causes: Causes,
    /// What it was read from: what was found by it holds while that is the same.
    pub asked: Asked,
}

/// An earlier incident of the same cause.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Before {
    /// The incident's ID, or the path of a postmortem without one.
    pub incident: String,
    /// Its title.
    pub title: Option<String>,
    /// Path of its postmortem from the library's root.
    path: String,
    /// When its impact began, RFC 3339, UTC.
    start: Option<String>,
    /// The day of that.
    #[serde(skip)]
    pub day: Option<Date>,
    /// How like the causes are, from 0 to 1, in hundredths.
    likeness: f64,
    /// Whether the causes of the later incident name it.
    named: bool,
    /// Services that both impacted.
    services: Vec<String>,
    /// Kinds of contributing factors that both have.
    factors: Vec<&'static str>,
    /// Words that the causes of both say, as the later one writes them, those that say most first.
    words: Vec<String>,
    /// The same as a sentence.
    pub why: String,
    /// Its action items that were not finished and verified when the later incident began, those about its causes
    /// first.
    pub promises: Vec<Unkept>,
}

/// An action item that was not finished and verified when a later incident began.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Unkept {
    /// `INC-0042#3`.
    pub name: String,
    /// The stable ID, where it is written.
    id: Option<String>,
    /// `P0` to `P2`.
    priority: Option<String>,
    /// What is to be done.
    pub action: String,
    /// Owners as written.
    owners: Vec<String>,
    /// When it was due.
    #[cfg_attr(feature = "schema", schemars(with = "Option<String>"))]
    due: Option<Date>,
    /// What it was then: `overdue`, `open`, `refused`, `unverified`, or `unknown` where the statuses do not say.
    state: &'static str,
    /// Days past the due date, then.
    overdue_days: Option<i32>,
    /// The same as words: `overdue by 12 days`.
    pub was: String,
    /// Words that it shares with the causes of the later incident. One without any is about something else.
    pub words: Vec<String>,
}

impl Unkept {
    fn new(known: &Known, promise: Promise<'_>) -> Self {
        let Promise { action, state, words } = promise;
        Self {
            name: format!("{}#{}", known.name(), action.number),
            id: action.stable_id.clone(),
            priority: action.priority.map(|priority| priority.to_string()),
            action: action.action.clone(),
            owners: action.owners.clone(),
            due: action.due,
            overdue_days: if let State::Overdue(days) = state { Some(days) } else { None },
            state: state.word(),
            was: state.to_string(),
            words,
        }
    }

    /// That it is still owed, and why that is told: a sentence without a full stop.
    pub fn told(&self) -> String {
        let words: Vec<String> = self.words.iter().take(4).map(|word| format!("`{word}`")).collect();
        format!("{} is {}, and about {}: {}", self.name, self.was, words.join(", "), self.action)
    }

    /// Whether it would have covered the later incident: it is about the same thing.
    pub fn covers(&self) -> bool {
        !self.words.is_empty()
    }
}

impl Workspace {
    /// The past of the library's incidents, read when it is first asked for.
    pub fn past(&self) -> &Past {
        self.past.get_or_init(|| self.read_past(usize::MAX))
    }

    /// As [`Workspace::past`], for what nobody asked for: none where it is not known at once.
    pub fn past_at_once(&self) -> Option<&Past> {
        if self.past.get().is_none() {
            let past = self.read_past(AT_ONCE);
            // Nothing is read of a library that would take its time; one without postmortems has no past either.
            if !past.records.is_empty() {
                let _ = self.past.set(past);
            }
        }
        self.past.get()
    }

    /// Takes the records of the library, as `asked` says that its files were, for those that its past is worked out
    /// from: what was read once is not read again.
    pub fn keep_records(&self, asked: Asked, records: Arc<Records>) {
        // What is there already was read no later.
        let _ = self.kept.set((asked, records));
    }

    fn read_past(&self, at_most: usize) -> Past {
        let (asked, records) = self.kept.get().cloned().unwrap_or_else(|| {
            // Before anything is read: what changes meanwhile makes it another.
            let asked = Asked::library(&self.library);
            (asked, Arc::new(self.records_at_most(Part::Whole, at_most)))
        });
        let causes = Causes::new(records.known.iter().map(|known| &known.record), self.config());
        Past { records, causes, asked }
    }
}

impl Past {
    /// Earlier incidents of the same cause, the most like first, and their promises as of the start of this one; as of
    /// `today` where that is not known.
    pub fn before(&self, record: &Record, today: Date, config: &Config) -> Vec<Before> {
        let began = day_of(record).unwrap_or(today);
        let found = self.causes.earlier(record, config).into_iter();
        found.map(|earlier| self.told(earlier, record, began)).collect()
    }

    fn told(&self, earlier: Earlier, record: &Record, began: Date) -> Before {
        let known = &self.records.known[earlier.index];
        let why = earlier.why();
        let promises = self.causes.promises(&known.record, record, began);
        Before {
            incident: known.name().to_owned(),
            title: known.record.title.clone(),
            path: known.path.clone(),
            start: known.record.started.map(|at| at.to_string()),
            day: day_of(&known.record),
            likeness: (earlier.likeness * 100.0).round() / 100.0,
            named: earlier.is_named,
            services: earlier.services,
            factors: earlier.factors.into_iter().map(FieldId::factor_word).collect(),
            words: earlier.words,
            why,
            promises: promises.into_iter().map(|promise| Unkept::new(known, promise)).collect(),
        }
    }

    /// [`Past::before`] for the checker: those with promises about the same thing.
    pub fn repeated(&self, document: &Document, config: &Config) -> Vec<Repeated> {
        let record = document.record();
        // Without a start nothing can be said to have been owed by then.
        let Some(began) = day_of(&record) else { return Vec::new() };
        let found = self.before(&record, began, config).into_iter().filter_map(|before| {
            let covering = before.promises.into_iter().filter(Unkept::covers);
            let promises: Vec<_> = covering.map(|promise| (promise.name, promise.was)).collect();
            (!promises.is_empty()).then_some(Repeated {
                incident: before.incident,
                why: before.why,
                promises,
            })
        });
        found.collect()
    }

    /// Promises of earlier incidents that are still owed today and about the same thing.
    pub fn owed(&self, record: &Record, today: Date, config: &Config) -> Vec<Unkept> {
        let records = self.records.known.iter().map(|known| &known.record);
        let owed = self.causes.owed(records, record, today, config).into_iter();
        owed.map(|(index, promise)| Unkept::new(&self.records.known[index], promise)).collect()
    }
}
