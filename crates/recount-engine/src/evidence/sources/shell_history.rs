//! The source `shell-history`: what people typed, and when. What a command does stands in `shell_command`.

use regex::Regex;
use serde::Deserialize;

use super::shell_command;
use crate::evidence::event::Event;
use crate::evidence::identity::hashed_id;
use crate::evidence::instants::Scalar;
use crate::evidence::json;
use crate::evidence::reader::Reader;
use crate::evidence::redact::redact;
use crate::evidence::source::{Confidence, Import, Importer, Options, Part, Position, source};

source! {
    /// # What it reads
    ///
    /// The histories of shells that keep times: bash (a line `#1795615325` before each command), zsh with
    /// `EXTENDED_HISTORY` (`: 1795615325:0;…`), fish (`- cmd: …`), atuin (what `history list` prints, or its
    /// database as JSON), and what `history` prints in bash with `HISTTIMEFORMAT='%F %T '` and in zsh with
    /// `history -i`.
    ///
    /// # How to get it
    ///
    /// Name the file after the person, or leave it in its home: `home/ana/.bash_history`, `ana.zsh_history`.
    ///
    /// ```sh
    /// history -a; cp ~/.bash_history ana.bash_history                 # bash
    /// fc -W; cp ~/.zsh_history ana.zsh_history                        # zsh
    /// cp ~/.local/share/fish/fish_history ana.fish_history            # fish
    /// atuin history list --tz +00:00 --format '{time}\t{user}@{host}\t{exit}\t{command}' > ana.atuin.txt
    /// sqlite3 -json ~/.local/share/atuin/history.db 'select * from history' > ana.atuin.json
    /// ```
    ///
    /// `--from` and `--to` keep what was typed on other days out.
    ///
    /// # What becomes an event
    ///
    /// Each command, at the time at which it was started. Those that change something come in, as what they
    /// do: a deploy, a rollback, a scaling, a config change, else a command. Those that only look (`ls`,
    /// `kubectl get`, `git status`) and those that nothing is known of are candidates. An exit code that is not
    /// zero is the result. Passwords, tokens and keys in commands are taken out.
    ///
    /// # Traps
    ///
    /// - A history without times is not placed: set `HISTTIMEFORMAT` in bash, `EXTENDED_HISTORY` in zsh, before
    ///   the next incident.
    /// - bash writes its file when a shell ends: sessions stand one after the other, in no order of time, and
    ///   a shell that is still open is missing (`history -a`).
    /// - What `history` and atuin print is the time of a wall: say which with `--zone`.
    /// - Nothing says who typed it but the file's name, and in a root shell not even that.
    SHELL_HISTORY: "shell-history", "Histories of bash, zsh, fish and atuin", recognise, start
}

pattern!(BASH, r"^#(\d{9,19})\s*$");
pattern!(ZSH, r"^: (\d{9,11}):(\d+);");
pattern!(FISH, r"^- cmd: (.*)$");
pattern!(ATUIN, r"^(\d{4}-\d{2}-\d{2} \d{2}:\d{2}:\d{2}(?: ?[+-]\d{2}:?\d{2}(?::\d{2})?)?)\t(.*)$");
pattern!(
    PRINTED,
    r"^ *\d+\*? +(\d{4}-\d{2}-\d{2}[ T]\d{2}:\d{2}(?::\d{2})?(?:Z| ?[+-]\d{2}:?\d{2})?) +(\S.*)$"
);
pattern!(LASTED, r"^\d+(?:\.\d+)?(?:ns|us|µs|ms|s|m|h|d)$");
pattern!(AT_HOST, r"^[\w.-]+@[\w.-]+$");
pattern!(EXIT, r"^-?\d{1,3}$");
pattern!(OWNER, r"^\.?([A-Za-z][\w.-]*?)[._-]+(?:bash|zsh|fish|shell|atuin)(?:[._-]|$)");

/// How a history is written down.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Form {
    Bash,
    Zsh,
    Fish,
    Atuin,
    Database,
    Printed,
    Untimed,
}

impl Form {
    fn of(text: &str) -> Self {
        let lines = || text.lines().filter(|line| !line.trim().is_empty());
        let some = |pattern: &Regex| lines().take(400).any(|line| pattern.is_match(line));
        // The first form that stands anywhere: a history began before its times were switched on.
        match text.trim_start().as_bytes().first() {
            Some(b'[' | b'{') if text.contains("\"command\"") => Self::Database,
            _ if some(&ZSH) => Self::Zsh,
            _ if some(&FISH) => Self::Fish,
            _ if some(&BASH) => Self::Bash,
            _ if some(&ATUIN) => Self::Atuin,
            _ if some(&PRINTED) => Self::Printed,
            _ => Self::Untimed,
        }
    }
}

fn recognise(part: &Part<'_>) -> Confidence {
    let peek = part.peek();
    if peek.is_json() {
        let history = peek.has_all(&["command", "timestamp"]) && (peek.has("cwd") || peek.has("session"));
        return if history { Confidence::Sure } else { Confidence::No };
    }
    let text = part.text();
    let lines: Vec<&str> = text.lines().filter(|line| !line.trim().is_empty()).take(60).collect();
    let share =
        |pattern: &Regex| lines.iter().filter(|line| pattern.is_match(line)).count() * 2 >= lines.len();
    let begins = |pattern: &Regex| lines.first().is_some_and(|line| pattern.is_match(line));
    let stamped = lines.iter().filter(|line| BASH.is_match(line)).count();
    let typed = |line: &&&str| {
        ATUIN.captures(line).is_some_and(|found| {
            let columns: Vec<&str> = found.get(2).map_or("", |rest| rest.as_str()).split('\t').collect();
            columns.last().is_some_and(|last| LASTED.is_match(last)) || AT_HOST.is_match(columns[0])
        })
    };
    if lines.is_empty() {
        Confidence::No
    } else if begins(&ZSH)
        || share(&ZSH)
        || (begins(&FISH) && lines.iter().any(|line| line.starts_with("  when: ")))
        || (lines.len() > 1 && (begins(&BASH) || stamped > 1))
        || share(&PRINTED)
        || lines.iter().filter(typed).count() * 2 >= lines.len()
    {
        Confidence::Sure
    } else if share(&ATUIN) || part.name.ends_with("_history") {
        Confidence::Possible
    } else {
        Confidence::No
    }
}

fn start(options: &Options) -> Box<dyn Importer> {
    Box::new(ShellHistory { reader: Reader::new(options) })
}

struct ShellHistory {
    reader: Reader,
}

/// A command as a history has it.
#[derive(Default)]
struct Typed<'a> {
    command: String,
    time: &'a str,
    user: &'a str,
    host: &'a str,
    exit: &'a str,
    folder: &'a str,
}

impl Importer for ShellHistory {
    fn part(&mut self, name: &str, bytes: &[u8]) {
        let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
        let mut text = String::from_utf8_lossy(bytes);
        let form = Form::of(&text);
        let plain;
        if form == Form::Zsh {
            plain = unmetafied(bytes);
            text = String::from_utf8_lossy(&plain);
        }
        self.reader.come_to(name, Position::Line(1));
        match form {
            Form::Bash => self.bash(name, &text),
            Form::Zsh => self.zsh(name, &text),
            Form::Fish => self.fish(name, &text),
            Form::Atuin => self.atuin(name, &text),
            Form::Database => self.database(name, bytes),
            Form::Printed => self.printed(name, &text),
            Form::Untimed => {
                let count = text.lines().filter(|line| !line.trim().is_empty()).count();
                self.without_time(count);
            }
        }
    }

    fn finish(self: Box<Self>) -> Import {
        self.reader.import
    }
}

impl ShellHistory {
    fn bash(&mut self, part: &str, text: &str) {
        let mut time = "";
        let mut command = String::new();
        let mut from = 0;
        let mut untimed = 0;
        for (index, line) in text.lines().enumerate() {
            if let Some(stamp) = BASH.captures(line).and_then(|found| found.get(1)) {
                self.typed(
                    part,
                    from,
                    &Typed { command: std::mem::take(&mut command), time, ..Typed::default() },
                );
                time = stamp.as_str();
                from = index + 2;
            } else if time.is_empty() {
                untimed += usize::from(!line.trim().is_empty());
            } else {
                // All lines up to the next time are one command.
                command.push_str(line);
                command.push('\n');
            }
        }
        self.typed(part, from, &Typed { command, time, ..Typed::default() });
        self.without_time(untimed);
    }

    fn zsh(&mut self, part: &str, text: &str) {
        let mut lines = text.lines().enumerate();
        let mut untimed = 0;
        while let Some((index, line)) = lines.next() {
            let Some(found) = ZSH.captures(line) else {
                untimed += usize::from(!line.trim().is_empty());
                continue;
            };
            let mut command = line[found.get(0).map_or(0, |head| head.end())..].to_owned();
            while command.ends_with('\\') {
                command.pop();
                let Some((_, next)) = lines.next() else { break };
                command.push('\n');
                command.push_str(next);
            }
            let time = found.get(1).map_or("", |time| time.as_str());
            self.typed(part, index + 1, &Typed { command, time, ..Typed::default() });
        }
        self.without_time(untimed);
    }

    fn fish(&mut self, part: &str, text: &str) {
        let mut open: Option<(usize, String)> = None;
        let mut untimed = 0;
        for (index, line) in text.lines().enumerate() {
            if let Some(found) = FISH.captures(line) {
                untimed += usize::from(open.is_some());
                open = Some((index + 1, unescaped(&found[1])));
            } else if let Some(time) = line.trim_start().strip_prefix("when: ")
                && let Some((at, command)) = open.take()
            {
                self.typed(part, at, &Typed { command, time: time.trim(), ..Typed::default() });
            }
        }
        self.without_time(untimed + usize::from(open.is_some()));
    }

    fn atuin(&mut self, part: &str, text: &str) {
        let mut open: Option<(usize, &str, String)> = None;
        let mut rows = Vec::new();
        for (index, line) in text.lines().enumerate() {
            if let Some(found) = ATUIN.captures(line) {
                rows.extend(open.take());
                let time = found.get(1).map_or("", |time| time.as_str());
                open = Some((index + 1, time, found[2].to_owned()));
            } else if let Some((.., rest)) = &mut open {
                // A command of several lines is printed as it is.
                rest.push('\n');
                rest.push_str(line);
            }
        }
        rows.extend(open);
        for (index, time, rest) in rows {
            let mut columns: Vec<&str> = rest.split('\t').collect();
            let mut typed = Typed { time, ..Typed::default() };
            if columns.len() > 1 && columns.last().is_some_and(|last| LASTED.is_match(last.trim())) {
                columns.pop();
            }
            while columns.len() > 1 {
                let first = columns[0];
                if AT_HOST.is_match(first) {
                    (typed.user, typed.host) = first.split_once('@').unwrap_or((first, ""));
                } else if EXIT.is_match(first) {
                    typed.exit = first;
                } else if first.starts_with(['/', '~']) && !first.contains(' ') {
                    typed.folder = first;
                } else if !LASTED.is_match(first) {
                    break;
                }
                columns.remove(0);
            }
            typed.command = columns.join("\t");
            self.typed(part, index, &typed);
        }
    }

    fn database(&mut self, part: &str, bytes: &[u8]) {
        for record in json::records(bytes, &[]) {
            self.reader.come_to(part, Position::Record { index: record.index, byte: record.byte });
            match self.reader.parse::<Row<'_>>(&record) {
                Err(why) => self.reader.skip(why),
                Ok(row) if row.deleted_at.given().is_some() => {
                    self.reader.import.leave_out("commands that their owner deleted", 1);
                }
                Ok(row) => {
                    // `web-1:ana`
                    let host = row.hostname.as_deref().unwrap_or("");
                    let (host, user) = host.rsplit_once(':').unwrap_or((host, ""));
                    let typed = Typed {
                        command: row.command.unwrap_or_default(),
                        time: row.timestamp.as_str(),
                        user,
                        host,
                        exit: row.exit.as_str(),
                        folder: row.cwd.as_deref().unwrap_or(""),
                    };
                    self.add(part, &typed);
                }
            }
        }
    }

    fn printed(&mut self, part: &str, text: &str) {
        let mut untimed = 0;
        for (index, line) in text.lines().enumerate() {
            match PRINTED.captures(line) {
                Some(found) => {
                    let time = found.get(1).map_or("", |time| time.as_str());
                    self.typed(
                        part,
                        index + 1,
                        &Typed { command: found[2].to_owned(), time, ..Typed::default() },
                    );
                }
                None => untimed += usize::from(!line.trim().is_empty()),
            }
        }
        self.without_time(untimed);
    }

    fn without_time(&mut self, count: usize) {
        if count > 0 {
            self.reader.import.leave_out("commands without a time", count as u64);
            self.reader.import.note(
                "some commands have no time and were not placed: bash writes times with `HISTTIMEFORMAT` set, \
                 zsh with `setopt EXTENDED_HISTORY`",
            );
        }
    }

    fn typed(&mut self, part: &str, line: usize, typed: &Typed<'_>) {
        self.reader.come_to(part, Position::Line(line));
        self.add(part, typed);
    }

    fn add(&mut self, part: &str, typed: &Typed<'_>) {
        let command = typed.command.trim();
        if command.is_empty() {
            return;
        }
        let at = match self.reader.instant(typed.time) {
            Ok(at) => at,
            Err(why) => return self.reader.skip(why),
        };
        if !self.reader.in_window(at.at) {
            return;
        }
        let owner = if typed.user.is_empty() { owner(part) } else { typed.user };
        let actor = if owner.is_empty() { String::new() } else { self.reader.who("", &[owner], "") };
        if actor.is_empty() {
            self.reader.import.note(
                "nothing says who typed these commands; name the file after the person (`ana.bash_history`)",
            );
        }
        let shown = shell_command::shown(command);
        // Nothing of a secret goes into a name, not even its hash.
        let id = hashed_id("shell", at.at, typed.host, &redact(command));
        let mut event = Event::new(id, &at, shell_command::judge(command).kind())
            .doing(actor, format!("Ran {shown}"))
            .with("host", typed.host)
            .with("folder", typed.folder);
        if let Some(code) = Some(typed.exit).filter(|code| !["", "0", "-1"].contains(code)) {
            event.result = format!("Exit code {code}");
        }
        if shown.trim_matches('`') != command {
            event = event.with("command", command);
        }
        self.reader.push(event);
    }
}

/// A row of atuin's database.
#[derive(Deserialize, Default)]
#[serde(default)]
struct Row<'a> {
    #[serde(borrow)]
    timestamp: Scalar<'a>,
    #[serde(borrow)]
    exit: Scalar<'a>,
    #[serde(borrow)]
    deleted_at: Scalar<'a>,
    command: Option<String>,
    cwd: Option<String>,
    hostname: Option<String>,
}

/// Whose history a file is, by its path: `home/ana/.bash_history`, `ana.zsh_history`.
pub(super) fn owner(part: &str) -> &str {
    let mut folders = part.split('/').rev();
    let file = folders.next().unwrap_or(part);
    if let Some(name) = OWNER.captures(file).and_then(|found| found.get(1)) {
        return name.as_str();
    }
    let folders: Vec<&str> = folders.collect();
    match folders.iter().position(|folder| ["home", "Users"].contains(folder)) {
        Some(home) if home > 0 => folders[home - 1],
        None if folders.first() == Some(&"root") => "root",
        _ => "",
    }
}

/// zsh writes a byte that it uses itself as 0x83 and the byte with one bit turned.
fn unmetafied(bytes: &[u8]) -> Vec<u8> {
    let mut plain = Vec::with_capacity(bytes.len());
    let mut bytes = bytes.iter().copied();
    while let Some(byte) = bytes.next() {
        match byte {
            0x83 => plain.extend(bytes.next().map(|byte| byte ^ 32)),
            byte => plain.push(byte),
        }
    }
    plain
}

/// fish writes a line's end as `\n` and a backslash as two.
fn unescaped(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        match c {
            '\\' => match chars.next() {
                Some('n') => plain.push('\n'),
                Some(other) => plain.push(other),
                None => plain.push('\\'),
            },
            c => plain.push(c),
        }
    }
    plain
}
