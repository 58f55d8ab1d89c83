//! `recount actions set`: how far an action item has come, who owes it, and until when.

use std::io::Write as _;
use std::path::PathBuf;

use jiff::civil::Date;

use recount_engine::document::value::priority::Priority;
use recount_engine::document::value::status::StatusKind;
use recount_engine::document::{ActionItem, Document};

use super::calendar::UID_TAIL;
use crate::Outcome;
use crate::commands::log;
use crate::commit::{self, CommitArgs};
use crate::environment::{Environment, visible};
use crate::error::{CliError, Exit};
use crate::workspace::Workspace;
use recount_workspace::ItemChange;
use recount_workspace::Records;
use recount_workspace::Seen;
use recount_workspace::told::actions::stable;

/// From `Done` on a status has its day: today, unless `--date` names another. `Won't do` needs a reason, and so
/// does taking back what was settled; `Verified` needs evidence in the document or with `--evidence`. Evidence is
/// what others can follow: a link, a file of the library, a commit, or a sentence of some words that says what was
/// seen.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The action item: `INC-0042#3`, its stable ID, or the UID that a calendar shows
    #[arg(value_name = "ITEM")]
    item: String,

    /// How far it has come
    #[arg(long, ignore_case = true, value_parser = super::status_parser())]
    status: Option<StatusKind>,

    /// Since when, if not since today
    #[arg(long, value_name = "DATE", value_parser = super::parse_date)]
    date: Option<Date>,

    /// Why it is refused or opened again, or another word beside the status: "PR #12"
    #[arg(long, visible_alias = "note", value_name = "TEXT")]
    reason: Option<String>,

    /// Who saw what that proves it: a link, or words; goes behind the verification plan
    #[arg(long, value_name = "TEXT")]
    evidence: Option<String>,

    /// Who saw the evidence; taken from git's `user.name` or `$USER` where it is left out
    #[arg(long, value_name = "PERSON", env = "RECOUNT_ACTOR")]
    by: Option<String>,

    /// When it is due
    #[arg(long, value_name = "DATE", value_parser = super::parse_date)]
    due: Option<Date>,

    /// Who owes it
    #[arg(long, value_name = "PERSON")]
    owner: Option<String>,

    /// P0, P1 or P2
    #[arg(long, value_parser = super::parse_priority)]
    priority: Option<Priority>,

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
    let workspace = Workspace::open(environment)?;
    let change = args.change(&workspace);
    if change.is_empty() {
        return Err(CliError::new("there is nothing to change")
            .hint("say what: `--status`, `--due`, `--owner`, `--priority`, `--plan` or `--evidence`"));
    }
    args.commit.begin(&workspace, environment)?;
    let (path, wanted) = find(&workspace, &args.item)?;
    // As it was when the command began, before it waits for others: the number is of this.
    let seen = Seen::read(&workspace, &path)?;
    let shown = workspace.relative(&path).display().to_string();
    let number = wanted.number_in(&seen.document, &shown)?;
    let guard = workspace.library.lock()?;
    let (stored, document) = workspace.read_to_change(&path)?;
    workspace.refuse_foreign(&path, &document, "action item")?;
    let number = seen.follow(number, &document, &shown)?;
    let changed = change.changed(&document, number, (&workspace, &path), environment.today())?;
    seen.refuse_overlap(&stored.version, &document, &changed, &shown)?;
    if !args.force {
        workspace.refuse_worse(&path, &document, &changed, environment.today(), document.stage())?;
    }
    workspace.write(&guard, &stored, &changed)?;
    let name = commit::name_of(&path, &changed);
    commit::subject(environment, &format!("{name}#{number}: {}", change.told()));
    tell(&changed, number, environment)
}

/// Says how an item stands now.
pub(super) fn tell(document: &Document, number: usize, environment: &mut Environment) -> Outcome {
    let Some(item) = document.action_items().get(number - 1) else { return Ok(Exit::Done) };
    let said = |cell| document.cell_text(cell);
    let due = match said(item.due) {
        "" => "no due date".to_owned(),
        due => format!("due {due}"),
    };
    let name = format!("{}#{number}", document.incident_id().unwrap_or_default());
    let parts = [&name, said(item.priority), said(item.status), &due, said(item.owner), said(item.action)];
    let parts: Vec<&str> = parts.into_iter().filter(|part| !part.is_empty()).collect();
    writeln!(environment.out(), "{}", visible(&parts.join("  ")))?;
    Ok(Exit::Done)
}

impl Args {
    fn change(&self, workspace: &Workspace) -> ItemChange {
        // Nobody has to be asked for where nothing was seen.
        let by = self.evidence.as_ref().and_then(|_| self.by.clone().or_else(|| log::who(workspace)));
        ItemChange {
            status: self.status,
            date: self.date,
            reason: self.reason.clone(),
            evidence: self.evidence.clone(),
            by,
            due: self.due,
            owner: self.owner.clone(),
            priority: self.priority,
            plan: self.plan.clone(),
            force: self.force,
        }
    }
}

/// How an item was named.
pub(super) enum Wanted {
    Number(usize),
    StableId(String),
    /// By the stable ID that it would get: its number, and its action as it was when that was worked out.
    Unwritten(usize, String),
}

impl Wanted {
    fn number_in(&self, document: &Document, shown: &str) -> Result<usize, CliError> {
        let count = document.action_items().len();
        match self {
            Self::Number(number) if (1..=count).contains(number) => Ok(*number),
            Self::Number(number) => {
                Err(CliError::new(format!("there is no action item #{number} in `{shown}`: it has {count}"))
                    .hint("`recount actions --all` lists them with their numbers"))
            }
            Self::Unwritten(number, action) => {
                let items = document.record().actions;
                let is_it = items.get(number - 1).is_some_and(|item| item.action == *action);
                if is_it { Ok(*number) } else { Err(unknown(action)) }
            }
            Self::StableId(id) => {
                let is_it = |item: &&ActionItem| item.id.is_some_and(|own| document.slice(own) == id);
                let found = document.action_items().iter().find(is_it);
                found.map(|item| item.number).ok_or_else(|| unknown(id))
            }
        }
    }
}

fn unknown(id: &str) -> CliError {
    CliError::new(format!("`{id}` names no action item of this library"))
        .hint("write it as `INC-0042#3`; `recount actions --all` lists all")
}

/// The postmortem of an item that was named, and how.
fn find(workspace: &Workspace, named: &str) -> Result<(PathBuf, Wanted), CliError> {
    let named = named.trim();
    if let Some((postmortem, item)) = named.rsplit_once('#') {
        let path = workspace.find(postmortem)?;
        if item.trim().is_empty() {
            return Err(CliError::new(format!("`{named}` says no number of an action item")).hint(format!(
                "write it as `{named}3`; `recount actions --all` lists all with their numbers"
            )));
        }
        let number = item.parse().map(Wanted::Number);
        return Ok((path, number.unwrap_or_else(|_| Wanted::StableId(item.to_owned()))));
    }
    let uid = named.len().checked_sub(UID_TAIL.len()).filter(|at| named.is_char_boundary(*at));
    let uid = uid.filter(|at| named[*at..].eq_ignore_ascii_case(UID_TAIL));
    let named = uid.map_or(named, |at| &named[..at]);
    let records = workspace.records();
    let has = |id: &Option<String>| id.as_ref().is_some_and(|id| id.eq_ignore_ascii_case(named));
    let mut found = records
        .known
        .iter()
        .flat_map(|known| known.record.actions.iter().map(move |action| (known, action)))
        .filter(|(_, action)| has(&action.stable_id));
    match (found.next(), found.next()) {
        (Some((known, action)), None) => {
            let id = action.stable_id.clone().unwrap_or_default();
            Ok((workspace.library.root().join(&known.path), Wanted::StableId(id)))
        }
        (Some((one, action)), Some((other, second))) => Err(CliError::new(format!(
            "`{named}` is the ID of `{}#{}` and of `{}#{}`",
            one.name(),
            action.number,
            other.name(),
            second.number
        ))
        .hint("a row was copied with its comment: remove it from one of them, and `recount actions ids` gives that a new one")),
        _ => find_unwritten(workspace, &records, named).ok_or_else(|| unknown(named)),
    }
}

/// An item by the ID that it would get, which calendars show before it stands in the file.
fn find_unwritten(workspace: &Workspace, records: &Records, named: &str) -> Option<(PathBuf, Wanted)> {
    let ids = stable(records);
    let mut all = records.known.iter().zip(&ids).flat_map(|(known, ids)| {
        known.record.actions.iter().zip(ids).map(move |(action, id)| (known, action, id))
    });
    let (known, action, _) = all.find(|(_, action, id)| {
        action.stable_id.is_none() && !action.action.is_empty() && id.eq_ignore_ascii_case(named)
    })?;
    let path = workspace.library.root().join(&known.path);
    Some((path, Wanted::Unwritten(action.number, action.action.clone())))
}
