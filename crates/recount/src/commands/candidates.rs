//! `recount candidates`: what the evidence holds and the timeline does not.

use std::collections::HashMap;
use std::io::Write as _;

use jiff::Timestamp;
use recount_workspace::importing::Candidate;
use recount_workspace::told::candidates::Output;

use crate::Outcome;
use crate::commands::import::{self, frozen_of};
use crate::environment::Environment;
use crate::error::Exit;
use crate::machine;
use crate::workspace::Workspace;
use crate::wrap::wrapped;

/// List what the frozen evidence holds and the timeline does not
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The postmortem: its ID, number or path
    id: String,

    /// Only events whose text, actor or channel holds this
    #[arg(long, value_name = "TEXT")]
    grep: Option<String>,

    /// How to print
    #[arg(long, value_name = "FORMAT", default_value = "table")]
    format: Format,
}

#[derive(Clone, Copy, Debug, clap::ValueEnum)]
enum Format {
    /// For people
    Table,
    /// For programs: `candidates` version 1
    Json,
}

pub(crate) fn run(args: Args, environment: &mut Environment) -> Outcome {
    let workspace = Workspace::open(environment)?;
    let path = workspace.find(&args.id)?;
    let frozen = frozen_of(&workspace, &path, environment)?;
    let wanted = args.grep.map(|text| text.to_lowercase());
    // The document stays as it is.
    let (_, document) = workspace.read(&path)?;
    let mut candidates = workspace.candidates(&document, &frozen);
    candidates.retain(|candidate| wanted.as_ref().is_none_or(|text| candidate.holds(text)));
    match args.format {
        Format::Json => {
            machine::write(environment, &Output::of(candidates))?;
        }
        Format::Table => {
            let width = environment.width();
            let count = candidates.len();
            let mut is_whole = true;
            for Alike { first: Candidate { event, why }, more, last } in alike(&candidates) {
                let out = environment.out();
                writeln!(out, "{}  {}", event.instant().strftime("%Y-%m-%d %H:%M:%S"), event.id.0)?;
                let actor = if event.actor.is_empty() { String::new() } else { format!("{}: ", event.actor) };
                wrapped(out, width, 4, &format!("{actor}{}", import::shortened(&event.action, 240)))?;
                wrapped(out, width, 4, &format!("({why})"))?;
                if more > 0 {
                    let until = last.strftime("%Y-%m-%d %H:%M:%S");
                    wrapped(out, width, 4, &format!("and {more} more like it until {until}"))?;
                    is_whole = false;
                }
            }
            if let (0, Some(text)) = (count, &wanted) {
                environment.note(format!("no candidate holds `{text}`"));
            } else if count == 0 {
                environment.note("the evidence holds nothing that was not taken or dismissed");
            } else {
                if !is_whole {
                    environment.hint("`--format json` lists every one of those that are alike");
                }
                environment.hint(format!("`recount take {0} EVENT…` takes them in, `recount dismiss {0} EVENT…` never offers them again", args.id));
            }
        }
    }
    Ok(Exit::Done)
}

/// Candidates that say the same for the same reason, as an alert does that fires and resolves all night.
struct Alike<'c, 'e> {
    first: &'c Candidate<'e>,
    /// How many there are beside the first.
    more: usize,
    last: Timestamp,
}

fn alike<'c, 'e>(candidates: &'c [Candidate<'e>]) -> Vec<Alike<'c, 'e>> {
    let mut groups: Vec<Alike<'c, 'e>> = Vec::new();
    let mut known: HashMap<(&str, &str, &str), usize> = HashMap::new();
    for candidate in candidates {
        let Candidate { event, why } = candidate;
        let at = *known.entry((&event.actor, &event.action, why)).or_insert(groups.len());
        match groups.get_mut(at) {
            Some(group) => {
                group.more += 1;
                group.last = event.instant();
            }
            None => groups.push(Alike { first: candidate, more: 0, last: event.instant() }),
        }
    }
    groups
}
