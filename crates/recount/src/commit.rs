//! `--commit`: what a command changed becomes a commit, made by the user's own git.
//!
//! What lives here: the two options of every command that changes files, and the commit at its end. What does not: which
//! files changed, which the library noted, and how git is asked (`recount-store`).

use std::path::Path;
use std::time::Duration;

use recount_engine::document::Document;
use recount_store::{Commit, Library, Store as _, StoreError, StorePath};

use crate::environment::Environment;
use crate::error::CliError;
use crate::workspace::Workspace;

/// How long a commit may take where nobody watches: a hook that checks a large repository is done by then, and
/// one that waits for an answer never is.
const UNWATCHED: Duration = Duration::from_mins(2);
/// The longest subject that is made, in characters; a message that was given is never shortened.
const LONGEST_SUBJECT: usize = 100;

/// Commits what a command changes.
#[derive(Debug, Default, clap::Args)]
pub(crate) struct CommitArgs {
    /// Commit the files that this command changes, and nothing else, with your own git
    #[arg(long)]
    pub(crate) commit: bool,

    /// The message of the commit, instead of one that says what was done
    #[arg(long, value_name = "TEXT", requires = "commit")]
    message: Option<String>,
}

/// A commit that is to be made when the command has done its work.
pub(crate) struct Pending {
    library: Library,
    /// What was asked for, which no command overrules.
    message: Option<String>,
    subject: String,
}

impl CommitArgs {
    /// Refuses what could not be committed, before anything is written; then remembers that it was asked for.
    pub(crate) fn begin(&self, workspace: &Workspace, environment: &mut Environment) -> Result<(), CliError> {
        if !self.commit {
            return Ok(());
        }
        if self.message.as_ref().is_some_and(|message| message.trim().is_empty()) {
            return Err(
                CliError::new("the message of `--message` is empty").hint("say what was done and why")
            );
        }
        workspace.library.plan_commit(&workspace.config().git.protected)?;
        environment.pending = Some(Pending {
            library: workspace.library.clone(),
            message: self.message.clone(),
            subject: "Change postmortems".to_owned(),
        });
        Ok(())
    }
}

/// Says in a line what the command did, for the commit's message.
pub(crate) fn subject(environment: &mut Environment, text: &str) {
    if let Some(pending) = &mut environment.pending {
        let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
        pending.subject = match line.char_indices().nth(LONGEST_SUBJECT) {
            Some((end, _)) => format!("{}…", line[..end].trim_end()),
            None => line,
        };
    }
}

/// What a commit's message calls a postmortem: its ID, else its file's name.
pub(crate) fn name_of(path: &Path, document: &Document) -> String {
    let stem = || path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
    document.incident_id().map_or_else(stem, str::to_owned)
}

/// Makes the commit that was asked for, when all is written.
pub(crate) fn finish(environment: &mut Environment) -> Result<(), CliError> {
    let Some(pending) = environment.pending.take() else { return Ok(()) };
    let mut files = pending.library.changed_files().map_err(not_committed)?;
    if files.is_empty() {
        environment.note("nothing changed, so nothing was committed");
        return Ok(());
    }
    let message = pending.message.unwrap_or(pending.subject);
    let patience = (!environment.is_watched()).then_some(UNWATCHED);
    let commit = Commit { message, author: None, patience };
    // Evidence that shall stay on this machine keeps nothing else from being committed.
    let ignored = pending.library.ignored_files(&files).map_err(not_committed)?;
    if ignored.len() < files.len() {
        files.retain(|file| !ignored.contains(file));
        for file in &ignored {
            environment.note(format!("git ignores `{file}`, so it was not committed"));
        }
    }
    // Results first: a hook may take its time, and may print.
    environment.flush()?;
    let made = pending.library.commit(&files, &commit).map_err(|error| match error {
        StoreError::GitBusy { .. } => {
            let (list, root) = (by_hand(&files), pending.library.root().display());
            not_committed(error).hint(format!(
                "the files are changed; when it has finished, commit them in `{root}` with `{list}` (where no git \
                 is running, one that crashed left its lock)"
            ))
        }
        error => not_committed(error),
    })?;
    match made {
        Some(id) => {
            let short = id.get(..10).unwrap_or(&id);
            let subject = commit.message.lines().next().unwrap_or_default();
            environment.note(format!("committed {short}: {subject}"));
        }
        None => environment.note("the last commit holds these files as they are; nothing was committed"),
    }
    Ok(())
}

/// Where a command fails on its way: says what it had changed by then, which no commit holds.
pub(crate) fn tell_left(environment: &mut Environment) {
    let Some(pending) = environment.pending.take() else { return };
    let files = pending.library.changed_files().unwrap_or_default();
    if !files.is_empty() {
        let names: Vec<String> = files.iter().map(|file| format!("`{file}`")).collect();
        environment.warn(format!("changed before that, and not committed: {}", names.join(", ")));
    }
}

/// What commits these files and nothing else, typed by a person.
fn by_hand(files: &[StorePath]) -> String {
    let names: Vec<String> = files
        .iter()
        .map(|file| {
            let name = file.to_string();
            let is_plain = |ch: char| ch.is_alphanumeric() || "/._-".contains(ch);
            if name.chars().all(is_plain) { name } else { format!("'{}'", name.replace('\'', r"'\''")) }
        })
        .collect();
    let names = names.join(" ");
    format!("git add -- {names} && git commit -- {names}")
}

/// By now the files are changed, whatever came between.
fn not_committed(error: StoreError) -> CliError {
    let why = match &error {
        StoreError::NotCommitted { .. } => return error.into(),
        StoreError::CannotCommit { why, .. } => why.clone(),
        other => other.to_string(),
    };
    let message = CliError::new(format!("changed, but not committed: {why}"));
    match error.hint() {
        Some(hint) => message.hint(hint),
        None => message,
    }
}
