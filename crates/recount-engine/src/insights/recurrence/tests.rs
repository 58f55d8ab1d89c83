//! Tests of recurrence: labelled pairs, what is said, what a promise was on a day. The example library is looked at
//! through the command.

#![allow(clippy::unwrap_used)]

use jiff::civil::date;

use super::*;
use crate::document::Document;

/// A postmortem of a day of 2026: services, trigger, root cause, a factor with its label, and its action items.
fn record(id: &str, month: i8, services: &str, trigger: &str, cause: &str, factor: (&str, &str)) -> Record {
    let (label, factor) = factor;
    let text = format!(
        "# Down\n\n## Incident summary\n\n- **Incident ID**: {id}\n\
         - **Start time** (UTC): 2026-{month:02}-20 10:00\n- **Primary services impacted**: {services}\n\n\
         ## Root cause\n\n- **Direct trigger**: {trigger}\n- **Root cause** (systems explanation): {cause}\n\
         - **Contributing factors**:\n  - {label}: {factor}\n"
    );
    Document::parse(text.as_bytes()).record()
}

const NONE: (&str, &str) = ("capacity", "");

/// Ten incidents of five families, so that nine pairs of forty-five are the same cause and the others are not.
fn labelled() -> (Vec<Record>, Vec<&'static str>) {
    let observability = "observability";
    let change = "change management";
    let all = [
        (
            "certificate",
            record(
                "INC-0001",
                1,
                "payments",
                "The client certificate of the card vault expired.",
                "Nothing renews certificates: an expiry date is in a calendar that a team took with it.",
                (observability, "No alert on certificates that are about to expire."),
            ),
        ),
        (
            "pool",
            record(
                "INC-0002",
                2,
                "checkout",
                "A deploy doubled the number of workers.",
                "Each worker holds ten connections of the database, and the pool is sized by hand, so the pool was exhausted.",
                ("capacity", "The connection pool has no limit per client."),
            ),
        ),
        (
            "retries",
            record(
                "INC-0003",
                3,
                "inventory, storefront",
                "The cache was flushed during a deploy.",
                "Clients retry each failure five times at once, and a cold cache cannot serve the retries.",
                ("capacity", "No retry budget, no backoff."),
            ),
        ),
        (
            "disk",
            record(
                "INC-0004",
                4,
                "search",
                "Debug logging was left on.",
                "Logs and the index share one disk, and nothing rotates logs before the disk is full.",
                (observability, "Disk usage alerts only at 95 %."),
            ),
        ),
        (
            "dns",
            record(
                "INC-0005",
                5,
                "checkout",
                "A record was changed in the DNS zone by hand.",
                "Zone changes are neither reviewed nor tested, and resolvers keep a wrong record for its TTL of a day.",
                (change, "DNS is outside the pipeline."),
            ),
        ),
        (
            "certificate",
            record(
                "INC-0006",
                6,
                "notify",
                "The certificate for venue webhooks reached its expiry.",
                "It was not in the issuer that renews the others.",
                (observability, "Expiry is not watched."),
            ),
        ),
        (
            "pool",
            record(
                "INC-0007",
                7,
                "payments",
                "A slow query held connections for a minute.",
                "The database's connections ran out: the pool is shared by all workers and has no limit per client.",
                ("capacity", "The pool was exhausted in two minutes."),
            ),
        ),
        (
            "retries",
            record(
                "INC-0008",
                8,
                "gate-scan, inventory",
                "The primary of the inventory database failed over.",
                "Scanners retried at once and without backoff, five times the load, which cold buffers cannot serve.",
                ("third party dependencies", "Firmware takes ten days to be signed."),
            ),
        ),
        (
            "disk",
            record(
                "INC-0009",
                9,
                "search",
                "A reindex wrote a second copy of the index.",
                "The index and its logs are on one disk, which was full before the old copy was removed.",
                NONE,
            ),
        ),
        (
            "flag",
            record(
                "INC-0010",
                10,
                "checkout",
                "A feature flag's default was flipped by a release.",
                "Pods that start while the flag service is slow use the default of the code.",
                (change, "The default is not reviewed."),
            ),
        ),
    ];
    let families = all.iter().map(|(family, _)| *family).collect();
    (all.into_iter().map(|(_, record)| record).collect(), families)
}

#[test]
fn incidents_of_one_cause_are_found_and_others_are_not() {
    let (records, families) = labelled();
    let config = Config::default();
    let causes = Causes::new(&records, &config);
    let mut wrong = Vec::new();
    for (later, record) in records.iter().enumerate() {
        let found = causes.earlier(record, &config);
        for earlier in 0..later {
            let likeness = found.iter().find(|found| found.index == earlier).map(|found| found.likeness);
            let is_found = likeness.is_some();
            if is_found != (families[earlier] == families[later]) {
                wrong.push(format!("{} and {}: found {likeness:?}", families[earlier], families[later]));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn a_match_says_what_is_shared() {
    let (records, _) = labelled();
    let config = Config::default();
    let found = Causes::new(&records, &config).earlier(&records[7], &config);
    insta::assert_snapshot!(found[0].why(), @"same service inventory; both say backoff, cold, retried, serve");
}

#[test]
fn a_library_of_two_knows_a_repetition_and_a_later_incident_is_never_earlier() {
    let (records, _) = labelled();
    let two = [records[0].clone(), records[5].clone()];
    let config = Config::default();
    let causes = Causes::new(&two, &config);
    assert_eq!(causes.earlier(&two[1], &config).len(), 1);
    assert!(causes.earlier(&two[0], &config).is_empty());
    // One that is being written is later than all, and is not like itself.
    let draft = Record { started: None, ..two[1].clone() };
    assert_eq!(causes.earlier(&draft, &config).len(), 1);
    let empty = Document::parse(b"").record();
    assert!(causes.earlier(&empty, &config).is_empty());
    assert!(Causes::new(&[], &config).earlier(&two[0], &config).is_empty());
}

#[test]
fn one_whose_causes_name_it_is_found_by_less() {
    let mut records = labelled().0;
    records[9].root_cause =
        Some("As in INC-0002 the default was not reviewed, and workers used it.".to_owned());
    let config = Config::default();
    let found = Causes::new(&records, &config).earlier(&records[9], &config);
    assert_eq!(found.first().map(|found| (found.index, found.is_named)), Some((1, true)));
}

#[test]
fn what_a_promise_was_on_a_day_is_known_as_far_as_it_is_written() {
    let day = date(2026, 6, 20);
    for (due, status, expected) in [
        ("2026-06-01", "Open", Some("overdue by 19 days")),
        ("2026-06-19", "In progress", Some("overdue by 1 day")),
        ("2026-06-20", "Open", Some("open")),
        ("", "", Some("open")),
        ("2026-06-01", "Done 2026-06-10", Some("done on 2026-06-10 and not verified")),
        ("2026-06-01", "Done 2026-06-20", Some("in a state that is not known: it was done on the same day")),
        ("2026-06-01", "Done 2026-07-01", Some("overdue by 19 days")),
        ("2026-06-01", "Done", Some("not verified")),
        ("2026-06-01", "Verified 2026-06-10", None),
        ("2026-06-01", "Verified 2026-07-01", Some("not verified")),
        ("2026-06-01", "Verified", Some("in a state that is not known: when it was verified is not written")),
        ("", "Won't do 2026-06-10: too dear", Some("refused on 2026-06-10: too dear")),
        ("2026-06-01", "Won't do 2026-07-01: too dear", Some("overdue by 19 days")),
        (
            "2026-06-01",
            "Open 2026-07-10: regressed",
            Some("in a state that is not known: it was reopened later"),
        ),
        ("2026-06-01", "Open 2026-06-10: regressed", Some("overdue by 19 days")),
        ("2026-06-01", "hm", Some("in a state that is not known: its status cannot be read")),
    ] {
        let text = format!(
            "## Action items\n\n| Priority | Action item | Owner | Due date | Status |\n|---|---|---|---|---|\n\
             | P1 | Limit the pool | @ana | {due} | {status} |\n"
        );
        let record = Document::parse(text.as_bytes()).record();
        let state = state_on(&record.actions[0], day).map(|state| state.to_string());
        assert_eq!(state.as_deref(), expected, "{due} {status}");
    }
}

#[test]
fn promises_about_the_cause_come_first_and_those_that_were_kept_not_at_all() {
    let (mut records, _) = labelled();
    let items = "## Action items\n\n| Priority | Action item | Due date | Status |\n|---|---|---|---|\n\
                 | P0 | Write the runbook | 2026-04-01 | Open |\n\
                 | P1 | Give every client a retry budget with backoff | 2026-04-01 | Done 2026-04-02 |\n\
                 | P1 | Measure what a cold cache serves | 2026-04-20 | Open |\n\
                 | P0 | Never flush a whole cache | 2026-03-25 | Verified 2026-04-02 |\n";
    records[2].actions = Document::parse(items.as_bytes()).record().actions;
    let causes = Causes::new(&records, &Config::default());
    let promises = causes.promises(&records[2], &records[7], day_of(&records[7]).unwrap());
    let told: Vec<_> =
        promises.iter().map(|p| (p.action.number, p.state.word(), p.words.is_empty())).collect();
    assert_eq!(told, [(3, "overdue", false), (2, "unverified", false), (1, "overdue", true)]);
    // While hardly anything is known, a service and a word are enough; a word alone is not.
    let record = |services: &str| record("INC-0011", 11, services, "", "Retry storm", NONE);
    let owed = |services: &str| {
        let today = date(2026, 11, 20);
        let found = causes.owed(&records, &record(services), today, &Config::default());
        found.iter().map(|(index, promise)| (*index, promise.action.number)).collect::<Vec<_>>()
    };
    assert_eq!(owed("inventory"), []);
    assert_eq!(owed("search"), []);
}

#[test]
fn words_are_compared_by_their_stems() {
    for (text, stems) in [
        ("retry retries retried retrying", "retri retri retri retri"),
        ("`CertificateExpiresSoon` fired", "certificat expir soon fir"),
        ("The pool's 400 places, and v41", "pool plac"),
        ("queries were queried; a query", "queri queri queri"),
        ("classes stopped stopping stops", "class stop stop stop"),
        ("Straße über alles", "straße über all"),
    ] {
        let found: Vec<String> = words(text).map(|(stem, _)| stem).collect();
        assert_eq!(found.join(" "), stems, "{text}");
    }
}
