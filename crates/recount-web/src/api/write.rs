//! A change through the API: from the version that the writer has read to the postmortem as it is afterwards.
//!
//! What does not live here: the lock, the rules and the commit (`crate::change`), and what is changed, which each
//! endpoint says itself.

use std::sync::{Arc, Mutex, PoisonError};

use axum::response::Response;
use recount_engine::document::Document;
use recount_workspace::{Failure, FailureKind, Workspace};
use serde::Deserialize;
use utoipa::IntoParams;

use super::conditional::IfMatch;
use super::postmortem;
use super::problem::Problem;
use crate::change::Change;
use crate::site::Site;
use crate::viewer::Viewer;

/// What every change takes.
#[derive(Debug, Clone, Copy, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct Forcing {
    /// Write it although a rule of the document's stage forbids it
    pub(super) force: Option<bool>,
}

/// Who changes what.
pub(super) struct Writing {
    pub(super) site: Arc<Site>,
    pub(super) viewer: Viewer,
    /// The key of the postmortem in addresses.
    pub(super) key: String,
    /// The version that the writer has read.
    pub(super) matching: IfMatch,
    pub(super) forcing: Forcing,
}

impl Writing {
    /// Makes a change, and answers with the postmortem as it is then.
    ///
    /// # Errors
    ///
    /// Where the file has another version, and those of `edit` and of [`Change::make`].
    pub(super) async fn answer(
        self,
        subject: String,
        edit: impl FnOnce(&Workspace, &Document) -> Result<Document, Problem> + Send + 'static,
    ) -> Result<Response, Problem> {
        let site = Arc::clone(&self.site);
        let path = self.write(subject, edit).await?;
        postmortem::whole(&site, &path).map(postmortem::Whole::response)
    }

    /// Makes a change, and gives back the path of the postmortem from the library's root.
    pub(super) async fn write(
        self,
        subject: String,
        edit: impl FnOnce(&Workspace, &Document) -> Result<Document, Problem> + Send + 'static,
    ) -> Result<String, Problem> {
        let Self { site, viewer, key, matching, forcing } = self;
        let path = site.shelf().find(&key)?.path.clone();
        // A change fails with a failure; what more there is to say of it waits here.
        let refused: Arc<Mutex<Option<Problem>>> = Arc::default();
        let change = Change { key, viewer, subject, force: forcing.force.unwrap_or_default() };
        let done = change
            .make(&site, {
                let refused = Arc::clone(&refused);
                move |workspace, document| {
                    let made = matching.check(document).and_then(|()| edit(workspace, document));
                    made.map_err(|problem| {
                        let failure = Failure::new(problem.to_string()).of(FailureKind::Conflict);
                        *refused.lock().unwrap_or_else(PoisonError::into_inner) = Some(problem);
                        failure
                    })
                }
            })
            .await;
        let refused = refused.lock().unwrap_or_else(PoisonError::into_inner).take();
        match (done, refused) {
            (Ok(()), _) => Ok(path),
            (Err(_), Some(problem)) => Err(problem),
            (Err(oops), None) => Err(oops.into()),
        }
    }
}
