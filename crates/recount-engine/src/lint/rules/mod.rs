//! The registry of rules: one file a rule, two lines here. Order is by name; groups order the reference.

mod alert_failed_without_action;
mod ambiguous_time_zone;
mod bare_command;
mod blaming_language;
mod broken_link;
mod change_the_human;
mod counterfactual;
mod data_impact_without_details;
mod detect_time_mismatch;
mod detection_contradiction;
mod due_before_incident;
mod due_beyond_policy;
mod duplicate_action;
mod duplicate_incident_id;
mod duplicate_section;
mod duration_mismatch;
mod emotive_language;
mod empty_field;
mod end_before_start;
mod equal_priorities;
mod extra_cells;
mod foreign_template;
mod game_day_overdue;
mod human_error_as_cause;
mod imprecise_time;
mod invalid_front_matter;
mod invalid_priority;
mod invalid_promql;
mod invalid_severity;
mod invalid_status;
mod invalid_time;
mod invalid_utf8;
mod late_postmortem;
mod leftover_placeholder;
mod long_excerpt;
mod milestone_order;
mod missing_actor;
mod missing_due_date;
mod missing_evidence_link;
mod missing_game_day;
mod missing_incident_id;
mod missing_owner;
mod missing_priority;
mod missing_proof;
mod missing_section;
mod missing_verification_plan;
mod no_contributing_factor;
mod no_preventive_action;
mod no_urgent_action;
mod outside_incident;
mod overclaimed_outage;
mod overdue_action;
mod person_in_analysis;
mod personal_data;
mod repeated_incident;
mod secret;
mod several_owners;
mod single_incident_mttr;
mod thin_timeline;
mod timeline_gap;
mod timeline_starts_late;
mod trigger_as_root_cause;
mod unbounded_investigation;
mod unclosed_fence;
mod unexplained_alerting;
mod unknown_field;
mod unknown_owner;
mod unknown_region;
mod unknown_service;
mod unmeasurable_target;
mod unquantified_impact;
mod unresolved_conflict;
mod unreviewed_final;
mod unsorted_timeline;
mod unstated_data_impact;
mod unused_waiver;
mod vague_action;
mod verified_without_evidence;
mod waiver_without_reason;
mod zone_shift;

use super::Rule;

/// All rules.
#[rustfmt::skip] // One line a rule, so that two branches that add rules merge.
pub static RULES: &[&Rule] = &[
    &alert_failed_without_action::RULE,
    &ambiguous_time_zone::RULE,
    &bare_command::RULE,
    &blaming_language::RULE,
    &broken_link::RULE,
    &change_the_human::RULE,
    &counterfactual::RULE,
    &data_impact_without_details::RULE,
    &detect_time_mismatch::RULE,
    &detection_contradiction::RULE,
    &due_before_incident::RULE,
    &due_beyond_policy::RULE,
    &duplicate_action::RULE,
    &duplicate_incident_id::RULE,
    &duplicate_section::RULE,
    &duration_mismatch::RULE,
    &emotive_language::RULE,
    &empty_field::RULE,
    &end_before_start::RULE,
    &equal_priorities::RULE,
    &extra_cells::RULE,
    &foreign_template::RULE,
    &game_day_overdue::RULE,
    &human_error_as_cause::RULE,
    &imprecise_time::RULE,
    &invalid_front_matter::RULE,
    &invalid_priority::RULE,
    &invalid_promql::RULE,
    &invalid_severity::RULE,
    &invalid_status::RULE,
    &invalid_time::RULE,
    &invalid_utf8::RULE,
    &late_postmortem::RULE,
    &leftover_placeholder::RULE,
    &long_excerpt::RULE,
    &milestone_order::RULE,
    &missing_actor::RULE,
    &missing_due_date::RULE,
    &missing_evidence_link::RULE,
    &missing_game_day::RULE,
    &missing_incident_id::RULE,
    &missing_owner::RULE,
    &missing_priority::RULE,
    &missing_proof::RULE,
    &missing_section::RULE,
    &missing_verification_plan::RULE,
    &no_contributing_factor::RULE,
    &no_preventive_action::RULE,
    &no_urgent_action::RULE,
    &outside_incident::RULE,
    &overclaimed_outage::RULE,
    &overdue_action::RULE,
    &person_in_analysis::RULE,
    &personal_data::RULE,
    &repeated_incident::RULE,
    &secret::RULE,
    &several_owners::RULE,
    &single_incident_mttr::RULE,
    &thin_timeline::RULE,
    &timeline_gap::RULE,
    &timeline_starts_late::RULE,
    &trigger_as_root_cause::RULE,
    &unbounded_investigation::RULE,
    &unclosed_fence::RULE,
    &unexplained_alerting::RULE,
    &unknown_field::RULE,
    &unknown_owner::RULE,
    &unknown_region::RULE,
    &unknown_service::RULE,
    &unmeasurable_target::RULE,
    &unquantified_impact::RULE,
    &unresolved_conflict::RULE,
    &unreviewed_final::RULE,
    &unsorted_timeline::RULE,
    &unstated_data_impact::RULE,
    &unused_waiver::RULE,
    &vague_action::RULE,
    &verified_without_evidence::RULE,
    &waiver_without_reason::RULE,
    &zone_shift::RULE,
];
