//! `recount fmt`: canonical form.

use std::io::Write as _;
use std::path::PathBuf;

use recount_engine::document::counted;
use recount_engine::document::{Document, format};
use recount_store::{Guard, Version, threads};
use serde::Serialize;

use crate::Outcome;
use crate::commit::{self, CommitArgs};
use crate::environment::{Environment, visible};
use crate::error::{CliError, Exit};
use crate::machine::{self, Header};
use crate::paths::slashes;
use crate::progress;
use crate::workspace::Workspace;

/// Bring postmortems into canonical form: times in UTC, sorted timelines, compact tables
///
/// A blank duration and a blank time to detect are computed. What was converted is said. Documents in
/// another template are left alone.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Files or folders; the whole library without
    #[arg(value_name = "PATH")]
    paths: Vec<PathBuf>,

    /// Change nothing; name what would change, exit 1 if there is any
    #[arg(long)]
    check: bool,

    /// Show what would change as a difference, and change nothing
    #[arg(long)]
    diff: bool,

    /// How to print
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    format: Format,

    #[command(flatten)]
    commit: CommitArgs,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
enum Format {
    /// For people
    Text,
    /// For programs: `fmt` version 1
    Json,
}

/// What formatting did, or would do, in JSON.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct Output {
    /// Which format this is.
    recount: Header,
    /// Whether the changes were written; not with `--check` or `--diff`.
    written: bool,
    /// How many documents were looked at.
    documents: usize,
    /// The documents that are not in canonical form, or were not, in order of paths.
    changed: Vec<Changed>,
    /// What could not be read or written.
    problems: Vec<Problem>,
}

/// A document that changes.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct Changed {
    /// Path from the library's root.
    path: String,
    /// What is worth knowing about the change: times that are converted from another zone.
    notes: Vec<String>,
    /// The change as a unified difference; only with `--diff`.
    #[serde(skip_serializing_if = "Option::is_none")]
    diff: Option<String>,
}

/// Why a document could not be formatted.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct Problem {
    /// What is wrong; one sentence without a full stop.
    message: String,
    /// What to do; empty where there is nothing to advise.
    hint: String,
}

/// What became of one document.
enum Formatting {
    Same,
    Changed { path: PathBuf, notes: Vec<String>, diff: String, error: Option<CliError> },
    Unreadable(CliError),
}

pub(crate) fn run(args: Args, environment: &mut Environment) -> Outcome {
    let workspace = Workspace::open_or_loose(environment)?;
    args.commit.begin(&workspace, environment)?;
    if args.paths.is_empty() && workspace.library.config_path().is_none() {
        return Err(CliError::new("there is no library here and no file was named")
            .hint("name files to format, or make a library with `recount init`"));
    }
    let listed = workspace.list(&args.paths);
    let folder = environment.folder()?;
    let dry = args.check || args.diff;
    let bar = progress::bar(listed.len(), "formatting", environment.is_watched());
    let mut results = Vec::new();
    workspace.library.scan(
        &listed,
        threads(),
        |path, bytes| {
            let bytes = match bytes {
                Ok(bytes) => bytes,
                Err(unreadable) => {
                    return Formatting::Unreadable(recount_store::StoreError::Unreadable(unreadable).into());
                }
            };
            let document = Document::parse(bytes);
            if workspace.checker.is_foreign(&document) {
                return Formatting::Same;
            }
            let formatted = format::format(&document);
            if formatted.bytes == bytes {
                return Formatting::Same;
            }
            let diff = if args.diff {
                let shown = match args.format {
                    Format::Text => path.strip_prefix(&folder).unwrap_or(path).display().to_string(),
                    Format::Json => slashes(&workspace.relative(path)),
                };
                difference(&shown, bytes, &formatted.bytes)
            } else {
                String::new()
            };
            let error = if dry {
                None
            } else {
                let write =
                    |guard: Guard<'_>| guard.write_if_unchanged(path, &Version::of(bytes), &formatted.bytes);
                let written = workspace.library.lock().and_then(write);
                written.err().map(CliError::from)
            };
            Formatting::Changed { path: path.to_owned(), notes: formatted.notes, diff, error }
        },
        |result| {
            bar.inc(1);
            if !matches!(result, Formatting::Same) {
                results.push(result);
            }
        },
    );
    bar.finish_and_clear();
    let total = listed.len();
    let (mut changed, mut problems) = (Vec::new(), Vec::new());
    for result in results {
        match result {
            Formatting::Same => {}
            Formatting::Unreadable(error) | Formatting::Changed { error: Some(error), .. } => {
                environment.show_error(&error);
                let hint = error.hint_text().unwrap_or_default().to_owned();
                problems.push(Problem { message: error.to_string(), hint });
            }
            Formatting::Changed { path, notes, diff, error: None } => {
                let path = match args.format {
                    Format::Text => workspace.shown(&path),
                    Format::Json => slashes(&workspace.relative(&path)),
                };
                changed.push(Changed { path, notes, diff: args.diff.then_some(diff) });
            }
        }
    }
    commit::subject(environment, &format!("Format {}", counted(changed.len(), "postmortem")));
    let exit = match (problems.len(), changed.len(), args.check) {
        (1.., ..) => Exit::Failed,
        (0, 1.., true) => Exit::Findings,
        _ => Exit::Done,
    };
    match args.format {
        Format::Text => show(&changed, total - problems.len(), problems.len(), &args, environment)?,
        Format::Json => {
            let recount = Header { format: "fmt", version: 1 };
            let answer = Output { recount, written: !dry, documents: total, changed, problems };
            machine::write(environment, &answer)?;
        }
    }
    Ok(exit)
}

fn show(
    changed: &[Changed],
    total: usize,
    failed: usize,
    args: &Args,
    environment: &mut Environment,
) -> Result<(), CliError> {
    for Changed { path, notes, diff } in changed {
        if let Some(diff) = diff {
            write!(environment.out(), "{}", visible(diff))?;
            continue;
        }
        let verb = if args.check { "would change" } else { "formatted" };
        writeln!(environment.out(), "{verb} {}", visible(path))?;
        for note in notes {
            writeln!(environment.out(), "  {}", visible(note))?;
        }
    }
    let left = if failed > 0 { format!(", {failed} could not be formatted") } else { String::new() };
    environment.note(match (changed.len(), args.check || args.diff) {
        (0, _) => format!("{total} in canonical form{left}"),
        (changed, true) => format!("{changed} of {total} would change{left}"),
        (changed, false) => format!("{changed} of {total} formatted{left}"),
    });
    Ok(())
}

fn difference(path: &str, old: &[u8], new: &[u8]) -> String {
    let (old, new) = (String::from_utf8_lossy(old), String::from_utf8_lossy(new));
    similar::TextDiff::from_lines(old.as_ref(), new.as_ref()).unified_diff().header(path, path).to_string()
}
