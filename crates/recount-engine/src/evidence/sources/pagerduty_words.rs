//! How what happens to a PagerDuty incident is said, and what it is called in an ID.
//!
//! What does not live here: what happened (`pagerduty`).

/// The name of the alert in an incident's title: Alertmanager writes `[FIRING:1] Name labels`, teams write
/// `HighErrorRate: what it means`; other titles are the alert themselves.
pub(super) fn alert_in(title: &str) -> &str {
    if let Some((_, rest)) = title.strip_prefix("[FIRING:").and_then(|rest| rest.split_once("] ")) {
        return rest.split_whitespace().next().unwrap_or(title);
    }
    let end = title.find(|ch: char| !(ch.is_ascii_alphanumeric() || ch == '_')).unwrap_or(title.len());
    let (name, rest) = title.split_at(end);
    // A word with capitals inside is a name, and what follows explains it.
    let is_name = name.chars().skip(1).any(|ch| ch.is_ascii_uppercase())
        && name.chars().any(|ch| ch.is_ascii_lowercase())
        && [":", " (", " - ", " for ", " on "].iter().any(|mark| rest.starts_with(mark));
    if is_name { name } else { title }
}

/// How a note begins: what its ID is made of, since the log may cut its text short.
pub(super) fn beginning(text: &str) -> String {
    text.trim().chars().take(24).collect()
}

/// A change of priority in prose, from the log's own sentence.
pub(super) fn priority(summary: &str) -> String {
    match summary.rsplit_once(" to ") {
        Some((_, priority)) if !priority.contains(' ') => {
            format!("given priority {}", priority.trim_end_matches('.'))
        }
        _ => "given another priority".to_owned(),
    }
}

/// What rarely happens, by the name that it has in the log and in webhooks.
pub(super) fn canonical(name: &str) -> String {
    match name {
        "unacknowledge" => "unacknowledged",
        "delegate" => "delegated",
        "snooze" => "snoozed",
        "merge" => "merged",
        "urgency_change" => "urgency_updated",
        other => other,
    }
    .to_owned()
}

/// Something that rarely happens, in prose, from its name.
pub(super) fn in_prose(name: &str, summary: &str) -> String {
    let words = match name {
        "unacknowledge" | "unacknowledged" => "no longer acknowledged: the time for it was over",
        "delegate" | "delegated" => "handed over to another escalation policy",
        "snooze" | "snoozed" => "snoozed",
        "unsnooze" => "no longer snoozed",
        "exhaust_escalation_path" => "offered to everybody on its escalation policy, and nobody acknowledged",
        "repeat_escalation_path" => "sent through its escalation policy again",
        "reach_trigger_limit" | "reach_ack_limit" => "left open until its time limit",
        "urgency_change" | "urgency_updated" => "given another urgency",
        "merge" | "merged" => "merged with another",
        "service_updated" => "moved to another service",
        "workflow.started" => "put through a workflow",
        "workflow.completed" => "through its workflow",
        "custom_field_values.updated" => "given other values in its fields",
        "title_updated" => "given another title",
        "conference_bridge.updated" => "given another conference bridge",
        _ => "",
    };
    if !words.is_empty() {
        return words.to_owned();
    }
    let what = if summary.is_empty() {
        name.replace(['_', '.'], " ")
    } else {
        summary.trim_end_matches('.').to_owned()
    };
    format!("changed: {what}")
}

#[cfg(test)]
mod tests {
    use super::alert_in;

    #[test]
    fn the_name_of_the_alert_is_found_before_what_explains_it() {
        for (title, alert) in [
            ("[FIRING:1] CheckoutErrors checkout (critical)", "CheckoutErrors"),
            ("CheckoutErrorRateHigh: checkout answers 5xx", "CheckoutErrorRateHigh"),
            ("HighErrorRate for checkout", "HighErrorRate"),
            ("HighErrorRate", "HighErrorRate"),
            ("Checkout fails", "Checkout fails"),
            ("Checkout: cards are refused", "Checkout: cards are refused"),
            ("PostgreSQL is down", "PostgreSQL is down"),
            ("SEV: all is down", "SEV: all is down"),
        ] {
            assert_eq!(alert_in(title), alert, "`{title}`");
        }
    }
}
