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
    /// the same with a date before the clock (`2026-11-20`, `Nov 20`, `20/11/2026`), `WeeChat`'s columns by tab,
    /// exports of `WhatsApp`; and what is copied from Slack, Discord and Teams, where a name and a clock stand
    /// above the text (`Ana Li  2:02 PM`, `[20/11 14:02] Ana Li`).
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
    /// - `03/04/2026` may be in March or in April: where a number above twelve does not tell, the one nearer to
    ///   `--anchor` is taken, and without an anchor none.
    /// - Nothing says who a nick is. Put it into `recount.toml` as the handle or the name of a person.
    CHAT_LOG: "chat-log", "Chat as plain text: IRC logs and what people paste", recognise,
    reader::parts::<ChatLog>
}

const CLOCK: &str =
    r"(?P<h>[01]?\d|2[0-3]):(?P<m>[0-5]\d)(?::(?P<s>[0-5]\d)(?:\.\d+)?)?(?: ?(?P<half>[AaPp])\.?[Mm]\.?)?";

/// `Nov 20 `, as `XChat` dates a line, without the year.
const MONTH: &str = r"(?P<mon>(?i:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)) +(?P<md>\d{1,2}) ";
/// `20/11/2026, `, `11/20 `: which number is the month is not said.
const NUMBERS: &str = r"(?:(?P<n1>\d{1,2})/(?P<n2>\d{1,2})(?:/(?P<year>\d{4}|\d\d))?,? )";

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
    /// `[2:02 PM]Ana Li: text`.
    bracket: Regex,
    /// `[20/11 14:02] Ana Li`, above a text.
    dated: Regex,
    /// What an exporter says itself, `20/11/2026, 14:02 - Messages are encrypted`, and what frames a log.
    aside: Regex,
    /// A clock alone, below a name.
    clock: Regex,
    /// `--- Day changed Fri Nov 20 2026`, `-- Fri, 20 Nov 2026 --`, `2026-11-20`.
    day: Regex,
}

static PATTERNS: LazyLock<Patterns> = LazyLock::new(|| {
    let compile = |pattern: &str| {
        let stamp = format!(
            r"\[?(?:(?P<date>\d{{4}}-\d\d-\d\d)(?:[ T]|, )|{MONTH}|{NUMBERS})?{CLOCK}(?P<offset>Z|[+-]\d\d:?\d\d)?\]?"
        );
        // A month's name begins the lines of machines too, which have colons but no angles.
        let plain = stamp.replace(&format!("|{MONTH}"), "");
        let pattern = pattern.replace("(?:@@)", &stamp).replace("(?:@1)", &plain);
        let pattern = pattern.replace("(?:@/)", NUMBERS).replace("(?:@)", CLOCK);
        // Fixed patterns, each tried by the tests below.
        Regex::new(&pattern).expect("a fixed pattern")
    };
    Patterns {
        angle: compile(r"^(?:@@)\s*<\s*(?P<mode>[@+%&~!]?)(?P<who>[^<>\s][^<>]{0,60}?)\s*>\s?(?P<text>.*)$"),
        colon: compile(
            r"^(?:@1)(?:\t[@+%&~]?|\s*[-–]\s+|\s+)(?P<who>[\p{L}@_][\p{L}\d_.'’@|\[\]\\^{}`-]*(?: [\p{L}\d_.'’()-]+){0,3})(?::\s|\t)(?P<text>.*)$",
        ),
        me: compile(r"^(?:@@)\s+(?:\*|\t)\s*(?P<who>[\w|\[\]\\^{}`-]+)\s+(?P<text>.*)$"),
        system: compile(
            r"^(?:@@)\s*(?:(?:-!-|\*\*\*|-->|<--|--|=!=|→|←)\s|\*+\s+(?:(?:Joins|Parts|Quits|Disconnected|Now talking|Topic|Rejoined)\b|\S+ \([^)\s]*@[^)\s]*\) has (?:joined|left|quit)|\S+ (?:gives|removes|sets) (?:channel|voice|mode)))",
        ),
        heading: compile(
            r"^(?P<who>\p{L}[^\t:]{0,60}?)(?:\s+APP)?\s{1,4}(?:—\s*)?(?:(?:Today|Yesterday) at\s)?\[?(?:@/)?(?:@)\]?$",
        ),
        bracket: compile(r"^\[(?:@/)?(?:@)\]\s*(?P<who>\p{L}[^:\[\]<>]{0,60}?):\s(?P<text>.*)$"),
        dated: compile(
            r"^\[(?P<n1>\d{1,2})/(?P<n2>\d{1,2})(?:/(?P<year>\d{4}|\d\d))?,? (?:@)\]\s+(?P<who>\p{L}[^:<>*]{0,60})$",
        ),
        aside: compile(
            r"^(?:\*{4} ENDING LOGGING|--- Log closed|Session (?:Close|Ident)|===\s|\d{1,2}/\d{1,2}/\d{2,4},? (?:@) - [^:]*$)",
        ),
        clock: compile(r"^\s*\[?(?:@)\]?\s*$"),
        day: compile(
            r"^(?:-{2,3}\s*|\*{4} )?(?:(?:Day changed(?: to)?|Log opened|BEGIN LOGGING AT|Session (?:Start|Time):)\s+)?(?:(?P<iso>\d{4}-\d\d-\d\d)|(?:\w{3},?\s+)?(?P<mon>[A-Z][a-z]{2})\s+(?P<d>\d{1,2})(?:\s+[\d:]+)?,?\s+(?P<y>\d{4})|\w{3},\s+(?P<d2>\d{1,2})\s+(?P<mon2>[A-Z][a-z]{2})\s+(?P<y2>\d{4}))(?:\s*-{2,3})?\s*$",
        ),
    }
});

static NAMED_DAY: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"(?:^|\D)(\d{4})-?(\d\d)-?(\d\d)(?:\D|$)").expect("a fixed pattern"));

/// Words before a colon that name a level of a log rather than a person.
const LEVELS: &[&str] =
    &["info", "warn", "warning", "error", "debug", "trace", "fatal", "notice", "critical"];

fn recognise(part: &Part<'_>) -> Confidence {
    let text = spaced(part.text().into_owned());
    let lines: Vec<&str> = text.lines().filter(|line| !line.trim().is_empty()).take(30).collect();
    let patterns = &*PATTERNS;
    let columns = lines.iter().filter(|line| WEECHAT.is_match(line)).count();
    if columns > 1 && columns * 5 >= lines.len() * 4 && lines.iter().any(|line| MARKED.is_match(line)) {
        return Confidence::Sure;
    }
    let angle = lines.iter().filter(|line| patterns.angle.is_match(line)).count();
    let colon = lines.iter().filter(|line| colon(line).is_some() || is_head(line, patterns)).count();
    // Only a few of the lines around may be none: joins, changes of day, texts of several lines.
    if angle >= 2 || (angle == 1 && lines.len() == 1) {
        Confidence::Sure
    } else if colon >= 2 && colon * 3 >= lines.len() {
        Confidence::Shape
    } else {
        Confidence::No
    }
}

/// The clock of a line where Slack and Discord leave the name out, since the same person goes on.
fn goes_on(line: &str) -> Option<Captures<'_>> {
    let is_bare = line.starts_with('[') || !(line.starts_with(' ') || line.ends_with(['M', 'm']));
    PATTERNS.clock.captures(line).filter(|_| is_bare)
}

fn is_head(line: &str, patterns: &Patterns) -> bool {
    [&patterns.heading, &patterns.dated, &patterns.clock].iter().any(|pattern| pattern.is_match(line))
}

fn colon(line: &str) -> Option<Captures<'_>> {
    let patterns = &*PATTERNS;
    let found = patterns.bracket.captures(line).or_else(|| patterns.colon.captures(line))?;
    let who = found["who"].to_lowercase();
    Some(found).filter(|_| !LEVELS.contains(&&*who) && !who.contains("m]"))
}

/// Three columns by tab, as `WeeChat` logs.
static WEECHAT: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\t[^\t]*\t").expect("a fixed pattern"));
/// One of them that no other file has: who may speak, a join, what somebody does.
static MARKED: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"^\S+ \S+\t(?:[@+%&~]\S+| ?(?:-->|<--|--|=!=|\*))\t").expect("a fixed pattern")
});

/// With plain spaces, and without the marks of writing direction that phones put in.
fn spaced(text: String) -> String {
    if !text.contains(['\u{202f}', '\u{a0}', '\u{200e}']) {
        return text;
    }
    text.replace(['\u{202f}', '\u{a0}'], " ").replace('\u{200e}', "")
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
    /// The half of the day of the last clock that had one: a clock below it may leave it out.
    half: Option<bool>,
    /// The year of dates that have none.
    year: Option<i16>,
}

impl PartSource for ChatLog {
    fn part(&mut self, bytes: &[u8], reader: &mut Reader) {
        let text = spaced(
            String::from_utf8_lossy(bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes)).into_owned(),
        );
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
            if patterns.aside.is_match(line) && (angled || open.is_none() || !line.starts_with("===")) {
                reader.import.leave_out("line that is no message", 1);
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
                .or_else(|| patterns.dated.captures(line))
                .or_else(|| patterns.heading.captures(line));
            let again = match (&found, &open) {
                (None, Some(open)) => goes_on(line).map(|clock| (clock, open.who.clone())),
                _ => None,
            };
            let (found, name) = match (found, again) {
                (Some(found), _) => {
                    let name = found["who"].to_owned();
                    (found, name)
                }
                (None, Some(again)) => again,
                // A name with its clock on the next line.
                (None, None) => match lines
                    .peek()
                    .filter(|(_, next)| open.is_none() || goes_on(next).is_none())
                    .and_then(|(_, next)| patterns.clock.captures(next))
                {
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
            half: None,
            year: reader.options.year,
            zone,
        }
    }

    fn instant(&mut self, found: &Captures<'_>) -> Result<Instant, String> {
        let number = |name: &str| found.name(name).and_then(|digits| digits.as_str().parse::<i8>().ok());
        let mut hour = number("h").unwrap_or(0);
        let half = found.name("half").map(|half| half.as_str().eq_ignore_ascii_case("p"));
        match half.or(self.half.filter(|_| hour <= 12)) {
            Some(true) if hour < 12 => hour += 12,
            Some(false) if hour == 12 => hour = 0,
            _ => {}
        }
        self.half = half.or(self.half);
        let precision = if found.name("s").is_some() { Precision::Second } else { Precision::Minute };
        let clock = Time::new(hour, number("m").unwrap_or(0), number("s").unwrap_or(0), 0)
            .map_err(|error| error.to_string())?;
        if let Some(date) = self.date(found)? {
            let naive = date.to_datetime(clock);
            (self.day, self.last, self.anchored) = (Some(date), Some(clock), false);
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

impl Days {
    /// The date that stands before a clock, if one does.
    fn date(&self, found: &Captures<'_>) -> Result<Option<Date>, String> {
        let text = |name: &str| found.name(name).map(|text| text.as_str());
        if let Some(date) = text("date") {
            return date.parse().map(Some).map_err(|error: jiff::Error| error.to_string());
        }
        let near = self.day;
        if let (Some(month), Some(day)) = (text("mon"), text("md")) {
            let year = near
                .map(Date::year)
                .or(self.year)
                .ok_or_else(|| format!("`{month} {day}` has no year; say it with `--year` or `--anchor`"))?;
            let mut name = month.to_ascii_lowercase();
            name[..1].make_ascii_uppercase();
            let in_year = |year: i16| Date::strptime("%e %b %Y", format!("{day} {name} {year}"));
            let date = in_year(year).map_err(|error| error.to_string())?;
            // A log that goes on over New Year.
            let is_over = near.is_some_and(|near| days_apart(near, date) > 180 && date < near);
            return if is_over { in_year(year + 1).map_err(|error| error.to_string()) } else { Ok(date) }
                .map(Some);
        }
        let (Some(first), Some(second)) = (text("n1"), text("n2")) else { return Ok(None) };
        let given = text("year").and_then(|year| year.parse::<i16>().ok());
        let given = given.map(|year| if year < 100 { 2000 + year } else { year });
        let year = given.or(near.map(Date::year)).or(self.year);
        let year = year
            .ok_or_else(|| format!("`{first}/{second}` has no year; say it with `--year` or `--anchor`"))?;
        let of = |month: &str, day: &str| Date::new(year, month.parse().ok()?, day.parse().ok()?).ok();
        match (of(first, second), of(second, first), near) {
            (Some(date), None, _) | (None, Some(date), _) => Ok(Some(date)),
            (Some(one), Some(other), _) if one == other => Ok(Some(one)),
            (Some(one), Some(other), Some(near)) => {
                Ok(Some(if days_apart(near, one) <= days_apart(near, other) { one } else { other }))
            }
            (Some(_), Some(_), None) => Err(format!(
                "nobody knows which number of `{first}/{second}` is the month; say an instant at or before it with `--anchor`"
            )),
            (None, None, _) => Err(format!("`{first}/{second}` is no date")),
        }
    }
}

fn days_apart(one: Date, other: Date) -> i32 {
    one.duration_until(other).as_hours().abs().try_into().map_or(i32::MAX, |hours: i32| hours / 24)
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
    fn what_frames_a_log_is_no_message_and_says_which_day_it_is() {
        for text in [
            "**** BEGIN LOGGING AT Wed Nov 25 14:00:00 2026\n\nNov 25 14:00:00 *\tNow talking on #ops\nNov 25 15:02:05 <ana>\thi\nNov 25 15:02:06 *\tbo (~bo@x) has joined #ops\n**** ENDING LOGGING AT Wed Nov 25 16:00:00 2026\n",
            "Session Start: Wed Nov 25 14:00:00 2026\nSession Ident: #ops\n[15:02:05] <ana> hi\n[15:03] * Joins: bo (~bo@x)\nSession Close: Wed Nov 25 16:00:00 2026\n",
            "=== ana_ is now known as ana\n[2026-11-25 15:02:05] <ana> hi\n",
        ] {
            let import = read("chat.txt", text, None);
            assert_eq!(import.skipped.len(), 0, "{:?}", import.skipped);
            let told: Vec<_> = import.events.iter().map(|e| (e.instant().to_string(), &*e.action)).collect();
            assert_eq!(told, [("2026-11-25T14:02:05Z".to_owned(), "hi")], "{text}");
        }
    }

    #[test]
    fn who_goes_on_is_not_named_again_and_keeps_the_half_of_the_day() {
        for text in [
            "Ana Li\n  3:02 PM\na\n3:03\nb\nBo\n  3:05 PM\nc\n",
            "Ana Li — Today at 3:02 PM\na\n[3:03 PM]\nb\nBo — Today at 3:05 PM\nc\n",
        ] {
            assert_eq!(recognise(&Part::new("chat.txt", text.as_bytes())), Confidence::Shape, "{text}");
            let import = read("chat.txt", text, Some("2026-11-25T12:00:00Z"));
            let told: Vec<_> = import
                .events
                .iter()
                .map(|e| format!("{} {}: {}", e.instant().strftime("%H:%M"), e.actor, e.action))
                .collect();
            assert_eq!(told, ["14:02 Ana Li: a", "14:03 Ana Li: b", "14:05 Bo: c"], "{text}");
        }
    }

    #[test]
    fn a_date_of_two_numbers_is_taken_only_where_something_tells_the_month() {
        let import = read("chat.txt", "03/04/2026, 15:02 - Ana: hi\n", None);
        assert!(import.skipped[0].why.contains("nobody knows which number"), "{:?}", import.skipped);
        for anchor in ["2026-03-04T10:00:00Z", "2026-04-03T10:00:00Z"] {
            let import = read("chat.txt", "03/04/2026, 15:02 - Ana: hi\n", Some(anchor));
            assert_eq!(import.events[0].instant().to_string()[..10], anchor[..10]);
        }
    }

    #[test]
    fn the_columns_of_weechat_are_known_by_their_marks() {
        let text = "2026-11-25 15:02:05\t@ana\thello\n2026-11-25 15:02:09\t-->\tbo (~bo@x) has joined #ops\n2026-11-25 15:03:19\t *\tbo waves\n";
        assert_eq!(recognise(&Part::new("ops.weechatlog", text.as_bytes())), Confidence::Sure);
        let import = read("ops.weechatlog", text, None);
        assert_eq!(import.events.iter().map(|e| &*e.actor).collect::<Vec<_>>(), ["ana", "bo"]);
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
            ("[3:02 PM]Ana Li: hi", "14:02:00", "Ana Li", "hi"),
            ("Nov 25 15:02:05 <[-z-]>\thi", "14:02:05", "[-z-]", "hi"),
            ("25/11/2026, 15:02 - Ana Li: hi", "14:02:00", "Ana Li", "hi"),
            ("[25/11/2026, 15:02:05] Ana Li: hi", "14:02:05", "Ana Li", "hi"),
            ("11/25/26, 3:02\u{202f}PM - Ana Li: hi", "14:02:00", "Ana Li", "hi"),
            ("Ana Li — Today at 3:02 PM\nhi", "14:02:00", "Ana Li", "hi"),
            ("[25/11 15:02] Ana Li\nhi", "14:02:00", "Ana Li", "hi"),
            ("[11/25 3:02 PM] Li, Ana\n    hi", "14:02:00", "Li, Ana", "hi"),
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
