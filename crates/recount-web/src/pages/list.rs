//! The list of all postmortems, with filters in its address.

use std::sync::Arc;

use askama::Template;
use axum::body::Bytes;
use axum::extract::{Query, State};
use axum::response::Html;
use axum::routing::get;
use jiff::civil::Date;
use recount_engine::document::elapsed;
use recount_engine::document::value::severity::Severity;
use recount_workspace::told::Wanted as Filter;
use recount_workspace::told::list::{Asked as Wanted, Order};
use recount_workspace::{Known, parse_day};
use serde::Deserialize;

use super::Page as PageDefinition;
use crate::error::{Answer, page};
use crate::frame::{Frame, Markup, address, lasted, segment};
use crate::shelf::Shelf;
use crate::site::Site;

pub(super) const PAGE: PageDefinition = PageDefinition {
    navigation: Some(("/postmortems", "Postmortems")),
    routes: |router| router.route("/postmortems", get(list)),
};

/// What stands in an address for every stage but the last.
const UNFINISHED: &str = "unfinished";
/// Rows on a page.
const ROWS: usize = 50;

/// What is asked for. What says nothing is left out, as forms send it.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
struct Asked {
    title: String,
    severity: String,
    service: String,
    owner: String,
    stage: String,
    after: String,
    before: String,
    open: String,
    sort: String,
    page: String,
}

#[derive(Template)]
#[template(path = "list.html")]
struct List<'s> {
    frame: Frame,
    asked: Asked,
    /// What of the filter cannot be read.
    faults: Vec<String>,
    services: &'s Markup,
    rows: Vec<Row<'s>>,
    total: usize,
    is_filtered: bool,
    first: usize,
    previous: Option<String>,
    next: Option<String>,
    problems: &'s [String],
}

struct Row<'s> {
    address: String,
    known: &'s Known,
    severity: &'static str,
    /// The class of it.
    severity_class: &'static str,
    services: String,
    lasted: String,
    open: usize,
    overdue: usize,
}

async fn list(State(site): State<Arc<Site>>, Query(asked): Query<Asked>) -> Answer<Html<Bytes>> {
    let shelf = site.shelf();
    let today = site.today();
    let address = format!("/postmortems?{}", asked.query().unwrap_or_default());
    shelf.page(&address, today, || written(&shelf, asked, today))
}

fn written(shelf: &Shelf, asked: Asked, today: Date) -> Answer<Html<String>> {
    let (wanted, faults) = read(&asked);
    let order = Order::read(asked.sort.trim()).unwrap_or_default();
    let is_filtered = Asked { sort: String::new(), page: String::new(), ..asked.clone() }.query().is_some();
    let number = asked.page.parse::<usize>().unwrap_or(1).max(1);
    let skipped = (number - 1).saturating_mul(ROWS);
    let records = &shelf.records.known;
    let mut total = records.len();
    let config = shelf.workspace.config();
    let known: Vec<&Known> = if wanted.is_all() && order == Order::Newest {
        // As they stand: nothing has to be looked at but what is shown.
        records.iter().skip(skipped).take(ROWS).collect()
    } else {
        let mut known: Vec<&Known> =
            records.iter().filter(|known| wanted.keeps(&known.record, config)).collect();
        total = known.len();
        if order != Order::Newest {
            known.sort_by_cached_key(|known| order.place(known, today));
        }
        known.into_iter().skip(skipped).take(ROWS).collect()
    };
    let rows = known.into_iter().map(|known| row(known, shelf, today)).collect();
    let turn = |number: usize| {
        let asked = Asked { page: number.to_string(), ..asked.clone() };
        asked.query().map_or_else(|| "/postmortems".to_owned(), |query| format!("/postmortems?{query}"))
    };
    page(&List {
        frame: Frame::new(shelf, "/postmortems").following(shelf),
        faults,
        services: shelf.service_options(),
        rows,
        total,
        is_filtered,
        first: skipped + 1,
        previous: (number > 1).then(|| turn(number - 1)),
        next: (skipped + ROWS < total).then(|| turn(number + 1)),
        problems: &shelf.records.problems,
        asked,
    })
}

fn row<'s>(known: &'s Known, shelf: &Shelf, today: Date) -> Row<'s> {
    let record = &known.record;
    let seconds = record.started.zip(record.resolved).and_then(|(start, end)| elapsed(start, end));
    Row {
        address: address(shelf.key(known)),
        known,
        severity: record.severity.map(Severity::as_str).unwrap_or_default(),
        severity_class: record.severity.map(class).unwrap_or_default(),
        services: record.services.join(", "),
        lasted: seconds.map(lasted).unwrap_or_default(),
        open: record.actions.iter().filter(|item| item.is_open()).count(),
        overdue: record.actions.iter().filter(|item| item.is_overdue(today)).count(),
    }
}

/// The class of a severity: its name in lower case.
const fn class(severity: Severity) -> &'static str {
    match severity {
        Severity::Sev0 => "sev0",
        Severity::Sev1 => "sev1",
        Severity::Sev2 => "sev2",
        Severity::Sev3 => "sev3",
    }
}

impl Asked {
    /// As a query of an address; none where nothing is asked for.
    fn query(&self) -> Option<String> {
        let parts = [
            ("title", &self.title),
            ("severity", &self.severity),
            ("service", &self.service),
            ("owner", &self.owner),
            ("stage", &self.stage),
            ("after", &self.after),
            ("before", &self.before),
            ("open", &self.open),
            ("sort", &self.sort),
            ("page", &self.page),
        ];
        let parts: Vec<String> = parts
            .into_iter()
            .filter(|(name, value)| !value.trim().is_empty() && (*name, value.as_str()) != ("page", "1"))
            .map(|(name, value)| format!("{name}={}", segment(value.trim())))
            .collect();
        (!parts.is_empty()).then(|| parts.join("&"))
    }
}

/// Reads what was asked for; what cannot be read is told, and filters nothing.
fn read(asked: &Asked) -> (Wanted, Vec<String>) {
    let mut faults = Vec::new();
    let mut day = |name: &str, text: &str| {
        if text.trim().is_empty() {
            return None;
        }
        let read = parse_day(text.trim());
        if let Err(takes) = &read {
            faults.push(format!("`{text}` of “{name}” is no day: {takes}"));
        }
        read.ok()
    };
    let (after, before) = (day("from", &asked.after), day("before", &asked.before));
    let severity = Severity::parse(asked.severity.trim()).map(|(severity, _)| severity);
    let unfinished = asked.stage.trim() == UNFINISHED;
    let stage = asked.stage.trim().parse().ok();
    let mut none = |is_read: bool, name: &str, text: &str, takes: &str| {
        if !is_read && !text.trim().is_empty() {
            faults.push(format!("`{}` of “{name}” is none: {takes}", text.trim()));
        }
    };
    none(severity.is_some(), "severity", &asked.severity, "use `Sev0`, `Sev1`, `Sev2` or `Sev3`");
    none(
        stage.is_some() || unfinished,
        "stage",
        &asked.stage,
        &format!("use `draft`, `review`, `final` or `{UNFINISHED}`"),
    );
    none(Order::read(asked.sort.trim()).is_some(), "sort", &asked.sort, Order::TAKES);
    none(
        asked.page.trim().parse::<usize>().is_ok_and(|page| page > 0),
        "page",
        &asked.page,
        "pages count from 1",
    );
    let name = |text: &str| Some(text.trim().to_owned()).filter(|name| !name.is_empty());
    let wanted = Filter {
        severity: severity.into_iter().collect(),
        service: name(&asked.service),
        after,
        before,
        factor: None,
        stage,
        owner: name(&asked.owner),
    };
    let title = asked.title.trim().to_owned();
    (Wanted { wanted, title, open: !asked.open.is_empty(), unfinished }, faults)
}
