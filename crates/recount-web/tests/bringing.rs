//! Evidence by forms: bringing files in, and taking what was left out into the timeline.

#![allow(clippy::unwrap_used)]

mod common;

use std::fs;
use std::path::Path;

use axum::http::StatusCode;
use common::{Served, git};

/// A draft that knows nothing yet.
const BLANK: &str = "postmortems/INC-0001-checkout-was-down.md";
const EVIDENCE: &str = "/p/INC-0001/evidence";

fn titled(id: &str) -> String {
    let template = include_str!("../../../examples/template.md");
    assert!(template.contains("**Incident ID**:"), "the template has an ID");
    template.replacen("**Incident ID**:", &format!("**Incident ID**: {id}"), 1)
}

fn example(name: &str) -> Vec<u8> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples/evidence/page-nobody-answered");
    fs::read(folder.join(name)).unwrap()
}

fn blank() -> Served {
    Served::with(&[(BLANK, &titled("INC-0001"))], false)
}

/// The IDs of the candidates that a page offers.
fn offered(page: &str) -> Vec<String> {
    let boxes = page.split("name=\"event\" value=\"").skip(1);
    boxes.map(|rest| rest.split('"').next().unwrap().to_owned()).collect()
}

#[test]
fn files_come_in_by_a_form_and_each_says_what_came_of_it() {
    let served = blank();
    let (pages, pods) = (example("pagerduty-log-entries.json"), example("kubernetes-events.json.gz"));
    let page = served.get(EVIDENCE);
    assert_eq!(page.status, StatusCode::OK);
    assert!(
        page.body.contains("enctype=\"multipart/form-data\"")
            && page.body.contains("Nothing was brought in yet")
    );
    let alerts = example("alertmanager.jsonl");
    let files: [(&str, &[u8]); 5] = [
        ("pages.json", &pages),
        ("../../pods.json.gz", &pods),
        ("alerts.jsonl", &alerts),
        ("hello.txt", b"hello"),
        ("empty.log", b""),
    ];
    let sent = served.post_files(EVIDENCE, &[("zone", ""), ("source", "")], &files);
    assert_eq!(sent.status, StatusCode::OK, "{}", sent.body);
    for told in [
        "rows added to the timeline",
        "<code>pagerduty</code>: 14 events",
        "<code>kubernetes-events</code>: 6 events",
        "<code>hello.txt</code> is not read: it is of no source that is known",
        "Name one with <code>Read as</code>",
        "The file is empty",
        "<code>alertmanager</code>: 2 events",
        "Filled in, and why",
    ] {
        assert!(sent.body.contains(told), "{told}: {}", sent.body);
    }
    assert!(!sent.body.contains("`--") && !sent.body.contains("/tmp"));
    assert!(served.text().contains("Escalated incident #4127"), "{}", served.text());
    let again = served.post_files(EVIDENCE, &[], &files[..3]);
    assert!(again.body.contains("0 rows added to the timeline"), "{}", again.body);
    assert!(served.get(EVIDENCE).body.contains("What was brought in so far"));
}

#[test]
fn what_was_left_out_is_ticked_and_taken_into_the_timeline() {
    let served = blank();
    served.post_files(EVIDENCE, &[], &[("a.json", &example("pagerduty-log-entries.json"))]);
    served.post_files(EVIDENCE, &[], &[("b.json.gz", &example("kubernetes-events.json.gz"))]);
    let before = offered(&served.get(EVIDENCE).body);
    assert!(before.len() > 2, "{before:?}");
    let taken = served.post(
        &format!("{EVIDENCE}/take"),
        &[("text", ""), ("page", "1"), ("event", &before[0]), ("event", &before[1])],
    );
    assert_eq!(taken.status, StatusCode::SEE_OTHER, "{}", taken.body);
    assert_eq!(taken.location, format!("{EVIDENCE}?taken=2&text=#left-out"));
    let page = served.get(taken.location.split('#').next().unwrap());
    assert!(page.body.contains("2 events are in the timeline now"), "{}", page.body);
    assert!(!offered(&page.body).contains(&before[0]) && !offered(&page.body).contains(&before[1]));
    let nothing = served.post(&format!("{EVIDENCE}/take"), &[("text", ""), ("page", "1")]);
    assert_eq!(nothing.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(nothing.body.contains("Nothing was chosen"));
    let text = served.text();
    let unknown =
        served.post(&format!("{EVIDENCE}/take"), &[("event", &before[2]), ("event", "no-such-event")]);
    assert_eq!(unknown.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(
        unknown.body.contains("has no event") && unknown.body.contains(" checked"),
        "what was ticked is kept"
    );
    assert_eq!(served.text(), text);
    let found = served.get(&format!("{EVIDENCE}?text=nothing-holds-this"));
    assert!(found.body.contains("Nothing that was left out holds") && offered(&found.body).is_empty());
}

#[test]
fn what_is_dismissed_is_listed_apart_and_can_be_offered_again() {
    let served = blank();
    served.post_files(EVIDENCE, &[], &[("a.json", &example("pagerduty-log-entries.json"))]);
    served.post_files(EVIDENCE, &[], &[("b.json.gz", &example("kubernetes-events.json.gz"))]);
    let (text, before) = (served.text(), offered(&served.get(EVIDENCE).body));
    let gone = served.post(&format!("{EVIDENCE}/dismiss"), &[("text", ""), ("event", &before[0])]);
    assert_eq!(gone.location, format!("{EVIDENCE}?dismissed=1&text=#left-out"), "{}", gone.body);
    let page = served.get(gone.location.split('#').next().unwrap()).body;
    assert!(
        page.contains("One event is</b>") || page.contains("One event is not offered any more"),
        "{page}"
    );
    let (open, apart) = page.split_once("Never offered again <").unwrap();
    assert!(!offered(open).contains(&before[0]) && offered(apart) == before[..1]);
    assert_eq!(served.text(), text);
    let back = served.post(&format!("{EVIDENCE}/offer"), &[("event", &before[0])]);
    assert_eq!(back.location, format!("{EVIDENCE}?offered=1&text=#left-out"), "{}", back.body);
    assert_eq!(offered(&served.get(EVIDENCE).body), before);
    let nothing = served.post(&format!("{EVIDENCE}/dismiss"), &[("text", "")]);
    assert_eq!(nothing.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(nothing.body.contains("Nothing was chosen"));
}

#[test]
fn what_cannot_come_in_is_refused_beside_the_form_and_nothing_is_written() {
    type Case<'a> = (&'a [(&'a str, &'a str)], &'a [(&'a str, &'a [u8])], u16, &'a str);
    let served = blank();
    let before = served.text();
    let large = vec![b'a'; (64 << 20) + 1];
    let cases: [Case<'_>; 7] = [
        (&[], &[], 422, "No file was chosen"),
        (&[], &[("", b"")], 422, "No file was chosen"),
        (&[("zone", "Mars")], &[("a.txt", b"a")], 422, "There is no time zone <code>Mars</code>"),
        (&[("year", "soon")], &[("a.txt", b"a")], 422, "<code>soon</code> is no year"),
        (&[], &[("a.txt", b"hello")], 422, "Nothing came in"),
        (&[], &[(".ssh", b"hello")], 422, "That is no plain file name"),
        (&[], &[("a.log", &large)], 413, "That is more than 64 MiB at once"),
    ];
    for (inputs, files, status, told) in cases {
        let answer = served.post_files(EVIDENCE, inputs, files);
        assert_eq!(answer.status, status, "{inputs:?} {told}");
        assert!(answer.body.contains(told), "{told}: {}", answer.body);
        for (name, value) in inputs {
            assert!(answer.body.contains(&format!("name=\"{name}\" value=\"{value}\"")), "{name} is kept");
        }
    }
    let plain = served.post(EVIDENCE, &[("files", "a.txt")]);
    assert_eq!(plain.status, StatusCode::BAD_REQUEST);
    assert!(plain.body.contains("That is no form with files"));
    let elsewhere = served.post_from("cross-site", EVIDENCE, &[("files", "a.txt")]);
    assert_eq!(elsewhere.status, StatusCode::FORBIDDEN);
    assert_eq!(
        served.post_files("/p/INC-9999/evidence", &[], &[("a.txt", b"a")]).status,
        StatusCode::NOT_FOUND
    );
    assert_eq!(served.text(), before);
    assert!(!recount_store::evidence_folder(&served.path()).exists());
}

#[test]
fn a_table_of_which_nothing_can_be_read_says_which_records_and_why() {
    let served = blank();
    let before = served.text();
    let table = b"time,actor,action\nsoon,ana,did it\nlater,bo,did more\n";
    let answer = served.post_files(EVIDENCE, &[("zone", "UTC")], &[("log.csv", table)]);
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(answer.body.contains("2 records skipped") && answer.body.contains("line 2"), "{}", answer.body);
    assert_eq!(served.text(), before);
    let dated = b"time,actor,action\n2026-11-20 14:02,ana,Restarted the pool\n";
    let answer = served.post_files(EVIDENCE, &[("zone", "UTC")], &[("log.csv", dated)]);
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.body);
}

#[test]
fn evidence_that_comes_in_is_a_commit_of_whoever_brought_it() {
    let served = Served::with(&[(BLANK, &titled("INC-0001"))], true);
    let sent = served.post_files(EVIDENCE, &[], &[("pages.json", &example("pagerduty-log-entries.json"))]);
    assert_eq!(sent.status, StatusCode::OK, "{}", sent.body);
    let log = git(served.folder.path(), &["log", "-1", "--format=%an %s"]);
    assert_eq!(log.trim(), "@ana INC-0001: import pages.json");
    assert_eq!(git(served.folder.path(), &["status", "--porcelain", "postmortems"]), "");
}

#[test]
fn a_new_postmortem_can_go_on_to_its_evidence() {
    let served = Served::new();
    let made = served.post("/new", &[("title", "Seats were sold twice"), ("then", "evidence")]);
    assert_eq!(made.location, "/p/INC-0002/evidence");
    assert!(served.get("/new").body.contains("Make it, and bring evidence in"));
    assert!(served.get("/p/INC-0001").body.contains("href=\"/p/INC-0001/evidence\""));
    assert!(served.get("/p/INC-0001/edit").body.contains("href=\"/p/INC-0001/evidence\""));
}
