//! The registry of rules: one file a rule, one line here. Order is by name; groups order the reference.

mod missing_owner;
mod unused_waiver;

use super::Rule;

/// All rules.
pub static RULES: &[&Rule] = &[&missing_owner::RULE, &unused_waiver::RULE];
