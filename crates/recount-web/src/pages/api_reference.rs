//! The reference of the API, as its description has it: every address with what it takes and answers.
//!
//! What does not live here: the description, which is made from the handlers (`crate::api`).

use std::sync::{Arc, LazyLock};

use askama::Template;
use axum::extract::State;
use axum::response::Html;
use axum::routing::get;
use serde_json::Value;

use super::Page as PageDefinition;
use crate::api::{DESCRIPTION, KINDS, Kind};
use crate::error::{Answer, page};
use crate::frame::Frame;
use crate::site::Site;

pub(super) const PAGE: PageDefinition =
    PageDefinition { navigation: None, routes: |router| router.route("/api", get(reference)) };

#[derive(Template)]
#[template(path = "api_reference.html")]
struct Reference {
    frame: Frame,
    about: &'static str,
    groups: &'static [Group],
    shapes: &'static [Shape],
    kinds: &'static [&'static Kind],
}

/// Operations that belong together.
struct Group {
    id: String,
    name: String,
    about: String,
    operations: Vec<Operation>,
}

/// A method of an address.
struct Operation {
    id: String,
    method: String,
    path: String,
    summary: String,
    about: String,
    parameters: Vec<Parameter>,
    /// What its body is: media type and shape.
    body: Option<(String, String)>,
    answers: Vec<Answered>,
}

struct Parameter {
    name: String,
    place: &'static str,
    kind: String,
    about: String,
    is_required: bool,
}

struct Answered {
    status: String,
    about: String,
    /// The shape of its body; empty where it has none, or one of another kind.
    shape: String,
    /// The kind of problem that it is; empty where it is none.
    problem: String,
}

/// What a body is made of.
struct Shape {
    name: String,
    about: String,
    properties: Vec<Property>,
}

struct Property {
    name: String,
    kind: String,
    /// The shape that it is of.
    shape: String,
    about: String,
    is_required: bool,
}

static READ: LazyLock<(String, Vec<Group>, Vec<Shape>)> = LazyLock::new(|| {
    let api: Value = serde_json::from_str(DESCRIPTION).unwrap_or_default();
    (text(&api["info"]["description"]), groups(&api), shapes(&api))
});

async fn reference(State(site): State<Arc<Site>>) -> Answer<Html<String>> {
    let (about, groups, shapes) = &*READ;
    page(&Reference { frame: Frame::new(&site.shelf(), "/api"), about, groups, shapes, kinds: KINDS })
}

fn groups(api: &Value) -> Vec<Group> {
    let tags = api["tags"].as_array().into_iter().flatten();
    tags.map(|tag| {
        let name = text(&tag["name"]);
        Group {
            id: name.to_lowercase().replace(' ', "-"),
            about: text(&tag["description"]),
            operations: operations(api, &name),
            name,
        }
    })
    .collect()
}

fn operations(api: &Value, tag: &str) -> Vec<Operation> {
    const METHODS: [&str; 5] = ["get", "post", "put", "patch", "delete"];
    let mut operations = Vec::new();
    for (path, methods) in api["paths"].as_object().into_iter().flatten() {
        for method in METHODS {
            let operation = &methods[method];
            if !operation["tags"].as_array().into_iter().flatten().any(|own| own == tag) {
                continue;
            }
            operations.push(Operation {
                id: format!("{method}{}", path.replace(['/', '{', '}'], "-")),
                method: method.to_uppercase(),
                path: path.clone(),
                summary: text(&operation["summary"]),
                about: text(&operation["description"]),
                parameters: operation["parameters"].as_array().into_iter().flatten().map(parameter).collect(),
                body: body(&operation["requestBody"]),
                answers: operation["responses"]
                    .as_object()
                    .into_iter()
                    .flatten()
                    .map(|(status, answer)| answered(status, answer))
                    .collect(),
            });
        }
    }
    operations
}

fn parameter(value: &Value) -> Parameter {
    let place = match value["in"].as_str().unwrap_or_default() {
        "path" => "address",
        "header" => "header",
        _ => "query",
    };
    Parameter {
        name: text(&value["name"]),
        place,
        kind: kind(&value["schema"]),
        about: text(&value["description"]),
        is_required: value["required"] == true,
    }
}

fn body(value: &Value) -> Option<(String, String)> {
    let (media_type, content) = value["content"].as_object()?.iter().next()?;
    Some((media_type.clone(), shape(&content["schema"])))
}

fn answered(status: &str, answer: &Value) -> Answered {
    let problem = answer["$ref"].as_str().and_then(|target| target.rsplit('/').next()).unwrap_or_default();
    let about = match KINDS.iter().find(|kind| kind.name == problem) {
        Some(kind) => kind.title.to_owned(),
        None => text(&answer["description"]),
    };
    let content = answer["content"].as_object().and_then(|content| content.values().next());
    Answered {
        status: status.to_owned(),
        about,
        shape: content.map(|content| shape(&content["schema"])).unwrap_or_default(),
        problem: problem.to_owned(),
    }
}

fn shapes(api: &Value) -> Vec<Shape> {
    let schemas = api["components"]["schemas"].as_object().into_iter().flatten();
    schemas
        .map(|(name, schema)| {
            let required: Vec<&str> =
                schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
            let properties = schema["properties"].as_object().into_iter().flatten();
            let property = |(property, value): (&String, &Value)| Property {
                name: property.clone(),
                kind: kind(value),
                shape: shape(value),
                about: text(&value["description"]),
                is_required: required.contains(&property.as_str()),
            };
            Shape {
                name: name.clone(),
                about: text(&schema["description"]),
                properties: properties.map(property).collect(),
            }
        })
        .collect()
}

/// The shape that a schema leads to, itself or in a list; empty where it is plain.
fn shape(schema: &Value) -> String {
    let nested = || schema["anyOf"].as_array().into_iter().flatten().map(shape).find(|name| !name.is_empty());
    let own = schema["$ref"].as_str().and_then(|target| target.rsplit('/').next()).map(str::to_owned);
    own.or_else(|| Some(shape(schema.get("items")?)))
        .or_else(|| Some(shape(schema.get("additionalProperties")?)))
        .filter(|name| !name.is_empty())
        .or_else(nested)
        .unwrap_or_default()
}

/// What a value is, in a word or a few.
fn kind(schema: &Value) -> String {
    if let Some(is) = schema.get("const") {
        return is.as_str().map_or_else(|| is.to_string(), str::to_owned);
    }
    if let Some(any) = schema["anyOf"].as_array() {
        return any.iter().map(kind).collect::<Vec<_>>().join(" or ");
    }
    let named = match &schema["type"] {
        Value::String(name) => name.clone(),
        Value::Array(names) => names.iter().filter_map(Value::as_str).collect::<Vec<_>>().join(" or "),
        _ => "object".to_owned(),
    };
    match schema.get("items") {
        Some(items) if named == "array" => format!("list of {}", kind(items)),
        _ => named,
    }
}

/// A text of the description as one line.
fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().split_whitespace().collect::<Vec<_>>().join(" ")
}
