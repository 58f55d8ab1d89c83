//! iCalendar as it is written: folded lines, components, properties with their parameters, times and zones.
//!
//! What does not live here: repetition (`icalendar_rule`), and what an entry means (`icalendar`).

use std::collections::HashMap;

use jiff::civil::{Date, DateTime, Time};
use jiff::tz::{Offset, TimeZone};

use crate::evidence::event::Precision;
use crate::evidence::instants::{Instant, offset_text};

/// A component: `VCALENDAR`, `VEVENT`, `VTIMEZONE` and what stands in them, each by itself.
#[derive(Debug, Default)]
pub(super) struct Component {
    /// Its name, in capitals.
    pub(super) name: String,
    /// The line of its `BEGIN`, from 1.
    pub(super) line: usize,
    /// The component that it stands in, by its place in the list.
    pub(super) parent: Option<usize>,
    /// Whether its `END` was there.
    pub(super) whole: bool,
    properties: Vec<Property>,
}

/// A property, such as `DTSTART;TZID=Europe/Berlin:20261120T140000`.
#[derive(Debug)]
pub(super) struct Property {
    pub(super) name: String,
    parameters: Vec<(String, String)>,
    pub(super) value: String,
}

impl Property {
    pub(super) fn parameter(&self, name: &str) -> Option<&str> {
        self.parameters.iter().find(|(other, _)| other == name).map(|(_, value)| value.as_str())
    }

    /// The text, with its escapes undone.
    pub(super) fn text(&self) -> String {
        let mut out = String::with_capacity(self.value.len());
        let mut chars = self.value.chars();
        while let Some(c) = chars.next() {
            match (c, chars.clone().next()) {
                ('\\', Some('n' | 'N')) => out.push('\n'),
                ('\\', Some(next @ (',' | ';' | '\\' | ':' | '"'))) => out.push(next),
                (c, _) => {
                    out.push(c);
                    continue;
                }
            }
            chars.next();
        }
        out.trim().to_owned()
    }
}

impl Component {
    /// The properties of a name.
    pub(super) fn all(&self, name: &str) -> impl Iterator<Item = &Property> {
        self.properties.iter().filter(move |property| property.name == name)
    }

    /// The first property of a name.
    pub(super) fn get(&self, name: &str) -> Option<&Property> {
        self.all(name).next()
    }

    /// The text of a property; empty where there is none.
    pub(super) fn text(&self, name: &str) -> String {
        self.get(name).map(Property::text).unwrap_or_default()
    }
}

/// All components of a file, in the order of their beginnings, and the lines that are none of a calendar.
pub(super) fn components(text: &str) -> (Vec<Component>, Vec<usize>) {
    let (mut all, mut open, mut strange) = (Vec::<Component>::new(), Vec::<usize>::new(), Vec::new());
    for (line, content) in unfolded(text) {
        let Some(property) = property(&content) else {
            strange.push(line);
            continue;
        };
        let value = property.value.trim().to_ascii_uppercase();
        match property.name.as_str() {
            "BEGIN" => {
                open.push(all.len());
                let parent = open.len().checked_sub(2).map(|at| open[at]);
                all.push(Component { name: value, line, parent, ..Component::default() });
            }
            "END" => {
                // What was not ended before its surroundings were, was cut off.
                if let Some(at) = open.iter().rposition(|at| all[*at].name == value) {
                    all[open[at]].whole = true;
                    open.truncate(at);
                }
            }
            _ => match open.last() {
                Some(at) => all[*at].properties.push(property),
                None => strange.push(line),
            },
        }
    }
    (all, strange)
}

/// Content lines with the line on which each begins; a line that begins with a space goes on the one before.
fn unfolded(text: &str) -> impl Iterator<Item = (usize, String)> {
    let mut lines = text.lines().enumerate().peekable();
    std::iter::from_fn(move || {
        let (index, first) = lines.find(|(_, line)| !line.trim().is_empty())?;
        let mut content = first.to_owned();
        while let Some((_, more)) = lines.next_if(|(_, line)| line.starts_with([' ', '\t'])) {
            content.push_str(&more[1..]);
        }
        Some((index + 1, content))
    })
}

fn property(line: &str) -> Option<Property> {
    let name_end = line.find([';', ':'])?;
    let name = line[..name_end].trim().to_ascii_uppercase();
    if name.is_empty() || !name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'.') {
        return None;
    }
    let (mut parameters, mut rest) = (Vec::new(), &line[name_end..]);
    while let Some(parameter) = rest.strip_prefix(';') {
        // A colon inside quotes ends nothing.
        let mut quoted = false;
        let end = parameter.find(|c: char| {
            quoted ^= c == '"';
            !quoted && (c == ';' || c == ':')
        })?;
        let (key, value) = parameter[..end].split_once('=').unwrap_or((&parameter[..end], ""));
        parameters.push((key.trim().to_ascii_uppercase(), value.trim().trim_matches('"').to_owned()));
        rest = &parameter[end..];
    }
    // `item1.SUMMARY` is what some programs write for a property of a group.
    let name = name.rsplit('.').next().unwrap_or(&name).to_owned();
    Some(Property { name, parameters, value: rest.strip_prefix(':')?.to_owned() })
}

/// What a time was written in.
#[derive(Clone, Debug)]
pub(super) enum In {
    /// UTC, by its `Z`.
    Utc,
    /// A zone that the file names.
    Zone(TimeZone),
    /// No zone: `floating` in the standard's word.
    Floating,
}

/// A time as the file gives it.
#[derive(Clone, Debug)]
pub(super) struct Stamp {
    pub(super) civil: DateTime,
    pub(super) is_date: bool,
    pub(super) zone: In,
}

/// The zones of a file, by its own names for them, and the one for times without any.
pub(super) struct Zones {
    named: HashMap<String, TimeZone>,
    /// For floating times and whole days: what the caller says, else what the calendar says of itself.
    pub(super) default: Option<TimeZone>,
}

impl Zones {
    pub(super) fn of(all: &[Component], given: Option<TimeZone>) -> Self {
        let own = all
            .iter()
            .filter(|component| component.name == "VCALENDAR")
            .find_map(|calendar| TimeZone::get(&calendar.text("X-WR-TIMEZONE")).ok());
        let mut named = HashMap::new();
        for (index, zone) in all.iter().enumerate().filter(|(_, component)| component.name == "VTIMEZONE") {
            let id = zone.text("TZID");
            let place = TimeZone::get(&zone.text("X-LIC-LOCATION")).ok();
            let fixed = || fixed(all.iter().filter(|component| component.parent == Some(index)));
            if let Some(found) = known(&id).or(place).or_else(fixed) {
                named.insert(id, found);
            }
        }
        Self { named, default: given.or(own) }
    }

    /// Reads the times of a property, which may be several.
    pub(super) fn read(&self, property: &Property) -> Result<Vec<Stamp>, String> {
        let zone = property.parameter("TZID");
        property.value.split(',').map(|value| self.one(value.trim(), zone)).collect()
    }

    fn one(&self, value: &str, zone: Option<&str>) -> Result<Stamp, String> {
        let wrong = || format!("`{}` is no time of a calendar", value.chars().take(20).collect::<String>());
        // A period is its beginning, a slash and its end.
        let value = value.split('/').next().unwrap_or(value);
        let (bare, utc) = value.strip_suffix('Z').map_or((value, false), |bare| (bare, true));
        let (date, clock) = bare.split_once('T').map_or((bare, None), |(date, clock)| (date, Some(clock)));
        let day = Date::strptime("%Y%m%d", date)
            .or_else(|_| Date::strptime("%Y-%m-%d", date))
            .map_err(|_| wrong())?;
        let time = match clock {
            None => Time::midnight(),
            Some(clock) => Time::strptime("%H%M%S", clock)
                .or_else(|_| Time::strptime("%H:%M:%S", clock))
                .or_else(|_| Time::strptime("%H%M", clock))
                .map_err(|_| wrong())?,
        };
        let zone = match zone.filter(|_| clock.is_some()) {
            _ if utc => In::Utc,
            Some(id) => match self.named.get(id).cloned().or_else(|| known(id)) {
                Some(zone) => In::Zone(zone),
                None => {
                    return Err(format!(
                        "the zone `{id}` is not known, and the file does not say what it is"
                    ));
                }
            },
            None => In::Floating,
        };
        Ok(Stamp { civil: day.to_datetime(time), is_date: clock.is_none(), zone })
    }

    /// The instant of a wall clock in the zone of a stamp. Where clocks change, the standard says which one:
    /// the first of two, and of none the one that it would have been.
    pub(super) fn instant(&self, civil: DateTime, stamp: &Stamp) -> Result<Instant, String> {
        let precision = if civil.second() == 0 { Precision::Minute } else { Precision::Second };
        let zone = match &stamp.zone {
            In::Utc => &TimeZone::UTC,
            In::Zone(zone) => zone,
            In::Floating => self.default.as_ref().ok_or_else(|| {
                let shown = civil.strftime(if stamp.is_date { "%Y-%m-%d" } else { "%Y-%m-%d %H:%M" });
                format!("`{shown}` has no zone; say which one it is in with `--zone`")
            })?,
        };
        let at = zone.to_ambiguous_timestamp(civil).compatible().map_err(|error| error.to_string())?;
        let offset = zone.to_offset(at);
        let name = zone.iana_name().filter(|name| *name != "UTC" && *name != "Etc/UTC");
        let zone_from = name.map(str::to_owned).or((offset != Offset::UTC).then(|| offset_text(offset)));
        Ok(Instant { at, precision, zone_from })
    }
}

/// The zone that a name means: one of the tz database, with whatever path before it, or one of Windows.
fn known(id: &str) -> Option<TimeZone> {
    let id = id.trim();
    let parts: Vec<&str> = id.split('/').collect();
    let by_path = (1..=parts.len().min(3)).rev().map(|count| parts[parts.len() - count..].join("/"));
    by_path
        .chain(WINDOWS.iter().filter(|(name, _)| *name == id).map(|(_, zone)| (*zone).to_owned()))
        .filter(|name| name.len() > 2)
        .find_map(|name| TimeZone::get(&name).ok())
}

/// A zone of which the file says no more than one offset.
fn fixed<'a>(observances: impl Iterator<Item = &'a Component>) -> Option<TimeZone> {
    let mut offsets: Vec<i32> = observances.filter_map(|part| seconds(&part.text("TZOFFSETTO"))).collect();
    offsets.dedup();
    match offsets[..] {
        [only] => Offset::from_seconds(only).ok().map(Offset::to_time_zone),
        _ => None,
    }
}

fn seconds(offset: &str) -> Option<i32> {
    let (sign, digits) = match offset.split_at_checked(1)? {
        ("-", digits) => (-1, digits),
        ("+", digits) => (1, digits),
        _ => (1, offset),
    };
    let number = |range| digits.get(range).and_then(|text: &str| text.parse::<i32>().ok());
    Some(sign * (number(0..2)? * 3600 + number(2..4)? * 60 + number(4..6).unwrap_or(0)))
}

/// What Outlook and Exchange call the zones that most calendars of theirs are in.
const WINDOWS: &[(&str, &str)] = &[
    ("AUS Eastern Standard Time", "Australia/Sydney"),
    ("Central Europe Standard Time", "Europe/Budapest"),
    ("Central European Standard Time", "Europe/Warsaw"),
    ("Central Standard Time", "America/Chicago"),
    ("China Standard Time", "Asia/Shanghai"),
    ("E. South America Standard Time", "America/Sao_Paulo"),
    ("Eastern Standard Time", "America/New_York"),
    ("FLE Standard Time", "Europe/Kyiv"),
    ("GMT Standard Time", "Europe/London"),
    ("GTB Standard Time", "Europe/Bucharest"),
    ("Greenwich Standard Time", "Atlantic/Reykjavik"),
    ("India Standard Time", "Asia/Kolkata"),
    ("Israel Standard Time", "Asia/Jerusalem"),
    ("Korea Standard Time", "Asia/Seoul"),
    ("Mountain Standard Time", "America/Denver"),
    ("New Zealand Standard Time", "Pacific/Auckland"),
    ("Pacific Standard Time", "America/Los_Angeles"),
    ("Romance Standard Time", "Europe/Paris"),
    ("Singapore Standard Time", "Asia/Singapore"),
    ("South Africa Standard Time", "Africa/Johannesburg"),
    ("Tokyo Standard Time", "Asia/Tokyo"),
    ("Turkey Standard Time", "Europe/Istanbul"),
    ("US Eastern Standard Time", "America/Indiana/Indianapolis"),
    ("W. Europe Standard Time", "Europe/Berlin"),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folded_lines_quotes_and_escapes_are_undone() {
        let text = "BEGIN:VEVENT\r\nSUMMARY:On Call - Ana\r\n  Li\\, really\\nyes\r\nATTENDEE;CN=\"Li; Ana: A\";X=1:mailto:a@b.c\r\nBEGIN:VALARM\r\nSUMMARY:no\r\nEND:VALARM\r\nEND:VEVENT\r\nstray\r\n";
        let (all, strange) = components(text);
        assert_eq!((all.len(), &strange[..]), (2, &[9][..]));
        assert_eq!(all[0].text("SUMMARY"), "On Call - Ana Li, really\nyes");
        let attendee = all[0].get("ATTENDEE").expect("it is there");
        assert_eq!((attendee.parameter("CN"), attendee.value.as_str()), (Some("Li; Ana: A"), "mailto:a@b.c"));
        assert!(all[0].whole && all[1].parent == Some(0));
    }

    #[test]
    fn zones_are_known_by_the_names_that_programs_give_them() {
        for (id, zone) in [
            ("Europe/Berlin", "Europe/Berlin"),
            ("/freeassociation.sourceforge.net/Europe/Berlin", "Europe/Berlin"),
            ("/citadel.org/20210210_1/America/Indiana/Knox", "America/Indiana/Knox"),
            ("W. Europe Standard Time", "Europe/Berlin"),
        ] {
            assert_eq!(
                known(id).and_then(|zone| zone.iana_name().map(str::to_owned)).as_deref(),
                Some(zone),
                "{id}"
            );
        }
        assert!(known("Custom 1").is_none() && seconds("-0530") == Some(-19_800));
        for (_, zone) in WINDOWS {
            assert!(TimeZone::get(zone).is_ok(), "{zone}");
        }
    }
}
