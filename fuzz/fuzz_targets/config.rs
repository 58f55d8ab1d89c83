//! Any text as `recount.toml`: it is read or refused with a place in the text, and a document is checked
//! with what was read.

#![no_main]

use jiff::civil::date;
use libfuzzer_sys::fuzz_target;
use recount_engine::config::{Config, slug};
use recount_engine::document::{Document, Stage};
use recount_engine::ide::Checker;
use recount_engine::lint::{self, NoLibrary, Options};

const DOCUMENT: &[u8] =
    include_bytes!("../../examples/postmortems/2025/INC-0003-retry-storm-after-cache-flush.md");

fuzz_target!(|bytes: &[u8]| {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    match Config::from_toml(text) {
        Err(error) => assert!(text.get(error.span.range()).is_some(), "{error:?} is no place of {text:?}"),
        Ok(config) => {
            let _ = lint::unknown_rules(&config);
            let _ = (config.service("checkout"), config.person("@ana"), config.is_team("team-payments"));
            let _ = slug(text);
            let document = Document::parse(DOCUMENT);
            let options = Options { stage: Some(Stage::Final), due: true, fixes: true };
            let checker = Checker::new(config);
            for finding in checker.findings(&document, &NoLibrary, date(2026, 11, 23), options) {
                assert!(document.text().get(finding.span.range()).is_some(), "{}", finding.rule.name);
            }
        }
    }
});
