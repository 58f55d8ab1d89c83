//! One incident's events and what they decide.

use super::scope::names;
use super::*;

fn event(minute: u32, kind: Kind, action: &str) -> Event {
    let json = format!(
        r#"{{"id":"e{minute}","at":"2026-11-20T14:{minute:02}:00Z","actor":"@ana","kind":{},"source":"x","action":{}}}"#,
        serde_json::to_string(&kind).expect("a word"),
        serde_json::to_string(action).expect("a string"),
    );
    let mut event: Event = serde_json::from_str(&json).expect("an event");
    if let Some((_, Some(name))) = phrases::reported(action) {
        event.details.insert("alert".into(), name.to_owned());
    }
    event
}

fn story() -> Vec<Event> {
    vec![
        event(0, Kind::Deploy, "deployed checkout v42"),
        event(5, Kind::AlertFiring, "[FIRING:1] CheckoutErrors"),
        event(6, Kind::Message, "ack, looking"),
        event(9, Kind::Message, "impact started at 14:02 UTC, see https://grafana.acme.io/d/abc"),
        event(12, Kind::Message, "customers are reporting payment errors"),
        event(20, Kind::Rollback, "rolled back checkout to v41"),
        event(25, Kind::Message, "error rate is back to normal"),
        event(30, Kind::AlertResolved, "[RESOLVED] CheckoutErrors"),
        event(40, Kind::Message, "all clear"),
    ]
}

#[test]
fn an_incident_is_derived_from_its_events() {
    let known = Known { services: vec!["checkout".into(), "search".into()], ..Known::default() };
    let derived: Vec<String> = derive(&story(), &known)
        .iter()
        .map(|d| {
            format!(
                "{:?} {}{} <- {}",
                d.what,
                d.value,
                if d.certain { "" } else { " (offered)" },
                d.because[0]
            )
        })
        .collect();
    assert_eq!(
        derived,
        [
            "Milestone(Started) 2026-11-20 14:02 <- e9",
            "Start 2026-11-20 14:02 <- e9",
            "Milestone(Detected) 2026-11-20 14:05:00 <- e5",
            "Milestone(Acknowledged) 2026-11-20 14:06:00 <- e6",
            "Milestone(Mitigated) 2026-11-20 14:25:00 <- e25",
            "Milestone(Resolved) 2026-11-20 14:40:00 <- e40",
            "End 2026-11-20 14:40:00 <- e40",
            "Duration 38m <- e9",
            "TimeToDetect 3m <- e9",
            "AlertName CheckoutErrors <- e5",
            "CustomerReport 2026-11-20 14:12:00 @ana: customers are reporting payment errors (offered) <- e12",
            "Service checkout <- e20",
            "DirectTrigger @ana: deployed checkout v42 at 2026-11-20 14:00:00 (offered) <- e0",
            "StoppedTheBleeding @ana: rolled back checkout to v41 at 2026-11-20 14:20:00 (offered) <- e20",
            "RollbackDetails @ana: rolled back checkout to v41 at 2026-11-20 14:20:00 <- e20",
            "Dashboard https://grafana.acme.io/d/abc <- e9",
        ]
    );
}

#[test]
fn what_the_document_has_is_not_derived_again_and_figures_count_from_it() {
    let start = "2026-11-20T13:55:00Z".parse().expect("a time");
    let known = Known { milestones: [(Milestone::Started, start)].into(), ..Known::default() };
    let derived = derive(&story(), &known);
    assert!(!derived.iter().any(|d| d.what == Derivable::Start));
    assert_eq!(derived.iter().find(|d| d.what == Derivable::Duration).map(|d| d.value.as_str()), Some("45m"));
}

#[test]
fn milestones_that_were_recorded_where_the_incident_was_run_decide_what_they_name() {
    let recorded = |minute, milestone: &str, action| {
        let mut event = event(minute, Kind::Note, action);
        event.details.insert("milestone".into(), milestone.into());
        event
    };
    let mut events = story();
    events.extend([recorded(1, "started", "Impact began"), recorded(3, "detected", "Seen by support")]);
    events.push(recorded(50, "resolved", "Set to closed"));
    let derived = derive(&events, &Known::default());
    let value = |what| derived.iter().find(|d| d.what == what).map(|d| (d.value.as_str(), d.certain));
    for (what, want) in [
        (Derivable::Start, "2026-11-20 14:01:00"),
        (Derivable::Milestone(Milestone::Detected), "2026-11-20 14:03:00"),
        (Derivable::End, "2026-11-20 14:50:00"),
        (Derivable::TimeToDetect, "2m"),
    ] {
        assert_eq!(value(what), Some((want, true)), "{what:?}");
    }

    events[0].details.insert("declared".into(), "SEV-1".into());
    let derived = derive(&events, &Known::default());
    assert!(derived.iter().any(|d| d.what == Derivable::Severity && d.value == "Sev1" && !d.certain));
}

#[test]
fn a_service_is_named_by_a_word_of_its_own() {
    for (text, named) in [
        ("deployed `payments` 2", true),
        ("payments-3 eu-west", true),
        ("Payments: 5xx", true),
        ("paging team-payments", false),
        ("see #payments", false),
        ("payments-worker", false),
        ("repayments", false),
    ] {
        assert_eq!(names(text, "payments"), named, "`{text}`");
    }
}

#[test]
fn changes_alone_decide_no_milestone() {
    let derived = derive(
        &[event(1, Kind::Merge, "Merged #1"), event(2, Kind::Rollback, "Revert \"x\"")],
        &Known::default(),
    );
    assert!(derived.iter().all(|d| !d.certain), "{derived:?}");
}

#[test]
fn the_trigger_is_the_last_change_of_any_kind_and_what_is_near_is_named_with_it() {
    let mut events = story();
    events.remove(0);
    events.push(event(9, Kind::AlertFiring, "[FIRING:1] CheckoutErrors"));
    let mut changes = vec![
        event(0, Kind::Deploy, "Deployed checkout v42"),
        event(1, Kind::ConfigChange, "Raised the pool limit of checkout to 80"),
    ];
    let trigger = |changes: &[Event]| {
        let all: Vec<Event> = changes.iter().chain(&events).cloned().collect();
        let derived = derive(&all, &Known::default());
        derived.into_iter().find(|d| d.what == Derivable::DirectTrigger).expect("a trigger")
    };
    let found = trigger(&changes);
    assert_eq!(found.value, "@ana: Raised the pool limit of checkout to 80 at 2026-11-20 14:01:00");
    assert!(
        found.why.ends_with("with it: @ana: Deployed checkout v42 at 2026-11-20 14:00:00"),
        "{}",
        found.why
    );

    changes[0].at = changes[1].at;
    let found = trigger(&changes);
    assert!(found.why.contains("with it: @ana: "), "a tie is told: {}", found.why);
    assert_eq!(trigger(&changes[1..]).why, "the last change before it began");
}

#[test]
fn customers_report_by_tickets_too_while_it_lasts() {
    let ticket =
        |minute, action: &str, name: &str, value: &str| event(minute, Kind::Ticket, action).with(name, value);
    let reported = |tickets: &[Event]| {
        let known = Known::default();
        let events: Vec<Event> =
            story().into_iter().filter(|event| !event.action.contains("customers")).collect();
        let derived = derive_beside(&events, tickets, &known);
        derived.into_iter().find(|d| d.what == Derivable::CustomerReport).map(|d| (d.value, d.certain))
    };
    for (ticket, is_report) in [
        (ticket(10, "Opened HELP-7: Cards are refused", "labels", "customer, payments"), true),
        (ticket(10, "Opened SHOP-8: Customers cannot pay", "ticket", "SHOP-8"), true),
        (ticket(10, "Cards are refused", "channel", "Zendesk"), true),
        (ticket(10, "Opened issue #91: Carts show old prices", "association", "NONE"), true),
        (ticket(10, "Opened issue #92: Sort lists", "association", "MEMBER"), false),
        (ticket(10, "Opened OPS-9: Customers cannot pay", "declared", "SEV1"), false),
        (ticket(10, "Closed HELP-7: Customers cannot pay", "ticket", "HELP-7"), false),
        (ticket(1, "Opened HELP-6: Customers want invoices", "ticket", "HELP-6"), false),
        (ticket(50, "Opened HELP-9: Customers want refunds", "ticket", "HELP-9"), false),
    ] {
        let found = reported(std::slice::from_ref(&ticket));
        assert_eq!(found.is_some(), is_report, "{}: {found:?}", ticket.action);
        assert!(found.is_none_or(|(_, certain)| !certain), "it is offered and no more");
    }
    let both = [
        ticket(11, "Opened HELP-8: Cards are refused", "labels", "customer"),
        ticket(10, "Opened HELP-7: Customers cannot pay", "ticket", "HELP-7"),
    ];
    let (value, _) = reported(&both).expect("two reports");
    assert_eq!(value, "2026-11-20 14:10:00 @ana: Opened HELP-7: Customers cannot pay (2 tickets in all)");
}
