//! Writing together, over real sockets: what one types the others have, what is acknowledged is on disk, what comes from
//! outside is merged, and what a bad client does harms nobody.

#![allow(clippy::unwrap_used)]

#[path = "common/browser.rs"]
mod browser;
mod common;

use std::fs;
use std::time::{Duration, Instant};

use browser::{Browser, served};
use common::{Served, filled};
use serde_json::json;

const KEY: &str = "INC-0001";

/// Waits for what another thread does.
fn soon(what: &str, is_so: impl Fn() -> bool) {
    let began = Instant::now();
    while !is_so() {
        assert!(began.elapsed() < Duration::from_secs(20), "waited for {what}");
        std::thread::sleep(Duration::from_millis(5));
    }
}

#[test]
fn what_one_types_the_other_has_and_then_the_file() {
    let library = Served::new();
    let address = served(&library.site);
    let (mut ana, mut bo) = (Browser::open(address, KEY), Browser::open(address, KEY));
    assert_eq!(ana.string(), library.text());
    ana.type_after("# Checkout was down", " again");
    bo.type_after("Nobody could pay", " for an hour \u{1f600}");
    ana.saved();
    bo.saved();
    let is_both = |browser: &Browser| {
        browser.string().contains("down again") && browser.string().contains("hour \u{1f600}.")
    };
    ana.until("bo's words", is_both);
    bo.until("ana's words", is_both);
    assert_eq!(ana.string(), bo.string());
    soon("the file", || library.text() == ana.string());
    ana.until("word of the file", |ana| ana.last("file").is_some_and(|told| told["written"] == true));
}

#[test]
fn what_a_change_outside_makes_comes_to_everybody_as_its_difference() {
    let library = Served::new();
    let address = served(&library.site);
    let mut ana = Browser::open(address, KEY);
    ana.type_after("Nobody could pay", " at all");
    ana.saved();
    library.elsewhere("Restarted it", "Restarted the pool");
    ana.until("the change", |ana| ana.string().contains("Restarted the pool"));
    soon("both in the file", || {
        library.text().contains("pay at all") && library.text().contains("Restarted the pool")
    });
    assert_eq!(library.text(), ana.string());
}

#[test]
fn a_form_that_is_sent_meanwhile_changes_the_same_text() {
    let library = Served::new();
    let address = served(&library.site);
    let mut ana = Browser::open(address, KEY);
    ana.type_after("Nobody could pay", " at all");
    ana.saved();
    // The form is of a page that shows what is in the file now.
    soon("the file", || library.text().contains("pay at all"));
    let form = library.hidden("/p/INC-0001/edit", "/p/INC-0001/edit/field/severity", "");
    ana.type_after("Errors at the till", " and beyond");
    ana.saved();
    let answer = library.post("/p/INC-0001/edit/field/severity", &filled(&form, &[("value", "Sev1")]));
    assert_eq!(answer.status, 303, "{}", answer.body);
    ana.until("the severity", |ana| ana.string().contains("**Severity**: Sev1"));
    soon("the file", || library.text() == ana.string());
    assert!(library.text().contains("till and beyond") && library.text().contains("pay at all"));
}

#[test]
fn what_a_form_changes_back_is_no_save_of_an_older_copy() {
    let library = Served::new();
    let address = served(&library.site);
    let mut ana = Browser::open(address, KEY);
    let before = library.text();
    for value in ["Sev1", "Sev2", "Sev1", "Sev2"] {
        let form = library.hidden("/p/INC-0001/edit", "/p/INC-0001/edit/field/severity", "");
        let answer = library.post("/p/INC-0001/edit/field/severity", &filled(&form, &[("value", value)]));
        assert_eq!(answer.status, 303, "{}", answer.body);
        let wanted = format!("**Severity**: {value}\n");
        ana.until("the severity", |ana| ana.string().contains(&wanted));
        assert!(library.text().contains(&wanted));
    }
    // Nobody is asked about a text that somebody here took out, and none of it stays.
    assert_eq!(library.text(), before);
    ana.type_after("Nobody could pay", " at all");
    ana.saved();
    soon("the file", || library.text() == ana.string());
    assert!(ana.last("question").is_none(), "{:?}", ana.last("question"));
}

#[test]
fn advice_stands_at_places_that_move_along() {
    let library = Served::new();
    let address = served(&library.site);
    let mut ana = Browser::open(address, KEY);
    ana.until("advice", |ana| ana.advice("findings").is_some());
    let severity = |ana: &Browser| {
        let fields = ana.advice("fields").unwrap().as_array().unwrap().clone();
        fields.into_iter().find(|field| field["name"] == "Severity").unwrap()
    };
    let before = severity(&ana);
    assert_eq!(ana.between(&before), "Sev2");
    assert_eq!(before["choices"].as_array().unwrap().len(), 4);
    // Places of before are right although the text has moved.
    ana.type_at(0, "\u{1f600} first\n");
    assert_eq!(ana.between(&before), "Sev2");
    ana.remove("\u{1f600} first\n");
    let table = ana.advice("tables").unwrap()[0].clone();
    let rows = ana.between(&table);
    assert!(rows.starts_with("| Time (UTC)") && rows.trim_end().ends_with("| Better |"), "{rows}");
    // What is found is told of what is typed.
    ana.remove("Sev2");
    ana.until("a finding", |ana| {
        ana.advice("findings").unwrap().as_array().unwrap().iter().any(|finding| {
            finding["message"].as_str().unwrap().contains("Severity") || finding["rule"] == "missing-field"
        })
    });
    let state = |ana: &Browser| severity(ana)["state"].clone();
    ana.until("the field", |ana| state(ana) == "blank");
    let progress = ana.advice("progress").unwrap();
    assert!(progress["sections"].as_u64().unwrap() >= progress["done"].as_u64().unwrap());
}

#[test]
fn what_is_asked_is_answered_with_edits_that_the_asker_makes() {
    let library = Served::new();
    let address = served(&library.site);
    let (mut ana, mut bo) = (Browser::open(address, KEY), Browser::open(address, KEY));
    let row =
        json!({ "time": "2026-11-20 14:05", "actor": "@bo", "action": "Looked | closely", "result": "" });
    let answer = ana.ask(1, &json!({ "do": "add-row", "cells": row }));
    assert!(!ana.string().contains("closely"));
    // Meanwhile somebody types above it.
    bo.type_at(0, "above\n");
    bo.saved();
    ana.until("bo's line", |ana| ana.string().starts_with("above"));
    ana.accept(&answer["edits"]);
    let text = ana.string();
    let at = |what: &str| text.find(what).unwrap_or_else(|| panic!("{what} in {text}"));
    assert!(at("pool ran dry") < at("Looked \\| closely") && at("closely") < at("Restarted it"), "{text}");
    let answer = ana.ask(2, &json!({ "do": "set-field", "name": "Severity", "value": "Sev1" }));
    ana.accept(&answer["edits"]);
    assert!(ana.string().contains("**Severity**: Sev1"));
    let answer = ana.ask(3, &json!({ "do": "add-item", "priority": "P0", "cells": {} }));
    ana.accept(&answer["edits"]);
    assert!(ana.string().contains("| P0 |"), "{}", ana.string());
    for wrong in [
        json!({ "do": "set-field", "name": "Colour", "value": "red" }),
        json!({ "do": "add-row", "cells": { "time": "yesterday-ish" } }),
        json!({ "do": "rows-of", "text": "no rows here" }),
    ] {
        let answer = ana.ask(4, &wrong);
        ana.told.retain(|told| told["type"] != "answer");
        assert!(!answer["error"]["sentence"].as_str().unwrap().is_empty(), "{answer}");
    }
    let excerpt = "2026-11-20 14:20:05 <ana> rolling back\n2026-11-20 14:21:00 <bo> looks better\n";
    let answer = ana.ask(5, &json!({ "do": "rows-of", "text": excerpt, "zone": "UTC" }));
    let rows = answer["rows"].as_array().unwrap_or_else(|| panic!("{answer}"));
    assert_eq!(rows.len(), 2, "{answer}");
    assert!(rows[0]["time"].as_str().unwrap().starts_with("2026-11-20 14:20"), "{answer}");
}

#[test]
fn a_stale_tab_is_told_and_an_old_build_reloads() {
    let library = Served::new();
    let address = served(&library.site);
    let mut ana = Browser::open(address, KEY);
    "another".clone_into(&mut ana.epoch);
    ana.drop_line();
    ana.connect().unwrap();
    ana.until("the end", |ana| ana.closed == Some(4001));
    assert!(ana.last("stale").is_some());
    let mut bo = Browser::new(address, KEY);
    "older".clone_into(&mut bo.build);
    bo.connect().unwrap();
    bo.until("the end", |bo| bo.closed == Some(4002));
    assert!(bo.last("reload").is_some());
}

#[test]
fn who_was_offline_comes_back_without_loss_or_doubles() {
    let library = Served::new();
    let address = served(&library.site);
    let (mut ana, mut bo) = (Browser::open(address, KEY), Browser::open(address, KEY));
    ana.saved();
    ana.drop_line();
    for nth in 0..20 {
        ana.type_after("Nobody could pay", &format!(" a{nth}"));
        bo.type_after("Errors at the till", &format!(" b{nth}"));
    }
    bo.saved();
    ana.connect().unwrap();
    let is_all = |browser: &Browser| {
        (0..20).all(|nth| {
            let text = browser.string();
            text.matches(&format!(" a{nth}")).count() >= 1 && text.contains(&format!(" b{nth}"))
        })
    };
    ana.until("bo's", is_all);
    bo.until("ana's", is_all);
    ana.saved();
    assert_eq!(ana.string(), bo.string());
    assert_eq!(ana.string().matches(" a19").count(), 1);
    soon("the file", || library.text() == ana.string());
}

#[test]
fn others_see_who_it_is_whatever_a_client_says_of_itself() {
    let library = Served::new();
    let address = served(&library.site);
    let (mut ana, mut bo) = (Browser::open(address, KEY), Browser::open(address, KEY));
    ana.point(1, &json!({ "user": { "name": "the boss", "color": "#000" }, "cursor": null, "more": 1 }));
    bo.until("a cursor", |bo| bo.cursors.iter().any(|(client, _)| *client == ana.client));
    let (_, state) = bo.cursors.iter().find(|(client, _)| *client == ana.client).unwrap();
    assert_eq!(state["user"]["name"], "@ana");
    assert!(state.get("more").is_none());
    let client = ana.client;
    ana.drop_line();
    bo.until("that she left", |bo| {
        bo.cursors.last().is_some_and(|(own, state)| *own == client && state.is_null())
    });
}

/// What a client does wrong, and with which codes it may be let go.
type Bad = (&'static str, fn(&mut Browser), &'static [u16]);

#[test]
fn whoever_speaks_the_protocol_badly_is_let_go_and_harms_nobody() {
    let library = Served::new();
    let address = served(&library.site);
    let mut ana = Browser::open(address, KEY);
    ana.type_after("Nobody could pay", " at all");
    ana.saved();
    let text = ana.string();
    let bad: [Bad; 8] = [
        ("bytes that are nothing", |bad| bad.send_bytes(vec![255; 40]), &[4006]),
        ("an update that is none", |bad| bad.send_bytes(vec![0, 2, 4, 255, 255, 255, 255]), &[4006]),
        ("an end amid", |bad| bad.send_bytes(vec![0, 2, 200, 1, 1]), &[4006]),
        ("no JSON", |bad| bad.say_text("{".to_owned()), &[4006]),
        ("an unknown word", |bad| bad.say(&json!({ "type": "shout" })), &[4006]),
        ("a huge frame", |bad| bad.send_bytes(vec![0; 3 << 20]), &[1009, 1006, 1002]),
        (
            "a flood",
            |bad| {
                for _ in 0..3000 {
                    bad.send_bytes(vec![1, 1, 0]);
                }
            },
            &[4003, 1006],
        ),
        (
            "a text beyond bounds",
            |bad| {
                for _ in 0..5 {
                    let at = 0;
                    bad.edit(at, 0, &"x".repeat(500_000));
                }
            },
            &[4004],
        ),
    ];
    for (what, does, ends) in bad {
        let mut browser = Browser::open(address, KEY);
        does(&mut browser);
        browser.until(what, |browser| browser.closed.is_some());
        assert!(ends.contains(&browser.closed.unwrap()), "{what}: {:?}", browser.closed);
    }
    // Nor does it help to say that one is another, or nobody.
    for client in [0, 1 << 53, ana.client] {
        let mut other = Browser::new(address, KEY);
        other.client = client;
        assert!(!(other.connect().is_ok() && client != ana.client), "{client} was let in");
    }
    let mut other = Browser::new(address, "INC-9999");
    assert!(other.connect().unwrap_err().contains("404"));
    let mut elsewhere = Browser::new(address, KEY);
    elsewhere.headers.push(("origin", "https://elsewhere.example".to_owned()));
    assert!(elsewhere.connect().unwrap_err().contains("403"));
    // All goes on for whoever did nothing wrong.
    let mut bo = Browser::open(address, KEY);
    bo.type_after("Errors at the till", " still");
    bo.saved();
    bo.read();
    assert!(bo.string().contains("pay at all"));
    let known = text.replace("Errors at the till", "Errors at the till still");
    let shown = bo.string();
    assert!(shown.ends_with(&known) && shown[..shown.len() - known.len()].chars().all(|c| c == 'x'));
}

#[test]
fn line_ends_and_the_mark_at_the_beginning_stay_as_they_are() {
    let text = format!("\u{feff}{}", common::DOWN.replace('\n', "\r\n"));
    let library = Served::with(&[("postmortems/INC-0001-checkout-was-down.md", &text)], false);
    let address = served(&library.site);
    let mut ana = Browser::open(address, KEY);
    assert!(!ana.string().contains('\r') && !ana.string().contains('\u{feff}'));
    ana.type_after("Nobody could pay", " at all\n  and so on");
    ana.saved();
    let wanted = text.replace("Nobody could pay", "Nobody could pay at all\r\n  and so on");
    soon("the file", || library.text() == wanted);
}

#[test]
fn what_a_stale_save_would_remove_is_kept_and_somebody_is_asked() {
    let library = Served::new();
    let address = served(&library.site);
    let mut ana = Browser::open(address, KEY);
    let stale = library.text();
    ana.type_after("Nobody could pay", " for an hour");
    ana.saved();
    soon("the file", || library.text().contains("for an hour"));
    // Somebody's other editor still has what was there before.
    fs::write(library.path(), stale.replace("Restarted it", "Restarted the pool")).unwrap();
    ana.until("the question", |ana| ana.last("question").is_some());
    assert!(ana.string().contains("for an hour") && ana.string().contains("Restarted the pool"));
    let question = ana.last("question").unwrap().clone();
    assert_eq!(question["about"], "kept-text");
    assert!(question["detail"].as_str().unwrap().contains("for an hour"));
    soon("both in the file", || {
        library.text().contains("for an hour") && library.text().contains("Restarted the pool")
    });
    ana.say(&json!({ "type": "decide", "question": question["id"], "choice": "remove" }));
    ana.until("that it is gone", |ana| !ana.string().contains("for an hour"));
    ana.until("that it is settled", |ana| ana.last("settled").is_some());
    soon("the file", || library.text() == ana.string());
}

#[test]
fn a_pause_commits_with_everybody_as_author() {
    let library = Served::with(&[("postmortems/INC-0001-checkout-was-down.md", common::DOWN)], true);
    let address = served(&library.site);
    let mut ana = Browser::open(address, KEY);
    ana.type_after("Nobody could pay", " at all");
    ana.saved();
    ana.say(&json!({ "type": "write" }));
    ana.until("the commit", |ana| {
        ana.last("file").is_some_and(|told| told["committed"] == true && told["written"] == true)
    });
    let log = common::git(library.folder.path(), &["log", "-1", "--format=%an <%ae>%n%B"]);
    assert!(log.starts_with("@ana <ana@example.com>\nINC-0001: "), "{log}");
    let shown = common::git(library.folder.path(), &["show", "HEAD"]);
    assert!(shown.contains("+- **Customer impact summary**: Nobody could pay at all."), "{shown}");
}

#[test]
fn another_branch_freezes_what_is_open_until_somebody_decides() {
    let library = Served::with(&[("postmortems/INC-0001-checkout-was-down.md", common::DOWN)], true);
    let root = library.folder.path();
    common::git(root, &["switch", "-qc", "other"]);
    library.elsewhere("Nobody could pay", "Somebody else's words");
    common::git(root, &["commit", "-qam", "Other words"]);
    common::git(root, &["switch", "-q", "main"]);
    let address = served(&library.site);
    let mut ana = Browser::open(address, KEY);
    ana.type_after("Errors at the till", " and beyond");
    ana.saved();
    ana.say(&json!({ "type": "write" }));
    ana.until("the commit", |ana| ana.last("file").is_some_and(|told| told["committed"] == true));
    common::git(root, &["switch", "-q", "other"]);
    ana.until("the question", |ana| ana.last("question").is_some());
    assert!(ana.last("frozen").is_some());
    let question = ana.last("question").unwrap().clone();
    assert!(question["text"].as_str().unwrap().contains("`other`"), "{question}");
    assert!(!ana.string().contains("Somebody else"));
    assert!(!library.text().contains("and beyond"));
    // Back again without a word: nothing happened.
    common::git(root, &["switch", "-q", "main"]);
    ana.until("that it goes on", |ana| ana.last("thawed").is_some());
    assert!(ana.string().contains("and beyond") && !ana.string().contains("Somebody else"));
    common::git(root, &["switch", "-q", "other"]);
    ana.until("the question", |ana| ana.last("question").unwrap()["id"] != question["id"]);
    let id = ana.last("question").unwrap()["id"].clone();
    ana.say(&json!({ "type": "decide", "question": id, "choice": "leave" }));
    ana.until("the end", |ana| ana.closed == Some(1012));
    assert!(library.text().contains("Somebody else's words") && !library.text().contains("and beyond"));
    let mut bo = Browser::open(address, KEY);
    bo.read();
    assert!(bo.string().contains("Somebody else's words"));
}
