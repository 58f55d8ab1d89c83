//! The keys that pages listen to, as a page and in the dialog that `?` opens.
//!
//! What does not live here: listening to them (`assets/recount.js`).

use std::sync::Arc;

use askama::Template;
use axum::extract::State;
use axum::response::Html;
use axum::routing::get;

use super::Page as PageDefinition;
use crate::error::{Answer, page};
use crate::frame::Frame;
use crate::site::Site;

pub(super) const PAGE: PageDefinition =
    PageDefinition { navigation: None, routes: |router| router.route("/keys", get(keys)) };

/// Keys, and what they do. Several for one thing have a blank between them.
pub(crate) const KEYS: &[(&str, &str)] = &[
    ("/", "search"),
    ("j k", "next, previous row"),
    ("e", "edit"),
    ("n", "new postmortem"),
    ("?", "this list"),
];

#[derive(Template)]
#[template(path = "keys.html")]
struct Keys {
    frame: Frame,
}

async fn keys(State(site): State<Arc<Site>>) -> Answer<Html<String>> {
    page(&Keys { frame: Frame::new(&site.shelf(), "/keys") })
}

#[cfg(test)]
mod tests {
    use super::KEYS;

    #[test]
    fn every_key_of_the_list_is_listened_to_and_no_other() {
        let script = include_str!("../assets/recount.js");
        let (_, rest) = script.split_once("const keys = {").expect("the keys of the script");
        let (body, _) = rest.split_once("\n};").expect("their end");
        let mut heard: Vec<&str> = body
            .lines()
            .filter_map(|line| Some(line.trim().split_once(": ()")?.0.trim_matches('"')))
            .collect();
        let mut told: Vec<&str> = KEYS.iter().flat_map(|(keys, _)| keys.split(' ')).collect();
        heard.sort_unstable();
        told.sort_unstable();
        assert_eq!(heard, told);
    }
}
