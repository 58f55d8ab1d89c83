//! Every format over the same small document, and over what documents hold at their worst.

#![allow(clippy::unwrap_used)]

use std::path::{Path, PathBuf};
use std::process::Command;

use recount_engine::document::edit::Edit;
use recount_engine::lint::{self, Group, Levels, Rule};
use serde_json::Value;

use super::*;

const fn invented(name: &'static str, group: Group, levels: Levels) -> Rule {
    Rule {
        name,
        group,
        levels,
        due: false,
        reads_foreign: false,
        phrases: &[],
        docs: " A rule that only these tests know.\n\n ## Why\n\n Somebody has to be first.\n",
        check: |_, _| {},
    }
}

static DURATION: Rule = invented("duration-mismatch", Group::Arithmetic, Levels::Wrong);
static GAP: Rule = invented("timeline-gap", Group::Timeline, Levels::Advice);
static EMPTY: Rule = invented("empty-field", Group::Template, Levels::Missing);
static SECRET: Rule = invented("secret", Group::Hygiene, Levels::Wrong);
static OVERDUE: Rule = invented("overdue-action", Group::Actions, Levels::Wrong);

fn owner() -> &'static Rule {
    lint::rule("missing-owner").unwrap()
}

const PATH: &str = "postmortems/2026/INC-0042-checkout-closed.md";

const DOCUMENT: &str = "\
# INC-0042: Checkout closed by a full disk

## Incident summary

- **Start time** (UTC): 2026-11-20 14:02
- **End time** (UTC): 2026-11-20 15:44
- **Duration**: 1h 40m
- **Customer impact summary**:

## Timeline

| Time (UTC) | Actor | Action | Result |
|---|---|---|---|
| 2026-11-20 14:02 | checkout | Disk of the order journal is full, writes are refused and every basket that reaches payment is sent back to the shop with the message “please try again later” | 🔥 orders stop; the queue in front of payment grows by 40 a second and support has its first calls |
| 2026-11-20 14:31 | @ana | Frees the disk with `curl -H 'Authorization: Bearer hunter2hunter2' https://ops.example.com/journal/rotate` | writes go on |

## Action items

| Priority | Action item | Owner | Due date | Status | Verification plan |
|---:|---|---|---|---|---|
| P1 | Rotate the journal before the disk is full | TBD | 2026-11-01 | Open | disk stays below 80 % |
| P1 | Page when the disk is 80 % full | | 2026-12-01 | Open | the alert fires in staging |
";

/// The `nth` place of `needle` in `text`.
fn at(text: &str, needle: &str, nth: usize) -> Span {
    let (start, _) = text.match_indices(needle).nth(nth).unwrap();
    Span::new(start, start + needle.len())
}

fn found(rule: &'static Rule, level: Level, span: Span, parts: [&'static str; 3]) -> Finding {
    let [message, why, help] = parts.map(Into::into);
    Finding { rule, level, span, message, why, help, fix: None, due: false }
}

fn findings() -> Vec<Finding> {
    let text = DOCUMENT;
    let nobody = "what belongs to everybody is done by nobody";
    let name = "name one person, as `@ana`";
    let rows = at(text, "| 2026-11-20 14:02 |", 0).to(at(text, "writes go on |", 0));
    let duration = at(text, "1h 40m", 0);
    vec![
        Finding {
            fix: Some(Fix {
                title: "set the duration to `1h 42m`".to_owned(),
                edits: vec![Edit::replace(duration, "1h 42m")],
            }),
            ..found(
                &DURATION,
                Level::Error,
                duration,
                [
                    "the duration `1h 40m` is not the time from start to end",
                    "readers and figures take it at its word",
                    "write `1h 42m`, or mend the start or end time",
                ],
            )
        },
        found(
            &EMPTY,
            Level::Note,
            Span::at(at(text, "summary**:", 0).end as usize),
            [
                "`Customer impact summary` is empty",
                "it is the first thing that anybody reads",
                "say who could not do what, and how many",
            ],
        ),
        found(
            &GAP,
            Level::Warning,
            rows,
            [
                "nothing is told between `14:02` and `14:31`",
                "half an hour without a row is where the questions will be asked",
                "say what was tried, or waive it with the reason",
            ],
        ),
        found(
            &GAP,
            Level::Warning,
            at(text, "🔥 orders stop", 0),
            [
                "nothing is told after `14:02`",
                "half an hour without a row is where the questions will be asked",
                "say what was tried, or waive it with the reason",
            ],
        ),
        found(
            &SECRET,
            Level::Error,
            at(text, "hunter2hunter2", 0),
            [
                "this holds a secret: `hunt…`",
                "whoever can read the document can use it",
                "revoke it, then take it out",
            ],
        ),
        found(
            owner(),
            Level::Error,
            at(text, " TBD ", 0),
            ["`TBD` is nobody who could own action item #1", nobody, name],
        ),
        Finding {
            due: true,
            ..found(
                &OVERDUE,
                Level::Note,
                at(text, "2026-11-01", 0),
                [
                    "action item #1 was due on `2026-11-01`",
                    "what is late without a word is forgotten",
                    "finish it, or set a new date",
                ],
            )
        },
        found(
            owner(),
            Level::Error,
            at(text, " | 2026-12-01", 0),
            ["action item #2 has no owner", nobody, name],
        ),
    ]
}

fn problems() -> Vec<Problem> {
    vec![Problem {
        path: "postmortems/2026/INC-0040.md".to_owned(),
        message: "`postmortems/2026/INC-0040.md` is a pipe, not a file".to_owned(),
        hint: "name it on the command line to read it all the same".to_owned(),
    }]
}

/// The whole output of a format over documents and problems.
fn shown(format: &str, look: Look, documents: &[Checked<'_>], problems: &[Problem]) -> String {
    let report = (super::format(format).unwrap().report)(look);
    let mut stream = Stream::new(&*report, Vec::new()).unwrap();
    let mut summary = Summary { unreadable: problems.len(), ..Summary::default() };
    for checked in documents {
        stream.document(report.document(checked).as_bytes()).unwrap();
        summary.add(Summary::of(&checked.findings));
    }
    for problem in problems {
        stream.problem(problem.clone());
    }
    String::from_utf8(stream.finish(&summary).unwrap()).unwrap()
}

/// Two documents with something, one without, and a problem.
fn shown_library(format: &str) -> String {
    let findings = findings();
    let other = "postmortems/2026/INC-0041, 50% done: a <b> & \"c\".md";
    let documents = [
        Checked::new("postmortems/2026/INC-0039.md", "# T\n", Stage::Final, &[]),
        Checked::new(other, DOCUMENT, Stage::Review, &findings[5..6]),
        Checked::new(PATH, DOCUMENT, Stage::Draft, &findings),
    ];
    shown(format, Look::default(), &documents, &problems())
}

macro_rules! assert_shown {
    ($name:literal, $shown:expr) => {
        insta::with_settings!({ omit_expression => true, prepend_module_to_snapshot => false }, {
            insta::assert_snapshot!($name, $shown);
        });
    };
}

#[test]
fn people_read_what_is_wrong_first_and_notes_as_a_list() {
    assert_shown!("human", shown_library("human"));
}

#[test]
fn a_narrow_terminal_and_colour_and_drawn_frames() {
    let findings = findings();
    let document = [Checked::new(PATH, DOCUMENT, Stage::Final, &findings[..4])];
    let look = Look { colour: true, width: 60, unicode: true };
    assert_shown!("human-colour", shown("human", look, &document, &[]).replace('\x1b', "ESC"));
}

#[test]
fn one_line_a_finding() {
    assert_shown!("short", shown_library("short"));
}

#[test]
fn annotations_for_github() {
    assert_shown!("github", shown_library("github"));
}

#[test]
fn suites_and_cases_for_ci() {
    assert_shown!("junit", shown_library("junit"));
}

#[test]
fn everything_for_programs() {
    let shown = shown_library("json");
    let value: Value = serde_json::from_str(&shown).unwrap();
    assert_shown!("json", serde_json::to_string_pretty(&value).unwrap());
}

#[test]
fn results_for_code_scanning() {
    let shown = shown_library("sarif");
    let mut value: Value = serde_json::from_str(&shown).unwrap();
    let driver = &mut value["runs"][0]["tool"]["driver"];
    driver["semanticVersion"] = "[version]".into();
    // The manuals have tests of their own; one rule shows the shape.
    let rules = driver["rules"].as_array_mut().unwrap();
    assert_eq!(rules.len(), lint::RULES.len());
    rules.retain(|rule| rule["id"] == "missing-owner");
    for part in ["shortDescription", "fullDescription", "help"] {
        assert!(rules[0][part]["text"].as_str().is_some_and(|text| text.len() > 20), "{part}");
        rules[0][part] = "[from the manual]".into();
    }
    for result in value["runs"][0]["results"].as_array_mut().unwrap() {
        // The index moves with every new rule.
        if let Some(index) = result.get("ruleIndex") {
            assert_eq!(lint::RULES[index.as_u64().unwrap() as usize].name, result["ruleId"]);
            result["ruleIndex"] = "[index]".into();
        }
    }
    assert_shown!("sarif", serde_json::to_string_pretty(&value).unwrap());
}

#[test]
fn nothing_found_is_said_shortly_and_is_well_formed() {
    let documents = [Checked::new(PATH, DOCUMENT, Stage::Final, &[])];
    let all: Vec<String> = FORMATS
        .iter()
        .map(|format| {
            let shown = shown(format.name, Look::default(), &documents, &[]);
            if ["json", "sarif"].contains(&format.name) {
                let value: Result<Value, _> = serde_json::from_str(&shown);
                assert!(value.is_ok(), "{}: {shown}", format.name);
            }
            let shown = if format.name == "sarif" { "…\n" } else { &shown };
            format!("== {}\n{shown}", format.name)
        })
        .collect();
    assert_shown!("nothing", all.concat());
}

/// A finding at `span` of `text`, shown to people and in a line.
fn oddity(name: &str, text: &str, span: Span, width: usize) -> String {
    let finding = found(&GAP, Level::Error, span, ["this is odd", "it is", "look"]);
    let findings = [finding];
    let look = Look { width, ..Look::default() };
    let document = || [Checked::new("a.md", text, Stage::Final, &findings)];
    let mut out = format!("== {name}\n{}", shown("short", look, &document(), &[]));
    out.push_str(&shown("human", look, &document(), &[]));
    for format in FORMATS {
        // Whatever the span, no format fails.
        shown(format.name, look, &document(), &problems());
    }
    out
}

#[test]
fn odd_documents_are_shown_all_the_same() {
    let long = format!("| {} | needle | {} |\n", "before ".repeat(40), "after ".repeat(40));
    let wide = format!("{}針{}\n", "日本語".repeat(30), "日本語".repeat(30));
    let section = format!("## Timeline\n\n{}end\n", "row after row\n".repeat(20));
    let whole = |text: &str| Span::new(0, text.len());
    let cases = [
        ("a long line is cut around the mark", &*long, at(&long, "needle", 0), 60),
        ("a mark at the start of a long line", &long, Span::new(0, 1), 60),
        ("a mark at the end of a long line", &long, Span::at(long.len() - 1), 60),
        ("a mark that is wider than the terminal", &long, at(&long, long.trim_end(), 0), 60),
        ("wide characters", &wide, at(&wide, "針", 0), 60),
        (
            "an emoji of several characters before the mark",
            "👩‍🚒 and 🏳️‍🌈 `x`\n",
            at("👩‍🚒 and 🏳️‍🌈 `x`\n", "`x`", 0),
            80,
        ),
        (
            "Windows line endings",
            "one\r\ntwo three\r\nfour\r\n",
            at("one\r\ntwo three\r\nfour\r\n", "three\r\nfour", 0),
            80,
        ),
        ("a mark on a line ending", "one\r\ntwo\r\n", Span::new(3, 5), 80),
        ("a byte order mark", "\u{feff}# T\n", Span::new(3, 6), 80),
        ("a byte order mark that is marked", "\u{feff}# T\n", Span::new(0, 3), 80),
        ("nothing at the end of the file", "one\ntwo\n", Span::at(8), 80),
        ("nothing at the end of a file without a last line ending", "one\ntwo", Span::at(7), 80),
        ("an empty file", "", Span::at(0), 80),
        ("past the end", "one\n", Span::new(90, 99), 80),
        ("two lines", "- one\n  more\n- two\n", at("- one\n  more\n- two\n", "one\n  more", 0), 80),
        ("a section", &section, whole(&section), 80),
        ("a tab and an escape sequence", "\ta\x1b[31mb\tc\n", at("\ta\x1b[31mb\tc\n", "c", 0), 80),
        ("inside a character", "aéb\n", Span::new(2, 3), 80),
    ];
    let all: String = cases.map(|(name, text, span, width)| oddity(name, text, span, width)).concat();
    assert_shown!("odd", all);
}

#[test]
fn no_excerpt_fits_worse_than_the_terminal_is_wide() {
    use unicode_width::UnicodeWidthStr;
    let text = format!("| {} | 日本語 needle 🔥 | {} |\n", "before ".repeat(60), "後の".repeat(60));
    for width in [40, 60, 80, 200] {
        for start in (0..text.len()).filter(|&at| text.is_char_boundary(at)) {
            let end = text.ceil_char_boundary(start + 9);
            let findings = [found(&GAP, Level::Error, Span::new(start, end), ["m", "w", "h"])];
            let document = [Checked::new("a.md", &text, Stage::Final, &findings)];
            let shown = shown("human", Look { width, ..Look::default() }, &document, &[]);
            let widest = shown.lines().take(6).map(UnicodeWidthStr::width).max().unwrap();
            assert!(widest <= width, "{widest} > {width}:\n{shown}");
        }
    }
}

#[test]
fn no_format_prints_a_secret_of_the_document() {
    let mut findings = findings();
    let row = at(DOCUMENT, "| 2026-11-20 14:31", 0).to(at(DOCUMENT, "writes go on |", 0));
    let moved = DOCUMENT[row.range()].to_owned();
    findings[3].span = row;
    findings[4].fix =
        Some(Fix { title: "mask it".to_owned(), edits: vec![Edit::replace(findings[4].span, "…")] });
    findings[3].fix = Some(Fix { title: "move the row".to_owned(), edits: vec![Edit::insert(0, moved)] });
    for format in FORMATS {
        let document = [Checked::new(PATH, DOCUMENT, Stage::Final, &findings)];
        let shown = shown(format.name, Look { width: 400, ..Look::default() }, &document, &[]);
        assert!(!shown.contains("hunter2"), "{}:\n{shown}", format.name);
    }
}

/// With the rules as they are, whichever findings are left.
#[test]
fn no_words_quote_a_secret_whatever_became_of_the_finding_about_it() {
    let command = "| 2026-11-20 14:40 | @ana | mysql --password=gr4vel-pit-7-k8s -h db-1 | works, tell lena.brook@harbourhall.example |\n";
    let text = DOCUMENT.replace("\n## Action items", &format!("{command}\n## Action items"));
    let document = recount_engine::document::Document::parse(text.as_bytes());
    let checker = recount_engine::ide::Checker::new(recount_engine::config::Config::default());
    let options = lint::Options { stage: Some(Stage::Final), fixes: true, ..lint::Options::default() };
    let all = checker.findings(&document, &lint::NoLibrary, jiff::civil::date(2026, 11, 23), options);
    assert!(all.iter().any(|finding| finding.message.contains("gr4vel-pit-7-k8s")), "a rule quotes it");
    let mut rest = all.clone();
    rest.retain(|finding| finding.rule.name != "secret");
    assert!(rest.len() < all.len() && rest.iter().any(is_personal));
    for findings in [&all, &rest] {
        for format in FORMATS {
            let document = [Checked::new(PATH, &text, Stage::Final, findings)];
            let shown = shown(format.name, Look { width: 400, ..Look::default() }, &document, &[]);
            for secret in ["gr4vel-pit", "hunter2", "lena.brook@"] {
                assert!(!shown.contains(secret), "{} shows {secret}:\n{shown}", format.name);
            }
        }
    }
}

#[test]
fn a_document_full_of_secrets_hides_whatever_is_quoted() {
    let lines: Vec<String> = (0..5000).map(|n| format!("- password=gr4vel-pit-{n:05}-k8s")).collect();
    let text = lines.join("\n");
    let quote =
        found(&GAP, Level::Error, Span::new(0, 1), ["`password=gr4vel-pit-00007-k8s` is prose", "", ""]);
    let findings = vec![quote; 5000];
    let checked = Checked::new("a.md", &text, Stage::Final, &findings);
    assert!(checked.findings.iter().all(|finding| finding.message == "`…` is prose"));
}

#[test]
fn what_people_wrote_cannot_break_a_format() {
    let nasty = "`\x1b[2J\0\u{85}]]>&\"'\r\n::error::, %: \u{202e}\u{fffe}`";
    let mut finding = found(&GAP, Level::Error, Span::new(0, 1), ["", "", ""]);
    finding.message = nasty.into();
    finding.help = nasty.into();
    finding.why = nasty.into();
    let findings = [finding];
    let problem = Problem { path: nasty.to_owned(), message: nasty.to_owned(), hint: nasty.to_owned() };
    for format in FORMATS {
        let document = [Checked::new(nasty, "x\n", Stage::Final, &findings)];
        let shown = shown(format.name, Look::default(), &document, std::slice::from_ref(&problem));
        let raw =
            shown.chars().find(|&c| (c.is_control() && c != '\n') || c == '\u{fffe}' || c == '\u{202e}');
        match format.name {
            "json" | "sarif" => assert!(serde_json::from_str::<Value>(&shown).is_ok(), "{shown}"),
            // Direction marks are characters like others where nothing is drawn.
            "junit" => assert!(raw.is_none_or(|c| c == '\u{202e}'), "{raw:?} in {shown}"),
            _ => assert!(raw.is_none_or(|c| c == '\u{fffe}'), "{}: {raw:?} in {shown}", format.name),
        }
        if format.name == "github" {
            assert!(shown.lines().all(|line| !line.starts_with("::error::")), "{shown}");
            assert_eq!(shown.lines().filter(|line| line.starts_with("::")).count(), 2, "{shown}");
        }
        if format.name == "short" {
            assert_eq!(shown.lines().count(), 2, "{shown}");
        }
    }
}

#[test]
fn fingerprints_outlive_lines_above_and_tell_like_findings_apart() {
    let mut findings = findings();
    let twin = findings[7].clone();
    findings.push(twin);
    let names = fingerprints(&Checked::new(PATH, DOCUMENT, Stage::Final, &findings));
    let mut unique = names.clone();
    unique.sort();
    unique.dedup();
    assert_eq!(unique.len(), names.len(), "{names:?}");

    let above = "A new line.\n\n";
    let moved = format!("{above}{DOCUMENT}");
    for finding in &mut findings {
        finding.span =
            Span::new(finding.span.start as usize + above.len(), finding.span.end as usize + above.len());
    }
    assert_eq!(fingerprints(&Checked::new(PATH, &moved, Stage::Final, &findings)), names);
}

#[test]
fn columns_count_utf_16_units_where_a_format_says_so() {
    let text = "\u{feff}🔥é x\n";
    let checked = Checked::new(PATH, text, Stage::Final, &[]);
    let x = at(text, "x", 0).start;
    assert_eq!(checked.position(x).column, 4);
    assert_eq!(checked.position_utf16(x).column, 5);
}

#[test]
fn formats_are_in_order_of_their_names() {
    assert!(FORMATS.is_sorted_by_key(|format| format.name));
}

fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn assert_valid(schema: &Value, shown: &str) {
    let value: Value = serde_json::from_str(shown).unwrap();
    let validator = jsonschema::validator_for(schema).unwrap();
    let errors: Vec<String> = validator.iter_errors(&value).map(|error| error.to_string()).collect();
    assert!(errors.is_empty(), "{}", errors.join("\n"));
}

#[test]
fn the_json_format_keeps_to_its_schema() {
    // That the file is what the types say is a test of `reference`.
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/schemas/check.v1.json");
    let schema = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    assert_valid(&schema, &shown_library("json"));
    assert_valid(&schema, &shown("json", Look::default(), &[], &[]));
    let broken = shown_library("json").replace("\"level\":\"error\"", "\"level\":\"fatal\"");
    assert!(!jsonschema::is_valid(&schema, &serde_json::from_str(&broken).unwrap()));
}

/// The official schema, which a package of the registry carries.
fn sarif_schema() -> Option<Value> {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let metadata = Command::new(cargo)
        .args(["metadata", "--format-version", "1", "--locked"])
        .current_dir(repository())
        .output()
        .ok()?;
    let metadata: Value = serde_json::from_slice(&metadata.stdout).ok()?;
    let packages = metadata["packages"].as_array()?;
    let package = packages.iter().find(|package| package["name"] == "serde-sarif")?;
    let schema = Path::new(package["manifest_path"].as_str()?).parent()?.join("src/schema.json");
    let mut schema: Value = serde_json::from_str(&std::fs::read_to_string(schema).ok()?).ok()?;
    // A pattern lacks a bracket and is no regular expression; Recount writes no such property.
    for holder in ["run", "toolComponent"] {
        schema["definitions"][holder]["properties"]["language"].as_object_mut()?.remove("pattern");
    }
    Some(schema)
}

#[test]
fn the_sarif_format_keeps_to_the_official_schema() {
    let Some(schema) = sarif_schema() else {
        eprintln!("SKIPPED: the official schema of SARIF is not in the registry's cache");
        return;
    };
    assert_valid(&schema, &shown_library("sarif"));
    assert_valid(&schema, &shown("sarif", Look::default(), &[], &[]));
    let broken = shown_library("sarif").replace("\"startLine\":", "\"startRow\":");
    assert!(!jsonschema::is_valid(&schema, &serde_json::from_str(&broken).unwrap()));
}
