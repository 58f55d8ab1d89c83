//! `/api/v1/postmortems/{key}/export/{format}`: a postmortem for others to read.
//!
//! What does not live here: what the public gets, and the last look at it (`recount-engine`).

use std::sync::Arc;

use axum::extract::State;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};
use recount_engine::export::audience::Audience;
use recount_engine::export::formats::{self, FORMATS};
use recount_workspace::NotHandedOut;
use serde::Deserialize;
use utoipa::IntoParams;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::extract::{Asked, Named, value};
use super::postmortem::unfinished;
use super::problem::{MISSING, Problem};
use crate::site::Site;

pub(super) fn routes() -> OpenApiRouter<Arc<Site>> {
    OpenApiRouter::new().routes(routes!(export))
}

/// For whom.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct Parameters {
    /// `internal` (without it) or `public`
    audience: Option<String>,
    /// Give the public what is not final, where `true`
    force: Option<bool>,
}

/// Export a postmortem
///
/// For colleagues as it is. For the public it is derived: people, internal links, owners, commands, evidence and whatever is
/// not listed as public goes, and the result is searched for what must not get out. Where something is found, nothing is
/// exported (`refused`): the answer names the kinds of what was found, and never the words.
#[utoipa::path(get, path = "/postmortems/{key}/export/{format}", tag = "Postmortems",
    params(("key" = String, Path, description = "Its incident ID, or its path from the library's root"),
        ("format" = String, Path, description = "`html`, `json` or `md`; `pdf` where the server was built with it"),
        Parameters),
    responses(
        (status = 200, description = "The export, in its format",
            content((String = "text/html"), (String = "text/markdown"), (String = "application/json"), (String = "application/pdf"))),
        (status = 404, description = "missing"), (status = 409, description = "conflict"),
        (status = 422, description = "refused")))]
async fn export(
    State(site): State<Arc<Site>>,
    Named((key, format)): Named<(String, String)>,
    Asked(asked): Asked<Parameters>,
) -> Result<Response, Problem> {
    let format = formats::named(&format).ok_or_else(|| {
        let names: Vec<&str> = FORMATS.iter().map(|format| format.name).collect();
        Problem::new(MISSING, format!("there is no format `{format}`"))
            .hint(format!("there are `{}`", names.join("`, `")))
    })?;
    let read = |text: &str| Audience::ALL.into_iter().find(|audience| audience.as_str() == text);
    let audience = value("audience", asked.audience.as_deref(), read, "use `internal` or `public`")?;
    let (audience, force) = (audience.unwrap_or(Audience::Internal), asked.force.unwrap_or_default());
    let work = move || {
        let shelf = site.shelf();
        let (_, document) = shelf.workspace.read(&shelf.file(shelf.find(&key)?))?;
        let exported = shelf.workspace.hand_out(&document, audience, format, force);
        let exported = exported.map_err(NotHandedOut::without_words);
        let exported = exported.map_err(|failure| Problem::from(failure).unless_forced())?;
        Ok(([(CONTENT_TYPE, exported.media_type)], exported.bytes).into_response())
    };
    tokio::task::spawn_blocking(work).await.map_err(|_| unfinished())?
}
