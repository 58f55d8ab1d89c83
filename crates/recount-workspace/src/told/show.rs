//! `show`: one postmortem.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::Serialize;

use recount_engine::document::operations::decode_cell;
use recount_engine::document::template::{FIELDS, SectionId};
use recount_engine::document::{Document, Milestone, TimelineRow, elapsed};
use recount_engine::lint::{Finding, Level};

use super::Header;
use crate::past::Before;

/// A postmortem in JSON.
#[derive(Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Output {
    /// Which format this is.
    pub recount: Header,
    /// Path from the library's root.
    pub path: String,
    /// Title; none for an untitled draft.
    pub title: Option<String>,
    /// `draft`, `review` or `final`.
    pub stage: String,
    /// The fields that are filled, by their names (`recount set --fields`); each value of a list apart.
    pub fields: BTreeMap<&'static str, Vec<String>>,
    /// Milestones, RFC 3339, UTC.
    pub milestones: BTreeMap<&'static str, String>,
    /// Figures in seconds from the start of impact.
    pub figures: Figures,
    /// Rows of the timeline.
    pub timeline: Vec<Row>,
    /// Bullets of the sections without fields.
    pub lists: BTreeMap<&'static str, Vec<String>>,
    /// Action items.
    pub actions: Vec<Action>,
    /// Earlier incidents of the same cause, with their promises that were not kept when this one began.
    pub earlier: Vec<Before>,
    /// Findings by level at the document's own stage.
    pub findings: Counts,
}

/// Seconds from the start of impact; none where one of the two instants is unknown.
#[derive(Serialize, Clone, Copy)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[allow(clippy::struct_field_names, reason = "the names are those of the machine format")]
pub struct Figures {
    /// To the row *Detected*.
    pub time_to_detect: Option<i64>,
    /// To the row *Acknowledged*.
    pub time_to_acknowledge: Option<i64>,
    /// To the row *Mitigated*.
    pub time_to_mitigate: Option<i64>,
    /// To the end time, else the last row *Resolved*.
    pub time_to_resolve: Option<i64>,
}

/// A row of the timeline.
#[derive(Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Row {
    /// From 1.
    pub number: usize,
    /// RFC 3339, UTC; none where it cannot be placed exactly.
    pub at: Option<String>,
    /// As written; in this and the other cells pipes are not escaped, and `<br>` is the end of a line.
    pub time: String,
    /// Who.
    pub actor: String,
    /// What was done or seen.
    pub action: String,
    /// What came of it.
    pub result: String,
    /// The milestone that it is: its word.
    pub milestone: Option<&'static str>,
}

/// An action item, each cell as written.
#[derive(Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[allow(clippy::struct_field_names, reason = "the names are those of the template")]
pub struct Action {
    /// From 1: `INC-0042#3`.
    pub number: usize,
    /// The stable ID, where one was given.
    pub id: Option<String>,
    /// `P0` to `P2`.
    pub priority: String,
    /// What is to be done.
    pub action: String,
    /// Who owes it.
    pub owner: String,
    /// When it is due.
    pub due: String,
    /// How far it has come.
    pub status: String,
    /// How it will be verified, and the evidence that it was.
    pub verification_plan: String,
}

/// Findings, counted by level.
#[derive(Serialize, Default)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Counts {
    /// Those that fail a check.
    pub errors: usize,
    /// Warnings.
    pub warnings: usize,
    /// Notes.
    pub notes: usize,
}

impl Counts {
    /// Findings, counted.
    pub fn of(findings: &[Finding]) -> Self {
        let count = |level| findings.iter().filter(|finding| finding.level == level).count();
        Self { errors: count(Level::Error), warnings: count(Level::Warning), notes: count(Level::Note) }
    }
}

/// The instant of a milestone: started and resolved are also fields.
fn instant(document: &Document, milestone: Milestone) -> Option<Timestamp> {
    match milestone {
        Milestone::Started => document.started_at(),
        Milestone::Resolved => document.ended_at(),
        _ => document.milestone(milestone)?.at(),
    }
}

impl Figures {
    /// The figures of a document.
    pub fn of(document: &Document) -> Self {
        let since = |milestone| {
            let from = document.started_at()?;
            i64::try_from(elapsed(from, instant(document, milestone)?)?).ok()
        };
        Self {
            time_to_detect: since(Milestone::Detected),
            time_to_acknowledge: since(Milestone::Acknowledged),
            time_to_mitigate: since(Milestone::Mitigated),
            time_to_resolve: since(Milestone::Resolved),
        }
    }
}

/// The rows of a timeline.
pub fn timeline(document: &Document) -> Vec<Row> {
    let said = |cell| decode_cell(document.cell_text(cell));
    let row = |row: &TimelineRow| Row {
        number: row.number,
        at: row.at().map(|at| at.to_string()),
        time: said(row.time),
        actor: said(row.actor),
        action: said(row.action),
        result: said(row.result),
        milestone: row.milestone.map(Milestone::word),
    };
    document.timeline_rows().iter().map(row).collect()
}

const LISTS: [(SectionId, &str); 3] = [
    (SectionId::WentWell, "went-well"),
    (SectionId::WentPoorly, "went-poorly"),
    (SectionId::GotLucky, "got-lucky"),
];

impl Output {
    /// What the format is called.
    pub const HEADER: Header = Header { format: "show", version: 1 };

    /// A document with what its library knows beside it.
    pub fn of(document: &Document, path: String, earlier: Vec<Before>, findings: Counts) -> Self {
        let slices = |spans: Vec<recount_engine::document::Span>| -> Vec<String> {
            spans.into_iter().map(|span| document.slice(span).to_owned()).collect()
        };
        let said = |cell| decode_cell(document.cell_text(cell));
        Self {
            recount: Self::HEADER,
            path,
            title: document.title_text().map(str::to_owned),
            stage: document.stage().to_string(),
            fields: FIELDS
                .iter()
                .filter(|def| document.is_filled(def.id))
                .map(|def| (def.key, slices(document.field_values(def.id).collect())))
                .collect(),
            milestones: Milestone::ALL
                .into_iter()
                .filter_map(|milestone| Some((milestone.word(), instant(document, milestone)?.to_string())))
                .collect(),
            figures: Figures::of(document),
            timeline: timeline(document),
            lists: LISTS.into_iter().map(|(section, key)| (key, slices(document.entries(section)))).collect(),
            actions: document
                .action_items()
                .iter()
                .map(|item| Action {
                    number: item.number,
                    id: item.id.map(|id| document.slice(id).to_owned()),
                    priority: said(item.priority),
                    action: said(item.action),
                    owner: said(item.owner),
                    due: said(item.due),
                    status: said(item.status),
                    verification_plan: said(item.plan),
                })
                .collect(),
            earlier,
            findings,
        }
    }
}
