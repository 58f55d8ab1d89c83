//! Libraries that hold what nobody expects: each is reported clearly, the rest is checked, nothing hangs.

#![cfg(unix)]

use std::fs;
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::process::Command;

use recount_engine::document::template::TEMPLATE;
use snapbox::{assert_data_eq, str};

use crate::harness::Folder;

/// A library with one good draft and everything odd, but for what the user may not read.
fn odd_library() -> Folder {
    let folder = Folder::library();
    folder.write("postmortems/good.md", TEMPLATE);
    folder.write("postmortems/latin.md", b"# Caf\xe9 closed\n\nThe till did not open.\n");
    let big = fs::File::create(folder.path("postmortems/big.md")).expect("the file can be made");
    big.set_len(50 * 1024 * 1024).expect("a sparse file can be that long");
    let fifo =
        Command::new("mkfifo").arg(folder.path("postmortems/pipe.md")).status().expect("mkfifo is there");
    assert!(fifo.success());
    symlink("loop.md", folder.path("postmortems/loop.md")).expect("links can be made");
    symlink("gone-nowhere.md", folder.path("postmortems/dangling.md")).expect("links can be made");
    symlink(".", folder.path("postmortems/round")).expect("links can be made");
    folder
}

#[test]
fn each_odd_file_is_reported_and_the_rest_is_checked() {
    let folder = odd_library();
    let run = folder.recount(&["check", "--format", "short"]).is(2);
    let lines: Vec<&str> = run.out.lines().filter(|line| !line.starts_with("postmortems/good.md:")).collect();
    assert_data_eq!(
        lines.join("\n"),
        str![[r#"
postmortems/latin.md:1:1: error[foreign-template] this document is not in the postmortem template
postmortems/latin.md:1:6: error[invalid-utf8] the byte `0xE9` is not UTF-8
postmortems/big.md: error: has 50 MiB, above the limit of 16 MiB; raw logs belong in the evidence folder beside the postmortem
postmortems/dangling.md: error: points to a file that does not exist; mend or remove the symbolic link
postmortems/loop.md: error: is a symbolic link that leads back to itself; remove the symbolic link
postmortems/pipe.md: error: is a named pipe, not a file
postmortems/round: error: is a symbolic link that leads back to `ROOT/postmortems`, which holds it; remove the symbolic link
"#]]
    );
    assert!(run.out.contains("postmortems/good.md:"), "{}", run.out);
}

#[test]
fn every_format_reports_odd_files_and_exits_with_2() {
    let folder = odd_library();
    for format in ["human", "json", "sarif", "github", "junit"] {
        let run = folder.recount(&["check", "--format", format]).is(2);
        for name in ["big.md", "pipe.md", "loop.md", "dangling.md", "round", "latin.md", "good.md"] {
            assert!(run.out.contains(&format!("postmortems/{name}")), "{name} in {format}:\n{}", run.out);
        }
    }
}

#[test]
fn other_commands_over_the_library_pass_odd_files_by_too() {
    let folder = odd_library();
    let run = folder.recount(&["list"]).is(2);
    assert_eq!(run.err.lines().count(), 5, "{}", run.err);
    assert!(run.out.contains("(untitled) postmortems/good.md"), "{}", run.out);
    let run = folder.recount(&["fmt", "--check"]).is(2);
    assert_eq!(run.err.lines().last(), Some("2 in canonical form, 5 could not be formatted"));
    let run = folder.recount(&["new", "Still works"]).is(0);
    assert_eq!(run.out, "postmortems/2026/INC-0001-still-works.md\n");
}

#[test]
fn an_odd_file_that_is_named_says_what_it_is() {
    let folder = odd_library();
    for (file, why) in [
        ("big.md", "has 50 MiB, above the limit of 16 MiB"),
        ("pipe.md", "is a named pipe, not a file"),
        ("loop.md", "is a symbolic link that leads back to itself"),
    ] {
        let path = format!("postmortems/{file}");
        for args in [&["show"][..], &["fmt"], &["log", "--actor", "@ana"], &["stage"]] {
            let rest: &[&str] = match args[0] {
                "log" => &[&path, "text"],
                "stage" => &[&path, "draft"],
                _ => &[&path],
            };
            let run = folder.recount(&[args, rest].concat()).is(2);
            assert!(run.err.starts_with(&format!("error: `{path}` {why}\n")), "{args:?} {}", run.err);
        }
        let run = folder.recount(&["check", &path]).is(2);
        assert!(run.out.contains(why), "{}", run.out);
    }
}

#[test]
fn a_file_that_may_not_be_read_is_reported() {
    let folder = Folder::library();
    folder.write("postmortems/good.md", TEMPLATE);
    folder.write("postmortems/private.md", TEMPLATE);
    let private = folder.path("postmortems/private.md");
    fs::set_permissions(&private, fs::Permissions::from_mode(0o000)).expect("its owner may");
    if fs::read(&private).is_ok() {
        eprintln!("SKIPPED: this user may read every file, so that none is unreadable");
        return;
    }
    let run = folder.recount(&["check"]).is(2);
    assert!(
        run.out.contains("error: cannot be read: permission denied\n--> postmortems/private.md\n"),
        "{}",
        run.out
    );
    assert!(run.out.contains("postmortems/good.md"), "{}", run.out);
}

#[test]
fn a_file_in_another_encoding_keeps_its_bytes() {
    let folder = odd_library();
    let bytes = fs::read(folder.path("postmortems/latin.md")).expect("it can be read");
    folder.recount(&["check", "--fix"]).is(2);
    folder.recount(&["fmt"]).is(2);
    assert_eq!(fs::read(folder.path("postmortems/latin.md")).expect("it can be read"), bytes);
}

#[test]
fn a_change_goes_through_a_link_and_keeps_the_file_s_mode() {
    let folder = Folder::library();
    folder.write(
        "elsewhere/INC-0001-linked.md",
        TEMPLATE.replace("**Incident ID**:", "**Incident ID**: INC-0001"),
    );
    let target = folder.path("elsewhere/INC-0001-linked.md");
    fs::set_permissions(&target, fs::Permissions::from_mode(0o640)).expect("its owner may");
    symlink("../elsewhere/INC-0001-linked.md", folder.path("postmortems/INC-0001-linked.md"))
        .expect("links can be made");
    folder.recount(&["set", "1", "severity", "Sev2"]).is(0);
    assert!(folder.read("elsewhere/INC-0001-linked.md").contains("**Severity**: Sev2\n"));
    let link = fs::symlink_metadata(folder.path("postmortems/INC-0001-linked.md")).expect("it is there");
    assert!(link.file_type().is_symlink());
    assert_eq!(fs::metadata(&target).expect("it is there").permissions().mode() & 0o777, 0o640);
}

#[test]
fn a_read_only_file_is_not_written() {
    let folder = Folder::library();
    folder.recount(&["new", "One"]).is(0);
    let path = folder.path("postmortems/2026/INC-0001-one.md");
    fs::set_permissions(&path, fs::Permissions::from_mode(0o444)).expect("its owner may");
    folder.recount(&["set", "1", "severity", "Sev2"]).refuses(
        "`ROOT/postmortems/2026/INC-0001-one.md` is read-only",
        "allow writing with `chmod u+w ROOT/postmortems/2026/INC-0001-one.md`",
    );
}

#[test]
fn a_new_baseline_names_what_it_could_not_read_and_keeps_what_was_accepted_of_it() {
    let folder = Folder::library();
    folder.write("postmortems/good.md", TEMPLATE);
    folder.write("postmortems/latin.md", b"# Caf\xe9 closed\n\nThe till did not open.\n");
    folder.recount(&["check", "--write-baseline"]).is(0);
    let before = folder.read("recount-baseline.jsonl");
    assert!(before.contains("postmortems/latin.md"), "{before}");
    fs::remove_file(folder.path("postmortems/latin.md")).expect("it is there");
    symlink("latin.md", folder.path("postmortems/latin.md")).expect("links can be made");
    let run = folder.recount(&["check", "--write-baseline"]).is(2);
    assert!(run.err.contains("latin.md` is a symbolic link that leads back to itself"), "{}", run.err);
    assert_eq!(folder.read("recount-baseline.jsonl"), before);
}
