//! Changing files so that nobody ever sees half of a change, and nothing is lost.
//!
//! Every write goes to a temporary file in the same folder, is synced, and is renamed over the old one;
//! the folder is synced last. A reader sees the old bytes or the new ones; after a crash the disk holds
//! the old or the new. Mode, owner (where we may) and a symbolic link in the file's place survive; hard
//! links, access lists and extended attributes do not, as with every editor that writes this way.
//!
//! What does not live here: taking the lock ([`crate::lock`]), and what to write.

use std::fs::{self, File, Metadata, Permissions};
use std::io::{self, Write};
use std::path::{Component, Path, PathBuf};

use tempfile::NamedTempFile;

use crate::error::{Conflict, StoreError};
use crate::evidence::evidence_folder;
use crate::lock::Guard;
use crate::read::{Stored, Unreadable, Version, read};
use crate::walk::Listed;

/// Temporary files are hidden, so that no listing takes them for documents.
const TEMPORARY_PREFIX: &str = ".recount-";
const TEMPORARY_SUFFIX: &str = ".tmp";

impl Guard<'_> {
    /// Replaces a document that still has the version it was read with. Bytes that are there already are
    /// not written again.
    ///
    /// # Errors
    ///
    /// [`StoreError::Conflict`] with both sides where it changed or was removed; [`StoreError::ReadOnly`].
    /// The file is as it was after any error.
    pub fn write_if_unchanged(
        &self,
        path: &Path,
        version: &Version,
        bytes: &[u8],
    ) -> Result<Version, StoreError> {
        let conflict = |theirs| {
            let conflict = Conflict { path: path.to_owned(), ours: bytes.to_owned(), theirs };
            Err(StoreError::Conflict(Box::new(conflict)))
        };
        if !is_taken(path)? {
            return conflict(None);
        }
        let current = read(path, self.library.size_limit()).map_err(StoreError::Unreadable)?;
        if current.version != *version {
            return conflict(Some(current));
        }
        if current.bytes == bytes {
            return Ok(current.version);
        }
        let target = fs::canonicalize(path).map_err(|error| StoreError::io("resolve", path, error))?;
        let metadata = fs::metadata(&target).map_err(|error| StoreError::io("read", &target, error))?;
        if metadata.permissions().readonly() {
            return Err(StoreError::ReadOnly { path: target });
        }
        replace(&target, bytes, Some(&metadata))?;
        self.library.note_changed(&target);
        Ok(Version::of(bytes))
    }

    /// Makes a new file, and the folders on its way.
    ///
    /// # Errors
    ///
    /// [`StoreError::Exists`] where something stands there, be it a dangling symbolic link.
    pub fn create_new(&self, path: &Path, bytes: &[u8]) -> Result<Version, StoreError> {
        let folder = make_folder_of(path)?;
        let temporary = write_temporary(folder, bytes, None)?;
        match temporary.persist_noclobber(path) {
            Ok(_) => {}
            Err(error) if error.error.kind() == io::ErrorKind::AlreadyExists => {
                return Err(StoreError::Exists { path: path.to_owned() });
            }
            Err(error) => return Err(StoreError::io("write", path, error.error)),
        }
        self.library.note_changed(path);
        sync_folder(folder)?;
        Ok(Version::of(bytes))
    }

    /// Makes a new document whose name depends on those that are there: `choose` gets a listing that no
    /// other writer can change, and answers with a path and the bytes. Two processes that allocate at
    /// once never choose from the same listing.
    ///
    /// # Errors
    ///
    /// What `choose` fails with, and [`StoreError::Exists`] where it chose a path that is taken.
    pub fn allocate<E: From<StoreError>>(
        &self,
        choose: impl FnOnce(&[Listed]) -> Result<(PathBuf, Vec<u8>), E>,
    ) -> Result<Stored, E> {
        let (path, bytes) = choose(&self.library.list())?;
        let version = self.create_new(&path, &bytes)?;
        Ok(Stored { path, bytes, version })
    }

    /// Moves a document and its evidence folder, or neither.
    ///
    /// # Errors
    ///
    /// [`StoreError::Exists`] where either new name is taken, [`StoreError::Unreadable`] where there is no document.
    pub fn rename(&self, from: &Path, to: &Path) -> Result<(), StoreError> {
        if !is_taken(from)? {
            return Err(StoreError::Unreadable(Unreadable::missing(from)));
        }
        let (old_evidence, new_evidence) = (evidence_folder(from), evidence_folder(to));
        let has_evidence = is_taken(&old_evidence)? && old_evidence != new_evidence;
        make_folder_of(to)?;
        let evidence = if has_evidence { files_below(&old_evidence) } else { Vec::new() };
        // Evidence first: a document that points to evidence must find it, also after a crash in between.
        if has_evidence {
            rename_no_clobber(&old_evidence, &new_evidence)?;
        }
        let renamed = rename_no_clobber(from, to);
        if renamed.is_err() && has_evidence {
            let _ = fs::rename(&new_evidence, &old_evidence);
        }
        renamed?;
        self.library.note_changed(from);
        self.library.note_changed(to);
        for name in evidence {
            self.library.note_changed(&new_evidence.join(&name));
            self.library.note_gone(&old_evidence, &name);
        }
        sync_folder(folder_of(from))?;
        sync_folder(folder_of(to))
    }

    /// Removes a document's file. Its evidence folder stays.
    pub fn remove(&self, path: &Path, version: &Version) -> Result<(), StoreError> {
        let current = read(path, self.library.size_limit()).map_err(StoreError::Unreadable)?;
        if current.version != *version {
            let conflict = Conflict { path: path.to_owned(), ours: Vec::new(), theirs: Some(current) };
            return Err(StoreError::Conflict(Box::new(conflict)));
        }
        fs::remove_file(path).map_err(|error| StoreError::io("remove", path, error))?;
        self.library.note_changed(path);
        sync_folder(folder_of(path))
    }

    /// Writes one file of a postmortem's evidence folder, new or in place of the one that is there.
    /// Gives back its path.
    ///
    /// # Errors
    ///
    /// Where `name` is more than a file name: evidence comes from outside, and so may names. Where the folder leads out
    /// of a library that keeps to its own.
    pub fn write_evidence(&self, postmortem: &Path, name: &str, bytes: &[u8]) -> Result<PathBuf, StoreError> {
        let mut components = Path::new(name).components();
        let (Some(Component::Normal(_)), None) = (components.next(), components.next()) else {
            let error = io::Error::new(io::ErrorKind::InvalidInput, "it is not a plain file name");
            return Err(StoreError::io("write", Path::new(name), error));
        };
        let folder = evidence_folder(postmortem);
        let path = folder.join(name);
        if !self.library.may_write(&folder) || !self.library.may_write(&path) {
            return Err(StoreError::Outside { path });
        }
        make_folder_of(&path)?;
        let metadata = fs::metadata(&path).ok();
        replace(&path, bytes, metadata.as_ref())?;
        self.library.note_changed(&path);
        Ok(path)
    }

    /// Removes a postmortem's evidence folder with everything in it. Gives back whether there was one.
    pub fn remove_evidence(&self, postmortem: &Path) -> Result<bool, StoreError> {
        let folder = evidence_folder(postmortem);
        if !is_taken(&folder)? {
            return Ok(false);
        }
        let files = files_below(&folder);
        fs::remove_dir_all(&folder).map_err(|error| StoreError::io("remove", &folder, error))?;
        for name in &files {
            self.library.note_gone(&folder, name);
        }
        sync_folder(folder_of(&folder))?;
        Ok(true)
    }
}

/// The files of a folder and the folders in it, relative to it.
fn files_below(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    let mut folders = vec![PathBuf::new()];
    while let Some(inner) = folders.pop() {
        let Ok(entries) = fs::read_dir(folder.join(&inner)) else { continue };
        for entry in entries.flatten() {
            let name = inner.join(entry.file_name());
            let is_folder = entry.file_type().is_ok_and(|kind| kind.is_dir());
            if is_folder { folders.push(name) } else { files.push(name) }
        }
    }
    files
}

/// Whether a file is one of our temporary files.
pub(crate) fn is_leftover(path: &Path) -> bool {
    path.file_name()
        .and_then(|name| name.to_str())
        .is_some_and(|name| name.starts_with(TEMPORARY_PREFIX) && name.ends_with(TEMPORARY_SUFFIX))
}

fn replace(target: &Path, bytes: &[u8], old: Option<&Metadata>) -> Result<(), StoreError> {
    let folder = folder_of(target);
    let temporary = write_temporary(folder, bytes, old)?;
    temporary.persist(target).map_err(|error| StoreError::io("write", target, error.error))?;
    sync_folder(folder)
}

/// A synced temporary file that looks like `old`, or like any new file. Removed when it is dropped.
fn write_temporary(folder: &Path, bytes: &[u8], old: Option<&Metadata>) -> Result<NamedTempFile, StoreError> {
    let write = || -> io::Result<NamedTempFile> {
        let mut builder = tempfile::Builder::new();
        builder.prefix(TEMPORARY_PREFIX).suffix(TEMPORARY_SUFFIX);
        #[cfg(unix)]
        let new = <Permissions as std::os::unix::fs::PermissionsExt>::from_mode(0o666);
        #[cfg(unix)]
        builder.permissions(new);
        let mut temporary = builder.tempfile_in(folder)?;
        temporary.write_all(bytes)?;
        if let Some(old) = old {
            keep_owner(temporary.as_file(), old);
            keep_mode(temporary.as_file(), old.permissions())?;
        }
        temporary.as_file().sync_all()?;
        Ok(temporary)
    };
    write().map_err(|error| StoreError::io("write a temporary file in", folder, error))
}

fn keep_mode(file: &File, permissions: Permissions) -> io::Result<()> {
    file.set_permissions(permissions)
}

/// Gives the file its old owner and group as far as we may: only root may give files away, and a group
/// must be one of ours. What we may not keep is the writer's, as after `cp`.
#[cfg(unix)]
fn keep_owner(file: &File, old: &Metadata) {
    use std::os::unix::fs::{MetadataExt, fchown};
    let Ok(new) = file.metadata() else { return };
    if new.gid() != old.gid() {
        let _ = fchown(file, None, Some(old.gid()));
    }
    if new.uid() != old.uid() {
        let _ = fchown(file, Some(old.uid()), None);
    }
}

#[cfg(not(unix))]
fn keep_owner(_: &File, _: &Metadata) {}

/// Renames unless the new name is taken. The look before the leap is safe under the lock.
fn rename_no_clobber(from: &Path, to: &Path) -> Result<(), StoreError> {
    // A change of case only, on a disk that ignores case, is the file itself.
    let itself = || matches!((fs::canonicalize(from), fs::canonicalize(to)), (Ok(a), Ok(b)) if a == b);
    if is_taken(to)? && !itself() {
        return Err(StoreError::Exists { path: to.to_owned() });
    }
    fs::rename(from, to).map_err(|error| StoreError::io("rename", from, error))
}

/// Whether something stands at a path, a dangling symbolic link included.
fn is_taken(path: &Path) -> Result<bool, StoreError> {
    match fs::symlink_metadata(path) {
        Ok(_) => Ok(true),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
        Err(error) => Err(StoreError::io("look at", path, error)),
    }
}

fn folder_of(path: &Path) -> &Path {
    match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    }
}

/// Makes the folders on the way to a file, each known to the disk before the next is made.
fn make_folder_of(path: &Path) -> Result<&Path, StoreError> {
    let folder = folder_of(path);
    let missing: Vec<&Path> =
        folder.ancestors().take_while(|folder| !folder.as_os_str().is_empty() && !folder.is_dir()).collect();
    for folder in missing.into_iter().rev() {
        match fs::create_dir(folder) {
            Err(error) if error.kind() != io::ErrorKind::AlreadyExists => {
                return Err(StoreError::io("make the folder", folder, error));
            }
            _ => sync_folder(folder_of(folder))?,
        }
    }
    Ok(folder)
}

/// Makes a rename or a new name last: on Unix it is the folder that holds it.
fn sync_folder(folder: &Path) -> Result<(), StoreError> {
    if cfg!(not(unix)) {
        return Ok(());
    }
    match File::open(folder).and_then(|folder| folder.sync_all()) {
        // Some file systems cannot sync folders, and say so; then there is nothing more to do.
        Err(error) if error.kind() != io::ErrorKind::InvalidInput => {
            Err(StoreError::io("sync the folder", folder, error))
        }
        _ => Ok(()),
    }
}
