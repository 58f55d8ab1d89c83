//! `recount import`: evidence into the timeline of a postmortem.

use std::io::Write as _;
use std::path::{Path, PathBuf};

use clap::builder::{PossibleValue, PossibleValuesParser};
use indicatif::ProgressBar;
use jiff::Timestamp;

use recount_engine::config::EvidenceConfig;
use recount_engine::document::counted;
use recount_engine::document::template::FieldId;
use recount_engine::evidence::freeze::{Frozen, Window};
use recount_engine::evidence::source::OUTSIDE;
use recount_engine::evidence::sources::SOURCES;
use recount_engine::evidence::{Event, EventId, Import, Options};
use recount_workspace::importing::Imported;
use recount_workspace::reading::{
    self, Listener, Mapped, Read, ReadInput, hours_unknown, read_zone, window_of,
};

use crate::Outcome;
use crate::commands::new::instant;
use crate::commit::{self, CommitArgs};
use crate::environment::Environment;
use crate::error::{CliError, Exit};
use crate::live::LiveInput;
use crate::progress;
use crate::workspace::Workspace;
use crate::wrap::wrapped;

/// Bring evidence into the timeline: exports, logs, and what servers say
///
/// The source is recognised from the bytes. What belongs in the timeline comes in, the rest stays a
/// candidate (`recount candidates`). The events are frozen beside the document, redacted; importing
/// the same evidence again adds nothing, and rows that you edited or deleted stay so.
///
/// A live source is asked where its name stands instead of a file: `prometheus:`, `pagerduty:PABC123` or the
/// incident's address. Where a server fails, what was read is kept, and the exit code is 2.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The postmortem: its ID, number or path
    id: String,

    /// Evidence: files, folders, zip archives, git repositories, live sources such as `prometheus:`
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,

    #[command(flatten)]
    how: How,

    #[command(flatten)]
    commit: CommitArgs,
}

/// How evidence is read.
#[derive(Debug, Default, Clone, clap::Args)]
pub(crate) struct How {
    /// Read it as this source, whatever it looks like
    #[arg(long, value_name = "NAME", value_parser = sources())]
    pub(crate) source: Option<String>,

    /// The zone of times that carry none: `Europe/Berlin`, `UTC`
    #[arg(long, value_name = "ZONE")]
    pub(crate) zone: Option<String>,

    /// The year of dates that carry none, as in old syslog
    #[arg(long, value_name = "YEAR")]
    pub(crate) year: Option<i16>,

    /// When a recording or transcript begins that counts its times from zero
    #[arg(long, value_name = "TIME")]
    pub(crate) anchor: Option<String>,

    /// Which column or key holds what, for a table or JSON of your own: `time=ts,actor=user,action=msg`;
    /// or the name of a mapping in `recount.toml`
    #[arg(long, value_name = "FIELD=KEY", value_delimiter = ',', value_parser = str::parse::<Mapped>)]
    pub(crate) map: Vec<Mapped>,

    /// Leave out what is earlier
    #[arg(long, value_name = "TIME")]
    pub(crate) from: Option<String>,

    /// Leave out what is later
    #[arg(long, value_name = "TIME")]
    pub(crate) to: Option<String>,

    /// Read only this chat channel; may be given several times
    #[arg(long, value_name = "NAME")]
    pub(crate) channel: Vec<String>,

    /// Take this chat thread in whole: its permalink or ID; may be given several times
    #[arg(long, value_name = "THREAD")]
    pub(crate) thread: Vec<String>,
}

impl How {
    /// As pages and programs say it.
    pub(crate) fn read(&self) -> Result<reading::How, CliError> {
        Ok(reading::How {
            source: self.source.clone(),
            zone: self.zone.as_deref().map(read_zone).transpose()?,
            year: self.year,
            from: self.from.as_deref().map(|text| instant(text, "--from")).transpose()?,
            to: self.to.as_deref().map(|text| instant(text, "--to")).transpose()?,
            anchor: self.anchor.as_deref().map(|text| instant(text, "--anchor")).transpose()?,
            map: self.map.clone(),
            channels: self.channel.clone(),
            threads: self.thread.clone(),
        })
    }
}

/// The names of all sources, for the command line.
fn sources() -> PossibleValuesParser {
    let mut sources = SOURCES.to_vec();
    sources.sort_by_key(|source| source.name);
    PossibleValuesParser::new(
        sources.iter().map(|source| PossibleValue::new(source.name).help(source.summary)),
    )
}

/// How the command ends once what was read is in the document.
pub(crate) fn exit(read: &Read) -> Exit {
    if read.is_complete { Exit::Done } else { Exit::Failed }
}

pub(crate) fn run(args: Args, environment: &mut Environment) -> Outcome {
    let workspace = Workspace::open(environment)?;
    args.commit.begin(&workspace, environment)?;
    let path = workspace.find(&args.id)?;
    // Servers may take minutes: nobody else is kept waiting meanwhile.
    let window = window_of(&workspace.read_to_change(&path)?.1);
    let (read, how) = read(&workspace, &args.files, &args.how, window, environment)?;
    let exit = exit(&read);
    let guard = workspace.library.lock()?;
    let (stored, document) = workspace.read_to_change(&path)?;
    let frozen = frozen_of(&workspace, &path, environment)?;
    let imported = workspace.into_document(&path, &document, frozen, read, &how)?;
    imported.freeze(&guard, &path)?;
    workspace.write(&guard, &stored, &imported.merged.document)?;
    imported.record(&guard, &path)?;
    let name = commit::name_of(&path, &document);
    let files: Vec<_> = args.files.iter().map(|file| file.display().to_string()).collect();
    commit::subject(environment, &format!("{name}: import {}", files.join(", ")));
    show(environment, &args.id, &imported)?;
    Ok(exit)
}

/// Reads inputs through their sources and tells what was skipped.
pub(crate) fn read(
    workspace: &Workspace,
    files: &[PathBuf],
    how: &How,
    window: Option<Window>,
    environment: &mut Environment,
) -> Result<(Read, reading::How), CliError> {
    let (live, files) = LiveInput::among(files)?;
    let how = how.read()?;
    let inputs = workspace.open_inputs(&files, &how)?;
    let mut teller = Teller { environment, bar: None };
    let mut read = workspace.read_inputs(inputs, &how, window, &mut teller)?;
    // The servers come last: what was read may say which hours to ask them for.
    let options = workspace.evidence_options(&how);
    read.is_complete =
        ask(&live, &mut read, window, &how, &options, &workspace.config().evidence, environment)?;
    Ok((read, how))
}

/// Says at a terminal what is noticed while evidence is read.
struct Teller<'e> {
    environment: &'e mut Environment,
    bar: Option<ProgressBar>,
}

impl Listener for Teller<'_> {
    fn warn(&mut self, text: String, hint: Option<&str>) {
        self.environment.warn(text);
        if let Some(hint) = hint {
            self.environment.hint(hint);
        }
    }

    fn reading(&mut self, parts: usize, of: usize) {
        let is_watched = self.environment.is_watched();
        let bar = self.bar.get_or_insert_with(|| progress::bar(of, "reading", is_watched));
        bar.set_position(parts as u64);
        if parts == of {
            bar.finish_and_clear();
            self.bar = None;
        }
    }

    fn was_read(&mut self, input: &ReadInput, options: &Options) {
        tell(self.environment, &input.name, input.source, &input.import, options);
    }
}

/// Asks live sources, and says whether all that was asked for is there. Where one gives nothing, the rest is
/// worth having all the same.
fn ask(
    live: &[LiveInput],
    read: &mut Read,
    window: Option<Window>,
    how: &reading::How,
    options: &Options,
    config: &EvidenceConfig,
    environment: &mut Environment,
) -> Result<bool, CliError> {
    let mut is_complete = true;
    let mut refusals: Vec<CliError> = Vec::new();
    for input in live {
        let mut options = options.clone();
        if input.form.needs_window {
            let window = window.or_else(|| read.window(how));
            options.from = options.from.or(window.map(|window| window.from));
            options.to = options.to.or(window.map(|window| window.to));
            if options.from.is_none() || options.to.is_none() {
                return Err(hours_unknown(&format!("`{}` is asked for a window", input.typed)).into());
            }
        }
        match input.import(config, &options, environment) {
            Ok(import) => {
                is_complete &= import.failures.is_empty();
                tell(environment, &input.typed, input.source.name, &import, &options);
                read.inputs.push(ReadInput { name: input.typed.clone(), source: input.source.name, import });
            }
            Err(error) => refusals.push(error),
        }
    }
    match refusals.pop() {
        Some(only) if read.inputs.is_empty() && refusals.is_empty() => return Err(only),
        last => refusals.extend(last),
    }
    for refusal in &refusals {
        environment.show_error(refusal);
    }
    if read.inputs.is_empty() && !refusals.is_empty() {
        return Err(CliError::new("none of the evidence could be read").hint("nothing was changed"));
    }
    Ok(is_complete && refusals.is_empty())
}

/// How many skipped records are shown one by one.
const SKIPPED_SHOWN: usize = 5;

fn tell(environment: &mut Environment, name: &str, source: &str, import: &Import, options: &Options) {
    let left_out: Vec<String> =
        import.left_out.iter().map(|(reason, count)| format!("{count} × {reason}")).collect();
    let left_out =
        if left_out.is_empty() { String::new() } else { format!(" (left out: {})", left_out.join(", ")) };
    let events = counted(import.events.len(), "event");
    environment.note(format!("`{name}`: {source}, {events}{left_out}"));
    if let (Some(from), Some(to), true) = (options.from, options.to, import.left_out.contains_key(OUTSIDE)) {
        environment.note(format!(
            "  it was read from {} to {}; `--from` and `--to` change that",
            minute(from),
            minute(to)
        ));
    }
    for note in &import.notes {
        environment.note(format!("  note: {note}"));
    }
    // What an option would place is what it was taken for.
    let asks =
        import.skipped.iter().any(|skipped| skipped.why.contains("`--") || skipped.why.contains("did you"));
    if import.events.is_empty() && !import.skipped.is_empty() && !asks {
        environment.hint("if it is no such thing, `--source NAME` reads it as another");
    }
    for failure in &import.failures {
        environment.warn(format!("`{name}` is not complete: {failure}"));
        if !failure.hint.is_empty() {
            environment.hint(&failure.hint);
        }
    }
    for skipped in import.skipped.iter().take(SKIPPED_SHOWN) {
        environment.warn(format!("skipped {skipped}"));
    }
    if import.skipped.len() > SKIPPED_SHOWN {
        let more = counted(import.skipped.len() - SKIPPED_SHOWN, "more record");
        environment.warn(format!("skipped {more}"));
    }
}

/// The frozen evidence of a postmortem, with a warning for every line that is damaged.
pub(crate) fn frozen_of(
    workspace: &Workspace,
    path: &Path,
    environment: &mut Environment,
) -> Result<Frozen, CliError> {
    let frozen = workspace.frozen(path)?;
    for damage in frozen.damage() {
        environment.warn(format!("the evidence has a line that cannot be read: {damage}"));
    }
    Ok(frozen)
}

fn minute(at: Timestamp) -> String {
    at.strftime("%Y-%m-%d %H:%M").to_string()
}

/// Tells what came in, what was filled and why, and what is left to decide.
pub(crate) fn show(environment: &mut Environment, id: &str, imported: &Imported) -> Result<(), CliError> {
    let merged = &imported.merged;
    let width = environment.width();
    let event_of = |id: &EventId| imported.frozen.event(id).map(|event| merged.selection.told(event));
    let out = environment.out();
    let mut counts = vec![format!("{} added to the timeline", counted(merged.added.len(), "row"))];
    if !merged.changed.is_empty() {
        counts.push(format!("{} of ours said better", counted(merged.changed.len(), "row")));
    }
    writeln!(out, "{}", counts.join(", "))?;
    if !merged.removed.is_empty() {
        writeln!(out, "\nTaken out again, with what is known now (nobody had changed these rows):")?;
        for (id, why) in &merged.removed {
            let event = event_of(id).map_or_else(|| id.0.clone(), told);
            wrapped(out, width, 2, &format!("{event}: {why}"))?;
        }
    }
    if !merged.filled.is_empty() {
        writeln!(out, "\nFilled, and why:")?;
        let mut seen: Vec<&EventId> = Vec::new();
        for filled in &merged.filled {
            wrapped(out, width, 2, &format!("{}: {}", label(filled.field), filled.value))?;
            let because = filled.because.first().and_then(event_of);
            let why = match because {
                // A figure has its reason in the times above it.
                _ if matches!(filled.field, FieldId::Duration | FieldId::TimeToDetect) => filled.why.clone(),
                Some(event) if seen.contains(&&event.id) => format!("{}, as above", filled.why),
                because => reason(&filled.why, because),
            };
            seen.extend(because.map(|event| &event.id));
            wrapped(out, width, 6, &why)?;
        }
    }
    if !merged.offers.is_empty() {
        writeln!(out, "\nFor you to decide (`recount set {id} FIELD VALUE`):")?;
        for offer in &merged.offers {
            wrapped(out, width, 2, &format!("{}: {}", offer.what.words(), offer.value))?;
            let because = offer.because.first().and_then(event_of);
            // The value of most offers is the event already.
            let says_all = because.is_some_and(|event| offer.value.contains(first_line(event)));
            wrapped(out, width, 6, &reason(&offer.why, because.filter(|_| !says_all)))?;
        }
    }
    if imported.candidates > 0 {
        let events = counted(imported.candidates, "event");
        writeln!(out, "\n{events} left out of the timeline: `recount candidates {id}`")?;
    }
    Ok(())
}

fn label(field: FieldId) -> &'static str {
    field.def().label
}

/// `why`, and the event that decided it.
fn reason(why: &str, because: Option<&Event>) -> String {
    match because {
        None => why.to_owned(),
        Some(event) => format!("{why}: {}", told(event)),
    }
}

/// An event in a line: when, who, and the beginning of what.
fn told(event: &Event) -> String {
    let actor = if event.actor.is_empty() { String::new() } else { format!("{}: ", event.actor) };
    format!("{} {actor}{}", minute(event.instant()), shortened(first_line(event), 90))
}

fn first_line(event: &Event) -> &str {
    let line = event.action.lines().map(str::trim).find(|line| !line.is_empty()).unwrap_or("");
    // The address at the end is in the row.
    line.split(" http").next().unwrap_or(line)
}

/// At most `most` characters, cut between words.
pub(crate) fn shortened(text: &str, most: usize) -> String {
    let Some((limit, _)) = text.char_indices().nth(most) else { return text.to_owned() };
    let head = &text[..limit];
    let cut = head.rfind(char::is_whitespace).unwrap_or(limit);
    format!("{} …", head[..cut].trim_end_matches([' ', ',', ';', ':']))
}
