//! A change that somebody makes in a browser: from the document as it is now to the file, the commit, and the next
//! state of the library.
//!
//! What does not live here: what is changed, which each page says itself, and when a change is refused
//! (`recount-workspace`).

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use recount_engine::document::Document;
use recount_store::{Commit, Library, Store as _, Version};
use recount_workspace::importing::{Imported, Judged};
use recount_workspace::{Failure, FailureKind, Known, Workspace};

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

/// What an edit makes of a document.
enum Edited {
    Document(Box<Document>),
    /// With evidence that is written beside it.
    Imported(Box<Imported>),
    /// Nothing; of its evidence something is decided.
    Judged(Box<Judged>),
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
        self.make_at(site, |workspace, _, document| edit(workspace, document)).await
    }

    /// As [`Change::make`], for an edit that asks where the document stands, too.
    pub(crate) async fn make_at(
        self,
        site: &Arc<Site>,
        edit: impl FnOnce(&Workspace, &Path, &Document) -> Result<Document, Failure> + Send + 'static,
    ) -> Answer<()> {
        let edit = |workspace: &Workspace, path: &Path, document: &Document| {
            edit(workspace, path, document).map(|changed| Edited::Document(Box::new(changed)))
        };
        self.done(site, edit).await.map(|_| ())
    }

    /// Brings evidence in: freezes it, changes the document, and writes down what was decided.
    ///
    /// # Errors
    ///
    /// Those of `edit`, and where it cannot be written.
    pub(crate) async fn import(
        self,
        site: &Arc<Site>,
        edit: impl FnOnce(&Workspace, &Path, &Document) -> Result<Imported, Failure> + Send + 'static,
    ) -> Answer<Option<Box<Imported>>> {
        let edit = |workspace: &Workspace, path: &Path, document: &Document| {
            edit(workspace, path, document).map(|imported| Edited::Imported(Box::new(imported)))
        };
        Ok(match self.done(site, edit).await? {
            Edited::Imported(imported) => Some(imported),
            _ => None,
        })
    }

    /// Decides something of evidence that does not come into the document.
    ///
    /// # Errors
    ///
    /// Those of `judge`, and where it cannot be written.
    pub(crate) async fn judge(
        self,
        site: &Arc<Site>,
        judge: impl FnOnce(&Workspace, &Path, &Document) -> Result<Judged, Failure> + Send + 'static,
    ) -> Answer<Option<Box<Judged>>> {
        let edit = |workspace: &Workspace, path: &Path, document: &Document| {
            judge(workspace, path, document).map(|judged| Edited::Judged(Box::new(judged)))
        };
        Ok(match self.done(site, edit).await? {
            Edited::Judged(judged) => Some(judged),
            _ => None,
        })
    }

    async fn done(
        self,
        site: &Arc<Site>,
        edit: impl FnOnce(&Workspace, &Path, &Document) -> Result<Edited, Failure> + Send + 'static,
    ) -> Answer<Edited> {
        let site = Arc::clone(site);
        let done = tokio::task::spawn_blocking(move || self.made(&site, edit)).await;
        // The task is awaited to its end; only a panic in it gives an error here.
        let done = done.map_err(|_| Failure::new("the change was not finished").of(FailureKind::Trouble))?;
        Ok(done?)
    }

    fn made(
        self,
        site: &Site,
        edit: impl FnOnce(&Workspace, &Path, &Document) -> Result<Edited, Failure>,
    ) -> Result<Edited, Failure> {
        // What people write in it together is in the file first, and what is made of it comes back to them.
        site.live.settle(site, &site.shelf().find(&self.key)?.path);
        let shelf = site.shelf();
        let known = shelf.find(&self.key)?;
        // A library of its own notes what this change alone writes.
        let workspace = shelf.workspace.again(Library::open(shelf.workspace.library.root())?.confined())?;
        if site.settings.commit {
            workspace.library.plan_commit(&workspace.config().git.protected)?;
        }
        let path = shelf.file(known);
        let written = self.written(site, &workspace, known, &path, edit);
        // What was written before something failed is there all the same, and pages show what is there.
        let result = match workspace.library.changed_files() {
            Ok(files) if files.is_empty() => return written,
            Ok(_) => written.and_then(|edited| self.commit(site, &workspace, known.name()).map(|()| edited)),
            Err(error) => written.and(Err(error.into())),
        };
        site.refresh();
        if matches!(result, Ok(Edited::Imported(_) | Edited::Judged(_))) {
            site.live.tell_of_evidence(&known.path);
        }
        result
    }

    fn written(
        &self,
        site: &Site,
        workspace: &Workspace,
        known: &Known,
        path: &Path,
        edit: impl FnOnce(&Workspace, &Path, &Document) -> Result<Edited, Failure>,
    ) -> Result<Edited, Failure> {
        let guard = workspace.library.lock()?;
        let (stored, document) = workspace.read_to_change(path)?;
        let edited = edit(workspace, path, &document)?;
        let (changed, imported) = match &edited {
            Edited::Document(changed) => (&**changed, None),
            Edited::Imported(imported) => (&imported.merged.document, Some(imported)),
            Edited::Judged(judged) => {
                judged.record(&guard, path)?;
                (&document, None)
            }
        };
        let is_changed = changed.source().bytes() != document.source().bytes();
        if is_changed && !self.force {
            workspace.refuse_worse(path, &document, changed, site.today(), document.stage())?;
        }
        if let Some(imported) = imported {
            imported.freeze(&guard, path)?;
        }
        if is_changed {
            site.live.expect(&known.path, stored.version, Version::of(changed.source().bytes()));
            workspace.write(&guard, &stored, changed)?;
        }
        if let Some(imported) = imported {
            imported.record(&guard, path)?;
        }
        Ok(edited)
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
