//! The library that a command works on: its configuration, finding a postmortem by its ID, changing
//! one safely.

use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::ffi::OsStr;
use std::fs;
use std::path::{Component, Path, PathBuf};
use std::sync::{Mutex, OnceLock};

use jiff::civil::Date;

use recount_engine::config::Config;
use recount_engine::document::template;
use recount_engine::document::{Document, LineIndex, Stage};
use recount_engine::evidence::Frozen;
use recount_engine::ide::Checker;
use recount_engine::lint::{self, Finding, Level, Library as Facts, Options, Repeated};
use recount_store::catalog::Asked;
use recount_store::{Guard, Library, Listed, StoreError, Stored, TEMPLATE_FILE, evidence_files};

use crate::conflict;
use crate::environment::{Environment, Later};
use crate::error::CliError;
use crate::past::Past;

/// A library, opened.
pub(crate) struct Workspace {
    pub(crate) library: Library,
    /// What `recount.toml` held when it was read; nothing where there is none.
    pub(crate) configured: String,
    pub(crate) checker: Checker,
    /// What is worked out from all postmortems, once something asks for it.
    pub(crate) past: OnceLock<Past>,
    pub(crate) keeping: Keeping,
}

/// What is needed to keep what is derived from files.
pub(crate) struct Keeping {
    /// Which program keeps it.
    pub(crate) program: String,
    /// Whether it may be kept.
    pub(crate) may: bool,
    /// Whether somebody watches how far it is.
    pub(crate) is_watched: bool,
    /// Where it is told what is wrong with it.
    pub(crate) later: Later,
}

impl Workspace {
    /// The library named with `--library`, else the one found upward from the working folder.
    pub(crate) fn open(environment: &mut Environment) -> Result<Self, CliError> {
        let library = match environment.library() {
            Some(root) => Library::open(root)?,
            None => Library::discover(&environment.folder()?)?,
        };
        Self::with(environment, library)
    }

    /// As [`Workspace::open`]; where there is no library and none was named, the working folder with
    /// the default configuration, for commands on files.
    pub(crate) fn open_or_loose(environment: &mut Environment) -> Result<Self, CliError> {
        if environment.library().is_some() {
            return Self::open(environment);
        }
        let folder = environment.folder()?;
        match Library::discover(&folder) {
            Ok(library) => Self::with(environment, library),
            Err(_) => Self::with(environment, Library::loose(&folder)),
        }
    }

    /// A library that was opened already.
    pub(crate) fn of(environment: &mut Environment, library: Library) -> Result<Self, CliError> {
        Self::with(environment, library)
    }

    fn with(environment: &mut Environment, library: Library) -> Result<Self, CliError> {
        let (configured, config) = match library.config_path() {
            None => (String::new(), Config::default()),
            Some(path) => {
                let text = fs::read_to_string(&path).map_err(|error| {
                    CliError::new(format!("`{}` cannot be read: {error}", path.display()))
                })?;
                let config = Config::from_toml(&text);
                let config = config.map_err(|error| CliError::config(&path, &text, &error))?;
                (text, config)
            }
        };
        for (name, nearest) in lint::unknown_rules(&config) {
            environment.warn(format!("`recount.toml` sets the level of `{name}`, which is no rule"));
            if let Some(nearest) = nearest {
                environment.hint(format!("did you mean `{nearest}`?"));
            }
        }
        let limit = u64::from(config.library.max_file_size) * 1024 * 1024;
        let library = if library.config_path().is_some() {
            library.with_folders([PathBuf::from(&config.library.postmortems)]).with_size_limit(limit)
        } else {
            library
        };
        let keeping = Keeping {
            program: environment.program(),
            may: environment.may_keep(),
            is_watched: environment.is_watched(),
            later: environment.later(),
        };
        Ok(Self { library, configured, checker: Checker::new(config), keeping, past: OnceLock::new() })
    }

    pub(crate) fn config(&self) -> &Config {
        self.checker.config()
    }

    /// The template of the library; the built-in one where the file is missing.
    pub(crate) fn template(&self) -> Result<Vec<u8>, CliError> {
        let path = self.library.root().join(&self.config().library.template);
        match fs::read(&path) {
            Ok(bytes) => Ok(bytes),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                Ok(template::TEMPLATE.as_bytes().to_vec())
            }
            Err(error) => Err(CliError::new(format!("`{}` cannot be read: {error}", path.display()))),
        }
    }

    /// A path as it is shown: relative to the working folder where it is below it.
    #[allow(clippy::unused_self, reason = "how paths are shown is the library's to say")]
    pub(crate) fn shown(&self, environment: &Environment, path: &Path) -> String {
        let folder = environment.folder().unwrap_or_default();
        let relative = path.strip_prefix(&folder).unwrap_or(path);
        relative.display().to_string()
    }

    /// A path from the library's root, however it was typed: `./INC-0001.md` in a folder below it, too.
    pub(crate) fn relative(&self, path: &Path) -> PathBuf {
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
    pub(crate) fn find(&self, wanted: &str) -> Result<PathBuf, CliError> {
        let wanted = wanted.trim();
        if wanted.is_empty() {
            return Err(CliError::new("no postmortem was named")
                .hint("give its ID, its number or its path; `recount list` shows all"));
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
                let error = CliError::new(format!("there is no postmortem `{wanted}` in this library"));
                Err(match near {
                    Some(near) => error.hint(format!("did you mean `{near}`? `recount list` shows all")),
                    None => error.hint("`recount list` shows all"),
                })
            }
            _ => Err(self.several(wanted, &found.iter().collect::<Vec<_>>())),
        }
    }

    fn several(&self, wanted: &str, paths: &[&PathBuf]) -> CliError {
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
        CliError::new(format!("`{wanted}` could be any of {}{more}", names.join(", ")))
            .hint("name the file, or give one of them another ID with `recount renumber FILE`")
    }

    /// Reads a postmortem.
    pub(crate) fn read(&self, path: &Path) -> Result<(Stored, Document), CliError> {
        let stored = self.library.read(path)?;
        let document = Document::parse(&stored.bytes);
        Ok((stored, document))
    }

    /// Reads a postmortem that a command is about to change: one of this library, and text.
    pub(crate) fn read_to_change(&self, path: &Path) -> Result<(Stored, Document), CliError> {
        self.refuse_other(path)?;
        let (stored, document) = self.read(path)?;
        if let Some(at) = document.source().invalid_at() {
            let shown = self.relative(path);
            let message = format!("`{}` is not UTF-8 (byte {at}), so it is not changed", shown.display());
            return Err(CliError::new(message)
                .hint("save the file as UTF-8 first; it may be in UTF-16, Latin-1 or Windows-1252 now"));
        }
        if let Some(at) = document.unresolved_conflict() {
            let shown = self.relative(path);
            let line = LineIndex::new(document.text()).position(document.text(), at.start).line;
            return Err(CliError::new(format!(
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
    pub(crate) fn refuse_other(&self, path: &Path) -> Result<(), CliError> {
        let shown = self.relative(path);
        let shown = shown.display();
        let place = "postmortems are the Markdown files below";
        let folders: Vec<PathBuf> = self.library.folders().collect();
        let named: Vec<String> =
            folders.iter().map(|folder| format!("`{}`", self.relative(folder).display())).collect();
        let hint = format!("{place} {}", named.join(", "));
        if !is_markdown(path) || path.canonicalize().is_ok_and(|real| !is_markdown(&real)) {
            return Err(
                CliError::new(format!("`{shown}` is no Markdown file, so it is not changed")).hint(hint)
            );
        }
        if self.is_template(path) {
            return Err(CliError::new(format!("`{shown}` is the template, not a postmortem"))
                .hint("`recount new TITLE` copies it; edit the template itself in an editor"));
        }
        if !folders.iter().any(|folder| is_below(path, folder)) {
            return Err(
                CliError::new(format!("`{shown}` is not one of this library's postmortems")).hint(hint)
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
    pub(crate) fn refuse_foreign(
        &self,
        path: &Path,
        document: &Document,
        part: &str,
    ) -> Result<(), CliError> {
        if !self.checker.is_foreign(document) {
            return Ok(());
        }
        Err(CliError::new(format!(
            "refused, because `{}` is not in the postmortem template: the {part} would stand alone",
            self.relative(path).display()
        ))
        .hint("`recount adopt FILE` makes a postmortem of it that is"))
    }

    /// The findings of one document, with what its neighbours say.
    pub(crate) fn findings(
        &self,
        path: &Path,
        document: &Document,
        today: Date,
        options: Options,
    ) -> Vec<Finding> {
        let facts = Neighbours::new(self, path, None);
        self.checker.findings(document, &facts, today, options)
    }

    /// Refuses a change that makes the document worse by the rules of its stage: errors that were not
    /// there before.
    pub(crate) fn refuse_worse(
        &self,
        path: &Path,
        before: &Document,
        after: &Document,
        today: Date,
        stage: Stage,
    ) -> Result<(), CliError> {
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
        Err(CliError::new(format!(
            "refused, because at stage `{stage}` this would be an error: {} ({})",
            first.message, first.rule.name
        ))
        .hint(format!("{}; or use `--force`", first.help)))
    }

    /// Writes a changed document. Where it changed since it was read, both changes are told and nothing is written.
    pub(crate) fn write(
        &self,
        guard: &Guard<'_>,
        stored: &Stored,
        document: &Document,
    ) -> Result<(), CliError> {
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

    /// The candidates of the whole library, or of the paths given.
    pub(crate) fn list(&self, paths: &[PathBuf]) -> Vec<Listed> {
        if paths.is_empty() { self.library.list() } else { recount_store::list_paths(paths) }
    }
}

/// Incident IDs, in lower case, that several documents carry, each with their paths.
pub(crate) type SharedIds = HashMap<String, Vec<PathBuf>>;

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
pub(crate) fn real_place(path: &Path) -> Option<PathBuf> {
    let Some(name) = path.file_name() else { return path.canonicalize().ok() };
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    Some(folder.canonicalize().ok()?.join(name))
}

/// What a document may ask about its neighbours, answered from the file system.
pub(crate) struct Neighbours<'w> {
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
        let files = evidence_files(self.path).ok().filter(|files| !files.is_empty())?;
        Some(Frozen::read(files.iter().map(|(name, bytes)| (name.as_str(), bytes.as_slice()))))
    }

    fn earlier_like_this(&self, document: &Document) -> Vec<Repeated> {
        // A file on its own has no past.
        if self.workspace.library.config_path().is_none() {
            return Vec::new();
        }
        self.asked.borrow_mut().push(self.workspace.past().asked.clone());
        self.workspace.past().repeated(document, self.workspace.config())
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
    pub(crate) fn new(workspace: &'w Workspace, path: &'w Path, others: Option<&'w SharedIds>) -> Self {
        Self {
            workspace,
            path,
            others,
            targets: RefCell::default(),
            asked: RefCell::default(),
            today_was_asked: Cell::new(false),
        }
    }

    /// What was asked beside the document itself and which others carry its ID.
    pub(crate) fn asked(self, today: Date) -> Vec<Asked> {
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
