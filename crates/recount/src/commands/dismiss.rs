//! `recount dismiss`: candidates that shall never be offered again.

use std::io::Write as _;

use recount_engine::document::counted;
use recount_engine::evidence::freeze::State;
use recount_workspace::importing::known_events;

use crate::Outcome;
use crate::commands::import;
use crate::commit::{self, CommitArgs};
use crate::environment::Environment;
use crate::error::Exit;
use crate::workspace::Workspace;

/// Never offer these candidates again
///
/// They stay in the frozen evidence, and `recount take` still finds them by their ID.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The postmortem: its ID, number or path
    id: String,

    /// The events, by the IDs that `recount candidates` shows
    #[arg(required_unless_present = "all", value_name = "EVENT")]
    events: Vec<String>,

    /// Dismiss every candidate
    #[arg(long, conflicts_with = "events")]
    all: bool,

    #[command(flatten)]
    commit: CommitArgs,
}

pub(crate) fn run(args: Args, environment: &mut Environment) -> Outcome {
    let workspace = Workspace::open(environment)?;
    args.commit.begin(&workspace, environment)?;
    let path = workspace.find(&args.id)?;
    let guard = workspace.library.lock()?;
    workspace.refuse_other(&path)?;
    let mut frozen = import::frozen_of(&workspace, &path, environment)?;
    let ids = if args.all {
        frozen.candidates().iter().map(|event| event.id.clone()).collect()
    } else {
        known_events(&frozen, &args.events, &args.id)?
    };
    let mut count = 0;
    for id in &ids {
        match frozen.state(id) {
            State::Taken => environment.warn(format!("`{}` is in the timeline; remove its row there", id.0)),
            State::Dismissed => {}
            State::New => count += 1,
        }
    }
    let new: Vec<_> = ids.into_iter().filter(|id| frozen.state(id) == State::New).collect();
    if let Some(file) = frozen.decide(new.iter().map(|id| (id, State::Dismissed, "dismissed by hand"))) {
        guard.write_evidence(&path, &file.name, &file.bytes)?;
    }
    let (_, document) = workspace.read(&path)?;
    let name = commit::name_of(&path, &document);
    commit::subject(environment, &format!("{name}: dismiss {}", counted(count, "candidate")));
    writeln!(environment.out(), "{count} dismissed, {} left", frozen.candidates().len())?;
    Ok(Exit::Done)
}
