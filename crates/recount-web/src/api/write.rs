//! A change through the API: from the version that the writer has read to the postmortem as it is afterwards. One frame
//! around every write.
//!
//! What does not live here: the lock, the rules and the commit (`crate::change`), and what is changed, which each
//! endpoint says itself.

use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use axum::extract::{FromRequestParts, RawPathParams};
use axum::http::request::Parts;
use axum::response::Response;
use recount_engine::document::Document;
use recount_workspace::importing::{Imported, Judged};
use recount_workspace::{Failure, FailureKind, Workspace};
use serde::Deserialize;
use utoipa::IntoParams;

use super::conditional::IfMatch;
use super::postmortem;
use super::problem::{Problem, UNREADABLE};
use crate::change::Change;
use crate::error::Answer;
use crate::site::Site;
use crate::viewer::Viewer;

/// What every change takes.
#[derive(Debug, Clone, Copy, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct Forcing {
    /// Write it although a rule of the document's stage forbids it
    pub(super) force: Option<bool>,
}

/// Who changes which postmortem, from which version on.
pub(super) struct Writing {
    pub(super) site: Arc<Site>,
    pub(super) viewer: Viewer,
    /// The key of the postmortem in addresses.
    pub(super) key: String,
    /// The version that the writer has read.
    pub(super) matching: IfMatch,
    force: bool,
}

impl FromRequestParts<Arc<Site>> for Writing {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, site: &Arc<Site>) -> Result<Self, Problem> {
        let viewer = Viewer::from_request_parts(parts, site).await?;
        let Ok(matching) = IfMatch::from_request_parts(parts, site).await;
        let named = RawPathParams::from_request_parts(parts, site).await.map_err(|rejection| {
            Problem::new(UNREADABLE, format!("the address cannot be read: {}", rejection.body_text()))
        })?;
        let key = named.iter().find(|(name, _)| *name == "key").map(|(_, key)| key.to_owned());
        Ok(Self { site: Arc::clone(site), viewer, key: key.unwrap_or_default(), matching, force: false })
    }
}

impl Writing {
    /// What is written although a rule forbids it.
    pub(super) fn forced(mut self, Forcing { force }: Forcing) -> Self {
        self.force |= force.unwrap_or_default();
        self
    }

    /// Whether it is written although a rule forbids it.
    pub(super) fn forces(&self) -> bool {
        self.force
    }

    /// Refuses whoever does not say which version they have read: what they mean depends on it.
    pub(super) fn of_a_version(mut self) -> Result<Self, Problem> {
        self.matching = self.matching.required()?;
        Ok(self)
    }

    /// Makes a change, and answers with the postmortem as it is then.
    ///
    /// # Errors
    ///
    /// Where the file has another version, and those of `edit` and of [`Change::make`].
    pub(super) async fn answer(
        self,
        subject: String,
        edit: impl FnOnce(&Workspace, &Path, &Document) -> Result<Document, Problem> + Send + 'static,
    ) -> Result<Response, Problem> {
        let path = self.path()?;
        let (site, change, matching, refusals) = self.begun(subject);
        let held = refusals.clone();
        let edit = move |workspace: &Workspace, path: &Path, document: &Document| {
            held.hold(matching.check(document).and_then(|()| edit(workspace, path, document)))
        };
        refusals.told(change.make_at(&site, edit).await)?;
        postmortem::answer(site, path).await
    }

    /// Brings evidence in, and gives back what came of it.
    ///
    /// # Errors
    ///
    /// As [`Writing::answer`].
    pub(super) async fn import(
        self,
        subject: String,
        edit: impl FnOnce(&Workspace, &Path, &Document) -> Result<Imported, Problem> + Send + 'static,
    ) -> Result<Option<Box<Imported>>, Problem> {
        // As on the command line, evidence comes in whatever rules say of the rows that it makes.
        let (site, change, matching, refusals) = self.forced(Forcing { force: Some(true) }).begun(subject);
        let held = refusals.clone();
        let edit = move |workspace: &Workspace, path: &Path, document: &Document| {
            held.hold(matching.check(document).and_then(|()| edit(workspace, path, document)))
        };
        refusals.told(change.import(&site, edit).await)
    }

    /// Decides something of the evidence, and gives back what came of it.
    ///
    /// # Errors
    ///
    /// As [`Writing::answer`].
    pub(super) async fn judge(
        self,
        subject: String,
        judge: impl FnOnce(&Workspace, &Path) -> Result<Judged, Problem> + Send + 'static,
    ) -> Result<Option<Box<Judged>>, Problem> {
        let (site, change, matching, refusals) = self.begun(subject);
        let held = refusals.clone();
        let judge = move |workspace: &Workspace, path: &Path, document: &Document| {
            held.hold(matching.check(document).and_then(|()| judge(workspace, path)))
        };
        refusals.told(change.judge(&site, judge).await)
    }

    /// The path of the postmortem from the library's root.
    pub(super) fn path(&self) -> Result<String, Problem> {
        Ok(self.site.shelf().find(&self.key)?.path.clone())
    }

    fn begun(self, subject: String) -> (Arc<Site>, Change, IfMatch, Refusals) {
        let Self { site, viewer, key, matching, force } = self;
        (site, Change { key, viewer, subject, force }, matching, Refusals::default())
    }
}

/// A change fails with a failure; what more there is to say of a refusal waits here.
#[derive(Clone, Default)]
struct Refusals(Arc<Mutex<Option<Problem>>>);

impl Refusals {
    fn hold<T>(&self, made: Result<T, Problem>) -> Result<T, Failure> {
        made.map_err(|problem| {
            let failure = Failure::new(problem.to_string()).of(FailureKind::Conflict);
            *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(problem);
            failure
        })
    }

    fn told<T>(self, done: Answer<T>) -> Result<T, Problem> {
        let refused = self.0.lock().unwrap_or_else(PoisonError::into_inner).take();
        done.map_err(|oops| refused.unwrap_or_else(|| oops.into()).unless_forced())
    }
}
