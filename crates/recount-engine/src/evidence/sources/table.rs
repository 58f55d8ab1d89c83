//! The source `table`: rows of no known source, as CSV, TSV, JSON or JSON Lines, through a mapping. What a
//! mapping is stands in `evidence::mapping`.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use csv::{ReaderBuilder, StringRecord};
use jiff::civil;
use jiff::tz::TimeZone;
use serde::de::IgnoredAny;

use crate::config::nearest;
use crate::evidence::event::{Event, Kind, Precision};
use crate::evidence::identity::{hashed_id, own_id, sha256_hex};
use crate::evidence::instants::{self, Instant};
use crate::evidence::json::{elements, members, reason};
use crate::evidence::live::Failure;
use crate::evidence::mapping::{self, Mapping, Wrong, kind_named, says_utc, ticked};
use crate::evidence::phrases;
use crate::evidence::plain::letters_and_digits as plain;
use crate::evidence::reader::{self, PartSource, Reader};
use crate::evidence::redact::redact;
use crate::evidence::source::{Confidence, Part, Position, source};

source! {
    /// # What it reads
    ///
    /// Rows that have a time and say what happened, whatever they are called: CSV and TSV (`,`, `;`, tab or
    /// `|`; quotes, cells of several lines, a byte order mark, Excel's UTF-16), a list of JSON objects, JSON
    /// Lines, or an envelope around them (`{"items": […]}`, Elasticsearch's hits).
    ///
    /// # How to get it
    ///
    /// From anything that exports a table. Say which column or key holds what:
    ///
    /// ```sh
    /// recount import INC-0042 changes.csv --map 'time=ts,actor=user,action={verb} {object},kind=deploy'
    /// ```
    ///
    /// The fields are `time`, `actor`, `action`, `result`, `link`, `kind`, `id`, `service`, `severity`,
    /// `alert` and `details.NAME`. A key is a column's name or number (`1` is the first), or a path in JSON
    /// (`user.name`, `tags.0`). Braces join several; quotes give a text itself (`service="checkout"`). `kind`
    /// may name a kind instead. Where fields are left out, columns that are called `time`, `timestamp`,
    /// `user`, `message`, `url` and the like are used, and the import says which. A mapping that is needed
    /// again belongs into `recount.toml`, under `[evidence.mappings.NAME]`.
    ///
    /// # What becomes an event
    ///
    /// Each row with a time and a text. Its kind is the one that is mapped; without one, a row that nobody
    /// acts in and that reads like an alert or a deploy of a program is that, and any other is a message,
    /// which comes in where it states an action or a milestone. Rows have no IDs of their own unless `id` is
    /// mapped: then a corrected row replaces what it was. Only what is mapped is kept.
    ///
    /// # Traps
    ///
    /// - Times without an offset are skipped unless `--zone` says what they mean, or the column does (`Time
    ///   (UTC)`). `20.11.2026 14:02` is read, `11/20/2026` is not: nobody knows which number is the month.
    /// - Epochs in s, ms, µs and ns are told apart by their size, and are never rounded.
    /// - The order of the rows means nothing. The same row twice is one event.
    /// - A quote that is never closed would swallow the rest of the file: such a row is skipped alone.
    /// - Map `id` only to what is another one in each row, not to the number of an incident.
    TABLE: "table", "Rows of any other origin: CSV, TSV, JSON, JSON Lines, through a mapping", recognise,
    reader::parts::<Table>
}

/// Keys of an envelope around rows.
const LISTS: &[&str] = &[
    "items", "results", "data", "records", "rows", "events", "entries", "logs", "hits", "values", "value",
    "list", "result", "response", "messages",
];

fn recognise(part: &Part<'_>) -> Confidence {
    let peek = part.peek();
    let fits = if peek.is_json() {
        // Keys that stand beside each other, at the top or in an envelope.
        let mut beside: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
        for path in peek.paths() {
            let (around, key) = path.rsplit_once('.').unwrap_or(("", path));
            if around.split('.').all(|key| key.is_empty() || key == "_source" || LISTS.contains(&key)) {
                beside.entry(around).or_default().push(key);
            }
        }
        beside.values().any(|keys| mapping::tells(keys))
    } else {
        let text = decoded(part.head);
        let (_, lines) = without_separator_line(&text);
        let first = lines.lines().next().unwrap_or("");
        DELIMITERS.iter().any(|delimiter| {
            let names: Vec<&str> = first.split(char::from(*delimiter)).map(unquoted).collect();
            names.iter().all(|name| name.chars().count() <= 60) && mapping::tells(&names)
        })
    };
    if fits { Confidence::Shape } else { Confidence::No }
}

fn unquoted(cell: &str) -> &str {
    cell.trim().trim_matches('"')
}

#[derive(Default)]
struct Table {
    /// Kinds that rows name and nobody knows.
    unknown_kinds: BTreeSet<String>,
    without_kind: bool,
}

impl PartSource for Table {
    fn part(&mut self, bytes: &[u8], reader: &mut Reader) {
        let mapping = match Mapping::parse(&reader.options.mapping) {
            Ok(mapping) => mapping,
            Err(wrong) => return reader.skip(wrong.to_string()),
        };
        let text = decoded(bytes);
        let is_json = matches!(text.trim_ascii_start().bytes().next(), Some(b'{' | b'['));
        let read = if is_json {
            self.json(text.as_bytes(), &mapping, reader)
        } else {
            self.delimited(&text, &mapping, reader)
        };
        match read {
            Ok(()) => {}
            // Somebody said what the columns are, and they are not: nothing of this part can be believed.
            Err(wrong) if !reader.options.mapping.is_empty() => reader.import.failures.push(Failure {
                message: format!("{} in `{}`", wrong.message, reader.part()),
                hint: wrong.help,
                status: None,
                is_limit: false,
                partial: Vec::new(),
            }),
            Err(wrong) => {
                reader.at(Position::Line(1));
                reader.skip(wrong.to_string());
            }
        }
    }

    fn finish(&mut self, reader: &mut Reader) {
        if !self.unknown_kinds.is_empty() {
            let names = ticked(self.unknown_kinds.iter().map(String::as_str));
            reader.import.note(format!("rows of these kinds were read as messages: {names}"));
        }
        if self.without_kind {
            reader.import.note(
                "no kind is mapped: rows come in where they state an action or a milestone; `--map kind=deploy` \
                 says what all of them are, `--map kind=COLUMN` what each is",
            );
        }
    }
}

/// A row, by its columns or keys.
trait Row {
    fn value(&self, key: &str) -> String;
}

impl Table {
    fn row(&mut self, row: &dyn Row, mapping: &Mapping, naive: &Naive, reader: &mut Reader) {
        let field = |name: &str| {
            mapping.get(name).map(|template| template.fill(|key| row.value(key))).unwrap_or_default()
        };
        let (action, alert) = (field("action"), field("alert"));
        if action.is_empty() && alert.is_empty() {
            return reader.import.leave_out("a row without a text", 1);
        }
        let instant = match naive.read(&field("time"), reader) {
            Ok(instant) => instant,
            Err(why) => return reader.skip(why),
        };
        if !reader.in_window(instant.at) {
            return;
        }
        let actor = field("actor");
        let mail = if actor.contains('@') { actor.as_str() } else { "" };
        let actor = if actor.is_empty() { actor } else { reader.who("", &[&actor], mail) };
        let asked = reader.options.mapping.contains_key("kind");
        let (kind, reported) = self.kind(&field("kind"), &action, &actor, !alert.is_empty(), asked);
        let mut own = field("id");
        // A name is shown everywhere: one that looks like a secret is not.
        if matches!(redact(&own), Cow::Owned(_)) {
            own = sha256_hex(own.as_bytes(), 16);
        }
        let id = if own.is_empty() {
            hashed_id("row", instant.at, &actor, if action.is_empty() { &alert } else { &action })
        } else {
            own_id("row", &[&own])
        };
        let alert = if alert.is_empty() { reported.unwrap_or_default() } else { alert };
        let (service, severity) = (field("service"), field("severity"));
        let action = if action.is_empty() { told(kind, &alert, &service, &severity) } else { action };
        let mut event = Event::new(id, &instant, kind)
            .doing(actor, action)
            .giving(field("result"))
            .linked(&field("link"), "link")
            .with("alert", alert)
            .with("service", service)
            .with("severity", severity);
        for (name, template) in mapping.details() {
            event = event.with(name, template.fill(|key| row.value(key)));
        }
        reader.push(event);
    }

    /// The kind of a row, and the alert that it reports where that stands in its text.
    fn kind(
        &mut self,
        named: &str,
        action: &str,
        actor: &str,
        alert: bool,
        is_asked_for: bool,
    ) -> (Kind, Option<String>) {
        if let Some(kind) = kind_named(named) {
            return (kind, None);
        }
        if !named.is_empty() && is_asked_for && self.unknown_kinds.len() < 100 {
            self.unknown_kinds.insert(named.chars().take(40).collect());
        }
        if alert {
            return (Kind::AlertFiring, None);
        }
        if let Some((kind, alert)) = phrases::reported(action).filter(|_| actor.is_empty()) {
            return (kind, alert.map(str::to_owned));
        }
        self.without_kind |= named.is_empty();
        (Kind::Message, None)
    }

    fn json(&mut self, bytes: &[u8], mapping: &Mapping, reader: &mut Reader) -> Result<(), Wrong> {
        let rows = json_rows(bytes);
        // Which keys there are is known from the first rows: later ones have the same, or fewer.
        let mut names = BTreeSet::new();
        for (_, row) in rows.iter().take(200) {
            names.extend(members(row).map(|(key, ..)| String::from_utf8_lossy(key).into_owned()));
        }
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        let has = |key: &str| rows.iter().any(|(_, row)| find(row, key).is_some());
        let mut mapping = resolved(mapping, &names, has, reader)?;
        if let Some((_, row)) = rows.first() {
            join_date(&mut mapping, &names, &JsonRow(row));
        }
        let naive = Naive::of(&mapping, &names);
        for (index, (byte, row)) in rows.iter().enumerate() {
            reader.at(Position::Record { index: index + 1, byte: *byte });
            match serde_json::from_slice::<IgnoredAny>(row) {
                Err(error) => reader.skip(reason(&error)),
                Ok(_) if row.first() != Some(&b'{') => reader.skip("a row is expected to be an object"),
                Ok(_) => self.row(&JsonRow(row), &mapping, &naive, reader),
            }
        }
        Ok(())
    }

    fn delimited(&mut self, text: &str, mapping: &Mapping, reader: &mut Reader) -> Result<(), Wrong> {
        let (separator, body) = without_separator_line(text);
        let skipped_lines = text[..text.len() - body.len()].matches('\n').count();
        let delimiter = separator.unwrap_or_else(|| sniffed(body));
        let mut rows = Rows::new(body, delimiter, skipped_lines + 1);
        let Some(Ok((first_line, first))) = rows.next() else { return Ok(()) };
        rows.width = first.len();
        let names: Vec<String> = first.iter().map(|name| name.trim().to_owned()).collect();
        let by_number = mapping.keys().next().is_some()
            && mapping.keys().all(|key| is_number(key) && !names.iter().any(|name| name == key));
        // Where every key is a number, and the first row has a time, it is no header.
        let by_number = by_number
            && mapping.get("time").is_some_and(|time| {
                let row = Columns { names: &names, cells: &first };
                let zone = reader.options.zone.clone().unwrap_or(TimeZone::UTC);
                read_time(&time.fill(|key| row.value(key)), Some(&zone)).is_ok()
            });
        let shown: Vec<&str> =
            if by_number { Vec::new() } else { names.iter().map(String::as_str).collect() };
        let has = |key: &str| column(&names, key).is_some();
        let mut mapping = resolved(mapping, &shown, has, reader)?;
        let mut first = by_number.then_some((first_line, first));
        let mut naive = None;
        while let Some(read) = first.take().map(Ok).or_else(|| rows.next()) {
            let (line, cells) = match read {
                Ok(row) => row,
                Err((line, why)) => {
                    reader.at(Position::Line(line));
                    reader.skip(why);
                    continue;
                }
            };
            if cells.iter().all(|cell| cell.trim().is_empty()) {
                continue;
            }
            let row = Columns { names: &names, cells: &cells };
            let naive = naive.get_or_insert_with(|| {
                join_date(&mut mapping, &shown, &row);
                Naive::of(&mapping, &shown)
            });
            reader.at(Position::Line(line));
            self.row(&row, &mapping, naive, reader);
        }
        Ok(())
    }
}

/// What a row without a text says of its alert.
fn told(kind: Kind, alert: &str, service: &str, severity: &str) -> String {
    let verb = if kind == Kind::AlertResolved { "resolved" } else { "fired" };
    let service = if service.is_empty() { String::new() } else { format!(" for {service}") };
    let severity = if severity.is_empty() { String::new() } else { format!(" ({severity})") };
    format!("{alert} {verb}{service}{severity}")
}

/// The mapping that these names complete; an error where a key is not there, or where nothing says what
/// holds the time and the text.
fn resolved(
    mapping: &Mapping,
    names: &[&str],
    has: impl Fn(&str) -> bool,
    reader: &mut Reader,
) -> Result<Mapping, Wrong> {
    if let Some(missing) = mapping.keys().find(|key| !has(key)) {
        let help = match nearest(missing, names.iter().copied()) {
            Some(near) => format!("did you mean `{near}`?"),
            None => format!("there are {}", ticked(names.iter().copied())),
        };
        return Err(Wrong { message: format!("there is no column or key `{missing}`"), help });
    }
    let (whole, said) = mapping.completed(names);
    let lacks = |field: &str, what: &str| Wrong {
        message: format!("nothing says which column or key holds {what}"),
        help: format!(
            "say it with `--map {field}=NAME`; there are {}",
            if names.is_empty() { "none with names".to_owned() } else { ticked(names.iter().copied()) }
        ),
    };
    if whole.get("time").is_none() {
        return Err(lacks("time", "the time"));
    }
    if whole.get("action").is_none() && whole.get("alert").is_none() {
        return Err(lacks("action", "what happened"));
    }
    if !said.is_empty() {
        reader.import.note(format!("read by its own names: {}; `--map` changes that", said.join(", ")));
    }
    Ok(whole)
}

/// Where a date stands in one column and a clock in another, both make the time.
fn join_date(mapping: &mut Mapping, names: &[&str], row: &dyn Row) {
    let find = |wanted: &str| names.iter().find(|name| plain(name) == wanted);
    let (Some(date), Some(clock)) =
        (find("date").or_else(|| find("day")), mapping.get("time").and_then(|t| t.keys().next()))
    else {
        return;
    };
    let value = row.value(clock);
    let is_clock = value.contains(':') && value.trim().len() <= 15 && !value.contains(['-', '/', 'T']);
    if is_clock && clock != *date && !row.value(date).is_empty() {
        let (date, clock) = ((*date).to_owned(), clock.to_owned());
        mapping.join_time(&date, &clock);
    }
}

/// How times without an offset are read in this part.
struct Naive {
    utc: bool,
}

impl Naive {
    fn of(mapping: &Mapping, names: &[&str]) -> Self {
        let time = mapping.get("time");
        let column = |key: &str| match key.parse::<usize>() {
            Ok(number) => names.get(number.wrapping_sub(1)).copied().unwrap_or("").to_owned(),
            Err(_) => key.to_owned(),
        };
        Self { utc: time.is_some_and(|time| time.keys().any(|key| says_utc(&column(key)))) }
    }

    fn read(&self, text: &str, reader: &Reader) -> Result<Instant, String> {
        if self.utc {
            read_time(text, Some(&TimeZone::UTC))
        } else {
            read_time(text, reader.options.zone.as_ref())
        }
    }
}

/// Reads a time of a table: what machines write, and dates with full stops, where the day always comes first.
fn read_time(text: &str, zone: Option<&TimeZone>) -> Result<Instant, String> {
    let read = instants::read(text, zone);
    if read.is_err() && text.matches('.').count() >= 2 {
        for (format, precision) in [
            ("%d.%m.%Y %H:%M:%S%.f", Precision::Second),
            ("%d.%m.%Y, %H:%M:%S", Precision::Second),
            ("%d.%m.%Y %H:%M", Precision::Minute),
            ("%d.%m.%Y, %H:%M", Precision::Minute),
        ] {
            if let Ok(naive) = civil::DateTime::strptime(format, text.trim()) {
                return instants::in_zone(naive, precision, zone);
            }
        }
    }
    read
}

fn is_number(key: &str) -> bool {
    !key.is_empty() && key.bytes().all(|byte| byte.is_ascii_digit())
}

/// The text of an export: UTF-8 with or without a mark, or UTF-16 as Excel writes it.
fn decoded(bytes: &[u8]) -> Cow<'_, str> {
    let wide = |of: fn([u8; 2]) -> u16| {
        let units: Vec<u16> = bytes[2..].chunks_exact(2).map(|pair| of([pair[0], pair[1]])).collect();
        Cow::Owned(String::from_utf16_lossy(&units))
    };
    match bytes {
        [0xff, 0xfe, ..] => wide(u16::from_le_bytes),
        [0xfe, 0xff, ..] => wide(u16::from_be_bytes),
        [0xef, 0xbb, 0xbf, rest @ ..] => String::from_utf8_lossy(rest),
        _ => String::from_utf8_lossy(bytes),
    }
}

const DELIMITERS: &[u8] = b",;\t|";

/// Excel may say in a line of its own which delimiter follows: `sep=;`.
fn without_separator_line(text: &str) -> (Option<u8>, &str) {
    let text = text.trim_start_matches(['\n', '\r']);
    let Some((line, rest)) = text.split_once('\n') else { return (None, text) };
    match line.trim_end().strip_prefix("sep=").map(str::as_bytes) {
        Some([delimiter]) if DELIMITERS.contains(delimiter) => (Some(*delimiter), rest),
        _ => (None, text),
    }
}

/// The delimiter that gives the first rows the same number of cells, and the most of them.
fn sniffed(text: &str) -> u8 {
    let score = |delimiter: u8| {
        let mut reader = builder(delimiter).from_reader(text.as_bytes());
        let widths: Vec<usize> = reader.records().take(6).flatten().map(|record| record.len()).collect();
        let first = widths.first().copied().unwrap_or(0);
        if first < 2 { (0, 0) } else { (widths.iter().filter(|width| **width == first).count(), first) }
    };
    DELIMITERS.iter().rev().copied().max_by_key(|delimiter| score(*delimiter)).unwrap_or(b',')
}

fn builder(delimiter: u8) -> ReaderBuilder {
    let mut builder = ReaderBuilder::new();
    builder.has_headers(false).flexible(true).delimiter(delimiter);
    builder
}

/// The rows of a table with their lines. A row of several lines that has too few cells has a quote that is
/// never closed: it alone is given up, and reading goes on below its first line.
struct Rows<'a> {
    text: &'a str,
    delimiter: u8,
    reader: csv::Reader<&'a [u8]>,
    /// Where the reader began.
    base: usize,
    /// Up to where lines were counted, and how many.
    counted: (usize, usize),
    restarts: usize,
    width: usize,
}

/// How many rows may be given up so: each costs reading what it swallowed.
const MOST_RESTARTS: usize = 100;

impl<'a> Rows<'a> {
    fn new(text: &'a str, delimiter: u8, line: usize) -> Self {
        let reader = builder(delimiter).from_reader(text.as_bytes());
        Self { text, delimiter, reader, base: 0, counted: (0, line), restarts: 0, width: 0 }
    }

    /// The line of a place behind all that were asked for.
    fn line(&mut self, at: usize) -> usize {
        let between = self.text.as_bytes().get(self.counted.0..at).unwrap_or_default();
        self.counted = (at.max(self.counted.0), self.counted.1 + memchr::memchr_iter(b'\n', between).count());
        self.counted.1
    }

    fn place(&self) -> usize {
        let used = usize::try_from(self.reader.position().byte()).unwrap_or(usize::MAX);
        self.base.saturating_add(used).min(self.text.len())
    }
}

impl Iterator for Rows<'_> {
    type Item = Result<(usize, StringRecord), (usize, String)>;

    fn next(&mut self) -> Option<Self::Item> {
        let bytes = self.text.as_bytes();
        let mut begins = self.place();
        begins += bytes[begins..].iter().take_while(|byte| matches!(byte, b'\n' | b'\r')).count();
        let line = self.line(begins);
        let mut record = StringRecord::new();
        match self.reader.read_record(&mut record) {
            Ok(false) => return None,
            Ok(true) => {}
            Err(error) => return Some(Err((line, format!("the row cannot be read: {error}")))),
        }
        let taken = bytes.get(begins..self.place()).unwrap_or_default().trim_ascii_end();
        if record.len() < self.width
            && let Some(end) = memchr::memchr(b'\n', taken)
        {
            self.restarts += 1;
            if self.restarts > MOST_RESTARTS {
                self.base = bytes.len();
                self.reader = builder(self.delimiter).from_reader(&[]);
                return Some(Err((line, "too many quotes are not closed; the rest was not read".to_owned())));
            }
            self.base = begins + end + 1;
            self.reader = builder(self.delimiter).from_reader(&bytes[self.base..]);
            return Some(Err((line, "a quote is not closed in this row".to_owned())));
        }
        Some(Ok((line, record)))
    }
}

/// Where a column stands that is named, or numbered from 1.
fn column(names: &[String], key: &str) -> Option<usize> {
    names
        .iter()
        .position(|name| name == key)
        .or_else(|| names.iter().position(|name| name.eq_ignore_ascii_case(key)))
        .or_else(|| names.iter().position(|name| !plain(key).is_empty() && plain(name) == plain(key)))
        .or_else(|| key.parse::<usize>().ok().filter(|at| (1..=names.len()).contains(at)).map(|at| at - 1))
}

struct Columns<'a> {
    names: &'a [String],
    cells: &'a StringRecord,
}

impl Row for Columns<'_> {
    fn value(&self, key: &str) -> String {
        let cell = column(self.names, key).and_then(|at| self.cells.get(at)).unwrap_or("").trim();
        // What databases and spreadsheets write for nothing.
        if matches!(cell, "NULL" | "null" | "\\N" | "-" | "N/A" | "#N/A") {
            String::new()
        } else {
            cell.to_owned()
        }
    }
}

struct JsonRow<'a>(&'a [u8]);

impl Row for JsonRow<'_> {
    fn value(&self, key: &str) -> String {
        let Some(value) = find(self.0, key) else { return String::new() };
        // Of somebody or something that is told at length, its name.
        let named = || {
            ["name", "displayName", "username", "login", "email"]
                .iter()
                .filter_map(|name| find(value, name).map(scalar))
                .find(|name| !name.is_empty())
        };
        if value.starts_with(b"{") { named().unwrap_or_default() } else { scalar(value) }
    }
}

/// The value at a path: `user.name`, `tags.0`; a key may hold full stops itself.
fn find<'a>(value: &'a [u8], path: &str) -> Option<&'a [u8]> {
    match value.first()? {
        b'{' => members(value).find_map(|(key, _, inner)| {
            let key = std::str::from_utf8(key).ok()?;
            let rest = path.strip_prefix(key)?;
            if rest.is_empty() { Some(inner) } else { find(inner, rest.strip_prefix('.')?) }
        }),
        b'[' => {
            let (at, rest) = path.split_once('.').unwrap_or((path, ""));
            let (_, element) = elements(value).nth(at.parse().ok()?)?;
            if rest.is_empty() { Some(element) } else { find(element, rest) }
        }
        _ => None,
    }
}

/// A scalar as text, a number as it was written; of a list, its scalars.
fn scalar(value: &[u8]) -> String {
    match value.first() {
        Some(b'"') => serde_json::from_slice(value).unwrap_or_default(),
        Some(b'0'..=b'9' | b'-' | b't' | b'f') => String::from_utf8_lossy(value).into_owned(),
        Some(b'[') => {
            let all: Vec<String> = elements(value)
                .filter(|(_, element)| !matches!(element.first(), Some(b'[' | b'{')))
                .map(|(_, element)| scalar(element))
                .filter(|text| !text.is_empty())
                .collect();
            all.join(", ")
        }
        _ => String::new(),
    }
}

/// The rows of JSON: of one object that is an envelope, those of its list.
fn json_rows(bytes: &[u8]) -> Vec<(usize, &[u8])> {
    let mut rows: Vec<(usize, &[u8])> = elements(bytes).collect();
    // An envelope inside an envelope, as Elasticsearch has.
    for _ in 0..3 {
        let &[(at, only)] = &rows[..] else { break };
        let names = keys(only);
        if mapping::tells(&names.iter().map(|name| &**name).collect::<Vec<_>>()) {
            break;
        }
        let inner = members(only).find(|(key, _, value)| {
            LISTS.iter().any(|list| list.as_bytes() == *key) && matches!(value.first(), Some(b'[' | b'{'))
        });
        let Some((_, inside, value)) = inner else { break };
        rows = if value.starts_with(b"[") {
            elements(value).map(|(offset, row)| (at + inside + offset, row)).collect()
        } else {
            vec![(at + inside, value)]
        };
    }
    for (at, row) in &mut rows {
        if let Some((_, inside, source)) = members(row).find(|(key, ..)| *key == b"_source") {
            (*at, *row) = (*at + inside, source);
        }
    }
    rows
}

fn keys(object: &[u8]) -> Vec<Cow<'_, str>> {
    members(object).map(|(key, ..)| String::from_utf8_lossy(key)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::evidence::source::{Import, Session};
    use crate::evidence::{Options, Row as Cells};

    fn read(text: &str, mapping: &[(&str, &str)]) -> Import {
        let mapping = mapping.iter().map(|(a, b)| ((*a).to_owned(), (*b).to_owned())).collect();
        let mut session = Session::new(&TABLE, Options { mapping, ..Options::default() });
        session.part("rows", text.as_bytes());
        session.finish()
    }

    #[test]
    fn what_a_mapping_asks_for_and_is_not_there_is_said_with_what_is() {
        const JSON: &str = r#"[{"when_it_was":"2026-11-20T14:02:05Z","msg":"x"}]"#;
        for (text, mapping, said) in [
            ("ts,what\n", vec![("time", "tss")], "there is no column or key `tss`; did you mean `ts`?"),
            ("ts,what\n", vec![("time", "zeit")], "there is no column or key `zeit`; there are `ts`, `what`"),
            ("ts,what\n", vec![("tme", "ts")], "there is no field `tme` to map to; did you mean `time`?"),
            (
                "a,message\n",
                vec![],
                "nothing says which column or key holds the time; say it with `--map time=NAME`; there are `a`, `message`",
            ),
            (
                "ts,b\n",
                vec![],
                "nothing says which column or key holds what happened; say it with `--map action=NAME`; there are `ts`, `b`",
            ),
            (
                JSON,
                vec![("time", "when.it_was")],
                "there is no column or key `when.it_was`; did you mean `when_it_was`?",
            ),
        ] {
            let import = read(text, &mapping);
            let said_of: Vec<String> = import
                .skipped
                .iter()
                .map(|skipped| skipped.why.clone())
                .chain(
                    import
                        .failures
                        .iter()
                        .map(|wrong| format!("{}; {}", wrong.message.replace(" in `rows`", ""), wrong.hint)),
                )
                .collect();
            assert_eq!(said_of, [said], "{text}");
            // A field that there is none of is refused before anything is read.
            let is_error = mapping.iter().all(|(field, _)| *field == "time") && !mapping.is_empty();
            assert_eq!(import.failures.len(), usize::from(is_error), "{text}");
            assert!(import.events.is_empty());
        }
    }

    #[test]
    fn lists_of_deploys_and_nested_names_are_understood_by_themselves() {
        let told = |text: &str| -> Vec<String> {
            assert_eq!(recognise(&Part::new("x", text.as_bytes())), Confidence::Shape, "{text}");
            let import = read(text, &[]);
            import.events.iter().map(|e| format!("{:?} {}: {}", e.kind, e.actor, e.action)).collect()
        };
        let deploys = "deployed_at,service,version,environment,deployed_by,status\n\
                       2026-11-20T14:02:05Z,shop,v42,production,Ana Li,success\n";
        assert_eq!(told(deploys), ["Deploy Ana Li: Deployed shop v42 to production"]);
        let nested =
            r#"{"messages":[{"timestamp":"2026-11-20T14:02:05Z","text":"x","author":{"name":"Ana Li"}}]}"#;
        assert_eq!(told(nested), ["Message Ana Li: x"]);
    }

    #[test]
    fn a_kind_is_one_for_all_rows_or_that_of_its_column() {
        let text = "ts,message,status\n1795615325,x,firing\n1795615326,y,resolved\n1795615327,z,odd\n";
        let kinds = |kind: &str| -> Vec<Kind> {
            read(text, &[("kind", kind)]).events.iter().map(|event| event.kind).collect()
        };
        assert_eq!(kinds("deploy"), [Kind::Deploy; 3]);
        assert_eq!(kinds("message"), [Kind::Message; 3]);
        assert_eq!(kinds("status"), [Kind::AlertFiring, Kind::AlertResolved, Kind::Message]);
        assert!(read(text, &[("kind", "status")]).notes[1].contains("`odd`"));
    }

    #[test]
    fn utf_16_is_read_as_the_text_that_it_is() {
        let text = "time\tmessage\n2026-11-20T14:02:05Z\tdraußen\n";
        let mut bytes = vec![0xff, 0xfe];
        bytes.extend(text.encode_utf16().flat_map(u16::to_le_bytes));
        assert_eq!(recognise(&Part::new("x.txt", &bytes)), Confidence::Shape);
        let mut session = Session::new(&TABLE, Options::default());
        session.part("x.txt", &bytes);
        let import = session.finish();
        assert_eq!(Cells::new(&import.events[0], None, None).action, "draußen");
    }

    #[test]
    fn quotes_that_are_never_closed_do_not_make_reading_endless() {
        let text = format!("time,message,c\n{}", "1795615325,\"x\n".repeat(2_000));
        let import = read(&text, &[]);
        assert!(import.skipped.last().is_some_and(|last| last.why.contains("too many")));
    }
}
