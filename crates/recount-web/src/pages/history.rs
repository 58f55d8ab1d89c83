//! The history of a postmortem: who changed what, when, part by part and line by line.
//!
//! What does not live here: asking git, and what differs between two documents (`recount-workspace`).

use std::sync::Arc;

use askama::Template;
use axum::extract::{Path, State};
use axum::response::Html;
use axum::routing::get;
use jiff::Timestamp;
use recount_workspace::{Change, Failure, History, Told};
use similar::{ChangeTag, TextDiff};

use super::Page as PageDefinition;
use crate::error::{Answer, apart, page};
use crate::frame::{Frame, address};
use crate::site::Site;

pub(super) const PAGE: PageDefinition = PageDefinition {
    navigation: None,
    routes: |router| {
        router.route("/p/{key}/history", get(history)).route("/p/{key}/history/{revision}", get(revision))
    },
};

/// As many of the newest commits are shown.
const SHOWN: usize = 200;
/// As many changed parts of one commit are shown in the list; its own page has all.
const PARTS: usize = 6;
/// Lines around a changed one.
const AROUND: usize = 3;

#[derive(Template)]
#[template(path = "history.html")]
struct Page<'s> {
    frame: Frame,
    address: String,
    name: &'s str,
    title: &'s str,
    uncommitted: Vec<Part>,
    revisions: Vec<Row>,
    is_known: bool,
    is_cut: bool,
    /// How many are not shown.
    more: usize,
    /// Why there is none.
    trouble: Option<(String, String)>,
}

/// A commit.
struct Row {
    address: String,
    at: Option<Timestamp>,
    short: String,
    parts: Vec<Part>,
    more: usize,
    told: Told,
}

/// A changed part of the document, in people's words.
struct Part {
    place: String,
    /// What it is of: the section, where that is not its own name.
    section: String,
    before: String,
    after: String,
}

#[derive(Template)]
#[template(path = "revision.html")]
struct One<'s> {
    frame: Frame,
    address: String,
    name: &'s str,
    row: Row,
    hunks: Vec<Vec<Line>>,
}

/// A line of a difference.
struct Line {
    /// `new`, `old`, or empty for one that both have.
    class: &'static str,
    sign: &'static str,
    /// What is read aloud.
    said: &'static str,
    text: String,
}

async fn history(State(site): State<Arc<Site>>, Path(key): Path<String>) -> Answer<Html<String>> {
    apart(move || {
        let shelf = site.shelf();
        let known = shelf.find(&key)?;
        let address = address(shelf.key(known));
        let mut shown = Page {
            frame: Frame::new(&shelf, "").following(&shelf),
            name: known.name(),
            title: known.record.title.as_deref().unwrap_or("Untitled draft"),
            uncommitted: Vec::new(),
            revisions: Vec::new(),
            is_known: true,
            is_cut: false,
            more: 0,
            trouble: None,
            address,
        };
        match shelf.workspace.history(&shelf.file(known), SHOWN + 1) {
            Ok(History { uncommitted, mut revisions, is_known, .. }) => {
                shown.more = revisions.len().saturating_sub(SHOWN);
                revisions.truncate(SHOWN);
                shown.is_known = is_known;
                shown.is_cut = revisions.iter().any(|told| told.cut);
                shown.uncommitted = uncommitted.into_iter().map(part).collect();
                let row = |told| row(told, &shown.address, PARTS);
                shown.revisions = revisions.into_iter().map(row).collect();
            }
            Err(failure) => shown.trouble = Some(why_none(&failure)),
        }
        page(&shown)
    })
    .await
}

/// Why there is no history, and how to get one.
fn why_none(failure: &Failure) -> (String, String) {
    (failure.to_string(), failure.hint_elsewhere().unwrap_or_default().to_owned())
}

async fn revision(
    State(site): State<Arc<Site>>,
    Path((key, id)): Path<(String, String)>,
) -> Answer<Html<String>> {
    apart(move || {
        let shelf = site.shelf();
        let known = shelf.find(&key)?;
        let address = address(shelf.key(known));
        let (told, held) = shelf.workspace.revision(&shelf.file(known), &id)?;
        let text = |bytes: Option<Vec<u8>>| {
            bytes.map(|bytes| String::from_utf8_lossy(&bytes).into_owned()).unwrap_or_default()
        };
        let hunks = hunks(&text(held.before), &text(held.now));
        let row = row(told, &address, usize::MAX);
        page(&One { frame: Frame::new(&shelf, ""), name: known.name(), address, row, hunks })
    })
    .await
}

fn row(mut told: Told, address: &str, most: usize) -> Row {
    let changes = std::mem::take(&mut told.changes);
    let more = changes.len().saturating_sub(most);
    let short = told.id.get(..10).unwrap_or(&told.id).to_owned();
    Row {
        address: format!("{address}/history/{short}"),
        at: told.at.parse().ok(),
        parts: changes.into_iter().take(most).map(part).collect(),
        more,
        short,
        told,
    }
}

fn part(change: Change) -> Part {
    let place = change.place().to_owned();
    let section = if place == change.section { String::new() } else { change.section };
    let shown = |text: Option<String>| text.unwrap_or_default().trim().to_owned();
    Part { place, section, before: shown(change.before), after: shown(change.after) }
}

/// What differs, line by line, each place with some lines around it.
fn hunks(before: &str, after: &str) -> Vec<Vec<Line>> {
    let difference = TextDiff::from_lines(before, after);
    let groups = difference.grouped_ops(AROUND);
    let line = |tag: ChangeTag, text: &str| {
        let (class, sign, said) = match tag {
            ChangeTag::Delete => ("old", "−", "was: "),
            ChangeTag::Insert => ("new", "+", "is: "),
            ChangeTag::Equal => ("", " ", ""),
        };
        Line { class, sign, said, text: text.trim_end_matches(['\n', '\r']).to_owned() }
    };
    let lines = |group: &Vec<similar::DiffOp>| {
        let changes = group.iter().flat_map(|op| difference.iter_changes(op));
        changes.map(|change| line(change.tag(), change.value())).collect()
    };
    groups.iter().map(lines).collect()
}

#[cfg(test)]
mod tests {
    use super::hunks;

    #[test]
    fn a_difference_shows_the_lines_around_and_leaves_the_rest_out() {
        let before: String = (1..=20).fold(String::new(), |text, n| text + &format!("line {n}\n"));
        let after = before.replace("line 3\n", "line three\r\n").replace("line 18\n", "");
        let hunks = hunks(&before, &after);
        let shown: Vec<Vec<String>> = hunks
            .iter()
            .map(|hunk| hunk.iter().map(|line| format!("{}{}", line.sign, line.text)).collect())
            .collect();
        assert_eq!(
            shown,
            [
                vec![" line 1", " line 2", "−line 3", "+line three", " line 4", " line 5", " line 6"],
                vec![" line 15", " line 16", " line 17", "−line 18", " line 19", " line 20"],
            ]
        );
    }
}
