//! One writer at a time: the library's lock.
//!
//! The lock is the operating system's (`flock`), on `.recount/state/lock`; the kernel drops it with the
//! process, so that a killed command never leaves a library locked. While it is held the file holds the
//! process number, for the message of whoever waits. A number that is still there when the lock is free
//! tells that the last holder was killed, perhaps between writing a temporary file and renaming it; then
//! the next holder removes what it left.
//!
//! A folder without `recount.toml` gets no file of ours: there the folder itself is locked. So is git's own folder
//! while somebody changes files and commits them.
//!
//! What lives here: taking and giving back. What does not: what is done under the lock ([`crate::write`]).

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, Read, Seek, Write};
use std::path::{Path, PathBuf};
use std::thread;
use std::time::{Duration, Instant};

use crate::error::StoreError;
use crate::library::Library;
use crate::write::is_leftover;

/// The right to change a library's files, until it is dropped. Not reentrant: a second one in the same
/// process waits for the first, like one in another process.
#[derive(Debug)]
pub struct Guard<'a> {
    pub(crate) library: &'a Library,
    file: File,
    /// Whether `file` is ours to write into, or the user's folder.
    ours: bool,
}

impl<'a> Guard<'a> {
    pub(crate) fn acquire(library: &'a Library) -> Result<Self, StoreError> {
        let (path, ours) = library.lock_path();
        let file = if ours { open_lock_file(&path, library.root())? } else { open_folder(&path)? };
        wait_for(&file, &path, library.lock_wait)?;
        let mut guard = Self { library, file, ours };
        guard.enter().map_err(|error| StoreError::io("write", &path, error))?;
        Ok(guard)
    }

    fn enter(&mut self) -> io::Result<()> {
        if !self.ours {
            return Ok(());
        }
        if self.file.metadata()?.len() > 0 {
            self.library.folders().for_each(|folder| remove_leftovers(&folder));
        }
        self.file.rewind()?;
        self.file.set_len(0)?;
        self.file.write_all(std::process::id().to_string().as_bytes())
    }
}

impl Drop for Guard<'_> {
    fn drop(&mut self) {
        if self.ours {
            // A failure costs the next holder one needless look for leftovers.
            let _ = self.file.set_len(0);
        }
        let _ = self.file.unlock();
    }
}

fn open_lock_file(path: &Path, root: &Path) -> Result<File, StoreError> {
    let refused = |doing, path: &Path, error: io::Error| match error.kind() {
        io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem => {
            StoreError::Unwritable { root: root.to_owned(), source: error }
        }
        _ => StoreError::io(doing, path, error),
    };
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder).map_err(|error| refused("make the folder", folder, error))?;
    }
    let mut options = OpenOptions::new();
    options.read(true).write(true).create(true).truncate(false);
    options.open(path).map_err(|error| refused("open the lock", path, error))
}

fn open_folder(path: &Path) -> Result<File, StoreError> {
    File::open(path).map_err(|error| StoreError::io("open the folder", path, error))
}

/// Locks a folder that is not ours until the file is dropped. None where the system lets nobody open a folder: then
/// there is only the lock of whoever owns it.
pub(crate) fn lock_folder(path: &Path, limit: Duration) -> Result<Option<File>, StoreError> {
    let Ok(folder) = File::open(path) else { return Ok(None) };
    wait_for(&folder, path, limit).map(|()| Some(folder))
}

fn wait_for(file: &File, path: &Path, limit: Duration) -> Result<(), StoreError> {
    let started = Instant::now();
    let mut pause = Duration::from_millis(1);
    loop {
        match file.try_lock() {
            Ok(()) => return Ok(()),
            // A disk that knows no locks (some network file systems) leaves the versions to guard writes.
            Err(TryLockError::Error(error)) if error.kind() == io::ErrorKind::Unsupported => return Ok(()),
            Err(TryLockError::Error(error)) => return Err(StoreError::io("lock", path, error)),
            Err(TryLockError::WouldBlock) if started.elapsed() >= limit => {
                let lock = path.to_owned();
                return Err(StoreError::Locked { holder: holder(path), lock, waited: started.elapsed() });
            }
            Err(TryLockError::WouldBlock) => {
                thread::sleep(pause.min(limit.saturating_sub(started.elapsed())));
                pause = (pause * 2).min(Duration::from_millis(50));
            }
        }
    }
}

/// The number that the holder wrote into the lock; `None` where it is a folder, or was not written yet.
fn holder(lock: &Path) -> Option<u32> {
    let mut text = String::new();
    File::open(lock).ok()?.take(20).read_to_string(&mut text).ok()?;
    text.trim().parse().ok()
}

/// Removes the temporary files below a folder. Called under the lock, when none can be in use.
fn remove_leftovers(folder: &Path) {
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        let Ok(entries) = fs::read_dir(&folder) else { continue };
        for entry in entries.flatten() {
            let path: PathBuf = entry.path();
            match entry.file_type() {
                Ok(kind) if kind.is_dir() => folders.push(path),
                Ok(kind) if kind.is_file() && is_leftover(&path) => {
                    let _ = fs::remove_file(path);
                }
                _ => {}
            }
        }
    }
}
