//! Git: commits on request, the history of a postmortem, and merging two branches.

use std::fs;

use crate::harness::{Folder, Run};

const ROW: &str = "| Time (UTC) | Actor | Action | Result |\n|---|---|---|---|\n";
const FILE: &str = "postmortems/2026/INC-0001-seats-sold-twice.md";

/// A library in a repository with one postmortem, all of it committed, and somebody who commits.
fn library() -> Folder {
    let folder = Folder::empty();
    folder.git(&["init", "--quiet", "--initial-branch=main"]);
    for (key, value) in
        [("user.name", "Ana Li"), ("user.email", "ana@example.org"), ("commit.gpgsign", "false")]
    {
        folder.git(&["config", key, value]);
    }
    folder.recount(&["init"]).is(0);
    folder.recount(&["new", "Seats sold twice"]).is(0);
    folder.commit("Add the library");
    folder
}

fn subjects(folder: &Folder) -> Vec<String> {
    folder.git_says(&["log", "--format=%s"]).lines().map(str::to_owned).collect()
}

fn files_of_last_commit(folder: &Folder) -> Vec<String> {
    let names = folder.git_says(&["show", "--format=", "--name-only", "--no-renames", "HEAD"]);
    names.lines().map(str::to_owned).collect()
}

fn hook(folder: &Folder, name: &str, script: &str) {
    use std::os::unix::fs::PermissionsExt;
    let path = folder.path(&format!(".git/hooks/{name}"));
    fs::create_dir_all(path.parent().expect("a file is in a folder")).expect("the folder can be made");
    fs::write(&path, format!("#!/bin/sh\n{script}\n")).expect("the hook can be written");
    fs::set_permissions(path, fs::Permissions::from_mode(0o755)).expect("the mode can be set");
}

fn set(folder: &Folder, more: &[&str]) -> Run {
    let mut args = vec!["set", "INC-0001", "severity", "Sev1", "--commit"];
    args.extend(more);
    folder.recount(&args)
}

#[test]
fn a_commit_holds_what_the_command_changed_and_nothing_else() {
    let folder = library();
    folder.write("notes.txt", "staged by hand\n");
    folder.git(&["add", "notes.txt"]);
    folder.replace("recount.toml", "[library]", "[library]\n# edited by hand");
    let run = set(&folder, &[]).is(0);
    assert!(run.err.starts_with("committed "), "{}", run.err);
    assert_eq!(subjects(&folder)[0], "INC-0001: set Severity to Sev1");
    assert_eq!(files_of_last_commit(&folder), [FILE]);
    assert_eq!(folder.git_says(&["log", "-1", "--format=%an <%ae>"]), "Ana Li <ana@example.org>");
    assert_eq!(folder.git_says(&["status", "--porcelain"]), "A  notes.txt\n M recount.toml");
    let run = set(&folder, &[]).is(0);
    assert_eq!(run.err, "nothing changed, so nothing was committed\n");
    let run = folder.recount(&[
        "set",
        "INC-0001",
        "severity",
        "Sev2",
        "--commit",
        "--message",
        "Fewer people\n\nAs counted.",
    ]);
    run.is(0);
    assert_eq!(folder.git_says(&["log", "-1", "--format=%B"]), "Fewer people\n\nAs counted.");
}

#[test]
fn every_command_that_changes_files_commits_them() {
    let folder = library();
    folder.write("chat.csv", "when,who,what\n2026-11-20T14:02:00Z,ana,Restarted the seat service\n");
    folder.write("wiki/slow.md", "# Checkout slow\n\n## Impact\n\nSlow for an hour.\n");
    folder.write("mess.md", folder.read(FILE).replace("INC-0001", "INC-0009"));
    folder.write(
        "talk.csv",
        "n,when,who,what\n1,2026-11-20T14:03:00Z,ana,hm\n2,2026-11-20T14:04:00Z,ben,well\n",
    );
    let map = "time=when,actor=who,action=what,kind=command";
    let talk = "time=when,actor=who,action=what,kind=note,id=n";
    let cases: &[(&[&str], &str)] = &[
        (&["new", "Cluster full"], "INC-0002: new postmortem \"Cluster full\""),
        (
            &["log", "INC-0001", "Restarted it", "--actor", "@ana", "--at", "2026-11-20 14:02"],
            "INC-0001: log Restarted it",
        ),
        (&["import", "INC-0001", "chat.csv", "--map", map], "INC-0001: import chat.csv"),
        (&["draft", "Queue stuck", "chat.csv", "--map", map], "INC-0003: draft \"Queue stuck\""),
        (&["stage", "INC-0001", "draft"], ""),
        (&["stage", "INC-0001", "review", "--force"], "INC-0001: move to stage review"),
        (&["rename", "INC-0003", "Queue was stuck"], "INC-0003: rename to \"Queue was stuck\""),
        (&["renumber", "INC-0003", "INC-0007"], "INC-0003: renumber to INC-0007"),
        (&["adopt", "wiki/slow.md"], "Adopt INC-0008"),
        (&["set", "INC-0002", "severity", ""], "INC-0002: clear Severity"),
        (&["import", "INC-0002", "talk.csv", "--map", talk], "INC-0002: import talk.csv"),
        (&["take", "INC-0002", "row:1"], "INC-0002: take 1 event into the timeline"),
        (&["dismiss", "INC-0002", "--all"], "INC-0002: dismiss 1 candidate"),
        (&["dismiss", "INC-0002", "--all"], ""),
        (
            &["actions", "add", "INC-0002", "Limit the pool", "--priority", "P1", "--force"],
            "INC-0002#1: add Limit the pool",
        ),
        (
            &["actions", "set", "INC-0002#1", "--status", "in-progress", "--owner", "@ana", "--force"],
            "INC-0002#1: In progress, owner @ana",
        ),
        (&["actions", "ids", "INC-0002"], "Give 1 action item an ID that stays"),
        (&["check", "--write-baseline"], "Accept the findings of today"),
    ];
    for (args, subject) in cases {
        let before = subjects(&folder);
        let args: Vec<&str> = args.iter().copied().chain(["--commit"]).collect();
        folder.recount(&args).is(0);
        let after = subjects(&folder);
        if subject.is_empty() {
            assert_eq!(after, before, "{args:?} changed nothing");
        } else {
            assert_eq!(after[0], *subject, "{args:?}");
            assert_eq!(after.len(), before.len() + 1, "{args:?}");
        }
        let left = folder.git_says(&["status", "--porcelain", "postmortems", "recount.toml"]);
        assert_eq!(left, "", "{args:?} left something");
    }
    let unsorted = folder.read(FILE).replace(ROW, &format!("{ROW}| 2026-11-20 15:00 | @ana | Later | |\n"));
    folder.write(FILE, unsorted);
    folder.recount(&["fmt", "--commit"]).is(0);
    assert_eq!(subjects(&folder)[0], "Format 1 postmortem");
    folder.recount(&["check", "--commit"]).refuses(
        "`--commit` has nothing to commit: `check` alone changes nothing",
        "add `--fix` or `--write-baseline`",
    );
}

/// What is the matter, how it comes about, and what is said about it: a sentence and a hint.
type Refusal = (&'static str, fn(&Folder), &'static str, &'static str);

#[test]
fn where_no_commit_can_be_made_nothing_is_written() {
    let cases: &[Refusal] = &[
        (
            "a protected branch",
            |folder| {
                folder.replace("recount.toml", "[library]", "[git]\nprotected = [\"ma*\"]\n\n[library]");
            },
            "cannot commit: the branch `main` is protected (`ma*` of `protected` in `recount.toml`)",
            "`git switch --create BRANCH` first, and make a merge request of it",
        ),
        (
            "a detached head",
            |folder| folder.git(&["switch", "--quiet", "--detach"]),
            "cannot commit: `HEAD` is detached: the commit would be on no branch",
            "`git switch BRANCH` first, or `git switch --create BRANCH`",
        ),
        (
            "nobody",
            |folder| {
                folder.git(&["config", "--unset", "user.name"]);
                folder.git(&["config", "--unset", "user.email"]);
                folder.git(&["config", "user.useConfigOnly", "true"]);
            },
            "cannot commit: git does not know who commits",
            "`git config --global user.name NAME` and `git config --global user.email ADDRESS` tell it",
        ),
        (
            "a merge",
            |folder| {
                folder.git(&["switch", "--quiet", "--create", "other"]);
                folder.write("a.txt", "a");
                folder.commit("a");
                folder.git(&["switch", "--quiet", "main"]);
                folder.write("b.txt", "b");
                folder.commit("b");
                folder.git(&["merge", "--quiet", "--no-commit", "--no-ff", "other"]);
            },
            "cannot commit: a merge is under way in the repository",
            "finish or abort it first; or leave out `--commit` and commit with it",
        ),
        (
            "no repository",
            |folder| fs::remove_dir_all(folder.path(".git")).expect("it is there"),
            "`ROOT` is not in a git repository",
            "run it in a git repository (`git init` makes one), or without the option that asks git",
        ),
    ];
    for (what, prepare, sentence, hint) in cases {
        let folder = library();
        prepare(&folder);
        let before = folder.read(FILE);
        eprintln!("{what}");
        set(&folder, &[]).refuses(sentence, hint);
        assert_eq!(folder.read(FILE), before, "{what}");
    }
    library().recount(&["set", "INC-0001", "severity", "Sev1", "--message", "x"]).is(2);
}

#[test]
fn a_hook_that_refuses_is_heard_and_the_files_stay_changed() {
    let folder = library();
    hook(&folder, "pre-commit", "echo 'no commits on Fridays' >&2; exit 1");
    let run = set(&folder, &[]).is(2);
    assert_eq!(
        run.err,
        "error: changed, but not committed: `git commit` failed\nno commits on Fridays\n\
         hint: the files are changed; mend what is said above, then commit them with `git commit`\n"
    );
    assert!(folder.read(FILE).contains("**Severity**: Sev1"));
    assert_eq!(folder.git_says(&["status", "--porcelain"]), format!(" M {FILE}"));
    // A file that is new to git is as unknown to it as before.
    folder.recount(&["new", "Cluster full", "--commit"]).is(2);
    assert!(
        folder.git_says(&["status", "--porcelain"]).contains("?? postmortems/2026/INC-0002-cluster-full.md")
    );
    assert_eq!(subjects(&folder).len(), 1);
}

#[test]
fn commits_that_meet_all_stand_in_the_history() {
    use std::process::Stdio;
    const MANY: usize = 8;
    let folder = library();
    // Slow enough that all of them are there while the first one commits.
    hook(&folder, "pre-commit", "sleep 0.1");
    let texts: Vec<String> = (0..MANY).map(|n| format!("Step {n}")).collect();
    let children: Vec<_> = texts
        .iter()
        .map(|text| {
            let args = ["log", "INC-0001", text, "--actor", "@ana", "--at", "2026-11-20 14:02", "--commit"];
            let mut command = folder.command(&args);
            command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
            command.spawn().expect("the binary was built")
        })
        .collect();
    for child in children {
        let output = child.wait_with_output().expect("it is our child");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    }
    let mut made = subjects(&folder);
    made.truncate(MANY);
    made.sort();
    let wanted: Vec<String> = texts.iter().map(|text| format!("INC-0001: log {text}")).collect();
    assert_eq!(made, wanted);
    // Each commit holds the row that it tells of, and no other.
    for n in 0..MANY {
        let revision = format!("HEAD~{n}");
        let subject = folder.git_says(&["log", "-1", "--format=%s", &revision]);
        let patch = folder.git_says(&["show", "--format=", "--unified=0", &revision]);
        let rows: Vec<&str> = patch.lines().filter(|line| line.starts_with("+|")).collect();
        assert_eq!(rows.len(), 1, "{subject}: {patch}");
        let text = subject.rsplit("log ").next().unwrap_or_default();
        assert!(rows[0].contains(text), "{subject}: {patch}");
    }
    assert_eq!(folder.git_says(&["status", "--porcelain"]), "");
}

#[test]
fn the_lock_of_another_git_is_waited_for_and_then_said() {
    let folder = library();
    folder.write(".git/index.lock", "");
    let run = set(&folder, &[]).is(2);
    let (sentence, hint) = run.err.split_once('\n').expect("there is a hint");
    let before = "error: changed, but not committed: another git holds `.git/index.lock`; waited ";
    assert!(sentence.starts_with(before) && sentence.ends_with(" s for it"), "{sentence}");
    assert_eq!(
        hint,
        format!(
            "hint: the files are changed; when it has finished, commit them in `ROOT` with `git add -- {FILE} && \
             git commit -- {FILE}` (where no git is running, one that crashed left its lock)\n"
        )
    );
    assert!(folder.read(FILE).contains("**Severity**: Sev1"), "the edit stands in the file");
    fs::remove_file(folder.path(".git/index.lock")).expect("it is there");
    assert_eq!(folder.git_says(&["status", "--porcelain"]), format!(" M {FILE}"));
}

#[test]
fn hooks_and_templates_of_the_user_run_and_no_editor_waits() {
    let folder = library();
    folder.git(&["config", "core.editor", "sleep 600"]);
    folder.git(&["config", "commit.verbose", "true"]);
    hook(&folder, "commit-msg", "echo 'Reviewed-by: nobody' >> \"$1\"");
    set(&folder, &[]).is(0);
    assert!(folder.git_says(&["log", "-1", "--format=%B"]).ends_with("Reviewed-by: nobody"));
}

#[test]
fn an_ignored_file_is_said_and_keeps_nothing_else_from_being_committed() {
    let folder = library();
    folder.write(".gitignore", ".recount/\n*.csv\n*-cluster-full.md\n*.evidence/\n");
    folder.commit("Ignore some");
    let run = folder.recount(&["new", "Cluster full", "--commit"]).is(2);
    let path = "postmortems/2026/INC-0002-cluster-full.md";
    let sentence = format!("error: changed, but not committed: git ignores `{path}`\n");
    assert!(run.err.starts_with(&sentence), "{}", run.err);
    assert!(folder.path(path).exists());

    folder.write("chat.csv", "when,who,what\n2026-11-20T14:02:00Z,ana,Restarted the seat service\n");
    let map = "time=when,actor=who,action=what,kind=command";
    let run = folder.recount(&["import", "INC-0001", "chat.csv", "--map", map, "--commit"]).is(0);
    assert!(
        run.err.contains("git ignores `postmortems/2026/INC-0001-seats-sold-twice.evidence/"),
        "{}",
        run.err
    );
    assert_eq!(files_of_last_commit(&folder), [FILE]);
}

#[cfg(unix)]
#[test]
fn a_file_outside_of_the_library_is_changed_and_not_committed() {
    let folder = library();
    let elsewhere = Folder::empty();
    elsewhere.write("full.md", folder.read(FILE));
    fs::remove_file(folder.path(FILE)).expect("it is there");
    std::os::unix::fs::symlink(elsewhere.path("full.md"), folder.path(FILE)).expect("a link can be made");
    let run = set(&folder, &[]).is(2);
    assert!(
        run.err.contains("changed, but not committed: `") && run.err.contains("is not below"),
        "{}",
        run.err
    );
    assert!(elsewhere.read("full.md").contains("Sev1\n"));
}

#[test]
fn the_library_may_be_a_folder_of_the_repository_a_work_tree_or_a_submodule() {
    // A folder, in a repository without any commit.
    let folder = Folder::empty();
    folder.git(&["init", "--quiet", "--initial-branch=main"]);
    folder.git(&["config", "user.name", "Ana Li"]);
    folder.git(&["config", "user.email", "ana@example.org"]);
    folder.recount(&["init", "team/library"]).is(0);
    folder.recount(&["--library", "team/library", "new", "Seats sold twice", "--commit"]).is(0);
    assert_eq!(files_of_last_commit(&folder), [format!("team/library/{FILE}")]);

    let folder = library();
    folder.git(&["worktree", "add", "--quiet", "tree", "-b", "other"]);
    folder.recount(&["--library", "tree", "set", "INC-0001", "severity", "Sev1", "--commit"]).is(0);
    assert_eq!(subjects(&folder).len(), 1, "the main work tree is on its own branch");
    assert_eq!(folder.git_says(&["log", "-1", "--format=%s", "other"]), "INC-0001: set Severity to Sev1");

    let outer = Folder::empty();
    outer.git(&["init", "--quiet", "--initial-branch=main"]);
    let inner = folder.root().display().to_string();
    outer.git(&["-c", "protocol.file.allow=always", "submodule", "add", "--quiet", &inner, "library"]);
    for (key, value) in [("user.name", "Ben"), ("user.email", "ben@example.org")] {
        outer.git(&["-C", "library", "config", key, value]);
    }
    outer.recount(&["--library", "library", "set", "INC-0001", "severity", "Sev0", "--commit"]).is(0);
    assert_eq!(
        outer.git_says(&["-C", "library", "log", "-1", "--format=%an: %s"]),
        "Ben: INC-0001: set Severity to Sev0"
    );
}

#[test]
fn renaming_commits_both_names_and_the_evidence() {
    let folder = library();
    folder.write("chat.csv", "when,who,what\n2026-11-20T14:02:00Z,ana,Restarted the seat service\n");
    let map = "time=when,actor=who,action=what,kind=command";
    folder.recount(&["import", "INC-0001", "chat.csv", "--map", map, "--commit"]).is(0);
    let evidence = files_of_last_commit(&folder).len() - 1;
    assert!(evidence >= 1);
    folder.recount(&["rename", "INC-0001", "Seats sold thrice", "--commit"]).is(0);
    assert_eq!(files_of_last_commit(&folder).len(), 2 + 2 * evidence);
    assert_eq!(folder.git_says(&["status", "--porcelain"]), "?? chat.csv");
    let history = folder.recount(&["history", "INC-0001"]).is(0);
    assert!(history.out.contains(&format!("renamed from {FILE}")), "{}", history.out);
}

#[test]
fn a_message_may_hold_any_character_and_the_history_is_still_read() {
    let folder = library();
    let message = "Count \u{1e} again \u{1f} and\u{1e}again";
    set(&folder, &["--message", message]).is(0);
    let json = folder.recount(&["history", "INC-0001", "--format", "json"]).is(0).json();
    let subjects: Vec<&str> = json["revisions"]
        .as_array()
        .expect("a list")
        .iter()
        .filter_map(|one| one["subject"].as_str())
        .collect();
    assert_eq!(subjects, [message, "Add the library"]);
    assert_eq!(json["revisions"][0]["changes"][0]["name"], "Severity");
}

#[test]
fn a_new_postmortem_is_no_copy_of_another_one_from_the_same_template() {
    let folder = library();
    folder.recount(&["new", "Cluster full", "--commit"]).is(0);
    let run = folder.recount(&["history", "INC-0002"]).is(0);
    let lines: Vec<&str> = run.out.lines().collect();
    assert_eq!(lines.len(), 2, "{}", run.out);
    assert_eq!(lines[1], "    added");
}

#[test]
fn the_history_of_a_shallow_clone_says_that_it_is_cut() {
    let folder = library();
    set(&folder, &[]).is(0);
    folder.recount(&["set", "INC-0001", "severity", "Sev2", "--commit"]).is(0);
    let clone = Folder::empty();
    let from = format!("file://{}", folder.root().display());
    clone.git(&["clone", "--quiet", "--depth", "2", &from, "."]);
    let run = clone.recount(&["history", "INC-0001"]).is(0);
    let lines: Vec<&str> = run.out.lines().collect();
    assert_eq!(lines[1], "    Severity: Sev1 → Sev2", "{}", run.out);
    assert_eq!(lines[3..], ["    the history is cut here: this clone is shallow"], "{}", run.out);
    assert_eq!(run.err, "hint: `git fetch --unshallow` brings what came before\n");
    let json = clone.recount(&["history", "INC-0001", "--format", "json"]).is(0).json();
    let edge = &json["revisions"][1];
    assert_eq!((&edge["added"], &edge["cut"]), (&false.into(), &true.into()));
    // A commit behind the edge that adds a postmortem adds it.
    clone.recount(&["new", "Cluster full"]).is(0);
    clone.commit("Add another");
    assert!(clone.recount(&["history", "INC-0002"]).is(0).out.ends_with("    added\n"));
    clone.recount(&["history", "INC-0001", "--limit", "0"]).is(2);
}

#[test]
fn the_history_says_who_changed_what() {
    let folder = library();
    set(&folder, &[]).is(0);
    folder
        .recount(&[
            "log",
            "INC-0001",
            "Restarted it",
            "--actor",
            "@ana",
            "--at",
            "2026-11-20 14:02",
            "--commit",
        ])
        .is(0);
    folder.recount(&["set", "INC-0001", "severity", "Sev2"]).is(0);
    let run = folder.recount(&["history", "INC-0001"]).is(0);
    let lines: Vec<&str> = run.out.lines().collect();
    assert_eq!(lines[..2], ["not committed yet", "    Severity: Sev1 → Sev2"]);
    assert!(lines[2].contains("  Ana Li  INC-0001: log Restarted it  ("), "{}", run.out);
    assert_eq!(lines[3], "    Timeline: + 2026-11-20 14:02 | @ana | Restarted it |");
    assert!(lines[4].contains("  Ana Li  INC-0001: set Severity to Sev1  ("), "{}", run.out);
    assert_eq!(lines[5], "    Severity: Sev0 / Sev1 / Sev2 / Sev3 → Sev1");
    assert!(lines[6].contains("  Test  Add the library  ("), "{}", run.out);
    assert_eq!(lines[7..], ["    added"]);

    let json = folder.recount(&["history", "INC-0001", "--limit", "1", "--format", "json"]).is(0).json();
    assert_eq!(json["recount"]["format"], "history");
    assert_eq!(json["path"], FILE);
    assert_eq!(json["uncommitted"][0]["after"], "Sev2");
    assert_eq!(json["revisions"].as_array().map(Vec::len), Some(1));
    let change = &json["revisions"][0]["changes"][0];
    assert_eq!(
        (change["section"].as_str(), change["part"].as_str()),
        (Some("Timeline"), Some("timeline-row"))
    );

    folder.recount(&["new", "Cluster full"]).is(0);
    let run = folder.recount(&["history", "INC-0002"]).is(0);
    assert!(
        run.err.starts_with("no commit holds `postmortems/2026/INC-0002-cluster-full.md` yet"),
        "{}",
        run.err
    );
}

#[test]
fn the_history_of_merged_branches_accuses_nobody_of_what_others_did() {
    let folder = branches(
        &[("**Severity**: Sev0 / Sev1 / Sev2 / Sev3", "**Severity**: Sev1")],
        &[("- **Start time** (UTC):", "- **Start time** (UTC): 2026-11-20 14:00")],
    );
    folder.git(&["merge", "--quiet", "--no-edit", "ana"]);
    let json = folder.recount(&["history", "INC-0001", "--format", "json"]).is(0).json();
    assert_eq!(json["uncommitted"].as_array().map(Vec::len), Some(0), "the tree is clean: {json}");
    let told = json["revisions"].as_array().cloned().unwrap_or_default();
    for (branch, field) in [("ana", "Severity"), ("ben", "Start time (UTC)")] {
        let commit = told.iter().find(|one| one["subject"] == branch).expect("each branch has its commit");
        let changes = commit["changes"].as_array().cloned().unwrap_or_default();
        let names: Vec<_> = changes.iter().filter_map(|one| one["name"].as_str()).collect();
        assert_eq!(names, [field], "{commit}");
    }
}

/// A library that merges its postmortems, with a branch `ana` and a branch `ben` that changed it.
fn branches(ana: &[(&str, &str)], ben: &[(&str, &str)]) -> Folder {
    let folder = library();
    folder.recount(&["init", "--git"]).is(0);
    let text = folder.read(FILE).replace(
        &format!("{ROW}| | | | |\n"),
        &format!("{ROW}| 2026-11-20 14:02 | pager | Pager fired | |\n| 14:10 | @ana | Rolled back | |\n"),
    );
    folder.write(FILE, text);
    folder.commit("Begin");
    for (branch, changes) in [("ana", ana), ("ben", ben)] {
        folder.git(&["switch", "--quiet", "--create", branch, "main"]);
        for (old, new) in changes {
            folder.replace(FILE, old, new);
        }
        folder.commit(branch);
    }
    folder
}

const ANA: &[(&str, &str)] = &[
    ("**Severity**: Sev0 / Sev1 / Sev2 / Sev3", "**Severity**: Sev1"),
    ("| Rolled back | |\n", "| Rolled back | |\n| 14:20 | @ana | Told support | |\n"),
    ("| P1 | | | | | |", "| P1 | Lock seats | @ana | 2026-12-04 | Open | replay the sale |"),
];
const BEN: &[(&str, &str)] = &[
    ("- **Start time** (UTC):", "- **Start time** (UTC): 2026-11-20 14:00"),
    ("| Rolled back | |\n", "| Rolled back | errors gone |\n| 14:15 | @ben | Closed the sale | |\n"),
    ("| P1 | | | | | |", "| P1 | Alert on doubles | @ben | 2026-12-10 | Open | fire it |"),
];

#[test]
fn two_branches_merge_where_git_alone_would_not() {
    let folder = branches(ANA, BEN);
    folder.git(&["config", "merge.recount.driver", "git merge-file -p %A %O %B > /dev/null; exit 1"]);
    assert!(!folder.git_output(&["merge", "--quiet", "ana"]).status.success());
    folder.git(&["merge", "--abort"]);
    folder.git(&["config", "--unset", "merge.recount.driver"]);
    folder.recount(&["init", "--git"]).is(0);

    folder.git(&["merge", "--quiet", "-m", "Merge", "ana"]);
    let merged = folder.read(FILE);
    assert!(
        merged.contains(
            "| 14:10 | @ana | Rolled back | errors gone |\n| 14:15 | @ben | Closed the sale | |\n\
         | 14:20 | @ana | Told support | |\n"
        ),
        "{merged}"
    );
    assert!(merged.contains("**Severity**: Sev1\n- **Start time** (UTC): 2026-11-20 14:00\n"), "{merged}");
    for text in ["| P1 | Lock seats |", "| P1 | Alert on doubles |"] {
        assert!(merged.contains(text), "{merged}");
    }
}

#[test]
fn a_rebase_gives_what_a_merge_gives() {
    let (merge, rebase) = (branches(ANA, BEN), branches(ANA, BEN));
    merge.git(&["merge", "--quiet", "-m", "Merge", "ana"]);
    rebase.git(&["rebase", "--quiet", "ana"]);
    let sorted = |text: String| {
        let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
        lines.sort();
        lines
    };
    assert_eq!(sorted(merge.read(FILE)), sorted(rebase.read(FILE)));
}

#[test]
fn one_cell_changed_by_both_is_a_conflict_of_one_row() {
    let folder = branches(
        &[("| Rolled back | |", "| Rolled back | errors gone |"), ANA[0]],
        &[("| Rolled back | |", "| Rolled back | errors halved |"), BEN[0]],
    );
    assert!(!folder.git_output(&["merge", "--quiet", "ana"]).status.success());
    let text = folder.read(FILE);
    assert!(text.contains(
        "| 2026-11-20 14:02 | pager | Pager fired | |\n<<<<<<< ours\n| 14:10 | @ana | Rolled back | errors halved |\n\
         =======\n| 14:10 | @ana | Rolled back | errors gone |\n>>>>>>> theirs\n"
    ), "{text}");
    assert_eq!(text.matches("<<<<<<<").count(), 1, "{text}");
    assert_eq!(folder.git_says(&["diff", "--name-only", "--diff-filter=U"]), FILE);

    // Until somebody has chosen, it is said, and no command adds to it.
    let found = folder.recount(&["check", "--format", "short"]).is(1).out;
    assert!(found.contains("error[unresolved-conflict]"), "{found}");
    for args in [
        &["set", "INC-0001", "regions", "eu"][..],
        &["log", "INC-0001", "Told support", "--at", "2026-11-20 14:30"],
        &["actions", "add", "INC-0001", "Lock seats"],
    ] {
        let run = folder.recount(args).is(2);
        assert!(run.err.contains("has a conflict of two branches in line"), "{args:?}: {}", run.err);
    }
    folder.recount(&["fmt"]).is(0);
    folder.recount(&["check", "--fix"]).is(1);
    assert_eq!(folder.read(FILE), text);
}

#[test]
fn where_git_finds_no_recount_a_conflict_is_marked_all_the_same() {
    let folder = branches(
        &[("| Rolled back | |", "| Rolled back | errors gone |")],
        &[("| Rolled back | |", "| Rolled back | errors halved |")],
    );
    let driver = folder.git_says(&["config", "merge.recount.driver"]);
    folder.git(&["config", "merge.recount.driver", &driver.replace("recount", "recount-is-not-here")]);
    assert!(!folder.git_output(&["merge", "--quiet", "ana"]).status.success());
    let text = folder.read(FILE);
    assert!(
        text.contains("<<<<<<<") && text.contains("errors gone") && text.contains("errors halved"),
        "{text}"
    );
}

#[test]
fn a_file_that_is_no_postmortem_merges_as_git_merges_it() {
    for (base, ours, theirs, code) in [
        ("a\nb\nc\nd\ne\n", "A\nb\nc\nd\ne\n", "a\nb\nc\nd\nE\n", 0),
        ("a\n", "b\n", "c\n", 1),
        ("\0a", "\0b", "\0c", 1),
    ] {
        let folder = Folder::empty();
        for (name, text) in [("o", base), ("a", ours), ("a2", ours), ("b", theirs)] {
            folder.write(name, text);
        }
        folder.recount(&["merge-driver", "o", "a", "b", "notes.md"]).is(code);
        let labels = ["-L", "ours", "-L", "base", "-L", "theirs"];
        let args: Vec<&str> =
            ["merge-file", "--quiet"].into_iter().chain(labels).chain(["a2", "o", "b"]).collect();
        folder.git_output(&args);
        assert_eq!(folder.read("a"), folder.read("a2"));
    }
}

#[test]
fn init_sets_git_up_once_and_tells_what_it_did() {
    let folder = Folder::empty();
    folder
        .recount(&["init", "--git"])
        .refuses("`.` is not in a git repository", "`git init` makes one; nothing was made here");
    assert!(folder.files("").is_empty());
    folder.git(&["init", "--quiet"]);
    let run = folder.recount(&["init", "--git"]).is(0);
    assert_eq!(
        run.out,
        "made a library in `.`:\n  recount.toml\n  template.md\n  .gitignore\n  \
         .gitattributes (postmortems/**/*.md merge=recount)\n  \
         git config merge.recount.name \"postmortems, by rows and fields\"\n  \
         git config merge.recount.driver \"if command -v recount >/dev/null; then recount merge-driver \
         --marker-size %L %O %A %B %P; else git merge-file --marker-size=%L %A %O %B; fi\"\n  postmortems/\n"
    );
    let run = folder.recount(&["init", "--git"]).is(0);
    assert_eq!(run.out, "`.` is a library already; nothing was changed\n");
    assert_eq!(folder.git_says(&["check-attr", "merge", FILE]), format!("{FILE}: merge: recount"));

    // A second clone has the attributes and not the setting.
    folder.commit("Add the library");
    folder.git(&["clone", "--quiet", ".", "clone"]);
    let run = folder.recount(&["init", "--git", "clone"]).is(0);
    assert!(
        run.out.starts_with("changed the library in `clone`:\n  git config merge.recount.name"),
        "{}",
        run.out
    );
    // What somebody set stays.
    folder.git(&["config", "merge.recount.driver", "/opt/recount merge-driver %O %A %B"]);
    let run = folder.recount(&["init", "--git"]).is(0);
    assert_eq!(
        run.err,
        "`merge.recount.driver` is `/opt/recount merge-driver %O %A %B` already and stays so\n"
    );
}
