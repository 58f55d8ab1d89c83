//! The board of action items, and new postmortems.

#![allow(clippy::unwrap_used)]

mod common;

use axum::http::StatusCode;
use common::{DOWN, Served, filled};

const PATH: &str = "postmortems/INC-0001-checkout-was-down.md";

#[test]
fn the_board_lists_what_is_asked_for() {
    let served = Served::new();
    for (query, pool, people) in [
        ("", true, true),
        ("?overdue=1", true, false),
        ("?status=overdue", true, false),
        ("?owner=%40bo", false, true),
        ("?priority=P1", true, false),
        ("?service=checkout", true, true),
        ("?service=search", false, false),
        ("?due-before=2026-12-01", true, false),
        ("?due-after=2026-12-01", false, true),
        ("?due-after=2026-11-01&due-before=2026-12-01", true, false),
        ("?status=done", false, false),
        ("?status=all&by=owner", true, true),
        ("?status=nonsense&by=priority", true, true),
    ] {
        let body = served.get(&format!("/actions{query}")).body;
        assert_eq!(
            (body.contains("Limit the pool"), body.contains("Tell people")),
            (pool, people),
            "{query}"
        );
    }
    let body = served.get("/actions").body;
    assert!(body.contains("href=\"/p/INC-0001#action-1\"") && body.contains("Overdue"));
}

#[test]
fn an_item_is_changed_on_the_board_and_leads_back_to_it() {
    let served = Served::new();
    let form = served.hidden("/actions?by=owner", "/p/INC-0001/edit/actions", "Limit the pool");
    let got = served.post(
        "/p/INC-0001/edit/actions",
        &filled(&form, &[("status", "in-progress"), ("owner", "@bo"), ("due", "2026-12-01")]),
    );
    assert_eq!(got.status, StatusCode::SEE_OTHER, "{}", got.body);
    assert_eq!(got.location, "/actions?by=owner&saved=INC-0001%231");
    assert!(served.text().contains("| P1 | Limit the pool | @bo | 2026-12-01 | In progress | Load test |"));
    assert!(served.get(&got.location).body.contains("INC-0001#1"));
}

#[test]
fn a_move_that_owes_a_reason_is_refused_on_the_board_with_what_was_typed() {
    let served = Served::new();
    let form = served.hidden("/actions?owner=%40ana", "/p/INC-0001/edit/actions", "Limit the pool");
    let got = served.post(
        "/p/INC-0001/edit/actions",
        &filled(&form, &[("status", "wont-do"), ("owner", "@zed"), ("due", "2026-11-21")]),
    );
    assert_eq!(got.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(got.body.contains("<h1>Action items</h1>") && got.body.contains("needs a reason"));
    assert!(got.body.contains("value=\"@zed\"") && got.body.contains(" open"));
    assert_eq!(served.text(), DOWN);
}

#[test]
fn the_board_tells_when_the_library_changed() {
    let served = Served::new();
    let body = served.get("/actions").body;
    assert!(body.contains("data-of=\"\" data-mark=\""), "{body}");
}

#[test]
fn verified_without_evidence_is_refused_in_the_words_of_the_form() {
    let served = Served::with(
        &[(PATH, &DOWN.replace("stage: draft", "stage: review").replace("Load test", "Load"))],
        false,
    );
    for page in ["/actions?owner=%40ana", "/p/INC-0001/edit"] {
        let form = served.hidden(page, "/p/INC-0001/edit/actions", "Limit the pool");
        let got = served.post("/p/INC-0001/edit/actions", &filled(&form, &[("status", "verified")]));
        assert_eq!(got.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert!(got.body.contains("Fill in “Evidence that it works”"), "{page}: {}", got.body);
        assert!(got.body.contains(">Evidence that it works"), "{page}");
    }
    assert!(served.text().contains("| Open | Load |"));
    let form = served.hidden("/actions?owner=%40ana", "/p/INC-0001/edit/actions", "Limit the pool");
    let typed = [("status", "verified"), ("evidence", "Two hundred buyers at once all paid")];
    let got = served.post("/p/INC-0001/edit/actions", &filled(&form, &typed));
    assert_eq!(got.status, StatusCode::SEE_OTHER, "{}", got.body);
    assert!(served.text().contains("| Verified 2026-11-23 | Load; verified by @ana 2026-11-23: Two hundred"));
}

#[test]
fn what_home_has_no_room_for_is_what_its_links_lead_to() {
    let due = |day: u32, stage: &str, number: usize| {
        let text = DOWN.replace("stage: draft", &format!("stage: {stage}"));
        let text = text.replace("INC-0001", &format!("INC-{number:04}")).replace("2026-12-20", "2026-12-24");
        text.replace("2026-11-21", &format!("2026-11-{day}"))
    };
    let mut files: Vec<(String, String)> = Vec::new();
    for number in 1..=11 {
        let stage = if number % 2 == 0 { "review" } else { "draft" };
        let path = format!("postmortems/INC-{number:04}-down.md");
        files.push((path, due(24 + u32::try_from(number % 7).unwrap(), stage, number)));
    }
    let files: Vec<(&str, &str)> = files.iter().map(|(path, text)| (path.as_str(), text.as_str())).collect();
    let served = Served::with(&files, false);
    let home = served.get("/").body;
    assert!(home.contains("href=\"/postmortems?stage=unfinished\">3 more"), "{home}");
    assert_eq!(served.get("/postmortems?stage=unfinished").body.matches("<tr data-row").count(), 11);
    assert_eq!(served.get("/postmortems?stage=draft").body.matches("<tr data-row").count(), 6);
    assert!(
        home.contains("href=\"/actions?due-after=2026-11-23&amp;due-before=2026-12-01\">3 more"),
        "{home}"
    );
    let soon = served.get("/actions?due-after=2026-11-23&due-before=2026-12-01").body;
    assert_eq!(soon.matches("<details class=\"edit-row\"").count(), 11);
    let odd = served.get("/postmortems?stage=nearly").body;
    assert!(odd.contains("of “stage” is none") && odd.matches("<tr data-row").count() == 11);
}

#[test]
fn a_draft_that_is_to_be_exported_leads_to_its_stage() {
    let served = Served::new();
    let body = served.get("/p/INC-0001/export").body;
    assert!(body.contains("href=\"/p/INC-0001/edit#stage\""), "{body}");
    assert!(body.contains(">Markdown</a>") && body.contains("data-of=\"INC-0001\""));
    assert!(served.get("/p/INC-0001/edit").body.contains("id=\"stage\""));
}

#[test]
fn every_input_for_a_day_is_written_the_same_way() {
    let served = Served::new();
    for page in ["/postmortems", "/actions", "/p/INC-0001/edit", "/new"] {
        let body = served.get(page).body;
        assert!(!body.contains("type=\"date\"") && body.contains("placeholder=\"20"), "{page}");
    }
    assert!(served.get("/actions").body.contains("<option value=\"2026-12-07\">in two weeks</option>"));
}

#[test]
fn a_form_leads_back_to_nowhere_but_the_board() {
    let served = Served::new();
    let form = served.hidden("/actions", "/p/INC-0001/edit/actions", "Limit the pool");
    for back in ["https://evil.example/", "//evil.example", "/actions\r\nX: y", "/actionsx"] {
        let got =
            served.post("/p/INC-0001/edit/actions", &filled(&form, &[("back", back), ("owner", "@bo")]));
        assert!(got.location.starts_with("/p/INC-0001/edit?"), "{back}: {} {}", got.status, got.location);
    }
}

#[test]
fn a_new_postmortem_begins_with_a_title() {
    let served = Served::with(&[], false);
    assert!(served.get("/new").body.contains("first one of this library"));
    assert!(served.get("/actions").body.contains("No promise yet"));
    let got = served.post(
        "/new",
        &[("title", "Checkout <b>fell</b> over"), ("severity", "Sev1"), ("start", "2026-11-20 14:02")],
    );
    assert_eq!((got.status, got.location.as_str()), (StatusCode::SEE_OTHER, "/p/INC-0001"), "{}", got.body);
    let body = served.get("/p/INC-0001").body;
    assert!(body.contains("2026-11-20 14:02") && !body.contains("<b>fell"), "{body}");
    assert_eq!(served.get("/p/INC-0001/edit").status, StatusCode::OK);
}

#[test]
fn a_new_postmortem_that_cannot_be_made_says_why_and_keeps_what_was_typed() {
    let served = Served::new();
    for (typed, said) in [
        ([("title", " "), ("start", "2026-11-20 14:02")], "Say in a few words"),
        ([("title", "Fell over"), ("start", "yesterday-ish")], "is not a time"),
        ([("title", "Fell over"), ("severity", "Sev7")], "is not a severity"),
    ] {
        let got = served.post("/new", &typed);
        assert_eq!(got.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert!(got.body.contains(said), "{said}");
        assert!(typed[0].1.trim().is_empty() || got.body.contains("value=\"Fell over\""));
    }
    assert!(!served.folder.path().join("postmortems/INC-0002-fell-over.md").exists());
}
