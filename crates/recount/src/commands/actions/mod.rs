//! `recount actions`: the promises of the library. What lives here: the arguments; each subcommand is a file.

mod add;
mod calendar;
mod ids;
mod list;
mod set;

use clap::Subcommand;
use clap::builder::{PossibleValue, PossibleValuesParser, TypedValueParser};

use recount_engine::document::value::priority::Priority;
use recount_engine::document::value::status::StatusKind;

use crate::Outcome;
use crate::environment::Environment;
use recount_workspace::{parse_day as parse_date, status_word};

/// List the action items of the library, add one, or change one
///
/// Lists what is still owed, what is overdue first. `INC-0042#3` names the third action item of INC-0042.
#[derive(Debug, clap::Args)]
#[command(args_conflicts_with_subcommands = true)]
pub(crate) struct Args {
    #[command(subcommand)]
    what: Option<What>,

    #[command(flatten)]
    list: list::Args,
}

#[derive(Debug, Subcommand)]
enum What {
    /// Add an action item to a postmortem
    Add(add::Args),
    /// Change an action item: its status, due date, owner, priority or plan
    Set(set::Args),
    /// Write a stable ID into each action item that has none
    Ids(ids::Args),
}

pub(crate) fn run(args: Args, environment: &mut Environment) -> Outcome {
    match args.what {
        None => list::run(&args.list, environment),
        Some(What::Add(args)) => add::run(&args, environment),
        Some(What::Set(args)) => set::run(&args, environment),
        Some(What::Ids(args)) => ids::run(&args, environment),
    }
}

/// Takes a status as its word, or as the template writes it.
fn status_parser() -> impl TypedValueParser<Value = StatusKind> {
    let value = |kind: StatusKind| PossibleValue::new(status_word(kind)).alias(kind.as_str());
    PossibleValuesParser::new(StatusKind::ALL.map(value)).map(|chosen| {
        let is_it = |kind: &StatusKind| {
            chosen.eq_ignore_ascii_case(status_word(*kind)) || chosen.eq_ignore_ascii_case(kind.as_str())
        };
        StatusKind::ALL.into_iter().find(is_it).unwrap_or(StatusKind::Open)
    })
}

fn parse_priority(text: &str) -> Result<Priority, String> {
    Priority::parse(text).map(|(priority, _)| priority).ok_or_else(|| "use `P0`, `P1` or `P2`".to_owned())
}
