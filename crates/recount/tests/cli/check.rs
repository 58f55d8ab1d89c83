//! `check`: exit codes, formats, fixes, what is new since a commit or a baseline, and the configuration.

use std::fs;
use std::io::{BufRead, BufReader};
use std::process::Stdio;

use recount_engine::document::template::TEMPLATE;
use serde_json::Value;
use snapbox::{assert_data_eq, str};

use crate::harness::{Folder, Run, repository};

/// A postmortem of the examples whose only error is its duration.
const WRONG_DURATION: &str = "postmortems/2026/INC-0012-fees-charged-twice.md";
/// One without any finding.
const CLEAN: &str = "postmortems/2026/INC-0013-scanners-kept-inventory-overloaded.md";

/// The examples, with one fault in the postmortem that had none.
fn with_one_fault() -> Folder {
    let folder = Folder::examples();
    folder.replace(CLEAN, "**Duration**: 1h 17m", "**Duration**: 2h 17m");
    folder
}

/// The rules that were reported for a file, by `short`.
fn rules(run: &Run) -> Vec<&str> {
    run.out.lines().filter_map(|line| Some(line.split_once('[')?.1.split_once(']')?.0)).collect()
}

#[test]
fn the_exit_code_tells_clean_from_faulty_from_unreadable() {
    let folder = Folder::examples();
    folder.write("blank.md", TEMPLATE);
    for (paths, code) in [
        (&[CLEAN][..], 0),
        (&["blank.md"], 0),
        (&[WRONG_DURATION], 1),
        (&["missing.md"], 2),
        (&[CLEAN, "missing.md"], 2),
        (&[WRONG_DURATION, "missing.md"], 2),
    ] {
        folder.recount(&[&["check"][..], paths].concat()).is(code);
    }
}

#[test]
fn a_check_for_people_shows_the_place_the_reason_and_what_to_do() {
    let run = with_one_fault().recount(&["check", CLEAN]).is(1);
    assert_data_eq!(
        run.out,
        str![[r#"
error[duration-mismatch]: `2h 17m` is not the time from start to end, which is `1h 17m`
  --> postmortems/2026/INC-0013-scanners-kept-inventory-overloaded.md:18:17
   |
18 | - **Duration**: 2h 17m
   |                 ^^^^^^
   |
   = note: people quote this one while figures count with the other
   = help: set the duration to `1h 17m`, or correct the times
fix: set the duration to `1h 17m`
   |
18 - - **Duration**: 2h 17m
18 + - **Duration**: 1h 17m
   |

1 error in 1 of 1 postmortem (1 can be fixed with --fix)

"#]]
    );
}

#[test]
fn a_clean_check_says_so_in_one_line() {
    let run = Folder::examples().recount(&["check", CLEAN]).is(0);
    assert_eq!(run.out, "nothing found in 1 postmortem\n");
    assert_eq!(run.err, "");
}

#[test]
fn the_short_format_is_one_line_for_each_finding() {
    let run = with_one_fault().recount(&["check", "--format", "short", CLEAN]).is(1);
    assert_data_eq!(
        run.out,
        str![[r#"
postmortems/2026/INC-0013-scanners-kept-inventory-overloaded.md:18:17: error[duration-mismatch] `2h 17m` is not the time from start to end, which is `1h 17m`

"#]]
    );
}

#[test]
fn the_github_format_annotates() {
    let run = with_one_fault().recount(&["check", "--format", "github", CLEAN]).is(1);
    assert_data_eq!(
        run.out,
        str![[r#"
::error file=postmortems/2026/INC-0013-scanners-kept-inventory-overloaded.md,line=18,col=17,endLine=18,endColumn=23,title=duration-mismatch::`2h 17m` is not the time from start to end, which is `1h 17m`%0Awhy: people quote this one while figures count with the other%0Ahelp: set the duration to `1h 17m`, or correct the times
1 error in 1 of 1 postmortem (1 can be fixed with --fix)

"#]]
    );
}

#[test]
fn the_junit_format_is_a_suite_for_each_postmortem() {
    let run = with_one_fault().recount(&["check", "--format", "junit", CLEAN]).is(1);
    assert_data_eq!(
        run.out,
        str![[r#"
<?xml version="1.0" encoding="UTF-8"?>
<testsuites name="recount check">
  <testsuite name="postmortems/2026/INC-0013-scanners-kept-inventory-overloaded.md" tests="1" failures="1" errors="0" skipped="0" time="0">
    <testcase classname="postmortems/2026/INC-0013-scanners-kept-inventory-overloaded.md" name="duration-mismatch" file="postmortems/2026/INC-0013-scanners-kept-inventory-overloaded.md" time="0">
      <failure type="duration-mismatch" message="`2h 17m` is not the time from start to end, which is `1h 17m`">postmortems/2026/INC-0013-scanners-kept-inventory-overloaded.md:18:17: error: `2h 17m` is not the time from start to end, which is `1h 17m`
  why: people quote this one while figures count with the other
  help: set the duration to `1h 17m`, or correct the times</failure>
    </testcase>
  </testsuite>
</testsuites>

"#]]
    );
}

#[test]
fn the_json_format_keeps_its_schema_for_everything_that_can_happen() {
    let schema =
        fs::read_to_string(repository().join("docs/schemas/check.v1.json")).expect("the schema is there");
    let schema: Value = serde_json::from_str(&schema).expect("it is JSON");
    let validator = jsonschema::validator_for(&schema).expect("it is a schema");
    let folder = Folder::examples();
    folder.write("postmortems/latin.md", b"# caf\xe9\n");
    for args in
        [&[][..], &["--stage", "final", "--due"], &[CLEAN], &["missing.md"], &["evidence"], &["--fix"]]
    {
        let run = folder.recount(&[&["check", "--format", "json"][..], args].concat());
        let json = run.json();
        let errors: Vec<String> = validator
            .iter_errors(&json)
            .map(|error| format!("{error} at {}", error.instance_path()))
            .collect();
        assert!(errors.is_empty(), "{args:?}: {errors:#?}");
        assert_eq!(json["recount"]["format"], "check");
        assert_eq!(json["recount"]["version"], 1);
    }
}

#[test]
fn the_sarif_format_names_rule_file_and_place() {
    let run = with_one_fault().recount(&["check", "--format", "sarif", CLEAN]).is(1).json();
    assert_eq!(run["version"], "2.1.0");
    let results = run["runs"][0]["results"].as_array().expect("results are a list");
    let result =
        results.iter().find(|result| result["ruleId"] == "duration-mismatch").expect("it is reported");
    let place = &result["locations"][0]["physicalLocation"];
    assert_eq!(place["artifactLocation"]["uri"], CLEAN);
    assert_eq!(place["region"]["startLine"], 18);
    assert_eq!(result["level"], "error");
}

#[test]
fn an_unknown_format_names_those_that_there_are() {
    let run = Folder::examples().recount(&["check", "--format", "xml"]).is(2);
    for name in ["human", "short", "json", "sarif", "github", "junit"] {
        assert!(run.err.contains(name), "{}", run.err);
    }
}

#[test]
fn a_stage_given_by_hand_goes_before_the_document_s_own() {
    let folder = Folder::library();
    folder.recount(&["new", "Checkout refused cards"]).is(0);
    folder.recount(&["check"]).is(0);
    let run = folder.recount(&["check", "--stage", "review", "--format", "json"]).is(1).json();
    assert_eq!(run["documents"][0]["stage"], "review");
    let reviewed = run["summary"]["errors"].as_u64().expect("a count");
    let run = folder.recount(&["check", "--stage", "final", "--format", "json"]).is(1).json();
    assert!(run["summary"]["errors"].as_u64().expect("a count") >= reviewed);
}

#[test]
fn what_depends_on_today_is_an_error_only_when_asked_for() {
    let folder = Folder::examples();
    folder.replace(CLEAN, "| Done 2026-09-15 |", "| Open |");
    let run = folder.recount(&["check", CLEAN]).is(0);
    assert!(run.out.contains("overdue-action"), "it is told all the same: {}", run.out);
    let run = folder.recount(&["check", "--due", "--format", "short", CLEAN]).is(1);
    assert_eq!(rules(&run), ["overdue-action"]);
}

#[test]
fn fixes_are_written_make_nothing_worse_and_converge() {
    let folder = Folder::examples();
    let count = |run: &Value, what: &str| run["summary"][what].as_u64().expect("a count");
    let before = folder.recount(&["check", "--format", "json"]).is(1).json();
    let fixable = count(&before, "fixable");
    assert!(fixable > 0, "the examples have something to fix");
    let run = folder.recount(&["check", "--fix"]);
    assert!(run.last().contains("fixed"), "{}", run.out);
    assert!(folder.read(WRONG_DURATION).contains("**Duration**: 3h 14m\n"));
    let texts = |folder: &Folder| {
        folder.files("postmortems").iter().map(|file| folder.read(file)).collect::<Vec<_>>()
    };
    let fixed = texts(&folder);
    let after = folder.recount(&["check", "--format", "json"]).json();
    for level in ["errors", "warnings", "notes"] {
        assert!(count(&after, level) <= count(&before, level), "{level}");
    }
    assert_eq!(count(&after, "fixable"), 0);
    folder.recount(&["check", "--fix"]);
    assert_eq!(texts(&folder), fixed);
}

#[test]
fn two_postmortems_with_one_id_name_each_other_whatever_the_case() {
    let folder = Folder::library();
    folder.recount(&["new", "One"]).is(0);
    let one = "postmortems/2026/INC-0001-one.md";
    folder.write("postmortems/2026/other.md", folder.read(one).replace("INC-0001", "inc-0001"));
    let run = folder.recount(&["check", "--format", "short"]).is(1);
    let found: Vec<&str> = run.out.lines().filter(|line| line.contains("duplicate-incident-id")).collect();
    assert_eq!(
        found,
        [
            "postmortems/2026/INC-0001-one.md:11:20: error[duplicate-incident-id] `INC-0001` is the ID of `postmortems/2026/other.md`, too",
            "postmortems/2026/other.md:11:20: error[duplicate-incident-id] `inc-0001` is the ID of `postmortems/2026/INC-0001-one.md`, too",
        ]
    );
}

#[test]
fn a_shared_id_is_seen_through_its_marks() {
    let folder = Folder::examples();
    let id = "**Incident ID**: INC-0013";
    let other = "postmortems/2026/INC-0013-other.md";
    for written in ["`INC-0013`", "[INC-0013](https://a.example/13)"] {
        folder.write(other, folder.read(CLEAN).replace(id, &format!("**Incident ID**: {written}")));
        let run = folder.recount(&["check", "--format", "short"]);
        assert_eq!(run.out.matches("[duplicate-incident-id]").count(), 2, "{written}: {}", run.out);
        let run = folder.recount(&["check", "--format", "short", other]).is(1);
        assert_eq!(rules(&run), ["duplicate-incident-id"], "{written}: {}", run.out);
    }
}

#[test]
fn a_part_of_the_library_is_told_of_ids_that_the_rest_carries() {
    let folder = Folder::repository();
    let taken = folder.read(CLEAN).replace("# Gate scanners", "# Other scanners");
    folder.write("postmortems/2026/INC-0013-other.md", taken);
    for args in [
        &["--since", "HEAD"][..],
        &["postmortems/2026/INC-0013-other.md"],
        &["./postmortems/2026/../2026/INC-0013-other.md"],
    ] {
        let run = folder.recount(&[&["check", "--format", "short"][..], args].concat()).is(1);
        assert_eq!(rules(&run), ["duplicate-incident-id"], "{}", run.out);
        assert!(run.out.contains(&format!("is the ID of `{CLEAN}`, too")), "{}", run.out);
    }
    folder.recount(&["check", "./postmortems/2025/INC-0003-retry-storm-after-cache-flush.md"]).is(0);
}

#[test]
fn links_to_files_that_are_not_there_are_found_and_others_are_not() {
    let folder = Folder::examples();
    folder.replace(
        CLEAN,
        "- Links:",
        "- Links: [gone](../2025/INC-0099-gone.md), [there](../2025/INC-0003-retry-storm-after-cache-flush.md#timeline), \
         [web](https://example.org/nothing), [root](/postmortems/2025/INC-0003-retry-storm-after-cache-flush.md), [anchor](#no-such-heading)",
    );
    let run = folder.recount(&["check", "--format", "short", CLEAN]);
    let broken: Vec<&str> = run.out.lines().filter(|line| line.contains("broken-link")).collect();
    assert_eq!(broken.len(), 2, "{}", run.out);
    assert!(
        broken[0].contains("../2025/INC-0099-gone.md") && broken[1].contains("#no-such-heading"),
        "{broken:#?}"
    );
}

#[test]
fn since_reports_changed_postmortems_and_of_those_only_new_findings() {
    let folder = Folder::repository();
    assert_eq!(folder.recount(&["check", "--since", "HEAD"]).is(0).out, "no postmortem to check\n");
    // Its old fault, the duration, stays; a new one comes.
    folder.replace(WRONG_DURATION, "**Severity**: Sev1", "**Severity**: Sev7");
    let run = folder.recount(&["check", "--since", "HEAD", "--format", "short"]).is(1);
    assert_eq!(rules(&run), ["invalid-severity"]);
    folder.commit("Change the severity");
    let run = folder.recount(&["check", "--since", "HEAD~1", "--format", "short"]).is(1);
    assert_eq!(rules(&run), ["invalid-severity"]);
    folder.recount(&["check", "--since", "HEAD"]).is(0);
    // A file that git does not know yet is new as a whole.
    folder.write(
        "postmortems/2026/INC-0020-new.md",
        TEMPLATE.replace("**Severity**: Sev0 / Sev1 / Sev2 / Sev3", "**Severity**: Sev8"),
    );
    let run = folder.recount(&["check", "--since", "HEAD", "--format", "short"]).is(1);
    assert!(run.out.lines().all(|line| line.starts_with("postmortems/2026/INC-0020-new.md:")), "{}", run.out);
}

#[test]
fn since_says_what_is_wrong_with_the_revision() {
    let folder = Folder::repository();
    let run = folder.recount(&["check", "--since", "no-such-branch"]).is(2);
    assert!(run.err.starts_with("error: git knows no commit `no-such-branch`\nhint: "), "{}", run.err);
    Folder::examples().recount(&["check", "--since", "HEAD"]).refuses(
        "`ROOT` is not in a git repository",
        "run it in a git repository (`git init` makes one), or without the option that asks git",
    );
}

#[test]
fn after_a_baseline_only_a_new_fault_is_reported() {
    let folder = Folder::examples();
    let run = folder.recount(&["check", "--write-baseline"]).is(0);
    assert_data_eq!(
        run.out,
        str![[r#"recount-baseline.jsonl accepts [..] findings

"#]]
    );
    assert_eq!(run.err, "hint: commit it; `recount check` now reports only what is new\n");
    let run = folder.recount(&["check"]).is(0);
    assert_data_eq!(
        run.out,
        str![[r#"nothing found in 15 postmortems ([..] known already)

"#]]
    );
    // However a file is named, from wherever.
    let file = WRONG_DURATION.rsplit('/').next().expect("a file name");
    for (below, path) in [
        ("", WRONG_DURATION),
        ("", "./postmortems"),
        ("postmortems/2026", file),
        ("postmortems/2025", &format!("../2026/{file}")),
    ] {
        let mut command = folder.command(&["check", path]);
        command.current_dir(folder.path(below));
        folder.finish(command).is(0);
    }
    // Lines above a finding move it and leave it accepted.
    folder.replace(WRONG_DURATION, "## Incident summary\n", "## Incident summary\n\n");
    folder.replace(CLEAN, "**Severity**: Sev1", "**Severity**: Sev7");
    let run = folder.recount(&["check", "--format", "short"]).is(1);
    assert_eq!(rules(&run), ["invalid-severity"], "{}", run.out);
    folder.recount(&["check", "--write-baseline"]).is(0);
    folder.recount(&["check"]).is(0);
}

#[test]
fn accepted_findings_follow_a_postmortem_to_its_new_name() {
    let folder = Folder::examples();
    folder.recount(&["check", "--write-baseline"]).is(0);
    folder.recount(&["rename", "12", "Fees were charged twice"]).is(0);
    let mut command = folder.command(&["renumber", "INC-0008-search-disk-filled-by-debug-logs.md", "88"]);
    command.current_dir(folder.path("postmortems/2025"));
    folder.finish(command).is(0);
    let run = folder.recount(&["check"]).is(0);
    assert_data_eq!(
        run.out,
        str![[r#"
nothing found in 15 postmortems ([..] known already)

"#]]
    );
}

#[test]
fn a_baseline_knows_findings_by_the_fingerprints_of_reports() {
    let folder = with_one_fault();
    let found = folder.recount(&["check", "--format", "json", CLEAN]).is(1).json();
    folder.recount(&["check", "--write-baseline"]).is(0);
    let name = found["documents"][0]["findings"][0]["fingerprint"].as_str().expect("it has one");
    assert!(folder.read("recount-baseline.jsonl").contains(name));

    let line = serde_json::json!({ "path": CLEAN, "rule": "empty-field", "fingerprint": "0123456789abcdef" });
    folder.write("recount-baseline.jsonl", format!("{line}\n"));
    folder.recount(&["check"]).refuses(
        "`ROOT/recount-baseline.jsonl:1` is of an earlier version, which knew findings by other fingerprints",
        "write the file anew with `recount check --write-baseline`",
    );
    folder.recount(&["check", "--write-baseline"]).is(0);
    folder.recount(&["check"]).is(0);
}

#[test]
fn a_secret_leaves_no_trace_in_the_baseline() {
    let folder = with_one_fault();
    let baseline = |secret: &str| {
        let name = "postmortems/2026/INC-0001-secret.md";
        folder.write(name, format!("# T\n\n## Impact\n\n- **Data impact**: the key {secret} was public\n"));
        folder.recount(&["check", "--write-baseline"]).is(0);
        folder.read("recount-baseline.jsonl")
    };
    let (one, other) = (concat!("AKIA", "IOSFODNN7EXAMPLE"), concat!("AKIA", "QWERTYUIOPASDF12"));
    let accepted = baseline(one);
    assert!(accepted.contains("\"secret\""), "{accepted}");
    assert_eq!(accepted, baseline(other));
}

#[test]
fn a_broken_baseline_is_named_with_its_line() {
    let folder = Folder::examples();
    folder.write("recount-baseline.jsonl", "\nnot json\n");
    let run = folder.recount(&["check"]).is(2);
    assert!(
        run.err.starts_with("error: `ROOT/recount-baseline.jsonl:2` is no line of a baseline: "),
        "{}",
        run.err
    );
    assert!(
        run.err.ends_with(
            "\nhint: mend the line, or write the file anew with `recount check --write-baseline`\n"
        )
    );
    folder.recount(&["check", "--write-baseline"]).is(0);
    folder.recount(&["check"]).is(0);
}

#[test]
fn a_folder_without_postmortems_is_not_silently_clean() {
    let run = Folder::examples().recount(&["check", "evidence"]).is(0);
    assert_eq!(run.err, "warning: `evidence` holds no Markdown file\n");
}

#[test]
fn files_outside_any_library_are_checked_with_the_defaults() {
    let folder = Folder::empty();
    folder.write("copied.md", TEMPLATE);
    folder.recount(&["check", "copied.md"]).is(0);
    folder.recount(&["check", "--stage", "review", "."]).is(1);
}

#[test]
fn a_configuration_that_cannot_be_used_is_named_with_its_place() {
    let folder = Folder::library();
    for (text, message, hint) in [
        (
            "[ruls]\nmissing-owner = \"off\"\n",
            "`ROOT/recount.toml:1:2`: unknown key `ruls`",
            Some("did you mean `rules`?"),
        ),
        (
            "[library]\nidd = \"INC\"\n",
            "`ROOT/recount.toml:2:1`: unknown key `idd`",
            Some("did you mean `id`?"),
        ),
        (
            "[rules]\nmissing-owner = \"loud\"\n",
            "`ROOT/recount.toml:2:17`: `loud` is not a value of this key",
            Some("use one of `off`, `note`, `warning`, `error`"),
        ),
        (
            "[library]\nid = \"INC\"\n",
            "`ROOT/recount.toml:2:6`: the pattern `INC` gives every incident the same ID; put `{seq:04}` into it",
            None,
        ),
        ("# fine\nx = \n", "`ROOT/recount.toml:2:5`: [..]", None),
    ] {
        folder.write("recount.toml", text);
        let run = folder.recount(&["check"]).is(2);
        let hint = hint.map_or(String::new(), |hint| format!("hint: {hint}\n"));
        assert_data_eq!(run.err, format!("error: {message}\n{hint}"));
    }
}

#[test]
fn a_rule_that_is_none_is_warned_of_and_the_check_goes_on() {
    let folder = Folder::library();
    folder.write("recount.toml", "[rules]\nmising-owner = \"off\"\n");
    let run = folder.recount(&["check"]).is(0);
    assert_eq!(
        run.err,
        "warning: `recount.toml` sets the level of `mising-owner`, which is no rule\nhint: did you mean `missing-owner`?\n"
    );
}

#[test]
fn levels_of_the_configuration_are_kept() {
    let folder = with_one_fault();
    let config = folder.read("recount.toml");
    assert!(!config.contains("[rules]"), "{config}");
    for (level, code) in [("off", 0), ("note", 0), ("warning", 0), ("error", 1)] {
        folder.write("recount.toml", format!("{config}\n[rules]\nduration-mismatch = \"{level}\"\n"));
        let run = folder.recount(&["check", "--format", "short", CLEAN]).is(code);
        assert_eq!(run.out.contains(&format!("{level}[duration-mismatch]")), level != "off", "{}", run.out);
    }
}

#[test]
fn a_reader_who_goes_away_is_no_error() {
    let folder = Folder::library();
    // More than a pipe holds, so that the program notices.
    for n in 0..150 {
        folder.write(&format!("postmortems/{n:03}.md"), TEMPLATE);
    }
    for format in ["human", "short", "json", "sarif"] {
        let mut command = folder.command(&["check", "--stage", "final", "--format", format]);
        let mut child =
            command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("the binary was built");
        let mut reader = BufReader::new(child.stdout.take().expect("it is piped"));
        let mut line = String::new();
        reader.read_line(&mut line).expect("there is a line");
        drop(reader);
        let output = child.wait_with_output().expect("it is our child");
        // `recount check | head` must not pass where the check does not.
        assert_eq!(output.status.code(), Some(1), "{format}");
        assert_eq!(String::from_utf8_lossy(&output.stderr), "", "{format}");
    }
}

#[test]
fn what_is_due_does_not_hide_that_a_file_could_not_be_read() {
    Folder::examples().recount(&["check", "--due", WRONG_DURATION, "missing.md"]).is(2);
}

#[test]
fn since_knows_old_findings_from_any_folder_and_under_any_name() {
    let folder = Folder::repository();
    let name = WRONG_DURATION.rsplit('/').next().expect("a file name");
    folder.replace(WRONG_DURATION, "## Incident summary\n", "## Incident summary\n\n");
    for (below, path) in [("", WRONG_DURATION), ("postmortems/2026", name), ("postmortems", "2026")] {
        let mut command = folder.command(&["check", "--since", "HEAD", path]);
        command.current_dir(folder.path(below));
        folder.finish(command).is(0);
    }
    folder.recount(&["rename", "12", "Fees were charged twice"]).is(0);
    folder.commit("Rename the postmortem");
    let run = folder.recount(&["check", "--since", "HEAD~1"]).is(0);
    assert!(run.out.contains("1 postmortem") && run.out.contains("known already"), "{}", run.out);
}

#[test]
fn fixes_of_postmortems_that_share_an_id_are_counted() {
    let folder = with_one_fault();
    let other = "postmortems/2026/INC-0013-other.md";
    folder.write(other, folder.read(CLEAN));
    let run = folder.recount(&["check", "--fix", "--format", "json", CLEAN, other]).is(1).json();
    assert_eq!(run["summary"]["fixed"], 2);
}

#[test]
fn programs_read_the_same_paths_from_every_folder() {
    let folder = with_one_fault();
    let name = CLEAN.rsplit('/').next().expect("a file name");
    for format in ["json", "sarif", "github", "junit"] {
        let expected = folder.recount(&["check", "--format", format, CLEAN, "missing.md"]).is(2).out;
        let mut command = folder.command(&["check", "--format", format, name]);
        command.current_dir(folder.path("postmortems/2026"));
        let run = folder.finish(command).is(1);
        assert!(expected.contains(CLEAN) && run.out.contains(CLEAN), "{format}: {}", run.out);
    }
    for format in ["human", "short"] {
        let mut command = folder.command(&["check", "--format", format, name]);
        command.current_dir(folder.path("postmortems/2026"));
        let run = folder.finish(command).is(1);
        assert!(run.out.contains(name) && !run.out.contains(CLEAN), "{format}: {}", run.out);
    }
}

#[test]
fn what_annotates_a_repository_counts_paths_from_its_root() {
    let folder = Folder::empty();
    crate::harness::copy(with_one_fault().root(), &folder.path("team/incidents"));
    folder.git(&["init", "--quiet"]);
    let whole = format!("team/incidents/{CLEAN}");
    for (format, from_root) in
        [("github", true), ("sarif", true), ("junit", true), ("json", false), ("short", false)]
    {
        for below in ["team/incidents", "team/incidents/postmortems/2026"] {
            let mut command = folder.command(&["check", "--format", format]);
            command.current_dir(folder.path(below));
            let run = folder.finish(command).is(1);
            assert_eq!(run.out.contains(&whole), from_root, "{format} in {below}: {}", run.out);
        }
    }
    folder.write("loose/one.md", folder.read(&whole));
    let mut command = folder.command(&["check", "--format", "github", "one.md"]);
    command.current_dir(folder.path("loose"));
    let run = folder.finish(command).is(1);
    assert!(run.out.starts_with("::error file=loose/one.md,"), "{}", run.out);
}
