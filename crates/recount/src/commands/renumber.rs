//! `recount renumber`: another ID, where two branches took the same.

use std::ffi::OsStr;
use std::io::Write as _;
use std::path::PathBuf;

use recount_engine::config::slug;
use recount_engine::document::Document;
use recount_engine::document::template::FieldId;
use recount_engine::document::value::time::utc_day;

use crate::Outcome;
use crate::commands::{new, rename};
use crate::commit::{self, CommitArgs};
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

    #[command(flatten)]
    commit: CommitArgs,
}

pub(crate) fn run(args: Args, environment: &mut Environment) -> Outcome {
    let workspace = Workspace::open(environment)?;
    args.commit.begin(&workspace, environment)?;
    let path = workspace.find(&args.id)?;
    let guard = workspace.library.lock()?;
    let (stored, document) = workspace.read_to_change(&path)?;
    workspace.refuse_foreign(&path, &document, "ID")?;
    let listed = workspace.library.list();
    let title = document.title_text().unwrap_or("incident");
    let day = document.started_at().map_or(environment.today(), utc_day);
    let id = match args.new {
        Some(id) => {
            let number: Option<u64> = id.parse().ok();
            let pattern = &workspace.config().library.id;
            let id = match number.filter(|_| pattern.has_sequence()) {
                Some(number) => pattern.render(number, day, &slug(title)),
                None => id,
            };
            recount_workspace::plain_id(&id)?;
            if workspace.is_taken(&listed, &id) {
                return Err(CliError::new(format!("the ID `{id}` is taken"))
                    .hint("leave it out for the next free one, or see `recount list`"));
            }
            id
        }
        None => workspace.next_id(&listed, day, &slug(title))?,
    };
    let pattern = &workspace.config().library.id;
    new::warn(&workspace, &id, &recount_workspace::Given::default(), environment);
    let old_id = rename::id_of(&document).unwrap_or("").to_owned();
    let stem = path.file_stem().and_then(OsStr::to_str).unwrap_or("");
    let name = match pattern.id_in(stem) {
        Some(old) => format!("{id}{}.md", &stem[old.len()..]),
        None => format!("{id}-{}.md", slug(title)),
    };
    let target = path.with_file_name(name);
    let changed = document.changed(&document.set_field(FieldId::IncidentId, &id)?)?;
    let others = rename::take_along(&workspace, &guard, &stored, changed, &target, environment)?;
    let shown = workspace.shown(&target);
    writeln!(environment.out(), "{shown}")?;
    let before = if old_id.is_empty() { commit::name_of(&path, &document) } else { old_id.clone() };
    commit::subject(environment, &format!("{before}: renumber to {id}"));
    rename::tell(&workspace, environment, &others);
    for path in mentions(&workspace, &old_id) {
        environment.note(format!("`{}` still says `{old_id}`", workspace.shown(&path)));
    }
    Ok(Exit::Done)
}

/// Postmortems that name an ID in their text and do not carry it themselves. Whether they mean this
/// incident or another one that took the same ID, only people know.
fn mentions(workspace: &Workspace, id: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    if id.is_empty() {
        return found;
    }
    let finder = memchr::memmem::Finder::new(id);
    workspace.library.scan(
        &workspace.library.list(),
        recount_store::threads(),
        |path, bytes| {
            let bytes = bytes.ok()?;
            finder.find(bytes)?;
            let document = Document::parse(bytes);
            let is_its_own = rename::id_of(&document).is_some_and(|own| own.eq_ignore_ascii_case(id));
            (!is_its_own).then(|| path.to_owned())
        },
        |path| found.extend(path),
    );
    found
}
