//! What can go wrong in the store, as a sentence and a hint.
//!
//! A file that a listing or a scan cannot read is not an error of the store but an answer
//! ([`Unreadable`]); it becomes one only where somebody asked for that very file.

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::read::{Stored, Unreadable};

/// An operation of the store that did not happen. `Display` is one sentence without a full stop;
/// [`StoreError::hint`] says what to do about it.
#[derive(Debug)]
pub enum StoreError {
    /// No `recount.toml` in the folder or above it.
    NoLibrary {
        /// Where the search began.
        from: PathBuf,
    },
    /// The folder that was named has no `recount.toml`.
    NotALibrary {
        /// The folder that was named.
        root: PathBuf,
    },
    /// A document that was asked for by name cannot be read.
    Unreadable(Unreadable),
    /// Something other than a document could not be read, made, moved or removed.
    Io {
        /// What was tried, as a verb: `write`, `rename`.
        doing: &'static str,
        /// The file or folder it was tried on.
        path: PathBuf,
        /// What the operating system said.
        source: io::Error,
    },
    /// The document changed after it was read; nothing was written.
    Conflict(Box<Conflict>),
    /// A new file would have replaced one that is there.
    Exists {
        /// The file that is there.
        path: PathBuf,
    },
    /// The file's mode forbids writing. A rename would get around that, which its owner did not ask for.
    ReadOnly {
        /// The file, after symbolic links were followed.
        path: PathBuf,
    },
    /// Nothing can be written in the library at all.
    Unwritable {
        /// Its root.
        root: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// Another process kept the library's lock for longer than we wait.
    Locked {
        /// The lock's file.
        lock: PathBuf,
        /// The process that holds it, where it said so.
        holder: Option<u32>,
        /// How long we waited.
        waited: Duration,
    },
    /// The `git` command is not installed.
    NoGit,
    /// The folder is not inside a git repository.
    NotARepository {
        /// The folder.
        folder: PathBuf,
    },
    /// The revision names no commit of the repository.
    UnknownRevision {
        /// The revision as it was given.
        rev: String,
    },
    /// The revision and `HEAD` have no commit in common, most often because the clone is shallow.
    NoMergeBase {
        /// The revision as it was given.
        rev: String,
    },
    /// A path that leads to nothing below the library's root.
    Outside {
        /// The path as it was given.
        path: PathBuf,
    },
    /// A commit was asked for that cannot be made here and now; nothing was committed.
    CannotCommit {
        /// Why, as a clause.
        why: String,
        /// What to do first.
        hint: String,
    },
    /// Git was asked to commit and did not: a hook refused, or it took too long. The files stay changed.
    NotCommitted {
        /// What git and the hook said, over several lines.
        message: String,
    },
    /// Another git held a lock of the repository for longer than we wait; nothing was committed.
    GitBusy {
        /// Git's file.
        lock: PathBuf,
        /// How long we waited.
        waited: Duration,
    },
    /// Git failed in a way that has no variant of its own.
    Git {
        /// The subcommand.
        command: String,
        /// Git's own message, on one line.
        message: String,
    },
}

/// Both sides of a write that was refused, so that a caller can show them or merge them.
#[derive(Debug)]
pub struct Conflict {
    /// The document.
    pub path: PathBuf,
    /// What we wanted to write.
    pub ours: Vec<u8>,
    /// What is there now; `None` where the file was removed meanwhile.
    pub theirs: Option<Stored>,
}

impl StoreError {
    /// What to do about it, as a sentence; `None` where the message says it all.
    pub fn hint(&self) -> Option<String> {
        let hint = match self {
            Self::NoLibrary { .. } | Self::NotALibrary { .. } => {
                "make a library with `recount init`, or name one with `--library PATH`".to_owned()
            }
            Self::Unreadable(unreadable) => return unreadable.hint().map(str::to_owned),
            Self::Conflict(_) => "run the command again: it starts from what the file holds now".to_owned(),
            Self::Exists { .. } => "choose another name, or edit the file that is there".to_owned(),
            Self::ReadOnly { path } => format!("allow writing with `chmod u+w {}`", path.display()),
            Self::Unwritable { .. } => {
                "what only reads works: `list`, `show`, `search`, `check`; to change something, \
                work in a copy, or have its owner allow you to write"
                    .to_owned()
            }
            Self::Locked { holder: Some(holder), .. } => {
                format!("wait until process {holder} has finished, or see what it is with `ps -p {holder}`")
            }
            Self::Locked { holder: None, .. } => "wait until the other command has finished".to_owned(),
            Self::NoGit => "install git; only what asks about revisions needs it".to_owned(),
            Self::NotARepository { .. } => {
                "run it in a git repository (`git init` makes one), or without the option that asks git"
                    .to_owned()
            }
            Self::UnknownRevision { .. } => "`git branch --all` and `git tag` list what can be named; \
                a branch of the remote is `origin/NAME`, and may have to be fetched first"
                .to_owned(),
            Self::NoMergeBase { .. } => {
                "a shallow clone lacks the history: `git fetch --unshallow` brings it".to_owned()
            }
            Self::Io { source, .. } => match source.kind() {
                io::ErrorKind::PermissionDenied => "check who owns the file and its folder".to_owned(),
                io::ErrorKind::StorageFull => "make room on the disk; the file is as it was".to_owned(),
                io::ErrorKind::ReadOnlyFilesystem => "the disk is mounted read-only".to_owned(),
                _ => return None,
            },
            Self::Outside { .. } => "name a file below the folder of `recount.toml`".to_owned(),
            Self::CannotCommit { hint, .. } => hint.clone(),
            Self::NotCommitted { .. } => {
                "the files are changed; mend what is said above, then commit them with `git commit`"
                    .to_owned()
            }
            Self::GitBusy { .. } => {
                "commit the files when it has finished; where no git is running, one that crashed left its lock"
                    .to_owned()
            }
            Self::Git { .. } => return None,
        };
        Some(hint)
    }

    pub(crate) fn io(doing: &'static str, path: &Path, source: io::Error) -> Self {
        Self::Io { doing, path: path.to_owned(), source }
    }
}

impl fmt::Display for StoreError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoLibrary { from } => {
                write!(f, "there is no `recount.toml` in `{}` or in a folder above it", from.display())
            }
            Self::NotALibrary { root } => {
                write!(f, "`{}` is not a library: it has no `recount.toml`", root.display())
            }
            Self::Unreadable(unreadable) => unreadable.fmt(f),
            Self::Io { doing, path, source } => {
                write!(f, "cannot {doing} `{}`: {}", path.display(), plain(source))
            }
            Self::Conflict(conflict) if conflict.theirs.is_none() => {
                write!(f, "`{}` was removed after it was read; nothing was written", conflict.path.display())
            }
            Self::Conflict(conflict) => {
                write!(f, "`{}` changed after it was read; nothing was written", conflict.path.display())
            }
            Self::Exists { path } => write!(f, "`{}` exists already", path.display()),
            Self::Unwritable { root, source } => {
                write!(f, "nothing can be written in the library `{}`: {}", root.display(), plain(source))
            }
            Self::ReadOnly { path } => write!(f, "`{}` is read-only", path.display()),
            Self::Locked { lock, holder, waited } => {
                write!(f, "the lock `{}` is held by ", lock.display())?;
                match holder {
                    Some(holder) => write!(f, "process {holder}")?,
                    None => write!(f, "another process")?,
                }
                write!(f, "; waited {:.1} s for it", waited.as_secs_f32())
            }
            Self::NoGit => write!(f, "the `git` command was not found"),
            Self::NotARepository { folder } => {
                write!(f, "`{}` is not in a git repository", folder.display())
            }
            Self::UnknownRevision { rev } => write!(f, "git knows no commit `{rev}`"),
            Self::NoMergeBase { rev } => write!(f, "`{rev}` and `HEAD` have no commit in common"),
            Self::Outside { path } => write!(f, "`{}` is not below the library's root", path.display()),
            Self::CannotCommit { why, .. } => write!(f, "cannot commit: {why}"),
            Self::NotCommitted { message } if message.is_empty() => {
                write!(f, "changed, but not committed: `git commit` failed")
            }
            Self::NotCommitted { message } => {
                write!(f, "changed, but not committed: `git commit` failed\n{message}")
            }
            Self::GitBusy { lock, waited } => {
                let seconds = waited.as_secs_f32();
                write!(f, "another git holds `{}`; waited {seconds:.1} s for it", lock.display())
            }
            Self::Git { command, message } => write!(f, "`git {command}` failed: {message}"),
        }
    }
}

impl std::error::Error for StoreError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Io { source, .. } | Self::Unwritable { source, .. } => Some(source),
            _ => None,
        }
    }
}

/// The operating system's words without Rust's ` (os error 13)`, which helps nobody.
pub(crate) fn plain(error: &io::Error) -> String {
    let text = error.to_string();
    let words = text.split(" (os error").next().unwrap_or(&text);
    let mut chars = words.chars();
    match chars.next() {
        Some(first) => first.to_lowercase().chain(chars).collect(),
        None => text,
    }
}
