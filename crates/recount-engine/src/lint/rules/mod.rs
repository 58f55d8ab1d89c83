//! The registry of rules: one file a rule, one line here. Order is by name; groups order the reference.

mod alert_failed_without_action;
mod bare_command;
mod data_impact_without_details;
mod detection_contradiction;
mod missing_actor;
mod missing_evidence_link;
mod missing_owner;
mod no_contributing_factor;
mod overclaimed_outage;
mod thin_timeline;
mod timeline_gap;
mod timeline_starts_late;
mod unexplained_alerting;
mod unknown_region;
mod unquantified_impact;
mod unsorted_timeline;
mod unstated_data_impact;
mod unused_waiver;

use super::Rule;

/// All rules.
pub static RULES: &[&Rule] = &[
    &alert_failed_without_action::RULE,
    &bare_command::RULE,
    &data_impact_without_details::RULE,
    &detection_contradiction::RULE,
    &missing_actor::RULE,
    &missing_evidence_link::RULE,
    &missing_owner::RULE,
    &no_contributing_factor::RULE,
    &overclaimed_outage::RULE,
    &thin_timeline::RULE,
    &timeline_gap::RULE,
    &timeline_starts_late::RULE,
    &unexplained_alerting::RULE,
    &unknown_region::RULE,
    &unquantified_impact::RULE,
    &unsorted_timeline::RULE,
    &unstated_data_impact::RULE,
    &unused_waiver::RULE,
];
