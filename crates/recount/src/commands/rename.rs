//! `recount rename`: another title, and the file name that goes with it.

use std::ffi::OsStr;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use recount_engine::config::slug;
use recount_engine::document::edit::Edit;
use recount_engine::document::{Document, Span};
use recount_store::{Guard, evidence_folder};

use crate::Outcome;
use crate::baseline;
use crate::environment::Environment;
use crate::error::{CliError, Exit};
use crate::workspace::Workspace;

/// Give a postmortem another title; its file, its evidence and links to it follow
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The postmortem: its ID, number or path
    id: String,

    /// The new title
    title: String,
}

pub(crate) fn run(args: Args, environment: &mut Environment) -> Outcome {
    let workspace = Workspace::open(environment)?;
    let path = workspace.find(&args.id)?;
    let guard = workspace.library.lock()?;
    let (stored, document) = workspace.read_to_change(&path)?;
    let changed = document.changed(&document.set_title(&args.title)?)?;
    let pattern = &workspace.config().library.id;
    let stem = path.file_stem().and_then(OsStr::to_str).unwrap_or("");
    let name = match pattern.id_in(stem) {
        // The ID of such a pattern holds the title, and IDs do not change by renaming.
        _ if pattern.has_slug() => None,
        Some(id) => Some(format!("{id}-{}.md", slug(&args.title))),
        None => None,
    };
    let target = name.map_or_else(|| path.clone(), |name| path.with_file_name(name));
    let changed = moved(&changed, &path, &target)?;
    // Its place in the library is asked for while it is there.
    let from = workspace.library.root().join(workspace.relative(&path));
    if target != path {
        guard.rename(&path, &target)?;
    }
    let version = stored.version;
    guard.write_if_unchanged(&target, &version, changed.source().bytes())?;
    let others = follow(&workspace, &guard, &path, &target, environment)?;
    baseline::follow(&workspace, &guard, &from, &target)?;
    let shown = workspace.shown(environment, &target);
    writeln!(environment.out(), "{shown}")?;
    tell(&workspace, environment, &others);
    Ok(Exit::Done)
}

/// The document with its links to its own evidence folder following the new name.
pub(crate) fn moved(document: &Document, from: &Path, to: &Path) -> Result<Document, CliError> {
    if from == to {
        return Ok(document.clone());
    }
    let folder = |path: &Path| {
        let folder = evidence_folder(path);
        folder.file_name().map(|name| name.to_string_lossy().replace(' ', "%20")).unwrap_or_default()
    };
    let edits = retarget(document, &folder(from), &folder(to));
    Ok(document.changed(&edits)?)
}

/// Edits that make local links whose target holds `old` as a whole path segment hold `new`.
fn retarget(document: &Document, old: &str, new: &str) -> Vec<Edit> {
    let mut edits = Vec::new();
    for link in &document.markdown().local_links {
        let text = document.slice(link.span);
        for (at, _) in text.match_indices(old) {
            let before = text[..at].chars().next_back();
            let after = text[at + old.len()..].chars().next();
            let is_segment = before.is_none_or(|c| matches!(c, '/' | '(' | '<' | ' '))
                && after.is_none_or(|c| matches!(c, '/' | '#' | ')' | '>' | ' ' | '?'));
            if is_segment {
                let start = link.span.start as usize + at;
                edits.push(Edit::replace(Span::new(start, start + old.len()), new));
            }
        }
    }
    edits
}

/// Makes the links of other postmortems follow a file that moved; returns the files that changed.
pub(crate) fn follow(
    workspace: &Workspace,
    guard: &Guard<'_>,
    from: &Path,
    to: &Path,
    environment: &mut Environment,
) -> Result<Vec<PathBuf>, CliError> {
    let name =
        |path: &Path| path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let (old, new) = (name(from), name(to));
    if old == new {
        return Ok(Vec::new());
    }
    let mut changes = Vec::new();
    workspace.library.scan(
        &workspace.library.list(),
        recount_store::threads(),
        |path, bytes| {
            let bytes = bytes.ok()?;
            let document = Document::parse(bytes);
            let edits = retarget(&document, &old, &new);
            (!edits.is_empty()).then(|| (path.to_owned(), document, edits))
        },
        |change| changes.extend(change),
    );
    let mut files = Vec::new();
    for (path, document, edits) in changes {
        let updated = document.changed(&edits)?;
        let version = recount_store::Version::of(document.source().bytes());
        match guard.write_if_unchanged(&path, &version, updated.source().bytes()) {
            Ok(_) => files.push(path),
            Err(error) => {
                environment.warn(format!("links in `{}` still lead to `{old}`: {error}", path.display()));
            }
        }
    }
    Ok(files)
}

/// Names the postmortems whose links followed.
pub(crate) fn tell(workspace: &Workspace, environment: &mut Environment, others: &[PathBuf]) {
    for path in others {
        let shown = workspace.shown(environment, path);
        environment.note(format!("links in `{shown}` now lead there"));
    }
}

/// The incident's ID as the document says it.
pub(crate) fn id_of(document: &Document) -> Option<&str> {
    document.incident_id()
}
