//! The web application: a library in a browser.
//!
//! What lives here: everything that knows HTTP and HTML. What does not: what a postmortem is and what is wrong with it
//! (`recount-engine`), what may be changed and when it is refused (`recount-workspace`), argv and the clock, which the
//! binary brings.

mod api;
mod around;
mod assets;
mod auth;
mod change;
mod desks;
mod dress;
mod error;
mod frame;
mod hooks;
mod live;
mod making;
mod pages;
mod receiving;
mod recent;
mod remembered;
mod security;
mod server;
mod shelf;
mod site;
mod traffic;
mod unread;
mod viewer;

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::http::StatusCode;
use axum::middleware::{from_fn, from_fn_with_state};
use tower_http::csrf::{CsrfLayer, ProtectionError};
use tower_http::timeout::{RequestBodyDeadlineLayer, TimeoutLayer};

#[cfg(feature = "schema")]
pub use api::description;
pub use auth::{Account, Accounts, LONGEST_DAYS, NewAccount, Scope, Token, check_password};
#[cfg(feature = "schema")]
pub use hooks::webhook_schema;
pub use hooks::{Post, Posted, Sending, Surroundings, Variables};
pub use server::serve;
pub use site::{API_LIMIT, Access, Settings, Site};

/// The largest body of a form. A page that takes more says so itself.
const LARGEST_FORM: usize = 1 << 20;
/// A body arrives within this time, or not at all.
const BODY: Duration = Duration::from_mins(1);
/// An answer begins within this time: a commit may take two minutes.
const ANSWER: Duration = Duration::from_mins(3);

/// The application over a library, without a socket.
pub fn router(site: &Arc<Site>) -> Router {
    let pages = pages::router()
        .merge(assets::router())
        .merge(api::router(site))
        .merge(hooks::router())
        .merge(live::router());
    let csrf = CsrfLayer::new().with_rejection_response(|_: ProtectionError| security::from_elsewhere());
    // The last is the outermost.
    pages
        .fallback(error::nothing_here)
        .layer(DefaultBodyLimit::max(LARGEST_FORM))
        .layer(from_fn_with_state(Arc::clone(site), auth::gate::gate))
        .layer(csrf)
        .layer(RequestBodyDeadlineLayer::new(BODY))
        .layer(TimeoutLayer::with_status_code(StatusCode::SERVICE_UNAVAILABLE, ANSWER))
        .layer(from_fn_with_state(Arc::clone(site), traffic::count))
        .layer(from_fn_with_state(Arc::clone(site), security::guard))
        .layer(from_fn(api::envelope))
        .layer(from_fn(dress::dress))
        .with_state(Arc::clone(site))
}
