//! Where the documents come from: any bytes, known documents with random damage, and the template
//! filled in. What must hold for them stands in `laws`.

use std::fmt::{self, Write as _};
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use proptest::collection::vec;
use proptest::prelude::*;
use recount_engine::config::Config;
use recount_engine::document::template::TEMPLATE;

fn examples() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples")
}

/// The demo library's configuration.
pub(crate) fn config() -> Config {
    let text = fs::read_to_string(examples().join("recount.toml")).expect("the demo library has one");
    Config::from_toml(&text).expect("it is well formed")
}

/// The template and every document of the demo library.
pub(crate) static KNOWN: LazyLock<Vec<Vec<u8>>> = LazyLock::new(|| {
    let mut known = vec![TEMPLATE.as_bytes().to_vec()];
    let years =
        fs::read_dir(examples().join("postmortems")).expect("the demo library is part of the repository");
    let mut paths: Vec<PathBuf> = years
        .flat_map(|year| fs::read_dir(year.expect("it can be read").path()).expect("it is a folder"))
        .map(|entry| entry.expect("it can be read").path())
        .collect();
    paths.sort();
    known.extend(paths.iter().map(|path| fs::read(path).expect("it can be read")));
    known
});

/// A document's bytes, which are shown as text.
#[derive(Clone)]
pub(crate) struct Bytes(pub(crate) Vec<u8>);

impl fmt::Debug for Bytes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match std::str::from_utf8(&self.0) {
            Ok(text) => write!(f, "{text:?}"),
            Err(_) => write!(f, "b\"{}\"", self.0.escape_ascii()),
        }
    }
}

/// Pieces of postmortems, of Markdown, and of what breaks them.
const PIECES: &[&str] = &[
    "\n",
    "\r\n",
    "\r",
    "\n\n",
    " ",
    "  ",
    "\t",
    "\u{a0}",
    "\u{feff}",
    "\u{200b}",
    "\u{2028}",
    "\u{85}",
    "\0",
    "🔥",
    "é",
    "e\u{301}",
    "|",
    "\\|",
    "\\\\|",
    "\\",
    "| |",
    "||",
    "|---|---|\n",
    "|---:|",
    "`",
    "``",
    "```\n",
    "~~~\n",
    "*",
    "**",
    "__",
    "_",
    "#",
    "## ",
    "### ",
    "- ",
    "* ",
    "+ ",
    "1. ",
    "  - ",
    "    - ",
    "> ",
    "> > > ",
    "---\n",
    "===\n",
    "...\n",
    "    ",
    "[",
    "](",
    ")",
    "![",
    "<",
    ">",
    "<br>",
    "<div>\n",
    "</div>\n",
    "<!--",
    "-->",
    "<!-- recount: allow timeline-gap: restore was running -->",
    "<!-- recount: id k7f3q2 -->",
    "<!-- recount: allow empty-field -->\n",
    "<!-- recount:",
    "&amp;",
    "&#10;",
    ":",
    "?",
    " - ",
    " – ",
    "(",
    "TBD",
    "Sev1",
    "yes (all of it)",
    "~14:30",
    "14:??",
    "14:02",
    "23:59",
    "00:01",
    "2026-11-20 14:02",
    "2026-11-20T14:02:05.25Z",
    "06:05 PST",
    "2026-11-20 06:05 PST",
    "14:02 UTC",
    "14:02–14:20",
    "2026-11-20 14:02 – 14:20",
    "24:00",
    "2026-02-30 10:00",
    "1479650520",
    "9999-12-31 23:59",
    "**Detected.** ",
    "**Resolved.** ",
    "**Started.** ",
    "## Timeline\n",
    "## Impact\n",
    "# Root cause\n",
    "## 3. ROOT CAUSE 🔥\n",
    "- **Severity**: ",
    "- **Root cause** (systems explanation):",
    "- **Duration**:\n",
    "- **Start time** (UTC): 2026-11-20 14:02\n",
    "  - capacity",
    "  - Data loss: ",
    "- How will we prove this is fixed?\n",
    "| Time (UTC) | Actor | Action | Result |\n|---|---|---|---|\n",
    "| 14:10 | @ana | **Mitigated.** Rolled back | errors fell |\n",
    "| | | | |\n",
    "| P1 | Add a limit | @ana | 2026-12-01 | Open | `a < 1` for 7d |\n",
    "| P0 | | | | | |\n",
    "---\nstage: final\nfinalized: 2026-11-20\n---\n",
    "stage: draft\n",
    "`sum(rate(a{b=\"c\\|d\"}[5m])) < 0.1` for 14d",
];

fn piece() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![
        12 => (0..PIECES.len()).prop_map(|at| PIECES[at].as_bytes().to_vec()),
        2 => "\\PC{0,6}".prop_map(String::into_bytes),
        1 => vec(any::<u8>(), 0..4),
        1 => (0..PIECES.len(), 1..40usize).prop_map(|(at, times)| PIECES[at].repeat(times).into_bytes()),
    ]
}

/// Bytes of any kind, and soups of pieces.
pub(crate) fn any_bytes() -> impl Strategy<Value = Bytes> {
    prop_oneof![
        vec(any::<u8>(), 0..200),
        "(?s).{0,200}".prop_map(String::into_bytes),
        vec(piece(), 0..40).prop_map(|pieces| pieces.concat()),
    ]
    .prop_map(Bytes)
}

/// What is done to a document that was in order.
#[derive(Clone, Debug)]
enum Damage {
    Insert(prop::sample::Index, Vec<u8>),
    /// At the end of a cell, label or value: where a pipe, a colon or a line ends.
    InsertAtEdge(prop::sample::Index, Vec<u8>),
    Delete(prop::sample::Index, usize),
    DeleteLine(prop::sample::Index),
    RepeatLine(prop::sample::Index, usize),
    MoveLine(prop::sample::Index, prop::sample::Index),
    Indent(prop::sample::Index, usize, &'static str),
    Crlf,
    CrlfFrom(prop::sample::Index),
    Bom,
    NoFinalNewline,
    Truncate(prop::sample::Index),
}

fn damage() -> impl Strategy<Value = Damage> {
    use prop::sample::Index;
    prop_oneof![
        6 => (any::<Index>(), piece()).prop_map(|(at, piece)| Damage::Insert(at, piece)),
        8 => (any::<Index>(), piece()).prop_map(|(at, piece)| Damage::InsertAtEdge(at, piece)),
        3 => (any::<Index>(), 1..12usize).prop_map(|(at, length)| Damage::Delete(at, length)),
        3 => any::<Index>().prop_map(Damage::DeleteLine),
        3 => (any::<Index>(), 1..3usize).prop_map(|(at, times)| Damage::RepeatLine(at, times)),
        3 => (any::<Index>(), any::<Index>()).prop_map(|(from, to)| Damage::MoveLine(from, to)),
        2 => (any::<Index>(), 1..6usize, prop_oneof![Just("  "), Just("    "), Just("> "), Just("\t"), Just("- ")])
            .prop_map(|(at, count, with)| Damage::Indent(at, count, with)),
        1 => Just(Damage::Crlf),
        1 => any::<Index>().prop_map(Damage::CrlfFrom),
        1 => Just(Damage::Bom),
        1 => Just(Damage::NoFinalNewline),
        1 => any::<Index>().prop_map(Damage::Truncate),
    ]
}

impl Damage {
    fn apply(&self, bytes: &mut Vec<u8>) {
        let lines = |bytes: &[u8]| {
            bytes.split_inclusive(|byte| *byte == b'\n').map(<[u8]>::to_vec).collect::<Vec<_>>()
        };
        match self {
            Self::Insert(at, piece) => {
                let at = at.index(bytes.len() + 1);
                bytes.splice(at..at, piece.iter().copied());
            }
            Self::InsertAtEdge(at, piece) => {
                let edges: Vec<usize> = bytes
                    .iter()
                    .enumerate()
                    .filter(|(_, byte)| b"|:\n".contains(byte))
                    .map(|(at, _)| at)
                    .collect();
                if !edges.is_empty() {
                    let at = *at.get(&edges);
                    bytes.splice(at..at, piece.iter().copied());
                }
            }
            Self::Delete(at, length) => {
                let at = at.index(bytes.len() + 1);
                bytes.drain(at..(at + length).min(bytes.len()));
            }
            Self::DeleteLine(at) => {
                let mut all = lines(bytes);
                if !all.is_empty() {
                    all.remove(at.index(all.len()));
                }
                *bytes = all.concat();
            }
            Self::RepeatLine(at, times) => {
                let mut all = lines(bytes);
                if !all.is_empty() {
                    let at = at.index(all.len());
                    let line = all[at].clone();
                    (0..*times).for_each(|_| all.insert(at, line.clone()));
                }
                *bytes = all.concat();
            }
            Self::MoveLine(from, to) => {
                let mut all = lines(bytes);
                if !all.is_empty() {
                    let line = all.remove(from.index(all.len()));
                    all.insert(to.index(all.len() + 1), line);
                }
                *bytes = all.concat();
            }
            Self::Indent(at, count, with) => {
                let mut all = lines(bytes);
                if !all.is_empty() {
                    let at = at.index(all.len());
                    for line in all.iter_mut().skip(at).take(*count) {
                        line.splice(0..0, with.bytes());
                    }
                }
                *bytes = all.concat();
            }
            Self::Crlf => *bytes = with_crlf(bytes, 0),
            Self::CrlfFrom(at) => *bytes = with_crlf(bytes, at.index(bytes.len() + 1)),
            Self::Bom => drop(bytes.splice(0..0, "\u{feff}".bytes())),
            Self::NoFinalNewline => {
                while bytes.last().is_some_and(u8::is_ascii_whitespace) {
                    bytes.pop();
                }
            }
            Self::Truncate(at) => bytes.truncate(at.index(bytes.len() + 1)),
        }
    }
}

fn with_crlf(bytes: &[u8], from: usize) -> Vec<u8> {
    let mut out = bytes[..from].to_vec();
    for byte in &bytes[from..] {
        if *byte == b'\n' && out.last() != Some(&b'\r') {
            out.push(b'\r');
        }
        out.push(*byte);
    }
    out
}

/// Known and filled documents with up to eight faults of form.
pub(crate) fn damaged() -> impl Strategy<Value = Bytes> {
    let base = prop_oneof![
        2 => Just(TEMPLATE.as_bytes().to_vec()),
        3 => any::<prop::sample::Index>().prop_map(|at| at.get(&KNOWN).clone()),
        2 => filled().prop_map(|bytes| bytes.0),
    ];
    (base, vec(damage(), 0..8)).prop_map(|(mut bytes, damage)| {
        for damage in &damage {
            damage.apply(&mut bytes);
        }
        Bytes(bytes)
    })
}

/// All three kinds.
pub(crate) fn any_document() -> impl Strategy<Value = Bytes> {
    prop_oneof![1 => any_bytes(), 3 => damaged(), 1 => filled()]
}

/// A plain value of one line: words, numbers, code, links, pipes, letters of other scripts.
pub(crate) fn plain() -> impl Strategy<Value = String> {
    let word = prop_oneof![
        6 => "[a-zA-Z][a-z]{0,8}",
        1 => "[0-9]{1,4}",
        1 => Just("40%".to_owned()),
        1 => Just("a|b".to_owned()),
        1 => Just("`x | y`".to_owned()),
        1 => Just("`rate(a{b=~\"5..\"}[5m]) < 0.1`".to_owned()),
        1 => Just("[the dashboard](https://grafana.example/d/a?b=c&d=e)".to_owned()),
        1 => Just("*not*".to_owned()),
        1 => Just("snake_case_name".to_owned()),
        1 => Just("@ana".to_owned()),
        1 => Just("Zoë".to_owned()),
        1 => Just("🔥".to_owned()),
        1 => Just("10\u{a0}GB".to_owned()),
        1 => Just("a < b".to_owned()),
        1 => Just("INC-0042#3".to_owned()),
        1 => Just("C:\\temp".to_owned()),
        1 => Just("2026-11-20 14:02".to_owned()),
        1 => Just("(why: nobody knew)".to_owned()),
        1 => Just("why?".to_owned()),
        1 => Just("a --> b".to_owned()),
        1 => Just("`<!-- in code -->`".to_owned()),
        1 => Just("\\<!-- shown -->".to_owned()),
        1 => Just("– then".to_owned()),
        1 => Just("- then".to_owned()),
    ];
    ("[A-Za-z]{1,6}", vec(word, 0..6))
        .prop_map(|(first, words)| std::iter::once(first).chain(words).collect::<Vec<_>>().join(" "))
}

/// Values that may or may not be possible: several lines, comments, markers, blanks, control characters.
pub(crate) fn any_value() -> impl Strategy<Value = String> {
    prop_oneof![
        4 => plain(),
        1 => Just(String::new()),
        3 => vec(piece(), 0..6).prop_map(|pieces| String::from_utf8_lossy(&pieces.concat()).into_owned()),
        2 => vec(plain(), 0..4).prop_map(|lines| lines.join("\n")),
        1 => "(?s).{0,20}",
    ]
}

/// A canonical time of the day of the incident.
pub(crate) fn clock() -> impl Strategy<Value = String> {
    (20..23u8, 0..24u8, 0..60u8)
        .prop_map(|(day, hour, minute)| format!("2026-11-{day} {hour:02}:{minute:02}"))
}

/// A time as it may stand in a row.
fn any_clock() -> impl Strategy<Value = String> {
    prop_oneof![
        6 => clock(),
        2 => (0..24u8, 0..60u8).prop_map(|(hour, minute)| format!("{hour:02}:{minute:02}")),
        1 => (0..24u8, 0..60u8).prop_map(|(hour, minute)| format!("{hour:02}:{minute:02} UTC")),
        1 => (0..24u8, 0..60u8).prop_map(|(hour, minute)| format!("{hour:02}:{minute:02} PST")),
        1 => (0..24u8, 0..60u8).prop_map(|(hour, minute)| format!("2026-11-21T{hour:02}:{minute:02}:07+02:00")),
        1 => (0..24u8).prop_map(|hour| format!("~{hour:02}:30")),
        1 => (0..22u8).prop_map(|hour| format!("{hour:02}:30–{:02}:10", hour + 1)),
        1 => Just(String::new()),
        1 => Just("later".to_owned()),
    ]
}

/// Why writing to a string cannot fail.
const ROOM: &str = "a string takes everything";

/// The template, filled in as people do: a document in which every plain change is possible.
pub(crate) fn filled() -> impl Strategy<Value = Bytes> {
    let cell = || plain().prop_map(|text| text.replace('|', "\\|"));
    let milestone = prop_oneof![
        6 => Just(""), 1 => Just("**Started.** "), 1 => Just("**Detected.** "), 1 => Just("**Mitigated.** "), 1 => Just("**Resolved.** "),
    ];
    let row = (
        any_clock(),
        milestone,
        cell(),
        cell(),
        prop::option::weighted(0.15, Just(" <!-- recount: allow timeline-gap: waiting -->")),
    )
        .prop_map(|(time, milestone, action, result, mark)| {
            let line = format!("| {time} | @ana | {milestone}{action} | {result}{} |", mark.unwrap_or(""));
            line.replace("|  |", "| |")
        });
    let id = prop::option::weighted(0.2, Just(" <!-- recount: id k7f3q2 -->"));
    let item = (0..3u8, cell(), id, cell()).prop_map(|(priority, action, id, plan)| {
        format!("| P{priority} | {action}{} | @ana | 2026-12-01 | Open | {plan} |", id.unwrap_or(""))
    });
    let fields = vec(
        prop::option::weighted(
            0.7,
            (plain(), prop::option::weighted(0.15, Just(" <!-- recount: allow empty-field: known -->"))),
        ),
        48,
    );
    let shape = (any::<bool>(), any::<bool>(), any::<bool>(), any::<bool>());
    (fields, vec(row, 0..6), vec(item, 0..4), (clock(), clock()), vec(plain(), 0..8), shape).prop_map(
        |(fields, rows, items, (start, end), bullets, (crlf, bom, front, bare_end))| {
            let mut text = String::new();
            if front {
                text.push_str("---\nstage: draft\ntags: [a, b]\n---\n");
            }
            let mut fields = fields.into_iter();
            let mut bullets = bullets.into_iter();
            for line in TEMPLATE.lines() {
                let is_group =
                    ["Data impact**:", "How was it detected**:", "Contributing factors**:", "Links:"]
                        .iter()
                        .any(|label| line.ends_with(label));
                let is_priority = line.starts_with("- **P");
                match line {
                    "# Postmortem template" => text.push_str("# Seats were sold twice"),
                    "Copy this file for each incident postmortem." => continue,
                    "- **Start time** (UTC):" => write!(text, "{line} {start}").expect(ROOM),
                    "- **End time** (UTC):" => write!(text, "{line} {end}").expect(ROOM),
                    "| | | | |" if !rows.is_empty() => text.push_str(&rows.join("\n")),
                    "| P0 | | | | | |" if !items.is_empty() => text.push_str(&items.join("\n")),
                    "| P1 | | | | | |" | "| P2 | | | | | |" if !items.is_empty() => continue,
                    "- " => {
                        let bullet = bullets.next().map(|bullet| format!("- {bullet}"));
                        text.push_str(bullet.as_deref().unwrap_or("- "));
                    }
                    _ if line.trim_start().starts_with("- ") && !is_group && !is_priority => {
                        let label =
                            line.replace(" yes/no (details)", "").replace(" Sev0 / Sev1 / Sev2 / Sev3", "");
                        text.push_str(&label);
                        let Some((value, mark)) = fields.next().flatten() else {
                            text.push('\n');
                            continue;
                        };
                        if label.ends_with('?') {
                            write!(text, "\n  - {value}").expect(ROOM);
                        } else if label.ends_with(':') {
                            write!(text, " {value}{}", mark.unwrap_or("")).expect(ROOM);
                        } else {
                            write!(text, ": {value}").expect(ROOM);
                        }
                    }
                    _ => text.push_str(line),
                }
                text.push('\n');
            }
            let mut bytes = text.into_bytes();
            if crlf {
                bytes = with_crlf(&bytes, 0);
            }
            if bom {
                Damage::Bom.apply(&mut bytes);
            }
            if bare_end {
                Damage::NoFinalNewline.apply(&mut bytes);
            }
            Bytes(bytes)
        },
    )
}
