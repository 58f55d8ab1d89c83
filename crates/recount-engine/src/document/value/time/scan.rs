//! Takes the text of a time apart: date, clock, zone, doubts, and the end of a range.
//!
//! What lives here: recognising the pieces in whatever order people write them. Every byte of the text
//! must belong to a piece, else the text is not a time. What does not: making an instant of the pieces.

use jiff::civil::Date;

use super::{Precision, TimeProblem};
use crate::document::value::{
    date::{self, Scanned},
    digit_count, leading_word, number, strip_word,
};

/// One time as far as the text states it.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Part<'a> {
    pub(super) date: Option<StatedDate>,
    pub(super) clock: Option<Clock>,
    pub(super) zone: Option<&'a str>,
    /// Seconds east of Greenwich, in digits. Wins over a name beside it: `CST (UTC-6)`.
    pub(super) offset: Option<i32>,
    /// `~`, `around`, `approx`, a question mark.
    pub(super) doubtful: bool,
    /// The same time said again in brackets: `14:02 UTC (06:02 PST)`.
    pub(super) again: Option<&'a str>,
}

#[derive(Debug, Clone, Copy)]
pub(super) enum StatedDate {
    Whole(Date),
    MonthDay { month: i8, day: i8 },
}

/// A clock as written: numbers are in their ranges, 24:00 included.
#[derive(Debug, Clone, Copy)]
pub(super) struct Clock {
    pub(super) hour: i8,
    pub(super) minute: i8,
    pub(super) second: i8,
    pub(super) nanosecond: i32,
    pub(super) precision: Precision,
    /// The last minute that `14:??` or `14:3x` can mean.
    pub(super) latest_minute: Option<i8>,
    pub(super) half: Option<Half>,
    /// `14.02`, `1402`, `2`: a time only beside a zone or half of the day.
    weak: Weakness,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Weakness {
    None,
    NeedsZoneOrHalf,
    NeedsHalf,
}

/// Half of the day on a twelve-hour clock.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Half {
    Am,
    Pm,
}

/// What a text states: a start, and the end of a range.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Scan<'a> {
    pub(super) start: Part<'a>,
    pub(super) end: Option<Part<'a>>,
    /// Where the text of the start ends, in a range.
    pub(super) start_length: usize,
}

/// Takes `text` apart.
pub(super) fn scan(text: &str) -> Result<Scan<'_>, TimeProblem> {
    let mut scanner = Scanner { text, at: 0, joined_by_t: false };
    let mut start = Part::default();
    let ranged = scanner.part(&mut start)?;
    let start_length = scanner.at;
    let mut end = None;
    if ranged {
        scanner.skip_range_mark();
        let mut part = Part::default();
        let rest = scanner.rest().trim();
        if OPEN_ENDS.iter().any(|open| rest.eq_ignore_ascii_case(open)) {
            scanner.at = text.len();
        }
        // `14:30-ish`
        start.doubtful |= leading_word(rest).eq_ignore_ascii_case("ish");
        if scanner.part(&mut part)? {
            return Err(TimeProblem::NotATime);
        }
        if part.clock.is_none() && start.date.is_none() {
            // `14:02 - 20 Nov 2026` is one time.
            start.date = part.date;
        }
        start.zone = start.zone.or(part.zone.filter(|_| start.offset.is_none()));
        start.offset = start.offset.or(part.offset.filter(|_| start.zone == part.zone));
        end = part.clock.is_some().then_some(part);
    }
    let zoned = start.zone.is_some() || start.offset.is_some();
    if let Some(clock) = &mut start.clock {
        clock.half = clock.half.or_else(|| end?.clock?.half);
        clock.check(zoned)?;
    }
    // The end is told less carefully, and only a start is required: `14:02 - 14:?`.
    end = end.filter(|end| {
        !end.doubtful
            && end.clock.is_some_and(|clock| clock.check(zoned).is_ok() && clock.latest_minute.is_none())
    });
    Ok(Scan { start, end, start_length })
}

impl Clock {
    fn check(&self, zoned: bool) -> Result<(), TimeProblem> {
        match self.weak {
            Weakness::NeedsHalf if self.half.is_none() => return Err(TimeProblem::NotATime),
            Weakness::NeedsZoneOrHalf if self.half.is_none() && !zoned => return Err(TimeProblem::NotATime),
            _ => {}
        }
        let hours = match self.half {
            Some(Half::Am) => 0..=12,
            Some(Half::Pm) => 1..=23,
            None if (self.minute, self.second, self.nanosecond) == (0, 0, 0) => 0..=24,
            None => 0..=23,
        };
        let possible = hours.contains(&self.hour) && self.minute < 60 && self.second < 60;
        if possible { Ok(()) } else { Err(TimeProblem::Impossible) }
    }

    /// The hour of the day, 0 to 24.
    pub(super) fn hour_of_day(&self) -> i8 {
        match (self.half, self.hour) {
            (Some(Half::Am), 12) => 0,
            (Some(Half::Pm), 1..=11) => self.hour + 12,
            (_, hour) => hour,
        }
    }
}

struct Scanner<'a> {
    text: &'a str,
    at: usize,
    /// `2026-11-20T…`: what follows is a whole ISO time, so a hyphen begins an offset, not an end.
    joined_by_t: bool,
}

impl<'a> Scanner<'a> {
    fn rest(&self) -> &'a str {
        &self.text[self.at..]
    }

    /// Reads one part and says whether a range mark comes next.
    fn part(&mut self, part: &mut Part<'a>) -> Result<bool, TimeProblem> {
        while let Some(next) = self.rest().chars().next() {
            match next {
                '0'..='9' => self.digits(part)?,
                'a'..='z' | 'A'..='Z' => {
                    if part.clock.is_some() && range_word(self.rest()).is_some() {
                        return Ok(true);
                    }
                    self.word(part)?;
                }
                '+' | '-' | '−' if part.clock.is_some() && self.offset(part) => {}
                '-' | '−' | '–' | '—' | '→' if part.clock.is_some() => return Ok(true),
                '=' if part.clock.is_some() && self.rest().starts_with("=>") => return Ok(true),
                '.' | '…' if part.clock.is_some() && is_ellipsis(self.rest()) => return Ok(true),
                '-' | '–' | '—' if part.date.is_some() => self.at += next.len_utf8(),
                '~' | '≈' | '∼' | '?' => {
                    part.doubtful = true;
                    self.at += next.len_utf8();
                    self.unknown_clock(part);
                }
                '(' if part.clock.is_some() && self.said_again(part) => {}
                '.' if self.rest().len() == 1 => self.at += 1,
                ':' if part.clock.is_some() || part.date.is_some() => self.at += 1,
                ',' | ';' | '(' | ')' | '[' | ']' | '*' | '_' | '`' | '"' | '@' => self.at += 1,
                _ if next.is_whitespace() => self.at += next.len_utf8(),
                _ => return Err(TimeProblem::NotATime),
            }
        }
        Ok(false)
    }

    /// Takes brackets that hold another clock.
    fn said_again(&mut self, part: &mut Part<'a>) -> bool {
        let Some((inside, _)) = self.rest()[1..].split_once(')') else { return false };
        let has_clock = inside.contains(':') && inside.bytes().any(|byte| byte.is_ascii_digit());
        // An offset is no clock: `(UTC+02:00)`.
        if !has_clock || part.again.is_some() || inside.contains(['+', '(']) || inside.contains("UTC-") {
            return false;
        }
        part.again = Some(inside);
        self.at += inside.len() + 2;
        true
    }

    /// `??:??` after a date says that the clock is not known.
    fn unknown_clock(&mut self, part: &Part<'a>) {
        if part.clock.is_none() {
            self.at += self.rest().bytes().take_while(|byte| matches!(byte, b'?' | b':')).count();
        }
    }

    fn digits(&mut self, part: &mut Part<'a>) -> Result<(), TimeProblem> {
        // `14.02.2026` and `20 Nov` begin like clocks and `14:02` never like a date: dates first.
        if part.date.is_none()
            && let Some(scanned) = date::scan(self.rest())
        {
            return self.take_date(part, scanned);
        }
        if part.clock.is_some() {
            return Err(TimeProblem::NotATime);
        }
        let (clock, length) = clock(self.rest(), self.joined_by_t)?;
        part.clock = Some(clock);
        self.at += length;
        // A clock is a word of its own, but for a zone or half of the day right behind it.
        let after = self.rest().chars().next();
        if after.is_some_and(|c| c.is_ascii_digit()) { Err(TimeProblem::NotATime) } else { Ok(()) }
    }

    fn take_date(
        &mut self,
        part: &mut Part<'a>,
        (scanned, length): (Scanned, usize),
    ) -> Result<(), TimeProblem> {
        part.date = Some(match scanned {
            Scanned::Date(date) => StatedDate::Whole(date),
            Scanned::MonthDay { month, day } => StatedDate::MonthDay { month, day },
            Scanned::Ambiguous(readings) => return Err(TimeProblem::AmbiguousDate { readings }),
            Scanned::Impossible => return Err(TimeProblem::Impossible),
        });
        self.at += length;
        let rest = self.rest().as_bytes();
        if matches!(rest, [b'T' | b't', b'0'..=b'9', ..]) {
            self.joined_by_t = true;
            self.at += 1;
            return Ok(());
        }
        if rest.first().is_some_and(u8::is_ascii_alphanumeric) { Err(TimeProblem::NotATime) } else { Ok(()) }
    }

    fn word(&mut self, part: &mut Part<'a>) -> Result<(), TimeProblem> {
        let rest = self.rest();
        if let Some(half) = part.clock.as_mut().filter(|clock| clock.half.is_none()).and_then(|clock| {
            let (half, length) = half_of_day(rest)?;
            clock.half = Some(half);
            Some(length)
        }) {
            self.at += half;
            return Ok(());
        }
        let word = leading_word(rest);
        if date::is_month(word) || date::is_weekday(word) {
            if part.date.is_none()
                && let Some(scanned) = date::scan(rest)
            {
                return self.take_date(part, scanned);
            }
            if date::is_weekday(word) {
                self.at += word.len();
                return Ok(());
            }
        }
        if let Some(length) = doubt(rest) {
            part.doubtful = true;
            self.at += length;
            return Ok(());
        }
        if FILLERS.iter().any(|filler| word.eq_ignore_ascii_case(filler))
            && !rest[word.len()..].starts_with('/')
        {
            self.at += word.len();
            return Ok(());
        }
        let name = zone_name(rest);
        let known = super::zone::Zone::find(name).is_some();
        if !known {
            let meant = part.clock.is_some() && looks_like_zone(name);
            return Err(if meant {
                TimeProblem::UnknownZone { label: name.to_owned() }
            } else {
                TimeProblem::NotATime
            });
        }
        self.at += name.len();
        let before = part.zone.replace(name);
        // `UTC+2`, `GMT-08:00`, and `CST (UTC-6)`, where the digits say what the name leaves open.
        if super::zone::is_utc(name) && self.offset(part) {
            part.zone = before;
        } else if before.is_some_and(|before| !before.eq_ignore_ascii_case(name)) && part.offset.is_none() {
            return Err(TimeProblem::NotATime);
        }
        Ok(())
    }

    /// Takes `+02:00`, `-0800`, `+2`, if it is an offset here and not the end of a range.
    fn offset(&mut self, part: &mut Part<'a>) -> bool {
        let rest = self.rest();
        let (negative, sign) = match rest.chars().next() {
            Some('+') => (false, 1),
            Some('-') => (true, 1),
            Some('−') => (true, '−'.len_utf8()),
            _ => return false,
        };
        let bytes = &rest.as_bytes()[sign..];
        let after_utc = part.zone.is_some_and(super::zone::is_utc);
        let (hours, minutes, length) = match (digit_count(bytes), bytes.get(2)) {
            (2, Some(b':')) if digit_count(&bytes[3..]) == 2 => {
                (number(&bytes[..2]), number(&bytes[3..5]), 5)
            }
            (4, _) => (number(&bytes[..2]), number(&bytes[2..4]), 4),
            (count @ (1 | 2), _) if !negative || after_utc || self.joined_by_t => {
                (number(&bytes[..count]), Some(0), count)
            }
            _ => return false,
        };
        let (Some(hours), Some(minutes)) = (hours, minutes) else { return false };
        let furthest = if negative { 12 * 60 } else { 14 * 60 };
        let total = hours * 60 + minutes;
        let next = bytes.get(length);
        if part.offset.is_some()
            || minutes % 15 != 0
            || total > furthest
            || next.is_some_and(|byte| byte.is_ascii_alphanumeric() || *byte == b':')
        {
            return false;
        }
        let after_space = self.text[..self.at].ends_with(char::is_whitespace);
        let clock_like =
            length == 5 || length == 4 && part.clock.is_some_and(|clock| clock.weak != Weakness::None);
        if negative && clock_like && !self.joined_by_t && !after_utc && !after_space {
            // `13:30-14:00` is a range and `06:02:05-08:00` an offset: a clock with seconds has an end with
            // seconds, and an end is later than its start.
            let Some(clock) = part.clock else { return false };
            let later = i64::from(total) > i64::from(clock.hour) * 60 + i64::from(clock.minute);
            if clock.precision == Precision::Minute && (later || part.date.is_none()) {
                return false;
            }
        }
        let seconds = i32::try_from(total * 60).unwrap_or(0);
        part.offset = Some(if negative { -seconds } else { seconds });
        self.at += sign + length;
        true
    }

    fn skip_range_mark(&mut self) {
        let rest = self.rest();
        let length = range_word(rest).unwrap_or_else(|| {
            let marks = |c: char| matches!(c, '-' | '−' | '–' | '—' | '→' | '=' | '>' | '.' | '…');
            rest.find(|c: char| !marks(c)).unwrap_or(rest.len())
        });
        self.at += length;
        self.joined_by_t = false;
    }
}

/// Words without a meaning for the instant.
const FILLERS: [&str; 10] = ["at", "on", "the", "time", "hrs", "h", "hours", "standard", "daylight", "from"];

/// Ends of ranges that were not known when the text was written.
const OPEN_ENDS: [&str; 4] = ["now", "ongoing", "present", "today"];

/// The length of a word that begins the end of a range.
fn range_word(rest: &str) -> Option<usize> {
    let word = leading_word(rest);
    ["to", "until", "till", "through", "and"]
        .iter()
        .any(|to| word.eq_ignore_ascii_case(to))
        .then_some(word.len())
}

fn is_ellipsis(rest: &str) -> bool {
    rest.starts_with("..") || rest.starts_with('…')
}

/// The length of a word that says that the time is not exact.
fn doubt(rest: &str) -> Option<usize> {
    const WORDS: [&str; 21] = [
        "about",
        "after",
        "approx",
        "approximate",
        "approximately",
        "around",
        "before",
        "between",
        "by",
        "ca",
        "circa",
        "early",
        "estimate",
        "estimated",
        "ish",
        "late",
        "roughly",
        "shortly",
        "since",
        "sometime",
        "unknown",
    ];
    let word = leading_word(rest);
    let dotted = rest[word.len()..].starts_with('.');
    // `est` without a full stop is Eastern Standard Time.
    if matches!(word, "c" | "est") {
        return dotted.then_some(word.len() + 1);
    }
    let known = WORDS.iter().any(|doubt| word.eq_ignore_ascii_case(doubt));
    known.then_some(word.len() + usize::from(dotted))
}

fn half_of_day(rest: &str) -> Option<(Half, usize)> {
    let half = match rest.as_bytes().first()? {
        b'a' | b'A' => Half::Am,
        b'p' | b'P' => Half::Pm,
        _ => return None,
    };
    let word = leading_word(rest);
    if word.len() == 2 && word.as_bytes()[1].eq_ignore_ascii_case(&b'm') {
        return Some((half, 2));
    }
    // `a.m.`, `p.m`
    let dotted =
        word.len() == 1 && strip_word(&rest[1..], ".m").is_some_and(|rest| leading_word(rest).is_empty());
    dotted.then(|| (half, 3 + usize::from(rest.as_bytes().get(3) == Some(&b'.'))))
}

/// `UTC`, `CET/CEST`, `America/Los_Angeles`, `Etc/GMT+3`.
fn zone_name(rest: &str) -> &str {
    let word = leading_word(rest);
    if !rest[word.len()..].starts_with('/') && !rest[word.len()..].starts_with('_') {
        return word;
    }
    let in_name = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'/' | b'_' | b'-' | b'+');
    let end = rest.as_bytes().iter().take_while(|byte| in_name(byte)).count();
    &rest[..end]
}

/// Whether an unknown name can only have been meant as a zone.
fn looks_like_zone(name: &str) -> bool {
    let capitals = (2..=5).contains(&name.len()) && name.bytes().all(|byte| byte.is_ascii_uppercase());
    let path = name.split_once('/').is_some_and(|(area, place)| {
        [area, place].iter().all(|part| part.bytes().next().is_some_and(|byte| byte.is_ascii_uppercase()))
    });
    capitals || path || name.eq_ignore_ascii_case("local")
}

/// Reads a clock at the start of `text`, which begins with a digit, and says how many bytes it takes.
fn clock(text: &str, joined_by_t: bool) -> Result<(Clock, usize), TimeProblem> {
    let bytes = text.as_bytes();
    let digits = digit_count(bytes);
    let mut clock = Clock {
        hour: 0,
        minute: 0,
        second: 0,
        nanosecond: 0,
        precision: Precision::Minute,
        latest_minute: None,
        half: None,
        weak: Weakness::None,
    };
    let small = |from: usize, to: usize| {
        number(&bytes[from..to]).and_then(|n| i8::try_from(n).ok()).ok_or(TimeProblem::NotATime)
    };
    let mut at = match (digits, bytes.get(digits)) {
        (4 | 6, _) => {
            clock.weak = if joined_by_t { Weakness::None } else { Weakness::NeedsZoneOrHalf };
            if digits == 6 && !joined_by_t {
                return Err(TimeProblem::NotATime);
            }
            clock.hour = small(0, 2)?;
            clock.minute = small(2, 4)?;
            if digits == 6 {
                clock.second = small(4, 6)?;
                clock.precision = Precision::Second;
            }
            digits
        }
        (1 | 2, Some(b':')) => {
            clock.hour = small(0, digits)?;
            minute(&mut clock, &bytes[digits + 1..])?;
            digits + 3
        }
        (1 | 2, Some(b'h' | b'H')) if digit_count(&bytes[digits + 1..]) == 2 => {
            clock.hour = small(0, digits)?;
            minute(&mut clock, &bytes[digits + 1..])?;
            digits + 3
        }
        (1 | 2, Some(b'.')) if digit_count(&bytes[digits + 1..]) == 2 => {
            clock.weak = Weakness::NeedsZoneOrHalf;
            clock.hour = small(0, digits)?;
            minute(&mut clock, &bytes[digits + 1..])?;
            digits + 3
        }
        (1 | 2, _) => {
            clock.weak = Weakness::NeedsHalf;
            clock.hour = small(0, digits)?;
            digits
        }
        _ => return Err(TimeProblem::NotATime),
    };
    if digits <= 2 && bytes.get(digits) == Some(&b':') && bytes.get(at) == Some(&b':') {
        match bytes.get(at + 1..at + 3) {
            Some(second) if number(second).is_some() => {
                clock.second = small(at + 1, at + 3)?;
                clock.precision = Precision::Second;
                at += 3;
            }
            // The minute is certain, only its second is not: that is a time to the minute.
            Some(b"??" | b"xx" | b"XX") => at += 3,
            _ => {}
        }
    }
    if clock.precision == Precision::Second && matches!(bytes.get(at), Some(b'.' | b',')) {
        let fraction = digit_count(&bytes[at + 1..]);
        if fraction > 0 {
            let kept = fraction.min(9);
            let value = number(&bytes[at + 1..=at + kept]).unwrap_or(0);
            // Nine digits at most, so below a thousand million.
            clock.nanosecond = i32::try_from(value * 10u32.pow(9 - kept as u32)).unwrap_or(0);
            clock.precision = Precision::Subsecond;
            at += 1 + fraction;
        }
    }
    Ok((clock, at))
}

/// Two characters of a minute, of which the last or both may be `?` or `x`.
fn minute(clock: &mut Clock, bytes: &[u8]) -> Result<(), TimeProblem> {
    let unknown = |byte: u8| matches!(byte, b'?' | b'x' | b'X');
    let [tens, ones, ..] = *bytes else { return Err(TimeProblem::NotATime) };
    let digit = |byte: u8| i8::try_from(byte - b'0').unwrap_or(0);
    match (tens.is_ascii_digit(), ones.is_ascii_digit()) {
        (true, true) => clock.minute = digit(tens) * 10 + digit(ones),
        (true, false) if unknown(ones) => {
            clock.minute = digit(tens) * 10;
            clock.latest_minute = Some(digit(tens) * 10 + 9);
        }
        (false, false) if unknown(tens) && unknown(ones) => clock.latest_minute = Some(59),
        _ => return Err(TimeProblem::NotATime),
    }
    Ok(())
}
