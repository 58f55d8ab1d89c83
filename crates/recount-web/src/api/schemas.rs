//! The description of the API as one document: addresses, parameters and statuses from the handlers, shapes from the
//! types that are read and written. Made for the reference alone; what is served is the file that was made of it.

use schemars::JsonSchema;
use schemars::generate::{SchemaGenerator, SchemaSettings};
use serde_json::{Map, Value, json};

use super::problem::{KINDS, MEDIA_TYPE};
use super::{
    actions, create, endpoints, evidence, items, library, postmortem, postmortems, problem, search, similar,
    timeline,
};

/// A shape that endpoints name, with the name and version of its machine format where it is one.
type Shape = (&'static str, Option<(&'static str, u32)>, Value);

/// The shapes that endpoints name.
fn shapes() -> Vec<Shape> {
    vec![
        ("ActionChange", None, read::<items::ActionChange>()),
        ("Actions", Some(("actions", 1)), written::<actions::Page>()),
        ("Candidates", Some(("candidates", 1)), written::<evidence::Page<'_>>()),
        ("Changes", None, read::<postmortem::Changes>()),
        ("Created", Some(("show", 1)), written::<create::Created>()),
        ("Decided", None, written::<evidence::Decided>()),
        ("Decisions", None, read::<evidence::Decisions>()),
        ("Evidence", Some(("imported", 1)), written::<evidence::Evidence>()),
        ("Exported", None, written::<recount_engine::export::formats::json::Postmortem>()),
        ("Findings", Some(("findings", 1)), written::<recount_workspace::told::findings::Output>()),
        ("Found", Some(("search", 1)), written::<search::Page>()),
        ("Insights", Some(("insights", 1)), written::<recount_workspace::told::insights::Output>()),
        ("Library", None, written::<library::Library>()),
        ("NewAction", None, read::<items::NewAction>()),
        ("NewPostmortem", None, read::<create::NewPostmortem>()),
        ("NewRow", None, read::<timeline::NewRow>()),
        ("Offers", None, written::<evidence::Offers>()),
        ("Postmortem", Some(("show", 1)), written::<postmortem::Postmortem>()),
        ("Postmortems", Some(("list", 1)), written::<postmortems::Page>()),
        ("Problem", None, written::<problem::Told<'_>>()),
        ("RowChange", None, read::<timeline::RowChange>()),
        ("Rules", Some(("explain", 1)), written::<recount_workspace::told::rules::Output>()),
        (
            "Similar",
            Some(("similar", 1)),
            written::<recount_workspace::told::similar::Output<similar::Alike>>(),
        ),
        ("Timeline", Some(("timeline", 1)), written::<timeline::Timeline>()),
    ]
}

/// What is written: a property that is always there is required.
fn written<T: JsonSchema>() -> Value {
    schema::<T>(SchemaSettings::draft2020_12().for_serialize().into_generator())
}

/// What is accepted.
fn read<T: JsonSchema>() -> Value {
    schema::<T>(SchemaSettings::draft2020_12().for_deserialize().into_generator())
}

fn schema<T: JsonSchema>(generator: SchemaGenerator) -> Value {
    generator.into_root_schema_for::<T>().into()
}

/// The description of the API: an `OpenAPI` 3.1 document.
pub fn description() -> String {
    let (_, api) = endpoints().split_for_parts();
    // Plain data has nothing that cannot be written.
    let mut api = serde_json::to_value(api).unwrap_or_default();
    api["info"] = json!({
        "title": "Recount",
        "version": "1",
        "summary": "The postmortems of a library, read and changed by programs",
        "description": "Answers are JSON; a postmortem itself is Markdown. What is answered has the same shapes as \
            `recount COMMAND --format json`. Everything that fails is told in one shape, `application/problem+json`. \
            Parameters and properties that nobody knows are refused. Whoever writes names the version that they have \
            read (`If-Match`), so that nobody's change is lost.",
        "license": { "name": "MIT OR Apache-2.0", "identifier": "MIT OR Apache-2.0" },
    });
    api["tags"] = json!([
        { "name": "Postmortems", "description": "Search, list, make, read, change and export postmortems." },
        { "name": "Timeline", "description": "The rows of a postmortem's timeline, each on its own." },
        { "name": "Evidence", "description": "What exports say of an incident, and what of it is not in the timeline." },
        { "name": "Action items", "description": "What was promised: over the whole library, and in one postmortem." },
        { "name": "Insights", "description": "Figures, each with its definition." },
        { "name": "Rules", "description": "What is checked." },
        { "name": "Library", "description": "What the library is." },
    ]);
    let mut schemas = Map::new();
    for (name, format, shape) in shapes() {
        place(&mut schemas, name, format, shape);
    }
    api["components"]["schemas"] = schemas.into();
    api["components"]["responses"] = KINDS
        .iter()
        .map(|kind| {
            let mut response = json!({
                "description": format!("{}. {}", kind.title, kind.about),
                "content": { MEDIA_TYPE: { "schema": { "$ref": "#/components/schemas/Problem" } } },
            });
            if kind.name == "too-many" {
                response["headers"] = json!({ "Retry-After": {
                    "description": "Seconds to wait",
                    "schema": { "type": "integer", "minimum": 0 },
                } });
            }
            (kind.name.to_owned(), response)
        })
        .collect::<Map<String, Value>>()
        .into();
    api["components"]["securitySchemes"]["token"] = json!({
        "type": "http",
        "scheme": "bearer",
        "description": "Where there are accounts: a token of somebody's, made under Account or with \
            `recount user token add`. Its scope is `read`, or `write`, which reads, too.",
    });
    let export = &mut api["paths"]["/api/v1/postmortems/{key}/export/{format}"]["get"]["responses"]["200"];
    export["content"]["application/json"]["schema"] = json!({ "$ref": "#/components/schemas/Exported" });
    if let Some(paths) = api["paths"].as_object_mut() {
        for path in paths.values_mut().filter_map(Value::as_object_mut) {
            for (method, operation) in path.iter_mut() {
                answer_problems(operation);
                // Nothing is asked for where there are no accounts.
                let scope = if method == "get" { "read" } else { "write" };
                operation["security"] = json!([{}, { "token": [scope] }]);
            }
        }
    }
    serde_json::to_string_pretty(&api).unwrap_or_default() + "\n"
}

/// What any request can fail with beside what the handler names: it names problems by their kind alone.
fn answer_problems(operation: &mut Value) {
    let has_body = operation.get("requestBody").is_some();
    let Some(responses) = operation["responses"].as_object_mut() else { return };
    let of = |name: &str| json!({ "$ref": format!("#/components/responses/{name}") });
    for response in responses.values_mut() {
        let named =
            response["description"].as_str().and_then(|name| KINDS.iter().find(|kind| kind.name == name));
        if let Some(kind) = named {
            *response = of(kind.name);
        }
    }
    let mut common = vec!["unreadable", "signed-out", "forbidden", "misdirected", "too-many", "trouble"];
    if has_body {
        common.extend(["too-large", "media-type", "refused"]);
    }
    for kind in KINDS.iter().filter(|kind| common.contains(&kind.name)) {
        responses.entry(kind.status.as_u16().to_string()).or_insert_with(|| of(kind.name));
    }
    if let Some(parameters) = operation.get_mut("parameters").and_then(Value::as_array_mut) {
        for parameter in parameters {
            // A parameter is left out, never null.
            if let Some(kinds) = parameter["schema"]["type"].as_array().cloned() {
                let kind = kinds.into_iter().find(|kind| kind != "null").unwrap_or_default();
                parameter["schema"]["type"] = kind;
            }
        }
    }
}

/// Puts a shape among the others; what it is made of comes beside it, under names of its own.
fn place(schemas: &mut Map<String, Value>, name: &str, format: Option<(&str, u32)>, mut shape: Value) {
    let Some(root) = shape.as_object_mut() else { return };
    root.remove("$schema");
    root.insert("title".to_owned(), name.into());
    let parts = root.remove("$defs").and_then(|parts| parts.as_object().cloned()).unwrap_or_default();
    for (part, mut schema) in parts {
        if let Some((format, version)) = format.filter(|_| part == "Header") {
            schema["properties"]["format"]["const"] = format.into();
            schema["properties"]["version"]["const"] = version.into();
        }
        point(&mut schema, name);
        schemas.insert(format!("{name}{part}"), schema);
    }
    point(&mut shape, name);
    schemas.insert(name.to_owned(), shape);
}

/// Lets references lead to where the parts of a shape are put.
fn point(schema: &mut Value, name: &str) {
    match schema {
        Value::Object(members) => {
            for (key, value) in members.iter_mut() {
                let part =
                    value.as_str().and_then(|target| target.strip_prefix("#/$defs/")).map(str::to_owned);
                match part.filter(|_| key == "$ref") {
                    Some(part) => *value = format!("#/components/schemas/{name}{part}").into(),
                    None => point(value, name),
                }
            }
        }
        Value::Array(values) => values.iter_mut().for_each(|value| point(value, name)),
        _ => {}
    }
}
