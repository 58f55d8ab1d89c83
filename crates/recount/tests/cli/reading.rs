//! Commands that only tell or tidy: `fmt`, `explain`, `list`, `show`, `completions`, `man`, `demo`, and
//! colour.

use std::process::Stdio;

use recount_engine::document::template::TEMPLATE;
use snapbox::{assert_data_eq, str};

use crate::harness::Folder;

/// A draft with a shuffled timeline in other zones and a wide table.
fn untidy() -> Folder {
    let folder = Folder::library();
    let text = TEMPLATE
        .replace("# Postmortem template", "# Cards refused")
        .replace("**Incident ID**:", "**Incident ID**: INC-0001")
        .replace("**Start time** (UTC):", "**Start time** (UTC): 2026-11-20 16:02 +02:00")
        .replace("**End time** (UTC):", "**End time** (UTC): 2026-11-20 14:44")
        .replace("|---|---|---|---|\n| | | | |\n", "|---|---|---|---|\n| 2026-11-20 14:44  | @ana   | **Resolved.** Pool doubled | |\n| 2026-11-20 14:02 | checkout | **Started.** First refusal | |\n");
    folder.write("postmortems/INC-0001-cards.md", text);
    folder
}

#[test]
fn fmt_says_what_it_converted_and_is_done_after_once() {
    let folder = untidy();
    let run = folder.recount(&["fmt", "--check"]).is(1);
    assert!(run.out.starts_with("would change postmortems/INC-0001-cards.md\n"), "{}", run.out);
    assert_eq!(run.err, "1 of 1 would change\n");
    let run = folder.recount(&["fmt"]).is(0);
    assert_data_eq!(
        run.out,
        str![[r#"
formatted postmortems/INC-0001-cards.md
  `2026-11-20 16:02 +02:00` is now `2026-11-20 14:02` (UTC)
  the timeline is now in order
  the duration is `42m`

"#]]
    );
    assert_eq!(run.err, "1 of 1 formatted\n");
    let text = folder.read("postmortems/INC-0001-cards.md");
    assert!(text.contains("**Start time** (UTC): 2026-11-20 14:02\n"), "{text}");
    assert!(text.contains("**Duration**: 42m\n"), "{text}");
    assert_eq!(folder.recount(&["fmt", "--check"]).is(0).err, "1 in canonical form\n");
}

#[test]
fn fmt_shows_a_difference_and_changes_nothing() {
    let folder = untidy();
    let before = folder.read("postmortems/INC-0001-cards.md");
    let run = folder.recount(&["fmt", "--diff"]).is(0);
    assert_data_eq!(
        run.out,
        str![[r#"
--- postmortems/INC-0001-cards.md
+++ postmortems/INC-0001-cards.md
@@ -8,9 +8,9 @@
 
 - **Incident ID**: INC-0001
 - **Severity**: Sev0 / Sev1 / Sev2 / Sev3
-- **Start time** (UTC): 2026-11-20 16:02 +02:00
+- **Start time** (UTC): 2026-11-20 14:02
 - **End time** (UTC): 2026-11-20 14:44
-- **Duration**:
+- **Duration**: 42m
 - **Primary services impacted**:
 - **Customer impact summary**:
 
@@ -40,8 +40,8 @@
 
 | Time (UTC) | Actor | Action | Result |
 |---|---|---|---|
-| 2026-11-20 14:44  | @ana   | **Resolved.** Pool doubled | |
 | 2026-11-20 14:02 | checkout | **Started.** First refusal | |
+| 2026-11-20 14:44 | @ana | **Resolved.** Pool doubled | |
 
 ## Root cause
 

"#]]
    );
    assert_eq!(folder.read("postmortems/INC-0001-cards.md"), before);
}

#[test]
fn fmt_takes_files_outside_any_library() {
    let folder = Folder::empty();
    folder.write(
        "copied.md",
        TEMPLATE.replace("**Start time** (UTC):", "**Start time** (UTC): 2026-11-20T14:02Z"),
    );
    folder.recount(&["fmt", "copied.md"]).is(0);
    assert!(folder.read("copied.md").contains("**Start time** (UTC): 2026-11-20 14:02\n"));
}

#[test]
fn every_rule_can_be_explained() {
    let folder = Folder::empty();
    let run = folder.recount(&["explain"]).is(0);
    let names: Vec<&str> = run
        .out
        .lines()
        .filter(|line| line.starts_with("  "))
        .filter_map(|line| line.split_whitespace().next())
        .collect();
    assert_eq!(names.len(), recount_engine::lint::RULES.len());
    let run = folder.recount(&["explain", "missing-owner"]).is(0);
    for part in [
        "# missing-owner\n",
        "Level: note in a draft, error in review, error when final.",
        "## Why",
        "## Source",
        "```markdown bad",
    ] {
        assert!(run.out.contains(part), "{part} in {}", run.out);
    }
    let narrow =
        folder.command(&["explain", "outside-incident"]).env("COLUMNS", "80").output().expect("it runs");
    let text = String::from_utf8(narrow.stdout).expect("text");
    let summary: Vec<&str> = text.lines().skip(2).take_while(|line| !line.is_empty()).collect();
    assert_eq!(summary.len(), 2, "{text}");
    assert!(summary.iter().all(|line| line.chars().count() <= 80), "{text}");
    folder.recount(&["explain", "mising-owner"]).refuses(
        "there is no rule `mising-owner`",
        "did you mean `missing-owner`? `recount explain` lists all",
    );
    folder.recount(&["explain", "zzz"]).refuses("there is no rule `zzz`", "`recount explain` lists all");
}

#[test]
fn list_filters() {
    let folder = Folder::examples();
    let ids = |args: &[&str]| -> String {
        let run = folder.recount(&[&["list", "--format", "json"][..], args].concat()).is(0).json();
        let entries = run["postmortems"].as_array().expect("a list").clone();
        let ids = entries
            .iter()
            .map(|entry| entry["id"].as_str().expect("all have one").trim_start_matches("INC-00").to_owned());
        ids.collect::<Vec<_>>().join(" ")
    };
    for (args, expected) in [
        (&[][..], "15 14 13 12 11 10 09 08 07 05 04 03 02 01 06"),
        (&["--severity", "sev0"], "07"),
        (&["--severity", "sev0", "--severity", "Sev3"], "07 04"),
        (&["--service", "CHECKOUT"], "12 11 09 07 01"),
        (&["--after", "2026-06"], "15 14 13 12"),
        (&["--before", "2025-04-25"], "02 01"),
        (&["--after", "2025-04-25", "--before", "2025-06"], "03"),
        (&["--stage", "review"], "12 04"),
        (&["--owner", "@ana"], "12 09 01"),
        (&["--owner", "Ana"], "12 09 01"),
        (&["--factor", "third-party", "--after", "2026"], "13"),
        (&["--service", "nothing"], ""),
    ] {
        assert_eq!(ids(args), expected, "{args:?}");
    }
}

#[test]
fn list_for_people_takes_a_line_each() {
    let folder = Folder::examples();
    let run = folder.recount(&["list", "--after", "2026"]).is(0);
    assert_data_eq!(
        run.out,
        str![[r#"
 ID        Sev   Start (UTC)       Stage   Open  Late  Title
 INC-0015  Sev2  2026-11-12 00:00  draft   2           Venues stopped receiving webhooks after a…
 INC-0014  Sev2  2026-10-05 08:12  draft   2     1     Sign-in slow for an hour while the page wen…
 INC-0013  Sev1  2026-08-21 17:48  final               Gate scanners retried without limit and kep…
 INC-0012  Sev1  2026-06-13 10:08  review  2     2     Booking fees charged twice after a flag's…
 INC-0011  Sev2  2026-04-29 09:31  final               Everyone was let in at once when a game day…
 INC-0010  Sev2  2026-03-04 05:00  final               Payout reports stopped for eight days behin…
 INC-0009  Sev1  2026-01-22 13:16  final               A rollback brought back code that the new…

"#]]
    );
    let run = folder.recount(&["list", "--service", "nothing"]).is(0);
    let warning = "warning: `nothing` is no service of `recount.toml` nor of any postmortem\n";
    assert_eq!(run.out, "");
    assert_eq!(run.err, format!("{warning}no postmortem is like that\n"));
}

#[test]
fn a_narrow_terminal_gets_what_it_can_show() {
    let folder = Folder::examples();
    let at = |columns: &str, args: &[&str]| {
        let output = folder.command(args).env("COLUMNS", columns).output().expect("it runs");
        String::from_utf8(output.stdout).expect("it is text")
    };
    for columns in ["40", "50", "60", "80", "100"] {
        for args in [&["list"][..], &["actions", "--all"], &["actions", "--by", "owner"]] {
            let out = at(columns, args);
            let width: usize = columns.parse().expect("a number");
            let wide = out.lines().find(|line| line.chars().count() > width);
            assert_eq!(wide, None, "{columns} {args:?}");
        }
    }
    assert_data_eq!(
        at("40", &["actions", "--incident", "15"]),
        str![[r#"
INC-0015#1  P0  In progress  2026-11-26
  age 11d
  @davi
  Move venue-webhooks and the other
    certificates left from INC-0001 to
    the issuer
INC-0015#2  P1  Open  -  age 11d
  alert

"#]]
    );
}

#[test]
fn an_empty_list_says_how_to_begin() {
    let run = Folder::library().recount(&["list"]).is(0);
    assert_eq!(run.out, "");
    assert!(
        run.err.starts_with("there is no postmortem yet\nhint: `recount new TITLE` makes the first"),
        "{}",
        run.err
    );
}

#[test]
fn list_refuses_filters_that_it_does_not_know() {
    let folder = Folder::examples();
    for (args, part) in [
        (["--after", "nope"], "write it as `2026-11-20`, `2026-11` or `2026`"),
        (["--severity", "high"], "use `Sev0`, `Sev1`, `Sev2` or `Sev3`"),
        (["--factor", "luck"], "product, config, capacity, process, third-party"),
        (["--stage", "done"], "`done` is not a stage; use `draft`, `review` or `final`"),
    ] {
        let run = folder.recount(&[&["list"][..], &args].concat()).is(2);
        assert!(run.err.contains(part), "{}", run.err);
    }
}

#[test]
fn show_gives_a_postmortem_at_a_glance() {
    let run = Folder::examples().recount(&["show", "14"]).is(0);
    assert_data_eq!(
        run.out,
        str![[r#"
Sign-in slow for an hour while the page went to a rota without a person
postmortems/2026/INC-0014-page-nobody-answered.md, stage draft

Incident ID               INC-0014
Severity                  Sev2
Start time                2026-10-05 08:12
Primary services impacted identity
Customer impact summary   Sign-in took 8 to 20 seconds in us-east. The page was sent 11 times and
                          nobody got it: the rota had a gap between 08:00 and 09:00 because its two
                          layers hand over at 09:00 local time of two places and Friday's new layer
                          counts in the other one
Root cause                Handover times of the two layers are written in local time of two places.
                          TODO Ingrid: check since when
Contributing factors      process / oncall
Time from the start to    detect 5m, acknowledge 50m

Timeline
  2026-10-05 08:12  identity      **Started.** Sign-in p95 goes over 8 s (cache node replaced, conn…
  2026-10-05 08:17  Alertmanager  **Detected.** `SignInLatencyHigh` fired, page to the platform rot…
  2026-10-05 09:02  @ingrid       **Acknowledged.** Day shift starts, sees 11 unanswered pages
  2026-10-05 09:09  @ingrid       Restarted `identity` pods one by one with `kubectl rollout restar…

Action items
  #1  P1  In progress  due 2026-11-04  @davi  Refuse a rota with an unstaffed minute in the next 30…
  #2  P1  Open                                Second escalation step to another team

0 errors, 0 warnings, [..] notes: recount check postmortems/2026/INC-0014-page-nobody-answered.md

"#]]
    );
}

#[test]
fn show_says_what_a_cell_means_and_not_how_a_table_holds_it() {
    let folder = untidy();
    folder.replace("postmortems/INC-0001-cards.md", "First refusal |", "`a \\| b`<br>twice |");
    let run = folder.recount(&["show", "1"]).is(0);
    assert!(run.out.contains("**Started.** `a | b` twice\n"), "{}", run.out);
    let run = folder.recount(&["show", "1", "--format", "json"]).is(0).json();
    assert_eq!(run["timeline"][1]["action"], "**Started.** `a | b`\ntwice");
}

#[test]
fn show_gives_the_document_itself_and_its_data() {
    let folder = Folder::examples();
    let path = "postmortems/2026/INC-0013-scanners-kept-inventory-overloaded.md";
    for id in ["INC-0013", "inc-0013", "13", path] {
        assert_eq!(
            folder.recount(&["show", id, "--format", "markdown"]).is(0).out,
            folder.read(path),
            "{id}"
        );
    }
    let json = folder.recount(&["show", "13", "--format", "json"]).is(0).json();
    assert_eq!(json["recount"]["format"], "show");
    assert_eq!(json["path"], path);
    assert_eq!(json["fields"]["severity"][0], "Sev1");
    assert_eq!(json["milestones"]["Detected"], "2026-08-21T17:51:00Z");
    assert_eq!(json["figures"]["time_to_detect"], 180);
    assert_eq!(json["figures"]["time_to_resolve"], 4620);
    assert_eq!(json["timeline"].as_array().map(Vec::len), Some(10));
    assert_eq!(json["actions"][0]["priority"], "P0");
}

#[test]
fn completions_exist_for_every_shell() {
    for shell in ["bash", "elvish", "fish", "powershell", "zsh"] {
        let run = Folder::empty().recount(&["completions", shell]).is(0);
        for word in ["recount", "check", "renumber", "write-baseline"] {
            assert!(run.out.contains(word), "{word} for {shell}");
        }
    }
    Folder::empty().recount(&["completions", "tcsh"]).is(2);
}

#[test]
fn manual_pages_are_written_into_a_folder() {
    let folder = Folder::empty();
    folder.recount(&["man", "man1"]).is(0);
    let files = folder.files("man1");
    assert!(
        files.contains(&"man1/recount.1".to_owned()) && files.contains(&"man1/recount-check.1".to_owned()),
        "{files:?}"
    );
    assert!(folder.read("man1/recount.1").contains("Exit codes: 0 all is well"));
}

#[test]
fn the_demo_ends_with_findings_and_the_path_of_the_file() {
    let folder = Folder::empty();
    let run = folder.recount(&["demo", "demo"]).is(0);
    let typed = "\n$ cd ROOT/demo\n$ recount draft \"Seats sold twice while holds expired early\" evidence/seat-holds-expired\n";
    assert!(run.out.contains(typed), "{}", run.out);
    let path =
        run.out.lines().find_map(|line| line.strip_prefix("The postmortem: ")).expect("the path is told");
    let path = path.strip_prefix("ROOT/").expect("it is in the folder");
    assert!(folder.read(path).starts_with("---\nstage: draft\n---\n\n# Seats sold twice"), "{path}");
    assert!(run.out.contains("error[empty-field]"), "{}", run.out);
    let said = &run.out[run.out.find("$ recount check").expect("it is told")..];
    assert!(
        said.lines().any(|line| line.contains(" errors") && line.contains("in 1 of 1 postmortem")),
        "{said}"
    );
    folder.recount(&["--library", "demo", "check"]).is(1);
    // Whoever does what stands there is in the folder by then.
    assert!(run.err.contains("`recount check postmortems/"), "{}", run.err);
    folder.recount(&["demo", "other", "--address", "127.0.0.1:0"]).is(2);
    folder.recount(&["demo", "demo"]).refuses("`ROOT/demo` is not empty", "name a new folder");
}

#[test]
fn colour_is_for_terminals_unless_it_is_asked_for() {
    let folder = Folder::examples();
    let check = ["check", "postmortems/2026/INC-0012-fees-charged-twice.md"];
    let run = |args: &[&str], no_color: bool| {
        let mut command = folder.command(&[args, &check].concat());
        if !no_color {
            command.env_remove("NO_COLOR");
        }
        folder.finish(command).out
    };
    assert!(!run(&[], true).contains('\x1b'));
    assert!(!run(&[], false).contains('\x1b'), "the output is no terminal");
    assert!(!run(&["--color", "never"], false).contains('\x1b'));
    assert!(
        run(&["--color", "always"], true).contains('\x1b'),
        "what is asked for goes before the environment"
    );
    let mut command = folder.command(&["--color", "always", "show", "nothing"]);
    let output = command.stdout(Stdio::piped()).output().expect("the binary was built");
    assert!(String::from_utf8_lossy(&output.stderr).contains('\x1b'));
}

#[test]
fn the_version_and_the_help_are_told() {
    let folder = Folder::empty();
    assert_data_eq!(
        folder.recount(&["--version"]).is(0).out,
        str![[r#"recount [..]

"#]]
    );
    let run = folder.recount(&["--help"]).is(0);
    assert!(
        run.out.contains("Exit codes: 0 all is well; 1 a check found errors; 2 the command could not do"),
        "{}",
        run.out
    );
    folder.recount(&[]).is(2);
    let run = folder.recount(&["chek"]).is(2);
    assert!(run.err.contains("check"), "the nearest command is named: {}", run.err);
}

#[test]
fn fmt_leaves_documents_in_another_template_alone() {
    let folder = Folder::library();
    let path = "postmortems/2026/outage.md";
    let text = "# Outage\n\n## Timeline\n\n| Time | What |\n|------|------|\n| 2026-11-20 15:02 +01:00 | It broke |\n| 2026-11-20 14:59 +01:00 | Deployed |\n";
    folder.write(path, text);
    for args in [&["fmt"][..], &["fmt", "--check"], &["fmt", "--diff"], &["fmt", path]] {
        let run = folder.recount(args).is(0);
        assert_eq!(run.out, "", "{args:?}");
        assert_eq!(folder.read(path), text, "{args:?}");
    }
}

#[test]
fn show_passes_the_document_on_byte_for_byte() {
    let folder = Folder::empty();
    let bytes = b"# Red \x1b[31malert\x1b[0m\n\nCaf\xe9 \x07\r\n";
    folder.write("odd.md", bytes);
    let output = folder.command(&["show", "odd.md", "--format", "markdown"]).output().expect("it runs");
    assert_eq!(output.stdout, bytes);
}

#[test]
fn what_a_document_holds_cannot_steer_the_terminal() {
    let folder = Folder::library();
    folder.recount(&["new", "Odd"]).is(0);
    let path = "postmortems/2026/INC-0001-odd.md";
    folder.replace(path, "# Odd\n", "# Odd \u{1b}[2Jtitle\u{7}\n");
    for args in [&["show", "1"][..], &["list"], &["log", "1", "a\u{1b}[31mb", "--actor", "@ana"]] {
        let output = folder.command(&[&["--color", "always"], args].concat()).output().expect("it runs");
        let text = String::from_utf8(output.stdout).expect("it is text");
        assert!(text.contains("␛["), "{args:?}: {text}");
        assert!(
            !text.contains("\u{1b}[2J") && !text.contains("\u{1b}[31m") && !text.contains('\u{7}'),
            "{text:?}"
        );
    }
}
