//! The store: postmortems in a folder, listed, read and written safely.
//!
//! What lives here: what every backend of a library can do ([`Store`]), a folder ([`Library`]) and a library in memory
//! ([`MemoryStore`]) as two of them; finding a library, listing its documents, scanning them in parallel,
//! versions, atomic writes under the library's lock, evidence folders, watching, and all that is asked of git.
//! What does not: the meaning of a document, of `recount.toml`, or of evidence. Bytes in, bytes out.
//!
//! ```no_run
//! # fn main() -> Result<(), recount_store::StoreError> {
//! use recount_store::{Library, threads};
//!
//! let library = Library::discover(std::path::Path::new("."))?;
//! let documents = library.list();
//! library.scan(&documents, threads(), |path, bytes| (path.to_owned(), bytes.is_ok()), |(path, read)| {
//!     println!("{} {read}", path.display());
//! });
//!
//! let stored = library.read(&library.root().join("postmortems/2026/INC-0001-cluster-full.md"))?;
//! library.lock()?.write_if_unchanged(&stored.path, &stored.version, b"# Cluster full\n")?;
//! # Ok(())
//! # }
//! ```

pub mod catalog;
mod confine;
mod error;
mod evidence;
mod folder;
mod git;
mod library;
mod lock;
mod memory;
mod read;
mod scan;
mod store;
mod walk;
mod watch;
mod write;

pub use error::{Conflict, StoreError};
pub use evidence::evidence_folder;
pub use git::merge::{MergedLines, merge_lines};
pub use library::{CONFIG_FILE, DEFAULT_FOLDER, Library, STATE_FOLDER, TEMPLATE_FILE};
pub use lock::Guard;
pub use memory::MemoryStore;
pub use read::{DEFAULT_SIZE_LIMIT, Stored, Unreadable, Version};
pub use scan::{scan, threads};
pub use store::{Author, Changes, Commit, Listing, Revision, Store, StorePath, Watch};
pub use walk::{Listed, list_paths};
