//! `list`: postmortems in a list.

use jiff::civil::Date;
use serde::Serialize;

use recount_engine::document::elapsed;
use recount_engine::document::template::FieldId;

use super::Header;
use crate::records::Known;

/// A postmortem in the list.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Entry {
    /// Incident ID, without marks.
    pub id: Option<String>,
    /// Title; none for an untitled draft.
    pub title: Option<String>,
    /// Path from the library's root.
    pub path: String,
    /// `Sev0` to `Sev3`; none where it cannot be read.
    pub severity: Option<String>,
    /// `draft`, `review` or `final`.
    pub stage: String,
    /// When impact began, RFC 3339, UTC.
    pub start: Option<String>,
    /// When it was over, RFC 3339, UTC.
    pub end: Option<String>,
    /// Seconds from start to end.
    pub duration_seconds: Option<i64>,
    /// Services impacted.
    pub services: Vec<String>,
    /// Kinds of contributing factors that are filled.
    pub factors: Vec<&'static str>,
    /// Action items, all and those that are not closed.
    pub actions: usize,
    /// Action items that are neither done, verified nor refused.
    pub open_actions: usize,
    /// Open action items past their due date.
    pub overdue_actions: usize,
}

/// What the format is called.
pub const HEADER: Header = Header { format: "list", version: 1 };

/// The whole answer in JSON.
#[derive(Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Output<E = Entry> {
    /// Which format this is.
    pub recount: Header,
    /// Newest first, unless another order was asked for.
    pub postmortems: Vec<E>,
    /// Files that could not be read.
    pub problems: Vec<String>,
}

impl Entry {
    /// A postmortem as it stands today.
    pub fn of(known: &Known, today: Date) -> Self {
        let Known { path, record } = known;
        let open = record.actions.iter().filter(|item| item.is_open()).count();
        let overdue = record.actions.iter().filter(|item| item.is_overdue(today)).count();
        Self {
            id: record.id.clone(),
            title: record.title.clone(),
            path: path.clone(),
            severity: record.severity.map(|severity| severity.to_string()),
            stage: record.stage.to_string(),
            start: record.started.map(|at| at.to_string()),
            end: record.resolved.map(|at| at.to_string()),
            duration_seconds: record
                .started
                .zip(record.resolved)
                .and_then(|(start, end)| elapsed(start, end))
                .and_then(|seconds| i64::try_from(seconds).ok()),
            services: record.services.clone(),
            factors: FieldId::ContributingFactors
                .members()
                .filter(|kind| record.factors.iter().any(|factor| factor.category == kind.id))
                .map(|kind| kind.id.factor_word())
                .collect(),
            actions: record.actions.len(),
            open_actions: open,
            overdue_actions: overdue,
        }
    }
}
