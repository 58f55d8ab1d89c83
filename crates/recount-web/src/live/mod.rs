//! Writing together: postmortems that several people have open in their browsers, and write in at once.
//!
//! The text of a room is a CRDT; the file beside it stays the truth for everybody else. What is acknowledged is on disk
//! first. What does not live here: the editor itself (`editor/`), and what is wrong with a text (`recount-engine`).

mod advice;
mod asks;
mod journal;
mod lines;
mod open;
mod outside;
mod pieces;
mod room;
#[cfg(test)]
mod simulation;
mod socket;
mod wire;
mod words;
mod writing;

use std::collections::HashMap;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use axum::Router;
use recount_store::{Library, STATE_FOLDER, Version};
use recount_workspace::{Failure, FailureKind};

use crate::site::Site;
use journal::{Found, Journal};
use lines::Lines;
use open::Open;
use room::{LONGEST, Room};

/// How often rooms are looked after.
const LOOK: Duration = Duration::from_millis(200);
/// After so long without a keystroke the file is written; and after so long in any case.
const PAUSE: Duration = Duration::from_millis(1500);
const AT_LEAST: Duration = Duration::from_secs(10);
/// After so long without a keystroke what is in the file is committed.
const LONG_PAUSE: Duration = Duration::from_mins(1);
/// A room that everybody left is let go of after this time.
const IDLE: Duration = Duration::from_mins(1);
/// A commit, or a write, that failed is tried again after this time.
const AGAIN: Duration = Duration::from_secs(15);
/// Steps are put together when there are so many.
const MANY: u32 = 2000;

/// The rooms of a site.
#[derive(Default)]
pub(crate) struct Live {
    journal: Mutex<Option<Arc<Journal>>>,
    /// By the path of the file, from the library's root.
    rooms: Mutex<HashMap<String, Arc<Open>>>,
}

pub(crate) fn router() -> Router<Arc<Site>> {
    socket::router()
}

impl Live {
    /// Looks after the rooms of a site from now on; what was acknowledged and never came into its file, because the
    /// server was killed, comes into it now.
    pub(crate) fn begin(site: &Arc<Site>) {
        let weak = Arc::downgrade(site);
        // A process that can start no thread cannot answer requests either.
        let _ = thread::Builder::new().name("live".to_owned()).spawn(move || {
            if let Some(site) = weak.upgrade() {
                site.live.recover(&site);
            }
            let mut tried: HashMap<i64, Instant> = HashMap::new();
            loop {
                thread::sleep(LOOK);
                let Some(site) = weak.upgrade() else { return };
                site.live.look_after(&site, &mut tried);
            }
        });
    }

    fn journal(&self, library: &Library) -> Result<Arc<Journal>, Failure> {
        let mut journal = self.journal.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(journal) = &*journal {
            return Ok(Arc::clone(journal));
        }
        let opened = Arc::new(Journal::open(library)?);
        *journal = Some(Arc::clone(&opened));
        Ok(opened)
    }

    /// The room of a file, opened where it is not.
    ///
    /// # Errors
    ///
    /// Where the file cannot be read or is no text that can be written in here.
    fn room(&self, site: &Arc<Site>, path: &str) -> Result<Arc<Open>, Failure> {
        let mut rooms = self.rooms.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(open) = rooms.get(path).filter(|open| !open.lock().is_closed) {
            return Ok(Arc::clone(open));
        }
        let library = Library::open(site.shelf().workspace.library.root())?.confined();
        let journal = self.journal(&library)?;
        let stored = library.read(&library.root().join(Path::new(path)))?;
        let lines = readable(&stored.bytes)?;
        let open = if let Some(Found { room, meta }) = journal.find(path, Some(&stored.bytes))? {
            Open::new(Arc::downgrade(site), journal, path.to_owned(), room, meta)
        } else {
            let room = Room::of(lines);
            // A history of a text has a name that no other has.
            let epoch = crate::security::random_hex();
            let branch = library.branch();
            let meta = journal.begin(path, &epoch, branch, &room, stored.bytes, site.now().as_second())?;
            Open::new(Arc::downgrade(site), journal, path.to_owned(), room, meta)
        };
        open.lock().file.committed = site.settings.commit.then_some(true);
        // What was changed while nobody had it open, and what a kill kept out of the file.
        open.write(site);
        rooms.insert(path.to_owned(), Arc::clone(&open));
        Ok(open)
    }

    /// Ends as a process does that is killed. Whoever had something open lets go of it first.
    #[cfg(test)]
    fn kill(&self) {
        let journal = self.journal.lock().unwrap_or_else(PoisonError::into_inner).take();
        let Some(journal) = journal else { return };
        journal.kill();
        self.rooms.lock().unwrap_or_else(PoisonError::into_inner).clear();
        // Until no thread works on it any more.
        while Arc::strong_count(&journal) > 1 {
            thread::sleep(Duration::from_millis(1));
        }
    }

    #[cfg(test)]
    fn journal_if_any(&self) -> Option<Arc<Journal>> {
        self.journal.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn opened(&self) -> Vec<(String, Arc<Open>)> {
        let rooms = self.rooms.lock().unwrap_or_else(PoisonError::into_inner);
        rooms.iter().map(|(path, open)| (path.clone(), Arc::clone(open))).collect()
    }

    /// Brings a postmortem that is open into its file, so that a change that is made there is made of all that was
    /// written.
    pub(crate) fn settle(&self, site: &Site, path: &str) {
        let open = self.rooms.lock().unwrap_or_else(PoisonError::into_inner).get(path).cloned();
        if let Some(open) = open {
            open.write(site);
            open.commit(site);
        }
    }

    /// Announces a change of a file that is made here: of which content, and to which.
    pub(crate) fn expect(&self, path: &str, from: Version, to: Version) {
        let open = self.rooms.lock().unwrap_or_else(PoisonError::into_inner).get(path).cloned();
        if let Some(open) = open {
            open.lock().room.expect(from, to);
        }
    }

    /// Merges what changed in files that are open.
    pub(crate) fn follow(&self, site: &Site) {
        for (_, open) in self.opened() {
            open.write(site);
        }
    }

    /// Tells who has a postmortem open that its evidence changed.
    pub(crate) fn tell_of_evidence(&self, path: &str) {
        let open = self.rooms.lock().unwrap_or_else(PoisonError::into_inner).get(path).cloned();
        if let Some(open) = open {
            open.lock().tell_all(&open::text(&wire::Told::Evidence { changed: true }), None);
        }
    }

    /// Writes and commits everything: the server ends.
    pub(crate) fn end(&self, site: &Site) {
        for (_, open) in self.opened() {
            open.write(site);
            open.commit(site);
        }
        let journal = self.journal.lock().unwrap_or_else(PoisonError::into_inner).clone();
        if let Some(journal) = journal {
            journal.settle();
        }
    }

    fn recover(&self, site: &Arc<Site>) {
        let library = site.shelf().workspace.library.clone();
        if !library.root().join(STATE_FOLDER).join(journal::FILE).exists() {
            return;
        }
        let trouble = |failure: &Failure| site.log(&format!("error: writing together: {failure}"));
        let journal = match self.journal(&library) {
            Ok(journal) => journal,
            Err(failure) => return trouble(&failure),
        };
        for path in journal.paths().unwrap_or_default() {
            // One whose file is gone waits for it.
            if library.root().join(Path::new(&path)).exists()
                && let Err(failure) = self.room(site, &path)
            {
                trouble(&failure);
            }
        }
        for path in journal.old(site.now().as_second()).unwrap_or_default() {
            let open = self.rooms.lock().unwrap_or_else(PoisonError::into_inner).remove(&path);
            if let Some(open) = open.filter(|open| !open.lock().room.is_ahead()) {
                open.lock().is_closed = true;
                journal.forget(open.number);
            }
        }
    }

    fn look_after(&self, site: &Site, tried: &mut HashMap<i64, Instant>) {
        for (path, open) in self.opened() {
            let (is_due, is_idle, may_commit) = {
                let inner = open.lock();
                let quiet = inner.changed.elapsed();
                let is_empty = inner.peers.is_empty();
                let is_due = inner
                    .ahead_since
                    .is_some_and(|since| quiet >= PAUSE || is_empty || since.elapsed() >= AT_LEAST);
                let may_commit = inner.ahead_since.is_none()
                    && !inner.authors.is_empty()
                    && (quiet >= LONG_PAUSE || is_empty);
                (is_due, is_empty && inner.empty_since.elapsed() >= IDLE, may_commit)
            };
            let has_failed = tried.get(&open.number).is_some_and(|at| at.elapsed() < AGAIN);
            if is_due && !has_failed {
                open.write(site);
            }
            if may_commit && !has_failed {
                open.commit(site);
            }
            if open.lock().file.error.is_some() {
                if !has_failed {
                    tried.insert(open.number, Instant::now());
                }
            } else {
                tried.remove(&open.number);
            }
            let is_many = open.lock().steps >= MANY;
            if is_many || is_idle {
                open.put_together();
            }
            let is_closed = open.lock().is_closed;
            let is_done = is_idle && {
                let inner = open.lock();
                inner.ahead_since.is_none() && inner.authors.is_empty() && inner.peers.is_empty()
            };
            if is_closed || is_done {
                let mut rooms = self.rooms.lock().unwrap_or_else(PoisonError::into_inner);
                // Whoever came meanwhile has it open.
                let mut inner = open.lock();
                if inner.is_closed || inner.peers.is_empty() {
                    inner.is_closed = true;
                    if rooms.get(&path).is_some_and(|known| Arc::ptr_eq(known, &open)) {
                        rooms.remove(&path);
                    }
                }
            }
        }
    }
}

impl Open {
    /// Puts the steps of a room together into one.
    fn put_together(&self) {
        // What is about to be written is not yet in the file.
        let _turn = self.writing.lock().unwrap_or_else(PoisonError::into_inner);
        let mut inner = self.lock();
        if inner.steps < 2 {
            return;
        }
        inner.steps = 0;
        let (last, whole) = (inner.last, inner.room.whole());
        self.journal.compact(self.number, last, whole, inner.room.bases());
    }
}

/// The text of a file that can be written in here.
fn readable(bytes: &[u8]) -> Result<Lines, Failure> {
    let lines = Lines::read(bytes).ok_or_else(|| {
        Failure::new("this file is not UTF-8 text, so that it cannot be written in together")
            .hint("change it by its forms, or save it as UTF-8")
            .of(FailureKind::Refused)
    })?;
    if lines.length > LONGEST {
        return Err(Failure::new("this file is longer than 2 MiB, so that it cannot be written in together")
            .hint("change it by its forms")
            .of(FailureKind::Refused));
    }
    Ok(lines)
}
