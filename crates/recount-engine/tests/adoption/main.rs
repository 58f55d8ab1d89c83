//! Adoption of documents in other templates: each family by a fixture of our own words, any document by
//! the law, and real ones where `RECOUNT_CORPUS` names a folder of them.

mod corpus;
mod law;

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use law::adopting;
use proptest::prelude::*;
use recount_engine::adopt::{Options, Reading};
use recount_engine::document::LineIndex;

#[test]
fn each_family_of_templates_is_adopted_as_its_author_would() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/adoption/families");
    let mut paths: Vec<_> = fs::read_dir(&folder)
        .expect("the fixtures are part of the repository")
        .map(|entry| entry.expect("it can be read").path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "md"))
        .collect();
    paths.sort();
    assert!(paths.len() >= 7, "{paths:?}");
    for path in paths {
        let name = path.file_stem().expect("it has a name").to_string_lossy().into_owned();
        let bytes = fs::read(&path).expect("it can be read");
        let adoption = adopting(&bytes, &Options { file: format!("{name}.md"), zone: None });
        let text = String::from_utf8(bytes).expect("fixtures are text");
        let lines = LineIndex::new(&text);
        let mut shown = adoption.document.text().to_owned();
        shown.push_str("\n=== what went where ===\n");
        for placement in &adoption.placements {
            let line = |offset: u32| lines.position(&text, offset).line;
            let last = placement.from.end.saturating_sub(1).max(placement.from.start);
            let _ = writeln!(shown, "{}-{}: {}", line(placement.from.start), line(last), placement.to);
        }
        shown.push_str("=== notes ===\n");
        for note in &adoption.notes {
            let _ = writeln!(shown, "{note}");
        }
        let _ = writeln!(shown, "{} of {} words without a place", adoption.unplaced, adoption.words);
        insta::with_settings!({ snapshot_path => "families", prepend_module_to_snapshot => false, omit_expression => true }, {
            insta::assert_snapshot!(name, shown);
        });
    }
}

/// Pieces of postmortems in other templates, and of what breaks Markdown.
const PIECES: &str = "(# T\n\n|## Timeline\n\n|## Timeline (times in CEST)\n|### 14:02\n\n|## May 12\n|## Impact\n|## Root cause\n\n|### What went wrong\n|\
    ## Action items\n\n|## Notes\n\n|#### deep\n|\\*\\*Impact:\\*\\* all |\\*\\*Timeline\\*\\*\n\n|- \\*\\*Severity\\*\\*: Sev1\n|- \\*\\*Date\\*\\*: 2026-03-02\n|\
    - |- \\[x\\] |- \\[ \\] |1\\. |2\\) |  - |    |> |>> |\\| Time \\| Event \\|\n\\|---\\|---\\|\n|\\| 14:02 \\| a\\\\\\|b \\|\n|\\| Action item \\| Owner \\|\n\\|---\\|---\\|\n|\\| x \\| ana \\|\n|\
    14:02 |2026-03-02 14:05 UTC |9:30 pm: |\\[08:47\\] |~16:00 |T\\+5m |All times in CET\\.\n\n|Monday |12/04/2026 |\
    ```\n|~~~\n|`|\\*\\*|\\*|_|\\[a\\]|\\[a\\]: https://x\\.example\n|\\(b\\)|<!-- |-->|<div>\n|</div>\n|<br>|---\n|\\+\\+\\+\n|\\|\\||\\\\|\\||\
    word |Ana |\\@bo |é|日本|\u{a0}|\u{feff}|\t|\r\n|\r|\n|\n\n|\0|\\[\\^1\\]: note\n|title: x\n|: |=====\n){0,30}";

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_document_loses_a_word(text in prop_oneof![3 => PIECES, 1 => "\\PC*", 1 => "(?s).{0,200}"]) {
        adopting(text.as_bytes(), &Options { file: "2026-03-02-x.md".to_owned(), zone: None });
    }

    #[test]
    fn no_bytes_break_adoption(bytes in prop::collection::vec(any::<u8>(), 0..120)) {
        adopting(&bytes, &Options::default());
    }
}

#[test]
fn a_file_name_that_stands_for_a_title_is_none() {
    for (file, expected) in
        [("todo.md", "Untitled"), ("TODO.md", "Untitled"), ("queue-full.md", "queue-full"), ("", "Untitled")]
    {
        let options = Options { file: file.to_owned(), zone: None };
        assert_eq!(Reading::new(b"Something broke.\n", &options).title(), expected, "{file}");
        adopting(b"Something broke.\n", &options);
    }
}

#[test]
fn a_word_without_a_place_is_counted_once_and_one_that_has_a_place_not_at_all() {
    let text = "# T\n\n## Odd\n\none two\n\n### Below\n\nthree\n\n### Impact\n\nfour\n\n### Other\n\nfive\n";
    let adoption = adopting(text.as_bytes(), &Options::default());
    // `Odd one two Below three Other five`
    assert_eq!(adoption.unplaced, 7, "{:#?}", adoption.placements);
}
