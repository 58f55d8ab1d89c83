//! Every rule, through one check: its manual is complete, its examples trigger it or do not, and what
//! it finds in its fixture is the snapshot beside that.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use jiff::civil::{Date, date};
use recount_engine::config::Config;
use recount_engine::document::edit::apply;
use recount_engine::document::{Document, LineIndex, Stage};
use recount_engine::evidence::Frozen;
use recount_engine::lint::{self, Context, Finding, LevelTable, Library, Options, RULES, Repeated, Rule};

const TODAY: Date = date(2026, 11, 23);

fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// A good postmortem of the demo library, into which examples are set.
fn good() -> String {
    fs::read_to_string(
        repository().join("examples/postmortems/2025/INC-0003-retry-storm-after-cache-flush.md"),
    )
    .expect("the demo library is part of the repository")
}

fn config() -> Config {
    let text =
        fs::read_to_string(repository().join("examples/recount.toml")).expect("the demo library has one");
    Config::from_toml(&text).expect("it is well formed")
}

/// A library that knows one other incident and two files, and the evidence of a rule's fixture.
struct OneOther(PathBuf);

impl Library for OneOther {
    fn other_with_id(&self, id: &str) -> Option<String> {
        (id == "INC-0007").then(|| "postmortems/2025/INC-0007-checkout-closed-by-dns-failover.md".to_owned())
    }
    fn exists(&self, path: &str) -> Option<bool> {
        let known =
            ["INC-0007-checkout-closed-by-dns-failover.md", "INC-0003-retry-storm-after-cache-flush.md"];
        Some(known.iter().any(|name| path.ends_with(name)))
    }
    fn evidence(&self) -> Option<Frozen> {
        let names = ["001.jsonl", "ledger.jsonl"];
        let files = names.map(|name| (name, fs::read(self.0.join(name)).unwrap_or_default()));
        let frozen = Frozen::read(files.iter().map(|(name, bytes)| (*name, bytes.as_slice())));
        (!frozen.events().is_empty()).then_some(frozen)
    }
    fn earlier_like_this(&self, document: &Document) -> Vec<Repeated> {
        let promise = |name: &str, state: &str| (name.to_owned(), state.to_owned());
        let repeated = Repeated {
            incident: "INC-0001".to_owned(),
            why: "both say certificate, renewed".to_owned(),
            promises: vec![
                promise("INC-0001#2", "overdue by 638 days"),
                promise("INC-0001#4", "done on 2025-02-06 and not verified"),
            ],
        };
        if document.text().contains("certificate") { vec![repeated] } else { Vec::new() }
    }
    fn has_anchor(&self, _: &str, anchor: &str) -> Option<bool> {
        Some(["timeline", "action-items", "root-cause"].contains(&anchor))
    }
}

/// Puts the sections of `part` (and its title and front matter, if it has them) in the place of those
/// of the good postmortem.
fn assemble(part: &str) -> String {
    let good = good();
    let base = Document::parse(good.as_bytes());
    let part = Document::parse(part.as_bytes());
    let front = |document: &Document| {
        document.front_matter().span.map(|s| format!("---\n{}---\n", document.slice(s)))
    };
    let mut out = front(&part).or_else(|| front(&base)).unwrap_or_default();
    let title = |document: &Document| document.title().map(|title| document.slice(title.span).to_owned());
    let title = title(&part).or_else(|| title(&base)).unwrap_or_default();
    write!(out, "{title}\n\n---\n\n").expect("a string takes everything");
    for section in base.sections() {
        match section.id.and_then(|id| part.section(id)) {
            Some(new) => {
                write!(out, "{}\n\n", part.slice(new.span).trim_end()).expect("a string takes everything");
            }
            None => out.push_str(base.slice(section.span)),
        }
    }
    out
}

fn findings_of(rule: &Rule, bytes: &[u8]) -> Vec<Finding> {
    let config = config();
    let levels = LevelTable::new(&config);
    let document = Document::parse(bytes);
    let evidence = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/rules").join(rule.name).join("evidence");
    let library = OneOther(evidence);
    let context = Context::new(&document, &config, &levels, &library, TODAY);
    // The last stage at which it speaks: a few rules are for drafts alone.
    let heard = rule.levels.by_stage().iter().rposition(Option::is_some);
    let stage = heard.map_or(Stage::Final, |at| Stage::ALL[at]);
    let mut findings =
        lint::check(&context, Options { stage: Some(stage), due: true, fixes: true, ..Options::default() });
    findings.retain(|finding| finding.rule.name == rule.name);
    findings
}

fn render(text: &str, findings: &[Finding]) -> String {
    let index = LineIndex::new(text);
    let mut out = String::new();
    for finding in findings {
        let from = index.position(text, finding.span.start);
        let to = index.position(text, finding.span.end);
        let marked = if finding.rule.name == "secret" { "…" } else { &text[finding.span.range()] };
        write!(
            out,
            "{}:{}-{}:{} {} {}\n  marks: {marked:?}\n  what: {}\n  why:  {}\n  help: {}\n",
            from.line,
            from.column,
            to.line,
            to.column,
            finding.level,
            finding.rule.name,
            finding.message,
            finding.why,
            finding.help
        )
        .expect("a string takes everything");
        if let Some(fix) = &finding.fix {
            writeln!(out, "  fix:  {}", fix.title).expect("a string takes everything");
            for edit in &fix.edits {
                writeln!(out, "        {:?} -> {:?}", &text[edit.span.range()], edit.text)
                    .expect("a string takes everything");
            }
        }
    }
    out
}

#[test]
fn the_examples_of_every_rule_trigger_it_or_do_not() {
    let mut wrong = Vec::new();
    for rule in RULES {
        for example in rule.examples() {
            let text = if example.is_whole { example.text.clone() } else { assemble(&example.text) };
            let findings = findings_of(rule, text.as_bytes());
            if findings.is_empty() == example.is_bad {
                wrong.push(format!(
                    "{}: an example that is {} gave {} findings\n{}{}",
                    rule.name,
                    if example.is_bad { "bad" } else { "good" },
                    findings.len(),
                    example.text,
                    render(&text, &findings)
                ));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn the_manual_of_every_rule_is_complete() {
    let mut wrong = Vec::new();
    for rule in RULES {
        let examples = rule.examples();
        let complete = !rule.summary().is_empty()
            && !rule.section("Why").is_empty()
            && !rule.section("Source").is_empty()
            && examples.iter().any(|example| example.is_bad)
            && examples.iter().any(|example| !example.is_bad);
        if !complete {
            wrong.push(rule.name);
        }
    }
    assert!(wrong.is_empty(), "these manuals lack a part: {wrong:?}");
}

#[test]
fn rules_are_named_after_the_fault_in_order_and_stand_in_a_file_of_that_name() {
    let names: Vec<_> = RULES.iter().map(|rule| rule.name).collect();
    assert!(names.is_sorted(), "the registry is in order of names");
    for name in names {
        assert!(name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-'), "{name}");
        assert!(
            !["require-", "no-missing", "enforce-", "check-"].iter().any(|cure| name.starts_with(cure)),
            "{name}"
        );
        let file =
            repository().join("crates/recount-engine/src/lint/rules").join(name.replace('-', "_") + ".rs");
        assert!(file.is_file(), "{name} has no file of its name");
    }
}

#[test]
fn phrases_are_lower_case() {
    for rule in RULES {
        for phrase in rule.phrases {
            assert_eq!(*phrase, phrase.to_lowercase(), "{}", rule.name);
        }
    }
}

#[test]
fn every_rule_finds_what_its_fixture_holds() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/rules");
    for rule in RULES {
        let folder = folder.join(rule.name);
        let Some(bytes) = fixture(rule) else {
            panic!("`{}` has no fixture: write {}", rule.name, folder.join("bad.md").display())
        };
        let findings = findings_of(rule, &bytes);
        let document = Document::parse(&bytes);
        assert!(!findings.is_empty(), "{} finds nothing in its fixture", rule.name);
        insta::with_settings!({
            snapshot_path => &folder,
            prepend_module_to_snapshot => false,
            omit_expression => true,
        }, {
            insta::assert_snapshot!("bad", render(document.text(), &findings));
        });
    }
}

fn fixture(rule: &Rule) -> Option<Vec<u8>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/rules").join(rule.name);
    match (fs::read_to_string(folder.join("bad.md")), fs::read(folder.join("bad.document.md"))) {
        (Ok(part), _) => Some(assemble(&part).into_bytes()),
        (_, whole) => whole.ok(),
    }
}

#[test]
fn a_fix_mends_what_it_was_found_for() {
    for rule in RULES {
        let Some(bytes) = fixture(rule) else { continue };
        for finding in findings_of(rule, &bytes) {
            let Some(fix) = &finding.fix else { continue };
            let fixed = apply(&bytes, &fix.edits).expect("the edits of a fix fit its document");
            let left = findings_of(rule, &fixed);
            let stays = left.iter().any(|other| other.message == finding.message);
            assert!(!stays, "{}: `{}` leaves `{}`", rule.name, fix.title, finding.message);
        }
    }
}

#[test]
fn line_endings_and_a_byte_order_mark_change_no_finding() {
    for rule in RULES {
        let Some(text) = fixture(rule).and_then(|bytes| String::from_utf8(bytes).ok()) else { continue };
        let messages = |text: &str| {
            findings_of(rule, text.as_bytes()).into_iter().map(|f| f.message).collect::<Vec<_>>()
        };
        let changed = format!("\u{feff}{}", text.replace('\n', "\r\n"));
        assert_eq!(messages(&changed), messages(&text), "{}", rule.name);
    }
}

#[test]
fn no_rule_panics_on_what_is_left_of_a_broken_document() {
    let all = RULES.iter().filter_map(|rule| fixture(rule)).chain([good().into_bytes()]);
    let config = config();
    let levels = LevelTable::new(&config);
    for (number, whole) in all.enumerate() {
        for cut in (0..whole.len()).step_by(211) {
            let mut bytes = whole.clone();
            if cut % 2 == 0 {
                bytes.truncate(cut);
            } else {
                // Something else where a character was: a pipe, a bracket, half a letter, a line's end.
                bytes[cut] = b"|(\xC3\n*`:-"[(cut + number) % 8];
            }
            let document = Document::parse(&bytes);
            // Every rule is heard at this stage.
            let library = OneOther(PathBuf::new());
            let context = Context::new(&document, &config, &levels, &library, TODAY);
            for finding in lint::check(
                &context,
                Options { stage: Some(Stage::Final), due: true, fixes: true, ..Options::default() },
            ) {
                assert!(document.text().get(finding.span.range()).is_some(), "{finding:?}");
                if let Some(fix) = finding.fix {
                    apply(&bytes, &fix.edits).expect("the edits of a fix fit its document");
                }
            }
        }
    }
}

#[test]
fn no_fixture_is_left_without_its_rule() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/rules");
    for entry in fs::read_dir(folder).expect("the folder is part of the repository") {
        let name = entry.expect("it can be read").file_name().to_string_lossy().into_owned();
        assert!(lint::rule(&name).is_some(), "tests/rules/{name} has no rule");
    }
}
