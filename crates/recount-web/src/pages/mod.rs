//! Pages: one file each, with its address, what it asks for, and its template.
//!
//! [`PAGES`] is the one list of them. What does not live here: the API (`api`).

mod api_reference;
mod home;
mod list;
mod postmortem;

use std::sync::Arc;

use axum::Router;

use crate::site::Site;

/// A page, or a few that belong together.
struct Page {
    /// Its address and its name in the navigation; none where it has no place there.
    navigation: Option<(&'static str, &'static str)>,
    /// Adds its addresses.
    routes: fn(Router<Arc<Site>>) -> Router<Arc<Site>>,
}

const PAGES: &[Page] = &[home::PAGE, list::PAGE, postmortem::PAGE, api_reference::PAGE];

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
