//! Any bytes as a postmortem, formatted.

#![no_main]

use libfuzzer_sys::fuzz_target;

#[path = "../../crates/recount-engine/tests/properties/laws.rs"]
mod laws;

fuzz_target!(|bytes: &[u8]| laws::formatting(bytes));
