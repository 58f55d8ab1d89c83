//! What a document may ask about its neighbours: evidence beside it, files that it links to, others of its ID,
//! earlier incidents like it.

use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::path::{Component, Path, PathBuf};

use jiff::civil::Date;

use recount_engine::document::Document;
use recount_engine::evidence::Frozen;
use recount_engine::lint::{Library as Facts, Repeated};
use recount_store::catalog::Asked;

use crate::Workspace;

/// Incident IDs, in lower case, that several documents carry, each with their paths.
pub type SharedIds = HashMap<String, Vec<PathBuf>>;

/// What a document may ask about its neighbours, answered from the file system.
pub struct Neighbours<'w> {
    workspace: &'w Workspace,
    /// The document.
    path: &'w Path,
    /// Incident IDs that several documents carry; none while that is not known.
    others: Option<&'w SharedIds>,
    /// What it links to, so that many links into one document parse it once.
    targets: RefCell<HashMap<PathBuf, Option<Document>>>,
    /// What was asked: what was found holds while the answers do.
    asked: RefCell<Vec<Asked>>,
    today_was_asked: Cell<bool>,
    /// Whether what takes its time to be read is passed over.
    at_once: bool,
}

impl Facts for Neighbours<'_> {
    fn other_with_id(&self, id: &str) -> Option<String> {
        // The keys are in lower case: `inc-0042` and `INC-0042` lead to the same postmortem.
        let paths = self.others?.get(&id.to_lowercase())?;
        let other = paths.iter().find(|path| path.as_path() != self.path)?;
        Some(self.workspace.relative(other).display().to_string())
    }

    fn evidence(&self) -> Option<Frozen> {
        self.asked.borrow_mut().push(Asked::evidence(self.path));
        // Evidence that cannot be read is said where it is asked for, and silences a rule here.
        let files =
            self.workspace.library.evidence_files(self.path).ok().filter(|files| !files.is_empty())?;
        Some(Frozen::read(files.iter().map(|(name, bytes)| (name.as_str(), bytes.as_slice()))))
    }

    fn earlier_like_this(&self, document: &Document) -> Vec<Repeated> {
        // A file on its own has no past.
        if self.workspace.library.config_path().is_none() {
            return Vec::new();
        }
        let past = if self.at_once { self.workspace.past_at_once() } else { Some(self.workspace.past()) };
        let Some(past) = past else { return Vec::new() };
        self.asked.borrow_mut().push(past.asked.clone());
        past.repeated(document, self.workspace.config())
    }

    fn exists(&self, path: &str) -> Option<bool> {
        let asked = Asked::exists(&self.beside(path));
        let exists = matches!(asked, Asked::Exists(_, true));
        self.asked.borrow_mut().push(asked);
        Some(exists)
    }

    fn today_was_asked(&self) {
        self.today_was_asked.set(true);
    }

    fn has_anchor(&self, path: &str, anchor: &str) -> Option<bool> {
        let target = self.beside(path);
        let is_markdown = target.extension().is_some_and(|e| e.eq_ignore_ascii_case("md"));
        if !is_markdown {
            return None;
        }
        self.asked.borrow_mut().push(Asked::content(&target));
        let mut targets = self.targets.borrow_mut();
        let document = targets.entry(target).or_insert_with_key(|target| {
            let stored = self.workspace.library.read(target).ok()?;
            Some(Document::parse(&stored.bytes))
        });
        document.as_ref().map(|document| document.has_anchor(anchor))
    }
}

impl<'w> Neighbours<'w> {
    /// The neighbours of the document at a path; `others` are the IDs that several documents carry, none while that
    /// is not known.
    pub fn new(workspace: &'w Workspace, path: &'w Path, others: Option<&'w SharedIds>) -> Self {
        Self {
            workspace,
            path,
            others,
            targets: RefCell::default(),
            asked: RefCell::default(),
            today_was_asked: Cell::new(false),
            at_once: false,
        }
    }

    /// The same, passing over what takes its time to be read.
    pub(crate) fn at_once(self) -> Self {
        Self { at_once: true, ..self }
    }

    /// What was asked beside the document itself and which others carry its ID.
    pub fn asked(self, today: Date) -> Vec<Asked> {
        let mut asked = self.asked.into_inner();
        asked.dedup();
        if self.today_was_asked.get() {
            asked.push(Asked::day(today));
        }
        asked
    }

    /// `link` as a path: from the document's folder, or from the library's root where it begins with `/`.
    fn beside(&self, link: &str) -> PathBuf {
        let folder = self.path.parent().unwrap_or(Path::new(""));
        let base = if link.starts_with('/') { self.workspace.library.root() } else { folder };
        let relative = Path::new(link.trim_start_matches('/'));
        base.join(
            relative.components().filter(|part| !matches!(part, Component::RootDir)).collect::<PathBuf>(),
        )
    }
}
