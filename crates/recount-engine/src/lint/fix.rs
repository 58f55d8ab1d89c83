//! `--fix`: applies the fixes of findings until nothing changes. There is no second fix path: what
//! is applied is what the findings carry.

use super::{Context, Finding, Level, LevelTable, Library, Options, check};
use crate::config::Config;
use crate::document::Document;
use crate::document::edit::{Edit, apply};

use jiff::civil::Date;

/// A document after its certain fixes.
#[derive(Clone, Debug)]
pub struct Fixed {
    /// The bytes to write; those that were read when nothing could be fixed.
    pub bytes: Vec<u8>,
    /// What was done, in order.
    pub titles: Vec<String>,
    /// What is left.
    pub findings: Vec<Finding>,
}

/// More rounds than any document needs; a fix that undoes another ends here.
const ROUNDS: usize = 10;

/// Applies non-overlapping fixes until nothing changes. A round that would leave more errors than it
/// found is dropped.
pub fn fix(
    bytes: &[u8],
    config: &Config,
    levels: &LevelTable,
    library: &dyn Library,
    today: Date,
    options: Options,
) -> Fixed {
    let run = |bytes: &[u8]| {
        let document = Document::parse(bytes);
        let context = Context::new(&document, config, levels, library, today);
        check(&context, options)
    };
    let mut fixed = Fixed { bytes: bytes.to_vec(), titles: Vec::new(), findings: run(bytes) };
    for _ in 0..ROUNDS {
        let mut edits: Vec<Edit> = Vec::new();
        let mut titles = Vec::new();
        for finding in &fixed.findings {
            let Some(fix) = &finding.fix else { continue };
            if fix.edits.iter().any(|edit| edits.iter().any(|taken| collide(taken, edit))) {
                continue;
            }
            edits.extend(fix.edits.iter().cloned());
            titles.push(fix.title.clone());
        }
        let Ok(next) = apply(&fixed.bytes, &edits) else { break };
        if next == fixed.bytes {
            break;
        }
        let findings = run(&next);
        if errors(&findings) > errors(&fixed.findings) {
            break;
        }
        fixed.bytes = next;
        fixed.titles.append(&mut titles);
        fixed.findings = findings;
    }
    fixed
}

/// Edits collide when they share bytes or touch: two insertions in one place may depend on each other.
fn collide(a: &Edit, b: &Edit) -> bool {
    a.span.start <= b.span.end && b.span.start <= a.span.end
}

fn errors(findings: &[Finding]) -> usize {
    findings.iter().filter(|finding| finding.level == Level::Error).count()
}
