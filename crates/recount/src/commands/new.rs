//! `recount new`: the template, copied for an incident.

use std::io::Write as _;

use jiff::Timestamp;

use recount_engine::document::value::time;
use recount_workspace::logging;
use recount_workspace::{Given, read_severity};

use crate::Outcome;
use crate::commands::similar;
use crate::commit::{self, CommitArgs};
use crate::environment::Environment;
use crate::error::{CliError, Exit};
use crate::past;
use crate::workspace::Workspace;

/// Copy the template for an incident and print the path
///
/// The next free ID is taken, the title written, and the stage set to `draft`; everything else of the
/// template stays as it is.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// What happened, in a few words: "Checkout returned errors after the cache was flushed"
    title: String,

    #[command(flatten)]
    known: Known,

    #[command(flatten)]
    commit: CommitArgs,
}

/// What is known of an incident when its postmortem is made.
#[derive(Debug, Default, Clone, clap::Args)]
pub(crate) struct Known {
    /// An ID that the incident has already
    #[arg(long)]
    pub(crate) id: Option<String>,

    /// How bad it was: Sev0 to Sev3
    #[arg(long)]
    pub(crate) severity: Option<String>,

    /// When it began: `2026-11-20 14:02`, UTC unless another zone is given
    #[arg(long, value_name = "TIME")]
    pub(crate) start: Option<String>,

    /// A service that it impacted; may be given several times
    #[arg(long, value_name = "NAME")]
    pub(crate) service: Vec<String>,
}

pub(crate) fn run(args: Args, environment: &mut Environment) -> Outcome {
    let workspace = Workspace::open(environment)?;
    args.commit.begin(&workspace, environment)?;
    let given = args.known.given()?;
    let day = given.start.map_or(environment.today(), time::utc_day);
    let guard = workspace.library.lock()?;
    let (path, id) =
        workspace.create::<CliError>(&guard, &args.title, &given, day, |document, _| Ok(document))?;
    commit::subject(environment, &format!("{id}: new postmortem \"{}\"", args.title));
    warn(&workspace, &id, &given, environment);
    let shown = workspace.shown(&path);
    writeln!(environment.out(), "{shown}")?;
    drop(guard);
    let (_, document) = workspace.read(&path)?;
    similar::tell(&workspace, &document, &path, environment);
    past::tell_of_promises(&workspace, &document, environment);
    Ok(Exit::Done)
}

impl Known {
    /// As pages and programs say it.
    pub(crate) fn given(&self) -> Result<Given, CliError> {
        Ok(Given {
            id: self.id.clone(),
            severity: self.severity.as_deref().map(read_severity).transpose()?,
            start: self.start_time()?,
            services: self.service.clone(),
        })
    }

    /// `--start` as an instant.
    pub(crate) fn start_time(&self) -> Result<Option<Timestamp>, CliError> {
        self.start.as_deref().map(|text| instant(text, "--start")).transpose()
    }
}

/// A time given on the command line.
pub(crate) fn instant(text: &str, option: &str) -> Result<Timestamp, CliError> {
    Ok(logging::instant(text, option)?)
}

/// Says what of a postmortem that was made is probably a mistake; `check` will, too.
pub(crate) fn warn(workspace: &Workspace, id: &str, given: &Given, environment: &mut Environment) {
    for (doubt, hint) in workspace.doubts_of(id, given) {
        environment.warn(doubt);
        if let Some(hint) = hint {
            environment.hint(hint);
        }
    }
}
