//! `recount actions add`: a promise more.

use jiff::civil::Date;

use recount_engine::document::Document;
use recount_engine::document::value::priority::Priority;
use recount_engine::document::value::status::StatusKind;

use super::set::tell;
use crate::Outcome;
use crate::commit::{self, CommitArgs};
use crate::environment::Environment;
use crate::error::CliError;
use crate::workspace::Workspace;

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The postmortem: its ID, number or path
    id: String,

    /// What is to be done
    text: String,

    /// P0, P1 or P2
    #[arg(long, value_parser = super::parse_priority)]
    priority: Option<Priority>,

    /// Who owes it
    #[arg(long, value_name = "PERSON")]
    owner: Option<String>,

    /// When it is due
    #[arg(long, value_name = "DATE", value_parser = super::parse_date)]
    due: Option<Date>,

    /// How it will be verified
    #[arg(long, value_name = "TEXT")]
    plan: Option<String>,

    /// Write it although it breaks a rule
    #[arg(long)]
    force: bool,

    #[command(flatten)]
    commit: CommitArgs,
}

pub(super) fn run(args: &Args, environment: &mut Environment) -> Outcome {
    if args.text.trim().is_empty() {
        return Err(CliError::new("an action item needs a text").hint("say what is to be done"));
    }
    let workspace = Workspace::open(environment)?;
    args.commit.begin(&workspace, environment)?;
    let path = workspace.find(&args.id)?;
    let guard = workspace.library.lock()?;
    let (stored, document) = workspace.read_to_change(&path)?;
    workspace.refuse_foreign(&path, &document, "action item")?;
    let priority = args.priority.map(|priority| priority.to_string()).unwrap_or_default();
    let owner = args.owner.as_ref().map(|name| super::owner_named(name, &workspace)).unwrap_or_default();
    let due = args.due.map(|due| due.to_string()).unwrap_or_default();
    let plan = args.plan.clone().unwrap_or_default();
    let cells = [&priority, &args.text, &owner, &due, StatusKind::Open.as_str(), &plan];
    let changed = document.changed(&document.insert_action_item(&cells)?)?;
    let number = new_number(&document, &changed);
    if !args.force {
        workspace.refuse_worse(&path, &document, &changed, environment.today(), document.stage())?;
    }
    workspace.write(&guard, &stored, &changed)?;
    let name = commit::name_of(&path, &changed);
    commit::subject(environment, &format!("{name}#{number}: add {}", args.text));
    tell(&changed, number, environment)
}

/// The number of the item that is new: that of the first which is not the one that had it before.
fn new_number(before: &Document, after: &Document) -> usize {
    let lines = |document: &Document| -> Vec<String> {
        document.action_items().iter().map(|item| document.slice(item.span).to_owned()).collect()
    };
    let (old, new) = (lines(before), lines(after));
    let same = new.iter().zip(&old).take_while(|(new, old)| new == old).count();
    same + 1
}
