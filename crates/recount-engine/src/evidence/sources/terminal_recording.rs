//! The source `terminal-recording`: sessions recorded with `script` or asciinema. What the terminal showed is made
//! by `terminal_screen`, what a command does is told by `shell_command`.

use std::borrow::Cow;
use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use serde::Deserialize;
use serde_json::Value;

use super::shell_command;
use super::shell_history::owner;
use super::terminal_screen::{Screen, Shown};
use crate::evidence::event::{Event, Kind};
use crate::evidence::identity::hashed_id;
use crate::evidence::instants::{Instant, Scalar};
use crate::evidence::json;
use crate::evidence::reader::Reader;
use crate::evidence::redact::redact;
use crate::evidence::source::{Confidence, Import, Importer, Options, Part, Position, source};

source! {
    /// # What it reads
    ///
    /// Recordings of terminals: asciinema's (`.cast`, versions 1 to 3), and the two files of `script`, what was
    /// shown and when (`--log-timing`, in its classic and its advanced form).
    ///
    /// # How to get it
    ///
    /// ```sh
    /// asciinema rec incident.cast
    /// script --log-out session.typescript --log-timing session.timing
    /// ```
    ///
    /// Give both files of `script`, in a folder or a zip archive, under the same name:
    /// `recount import INC-0042 recordings/`.
    ///
    /// # What becomes an event
    ///
    /// Each command that was typed at a prompt, at the moment at which it was entered. Prompts are found by their
    /// shape: `ana@web-1:~$`, `[root@web-1 ~]#`, `web-1%`, `❯`, `$`; where a recording has prompts with a name in
    /// them, only those count, and the name is who acted. Commands that change something come in, others are
    /// candidates; an exit code is the result where the shell reports it. A marker (`m`) comes in with its label.
    ///
    /// # Traps
    ///
    /// - A recording counts from its beginning. When that was stands in its head; where it does not, `--anchor`
    ///   says it.
    /// - `script` without a timing file knows only when the session began: its commands are counted, not placed.
    /// - What was typed and not shown, such as a password, is not read, even where the recording has it.
    /// - What programs printed is not kept. Sessions inside editors and pagers are passed over.
    TERMINAL_RECORDING: "terminal-recording", "Recordings of `script` and asciinema", recognise, start
}

pattern!(ADVANCED, r"^([HIOS]) (\d+\.\d+) (.*)$");
pattern!(CLASSIC, r"^(\d+\.\d+) (\d+)$");
pattern!(COLUMNS, r#"COLUMNS="(\d+)""#);
pattern!(
    NAMED,
    r"^(?:\([^()]{1,40}\) ?)?\[?([A-Za-z_][\w.-]*)@([\w.-]+)(?:[ :][^$#%❯➜»]{0,80}?)?\]?(?:[ )]\S{1,20})? ?[$#%❯➜»>] (\S.*)$"
);
pattern!(
    PLAIN,
    r"^(?:(?:sh|bash|zsh)[\d.-]*|[\w.-]{1,30}(?:[: ][~/][^ ]{0,60})?|[~/][^ ]{0,60})?(?:\s?[$#%❯»]|➜ +\S+(?: git:\(\S+\))?(?: ✗)?) (\S.*)$"
);

fn recognise(part: &Part<'_>) -> Confidence {
    let peek = part.peek();
    if peek.has("version") && ((peek.has("width") && peek.has("height")) || peek.has("term.cols")) {
        return Confidence::Sure;
    }
    let text = part.text();
    if text.starts_with("Script started on ") {
        return Confidence::Sure;
    }
    let lines = || text.lines().filter(|line| !line.is_empty()).take(20);
    if lines().count() > 0 && lines().all(|line| ADVANCED.is_match(line)) {
        Confidence::Sure
    } else if lines().count() > 1 && lines().all(|line| CLASSIC.is_match(line)) {
        Confidence::Possible
    } else {
        Confidence::No
    }
}

fn start(options: &Options) -> Box<dyn Importer> {
    Box::new(TerminalRecording {
        reader: Reader::new(options),
        typescripts: BTreeMap::new(),
        timings: BTreeMap::new(),
    })
}

struct TerminalRecording {
    reader: Reader,
    /// What `script` wrote, by part: a session is two files, which come in any order.
    typescripts: BTreeMap<String, Vec<u8>>,
    timings: BTreeMap<String, String>,
}

/// Something that was shown, and how long after the beginning.
type Piece<'a> = (SignedDuration, Cow<'a, str>);

impl Importer for TerminalRecording {
    fn part(&mut self, name: &str, bytes: &[u8]) {
        let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
        if bytes.starts_with(b"Script started on ") {
            self.typescripts.insert(name.to_owned(), bytes.to_owned());
            return;
        }
        let text = String::from_utf8_lossy(bytes);
        let first = text.lines().find(|line| !line.trim().is_empty()).unwrap_or("");
        if ADVANCED.is_match(first) || CLASSIC.is_match(first) {
            self.timings.insert(name.to_owned(), text.into_owned());
        } else {
            self.cast(name, &text);
        }
    }

    fn finish(mut self: Box<Self>) -> Import {
        let mut typescripts = std::mem::take(&mut self.typescripts);
        let timings = std::mem::take(&mut self.timings);
        // The advanced form names its files; that of what was typed has nothing that is not shown too.
        let file = |path: &str| path.rsplit('/').next().unwrap_or(path).to_owned();
        let mut shown_in: BTreeMap<String, &str> = BTreeMap::new();
        for (name, timing) in &timings {
            let (shown, typed) = (header(timing, "OUTPUT_LOG"), header(timing, "INPUT_LOG"));
            if let Some(typed) = typed.filter(|typed| Some(typed) != shown.as_ref()) {
                typescripts.retain(|name, _| file(name) != file(&typed));
            }
            if let Some(shown) = shown {
                shown_in.insert(file(&shown), name);
            }
        }
        for (name, bytes) in &typescripts {
            let of_it = |other: &&String| stem(other) == stem(name);
            let alone =
                (typescripts.len() == 1 && timings.len() == 1).then(|| timings.keys().next()).flatten();
            let named = shown_in.get(&file(name)).copied();
            let timing = named.or(timings.keys().find(of_it).or(alone).map(String::as_str));
            self.typescript(name, bytes, timing.and_then(|timing| Some((timing, timings.get(timing)?))));
        }
        for name in timings.keys() {
            if typescripts.is_empty() {
                self.reader.come_to(name, Position::Line(1));
                self.reader.skip("this is the timing of a recording; give what `script` showed with it");
            }
        }
        self.reader.import
    }
}

/// What the head of an advanced timing says: `H 0.000000 START_TIME 2026-11-20 14:02:05+00:00`.
fn header(timing: &str, key: &str) -> Option<String> {
    timing.lines().find_map(|line| {
        let found = ADVANCED.captures(line).filter(|found| &found[1] == "H")?;
        found[3].strip_prefix(key)?.strip_prefix(' ').map(|value| value.trim().to_owned())
    })
}

/// A file's path without its extension, and without what its name says of its role.
fn stem(name: &str) -> &str {
    let from = name.rfind('/').map_or(0, |slash| slash + 1);
    let end = name[from..].find('.').map_or(name.len(), |dot| from + dot);
    let stem = &name[..end];
    ["typescript", "timing", "_timing", "-timing"]
        .iter()
        .find_map(|role| stem.strip_suffix(role))
        .unwrap_or(stem)
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Head<'a> {
    version: u8,
    #[serde(borrow)]
    timestamp: Scalar<'a>,
    width: Option<usize>,
    term: Option<Term>,
    title: Option<String>,
    #[serde(borrow)]
    stdout: Option<Vec<(Scalar<'a>, Value)>>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Term {
    cols: Option<usize>,
}

impl TerminalRecording {
    /// A recording of asciinema: its head, then a list for each thing that happened.
    fn cast(&mut self, name: &str, text: &str) {
        // The first version is one object, over as many lines as its writer likes.
        let whole = serde_json::from_str::<Head<'_>>(text).is_ok_and(|head| head.version == 1);
        let mut records = text.lines().enumerate().map(|(index, line)| (index + 1, line.trim()));
        let mut records = std::iter::once((1, text.trim()))
            .filter(|_| whole)
            .chain(records.by_ref().filter(|(_, line)| !whole && !line.is_empty()));
        self.reader.come_to(name, Position::Line(1));
        let head = records.next().map(|(line, record)| (line, serde_json::from_str::<Head<'_>>(record)));
        let head = match head {
            Some((_, Ok(head))) if (1..=3).contains(&head.version) => head,
            Some((_, Err(error))) => return self.reader.skip(json::reason(&error)),
            _ => return self.reader.skip("this is no recording that is known"),
        };
        let began = match self.began(head.timestamp.given()) {
            Ok(began) => began,
            Err(why) => return self.reader.skip(why),
        };
        let width = head.width.or(head.term.as_ref().and_then(|term| term.cols)).unwrap_or(0);
        let (mut pieces, mut markers): (Vec<Piece<'_>>, Vec<Piece<'_>>) = (Vec::new(), Vec::new());
        let mut at = SignedDuration::ZERO;
        for (delay, shown) in head.stdout.iter().flatten() {
            at += seconds(delay.as_str()).unwrap_or_default();
            pieces.push((at, Cow::Owned(shown.as_str().unwrap_or("").to_owned())));
        }
        for (line, record) in records {
            if record.starts_with('#') {
                continue;
            }
            self.reader.come_to(name, Position::Line(line));
            let (time, what, value) = match serde_json::from_str::<(Scalar<'_>, Cow<'_, str>, Value)>(record)
            {
                Ok(happened) => happened,
                Err(error) => {
                    self.reader.skip(json::reason(&error));
                    continue;
                }
            };
            let Some(time) = seconds(time.as_str()) else {
                self.reader.skip(format!("`{}` is no time of a recording", time.as_str()));
                continue;
            };
            // From version 3 on each counts from the one before.
            at = if head.version >= 3 { at.saturating_add(time) } else { time };
            let value = value.as_str().unwrap_or("").to_owned();
            match what.as_ref() {
                "o" => pieces.push((at, Cow::Owned(value))),
                "m" => markers.push((at, Cow::Owned(value))),
                // What was typed may hold a password; what was shown of it is in the output.
                _ => {}
            }
        }
        let who = owner(name).to_owned();
        for (at, label) in markers {
            if let Some(at) = after(&began, at).filter(|_| !label.trim().is_empty()) {
                let id = hashed_id("terminal", at.at, "marker", &redact(&label));
                let actor = if who.is_empty() { String::new() } else { self.reader.who("", &[&who], "") };
                let event = Event::new(id, &at, Kind::Note).doing(actor, label.trim());
                self.reader.push(event.with("stands-out", "a marker in the recording"));
            }
        }
        self.commands(name, &began, width, &pieces, head.title.as_deref().unwrap_or(""));
    }

    /// A session of `script`: what was shown, and a timing that says how many bytes of it when.
    fn typescript(&mut self, name: &str, bytes: &[u8], timing: Option<(&str, &String)>) {
        let head_end = bytes.iter().position(|b| *b == b'\n').map_or(bytes.len(), |at| at + 1);
        let head = String::from_utf8_lossy(&bytes[..head_end]);
        let body = &bytes[head_end..];
        let width = COLUMNS.captures(&head).and_then(|found| found[1].parse().ok()).unwrap_or(0);
        let said = head["Script started on ".len()..].split(" [").next().unwrap_or("").trim().to_owned();
        let header = |key: &str| header(timing?.1, key);
        self.reader.come_to(name, Position::Line(1));
        let began = match self.began(header("START_TIME").or(Some(said)).as_deref()) {
            Ok(began) => began,
            Err(why) => return self.reader.skip(why),
        };
        let Some((timing_name, timing)) = timing else {
            let mut shown = Vec::new();
            let mut screen = Screen::of_width(width);
            screen.feed(&String::from_utf8_lossy(body), &mut |line| shown.push((SignedDuration::ZERO, line)));
            self.reader.import.leave_out("commands without a time", typed(shown).len() as u64);
            return self.reader.import.note(format!(
                "`{name}` has no timing file, so that its commands could not be placed; record with `--log-timing`"
            ));
        };
        // Where both go into one file, what was typed stands between what was shown.
        let together = header("INPUT_LOG").is_some() && header("INPUT_LOG") == header("OUTPUT_LOG");
        let (mut pieces, mut at, mut done) = (Vec::new(), SignedDuration::ZERO, 0_usize);
        for (index, line) in timing.lines().enumerate().filter(|(_, line)| !line.trim().is_empty()) {
            let (stream, delay, rest) = if let Some(found) = ADVANCED.captures(line) {
                (found[1].to_owned(), found[2].to_owned(), found[3].to_owned())
            } else if let Some(found) = CLASSIC.captures(line) {
                ("O".to_owned(), found[1].to_owned(), found[2].to_owned())
            } else {
                self.reader.come_to(timing_name, Position::Line(index + 1));
                self.reader.skip("this line is no timing");
                continue;
            };
            at = at.saturating_add(seconds(&delay).unwrap_or_default());
            let takes = stream == "O" || (stream == "I" && together);
            let length =
                rest.split(' ').next().and_then(|count| count.parse::<usize>().ok()).filter(|_| takes);
            if let Some(length) = length {
                let end = done.saturating_add(length).min(body.len());
                if stream == "O" {
                    pieces.push((at, end));
                } else {
                    pieces.push((SignedDuration::MIN, end));
                }
                done = end;
            }
        }
        // A character may be cut by the end of a piece: it is shown with the next one.
        let (mut shown, mut from): (Vec<Piece<'_>>, usize) = (Vec::new(), 0);
        for (at, mut end) in pieces {
            while end > from && end < body.len() && (body[end] & 0xC0) == 0x80 {
                end -= 1;
            }
            if at != SignedDuration::MIN {
                shown.push((at, String::from_utf8_lossy(&body[from..end.max(from)])));
            }
            from = end.max(from);
        }
        self.commands(name, &began, width, &shown, "");
    }

    /// When a recording began: as it says, else as the caller does.
    fn began(&self, said: Option<&str>) -> Result<Instant, String> {
        let read = said.map(|text| self.reader.instant(text));
        match (read, self.reader.options.anchor) {
            (Some(Ok(began)), _) => Ok(began),
            (_, Some(anchor)) => Ok(Instant::utc(anchor)),
            (Some(Err(why)), None) => Err(format!("{why}, or when the recording began with `--anchor`")),
            (None, None) => Err("this recording does not say when it began; say it with `--anchor`".into()),
        }
    }

    fn commands(&mut self, part: &str, began: &Instant, width: usize, pieces: &[Piece<'_>], title: &str) {
        let mut screen = Screen::of_width(width);
        let mut shown = Vec::new();
        for (at, text) in pieces {
            screen.feed(text, &mut |line| shown.push((*at, line)));
        }
        for typed in typed(shown) {
            let Some(at) = after(began, typed.at) else { continue };
            let user = if typed.user.is_empty() { owner(part) } else { &typed.user };
            let actor = if user.is_empty() { String::new() } else { self.reader.who("", &[user], "") };
            let command = typed.command.trim();
            // Nothing of a secret goes into a name, not even its hash.
            let id = hashed_id("terminal", at.at, &typed.host, &redact(command));
            let told = shell_command::shown(command);
            let mut event = Event::new(id, &at, shell_command::judge(command).kind())
                .doing(actor, format!("Ran {told}"))
                .with("host", typed.host)
                .with("recording", title);
            if !["", "0"].contains(&typed.code.as_str()) {
                event.result = format!("Exit code {}", typed.code);
            }
            if told.trim_matches('`') != command {
                event = event.with("command", command);
            }
            self.reader.push(event);
        }
    }
}

/// A command at a prompt.
struct Typed {
    at: SignedDuration,
    user: String,
    host: String,
    command: String,
    code: String,
}

/// The commands among the lines that were shown.
fn typed(shown: Vec<(SignedDuration, Shown)>) -> Vec<Typed> {
    // With a name in some prompts, `$ make` in what a program printed is no command.
    let named = shown.iter().any(|(_, shown)| matches!(shown, Shown::Line(line) if NAMED.is_match(line)));
    let mut all: Vec<Typed> = Vec::new();
    for (at, shown) in shown {
        let line = match shown {
            Shown::Ended(code) => {
                if let Some(last) = all.last_mut().filter(|last| last.code.is_empty()) {
                    last.code = code;
                }
                continue;
            }
            Shown::Line(line) => line,
        };
        let found = if named {
            NAMED.captures(&line).map(|found| (found[1].to_owned(), found[2].to_owned(), found[3].to_owned()))
        } else {
            PLAIN.captures(&line).map(|found| (String::new(), String::new(), found[1].to_owned()))
        };
        // A line that was given up was not run.
        if let Some((user, host, command)) = found.filter(|(.., command)| !command.ends_with("^C")) {
            all.push(Typed { at, user, host, command, code: String::new() });
        }
    }
    all
}

fn after(began: &Instant, offset: SignedDuration) -> Option<Instant> {
    let at: Timestamp = began.at.checked_add(offset).ok()?;
    Some(Instant { at, ..began.clone() })
}

/// Seconds with decimals, exactly: `0.100000`, `1.5`, `12`.
fn seconds(text: &str) -> Option<SignedDuration> {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    let digits: String = fraction.chars().chain("000000000".chars()).take(9).collect();
    Some(SignedDuration::new(whole.parse::<u32>().ok()?.into(), digits.parse().ok()?))
}
