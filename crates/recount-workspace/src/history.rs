//! Who changed what of a postmortem, and when: the commits that touched it, each with what it changed part by part.
//!
//! What does not live here: asking git (`recount-store`), what differs between two documents (`document::merge`), and
//! how it is shown.

use std::path::Path;

use jiff::Timestamp;
use serde::Serialize;

use recount_engine::document::merge::{Difference, Part, differences};
use recount_store::{Revision, Store as _, StorePath};

use crate::Workspace;
use crate::failure::{Failure, FailureKind};

/// The history of a postmortem.
#[derive(Debug)]
pub struct History {
    /// The postmortem's path from the library's root.
    pub path: String,
    /// What differs from the commit that is checked out.
    pub uncommitted: Vec<Change>,
    /// The commits, the newest first.
    pub revisions: Vec<Told>,
    /// Whether any commit holds it.
    pub is_known: bool,
}

/// One commit.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Told {
    /// The commit's name.
    pub id: String,
    /// When it was made, UTC.
    pub at: String,
    /// Who made the change.
    pub author: String,
    /// Their mail address, as the commit has it.
    pub mail: String,
    /// The first line of its message.
    pub subject: String,
    /// The path from the library's root that the postmortem had from then on.
    pub path: String,
    /// Whether the postmortem came into the repository with it.
    pub added: bool,
    /// Whether the history that is here is cut at this commit, because the clone is shallow: what came before it, and
    /// what it changed, is not known.
    pub cut: bool,
    /// Whether it removed the postmortem.
    pub removed: bool,
    /// The path that it had before, where that was another one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub renamed_from: Option<String>,
    /// What it changed, from top to bottom; nothing for the commit that added or removed it.
    pub changes: Vec<Change>,
}

/// A part of the document that changed.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Change {
    /// The heading of its section, or `front matter`; empty before the first.
    pub section: String,
    /// `heading`, `key`, `field`, `item`, `timeline-row`, `action-item` or `text`.
    pub part: &'static str,
    /// What it is called: the label of a field, a key, a heading. Empty for what has no name.
    pub name: String,
    /// What it was, as Markdown; none where it is new.
    pub before: Option<String>,
    /// What it is; none where it is gone.
    pub after: Option<String>,
}

/// What a postmortem held before and after a commit; none where it was not there.
#[derive(Debug, Default)]
pub struct Held {
    /// Before it.
    pub before: Option<Vec<u8>>,
    /// From it on.
    pub now: Option<Vec<u8>>,
}

impl Change {
    /// Where it is, in the words of the document: the label of a field, else its section.
    pub fn place(&self) -> &str {
        let place = match self.part {
            "field" | "key" | "heading" => &self.name,
            _ => &self.section,
        };
        if place.is_empty() { "text" } else { place }
    }
}

impl Workspace {
    /// The newest `limit` commits that touched a postmortem, also under its former paths, and what is not committed
    /// yet.
    ///
    /// # Errors
    ///
    /// Where there is no git, or the file cannot be read.
    pub fn history(&self, path: &Path, limit: usize) -> Result<History, Failure> {
        let relative = StorePath::new(self.relative(path))?;
        let mut revisions = self.library.history(&relative)?;
        let is_known = !revisions.is_empty();
        revisions.truncate(limit);
        // By date, the commits of several branches stand among each other: each says itself what it began with.
        let names: Vec<&str> =
            revisions.iter().flat_map(|revision| [&*revision.before, &*revision.content]).collect();
        let past = self.library.past(&names)?;
        let (stored, _) = self.read(path)?;
        // Without a commit there is no `HEAD`, either. It may be a merge, which the list does not have.
        let last = if is_known {
            self.library.bytes_at("HEAD", &self.library.root().join(relative.as_path()))?
        } else {
            None
        };
        let told = revisions.iter().zip(past.chunks(2)).map(|(revision, held)| {
            let [before, now] = [0, 1].map(|at| held.get(at).and_then(Option::as_deref));
            tell(revision, before, now)
        });
        Ok(History {
            path: relative.to_string(),
            uncommitted: last.map(|last| changes(&last, &stored.bytes)).unwrap_or_default(),
            revisions: told.collect(),
            is_known,
        })
    }

    /// One commit of a postmortem's history, by its name or the beginning of that, and what the postmortem held.
    ///
    /// # Errors
    ///
    /// As [`Workspace::history`], and where its history has no such commit.
    pub fn revision(&self, path: &Path, id: &str) -> Result<(Told, Held), Failure> {
        let relative = StorePath::new(self.relative(path))?;
        let revisions = self.library.history(&relative)?;
        let is_it = |revision: &&Revision| id.len() >= 7 && revision.id.starts_with(id);
        let revision = revisions.iter().find(is_it).ok_or_else(|| {
            Failure::new(format!("the history of `{relative}` has no commit `{id}`")).of(FailureKind::Missing)
        })?;
        let mut past = self.library.past(&[&revision.before, &revision.content])?.into_iter();
        let (before, now) = (past.next().flatten(), past.next().flatten());
        let told = tell(revision, before.as_deref(), now.as_deref());
        Ok((told, Held { before, now }))
    }
}

fn changes(old: &[u8], new: &[u8]) -> Vec<Change> {
    let told = |Difference { section, part, name, before, after, .. }| {
        let part = match part {
            Part::Heading => "heading",
            Part::Key => "key",
            Part::Field => "field",
            Part::Item => "item",
            Part::TimelineRow => "timeline-row",
            Part::ActionItem => "action-item",
            Part::Text => "text",
        };
        Change { section, part, name, before, after }
    };
    differences(old, new).into_iter().map(told).collect()
}

fn tell(revision: &Revision, before: Option<&[u8]>, now: Option<&[u8]>) -> Told {
    let shown = |path: &Path| {
        StorePath::new(path).map_or_else(|_| path.display().to_string(), |path| path.to_string())
    };
    let at = Timestamp::from_second(revision.at).map_or_else(|_| String::new(), |at| at.to_string());
    Told {
        id: revision.id.clone(),
        at,
        author: revision.author.name.clone(),
        mail: revision.author.mail.clone(),
        subject: revision.subject.clone(),
        path: shown(&revision.path),
        added: before.is_none() && now.is_some() && !revision.is_cut,
        cut: revision.is_cut && before.is_none(),
        removed: now.is_none(),
        renamed_from: revision.renamed_from.as_deref().map(shown),
        changes: match (now, before) {
            (Some(now), Some(before)) => changes(before, now),
            _ => Vec::new(),
        },
    }
}
