//! Keeping to a library's own files where symbolic links lead elsewhere.
//!
//! What does not live here: keys and paths that were typed ([`crate::StorePath`]).

use std::collections::HashMap;
use std::fs;
use std::path::{Component, Path, PathBuf};

use crate::read::Unreadable;
use crate::walk::Listed;

/// Puts a word about it in the place of each file that is not the library's own. A folder is looked at once, and of a
/// file only whether it is a link.
pub(crate) fn confine(root: &Path, listed: &mut [Listed]) {
    let mut folders: HashMap<PathBuf, bool> = HashMap::new();
    for file in listed {
        let Ok(path) = file else { continue };
        let is_plain = fs::symlink_metadata(&path).is_ok_and(|metadata| metadata.is_file());
        let is_own = match path.parent() {
            Some(folder) if is_plain => match folders.get(folder) {
                Some(is_own) => *is_own,
                None => *folders.entry(folder.to_owned()).or_insert_with(|| is_inside(root, folder)),
            },
            _ => is_inside(root, path),
        };
        if !is_own {
            *file = Err(outside(path));
        }
    }
}

/// Whether a path, all links followed, is below the root, and is neither git's nor our own. What does not exist is
/// nowhere else either; asking for it says so.
pub(crate) fn is_inside(root: &Path, path: &Path) -> bool {
    let (Ok(root), Ok(real)) = (fs::canonicalize(root), fs::canonicalize(path)) else {
        return fs::symlink_metadata(path).is_err();
    };
    let is_private = |part: Component<'_>| part.as_os_str() == ".git" || part.as_os_str() == ".recount";
    real.strip_prefix(&root).is_ok_and(|rest| !rest.components().any(is_private))
}

pub(crate) fn outside(path: &Path) -> Unreadable {
    let why = "is a symbolic link that leads out of the library, which a server does not follow";
    Unreadable::other(path, why.to_owned())
}

#[cfg(all(test, unix))]
mod tests {
    #![allow(clippy::unwrap_used)]
    use std::os::unix::fs::symlink;

    use crate::Library;
    use std::fs;

    #[test]
    fn links_are_followed_within_the_library_and_no_further() {
        let (root, elsewhere) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let (root, elsewhere) = (root.path(), elsewhere.path());
        for folder in ["postmortems/2026", "shared", ".recount/state", ".git"] {
            fs::create_dir_all(root.join(folder)).unwrap();
        }
        fs::write(root.join("recount.toml"), "").unwrap();
        for path in ["postmortems/own.md", "shared/a.md", ".recount/state/b.md", ".git/c.md"] {
            fs::write(root.join(path), "# Text\n").unwrap();
        }
        fs::write(elsewhere.join("d.md"), "# Text\n").unwrap();
        for (name, to) in [
            ("shared.md", root.join("shared/a.md")),
            ("state.md", root.join(".recount/state/b.md")),
            ("git.md", root.join(".git/c.md")),
            ("other.md", elsewhere.join("d.md")),
            ("folder", elsewhere.to_owned()),
        ] {
            symlink(to, root.join("postmortems/2026").join(name)).unwrap();
        }
        let library = Library::open(root).unwrap();
        let readable = |library: &Library| -> Vec<String> {
            let paths = library.list().into_iter().flatten();
            paths.map(|path| path.file_name().unwrap().to_string_lossy().into_owned()).collect()
        };
        assert_eq!(readable(&library).len(), 6);
        let confined = library.clone().confined();
        assert_eq!(readable(&confined), ["shared.md", "own.md"]);
        assert_eq!(confined.list().iter().filter(|listed| listed.is_err()).count(), 4);
        for (name, is_own) in
            [("2026/other.md", false), ("2026/shared.md", true), ("2026/folder/d.md", false)]
        {
            let path = root.join("postmortems").join(name);
            assert!(library.read(&path).is_ok(), "{name}");
            assert_eq!(confined.read(&path).is_ok(), is_own, "{name}");
        }
    }
}
