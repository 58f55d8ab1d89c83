//! Have we seen this before? What of a postmortem others are compared with, what of the answer is worth telling, and
//! how it is told.
//!
//! What does not live here: what makes two postmortems alike (`recount_store::catalog`).

use std::path::{Path, PathBuf};

use recount_engine::document::template::SectionId;
use recount_engine::document::{Document, Record};
use recount_store::catalog::{Catalog, Near, Probe};

use crate::Workspace;

/// Less in common than this is chance.
pub const LEAST: f64 = 0.2;
/// What is said unasked must be worth it.
const WORTH_SAYING: f64 = 0.3;
/// How many are said unasked.
const UNASKED: usize = 3;

/// What others are compared with.
pub struct Likeness(Probe);

impl Likeness {
    /// What is known of a document at `path` from the library's root.
    pub fn of(workspace: &Workspace, document: &Document, path: PathBuf) -> Self {
        let record = document.record();
        let services =
            record.services.iter().flat_map(|name| workspace.config().names_of_service(name)).collect();
        let symptoms = document.passages().into_iter().filter(|passage| {
            matches!(passage.section, Some(SectionId::IncidentSummary | SectionId::Impact))
        });
        // Numbers, times and names of regions are no symptoms; they tell nothing and are passed over.
        let text = symptoms.map(|passage| passage.text).collect::<Vec<_>>().join("\n");
        let text = if is_described(&record) { text } else { String::new() };
        Self(Probe { record: Some(record), text, services, path: Some(path) })
    }

    /// The postmortems that are most like it, most alike first, at most `limit`, and those that have less in common
    /// than [`LEAST`], too. The catalog was opened for text.
    pub fn nearest(&self, catalog: &Catalog, limit: usize) -> Vec<Near> {
        catalog.similar(&self.0, limit)
    }

    /// As [`Likeness::nearest`], where somebody has records of this state by their paths already.
    pub fn nearest_among<'r>(
        &self,
        catalog: &Catalog,
        limit: usize,
        has: &dyn Fn(&Path) -> Option<&'r Record>,
    ) -> Vec<Near> {
        catalog.similar_among(&self.0, limit, has)
    }

    /// Those that are worth telling whoever did not ask.
    pub fn worth_saying(&self, catalog: &Catalog) -> Vec<Near> {
        let mut near = catalog.similar(&self.0, UNASKED);
        // One word in common is none.
        near.retain(|near| {
            near.score >= WORTH_SAYING && near.words.iter().flat_map(|words| words.split(' ')).count() > 1
        });
        near
    }
}

/// Whether more is known than title and services.
pub fn is_described(record: &Record) -> bool {
    record.root_cause.is_some() || record.trigger.is_some()
}

/// What it is called: its ID, severity, day and title.
pub fn heading(near: &Near) -> String {
    let record = &near.record;
    let id = record.id.clone().unwrap_or_else(|| near.path.display().to_string());
    let mut parts = vec![id];
    parts.extend(record.severity.map(|severity| severity.to_string()));
    parts.extend(record.started.map(|at| at.strftime("%Y-%m-%d").to_string()));
    parts.extend(record.title.clone());
    parts.join("  ")
}

/// What both have in common, as a sentence without a full stop.
pub fn why(near: &Near) -> String {
    let mut why = Vec::new();
    let listed = |what: &str, names: &[String]| format!("{what} {}", names.join(", "));
    if !near.services.is_empty() {
        why.push(listed("same service", &near.services));
    }
    if !near.words.is_empty() {
        why.push(listed("both say:", &near.words));
    }
    if !near.factors.is_empty() {
        let factors: Vec<String> = near.factors.iter().map(|id| id.factor_word().to_owned()).collect();
        why.push(listed(if factors.len() == 1 { "factor" } else { "factors" }, &factors));
    }
    if !near.alerts.is_empty() {
        why.push(listed("same alert", &near.alerts));
    }
    if why.is_empty() {
        why.extend(near.detected_by.iter().map(|field| format!("both detected by {}", field.def().label)));
    }
    why.join("; ")
}
