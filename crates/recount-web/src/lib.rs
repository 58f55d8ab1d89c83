//! The web application: a library in a browser.
//!
//! What lives here: everything that knows HTTP and HTML. What does not: what a postmortem is and what is wrong with it
//! (`recount-engine`), what may be changed and when it is refused (`recount-workspace`), argv and the clock, which the
//! binary brings.

mod api;
mod assets;
mod change;
mod error;
mod frame;
mod pages;
mod security;
mod shelf;
mod site;
mod viewer;

use std::net::SocketAddr;
use std::sync::Arc;

use axum::Router;
use axum::middleware::{from_fn, from_fn_with_state};
use tokio::net::TcpListener;

#[cfg(feature = "schema")]
pub use api::description;
pub use site::{API_LIMIT, Settings, Site};

/// The application over a library, without a socket.
pub fn router(site: &Arc<Site>) -> Router {
    let pages = pages::router().merge(assets::router()).merge(api::router(site));
    pages
        .fallback(error::nothing_here)
        .layer(tower_http::csrf::CsrfLayer::new())
        .layer(from_fn_with_state(Arc::clone(site), security::guard))
        .layer(from_fn(api::envelope))
        .with_state(Arc::clone(site))
}

/// Answers requests until `stop` comes.
///
/// # Errors
///
/// Where the address cannot be bound, or the socket fails.
pub fn serve(
    site: &Arc<Site>,
    address: SocketAddr,
    ready: impl FnOnce(SocketAddr) + Send,
) -> std::io::Result<()> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(async {
        let listener = TcpListener::bind(address).await?;
        ready(listener.local_addr()?);
        axum::serve(listener, router(site)).with_graceful_shutdown(stop()).await
    })
}

/// Until somebody interrupts or ends the process.
async fn stop() {
    let interrupted = async {
        // Where signals cannot be heard, nobody can ask.
        if tokio::signal::ctrl_c().await.is_err() {
            std::future::pending::<()>().await;
        }
    };
    #[cfg(unix)]
    let ended = async {
        match tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate()) {
            Ok(mut signal) => {
                signal.recv().await;
            }
            Err(_) => std::future::pending().await,
        }
    };
    #[cfg(not(unix))]
    let ended = std::future::pending::<()>();
    tokio::select! {
        () = interrupted => {}
        () = ended => {}
    }
}
