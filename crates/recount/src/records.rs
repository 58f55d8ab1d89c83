//! The facts of every postmortem in the library, for commands that read many: out of the catalog, which is
//! brought in step with the files first.
//!
//! What does not live here: which of them a command wants (`filter`), and how facts are kept.

use std::path::PathBuf;
use std::sync::OnceLock;

use recount_engine::document::Record;
use recount_engine::insights::{Brief, Briefs};
use recount_store::catalog::{Catalog, Opening, Part, Want};

use crate::environment::Environment;
use crate::progress;
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
    /// How many postmortems the library has, also where only some of them were asked for.
    pub(crate) all: usize,
}

/// Tells that a library has no postmortem, and how to come by one.
pub(crate) fn tell_of_none(environment: &mut Environment) {
    environment.note("there is no postmortem yet");
    environment
        .hint("`recount new TITLE` makes the first, `recount draft TITLE EVIDENCE…` makes it from evidence");
}

impl Records {
    /// Whether the library holds no postmortem at all.
    pub(crate) fn is_empty(&self) -> bool {
        self.all == 0 && self.problems.is_empty()
    }
}

impl Workspace {
    /// The facts of all postmortems.
    pub(crate) fn records(&self) -> Records {
        self.parts_of_records(Part::Whole)
    }

    /// As much of the facts of all postmortems as a command needs: without long texts they are read in a
    /// fraction of the time.
    pub(crate) fn parts_of_records(&self, part: Part) -> Records {
        self.some(|catalog| catalog.records(part))
    }

    /// As [`Workspace::parts_of_records`], of those postmortems that are wanted by what is known of them in brief.
    pub(crate) fn some_records(&self, part: Part, is_wanted: impl Fn(&Briefs, &Brief) -> bool) -> Records {
        self.some(|catalog| {
            let library = catalog.in_brief();
            let wanted = library.each().filter(|(_, briefs, brief)| is_wanted(briefs, brief));
            let places: Vec<usize> = wanted.filter_map(|(.., brief)| library.place(brief)).collect();
            catalog.some_records(part, &places)
        })
    }

    fn some(&self, read: impl FnOnce(&Catalog<'_>) -> Vec<(PathBuf, Record)>) -> Records {
        let catalog = self.catalog(Want::Facts, usize::MAX);
        let mut records = Records {
            known: read(&catalog)
                .into_iter()
                .map(|(path, record)| Known { path: path.display().to_string(), record })
                .collect(),
            problems: catalog.problems().iter().map(ToString::to_string).collect(),
            all: catalog.len(),
        };
        records.known.sort_by(|a, b| (b.record.started, &b.path).cmp(&(a.record.started, &a.path)));
        records
    }

    /// The catalog, in step with the files; empty where more than `at_most` of them would have to be read.
    pub(crate) fn catalog(&self, want: Want, at_most: usize) -> Catalog<'_> {
        let what = match want {
            Want::Facts => "reading",
            Want::Text => "indexing",
        };
        let bar = OnceLock::new();
        let progress = |done: usize, total: usize| {
            let bar = bar.get_or_init(|| progress::bar(total, what, self.keeping.is_watched));
            bar.set_position(done as u64);
            if done == total {
                bar.finish_and_clear();
            }
        };
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
            self.keeping.later.note(note);
        }
        catalog
    }
}
