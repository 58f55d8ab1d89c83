//! `recount evidence`: the frozen evidence itself.

use std::io::Write as _;

use clap::Subcommand;
use recount_engine::evidence::freeze::State;

use crate::Outcome;
use crate::commands::import;
use crate::environment::Environment;
use crate::error::{CliError, Exit};
use crate::workspace::Workspace;

/// Look at the frozen evidence of a postmortem, or remove it
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    /// List the inputs that were frozen
    List {
        /// The postmortem: its ID, number or path
        id: String,
    },
    /// Remove everything that was frozen; rows that link to it lose what they link to
    Purge {
        /// The postmortem: its ID, number or path
        id: String,
        /// Do it, instead of saying what would be done
        #[arg(long)]
        yes: bool,
    },
}

pub(crate) fn run(args: Args, environment: &mut Environment) -> Outcome {
    let workspace = Workspace::open(environment)?;
    match args.what {
        What::List { id } => {
            let path = workspace.find(&id)?;
            let frozen = import::frozen_of(&path, environment)?;
            for input in frozen.inputs() {
                let (name, source) =
                    input.header.as_ref().map_or(("?", "?"), |h| (h.name.as_str(), h.source.as_str()));
                let taken = input.events.iter().filter(|e| frozen.state(&e.id) == State::Taken).count();
                let total = input.events.len();
                writeln!(
                    environment.out(),
                    "{}  {source}  {name}  {total} events, {taken} in the timeline",
                    input.file
                )?;
            }
            if frozen.inputs().is_empty() {
                environment.note(format!("nothing is frozen for `{id}`"));
            }
            Ok(Exit::Done)
        }
        What::Purge { id, yes } => {
            let path = workspace.find(&id)?;
            let frozen = import::frozen_of(&path, environment)?;
            let (inputs, events) = (frozen.inputs().len(), frozen.events().len());
            if !yes {
                return Err(CliError::new(format!(
                    "this would remove {inputs} frozen inputs with {events} events of `{id}` for good"
                ))
                .hint("say `--yes` to do it"));
            }
            workspace.library.lock()?.remove_evidence(&path)?;
            writeln!(environment.out(), "removed {inputs} frozen inputs with {events} events of `{id}`")?;
            Ok(Exit::Done)
        }
    }
}
