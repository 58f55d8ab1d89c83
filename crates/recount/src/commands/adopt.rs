//! `recount adopt`: documents of other templates, made into postmortems of the library.

use std::ffi::OsStr;
use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use serde::Serialize;

use recount_engine::adopt::{Adoption, Options, Original, Reading, is_zone};
use recount_engine::document::{Document, LineIndex, counted};
use recount_store::{Guard, Listed, evidence_folder};

use crate::Outcome;
use crate::commands::new;
use crate::commit::{self, CommitArgs};
use crate::environment::{Environment, visible};
use crate::error::{CliError, Exit};
use crate::machine::{self, Header};
use crate::table;
use crate::workspace::Workspace;
use recount_workspace::{Given, Planned};

/// Make postmortems of documents that were written in other templates
///
/// Each file becomes a new postmortem of the library: its timeline a table, its action items rows, its
/// sections the template's. Nothing is lost: what has no place keeps its heading and text behind the
/// template's sections, and the original is kept, linked, in the postmortem's evidence folder. Nothing is
/// invented: what the document does not say stays blank. The file itself is not touched.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Documents in other templates
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,

    /// The zone of times for which the document states none: `Europe/Berlin`, `UTC`, `+02:00`
    #[arg(long, value_name = "ZONE")]
    zone: Option<String>,

    /// Show what went where, line by line of the original
    #[arg(long)]
    report: bool,

    /// Write nothing; say what would be made
    #[arg(long)]
    dry_run: bool,

    /// How to print
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    format: Format,

    #[command(flatten)]
    commit: CommitArgs,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
enum Format {
    /// For people
    Text,
    /// For programs: `adopt` version 1
    Json,
}

/// What became of documents, in JSON.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct Output {
    /// Which format this is.
    recount: Header,
    /// Whether nothing was written.
    dry_run: bool,
    /// One for each file that could be adopted, in the order named.
    documents: Vec<Adopted>,
    /// Files that could not be adopted, and why.
    problems: Vec<Problem>,
}

#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct Problem {
    /// The file as it was named.
    source: String,
    message: String,
}

#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct Adopted {
    /// The file as it was named.
    source: String,
    /// The postmortem, from the library's root.
    path: String,
    id: String,
    title: String,
    /// The day of the incident; none where the document does not say it.
    day: Option<String>,
    /// Rows of the timeline.
    entries: usize,
    /// How many of those have an instant.
    instants: usize,
    /// Action items.
    actions: usize,
    /// Words of the original.
    words: usize,
    /// How many of them found no place of the template.
    unplaced_words: usize,
    /// What a person should know.
    notes: Vec<String>,
    /// What went where, in the order of the original.
    placements: Vec<Place>,
}

#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct Place {
    /// Bytes of the original, from and to.
    span: (u32, u32),
    /// Lines of the original, first and last.
    lines: (u32, u32),
    /// The field, section or row.
    to: String,
    /// Whether that is a place of the template.
    placed: bool,
}

pub(crate) fn run(args: Args, environment: &mut Environment) -> Outcome {
    if let Some(zone) = args.zone.as_deref().filter(|zone| !is_zone(zone)) {
        return Err(CliError::new(format!("there is no time zone `{zone}`, or it can mean several")).hint(
            "use a name such as `Europe/Berlin`, `America/Los_Angeles`, `UTC`, or an offset such as `+02:00`",
        ));
    }
    let workspace = Workspace::open(environment)?;
    args.commit.begin(&workspace, environment)?;
    let guard = if args.dry_run { None } else { Some(workspace.library.lock()?) };
    let mut planned: Vec<Listed> = Vec::new();
    let mut output = Output {
        recount: Header { format: "adopt", version: 1 },
        dry_run: args.dry_run,
        documents: Vec::new(),
        problems: Vec::new(),
    };
    for file in &args.files {
        match adopt(&workspace, guard.as_ref(), &mut planned, file, &args, environment) {
            Ok(adopted) => {
                if args.format == Format::Text {
                    show(&workspace, &adopted, &args, environment)?;
                }
                output.documents.push(adopted);
            }
            Err(error) => {
                let source = file.display().to_string();
                output.problems.push(Problem { source, message: error.to_string() });
                environment.show_error(&error);
            }
        }
    }
    let ids: Vec<&str> = output.documents.iter().map(|adopted| adopted.id.as_str()).collect();
    commit::subject(environment, &format!("Adopt {}", ids.join(", ")));
    if args.format == Format::Json {
        machine::write(environment, &output)?;
    }
    Ok(if output.problems.is_empty() { Exit::Done } else { Exit::Failed })
}

/// Adopts one file; where there is no lock, writes nothing.
fn adopt(
    workspace: &Workspace,
    guard: Option<&Guard<'_>>,
    planned: &mut Vec<Listed>,
    file: &Path,
    args: &Args,
    environment: &mut Environment,
) -> Result<Adopted, CliError> {
    let source = file.display().to_string();
    if file.is_dir() {
        return Err(CliError::new(format!("`{source}` is a folder")).hint("name the documents in it"));
    }
    let limit = u64::from(workspace.config().library.max_file_size) * 1024 * 1024;
    let cannot = |error: &std::io::Error| CliError::new(format!("`{source}` cannot be read: {error}"));
    let size = fs::metadata(file).map_err(|error| cannot(&error))?.len();
    if size > limit {
        return Err(CliError::new(format!("`{source}` is larger than {limit} bytes"))
            .hint("`max-file-size` under `[library]` in `recount.toml` sets the limit"));
    }
    let bytes = fs::read(file).map_err(|error| cannot(&error))?;
    let document = Document::parse(&bytes);
    if document.text().trim().is_empty() {
        return Err(CliError::new(format!("there is nothing in `{source}`")));
    }
    if document.source().invalid_at().is_some() {
        return Err(CliError::new(format!("`{source}` is not UTF-8, so its text cannot be adopted whole"))
            .hint("save the file as UTF-8 first; it may be in UTF-16, Latin-1 or Windows-1252 now"));
    }
    if !workspace.checker.is_foreign(&document) {
        return Err(CliError::new(format!("`{source}` is in the postmortem template already"))
            .hint("copy it below the library's folder of postmortems; `recount check` reads it as it is"));
    }
    let name = file.file_name().unwrap_or(OsStr::new("original.md")).to_string_lossy().into_owned();
    let reading = Reading::new(&bytes, &Options { file: name.clone(), zone: args.zone.clone() });
    let day = reading.day().map(|day| day.date);
    let mut listed = workspace.library.list();
    listed.append(&mut planned.iter().filter_map(|path| Some(Ok(path.as_ref().ok()?.clone()))).collect());
    let given = Given { id: own_id(workspace, &reading, &name, &listed, environment), ..Given::default() };
    let made_on = day.unwrap_or(environment.today());
    let mut adoption = None;
    let mut finish = |blank: &Document, path: &Path| -> Result<Document, CliError> {
        let kept = kept_name(&name);
        let adopted = reading.adopt(blank, &original(path, &name, &kept));
        if let Some(guard) = guard {
            if fs::symlink_metadata(path).is_ok() {
                return Err(CliError::new(format!("`{}` is there already", path.display())));
            }
            guard.write_evidence(path, &kept, &bytes)?;
        }
        let document = adopted.document.clone();
        adoption = Some(adopted);
        Ok(document)
    };
    let (path, id) = if let Some(guard) = guard {
        let finish = |document: Document, path: &Path| finish(&document, path);
        workspace.create(guard, reading.title(), &given, made_on, finish)?
    } else {
        let Planned { path, id, document } = workspace.plan(&listed, reading.title(), &given, made_on)?;
        finish(&document, &path)?;
        planned.push(Ok(path.clone()));
        (path, id)
    };
    let Some(adoption) = adoption else {
        return Err(CliError::new(format!("`{source}` could not be adopted")));
    };
    new::warn(workspace, &id, &Given::default(), environment);
    let text = String::from_utf8_lossy(&bytes);
    let day = day.map(|day| day.to_string());
    Ok(adopted(
        source,
        workspace.library.relative(&path).display().to_string(),
        id,
        &reading,
        day,
        adoption,
        &text,
    ))
}

/// The ID that the document has already: stated in it or in the file's name, of the library's pattern, and
/// free.
fn own_id(
    workspace: &Workspace,
    reading: &Reading,
    name: &str,
    listed: &[Listed],
    environment: &mut Environment,
) -> Option<String> {
    let pattern = &workspace.config().library.id;
    let stem = name.rsplit_once('.').map_or(name, |(stem, _)| stem);
    let stated = reading.id().filter(|id| pattern.matches(id));
    let named = || pattern.id_in(stem).filter(|_| pattern.has_sequence());
    let id = stated.or_else(named)?;
    if workspace.is_taken(listed, id) {
        environment.warn(format!("`{id}` is taken, so `{name}` gets the next ID"));
        return None;
    }
    Some(id.to_owned())
}

/// The original's name in the evidence folder: one that no reader takes for frozen evidence.
fn kept_name(name: &str) -> String {
    let is_evidence =
        Path::new(name).extension().is_some_and(|extension| extension.eq_ignore_ascii_case("jsonl"));
    let hidden = name.starts_with('.');
    format!("{}{name}{}", if hidden { "original" } else { "" }, if is_evidence { ".txt" } else { "" })
}

/// How the result speaks of the original.
fn original(path: &Path, name: &str, kept: &str) -> Original {
    let folder = evidence_folder(path);
    let folder = folder.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let escaped = name.chars().flat_map(|ch| {
        let escape = matches!(ch, '[' | ']' | '\\' | '*' | '_' | '`' | '<' | '|');
        escape.then_some('\\').into_iter().chain([ch])
    });
    Original { name: escaped.collect(), link: format!("{}/{}", escape_link(&folder), escape_link(kept)) }
}

/// A name as it can stand in a link.
pub(crate) fn escape_link(name: &str) -> String {
    let mut out = String::with_capacity(name.len());
    for byte in name.bytes() {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~') {
            out.push(char::from(byte));
        } else {
            use std::fmt::Write as _;
            // Writing to a string cannot fail.
            let _ = write!(out, "%{byte:02X}");
        }
    }
    out
}

fn adopted(
    source: String,
    path: String,
    id: String,
    reading: &Reading,
    day: Option<String>,
    adoption: Adoption,
    text: &str,
) -> Adopted {
    let lines = LineIndex::new(text);
    let line = |offset: u32| lines.position(text, offset).line;
    let placements = adoption
        .placements
        .into_iter()
        .map(|placement| {
            let span = placement.from;
            let last = span.end.saturating_sub(1).max(span.start);
            Place {
                span: (span.start, span.end),
                lines: (line(span.start), line(last)),
                to: placement.to,
                placed: placement.placed,
            }
        })
        .collect();
    Adopted {
        source,
        path,
        id,
        title: reading.title().to_owned(),
        day,
        entries: adoption.entries,
        instants: adoption.instants,
        actions: adoption.actions,
        words: adoption.words,
        unplaced_words: adoption.unplaced,
        notes: adoption.notes,
        placements,
    }
}

fn show(
    workspace: &Workspace,
    adopted: &Adopted,
    args: &Args,
    environment: &mut Environment,
) -> Result<(), CliError> {
    let shown = workspace.shown(&workspace.library.root().join(&adopted.path));
    writeln!(environment.out(), "{}", visible(&shown))?;
    if args.report {
        report(adopted, environment)?;
    }
    let share = (adopted.words - adopted.unplaced_words.min(adopted.words)) * 100 / adopted.words.max(1);
    let summary = format!(
        "{}: {} with {} placed in time, {}; {share} % of {} have a place of the template, none is lost",
        adopted.source,
        counted(adopted.entries, "timeline row"),
        adopted.instants,
        counted(adopted.actions, "action item"),
        counted(adopted.words, "word"),
    );
    environment.note(summary);
    for note in &adopted.notes {
        environment.warn(format!("{}: {note}", adopted.source));
    }
    if args.dry_run {
        environment.note("nothing was written (`--dry-run`)");
    } else if adopted.entries > adopted.instants || adopted.unplaced_words > 0 {
        environment.hint(format!("`recount check {shown} --stage review` lists what is left to do"));
    }
    Ok(())
}

/// The table of `--report`: lines of the original, and where they went.
fn report(adopted: &Adopted, environment: &mut Environment) -> Result<(), CliError> {
    let mut table = table::bare(environment.width());
    table.set_header(vec!["Lines", "Now in", ""]);
    for place in &adopted.placements {
        let (first, last) = place.lines;
        let lines = if first == last { first.to_string() } else { format!("{first}-{last}") };
        let mark = if place.placed { "" } else { "no place of the template" };
        table.add_row(vec![lines, visible(&place.to).into_owned(), mark.to_owned()]);
    }
    for line in table.lines() {
        writeln!(environment.out(), "{}", line.trim_end())?;
    }
    Ok(())
}
