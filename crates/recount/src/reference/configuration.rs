//! `docs/reference/configuration.md`: every key of `recount.toml`, from the JSON Schema of its type.

use std::fmt::Write as _;

use serde_json::{Map, Value};

use super::{cell, heading, schemas};

const ABOUT: &str = "\
`recount.toml` marks the root of a library and says what the library decides for itself. Every key may be left \
out. Editors that understand JSON Schema complete and check it with `docs/schemas/config.json`. An unknown key \
is an error that names the nearest known one.";

pub(super) fn page() -> String {
    let schema = schemas::config_schema();
    let mut out = heading("Configuration", ABOUT);
    for (name, property) in properties(&schema) {
        let meaning = property["description"].as_str().unwrap_or_default();
        let definition = resolved(&schema, property);
        if definition["type"] == "array" {
            let item = resolved(&schema, &definition["items"]);
            let _ = write!(out, "\n## `[[{name}]]`\n\n{}\n\n", line(meaning));
            table(&mut out, &schema, item);
        } else if definition.get("additionalProperties").is_some_and(Value::is_object) {
            let values = &definition["additionalProperties"];
            let _ = write!(out, "\n## `[{name}]`\n\n{}\n\n", line(meaning));
            out.push_str("Each key is a name, each value one of these.\n\n| value | means |\n|---|---|\n");
            for (value, means) in variants(resolved(&schema, values)) {
                let _ = writeln!(out, "| `\"{value}\"` | {} |", cell(&means));
            }
        } else {
            let _ = write!(out, "\n## `[{name}]`\n\n{}\n\n", line(meaning));
            table(&mut out, &schema, definition);
        }
    }
    out
}

/// The keys of a table; those of a table in it stand there with a dot.
fn table(out: &mut String, schema: &Value, definition: &Value) {
    out.push_str("| key | type | default | means |\n|---|---|---|---|\n");
    let required: Vec<&str> =
        definition["required"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
    for (key, property) in properties(definition) {
        let meaning = property["description"].as_str().unwrap_or_default();
        let inner = resolved(schema, property);
        if properties(inner).next().is_none() {
            let default = match &property["default"] {
                _ if required.contains(&key.as_str()) => "required".to_owned(),
                Value::Null => "none".to_owned(),
                value => format!("`{value}`"),
            };
            row(out, key, &type_name(schema, inner), &default, meaning);
        }
        let mut parts = properties(inner).enumerate().peekable();
        // Parts that say themselves what they are stand below what the whole is.
        if parts.peek().is_some_and(|(_, (_, kind))| kind["description"].is_string()) {
            row(out, key, "table", "none", meaning);
        }
        for (index, (part, kind)) in parts {
            let default = match &property["default"][part] {
                Value::Null => "none".to_owned(),
                value => format!("`{value}`"),
            };
            let meaning =
                kind["description"].as_str().unwrap_or(if index == 0 { meaning } else { "as above" });
            row(out, &format!("{key}.{part}"), &type_name(schema, kind), &default, meaning);
        }
    }
}

fn row(out: &mut String, key: &str, kind: &str, default: &str, meaning: &str) {
    let _ = writeln!(out, "| `{key}` | {kind} | {} | {} |", cell(default), cell(&line(meaning)));
}

/// What a `$ref` leads to.
fn resolved<'s>(schema: &'s Value, value: &'s Value) -> &'s Value {
    let target = value["$ref"].as_str().and_then(|path| schema.pointer(path.strip_prefix('#')?));
    target.unwrap_or(value)
}

fn properties(definition: &Value) -> impl Iterator<Item = (&String, &Value)> {
    definition["properties"].as_object().into_iter().flat_map(Map::iter)
}

/// The values of an enumeration, with what they mean.
fn variants(definition: &Value) -> Vec<(String, String)> {
    let of = |value: &Value, means: &Value| {
        value.as_str().map(|value| (value.to_owned(), line(means.as_str().unwrap_or_default())))
    };
    let plain =
        definition["enum"].as_array().into_iter().flatten().filter_map(|value| of(value, &Value::Null));
    let described = definition["oneOf"].as_array().into_iter().flatten();
    plain.chain(described.filter_map(|variant| of(&variant["const"], &variant["description"]))).collect()
}

fn type_name(schema: &Value, definition: &Value) -> String {
    let kinds: Vec<&str> = match &definition["type"] {
        Value::String(kind) => vec![kind],
        Value::Array(kinds) => {
            kinds.iter().filter_map(Value::as_str).filter(|kind| *kind != "null").collect()
        }
        _ => Vec::new(),
    };
    match kinds[..] {
        ["array"] => format!("list of {}", type_name(schema, resolved(schema, &definition["items"]))),
        ["integer"] => "number".to_owned(),
        ["string"] => "text".to_owned(),
        [kind] => kind.to_owned(),
        _ => "one of several".to_owned(),
    }
}

/// A doc comment as one line.
fn line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}
