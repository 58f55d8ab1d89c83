//! What changed since a revision, asked of a real repository.
#![allow(clippy::unwrap_used)]

use std::fs;
use std::path::Path;
use std::process::Command;

use recount_store::{Library, StoreError};

fn git(folder: &Path, arguments: &[&str]) {
    let output = Command::new("git")
        .current_dir(folder)
        .args(["-c", "user.name=Ana", "-c", "user.email=ana@example.com", "-c", "commit.gpgsign=false"])
        .args(arguments)
        .env("GIT_CONFIG_GLOBAL", "/dev/null")
        .output()
        .unwrap();
    assert!(output.status.success(), "git {arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
}

/// A repository with a library in a folder of it: one commit on `main`, then a branch.
fn repository() -> (tempfile::TempDir, Library) {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path().join("team/library");
    fs::create_dir_all(root.join("postmortems")).unwrap();
    fs::write(root.join("recount.toml"), "").unwrap();
    for name in ["kept.md", "committed.md", "changed.md", "removed.md", "später ✓.md"] {
        fs::write(root.join("postmortems").join(name), name).unwrap();
    }
    fs::write(folder.path().join("outside.md"), "outside").unwrap();
    fs::write(folder.path().join(".gitignore"), "ignored.md\n").unwrap();
    git(folder.path(), &["init", "--quiet", "--initial-branch=main"]);
    git(folder.path(), &["add", "--all"]);
    git(folder.path(), &["commit", "--quiet", "--message=first"]);
    git(folder.path(), &["switch", "--quiet", "--create", "branch"]);
    let library = Library::open(&root).unwrap();
    (folder, library)
}

#[test]
fn changed_since_counts_commits_edits_and_new_files_from_the_merge_base() {
    let (folder, library) = repository();
    let write = |name: &str| fs::write(library.root().join("postmortems").join(name), "new").unwrap();
    write("committed.md");
    git(folder.path(), &["commit", "--quiet", "--all", "--message=second"]);
    // What happens on the main branch meanwhile is not our change.
    git(folder.path(), &["switch", "--quiet", "main"]);
    write("kept.md");
    git(folder.path(), &["commit", "--quiet", "--all", "--message=meanwhile"]);
    git(folder.path(), &["switch", "--quiet", "branch"]);
    ["changed.md", "später ✓.md", "untracked.md", "staged.md", "ignored.md"].into_iter().for_each(write);
    git(folder.path(), &["add", "team/library/postmortems/staged.md"]);
    fs::remove_file(library.root().join("postmortems/removed.md")).unwrap();
    fs::write(folder.path().join("outside.md"), "changed").unwrap();

    let changed = library.changed_since("main").unwrap();
    let names: Vec<&str> = changed.iter().map(|path| path.file_name().unwrap().to_str().unwrap()).collect();
    assert_eq!(names, ["changed.md", "committed.md", "später ✓.md", "staged.md", "untracked.md"]);
    assert!(changed.iter().all(|path| path.is_file()), "paths lead to the files: {changed:?}");
}

#[test]
fn a_file_is_read_as_it_was() {
    let (_folder, library) = repository();
    let path = library.root().join("postmortems/changed.md");
    fs::write(&path, "new").unwrap();
    let base = library.merge_base("main").unwrap();
    assert_eq!(library.bytes_at(&base, &path).unwrap().unwrap(), b"changed.md");
    assert_eq!(library.bytes_at("HEAD", &library.root().join("postmortems/none.md")).unwrap(), None);
}

#[test]
fn what_git_cannot_answer_is_said_with_what_to_do() {
    let (folder, library) = repository();
    for rev in ["no-such-branch", "--output=x", "", "HEAD:team"] {
        let error = library.changed_since(rev).unwrap_err();
        assert!(matches!(error, StoreError::UnknownRevision { .. }), "{rev}: {error}");
        assert!(error.hint().is_some());
    }
    assert!(!folder.path().join("team/library/x").exists());

    git(folder.path(), &["switch", "--quiet", "--orphan", "unrelated"]);
    git(folder.path(), &["commit", "--quiet", "--allow-empty", "--message=unrelated"]);
    let root = library.root();
    fs::create_dir_all(root).unwrap();
    assert!(matches!(library.changed_since("main"), Err(StoreError::NoMergeBase { .. })));

    let alone = tempfile::tempdir().unwrap();
    let error = Library::loose(alone.path()).changed_since("main").unwrap_err();
    assert!(matches!(error, StoreError::NotARepository { .. }), "{error}");
}

#[test]
fn a_file_that_git_lost_is_not_taken_for_one_that_was_not_there() {
    let (folder, library) = repository();
    let output = Command::new("git")
        .current_dir(library.root())
        .args(["rev-parse", "HEAD:./postmortems/kept.md"])
        .output()
        .unwrap();
    let name = String::from_utf8(output.stdout).unwrap();
    let (start, rest) = name.trim().split_at(2);
    fs::remove_file(folder.path().join(".git/objects").join(start).join(rest)).unwrap();
    let error = library.bytes_at("HEAD", &library.root().join("postmortems/kept.md")).unwrap_err();
    assert!(matches!(error, StoreError::Git { .. }), "{error}");
}

#[test]
fn a_renamed_file_is_known_by_its_old_name() {
    let (folder, library) = repository();
    let path = |name: &str| library.root().join("postmortems").join(name);
    git(folder.path(), &["mv", "team/library/postmortems/kept.md", "team/library/postmortems/moved ✓.md"]);
    assert_eq!(library.renamed_since("main").unwrap(), [(path("moved ✓.md"), path("kept.md"))]);
}

#[test]
fn a_file_that_was_renamed_and_not_added_is_known_by_its_old_name() {
    let (folder, library) = repository();
    let path = |name: &str| library.root().join("postmortems").join(name);
    let text = (0..40).map(|number| format!("line {number}\n")).collect::<Vec<_>>().concat();
    fs::write(path("kept.md"), &text).unwrap();
    git(folder.path(), &["commit", "--quiet", "--all", "--message=longer"]);
    fs::remove_file(path("kept.md")).unwrap();
    fs::write(path("moved ✓.md"), text.replace("line 7\n", "line seven\n")).unwrap();
    let status = || {
        let output = Command::new("git").current_dir(folder.path()).args(["status", "--porcelain"]).output();
        String::from_utf8(output.unwrap().stdout).unwrap()
    };
    let before = status();
    assert_eq!(library.renamed_since("HEAD").unwrap(), [(path("moved ✓.md"), path("kept.md"))]);
    assert_eq!(status(), before, "asking changes nothing");
}
