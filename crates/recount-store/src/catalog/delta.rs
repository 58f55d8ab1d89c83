//! What differs between the files and what is kept of them.
//!
//! A file is the one that was read where its size, times and inode are, unless it was touched about when
//! it was looked at: it may have changed again within the same tick of the clock, and is read again. What
//! does not live here: asking the file system ([`super::tree`]), and reading what differs ([`super::write`]).

use std::collections::{BTreeMap, HashMap, HashSet};
use std::path::Path;
use std::time::{SystemTime, UNIX_EPOCH};

use super::facts::Folder;
use super::files::{self, Finder, Known};
use super::tree::{Stat, Tree};
use crate::Library;

/// The coarsest tick by which a disk of today keeps time, and that of disks that keep whole seconds.
const TICK: i64 = 20_000_000;
const SECONDS_TICK: i64 = 2_000_000_000;

/// The files, and when they were looked at.
pub(super) struct Looked {
    pub(super) tree: Tree,
    /// By the clock of this machine, in nanoseconds since 1970, before the first was looked at.
    pub(super) at: i64,
}

impl Looked {
    pub(super) fn at(library: &Library) -> Self {
        let at = now();
        Self { tree: Tree::of(library), at }
    }
}

pub(super) fn now() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_nanos()).unwrap_or(i64::MAX)
}

/// Whether a file may have changed after it was looked at without showing it.
pub(super) fn is_racy(stat: &Stat, taken: i64) -> bool {
    let touched = stat.touched();
    let tick = if touched % 1_000_000_000 == 0 { SECONDS_TICK } else { TICK };
    touched.saturating_add(tick) >= taken
}

/// What differs between the files and what is kept of them.
pub(super) struct Delta {
    /// What is kept of each file of the tree.
    pub(super) known: Vec<Option<Known>>,
    /// Files to read, by their place in the tree.
    pub(super) stale: Vec<usize>,
    /// What is kept of files that are no longer there.
    pub(super) gone: Vec<Known>,
    /// Folders that are no longer there.
    pub(super) gone_folders: Vec<Vec<u8>>,
    /// Folders in which something differs.
    pub(super) changed: HashSet<Vec<u8>>,
    /// Files by folder, as places in the tree.
    pub(super) folders: BTreeMap<Vec<u8>, Vec<usize>>,
}

/// The folder of a path from the root, and the name in it.
pub(super) fn parts<'p>(library: &Library, path: &'p Path) -> (&'p [u8], &'p [u8]) {
    // Not part by part: this is asked of every document each time.
    let relative = library.relative(path).as_os_str().as_encoded_bytes();
    let is_separator = |byte: &u8| std::path::is_separator(char::from(*byte));
    match relative.iter().rposition(is_separator) {
        Some(at) => (&relative[..at], &relative[at + 1..]),
        None => (b"", relative),
    }
}

impl Delta {
    pub(super) fn of(library: &Library, tree: &Tree, kept: &[Folder], taken: i64) -> Self {
        let mut folders: BTreeMap<Vec<u8>, Vec<usize>> = BTreeMap::new();
        let mut last: Option<(&[u8], Vec<usize>)> = None;
        for (place, (path, _)) in tree.files.iter().enumerate() {
            let (folder, _) = parts(library, path);
            match &mut last {
                Some((same, places)) if *same == folder => places.push(place),
                _ => {
                    if let Some((folder, places)) = last.replace((folder, vec![place])) {
                        folders.entry(folder.to_owned()).or_default().extend(places);
                    }
                }
            }
        }
        if let Some((folder, places)) = last {
            folders.entry(folder.to_owned()).or_default().extend(places);
        }
        let kept: HashMap<&[u8], &[u8]> =
            kept.iter().map(|(folder, block)| (folder.as_slice(), block.as_slice())).collect();
        let mut known = vec![None; tree.files.len()];
        let (mut stale, mut gone, mut changed) = (Vec::new(), Vec::new(), HashSet::new());
        for (folder, places) in &folders {
            let mut finder = Finder::new(kept.get(folder.as_slice()).copied().unwrap_or_default());
            for &place in places {
                let (path, stat) = &tree.files[place];
                let found = finder.take(parts(library, path).1);
                // The limit may be another than when it was read: reading it says so.
                let is_too_large = stat.size > library.size_limit();
                if is_too_large || found.is_none_or(|found| found.stat != *stat || is_racy(stat, taken)) {
                    stale.push(place);
                }
                known[place] = found;
            }
            let before = gone.len();
            gone.extend(finder.left());
            if gone.len() > before {
                changed.insert(folder.clone());
            }
        }
        let mut gone_folders = Vec::new();
        for (folder, block) in kept.into_iter().filter(|(folder, _)| !folders.contains_key(*folder)) {
            gone.extend(files::iter(block).map(|(_, known)| known));
            gone_folders.push(folder.to_owned());
        }
        stale.sort_unstable();
        Self { known, stale, gone, gone_folders, changed, folders }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.stale.is_empty() && self.gone.is_empty() && self.gone_folders.is_empty()
    }
}
