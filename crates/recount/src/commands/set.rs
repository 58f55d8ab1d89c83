//! `recount set`: one field, by name.

use std::io::Write as _;

use recount_engine::config::nearest;
use recount_engine::document::template::{FIELDS, FieldId};
use serde::Serialize;

use crate::Outcome;
use crate::commit::{self, CommitArgs};
use crate::environment::{Environment, visible};
use crate::error::{CliError, Exit};
use crate::machine::{self, Header};
use crate::workspace::Workspace;
use recount_workspace::{Seen, refuse_nonsense, with_value};

/// Set a field by name
///
/// The name is the label or its short form (`start-time`, `data-loss`, `factor-capacity`); `recount set
/// --fields` lists them. A change that would make the document worse by the rules of its stage is refused.
/// Where the start or end time is set, a duration and a time to detect that agreed with them follow.
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
    #[arg(long, conflicts_with_all = ["id", "field", "value", "add", "force"])]
    fields: bool,

    /// How to print the list of `--fields`
    #[arg(long, value_name = "FORMAT", default_value = "text", requires = "fields")]
    format: Format,

    #[command(flatten)]
    commit: CommitArgs,
}

#[derive(Clone, Copy, Debug, clap::ValueEnum)]
enum Format {
    /// For people
    Text,
    /// For programs: `fields` version 1
    Json,
}

/// The fields of the template in JSON.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct Output {
    /// Which format this is.
    recount: Header,
    /// In the template's order.
    fields: Vec<Field>,
}

#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct Field {
    /// The short name that commands and machine formats use.
    name: &'static str,
    /// The heading of its section in the template.
    section: &'static str,
    /// Its label in the template.
    label: &'static str,
}

pub(crate) fn run(args: Args, environment: &mut Environment) -> Outcome {
    let (Some(id), Some(field), Some(value)) = (args.id, args.field, args.value) else {
        list(args.format, environment)?;
        return Ok(Exit::Done);
    };
    let field = field_named(&field)?;
    let workspace = Workspace::open(environment)?;
    args.commit.begin(&workspace, environment)?;
    let path = workspace.find(&id)?;
    let seen = Seen::read(&workspace, &path)?;
    let guard = workspace.library.lock()?;
    if field == FieldId::IncidentId && !args.force {
        workspace.refuse_taken(&path, &value)?;
    }
    let (stored, document) = workspace.read_to_change(&path)?;
    let mut changed = if args.add {
        document.changed(&document.add_to_field(field, &value)?)?
    } else {
        with_value(&document, field, &value)?
    };
    let followed = workspace.follow_times(&path, field, &document, &mut changed, environment.today())?;
    let shown = workspace.relative(&path).display().to_string();
    seen.refuse_overlap(&stored.version, &document, &changed, &shown)?;
    if !args.force {
        refuse_nonsense(&changed, field, &value)?;
        workspace.refuse_foreign(&path, &document, "field").map_err(|error| {
            error.hint("`recount adopt FILE` makes a postmortem of it that is; or use `--force`")
        })?;
        workspace.refuse_worse(&path, &document, &changed, environment.today(), document.stage())?;
    }
    workspace.write(&guard, &stored, &changed)?;
    let label = field.def().label;
    let name = commit::name_of(&path, &changed);
    let what = match (args.add, value.trim()) {
        (_, "") => format!("{name}: clear {label}"),
        (true, value) => format!("{name}: add `{value}` to {label}"),
        (false, value) => format!("{name}: set {label} to {value}"),
    };
    commit::subject(environment, &what);
    for field in std::iter::once(field).chain(followed) {
        let now: Vec<&str> = changed.field_values(field).map(|span| changed.slice(span)).collect();
        writeln!(environment.out(), "{}: {}", field.def().label, visible(&now.join("; ")))?;
    }
    Ok(Exit::Done)
}

fn list(format: Format, environment: &mut Environment) -> Result<(), CliError> {
    let fields =
        FIELDS.iter().map(|def| Field { name: def.key, section: def.section.heading(), label: def.label });
    match format {
        Format::Json => {
            let recount = Header { format: "fields", version: 1 };
            machine::write(environment, &Output { recount, fields: fields.collect() })?;
        }
        Format::Text => {
            for Field { name, section, label } in fields {
                writeln!(environment.out(), "{name:20} {section} → {label}")?;
            }
        }
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
