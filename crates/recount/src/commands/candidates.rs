//! `recount candidates`: what the evidence holds and the timeline does not.

use std::collections::HashMap;
use std::io::Write as _;

use jiff::Timestamp;
use recount_engine::evidence::Event;
use recount_engine::evidence::curate::{Choice, Curation};
use recount_engine::evidence::merge::{self, Merging};
use serde::Serialize;

use crate::Outcome;
use crate::commands::import::{self, frozen_of};
use crate::environment::Environment;
use crate::error::Exit;
use crate::machine::{self, Header};
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

/// The whole answer in JSON.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct Output<'e> {
    /// Which format this is.
    recount: Header,
    /// By time.
    candidates: Vec<Candidate<'e>>,
}

/// An event that is not in the timeline.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct Candidate<'e> {
    #[serde(flatten)]
    event: &'e Event,
    /// Why it did not come in by itself.
    left_out_because: String,
}

pub(crate) fn run(args: Args, environment: &mut Environment) -> Outcome {
    let workspace = Workspace::open(environment)?;
    let path = workspace.find(&args.id)?;
    let frozen = frozen_of(&path, environment)?;
    let wanted = args.grep.map(|text| text.to_lowercase());
    // What all the evidence together makes of each event; the document stays as it is.
    let (_, document) = workspace.read(&path)?;
    let config = workspace.config();
    let services: Vec<String> = config.services.iter().map(|service| service.name.clone()).collect();
    let selection = merge::choices(
        &document,
        &Merging {
            frozen: &frozen,
            curation: &Curation::default(),
            asked: &[],
            services: &services,
            regions: &config.library.regions,
            folder: "",
        },
    );
    let choices = &selection.choices;
    let candidates: Vec<Candidate<'_>> = frozen
        .candidates()
        .into_iter()
        .filter(|event| choices.get(&event.id).and_then(Choice::lead).is_none())
        .filter(|event| wanted.as_ref().is_none_or(|text| holds(event, text)))
        .map(|event| Candidate {
            event,
            left_out_because: choices.get(&event.id).map_or("", Choice::why).to_owned(),
        })
        .collect();
    match args.format {
        Format::Json => {
            let output = Output { recount: Header { format: "candidates", version: 1 }, candidates };
            machine::write(environment, &output)?;
        }
        Format::Table => {
            let width = environment.width();
            let count = candidates.len();
            let mut is_whole = true;
            for Alike { first: Candidate { event, left_out_because }, more, last } in alike(&candidates) {
                let out = environment.out();
                writeln!(out, "{}  {}", event.instant().strftime("%Y-%m-%d %H:%M:%S"), event.id.0)?;
                let actor = if event.actor.is_empty() { String::new() } else { format!("{}: ", event.actor) };
                wrapped(out, width, 4, &format!("{actor}{}", import::shortened(&event.action, 240)))?;
                wrapped(out, width, 4, &format!("({left_out_because})"))?;
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
        let Candidate { event, left_out_because } = candidate;
        let at = *known.entry((&event.actor, &event.action, left_out_because)).or_insert(groups.len());
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

fn holds(event: &Event, text: &str) -> bool {
    let channel = event.details.get("channel").map_or("", String::as_str);
    [event.action.as_str(), &event.actor, channel].iter().any(|field| field.to_lowercase().contains(text))
}
