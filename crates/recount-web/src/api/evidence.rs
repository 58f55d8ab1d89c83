//! `/api/v1/postmortems/{key}/evidence` and `…/candidates`: what exports say of an incident, and what of it is not in the
//! timeline.
//!
//! What does not live here: keeping and reading what is sent, as the page does, too (`crate::receiving`), judging events
//! (`recount_workspace`), and taking candidates in ([`super::timeline`]).

use std::path::Path;
use std::sync::Arc;

use axum::Json;
use axum::body::Body;
use axum::extract::{FromRequest, Request, State};
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};
use futures_util::StreamExt as _;
use recount_engine::document::counted;
use recount_workspace::Failure;
use recount_workspace::importing::{Imported, Judged, known_events};
use recount_workspace::reading::{How, Read, ReadInput, window_of};
use recount_workspace::told::{candidates, imported};
use serde::{Deserialize, Serialize};
use utoipa::IntoParams;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::conditional::{SERVED, tagged};
use super::extract::{Asked, Body as Posted, Named};
use super::limit;
use super::postmortem::unfinished;
use super::problem::{MEDIA_TYPE_UNKNOWN, Problem, REFUSED, TOO_LARGE, TROUBLE, UNREADABLE, in_parameters};
use super::write::Writing;
use crate::frame::segment;
use crate::receiving::{self, LARGEST, Unkept, Wanted, nowhere, plain_name, unread};
use crate::site::Site;

pub(super) fn routes() -> OpenApiRouter<Arc<Site>> {
    OpenApiRouter::new().routes(routes!(upload)).routes(routes!(list, judge)).routes(routes!(offered))
}

/// How what is sent is read.
#[derive(Debug, Clone, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct Parameters {
    /// The file's name, with its ending: `slack-export.zip`
    name: String,
    /// Read it as this source, whatever it looks like
    source: Option<String>,
    /// The zone of times that carry none: `Europe/Berlin`, `UTC`
    zone: Option<String>,
    /// The year of dates that carry none, as in old syslog
    year: Option<i16>,
    /// When a recording or transcript begins that counts its times from zero
    anchor: Option<String>,
    /// Which column or key holds what: `time=ts,actor=user,action=msg`; or the name of a mapping in `recount.toml`
    map: Option<String>,
    /// Leave out what is earlier
    from: Option<String>,
    /// Leave out what is later
    to: Option<String>,
    /// Read only these chat channels; commas part several
    channel: Option<String>,
    /// Take these chat threads in whole: permalinks or IDs; commas part several
    thread: Option<String>,
}

/// What came of an import.
#[derive(Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub(super) struct Evidence {
    #[serde(flatten)]
    told: imported::Output,
    /// The version of the postmortem's file now: the value of `ETag`.
    version: String,
}

/// Send evidence
///
/// An export or a log as it was downloaded: a file, a zip or a gzip. The source is recognised from the bytes; its events are
/// frozen beside the document, redacted, and what belongs in the timeline comes into it. The rest stays a candidate. What
/// could not be read is told with its position. The same evidence sent again adds nothing, and rows that people edited or
/// deleted stay so. At most 64 MiB as sent; 64 MiB a file, 256 MiB and 10,000 files in all as unpacked.
#[utoipa::path(post, path = "/postmortems/{key}/evidence", tag = "Evidence",
    params(("key" = String, Path, description = "Its incident ID, or its path from the library's root"),
        ("If-Match" = Option<String>, Header, description = "The version that was read"),
        Parameters),
    request_body(content = Vec<u8>, content_type = "application/octet-stream", description = "The file"),
    responses(
        (status = 200, description = "What was read, and what came of it", body = ref("#/components/schemas/Evidence"),
            headers(("ETag" = String, description = "The version of the file"))),
        (status = 404, description = "missing"), (status = 409, description = "conflict"),
        (status = 412, description = "changed"), (status = 422, description = "refused")))]
async fn upload(
    writing: Writing,
    Asked(asked): Asked<Parameters>,
    Sent(body): Sent,
) -> Result<Response, Problem> {
    let name = plain_name(&asked.name)?;
    let how = asked.wanted().how().map_err(unreadable)?;
    let path = writing.path()?;
    let Some(_place) = receiving::place() else {
        return Err(Problem::new(TROUBLE, "others are sending evidence just now")
            .hint("send it again when they have finished")
            .retry_after(5));
    };
    // Only for as long as it is read: what is kept of it is the events.
    let folder = tempfile::tempdir().map_err(|error| Problem::from(nowhere(&error)))?;
    let file = folder.path().join(&name);
    keep(body, &file).await?;
    let site = Arc::clone(&writing.site);
    let (read, inputs, warnings) = {
        let (site, path, how) = (Arc::clone(&site), path.clone(), how.clone());
        let work = move || read(&site, &path, &file, &how);
        tokio::task::spawn_blocking(work).await.map_err(|_| unfinished())??
    };
    let subject = format!("import {name}");
    let done = writing
        .import(subject, move |workspace, path, document| {
            let frozen = workspace.frozen(path)?;
            Ok(workspace.into_document(path, document, frozen, read, &how)?)
        })
        .await?;
    let done: Box<Imported> = done.ok_or_else(unfinished)?;
    let version = SERVED.note(done.merged.document.source().bytes());
    let told = imported::Output::of(inputs, warnings, &done);
    Ok(tagged(Json(Evidence { told, version: version.clone() }).into_response(), &version))
}

/// Reads a file that was sent for a postmortem.
fn read(
    site: &Site,
    path: &str,
    file: &Path,
    how: &How,
) -> Result<(Read, Vec<imported::Input>, Vec<String>), Problem> {
    let shelf = site.shelf();
    let workspace = &shelf.workspace;
    let (_, document) = workspace.read_to_change(&workspace.library.root().join(path))?;
    let (read, noticed) = receiving::read(workspace, file, how, window_of(&document))?;
    refuse_unread(&read)?;
    let told =
        |one: &ReadInput| imported::Input::of(one.name.clone(), one.source, &one.import, in_parameters);
    let inputs = read.inputs.iter().map(told).collect();
    Ok((read, inputs, noticed.iter().map(|told| in_parameters(told)).collect()))
}

/// Refuses what holds records of which none could be read.
fn refuse_unread(read: &Read) -> Result<(), Problem> {
    /// Of more one learns nothing more.
    const SHOWN: usize = 20;
    let skipped = unread(read);
    if skipped.is_empty() {
        return Ok(());
    }
    let detail = format!("no event could be read: {} skipped", counted(skipped.len(), "record"));
    let shown = skipped.iter().take(SHOWN).map(|one| in_parameters(one)).collect();
    Err(Problem::new(REFUSED, detail)
        .hint("`skipped` says why; `source` reads it as another. Nothing was written")
        .skipping(shown))
}

impl Parameters {
    fn wanted(&self) -> Wanted<'_> {
        Wanted {
            source: self.source.as_deref(),
            zone: self.zone.as_deref(),
            year: self.year,
            anchor: self.anchor.as_deref(),
            map: self.map.as_deref(),
            from: self.from.as_deref(),
            to: self.to.as_deref(),
            channels: self.channel.as_deref(),
            threads: self.thread.as_deref(),
        }
    }
}

/// A parameter that says nothing.
#[allow(clippy::needless_pass_by_value, reason = "it stands behind `map_err`")]
fn unreadable(failure: Failure) -> Problem {
    let problem = Problem::new(UNREADABLE, failure.to_string());
    match failure.hint_elsewhere() {
        Some(hint) => problem.hint(hint),
        None => problem,
    }
}

/// A file as a body.
struct Sent(Body);

impl FromRequest<Arc<Site>> for Sent {
    type Rejection = Problem;

    async fn from_request(request: Request, _: &Arc<Site>) -> Result<Self, Problem> {
        const MEDIA_TYPE: &str = "application/octet-stream";
        let named =
            request.headers().get(CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
        let bare = named.split(';').next().unwrap_or_default().trim();
        if bare.eq_ignore_ascii_case(MEDIA_TYPE) {
            return Ok(Self(request.into_body()));
        }
        Err(Problem::new(MEDIA_TYPE_UNKNOWN, "evidence is sent as the bytes of its file, whatever it is")
            .hint(format!("send it with `Content-Type: {MEDIA_TYPE}`")))
    }
}

/// Keeps a body in a file.
async fn keep(body: Body, file: &Path) -> Result<(), Problem> {
    let stream = body.into_data_stream().map(|piece| piece.map_err(|_| Unkept::CutOff));
    let kept = receiving::keep(stream, file).await.map_err(|unkept| match unkept {
        Unkept::CutOff => Problem::new(UNREADABLE, "the body was cut off").hint("send it again"),
        Unkept::TooLarge => Problem::new(TOO_LARGE, format!("the body is larger than {} MiB", LARGEST >> 20))
            .hint("cut the hours of the incident out of it first, or pack it"),
        Unkept::Nowhere(failure) => failure.into(),
    })?;
    if kept == 0 {
        return Err(Problem::new(REFUSED, "the body is empty").hint("send the bytes of the file"));
    }
    Ok(())
}

/// Which candidates are asked for.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct CandidateParameters {
    /// Whose text, actor or channel holds this
    text: Option<String>,
    /// So many at once
    #[param(minimum = 1, maximum = 200, default = 50)]
    limit: Option<u16>,
    /// Where to go on: of `next` of the page before
    cursor: Option<String>,
}

/// A page of candidates.
#[derive(Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub(super) struct Page<'e> {
    #[serde(flatten)]
    list: candidates::Output<'e>,
    /// How many there are on all pages.
    total: usize,
    /// Lines of the frozen evidence that cannot be read.
    problems: Vec<String>,
    /// The address of the next page; none after the last.
    next: Option<String>,
}

/// List candidates
///
/// What the frozen evidence holds and the timeline does not, by time, each with why it did not come in by itself.
/// `POST /api/v1/postmortems/{key}/timeline` takes them in. `ETag` is the version of the postmortem.
#[utoipa::path(get, path = "/postmortems/{key}/candidates", tag = "Evidence",
    params(("key" = String, Path, description = "Its incident ID, or its path from the library's root"),
        CandidateParameters),
    responses(
        (status = 200, description = "A page of candidates", body = ref("#/components/schemas/Candidates"),
            headers(("ETag" = String, description = "The version of the postmortem's file"))),
        (status = 404, description = "missing"), (status = 409, description = "conflict")))]
async fn list(
    State(site): State<Arc<Site>>,
    Named(key): Named<String>,
    Asked(asked): Asked<CandidateParameters>,
) -> Result<Response, Problem> {
    let most = limit(asked.limit)?;
    let work = move || {
        let shelf = site.shelf();
        let known = shelf.find(&key)?;
        let file = shelf.file(known);
        let (stored, document) = shelf.workspace.read(&file)?;
        let version = SERVED.note(&stored.bytes);
        let frozen = shelf.workspace.frozen(&file)?;
        let mut all = shelf.workspace.candidates(&document, &frozen);
        let text = asked.text.as_deref().map(str::to_lowercase);
        all.retain(|candidate| text.as_ref().is_none_or(|text| candidate.holds(text)));
        let total = all.len();
        // One that is taken meanwhile leaves the list; the one that was shown last may be that.
        let from = match &asked.cursor {
            None => 0,
            Some(cursor) => {
                let (place, id) = cursor.split_once('.').unwrap_or_default();
                let place: usize = place.parse().map_err(|_| {
                    Problem::new(UNREADABLE, format!("`{cursor}` is no value of `cursor`"))
                        .hint("take it from `next` of the page before")
                })?;
                all.iter().position(|one| one.event.id.0 == id).map_or(place.min(total), |at| at + 1)
            }
        };
        let shown: Vec<_> = all.into_iter().skip(from).take(most).collect();
        let reached = from + shown.len();
        let next = shown.last().filter(|_| reached < total).map(|last| {
            let limit = asked.limit.map(|limit| format!("&limit={limit}")).unwrap_or_default();
            let text = asked.text.as_ref().map(|text| format!("&text={}", segment(text))).unwrap_or_default();
            let cursor = segment(&format!("{reached}.{}", last.event.id.0));
            format!("{}/candidates?cursor={cursor}{limit}{text}", super::address(shelf.key(known)))
        });
        let problems = frozen.damage().iter().map(ToString::to_string).collect();
        let page = Page { list: candidates::Output::of(shown), total, problems, next };
        Ok(tagged(Json(page).into_response(), &version))
    };
    tokio::task::spawn_blocking(work).await.map_err(|_| unfinished())?
}

/// What is decided of events that are not in the timeline.
#[derive(Debug, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub(super) struct Decisions {
    /// Never to be offered again: the IDs that candidates have.
    #[serde(default)]
    dismiss: Vec<String>,
    /// Dismissed before, and to be offered again.
    #[serde(default)]
    offer: Vec<String>,
}

/// What came of decisions.
#[derive(Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub(super) struct Decided {
    /// How many are candidates no more.
    dismissed: usize,
    /// How many are candidates again.
    offered: usize,
}

/// Dismiss candidates
///
/// `dismiss` names those that are never to be offered again, `offer` those that are after all. They stay in the frozen
/// evidence either way. One that is in the timeline stays there, and is not counted.
#[utoipa::path(post, path = "/postmortems/{key}/candidates", tag = "Evidence",
    params(("key" = String, Path, description = "Its incident ID, or its path from the library's root"),
        ("If-Match" = Option<String>, Header, description = "The version that was read")),
    request_body = ref("#/components/schemas/Decisions"),
    responses(
        (status = 200, description = "How many were decided on", body = ref("#/components/schemas/Decided")),
        (status = 404, description = "missing"), (status = 409, description = "conflict"),
        (status = 412, description = "changed"), (status = 422, description = "refused")))]
async fn judge(writing: Writing, Posted(asked): Posted<Decisions>) -> Result<Response, Problem> {
    let Decisions { dismiss, offer } = asked;
    let (names, is_back) = match (dismiss.is_empty(), offer.is_empty()) {
        (false, true) => (dismiss, false),
        (true, false) => (offer, true),
        _ => {
            return Err(Problem::new(
                REFUSED,
                "either `dismiss` or `offer` names events, one of them at a time",
            )
            .hint("`GET /api/v1/postmortems/{key}/candidates` lists what can be dismissed"));
        }
    };
    let key = writing.key.clone();
    let verb = if is_back { "offer" } else { "dismiss" };
    let subject = format!("{verb} {}", counted(names.len(), "candidate"));
    let judged = writing
        .judge(subject, move |workspace, path| {
            let mut frozen = workspace.frozen(path)?;
            let ids = known_events(&frozen, &names, &key).map_err(|failure| {
                Problem::from(failure)
                    .hint("`GET /api/v1/postmortems/{key}/candidates` lists what can be dismissed")
            })?;
            let judge = if is_back { Judged::offered } else { Judged::dismissed };
            Ok(judge(&mut frozen, &ids))
        })
        .await?
        .ok_or_else(unfinished)?;
    let count = judged.changed.len();
    let (dismissed, offered) = if is_back { (0, count) } else { (count, 0) };
    Ok(Json(Decided { dismissed, offered }).into_response())
}

/// What the evidence says of fields that do not say so.
#[derive(Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub(super) struct Offers {
    offers: Vec<Offer>,
}

/// A value for a field.
#[derive(Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
struct Offer {
    /// The field's label, as the document has it.
    field: &'static str,
    /// The value, as it would be written.
    value: String,
    /// Why, in words.
    reason: String,
    /// The events that decide it, the deciding one first: the IDs that candidates have.
    events: Vec<String>,
}

/// List what the evidence offers
///
/// Values for fields that are blank or say something else, each with its reason; `PATCH /api/v1/postmortems/{key}` sets
/// those that somebody accepts. `ETag` is the version of the postmortem.
#[utoipa::path(get, path = "/postmortems/{key}/offers", tag = "Evidence",
    params(("key" = String, Path, description = "Its incident ID, or its path from the library's root")),
    responses(
        (status = 200, description = "What is offered", body = ref("#/components/schemas/Offers"),
            headers(("ETag" = String, description = "The version of the postmortem's file"))),
        (status = 404, description = "missing"), (status = 409, description = "conflict")))]
async fn offered(State(site): State<Arc<Site>>, Named(key): Named<String>) -> Result<Response, Problem> {
    let work = move || {
        let shelf = site.shelf();
        let file = shelf.file(shelf.find(&key)?);
        let (stored, document) = shelf.workspace.read(&file)?;
        let version = SERVED.note(&stored.bytes);
        let offers = shelf.workspace.offers(&file, &document).into_iter().map(|(field, derived)| Offer {
            field: field.def().label,
            value: derived.value,
            reason: derived.why,
            events: derived.because.into_iter().map(|id| id.0).collect(),
        });
        let offers = Offers { offers: offers.collect() };
        Ok(tagged(Json(offers).into_response(), &version))
    };
    tokio::task::spawn_blocking(work).await.map_err(|_| unfinished())?
}
