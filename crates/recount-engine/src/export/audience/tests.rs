//! What the public gets of a document, and what it does not.

#![allow(clippy::unwrap_used)]

use super::*;

const CONFIG: &str = include_str!("../../../../../examples/recount.toml");
const FEES: &str = include_str!("../../../../../examples/postmortems/2026/INC-0012-fees-charged-twice.md");
const EXAMPLES: &[(&str, &str)] = &[
    ("public-INC-0012-fees-charged-twice", FEES),
    (
        "public-INC-0014-page-nobody-answered",
        include_str!("../../../../../examples/postmortems/2026/INC-0014-page-nobody-answered.md"),
    ),
    (
        "public-INC-0003-retry-storm-after-cache-flush",
        include_str!("../../../../../examples/postmortems/2025/INC-0003-retry-storm-after-cache-flush.md"),
    ),
];

#[test]
fn the_public_gets_of_the_example_library_what_a_customer_needs() {
    let config = Config::from_toml(CONFIG).unwrap();
    for (snapshot, text) in EXAMPLES {
        let derived = derive(&Document::parse(text.as_bytes()), &config, Audience::Public);
        insta::with_settings!({ prepend_module_to_snapshot => false, omit_expression => true }, {
            insta::assert_snapshot!(*snapshot, derived.document.text());
        });
    }
}

#[test]
fn the_internal_audience_gets_the_document_byte_for_byte() {
    let derived = derive(&Document::parse(FEES.as_bytes()), &Config::default(), Audience::Internal);
    assert_eq!(derived.document.source().bytes(), FEES.as_bytes());
    assert!(derived.removed.is_empty());
}

#[test]
fn what_was_removed_is_told_with_its_place_and_reason() {
    let text = "---\nstage: final\n---\n# T\n\n## Impact\n\n- **Customer facing symptoms**: slow, said @ana <!-- why -->\n- **Regions impacted**:\n\n\
                ### Internal notes\n\nmoney\n\n### Else\n\nkept\n\n[x]: https://a.example\n\n## What went well\n\n- all\n";
    let document = Document::parse(text.as_bytes());
    let derived = derive(&document, &Config::default(), Audience::Public);
    assert_eq!(
        derived.document.text(),
        "# T\n\n## Impact\n\n- **Customer facing symptoms**: slow, said an engineer\n\n### Else\n\nkept\n"
    );
    let told: Vec<_> =
        derived.removed.iter().map(|removed| (document.slice(removed.span).trim(), removed.reason)).collect();
    assert_eq!(
        told,
        [
            ("---\nstage: final\n---", Reason::FrontMatter),
            ("@ana", Reason::Word(LeakKind::Handle)),
            ("<!-- why -->", Reason::Html),
            ("- **Regions impacted**:", Reason::Unanswered),
            ("### Internal notes", Reason::LeftOut),
            ("money", Reason::LeftOut),
            ("[x]: https://a.example", Reason::Link),
            ("## What went well\n\n- all", Reason::Section),
        ]
    );
}

#[test]
fn a_table_or_section_that_is_there_twice_is_left_out() {
    let table =
        "| Time (UTC) | Actor | Action | Result |\n|---|---|---|---|\n| 2026-11-20 14:02 | Bo | x | |\n";
    let text = format!("# T\n\n## Timeline\n\n{table}\n{table}\n## Timeline\n\n{table}");
    let derived = derive(&Document::parse(text.as_bytes()), &Config::default(), Audience::Public);
    assert_eq!(
        derived.document.text(),
        "# T\n\n## Timeline\n\n| Time (UTC) | Actor | Action | Result |\n|---|---|---|---|\n| 2026-11-20 14:02 |  | x | |\n"
    );
}
