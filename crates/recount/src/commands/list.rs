//! `recount list`: the postmortems of the library, newest first.

use std::io::Write as _;

use clap::ValueEnum;
use jiff::Timestamp;
use jiff::civil::Date;
use serde::Serialize;

use recount_engine::document::elapsed;
use recount_engine::document::template::FieldId;

use recount_store::catalog::Part;

use crate::Outcome;
use crate::environment::Environment;
use crate::error::{CliError, Exit};
use crate::filter::Filter;
use crate::machine::{self, Header};
use crate::table::{Column, Holds, Sheet};
use crate::workspace::{Workspace, tell_of_none};
use recount_workspace::Known;

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
    args.filter.warn_of_unknown(&records, workspace.config(), environment);
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

fn table(entries: &[Entry], environment: &mut Environment) -> Result<(), CliError> {
    let width = environment.width();
    let column = |name, holds, spare| Column { name, holds, spare };
    let mut columns = vec![
        column("ID", Holds::Values, None),
        column("Sev", Holds::Values, None),
        column("Start (UTC)", Holds::Values, None),
        column("Stage", Holds::Values, Some(0)),
        column("Open", Holds::Named, Some(1)),
        column("Late", Holds::Named, None),
        column("Title", Holds::Text, None),
    ];
    // The title says most; services come where there is room for both.
    let with_services = width >= 120;
    if with_services {
        columns.push(column("Services", Holds::Names((width * 22 / 100) as u16), None));
    }
    let row = |entry: &Entry| {
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
        cells
    };
    let (header, rows) = Sheet::new(columns, entries.iter().map(row).collect()).lines(width);
    for line in header.into_iter().chain(rows.into_iter().flatten()) {
        writeln!(environment.out(), "{line}")?;
    }
    Ok(())
}
