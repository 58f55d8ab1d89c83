//! Changes as they happen: a page that is open tells when what it shows has changed.
//!
//! What does not live here: noticing changes (`site`), and telling of them in the page (`assets/recount.js`).

use std::convert::Infallible;
use std::sync::Arc;

use axum::extract::{Query, State};
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::routing::get;
use futures_util::stream::{Stream, unfold};
use recount_store::Library;
use serde::Deserialize;

use super::Page as PageDefinition;
use crate::frame::mark;
use crate::site::Site;

pub(super) const PAGE: PageDefinition =
    PageDefinition { navigation: None, routes: |router| router.route("/events", get(events)) };

/// What is shown.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
struct Asked {
    /// The key of a postmortem; empty for the whole library.
    of: String,
    /// The state of it that is shown; without one, that of now.
    mark: String,
}

/// An event for each state that is another than the one before: `changed` with its mark, or `gone`.
async fn events(
    State(site): State<Arc<Site>>,
    Query(mut asked): Query<Asked>,
) -> Sse<impl Stream<Item = Result<Event, Infallible>>> {
    if asked.mark.is_empty() {
        asked.mark = state(&site, &asked.of).unwrap_or_default();
    }
    let mut changes = site.changes();
    // What changed between the page and now is looked for at once.
    changes.mark_changed();
    let closing = site.closing();
    let stream =
        unfold((site, asked, changes, closing), |(site, mut asked, mut changes, mut closing)| async move {
            loop {
                if *closing.borrow() {
                    return None;
                }
                tokio::select! {
                    _ = closing.changed() => return None,
                    result = changes.changed() => result.ok()?,
                }
                let now = state(&site, &asked.of);
                let event = match &now {
                    Some(now) if *now == asked.mark => continue,
                    Some(now) => Event::default().event("changed").data(now),
                    None if asked.mark.is_empty() => continue,
                    None => Event::default().event("gone").data(""),
                };
                asked.mark = now.unwrap_or_default();
                return Some((Ok(event), (site, asked, changes, closing)));
            }
        });
    Sse::new(stream).keep_alive(KeepAlive::default())
}

/// The state of what is shown; none where it is gone.
fn state(site: &Site, of: &str) -> Option<String> {
    let shelf = site.shelf();
    if of.is_empty() {
        return Some(shelf.mark());
    }
    let file = shelf.file(shelf.find(of).ok()?);
    let library: &Library = &shelf.workspace.library;
    Some(mark(&library.read(&file).ok()?.bytes))
}
