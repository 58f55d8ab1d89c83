//! An action item that somebody adds or changes: what a change of its status asks for, and evidence.
//!
//! What does not live here: how an item is named at a terminal, and cells as they are written (`document::operations`).

use std::path::{Path, PathBuf};

use jiff::civil::Date;
use jiff::tz::TimeZone;
use recount_engine::document::operations::plain_cell;
use recount_engine::document::template::ActionColumn;
use recount_engine::document::value::date::{self, DateProblem};
use recount_engine::document::value::link;
use recount_engine::document::value::priority::Priority;
use recount_engine::document::value::status::{Status, StatusKind};
use recount_engine::document::{ActionItem, Document};

use crate::{Failure, Workspace};

/// What is to change of an action item; what says nothing stays.
#[derive(Clone, Debug, Default)]
pub struct ItemChange {
    /// How far it has come.
    pub status: Option<StatusKind>,
    /// Since when, if not since today.
    pub date: Option<Date>,
    /// Why it is refused or opened again, or another word beside the status.
    pub reason: Option<String>,
    /// What proves it: a link, or words; goes behind the verification plan.
    pub evidence: Option<String>,
    /// Who saw the evidence.
    pub by: Option<String>,
    /// When it is due.
    pub due: Option<Date>,
    /// Who owes it.
    pub owner: Option<String>,
    /// P0, P1 or P2.
    pub priority: Option<Priority>,
    /// How it will be verified.
    pub plan: Option<String>,
    /// Whether it is done although a rule forbids it.
    pub force: bool,
}

/// An action item that is to be added.
#[derive(Clone, Debug, Default)]
pub struct NewItem {
    /// What is to be done.
    pub action: String,
    /// P0, P1 or P2.
    pub priority: Option<Priority>,
    /// Who owes it.
    pub owner: Option<String>,
    /// When it is due.
    pub due: Option<Date>,
    /// How it will be verified.
    pub plan: Option<String>,
}

/// A status for command lines, addresses and machine formats.
pub fn status_word(kind: StatusKind) -> &'static str {
    match kind {
        StatusKind::Open => "open",
        StatusKind::InProgress => "in-progress",
        StatusKind::Done => "done",
        StatusKind::Verified => "verified",
        StatusKind::WontDo => "wont-do",
    }
}

/// A day as people write it; the same ones as in a document.
///
/// # Errors
///
/// What to write instead.
pub fn parse_day(text: &str) -> Result<Date, String> {
    date::read(text).map(|read| read.date).map_err(|problem| match problem {
        DateProblem::Ambiguous { readings: [month_first, day_first] } => {
            format!("it can mean two days: write `{month_first}` or `{day_first}`")
        }
        DateProblem::Impossible => "no calendar has this day".to_owned(),
        DateProblem::NotADate | DateProblem::NoYear => "write it as `2026-12-04`".to_owned(),
    })
}

impl Workspace {
    /// An owner as the roster names them: a full name becomes the handle.
    pub fn owner_named(&self, name: &str) -> String {
        let person = self.config().person(name);
        person.map_or_else(|| name.trim().to_owned(), |person| person.handle.clone())
    }

    /// The document with an action item more, and the number of that.
    ///
    /// # Errors
    ///
    /// Where it has no text, or the row cannot be written.
    pub fn with_item(&self, document: &Document, item: &NewItem) -> Result<(Document, usize), Failure> {
        refuse_wordless(&item.action)?;
        let priority = item.priority.map(|priority| priority.to_string()).unwrap_or_default();
        let owner = item.owner.as_ref().map(|name| self.owner_named(name)).unwrap_or_default();
        let due = item.due.map(|due| due.to_string()).unwrap_or_default();
        let plan = item.plan.clone().unwrap_or_default();
        let cells = [&priority, &item.action, &owner, &due, StatusKind::Open.as_str(), &plan].map(plain_cell);
        let changed =
            document.changed(&document.insert_action_item(&cells.each_ref().map(String::as_str))?)?;
        let number = new_number(document, &changed);
        Ok((changed, number))
    }
}

/// Refuses an action item without a text.
///
/// # Errors
///
/// Where it is refused.
fn refuse_wordless(action: &str) -> Result<(), Failure> {
    if action.trim().is_empty() {
        return Err(Failure::new("an action item needs a text").hint("say what is to be done"));
    }
    Ok(())
}

impl ItemChange {
    /// Whether nothing is to change.
    pub fn is_empty(&self) -> bool {
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
    pub fn told(&self) -> String {
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
    ///
    /// # Errors
    ///
    /// Where a move of its status is refused, or a cell cannot be written.
    pub fn changed(
        &self,
        document: &Document,
        number: usize,
        (workspace, path): (&Workspace, &Path),
        today: Date,
    ) -> Result<Document, Failure> {
        let item = document.action_items().get(number.wrapping_sub(1));
        let item = item.ok_or_else(|| Failure::new(format!("there is no action item #{number}")))?;
        let owner = self.owner.as_ref().map(|name| workspace.owner_named(name));
        let mut cells: Vec<(ActionColumn, String)> = Vec::new();
        let mut set = |column, value: Option<String>| cells.extend(value.map(|value| (column, value)));
        set(ActionColumn::Priority, self.priority.map(|priority| priority.to_string()));
        set(ActionColumn::Owner, owner.as_deref().map(plain_cell));
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
    ) -> Result<Option<String>, Failure> {
        if self.status.is_none() && self.date.is_none() && self.reason.is_none() {
            return Ok(None);
        }
        let text = document.cell_text(item.status);
        let typed = document.status_of(item);
        let old = typed.get();
        let number = item.number;
        let kind = self.status.or(item.status_kind).ok_or_else(|| {
            Failure::new(format!("`{text}`, the status of action item #{number}, cannot be read"))
                .hint("name the one that it has")
        })?;
        // What is beside a status belongs to it, and goes with it.
        let same = old.filter(|old| old.kind == kind);
        let said = self.reason.as_deref().map(|reason| plain_cell(reason.trim()));
        let reason = said.as_deref().filter(|reason| !reason.is_empty());
        let is_taken_back = old.is_some_and(|old| {
            old.kind.needs_date()
                && (kind.is_open() || (old.kind, kind) == (StatusKind::Verified, StatusKind::Done))
        });
        if !self.force {
            if is_taken_back && reason.is_none() {
                let hint = "say why: whoever counted on it wants to know";
                return Err(refused(
                    &format!("action item #{number} is `{text}`, and taking that back needs a reason"),
                    hint,
                ));
            }
            let is_regressed = Status { kind, date: None, reason }.is_regressed();
            if is_regressed && self.reason.is_some() {
                let hint = "say what was seen in your own words";
                return Err(refused("`regressed` is what a verification says that failed", hint));
            }
            if kind.needs_reason() && reason.is_none() && same.is_none_or(|old| old.reason.is_none()) {
                let hint = "give one, such as `superseded by INC-0051#2`";
                return Err(refused(&format!("`{kind}` needs a reason"), hint));
            }
            if let Some(date) = self.date.filter(|date| *date > today) {
                return Err(refused(&format!("`{date}` has not come yet"), "a status says what is so"));
            }
            let began = document.started_at().map(|at| TimeZone::UTC.to_datetime(at).date());
            if let Some((date, began)) = self.date.zip(began).filter(|(date, began)| date < began) {
                return Err(refused(
                    &format!("`{date}` is before the incident, which began on `{began}`"),
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
    ) -> Result<Option<String>, Failure> {
        let Some(evidence) = self.evidence.as_deref().map(str::trim) else {
            return Ok(self.plan.as_deref().map(plain_cell));
        };
        if evidence.is_empty() {
            return Err(Failure::new("evidence needs words").hint("give a link, or say what was seen"));
        }
        if !self.force && !is_evidence(evidence, workspace, path) {
            return Err(refused(
                &format!("`{evidence}` shows nobody that it works"),
                "give a link, a file of the library, a commit, or a sentence that says what was seen",
            ));
        }
        let who = match &self.by {
            Some(by) => workspace.owner_named(by),
            None => {
                return Err(Failure::new("nobody is known who saw the evidence").hint("name them, as `@ana`"));
            }
        };
        // What is in the cell comes back as it is.
        let plan = match &self.plan {
            Some(plan) => plain_cell(plan),
            None => document.cell_text(item.plan).to_owned(),
        };
        let date = self.date.unwrap_or(today);
        let is_bare = evidence.starts_with("http") && !evidence.contains(char::is_whitespace);
        let evidence =
            if is_bare && link::has_link(evidence) { format!("<{evidence}>") } else { evidence.to_owned() };
        let evidence = plain_cell(&evidence);
        if holds_evidence(&plan, &who, &evidence) {
            return Ok(self.plan.as_deref().map(plain_cell));
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
    let seen = format!("verified by {who} ");
    plan.match_indices(&seen).any(|(at, _)| {
        let rest = &plan[at + seen.len()..];
        let said = rest.split_once(": ").filter(|(day, _)| parse_day(day).is_ok());
        let behind = said.and_then(|(_, said)| said.strip_prefix(evidence));
        behind.is_some_and(|behind| behind.trim().is_empty() || behind.starts_with(';'))
    })
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

/// A refusal that whoever knows better may break.
fn refused(message: &str, hint: &str) -> Failure {
    Failure::new(message).hint(hint).unless_forced()
}
