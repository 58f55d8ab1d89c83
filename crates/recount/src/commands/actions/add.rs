//! `recount actions add`: a promise more.

use jiff::civil::Date;

use recount_engine::document::value::priority::Priority;

use super::set::tell;
use crate::Outcome;
use crate::commit::{self, CommitArgs};
use crate::environment::Environment;
use crate::error::CliError;
use crate::workspace::Workspace;
use recount_workspace::NewItem;

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
    let item = NewItem {
        action: args.text.clone(),
        priority: args.priority,
        owner: args.owner.clone(),
        due: args.due,
        plan: args.plan.clone(),
    };
    let (changed, number) = workspace.with_item(&document, &item)?;
    if !args.force {
        workspace.refuse_worse(&path, &document, &changed, environment.today(), document.stage())?;
    }
    workspace.write(&guard, &stored, &changed)?;
    let name = commit::name_of(&path, &changed);
    commit::subject(environment, &format!("{name}#{number}: add {}", args.text));
    tell(&changed, number, environment)
}
