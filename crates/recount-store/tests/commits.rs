//! Commits that nobody watches, in real repositories: what hangs is stopped, and leaves no lock behind.
#![cfg(unix)]
#![allow(clippy::unwrap_used)]

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use recount_store::{Commit, Library, Store, StoreError, StorePath};

fn git(folder: &Path, arguments: &[&str]) -> String {
    let output = Command::new("git")
        .current_dir(folder)
        .args(arguments)
        .env("GIT_CONFIG_GLOBAL", "/dev/null")
        .env("GIT_CONFIG_SYSTEM", "/dev/null")
        .output()
        .unwrap();
    assert!(output.status.success(), "git {arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

/// A library in a repository, with the path of a document in it that is not committed.
fn library() -> (tempfile::TempDir, Library, StorePath) {
    let folder = tempfile::tempdir().unwrap();
    git(folder.path(), &["init", "--quiet", "--initial-branch=main"]);
    for (key, value) in [("user.name", "Ana"), ("user.email", "ana@example.com"), ("commit.gpgsign", "false")]
    {
        git(folder.path(), &["config", key, value]);
    }
    fs::write(folder.path().join("recount.toml"), "").unwrap();
    let library = Library::open(folder.path()).unwrap();
    let path = StorePath::new("postmortems/INC-0001.md").unwrap();
    library.add(&path, b"# Full\n").unwrap();
    (folder, library, path)
}

fn program(path: &Path, script: &str) {
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, format!("#!/bin/sh\n{script}\n")).unwrap();
    fs::set_permissions(path, fs::Permissions::from_mode(0o755)).unwrap();
}

fn commit(patience: Duration) -> Commit {
    Commit { message: "Add it".to_owned(), author: None, patience: Some(patience) }
}

#[test]
fn a_hook_that_waits_for_ever_is_stopped_and_leaves_no_lock() {
    let (folder, library, path) = library();
    program(&folder.path().join(".git/hooks/pre-commit"), "echo waiting for you; sleep 600");
    let error = library.commit(std::slice::from_ref(&path), &commit(Duration::from_millis(700))).unwrap_err();
    assert!(matches!(error, StoreError::NotCommitted { .. }), "{error}");
    let text = error.to_string();
    assert!(text.contains("it was stopped") && text.contains("waiting for you"), "{text}");
    assert!(!folder.path().join(".git/index.lock").exists());
    assert!(git(folder.path(), &["status", "--porcelain"]).contains("?? postmortems/"));

    fs::remove_file(folder.path().join(".git/hooks/pre-commit")).unwrap();
    assert!(library.commit(&[path], &commit(Duration::from_mins(1))).unwrap().is_some());
}

#[test]
fn a_git_of_somebody_else_is_waited_for() {
    let (folder, library, path) = library();
    let lock = folder.path().join(".git/index.lock");
    fs::write(&lock, "").unwrap();
    let other = std::thread::spawn({
        let lock = lock.clone();
        move || {
            std::thread::sleep(Duration::from_millis(300));
            fs::remove_file(lock).unwrap();
        }
    });
    assert!(library.commit(&[path], &commit(Duration::from_mins(1))).unwrap().is_some());
    other.join().unwrap();
}

#[test]
fn a_hook_that_speaks_of_another_lock_runs_once() {
    let (folder, library, path) = library();
    let hook = folder.path().join(".git/hooks/pre-commit");
    program(&hook, "echo >> .git/ran; echo 'poetry.lock is out of date'; exit 1");
    let error = library.commit(&[path], &commit(Duration::from_mins(1))).unwrap_err();
    assert!(error.to_string().contains("poetry.lock is out of date"), "{error}");
    assert_eq!(fs::read_to_string(folder.path().join(".git/ran")).unwrap(), "\n");
}

#[test]
fn a_signature_that_cannot_be_made_is_a_commit_that_was_not() {
    let (folder, library, path) = library();
    let signer = folder.path().join("no-terminal");
    program(&signer, "echo 'gpg: cannot open the terminal' >&2; exit 2");
    git(folder.path(), &["config", "commit.gpgsign", "true"]);
    git(folder.path(), &["config", "gpg.program", signer.to_str().unwrap()]);
    let error = library.commit(&[path], &commit(Duration::from_mins(1))).unwrap_err();
    assert!(error.to_string().contains("cannot open the terminal"), "{error}");
    assert!(error.hint().unwrap().contains("git commit"));
}

#[test]
fn a_library_knows_which_files_were_changed_through_it() {
    let (_folder, library, path) = library();
    let names = |library: &Library| -> Vec<String> {
        library.changed_files().unwrap().iter().map(StorePath::to_string).collect()
    };
    assert_eq!(names(&library), ["postmortems/INC-0001.md"]);
    let other = Library::open(library.root()).unwrap();
    assert!(names(&other).is_empty(), "what others did is not ours");

    let stored = other.load(&path).unwrap();
    other.save(&path, &stored.version, &stored.bytes).unwrap();
    assert!(names(&other).is_empty(), "the same bytes are no change");
    let document = other.root().join(path.as_path());
    other.lock().unwrap().write_evidence(&document, "chat.jsonl", b"{}\n").unwrap();
    other.relocate(&path, &StorePath::new("postmortems/INC-0002.md").unwrap()).unwrap();
    assert_eq!(
        names(&other),
        [
            "postmortems/INC-0001.evidence/chat.jsonl",
            "postmortems/INC-0001.md",
            "postmortems/INC-0002.evidence/chat.jsonl",
            "postmortems/INC-0002.md"
        ]
    );
    other.lock().unwrap().remove_evidence(&other.root().join("postmortems/INC-0002.md")).unwrap();
    assert_eq!(names(&other).len(), 4);
}
