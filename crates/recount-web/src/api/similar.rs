//! `/api/v1/postmortems/{key}/similar`: have we seen this before?

use std::path::PathBuf;
use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use recount_engine::document::Document;
use recount_store::catalog::Near;
use recount_workspace::told::similar::{Entry, Output};
use recount_workspace::{LEAST, Likeness};
use serde::{Deserialize, Serialize};
use utoipa::IntoParams;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::address;
use super::extract::{Asked, Named};
use super::postmortem::unfinished;
use super::problem::{Problem, UNREADABLE};
use crate::shelf::Shelf;
use crate::site::Site;

pub(super) fn routes() -> OpenApiRouter<Arc<Site>> {
    OpenApiRouter::new().routes(routes!(similar))
}

/// How many are asked for.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct Parameters {
    /// At most so many
    #[param(minimum = 1, maximum = 50, default = 5)]
    limit: Option<u16>,
}

/// A postmortem that is like another, with its address.
#[derive(Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub(super) struct Alike {
    #[serde(flatten)]
    entry: Entry,
    /// The address of the postmortem in this API.
    href: String,
}

/// List similar postmortems
///
/// Those most like one, each with what they have in common. What has too little in common is left out.
#[utoipa::path(get, path = "/postmortems/{key}/similar", tag = "Postmortems",
    params(("key" = String, Path, description = "Its incident ID, or its path from the library's root"), Parameters),
    responses(
        (status = 200, description = "What is like it, most alike first", body = ref("#/components/schemas/Similar")),
        (status = 404, description = "missing"), (status = 409, description = "conflict")))]
async fn similar(
    State(site): State<Arc<Site>>,
    Named(key): Named<String>,
    Asked(asked): Asked<Parameters>,
) -> Result<Json<Output<Alike>>, Problem> {
    const MOST: u16 = 50;
    let limit = asked.limit.unwrap_or(5);
    if !(1..=MOST).contains(&limit) {
        return Err(Problem::new(UNREADABLE, format!("`{limit}` is no value of `limit`"))
            .hint(format!("ask for 1 to {MOST}")));
    }
    let work = move || {
        let shelf = site.shelf();
        let known = shelf.find(&key)?;
        let (_, document) = shelf.workspace.read(&shelf.file(known))?;
        let likeness = Likeness::of(&shelf.workspace, &document, PathBuf::from(&known.path));
        let mut near = shelf.nearest(&likeness, usize::from(limit));
        near.retain(|near| near.score >= LEAST);
        Ok(Json(Output {
            recount: Output::HEADER,
            path: known.path.clone(),
            similar: near.into_iter().map(|near| alike(near, &shelf)).collect(),
            problems: shelf.records.problems.clone(),
        }))
    };
    tokio::task::spawn_blocking(work).await.map_err(|_| unfinished())?
}

/// What is worth telling whoever has just begun one.
pub(super) fn seen_before(shelf: &Shelf, path: &str, document: &Document) -> Vec<Alike> {
    let likeness = Likeness::of(&shelf.workspace, document, PathBuf::from(path));
    let near = shelf.ask(|catalog| likeness.worth_saying(catalog));
    near.into_iter().map(|near| alike(near, shelf)).collect()
}

fn alike(near: Near, shelf: &Shelf) -> Alike {
    let entry = Entry::of(near);
    let href = address(shelf.at(&entry.path).map_or(entry.path.as_str(), |known| shelf.key(known)));
    Alike { entry, href }
}
