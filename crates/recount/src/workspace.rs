//! The library that a command works on: found by what was typed, and its paths as they are shown.
//!
//! What does not live here: everything that is the same in a browser (`recount-workspace`).

use std::ops::Deref;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use indicatif::ProgressBar;
use recount_store::{Library, Listed};
use recount_workspace::{Keeping, Progress};

use crate::environment::Environment;
use crate::error::CliError;
use crate::progress;

/// A library, opened for a command.
pub(crate) struct Workspace(recount_workspace::Workspace);

impl Deref for Workspace {
    type Target = recount_workspace::Workspace;

    fn deref(&self) -> &Self::Target {
        &self.0
    }
}

impl Workspace {
    /// The library named with `--library`, else the one found upward from the working folder.
    pub(crate) fn open(environment: &mut Environment) -> Result<Self, CliError> {
        let library = match environment.library() {
            Some(root) => Library::open(root)?,
            None => Library::discover(&environment.folder()?)?,
        };
        Self::of(environment, library)
    }

    /// As [`Workspace::open`]; where there is no library and none was named, the working folder with
    /// the default configuration, for commands on files.
    pub(crate) fn open_or_loose(environment: &mut Environment) -> Result<Self, CliError> {
        if environment.library().is_some() {
            return Self::open(environment);
        }
        let folder = environment.folder()?;
        match Library::discover(&folder) {
            Ok(library) => Self::of(environment, library),
            Err(_) => Self::of(environment, Library::loose(&folder)),
        }
    }

    /// A library that was opened already.
    pub(crate) fn of(environment: &mut Environment, library: Library) -> Result<Self, CliError> {
        let keeping = Keeping {
            program: environment.program(),
            may: environment.may_keep(),
            progress: progress(environment.is_watched()),
            notes: environment.later(),
            folder: environment.folder().unwrap_or_default(),
        };
        let workspace = recount_workspace::Workspace::open(library, keeping)?;
        for (doubt, hint) in &workspace.doubts {
            environment.warn(doubt);
            if let Some(hint) = hint {
                environment.hint(hint);
            }
        }
        Ok(Self(workspace))
    }

    /// The same library, for whoever stands in another folder: its paths are shown from there.
    pub(crate) fn seen_from(mut self, folder: &Path) -> Self {
        folder.clone_into(&mut self.0.keeping.folder);
        self
    }

    /// A path as it is shown: relative to the working folder where it is below it.
    pub(crate) fn shown(&self, path: &Path) -> String {
        let relative = path.strip_prefix(&self.keeping.folder).unwrap_or(path);
        relative.display().to_string()
    }

    /// The candidates of the whole library, or of the paths given.
    pub(crate) fn list(&self, paths: &[PathBuf]) -> Vec<Listed> {
        if paths.is_empty() { self.library.list() } else { recount_store::list_paths(paths) }
    }
}

/// Tells that a library has no postmortem, and how to come by one.
pub(crate) fn tell_of_none(environment: &mut Environment) {
    environment.note("there is no postmortem yet");
    environment
        .hint("`recount new TITLE` makes the first, `recount draft TITLE EVIDENCE…` makes it from evidence");
}

/// A bar that shows how far the reading of a library is, where somebody watches.
fn progress(is_watched: bool) -> Box<Progress> {
    let bar: OnceLock<ProgressBar> = OnceLock::new();
    Box::new(move |what, done, total| {
        let bar = bar.get_or_init(|| progress::bar(total, what, is_watched));
        bar.set_position(done as u64);
        if done == total {
            bar.finish_and_clear();
        }
    })
}
