//! `recount actions`: what is owed, as a table, JSON, CSV or a calendar.

use std::io::Write as _;
use std::path::Path;

use clap::ValueEnum;
use jiff::civil::Date;

use recount_engine::document::counted;
use recount_engine::document::value::priority::Priority;
use recount_engine::document::value::status::StatusKind;
use recount_engine::insights::csv::harmless;
use recount_engine::insights::{Brief, Briefs};
use recount_store::catalog::Part;

use super::calendar;
use crate::Outcome;
use crate::environment::{Environment, visible};
use crate::error::{CliError, Exit};
use crate::filter::{Filter, parse_day};
use crate::machine;
use crate::table::{Column, Holds, Sheet};
use crate::workspace::{Workspace, tell_of_none};
use recount_workspace::told::actions::{Asked, Item, Output, StableIds, Which};
use recount_workspace::{Known, Overview};

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

pub(super) fn run(args: &Args, environment: &mut Environment) -> Outcome {
    let workspace = Workspace::open(environment)?;
    let config = workspace.config();
    let today = environment.today();
    let is_feed = args.ics || args.format == Format::Ics;
    let (wanted, asked) = (args.filter.wanted(), args.asked());
    // Whoever names incidents, or wants IDs that are the library's own, needs all of them.
    let records = if is_feed || !args.incident.is_empty() {
        let records = workspace.records();
        for unknown in wanted.unknown(&records, config) {
            environment.warn(unknown);
        }
        records
    } else {
        let keeps = |briefs: &Briefs, brief: &Brief| {
            let mut items = briefs.items(brief).iter();
            wanted.keeps(&(briefs, brief), config)
                && items.any(|item| asked.keeps(&(briefs, item), config, today))
        };
        workspace.some_records(if asked.is_owed() { Part::Open } else { Part::Whole }, |library| {
            for unknown in wanted.unknown_in_brief(Overview::from(library), config) {
                environment.warn(unknown);
            }
            let wanted = library.each().filter(|(_, briefs, brief)| keeps(briefs, brief));
            wanted.filter_map(|(.., brief)| library.place(brief)).collect()
        })
    };
    let incidents = args.incidents(&workspace, &records.known)?;
    let kept = records.known.iter().filter(|known| {
        wanted.keeps(&known.record, config)
            && (incidents.is_empty() || incidents.contains(&known.path.as_str()))
    });
    let found = asked.found(kept, config, today);
    let items: Vec<Item> = found.iter().map(|found| found.told(config, today)).collect();
    for problem in &records.problems {
        environment.warn(problem);
    }
    let exit = if records.problems.is_empty() { Exit::Done } else { Exit::Failed };
    match if args.ics { Format::Ics } else { args.format } {
        Format::Json => {
            let recount = Output::HEADER;
            machine::write(environment, &Output { recount, today, items, problems: records.problems })?;
        }
        Format::Csv => csv(&items, environment)?,
        Format::Ics => {
            let undated = items.iter().filter(|item| item.due.is_none()).count();
            let ids = StableIds::of(&records);
            let ids = found.iter().map(|found| ids.of_item(found));
            let text = calendar::feed(items.iter().zip(ids), environment.now());
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

    fn asked(&self) -> Asked {
        let which = match () {
            () if !self.status.is_empty() => Which::Status(self.status.clone()),
            () if self.all => Which::All,
            () if self.overdue => Which::Overdue,
            () if self.unverified => Which::Unverified,
            () => Which::Open,
        };
        Asked {
            which,
            owner: self.filter.owner.clone(),
            priority: self.priority.clone(),
            due_before: self.due_before,
            due_after: self.due_after,
        }
    }
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
