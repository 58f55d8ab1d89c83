//! Which files a library has, and what it says of those that it cannot read.
#![cfg(unix)]
#![allow(clippy::unwrap_used)]

use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::os::unix::net::UnixListener;
use std::path::Path;
use std::process::Command;

use recount_store::{Library, Listed, StoreError, list_paths};

fn write(root: &Path, path: &str) {
    let path = root.join(path);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, "# An incident\n").unwrap();
}

fn library_with(paths: &[&str]) -> (tempfile::TempDir, Library) {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("recount.toml"), "").unwrap();
    for path in paths {
        write(folder.path(), path);
    }
    let library = Library::open(folder.path()).unwrap();
    (folder, library)
}

/// One line for each candidate, its path relative to the root.
fn shown(library: &Library, listed: &[Listed]) -> Vec<String> {
    let line = |listed: &Listed| match listed {
        Ok(path) => library.relative(path).display().to_string(),
        Err(unreadable) => format!("{} {}", library.relative(&unreadable.path).display(), unreadable.why),
    };
    listed.iter().map(line).collect()
}

#[test]
fn a_library_is_found_from_any_folder_below_it() {
    let (folder, _) = library_with(&["postmortems/2026/a.md"]);
    let below = folder.path().join("postmortems/2026");
    for from in [folder.path().to_owned(), below.clone(), below.join("../../postmortems")] {
        let root = Library::discover(&from).unwrap().root().canonicalize().unwrap();
        assert_eq!(root, folder.path().canonicalize().unwrap());
    }
}

#[test]
fn without_a_library_the_error_says_how_to_make_one() {
    let folder = tempfile::tempdir().unwrap();
    let error = Library::discover(folder.path()).unwrap_err();
    assert!(matches!(error, StoreError::NoLibrary { .. }));
    assert!(error.to_string().starts_with("there is no `recount.toml` in `"), "{error}");
    assert!(error.hint().unwrap().contains("`recount init`"));
    assert!(matches!(Library::open(folder.path()), Err(StoreError::NotALibrary { .. })));
}

#[test]
fn a_listing_holds_the_documents_of_the_library_in_order() {
    let (folder, library) = library_with(&[
        "postmortems/2026/b.md",
        "postmortems/2026/a.markdown",
        "postmortems/2025/UPPER.MD",
        "postmortems/template.md",
        "postmortems/notes.txt",
        "postmortems/.hidden.md",
        "postmortems/.git/x.md",
        "postmortems/2026/b.evidence/notes.md",
        "postmortems/drafts/ignored.md",
        "postmortems/vendored/ignored.md",
        "README.md",
        ".recount/cache/c.md",
    ]);
    fs::write(folder.path().join(".gitignore"), "drafts/\n").unwrap();
    fs::write(folder.path().join("postmortems/.ignore"), "vendored\n").unwrap();
    let listed = shown(&library, &library.list());
    assert_eq!(listed, ["postmortems/2025/UPPER.MD", "postmortems/2026/a.markdown", "postmortems/2026/b.md"]);
}

#[test]
fn a_library_without_its_folder_is_empty() {
    let (_folder, library) = library_with(&[]);
    assert_eq!(library.list(), []);
}

#[test]
fn folders_are_those_that_were_configured() {
    let (_folder, library) = library_with(&["incidents/a.md", "postmortems/b.md"]);
    let library = library.with_folders(["incidents".into(), "not-there-yet".into()]);
    assert_eq!(shown(&library, &library.list()), ["incidents/a.md"]);
}

#[test]
fn named_files_are_taken_as_they_are_and_once() {
    let (folder, library) = library_with(&["postmortems/a.md", "notes.txt", "template.md"]);
    let at = |path: &str| folder.path().join(path);
    let listed = list_paths([
        at("notes.txt"),
        at("postmortems"),
        at("postmortems/a.md"),
        at("template.md"),
        at("gone.md"),
    ]);
    assert_eq!(
        shown(&library, &listed),
        ["gone.md does not exist", "notes.txt", "postmortems/a.md", "template.md"]
    );
}

#[test]
fn what_cannot_be_read_is_reported_and_the_rest_is_read() {
    let (folder, library) = library_with(&["postmortems/a.md", "postmortems/z.md", "postmortems/huge.md"]);
    let at = |path: &str| folder.path().join("postmortems").join(path);
    fs::File::create(at("huge.md")).unwrap().set_len(50 * 1024 * 1024).unwrap();
    fs::write(at("latin-1.md"), b"caf\xe9").unwrap();
    assert!(Command::new("mkfifo").arg(at("fifo.md")).status().unwrap().success());
    let _socket = UnixListener::bind(at("socket.md")).unwrap();
    symlink("itself.md", at("itself.md")).unwrap();
    symlink("nowhere.md", at("dangling.md")).unwrap();
    symlink("nowhere", at("dangling-other")).unwrap();
    symlink("..", at("up")).unwrap();
    symlink("/dev/zero", at("zero.md")).unwrap();
    symlink("a.md", at("linked.md")).unwrap();

    let (mut answers, listed) = (Vec::new(), library.list());
    library.scan(
        &listed,
        2,
        |path, bytes| {
            let name = path.file_name().unwrap().to_str().unwrap().to_owned();
            match bytes {
                Ok(bytes) => format!("{name} {}", bytes.len()),
                Err(unreadable) => format!("{name} {}", unreadable.why),
            }
        },
        |answer| answers.push(answer),
    );
    let root = folder.path().canonicalize().unwrap();
    let root = root.display();
    assert_eq!(
        answers,
        [
            "a.md 14",
            "dangling.md points to a file that does not exist",
            "fifo.md is a named pipe, not a file",
            "huge.md has 50 MiB, above the limit of 16 MiB",
            "itself.md is a symbolic link that leads back to itself",
            "latin-1.md 4",
            "linked.md 14",
            "socket.md is a socket, not a file",
            &format!("up is a symbolic link that leads back to `{root}`, which holds it"),
            "z.md 14",
            "zero.md is a device, not a file",
        ]
    );
}

#[test]
fn a_link_to_a_folder_lists_its_documents_once() {
    let (folder, library) = library_with(&["postmortems/2026/a.md", "other-team/b.md", "archive/c.md"]);
    let link = |target: &str, path: &str| symlink(target, folder.path().join(path)).unwrap();
    link("2026", "postmortems/latest");
    link("../other-team", "postmortems/theirs");
    link("../other-team", "postmortems/theirs-again");
    link("../archive", "other-team/archive");
    link("../postmortems", "archive/back");
    let listed = library.list();
    let good: Vec<_> = listed.iter().flatten().map(|path| library.relative(path).to_str().unwrap()).collect();
    assert_eq!(good.len(), 3, "{good:?}");
    assert!(good.contains(&"postmortems/2026/a.md"));

    // A library that is itself behind a link is walked like any other.
    symlink(folder.path().join("postmortems"), folder.path().join("linked")).unwrap();
    assert_eq!(list_paths([folder.path().join("linked/2026")]).len(), 1);
    assert_eq!(list_paths([folder.path().join("linked")]).iter().flatten().count(), 3);
}

#[test]
fn a_pipe_that_takes_the_place_of_a_file_after_the_listing_does_not_hang() {
    let (folder, library) = library_with(&["postmortems/a.md", "postmortems/b.md"]);
    let listed = library.list();
    let path = folder.path().join("postmortems/a.md");
    fs::remove_file(&path).unwrap();
    assert!(Command::new("mkfifo").arg(&path).status().unwrap().success());
    let mut read = Vec::new();
    library.scan(&listed, 1, |_, bytes| bytes.is_ok(), |is_ok| read.push(is_ok));
    assert_eq!(read, [false, true]);
    assert!(matches!(library.read(&path), Err(StoreError::Unreadable(_))));
}

#[test]
fn what_nobody_may_read_is_reported() {
    let (folder, library) =
        library_with(&["postmortems/a.md", "postmortems/closed/b.md", "postmortems/mine.md"]);
    let at = |path: &str| folder.path().join("postmortems").join(path);
    let set_mode =
        |path: &str, mode| fs::set_permissions(at(path), fs::Permissions::from_mode(mode)).unwrap();
    set_mode("mine.md", 0o000);
    set_mode("closed", 0o000);
    if fs::read(at("mine.md")).is_ok() {
        eprintln!("skipped: root may read everything, so that nothing here is unreadable");
        return;
    }
    let mut answers = Vec::new();
    library.scan(&library.list(), 2, |_, bytes| bytes.err().map(|it| it.why), |why| answers.push(why));
    set_mode("closed", 0o700);
    let denied = Some("cannot be read: permission denied".to_owned());
    assert_eq!(answers, [None, denied.clone(), denied]);
}
