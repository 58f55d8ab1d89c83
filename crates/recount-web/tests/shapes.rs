//! What pages and the API tell of many postmortems is told in one way, and what is remembered of it holds no longer than
//! it is true.

#![allow(clippy::unwrap_used)]

mod common;

use common::{DOWN, Served};

/// The list of somebody's shopping: no postmortem.
const STRAY: &str = "# Bread and butter\n\nMilk, too.\n";

#[test]
fn what_is_no_postmortem_is_in_no_count_of_the_figures() {
    let files = [("postmortems/INC-0001-checkout-was-down.md", DOWN), ("postmortems/notes.md", STRAY)];
    let served = Served::with(&files, false);
    let answer: serde_json::Value =
        serde_json::from_str(&served.get("/api/v1/insights?figure=incidents").body).unwrap();
    assert_eq!((answer["postmortems"].as_u64(), answer["selected"].as_u64()), (Some(1), Some(1)));
    let page = served.get("/insights").body;
    assert!(page.contains("1 postmortem with 2 action items"), "{page}");
}

#[test]
fn of_two_with_one_id_the_figures_count_the_one_that_the_command_counts() {
    let later =
        DOWN.replace("2026-11-20", "2026-11-22").replace("impacted**: checkout", "impacted**: search");
    let files = [("postmortems/a.md", later.as_str()), ("postmortems/b.md", DOWN)];
    let served = Served::with(&files, false);
    let answer = served.get("/api/v1/insights?figure=services").body;
    // The first by its path, whichever began first.
    assert!(answer.contains("search") && !answer.contains("checkout"), "{answer}");
}

#[test]
fn a_page_that_was_shown_before_shows_what_its_file_holds_now() {
    let served = Served::new();
    for _ in 0..2 {
        assert!(served.get("/p/INC-0001").body.contains("Nobody could pay."));
    }
    served.elsewhere("Nobody could pay.", "Half of them could pay.");
    let page = served.get("/p/INC-0001").body;
    assert!(page.contains("Half of them could pay.") && !page.contains("Nobody could pay."), "{page}");
}

#[test]
fn an_order_by_the_start_puts_what_has_none_last_whichever_way() {
    let undated = DOWN
        .replace("2026-11-20 14:00", "")
        .replace("INC-0001", "INC-0002")
        .replace("# Checkout", "# Search");
    let files = [("postmortems/INC-0001.md", DOWN), ("postmortems/INC-0002.md", undated.as_str())];
    let served = Served::with(&files, false);
    for sort in ["", "oldest"] {
        let page = served.get(&format!("/postmortems?sort={sort}")).body;
        let place = |title: &str| page.find(title).unwrap();
        assert!(place("Checkout was down") < place("Search was down"), "{sort}");
    }
}
