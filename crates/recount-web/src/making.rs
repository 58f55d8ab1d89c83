//! A postmortem that somebody makes in a browser or through the API: the file, the commit, and the next state of the
//! library.
//!
//! What does not live here: its ID, its path and the template (`recount_workspace::creating`).

use jiff::tz::TimeZone;
use recount_store::{Commit, Library, Store as _};
use recount_workspace::{Failure, Given, Workspace};

use crate::change::PATIENCE;
use crate::site::Site;
use crate::viewer::Viewer;

/// A postmortem that was made.
pub(crate) struct Made {
    /// Its incident's ID.
    pub(crate) id: String,
    /// Its path from the library's root.
    pub(crate) path: String,
    /// How addresses name it.
    pub(crate) key: String,
}

/// Makes it as `recount new` does.
///
/// # Errors
///
/// Where its ID or title cannot be used, and where it cannot be written.
pub(crate) fn made(site: &Site, viewer: &Viewer, title: &str, given: &Given) -> Result<Made, Failure> {
    let shelf = site.shelf();
    // A library of its own notes what this alone writes.
    let workspace = shelf.workspace.again(Library::open(shelf.workspace.library.root())?.confined())?;
    if site.settings.commit {
        workspace.library.plan_commit(&workspace.config().git.protected)?;
    }
    let day = given.start.map_or(site.today(), |at| TimeZone::UTC.to_datetime(at).date());
    let (path, id) = {
        let guard = workspace.library.lock()?;
        workspace.create::<Failure>(&guard, title, given, day, |document, _| Ok(document))?
    };
    let committed = if site.settings.commit { commit(&workspace, viewer, &id, title) } else { Ok(()) };
    // The file is there whether or not git takes it, and pages show what is there.
    let shelf = site.refresh();
    committed?;
    let path = workspace.relative(&path).display().to_string();
    let key = shelf.find(&path).map_or_else(|_| path.clone(), |known| shelf.key(known).to_owned());
    Ok(Made { id, path, key })
}

fn commit(workspace: &Workspace, viewer: &Viewer, id: &str, title: &str) -> Result<(), Failure> {
    let files = workspace.library.changed_files()?;
    let message =
        format!("{id}: new postmortem \"{}\"", title.split_whitespace().collect::<Vec<_>>().join(" "));
    let author = Some(viewer.author.clone()).filter(|author| !author.mail.is_empty());
    workspace.library.commit(&files, &Commit { message, author, patience: Some(PATIENCE) })?;
    Ok(())
}
