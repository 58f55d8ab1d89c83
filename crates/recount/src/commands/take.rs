//! `recount take`: candidates into the timeline.

use recount_engine::document::counted;
use recount_engine::evidence::Curation;
use recount_engine::evidence::freeze::State;
use recount_workspace::importing::known_events;

use crate::Outcome;
use crate::commands::import;
use crate::commit::{self, CommitArgs};
use crate::environment::Environment;
use crate::error::Exit;
use crate::workspace::Workspace;

/// Take candidates into the timeline
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The postmortem: its ID, number or path
    id: String,

    /// The events, by the IDs that `recount candidates` shows
    #[arg(required = true, value_name = "EVENT")]
    events: Vec<String>,

    #[command(flatten)]
    commit: CommitArgs,
}

pub(crate) fn run(args: Args, environment: &mut Environment) -> Outcome {
    let workspace = Workspace::open(environment)?;
    args.commit.begin(&workspace, environment)?;
    let path = workspace.find(&args.id)?;
    let guard = workspace.library.lock()?;
    let (stored, document) = workspace.read_to_change(&path)?;
    let frozen = import::frozen_of(&workspace, &path, environment)?;
    let ids = known_events(&frozen, &args.events, &args.id)?;
    for id in ids.iter().filter(|id| frozen.state(id) == State::Taken) {
        environment.warn(format!("`{}` was taken before; a row that somebody deleted comes back", id.0));
    }
    let imported = workspace.take_in(&path, &document, frozen, &Curation::default(), &ids)?;
    workspace.write(&guard, &stored, &imported.merged.document)?;
    imported.record(&guard, &path)?;
    let name = commit::name_of(&path, &document);
    commit::subject(environment, &format!("{name}: take {} into the timeline", counted(ids.len(), "event")));
    import::show(environment, &args.id, &imported)?;
    Ok(Exit::Done)
}
