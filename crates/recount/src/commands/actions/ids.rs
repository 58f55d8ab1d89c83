//! `recount actions ids`: names that stay, for calendars, trackers and links. Nothing that only reads writes them.

use std::collections::BTreeSet;
use std::io::Write as _;
use std::path::Path;

use recount_engine::document::{counted, stable_ids};
use recount_store::Guard;

use crate::Outcome;
use crate::commit::{self, CommitArgs};
use crate::environment::{Environment, visible};
use crate::error::{CliError, Exit};
use crate::workspace::Workspace;
use recount_workspace::Known;
use recount_workspace::told::actions::stable;

/// The ID stands in a comment behind the action, where no reader sees it. It is made of the incident's ID and the
/// action's text, so that two branches give an item the same one, and it stays when the text or the row's place changes.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Only in these postmortems: their IDs, numbers or paths
    #[arg(value_name = "ID")]
    postmortems: Vec<String>,

    #[command(flatten)]
    commit: CommitArgs,
}

pub(super) fn run(args: &Args, environment: &mut Environment) -> Outcome {
    let workspace = Workspace::open(environment)?;
    args.commit.begin(&workspace, environment)?;
    let wanted: Vec<_> = args
        .postmortems
        .iter()
        .map(|id| workspace.find(id))
        .collect::<Result<_, recount_workspace::Failure>>()?;
    let wanted: Vec<_> = wanted.iter().map(|path| workspace.relative(path)).collect();
    let guard = workspace.library.lock()?;
    let records = workspace.records();
    let ids = stable(&records);
    let mut written = 0;
    let mut failures = Vec::new();
    for (known, ids) in records.known.iter().zip(&ids) {
        let path = workspace.library.root().join(&known.path);
        let is_wanted =
            wanted.is_empty() || wanted.iter().any(|path| path.as_os_str() == known.path.as_str());
        if !is_wanted || known.record.actions.iter().all(|action| action.stable_id.is_some()) {
            continue;
        }
        let others = || records.known.iter().filter(|other| other.path != known.path);
        let others = || others().flat_map(|other| &other.record.actions);
        let taken = || others().filter_map(|action| action.stable_id.clone()).collect();
        let told = name_items(&workspace, &guard, &path, known, ids, taken).unwrap_or_else(|error| {
            failures.push(error);
            Vec::new()
        });
        written += told.len();
        for line in told {
            writeln!(environment.out(), "{}", visible(&line))?;
        }
    }
    commit::subject(environment, &format!("Give {} an ID that stays", counted(written, "action item")));
    for problem in &records.problems {
        environment.warn(problem);
    }
    for failure in &failures {
        environment.show_error(failure);
    }
    let is_whole = records.problems.is_empty() && failures.is_empty();
    environment.note(match written {
        0 if is_whole => "every action item has a stable ID".to_owned(),
        written => format!("{} written", counted(written, "stable ID")),
    });
    Ok(if is_whole { Exit::Done } else { Exit::Failed })
}

/// Writes the IDs of one postmortem, and says which.
fn name_items(
    workspace: &Workspace,
    guard: &Guard<'_>,
    path: &Path,
    known: &Known,
    ids: &[String],
    taken: impl FnOnce() -> BTreeSet<String>,
) -> Result<Vec<String>, CliError> {
    let (stored, document) = workspace.read_to_change(path)?;
    // The file may hold other rows than those that were listed a moment ago.
    let actions = document.record().actions;
    let anew;
    let ids = if actions == known.record.actions {
        ids
    } else {
        anew = stable_ids(document.incident_id().unwrap_or(&known.path), &actions, &taken());
        &anew
    };
    let mut changed = document.clone();
    let mut told = Vec::new();
    for (action, id) in actions.iter().zip(ids) {
        // A row without an action has nothing that an ID could name.
        if action.stable_id.is_none() && !action.action.is_empty() {
            changed = changed.changed(&changed.set_action_id(action.number, id)?)?;
            told.push(format!("{}#{}  {id}  {}", known.name(), action.number, action.action));
        }
    }
    if !told.is_empty() {
        workspace.write(guard, &stored, &changed)?;
    }
    Ok(told)
}
