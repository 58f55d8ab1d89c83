//! What a source is, how one is recognised from the bytes, and the session that reads an input through it.
//!
//! What does not live here: the sources themselves (`sources/<source>.rs`).
//!
//! The session does for every source what none may forget: redaction, the window, duplicates, order.

use std::borrow::Cow;
use std::cell::OnceCell;
use std::collections::{BTreeMap, HashMap, HashSet};
use std::fmt;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use sha2::{Digest, Sha256};

use super::event::{Event, EventId};
use super::identity::{People, Person, hex, sha256_hex};
use super::json::Peek;
use super::live::{Failure, LiveForm};
use super::redact::redact_with;
use super::sources::SOURCES;

/// A kind of input that Recount reads.
pub struct Source {
    /// The name on the command line and in the frozen evidence, such as `slack-export`.
    pub name: &'static str,
    /// One line for lists.
    pub summary: &'static str,
    /// The manual, Markdown: *What it reads*, *How to get it*, *What becomes an event*, *Traps*.
    pub docs: &'static str,
    /// Whether a part looks like this source.
    pub recognise: fn(&Part<'_>) -> Confidence,
    /// Begins reading one input.
    pub start: fn(&Options) -> Box<dyn Importer>,
    /// How it is asked over the network, where it can be.
    pub live: Option<LiveForm>,
}

impl Source {
    /// The manual as Markdown.
    pub fn manual(&self) -> String {
        // A doc comment's lines keep the space after their slashes.
        self.docs.lines().flat_map(|line| [line.strip_prefix(' ').unwrap_or(line), "\n"]).collect()
    }
}

/// Defines a [`Source`] whose doc comment is its manual, so that the manual cannot be elsewhere. One that can
/// be asked over the network ends with `live: LiveForm { … }`.
macro_rules! source {
    (
        $(#[doc = $doc:expr])*
        $name:ident: $id:literal, $summary:literal, $recognise:expr, $start:expr $(, live: $live:expr)? $(,)?
    ) => {
        $(#[doc = $doc])*
        pub static $name: $crate::evidence::source::Source = $crate::evidence::source::Source {
            name: $id,
            summary: $summary,
            docs: concat!($($doc, "\n"),*),
            recognise: $recognise,
            start: $start,
            live: source!(@live $($live)?),
        };
    };
    (@live) => { None };
    (@live $live:expr) => { Some($live) };
}
pub(crate) use source;

/// How many first bytes of a part are enough to recognise its source.
pub const HEAD: usize = 16 << 10;

/// The beginning of a part of an input: enough to recognise it.
#[derive(Clone, Debug)]
pub struct Part<'a> {
    /// The path inside the input, `/` between folders; for a single file its name.
    pub name: &'a str,
    /// Its first bytes, at most [`HEAD`].
    pub head: &'a [u8],
    peek: OnceCell<Peek>,
}

impl<'a> Part<'a> {
    /// The part of that name that begins with these bytes; more of them than needed may be given.
    pub fn new(name: &'a str, bytes: &'a [u8]) -> Self {
        Self { name, head: &bytes[..bytes.len().min(HEAD)], peek: OnceCell::new() }
    }

    /// What can be seen of it as JSON; looked at once, whoever asks.
    pub fn peek(&self) -> &Peek {
        self.peek.get_or_init(|| Peek::of(self.head))
    }

    /// Its first bytes as text, without a byte order mark; what is no text is replaced.
    pub fn text(&self) -> Cow<'a, str> {
        String::from_utf8_lossy(self.head.strip_prefix(b"\xef\xbb\xbf").unwrap_or(self.head))
    }
}

/// How sure a source is that a part is its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Confidence {
    /// It is not.
    No,
    /// Only its shape fits: any source that knows it better goes before this one.
    Shape,
    /// It could be, and so could others.
    Possible,
    /// It is.
    Sure,
}

/// Reads one input, part by part, in any order.
pub trait Importer {
    /// Takes in one part. Whatever the bytes are, it does not fail: what cannot be read is skipped, with
    /// its position.
    fn part(&mut self, name: &str, bytes: &[u8]);

    /// Whether a part of this name can hold anything in the window: what cannot is not even unpacked.
    fn wants(&self, name: &str) -> bool {
        let _ = name;
        true
    }

    /// Gives what was read. Order, duplicates, the window and redaction are the session's.
    fn finish(self: Box<Self>) -> Import;
}

/// What the caller knows that the bytes do not say.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// The zone of times that carry none. Without it such a time is skipped and reported, never guessed.
    pub zone: Option<TimeZone>,
    /// Events before this instant are left out.
    pub from: Option<Timestamp>,
    /// Events after this instant are left out.
    pub to: Option<Timestamp>,
    /// Chat channels to read, by name (with or without `#`) or ID; all where empty.
    pub channels: Vec<String>,
    /// The chat workspace, such as `https://acme.slack.com`, for permalinks.
    pub workspace_url: Option<String>,
    /// The Mattermost server, such as `https://chat.acme.com`, for permalinks.
    pub mattermost_url: Option<String>,
    /// The repository, such as `https://github.com/acme/shop`, for links to commits and pull requests.
    pub repository_url: Option<String>,
    /// Repositories by name: an input of that name (`shop.tsv`, a folder `shop`) is from it.
    pub repositories: BTreeMap<String, String>,
    /// The year of dates that carry none, as in old syslog.
    pub year: Option<i16>,
    /// The instant at which a recording or a transcript begins, which counts from zero.
    pub anchor: Option<Timestamp>,
    /// Which column or key holds what, for inputs of no known source: `time` → `ts`, `action` → `msg`.
    pub mapping: BTreeMap<String, String>,
    /// The people of the library.
    pub roster: Vec<Person>,
    /// What makes pseudonyms of mail addresses this library's own.
    pub pseudonym_salt: String,
}

impl Options {
    /// Whether an instant lies in the window.
    pub fn in_window(&self, at: Timestamp) -> bool {
        self.from.is_none_or(|from| at >= from) && self.to.is_none_or(|to| at <= to)
    }

    /// The configured repository that a part is from: the one whose name its file name begins with.
    pub fn repository_of(&self, part: &str) -> Option<(&str, &str)> {
        let file = part.rsplit('/').next().unwrap_or(part);
        let stem = file.split('.').next().unwrap_or(file);
        let (name, url) = self.repositories.iter().find(|(name, _)| name.eq_ignore_ascii_case(stem))?;
        Some((name, url))
    }

    /// The roster, indexed.
    pub fn people(&self) -> People {
        People::new(&self.roster, &self.pseudonym_salt)
    }
}

/// The reason why what lies outside the hours that were asked for is left out.
pub const OUTSIDE: &str = "outside the window";

/// What an input held.
#[derive(Clone, Debug, Default)]
pub struct Import {
    /// The events, by time.
    pub events: Vec<Event>,
    /// Records that could not be read.
    pub skipped: Vec<Skipped>,
    /// How many records were read and left out, by reason: joins, duplicates, outside the window.
    pub left_out: BTreeMap<String, u64>,
    /// What the person should know about this input: what it does not say, what was assumed.
    pub notes: Vec<String>,
    /// Who stands behind a mail address, as they appear, where the input says so. Addresses in texts are
    /// replaced by this, else by roster handle or pseudonym. It is empty once the session has finished.
    pub mails: BTreeMap<String, String>,
    /// SHA-256 of what was fed: of the bytes of a single part, else of the parts' names and hashes.
    pub sha256: String,
    /// What could not be fetched of a live source: where there is any, the import is not complete.
    pub failures: Vec<Failure>,
    /// How many replies of a live source were read.
    pub replies: usize,
}

impl Import {
    /// Counts records that were left out for a reason.
    pub fn leave_out(&mut self, reason: &str, count: u64) {
        if count > 0 {
            *self.left_out.entry(reason.to_owned()).or_default() += count;
        }
    }

    /// Adds a note once.
    pub fn note(&mut self, note: impl Into<String>) {
        let note = note.into();
        if !self.notes.contains(&note) {
            self.notes.push(note);
        }
    }
}

/// A record that could not be read. It never stops an import.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Skipped {
    /// The part it stands in.
    pub part: String,
    /// Where in the part.
    pub position: Position,
    /// Why, as a sentence without its full stop.
    pub why: String,
}

impl fmt::Display for Skipped {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}`, {}: {}", self.part, self.position, self.why)
    }
}

/// A place in a part, as its format counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Position {
    /// A line, from 1.
    Line(usize),
    /// A record, from 1, and its first byte, from 0.
    Record {
        /// Which record.
        index: usize,
        /// Where it begins.
        byte: usize,
    },
}

impl fmt::Display for Position {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Line(line) => write!(f, "line {line}"),
            Self::Record { index, byte } => write!(f, "record {index} (byte {byte})"),
        }
    }
}

/// Reads one input through a source.
pub struct Session {
    source: &'static Source,
    importer: Box<dyn Importer>,
    options: Options,
    hashes: BTreeMap<String, String>,
}

impl Session {
    /// Begins reading.
    pub fn new(source: &'static Source, options: Options) -> Self {
        Self { source, importer: (source.start)(&options), options, hashes: BTreeMap::new() }
    }

    /// Whether a part of this name is worth reading.
    pub fn wants(&self, name: &str) -> bool {
        self.importer.wants(name)
    }

    /// Takes in one part: a single file is one, an archive or a folder is many, in any order.
    pub fn part(&mut self, name: &str, bytes: &[u8]) {
        self.hashes.insert(name.to_owned(), hex(&Sha256::digest(bytes), 64));
        self.importer.part(name, bytes);
    }

    /// Takes in one part of an archive whose own hash the caller has: that of the import stays empty.
    pub fn part_of_archive(&mut self, name: &str, bytes: &[u8]) {
        self.importer.part(name, bytes);
    }

    /// The import: in the window, each event once, redacted, by time.
    pub fn finish(self) -> Import {
        let Self { source, importer, options, hashes } = self;
        let mut import = importer.finish();
        import.sha256 = digest(&hashes);

        let read = import.events.len();
        import.events.retain(|event| options.in_window(event.instant()));
        let outside = read - import.events.len();
        import.leave_out(OUTSIDE, outside as u64);

        let doubles = keep_one_of_each(&mut import.events);
        import.leave_out("duplicate", doubles);

        let people = options.people();
        let mails: HashMap<String, String> = std::mem::take(&mut import.mails)
            .into_iter()
            .map(|(mail, name)| (mail.to_lowercase(), name))
            .collect();
        let stand_in =
            |mail: &str| mails.get(&mail.to_lowercase()).cloned().unwrap_or_else(|| people.for_mail(mail));
        for event in &mut import.events {
            source.name.clone_into(&mut event.source);
            // A name is an identifier and no text; one with a secret in it is named by its hash instead.
            if let Cow::Owned(_) = redact_with(&event.id.0, &stand_in) {
                event.id = EventId(format!("{}:{}", source.name, sha256_hex(event.id.0.as_bytes(), 16)));
            }
            if let Some(Cow::Owned(clean)) = event.thread.as_deref().map(|name| redact_with(name, &stand_in))
            {
                event.thread = Some(clean);
            }
            for text in event.texts_mut() {
                if let Cow::Owned(clean) = redact_with(text, &stand_in) {
                    *text = clean;
                }
            }
        }
        // What is said about an input is printed and stored: it is held to the same rule.
        for text in import.notes.iter_mut().chain(import.skipped.iter_mut().map(|skipped| &mut skipped.why)) {
            if let Cow::Owned(clean) = redact_with(text, &stand_in) {
                *text = clean;
            }
        }
        import.events.sort_by(|a, b| (a.at, &a.id).cmp(&(b.at, &b.id)));
        import.skipped.sort_by(|a, b| (&a.part, a.position).cmp(&(&b.part, b.position)));
        import
    }
}

/// Of events with the same ID the one edited last stays; ties go to the fuller one, then to the smaller
/// text, so that the order of the parts decides nothing.
fn keep_one_of_each(events: &mut Vec<Event>) -> u64 {
    let read = events.len();
    // Most inputs have no duplicates, and then nothing needs to move.
    let mut seen: HashSet<&EventId> = HashSet::with_capacity(read);
    if events.iter().all(|event| seen.insert(&event.id)) {
        return 0;
    }
    let mut best: HashMap<EventId, Event> = HashMap::with_capacity(read);
    for event in events.drain(..) {
        match best.entry(event.id.clone()) {
            std::collections::hash_map::Entry::Vacant(entry) => {
                entry.insert(event);
            }
            std::collections::hash_map::Entry::Occupied(mut entry) => {
                if rank(&event) > rank(entry.get()) {
                    entry.insert(event);
                }
            }
        }
    }
    events.extend(best.into_values());
    (read - events.len()) as u64
}

fn rank(event: &Event) -> impl Ord {
    (
        event.signals.edited,
        event.signals.pinned,
        event.signals.reactions.len(),
        event.link.is_some(),
        !event.actor.is_empty(),
        event.action.len(),
        event.details.len(),
        // The whole event as text: only so that a tie is broken the same way each time.
        std::cmp::Reverse(format!("{event:?}")),
    )
}

fn digest(hashes: &BTreeMap<String, String>) -> String {
    if let (1, Some(hash)) = (hashes.len(), hashes.values().next()) {
        return hash.clone();
    }
    let mut all = Sha256::new();
    for (name, hash) in hashes {
        all.update(format!("{hash}  {name}\n"));
    }
    hex(&all.finalize(), 64)
}

/// Why no source could be named.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unrecognised {
    /// The sources that fit equally well, where any did.
    pub ambiguous: Vec<&'static str>,
}

impl fmt::Display for Unrecognised {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.ambiguous.is_empty() {
            f.write_str(
                "it is of no source that is known; name one with `--source` (`recount import --help` lists ",
            )?;
            f.write_str("them), or say with `--map` which column or key holds what")
        } else {
            write!(f, "it could be of any of {}; name one with `--source`", ticked(&self.ambiguous))
        }
    }
}

impl std::error::Error for Unrecognised {}

fn ticked(names: &[&str]) -> String {
    names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
}

/// Names the source of an input from the beginnings of its parts, where all of it is of one source.
pub fn recognise(parts: &[Part<'_>]) -> Result<&'static Source, Unrecognised> {
    let mut sorted = sort(parts);
    match (sorted.of.pop(), sorted.of.is_empty(), sorted.unrecognised.into_iter().next()) {
        (Some((source, _)), true, _) => Ok(source),
        (Some((one, _)), false, _) => {
            let others = sorted.of.iter().map(|(source, _)| source.name);
            Err(Unrecognised { ambiguous: others.chain([one.name]).collect() })
        }
        (None, _, Some((_, unrecognised))) => Err(unrecognised),
        (None, _, None) => Err(Unrecognised { ambiguous: Vec::new() }),
    }
}

/// The parts of an input by source; what somebody dropped into one folder may be of many.
#[derive(Default)]
pub struct Sorted {
    /// Each source with its parts, by index; in the order of the registry.
    pub of: Vec<(&'static Source, Vec<usize>)>,
    /// Parts that no source can be named for, by index, with the reason.
    pub unrecognised: Vec<(usize, Unrecognised)>,
}

/// Finds the source of each part. A part that could be of several belongs to the one that is surely there
/// besides: a list of users to the chat whose messages lie beside it.
pub fn sort(parts: &[Part<'_>]) -> Sorted {
    let fits = |part: &Part<'_>, wanted: Confidence| -> Vec<&'static Source> {
        SOURCES.iter().copied().filter(|source| (source.recognise)(part) == wanted).collect()
    };
    let sure: Vec<Vec<&'static Source>> = parts.iter().map(|part| fits(part, Confidence::Sure)).collect();
    let is_there =
        |source: &&Source| sure.iter().any(|sure| matches!(sure[..], [only] if std::ptr::eq(only, *source)));
    let mut by_source: Vec<Vec<usize>> = vec![Vec::new(); SOURCES.len()];
    let mut unrecognised = Vec::new();
    for (index, part) in parts.iter().enumerate() {
        let (possible, shaped) = (fits(part, Confidence::Possible), fits(part, Confidence::Shape));
        let companions: Vec<&'static Source> =
            possible.iter().chain(&shaped).copied().filter(is_there).collect();
        // What surely fits, else what lies beside its own kind, else the best guess where there is one.
        let fitting = [sure[index].clone(), companions, possible, shaped];
        let fitting = fitting.into_iter().find(|fitting| !fitting.is_empty()).unwrap_or_default();
        let chosen = match fitting[..] {
            [only] => SOURCES.iter().position(|source| std::ptr::eq(*source, only)),
            _ => None,
        };
        if let Some(source) = chosen {
            by_source[source].push(index);
        } else {
            let ambiguous = fitting.iter().map(|source| source.name).collect();
            unrecognised.push((index, Unrecognised { ambiguous }));
        }
    }
    let of = SOURCES.iter().copied().zip(by_source).filter(|(_, parts)| !parts.is_empty()).collect();
    Sorted { of, unrecognised }
}

/// The source of a name.
pub fn by_name(name: &str) -> Option<&'static Source> {
    SOURCES.iter().copied().find(|source| source.name == name)
}
