//! A folder as a backend: the trait in terms of [`Library`], which works on paths of the file system.
//!
//! What does not live here: how any of it is done.

use std::path::PathBuf;
use std::time::Duration;

use crate::error::StoreError;
use crate::git;
use crate::library::Library;
use crate::read::{Stored, Version};
use crate::store::{Commit, Listing, Revision, Store, StorePath, Watch};
use crate::watch;

/// How long a commit waits for a git of somebody else, which most often has done its work in less.
const GIT_WAIT: Duration = Duration::from_secs(5);

impl Library {
    fn place(&self, path: &StorePath) -> PathBuf {
        self.root().join(path.as_path())
    }

    /// An answer about a file, with its path from the root.
    fn told<T>(&self, answer: Result<T, StoreError>) -> Result<T, StoreError> {
        let relative = |path: PathBuf| self.relative(&path).to_owned();
        answer.map_err(|error| match error {
            StoreError::Conflict(mut conflict) => {
                conflict.path = relative(conflict.path);
                conflict.theirs =
                    conflict.theirs.map(|stored| Stored { path: conflict.path.clone(), ..stored });
                StoreError::Conflict(conflict)
            }
            StoreError::Exists { path } => StoreError::Exists { path: relative(path) },
            StoreError::Unreadable(mut unreadable) => {
                unreadable.path = relative(unreadable.path);
                StoreError::Unreadable(unreadable)
            }
            error => error,
        })
    }
}

impl Store for Library {
    fn documents(&self) -> Result<Listing, StoreError> {
        let mut listing = Listing::default();
        for file in self.list() {
            match file {
                Ok(path) => listing.documents.push(StorePath::new(self.relative(&path))?),
                Err(unreadable) => listing.unreadable.push(unreadable),
            }
        }
        Ok(listing)
    }

    fn load(&self, path: &StorePath) -> Result<Stored, StoreError> {
        let stored = self.told(self.read(&self.place(path)))?;
        Ok(Stored { path: path.as_path().to_owned(), ..stored })
    }

    fn save(&self, path: &StorePath, version: &Version, bytes: &[u8]) -> Result<Version, StoreError> {
        self.told(self.lock()?.write_if_unchanged(&self.place(path), version, bytes))
    }

    fn add(&self, path: &StorePath, bytes: &[u8]) -> Result<Version, StoreError> {
        self.told(self.lock()?.create_new(&self.place(path), bytes))
    }

    fn relocate(&self, from: &StorePath, to: &StorePath) -> Result<(), StoreError> {
        self.told(self.lock()?.rename(&self.place(from), &self.place(to)))
    }

    fn delete(&self, path: &StorePath, version: &Version) -> Result<(), StoreError> {
        self.told(self.lock()?.remove(&self.place(path), version))
    }

    fn commit(&self, paths: &[StorePath], commit: &Commit) -> Result<Option<String>, StoreError> {
        self.in_turn(|| git::commit::commit(self.root(), paths, commit, self.lock_wait.min(GIT_WAIT)))
    }

    fn history(&self, path: &StorePath) -> Result<Vec<Revision>, StoreError> {
        git::history::history(self.root(), path)
    }

    fn past(&self, contents: &[&str]) -> Result<Vec<Option<Vec<u8>>>, StoreError> {
        git::history::past(self.root(), contents)
    }

    fn watch(&self) -> Result<Box<dyn Watch>, StoreError> {
        watch::watch(self)
    }
}
