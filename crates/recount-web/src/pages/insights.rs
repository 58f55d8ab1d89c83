//! Insights: the figures over the library, with filters in the address, and each in other forms.
//!
//! What does not live here: the figures, their charts and tables (`insights` of the engine).

use std::sync::Arc;

use askama::Template;
use axum::body::Bytes;
use axum::extract::{Path, Query, State};
use axum::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use axum::response::{Html, IntoResponse, Response};
use axum::routing::get;
use jiff::civil::Date;
use recount_engine::config::Config;
use recount_engine::document::counted;
use recount_engine::document::value::severity::Severity;
use recount_engine::insights::chart::{Standing, svg};
use recount_engine::insights::{FIGURES, Figure, csv, definition, page as figures};
use recount_workspace::told::Wanted;
use recount_workspace::told::insights::{Asked as Over, Made};
use recount_workspace::{Failure, FailureKind, Period};
use serde::Deserialize;

use super::Page as PageDefinition;
use crate::error::{Answer, apart, page};
use crate::frame::{Frame, Markup, segment};
use crate::shelf::Shelf;
use crate::site::Site;

pub(super) const PAGE: PageDefinition = PageDefinition {
    navigation: Some(("/insights", "Insights")),
    routes: |router| router.route("/insights", get(insights)).route("/insights/{file}", get(file)),
};

/// What is asked for. What says nothing is left out, as forms send it.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
struct Asked {
    period: String,
    service: String,
    team: String,
    severity: String,
}

#[derive(Template)]
#[template(path = "insights.html")]
struct Insights<'s> {
    frame: Frame,
    asked: Asked,
    is_filtered: bool,
    faults: Vec<String>,
    services: Vec<&'s str>,
    teams: Vec<&'s str>,
    periods: Vec<String>,
    lines: Vec<String>,
    is_empty: bool,
    groups: Vec<&'static str>,
    figures: Markup,
    problems: &'s [String],
}

async fn insights(State(site): State<Arc<Site>>, Query(asked): Query<Asked>) -> Answer<Html<Bytes>> {
    let shelf = site.shelf();
    let today = site.today();
    let query = asked.query();
    let address = format!("/insights{query}");
    if let Some(page) = shelf.page_by(&address, today) {
        return Ok(page);
    }
    apart(move || shelf.page(&address, today, || written(&shelf, asked, &query, today))).await
}

fn written(shelf: &Shelf, asked: Asked, query: &str, today: Date) -> Answer<Html<String>> {
    let (over, faults) = read(&asked, shelf.workspace.config(), today);
    let made = shelf.figures(&over, today);
    let ways = |figure: &Figure| {
        let way =
            |form: &'static Form| (form.name, format!("/insights/{}.{}{query}", figure.name, form.ending));
        FORMS.iter().map(way).collect()
    };
    let mut groups: Vec<&str> = FIGURES.iter().map(|definition| definition.group.title).collect();
    groups.dedup();
    let is_empty = made.incidents == 0;
    let mut teams: Vec<&str> = shelf.workspace.config().teams().collect();
    teams.sort_unstable();
    teams.dedup();
    page(&Insights {
        frame: Frame::new(shelf, "/insights").following(shelf),
        is_filtered: !query.is_empty(),
        faults,
        services: shelf.services(),
        teams,
        periods: periods(today),
        lines: lines(&over, &made, today),
        is_empty,
        groups,
        figures: Markup(if is_empty { String::new() } else { figures::part(&made.figures, &ways) }),
        problems: &shelf.records.problems,
        asked,
    })
}

/// A form of a figure as a file.
struct Form {
    name: &'static str,
    ending: &'static str,
    media_type: &'static str,
    write: fn(&Figure) -> Result<String, Failure>,
}

const FORMS: [Form; 3] = [
    Form {
        name: "CSV",
        ending: "csv",
        media_type: "text/csv; charset=utf-8",
        write: |figure| Ok(csv::csv(figure)),
    },
    Form {
        name: "JSON",
        ending: "json",
        media_type: "application/json",
        write: |figure| {
            let json = serde_json::to_string_pretty(figure);
            let json =
                json.map_err(|error| Failure::new(format!("the figure cannot be written: {error}")))?;
            Ok(json + "\n")
        },
    },
    Form {
        name: "SVG",
        ending: "svg",
        media_type: "image/svg+xml",
        write: |figure| Ok(svg(figure, Standing::Alone)),
    },
];

async fn file(
    State(site): State<Arc<Site>>,
    Path(name): Path<String>,
    Query(asked): Query<Asked>,
) -> Answer<Response> {
    apart(move || {
        let named = name.rsplit_once('.').and_then(|(figure, ending)| {
            Some((definition(figure)?, FORMS.iter().find(|form| form.ending == ending)?))
        });
        let (definition, form) = named.ok_or_else(|| {
            Failure::new(format!("there is no figure `{name}`"))
                .hint("the page `/insights` has each figure as CSV, JSON and SVG")
                .of(FailureKind::Missing)
        })?;
        let shelf = site.shelf();
        let today = site.today();
        let config = shelf.workspace.config();
        let (over, faults) = read(&asked, config, today);
        if let Some(fault) = faults.into_iter().next() {
            return Err(Failure::new(fault).into());
        }
        let made = over.made(shelf.overview(), &[definition], config, today);
        let text = made.figures.first().map_or_else(|| Ok(String::new()), form.write)?;
        // A chart has its colours in it, which a page of this server may not: so it is a file to keep.
        let headers = [
            (CONTENT_TYPE, form.media_type.to_owned()),
            (CONTENT_DISPOSITION, format!("attachment; filename=\"{}.{}\"", definition.name, form.ending)),
        ];
        Ok((headers, text).into_response())
    })
    .await
}

impl Asked {
    /// As what stands behind an address; empty where nothing is asked for.
    fn query(&self) -> String {
        let parts = [
            ("period", &self.period),
            ("service", &self.service),
            ("team", &self.team),
            ("severity", &self.severity),
        ];
        let parts: Vec<String> = parts
            .into_iter()
            .filter(|(_, value)| !value.trim().is_empty())
            .map(|(name, value)| format!("{name}={}", segment(value.trim())))
            .collect();
        if parts.is_empty() { String::new() } else { format!("?{}", parts.join("&")) }
    }
}

/// Reads what was asked for; what cannot be read is told, and filters nothing.
fn read(asked: &Asked, config: &Config, today: Date) -> (Over, Vec<String>) {
    let mut faults = Vec::new();
    let text = asked.period.trim();
    let mut days = None;
    if !text.is_empty() {
        let read = Period::parse(text).map_err(|how| format!("`{text}` is no period: {how}"));
        match read.and_then(|period| period.days(today).map_err(|failure| failure.to_string())) {
            Ok(period) => days = Some(period),
            Err(fault) => faults.push(fault),
        }
    }
    let name = |text: &str| Some(text.trim().to_owned()).filter(|name| !name.is_empty());
    let mut team = name(&asked.team);
    if let Some(unknown) = team.take_if(|team| !config.is_team(team)) {
        faults.push(format!("there is no team `{unknown}` in `recount.toml`"));
    }
    let severity = Severity::parse(&asked.severity).map(|(severity, _)| severity);
    if severity.is_none() && !asked.severity.trim().is_empty() {
        faults.push(format!("`{}` is no severity: write `Sev0` to `Sev3`", asked.severity.trim()));
    }
    let (after, before) = days.unzip();
    let severity = severity.into_iter().collect();
    let wanted = Wanted { severity, service: name(&asked.service), after, before, ..Wanted::default() };
    (Over { wanted, team, mitigate_minutes: None }, faults)
}

/// What the figures are about, in sentences.
fn lines(over: &Over, made: &Made, today: Date) -> Vec<String> {
    let all = counted(made.all, "postmortem");
    let of = if made.incidents == made.all { all } else { format!("{} of {all}", made.incidents) };
    let items = counted(made.action_items, "action item");
    let mut lines = vec![match &over.team {
        Some(team) => format!("{team}: {of} about its services, and {items} of its own, as of {today}."),
        None => format!("{of} with {items}, as of {today}."),
    }];
    if let (Some(from), Some(until)) = (over.wanted.after, over.wanted.before) {
        let last = until.yesterday().unwrap_or(until);
        lines.push(format!("Began {from} to {last}."));
        let undated: usize = made.undated.iter().sum();
        if undated > 0 {
            lines.push(format!(
                "{} without a start that can be read: in no period.",
                counted(undated, "postmortem")
            ));
        }
    }
    lines
}

/// Periods that are often asked for.
fn periods(today: Date) -> Vec<String> {
    let year = today.year();
    let quarter = (today.month() - 1) / 3 + 1;
    let (last, of) = if quarter == 1 { (4, year - 1) } else { (quarter - 1, year) };
    vec![
        "90d".to_owned(),
        "6m".to_owned(),
        "1y".to_owned(),
        format!("{year}-Q{quarter}"),
        format!("{of}-Q{last}"),
        year.to_string(),
        (year - 1).to_string(),
    ]
}
