//! `recount fmt`: canonical form.

use std::io::Write as _;
use std::path::PathBuf;

use recount_engine::document::{Document, format};
use recount_store::{Version, threads};

use crate::Outcome;
use crate::environment::Environment;
use crate::error::{CliError, Exit};
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
}

/// What became of one document.
enum Formatting {
    Same,
    Changed { path: PathBuf, notes: Vec<String>, diff: String, error: Option<CliError> },
    Unreadable(CliError),
}

pub(crate) fn run(args: Args, environment: &mut Environment) -> Outcome {
    let workspace = Workspace::open_or_loose(environment)?;
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
            let formatted = format::format(&document);
            if formatted.bytes == bytes {
                return Formatting::Same;
            }
            let shown = path.strip_prefix(&folder).unwrap_or(path).display();
            let diff = if args.diff {
                difference(&shown.to_string(), bytes, &formatted.bytes)
            } else {
                String::new()
            };
            let error = if dry {
                None
            } else {
                let written =
                    workspace.library.write_if_unchanged(path, &Version::of(bytes), &formatted.bytes);
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
    let (mut changed, mut failed) = (0, 0);
    for result in results {
        match result {
            Formatting::Same => {}
            Formatting::Unreadable(error) | Formatting::Changed { error: Some(error), .. } => {
                failed += 1;
                environment.show_error(&error);
            }
            Formatting::Changed { path, notes, diff, error: None } => {
                changed += 1;
                let shown = workspace.shown(environment, &path);
                if args.diff {
                    write!(environment.out(), "{diff}")?;
                } else {
                    let verb = if args.check { "would change" } else { "formatted" };
                    writeln!(environment.out(), "{verb} {shown}")?;
                    for note in notes {
                        writeln!(environment.out(), "  {note}")?;
                    }
                }
            }
        }
    }
    let total = listed.len() - failed;
    let left = if failed > 0 { format!(", {failed} could not be formatted") } else { String::new() };
    environment.note(match (changed, dry) {
        (0, _) => format!("{total} in canonical form{left}"),
        (_, true) => format!("{changed} of {total} would change{left}"),
        (_, false) => format!("{changed} of {total} formatted{left}"),
    });
    Ok(match (failed, changed, args.check) {
        (1.., ..) => Exit::Failed,
        (0, 1.., true) => Exit::Findings,
        _ => Exit::Done,
    })
}

fn difference(path: &str, old: &[u8], new: &[u8]) -> String {
    let (old, new) = (String::from_utf8_lossy(old), String::from_utf8_lossy(new));
    similar::TextDiff::from_lines(old.as_ref(), new.as_ref()).unified_diff().header(path, path).to_string()
}
