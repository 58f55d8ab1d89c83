//! Where a catalog stands on disk: its parts, the right to write them, and their removal.
//!
//! What does not live here: what is in the parts ([`super::facts`], [`super::text`]), and when they are
//! written ([`super::refresh`]).

use std::fs::{self, File as OsFile, OpenOptions, TryLockError};
use std::io::{Seek, Write};
use std::path::{Path, PathBuf};
use std::thread;
use std::time::{Duration, Instant};

use super::Trouble;
use super::delta::now;
use super::facts::{Facts, Head, remove};
use super::text::Text;
use super::tree::Stat;

/// The parts of a catalog on disk.
pub(super) struct Disk {
    pub(super) facts: Facts,
    pub(super) text: Option<Text>,
    pub(super) head: Head,
    pub(super) place: Place,
}

/// Where a catalog is kept, and for whom.
#[derive(Clone)]
pub(super) struct Place {
    pub(super) folder: PathBuf,
    pub(super) program: String,
}

impl Place {
    pub(super) fn facts(&self) -> PathBuf {
        self.folder.join("facts.db")
    }

    /// Where the facts are while they are kept for the first time.
    pub(super) fn begun(&self) -> PathBuf {
        self.folder.join("facts.new")
    }

    pub(super) fn text(&self) -> PathBuf {
        self.folder.join("text")
    }

    /// A file that is there where what is kept was found damaged while it was read.
    pub(super) fn damage(&self) -> PathBuf {
        self.folder.join("damaged")
    }
}

impl Disk {
    /// Has it made anew when it is opened the next time.
    pub(super) fn make_anew(&self) {
        // Where nothing can be written, the damage is found again.
        let _ = fs::write(self.place.damage(), "");
    }

    /// How to open the same state once more, for another thread.
    pub(super) fn twin(&self) -> Twin {
        Twin { head: self.head.clone(), place: self.place.clone() }
    }
}

/// A state of a catalog that can be opened.
pub(super) struct Twin {
    head: Head,
    place: Place,
}

impl Twin {
    /// The facts of that state, through a connection of its own.
    pub(super) fn open(&self) -> Result<Facts, Trouble> {
        let facts = Facts::open(&self.place.facts(), &self.place.program)?.ok_or(Trouble::Busy)?;
        let head = facts.hold()?;
        if head != self.head {
            return Err(Trouble::Busy);
        }
        Ok(facts)
    }
}

/// Removes what is kept, unless somebody else is at it.
pub(super) fn discard(place: &Place) -> Result<(), Trouble> {
    let _lock = CacheLock::take(&place.folder, Duration::from_secs(5))?.ok_or(Trouble::Busy)?;
    for name in ["facts.db", "facts.db-wal", "facts.db-shm", "damaged"] {
        remove(&place.folder.join(name))?;
    }
    remove_folder(&place.text())
}

pub(super) fn remove_folder(folder: &Path) -> Result<(), Trouble> {
    match fs::remove_dir_all(folder) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(error.into()),
        _ => Ok(()),
    }
}

pub(super) fn make_folder(folder: &Path) -> Result<(), Trouble> {
    fs::create_dir_all(folder)?;
    // Whatever the repository ignores, it should not take this in.
    let ignore = folder.join(".gitignore");
    if !ignore.exists() {
        fs::write(ignore, "*\n")?;
    }
    Ok(())
}

/// The right to write the catalog, until it is dropped or the process ends.
pub(super) struct CacheLock(OsFile);

impl CacheLock {
    pub(super) fn take(folder: &Path, wait: Duration) -> Result<Option<Self>, Trouble> {
        make_folder(folder)?;
        let file = OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .open(folder.join("lock"))?;
        let started = Instant::now();
        let mut pause = Duration::from_millis(1);
        loop {
            match file.try_lock() {
                Ok(()) => return Ok(Some(Self(file))),
                Err(TryLockError::Error(error)) => return Err(error.into()),
                Err(TryLockError::WouldBlock) if started.elapsed() >= wait => return Ok(None),
                Err(TryLockError::WouldBlock) => {
                    thread::sleep(pause);
                    pause = (pause * 2).min(Duration::from_millis(50));
                }
            }
        }
    }

    /// How far the clock of the disk is ahead of ours, in nanoseconds: another machine may keep it.
    pub(super) fn skew(&mut self) -> Result<i64, Trouble> {
        self.0.rewind()?;
        self.0.write_all(std::process::id().to_string().as_bytes())?;
        let stat = Stat::from(&self.0.metadata()?);
        Ok(stat.modified.saturating_sub(now()).clamp(-86_400_000_000_000, 86_400_000_000_000))
    }
}
