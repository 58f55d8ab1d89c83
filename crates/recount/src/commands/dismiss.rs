//! `recount dismiss`: candidates that shall never be offered again.

use std::io::Write as _;

use recount_engine::document::counted;
use recount_workspace::importing::{Judged, known_events};

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
    let judged = Judged::dismissed(&mut frozen, &ids);
    for id in &judged.taken {
        environment.warn(format!("`{}` is in the timeline; remove its row there", id.0));
    }
    judged.record(&guard, &path)?;
    let count = judged.changed.len();
    let (_, document) = workspace.read(&path)?;
    let name = commit::name_of(&path, &document);
    commit::subject(environment, &format!("{name}: dismiss {}", counted(count, "candidate")));
    writeln!(environment.out(), "{count} dismissed, {} left", judged.left)?;
    Ok(Exit::Done)
}
