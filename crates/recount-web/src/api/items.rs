//! `/api/v1/postmortems/{key}/actions`: the promises of one postmortem, each on its own.
//!
//! What does not live here: which moves of a status are allowed, and what is evidence (`recount_workspace`), and listing
//! them over the library ([`super::actions`]).

use std::sync::Arc;

use axum::response::Response;
use jiff::civil::Date;
use recount_engine::document::operations::plain_cell;
use recount_engine::document::template::{ACTION_HEADERS, ActionColumn};
use recount_engine::document::value::priority::Priority;
use recount_engine::document::value::status::StatusKind;
use recount_engine::document::{ActionItem, Document};
use recount_workspace::{Failure, ItemChange, NewItem, parse_day};
use serde::Deserialize;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::actions::status;
use super::extract::{Asked, Body, Named};
use super::problem::{MISSING, Problem, REFUSED};
use super::write::{Forcing, Writing};
use crate::site::Site;

pub(super) fn routes() -> OpenApiRouter<Arc<Site>> {
    OpenApiRouter::new().routes(routes!(add)).routes(routes!(change))
}

/// An action item that is to be added.
#[derive(Debug, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub(super) struct NewAction {
    /// What is to be done.
    action: String,
    /// `P0`, `P1` or `P2`.
    priority: Option<String>,
    /// Who owes it.
    owner: Option<String>,
    /// When it is due: `2026-12-01`.
    due: Option<String>,
    /// How it will be verified.
    plan: Option<String>,
}

/// What of an action item is to be changed; what is left out stays, and what is empty is cleared.
#[derive(Debug, Default, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub(super) struct ActionChange {
    /// How far it has come: `open`, `in-progress`, `done`, `verified` or `wont-do`.
    status: Option<String>,
    /// Since when, if not since today.
    date: Option<String>,
    /// Why it is refused or opened again, or another word beside the status.
    reason: Option<String>,
    /// What proves it: a link, a file of the library, a commit, or a sentence that says what was seen; goes behind the
    /// verification plan, once.
    evidence: Option<String>,
    /// Who saw the evidence, if not whoever writes.
    by: Option<String>,
    /// What is to be done.
    action: Option<String>,
    /// When it is due.
    due: Option<String>,
    /// Who owes it.
    owner: Option<String>,
    /// `P0`, `P1` or `P2`.
    priority: Option<String>,
    /// How it will be verified.
    plan: Option<String>,
}

/// Add an action item
///
/// As the last row of the table. Sent twice it stands there twice: whoever is not sure that the first one came through
/// sends both with `If-Match`.
#[utoipa::path(post, path = "/postmortems/{key}/actions", tag = "Action items",
    params(("key" = String, Path, description = "Its incident ID, or its path from the library's root"),
        ("If-Match" = Option<String>, Header, description = "The version that was read"),
        Forcing),
    request_body = ref("#/components/schemas/NewAction"),
    responses(
        (status = 200, description = "The postmortem as it is now", body = ref("#/components/schemas/Postmortem"),
            headers(("ETag" = String, description = "The version of the file"))),
        (status = 404, description = "missing"), (status = 409, description = "conflict"),
        (status = 412, description = "changed"), (status = 422, description = "refused")))]
async fn add(
    writing: Writing,
    Asked(forcing): Asked<Forcing>,
    Body(new): Body<NewAction>,
) -> Result<Response, Problem> {
    let item = NewItem {
        action: new.action.trim().to_owned(),
        priority: new.priority.as_deref().map(priority).transpose()?,
        owner: new.owner,
        due: new.due.as_deref().map(|text| day("due", text)).transpose()?,
        plan: new.plan,
    };
    let subject = format!("add action item: {}", item.action);
    writing
        .forced(forcing)
        .answer(subject, move |workspace, path, document| {
            workspace.refuse_foreign(path, document, "action item")?;
            Ok(workspace.with_item(document, &item)?.0)
        })
        .await
}

/// Change an action item
///
/// Its status, owner, due date, priority, plan or text. From `done` on a status has its day. `wont-do` needs a reason, and
/// so does taking back what was settled; `verified` needs evidence, here or in the document. `force` writes it all the
/// same. The same change sent twice changes nothing more.
///
/// `If-Match` is needed: what is taken the place of is what was read. `*` is whichever version there is, and makes sense
/// with a stable ID alone, since a number is that of one version.
#[utoipa::path(patch, path = "/postmortems/{key}/actions/{item}", tag = "Action items",
    params(("key" = String, Path, description = "Its incident ID, or its path from the library's root"),
        ("item" = String, Path, description = "The item's number in the version that was read, or its stable ID"),
        ("If-Match" = Option<String>, Header, description = "The version that was read; needed"),
        Forcing),
    request_body = ref("#/components/schemas/ActionChange"),
    responses(
        (status = 200, description = "The postmortem as it is now", body = ref("#/components/schemas/Postmortem"),
            headers(("ETag" = String, description = "The version of the file"))),
        (status = 404, description = "missing"), (status = 409, description = "conflict"),
        (status = 412, description = "changed"), (status = 422, description = "refused"),
        (status = 428, description = "unconditional")))]
async fn change(
    writing: Writing,
    Named((_key, item)): Named<(String, String)>,
    Asked(forcing): Asked<Forcing>,
    Body(asked): Body<ActionChange>,
) -> Result<Response, Problem> {
    let writing = writing.forced(forcing).of_a_version()?;
    let by = asked.by.clone().unwrap_or_else(|| writing.viewer.author.name.clone());
    let mut cleared = Vec::new();
    let mut kept = |text: Option<&String>, column| {
        let text = text.map(|text| text.trim().to_owned());
        if text.as_deref() == Some("") {
            cleared.push(column);
        }
        text.filter(|text| !text.is_empty())
    };
    let due = kept(asked.due.as_ref(), ActionColumn::DueDate);
    let priority_text = kept(asked.priority.as_ref(), ActionColumn::Priority);
    let owner = kept(asked.owner.as_ref(), ActionColumn::Owner);
    let plan = kept(asked.plan.as_ref(), ActionColumn::VerificationPlan);
    let change = ItemChange {
        status: asked.status.as_deref().map(status_named).transpose()?,
        date: asked.date.as_deref().map(|text| day("date", text)).transpose()?,
        reason: asked.reason,
        evidence: asked.evidence,
        by: Some(by),
        due: due.map(|text| day("due", &text)).transpose()?,
        owner,
        priority: priority_text.map(|text| priority(&text)).transpose()?,
        plan,
        force: writing.forces(),
    };
    let text = asked.action.map(|text| text.trim().to_owned());
    if text.as_deref() == Some("") {
        return Err(Problem::new(REFUSED, "an action item needs a text").hint("say what is to be done"));
    }
    if change.is_empty() && cleared.is_empty() && text.is_none() {
        return Err(Problem::new(REFUSED, "there is nothing to change")
            .hint("send `status`, `owner`, `due`, `priority`, `plan`, `evidence` or `action`"));
    }
    let today = writing.site.today();
    let subject = if change.is_empty() {
        format!("change action item #{item}")
    } else {
        format!("action item #{item}: {}", change.told())
    };
    writing
        .answer(subject, move |workspace, path, document| {
            workspace.refuse_foreign(path, document, "action item")?;
            let number = numbered(document, &item)?;
            let mut changed = document.clone();
            let cells = cleared.iter().map(|column| (*column, ""));
            for (column, cell) in cells.chain(text.as_deref().map(|text| (ActionColumn::Action, text))) {
                let cell = plain_cell(cell);
                let edits = changed
                    .set_action_cell(number, column, &cell)
                    .map_err(|error| Failure::from(error).of_part(ACTION_HEADERS[column as usize]))?;
                changed = changed.changed(&edits).map_err(Failure::from)?;
            }
            Ok(change.changed(&changed, number, (workspace, path), today)?)
        })
        .await
}

/// The number of an item that is named by it or by its stable ID.
fn numbered(document: &Document, item: &str) -> Result<usize, Problem> {
    let items = document.action_items();
    if let Ok(number) = item.parse::<usize>() {
        if (1..=items.len()).contains(&number) {
            return Ok(number);
        }
        let detail = format!("there is no action item #{number}: the table has {}", items.len());
        return Err(Problem::new(MISSING, detail).hint("items are counted from 1"));
    }
    let is_it = |one: &&ActionItem| one.id.is_some_and(|id| document.slice(id).eq_ignore_ascii_case(item));
    let found = items.iter().find(is_it).map(|one| one.number);
    found.ok_or_else(|| {
        Problem::new(MISSING, format!("there is no action item `{item}`"))
            .hint("give its number, or the stable ID that is written in the document")
    })
}

fn status_named(text: &str) -> Result<StatusKind, Problem> {
    status(text).ok_or_else(|| {
        Problem::new(REFUSED, format!("`{text}` is no status"))
            .hint("use `open`, `in-progress`, `done`, `verified` or `wont-do`")
    })
}

fn priority(text: &str) -> Result<Priority, Problem> {
    let read = Priority::parse(text).map(|(priority, _)| priority);
    read.ok_or_else(|| {
        Problem::new(REFUSED, format!("`{text}` is no priority")).hint("use `P0`, `P1` or `P2`")
    })
}

fn day(name: &str, text: &str) -> Result<Date, Problem> {
    parse_day(text).map_err(|takes| {
        Problem::new(REFUSED, format!("`{text}` of `{name}` is no day that can be read")).hint(takes)
    })
}
