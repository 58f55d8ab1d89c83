//! `recount set`: one field, by name.

use std::io::Write as _;
use std::path::Path;

use recount_engine::config::nearest;
use recount_engine::document::template::{FIELDS, FieldId};

use crate::Outcome;
use crate::commands::new;
use crate::environment::{Environment, visible};
use crate::error::{CliError, Exit};
use crate::workspace::Workspace;

/// Set a field by name
///
/// The name is the label or its short form (`start-time`, `data-loss`, `factor-capacity`); `recount set
/// --fields` lists them. A change that would make the document worse by the rules of its stage is refused.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The postmortem: its ID, number or path
    #[arg(required_unless_present = "fields")]
    id: Option<String>,

    /// The field
    #[arg(required_unless_present = "fields")]
    field: Option<String>,

    /// The value; an empty one makes the field blank, several lines become bullets
    #[arg(required_unless_present = "fields", allow_hyphen_values = true)]
    value: Option<String>,

    /// Add the value to what is there, instead of replacing it
    #[arg(long)]
    add: bool,

    /// Write it although a rule of the stage forbids it
    #[arg(long)]
    force: bool,

    /// List the names of all fields
    #[arg(long, exclusive = true)]
    fields: bool,
}

pub(crate) fn run(args: Args, environment: &mut Environment) -> Outcome {
    let (Some(id), Some(field), Some(value)) = (args.id, args.field, args.value) else {
        for def in FIELDS {
            writeln!(environment.out(), "{:20} {} → {}", def.key, def.section.heading(), def.label)?;
        }
        return Ok(Exit::Done);
    };
    let field = field_named(&field)?;
    let workspace = Workspace::open(environment)?;
    let path = workspace.find(&id)?;
    let guard = workspace.library.lock()?;
    if field == FieldId::IncidentId && !args.force {
        refuse_taken(&workspace, &path, &value)?;
    }
    let (stored, document) = workspace.read_to_change(&path)?;
    let edits =
        if args.add { document.add_to_field(field, &value)? } else { document.set_field(field, &value)? };
    let changed = document.changed(&edits)?;
    if !args.force {
        workspace.refuse_foreign(&path, &document, "field").map_err(|error| {
            error.hint("`recount adopt FILE` makes a postmortem of it that is; or use `--force`")
        })?;
        workspace.refuse_worse(&path, &document, &changed, environment.today(), document.stage())?;
    }
    workspace.write(&guard, &stored, &changed)?;
    let now: Vec<&str> = changed.field_values(field).map(|span| changed.slice(span)).collect();
    writeln!(environment.out(), "{}: {}", field.def().label, visible(&now.join("; ")))?;
    Ok(Exit::Done)
}

/// Refuses the ID of another postmortem. Its own file may be named after it already.
fn refuse_taken(workspace: &Workspace, path: &Path, id: &str) -> Result<(), CliError> {
    let own = workspace.relative(path);
    let mut others = workspace.library.list();
    others.retain(|other| other.as_ref().is_ok_and(|other| workspace.relative(other) != own));
    if new::is_taken(workspace, &others, id.trim()) {
        return Err(CliError::new(format!("the ID `{id}` is taken"))
            .hint("`recount renumber` finds the next free one and takes the file along; or use `--force`"));
    }
    Ok(())
}

fn field_named(name: &str) -> Result<FieldId, CliError> {
    FieldId::from_name(name).ok_or_else(|| {
        let names = FIELDS.iter().flat_map(|def| [def.key, def.label]);
        let error = CliError::new(format!("the template has no field `{name}`"));
        match nearest(name, names) {
            Some(near) => error.hint(format!("did you mean `{near}`? `recount set --fields` lists all")),
            None => error.hint("`recount set --fields` lists all"),
        }
    })
}
