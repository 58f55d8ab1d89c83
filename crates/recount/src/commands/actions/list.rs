//! `recount actions`: what is owed, as a table, JSON, CSV or a calendar.

use std::io::Write as _;
use std::path::Path;

use clap::ValueEnum;
use jiff::civil::Date;
use serde::Serialize;

use recount_engine::config::{Beyond, Config, Promise};
use recount_engine::document::value::priority::Priority;
use recount_engine::document::value::status::StatusKind;
use recount_engine::document::value::time::utc_day;
use recount_engine::document::{ActionRecord, Record, counted};
use recount_engine::insights::brief::BriefItem;
use recount_engine::insights::csv::harmless;
use recount_engine::insights::{Brief, Briefs};
use recount_store::catalog::Part;

use super::calendar;
use crate::Outcome;
use crate::environment::{Environment, visible};
use crate::error::{CliError, Exit};
use crate::filter::{Filter, parse_day};
use crate::machine::{self, Header};
use crate::table::{Column, Holds, Sheet};
use crate::workspace::{Workspace, tell_of_none};
use recount_workspace::{Known, Which, order};

#[derive(Debug, clap::Args)]
#[group(skip)]
#[allow(clippy::struct_excessive_bools, reason = "each is a flag of the command line")]
pub(super) struct Args {
    #[command(flatten)]
    filter: Filter,

    /// Of this postmortem: its ID, number or path; may be given several times
    #[arg(long, value_name = "ID")]
    incident: Vec<String>,

    /// Of this priority; may be given several times
    #[arg(long, value_parser = super::parse_priority)]
    priority: Vec<Priority>,

    /// Due before this day
    #[arg(long, value_name = "DATE", value_parser = parse_day)]
    due_before: Option<Date>,

    /// Due on this day or later: `2026-12-01`, `2026-12` or `2026`
    #[arg(long, value_name = "DATE", value_parser = parse_day)]
    due_after: Option<Date>,

    /// What is still owed: neither done nor refused. This is what is listed where nothing is asked for
    #[arg(long, group = "which")]
    open: bool,

    /// What is still owed and past its due date
    #[arg(long, group = "which")]
    overdue: bool,

    /// What is done and not verified
    #[arg(long, group = "which")]
    unverified: bool,

    /// Everything, also what is settled
    #[arg(long, group = "which")]
    all: bool,

    /// With this status; may be given several times
    #[arg(long, group = "which", ignore_case = true, value_parser = super::status_parser())]
    status: Vec<StatusKind>,

    /// Group the table
    #[arg(long, value_name = "WHAT")]
    by: Option<By>,

    /// How to print
    #[arg(long, value_name = "FORMAT", default_value = "table")]
    format: Format,

    /// A calendar feed of the due dates: the same as `--format ics`
    #[arg(long, conflicts_with = "format")]
    ics: bool,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum By {
    /// Who owes it; an item of two owners stands in both groups
    Owner,
    /// P0, P1, P2
    Priority,
    /// The services that the incident impacted
    Service,
    /// The incident
    Incident,
    /// How far it has come
    Status,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Format {
    /// For people
    Table,
    /// For programs: `actions` version 1
    Json,
    /// For spreadsheets: a row for each action item
    Csv,
    /// For calendars that subscribe: an entry on each due date
    Ics,
}

/// An action item.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(super) struct Item {
    /// `INC-0042#3`: the incident's ID, or the path of a postmortem without one, and the number of the row.
    pub(super) name: String,
    /// The stable ID that is written in the document; `recount actions ids` writes those that are missing.
    pub(super) id: Option<String>,
    /// The incident's ID.
    pub(super) incident: Option<String>,
    /// The incident's title.
    pub(super) title: Option<String>,
    /// Path of the postmortem from the library's root.
    path: String,
    /// `Sev0` to `Sev3`.
    severity: Option<String>,
    /// Services that the incident impacted.
    services: Vec<String>,
    /// `P0` to `P2`; none where it cannot be read.
    pub(super) priority: Option<String>,
    /// `open`, `in-progress`, `done`, `verified` or `wont-do`; none where it cannot be read.
    status: Option<&'static str>,
    /// Since when it is that.
    #[cfg_attr(test, schemars(with = "Option<String>"))]
    status_date: Option<Date>,
    /// What is said beside the status.
    pub(super) status_note: Option<String>,
    /// When it is due.
    #[cfg_attr(test, schemars(with = "Option<String>"))]
    pub(super) due: Option<Date>,
    /// Days past the due date, while it is still owed.
    overdue_days: Option<i32>,
    /// Days from the incident's end (else its start) to the day it was settled, or to today while it is owed.
    open_days: Option<i32>,
    /// How it breaks the library's policy; none where it does not.
    beyond_policy: Option<String>,
    /// Owners as written.
    pub(super) owners: Vec<String>,
    /// What is to be done.
    pub(super) action: String,
    /// Whether it says how it will be verified.
    has_plan: bool,
    /// How the table writes the status.
    #[serde(skip)]
    pub(super) shown_status: String,
    /// What names it for calendars, whether it is written in the document or not.
    #[serde(skip)]
    pub(super) stable_id: String,
}

/// The whole answer in JSON.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct Output {
    /// Which format this is.
    recount: Header,
    /// The day that "overdue" and days are counted to, UTC.
    #[cfg_attr(test, schemars(with = "String"))]
    today: Date,
    /// Overdue ones first, then by due date and priority.
    items: Vec<Item>,
    /// Files that could not be read.
    problems: Vec<String>,
}

pub(super) fn run(args: &Args, environment: &mut Environment) -> Outcome {
    let workspace = Workspace::open(environment)?;
    let config = workspace.config();
    let today = environment.today();
    let is_feed = args.ics || args.format == Format::Ics;
    // Whoever names incidents, or wants IDs that are the library's own, needs all of them.
    let records = if is_feed || !args.incident.is_empty() {
        let records = workspace.records();
        args.filter.warn_of_unknown(&records, config, environment);
        records
    } else {
        let keeps = |briefs: &Briefs, brief: &Brief| {
            args.filter.keeps_brief(briefs, brief, config)
                && briefs
                    .items(brief)
                    .iter()
                    .any(|item| args.keeps(&What::of_brief(briefs, item), config, today))
        };
        workspace.some_records(if args.is_owed() { Part::Open } else { Part::Whole }, |library| {
            args.filter.warn_of_unknown_in_brief(library, config, environment);
            let wanted = library.each().filter(|(_, briefs, brief)| keeps(briefs, brief));
            wanted.filter_map(|(.., brief)| library.place(brief)).collect()
        })
    };
    let ids = if is_feed { super::stable(&records) } else { Vec::new() };
    let incidents = args.incidents(&workspace, &records.known)?;
    let mut items = Vec::new();
    for (nth, known) in records.known.iter().enumerate() {
        if !args.filter.keeps(&known.record, config)
            || !(incidents.is_empty() || incidents.contains(&known.path.as_str()))
        {
            continue;
        }
        for (place, action) in known.record.actions.iter().enumerate() {
            if args.keeps(&What::of(action), config, today) {
                let stable_id = ids.get(nth).and_then(|ids| ids.get(place)).cloned().unwrap_or_default();
                let item = item(known, action, stable_id, config, today);
                items.push((order(action, &item.name), item));
            }
        }
    }
    items.sort_by(|(a, _), (b, _)| a.cmp(b));
    let items: Vec<Item> = items.into_iter().map(|(_, item)| item).collect();
    for problem in &records.problems {
        environment.warn(problem);
    }
    let exit = if records.problems.is_empty() { Exit::Done } else { Exit::Failed };
    match if args.ics { Format::Ics } else { args.format } {
        Format::Json => {
            let recount = Header { format: "actions", version: 1 };
            machine::write(environment, &Output { recount, today, items, problems: records.problems })?;
        }
        Format::Csv => csv(&items, environment)?,
        Format::Ics => {
            let undated = items.iter().filter(|item| item.due.is_none()).count();
            let text = calendar::feed(&items, environment.now());
            environment.raw(text.as_bytes())?;
            if undated > 0 {
                environment.note(format!("{} without a due date: in no calendar", counted(undated, "item")));
            }
        }
        Format::Table if records.is_empty() => tell_of_none(environment),
        Format::Table if items.is_empty() => environment.note("no action item is like that"),
        Format::Table => {
            match args.by {
                None => table(&[(String::new(), items.iter().collect())], environment)?,
                Some(by) => table(&groups(&items, by), environment)?,
            }
            environment.note(summary(&items));
            if items.iter().any(|item| item.beyond_policy.is_some()) {
                environment.note("! breaks the policy in `recount.toml`; `--format json` says how");
            }
        }
    }
    Ok(exit)
}

impl Args {
    /// The paths of the postmortems that were named, by ID, number or path; none where none was.
    fn incidents<'k>(&self, workspace: &Workspace, known: &'k [Known]) -> Result<Vec<&'k str>, CliError> {
        let mut paths = Vec::new();
        for wanted in self.incident.iter().map(|wanted| wanted.trim()) {
            let before = paths.len();
            let named = known
                .iter()
                .filter(|known| known.name().eq_ignore_ascii_case(wanted) || known.path == wanted);
            paths.extend(named.map(|known| known.path.as_str()));
            if paths.len() > before {
                continue;
            }
            let found = workspace.relative(&workspace.find(wanted)?);
            let one = known.iter().find(|known| Path::new(&known.path) == found).ok_or_else(|| {
                CliError::new(format!("`{wanted}` is not one of this library's postmortems"))
                    .hint("give an ID, a number or a path; `recount list` shows all")
            })?;
            paths.push(&one.path);
        }
        Ok(paths)
    }

    /// Whether only what is still owed is asked for.
    fn is_owed(&self) -> bool {
        matches!(self.which(), Which::Open | Which::Overdue)
    }

    fn which(&self) -> Which {
        match () {
            () if !self.status.is_empty() => Which::Status(self.status.clone()),
            () if self.all => Which::All,
            () if self.overdue => Which::Overdue,
            () if self.unverified => Which::Unverified,
            () => Which::Open,
        }
    }

    fn keeps(&self, item: &What<'_>, config: &Config, today: Date) -> bool {
        let owner = |wanted: &String| item.owners.any(|name| config.is_owner(name, wanted));
        self.which().keeps_one(item.status, item.due, today)
            && self.filter.owner.as_ref().is_none_or(owner)
            && (self.priority.is_empty() || item.priority.is_some_and(|own| self.priority.contains(&own)))
            && self.due_before.is_none_or(|day| item.due.is_some_and(|due| due < day))
            && self.due_after.is_none_or(|day| item.due.is_some_and(|due| due >= day))
    }
}

/// What is asked of an action item.
struct What<'a> {
    priority: Option<Priority>,
    status: Option<StatusKind>,
    due: Option<Date>,
    owners: Owners<'a>,
}

/// The owners of an action item, where they stand.
enum Owners<'a> {
    InRecord(&'a ActionRecord),
    InBrief(&'a Briefs, &'a BriefItem),
}

impl Owners<'_> {
    fn any(&self, is: impl Fn(&str) -> bool) -> bool {
        match self {
            Self::InRecord(item) => item.owners.iter().any(|name| is(name)),
            Self::InBrief(briefs, item) => briefs.owners(item).any(is),
        }
    }
}

impl<'a> What<'a> {
    fn of(item: &'a ActionRecord) -> Self {
        let ActionRecord { priority, status, due, .. } = *item;
        Self { priority, status, due, owners: Owners::InRecord(item) }
    }

    fn of_brief(briefs: &'a Briefs, item: &'a BriefItem) -> Self {
        let BriefItem { priority, status, due, .. } = *item;
        Self { priority, status, due, owners: Owners::InBrief(briefs, item) }
    }
}

fn item(known: &Known, action: &ActionRecord, stable_id: String, config: &Config, today: Date) -> Item {
    let record = &known.record;
    let ended = record.resolved.or(record.started).map(utc_day);
    let until = if action.is_open() { Some(today) } else { action.status_date };
    let days = |from: Date, to: Date| from.until(to).map_or(0, |span| span.get_days());
    let shown_status = match (action.status, action.status_date) {
        (Some(kind), Some(date)) => format!("{kind} {date}"),
        (Some(kind), None) => kind.to_string(),
        (None, _) => "?".to_owned(),
    };
    Item {
        name: format!("{}#{}", known.name(), action.number),
        id: action.stable_id.clone(),
        incident: record.id.clone(),
        title: record.title.clone(),
        path: known.path.clone(),
        severity: record.severity.map(|severity| severity.to_string()),
        services: record.services.clone(),
        priority: action.priority.map(|priority| priority.to_string()),
        status: action.status.map(super::status_word),
        status_date: action.status_date,
        status_note: action.status_reason.clone(),
        due: action.due,
        overdue_days: action.due.filter(|_| action.is_overdue(today)).map(|due| days(due, today)),
        open_days: ended.zip(until).map(|(from, to)| days(from, to).max(0)),
        beyond_policy: beyond_policy(record, action, config, today),
        owners: action.owners.clone(),
        action: action.action.clone(),
        has_plan: action.has_plan,
        shown_status,
        stable_id,
    }
}

/// How an item that is owed breaks the policy on due dates.
fn beyond_policy(record: &Record, action: &ActionRecord, config: &Config, today: Date) -> Option<String> {
    let promise = Promise {
        severity: record.severity,
        priority: action.priority,
        status: action.status,
        is_reopened: action.is_reopened(),
        due: action.due,
        ended: record.resolved.map(utc_day),
    };
    let Beyond { severity, priority, days, latest, due } = config.policy.beyond(&promise, Some(today))?;
    let rule = format!("a {priority} of a {severity} is due within {days} days, by {latest}");
    Some(match due {
        Some(due) => format!("it is due {due}; {rule}"),
        None => format!("it has no due date; {rule}"),
    })
}

fn summary(items: &[Item]) -> String {
    let late = items.iter().filter(|item| item.overdue_days.is_some()).count();
    let undated = items.iter().filter(|item| item.due.is_none()).count();
    let parts = [
        counted(items.len(), "action item"),
        if late > 0 { format!("{late} overdue") } else { String::new() },
        if undated > 0 { format!("{undated} without a due date") } else { String::new() },
    ];
    let parts: Vec<String> = parts.into_iter().filter(|part| !part.is_empty()).collect();
    parts.join(", ")
}

/// The items in groups, each with its heading; in a group they keep their order.
fn groups(items: &[Item], by: By) -> Vec<(String, Vec<&Item>)> {
    let mut groups: Vec<(String, Vec<&Item>)> = Vec::new();
    for item in items {
        let one = |name: &Option<String>| vec![name.clone().unwrap_or_default()];
        let mut names = match by {
            By::Owner => item.owners.clone(),
            By::Priority => one(&item.priority),
            By::Service => item.services.clone(),
            By::Incident => {
                let name = item.name.split('#').next().unwrap_or_default();
                vec![format!("{name}  {}", item.title.as_deref().unwrap_or("(untitled)"))]
            }
            By::Status => vec![item.status.unwrap_or_default().to_owned()],
        };
        if names.is_empty() {
            names.push(String::new());
        }
        for name in names {
            match groups.iter_mut().find(|(heading, _)| heading.eq_ignore_ascii_case(&name)) {
                Some((_, items)) => items.push(item),
                None => groups.push((name, vec![item])),
            }
        }
    }
    // What has no name comes last, and is told so.
    groups.sort_by_key(|(name, _)| (name.is_empty(), name.to_lowercase()));
    for (name, items) in &mut groups {
        let late = items.iter().filter(|item| item.overdue_days.is_some()).count();
        let late = if late > 0 { format!(", {late} overdue") } else { String::new() };
        let none = match by {
            By::Owner => "nobody",
            By::Priority => "no priority",
            By::Service => "no service",
            By::Incident | By::Status => "unknown",
        };
        let heading = if name.is_empty() { none } else { name.as_str() };
        *name = format!("{heading}: {}{late}", items.len());
    }
    groups
}

fn table(groups: &[(String, Vec<&Item>)], environment: &mut Environment) -> Result<(), CliError> {
    let column = |name, holds, spare| Column { name, holds, spare };
    let columns = vec![
        column("Item", Holds::Values, None),
        column("Pri", Holds::Values, None),
        column("Status", Holds::Values, None),
        column("Due", Holds::Values, None),
        column("Late", Holds::Named, Some(1)),
        column("Age", Holds::Named, Some(0)),
        column("Owner", Holds::Names(18), None),
        column("Action item", Holds::Text, None),
    ];
    let row = |item: &&Item| {
        let days = |days: Option<i32>| days.map_or_else(String::new, |days| format!("{days}d"));
        let mut due = item.due.map_or_else(|| "-".to_owned(), |due| due.to_string());
        if item.beyond_policy.is_some() {
            due += " !";
        }
        vec![
            item.name.clone(),
            item.priority.clone().unwrap_or_else(|| "-".to_owned()),
            item.shown_status.clone(),
            due,
            days(item.overdue_days),
            days(item.open_days),
            item.owners.join(", "),
            item.action.clone(),
        ]
    };
    let all = groups.iter().flat_map(|(_, items)| items).map(row).collect();
    let (header, rows) = Sheet::new(columns, all).lines(environment.width());
    let bold = if environment.has_color() { anstyle::Style::new().bold() } else { anstyle::Style::new() };
    let out = environment.out();
    if let Some(header) = header {
        writeln!(out, "{header}")?;
    }
    let mut rows = rows.into_iter();
    for (heading, items) in groups {
        if !heading.is_empty() {
            writeln!(out, "\n {bold}{}{bold:#}", visible(heading))?;
        }
        for line in rows.by_ref().take(items.len()).flatten() {
            writeln!(out, "{line}")?;
        }
    }
    Ok(())
}

fn csv(items: &[Item], environment: &mut Environment) -> Result<(), CliError> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    let text = |value: &Option<String>| value.clone().unwrap_or_default();
    let day = |value: Option<Date>| value.map(|day| day.to_string()).unwrap_or_default();
    let days = |value: Option<i32>| value.map(|days| days.to_string()).unwrap_or_default();
    let header = [
        "name",
        "id",
        "incident",
        "title",
        "severity",
        "services",
        "priority",
        "status",
        "status_date",
        "due",
        "overdue_days",
        "open_days",
        "beyond_policy",
        "owners",
        "action",
        "path",
    ];
    let rows = items.iter().map(|item| {
        [
            item.name.clone(),
            text(&item.id),
            text(&item.incident),
            text(&item.title),
            text(&item.severity),
            item.services.join(", "),
            text(&item.priority),
            item.status.unwrap_or_default().to_owned(),
            day(item.status_date),
            day(item.due),
            days(item.overdue_days),
            days(item.open_days),
            text(&item.beyond_policy),
            item.owners.join(", "),
            item.action.clone(),
            item.path.clone(),
        ]
        .map(harmless)
    });
    let written =
        std::iter::once(header.map(str::to_owned)).chain(rows).try_for_each(|row| writer.write_record(row));
    let bytes = written.ok().and_then(|()| writer.into_inner().ok());
    let bytes = bytes.ok_or_else(|| CliError::new("the table could not be written as CSV"))?;
    environment.raw(&bytes)
}
