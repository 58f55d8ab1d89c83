//! What a browser and the server say to each other beside the text itself: JSON, one message in a frame.
//!
//! What does not live here: the frames of the CRDT, which are those of y-protocols ([`super::socket`]).

use serde::{Deserialize, Serialize};
use yrs::StickyIndex;

/// What the server says.
#[derive(Clone, Debug, Serialize)]
#[serde(tag = "type", rename_all = "kebab-case")]
pub(super) enum Told<'a> {
    /// The first message.
    Hello {
        epoch: &'a str,
        build: &'a str,
        id: &'a str,
        title: &'a str,
        you: &'a Person,
        writable: bool,
        words: &'a super::words::Words,
    },
    /// The browser's text is of another history.
    Stale,
    /// The server is of another build than the page.
    Reload,
    /// So many updates of this socket are on disk.
    Saved { updates: u64 },
    /// Whether what the server has is in the file, and in git.
    File { written: bool, committed: Option<bool>, error: Option<&'a str>, hint: Option<&'a str> },
    /// Something is to be decided.
    Question { id: u64, about: &'a str, text: &'a str, detail: &'a str, choices: &'a [Choice] },
    /// It was.
    Settled { id: u64, by: &'a str, choice: &'a str },
    /// Nothing can be written for now.
    Frozen { why: &'a str },
    /// Again it can.
    Thawed,
    /// Evidence, or what the timeline holds of it, changed.
    Evidence { changed: bool },
    /// Why the socket is closed.
    Refused { sentence: &'a str, hint: &'a str },
}

/// Somebody, as others see them.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Person {
    pub(super) name: String,
    pub(super) color: String,
    pub(super) color_light: String,
}

/// One answer to a question.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Choice {
    pub(super) id: &'static str,
    pub(super) label: String,
}

/// What a browser says.
#[derive(Debug, Deserialize)]
#[serde(tag = "type", rename_all = "kebab-case")]
pub(super) enum Said {
    Ask { request: u64, operation: Operation },
    Decide { question: u64, choice: String },
    Write,
}

/// What is to be worked out.
#[derive(Debug, Deserialize)]
#[serde(tag = "do", rename_all = "kebab-case")]
pub(super) enum Operation {
    /// A row of the timeline, in its place by its time; at the end without one.
    AddRow {
        cells: RowCells,
    },
    SortTimeline,
    AddItem {
        priority: String,
        #[serde(default)]
        cells: ItemCells,
    },
    SetField {
        name: String,
        value: String,
    },
    /// Another stage, where nothing stands in its way.
    SetStage {
        stage: String,
        #[serde(default)]
        reviewers: Vec<String>,
    },
    /// The rows that an excerpt from a chat or a terminal makes.
    RowsOf {
        text: String,
        #[serde(default)]
        zone: Option<String>,
    },
    Format,
    FixAll,
}

/// The cells of a row of the timeline, as they are typed.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct RowCells {
    pub(super) time: String,
    pub(super) actor: String,
    pub(super) action: String,
    pub(super) result: String,
}

/// The cells of an action item.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct ItemCells {
    pub(super) action: String,
    pub(super) owner: String,
    pub(super) due: String,
    pub(super) status: String,
    #[serde(alias = "verification plan", alias = "verification")]
    pub(super) plan: String,
}

/// A table of the template.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Table {
    Timeline,
    Actions,
}

/// The answer to a request.
#[derive(Debug, Serialize)]
pub(super) struct Answer {
    #[serde(rename = "type")]
    kind: &'static str,
    request: u64,
    #[serde(flatten)]
    answered: Answered,
}

impl Answer {
    pub(super) fn to(request: u64, answered: Answered) -> Self {
        Self { kind: "answer", request, answered }
    }
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Answered {
    Edits(Vec<Edit>),
    Rows(Vec<RowCells>),
    Error { sentence: String, hint: String },
}

/// A change at places that move with the text.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(super) struct Edit {
    pub(super) from: StickyIndex,
    pub(super) to: StickyIndex,
    pub(super) text: String,
}
