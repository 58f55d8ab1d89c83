//! `recount explain`: a rule's manual.

use std::io::Write as _;

use recount_engine::lint::{self, Group};
use recount_workspace::told::rules::{Output, manual};

use crate::Outcome;
use crate::environment::Environment;
use crate::error::{CliError, Exit};
use crate::machine;
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
