//! `recount show`: one postmortem at a glance.

use std::io::Write as _;

use jiff::Timestamp;
use serde::Serialize;

use recount_engine::document::operations::decode_cell;
use recount_engine::document::template::{FIELDS, FieldId, SectionId};
use recount_engine::document::value::duration;
use recount_engine::document::{Document, Milestone, counted, elapsed};
use recount_engine::lint::{Level, Options};

use crate::Outcome;
use crate::commands::recurrence;
use crate::environment::{Environment, visible};
use crate::error::{CliError, Exit};
use crate::machine::{self, Header};
use crate::workspace::Workspace;
use crate::wrap::labelled;
use recount_workspace::Before;

/// Show a postmortem: summary, milestones, timeline, action items, what is still to do
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The postmortem: its ID, number or path
    id: String,

    /// How to print
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    format: Format,
}

#[derive(Clone, Copy, Debug, clap::ValueEnum)]
enum Format {
    /// For people
    Text,
    /// The document itself
    Markdown,
    /// For programs: `show` version 1
    Json,
}

/// A postmortem in JSON.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct Output {
    /// Which format this is.
    recount: Header,
    /// Path from the library's root.
    path: String,
    /// Title; none for an untitled draft.
    title: Option<String>,
    /// `draft`, `review` or `final`.
    stage: String,
    /// The fields that are filled, by their names (`recount set --fields`); each value of a list apart.
    fields: std::collections::BTreeMap<&'static str, Vec<String>>,
    /// Milestones, RFC 3339, UTC.
    milestones: std::collections::BTreeMap<&'static str, String>,
    /// Figures in seconds from the start of impact.
    figures: Figures,
    /// Rows of the timeline.
    timeline: Vec<Row>,
    /// Bullets of the sections without fields.
    lists: std::collections::BTreeMap<&'static str, Vec<String>>,
    /// Action items.
    actions: Vec<Action>,
    /// Earlier incidents of the same cause, with their promises that were not kept when this one began.
    earlier: Vec<Before>,
    /// Findings by level at the document's own stage.
    findings: Counts,
}

/// Seconds from the start of impact; none where one of the two instants is unknown.
#[derive(Serialize, Clone, Copy)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[allow(clippy::struct_field_names, reason = "the names are those of the machine format")]
struct Figures {
    time_to_detect: Option<i64>,
    time_to_acknowledge: Option<i64>,
    time_to_mitigate: Option<i64>,
    time_to_resolve: Option<i64>,
}

#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct Row {
    /// From 1.
    number: usize,
    /// RFC 3339, UTC; none where it cannot be placed exactly.
    at: Option<String>,
    /// As written; in this and the other cells pipes are not escaped, and `<br>` is the end of a line.
    time: String,
    actor: String,
    action: String,
    result: String,
    milestone: Option<&'static str>,
}

#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[allow(clippy::struct_field_names, reason = "the names are those of the template")]
struct Action {
    /// From 1: `INC-0042#3`.
    number: usize,
    /// The stable ID, where one was given.
    id: Option<String>,
    priority: String,
    action: String,
    owner: String,
    due: String,
    status: String,
    verification_plan: String,
}

#[derive(Serialize, Default)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct Counts {
    errors: usize,
    warnings: usize,
    notes: usize,
}

pub(crate) fn run(args: Args, environment: &mut Environment) -> Outcome {
    let workspace = Workspace::open_or_loose(environment)?;
    let path = workspace.find(&args.id)?;
    let (stored, document) = workspace.read(&path)?;
    let options = Options::default();
    let mut counts = Counts::default();
    for finding in workspace.findings(&path, &document, environment.today(), options) {
        match finding.level {
            Level::Error => counts.errors += 1,
            Level::Warning => counts.warnings += 1,
            Level::Note => counts.notes += 1,
        }
    }
    // A file on its own has no past.
    let earlier = match workspace.library.config_path() {
        Some(_) if !matches!(args.format, Format::Markdown) => {
            workspace.past().before(&document.record(), environment.today(), workspace.config())
        }
        _ => Vec::new(),
    };
    let shown = workspace.library.relative(&path).display().to_string();
    match args.format {
        Format::Markdown => environment.raw(&stored.bytes)?,
        Format::Json => {
            let output = output(&document, shown, earlier, counts);
            machine::write(environment, &output)?;
        }
        Format::Text => {
            text(&document, &workspace.shown(environment, &path), &earlier, &counts, environment)?;
        }
    }
    Ok(Exit::Done)
}

/// The instant of a milestone: started and resolved are also fields.
fn instant(document: &Document, milestone: Milestone) -> Option<Timestamp> {
    match milestone {
        Milestone::Started => document.started_at(),
        Milestone::Resolved => document.ended_at(),
        _ => document.milestone(milestone)?.at(),
    }
}

fn figures(document: &Document) -> Figures {
    let since = |milestone| {
        let from = document.started_at()?;
        i64::try_from(elapsed(from, instant(document, milestone)?)?).ok()
    };
    Figures {
        time_to_detect: since(Milestone::Detected),
        time_to_acknowledge: since(Milestone::Acknowledged),
        time_to_mitigate: since(Milestone::Mitigated),
        time_to_resolve: since(Milestone::Resolved),
    }
}

const LISTS: [(SectionId, &str); 3] = [
    (SectionId::WentWell, "went-well"),
    (SectionId::WentPoorly, "went-poorly"),
    (SectionId::GotLucky, "got-lucky"),
];

fn output(document: &Document, path: String, earlier: Vec<Before>, findings: Counts) -> Output {
    let slices = |spans: Vec<recount_engine::document::Span>| -> Vec<String> {
        spans.into_iter().map(|span| document.slice(span).to_owned()).collect()
    };
    let said = |cell| decode_cell(document.cell_text(cell));
    Output {
        recount: Header { format: "show", version: 1 },
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
        figures: figures(document),
        timeline: document
            .timeline_rows()
            .iter()
            .map(|row| Row {
                number: row.number,
                at: row.at().map(|at| at.to_string()),
                time: said(row.time),
                actor: said(row.actor),
                action: said(row.action),
                result: said(row.result),
                milestone: row.milestone.map(Milestone::word),
            })
            .collect(),
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

fn text(
    document: &Document,
    path: &str,
    earlier: &[Before],
    counts: &Counts,
    environment: &mut Environment,
) -> Result<(), CliError> {
    let width = environment.width();
    let plain = anstyle::Style::new();
    let bold = if environment.has_color() { plain.bold() } else { plain };
    let title = visible(document.title_text().unwrap_or("(untitled draft)"));
    let path = &visible(path);
    let out = environment.out();
    writeln!(out, "{bold}{title}{bold:#}")?;
    writeln!(out, "{path}, stage {}", document.stage())?;
    let shown = [
        FieldId::IncidentId,
        FieldId::Severity,
        FieldId::StartTime,
        FieldId::EndTime,
        FieldId::Duration,
        FieldId::Services,
        FieldId::ImpactSummary,
        FieldId::DirectTrigger,
        FieldId::RootCause,
        FieldId::StoppedBleeding,
    ];
    writeln!(out)?;
    for field in shown {
        let values: Vec<&str> = document.field_values(field).map(|span| document.slice(span)).collect();
        if !values.is_empty() {
            paragraph(out, field.def().label, &values.join("; "), width)?;
        }
    }
    // "None: it was configured as intended" is an answer, and no factor.
    let mut factors: Vec<&str> =
        document.record().factors.iter().map(|factor| factor.category.def().label).collect();
    factors.dedup();
    if !factors.is_empty() {
        paragraph(out, "Contributing factors", &factors.join(", "), width)?;
    }
    let figures = figures(document);
    let named = [
        ("detect", figures.time_to_detect),
        ("acknowledge", figures.time_to_acknowledge),
        ("mitigate", figures.time_to_mitigate),
        ("resolve", figures.time_to_resolve),
    ];
    let known: Vec<String> = named
        .iter()
        .filter_map(|(name, seconds)| {
            Some(format!("{name} {}", duration::canonical(u64::try_from((*seconds)?).ok()?)))
        })
        .collect();
    if !known.is_empty() {
        paragraph(out, "Time from the start to", &known.join(", "), width)?;
    }
    // A line of the terminal, so no line of a cell gets its own.
    let said = |cell| decode_cell(document.cell_text(cell)).replace('\n', " ");
    if !document.timeline_rows().is_empty() {
        writeln!(out, "\n{bold}Timeline{bold:#}")?;
        let rows = document.timeline_rows().iter().map(|row| [row.time, row.actor, row.action]);
        let rows = rows.map(|row| row.map(said)).collect::<Vec<_>>();
        columns(out, &rows, width)?;
    }
    if !document.action_items().is_empty() {
        writeln!(out, "\n{bold}Action items{bold:#}")?;
        let rows = document.action_items().iter().map(|item| {
            let [priority, status, due, owner, action] =
                [item.priority, item.status, item.due, item.owner, item.action].map(said);
            let due = if due.is_empty() { due } else { format!("due {due}") };
            [format!("#{}", item.number), priority, status, due, owner, action]
        });
        columns(out, &rows.collect::<Vec<_>>(), width)?;
    }
    if !earlier.is_empty() {
        writeln!(out, "\n{bold}It happened before{bold:#}")?;
        recurrence::earlier(earlier, 2, width, out)?;
    }
    let total = counts.errors + counts.warnings + counts.notes;
    if total > 0 {
        writeln!(
            out,
            "\n{}, {}, {}: recount check {path}",
            counted(counts.errors, "error"),
            counted(counts.warnings, "warning"),
            counted(counts.notes, "note")
        )?;
    }
    Ok(())
}

/// Rows with their columns below each other; the last one is cut at the terminal's width. A cell that
/// is much longer than the others does not widen its column.
fn columns<const N: usize>(
    out: &mut impl std::io::Write,
    rows: &[[String; N]],
    width: usize,
) -> Result<(), CliError> {
    const WIDEST: usize = 24;
    let length = |text: &String| text.chars().count();
    let widths: Vec<usize> =
        (0..N).map(|at| rows.iter().map(|row| length(&row[at])).max().unwrap_or(0).min(WIDEST)).collect();
    for row in rows {
        let row = row.each_ref().map(|cell| visible(cell));
        let mut line = String::new();
        for (at, cell) in row.iter().enumerate() {
            line.push_str(cell);
            let length = |text: &str| text.chars().count();
            if at + 1 < N {
                line.extend(std::iter::repeat_n(' ', widths[at].saturating_sub(length(cell)) + 2));
            }
        }
        writeln!(out, "  {}", cut(line.trim_end(), width.saturating_sub(2)))?;
    }
    Ok(())
}

fn cut(line: &str, width: usize) -> String {
    if line.chars().count() <= width {
        return line.to_owned();
    }
    line.chars().take(width.saturating_sub(1)).chain(['…']).collect()
}

/// A label and its text, wrapped and indented.
fn paragraph(out: &mut impl std::io::Write, label: &str, text: &str, width: usize) -> Result<(), CliError> {
    Ok(labelled(out, width, 26, label, &visible(text))?)
}
