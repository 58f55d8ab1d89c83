//! Mappings: which column or key of a table that nobody knows holds what, as somebody said it, or as the
//! names themselves say.
//!
//! What does not live here: reading tables (`sources/table.rs`), and where mappings are written down
//! (`recount.toml`, the command line).

use std::collections::BTreeMap;
use std::fmt;

use super::event::Kind;
use super::plain::letters_and_digits as plain;
use crate::config::nearest;

/// What a column or key can be mapped to, beside `details.NAME`.
pub const FIELDS: &[&str] =
    &["time", "actor", "action", "result", "link", "kind", "id", "service", "severity", "alert"];

/// Names of columns and keys that say by themselves what they hold, without case, spaces and punctuation;
/// the best first. There is none for `id`: an ID that is not one for each row would swallow rows.
const KNOWN: &[(&str, &[&str])] = &[
    (
        "time",
        &[
            "time",
            "timestamp",
            "ts",
            "datetime",
            "timeutc",
            "timestamputc",
            "utc",
            "when",
            "date",
            "dateutc",
            "createdat",
            "created",
            "startedat",
            "starttime",
            "start",
            "occurredat",
            "eventtime",
            "loggedat",
            "deployedat",
            "finishedat",
            "releasedat",
            "at",
        ],
    ),
    (
        "actor",
        &[
            "actor",
            "user",
            "author",
            "who",
            "username",
            "by",
            "changedby",
            "createdby",
            "initiator",
            "deployedby",
            "triggeredby",
            "initiatedby",
            "operator",
            "engineer",
            "owner",
            "person",
            "member",
            "sender",
            "login",
            "email",
        ],
    ),
    (
        "action",
        &[
            "message",
            "msg",
            "action",
            "event",
            "description",
            "summary",
            "text",
            "what",
            "activity",
            "title",
            "command",
            "body",
            "note",
            "notes",
            "comment",
        ],
    ),
    ("result", &["result", "outcome"]),
    ("link", &["link", "url", "permalink", "htmlurl", "href"]),
    ("kind", &["kind", "type", "eventtype"]),
    ("service", &["service", "app", "application", "component"]),
    ("severity", &["severity", "sev"]),
    ("alert", &["alert", "alertname"]),
];

/// What is wrong with a mapping, and what to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wrong {
    /// A sentence without its full stop.
    pub message: String,
    /// The hint.
    pub help: String,
}

impl fmt::Display for Wrong {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}; {}", self.message, self.help)
    }
}

impl std::error::Error for Wrong {}

/// What a field is made of: texts, and the values of columns or keys.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Template(Vec<Piece>);

#[derive(Clone, Debug, PartialEq, Eq)]
enum Piece {
    Text(String),
    Key(String),
}

impl Template {
    /// `ts` is the column or key `ts`; `{verb} {object}` joins two of them; `"checkout"` is that word itself.
    pub fn parse(text: &str) -> Self {
        let text = text.trim();
        for quote in ['"', '\''] {
            if let Some(inner) = text.strip_prefix(quote).and_then(|rest| rest.strip_suffix(quote)) {
                return Self(vec![Piece::Text(inner.to_owned())]);
            }
        }
        if !text.contains('{') {
            return Self::key(text);
        }
        let mut pieces = Vec::new();
        let mut rest = text;
        while let Some(open) = rest.find('{') {
            let Some(close) = rest[open..].find('}') else { break };
            if open > 0 {
                pieces.push(Piece::Text(rest[..open].to_owned()));
            }
            pieces.push(Piece::Key(rest[open + 1..open + close].trim().to_owned()));
            rest = &rest[open + close + 1..];
        }
        if !rest.is_empty() {
            pieces.push(Piece::Text(rest.to_owned()));
        }
        Self(pieces)
    }

    fn key(name: &str) -> Self {
        Self(vec![Piece::Key(name.to_owned())])
    }

    /// The columns or keys that it asks for.
    pub fn keys(&self) -> impl Iterator<Item = &str> {
        self.0.iter().filter_map(|piece| match piece {
            Piece::Key(key) => Some(key.as_str()),
            Piece::Text(_) => None,
        })
    }

    /// The text for a row. Where every value that it asks for is empty, so is the text.
    pub fn fill(&self, value: impl Fn(&str) -> String) -> String {
        if let [Piece::Key(key)] = &self.0[..] {
            return value(key).trim().to_owned();
        }
        let (mut out, mut asked, mut got) = (String::new(), false, false);
        for piece in &self.0 {
            match piece {
                Piece::Text(text) => out.push_str(text),
                Piece::Key(key) => {
                    let value = value(key);
                    asked = true;
                    got |= !value.trim().is_empty();
                    out.push_str(value.trim());
                }
            }
        }
        if asked && !got {
            return String::new();
        }
        // A value that is not there leaves two spaces.
        out.split(' ').filter(|word| !word.is_empty()).collect::<Vec<_>>().join(" ")
    }
}

/// Which column or key holds what.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Mapping {
    fields: BTreeMap<String, Template>,
}

impl Mapping {
    /// Reads `time` → `ts`, `action` → `{verb} {object}`, `service` → `"checkout"`.
    pub fn parse(given: &BTreeMap<String, String>) -> Result<Self, Wrong> {
        let mut fields = BTreeMap::new();
        for (field, key) in given {
            let field = field.trim();
            let detail = field.strip_prefix("details.").is_some_and(|name| !name.is_empty());
            if !detail && !FIELDS.contains(&field) {
                let help = match nearest(field, FIELDS.iter().copied()) {
                    Some(near) => format!("did you mean `{near}`?"),
                    None => format!("known are {} and `details.NAME`", ticked(FIELDS.iter().copied())),
                };
                return Err(Wrong { message: format!("there is no field `{field}` to map to"), help });
            }
            if key.trim().is_empty() {
                let help = "name a column or key, or leave the field out".to_owned();
                return Err(Wrong { message: format!("the field `{field}` is mapped to nothing"), help });
            }
            // A kind stands for itself, whatever columns are called.
            let is_kind =
                field == "kind" && kind_named(key).is_some_and(|kind| plain(kind.words()) == plain(key));
            let template = if is_kind {
                Template(vec![Piece::Text(key.trim().to_owned())])
            } else {
                Template::parse(key)
            };
            fields.insert(field.to_owned(), template);
        }
        Ok(Self { fields })
    }

    /// What a field is made of.
    pub fn get(&self, field: &str) -> Option<&Template> {
        self.fields.get(field)
    }

    /// The details that are mapped, by name.
    pub fn details(&self) -> impl Iterator<Item = (&str, &Template)> {
        self.fields.iter().filter_map(|(field, template)| Some((field.strip_prefix("details.")?, template)))
    }

    /// Every column or key that is asked for.
    pub fn keys(&self) -> impl Iterator<Item = &str> {
        self.fields.values().flat_map(Template::keys)
    }

    /// The mapping with what these names say of themselves, where nothing was said of a field; and which
    /// fields that filled, in words.
    pub fn completed(&self, names: &[&str]) -> (Self, Vec<String>) {
        let mut whole = self.clone();
        let mut said = Vec::new();
        for (field, known) in KNOWN {
            if whole.fields.contains_key(*field) {
                continue;
            }
            let used: Vec<String> = whole.keys().map(str::to_owned).collect();
            let found = known.iter().find_map(|known| {
                names.iter().find(|name| plain(name) == *known && !used.iter().any(|used| used == *name))
            });
            if let Some(name) = found {
                whole.fields.insert((*field).to_owned(), Template::key(name));
                said.push(format!("{field} from `{name}`"));
            }
        }
        if whole.fields.contains_key("action") || whole.fields.contains_key("alert") {
            return (whole, said);
        }
        // A list of deploys says what was deployed, and leaves it to its name that it was.
        if let Some((what, version)) = deployed(names) {
            let place = names.iter().find(|name| matches!(&*plain(name), "environment" | "env" | "stage"));
            let place = place.map(|name| format!(" to {{{name}}}")).unwrap_or_default();
            whole.fields.insert(
                "action".to_owned(),
                Template::parse(&format!("Deployed {{{what}}} {{{version}}}{place}")),
            );
            whole
                .fields
                .entry("kind".to_owned())
                .or_insert_with(|| Template(vec![Piece::Text("deploy".to_owned())]));
            said.push(format!("deploys of `{what}` at `{version}`"));
            if let Some(status) = names.iter().find(|name| plain(name) == "status") {
                whole.fields.entry("result".to_owned()).or_insert_with(|| Template::key(status));
            }
        }
        (whole, said)
    }

    /// Makes of a time from one column and a date from another one time.
    pub fn join_time(&mut self, date: &str, clock: &str) {
        let join = [Piece::Key(date.to_owned()), Piece::Text(" ".to_owned()), Piece::Key(clock.to_owned())];
        self.fields.insert("time".to_owned(), Template(join.into()));
    }
}

/// Whether one of these names says that it holds a time, and another that it tells what happened.
pub fn tells(names: &[&str]) -> bool {
    let has = |field: &str| {
        let known = KNOWN.iter().filter(|(name, _)| *name == field).flat_map(|(_, known)| known.iter());
        known.copied().any(|known| names.iter().any(|name| plain(name) == known))
    };
    has("time") && (has("action") || has("alert") || deployed(names).is_some())
}

/// What was deployed and at which version, where the names of a list of deploys say so.
fn deployed<'a>(names: &[&'a str]) -> Option<(&'a str, &'a str)> {
    let find = |known: &[&str]| {
        known.iter().find_map(|known| names.iter().copied().find(|name| plain(name) == *known))
    };
    let what = find(&["service", "app", "application", "component", "project", "repository", "repo"])?;
    let version = find(&["version", "release", "tag", "revision", "commit", "sha", "build"])?;
    // Many things have a version: an environment or who deployed make it a deploy.
    find(&["environment", "env", "stage", "deployedat", "deployedby", "deploymentid"])?;
    Some((what, version))
}

/// The kind that a word names: ours, and what programs call the same.
pub fn kind_named(word: &str) -> Option<Kind> {
    let word = word.trim().to_lowercase().replace(['_', ' '], "-");
    let ours = match word.as_str() {
        "alert" | "firing" | "triggered" | "fired" => "alert-firing",
        "resolved" | "alert-recovered" | "recovered" => "alert-resolved",
        "paged" | "paging" => "page",
        "ack" | "acknowledged" | "acknowledge" => "acknowledgement",
        "deployment" | "deployed" | "release" | "rollout" => "deploy",
        "rolled-back" | "revert" | "roll-back" => "rollback",
        "merged" => "merge",
        "config" | "configuration" | "flag" | "feature-flag" => "config-change",
        "scale" | "autoscaling" => "scaling",
        "status" | "statuspage" => "status-update",
        "chat" | "comment" => "message",
        other => other,
    };
    serde_json::from_value(serde_json::Value::String(ours.to_owned())).ok()
}

/// Whether a name says that its times are in UTC.
pub fn says_utc(name: &str) -> bool {
    let name = plain(name);
    name.ends_with("utc") || name.ends_with("gmt")
}

/// Names for a sentence: `a`, `b`, `c`; of very many, the first.
pub fn ticked<'a>(names: impl Iterator<Item = &'a str>) -> String {
    let mut names: Vec<String> = names.map(|name| format!("`{name}`")).collect();
    let more = names.len().saturating_sub(SHOWN);
    names.truncate(SHOWN);
    let shown = names.join(", ");
    if more > 0 { format!("{shown} and {more} more") } else { shown }
}

/// How many names a sentence bears.
const SHOWN: usize = 20;

#[cfg(test)]
mod tests {
    use super::*;

    fn mapping(pairs: &[(&str, &str)]) -> Result<Mapping, Wrong> {
        Mapping::parse(&pairs.iter().map(|(a, b)| ((*a).to_owned(), (*b).to_owned())).collect())
    }

    #[test]
    fn a_template_is_a_key_several_keys_or_a_text() {
        let value = |key: &str| match key {
            "verb" => "restarted".to_owned(),
            "object" => " web ".to_owned(),
            _ => String::new(),
        };
        for (template, text) in [
            ("verb", "restarted"),
            ("{verb} {object}", "restarted web"),
            ("{verb} {nothing} {object}!", "restarted web!"),
            ("Said {nothing}", ""),
            ("\"checkout\"", "checkout"),
            ("'verb'", "verb"),
            ("{verb} {object", "restarted {object"),
        ] {
            assert_eq!(Template::parse(template).fill(value), text, "`{template}`");
        }
    }

    #[test]
    fn an_unknown_field_is_answered_with_the_nearest_known_one() {
        let wrong = mapping(&[("tiem", "ts")]).expect_err("there is no such field");
        assert_eq!(wrong.to_string(), "there is no field `tiem` to map to; did you mean `time`?");
        assert!(mapping(&[("details.", "x")]).is_err() && mapping(&[("details.x", "x")]).is_ok());
    }

    #[test]
    fn every_field_can_be_mapped_in_the_configuration_too() {
        let lines = FIELDS.join(" = \"x\"\n");
        let text = format!("[evidence.mappings.m]\nfiles = \"*.csv\"\n{lines} = \"x\"\ndetails.dc = \"x\"\n");
        let config = crate::config::Config::from_toml(&text).expect("every field is a key");
        let fields = config.evidence.mappings["m"].fields();
        assert_eq!(fields.len(), FIELDS.len() + 1, "{fields:?}");
        assert!(Mapping::parse(&fields).is_ok_and(|mapping| mapping.details().count() == 1));
    }

    #[test]
    fn names_say_what_they_hold_where_nobody_said_it() {
        let names = ["#", "Time (UTC)", "Who", "Message", "Event", "URL"];
        let given = mapping(&[("action", "Event")]).expect("well formed");
        let (whole, said) = given.completed(&names);
        assert_eq!(said, ["time from `Time (UTC)`", "actor from `Who`", "link from `URL`"]);
        assert_eq!(whole.get("action").map(|t| t.fill(str::to_owned)).as_deref(), Some("Event"));
        assert!(tells(&names) && !tells(&["time", "name"]) && says_utc(names[1]));
    }
}
