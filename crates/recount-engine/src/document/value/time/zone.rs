//! What the names of time zones mean, as a table.
//!
//! What lives here: abbreviations with their offsets and the regions that use them, and names of the zone
//! data bundled with the program. What does not: offsets in digits, which the scanner reads.

use std::sync::LazyLock;

use jiff::{
    Timestamp,
    civil::DateTime,
    tz::{AmbiguousOffset, Offset, TimeZone, TimeZoneDatabase},
};

use super::{TimeProblem, canonical};

/// What one name of a zone can mean.
pub(super) struct Label {
    /// As people write it, compared in any case.
    name: &'static str,
    /// More than one: the name alone does not place a time.
    meanings: &'static [Meaning],
}

struct Meaning {
    /// Where it is said, for messages.
    region: &'static str,
    offset: Stated,
    /// Zones of the zone data where it holds in its season; none where it has no season.
    zones: &'static [&'static str],
}

/// What the name says of the offset.
#[derive(Clone, Copy)]
enum Stated {
    /// Minutes east of Greenwich.
    Minutes(i32),
    /// Whatever the first zone has at that time: `PT`.
    BySeason,
}

/// The names of UTC itself.
pub(super) fn is_utc(name: &str) -> bool {
    ["utc", "z", "gmt", "zulu", "ut", "uct"].iter().any(|utc| name.eq_ignore_ascii_case(utc))
}

/// One line of the table.
const fn label(name: &'static str, meanings: &'static [Meaning]) -> Label {
    Label { name, meanings }
}

const fn at(region: &'static str, minutes: i32) -> Meaning {
    Meaning { region, offset: Stated::Minutes(minutes), zones: &[] }
}

const fn seasonal(region: &'static str, minutes: i32, zones: &'static [&'static str]) -> Meaning {
    Meaning { region, offset: Stated::Minutes(minutes), zones }
}

const fn by_season(region: &'static str, zone: &'static [&'static str]) -> Meaning {
    Meaning { region, offset: Stated::BySeason, zones: zone }
}

const PACIFIC: &[&str] = &["America/Los_Angeles"];
// Arizona keeps standard time in summer, so `MST` is never out of season.
const MOUNTAIN: &[&str] = &["America/Denver", "America/Phoenix"];
const CENTRAL: &[&str] = &["America/Chicago"];
const EASTERN: &[&str] = &["America/New_York"];
const ALASKA: &[&str] = &["America/Anchorage"];
const NEWFOUNDLAND: &[&str] = &["America/St_Johns"];
const ATLANTIC: &[&str] = &["America/Halifax"];
const WEST_EUROPE: &[&str] = &["Europe/Lisbon"];
const CENTRAL_EUROPE: &[&str] = &["Europe/Berlin"];
const EAST_EUROPE: &[&str] = &["Europe/Athens"];
const LONDON: &[&str] = &["Europe/London"];
// Queensland and the Northern Territory keep standard time in summer.
const SYDNEY: &[&str] = &["Australia/Sydney", "Australia/Brisbane"];
const ADELAIDE: &[&str] = &["Australia/Adelaide", "Australia/Darwin"];
const AUCKLAND: &[&str] = &["Pacific/Auckland"];

/// Every abbreviation that is understood. Sorted by continent, not by name: it is read by people.
static LABELS: &[Label] = &[
    // North America.
    label("PST", &[seasonal("US Pacific", -480, PACIFIC)]),
    label("PDT", &[seasonal("US Pacific", -420, PACIFIC)]),
    label("PT", &[by_season("US Pacific", PACIFIC)]),
    label("PST/PDT", &[by_season("US Pacific", PACIFIC)]),
    label("Pacific", &[by_season("US Pacific", PACIFIC)]),
    label("MST", &[seasonal("US Mountain", -420, MOUNTAIN)]),
    label("MDT", &[seasonal("US Mountain", -360, MOUNTAIN)]),
    label("MT", &[by_season("US Mountain", MOUNTAIN)]),
    label("Mountain", &[by_season("US Mountain", MOUNTAIN)]),
    label("CST", &[seasonal("US Central", -360, CENTRAL), at("China", 480), at("Cuba", -300)]),
    label("CDT", &[seasonal("US Central", -300, CENTRAL)]),
    label("CT", &[by_season("US Central", CENTRAL)]),
    label("CST/CDT", &[by_season("US Central", CENTRAL)]),
    label("EST", &[seasonal("US Eastern", -300, EASTERN)]),
    label("EDT", &[seasonal("US Eastern", -240, EASTERN)]),
    label("ET", &[by_season("US Eastern", EASTERN)]),
    label("EST/EDT", &[by_season("US Eastern", EASTERN)]),
    label("Eastern", &[by_season("US Eastern", EASTERN)]),
    label("AKST", &[seasonal("Alaska", -540, ALASKA)]),
    label("AKDT", &[seasonal("Alaska", -480, ALASKA)]),
    label("HST", &[at("Hawaii", -600)]),
    label("NST", &[seasonal("Newfoundland", -210, NEWFOUNDLAND)]),
    label("NDT", &[seasonal("Newfoundland", -150, NEWFOUNDLAND)]),
    label("AST", &[seasonal("Atlantic Canada", -240, ATLANTIC), at("Arabia", 180)]),
    label("ADT", &[seasonal("Atlantic Canada", -180, ATLANTIC)]),
    // South America.
    label("BRT", &[at("Brasília", -180)]),
    label("ART", &[at("Argentina", -180)]),
    label("COT", &[at("Colombia", -300)]),
    label("AMT", &[at("Amazonas", -240), at("Armenia", 240)]),
    // Europe.
    label("WET", &[seasonal("Western Europe", 0, WEST_EUROPE)]),
    label("WEST", &[seasonal("Western Europe", 60, WEST_EUROPE)]),
    label("CET", &[seasonal("Central Europe", 60, CENTRAL_EUROPE)]),
    label("CEST", &[seasonal("Central Europe", 120, CENTRAL_EUROPE)]),
    label("CET/CEST", &[by_season("Central Europe", CENTRAL_EUROPE)]),
    label("MEZ", &[seasonal("Central Europe", 60, CENTRAL_EUROPE)]),
    label("MESZ", &[seasonal("Central Europe", 120, CENTRAL_EUROPE)]),
    label("EET", &[seasonal("Eastern Europe", 120, EAST_EUROPE)]),
    label("EEST", &[seasonal("Eastern Europe", 180, EAST_EUROPE)]),
    label("BST", &[seasonal("British Summer", 60, LONDON), at("Bangladesh", 360)]),
    label("MSK", &[at("Moscow", 180)]),
    label("TRT", &[at("Türkiye", 180)]),
    // Africa.
    label("WAT", &[at("West Africa", 60)]),
    label("CAT", &[at("Central Africa", 120)]),
    label("SAST", &[at("South Africa", 120)]),
    label("EAT", &[at("East Africa", 180)]),
    // Asia.
    label("IST", &[at("India", 330), seasonal("Ireland", 60, &["Europe/Dublin"]), at("Israel", 120)]),
    label("IDT", &[at("Israel, summer", 180)]),
    label("GST", &[at("Gulf", 240), at("South Georgia", -120)]),
    label("PKT", &[at("Pakistan", 300)]),
    label("NPT", &[at("Nepal", 345)]),
    label("ICT", &[at("Indochina", 420)]),
    label("WIB", &[at("Western Indonesia", 420)]),
    label("SGT", &[at("Singapore", 480)]),
    label("HKT", &[at("Hong Kong", 480)]),
    label("PHT", &[at("Philippines", 480)]),
    label("JST", &[at("Japan", 540)]),
    label("KST", &[at("Korea", 540)]),
    // Oceania.
    label("AWST", &[at("Western Australia", 480)]),
    label("ACST", &[seasonal("Central Australia", 570, ADELAIDE)]),
    label("ACDT", &[seasonal("Central Australia", 630, ADELAIDE)]),
    label("AEST", &[seasonal("Eastern Australia", 600, SYDNEY)]),
    label("AEDT", &[seasonal("Eastern Australia", 660, SYDNEY)]),
    label("NZST", &[seasonal("New Zealand", 720, AUCKLAND)]),
    label("NZDT", &[seasonal("New Zealand", 780, AUCKLAND)]),
    label("SST", &[at("Samoa", -660), at("Singapore", 480)]),
];

/// The zone data that comes with the program, so that every machine reads alike.
static DATA: LazyLock<TimeZoneDatabase> = LazyLock::new(TimeZoneDatabase::bundled);

fn named(zone: &str) -> Option<TimeZone> {
    DATA.get(zone).ok()
}

/// How a local time becomes an instant.
pub(super) enum Zone<'a> {
    Utc,
    /// Seconds east of Greenwich.
    Offset(i32),
    Label {
        label: &'static Label,
        written: &'a str,
    },
    Named(TimeZone),
}

impl<'a> Zone<'a> {
    /// Looks up a name; `None` if it is in neither table.
    pub(super) fn find(written: &'a str) -> Option<Self> {
        if is_utc(written) {
            return Some(Self::Utc);
        }
        if let Some(label) = LABELS.iter().find(|label| label.name.eq_ignore_ascii_case(written)) {
            return Some(Self::Label { label, written });
        }
        // Short names of the zone data (`EST5EDT`, `Cuba`) are rather words than zones.
        written.contains('/').then(|| named(written)).flatten().map(Self::Named)
    }

    /// The local clock at an instant; for a name with several meanings by the first.
    pub(super) fn local(&self, at: Timestamp) -> DateTime {
        match self {
            Self::Utc => Offset::UTC.to_datetime(at),
            Self::Offset(seconds) => offset(*seconds).unwrap_or(Offset::UTC).to_datetime(at),
            Self::Named(zone) => zone.to_datetime(at),
            Self::Label { label, .. } => label.meanings[0].local(at),
        }
    }

    /// The instant of a local clock.
    pub(super) fn instant(&self, local: DateTime) -> Result<Timestamp, TimeProblem> {
        match self {
            Self::Utc => Offset::UTC.to_timestamp(local).map_err(|_| TimeProblem::Impossible),
            Self::Offset(seconds) => offset(*seconds)
                .and_then(|offset| offset.to_timestamp(local).ok())
                .ok_or(TimeProblem::Impossible),
            Self::Named(zone) => on_the_wall(zone, local),
            Self::Label { label, written } => label.instant(written, local),
        }
    }

    /// Said of a name with several meanings, before any date is known.
    pub(super) fn ambiguity(&self, local: Option<DateTime>) -> Option<TimeProblem> {
        let Self::Label { label, written } = self else { return None };
        if label.meanings.len() < 2 {
            return None;
        }
        let readings = label.meanings.iter().map(|meaning| meaning.describe(local)).collect();
        Some(TimeProblem::AmbiguousZone { label: (*written).to_owned(), readings })
    }
}

impl Label {
    fn instant(&self, written: &str, local: DateTime) -> Result<Timestamp, TimeProblem> {
        let [meaning] = self.meanings else {
            let readings = self.meanings.iter().map(|meaning| meaning.describe(Some(local))).collect();
            return Err(TimeProblem::AmbiguousZone { label: written.to_owned(), readings });
        };
        let zones = || meaning.zones.iter().filter_map(|zone| named(zone));
        match meaning.offset {
            Stated::BySeason => {
                let zone =
                    zones().next().ok_or_else(|| TimeProblem::UnknownZone { label: written.to_owned() })?;
                on_the_wall(&zone, local)
            }
            Stated::Minutes(minutes) => {
                let stated = offset(minutes * 60).ok_or(TimeProblem::Impossible)?;
                let at = stated.to_timestamp(local).map_err(|_| TimeProblem::Impossible)?;
                if meaning.zones.is_empty() || zones().any(|zone| zone.to_offset(at) == stated) {
                    return Ok(at);
                }
                // The name belongs to the other half of the year: the writer meant the wall clock, or the name.
                let Some(zone) = zones().next() else { return Ok(at) };
                let in_season =
                    zone.to_ambiguous_timestamp(local).compatible().map_err(|_| TimeProblem::Impossible)?;
                let meant = zone.to_offset_info(in_season).abbreviation().to_owned();
                Err(TimeProblem::ZoneOutOfSeason {
                    label: written.to_owned(),
                    meant,
                    as_written: at,
                    in_season,
                })
            }
        }
    }
}

impl Meaning {
    /// `India, UTC+05:30`, with the instant where a date is known.
    fn describe(&self, local: Option<DateTime>) -> String {
        let Stated::Minutes(minutes) = self.offset else { return self.region.to_owned() };
        let sign = if minutes < 0 { '-' } else { '+' };
        let (hours, rest) = (minutes.abs() / 60, minutes.abs() % 60);
        let mut text = format!("{}, UTC{sign}{hours:02}:{rest:02}", self.region);
        let instant =
            local.and_then(|local| offset(minutes * 60).and_then(|offset| offset.to_timestamp(local).ok()));
        if let (Some(at), Some(local)) = (instant, local) {
            text.push_str(": ");
            text.push_str(&canonical(at, local.second() != 0));
        }
        text
    }

    fn local(&self, at: Timestamp) -> DateTime {
        match self.offset {
            Stated::Minutes(minutes) => offset(minutes * 60).unwrap_or(Offset::UTC).to_datetime(at),
            Stated::BySeason => match self.zones.first().and_then(|zone| named(zone)) {
                Some(zone) => zone.to_datetime(at),
                None => Offset::UTC.to_datetime(at),
            },
        }
    }
}

fn offset(seconds: i32) -> Option<Offset> {
    Offset::from_seconds(seconds).ok()
}

/// The instant of a wall clock, where it shows that time exactly once.
fn on_the_wall(zone: &TimeZone, local: DateTime) -> Result<Timestamp, TimeProblem> {
    match zone.to_ambiguous_timestamp(local).offset() {
        AmbiguousOffset::Unambiguous { offset } => {
            offset.to_timestamp(local).map_err(|_| TimeProblem::Impossible)
        }
        AmbiguousOffset::Gap { .. } => Err(TimeProblem::Impossible),
        AmbiguousOffset::Fold { .. } => Err(TimeProblem::FoldedLocalTime),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use std::collections::HashSet;

    use super::*;

    #[test]
    fn every_label_stands_once_and_every_zone_is_in_the_data() {
        let mut seen = HashSet::new();
        for label in LABELS {
            assert!(seen.insert(label.name.to_ascii_lowercase()), "`{}` stands twice", label.name);
            assert!(!is_utc(label.name));
            assert!(!label.meanings.is_empty());
            for zone in label.meanings.iter().flat_map(|meaning| meaning.zones) {
                assert!(named(zone).is_some(), "`{zone}` is not in the zone data");
            }
        }
    }

    #[test]
    fn every_seasonal_offset_holds_at_some_time_of_the_year_in_one_of_its_zones() {
        let seasons = ["2026-01-15T12:00Z", "2026-07-15T12:00Z"].map(|at| at.parse::<Timestamp>().unwrap());
        for label in LABELS {
            for meaning in label.meanings.iter().filter(|meaning| !meaning.zones.is_empty()) {
                if let Stated::Minutes(minutes) = meaning.offset {
                    let stated = offset(minutes * 60).unwrap();
                    let holds = meaning.zones.iter().any(|zone| {
                        seasons.iter().any(|at| named(zone).is_some_and(|zone| zone.to_offset(*at) == stated))
                    });
                    assert!(holds, "{} in {}", label.name, meaning.region);
                }
            }
        }
    }
}
