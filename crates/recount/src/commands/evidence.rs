//! `recount evidence`: the frozen evidence itself.

use std::fs;
use std::io::Write as _;
use std::path::Path;

use clap::Subcommand;
use recount_engine::document::{TimelineRow, counted};
use recount_engine::evidence::freeze::State;
use recount_store::evidence_folder;
use serde::Serialize;

use crate::Outcome;
use crate::commands::{adopt, import};
use crate::environment::{Environment, visible};
use crate::error::{CliError, Exit};
use crate::machine::{self, Header};
use crate::workspace::Workspace;

/// Look at the frozen evidence of a postmortem, or remove it
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    /// List the inputs that were frozen
    List {
        /// The postmortem: its ID, number or path
        id: String,
        /// How to print
        #[arg(long, value_name = "FORMAT", default_value = "text")]
        format: Format,
    },
    /// Remove everything that was frozen; rows that link to it lose what they link to
    Purge {
        /// The postmortem: its ID, number or path
        id: String,
        /// Do it, instead of saying what would be done
        #[arg(long)]
        yes: bool,
    },
}

#[derive(Clone, Copy, Debug, clap::ValueEnum)]
enum Format {
    /// For people
    Text,
    /// For programs: `evidence-list` version 1
    Json,
}

/// The frozen inputs in JSON.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct Output<'f> {
    /// Which format this is.
    recount: Header,
    /// In order of their files.
    inputs: Vec<Entry<'f>>,
}

/// An input that was frozen.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct Entry<'f> {
    /// Its file in the evidence folder of the postmortem.
    file: &'f str,
    /// What it was called when it was imported; none where its header is damaged.
    name: Option<&'f str>,
    /// The source that read it.
    source: Option<&'f str>,
    /// Events that it holds.
    events: usize,
    /// Of these, events that were taken into the timeline.
    taken: usize,
}

pub(crate) fn run(args: Args, environment: &mut Environment) -> Outcome {
    let workspace = Workspace::open(environment)?;
    match args.what {
        What::List { id, format } => {
            let path = workspace.find(&id)?;
            let frozen = import::frozen_of(&workspace, &path, environment)?;
            let inputs = frozen.inputs().iter().map(|input| Entry {
                file: &input.file,
                name: input.header.as_ref().map(|header| header.name.as_str()),
                source: input.header.as_ref().map(|header| header.source.as_str()),
                events: input.events.len(),
                taken: input.events.iter().filter(|e| frozen.state(&e.id) == State::Taken).count(),
            });
            match format {
                Format::Json => {
                    let recount = Header { format: "evidence-list", version: 1 };
                    machine::write(environment, &Output { recount, inputs: inputs.collect() })?;
                }
                Format::Text if frozen.inputs().is_empty() => {
                    environment.note(format!("nothing is frozen for `{id}`"));
                }
                Format::Text => {
                    let inputs: Vec<Entry<'_>> = inputs.collect();
                    let longest =
                        |text: &dyn Fn(&Entry<'_>) -> usize| inputs.iter().map(text).max().unwrap_or(0);
                    let file_width = longest(&|entry| entry.file.chars().count());
                    let name_width = longest(&|entry| entry.name.unwrap_or("?").chars().count());
                    for Entry { file, name, source: _, events, taken } in &inputs {
                        let name = name.unwrap_or("?");
                        let noun = if *events == 1 { "event" } else { "events" };
                        // The file's name begins with the source's.
                        let told = format!(
                            "{file:file_width$}  {name:name_width$}  {events:>4} {noun}, {taken} in the timeline"
                        );
                        writeln!(environment.out(), "{}", visible(&told))?;
                    }
                }
            }
            Ok(Exit::Done)
        }
        What::Purge { id, yes } => {
            let path = workspace.find(&id)?;
            workspace.refuse_other(&path)?;
            let frozen = import::frozen_of(&workspace, &path, environment)?;
            let (inputs, events) = (frozen.inputs().len(), frozen.events().len());
            let what = format!("{} with {}", counted(inputs, "frozen input"), counted(events, "event"));
            if inputs == 0 {
                environment.note(format!("nothing is frozen for `{id}`"));
                say_what_is_kept(&workspace, &path, environment)?;
                return Ok(Exit::Done);
            }
            if !yes {
                return Err(CliError::new(format!("this would remove {what} of `{id}` for good"))
                    .hint("say `--yes` to do it"));
            }
            let lock = workspace.library.lock()?;
            // The ledger stays: it knows which rows people changed or deleted, should the same evidence
            // come in again. It holds no evidence.
            let folder = evidence_folder(&path);
            for input in frozen.inputs() {
                let file = folder.join(&input.file);
                fs::remove_file(&file).map_err(|error| {
                    CliError::new(format!("`{}` cannot be removed: {error}", file.display()))
                })?;
            }
            drop(lock);
            writeln!(environment.out(), "removed {what} of `{id}`")?;
            let (_, document) = workspace.read(&path)?;
            let linked = |row: &&TimelineRow| {
                frozen.inputs().iter().any(|input| document.slice(row.span).contains(&input.file))
            };
            let rows = document.timeline_rows().iter().filter(linked).count();
            if rows > 0 {
                let link = if rows == 1 { "row of the timeline links" } else { "rows of the timeline link" };
                environment.warn(format!("{rows} {link} to what is gone"));
            }
            say_what_is_kept(&workspace, &path, environment)?;
            Ok(Exit::Done)
        }
    }
}

/// Says which file stays in the evidence folder: the original of an adopted postmortem, which the postmortem
/// links. It is no evidence that was imported, so it is a person's to remove.
fn say_what_is_kept(
    workspace: &Workspace,
    path: &Path,
    environment: &mut Environment,
) -> Result<(), CliError> {
    let folder = evidence_folder(path);
    let (_, document) = workspace.read(path)?;
    let Ok(entries) = fs::read_dir(&folder) else { return Ok(()) };
    let mut kept: Vec<String> =
        entries.filter_map(|entry| Some(entry.ok()?.file_name().to_string_lossy().into_owned())).collect();
    kept.sort();
    let adopted = document.text().lines().filter(|line| line.trim_start().starts_with("- Adopted from ["));
    let adopted: Vec<&str> = adopted.collect();
    for name in kept {
        let linked = format!("/{}", adopt::escape_link(&name));
        if adopted.iter().any(|line| line.contains(&format!("{linked})"))) {
            let file = workspace.library.relative(&folder.join(&name)).display().to_string();
            environment.note(format!(
                "`{}` is kept: the original that this postmortem was adopted from; remove the file yourself if it must go",
                visible(&file)
            ));
        }
    }
    Ok(())
}
