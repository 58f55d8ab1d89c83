//! `recount stage`: what the author claims.

use std::io::Write as _;

use recount_engine::document::Stage;

use crate::Outcome;
use crate::commands::rename;
use crate::commit::{self, CommitArgs};
use crate::environment::Environment;
use crate::error::{CliError, Exit};
use crate::workspace::Workspace;
use recount_workspace::not_ready;

/// Move a postmortem to a stage: `draft`, `review` or `final`
///
/// A stage whose rules the document breaks is refused. `final` also writes the day.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The postmortem: its ID, number or path
    id: String,

    /// The stage
    stage: Stage,

    /// Who reviewed it, for `final`; may be given several times
    #[arg(long = "reviewed-by", value_name = "PERSON")]
    reviewed_by: Vec<String>,

    /// Write it although rules of the stage are broken
    #[arg(long)]
    force: bool,

    #[command(flatten)]
    commit: CommitArgs,
}

pub(crate) fn run(args: Args, environment: &mut Environment) -> Outcome {
    let workspace = Workspace::open(environment)?;
    args.commit.begin(&workspace, environment)?;
    let path = workspace.find(&args.id)?;
    let guard = workspace.library.lock()?;
    let (stored, document) = workspace.read_to_change(&path)?;
    let name = rename::id_of(&document).unwrap_or(&args.id).to_owned();
    for name in args.reviewed_by.iter().map(|name| name.replace(['"', '\\'], "")) {
        if !workspace.config().people.is_empty() && workspace.config().person(&name).is_none() {
            environment.warn(format!("`{name}` is not on the roster in `recount.toml`"));
        }
    }
    let changed = workspace.at_stage(&document, args.stage, &args.reviewed_by, environment.today())?;
    let findings = workspace.in_the_way(&path, &changed, args.stage, environment.today());
    if !args.force && !findings.is_empty() {
        return Err(CliError::from(not_ready(&name, args.stage, &findings)).hint(format!(
            "`recount check {} --stage {}` shows them in place; `--force` sets the stage all the same",
            workspace.shown(&path),
            args.stage
        )));
    }
    workspace.write(&guard, &stored, &changed)?;
    commit::subject(environment, &format!("{name}: move to stage {}", args.stage));
    writeln!(environment.out(), "{name} is now `{}`", args.stage)?;
    Ok(Exit::Done)
}
