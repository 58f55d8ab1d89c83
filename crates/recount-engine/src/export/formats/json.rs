//! The postmortem as data: typed facts, the words of each section, the timeline with its instants.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::Serialize;

use super::{Format, Subject};
use crate::document::operations::decode_cell;
use crate::document::template::FIELDS;
use crate::document::value::status::StatusKind;
use crate::document::{Cell, Document, FieldState, Milestone, Span, elapsed};
use crate::export::audience::Audience;
use crate::export::html::section_anchor;
use crate::export::leaks;

pub(super) static FORMAT: Format = Format {
    name: "json",
    title: "JSON",
    about: "JSON: facts, sections, timeline and action items, with a schema that is kept",
    extension: "json",
    media_type: "application/json",
    write: |subject| {
        let mut bytes =
            serde_json::to_vec_pretty(&Postmortem::of(subject)).map_err(|error| error.to_string())?;
        bytes.push(b'\n');
        Ok(bytes)
    },
    // Its texts are Markdown.
    shown: |subject, bytes| leaks::of_json(bytes) + &leaks::of_markdown(subject.document.text()),
};

/// A postmortem, as it is exported.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Postmortem {
    recount: Header,
    /// Whom it is for: `internal` or `public`.
    audience: &'static str,
    /// The incident's ID.
    id: Option<String>,
    /// The title; none for an untitled draft.
    title: Option<String>,
    /// What its author claims: `draft`, `review` or `final`. Not told to the public.
    stage: Option<&'static str>,
    /// `Sev0` to `Sev3`; none where that cannot be read.
    severity: Option<String>,
    /// The services impacted, as written.
    services: Vec<String>,
    /// The regions impacted, as written.
    regions: Vec<String>,
    /// How many customers were affected, in percent.
    customers_affected: Option<Range>,
    /// The instants from which its figures are counted.
    milestones: Milestones,
    /// How long things took, in seconds, counted from the start.
    durations: Durations,
    /// The answered fields of the template, by their names, in Markdown.
    fields: BTreeMap<&'static str, String>,
    /// The sections in order, each with its text.
    sections: Vec<Section>,
    /// The rows of the timeline.
    timeline: Vec<Row>,
    /// The action items.
    actions: Vec<Action>,
}

/// What this file is.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
struct Header {
    /// The name.
    format: &'static str,
    /// Grows when something is taken away or changes its meaning. Properties may be added within a version; readers
    /// ignore what they do not know.
    version: u32,
}

/// The least and the most that a text allows.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
struct Range {
    /// At least.
    least: f64,
    /// At most.
    most: f64,
}

/// Instants, in RFC 3339; none where the document does not tell.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
struct Milestones {
    /// Impact began.
    started: Option<String>,
    /// Somebody or something noticed.
    detected: Option<String>,
    /// A person took it.
    acknowledged: Option<String>,
    /// Impact ended or was bearable.
    mitigated: Option<String>,
    /// It was over.
    resolved: Option<String>,
}

/// Seconds from the start.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[allow(clippy::struct_field_names, reason = "each is known by this name")]
struct Durations {
    /// Until it was noticed.
    time_to_detect: Option<u64>,
    /// Until a person took it.
    time_to_acknowledge: Option<u64>,
    /// Until impact ended or was bearable.
    time_to_mitigate: Option<u64>,
    /// Until it was over.
    time_to_resolve: Option<u64>,
}

/// A section.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
struct Section {
    /// Its name in the template: `root-cause`; none for a section of its own.
    key: Option<String>,
    /// Its heading as written.
    heading: String,
    /// What stands below the heading, in Markdown.
    text: String,
}

/// A row of the timeline.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
struct Row {
    /// Its number, from 1.
    number: usize,
    /// The instant, in RFC 3339; none where it cannot be placed exactly.
    at: Option<String>,
    /// The time as written.
    time: String,
    /// Who.
    actor: String,
    /// What, in Markdown.
    action: String,
    /// What came of it, in Markdown.
    result: String,
    /// The milestone that it marks: `started`, `detected`, `acknowledged`, `mitigated` or `resolved`.
    milestone: Option<String>,
}

/// An action item.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[allow(clippy::struct_field_names, reason = "the column is called so")]
struct Action {
    /// Its number, from 1.
    number: usize,
    /// `P0` to `P2`; none where that cannot be read.
    priority: Option<String>,
    /// What is to be done, in Markdown.
    action: String,
    /// Who owns it; nobody in a public export.
    owners: Vec<String>,
    /// The day by which it is due.
    due: Option<String>,
    /// `Open`, `In progress`, `Done`, `Verified` or `Won't do`; none where what is said is no status.
    status: Option<&'static str>,
    /// Since when.
    status_date: Option<String>,
    /// What is said beside the status.
    status_reason: Option<String>,
    /// How it is to be verified, in Markdown; empty in a public export.
    verification_plan: String,
}

impl Postmortem {
    fn of(subject: &Subject<'_>) -> Self {
        let document = subject.document;
        let record = document.record();
        let at = |at: Option<Timestamp>| at.map(|at| at.to_string());
        let until = |at: Option<Timestamp>| elapsed(record.started?, at?);
        let is_internal = subject.audience == Audience::Internal;
        Self {
            recount: Header { format: "postmortem", version: 1 },
            audience: subject.audience.as_str(),
            stage: is_internal.then(|| record.stage.as_str()),
            severity: record.severity.map(|severity| severity.to_string()),
            customers_affected: record.customers_affected.map(|(least, most)| Range { least, most }),
            durations: Durations {
                time_to_detect: until(record.detected),
                time_to_acknowledge: until(record.acknowledged),
                time_to_mitigate: until(record.mitigated),
                time_to_resolve: until(record.resolved),
            },
            milestones: Milestones {
                started: at(record.started),
                detected: at(record.detected),
                acknowledged: at(record.acknowledged),
                mitigated: at(record.mitigated),
                resolved: at(record.resolved),
            },
            fields: fields(document),
            sections: sections(document),
            timeline: timeline(document),
            actions: actions(document),
            id: record.id,
            title: record.title,
            services: record.services,
            regions: record.regions,
        }
    }
}

fn fields(document: &Document) -> BTreeMap<&'static str, String> {
    let filled = FIELDS.iter().filter_map(|def| document.field(def.id));
    let filled = filled.filter(|field| field.state == FieldState::Filled);
    filled
        .map(|field| {
            let (value, body) = (document.slice(field.value).trim(), document.slice(field.body).trim());
            let is_both = !value.is_empty() && !body.is_empty();
            (field.id.def().key, if is_both { format!("{value}\n{body}") } else { format!("{value}{body}") })
        })
        .collect()
}

fn sections(document: &Document) -> Vec<Section> {
    let sections = document.sections().iter().map(|section| {
        let below = Span::new(section.heading.end as usize, section.span.end as usize);
        Section {
            key: section.id.map(section_anchor),
            heading: document.slice(section.name).to_owned(),
            text: document.slice(below).trim().to_owned(),
        }
    });
    sections.collect()
}

fn timeline(document: &Document) -> Vec<Row> {
    let text = |cell| text(document, cell);
    let rows = document.timeline_rows().iter().map(|row| Row {
        number: row.number,
        at: row.at().map(|at| at.to_string()),
        time: text(row.time),
        actor: text(row.actor),
        action: text(row.action),
        result: text(row.result),
        milestone: row.milestone.map(|milestone: Milestone| milestone.word().to_lowercase()),
    });
    rows.collect()
}

fn actions(document: &Document) -> Vec<Action> {
    let text = |cell| text(document, cell);
    let items = document.action_items().iter().map(|item| {
        let status = document.status_of(item);
        let status = status.get();
        Action {
            number: item.number,
            priority: document.priority_of(item).get().map(ToString::to_string),
            action: text(item.action),
            owners: document.owners_of(item).iter().map(|owner| owner.name.to_owned()).collect(),
            due: document.due_of(item).get().map(|due| due.date.to_string()),
            status: item.status_kind.map(StatusKind::as_str),
            status_date: status.and_then(|status| status.date).map(|date| date.to_string()),
            status_reason: status.and_then(|status| status.reason).map(str::to_owned),
            verification_plan: text(item.plan),
        }
    });
    items.collect()
}

fn text(document: &Document, cell: Option<Cell>) -> String {
    cell.map_or_else(String::new, |cell| decode_cell(document.slice(cell.span)))
}
