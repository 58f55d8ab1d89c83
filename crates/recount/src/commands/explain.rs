//! `recount explain`: a rule's manual.

use std::io::Write as _;

use recount_engine::lint::{self, Group, RULES, Rule};

use crate::Outcome;
use crate::environment::Environment;
use crate::error::{CliError, Exit};

/// Explain a rule: what it finds, why it matters, where that comes from, examples
///
/// Without a rule, lists all of them.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The rule
    rule: Option<String>,
}

pub(crate) fn run(args: Args, environment: &mut Environment) -> Outcome {
    let Some(name) = args.rule else { return list(environment) };
    let Some(rule) = lint::rule(name.trim()) else {
        let error = CliError::new(format!("there is no rule `{name}`"));
        return Err(match lint::nearest_rule(&name) {
            Some(near) => error.hint(format!("did you mean `{near}`? `recount explain` lists all")),
            None => error.hint("`recount explain` lists all"),
        });
    };
    write!(environment.out(), "{}", manual(rule))?;
    Ok(Exit::Done)
}

/// The rule's manual as Markdown, with its levels.
pub(crate) fn manual(rule: &Rule) -> String {
    let [draft, review, last] =
        rule.levels.by_stage().map(|level| level.map_or("silent", |level| level.as_str()));
    let due = if rule.due {
        "\nIt depends on today's date: without `--due` it is reported as a note.\n"
    } else {
        ""
    };
    let body: Vec<&str> = rule.docs.lines().map(|line| line.strip_prefix(' ').unwrap_or(line)).collect();
    let body = body.join("\n");
    let rest = body.split_once("\n\n").map_or("", |(_, rest)| rest).trim();
    format!(
        "# {}\n\n{}\n\nLevel: {draft} in a draft, {review} in review, {last} when final.\n{due}\n{rest}\n",
        rule.name,
        rule.summary()
    )
}

fn list(environment: &mut Environment) -> Outcome {
    let mut rules: Vec<&&Rule> = RULES.iter().collect();
    rules.sort_by_key(|rule| (rule.group, rule.name));
    let width = rules.iter().map(|rule| rule.name.len()).max().unwrap_or(0);
    let room = environment.width().saturating_sub(width + 4).max(30);
    let mut group: Option<Group> = None;
    for rule in rules {
        if group != Some(rule.group) {
            let gap = if group.is_some() { "\n" } else { "" };
            writeln!(environment.out(), "{gap}{}", rule.group.heading())?;
            group = Some(rule.group);
        }
        let summary = rule.summary();
        let cut: String = summary.chars().take(room).collect();
        let dots = if summary.chars().count() > room { "…" } else { "" };
        writeln!(environment.out(), "  {:width$}  {cut}{dots}", rule.name)?;
    }
    Ok(Exit::Done)
}
