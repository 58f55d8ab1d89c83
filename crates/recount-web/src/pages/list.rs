//! The list of all postmortems, with filters in its address.

use std::cmp::Reverse;
use std::sync::Arc;

use askama::Template;
use axum::extract::{Query, State};
use axum::response::Html;
use axum::routing::get;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use recount_engine::document::value::severity::Severity;
use recount_engine::document::{Record, Stage, elapsed};
use recount_workspace::Known;
use serde::Deserialize;

use super::Page as PageDefinition;
use crate::error::{Answer, page};
use crate::frame::{Frame, address, lasted, segment};
use crate::shelf::Shelf;
use crate::site::Site;

pub(super) const PAGE: PageDefinition = PageDefinition {
    navigation: Some(("/postmortems", "Postmortems")),
    routes: |router| router.route("/postmortems", get(list)),
};

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
    services: Vec<&'s str>,
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
    severity: String,
    services: String,
    lasted: String,
    open: usize,
    overdue: usize,
}

async fn list(State(site): State<Arc<Site>>, Query(asked): Query<Asked>) -> Answer<Html<String>> {
    let shelf = site.shelf();
    let today = site.today();
    let (wanted, faults) = Wanted::read(&asked);
    let is_filtered = Asked { sort: String::new(), page: String::new(), ..asked.clone() }.query().is_some();
    let number = asked.page.parse::<usize>().unwrap_or(1).max(1);
    let skipped = (number - 1).saturating_mul(ROWS);
    let records = &shelf.records.known;
    let mut total = records.len();
    let is_plain = !is_filtered && asked.sort.is_empty();
    let known: Vec<&Known> = if is_plain {
        // As they stand: nothing has to be looked at but what is shown.
        records.iter().skip(skipped).take(ROWS).collect()
    } else {
        let mut known: Vec<&Known> =
            records.iter().filter(|known| wanted.keeps(&known.record, &shelf)).collect();
        total = known.len();
        sort(&mut known, &asked.sort, today);
        known.into_iter().skip(skipped).take(ROWS).collect()
    };
    let rows = known.into_iter().map(|known| row(known, &shelf, today)).collect();
    let turn = |number: usize| {
        let asked = Asked { page: number.to_string(), ..asked.clone() };
        asked.query().map_or_else(|| "/postmortems".to_owned(), |query| format!("/postmortems?{query}"))
    };
    page(&List {
        frame: Frame::new(&shelf, "/postmortems").following(&shelf),
        faults,
        services: shelf.services(),
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
        severity: record.severity.map(|severity| severity.to_string()).unwrap_or_default(),
        services: record.services.join(", "),
        lasted: seconds.map(lasted).unwrap_or_default(),
        open: record.actions.iter().filter(|item| item.is_open()).count(),
        overdue: record.actions.iter().filter(|item| item.is_overdue(today)).count(),
    }
}

fn sort(known: &mut [&Known], by: &str, today: Date) {
    match by {
        "oldest" => known.reverse(),
        // Sev0 is the worst; what has none comes last.
        "severity" => known.sort_by_key(|known| known.record.severity.map_or(9, |severity| severity as u8)),
        "longest" => known.sort_by_key(|known| {
            let record = &known.record;
            Reverse(record.started.zip(record.resolved).and_then(|(start, end)| elapsed(start, end)))
        }),
        "overdue" => known.sort_by_key(|known| {
            Reverse(known.record.actions.iter().filter(|item| item.is_overdue(today)).count())
        }),
        _ => {}
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

/// A filter that was read.
struct Wanted<'a> {
    title: String,
    severity: Option<Severity>,
    service: &'a str,
    owner: &'a str,
    stage: Option<Stage>,
    after: Option<Date>,
    before: Option<Date>,
    open: bool,
}

impl<'a> Wanted<'a> {
    /// Reads what was asked for; what cannot be read is told, and filters nothing.
    fn read(asked: &'a Asked) -> (Self, Vec<String>) {
        let mut faults = Vec::new();
        let mut day = |name: &str, text: &str| {
            if text.trim().is_empty() {
                return None;
            }
            let read = recount_engine::document::value::date::read(text.trim()).ok().map(|read| read.date);
            if read.is_none() {
                faults.push(format!("`{text}` of “{name}” is no day: write it as `2026-11-20`"));
            }
            read
        };
        let (after, before) = (day("from", &asked.after), day("before", &asked.before));
        let wanted = Self {
            title: asked.title.trim().to_lowercase(),
            severity: Severity::parse(&asked.severity).map(|(severity, _)| severity),
            service: asked.service.trim(),
            owner: asked.owner.trim(),
            stage: asked.stage.parse().ok(),
            after,
            before,
            open: !asked.open.is_empty(),
        };
        (wanted, faults)
    }

    fn keeps(&self, record: &Record, shelf: &Shelf) -> bool {
        let config = shelf.workspace.config();
        let day = record.started.map(|at| TimeZone::UTC.to_datetime(at).date());
        let title = || {
            let texts = record.title.iter().chain(&record.id);
            texts.into_iter().any(|text| text.to_lowercase().contains(&self.title))
        };
        let service = || record.services.iter().any(|name| config.is_service(name, self.service));
        let owner = || {
            let owners = record.actions.iter().flat_map(|item| &item.owners);
            owners.into_iter().any(|name| config.is_owner(name, self.owner))
        };
        (self.title.is_empty() || title())
            && self.severity.is_none_or(|severity| record.severity == Some(severity))
            && (self.service.is_empty() || service())
            && (self.owner.is_empty() || owner())
            && self.stage.is_none_or(|stage| record.stage == stage)
            && self.after.is_none_or(|after| day.is_some_and(|day| day >= after))
            && self.before.is_none_or(|before| day.is_some_and(|day| day < before))
            && (!self.open || record.actions.iter().any(recount_engine::document::ActionRecord::is_open))
    }
}
