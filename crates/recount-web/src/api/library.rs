//! `/api/v1/library`: what the library is, and which names it knows.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use recount_engine::document::template::FIELDS;
use recount_engine::document::{ActionRecord, Stage};
use serde::Serialize;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::extract::Asked;
use super::rules::Nothing;
use crate::frame::Frame;
use crate::site::Site;

pub(super) fn routes() -> OpenApiRouter<Arc<Site>> {
    OpenApiRouter::new().routes(routes!(library))
}

/// The library.
#[derive(Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub(super) struct Library {
    /// Its name: that of its folder.
    name: String,
    /// The day that dates are compared with, UTC.
    today: String,
    /// How many postmortems it has.
    postmortems: usize,
    /// How many of them are drafts.
    drafts: usize,
    /// Action items that are neither done, verified nor refused.
    open_actions: usize,
    /// Open action items past their due date.
    overdue_actions: usize,
    /// Services, those first that most postmortems name.
    services: Vec<String>,
    /// People of the roster.
    people: Vec<Person>,
    /// The fields of the template, in its order.
    fields: Vec<Field>,
    /// Files that could not be read.
    problems: Vec<String>,
}

/// Somebody of the roster.
#[derive(Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
struct Person {
    /// How documents name them: `@ana`.
    handle: String,
}

/// A field of the template.
#[derive(Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
struct Field {
    /// The name that `fields` takes.
    name: &'static str,
    /// The heading of its section in the template.
    section: &'static str,
    /// Its label in the template.
    label: &'static str,
}

/// Read what the library is
///
/// How much it holds, and the names that can be used: services, people, fields.
#[utoipa::path(get, path = "/library", tag = "Library",
    responses((status = 200, description = "The library", body = ref("#/components/schemas/Library"))))]
async fn library(State(site): State<Arc<Site>>, Asked(Nothing {}): Asked<Nothing>) -> Json<Library> {
    let shelf = site.shelf();
    let today = site.today();
    let records = || shelf.records.known.iter().map(|known| &known.record);
    let items = || records().flat_map(|record| &record.actions);
    let people = &shelf.workspace.config().people;
    Json(Library {
        name: Frame::new(&shelf, "").library,
        today: today.to_string(),
        postmortems: shelf.records.known.len(),
        drafts: records().filter(|record| record.stage == Stage::Draft).count(),
        open_actions: items().filter(|item| ActionRecord::is_open(item)).count(),
        overdue_actions: items().filter(|item| item.is_overdue(today)).count(),
        services: shelf.services().into_iter().map(str::to_owned).collect(),
        people: people.iter().map(|person| Person { handle: person.handle.clone() }).collect(),
        fields: FIELDS
            .iter()
            .map(|def| Field { name: def.key, section: def.section.heading(), label: def.label })
            .collect(),
        problems: shelf.records.problems.clone(),
    })
}
