//! A library at one moment: its configuration and the facts of every postmortem, ready to be listed and found.
//!
//! What does not live here: how it is kept in step with the files ([`crate::site`]).

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use recount_engine::config::Config;
use recount_store::Library;
use recount_workspace::{Failure, FailureKind, Keeping, Known, Notes, Records, Workspace};

use crate::site::Settings;

/// A library at one moment.
pub(crate) struct Shelf {
    /// Grows with each that is made.
    pub(crate) number: u64,
    pub(crate) workspace: Workspace,
    /// All postmortems, newest first.
    pub(crate) records: Records,
    /// Places in `records` by incident ID, lower case.
    by_id: HashMap<String, Vec<usize>>,
    by_path: HashMap<String, usize>,
    /// Services by how many postmortems name them, most first.
    services: Vec<String>,
}

impl Shelf {
    pub(crate) fn read(library: &Library, settings: &Settings, number: u64) -> Result<Self, Failure> {
        let keeping = Keeping {
            program: settings.program.clone(),
            may: settings.keep,
            progress: Box::new(|_, _, _| {}),
            notes: Notes::default(),
            folder: library.root().to_owned(),
        };
        let workspace = Workspace::open(library.clone(), keeping)?;
        let records = workspace.records();
        let mut by_id: HashMap<String, Vec<usize>> = HashMap::new();
        let mut by_path = HashMap::new();
        for (place, known) in records.known.iter().enumerate() {
            if let Some(id) = &known.record.id {
                by_id.entry(id.to_lowercase()).or_default().push(place);
            }
            by_path.insert(known.path.clone(), place);
        }
        let services = services(&records, workspace.config());
        Ok(Self { number, workspace, records, by_id, by_path, services })
    }

    /// Whether another holds the same.
    pub(crate) fn is_same(&self, other: &Self) -> bool {
        self.records.problems == other.records.problems
            && self.workspace.config() == other.workspace.config()
            && self.records.known.len() == other.records.known.len()
            && self
                .records
                .known
                .iter()
                .zip(&other.records.known)
                .all(|(a, b)| a.path == b.path && a.record == b.record)
    }

    /// The postmortem that an address names: by its incident ID, or by its path from the library's root.
    pub(crate) fn find(&self, key: &str) -> Result<&Known, Failure> {
        let by_id = self.by_id.get(&key.to_lowercase()).map(Vec::as_slice);
        let place = match by_id {
            Some([only]) => Some(*only),
            Some([_, ..]) => {
                return Err(Failure::new(format!("several postmortems have the ID `{key}`"))
                    .hint("give all but one another ID with `recount renumber FILE`")
                    .of(FailureKind::Conflict));
            }
            _ => self.by_path.get(key).copied(),
        };
        place.map(|place| &self.records.known[place]).ok_or_else(|| {
            Failure::new(format!("there is no postmortem `{key}` in this library")).of(FailureKind::Missing)
        })
    }

    /// How the address of a postmortem names it.
    pub(crate) fn key<'k>(&self, known: &'k Known) -> &'k str {
        match &known.record.id {
            Some(id) if self.by_id.get(&id.to_lowercase()).is_some_and(|places| places.len() == 1) => id,
            _ => &known.path,
        }
    }

    /// Services by how many postmortems name them, most first.
    pub(crate) fn services(&self) -> Vec<&str> {
        self.services.iter().map(String::as_str).collect()
    }

    /// The file of a postmortem.
    pub(crate) fn file(&self, known: &Known) -> PathBuf {
        self.workspace.library.root().join(Path::new(&known.path))
    }
}

fn services(records: &Records, config: &Config) -> Vec<String> {
    let mut counts: HashMap<&str, usize> =
        config.services.iter().map(|service| (service.name.as_str(), 0)).collect();
    for name in records.known.iter().flat_map(|known| &known.record.services) {
        *counts.entry(config.service_name(name)).or_default() += 1;
    }
    let mut services: Vec<(&str, usize)> = counts.into_iter().collect();
    services.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(b.0)));
    services.into_iter().map(|(name, _)| name.to_owned()).collect()
}
