//! The source `syslog`: the log files of machines, in the forms of RFC 5424, RFC 3164 and rsyslog. What a line
//! tells stands in `machine_log`.

use std::sync::LazyLock;

use jiff::civil;
use jiff::tz::TimeZone;
use regex::Regex;

use super::machine_log::{self, Line, Settling};
use crate::evidence::event::{Event, Precision};
use crate::evidence::identity::hashed_id;
use crate::evidence::instants::{self, Instant};
use crate::evidence::reader::{self, LineSource, Reader};
use crate::evidence::redact::redact;
use crate::evidence::source::{Confidence, Part, source};

source! {
    /// # What it reads
    ///
    /// Syslog messages, one a line or framed by their length (`57 <34>1 …`), with or without their priority
    /// (`<34>`): RFC 5424, RFC 3164 (`Nov 20 14:02:05 web-1 sshd[811]: …`), and what rsyslog writes with the times
    /// of RFC 3339.
    ///
    /// # How to get it
    ///
    /// ```sh
    /// sudo zcat -f /var/log/syslog.1 /var/log/syslog | grep '^Nov 20' > syslog.txt
    /// ```
    ///
    /// On Red Hat and its kin the file is `/var/log/messages`, and what `sudo` did is in `/var/log/secure`; on
    /// Debian in `/var/log/auth.log`. Where there is a journal, `journalctl -o json` says more.
    ///
    /// # What becomes an event
    ///
    /// The same as from the journal: services that started, stopped, restarted or failed, memory that ran out,
    /// crashes, shutdowns and boots, and commands run with `sudo`. Other lines of the severity `err` or graver are
    /// candidates; where the priority is not written, those whose words tell of an error. The rest is counted.
    ///
    /// # Traps
    ///
    /// - The old form has neither year nor zone. Neither is guessed: `--zone` says where the machine's clock is
    ///   set, `--year` the year of the first line; a log that passes New Year goes on in the next. Where `--from`
    ///   and `--to` leave but one year, that is taken, and said.
    /// - A relay writes its own time and name over those of the machine.
    /// - Two lines that are the same in the same second are one event.
    SYSLOG: "syslog", "Syslog files (RFC 5424, RFC 3164, rsyslog)", recognise, reader::lines::<Syslog>
}

fn recognise(part: &Part<'_>) -> Confidence {
    let text = part.text();
    let mut lines: Vec<&str> = text.lines().filter(|line| !line.trim().is_empty()).take(40).collect();
    if part.head.len() >= crate::evidence::source::HEAD && lines.len() > 1 {
        lines.pop();
    }
    let read: Vec<Message<'_>> = lines.iter().filter_map(|line| Message::of(unframed(line).1)).collect();
    if read.is_empty() || read.len() * 2 < lines.len() {
        return Confidence::No;
    }
    let clear =
        |message: &&Message<'_>| message.priority.is_some() || message.has_process || message.app == "kernel";
    if read.iter().filter(clear).count() * 2 >= read.len() { Confidence::Sure } else { Confidence::Possible }
}

static PRIORITY: LazyLock<Regex> = LazyLock::new(|| Regex::new(r"^<(\d{1,3})>").expect("a fixed pattern"));
static FRAME: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"^(\d{1,6}) <\d{1,3}>").expect("a fixed pattern"));
/// `Nov 20 14:02:05`, with a year before or behind the date where a device writes one.
static STAMP: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"^[*.]?(?:(\d{4}) )?(Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec) +(\d{1,2})(?: (\d{4}))? (\d{2}):(\d{2}):(\d{2})(?:\.\d+)?:? ")
        .expect("a fixed pattern")
});
static ISO: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"^(\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}:\d{2}(?:[.,]\d+)?(?:Z|[+-]\d{2}:?\d{2})?) ")
        .expect("a fixed pattern")
});
static TAG: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"^(?:([^\s:\[\]]+) )?([^\s:\[\]]{1,64}?)(\[\d+\])?: ?(.*)$").expect("a fixed pattern")
});
const MONTHS: [&str; 12] =
    ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/// When a message says that it was written.
#[derive(Clone, Copy)]
enum When<'a> {
    /// A time with its date, and mostly its zone.
    Dated(&'a str),
    /// A date that may lack its year, and has no zone.
    Stamp { year: Option<i16>, month: i8, day: i8, time: civil::Time },
    /// Not at all.
    Unsaid,
}

struct Message<'a> {
    priority: Option<u16>,
    when: When<'a>,
    host: &'a str,
    app: &'a str,
    has_process: bool,
    text: &'a str,
}

/// A line without the length before it, and that length.
fn unframed(line: &str) -> (Option<usize>, &str) {
    let length = FRAME.captures(line).and_then(|frame| frame.get(1));
    match length {
        Some(length) => (length.as_str().parse().ok(), &line[length.end() + 1..]),
        None => (None, line),
    }
}

impl<'a> Message<'a> {
    fn of(line: &'a str) -> Option<Self> {
        let line = line.trim_start_matches('\u{feff}');
        let (priority, rest) =
            match PRIORITY.captures(line).and_then(|found| Some((found.get(0)?.end(), found.get(1)?))) {
                Some((end, number)) => {
                    (Some(number.as_str().parse().ok().filter(|number| *number < 192)?), &line[end..])
                }
                None => (None, line),
            };
        if let (Some(_), Some(rest)) = (priority, rest.strip_prefix("1 ")) {
            return Self::structured(priority, rest);
        }
        let (when, rest) = if let Some(stamp) = STAMP.captures(rest) {
            let number = |index: usize| stamp.get(index).and_then(|text| text.as_str().parse::<i16>().ok());
            let small = |index| number(index).and_then(|number| i8::try_from(number).ok());
            let month = MONTHS.iter().position(|month| *month == &stamp[2])?;
            let time = civil::Time::new(small(5)?, small(6)?, small(7)?.min(59), 0).ok()?;
            let when = When::Stamp {
                year: number(1).or(number(4)),
                month: i8::try_from(month + 1).ok()?,
                day: small(3)?,
                time,
            };
            (when, &rest[stamp.get(0)?.end()..])
        } else {
            let stamp = ISO.captures(rest)?;
            (When::Dated(stamp.get(1)?.as_str()), &rest[stamp.get(0)?.end()..])
        };
        let Some(tag) = TAG.captures(rest) else {
            // Old devices name no program; the priority alone says that it is a message.
            let (host, text) = rest.split_once(' ').filter(|_| priority.is_some())?;
            return Some(Self { priority, when, host, app: "", has_process: false, text });
        };
        let piece = |index| tag.get(index).map_or("", |piece| piece.as_str());
        let (host, app) = (piece(1), piece(2));
        Some(Self { priority, when, host, app, has_process: tag.get(3).is_some(), text: piece(4) })
    }

    /// RFC 5424: time, host, program, process, kind, structured data, text; `-` where there is none.
    fn structured(priority: Option<u16>, rest: &'a str) -> Option<Self> {
        let mut fields = rest.splitn(6, ' ');
        let mut next = || fields.next().map(|field| if field == "-" { "" } else { field });
        let (time, host, app, process, _, rest) = (next()?, next()?, next()?, next()?, next()?, next()?);
        let when = if time.is_empty() { When::Unsaid } else { When::Dated(time) };
        let text = past_structured_data(rest).trim_start().trim_start_matches('\u{feff}');
        let app = app.rsplit('/').next().unwrap_or(app);
        Some(Self { priority, when, host, app, has_process: !process.is_empty(), text })
    }
}

/// What follows `[id name="value"][…]`: in a value a bracket may stand, escaped or not.
fn past_structured_data(text: &str) -> &str {
    if let Some(text) = text.strip_prefix('-') {
        return text;
    }
    let (mut quoted, mut escaped, mut open) = (false, false, false);
    for (at, c) in text.char_indices() {
        match c {
            _ if escaped => escaped = false,
            '\\' if quoted => escaped = true,
            '"' if open => quoted = !quoted,
            '[' if !open => open = true,
            ']' if !quoted => open = false,
            _ if open => {}
            _ => return &text[at..],
        }
    }
    ""
}

#[derive(Default)]
struct Syslog {
    settling: Settling,
    /// A message that was framed by its length and goes on over the end of its line.
    open: Option<(usize, String)>,
    /// The month of the line before, and how many New Years the log has passed.
    month: Option<i8>,
    years: i16,
    /// Whether the missing zone or year was reported for this part.
    asked: bool,
}

impl LineSource for Syslog {
    fn begin(&mut self, _: &mut Reader) {
        (self.open, self.month, self.years, self.asked) = (None, None, 0, false);
    }

    fn line(&mut self, line: &str, reader: &mut Reader) -> Result<(), String> {
        if let Some((length, mut text)) = self.open.take() {
            text.push('\n');
            text.push_str(line);
            if text.len() < length {
                self.open = Some((length, text));
                return Ok(());
            }
            return self.framed(length, &text, reader);
        }
        match unframed(line) {
            (Some(length), message) => self.framed(length, message, reader),
            (None, _) => self.message(line, reader),
        }
    }

    fn end(&mut self, reader: &mut Reader) {
        if let Some((_, text)) = self.open.take()
            && let Err(why) = self.message(&text, reader)
        {
            reader.skip(why);
        }
        self.settling.settle(reader);
    }
}

impl Syslog {
    /// Takes messages off a text that is framed by lengths; the last may go on in the next line.
    fn framed(&mut self, length: usize, text: &str, reader: &mut Reader) -> Result<(), String> {
        let (mut length, mut text) = (length, text);
        loop {
            if text.len() < length {
                self.open = Some((length, text.to_owned()));
                return Ok(());
            }
            let end = (length..=text.len()).find(|end| text.is_char_boundary(*end)).unwrap_or(text.len());
            let (message, rest) = text.split_at(end);
            if let Err(why) = self.message(message, reader) {
                reader.skip(why);
            }
            match unframed(rest) {
                (Some(next), rest) => (length, text) = (next, rest),
                (None, rest) if rest.trim().is_empty() => return Ok(()),
                (None, _) => return Err("what follows this message has no length before it".into()),
            }
        }
    }

    fn message(&mut self, line: &str, reader: &mut Reader) -> Result<(), String> {
        if line.trim().is_empty() {
            return Ok(());
        }
        let Some(message) = Message::of(line) else {
            if line.starts_with('<') {
                return Err("this line begins as a message and is none".into());
            }
            reader.import.leave_out("lines that are no messages", 1);
            return Ok(());
        };
        let year = self.follow_year(&message.when);
        let text = machine_log::without_colours(message.text);
        let read = Line {
            host: message.host,
            app: message.app,
            message: &text,
            priority: message.priority.and_then(|priority| u8::try_from(priority % 8).ok()),
            ..Line::default()
        };
        let told = match machine_log::read(&read, reader) {
            Ok(told) => told,
            Err(why) => {
                reader.import.leave_out(why, 1);
                return Ok(());
            }
        };
        let at = match placed(&message.when, year, reader) {
            Ok(Some(at)) => at,
            Ok(None) => {
                reader.import.leave_out("outside the window", 1);
                return Ok(());
            }
            Err(why) if self.asked => {
                reader.import.leave_out("lines whose time cannot be placed", 1);
                drop(why);
                return Ok(());
            }
            Err(why) => {
                // One question is enough for a file of thousands of such lines.
                self.asked = !matches!(message.when, When::Unsaid);
                return Err(why);
            }
        };
        // Nothing of a secret goes into a name, not even its hash.
        let who = format!("{} {}", message.host, message.app);
        let id = hashed_id("syslog", at.at, &who, &redact(message.text));
        let event = machine_log::filled(Event::new(id, &at, told.kind), &told, &read);
        self.settling.push(event, &told, message.host, reader);
        Ok(())
    }

    /// How many New Years lie between the first line and this one: a log goes on from December in January.
    fn follow_year(&mut self, when: &When<'_>) -> i16 {
        if let When::Stamp { month, .. } = when {
            match (self.month.replace(*month), *month) {
                (Some(11..), 1 | 2) => self.years += 1,
                (Some(1 | 2), 11..) => self.years -= 1,
                _ => {}
            }
        }
        self.years
    }
}

/// The instant of a message; nothing where it lies outside the window in any year.
fn placed(when: &When<'_>, years: i16, reader: &mut Reader) -> Result<Option<Instant>, String> {
    let (written, month, day, time) = match *when {
        When::Unsaid => return Err("this message has no time".into()),
        When::Dated(text) => {
            let at = reader.instant(&text.replace(',', "."))?;
            return Ok(Some(at));
        }
        When::Stamp { year, month, day, time } => (year, month, day, time),
    };
    let in_year = |year: i16, zone: Option<&TimeZone>| {
        let date = civil::Date::new(year, month, day).map_err(|_| {
            format!("`{} {day}` is no day of {year}", MONTHS[usize::try_from(month - 1).unwrap_or(0)])
        })?;
        instants::in_zone(date.to_datetime(time), Precision::Second, zone)
    };
    let zone = reader.options.zone.clone();
    if let Some(year) = written {
        return in_year(year, zone.as_ref()).map(Some);
    }
    if let Some(year) = reader.options.year {
        let at = in_year(year + years, zone.as_ref())?;
        reader
            .import
            .note(format!("dates carry no year: the first line was taken to be of {year}, as given"));
        if years != 0 {
            reader.import.note(format!("the log passes New Year: its dates go on in {}", year + years));
        }
        return Ok(Some(at));
    }
    if zone.is_none() {
        return Err("its time has neither year nor zone; say them with `--year` and `--zone`".into());
    }
    let (Some(from), Some(to)) = (reader.options.from, reader.options.to) else {
        return Err("its date has no year; say which with `--year`".into());
    };
    let years = [from, to].map(|at| at.to_zoned(TimeZone::UTC).year());
    let mut fits: Vec<Instant> = (years[0] - 1..=years[1] + 1)
        .filter_map(|year| in_year(year, zone.as_ref()).ok())
        .filter(|at| reader.options.in_window(at.at))
        .collect();
    match fits.len() {
        0 => Ok(None),
        1 => {
            reader
                .import
                .note("dates carry no year: it was taken from the window, in which there is but one");
            Ok(fits.pop())
        }
        _ => Err("its date has no year, and the window leaves more than one; say which with `--year`".into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::evidence::source::{Import, Options, Session};

    const LINE: &[u8] = b"Nov 20 15:02:05 web-1 systemd[1]: nginx.service: Failed with result 'timeout'.\n";

    fn import(options: Options) -> Import {
        let mut session = Session::new(&SYSLOG, options);
        session.part("syslog", LINE);
        session.finish()
    }

    #[test]
    fn the_year_follows_from_a_window_that_leaves_one_and_is_asked_for_otherwise() {
        let zone = TimeZone::get("Europe/Berlin").ok();
        let at = |text: &str| Some(text.parse().expect("a time"));
        let (from, to) = (at("2026-11-19T00:00:00Z"), at("2026-11-22T00:00:00Z"));
        let placed = import(Options { zone: zone.clone(), from, to, ..Options::default() });
        assert_eq!(placed.events[0].instant().to_string(), "2026-11-20T14:02:05Z");
        assert!(placed.notes[0].contains("from the window"), "{:?}", placed.notes);

        let wide = Options { zone: zone.clone(), from: at("2025-01-01T00:00:00Z"), to, ..Options::default() };
        let half = Options { zone: zone.clone(), from, ..Options::default() };
        for (options, asks) in [
            (Options::default(), "`--year` and `--zone`"),
            (Options { year: Some(2026), ..Options::default() }, "--zone"),
            (Options { zone, ..Options::default() }, "`--year`"),
            (half, "`--year`"),
            (wide, "more than one"),
        ] {
            let import = import(options);
            assert!(import.events.is_empty());
            assert!(import.skipped[0].why.contains(asks), "{:?}", import.skipped);
        }
    }

    #[test]
    fn a_log_that_passes_new_year_goes_on_in_the_next() {
        let text = "Dec 31 23:59:58 a systemd[1]: x.service: Failed with result 'a'.\n\
                    Jan  1 00:00:02 a systemd[1]: x.service: Failed with result 'a'.\n";
        let options = Options { zone: Some(TimeZone::UTC), year: Some(2026), ..Options::default() };
        let mut session = Session::new(&SYSLOG, options);
        session.part("syslog", text.as_bytes());
        let import = session.finish();
        let times: Vec<String> = import.events.iter().map(|event| event.instant().to_string()).collect();
        assert_eq!(times, ["2026-12-31T23:59:58Z", "2027-01-01T00:00:02Z"]);
    }

    #[test]
    fn a_stream_of_framed_messages_without_line_ends_is_gone_through_once() {
        let message = "<27>1 2026-11-20T14:02:05Z web-1 app 1 - - boom";
        let text = format!("{} {message}", message.len()).repeat(20_000);
        let mut session = Session::new(&SYSLOG, Options::default());
        session.part("stream", text.as_bytes());
        let import = session.finish();
        assert_eq!((import.events.len(), import.left_out.get("duplicate")), (1, Some(&19_999)));
    }
}
