//! The sources: one file each, and the one list of them.
//!
//! A source reads bytes and gives events. It does not redact, filter, choose or store them.

/// A fixed pattern by its name, made when it is first needed.
macro_rules! pattern {
    ($(#[$about:meta])* $name:ident, $pattern:literal) => {
        $(#[$about])*
        static $name: std::sync::LazyLock<regex::Regex> =
            std::sync::LazyLock::new(|| regex::Regex::new($pattern).expect("a fixed pattern"));
    };
}

mod alert;
pub mod alertmanager;
pub mod chat_log;
pub mod cloudtrail;
pub mod datadog_events;
pub mod dispatch;
pub mod firehydrant;
mod forge;
pub mod git_log;
pub mod github;
mod github_keys;
mod github_live;
mod github_place;
mod github_wire;
mod github_wrapped;
pub mod gitlab;
mod gitlab_wire;
pub mod grafana;
mod grafana_live;
mod grafana_wire;
pub mod icalendar;
mod icalendar_lines;
mod icalendar_rule;
pub mod incident_io;
pub mod jira;
mod jira_text;
pub mod journald;
pub mod kubernetes_audit;
pub mod kubernetes_events;
pub mod linear;
mod machine_log;
pub mod mattermost_export;
pub mod opsgenie;
pub mod pagerduty;
mod pagerduty_live;
mod pagerduty_wire;
mod pagerduty_words;
pub mod prometheus;
mod prometheus_live;
pub mod rootly;
pub mod sentry;
mod shell_command;
pub mod shell_history;
pub mod slack_export;
mod slack_text;
mod slack_wire;
pub mod slackdump;
pub mod statuspage;
pub mod syslog;
pub mod table;
pub mod terminal_recording;
mod terminal_screen;
pub mod webvtt;

use super::source::Source;

/// Every source there is: command line, recognition and reference pages read this list.
#[rustfmt::skip] // One a line, so that lines are added without touching others.
pub static SOURCES: &[&Source] = &[
    &alertmanager::ALERTMANAGER,
    &chat_log::CHAT_LOG,
    &cloudtrail::CLOUDTRAIL,
    &datadog_events::DATADOG_EVENTS,
    &dispatch::DISPATCH,
    &firehydrant::FIREHYDRANT,
    &git_log::GIT_LOG,
    &github::GITHUB,
    &gitlab::GITLAB,
    &grafana::GRAFANA,
    &icalendar::ICALENDAR,
    &incident_io::INCIDENT_IO,
    &jira::JIRA,
    &journald::JOURNALD,
    &kubernetes_audit::KUBERNETES_AUDIT,
    &kubernetes_events::KUBERNETES_EVENTS,
    &linear::LINEAR,
    &mattermost_export::MATTERMOST_EXPORT,
    &opsgenie::OPSGENIE,
    &pagerduty::PAGERDUTY,
    &prometheus::PROMETHEUS,
    &rootly::ROOTLY,
    &sentry::SENTRY,
    &shell_history::SHELL_HISTORY,
    &slack_export::SLACK_EXPORT,
    &slackdump::SLACKDUMP,
    &statuspage::STATUSPAGE,
    &syslog::SYSLOG,
    &table::TABLE,
    &terminal_recording::TERMINAL_RECORDING,
    &webvtt::WEBVTT,
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_source_has_a_unique_kebab_name_and_a_manual_with_the_fixed_headings() {
        for (index, source) in SOURCES.iter().enumerate() {
            assert!(source.name.chars().all(|c| c.is_ascii_lowercase() || c == '-'), "{}", source.name);
            assert!(SOURCES[..index].iter().all(|other| other.name != source.name), "{}", source.name);
            for heading in ["What it reads", "How to get it", "What becomes an event", "Traps"] {
                assert!(source.docs.contains(&format!(" # {heading}\n")), "{}: {heading}", source.name);
            }
        }
    }
}
