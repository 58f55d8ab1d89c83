//! One story of a library, told of every backend: what one of them does, all do.
#![allow(clippy::unwrap_used)]

use std::collections::BTreeSet;
use std::path::Path;
use std::process::Command;
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use recount_store::{
    Author, Changes, Commit, Library, MemoryStore, Store, StoreError, StorePath, Version, Watch,
};

/// Longer than any change takes to be told, shorter than patience.
const PATIENCE: Duration = Duration::from_secs(20);

/// Runs git in a folder as nobody in particular, with no configuration but the repository's.
fn git(folder: &Path, arguments: &[&str]) {
    let output = Command::new("git")
        .current_dir(folder)
        .args(arguments)
        .env("GIT_CONFIG_GLOBAL", "/dev/null")
        .env("GIT_CONFIG_SYSTEM", "/dev/null")
        .output()
        .unwrap();
    assert!(output.status.success(), "git {arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
}

/// Every backend, empty, with a name for messages and what it needs to stay alive.
fn backends() -> Vec<(&'static str, Arc<dyn Store>, Option<tempfile::TempDir>)> {
    let folder = tempfile::tempdir().unwrap();
    git(folder.path(), &["init", "--quiet", "--initial-branch=main"]);
    for (key, value) in
        [("user.name", "Ana Li"), ("user.email", "ana@example.com"), ("commit.gpgsign", "false")]
    {
        git(folder.path(), &["config", key, value]);
    }
    std::fs::write(folder.path().join("recount.toml"), "").unwrap();
    std::fs::write(folder.path().join(".gitignore"), ".recount/\n").unwrap();
    let library = Library::open(folder.path()).unwrap();
    vec![("folder", Arc::new(library), Some(folder)), ("memory", Arc::new(MemoryStore::new()), None)]
}

fn path(name: &str) -> StorePath {
    StorePath::new(format!("postmortems/2026/{name}")).unwrap()
}

fn commit(message: &str, author: &str) -> Commit {
    let author = Author { name: author.to_owned(), mail: format!("{author}@example.com") };
    Commit { message: message.to_owned(), author: Some(author), patience: Some(PATIENCE) }
}

fn listed(store: &dyn Store) -> Vec<String> {
    let listing = store.documents().unwrap();
    assert!(listing.unreadable.is_empty());
    listing.documents.iter().map(StorePath::to_string).collect()
}

/// Waits until all of these were told of, in however many steps.
fn told(watch: &mut dyn Watch, wanted: &[StorePath]) {
    let started = Instant::now();
    let mut missing: BTreeSet<&StorePath> = wanted.iter().collect();
    while !missing.is_empty() {
        assert!(started.elapsed() < PATIENCE, "nobody told of {missing:?}");
        match watch.next(Duration::from_millis(200)) {
            Some(Changes::Files(files)) => missing.retain(|path| !files.contains(*path)),
            Some(Changes::Rescan) => return,
            None => {}
        }
    }
}

#[test]
fn a_document_is_added_changed_moved_and_removed_and_its_history_is_told() {
    for (name, store, _folder) in backends() {
        let store: &dyn Store = &*store;
        let (one, two) = (path("INC-0001-full.md"), path("INC-0002-slow.md"));
        assert!(listed(store).is_empty(), "{name}");
        assert!(matches!(store.load(&one), Err(StoreError::Unreadable(_))), "{name}");

        let version = store.add(&one, b"# Full\n").unwrap();
        store.add(&two, b"# Slow\n").unwrap();
        assert_eq!(listed(store), ["postmortems/2026/INC-0001-full.md", "postmortems/2026/INC-0002-slow.md"]);
        let error = store.add(&one, b"# Other\n").unwrap_err();
        assert!(matches!(&error, StoreError::Exists { path } if path == one.as_path()), "{name}: {error}");

        let stored = store.load(&one).unwrap();
        assert_eq!((stored.path.as_path(), &stored.bytes[..]), (one.as_path(), &b"# Full\n"[..]), "{name}");
        assert_eq!((stored.version, version), (version, Version::of(b"# Full\n")), "{name}");
        let first =
            store.commit(std::slice::from_ref(&one), &commit("Add INC-0001\n\nBody.", "ben")).unwrap();
        assert!(first.is_some(), "{name}");
        assert_eq!(
            store.commit(std::slice::from_ref(&one), &commit("Again", "ben")).unwrap(),
            None,
            "{name}"
        );

        let saved = store.save(&one, &version, b"# Cluster full\n").unwrap();
        let error = store.save(&one, &version, b"# Late\n").unwrap_err();
        let StoreError::Conflict(conflict) = error else { panic!("{name}: {error}") };
        assert_eq!(
            (conflict.path.as_path(), &conflict.ours[..]),
            (one.as_path(), &b"# Late\n"[..]),
            "{name}"
        );
        let theirs = conflict.theirs.unwrap();
        assert_eq!((&theirs.bytes[..], theirs.version), (&b"# Cluster full\n"[..], saved), "{name}");
        assert_eq!(theirs.path, one.as_path(), "{name}");
        store.commit(std::slice::from_ref(&one), &commit("Say what was full", "ana")).unwrap();

        let moved = path("INC-0001-cluster-full.md");
        assert!(matches!(store.relocate(&one, &two), Err(StoreError::Exists { .. })), "{name}");
        store.relocate(&one, &moved).unwrap();
        store.commit(&[one.clone(), moved.clone()], &commit("Rename it", "ana")).unwrap();
        assert_eq!(store.load(&moved).unwrap().bytes, b"# Cluster full\n", "{name}");

        let history = store.history(&moved).unwrap();
        let told: Vec<(&str, &str, &Path)> = history
            .iter()
            .map(|one| (one.subject.as_str(), one.author.name.as_str(), one.path.as_path()))
            .collect();
        assert_eq!(
            told,
            [
                ("Rename it", "ana", moved.as_path()),
                ("Say what was full", "ana", one.as_path()),
                ("Add INC-0001", "ben", one.as_path()),
            ],
            "{name}"
        );
        assert!(history.iter().all(|one| one.at > 1_700_000_000), "{name}");
        let held: Vec<&str> = history.iter().map(|one| &*one.content).collect();
        let past: Vec<_> = store.past(&held).unwrap().into_iter().map(Option::unwrap).collect();
        assert_eq!(past, [&b"# Cluster full\n"[..], b"# Cluster full\n", b"# Full\n"], "{name}");
        let before: Vec<&str> = history.iter().map(|one| &*one.before).collect();
        assert_eq!(before, [held[1], held[2], ""], "{name}");
        assert_eq!(history[0].renamed_from.as_deref(), Some(one.as_path()), "{name}");
        assert!(store.history(&two).unwrap().is_empty(), "{name}: it was never committed");

        assert!(matches!(store.delete(&moved, &version), Err(StoreError::Conflict(_))), "{name}");
        store.delete(&moved, &saved).unwrap();
        store.commit(std::slice::from_ref(&moved), &commit("Remove it", "ana")).unwrap();
        assert_eq!(listed(store), ["postmortems/2026/INC-0002-slow.md"], "{name}");
        // What is gone cannot go again, and whoever would write it is told that it is gone.
        assert!(matches!(store.delete(&moved, &saved), Err(StoreError::Unreadable(_))), "{name}");
        assert!(matches!(store.relocate(&moved, &one), Err(StoreError::Unreadable(_))), "{name}");
        let error = store.save(&moved, &saved, b"# Late\n").unwrap_err();
        assert!(
            matches!(&error, StoreError::Conflict(conflict) if conflict.theirs.is_none()),
            "{name}: {error}"
        );
        let history = store.history(&moved).unwrap();
        assert_eq!(history[0].subject, "Remove it", "{name}");
        assert_eq!(store.past(&[&history[0].content]).unwrap(), [None], "{name}");
    }
}

#[test]
fn whoever_watches_is_told_of_every_change() {
    for (name, store, _folder) in backends() {
        let (one, two) = (path("INC-0001-full.md"), path("INC-0002-slow.md"));
        let mut watch = store.watch().unwrap();
        assert_eq!(watch.next(Duration::from_millis(1)), None, "{name}");
        // The folders that hold it come with it.
        let version = store.add(&one, b"# Full\n").unwrap();
        told(&mut *watch, std::slice::from_ref(&one));
        // What is told late by the system would be taken for what comes next.
        while watch.next(Duration::from_millis(300)).is_some() {}

        let other = Arc::clone(&store);
        let (from, to) = (one.clone(), two.clone());
        let writer = thread::spawn(move || {
            other.save(&from, &version, b"# Cluster full\n").unwrap();
            other.relocate(&from, &to).unwrap();
        });
        told(&mut *watch, &[one, two.clone()]);
        writer.join().unwrap();
        while watch.next(Duration::from_millis(300)).is_some() {}
        store.delete(&two, &Version::of(b"# Cluster full\n")).unwrap();
        told(&mut *watch, &[two]);
    }
}

#[test]
fn a_path_leads_to_something_below_the_root() {
    for (given, path) in [("a.md", Some("a.md")), ("./a/./b.md", Some("a/b.md"))] {
        assert_eq!(StorePath::new(given).ok().map(|path| path.to_string()).as_deref(), path, "{given}");
    }
    for given in ["", ".", "..", "a/../b.md", "/a.md", "../a.md"] {
        assert!(matches!(StorePath::new(given), Err(StoreError::Outside { .. })), "{given}");
    }
}

#[test]
fn of_two_writers_one_wins_and_the_other_is_told() {
    for (name, store, _folder) in backends() {
        let one = path("INC-0001-full.md");
        let version = store.add(&one, b"0").unwrap();
        let writers: Vec<_> = (1..=4)
            .map(|number: u8| {
                let (store, one) = (Arc::clone(&store), one.clone());
                thread::spawn(move || store.save(&one, &version, &[number]).is_ok())
            })
            .collect();
        let won = writers.into_iter().map(|writer| writer.join().unwrap()).filter(|won| *won).count();
        assert_eq!(won, 1, "{name}");
    }
}
