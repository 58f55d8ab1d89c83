//! The optional YAML in front: stage, who reviewed it, when it became final, tags, other IDs.

use std::fmt;
use std::str::FromStr;

use jiff::civil::Date;
use serde_json::Value as Yaml;

use super::{Source, Span};

/// What the author claims of the document.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Stage {
    /// Being written: only what is wrong counts.
    Draft,
    /// Ready to be read: what is missing counts too.
    Review,
    /// Done: reviewed, nothing missing.
    Final,
}

impl Stage {
    /// All stages, in order.
    pub const ALL: [Stage; 3] = [Self::Draft, Self::Review, Self::Final];

    /// The word in the front matter.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Draft => "draft",
            Self::Review => "review",
            Self::Final => "final",
        }
    }
}

impl fmt::Display for Stage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl FromStr for Stage {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        Self::ALL
            .into_iter()
            .find(|stage| stage.as_str().eq_ignore_ascii_case(text.trim()))
            .ok_or_else(|| format!("`{text}` is not a stage; use `draft`, `review` or `final`"))
    }
}

/// What the front matter says, and what could not be read of it.
#[derive(Clone, Debug, Default)]
pub struct FrontMatter {
    /// The YAML between the fences; none where there is no front matter.
    pub span: Option<Span>,
    /// `stage`.
    pub stage: Option<Stage>,
    /// `finalized`: the day it became final.
    pub finalized: Option<Date>,
    /// `reviewed-by`.
    pub reviewed_by: Vec<String>,
    /// `tags`.
    pub tags: Vec<String>,
    /// `incident-ids`: the same incident elsewhere.
    pub incident_ids: Vec<String>,
    /// What could not be read: where and why.
    pub problems: Vec<(Span, String)>,
}

impl FrontMatter {
    /// The line of `key`, without its ending.
    pub fn key_line(&self, source: &Source, key: &str) -> Option<Span> {
        let span = self.span?;
        let mut at = span.start as usize;
        for line in source.slice(span).split_inclusive('\n') {
            if line.strip_prefix(key).is_some_and(|rest| rest.trim_start().starts_with(':')) {
                return Some(Span::new(at, at + line.trim_end().len()));
            }
            at += line.len();
        }
        None
    }

    /// The line of `key` and those that belong to it: indented ones and items of its list.
    pub fn key_block(&self, source: &Source, key: &str) -> Option<Span> {
        let (line, all) = (self.key_line(source, key)?, self.span?);
        let mut block = line;
        let mut at = source.next_line(line.end as usize);
        while at < all.end as usize {
            let next = source.line_at(at);
            let text = source.slice(next);
            if !text.starts_with([' ', '\t', '-']) {
                break;
            }
            block.end = next.end;
            at = source.next_line(at);
        }
        Some(block)
    }
}

pub(super) fn read(source: &Source) -> FrontMatter {
    let Some(span) = source.front_matter() else { return FrontMatter::default() };
    let mut out = FrontMatter { span: Some(span), ..FrontMatter::default() };
    let text = source.slice(span);
    if text.trim().is_empty() {
        return out;
    }
    let map = match serde_saphyr::from_str::<Yaml>(text) {
        Ok(Yaml::Object(map)) => map,
        Ok(Yaml::Null) => return out,
        Ok(_) => {
            out.problems.push((span, "it is not a list of `key: value` lines".to_owned()));
            return out;
        }
        Err(error) => {
            let message = error.to_string();
            let first = message.lines().next().unwrap_or("it is not YAML").trim_start_matches("error: ");
            out.problems.push((span, first.to_owned()));
            return out;
        }
    };
    let place = |out: &FrontMatter, key: &str| out.key_line(source, key).unwrap_or(span);
    if let Some(value) = map.get("stage").filter(|value| !value.is_null()) {
        match text_of(value).parse() {
            Ok(stage) => out.stage = Some(stage),
            Err(why) => out.problems.push((place(&out, "stage"), why)),
        }
    }
    if let Some(value) = map.get("finalized").filter(|value| !value.is_null()) {
        let text = text_of(value);
        out.finalized = text.parse().ok();
        if out.finalized.is_none() {
            let why = format!("`{text}` is not a date; write it as `2026-12-04`");
            out.problems.push((place(&out, "finalized"), why));
        }
    }
    out.reviewed_by = map.get("reviewed-by").map(list_of).unwrap_or_default();
    out.tags = map.get("tags").map(list_of).unwrap_or_default();
    out.incident_ids = map.get("incident-ids").map(list_of).unwrap_or_default();
    out
}

fn text_of(value: &Yaml) -> String {
    match value {
        Yaml::String(text) => text.clone(),
        other => other.to_string(),
    }
}

fn list_of(value: &Yaml) -> Vec<String> {
    match value {
        Yaml::Null => Vec::new(),
        Yaml::Array(items) => items.iter().filter(|item| !item.is_null()).map(text_of).collect(),
        Yaml::Object(map) => map.iter().map(|(key, value)| format!("{key}: {}", text_of(value))).collect(),
        other => {
            text_of(other).split(',').map(|item| item.trim().to_owned()).filter(|i| !i.is_empty()).collect()
        }
    }
}
