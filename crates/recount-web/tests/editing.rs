//! Changing a postmortem by forms: what is written, what is refused, and two changes at once.

#![allow(clippy::unwrap_used)]

mod common;

use std::fs;

use axum::http::StatusCode;
use common::{DOWN, Served, filled, git, hidden};

const PAGE: &str = "/p/INC-0001/edit";

fn route(rest: &str) -> String {
    format!("{PAGE}/{rest}")
}

/// Sends the form of the page that holds a text, with these inputs.
fn save(served: &Served, rest: &str, holding: &str, typed: &[(&str, &str)]) -> common::Got {
    let hidden = served.hidden(PAGE, &route(rest), holding);
    served.post(&route(rest), &filled(&hidden, typed))
}

#[test]
fn every_form_changes_its_place_and_nothing_else() {
    for (rest, holding, typed, from, to) in [
        ("title", "", &[("value", "Checkout was slow")][..], "# Checkout was down", "# Checkout was slow"),
        ("field/severity", "", &[("value", "Sev1")], "Sev2", "Sev1"),
        (
            "field/data-loss",
            "",
            &[("answer", "yes"), ("value", "12 rows")],
            "Data loss: no",
            "Data loss: yes (12 rows)",
        ),
        ("field/regions", "", &[("value", "")], "impacted**: eu-west", "impacted**:"),
        (
            "field/symptoms",
            "",
            &[("value", "Errors\r\nat two tills")],
            "symptoms**: Errors at the till",
            "symptoms**:\n  - Errors\n  - at two tills",
        ),
        (
            "field/end-time",
            "",
            &[("value", "2026-11-20 15:30")],
            "2026-11-20 15:00\n- **Duration**: 1h",
            "2026-11-20 15:30\n- **Duration**: 1h 30m",
        ),
        (
            "entries/what-went-well",
            "Entry 1",
            &[("value", "So it did"), ("do", "save")],
            "The alert came at once",
            "So it did",
        ),
        ("entries/what-went-well", "One more", &[("value", "Twice")], "at once\n", "at once\n- Twice\n"),
        ("entries/what-went-well", "Entry 1", &[("do", "remove")], "- The alert came at once", "- "),
        (
            "timeline",
            "row-2-time",
            &[
                ("time", "14:10"),
                ("actor", "@bo"),
                ("milestone", "Mitigated"),
                ("action", "Restarted it"),
                ("result", "Better"),
            ],
            "| Restarted it |",
            "| **Mitigated.** Restarted it |",
        ),
        (
            "timeline",
            "row-new-time",
            &[
                ("time", "2026-11-20 14:05"),
                ("actor", "@cy"),
                ("milestone", ""),
                ("action", "Looked"),
                ("result", ""),
            ],
            "| 14:10 |",
            "| 2026-11-20 14:05 | @cy | Looked | |\n| 14:10 |",
        ),
        ("timeline", "row-2-time", &[("do", "remove")], "| 14:10 | @bo | Restarted it | Better |\n", ""),
        ("actions", "action-1-owner", &[("owner", "@bo")], "Limit the pool | @ana", "Limit the pool | @bo"),
        (
            "actions",
            "action-1-owner",
            &[("status", "done"), ("reason", "PR #12")],
            "2026-11-21 | Open",
            "2026-11-21 | Done 2026-11-23: PR #12",
        ),
        (
            "actions",
            "action-1-owner",
            &[("status", "verified"), ("evidence", "https://grafana.example.com/d/pool")],
            "2026-11-21 | Open | Load test |",
            "2026-11-21 | Verified 2026-11-23 | Load test; verified by @ana 2026-11-23: <https://grafana.example.com/d/pool> |",
        ),
        (
            "actions",
            "action-new-owner",
            &[
                ("action", "Page somebody"),
                ("priority", "P1"),
                ("owner", "@ana"),
                ("due", "2026-12-01"),
                ("plan", "A drill"),
            ],
            "| P2 | Tell",
            "| P1 | Page somebody | @ana | 2026-12-01 | Open | A drill |\n| P2 | Tell",
        ),
        (
            "actions",
            "action-2-owner",
            &[("do", "up")],
            "| P1 | Limit the pool | @ana | 2026-11-21 | Open | Load test |\n| P2 | Tell people | @bo | 2026-12-20 | Open | |",
            "| P2 | Tell people | @bo | 2026-12-20 | Open | |\n| P1 | Limit the pool | @ana | 2026-11-21 | Open | Load test |",
        ),
    ] {
        let served = Served::new();
        let got = save(&served, rest, holding, typed);
        assert_eq!(got.status, StatusCode::SEE_OTHER, "{rest} {typed:?}: {}", got.body);
        assert!(got.location.starts_with("/p/INC-0001/edit?saved="), "{}", got.location);
        assert_eq!(served.text(), DOWN.replacen(from, to, 1), "{rest} {typed:?}");
        assert_eq!(served.get(got.location.split('#').next().unwrap()).status, StatusCode::OK);
    }
}

#[test]
fn what_is_refused_comes_back_with_its_reason_and_with_what_was_typed() {
    for (rest, holding, typed, said) in [
        ("title", "", &[("value", " ")][..], "Say in a few words what happened"),
        ("field/severity", "", &[("value", "Sev9")], "Sev9"),
        ("field/data-loss", "", &[("answer", ""), ("value", "perhaps so")], "Begin with"),
        ("field/symptoms", "", &[("value", "half <!-- of it")], "HTML comment"),
        ("timeline", "row-new-time", &[("time", "tomorrow-ish"), ("action", "Waited")], "tomorrow-ish"),
        (
            "timeline",
            "row-new-time",
            &[("time", "2026-11-20 14:20"), ("actor", "@zed"), ("action", "")],
            "A row needs a text",
        ),
        ("actions", "action-1-owner", &[("status", "wont-do"), ("owner", "@zed")], "needs a reason"),
        (
            "actions",
            "action-1-owner",
            &[("status", "verified"), ("evidence", "yes")],
            "shows nobody that it works",
        ),
        ("actions", "action-1-owner", &[("due", "someday")], "is no day"),
        ("actions", "action-new-owner", &[("action", ""), ("owner", "@zed")], "An action item needs a text"),
        ("stage", "", &[("stage", "final")], "is not ready for stage"),
    ] {
        let served = Served::new();
        let got = save(&served, rest, holding, typed);
        assert_eq!(got.status, StatusCode::UNPROCESSABLE_ENTITY, "{rest} {typed:?}: {}", got.location);
        assert_eq!(served.text(), DOWN, "{rest} {typed:?}");
        assert!(got.body.contains(said), "{rest} {typed:?}");
        for (_, value) in typed.iter().filter(|(name, value)| !value.trim().is_empty() && *name != "stage") {
            let shown = value.replace('<', "&#60;");
            assert!(got.body.contains(&shown), "{value} of {rest} is lost");
        }
    }
}

#[test]
fn what_a_rule_forbids_is_done_by_whoever_insists() {
    let served = Served::new();
    let got = save(&served, "actions", "action-1-owner", &[("status", "wont-do")]);
    assert!(got.body.contains("Save it all the same"));
    let got = save(&served, "actions", "action-1-owner", &[("status", "wont-do"), ("force", "1")]);
    assert_eq!(got.status, StatusCode::SEE_OTHER);
    assert!(served.text().contains("| Won't do 2026-11-23 |"), "{}", served.text());
}

#[test]
fn a_change_elsewhere_stays_and_so_does_this_one() {
    for (rest, holding, typed, to) in [
        ("field/severity", "", &[("value", "Sev1")][..], "**Severity**: Sev1"),
        ("actions", "action-2-owner", &[("owner", "@cy")], "| P2 | Tell people | @cy |"),
        (
            "timeline",
            "row-2-time",
            &[("time", "14:10"), ("actor", "@cy"), ("action", "Restarted it"), ("result", "Better")],
            "| 14:10 | @cy |",
        ),
    ] {
        // With the version that the form was made from still known, and without.
        for forgotten in [false, true] {
            let served = Served::new();
            let mut hidden = served.hidden(PAGE, &route(rest), holding);
            if forgotten {
                hidden.retain(|(name, _)| name != "version");
            }
            served.elsewhere("Nobody could pay.", "Few could pay.");
            served.elsewhere(
                "| P1 | Limit the pool",
                "| P0 | Something new | @dee | 2026-12-01 | Open | |\n| P1 | Limit the pool",
            );
            let got = served.post(&route(rest), &filled(&hidden, typed));
            assert_eq!(got.status, StatusCode::SEE_OTHER, "{rest} {forgotten}: {}", got.body);
            let text = served.text();
            assert!(
                text.contains(to) && text.contains("Few could pay.") && text.contains("Something new"),
                "{text}"
            );
        }
    }
}

#[test]
fn two_changes_of_one_place_are_both_shown_and_either_can_be_kept() {
    for (rest, holding, typed, theirs, mine) in [
        ("field/severity", "", &[("value", "Sev1")][..], ("Sev2", "Sev0"), "**Severity**: Sev1"),
        (
            "title",
            "",
            &[("value", "Mine is this")],
            ("Checkout was down", "Theirs is that"),
            "# Mine is this",
        ),
        (
            "actions",
            "action-1-owner",
            &[("owner", "@mine")],
            ("Limit the pool | @ana", "Limit the pool | @theirs"),
            "| P1 | Limit the pool | @mine |",
        ),
        (
            "timeline",
            "row-2-time",
            &[("time", "14:10"), ("actor", "@mine"), ("action", "Restarted it"), ("result", "Better")],
            ("14:10 | @bo", "14:10 | @theirs"),
            "| 14:10 | @mine | Restarted it |",
        ),
        (
            "entries/what-went-well",
            "Entry 1",
            &[("value", "The alert came at last")],
            ("The alert came at once", "The alert came at noon"),
            "- The alert came at last",
        ),
    ] {
        let served = Served::new();
        let hidden_inputs = served.hidden(PAGE, &route(rest), holding);
        served.elsewhere(theirs.0, theirs.1);
        let got = served.post(&route(rest), &filled(&hidden_inputs, typed));
        let seen: &str = theirs.1.rsplit("| ").next().unwrap();
        if rest.starts_with("entries") {
            // Another text is another entry: what was written about is gone.
            assert_eq!(got.status, StatusCode::CONFLICT, "{rest}");
            assert!(got.body.contains("at last"), "{rest}");
            assert!(served.text().contains(seen));
            continue;
        }
        assert_eq!(got.status, StatusCode::CONFLICT, "{rest}: {}", got.location);
        assert!(got.body.contains(seen), "theirs of {rest} is not shown: {}", got.body);
        assert!(served.text().contains(theirs.1), "{rest}");
        let again = hidden(&got.body, &route(rest), "Save mine");
        let mut inputs = filled(&again, &[]);
        let value = |name: &str| typed.iter().find(|(own, _)| *own == name).map(|(_, value)| *value);
        for name in ["value", "owner", "actor"] {
            if got.body.contains(&format!("name=\"{name}\" rows")) {
                inputs.push((name, value(name).unwrap()));
            }
        }
        let got = served.post(&route(rest), &inputs);
        assert_eq!(got.status, StatusCode::SEE_OTHER, "{rest}: {}", got.body);
        assert!(served.text().contains(mine), "{rest}: {}", served.text());
    }
}

#[test]
fn a_row_that_others_removed_is_not_lost_with_what_was_typed() {
    let served = Served::new();
    let hidden_inputs = served.hidden(PAGE, &route("timeline"), "row-2-time");
    served.elsewhere("| 14:10 | @bo | Restarted it | Better |\n", "");
    let typed =
        [("time", "14:10"), ("actor", "@bo"), ("action", "Restarted all of it"), ("result", "Better")];
    let got = served.post(&route("timeline"), &filled(&hidden_inputs, &typed));
    assert_eq!(got.status, StatusCode::CONFLICT);
    assert!(got.body.contains("Restarted all of it") && got.body.contains("removed"));
    let again = hidden(&got.body, &route("timeline"), "Add mine again");
    let got = served.post(&route("timeline"), &filled(&again, &[]));
    assert_eq!(got.status, StatusCode::SEE_OTHER, "{}", got.body);
    assert!(
        served.text().contains("| 2026-11-20 14:10 | @bo | Restarted all of it | Better |"),
        "{}",
        served.text()
    );
}

#[test]
fn hostile_values_stay_in_their_cell_and_run_nowhere() {
    let served = Served::new();
    let hostile = "<script>alert(1)</script> | `x` \"' & <!b>\r\nsecond | line";
    let typed = [
        ("time", "14:10"),
        ("actor", "<img src=x onerror=alert(2)>"),
        ("action", hostile),
        ("result", "a \\| b"),
    ];
    let got = save(&served, "timeline", "row-2-time", &typed);
    assert_eq!(got.status, StatusCode::SEE_OTHER, "{}", got.body);
    let text = served.text();
    assert_eq!(text.lines().count(), DOWN.lines().count());
    assert!(text.contains("</script> \\| `x` \"' & <!b><br>second \\| line |"), "{text}");
    for page in [PAGE, "/p/INC-0001/edit/text", "/p/INC-0001", "/actions"] {
        let body = served.get(page).body;
        assert!(!body.contains("<script>alert") && !body.contains("<img src=x"), "{page}");
    }
    let got = save(&served, "actions", "action-1-owner", &[("owner", "\"><script>alert(3)</script>")]);
    assert!(!got.body.contains("<script>alert"));
    let body = served.get("/actions").body;
    assert!(!body.contains("<script>alert"), "{body}");
}

#[test]
fn a_form_of_another_site_changes_nothing() {
    let served = Served::new();
    for address in ["/p/INC-0001/edit/title", "/p/INC-0001/edit/text", "/p/INC-0001/edit/actions", "/new"] {
        let got = served.post_from(
            "cross-site",
            address,
            &[("value", "Owned"), ("title", "Owned"), ("text", "Owned")],
        );
        assert_eq!(got.status, StatusCode::FORBIDDEN, "{address}");
    }
    assert_eq!(served.text(), DOWN);
}

#[test]
fn each_change_becomes_a_commit_of_whoever_made_it() {
    let served = Served::with(&[("postmortems/INC-0001-checkout-was-down.md", DOWN)], true);
    assert_eq!(save(&served, "field/severity", "", &[("value", "Sev1")]).status, StatusCode::SEE_OTHER);
    let last = git(served.folder.path(), &["log", "-1", "--format=%an <%ae>: %s"]);
    assert_eq!(last.trim(), "@ana <ana@example.com>: INC-0001: set Severity to Sev1");
    let got = served.post(
        "/new",
        &[
            ("title", "Search was slow"),
            ("severity", "Sev3"),
            ("start", "2026-11-22 09:00"),
            ("services", "search"),
        ],
    );
    assert_eq!(got.location, "/p/INC-0002");
    let last = git(served.folder.path(), &["log", "-1", "--format=%an: %s", "--name-only"]);
    assert_eq!(
        last.trim(),
        "@ana: INC-0002: new postmortem \"Search was slow\"\n\npostmortems/INC-0002-search-was-slow.md"
    );
    assert_eq!(git(served.folder.path(), &["status", "--porcelain", "postmortems"]), "");
}

#[test]
fn findings_stand_beside_their_field_and_a_certain_one_is_mended_by_its_button() {
    let served = Served::new();
    served.elsewhere("**Duration**: 1h", "**Duration**: 3h");
    let page = served.get(PAGE).body;
    let beside =
        page.split("id=\"field-duration\"").nth(1).unwrap().split("<form class=\"edit-field").next().unwrap();
    assert!(beside.contains("duration-mismatch") && beside.contains("Apply: "), "{beside}");
    let fix = hidden(&page, &route("fix"), "duration-mismatch");
    let got = served.post(&route("fix"), &filled(&fix, &[]));
    assert_eq!(got.status, StatusCode::SEE_OTHER, "{}", got.body);
    assert!(got.location.ends_with("#field-duration"), "{}", got.location);
    assert_eq!(served.text(), DOWN);
    let got = served.post(&route("fix"), &filled(&fix, &[]));
    assert_eq!(got.status, StatusCode::CONFLICT);
    assert!(got.body.contains("not there any more"));
}

#[test]
fn what_stands_between_here_and_final_is_told() {
    let served = Served::new();
    let page = served.get(PAGE).body;
    assert!(page.contains("between here and <b>final</b>") && page.contains("href=\"#"), "{page}");
}

#[test]
fn the_whole_text_is_saved_and_merged_with_what_others_changed() {
    let served = Served::new();
    let hidden_inputs = served.hidden(&route("text"), &route("text"), "Markdown");
    let mine = DOWN.replace("# Checkout was down", "# Checkout was slow").replace('\n', "\r\n");
    served.elsewhere("Sev2", "Sev1");
    let got = served.post(&route("text"), &filled(&hidden_inputs, &[("text", &mine), ("do", "save")]));
    assert_eq!(got.status, StatusCode::SEE_OTHER, "{}", got.body);
    assert_eq!(served.text(), DOWN.replace("was down", "was slow").replace("Sev2", "Sev1"));
}

#[test]
fn two_whole_texts_that_meet_are_both_shown_and_nothing_is_written() {
    for forgotten in [false, true] {
        let served = Served::new();
        let mut hidden_inputs = served.hidden(&route("text"), &route("text"), "Markdown");
        if forgotten {
            hidden_inputs.retain(|(name, _)| name != "version");
        }
        served.elsewhere("Sev2", "Sev1");
        let mine = DOWN.replace("Sev2", "Sev0");
        let got = served.post(&route("text"), &filled(&hidden_inputs, &[("text", &mine), ("do", "save")]));
        assert_eq!(got.status, StatusCode::CONFLICT);
        assert!(got.body.contains("Sev0") && got.body.contains("Sev1"));
        assert_eq!(got.body.contains("&#60;&#60;&#60;&#60;&#60;&#60;&#60; yours"), !forgotten);
        assert_eq!(served.text(), DOWN.replace("Sev2", "Sev1"));
        // What was chosen is saved; both at once are not.
        let again = hidden(&got.body, &route("text"), "Markdown");
        let marked = format!("{mine}\n<<<<<<< yours\na\n=======\nb\n>>>>>>> theirs\n");
        let got = served.post(&route("text"), &filled(&again, &[("text", &marked), ("do", "save")]));
        assert_eq!(got.status, StatusCode::UNPROCESSABLE_ENTITY, "{}", got.location);
        let got = served.post(&route("text"), &filled(&again, &[("text", &mine), ("do", "save")]));
        assert_eq!(got.status, StatusCode::SEE_OTHER, "{}", got.body);
        assert_eq!(served.text(), mine);
    }
}

#[test]
fn a_preview_writes_nothing_and_keeps_the_text() {
    let served = Served::new();
    let hidden_inputs = served.hidden(&route("text"), &route("text"), "Markdown");
    let mine = DOWN.replace("was down", "was **never** down");
    let got = served.post(&route("text"), &filled(&hidden_inputs, &[("text", &mine), ("do", "preview")]));
    assert_eq!(got.status, StatusCode::OK);
    assert!(got.body.contains("was **never** down") && got.body.contains("<strong>never</strong>"));
    assert_eq!(served.text(), DOWN);
}

#[test]
fn what_git_refused_to_commit_is_shown_all_the_same() {
    let served = Served::with(&[("postmortems/INC-0001-checkout-was-down.md", DOWN)], true);
    let hook = served.folder.path().join(".git/hooks/pre-commit");
    fs::create_dir_all(hook.parent().unwrap()).unwrap();
    fs::write(&hook, "#!/bin/sh\necho no >&2\nexit 1\n").unwrap();
    fs::set_permissions(&hook, std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
    // Nothing but what the server itself does may show it.
    let got = served.post("/new", &[("title", "Search was slow")]);
    assert!(!got.status.is_success() && got.status != StatusCode::SEE_OTHER, "{}", got.status);
    assert!(served.get("/postmortems").body.contains("Search was slow"));
    let got = save(&served, "title", "in-title", &[("value", "Checkout was slow")]);
    assert_ne!(got.status, StatusCode::SEE_OTHER);
    assert!(served.get("/postmortems").body.contains("Checkout was slow"));
}

#[test]
fn a_field_that_is_refused_is_named_with_what_to_write_instead() {
    let served = Served::new();
    for (value, message, hint) in [
        (
            "a\n## Injected",
            "<code>Direct trigger</code>: the change was refused",
            "line that begins as a heading",
        ),
        (
            "a <!-- b -->",
            "<code>Direct trigger</code>: a value cannot hold an HTML comment",
            "out, or put it between backticks",
        ),
    ] {
        let got = save(&served, "field/direct-trigger", "in-direct-trigger", &[("value", value)]);
        assert_eq!(got.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert!(got.body.contains(message) && got.body.contains(hint), "{}", got.body);
    }
    let got = save(&served, "title", "in-title", &[("value", "Down \u{202e}nwod")]);
    assert!(got.body.contains("The title holds a control character (U+202E)"), "{}", got.body);
    let got = save(&served, "field/incident-id", "in-incident-id", &[("value", "INC-0001")]);
    assert!(!got.body.contains("recount renumber"), "{}", got.body);
}

#[test]
fn what_a_list_is_asked_for_and_cannot_be_read_is_told() {
    let served = Served::new();
    for (query, told) in [
        ("after=2026-99-99", "no calendar has this day"),
        ("before=soon", "write it as"),
        ("severity=high", "of “severity” is none"),
        ("stage=done", "of “stage” is none"),
        ("sort=best", "of “sort” is none"),
        ("page=-1", "of “page” is none"),
    ] {
        let body = served.get(&format!("/postmortems?{query}")).body;
        assert!(body.contains(told), "{query}: {told}");
    }
    let body = served.get("/postmortems?severity=sev2&stage=draft&sort=oldest&page=1&after=2026-01-01").body;
    assert!(!body.contains("is none") && !body.contains("is no day"), "{body}");
}
