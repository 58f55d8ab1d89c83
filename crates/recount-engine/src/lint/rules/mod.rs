//! The registry of rules: one file a rule, one line here. Order is by name; groups order the reference.

mod bare_command;
mod missing_actor;
mod missing_evidence_link;
mod missing_owner;
mod thin_timeline;
mod timeline_gap;
mod timeline_starts_late;
mod unsorted_timeline;
mod unused_waiver;

use super::Rule;

/// All rules.
pub static RULES: &[&Rule] = &[
    &bare_command::RULE,
    &missing_actor::RULE,
    &missing_evidence_link::RULE,
    &missing_owner::RULE,
    &thin_timeline::RULE,
    &timeline_gap::RULE,
    &timeline_starts_late::RULE,
    &unsorted_timeline::RULE,
    &unused_waiver::RULE,
];
