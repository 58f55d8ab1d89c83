//! `recount insights`: figures over the postmortems of the library.

use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use clap::ValueEnum;
use clap::builder::{PossibleValue, PossibleValuesParser};
use jiff::civil::Date;

use recount_engine::document::value::duration;
use recount_engine::insights::chart::{Standing, svg};
use recount_engine::insights::page::{Heading, html};
use recount_engine::insights::{Definition, FIGURES, Figure, csv, words};

use recount_store::catalog::Want;

use crate::Outcome;
use crate::environment::Environment;
use crate::error::{CliError, Exit};
use crate::filter::Filter;
use crate::machine;
use crate::plot;
use crate::workspace::{Workspace, tell_of_none};
use recount_workspace::told::insights::{Asked, Made};
use recount_workspace::{Overview, Period};

/// Figures over the postmortems of the library: how often, how fast, why, what recurs, what became of promises
///
/// Every figure carries its definition, its n, and what it leaves out and why.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(flatten)]
    filter: Filter,

    /// That began in this year, quarter, month or day, or in the last days, weeks, months or years: `2026`,
    /// `2026-Q3`, `2026-07`, `90d`, `12w`, `6m`, `1y`
    #[arg(long, value_parser = Period::parse, conflicts_with_all = ["after", "before"])]
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
    let catalog = workspace.catalog(Want::Facts, usize::MAX);
    let problems = workspace.problems(&catalog);
    for problem in &problems {
        environment.warn(problem);
    }
    let library = catalog.in_brief();
    let library = Overview::from(&library);
    let asked =
        Asked { wanted: args.filter.wanted(), team: args.team.clone(), mitigate_minutes: args.within };
    for unknown in asked.wanted.unknown_in_brief(library, config) {
        environment.warn(unknown);
    }
    let made = asked.made(library, &figures(&args.figure), config, today);
    let heading = heading(&args, &made, today);
    let is_empty = made.all == 0 && problems.is_empty();
    let failed = !problems.is_empty();
    match format {
        Format::Table if is_empty => tell_of_none(environment),
        Format::Table if made.selected == 0 => environment.note("no postmortem is like that"),
        Format::Table => plot::show(environment, &heading.lines, &made.figures)?,
        Format::Json => {
            let answer = asked.told(made, today, problems);
            match &args.output {
                None => machine::write(environment, &answer)?,
                Some(path) => {
                    let json = serde_json::to_string_pretty(&answer).map_err(std::io::Error::from)?;
                    write(&workspace, &file(path, "insights.json"), &(json + "\n"), environment)?;
                }
            }
        }
        Format::Html => {
            let page = html(&heading, &made.figures);
            match &args.output {
                None => write!(environment.out(), "{page}")?,
                Some(path) => write(&workspace, &file(path, "insights.html"), &page, environment)?,
            }
        }
        Format::Csv => each(&workspace, &args, &made.figures, "csv", csv::csv, environment)?,
        Format::Svg => {
            let chart = |figure: &Figure| svg(figure, Standing::Alone);
            each(&workspace, &args, &made.figures, "svg", chart, environment)?;
        }
    }
    Ok(if failed { Exit::Failed } else { Exit::Done })
}

/// The figures that were asked for, in their own order.
fn figures(names: &[String]) -> Vec<&'static Definition> {
    let is_asked = |figure: &&Definition| names.is_empty() || names.iter().any(|name| name == figure.name);
    FIGURES.iter().filter(is_asked).collect()
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
        (_, Some(path)) if path.extension().is_some_and(|own| own == ending) && !path.is_dir() => {
            return Err(CliError::new(format!(
                "{} figures do not fit into `{}`: a {ending} file is one figure",
                figures.len(),
                path.display()
            ))
            .hint(
                "name one with `--figure NAME`, or a folder for all with `--format` and `--output FOLDER`",
            ));
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
fn heading(args: &Args, made: &Made, today: Date) -> Heading {
    let all = made.all;
    let of = if made.incidents == all {
        words::counted(all, "postmortem", "postmortems")
    } else {
        format!("{} of {}", words::number(made.incidents), words::counted(all, "postmortem", "postmortems"))
    };
    let items = words::counted(made.action_items, "action item", "action items");
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
    for (count, what) in made.undated.into_iter().zip(["no start time", "a start time that cannot be read"]) {
        if count > 0 && (filter.after.is_some() || filter.before.is_some()) {
            let postmortems = words::counted(count, "postmortem has", "postmortems have");
            lines.push(format!("{postmortems} {what} and so no period."));
        }
    }
    Heading { title: "Insights".to_owned(), lines }
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
