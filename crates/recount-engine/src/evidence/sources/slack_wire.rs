//! The JSON of a Slack export: lenient (everything but IDs may be missing or null, what is unknown is passed
//! over) and borrowed from the bytes where they allow it.
//!
//! What does not live here: what any of it means (`slack_export`).

use std::borrow::Cow;

use serde::Deserialize;
use serde::de::IgnoredAny;

#[derive(Deserialize)]
pub(super) struct Message<'a> {
    #[serde(borrow, default)]
    pub(super) ts: Option<Cow<'a, str>>,
    #[serde(borrow, default)]
    pub(super) subtype: Option<Cow<'a, str>>,
    #[serde(borrow, default)]
    pub(super) user: Option<Cow<'a, str>>,
    #[serde(borrow, default)]
    pub(super) bot_id: Option<Cow<'a, str>>,
    #[serde(borrow, default)]
    pub(super) username: Option<Cow<'a, str>>,
    #[serde(borrow, default)]
    pub(super) text: Option<Cow<'a, str>>,
    #[serde(borrow, default)]
    pub(super) topic: Option<Cow<'a, str>>,
    #[serde(borrow, default)]
    pub(super) thread_ts: Option<Cow<'a, str>>,
    #[serde(default)]
    pub(super) hidden: Option<bool>,
    #[serde(borrow, default)]
    pub(super) edited: Option<Edited<'a>>,
    #[serde(borrow, default)]
    pub(super) user_profile: Option<Profile<'a>>,
    #[serde(borrow, default)]
    pub(super) bot_profile: Option<BotProfile<'a>>,
    #[serde(borrow, default)]
    pub(super) reactions: Option<Vec<Reaction<'a>>>,
    #[serde(default)]
    pub(super) pinned_to: Option<Vec<IgnoredAny>>,
    #[serde(borrow, default)]
    pub(super) item: Option<Item<'a>>,
    #[serde(borrow, default)]
    pub(super) files: Option<Vec<File<'a>>>,
    #[serde(borrow, default)]
    pub(super) file: Option<File<'a>>,
    #[serde(borrow, default)]
    pub(super) attachments: Option<Vec<Attachment<'a>>>,
    /// Only whether there are any: most messages repeat their text there, and those are not read twice.
    #[serde(default)]
    pub(super) blocks: Option<IgnoredAny>,
}

#[derive(Deserialize)]
pub(super) struct Edited<'a> {
    #[serde(borrow, default)]
    pub(super) ts: Option<Cow<'a, str>>,
}

#[derive(Deserialize)]
pub(super) struct Profile<'a> {
    #[serde(borrow, default)]
    pub(super) display_name: Option<Cow<'a, str>>,
    #[serde(borrow, default)]
    pub(super) real_name: Option<Cow<'a, str>>,
    #[serde(borrow, default)]
    pub(super) name: Option<Cow<'a, str>>,
    #[serde(borrow, default)]
    pub(super) email: Option<Cow<'a, str>>,
}

#[derive(Deserialize)]
pub(super) struct BotProfile<'a> {
    #[serde(borrow, default)]
    pub(super) name: Option<Cow<'a, str>>,
}

#[derive(Deserialize)]
pub(super) struct Reaction<'a> {
    #[serde(borrow, default)]
    pub(super) name: Option<Cow<'a, str>>,
}

#[derive(Deserialize)]
pub(super) struct Item<'a> {
    #[serde(borrow, default)]
    pub(super) ts: Option<Cow<'a, str>>,
}

#[derive(Deserialize)]
pub(super) struct File<'a> {
    #[serde(borrow, default)]
    pub(super) name: Option<Cow<'a, str>>,
    #[serde(borrow, default)]
    pub(super) title: Option<Cow<'a, str>>,
    #[serde(borrow, default)]
    pub(super) permalink: Option<Cow<'a, str>>,
    #[serde(borrow, default)]
    pub(super) url_private: Option<Cow<'a, str>>,
}

#[derive(Deserialize)]
pub(super) struct Attachment<'a> {
    #[serde(borrow, default)]
    pub(super) pretext: Option<Cow<'a, str>>,
    #[serde(borrow, default)]
    pub(super) title: Option<Cow<'a, str>>,
    #[serde(borrow, default)]
    pub(super) text: Option<Cow<'a, str>>,
    #[serde(borrow, default)]
    pub(super) fallback: Option<Cow<'a, str>>,
    #[serde(borrow, default)]
    pub(super) title_link: Option<Cow<'a, str>>,
    #[serde(borrow, default)]
    pub(super) fields: Option<Vec<Field<'a>>>,
    #[serde(borrow, default)]
    pub(super) from_url: Option<Cow<'a, str>>,
    /// Only whether there are any, as in the message.
    #[serde(default)]
    pub(super) blocks: Option<IgnoredAny>,
}

/// A labelled value under a program's message.
#[derive(Deserialize)]
pub(super) struct Field<'a> {
    #[serde(borrow, default)]
    pub(super) title: Option<Cow<'a, str>>,
    #[serde(borrow, default)]
    pub(super) value: Option<Cow<'a, str>>,
}

#[derive(Deserialize)]
pub(super) struct User {
    pub(super) id: String,
    #[serde(default)]
    pub(super) name: Option<String>,
    #[serde(default)]
    pub(super) real_name: Option<String>,
    #[serde(default)]
    pub(super) is_bot: Option<bool>,
    #[serde(default)]
    pub(super) profile: Option<UserProfile>,
}

#[derive(Default, Deserialize)]
pub(super) struct UserProfile {
    #[serde(default)]
    pub(super) display_name: Option<String>,
    #[serde(default)]
    pub(super) real_name: Option<String>,
    #[serde(default)]
    pub(super) email: Option<String>,
}

#[derive(Deserialize)]
pub(super) struct Channel {
    pub(super) id: String,
    /// Direct messages have none: their folder is their ID.
    #[serde(default)]
    pub(super) name: Option<String>,
}
