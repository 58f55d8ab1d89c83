//! What is joined and what stays two, case by case.

use super::*;

fn event(id: &str, at: &str, kind: &str, source: &str, action: &str, details: &[(&str, &str)]) -> Event {
    let json = format!(
        r#"{{"id":"{id}","at":"2026-11-20T{at}Z","kind":"{kind}","source":"{source}","action":"{action}"}}"#
    );
    let event: Event = serde_json::from_str(&json).expect("an event");
    details.iter().fold(event, |event, (name, value)| event.with(name, *value))
}

fn joined(events: &[Event]) -> Vec<(String, String, String, usize)> {
    let events: Vec<&Event> = events.iter().collect();
    changes(&events)
        .into_iter()
        .chain(others(&events))
        .map(|joined| {
            (joined.lead.id.0.clone(), joined.told.action.clone(), joined.told.result, joined.others.len())
        })
        .collect()
}

#[test]
fn an_alert_its_page_and_the_bots_word_of_it_are_one_in_the_words_of_the_alert() {
    let alert = [("alert", "HighErrorRate"), ("service", "checkout")];
    let mut bot =
        event("s", "14:02:01", "alert-firing", "slack-export", "[FIRING:1] HighErrorRate", &alert[..1]);
    bot.signals.bot = true;
    let told =
        event("a", "14:02:03", "alert-firing", "alertmanager", "HighErrorRate fired for checkout", &alert);
    let page = event("p", "14:03:10", "page", "pagerduty", "Paged Ana Li: HighErrorRate (checkout)", &[]);
    let other =
        event("o", "14:03:11", "alert-firing", "alertmanager", "DiskFull fired", &[("alert", "DiskFull")]);
    let again =
        event("z", "14:40:00", "alert-firing", "alertmanager", "HighErrorRate fired for checkout", &alert);
    let elsewhere = event(
        "e",
        "14:03:20",
        "alert-firing",
        "pagerduty",
        "HighErrorRate",
        &[("alert", "HighErrorRate"), ("service", "search")],
    );
    let joined = joined(&[bot, told, page, other, elsewhere, again]);
    assert_eq!(joined, [("s".into(), "HighErrorRate fired for checkout".into(), String::new(), 2)]);
}

#[test]
fn an_alert_that_flaps_is_one_row_with_a_count_and_a_range() {
    let mut events = Vec::new();
    for turn in 0..30 {
        let (minute, alert) = (turn * 2, [("alert", "PodCrash")]);
        let at = |second| format!("14:{minute:02}:{second:02}");
        events.push(event(
            &format!("f{turn:02}"),
            &at(0),
            "alert-firing",
            "alertmanager",
            "PodCrash fired",
            &alert,
        ));
        events.push(event(
            &format!("r{turn:02}"),
            &at(50),
            "alert-resolved",
            "alertmanager",
            "PodCrash resolved",
            &alert,
        ));
    }
    let flaps = joined(&events);
    let result = "30 times until 14:58, resolved at 14:58".to_owned();
    assert_eq!(flaps, [("f00".into(), "PodCrash fired".into(), result, 59)]);
    assert_eq!(joined(&events[..4]), [], "twice is not often");
}

#[test]
fn a_change_is_one_by_its_commit_request_version_or_address_and_not_by_its_words() {
    let deploy = |id: &str, at: &str, source: &str, details: &[(&str, &str)]| {
        event(id, at, "deploy", source, "Deployed shop", details)
    };
    for (one, two, count) in [
        (("commit", "0123456789abcdef"), ("commit", "0123456789"), 1),
        (("commit", "0123456789abcdef"), ("commit", "9876543210"), 0),
        (("url", "https://ci.example/7"), ("url", "https://ci.example/7"), 1),
        (("title", "x"), ("title", "x"), 0),
    ] {
        let events =
            [deploy("a", "14:00:00", "github", &[one]), deploy("b", "14:04:00", "slack-export", &[two])];
        assert_eq!(joined(&events).len(), count, "{one:?} {two:?}");
    }
    let same = [
        deploy("a", "14:00:00", "github", &[("version", "v41"), ("service", "shop")]),
        deploy("b", "14:04:00", "kubernetes-events", &[("version", "v41"), ("service", "shop")]),
    ];
    assert_eq!(joined(&same).len(), 1);
    let elsewhere = [
        deploy("a", "14:00:00", "github", &[("commit", "0123456789"), ("environment", "staging")]),
        deploy("b", "14:04:00", "argo", &[("commit", "0123456789"), ("environment", "production")]),
    ];
    assert_eq!(joined(&elsewhere).len(), 0);
}

#[test]
fn a_change_is_one_whatever_form_its_names_and_versions_have() {
    for (one, two, count) in [
        // A forge, a bot in a chat, an error tracker, an audit log.
        (
            "Deployed shop 1f3a9c0d (main) to production|repository=acme/shop|version=1f3a9c0d (main)",
            "Deployed shop|commit=1f3a9c0de4b57a6689d2c1e05f7b3a9480c6d2e1|repository=shop",
            1,
        ),
        (
            "Deployed shop v41 to production|repository=acme/shop|version=v41|environment=production",
            "Deployed `shop` v41 to prod",
            1,
        ),
        (
            "Deployed shop v42 to production|service=shop|version=v42",
            "Deployed shop@42 to production|service=shop|version=shop@42|environment=production",
            1,
        ),
        (
            "Deployed shop v42|service=shop|version=v42|environment=prod",
            "Deployed shop v42|service=shop|version=v42|environment=production",
            1,
        ),
        ("Deployed shop v42|service=shop|version=v42", "Deployed cart v42|service=cart|version=v42", 0),
        ("Deployed shop v42|service=shop|version=v42", "Deployed shop v43|service=shop|version=v43", 0),
        (
            "Deployed shop|repository=acme/shop|version=v42",
            "Deployed shop|repository=other/shop|version=v42",
            0,
        ),
    ] {
        let deploy = |id: &str, at: &str, source: &str, told: &str| {
            let mut parts = told.split('|');
            let action = parts.next().unwrap_or_default();
            let details: Vec<(&str, &str)> = parts.filter_map(|part| part.split_once('=')).collect();
            event(id, at, "deploy", source, action, &details)
        };
        let events = [deploy("a", "14:00:00", "github", one), deploy("b", "14:04:00", "other", two)];
        assert_eq!(joined(&events).len(), count, "{one} and {two}");
    }
}

#[test]
fn a_pager_that_tries_again_is_no_alert_that_flaps() {
    let alert = [("alert", "CheckoutErrors")];
    let page = |id: &str, at: &str, source: &str, action: &str| event(id, at, "page", source, action, &alert);
    let events = [
        page("a", "14:03:10", "pagerduty", "Incident #412 triggered: CheckoutErrors"),
        page("b", "14:08:10", "pagerduty", "Escalated incident #412 to Ana Li"),
        page("c", "14:13:10", "pagerduty", "Escalated incident #412 to Bo Ek"),
        page("d", "14:18:10", "pagerduty", "Reassigned incident #412 to Cy Dow"),
    ];
    assert_eq!(joined(&events), []);
}

#[test]
fn a_program_in_chat_that_says_who_took_an_incident_on_tells_of_that() {
    let mut bot = event(
        "s",
        "14:09:50",
        "acknowledgement",
        "slack-export",
        "Incident #412 was acknowledged by Ana Li",
        &[],
    );
    bot.actor = "PagerDuty".into();
    bot.signals.bot = true;
    let mut own = event(
        "p",
        "14:09:44",
        "acknowledgement",
        "pagerduty",
        "Acknowledged incident #412",
        &[("alert", "CheckoutErrors")],
    );
    own.actor = "@ana".into();
    let mut other = event(
        "o",
        "14:09:55",
        "acknowledgement",
        "opsgenie",
        "Acknowledged DiskFull",
        &[("alert", "DiskFull")],
    );
    other.actor = "Bo".into();
    let told = joined(&[own, bot, other]);
    assert_eq!(told, [("p".into(), "Acknowledged incident #412".into(), String::new(), 1)]);
}

#[test]
fn what_is_done_again_and_again_is_said_once_and_what_people_say_never_is() {
    let command = |id: &str, at: &str, action: &str| event(id, at, "command", "shell-history", action, &[]);
    let events = [
        command("a", "14:00:00", "kubectl delete pod web-7f9c"),
        command("b", "14:01:00", "kubectl delete pod web-81ab"),
        command("c", "14:02:00", "kubectl delete pod web-3d5e"),
        command("d", "14:03:00", "kubectl rollout restart deploy/web"),
    ];
    let said = joined(&events);
    assert_eq!(said, [("a".into(), "kubectl delete pod web-7f9c".into(), "3 times until 14:02".into(), 2)]);
    let words: Vec<Event> = (0..5)
        .map(|i| {
            event(&format!("m{i}"), &format!("14:0{i}:00"), "message", "slack-export", "rolled back", &[])
        })
        .collect();
    assert_eq!(joined(&words), []);
}
