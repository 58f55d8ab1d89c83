//! Any bytes as a postmortem, checked and fixed with the demo library's configuration.

#![no_main]

use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use recount_engine::config::Config;
use recount_engine::document::Stage;
use recount_engine::ide::Checker;

#[path = "../../crates/recount-engine/tests/properties/laws.rs"]
mod laws;

static CHECKER: LazyLock<Checker> = LazyLock::new(|| {
    let config = Config::from_toml(include_str!("../../examples/recount.toml"));
    Checker::new(config.expect("the demo library's configuration is well formed"))
});

fuzz_target!(|bytes: &[u8]| {
    let document = laws::reading(bytes);
    laws::tables(&document);
    laws::fixing(&CHECKER, bytes, Stage::Final);
    laws::fixing(&CHECKER, bytes, Stage::Draft);
});
