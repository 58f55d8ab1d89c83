//! The registry of rules: one file a rule, one line here. Order is by name; groups order the reference.

mod duplicate_incident_id;
mod duplicate_section;
mod foreign_template;
mod invalid_front_matter;
mod invalid_severity;
mod invalid_utf8;
mod missing_incident_id;
mod missing_owner;
mod missing_section;
mod unknown_field;
mod unknown_service;
mod unused_waiver;

use super::Rule;

/// All rules.
pub static RULES: &[&Rule] = &[
    &duplicate_incident_id::RULE,
    &duplicate_section::RULE,
    &foreign_template::RULE,
    &invalid_front_matter::RULE,
    &invalid_severity::RULE,
    &invalid_utf8::RULE,
    &missing_incident_id::RULE,
    &missing_owner::RULE,
    &missing_section::RULE,
    &unknown_field::RULE,
    &unknown_service::RULE,
    &unused_waiver::RULE,
];
