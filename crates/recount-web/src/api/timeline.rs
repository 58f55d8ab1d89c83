//! `/api/v1/postmortems/{key}/timeline`: the rows of a timeline, each on its own.
//!
//! Rows are known by their numbers, which are those of one version: whoever changes or removes one says of which.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use recount_engine::document::operations::plain_cell;
use recount_engine::document::template::{TIMELINE_HEADERS, TimelineColumn};
use recount_engine::document::{Document, Milestone, counted};
use recount_engine::evidence::Curation;
use recount_workspace::importing::known_events;
use recount_workspace::told::Header;
use recount_workspace::told::show::{Row, timeline};
use recount_workspace::{Failure, logging};
use serde::{Deserialize, Serialize};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::conditional::{IfNoneMatch, SERVED};
use super::extract::{Asked, Body, Named};
use super::postmortem;
use super::problem::{MISSING, Problem, REFUSED};
use super::write::{Forcing, Writing};
use crate::site::Site;

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

/// A row that is to be added, or events that are to be taken in.
#[derive(Debug, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub(super) struct NewRow {
    /// When, `2026-11-20 14:02`, UTC unless it names another zone, or `14:02` for the last time that the clock showed it;
    /// now where it is left out.
    time: Option<String>,
    /// Who; whoever writes where it is left out.
    actor: Option<String>,
    /// What was done or seen; needed unless events are named.
    #[serde(default)]
    action: String,
    /// What came of it.
    #[serde(default)]
    result: String,
    /// Where it can be seen: a dashboard, a log, a pull request.
    link: Option<String>,
    /// The milestone that it is: `started`, `detected`, `acknowledged`, `mitigated` or `resolved`.
    milestone: Option<String>,
    /// Instead of a row: candidates that are taken into the timeline, by their IDs.
    #[serde(default)]
    events: Vec<String>,
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
/// It comes to stand where its time belongs. Sent twice it stands there twice: whoever is not sure that the first one came
/// through sends both with `If-Match`.
///
/// Or take candidates in: `events` names them, by the IDs that `GET /api/v1/postmortems/{key}/candidates` has. One that is
/// in the timeline already is not taken again.
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
    writing: Writing,
    Asked(forcing): Asked<Forcing>,
    Body(row): Body<NewRow>,
) -> Result<Response, Problem> {
    let writing = writing.forced(forcing);
    if !row.events.is_empty() {
        return take(writing, row).await;
    }
    let now = writing.site.now();
    let written = row.time.as_deref();
    let at = written.map(|text| {
        logging::at_or_before(text, now).map_err(|problem| logging::not_a_time(text, "time", &problem))
    });
    let at = at.transpose()?.unwrap_or(now);
    logging::refuse_future(at, now, "time")?;
    let milestone = row.milestone.as_deref().map(milestone).transpose()?;
    let row = logging::NewRow {
        at,
        with_seconds: written.is_some() && at.as_second() % 60 != 0,
        actor: row
            .actor
            .unwrap_or_else(|| writing.site.shelf().workspace.owner_named(&writing.viewer.author.name)),
        action: row.action,
        result: row.result,
        link: row.link,
        milestone,
    };
    row.refuse_nonsense("link")?;
    let subject = format!("log {}", row.told());
    writing
        .answer(subject, move |workspace, path, document| {
            workspace.refuse_foreign(path, document, "row")?;
            Ok(row.added_to(document)?)
        })
        .await
}

/// Takes candidates into the timeline.
async fn take(writing: Writing, row: NewRow) -> Result<Response, Problem> {
    let NewRow { time, actor, action, result, link, milestone, events } = row;
    if [time, actor, link, milestone].iter().any(Option::is_some) || !(action.is_empty() && result.is_empty())
    {
        return Err(Problem::new(REFUSED, "a row and events at once are two things")
            .hint("send `events` alone: each says itself when, who and what"));
    }
    let (site, path, key) = (Arc::clone(&writing.site), writing.path()?, writing.key.clone());
    let subject = format!("take {} into the timeline", counted(events.len(), "event"));
    writing
        .import(subject, move |workspace, path, document| {
            let frozen = workspace.frozen(path)?;
            let ids = known_events(&frozen, &events, &key).map_err(|failure| {
                Problem::from(failure)
                    .hint("`GET /api/v1/postmortems/{key}/candidates` lists what was not taken")
            })?;
            Ok(workspace.take_in(path, document, frozen, &Curation::default(), &ids)?)
        })
        .await?;
    postmortem::answer(site, path).await
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
    writing: Writing,
    Named((_key, number)): Named<(String, u32)>,
    Asked(forcing): Asked<Forcing>,
    Body(row): Body<RowChange>,
) -> Result<Response, Problem> {
    let writing = writing.forced(forcing).of_a_version()?;
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
    writing
        .answer(subject, move |_, _, document| {
            row_of(document, number)?;
            let mut changed = document.clone();
            for (column, text) in cells {
                let text = plain_cell(&text);
                let edits = changed
                    .set_timeline_cell(number, column, &text)
                    .map_err(|error| Failure::from(error).of_part(TIMELINE_HEADERS[column as usize]))?;
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
    writing: Writing,
    Named((_key, number)): Named<(String, u32)>,
    Asked(forcing): Asked<Forcing>,
) -> Result<Response, Problem> {
    let writing = writing.forced(forcing).of_a_version()?;
    let number = number as usize;
    let subject = format!("remove row {number} of the timeline");
    writing
        .answer(subject, move |_, _, document| {
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

fn milestone(text: &str) -> Result<Milestone, Problem> {
    logging::parse_milestone(text)
        .map_err(|takes| Problem::new(REFUSED, format!("`{text}` is no milestone")).hint(takes))
}
