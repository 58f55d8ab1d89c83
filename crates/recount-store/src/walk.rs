//! Which files are candidates: Markdown below the given folders, in one order, everywhere the same.
//!
//! What lives here: ignore files, what is skipped, and what is reported because it cannot be read.
//! What does not: opening files; a listing costs one `readdir` per folder and no `stat` per file.

use std::cmp::Ordering;
use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::sync::mpsc;

use ignore::{DirEntry, WalkBuilder, WalkState};

use crate::evidence::is_evidence_folder;
use crate::library::TEMPLATE_FILE;
use crate::read::Unreadable;
use crate::scan::threads;

/// One candidate of a listing: a file to read, or what stands in its place and cannot be read.
pub type Listed = Result<PathBuf, Unreadable>;

/// The candidates at the given paths, files or folders, sorted by path, each once.
///
/// A file is taken whatever its name is, because somebody named it. In a folder, everything called
/// `*.md` or `*.markdown` is, at any depth, except what `.gitignore` and `.ignore` exclude, hidden files
/// and folders (`.recount/` among them), evidence folders, and `template.md`. Symbolic links are
/// followed, but documents behind a link to a folder that is listed anyway appear once, at their own path.
pub fn list_paths<P: AsRef<Path>>(paths: impl IntoIterator<Item = P>) -> Vec<Listed> {
    let mut listed = Vec::new();
    let mut are_plain = true;
    let mut is_absolute = None;
    for path in paths {
        let path = path.as_ref();
        are_plain &= is_plain(path) && *is_absolute.get_or_insert(path.is_absolute()) == path.is_absolute();
        match std::fs::metadata(path) {
            Ok(metadata) if metadata.is_dir() => walk(path, &mut listed),
            Ok(metadata) => listed.push(match Unreadable::kind(path, metadata.file_type()) {
                Some(unreadable) => Err(unreadable),
                None => Ok(path.to_owned()),
            }),
            Err(error) => listed.push(Err(Unreadable::io(path, &error))),
        }
    }
    put_in_order(&mut listed, are_plain);
    listed
}

/// From so many paths on, several threads put them in order.
const MANY: usize = 10_000;

/// Puts paths in order, part by part, as bytes, each once. Taking paths apart for every comparison of a hundred
/// thousand takes longer than reading the folders, so what is plain is compared as it stands.
fn put_in_order(listed: &mut Vec<Listed>, are_plain: bool) {
    if !are_plain {
        listed.sort_by_cached_key(|file| sort_key(path_of(file)));
        return listed.dedup_by(|a, b| path_of(a) == path_of(b));
    }
    let Some(first) = listed.first().map(|file| bytes_of(file).to_owned()) else { return };
    let mut same = first.len();
    for file in &*listed {
        let path = bytes_of(file);
        if !path.starts_with(&first[..same]) {
            same = path.iter().zip(&first).take_while(|(a, b)| a == b).count();
        }
    }
    let compare = |a: &Listed, b: &Listed| compare_plain(&bytes_of(a)[same..], &bytes_of(b)[same..]);
    if listed.len() >= MANY {
        let share = listed.len().div_ceil(threads()).max(1);
        std::thread::scope(|scope| {
            for part in listed.chunks_mut(share) {
                scope.spawn(move || part.sort_by(compare));
            }
        });
    }
    // Parts that are in order are found and merged.
    listed.sort_by(compare);
    listed.dedup_by(|a, b| bytes_of(a) == bytes_of(b));
}

fn bytes_of(file: &Listed) -> &[u8] {
    path_of(file).as_os_str().as_encoded_bytes()
}

/// Whether the bytes of a path, and of what is below it, tell their parts: nothing in it stands for nothing.
fn is_plain(path: &Path) -> bool {
    let bytes = path.as_os_str().as_encoded_bytes();
    let mut parts = bytes.strip_prefix(b"/").unwrap_or(bytes).split(|byte| *byte == b'/');
    cfg!(unix) && parts.all(|part| !part.is_empty() && part != b".")
}

/// The order of [`sort_key`] for plain paths.
fn compare_plain(a: &[u8], b: &[u8]) -> Ordering {
    // A part ends before any name goes on.
    let rank = |byte: u8| if byte == b'/' { 0 } else { byte };
    // Names of one folder begin alike: eight bytes at a time.
    let alike = a.as_chunks::<8>().0.iter().zip(b.as_chunks::<8>().0).take_while(|(a, b)| a == b).count() * 8;
    match a[alike..].iter().zip(&b[alike..]).find(|(a, b)| a != b) {
        Some((a, b)) => rank(*a).cmp(&rank(*b)),
        None => a.len().cmp(&b.len()),
    }
}

/// The order of paths, part by part, as bytes.
fn sort_key(path: &Path) -> Vec<u8> {
    let mut key = Vec::with_capacity(path.as_os_str().len() + 2);
    for part in path.components() {
        key.extend_from_slice(part.as_os_str().as_encoded_bytes());
        // No name holds it, so a folder's files stand before its neighbour `folder-2`.
        key.push(0);
    }
    key
}

/// The path of a candidate, readable or not.
pub(crate) fn path_of(listed: &Listed) -> &Path {
    match listed {
        Ok(path) => path,
        Err(unreadable) => &unreadable.path,
    }
}

fn walk(folder: &Path, listed: &mut Vec<Listed>) {
    let mut roots = Roots::default();
    roots.follow(folder, listed);
    while let Some(root) = roots.waiting.pop() {
        let (sender, batches) = mpsc::channel();
        let walk = WalkBuilder::new(&root)
            // A library that was copied without its repository means the same files as before.
            .require_git(false)
            .filter_entry(|entry| {
                // What is a Markdown file by its name is none of them.
                is_candidate_name(entry.file_name())
                    || entry.depth() == 0
                    || !is_evidence_folder(entry.path())
            })
            .threads(threads().min(MOST_WALKERS))
            .build_parallel();
        walk.run(|| {
            let mut batch = Batch { entries: Vec::new(), sender: sender.clone() };
            Box::new(move |entry| {
                batch.entries.push(entry);
                WalkState::Continue
            })
        });
        drop(sender);
        let mut links = Vec::new();
        for entry in batches.into_iter().flatten() {
            match entry {
                Ok(entry) if entry.path_is_symlink() && entry.depth() > 0 => links.push(entry),
                Ok(entry) if entry.depth() > 0 => roots.visit(entry, listed),
                Ok(_) => {}
                Err(error) => listed.push(Err(explain(&error, &root))),
            }
        }
        // Of two links to one folder the first counts: by name, and not by which thread came first.
        links.sort_unstable_by(|a, b| a.path().cmp(b.path()));
        for link in links {
            roots.visit(link, listed);
        }
    }
}

/// More walkers than this wait for each other.
const MOST_WALKERS: usize = 8;

/// What one walker found, handed over when it ends.
struct Batch {
    entries: Vec<Result<DirEntry, ignore::Error>>,
    sender: mpsc::Sender<Vec<Result<DirEntry, ignore::Error>>>,
}

impl Drop for Batch {
    fn drop(&mut self) {
        // The receiver waits until all walkers have ended.
        let _ = self.sender.send(std::mem::take(&mut self.entries));
    }
}

/// The folders of one walk: the one that was named, and those that symbolic links in it lead to.
///
/// Links are followed here and not by the walker, because a link to a folder that the walk reaches
/// anyway would list its documents twice, each a duplicate of itself.
#[derive(Default)]
struct Roots {
    waiting: Vec<PathBuf>,
    /// Resolved, those that are done included.
    real: Vec<PathBuf>,
}

impl Roots {
    fn visit(&mut self, entry: DirEntry, listed: &mut Vec<Listed>) {
        let Some(kind) = entry.file_type() else { return };
        let path = entry.path();
        if kind.is_symlink() {
            match std::fs::metadata(path) {
                Ok(metadata) if metadata.is_dir() => self.follow(path, listed),
                _ if !is_candidate_name(entry.file_name()) => {}
                Ok(metadata) => match Unreadable::kind(path, metadata.file_type()) {
                    Some(unreadable) => listed.push(Err(unreadable)),
                    None => listed.push(Ok(entry.into_path())),
                },
                Err(error) => listed.push(Err(Unreadable::io(path, &error))),
            }
        } else if !kind.is_dir() && is_candidate_name(entry.file_name()) {
            listed.push(match Unreadable::kind(path, kind) {
                Some(unreadable) => Err(unreadable),
                None => Ok(entry.into_path()),
            });
        }
    }

    /// Takes a folder in, unless it is part of one that was taken in. One that holds them is a loop.
    fn follow(&mut self, folder: &Path, listed: &mut Vec<Listed>) {
        let target = match std::fs::canonicalize(folder) {
            Ok(target) => target,
            Err(error) => return listed.push(Err(Unreadable::io(folder, &error))),
        };
        let parent = folder.parent().and_then(|parent| std::fs::canonicalize(parent).ok());
        let holds_the_link = folder.is_symlink() && parent.is_some_and(|parent| parent.starts_with(&target));
        if holds_the_link || self.real.iter().any(|root| root.starts_with(&target) && *root != target) {
            listed.push(Err(Unreadable::link_loop(folder, &target)));
        } else if !self.real.iter().any(|root| target.starts_with(root)) {
            self.waiting.push(folder.to_owned());
            self.real.push(target);
        }
    }
}

fn is_candidate_name(name: &OsStr) -> bool {
    let name = name.as_encoded_bytes();
    let extension =
        name.iter().rposition(|byte| *byte == b'.').filter(|at| *at > 0).map(|at| &name[at + 1..]);
    let markdown = extension.is_some_and(|extension| {
        extension.eq_ignore_ascii_case(b"md") || extension.eq_ignore_ascii_case(b"markdown")
    });
    markdown && name != TEMPLATE_FILE.as_bytes()
}

/// A walk's error as something to report.
fn explain(error: &ignore::Error, root: &Path) -> Unreadable {
    let mut path = root;
    let mut inner = error;
    loop {
        match inner {
            ignore::Error::WithPath { path: with, err } => {
                path = with;
                inner = err;
            }
            ignore::Error::WithDepth { err, .. } | ignore::Error::WithLineNumber { err, .. } => inner = err,
            ignore::Error::Io(error) => return Unreadable::io(path, error),
            other => return Unreadable::other(path, format!("cannot be listed: {other}")),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn plain_paths_stand_in_the_order_of_their_parts(
            names in prop::collection::vec("(/|./|//)?([ab.\\-]{1,3}/){0,3}[a\\- ]{0,2}[b.]{0,2}", 0..40),
            many in any::<bool>(),
        ) {
            let times = if many { 400 } else { 1 };
            let names = names.iter().filter(|name| !name.is_empty());
            let mut listed: Vec<Listed> = (0..times).flat_map(|_| names.clone().map(|name| Ok(PathBuf::from(name)))).collect();
            let key = |file: &Listed| sort_key(path_of(file));
            let mut expected: Vec<Vec<u8>> = listed.iter().map(key).collect();
            expected.sort();
            expected.dedup();
            let is_absolute = |file: &Listed| path_of(file).is_absolute();
            let are_plain = listed.iter().all(|file| is_plain(path_of(file)))
                && listed.windows(2).all(|two| is_absolute(&two[0]) == is_absolute(&two[1]));
            put_in_order(&mut listed, are_plain);
            let keys: Vec<Vec<u8>> = listed.iter().map(key).collect();
            prop_assert_eq!(keys, expected);
        }
    }

    #[test]
    fn neighbours_of_a_folder_stand_after_its_files() {
        let mut listed: Vec<Listed> = ["/l/b-2/x.md", "/l/b.md", "/l/b/y.md", "/l/a.md", "/l/b/-/z.md"]
            .map(|path| Ok(PathBuf::from(path)))
            .into();
        assert!(listed.iter().all(|file| is_plain(path_of(file))));
        put_in_order(&mut listed, true);
        let order: Vec<&Path> = listed.iter().map(path_of).collect();
        assert_eq!(order, ["/l/a.md", "/l/b/-/z.md", "/l/b/y.md", "/l/b-2/x.md", "/l/b.md"].map(Path::new));
    }
}
