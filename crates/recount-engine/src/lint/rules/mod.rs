//! The registry of rules: one file a rule, one line here. Order is by name; groups order the reference.

mod blaming_language;
mod change_the_human;
mod counterfactual;
mod duplicate_action;
mod emotive_language;
mod equal_priorities;
mod human_error_as_cause;
mod missing_owner;
mod no_preventive_action;
mod no_urgent_action;
mod person_in_analysis;
mod single_incident_mttr;
mod trigger_as_root_cause;
mod unbounded_investigation;
mod unused_waiver;
mod vague_action;

use super::Rule;

/// All rules.
pub static RULES: &[&Rule] = &[
    &blaming_language::RULE,
    &change_the_human::RULE,
    &counterfactual::RULE,
    &duplicate_action::RULE,
    &emotive_language::RULE,
    &equal_priorities::RULE,
    &human_error_as_cause::RULE,
    &missing_owner::RULE,
    &no_preventive_action::RULE,
    &no_urgent_action::RULE,
    &person_in_analysis::RULE,
    &single_incident_mttr::RULE,
    &trigger_as_root_cause::RULE,
    &unbounded_investigation::RULE,
    &unused_waiver::RULE,
    &vague_action::RULE,
];
