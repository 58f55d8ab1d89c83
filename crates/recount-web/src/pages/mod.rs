//! Pages: one file each, with its address, what it asks for, and its template.
//!
//! [`PAGES`] is the one list of them. What does not live here: the API (`api`).

mod account;
mod actions;
mod api_reference;
mod edit;
mod events;
mod evidence;
mod export;
mod history;
mod home;
mod insights;
mod keys;
mod list;
mod metrics;
mod new;
mod postmortem;
mod rules;
mod search;
mod sign_in;
mod similar;
mod write;

use std::sync::Arc;

use axum::Router;

use crate::site::Site;

pub(crate) use keys::KEYS;
pub(crate) use search::Help;

/// A page, or a few that belong together.
struct Page {
    /// Its address and its name in the navigation; none where it has no place there.
    navigation: Option<(&'static str, &'static str)>,
    /// Adds its addresses.
    routes: fn(Router<Arc<Site>>) -> Router<Arc<Site>>,
}

const PAGES: &[Page] = &[
    home::PAGE,
    list::PAGE,
    actions::PAGE,
    postmortem::PAGE,
    history::PAGE,
    edit::PAGE,
    write::PAGE,
    evidence::PAGE,
    new::PAGE,
    export::PAGE,
    insights::PAGE,
    search::PAGE,
    rules::PAGE,
    api_reference::PAGE,
    keys::PAGE,
    events::PAGE,
    metrics::PAGE,
    account::PAGE,
    sign_in::PAGE,
];

pub(crate) fn router() -> Router<Arc<Site>> {
    PAGES.iter().fold(Router::new(), |router, page| (page.routes)(router))
}

/// What stands in the navigation, in its order.
pub(crate) fn navigation() -> Vec<&'static (&'static str, &'static str)> {
    PAGES.iter().filter_map(|page| page.navigation.as_ref()).collect()
}

/// The promises that would have covered a later incident, at most three.
pub(crate) fn covering(
    before: &recount_workspace::Before,
) -> impl Iterator<Item = &recount_workspace::Unkept> {
    before.promises.iter().filter(|promise| promise.covers()).take(3)
}

/// Whether a text is a status as forms say it.
pub(crate) fn is_status(text: &str) -> bool {
    edit::statuses().iter().any(|(word, _)| *word == text)
}

/// A status as the template writes it, from how forms say it.
pub(crate) fn status_name(word: &str) -> String {
    let known = edit::statuses().into_iter().find(|(own, _)| *own == word);
    known.map_or_else(|| word.to_owned(), |(_, name)| name)
}
