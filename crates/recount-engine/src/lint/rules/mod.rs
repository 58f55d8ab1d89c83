//! The registry of rules: one file a rule, two lines here. Order is by name; groups order the reference.

mod broken_link;
mod due_before_incident;
mod due_beyond_policy;
mod game_day_overdue;
mod invalid_priority;
mod invalid_promql;
mod invalid_status;
mod long_excerpt;
mod missing_due_date;
mod missing_game_day;
mod missing_owner;
mod missing_proof;
mod missing_verification_plan;
mod overdue_action;
mod personal_data;
mod secret;
mod several_owners;
mod unknown_owner;
mod unmeasurable_target;
mod unused_waiver;
mod verified_without_evidence;

use super::Rule;

/// All rules.
#[rustfmt::skip] // One line a rule, so that two branches that add rules merge.
pub static RULES: &[&Rule] = &[
    &broken_link::RULE,
    &due_before_incident::RULE,
    &due_beyond_policy::RULE,
    &game_day_overdue::RULE,
    &invalid_priority::RULE,
    &invalid_promql::RULE,
    &invalid_status::RULE,
    &long_excerpt::RULE,
    &missing_due_date::RULE,
    &missing_game_day::RULE,
    &missing_owner::RULE,
    &missing_proof::RULE,
    &missing_verification_plan::RULE,
    &overdue_action::RULE,
    &personal_data::RULE,
    &secret::RULE,
    &several_owners::RULE,
    &unknown_owner::RULE,
    &unmeasurable_target::RULE,
    &unused_waiver::RULE,
    &verified_without_evidence::RULE,
];
