//! `recount import`: evidence into the timeline of a postmortem.

use std::collections::BTreeMap;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use jiff::tz::TimeZone;

use recount_engine::config::{EvidenceConfig, MappingConfig, nearest};
use recount_engine::document::template::FieldId;
use recount_engine::document::{Document, Milestone, counted};
use recount_engine::evidence::curate::{self, Curation};
use recount_engine::evidence::freeze::{self, Frozen, Header, Window};
use recount_engine::evidence::mapping::Mapping;
use recount_engine::evidence::merge::{self, Merged, Merging};
use recount_engine::evidence::source::OUTSIDE;
use recount_engine::evidence::sources::{icalendar, table};
use recount_engine::evidence::{Choice, Event, EventId, Import, Options, Person};
use recount_store::{Guard, evidence_files, evidence_folder};

use crate::Outcome;
use crate::commands::new::instant;
use crate::commit::{self, CommitArgs};
use crate::environment::Environment;
use crate::error::{CliError, Exit};
use crate::inputs::{self, Input};
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
    #[arg(long, value_name = "NAME", value_parser = inputs::sources())]
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
    #[arg(long, value_name = "FIELD=KEY", value_delimiter = ',', value_parser = mapped)]
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

/// What `--map` says: a field and its key, or a mapping's name.
#[derive(Debug, Clone)]
pub(crate) enum Mapped {
    Field(String, String),
    Named(String),
}

/// Inputs that were read, not yet in any document.
pub(crate) struct Read {
    pub(crate) imports: Vec<(String, &'static str, Import)>,
    /// Whether all of it was read: a server may fail while the rest is there.
    pub(crate) is_complete: bool,
    from: Option<Timestamp>,
    to: Option<Timestamp>,
}

impl Read {
    /// How the command ends once what was read is in the document.
    pub(crate) fn exit(&self) -> Exit {
        if self.is_complete { Exit::Done } else { Exit::Failed }
    }

    /// Refuses evidence without a single event: what would be made of it is the blank template.
    pub(crate) fn refuse_nothing(&self) -> Result<(), CliError> {
        if self.imports.iter().any(|(.., import)| !import.events.is_empty()) {
            return Ok(());
        }
        let skipped: usize = self.imports.iter().map(|(.., import)| import.skipped.len()).sum();
        let is_outside = self.imports.iter().any(|(.., import)| import.left_out.contains_key(OUTSIDE));
        if skipped > 0 {
            return Err(CliError::new(format!(
                "no event could be read: {} skipped",
                counted(skipped, "record")
            ))
            .hint("the warnings above say why; `--source NAME` reads it as another. Nothing was written"));
        }
        let error = CliError::new("the evidence has no event, so no postmortem was made of it");
        Err(if is_outside {
            error.hint("all of it lies outside of the hours that were read: `--from` and `--to` change these")
        } else {
            error.hint("`recount new TITLE` makes a postmortem without evidence")
        })
    }
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
    args.commit.begin(&workspace, environment)?;
    let path = workspace.find(&args.id)?;
    // Servers may take minutes: nobody else is kept waiting meanwhile.
    let window = window_of(&workspace.read_to_change(&path)?.1);
    let read = read(&workspace, &args.files, &args.how, window, environment)?;
    let exit = read.exit();
    let guard = workspace.library.lock()?;
    let (stored, document) = workspace.read_to_change(&path)?;
    let imported = into_document(&workspace, &guard, &path, &document, read, &args.how, environment)?;
    workspace.write(&guard, &stored, &imported.merged.document)?;
    record(&guard, &path, &imported)?;
    let name = commit::name_of(&path, &document);
    let files: Vec<_> = args.files.iter().map(|file| file.display().to_string()).collect();
    commit::subject(environment, &format!("{name}: import {}", files.join(", ")));
    show(environment, &args.id, &imported)?;
    Ok(exit)
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
    let (live, files) = LiveInput::among(files)?;
    let files = &files[..];
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
        mattermost_url: config.evidence.mattermost.clone(),
        repository_url: config.evidence.repository.clone(),
        repositories: config.evidence.repositories.clone(),
        year: how.year,
        anchor: how.anchor.as_deref().map(|text| instant(text, "--anchor")).transpose()?,
        mapping: BTreeMap::new(),
        roster: roster.collect(),
        pseudonym_salt: config.evidence.salt.clone().unwrap_or_default(),
    };
    let mut inputs: Vec<Input> = Vec::new();
    for file in files {
        inputs.extend(Input::open(file, &|name| pattern_for(name, &config.evidence.mappings).is_some())?);
    }
    if how.source.is_none() {
        inputs = Input::together(inputs);
    }
    // What is small is read first, and repositories last: the small may say for which hours to read the rest.
    inputs.sort_by_key(|input| (input.needs_window(), is_calendar(&input.name()), input.size()));
    let mut imports: Vec<(String, &'static str, Import)> = Vec::new();
    let mut is_mapped = false;
    for input in &inputs {
        let mut options = options.clone();
        let mapping = map(&mut options, input, &config.evidence.mappings, how)?;
        let among_others = inputs.len() > 1;
        let named = match (&how.source, mapping) {
            (Some(name), _) => Some(inputs::named_source(name)?),
            (None, For::This) => Some(&table::TABLE),
            // Whoever says which column holds what says with it that this is a table: of several files, those that
            // no other source knows.
            (None, For::Any) => match input.known_source().filter(|_| among_others) {
                Some(source) if source.name != table::TABLE.name => None,
                _ => Some(&table::TABLE),
            },
            // The table says which columns there are, and what to say of them.
            (None, For::None) if among_others && input.is_columns() && input.known_source().is_none() => {
                Some(&table::TABLE)
            }
            (None, For::None) => None,
        };
        is_mapped |= matches!(mapping, For::Any | For::This) && named.is_some();
        let portions = input.portions(named, |sentence, hint| {
            environment.warn(sentence);
            if let Some(hint) = hint {
                environment.hint(hint);
            }
        })?;
        // A rota repeats without end, and who was on call when the window begins began before it.
        let wants_window = input.needs_window()
            || input.size() > LARGE
            || portions.iter().any(|portion| portion.source.name == icalendar::ICALENDAR.name);
        let around = window.or_else(|| {
            let around = || around_what_was_read(&imports, how);
            wants_window.then(around).flatten()
        });
        options.from = options.from.or(around.map(|window| window.from));
        options.to = options.to.or(around.map(|window| window.to));
        if input.needs_window() && (options.from.is_none() || options.to.is_none()) {
            let name = input.name();
            return Err(hours_unknown(&format!("`{name}` is a repository")));
        }
        for portion in portions {
            let bar = progress::bar(portion.parts(), "reading", environment.is_watched());
            let import = input.import(&portion, &options, |read| bar.set_position(read as u64))?;
            bar.finish_and_clear();
            // Of a file, that is a mapping that is not true of it.
            if let Some(wrong) = import.failures.first() {
                return Err(CliError::new(wrong.message.clone()).hint(wrong.hint.clone()));
            }
            tell(environment, &portion.name(input), portion.source.name, &import, &options);
            imports.push((portion.name(input), portion.source.name, import));
        }
    }
    if !how.map.is_empty() && !is_mapped {
        environment
            .warn("`--map` is about none of the files: it is for tables and JSON that no source knows");
        environment
            .hint("name that file itself beside or instead of its folder, or force it with `--source table`");
    }
    if !how.channel.is_empty() && imports.iter().all(|(.., import)| import.events.is_empty()) {
        let names = how.channel.join("`, `");
        let error = CliError::new(format!("nothing was read from the channel `{names}`"));
        let there = imports
            .iter()
            .find_map(|(.., import)| import.notes.iter().find_map(|note| note.split_once("the export has ")));
        return Err(match there {
            Some((_, there)) => error.hint(format!("the export has {there}")),
            None => error.hint("leave `--channel` out to read all that is there"),
        });
    }
    // The servers come last: what was read may say which hours to ask them for.
    let is_complete = ask(&live, &mut imports, window, how, &options, &config.evidence, environment)?;
    Ok(Read { imports, is_complete, from, to })
}

/// Asks live sources, and says whether all that was asked for is there. Where one gives nothing, the rest is
/// worth having all the same.
fn ask(
    live: &[LiveInput],
    imports: &mut Vec<(String, &'static str, Import)>,
    window: Option<Window>,
    how: &How,
    options: &Options,
    config: &EvidenceConfig,
    environment: &mut Environment,
) -> Result<bool, CliError> {
    let mut is_complete = true;
    let mut refusals: Vec<CliError> = Vec::new();
    for input in live {
        let mut options = options.clone();
        if input.form.needs_window {
            let window = window.or_else(|| around_what_was_read(imports, how));
            options.from = options.from.or(window.map(|window| window.from));
            options.to = options.to.or(window.map(|window| window.to));
            if options.from.is_none() || options.to.is_none() {
                return Err(hours_unknown(&format!("`{}` is asked for a window", input.typed)));
            }
        }
        match input.import(config, &options, environment) {
            Ok(import) => {
                is_complete &= import.failures.is_empty();
                tell(environment, &input.typed, input.source.name, &import, &options);
                imports.push((input.typed.clone(), input.source.name, import));
            }
            Err(error) => refusals.push(error),
        }
    }
    match refusals.pop() {
        Some(only) if imports.is_empty() && refusals.is_empty() => return Err(only),
        last => refusals.extend(last),
    }
    for refusal in &refusals {
        environment.show_error(refusal);
    }
    if imports.is_empty() && !refusals.is_empty() {
        return Err(CliError::new("none of the evidence could be read").hint("nothing was changed"));
    }
    Ok(is_complete && refusals.is_empty())
}

/// The hours around the start that follows from what was read so far.
fn around_what_was_read(imports: &[(String, &'static str, Import)], how: &How) -> Option<Window> {
    let read: Vec<&Event> = imports.iter().flat_map(|(.., import)| &import.events).collect();
    Window::around(Merged::start_of(&read, &Curation { threads: how.thread.clone() }))
}

/// Refuses evidence of which only the incident's hours can be read; `what` says which that is.
fn hours_unknown(what: &str) -> CliError {
    CliError::new(format!("{what}, and the incident's hours are not known"))
        .hint("give `--from` and `--to`, or the start time (`draft --start`, or in the document)")
}

/// Above this many bytes an input is read for the incident's hours alone, where other evidence says which they
/// are.
const LARGE: u64 = 4 << 20;

fn is_calendar(name: &str) -> bool {
    Path::new(name).extension().is_some_and(|ending| ending.eq_ignore_ascii_case("ics"))
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

/// Reads one `field=key` of `--map`, or a mapping's name.
fn mapped(text: &str) -> Result<Mapped, String> {
    match text.split_once('=') {
        Some((field, key)) if !field.trim().is_empty() && !key.trim().is_empty() => {
            Ok(Mapped::Field(field.trim().to_owned(), key.trim().to_owned()))
        }
        None if !text.trim().is_empty() => Ok(Mapped::Named(text.trim().to_owned())),
        _ => Err("give `field=key`, such as `time=ts`".to_owned()),
    }
}

/// What a mapping is for.
#[derive(Clone, Copy)]
enum For {
    /// There is none.
    None,
    /// Tables among the inputs: the command line gives it.
    Any,
    /// Files of this name: the configuration gives it.
    This,
}

/// The mapping of the configuration for files of this name.
fn pattern_for<'m>(name: &str, mappings: &'m BTreeMap<String, MappingConfig>) -> Option<&'m MappingConfig> {
    mappings
        .values()
        .find(|mapping| mapping.files.as_deref().is_some_and(|pattern| inputs::is_like(name, pattern)))
}

/// Sets the mapping of an input: that of the configuration which is named or which is for files of that
/// name, and what the command line says beside it.
fn map(
    options: &mut Options,
    input: &Input,
    mappings: &BTreeMap<String, MappingConfig>,
    how: &How,
) -> Result<For, CliError> {
    if !input.is_file() {
        return Ok(For::None);
    }
    let named = how.map.iter().find_map(|mapped| match mapped {
        Mapped::Named(name) => Some(name),
        Mapped::Field(..) => None,
    });
    let found = match named {
        Some(name) => Some(mappings.get(name).ok_or_else(|| no_mapping(name, mappings))?),
        None => pattern_for(&input.name(), mappings),
    };
    if let Some(found) = found {
        options.mapping = found.fields();
        if let (None, Some(zone)) = (&options.zone, &found.zone) {
            options.zone = Some(read_zone(zone)?);
        }
    }
    for mapped in &how.map {
        if let Mapped::Field(field, key) = mapped {
            options.mapping.insert(field.clone(), key.clone());
        }
    }
    Mapping::parse(&options.mapping).map_err(|wrong| CliError::new(wrong.message).hint(wrong.help))?;
    Ok(match (options.mapping.is_empty(), found.is_some() && named.is_none()) {
        (true, _) => For::None,
        (false, true) => For::This,
        (false, false) => For::Any,
    })
}

fn no_mapping(name: &str, mappings: &BTreeMap<String, MappingConfig>) -> CliError {
    let error = CliError::new(format!("`recount.toml` has no mapping `{name}`"));
    match nearest(name, mappings.keys().map(String::as_str)) {
        Some(near) => error.hint(format!("did you mean `{near}`?")),
        None => error.hint(
            "name fields and keys, such as `--map time=ts,action=msg`, or write `[evidence.mappings.NAME]`",
        ),
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
    let files = evidence_files(path).map_err(|error| cannot(&evidence_folder(path), &error))?;
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
    let mut windowed = Vec::new();
    // Every input before anything is kept: where one is refused, nothing of the others is written.
    for (name, source, import) in read.imports {
        let events = if read.from.is_some() && read.to.is_some() {
            import.events
        } else {
            freeze::within(import.events, window).map_err(|unbounded| {
                let text = unbounded.to_string();
                let (message, hint) = text.split_once("; ").unwrap_or((&text, ""));
                CliError::new(format!("`{name}`: {message}")).hint(hint)
            })?
        };
        let header = Header {
            version: freeze::VERSION,
            source: source.to_owned(),
            name,
            sha256: import.sha256,
            from: read.from.or(window.map(|w| w.from)).map(Into::into),
            to: read.to.or(window.map(|w| w.to)).map(Into::into),
        };
        windowed.push((header, events));
    }
    let mut files = Vec::new();
    for (header, events) in windowed {
        let fresh: Vec<Event> =
            events.into_iter().filter(|event| frozen.event(&event.id).is_none()).collect();
        files.extend(frozen.add(header, fresh));
    }
    known_threads(&frozen, &how.thread)?;
    let curation = Curation { threads: how.thread.clone() };
    let imported = take_in(workspace, path, document, frozen, &curation, &[])?;
    for file in files {
        guard.write_evidence(path, &file.name, &file.bytes)?;
    }
    Ok(imported)
}

/// Refuses a thread of which the evidence has nothing.
fn known_threads(frozen: &Frozen, wanted: &[String]) -> Result<(), CliError> {
    if wanted.is_empty() {
        return Ok(());
    }
    let events = frozen.events();
    for thread in wanted {
        if events.iter().any(|event| curate::is_in_thread(event, thread)) {
            continue;
        }
        let mut there: Vec<&str> = events.iter().filter_map(|event| event.thread.as_deref()).collect();
        there.dedup();
        let error = CliError::new(format!("the evidence has no thread `{thread}`"));
        return Err(if there.is_empty() {
            error.hint("it has no threads in the hours that were read")
        } else {
            there.truncate(THREADS_SHOWN);
            error.hint(format!("give a thread's permalink, or its ID, such as `{}`", there.join("`, `")))
        });
    }
    Ok(())
}

/// How many threads that are there are named where one is not.
const THREADS_SHOWN: usize = 5;

/// Puts the events that belong in the timeline into it, and those that a person asked for.
pub(crate) fn take_in(
    workspace: &Workspace,
    path: &Path,
    document: &Document,
    mut frozen: Frozen,
    curation: &Curation,
    asked: &[EventId],
) -> Result<Imported, CliError> {
    let folder = evidence_folder(path);
    let folder =
        folder.file_name().map(|name| name.to_string_lossy().replace(' ', "%20")).unwrap_or_default();
    let config = workspace.config();
    let services: Vec<String> = config.services.iter().map(|service| service.name.clone()).collect();
    let merged = merge::merge(
        document,
        &Merging {
            frozen: &frozen,
            curation,
            asked,
            services: &services,
            regions: &config.library.regions,
            folder: &folder,
        },
    )?;
    let decided = frozen.write_down(merged.decisions.iter().cloned());
    let is_open = |event: &&&Event| merged.selection.choices.get(&event.id).and_then(Choice::lead).is_none();
    let candidates = frozen.candidates().iter().filter(is_open).count();
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
