//! The source `chat-log`: chat as plain text, as IRC clients log it and as people paste it.

use std::sync::LazyLock;

use jiff::civil::{Date, DateTime, Time};
use jiff::tz::TimeZone;
use regex::{Captures, Regex};

use crate::evidence::event::{Event, Kind, Precision};
use crate::evidence::identity::hashed_id;
use crate::evidence::instants::{self, Instant};
use crate::evidence::phrases;
use crate::evidence::reader::{self, PartSource, Reader};
use crate::evidence::source::{Confidence, Part, Position, source};

source! {
    /// # What it reads
    ///
    /// Chat as text, a message a line: `[14:02] <ana> …` and `14:02:05 < ana> …` of IRC clients, `14:02 ana: …`,
    /// the same with a date before the clock, `WeeChat`'s columns by tab; and what is copied from Slack and
    /// Teams, where a name and a clock stand above the text (`Ana Li  2:02 PM`).
    ///
    /// # How to get it
    ///
    /// Copy the hours of the incident out of the log or the window into a file. Clocks are those of who saw
    /// them, and most have no date, so say both:
    ///
    /// ```sh
    /// recount import INC-0042 chat.txt --zone Europe/Berlin --anchor '2026-11-20 13:00'
    /// ```
    ///
    /// `--anchor` is any instant at or before the first line, by less than a day. It may be left out where
    /// lines carry a date, where the log says which day it is (`--- Day changed Fri Nov 20 2026`), or where
    /// the file is named after it (`#ops.2026-11-20.log`).
    ///
    /// # What becomes an event
    ///
    /// Each message, with the lines that follow it. The same words as in any chat bring it into the timeline.
    /// A nick that ends in `bot` is a program, and its reports are read as those. Joins and leaves are
    /// counted and left out.
    ///
    /// # Traps
    ///
    /// - A clock that goes back by more than six hours is midnight: the next day begins.
    /// - Clocks without seconds are exact to the minute, and the order of the lines inside it is lost.
    /// - Nothing says who a nick is. Put it into `recount.toml` as the handle or the name of a person.
    CHAT_LOG: "chat-log", "Chat as plain text: IRC logs and what people paste", recognise,
    reader::parts::<ChatLog>
}

const CLOCK: &str =
    r"(?P<h>[01]?\d|2[0-3]):(?P<m>[0-5]\d)(?::(?P<s>[0-5]\d)(?:\.\d+)?)?(?: ?(?P<half>[AaPp])\.?[Mm]\.?)?";

struct Patterns {
    /// `[14:02] <ana> text`.
    angle: Regex,
    /// `14:02 ana: text`.
    colon: Regex,
    /// `14:02 * ana text`: what somebody says of themselves.
    me: Regex,
    /// `14:02 -!- ana has joined`.
    system: Regex,
    /// `Ana Li  2:02 PM`, above a text.
    heading: Regex,
    /// A clock alone, below a name.
    clock: Regex,
    /// `--- Day changed Fri Nov 20 2026`, `-- Fri, 20 Nov 2026 --`, `2026-11-20`.
    day: Regex,
}

static PATTERNS: LazyLock<Patterns> = LazyLock::new(|| {
    let compile = |pattern: &str| {
        let stamp =
            format!(r"\[?(?:(?P<date>\d{{4}}-\d\d-\d\d)(?:[ T]|, ))?{CLOCK}(?P<offset>Z|[+-]\d\d:?\d\d)?\]?");
        // Fixed patterns, each tried by the tests below.
        Regex::new(&pattern.replace("(?:@@)", &stamp).replace("(?:@)", CLOCK)).expect("a fixed pattern")
    };
    Patterns {
        angle: compile(r"^(?:@@)\s*<\s*(?P<mode>[@+%&~!]?)(?P<who>[^<>\s][^<>]{0,60}?)\s*>\s?(?P<text>.*)$"),
        colon: compile(
            r"^(?:@@)(?:\t[@+%&~]?|\s*[-–]\s+|\s+)(?P<who>[\p{L}@_][\p{L}\d_.'’@|\[\]\\^{}`-]*(?: [\p{L}\d_.'’()-]+){0,3})(?::\s|\t)(?P<text>.*)$",
        ),
        me: compile(r"^(?:@@)\s+(?:\*|\t)\s*(?P<who>[\w|\[\]\\^{}`-]+)\s+(?P<text>.*)$"),
        system: compile(r"^(?:@@)\s*(?:-!-|\*\*\*|-->|<--|--|=!=|→|←)\s+(?P<text>.*)$"),
        heading: compile(r"^(?P<who>\p{L}[^\t:]{0,60}?)(?:\s+APP)?\s{1,4}(?:—\s*)?\[?(?:@)\]?$"),
        clock: compile(r"^\s*\[?(?:@)\]?\s*$"),
        day: compile(
            r"^(?:-{2,3}\s*)?(?:(?:Day changed(?: to)?|Log opened)\s+)?(?:(?P<iso>\d{4}-\d\d-\d\d)|(?:\w{3},?\s+)?(?P<mon>[A-Z][a-z]{2})\s+(?P<d>\d{1,2})(?:\s+[\d:]+)?,?\s+(?P<y>\d{4})|\w{3},\s+(?P<d2>\d{1,2})\s+(?P<mon2>[A-Z][a-z]{2})\s+(?P<y2>\d{4}))(?:\s*-{2,3})?\s*$",
        ),
    }
});

static NAMED_DAY: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"(?:^|\D)(\d{4})-?(\d\d)-?(\d\d)(?:\D|$)").expect("a fixed pattern"));

/// Words before a colon that name a level of a log rather than a person.
const LEVELS: &[&str] =
    &["info", "warn", "warning", "error", "debug", "trace", "fatal", "notice", "critical"];

fn recognise(part: &Part<'_>) -> Confidence {
    let text = part.text();
    let lines: Vec<&str> = text.lines().filter(|line| !line.trim().is_empty()).take(30).collect();
    let patterns = &*PATTERNS;
    let angle = lines.iter().filter(|line| patterns.angle.is_match(line)).count();
    let colon = lines.iter().filter(|line| colon(line).is_some() || patterns.heading.is_match(line)).count();
    // Only a few of the lines around may be none: joins, changes of day, texts of several lines.
    if angle >= 2 || (angle == 1 && lines.len() == 1) {
        Confidence::Sure
    } else if colon >= 2 && colon * 3 >= lines.len() {
        Confidence::Shape
    } else {
        Confidence::No
    }
}

fn colon(line: &str) -> Option<Captures<'_>> {
    PATTERNS.colon.captures(line).filter(|found| !LEVELS.contains(&found["who"].to_lowercase().as_str()))
}

#[derive(Default)]
struct ChatLog;

/// A message while its lines are read.
struct Open {
    line: usize,
    at: Instant,
    who: String,
    text: String,
}

/// Where in time a log is.
struct Days {
    zone: Option<TimeZone>,
    day: Option<Date>,
    last: Option<Time>,
    /// No line was read since the anchor.
    anchored: bool,
}

impl PartSource for ChatLog {
    fn part(&mut self, bytes: &[u8], reader: &mut Reader) {
        let text = String::from_utf8_lossy(bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes));
        let mut days = Days::new(reader);
        let (mut open, mut angled) = (None::<Open>, false);
        let mut lines = text.lines().enumerate().peekable();
        while let Some((index, line)) = lines.next() {
            reader.at(Position::Line(index + 1));
            let line = line.trim_end();
            if line.trim().is_empty() {
                continue;
            }
            let patterns = &*PATTERNS;
            if let Some(day) = patterns.day.captures(line).as_ref().and_then(day_of) {
                (days.day, days.last, days.anchored) = (Some(day), None, false);
                continue;
            }
            let is_angle = patterns.angle.captures(line);
            angled |= is_angle.is_some();
            if is_angle.is_none() && patterns.system.is_match(line) {
                reader.import.leave_out("join or leave", 1);
                continue;
            }
            let found = is_angle
                .or_else(|| patterns.me.captures(line))
                .or_else(|| colon(line))
                .or_else(|| patterns.heading.captures(line));
            let (found, name) = match found {
                Some(found) => {
                    let name = found["who"].to_owned();
                    (found, name)
                }
                // A name with its clock on the next line.
                None => match lines.peek().and_then(|(_, next)| patterns.clock.captures(next)) {
                    Some(found) if line.chars().count() <= 60 && !line.contains(':') => {
                        lines.next();
                        (found, line.trim().to_owned())
                    }
                    _ => {
                        match &mut open {
                            Some(open) if !angled => {
                                open.text.push('\n');
                                open.text.push_str(line.trim());
                            }
                            _ => reader.skip("the line is no message, and follows none"),
                        }
                        continue;
                    }
                },
            };
            close(open.take(), reader);
            let at = match days.instant(&found) {
                Ok(at) => at,
                Err(why) => {
                    reader.at(Position::Line(index + 1));
                    reader.skip(why);
                    // What one line lacks, all lack.
                    if days.zone.is_none() || days.day.is_none() {
                        return;
                    }
                    continue;
                }
            };
            let text = found.name("text").map_or("", |text| text.as_str()).trim().to_owned();
            open = Some(Open { line: index + 1, at, who: name.trim().to_owned(), text });
        }
        close(open, reader);
    }
}

fn close(open: Option<Open>, reader: &mut Reader) {
    let Some(Open { line, at, who, text }) = open else { return };
    reader.at(Position::Line(line));
    let text = text.trim();
    if text.is_empty() {
        return reader.import.leave_out("message without a text", 1);
    }
    if !reader.in_window(at.at) {
        return;
    }
    let is_bot = who.to_lowercase().ends_with("bot");
    let (kind, alert) = match phrases::reported(text).filter(|_| is_bot) {
        Some((kind, alert)) => (kind, alert.unwrap_or("").to_owned()),
        None => (Kind::Message, String::new()),
    };
    let id = hashed_id("chat", at.at, &who, text);
    let actor = reader.who("", &[&who], "");
    let mut event = Event::new(id, &at, kind).doing(actor, text).with("alert", alert);
    event.signals.bot = is_bot;
    reader.push(event);
}

impl Days {
    /// The day of the first line, from the anchor or the file's name.
    fn new(reader: &Reader) -> Self {
        let zone = reader.options.zone.clone();
        let file = reader.part().rsplit('/').next().unwrap_or("");
        let named = NAMED_DAY.captures(file).and_then(|found| {
            let number = |at: usize| found[at].parse::<i16>().ok();
            Date::new(number(1)?, i8::try_from(number(2)?).ok()?, i8::try_from(number(3)?).ok()?).ok()
        });
        let anchor = reader.options.anchor.zip(zone.as_ref()).map(|(at, zone)| zone.to_datetime(at));
        Self {
            day: anchor.map(DateTime::date).or(named),
            // The first line is at the anchor or after it.
            last: anchor.map(DateTime::time),
            anchored: anchor.is_some(),
            zone,
        }
    }

    fn instant(&mut self, found: &Captures<'_>) -> Result<Instant, String> {
        let number = |name: &str| found.name(name).and_then(|digits| digits.as_str().parse::<i8>().ok());
        let mut hour = number("h").unwrap_or(0);
        match found.name("half").map(|half| half.as_str().to_ascii_lowercase()).as_deref() {
            Some("p") if hour < 12 => hour += 12,
            Some("a") if hour == 12 => hour = 0,
            _ => {}
        }
        let precision = if found.name("s").is_some() { Precision::Second } else { Precision::Minute };
        let clock = Time::new(hour, number("m").unwrap_or(0), number("s").unwrap_or(0), 0)
            .map_err(|error| error.to_string())?;
        if let Some(date) = found.name("date") {
            let date = date.as_str().parse::<Date>().map_err(|error| error.to_string())?;
            let naive = date.to_datetime(clock);
            (self.day, self.last) = (Some(date), Some(clock));
            if let Some(offset) = found.name("offset") {
                let read = instants::read(
                    &format!("{}{}", naive.strftime("%Y-%m-%dT%H:%M:%S"), offset.as_str()),
                    None,
                )?;
                return Ok(Instant { precision, ..read });
            }
            return instants::in_zone(naive, precision, self.zone.as_ref());
        }
        if self.zone.is_none() {
            return Err(format!("`{clock}` has no zone; say which one the clocks are in with `--zone`"));
        }
        let Some(day) = self.day else {
            return Err(format!("`{clock}` has no date; say an instant at or before it with `--anchor`"));
        };
        let back = self.last.map_or(0, |last| seconds(last) - seconds(clock));
        // The anchor is before the first line; after that only midnight makes a clock go back so far.
        let allowed = if std::mem::take(&mut self.anchored) { 0 } else { SIX_HOURS };
        if back > allowed {
            self.day = Some(day.tomorrow().map_err(|error| error.to_string())?);
        }
        self.last = Some(clock);
        instants::in_zone(self.day.unwrap_or(day).to_datetime(clock), precision, self.zone.as_ref())
    }
}

const SIX_HOURS: i32 = 6 * 3_600;

fn seconds(clock: Time) -> i32 {
    i32::from(clock.hour()) * 3_600 + i32::from(clock.minute()) * 60 + i32::from(clock.second())
}

fn day_of(found: &Captures<'_>) -> Option<Date> {
    if let Some(iso) = found.name("iso") {
        return iso.as_str().parse().ok();
    }
    let text =
        |names: [&str; 2]| names.into_iter().find_map(|name| found.name(name)).map(|text| text.as_str());
    let written = format!("{} {} {}", text(["d", "d2"])?, text(["mon", "mon2"])?, text(["y", "y2"])?);
    Date::strptime("%e %b %Y", written).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::evidence::source::Session;
    use crate::evidence::{Import, Options};

    fn read(name: &str, text: &str, anchor: Option<&str>) -> Import {
        let options = Options {
            zone: TimeZone::get("Europe/Berlin").ok(),
            anchor: anchor.and_then(|at| at.parse().ok()),
            ..Options::default()
        };
        let mut session = Session::new(&CHAT_LOG, options);
        session.part(name, text.as_bytes());
        session.finish()
    }

    #[test]
    fn a_line_is_read_in_every_habit() {
        for (line, at, who, text) in [
            ("[15:02] <ana> hi: you", "14:02:00", "ana", "hi: you"),
            ("15:02:05 < @ana> hi", "14:02:05", "ana", "hi"),
            ("15:02 ana: hi", "14:02:00", "ana", "hi"),
            ("[3:02 PM] Ana Li: hi", "14:02:00", "Ana Li", "hi"),
            ("[2026-11-25 15:02:05] <ana> hi", "14:02:05", "ana", "hi"),
            ("2026-11-25T14:02:05Z <ana> hi", "14:02:05", "ana", "hi"),
            ("2026-11-25 15:02:05\tana\thi", "14:02:05", "ana", "hi"),
            ("15:02 * ana restarts web", "14:02:00", "ana", "restarts web"),
            ("Ana Li  3:02 PM\nhi", "14:02:00", "Ana Li", "hi"),
            ("Ana Li\n  15:02\nhi", "14:02:00", "Ana Li", "hi"),
        ] {
            let import = read("chat.txt", line, Some("2026-11-25T12:00:00Z"));
            let told: Vec<_> = import
                .events
                .iter()
                .map(|event| {
                    (
                        event.instant().strftime("%H:%M:%S").to_string(),
                        event.actor.as_str(),
                        event.action.as_str(),
                    )
                })
                .collect();
            assert_eq!(told, [(at.to_owned(), who, text)], "{line} {:?}", import.skipped);
        }
    }

    #[test]
    fn a_clock_takes_its_day_from_the_anchor_the_log_or_the_name_and_goes_over_midnight() {
        let text = "23:59 ana: a\n00:01 bo: b\n00:00 bo: c\n";
        for (name, text, anchor) in [
            ("chat.txt", text.to_owned(), Some("2026-11-25T12:00:00Z")),
            ("ops.2026-11-25.log", text.to_owned(), None),
            ("chat.txt", format!("--- Log opened Wed Nov 25 10:00:00 2026\n{text}"), None),
            ("chat.txt", format!("-- Wed, 25 Nov 2026 --\n{text}"), None),
        ] {
            let import = read(name, &text, anchor);
            let days: Vec<String> = import.events.iter().map(|event| event.instant().to_string()).collect();
            assert_eq!(
                days,
                ["2026-11-25T22:59:00Z", "2026-11-25T23:00:00Z", "2026-11-25T23:01:00Z"],
                "{text}"
            );
        }
        let import = read("chat.txt", "00:05 ana: a\n", Some("2026-11-25T22:50:00Z"));
        assert_eq!(import.events[0].instant().to_string(), "2026-11-25T23:05:00Z");
        let import = read("chat.txt", "10:00 ana: a\n", Some("2026-11-25T12:00:00Z"));
        assert_eq!(import.events[0].instant().to_string(), "2026-11-26T09:00:00Z");
        assert!(read("chat.txt", text, None).skipped[0].why.contains("--anchor"));
    }
}
