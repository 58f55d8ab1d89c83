//! The source `journald`: the journal of machines with systemd. What a line tells stands in `machine_log`.

use std::borrow::Cow;

use serde::{Deserialize, Deserializer};

use super::machine_log::{self, Line, Settling};
use crate::evidence::event::Event;
use crate::evidence::identity::{hashed_id, own_id};
use crate::evidence::instants::Scalar;
use crate::evidence::json::Record;
use crate::evidence::reader::{self, JsonSource, Reader};
use crate::evidence::source::{Confidence, Part, source};

source! {
    /// # What it reads
    ///
    /// `journalctl -o json`, `json-pretty`, `json-seq` and `json-sse`, of one machine or of several.
    ///
    /// # How to get it
    ///
    /// ```sh
    /// journalctl --utc -o json --since '2026-11-20 12:00:00 UTC' --until '2026-11-20 20:00:00 UTC' > journal.json
    /// ```
    ///
    /// Run it with `sudo`, or it shows only your own lines. All of it is better than single units: the kernel and
    /// `sudo` belong to none. `-b -1` gives the boot before the current one.
    ///
    /// # What becomes an event
    ///
    /// Services that started, stopped, restarted or failed, processes that the kernel killed for want of memory,
    /// crashes, shutdowns and boots, and commands run with `sudo`, by who ran them. What a boot starts, and
    /// commands that only look, are candidates, as are other lines with the priority `err` or graver. The rest is
    /// counted.
    ///
    /// # Traps
    ///
    /// - The time is when the line was written (`_SOURCE_REALTIME_TIMESTAMP`); where that is not there, when the
    ///   journal received it. Both are microseconds, as text.
    /// - A message that is no text comes as a list of bytes, one that is too long as null (`--all` shows it).
    /// - The clock of a machine that has just booted may be wrong until it is set.
    JOURNALD: "journald", "The systemd journal (`journalctl -o json`)", recognise, reader::json::<Journald>
}

fn recognise(part: &Part<'_>) -> Confidence {
    if part.peek().has("__REALTIME_TIMESTAMP") || part.text().contains("\"__REALTIME_TIMESTAMP\"") {
        return Confidence::Sure;
    }
    let peek = part.peek();
    let some = peek.has("MESSAGE") && (peek.has("_SYSTEMD_UNIT") || peek.has("SYSLOG_IDENTIFIER"));
    if some { Confidence::Possible } else { Confidence::No }
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Wire<'a> {
    #[serde(borrow, rename = "__REALTIME_TIMESTAMP")]
    received: Scalar<'a>,
    #[serde(borrow, rename = "_SOURCE_REALTIME_TIMESTAMP")]
    written: Scalar<'a>,
    #[serde(rename = "__CURSOR")]
    cursor: Text,
    #[serde(rename = "MESSAGE")]
    message: Text,
    #[serde(rename = "MESSAGE_ID")]
    message_id: Text,
    #[serde(rename = "PRIORITY")]
    priority: Text,
    #[serde(rename = "SYSLOG_IDENTIFIER")]
    identifier: Text,
    #[serde(rename = "_COMM")]
    comm: Text,
    #[serde(rename = "_TRANSPORT")]
    transport: Text,
    #[serde(rename = "_HOSTNAME")]
    host: Text,
    #[serde(rename = "UNIT")]
    about: Text,
    #[serde(rename = "_SYSTEMD_UNIT")]
    unit: Text,
}

/// A field of the journal: text, a number, bytes as a list, several of them, or null.
#[derive(Default)]
struct Text(String);

impl<'de> Deserialize<'de> for Text {
    fn deserialize<D: Deserializer<'de>>(input: D) -> Result<Self, D::Error> {
        Ok(Self(match serde_json::Value::deserialize(input)? {
            serde_json::Value::String(text) => text,
            serde_json::Value::Number(number) => number.to_string(),
            serde_json::Value::Array(values) => {
                let bytes: Option<Vec<u8>> = values
                    .iter()
                    .map(|byte| byte.as_u64().and_then(|byte| u8::try_from(byte).ok()))
                    .collect();
                match bytes {
                    Some(bytes) => String::from_utf8_lossy(&bytes).into_owned(),
                    // A field that was given more than once: the first says what there is.
                    None => values.iter().find_map(|value| value.as_str()).unwrap_or("").to_owned(),
                }
            }
            _ => String::new(),
        }))
    }
}

#[derive(Default)]
struct Journald {
    settling: Settling,
}

impl JsonSource for Journald {
    fn record(&mut self, record: &Record<'_>, reader: &mut Reader) -> Result<(), String> {
        // `json-sse` writes `data:` before each.
        if record.bytes == b"data:" {
            return Ok(());
        }
        let wire: Wire<'_> = reader.parse(record)?;
        let time = wire.written.given().or(wire.received.given()).ok_or("this line has no time")?;
        let app = match (&wire.identifier.0, &wire.transport.0) {
            (app, _) if !app.is_empty() => app.as_str(),
            (_, transport) if transport == "kernel" => "kernel",
            _ => wire.comm.0.as_str(),
        };
        let message = machine_log::without_colours(&wire.message.0);
        let line = Line {
            host: &wire.host.0,
            app,
            unit: if wire.about.0.is_empty() && app != "systemd" { &wire.unit.0 } else { &wire.about.0 },
            message: &message,
            priority: wire.priority.0.parse().ok(),
            message_id: &wire.message_id.0,
        };
        if line.message.trim().is_empty() {
            reader.import.leave_out("lines without a text", 1);
            return Ok(());
        }
        let at = reader.instant(time)?;
        match machine_log::read(&line, reader) {
            Err(why) => reader.import.leave_out(why, 1),
            Ok(told) => {
                let id = match cursor(&wire.cursor.0) {
                    Some((journal, number)) => own_id("journald", &[&journal, &number]),
                    None => hashed_id("journald", at.at, line.host, line.message),
                };
                let event = machine_log::filled(Event::new(id, &at, told.kind), &told, &line);
                self.settling.push(event, &told, line.host, reader);
            }
        }
        Ok(())
    }

    fn finish(&mut self, reader: &mut Reader) {
        self.settling.settle(reader);
    }
}

/// The journal and the number in it, of a cursor: `s=…;i=…;b=…;m=…;t=…;x=…`.
fn cursor(text: &str) -> Option<(Cow<'_, str>, Cow<'_, str>)> {
    let field = |name| text.split(';').find_map(|field| field.strip_prefix(name)).map(Cow::Borrowed);
    Some((field("s=")?, field("i=")?))
}
