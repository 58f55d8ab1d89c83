//! Evidence into a document: the order and the pieces in which it comes in decide nothing, twice is once,
//! and what a person did to a row stays. The evidence is that of the example library.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use proptest::prelude::*;
use recount_engine::adopt::{self, Original, Reading};
use recount_engine::document::Document;
use recount_engine::document::template::{FieldId, TEMPLATE};
use recount_engine::evidence::contradict::{self, Told};
use recount_engine::evidence::freeze::{Frozen, Header, State, VERSION};
use recount_engine::evidence::merge::{Merged, Merging, merge};
use recount_engine::evidence::source::by_name;
use recount_engine::evidence::{Curation, Event, EventId, Kind, Options};

use super::{import, parts};

/// A postmortem and its evidence, as an import leaves them.
pub(super) struct Postmortem {
    pub(super) document: Document,
    pub(super) frozen: Frozen,
}

impl Postmortem {
    pub(super) fn new() -> Self {
        Self { document: Document::parse(TEMPLATE.as_bytes()), frozen: Frozen::default() }
    }

    pub(super) fn import(&mut self, events: &[Event]) -> Merged {
        self.frozen.add(header(), events.to_vec());
        self.merge(&[])
    }

    pub(super) fn merge(&mut self, asked: &[EventId]) -> Merged {
        self.merge_with(&Curation::default(), asked)
    }

    fn merge_with(&mut self, curation: &Curation, asked: &[EventId]) -> Merged {
        let services = ["checkout", "inventory", "payments", "search", "storefront", "waiting-room"];
        let merged = merge(
            &self.document,
            &Merging {
                frozen: &self.frozen,
                curation,
                asked,
                services: &services.map(str::to_owned),
                regions: &["eu-west", "us-east", "ap-south"].map(str::to_owned),
                folder: "x.evidence",
            },
        )
        .expect("the template takes every row");
        self.document = merged.document.clone();
        self.frozen.write_down(merged.decisions.iter().cloned());
        merged
    }

    pub(super) fn text(&self) -> &str {
        self.document.text()
    }

    pub(super) fn edit(&mut self, from: &str, to: &str) {
        assert!(self.text().contains(from), "`{from}` is there to be edited");
        self.document = Document::parse(self.text().replacen(from, to, 1).as_bytes());
    }
}

fn header() -> Header {
    Header {
        version: VERSION,
        source: "x".into(),
        name: "x".into(),
        sha256: "00".into(),
        from: None,
        to: None,
    }
}

fn evidence() -> Vec<Event> {
    let folder =
        std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples/evidence/seat-holds-expired");
    let url = |name: &str| (name.to_owned(), format!("https://git.kestrelrow.example/{name}"));
    let options = Options {
        workspace_url: Some("https://kestrelrow.slack.com".into()),
        repositories: BTreeMap::from([url("inventory"), url("storefront")]),
        ..Options::default()
    };
    let all = parts(&folder);
    let (logs, chat): (Vec<_>, Vec<_>) = all.into_iter().partition(|(name, _)| name.contains("gitlog"));
    let mut events = import(by_name("slack-export").unwrap(), &options, &chat).events;
    events.extend(import(by_name("git-log").unwrap(), &options, &logs).events);
    events
}

static EVIDENCE: LazyLock<Vec<Event>> = LazyLock::new(evidence);
static WHOLE: LazyLock<String> = LazyLock::new(|| whole().text().to_owned());

fn whole() -> Postmortem {
    let mut whole = Postmortem::new();
    whole.import(&evidence());
    whole
}

#[test]
fn an_incident_is_told_as_its_lead_would_tell_it() {
    insta::with_settings!({ prepend_module_to_snapshot => false, omit_expression => true }, {
        insta::assert_snapshot!("merged", whole().text());
    });
}

#[test]
fn importing_twice_changes_nothing() {
    let mut twice = whole();
    let before = twice.text().to_owned();
    let again = twice.import(&evidence());
    assert_eq!(twice.text(), before);
    assert!(again.added.is_empty() && again.changed.is_empty() && again.removed.is_empty());
    assert!(again.filled.is_empty(), "{:?}", again.filled);
    assert_eq!(twice.frozen.write_down(again.decisions), None);
}

#[test]
fn an_edited_row_stays_edited_and_a_deleted_one_deleted() {
    let mut mine = Postmortem::new();
    let events = evidence();
    let (early, late) = events.split_at(events.len() / 2);
    mine.import(early);
    mine.edit("**Acknowledged.** ack, I have the page. Looking", "**Acknowledged.** Ana took the page");
    let refused = mine.text().lines().find(|line| line.contains("REFUSED rollback")).unwrap().to_owned();
    mine.edit(&format!("{refused}\n"), "");
    mine.edit("| 2026-11-20 14:00:31 |", "| 2026-11-20 14:00 |");
    mine.import(late);
    mine.import(&events);
    for (text, times) in [
        ("Ana took the page", 1),
        ("ack, I have the page", 0),
        ("**Acknowledged.**", 1),
        ("REFUSED rollback", 0),
        ("| 2026-11-20 14:00 |", 1),
        ("Deployed `inventory` 6.41.0", 1),
        ("**Resolved.**", 1),
    ] {
        assert_eq!(mine.text().matches(text).count(), times, "`{text}`");
    }
}

#[test]
fn a_field_that_a_person_set_or_emptied_stays_so() {
    let mut mine = whole();
    mine.edit("- **Start time** (UTC): 2026-11-20 14:02", "- **Start time** (UTC): 2026-11-20 14:01");
    mine.edit("- **Regions impacted**: eu-west, us-east", "- **Regions impacted**:");
    mine.import(&evidence());
    assert_eq!(mine.document.field_text(FieldId::StartTime), Some("2026-11-20 14:01"));
    assert!(!mine.document.is_filled(FieldId::Regions));
    // What was counted from the start is counted again, for nobody had changed it.
    assert_eq!(mine.document.field_text(FieldId::TimeToDetect), Some("5m"));
}

#[test]
fn a_candidate_taken_by_hand_stays_and_a_deleted_row_comes_back_when_asked_for() {
    let mut mine = whole();
    let pizza =
        mine.frozen.events().into_iter().find(|event| event.action.contains("pizza is cold")).unwrap();
    let pizza = pizza.id.clone();
    let merged = mine.merge(std::slice::from_ref(&pizza));
    assert_eq!(merged.added, std::slice::from_ref(&pizza));
    mine.import(&evidence());
    assert_eq!(mine.text().matches("pizza is cold").count(), 1);
    let row = mine.text().lines().find(|line| line.contains("pizza is cold")).unwrap().to_owned();
    mine.edit(&format!("{row}\n"), "");
    mine.import(&evidence());
    assert_eq!(mine.text().matches("pizza is cold").count(), 0);
    mine.merge(std::slice::from_ref(&pizza));
    assert_eq!(mine.text().matches("pizza is cold").count(), 1);
}

#[test]
fn a_dismissed_event_stays_out() {
    let mut mine = Postmortem::new();
    let events = evidence();
    let theory = events.iter().find(|event| event.action.contains("this may be nothing")).unwrap().id.clone();
    mine.frozen.decide([(&theory, State::Dismissed, "")]);
    mine.import(&events);
    assert!(!mine.text().contains("this may be nothing"));
}

#[test]
fn an_import_that_was_cut_off_before_its_ledger_adds_nothing_the_second_time() {
    let done = whole();
    let mut cut = Postmortem::new();
    cut.document = done.document.clone();
    cut.import(&evidence());
    assert_eq!(cut.text(), done.text());
}

fn said(at: &str, action: &str) -> Event {
    let line = format!(
        r#"{{"id":"slack:{at}","at":"2026-11-20T{at}Z","kind":"message","source":"slack-export","actor":"Ana"}}"#
    );
    let mut event: Event = serde_json::from_str(&line).unwrap();
    action.clone_into(&mut event.action);
    event
}

#[test]
fn a_stated_time_of_a_milestone_counts_and_is_never_lost() {
    for (action, row) in [
        (
            "mitigated at 11:34, errors at 0.1%",
            "| 2026-11-20 11:34 | Ana | **Mitigated.** As said at 11:36:05 |",
        ),
        ("Resolved at 10:50 UTC", "| 2026-11-20 10:50 | Ana | **Resolved.** As said at 11:36:05 |"),
        ("mitigated at 11:36, errors at 0.1%", "| Ana | **Mitigated.** Errors at 0.1% |"),
        ("mitigated at 03:34, errors at 0.1%", "mitigated at 03:34, errors at 0.1% |"),
        ("mitigated at 11:34 CET", "mitigated at 11:34 CET |"),
    ] {
        let mut mine = Postmortem::new();
        mine.import(&[said("10:40:00", "we're seeing errors in checkout"), said("11:36:05", action)]);
        assert!(mine.text().to_lowercase().contains(&row.to_lowercase()), "{action}: {}", mine.text());
    }
}

#[test]
fn nothing_is_counted_from_a_vague_time_or_from_no_events() {
    let mut mine = Postmortem::new();
    mine.edit("- **Start time** (UTC):", "- **Start time** (UTC): 2026-11-20 14:00");
    mine.edit("- **End time** (UTC):", "- **End time** (UTC): 2026-11-20 16:00");
    let before = mine.text().to_owned();
    mine.import(&[]);
    assert_eq!(mine.text(), before);
    mine.edit("2026-11-20 16:00", "~16:00");
    mine.import(&[said("14:10:00", "we're seeing errors in checkout"), said("15:58:00", "all clear")]);
    assert!(mine.text().contains("**Resolved.**"), "{}", mine.text());
    assert!(!mine.document.is_filled(FieldId::Duration));
}

#[test]
fn taking_one_event_takes_that_one_alone() {
    let mut mine = Postmortem::new();
    let events = evidence();
    mine.frozen.add(header(), events.clone());
    let pizza = events.iter().find(|event| event.action.contains("pizza is cold")).unwrap().id.clone();
    let merged = mine.merge(std::slice::from_ref(&pizza));
    assert_eq!(merged.added, [pizza]);
    assert!(merged.filled.is_empty() && merged.offers.is_empty(), "{:?} {:?}", merged.filled, merged.offers);
}

#[test]
fn a_thread_that_was_asked_for_once_stays() {
    let mut mine = Postmortem::new();
    let mut events = evidence();
    let chat = events.iter_mut().find(|event| event.action.contains("pizza is cold")).unwrap();
    chat.thread = Some("1795183690.000100".into());
    mine.import(&events);
    assert!(!mine.text().contains("pizza is cold"));
    mine.merge_with(&Curation { threads: vec!["1795183690.000100".into()] }, &[]);
    let with_thread = mine.text().to_owned();
    assert!(with_thread.contains("pizza is cold"));
    let other = mine.frozen.candidates()[0].id.clone();
    mine.merge(&[other]);
    assert!(mine.text().contains("pizza is cold"));
    mine.import(&events);
    assert!(mine.text().contains("pizza is cold"));
}

#[test]
fn a_bare_clock_of_a_person_stays_bare_and_means_the_same() {
    for blank_start in [false, true] {
        let mut mine = whole();
        if blank_start {
            mine.edit("- **Start time** (UTC): 2026-11-20 14:02", "- **Start time** (UTC):");
        }
        let first = mine.text().lines().find(|line| line.starts_with("| 2026-")).unwrap().to_owned();
        let last = mine.text().lines().rfind(|line| line.starts_with("| 2026-11-20 ")).unwrap().to_owned();
        mine.edit(&format!("{first}\n"), &format!("{first}\n| 13:59 | Ana | Called the vendor | |\n"));
        mine.edit(
            &format!("{last}\n"),
            &format!("{last}\n| 23:58 | Ana | Went home | |\n| 00:05 | Ana | Slept | |\n"),
        );
        let instants = |document: &Document| {
            let rows = document.timeline_rows().iter();
            rows.map(|row| (document.slice(row.span).to_owned(), row.at())).collect::<Vec<_>>()
        };
        let (before, rows) = (mine.text().to_owned(), instants(&mine.document));
        mine.import(&evidence());
        assert_eq!(mine.text(), before);
        // And where a row comes in.
        let pizza =
            mine.frozen.events().into_iter().find(|event| event.action.contains("pizza is cold")).unwrap();
        let pizza = pizza.id.clone();
        mine.merge(&[pizza]);
        let mut after = instants(&mine.document);
        after.retain(|(line, _)| !line.contains("pizza is cold"));
        assert_eq!(after, rows);
    }
}

#[test]
fn what_was_purged_stays_as_it_stands_and_comes_back_as_it_was_decided() {
    let mut mine = whole();
    mine.edit("**Acknowledged.** ack, I have the page. Looking", "**Acknowledged.** Ana took the page");
    let refused = mine.text().lines().find(|line| line.contains("REFUSED rollback")).unwrap().to_owned();
    mine.edit(&format!("{refused}\n"), "");
    let before = mine.text().to_owned();
    let decisions: Vec<_> = mine.frozen.decisions().into_iter().cloned().collect();
    mine.frozen = Frozen::default();
    mine.frozen.write_down(decisions);
    mine.merge(&[]);
    assert_eq!(mine.text(), before);
    mine.import(&evidence());
    assert_eq!(mine.text(), before);
}

/// What several tools tell of one alert that flaps, of its page, of who took it on, and of a deploy.
fn storm() -> Vec<Event> {
    let event = |id: String, at: String, kind: &str, source: &str, actor: &str, action: &str| -> Event {
        let line = format!(
            r#"{{"id":"{id}","at":"2026-11-20T{at}Z","kind":"{kind}","source":"{source}","actor":"{actor}","action":"{action}"}}"#
        );
        // Each with a page of its own: which file holds an event depends on the pieces.
        serde_json::from_str::<Event>(&line).unwrap().linked(&format!("https://tools.example/{id}"), "")
    };
    let mut events = vec![
        said("14:01:40", "we're seeing errors in checkout"),
        event(
            "p1".into(),
            "14:03:05".into(),
            "page",
            "pagerduty",
            "",
            "Paged Ana: HighErrorRate on checkout",
        ),
        event("p2".into(), "14:05:00".into(), "acknowledgement", "pagerduty", "Ana", "Acknowledged")
            .with("alert", "HighErrorRate"),
        event("o2".into(), "14:05:02".into(), "acknowledgement", "opsgenie", "Ana", "Acknowledged the alert")
            .with("alert", "HighErrorRate"),
        event(
            "g1".into(),
            "13:50:00".into(),
            "deploy",
            "github",
            "Bo",
            "Deployed checkout v41 to production",
        )
        .with("version", "v41")
        .with("service", "checkout"),
        event("d1".into(), "13:51:10".into(), "deploy", "datadog-events", "", "checkout v41 deployed")
            .with("version", "v41")
            .with("service", "checkout"),
        said("15:10:00", "all clear"),
    ];
    for turn in 0..6 {
        let minute = 2 + turn * 5;
        let (fired, quiet) = (format!("14:{minute:02}:10"), format!("14:{:02}:00", minute + 3));
        events.push(
            event(
                format!("a{turn}"),
                fired,
                "alert-firing",
                "alertmanager",
                "Alertmanager",
                "HighErrorRate fired",
            )
            .with("alert", "HighErrorRate")
            .with("service", "checkout"),
        );
        events.push(
            event(
                format!("r{turn}"),
                quiet,
                "alert-resolved",
                "alertmanager",
                "Alertmanager",
                "HighErrorRate resolved",
            )
            .with("alert", "HighErrorRate")
            .with("service", "checkout"),
        );
    }
    for event in events.iter_mut().filter(|event| event.link.is_none()) {
        event.link = Some(format!("https://chat.example/{}", event.id.0));
    }
    events
}

static STORM: LazyLock<Vec<Event>> = LazyLock::new(storm);

#[test]
fn what_several_tools_tell_of_one_thing_is_one_row_with_a_link_to_each() {
    let mut mine = Postmortem::new();
    mine.import(&STORM);
    let rows: Vec<&str> = mine.text().lines().filter(|line| line.starts_with("| 2026-11-20 1")).collect();
    insta::with_settings!({ prepend_module_to_snapshot => false, omit_expression => true }, {
        insta::assert_snapshot!("storm", rows.join("\n"));
    });
    assert_eq!(mine.document.field_text(FieldId::AlertNames), Some("`HighErrorRate`"));
}

#[test]
fn a_row_of_many_tellings_stays_as_a_person_left_it_whoever_tells_of_it_later() {
    let mut events = storm();
    let early = events.iter().position(|event| event.id.0 == "p1").unwrap();
    let early = events.remove(early);
    let mut mine = Postmortem::new();
    mine.import(&events);
    mine.edit("HighErrorRate fired", "Errors went up for good");
    let row = mine.text().lines().find(|line| line.contains("checkout v41")).unwrap().to_owned();
    mine.edit(&format!("{row}\n"), "");
    // Another telling of the alert, and one of the deploy that is earlier than all before it.
    let earlier = events.iter().find(|event| event.id.0 == "g1").unwrap().clone();
    let earlier = Event {
        id: EventId("k1".into()),
        at: "2026-11-20T13:49:00Z".parse::<jiff::Timestamp>().unwrap().into(),
        source: "kubernetes-events".into(),
        ..earlier
    };
    mine.import(&[early, earlier]);
    assert_eq!(mine.text().matches("Errors went up for good").count(), 1);
    assert_eq!(mine.text().matches("HighErrorRate fired").count(), 0, "{}", mine.text());
    assert_eq!(mine.text().matches("checkout v41").count(), 0, "{}", mine.text());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(12))]
    #[test]
    fn what_is_one_thing_is_so_in_any_order_and_in_any_pieces(
        order in Just((0..STORM.len()).collect::<Vec<_>>()).prop_shuffle(),
        cuts in prop::collection::vec(1..9_usize, 0..6),
    ) {
        let mut whole = Postmortem::new();
        whole.import(&STORM);
        let mut mine = Postmortem::new();
        let mut rest: Vec<Event> = order.iter().map(|index| STORM[*index].clone()).collect();
        for size in cuts {
            let piece: Vec<Event> = rest.split_off(rest.len() - size.min(rest.len()));
            mine.import(&piece);
        }
        mine.import(&rest);
        prop_assert_eq!(mine.text(), whole.text());
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(12))]
    #[test]
    fn any_order_in_any_pieces_any_number_of_times_gives_the_same_document(
        order in Just((0..EVIDENCE.len()).collect::<Vec<_>>()).prop_shuffle(),
        cuts in prop::collection::vec(1..60_usize, 1..4),
        again in prop::collection::vec(any::<bool>(), 4),
    ) {
        let mut mine = Postmortem::new();
        let mut rest: Vec<Event> = order.iter().map(|index| EVIDENCE[*index].clone()).collect();
        for (size, twice) in cuts.iter().zip(&again) {
            let piece: Vec<Event> = rest.split_off(rest.len() - (*size).min(rest.len()));
            mine.import(&piece);
            if *twice {
                mine.import(&piece);
            }
        }
        mine.import(&rest);
        prop_assert_eq!(mine.text(), WHOLE.as_str());
    }
}

fn alert(id: &str, at: &str, kind: &str, name: &str) -> Event {
    let line = format!(
        r#"{{"id":"{id}","at":"2026-11-20T{at}Z","kind":"{kind}","source":"alertmanager","action":"{name} {kind}"}}"#
    );
    let event: Event = serde_json::from_str(&line).unwrap();
    event.with("alert", name).linked(&format!("https://tools.example/{id}"), "")
}

#[test]
fn an_alert_belongs_to_an_incident_unless_it_was_firing_long_before() {
    let said = said("14:02:30", "we're seeing errors in checkout, impact started at 14:02 UTC");
    for (events, row) in [
        // The first sign of it, half a minute before the minute that somebody named.
        (vec![alert("a", "14:01:30", "alert-firing", "CheckoutErrors")], Some("14:01:30")),
        // Quiet again in the morning, and anew with the incident.
        (
            vec![
                alert("a", "09:00:00", "alert-firing", "CheckoutErrors"),
                alert("b", "09:10:00", "alert-resolved", "CheckoutErrors"),
                alert("c", "14:03:00", "alert-firing", "CheckoutErrors"),
            ],
            Some("14:03:00"),
        ),
        // It fires all day, and says so again.
        (
            vec![
                alert("a", "09:00:00", "alert-firing", "CheckoutErrors"),
                alert("c", "14:03:00", "alert-firing", "CheckoutErrors"),
            ],
            None,
        ),
    ] {
        let mut mine = Postmortem::new();
        mine.import(&[events, vec![said.clone()]].concat());
        let rows: Vec<&str> =
            mine.text().lines().filter(|line| line.contains("CheckoutErrors alert-firing")).collect();
        assert_eq!(rows.len(), usize::from(row.is_some()), "{rows:#?}");
        assert!(row.is_none_or(|at| rows[0].contains(at)), "{rows:#?}");
    }
}

#[test]
fn an_alert_that_prometheus_told_on_with_labels_of_its_own_is_one_row_with_a_link_to_both() {
    let series = r#"{"status":"success","data":{"resultType":"matrix","result":[{"metric":{"__name__":"ALERTS","alertname":"CartErrors","alertstate":"firing","severity":"critical","service":"cart"},"values":[[1795183440,"1"],[1795183500,"1"],[1795183560,"1"]]}]}}"#;
    let told = r#"{"receiver":"pager","status":"firing","alerts":[{"status":"firing","labels":{"alertname":"CartErrors","severity":"critical","service":"cart","cluster":"eu-1","prometheus":"monitoring/main"},"annotations":{},"startsAt":"2026-11-20T14:04:15Z","endsAt":"0001-01-01T00:00:00Z","generatorURL":"https://prom.acme.example/graph","fingerprint":"b2f1c4a9d0e37711"}],"groupLabels":{"alertname":"CartErrors"},"commonLabels":{},"commonAnnotations":{},"externalURL":"https://am.acme.example","version":"4","groupKey":"{}:{}","truncatedAlerts":0}"#;
    let read = |source: &str, text: &str| {
        let part = ("input.json".to_owned(), text.as_bytes().to_vec());
        import(by_name(source).unwrap(), &Options::default(), &[part]).events
    };
    let (prometheus, alertmanager) = (read("prometheus", series), read("alertmanager", told));
    assert_eq!((prometheus[0].kind, alertmanager[0].kind), (Kind::AlertFiring, Kind::AlertFiring));
    // Which labels are added nobody says, so the instances cannot be known to be one by their labels.
    assert_ne!(prometheus[0].details.get("fingerprint"), alertmanager[0].details.get("fingerprint"));
    let mut mine = Postmortem::new();
    mine.import(&prometheus);
    mine.import(&alertmanager);
    let fired = mine.text().lines().filter(|line| line.contains("CartErrors fired"));
    assert_eq!(fired.count(), 1, "{}", mine.text());
}

#[test]
fn a_real_report_whose_zone_its_log_contradicts_is_not_placed_and_would_be_off_by_an_hour() {
    let (Some(report), Some(log)) =
        (super::real("git/2017-10-17.report.md"), super::real("git/2017-10-17.gitlog.tsv"))
    else {
        return;
    };
    let reading = Reading::new(&report, &adopt::Options { file: "2017-10-17.report.md".into(), zone: None });
    let original = Original { name: "original.md".into(), link: "x.evidence/original.md".into() };
    let adopted = reading.adopt(&Document::parse(TEMPLATE.as_bytes()), &original).document;
    let parts = [("2017-10-17.gitlog.tsv".to_owned(), log)];
    let events = import(by_name("git-log").unwrap(), &Options::default(), &parts).events;
    let refs: Vec<&Event> = events.iter().collect();
    // The report says `PST` of a day in summer time: none of its rows is placed, so none can be off.
    assert_eq!(adopted.timeline_rows().len(), 9);
    assert!(adopted.timeline_rows().iter().all(|row| row.at().is_none()));
    // Taken by its word, the one row that names a request of the log is an hour late. Once may be chance.
    let row =
        adopted.timeline_rows().iter().find(|row| adopted.slice(row.span).contains("/pull/89")).unwrap();
    let at = "2017-10-17T11:14:00-08:00".parse().unwrap();
    let told = Told { at, line: adopted.slice(row.span), action: adopted.cell_text(row.action) };
    assert_eq!(contradict::shifted_rows(&[told], &refs), None);
    let shift = contradict::shifted_rows(&[told, told], &refs).unwrap();
    assert_eq!((shift.by.as_secs(), shift.rows.len()), (3600, 2));
}
