//! `/api/v1/postmortems/{key}/timeline`: the rows of a timeline, each on its own.
//!
//! Rows are known by their numbers, which are those of one version: whoever changes or removes one says of which.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use recount_engine::document::template::TimelineColumn;
use recount_engine::document::value::time::{self, Anchor};
use recount_engine::document::{Document, Milestone};
use recount_workspace::Failure;
use recount_workspace::told::Header;
use recount_workspace::told::show::{Row, timeline};
use serde::{Deserialize, Serialize};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::conditional::{IfMatch, IfNoneMatch, SERVED};
use super::extract::{Asked, Body, Named};
use super::problem::{MISSING, Problem, REFUSED};
use super::write::{Forcing, Writing};
use crate::site::Site;
use crate::viewer::Viewer;

pub(super) fn routes() -> OpenApiRouter<Arc<Site>> {
    OpenApiRouter::new().routes(routes!(list, add)).routes(routes!(change, remove))
}

/// A timeline.
#[derive(Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub(super) struct Timeline {
    /// Which format this is.
    recount: Header,
    /// In the order of the document.
    rows: Vec<Row>,
}

/// A row that is to be added.
#[derive(Debug, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub(super) struct NewRow {
    /// When, `2026-11-20 14:02`, UTC unless it names another zone; now where it is left out.
    time: Option<String>,
    /// Who.
    #[serde(default)]
    actor: String,
    /// What was done or seen.
    action: String,
    /// What came of it.
    #[serde(default)]
    result: String,
    /// The milestone that it is: `started`, `detected`, `acknowledged`, `mitigated` or `resolved`.
    milestone: Option<String>,
}

/// What of a row is to be changed; what is left out stays.
#[derive(Debug, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub(super) struct RowChange {
    /// As it is to be written.
    time: Option<String>,
    /// Who.
    actor: Option<String>,
    /// What was done or seen.
    action: Option<String>,
    /// What came of it.
    result: Option<String>,
}

/// List the rows of a timeline
#[utoipa::path(get, path = "/postmortems/{key}/timeline", tag = "Timeline",
    params(("key" = String, Path, description = "Its incident ID, or its path from the library's root"),
        ("If-None-Match" = Option<String>, Header, description = "The version that is known already")),
    responses(
        (status = 200, description = "The rows", body = ref("#/components/schemas/Timeline"),
            headers(("ETag" = String, description = "The version of the file"))),
        (status = 304, description = "It is the version that is known already"),
        (status = 404, description = "missing"), (status = 409, description = "conflict")))]
async fn list(
    State(site): State<Arc<Site>>,
    known: IfNoneMatch,
    Named(key): Named<String>,
) -> Result<Response, Problem> {
    let shelf = site.shelf();
    let (stored, document) = shelf.workspace.read(&shelf.file(shelf.find(&key)?))?;
    let version = SERVED.note(&stored.bytes);
    let recount = Header { format: "timeline", version: 1 };
    Ok(known.answer(&version, || Json(Timeline { recount, rows: timeline(&document) }).into_response()))
}

/// Add a row to a timeline
///
/// It comes to stand where its time belongs.
#[utoipa::path(post, path = "/postmortems/{key}/timeline", tag = "Timeline",
    params(("key" = String, Path, description = "Its incident ID, or its path from the library's root"),
        ("If-Match" = Option<String>, Header, description = "The version that was read"),
        Forcing),
    request_body = ref("#/components/schemas/NewRow"),
    responses(
        (status = 200, description = "The postmortem as it is now", body = ref("#/components/schemas/Postmortem"),
            headers(("ETag" = String, description = "The version of the file"))),
        (status = 404, description = "missing"), (status = 409, description = "conflict"),
        (status = 412, description = "changed"), (status = 422, description = "refused")))]
async fn add(
    State(site): State<Arc<Site>>,
    viewer: Viewer,
    matching: IfMatch,
    Named(key): Named<String>,
    Asked(forcing): Asked<Forcing>,
    Body(row): Body<NewRow>,
) -> Result<Response, Problem> {
    if row.action.trim().is_empty() {
        return Err(Problem::new(REFUSED, "a row needs a text").hint("say what was done or seen in `action`"));
    }
    let (at, is_exact) = match &row.time {
        None => (site.now(), false),
        Some(text) => (instant(text)?, true),
    };
    let stamp = time::canonical(at, is_exact && at.as_second() % 60 != 0);
    let action = match row.milestone.as_deref().map(milestone).transpose()? {
        Some(milestone) => format!("**{milestone}.** {}", row.action),
        None => row.action,
    };
    let subject = format!("log {action}");
    let (actor, result) = (row.actor, row.result);
    let writing = Writing { site, viewer, key: key.clone(), matching, forcing };
    writing
        .answer(subject, move |workspace, document| {
            refuse_foreign(workspace, &key, document)?;
            let edits = document.insert_timeline_row(at, &[&stamp, &actor, &action, &result]);
            Ok(document.changed(&edits.map_err(Failure::from)?).map_err(Failure::from)?)
        })
        .await
}

/// Change a row of a timeline
///
/// Cell by cell; what is left out stays.
#[utoipa::path(patch, path = "/postmortems/{key}/timeline/{number}", tag = "Timeline",
    params(("key" = String, Path, description = "Its incident ID, or its path from the library's root"),
        ("number" = u32, Path, description = "The row's number in the version that was read", minimum = 1),
        ("If-Match" = Option<String>, Header, description = "The version that was read; needed"),
        Forcing),
    request_body = ref("#/components/schemas/RowChange"),
    responses(
        (status = 200, description = "The postmortem as it is now", body = ref("#/components/schemas/Postmortem"),
            headers(("ETag" = String, description = "The version of the file"))),
        (status = 404, description = "missing"), (status = 409, description = "conflict"),
        (status = 412, description = "changed"), (status = 422, description = "refused"),
        (status = 428, description = "unconditional")))]
async fn change(
    State(site): State<Arc<Site>>,
    viewer: Viewer,
    matching: IfMatch,
    Named((key, number)): Named<(String, u32)>,
    Asked(forcing): Asked<Forcing>,
    Body(row): Body<RowChange>,
) -> Result<Response, Problem> {
    let matching = matching.required()?;
    let number = number as usize;
    let cells = [
        (TimelineColumn::Time, row.time),
        (TimelineColumn::Actor, row.actor),
        (TimelineColumn::Action, row.action),
        (TimelineColumn::Result, row.result),
    ];
    let cells: Vec<_> = cells.into_iter().filter_map(|(column, text)| Some((column, text?))).collect();
    if cells.is_empty() {
        return Err(Problem::new(REFUSED, "there is nothing to change")
            .hint("send `time`, `actor`, `action` or `result`"));
    }
    let subject = format!("change row {number} of the timeline");
    let writing = Writing { site, viewer, key, matching, forcing };
    writing
        .answer(subject, move |_, document| {
            row_of(document, number)?;
            let mut changed = document.clone();
            for (column, text) in cells {
                let edits = changed.set_timeline_cell(number, column, &text).map_err(Failure::from)?;
                changed = changed.changed(&edits).map_err(Failure::from)?;
            }
            Ok(changed)
        })
        .await
}

/// Remove a row of a timeline
#[utoipa::path(delete, path = "/postmortems/{key}/timeline/{number}", tag = "Timeline",
    params(("key" = String, Path, description = "Its incident ID, or its path from the library's root"),
        ("number" = u32, Path, description = "The row's number in the version that was read", minimum = 1),
        ("If-Match" = Option<String>, Header, description = "The version that was read; needed"),
        Forcing),
    responses(
        (status = 200, description = "The postmortem as it is now", body = ref("#/components/schemas/Postmortem"),
            headers(("ETag" = String, description = "The version of the file"))),
        (status = 404, description = "missing"), (status = 409, description = "conflict"),
        (status = 412, description = "changed"), (status = 422, description = "refused"),
        (status = 428, description = "unconditional")))]
async fn remove(
    State(site): State<Arc<Site>>,
    viewer: Viewer,
    matching: IfMatch,
    Named((key, number)): Named<(String, u32)>,
    Asked(forcing): Asked<Forcing>,
) -> Result<Response, Problem> {
    let matching = matching.required()?;
    let number = number as usize;
    let subject = format!("remove row {number} of the timeline");
    let writing = Writing { site, viewer, key, matching, forcing };
    writing
        .answer(subject, move |_, document| {
            row_of(document, number)?;
            let edits = document.remove_timeline_row(number).map_err(Failure::from)?;
            Ok(document.changed(&edits).map_err(Failure::from)?)
        })
        .await
}

fn row_of(document: &Document, number: usize) -> Result<(), Problem> {
    let count = document.timeline_rows().len();
    if (1..=count).contains(&number) {
        return Ok(());
    }
    Err(Problem::new(MISSING, format!("there is no row {number}: the timeline has {count}"))
        .hint("rows are counted from 1; those that hold nothing are not counted"))
}

fn refuse_foreign(
    workspace: &recount_workspace::Workspace,
    key: &str,
    document: &Document,
) -> Result<(), Problem> {
    Ok(workspace.refuse_foreign(std::path::Path::new(key), document, "row")?)
}

fn instant(text: &str) -> Result<jiff::Timestamp, Problem> {
    let read = time::read(text, &Anchor::default());
    read.map(|moment| moment.at).map_err(|problem| {
        Problem::new(REFUSED, format!("`{text}` of `time` cannot be used: {problem}"))
            .hint("write it as `2026-11-20 14:02`; it is UTC unless it names another zone")
    })
}

fn milestone(text: &str) -> Result<Milestone, Problem> {
    let found = Milestone::ALL.into_iter().find(|milestone| milestone.word().eq_ignore_ascii_case(text));
    found.ok_or_else(|| {
        Problem::new(REFUSED, format!("`{text}` is no milestone"))
            .hint("use `started`, `detected`, `acknowledged`, `mitigated` or `resolved`")
    })
}
