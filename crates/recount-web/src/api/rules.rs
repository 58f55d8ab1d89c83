//! `/api/v1/rules`: the rules and their manuals.

use std::sync::Arc;

use axum::Json;
use recount_engine::lint;
use recount_workspace::told::rules::Output;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::extract::{Asked, Named};
use super::problem::{MISSING, Problem};
use crate::site::Site;

pub(super) fn routes() -> OpenApiRouter<Arc<Site>> {
    OpenApiRouter::new().routes(routes!(all)).routes(routes!(one))
}

/// What an endpoint takes that takes no parameters.
#[derive(Debug, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Nothing {}

/// List the rules
///
/// By group and name, each with its manual and the level that it has at each stage.
#[utoipa::path(get, path = "/rules", tag = "Rules",
    responses((status = 200, description = "All rules", body = ref("#/components/schemas/Rules"))))]
async fn all(Asked(Nothing {}): Asked<Nothing>) -> Json<Output> {
    Json(Output::of(lint::rules_by_group().into_iter()))
}

/// Read a rule
#[utoipa::path(get, path = "/rules/{name}", tag = "Rules",
    params(("name" = String, Path, description = "Its name, such as `missing-owner`")),
    responses(
        (status = 200, description = "The rule alone", body = ref("#/components/schemas/Rules")),
        (status = 404, description = "missing")))]
async fn one(Named(name): Named<String>, Asked(Nothing {}): Asked<Nothing>) -> Result<Json<Output>, Problem> {
    let rule = lint::rule(name.trim()).ok_or_else(|| {
        let problem = Problem::new(MISSING, format!("there is no rule `{name}`"));
        match lint::nearest_rule(&name) {
            Some(near) => problem.hint(format!("did you mean `{near}`?")),
            None => problem.hint("`GET /api/v1/rules` lists all"),
        }
    })?;
    Ok(Json(Output::of([rule].into_iter())))
}
