//! What rules found in one postmortem, as its page, the API and an editor get it: places as bytes and as lines.
//!
//! What does not live here: reports over many documents for build servers (`check`), with names that outlast edits.

use recount_engine::document::{Document, LineIndex, Stage};
use recount_engine::lint::Finding as Found;
use serde::Serialize;

use super::Header;

/// The findings of a postmortem in JSON.
///
/// Lines and columns count from 1, columns in Unicode scalar values, a byte order mark has none. Offsets count bytes
/// of the file from 0. Every end is one past the last.
#[derive(Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Output {
    /// Which format this is.
    pub recount: Header,
    /// What it was held to: `draft`, `review` or `final`.
    pub stage: String,
    /// What was found, in its order.
    pub findings: Vec<Finding>,
}

/// What a rule found.
#[derive(Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Finding {
    /// The name of the rule.
    pub rule: &'static str,
    /// `error`, `warning` or `note`: how much it matters at the stage. Only errors fail a check.
    pub level: &'static str,
    /// Whether it depends on today's date.
    pub due: bool,
    /// What is wrong; one sentence without a full stop.
    pub message: String,
    /// Why it matters; one sentence without a full stop.
    pub why: String,
    /// What to do; one sentence without a full stop.
    pub help: String,
    /// Where it begins.
    pub start: Place,
    /// Where it ends; equal to its start where something is missing.
    pub end: Place,
    /// The certain way to mend it; none where there is no certain one.
    pub fix: Option<Fix>,
}

/// A place in a document.
#[derive(Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Place {
    /// Bytes before it.
    pub offset: u32,
    /// Line, from 1.
    pub line: u32,
    /// Column in Unicode scalar values, from 1.
    pub column: u32,
}

/// A certain way to mend a finding.
#[derive(Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Fix {
    /// What it does.
    pub title: String,
    /// How: all of them or none. Their ranges are of the document as it was checked.
    pub edits: Vec<Edit>,
}

/// A range of bytes and the text that takes its place.
#[derive(Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Edit {
    /// First byte that goes.
    pub start: u32,
    /// One past the last byte that goes.
    pub end: u32,
    /// What comes.
    pub text: String,
}

impl Output {
    /// What the format is called.
    pub const HEADER: Header = Header { format: "findings", version: 1 };

    /// Findings of a document that was held to a stage.
    pub fn of(document: &Document, stage: Stage, findings: &[Found]) -> Self {
        let lines = LineIndex::new(document.text());
        let place = |offset| {
            let at = lines.position(document.text(), offset);
            Place { offset, line: at.line, column: at.column }
        };
        let finding = |found: &Found| Finding {
            rule: found.rule.name,
            level: found.level.as_str(),
            due: found.due,
            message: found.message.to_string(),
            why: found.why.to_string(),
            help: found.help.to_string(),
            start: place(found.span.start),
            end: place(found.span.end),
            fix: found.fix.as_ref().map(|fix| Fix {
                title: fix.title.clone(),
                edits: fix
                    .edits
                    .iter()
                    .map(|edit| Edit { start: edit.span.start, end: edit.span.end, text: edit.text.clone() })
                    .collect(),
            }),
        };
        Self {
            recount: Self::HEADER,
            stage: stage.to_string(),
            findings: findings.iter().map(finding).collect(),
        }
    }
}
