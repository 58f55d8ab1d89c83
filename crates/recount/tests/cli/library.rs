//! Making a library and postmortems in it: `init`, `new`, and copies of the template made by hand.

use recount_engine::document::template::TEMPLATE;
use snapbox::{assert_data_eq, str};

use crate::harness::Folder;

#[test]
fn the_example_library_keeps_out_of_git_what_a_new_one_does() {
    assert_eq!(Folder::examples().read(".gitignore"), Folder::library().read(".gitignore"));
}

#[test]
fn without_a_library_commands_say_how_to_make_one() {
    let folder = Folder::empty();
    for args in [&["list"][..], &["show", "1"], &["new", "Checkout down"], &["set", "1", "severity", "Sev1"]]
    {
        folder.recount(args).refuses(
            "there is no `recount.toml` in `ROOT` or in a folder above it",
            "make a library with `recount init`, or name one with `--library PATH`",
        );
    }
    folder.recount(&["check"]).refuses(
        "there is no library here and no file was named",
        "name files to check, or make a library with `recount init`",
    );
    folder.recount(&["fmt"]).refuses(
        "there is no library here and no file was named",
        "name files to format, or make a library with `recount init`",
    );
    folder.recount(&["--library", "nowhere", "list"]).refuses(
        "`nowhere` is not a library: it has no `recount.toml`",
        "make a library with `recount init`, or name one with `--library PATH`",
    );
}

#[test]
fn init_makes_a_library_with_the_template_byte_for_byte() {
    let folder = Folder::empty();
    let run = folder.recount(&["init"]).is(0);
    assert_data_eq!(
        run.out,
        str![[r#"
made a library in `.`:
  recount.toml
  template.md
  .gitignore
  postmortems/

"#]]
    );
    assert_eq!(folder.read("template.md"), TEMPLATE);
    assert_eq!(folder.read(".gitignore"), ".recount/\n");
    folder.recount(&["check"]).is(0);
}

#[test]
fn init_again_changes_nothing() {
    let folder = Folder::library();
    folder.write("recount.toml", "[library]\nid = \"PM-{seq:03}\"\n");
    let before = folder.files("");
    let run = folder.recount(&["init"]).is(0);
    assert_eq!(run.out, "`.` is a library already; nothing was changed\n");
    assert_eq!(folder.files(""), before);
    assert_eq!(folder.read("recount.toml"), "[library]\nid = \"PM-{seq:03}\"\n");
}

#[test]
fn init_adds_its_line_to_an_ignore_file_that_is_there() {
    let folder = Folder::empty();
    folder.write(".gitignore", "target");
    folder.recount(&["init"]).is(0);
    assert_eq!(folder.read(".gitignore"), "target\n.recount/\n");
}

#[test]
fn init_in_a_repository_says_what_is_to_be_committed() {
    let folder = Folder::empty();
    folder.git(&["init", "--quiet", "--initial-branch=main"]);
    let run = folder.recount(&["init", "docs/incidents"]).is(0);
    assert!(run.err.contains("hint: commit the new files: `git add docs/incidents`, then"), "{}", run.err);
    assert!(!folder.recount(&["init", "docs/incidents"]).is(0).err.contains("git add"));
}

#[test]
fn init_inside_a_library_warns() {
    let folder = Folder::library();
    let run = folder.recount(&["init", "teams/payments"]).is(0);
    assert_data_eq!(
        run.err,
        str![[r#"
warning: `teams/payments` is inside the library `ROOT`
hint: write the first postmortem with `recount draft TITLE EVIDENCE…` or `recount new TITLE`

"#]]
    );
}

#[test]
fn new_takes_the_next_id_and_fills_what_is_known() {
    let folder = Folder::library();
    let run = folder.recount(&["new", "Checkout refused cards"]).is(0);
    assert_eq!(run.out, "postmortems/2026/INC-0001-checkout-refused-cards.md\n");
    assert_eq!(run.err, "");
    let args = ["new", "Search slow", "--severity", "sev1", "--start", "2025-12-31 23:30 -01:00"];
    let run = folder.recount(&[&args[..], &["--service", "search", "--service", "checkout"]].concat()).is(0);
    assert_eq!(run.out, "postmortems/2026/INC-0002-search-slow.md\n");
    let text = folder.read("postmortems/2026/INC-0002-search-slow.md");
    let filled = TEMPLATE
        .replace(
            "# Postmortem template\n\nCopy this file for each incident postmortem.\n",
            "---\nstage: draft\n---\n\n# Search slow\n",
        )
        .replace("**Incident ID**:", "**Incident ID**: INC-0002")
        .replace("Sev0 / Sev1 / Sev2 / Sev3", "Sev1")
        .replace("**Start time** (UTC):", "**Start time** (UTC): 2026-01-01 00:30")
        .replace("**Primary services impacted**:", "**Primary services impacted**: search, checkout");
    assert_eq!(text, filled);
    let run = folder.recount(&["new", "Known elsewhere", "--id", "INC-0040"]).is(0);
    assert_eq!(run.out, "postmortems/2026/INC-0040-known-elsewhere.md\n");
    let run = folder.recount(&["new", "After a gap"]).is(0);
    assert_eq!(run.out, "postmortems/2026/INC-0041-after-a-gap.md\n");
}

#[test]
fn new_refuses_what_it_cannot_use() {
    let folder = Folder::library();
    folder.recount(&["new", "First"]).is(0);
    let time = "write it as `2026-11-20 14:02`; it is UTC unless it names another zone";
    let letters = "choose letters, digits and dashes: files are named after it";
    for (args, sentence, hint) in [
        (
            ["--id", "INC-0001"],
            "the ID `INC-0001` is taken",
            "leave out `--id` for the next free one, or see `recount list`",
        ),
        (
            ["--id", "inc-0001"],
            "the ID `inc-0001` is taken",
            "leave out `--id` for the next free one, or see `recount list`",
        ),
        (["--id", "../x"], "`../x` cannot be an ID", letters),
        (["--id", ""], "an ID cannot be empty", letters),
        (["--severity", "Sev9"], "`Sev9` is not a severity", "use `Sev0`, `Sev1`, `Sev2` or `Sev3`"),
        (["--start", "yesterday"], "`yesterday` of `--start` is not a time", time),
        (["--start", "14:02"], "`14:02` of `--start` cannot be used: it has no date", time),
        (["--start", "~14:02"], "`~14:02` of `--start` cannot be used: it is not exact", time),
    ] {
        folder.recount(&[&["new", "Second"][..], &args].concat()).refuses(sentence, hint);
    }
    assert_eq!(folder.files("postmortems").len(), 1, "nothing was made");
}

#[test]
fn new_warns_of_an_id_that_is_not_of_the_pattern() {
    let folder = Folder::library();
    let run = folder.recount(&["new", "Second", "--id", "OPS-7"]).is(0);
    assert_eq!(run.out, "postmortems/2026/OPS-7-second.md\n");
    assert_data_eq!(
        run.err,
        str![[r#"
warning: `OPS-7` is not of the pattern `INC-{seq:04}`
hint: `id` under `[library]` in `recount.toml` sets the pattern

"#]]
    );
}

#[test]
fn a_pattern_without_a_counter_is_made_unique() {
    let folder = Folder::library();
    folder.write("recount.toml", "[library]\nid = \"{date}-{slug}\"\nlayout = \"{year}/{month}\"\n");
    let made: Vec<String> = (0..3).map(|_| folder.recount(&["new", "Disk full"]).is(0).out).collect();
    assert_eq!(
        made,
        [
            "postmortems/2026/11/2026-11-23-disk-full.md\n",
            "postmortems/2026/11/2026-11-23-disk-full-2.md\n",
            "postmortems/2026/11/2026-11-23-disk-full-3.md\n"
        ]
    );
}

#[test]
fn a_copy_of_the_template_made_by_hand_is_an_untitled_draft_without_an_error() {
    let folder = Folder::library();
    folder.write("postmortems/copied.md", TEMPLATE);
    let run = folder.recount(&["check", "--format", "json"]).is(0);
    let run = run.json();
    assert_eq!(run["documents"][0]["stage"], "draft");
    assert_eq!(run["summary"]["errors"], 0);
    assert_eq!(folder.recount(&["fmt", "--check"]).is(0).err, "1 in canonical form\n");
    let shown = folder.recount(&["show", "postmortems/copied.md"]).is(0);
    assert!(shown.out.starts_with("(untitled draft)\npostmortems/copied.md, stage draft\n"), "{}", shown.out);
    let listed = folder.recount(&["list", "--format", "json"]).is(0).json();
    assert_eq!(listed["postmortems"][0]["title"], serde_json::Value::Null);
}

#[test]
fn a_copy_made_by_hand_and_one_made_by_new_are_checked_and_formatted_alike() {
    let folder = Folder::library();
    folder.recount(&["new", "Checkout refused cards"]).is(0);
    let made = "postmortems/2026/INC-0001-checkout-refused-cards.md";
    let copied = "postmortems/2026/INC-0002-by-hand.md";
    let by_hand = TEMPLATE
        .replace("# Postmortem template", "# Checkout refused cards")
        .replace("Copy this file for each incident postmortem.\n\n", "")
        .replace("**Incident ID**:", "**Incident ID**: INC-0002");
    folder.write(copied, by_hand);
    for path in [made, copied] {
        for (old, new) in [
            (
                "|---|---|---|---|\n| | | | |\n",
                "|---|---|---|---|\n| 2026-11-20 16:05 +02:00 | @ana | **Resolved.** Pool doubled | |\n| 2026-11-20 14:02 | @ana | **Started.** First refusal | |\n",
            ),
            ("**Start time** (UTC):", "**Start time** (UTC): 2026-11-20 14:02"),
            ("**End time** (UTC):", "**End time** (UTC): 2026-11-20 14:05"),
        ] {
            folder.replace(path, old, new);
        }
    }
    folder.recount(&["fmt"]).is(0);
    let body = |path: &str| {
        let text = folder.read(path);
        text[text.find("**Severity**").expect("the field is there")..].to_owned()
    };
    assert_eq!(body(made), body(copied));
    assert!(body(made).contains("**Duration**: 3m\n"), "{}", body(made));
    assert!(
        body(made)
            .contains("| 2026-11-20 14:02 | @ana | **Started.** First refusal | |\n| 2026-11-20 14:05 |")
    );
    let findings = |path: &str| {
        let run = folder.recount(&["check", "--stage", "review", "--format", "json", path]).is(1).json();
        let all = run["documents"][0]["findings"].as_array().expect("there are some").clone();
        all.iter().map(|finding| format!("{} {}", finding["rule"], finding["message"])).collect::<Vec<_>>()
    };
    assert_eq!(findings(made), findings(copied));
}
