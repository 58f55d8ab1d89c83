//! A library with its configuration: finding a postmortem by its ID, changing one safely.
//!
//! What does not live here: what a document asks about others ([`crate::Neighbours`]).

use std::ffi::OsStr;
use std::fs;
use std::path::{Component, Path, PathBuf};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use jiff::civil::Date;

use recount_engine::config::Config;
use recount_engine::document::template;
use recount_engine::document::{Document, LineIndex, Stage};
use recount_engine::ide::Checker;
use recount_engine::lint::{self, Finding, Fixed, Level, Options};
use recount_store::catalog::{Asked, Catalog};
use recount_store::{Guard, Library, StoreError, Stored, TEMPLATE_FILE};

use crate::conflict;
use crate::failure::Failure;
use crate::neighbours::Neighbours;
use crate::past::Past;
use crate::records::Records;

/// A library, opened.
pub struct Workspace {
    /// Its files.
    pub library: Library,
    /// What `recount.toml` held when it was read; nothing where there is none.
    pub configured: String,
    /// Its rules.
    pub checker: Checker,
    /// What is worked out from all postmortems, once something asks for it.
    pub(crate) past: OnceLock<Past>,
    /// The records that it is worked out from, where somebody has read them.
    pub(crate) kept: OnceLock<(Asked, Arc<Records>)>,
    /// How what is derived from its files may be kept.
    pub keeping: Keeping,
    /// What in its configuration is probably a mistake: each with a hint where there is one.
    pub doubts: Vec<(String, Option<String>)>,
}

/// Told how far the reading of a library is: what is done, how much of it, and how much there is.
pub type Progress = dyn Fn(&'static str, usize, usize) + Send + Sync;

/// What is needed to keep what is derived from files.
pub struct Keeping {
    /// Which program keeps it.
    pub program: String,
    /// Whether it may be kept.
    pub may: bool,
    /// Where it is told how far it is.
    pub progress: Box<Progress>,
    /// Where it is told what is wrong with it.
    pub notes: Notes,
    /// The folder that paths are told from.
    pub folder: PathBuf,
}

/// Notes that come up where nobody can speak.
#[derive(Clone, Debug, Default)]
pub struct Notes(Arc<Mutex<Vec<String>>>);

impl Notes {
    /// Says something, once however often it comes up.
    pub fn add(&self, text: &str) {
        let mut notes = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if !notes.iter().any(|note| note == text) {
            notes.push(text.to_owned());
        }
    }

    /// Takes what was said so far.
    pub fn take(&self) -> Vec<String> {
        std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Workspace {
    /// Reads the configuration of a library.
    ///
    /// # Errors
    ///
    /// Where `recount.toml` cannot be read or used.
    pub fn open(library: Library, keeping: Keeping) -> Result<Self, Failure> {
        let (configured, config) = match library.config_path() {
            None => (String::new(), Config::default()),
            Some(path) => {
                let text = fs::read_to_string(&path)
                    .map_err(|error| Failure::new(format!("`{}` cannot be read: {error}", path.display())))?;
                let config = Config::from_toml(&text);
                let config = config.map_err(|error| Failure::config(&path, &text, &error))?;
                (text, config)
            }
        };
        let doubts = lint::unknown_rules(&config).into_iter().map(|(name, nearest)| {
            let hint = nearest.map(|nearest| format!("did you mean `{nearest}`?"));
            (format!("`recount.toml` sets the level of `{name}`, which is no rule"), hint)
        });
        let doubts = doubts.collect();
        let limit = u64::from(config.library.max_file_size) * 1024 * 1024;
        let library = if library.config_path().is_some() {
            library.with_folders([PathBuf::from(&config.library.postmortems)]).with_size_limit(limit)
        } else {
            library
        };
        Ok(Self {
            library,
            configured,
            checker: Checker::new(config),
            keeping,
            past: OnceLock::new(),
            kept: OnceLock::new(),
            doubts,
        })
    }

    /// The same library once more, opened anew: with its configuration as it is now, and nothing changed through it.
    ///
    /// # Errors
    ///
    /// As [`Workspace::open`].
    pub fn again(&self, library: Library) -> Result<Self, Failure> {
        let keeping = Keeping {
            program: self.keeping.program.clone(),
            may: self.keeping.may,
            progress: Box::new(|_, _, _| {}),
            notes: self.keeping.notes.clone(),
            folder: self.keeping.folder.clone(),
        };
        Self::open(library, keeping)
    }

    /// The configuration.
    pub fn config(&self) -> &Config {
        self.checker.config()
    }

    /// The template of the library; the built-in one where the file is missing.
    pub fn template(&self) -> Result<Vec<u8>, Failure> {
        let path = self.library.root().join(&self.config().library.template);
        match fs::read(&path) {
            Ok(bytes) => Ok(bytes),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                Ok(template::TEMPLATE.as_bytes().to_vec())
            }
            Err(error) => Err(Failure::new(format!("`{}` cannot be read: {error}", path.display()))),
        }
    }

    /// What a catalog could not read, each as it is told.
    pub fn problems(&self, catalog: &Catalog) -> Vec<String> {
        catalog.problems().iter().map(|problem| problem.told_from(&self.keeping.folder)).collect()
    }

    /// A path from the library's root, however it was typed: `./INC-0001.md` in a folder below it, too.
    pub fn relative(&self, path: &Path) -> PathBuf {
        let root = self.library.root();
        if let Ok(relative) = path.strip_prefix(root) {
            return relative.to_owned();
        }
        let relative = real_place(path)
            .zip(root.canonicalize().ok())
            .and_then(|(path, root)| Some(path.strip_prefix(root).ok()?.to_owned()));
        relative.unwrap_or_else(|| path.to_owned())
    }

    /// The file of a postmortem, from its ID, its number, or its path.
    pub fn find(&self, wanted: &str) -> Result<PathBuf, Failure> {
        let wanted = wanted.trim();
        if wanted.is_empty() {
            return Err(Failure::new("no postmortem was named")
                .hint("give its ID, its number or its path; `recount list` shows all")
                .elsewhere("give its ID or its path; the list shows all"));
        }
        let as_path = Path::new(wanted);
        // What is there and is no folder was meant, even if reading it will say why that cannot be done.
        if fs::symlink_metadata(as_path).is_ok() && !as_path.is_dir() {
            return Ok(as_path.to_owned());
        }
        let pattern = &self.config().library.id;
        let listed = self.library.list();
        let files: Vec<&PathBuf> = listed.iter().filter_map(|file| file.as_ref().ok()).collect();
        let number: Option<u64> = wanted.parse().ok().filter(|_| pattern.has_sequence());
        let named: Vec<&PathBuf> = files
            .iter()
            .copied()
            .filter(|path| {
                let stem = path.file_stem().and_then(OsStr::to_str).unwrap_or("");
                let id = pattern.id_in(stem).unwrap_or("");
                id.eq_ignore_ascii_case(wanted)
                    || stem.eq_ignore_ascii_case(wanted)
                    || (number.is_some() && pattern.sequence_of(id) == number)
            })
            .collect();
        match named[..] {
            [path] => return Ok(path.clone()),
            [] => {}
            _ => return Err(self.several(wanted, &named)),
        }
        // No file is named so: the ID may stand in a file with another name.
        let found = Mutex::new(Vec::new());
        self.library.scan(
            &listed,
            recount_store::threads(),
            |path, bytes| {
                let is_it = bytes.is_ok_and(|bytes| {
                    let text = wanted.to_lowercase();
                    let haystack = String::from_utf8_lossy(bytes).to_lowercase();
                    let is_named = |id: &str| {
                        id.eq_ignore_ascii_case(wanted)
                            || (number.is_some() && pattern.sequence_of(id) == number)
                    };
                    haystack.contains(&text) && Document::parse(bytes).incident_id().is_some_and(is_named)
                });
                is_it.then(|| path.to_owned())
            },
            |path| {
                if let (Some(path), Ok(mut found)) = (path, found.lock()) {
                    found.push(path);
                }
            },
        );
        let found = found.into_inner().unwrap_or_default();
        match &found[..] {
            [path] => Ok(path.clone()),
            [] if self.library.config_path().is_none() => {
                Err(StoreError::NoLibrary { from: self.library.root().to_owned() }.into())
            }
            [] => {
                let ids = files.iter().filter_map(|path| pattern.id_in(path.file_stem()?.to_str()?));
                let near = recount_engine::config::nearest(wanted, ids);
                let error = Failure::new(format!("there is no postmortem `{wanted}` in this library"));
                Err(match near {
                    Some(near) => error
                        .hint(format!("did you mean `{near}`? `recount list` shows all"))
                        .elsewhere(format!("did you mean `{near}`? The list shows all")),
                    None => error.hint("`recount list` shows all").elsewhere("the list shows all"),
                })
            }
            _ => Err(self.several(wanted, &found.iter().collect::<Vec<_>>())),
        }
    }

    fn several(&self, wanted: &str, paths: &[&PathBuf]) -> Failure {
        const NAMED: usize = 5;
        let names: Vec<String> = paths
            .iter()
            .take(NAMED)
            .map(|path| format!("`{}`", self.library.relative(path).display()))
            .collect();
        let more = match paths.len().saturating_sub(NAMED) {
            0 => String::new(),
            more => format!(" and {more} more"),
        };
        Failure::new(format!("`{wanted}` could be any of {}{more}", names.join(", ")))
            .hint("name the file, or give one of them another ID with `recount renumber FILE`")
            .elsewhere("name the path of its file, or give one of them another ID")
    }

    /// Reads a postmortem.
    pub fn read(&self, path: &Path) -> Result<(Stored, Document), Failure> {
        let stored = self.library.read(path)?;
        let document = Document::parse(&stored.bytes);
        Ok((stored, document))
    }

    /// Reads a postmortem that a command is about to change: one of this library, and text.
    pub fn read_to_change(&self, path: &Path) -> Result<(Stored, Document), Failure> {
        self.refuse_other(path)?;
        let (stored, document) = self.read(path)?;
        if let Some(at) = document.source().invalid_at() {
            let shown = self.relative(path);
            let message = format!("`{}` is not UTF-8 (byte {at}), so it is not changed", shown.display());
            return Err(Failure::new(message)
                .hint("save the file as UTF-8 first; it may be in UTF-16, Latin-1 or Windows-1252 now"));
        }
        if let Some(at) = document.unresolved_conflict() {
            let shown = self.relative(path);
            let line = LineIndex::new(document.text()).position(document.text(), at.start).line;
            return Err(Failure::new(format!(
                "`{}` has a conflict of two branches in line {line}, so it is not changed",
                shown.display()
            ))
            .hint(
                "keep one version, take out the lines `<<<<<<<`, `=======` and `>>>>>>>`, then do this again",
            ));
        }
        Ok((stored, document))
    }

    /// Refuses what is no postmortem of this library: nothing is changed that a path leads to by mistake,
    /// and no evidence beside it.
    pub fn refuse_other(&self, path: &Path) -> Result<(), Failure> {
        let shown = self.relative(path);
        let shown = shown.display();
        let place = "postmortems are the Markdown files below";
        let folders: Vec<PathBuf> = self.library.folders().collect();
        let named: Vec<String> =
            folders.iter().map(|folder| format!("`{}`", self.relative(folder).display())).collect();
        let hint = format!("{place} {}", named.join(", "));
        if !is_markdown(path) || path.canonicalize().is_ok_and(|real| !is_markdown(&real)) {
            return Err(
                Failure::new(format!("`{shown}` is no Markdown file, so it is not changed")).hint(hint)
            );
        }
        if self.is_template(path) {
            return Err(Failure::new(format!("`{shown}` is the template, not a postmortem"))
                .hint("`recount new TITLE` copies it; edit the template itself in an editor")
                .elsewhere("a new postmortem copies it; edit the template itself in an editor"));
        }
        if !folders.iter().any(|folder| is_below(path, folder)) {
            return Err(
                Failure::new(format!("`{shown}` is not one of this library's postmortems")).hint(hint)
            );
        }
        Ok(())
    }

    fn is_template(&self, path: &Path) -> bool {
        let template = self.library.root().join(&self.config().library.template);
        let same = path.canonicalize().ok().zip(template.canonicalize().ok()).is_some_and(|(a, b)| a == b);
        same || path.file_name().is_some_and(|name| name == TEMPLATE_FILE)
    }

    /// Refuses a document in another template, into which a `part` (a field, a row) would be set where
    /// nothing belongs to it.
    pub fn refuse_foreign(&self, path: &Path, document: &Document, part: &str) -> Result<(), Failure> {
        if !self.checker.is_foreign(document) {
            return Ok(());
        }
        Err(Failure::new(format!(
            "refused, because `{}` is not in the postmortem template: the {part} would stand alone",
            self.relative(path).display()
        ))
        .hint("`recount adopt FILE` makes a postmortem of it that is")
        .elsewhere("change its whole text, or let whoever has a terminal turn it into the template"))
    }

    /// The findings of one document, with what its neighbours say.
    pub fn findings(&self, path: &Path, document: &Document, today: Date, options: Options) -> Vec<Finding> {
        let facts = Neighbours::new(self, path, None);
        self.checker.findings(document, &facts, today, options)
    }

    /// The text after its certain fixes, with what its neighbours say.
    pub fn fixed(&self, path: &Path, bytes: &[u8], today: Date, options: Options) -> Fixed {
        let facts = Neighbours::new(self, path, None);
        self.checker.fix(bytes, &facts, today, options)
    }

    /// As [`Workspace::findings`], without those that the library's past would give where it is not known at once.
    pub fn findings_at_once(
        &self,
        path: &Path,
        document: &Document,
        today: Date,
        options: Options,
    ) -> Vec<Finding> {
        let facts = Neighbours::new(self, path, None).at_once();
        self.checker.findings(document, &facts, today, options)
    }

    /// Refuses a change that makes the document worse by the rules of its stage: errors that were not
    /// there before.
    pub fn refuse_worse(
        &self,
        path: &Path,
        before: &Document,
        after: &Document,
        today: Date,
        stage: Stage,
    ) -> Result<(), Failure> {
        let errors = |document: &Document| -> Vec<Finding> {
            let options = Options { stage: Some(stage), least: Level::Error, ..Options::default() };
            self.findings(path, document, today, options)
        };
        let old = errors(before);
        let mut new = errors(after);
        for finding in &old {
            let same =
                |other: &Finding| other.rule.name == finding.rule.name && other.message == finding.message;
            if let Some(index) = new.iter().position(same) {
                new.swap_remove(index);
            }
        }
        let Some(first) = new.first() else { return Ok(()) };
        Err(Failure::new(format!(
            "refused, because at stage `{stage}` this would be an error: {} ({})",
            first.message, first.rule.name
        ))
        .hint(first.help.to_string())
        .unless_forced())
    }

    /// Writes a changed document. Where it changed since it was read, both changes are told and nothing is written.
    pub fn write(&self, guard: &Guard<'_>, stored: &Stored, document: &Document) -> Result<(), Failure> {
        let written = guard.write_if_unchanged(&stored.path, &stored.version, document.source().bytes());
        match written {
            Ok(_) => Ok(()),
            Err(StoreError::Conflict(conflict)) => {
                let shown = self.relative(&stored.path).display().to_string();
                Err(conflict::refused(&stored.bytes, &conflict, &shown))
            }
            Err(error) => Err(error.into()),
        }
    }
}

fn is_markdown(path: &Path) -> bool {
    let extension = path.extension().and_then(OsStr::to_str).unwrap_or("");
    ["md", "markdown"].iter().any(|known| extension.eq_ignore_ascii_case(known))
}

/// Whether a file stands below a folder: as it is named, or where its own folder really is. A link to a
/// file is where the link is, since the library lists it there.
fn is_below(path: &Path, folder: &Path) -> bool {
    let climbs = path.components().any(|part| part == Component::ParentDir);
    let real = real_place(path).zip(folder.canonicalize().ok());
    (!climbs && path.starts_with(folder)) || real.is_some_and(|(path, folder)| path.starts_with(folder))
}

/// The path with its folders resolved, but not the file itself.
pub fn real_place(path: &Path) -> Option<PathBuf> {
    let Some(name) = path.file_name() else { return path.canonicalize().ok() };
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    Some(folder.canonicalize().ok()?.join(name))
}
