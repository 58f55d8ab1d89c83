//! `recount show`: one postmortem at a glance.

use std::io::Write as _;

use recount_engine::document::operations::decode_cell;
use recount_engine::document::template::FieldId;
use recount_engine::document::value::duration;
use recount_engine::document::{Document, counted};
use recount_engine::lint::Options;

use crate::Outcome;
use crate::commands::recurrence;
use crate::environment::{Environment, visible};
use crate::error::{CliError, Exit};
use crate::machine;
use crate::workspace::Workspace;
use crate::wrap::labelled;
use recount_workspace::Before;
use recount_workspace::told::show::{Counts, Figures, Output};

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

pub(crate) fn run(args: Args, environment: &mut Environment) -> Outcome {
    let workspace = Workspace::open_or_loose(environment)?;
    let path = workspace.find(&args.id)?;
    let (stored, document) = workspace.read(&path)?;
    let counts = Counts::of(&workspace.findings(&path, &document, environment.today(), Options::default()));
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
            let output = Output::of(&document, shown, earlier, counts);
            machine::write(environment, &output)?;
        }
        Format::Text => {
            text(&document, &workspace.shown(&path), &earlier, &counts, environment)?;
        }
    }
    Ok(Exit::Done)
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
    let figures = Figures::of(document);
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
