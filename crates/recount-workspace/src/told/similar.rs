//! `similar`: postmortems that are like one.

use recount_engine::document::template::FieldId;
use recount_store::catalog::Near;
use serde::Serialize;

use super::Header;

/// The whole answer in JSON.
#[derive(Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Output<E = Entry> {
    /// Which format this is.
    pub recount: Header,
    /// Path of the postmortem that others are compared with, from the library's root.
    pub path: String,
    /// Most alike first.
    pub similar: Vec<E>,
    /// Files that could not be read.
    pub problems: Vec<String>,
}

/// A postmortem that is like it.
#[derive(Serialize)]
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
    /// When impact began, RFC 3339, UTC.
    pub start: Option<String>,
    /// From 0, nothing in common, to 1, the same.
    pub score: f64,
    /// Services that both impacted.
    pub services: Vec<String>,
    /// What both say, the most telling first.
    pub words: Vec<String>,
    /// Kinds of contributing factors of both.
    pub factors: Vec<&'static str>,
    /// Alerts that told of both.
    pub alerts: Vec<String>,
    /// Ways in which both were detected.
    pub detected_by: Vec<&'static str>,
}

impl Output {
    /// What the format is called.
    pub const HEADER: Header = Header { format: "similar", version: 1 };
}

impl Entry {
    /// What was found to be alike.
    pub fn of(near: Near) -> Self {
        let Near { path, record, score, services, words, factors, alerts, detected_by, .. } = near;
        Self {
            id: record.id,
            title: record.title,
            path: path.display().to_string(),
            severity: record.severity.map(|severity| severity.to_string()),
            start: record.started.map(|at| at.to_string()),
            score: (score * 1000.0).round() / 1000.0,
            services,
            words,
            factors: factors.into_iter().map(FieldId::factor_word).collect(),
            alerts,
            detected_by: detected_by.into_iter().map(|field| field.def().key).collect(),
        }
    }
}
