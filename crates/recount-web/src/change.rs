//! A change that somebody makes in a browser: from the document as it is now to the file, the commit, and the next
//! state of the library.
//!
//! What does not live here: what is changed, which each page says itself, and when a change is refused
//! (`recount-workspace`).

use std::sync::Arc;
use std::time::Duration;

use recount_engine::document::Document;
use recount_store::{Commit, Library, Store as _};
use recount_workspace::{Failure, FailureKind, Workspace};

use crate::error::Answer;
use crate::site::Site;
use crate::viewer::Viewer;

/// How long a commit may take: nobody sits at the server's terminal.
pub(crate) const PATIENCE: Duration = Duration::from_mins(2);

/// What is to be changed, and by whom.
pub(crate) struct Change {
    /// The key of the postmortem in addresses.
    pub(crate) key: String,
    pub(crate) viewer: Viewer,
    /// What was done, for the history: `set Severity to Sev1`. The postmortem's name is put before it.
    pub(crate) subject: String,
    /// Whether it is made although a rule of the document's stage forbids it.
    pub(crate) force: bool,
}

impl Change {
    /// Makes the change: `edit` gets the document as it is under the lock and gives back what it is to be.
    ///
    /// # Errors
    ///
    /// Those of `edit`, and where the change is refused or cannot be written.
    pub(crate) async fn make(
        self,
        site: &Arc<Site>,
        edit: impl FnOnce(&Workspace, &Document) -> Result<Document, Failure> + Send + 'static,
    ) -> Answer<()> {
        let site = Arc::clone(site);
        let done = tokio::task::spawn_blocking(move || self.made(&site, edit)).await;
        // The task is awaited to its end; only a panic in it gives an error here.
        let done = done.map_err(|_| Failure::new("the change was not finished").of(FailureKind::Trouble))?;
        Ok(done?)
    }

    fn made(
        self,
        site: &Site,
        edit: impl FnOnce(&Workspace, &Document) -> Result<Document, Failure>,
    ) -> Result<(), Failure> {
        let shelf = site.shelf();
        let known = shelf.find(&self.key)?;
        // A library of its own notes what this change alone writes.
        let workspace = shelf.workspace.again(Library::open(shelf.workspace.library.root())?.confined())?;
        if site.settings.commit {
            workspace.library.plan_commit(&workspace.config().git.protected)?;
        }
        let path = shelf.file(known);
        {
            let guard = workspace.library.lock()?;
            let (stored, document) = workspace.read_to_change(&path)?;
            let changed = edit(&workspace, &document)?;
            if changed.source().bytes() == document.source().bytes() {
                return Ok(());
            }
            if !self.force {
                workspace.refuse_worse(&path, &document, &changed, site.today(), document.stage())?;
            }
            workspace.write(&guard, &stored, &changed)?;
        }
        let result = self.commit(site, &workspace, known.name());
        site.refresh();
        result
    }

    fn commit(&self, site: &Site, workspace: &Workspace, name: &str) -> Result<(), Failure> {
        if !site.settings.commit {
            return Ok(());
        }
        let files = workspace.library.changed_files()?;
        let message = format!("{name}: {}", self.subject);
        let author = Some(self.viewer.author.clone()).filter(|author| !author.mail.is_empty());
        workspace.library.commit(&files, &Commit { message, author, patience: Some(PATIENCE) })?;
        Ok(())
    }
}
