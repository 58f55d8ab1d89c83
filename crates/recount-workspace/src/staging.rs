//! A postmortem that moves to another stage, and what stands in its way.

use std::path::Path;

use jiff::civil::Date;
use recount_engine::document::{Document, Stage};
use recount_engine::lint::{Finding, Level, Options};

use crate::{Failure, Workspace};

impl Workspace {
    /// The document at another stage; from `final` on with the day. Who has reviewed it before has still done so.
    ///
    /// # Errors
    ///
    /// Where its front matter cannot be changed.
    pub fn at_stage(
        &self,
        document: &Document,
        stage: Stage,
        reviewed_by: &[String],
        today: Date,
    ) -> Result<Document, Failure> {
        let mut changed = document.changed(&document.set_stage(stage)?)?;
        if stage == Stage::Final
            && (document.stage() < Stage::Final || document.front_matter().finalized.is_none())
        {
            changed = changed.changed(&changed.set_front_matter("finalized", &today.to_string())?)?;
        }
        if !reviewed_by.is_empty() {
            let mut names = document.front_matter().reviewed_by.clone();
            for name in reviewed_by {
                let name = name.replace(['"', '\\'], "");
                if !names.contains(&name) {
                    names.push(name);
                }
            }
            let people: Vec<String> =
                names.iter().map(|name| format!("\"{}\"", name.replace(['"', '\\'], ""))).collect();
            changed = changed
                .changed(&changed.set_front_matter("reviewed-by", &format!("[{}]", people.join(", ")))?)?;
        }
        Ok(changed)
    }

    /// The errors that a document has at a stage: what keeps it from there. Nothing keeps one from being a draft.
    pub fn in_the_way(&self, path: &Path, document: &Document, stage: Stage, today: Date) -> Vec<Finding> {
        if stage == Stage::Draft {
            return Vec::new();
        }
        let options = Options { stage: Some(stage), ..Options::default() };
        let mut findings = self.findings(path, document, today, options);
        findings.retain(|finding| finding.level == Level::Error);
        findings
    }
}

/// Why a document is not ready for a stage, by what stands in its way.
pub fn not_ready(name: &str, stage: Stage, findings: &[Finding]) -> Failure {
    const SHOWN: usize = 5;
    let shown: Vec<String> = findings
        .iter()
        .take(SHOWN)
        .map(|finding| format!("  {} ({})", finding.message, finding.rule.name))
        .collect();
    let more = findings.len().saturating_sub(SHOWN);
    let more = if more > 0 { format!("\n  and {more} more") } else { String::new() };
    Failure::new(format!("`{name}` is not ready for stage `{stage}`:\n{}{more}", shown.join("\n")))
}
