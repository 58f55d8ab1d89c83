//! What every backend of a library can do, in plain data: the trait, and the words it speaks.
//!
//! What does not live here: any backend. A folder is [`crate::Library`], a library in memory is
//! [`crate::MemoryStore`]; `tests/story.rs` tells one story of both.

use std::collections::BTreeSet;
use std::fmt;
use std::path::{Component, Path, PathBuf};
use std::time::Duration;

use crate::error::StoreError;
use crate::read::{Stored, Unreadable, Version};

/// A library, wherever it is kept. Every change names the version that it was made from.
///
/// A path that a backend gives back, in [`Stored`] and in errors too, begins at the library's root.
pub trait Store: Send + Sync {
    /// The documents that are there, in order of paths, and what stands among them and cannot be read.
    fn documents(&self) -> Result<Listing, StoreError>;

    /// A document with its version.
    fn load(&self, path: &StorePath) -> Result<Stored, StoreError>;

    /// Replaces a document that still has the version it was loaded with.
    ///
    /// # Errors
    ///
    /// [`StoreError::Conflict`] with both sides where it has another one, or is gone.
    fn save(&self, path: &StorePath, version: &Version, bytes: &[u8]) -> Result<Version, StoreError>;

    /// Makes a document.
    ///
    /// # Errors
    ///
    /// [`StoreError::Exists`] where something has its path.
    fn add(&self, path: &StorePath, bytes: &[u8]) -> Result<Version, StoreError>;

    /// Gives a document another path; its evidence follows.
    ///
    /// # Errors
    ///
    /// [`StoreError::Exists`] where something has that path; then nothing moved.
    fn relocate(&self, from: &StorePath, to: &StorePath) -> Result<(), StoreError>;

    /// Removes a document that still has this version.
    ///
    /// # Errors
    ///
    /// [`StoreError::Conflict`] where it has another one, [`StoreError::Unreadable`] where it is gone already.
    fn delete(&self, path: &StorePath, version: &Version) -> Result<(), StoreError>;

    /// Makes the files as they are now a part of the history, and nothing else. Gives back the revision's name;
    /// none where the history holds them so already.
    ///
    /// # Errors
    ///
    /// [`StoreError::CannotCommit`] where it was not tried, [`StoreError::NotCommitted`] where it failed: the files
    /// stay as they are either way.
    fn commit(&self, paths: &[StorePath], commit: &Commit) -> Result<Option<String>, StoreError>;

    /// The revisions in which a document changed, the newest first, also under its former paths.
    fn history(&self, path: &StorePath) -> Result<Vec<Revision>, StoreError>;

    /// What a document held, by the names that its revisions give; none for the empty name.
    fn past(&self, contents: &[&str]) -> Result<Vec<Option<Vec<u8>>>, StoreError>;

    /// Tells of changes from now on, whoever makes them.
    fn watch(&self) -> Result<Box<dyn Watch>, StoreError>;
}

/// Changes of a library, as they happen.
pub trait Watch: Send {
    /// Waits until something has changed and has settled, at most for `wait`. None where nothing has.
    fn next(&mut self, wait: Duration) -> Option<Changes>;
}

/// What changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Changes {
    /// These files came, changed, or went; which of it, a look at them tells.
    Files(BTreeSet<StorePath>),
    /// Too much at once to be named, or something was missed: everything is to be looked at again.
    Rescan,
}

/// A path below the library's root.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct StorePath(PathBuf);

impl StorePath {
    /// Takes a path that leads to something below the root.
    ///
    /// # Errors
    ///
    /// [`StoreError::Outside`] for one that is absolute, empty, or climbs.
    pub fn new(path: impl AsRef<Path>) -> Result<Self, StoreError> {
        let path = path.as_ref();
        let is_below = path.components().all(|part| matches!(part, Component::Normal(_) | Component::CurDir));
        let plain: PathBuf = path.components().filter(|part| *part != Component::CurDir).collect();
        if !is_below || plain.as_os_str().is_empty() {
            return Err(StoreError::Outside { path: path.to_owned() });
        }
        Ok(Self(plain))
    }

    /// The path, relative to the root.
    pub fn as_path(&self) -> &Path {
        &self.0
    }
}

impl fmt::Display for StorePath {
    /// With `/` between folders, on every system.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let parts: Vec<_> = self.0.components().map(|part| part.as_os_str().to_string_lossy()).collect();
        f.write_str(&parts.join("/"))
    }
}

/// What a library holds.
#[derive(Debug, Default)]
pub struct Listing {
    /// The documents, sorted.
    pub documents: Vec<StorePath>,
    /// What cannot be read.
    pub unreadable: Vec<Unreadable>,
}

/// Who changed something.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Author {
    /// The name, as people wrote it.
    pub name: String,
    /// The mail address.
    pub mail: String,
}

/// What a commit says.
#[derive(Clone, Debug, Default)]
pub struct Commit {
    /// The message; its first line is the subject.
    pub message: String,
    /// Who made the change, where it is not whoever commits it.
    pub author: Option<Author>,
    /// How long the commit, its hooks and its signing may take; none where somebody sits there and can stop it.
    pub patience: Option<Duration>,
}

/// One change of a document in the history.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Revision {
    /// The revision's name: with git, the commit's.
    pub id: String,
    /// Who made the change.
    pub author: Author,
    /// When, in seconds since 1970.
    pub at: i64,
    /// The first line of its message.
    pub subject: String,
    /// The path that the document had from then on, from the library's root.
    pub path: PathBuf,
    /// Names what the document held from then on, to [`Store::past`]; empty where it was removed.
    pub content: String,
    /// Names what it held before, on the branch on which this was made; empty where it was not there.
    pub before: String,
    /// The path that it had before, from the library's root, where that was another one.
    pub renamed_from: Option<PathBuf>,
    /// Whether the history that is here begins with it, and what was before is elsewhere: the clone is shallow.
    pub is_cut: bool,
}
