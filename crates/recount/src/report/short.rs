//! `short`: one line a finding, for `grep`, editors and scripts.

use super::escape::line;
use super::{Checked, Format, Look, Paths, Problem, Report, Summary, push_number};

pub(super) static FORMAT: Format = Format {
    name: "short",
    about: "one line a finding: `path:line:column: level[rule] message`",
    fixes: false,
    paths: Paths::WorkingFolder,
    report: |_: Look| Box::new(Short),
};

struct Short;

impl Report for Short {
    // There can be tens of thousands of these lines: no `format!`, one string.
    fn document(&self, checked: &Checked<'_>) -> String {
        let path = line(checked.path);
        let size =
            checked.findings.iter().map(|f| path.len() + f.message.len() + f.rule.name.len() + 32).sum();
        let mut out = String::with_capacity(size);
        for finding in checked.findings.iter() {
            let position = checked.position(finding.span.start);
            out.push_str(&path);
            out.push(':');
            push_number(&mut out, position.line);
            out.push(':');
            push_number(&mut out, position.column);
            out.push_str(": ");
            out.push_str(if finding.due { "due" } else { finding.level.as_str() });
            out.push('[');
            out.push_str(finding.rule.name);
            out.push_str("] ");
            out.push_str(&line(&finding.message));
            out.push('\n');
        }
        out
    }

    fn end(&self, problems: &[Problem], _: &Summary) -> String {
        let mut out = String::new();
        for problem in problems {
            out.push_str(&line(&problem.path));
            out.push_str(": error: ");
            out.push_str(&line(&problem.message));
            if !problem.hint.is_empty() {
                out.push_str("; ");
                out.push_str(&line(&problem.hint));
            }
            out.push('\n');
        }
        out
    }
}
