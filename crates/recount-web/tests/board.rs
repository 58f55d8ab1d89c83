//! The board of action items, and new postmortems.

#![allow(clippy::unwrap_used)]

mod common;

use axum::http::StatusCode;
use common::{DOWN, Served, filled};

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
        ([("title", " "), ("start", "2026-11-20 14:02")], "say in a few words"),
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
