//! The `recount` command: argv and environment in, exit code out.
//!
//! What lives here: wiring. What a command does stands in `commands/`, one file each.

#![allow(clippy::needless_pass_by_value, reason = "a command owns its arguments")]
#![allow(clippy::unnecessary_wraps, reason = "all commands have one shape")]

mod baseline;
mod client;
mod commands;
mod commit;
mod environment;
mod error;
mod filter;
mod live;
mod machine;
mod past;
mod paths;
mod plot;
mod progress;
#[cfg(test)]
mod reference;
mod report;
mod table;
mod workspace;
mod wrap;

use std::process::ExitCode;

use clap::{CommandFactory, Parser};

use commands::Command;
use environment::Environment;
use error::{CliError, Exit};

/// Postmortems from evidence, checked and followed up, as plain Markdown files.
///
/// Works on the library found upward from the working folder: the folder with `recount.toml`.
///
/// Exit codes: 0 all is well; 1 a check found errors; 2 the command could not do what was asked, or not all
/// of it: files that were changed and could not be committed, too.
#[derive(Debug, Parser)]
#[command(name = "recount", version, arg_required_else_help = true, max_term_width = 100)]
struct Cli {
    /// The library to work on, instead of the one found upward from the working folder
    #[arg(long, global = true, value_name = "PATH", env = "RECOUNT_LIBRARY")]
    library: Option<std::path::PathBuf>,

    /// When to use colour
    #[arg(long, global = true, value_name = "WHEN", default_value = "auto")]
    color: environment::Color,

    /// Read every file anew, and keep nothing in `.recount/cache`
    #[arg(long, global = true)]
    no_cache: bool,

    #[command(subcommand)]
    command: Command,
}

fn main() -> ExitCode {
    let cli = Cli::parse_from(commands::search::with_exclusions(std::env::args_os()));
    let mut environment = Environment::new(cli.library, cli.color, !cli.no_cache);
    let done = cli.command.run(&mut environment);
    let done = match done {
        Ok(exit) => commit::finish(&mut environment).map(|()| exit),
        Err(error) => {
            commit::tell_left(&mut environment);
            Err(error)
        }
    };
    environment.say_what_is_left();
    let result = done.and_then(|exit| match environment.flush() {
        Err(error) if !error.is_broken_pipe() => Err(error),
        // What was found out is so, whether or not somebody read all of it.
        _ => Ok(exit),
    });
    match result {
        Ok(exit) => exit.into(),
        // The reader has gone away: it has what it wanted.
        Err(error) if error.is_broken_pipe() => ExitCode::SUCCESS,
        Err(error) => {
            environment.show_error(&error);
            Exit::Failed.into()
        }
    }
}

/// The whole command line, for completions, man pages and the reference.
fn command_line() -> clap::Command {
    Cli::command()
}

/// What every command returns.
type Outcome = Result<Exit, CliError>;
