//! A library: a folder that holds postmortems, with `recount.toml` at its root.
//!
//! What lives here: where things are, and the operations of a library, each a line that says who does
//! it. What does not: the meaning of `recount.toml`; whoever reads it tells us the folders.

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io;
use std::path::{Component, Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use crate::error::StoreError;
use crate::lock::{Guard, lock_folder};
use crate::read::{DEFAULT_SIZE_LIMIT, Stored, Unreadable, read};
use crate::store::StorePath;
use crate::walk::{Listed, list_paths};
use crate::{confine, evidence, git, scan};

/// The file that makes a folder a library.
pub const CONFIG_FILE: &str = "recount.toml";
/// The library's copy of the template. Not a candidate, wherever it stands.
pub const TEMPLATE_FILE: &str = "template.md";
/// Where postmortems live unless `recount.toml` says otherwise.
pub const DEFAULT_FOLDER: &str = "postmortems";
/// The library's own state, ignored by git; never derived, never deleted by us.
pub const STATE_FOLDER: &str = ".recount/state";

/// How long a write waits for another command: longer than any write takes, shorter than patience.
const LOCK_WAIT: Duration = Duration::from_secs(10);
/// How long a command that commits waits for others that do: their hooks and signatures take as long as they take.
const TURN_WAIT: Duration = Duration::from_mins(1);

/// A folder of postmortems.
#[derive(Debug, Clone)]
pub struct Library {
    root: PathBuf,
    folders: Vec<PathBuf>,
    has_config: bool,
    /// Whether links may lead out of it.
    confined: bool,
    size_limit: u64,
    pub(crate) lock_wait: Duration,
    /// The files that were changed through this library and its clones, with their folders resolved.
    changed: Arc<Mutex<BTreeSet<PathBuf>>>,
    /// Whether this library and its clones are going to commit what they change.
    turn: Arc<Mutex<Turn>>,
}

/// Commits come one after the other: whoever is going to make one takes its turn before it changes the first file,
/// so that a commit holds the change that it tells of and nobody else's.
#[derive(Debug, Default)]
enum Turn {
    /// No commit is planned.
    #[default]
    None,
    /// One is, and nothing was changed yet.
    Planned,
    /// One is. It is ours until the file is dropped; none where the system locks no folders.
    Ours(Option<File>),
}

impl Library {
    /// The library that a folder belongs to: the nearest `recount.toml` in it or above it.
    ///
    /// # Errors
    ///
    /// [`StoreError::NoLibrary`] where there is none.
    pub fn discover(from: &Path) -> Result<Self, StoreError> {
        let none = || StoreError::NoLibrary { from: from.to_owned() };
        // Symbolic links on the way stay as the user typed them, unless `..` has to be resolved.
        let dots = from.components().any(|component| component == Component::ParentDir);
        let absolute = if dots { fs::canonicalize(from) } else { std::path::absolute(from) };
        let absolute = absolute.map_err(|_| none())?;
        let root = absolute.ancestors().find(|folder| folder.join(CONFIG_FILE).is_file());
        root.map(|root| Self::at(root.to_owned(), true)).ok_or_else(none)
    }

    /// The library at a folder.
    ///
    /// # Errors
    ///
    /// [`StoreError::NotALibrary`] where it has no `recount.toml`.
    pub fn open(root: &Path) -> Result<Self, StoreError> {
        if root.join(CONFIG_FILE).is_file() {
            Ok(Self::at(root.to_owned(), true))
        } else {
            Err(StoreError::NotALibrary { root: root.to_owned() })
        }
    }

    /// A folder without `recount.toml`, for commands on files that were named: the folder itself takes
    /// the place of the configured ones, and nothing of ours is left in it.
    pub fn loose(root: &Path) -> Self {
        let mut library = Self::at(root.to_owned(), false);
        library.folders = vec![PathBuf::new()];
        library
    }

    fn at(root: PathBuf, has_config: bool) -> Self {
        let folders = vec![PathBuf::from(DEFAULT_FOLDER)];
        Self {
            root,
            folders,
            has_config,
            confined: false,
            size_limit: DEFAULT_SIZE_LIMIT,
            lock_wait: LOCK_WAIT,
            changed: Arc::default(),
            turn: Arc::default(),
        }
    }

    /// The same library with its postmortems in these folders, relative to the root.
    #[must_use]
    pub fn with_folders(mut self, folders: impl IntoIterator<Item = PathBuf>) -> Self {
        self.folders = folders.into_iter().collect();
        self
    }

    /// The same library, refusing to read documents of more than `bytes` bytes.
    #[must_use]
    pub fn with_size_limit(mut self, bytes: u64) -> Self {
        self.size_limit = bytes;
        self
    }

    /// The same library without what symbolic links show of the rest of the disk, or of git's and our own
    /// folders: for a server, which may read more than whoever may write here.
    #[must_use]
    pub fn confined(mut self) -> Self {
        self.confined = true;
        self
    }

    /// The same library, waiting this long for other writers.
    #[must_use]
    pub fn with_lock_wait(mut self, wait: Duration) -> Self {
        self.lock_wait = wait;
        self
    }

    /// The folder that holds `recount.toml`.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// The folders that hold the postmortems, below the root.
    pub fn folders(&self) -> impl Iterator<Item = PathBuf> {
        self.folders.iter().map(|folder| self.root.join(folder))
    }

    /// The path of `recount.toml`; `None` for a [`Library::loose`] folder.
    pub fn config_path(&self) -> Option<PathBuf> {
        self.has_config.then(|| self.root.join(CONFIG_FILE))
    }

    /// The path of the library's own state, made where it is missing.
    pub fn state_folder(&self) -> Result<PathBuf, StoreError> {
        let folder = self.root.join(STATE_FOLDER);
        fs::create_dir_all(&folder).map_err(|error| StoreError::io("make the folder", &folder, error))?;
        Ok(folder)
    }

    /// A path as it is shown and stored: relative to the root where it is below it.
    pub fn relative<'a>(&self, path: &'a Path) -> &'a Path {
        below(&self.root, path).or_else(|| path.strip_prefix(&self.root).ok()).unwrap_or(path)
    }

    /// The candidates of the library, sorted by path. A folder that does not exist yet is empty.
    pub fn list(&self) -> Vec<Listed> {
        let mut listed = list_paths(self.folders().filter(|folder| fs::symlink_metadata(folder).is_ok()));
        if self.confined {
            confine::confine(&self.root, &mut listed);
        }
        listed
    }

    /// Runs `work` over the documents in parallel and hands the answers to `emit` in order; see
    /// [`crate::scan`].
    pub fn scan<T: Send>(
        &self,
        listed: &[Listed],
        threads: usize,
        work: impl Fn(&Path, Result<&[u8], Unreadable>) -> T + Sync,
        emit: impl FnMut(T),
    ) {
        scan::scan(listed, threads, self.size_limit, work, emit);
    }

    /// One document with its version.
    ///
    /// # Errors
    ///
    /// [`StoreError::Unreadable`].
    pub fn read(&self, path: &Path) -> Result<Stored, StoreError> {
        if self.confined && !confine::is_inside(&self.root, path) {
            return Err(StoreError::Unreadable(confine::outside(path)));
        }
        read(path, self.size_limit).map_err(StoreError::Unreadable)
    }

    /// The files of a postmortem's evidence, by name; none where nothing was frozen.
    ///
    /// # Errors
    ///
    /// Where they cannot be read, or lead out of a library that keeps to its own.
    pub fn evidence_files(&self, postmortem: &Path) -> io::Result<Vec<(String, Vec<u8>)>> {
        let is_own = |path: &Path| !self.confined || confine::is_inside(&self.root, path);
        evidence::evidence_files(postmortem, is_own)
    }

    /// Whether a path may be written through: it does not lead out of a library that keeps to its own.
    pub(crate) fn may_write(&self, path: &Path) -> bool {
        !self.confined || confine::is_inside(&self.root, path)
    }

    /// Waits for the right to change files. What takes several steps holds it across all of them. After
    /// [`Library::plan_commit`] the first one waits for the commits of others, too.
    ///
    /// # Errors
    ///
    /// [`StoreError::Locked`] where another process keeps it.
    pub fn lock(&self) -> Result<Guard<'_>, StoreError> {
        {
            let mut turn = self.turn.lock().unwrap_or_else(PoisonError::into_inner);
            if matches!(*turn, Turn::Planned) {
                *turn = Turn::Ours(self.wait_for_turn()?);
            }
        }
        Guard::acquire(self)
    }

    /// Commits under a turn: the one that was taken with the first change, or one for this commit alone.
    pub(crate) fn in_turn<T>(&self, commit: impl FnOnce() -> Result<T, StoreError>) -> Result<T, StoreError> {
        let taken = {
            let mut turn = self.turn.lock().unwrap_or_else(PoisonError::into_inner);
            std::mem::take(&mut *turn)
        };
        let _turn = match taken {
            Turn::Ours(turn) => turn,
            Turn::None | Turn::Planned => self.wait_for_turn()?,
        };
        commit()
    }

    fn wait_for_turn(&self) -> Result<Option<File>, StoreError> {
        match git::commit::folder_of_git(&self.root)? {
            Some(folder) => lock_folder(&folder, TURN_WAIT),
            None => Ok(None),
        }
    }

    /// The files that were changed, made, moved or removed through this library so far, as paths from its root.
    ///
    /// # Errors
    ///
    /// [`StoreError::Outside`] where one of them is elsewhere, behind a symbolic link.
    pub fn changed_files(&self) -> Result<Vec<StorePath>, StoreError> {
        let root = self.root.canonicalize().map_err(|error| StoreError::io("resolve", &self.root, error))?;
        let changed = self.changed.lock().unwrap_or_else(PoisonError::into_inner);
        changed
            .iter()
            .map(|path| match path.strip_prefix(&root) {
                Ok(relative) => StorePath::new(relative),
                Err(_) => Err(StoreError::Outside { path: path.clone() }),
            })
            .collect()
    }

    /// Notes a file that changed, is new, or is gone. Its folder is there, or was a moment ago.
    pub(crate) fn note_changed(&self, path: &Path) {
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        let folder = folder.canonicalize().or_else(|_| std::path::absolute(folder));
        if let (Ok(folder), Some(name)) = (folder, path.file_name()) {
            self.changed.lock().unwrap_or_else(PoisonError::into_inner).insert(folder.join(name));
        }
    }

    /// Notes a file of a folder that is itself gone.
    pub(crate) fn note_gone(&self, folder: &Path, name: &Path) {
        let beside =
            folder.parent().filter(|beside| !beside.as_os_str().is_empty()).unwrap_or(Path::new("."));
        let beside = beside.canonicalize().or_else(|_| std::path::absolute(beside));
        if let (Ok(beside), Some(folder)) = (beside, folder.file_name()) {
            let path = beside.join(folder).join(name);
            self.changed.lock().unwrap_or_else(PoisonError::into_inner).insert(path);
        }
    }

    /// Those of these files that git ignores, which no commit takes.
    pub fn ignored_files(&self, paths: &[StorePath]) -> Result<Vec<StorePath>, StoreError> {
        let names: Vec<&Path> = paths.iter().map(StorePath::as_path).collect();
        let ignored = git::commit::ignored(&self.root, &names)?;
        Ok(paths.iter().filter(|path| ignored.contains(path.as_path())).cloned().collect())
    }

    /// Refuses where [`Store::commit`](crate::Store::commit) could not be done, or not on a branch like one of
    /// `protected` (a name, or its beginning and `*`): to be asked before anything is changed. What is changed from
    /// then on through this library and its clones waits for the commits of others, and they for ours.
    ///
    /// # Errors
    ///
    /// [`StoreError::CannotCommit`], [`StoreError::NotARepository`].
    pub fn plan_commit(&self, protected: &[String]) -> Result<(), StoreError> {
        git::commit::refuse(&self.root, protected)?;
        *self.turn.lock().unwrap_or_else(PoisonError::into_inner) = Turn::Planned;
        Ok(())
    }

    /// A value of git's configuration, the repository's or the user's; none where it is not set.
    pub fn git_setting(&self, key: &str) -> Result<Option<String>, StoreError> {
        git::merge::setting(&self.root, key)
    }

    /// Sets a value of the configuration of the repository that the library is in.
    pub fn set_git_setting(&self, key: &str, value: &str) -> Result<(), StoreError> {
        git::merge::set(&self.root, key, value)
    }

    /// The root of the git repository that the library is in, with its folders resolved; none outside of
    /// any.
    pub fn repository(&self) -> Option<PathBuf> {
        git::repository(&self.root)
    }

    /// The branch that is checked out where the library is; none outside of git, and where `HEAD` is detached the words
    /// for that. Read without asking git: it is asked often.
    pub fn branch(&self) -> Option<String> {
        git::branch(&self.root)
    }

    /// Whether git changes the files here just now, or is in the middle of a rebase: then they are not yet what they
    /// will be.
    pub fn is_git_at_work(&self) -> bool {
        git::is_at_work(&self.root)
    }

    /// The commit that `rev` and `HEAD` have in common.
    ///
    /// # Errors
    ///
    /// Those of git: it is missing, there is no repository, no such revision, no common commit.
    pub fn merge_base(&self, rev: &str) -> Result<String, StoreError> {
        git::merge_base(&self.root, rev)
    }

    /// The files below the root that differ from the merge base of `rev`: committed since, changed but
    /// not committed, or untracked and not ignored. Removed files are left out. Sorted by path.
    ///
    /// # Errors
    ///
    /// As for [`Library::merge_base`].
    pub fn changed_since(&self, rev: &str) -> Result<Vec<PathBuf>, StoreError> {
        git::changed_since(&self.root, rev)
    }

    /// Files below the root that have another path since they left the merge base with `rev`, each as
    /// the path now and the path then, whether or not git was told of it.
    ///
    /// # Errors
    ///
    /// As [`Library::changed_since`].
    pub fn renamed_since(&self, rev: &str) -> Result<Vec<(PathBuf, PathBuf)>, StoreError> {
        git::renamed_since(&self.root, rev)
    }

    /// A file below the root as it was at a commit; `None` where it was not there.
    ///
    /// # Errors
    ///
    /// As for [`Library::merge_base`].
    pub fn bytes_at(&self, rev: &str, path: &Path) -> Result<Option<Vec<u8>>, StoreError> {
        git::bytes_at(&self.root, rev, self.relative(path))
    }

    /// What to lock, and whether it is a file of ours.
    pub(crate) fn lock_path(&self) -> (PathBuf, bool) {
        if self.has_config {
            (self.root.join(STATE_FOLDER).join("lock"), true)
        } else {
            (self.root.clone(), false)
        }
    }

    pub(crate) fn size_limit(&self) -> u64 {
        self.size_limit
    }
}

/// What stands behind the folder in a path of plain names; none where the path has to be taken apart, which
/// over a whole library shows in the time of every command.
#[cfg(unix)]
fn below<'a>(folder: &Path, path: &'a Path) -> Option<&'a Path> {
    use std::os::unix::ffi::OsStrExt as _;
    let folder = folder.as_os_str().as_bytes();
    let rest = path.as_os_str().as_bytes().strip_prefix(folder)?.strip_prefix(b"/")?;
    let is_plain = !rest.starts_with(b"/") && !rest.starts_with(b".") && !rest.ends_with(b"/");
    (is_plain && !rest.is_empty()).then(|| Path::new(std::ffi::OsStr::from_bytes(rest)))
}

#[cfg(not(unix))]
fn below<'a>(_: &Path, _: &'a Path) -> Option<&'a Path> {
    None
}
