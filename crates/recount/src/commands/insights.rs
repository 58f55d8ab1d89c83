//! `recount insights`: figures over the postmortems of the library.

use std::fs;
use std::io::Write as _;
use std::panic::resume_unwind;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use clap::ValueEnum;
use clap::builder::{PossibleValue, PossibleValuesParser};
use jiff::ToSpan as _;
use jiff::civil::Date;

use recount_engine::document::Record;
use recount_engine::document::value::duration;
use recount_engine::insights::chart::{Standing, svg};
use recount_engine::insights::page::{Heading, html};
use recount_engine::insights::{Basis, Definition, FIGURES, Figure, Incident, Scope, csv, words};

use recount_store::threads;

use crate::Outcome;
use crate::environment::Environment;
use crate::error::{CliError, Exit};
use crate::filter::Filter;
use crate::machine;
use crate::plot;
use crate::workspace::Workspace;
use recount_workspace::told::insights::Output;

/// Figures over the postmortems of the library: how often, how fast, why, what recurs, what became of promises
///
/// Every figure carries its definition, its n, and what it leaves out and why.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(flatten)]
    filter: Filter,

    /// That began in this year, quarter, month or day, or in the last days, weeks, months or years: `2026`,
    /// `2026-Q3`, `2026-07`, `90d`, `12w`, `6m`, `1y`
    #[arg(long, value_parser = parse_period, conflicts_with_all = ["after", "before"])]
    period: Option<Period>,

    /// Incidents that impacted a service of this team, and action items that it or its people own
    #[arg(long, value_name = "NAME")]
    team: Option<String>,

    /// Only this figure; may be given several times
    #[arg(long, value_name = "NAME", value_parser = figure_parser())]
    figure: Vec<String>,

    /// Within what time an incident should be mitigated: `45m`, `2h`
    #[arg(long, value_name = "DURATION", value_parser = parse_within)]
    within: Option<u32>,

    /// How to print; else by the ending of `--output`, else as a table
    #[arg(long, value_name = "FORMAT")]
    format: Option<Format>,

    /// Where to write: a file, or a folder where each figure is a file
    #[arg(long, value_name = "PATH")]
    output: Option<PathBuf>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Format {
    /// For people, with charts
    Table,
    /// For programs: `insights` version 1
    Json,
    /// The numbers of a figure
    Csv,
    /// The chart of a figure
    Svg,
    /// All charts on one page
    Html,
}

/// A period as it was asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Period {
    /// From a day until before another.
    Days(Date, Date),
    /// The last days, weeks, months or years.
    Last(i32, char),
}

pub(crate) fn run(mut args: Args, environment: &mut Environment) -> Outcome {
    let format = format(&args)?;
    let workspace = Workspace::open(environment)?;
    let config = workspace.config();
    let today = environment.today();
    if let Some(team) = args.team.as_deref().filter(|team| !config.is_team(team)) {
        return Err(CliError::new(format!("there is no team `{team}` in `recount.toml`"))
            .hint("teams are those of `[[people]]` and `[[services]]`, and `teams` under `[library]`"));
    }
    if let Some(period) = args.period {
        let (from, until) = period.days(today)?;
        (args.filter.after, args.filter.before) = (Some(from), Some(until));
    }
    let records = workspace.records();
    for problem in &records.problems {
        environment.warn(problem);
    }
    args.filter.warn_of_unknown(&records, config, environment);
    let wanted = args.filter.wanted();
    let wanted: Vec<_> = records.known.iter().filter(|known| wanted.keeps(&known.record, config)).collect();
    let incidents = wanted.iter().map(|known| Incident {
        name: known.record.id.as_deref().unwrap_or(&known.path),
        record: &known.record,
    });
    let scope = Scope {
        config,
        today,
        from: args.filter.after,
        until: args.filter.before,
        team: args.team.as_deref(),
        mitigate_minutes: args.within.unwrap_or(config.thresholds.mitigate_minutes),
    };
    let basis = Basis::new(incidents, scope);
    let figures = made(&asked(&args.figure), &basis);
    let undated = [false, true].map(|is_unreadable| {
        let is_it = |record: &Record| record.started.is_none() && record.is_start_unreadable == is_unreadable;
        records.known.iter().filter(|known| is_it(&known.record)).count()
    });
    let heading = heading(&args, &basis, records.known.len(), undated, today);
    let is_empty = records.is_empty();
    let failed = !records.problems.is_empty();
    match format {
        Format::Table if is_empty => {
            environment.note("there is no postmortem yet");
            environment.hint(
                "`recount new TITLE` makes the first, `recount draft TITLE EVIDENCE…` makes it from evidence",
            );
        }
        Format::Table if wanted.is_empty() => environment.note("no postmortem is like that"),
        Format::Table => plot::show(environment, &heading.lines, &figures)?,
        Format::Json => {
            let answer = Output {
                recount: Output::HEADER,
                today: today.to_string(),
                from: scope.from.map(|day| day.to_string()),
                until: scope.until.map(|day| day.to_string()),
                team: args.team.clone(),
                postmortems: records.known.len(),
                selected: wanted.len(),
                figures,
                problems: records.problems,
            };
            match &args.output {
                None => machine::write(environment, &answer)?,
                Some(path) => {
                    let json = serde_json::to_string_pretty(&answer).map_err(std::io::Error::from)?;
                    write(&workspace, &file(path, "insights.json"), &(json + "\n"), environment)?;
                }
            }
        }
        Format::Html => {
            let page = html(&heading, &figures);
            match &args.output {
                None => write!(environment.out(), "{page}")?,
                Some(path) => write(&workspace, &file(path, "insights.html"), &page, environment)?,
            }
        }
        Format::Csv => each(&workspace, &args, &figures, "csv", csv::csv, environment)?,
        Format::Svg => {
            let chart = |figure: &Figure| svg(figure, Standing::Alone);
            each(&workspace, &args, &figures, "svg", chart, environment)?;
        }
    }
    Ok(if failed { Exit::Failed } else { Exit::Done })
}

/// The figures that were asked for, in their own order.
fn asked(names: &[String]) -> Vec<&'static Definition> {
    let is_asked = |figure: &&Definition| names.is_empty() || names.iter().any(|name| name == figure.name);
    FIGURES.iter().filter(is_asked).collect()
}

/// The figures, made side by side.
fn made(asked: &[&Definition], basis: &Basis<'_>) -> Vec<Figure> {
    let next = AtomicUsize::new(0);
    let work = || {
        let mut made = Vec::new();
        loop {
            let nth = next.fetch_add(1, Ordering::Relaxed);
            let Some(definition) = asked.get(nth) else { return made };
            made.push((nth, definition.figure(basis)));
        }
    };
    let mut all = thread::scope(|scope| {
        let others: Vec<_> = (1..threads().min(asked.len())).map(|_| scope.spawn(work)).collect();
        let mut all = work();
        for other in others {
            match other.join() {
                Ok(made) => all.extend(made),
                // What panicked there panics here.
                Err(panic) => resume_unwind(panic),
            }
        }
        all
    });
    all.sort_by_key(|(nth, _)| *nth);
    all.into_iter().map(|(_, figure)| figure).collect()
}

fn format(args: &Args) -> Result<Format, CliError> {
    let by_ending = || {
        let ending = args.output.as_ref()?.extension()?.to_str()?;
        Format::from_str(ending, true).ok().filter(|format| *format != Format::Table)
    };
    let format = args.format.or_else(by_ending).unwrap_or(Format::Table);
    if format == Format::Table && args.output.is_some() {
        return Err(CliError::new("a table is for the terminal").hint(
            "`--format html` writes a page, `--format svg` and `--format csv` a file for each figure",
        ));
    }
    Ok(format)
}

/// One figure to the output, or each to a file of a folder.
fn each(
    workspace: &Workspace,
    args: &Args,
    figures: &[Figure],
    ending: &str,
    render: impl Fn(&Figure) -> String,
    environment: &mut Environment,
) -> Result<(), CliError> {
    match (figures, &args.output) {
        ([figure], None) => write!(environment.out(), "{}", render(figure))?,
        (_, None) => {
            return Err(CliError::new(format!(
                "{} figures do not fit into one {ending} file",
                figures.len()
            ))
            .hint("name one with `--figure NAME`, or a folder for all with `--output FOLDER`"));
        }
        ([figure], Some(path)) if path.extension().is_some() && !path.is_dir() => {
            write(workspace, path, &render(figure), environment)?;
        }
        (_, Some(folder)) => {
            let failed = |error| unwritable(folder, &error);
            fs::create_dir_all(folder).map_err(failed)?;
            for figure in figures {
                let path = folder.join(format!("{}.{ending}", figure.name));
                refuse_own(workspace, &path)?;
                fs::write(&path, render(figure)).map_err(|error| unwritable(&path, &error))?;
            }
            let files = words::counted(figures.len(), "file", "files");
            environment.note(format!("wrote {files} to {}", folder.display()));
        }
    }
    Ok(())
}

/// The file that was named, or the usual one in the folder that was.
fn file(path: &Path, usual: &str) -> PathBuf {
    if path.is_dir() { path.join(usual) } else { path.to_owned() }
}

fn write(
    workspace: &Workspace,
    path: &Path,
    text: &str,
    environment: &mut Environment,
) -> Result<(), CliError> {
    refuse_own(workspace, path)?;
    fs::write(path, text).map_err(|error| unwritable(path, &error))?;
    environment.note(format!("wrote {}", path.display()));
    Ok(())
}

/// Refuses to write over what the library is made of: what was named by mistake may be all there is of it.
fn refuse_own(workspace: &Workspace, path: &Path) -> Result<(), CliError> {
    if !path.is_file() {
        return Ok(());
    }
    let library = &workspace.library;
    let place = workspace.relative(path);
    let is = |own: &Path| workspace.relative(own) == place;
    let what = if library.config_path().is_some_and(|config| is(&config)) {
        "the library's configuration"
    } else if is(&library.root().join(&workspace.config().library.template)) {
        "the library's template"
    } else if library.list().iter().any(|listed| listed.as_ref().is_ok_and(|own| is(own))) {
        "a postmortem of this library"
    } else {
        return Ok(());
    };
    Err(CliError::new(format!("`{}` is {what}, so nothing is written over it", path.display()))
        .hint("name another file, such as `--output insights.html`"))
}

fn unwritable(path: &Path, error: &std::io::Error) -> CliError {
    CliError::new(format!("`{}` cannot be written: {error}", path.display()))
}

/// What the figures are about, in sentences.
fn heading(args: &Args, basis: &Basis<'_>, all: usize, undated: [usize; 2], today: Date) -> Heading {
    let of = if basis.incidents() == all {
        words::counted(all, "postmortem", "postmortems")
    } else {
        format!(
            "{} of {}",
            words::number(basis.incidents()),
            words::counted(all, "postmortem", "postmortems")
        )
    };
    let items = words::counted(basis.action_items(), "action item", "action items");
    let mut lines = vec![format!("{of} with {items}, as of {today} (UTC).")];
    if let Some(team) = &args.team {
        lines[0] = format!("{team}: {of} about its services, and {items} of its own, as of {today} (UTC).");
    }
    let filter = &args.filter;
    let mut asked = Vec::new();
    match (filter.after, filter.before.and_then(|before| before.yesterday().ok())) {
        (Some(from), Some(to)) => asked.push(format!("began {from} to {to}")),
        (Some(from), None) => asked.push(format!("began on {from} or later")),
        (None, Some(to)) => asked.push(format!("began on {to} or earlier")),
        (None, None) => {}
    }
    if !filter.severity.is_empty() {
        let severities: Vec<String> = filter.severity.iter().map(ToString::to_string).collect();
        asked.push(severities.join(" or "));
    }
    let named = [
        ("impacted", filter.service.clone()),
        ("with a factor of", filter.factor.map(str::to_owned)),
        ("at stage", filter.stage.map(|stage| stage.to_string())),
        ("with an action item of", filter.owner.clone()),
    ];
    asked.extend(named.into_iter().filter_map(|(words, name)| Some(format!("{words} {}", name?))));
    if !asked.is_empty() {
        lines.push(format!("Only: {}.", asked.join("; ")));
    }
    for (count, what) in undated.into_iter().zip(["no start time", "a start time that cannot be read"]) {
        if count > 0 && (filter.after.is_some() || filter.before.is_some()) {
            let postmortems = words::counted(count, "postmortem has", "postmortems have");
            lines.push(format!("{postmortems} {what} and so no period."));
        }
    }
    Heading { title: "Insights".to_owned(), lines }
}

impl Period {
    fn days(self, today: Date) -> Result<(Date, Date), CliError> {
        match self {
            Self::Days(from, until) => Ok((from, until)),
            Self::Last(count, unit) => {
                let span = match unit {
                    'w' => count.weeks(),
                    'm' => count.months(),
                    'y' => count.years(),
                    _ => count.days(),
                };
                let tomorrow = today.tomorrow();
                tomorrow
                    .and_then(|tomorrow| Ok((tomorrow.checked_sub(span)?, tomorrow)))
                    .map_err(|_| CliError::new(format!("`{count}{unit}` goes back before all calendars")))
            }
        }
    }
}

fn parse_period(text: &str) -> Result<Period, String> {
    let read = || {
        if let Some((at, unit)) = text.char_indices().next_back().filter(|(_, c)| "dwmy".contains(*c)) {
            // Ten thousand years are more than calendars have.
            let count = text[..at].parse().ok().filter(|count| (1..4_000_000).contains(count))?;
            let most = if unit == 'd' { i32::MAX } else { 9_999 };
            return Some(Period::Last(count, unit)).filter(|_| count <= most);
        }
        let first = |text: String| text.parse::<Date>().ok();
        let (from, span) = match text.split_once(['-', ' ']) {
            None if text.len() == 4 => (first(format!("{text}-01-01"))?, 1.year()),
            Some((year, quarter)) if quarter.starts_with(['Q', 'q']) => {
                let quarter: i8 = quarter[1..].parse().ok().filter(|quarter| (1..=4).contains(quarter))?;
                (first(format!("{year}-{:02}-01", quarter * 3 - 2))?, 3.months())
            }
            Some(_) if text.len() == 7 => (first(format!("{text}-01"))?, 1.month()),
            _ => (first(text.to_owned())?, 1.day()),
        };
        Some(Period::Days(from, from.checked_add(span).ok()?))
    };
    read().ok_or_else(|| "write it as `2026`, `2026-Q3`, `2026-07` or `90d`".to_owned())
}

fn parse_within(text: &str) -> Result<u32, String> {
    let minutes = duration::read(text).map(|read| read.seconds / 60).filter(|minutes| *minutes > 0);
    minutes
        .and_then(|minutes| u32::try_from(minutes).ok())
        .ok_or_else(|| "write it as `45m`, `2h` or `1d`".to_owned())
}

fn figure_parser() -> PossibleValuesParser {
    PossibleValuesParser::new(FIGURES.iter().map(|figure| PossibleValue::new(figure.name).help(figure.title)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn periods_are_read_as_people_name_them() {
        let today: Date = "2026-11-23".parse().expect("a date");
        for (text, expected) in [
            ("2026", Some(("2026-01-01", "2027-01-01"))),
            ("2026-Q3", Some(("2026-07-01", "2026-10-01"))),
            ("2026-q4", Some(("2026-10-01", "2027-01-01"))),
            ("2026-02", Some(("2026-02-01", "2026-03-01"))),
            ("2026-02-28", Some(("2026-02-28", "2026-03-01"))),
            ("1d", Some(("2026-11-23", "2026-11-24"))),
            ("90d", Some(("2026-08-26", "2026-11-24"))),
            ("2w", Some(("2026-11-10", "2026-11-24"))),
            ("6m", Some(("2026-05-24", "2026-11-24"))),
            ("1y", Some(("2025-11-24", "2026-11-24"))),
            ("2026-Q5", None),
            ("2026-13", None),
            ("0d", None),
            ("-3d", None),
            ("d", None),
            ("é", None),
            ("2026-Q", None),
            ("9999", None),
            ("last year", None),
            ("", None),
        ] {
            let days = parse_period(text).ok().map(|period| period.days(today).expect("within the calendar"));
            let days = days.map(|(from, until)| (from.to_string(), until.to_string()));
            assert_eq!(days, expected.map(|(from, until)| (from.to_owned(), until.to_owned())), "{text}");
        }
        assert!(
            Period::Last(9_999, 'y').days(today).is_ok() || Period::Last(9_999, 'y').days(today).is_err()
        );
    }
}
