//! No write is torn or lost: killed writers, two writers, changed files, links and modes.
#![cfg(unix)]
#![allow(clippy::unwrap_used)]

use std::collections::BTreeSet;
use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::Duration;

use recount_store::{Library, StoreError, Version, evidence_folder};

const SIZE: usize = 200_000;
/// Tells a test of this file that it runs in a child process, and on which library.
const CHILD: &str = "RECOUNT_STORE_TEST_LIBRARY";

fn library() -> (tempfile::TempDir, Library, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("recount.toml"), "").unwrap();
    let library = Library::open(folder.path()).unwrap();
    let path = folder.path().join("postmortems/2026/INC-0001.md");
    library.lock().unwrap().create_new(&path, &page(0)).unwrap();
    (folder, library, path)
}

fn page(n: u64) -> Vec<u8> {
    let letter = b'a' + (n % 26) as u8;
    vec![letter; SIZE + (n % 3) as usize]
}

/// Runs one of the `child_…` tests below in a process of its own.
fn child(test: &str, root: &Path) -> Child {
    Command::new(std::env::current_exe().unwrap())
        .args(["--exact", test, "--ignored", "--nocapture", "--test-threads=1"])
        .env(CHILD, root)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap()
}

/// The library of the parent; `None` where the test was started by hand.
fn parents_library() -> Option<Library> {
    let root = std::env::var_os(CHILD)?;
    Some(Library::open(Path::new(&root)).unwrap().with_lock_wait(Duration::from_mins(1)))
}

fn names_in(folder: &Path) -> Vec<String> {
    let mut names: Vec<String> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}

#[test]
#[ignore = "runs as the child of a_writer_killed_at_any_moment_leaves_a_whole_file"]
fn child_that_writes_until_it_is_killed() {
    let Some(library) = parents_library() else { return };
    let path = library.root().join("postmortems/2026/INC-0001.md");
    for n in 1.. {
        let stored = library.read(&path).unwrap();
        library.lock().unwrap().write_if_unchanged(&path, &stored.version, &page(n)).unwrap();
    }
}

#[test]
fn a_writer_killed_at_any_moment_leaves_a_whole_file() {
    let (_folder, library, path) = library();
    let (mut written, mut leftovers) = (0, 0);
    let mut before = library.read(&path).unwrap().version;
    for round in 0..50_u64 {
        let mut child = child("child_that_writes_until_it_is_killed", library.root());
        // Moments spread over start-up, the first write, and many writes.
        thread::sleep(Duration::from_micros(1_000 + round * 7_919 % 40_000));
        child.kill().unwrap();
        child.wait().unwrap();

        let stored = library.read(&path).unwrap();
        assert!(stored.bytes.len() >= SIZE, "torn after {} bytes", stored.bytes.len());
        assert!(stored.bytes.iter().all(|byte| *byte == stored.bytes[0]), "two writes in one file");
        written += usize::from(stored.version != before);
        before = stored.version;
        leftovers += names_in(path.parent().unwrap()).len() - 1;

        drop(library.lock().unwrap());
        assert_eq!(names_in(path.parent().unwrap()), ["INC-0001.md"], "the next writer tidies up");
    }
    eprintln!("of 50 killed writers {written} had written, {leftovers} left a temporary file");
    assert!(written > 0, "every writer was killed before its first write: the test shows nothing");
}

#[test]
#[ignore = "runs as the child of processes_that_allocate_at_once_never_share_a_number"]
fn child_that_allocates_fifty_numbers() {
    let Some(library) = parents_library() else { return };
    (0..50).for_each(|_| allocate_next(&library));
}

fn allocate_next(library: &Library) {
    let stored = library.lock().unwrap().allocate(|listed| {
        let number = |path: &PathBuf| path.file_stem()?.to_str()?.strip_prefix("INC-")?.parse::<u32>().ok();
        let last = listed.iter().flatten().filter_map(number).max().unwrap_or(0);
        let path = library.root().join(format!("postmortems/2026/INC-{:04}.md", last + 1));
        Ok::<_, StoreError>((path, format!("by {}", std::process::id()).into_bytes()))
    });
    stored.unwrap();
}

#[test]
fn processes_that_allocate_at_once_never_share_a_number() {
    let (_folder, library, path) = library();
    let children = [(); 2].map(|()| child("child_that_allocates_fifty_numbers", library.root()));
    for mut child in children {
        assert!(child.wait().unwrap().success());
    }
    let names = names_in(path.parent().unwrap());
    let expected: Vec<String> = (1..=101).map(|n| format!("INC-{n:04}.md")).collect();
    assert_eq!(names, expected);
    let writers: BTreeSet<String> =
        names[1..].iter().map(|name| fs::read_to_string(path.with_file_name(name)).unwrap()).collect();
    assert_eq!(writers.len(), 2);
}

#[test]
fn threads_that_allocate_at_once_never_share_a_number() {
    let (_folder, library, path) = library();
    thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| (0..10).for_each(|_| allocate_next(&library)));
        }
    });
    assert_eq!(names_in(path.parent().unwrap()).len(), 41);
}

#[test]
fn a_file_that_changed_meanwhile_is_a_conflict_with_both_sides() {
    let (_folder, library, path) = library();
    let stored = library.read(&path).unwrap();
    fs::write(&path, "theirs").unwrap();
    let error = library.lock().unwrap().write_if_unchanged(&path, &stored.version, b"ours").unwrap_err();
    assert!(error.to_string().ends_with("changed after it was read; nothing was written"), "{error}");
    let StoreError::Conflict(conflict) = error else { panic!("not a conflict") };
    assert_eq!(conflict.ours, b"ours");
    assert_eq!(conflict.theirs.unwrap().bytes, b"theirs");
    assert_eq!(fs::read(&path).unwrap(), b"theirs");

    fs::remove_file(&path).unwrap();
    let error = library.lock().unwrap().write_if_unchanged(&path, &stored.version, b"ours").unwrap_err();
    assert!(error.to_string().contains("was removed after it was read"), "{error}");
    assert!(!path.exists());
}

#[test]
fn a_write_gives_the_version_for_the_next_write() {
    let (_folder, library, path) = library();
    let first = library.read(&path).unwrap().version;
    let second = library.lock().unwrap().write_if_unchanged(&path, &first, b"second").unwrap();
    let third = library.lock().unwrap().write_if_unchanged(&path, &second, b"third").unwrap();
    assert_eq!(library.read(&path).unwrap().version, third);
    assert_eq!(third, Version::of(b"third"));
}

#[test]
fn the_same_bytes_are_not_written_again() {
    let (_folder, library, path) = library();
    let before = fs::metadata(&path).unwrap();
    let stored = library.read(&path).unwrap();
    library.lock().unwrap().write_if_unchanged(&path, &stored.version, &stored.bytes).unwrap();
    let after = fs::metadata(&path).unwrap();
    assert_eq!((before.ino(), before.mtime_nsec()), (after.ino(), after.mtime_nsec()));
}

#[test]
fn the_mode_is_kept_and_a_new_file_has_the_usual_one() {
    let (folder, library, path) = library();
    let usual = folder.path().join("usual");
    fs::write(&usual, "").unwrap();
    let mode = |path: &Path| fs::metadata(path).unwrap().mode() & 0o7777;
    assert_eq!(mode(&path), mode(&usual));
    for kept in [0o640, 0o600, 0o664, 0o755] {
        fs::set_permissions(&path, fs::Permissions::from_mode(kept)).unwrap();
        let stored = library.read(&path).unwrap();
        library
            .lock()
            .unwrap()
            .write_if_unchanged(&path, &stored.version, format!("{kept}").as_bytes())
            .unwrap();
        assert_eq!(mode(&path), kept);
    }
}

#[test]
fn the_owner_is_kept() {
    let (_folder, library, path) = library();
    if std::os::unix::fs::chown(&path, Some(12_345), Some(23_456)).is_err() {
        eprintln!("skipped: only root may give files away");
        return;
    }
    let stored = library.read(&path).unwrap();
    library.lock().unwrap().write_if_unchanged(&path, &stored.version, b"new").unwrap();
    let metadata = fs::metadata(&path).unwrap();
    assert_eq!((metadata.uid(), metadata.gid()), (12_345, 23_456));
}

#[test]
fn a_read_only_file_is_refused() {
    let (_folder, library, path) = library();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o444)).unwrap();
    let stored = library.read(&path).unwrap();
    let error = library.lock().unwrap().write_if_unchanged(&path, &stored.version, b"new").unwrap_err();
    assert!(matches!(error, StoreError::ReadOnly { .. }), "{error}");
    assert!(error.hint().unwrap().starts_with("allow writing with `chmod u+w "));
    assert_eq!(fs::read(&path).unwrap(), page(0));
}

#[test]
fn a_symbolic_link_stays_one_and_its_target_is_written() {
    let (folder, library, path) = library();
    let elsewhere = folder.path().join("elsewhere");
    fs::create_dir(&elsewhere).unwrap();
    fs::write(elsewhere.join("real.md"), "old").unwrap();
    let link = path.with_file_name("link.md");
    symlink("../../elsewhere/real.md", &link).unwrap();
    let stored = library.read(&link).unwrap();
    library.lock().unwrap().write_if_unchanged(&link, &stored.version, b"new").unwrap();
    assert!(link.is_symlink());
    assert_eq!(fs::read(elsewhere.join("real.md")).unwrap(), b"new");
    assert_eq!(names_in(&elsewhere), ["real.md"]);
}

#[test]
fn a_new_file_never_replaces_another() {
    let (_folder, library, path) = library();
    assert!(matches!(library.lock().unwrap().create_new(&path, b"x"), Err(StoreError::Exists { .. })));
    assert_eq!(fs::read(&path).unwrap(), page(0));
    let dangling = path.with_file_name("dangling.md");
    symlink("nowhere.md", &dangling).unwrap();
    assert!(matches!(library.lock().unwrap().create_new(&dangling, b"x"), Err(StoreError::Exists { .. })));
    assert_eq!(names_in(path.parent().unwrap()), ["INC-0001.md", "dangling.md"]);
}

#[test]
fn who_waits_too_long_for_the_lock_is_told_who_holds_it() {
    let (_folder, library, path) = library();
    let guard = library.lock().unwrap();
    let impatient = library.clone().with_lock_wait(Duration::from_millis(80));
    let error = impatient.lock().unwrap_err();
    let process = std::process::id();
    let message = format!("is held by process {process}; waited 0.1 s for it");
    assert!(error.to_string().ends_with(&message), "{error}");
    assert!(error.hint().unwrap().contains(&format!("ps -p {process}")));
    drop(guard);
    impatient.lock().unwrap().create_new(&path.with_file_name("b.md"), b"x").unwrap();
}

#[test]
fn a_folder_without_a_library_is_written_safely_and_nothing_is_left_in_it() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.md");
    fs::write(&path, "old").unwrap();
    let library = Library::loose(folder.path()).with_lock_wait(Duration::from_millis(10));
    let stored = library.read(&path).unwrap();
    library.lock().unwrap().write_if_unchanged(&path, &stored.version, b"new").unwrap();
    assert_eq!(names_in(folder.path()), ["a.md"]);
    let _guard = library.lock().unwrap();
    let error = library.lock().unwrap_err();
    assert!(error.to_string().contains("is held by another process"), "{error}");
}

#[test]
fn a_renamed_document_takes_its_evidence_with_it() {
    let (_folder, library, path) = library();
    let guard = library.lock().unwrap();
    let written = guard.write_evidence(&path, "slack.jsonl", b"{}\n").unwrap();
    assert_eq!(written, evidence_folder(&path).join("slack.jsonl"));
    guard.write_evidence(&path, "slack.jsonl", b"{}\n{}\n").unwrap();

    let to = path.with_file_name("INC-0002.md");
    guard.rename(&path, &to).unwrap();
    assert_eq!(names_in(to.parent().unwrap()), ["INC-0002.evidence", "INC-0002.md"]);
    assert_eq!(fs::read(evidence_folder(&to).join("slack.jsonl")).unwrap(), b"{}\n{}\n");

    guard.create_new(&path, b"another").unwrap();
    assert!(matches!(guard.rename(&to, &path), Err(StoreError::Exists { .. })));
    assert_eq!(names_in(to.parent().unwrap()), ["INC-0001.md", "INC-0002.evidence", "INC-0002.md"]);

    assert!(guard.remove_evidence(&to).unwrap());
    assert!(!guard.remove_evidence(&to).unwrap());
}

#[test]
fn evidence_is_never_written_outside_its_folder() {
    let (_folder, library, path) = library();
    let guard = library.lock().unwrap();
    for name in ["../INC-0001.md", "/etc/motd", "a/b", "..", ""] {
        assert!(guard.write_evidence(&path, name, b"x").is_err(), "{name}");
    }
    assert_eq!(fs::read(&path).unwrap(), page(0));
}
