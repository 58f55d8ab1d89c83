//! Whoever looks: every handler takes one, and every write carries its name.

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use std::convert::Infallible;
use std::sync::Arc;

use recount_store::Author;

use crate::site::Site;

/// Whoever looks.
#[derive(Clone, Debug)]
pub(crate) struct Viewer {
    /// Whom changes are said to be by.
    pub(crate) author: Author,
}

impl FromRequestParts<Arc<Site>> for Viewer {
    type Rejection = Infallible;

    async fn from_request_parts(_: &mut Parts, site: &Arc<Site>) -> Result<Self, Infallible> {
        Ok(Self { author: site.settings.author.clone() })
    }
}
