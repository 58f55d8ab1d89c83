//! The event: one dated thing that happened, as every source gives it and as it is frozen.
//!
//! What does not live here: how an event is read (`sources`), identified (`identity`), chosen (`curate`)
//! or written as a row (`row`).

use std::collections::BTreeMap;
use std::fmt;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

pub use crate::document::Milestone;

/// The name of an event: the source's own ID and the transition, such as `git:8e0d6c97…` or
/// `slack:U061A5N1G:1462585122.000008`. The same evidence read twice gives the same names.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(transparent)]
pub struct EventId(pub String);

impl fmt::Display for EventId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// One dated thing that happened.
///
/// The JSON form is stable: fields are only ever added, fields that hold nothing are left out, unknown
/// fields are ignored when read. Texts are plain (no Markdown, one line or several) and redacted.
///
/// ```json
/// {"id":"git:8e0d…","at":"2017-10-17T18:15:07Z","precision":"second","zone_from":"-07:00",
///  "actor":"Ana Li","action":"Merged #89","kind":"merge","source":"git-log",
///  "link":"https://github.com/o/r/pull/89","link_label":"#89","details":{"commit":"8e0d…"}}
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Event {
    /// The name, unique within a postmortem's evidence.
    pub id: EventId,
    /// The instant of the event itself: not when it was recorded or edited.
    pub at: Timestamp8601,
    /// How exact `at` is.
    #[serde(default)]
    pub precision: Precision,
    /// The offset or zone in which the source gave the time, where that was not UTC or an epoch.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub zone_from: Option<String>,
    /// Who or what acted: a roster handle (`@ana`), a display name, a pseudonym; empty where unknown.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub actor: String,
    /// What was done or said.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub action: String,
    /// What came of it, where the source says so.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub result: String,
    /// The permalink.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub link: Option<String>,
    /// A short text for the link, such as `#89` or `#ops`.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub link_label: String,
    /// What kind of thing it is.
    pub kind: Kind,
    /// The name of the source that read it.
    pub source: String,
    /// The thread it belongs to, by the source's own ID of the thread.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub thread: Option<String>,
    /// What people or systems did to the event that says something about its weight.
    #[serde(default, skip_serializing_if = "Signals::is_empty")]
    pub signals: Signals,
    /// What else the source knows, by name: `commit`, `author-time`, `channel`, `alert`, `files`.
    ///
    /// `milestone` is the word of a [`Milestone`] in small letters (`started`, `detected`, …) that the tool in
    /// which the incident was run recorded as such, at this event's instant. It is never set for what can
    /// only be guessed from a text: that is curation's to judge. `declared` marks the ticket with which the
    /// incident itself was opened; its value is the severity then, or `yes`.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub details: BTreeMap<String, String>,
}

impl Event {
    /// The instant as jiff knows it.
    pub fn instant(&self) -> Timestamp {
        self.at.0
    }

    /// Every text of the event that people wrote, for redaction and for searching.
    pub fn texts_mut(&mut self) -> impl Iterator<Item = &mut String> {
        [&mut self.actor, &mut self.action, &mut self.result, &mut self.link_label]
            .into_iter()
            .chain(self.link.as_mut())
            .chain(self.details.values_mut())
    }
}

/// A [`Timestamp`] that is written and read as RFC 3339.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp8601(pub Timestamp);

#[cfg(feature = "schema")]
impl schemars::JsonSchema for Timestamp8601 {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Timestamp".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({ "type": "string", "format": "date-time" })
    }
}

impl From<Timestamp> for Timestamp8601 {
    fn from(at: Timestamp) -> Self {
        Self(at)
    }
}

impl Serialize for Timestamp8601 {
    fn serialize<S: serde::Serializer>(&self, out: S) -> Result<S::Ok, S::Error> {
        out.collect_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for Timestamp8601 {
    fn deserialize<D: serde::Deserializer<'de>>(input: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<'de, str>::deserialize(input)?;
        text.parse().map(Self).map_err(serde::de::Error::custom)
    }
}

/// How exact an instant is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum Precision {
    /// To the minute: seconds are unknown, not zero.
    Minute,
    /// To the second or better.
    #[default]
    Second,
}

/// What kind of thing an event is. The names in files and on the command line are these in kebab case.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// An alert began to fire.
    AlertFiring,
    /// An alert stopped firing.
    AlertResolved,
    /// Somebody was paged.
    Page,
    /// Somebody acknowledged a page or an alert.
    Acknowledgement,
    /// Somebody said something.
    Message,
    /// A version went out.
    Deploy,
    /// A change was taken back.
    Rollback,
    /// A change entered the branch that is deployed.
    Merge,
    /// A commit that is none of the above.
    Commit,
    /// A command was run.
    Command,
    /// Configuration or a flag changed.
    ConfigChange,
    /// Capacity changed.
    Scaling,
    /// The status page, or another word to customers, changed.
    StatusUpdate,
    /// A ticket was opened, moved or closed.
    Ticket,
    /// Anything else worth knowing, such as a channel's new topic.
    Note,
}

impl Kind {
    /// Whether the event changed a system: what can trigger an incident, and what can end it.
    pub fn is_change(self) -> bool {
        matches!(
            self,
            Self::Deploy
                | Self::Rollback
                | Self::Merge
                | Self::Commit
                | Self::Command
                | Self::ConfigChange
                | Self::Scaling
        )
    }

    /// The name in prose, such as `alert firing`.
    pub fn words(self) -> &'static str {
        match self {
            Self::AlertFiring => "alert firing",
            Self::AlertResolved => "alert resolved",
            Self::Page => "page",
            Self::Acknowledgement => "acknowledgement",
            Self::Message => "message",
            Self::Deploy => "deploy",
            Self::Rollback => "rollback",
            Self::Merge => "merge",
            Self::Commit => "commit",
            Self::Command => "command",
            Self::ConfigChange => "config change",
            Self::Scaling => "scaling",
            Self::StatusUpdate => "status update",
            Self::Ticket => "ticket",
            Self::Note => "note",
        }
    }
}

/// What says something about an event's weight. Sources report these; curation decides.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(default)]
pub struct Signals {
    /// Somebody pinned it.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub pinned: bool,
    /// Names of the reactions, without colons and skin tones.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub reactions: Vec<String>,
    /// It is a reply in a thread.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub reply: bool,
    /// A program wrote it.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub bot: bool,
    /// When its text was last changed: never the time of the event.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub edited: Option<Timestamp8601>,
}

impl Signals {
    fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_event_reads_back_as_it_was_written_and_ignores_what_it_does_not_know() {
        let line = r#"{"id":"git:ab","at":"2017-10-17T18:15:07Z","kind":"config-change","source":"git-log","new":1}"#;
        let event: Event = serde_json::from_str(line).expect("the fields are there");
        assert_eq!(event.kind, Kind::ConfigChange);
        let written = serde_json::to_string(&event).expect("plain data");
        assert_eq!(serde_json::from_str::<Event>(&written).expect("our own form"), event);
        assert!(!written.contains("signals"), "{written}");
    }
}
