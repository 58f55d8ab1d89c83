//! The files of a library as the file system tells of them, without opening any.
//!
//! What lives here: size, times and inode of every candidate, gathered in parallel. What does not: which
//! files are candidates ([`crate::walk`]), and what is remembered of them ([`super::files`]).

use std::fs::{self, Metadata};
use std::path::{Path, PathBuf};
use std::thread;

use crate::read::Unreadable;
use crate::scan::threads;
use crate::{Library, Listed};

/// What tells that a file is still the one that was read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub(super) struct Stat {
    /// Bytes.
    pub(super) size: u64,
    /// When its content was changed, in nanoseconds since 1970.
    pub(super) modified: i64,
    /// When anything of it was changed, in nanoseconds since 1970; nobody can set it. Zero where the system
    /// does not tell.
    pub(super) changed: i64,
    /// Which file it is. Zero where the system does not tell.
    pub(super) inode: u64,
}

impl Stat {
    /// Of a file, or of what a link leads to.
    pub(super) fn of(path: &Path) -> std::io::Result<Self> {
        Ok(Self::from(&fs::metadata(path)?))
    }

    /// When it was last touched in any way.
    pub(super) fn touched(&self) -> i64 {
        self.modified.max(self.changed)
    }
}

impl From<&Metadata> for Stat {
    fn from(metadata: &Metadata) -> Self {
        let modified =
            metadata.modified().ok().map_or(0, |at| match at.duration_since(std::time::UNIX_EPOCH) {
                Ok(since) => i64::try_from(since.as_nanos()).unwrap_or(i64::MAX),
                Err(before) => -i64::try_from(before.duration().as_nanos()).unwrap_or(i64::MAX),
            });
        #[cfg(unix)]
        let (changed, inode) = {
            use std::os::unix::fs::MetadataExt;
            let changed =
                metadata.ctime().saturating_mul(1_000_000_000).saturating_add(metadata.ctime_nsec());
            (changed, metadata.ino())
        };
        #[cfg(not(unix))]
        let (changed, inode) = (0, 0);
        Self { size: metadata.len(), modified, changed, inode }
    }
}

/// The candidates of a library.
#[derive(Debug, Default)]
pub(super) struct Tree {
    /// Sorted by path.
    pub(super) files: Vec<(PathBuf, Stat)>,
    /// What was found and cannot be read.
    pub(super) problems: Vec<Unreadable>,
}

impl Tree {
    pub(super) fn of(library: &Library) -> Self {
        let listed = library.list();
        let share = listed.len().div_ceil(threads()).max(256);
        let mut tree = Self { files: Vec::with_capacity(listed.len()), problems: Vec::new() };
        if listed.len() <= share {
            tree.take(stat_all(listed));
            return tree;
        }
        let mut parts: Vec<Vec<Listed>> = Vec::new();
        let mut rest = listed;
        while rest.len() > share {
            let tail = rest.split_off(share);
            parts.push(std::mem::replace(&mut rest, tail));
        }
        parts.push(rest);
        thread::scope(|scope| {
            let running: Vec<_> = parts.into_iter().map(|part| scope.spawn(|| stat_all(part))).collect();
            for part in running {
                // A thread that only asks for metadata does not panic; were it to, its files would be read
                // anew by the next refresh.
                tree.take(part.join().unwrap_or_default());
            }
        });
        tree
    }

    fn take(&mut self, part: Vec<Result<(PathBuf, Stat), Unreadable>>) {
        for file in part {
            match file {
                Ok(file) => self.files.push(file),
                Err(unreadable) => self.problems.push(unreadable),
            }
        }
    }
}

fn stat_all(listed: Vec<Listed>) -> Vec<Result<(PathBuf, Stat), Unreadable>> {
    let stat = |file: Listed| {
        let path = file?;
        match Stat::of(&path) {
            Ok(stat) => Ok((path, stat)),
            Err(error) => Err(Unreadable::io(&path, &error)),
        }
    };
    listed.into_iter().map(stat).collect()
}
