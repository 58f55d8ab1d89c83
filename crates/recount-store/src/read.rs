//! Reading one document: its bytes, its version, or the reason why not.
//!
//! What lives here: what may be read (regular files below a size limit) and how (never blocking on a
//! pipe, one `open`, `fstat`, `read`, `close`). What does not: which files to read ([`crate::walk`]),
//! and many at once ([`crate::scan`]).

use std::fmt;
use std::fs::{File, FileType, OpenOptions};
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

use crate::error::plain;

/// Files above this many bytes are no postmortems: 16 MiB.
pub const DEFAULT_SIZE_LIMIT: u64 = 16 * 1024 * 1024;

/// The content of a document, as far as equality goes: the SHA-256 of its bytes.
///
/// Content rather than modification time, because `git checkout`, copies and clock skew change the one
/// without the other.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Version([u8; 32]);

impl Version {
    /// The version of a document that holds these bytes.
    pub fn of(bytes: &[u8]) -> Self {
        Self(Sha256::digest(bytes).into())
    }
}

impl fmt::Display for Version {
    /// 64 hexadecimal digits, as `sha256sum` prints them.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hexadecimal(&self.0))
    }
}

/// Bytes as digits, two each.
pub(crate) fn hexadecimal(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    bytes.iter().fold(String::with_capacity(2 * bytes.len()), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

impl fmt::Debug for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Version({self})")
    }
}

/// A document as it was when it was read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stored {
    /// The path it was asked for by; symbolic links are not resolved.
    pub path: PathBuf,
    /// Its bytes, whatever they are.
    pub bytes: Vec<u8>,
    /// The version of those bytes, for [`crate::Library::write_if_unchanged`].
    pub version: Version,
}

/// A file or folder that was found or asked for and cannot be read. `Display` is a sentence.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unreadable {
    /// The file or folder.
    pub path: PathBuf,
    /// The reason, as the rest of a sentence that begins with the path: `is a named pipe, not a file`.
    pub why: String,
    /// What to do about it, where there is something.
    hint: Option<&'static str>,
}

impl Unreadable {
    /// The message for somebody in `folder`: what is below it is named from there.
    pub fn told_from(&self, folder: &Path) -> String {
        format!("`{}` {}", self.path.strip_prefix(folder).unwrap_or(&self.path).display(), self.why)
    }

    /// What to do about it, as a sentence; `None` where the message says it all.
    pub fn hint(&self) -> Option<&'static str> {
        self.hint
    }

    pub(crate) fn io(path: &Path, error: &io::Error) -> Self {
        // ENXIO: a socket cannot be opened, and "no such device or address" explains nothing.
        const NO_SUCH_DEVICE: i32 = 6;
        let (why, hint) = match error.kind() {
            io::ErrorKind::NotFound if path.is_symlink() => {
                ("points to a file that does not exist".to_owned(), Some("mend or remove the symbolic link"))
            }
            io::ErrorKind::NotFound => ("does not exist".to_owned(), None),
            io::ErrorKind::PermissionDenied => {
                ("cannot be read: permission denied".to_owned(), Some("check its mode and its owner"))
            }
            _ if plain(error).contains("symbolic links") => {
                ("is a symbolic link that leads back to itself".to_owned(), Some("remove the symbolic link"))
            }
            _ if error.raw_os_error() == Some(NO_SUCH_DEVICE) => ("is a socket, not a file".to_owned(), None),
            _ => (format!("cannot be read: {}", plain(error)), None),
        };
        Self { path: path.to_owned(), why, hint }
    }

    /// A document that is asked for and not there.
    pub(crate) fn missing(path: &Path) -> Self {
        Self::other(path, "does not exist".to_owned())
    }

    pub(crate) fn link_loop(path: &Path, ancestor: &Path) -> Self {
        Self {
            path: path.to_owned(),
            why: format!("is a symbolic link that leads back to `{}`, which holds it", ancestor.display()),
            hint: Some("remove the symbolic link"),
        }
    }

    pub(crate) fn other(path: &Path, why: String) -> Self {
        Self { path: path.to_owned(), why, hint: None }
    }

    /// `None` where the type is that of a regular file.
    pub(crate) fn kind(path: &Path, kind: FileType) -> Option<Self> {
        let what = if kind.is_file() {
            return None;
        } else if kind.is_dir() {
            "a folder"
        } else {
            special(kind)
        };
        Some(Self::other(path, format!("is {what}, not a file")))
    }

    fn too_large(path: &Path, size: u64, limit: u64) -> Self {
        Self {
            path: path.to_owned(),
            why: format!("has {}, above the limit of {}", mebibytes(size), mebibytes(limit)),
            hint: Some("raw logs belong in the evidence folder beside the postmortem"),
        }
    }
}

impl fmt::Display for Unreadable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}` {}", self.path.display(), self.why)
    }
}

impl std::error::Error for Unreadable {}

/// Reads files one after the other into one buffer.
pub(crate) struct Reader {
    size_limit: u64,
    /// Grows to the largest file seen; its length is kept, so that it is zeroed once and not per file.
    buffer: Vec<u8>,
}

impl Reader {
    /// Buffers above this are given back after use: sixteen of them should not hold 16 MiB each.
    const KEEP: usize = 1024 * 1024;

    pub(crate) fn new(size_limit: u64) -> Self {
        Self { size_limit, buffer: Vec::new() }
    }

    /// The file's bytes, valid until the next call.
    pub(crate) fn read(&mut self, path: &Path) -> Result<&[u8], Unreadable> {
        let io = |error: &io::Error| Unreadable::io(path, error);
        let mut file = open(path).map_err(|error| io(&error))?;
        let metadata = file.metadata().map_err(|error| io(&error))?;
        if let Some(unreadable) = Unreadable::kind(path, metadata.file_type()) {
            return Err(unreadable);
        }
        if metadata.len() > self.size_limit {
            return Err(Unreadable::too_large(path, metadata.len(), self.size_limit));
        }

        // One byte more than the file has: a `read` that leaves it empty has seen the end, so that a
        // second `read` is needed only where the file has grown (or is one of those in /proc without size).
        let mut wanted = metadata.len() as usize + 1;
        if self.buffer.len() > Self::KEEP && wanted <= Self::KEEP {
            self.buffer = Vec::new();
        }
        let mut filled = 0;
        loop {
            if self.buffer.len() < wanted {
                self.buffer.resize(wanted, 0);
            }
            match file.read(&mut self.buffer[filled..wanted]) {
                Ok(0) => break,
                Ok(count) => filled += count,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(error) => return Err(io(&error)),
            }
            if filled as u64 > self.size_limit {
                return Err(Unreadable::too_large(path, filled as u64, self.size_limit));
            }
            if filled as u64 == metadata.len() && filled > 0 {
                break;
            }
            if filled == wanted {
                wanted = (wanted * 2).max(4096);
            }
        }
        Ok(&self.buffer[..filled])
    }
}

/// Reads one file with its version.
pub(crate) fn read(path: &Path, size_limit: u64) -> Result<Stored, Unreadable> {
    let mut reader = Reader::new(size_limit);
    let length = reader.read(path)?.len();
    let mut bytes = reader.buffer;
    bytes.truncate(length);
    Ok(Stored { path: path.to_owned(), version: Version::of(&bytes), bytes })
}

/// Opens without waiting: opening a named pipe otherwise blocks until somebody writes into it.
fn open(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.read(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt;
        options.custom_flags(NONBLOCK);
    }
    options.open(path)
}

/// `O_NONBLOCK`, which the standard library does not name. Zero where we do not know it: there the type
/// that the listing saw is the only guard.
#[cfg(unix)]
const NONBLOCK: i32 = if cfg!(all(
    any(target_os = "linux", target_os = "android"),
    any(
        target_arch = "x86_64",
        target_arch = "x86",
        target_arch = "aarch64",
        target_arch = "arm",
        target_arch = "riscv64",
        target_arch = "powerpc64",
        target_arch = "s390x",
        target_arch = "loongarch64"
    )
)) {
    0o4000
} else if cfg!(any(
    target_vendor = "apple",
    target_os = "freebsd",
    target_os = "netbsd",
    target_os = "openbsd",
    target_os = "dragonfly"
)) {
    0x4
} else {
    0
};

#[cfg(unix)]
fn special(kind: FileType) -> &'static str {
    use std::os::unix::fs::FileTypeExt;
    if kind.is_fifo() {
        "a named pipe"
    } else if kind.is_socket() {
        "a socket"
    } else if kind.is_char_device() || kind.is_block_device() {
        "a device"
    } else {
        "something special"
    }
}

#[cfg(not(unix))]
fn special(_: FileType) -> &'static str {
    "something special"
}

fn mebibytes(bytes: u64) -> String {
    const MIB: u64 = 1024 * 1024;
    if bytes.is_multiple_of(MIB) {
        return format!("{} MiB", bytes / MIB);
    }
    #[expect(clippy::cast_precision_loss, reason = "one decimal place is shown")]
    let share = bytes as f64 / MIB as f64;
    if share < 0.1 { format!("{bytes} bytes") } else { format!("{share:.1} MiB") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_version_is_what_sha256sum_prints() {
        assert_eq!(
            Version::of(b"abc").to_string(),
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
        );
    }

    #[test]
    fn a_reader_gives_each_file_its_own_bytes() {
        let folder = tempfile::tempdir().expect("a scratch folder");
        let mut reader = Reader::new(64);
        for content in ["a long first document", "short", "", "again longer than before, much"] {
            let path = folder.path().join("a.md");
            std::fs::write(&path, content).expect("a writable folder");
            assert_eq!(reader.read(&path), Ok(content.as_bytes()));
        }
    }

    #[test]
    fn a_file_above_the_limit_is_refused_with_both_sizes() {
        let folder = tempfile::tempdir().expect("a scratch folder");
        let path = folder.path().join("a.md");
        std::fs::write(&path, vec![b'x'; 3 * 1024 * 1024 / 2]).expect("a writable folder");
        let unreadable = read(&path, 1024 * 1024).expect_err("it is too large");
        assert_eq!(unreadable.why, "has 1.5 MiB, above the limit of 1 MiB");
        assert!(read(&path, 3 * 1024 * 1024 / 2).is_ok(), "exactly at the limit is allowed");
    }

    #[test]
    fn a_file_that_claims_to_be_empty_is_read_to_its_end() {
        let path = Path::new("/proc/self/status");
        if !path.exists() {
            eprintln!("skipped: there is no /proc here");
            return;
        }
        let stored = read(path, 1024 * 1024).expect("readable by its own process");
        assert!(stored.bytes.len() > 100);
    }
}
