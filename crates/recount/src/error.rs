//! Errors as people read them: a sentence, then a hint, then an exit code. Below this edge errors are
//! typed; here they get their words.

use std::fmt;
use std::io;
use std::path::Path;
use std::process::ExitCode;

use recount_engine::config::ConfigError;
use recount_engine::document::LineIndex;
use recount_engine::document::operations::OperationError;
use recount_store::StoreError;

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
    message: String,
    hint: Option<String>,
    broken_pipe: bool,
}

impl CliError {
    /// A sentence without a full stop, the thing in backticks.
    pub(crate) fn new(message: impl Into<String>) -> Self {
        Self { message: plain(message.into()), hint: None, broken_pipe: false }
    }

    /// What to do about it.
    #[must_use]
    pub(crate) fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// The hint.
    pub(crate) fn hint_text(&self) -> Option<&str> {
        self.hint.as_deref()
    }

    /// Whether output could not be written because its reader has gone.
    pub(crate) fn is_broken_pipe(&self) -> bool {
        self.broken_pipe
    }

    /// A configuration that cannot be used, with its place.
    pub(crate) fn config(path: &Path, text: &str, error: &ConfigError) -> Self {
        let at = LineIndex::new(text).position(text, error.span.start);
        let this = Self::new(format!("`{}:{}:{}`: {error}", path.display(), at.line, at.column));
        match &error.help {
            Some(help) => this.hint(help.clone()),
            None => this,
        }
    }
}

/// The operating system's words without Rust's ` (os error 2)` behind them, which helps nobody.
fn plain(message: String) -> String {
    let Some((before, rest)) = message.split_once(" (os error ") else { return message };
    match rest.split_once(')') {
        Some((number, after)) if number.bytes().all(|byte| byte.is_ascii_digit()) => {
            format!("{before}{after}")
        }
        _ => message,
    }
}

impl fmt::Display for CliError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for CliError {}

impl From<StoreError> for CliError {
    fn from(error: StoreError) -> Self {
        let hint = error.hint();
        Self { message: error.to_string(), hint, broken_pipe: false }
    }
}

impl From<OperationError> for CliError {
    fn from(error: OperationError) -> Self {
        let this = Self::new(error.to_string());
        match error {
            OperationError::Group(_) => {
                this.hint("set one of the fields below it; `recount set --fields` lists all")
            }
            OperationError::Missing(_) => this.hint("`recount check` says what of the template is missing"),
            OperationError::NotText => {
                this.hint("save the file as UTF-8 first; it may be in Latin-1 or Windows-1252 now")
            }
            OperationError::Value(_) | OperationError::ReadsDifferently => this,
        }
    }
}

impl From<io::Error> for CliError {
    fn from(error: io::Error) -> Self {
        let broken_pipe = error.kind() == io::ErrorKind::BrokenPipe;
        Self { message: format!("the output could not be written: {error}"), hint: None, broken_pipe }
    }
}
