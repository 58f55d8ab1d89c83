//! Evidence into a document: the order and the pieces in which it comes in decide nothing, twice is once,
//! and what a person did to a row stays. The evidence is that of the example library.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use proptest::prelude::*;
use recount_engine::document::Document;
use recount_engine::document::template::{FieldId, TEMPLATE};
use recount_engine::evidence::freeze::{Frozen, Header, State, VERSION};
use recount_engine::evidence::merge::{Merged, Merging, merge};
use recount_engine::evidence::source::by_name;
use recount_engine::evidence::{Curation, Event, EventId, Options};

use super::{import, parts};

/// A postmortem and its evidence, as an import leaves them.
struct Postmortem {
    document: Document,
    frozen: Frozen,
}

impl Postmortem {
    fn new() -> Self {
        Self { document: Document::parse(TEMPLATE.as_bytes()), frozen: Frozen::default() }
    }

    fn import(&mut self, events: &[Event]) -> Merged {
        let header = Header {
            version: VERSION,
            source: "x".into(),
            name: "x".into(),
            sha256: "00".into(),
            from: None,
            to: None,
        };
        self.frozen.add(header, events.to_vec());
        self.merge(&[])
    }

    fn merge(&mut self, asked: &[EventId]) -> Merged {
        let services = ["checkout", "inventory", "payments", "search", "storefront", "waiting-room"];
        let merged = merge(
            &self.document,
            &Merging {
                frozen: &self.frozen,
                curation: &Curation::default(),
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

    fn text(&self) -> &str {
        self.document.text()
    }

    fn edit(&mut self, from: &str, to: &str) {
        assert!(self.text().contains(from), "`{from}` is there to be edited");
        self.document = Document::parse(self.text().replacen(from, to, 1).as_bytes());
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
