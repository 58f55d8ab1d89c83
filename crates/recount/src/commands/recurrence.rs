//! `recount recurrence`: which incidents of the library had happened before, and what had been promised then.

use std::io::Write as _;

use serde::Serialize;

use recount_engine::document::counted;
use recount_engine::insights::recurrence::day_of;

use crate::Outcome;
use crate::environment::{Environment, visible};
use crate::error::{CliError, Exit};
use crate::filter::Filter;
use crate::machine::{self, Header};
use crate::workspace::{Workspace, tell_of_none};
use crate::wrap::wrapped;
use recount_workspace::{Before, Unkept};

/// List the incidents that repeat an earlier one, and the promises that were not kept when they began
///
/// Two incidents are of one cause where the words of trigger, root cause and contributing factors are like enough,
/// weighted by how few incidents say them; less is enough where they share a service or a kind of factor, or where
/// the later one names the earlier. What is shared is said.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(flatten)]
    filter: Filter,

    /// Only where a promise about the same thing was not kept
    #[arg(long)]
    unkept: bool,

    /// How to print
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    format: Format,
}

#[derive(Clone, Copy, Debug, clap::ValueEnum)]
enum Format {
    /// For people
    Text,
    /// For programs: `recurrence` version 1
    Json,
}

/// The whole answer in JSON.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct Output {
    /// Which format this is.
    recount: Header,
    /// How many incidents were looked at: those with a start that the filters keep. They are compared with all earlier
    /// ones of the library.
    incidents: usize,
    /// Those of them that repeat an earlier one, newest first.
    repeated: Vec<Repetition>,
    /// Files that could not be read.
    problems: Vec<String>,
}

/// An incident that repeats an earlier one.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct Repetition {
    /// The incident's ID, or the path of a postmortem without one.
    incident: String,
    /// Its title.
    title: Option<String>,
    /// Path of its postmortem from the library's root.
    path: String,
    /// `Sev0` to `Sev3`.
    severity: Option<String>,
    /// When its impact began, RFC 3339, UTC.
    start: Option<String>,
    /// The earlier incidents of the same cause, the most like first.
    earlier: Vec<Before>,
}

pub(crate) fn run(args: Args, environment: &mut Environment) -> Outcome {
    let workspace = Workspace::open(environment)?;
    let config = workspace.config();
    let today = environment.today();
    let past = workspace.past();
    let wanted = args.filter.wanted();
    for unknown in wanted.unknown(&past.records, config) {
        environment.warn(unknown);
    }
    let mut incidents = 0;
    let mut repeated = Vec::new();
    for known in &past.records.known {
        let record = &known.record;
        if day_of(record).is_none() || !wanted.keeps(record, config) {
            continue;
        }
        incidents += 1;
        let mut earlier = past.before(record, today, config);
        if args.unkept {
            earlier.retain(|before| before.promises.iter().any(Unkept::covers));
        }
        if !earlier.is_empty() {
            repeated.push(Repetition {
                incident: known.name().to_owned(),
                title: record.title.clone(),
                path: known.path.clone(),
                severity: record.severity.map(|severity| severity.to_string()),
                start: record.started.map(|at| at.to_string()),
                earlier,
            });
        }
    }
    let problems = past.records.problems.clone();
    for problem in &problems {
        environment.warn(problem);
    }
    let exit = if problems.is_empty() { Exit::Done } else { Exit::Failed };
    match args.format {
        Format::Json => {
            let recount = Header { format: "recurrence", version: 1 };
            machine::write(environment, &Output { recount, incidents, repeated, problems })?;
        }
        Format::Text if past.records.is_empty() => tell_of_none(environment),
        Format::Text => {
            text(&repeated, environment)?;
            let covered = |repetition: &&Repetition| {
                repetition.earlier.iter().any(|before| before.promises.iter().any(Unkept::covers))
            };
            let unkept = repeated.iter().filter(covered).count();
            environment.note(format!(
                "{} of {} with a start had a cause that an earlier one had; before {unkept} of them a promise about it was \
                 not kept",
                repeated.len(),
                counted(incidents, "incident")
            ));
        }
    }
    Ok(exit)
}

fn text(repeated: &[Repetition], environment: &mut Environment) -> Result<(), CliError> {
    let width = environment.width();
    let bold = if environment.has_color() { anstyle::Style::new().bold() } else { anstyle::Style::new() };
    let out = environment.out();
    for (index, repetition) in repeated.iter().enumerate() {
        if index > 0 {
            writeln!(out)?;
        }
        let day = repetition.start.as_deref().and_then(|start| start.get(..10)).unwrap_or("-");
        let severity = repetition.severity.as_deref().unwrap_or("-");
        let title = visible(repetition.title.as_deref().unwrap_or("(untitled)"));
        writeln!(out, "{bold}{}{bold:#}  {day}  {severity}  {title}", visible(&repetition.incident))?;
        earlier(&repetition.earlier, 2, width, out)?;
    }
    Ok(())
}

/// Earlier incidents, each with why, and its promises.
pub(crate) fn earlier(
    all: &[Before],
    indent: usize,
    width: usize,
    out: &mut impl std::io::Write,
) -> Result<(), CliError> {
    for before in all {
        let day = before.day.map_or_else(|| "-".to_owned(), |day| day.to_string());
        let title = before.title.as_deref().unwrap_or("(untitled)");
        let first = format!("as {}, {day}: {title} ({})", before.incident, before.why);
        wrapped(out, width, indent, &visible(&first))?;
        let (covering, others): (Vec<&Unkept>, Vec<&Unkept>) =
            before.promises.iter().partition(|promise| promise.covers());
        for promise in &covering {
            let line =
                format!("would have covered: {} was {}: {}", promise.name, promise.was, promise.action);
            wrapped(out, width, indent + 2, &visible(&line))?;
        }
        if covering.is_empty() && others.is_empty() {
            writeln!(out, "{:1$}every promise of it was kept and verified", "", indent + 2)?;
        }
        if !others.is_empty() {
            let names: Vec<&str> = others.iter().map(|promise| promise.name.as_str()).collect();
            let line = format!("unfinished, about something else: {}", names.join(", "));
            wrapped(out, width, indent + 2, &visible(&line))?;
        }
    }
    Ok(())
}
