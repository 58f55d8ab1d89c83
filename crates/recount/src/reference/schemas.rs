//! `docs/schemas/*.json`: JSON Schemas of the configuration and of the machine formats, from the types
//! that are read and written.

use schemars::JsonSchema;
use schemars::generate::SchemaSettings;
use serde_json::Value;

use recount_engine::config::Config;
use recount_workspace::told;

use crate::commands;
use crate::report;

pub(super) fn actions() -> String {
    written::<told::actions::Output>("actions", 1)
}

pub(super) fn adopt() -> String {
    written::<commands::adopt::Output>("adopt", 1)
}

pub(super) fn candidates() -> String {
    written::<told::candidates::Output<'_>>("candidates", 1)
}

pub(super) fn check() -> String {
    written::<report::CheckReport<'_>>("check", 1)
}

pub(super) fn config() -> String {
    pretty(&config_schema())
}

pub(super) fn evidence_list() -> String {
    written::<commands::evidence::Output<'_>>("evidence-list", 1)
}

pub(super) fn explain() -> String {
    written::<told::rules::Output>("explain", 1)
}

pub(super) fn fields() -> String {
    written::<commands::set::Output>("fields", 1)
}

pub(super) fn fmt() -> String {
    written::<commands::fmt::Output>("fmt", 1)
}

pub(super) fn history() -> String {
    written::<commands::history::Output>("history", 1)
}

pub(super) fn insights() -> String {
    written::<told::insights::Output>("insights", 1)
}

pub(super) fn list() -> String {
    written::<told::list::Output>("list", 1)
}

pub(super) fn postmortem() -> String {
    written::<recount_engine::export::formats::json::Postmortem>("postmortem", 1)
}

pub(super) fn recurrence() -> String {
    written::<commands::recurrence::Output>("recurrence", 1)
}

pub(super) fn search() -> String {
    written::<told::search::Output>("search", 1)
}

pub(super) fn similar() -> String {
    written::<told::similar::Output>("similar", 1)
}

pub(super) fn show() -> String {
    written::<told::show::Output>("show", 1)
}

pub(super) fn users() -> String {
    written::<commands::user::Output>("users", 1)
}

pub(super) fn webhook() -> String {
    pretty(&recount_web::webhook_schema())
}

/// What `recount.toml` may hold: what is accepted, not what would be written.
pub(super) fn config_schema() -> Value {
    let mut schema =
        SchemaSettings::draft2020_12().for_deserialize().into_generator().into_root_schema_for::<Config>();
    schema.insert("title".to_owned(), "recount.toml".into());
    schema.into()
}

/// The schema of a machine format: what is written, so a field that is always there is required.
fn written<T: JsonSchema>(format: &str, version: u32) -> String {
    let mut schema =
        SchemaSettings::draft2020_12().for_serialize().into_generator().into_root_schema_for::<T>();
    let command = match format {
        "postmortem" => "export --to json",
        "evidence-list" => "evidence list",
        "fields" => "set --fields",
        "users" => "user list",
        command => command,
    };
    let by = if format == "postmortem" { "" } else { " --format json" };
    schema.insert("title".to_owned(), format!("recount {command}{by}, version {version}").into());
    let mut schema = Value::from(schema);
    // The header's type is shared by formats; its two values are those of this one.
    let header = schema["properties"]["recount"]["$ref"].as_str().and_then(|path| path.strip_prefix('#'));
    let header =
        header.map(str::to_owned).and_then(|path| schema.pointer_mut(&path)).expect("a format has a header");
    header["properties"]["format"]["const"] = format.into();
    header["properties"]["version"]["const"] = version.into();
    pretty(&schema)
}

fn pretty(schema: &Value) -> String {
    serde_json::to_string_pretty(schema).expect("a schema is plain data") + "\n"
}
