//! `recount list`: the postmortems of the library, newest first.

use std::io::Write as _;

use clap::ValueEnum;
use jiff::Timestamp;
use recount_store::catalog::Part;

use crate::Outcome;
use crate::environment::Environment;
use crate::error::{CliError, Exit};
use crate::filter::Filter;
use crate::machine;
use crate::table::{Column, Holds, Sheet};
use crate::workspace::{Workspace, tell_of_none};
use recount_workspace::told::list::{Entry, HEADER, Output};

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

pub(crate) fn run(args: Args, environment: &mut Environment) -> Outcome {
    let workspace = Workspace::open(environment)?;
    let today = environment.today();
    let config = workspace.config();
    let records = workspace.parts_of_records(Part::Facts);
    let wanted = args.filter.wanted();
    for unknown in wanted.unknown(&records, config) {
        environment.warn(unknown);
    }
    let is_empty = records.is_empty();
    let problems = records.problems;
    let kept = records.known.into_iter().filter(|known| wanted.keeps(&known.record, config));
    let entries: Vec<Entry> = kept.map(|known| Entry::from(known, today)).collect();
    for problem in &problems {
        environment.warn(problem);
    }
    let failed = !problems.is_empty();
    match args.format {
        Format::Json => {
            machine::write(environment, &Output { recount: HEADER, postmortems: entries, problems })?;
        }
        Format::Table if is_empty => tell_of_none(environment),
        Format::Table if entries.is_empty() => environment.note("no postmortem is like that"),
        Format::Table => table(&entries, environment)?,
    }
    Ok(if failed { Exit::Failed } else { Exit::Done })
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
