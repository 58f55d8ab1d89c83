//! Evidence on disk as parts for an importer: files, folders, zips, gzips, git repositories, and folders that
//! hold any of them. Parts are read one at a time, so that memory does not grow with the input.
//!
//! What does not live here: which source reads a part (the engine knows), and what becomes of the events.

use std::borrow::Cow;
use std::cell::Cell;
use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{self, BufReader, Read};
use std::path::{Path, PathBuf};
use std::process::Command;

use flate2::bufread::MultiGzDecoder;
use jiff::Timestamp;
use recount_engine::evidence::identity::hex;
use recount_engine::evidence::source::{HEAD, Sorted, Unrecognised};
use recount_engine::evidence::sources::git_log;
use recount_engine::evidence::sources::terminal_recording::TERMINAL_RECORDING;
use recount_engine::evidence::{Import, Options, Part, Session, Source, source};
use sha2::{Digest, Sha256};

use crate::Failure;

/// How much of an input is taken in.
#[derive(Debug)]
struct Bounds {
    /// Bytes of a single part, unpacked.
    part: u64,
    /// Bytes of all parts, unpacked.
    whole: u64,
    /// Parts of an archive.
    parts: usize,
    /// Whether somebody sent it, to whom our paths mean nothing.
    is_sent: bool,
}

/// What a person names may be large; a larger part is no export of a chat or a log of an incident.
const OWN: Bounds = Bounds { part: 512 << 20, whole: u64::MAX, parts: usize::MAX, is_sent: false };
/// What others send is held in the memory of a server.
const SENT: Bounds = Bounds { part: 64 << 20, whole: 256 << 20, parts: 10_000, is_sent: true };
/// An archive that unpacks to more than [`SUSPICIOUS`] bytes and to more than this many times its own size is
/// made to fill memory. Text is packed five to thirty times.
const LARGEST_RATIO: u64 = 200;
/// Below this size nothing is suspicious.
const SUSPICIOUS: u64 = 256 << 20;
/// How many parts are looked at before the rest of an input is taken to be of the same source.
const LOOKED_AT: usize = 500;
/// Bytes of the beginnings of all parts that are looked at together.
const HEADS: usize = 64 << 20;

/// An input that a person named, or one that lay in a folder that a person named.
pub struct Input {
    path: PathBuf,
    kind: Kind,
    bounds: &'static Bounds,
    /// Bytes that its portions were unpacked to so far: the bound is that of all of them.
    unpacked: Cell<u64>,
}

enum Kind {
    File,
    /// All files below a folder, by path.
    Folder(Vec<PathBuf>),
    Zip,
    Repository,
}

/// A part of an input, before it is read.
struct Entry {
    /// Its path inside the input, without the `.gz` of one that is unpacked.
    name: String,
    place: Place,
}

enum Place {
    File(PathBuf),
    /// Index in the zip.
    Zip(usize),
}

/// The parts of one input that one source reads.
pub struct Portion {
    /// The source.
    pub source: &'static Source,
    entries: Vec<Entry>,
    /// Whether these are all parts of the input.
    whole: bool,
    /// What stands before the names of its parts, where the input is a folder.
    folder: Option<String>,
}

impl Portion {
    /// How many parts it has.
    pub fn parts(&self) -> usize {
        self.entries.len()
    }

    /// What it is called where it is told of: the one file of a folder by that file, all else by the input.
    pub fn name(&self, input: &Input) -> String {
        match (&self.folder, &self.entries[..]) {
            (Some(folder), [only]) => format!("{folder}/{}", only.name),
            _ => input.name(),
        }
    }
}

impl Input {
    /// Looks at what a path is, and in a folder at what lies there that is an input of its own: archives,
    /// repositories, tables of columns, and files whose names `is_own` knows. Nothing is read but beginnings.
    pub fn open(path: &Path, is_own: &dyn Fn(&str) -> bool) -> Result<Vec<Self>, Failure> {
        let metadata = fs::metadata(path).map_err(|error| cannot_read(path, &error))?;
        if metadata.is_dir() {
            let mut found = Found::default();
            found.look(path, is_own, 0)?;
            found.files.sort();
            let mut inputs = found.inputs;
            if !found.files.is_empty() {
                inputs.insert(0, Self::own(path, Kind::Folder(found.files)));
            }
            if inputs.is_empty() {
                return Err(Failure::new(format!("the folder `{}` holds no file", path.display())));
            }
            return Ok(inputs);
        }
        if !metadata.is_file() {
            return Err(Failure::new(format!("`{}` is neither a file nor a folder", path.display())));
        }
        Ok(vec![Self::own(path, kind_of_file(path)?)])
    }

    /// A file that somebody sent: read within narrow bounds, and called by its name alone.
    ///
    /// # Errors
    ///
    /// Where it cannot be read.
    pub fn sent(path: &Path) -> Result<Self, Failure> {
        let kind = if is_zip(path).map_err(|error| {
            let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
            Failure::new(format!("`{name}` cannot be read: {error}"))
        })? {
            Kind::Zip
        } else {
            Kind::File
        };
        Ok(Self { path: path.to_owned(), kind, bounds: &SENT, unpacked: Cell::new(0) })
    }

    fn own(path: &Path, kind: Kind) -> Self {
        Self { path: path.to_owned(), kind, bounds: &OWN, unpacked: Cell::new(0) }
    }

    /// What it is called where something is wrong with it: as it was named.
    fn told(&self) -> String {
        if self.bounds.is_sent { self.name() } else { self.path.display().to_string() }
    }

    /// What `script` showed and when it showed it are two files of one recording, also where each is named by
    /// itself: those that lie in one folder become one input. A recording of asciinema is whole in its one file.
    pub fn together(inputs: Vec<Self>) -> Vec<Self> {
        let is_recording = |input: &Self| {
            input.is_file()
                && !begins_with(&input.path, b"{").unwrap_or(true)
                && input.known_source().is_some_and(|source| source.name == TERMINAL_RECORDING.name)
        };
        let (recordings, mut others): (Vec<Self>, Vec<Self>) = inputs.into_iter().partition(is_recording);
        let mut folders: BTreeMap<PathBuf, Vec<PathBuf>> = BTreeMap::new();
        for recording in recordings {
            let folder = recording.path.parent().unwrap_or(Path::new("")).to_owned();
            folders.entry(folder).or_default().push(recording.path);
        }
        others.extend(folders.into_iter().map(|(folder, mut files)| match files.pop() {
            Some(path) if files.is_empty() => Self::own(&path, Kind::File),
            last => {
                files.extend(last);
                files.sort();
                let path = if folder.as_os_str().is_empty() { PathBuf::from(".") } else { folder };
                Self::own(&path, Kind::Folder(files))
            }
        }));
        others
    }

    /// The name without folders.
    pub fn name(&self) -> String {
        let name = self.path.canonicalize().unwrap_or_else(|_| self.path.clone());
        name.file_name()
            .map_or_else(|| self.path.display().to_string(), |name| name.to_string_lossy().into_owned())
    }

    /// Whether it is a single file, and no archive.
    pub fn is_file(&self) -> bool {
        matches!(self.kind, Kind::File)
    }

    /// Whether it is a file that its name says to be a table of columns.
    pub fn is_columns(&self) -> bool {
        self.is_file() && is_columns(&self.path)
    }

    /// The source that knows the file, where one does; a table is what none knows better.
    pub fn known_source(&self) -> Option<&'static Source> {
        let portions = self.portions(None, |_, _| {}).ok()?;
        portions.first().map(|portion| portion.source)
    }

    /// Whether only a window of it can be read.
    pub fn needs_window(&self) -> bool {
        matches!(self.kind, Kind::Repository)
    }

    /// How many bytes it has on disk; of a repository nothing is known.
    pub fn size(&self) -> u64 {
        let size = |path: &Path| fs::metadata(path).map_or(0, |metadata| metadata.len());
        match &self.kind {
            Kind::Folder(files) => files.iter().map(|file| size(file)).sum(),
            _ => size(&self.path),
        }
    }

    /// The parts by source: of the one that is named, else as their bytes say. Parts that are of none are
    /// given to `tell`, one sentence each and what could be done, unless there is nothing else.
    pub fn portions(
        &self,
        named: Option<&'static Source>,
        mut tell: impl FnMut(String, Option<&'static str>),
    ) -> Result<Vec<Portion>, Failure> {
        if matches!(self.kind, Kind::Repository) {
            return Ok(vec![Portion {
                source: &git_log::GIT_LOG,
                entries: Vec::new(),
                whole: true,
                folder: None,
            }]);
        }
        let mut archive = self.archive_if_any()?;
        let entries = self.entries(archive.as_mut())?;
        let folder = matches!(self.kind, Kind::Folder(_)).then(|| self.name());
        if let Some(source) = named {
            return Ok(vec![Portion { source, entries, whole: true, folder }]);
        }
        let looked_at = entries.len().min(LOOKED_AT);
        let mut sorted = self.sort(&entries[..looked_at], archive.as_mut())?;
        match &mut sorted.of[..] {
            // One channel of a chat has a file for each day of years.
            [(_, parts)] => parts.extend(looked_at..entries.len()),
            _ if looked_at == entries.len() => {}
            _ => sorted = self.sort(&entries, archive.as_mut())?,
        }
        let problem = |unrecognised: &Unrecognised, name: &str| {
            let text = unrecognised.to_string();
            let (message, hint) = text.split_once("; ").unwrap_or((&text, ""));
            (format!("`{name}` is not read: {message}"), hint.to_owned())
        };
        if sorted.of.is_empty() {
            let nothing = Unrecognised { ambiguous: Vec::new() };
            let first = sorted.unrecognised.first().map_or(&nothing, |(_, unrecognised)| unrecognised);
            let (message, hint) = problem(first, &self.told());
            return Err(Failure::new(message).hint(hint));
        }
        for (index, unrecognised) in &sorted.unrecognised {
            let entry = &entries[*index];
            let (message, _) = problem(unrecognised, &entry.name);
            if unrecognised.ambiguous.is_empty() && is_json(&entry.name) {
                tell(message, Some(MAP_IT));
            } else {
                tell(message, None);
            }
        }
        let whole = sorted.of.len() == 1;
        let mut entries: Vec<Option<Entry>> = entries.into_iter().map(Some).collect();
        let portions = sorted.of.into_iter().map(|(source, parts)| {
            let entries = parts.into_iter().filter_map(|index| entries[index].take()).collect();
            Portion { source, entries, whole, folder: folder.clone() }
        });
        Ok(portions.collect())
    }

    /// Reads a portion through its source. `progress` is told how many parts are read.
    pub fn import(
        &self,
        portion: &Portion,
        options: &Options,
        mut progress: impl FnMut(usize),
    ) -> Result<Import, Failure> {
        let mut session = Session::new(portion.source, options.clone());
        if matches!(self.kind, Kind::Repository) {
            session.part(&self.name(), &self.git_log(options)?);
            return Ok(session.finish());
        }
        let mut archive = self.archive_if_any()?;
        // The hash of the archive stands for those of its parts.
        let packed_whole = archive.is_some() && portion.whole;
        let (mut damaged, mut unwanted) = (Vec::new(), 0);
        for (index, entry) in portion.entries.iter().enumerate() {
            progress(index);
            if session.wants(&entry.name) {
                let read = self.read(entry, archive.as_mut())?;
                // What an archive says of itself need not be true.
                self.unpacked.set(self.unpacked.get().saturating_add(read.bytes.len() as u64));
                if self.unpacked.get() > self.bounds.whole {
                    return Err(self.too_large());
                }
                if packed_whole {
                    session.part_of_archive(&entry.name, &read.bytes);
                } else {
                    session.part(&entry.name, &read.bytes);
                }
                damaged.extend(read.damage.map(|error| (&entry.name, error)));
            } else {
                unwanted += 1;
            }
        }
        let mut import = session.finish();
        import.leave_out("file with nothing of these hours", unwanted);
        for (name, error) in damaged {
            import.note(format!(
                "`{name}` is packed, and cut off or damaged ({error}): only what stands before that was read"
            ));
        }
        if packed_whole {
            import.sha256 = hash_file(&self.path).map_err(|error| self.cannot_read(&error))?;
        }
        Ok(import)
    }

    fn archive_if_any(&self) -> Result<Option<Archive>, Failure> {
        if !matches!(self.kind, Kind::Zip) {
            return Ok(None);
        }
        let file = File::open(&self.path).map_err(|error| self.cannot_read(&error))?;
        zip::ZipArchive::new(BufReader::new(file)).map(Some).map_err(|error| self.broken_zip(&error))
    }

    /// The parts there are; those of an archive are only made where what it unpacks to is plausible.
    fn entries(&self, archive: Option<&mut Archive>) -> Result<Vec<Entry>, Failure> {
        let mut entries = Vec::new();
        match (&self.kind, archive) {
            (Kind::Folder(files), _) => {
                for file in files {
                    entries.push(Entry { name: self.name_in(file), place: Place::File(file.clone()) });
                }
            }
            (_, Some(archive)) => {
                if archive.len() > self.bounds.parts {
                    return Err(Failure::new(format!(
                        "`{}` holds more than {} files",
                        self.told(),
                        self.bounds.parts
                    ))
                    .hint("send the days and channels of the incident alone"));
                }
                let mut unpacked: u64 = 0;
                for index in 0..archive.len() {
                    let file = archive.by_index_raw(index).map_err(|error| self.broken_zip(&error))?;
                    unpacked = unpacked.saturating_add(file.size());
                    let name = entry_name(&file);
                    // Archives made on a Mac carry a shadow of each file.
                    if file.is_file() && !name.starts_with("__MACOSX/") {
                        entries.push(Entry { name, place: Place::Zip(index) });
                    }
                }
                self.refuse_bomb(unpacked)?;
            }
            _ => entries.push(Entry { name: self.name(), place: Place::File(self.path.clone()) }),
        }
        for entry in &mut entries {
            if let Some(name) = entry.name.strip_suffix(".gz") {
                entry.name = name.to_owned();
            }
        }
        Ok(entries)
    }

    /// Refuses an archive that is made to fill memory.
    fn refuse_bomb(&self, unpacked: u64) -> Result<(), Failure> {
        if unpacked > self.bounds.whole {
            return Err(self.too_large());
        }
        let packed = fs::metadata(&self.path).map_err(|error| self.cannot_read(&error))?.len();
        if unpacked <= SUSPICIOUS || unpacked / LARGEST_RATIO <= packed {
            return Ok(());
        }
        Err(Failure::new(format!(
            "`{}` unpacks to {} times its size, as archives do that are made to fill memory",
            self.told(),
            unpacked / packed.max(1)
        ))
        .hint("unpack what you need and name the folder"))
    }

    fn cannot_read(&self, error: &io::Error) -> Failure {
        Failure::new(format!("`{}` cannot be read: {error}", self.told()))
    }

    fn too_large(&self) -> Failure {
        let most = self.bounds.whole >> 20;
        Failure::new(format!("`{}` unpacks to more than {most} MiB", self.told()))
            .hint("cut the hours of the incident out of it first")
    }

    fn sort(&self, entries: &[Entry], mut archive: Option<&mut Archive>) -> Result<Sorted, Failure> {
        // Of many parts less is looked at, so that their beginnings together stay small.
        let most = (HEADS / entries.len().max(1)).min(HEAD);
        let mut heads: Vec<Vec<u8>> = Vec::with_capacity(entries.len());
        for entry in entries {
            heads.push(self.bytes(entry, archive.as_deref_mut(), most as u64)?.bytes);
        }
        let parts: Vec<Part<'_>> =
            entries.iter().zip(&heads).map(|(entry, head)| Part::new(&entry.name, head)).collect();
        Ok(source::sort(&parts))
    }

    /// All bytes of a part, unpacked.
    fn read(&self, entry: &Entry, archive: Option<&mut Archive>) -> Result<Unpacked, Failure> {
        let read = self.bytes(entry, archive, self.bounds.part + 1)?;
        if read.bytes.len() as u64 > self.bounds.part {
            let (path, name) = (self.told(), &entry.name);
            let what =
                if *name == self.name() { format!("`{path}`") } else { format!("`{name}` in `{path}`") };
            return Err(Failure::new(format!("{what} is larger than {} MiB", self.bounds.part >> 20))
                .hint("cut the hours of the incident out of it first"));
        }
        Ok(read)
    }

    /// At most the first `limit` bytes of a part, unpacked where it is a gzip.
    fn bytes(&self, entry: &Entry, archive: Option<&mut Archive>, limit: u64) -> Result<Unpacked, Failure> {
        let read = match (&entry.place, archive) {
            (Place::Zip(index), Some(archive)) => {
                let file = archive.by_index(*index).map_err(|error| self.broken_zip(&error))?;
                unpacked(BufReader::new(file), limit)
            }
            (Place::File(path), _) => {
                File::open(path).and_then(|file| unpacked(BufReader::with_capacity(64 << 10, file), limit))
            }
            // An entry of a zip is only made where the zip is open.
            (Place::Zip(_), None) => Err(io::ErrorKind::NotFound.into()),
        };
        read.map_err(|error| match &entry.place {
            Place::File(_) if self.bounds.is_sent => self.cannot_read(&error),
            Place::File(path) => cannot_read(path, &error),
            Place::Zip(_) => {
                let (path, name) = (self.told(), &entry.name);
                Failure::new(format!("`{name}` in `{path}` cannot be read: {error}"))
                    .hint("download the archive again, or unpack what you need and name the folder")
            }
        })
    }

    fn broken_zip(&self, error: &zip::result::ZipError) -> Failure {
        Failure::new(format!("`{}` is not a zip that can be read: {error}", self.told()))
            .hint("export it again, or unpack it and name the folder")
    }

    fn name_in(&self, file: &Path) -> String {
        let relative = file.strip_prefix(&self.path).unwrap_or(file);
        relative.components().map(|part| part.as_os_str().to_string_lossy()).collect::<Vec<_>>().join("/")
    }

    /// The commits of a window, in the form that says the most.
    fn git_log(&self, options: &Options) -> Result<Vec<u8>, Failure> {
        let (Some(from), Some(to)) = (options.from, options.to) else {
            return Err(Failure::new(format!(
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
                Failure::new(format!("`git` cannot be run: {error}"))
                    .hint("install git, or name a saved log (see `recount import --help`)")
                    .elsewhere("give a log that was saved")
            })?;
        if !output.status.success() {
            let said = String::from_utf8_lossy(&output.stderr);
            let said = said.lines().next().unwrap_or("it gave no reason").to_owned();
            return Err(Failure::new(format!("`git log` in `{}` failed: {said}", self.path.display())));
        }
        Ok(output.stdout)
    }
}

/// A zip on disk.
type Archive = zip::ZipArchive<BufReader<File>>;

/// What can be done about JSON in a folder whose keys do not say what they hold.
const MAP_IT: &str = "name that file itself, with `--map time=KEY,actor=KEY,action=KEY`";

fn is_json(name: &str) -> bool {
    ends_in(Path::new(name), &["json", "jsonl", "ndjson"])
}

fn is_columns(path: &Path) -> bool {
    ends_in(path, &["csv", "tsv"])
}

fn ends_in(path: &Path, endings: &[&str]) -> bool {
    path.extension().is_some_and(|ending| endings.iter().any(|known| ending.eq_ignore_ascii_case(known)))
}

/// What lies below a folder.
#[derive(Default)]
struct Found {
    files: Vec<PathBuf>,
    inputs: Vec<Input>,
}

/// How deep folders are looked into.
const DEEPEST: usize = 64;

impl Found {
    /// Files below a folder; links to folders are not followed, hidden files are left out.
    fn look(&mut self, folder: &Path, is_own: &dyn Fn(&str) -> bool, depth: usize) -> Result<(), Failure> {
        if is_repository(folder) {
            self.inputs.push(Input::own(folder, Kind::Repository));
            return Ok(());
        }
        if depth > DEEPEST {
            return Ok(());
        }
        for entry in fs::read_dir(folder).map_err(|error| cannot_read(folder, &error))? {
            let entry = entry.map_err(|error| cannot_read(folder, &error))?;
            let path = entry.path();
            let kind = entry.file_type().map_err(|error| cannot_read(&path, &error))?;
            if entry.file_name().to_string_lossy().starts_with('.') {
                continue;
            }
            if kind.is_dir() {
                self.look(&path, is_own, depth + 1)?;
            } else if path.is_file() {
                if begins_with(&path, ZIP)? {
                    self.inputs.push(Input::own(&path, Kind::Zip));
                } else if is_columns(&path) || is_own(&entry.file_name().to_string_lossy()) {
                    self.inputs.push(Input::own(&path, Kind::File));
                } else {
                    self.files.push(path);
                }
            }
        }
        Ok(())
    }
}

fn is_repository(folder: &Path) -> bool {
    folder.join(".git").exists() || (folder.join("HEAD").is_file() && folder.join("objects").is_dir())
}

const ZIP: &[u8] = b"PK\x03\x04";
const GZIP: &[u8] = b"\x1f\x8b";

fn kind_of_file(path: &Path) -> Result<Kind, Failure> {
    let is_zip = is_zip(path).map_err(|error| cannot_read(path, &error))?;
    Ok(if is_zip { Kind::Zip } else { Kind::File })
}

fn begins_with(path: &Path, magic: &[u8]) -> Result<bool, Failure> {
    starts_with(path, magic).map_err(|error| cannot_read(path, &error))
}

fn is_zip(path: &Path) -> io::Result<bool> {
    starts_with(path, ZIP)
}

fn starts_with(path: &Path, magic: &[u8]) -> io::Result<bool> {
    let mut head = Vec::new();
    File::open(path)?.take(magic.len() as u64).read_to_end(&mut head)?;
    Ok(head == magic)
}

/// What was read of a part.
struct Unpacked {
    bytes: Vec<u8>,
    /// Why there is no more, where what was packed is cut off or damaged.
    damage: Option<io::Error>,
}

/// At most the first `limit` bytes; of a gzip, or of several one after the other, those that it unpacks to.
fn unpacked(mut reader: impl io::BufRead, limit: u64) -> io::Result<Unpacked> {
    let mut bytes = Vec::new();
    if !reader.fill_buf()?.starts_with(GZIP) {
        reader.take(limit).read_to_end(&mut bytes)?;
        return Ok(Unpacked { bytes, damage: None });
    }
    let damage = MultiGzDecoder::new(reader).take(limit).read_to_end(&mut bytes).err();
    match damage {
        Some(error) if bytes.is_empty() => Err(error),
        damage => Ok(Unpacked { bytes, damage }),
    }
}

/// The SHA-256 of a file, in hexadecimal digits, read in pieces.
fn hash_file(path: &Path) -> io::Result<String> {
    let mut hash = Sha256::new();
    let mut file = File::open(path)?;
    let mut buffer = vec![0; 256 << 10];
    loop {
        match file.read(&mut buffer)? {
            0 => break,
            read => hash.update(&buffer[..read]),
        }
    }
    Ok(hex(&hash.finalize(), 64))
}

/// The path of an entry; of one whose name cannot be read, its bytes as far as they are text.
fn entry_name<R: Read>(file: &zip::read::ZipFile<'_, R>) -> String {
    file.name().map_or_else(|_| String::from_utf8_lossy(file.name_raw()).into_owned(), Cow::into_owned)
}

/// Whether a file's name is like a pattern such as `deploys-*.csv`.
pub fn is_like(name: &str, pattern: &str) -> bool {
    let mut builder = ignore::overrides::OverrideBuilder::new("");
    let built = builder.add(pattern).and_then(|builder| builder.build());
    built.is_ok_and(|pattern| pattern.matched(name, false).is_whitelist())
}

/// The source of this name.
pub fn named_source(name: &str) -> Result<&'static Source, Failure> {
    source::by_name(name).ok_or_else(|| Failure::new(format!("there is no source `{name}`")))
}

fn stamp(at: Timestamp) -> String {
    at.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}

fn cannot_read(path: &Path, error: &std::io::Error) -> Failure {
    Failure::new(format!("`{}` cannot be read: {error}", path.display()))
}
