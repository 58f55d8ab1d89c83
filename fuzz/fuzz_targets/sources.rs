//! Any bytes as an input of any source: the first byte says which, by its place in the registry.

#![no_main]

use libfuzzer_sys::fuzz_target;
use recount_engine::evidence::sources::SOURCES;

mod evidence;

fuzz_target!(|bytes: &[u8]| {
    let Some((first, part)) = bytes.split_first() else { return };
    let source = SOURCES[usize::from(*first) % SOURCES.len()];
    evidence::reading(source, &[("input", part)]);
});
