//! `json`: everything that is known of each finding, for programs. The types are the schema
//! (`docs/schemas/check.v1.json`): a change that a reader could notice is a new version.

use recount_engine::lint::{Finding, Level};
use serde::Serialize;

use crate::machine::Header;

use super::{Checked, Format, Look, Paths, Problem, Report, Summary};

pub(super) static FORMAT: Format = Format {
    name: "json",
    about: "everything, for programs; described by docs/schemas/check.v1.json",
    fixes: true,
    paths: Paths::Library,
    report: |_: Look| Box::new(Json),
};

/// The version of the shape below.
const VERSION: u32 = 1;

struct Json;

impl Report for Json {
    fn begin(&self) -> String {
        let header = Header { format: "check", version: VERSION };
        format!("{{\"recount\":{},\n\"documents\":[\n", to_json(&header))
    }

    fn document(&self, checked: &Checked<'_>) -> String {
        if checked.findings.is_empty() {
            return String::new();
        }
        to_json(&DocumentReport::new(checked))
    }

    fn separator(&self) -> &'static str {
        ",\n"
    }

    fn end(&self, problems: &[Problem], summary: &Summary) -> String {
        let problems: Vec<ProblemReport<'_>> = problems.iter().map(ProblemReport::new).collect();
        let summary = SummaryReport::new(summary);
        format!("\n],\n\"problems\":{},\n\"summary\":{}}}\n", to_json(&problems), to_json(&summary))
    }
}

fn to_json(value: &impl Serialize) -> String {
    // Only maps with keys that are no strings, or a failing `Serialize`, can fail; there are none here.
    serde_json::to_string(value).unwrap_or_default()
}

/// The result of `recount check --format json`.
///
/// Lines and columns count from 1, columns in Unicode scalar values, a byte order mark has none.
/// Offsets count bytes of the file from 0. Every end is one past the last.
#[cfg(test)]
#[derive(Serialize, schemars::JsonSchema)]
pub(crate) struct CheckReport<'a> {
    /// What this is.
    recount: Header,
    /// The documents in which something was found, in order of paths. What is not listed and no
    /// problem is clean.
    documents: Vec<DocumentReport<'a>>,
    /// What could not be read.
    problems: Vec<ProblemReport<'a>>,
    /// The sums.
    summary: SummaryReport,
}

/// A document with its findings.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[cfg_attr(test, schemars(rename = "Document"))]
struct DocumentReport<'a> {
    /// Its path, relative to the library unless it lies outside.
    path: &'a str,
    /// What it was held to.
    stage: StageName,
    /// What was found, in its order.
    findings: Vec<FindingReport<'a>>,
}

#[derive(Serialize)]
#[serde(rename_all = "kebab-case")]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[cfg_attr(test, schemars(rename = "Stage"))]
enum StageName {
    Draft,
    Review,
    Final,
}

/// What a rule found.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[cfg_attr(test, schemars(rename = "Finding"))]
struct FindingReport<'a> {
    /// The name of the rule; `recount explain RULE` tells more.
    rule: &'a str,
    /// How much it matters at the document's stage. Only errors fail a check.
    level: LevelName,
    /// Whether it depends on today's date and is a note for that reason.
    due: bool,
    /// What is wrong; one sentence without a full stop.
    message: &'a str,
    /// Why it matters; one sentence without a full stop.
    why: &'a str,
    /// What to do; one sentence without a full stop.
    help: &'a str,
    /// Where it begins.
    start: Place,
    /// Where it ends; equal to its start where something is missing.
    end: Place,
    /// What it is known by when the lines above it change; unique in its document.
    fingerprint: String,
    /// The certain way to mend it, where there is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    fix: Option<FixReport<'a>>,
}

#[derive(Serialize)]
#[serde(rename_all = "kebab-case")]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[cfg_attr(test, schemars(rename = "Level"))]
enum LevelName {
    Error,
    Warning,
    Note,
}

/// A place in a document.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct Place {
    /// Bytes before it.
    offset: u32,
    /// Line, from 1.
    line: u32,
    /// Column in Unicode scalar values, from 1.
    column: u32,
}

/// A certain way to mend a finding.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[cfg_attr(test, schemars(rename = "Fix"))]
struct FixReport<'a> {
    /// What it does.
    title: &'a str,
    /// How: all of them or none. Their ranges are of the document as it was checked.
    edits: Vec<EditReport<'a>>,
}

/// A range of bytes and the text that takes its place.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[cfg_attr(test, schemars(rename = "Edit"))]
struct EditReport<'a> {
    /// First byte that goes.
    start: u32,
    /// One past the last byte that goes.
    end: u32,
    /// What comes.
    text: &'a str,
}

/// What could not be checked.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[cfg_attr(test, schemars(rename = "Problem"))]
struct ProblemReport<'a> {
    /// Its path.
    path: &'a str,
    /// What is wrong; one sentence without a full stop.
    message: &'a str,
    /// What to do; may be empty.
    hint: &'a str,
}

/// The sums over all documents.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[cfg_attr(test, schemars(rename = "Summary"))]
struct SummaryReport {
    /// Documents that were checked.
    documents: usize,
    /// Documents in which something was found.
    affected: usize,
    /// Findings at level error.
    errors: usize,
    /// Findings at level warning.
    warnings: usize,
    /// Findings at level note that are not due.
    notes: usize,
    /// Findings that depend on today's date and were quieted for that reason.
    due: usize,
    /// Findings that carry a fix.
    fixable: usize,
    /// Fixes that were applied.
    fixed: usize,
    /// Findings that the baseline accepts; they are not listed.
    baselined: usize,
    /// Files that could not be read.
    unreadable: usize,
    /// How long it took, where that is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    elapsed_ms: Option<u64>,
}

impl<'a> DocumentReport<'a> {
    fn new(checked: &'a Checked<'_>) -> Self {
        use recount_engine::document::Stage;
        let names = super::fingerprints(checked);
        let findings = checked.findings.iter().zip(names);
        Self {
            path: checked.path,
            stage: match checked.stage {
                Stage::Draft => StageName::Draft,
                Stage::Review => StageName::Review,
                Stage::Final => StageName::Final,
            },
            findings: findings
                .map(|(finding, fingerprint)| FindingReport {
                    fix: checked.fix(finding).map(FixReport::new),
                    ..FindingReport::new(checked, finding, fingerprint)
                })
                .collect(),
        }
    }
}

impl<'a> FindingReport<'a> {
    fn new(checked: &Checked<'_>, finding: &'a Finding, fingerprint: String) -> Self {
        let place = |offset| {
            let position = checked.position(offset);
            Place { offset, line: position.line, column: position.column }
        };
        Self {
            rule: finding.rule.name,
            level: match finding.level {
                Level::Error => LevelName::Error,
                Level::Warning => LevelName::Warning,
                Level::Note => LevelName::Note,
            },
            due: finding.due,
            message: &finding.message,
            why: &finding.why,
            help: &finding.help,
            start: place(finding.span.start),
            end: place(finding.span.end),
            fingerprint,
            fix: None,
        }
    }
}

impl<'a> FixReport<'a> {
    fn new(fix: &'a recount_engine::lint::Fix) -> Self {
        let edits = fix.edits.iter();
        Self {
            title: &fix.title,
            edits: edits
                .map(|edit| EditReport { start: edit.span.start, end: edit.span.end, text: &edit.text })
                .collect(),
        }
    }
}

impl<'a> ProblemReport<'a> {
    fn new(problem: &'a Problem) -> Self {
        Self { path: &problem.path, message: &problem.message, hint: &problem.hint }
    }
}

impl SummaryReport {
    fn new(summary: &Summary) -> Self {
        Self {
            documents: summary.documents,
            affected: summary.affected,
            errors: summary.errors,
            warnings: summary.warnings,
            notes: summary.notes,
            due: summary.due,
            fixable: summary.fixable,
            fixed: summary.fixed,
            baselined: summary.baselined,
            unreadable: summary.unreadable,
            elapsed_ms: summary.elapsed.map(|elapsed| u64::try_from(elapsed.as_millis()).unwrap_or(u64::MAX)),
        }
    }
}
