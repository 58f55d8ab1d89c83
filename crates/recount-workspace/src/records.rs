//! The facts of every postmortem in the library, for commands that read many: out of the catalog, which is
//! brought in step with the files first.
//!
//! What does not live here: which of them a command wants (`filter`), and how facts are kept.

use std::path::PathBuf;

use recount_engine::document::Record;
use recount_store::catalog::{Catalog, InBrief, Opening, Part, Want};

use crate::Workspace;

/// Nobody waits for what they did not ask for: where more files than this would have to be read, nothing is
/// said.
pub const AT_ONCE: usize = 500;

/// A postmortem of the library.
#[derive(Debug)]
pub struct Known {
    /// Path from the library's root.
    pub path: String,
    /// Its facts.
    pub record: Record,
}

impl Known {
    /// What it is called: its incident's ID, or its path where it has none.
    pub fn name(&self) -> &str {
        self.record.id.as_deref().unwrap_or(&self.path)
    }
}

/// All postmortems of the library.
#[derive(Debug, Default)]
pub struct Records {
    /// Newest start first, those without one last; those of one instant by path, last first.
    pub known: Vec<Known>,
    /// Files that could not be read, each with why.
    pub problems: Vec<String>,
    /// How many postmortems the library has, also where only some of them were asked for.
    pub all: usize,
}

impl Records {
    /// Whether the library holds no postmortem at all.
    pub fn is_empty(&self) -> bool {
        self.all == 0 && self.problems.is_empty()
    }
}

impl Workspace {
    /// The facts of all postmortems.
    pub fn records(&self) -> Records {
        self.parts_of_records(Part::Whole)
    }

    /// As much of the facts of all postmortems as a command needs: without long texts they are read in a
    /// fraction of the time.
    pub fn parts_of_records(&self, part: Part) -> Records {
        self.records_at_most(part, usize::MAX)
    }

    /// As [`Workspace::parts_of_records`]; none where more than `at_most` files would have to be read.
    pub fn records_at_most(&self, part: Part, at_most: usize) -> Records {
        self.told(&self.catalog(Want::Facts, at_most), |catalog| catalog.records(part))
    }

    /// As [`Workspace::parts_of_records`], of those postmortems that `choose` takes by what is known of all in brief:
    /// their places in the list, in order.
    pub fn some_records(&self, part: Part, choose: impl FnOnce(&InBrief<'_>) -> Vec<usize>) -> Records {
        let catalog = self.catalog(Want::Facts, usize::MAX);
        self.told(&catalog, |catalog| catalog.some_records(part, &choose(&catalog.in_brief())))
    }

    /// As [`Workspace::parts_of_records`], out of a catalog that is open.
    pub fn records_of(&self, catalog: &Catalog, part: Part) -> Records {
        self.told(catalog, |catalog| catalog.records(part))
    }

    fn told(&self, catalog: &Catalog, read: impl FnOnce(&Catalog) -> Vec<(PathBuf, Record)>) -> Records {
        let mut records = Records {
            known: read(catalog)
                .into_iter()
                .map(|(path, record)| Known { path: path.display().to_string(), record })
                .collect(),
            problems: self.problems(catalog),
            all: catalog.len(),
        };
        records.known.sort_by(|a, b| (b.record.started, &b.path).cmp(&(a.record.started, &a.path)));
        records
    }

    /// The catalog, in step with the files; empty where more than `at_most` of them would have to be read.
    pub fn catalog(&self, want: Want, at_most: usize) -> Catalog {
        let what = match want {
            Want::Facts => "reading",
            Want::Text => "indexing",
        };
        let progress = |done: usize, total: usize| (self.keeping.progress)(what, done, total);
        let catalog = Catalog::open(
            &self.library,
            &Opening {
                program: &self.keeping.program,
                want,
                keep: self.keeping.may,
                always: false,
                at_most,
                progress: &progress,
            },
        );
        for note in catalog.notes() {
            self.keeping.notes.add(note);
        }
        catalog
    }
}
