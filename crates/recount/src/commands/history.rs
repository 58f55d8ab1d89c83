//! `recount history`: who changed what of a postmortem, and when.

use std::io::Write as _;
use std::num::NonZeroUsize;

use recount_workspace::{Change, History, Told};
use serde::Serialize;

use crate::Outcome;
use crate::commands::import::shortened;
use crate::environment::{Environment, visible};
use crate::error::Exit;
use crate::machine::{self, Header};
use crate::workspace::Workspace;

/// Show who changed what of a postmortem, and when
///
/// Reads the commits of the git repository that touched it, the newest first, also under its former file names. What
/// is not committed yet comes first of all.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The postmortem: its ID, number or path
    id: String,

    /// Only the newest of them
    #[arg(long, value_name = "COUNT")]
    limit: Option<NonZeroUsize>,

    /// How to print
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    format: Format,
}

#[derive(Clone, Copy, Debug, clap::ValueEnum)]
enum Format {
    /// For people
    Text,
    /// For programs: `history` version 1
    Json,
}

/// The whole answer in JSON.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct Output {
    /// Which format this is.
    recount: Header,
    /// The postmortem's path from the library's root.
    path: String,
    /// What differs from the commit that is checked out.
    uncommitted: Vec<Change>,
    /// The commits, the newest first.
    revisions: Vec<Told>,
}

pub(crate) fn run(args: Args, environment: &mut Environment) -> Outcome {
    let workspace = Workspace::open(environment)?;
    let path = workspace.find(&args.id)?;
    let limit = args.limit.map_or(usize::MAX, NonZeroUsize::get);
    let History { path, uncommitted, revisions, is_known } = workspace.history(&path, limit)?;
    let output = Output { recount: Header { format: "history", version: 1 }, path, uncommitted, revisions };
    match args.format {
        Format::Json => machine::write(environment, &output)?,
        Format::Text => {
            show(&output, environment)?;
            if output.revisions.iter().any(|told| told.cut) {
                environment.hint("`git fetch --unshallow` brings what came before");
            }
            if !is_known {
                environment.note(format!("no commit holds `{}` yet", output.path));
                environment.hint("`--commit` of the commands that change it, or `git add` and `git commit`");
            }
        }
    }
    Ok(Exit::Done)
}

fn show(output: &Output, environment: &mut Environment) -> Result<(), crate::error::CliError> {
    let width = environment.width();
    let out = environment.out();
    if !output.uncommitted.is_empty() {
        writeln!(out, "not committed yet")?;
        show_changes(&output.uncommitted, width, out)?;
    }
    for told in &output.revisions {
        let when = told.at.get(..16).unwrap_or(&told.at).replace('T', " ");
        let id = told.id.get(..10).unwrap_or(&told.id);
        writeln!(out, "{when}  {}  {}  ({id})", visible(&told.author), visible(&told.subject))?;
        if told.added {
            writeln!(out, "    added")?;
        }
        if told.cut {
            writeln!(out, "    the history is cut here: this clone is shallow")?;
        }
        if told.removed {
            writeln!(out, "    removed")?;
        }
        if let Some(old) = &told.renamed_from {
            writeln!(out, "    renamed from {}", visible(old))?;
        }
        show_changes(&told.changes, width, out)?;
    }
    Ok(())
}

fn show_changes(changes: &[Change], width: usize, out: &mut impl std::io::Write) -> std::io::Result<()> {
    for change in changes {
        let place = change.place();
        let line = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
        let room = width.saturating_sub(10) / 2;
        let short = |text: &str| visible(&shortened(&line(text), room)).into_owned();
        let is_blank = |text: &Option<String>| text.as_ref().is_none_or(String::is_empty);
        match (is_blank(&change.before), is_blank(&change.after)) {
            (false, false) => {
                let (before, after) = (change.before.as_deref(), change.after.as_deref());
                let (before, after) = (before.unwrap_or_default(), after.unwrap_or_default());
                let (before, after) = around_difference(&line(before), &line(after), room);
                writeln!(out, "    {}: {} → {}", visible(place), visible(&before), visible(&after))?;
            }
            (true, _) => {
                let after = change.after.as_deref().unwrap_or_default();
                writeln!(out, "    {}: + {}", visible(place), short(after))?;
            }
            (_, true) => {
                let before = change.before.as_deref().unwrap_or_default();
                writeln!(out, "    {}: − {}", visible(place), short(before))?;
            }
        }
    }
    Ok(())
}

/// Two long texts from a little before the first word in which they differ, so that what is shown differs, too.
fn around_difference(before: &str, after: &str, room: usize) -> (String, String) {
    /// How much of what is the same leads to it.
    const LEAD: usize = 4;
    let same = before.split(' ').zip(after.split(' ')).take_while(|(old, new)| old == new).count();
    // What fits is shown from its beginning on.
    let is_seen = |text: &str| {
        text.split(' ').take(same + 1).map(|word| word.chars().count() + 1).sum::<usize>() <= room
    };
    if is_seen(before) && is_seen(after) {
        return (shortened(before, room), shortened(after, room));
    }
    let from = |text: &str| {
        let rest = text.split(' ').skip(same.saturating_sub(LEAD)).collect::<Vec<_>>().join(" ");
        format!("… {}", shortened(&rest, room.saturating_sub(2)))
    };
    (from(before), from(after))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_shown_of_a_long_change_differs() {
        let long = "the pool of connections was shared by checkout and search and had no limit at all";
        for (before, after, shown) in [
            ("short", "other", ("short", "other")),
            (
                long,
                &*long.replace("no limit", "a limit"),
                ("… and search and had no limit at …", "… and search and had a limit at …"),
            ),
            (
                long,
                &*long.replace("the pool", "a pool"),
                ("the pool of connections was …", "a pool of connections was shared …"),
            ),
            (long, &*format!("{long} so far"), ("… no limit at all", "… no limit at all so far")),
        ] {
            let told = around_difference(before, after, 33);
            assert_eq!((told.0.as_str(), told.1.as_str()), shown);
        }
    }
}
