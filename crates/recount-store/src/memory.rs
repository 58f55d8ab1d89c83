//! A library in memory: for tests, and for whoever needs one for a moment.
//!
//! What does not live here: evidence, configuration, listing rules. What was added is a document.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, Sender};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use crate::error::{Conflict, StoreError};
use crate::read::{Stored, Unreadable, Version};
use crate::store::{Author, Changes, Commit, Listing, Revision, Store, StorePath, Watch};

/// A library that is gone with the process. Clones are the same library.
#[derive(Clone, Debug, Default)]
pub struct MemoryStore {
    state: Arc<Mutex<State>>,
}

#[derive(Debug, Default)]
struct State {
    documents: BTreeMap<StorePath, Vec<u8>>,
    /// The former path of each that moved since it was committed.
    moved: BTreeMap<StorePath, StorePath>,
    revisions: Vec<(StorePath, Option<StorePath>, Revision)>,
    contents: Vec<Vec<u8>>,
    watchers: Vec<Sender<StorePath>>,
}

impl MemoryStore {
    /// An empty library.
    pub fn new() -> Self {
        Self::default()
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // No operation leaves half of a change behind, so what a panic left is whole.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn current(&self, path: &StorePath) -> Option<Stored> {
        let bytes = self.documents.get(path)?;
        Some(Stored { path: path.as_path().to_owned(), bytes: bytes.clone(), version: Version::of(bytes) })
    }

    /// The document, if it has this version.
    fn expect(&self, path: &StorePath, version: &Version, ours: &[u8]) -> Result<(), StoreError> {
        let theirs = self.current(path);
        if theirs.as_ref().is_some_and(|stored| stored.version == *version) {
            return Ok(());
        }
        let conflict = Conflict { path: path.as_path().to_owned(), ours: ours.to_owned(), theirs };
        Err(StoreError::Conflict(Box::new(conflict)))
    }

    fn tell(&mut self, path: &StorePath) {
        self.watchers.retain(|watcher| watcher.send(path.clone()).is_ok());
    }
}

impl Store for MemoryStore {
    fn documents(&self) -> Result<Listing, StoreError> {
        let documents = self.state().documents.keys().cloned().collect();
        Ok(Listing { documents, unreadable: Vec::new() })
    }

    fn load(&self, path: &StorePath) -> Result<Stored, StoreError> {
        self.state().current(path).ok_or_else(|| StoreError::Unreadable(Unreadable::missing(path.as_path())))
    }

    fn save(&self, path: &StorePath, version: &Version, bytes: &[u8]) -> Result<Version, StoreError> {
        let mut state = self.state();
        state.expect(path, version, bytes)?;
        let new = Version::of(bytes);
        if new != *version {
            state.documents.insert(path.clone(), bytes.to_owned());
            state.tell(path);
        }
        Ok(new)
    }

    fn add(&self, path: &StorePath, bytes: &[u8]) -> Result<Version, StoreError> {
        let mut state = self.state();
        if state.documents.contains_key(path) {
            return Err(StoreError::Exists { path: path.as_path().to_owned() });
        }
        state.documents.insert(path.clone(), bytes.to_owned());
        state.tell(path);
        Ok(Version::of(bytes))
    }

    fn relocate(&self, from: &StorePath, to: &StorePath) -> Result<(), StoreError> {
        let mut state = self.state();
        if state.documents.contains_key(to) {
            return Err(StoreError::Exists { path: to.as_path().to_owned() });
        }
        let Some(bytes) = state.documents.remove(from) else {
            return Err(StoreError::Unreadable(Unreadable::missing(from.as_path())));
        };
        state.documents.insert(to.clone(), bytes);
        let origin = state.moved.remove(from).unwrap_or_else(|| from.clone());
        state.moved.insert(to.clone(), origin);
        state.tell(from);
        state.tell(to);
        Ok(())
    }

    fn delete(&self, path: &StorePath, version: &Version) -> Result<(), StoreError> {
        let mut state = self.state();
        if !state.documents.contains_key(path) {
            return Err(StoreError::Unreadable(Unreadable::missing(path.as_path())));
        }
        state.expect(path, version, b"")?;
        state.documents.remove(path);
        state.tell(path);
        Ok(())
    }

    fn commit(&self, paths: &[StorePath], commit: &Commit) -> Result<Option<String>, StoreError> {
        let mut state = self.state();
        let id = format!("{}", state.revisions.len() + 1);
        let nobody = Author { name: "nobody".to_owned(), mail: String::new() };
        let at =
            SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs().cast_signed());
        let mut made = false;
        let origins: Vec<StorePath> = state.moved.values().cloned().collect();
        for path in paths {
            // What moved away is told with the path that it has now.
            if !state.documents.contains_key(path) && origins.contains(path) {
                continue;
            }
            let bytes = state.documents.get(path).cloned();
            let former = state.moved.remove(path);
            let known_as = former.as_ref().unwrap_or(path);
            let last = state.revisions.iter().rev().find(|(path, ..)| path == known_as);
            let held = last.and_then(|(.., last)| state.contents.get(last.content.parse::<usize>().ok()?));
            if held == bytes.as_ref() && former.is_none() {
                continue;
            }
            let before = last.map_or_else(String::new, |(.., last)| last.content.clone());
            let content = bytes.map_or_else(String::new, |bytes| {
                state.contents.push(bytes);
                (state.contents.len() - 1).to_string()
            });
            let revision = Revision {
                id: id.clone(),
                author: commit.author.clone().unwrap_or_else(|| nobody.clone()),
                at,
                subject: commit.message.lines().next().unwrap_or_default().to_owned(),
                path: path.as_path().to_owned(),
                content,
                before,
                renamed_from: former.as_ref().map(|former| former.as_path().to_owned()),
                is_cut: false,
            };
            state.revisions.push((path.clone(), former, revision));
            made = true;
        }
        Ok(made.then_some(id))
    }

    fn history(&self, path: &StorePath) -> Result<Vec<Revision>, StoreError> {
        let mut known_as = path.clone();
        let mut found = Vec::new();
        for (path, former, revision) in self.state().revisions.iter().rev() {
            if *path == known_as {
                found.push(revision.clone());
                if let Some(former) = former {
                    known_as = former.clone();
                }
            }
        }
        Ok(found)
    }

    fn past(&self, contents: &[&str]) -> Result<Vec<Option<Vec<u8>>>, StoreError> {
        let state = self.state();
        let content = |name: &&str| state.contents.get(name.parse::<usize>().ok()?).cloned();
        Ok(contents.iter().map(content).collect())
    }

    fn watch(&self) -> Result<Box<dyn Watch>, StoreError> {
        let (sender, receiver) = mpsc::channel();
        self.state().watchers.push(sender);
        Ok(Box::new(MemoryWatch(receiver)))
    }
}

struct MemoryWatch(Receiver<StorePath>);

impl Watch for MemoryWatch {
    fn next(&mut self, wait: Duration) -> Option<Changes> {
        let first = match self.0.recv_timeout(wait) {
            Ok(first) => first,
            Err(RecvTimeoutError::Timeout | RecvTimeoutError::Disconnected) => return None,
        };
        let paths: BTreeSet<StorePath> = std::iter::once(first).chain(self.0.try_iter()).collect();
        Some(Changes::Files(paths))
    }
}
