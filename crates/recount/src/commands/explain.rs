//! `recount explain`: a rule's manual.

use std::io::Write as _;

use recount_engine::lint::{self, Group, Level, Rule};
use serde::Serialize;

use crate::Outcome;
use crate::environment::Environment;
use crate::error::{CliError, Exit};
use crate::machine::{self, Header};
use crate::wrap::labelled;

/// Explain a rule: what it finds, why it matters, where that comes from, examples
///
/// Without a rule, lists all of them.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The rule
    rule: Option<String>,

    /// How to print
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    format: Format,
}

#[derive(Clone, Copy, Debug, clap::ValueEnum)]
enum Format {
    /// For people
    Text,
    /// For programs: `explain` version 1
    Json,
}

/// Rules in JSON.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct Output {
    /// Which format this is.
    recount: Header,
    /// The rule that was asked for, or all, by group and name.
    rules: Vec<RuleEntry>,
}

#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[cfg_attr(test, schemars(rename = "Rule"))]
struct RuleEntry {
    name: &'static str,
    /// The heading that it stands below in the reference.
    group: &'static str,
    /// What it finds, in one paragraph.
    summary: String,
    /// The levels that it has where no configuration says otherwise.
    levels: Levels,
    /// Whether it depends on today's date: without `--due` it is reported as a note.
    due: bool,
    /// The whole manual, in Markdown.
    manual: String,
}

/// The level at each stage: `error`, `warning` or `note`; none where the rule is silent.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct Levels {
    draft: Option<&'static str>,
    review: Option<&'static str>,
    r#final: Option<&'static str>,
}

pub(crate) fn run(args: Args, environment: &mut Environment) -> Outcome {
    let Some(name) = args.rule else {
        return match args.format {
            Format::Text => list(environment),
            Format::Json => {
                machine::write(environment, &Output::of(lint::rules_by_group().into_iter()))?;
                Ok(Exit::Done)
            }
        };
    };
    let Some(rule) = lint::rule(name.trim()) else {
        let error = CliError::new(format!("there is no rule `{name}`"));
        return Err(match lint::nearest_rule(&name) {
            Some(near) => error.hint(format!("did you mean `{near}`? `recount explain` lists all")),
            None => error.hint("`recount explain` lists all"),
        });
    };
    match args.format {
        Format::Text => {
            let width = environment.width();
            let summary = rule.summary();
            let manual = manual(rule);
            // The summary is one line of Markdown; the rest is broken into lines in the manual itself.
            let (before, after) = manual.split_once(&summary).unwrap_or((&manual, ""));
            write!(environment.out(), "{before}")?;
            labelled(environment.out(), width, 0, "", &summary)?;
            write!(environment.out(), "{}", after.strip_prefix('\n').unwrap_or(after))?;
        }
        Format::Json => machine::write(environment, &Output::of([rule].into_iter()))?,
    }
    Ok(Exit::Done)
}

impl Output {
    fn of(rules: impl Iterator<Item = &'static Rule>) -> Self {
        let entry = |rule: &'static Rule| {
            let [draft, review, last] = rule.levels.by_stage().map(|level| level.map(Level::as_str));
            RuleEntry {
                name: rule.name,
                group: rule.group.heading(),
                summary: rule.summary(),
                levels: Levels { draft, review, r#final: last },
                due: rule.due,
                manual: manual(rule),
            }
        };
        Self { recount: Header { format: "explain", version: 1 }, rules: rules.map(entry).collect() }
    }
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
    let rules = lint::rules_by_group();
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
