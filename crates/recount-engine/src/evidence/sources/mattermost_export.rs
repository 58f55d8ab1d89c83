//! The source `mattermost-export`: a server's bulk export, and the CSV of a compliance export.

use std::collections::HashMap;

use serde::Deserialize;
use serde_json::Value;

use super::slack_text::unstyled;
use crate::evidence::event::{Event, Kind, Signals};
use crate::evidence::identity::own_id;
use crate::evidence::instants::{Instant, Scalar, is_unset};
use crate::evidence::json::{reason, records};
use crate::evidence::phrases;
use crate::evidence::plain::without_emoji_codes;
use crate::evidence::reader::{self, PartSource, Reader};
use crate::evidence::source::{Confidence, Part, Position, source};

source! {
    /// # What it reads
    ///
    /// - A bulk export: JSON Lines that begin with `{"type":"version"`, or the archive around them.
    /// - The CSV of a compliance export.
    ///
    /// # How to get it
    ///
    /// A system administrator runs, on the server or against it:
    ///
    /// ```sh
    /// mmctl export create --no-attachments --no-roles-and-schemes
    /// mmctl export list                             # its name, once the job is done
    /// mmctl export download 8f3k1…_export.zip
    /// ```
    ///
    /// The compliance export is under *System Console → Compliance → Compliance Export*, as CSV.
    /// `--channel town-square` chooses channels, by name or display name; `--from` and `--to` the hours.
    ///
    /// # What becomes an event
    ///
    /// Each post and each reply, at its `create_at`. What programs and webhooks post about alerts, deploys
    /// and the like, also in their attachments, becomes an event of that kind. Pins, reactions, edits and
    /// threads stay with it for curation. A new channel header is a note. Joins, leaves and other messages
    /// of the system are counted and left out. People appear by the roster, which is asked for usernames,
    /// names and addresses.
    ///
    /// # Traps
    ///
    /// - A bulk export has no IDs of posts: there are no permalinks, and a post is known by its channel,
    ///   author and millisecond. The CSV has them; with `mattermost` set in `[evidence]`, its posts link.
    ///   The same post in both is one event.
    /// - `edit_at` is when a text was changed, never when it was said; `0` is never.
    /// - The CSV has a row for each edit and each deletion of a post: the post itself is taken.
    MATTERMOST_EXPORT: "mattermost-export", "A Mattermost bulk export, or the CSV of a compliance export",
    recognise, reader::parts::<MattermostExport>
}

fn recognise(part: &Part<'_>) -> Confidence {
    let peek = part.peek();
    let version = peek.value("type") == Some("version") && peek.value("version").is_some();
    let posts = peek.has("type")
        && ["post", "direct_post"].iter().any(|post| {
            peek.has(&format!("{post}.create_at"))
                && peek.has(&format!("{post}.user"))
                && peek.has(&format!("{post}.message"))
        });
    let first = part.text().lines().next().unwrap_or("").to_owned();
    let csv = ["Post Creation Time", "Post Id", "Channel Name"].iter().all(|name| first.contains(name));
    if version || posts || csv { Confidence::Sure } else { Confidence::No }
}

#[derive(Default)]
struct MattermostExport {
    users: HashMap<String, User>,
    /// Display names of channels by team and name.
    channels: HashMap<(String, String), String>,
    /// Posts wait for the names, which may come in another part.
    kept: Vec<Kept>,
    without_ids: bool,
}

/// One line of a bulk export. What it holds stands under the name of its type.
#[derive(Deserialize)]
struct Line {
    #[serde(default)]
    r#type: Option<String>,
    #[serde(default)]
    user: Option<User>,
    #[serde(default)]
    bot: Option<User>,
    #[serde(default)]
    channel: Option<Channel>,
    #[serde(default)]
    post: Option<Post>,
    #[serde(default)]
    direct_post: Option<Post>,
}

#[derive(Default, Deserialize)]
struct User {
    #[serde(default)]
    username: Option<String>,
    #[serde(default)]
    email: Option<String>,
    #[serde(default)]
    nickname: Option<String>,
    #[serde(default)]
    first_name: Option<String>,
    #[serde(default)]
    last_name: Option<String>,
    /// Of a bot.
    #[serde(default)]
    display_name: Option<String>,
    #[serde(skip)]
    bot: bool,
}

#[derive(Deserialize)]
struct Channel {
    #[serde(default)]
    team: Option<String>,
    #[serde(default)]
    name: Option<String>,
    #[serde(default)]
    display_name: Option<String>,
}

/// A post, a reply or a direct post: they differ in what they leave out.
#[derive(Deserialize)]
struct Post {
    #[serde(default)]
    team: Option<String>,
    #[serde(default)]
    channel: Option<String>,
    #[serde(default)]
    channel_members: Option<Vec<String>>,
    #[serde(default)]
    user: Option<String>,
    #[serde(default)]
    r#type: Option<String>,
    #[serde(default)]
    message: Option<String>,
    #[serde(default)]
    props: Option<Value>,
    #[serde(default)]
    create_at: Time,
    #[serde(default)]
    edit_at: Time,
    #[serde(default)]
    is_pinned: Option<bool>,
    #[serde(default)]
    reactions: Option<Vec<Reaction>>,
    #[serde(default)]
    replies: Option<Vec<Post>>,
    #[serde(default)]
    attachments: Option<Vec<Attachment>>,
}

/// A time as its digits.
#[derive(Default)]
struct Time(String);

impl<'de> Deserialize<'de> for Time {
    fn deserialize<D: serde::Deserializer<'de>>(input: D) -> Result<Self, D::Error> {
        Scalar::deserialize(input).map(|scalar| Self(scalar.as_str().to_owned()))
    }
}

#[derive(Deserialize)]
struct Reaction {
    #[serde(default)]
    emoji_name: Option<String>,
}

#[derive(Deserialize)]
struct Attachment {
    #[serde(default)]
    path: Option<String>,
}

/// What stays of a post until all names are known.
struct Kept {
    at: Instant,
    /// The digits of its `create_at`, which name it.
    stamp: String,
    team: String,
    channel: String,
    user: String,
    mail: String,
    /// A name that a program gave itself.
    own_name: String,
    bot: bool,
    note: bool,
    text: String,
    facts: Vec<(&'static str, String)>,
    thread: Option<String>,
    id: String,
    signals: Signals,
}

impl PartSource for MattermostExport {
    fn wants(&self, name: &str) -> bool {
        let file = name.rsplit('/').next().unwrap_or(name).to_ascii_lowercase();
        !file.contains('.') || [".jsonl", ".json", ".csv", ".txt"].iter().any(|ending| file.ends_with(ending))
    }

    fn part(&mut self, bytes: &[u8], reader: &mut Reader) {
        let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
        match bytes.trim_ascii_start().first() {
            Some(b'{' | b'[') => self.lines(bytes, reader),
            _ if bytes.starts_with(b"Post Creation Time") || bytes.starts_with(b"\"Post Creation Time") => {
                self.compliance(bytes, reader);
            }
            _ => reader.import.leave_out("file without posts", 1),
        }
    }

    fn finish(&mut self, reader: &mut Reader) {
        if self.without_ids {
            reader.import.note("a bulk export has no IDs of posts: its posts have no permalinks");
        }
        let (mut not_chosen, kept) = (0, std::mem::take(&mut self.kept));
        for post in kept {
            if self.chosen(&post, reader) {
                let event = self.event(post, reader);
                reader.push(event);
            } else {
                not_chosen += 1;
            }
        }
        reader.import.leave_out("in a channel that was not chosen", not_chosen);
        if not_chosen > 0 && reader.import.events.is_empty() {
            let mut there: Vec<String> = self.channels.keys().map(|(_, name)| format!("`{name}`")).collect();
            there.sort();
            there.dedup();
            let there = there.join(", ");
            reader.import.note(format!("no post is in the chosen channels; the export has {there}"));
        }
        let known: Vec<(String, String)> = self
            .users
            .values()
            .filter_map(|user| Some((user.username.clone()?, user.email.clone()?)))
            .collect();
        for (username, mail) in known {
            self.who(&username, "", &mail, reader);
        }
    }
}

impl MattermostExport {
    fn lines(&mut self, bytes: &[u8], reader: &mut Reader) {
        for record in records(bytes, &[]) {
            reader.at(Position::Record { index: record.index, byte: record.byte });
            let line = match serde_json::from_slice::<Line>(record.bytes) {
                Ok(line) => line,
                Err(error) => {
                    reader.skip(reason(&error));
                    continue;
                }
            };
            if line.r#type.is_none() {
                reader.skip("the line says no `type`");
            }
            if let Some(channel) = line.channel {
                let name = channel.name.unwrap_or_default();
                let label =
                    channel.display_name.filter(|label| !label.is_empty()).unwrap_or_else(|| name.clone());
                self.channels.insert((channel.team.unwrap_or_default(), name), label);
            }
            let is_bot = line.bot.is_some();
            if let Some(user) = line.user.or(line.bot)
                && let Some(username) = user.username.clone()
            {
                self.users.insert(username, User { bot: is_bot, ..user });
            }
            if let Some(post) = line.post.or(line.direct_post) {
                self.without_ids = true;
                self.post(post, None, reader);
            }
        }
    }

    fn post(&mut self, post: Post, root: Option<&Root>, reader: &mut Reader) {
        let (team, channel) = match root {
            Some(root) => (root.team.clone(), root.channel.clone()),
            None => (post.team.clone().unwrap_or_default(), channel_of(&post)),
        };
        let stamp = post.create_at.0.clone();
        let root = Root {
            thread: format!("{channel}/{stamp}"),
            team,
            channel,
            is_reply: root.is_some(),
            parent: root.map(|root| root.thread.clone()),
        };
        let has_replies = post.replies.as_ref().is_some_and(|replies| !replies.is_empty());
        let mut post = post;
        let replies = post.replies.take();
        if let Err(why) = self.keep(&post, stamp, &root, has_replies, reader) {
            reader.skip(why);
        }
        for reply in replies.into_iter().flatten() {
            self.post(reply, Some(&root), reader);
        }
    }

    fn keep(
        &mut self,
        post: &Post,
        stamp: String,
        root: &Root,
        has_replies: bool,
        reader: &mut Reader,
    ) -> Result<(), String> {
        let at = reader.instant(&stamp).map_err(|why| format!("the post's `create_at`: {why}"))?;
        let kind = post.r#type.as_deref().unwrap_or("");
        let props = post.props.as_ref();
        let prop = |name: &str| props.and_then(|props| props.get(name)).map(text_of).unwrap_or_default();
        let note = kind == "system_header_change";
        if let Some(why) = housekeeping(kind).filter(|_| !note) {
            reader.import.leave_out(why, 1);
            return Ok(());
        }
        if !reader.in_window(at.at) {
            return Ok(());
        }
        let bot = prop("from_webhook") == "true" || prop("from_bot") == "true" || kind == "slack_attachment";
        let attached: Vec<&Value> =
            props.and_then(|props| props.get("attachments")?.as_array()).into_iter().flatten().collect();
        let mut text = post.message.clone().unwrap_or_default().trim().to_owned();
        if note {
            text = format!("Set the channel's header: {}", prop("new_header"));
        }
        for line in attached.iter().flat_map(|attachment| lines_of(attachment)) {
            if !text.contains(&line) {
                text = if text.is_empty() { line } else { format!("{text}\n{line}") };
            }
        }
        let files: Vec<&str> = post
            .attachments
            .iter()
            .flatten()
            .filter_map(|file| file.path.as_deref()?.rsplit('/').next())
            .filter(|name| !name.is_empty())
            .collect();
        if !files.is_empty() {
            let shared = format!("(file: {})", files.join(", "));
            text = if text.is_empty() { shared } else { format!("{text} {shared}") };
        }
        let mut reactions: Vec<String> =
            post.reactions.iter().flatten().filter_map(|reaction| reaction.emoji_name.clone()).collect();
        reactions.sort_unstable();
        reactions.dedup();
        let edited = reader.instant_if_set(&post.edit_at.0).ok().flatten().map(|at| at.at.into());
        self.kept.push(Kept {
            at,
            stamp,
            team: root.team.clone(),
            channel: root.channel.clone(),
            user: post.user.clone().unwrap_or_default(),
            mail: String::new(),
            own_name: prop("override_username"),
            bot,
            note,
            text,
            facts: if bot { facts(&attached) } else { Vec::new() },
            thread: root.parent.clone().or_else(|| has_replies.then(|| root.thread.clone())),
            id: String::new(),
            signals: Signals {
                pinned: post.is_pinned == Some(true),
                reactions,
                reply: root.is_reply,
                bot,
                edited,
            },
        });
        Ok(())
    }

    /// The CSV of a compliance export, by the names in its header.
    fn compliance(&mut self, bytes: &[u8], reader: &mut Reader) {
        let text = String::from_utf8_lossy(bytes);
        let mut rows = csv::ReaderBuilder::new().flexible(true).from_reader(text.as_bytes());
        let header = rows.headers().cloned().unwrap_or_default();
        let at = |name: &str| header.iter().position(|column| column.trim() == name);
        let columns = [
            "Post Creation Time",
            "Team Name",
            "Channel Name",
            "Channel Display Name",
            "User Email",
            "Username",
            "Post Id",
            "Edited By Post Id",
            "Replied to Post Id",
            "Post Message",
            "Post Type",
            "User Type",
        ]
        .map(at);
        for row in rows.records() {
            let row = match row {
                Ok(row) => row,
                Err(error) => {
                    reader.skip(format!("the row cannot be read: {error}"));
                    continue;
                }
            };
            let line = row.position().map_or(0, csv::Position::line);
            reader.at(Position::Line(usize::try_from(line).unwrap_or(usize::MAX)));
            let cells = columns.map(|column| column.and_then(|at| row.get(at)).unwrap_or("").trim());
            let [stamp, team, channel, label, mail, user, id, edited_by, root, message, kind, user_type] =
                cells;
            let left_out = housekeeping(kind).or(match kind {
                "enter" | "leave" | "previously-joined" => Some("join or leave"),
                "deleted" | "deleted attachment" => Some("deleted"),
                _ if !edited_by.is_empty() => Some("record of a change to another message"),
                _ => None,
            });
            if let Some(why) = left_out {
                reader.import.leave_out(why, 1);
                continue;
            }
            let instant = match reader.instant(stamp) {
                Ok(instant) => instant,
                Err(why) => {
                    reader.skip(format!("the post's creation time: {why}"));
                    continue;
                }
            };
            if !reader.in_window(instant.at) {
                continue;
            }
            let label = if label.is_empty() { channel } else { label };
            self.channels.insert((team.to_owned(), channel.to_owned()), label.to_owned());
            let bot = user_type == "bot";
            let root = (!root.is_empty() && !is_unset(root)).then(|| root.to_owned());
            self.kept.push(Kept {
                at: instant,
                stamp: stamp.to_owned(),
                team: team.to_owned(),
                channel: channel.to_owned(),
                user: user.to_owned(),
                mail: mail.to_owned(),
                own_name: String::new(),
                bot,
                note: false,
                text: message.to_owned(),
                facts: Vec::new(),
                signals: Signals { bot, reply: root.is_some(), ..Signals::default() },
                thread: root,
                id: id.to_owned(),
            });
        }
    }

    fn event(&self, post: Kept, reader: &mut Reader) -> Event {
        let is_bot = post.bot || self.users.get(&post.user).is_some_and(|user| user.bot);
        let action = self.plain(&post.text, reader);
        let mut kind = if post.note { Kind::Note } else { Kind::Message };
        let mut reported_alert = None;
        if is_bot
            && !post.note
            && let Some((reported, alert)) = phrases::reported(&action)
        {
            kind = reported;
            reported_alert = alert.map(str::to_owned);
        }
        let key = (post.team.clone(), post.channel.clone());
        let label = self.channels.get(&key).cloned().unwrap_or_else(|| post.channel.clone());
        let server = reader.options.mattermost_url.as_deref().map(|url| url.trim_end_matches('/').to_owned());
        let link = match server {
            Some(server) if !post.id.is_empty() && !post.team.is_empty() => {
                format!("{server}/{}/pl/{}", post.team, post.id)
            }
            _ => String::new(),
        };
        let actor = self.who(&post.user, &post.own_name, &post.mail, reader);
        let id = own_id("mattermost", &[&post.channel, &post.user, &post.stamp]);
        let mut event = Event::new(id, &post.at, kind)
            .doing(actor, action)
            .linked(&link, label.clone())
            .with("channel", label)
            .with("alert", reported_alert.unwrap_or_default());
        if kind != Kind::Message {
            for (name, value) in post.facts {
                event = event.with(name, self.plain(&value, reader));
            }
        }
        event.thread = post.thread;
        event.signals = Signals { bot: is_bot, ..post.signals };
        event
    }

    fn who(&self, username: &str, own_name: &str, mail: &str, reader: &mut Reader) -> String {
        let none = User::default();
        let user = self.users.get(username).unwrap_or(&none);
        let text = |field: &Option<String>| field.clone().unwrap_or_default();
        let full = format!("{} {}", text(&user.first_name), text(&user.last_name)).trim().to_owned();
        let names = [own_name, &full, &text(&user.nickname), &text(&user.display_name), username];
        let mail = if mail.is_empty() { text(&user.email) } else { mail.to_owned() };
        reader.who(username, &names, &mail)
    }

    /// A post's Markdown as plain text, with its mentions as people appear in documents.
    fn plain(&self, text: &str, reader: &Reader) -> String {
        let text = without_markdown(text);
        let mut out = String::with_capacity(text.len());
        let mut rest = text.as_str();
        while let Some(at) = rest.find('@') {
            out.push_str(&rest[..=at]);
            rest = &rest[at + 1..];
            let end =
                rest.find(|c: char| !(c.is_ascii_alphanumeric() || "._-".contains(c))).unwrap_or(rest.len());
            let name = rest[..end].trim_end_matches(['.', '-', '_']);
            let handle = self.users.get(name).map(|user| {
                let mail = user.email.as_deref().unwrap_or("");
                reader.people.appear(crate::evidence::identity::Known { id: name, mail, names: &[name] })
            });
            out.push_str(handle.as_deref().map_or(name, |handle| handle.trim_start_matches('@')));
            rest = &rest[name.len()..];
        }
        out.push_str(rest);
        without_emoji_codes(out.trim().to_owned())
    }

    fn chosen(&self, post: &Kept, reader: &Reader) -> bool {
        let wanted = &reader.options.channels;
        let label = self.channels.get(&(post.team.clone(), post.channel.clone()));
        wanted.is_empty()
            || wanted.iter().map(|name| name.trim_start_matches(['#', '~'])).any(|name| {
                name.eq_ignore_ascii_case(&post.channel)
                    || label.is_some_and(|label| label.eq_ignore_ascii_case(name))
            })
    }
}

/// Where a post stands, for its replies.
struct Root {
    team: String,
    channel: String,
    thread: String,
    parent: Option<String>,
    is_reply: bool,
}

fn channel_of(post: &Post) -> String {
    match (&post.channel, &post.channel_members) {
        (Some(channel), _) => channel.clone(),
        (None, Some(members)) => {
            let mut members = members.clone();
            members.sort_unstable();
            format!("direct messages of {}", members.join(" and "))
        }
        (None, None) => String::new(),
    }
}

/// A scalar of `props` as text; programs write `true` and `"true"`.
fn text_of(value: &Value) -> String {
    value
        .as_str()
        .map_or_else(|| if value.is_boolean() { value.to_string() } else { String::new() }, str::to_owned)
}

/// The lines of a program's attachment, which has the form that Slack's have.
fn lines_of(attachment: &Value) -> Vec<String> {
    let text = |name: &str| attachment.get(name).map(text_of).unwrap_or_default().trim().to_owned();
    let mut lines: Vec<String> =
        ["pretext", "title", "text"].map(text).into_iter().filter(|line| !line.is_empty()).collect();
    if lines.is_empty() {
        lines.extend(Some(text("fallback")).filter(|line| !line.is_empty()));
    }
    lines
}

/// What labelled values and links under a program's post say of the thing that it reports.
fn facts(attached: &[&Value]) -> Vec<(&'static str, String)> {
    let mut facts = Vec::new();
    for attachment in attached {
        let fields = attachment.get("fields").and_then(Value::as_array).into_iter().flatten();
        for field in fields {
            let (Some(title), Some(value)) =
                (field.get("title").map(text_of), field.get("value").map(text_of))
            else {
                continue;
            };
            match title.trim().to_ascii_lowercase().as_str() {
                "severity" | "priority" | "urgency" => facts.push(("severity", value)),
                "service" | "services" | "app" | "component" | "job" => facts.push(("service", value)),
                _ => {}
            }
        }
        facts.extend(
            attachment
                .get("title_link")
                .map(text_of)
                .filter(|link| !link.is_empty())
                .map(|link| ("url", link)),
        );
    }
    facts
}

/// Why a post of this type is none. Types of plugins (`custom_…`) are posts.
fn housekeeping(kind: &str) -> Option<&'static str> {
    match kind.strip_prefix("system_")? {
        kind if kind.starts_with("join")
            || kind.starts_with("leave")
            || kind.starts_with("add_")
            || kind.starts_with("remove_")
            || kind.starts_with("guest_join") =>
        {
            Some("join or leave")
        }
        _ => Some("housekeeping"),
    }
}

/// Markdown as people write it in chat, as plain text: links spelled out, marks of headings, bold and struck
/// text gone; code stays, with its marks.
fn without_markdown(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for (index, line) in text.lines().enumerate() {
        if index > 0 {
            out.push('\n');
        }
        let bare = line.trim_start_matches('#');
        out.push_str(if bare.len() < line.len() && bare.starts_with(' ') { bare.trim_start() } else { line });
    }
    // `[text](address)`, unless one is the other.
    let mut rest = out.as_str();
    let mut linked = String::with_capacity(out.len());
    while let Some(open) = rest.find('[') {
        let found = rest[open + 1..].find(['[', ']']).map(|length| open + 1 + length).and_then(|middle| {
            let address = rest[middle..].strip_prefix("](")?;
            let close = address.find([')', ' ', '\n']).filter(|close| address[*close..].starts_with(')'))?;
            Some((&rest[open + 1..middle], &address[..close], middle + 2 + close + 1))
        });
        let Some((label, address, end)) =
            found.filter(|(_, address, _)| address.starts_with("http") || address.starts_with("mailto:"))
        else {
            linked.push_str(&rest[..=open]);
            rest = &rest[open + 1..];
            continue;
        };
        linked.push_str(&rest[..open]);
        linked.push_str(label);
        if label != address && !address.starts_with("mailto:") {
            linked.extend([" (", address, ")"]);
        }
        rest = &rest[end..];
    }
    linked.push_str(rest);
    let code = linked.contains('`');
    let mut plain = linked;
    for mark in ["**", "~~"] {
        if !code && plain.matches(mark).count().is_multiple_of(2) {
            plain = plain.replace(mark, "");
        }
    }
    unstyled(plain)
}

#[cfg(test)]
mod tests {
    use super::without_markdown;

    #[test]
    fn markdown_of_chat_becomes_plain_text() {
        for (markdown, text) in [
            (
                "#### **Mitigated**: see [the graph](https://g.acme.io/d/1)",
                "Mitigated: see the graph (https://g.acme.io/d/1)",
            ),
            ("[FIRING:1] up [a](b) [x]", "[FIRING:1] up [a](b) [x]"),
            ("_really_ ~~not~~ 2 * 3 snake_case", "really not 2 * 3 snake_case"),
            ("ran `a ** b` #1", "ran `a ** b` #1"),
            ("#ops and @bo", "#ops and @bo"),
            ("<https://x.y>", "<https://x.y>"),
        ] {
            assert_eq!(without_markdown(markdown), text);
        }
    }
}
