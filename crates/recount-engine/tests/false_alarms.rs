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
    lint::check(&context, Options { stage, due: false })
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
    for text in [
        "",
        "\n\n",
        "# Seat maps did not load\n",
        "# Seat maps did not load\n\n## Incident summary\n\n- **Incident ID**: INC-0021\n- **Severity**: Sev2\n\n## \
         Timeline\n\n| Time (UTC) | Actor | Action | Result |\n|---|---|---|---|\n| 10:00 | @mei | Looked | |\n\n## \
         Action items\n",
    ] {
        assert!(!is_foreign(text.as_bytes()), "{text}");
    }
}

/// Reads `RECOUNT_CORPUS`, a folder of postmortems that were all written in other templates.
#[test]
fn postmortems_in_other_templates_get_the_one_finding() {
    let Some(folder) = std::env::var_os("RECOUNT_CORPUS") else {
        eprintln!("skipped: set RECOUNT_CORPUS to a folder of postmortems in other templates");
        return;
    };
    let mut missed = Vec::new();
    for path in documents(Path::new(&folder)) {
        if path.file_name().is_none_or(|name| name != "README.md") && !is_foreign(&fs::read(&path).expect("it can be read")) {
            missed.push(path);
        }
    }
    assert!(missed.is_empty(), "{missed:#?}");
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
