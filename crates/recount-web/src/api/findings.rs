//! `/api/v1/postmortems/{key}/findings`: what rules found in a postmortem.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use recount_engine::document::Stage;
use recount_engine::lint::Options;
use recount_workspace::told::findings::Output;
use serde::Deserialize;
use utoipa::IntoParams;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::conditional::{SERVED, tagged};
use super::extract::{self, Asked, Named, TAKES_STAGE, value};
use super::postmortem::unfinished;
use super::problem::Problem;
use crate::site::Site;

pub(super) fn routes() -> OpenApiRouter<Arc<Site>> {
    OpenApiRouter::new().routes(routes!(findings))
}

/// How it is checked.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct Parameters {
    /// Hold it to this stage, `draft`, `review` or `final`, instead of its own
    stage: Option<String>,
    /// Whether rules that depend on today's date have their own level, where `true`, instead of being notes
    due: Option<bool>,
}

/// Check a postmortem
///
/// What rules found in the version that `ETag` names, in the order of the document. A fix has edits that
/// `PATCH /api/v1/postmortems/{key}` takes as they are.
#[utoipa::path(get, path = "/postmortems/{key}/findings", tag = "Postmortems",
    params(("key" = String, Path, description = "Its incident ID, or its path from the library's root"), Parameters),
    responses(
        (status = 200, description = "The findings", body = ref("#/components/schemas/Findings"),
            headers(("ETag" = String, description = "The version of the file that was checked"))),
        (status = 404, description = "missing"), (status = 409, description = "conflict")))]
async fn findings(
    State(site): State<Arc<Site>>,
    Named(key): Named<String>,
    Asked(asked): Asked<Parameters>,
) -> Result<Response, Problem> {
    let stage: Option<Stage> = value("stage", asked.stage.as_deref(), extract::word, TAKES_STAGE)?;
    let due = asked.due.unwrap_or_default();
    let work = move || {
        let shelf = site.shelf();
        let file = shelf.file(shelf.find(&key)?);
        let (stored, document) = shelf.workspace.read(&file)?;
        let version = SERVED.note(&stored.bytes);
        let options = Options { stage, due, fixes: true, ..Options::default() };
        let findings = shelf.workspace.findings(&file, &document, site.today(), options);
        let told = Output::of(&document, stage.unwrap_or(document.stage()), &findings);
        Ok(tagged(Json(told).into_response(), &version))
    };
    tokio::task::spawn_blocking(work).await.map_err(|_| unfinished())?
}
