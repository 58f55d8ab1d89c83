//! Evidence as parts for an importer: a file, a folder, a zip, a git repository; and a live source, which is
//! only told apart here (`live` asks it). Parts are read one at a time, so that memory does not grow with the
//! input.

use std::borrow::Cow;
use std::fs::{self, File};
use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::Command;

use jiff::Timestamp;
use recount_engine::evidence::identity::sha256_hex;
use recount_engine::evidence::sources::git_log;
use recount_engine::evidence::{Import, Options, Part, Session, Source, recognise, source};

use crate::error::CliError;
use crate::live::LiveInput;

/// What of a part is looked at to recognise its source.
const HEAD: u64 = source::HEAD as u64;
/// No single part of an input is larger, unpacked; what is, is no export of a chat or a log.
const LARGEST_PART: u64 = 1 << 30;

/// An input that a person named.
pub(crate) struct Input {
    path: PathBuf,
    kind: Kind,
}

enum Kind {
    File,
    /// All files below a folder, by path.
    Folder(Vec<PathBuf>),
    Zip,
    Repository,
    Live(LiveInput),
}

impl Input {
    /// Looks at what a path is. Nothing is read but its beginning.
    pub(crate) fn open(path: &Path) -> Result<Self, CliError> {
        // What is there is meant, whatever it is called.
        if !path.exists()
            && let Some(live) = path.to_str().map(LiveInput::named).transpose()?.flatten()
        {
            return Ok(Self { path: path.to_owned(), kind: Kind::Live(live) });
        }
        let metadata = fs::metadata(path).map_err(|error| cannot_read(path, &error))?;
        let kind = if metadata.is_dir() {
            if path.join(".git").exists() || (path.join("HEAD").is_file() && path.join("objects").is_dir()) {
                Kind::Repository
            } else {
                let mut files = Vec::new();
                list(path, &mut files)?;
                files.sort();
                if files.is_empty() {
                    return Err(CliError::new(format!("the folder `{}` holds no file", path.display())));
                }
                Kind::Folder(files)
            }
        } else if metadata.is_file() {
            let mut magic = [0; 4];
            let mut file = File::open(path).map_err(|error| cannot_read(path, &error))?;
            let read = file.read(&mut magic).map_err(|error| cannot_read(path, &error))?;
            if magic[..read].starts_with(b"PK\x03\x04") { Kind::Zip } else { Kind::File }
        } else {
            return Err(CliError::new(format!("`{}` is neither a file nor a folder", path.display())));
        };
        Ok(Self { path: path.to_owned(), kind })
    }

    /// The name without folders.
    pub(crate) fn name(&self) -> String {
        if let Kind::Live(live) = &self.kind {
            return live.typed.clone();
        }
        let name = self.path.canonicalize().unwrap_or_else(|_| self.path.clone());
        name.file_name()
            .map_or_else(|| self.path.display().to_string(), |name| name.to_string_lossy().into_owned())
    }

    /// Whether only a window of it can be read.
    pub(crate) fn needs_window(&self) -> bool {
        match &self.kind {
            Kind::Repository => true,
            Kind::Live(live) => live.form.needs_window,
            _ => false,
        }
    }

    /// The live source that it is.
    pub(crate) fn live(&self) -> Option<&LiveInput> {
        if let Kind::Live(live) = &self.kind { Some(live) } else { None }
    }

    /// Names the source from the bytes.
    pub(crate) fn recognise(&self) -> Result<&'static Source, CliError> {
        if matches!(self.kind, Kind::Repository) {
            return named_source(git_log::GIT_LOG.name);
        }
        if let Kind::Live(live) = &self.kind {
            return Ok(live.source);
        }
        let mut heads: Vec<(String, Vec<u8>)> = Vec::new();
        match &self.kind {
            Kind::Zip => {
                let mut archive = self.archive()?;
                for index in 0..archive.len() {
                    let file = archive.by_index(index).map_err(|error| self.broken_zip(&error))?;
                    if file.is_file() && heads.len() < 500 {
                        let name = entry_name(&file);
                        let mut head = Vec::new();
                        file.take(HEAD)
                            .read_to_end(&mut head)
                            .map_err(|error| cannot_read(&self.path, &error))?;
                        heads.push((name, head));
                    }
                }
            }
            Kind::Folder(files) => {
                for file in files.iter().take(500) {
                    heads.push((self.name_in(file), head_of(file)?));
                }
            }
            _ => heads.push((self.name(), head_of(&self.path)?)),
        }
        let parts: Vec<Part<'_>> = heads.iter().map(|(name, head)| Part::new(name, head)).collect();
        recognise(&parts).map_err(|error| {
            let text = error.to_string();
            let (message, hint) = text.split_once("; ").unwrap_or((&text, ""));
            CliError::new(format!("`{}`: {message}", self.path.display())).hint(hint)
        })
    }

    /// Reads it through a source. A live one is asked through [`Input::live`].
    pub(crate) fn import(&self, source: &'static Source, options: &Options) -> Result<Import, CliError> {
        let mut session = Session::new(source, options.clone());
        let mut archive_hash = None;
        match &self.kind {
            Kind::File => session.part(&self.name(), &read_part(&self.path)?),
            Kind::Folder(files) => {
                for file in files {
                    session.part(&self.name_in(file), &read_part(file)?);
                }
            }
            Kind::Zip => {
                let mut archive = self.archive()?;
                for index in 0..archive.len() {
                    let file = archive.by_index(index).map_err(|error| self.broken_zip(&error))?;
                    if !file.is_file() {
                        continue;
                    }
                    let name = entry_name(&file);
                    let mut bytes = Vec::new();
                    file.take(LARGEST_PART + 1).read_to_end(&mut bytes).map_err(|error| {
                        CliError::new(format!(
                            "`{name}` in `{}` cannot be read: {error}",
                            self.path.display()
                        ))
                    })?;
                    if bytes.len() as u64 > LARGEST_PART {
                        return Err(self.too_large(&name));
                    }
                    session.part(&name, &bytes);
                }
                archive_hash = Some(hash_file(&self.path)?);
            }
            Kind::Repository => session.part(&self.name(), &self.git_log(options)?),
            Kind::Live(_) => {}
        }
        let mut import = session.finish();
        if let Some(hash) = archive_hash {
            import.sha256 = hash;
        }
        Ok(import)
    }

    fn archive(&self) -> Result<zip::ZipArchive<File>, CliError> {
        let file = File::open(&self.path).map_err(|error| cannot_read(&self.path, &error))?;
        zip::ZipArchive::new(file).map_err(|error| self.broken_zip(&error))
    }

    fn broken_zip(&self, error: &zip::result::ZipError) -> CliError {
        CliError::new(format!("`{}` is not a zip that can be read: {error}", self.path.display()))
            .hint("export it again, or unpack it and name the folder")
    }

    fn too_large(&self, name: &str) -> CliError {
        CliError::new(format!("`{name}` in `{}` is larger than 1 GiB unpacked", self.path.display()))
            .hint("unpack what you need and name the folder")
    }

    fn name_in(&self, file: &Path) -> String {
        let relative = file.strip_prefix(&self.path).unwrap_or(file);
        relative.components().map(|part| part.as_os_str().to_string_lossy()).collect::<Vec<_>>().join("/")
    }

    /// The commits of a window, in the form that says the most.
    fn git_log(&self, options: &Options) -> Result<Vec<u8>, CliError> {
        let (Some(from), Some(to)) = (options.from, options.to) else {
            return Err(CliError::new(format!(
                "`{}` is a repository, and the incident's hours are not known",
                self.path.display()
            ))
            .hint("give `--from` and `--to`, or fill in the start time first"));
        };
        let output = Command::new("git")
            .arg("-C")
            .arg(&self.path)
            .args(["log", "--no-color", "--no-show-signature"])
            .arg(format!("--since={}", stamp(from)))
            .arg(format!("--until={}", stamp(to)))
            .arg(format!("--format={}", git_log::FORMAT))
            .output()
            .map_err(|error| {
                CliError::new(format!("`git` cannot be run: {error}"))
                    .hint("install git, or name a saved log (see `recount import --help`)")
            })?;
        if !output.status.success() {
            let said = String::from_utf8_lossy(&output.stderr);
            let said = said.lines().next().unwrap_or("it gave no reason").to_owned();
            return Err(CliError::new(format!("`git log` in `{}` failed: {said}", self.path.display())));
        }
        Ok(output.stdout)
    }
}

/// The path of an entry; of one whose name cannot be read, its bytes as far as they are text.
fn entry_name<R: Read>(file: &zip::read::ZipFile<'_, R>) -> String {
    file.name().map_or_else(|_| String::from_utf8_lossy(file.name_raw()).into_owned(), Cow::into_owned)
}

/// The source of this name.
pub(crate) fn named_source(name: &str) -> Result<&'static Source, CliError> {
    source::by_name(name).ok_or_else(|| {
        let known: Vec<_> =
            recount_engine::evidence::sources::SOURCES.iter().map(|source| source.name).collect();
        let error = CliError::new(format!("there is no source `{name}`"));
        match recount_engine::config::nearest(name, known.iter().copied()) {
            Some(near) => error.hint(format!("did you mean `{near}`?")),
            None => error.hint(format!("known are {}", known.join(", "))),
        }
    })
}

fn stamp(at: Timestamp) -> String {
    at.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}

fn cannot_read(path: &Path, error: &std::io::Error) -> CliError {
    CliError::new(format!("`{}` cannot be read: {error}", path.display()))
}

fn head_of(path: &Path) -> Result<Vec<u8>, CliError> {
    let mut head = Vec::new();
    let file = File::open(path).map_err(|error| cannot_read(path, &error))?;
    file.take(HEAD).read_to_end(&mut head).map_err(|error| cannot_read(path, &error))?;
    Ok(head)
}

fn read_part(path: &Path) -> Result<Vec<u8>, CliError> {
    let length = fs::metadata(path).map_err(|error| cannot_read(path, &error))?.len();
    if length > LARGEST_PART {
        return Err(CliError::new(format!("`{}` is larger than 1 GiB", path.display()))
            .hint("cut the hours of the incident out of it first"));
    }
    fs::read(path).map_err(|error| cannot_read(path, &error))
}

fn hash_file(path: &Path) -> Result<String, CliError> {
    let bytes = fs::read(path).map_err(|error| cannot_read(path, &error))?;
    Ok(sha256_hex(&bytes, 64))
}

/// Files below a folder; links to folders are not followed, hidden files are left out.
fn list(folder: &Path, files: &mut Vec<PathBuf>) -> Result<(), CliError> {
    for entry in fs::read_dir(folder).map_err(|error| cannot_read(folder, &error))? {
        let entry = entry.map_err(|error| cannot_read(folder, &error))?;
        let kind = entry.file_type().map_err(|error| cannot_read(&entry.path(), &error))?;
        if entry.file_name().to_string_lossy().starts_with('.') {
            continue;
        }
        if kind.is_dir() {
            list(&entry.path(), files)?;
        } else if entry.path().is_file() {
            files.push(entry.path());
        }
    }
    Ok(())
}
