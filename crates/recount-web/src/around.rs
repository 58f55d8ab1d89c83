//! What stands around the answer to a request: which site answers, and to whom. The gate says it once, and every page's
//! frame knows it without each handler passing it on.
//!
//! What does not live here: who is let in ([`crate::auth::gate`]), and whom a change is said to be by
//! ([`crate::viewer`]), which handlers ask for by name.

use std::sync::Arc;

use crate::auth::gate::Who;
use crate::frame::Frame;
use crate::site::Site;

/// A request that is being answered.
#[derive(Clone)]
pub(crate) struct Around {
    pub(crate) site: Arc<Site>,
    pub(crate) who: Who,
}

tokio::task_local! {
    static AROUND: Around;
}

impl Around {
    /// Answers a request within it.
    pub(crate) async fn answer<T>(self, answer: impl Future<Output = T>) -> T {
        AROUND.scope(self, answer).await
    }

    /// That of the request that is being answered here, if one is.
    pub(crate) fn now() -> Option<Self> {
        AROUND.try_with(Clone::clone).ok()
    }

    /// Does a part of the answer on another thread as if it were done here.
    pub(crate) fn on_thread<T>(around: Option<Self>, work: impl FnOnce() -> T) -> T {
        match around {
            Some(around) => AROUND.sync_scope(around, work),
            None => work(),
        }
    }
}

/// The full name of whoever is signed in; nobody is where there are no accounts.
pub(crate) fn signed_in() -> Option<String> {
    AROUND
        .try_with(|around| match &around.who {
            Who::Session(account, _) => Some(account.display.clone()),
            Who::Local | Who::Token(..) => None,
        })
        .ok()
        .flatten()
}

/// What stands around a page that has nothing else to say of the library; none before the gate.
pub(crate) fn frame() -> Option<Frame> {
    Around::now().map(|around| Frame::new(&around.site.shelf(), ""))
}
