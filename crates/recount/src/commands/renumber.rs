//! `recount renumber`: another ID, where two branches took the same.

use std::ffi::OsStr;
use std::io::Write as _;

use jiff::tz::TimeZone;

use recount_engine::config::slug;
use recount_engine::document::template::FieldId;

use crate::Outcome;
use crate::commands::{new, rename};
use crate::environment::Environment;
use crate::error::{CliError, Exit};
use crate::workspace::Workspace;

/// Give a postmortem another ID; its file, its evidence and links to it follow
///
/// Mends two branches that took the same ID: name the file of the one that shall change.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The postmortem: its ID, number or path
    id: String,

    /// The new ID; the next free one without
    new: Option<String>,
}

pub(crate) fn run(args: Args, environment: &mut Environment) -> Outcome {
    let workspace = Workspace::open(environment)?;
    let path = workspace.find(&args.id)?;
    let guard = workspace.library.lock()?;
    let (stored, document) = workspace.read(&path)?;
    let listed = workspace.library.list();
    let title = document.title_text().unwrap_or("incident");
    let day = document.started_at().map_or(environment.today(), |at| TimeZone::UTC.to_datetime(at).date());
    let id = match args.new {
        Some(id) => {
            let number: Option<u64> = id.parse().ok();
            let pattern = &workspace.config().library.id;
            let id = match number.filter(|_| pattern.has_sequence()) {
                Some(number) => pattern.render(number, day, &slug(title)),
                None => id,
            };
            if new::taken_ids(&workspace, &listed).contains(&id) {
                return Err(CliError::new(format!("the ID `{id}` is taken"))
                    .hint("leave it out for the next free one, or see `recount list`"));
            }
            id
        }
        None => new::next_id(&workspace, &listed, day, &slug(title)),
    };
    let pattern = &workspace.config().library.id;
    if !pattern.matches(&id) {
        environment.warn(format!("`{id}` is not of the pattern `{}`", pattern.as_str()));
    }
    let old_id = rename::id_of(&document).unwrap_or("").to_owned();
    let stem = path.file_stem().and_then(OsStr::to_str).unwrap_or("");
    let name = match pattern.id_in(stem) {
        Some(old) => format!("{id}{}.md", &stem[old.len()..]),
        None => format!("{id}-{}.md", slug(title)),
    };
    let target = path.with_file_name(name);
    let changed = document.changed(&document.set_field(FieldId::IncidentId, &id)?)?;
    let changed = rename::moved(&changed, &path, &target)?;
    if target != path {
        guard.rename(&path, &target)?;
    }
    guard.write_if_unchanged(&target, &stored.version, changed.source().bytes())?;
    let others = rename::follow(&workspace, &guard, &path, &target, environment)?;
    let shown = workspace.shown(environment, &target);
    writeln!(environment.out(), "{shown}")?;
    rename::tell(environment, &others);
    if !old_id.is_empty() {
        environment.hint(format!("where people wrote `{old_id}` in prose and meant this one, it is still `{old_id}`"));
    }
    Ok(Exit::Done)
}
