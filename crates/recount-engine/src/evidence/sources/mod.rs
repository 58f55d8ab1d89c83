//! The sources: one file each, and the one list of them.
//!
//! A source reads bytes and gives events. It does not redact, filter, choose or store them.

mod alert;
pub mod alertmanager;
mod forge;
pub mod git_log;
pub mod github;
mod github_live;
mod github_place;
mod github_wire;
pub mod gitlab;
mod gitlab_wire;
pub mod grafana;
mod grafana_live;
mod grafana_wire;
pub mod pagerduty;
mod pagerduty_live;
mod pagerduty_wire;
mod pagerduty_words;
pub mod prometheus;
mod prometheus_live;
pub mod slack_export;
mod slack_text;
mod slack_wire;

use super::source::Source;

/// Every source there is: command line, recognition and reference pages read this list.
#[rustfmt::skip] // One a line, so that lines are added without touching others.
pub static SOURCES: &[&Source] = &[
    &alertmanager::ALERTMANAGER,
    &git_log::GIT_LOG,
    &github::GITHUB,
    &gitlab::GITLAB,
    &grafana::GRAFANA,
    &pagerduty::PAGERDUTY,
    &prometheus::PROMETHEUS,
    &slack_export::SLACK_EXPORT,
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
