//! The source `slack-export`: the files of a Slack export. Slack's markup stands in `slack_text`.

use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap, HashSet};

use jiff::Timestamp;
use jiff::civil::Date;
use serde::Deserialize;
use serde_json::Value;

use super::slack_text::{Names, of_blocks, plain};
use super::slack_wire::{Channel, Message, User, UserProfile};
use crate::document::value::time::utc_day;
use crate::evidence::event::{Event, Kind, Precision, Signals};
use crate::evidence::identity::{Known, People, own_id, sha256_hex};
use crate::evidence::json::{elements, reason};
use crate::evidence::phrases;
use crate::evidence::source::{
    Confidence, Import, Importer, OUTSIDE, Options, Part, Position, Skipped, source,
};

source! {
    /// # What it reads
    ///
    /// A Slack export: the archive that an owner downloads, the folder it unpacks to, or one channel's day
    /// (`ops/2026-11-20.json`) alone. `users.json` and `channels.json` are used where they are there.
    ///
    /// # How to get it
    ///
    /// *Settings & administration → Workspace settings → Import/export data → Export*, for the days of the
    /// incident. `--channel ops` chooses channels, by name or ID; `--from` and `--to` the hours.
    ///
    /// # What becomes an event
    ///
    /// Each message that people or programs wrote, at its `ts`. Programs' messages that report an alert, a
    /// page, an acknowledgement, a deploy, a rollback, a scaling, a merge or a status update become an event
    /// of that kind, whether they stand in the text, in attachments or in blocks; the name of the alert, its
    /// severity and service, and the pull request's number and title come with them. A new topic becomes a
    /// note. Pins, reactions, edits and threads stay with the event, so
    /// that curation can weigh them. Joins, leaves and other housekeeping are counted and left out. Events
    /// link to the message where the workspace's URL is configured and the channel's ID is known.
    ///
    /// # Traps
    ///
    /// - A `ts` is a decimal string and the message's ID at once: it never becomes a floating-point number.
    ///   Old exports count messages in its fraction, so instants are exact to the second.
    /// - `edited.ts` is when the text was changed, never when it was said.
    /// - A reply may stand in the file of a later day; a broadcast reply stands there twice, and counts once.
    /// - Addresses of files carry a token that opens them to anyone. It is taken out.
    /// - A day alone has neither names nor the channel's ID: people appear by the names in their messages,
    ///   else by ID, and there are no permalinks.
    SLACK_EXPORT: "slack-export", "A Slack export: archive, folder or a channel's day", recognise, start
}

/// What a file of an export holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Holds {
    Users,
    Channels,
    Messages,
    Other,
}

fn by_name(name: &str) -> Option<Holds> {
    let file = name.rsplit('/').next().unwrap_or(name);
    match file {
        "users.json" | "org_users.json" => Some(Holds::Users),
        "channels.json" | "groups.json" | "dms.json" | "mpims.json" => Some(Holds::Channels),
        "integration_logs.json"
        | "canvases.json"
        | "lists.json"
        | "file_conversations.json"
        | "huddle_transcripts.json" => Some(Holds::Other),
        _ if day_of(file).is_some_and(str::is_empty) => Some(Holds::Messages),
        // Archives made on a Mac carry a shadow of each file.
        _ if file.starts_with("._") || name.contains("__MACOSX/") || file.strip_suffix(".json").is_none() => {
            Some(Holds::Other)
        }
        _ => None,
    }
}

/// What stands before the date in a file name such as `2026-11-20.json`.
fn day_of(file: &str) -> Option<&str> {
    let stem = file.strip_suffix(".json")?;
    let split = stem.len().checked_sub(10)?;
    let day = stem.get(split..)?;
    let shape =
        day.bytes().enumerate().all(|(i, b)| if i == 4 || i == 7 { b == b'-' } else { b.is_ascii_digit() });
    shape.then(|| &stem[..split])
}

fn by_content(head: &[u8]) -> Option<Holds> {
    let head = String::from_utf8_lossy(head);
    let compact: String =
        head.trim_start_matches('\u{feff}').chars().filter(|c| !c.is_whitespace()).take(4096).collect();
    if !compact.starts_with("[{") {
        return None;
    }
    let has = |key: &str| compact.contains(key);
    if has("\"ts\":\"") && (has("\"type\":\"message\"") || has("\"text\":")) {
        Some(Holds::Messages)
    } else if has("\"id\":\"U") && (has("\"profile\":{") || has("\"real_name\":") || has("\"is_bot\":")) {
        Some(Holds::Users)
    } else if has("\"id\":\"") && (has("\"is_archived\":") || has("\"members\":[")) {
        Some(Holds::Channels)
    } else {
        None
    }
}

pub(super) fn recognise(part: &Part<'_>) -> Confidence {
    match (by_name(part.name), by_content(part.head)) {
        (Some(Holds::Other), _) | (_, None) => Confidence::No,
        (_, Some(Holds::Messages)) => Confidence::Sure,
        // Lists of users and channels stand beside other forms of Slack's messages too.
        _ => Confidence::Possible,
    }
}

fn start(options: &Options) -> Box<dyn Importer> {
    Box::new(SlackExport::new(options))
}

/// Reads lists of Slack's users, channels and messages, whichever files they come in.
#[derive(Default)]
pub(super) struct SlackExport {
    /// What the caller knows.
    pub(super) options: Options,
    people: People,
    users: HashMap<String, User>,
    /// Name by ID and ID by name, from `channels.json` and its kin.
    channels: Vec<(String, String)>,
    /// Messages wait for the names, which may come last.
    kept: Vec<Kept>,
    pins: HashSet<String>,
    days: usize,
    not_chosen: BTreeMap<String, usize>,
    /// Messages that were not kept, because nobody said which hours matter and there are very many.
    too_many: usize,
    /// What was read so far; messages wait elsewhere until all names are known.
    pub(super) import: Import,
}

/// How many messages are kept where nobody says which hours matter. More than anybody wants frozen, so that
/// what is said about the input is right, and few enough for any memory.
const MOST_WITHOUT_A_WINDOW: usize = 50_000;

/// What stays of a message until all names are known.
struct Kept {
    ts: String,
    at: Timestamp,
    channel: Option<String>,
    user: String,
    /// A name and a mail that the message itself carries.
    name: String,
    bot: bool,
    text: String,
    files: Vec<(String, String)>,
    /// What a program's message says beside its text: `severity`, `service`, `url`.
    facts: Vec<(&'static str, String)>,
    note: Option<&'static str>,
    thread: Option<String>,
    signals: Signals,
}

impl Importer for SlackExport {
    fn part(&mut self, name: &str, bytes: &[u8]) {
        let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
        let holds = by_name(name).or_else(|| by_content(&bytes[..bytes.len().min(4096)]));
        match holds {
            Some(Holds::Users) => self.users(name, bytes),
            Some(Holds::Channels) => self.channels(name, bytes),
            Some(Holds::Messages) => self.messages(name, name.rsplit('/').nth(1), bytes),
            Some(Holds::Other) => {}
            None => self.import.skipped.push(Skipped {
                part: name.to_owned(),
                position: Position::Record { index: 0, byte: 0 },
                why:
                    "the file is no part of a Slack export: a list of messages, users or channels is expected"
                        .into(),
            }),
        }
    }

    fn wants(&self, name: &str) -> bool {
        match by_name(name) {
            Some(Holds::Other) => false,
            Some(Holds::Messages) => self.day_may_be_in_window(name),
            _ => true,
        }
    }

    fn finish(mut self: Box<Self>) -> Import {
        if self.too_many > 0 {
            let count = MOST_WITHOUT_A_WINDOW + self.too_many;
            self.import.note(format!(
                "the input has {count} messages, and the incident's hours are not known: only {MOST_WITHOUT_A_WINDOW} were kept"
            ));
        }
        let kept = std::mem::take(&mut self.kept);
        let mut import = std::mem::take(&mut self.import);
        // Which channels were chosen is known only now: a choice by ID needs `channels.json`.
        let mut events = Vec::with_capacity(kept.len());
        for message in kept {
            if self.chosen(message.channel.as_deref()) {
                events.push(self.event(message));
            } else {
                *self.not_chosen.entry(message.channel.unwrap_or_default()).or_default() += 1;
            }
        }
        import.events = events;
        import.mails = self.mails();
        let not_chosen: usize = self.not_chosen.values().sum();
        import.leave_out("in a channel that was not chosen", not_chosen as u64);
        if !self.options.channels.is_empty() && import.events.is_empty() && not_chosen > 0 {
            let there: Vec<String> = self.not_chosen.keys().map(|name| format!("`{name}`")).collect();
            import.note(format!("no message is in the chosen channels; the export has {}", there.join(", ")));
        }
        if self.users.is_empty() && self.days > 0 {
            import
                .note("the input has no `users.json`: people without a name in their messages appear by ID");
        }
        if self.options.workspace_url.is_none() && !import.events.is_empty() {
            import.note("the workspace's URL is not configured: messages have no permalinks");
        }
        import
    }
}

impl SlackExport {
    pub(super) fn new(options: &Options) -> Self {
        Self { people: options.people(), options: options.clone(), ..Self::default() }
    }

    /// Takes in a list of users.
    pub(super) fn users(&mut self, part: &str, bytes: &[u8]) {
        self.each(part, bytes, |here, user: User| {
            here.users.insert(user.id.clone(), user);
        });
    }

    /// Takes in a list of channels.
    pub(super) fn channels(&mut self, part: &str, bytes: &[u8]) {
        self.each(part, bytes, |here, channel: Channel| {
            let label = channel.name.filter(|name| !name.is_empty()).unwrap_or_else(|| channel.id.clone());
            here.channels.push((channel.id, label));
        });
    }

    /// Reads a list of records, one by one where the whole does not parse.
    fn each<T: for<'de> Deserialize<'de>>(
        &mut self,
        part: &str,
        bytes: &[u8],
        mut take: impl FnMut(&mut Self, T),
    ) {
        if let Ok(all) = serde_json::from_slice::<Vec<T>>(bytes) {
            for record in all {
                take(self, record);
            }
            return;
        }
        for (index, (byte, record)) in elements(bytes).enumerate() {
            match serde_json::from_slice(record) {
                Ok(record) => take(self, record),
                Err(error) => self.skip(part, index, byte, reason(&error)),
            }
        }
    }

    /// Takes in a list of messages of one channel, which goes by its name or its ID.
    pub(super) fn messages(&mut self, part: &str, folder: Option<&str>, bytes: &[u8]) {
        self.days += 1;
        if self.surely_not_chosen(folder) {
            let count = elements(bytes).count();
            *self.not_chosen.entry(folder.unwrap_or_default().to_owned()).or_default() += count;
            return;
        }
        // Nearly every file is well-formed: one typed pass, borrowed from the bytes. What that pass does
        // not say (blocks, positions) is looked for only where it is wanted.
        if let Ok(all) = serde_json::from_slice::<Vec<Message<'_>>>(bytes) {
            let mut slices = None;
            let mut slice = |index: usize| -> (usize, &[u8]) {
                let slices: &mut Vec<_> = slices.get_or_insert_with(|| elements(bytes).collect());
                slices.get(index).copied().unwrap_or((0, b""))
            };
            for (index, message) in all.into_iter().enumerate() {
                let block_text = needs_blocks(&message).then(|| blocks_of(slice(index).1));
                if let Err(why) = self.message(folder, &message, block_text) {
                    self.skip(part, index, slice(index).0, why);
                }
            }
            return;
        }
        // A bad record, or a file cut short: each record by itself.
        let mut read = 0;
        for (index, (byte, record)) in elements(bytes).enumerate() {
            read += 1;
            let message = serde_json::from_slice::<Message<'_>>(record).map_err(|error| reason(&error));
            let block_text = message.as_ref().is_ok_and(needs_blocks).then(|| blocks_of(record));
            if let Err(why) = message.and_then(|message| self.message(folder, &message, block_text)) {
                self.skip(part, index, byte, why);
            }
        }
        if read == 0 {
            self.skip(part, 0, 0, "the file is no list of messages".to_owned());
        }
    }

    /// Takes in one message, or says why it cannot be placed.
    fn message(
        &mut self,
        folder: Option<&str>,
        message: &Message<'_>,
        block_text: Option<String>,
    ) -> Result<(), String> {
        let ts = message.ts.as_deref().unwrap_or("");
        let at = instant(ts).ok_or_else(|| match ts {
            "" => "the message has no `ts`".to_owned(),
            ts => format!("`{}` is no Slack timestamp", ts.chars().take(40).collect::<String>()),
        })?;
        let subtype = message.subtype.as_deref().unwrap_or("");
        if subtype == "pinned_item" {
            let pinned = message.item.as_ref().and_then(|item| item.ts.as_deref());
            self.pins.extend(pinned.map(str::to_owned));
        }
        let untold = message.hidden == Some(true) && message.text.as_deref().unwrap_or("").is_empty();
        let outside = !self.options.in_window(at);
        let left_out = housekeeping(subtype).or(untold.then_some("hidden")).or(outside.then_some(OUTSIDE));
        if let Some(reason) = left_out {
            self.import.leave_out(reason, 1);
            return Ok(());
        }
        let unbounded = self.options.from.is_none() && self.options.to.is_none();
        if unbounded && self.kept.len() >= MOST_WITHOUT_A_WINDOW {
            self.too_many += 1;
            return Ok(());
        }
        let bot = message.bot_id.is_some()
            || subtype == "bot_message"
            || message.user.as_deref() == Some("USLACKBOT");
        let text = full_text(message, bot, block_text);
        let profile = message.user_profile.as_ref();
        let bot_name = message.bot_profile.as_ref().and_then(|bot| bot.name.as_deref());
        let own_name = [message.username.as_deref(), bot_name]
            .into_iter()
            .chain(profile.into_iter().flat_map(|p| {
                [p.display_name.as_deref(), p.real_name.as_deref(), p.name.as_deref(), p.email.as_deref()]
            }))
            .flatten()
            .find(|name| !name.trim().is_empty())
            .unwrap_or("");
        let user = message.user.as_deref().or(message.bot_id.as_deref()).unwrap_or("");
        let thread = message.thread_ts.as_deref().map(str::to_owned);
        let reply = thread.as_deref().is_some_and(|thread| thread != ts);
        let note = match subtype {
            "channel_topic" | "group_topic" => Some("topic"),
            _ => None,
        };
        let text = match (note, message.topic.as_deref()) {
            (Some(_), Some(topic)) => format!("Set the channel's topic: {topic}"),
            _ => text,
        };
        let mut reactions: Vec<String> = message
            .reactions
            .iter()
            .flatten()
            .filter_map(|r| r.name.as_deref())
            .map(plain_reaction)
            .collect();
        reactions.sort_unstable();
        reactions.dedup();
        let files = message.files.iter().flatten().chain(&message.file).map(|file| {
            let first = |options: [&Option<Cow<'_, str>>; 2]| {
                options
                    .into_iter()
                    .flatten()
                    .map(std::string::ToString::to_string)
                    .find(|text| !text.is_empty())
                    .unwrap_or_default()
            };
            (first([&file.name, &file.title]), first([&file.permalink, &file.url_private]))
        });
        self.kept.push(Kept {
            ts: ts.to_owned(),
            at,
            channel: folder.map(str::to_owned),
            user: user.to_owned(),
            name: own_name.to_owned(),
            bot,
            text,
            files: files.collect(),
            facts: if bot { facts(message) } else { Vec::new() },
            note,
            thread,
            signals: Signals {
                pinned: message.pinned_to.as_ref().is_some_and(|to| !to.is_empty()),
                reactions,
                reply,
                bot,
                edited: message
                    .edited
                    .as_ref()
                    .and_then(|edited| instant(edited.ts.as_deref()?))
                    .map(Into::into),
            },
        });
        Ok(())
    }

    fn event(&self, message: Kept) -> Event {
        let Kept { ts, at, channel, user, name, bot, text, files, facts, note, thread, mut signals } =
            message;
        let channel_id = channel.as_deref().and_then(|channel| self.id_of(channel)).map(str::to_owned);
        signals.pinned |= self.pins.contains(&ts);

        let mut action = plain(&text, self).trim().to_owned();
        let mut details = BTreeMap::new();
        let names: Vec<&str> =
            files.iter().map(|(name, _)| name.as_str()).filter(|name| !name.is_empty()).collect();
        if !names.is_empty() {
            let shared = format!("(file: {})", names.join(", "));
            action = if action.is_empty() { shared } else { format!("{action} {shared}") };
        }
        let urls: Vec<&str> =
            files.iter().map(|(_, url)| url.as_str()).filter(|url| !url.is_empty()).collect();
        if !urls.is_empty() {
            details.insert("files".to_owned(), urls.join(" "));
        }
        if let Some(channel) = &channel {
            details.insert("channel".to_owned(), self.name_of(channel).to_owned());
        }
        let mut kind = if note.is_some() { Kind::Note } else { Kind::Message };
        if bot
            && note.is_none()
            && let Some((reported, alert)) = phrases::reported(&action)
        {
            kind = reported;
            if let Some(alert) = alert {
                details.insert("alert".to_owned(), alert.to_owned());
            }
            if kind == Kind::Merge
                && let Some((repository, number, title)) = phrases::request(&action)
            {
                let repository = repository.and_then(|path| path.rsplit('/').next());
                let known = [("repository", repository), ("request", Some(number)), ("title", title)];
                details.extend(
                    known.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?.to_owned()))),
                );
            }
            details.extend(facts.into_iter().map(|(name, value)| (name.to_owned(), plain(&value, self))));
        }
        let permalink =
            self.options.workspace_url.as_deref().zip(channel_id.as_deref()).map(|(base, channel)| {
                let (base, digits) = (base.trim_end_matches('/'), ts.replace('.', ""));
                match thread.as_deref().filter(|_| signals.reply) {
                    Some(thread) => {
                        format!("{base}/archives/{channel}/p{digits}?thread_ts={thread}&cid={channel}")
                    }
                    None => format!("{base}/archives/{channel}/p{digits}"),
                }
            });
        // A `ts` is unique in its channel; with the author it is unique in the export, whether or not the
        // channel is known, so that a day alone and the whole archive agree.
        let author = if user.is_empty() { sha256_hex(name.as_bytes(), 8) } else { user.clone() };
        Event {
            id: own_id("slack", &[&author, &ts]),
            at: at.into(),
            precision: Precision::Second,
            zone_from: None,
            actor: self.who(&user, &name),
            action,
            result: String::new(),
            link_label: channel
                .as_deref()
                .map_or_else(|| "message".to_owned(), |c| format!("#{}", self.name_of(c))),
            link: permalink,
            kind,
            source: String::new(),
            thread,
            signals,
            details,
        }
    }

    fn who(&self, id: &str, own_name: &str) -> String {
        let Some(user) = self.users.get(id) else {
            return self.people.appear(Known { id, names: &[own_name], ..Known::default() });
        };
        let none = UserProfile::default();
        let profile = user.profile.as_ref().unwrap_or(&none);
        let text = |option: &'_ Option<String>| -> String { option.clone().unwrap_or_default() };
        let (display, real) = (text(&profile.display_name), text(&profile.real_name));
        let (full, login) = (text(&user.real_name), text(&user.name));
        // A program that posts under several names is known by the one in the message.
        let own = if user.is_bot == Some(true) { own_name } else { "" };
        let names = [own, &display, &real, &full, &login, own_name];
        self.people.appear(Known { id, mail: profile.email.as_deref().unwrap_or(""), names: &names })
    }

    /// Who stands behind the addresses in `users.json`.
    fn mails(&self) -> BTreeMap<String, String> {
        let mail = |user: &User| user.profile.as_ref()?.email.clone();
        self.users.iter().filter_map(|(id, user)| Some((mail(user)?, self.who(id, "")))).collect()
    }

    fn chosen(&self, channel: Option<&str>) -> bool {
        // A day that stands alone was chosen by being given.
        let Some(channel) = channel else { return true };
        let wanted = &self.options.channels;
        wanted.is_empty()
            || wanted.iter().map(|name| name.trim_start_matches('#')).any(|name| {
                name.eq_ignore_ascii_case(channel)
                    || self.channels.iter().any(|(id, label)| {
                        (id == channel || label == channel)
                            && (id == name || label.eq_ignore_ascii_case(name))
                    })
            })
    }

    /// Whether the day in a file's name is near the window. Days are those of the workspace's own zone, which
    /// no export names: a day may begin half a day before UTC's and end as much after it.
    fn day_may_be_in_window(&self, name: &str) -> bool {
        let stem = name.strip_suffix(".json").unwrap_or(name);
        let date: Option<Date> =
            stem.len().checked_sub(10).and_then(|at| stem.get(at..)).and_then(|date| date.parse().ok());
        let Some(date) = date else { return true };
        let before = |from: Timestamp| date.tomorrow().is_ok_and(|next| next < utc_day(from));
        let after = |to: Timestamp| date.yesterday().is_ok_and(|last| last > utc_day(to));
        !self.options.from.is_some_and(before) && !self.options.to.is_some_and(after)
    }

    fn id_of(&self, folder: &str) -> Option<&str> {
        self.channels.iter().find(|(id, name)| name == folder || id == folder).map(|(id, _)| id.as_str())
    }

    fn name_of<'a>(&'a self, folder: &'a str) -> &'a str {
        self.channels.iter().find(|(id, _)| id == folder).map_or(folder, |(_, name)| name.as_str())
    }

    /// Whether a folder is left out whatever other files say: only a choice by ID needs `channels.json`.
    fn surely_not_chosen(&self, folder: Option<&str>) -> bool {
        let Some(folder) = folder else { return false };
        let wanted = || self.options.channels.iter().map(|name| name.trim_start_matches('#'));
        let by_id = |name: &str| {
            name.len() >= 2 && name.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit())
        };
        // A folder that is an ID (a direct message) may have a name.
        !by_id(folder)
            && !self.options.channels.is_empty()
            && !wanted().any(|name| by_id(name) || name.eq_ignore_ascii_case(folder))
    }

    fn skip(&mut self, part: &str, index: usize, byte: usize, why: String) {
        let position = Position::Record { index: index + 1, byte };
        self.import.skipped.push(Skipped { part: part.to_owned(), position, why });
    }
}

impl Names for SlackExport {
    fn user(&self, id: &str) -> Option<String> {
        let name = self.who(id, "");
        (name != id).then_some(name)
    }

    fn channel(&self, id: &str) -> Option<String> {
        self.channels.iter().find(|(known, _)| known == id).map(|(_, name)| name.clone())
    }
}

/// Whether a message's text must be looked for in its blocks.
fn needs_blocks(message: &Message<'_>) -> bool {
    let attached = || message.attachments.iter().flatten().any(|attachment| attachment.blocks.is_some());
    message.text.as_deref().unwrap_or("").trim().is_empty() && (message.blocks.is_some() || attached())
}

/// The text of a message's blocks, else of those of its attachments.
fn blocks_of(record: &[u8]) -> String {
    #[derive(Deserialize)]
    struct Blocks {
        #[serde(default)]
        blocks: Value,
        #[serde(default)]
        attachments: Vec<Value>,
    }
    let Ok(read) = serde_json::from_slice::<Blocks>(record) else { return String::new() };
    let own = of_blocks(&read.blocks);
    if !own.trim().is_empty() {
        return own;
    }
    let attached = read.attachments.iter().filter_map(|attachment| attachment.get("blocks")).map(of_blocks);
    attached.filter(|text| !text.is_empty()).collect::<Vec<_>>().join("\n")
}

/// What labelled values and links under a program's message say of the thing that it reports.
fn facts(message: &Message<'_>) -> Vec<(&'static str, String)> {
    let attachments = message.attachments.iter().flatten();
    let link = attachments.clone().find_map(|attachment| attachment.title_link.as_deref());
    let fields = attachments.flat_map(|attachment| attachment.fields.iter().flatten()).filter_map(|field| {
        let name = match field.title.as_deref()?.trim().to_ascii_lowercase().as_str() {
            "severity" | "priority" | "urgency" => "severity",
            "service" | "services" | "app" | "component" | "job" => "service",
            _ => return None,
        };
        Some((name, field.value.as_deref()?.trim().to_owned()))
    });
    fields.chain(link.map(|link| ("url", link.to_owned()))).filter(|(_, value)| !value.is_empty()).collect()
}

/// The text, else what stands in blocks, else in attachments. A program's attachments belong to its text;
/// a person's are previews of links.
fn full_text(message: &Message<'_>, bot: bool, block_text: Option<String>) -> String {
    let mut text = message.text.as_deref().unwrap_or("").trim().to_owned();
    if text.is_empty() {
        text = block_text.unwrap_or_default();
    }
    if bot || text.is_empty() {
        for attachment in message.attachments.iter().flatten().filter(|a| a.from_url.is_none()) {
            let pieces = [&attachment.pretext, &attachment.title, &attachment.text];
            let mut any = false;
            for piece in pieces.into_iter().flatten().filter(|piece| !piece.trim().is_empty()) {
                any = true;
                if !text.contains(piece.trim()) {
                    push_line(&mut text, piece.trim());
                }
            }
            if let (false, true, Some(fallback)) = (any, text.is_empty(), attachment.fallback.as_deref()) {
                push_line(&mut text, fallback.trim());
            }
        }
    }
    text
}

fn push_line(text: &mut String, line: &str) {
    if !text.is_empty() {
        text.push('\n');
    }
    text.push_str(line);
}

/// Why a message of this subtype is none. Subtypes that are not named here are messages.
fn housekeeping(subtype: &str) -> Option<&'static str> {
    Some(match subtype {
        "channel_join"
        | "group_join"
        | "mpim_join"
        | "app_conversation_join"
        | "app_conversation_leave"
        | "channel_leave"
        | "group_leave"
        | "mpim_leave" => "join or leave",
        "channel_purpose"
        | "group_purpose"
        | "channel_name"
        | "group_name"
        | "channel_archive"
        | "group_archive"
        | "channel_unarchive"
        | "group_unarchive"
        | "channel_convert_to_private"
        | "channel_convert_to_public"
        | "channel_posting_permissions"
        | "channel_canvas_updated"
        | "bookmark_added"
        | "bot_add"
        | "bot_remove"
        | "bot_enable"
        | "bot_disable"
        | "reminder_add"
        | "reminder_delete" => "housekeeping",
        "pinned_item" | "unpinned_item" => "pin",
        "tombstone" | "message_deleted" => "deleted",
        "message_changed" | "message_replied" => "record of a change to another message",
        _ => return None,
    })
}

/// `thumbsup::skin-tone-3` without the tone.
fn plain_reaction(name: &str) -> String {
    name.split("::").next().unwrap_or(name).to_owned()
}

/// The instant of a `ts`: seconds, a full stop, up to nine digits. Never through a float.
fn instant(ts: &str) -> Option<Timestamp> {
    let (seconds, fraction) = ts.split_once('.').unwrap_or((ts, ""));
    let digits = |text: &str| text.bytes().all(|b| b.is_ascii_digit());
    if seconds.is_empty() || !digits(seconds) || !digits(fraction) || fraction.len() > 9 {
        return None;
    }
    let nanos = format!("{fraction:0<9}").parse().ok()?;
    Timestamp::new(seconds.parse().ok()?, nanos).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_ts_is_read_digit_by_digit() {
        assert_eq!(
            instant("1462580282.000002").map(|t| t.to_string()).as_deref(),
            Some("2016-05-07T00:18:02.000002Z")
        );
        assert_eq!(instant("1462580282"), Timestamp::from_second(1_462_580_282).ok());
        for bad in ["", ".", "1.2.3", "-5", "1e9", "99999999999999999999", "1462580282.0000000000"] {
            assert_eq!(instant(bad), None, "`{bad}`");
        }
    }

    #[test]
    fn files_are_known_by_name() {
        assert_eq!(by_name("export/ops/2026-11-20.json"), Some(Holds::Messages));
        assert_eq!(by_name("users.json"), Some(Holds::Users));
        assert_eq!(by_name("__MACOSX/ops/2026-11-20.json"), Some(Holds::Messages));
        assert_eq!(by_name("ops/._2026-11-20.json"), Some(Holds::Other));
        assert_eq!(by_name("mine.json"), None);
    }
}
