//! Who sends: how each shows who it is, and what its payloads say of an incident.
//!
//! What does not live here: the events in a payload, which the engine's sources read when a draft is made of them.

use axum::http::HeaderMap;
use axum::http::header::AUTHORIZATION;
use jiff::Timestamp;
use recount_engine::config::HooksConfig;
use serde::Deserialize;
use serde_json::Value;
use sha2::{Digest as _, Sha256};

use super::sign::{from_base64, hex, same, signature};

/// A service that sends.
pub(crate) struct Sender {
    /// Its name, which is that of its source in the engine, too.
    pub(crate) name: &'static str,
    /// The names of the variables that hold its secrets; none where it is not set up.
    pub(crate) variables: fn(&HooksConfig) -> Vec<&str>,
    /// The header that shows who sends, as its documentation writes it.
    pub(super) header: &'static str,
    /// Whether that depends on the body. Where it does not, nobody else's body is read.
    pub(super) signs_body: bool,
    /// Whether a request is from whoever has one of the secrets, which are in the order of the variables; one that is
    /// not set is empty and opens nothing.
    pub(super) is_from: fn(&HooksConfig, &HeaderMap, &[u8], &[String]) -> bool,
    /// What a payload says; why it is about nothing here where it is not about an incident.
    pub(super) heard: fn(&HooksConfig, &Value) -> Result<Heard, String>,
}

/// All that may send.
pub(crate) const SENDERS: [&Sender; 2] = [&PAGERDUTY, &ALERTMANAGER];

pub(super) const PAGERDUTY: Sender = Sender {
    name: "pagerduty",
    header: "X-PagerDuty-Signature",
    signs_body: true,
    variables: |hooks| hooks.pagerduty.secret_env.iter().map(String::as_str).collect(),
    is_from: |_, headers, body, secrets| {
        let signatures =
            headers.get_all("x-pagerduty-signature").iter().filter_map(|value| value.to_str().ok());
        let signatures: Vec<&str> = signatures.flat_map(|value| value.split(',')).map(str::trim).collect();
        // Both sides may have several, while one secret replaces another.
        secrets.iter().filter(|secret| !secret.is_empty()).any(|secret| {
            let ours = format!("v1={}", hex(&signature(secret.as_bytes(), &[body])));
            signatures.iter().any(|theirs| same(theirs.as_bytes(), ours.as_bytes()))
        })
    },
    heard: pagerduty,
};

pub(super) const ALERTMANAGER: Sender = Sender {
    name: "alertmanager",
    header: "Authorization",
    signs_body: false,
    variables: |hooks| {
        let hook = &hooks.alertmanager;
        let password = hook.password_env.as_deref().filter(|_| hook.username.is_some());
        hook.token_env.as_deref().into_iter().chain(password).collect()
    },
    is_from: |hooks, headers, _, secrets| {
        let sent = headers.get(AUTHORIZATION).and_then(|value| value.to_str().ok());
        let Some((scheme, sent)) = sent.and_then(|value| value.split_once(' ')) else { return false };
        let hook = &hooks.alertmanager;
        let is_token = hook.token_env.is_some() && scheme.eq_ignore_ascii_case("bearer");
        if is_token {
            // The token is the first of the variables.
            return secrets
                .first()
                .is_some_and(|token| !token.is_empty() && same(token.as_bytes(), sent.trim().as_bytes()));
        }
        let Some(user) = hook.username.as_ref().filter(|_| scheme.eq_ignore_ascii_case("basic")) else {
            return false;
        };
        let is_set = |password: &&String| hook.password_env.is_some() && !password.is_empty();
        let Some(password) = secrets.last().filter(is_set) else { return false };
        from_base64(sent.trim()).is_some_and(|sent| same(&sent, format!("{user}:{password}").as_bytes()))
    },
    heard: alertmanager,
};

/// What a payload says of an incident.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Heard {
    /// What names this message, however often it is sent.
    pub(super) id: String,
    /// The sender's ID of the incident; empty where it has none.
    pub(super) own: String,
    /// What is the same where the same thing fires again.
    pub(super) thread: String,
    /// When that happened, in seconds.
    pub(super) at: i64,
    pub(super) what: What,
    /// Whether it is an incident that becomes a draft.
    pub(super) is_wanted: bool,
    pub(super) title: String,
    /// What tells it from another of the same title: the service, the region; as far as it says.
    pub(super) marks: Vec<String>,
}

/// What happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum What {
    Fires,
    Resolved,
    Other,
}

#[derive(Deserialize)]
struct Hook {
    event: Option<Event>,
}

#[derive(Deserialize)]
struct Event {
    #[serde(default)]
    id: String,
    #[serde(default, rename = "event_type")]
    kind: String,
    #[serde(default)]
    occurred_at: String,
    #[serde(default)]
    data: Value,
}

fn pagerduty(hooks: &HooksConfig, payload: &Value) -> Result<Heard, String> {
    // In our own words: those of a deserializer hold what was sent.
    let hook = Hook::deserialize(payload).map_err(|_| "it is no webhook of version 3")?;
    let event = hook.event.ok_or("it is no webhook of version 3")?;
    let Some(kind) = event.kind.strip_prefix("incident.") else {
        return Err(format!("{} is about no incident", named(&event.kind)));
    };
    let text =
        |value: &Value, path: &str| value.pointer(path).and_then(Value::as_str).unwrap_or("").to_owned();
    // Notes, responders and status updates refer to their incident, and say nothing of it but its ID and name.
    let is_whole = text(&event.data, "/type") == "incident";
    let incident = if is_whole { Some(&event.data) } else { event.data.get("incident") };
    let incident = incident.ok_or_else(|| format!("{} names no incident", named(&event.kind)))?;
    let own = text(incident, "/id");
    if event.id.is_empty() || own.is_empty() {
        return Err("it has no ID".to_owned());
    }
    let hook = &hooks.pagerduty;
    let is_one_of = |list: &[String], named: &str| list.iter().any(|one| one.eq_ignore_ascii_case(named));
    let priority = text(incident, "/priority/summary");
    let service = text(incident, "/service/summary");
    let is_wanted = is_whole
        && (hook.urgencies.is_empty() || is_one_of(&hook.urgencies, &text(incident, "/urgency")))
        && (hook.priorities.is_empty() || is_one_of(&hook.priorities, &priority))
        && (hook.services.is_empty() || is_one_of(&hook.services, &service));
    let title = [text(incident, "/title"), text(incident, "/summary")];
    let title = title.into_iter().find(|title| !title.is_empty()).unwrap_or_default();
    let key = text(incident, "/incident_key");
    let thread = match (key.as_str(), is_whole) {
        ("", false) => own.clone(),
        ("", true) => format!("{}\n{}", text(incident, "/service/id"), bare(&title)),
        (key, _) => key.to_owned(),
    };
    Ok(Heard {
        id: event.id,
        thread: sum(&thread),
        at: seconds(&event.occurred_at).ok_or("it does not say when it happened")?,
        what: match kind {
            "triggered" | "reopened" => What::Fires,
            "resolved" => What::Resolved,
            _ => What::Other,
        },
        is_wanted,
        title: bare(&title).to_owned(),
        marks: Some(service).filter(|service| !service.is_empty()).into_iter().collect(),
        own,
    })
}

#[derive(Deserialize)]
struct Group {
    #[serde(default, rename = "groupKey")]
    key: String,
    #[serde(default)]
    status: String,
    #[serde(default)]
    receiver: String,
    alerts: Vec<Alert>,
}

#[derive(Deserialize)]
struct Alert {
    #[serde(default)]
    status: String,
    #[serde(default)]
    labels: serde_json::Map<String, Value>,
    #[serde(default)]
    annotations: serde_json::Map<String, Value>,
    #[serde(default, rename = "startsAt")]
    starts_at: String,
    #[serde(default, rename = "endsAt")]
    ends_at: String,
    #[serde(default)]
    fingerprint: String,
}

fn alertmanager(hooks: &HooksConfig, payload: &Value) -> Result<Heard, String> {
    let group = Group::deserialize(payload).map_err(|_| "it is no group of alerts")?;
    if group.alerts.is_empty() || group.key.is_empty() {
        return Err("it has no alerts".to_owned());
    }
    let is_resolved = group.status == "resolved";
    // Sent again, a group says the same of the same alerts, in whatever order.
    let mut says: Vec<String> = group
        .alerts
        .iter()
        .map(|alert| {
            let end = if alert.status == "resolved" { alert.ends_at.as_str() } else { "" };
            format!("{}\t{}\t{}\t{end}", alert.fingerprint, alert.status, alert.starts_at)
        })
        .collect();
    says.sort();
    let starts = group.alerts.iter().filter_map(|alert| seconds(&alert.starts_at));
    let ends = group.alerts.iter().filter_map(|alert| seconds(&alert.ends_at));
    let at = if is_resolved { ends.max() } else { starts.clone().max() };
    let at = at.or(starts.max()).ok_or("it does not say when it happened")?;
    let label =
        |alert: &Alert, name: &str| alert.labels.get(name).and_then(Value::as_str).unwrap_or("").to_owned();
    let severities = &hooks.alertmanager.severities;
    let is_severe = |alert: &Alert| {
        severities.is_empty()
            || severities.iter().any(|severity| severity.eq_ignore_ascii_case(&label(alert, "severity")))
    };
    let first = group.alerts.iter().find(|alert| is_severe(alert)).unwrap_or(&group.alerts[0]);
    let marks = [label(first, "service"), label(first, "region")];
    let marks = marks.into_iter().filter(|mark| !mark.is_empty()).collect();
    let summary = first.annotations.get("summary").and_then(Value::as_str).unwrap_or("").trim();
    let title = match (summary, label(first, "alertname"), label(first, "service")) {
        ("", name, service) if service.is_empty() => name,
        ("", name, service) => format!("{name} for {service}"),
        (summary, ..) => summary.to_owned(),
    };
    Ok(Heard {
        id: sum(&format!("{}\n{}\n{}\n{}", group.receiver, group.key, group.status, says.join("\n"))),
        own: String::new(),
        // Several receivers may lead here with the same group.
        thread: sum(&group.key),
        at,
        what: if is_resolved { What::Resolved } else { What::Fires },
        is_wanted: group.alerts.iter().any(is_severe),
        title,
        marks,
    })
}

/// An event's type as it is told; what is none is not repeated.
fn named(kind: &str) -> String {
    const LONGEST: usize = 60;
    let is_type = !kind.is_empty()
        && kind.len() <= LONGEST
        && kind.bytes().all(|byte| byte.is_ascii_lowercase() || matches!(byte, b'.' | b'_'));
    if is_type { format!("`{kind}`") } else { "an event of an unknown type".to_owned() }
}

/// A title without what senders put before it: `[FIRING:1]`, `[#412]`.
fn bare(title: &str) -> &str {
    let mut title = title.trim();
    while let Some((mark, rest)) = title.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
        let is_mark = mark.starts_with('#') || mark.starts_with("FIRING") || mark.starts_with("RESOLVED");
        if !is_mark || rest.trim().is_empty() {
            break;
        }
        title = rest.trim_start();
    }
    title
}

fn seconds(text: &str) -> Option<i64> {
    let at: Timestamp = text.parse().ok()?;
    // `0001-01-01` stands for no time.
    (at.as_second() > 0).then(|| at.as_second())
}

/// Keys may hold what must not be kept; their sum is as good.
fn sum(text: &str) -> String {
    hex(&Sha256::digest(text)[..16])
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use serde_json::json;

    #[test]
    fn marks_before_a_title_are_left_out() {
        for (title, expected) in [
            ("[FIRING:1] CheckoutErrors checkout (critical)", "CheckoutErrors checkout (critical)"),
            ("[#412] [FIRING:2] Down", "Down"),
            ("[payments] Down", "[payments] Down"),
            ("[#412]", "[#412]"),
            ("", ""),
        ] {
            assert_eq!(bare(title), expected);
        }
    }

    #[test]
    fn why_something_is_passed_over_repeats_nothing_of_it() {
        let hooks = HooksConfig::default();
        for payload in [
            json!(["s3cr3t"]),
            json!({"event": "s3cr3t"}),
            json!({"event": {"event_type": "S3cr3t s3cr3t"}}),
            json!({"event": {"event_type": 7}}),
            json!({"alerts": "s3cr3t"}),
            json!({"alerts": [{"labels": "s3cr3t"}]}),
        ] {
            for sender in SENDERS {
                let why = (sender.heard)(&hooks, &payload).unwrap_err();
                let is_ours = !["s3cr3t", "invalid type", "line"].iter().any(|word| why.contains(word));
                assert!(is_ours, "{payload}: {why}");
            }
        }
        let ping = json!({"event": {"event_type": "pagey.ping"}});
        assert_eq!(pagerduty(&hooks, &ping).unwrap_err(), "`pagey.ping` is about no incident");
    }

    #[test]
    fn a_group_that_is_sent_again_is_the_same_message_and_one_that_says_more_is_another() {
        let alert = |status: &str, fingerprint: &str| {
            json!({"status": status, "labels": {"alertname": "A", "severity": "critical"}, "fingerprint": fingerprint,
                "startsAt": "2026-11-20T14:03:00Z", "endsAt": if status == "resolved" { "2026-11-20T14:20:00Z" } else { "0001-01-01T00:00:00Z" }})
        };
        let group = |status: &str, alerts: Vec<Value>| {
            let group = json!({"version": "4", "groupKey": "{}:{alertname=\"A\"}", "receiver": "r", "status": status, "alerts": alerts});
            alertmanager(&HooksConfig::default(), &group).unwrap()
        };
        let one = group("firing", vec![alert("firing", "a"), alert("firing", "b")]);
        assert_eq!(one, group("firing", vec![alert("firing", "b"), alert("firing", "a")]));
        assert_ne!(one.id, group("firing", vec![alert("firing", "a"), alert("resolved", "b")]).id);
        let resolved = group("resolved", vec![alert("resolved", "a"), alert("resolved", "b")]);
        assert_eq!((resolved.what, resolved.thread.clone()), (What::Resolved, one.thread));
        assert_eq!(resolved.at - one.at, 17 * 60);
        assert!(resolved.is_wanted);
    }
}
