//! `--fix`: applies the fixes of findings until nothing changes. There is no second fix path: what
//! is applied is what the findings carry.

use super::{Context, Finding, Fix, Level, LevelTable, Library, Options, check};
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

/// More rounds than any document needs: sections that are missing in one place come one a round. A fix
/// that undoes another ends here.
const ROUNDS: usize = 64;

/// Applies non-overlapping fixes until nothing changes. Where a round would leave more errors than it
/// found, its fixes are tried half by half, and those that add errors are left to people: a missing
/// section, once it is there, is blank.
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
        check(&context, Options { fixes: true, ..options })
    };
    let mut fixed = Fixed { bytes: bytes.to_vec(), titles: Vec::new(), findings: run(bytes) };
    for _ in 0..ROUNDS {
        let mut chosen: Vec<Fix> = Vec::new();
        for fix in fixed.findings.iter().filter_map(|finding| finding.fix.as_ref()) {
            let collides =
                |edit: &Edit| chosen.iter().flat_map(|other| &other.edits).any(|taken| collide(taken, edit));
            if !fix.edits.iter().any(collides) {
                chosen.push(fix.clone());
            }
        }
        // Applies the fixes, unless they leave more errors than there were.
        let improve = |chosen: &[Fix]| {
            let edits: Vec<Edit> = chosen.iter().flat_map(|fix| fix.edits.iter().cloned()).collect();
            let bytes = apply(&fixed.bytes, &edits).ok().filter(|bytes| *bytes != fixed.bytes)?;
            let findings = run(&bytes);
            (errors(&findings) <= errors(&fixed.findings)).then_some((bytes, findings))
        };
        let mut better = improve(&chosen);
        if better.is_none() && chosen.len() > 1 {
            chosen = harmless(chosen, &|fixes| improve(fixes).is_some());
            better = improve(&chosen);
        }
        let Some((bytes, findings)) = better else { break };
        fixed.bytes = bytes;
        fixed.findings = findings;
        fixed.titles.extend(chosen.into_iter().map(|fix| fix.title));
    }
    fixed
}

/// The fixes that do no harm: all, if together they do none, else those of each half. Few of many are
/// harmful, and so few have to be tried alone.
fn harmless(mut fixes: Vec<Fix>, is_harmless: &dyn Fn(&[Fix]) -> bool) -> Vec<Fix> {
    if fixes.is_empty() || is_harmless(&fixes) {
        return fixes;
    }
    let rest = fixes.split_off(fixes.len() / 2);
    if fixes.is_empty() {
        return fixes;
    }
    fixes = harmless(fixes, is_harmless);
    fixes.extend(harmless(rest, is_harmless));
    fixes
}

/// Edits collide when they share bytes or touch: two insertions in one place may depend on each other.
fn collide(a: &Edit, b: &Edit) -> bool {
    a.span.start <= b.span.end && b.span.start <= a.span.end
}

fn errors(findings: &[Finding]) -> usize {
    findings.iter().filter(|finding| finding.level == Level::Error).count()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lint::NoLibrary;

    #[test]
    fn a_fix_that_adds_errors_does_not_keep_the_others_from_being_applied() {
        let text = "# Seat maps did not load\n\n## Incident summary\n\n- **Incident ID**: INC-0021\n- \
                    **Severity**: SEV-2\n- **Start time** (UTC): 2026-03-02 10:00\n- **End time** (UTC): \
                    2026-03-02 10:20\n- **Duration**: 2h\n- **Primary services impacted**: inventory\n";
        let config = Config::default();
        let levels = LevelTable::new(&config);
        let today = jiff::civil::date(2026, 11, 23);
        let options = Options { stage: None, due: false, fixes: true };
        let fixed = fix(text.as_bytes(), &config, &levels, &NoLibrary, today, options);
        let text = String::from_utf8(fixed.bytes).expect("it was text before");
        assert!(text.contains("**Severity**: Sev2\n") && text.contains("**Duration**: 20m\n"), "{text}");
        assert!(text.contains("**Customer impact summary**:"), "{text}");
        assert!(!text.contains("## Impact"), "{text}");
        assert!(fixed.findings.iter().any(|finding| finding.rule.name == "missing-section"));
    }

    #[test]
    fn sections_that_are_missing_in_one_place_are_all_added() {
        let config = Config::default();
        let levels = LevelTable::new(&config);
        let options = Options { stage: Some(crate::document::Stage::Draft), due: true, fixes: true };
        let text = b"# Seats were sold twice\n\n## Incident summary\n\n- **Incident ID**: INC-1\n- **Severity**: Sev1\n\
            - **Start time** (UTC): 2026-11-20 10:00\n- **End time** (UTC): 2026-11-20 10:20\n- **Duration**: 20m\n\
            - **Primary services impacted**: inventory\n- **Customer impact summary**: Seats were sold twice\n";
        let today = jiff::civil::date(2026, 11, 23);
        let fixed = fix(text, &config, &levels, &NoLibrary, today, options);
        let again = fix(&fixed.bytes, &config, &levels, &NoLibrary, today, options);
        assert_eq!(String::from_utf8_lossy(&again.bytes), String::from_utf8_lossy(&fixed.bytes));
    }
}
