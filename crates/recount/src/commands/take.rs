//! `recount take`: candidates into the timeline.

use recount_engine::document::counted;
use recount_engine::evidence::freeze::{Frozen, State};
use recount_engine::evidence::{Curation, EventId};

use crate::Outcome;
use crate::commands::import;
use crate::commit::{self, CommitArgs};
use crate::environment::Environment;
use crate::error::{CliError, Exit};
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
    let frozen = import::frozen_of(&path, environment)?;
    let ids = known_events(&frozen, &args.events, &args.id)?;
    for id in ids.iter().filter(|id| frozen.state(id) == State::Taken) {
        environment.warn(format!("`{}` was taken before; a row that somebody deleted comes back", id.0));
    }
    let imported = import::take_in(&workspace, &path, &document, frozen, &Curation::default(), &ids)?;
    workspace.write(&guard, &stored, &imported.merged.document)?;
    import::record(&guard, &path, &imported)?;
    let name = commit::name_of(&path, &document);
    commit::subject(environment, &format!("{name}: take {} into the timeline", counted(ids.len(), "event")));
    import::show(environment, &args.id, &imported)?;
    Ok(Exit::Done)
}

/// The events of these IDs, or of IDs that begin so.
pub(crate) fn known_events(
    frozen: &Frozen,
    wanted: &[String],
    postmortem: &str,
) -> Result<Vec<EventId>, CliError> {
    let events = frozen.events();
    let mut ids = Vec::new();
    for text in wanted {
        let exact = events.iter().find(|event| event.id.0 == *text);
        let starting: Vec<_> = events.iter().filter(|event| event.id.0.starts_with(text.as_str())).collect();
        match (exact, &starting[..]) {
            (Some(event), _) => ids.push(event.id.clone()),
            (None, [event]) => ids.push(event.id.clone()),
            (None, []) => {
                return Err(CliError::new(format!("the evidence of `{postmortem}` has no event `{text}`"))
                    .hint(format!("`recount candidates {postmortem}` lists what was not taken")));
            }
            (None, several) => {
                return Err(CliError::new(format!("`{text}` begins the IDs of {} events", several.len()))
                    .hint("give more of it"));
            }
        }
    }
    Ok(ids)
}
