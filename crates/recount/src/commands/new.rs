//! `recount new`: the template, copied for an incident.

use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use jiff::civil::Date;

use recount_engine::config::slug;
use recount_engine::document::template::{COPY_SENTENCE, FieldId};
use recount_engine::document::value::severity::Severity;
use recount_engine::document::value::time::{self, Anchor, TimeProblem};
use recount_engine::document::{Document, Stage};
use recount_store::{Guard, Listed};

use crate::Outcome;
use crate::commands::rename;
use crate::commands::similar;
use crate::commit::{self, CommitArgs};
use crate::environment::Environment;
use crate::error::{CliError, Exit};
use crate::past;
use crate::workspace::Workspace;

/// Copy the template for an incident and print the path
///
/// The next free ID is taken, the title written, and the stage set to `draft`; everything else of the
/// template stays as it is.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// What happened, in a few words: "Checkout returned errors after the cache was flushed"
    title: String,

    #[command(flatten)]
    known: Known,

    #[command(flatten)]
    commit: CommitArgs,
}

/// What is known of an incident when its postmortem is made.
#[derive(Debug, Default, Clone, clap::Args)]
pub(crate) struct Known {
    /// An ID that the incident has already
    #[arg(long)]
    pub(crate) id: Option<String>,

    /// How bad it was: Sev0 to Sev3
    #[arg(long)]
    pub(crate) severity: Option<String>,

    /// When it began: `2026-11-20 14:02`, UTC unless another zone is given
    #[arg(long, value_name = "TIME")]
    pub(crate) start: Option<String>,

    /// A service that it impacted; may be given several times
    #[arg(long, value_name = "NAME")]
    pub(crate) service: Vec<String>,
}

pub(crate) fn run(args: Args, environment: &mut Environment) -> Outcome {
    let workspace = Workspace::open(environment)?;
    args.commit.begin(&workspace, environment)?;
    let start = args.known.start_time()?;
    let day = start.map_or(environment.today(), time::utc_day);
    let guard = workspace.library.lock()?;
    let (path, id) = create(&workspace, &guard, &args.title, &args.known, day, |document, _| Ok(document))?;
    commit::subject(environment, &format!("{id}: new postmortem \"{}\"", args.title));
    warn_of_pattern(&workspace, &id, environment);
    warn_of_services(&workspace, &args.known, environment);
    let shown = workspace.shown(environment, &path);
    writeln!(environment.out(), "{shown}")?;
    drop(guard);
    let (_, document) = workspace.read(&path)?;
    similar::tell(&workspace, &document, &path, environment);
    past::tell_of_promises(&workspace, &document, environment);
    Ok(Exit::Done)
}

impl Known {
    /// `--start` as an instant.
    pub(crate) fn start_time(&self) -> Result<Option<Timestamp>, CliError> {
        self.start.as_deref().map(|text| instant(text, "--start")).transpose()
    }
}

/// A time given on the command line.
pub(crate) fn instant(text: &str, option: &str) -> Result<Timestamp, CliError> {
    let moment = time::read(text, &Anchor { date: None, previous: None });
    moment.map(|moment| moment.at).map_err(|problem| not_a_time(text, option, &problem))
}

/// Why a time given on the command line cannot be used.
pub(crate) fn not_a_time(text: &str, option: &str, problem: &TimeProblem) -> CliError {
    let message = match problem {
        TimeProblem::NotATime => format!("`{text}` of `{option}` is not a time"),
        _ => format!("`{text}` of `{option}` cannot be used: {problem}"),
    };
    CliError::new(message).hint("write it as `2026-11-20 14:02`; it is UTC unless it names another zone")
}

/// Makes the document under the library's lock. `finish` may change it before it is written.
pub(crate) fn create(
    workspace: &Workspace,
    guard: &Guard<'_>,
    title: &str,
    known: &Known,
    day: Date,
    finish: impl FnOnce(Document, &Path) -> Result<Document, CliError>,
) -> Result<(PathBuf, String), CliError> {
    let mut id = String::new();
    let stored = guard.allocate(|listed| {
        let planned = plan(workspace, listed, title, known, day)?;
        id = planned.id;
        let document = finish(planned.document, &planned.path)?;
        Ok::<_, CliError>((planned.path, document.source().bytes().to_vec()))
    })?;
    Ok((stored.path, id))
}

/// A document that is to be made.
pub(crate) struct Planned {
    pub(crate) path: PathBuf,
    pub(crate) id: String,
    pub(crate) document: Document,
}

/// What [`create`] would make beside the postmortems that are there. Nothing is written.
pub(crate) fn plan(
    workspace: &Workspace,
    listed: &[Listed],
    title: &str,
    known: &Known,
    day: Date,
) -> Result<Planned, CliError> {
    let config = workspace.config();
    let slug = slug(title);
    let severity = known.severity.as_deref().map(read_severity).transpose()?;
    let start = known.start_time()?;
    let template = workspace.template()?;
    let id = match &known.id {
        Some(id) => id.clone(),
        None => next_id(workspace, listed, day, &slug)?,
    };
    refuse_taken(workspace, listed, &id)?;
    plain_id(&id)?;
    let name = if config.library.id.has_slug() || known.id.as_deref() == Some(slug.as_str()) {
        format!("{id}.md")
    } else {
        format!("{id}-{slug}.md")
    };
    let folder = config
        .library
        .layout
        .replace("{year}", &format!("{:04}", day.year()))
        .replace("{month}", &format!("{:02}", day.month()));
    let path = workspace.library.root().join(&config.library.postmortems).join(folder).join(&name);
    let mut document = from_template(&template, title)?;
    document = with_field(&document, FieldId::IncidentId, &id)?;
    if let Some(severity) = severity {
        document = with_field(&document, FieldId::Severity, severity.as_str())?;
    }
    if let Some(start) = start {
        let start = time::canonical(start, start.as_second() % 60 != 0);
        document = with_field(&document, FieldId::StartTime, &start)?;
    }
    if !known.service.is_empty() {
        document = with_field(&document, FieldId::Services, &known.service.join(", "))?;
    }
    Ok(Planned { path, id, document })
}

/// The template with the title, in stage `draft`, without the sentence that asks to copy it.
fn from_template(template: &[u8], title: &str) -> Result<Document, CliError> {
    let mut text = String::from_utf8_lossy(template).into_owned();
    for ending in ["\r\n", "\n"] {
        text = text.replacen(&format!("{COPY_SENTENCE}{ending}{ending}"), "", 1);
    }
    let document = Document::parse(text.as_bytes());
    let document = document.changed(&rename::titled(&document, title)?)?;
    Ok(document.changed(&document.set_stage(Stage::Draft)?)?)
}

fn with_field(document: &Document, field: FieldId, value: &str) -> Result<Document, CliError> {
    Ok(document.changed(&document.set_field(field, value)?)?)
}

/// A severity given on the command line.
pub(crate) fn read_severity(text: &str) -> Result<Severity, CliError> {
    let severity = Severity::parse(text).map(|(severity, _)| severity);
    severity.ok_or_else(|| {
        CliError::new(format!("`{text}` is not a severity")).hint("use `Sev0`, `Sev1`, `Sev2` or `Sev3`")
    })
}

/// The next ID: one more than the highest in use, by file name and by what the documents say; for a
/// pattern that does not count, with `-2`, `-3` … where it is taken.
pub(crate) fn next_id(
    workspace: &Workspace,
    listed: &[Listed],
    day: Date,
    slug: &str,
) -> Result<String, CliError> {
    let pattern = &workspace.config().library.id;
    let taken = taken_ids(workspace, listed);
    if pattern.has_sequence() {
        let highest = taken.iter().filter_map(|id| pattern.sequence_of(id)).max().unwrap_or(0);
        let next = highest.checked_add(1).ok_or_else(|| {
            let last = pattern.render(highest, day, slug);
            CliError::new(format!("`{last}` is taken, and no number comes after it")).hint(
                "give that postmortem a smaller number with `recount renumber`, or name the new ID yourself",
            )
        })?;
        return Ok(pattern.render(next, day, slug));
    }
    let first = pattern.render(1, day, slug);
    let mut id = first.clone();
    let mut number = 2;
    while taken.contains(&id) {
        id = format!("{first}-{number}");
        number += 1;
    }
    Ok(id)
}

/// IDs in use. File names tell them without reading; only files that are named otherwise are read.
pub(crate) fn taken_ids(workspace: &Workspace, listed: &[Listed]) -> BTreeSet<String> {
    let pattern = &workspace.config().library.id;
    let mut taken = BTreeSet::new();
    let mut unnamed: Vec<Listed> = Vec::new();
    for file in listed {
        let Ok(path) = file else { continue };
        let stem = path.file_stem().and_then(OsStr::to_str).unwrap_or("");
        if let Some(id) = pattern.id_in(stem).filter(|_| pattern.has_sequence()) {
            taken.insert(id.to_owned());
        } else {
            taken.insert(stem.to_owned());
            unnamed.push(Ok(path.clone()));
        }
    }
    workspace.library.scan(
        &unnamed,
        recount_store::threads(),
        |_, bytes| bytes.ok().and_then(|bytes| Some(Document::parse(bytes).incident_id()?.to_owned())),
        |id| taken.extend(id),
    );
    taken
}

/// Whether an ID is in use, in whatever case: file systems and readers do not tell `inc-7` from `INC-7`.
pub(crate) fn is_taken(workspace: &Workspace, listed: &[Listed], id: &str) -> bool {
    let id = id.to_lowercase();
    taken_ids(workspace, listed).iter().any(|taken| taken.to_lowercase() == id)
}

fn refuse_taken(workspace: &Workspace, listed: &[Listed], id: &str) -> Result<(), CliError> {
    if is_taken(workspace, listed, id) {
        return Err(CliError::new(format!("the ID `{id}` is taken"))
            .hint("leave out `--id` for the next free one, or see `recount list`"));
    }
    Ok(())
}

/// Refuses an ID that cannot begin a file name which stays in its folder.
pub(crate) fn plain_id(id: &str) -> Result<(), CliError> {
    let is_plain = id.chars().all(|c| c.is_alphanumeric() || matches!(c, '-' | '_' | '.' | '#' | '+'));
    if is_plain && id.starts_with(char::is_alphanumeric) {
        return Ok(());
    }
    let message =
        if id.is_empty() { "an ID cannot be empty".to_owned() } else { format!("`{id}` cannot be an ID") };
    Err(CliError::new(message).hint("choose letters, digits and dashes: files are named after it"))
}

/// Says which of the services that were named the library does not know; `check` will, too.
pub(crate) fn warn_of_services(workspace: &Workspace, known: &Known, environment: &mut Environment) {
    for unknown in known.service.iter().filter_map(|name| workspace.config().undeclared_service(name)) {
        environment.warn(unknown);
    }
}

/// Says that an ID is unlike the others of the library; `check` will, too.
pub(crate) fn warn_of_pattern(workspace: &Workspace, id: &str, environment: &mut Environment) {
    let pattern = &workspace.config().library.id;
    if !pattern.matches(id) {
        environment.warn(format!("`{id}` is not of the pattern `{}`", pattern.as_str()));
        environment.hint("`id` under `[library]` in `recount.toml` sets the pattern");
    }
}
