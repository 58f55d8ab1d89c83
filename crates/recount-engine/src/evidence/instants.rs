//! The times of machines: what stands in exports, logs and payloads, read as one instant, or not at all.
//!
//! What does not live here: the times that people write in a postmortem (`document::value::time`), where a
//! time without a zone is UTC by the template's rule. In evidence it is nothing until somebody says.

use std::borrow::Cow;

use jiff::civil;
use jiff::fmt::strtime;
use jiff::tz::{Offset, TimeZone};
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Deserializer};

use super::event::Precision;
use super::plain::shorten;
use crate::document::value::time::from_epoch;

/// An instant as a source gave it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Instant {
    /// The instant.
    pub at: Timestamp,
    /// How exactly it was given.
    pub precision: Precision,
    /// The offset or zone in which it was given, where that was not UTC or an epoch.
    pub zone_from: Option<String>,
}

impl Instant {
    /// An instant in UTC, to the second or better.
    pub fn utc(at: Timestamp) -> Self {
        Self { at, precision: Precision::Second, zone_from: None }
    }
}

/// Whether a time was set with the record that holds it, `created`, and not by somebody who knew it: so tools
/// fill in when impact began until a person corrects it.
pub fn is_default(at: &Instant, created: &Instant) -> bool {
    at.at.duration_since(created.at).abs() <= SignedDuration::from_secs(2)
}

/// Whether a time is a writer's way to say that there is none: nothing, `0`, the year 1, `null`.
pub fn is_unset(text: &str) -> bool {
    let text = text.trim();
    matches!(text, "" | "0" | "-" | "null" | "None" | "0.0") || text.starts_with("0001-01-01")
}

/// Times with an offset or a zone in them, beside RFC 3339.
const ZONED: &[&str] = &[
    "%Y-%m-%dT%H:%M:%S%.f%z",
    "%Y-%m-%d %H:%M:%S%.f%z",
    "%Y-%m-%d %H:%M:%S%.f %z",
    "%Y-%m-%dT%H:%M%z",
    "%Y-%m-%d %H:%M %z",
    // RFC 2822, git's own, Apache's and Go's.
    "%a, %d %b %Y %H:%M:%S %z",
    "%d %b %Y %H:%M:%S %z",
    "%a %b %e %H:%M:%S %Y %z",
    "%d/%b/%Y:%H:%M:%S %z",
    "%Y/%m/%d %H:%M:%S %z",
    "%Y%m%dT%H%M%S%z",
];

/// Times with a clock and a date and no zone.
const NAIVE: &[&str] = &[
    "%Y-%m-%dT%H:%M:%S%.f",
    "%Y-%m-%d %H:%M:%S%.f",
    "%Y/%m/%d %H:%M:%S%.f",
    "%a %b %e %H:%M:%S %Y",
    "%b %e, %Y %I:%M:%S %p",
    "%a, %d %b %Y %H:%M:%S",
    "%e %b %Y %H:%M:%S",
    "%Y%m%dT%H%M%S",
];

/// The same without seconds.
const NAIVE_MINUTES: &[&str] = &["%Y-%m-%dT%H:%M", "%Y-%m-%d %H:%M", "%Y/%m/%d %H:%M", "%b %e, %Y %I:%M %p"];

/// Reads a time of a machine: RFC 3339 and its kin (an offset without a colon, a space for the `T`, `UTC`),
/// RFC 2822, and epochs in s, ms, µs or ns by their size. One without a zone is in `zone`; where that is not
/// known it is an error that says so. Errors are sentences without a full stop.
pub fn read(text: &str, zone: Option<&TimeZone>) -> Result<Instant, String> {
    let text = text.trim();
    if text.is_empty() {
        return Err("the time is empty".to_owned());
    }
    if is_unset(text) {
        return Err(format!("`{}` stands for no time", shorten(text)));
    }
    if let Some(at) = from_epoch(text) {
        return Ok(Instant::utc(at));
    }
    // `2026-11-20T14:02Z` states no seconds.
    let minutes = text.matches(':').count() - usize::from(has_colon_in_offset(text)) == 1;
    let precision = if minutes { Precision::Minute } else { Precision::Second };
    let (bare, utc) = without_utc(text);
    if let Some((at, offset)) = (!utc).then(|| zoned(bare)).flatten() {
        let zone_from = (offset != Offset::UTC).then(|| offset_text(offset));
        return Ok(Instant { at, precision, zone_from });
    }
    let Some(naive) = naive(bare) else {
        return Err(format!("`{}` is no time that can be placed", shorten(text)));
    };
    if utc {
        let at = Offset::UTC.to_timestamp(naive).map_err(|e| format!("`{}`: {e}", shorten(text)))?;
        return Ok(Instant { at, precision, zone_from: None });
    }
    in_zone(naive, precision, zone)
}

/// A wall clock's time in the zone that the caller knows; an error that asks for it where none is known, and
/// where clocks that change make it no instant or two.
pub fn in_zone(
    naive: civil::DateTime,
    precision: Precision,
    zone: Option<&TimeZone>,
) -> Result<Instant, String> {
    let shown = naive.strftime("%Y-%m-%d %H:%M:%S");
    let Some(zone) = zone else {
        return Err(format!("`{shown}` has no offset; say which zone it is in with `--zone`"));
    };
    let at = zone
        .to_ambiguous_timestamp(naive)
        .unambiguous()
        .map_err(|_| format!("`{shown}` is no single instant in that zone, because clocks change there"))?;
    let offset = zone.to_offset(at);
    let name = zone.iana_name().filter(|name| *name != "UTC");
    let zone_from = name.map(str::to_owned).or((offset != Offset::UTC).then(|| offset_text(offset)));
    Ok(Instant { at, precision, zone_from })
}

/// `+05:30`, `-08:00`.
pub fn offset_text(offset: Offset) -> String {
    let minutes = offset.seconds().abs() / 60;
    format!("{}{:02}:{:02}", if offset.seconds() < 0 { '-' } else { '+' }, minutes / 60, minutes % 60)
}

/// The year of a date that has none: the one in which it lies nearest to a known instant.
pub fn nearest_year(month: i8, day: i8, time: civil::Time, known: Timestamp) -> Option<civil::DateTime> {
    let year = Offset::UTC.to_datetime(known).year();
    [year - 1, year, year + 1]
        .into_iter()
        .filter_map(|year| civil::Date::new(year, month, day).ok())
        .map(|date| date.to_datetime(time))
        .min_by_key(|naive| match Offset::UTC.to_timestamp(*naive) {
            Ok(at) => at.duration_since(known).abs(),
            Err(_) => SignedDuration::MAX,
        })
}

fn zoned(text: &str) -> Option<(Timestamp, Offset)> {
    if let Ok(at) = text.parse::<Timestamp>() {
        let offset = offset_of(text).unwrap_or(Offset::UTC);
        return Some((at, offset));
    }
    ZONED.iter().find_map(|format| {
        let parsed = strtime::parse(format, text).ok()?;
        Some((parsed.to_timestamp().ok()?, parsed.offset()?))
    })
}

fn naive(text: &str) -> Option<civil::DateTime> {
    NAIVE.iter().chain(NAIVE_MINUTES).find_map(|format| civil::DateTime::strptime(format, text).ok())
}

/// The offset at the end of an RFC 3339 time, `+05:30`, `+0530` or `+05`.
fn offset_of(text: &str) -> Option<Offset> {
    let at = text.rfind(['+', '-']).filter(|at| *at >= 10)?;
    let digits: String = text[at + 1..].chars().filter(|c| *c != ':').collect();
    let minutes = match digits.get(2..4) {
        Some(minutes) => minutes.parse::<i32>().ok()?,
        None => 0,
    };
    let seconds = (digits.get(..2)?.parse::<i32>().ok()? * 60 + minutes) * 60;
    Offset::from_seconds(if text[at..].starts_with('-') { -seconds } else { seconds }).ok()
}

fn has_colon_in_offset(text: &str) -> bool {
    matches!(text.as_bytes(), [.., b'+' | b'-', _, _, b':', _, _])
}

/// The time before ` UTC`, ` GMT`, ` +0000 UTC`, and whether one of them stood there.
fn without_utc(text: &str) -> (&str, bool) {
    for name in [" +0000 UTC", " UTC", " GMT", " Z", "Z"] {
        if let Some(bare) = text.strip_suffix(name)
            && naive(bare).is_some()
        {
            return (bare, true);
        }
    }
    // Go prints `-0800 PST`: the offset says it all.
    match text.rsplit_once(' ') {
        Some((bare, name)) if name.len() <= 5 && name.bytes().all(|b| b.is_ascii_uppercase()) => {
            (bare, false)
        }
        _ => (text, false),
    }
}

/// A scalar of JSON as its text, whether it was written as a string or as a number: epochs come as both, and
/// a number never goes through a float. `null`, absent and anything else is empty.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Scalar<'a>(pub Cow<'a, str>);

impl Scalar<'_> {
    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The text where there is one that says something.
    pub fn given(&self) -> Option<&str> {
        Some(self.0.trim()).filter(|text| !text.is_empty())
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for Scalar<'a> {
    fn deserialize<D: Deserializer<'de>>(input: D) -> Result<Self, D::Error> {
        let raw = <&'a serde_json::value::RawValue>::deserialize(input)?.get();
        Ok(Self(match raw.as_bytes() {
            [b'"', ..] => match serde_json::from_str::<Cow<'a, str>>(raw) {
                Ok(text) => Cow::Owned(text.into_owned()),
                Err(error) => return Err(serde::de::Error::custom(error)),
            },
            [b'0'..=b'9' | b'-' | b't' | b'f', ..] => Cow::Borrowed(raw),
            _ => Cow::Borrowed(""),
        }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn machines_times_are_read_with_their_offsets_and_their_precision() {
        for (text, at, zone, precision) in [
            ("2026-11-20T14:02:05Z", "2026-11-20T14:02:05Z", None, Precision::Second),
            ("2026-11-20T14:02:05.123456789Z", "2026-11-20T14:02:05.123456789Z", None, Precision::Second),
            ("2026-11-20T06:02:05-08:00", "2026-11-20T14:02:05Z", Some("-08:00"), Precision::Second),
            ("2026-11-20T19:32:05+0530", "2026-11-20T14:02:05Z", Some("+05:30"), Precision::Second),
            ("2026-11-20T14:02:05.000+0000", "2026-11-20T14:02:05Z", None, Precision::Second),
            ("2026-11-20 14:02:05 UTC", "2026-11-20T14:02:05Z", None, Precision::Second),
            ("2026-11-20 06:02:05 -0800", "2026-11-20T14:02:05Z", Some("-08:00"), Precision::Second),
            (
                "2026-11-20 06:02:05.25 -0800 PST",
                "2026-11-20T14:02:05.25Z",
                Some("-08:00"),
                Precision::Second,
            ),
            ("2026-11-20 14:02:05 +0000 UTC", "2026-11-20T14:02:05Z", None, Precision::Second),
            ("2026-11-20T14:02Z", "2026-11-20T14:02:00Z", None, Precision::Minute),
            ("2026-11-20T15:02+01:00", "2026-11-20T14:02:00Z", Some("+01:00"), Precision::Minute),
            ("Fri, 20 Nov 2026 15:02:05 +0100", "2026-11-20T14:02:05Z", Some("+01:00"), Precision::Second),
            ("Fri, 20 Nov 2026 14:02:05 GMT", "2026-11-20T14:02:05Z", None, Precision::Second),
            ("20/Nov/2026:14:02:05 +0000", "2026-11-20T14:02:05Z", None, Precision::Second),
            ("1795615325", "2026-11-25T14:02:05Z", None, Precision::Second),
            ("1795615325000", "2026-11-25T14:02:05Z", None, Precision::Second),
            ("1795615325.0002", "2026-11-25T14:02:05.0002Z", None, Precision::Second),
            ("1.795615325e9", "2026-11-25T14:02:05Z", None, Precision::Second),
        ] {
            let read = read(text, None);
            let want = Instant { at: at.parse().expect(at), precision, zone_from: zone.map(str::to_owned) };
            assert_eq!(read, Ok(want), "{text}");
        }
    }

    #[test]
    fn a_time_without_a_zone_is_asked_for_and_never_guessed() {
        let text = "2026-11-20 15:02:05";
        assert!(read(text, None).is_err_and(|why| why.contains("--zone")));
        let berlin = TimeZone::get("Europe/Berlin").expect("bundled");
        let read_there = read(text, Some(&berlin)).expect("a zone is known");
        assert_eq!(read_there.at.to_string(), "2026-11-20T14:02:05Z");
        assert_eq!(read_there.zone_from.as_deref(), Some("Europe/Berlin"));
        for changed in ["2026-10-25 02:30:00", "2026-03-29 02:30:00"] {
            assert!(
                read(changed, Some(&berlin)).is_err_and(|why| why.contains("clocks change")),
                "{changed}"
            );
        }
    }

    #[test]
    fn what_stands_for_no_time_is_none() {
        for text in ["", "0", "0001-01-01T00:00:00Z", "yesterday", "2026-13-01T00:00:00Z", "12", "é", "14:02"]
        {
            assert!(read(text, None).is_err(), "{text}");
        }
        assert!(is_unset("0001-01-01T00:00:00Z") && is_unset("0") && !is_unset("1795615325"));
    }

    #[test]
    fn a_scalar_is_text_whether_written_as_a_string_or_as_a_number() {
        #[derive(Deserialize)]
        struct Record<'a> {
            #[serde(borrow, default)]
            at: Scalar<'a>,
        }
        for (json, want) in [
            (r#"{"at":1795615325.000200}"#, "1795615325.000200"),
            (r#"{"at":"1795615325"}"#, "1795615325"),
            (r#"{"at":"a\"b"}"#, "a\"b"),
            (r#"{"at":null}"#, ""),
            (r#"{"at":{"x":1}}"#, ""),
            ("{}", ""),
        ] {
            assert_eq!(serde_json::from_str::<Record<'_>>(json).expect(json).at.as_str(), want, "{json}");
        }
    }

    #[test]
    fn the_year_that_is_not_written_is_the_nearest() {
        let known = "2027-01-01T00:30:00Z".parse().expect("a time");
        let read = nearest_year(12, 31, civil::time(23, 50, 0, 0), known).expect("a date");
        assert_eq!(read.to_string(), "2026-12-31T23:50:00");
        assert_eq!(nearest_year(2, 30, civil::time(0, 0, 0, 0), known), None);
    }
}
