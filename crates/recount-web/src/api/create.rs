//! `POST /api/v1/postmortems`: a postmortem is made.

use std::path::Path;
use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::header::LOCATION;
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use recount_workspace::logging::instant;
use recount_workspace::{Given, Unkept, read_severity};
use serde::{Deserialize, Serialize};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::address;
use super::conditional::tagged;
use super::extract::{Asked, Body};
use super::postmortem::{Postmortem, unfinished, whole};
use super::problem::Problem;
use super::rules::Nothing;
use super::similar::{Alike, seen_before};
use crate::making::{Made, made};
use crate::site::Site;
use crate::viewer::Viewer;

pub(super) fn routes() -> OpenApiRouter<Arc<Site>> {
    OpenApiRouter::new().routes(routes!(create))
}

/// What is known of an incident.
#[derive(Debug, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub(super) struct NewPostmortem {
    /// What happened, in a few words.
    title: String,
    /// An ID that the incident has already; the next free one where it is left out.
    id: Option<String>,
    /// How bad it was: `Sev0` to `Sev3`.
    severity: Option<String>,
    /// When it began: `2026-11-20 14:02`, UTC unless it names another zone.
    start: Option<String>,
    /// The services that it impacted.
    #[serde(default)]
    services: Vec<String>,
}

/// A postmortem that was made, and what the library says to it.
#[derive(Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub(super) struct Created {
    #[serde(flatten)]
    postmortem: Postmortem,
    /// Was this seen before? What is most like it, where something is.
    similar: Vec<Alike>,
    /// Promises of earlier incidents that are still owed, and about the same thing.
    owed: Vec<Unkept>,
    /// What of it is probably a mistake: a service or an ID that is unlike those that the library knows.
    notes: Vec<String>,
}

/// Make a postmortem
///
/// The template is copied: the next free ID is taken, the title written, the stage set to `draft`, and what is known
/// filled in. The answer says at once which incidents are like it. Each request makes one; whoever is not sure that the
/// first came through names the `id`, and a second request with it is refused (`taken`).
#[utoipa::path(post, path = "/postmortems", tag = "Postmortems",
    request_body = ref("#/components/schemas/NewPostmortem"),
    responses(
        (status = 201, description = "It was made", body = ref("#/components/schemas/Created"),
            headers(("Location" = String, description = "Its address"),
                ("ETag" = String, description = "The version of the file"))),
        (status = 409, description = "taken"), (status = 422, description = "refused")))]
async fn create(
    State(site): State<Arc<Site>>,
    viewer: Viewer,
    Asked(Nothing {}): Asked<Nothing>,
    Body(new): Body<NewPostmortem>,
) -> Result<Response, Problem> {
    let given = Given {
        id: new.id.map(|id| id.trim().to_owned()),
        severity: new.severity.as_deref().map(read_severity).transpose()?,
        start: new.start.as_deref().map(|text| instant(text, "start")).transpose()?,
        services: new.services,
    };
    let work = move || {
        let Made { id, path, key } = made(&site, &viewer, &new.title, &given)?;
        let postmortem = whole(&site, &path)?.0;
        let version = postmortem.version.clone();
        let shelf = site.shelf();
        let (_, document) = shelf.workspace.read(&shelf.workspace.library.root().join(Path::new(&path)))?;
        let past = shelf.workspace.past();
        let created = Created {
            similar: seen_before(&shelf, &path, &document),
            owed: past.owed(&document.record(), site.today(), shelf.workspace.config()),
            notes: shelf.workspace.doubts_of(&id, &given).into_iter().map(|(doubt, _)| doubt).collect(),
            postmortem,
        };
        let mut response = tagged((StatusCode::CREATED, Json(created)).into_response(), &version);
        if let Ok(location) = HeaderValue::from_str(&address(&key)) {
            response.headers_mut().insert(LOCATION, location);
        }
        Ok(response)
    };
    tokio::task::spawn_blocking(work).await.map_err(|_| unfinished())?
}
