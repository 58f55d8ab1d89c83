//! `/api/v1/postmortems/{key}/evidence` and `…/candidates`: what exports say of an incident, and what of it is not in the
//! timeline.
//!
//! What does not live here: reading exports and judging events, as `recount import` does (`recount_workspace`), and taking
//! candidates in ([`super::timeline`]). Servers are asked by the command alone: nobody makes this one call others.

use std::io::Write as _;
use std::path::Path;
use std::sync::Arc;

use axum::Json;
use axum::body::Body;
use axum::extract::{FromRequest, Request, State};
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};
use futures_util::StreamExt as _;
use recount_engine::evidence::source::by_name;
use recount_workspace::importing::Imported;
use recount_workspace::inputs::Input;
use recount_workspace::logging::instant;
use recount_workspace::reading::{How, Listener, Mapped, ReadInput, read_zone, window_of};
use recount_workspace::told::{candidates, imported};
use recount_workspace::{Failure, FailureKind};
use serde::{Deserialize, Serialize};
use tokio::sync::Semaphore;
use utoipa::IntoParams;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::conditional::{SERVED, tagged};
use super::extract::{Asked, Named};
use super::limit;
use super::postmortem::unfinished;
use super::problem::{MEDIA_TYPE_UNKNOWN, Problem, REFUSED, TOO_LARGE, TROUBLE, UNREADABLE, in_parameters};
use super::write::Writing;
use crate::frame::segment;
use crate::site::Site;

/// Bytes of what is sent at once, as it is sent.
const LARGEST: usize = 64 << 20;
/// So many are read at a time: what is unpacked is held in memory.
static READERS: Semaphore = Semaphore::const_new(2);

pub(super) fn routes() -> OpenApiRouter<Arc<Site>> {
    OpenApiRouter::new().routes(routes!(upload)).routes(routes!(list))
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
    let how = how(&asked)?;
    let path = writing.path()?;
    let Ok(_place) = READERS.try_acquire() else {
        return Err(Problem::new(TROUBLE, "others are sending evidence just now")
            .hint("send it again when they have finished")
            .retry_after(5));
    };
    // Only for as long as it is read: what is kept of it is the events.
    let folder = tempfile::tempdir().map_err(|error| nowhere(&error))?;
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
) -> Result<(recount_workspace::reading::Read, Vec<imported::Input>, Vec<String>), Problem> {
    let shelf = site.shelf();
    let workspace = &shelf.workspace;
    let (_, document) = workspace.read_to_change(&workspace.library.root().join(path))?;
    let mut noticed = Noticed::default();
    let input = Input::sent(file)?;
    let read = workspace.read_inputs(vec![input], how, window_of(&document), &mut noticed)?;
    let told =
        |one: &ReadInput| imported::Input::of(one.name.clone(), one.source, &one.import, in_parameters);
    let inputs = read.inputs.iter().map(told).collect();
    Ok((read, inputs, noticed.0))
}

/// What was noticed while evidence was read.
#[derive(Default)]
struct Noticed(Vec<String>);

impl Listener for Noticed {
    fn warn(&mut self, text: String, hint: Option<&str>) {
        let told = hint.map_or_else(|| text.clone(), |hint| format!("{text}; {hint}"));
        self.0.push(in_parameters(&told));
    }
}

fn how(asked: &Parameters) -> Result<How, Problem> {
    let list = |text: &Option<String>| -> Vec<String> {
        let parts = text.iter().flat_map(|text| text.split(',')).map(str::trim);
        parts.filter(|part| !part.is_empty()).map(str::to_owned).collect()
    };
    let at = |name: &str, text: &Option<String>| {
        text.as_deref().map(|text| instant(text, name)).transpose().map_err(unreadable)
    };
    if let Some(name) = asked.source.as_deref().filter(|name| by_name(name).is_none()) {
        return Err(Problem::new(UNREADABLE, format!("there is no source `{name}`"))
            .hint("leave `source` out: it is recognised from the bytes"));
    }
    let map = list(&asked.map).iter().map(|part| part.parse::<Mapped>()).collect::<Result<_, _>>();
    Ok(How {
        source: asked.source.clone(),
        zone: asked.zone.as_deref().map(read_zone).transpose().map_err(unreadable)?,
        year: asked.year,
        anchor: at("anchor", &asked.anchor)?,
        map: map.map_err(|takes| Problem::new(UNREADABLE, "`map` cannot be read").hint(takes))?,
        from: at("from", &asked.from)?,
        to: at("to", &asked.to)?,
        channels: list(&asked.channel),
        threads: list(&asked.thread),
    })
}

/// A parameter that says nothing.
#[allow(clippy::needless_pass_by_value, reason = "it stands behind `map_err`")]
fn unreadable(failure: Failure) -> Problem {
    let problem = Problem::new(UNREADABLE, failure.to_string());
    match failure.hint_text() {
        Some(hint) => problem.hint(hint),
        None => problem,
    }
}

/// A name that is no more than one: what is sent names no place on our disk.
fn plain_name(name: &str) -> Result<String, Problem> {
    const LONGEST: usize = 100;
    let last = name.rsplit(['/', '\\']).next().unwrap_or_default().trim();
    let is_plain = !last.is_empty()
        && !last.starts_with('.')
        && last.chars().count() <= LONGEST
        && last.len() <= 2 * LONGEST
        && !last
            .chars()
            .any(|c| c.is_control() || matches!(c, ':' | '*' | '?' | '"' | '<' | '>' | '|' | '`'));
    if is_plain {
        return Ok(last.to_owned());
    }
    Err(Problem::new(REFUSED, "that is no plain file name")
        .hint("give the name that the file has, as `slack-export.zip`"))
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

/// Keeps a body in a file, no more of it than is read.
async fn keep(body: Body, file: &Path) -> Result<(), Problem> {
    let mut out = std::fs::File::create_new(file).map_err(|error| nowhere(&error))?;
    let mut stream = body.into_data_stream();
    let mut kept = 0;
    while let Some(piece) = stream.next().await {
        let piece =
            piece.map_err(|_| Problem::new(UNREADABLE, "the body was cut off").hint("send it again"))?;
        kept += piece.len();
        if kept > LARGEST {
            return Err(Problem::new(TOO_LARGE, format!("the body is larger than {} MiB", LARGEST >> 20))
                .hint("cut the hours of the incident out of it first, or pack it"));
        }
        // Pieces are small, and go no further than the system's cache.
        out.write_all(&piece).map_err(|error| nowhere(&error))?;
    }
    if kept == 0 {
        return Err(Problem::new(REFUSED, "the body is empty").hint("send the bytes of the file"));
    }
    Ok(())
}

fn nowhere(error: &std::io::Error) -> Problem {
    Failure::new(format!("what was sent cannot be kept: {error}")).of(FailureKind::Trouble).into()
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
