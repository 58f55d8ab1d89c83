//! Errors as people read them at a terminal: a sentence, then a hint, then an exit code.

use std::fmt;
use std::io;
use std::process::ExitCode;

use recount_engine::document::operations::OperationError;
use recount_store::StoreError;
use recount_workspace::Failure;

/// How a command ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Exit {
    /// All is well: 0.
    Done,
    /// A check found errors, or `--check` found something to do: 1.
    Findings,
    /// The command could not do what was asked, or not all of it: 2.
    Failed,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        match exit {
            Exit::Done => ExitCode::SUCCESS,
            Exit::Findings => ExitCode::from(1),
            Exit::Failed => ExitCode::from(2),
        }
    }
}

/// Why a command could not do what was asked.
#[derive(Debug)]
pub(crate) struct CliError {
    failure: Failure,
    broken_pipe: bool,
}

impl CliError {
    /// A sentence without a full stop, the thing in backticks.
    pub(crate) fn new(message: impl Into<String>) -> Self {
        Failure::new(message).into()
    }

    /// What to do about it.
    #[must_use]
    pub(crate) fn hint(self, hint: impl Into<String>) -> Self {
        Self { failure: self.failure.hint(hint), ..self }
    }

    /// The hint.
    pub(crate) fn hint_text(&self) -> Option<&str> {
        self.failure.hint_text()
    }

    /// Whether output could not be written because its reader has gone.
    pub(crate) fn is_broken_pipe(&self) -> bool {
        self.broken_pipe
    }
}

impl fmt::Display for CliError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.failure.fmt(f)
    }
}

impl std::error::Error for CliError {}

impl From<Failure> for CliError {
    fn from(failure: Failure) -> Self {
        let failure = match failure.hint_text() {
            Some(hint) if failure.yields_to_force() => {
                let hint = format!("{hint}; or use `--force`");
                failure.hint(hint)
            }
            _ => failure,
        };
        Self { failure, broken_pipe: false }
    }
}

impl From<StoreError> for CliError {
    fn from(error: StoreError) -> Self {
        Failure::from(error).into()
    }
}

impl From<OperationError> for CliError {
    fn from(error: OperationError) -> Self {
        Failure::from(error).into()
    }
}

impl From<io::Error> for CliError {
    fn from(error: io::Error) -> Self {
        let broken_pipe = error.kind() == io::ErrorKind::BrokenPipe;
        let failure = Failure::new(format!("the output could not be written: {error}"));
        Self { failure, broken_pipe }
    }
}
