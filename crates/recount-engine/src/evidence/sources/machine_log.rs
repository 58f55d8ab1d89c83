//! What the lines of a machine's log tell: units that start, stop and fail, commands run with `sudo`, memory that
//! ran out, boots. The journal and syslog hold the same lines.
//!
//! What does not live here: how a line is written down (`journald`, `syslog`).

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use jiff::{SignedDuration, Timestamp};

use super::shell_command;
use crate::evidence::event::{Event, Kind};
use crate::evidence::reader::Reader;

/// One line of a log, whoever kept it. What is not known is empty.
#[derive(Clone, Copy, Default)]
pub(super) struct Line<'a> {
    pub host: &'a str,
    /// The program that wrote it: `systemd`, `kernel`, `nginx`.
    pub app: &'a str,
    /// The unit that it is about, where the log says so beside the text.
    pub unit: &'a str,
    pub message: &'a str,
    /// 0 (emergency) to 7 (debug).
    pub priority: Option<u8>,
    /// What systemd calls this kind of message.
    pub message_id: &'a str,
}

/// What a line tells.
pub(super) struct Told {
    pub kind: Kind,
    pub actor: String,
    pub action: String,
    pub result: String,
    /// Why it stands out, or nothing.
    pub stands_out: &'static str,
    pub unit: String,
    pub change: Option<Change>,
}

/// What changes what another line means.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Change {
    Started,
    Stopped,
    Booted,
}

/// Within which time a unit that stopped and started was restarted.
const RESTART: SignedDuration = SignedDuration::from_secs(60);
/// How long after a boot units start because of it.
const BOOT: SignedDuration = SignedDuration::from_mins(3);

pattern!(UNIT, r"([\w@:.\\-]+\.(?:service|socket|timer|mount|slice|scope|target|path|swap|device))\b");
pattern!(OF_UNIT, r"^(Started|Stopped|Reloaded|Restarted) (.+?)\.?$");
pattern!(RESULT, r"Failed with result '([^']+)'|Unit entered failed state|[Kk]illed by the OOM killer");
pattern!(OOM, r"[Kk]ill(?:ed)? process (\d+),? \(([^)]+)\)");
pattern!(
    SUDO,
    r"^\s*(\S+) : (.*?;)? ?TTY=[^;]*; PWD=([^;]*) ; (?:GROUP=[^;]* ; )?USER=([^;]+) ; (?:GROUP=[^;]* ; )?(?:TSID=[^;]* ; )?(?:ENV=.*? ; )?COMMAND=(.*)$"
);
pattern!(KERNEL, r"^(?:\[ *[\d.]+\] )?Linux version (\S+)");
pattern!(SERVER, r"^(?:\[.*?\] )?(?:Backup )?Server (\S+) is (UP|DOWN)\b[,.]?(?: reason: ([^,]+))?");
pattern!(
    GRAVE,
    r"(?i)\b(?:error|fatal|critical|panic|fail(?:ed|ure)?|emerg(?:ency)?|segfault|denied|corrupt\w*)\b"
);

/// Units that come and go by the hour on every machine.
const NOISE: &[&str] = &[
    "session-",
    "user@",
    "user-runtime-dir@",
    "systemd-",
    "dbus",
    "apt-daily",
    "logrotate",
    "man-db",
    "fstrim",
    "phpsessionclean",
    "anacron",
    "update-notifier",
    "motd-news",
    "fwupd",
    "snap.",
    "snapd",
    "certbot",
    "e2scrub",
    "dpkg-db-backup",
    "sysstat",
    "packagekit",
    "polkit",
    "udisks2",
    "getty@",
    "ua-timer",
    "esm-cache",
    "run-",
    "Session ",
    "User Manager",
    "User Runtime",
    "Daily ",
    "Discard ",
    "Rotate ",
    "Cleanup ",
    "Network Manager Script",
    "init.scope",
];

pattern!(
    /// Colours and the like, as terminals are told; rsyslog writes the escape as `#033`.
    COLOURS,
    r"(?:\x1b|#033)\[[0-9;?]*[A-Za-z]"
);

/// A message without what only a terminal reads.
pub(super) fn without_colours(message: &str) -> Cow<'_, str> {
    COLOURS.replace_all(message, "")
}

/// What a line tells, or why it is left out.
pub(super) fn read(line: &Line<'_>, reader: &mut Reader) -> Result<Told, &'static str> {
    let message = line.message.trim();
    let on = if line.host.is_empty() { String::new() } else { format!(" on {}", line.host) };
    let told = |kind, actor: &str, action: String, stands_out| Told {
        kind,
        actor: actor.to_owned(),
        action,
        result: String::new(),
        stands_out,
        unit: String::new(),
        change: None,
    };
    match line.app {
        "sudo" => return sudo(message, &on, reader),
        "kernel" => {
            if let Some(version) = KERNEL.captures(message) {
                let host = if line.host.is_empty() { "The machine" } else { line.host };
                let action = format!("{host} booted (Linux {})", &version[1]);
                let booted = told(Kind::Note, "kernel", action, "a boot");
                return Ok(Told { change: Some(Change::Booted), ..booted });
            }
            if let Some(process) = OOM.captures(message) {
                let action = format!("Out of memory: killed {} (process {}){on}", &process[2], &process[1]);
                return Ok(told(Kind::Note, "kernel", action, "memory ran out"));
            }
            if message.contains("Kernel panic") {
                return Ok(told(Kind::Note, "kernel", format!("{message}{on}"), "a kernel panic"));
            }
        }
        "systemd-logind" | "systemd-shutdown" | "shutdown" | "systemd" if is_shutdown(line, message) => {
            return Ok(told(
                Kind::Note,
                line.app,
                format!("{}{on}", message.trim_end_matches(['.', '!'])),
                "a shutdown",
            ));
        }
        "systemd" => return systemd(line, message, &on),
        "systemd-coredump"
            if line.message_id == "fc2e22bc6ee647b6b90729ab34a250b1" || message.contains("dumped core") =>
        {
            let first = message.lines().next().unwrap_or("").trim_end_matches('.');
            return Ok(told(Kind::Note, line.app, format!("{first}{on}"), "a crash"));
        }
        "haproxy" | "Keepalived_vrrp" => {
            if let Some(server) = SERVER.captures(message) {
                let why = server.get(3).map_or_else(String::new, |why| format!(": {}", why.as_str()));
                let action = format!("Server {} is {}{why}", &server[1], server[2].to_lowercase());
                return Ok(told(Kind::Note, line.app, action, "a server that a proxy lost or found"));
            }
            if message.contains("Entering MASTER STATE") {
                return Ok(told(Kind::Note, line.app, format!("{message}{on}"), "a failover"));
            }
        }
        _ => {}
    }
    let grave = match line.priority {
        Some(priority) => priority <= 3,
        None => GRAVE.is_match(message) && !["CRON", "sshd"].contains(&line.app),
    };
    if !grave {
        return Err(if line.priority.is_some() {
            "lines less grave than an error"
        } else {
            "lines that tell of no error"
        });
    }
    let text: String = message.lines().next().unwrap_or("").chars().take(500).collect();
    let host = if line.host.is_empty() { String::new() } else { format!("{}: ", line.host) };
    let actor = if line.app.is_empty() { line.unit } else { line.app };
    let mut read = told(Kind::Note, actor, format!("{host}{text}"), "");
    line.unit.clone_into(&mut read.unit);
    Ok(read)
}

fn is_shutdown(line: &Line<'_>, message: &str) -> bool {
    let said = [
        "System is rebooting",
        "System is powering down",
        "System is halting",
        "The system will reboot now",
        "The system will power off now",
        "Shutting down.",
        "shutting down for system",
    ];
    line.message_id == "98268866d1d54a499c4e98921d93bc40" || said.iter().any(|said| message.starts_with(said))
}

/// What systemd says of its units. Its own IDs say what kind of message it is; in syslog only its words do.
fn systemd(line: &Line<'_>, message: &str, on: &str) -> Result<Told, &'static str> {
    let named = UNIT.captures(message).map(|unit| unit[1].to_owned());
    let verb = OF_UNIT.captures(message);
    let unit = match (line.unit, named, &verb) {
        (unit, ..) if !unit.is_empty() => unit.to_owned(),
        (_, Some(unit), _) => unit,
        // Older ones tell of a unit by its description.
        (.., Some(verb)) => verb[2].to_owned(),
        _ => String::new(),
    };
    let failed = RESULT.captures(message);
    let noise = NOISE.iter().any(|noise| unit.starts_with(noise))
        || (unit.contains('.') && !unit.ends_with(".service") && UNIT.is_match(&unit));
    let mut read = Told {
        kind: Kind::Note,
        actor: "systemd".into(),
        action: String::new(),
        result: String::new(),
        stands_out: "",
        unit: unit.clone(),
        change: None,
    };
    if let Some(failed) = failed {
        let why = match failed.get(1) {
            Some(result) => format!(" ({})", result.as_str()),
            None if message.contains("OOM") => " (killed for want of memory)".to_owned(),
            None => String::new(),
        };
        read.action = format!("{unit} failed{why}{on}");
        read.stands_out = "a unit that failed";
        return Ok(read);
    }
    match line.message_id {
        "39f53479d3a045ac8e11786248231fbf" => read.change = Some(Change::Started),
        "9d1aaa27d60140bd96365438aad20286" => read.change = Some(Change::Stopped),
        _ => {
            read.change = verb.as_ref().and_then(|verb| match &verb[1] {
                "Started" => Some(Change::Started),
                "Stopped" => Some(Change::Stopped),
                _ => None,
            });
        }
    }
    let reloaded = line.message_id == "7b05ebc668384222baa8881179cfda54" || message.starts_with("Reloaded ");
    let word = match read.change {
        Some(Change::Started) => "Started",
        Some(Change::Stopped) => "Stopped",
        _ if reloaded => "Reloaded",
        _ => {
            let grave = line.priority.map_or(message.starts_with("Failed to"), |priority| priority <= 3);
            if !grave && !message.contains("Scheduled restart job") {
                return Err("what systemd says beside starts, stops and failures");
            }
            read.action = format!("{}{on}", message.trim_end_matches('.'));
            return Ok(read);
        }
    };
    if noise || message.starts_with("Started target") {
        return Err("units that come and go on every machine");
    }
    read.action = format!("{word} {unit}{on}");
    read.stands_out = "a unit that started or stopped";
    Ok(read)
}

fn sudo(message: &str, on: &str, reader: &mut Reader) -> Result<Told, &'static str> {
    let Some(found) = SUDO.captures(message) else {
        return Err("sessions of sudo and su");
    };
    let (user, target, command) = (&found[1], found[4].trim(), found[5].trim());
    let refused = found.get(2).map(|why| why.as_str().trim_end_matches([';', ' ']).to_owned());
    // `/usr/bin/systemctl` is what people know as `systemctl`.
    let (tool, arguments) = command.split_once(' ').unwrap_or((command, ""));
    let short =
        tool.strip_prefix('/').and_then(|path| path.rsplit('/').next()).filter(|_| tool.contains("bin/"));
    let command = format!("{} {arguments}", short.unwrap_or(tool));
    let as_whom = if target == "root" { String::new() } else { format!(" as {target}") };
    let shell = ["bash", "sh", "zsh", "su", "su -", "-i", "-s"].contains(&command.trim());
    let does = shell_command::judge(&format!("sudo {command}"));
    let (kind, action) = if shell {
        (Kind::Note, format!("Opened a root shell{on}"))
    } else {
        (does.kind(), format!("Ran {}{as_whom}{on}", shell_command::shown(command.trim())))
    };
    Ok(Told {
        kind: if refused.is_some() { Kind::Note } else { kind },
        actor: reader.who("", &[user], ""),
        action,
        result: refused.map_or_else(String::new, |why| format!("Refused: {why}")),
        stands_out: "",
        unit: String::new(),
        change: None,
    })
}

/// Lines whose meaning depends on others: what is a restart, and what a boot started.
#[derive(Default)]
pub(super) struct Settling {
    changes: Vec<(usize, Timestamp, String, String, Change)>,
}

impl Settling {
    /// Adds the event of a line, and remembers it where others may depend on it.
    pub(super) fn push(&mut self, event: Event, told: &Told, host: &str, reader: &mut Reader) {
        if let Some(change) = told.change {
            let index = reader.import.events.len();
            self.changes.push((index, event.instant(), host.to_owned(), told.unit.clone(), change));
        }
        reader.push(event);
    }

    /// Tells of restarts as such, and of what a boot started as no news.
    pub(super) fn settle(&mut self, reader: &mut Reader) {
        let changes = std::mem::take(&mut self.changes);
        // The times of each change, by host and unit; a boot is of no unit.
        let mut times: BTreeMap<(Change, &str, &str), BTreeSet<Timestamp>> = BTreeMap::new();
        for (_, at, host, unit, change) in &changes {
            let unit = if *change == Change::Booted { "" } else { unit };
            times.entry((*change, host, unit)).or_default().insert(*at);
        }
        let within = |change, host: &str, unit: &str, from: Timestamp, to: Timestamp| {
            times.get(&(change, host, unit)).is_some_and(|times| times.range(from..=to).next().is_some())
        };
        let before = |at: Timestamp, limit| at.checked_sub(limit).unwrap_or(at);
        for (index, at, host, unit, change) in &changes {
            let event = &mut reader.import.events[*index];
            match change {
                Change::Started if within(Change::Booted, host, "", before(*at, BOOT), *at) => {
                    event.details.remove("stands-out");
                }
                Change::Started if within(Change::Stopped, host, unit, before(*at, RESTART), *at) => {
                    event.action = event.action.replacen("Started", "Restarted", 1);
                }
                Change::Stopped
                    if within(Change::Started, host, unit, *at, at.checked_add(RESTART).unwrap_or(*at)) =>
                {
                    event.details.remove("stands-out");
                }
                _ => {}
            }
        }
    }
}

/// The event of a line: everything but its ID and time.
pub(super) fn filled(event: Event, told: &Told, line: &Line<'_>) -> Event {
    event
        .doing(told.actor.clone(), told.action.clone())
        .giving(told.result.clone())
        .with("host", line.host)
        .with("unit", told.unit.as_str())
        .with("service", told.unit.strip_suffix(".service").unwrap_or(""))
        .with("stands-out", told.stands_out)
}
