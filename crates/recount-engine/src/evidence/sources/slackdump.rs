//! The source `slackdump`: the files that slackdump makes. The messages in them are Slack's own and are read
//! by `slack_export`, so that both give the same events.

use serde::Deserialize;

use super::slack_export::{self, SlackExport};
use crate::evidence::json::{elements, members};
use crate::evidence::source::{Confidence, Import, Importer, Options, Part, Position, Skipped, source};

source! {
    /// # What it reads
    ///
    /// The files of [slackdump](https://github.com/rusq/slackdump), for who may not export the workspace:
    ///
    /// - a dump: one conversation or thread in a file (`C0PAY123.json`), replies inside their message;
    /// - an archive: `C0PAY123.json.gz`, `users.json.gz`, `channels.json.gz`, one request a line;
    /// - search results of an archive.
    ///
    /// Its export (`slackdump export`) is Slack's own form: that is `slack-export`.
    ///
    /// # How to get it
    ///
    /// ```sh
    /// slackdump dump -files=false -time-from 2026-11-20T10:00:00 -time-to 2026-11-20T20:00:00 C0PAY123
    /// slackdump list users -format JSON -o users.json     # names beside IDs; import both files together
    /// ```
    ///
    /// A newer archive is a database (`slackdump.sqlite`); make files of it first:
    /// `slackdump convert -f export -o export.zip slackdump_20261120_101500`.
    ///
    /// # What becomes an event
    ///
    /// The same as of a Slack export, with the same names: a message that was read from the one adds nothing
    /// when it comes again in the other. An archive knows the workspace's address, so its messages have
    /// permalinks without any configuration.
    ///
    /// # Traps
    ///
    /// - A reply stands inside its message in a dump, and in another line, sometimes with its parent again,
    ///   in an archive: each counts once.
    /// - A dump names people by ID alone. Give `users.json` with it.
    /// - The `ts` of a line in an archive is when it was fetched, never when something was said.
    SLACKDUMP: "slackdump", "Files of slackdump: dumps and archives of Slack conversations", recognise, start
}

fn recognise(part: &Part<'_>) -> Confidence {
    let peek = part.peek();
    let dump =
        peek.has("channel_id") && (peek.has("messages.ts") || peek.has("name")) && peek.has("messages");
    let chunk = peek.value("t").is_some_and(|kind| kind.parse::<u8>().is_ok())
        && peek.has("ts")
        && (["m.ts", "p.ts", "sm.ts", "u.profile", "ch.id", "ci.id", "w.url"]
            .iter()
            .any(|key| peek.has(key))
            || peek.has_all(&["id", "n"]));
    if dump || chunk {
        return Confidence::Sure;
    }
    // Lists of users and channels are the same beside either; alone they are rather an export's.
    match slack_export::recognise(part) {
        Confidence::Possible => Confidence::Shape,
        _ => Confidence::No,
    }
}

fn start(options: &Options) -> Box<dyn Importer> {
    Box::new(Slackdump(SlackExport::new(options)))
}

struct Slackdump(SlackExport);

/// What stands around messages: of a dump, its first members; of a line of an archive, its header.
#[derive(Default)]
struct Envelope<'a> {
    channel: Option<String>,
    name: Option<String>,
    lists: Vec<(&'a [u8], usize, &'a [u8])>,
}

impl<'a> Envelope<'a> {
    fn of(value: &'a [u8]) -> Self {
        let mut envelope = Self::default();
        let text =
            |value: &[u8]| serde_json::from_slice::<String>(value).ok().filter(|text| !text.is_empty());
        for (key, at, value) in members(value) {
            match key {
                b"channel_id" | b"id" => envelope.channel = text(value),
                b"name" => envelope.name = text(value),
                b"messages" | b"m" | b"p" | b"sm" | b"u" | b"ch" | b"ci" | b"w" => {
                    envelope.lists.push((key, at, value));
                }
                _ => {}
            }
        }
        envelope
    }
}

impl Importer for Slackdump {
    fn part(&mut self, name: &str, bytes: &[u8]) {
        // A list of users or channels that slackdump printed.
        if bytes.trim_ascii_start().first() == Some(&b'[') {
            return Importer::part(&mut self.0, name, bytes);
        }
        let mut read = false;
        for (byte, value) in elements(bytes) {
            let Envelope { channel, name: label, lists } = Envelope::of(value);
            if lists.is_empty() && value.first() != Some(&b'{') {
                self.skip(name, byte, "the record is no part of a dump or an archive of slackdump");
                continue;
            }
            read = true;
            if let (Some(channel), Some(label)) = (&channel, &label) {
                let known = serde_json::json!([{ "id": channel, "name": label }]).to_string();
                self.0.channels(name, known.as_bytes());
            }
            for (key, at, list) in lists {
                self.list(name, key, channel.as_deref(), byte + at, list);
            }
        }
        if !read {
            self.skip(name, 0, "the file is no dump and no archive of slackdump");
        }
    }

    fn finish(self: Box<Self>) -> Import {
        Box::new(self.0).finish()
    }
}

impl Slackdump {
    fn list(&mut self, part: &str, key: &[u8], channel: Option<&str>, base: usize, list: &[u8]) {
        match key {
            b"u" => self.0.users(part, list),
            b"ch" | b"ci" => self.0.channels(part, list),
            b"w" => {
                #[derive(Deserialize)]
                struct Workspace {
                    url: String,
                }
                if let Ok(Workspace { url }) = serde_json::from_slice(list)
                    && url.starts_with("https://")
                {
                    self.0.options.workspace_url.get_or_insert(url);
                }
            }
            b"sm" => {
                for (at, found) in elements(list) {
                    self.found(part, base + at, found);
                }
            }
            _ => {
                self.messages(part, channel, base, list);
                for (at, message) in elements(list) {
                    let replies = members(message).find(|(key, ..)| *key == b"slackdump_thread_replies");
                    if let Some((_, inside, replies)) = replies.filter(|(.., value)| value.starts_with(b"["))
                    {
                        self.messages(part, channel, base + at + inside, replies);
                    }
                }
            }
        }
    }

    /// A message that was searched for says itself which channel it is in.
    fn found(&mut self, part: &str, base: usize, found: &[u8]) {
        #[derive(Deserialize)]
        struct In {
            channel: Channel,
        }
        #[derive(Deserialize)]
        struct Channel {
            id: String,
        }
        let channel = members(found).find(|(key, ..)| *key == b"channel").map(|(.., channel)| channel);
        if let Some(channel) = channel {
            self.0.channels(part, channel);
        }
        let id = serde_json::from_slice::<In>(found).ok().map(|found| found.channel.id);
        self.messages(part, id.as_deref(), base, found);
    }

    /// Hands a list of messages on. What is skipped of it is placed in the whole part.
    fn messages(&mut self, part: &str, channel: Option<&str>, base: usize, list: &[u8]) {
        let before = self.0.import.skipped.len();
        self.0.messages(part, channel, list);
        for skipped in &mut self.0.import.skipped[before..] {
            if let Position::Record { byte, .. } = &mut skipped.position {
                *byte += base;
            }
        }
    }

    fn skip(&mut self, part: &str, byte: usize, why: &str) {
        let position = Position::Record { index: 1, byte };
        self.0.import.skipped.push(Skipped { part: part.to_owned(), position, why: why.to_owned() });
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use crate::evidence::source::{Session, by_name};
    use crate::evidence::{EventId, Options};

    #[test]
    fn a_message_has_the_same_name_in_a_dump_an_archive_and_an_export() {
        let message = r#"{"type":"message","user":"U1","text":"rolled back","ts":"1795616700.000900"}"#;
        let ids = |source: &str, name: &str, text: String| -> BTreeSet<EventId> {
            let mut session = Session::new(by_name(source).expect("it is listed"), Options::default());
            session.part(name, text.as_bytes());
            session.finish().events.into_iter().map(|event| event.id).collect()
        };
        let export = ids("slack-export", "ops/2026-11-25.json", format!("[{message}]"));
        let dump = ids("slackdump", "C1.json", format!(r#"{{"channel_id":"C1","messages":[{message}]}}"#));
        let archive = ids("slackdump", "C1.json", format!(r#"{{"t":0,"ts":1,"id":"C1","m":[{message}]}}"#));
        assert_eq!(export.len(), 1);
        assert!(export == dump && dump == archive, "{export:?} {dump:?} {archive:?}");
    }
}
