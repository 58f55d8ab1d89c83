//! The API: one endpoint group a file, with its addresses, what it takes, and what it answers. The description
//! (`OpenAPI`) is made from the same handlers.
//!
//! What does not live here: what an answer holds, which the command line prints, too (`recount_workspace::told`), and
//! the page that shows the description (`pages/api_reference.rs`).

mod actions;
mod conditional;
mod create;
mod evidence;
mod export;
mod extract;
mod findings;
mod insights;
mod items;
mod library;
mod limits;
mod markdown;
mod postmortem;
mod postmortems;
mod problem;
mod rules;
#[cfg(feature = "schema")]
mod schemas;
mod search;
mod similar;
mod timeline;
mod write;

use std::sync::Arc;

use axum::Router;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::middleware::from_fn_with_state;
use axum::response::IntoResponse;
use axum::routing::{any, get};
use utoipa_axum::router::OpenApiRouter;

use crate::frame::segment;
use crate::site::Site;

pub(crate) use problem::{
    KINDS, Kind, MISSING, Problem, TOO_LARGE, TOO_MANY, TROUBLE, UNREADABLE, UNSIGNED, envelope,
};
#[cfg(feature = "schema")]
pub use schemas::description;

/// Where the API begins.
const ROOT: &str = "/api/v1";

/// The description of the API, as it was made from the handlers; a test holds it against them.
pub(crate) const DESCRIPTION: &str = include_str!("../../../../docs/reference/openapi.json");

/// So many are answered at once where nothing is said, and at most.
const USUAL: usize = 50;
const MOST: usize = 200;

/// All endpoints, with their descriptions.
fn endpoints() -> OpenApiRouter<Arc<Site>> {
    let all = OpenApiRouter::new()
        .merge(postmortems::routes())
        .merge(create::routes())
        .merge(postmortem::routes())
        .merge(markdown::routes())
        .merge(findings::routes())
        .merge(timeline::routes())
        .merge(similar::routes())
        .merge(evidence::routes())
        .merge(export::routes())
        .merge(items::routes())
        .merge(actions::routes())
        .merge(search::routes())
        .merge(insights::routes())
        .merge(rules::routes())
        .merge(library::routes());
    OpenApiRouter::new().nest(ROOT, all)
}

/// The API over a library.
pub(crate) fn router(site: &Arc<Site>) -> Router<Arc<Site>> {
    let (endpoints, _) = endpoints().split_for_parts();
    let router = endpoints
        .route("/api/openapi.json", get(described))
        .route("/api/", any(problem::nothing_here))
        .route("/api/{*rest}", any(problem::nothing_here));
    match site.api_limit() {
        None => router,
        Some(reads) => {
            let state = (Arc::clone(site), limits::Limits::new(reads));
            router.layer(from_fn_with_state(state, limits::limit))
        }
    }
}

async fn described() -> impl IntoResponse {
    ([(CONTENT_TYPE, "application/json"), (CACHE_CONTROL, "no-cache")], DESCRIPTION)
}

/// The address of a postmortem in the API, by its key.
fn address(key: &str) -> String {
    format!("{ROOT}/postmortems/{}", segment(key))
}

/// How many are asked for at once.
fn limit(asked: Option<u16>) -> Result<usize, problem::Problem> {
    let limit = asked.map_or(USUAL, usize::from);
    if (1..=MOST).contains(&limit) {
        return Ok(limit);
    }
    Err(problem::Problem::new(problem::UNREADABLE, format!("`{limit}` is no value of `limit`"))
        .hint(format!("ask for 1 to {MOST} at once; `next` has the address of the next page")))
}
