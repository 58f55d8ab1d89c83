//! Tables of times as people write them.
#![allow(clippy::unwrap_used)]

use jiff::civil::date;
use proptest::prelude::*;

use super::*;

const DAY: Anchor = Anchor { date: Some(Date::constant(2026, 11, 20)), previous: None };
const NOTHING: Anchor = Anchor { date: None, previous: None };

fn after(hour: i8, minute: i8) -> Anchor {
    Anchor { date: Some(date(2020, 1, 1)), previous: Some(date(2026, 11, 20).at(hour, minute, 0, 0)) }
}

fn utc(text: &str) -> Timestamp {
    text.parse().unwrap_or_else(|_| panic!("`{text}` in the table is not a timestamp"))
}

fn zone(label: &str) -> Form {
    Form::Zone { label: label.to_owned() }
}

fn offset(hours: i32) -> Form {
    Form::Offset { seconds: hours * 3600 }
}

#[track_caller]
fn reads(text: &str, anchor: &Anchor, at: &str, form: &Form) {
    let moment = read(text, anchor).unwrap_or_else(|problem| panic!("`{text}`: {problem:?}"));
    assert_eq!((moment.at, &moment.form), (utc(at), form), "{text}");
}

#[test]
fn the_canonical_forms_are_known_as_such() {
    for (text, at, precision) in [
        ("2026-11-20 14:02", "2026-11-20T14:02Z", Precision::Minute),
        ("2026-11-20 14:02:05", "2026-11-20T14:02:05Z", Precision::Second),
        ("\u{A0}2026-11-20 14:02 ", "2026-11-20T14:02Z", Precision::Minute),
        ("**2026-11-20 14:02**", "2026-11-20T14:02Z", Precision::Minute),
        ("`2026-11-20 14:02`", "2026-11-20T14:02Z", Precision::Minute),
    ] {
        let expected = Moment { at: utc(at), end: None, precision, form: Form::Canonical, dated: true };
        assert_eq!(read(text, &NOTHING), Ok(expected), "{text}");
    }
}

#[test]
fn other_spellings_of_utc_are_understood() {
    for text in [
        "2026-11-20T14:02Z",
        "2026-11-20T14:02",
        "2026-11-20 14:02Z",
        "2026-11-20 14:02 UTC",
        "2026-11-20 14:02 (UTC)",
        "2026-11-20 14:02 GMT",
        "2026-11-20, 14:02",
        "2026-11-20 at 14:02",
        "2026-11-20 - 14:02",
        "2026-11-20   14:02",
        "2026-11-20\u{A0}14:02",
        "2026/11/20 14:02",
        "20 Nov 2026 14:02",
        "20 November 2026, 14:02",
        "20th Nov 2026 14:02 UTC",
        "Nov 20, 2026 14:02",
        "Nov 20 2026 2:02 pm",
        "November 20, 2026 at 2:02 PM UTC",
        "Fri 20 Nov 2026 14:02",
        "Friday, 20 Nov 2026 14:02",
        "20 Nov 2026 2:02pm",
        "20.11.2026 14:02",
        "2026-11-20 2:02 p.m.",
        "2026-11-20 14h02",
        "2026-11-20 14.02 UTC",
        "2026-11-20 1402 UTC",
        "20261120T140200Z",
        "14:02 UTC, 20 Nov 2026",
        "14:02 20 Nov 2026",
        "14:02 - 20 Nov 2026",
        "[2026-11-20 14:02]",
        "2026-11-20 14:02:",
        "2026-11-20 14:02 UTC (06:02 PST)",
        "2026-11-20 14:02:?? UTC",
    ] {
        reads(text, &NOTHING, "2026-11-20T14:02Z", &Form::OtherUtc);
    }
    reads("2026-11-20 24:00", &NOTHING, "2026-11-21T00:00Z", &Form::OtherUtc);
    reads("2026-11-20 12:05 am", &NOTHING, "2026-11-20T00:05Z", &Form::OtherUtc);
    reads("2026-11-20 12:05 pm", &NOTHING, "2026-11-20T12:05Z", &Form::OtherUtc);
    reads("2026-11-20 14:02pm", &NOTHING, "2026-11-20T14:02Z", &Form::OtherUtc);
    reads("2026-11-20 9:05", &NOTHING, "2026-11-20T09:05Z", &Form::OtherUtc);
    reads("2026-11-20 2pm", &NOTHING, "2026-11-20T14:00Z", &Form::OtherUtc);
}

#[test]
fn fractions_of_a_second_are_kept() {
    for text in ["2026-11-20T14:02:05.123Z", "2026-11-20 14:02:05,123", "2026-11-20 14:02:05.123 UTC"] {
        let moment = read(text, &NOTHING).unwrap();
        assert_eq!(moment.at, utc("2026-11-20T14:02:05.123Z"), "{text}");
        assert_eq!(moment.precision, Precision::Subsecond);
    }
    let long = read("2026-11-20T14:02:05.1234567891234Z", &NOTHING).unwrap();
    assert_eq!(long.at, utc("2026-11-20T14:02:05.123456789Z"));
}

#[test]
fn offsets_are_converted() {
    for (text, hours) in [
        ("2026-11-20T06:02:05-08:00", -8),
        ("2026-11-20 06:02:05 -0800", -8),
        ("2026-11-20 06:02:05-08:00", -8),
        ("2026-11-20 06:02:05 UTC-8", -8),
        ("2026-11-20 06:02:05 (UTC-08:00)", -8),
        ("2026-11-20 06:02:05 CST (UTC-8)", -8),
        ("2026-11-20 06:02:05 −08:00", -8),
        ("2026-11-20 14:02:05 +0000", 0),
        ("2026-11-20T14:02:05+00:00", 0),
        ("2026-11-20 16:02:05+02", 2),
        ("2026-11-20 16:02:05 GMT+2", 2),
        ("2026-11-20T16:02:05+02:00[Europe/Berlin]", 2),
        ("20261120T160205+0200", 2),
        ("Fri, 20 Nov 2026 16:02:05 +0200", 2),
    ] {
        reads(text, &NOTHING, "2026-11-20T14:02:05Z", &offset(hours));
    }
    reads("2025-05-02 12:30:19 +0000", &NOTHING, "2025-05-02T12:30:19Z", &offset(0));
    reads("2026-11-20 16:02-08:00", &NOTHING, "2026-11-21T00:02Z", &offset(-8));
    reads("2026-11-20T19:32:05+05:30", &NOTHING, "2026-11-20T14:02:05Z", &Form::Offset { seconds: 19800 });
}

#[test]
fn named_zones_are_converted() {
    for (text, at, label) in [
        ("2026-11-20 06:02 PST", "2026-11-20T14:02Z", "PST"),
        ("2026-11-20 06:02 (PST)", "2026-11-20T14:02Z", "PST"),
        ("2026-11-20 6:02am pst", "2026-11-20T14:02Z", "pst"),
        ("2026-11-20 2:02pm PST", "2026-11-20T22:02Z", "PST"),
        ("2026-07-20 06:02 PDT", "2026-07-20T13:02Z", "PDT"),
        ("2026-11-20 06:02 PT", "2026-11-20T14:02Z", "PT"),
        ("2026-07-20 06:02 PT", "2026-07-20T13:02Z", "PT"),
        ("2026-07-20 06:02 PST/PDT", "2026-07-20T13:02Z", "PST/PDT"),
        ("2026-07-20 06:02 Pacific Time", "2026-07-20T13:02Z", "Pacific"),
        ("2026-07-20 09:02 Eastern Daylight Time", "2026-07-20T13:02Z", "Eastern"),
        ("2026-11-20 06:02 America/Los_Angeles", "2026-11-20T14:02Z", "America/Los_Angeles"),
        ("2026-07-20 06:02 America/Los_Angeles", "2026-07-20T13:02Z", "America/Los_Angeles"),
        ("2026-11-20 15:02 CET", "2026-11-20T14:02Z", "CET"),
        ("2026-07-20 16:02 CEST", "2026-07-20T14:02Z", "CEST"),
        ("2026-11-20 23:02 JST", "2026-11-20T14:02Z", "JST"),
        ("2026-07-20 07:02 MST", "2026-07-20T14:02Z", "MST"),
        ("2026-11-21 00:02 AEST", "2026-11-20T14:02Z", "AEST"),
        ("2026-11-21 01:02 AEDT", "2026-11-20T14:02Z", "AEDT"),
        ("2026-11-20 17:02 MSK", "2026-11-20T14:02Z", "MSK"),
        ("2026-07-20 10:02 EDT", "2026-07-20T14:02Z", "EDT"),
        ("2026-11-20 14.02 WET", "2026-11-20T14:02Z", "WET"),
    ] {
        reads(text, &NOTHING, at, &zone(label));
    }
}

#[test]
fn a_name_with_several_meanings_is_not_guessed() {
    for label in ["IST", "CST", "BST", "AST"] {
        let problem = read(&format!("2026-11-20 14:02 {label}"), &NOTHING).unwrap_err();
        let TimeProblem::AmbiguousZone { label: said, readings } = problem else {
            panic!("{label}: {problem:?}")
        };
        assert_eq!(said, label);
        assert!(readings.len() > 1);
    }
    let problem = read("2026-11-20 14:02 IST", &NOTHING).unwrap_err();
    let TimeProblem::AmbiguousZone { readings, .. } = problem else { panic!("{problem:?}") };
    assert_eq!(readings[0], "India, UTC+05:30: 2026-11-20 08:32");
    let undated = read("14:02 IST", &NOTHING).unwrap_err();
    let TimeProblem::AmbiguousZone { readings, .. } = undated else { panic!("{undated:?}") };
    assert_eq!(readings[0], "India, UTC+05:30");
}

#[test]
fn a_name_of_the_other_season_carries_both_readings() {
    assert_eq!(
        read("2026-07-20 06:02 PST", &NOTHING),
        Err(TimeProblem::ZoneOutOfSeason {
            label: "PST".into(),
            meant: "PDT".into(),
            as_written: utc("2026-07-20T14:02Z"),
            in_season: utc("2026-07-20T13:02Z"),
        })
    );
    for text in
        ["2026-11-20 06:02 PDT", "2026-07-20 15:02 CET", "2026-01-20 15:02 CEST", "2026-07-20 15:02 AEDT"]
    {
        let problem = read(text, &NOTHING).unwrap_err();
        assert!(matches!(problem, TimeProblem::ZoneOutOfSeason { .. }), "{text}: {problem:?}");
    }
}

#[test]
fn a_bare_clock_takes_its_date_from_the_row_above() {
    for (text, previous, at) in [
        ("14:10", (14, 2), "2026-11-20T14:10Z"),
        ("14:02", (14, 2), "2026-11-20T14:02Z"),
        ("13:30", (14, 2), "2026-11-20T13:30Z"),
        ("13:02", (14, 2), "2026-11-20T13:02Z"),
        ("13:01", (14, 2), "2026-11-21T13:01Z"),
        ("00:05", (23, 50), "2026-11-21T00:05Z"),
        ("14:02:05", (14, 2), "2026-11-20T14:02:05Z"),
    ] {
        let moment = read(text, &after(previous.0, previous.1)).unwrap();
        assert_eq!(
            (moment.at, moment.form, moment.dated),
            (utc(at), Form::Bare, false),
            "{text} after {previous:?}"
        );
    }
}

#[test]
fn the_first_bare_clock_takes_the_date_of_the_incident() {
    reads("14:02", &DAY, "2026-11-20T14:02Z", &Form::Bare);
    reads("2:02 pm", &DAY, "2026-11-20T14:02Z", &Form::Bare);
    reads("14h02", &DAY, "2026-11-20T14:02Z", &Form::Bare);
    reads("14:02:", &DAY, "2026-11-20T14:02Z", &Form::Bare);
    reads("14:02 UTC", &DAY, "2026-11-20T14:02Z", &Form::OtherUtc);
    reads("14:02Z", &DAY, "2026-11-20T14:02Z", &Form::OtherUtc);
    reads("11-20 14:02", &DAY, "2026-11-20T14:02Z", &Form::OtherUtc);
    reads("20 Nov 14:02", &DAY, "2026-11-20T14:02Z", &Form::OtherUtc);
    reads("Nov 20, 14:02", &DAY, "2026-11-20T14:02Z", &Form::OtherUtc);
    assert_eq!(read("14:02", &NOTHING), Err(TimeProblem::NoDate));
    assert_eq!(read("Nov 20, 14:02", &NOTHING), Err(TimeProblem::NoDate));
    assert_eq!(read("14:02 PST", &NOTHING), Err(TimeProblem::NoDate));
}

#[test]
fn a_zoned_clock_takes_the_date_that_its_zone_had_at_the_row_above() {
    // 05:00 UTC on the 20th is 21:00 on the 19th in California.
    reads("21:30 PST", &after(5, 0), "2026-11-20T05:30Z", &zone("PST"));
    reads("00:30 PST", &after(5, 0), "2026-11-20T08:30Z", &zone("PST"));
    reads("06:30 -0800", &after(14, 0), "2026-11-20T14:30Z", &offset(-8));
}

#[test]
fn a_day_without_a_year_takes_the_nearest() {
    let january = Anchor { date: Some(date(2027, 1, 2)), previous: None };
    let december = Anchor { date: Some(date(2026, 12, 30)), previous: None };
    reads("31 Dec 14:02", &january, "2026-12-31T14:02Z", &Form::OtherUtc);
    reads("1 Jan 14:02", &december, "2027-01-01T14:02Z", &Form::OtherUtc);
}

#[test]
fn of_a_range_the_start_counts_and_the_end_is_kept() {
    for (text, start, end, form) in [
        ("14:02 - 14:10", "2026-11-20T14:02Z", "2026-11-20T14:10Z", Form::Bare),
        ("14:02-14:10", "2026-11-20T14:02Z", "2026-11-20T14:10Z", Form::Bare),
        ("14:02–14:10", "2026-11-20T14:02Z", "2026-11-20T14:10Z", Form::Bare),
        ("14:02 — 14:10", "2026-11-20T14:02Z", "2026-11-20T14:10Z", Form::Bare),
        ("14:02 to 14:10", "2026-11-20T14:02Z", "2026-11-20T14:10Z", Form::Bare),
        ("14:02 → 14:10", "2026-11-20T14:02Z", "2026-11-20T14:10Z", Form::Bare),
        ("14:02 UTC => 14:10 UTC", "2026-11-20T14:02Z", "2026-11-20T14:10Z", Form::OtherUtc),
        ("14:02 -> 14:10", "2026-11-20T14:02Z", "2026-11-20T14:10Z", Form::Bare),
        ("06:30-07:00", "2026-11-20T06:30Z", "2026-11-20T07:00Z", Form::Bare),
        ("23:50–00:10", "2026-11-20T23:50Z", "2026-11-21T00:10Z", Form::Bare),
        ("2:02-2:10 pm", "2026-11-20T14:02Z", "2026-11-20T14:10Z", Form::Bare),
        ("11:50-12:10 pm", "2026-11-20T11:50Z", "2026-11-20T12:10Z", Form::Bare),
        ("2026-11-20 14:02 - 14:10", "2026-11-20T14:02Z", "2026-11-20T14:10Z", Form::Canonical),
        ("2026-11-20 14:02 - 2026-11-21 01:00", "2026-11-20T14:02Z", "2026-11-21T01:00Z", Form::Canonical),
        ("2026-11-20 14:02–14:10 UTC", "2026-11-20T14:02Z", "2026-11-20T14:10Z", Form::OtherUtc),
        ("06:02–06:10 PST", "2026-11-20T14:02Z", "2026-11-20T14:10Z", zone("PST")),
        ("06:02 PST – 06:10 PST", "2026-11-20T14:02Z", "2026-11-20T14:10Z", zone("PST")),
        ("0600-0700 UTC", "2026-11-20T06:00Z", "2026-11-20T07:00Z", Form::OtherUtc),
    ] {
        let moment = read(text, &DAY).unwrap_or_else(|problem| panic!("`{text}`: {problem:?}"));
        assert_eq!((moment.at, moment.end, moment.form), (utc(start), Some(utc(end)), form), "{text}");
    }
    for text in ["14:02 - ", "14:02 - ?", "14:02-14:??", "14:02 - now", "14:02–"] {
        let moment = read(text, &DAY).unwrap_or_else(|problem| panic!("`{text}`: {problem:?}"));
        assert_eq!((moment.at, moment.end), (utc("2026-11-20T14:02Z"), None), "{text}");
    }
}

#[test]
fn what_is_not_exact_is_known_to_be_so() {
    for text in [
        "~14:30",
        "~ 14:30 UTC",
        "≈14:30",
        "around 14:30",
        "about 14:30",
        "approx 14:30",
        "approx. 14:30",
        "approximately 2:30 pm",
        "c. 14:30",
        "ca. 14:30",
        "circa 14:30",
        "14:30 (approx)",
        "14:30 (est.)",
        "14:30?",
        "14:30~",
        "14:30ish",
        "14:30-ish",
        "before 14:30",
        "2026-11-20 ~14:30",
        "~2026-11-20 14:30",
        "~06:30 PST",
    ] {
        let around = Some(utc("2026-11-20T14:30Z"));
        assert_eq!(read(text, &DAY), Err(TimeProblem::Imprecise { around, latest: None }), "{text}");
    }
    for (text, around, latest) in [
        ("14:??", "2026-11-20T14:00Z", "2026-11-20T14:59Z"),
        ("14:xx", "2026-11-20T14:00Z", "2026-11-20T14:59Z"),
        ("14:3x", "2026-11-20T14:30Z", "2026-11-20T14:39Z"),
        ("14:3? UTC", "2026-11-20T14:30Z", "2026-11-20T14:39Z"),
        ("2026-11-20", "2026-11-20T00:00Z", "2026-11-20T23:59Z"),
        ("2026-11-20 ??:??", "2026-11-20T00:00Z", "2026-11-20T23:59Z"),
        ("20 Nov", "2026-11-20T00:00Z", "2026-11-20T23:59Z"),
        ("~14:30 - 14:40", "2026-11-20T14:30Z", "2026-11-20T14:40Z"),
        ("between 14:30 and 14:40", "2026-11-20T14:30Z", "2026-11-20T14:40Z"),
    ] {
        let expected = TimeProblem::Imprecise { around: Some(utc(around)), latest: Some(utc(latest)) };
        assert_eq!(read(text, &DAY), Err(expected), "{text}");
    }
    assert_eq!(read("~14:30", &NOTHING), Err(TimeProblem::Imprecise { around: None, latest: None }));
}

#[test]
fn times_that_no_clock_shows_are_impossible() {
    for text in [
        "25:61",
        "14:60",
        "14:02:60",
        "24:01",
        "2026-02-30 14:02",
        "2026-13-01 14:02",
        "30 Feb 2026 14:02",
        "2026-11-20 25:00",
        "2026-11-20 13:02 am",
        // Clocks go from 02:00 to 03:00.
        "2026-03-08 02:30 PT",
        "2026-03-29 02:30 Europe/Berlin",
    ] {
        assert_eq!(read(text, &DAY), Err(TimeProblem::Impossible), "{text}");
    }
    assert_eq!(read("2026-11-01 01:30 PT", &DAY), Err(TimeProblem::FoldedLocalTime));
    assert_eq!(read("2026-10-25 02:30 Europe/Berlin", &DAY), Err(TimeProblem::FoldedLocalTime));
    // The names of the two halves of the year tell them apart.
    reads("2026-11-01 01:30 PDT", &NOTHING, "2026-11-01T08:30Z", &zone("PDT"));
    reads("2026-11-01 01:30 PST", &NOTHING, "2026-11-01T09:30Z", &zone("PST"));
}

#[test]
fn unknown_zones_are_named() {
    for (text, label) in [
        ("14:02 XYZ", "XYZ"),
        ("14:02 America/Nowhere", "America/Nowhere"),
        ("2026-11-20 14:02 local time", "local"),
    ] {
        assert_eq!(read(text, &DAY), Err(TimeProblem::UnknownZone { label: label.to_owned() }), "{text}");
    }
}

#[test]
fn dates_that_can_mean_two_days_are_not_guessed() {
    let problem = read("12/04/2026 14:02", &DAY).unwrap_err();
    assert_eq!(problem, TimeProblem::AmbiguousDate { readings: [date(2026, 12, 4), date(2026, 4, 12)] });
    reads("11/20/2026 14:02", &NOTHING, "2026-11-20T14:02Z", &Form::OtherUtc);
}

#[test]
fn what_is_no_time_is_none() {
    for text in [
        "",
        " ",
        "later",
        "TBD",
        "unknown",
        "?",
        "14.02",
        "1.2.3",
        "v14.02",
        "1402",
        "14",
        "2026",
        "14:2",
        "14:022",
        "114:02",
        "14:02 14:03",
        "14:02 deploy finished",
        "2026-11-20 14:02 deploy",
        "20266-11-20 14:02",
        "14:02 UTC (07:02 PST)",
        "14:02 UTC PST",
        "T+5",
        "+5m",
        "1463525200",
        "14:02é",
        "é14:02",
        "１４:０２",
        &"(".repeat(1000),
    ] {
        assert_eq!(read(text, &DAY), Err(TimeProblem::NotATime), "{text}");
    }
}

#[test]
fn the_canonical_form_is_written_with_and_without_seconds() {
    let at = utc("2026-01-02T03:04:05.999Z");
    assert_eq!(canonical(at, false), "2026-01-02 03:04");
    assert_eq!(canonical(at, true), "2026-01-02 03:04:05");
}

proptest! {
    #[test]
    fn any_text_is_read_without_panic(text in "\\PC*") {
        let _ = read(&text, &DAY);
    }

    #[test]
    fn any_text_of_time_letters_is_read_without_panic(
        text in "([0-9]{1,4}|[:.,~?xTZh()/+−–-]| |\u{A0}|é|am|pm|UTC|PST|CST|Nov|to|c\\.|2026-11-20|14:02){0,9}"
    ) {
        let _ = read(&text, &DAY);
        let _ = read(&text, &after(14, 2));
        let _ = read(&text, &NOTHING);
    }

    #[test]
    fn the_canonical_form_reads_back(second in 0i64..4_000_000_000) {
        let at = Timestamp::from_second(second).unwrap();
        let moment = read(&canonical(at, true), &NOTHING).unwrap();
        prop_assert_eq!((moment.at, moment.form, moment.precision), (at, Form::Canonical, Precision::Second));
    }

    #[test]
    fn what_was_read_is_written_and_read_as_the_same_instant(
        second in 0i64..4_000_000_000, hours in -12i32..=14
    ) {
        let at = Timestamp::from_second(second).unwrap();
        let local = Offset::from_seconds(hours * 3600).unwrap().to_datetime(at);
        let text = format!("{}T{}{hours:+03}:00", local.date(), local.time());
        let moment = read(&text, &NOTHING).unwrap();
        prop_assert_eq!(moment.at, at);
        prop_assert_eq!(read(&canonical(moment.at, true), &NOTHING).unwrap().at, at);
    }
}
