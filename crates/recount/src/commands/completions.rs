//! `recount completions`: for the shell.

use clap_complete::{Shell, generate};

use crate::Outcome;
use crate::environment::Environment;
use crate::error::Exit;

/// Print completions for a shell
///
/// For example: `recount completions bash > ~/.local/share/bash-completion/completions/recount`
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The shell
    shell: Shell,
}

pub(crate) fn run(args: Args, environment: &mut Environment) -> Outcome {
    generate(args.shell, &mut crate::command_line(), "recount", environment.out());
    Ok(Exit::Done)
}
