//! `recount merge-driver`: what git runs to merge a postmortem.

use std::fs;
use std::path::{Path, PathBuf};

use recount_engine::config::Config;
use recount_engine::document::Document;
use recount_engine::document::merge::{Markers, merge};
use recount_engine::ide::Checker;
use recount_store::merge_lines;

use crate::Outcome;
use crate::environment::Environment;
use crate::error::{CliError, Exit};

/// Merge two changed copies of a postmortem, for git
///
/// Git runs it once `recount init --git` has set it up; nobody types it. Rows of the timeline and of the action items
/// merge by cells, fields and front matter by name, lists by item, everything else by lines. The result takes the place
/// of `OURS`. Where both sides changed the same thing, both stay between git's conflict markers, and the exit code is 1. A
/// file that is no postmortem in this template is merged as git merges any file.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The copy that both sides began with (`%O`)
    base: PathBuf,

    /// Our copy, which the result replaces (`%A`)
    ours: PathBuf,

    /// Their copy (`%B`)
    theirs: PathBuf,

    /// The file's path in the repository, for messages (`%P`)
    path: Option<PathBuf>,

    /// How many characters a conflict marker has (`%L`)
    #[arg(long, value_name = "SIZE", default_value_t = 7)]
    marker_size: usize,
}

pub(crate) fn run(args: Args, environment: &mut Environment) -> Outcome {
    let [base, ours, theirs] = [read(&args.base)?, read(&args.ours)?, read(&args.theirs)?];
    let checker = Checker::new(Config::default());
    let is_ours = |bytes: &[u8]| !checker.is_foreign(&Document::parse(bytes));
    let markers = Markers { size: args.marker_size.clamp(1, 200), ..Markers::default() };
    let merged = [&base, &ours, &theirs]
        .iter()
        .all(|bytes| is_ours(bytes))
        .then(|| merge(&base, &ours, &theirs, markers));
    let merged = merged.flatten();
    let (bytes, is_clean) = if let Some(merged) = merged {
        (merged.bytes, merged.conflicts == 0)
    } else if let Some(merged) = merge_lines(&args.base, &args.ours, &args.theirs, markers.size)? {
        (merged.bytes, merged.is_clean)
    } else {
        // No text: ours stays, and git asks which one it shall be.
        return Ok(Exit::Findings);
    };
    fs::write(&args.ours, bytes)
        .map_err(|error| CliError::new(format!("`{}` cannot be written: {error}", args.ours.display())))?;
    if is_clean {
        return Ok(Exit::Done);
    }
    let path = args.path.unwrap_or(args.ours);
    environment.note(format!("both sides changed the same place of `{}`", path.display()));
    Ok(Exit::Findings)
}

fn read(path: &Path) -> Result<Vec<u8>, CliError> {
    fs::read(path).map_err(|error| CliError::new(format!("`{}` cannot be read: {error}", path.display())))
}
