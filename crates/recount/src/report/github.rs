//! `github`: workflow commands, which GitHub shows beside the changed lines.

use recount_engine::lint::{Finding, Level};

use super::escape::{push_command_data, push_command_property};
use super::{Checked, Format, Look, Paths, Problem, Report, Summary, human, push_number};

pub(super) static FORMAT: Format = Format {
    name: "github",
    about: "annotations for GitHub Actions",
    fixes: true,
    paths: Paths::Repository,
    report: |_: Look| Box::new(GitHub),
};

struct GitHub;

impl Report for GitHub {
    fn document(&self, checked: &Checked<'_>) -> String {
        let mut out = String::with_capacity(checked.findings.len() * 256);
        for finding in checked.findings.iter() {
            annotation(&mut out, checked, finding);
        }
        out
    }

    fn end(&self, problems: &[Problem], summary: &Summary) -> String {
        let mut out = String::new();
        for problem in problems {
            out.push_str("::error file=");
            push_command_property(&mut out, &problem.path);
            out.push_str("::");
            push_command_data(&mut out, &problem.message);
            if !problem.hint.is_empty() {
                out.push_str("%0A");
                push_command_data(&mut out, &problem.hint);
            }
            out.push('\n');
        }
        out.push_str(&human::summary_line(summary));
        out.push('\n');
        out
    }
}

fn annotation(out: &mut String, checked: &Checked<'_>, finding: &Finding) {
    out.push_str(match finding.level {
        Level::Error => "::error file=",
        Level::Warning => "::warning file=",
        Level::Note => "::notice file=",
    });
    push_command_property(out, checked.path);
    let start = checked.position(finding.span.start);
    let end = checked.position(finding.span.end);
    out.push_str(",line=");
    push_number(out, start.line);
    // Columns are refused when they belong to different lines.
    if start.line == end.line {
        out.push_str(",col=");
        push_number(out, start.column);
    }
    out.push_str(",endLine=");
    push_number(out, end.line);
    if start.line == end.line {
        out.push_str(",endColumn=");
        push_number(out, end.column);
    }
    out.push_str(",title=");
    push_command_property(out, finding.rule.name);
    out.push_str("::");
    push_command_data(out, &finding.message);
    out.push_str("%0Awhy: ");
    push_command_data(out, &finding.why);
    out.push_str("%0Ahelp: ");
    push_command_data(out, &finding.help);
    out.push('\n');
}
