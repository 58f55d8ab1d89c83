//! Git's own merge of three files, and the settings that make git ask us first.
//!
//! What does not live here: the merge of postmortems, which the engine does.

use std::path::Path;

use super::{checked, command, git, inside_repository, line, not_started};
use crate::error::StoreError;

/// What git made of three files.
#[derive(Debug)]
pub struct MergedLines {
    /// The file, with markers where there are conflicts.
    pub bytes: Vec<u8>,
    /// Whether there are none.
    pub is_clean: bool,
}

/// Merges three files as git merges any text, in the user's style of conflicts. None where they are no text.
pub fn merge_lines(
    base: &Path,
    ours: &Path,
    theirs: &Path,
    marker_size: usize,
) -> Result<Option<MergedLines>, StoreError> {
    let folder = Path::new(".");
    // The work tree that is being merged is the one that git named to us.
    let mut command = std::process::Command::new("git");
    command.args(["merge-file", "--stdout", "-L", "ours", "-L", "base", "-L", "theirs"]);
    command.arg(format!("--marker-size={marker_size}")).arg("--").args([ours, base, theirs]);
    let output = command.output().map_err(|error| not_started(folder, error))?;
    // The number of conflicts, at most 127; above that it could not be done.
    Ok(match output.status.code() {
        Some(code @ 0..=127) => Some(MergedLines { bytes: output.stdout, is_clean: code == 0 }),
        _ => None,
    })
}

/// A value of git's configuration, the repository's or the user's.
pub(crate) fn setting(folder: &Path, key: &str) -> Result<Option<String>, StoreError> {
    inside_repository(folder)?;
    let known = git(folder, ["config", "--get", key])?;
    Ok(known.status.success().then(|| line(&known.stdout)))
}

/// Sets a value of the repository's configuration.
pub(crate) fn set(folder: &Path, key: &str, value: &str) -> Result<(), StoreError> {
    let output = command(folder).args(["config", "--local", key, value]).output();
    checked("config", output.map_err(|error| not_started(folder, error))?).map(drop)
}
