//! `/api/v1/postmortems`: the postmortems of the library in a list.

use std::cmp::Reverse;
use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::State;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse as _, Response};
use jiff::civil::Date;
use recount_workspace::Known;
use recount_workspace::told::Wanted;
use recount_workspace::told::list::{Asked as List, Entry, HEADER, Order, Output, Place};
use serde::{Deserialize, Serialize};
use utoipa::IntoParams;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::extract::{self, Asked, TAKES_DAY, TAKES_NAME, TAKES_SEVERITY, TAKES_STAGE, value, values};
use super::postmortem::unfinished;
use super::problem::Problem;
use super::{address, limit};
use crate::frame::segment;
use crate::shelf::Shelf;
use crate::site::Site;

pub(super) fn routes() -> OpenApiRouter<Arc<Site>> {
    OpenApiRouter::new().routes(routes!(list))
}

/// What of a list is asked for.
#[derive(Debug, Clone, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct Parameters {
    /// Words of the title, or the ID
    title: Option<String>,
    /// Of one of these severities: `sev0,sev1`
    severity: Option<String>,
    /// That impacted this service
    service: Option<String>,
    /// With an action item of this owner: a person, or a team and whoever is in it
    owner: Option<String>,
    /// At this stage: `draft`, `review` or `final`
    stage: Option<String>,
    /// With a contributing factor of this kind
    factor: Option<String>,
    /// That began on this day or later: `2026-01-01`, `2026-01` or `2026`
    after: Option<String>,
    /// That began before this day
    before: Option<String>,
    /// With action items that are still owed, where `true`
    open: Option<bool>,
    /// `newest` (without it), `oldest`, `severity` (the worst first), `longest` or `overdue` (most overdue action items
    /// first)
    sort: Option<String>,
    /// So many at once
    #[param(minimum = 1, maximum = 200, default = 50)]
    limit: Option<u16>,
    /// Where to go on: of `next` of the page before
    cursor: Option<String>,
}

/// A page of the list.
#[derive(Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub(super) struct Page {
    #[serde(flatten)]
    list: Output<Listed>,
    /// How many there are on all pages.
    total: usize,
    /// The address of the next page; none after the last.
    next: Option<String>,
}

/// A postmortem in the list, with its address.
#[derive(Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub(super) struct Listed {
    #[serde(flatten)]
    entry: Entry,
    /// The address of the postmortem in this API.
    href: String,
}

/// List postmortems
///
/// Filters are those of the list page and of `recount list`. A page has an address of the next one in `next`; what is
/// added or removed meanwhile is neither shown twice nor makes others be left out.
#[utoipa::path(get, path = "/postmortems", tag = "Postmortems", params(Parameters),
    responses((status = 200, description = "A page of the list", body = ref("#/components/schemas/Postmortems"))))]
async fn list(State(site): State<Arc<Site>>, Asked(asked): Asked<Parameters>) -> Result<Response, Problem> {
    let shelf = site.shelf();
    let today = site.today();
    let question = format!("{}/postmortems {asked:?}", super::ROOT);
    let page = shelf.kept(&question, today, || {
        let page = page(&asked, &shelf, today)?;
        serde_json::to_vec(&page).map(Bytes::from).map_err(|_| unfinished())
    })?;
    Ok(([(CONTENT_TYPE, "application/json")], page).into_response())
}

fn page(asked: &Parameters, shelf: &Shelf, today: Date) -> Result<Page, Problem> {
    let wanted = asked.read()?;
    let order = value("sort", asked.sort.as_deref(), Order::read, Order::TAKES)?.unwrap_or_default();
    let cursor = value("cursor", asked.cursor.as_deref(), read, "take it from `next` of the page before")?;
    let most = limit(asked.limit)?;
    let config = shelf.workspace.config();
    let keeps = |known: &&Known| wanted.keeps(&known.record, config);
    let records = &shelf.records.known;
    let is_after = |place: &Place| cursor.as_ref().is_none_or(|cursor| place > cursor);
    let (total, shown, more) = if order == Order::Newest && wanted.is_all() {
        // As they stand: nothing has to be looked at but what is shown.
        let from = records.partition_point(|known| !is_after(&order.place(known, today)));
        let shown: Vec<&Known> = records[from..].iter().take(most).collect();
        let more = from + shown.len() < records.len();
        (records.len(), shown, more)
    } else {
        let mut all: Vec<(Place, &Known)> =
            records.iter().filter(keeps).map(|known| (order.place(known, today), known)).collect();
        all.sort_unstable_by(|(a, _), (b, _)| a.cmp(b));
        let from = all.partition_point(|(place, _)| !is_after(place));
        let shown: Vec<&Known> = all[from..].iter().take(most).map(|(_, known)| *known).collect();
        let more = from + shown.len() < all.len();
        (all.len(), shown, more)
    };
    let next = shown.last().filter(|_| more).map(|last| asked.next(&order.place(last, today)));
    let postmortems = shown.into_iter().map(|known| listed(known, shelf, today)).collect();
    let problems = shelf.records.problems.clone();
    Ok(Page { list: Output { recount: HEADER, postmortems, problems }, total, next })
}

fn listed(known: &Known, shelf: &Shelf, today: Date) -> Listed {
    Listed { entry: Entry::of(known, today), href: address(shelf.key(known)) }
}

impl Parameters {
    fn read(&self) -> Result<List, Problem> {
        let wanted = Wanted {
            severity: values("severity", self.severity.as_deref(), extract::severity, TAKES_SEVERITY)?,
            service: value("service", self.service.as_deref(), extract::name, TAKES_NAME)?,
            after: value("after", self.after.as_deref(), extract::day, TAKES_DAY)?,
            before: value("before", self.before.as_deref(), extract::day, TAKES_DAY)?,
            factor: value("factor", self.factor.as_deref(), extract::factor, &extract::takes_factor())?,
            stage: value("stage", self.stage.as_deref(), extract::word, TAKES_STAGE)?,
            owner: value("owner", self.owner.as_deref(), extract::name, TAKES_NAME)?,
        };
        let title = self.title.clone().unwrap_or_default();
        Ok(List { wanted, title, open: self.open.unwrap_or_default(), unfinished: false })
    }

    /// The address of the page behind a place.
    fn next(&self, place: &Place) -> String {
        let place = written(place);
        let limit = self.limit.map(|limit| limit.to_string());
        let open = self.open.map(|open| open.to_string());
        let parts = [
            ("title", &self.title),
            ("severity", &self.severity),
            ("service", &self.service),
            ("owner", &self.owner),
            ("stage", &self.stage),
            ("factor", &self.factor),
            ("after", &self.after),
            ("before", &self.before),
            ("open", &open),
            ("sort", &self.sort),
            ("limit", &limit),
            ("cursor", &Some(place)),
        ];
        let parts = parts.into_iter().filter_map(|(name, value)| Some((name, value.as_ref()?)));
        let parts: Vec<String> = parts.map(|(name, value)| format!("{name}={}", segment(value))).collect();
        format!("{}/postmortems?{}", super::ROOT, parts.join("&"))
    }
}

/// A place as a cursor, which nobody has to understand: that of the last postmortem of a page.
fn written(place: &Place) -> String {
    let text = format!("{},{},{}", place.rank, place.newest, place.path.0);
    let digit = |half: u8| char::from_digit(half.into(), 16).unwrap_or_default();
    text.bytes().flat_map(|byte| [digit(byte >> 4), digit(byte & 15)]).collect()
}

fn read(text: &str) -> Option<Place> {
    let digits = text.as_bytes();
    if !digits.len().is_multiple_of(2) || !digits.iter().all(u8::is_ascii_hexdigit) {
        return None;
    }
    let bytes = digits.chunks(2).map(|pair| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok());
    let text = String::from_utf8(bytes.collect::<Option<_>>()?).ok()?;
    let mut parts = text.splitn(3, ',');
    let (rank, newest) = (parts.next()?.parse().ok()?, parts.next()?.parse().ok()?);
    Some(Place { rank, newest, path: Reverse(parts.next()?.to_owned()) })
}
