//! `recount man`: manual pages.

use std::io::Write as _;
use std::path::PathBuf;

use crate::Outcome;
use crate::environment::Environment;
use crate::error::{CliError, Exit};

/// Write the manual pages, one a command, into a folder
///
/// For example: `recount man ~/.local/share/man/man1`
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The folder; it is made where it is missing
    folder: PathBuf,
}

pub(crate) fn run(args: Args, environment: &mut Environment) -> Outcome {
    let cannot = |error: std::io::Error| {
        CliError::new(format!("manual pages cannot be written to `{}`: {error}", args.folder.display()))
    };
    std::fs::create_dir_all(&args.folder).map_err(cannot)?;
    clap_mangen::generate_to(crate::command_line(), &args.folder).map_err(cannot)?;
    writeln!(environment.out(), "wrote manual pages to {}", args.folder.display())?;
    Ok(Exit::Done)
}
