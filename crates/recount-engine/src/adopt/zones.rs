//! Which zone a text states: by a name, by digits, by a city, or by saying the same time in UTC. What does not
//! live here: what names of zones mean, which the document's values know.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use jiff::Timestamp;
use jiff::tz::TimeZoneDatabase;

use super::times::{self, SOME_DAY};
use crate::document::value::time::{self, Anchor, Form, TimeProblem};

/// The zone that a text states for the times below or beside it.
pub(super) fn zone_in(text: &str) -> Option<String> {
    let is_part = |ch: char| ch.is_ascii_alphanumeric() || matches!(ch, '/' | '_' | '+' | '-' | ':');
    let mut labels = text
        .split(|ch: char| !is_part(ch))
        .filter(|token| !token.is_empty())
        .map(|token| zone_label(token.trim_matches([':', '-', '/', '_'])))
        .skip_while(Option::is_none);
    let name = labels.next().flatten();
    // Digits say what a name beside them leaves open: `PST (UTC-7)`.
    let digits = labels.next().flatten().filter(|label| label.contains(['+', '-']));
    let token = digits.or(name);
    token.or_else(|| city_in(text)).or_else(|| {
        let lower = text.to_lowercase();
        let named = [
            ("central european", "CET/CEST"),
            ("pacific", "PT"),
            ("eastern", "ET"),
            ("mountain", "MT"),
            ("universal", "UTC"),
        ];
        let found = named.iter().find(|(name, _)| lower.contains(name) && lower.contains("time"));
        found.map(|(_, zone)| (*zone).to_owned())
    })
}

/// Cities that zones are named after, each with its zone; none that two zones share.
static CITIES: LazyLock<BTreeMap<String, String>> = LazyLock::new(|| {
    let mut cities: BTreeMap<String, Option<String>> = BTreeMap::new();
    for zone in TimeZoneDatabase::bundled().available() {
        let zone = zone.as_str();
        let Some((area, city)) = zone.rsplit_once('/') else { continue };
        if matches!(area, "Etc" | "US" | "Canada" | "SystemV" | "Mexico" | "Brazil" | "Chile")
            || city.len() < 4
        {
            continue;
        }
        let known =
            cities.entry(city.replace('_', " ").to_lowercase()).or_insert_with(|| Some(zone.to_owned()));
        if known.as_deref() != Some(zone) {
            *known = None;
        }
    }
    cities.into_iter().filter_map(|(city, zone)| Some((city, zone?))).collect()
});

/// The zone of a city that a text tells the time of: `16:37 Denver`, `Zurich time`.
pub(super) fn city_in(text: &str) -> Option<String> {
    let words: Vec<&str> =
        text.split(|ch: char| !ch.is_alphabetic()).filter(|word| !word.is_empty()).collect();
    let has_clock = text.starts_with(|ch: char| ch.is_ascii_digit());
    (1..=2).rev().find_map(|length| {
        words.windows(length).enumerate().find_map(|(at, city)| {
            let is_named = city.iter().all(|word| word.starts_with(char::is_uppercase));
            let tells =
                has_clock || words.get(at + length).is_some_and(|next| next.eq_ignore_ascii_case("time"));
            CITIES.get(&city.join(" ").to_lowercase()).filter(|_| is_named && tells).cloned()
        })
    })
}

/// A word that is the name of a zone, as the values of documents know it.
pub(super) fn zone_label(token: &str) -> Option<String> {
    let token = match token {
        "PST8PDT" => "PST/PDT",
        "EST5EDT" => "EST/EDT",
        "CST6CDT" => "CST/CDT",
        "MST7MDT" => "MT",
        other => other,
    };
    let letters = token.bytes().take_while(u8::is_ascii_alphabetic).count();
    let is_name = token.contains('/') && token.starts_with(|ch: char| ch.is_ascii_uppercase())
        || letters >= 2
            && token.len() <= 12
            && token[..letters].bytes().all(|byte| byte.is_ascii_uppercase());
    if !is_name {
        return None;
    }
    let known = match time::read(&format!("{SOME_DAY} 12:00 {token}"), &Anchor::default()) {
        Ok(moment) => matches!(moment.form, Form::Zone { .. } | Form::Offset { .. }) || is_utc(token),
        Err(TimeProblem::AmbiguousZone { .. } | TimeProblem::ZoneOutOfSeason { .. }) => true,
        Err(_) => false,
    };
    known.then(|| token.to_owned())
}

pub(super) fn is_utc(token: &str) -> bool {
    ["UTC", "GMT", "UT", "UCT", "ZULU", "GMT+0", "UTC+0", "UTC+00:00"]
        .iter()
        .any(|utc| token.eq_ignore_ascii_case(utc))
}

/// What a zone's name means that can mean several, where an entry says its own time in UTC, too: the offset. None
/// where nothing does, or not the same.
pub(super) fn by_agreement<'t>(entries: impl Iterator<Item = (&'t str, &'t str)>) -> Option<String> {
    let mut agreed: Option<String> = None;
    for (cell, text) in entries {
        let Err(TimeProblem::AmbiguousZone { readings, .. }) = time::read(cell, &Anchor::default()) else {
            continue;
        };
        let told = utc_clocks(text);
        // `British Summer, UTC+01:00: 2026-06-02 15:32`
        let meant = readings.iter().filter_map(|reading| {
            let (name, at) = reading.rsplit_once(": ")?;
            let at = time::read(at, &Anchor::default()).ok()?.at;
            let offset = &name[name.rfind("UTC")? + 3..];
            told.iter().any(|told| is_same_clock(*told, at)).then(|| offset.to_owned())
        });
        let meant: Vec<String> = meant.collect();
        match (&meant[..], &agreed) {
            ([], _) => {}
            ([offset], None) => agreed = Some(offset.clone()),
            ([offset], Some(known)) if offset == known => {}
            _ => return None,
        }
    }
    agreed
}

/// The clocks that a text tells in UTC, on some day.
fn utc_clocks(text: &str) -> Vec<Timestamp> {
    let words: Vec<&str> = text.split_whitespace().collect();
    let told = words
        .iter()
        .enumerate()
        .filter(|(_, word)| word.trim_matches(|ch: char| !ch.is_alphabetic()) == "UTC");
    told.filter_map(|(at, _)| {
        let from = |count: usize| words.get(at.checked_sub(count)?..at).map(|words| words.join(" "));
        [2, 1].into_iter().filter_map(from).find_map(|clock| {
            let leading = times::leading(&clock)
                .filter(|leading| leading.rest.is_empty() && leading.time.contains(':'))?;
            time::read(&format!("{SOME_DAY} {} UTC", leading.time), &Anchor::default())
                .ok()
                .map(|moment| moment.at)
        })
    })
    .collect()
}

/// Whether two instants show the same time of the day, to the minute.
fn is_same_clock(a: Timestamp, b: Timestamp) -> bool {
    let minute = |at: Timestamp| at.as_second().rem_euclid(86_400) / 60;
    minute(a) == minute(b)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn zones_are_found_in_what_is_said_of_all_times() {
        for (text, zone) in [
            ("Timeline (times in CEST)", Some("CEST")),
            ("All times in PDT (UTC-7).", Some("UTC-7")),
            ("All times are in 24-hour PST8PDT.", Some("PST/PDT")),
            ("All times in UTC+1", Some("UTC+1")),
            ("_All times in EEST_", Some("EEST")),
            ("Date and Time in CET", Some("CET")),
            ("All times are US Pacific time", Some("PT")),
            ("Europe/Berlin", Some("Europe/Berlin")),
            ("All times in PST (UTC-7)", Some("UTC-7")),
            ("All times are Zurich time", Some("Europe/Zurich")),
            ("Our office in Denver was closed", None),
            ("Timeline", None),
            ("What happened AT the DC on DAY one", None),
        ] {
            assert_eq!(zone_in(text).as_deref(), zone, "{text}");
        }
    }

    #[test]
    fn a_name_that_can_mean_several_is_settled_by_the_same_time_in_utc() {
        let cell = "2025-08-12 5:32 PM BST";
        for (text, offset) in [
            ("check fails | Violation started: Aug 12, 2025 at 4:32PM UTC (1 sec ago)", Some("+01:00")),
            ("started at 4:32 PM UTC", Some("+01:00")),
            ("started at 12:42 UTC", None),
            ("nothing", None),
        ] {
            assert_eq!(by_agreement([(cell, text)].into_iter()).as_deref(), offset, "{text}");
        }
        let both = [(cell, "at 16:32 UTC"), (cell, "at 11:32 UTC")];
        assert_eq!(by_agreement(both.into_iter()), None);
    }
}
