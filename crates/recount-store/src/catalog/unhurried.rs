//! The folder of the search index, written without waiting for the disk.
//!
//! A commit otherwise waits twice, for its folder and for its head: longer than everything else that one
//! changed document takes. The index needs no order on its way to the disk: a power cut leaves it with another
//! note or other files than the facts remember ([`super::lag`]), and then every byte of it is held against its
//! sums, or it is made anew. What does not live here: what is in the files ([`super::text`]).

use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use tantivy::directory::error::{DeleteError, LockError, OpenReadError, OpenWriteError};
use tantivy::directory::{
    Directory, DirectoryLock, FileHandle, Lock, MmapDirectory, WatchCallback, WatchHandle, WritePtr,
};

#[derive(Clone, Debug)]
pub(super) struct Unhurried {
    folder: PathBuf,
    inner: MmapDirectory,
}

impl Unhurried {
    /// A folder that is there.
    pub(super) fn open(folder: &Path) -> Result<Self, tantivy::TantivyError> {
        Ok(Self { folder: folder.to_owned(), inner: MmapDirectory::open(folder)? })
    }
}

impl Directory for Unhurried {
    fn get_file_handle(&self, path: &Path) -> Result<Arc<dyn FileHandle>, OpenReadError> {
        self.inner.get_file_handle(path)
    }

    fn delete(&self, path: &Path) -> Result<(), DeleteError> {
        self.inner.delete(path)
    }

    fn exists(&self, path: &Path) -> Result<bool, OpenReadError> {
        self.inner.exists(path)
    }

    fn open_write(&self, path: &Path) -> Result<WritePtr, OpenWriteError> {
        self.inner.open_write(path)
    }

    fn atomic_read(&self, path: &Path) -> Result<Vec<u8>, OpenReadError> {
        self.inner.atomic_read(path)
    }

    fn atomic_write(&self, path: &Path, data: &[u8]) -> io::Result<()> {
        let mut file = tempfile::NamedTempFile::new_in(&self.folder)?;
        file.write_all(data)?;
        file.persist(self.folder.join(path)).map_err(|error| error.error)?;
        Ok(())
    }

    fn sync_directory(&self) -> io::Result<()> {
        Ok(())
    }

    fn acquire_lock(&self, lock: &Lock) -> Result<DirectoryLock, LockError> {
        self.inner.acquire_lock(lock)
    }

    fn watch(&self, callback: WatchCallback) -> tantivy::Result<WatchHandle> {
        self.inner.watch(callback)
    }
}
