//! Any bytes as the files of a Slack export: name, NUL, content, NUL, and so on.

#![no_main]

use libfuzzer_sys::fuzz_target;
use recount_engine::evidence::sources::slack_export::SLACK_EXPORT;

mod evidence;

fuzz_target!(|bytes: &[u8]| {
    let mut pieces = bytes.split(|byte| *byte == 0);
    let mut parts: Vec<(&str, &[u8])> = Vec::new();
    while let (Some(name), Some(content)) = (pieces.next(), pieces.next()) {
        parts.push((std::str::from_utf8(name).unwrap_or("ops/2026-11-20.json"), content));
    }
    evidence::reading(&SLACK_EXPORT, &parts);
});
