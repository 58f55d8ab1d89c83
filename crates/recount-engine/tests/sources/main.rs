//! The sources, by example: each folder `<source>/<case>/` is an input, true to the format, whose events
//! stand in its `events.snap`. `options.toml` there says what the caller knows.
//!
//! Real evidence is tried where `RECOUNT_EVIDENCE` names a folder of it.

#![allow(clippy::unwrap_used, missing_docs)]

mod forges;
mod joining;
mod merging;
mod mixed;
mod planting;
mod systems;

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use jiff::tz::TimeZone;
use proptest::prelude::*;
use recount_engine::evidence::derive::Known;
use recount_engine::evidence::freeze::{Frozen, Header, State, VERSION};
use recount_engine::evidence::source::{Confidence, by_name};
use recount_engine::evidence::sources::SOURCES;
use recount_engine::evidence::{
    Curation, Derivable, Import, Milestone, Options, Part, Person, Row, Session, Source, curate, derive,
    recognise,
};

type Parts = Vec<(String, Vec<u8>)>;

fn cases(source: &str) -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/sources").join(source);
    let mut cases: Vec<PathBuf> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    cases.sort();
    cases
}

fn parts(folder: &Path) -> Parts {
    fn walk(root: &Path, folder: &Path, parts: &mut Parts) {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                walk(root, &path, parts);
            } else if !path.ends_with("options.toml")
                && path.extension().is_none_or(|ext| ext != "snap" && ext != "new")
            {
                let name = path.strip_prefix(root).unwrap().to_str().unwrap().replace('\\', "/");
                parts.push((name, fs::read(&path).unwrap()));
            }
        }
    }
    let mut all = Vec::new();
    walk(folder, folder, &mut all);
    all.sort();
    all
}

fn options(folder: &Path) -> Options {
    let text = fs::read_to_string(folder.join("options.toml")).unwrap_or_default();
    let table: toml::Table = text.parse().unwrap();
    let string = |key: &str| table.get(key).and_then(|value| value.as_str()).map(str::to_owned);
    let roster: Vec<Person> =
        table.get("roster").map_or_else(Vec::new, |roster| roster.clone().try_into().unwrap());
    let channels: Vec<String> =
        table.get("channels").map_or_else(Vec::new, |names| names.clone().try_into().unwrap());
    Options {
        year: table.get("year").and_then(toml::Value::as_integer).map(|year| i16::try_from(year).unwrap()),
        from: string("from").map(|at| at.parse().unwrap()),
        to: string("to").map(|at| at.parse().unwrap()),
        anchor: string("anchor").map(|at| at.parse().unwrap()),
        mapping: table.get("mapping").map_or_else(Default::default, |map| map.clone().try_into().unwrap()),
        zone: string("zone").map(|name| TimeZone::get(&name).unwrap()),
        channels,
        workspace_url: string("workspace_url"),
        mattermost_url: string("mattermost_url"),
        repository_url: string("repository_url"),
        roster,
        pseudonym_salt: "test".into(),
        ..Options::default()
    }
}

fn import(source: &'static Source, options: &Options, parts: &[(String, Vec<u8>)]) -> Import {
    let mut session = Session::new(source, options.clone());
    for (name, bytes) in parts {
        session.part(name, bytes);
    }
    session.finish()
}

fn render(import: &Import) -> String {
    let mut out = String::new();
    for event in &import.events {
        let choice = Curation::default().choose(event);
        let verdict = if choice.is_taken() { "take" } else { "candidate" };
        let row = Row::new(
            event,
            curate::milestone(event).filter(|_| choice.is_taken()),
            Some("x.evidence/001.jsonl"),
        );
        writeln!(out, "{verdict}: {}", choice.why()).unwrap();
        writeln!(out, "| {} |", row.cells().join(" | ")).unwrap();
        writeln!(out, "{}\n", serde_json::to_string(event).unwrap()).unwrap();
    }
    import.skipped.iter().for_each(|skipped| writeln!(out, "skipped {skipped}").unwrap());
    import.left_out.iter().for_each(|(why, count)| writeln!(out, "left out {count}: {why}").unwrap());
    import.notes.iter().for_each(|note| writeln!(out, "note: {note}").unwrap());
    out
}

#[test]
fn every_case_gives_the_events_beside_it() {
    for source in SOURCES {
        for case in cases(source.name) {
            let parts = parts(&case);
            let heads: Vec<Part<'_>> = parts.iter().map(|(name, bytes)| Part::new(name, bytes)).collect();
            let options = options(&case);
            // Who says what the columns hold says with it that this is a table.
            if options.mapping.is_empty() {
                assert_eq!(recognise(&heads).map(|s| s.name), Ok(source.name), "{}", case.display());
            }
            let import = import(source, &options, &parts);
            insta::with_settings!({ snapshot_path => &case, prepend_module_to_snapshot => false, omit_expression => true }, {
                insta::assert_snapshot!("events", render(&import));
            });
        }
    }
}

#[test]
fn no_secret_and_no_address_of_a_case_is_kept() {
    for source in SOURCES {
        for case in cases(source.name) {
            let import = render(&import(source, &options(&case), &parts(&case)));
            for secret in ["xoxe", "s3cr3t", "correcthorse9", "abc123def456", "eve@", "bo@", "ana@example"] {
                assert!(!import.contains(secret), "`{secret}` is kept from {}", case.display());
            }
        }
    }
}

#[test]
fn the_order_of_the_parts_and_importing_twice_change_nothing() {
    for source in SOURCES {
        for case in cases(source.name) {
            let (options, parts) = (options(&case), parts(&case));
            let forward = import(source, &options, &parts);
            let mut twice: Parts = parts.iter().rev().cloned().collect();
            twice.extend(parts.clone());
            assert_eq!(import(source, &options, &twice).events, forward.events, "{}", case.display());

            let header = |sha256: &str| Header {
                version: VERSION,
                source: source.name.into(),
                name: "x".into(),
                sha256: sha256.into(),
                from: None,
                to: None,
            };
            let mut frozen = Frozen::default();
            // Piece by piece, as days come in, then the whole.
            for (index, part) in parts.iter().enumerate() {
                let piece = import(source, &options, std::slice::from_ref(part));
                frozen.add(header(&format!("{index:08}")), piece.events);
            }
            let pieces: BTreeSet<_> = frozen.events().iter().map(|event| event.id.clone()).collect();
            let whole: BTreeSet<_> = forward.events.iter().map(|event| event.id.clone()).collect();
            if options.channels.iter().all(|channel| channel.starts_with('#')) {
                assert_eq!(pieces, whole, "{}", case.display());
                // What a piece could not know, the whole tells; then nothing is new.
                frozen.add(header("whole"), forward.events.clone());
                assert_eq!(frozen.add(header("whole"), forward.events.clone()), None);
                let told: Vec<_> = frozen.events().into_iter().cloned().collect();
                assert_eq!(told, forward.events, "{}", case.display());
            }
        }
    }
}

#[test]
fn foreign_bytes_are_recognised_as_nothing_with_a_sentence() {
    let part = Part::new("notes.txt", b"just some notes\n");
    let error = recognise(std::slice::from_ref(&part)).err().unwrap();
    assert!(
        error.to_string().contains("of no source that is known") && error.to_string().contains("`--source`"),
        "{error}"
    );
    assert!(SOURCES.iter().all(|source| (source.recognise)(&part) == Confidence::No));
}

fn pieces() -> impl Strategy<Value = Vec<u8>> {
    let words = prop::sample::select(vec![
        "commit ",
        "0123456789abcdef",
        "\n",
        "\t",
        "Author: a <b@c.de>\n",
        "Date:   ",
        "2026-11-20T14:02:05Z",
        "Fri Nov 20 15:02:05 2026 +0100",
        "    Revert \"x\"",
        "[",
        "]",
        "{",
        "}",
        ",",
        ":",
        "null",
        "\"ts\"",
        "\"1.0\"",
        "\"text\"",
        "\"",
        "\\",
        "\"blocks\":[{\"type\":\"section\",\"text\":5}]",
        "\"<@U1\"",
        "\"type\":\"message\"",
        "99999999999999999999",
        "BEGIN:VCALENDAR\nBEGIN:VEVENT\n",
        "END:VEVENT\n",
        "DTSTART;TZID=Europe/Berlin:20261029T023000\n",
        "DTSTART:99991231\nDURATION:P9999Y\n",
        "RRULE:FREQ=DAILY;INTERVAL=2147483647;BYDAY=MO\n",
        "RRULE:FREQ=WEEKLY\n",
        "WEBVTT\n\n",
        "9999:59:59.999 --> 00:00.000\n",
        "NOTE 2026-11-20T14:02:05Z\n",
        "<v Ana>",
        "15:02 <ana> ",
        "time,message\n",
        "{\"time\":1795615325,\"message\":\"x\"}\n",
        "{\"t\":0,\"ts\":1,\"id\":\"C1\",\"m\":[",
        "{\"type\":\"post\",\"post\":{\"user\":\"a\",\"create_at\":1795615325000,\"message\":\"[x](",
        "é",
        "\u{feff}",
        "{\"ts\":\"1795615325.0002\",\"text\":\"<a|b> &amp\"}",
    ]);
    prop_oneof![
        prop::collection::vec(any::<u8>(), 0..200),
        prop::collection::vec(words, 0..40).prop_map(|words| words.concat().into_bytes()),
    ]
}

proptest! {
    #[test]
    fn any_bytes_are_imported_without_panic(bytes in pieces(), name in "(users|channels|a/2026-11-20|x)\\.json|[a-z./]{0,8}") {
        for source in SOURCES {
            let head = &bytes[..bytes.len().min(64)];
            let _ = (source.recognise)(&Part::new(&name, head));
            let _ = render(&import(source, &Options::default(), &[(name.clone(), bytes.clone())]));
        }
    }
}

/// A part of a case, with its source and what the caller knows.
type CasePart = (&'static Source, Options, String, Vec<u8>);

static CASES: LazyLock<Vec<CasePart>> = LazyLock::new(|| {
    let of = |source: &'static Source| {
        cases(source.name).into_iter().flat_map(move |case| {
            let options = options(&case);
            parts(&case).into_iter().map(move |(name, bytes)| (source, options.clone(), name, bytes))
        })
    };
    SOURCES.iter().copied().flat_map(of).collect()
});

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]
    #[test]
    fn a_case_of_which_pieces_are_changed_or_lost_is_imported_without_panic(
        case in any::<prop::sample::Index>(),
        changes in prop::collection::vec(
            (any::<prop::sample::Index>(), 0..12_usize, prop::sample::select(vec![
                "", "\"", "{", "}", "[", "]", "null", "0", "-1", "1e999", "é", "99999999999999999999", "\\u0000",
                "\"\":{\"\":[[", "\n", "<!--", "](http://",
            ])),
            1..6,
        ),
    ) {
        let (source, options, name, bytes) = case.get(&CASES);
        let mut bytes = bytes.clone();
        for (at, length, text) in changes {
            let at = at.index(bytes.len() + 1);
            let end = (at + length).min(bytes.len());
            bytes.splice(at..end, text.bytes());
        }
        let _ = recognise(&[Part::new(name, &bytes)]);
        let _ = render(&import(source, options, &[(name.clone(), bytes)]));
    }
}

/// The folder of real evidence, or nothing, said loudly.
fn real(path: &str) -> Option<Vec<u8>> {
    let Ok(folder) = std::env::var("RECOUNT_EVIDENCE") else {
        eprintln!("SKIPPED: `RECOUNT_EVIDENCE` is not set, real evidence was not tried ({path})");
        return None;
    };
    Some(fs::read(Path::new(&folder).join(path)).unwrap())
}

#[test]
fn a_real_log_gives_its_reverts_and_merges_as_utc_rows() {
    let Some(bytes) = real("git/2017-10-17.gitlog.tsv") else { return };
    let parts = [("2017-10-17.gitlog.tsv".to_owned(), bytes)];
    let read = import(by_name("git-log").unwrap(), &Options::default(), &parts);
    assert_eq!((read.events.len(), read.skipped.len()), (8, 0));
    let rows: Vec<Row> = read
        .events
        .iter()
        .filter(|event| Curation::default().choose(event).is_taken())
        .map(|event| Row::new(event, None, Some("x.evidence/001.jsonl")))
        .collect();
    let times: Vec<&str> = rows.iter().map(|row| row.time.as_str()).collect();
    assert_eq!(
        times,
        [
            "2017-10-17 15:49:53",
            "2017-10-17 17:08:04",
            "2017-10-17 17:47:04",
            "2017-10-17 17:47:18",
            "2017-10-17 18:14:00",
            "2017-10-17 18:15:07"
        ]
    );
    assert!(rows[4].action.contains("applies the change again"), "{}", rows[4].action);
}

#[test]
fn a_real_channel_day_is_read_without_loss_and_stays_out_of_the_timeline() {
    let (Some(day), Some(users)) =
        (real("slack/houston_get_feedback_2016-05-06.json"), real("slack/houston_users.stripped.json"))
    else {
        return;
    };
    let records: Vec<serde_json::Value> = serde_json::from_slice(&day).unwrap();
    let parts = [("get_feedback/2016-05-06.json".to_owned(), day), ("users.json".to_owned(), users)];
    let source = by_name("slack-export").unwrap();
    let read = import(source, &Options::default(), &parts);
    let left_out: u64 = read.left_out.values().sum();
    assert_eq!(read.events.len() + read.skipped.len() + usize::try_from(left_out).unwrap(), records.len());
    assert_eq!(read.left_out.get("join or leave"), Some(&6));
    assert!(read.events.iter().all(|event| !event.actor.starts_with('U') && !event.action.contains("&gt;")));
    let taken: Vec<_> = read.events.iter().filter(|e| Curation::default().choose(e).is_taken()).collect();
    assert!(taken.is_empty(), "{taken:?}");

    let mut frozen = Frozen::default();
    let header = Header {
        version: VERSION,
        source: source.name.into(),
        name: "export".into(),
        sha256: read.sha256.clone(),
        from: None,
        to: None,
    };
    frozen.add(header.clone(), read.events.clone()).unwrap();
    assert_eq!(frozen.add(header, read.events.clone()), None);
    assert!(read.events.iter().all(|event| frozen.state(&event.id) == State::New));

    // The day alone has the same events.
    let alone = import(source, &Options::default(), &parts[..1]);
    let ids = |import: &Import| import.events.iter().map(|event| event.id.clone()).collect::<Vec<_>>();
    assert_eq!(ids(&alone), ids(&read));
}

/// What is certain from the events of a case that come in.
fn certain(import: &Import) -> Vec<(Derivable, String)> {
    let taken = import.events.iter().filter(|event| Curation::default().choose(event).is_taken());
    let derived = derive(taken, &Known::default()).into_iter().filter(|derived| derived.certain);
    derived.map(|derived| (derived.what, derived.value)).collect()
}

#[test]
fn the_milestones_of_incident_tools_decide_the_times_of_the_incident() {
    let end = ("2026-11-20 15:10:00", "1h 8m");
    for (source, case, end) in [
        ("firehydrant", "incident", Some(end)),
        ("incident-io", "incident", Some(end)),
        ("rootly", "incident", None),
        ("opsgenie", "incident", Some(end)),
    ] {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/sources").join(source).join(case);
        let certain = certain(&import(by_name(source).unwrap(), &options(&folder), &parts(&folder)));
        let mut want = vec![
            (Derivable::Start, "2026-11-20 14:02:11"),
            (Derivable::Milestone(Milestone::Detected), "2026-11-20 14:05:00"),
            (Derivable::TimeToDetect, "3m"),
        ];
        want.extend(
            end.into_iter()
                .flat_map(|(end, duration)| [(Derivable::End, end), (Derivable::Duration, duration)]),
        );
        for (what, value) in want {
            assert!(certain.contains(&(what, value.to_owned())), "{source}: {what:?}: {certain:?}");
        }
    }
}

#[test]
fn a_status_page_on_a_host_of_its_own_is_linked_as_the_status_page() {
    let page = r#"{"page":{"url":"https://www.brightpressstatus.com"},"incidents":[{"id":"q1","name":"Slow",
        "incident_updates":[{"id":"u","status":"investigating","display_at":"2026-11-20T14:00:00Z"}]}]}"#;
    let parts = [("incidents.json".to_owned(), page.as_bytes().to_vec())];
    let import = import(by_name("statuspage").unwrap(), &Options::default(), &parts);
    let link = "https://www.brightpressstatus.com/incidents/q1".to_owned();
    assert!(certain(&import).contains(&(Derivable::StatusPage, link)), "{import:?}");
}

#[test]
fn real_evidence_of_other_services_is_not_taken_for_a_tracker() {
    let Ok(folder) = std::env::var("RECOUNT_EVIDENCE") else {
        eprintln!("SKIPPED: `RECOUNT_EVIDENCE` is not set, real evidence was not tried");
        return;
    };
    let trackers = [
        "datadog-events",
        "dispatch",
        "firehydrant",
        "incident-io",
        "jira",
        "linear",
        "opsgenie",
        "rootly",
        "sentry",
        "statuspage",
    ];
    for (name, bytes) in parts(Path::new(&folder)) {
        let part = Part::new(&name, &bytes);
        for tracker in trackers {
            let source = by_name(tracker).unwrap();
            assert_eq!((source.recognise)(&part), Confidence::No, "`{name}` as `{tracker}`");
        }
    }
}

#[test]
fn real_alerts_pages_and_series_are_recognised_and_read_without_loss() {
    for (path, source, events, skipped) in [
        ("alertmanager/insights_alerts_v2.json", "alertmanager", None, 0),
        ("pagerduty/zulip_v3_webhooks_Q3B15VLMF3ASBD.jsonl", "pagerduty", Some(6), 0),
        // It measures processors and tells of no alert.
        ("prometheus/holmes_query_range_matrix.json", "prometheus", Some(0), 0),
    ] {
        let Some(bytes) = real(path) else { return };
        let parts = [(path.to_owned(), bytes)];
        let recognised = recognise(&[Part::new(path, &parts[0].1)]).unwrap();
        assert_eq!(recognised.name, source);
        let read = import(recognised, &Options::default(), &parts);
        assert_eq!(read.skipped.len(), skipped, "{path}: {:?}", read.skipped);
        match events {
            Some(events) => assert_eq!(read.events.len(), events, "{path}: {}", render(&read)),
            None => assert!(!read.events.is_empty(), "{path}"),
        }
    }
}
