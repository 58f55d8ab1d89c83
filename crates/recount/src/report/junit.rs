//! `junit`: XML for CI systems that show test results. A document is a suite, a rule that found
//! something in it is a case. Only errors fail a case, as only errors fail a check; what is said of
//! warnings and notes is the output of a case that passed.

use recount_engine::lint::{Finding, Level};

use super::escape::push_xml;
use super::{Checked, Format, Look, Paths, Problem, Report, Summary, push_number};

pub(super) static FORMAT: Format = Format {
    name: "junit",
    about: "JUnit XML for CI systems",
    fixes: false,
    paths: Paths::Repository,
    report: |_: Look| Box::new(JUnit),
};

struct JUnit;

impl Report for JUnit {
    fn begin(&self) -> String {
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites name=\"recount check\">\n".to_owned()
    }

    fn document(&self, checked: &Checked<'_>) -> String {
        let rules = by_rule(&checked.findings);
        let failures = rules.iter().filter(|(_, findings)| fails(findings)).count();
        let mut out = String::with_capacity(256 + checked.findings.len() * 256);
        open_suite(&mut out, checked.path, rules.len().max(1), failures, 0);
        if rules.is_empty() {
            open_case(&mut out, checked.path, "check");
            out.push_str("/>\n");
        }
        for (rule, findings) in &rules {
            open_case(&mut out, checked.path, rule);
            out.push_str(">\n");
            case(&mut out, checked, findings);
            out.push_str("    </testcase>\n");
        }
        out.push_str("  </testsuite>\n");
        out
    }

    fn end(&self, problems: &[Problem], _: &Summary) -> String {
        let mut out = String::new();
        for problem in problems {
            open_suite(&mut out, &problem.path, 1, 0, 1);
            open_case(&mut out, &problem.path, "read");
            out.push_str(">\n      <error type=\"unreadable\" message=\"");
            push_xml(&mut out, &problem.message);
            out.push_str("\">");
            push_xml(&mut out, &problem.hint);
            out.push_str("</error>\n    </testcase>\n  </testsuite>\n");
        }
        out.push_str("</testsuites>\n");
        out
    }
}

/// Findings of the same rule together, rules in the order of their first finding.
fn by_rule(findings: &[Finding]) -> Vec<(&'static str, Vec<&Finding>)> {
    let mut rules: Vec<(&'static str, Vec<&Finding>)> = Vec::new();
    for finding in findings {
        match rules.iter_mut().find(|(rule, _)| *rule == finding.rule.name) {
            Some((_, found)) => found.push(finding),
            None => rules.push((finding.rule.name, vec![finding])),
        }
    }
    rules
}

fn fails(findings: &[&Finding]) -> bool {
    findings.iter().any(|finding| finding.level == Level::Error)
}

fn open_suite(out: &mut String, path: &str, tests: usize, failures: usize, errors: usize) {
    out.push_str("  <testsuite name=\"");
    push_xml(out, path);
    for (name, count) in [("tests", tests), ("failures", failures), ("errors", errors), ("skipped", 0)] {
        out.push_str("\" ");
        out.push_str(name);
        out.push_str("=\"");
        push_number(out, count as u32);
    }
    out.push_str("\" time=\"0\">\n");
}

fn open_case(out: &mut String, path: &str, name: &str) {
    out.push_str("    <testcase classname=\"");
    push_xml(out, path);
    out.push_str("\" name=\"");
    push_xml(out, name);
    out.push_str("\" file=\"");
    push_xml(out, path);
    out.push_str("\" time=\"0\"");
}

/// What the case says: one failure that holds every error, since many readers show only the first.
fn case(out: &mut String, checked: &Checked<'_>, findings: &[&Finding]) {
    let (errors, rest): (Vec<&Finding>, Vec<&Finding>) =
        findings.iter().partition(|finding| finding.level == Level::Error);
    if let Some(first) = errors.first() {
        out.push_str("      <failure type=\"");
        push_xml(out, first.rule.name);
        out.push_str("\" message=\"");
        push_xml(out, &first.message);
        out.push_str("\">");
        lines(out, checked, &errors);
        out.push_str("</failure>\n");
    }
    if !rest.is_empty() {
        out.push_str("      <system-out>");
        lines(out, checked, &rest);
        out.push_str("</system-out>\n");
    }
}

fn lines(out: &mut String, checked: &Checked<'_>, findings: &[&Finding]) {
    for (index, finding) in findings.iter().enumerate() {
        if index > 0 {
            out.push('\n');
        }
        let position = checked.position(finding.span.start);
        push_xml(out, checked.path);
        out.push(':');
        push_number(out, position.line);
        out.push(':');
        push_number(out, position.column);
        out.push_str(": ");
        out.push_str(finding.level.as_str());
        for (label, part) in
            [(": ", &finding.message), ("\n  why: ", &finding.why), ("\n  help: ", &finding.help)]
        {
            out.push_str(label);
            push_xml(out, part);
        }
    }
}
