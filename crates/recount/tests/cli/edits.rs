//! Changing a postmortem by name: `set`, `stage`, `log`, `rename`, `renumber`, and two people at once.

use std::collections::BTreeSet;
use std::process::Stdio;

use snapbox::{assert_data_eq, str};

use crate::harness::Folder;

const DRAFT: &str = "postmortems/2026/INC-0001-checkout-refused-cards.md";

/// A library with one draft.
fn with_a_draft() -> Folder {
    let folder = Folder::library();
    folder.recount(&["new", "Checkout refused cards"]).is(0);
    folder
}

#[test]
fn set_changes_one_field_and_nothing_else() {
    let folder = with_a_draft();
    let original = folder.read(DRAFT);
    for (field, value, old, new, says) in [
        ("severity", "Sev2", "Sev0 / Sev1 / Sev2 / Sev3", "Sev2", "Severity: Sev2"),
        (
            "Start time",
            "2026-11-20 14:02",
            "**Start time** (UTC):",
            "**Start time** (UTC): 2026-11-20 14:02",
            "Start time: 2026-11-20 14:02",
        ),
        (
            "data-loss",
            "no (read-only all the time)",
            "Data loss: yes/no (details)",
            "Data loss: no (read-only all the time)",
            "Data loss: no (read-only all the time)",
        ),
        (
            "services",
            "checkout\nsearch",
            "**Primary services impacted**:",
            "**Primary services impacted**:\n  - checkout\n  - search",
            "Primary services impacted: checkout; search",
        ),
        (
            "requests-affected",
            "4 % | 1,204 of 30,100",
            "**Requests affected** (error rates, timeouts):",
            "**Requests affected** (error rates, timeouts): 4 % | 1,204 of 30,100",
            "Requests affected: 4 % | 1,204 of 30,100",
        ),
        (
            "proof",
            "The pool stays below 80 %",
            "- How will we prove this is fixed?",
            "- How will we prove this is fixed?\n  - The pool stays below 80 %",
            "How will we prove this is fixed?: The pool stays below 80 %",
        ),
        (
            "dashboards",
            "<https://grafana.example/d/1>",
            "  - dashboards:",
            "  - dashboards: <https://grafana.example/d/1>",
            "dashboards: <https://grafana.example/d/1>",
        ),
        ("factor-capacity", "-1 replica", "  - capacity", "  - capacity: -1 replica", "capacity: -1 replica"),
    ] {
        folder.write(DRAFT, &original);
        let run = folder.recount(&["set", "1", field, value]).is(0);
        assert_eq!(run.out, format!("{says}\n"), "{field}");
        assert_eq!(folder.read(DRAFT), original.replacen(old, new, 1), "{field}");
    }
}

#[test]
fn set_replaces_adds_and_blanks() {
    let folder = with_a_draft();
    let original = folder.read(DRAFT);
    for (args, now) in [
        (&["alert-names", "CheckoutErrors"][..], "  - Alert name(s): CheckoutErrors\n"),
        (&["alert-names", "PoolFull", "--add"], "  - Alert name(s): CheckoutErrors\n    - PoolFull\n"),
        (&["alert-names", "Latency"], "  - Alert name(s): Latency\n"),
        (&["alert-names", ""], "  - Alert name(s):\n"),
    ] {
        folder.recount(&[&["set", "INC-0001"][..], args].concat()).is(0);
        let expected = original.replace("  - Alert name(s):\n", now);
        assert_eq!(folder.read(DRAFT), expected, "{args:?}");
    }
}

#[test]
fn set_refuses_what_breaks_a_rule_of_the_stage_unless_forced() {
    let folder = with_a_draft();
    folder.recount(&["set", "1", "start-time", "2026-11-20 14:02"]).is(0);
    let before = folder.read(DRAFT);
    folder.recount(&["set", "1", "end-time", "2026-11-20 13:00"]).refuses(
        "refused, because at stage `draft` this would be an error: the end `2026-11-20 13:00` is before the start `2026-11-20 14:02` (end-before-start)",
        "correct the one that is wrong; it is mostly the day, or a time zone; or use `--force`",
    );
    folder.recount(&["set", "1", "severity", "Huge"]).refuses(
        "refused, because at stage `draft` this would be an error: `Huge` is not a severity (invalid-severity)",
        "write `Sev0`, `Sev1`, `Sev2` or `Sev3`; or use `--force`",
    );
    assert_eq!(folder.read(DRAFT), before);
    folder.recount(&["set", "1", "end-time", "2026-11-20 13:00", "--force"]).is(0);
    folder.recount(&["set", "1", "symptoms", "Cards were refused"]).is(0);
    assert!(folder.read(DRAFT).contains("**End time** (UTC): 2026-11-20 13:00\n"));
}

#[test]
fn what_is_worked_out_from_a_time_follows_it() {
    let folder = with_a_draft();
    for (field, value) in
        [("start-time", "2026-11-20 14:02"), ("end-time", "2026-11-20 15:02"), ("duration", "1h")]
    {
        folder.recount(&["set", "1", field, value]).is(0);
    }
    let run = folder.recount(&["set", "1", "start-time", "2026-11-20 14:00"]).is(0);
    assert_eq!(run.out, "Start time: 2026-11-20 14:00\nDuration: 1h 2m\n");
    let run = folder.recount(&["set", "1", "end-time", ""]).is(0);
    assert_eq!(run.out, "End time: \n");
    // What did not agree before is for a person to say.
    folder.recount(&["set", "1", "duration", "3h"]).is(0);
    folder.recount(&["set", "1", "end-time", "2026-11-20 15:02"]).is(2);
}

#[test]
fn set_refuses_what_is_no_field_or_no_value() {
    let folder = with_a_draft();
    for (args, sentence, hint) in [
        (
            ["1", "sverity", "Sev1"],
            "the template has no field `sverity`",
            "did you mean `Severity`? `recount set --fields` lists all",
        ),
        (
            ["1", "what went well", "x"],
            "the template has no field `what went well`",
            "`recount set --fields` lists all",
        ),
        (
            ["1", "how-detected", "x"],
            "`how-detected` is only a heading for other fields",
            "set one of the fields below it; `recount set --fields` lists all",
        ),
        (["9", "severity", "Sev1"], "there is no postmortem `9` in this library", "`recount list` shows all"),
        (
            ["INC-0011", "severity", "Sev1"],
            "there is no postmortem `INC-0011` in this library",
            "did you mean `INC-0001`? `recount list` shows all",
        ),
    ] {
        folder.recount(&[&["set"][..], &args].concat()).refuses(sentence, hint);
    }
    let run = folder.recount(&["set", "1", "symptoms", "a <!-- hidden --> b"]).is(2);
    assert_eq!(
        run.err.lines().next(),
        Some("error: `Customer facing symptoms`: a value cannot hold an HTML comment")
    );
}

#[test]
fn set_refuses_what_is_no_answer_to_the_field() {
    let folder = with_a_draft();
    let before = folder.read(DRAFT);
    let share = "give a share as an estimate, `about 12%`, or `unknown` with the reason; or use `--force`";
    let answer = "begin with `yes`, `no` or `unknown`, and put the details in parentheses; or use `--force`";
    for (field, value, label, hint) in [
        ("customers-affected", "lots", "% of customers affected", share),
        ("customers-affected", "unknown", "% of customers affected", share),
        ("data-loss", "maybe", "Data loss", answer),
        ("durability-risk", "two replicas", "Durability risk", answer),
    ] {
        folder
            .recount(&["set", "1", field, value])
            .refuses(&format!("`{value}` is no answer to `{label}`"), hint);
    }
    assert_eq!(folder.read(DRAFT), before);
    for (field, value) in [
        ("customers-affected", "about 12% in eu-west"),
        ("customers-affected", "unknown: the logs are lost"),
        ("customers-affected", ""),
        ("data-loss", "unknown"),
        ("data-loss", "maybe (the replay is not done)"),
        ("data-loss", "No: replicas were in sync"),
    ] {
        folder.recount(&["set", "1", field, value]).is(0);
    }
    folder.recount(&["set", "1", "data-loss", "who can say", "--force"]).is(0);
}

#[test]
fn an_id_after_the_largest_number_is_refused() {
    let folder = with_a_draft();
    let last = format!("INC-{}", u64::MAX);
    folder.recount(&["renumber", "1", &last]).is(0);
    let sentence = format!("`{last}` is taken, and no number comes after it");
    let hint = "give that postmortem a smaller number with `recount renumber`, or name the new ID yourself";
    folder.recount(&["new", "Search slow"]).refuses(&sentence, hint);
    folder.recount(&["new", "Search slow", "--id", "INC-0007"]).is(0);
    folder.recount(&["renumber", "INC-0007"]).refuses(&sentence, hint);
}

#[test]
fn set_refuses_an_id_that_another_postmortem_has() {
    let folder = with_a_draft();
    folder.recount(&["new", "Search slow"]).is(0);
    folder.recount(&["set", "1", "incident-id", "inc-0002"]).refuses(
        "the ID `inc-0002` is taken",
        "`recount renumber` finds the next free one and takes the file along; or use `--force`",
    );
    folder.recount(&["set", "1", "incident-id", ""]).is(0);
    folder.recount(&["set", "1", "incident-id", "INC-0001"]).is(0);
}

#[test]
fn set_names_all_fields() {
    let run = Folder::empty().recount(&["set", "--fields"]).is(0);
    assert_eq!(run.out.lines().count(), recount_engine::document::template::FIELDS.len());
    assert!(run.out.contains("factor-third-party   Root cause → third party dependencies\n"), "{}", run.out);
}

#[test]
fn a_stage_refuses_with_the_reasons() {
    let folder = with_a_draft();
    let before = folder.read(DRAFT);
    let run = folder.recount(&["stage", "1", "review"]).is(2);
    assert_data_eq!(
        run.err,
        str![[r#"
error: `INC-0001` is not ready for stage `review`:
  `Sev0 / Sev1 / Sev2 / Sev3` is no answer to `Severity` (leftover-placeholder)
  `Start time` is blank (empty-field)
  `End time` is blank (empty-field)
  `Duration` is blank (empty-field)
  `Primary services impacted` is blank (empty-field)
  and [..] more
hint: `recount check postmortems/2026/INC-0001-checkout-refused-cards.md --stage review` shows them in place; `--force` sets the stage all the same

"#]]
    );
    assert_eq!(folder.read(DRAFT), before);
    let run = folder.recount(&["stage", "1", "finished"]).is(2);
    assert!(run.err.contains("`finished` is not a stage; use `draft`, `review` or `final`"), "{}", run.err);
}

#[test]
fn final_writes_the_day_and_who_reviewed_it() {
    let folder = Folder::examples();
    let path = "postmortems/2025/INC-0003-retry-storm-after-cache-flush.md";
    let original = folder.read(path);
    assert!(original.contains("stage: final\nfinalized: 2025-05-02\n"), "{original}");
    folder.recount(&["stage", "3", "review"]).is(0);
    let run = folder
        .recount(&["stage", "INC-0003", "final", "--reviewed-by", "@noor", "--reviewed-by", "Mei \"M\" Ito"])
        .is(0);
    assert_eq!(run.out, "INC-0003 is now `final`\n");
    let text = folder.read(path);
    assert!(
        text.contains("stage: final\nfinalized: 2026-11-23\nreviewed-by: [\"@priya\", \"@ingrid\", \"@noor\", \"Mei M Ito\"]\n"),
        "{text}"
    );
    // Who reviewed it before has still done so; who is on no roster is asked about.
    let run = folder.recount(&["stage", "3", "final", "--reviewed-by", "@nobody-known"]).is(0);
    assert_eq!(run.err, "warning: `@nobody-known` is not on the roster in `recount.toml`\n");
    let text = folder.read(path);
    assert!(
        text.contains(
            "reviewed-by: [\"@priya\", \"@ingrid\", \"@noor\", \"Mei M Ito\", \"@nobody-known\"]\n"
        ),
        "{text}"
    );
    // Setting the stage that it has moves no date.
    folder.recount(&["stage", "3", "final"]).is(0);
    assert_eq!(folder.read(path), text);
}

#[test]
fn log_adds_rows_in_their_place() {
    let folder = with_a_draft();
    for (args, says) in [
        (
            &["Restarted the pool", "--actor", "@ana", "--result", "Errors gone | for now"][..],
            "2026-11-23 10:00  @ana  Restarted the pool\n",
        ),
        (
            &[
                "Error budget burning",
                "--at",
                "09:41",
                "--actor",
                "@ben",
                "--milestone",
                "Detected",
                "--link",
                "https://grafana.example/d/1",
            ],
            "2026-11-23 09:41  @ben  **Detected.** Error budget burning\n",
        ),
        (
            &["Deployed 4.2", "--at", "23:55:30", "--actor", "deploybot"],
            "2026-11-22 23:55:30  deploybot  Deployed 4.2\n",
        ),
        (
            &["Looked at the graphs", "--at", "2026-11-23 11:45 +02:00", "--actor", "@ana"],
            "2026-11-23 09:45  @ana  Looked at the graphs\n",
        ),
    ] {
        let run = folder.recount(&[&["log", "1"][..], args].concat()).is(0);
        assert_eq!(run.out, says);
    }
    let text = folder.read(DRAFT);
    let rows: Vec<&str> = text.lines().filter(|line| line.starts_with("| 2026")).collect();
    assert_eq!(
        rows,
        [
            "| 2026-11-22 23:55:30 | deploybot | Deployed 4.2 | |",
            "| 2026-11-23 09:41 | @ben | **Detected.** Error budget burning | <https://grafana.example/d/1> |",
            "| 2026-11-23 09:45 | @ana | Looked at the graphs | |",
            "| 2026-11-23 10:00 | @ana | Restarted the pool | Errors gone \\| for now |",
        ]
    );
}

#[test]
fn log_takes_the_actor_from_git_or_the_login() {
    let folder = with_a_draft();
    let run = folder.recount(&["log", "1", "Looked"]).is(0);
    assert_eq!(run.out, "2026-11-23 10:00  @tester  Looked\n");
    folder.write("recount.toml", "[[people]]\nhandle = \"@ana\"\nname = \"Ana Li\"\n");
    folder.git(&["init", "--quiet"]);
    folder.git(&["config", "user.name", "Ana Li"]);
    let run = folder.recount(&["log", "1", "Looked again"]).is(0);
    assert_eq!(run.out, "2026-11-23 10:00  @ana  Looked again\n");
}

#[test]
fn log_refuses_what_is_no_row() {
    let folder = with_a_draft();
    folder.recount(&["log", "1", " "]).refuses("a row needs a text", "say what was done or seen");
    folder.recount(&["log", "1", "x", "--at", "2031-11-23 10:00"]).refuses(
        "`2031-11-23 10:00` of `--at` has not come yet: it is `2026-11-23 10:00` (UTC)",
        "give the time at which it happened; what is planned is an action item: `recount actions add`",
    );
    folder.recount(&["log", "1", "x", "--at", "soon"]).refuses(
        "`soon` of `--at` is not a time",
        "write it as `2026-11-20 14:02`; it is UTC unless it names another zone",
    );
    for link in ["dashboard", "two https://a.example", ""] {
        folder.recount(&["log", "1", "x", "--link", link]).refuses(
            &format!("`{link}` of `--link` is not an address"),
            "give a whole one, as `https://grafana.example/d/checkout`",
        );
    }
    let run = folder.recount(&["log", "1", "x", "--milestone", "began"]).is(2);
    assert!(
        run.err.contains("use `started`, `detected`, `acknowledged`, `mitigated` or `resolved`"),
        "{}",
        run.err
    );
}

/// A library in which two postmortems link to a third, which has evidence.
fn with_links() -> Folder {
    let folder = with_a_draft();
    folder.recount(&["new", "Search slow"]).is(0);
    folder.replace(DRAFT, "|---|---|---|---|\n| | | | |\n", "|---|---|---|---|\n| 2026-11-20 14:02 | @ana | Saw it | [evidence](INC-0001-checkout-refused-cards.evidence/001.jsonl#a) |\n");
    folder.write("postmortems/2026/INC-0001-checkout-refused-cards.evidence/001.jsonl", "{}\n");
    folder.replace("postmortems/2026/INC-0002-search-slow.md", "- Links:", "- Links: [INC-0001](INC-0001-checkout-refused-cards.md#impact) and `INC-0001-checkout-refused-cards.md`");
    folder.write(
        "postmortems/2025/old.md",
        "# Old\n\nAs in [the other](../2026/INC-0001-checkout-refused-cards.md).\n",
    );
    folder
}

#[test]
fn a_rename_takes_file_evidence_and_links_along() {
    let folder = with_links();
    let run = folder.recount(&["rename", "INC-0001", "Cards refused for an hour"]).is(0);
    assert_eq!(run.out, "postmortems/2026/INC-0001-cards-refused-for-an-hour.md\n");
    assert_data_eq!(
        run.err,
        str![[r#"
links in `postmortems/2025/old.md` now lead there
links in `postmortems/2026/INC-0002-search-slow.md` now lead there

"#]]
    );
    assert_eq!(
        folder.files("postmortems"),
        [
            "postmortems/2025/old.md",
            "postmortems/2026/INC-0001-cards-refused-for-an-hour.evidence/001.jsonl",
            "postmortems/2026/INC-0001-cards-refused-for-an-hour.md",
            "postmortems/2026/INC-0002-search-slow.md",
        ]
    );
    let renamed = folder.read("postmortems/2026/INC-0001-cards-refused-for-an-hour.md");
    assert!(renamed.contains("# Cards refused for an hour\n"));
    assert!(renamed.contains("[evidence](INC-0001-cards-refused-for-an-hour.evidence/001.jsonl#a)"));
    let other = folder.read("postmortems/2026/INC-0002-search-slow.md");
    assert!(other.contains("[INC-0001](INC-0001-cards-refused-for-an-hour.md#impact) and `INC-0001-checkout-refused-cards.md`"), "{other}");
    assert!(
        folder.read("postmortems/2025/old.md").contains("(../2026/INC-0001-cards-refused-for-an-hour.md)")
    );
}

#[test]
fn links_follow_by_where_they_lead() {
    let folder = with_a_draft();
    let draft = folder.read(DRAFT);
    let same_name = "postmortems/2025/INC-0001-checkout-refused-cards.md";
    folder.write(same_name, draft.replace("INC-0001", "INC-0900"));
    folder.write("postmortems/2026/INC-0001-checkout-refused-cards.evidence/a.png", "x");
    folder.write(
        "postmortems/2025/near.md",
        "# Near\n\n[same name](INC-0001-checkout-refused-cards.md) and [meant](/postmortems/2026/INC-0001-checkout-refused-cards.md)\n",
    );
    folder.write(
        "postmortems/2026/badge.md",
        "# Badge\n\n[![x](INC-0001-checkout-refused-cards.evidence/a.png)](./INC-0001-checkout-refused-cards.md#impact)\n\n[![x](INC-0001-checkout-refused-cards.md)](INC-0001-checkout-refused-cards.md)\n",
    );
    folder.recount(&["rename", DRAFT, "Cards (again)"]).is(0);
    assert_eq!(
        folder.read("postmortems/2025/near.md"),
        "# Near\n\n[same name](INC-0001-checkout-refused-cards.md) and [meant](/postmortems/2026/INC-0001-cards-again.md)\n",
    );
    assert_eq!(
        folder.read("postmortems/2026/badge.md"),
        "# Badge\n\n[![x](INC-0001-cards-again.evidence/a.png)](./INC-0001-cards-again.md#impact)\n\n[![x](INC-0001-cards-again.md)](INC-0001-cards-again.md)\n",
    );
    assert!(folder.path(same_name).exists());
    assert!(folder.path("postmortems/2026/INC-0001-cards-again.evidence/a.png").exists());
}

#[test]
fn links_follow_however_they_are_written() {
    let folder = with_a_draft();
    folder.write("postmortems/2026/INC-0001-checkout-refused-cards.evidence/a.png", "x");
    let links = |name: &str| {
        format!(
            "# Links\n\nAs in [the other][one], [two] and [three](<./{name}.md#impact>).\n\n\
             [one]: ./{name}.md 'As it was'\n[two]: <{name}.evidence/a.png>\n"
        )
    };
    folder.write("postmortems/2026/references.md", links("INC-0001-checkout-refused-cards"));
    folder.write(
        "postmortems/2026/escapes.md",
        "# Escapes\n\n[a](INC&#45;0001-checkout-refused-cards.md) [b](INC-0001\\-checkout-refused-cards.md#x) \
         [c](INC%2D0001-checkout-refused-cards.md?plain=1)\n",
    );
    folder.recount(&["rename", DRAFT, "Cards"]).is(0);
    assert_eq!(folder.read("postmortems/2026/references.md"), links("INC-0001-cards"));
    assert_eq!(
        folder.read("postmortems/2026/escapes.md"),
        "# Escapes\n\n[a](INC-0001-cards.md) [b](INC-0001-cards.md#x) [c](INC-0001-cards.md?plain=1)\n"
    );
}

#[test]
fn a_rename_to_a_name_that_is_taken_leaves_the_document_as_it_was() {
    let folder = with_links();
    folder.write("postmortems/2026/INC-0001-taken.md", "# Taken\n");
    let before = folder.read(DRAFT);
    folder.recount(&["rename", DRAFT, "Taken"]).is(2);
    assert_eq!(folder.read(DRAFT), before);
    assert!(folder.read("postmortems/2025/old.md").contains("(../2026/INC-0001-checkout-refused-cards.md)"));
}

#[test]
fn a_rename_to_the_same_title_or_to_nothing_changes_nothing() {
    let folder = with_links();
    let before = folder.read(DRAFT);
    folder.recount(&["rename", "1", "Checkout refused cards"]).is(0);
    let run = folder.recount(&["rename", "1", " "]).is(2);
    assert_eq!(
        run.err,
        "error: a title needs words\nhint: say in a few words what happened: `Checkout slow`\n"
    );
    assert_eq!(folder.read(DRAFT), before);
}

#[test]
fn a_renumber_takes_file_evidence_and_links_along_and_names_what_still_says_the_old_id() {
    let folder = with_links();
    let run = folder.recount(&["renumber", "INC-0001", "7"]).is(0);
    assert_eq!(run.out, "postmortems/2026/INC-0007-checkout-refused-cards.md\n");
    assert_data_eq!(
        run.err,
        str![[r#"
links in `postmortems/2025/old.md` now lead there
links in `postmortems/2026/INC-0002-search-slow.md` now lead there
`postmortems/2026/INC-0002-search-slow.md` still says `INC-0001`

"#]]
    );
    let text = folder.read("postmortems/2026/INC-0007-checkout-refused-cards.md");
    assert!(text.contains("**Incident ID**: INC-0007\n"));
    assert!(text.contains("(INC-0007-checkout-refused-cards.evidence/001.jsonl#a)"));
    assert!(folder.path("postmortems/2026/INC-0007-checkout-refused-cards.evidence/001.jsonl").exists());
    assert!(
        folder
            .read("postmortems/2026/INC-0002-search-slow.md")
            .contains("(INC-0007-checkout-refused-cards.md#impact)")
    );
}

#[test]
fn renumber_mends_two_branches_that_took_the_same_id() {
    let folder = with_a_draft();
    let other = folder.read(DRAFT).replace("Checkout refused cards", "Search slow");
    folder.write("postmortems/2026/INC-0001-search-slow.md", other);
    folder.recount(&["show", "1"]).refuses(
        "`1` could be any of `postmortems/2026/INC-0001-checkout-refused-cards.md`, `postmortems/2026/INC-0001-search-slow.md`",
        "name the file, or give one of them another ID with `recount renumber FILE`",
    );
    let run = folder.recount(&["renumber", "postmortems/2026/INC-0001-search-slow.md"]).is(0);
    assert_eq!(run.out, "postmortems/2026/INC-0002-search-slow.md\n");
    assert_eq!(run.err, "", "the other one carries the old ID by right");
    folder.recount(&["show", "1"]).is(0);
}

#[test]
fn renumber_refuses_ids_that_are_taken_or_no_file_name() {
    let folder = with_links();
    let before = folder.files("");
    let letters = "choose letters, digits and dashes: files are named after it";
    for (new, sentence, hint) in [
        (
            "INC-0002",
            "the ID `INC-0002` is taken",
            "leave it out for the next free one, or see `recount list`",
        ),
        ("2", "the ID `INC-0002` is taken", "leave it out for the next free one, or see `recount list`"),
        ("", "an ID cannot be empty", letters),
        ("../../x", "`../../x` cannot be an ID", letters),
    ] {
        folder.recount(&["renumber", "1", new]).refuses(sentence, hint);
    }
    assert_eq!(folder.files(""), before);
}

#[test]
fn every_change_keeps_the_file_s_line_endings_and_byte_order_mark() {
    let folder = Folder::examples();
    let path = "postmortems/2026/INC-0014-page-nobody-answered.md";
    let text = format!("\u{feff}{}", folder.read(path).replace('\n', "\r\n"));
    folder.write(path, &text);
    for args in [
        &["set", "14", "regions", "us-east\neu-west"][..],
        &["set", "14", "factor-capacity", "one pool", "--add"],
        &["log", "14", "Looked again", "--actor", "@ana"],
        &["stage", "14", "review", "--force"],
        &["fmt", path],
        &["check", "--fix", path],
        &["rename", "14", "Sign-in was slow"],
    ] {
        assert!(folder.recount(args).code < 2, "{args:?}");
        let now = folder
            .files("postmortems/2026")
            .into_iter()
            .find(|file| file.contains("INC-0014"))
            .expect("it is there");
        let text = folder.read(&now);
        assert!(text.starts_with("\u{feff}---\r\n"), "{args:?}");
        assert_eq!(text.matches('\n').count(), text.matches("\r\n").count(), "{args:?}");
        assert_eq!(text.matches('\u{feff}').count(), 1, "{args:?}");
    }
}

#[test]
fn a_document_in_another_template_is_not_written_into_by_accident() {
    let folder = Folder::library();
    let path = "postmortems/2026/outage.md";
    let text = "# Outage of the till\n\n## What happened\n\nThe till did not open.\n\n## Lessons\n\n- Try it on Fridays\n";
    folder.write(path, text);
    folder.recount(&["set", path, "severity", "Sev2"]).refuses(
        "refused, because `postmortems/2026/outage.md` is not in the postmortem template: the field would stand alone",
        "`recount adopt FILE` makes a postmortem of it that is; or use `--force`",
    );
    folder.recount(&["log", path, "Looked", "--actor", "@ana"]).refuses(
        "refused, because `postmortems/2026/outage.md` is not in the postmortem template: the row would stand alone",
        "`recount adopt FILE` makes a postmortem of it that is",
    );
    for args in [&["fmt"][..], &["check", "--fix"]] {
        folder.recount(args);
        assert_eq!(folder.read(path), text, "{args:?}");
    }
}

#[test]
fn two_people_who_make_postmortems_at_once_get_different_ids() {
    const EACH: usize = 25;
    let folder = Folder::library();
    let made = std::thread::scope(|scope| {
        let people: Vec<_> = ["ana", "ben"]
            .into_iter()
            .map(|name| {
                let folder = &folder;
                scope.spawn(move || -> Vec<String> {
                    (0..EACH)
                        .map(|n| folder.recount(&["new", &format!("Incident {n} of {name}")]).is(0).out)
                        .collect()
                })
            })
            .collect();
        people.into_iter().flat_map(|person| person.join().expect("no assertion failed")).collect::<Vec<_>>()
    });
    let ids: BTreeSet<&str> =
        made.iter().map(|path| &path["postmortems/2026/".len()..][.."INC-0000".len()]).collect();
    let expected: Vec<String> = (1..=2 * EACH).map(|n| format!("INC-{n:04}")).collect();
    assert_eq!(ids.into_iter().collect::<Vec<_>>(), expected);
    assert_eq!(folder.files("postmortems").len(), 2 * EACH);
}

#[test]
fn two_people_who_change_one_postmortem_at_once_both_succeed() {
    let folder = with_a_draft();
    let children: Vec<_> = (0..12)
        .map(|n| {
            let text = format!("Step {n}");
            let mut command = folder.command(&["log", "1", &text, "--actor", "@ana"]);
            command.stdout(Stdio::null()).spawn().expect("the binary was built")
        })
        .collect();
    for mut child in children {
        assert!(child.wait().expect("it is our child").success());
    }
    let text = folder.read(DRAFT);
    for n in 0..12 {
        assert!(text.contains(&format!("| Step {n} |")), "step {n} was lost:\n{text}");
    }
}

/// Every command that changes one postmortem, on `id`.
fn changes(id: &str) -> Vec<Vec<&str>> {
    vec![
        vec!["log", id, "Looked", "--actor", "@ana"],
        vec!["set", id, "severity", "Sev2"],
        vec!["set", id, "severity", "Sev2", "--force"],
        vec!["stage", id, "draft", "--force"],
        vec!["rename", id, "Another title"],
        vec!["renumber", id, "INC-0099"],
        vec!["actions", "add", id, "Limit the pool"],
        vec!["import", id, "notes.txt"],
        vec!["take", id, "slack:U1"],
    ]
}

#[test]
fn only_postmortems_of_the_library_are_changed() {
    let library = with_a_draft();
    let outside = Folder::empty();
    let text = library.read(DRAFT);
    outside.write("INC-0044-other.md", &text);
    library.write("notes.txt", "a note\n");
    library.write("postmortems/notes.txt", "a note\n");
    library.write("elsewhere/INC-0045-other.md", &text);
    library.write("recount.toml", "");
    let other = outside.path("INC-0044-other.md").display().to_string();
    let before: Vec<(String, String)> =
        library.files("").into_iter().map(|file| (file.clone(), library.read(&file))).collect();
    let beside = "postmortems/../elsewhere/INC-0045-other.md";
    for path in [
        &other,
        "notes.txt",
        "postmortems/notes.txt",
        "recount.toml",
        "template.md",
        "elsewhere/INC-0045-other.md",
        beside,
    ] {
        // These change what stands beside a postmortem.
        let beside = [vec!["dismiss", path, "--all"], vec!["evidence", "purge", path, "--yes"]];
        for args in changes(path).into_iter().chain(beside) {
            let run = library.recount(&args).is(2);
            let reasons =
                ["is no Markdown file", "is the template", "is not one of this library's postmortems"];
            assert!(reasons.iter().any(|reason| run.err.contains(reason)), "{args:?}: {}", run.err);
        }
    }
    for (file, text) in &before {
        assert_eq!(&library.read(file), text, "{file}");
    }
    assert_eq!(outside.read("INC-0044-other.md"), text);
    // The same file may be named in other ways.
    for path in
        [format!("./{DRAFT}"), format!("postmortems/../{DRAFT}"), library.path(DRAFT).display().to_string()]
    {
        library.recount(&["set", &path, "severity", "Sev2"]).is(0);
    }
}

#[test]
fn an_empty_id_names_no_postmortem() {
    let folder = with_a_draft();
    folder.recount(&["set", "1", "incident-id", ""]).is(0);
    folder.write("postmortems/2026/untitled.md", folder.read(DRAFT));
    let before = folder.read(DRAFT);
    for id in ["", "  "] {
        for mut args in changes(id) {
            args.retain(|arg| *arg != "--force");
            folder.recount(&args).refuses(
                "no postmortem was named",
                "give its ID, its number or its path; `recount list` shows all",
            );
        }
        folder.recount(&["show", id]).is(2);
    }
    assert_eq!(folder.read(DRAFT), before);
}

#[test]
fn an_id_that_many_carry_names_only_some_of_them() {
    let folder = with_a_draft();
    let text = folder.read(DRAFT);
    for n in 0..20 {
        folder.write(&format!("postmortems/2026/copy-{n:02}.md"), text.replace("INC-0001", "OLD-7"));
    }
    let run = folder.recount(&["show", "OLD-7"]).is(2);
    assert!(run.err.contains("`postmortems/2026/copy-04.md` and 15 more\n"), "{}", run.err);
    assert_eq!(run.err.matches("copy-").count(), 5, "{}", run.err);
}

#[test]
fn a_file_that_is_not_utf_8_is_not_written_into() {
    let folder = with_a_draft();
    let text = folder.read(DRAFT);
    let wide: Vec<u8> =
        [0xFF, 0xFE].into_iter().chain(text.encode_utf16().flat_map(u16::to_le_bytes)).collect();
    let latin: Vec<u8> = [text.as_bytes(), b"\nCaf\xe9\n"].concat();
    for bytes in [wide, latin] {
        folder.write(DRAFT, &bytes);
        for args in changes(DRAFT) {
            let run = folder.recount(&args).is(2);
            assert!(run.err.contains("is not UTF-8 (byte "), "{args:?}: {}", run.err);
        }
        assert_eq!(std::fs::read(folder.path(DRAFT)).expect("it is there"), bytes);
    }
}

#[test]
fn a_number_finds_a_postmortem_whose_file_is_not_named_after_its_id() {
    let folder = with_a_draft();
    let (path, text) = ("postmortems/2026/checkout.md", folder.read(DRAFT));
    std::fs::rename(folder.path(DRAFT), folder.path(path)).expect("it is there");
    folder.recount(&["set", "1", "severity", "Sev2"]).is(0);
    assert_eq!(folder.read(path), text.replace("Sev0 / Sev1 / Sev2 / Sev3", "Sev2"));
}

#[test]
fn an_id_in_code_marks_or_in_a_link_is_the_same_id() {
    let folder = with_a_draft();
    folder.replace(
        DRAFT,
        "**Incident ID**: INC-0001",
        "**Incident ID**: [`OLD-7`](https://tracker.example/7)",
    );
    std::fs::rename(folder.path(DRAFT), folder.path("postmortems/2026/checkout.md")).expect("it is there");
    folder.recount(&["show", "OLD-7"]).is(0);
    folder.recount(&["new", "Search", "--id", "old-7"]).is(2);
    assert!(folder.recount(&["list"]).is(0).out.contains(" OLD-7 "));
}
