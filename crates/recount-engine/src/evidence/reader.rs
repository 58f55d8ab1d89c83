//! What nearly every source is made of: a reader that goes through records or lines, hands each to the
//! source, and keeps what comes out: events, and what could not be read, with its place.
//!
//! What does not live here: formats (`sources`), and what the session does for all (`source`).

use jiff::Timestamp;
use serde::Deserialize;

use super::event::{Event, EventId, Kind, Milestone, Signals};
use super::identity::{Known, People};
use super::instants::{self, Instant};
use super::json::{self, Record};
use super::source::{Import, Importer, OUTSIDE, Options, Position, Skipped};

/// What a source is given beside the record, and where it puts what it found.
pub struct Reader {
    /// What the caller knows.
    pub options: Options,
    /// The roster.
    pub people: People,
    /// What was read so far.
    pub import: Import,
    part: String,
    place: Position,
}

impl Reader {
    /// A reader for a source that goes through its parts itself.
    pub(super) fn new(options: &Options) -> Self {
        Self {
            options: options.clone(),
            people: options.people(),
            import: Import::default(),
            part: String::new(),
            place: Position::Line(0),
        }
    }

    /// Says where in which part reading has come to, for what is skipped from there on.
    pub(super) fn come_to(&mut self, part: &str, place: Position) {
        part.clone_into(&mut self.part);
        self.place = place;
    }

    /// The name of the part that is being read.
    pub fn part(&self) -> &str {
        &self.part
    }

    /// Says where the source is in the part, for what is skipped there.
    pub fn at(&mut self, place: Position) {
        self.place = place;
    }

    /// Reads a time of the source. See [`instants::read`].
    pub fn instant(&self, text: &str) -> Result<Instant, String> {
        instants::read(text, self.options.zone.as_ref())
    }

    /// Reads a time that may be left out or stand for none.
    pub fn instant_if_set(&self, text: &str) -> Result<Option<Instant>, String> {
        if instants::is_unset(text) { Ok(None) } else { self.instant(text).map(Some) }
    }

    /// Parses a record, with the parser's reason where it cannot be.
    pub fn parse<'a, T: Deserialize<'a>>(&self, record: &Record<'a>) -> Result<T, String> {
        json::parse(record.bytes)
    }

    /// How somebody appears, and that this is who stands behind the address, wherever it turns up.
    pub fn who(&mut self, id: &str, names: &[&str], mail: &str) -> String {
        let who = self.people.appear(Known { id, mail, names });
        if mail.contains('@') {
            self.import.mails.insert(mail.to_owned(), who.clone());
        }
        who
    }

    /// Whether an instant lies in the window; one that does not is counted as left out. A source of many
    /// records asks before it builds an event.
    pub fn in_window(&mut self, at: Timestamp) -> bool {
        let inside = self.options.in_window(at);
        if !inside {
            self.import.leave_out(OUTSIDE, 1);
        }
        inside
    }

    /// Adds an event.
    pub fn push(&mut self, event: Event) {
        self.import.events.push(event);
    }

    /// Reports that what is being read cannot be, beside what else came of it.
    pub fn skip(&mut self, why: impl Into<String>) {
        let skipped = Skipped { part: self.part.clone(), position: self.place, why: why.into() };
        self.import.skipped.push(skipped);
    }
}

impl Event {
    /// An event at an instant; the rest is filled in by whoever reads it. The session names the source.
    pub fn new(id: EventId, at: &Instant, kind: Kind) -> Self {
        Self {
            id,
            at: at.at.into(),
            precision: at.precision,
            zone_from: at.zone_from.clone(),
            actor: String::new(),
            action: String::new(),
            result: String::new(),
            link: None,
            link_label: String::new(),
            kind,
            source: String::new(),
            thread: None,
            signals: Signals::default(),
            details: std::collections::BTreeMap::new(),
        }
    }

    /// Adds a detail, unless it is empty.
    #[must_use]
    pub fn with(mut self, name: &str, value: impl Into<String>) -> Self {
        let value = value.into();
        if !value.trim().is_empty() {
            self.details.insert(name.to_owned(), value);
        }
        self
    }

    /// Marks it as a milestone that the tool recorded as such.
    #[must_use]
    pub fn reaching(self, milestone: Milestone) -> Self {
        self.with("milestone", milestone.word().to_lowercase())
    }

    /// Sets who acted and what was done.
    #[must_use]
    pub fn doing(mut self, actor: impl Into<String>, action: impl Into<String>) -> Self {
        self.actor = actor.into();
        self.action = action.into();
        self
    }

    /// Sets what came of it.
    #[must_use]
    pub fn giving(mut self, result: impl Into<String>) -> Self {
        self.result = result.into();
        self
    }

    /// Sets the link and its short text, where the link is an address of the web.
    #[must_use]
    pub fn linked(mut self, link: &str, label: impl Into<String>) -> Self {
        let link = link.trim();
        if link.starts_with("https://") || link.starts_with("http://") {
            self.link = Some(link.to_owned());
            self.link_label = label.into();
        }
        self
    }
}

/// A source whose parts are JSON.
pub trait JsonSource: Default + 'static {
    /// Keys of an envelope that hold lists of records, such as `items`. See [`json::records`].
    const LISTS: &'static [&'static str] = &[];

    /// Begins a part, given whole: for what stands in its envelope, beside the lists.
    fn begin(&mut self, bytes: &[u8], reader: &mut Reader) {
        let _ = (bytes, reader);
    }

    /// Reads one record; where it cannot, says why, as a sentence without its full stop.
    fn record(&mut self, record: &Record<'_>, reader: &mut Reader) -> Result<(), String>;

    /// What is known only when all parts were read.
    fn finish(&mut self, reader: &mut Reader) {
        let _ = reader;
    }
}

/// A source whose parts are lines.
pub trait LineSource: Default + 'static {
    /// Begins a part.
    fn begin(&mut self, reader: &mut Reader) {
        let _ = reader;
    }

    /// Reads one line, without its end; where it cannot, says why, as a sentence without its full stop.
    fn line(&mut self, line: &str, reader: &mut Reader) -> Result<(), String>;

    /// What is known only when a part was read.
    fn end(&mut self, reader: &mut Reader) {
        let _ = reader;
    }
}

/// A source whose parts are neither: it goes through each by itself and says where it is.
pub trait PartSource: Default + 'static {
    /// Reads a part.
    fn part(&mut self, bytes: &[u8], reader: &mut Reader);

    /// Whether a part of this name is worth reading.
    fn wants(&self, name: &str) -> bool {
        let _ = name;
        true
    }

    /// What is known only when all parts were read.
    fn finish(&mut self, reader: &mut Reader) {
        let _ = reader;
    }
}

/// Begins reading a source of JSON: the `start` of its [`super::Source`].
pub fn json<S: JsonSource>(options: &Options) -> Box<dyn Importer> {
    Box::new(OverJson { source: S::default(), reader: Reader::new(options) })
}

/// Begins reading a source of lines: the `start` of its [`super::Source`].
pub fn lines<S: LineSource>(options: &Options) -> Box<dyn Importer> {
    Box::new(OverLines { source: S::default(), reader: Reader::new(options) })
}

/// Begins reading a source that goes through its parts by itself: the `start` of its [`super::Source`].
pub fn parts<S: PartSource>(options: &Options) -> Box<dyn Importer> {
    Box::new(OverParts { source: S::default(), reader: Reader::new(options) })
}

struct OverParts<S> {
    source: S,
    reader: Reader,
}

impl<S: PartSource> Importer for OverParts<S> {
    fn part(&mut self, name: &str, bytes: &[u8]) {
        let Self { source, reader } = self;
        name.clone_into(&mut reader.part);
        reader.place = Position::Line(0);
        source.part(bytes, reader);
    }

    fn wants(&self, name: &str) -> bool {
        self.source.wants(name)
    }

    fn finish(mut self: Box<Self>) -> Import {
        self.source.finish(&mut self.reader);
        self.reader.import
    }
}

struct OverJson<S> {
    source: S,
    reader: Reader,
}

impl<S: JsonSource> Importer for OverJson<S> {
    fn part(&mut self, name: &str, bytes: &[u8]) {
        let Self { source, reader } = self;
        name.clone_into(&mut reader.part);
        source.begin(bytes, reader);
        for record in json::records(bytes, S::LISTS) {
            reader.place = Position::Record { index: record.index, byte: record.byte };
            if let Err(why) = source.record(&record, reader) {
                reader.skip(why);
            }
        }
    }

    fn finish(mut self: Box<Self>) -> Import {
        self.source.finish(&mut self.reader);
        self.reader.import
    }
}

struct OverLines<S> {
    source: S,
    reader: Reader,
}

impl<S: LineSource> Importer for OverLines<S> {
    fn part(&mut self, name: &str, bytes: &[u8]) {
        let Self { source, reader } = self;
        name.clone_into(&mut reader.part);
        reader.place = Position::Line(0);
        source.begin(reader);
        let text = String::from_utf8_lossy(bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes));
        for (index, line) in text.lines().enumerate() {
            reader.place = Position::Line(index + 1);
            if let Err(why) = source.line(line, reader) {
                reader.skip(why);
            }
        }
        source.end(reader);
    }

    fn finish(self: Box<Self>) -> Import {
        self.reader.import
    }
}
