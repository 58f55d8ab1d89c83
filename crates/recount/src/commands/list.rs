//! `recount list`: the postmortems of the library, newest first.

use std::io::Write as _;

use clap::ValueEnum;
use comfy_table::{ColumnConstraint, ContentArrangement, Row, Table, Width, presets};
use jiff::Timestamp;
use jiff::civil::Date;
use serde::Serialize;

use recount_engine::document::elapsed;

use recount_store::catalog::Part;

use crate::Outcome;
use crate::environment::{Environment, visible};
use crate::error::{CliError, Exit};
use crate::filter::{Filter, factor_word, factors};
use crate::machine::{self, Header};
use crate::records::{Known, tell_of_none};
use crate::workspace::Workspace;

/// List the postmortems of the library, newest first
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(flatten)]
    filter: Filter,

    /// How to print
    #[arg(long, value_name = "FORMAT", default_value = "table")]
    format: Format,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Format {
    /// For people
    Table,
    /// For programs: `list` version 1
    Json,
}

/// A postmortem in the list.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct Entry {
    /// Incident ID, without marks.
    id: Option<String>,
    /// Title; none for an untitled draft.
    title: Option<String>,
    /// Path from the library's root.
    path: String,
    /// `Sev0` to `Sev3`; none where it cannot be read.
    severity: Option<String>,
    /// `draft`, `review` or `final`.
    stage: String,
    /// When impact began, RFC 3339, UTC.
    start: Option<String>,
    /// When it was over, RFC 3339, UTC.
    end: Option<String>,
    /// Seconds from start to end.
    duration_seconds: Option<i64>,
    /// Services impacted.
    services: Vec<String>,
    /// Kinds of contributing factors that are filled.
    factors: Vec<&'static str>,
    /// Action items, all and those that are not closed.
    actions: usize,
    /// Action items that are neither done, verified nor refused.
    open_actions: usize,
    /// Open action items past their due date.
    overdue_actions: usize,
}

/// The whole answer in JSON.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct Output {
    /// Which format this is.
    recount: Header,
    /// Newest first.
    postmortems: Vec<Entry>,
    /// Files that could not be read.
    problems: Vec<String>,
}

pub(crate) fn run(args: Args, environment: &mut Environment) -> Outcome {
    let workspace = Workspace::open(environment)?;
    let today = environment.today();
    let records = workspace.parts_of_records(Part::Facts);
    let is_empty = records.is_empty();
    let problems = records.problems;
    let wanted =
        records.known.into_iter().filter(|known| args.filter.keeps(&known.record, workspace.config()));
    let entries: Vec<Entry> = wanted.map(|known| entry(known, today)).collect();
    for problem in &problems {
        environment.warn(problem);
    }
    let failed = !problems.is_empty();
    match args.format {
        Format::Json => {
            let output =
                Output { recount: Header { format: "list", version: 1 }, postmortems: entries, problems };
            machine::write(environment, &output)?;
        }
        Format::Table if is_empty => tell_of_none(environment),
        Format::Table if entries.is_empty() => environment.note("no postmortem is like that"),
        Format::Table => table(&entries, environment)?,
    }
    Ok(if failed { Exit::Failed } else { Exit::Done })
}

fn entry(known: Known, today: Date) -> Entry {
    let Known { path, record } = known;
    let open = record.actions.iter().filter(|item| item.is_open()).count();
    let overdue = record.actions.iter().filter(|item| item.is_overdue(today)).count();
    Entry {
        id: record.id,
        title: record.title,
        path,
        severity: record.severity.map(|severity| severity.to_string()),
        stage: record.stage.to_string(),
        start: record.started.map(|at| at.to_string()),
        end: record.resolved.map(|at| at.to_string()),
        duration_seconds: record
            .started
            .zip(record.resolved)
            .and_then(|(start, end)| elapsed(start, end))
            .and_then(|seconds| i64::try_from(seconds).ok()),
        services: record.services,
        factors: factors()
            .map(|(word, _)| word)
            .filter(|word| record.factors.iter().any(|factor| factor_word(factor.category) == *word))
            .collect(),
        actions: record.actions.len(),
        open_actions: open,
        overdue_actions: overdue,
    }
}

fn table(entries: &[Entry], environment: &mut Environment) -> Result<(), CliError> {
    // The title says most; services come where there is room for both.
    let width = environment.width();
    let with_services = width >= 120;
    let mut header = vec!["ID", "Sev", "Start (UTC)", "Stage", "Open", "Late", "Title"];
    let mut constraints = vec![ColumnConstraint::ContentWidth; 6];
    constraints.push(ColumnConstraint::LowerBoundary(Width::Percentage(38)));
    if with_services {
        header.push("Services");
        constraints.push(ColumnConstraint::UpperBoundary(Width::Percentage(22)));
    }
    let mut table = Table::new();
    table
        .load_style(presets::NOTHING)
        .set_content_arrangement(ContentArrangement::Dynamic)
        .set_width(width as u16)
        .set_truncation_indicator("…")
        .set_header(header);
    for entry in entries {
        let start = entry.start.as_deref().and_then(|at| at.parse::<Timestamp>().ok());
        let start = start.map(|at| at.strftime("%Y-%m-%d %H:%M").to_string());
        let count = |number: usize| if number == 0 { String::new() } else { number.to_string() };
        let mut cells = vec![
            entry.id.clone().unwrap_or_else(|| "-".to_owned()),
            entry.severity.clone().unwrap_or_else(|| "-".to_owned()),
            start.unwrap_or_else(|| "-".to_owned()),
            entry.stage.clone(),
            count(entry.open_actions),
            count(entry.overdue_actions),
            entry.title.clone().unwrap_or_else(|| format!("(untitled) {}", entry.path)),
        ];
        if with_services {
            cells.push(entry.services.join(", "));
        }
        let mut row = Row::from(cells.iter().map(|cell| visible(cell)).collect::<Vec<_>>());
        row.max_height(1);
        table.add_row(row);
    }
    table.set_constraints(constraints);
    for line in table.lines() {
        writeln!(environment.out(), "{}", line.trim_end())?;
    }
    Ok(())
}
