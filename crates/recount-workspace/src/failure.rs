//! Why something could not be done, as people read it: a sentence, and a hint.
//!
//! What does not live here: exit codes and status codes; each surface has its own, by the kind.

use std::fmt;
use std::path::Path;

use recount_engine::config::ConfigError;
use recount_engine::document::LineIndex;
use recount_engine::document::operations::OperationError;
use recount_store::StoreError;

/// Why something could not be done.
#[derive(Debug)]
pub struct Failure {
    message: String,
    hint: Option<String>,
    /// The hint where there is no terminal.
    elsewhere: Option<String>,
    kind: FailureKind,
    yields: bool,
}

/// What kind of reason it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FailureKind {
    /// What was asked for makes no sense, or may not be.
    Refused,
    /// What was named is not there.
    Missing,
    /// Somebody else changed it meanwhile.
    Conflict,
    /// The name that was chosen is another's.
    Taken,
    /// The surroundings do not play along: a disk, a lock, git.
    Trouble,
}

impl Failure {
    /// A sentence without a full stop, the thing in backticks.
    pub fn new(message: impl Into<String>) -> Self {
        Self {
            message: plain(message.into()),
            hint: None,
            elsewhere: None,
            kind: FailureKind::Refused,
            yields: false,
        }
    }

    /// What to do about it.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// What to do about it where there is no terminal: in a browser, or through the API. Needed where the hint names a
    /// command.
    #[must_use]
    pub fn elsewhere(mut self, hint: impl Into<String>) -> Self {
        self.elsewhere = Some(hint.into());
        self
    }

    /// Says of which field, column or input it is.
    #[must_use]
    pub fn of_part(mut self, part: &str) -> Self {
        self.message = format!("`{part}`: {}", self.message);
        self
    }

    /// Of another kind than [`FailureKind::Refused`].
    #[must_use]
    pub fn of(mut self, kind: FailureKind) -> Self {
        self.kind = kind;
        self
    }

    /// Refused by a rule that whoever knows better may break.
    #[must_use]
    pub fn unless_forced(mut self) -> Self {
        self.yields = true;
        self
    }

    /// Whether it can be done all the same: each surface has its own word for that.
    pub fn yields_to_force(&self) -> bool {
        self.yields
    }

    /// The hint.
    pub fn hint_text(&self) -> Option<&str> {
        self.hint.as_deref()
    }

    /// The hint where there is no terminal.
    pub fn hint_elsewhere(&self) -> Option<&str> {
        self.elsewhere.as_deref().or(self.hint_text())
    }

    /// What kind of reason it is.
    pub fn kind(&self) -> FailureKind {
        self.kind
    }

    /// A configuration that cannot be used, with its place.
    pub fn config(path: &Path, text: &str, error: &ConfigError) -> Self {
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

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Failure {}

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Self {
        let kind = match &error {
            StoreError::Conflict(_) | StoreError::Exists { .. } => FailureKind::Conflict,
            StoreError::Unreadable(_) | StoreError::NoLibrary { .. } | StoreError::NotALibrary { .. } => {
                FailureKind::Missing
            }
            StoreError::Outside { .. } => FailureKind::Refused,
            _ => FailureKind::Trouble,
        };
        Self { hint: error.hint(), elsewhere: None, message: error.to_string(), kind, yields: false }
    }
}

impl From<OperationError> for Failure {
    fn from(error: OperationError) -> Self {
        let this = Self::new(error.to_string());
        match error {
            OperationError::Group(_) => {
                this.hint("set one of the fields below it; `recount set --fields` lists all")
                    .elsewhere("set one of the fields below it")
            }
            OperationError::Missing(_) => this
                .hint("`recount check` says what of the template is missing")
                .elsewhere("its findings say what of the template is missing"),
            OperationError::NotText => {
                this.hint("save the file as UTF-8 first; it may be in Latin-1 or Windows-1252 now")
            }
            OperationError::Comment => {
                this.hint("leave `<!--` out, or put it between backticks, where it is shown and hides nothing")
            }
            OperationError::ReadsDifferently => this.hint(
                "a line that begins as a heading, a list, a table or code does (`#`, `-`, `|`, three backticks) cannot \
                 stand there: write it as plain words, or between backticks",
            ),
            OperationError::Value(_) => this,
        }
    }
}
