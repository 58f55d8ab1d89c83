//! What a forge tells beside a log, and in more than one form: each merge and each deploy is one row.

use std::collections::BTreeSet;
use std::path::Path;

use recount_engine::evidence::derive::Known;
use recount_engine::evidence::source::by_name;
use recount_engine::evidence::{Curation, Event, Options, Part, recognise, select};

use super::{import, parts, real};

fn case(source: &str, case: &str) -> Vec<Event> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/sources").join(source).join(case);
    import(by_name(source).unwrap(), &Options::default(), &parts(&folder)).events
}

fn read(source: &str, text: &str) -> Vec<Event> {
    let parts = [("input".to_owned(), text.as_bytes().to_vec())];
    let read = import(by_name(source).unwrap(), &Options::default(), &parts);
    assert!(read.skipped.is_empty(), "{:?}", read.skipped);
    read.events
}

fn taken(events: &[Event]) -> Vec<String> {
    let all: Vec<&Event> = events.iter().collect();
    let selection = select(&all, &Curation::default(), &Known::default(), &BTreeSet::new());
    let mut rows: Vec<&Event> = all.into_iter().filter(|event| selection.is_taken(&event.id)).collect();
    rows.sort_by_key(|event| event.at);
    rows.iter().map(|event| selection.told(event).action.clone()).collect()
}

#[test]
fn the_same_merge_in_a_log_and_from_a_forge_is_one_row() {
    let hash = "1f3a9c0de4b57a6689d2c1e05f7b3a9480c6d2e1";
    let back = "77ab03c19e5d4f2280a1b6c3d9e4f5061728394a";
    let log = format!(
        "{hash}\tAna Li\t2026-11-20T14:58:31+01:00\tGitHub\t2026-11-20T14:58:31+01:00\ta b\tMerge pull request #88 from acme/topic-88\n\
         {back}\tAna Li\t2026-11-20T15:18:44+01:00\tGitHub\t2026-11-20T15:18:44+01:00\tc\tRevert \"Cache carts for a minute\" (#90)\n"
    );
    let mut events = read("git-log", &log);
    events.extend(case("github", "api"));
    let rows = taken(&events);
    let of = |number: &str| rows.iter().filter(|row| row.contains(number)).collect::<Vec<_>>();
    assert_eq!(of("#88"), ["Merged #88: Cache carts for a minute"]);
    assert_eq!(of("#90"), ["Merged #90: Revert \"Cache carts for a minute\""]);
    assert!(!rows.iter().any(|row| row.starts_with("Revert")), "{rows:#?}");
}

#[test]
fn a_deployment_its_statuses_and_its_workflow_run_are_one_row() {
    let rows = taken(&case("github", "webhooks"));
    let want = [
        "Merged #88: Cache carts for a minute",
        "Released shop v41: Faster carts",
        "Deployed shop 1f3a9c0d (main) to production",
        "Failed to roll back shop to v40 in production",
        "Rolled back shop to v40 in production",
    ];
    assert_eq!(rows, want);
}

#[test]
fn a_deployment_its_job_and_its_pipeline_are_one_row() {
    let rows = taken(&case("gitlab", "api"));
    let of_main = rows.iter().filter(|row| row.contains("2c5f0a9b")).collect::<Vec<_>>();
    assert_eq!(
        of_main,
        [
            "Cancelled the deploy of 2c5f0a9b (main) to production",
            "Deployed shop 2c5f0a9b (main) to production",
        ]
    );
    let rows = taken(&case("gitlab", "webhooks"));
    let of_main = rows.iter().filter(|row| row.contains("2c5f0a9b")).collect::<Vec<_>>();
    assert_eq!(of_main, ["Deployed shop 2c5f0a9b (main) to production"]);
}

#[test]
fn real_payloads_of_github_are_recognised_and_read() {
    for (path, actions) in [
        (
            "github/octokit_pull_request_closed_payload.json",
            &[
                "Opened #2: Update the README with new information.",
                "Closed #2 without merging: Update the README with new information.",
            ][..],
        ),
        (
            "github/octokit_deployment_status_payload.json",
            &[
                "Started deploying Hello-World f95f852b (master) to production",
                "Deployed Hello-World f95f852b (master) to production",
            ],
        ),
        (
            "github/octokit_workflow_run_completed_payload.json",
            &["Workflow test.yml succeeded on 3484a3fb (master)"],
        ),
    ] {
        let Some(bytes) = real(path) else { return };
        let part = Part::new(path, &bytes);
        assert_eq!(recognise(std::slice::from_ref(&part)).map(|s| s.name), Ok("github"), "{path}");
        let read = import(by_name("github").unwrap(), &Options::default(), &[(path.to_owned(), bytes)]);
        assert!(read.skipped.is_empty(), "{:?}", read.skipped);
        let mut said: Vec<&str> = read.events.iter().map(|event| event.action.as_str()).collect();
        said.sort_by_key(|action| actions.iter().position(|wanted| wanted == action));
        assert_eq!(said, actions, "{path}");
        assert!(read.events.iter().all(|event| event.link.as_deref() != Some("")));
    }
}
