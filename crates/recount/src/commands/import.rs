//! `recount import`: evidence into the timeline of a postmortem.

use std::collections::BTreeMap;
use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use jiff::tz::TimeZone;

use recount_engine::document::template::FieldId;
use recount_engine::document::{Document, Milestone};
use recount_engine::evidence::curate::{Choice, Curation};
use recount_engine::evidence::freeze::{self, Frozen, Header, State, Window};
use recount_engine::evidence::merge::{self, Merged};
use recount_engine::evidence::{Derived, Event, EventId, Import, Options, Person};
use recount_store::{Guard, evidence_folder};

use crate::Outcome;
use crate::commands::new::instant;
use crate::environment::Environment;
use crate::error::{CliError, Exit};
use crate::inputs::{self, Input};
use crate::workspace::Workspace;

/// Bring evidence into the timeline: chat exports, git logs
///
/// The source is recognised from the bytes. What belongs in the timeline comes in, the rest stays a
/// candidate (`recount candidates`). The events are frozen beside the document, redacted; importing
/// the same evidence again adds nothing, and rows that you edited or deleted stay so.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The postmortem: its ID, number or path
    id: String,

    /// Evidence: files, folders, zip archives, git repositories
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,

    #[command(flatten)]
    how: How,
}

/// How evidence is read.
#[derive(Debug, Default, Clone, clap::Args)]
pub(crate) struct How {
    /// Read it as this source, whatever it looks like
    #[arg(long, value_name = "NAME")]
    pub(crate) source: Option<String>,

    /// The zone of times that carry none: `Europe/Berlin`, `UTC`
    #[arg(long, value_name = "ZONE")]
    pub(crate) zone: Option<String>,

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

/// Inputs that were read, not yet in any document.
pub(crate) struct Read {
    pub(crate) imports: Vec<(String, &'static str, Import)>,
    from: Option<Timestamp>,
    to: Option<Timestamp>,
}

/// What an import did, for showing.
pub(crate) struct Imported {
    pub(crate) merged: Merged,
    pub(crate) candidates: usize,
    pub(crate) frozen: Frozen,
    decided: Option<freeze::NewFile>,
}

pub(crate) fn run(args: Args, environment: &mut Environment) -> Outcome {
    let workspace = Workspace::open(environment)?;
    let path = workspace.find(&args.id)?;
    let guard = workspace.library.lock()?;
    let (stored, document) = workspace.read(&path)?;
    let window = window_of(&document);
    let read = read(&workspace, &args.files, &args.how, window, environment)?;
    let imported = into_document(&workspace, &guard, &path, &document, read, &args.how, environment)?;
    workspace.write(&guard, &stored, &imported.merged.document)?;
    record(&guard, &path, &imported)?;
    show(environment, &args.id, &imported)?;
    Ok(Exit::Done)
}

/// The hours of the incident as far as the document knows them, with a margin.
pub(crate) fn window_of(document: &Document) -> Option<Window> {
    let milestones = Milestone::ALL.into_iter().filter_map(|m| document.milestone(m)?.at());
    Window::around(document.started_at().into_iter().chain(document.ended_at()).chain(milestones))
}

/// Reads inputs through their sources and tells what was skipped.
pub(crate) fn read(
    workspace: &Workspace,
    files: &[PathBuf],
    how: &How,
    window: Option<Window>,
    environment: &mut Environment,
) -> Result<Read, CliError> {
    let zone = how.zone.as_deref().map(read_zone).transpose()?;
    let from = how.from.as_deref().map(|text| instant(text, "--from")).transpose()?;
    let to = how.to.as_deref().map(|text| instant(text, "--to")).transpose()?;
    let config = workspace.config();
    let roster = config.people.iter().map(|person| Person {
        handle: person.handle.clone(),
        name: person.name.clone(),
        mails: person.mail.clone(),
        slack: person.slack.clone(),
        ..Person::default()
    });
    let options = Options {
        zone,
        from,
        to,
        channels: how.channel.clone(),
        workspace_url: config.evidence.slack_workspace.clone(),
        repository_url: config.evidence.repository.clone(),
        roster: roster.collect(),
        pseudonym_salt: config.evidence.salt.clone().unwrap_or_default(),
    };
    let mut imports = Vec::new();
    for file in files {
        let input = Input::open(file)?;
        let source = match &how.source {
            Some(name) => inputs::named_source(name)?,
            None => input.recognise()?,
        };
        let mut options = options.clone();
        if input.needs_window() {
            options.from = options.from.or(window.map(|window| window.from));
            options.to = options.to.or(window.map(|window| window.to));
        }
        let import = input.import(source, &options)?;
        tell(environment, &input.name(), source.name, &import);
        imports.push((input.name(), source.name, import));
    }
    Ok(Read { imports, from, to })
}

/// How many skipped records are shown one by one.
const SKIPPED_SHOWN: usize = 5;

fn tell(environment: &mut Environment, name: &str, source: &str, import: &Import) {
    let left_out: Vec<String> =
        import.left_out.iter().map(|(reason, count)| format!("{count} {reason}")).collect();
    let left_out = if left_out.is_empty() { String::new() } else { format!(" (left out: {})", left_out.join(", ")) };
    let count = import.events.len();
    let events = if count == 1 { "event" } else { "events" };
    environment.note(format!("`{name}`: {source}, {count} {events}{left_out}"));
    for note in &import.notes {
        environment.note(format!("  note: {note}"));
    }
    for skipped in import.skipped.iter().take(SKIPPED_SHOWN) {
        environment.warn(format!("skipped {skipped}"));
    }
    if import.skipped.len() > SKIPPED_SHOWN {
        environment.warn(format!("skipped {} more records", import.skipped.len() - SKIPPED_SHOWN));
    }
}

fn read_zone(name: &str) -> Result<TimeZone, CliError> {
    TimeZone::get(name).map_err(|_| {
        CliError::new(format!("there is no time zone `{name}`"))
            .hint("use a name such as `Europe/Berlin`, `America/Los_Angeles` or `UTC`")
    })
}

/// The frozen evidence of a postmortem, with a warning for every line that is damaged.
pub(crate) fn frozen_of(path: &Path, environment: &mut Environment) -> Result<Frozen, CliError> {
    let folder = evidence_folder(path);
    let mut files: Vec<(String, Vec<u8>)> = Vec::new();
    match fs::read_dir(&folder) {
        Ok(entries) => {
            for entry in entries {
                let entry = entry.map_err(|error| cannot(&folder, &error))?;
                if entry.path().is_file() {
                    let bytes = fs::read(entry.path()).map_err(|error| cannot(&entry.path(), &error))?;
                    files.push((entry.file_name().to_string_lossy().into_owned(), bytes));
                }
            }
        }
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
        Err(error) => return Err(cannot(&folder, &error)),
    }
    let frozen = Frozen::read(files.iter().map(|(name, bytes)| (name.as_str(), bytes.as_slice())));
    for damage in frozen.damage() {
        environment.warn(format!("the evidence has a line that cannot be read: {damage}"));
    }
    Ok(frozen)
}

fn cannot(path: &Path, error: &std::io::Error) -> CliError {
    CliError::new(format!("`{}` cannot be read: {error}", path.display()))
}

/// Freezes what was read (before the document is written), decides what belongs in the timeline, and
/// merges that.
pub(crate) fn into_document(
    workspace: &Workspace,
    guard: &Guard<'_>,
    path: &Path,
    document: &Document,
    read: Read,
    how: &How,
    environment: &mut Environment,
) -> Result<Imported, CliError> {
    let mut frozen = frozen_of(path, environment)?;
    let window = if read.from.is_some() || read.to.is_some() { None } else { window_of(document) };
    let mut new_ids: Vec<EventId> = Vec::new();
    for (name, source, import) in read.imports {
        let count = import.events.len();
        let events = if read.from.is_some() && read.to.is_some() {
            import.events
        } else {
            freeze::within(import.events, window).map_err(|unbounded| {
                let text = unbounded.to_string();
                let (message, hint) = text.split_once("; ").unwrap_or((&text, ""));
                CliError::new(format!("`{name}`: {message}")).hint(hint)
            })?
        };
        if let (Some(window), true) = (window, events.len() < count) {
            let left = count - events.len();
            environment.note(format!(
                "  {left} events outside {} to {} (the incident with a margin) are left out; `--from` and `--to` change that",
                minute(window.from),
                minute(window.to)
            ));
        }
        let header = Header {
            version: freeze::VERSION,
            source: source.to_owned(),
            name,
            sha256: import.sha256,
            from: read.from.or(window.map(|w| w.from)).map(Into::into),
            to: read.to.or(window.map(|w| w.to)).map(Into::into),
        };
        let fresh: Vec<Event> = events.into_iter().filter(|event| frozen.event(&event.id).is_none()).collect();
        new_ids.extend(fresh.iter().map(|event| event.id.clone()));
        if let Some(file) = frozen.add(header, fresh) {
            guard.write_evidence(path, &file.name, &file.bytes)?;
        }
    }
    let curation = Curation { threads: how.thread.clone() };
    let mut why = BTreeMap::new();
    let mut taken: Vec<EventId> = Vec::new();
    // A thread that is asked for comes in whole, also what an earlier import left a candidate.
    let asked = !how.thread.is_empty();
    for event in frozen.candidates() {
        if !asked && !new_ids.contains(&event.id) {
            continue;
        }
        if let Choice::Take(reason) = curation.choose(event) {
            why.insert(event.id.clone(), reason);
            taken.push(event.id.clone());
        }
    }
    take_in(workspace, path, document, frozen, &taken, why)
}

/// Puts events into the timeline and records that they were taken.
pub(crate) fn take_in(
    workspace: &Workspace,
    path: &Path,
    document: &Document,
    mut frozen: Frozen,
    taken: &[EventId],
    why: BTreeMap<EventId, String>,
) -> Result<Imported, CliError> {
    let folder = evidence_folder(path);
    let folder = folder.file_name().map(|name| name.to_string_lossy().replace(' ', "%20")).unwrap_or_default();
    let services: Vec<String> = workspace.config().services.iter().map(|service| service.name.clone()).collect();
    let merged = {
        let mut events: Vec<&Event> = taken.iter().filter_map(|id| frozen.event(id)).collect();
        events.sort_by_key(|event| event.instant());
        let earlier: Vec<&Event> =
            frozen.events().into_iter().filter(|event| frozen.state(&event.id) == State::Taken).collect();
        merge::merge(document, &frozen, &events, &earlier, &services, &folder)?
    };
    let decided = {
        let ids: Vec<EventId> = merged.added.iter().chain(&merged.found).cloned().collect();
        frozen.decide(ids.iter().map(|id| (id, State::Taken, why.get(id).map_or("", String::as_str))))
    };
    let candidates = frozen.candidates().len();
    Ok(Imported { merged, candidates, frozen, decided })
}

/// Writes down what was decided, after the document has the rows: were the ledger first and the
/// document lost, the rows would never be offered again.
pub(crate) fn record(guard: &Guard<'_>, path: &Path, imported: &Imported) -> Result<(), CliError> {
    if let Some(file) = &imported.decided {
        guard.write_evidence(path, &file.name, &file.bytes)?;
    }
    Ok(())
}

fn minute(at: Timestamp) -> String {
    at.strftime("%Y-%m-%d %H:%M").to_string()
}

/// Tells what came in, what was filled and why, and what is left to decide.
pub(crate) fn show(environment: &mut Environment, id: &str, imported: &Imported) -> Result<(), CliError> {
    let merged = &imported.merged;
    let rows = merged.added.len();
    let out = environment.out();
    writeln!(out, "{rows} {} added to the timeline", if rows == 1 { "row" } else { "rows" })?;
    if !merged.filled.is_empty() {
        writeln!(out, "\nfilled:")?;
        let width = merged.filled.iter().map(|filled| label(filled.field).len()).max().unwrap_or(0);
        for filled in &merged.filled {
            writeln!(out, "  {:width$}  {}", label(filled.field), filled.value)?;
            let because = filled.because.first().and_then(|id| imported.frozen.event(id));
            writeln!(out, "  {:width$}    {}", "", reason(&filled.why, because))?;
        }
    }
    if !merged.offers.is_empty() {
        writeln!(out, "\nsuggested, for you to decide (`recount set {id} FIELD VALUE`):")?;
        for offer in &merged.offers {
            show_offer(out, offer, &imported.frozen)?;
        }
    }
    if imported.candidates > 0 {
        let count = imported.candidates;
        let events = if count == 1 { "event is" } else { "events are" };
        writeln!(out, "\n{count} more {events} in the evidence: `recount candidates {id}`")?;
    }
    Ok(())
}

fn show_offer(out: &mut impl std::io::Write, offer: &Derived, frozen: &Frozen) -> Result<(), CliError> {
    let because = offer.because.first().and_then(|id| frozen.event(id));
    let value: String = offer.value.chars().take(160).collect();
    writeln!(out, "  {}: {value}", offer.what.words())?;
    writeln!(out, "    {}", reason(&offer.why, because))?;
    Ok(())
}

fn label(field: FieldId) -> &'static str {
    field.def().label
}

/// `why`, and the event that decided it.
fn reason(why: &str, because: Option<&Event>) -> String {
    match because {
        None => why.to_owned(),
        Some(event) => {
            let text: String = event.action.chars().take(70).collect();
            let dots = if event.action.chars().count() > 70 { "…" } else { "" };
            let text = text.replace('\n', " ");
            let actor = if event.actor.is_empty() { String::new() } else { format!("{}: ", event.actor) };
            format!("{why}: {} {actor}{text}{dots}", minute(event.instant()))
        }
    }
}
