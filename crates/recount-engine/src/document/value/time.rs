//! A time as people write it in a postmortem, read as one UTC instant.
//!
//! What lives here: the canonical form, times with other zones and offsets, bare clocks that take their
//! date from the row above, ranges, and everything that keeps a text from naming one instant. `scan` takes
//! the text apart, `zone` knows what names of zones mean, `epoch` reads numbers of seconds.
//!
//! What does not: today's date. A clock without a date gets one from its surroundings or not at all.

mod epoch;
mod scan;
mod zone;

use std::fmt;

use jiff::{
    Timestamp, ToSpan,
    civil::{Date, DateTime, Time},
    tz::Offset,
};

use self::{
    scan::{Part, StatedDate},
    zone::Zone,
};
use super::{date::canonical_date, number, trim, unmarked};

pub use self::epoch::from_epoch;

/// The day that an instant is on, UTC.
pub fn utc_day(at: Timestamp) -> Date {
    Offset::UTC.to_datetime(at).date()
}

/// A UTC instant, as exact as the text states it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Moment {
    /// The instant; of a range, its start.
    pub at: Timestamp,
    /// The end of a range, where the text states one that can be placed.
    pub end: Option<Timestamp>,
    /// To what unit the text states it.
    pub precision: Precision,
    /// How it is written.
    pub form: Form,
    /// Whether the text itself states the date; false where it came from the [`Anchor`].
    pub dated: bool,
}

/// The unit to which a time is stated.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Precision {
    /// `14:02`
    Minute,
    /// `14:02:05`
    Second,
    /// `14:02:05.123`
    Subsecond,
}

/// How a time is written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Form {
    /// `2026-11-20 14:02` or `2026-11-20 14:02:05`.
    Canonical,
    /// In UTC, stated or by default, and not canonical: `2026-11-20T14:02Z`, `14:02 UTC`.
    OtherUtc,
    /// Only a clock, `14:02`; the date came from the [`Anchor`].
    Bare,
    /// With an offset in digits: `2026-11-20T06:02:05-08:00`.
    Offset {
        /// Seconds east of Greenwich.
        seconds: i32,
    },
    /// With a named zone: `06:02 PST`, `06:02 America/Los_Angeles`.
    Zone {
        /// The name as written.
        label: String,
    },
}

/// Why a text does not name one instant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TimeProblem {
    /// Nothing in it reads as a time, or something in it is no part of one.
    NotATime,
    /// A clock, and no date to take from anywhere.
    NoDate,
    /// `12/04/2026`: the month or the day may come first.
    AmbiguousDate {
        /// With the month first, then with the day first.
        readings: [Date; 2],
    },
    /// A zone name with more than one meaning: `IST`, `CST`, `BST`.
    AmbiguousZone {
        /// The name as written.
        label: String,
        /// Each a region with its offset and, where the date is known, the instant in canonical form:
        /// `India, UTC+05:30: 2026-11-20 08:32`.
        readings: Vec<String>,
    },
    /// `PST` on a day in July: the name contradicts the season.
    ZoneOutOfSeason {
        /// The name as written.
        label: String,
        /// The name that the zone has at that time: `PDT`.
        meant: String,
        /// The instant if the name is right.
        as_written: Timestamp,
        /// The instant if the wall clock is right and the name is a slip.
        in_season: Timestamp,
    },
    /// A name that stands where a zone does and is none that we know.
    UnknownZone {
        /// The name as written.
        label: String,
    },
    /// `~14:30`, `14:??`, `around 14:30`, a date without a clock.
    Imprecise {
        /// The earliest instant it can well mean; `None` if its date is not known.
        around: Option<Timestamp>,
        /// The latest one, where the text bounds it: `14:??` ends at 14:59.
        latest: Option<Timestamp>,
    },
    /// `25:61`, `2026-02-30`, an hour that a change to daylight time skips.
    Impossible,
    /// A local time that happens twice, when clocks go back.
    FoldedLocalTime,
}

impl fmt::Display for TimeProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotATime => f.write_str("it is not a time"),
            Self::NoDate => f.write_str("it has no date"),
            Self::AmbiguousDate { readings: [a, b] } => write!(f, "its date can be `{a}` or `{b}`"),
            Self::AmbiguousZone { label, readings } => {
                write!(f, "`{label}` can mean {}", readings.join("; "))
            }
            Self::ZoneOutOfSeason { label, meant, .. } => {
                write!(f, "`{label}` is not in force on that day, `{meant}` is")
            }
            Self::UnknownZone { label } => write!(f, "`{label}` is not a known time zone"),
            Self::Imprecise { .. } => f.write_str("it is not exact"),
            Self::Impossible => f.write_str("there is no such time"),
            Self::FoldedLocalTime => f.write_str("it happens twice, because clocks go back"),
        }
    }
}

impl std::error::Error for TimeProblem {}

/// Where a clock without a date takes its date from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Anchor {
    /// The day of the incident, in UTC.
    pub date: Option<Date>,
    /// The time of the row above, in UTC. Goes before [`Anchor::date`].
    pub previous: Option<DateTime>,
}

/// Reads `text` as one time.
///
/// Without a zone it is UTC. A bare clock takes its date from the row above: one more than an hour earlier
/// than that row is on the next day, one up to an hour earlier is disorder on the same day. Without a row
/// above it takes the date of the anchor. For a clock with a zone both are meant in that zone.
pub fn read(text: &str, anchor: &Anchor) -> Result<Moment, TimeProblem> {
    let text = trim(text);
    if let Some(read) = read_canonical(text.as_bytes()).or_else(|| read_bare(text.as_bytes(), anchor)) {
        return read;
    }
    read_leniently(unmarked(text), anchor)
}

/// `2026-11-20 14:02`, with seconds where asked for. What is smaller is cut off.
pub fn canonical(at: Timestamp, with_seconds: bool) -> String {
    let local = Offset::UTC.to_datetime(at);
    let (date, time) = (local.date(), local.time());
    let mut text = format!("{date} {:02}:{:02}", time.hour(), time.minute());
    if with_seconds {
        use fmt::Write as _;
        // Writing to a string cannot fail.
        let _ = write!(text, ":{:02}", time.second());
    }
    text
}

/// The canonical form; `None` for any other shape.
fn read_canonical(bytes: &[u8]) -> Option<Result<Moment, TimeProblem>> {
    if !matches!(bytes.len(), 16 | 19) || bytes[10] != b' ' {
        return None;
    }
    let (time, precision) = clock_shape(&bytes[11..])?;
    let date = canonical_date(&bytes[..10])?;
    // 24:00 and its like are left to the slower path.
    let time = time?;
    let at = date.and_then(|date| Offset::UTC.to_timestamp(date.to_datetime(time)).ok());
    Some(at.ok_or(TimeProblem::Impossible).map(|at| Moment {
        at,
        end: None,
        precision,
        form: Form::Canonical,
        dated: true,
    }))
}

/// `14:02` and `14:02:05`; `None` for any other shape.
fn read_bare(bytes: &[u8], anchor: &Anchor) -> Option<Result<Moment, TimeProblem>> {
    let (time, precision) = clock_shape(bytes)?;
    let time = time?;
    let at = date_for(time, anchor.previous, anchor.date).ok_or(TimeProblem::NoDate).and_then(|date| {
        Offset::UTC.to_timestamp(date.to_datetime(time)).map_err(|_| TimeProblem::Impossible)
    });
    Some(at.map(|at| Moment { at, end: None, precision, form: Form::Bare, dated: false }))
}

/// `14:02` or `14:02:05`; the time is `None` where no day has it.
fn clock_shape(bytes: &[u8]) -> Option<(Option<Time>, Precision)> {
    let (second, precision) = match bytes {
        [_, _, b':', _, _] => (0, Precision::Minute),
        [_, _, b':', _, _, b':', s1, s2] => (number(&[*s1, *s2])?, Precision::Second),
        _ => return None,
    };
    let (hour, minute) = (number(&bytes[..2])?, number(&bytes[3..5])?);
    let small = |n: u32| i8::try_from(n).unwrap_or(i8::MAX);
    Some((Time::new(small(hour), small(minute), small(second), 0).ok(), precision))
}

/// The date of a clock without one.
fn date_for(clock: Time, previous: Option<DateTime>, date: Option<Date>) -> Option<Date> {
    let Some(previous) = previous else { return date };
    let behind = seconds_of(previous.time()) - seconds_of(clock);
    if behind > 3600 { previous.date().tomorrow().ok() } else { Some(previous.date()) }
}

fn seconds_of(time: Time) -> i32 {
    i32::from(time.hour()) * 3600 + i32::from(time.minute()) * 60 + i32::from(time.second())
}

/// In bytes: a range with dates, weekdays and zones at both ends is half as long.
const LONGEST: usize = 200;

fn read_leniently(text: &str, anchor: &Anchor) -> Result<Moment, TimeProblem> {
    // Marks around a canonical time are not part of it.
    if let Some(read) = read_canonical(text.as_bytes()).or_else(|| read_bare(text.as_bytes(), anchor)) {
        return read;
    }
    // A cell of this length is prose.
    if text.len() > LONGEST {
        return Err(TimeProblem::NotATime);
    }
    let scan = scan::scan(text)?;
    let start = scan.start;
    let Some(clock) = start.clock else { return Err(day_without_clock(&start, anchor)) };
    let local = resolve(&start, anchor);
    if start.doubtful || clock.latest_minute.is_some() {
        return Err(imprecise(&scan, local, anchor));
    }
    let Local { at, .. } = local?;
    if let Some(again) = start.again {
        let beside = Anchor { date: None, previous: Some(Offset::UTC.to_datetime(at)) };
        if !read(again, &beside).is_ok_and(|again| again.at.as_second() / 60 == at.as_second() / 60) {
            return Err(TimeProblem::NotATime);
        }
    }
    let (at, end) = match scan.end {
        Some(end) => with_end(&start, &end, anchor)?,
        None => (at, None),
    };
    Ok(Moment {
        at,
        end,
        precision: clock.precision,
        form: form(&start, text, scan.start_length),
        dated: start.date.is_some(),
    })
}

fn form(start: &Part<'_>, text: &str, start_length: usize) -> Form {
    if let Some(seconds) = start.offset {
        return Form::Offset { seconds };
    }
    match start.zone {
        Some(label) if !zone::is_utc(label) => Form::Zone { label: label.to_owned() },
        None if start.date.is_none() => Form::Bare,
        // The start of a range is judged like a time of its own.
        None if read_canonical(trim(&text[..start_length]).as_bytes()).is_some() => Form::Canonical,
        Some(_) | None => Form::OtherUtc,
    }
}

/// A local clock and what it is in UTC.
struct Local {
    local: DateTime,
    at: Timestamp,
}

fn zone_of<'a>(part: &Part<'a>) -> Result<Zone<'a>, TimeProblem> {
    match (part.offset, part.zone) {
        (Some(seconds), _) => Ok(Zone::Offset(seconds)),
        (None, Some(name)) => {
            Zone::find(name).ok_or_else(|| TimeProblem::UnknownZone { label: name.to_owned() })
        }
        (None, None) => Ok(Zone::Utc),
    }
}

fn resolve(part: &Part<'_>, anchor: &Anchor) -> Result<Local, TimeProblem> {
    let clock = part.clock.ok_or(TimeProblem::NotATime)?;
    let zone = zone_of(part)?;
    // 24:00 is the midnight that ends the day.
    let ends_day = clock.hour_of_day() == 24;
    let hour = if ends_day { 0 } else { clock.hour_of_day() };
    let time =
        Time::new(hour, clock.minute, clock.second, clock.nanosecond).map_err(|_| TimeProblem::Impossible)?;
    let previous = anchor
        .previous
        .and_then(|previous| Offset::UTC.to_timestamp(previous).ok())
        .map(|previous| zone.local(previous));
    let date = match part.date {
        Some(StatedDate::Whole(date)) => Some(date),
        Some(StatedDate::MonthDay { month, day }) => in_year(month, day, previous, anchor)?,
        None if ends_day => previous.map(DateTime::date).or(anchor.date),
        None => date_for(time, previous, anchor.date),
    };
    let date = if ends_day {
        date.map(|date| date.tomorrow().map_err(|_| TimeProblem::Impossible)).transpose()?
    } else {
        date
    };
    let local = date.map(|date| date.to_datetime(time));
    if let Some(ambiguity) = zone.ambiguity(local) {
        return Err(ambiguity);
    }
    let local = local.ok_or(TimeProblem::NoDate)?;
    Ok(Local { local, at: zone.instant(local)? })
}

/// A day without a year, in the year of the row above; in January, December is behind and not ahead.
fn in_year(
    month: i8,
    day: i8,
    previous: Option<DateTime>,
    anchor: &Anchor,
) -> Result<Option<Date>, TimeProblem> {
    let Some(near) = previous.map(DateTime::date).or(anchor.date) else { return Ok(None) };
    let year = match (near.month(), month) {
        (12, 1) => near.year() + 1,
        (1, 12) => near.year() - 1,
        _ => near.year(),
    };
    Date::new(year, month, day).map(Some).map_err(|_| TimeProblem::Impossible)
}

/// The start and the end of a range, the end after the start.
fn with_end(
    start: &Part<'_>,
    end: &Part<'_>,
    anchor: &Anchor,
) -> Result<(Timestamp, Option<Timestamp>), TimeProblem> {
    let mut first = resolve(start, anchor)?;
    let mut end = *end;
    if end.zone.is_none() && end.offset.is_none() {
        (end.zone, end.offset) = (start.zone, start.offset);
    }
    // An end without a date is on the day of the start, or on the next.
    let ends = |first: &Local| {
        let dated = end.date.is_some();
        let mut end = end;
        end.date = end.date.or(Some(StatedDate::Whole(first.local.date())));
        let last = resolve(&end, anchor).ok()?.at;
        if last >= first.at || dated { Some(last) } else { last.checked_add(24.hours()).ok() }
    };
    let mut last = ends(&first);
    // `11:50–12:10 pm` began in the morning.
    if let Some(mut clock) = start.clock
        && clock.half == Some(scan::Half::Pm)
        && last.is_some_and(|last| last.as_second() - first.at.as_second() > 12 * 3600)
    {
        clock.half = Some(scan::Half::Am);
        let morning = Part { clock: Some(clock), ..*start };
        if let Ok(earlier) = resolve(&morning, anchor) {
            last = ends(&earlier);
            first = earlier;
        }
    }
    Ok((first.at, last.filter(|last| *last >= first.at)))
}

/// A date and no clock, which is a time that is exact to the day.
fn day_without_clock(part: &Part<'_>, anchor: &Anchor) -> TimeProblem {
    let date = match part.date {
        None => return TimeProblem::NotATime,
        Some(StatedDate::Whole(date)) => Some(date),
        Some(StatedDate::MonthDay { month, day }) => match in_year(month, day, anchor.previous, anchor) {
            Ok(date) => date,
            Err(problem) => return problem,
        },
    };
    let at = |hour, minute| date.and_then(|date| Offset::UTC.to_timestamp(date.at(hour, minute, 0, 0)).ok());
    TimeProblem::Imprecise { around: at(0, 0), latest: at(23, 59) }
}

fn imprecise(scan: &scan::Scan<'_>, local: Result<Local, TimeProblem>, anchor: &Anchor) -> TimeProblem {
    let at = match local {
        Ok(Local { at, .. }) => at,
        Err(TimeProblem::NoDate) => return TimeProblem::Imprecise { around: None, latest: None },
        // What is wrong for certain goes before what is only vague.
        Err(problem) => return problem,
    };
    let latest = match (scan.start.clock.and_then(|clock| clock.latest_minute), &scan.end) {
        (Some(minute), _) => {
            let within = i64::from(minute) - i64::from(scan.start.clock.map_or(0, |clock| clock.minute));
            at.checked_add(within.minutes()).ok()
        }
        (None, Some(end)) => with_end(&scan.start, end, anchor).ok().and_then(|(_, end)| end),
        (None, None) => None,
    };
    TimeProblem::Imprecise { around: Some(at), latest }
}

#[cfg(test)]
mod tests;
