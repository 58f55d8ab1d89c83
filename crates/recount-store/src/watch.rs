//! Watching a library's folder through the operating system.
//!
//! What does not live here: what is done about a change. A change is told by its path alone, after things have
//! settled: an editor's save is five events and one change.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::mpsc::{self, Receiver};
use std::time::{Duration, Instant};

use notify::event::{CreateKind, EventKind};
use notify::{Event, RecommendedWatcher, RecursiveMode, Watcher};

use crate::error::StoreError;
use crate::library::{CONFIG_FILE, Library, TEMPLATE_FILE};
use crate::store::{Changes, StorePath, Watch};
use crate::walk::list_paths;
use crate::write::is_leftover;

/// How long nothing must happen before changes are told.
const SETTLED: Duration = Duration::from_millis(60);
/// How long a change waits for others at most: a checkout of a large branch goes on for a while.
const LONGEST: Duration = Duration::from_secs(1);
/// Above this many files, looking at everything is as fast as looking at each.
const MOST_FILES: usize = 10_000;

struct FolderWatch {
    /// Watches until it is dropped.
    watcher: RecommendedWatcher,
    events: Receiver<notify::Result<Event>>,
    /// As it was given, and with symbolic links resolved: systems tell paths in either way.
    roots: [PathBuf; 2],
    /// Whether postmortems stand in the root itself.
    holds_documents: bool,
    /// Folders of postmortems that are not there yet.
    awaited: Vec<PathBuf>,
}

/// Watches the folders of a library's postmortems, and the files that configure it.
pub(crate) fn watch(library: &Library) -> Result<Box<dyn Watch>, StoreError> {
    let root = library.root();
    let (sender, events) = mpsc::channel();
    // A receiver that is gone was dropped with its watcher.
    let handler = move |event| drop(sender.send(event));
    let mut watcher = notify::recommended_watcher(handler).map_err(|error| failed(root, error))?;
    let folders: Vec<PathBuf> = library.folders().collect();
    let holds_documents = folders.iter().any(|folder| same_folder(folder, root));
    if !holds_documents {
        watcher.watch(root, RecursiveMode::NonRecursive).map_err(|error| failed(root, error))?;
    }
    let mut awaited = Vec::new();
    for folder in folders {
        if folder.is_dir() {
            watcher.watch(&folder, RecursiveMode::Recursive).map_err(|error| failed(&folder, error))?;
        } else {
            awaited.push(folder);
        }
    }
    let real = root.canonicalize().unwrap_or_else(|_| root.to_owned());
    Ok(Box::new(FolderWatch { watcher, events, roots: [root.to_owned(), real], holds_documents, awaited }))
}

/// `root/` and `root` are one folder.
fn same_folder(left: &Path, right: &Path) -> bool {
    left.components().eq(right.components())
}

fn failed(path: &Path, error: notify::Error) -> StoreError {
    let source = match error.kind {
        notify::ErrorKind::Io(source) => source,
        _ => std::io::Error::other(error.to_string()),
    };
    StoreError::io("watch", path, source)
}

impl Watch for FolderWatch {
    fn next(&mut self, wait: Duration) -> Option<Changes> {
        let started = Instant::now();
        let mut found = BTreeSet::new();
        let mut rescan = false;
        let mut first: Option<Instant> = None;
        loop {
            let patience = match first {
                Some(first) => SETTLED.min(LONGEST.saturating_sub(first.elapsed())),
                None => wait.saturating_sub(started.elapsed()),
            };
            match self.events.recv_timeout(patience) {
                Ok(Ok(event)) => {
                    rescan |= self.take(&event, &mut found);
                    if rescan || !found.is_empty() {
                        first.get_or_insert_with(Instant::now);
                    }
                }
                // What the system could not tell may have been anything.
                Ok(Err(_)) => {
                    rescan = true;
                    first.get_or_insert_with(Instant::now);
                }
                Err(_) => break,
            }
        }
        if rescan || found.len() > MOST_FILES {
            Some(Changes::Rescan)
        } else {
            (!found.is_empty()).then_some(Changes::Files(found))
        }
    }
}

impl FolderWatch {
    /// Notes what an event tells of; true where everything is to be looked at.
    fn take(&mut self, event: &Event, found: &mut BTreeSet<StorePath>) -> bool {
        if event.need_rescan() {
            return true;
        }
        if matches!(event.kind, EventKind::Access(_)) {
            return false;
        }
        let mut rescan = false;
        for path in &event.paths {
            rescan |= self.arrived(path);
            let Some(relative) = self.relative(path) else { continue };
            let hidden = |part: &std::ffi::OsStr| part.as_encoded_bytes().starts_with(b".");
            if is_leftover(path) || relative.iter().any(hidden) {
                continue;
            }
            let is_top = relative.components().count() == 1;
            let configures = [CONFIG_FILE, TEMPLATE_FILE].iter().any(|name| relative == Path::new(name));
            if is_top && !self.holds_documents && !configures {
                continue;
            }
            let is_new_folder = matches!(event.kind, EventKind::Create(CreateKind::Folder | CreateKind::Any))
                && path.is_dir();
            if is_new_folder || (matches!(event.kind, EventKind::Modify(_)) && path.is_dir()) {
                // What came into it before it was watched is told by nobody.
                let listed = list_paths([path]);
                let files =
                    listed.iter().flatten().filter_map(|file| StorePath::new(self.relative(file)?).ok());
                found.extend(files);
            } else if let Ok(path) = StorePath::new(relative) {
                found.insert(path);
            }
        }
        rescan
    }

    fn relative<'p>(&self, path: &'p Path) -> Option<&'p Path> {
        self.roots
            .iter()
            .find_map(|root| path.strip_prefix(root).ok())
            .filter(|path| !path.as_os_str().is_empty())
    }

    /// Begins to watch a folder of postmortems that was made just now.
    fn arrived(&mut self, path: &Path) -> bool {
        let Some(index) = self.awaited.iter().position(|folder| folder == path || folder.starts_with(path))
        else {
            return false;
        };
        let folder = &self.awaited[index];
        if folder.is_dir() && self.watcher.watch(folder, RecursiveMode::Recursive).is_ok() {
            self.awaited.remove(index);
            return true;
        }
        false
    }
}
