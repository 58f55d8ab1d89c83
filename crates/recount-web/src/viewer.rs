//! Whoever looks: every handler takes one, and every write carries its name.
//!
//! What does not live here: who is let in ([`crate::auth::gate`]).

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use std::sync::Arc;

use recount_store::Author;
use recount_workspace::Failure;

use crate::auth::gate::Who;
use crate::error::Oops;
use crate::site::Site;

/// Whoever looks.
#[derive(Clone, Debug)]
pub(crate) struct Viewer {
    /// Whom changes are said to be by.
    pub(crate) author: Author,
}

impl FromRequestParts<Arc<Site>> for Viewer {
    type Rejection = Oops;

    async fn from_request_parts(parts: &mut Parts, site: &Arc<Site>) -> Result<Self, Oops> {
        let author = match parts.extensions.get::<Who>() {
            Some(Who::Local) => site.settings.author.clone(),
            Some(Who::Session(account, _) | Who::Token(account, _)) => {
                // Without an address git would say that whoever started the server made the commit.
                let mail = match account.mail.as_str() {
                    "" => format!("{}@recount.invalid", account.name),
                    mail => mail.to_owned(),
                };
                Author { name: account.display.clone(), mail }
            }
            // Behind the gate everybody is known; what is in front of it asks for no viewer.
            None => return Err(Oops(Failure::new("nobody knows whose request this is"))),
        };
        Ok(Self { author })
    }
}
