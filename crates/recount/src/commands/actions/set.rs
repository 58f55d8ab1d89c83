//! `recount actions set`: how far an action item has come, who owes it, and until when.

use std::io::Write as _;
use std::path::{Path, PathBuf};

use jiff::civil::Date;

use recount_engine::document::template::ActionColumn;
use recount_engine::document::value::link;
use recount_engine::document::value::priority::Priority;
use recount_engine::document::value::status::{Status, StatusKind};
use recount_engine::document::value::time::utc_day;
use recount_engine::document::{ActionItem, Document};

use super::calendar::UID_TAIL;
use super::refused;
use crate::Outcome;
use crate::commands::log;
use crate::commit::{self, CommitArgs};
use crate::environment::{Environment, visible};
use crate::error::{CliError, Exit};
use crate::workspace::Workspace;
use recount_workspace::Records;
use recount_workspace::Seen;

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
    if args.is_empty() {
        return Err(CliError::new("there is nothing to change")
            .hint("say what: `--status`, `--due`, `--owner`, `--priority`, `--plan` or `--evidence`"));
    }
    let workspace = Workspace::open(environment)?;
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
    let changed = args.changed(&document, number, (&workspace, &path), environment.today())?;
    seen.refuse_overlap(&stored.version, &document, &changed, &shown)?;
    if !args.force {
        workspace.refuse_worse(&path, &document, &changed, environment.today(), document.stage())?;
    }
    workspace.write(&guard, &stored, &changed)?;
    let name = commit::name_of(&path, &changed);
    commit::subject(environment, &format!("{name}#{number}: {}", args.told()));
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
    fn is_empty(&self) -> bool {
        self.status.is_none()
            && self.date.is_none()
            && self.reason.is_none()
            && self.evidence.is_none()
            && self.due.is_none()
            && self.owner.is_none()
            && self.priority.is_none()
            && self.plan.is_none()
    }

    /// What is changed, for the message of a commit.
    fn told(&self) -> String {
        let word = |name: &str, text: Option<String>| text.map(|text| format!("{name} {text}"));
        let parts = [
            self.status.map(|status| status.to_string()),
            word("priority", self.priority.map(|priority| priority.to_string())),
            word("owner", self.owner.clone()),
            word("due", self.due.map(|due| due.to_string())),
            self.plan.as_ref().map(|_| "verification plan".to_owned()),
            self.evidence.as_ref().map(|_| "evidence".to_owned()),
        ];
        let parts: Vec<String> = parts.into_iter().flatten().collect();
        if parts.is_empty() { "status".to_owned() } else { parts.join(", ") }
    }

    /// The document with the item as it is wanted.
    fn changed(
        &self,
        document: &Document,
        number: usize,
        (workspace, path): (&Workspace, &Path),
        today: Date,
    ) -> Result<Document, CliError> {
        // `follow` has found it.
        let item = document.action_items().get(number - 1);
        let item = item.ok_or_else(|| CliError::new(format!("there is no action item #{number}")))?;
        let owner = self.owner.as_ref().map(|name| super::owner_named(name, workspace));
        let mut cells: Vec<(ActionColumn, String)> = Vec::new();
        let mut set = |column, value: Option<String>| cells.extend(value.map(|value| (column, value)));
        set(ActionColumn::Priority, self.priority.map(|priority| priority.to_string()));
        set(ActionColumn::Owner, owner);
        set(ActionColumn::DueDate, self.due.map(|due| due.to_string()));
        set(ActionColumn::Status, self.new_status(document, item, today)?);
        set(ActionColumn::VerificationPlan, self.new_plan(document, item, (workspace, path), today)?);
        let mut changed = document.clone();
        for (column, value) in cells {
            changed = changed.changed(&changed.set_action_cell(number, column, &value)?)?;
        }
        Ok(changed)
    }

    /// The Status cell, where it is to change.
    fn new_status(
        &self,
        document: &Document,
        item: &ActionItem,
        today: Date,
    ) -> Result<Option<String>, CliError> {
        if self.status.is_none() && self.date.is_none() && self.reason.is_none() {
            return Ok(None);
        }
        let text = document.cell_text(item.status);
        let typed = document.status_of(item);
        let old = typed.get();
        let number = item.number;
        let kind = self.status.or(item.status_kind).ok_or_else(|| {
            CliError::new(format!("`{text}`, the status of action item #{number}, cannot be read"))
                .hint("name the one that it has with `--status`")
        })?;
        // What is beside a status belongs to it, and goes with it.
        let same = old.filter(|old| old.kind == kind);
        let reason = self.reason.as_deref().map(str::trim).filter(|reason| !reason.is_empty());
        let is_taken_back = old.is_some_and(|old| {
            old.kind.needs_date()
                && (kind.is_open() || (old.kind, kind) == (StatusKind::Verified, StatusKind::Done))
        });
        if !self.force {
            if is_taken_back && reason.is_none() {
                let hint = "give it with `--reason`: whoever counted on it wants to know";
                return Err(refused(
                    format!("action item #{number} is `{text}`, and taking that back needs a reason"),
                    hint,
                ));
            }
            let is_regressed = Status { kind, date: None, reason }.is_regressed();
            if is_regressed && self.reason.is_some() {
                let hint = "say what was seen in your own words";
                return Err(refused("`regressed` is what a verification says that failed".to_owned(), hint));
            }
            if kind.needs_reason() && reason.is_none() && same.is_none_or(|old| old.reason.is_none()) {
                let hint = "give it with `--reason`, such as `--reason \"superseded by INC-0051#2\"`";
                return Err(refused(format!("`{kind}` needs a reason"), hint));
            }
            if let Some(date) = self.date.filter(|date| *date > today) {
                return Err(refused(
                    format!("`{date}` of `--date` has not come yet"),
                    "a status says what is so",
                ));
            }
            let began = document.started_at().map(utc_day);
            if let Some((date, began)) = self.date.zip(began).filter(|(date, began)| date < began) {
                return Err(refused(
                    format!("`{date}` of `--date` is before the incident, which began on `{began}`"),
                    "give the day on which the item came so far",
                ));
            }
        }
        let date = self.date.or(same.and_then(|old| old.date));
        let has_date = kind.needs_date() || is_taken_back || date.is_some();
        let date = if has_date { date.or(Some(today)) } else { None };
        let reason = if self.reason.is_some() { reason } else { same.and_then(|old| old.reason) };
        Ok(Some(Status { kind, date, reason }.to_string()))
    }

    /// The Verification plan cell, where it is to change: evidence goes behind the plan, once.
    fn new_plan(
        &self,
        document: &Document,
        item: &ActionItem,
        (workspace, path): (&Workspace, &Path),
        today: Date,
    ) -> Result<Option<String>, CliError> {
        let Some(evidence) = self.evidence.as_deref().map(str::trim) else { return Ok(self.plan.clone()) };
        if evidence.is_empty() {
            return Err(CliError::new("evidence needs words").hint("give a link, or say what was seen"));
        }
        if !self.force && !is_evidence(evidence, workspace, path) {
            return Err(refused(
                format!("`{evidence}` shows nobody that it works"),
                "give a link, a file of the library, a commit, or a sentence that says what was seen",
            ));
        }
        let who = match &self.by {
            Some(by) => super::owner_named(by, workspace),
            None => log::who(workspace).ok_or_else(|| {
                CliError::new("nobody is known who saw the evidence").hint("name them with `--by @ana`")
            })?,
        };
        // What is in the cell comes back as it is.
        let plan = match &self.plan {
            Some(plan) => plan.clone(),
            None => document.cell_text(item.plan).to_owned(),
        };
        let date = self.date.unwrap_or(today);
        let is_bare = evidence.starts_with("http") && !evidence.contains(char::is_whitespace);
        let evidence =
            if is_bare && link::has_link(evidence) { format!("<{evidence}>") } else { evidence.to_owned() };
        if holds_evidence(&plan, &who, &evidence) {
            return Ok(self.plan.clone());
        }
        let gap = if plan.trim().is_empty() { "" } else { "; " };
        Ok(Some(format!("{}{gap}verified by {who} {date}: {evidence}", plan.trim())))
    }
}

/// Whether a text leads to something that others can look at, or says what was seen. Who saw it, and when, we write
/// ourselves.
fn is_evidence(text: &str, workspace: &Workspace, postmortem: &Path) -> bool {
    const FEWEST_WORDS: usize = 4;
    let is_commit = (7..=40).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_hexdigit());
    let root = workspace.library.root();
    let folders = [Some(root), postmortem.parent()];
    let is_ours = |path: PathBuf| {
        let real = path.canonicalize().ok().filter(|real| real.is_file()).zip(root.canonicalize().ok());
        real.is_some_and(|(real, root)| real.starts_with(root))
    };
    let is_file = || folders.into_iter().flatten().any(|folder| is_ours(folder.join(text)));
    // Scripts without blanks between words say as much in fewer of them.
    let words = text.split_whitespace().filter(|word| word.chars().any(char::is_alphanumeric)).count();
    let dense = text.chars().filter(|ch| ch.is_alphabetic() && *ch >= '\u{2e80}').count() / 2;
    link::has_link(text) || is_commit || words.max(dense) >= FEWEST_WORDS || is_file()
}

/// Whether a plan says already that this person saw this, on whatever day.
fn holds_evidence(plan: &str, who: &str, evidence: &str) -> bool {
    let (seen, evidence) = (format!("verified by {who} "), evidence.replace('|', "\\|"));
    plan.match_indices(&seen).any(|(at, _)| {
        let rest = &plan[at + seen.len()..];
        let said = rest.split_once(": ").filter(|(day, _)| super::parse_date(day).is_ok());
        let behind = said.and_then(|(_, said)| said.strip_prefix(evidence.as_str()));
        behind.is_some_and(|behind| behind.trim().is_empty() || behind.starts_with(';'))
    })
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
    let ids = super::stable(records);
    let mut all = records.known.iter().zip(&ids).flat_map(|(known, ids)| {
        known.record.actions.iter().zip(ids).map(move |(action, id)| (known, action, id))
    });
    let (known, action, _) = all.find(|(_, action, id)| {
        action.stable_id.is_none() && !action.action.is_empty() && id.eq_ignore_ascii_case(named)
    })?;
    let path = workspace.library.root().join(&known.path);
    Some((path, Wanted::Unwritten(action.number, action.action.clone())))
}
