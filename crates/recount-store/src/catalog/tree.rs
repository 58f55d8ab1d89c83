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

/// Asks about one file after the other, fastest folder by folder: the system then looks up a name and not
/// every part of a path.
#[derive(Debug, Default)]
pub(super) struct Asker {
    /// The folder that was asked about last, as the bytes of its path.
    #[cfg(unix)]
    folder: Option<(Vec<u8>, Option<std::os::fd::OwnedFd>)>,
}

impl Asker {
    /// Of a file, or of what a link leads to.
    #[cfg(unix)]
    pub(super) fn stat(&mut self, path: &Path) -> std::io::Result<Stat> {
        use std::ffi::OsStr;
        use std::os::unix::ffi::OsStrExt as _;

        use rustix::fs::{AtFlags, Mode, OFlags, open, statat};

        let bytes = path.as_os_str().as_bytes();
        let Some(slash) = bytes.iter().rposition(|byte| *byte == b'/').filter(|slash| *slash > 0) else {
            return Stat::of(path);
        };
        let (folder, name) = (&bytes[..slash], &bytes[slash + 1..]);
        if self.folder.as_ref().is_none_or(|(last, _)| last != folder) {
            let flags = OFlags::DIRECTORY | OFlags::CLOEXEC | OFlags::RDONLY;
            self.folder =
                Some((folder.to_owned(), open(OsStr::from_bytes(folder), flags, Mode::empty()).ok()));
        }
        // A folder that may be searched and not be listed cannot be opened.
        let Some((_, Some(folder))) = &self.folder else { return Stat::of(path) };
        let stat = statat(folder, OsStr::from_bytes(name), AtFlags::empty())?;
        let time = |seconds: i64, nanoseconds: i64| {
            seconds.saturating_mul(1_000_000_000).saturating_add(nanoseconds)
        };
        #[allow(
            clippy::cast_possible_wrap,
            clippy::cast_sign_loss,
            clippy::unnecessary_cast,
            clippy::useless_conversion,
            reason = "the types differ between systems; what they hold does not"
        )]
        let stat = Stat {
            size: stat.st_size as u64,
            modified: time(i64::from(stat.st_mtime), stat.st_mtime_nsec as i64),
            changed: time(i64::from(stat.st_ctime), stat.st_ctime_nsec as i64),
            inode: stat.st_ino as u64,
        };
        Ok(stat)
    }

    /// Of a file, or of what a link leads to.
    #[cfg(not(unix))]
    pub(super) fn stat(&mut self, path: &Path) -> std::io::Result<Stat> {
        Stat::of(path)
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
    let mut asker = Asker::default();
    let stat = move |file: Listed| {
        let path = file?;
        match asker.stat(&path) {
            Ok(stat) => Ok((path, stat)),
            Err(error) => Err(Unreadable::io(&path, &error)),
        }
    };
    listed.into_iter().map(stat).collect()
}
