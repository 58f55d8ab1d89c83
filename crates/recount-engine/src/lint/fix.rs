//! `--fix`: applies the fixes of findings until nothing changes. There is no second fix path: what
//! is applied is what the findings carry.

use std::collections::HashMap;

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

/// Applies non-overlapping fixes until nothing changes. A fix that adds an error which was not there is
/// left to people, whatever others mend: a missing section, once it is there, is blank. Only its own error
/// may a fix turn into another: a missing field into a blank one. A document without a word is left alone:
/// all that could be done is to write the template.
pub fn fix(
    bytes: &[u8],
    config: &Config,
    levels: &LevelTable,
    library: &dyn Library,
    today: Date,
    options: Options,
) -> Fixed {
    let findings = |document: &Document| {
        let context = Context::new(document, config, levels, library, today);
        check(&context, Options { fixes: true, ..options })
    };
    let run = |bytes: &[u8]| findings(&Document::parse(bytes));
    let document = Document::parse(bytes);
    let mut fixed = Fixed { bytes: bytes.to_vec(), titles: Vec::new(), findings: findings(&document) };
    if !has_words(bytes) || document.unresolved_conflict().is_some() {
        return fixed;
    }
    for _ in 0..ROUNDS {
        let mut chosen: Vec<(&Fix, bool)> = Vec::new();
        for finding in &fixed.findings {
            let Some(fix) = &finding.fix else { continue };
            let collides = |edit: &Edit| {
                chosen.iter().flat_map(|(other, _)| &other.edits).any(|taken| collide(taken, edit))
            };
            if !fix.edits.iter().any(collides) {
                chosen.push((fix, finding.level == Level::Error));
            }
        }
        let mut round = Round {
            bytes: &fixed.bytes,
            run: &run,
            kept: Vec::new(),
            errors: errors(&fixed.findings),
            result: None,
        };
        round.keep(&chosen);
        let Some((bytes, findings)) = round.result else { break };
        let titles: Vec<String> = round.kept.iter().map(|fix| fix.title.clone()).collect();
        fixed.titles.extend(titles);
        fixed.bytes = bytes;
        fixed.findings = findings;
    }
    fixed
}

/// Whether anything is written below the front matter.
fn has_words(bytes: &[u8]) -> bool {
    let document = Document::parse(bytes);
    document.text()[document.source().body_start()..].contains(char::is_alphanumeric)
}

/// The fixes that one text takes together.
struct Round<'f> {
    bytes: &'f [u8],
    run: &'f dyn Fn(&[u8]) -> Vec<Finding>,
    kept: Vec<&'f Fix>,
    /// The errors that are left with those that are kept.
    errors: Errors,
    /// The text with them, and what is found in it; none while it is as it was.
    result: Option<(Vec<u8>, Vec<Finding>)>,
}

impl<'f> Round<'f> {
    /// Keeps those of `fixes` that add no error: all, or what is left of each half.
    fn keep(&mut self, fixes: &[(&'f Fix, bool)]) {
        if fixes.is_empty() || self.keep_all(fixes) || fixes.len() == 1 {
            return;
        }
        let (first, second) = fixes.split_at(fixes.len() / 2);
        self.keep(first);
        self.keep(second);
    }

    fn keep_all(&mut self, fixes: &[(&'f Fix, bool)]) -> bool {
        let all = self.kept.iter().copied().chain(fixes.iter().map(|(fix, _)| *fix));
        let edits: Vec<Edit> = all.flat_map(|fix| fix.edits.iter().cloned()).collect();
        let Ok(bytes) = apply(self.bytes, &edits) else { return false };
        let before = self.result.as_ref().map_or(self.bytes, |(bytes, _)| bytes);
        if bytes == before {
            return false;
        }
        let findings = (self.run)(&bytes);
        let errors = errors(&findings);
        let more = |than: &Errors, in_it: &Errors| -> usize {
            in_it
                .iter()
                .map(|(error, count)| count.saturating_sub(than.get(error).copied().unwrap_or(0)))
                .sum()
        };
        let (added, gone) = (more(&self.errors, &errors), more(&errors, &self.errors));
        let turns_its_own = fixes.len() == 1 && fixes[0].1 && added == 1 && gone >= 1;
        if added > 0 && !turns_its_own {
            return false;
        }
        self.kept.extend(fixes.iter().map(|(fix, _)| *fix));
        self.errors = errors;
        self.result = Some((bytes, findings));
        true
    }
}

/// How often each error, by its rule and message, is there.
type Errors = HashMap<(&'static str, String), usize>;

/// Edits collide when they share bytes or touch: two insertions in one place may depend on each other.
fn collide(a: &Edit, b: &Edit) -> bool {
    a.span.start <= b.span.end && b.span.start <= a.span.end
}

fn errors(findings: &[Finding]) -> Errors {
    let mut errors = Errors::new();
    for finding in findings.iter().filter(|finding| finding.level == Level::Error) {
        *errors.entry((finding.rule.name, finding.message.to_string())).or_default() += 1;
    }
    errors
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
        let options = Options { fixes: true, ..Options::default() };
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
        let options = Options {
            stage: Some(crate::document::Stage::Draft),
            due: true,
            fixes: true,
            ..Options::default()
        };
        let text = b"# Seats were sold twice\n\n## Incident summary\n\n- **Incident ID**: INC-1\n- **Severity**: Sev1\n\
            - **Start time** (UTC): 2026-11-20 10:00\n- **End time** (UTC): 2026-11-20 10:20\n- **Duration**: 20m\n\
            - **Primary services impacted**: inventory\n- **Customer impact summary**: Seats were sold twice\n";
        let today = jiff::civil::date(2026, 11, 23);
        let fixed = fix(text, &config, &levels, &NoLibrary, today, options);
        let again = fix(&fixed.bytes, &config, &levels, &NoLibrary, today, options);
        assert_eq!(String::from_utf8_lossy(&again.bytes), String::from_utf8_lossy(&fixed.bytes));
    }

    #[test]
    fn a_document_without_words_is_left_alone() {
        let config = Config::default();
        let levels = LevelTable::new(&config);
        let today = jiff::civil::date(2026, 11, 23);
        for stage in crate::document::Stage::ALL {
            let options = Options { stage: Some(stage), due: true, fixes: true, ..Options::default() };
            for text in ["", "\n\n", "---\nstage: draft\n---\n\n", "#\n\n- \n"] {
                let fixed = fix(text.as_bytes(), &config, &levels, &NoLibrary, today, options);
                assert_eq!(String::from_utf8_lossy(&fixed.bytes), text);
                assert!(fixed.titles.is_empty());
            }
        }
    }

    #[test]
    fn what_one_fix_mends_does_not_pay_for_the_error_that_another_adds() {
        let old = Errors::from([(("a", "x".to_owned()), 1), (("b", "y".to_owned()), 1)]);
        let edit = |at, text: &str| Fix { title: text.to_owned(), edits: vec![Edit::insert(at, text)] };
        let (mends, harms) = (edit(0, "mends "), edit(1, "harms "));
        let rule = crate::lint::RULES[0];
        let found = |message: &str| Finding {
            rule,
            level: Level::Error,
            span: crate::document::Span::default(),
            message: message.to_owned().into(),
            why: "".into(),
            help: "".into(),
            fix: None,
            due: false,
        };
        // One takes two errors away, the other brings one that was not there.
        let run = |bytes: &[u8]| {
            let text = String::from_utf8_lossy(bytes).into_owned();
            if text.contains("harms") { vec![found("new")] } else { Vec::new() }
        };
        let mut round = Round { bytes: b"ab", run: &run, kept: Vec::new(), errors: old, result: None };
        round.keep(&[(&mends, true), (&harms, false)]);
        assert_eq!(round.kept, [&mends]);
    }
}
