//! The optional YAML in front: stage, who reviewed it, when it became final, tags, other IDs.

use std::fmt;
use std::str::FromStr;

use jiff::civil::Date;
use serde_json::Value as Yaml;

use super::{Source, Span};

/// What the author claims of the document.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
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
    let out = FrontMatter { span: Some(span), ..FrontMatter::default() };
    let text = source.slice(span);
    if text.trim().is_empty() {
        return out;
    }
    if let Some(plain) = read_plain(text) {
        return FrontMatter { span: Some(span), ..plain };
    }
    read_yaml(source, span, out)
}

fn read_yaml(source: &Source, span: Span, mut out: FrontMatter) -> FrontMatter {
    let map = match serde_saphyr::from_str::<Yaml>(source.slice(span)) {
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

/// What the front matter says where it is written as nearly all is, so that it takes no YAML: our own keys,
/// each once, with a word, a date or a list of words in quotation marks. None where anything else stands there.
fn read_plain(text: &str) -> Option<FrontMatter> {
    let mut out = FrontMatter::default();
    let mut met: Vec<&str> = Vec::with_capacity(5);
    for line in text.lines() {
        let (key, value) = line.split_once(": ")?;
        if met.contains(&key) {
            return None;
        }
        met.push(key);
        match key {
            "stage" => out.stage = Some(Stage::ALL.into_iter().find(|stage| stage.as_str() == value)?),
            "finalized" => {
                let is_date = value.len() == 10 && value.bytes().all(|b| b.is_ascii_digit() || b == b'-');
                out.finalized = Some(value.parse().ok().filter(|_| is_date)?);
            }
            "reviewed-by" => out.reviewed_by = quoted_list(value)?,
            "tags" => out.tags = quoted_list(value)?,
            "incident-ids" => out.incident_ids = quoted_list(value)?,
            _ => return None,
        }
    }
    Some(out)
}

/// `["@ana", "@omar"]`, where nothing in the quotation marks means anything to YAML.
fn quoted_list(value: &str) -> Option<Vec<String>> {
    let items = value.strip_prefix('[')?.strip_suffix(']')?.split(", ");
    let word = |item: &str| {
        let word = item.strip_prefix('"')?.strip_suffix('"')?;
        let is_plain = word.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"@-_.#".contains(&byte));
        is_plain.then(|| word.to_owned())
    };
    items.map(word).collect()
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

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use proptest::prelude::*;

    use super::*;

    /// Lines as people write them and as they get them wrong.
    fn lines() -> impl Strategy<Value = String> {
        let key = proptest::sample::select(vec![
            "stage: ",
            "finalized: ",
            "reviewed-by: ",
            "tags: ",
            "incident-ids: ",
            "stage:",
            " tags: ",
            "tag: ",
        ]);
        let word = proptest::sample::select(vec![
            "draft",
            "final",
            "Final",
            "2026-12-04",
            "2026-13-04",
            "-026-12-04",
            "@ana",
            "\"@ana\"",
            "\"\"",
            "\"1.5\"",
            "\"a\\tb\"",
            "'x'",
            "null",
            "~",
            "a#b",
            "\"a#b\"",
        ]);
        let list = proptest::collection::vec(word.clone(), 0..3);
        let list = (list, prop_oneof![Just(", "), Just(",")]).prop_map(|(w, by)| format!("[{}]", w.join(by)));
        let end =
            prop_oneof![8 => Just("\n"), 1 => Just("\r\n"), 1 => Just(" # x\n"), 1 => Just("\n  - y\n")];
        (key, prop_oneof![word.prop_map(str::to_owned), list], end)
            .prop_map(|(key, value, end)| format!("{key}{value}{end}"))
    }

    proptest! {
        #[test]
        fn plain_front_matter_says_what_it_says_as_yaml(lines in proptest::collection::vec(lines(), 1..4)) {
            let text = lines.concat();
            let source = Source::new(format!("---\n{text}---\n").as_bytes());
            if let (Some(span), Some(plain)) = (source.front_matter(), read_plain(&text)) {
                let yaml = read_yaml(&source, span, FrontMatter::default());
                prop_assert_eq!(format!("{plain:?}"), format!("{yaml:?}"), "{}", text);
            }
        }
    }

    #[test]
    fn the_usual_front_matter_is_plain() {
        let text =
            "stage: final\nfinalized: 2026-12-04\nreviewed-by: [\"@ana\", \"@omar\"]\ntags: [\"dns\"]\n";
        let read = read_plain(text).unwrap();
        assert_eq!((read.stage, read.reviewed_by.len()), (Some(Stage::Final), 2));
        for other in ["owner: \"x\"\n", "stage: final\nstage: final\n", "tags: [a]\n", "tags:\n  - a\n"] {
            assert!(read_plain(other).is_none(), "{other}");
        }
    }
}
