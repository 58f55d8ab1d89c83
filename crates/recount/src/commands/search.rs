//! `recount search`: postmortems by what they say.

use std::io::Write as _;
use std::ops::Range;

use anstyle::{AnsiColor, Style};
use serde::Serialize;

use recount_engine::config::nearest;
use recount_engine::document::Document;
use recount_store::catalog::{Hit, Names, Query, Sought, Want, excerpt};

use crate::Outcome;
use crate::environment::{Environment, visible};
use crate::error::{CliError, Exit};
use crate::machine::{self, Header};
use crate::workspace::Workspace;

/// Search the postmortems of the library: what they say, and who, what and when they are about
///
/// All words must be there, in whatever form; the best come first: a word in the title or the root cause
/// counts more than one in the appendices. A word that stands nowhere is taken for the nearest that does.
///
/// `"connection pool"` is a phrase, `check*` a beginning, `-dns` must not be there, `pool OR cache` is
/// either. Filters: `severity:sev1,sev2`, `service:checkout`, `factor:capacity`, `owner:@ana`,
/// `after:2026-01`, `before:2026-07-01`, `stage:final`, `tag:tls`, `title:seat*`, `cause:"no limit"`,
/// `id:INC-0042`, `is:open`, `is:overdue`, `is:draft`. Quote the whole query for the shell: `'pool -dns'`.
///
/// Exit code 0: something was found; 1: nothing was.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Words, phrases and filters
    #[arg(required = true, value_name = "QUERY")]
    query: Vec<String>,

    /// Show at most so many
    #[arg(long, value_name = "NUMBER", default_value_t = 10, value_parser = clap::value_parser!(u16).range(1..))]
    limit: u16,

    /// How to print
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    format: Format,
}

#[derive(Clone, Copy, Debug, clap::ValueEnum)]
enum Format {
    /// For people
    Text,
    /// For programs: `search` version 1
    Json,
}

/// The whole answer in JSON.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct Output {
    /// Which format this is.
    recount: Header,
    /// The query as it was typed.
    query: String,
    /// How many postmortems there are; `hits` may be fewer.
    total: usize,
    /// Best first.
    hits: Vec<Entry>,
    /// Words that stand nowhere, and what was looked for instead.
    corrected: Vec<Corrected>,
    /// What of the query was not understood.
    notes: Vec<String>,
    /// Files that could not be read.
    problems: Vec<String>,
}

/// A postmortem that was found.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct Entry {
    /// Incident ID, without marks.
    id: Option<String>,
    /// Title, in pieces; none for an untitled draft.
    title: Vec<Piece>,
    /// Path from the library's root.
    path: String,
    /// `Sev0` to `Sev3`; none where it cannot be read.
    severity: Option<String>,
    /// `draft`, `review` or `final`.
    stage: String,
    /// When impact began, RFC 3339, UTC.
    start: Option<String>,
    /// How well it fits; comparable within one answer alone.
    score: f32,
    /// The heading of the section of the excerpt; empty before the first.
    section: String,
    /// The line that shows best why it was found, in pieces.
    excerpt: Vec<Piece>,
}

/// A piece of a text.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct Piece {
    text: String,
    /// Whether it is what was looked for.
    hit: bool,
}

/// A word that stands nowhere.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct Corrected {
    word: String,
    /// What was looked for instead.
    instead: Vec<String>,
}

pub(crate) fn run(args: Args, environment: &mut Environment) -> Outcome {
    let workspace = Workspace::open(environment)?;
    let text = typed(&args.query);
    let query = read(&workspace, &text, environment);
    let catalog = workspace.catalog(Want::Text, usize::MAX);
    let found = catalog.search(&query, usize::from(args.limit));
    let problems: Vec<String> = catalog.problems().iter().map(ToString::to_string).collect();
    for problem in &problems {
        environment.warn(problem);
    }
    let entries: Vec<Entry> =
        found.hits.into_iter().map(|hit| entry(&workspace, hit, &found.sought)).collect();
    let corrected: Vec<Corrected> =
        found.corrected.into_iter().map(|(word, instead)| Corrected { word, instead }).collect();
    let is_found = !entries.is_empty();
    let failed = !problems.is_empty();
    match args.format {
        Format::Json => {
            let output = Output {
                recount: Header { format: "search", version: 1 },
                query: text,
                total: found.total,
                hits: entries,
                corrected,
                notes: query.notes.clone(),
                problems,
            };
            machine::write(environment, &output)?;
        }
        Format::Text => {
            for note in &query.notes {
                environment.warn(note);
            }
            for Corrected { word, instead } in &corrected {
                let instead: Vec<String> = instead.iter().map(|word| format!("`{word}`")).collect();
                environment.note(format!("no postmortem has `{word}`; this is for {}", instead.join(", ")));
            }
            for (nth, entry) in entries.iter().enumerate() {
                if nth > 0 {
                    writeln!(environment.out())?;
                }
                show(entry, environment)?;
            }
            if query.is_empty() {
                environment.note("the query asks for nothing");
                environment.hint("`recount search --help` shows what can be asked");
            } else if !is_found {
                environment.note("no postmortem is like that");
            } else if found.total > entries.len() {
                let more = found.total - entries.len();
                environment.note(format!("{more} more; `--limit` shows them"));
            }
        }
    }
    Ok(if failed {
        Exit::Failed
    } else if is_found {
        Exit::Done
    } else {
        Exit::Findings
    })
}

/// The query as one text. What the shell took the quotation marks of is still one thing.
fn typed(words: &[String]) -> String {
    if let [one] = words {
        return one.clone();
    }
    let word = |word: &String| {
        let is_plain = !word.contains(char::is_whitespace) || word.contains('"');
        match word.split_once(':') {
            _ if is_plain => word.clone(),
            Some((name, value)) if !name.contains(char::is_whitespace) => format!("{name}:\"{value}\""),
            _ => format!("\"{word}\""),
        }
    };
    words.iter().map(word).collect::<Vec<_>>().join(" ")
}

fn read(workspace: &Workspace, text: &str, environment: &Environment) -> Query {
    let config = workspace.config();
    let services = |name: &str| workspace.names_of_service(name);
    let people = |name: &str| {
        let known = config.person(name);
        let names = known.map(|person| vec![person.handle.clone(), person.name.clone()]);
        let mut names: Vec<String> = names.unwrap_or_default();
        names.push(name.to_owned());
        names
    };
    let near = |word: &str, known: &[&'static str]| nearest(word, known.iter().copied());
    let names = Names { services: &services, people: &people, nearest: &near, today: environment.today() };
    Query::read(text, &names)
}

impl Workspace {
    /// Every name of a service: as it was given, as the configuration has it, and its aliases.
    pub(crate) fn names_of_service(&self, name: &str) -> Vec<String> {
        let known = self.config().service(name);
        let names =
            known.map(|service| std::iter::once(&service.name).chain(&service.aliases).cloned().collect());
        let mut names: Vec<String> = names.unwrap_or_default();
        if !names.iter().any(|known| known.eq_ignore_ascii_case(name)) {
            names.push(name.to_owned());
        }
        names
    }
}

/// Characters of an excerpt.
const WIDTH: usize = 160;

fn entry(workspace: &Workspace, hit: Hit, sought: &Sought) -> Entry {
    let Hit { path, score, record } = hit;
    // The text is the file's own: what changed a moment ago is shown as it is now.
    let stored = workspace.library.read(&workspace.library.root().join(&path)).ok();
    let found = stored.and_then(|stored| excerpt(&Document::parse(&stored.bytes), sought, WIDTH));
    let title = record.title.unwrap_or_default();
    Entry {
        id: record.id,
        title: pieces(&title, &sought.marks(&title)),
        path: path.display().to_string(),
        severity: record.severity.map(|severity| severity.to_string()),
        stage: record.stage.to_string(),
        start: record.started.map(|at| at.to_string()),
        score,
        section: found.as_ref().map(|excerpt| excerpt.section.clone()).unwrap_or_default(),
        excerpt: found.map(|excerpt| pieces(&excerpt.text, &excerpt.marks)).unwrap_or_default(),
    }
}

fn pieces(text: &str, marks: &[Range<usize>]) -> Vec<Piece> {
    let mut pieces = Vec::new();
    let mut push = |text: &str, hit| {
        if !text.is_empty() {
            pieces.push(Piece { text: text.to_owned(), hit });
        }
    };
    let mut at = 0;
    for mark in marks {
        push(&text[at..mark.start], false);
        push(&text[mark.clone()], true);
        at = mark.end;
    }
    push(&text[at..], false);
    pieces
}

fn show(entry: &Entry, environment: &mut Environment) -> Result<(), CliError> {
    let strong = Style::new().bold();
    let mark = AnsiColor::Yellow.on_default().bold();
    let painted = |pieces: &[Piece]| -> String {
        let piece = |piece: &Piece| {
            let text = visible(&piece.text);
            if piece.hit { format!("{mark}{text}{mark:#}") } else { text.into_owned() }
        };
        pieces.iter().map(piece).collect()
    };
    let day = entry.start.as_deref().and_then(|start| start.get(..10)).unwrap_or("no date");
    let id = visible(entry.id.as_deref().unwrap_or("-")).into_owned();
    let severity = entry.severity.as_deref().unwrap_or("-");
    let title = if entry.title.is_empty() {
        format!("(untitled) {}", visible(&entry.path))
    } else {
        painted(&entry.title)
    };
    let plain = !environment.has_color();
    let line = format!("{strong}{id}{strong:#}  {severity}  {day}  {title}");
    let section =
        if entry.section.is_empty() { String::new() } else { format!("{}: ", visible(&entry.section)) };
    let excerpt = painted(&entry.excerpt);
    for line in [line, format!("    {section}{excerpt}")] {
        let line = if plain { anstream::adapter::strip_str(&line).to_string() } else { line };
        writeln!(environment.out(), "{}", line.trim_end())?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_shell_unquoted_is_still_one_thing() {
        for (words, text) in [
            (&["pool", "exhausted"][..], "pool exhausted"),
            (&["connection pool", "dns"], "\"connection pool\" dns"),
            (&["service:seat map", "-dns"], "service:\"seat map\" -dns"),
            (&["\"no limit\" dns", "x"], "\"no limit\" dns x"),
            (&["connection pool"], "connection pool"),
        ] {
            let words: Vec<String> = words.iter().map(|word| (*word).to_owned()).collect();
            assert_eq!(typed(&words), text);
        }
    }
}
