//! Search: postmortems by what they say, each with the line that shows why.
//!
//! What does not live here: the query language and the answer, which are those of `recount search`.

use std::sync::Arc;

use askama::Template;
use axum::body::Bytes;
use axum::extract::{Query, State};
use axum::response::Html;
use axum::routing::get;
use jiff::civil::Date;
use recount_workspace::{Corrected, FoundOne, Piece, Searched};
use serde::Deserialize;

use super::Page as PageDefinition;
use crate::error::{Answer, apart, page};
use crate::frame::{Frame, Markup, address, escaped, segment};
use crate::shelf::Shelf;
use crate::site::Site;

pub(super) const PAGE: PageDefinition =
    PageDefinition { navigation: None, routes: |router| router.route("/search", get(search)) };

/// Results on a page.
const SHOWN: usize = 20;
/// Nobody turns to a later page, and every one costs as much as all before it.
const PAGES: usize = 50;

/// What is asked for.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Asked {
    q: String,
    page: String,
}

#[derive(Template)]
#[template(path = "search.html")]
struct Search<'s> {
    frame: Frame,
    query: String,
    is_empty: bool,
    total: usize,
    hits: Vec<Row>,
    corrected: Vec<Corrected>,
    notes: Vec<String>,
    help: &'s [Help],
    first: usize,
    previous: Option<String>,
    next: Option<String>,
}

/// A postmortem that was found.
struct Row {
    address: String,
    /// Its ID, else its path.
    name: String,
    found: FoundOne,
    title: Markup,
    excerpt: Markup,
    /// Where the excerpt stands in the document.
    place: String,
}

/// A way of asking, with an example of this library that can be clicked.
pub(crate) struct Help {
    example: String,
    address: String,
    what: &'static str,
}

async fn search(State(site): State<Arc<Site>>, Query(asked): Query<Asked>) -> Answer<Html<Bytes>> {
    let shelf = site.shelf();
    let today = site.today();
    let number = asked.page.parse::<usize>().unwrap_or(1).clamp(1, PAGES);
    let query = asked.q.trim().to_owned();
    let address = turned(&query, number);
    if let Some(page) = shelf.page_by(&address, today) {
        return Ok(page);
    }
    apart(move || shelf.page(&address, today, || written(&shelf, query, number, today))).await
}

fn written(shelf: &Shelf, query: String, number: usize, today: Date) -> Answer<Html<String>> {
    let skipped = (number - 1) * SHOWN;
    let answered = shelf.ask(|catalog| shelf.workspace.ask(catalog, &query, today, (skipped, SHOWN)));
    let Searched { total, hits, corrected, notes, is_empty } = shelf.workspace.tell_found(answered);
    let hits: Vec<Row> = hits.into_iter().map(|found| row(found, shelf)).collect();
    let frame = Frame { query: query.clone(), ..Frame::new(shelf, "/search") };
    page(&Search {
        frame: frame.following(shelf),
        is_empty,
        total,
        corrected,
        notes,
        help: shelf.search_help.get_or_init(|| help(shelf)),
        first: skipped + 1,
        previous: (number > 1).then(|| turned(&query, number - 1)),
        next: (skipped + hits.len() < total && number < PAGES && !hits.is_empty())
            .then(|| turned(&query, number + 1)),
        hits,
        query,
    })
}

/// The address of a page of the answer to a query.
fn turned(query: &str, number: usize) -> String {
    format!("{}&page={number}", address_of(query))
}

/// The address of the answer to a query.
fn address_of(query: &str) -> String {
    format!("/search?q={}", segment(query))
}

fn row(found: FoundOne, shelf: &Shelf) -> Row {
    let known = shelf.at(&found.path);
    let address = address(known.map_or(found.path.as_str(), |known| shelf.key(known)));
    let place = found.anchor.as_ref().map_or_else(|| address.clone(), |anchor| format!("{address}#{anchor}"));
    let title =
        if found.title.is_empty() { Markup("Untitled draft".to_owned()) } else { marked(&found.title) };
    Row {
        name: found.id.clone().unwrap_or_else(|| found.path.clone()),
        title,
        excerpt: marked(&found.excerpt),
        address,
        place,
        found,
    }
}

/// A text with what was looked for marked in it.
fn marked(pieces: &[Piece]) -> Markup {
    let piece = |piece: &Piece| {
        let text = escaped(&piece.text);
        if piece.hit { format!("<mark>{text}</mark>") } else { text }
    };
    Markup(pieces.iter().map(piece).collect())
}

/// What can be asked, with names of this library.
fn help(shelf: &Shelf) -> Vec<Help> {
    let records = || shelf.records.known.iter().map(|known| &known.record);
    let quoted = |name: &str| {
        if name.contains(char::is_whitespace) { format!("\"{name}\"") } else { name.to_owned() }
    };
    let service = shelf.services().first().map_or_else(|| "checkout".to_owned(), |name| quoted(name));
    let owner = records().flat_map(|record| &record.actions).find_map(|item| item.owners.first());
    let owner = owner.map_or_else(|| "@ana".to_owned(), |name| quoted(name));
    let tag = records().find_map(|record| record.tags.first());
    let tag = tag.map_or_else(|| "tls".to_owned(), |tag| quoted(tag));
    let id = records().find_map(|record| record.id.clone()).unwrap_or_else(|| "INC-0042".to_owned());
    let factor = records().find_map(|record| record.factors.first());
    let factor = factor.map_or("capacity", |factor| factor.category.factor_word());
    let year = records().find_map(|record| record.started);
    let year = year.map_or(2026, |at| jiff::tz::TimeZone::UTC.to_datetime(at).year());
    let examples = [
        ("connection pool".to_owned(), "all words must be there, in whatever form"),
        ("\"connection pool\"".to_owned(), "next to each other, as it stands"),
        ("connect*".to_owned(), "what begins so"),
        ("timeout -dns".to_owned(), "without a word"),
        ("pool OR cache".to_owned(), "either"),
        (format!("service:{service}"), "that impacted a service, by any of its names"),
        ("severity:sev0,sev1".to_owned(), "of a severity"),
        (format!("factor:{factor}"), "with a contributing factor of a kind"),
        (format!("owner:{owner}"), "with an action item of a person, or of a team and whoever is in it"),
        ("is:open".to_owned(), "with work still owed; or overdue, draft, review, final"),
        (format!("after:{year}"), "that began on a day or later; a month or year is its first day"),
        (format!("before:{year}-07-01"), "that began before a day"),
        ("stage:draft".to_owned(), "at a stage"),
        (format!("tag:{tag}"), "with a tag"),
        ("title:timeout".to_owned(), "in the title"),
        ("cause:limit".to_owned(), "in the root cause"),
        (format!("id:{id}"), "with an incident ID"),
    ];
    let help =
        |(example, what): (String, &'static str)| Help { address: address_of(&example), example, what };
    examples.into_iter().map(help).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_filter_of_the_language_is_explained() {
        let source = include_str!("search.rs");
        let (_, source) = source.split_once("let examples = [").expect("the examples");
        for filter in recount_store::catalog::FILTERS {
            assert!(source.contains(&format!("\"{filter}:")), "{filter}");
        }
    }

    #[test]
    fn a_text_is_marked_and_can_hold_anything() {
        let pieces = [("<b>", false), ("a&b", true)];
        let pieces = pieces.map(|(text, hit)| Piece { text: text.to_owned(), hit });
        assert_eq!(marked(&pieces).0, "&lt;b&gt;<mark>a&amp;b</mark>");
    }
}
