//! The source `icalendar`: calendars, above all who was on call. How they are written stands in
//! `icalendar_lines`, how entries repeat in `icalendar_rule`.

use std::collections::{HashMap, HashSet};
use std::sync::LazyLock;

use jiff::civil::DateTime;
use jiff::{SignedDuration, Timestamp};
use regex::Regex;

use super::icalendar_lines::{Component, In, Property, Stamp, Zones, components};
use super::icalendar_rule::Rule;
use crate::evidence::event::{Event, Kind};
use crate::evidence::identity::{hashed_id, own_id, sha256_hex};
use crate::evidence::instants::Instant;
use crate::evidence::reader::{self, PartSource, Reader};
use crate::evidence::source::{Confidence, Part, Position, source};

source! {
    /// # What it reads
    ///
    /// iCalendar files (`.ics`): the on-call feeds of PagerDuty, Opsgenie and Grafana `OnCall`, rotas that
    /// people keep in Google Calendar or Outlook, calendars of maintenance and releases.
    ///
    /// # How to get it
    ///
    /// PagerDuty: *People → On-Call Schedules → a schedule → Export*. Opsgenie: *On-call → the schedule → ⋯ →
    /// Export calendar*. Google Calendar: *Settings → the calendar → Secret address in iCal format*. Then:
    ///
    /// ```sh
    /// curl -o oncall.ics "$ONCALL_FEED"       # the address opens the calendar to anyone: keep it secret
    /// recount import INC-0042 oncall.ics
    /// ```
    ///
    /// # What becomes an event
    ///
    /// Each entry, at its start. A shift is a note: `On call: Ana Li (Payments primary)`. One that began
    /// before the hours of the incident is there too, at their beginning, and says since when: it is who was
    /// on call when it happened. Other entries, such as maintenance and releases, are notes as well. All are
    /// candidates. Cancelled entries are counted and left out.
    ///
    /// # Traps
    ///
    /// - Times in a zone are read with the tz database, whatever rules the file states; Outlook's names of
    ///   zones are known where they are usual. Floating times and whole days need `--zone`, unless the
    ///   calendar names its own zone.
    /// - Daily and weekly repetition is followed, with its exceptions and moved occurrences. Of other
    ///   repetition only the first is read, and the import says so.
    /// - `DTSTAMP` and `CREATED` are about the file, never about the event.
    /// - A rota says who should have been on call, not who was. Check against pages and acknowledgements.
    ICALENDAR: "icalendar", "Calendars: who was on call, maintenance, releases", recognise,
    reader::parts::<ICalendar>
}

fn recognise(part: &Part<'_>) -> Confidence {
    let text = part.text();
    let first = text.lines().map(str::trim).find(|line| !line.is_empty()).unwrap_or_default();
    // An entry that was copied out of its calendar is one, too.
    let begins = ["BEGIN:VCALENDAR", "BEGIN:VEVENT"].iter().any(|begin| first.eq_ignore_ascii_case(begin));
    if begins { Confidence::Sure } else { Confidence::No }
}

/// How many occurrences of one entry are looked at, and how many are kept: a rota of two years has no more.
const MOST_LOOKED_AT: usize = 100_000;
const MOST_KEPT: usize = 1_000;

#[derive(Default)]
struct ICalendar;

/// What is known of an entry beside its times.
struct Entry<'a> {
    component: &'a Component,
    uid: String,
    action: String,
    who: String,
    repeats: bool,
    /// The occurrence that it is instead of.
    instead_of: Option<Timestamp>,
}

impl PartSource for ICalendar {
    fn part(&mut self, bytes: &[u8], reader: &mut Reader) {
        let text = String::from_utf8_lossy(bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes));
        let (all, strange) = components(&text);
        for line in strange {
            reader.at(Position::Line(line));
            reader.skip("the line is none of a calendar");
        }
        let zones = Zones::of(&all, reader.options.zone.clone());
        // Which occurrences were moved or cancelled by an entry of their own.
        let mut moved: HashMap<String, HashSet<Timestamp>> = HashMap::new();
        let entries: Vec<&Component> = all.iter().filter(|component| component.name == "VEVENT").collect();
        for entry in &entries {
            if let Some(instant) = entry.get("RECURRENCE-ID").and_then(|at| first(at, &zones)) {
                moved.entry(entry.text("UID")).or_default().insert(instant);
            }
        }
        if reader.options.zone.is_none() && zones.default.is_some() {
            let floats = |entry: &&Component| {
                let stamps = entry.get("DTSTART").and_then(|start| zones.read(start).ok());
                stamps.is_some_and(|stamps| stamps.iter().any(|stamp| matches!(stamp.zone, In::Floating)))
            };
            if entries.iter().any(floats) {
                reader.import.note("times without a zone are read in the zone that the calendar names; `--zone` changes that");
            }
        }
        let none = HashSet::new();
        for entry in entries {
            reader.at(Position::Line(entry.line));
            if !entry.whole {
                reader.skip("the entry is cut off");
                continue;
            }
            let calendar = calendar_of(&all, entry);
            let moved = moved.get(&entry.text("UID")).unwrap_or(&none);
            if let Err(why) = Self::entry(entry, calendar, &zones, moved, reader) {
                reader.skip(why);
            }
        }
    }
}

impl ICalendar {
    fn entry(
        component: &Component,
        calendar: Option<&Component>,
        zones: &Zones,
        moved: &HashSet<Timestamp>,
        reader: &mut Reader,
    ) -> Result<(), String> {
        if component.text("STATUS").eq_ignore_ascii_case("CANCELLED") {
            reader.import.leave_out("cancelled", 1);
            return Ok(());
        }
        let start = component.get("DTSTART").ok_or("the entry has no `DTSTART`")?;
        let start = zones.read(start)?.into_iter().next().ok_or("the entry has no `DTSTART`")?;
        let length = length(component, &start, zones)?;
        let rule = component.get("RRULE").filter(|_| component.get("RECURRENCE-ID").is_none());
        let rule = match rule.map(|rule| Rule::read(&rule.value)) {
            Some(Err(what)) => {
                let name = component.text("SUMMARY");
                reader.import.note(format!(
                    "only the first occurrence of `{}` is read: its repetition is not followed ({what})",
                    name.chars().take(60).collect::<String>()
                ));
                None
            }
            Some(Ok(rule)) => Some(rule),
            None => None,
        };
        let (action, who) = told(component, calendar, reader);
        let repeats = component.get("RRULE").is_some() || component.get("RDATE").is_some();
        let instead_of = component.get("RECURRENCE-ID").and_then(|at| first(at, zones));
        let entry = Entry { instead_of, component, uid: named(&component.text("UID")), action, who, repeats };

        let without: HashSet<Timestamp> = component
            .all("EXDATE")
            .filter_map(|dates| zones.read(dates).ok())
            .flatten()
            .filter_map(|stamp| zones.instant(stamp.civil, &stamp).ok().map(|instant| instant.at))
            .chain(if component.get("RECURRENCE-ID").is_some() { HashSet::new() } else { moved.clone() })
            .collect();
        let until =
            rule.as_ref().and_then(|rule| rule.until.as_deref()).map(|until| limit(until, &start, zones));
        let starts: Box<dyn Iterator<Item = DateTime>> = match &rule {
            Some(rule) => Box::new(rule.occurrences(start.civil).take(MOST_LOOKED_AT)),
            None => Box::new(std::iter::once(start.civil)),
        };
        let mut kept = 0;
        for civil in starts {
            let instant = zones.instant(civil, &start)?;
            let is_late = |limit: &Timestamp| instant.at > *limit;
            if until.as_ref().is_some_and(|until| until.as_ref().is_ok_and(is_late)) {
                break;
            }
            if reader.options.to.as_ref().is_some_and(is_late) && entry.repeats {
                break;
            }
            if without.contains(&instant.at) {
                continue;
            }
            let end = length
                .and_then(|length| civil.checked_add(length).ok())
                .and_then(|end| zones.instant(end, &start).ok());
            kept += usize::from(entry.at(&instant, end.map(|end| end.at), reader));
            if kept >= MOST_KEPT {
                reader.import.note(format!(
                    "`{}` repeats without end: the first {MOST_KEPT} are read; `--from` and `--to` choose others",
                    entry.component.text("SUMMARY").chars().take(60).collect::<String>()
                ));
                break;
            }
        }
        for stamp in component.all("RDATE").filter_map(|dates| zones.read(dates).ok()).flatten() {
            let instant = zones.instant(stamp.civil, &stamp)?;
            let end = length
                .and_then(|length| stamp.civil.checked_add(length).ok())
                .and_then(|end| zones.instant(end, &stamp).ok());
            if !without.contains(&instant.at) {
                entry.at(&instant, end.map(|end| end.at), reader);
            }
        }
        Ok(())
    }
}

impl Entry<'_> {
    /// Adds an occurrence, where it is in the window or goes on when that begins; whether it is.
    fn at(&self, start: &Instant, end: Option<Timestamp>, reader: &mut Reader) -> bool {
        let from = reader.options.from;
        let goes_on = from.is_some_and(|from| start.at < from && end.is_some_and(|end| end > from));
        if !goes_on && !reader.options.in_window(start.at) {
            if !self.repeats {
                reader.import.leave_out("outside the window", 1);
            }
            return false;
        }
        let began = start.at.strftime("%Y-%m-%d %H:%M UTC").to_string();
        let (shown, action) = match from.filter(|_| goes_on) {
            Some(from) => (Instant::utc(from), format!("{}, since {began}", self.action)),
            None => (start.clone(), self.action.clone()),
        };
        let id = match (self.uid.is_empty(), self.repeats) {
            (true, _) => hashed_id("ical", start.at, "", &self.action),
            (false, true) => own_id("ical", &[&self.uid, &stamp(start.at)]),
            // An occurrence that was moved stays the one that it was.
            (false, false) => match self.instead_of {
                Some(at) => own_id("ical", &[&self.uid, &stamp(at)]),
                None => own_id("ical", &[&self.uid]),
            },
        };
        let mut event = Event::new(id, &shown, Kind::Note)
            .doing(self.who.clone(), action)
            .linked(&self.component.text("URL"), "calendar")
            .with("on-call", self.who.clone())
            .with("began", if goes_on { start.at.to_string() } else { String::new() })
            .with("ends", end.map(|end| end.to_string()).unwrap_or_default())
            .with("location", self.component.text("LOCATION"));
        let changed = self.component.get("LAST-MODIFIED").and_then(|changed| utc(&changed.value));
        event.signals.edited = changed.map(Into::into);
        reader.push(event);
        true
    }
}

/// What stands for a UID in names: a UID may hold anything, such as a mail address.
fn named(uid: &str) -> String {
    if uid.is_empty() { String::new() } else { sha256_hex(uid.as_bytes(), 16) }
}

fn stamp(at: Timestamp) -> String {
    at.strftime("%Y%m%dT%H%M%SZ").to_string()
}

/// What an entry says, and who is on call by it.
fn told(component: &Component, calendar: Option<&Component>, reader: &mut Reader) -> (String, String) {
    let summary = component.text("SUMMARY").replace('\n', " ");
    let name = calendar.map(|calendar| calendar.text("X-WR-CALNAME")).unwrap_or_default();
    let product = calendar.map(|calendar| calendar.text("PRODID")).unwrap_or_default();
    let is_rota = [&name, &product].iter().any(|text| ROTA.is_match(text));
    let Some(shift) = shift(&summary, is_rota) else {
        let tentative = component.text("STATUS").eq_ignore_ascii_case("TENTATIVE");
        let summary = if summary.is_empty() { "An entry without a title".to_owned() } else { summary };
        return (if tentative { format!("{summary} (tentative)") } else { summary }, String::new());
    };
    // One attendee is who is on call; of several nobody says which.
    let attendees: Vec<&Property> = component.all("ATTENDEE").collect();
    let (mail, called) = match attendees[..] {
        [only] => {
            let mail = only.value.trim().trim_start_matches("mailto:").trim_start_matches("MAILTO:");
            (if mail.contains('@') { mail } else { "" }, only.parameter("CN").unwrap_or(""))
        }
        _ => ("", ""),
    };
    let who = reader.who("", &[&shift.name, called], mail);
    let role = if shift.role.is_empty() {
        let role = name.trim_start_matches("On Call Schedule for ").trim();
        if is_rota && role != shift.name { role.to_owned() } else { String::new() }
    } else {
        shift.role
    };
    let role =
        if role.is_empty() || ROTA_ALONE.is_match(&role) { String::new() } else { format!(" ({role})") };
    (format!("On call: {who}{role}"), who)
}

/// A shift as the title of an entry states it.
#[derive(Debug, PartialEq, Eq)]
struct Shift {
    name: String,
    role: String,
}

static ROTA: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"(?i)\bon[- ]?call\b|pagerduty|opsgenie|\brota\b").expect("a fixed pattern")
});
static ROTA_ALONE: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"(?i)^on[- ]?call(?: schedule)?$").expect("a fixed pattern"));
/// `On Call - Ana Li - Payments primary`, `On-call: Ana Li (primary)`.
static BEFORE: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"(?i)^on[- ]?call(?: shift)?\s*[-:–—]\s*(?P<name>.+?)(?:\s+[-–—]\s+(?P<role>.+)|\s*\((?P<in>[^)]+)\))?$")
        .expect("a fixed pattern")
});
/// `Ana Li is on call for Payments`, `Ana Li - on-call`.
static AFTER: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"(?i)^(?P<name>[^:]+?)(?: is|\s*[-–—,])? on[- ]?call(?:(?: for|\s*[-–—:]) (?P<role>.+))?$")
        .expect("a fixed pattern")
});
/// `Payments on-call: Ana Li`.
static BETWEEN: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"(?i)^(?P<role>.+?) on[- ]?call(?: \w+)?\s*[:–—-]\s*(?P<name>.+)$").expect("a fixed pattern")
});
/// `[L1] ana`, `Ana Li (primary)`, in a calendar that is a rota.
static BARE: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"^(?:\[(?P<level>[^\]]+)\]\s*)?(?P<name>[^()\[\]]+?)(?:\s*\((?P<in>[^)]+)\)|\s+[-–—]\s+(?P<role>.+))?$")
        .expect("a fixed pattern")
});

fn shift(title: &str, is_rota: bool) -> Option<Shift> {
    let title = title.trim();
    let found = BEFORE
        .captures(title)
        .or_else(|| BETWEEN.captures(title))
        .or_else(|| AFTER.captures(title))
        .or_else(|| BARE.captures(title).filter(|_| is_rota))?;
    let text = |name: &str| found.name(name).map_or("", |text| text.as_str().trim()).to_owned();
    let role = ["role", "in", "level"].map(text).into_iter().find(|role| !role.is_empty());
    Some(Shift { name: text("name"), role: role.unwrap_or_default() })
}

fn calendar_of<'a>(all: &'a [Component], entry: &Component) -> Option<&'a Component> {
    let parent = all.get(entry.parent?)?;
    (parent.name == "VCALENDAR").then_some(parent)
}

fn first(property: &Property, zones: &Zones) -> Option<Timestamp> {
    let stamp = zones.read(property).ok()?.into_iter().next()?;
    zones.instant(stamp.civil, &stamp).ok().map(|instant| instant.at)
}

/// How long an entry lasts by the wall clock; a whole day without an end lasts that day.
fn length(component: &Component, start: &Stamp, zones: &Zones) -> Result<Option<SignedDuration>, String> {
    if let Some(end) = component.get("DTEND") {
        let end = zones.read(end)?.into_iter().next().ok_or("the entry has no `DTEND`")?;
        // Written in two zones, the difference is that of the instants.
        let alike = end.is_date == start.is_date
            && matches!((&end.zone, &start.zone), (In::Utc, In::Utc) | (In::Floating, In::Floating))
            || matches!((&end.zone, &start.zone), (In::Zone(a), In::Zone(b)) if a == b);
        return Ok(Some(if alike {
            end.civil.duration_since(start.civil)
        } else {
            zones.instant(end.civil, &end)?.at.duration_since(zones.instant(start.civil, start)?.at)
        }));
    }
    if let Some(duration) = component.get("DURATION") {
        let read = duration.value.trim().parse::<SignedDuration>().or_else(|_| {
            duration
                .value
                .trim()
                .parse::<jiff::Span>()
                .and_then(|span| span.to_duration(jiff::SpanRelativeTo::days_are_24_hours()))
        });
        return Ok(read.ok());
    }
    Ok(start.is_date.then(|| SignedDuration::from_hours(24)))
}

/// The last instant of a rule: in UTC, or a day or wall clock in the zone of the entry.
fn limit(until: &str, start: &Stamp, zones: &Zones) -> Result<Timestamp, String> {
    if let Some(at) = utc(until) {
        return Ok(at);
    }
    let civil = DateTime::strptime("%Y%m%dT%H%M%S", until)
        .or_else(|_| jiff::civil::Date::strptime("%Y%m%d", until).map(|day| day.at(23, 59, 59, 0)))
        .map_err(|error| error.to_string())?;
    zones.instant(civil, start).map(|instant| instant.at)
}

fn utc(text: &str) -> Option<Timestamp> {
    let civil = DateTime::strptime("%Y%m%dT%H%M%SZ", text.trim()).ok()?;
    jiff::tz::Offset::UTC.to_timestamp(civil).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::evidence::Options;
    use crate::evidence::source::Session;

    #[test]
    fn who_is_on_call_is_read_from_titles_as_programs_and_people_write_them() {
        for (title, is_rota, name, role) in [
            ("On Call - Ana Li - Payments primary", false, "Ana Li", "Payments primary"),
            ("On Call - Ana Li", true, "Ana Li", ""),
            ("On-call: Ana Li (primary)", false, "Ana Li", "primary"),
            ("oncall: Ana-Maria Li", false, "Ana-Maria Li", ""),
            ("Ana Li is on call for Payments", false, "Ana Li", "Payments"),
            ("Ana Li on-call", false, "Ana Li", ""),
            ("Payments on-call: Ana Li", false, "Ana Li", "Payments"),
            ("[L1] ana", true, "ana", "L1"),
            ("Ana Li (primary)", true, "Ana Li", "primary"),
        ] {
            let want = Shift { name: name.into(), role: role.into() };
            assert_eq!(shift(title, is_rota), Some(want), "{title}");
        }
        for title in
            ["Database maintenance", "Release train 47", "Weekly on-call sync", "On-call handover", ""]
        {
            assert_eq!(shift(title, false), None, "{title}");
        }
    }

    #[test]
    fn who_was_on_call_when_the_window_begins_is_said_with_since_when() {
        let text = "BEGIN:VCALENDAR\nBEGIN:VEVENT\nUID:1\nSUMMARY:On Call - Ana Li\nDTSTART;TZID=Europe/Berlin:20261005T090000\nDTEND;TZID=Europe/Berlin:20261012T090000\nRRULE:FREQ=WEEKLY;INTERVAL=2\nEND:VEVENT\nEND:VCALENDAR\n";
        let at = |text: &str| text.parse::<Timestamp>().ok();
        let options = Options {
            from: at("2026-11-20T12:00:00Z"),
            to: at("2026-12-05T12:00:00Z"),
            ..Options::default()
        };
        let mut session = Session::new(&ICALENDAR, options);
        session.part("x.ics", text.as_bytes());
        let events = session.finish().events;
        let told: Vec<(String, &str)> =
            events.iter().map(|event| (event.instant().to_string(), event.action.as_str())).collect();
        // The clocks went back in between: nine in Berlin is eight in UTC now.
        assert_eq!(
            told,
            [
                ("2026-11-20T12:00:00Z".to_owned(), "On call: Ana Li, since 2026-11-16 08:00 UTC"),
                ("2026-11-30T08:00:00Z".to_owned(), "On call: Ana Li"),
            ]
        );
    }
}
