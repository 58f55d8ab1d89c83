//! `recount history`: who changed what of a postmortem, and when.

use std::io::Write as _;
use std::num::NonZeroUsize;
use std::path::Path;

use jiff::Timestamp;
use recount_engine::document::merge::{Difference, Part, differences};
use recount_store::{Revision, Store as _, StorePath};
use serde::Serialize;

use crate::Outcome;
use crate::commands::import::shortened;
use crate::environment::{Environment, visible};
use crate::error::Exit;
use crate::machine::{self, Header};
use crate::paths::slashes;
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

/// One commit.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct Told {
    /// The commit's name.
    id: String,
    /// When it was made, UTC.
    at: String,
    /// Who made the change.
    author: String,
    /// Their mail address, as the commit has it.
    mail: String,
    /// The first line of its message.
    subject: String,
    /// The path from the library's root that the postmortem had from then on.
    path: String,
    /// Whether the postmortem came into the repository with it.
    added: bool,
    /// Whether the history that is here is cut at this commit, because the clone is shallow: what came before it, and
    /// what it changed, is not known.
    cut: bool,
    /// Whether it removed the postmortem.
    removed: bool,
    /// The path that it had before, where that was another one.
    #[serde(skip_serializing_if = "Option::is_none")]
    renamed_from: Option<String>,
    /// What it changed, from top to bottom; nothing for the commit that added or removed it.
    changes: Vec<Change>,
}

/// A part of the document that changed.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct Change {
    /// The heading of its section, or `front matter`; empty before the first.
    section: String,
    /// `heading`, `key`, `field`, `item`, `timeline-row`, `action-item` or `text`.
    part: &'static str,
    /// What it is called: the label of a field, a key, a heading. Empty for what has no name.
    name: String,
    /// What it was, as Markdown; none where it is new.
    before: Option<String>,
    /// What it is; none where it is gone.
    after: Option<String>,
}

pub(crate) fn run(args: Args, environment: &mut Environment) -> Outcome {
    let workspace = Workspace::open(environment)?;
    let path = workspace.find(&args.id)?;
    let relative = workspace.relative(&path);
    let mut revisions = workspace.library.history(&StorePath::new(&relative)?)?;
    let is_known = !revisions.is_empty();
    revisions.truncate(args.limit.map_or(usize::MAX, NonZeroUsize::get));
    // By date, the commits of several branches stand among each other: each says itself what it began with.
    let names: Vec<&str> =
        revisions.iter().flat_map(|revision| [&*revision.before, &*revision.content]).collect();
    let past = workspace.library.past(&names)?;
    let (stored, _) = workspace.read(&path)?;
    // Without a commit there is no `HEAD`, either. It may be a merge, which the list does not have.
    let last = if is_known {
        workspace.library.bytes_at("HEAD", &workspace.library.root().join(&relative))?
    } else {
        None
    };
    let uncommitted = last.map(|last| changes(&last, &stored.bytes));
    let told = revisions.iter().zip(past.chunks(2)).map(|(revision, held)| {
        let [before, now] = [0, 1].map(|at| held.get(at).and_then(Option::as_deref));
        tell(revision, before, now)
    });
    let told: Vec<Told> = told.collect();
    let recount = Header { format: "history", version: 1 };
    let output = Output {
        recount,
        path: slashes(&relative),
        uncommitted: uncommitted.unwrap_or_default(),
        revisions: told,
    };
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

fn changes(old: &[u8], new: &[u8]) -> Vec<Change> {
    let told = |Difference { section, part, name, before, after, .. }| {
        let part = match part {
            Part::Heading => "heading",
            Part::Key => "key",
            Part::Field => "field",
            Part::Item => "item",
            Part::TimelineRow => "timeline-row",
            Part::ActionItem => "action-item",
            Part::Text => "text",
        };
        Change { section, part, name, before, after }
    };
    differences(old, new).into_iter().map(told).collect()
}

fn tell(revision: &Revision, before: Option<&[u8]>, now: Option<&[u8]>) -> Told {
    let shown = |path: &Path| slashes(path);
    let at = Timestamp::from_second(revision.at).map_or_else(|_| String::new(), |at| at.to_string());
    Told {
        id: revision.id.clone(),
        at,
        author: revision.author.name.clone(),
        mail: revision.author.mail.clone(),
        subject: revision.subject.clone(),
        path: shown(&revision.path),
        added: before.is_none() && now.is_some() && !revision.is_cut,
        cut: revision.is_cut && before.is_none(),
        removed: now.is_none(),
        renamed_from: revision.renamed_from.as_deref().map(shown),
        changes: match (now, before) {
            (Some(now), Some(before)) => changes(before, now),
            _ => Vec::new(),
        },
    }
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
        let place = match change.part {
            "field" | "key" | "heading" => &change.name,
            _ => &change.section,
        };
        let place = if place.is_empty() { "text" } else { place };
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
