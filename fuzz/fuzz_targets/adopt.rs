//! Any bytes as a postmortem in another template, adopted.

#![no_main]

use libfuzzer_sys::fuzz_target;
use recount_engine::adopt::Options;

#[path = "../../crates/recount-engine/tests/adoption/law.rs"]
mod law;

fuzz_target!(|bytes: &[u8]| {
    let options = Options { file: "2026-03-02-outage.md".to_owned(), zone: None };
    law::adopting(bytes, &options);
});
