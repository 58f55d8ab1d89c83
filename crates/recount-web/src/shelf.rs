//! A library at one moment: its configuration and the facts of every postmortem, ready to be listed and found.
//!
//! What does not live here: how it is kept in step with the files ([`crate::site`]).

use std::collections::{HashMap, HashSet};
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};
use std::time::{Duration, SystemTime};

use axum::body::Bytes;
use axum::response::Html;
use jiff::civil::Date;
use recount_engine::config::Config;
use recount_engine::insights::{Definition, FIGURES};
use recount_store::catalog::{Asked, Catalog, Near, Part, Want};
use recount_store::{Library, Stored, Version};
use recount_workspace::told::insights::{Asked as Over, Made};
use recount_workspace::{
    Abridged, Failure, FailureKind, Keeping, Known, Likeness, Notes, Overview, Records, Workspace,
};

use crate::around::signed_in;
use crate::desks::Desks;
use crate::error::{Answer, Oops};
use crate::frame::{Markup, escaped};
use crate::pages::Help;
use crate::remembered::Remembered;
use crate::site::Settings;

/// Figures over so many selections are remembered: each may be some hundred kilobytes.
const FIGURES_KEPT: usize = 16;
/// So many bytes of pages are remembered.
const PAGES_KEPT: usize = 64 * 1024 * 1024;
/// The clock of no disk ticks slower.
const SETTLED: Duration = Duration::from_secs(3);

/// A library at one moment.
pub(crate) struct Shelf {
    /// Grows with each that is made.
    pub(crate) number: u64,
    pub(crate) workspace: Workspace,
    /// All postmortems, newest first.
    pub(crate) records: Arc<Records>,
    /// The library's name.
    pub(crate) name: String,
    /// Text and facts, open: whoever asks does not look at the files again.
    catalogs: Desks,
    /// All postmortems in brief, once somebody asks for figures.
    abridged: OnceLock<Abridged>,
    figures: Remembered<(Over, Date), Made>,
    /// What can be asked of the search, once somebody does.
    pub(crate) search_help: OnceLock<Vec<Help>>,
    /// What machines are told of the library, by the day.
    pub(crate) told: Remembered<Date, String>,
    /// Pages, by who reads them and address; those of postmortems by path.
    pages: Remembered<String, Written>,
    /// What its files were when it was read.
    asked: Asked,
    /// Places in `records` by incident ID, lower case.
    by_id: HashMap<String, Vec<usize>>,
    /// Those whose ID others have, too.
    of_shared_id: HashSet<String>,
    by_path: HashMap<String, usize>,
    /// Services by how many postmortems name them, most first.
    services: Vec<String>,
    /// The same, to choose from in a form.
    service_options: Markup,
}

impl Shelf {
    /// Reads the library once: facts and text come out of one look at its files.
    ///
    /// # Errors
    ///
    /// Where its configuration cannot be used.
    pub(crate) fn read(library: &Library, settings: &Settings, number: u64) -> Result<Self, Failure> {
        let keeping = Keeping {
            program: settings.program.clone(),
            may: settings.keep,
            progress: Box::new(|_, _, _| {}),
            notes: Notes::default(),
            folder: library.root().to_owned(),
        };
        let workspace = Workspace::open(library.clone(), keeping)?;
        // Before anything is read: what changes meanwhile is found by the next look.
        let asked = Asked::library(&workspace.library);
        let catalog = workspace.catalog(Want::Text, usize::MAX);
        let records = Arc::new(workspace.records_of(&catalog, Part::Whole));
        workspace.keep_records(asked.clone(), Arc::clone(&records));
        let mut by_id: HashMap<String, Vec<usize>> = HashMap::new();
        let mut by_path = HashMap::new();
        for (place, known) in records.known.iter().enumerate() {
            if let Some(id) = &known.record.id {
                by_id.entry(id.to_lowercase()).or_default().push(place);
            }
            by_path.insert(known.path.clone(), place);
        }
        let shared = by_id.values().filter(|places| places.len() > 1).flatten();
        let of_shared_id = shared.map(|place| records.known[*place].path.clone()).collect();
        let services = services(&records, workspace.config());
        let root = workspace.library.root();
        let root = root.canonicalize().unwrap_or_else(|_| root.to_owned());
        let name = root.file_name().map(|name| name.to_string_lossy().into_owned());
        Ok(Self {
            number,
            name: name.unwrap_or_else(|| "Recount".to_owned()),
            catalogs: Desks::of(catalog),
            abridged: OnceLock::new(),
            figures: Remembered::of(FIGURES_KEPT, |_| 1),
            search_help: OnceLock::new(),
            told: Remembered::of(1, |_| 1),
            pages: Remembered::of(PAGES_KEPT, |written| written.page.len()),
            workspace,
            records,
            asked,
            by_id,
            of_shared_id,
            by_path,
            service_options: options(&services),
            services,
        })
    }

    /// Whether the files are still as they were read.
    pub(crate) fn is_current(&self) -> bool {
        let configured = match self.workspace.library.config_path() {
            None => Some(String::new()),
            Some(path) => std::fs::read_to_string(path).ok(),
        };
        configured.is_some_and(|text| text == self.workspace.configured)
            && Asked::library(&self.workspace.library) == self.asked
    }

    /// The state of all files in few characters: another state has others, also after the server was started anew.
    pub(crate) fn mark(&self) -> String {
        match &self.asked {
            Asked::Library(state) => {
                state[..8].iter().fold(String::new(), |mark, byte| format!("{mark}{byte:02x}"))
            }
            _ => String::new(),
        }
    }

    /// Asks the catalog, as many at a time as there are threads: what takes its time is done with the answer, and not
    /// in here.
    pub(crate) fn ask<T>(&self, question: impl FnOnce(&Catalog) -> T) -> T {
        self.catalogs.ask(question)
    }

    /// The postmortems that are most like one, out of the records that are here.
    pub(crate) fn nearest(&self, likeness: &Likeness, limit: usize) -> Vec<Near> {
        let record = |path: &Path| Some(&self.at(path.to_str()?)?.record);
        self.ask(|catalog| likeness.nearest_among(catalog, limit, &record))
    }

    /// All postmortems in brief.
    pub(crate) fn overview(&self) -> Overview<'_> {
        self.abridged.get_or_init(|| Abridged::of(Arc::clone(&self.records))).overview()
    }

    /// All figures over some postmortems.
    pub(crate) fn figures(&self, over: &Over, today: Date) -> Arc<Made> {
        self.figures.get_or(
            &(over.clone(), today),
            |_| true,
            || {
                let all: Vec<&Definition> = FIGURES.iter().collect();
                over.made(self.overview(), &all, self.workspace.config(), today)
            },
        )
    }

    /// The postmortem that an address names: by its incident ID, or by its path from the library's root.
    pub(crate) fn find(&self, key: &str) -> Result<&Known, Failure> {
        let by_id = self.by_id.get(&key.to_lowercase()).map(Vec::as_slice);
        let place = match by_id {
            Some([only]) => Some(*only),
            Some([_, ..]) => {
                return Err(Failure::new(format!("several postmortems have the ID `{key}`"))
                    .hint("name one by its path, and give all but one another ID")
                    .of(FailureKind::Conflict));
            }
            _ => self.by_path.get(key).copied(),
        };
        place.map(|place| &self.records.known[place]).ok_or_else(|| {
            Failure::new(format!("there is no postmortem `{key}` in this library")).of(FailureKind::Missing)
        })
    }

    /// The postmortem in a file, by its path from the library's root.
    pub(crate) fn at(&self, path: &str) -> Option<&Known> {
        self.by_path.get(path).map(|place| &self.records.known[*place])
    }

    /// How the address of a postmortem names it.
    pub(crate) fn key<'k>(&self, known: &'k Known) -> &'k str {
        match &known.record.id {
            Some(id) if self.of_shared_id.is_empty() || !self.of_shared_id.contains(&known.path) => id,
            _ => &known.path,
        }
    }

    /// Services by how many postmortems name them, most first.
    pub(crate) fn services(&self) -> Vec<&str> {
        self.services.iter().map(String::as_str).collect()
    }

    /// The same, to choose from in a form.
    pub(crate) fn service_options(&self) -> &Markup {
        &self.service_options
    }

    /// The file of a postmortem.
    pub(crate) fn file(&self, known: &Known) -> PathBuf {
        self.workspace.library.root().join(Path::new(&known.path))
    }
}

/// A page as it was written.
pub(crate) struct Written {
    today: Date,
    /// Of the file that it shows, where it shows one alone.
    version: Option<Version>,
    stamp: Option<Stamp>,
    page: Bytes,
}

/// What tells without reading a file that it is the one that was read.
#[derive(Debug, PartialEq, Eq)]
struct Stamp {
    length: u64,
    modified: SystemTime,
    /// Device, file, and when anything about it was changed, where the system knows.
    own: [i64; 4],
}

impl Stamp {
    /// None where the file was touched so lately that the next change may leave no trace in its times.
    fn of(path: &Path) -> Option<Self> {
        let metadata = std::fs::metadata(path).ok()?;
        let modified = metadata.modified().ok()?;
        let is_settled = modified.elapsed().is_ok_and(|since| since > SETTLED);
        #[cfg(unix)]
        let own = {
            use std::os::unix::fs::MetadataExt as _;
            let number = |number: u64| number.cast_signed();
            [number(metadata.dev()), number(metadata.ino()), metadata.ctime(), metadata.ctime_nsec()]
        };
        #[cfg(not(unix))]
        let own = [0; 4];
        is_settled.then_some(Self { length: metadata.len(), modified, own })
    }
}

impl Shelf {
    /// A page that shows what the shelf holds, by its address; written where it was not yet. The shelf is another one
    /// when anything has changed that it tells of.
    pub(crate) fn page(
        &self,
        address: &str,
        today: Date,
        write: impl FnOnce() -> Answer<Html<String>>,
    ) -> Answer<Html<Bytes>> {
        self.kept(&for_viewer(address), today, || Ok::<_, Oops>(write()?.0.into())).map(Html)
    }

    /// As [`Shelf::page`], of any answer that is the same for whoever may ask.
    pub(crate) fn kept<E>(
        &self,
        question: &str,
        today: Date,
        write: impl FnOnce() -> Result<Bytes, E>,
    ) -> Result<Bytes, E> {
        let written = self.pages.try_get_or(
            &question.to_owned(),
            |written| written.today == today,
            || Ok(Written { today, version: None, stamp: None, page: write()? }),
        )?;
        Ok(written.page.clone())
    }

    /// A page by its address, where it was written before.
    pub(crate) fn page_by(&self, address: &str, today: Date) -> Option<Html<Bytes>> {
        let written = self.pages.get(&for_viewer(address)).filter(|written| written.today == today)?;
        Some(Html(written.page.clone()))
    }

    /// The page of a postmortem, where it was written before and its file was certainly not touched since.
    pub(crate) fn page_at_once(&self, known: &Known, today: Date) -> Option<Html<Bytes>> {
        let written = self.pages.get(&for_viewer(&known.path)).filter(|written| written.today == today)?;
        let is_it = written.stamp.is_some() && written.stamp == Stamp::of(&self.file(known));
        is_it.then(|| Html(written.page.clone()))
    }

    /// The page of a postmortem; written where it was not yet, or its file holds something else now.
    pub(crate) fn page_of(
        &self,
        known: &Known,
        today: Date,
        write: impl FnOnce(&Stored) -> Answer<Html<String>>,
    ) -> Answer<Html<Bytes>> {
        let file = self.file(known);
        // Before it is read: what is written meanwhile is found by the next look.
        let stamp = Stamp::of(&file);
        let stored = self.workspace.library.read(&file)?;
        let is_it = |written: &Written| written.today == today && written.version == Some(stored.version);
        let written = self.pages.try_get_or(&for_viewer(&known.path), is_it, || {
            let page = write(&stored)?.0.into();
            Ok::<_, Oops>(Written { today, version: Some(stored.version), stamp, page })
        })?;
        Ok(Html(written.page.clone()))
    }
}

/// What a page is kept under: its header says who is signed in.
fn for_viewer(address: &str) -> String {
    format!("{}\n{address}", signed_in().unwrap_or_default())
}

fn options(names: &[String]) -> Markup {
    let mut options = String::new();
    for name in names {
        // Writing into a text cannot fail.
        let _ = write!(options, "<option value=\"{}\">", escaped(name));
    }
    Markup(options)
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
