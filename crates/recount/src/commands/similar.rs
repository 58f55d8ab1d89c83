//! `recount similar`: have we seen this before?

use std::io::Write as _;

use recount_engine::document::Document;
use recount_store::catalog::{Near, Want};

use crate::Outcome;
use crate::environment::{Environment, visible};
use crate::error::Exit;
use crate::machine;
use crate::workspace::Workspace;
use recount_workspace::told::similar::{Entry, Output};
use recount_workspace::{AT_ONCE, LEAST, Likeness, heading, is_described, why};

/// Show the postmortems most like one, each with what they have in common
///
/// What was said of title, trigger, root cause, factors and symptoms counts by how rare it is in the
/// library; so do services, contributing factors, alerts and how the incident was detected.
///
/// Exit code 0: there are some; 1: none is like it; 2: a file could not be read.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The postmortem: its ID, number or path
    id: String,

    /// Show at most so many
    #[arg(long, value_name = "NUMBER", default_value_t = 5, value_parser = clap::value_parser!(u16).range(1..))]
    limit: u16,

    /// How to print
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    format: Format,
}

#[derive(Clone, Copy, Debug, clap::ValueEnum)]
enum Format {
    /// For people
    Text,
    /// For programs: `similar` version 1
    Json,
}

pub(crate) fn run(args: Args, environment: &mut Environment) -> Outcome {
    let workspace = Workspace::open(environment)?;
    let path = workspace.find(&args.id)?;
    let (_, document) = workspace.read(&path)?;
    let relative = workspace.relative(&path);
    let likeness = Likeness::of(&workspace, &document, relative.clone());
    let catalog = workspace.catalog(Want::Text, usize::MAX);
    let problems: Vec<String> = workspace.problems(&catalog);
    for problem in &problems {
        environment.warn(problem);
    }
    let exit = |is_found| match problems.is_empty() {
        false => Exit::Failed,
        true if is_found => Exit::Done,
        true => Exit::Findings,
    };
    let mut near = likeness.nearest(&catalog, usize::from(args.limit));
    let nearest = near.first().cloned();
    near.retain(|near| near.score >= LEAST);
    let exit = exit(!near.is_empty());
    match args.format {
        Format::Json => {
            let output = Output {
                recount: Output::HEADER,
                path: relative.display().to_string(),
                similar: near.into_iter().map(Entry::of).collect(),
                problems,
            };
            machine::write(environment, &output)?;
        }
        Format::Text if near.is_empty() => tell_none(nearest.as_ref(), catalog.len(), &document, environment),
        Format::Text => {
            for (nth, near) in near.iter().enumerate() {
                if nth > 0 {
                    writeln!(environment.out())?;
                }
                writeln!(environment.out(), "{}", visible(&heading(near)))?;
                writeln!(environment.out(), "    {}", visible(&why(near)))?;
            }
        }
    }
    Ok(exit)
}

/// Says that there is none, and why that may be.
fn tell_none(nearest: Option<&Near>, count: usize, document: &Document, environment: &mut Environment) {
    match nearest.map(|near| (heading(near), why(near))) {
        _ if count < 2 => environment.note("there is no other postmortem to compare it with"),
        Some((heading, why)) if !why.is_empty() => {
            environment.note("no other postmortem is like it; the nearest has too little in common:");
            environment.note(format!("  {heading}: {why}"));
        }
        _ => environment
            .note("no other postmortem is like it: none shares a telling word or a service with it"),
    }
    if !is_described(&document.record()) {
        environment.hint(
            "little is compared so far: *Direct trigger*, *Root cause* and the contributing factors say most",
        );
    }
}

/// Says which postmortems are like one that was just made, where some are and it is known at once.
pub(crate) fn tell(
    workspace: &Workspace,
    document: &Document,
    path: &std::path::Path,
    environment: &mut Environment,
) {
    let likeness = Likeness::of(workspace, document, workspace.relative(path));
    let near = likeness.worth_saying(&workspace.catalog(Want::Text, AT_ONCE));
    if near.is_empty() {
        return;
    }
    environment.note("seen before?");
    for near in &near {
        environment.note(format!("  {}: {}", heading(near), why(near)));
    }
}
