//! `recount list`: the postmortems of the library, newest first.

use std::io::Write as _;

use clap::ValueEnum;
use clap::builder::{PossibleValue, PossibleValuesParser, TypedValueParser};
use comfy_table::{ColumnConstraint, ContentArrangement, Row, Table, Width, presets};
use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use serde::Serialize;

use recount_engine::config::Config;
use recount_engine::document::template::{FieldDef, FieldId};
use recount_engine::document::value::severity::Severity;
use recount_engine::document::{Document, Stage, elapsed};
use recount_store::threads;

use crate::Outcome;
use crate::commands::new;
use crate::environment::{Environment, visible};
use crate::error::{CliError, Exit};
use crate::machine::{self, Header};
use crate::workspace::Workspace;

/// List the postmortems of the library, newest first
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(flatten)]
    filter: Filter,

    /// How to print
    #[arg(long, value_name = "FORMAT", default_value = "table")]
    format: Format,
}

/// Which postmortems.
#[derive(Debug, Default, clap::Args)]
pub(crate) struct Filter {
    /// Of this severity; may be given several times
    #[arg(long, value_parser = parse_severity)]
    severity: Vec<Severity>,

    /// That impacted this service
    #[arg(long, value_name = "NAME")]
    service: Option<String>,

    /// That began on this day or later: `2026-01-01`, `2026-01` or `2026`
    #[arg(long, value_name = "DATE", value_parser = parse_day)]
    after: Option<Date>,

    /// That began before this day
    #[arg(long, value_name = "DATE", value_parser = parse_day)]
    before: Option<Date>,

    /// With a contributing factor of this kind
    #[arg(long, value_parser = factor_parser())]
    factor: Option<&'static str>,

    /// At this stage
    #[arg(long)]
    stage: Option<Stage>,

    /// With an action item of this owner
    #[arg(long, value_name = "PERSON")]
    owner: Option<String>,
}

/// The template's kinds of contributing factors, each with its word: the field's name without `factor-`.
fn factors() -> impl Iterator<Item = (&'static str, &'static FieldDef)> {
    FieldId::ContributingFactors.members().map(|def| (def.key.trim_start_matches("factor-"), def))
}

fn factor_parser() -> impl TypedValueParser<Value = &'static str> {
    let values = factors().map(|(word, def)| PossibleValue::new(word).help(def.label));
    PossibleValuesParser::new(values)
        .map(|chosen| factors().map(|(word, _)| word).find(|word| *word == chosen).unwrap_or_default())
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Format {
    /// For people
    Table,
    /// For programs: `list` version 1
    Json,
}

/// A postmortem in the list.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct Entry {
    /// Incident ID, without marks.
    id: Option<String>,
    /// Title; none for an untitled draft.
    title: Option<String>,
    /// Path from the library's root.
    path: String,
    /// `Sev0` to `Sev3`; none where it cannot be read.
    severity: Option<String>,
    /// `draft`, `review` or `final`.
    stage: String,
    /// When impact began, RFC 3339, UTC.
    start: Option<String>,
    /// When it was over, RFC 3339, UTC.
    end: Option<String>,
    /// Seconds from start to end.
    duration_seconds: Option<i64>,
    /// Services impacted.
    services: Vec<String>,
    /// Kinds of contributing factors that are filled.
    factors: Vec<&'static str>,
    /// Action items, all and those that are not closed.
    actions: usize,
    /// Action items that are neither done, verified nor refused.
    open_actions: usize,
    /// Open action items past their due date.
    overdue_actions: usize,
    #[serde(skip)]
    #[cfg_attr(test, schemars(skip))]
    facts: Facts,
}

/// What filters and sorting ask for.
#[derive(Debug, Default)]
struct Facts {
    severity: Option<Severity>,
    start: Option<Timestamp>,
    stage: Option<Stage>,
    owners: Vec<String>,
}

/// The whole answer in JSON.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct Output {
    /// Which format this is.
    recount: Header,
    /// Newest first.
    postmortems: Vec<Entry>,
    /// Files that could not be read.
    problems: Vec<String>,
}

fn parse_severity(text: &str) -> Result<Severity, String> {
    new::read_severity(text).map_err(|error| error.hint_text().unwrap_or_default().to_owned())
}

fn parse_day(text: &str) -> Result<Date, String> {
    let whole = match text.len() {
        4 => format!("{text}-01-01"),
        7 => format!("{text}-01"),
        _ => text.to_owned(),
    };
    whole.parse().map_err(|_| "write it as `2026-11-20`, `2026-11` or `2026`".to_owned())
}

pub(crate) fn run(args: Args, environment: &mut Environment) -> Outcome {
    let workspace = Workspace::open(environment)?;
    let today = environment.today();
    let mut entries = Vec::new();
    let mut problems = Vec::new();
    let listed = workspace.library.list();
    workspace.library.scan(
        &listed,
        threads(),
        |path, bytes| {
            let shown = workspace.library.relative(path).display().to_string();
            bytes.map(|bytes| entry(&Document::parse(bytes), shown, today))
        },
        |entry| match entry {
            Ok(entry) if args.filter.keeps(&entry, workspace.config()) => entries.push(entry),
            Ok(_) => {}
            Err(unreadable) => problems.push(unreadable.to_string()),
        },
    );
    entries.sort_by(|a, b| (b.facts.start, &b.path).cmp(&(a.facts.start, &a.path)));
    for problem in &problems {
        environment.warn(problem);
    }
    let failed = !problems.is_empty();
    match args.format {
        Format::Json => {
            let output =
                Output { recount: Header { format: "list", version: 1 }, postmortems: entries, problems };
            machine::write(environment, &output)?;
        }
        Format::Table if entries.is_empty() && listed.is_empty() => {
            environment.note("there is no postmortem yet");
            environment.hint(
                "`recount new TITLE` makes the first, `recount draft TITLE EVIDENCE…` makes it from evidence",
            );
        }
        Format::Table if entries.is_empty() => environment.note("no postmortem is like that"),
        Format::Table => table(&entries, environment)?,
    }
    Ok(if failed { Exit::Failed } else { Exit::Done })
}

impl Filter {
    fn keeps(&self, entry: &Entry, config: &Config) -> bool {
        let facts = &entry.facts;
        let day = facts.start.map(|at| TimeZone::UTC.to_datetime(at).date());
        let service = |wanted: &String| {
            let wanted = config.service(wanted).map_or(wanted.as_str(), |service| service.name.as_str());
            entry.services.iter().any(|name| {
                let name = config.service(name).map_or(name.as_str(), |service| service.name.as_str());
                name.eq_ignore_ascii_case(wanted)
            })
        };
        let owner = |wanted: &String| {
            let handle = config.person(wanted).map_or(wanted.as_str(), |person| person.handle.as_str());
            let bare = |name: &str| name.trim_start_matches('@').to_lowercase();
            facts.owners.iter().any(|name| {
                let name = config.person(name).map_or(name.as_str(), |person| person.handle.as_str());
                bare(name) == bare(handle)
            })
        };
        (self.severity.is_empty() || facts.severity.is_some_and(|s| self.severity.contains(&s)))
            && self.service.as_ref().is_none_or(service)
            && self.after.is_none_or(|after| day.is_some_and(|day| day >= after))
            && self.before.is_none_or(|before| day.is_some_and(|day| day < before))
            && self.factor.is_none_or(|factor| entry.factors.contains(&factor))
            && self.stage.is_none_or(|stage| facts.stage == Some(stage))
            && self.owner.as_ref().is_none_or(owner)
    }
}

fn entry(document: &Document, path: String, today: Date) -> Entry {
    let severity = document.severity().get().copied();
    let (start, end) = (document.started_at(), document.ended_at());
    let items = document.action_items();
    let mut open = 0;
    let mut overdue = 0;
    let mut owners = Vec::new();
    for item in items {
        owners.extend(document.owners_of(item).iter().map(|person| person.name.to_owned()));
        if document.status_of(item).get().is_none_or(|status| status.kind.is_open()) {
            open += 1;
            overdue += usize::from(document.due_of(item).get().is_some_and(|due| due.date < today));
        }
    }
    Entry {
        id: document.incident_id().map(str::to_owned),
        title: document.title_text().map(str::to_owned),
        path,
        severity: severity.map(|severity| severity.to_string()),
        stage: document.stage().to_string(),
        start: start.map(|at| at.to_string()),
        end: end.map(|at| at.to_string()),
        duration_seconds: start
            .zip(end)
            .and_then(|(start, end)| elapsed(start, end))
            .and_then(|seconds| i64::try_from(seconds).ok()),
        services: document.services().into_iter().map(str::to_owned).collect(),
        factors: factors().filter(|(_, def)| document.is_filled(def.id)).map(|(word, _)| word).collect(),
        actions: items.len(),
        open_actions: open,
        overdue_actions: overdue,
        facts: Facts { severity, start, stage: Some(document.stage()), owners },
    }
}

fn table(entries: &[Entry], environment: &mut Environment) -> Result<(), CliError> {
    // The title says most; services come where there is room for both.
    let width = environment.width();
    let with_services = width >= 120;
    let mut header = vec!["ID", "Sev", "Start (UTC)", "Stage", "Open", "Late", "Title"];
    let mut constraints = vec![ColumnConstraint::ContentWidth; 6];
    constraints.push(ColumnConstraint::LowerBoundary(Width::Percentage(38)));
    if with_services {
        header.push("Services");
        constraints.push(ColumnConstraint::UpperBoundary(Width::Percentage(22)));
    }
    let mut table = Table::new();
    table
        .load_style(presets::NOTHING)
        .set_content_arrangement(ContentArrangement::Dynamic)
        .set_width(width as u16)
        .set_truncation_indicator("…")
        .set_header(header);
    for entry in entries {
        let start = entry.facts.start.map(|at| at.strftime("%Y-%m-%d %H:%M").to_string());
        let count = |number: usize| if number == 0 { String::new() } else { number.to_string() };
        let mut cells = vec![
            entry.id.clone().unwrap_or_else(|| "-".to_owned()),
            entry.severity.clone().unwrap_or_else(|| "-".to_owned()),
            start.unwrap_or_else(|| "-".to_owned()),
            entry.stage.clone(),
            count(entry.open_actions),
            count(entry.overdue_actions),
            entry.title.clone().unwrap_or_else(|| format!("(untitled) {}", entry.path)),
        ];
        if with_services {
            cells.push(entry.services.join(", "));
        }
        let mut row = Row::from(cells.iter().map(|cell| visible(cell)).collect::<Vec<_>>());
        row.max_height(1);
        table.add_row(row);
    }
    table.set_constraints(constraints);
    for line in table.lines() {
        writeln!(environment.out(), "{}", line.trim_end())?;
    }
    Ok(())
}
