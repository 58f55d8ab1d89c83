//! `/api/v1/postmortems/{key}`: one postmortem, read as typed facts, and changed by fields or by edits.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use recount_engine::config::nearest;
use recount_engine::document::edit::{Edit, apply};
use recount_engine::document::template::{FIELDS, FieldId};
use recount_engine::document::{Document, Span};
use recount_engine::lint::Options;
use recount_workspace::told::show::{Counts, Output};
use serde::{Deserialize, Serialize};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::address;
use super::conditional::{IfNoneMatch, SERVED, tagged};
use super::extract::{Asked, Body, Named};
use super::problem::{Problem, REFUSED, TROUBLE};
use super::write::{Forcing, Writing};
use crate::site::Site;

pub(super) fn routes() -> OpenApiRouter<Arc<Site>> {
    OpenApiRouter::new().routes(routes!(read, change))
}

/// One postmortem.
#[derive(Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub(super) struct Postmortem {
    #[serde(flatten)]
    shown: Output,
    /// The version of the file: the value of `ETag`, for `If-Match`.
    pub(super) version: String,
    /// Addresses of what belongs to it.
    links: Links,
}

/// Addresses of what belongs to a postmortem.
#[derive(Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
struct Links {
    /// This.
    #[serde(rename = "self")]
    own: String,
    /// The page for people.
    page: String,
    /// The document itself.
    markdown: String,
    /// What rules found in it.
    findings: String,
    /// The rows of its timeline.
    timeline: String,
    /// Postmortems that are like it.
    similar: String,
    /// What its evidence holds and its timeline does not.
    candidates: String,
}

/// What of a postmortem is to be changed: fields or edits.
#[derive(Debug, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub(super) struct Changes {
    /// Fields by their names or labels (`GET /api/v1/library` lists them), each with what it is to hold: a text, a list
    /// of texts, or nothing, which makes it blank.
    #[serde(default)]
    fields: BTreeMap<String, Option<Values>>,
    /// Ranges of the file's bytes and what takes their place; they do not overlap.
    #[serde(default)]
    edits: Vec<Replaced>,
    /// The version that was read; instead of `If-Match`.
    version: Option<String>,
    /// Write it although a rule of the document's stage forbids it.
    #[serde(default)]
    force: bool,
}

/// One text or several.
#[derive(Debug, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(untagged)]
pub(super) enum Values {
    /// One.
    One(String),
    /// Several, each a bullet.
    Several(Vec<String>),
}

/// A range of bytes, and what takes its place.
#[derive(Debug, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub(super) struct Replaced {
    /// First byte that goes.
    start: u32,
    /// One past the last byte that goes.
    end: u32,
    /// What comes.
    text: String,
}

/// Read a postmortem
///
/// Its facts as they are typed, its milestones, its timeline, its action items, how many findings there are, and
/// earlier incidents of the same cause. `ETag` is the version of the file; one that is sent as `If-None-Match` is not
/// sent again.
#[utoipa::path(get, path = "/postmortems/{key}", tag = "Postmortems",
    params(("key" = String, Path, description = "Its incident ID, or its path from the library's root"),
        ("If-None-Match" = Option<String>, Header, description = "The version that is known already")),
    responses(
        (status = 200, description = "The postmortem", body = ref("#/components/schemas/Postmortem"),
            headers(("ETag" = String, description = "The version of the file"))),
        (status = 304, description = "It is the version that is known already"),
        (status = 404, description = "missing"), (status = 409, description = "conflict")))]
async fn read(
    State(site): State<Arc<Site>>,
    known: IfNoneMatch,
    Named(key): Named<String>,
) -> Result<Response, Problem> {
    let path = site.shelf().find(&key)?.path.clone();
    // Reading it, and looking for what it repeats, is work for a thread of its own.
    let whole =
        tokio::task::spawn_blocking(move || whole(&site, &path)).await.map_err(|_| unfinished())??;
    let version = whole.0.version.clone();
    Ok(known.answer(&version, || Json(whole.0).into_response()))
}

/// Change a postmortem
///
/// By fields, or by edits, of the version that is named: one of the two says which was read. Either all of it is written or nothing. What a rule of the
/// document's stage forbids is refused, unless `force` is set; so are values that a field cannot mean, and an ID that is
/// taken. Durations that followed from the start or end time follow it, unless they are set, too. The same fields sent
/// twice change nothing more.
#[utoipa::path(patch, path = "/postmortems/{key}", tag = "Postmortems",
    params(("key" = String, Path, description = "Its incident ID, or its path from the library's root"),
        ("If-Match" = Option<String>, Header, description = "The version that was read; needed, here or as `version` in the body"),
        Forcing),
    request_body = ref("#/components/schemas/Changes"),
    responses(
        (status = 200, description = "The postmortem as it is now", body = ref("#/components/schemas/Postmortem"),
            headers(("ETag" = String, description = "The version of the file"))),
        (status = 404, description = "missing"), (status = 409, description = "conflict"),
        (status = 412, description = "changed"), (status = 422, description = "refused"),
        (status = 428, description = "unconditional")))]
async fn change(
    mut writing: Writing,
    Asked(forcing): Asked<Forcing>,
    Body(changes): Body<Changes>,
) -> Result<Response, Problem> {
    let Changes { fields, edits, version, force } = changes;
    writing = writing.forced(forcing).forced(Forcing { force: Some(force) });
    writing.matching = writing.matching.or(version);
    let writing = writing.of_a_version()?;
    match (fields.is_empty(), edits.is_empty()) {
        (true, true) => {
            Err(Problem::new(REFUSED, "there is nothing to change").hint("send `fields` or `edits`"))
        }
        (false, false) => Err(Problem::new(REFUSED, "fields and edits at once could be of two versions")
            .hint("send them one after the other")),
        (false, true) => {
            let fields = fields.into_iter().map(|(name, value)| Ok((field_named(&name)?, text(value))));
            let fields = fields.collect::<Result<Vec<(FieldId, String)>, Problem>>()?;
            let subject: Vec<String> = fields.iter().map(|(field, value)| told(*field, value)).collect();
            let (today, forces) = (writing.site.today(), writing.forces());
            writing
                .answer(subject.join(", "), move |workspace, path, document| {
                    workspace.refuse_foreign(path, document, "field")?;
                    Ok(workspace.set_fields((path, document), &fields, today, forces)?)
                })
                .await
        }
        (true, false) => {
            let edit = |Replaced { start, end, text }: Replaced| {
                if start > end {
                    return Err(Problem::new(REFUSED, format!("`{start}` to `{end}` is no range"))
                        .hint("`end` is one past the last byte that goes"));
                }
                Ok(Edit { span: Span { start, end }, text })
            };
            let edits = edits.into_iter().map(edit).collect::<Result<Vec<_>, _>>()?;
            writing.answer("edit the text".to_owned(), move |_, _, document| edited(document, &edits)).await
        }
    }
}

fn edited(document: &Document, edits: &[Edit]) -> Result<Document, Problem> {
    let bytes = apply(document.source().bytes(), edits).map_err(|error| {
        Problem::new(REFUSED, format!("the edits cannot be made: {error}"))
            .hint("ranges are of the file's bytes, in order, and do not overlap")
    })?;
    text_only(&bytes)
}

/// A document of bytes that are text.
pub(super) fn text_only(bytes: &[u8]) -> Result<Document, Problem> {
    let document = Document::parse(bytes);
    match document.source().invalid_at() {
        None => Ok(document),
        Some(at) => Err(Problem::new(REFUSED, format!("that would be no UTF-8 (byte {at})"))
            .hint("send the text as UTF-8; a range begins and ends between characters")),
    }
}

fn field_named(name: &str) -> Result<FieldId, Problem> {
    FieldId::from_name(name).ok_or_else(|| {
        let names = FIELDS.iter().flat_map(|def| [def.key, def.label]);
        let problem = Problem::new(REFUSED, format!("the template has no field `{name}`"));
        match nearest(name, names) {
            Some(near) => problem.hint(format!("did you mean `{near}`?")),
            None => problem.hint("`GET /api/v1/library` lists all fields"),
        }
    })
}

fn text(value: Option<Values>) -> String {
    match value {
        None => String::new(),
        Some(Values::One(text)) => text,
        Some(Values::Several(texts)) => texts.join("\n"),
    }
}

fn told(field: FieldId, value: &str) -> String {
    let label = field.def().label;
    let first = value.lines().next().unwrap_or_default();
    if value.trim().is_empty() { format!("clear {label}") } else { format!("set {label} to {first}") }
}

/// A postmortem with its version.
pub(super) struct Whole(pub(super) Postmortem);

impl Whole {
    pub(super) fn response(self) -> Response {
        let version = self.0.version.clone();
        tagged(Json(self.0).into_response(), &version)
    }
}

/// The answer with the postmortem at a path as its file is now.
pub(super) async fn answer(site: Arc<Site>, path: String) -> Result<Response, Problem> {
    // Reading it, and looking for what it repeats, is work for a thread of its own.
    let whole =
        tokio::task::spawn_blocking(move || whole(&site, &path)).await.map_err(|_| unfinished())??;
    Ok(whole.response())
}

/// The postmortem at a path from the library's root, as its file is now.
pub(super) fn whole(site: &Site, path: &str) -> Result<Whole, Problem> {
    let shelf = site.shelf();
    let workspace = &shelf.workspace;
    let file = workspace.library.root().join(Path::new(path));
    let (stored, document) = workspace.read(&file)?;
    let version = SERVED.note(&stored.bytes);
    let counts = Counts::of(&workspace.findings(&file, &document, site.today(), Options::default()));
    let earlier = workspace.past().before(&document.record(), site.today(), workspace.config());
    let known = shelf.at(path);
    let key = known.map_or(path, |known| shelf.key(known));
    let own = address(key);
    let below = |what: &str| format!("{own}/{what}");
    let links = Links {
        page: crate::frame::address(key),
        markdown: below("markdown"),
        findings: below("findings"),
        timeline: below("timeline"),
        similar: below("similar"),
        candidates: below("candidates"),
        own: own.clone(),
    };
    Ok(Whole(Postmortem { shown: Output::of(&document, path.to_owned(), earlier, counts), version, links }))
}

/// A handler whose thread ended.
pub(super) fn unfinished() -> Problem {
    Problem::new(TROUBLE, "the answer was not finished")
}
