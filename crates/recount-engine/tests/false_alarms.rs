//! What the checker says of whole documents: the blank template, the demo library, and a folder of
//! postmortems from elsewhere. Here stands what must not be found; what must, stands with each rule.

use std::fs;
use std::path::{Path, PathBuf};

use jiff::civil::date;
use recount_engine::config::Config;
use recount_engine::document::template::TEMPLATE;
use recount_engine::document::{Document, LineIndex, Stage};
use recount_engine::lint::{self, Context, Finding, Level, LevelTable, NoLibrary, Options};

fn examples() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples")
}

fn config() -> Config {
    let text = fs::read_to_string(examples().join("recount.toml")).expect("the demo library has one");
    Config::from_toml(&text).expect("it is well formed")
}

fn check(document: &Document, config: &Config, stage: Option<Stage>) -> Vec<Finding> {
    let levels = LevelTable::new(config);
    let context = Context::new(document, config, &levels, &NoLibrary, date(2026, 11, 23));
    lint::check(&context, Options { stage, fixes: true, ..Options::default() })
}

fn is_foreign(text: &[u8]) -> bool {
    let document = Document::parse(text);
    check(&document, &Config::default(), None).iter().any(|finding| finding.rule.name == "foreign-template")
}

/// All Markdown files below `folder`, in order.
fn documents(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).expect("the folder can be read") {
        let path = entry.expect("it can be read").path();
        if path.is_dir() {
            found.extend(documents(&path));
        } else if path.extension().is_some_and(|extension| extension == "md") {
            found.push(path);
        }
    }
    found.sort();
    found
}

#[test]
fn the_blank_template_has_no_error_as_a_draft() {
    let document = Document::parse(TEMPLATE.as_bytes());
    for config in [Config::default(), config()] {
        let findings = check(&document, &config, None);
        let errors: Vec<_> = findings.iter().filter(|finding| finding.level == Level::Error).collect();
        assert!(errors.is_empty(), "{errors:#?}");
    }
}

#[test]
fn no_document_of_the_template_is_taken_for_a_foreign_one() {
    assert!(!is_foreign(TEMPLATE.as_bytes()));
    for path in documents(&examples().join("postmortems")) {
        assert!(!is_foreign(&fs::read(&path).expect("it can be read")), "{}", path.display());
    }
    for text in ["", "\n\n", THREE_SECTIONS, NO_FIELDS] {
        assert!(!is_foreign(text.as_bytes()), "{text}");
    }
}

#[test]
fn headings_and_labels_that_everybody_has_do_not_make_a_document_of_the_template() {
    for text in ["# Seat maps did not load\n", ANOTHER_TEMPLATE] {
        assert!(is_foreign(text.as_bytes()), "{text}");
    }
}

/// What somebody keeps who finds the template too long.
const THREE_SECTIONS: &str = "\
# Seat maps did not load

## Impact

- **Customer facing symptoms**: Empty seat maps
- **Regions impacted**: us-east
- **% of customers affected** (estimate): 30%

## Timeline

| Time (UTC) | Actor | Action | Result |
|---|---|---|---|
| 2026-03-02 10:00 | deploybot | **Started.** Deployed inventory 4.2 | Errors |

## Action items

| Priority | Action item | Owner | Due date | Status | Verification plan |
|---:|---|---|---|---|---|
| P1 | Send a tenth of the traffic to the canary | @mei | 2026-03-20 | Open | |
";

/// The template, with prose in the place of every label.
const NO_FIELDS: &str = "\
# Seat maps did not load

## Incident summary

A Sev2 of twenty minutes.

## Timeline

| Time (UTC) | Actor | Action | Result |
|---|---|---|---|
| 2026-03-02 10:00 | deploybot | **Started.** Deployed inventory 4.2 | Errors |

## Mitigation and resolution

A rollback.

## Action items

| Priority | Action item | Owner | Due date | Status | Verification plan |
|---:|---|---|---|---|---|

## Follow-up verification

None yet.
";

const ANOTHER_TEMPLATE: &str = "\
# Outage of 2 March

## Incident summary

- **Severity**: SEV2
- **Start time**: 10:00
- **End time**: 10:20
- **Duration**: 20 minutes

## Impact

Seat maps were empty.

## Detection

By an alert.

## Timeline

- 10:00 deploy
- 10:20 rollback

## Root cause

The canary had no traffic.

## What went well

- The page came at once.

## What went poorly

- The runbook was old.

## Where we got lucky

- It was early.

## Action items

- Send traffic to the canary

## Appendices

None
";

/// Reads `RECOUNT_CORPUS`, a folder of postmortems that were all written in other templates.
#[test]
fn postmortems_in_other_templates_get_the_one_finding() {
    let Some(folder) = std::env::var_os("RECOUNT_CORPUS") else {
        eprintln!("skipped: set RECOUNT_CORPUS to a folder of postmortems in other templates");
        return;
    };
    let mut missed = Vec::new();
    for path in documents(Path::new(&folder)) {
        if path.file_name().is_none_or(|name| name != "README.md")
            && !is_foreign(&fs::read(&path).expect("it can be read"))
        {
            missed.push(path);
        }
    }
    assert!(missed.is_empty(), "{missed:#?}");
}

#[test]
fn the_exemplary_postmortems_of_the_demo_library_have_no_error() {
    let with_faults = ["INC-0004", "INC-0006", "INC-0008", "INC-0012", "INC-0014", "INC-0015"];
    let config = config();
    let mut errors = Vec::new();
    for path in documents(&examples().join("postmortems")) {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        if with_faults.iter().any(|id| name.starts_with(id)) {
            continue;
        }
        let document = Document::parse(&fs::read(&path).expect("it can be read"));
        let found = check(&document, &config, Some(Stage::Final));
        let found = found.into_iter().filter(|finding| finding.level == Level::Error);
        errors.extend(found.map(|finding| format!("{name}: {}: {}", finding.rule.name, finding.message)));
    }
    assert!(errors.is_empty(), "{errors:#?}");
}

/// Prints every finding of the demo library, for people who judge rules.
#[test]
#[ignore = "prints, and asserts nothing"]
fn what_the_demo_library_holds() {
    let config = config();
    for path in documents(&examples().join("postmortems")) {
        let bytes = fs::read(&path).expect("it can be read");
        let document = Document::parse(&bytes);
        let index = LineIndex::new(document.text());
        for finding in check(&document, &config, Some(Stage::Final)) {
            let at = index.position(document.text(), finding.span.start);
            let name = path.file_name().unwrap_or_default().to_string_lossy();
            println!("{name:.8}:{}: {} {}: {}", at.line, finding.level, finding.rule.name, finding.message);
        }
    }
}
