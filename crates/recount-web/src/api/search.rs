//! `/api/v1/search`: postmortems by what they say.
//!
//! What does not live here: the query language and the answer, which are those of `recount search`.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use recount_workspace::told::search::Output;
use recount_workspace::{FoundOne, Searched};
use serde::{Deserialize, Serialize};
use utoipa::IntoParams;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::extract::{self, Asked, value};
use super::postmortem::unfinished;
use super::problem::{Problem, UNREADABLE, in_parameters};
use super::{address, limit};
use crate::frame::segment;
use crate::site::Site;

/// Every page costs as much as all before it, and whoever wants all lists them.
const DEEPEST: usize = 1_000;

pub(super) fn routes() -> OpenApiRouter<Arc<Site>> {
    OpenApiRouter::new().routes(routes!(search))
}

/// What is looked for.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct Parameters {
    /// Words, phrases and filters: `"connection pool" service:checkout is:open`
    q: String,
    /// So many at once
    #[param(minimum = 1, maximum = 200, default = 50)]
    limit: Option<u16>,
    /// Where to go on: of `next` of the page before
    cursor: Option<String>,
}

/// A page of what was found.
#[derive(Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub(super) struct Page {
    #[serde(flatten)]
    found: Output<Listed>,
    /// The address of the next page; none after the last, and none behind the thousandth.
    next: Option<String>,
}

/// A postmortem that was found, with its address.
#[derive(Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub(super) struct Listed {
    #[serde(flatten)]
    entry: FoundOne,
    /// The address of the postmortem in this API.
    href: String,
}

/// Search postmortems
///
/// All words must be there, in whatever form; the best come first, each with the line that shows why. A word that stands
/// nowhere is taken for the nearest that does: `corrected` says so. The language is that of `recount search`: phrases,
/// beginnings (`check*`), `-without`, `OR`, and filters such as `severity:sev1` and `owner:@ana`; what of it is not
/// understood is told in `notes`.
#[utoipa::path(get, path = "/search", tag = "Postmortems", params(Parameters),
    responses((status = 200, description = "A page of what was found", body = ref("#/components/schemas/Found"))))]
async fn search(
    State(site): State<Arc<Site>>,
    Asked(asked): Asked<Parameters>,
) -> Result<Json<Page>, Problem> {
    const TAKES: &str = "take it from `next` of the page before";
    let most = limit(asked.limit)?;
    let from = value("cursor", asked.cursor.as_deref(), extract::word::<usize>, TAKES)?.unwrap_or_default();
    if from >= DEEPEST {
        return Err(Problem::new(UNREADABLE, format!("`{from}` of `cursor` is behind the last page"))
            .hint("ask for less at once, with filters; `GET /api/v1/postmortems` lists all"));
    }
    let work = move || {
        let shelf = site.shelf();
        let query = asked.q.trim().to_owned();
        let today = site.today();
        let answered = shelf.ask(|catalog| shelf.workspace.ask(catalog, &query, today, (from, most)));
        let Searched { total, hits, corrected, notes, .. } = shelf.workspace.tell_found(answered);
        let reached = from + hits.len();
        let is_more = !hits.is_empty() && reached < total.min(DEEPEST);
        let next = is_more.then(|| {
            let limit = asked.limit.map(|limit| format!("&limit={limit}")).unwrap_or_default();
            format!("{}/search?q={}{limit}&cursor={reached}", super::ROOT, segment(&query))
        });
        let listed = |entry: FoundOne| {
            let href = address(shelf.at(&entry.path).map_or(entry.path.as_str(), |known| shelf.key(known)));
            Listed { entry, href }
        };
        let found = Output {
            recount: Output::HEADER,
            total,
            hits: hits.into_iter().map(listed).collect(),
            corrected,
            notes: notes.iter().map(|note| in_parameters(note)).collect(),
            problems: shelf.records.problems.clone(),
            query,
        };
        Json(Page { found, next })
    };
    tokio::task::spawn_blocking(work).await.map_err(|_| unfinished())
}
