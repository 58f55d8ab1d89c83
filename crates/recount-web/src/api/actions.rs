//! `/api/v1/actions`: the promises of the library.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use recount_engine::document::value::priority::Priority;
use recount_engine::document::value::status::StatusKind;
use recount_workspace::told::Wanted;
use recount_workspace::told::actions::{self, Item, Output, Which, status_word};
use serde::{Deserialize, Serialize};
use utoipa::IntoParams;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::extract::{self, Asked, TAKES_DAY, TAKES_NAME, TAKES_SEVERITY, TAKES_STAGE, value, values};
use super::limit;
use super::problem::Problem;
use crate::frame::segment;
use crate::site::Site;

pub(super) fn routes() -> OpenApiRouter<Arc<Site>> {
    OpenApiRouter::new().routes(routes!(list))
}

/// Which action items are asked for.
#[derive(Debug, Clone, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct Parameters {
    /// `open` (without it), `overdue`, `unverified` or `all`; or statuses: `done,verified`
    status: Option<String>,
    /// Of one of these priorities: `p0,p1`
    priority: Option<String>,
    /// Of this owner: a person, or a team and whoever is in it
    owner: Option<String>,
    /// Due on this day or later: `2026-12-01`, `2026-12` or `2026`
    due_after: Option<String>,
    /// Due before this day
    due_before: Option<String>,
    /// Of this incident: its ID
    incident: Option<String>,
    /// Of incidents of one of these severities: `sev0,sev1`
    severity: Option<String>,
    /// Of incidents that impacted this service
    service: Option<String>,
    /// Of postmortems at this stage
    stage: Option<String>,
    /// Of incidents that began on this day or later
    after: Option<String>,
    /// Of incidents that began before this day
    before: Option<String>,
    /// So many at once
    #[param(minimum = 1, maximum = 200, default = 50)]
    limit: Option<u16>,
    /// Where to go on: of `next` of the page before
    cursor: Option<String>,
}

/// A page of action items.
#[derive(Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub(super) struct Page {
    #[serde(flatten)]
    list: Output,
    /// How many there are on all pages.
    total: usize,
    /// The address of the next page; none after the last.
    next: Option<String>,
}

/// List action items
///
/// Of all postmortems: overdue ones first, then by due date and priority.
#[utoipa::path(get, path = "/actions", tag = "Action items", params(Parameters),
    responses((status = 200, description = "A page of action items", body = ref("#/components/schemas/Actions"))))]
async fn list(State(site): State<Arc<Site>>, Asked(asked): Asked<Parameters>) -> Result<Json<Page>, Problem> {
    const TAKES: &str = "use `open`, `overdue`, `unverified`, `all`, or statuses: `in-progress`, `done`, `verified`, \
        `wont-do`; commas part several";
    let which = match asked.status.as_deref() {
        None | Some("open") => Which::Open,
        Some("overdue") => Which::Overdue,
        Some("unverified") => Which::Unverified,
        Some("all") => Which::All,
        text => Which::Status(values("status", text, status, TAKES)?),
    };
    let priority = |text: &str| Priority::parse(text).map(|(priority, _)| priority);
    let owner = value("owner", asked.owner.as_deref(), extract::name, TAKES_NAME)?;
    let items = actions::Asked {
        which,
        owner: owner.clone(),
        priority: values(
            "priority",
            asked.priority.as_deref(),
            priority,
            "use `P0`, `P1` or `P2`; commas part several",
        )?,
        due_before: value("due_before", asked.due_before.as_deref(), extract::day, TAKES_DAY)?,
        due_after: value("due_after", asked.due_after.as_deref(), extract::day, TAKES_DAY)?,
    };
    let wanted = Wanted {
        severity: values("severity", asked.severity.as_deref(), extract::severity, TAKES_SEVERITY)?,
        service: value("service", asked.service.as_deref(), extract::name, TAKES_NAME)?,
        after: value("after", asked.after.as_deref(), extract::day, TAKES_DAY)?,
        before: value("before", asked.before.as_deref(), extract::day, TAKES_DAY)?,
        factor: None,
        stage: value("stage", asked.stage.as_deref(), extract::word, TAKES_STAGE)?,
        owner,
    };
    let incident = value("incident", asked.incident.as_deref(), extract::name, TAKES_NAME)?;
    let skipped = value(
        "cursor",
        asked.cursor.as_deref(),
        extract::word::<Cursor>,
        "take it from `next` of the page before",
    )?;
    let most = limit(asked.limit)?;
    let shelf = site.shelf();
    let config = shelf.workspace.config();
    let is_wanted = |known: &&recount_workspace::Known| {
        wanted.keeps(&known.record, config)
            && incident.as_ref().is_none_or(|id| known.name().eq_ignore_ascii_case(id) || known.path == *id)
    };
    let today = site.today();
    let all = items.found(shelf.records.known.iter().filter(is_wanted), config, today);
    let total = all.len();
    // An item that is settled meanwhile leaves the list; the one that was shown last may be that.
    let from = skipped.map_or(0, |Cursor { name, place }| {
        all.iter().position(|item| item.is(&name)).map_or(place.min(total), |at| at + 1)
    });
    let shown: Vec<Item> = all.iter().skip(from).take(most).map(|found| found.told(config, today)).collect();
    let reached = from + shown.len();
    let next = shown.last().filter(|_| reached < total);
    let next = next.map(|last| asked.next(&Cursor { name: last.name.clone(), place: reached }));
    let list =
        Output { recount: Output::HEADER, today, items: shown, problems: shelf.records.problems.clone() };
    Ok(Json(Page { list, total, next }))
}

/// A status by its word, as machine formats have it, or as the template writes it.
pub(super) fn status(text: &str) -> Option<StatusKind> {
    let is_it = |kind: &StatusKind| {
        text.eq_ignore_ascii_case(status_word(*kind)) || text.eq_ignore_ascii_case(kind.as_str())
    };
    StatusKind::ALL.into_iter().find(is_it)
}

/// The last item of a page, and where it stood.
struct Cursor {
    name: String,
    place: usize,
}

impl std::str::FromStr for Cursor {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        let (place, name) = text.split_once('.').ok_or(())?;
        Ok(Self { name: name.to_owned(), place: place.parse().map_err(|_| ())? })
    }
}

impl Parameters {
    /// The address of the page behind a place.
    fn next(&self, cursor: &Cursor) -> String {
        let cursor = format!("{}.{}", cursor.place, cursor.name);
        let limit = self.limit.map(|limit| limit.to_string());
        let parts = [
            ("status", &self.status),
            ("priority", &self.priority),
            ("owner", &self.owner),
            ("due_after", &self.due_after),
            ("due_before", &self.due_before),
            ("incident", &self.incident),
            ("severity", &self.severity),
            ("service", &self.service),
            ("stage", &self.stage),
            ("after", &self.after),
            ("before", &self.before),
            ("limit", &limit),
            ("cursor", &Some(cursor)),
        ];
        let parts = parts.into_iter().filter_map(|(name, value)| Some((name, value.as_ref()?)));
        let parts: Vec<String> = parts.map(|(name, value)| format!("{name}={}", segment(value))).collect();
        format!("{}/actions?{}", super::ROOT, parts.join("&"))
    }
}
