//! The facts of every postmortem in the library, for commands that read many.
//!
//! What does not live here: which of them a command wants (`filter`), and how facts are kept.

use recount_engine::document::{Document, Record};
use recount_store::threads;

use crate::workspace::Workspace;

/// A postmortem of the library.
#[derive(Debug)]
pub(crate) struct Known {
    /// Path from the library's root.
    pub(crate) path: String,
    /// Its facts.
    pub(crate) record: Record,
}

impl Known {
    /// What it is called: its incident's ID, or its path where it has none.
    pub(crate) fn name(&self) -> &str {
        self.record.id.as_deref().unwrap_or(&self.path)
    }
}

/// All postmortems of the library.
#[derive(Debug, Default)]
pub(crate) struct Records {
    /// Newest start first, those without one last; those of one instant by path, last first.
    pub(crate) known: Vec<Known>,
    /// Files that could not be read, each with why.
    pub(crate) problems: Vec<String>,
}

impl Records {
    /// Whether the library holds no postmortem at all.
    pub(crate) fn is_empty(&self) -> bool {
        self.known.is_empty() && self.problems.is_empty()
    }
}

impl Workspace {
    /// The facts of all postmortems.
    pub(crate) fn records(&self) -> Records {
        let mut records = Records::default();
        self.library.scan(
            &self.library.list(),
            threads(),
            |path, bytes| {
                let path = self.library.relative(path).display().to_string();
                bytes.map(|bytes| Known { path, record: Document::parse(bytes).record() })
            },
            |known| match known {
                Ok(known) => records.known.push(known),
                Err(unreadable) => records.problems.push(unreadable.to_string()),
            },
        );
        records.known.sort_by(|a, b| (b.record.started, &b.path).cmp(&(a.record.started, &a.path)));
        records
    }
}
