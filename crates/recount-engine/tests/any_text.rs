//! Whatever stands in a document, every rule reads it without a panic and points at characters.

use jiff::civil::date;
use proptest::prelude::*;
use recount_engine::config::Config;
use recount_engine::document::{Document, Stage};
use recount_engine::lint::{self, Context, LevelTable, NoLibrary, Options};

/// Words that rules look for, between pieces of Markdown and letters of more than one byte.
const SOUP: &str = "(## Root cause\n|## What went poorly\n|## Action items\n|- |\\| |\n|\n\n|\"|\u{201c}|\u{201d}|\\*\\*|`|\\.|: |\\?|#7|\
    - \\*\\*Root cause\\*\\*: |- \\*\\*Direct trigger\\*\\*: |@ana |Ana Li |Zoë |é|\u{a0}|🔥|we |who |the engineer |should have |\
    if we had |had we |forgot |failed to |careless |tested |noticed |disaster |MTTR |human error |the deploy |improve |\
    monitoring |investigate |be more careful |remind everyone |alert |1|\\||--- ){0,40}";

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn every_rule_reads_any_text(text in prop_oneof![SOUP, "\\PC*", "(?s).{0,80}"]) {
        let config = Config::from_toml("[[people]]\nhandle = \"@ana\"\nname = \"Ana Li\"\n[[people]]\nhandle = \"@zoe\"\nname = \"Zoë\"\n")
            .expect("it is well formed");
        let levels = LevelTable::new(&config);
        let document = Document::parse(text.as_bytes());
        let context = Context::new(&document, &config, &levels, &NoLibrary, date(2026, 11, 23));
        for finding in lint::check(&context, Options { stage: Some(Stage::Final), due: true, fixes: true, ..Options::default() }) {
            let text = document.text();
            prop_assert!(text.get(finding.span.range()).is_some(), "{} at {:?}", finding.rule.name, finding.span);
        }
    }
}
