//! `sarif`: SARIF 2.1.0, for code scanning and for viewers of static analysis. Columns are counted in
//! UTF-16 code units and said to be: that is what readers that do not look assume.

use recount_engine::document::{Position, Span, Stage};
use recount_engine::lint::{Finding, Fix, Level, RULES, Rule};
use serde::Serialize;

use super::escape::uri;
use super::{Checked, Format, Look, Paths, Problem, Report, Summary, in_sentences, push_sentence};

pub(super) static FORMAT: Format = Format {
    name: "sarif",
    about: "SARIF 2.1.0, for code scanning",
    fixes: true,
    paths: Paths::Repository,
    report: |_: Look| Box::new(Sarif),
};

struct Sarif;

impl Report for Sarif {
    fn begin(&self) -> String {
        let tool = Tool {
            driver: Driver {
                name: "recount",
                semantic_version: env!("CARGO_PKG_VERSION"),
                rules: RULES.iter().map(|rule| Descriptor::new(rule)).collect(),
            },
        };
        format!(
            "{{\"$schema\":\"https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/\
             sarif-schema-2.1.0.json\",\"version\":\"2.1.0\",\"runs\":[{{\n\"tool\":{},\n\
             \"columnKind\":\"utf16CodeUnits\",\n\"results\":[\n",
            to_json(&tool)
        )
    }

    fn document(&self, checked: &Checked<'_>) -> String {
        let names = super::fingerprints(checked);
        let address = uri(checked.path);
        let mut out = String::with_capacity(checked.findings.len() * 512);
        for (finding, name) in checked.findings.iter().zip(names) {
            if !out.is_empty() {
                out.push_str(self.separator());
            }
            let fix = checked.fix(finding);
            out.push_str(&to_json(&ResultObject::new(checked, &address, finding, fix, name)));
        }
        out
    }

    fn separator(&self) -> &'static str {
        ",\n"
    }

    fn end(&self, problems: &[Problem], _: &Summary) -> String {
        let notifications = problems.iter().map(Notification::new).collect();
        let invocation = Invocation {
            execution_successful: problems.is_empty(),
            tool_execution_notifications: notifications,
        };
        format!("\n],\n\"invocations\":[{}]}}]}}\n", to_json(&invocation))
    }
}

fn to_json(value: &impl Serialize) -> String {
    // Only maps with keys that are no strings, or a failing `Serialize`, can fail; there are none here.
    serde_json::to_string(value).unwrap_or_default()
}

#[derive(Serialize)]
struct Tool {
    driver: Driver,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Driver {
    name: &'static str,
    semantic_version: &'static str,
    rules: Vec<Descriptor>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Descriptor {
    id: &'static str,
    short_description: Text,
    full_description: Text,
    help: Text,
    default_configuration: Configuration,
    properties: Tags,
}

#[derive(Serialize)]
struct Text {
    text: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    markdown: Option<String>,
}

#[derive(Serialize)]
struct Configuration {
    level: &'static str,
}

#[derive(Serialize)]
struct Tags {
    tags: [&'static str; 1],
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ResultObject<'a> {
    rule_id: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    rule_index: Option<usize>,
    level: &'static str,
    message: Text,
    locations: [Location<'a>; 1],
    partial_fingerprints: Fingerprints,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    fixes: Vec<FixObject<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    properties: Option<Tags>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Location<'a> {
    physical_location: PhysicalLocation<'a>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct PhysicalLocation<'a> {
    artifact_location: ArtifactLocation<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    region: Option<Region>,
}

#[derive(Clone, Copy, Serialize)]
#[serde(rename_all = "camelCase")]
struct ArtifactLocation<'a> {
    uri: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    uri_base_id: Option<&'static str>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Region {
    start_line: u32,
    start_column: u32,
    end_line: u32,
    end_column: u32,
    byte_offset: u32,
    byte_length: usize,
}

#[derive(Serialize)]
struct Fingerprints {
    #[serde(rename = "recountFinding/v1")]
    finding: String,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct FixObject<'a> {
    description: Text,
    artifact_changes: [ArtifactChange<'a>; 1],
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ArtifactChange<'a> {
    artifact_location: ArtifactLocation<'a>,
    replacements: Vec<Replacement<'a>>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Replacement<'a> {
    deleted_region: Region,
    inserted_content: Content<'a>,
}

#[derive(Serialize)]
struct Content<'a> {
    text: &'a str,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Invocation {
    execution_successful: bool,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    tool_execution_notifications: Vec<Notification>,
}

#[derive(Serialize)]
struct Notification {
    level: &'static str,
    message: Text,
    locations: [OwnedLocation; 1],
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct OwnedLocation {
    physical_location: OwnedPhysicalLocation,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct OwnedPhysicalLocation {
    artifact_location: OwnedArtifactLocation,
}

#[derive(Serialize)]
struct OwnedArtifactLocation {
    uri: String,
}

impl Descriptor {
    fn new(rule: &'static Rule) -> Self {
        let summary = rule.summary();
        let manual = manual(rule);
        // What a finished postmortem is held to; of a rule that is silent by then, what it was before.
        let level = rule.levels.by_stage().into_iter().rev().flatten().next();
        Self {
            id: rule.name,
            full_description: Text::plain(paragraph(&rule.section("Why")).unwrap_or_else(|| summary.clone())),
            short_description: Text::plain(summary),
            help: Text { text: manual.clone(), markdown: Some(manual) },
            default_configuration: Configuration { level: level.map_or("none", Level::as_str) },
            properties: Tags { tags: [rule.group.heading()] },
        }
    }
}

/// The whole manual, without the blank that doc comments put before each line.
fn manual(rule: &Rule) -> String {
    let lines = rule.docs.lines().map(|line| line.strip_prefix(' ').unwrap_or(line));
    lines.collect::<Vec<_>>().join("\n").trim().to_owned()
}

/// The first paragraph on one line.
fn paragraph(text: &str) -> Option<String> {
    let lines = text.lines().take_while(|line| !line.trim().is_empty()).map(str::trim);
    Some(lines.collect::<Vec<_>>().join(" ")).filter(|text| !text.is_empty())
}

impl Text {
    fn plain(text: String) -> Self {
        Self { text, markdown: None }
    }
}

impl<'a> ResultObject<'a> {
    fn new(
        checked: &Checked<'_>,
        address: &'a str,
        finding: &'a Finding,
        fix: Option<&'a Fix>,
        fingerprint: String,
    ) -> Self {
        let artifact = ArtifactLocation::new(address);
        let region = Some(Region::new(checked, finding.span));
        let physical_location = PhysicalLocation { artifact_location: artifact, region };
        Self {
            rule_id: finding.rule.name,
            rule_index: RULES.iter().position(|rule| rule.name == finding.rule.name),
            level: finding.level.as_str(),
            message: Text::plain(in_sentences(finding)),
            locations: [Location { physical_location }],
            partial_fingerprints: Fingerprints { finding: fingerprint },
            fixes: fix.map(|fix| FixObject::new(checked, artifact, fix)).into_iter().collect(),
            properties: finding.due.then_some(Tags { tags: ["due"] }),
        }
    }
}

impl<'a> ArtifactLocation<'a> {
    fn new(uri: &'a str) -> Self {
        Self { uri, uri_base_id: (!uri.starts_with("file:")).then_some("%SRCROOT%") }
    }
}

impl Region {
    fn new(checked: &Checked<'_>, span: Span) -> Self {
        let Position { line: start_line, column: start_column } = checked.position_utf16(span.start);
        let Position { line: end_line, column: end_column } = checked.position_utf16(span.end);
        let (byte_offset, byte_length) = (span.start, span.len());
        Self { start_line, start_column, end_line, end_column, byte_offset, byte_length }
    }
}

impl<'a> FixObject<'a> {
    fn new(checked: &Checked<'_>, artifact: ArtifactLocation<'a>, fix: &'a Fix) -> Self {
        let replacements = fix.edits.iter().map(|edit| Replacement {
            deleted_region: Region::new(checked, edit.span),
            inserted_content: Content { text: &edit.text },
        });
        let change = ArtifactChange { artifact_location: artifact, replacements: replacements.collect() };
        Self { description: Text::plain(fix.title.clone()), artifact_changes: [change] }
    }
}

impl Notification {
    fn new(problem: &Problem) -> Self {
        let mut text = String::new();
        push_sentence(&mut text, &problem.message);
        push_sentence(&mut text, &problem.hint);
        let artifact_location = OwnedArtifactLocation { uri: uri(&problem.path) };
        let physical_location = OwnedPhysicalLocation { artifact_location };
        Self { level: "error", message: Text::plain(text), locations: [OwnedLocation { physical_location }] }
    }
}

// The stage whose level is the default is the last one.
const _: () = assert!(matches!(Stage::ALL, [.., Stage::Final]));
