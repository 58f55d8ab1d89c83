//! `/api/v1/postmortems/{key}/markdown`: the document itself, byte for byte.

use std::sync::Arc;

use axum::extract::State;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::conditional::{IfNoneMatch, SERVED};
use super::extract::{Asked, Named, Text};
use super::postmortem::text_only;
use super::problem::Problem;
use super::write::{Forcing, Writing};
use crate::site::Site;

pub(super) fn routes() -> OpenApiRouter<Arc<Site>> {
    OpenApiRouter::new().routes(routes!(read, replace))
}

/// Read the Markdown of a postmortem
///
/// The file as it is, byte for byte.
#[utoipa::path(get, path = "/postmortems/{key}/markdown", tag = "Postmortems",
    params(("key" = String, Path, description = "Its incident ID, or its path from the library's root"),
        ("If-None-Match" = Option<String>, Header, description = "The version that is known already")),
    responses(
        (status = 200, description = "The document", body = String, content_type = "text/markdown",
            headers(("ETag" = String, description = "The version of the file"))),
        (status = 304, description = "It is the version that is known already"),
        (status = 404, description = "missing"), (status = 409, description = "conflict")))]
async fn read(
    State(site): State<Arc<Site>>,
    known: IfNoneMatch,
    Named(key): Named<String>,
) -> Result<Response, Problem> {
    let shelf = site.shelf();
    let (stored, _) = shelf.workspace.read(&shelf.file(shelf.find(&key)?))?;
    let version = SERVED.note(&stored.bytes);
    let body = || ([(CONTENT_TYPE, "text/markdown; charset=utf-8")], stored.bytes).into_response();
    Ok(known.answer(&version, body))
}

/// Replace the Markdown of a postmortem
///
/// The whole text takes the place of the version that `If-Match` names. Where the file has another one by now, nothing
/// is written, and the answer says what is different.
#[utoipa::path(put, path = "/postmortems/{key}/markdown", tag = "Postmortems",
    params(("key" = String, Path, description = "Its incident ID, or its path from the library's root"),
        ("If-Match" = Option<String>, Header, description = "The version that was read; needed"),
        Forcing),
    request_body(content = String, content_type = "text/markdown", description = "The whole text"),
    responses(
        (status = 200, description = "The postmortem as it is now", body = ref("#/components/schemas/Postmortem"),
            headers(("ETag" = String, description = "The version of the file"))),
        (status = 404, description = "missing"), (status = 409, description = "conflict"),
        (status = 412, description = "changed"), (status = 422, description = "refused"),
        (status = 428, description = "unconditional")))]
async fn replace(
    writing: Writing,
    Asked(forcing): Asked<Forcing>,
    Text(text): Text,
) -> Result<Response, Problem> {
    let writing = writing.forced(forcing).of_a_version()?;
    writing.answer("edit the text".to_owned(), move |_, _, _| text_only(&text)).await
}
