//! Paths as they are stored and as programs read them. What does not live here: how a path is shown to
//! people, and what it is relative to.

use std::path::Path;

/// A path with `/` between its parts, whatever the system.
pub(crate) fn slashes(path: &Path) -> String {
    // Of an absolute path the first part is `/` itself.
    let parts: Vec<_> = path.components().map(|part| part.as_os_str().to_string_lossy()).collect();
    parts.join("/").replacen("//", "/", 1)
}
