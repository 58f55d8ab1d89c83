//! `recount rename`: another title, and the file name that goes with it.

use std::ffi::OsStr;
use std::io::Write as _;
use std::path::{Component, Path, PathBuf};

use recount_engine::config::slug;
use recount_engine::document::edit::Edit;
use recount_engine::document::{Document, Span, links};
use recount_store::{Guard, Stored, Version, evidence_folder};

use crate::Outcome;
use crate::baseline;
use crate::commit::{self, CommitArgs};
use crate::environment::Environment;
use crate::error::{CliError, Exit};
use crate::workspace::Workspace;
use recount_workspace::titled;

/// Give a postmortem another title; its file, its evidence and links to it follow
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The postmortem: its ID, number or path
    id: String,

    /// The new title
    title: String,

    #[command(flatten)]
    commit: CommitArgs,
}

pub(crate) fn run(args: Args, environment: &mut Environment) -> Outcome {
    let workspace = Workspace::open(environment)?;
    args.commit.begin(&workspace, environment)?;
    let path = workspace.find(&args.id)?;
    let guard = workspace.library.lock()?;
    let (stored, document) = workspace.read_to_change(&path)?;
    let changed = document.changed(&titled(&document, &args.title)?)?;
    let pattern = &workspace.config().library.id;
    let stem = path.file_stem().and_then(OsStr::to_str).unwrap_or("");
    let name = match pattern.id_in(stem) {
        // The ID of such a pattern holds the title, and IDs do not change by renaming.
        _ if pattern.has_slug() => None,
        Some(id) => Some(format!("{id}-{}.md", slug(&args.title))),
        None => None,
    };
    let target = name.map_or_else(|| path.clone(), |name| path.with_file_name(name));
    let others = take_along(&workspace, &guard, &stored, changed, &target, environment)?;
    let name = commit::name_of(&target, &document);
    commit::subject(environment, &format!("{name}: rename to \"{}\"", args.title));
    let shown = workspace.shown(&target);
    writeln!(environment.out(), "{shown}")?;
    tell(&workspace, environment, &others);
    Ok(Exit::Done)
}

/// Writes a changed document and moves it, its evidence, the findings accepted for it, and the links of
/// other postmortems; returns those whose links changed.
pub(crate) fn take_along(
    workspace: &Workspace,
    guard: &Guard<'_>,
    stored: &Stored,
    changed: Document,
    target: &Path,
    environment: &mut Environment,
) -> Result<Vec<PathBuf>, CliError> {
    let path = &stored.path;
    // Its place in the library is asked for while it is there.
    let place = |path: &Path| workspace.library.root().join(workspace.relative(path));
    let (from, to) = (place(path), place(target));
    if from == to {
        workspace.write(guard, stored, &changed)?;
        return Ok(Vec::new());
    }
    let moving = Moving { root: workspace.library.root(), from: &from, to: &to };
    let changed = changed.changed(&moving.edits(&from, &changed))?;
    let others = moving.others(workspace, environment);
    // Writing first: a file that may not be written, or that somebody just changed, stays where it is.
    let version = guard.write_if_unchanged(path, &stored.version, changed.source().bytes())?;
    if let Err(error) = guard.rename(path, target) {
        guard.write_if_unchanged(path, &version, &stored.bytes)?;
        return Err(error.into());
    }
    let mut followed = Vec::new();
    for (path, version, bytes) in others {
        match guard.write_if_unchanged(&path, &version, &bytes) {
            Ok(_) => followed.push(path),
            Err(error) => moving.warn(&path, &error.into(), environment),
        }
    }
    baseline::follow(workspace, guard, &from, target)?;
    Ok(followed)
}

/// A file on its way to another name. Paths begin at the library's root.
struct Moving<'a> {
    root: &'a Path,
    from: &'a Path,
    to: &'a Path,
}

impl Moving<'_> {
    /// What other postmortems will be, whose links lead to the file or into its evidence. Nothing is
    /// written.
    fn others(
        &self,
        workspace: &Workspace,
        environment: &mut Environment,
    ) -> Vec<(PathBuf, Version, Vec<u8>)> {
        let mut found = Vec::new();
        workspace.library.scan(
            &workspace.library.list(),
            recount_store::threads(),
            |path, bytes| {
                let bytes = bytes.ok().filter(|_| path != self.from)?;
                let document = Document::parse(bytes);
                let edits = self.edits(path, &document);
                (!edits.is_empty()).then(|| (path.to_owned(), Version::of(bytes), document.changed(&edits)))
            },
            |one| found.extend(one),
        );
        let mut others = Vec::new();
        for (path, version, changed) in found {
            match changed {
                Ok(changed) => others.push((path, version, changed.source().bytes().to_vec())),
                Err(error) => self.warn(&path, &error.into(), environment),
            }
        }
        others
    }

    fn warn(&self, path: &Path, error: &CliError, environment: &mut Environment) {
        let shown = path.strip_prefix(self.root).unwrap_or(path);
        let old = self.from.file_name().unwrap_or_default().to_string_lossy();
        environment.warn(format!("links in `{}` still lead to `{old}`: {error}", shown.display()));
    }

    /// Edits that make links of the document at `path` follow.
    fn edits(&self, path: &Path, document: &Document) -> Vec<Edit> {
        let evidence = (evidence_folder(self.from), evidence_folder(self.to));
        let folder = path.parent().unwrap_or(self.root);
        let mut spans: Vec<(Span, String)> = Vec::new();
        for link in document.local_destinations() {
            let target = link.target.split(['#', '?']).next().unwrap_or("");
            if target.is_empty() {
                continue;
            }
            let decoded = decode(target);
            let base = if decoded.starts_with('/') { self.root } else { folder };
            let leads = plain(&base.join(decoded.trim_start_matches('/')));
            let (old, new) = if leads == self.from {
                (self.from, self.to)
            } else if leads.starts_with(&evidence.0) {
                (evidence.0.as_path(), evidence.1.as_path())
            } else {
                continue;
            };
            let (old, new) = (name_of(old), name_of(new));
            // As it is written, a part can hold entities and escapes; what follows `#` is no part of it.
            let written = document.slice(link.span);
            let name = written.rsplit('/').find_map(|part| {
                let start = part.as_ptr().addr() - written.as_ptr().addr();
                let ends = part.match_indices(['#', '?']).map(|(at, _)| at).chain([part.len()]);
                let is_it = |end: &usize| decode(&links::resolved(&part[..*end])) == old;
                ends.into_iter().find(is_it).map(|end| (start, start + end))
            });
            if let Some((start, end)) = name {
                let base = link.span.start as usize;
                spans.push((Span::new(base + start, base + end), encode(&new)));
            }
        }
        spans.into_iter().map(|(span, new)| Edit::replace(span, new)).collect()
    }
}

fn name_of(path: &Path) -> String {
    path.file_name().unwrap_or_default().to_string_lossy().into_owned()
}

/// The path without `.` and `..`, as the links of a page are read: by their words.
fn plain(path: &Path) -> PathBuf {
    let mut out = PathBuf::new();
    for part in path.components() {
        match part {
            Component::CurDir => {}
            Component::ParentDir => {
                out.pop();
            }
            part => out.push(part),
        }
    }
    out
}

/// A link's words with `%20` and its like read.
fn decode(text: &str) -> String {
    let bytes = text.as_bytes();
    let mut out = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while at < bytes.len() {
        let code = text.get(at + 1..at + 3).filter(|_| bytes[at] == b'%');
        if let Some(byte) = code.and_then(|code| u8::from_str_radix(code, 16).ok()) {
            out.push(byte);
            at += 3;
        } else {
            out.push(bytes[at]);
            at += 1;
        }
    }
    String::from_utf8_lossy(&out).into_owned()
}

/// A file name as a part of a link, with what would end the link written as `%20` and its like.
fn encode(name: &str) -> String {
    let mut out = String::with_capacity(name.len());
    for c in name.chars() {
        match c {
            ' ' | '%' | '&' | '(' | ')' | '<' | '>' | '#' | '?' | '\\' => {
                out.extend(format!("%{:02X}", u32::from(c)).chars());
            }
            c => out.push(c),
        }
    }
    out
}

/// Names the postmortems whose links followed.
pub(crate) fn tell(workspace: &Workspace, environment: &mut Environment, others: &[PathBuf]) {
    for path in others {
        let shown = workspace.shown(path);
        environment.note(format!("links in `{shown}` now lead there"));
    }
}

/// The incident's ID as the document says it.
pub(crate) fn id_of(document: &Document) -> Option<&str> {
    document.incident_id()
}
