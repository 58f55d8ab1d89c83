//! `recount log`: a row of the timeline, now.

use std::io::Write as _;

use recount_engine::document::Milestone;
use recount_workspace::logging::{NewRow, at_or_before, not_a_time, parse_milestone, refuse_future};

use crate::Outcome;
use crate::commit::{self, CommitArgs};
use crate::environment::{Environment, visible};
use crate::error::Exit;
use crate::workspace::Workspace;

/// Add a row to the timeline: what is happening now
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The postmortem: its ID, number or path
    id: String,

    /// What was done or seen
    text: String,

    /// When, if not now: `2026-11-20 14:02`, or `14:02` for the last time that the clock showed it
    #[arg(long, value_name = "TIME")]
    at: Option<String>,

    /// Who, as `@ana`; taken from git's `user.name` or `$USER` where it is left out
    #[arg(long, value_name = "PERSON", env = "RECOUNT_ACTOR")]
    actor: Option<String>,

    /// What came of it
    #[arg(long, default_value = "")]
    result: String,

    /// Where it can be seen: a dashboard, a log, a pull request
    #[arg(long, value_name = "URL")]
    link: Option<String>,

    /// The milestone that it is
    #[arg(long, value_name = "MILESTONE", value_parser = parse_milestone)]
    milestone: Option<Milestone>,

    #[command(flatten)]
    commit: CommitArgs,
}

pub(crate) fn run(args: Args, environment: &mut Environment) -> Outcome {
    let workspace = Workspace::open(environment)?;
    args.commit.begin(&workspace, environment)?;
    let path = workspace.find(&args.id)?;
    let now = environment.now();
    let at = match &args.at {
        Some(text) => at_or_before(text, now).map_err(|problem| not_a_time(text, "--at", &problem))?,
        None => now,
    };
    refuse_future(at, now, "--at")?;
    let mut row = NewRow {
        at,
        with_seconds: args.at.is_some() && at.as_second() % 60 != 0,
        actor: String::new(),
        action: args.text,
        result: args.result,
        link: args.link,
        milestone: args.milestone,
    };
    row.refuse_nonsense("--link")?;
    row.actor = args.actor.or_else(|| who(&workspace)).unwrap_or_default();
    let guard = workspace.library.lock()?;
    let (stored, document) = workspace.read_to_change(&path)?;
    workspace.refuse_foreign(&path, &document, "row")?;
    let changed = row.added_to(&document)?;
    workspace.write(&guard, &stored, &changed)?;
    let action = row.told();
    let name = commit::name_of(&path, &changed);
    commit::subject(environment, &format!("{name}: log {action}"));
    writeln!(environment.out(), "{}  {}  {}", row.stamp(), visible(&row.actor), visible(&action))?;
    Ok(Exit::Done)
}

/// The roster handle of the person at the keyboard, by git's name or the login name.
pub(crate) fn who(workspace: &Workspace) -> Option<String> {
    let git = std::process::Command::new("git")
        .arg("-C")
        .arg(workspace.library.root())
        .args(["config", "user.name"])
        .output()
        .ok()
        .map(|output| String::from_utf8_lossy(&output.stdout).trim().to_owned())
        .filter(|name| !name.is_empty());
    let login = std::env::var("USER").ok().filter(|name| !name.is_empty() && name != "root");
    let config = workspace.config();
    let known = [&git, &login].into_iter().flatten().find_map(|name| config.person(name));
    known.map(|person| person.handle.clone()).or(git).or(login.map(|login| format!("@{login}")))
}
