//! `recount search`: postmortems by what they say.

use std::ffi::OsString;
use std::io::Write as _;

use anstyle::{AnsiColor, Style};
use recount_store::catalog::Want;
use recount_workspace::told::search::Output;
use recount_workspace::{Corrected, FoundOne, Piece, Searched};

use crate::Outcome;
use crate::environment::{Environment, visible};
use crate::error::{CliError, Exit};
use crate::machine;
use crate::workspace::Workspace;

/// Search the postmortems of the library: what they say, and who, what and when they are about
///
/// All words must be there, in whatever form; the best come first: a word in the title or the root cause
/// counts more than one in the appendices. A word that stands nowhere is taken for the nearest that does.
///
/// `"connection pool"` is a phrase, `check*` a beginning, `-dns` must not be there, `pool OR cache` is
/// either; `NOT dns` is `-dns`, and `pool AND cache` is `pool cache` (the three in capitals: in small letters they
/// are words). `owner:` takes a person, or a team and whoever is in it. Filters: `severity:sev1,sev2`, `service:checkout`, `factor:capacity`, `owner:@ana`,
/// `after:2026-01`, `before:2026-07-01`, `stage:final`, `tag:tls`, `title:seat*`, `cause:"no limit"`,
/// `id:INC-0042`, `is:open`, `is:overdue`, `is:draft`. Quote the query for the shell where it has quotation marks
/// or `*` in it.
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

pub(crate) fn run(args: Args, environment: &mut Environment) -> Outcome {
    let workspace = Workspace::open(environment)?;
    let text = typed(&args.query);
    let catalog = workspace.catalog(Want::Text, usize::MAX);
    let answered = workspace.ask(&catalog, &text, environment.today(), (0, usize::from(args.limit)));
    let problems: Vec<String> = workspace.problems(&catalog);
    for problem in &problems {
        environment.warn(problem);
    }
    let Searched { total, hits, corrected, notes, is_empty } = workspace.tell_found(answered);
    for note in &notes {
        environment.warn(note);
    }
    let is_found = !hits.is_empty();
    let failed = !problems.is_empty();
    match args.format {
        Format::Json => {
            let output =
                Output { recount: Output::HEADER, query: text, total, hits, corrected, notes, problems };
            machine::write(environment, &output)?;
        }
        Format::Text => {
            for Corrected { word, instead } in &corrected {
                let instead: Vec<String> = instead.iter().map(|word| format!("`{word}`")).collect();
                environment.note(format!("no postmortem has `{word}`; this is for {}", instead.join(", ")));
            }
            for (nth, entry) in hits.iter().enumerate() {
                if nth > 0 {
                    writeln!(environment.out())?;
                }
                show(entry, environment)?;
            }
            if is_empty {
                environment.note("the query asks for nothing");
                environment.hint("`recount search --help` shows what can be asked");
            } else if !is_found {
                environment.note("no postmortem is like that");
            } else if total > hits.len() {
                let more = total - hits.len();
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

/// The arguments of the program where `-dns` behind `search` is a part of the query and no option: it gets a blank
/// before it. Of what begins so, `-h` and `-V` are options.
pub(crate) fn with_exclusions(args: impl IntoIterator<Item = OsString>) -> Vec<OsString> {
    let mut args: Vec<OsString> = args.into_iter().collect();
    let is_long = |arg: &OsString| arg.as_encoded_bytes().starts_with(b"--");
    // `--library`, `--limit` and the like take what follows; `--no-cache` and `--limit=3` do not.
    let takes_next =
        |arg: &OsString| is_long(arg) && arg != "--no-cache" && !arg.as_encoded_bytes().contains(&b'=');
    let mut is_search = false;
    for at in 1..args.len() {
        if args[at] == "--" {
            break;
        }
        if takes_next(&args[at - 1]) || is_long(&args[at]) {
            continue;
        }
        if !is_search {
            is_search = args[at] == "search";
            if !is_search {
                break;
            }
            continue;
        }
        let is_option = args[at] == "-h" || args[at] == "-V";
        if args[at].as_encoded_bytes().starts_with(b"-") && !is_option {
            let mut spaced = OsString::from(" ");
            spaced.push(&args[at]);
            args[at] = spaced;
        }
    }
    args
}

/// The query as one text. What the shell took the quotation marks of is still one thing.
fn typed(words: &[String]) -> String {
    if let [one] = words {
        return one.trim().to_owned();
    }
    let word = |word: &String| {
        let word = word.trim();
        let (not, thing) = word.strip_prefix('-').map_or(("", word), |thing| ("-", thing));
        let is_plain = !word.contains(char::is_whitespace) || word.contains('"');
        match thing.split_once(':') {
            _ if is_plain => word.to_owned(),
            Some((name, value)) if !name.contains(char::is_whitespace) => format!("{not}{name}:\"{value}\""),
            _ => format!("{not}\"{thing}\""),
        }
    };
    words.iter().map(word).collect::<Vec<_>>().join(" ")
}

fn show(entry: &FoundOne, environment: &mut Environment) -> Result<(), CliError> {
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
    // A line that shows why is told with its section; of one that only says what happened, the services tell more.
    let head = if entry.excerpt.iter().any(|piece| piece.hit) {
        entry.section.clone()
    } else {
        entry.services.join(", ")
    };
    let excerpt = painted(&entry.excerpt);
    let gap = if head.is_empty() || excerpt.is_empty() { "" } else { ": " };
    let below = format!("    {}{gap}{excerpt}", visible(&head));
    let below = Some(below).filter(|below| !below.trim().is_empty());
    for line in std::iter::once(line).chain(below) {
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
            (&[" -dns", "x"], "-dns x"),
            (&[" -service:seat map", "x"], "-service:\"seat map\" x"),
            (&[" -connection pool", "x"], "-\"connection pool\" x"),
        ] {
            let words: Vec<String> = words.iter().map(|word| (*word).to_owned()).collect();
            assert_eq!(typed(&words), text);
        }
    }
    #[test]
    fn what_begins_with_a_dash_is_of_the_query_and_options_are_options() {
        for (args, expected) in [
            ("recount search -dns timeout --limit 3", "recount search  -dns timeout --limit 3"),
            ("recount search pool -dns -h", "recount search pool  -dns -h"),
            (
                "recount --library x --no-cache search -dns --format json",
                "recount --library x --no-cache search  -dns --format json",
            ),
            ("recount search --limit -1 a", "recount search --limit -1 a"),
            ("recount search -- -dns", "recount search -- -dns"),
            ("recount list -dns search", "recount list -dns search"),
            ("recount", "recount"),
        ] {
            let found = with_exclusions(args.split(' ').map(OsString::from));
            let found: Vec<_> = found.iter().map(|arg| arg.to_string_lossy()).collect();
            assert_eq!(found.join(" "), expected);
        }
    }
}
