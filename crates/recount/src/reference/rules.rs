//! `docs/reference/rules.md`: every rule with its manual, from the registry of rules.

use std::fmt::Write as _;

use recount_engine::lint::{Level, RULES, Rule};
use recount_workspace::told::rules::manual;

use super::{cell, demoted, heading, repository};

const ABOUT: &str = "\
What `recount check` looks for. `recount explain RULE` prints a rule's part of this page. A level depends on \
the [stage](../checker.md#stages-and-levels) that a document claims; `recount.toml` can change it. Rules with \
*fix* can mend at least some of what they find, with `recount check --fix`. Rules with *due* depend on today's \
date and fail a check only with `--due`.";

pub(super) fn page() -> String {
    let mut rules: Vec<&Rule> = RULES.to_vec();
    rules.sort_by_key(|rule| (rule.group, rule.name));
    let mut out = heading("Rules", ABOUT);
    for group in rules.chunk_by(|a, b| a.group == b.group) {
        let _ = write!(out, "\n**{}**\n\n", group[0].group.heading());
        out.push_str("| rule | draft | review | final | | finds |\n|---|---|---|---|---|---|\n");
        for rule in group {
            let [draft, review, last] = rule.levels.by_stage().map(|level| level.map_or("–", Level::as_str));
            let marks = [(has_fix(rule), "fix"), (rule.due, "due")];
            let marks: Vec<&str> = marks.iter().filter(|(is, _)| *is).map(|(_, mark)| *mark).collect();
            let (name, marks, summary) = (rule.name, marks.join(", "), cell(&rule.summary()));
            let _ =
                writeln!(out, "| [`{name}`](#{name}) | {draft} | {review} | {last} | {marks} | {summary} |");
        }
    }
    for group in rules.chunk_by(|a, b| a.group == b.group) {
        let _ = write!(out, "\n## {}\n", group[0].group.heading());
        for rule in group {
            let manual = demoted(&manual(rule), 2);
            let manual = if has_fix(rule) {
                manual.replacen(
                    "\n#### ",
                    "\nA certain fix exists: `recount check --fix` applies it.\n\n#### ",
                    1,
                )
            } else {
                manual
            };
            out.push('\n');
            out.push_str(&said(&manual));
        }
    }
    out
}

/// Whether the rule mends what it finds in its fixture. The snapshot beside that says so, and the
/// engine's tests hold the snapshot against the rule.
fn has_fix(rule: &Rule) -> bool {
    let snapshot = repository().join("crates/recount-engine/tests/rules").join(rule.name).join("bad.snap");
    std::fs::read_to_string(snapshot).is_ok_and(|text| text.lines().any(|line| line.starts_with("  fix:  ")))
}

/// Which examples are found, in words: a reader of the page does not see the word behind a fence.
fn said(manual: &str) -> String {
    let lines = manual.lines().map(|line| match line.strip_prefix("```markdown ") {
        Some(info) if info.starts_with("bad") => "Found:\n\n```markdown\n".to_owned(),
        Some(_) => "Not found:\n\n```markdown\n".to_owned(),
        None => format!("{line}\n"),
    });
    lines.collect()
}
