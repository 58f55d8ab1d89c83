//! What happened to postmortems between two states of the library, whoever changed them: by hand, by git, by a
//! command, in a browser.
//!
//! What does not live here: sending it (`deliver`). Its shape is in docs/schemas/webhook.v1.json.

use std::collections::BTreeMap;

use jiff::Timestamp;
use recount_engine::config::{Webhook, WebhookEvent};
use recount_engine::document::{ActionRecord, Document, Record, Stage};
use recount_workspace::{Failure, Known};
use serde::{Deserialize, Serialize};

use super::deliver::target;
use super::kept::Kept;
use super::sign::hex;
use crate::frame::address;
use crate::shelf::Shelf;

/// What a postmortem was when it was last compared.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Seen {
    path: String,
    stage: String,
    items: Vec<Item>,
}

/// An action item.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub(super) struct Item {
    /// Its number in the postmortem, from 1. It changes where others are added or removed before it.
    number: usize,
    /// Its stable ID, where a machine needed one so far.
    id: Option<String>,
    /// What is to be done.
    action: String,
    /// `P0`, `P1` or `P2`; none where it cannot be read.
    priority: Option<String>,
    /// `open`, `in-progress`, `done`, `verified` or `wont-do`; none where it cannot be read.
    status: Option<String>,
    /// Owners as written.
    owners: Vec<String>,
    /// The day on which it is due, `2026-12-04`.
    due: Option<String>,
}

/// Something that happened, to be told.
#[derive(Clone, Debug)]
pub(super) struct News {
    /// The message's ID.
    pub(super) id: String,
    /// The message.
    pub(super) body: String,
}

/// What came of a comparison.
pub(super) struct Followed {
    /// How many messages found no place.
    pub(super) dropped: usize,
}

/// A message, as Standard Webhooks describe it.
#[derive(Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub(crate) struct Message<'m> {
    /// What happened.
    r#type: WebhookEvent,
    /// When it was noticed, RFC 3339, UTC.
    timestamp: String,
    /// What it is about.
    data: Data<'m>,
}

/// What a message is about.
#[derive(Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
struct Data<'m> {
    /// The postmortem as it is now.
    postmortem: Postmortem<'m>,
    /// The stage that it had before, where that changed.
    #[serde(skip_serializing_if = "Option::is_none")]
    previous_stage: Option<&'m str>,
    /// What happened to the action item, where it is about one.
    #[serde(skip_serializing_if = "Option::is_none")]
    change: Option<ItemChange>,
    /// The action item as it is now; as it was, where it was removed.
    #[serde(skip_serializing_if = "Option::is_none")]
    item: Option<&'m Item>,
    /// The action item as it was, where it changed.
    #[serde(skip_serializing_if = "Option::is_none")]
    previous_item: Option<&'m Item>,
}

/// A postmortem.
#[derive(Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
struct Postmortem<'m> {
    /// The incident's ID; none where it has none.
    id: Option<&'m str>,
    /// Its title.
    title: Option<&'m str>,
    /// `draft`, `review` or `final`.
    stage: &'m str,
    /// `Sev0` to `Sev3`; none where it cannot be read.
    severity: Option<String>,
    /// When its impact began, RFC 3339, UTC.
    started: Option<String>,
    /// Services impacted, as written.
    services: &'m [String],
    /// Path of the file from the library's root.
    path: &'m str,
    /// Its page, from the root of the server.
    address: String,
}

/// What happened to an action item.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
enum ItemChange {
    Added,
    Changed,
    Removed,
}

/// Compares the library with what was last seen of it. Before the first comparison there is nothing to tell.
pub(super) fn follow(
    seen: &mut Option<BTreeMap<String, Seen>>,
    kept: &Kept,
    shelf: &Shelf,
    now: Timestamp,
) -> Result<Followed, Failure> {
    let webhooks = &shelf.workspace.config().webhooks;
    if webhooks.is_empty() {
        // Whoever is told of something later is not told of what was before that.
        *seen = None;
        kept.forget_seen()?;
        return Ok(Followed { dropped: 0 });
    }
    let last = match seen.take() {
        Some(last) => Some(last),
        None => kept.seen()?,
    };
    let is_first = last.is_none();
    let before = last.unwrap_or_default();
    let mut after = BTreeMap::new();
    let mut news: Vec<(News, Vec<String>)> = Vec::new();
    // A file in no template is no postmortem yet: adopted, it is a new one.
    let known: Vec<&Known> = shelf.records.known.iter().filter(|known| !known.record.is_stray).collect();
    for known in &known {
        let key = shelf.key(known).to_owned();
        after.insert(key, Seen::of(&known.path, &known.record));
    }
    // What has another ID now and stands where it stood was renumbered; it is no new one.
    let moved: BTreeMap<String, String> = before
        .iter()
        .filter(|(key, _)| !after.contains_key(*key))
        .map(|(key, seen)| (seen.path.clone(), key.clone()))
        .collect();
    for known in known.into_iter().filter(|_| !is_first) {
        let key = shelf.key(known);
        let Some(now_is) = after.get(key) else { continue };
        let was = before.get(key).or_else(|| before.get(moved.get(&known.path)?));
        if was == Some(now_is) {
            continue;
        }
        let about = About { record: &known.record, path: &known.path, key, stage: &now_is.stage };
        let mut tell = |event: WebhookEvent, data: Data<'_>| {
            let targets: Vec<String> =
                webhooks.iter().filter(|webhook| wants(webhook, event)).map(target).collect();
            if !targets.is_empty() {
                news.push((message(event, data, now), targets));
            }
        };
        match was {
            None => tell(WebhookEvent::Created, about.data()),
            Some(was) => {
                if was.stage != now_is.stage {
                    let event = if known.record.stage == Stage::Final {
                        WebhookEvent::Finalized
                    } else {
                        WebhookEvent::StageChanged
                    };
                    tell(event, Data { previous_stage: Some(&was.stage), ..about.data() });
                }
                for (change, item, previous_item) in changes(&was.items, &now_is.items) {
                    let data = Data { change: Some(change), item: Some(item), previous_item, ..about.data() };
                    tell(WebhookEvent::ItemChanged, data);
                }
            }
        }
    }
    let gone: Vec<String> = before.keys().filter(|key| !after.contains_key(*key)).cloned().collect();
    let changed = after.iter().filter(|(key, state)| before.get(*key) != Some(state));
    let changed: Vec<(&str, Option<&Seen>)> = changed
        .map(|(key, state)| (key.as_str(), Some(state)))
        .chain(gone.iter().map(|key| (key.as_str(), None)))
        .collect();
    let dropped = if changed.is_empty() && !is_first { 0 } else { kept.told(&changed, &news, now)? };
    *seen = Some(after);
    Ok(Followed { dropped })
}

fn wants(webhook: &Webhook, event: WebhookEvent) -> bool {
    webhook.events.is_empty() || webhook.events.contains(&event)
}

fn message(event: WebhookEvent, data: Data<'_>, now: Timestamp) -> News {
    let message = Message { r#type: event, timestamp: now.to_string(), data };
    // Plain data has nothing that cannot be written.
    News { id: message_id(), body: serde_json::to_string(&message).unwrap_or_default() }
}

/// An ID that no other message has.
fn message_id() -> String {
    let mut bytes = [0; 16];
    // Without random bytes nothing of the server works; the receiver then takes two messages for one.
    let _ = getrandom::fill(&mut bytes);
    format!("msg_{}", hex(&bytes))
}

/// A message for trying out: about a postmortem that there is not.
pub(super) fn example(now: Timestamp) -> News {
    let record = Document::parse(b"").record();
    let about =
        About { record: &record, path: "postmortems/INC-0000-example.md", key: "INC-0000", stage: "draft" };
    let mut data = about.data();
    data.postmortem.id = Some("INC-0000");
    data.postmortem.title = Some("A test of this webhook");
    message(WebhookEvent::Created, data, now)
}

struct About<'m> {
    record: &'m Record,
    path: &'m str,
    key: &'m str,
    stage: &'m str,
}

impl<'m> About<'m> {
    fn data(&self) -> Data<'m> {
        Data {
            postmortem: Postmortem {
                id: self.record.id.as_deref(),
                title: self.record.title.as_deref(),
                stage: self.stage,
                severity: self.record.severity.map(|severity| severity.to_string()),
                started: self.record.started.map(|at| at.to_string()),
                services: &self.record.services,
                path: self.path,
                address: address(self.key),
            },
            previous_stage: None,
            change: None,
            item: None,
            previous_item: None,
        }
    }
}

impl Seen {
    fn of(path: &str, record: &Record) -> Self {
        Self {
            path: path.to_owned(),
            stage: record.stage.to_string(),
            items: record.actions.iter().map(Item::of).collect(),
        }
    }
}

impl Item {
    fn of(item: &ActionRecord) -> Self {
        Self {
            number: item.number,
            id: item.stable_id.clone(),
            action: item.action.clone(),
            priority: item.priority.map(|priority| priority.to_string()),
            status: item.status.map(|status| recount_workspace::status_word(status).to_owned()),
            owners: item.owners.clone(),
            due: item.due.map(|day| day.to_string()),
        }
    }

    /// Whether it is as it was, wherever it stands in the table and whether or not a machine named it meanwhile.
    fn is_as(&self, was: &Self) -> bool {
        (&self.action, &self.priority, &self.status, &self.owners, &self.due)
            == (&was.action, &was.priority, &was.status, &was.owners, &was.due)
    }
}

/// What happened to the action items of a postmortem.
fn changes<'i>(before: &'i [Item], after: &'i [Item]) -> Vec<(ItemChange, &'i Item, Option<&'i Item>)> {
    let mut old: Vec<Option<&Item>> = before.iter().map(Some).collect();
    let mut found: Vec<Option<&Item>> = vec![None; after.len()];
    // By what names an item for good, then by its words, then by its place.
    let same: [fn(&Item, &Item) -> bool; 3] = [
        |old, new| old.id.is_some() && old.id == new.id,
        |old, new| old.action == new.action && (old.id.is_none() || new.id.is_none()),
        |old, new| old.number == new.number && (old.id.is_none() || new.id.is_none()),
    ];
    for is_same in same {
        for (new, found) in after.iter().zip(&mut found).filter(|(_, found)| found.is_none()) {
            let place = old.iter().position(|old| old.is_some_and(|old| is_same(old, new)));
            *found = place.and_then(|place| old[place].take());
        }
    }
    let mut changes = Vec::new();
    for (new, was) in after.iter().zip(found) {
        match was {
            None => changes.push((ItemChange::Added, new, None)),
            Some(was) if !new.is_as(was) => changes.push((ItemChange::Changed, new, Some(was))),
            Some(_) => {}
        }
    }
    changes.extend(old.into_iter().flatten().map(|gone| (ItemChange::Removed, gone, None)));
    changes
}

#[cfg(test)]
mod tests {
    use super::*;

    fn item(number: usize, id: Option<&str>, action: &str, status: &str) -> Item {
        Item {
            number,
            id: id.map(str::to_owned),
            action: action.to_owned(),
            priority: None,
            status: Some(status.to_owned()),
            owners: Vec::new(),
            due: None,
        }
    }

    #[test]
    fn items_are_known_by_their_names_their_words_and_their_place() {
        let before = [item(1, Some("a1"), "Limit it", "open"), item(2, None, "Tell people", "open")];
        for (what, after, expected) in [
            ("nothing", before.to_vec(), vec![]),
            (
                "done",
                vec![item(1, Some("a1"), "Limit it", "done"), before[1].clone()],
                vec![(ItemChange::Changed, 1)],
            ),
            (
                "one before them",
                vec![
                    item(1, None, "Look", "open"),
                    item(2, Some("a1"), "Limit it", "open"),
                    item(3, None, "Tell people", "open"),
                ],
                vec![(ItemChange::Added, 1)],
            ),
            ("a name", vec![before[0].clone(), item(2, Some("b2"), "Tell people", "open")], vec![]),
            (
                "other words",
                vec![before[0].clone(), item(2, None, "Tell all", "open")],
                vec![(ItemChange::Changed, 2)],
            ),
            ("gone", vec![before[0].clone()], vec![(ItemChange::Removed, 2)]),
        ] {
            let changes: Vec<_> =
                changes(&before, &after).into_iter().map(|(change, item, _)| (change, item.number)).collect();
            assert_eq!(changes, expected, "{what}");
        }
    }
}
