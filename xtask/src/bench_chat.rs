//! `bench-chat`: how near the import of a large chat export is to what cannot be avoided.
//!
//! The floor is unpacking the same archive and parsing its messages into typed structs, part by part, on one
//! thread. Two archives of a million messages each: a year of days, as exports are, and two days that hold
//! everything, where no day can be passed over. What does not live here: timing and memory of a run
//! ([`crate::bench`]).

use std::fs::{self, File};
use std::io::{BufReader, BufWriter, Read, Write};
use std::path::Path;
use std::process::Command;
use std::time::Instant;

use serde::Deserialize;
use zip::write::SimpleFileOptions;
use zip::{ZipArchive, ZipWriter};

use crate::Outcome;
use crate::bench::{best, peak, seconds, time};

const MESSAGES: u64 = 1_000_000;
const CHANNELS: u64 = 5;
/// The first day, 2026-01-01, in seconds.
const FIRST: u64 = 1_767_225_600;
/// The incident begins on the second day: it is in both archives.
const START: &str = "2026-01-02 14:00";

pub(crate) fn run(arguments: &[String]) -> Outcome {
    let [folder, binary] = arguments else {
        return Err("give a scratch folder and the binary".to_owned());
    };
    let binary = std::path::absolute(binary).map_err(|error| format!("`{binary}`: {error}"))?;
    let folder = Path::new(folder);
    fs::create_dir_all(folder).map_err(|error| format!("`{}`: {error}", folder.display()))?;
    for (name, days) in [("year", 365), ("two-days", 2)] {
        let archive = folder.join(format!("{name}.zip"));
        if !archive.exists() {
            // Under another name until it is whole: a run that was stopped must not leave half of one.
            let unfinished = folder.join(format!("{name}.unfinished"));
            generate(&unfinished, days).map_err(|error| format!("`{}`: {error}", unfinished.display()))?;
            fs::rename(&unfinished, &archive).map_err(|error| format!("`{}`: {error}", archive.display()))?;
        }
        let mut read = (0, 0);
        let floor = best(|| {
            let started = Instant::now();
            read = parse(&archive).map_err(|error| format!("`{}`: {error}", archive.display()))?;
            Ok(started.elapsed())
        })?;
        let packed = fs::metadata(&archive).map_or(0, |metadata| metadata.len());
        println!(
            "\n{} messages in {days} days, {} MB packed, {} MB unpacked",
            read.0,
            packed / 1_000_000,
            read.1 / 1_000_000
        );
        println!("{:<28}{:>9}", "floor: unpack and parse", seconds(floor));
        let library = folder.join("library");
        let _ = fs::remove_dir_all(&library);
        let made = Command::new(&binary).arg("init").arg(&library).output();
        made.map_err(|error| format!("`{}`: {error}", binary.display()))?;
        let archive = std::path::absolute(&archive).map_err(|error| error.to_string())?;
        let archive = archive.to_string_lossy();
        let draft = ["draft", "Cards refused", &archive, "--start", START];
        let took = best(|| time(&binary, &library, &draft))?;
        let most = peak(&binary, &library, &draft)?;
        let share = floor.as_secs_f64() / took.as_secs_f64();
        println!("{:<28}{:>9}   {share:.2} of the floor, peak {most} MiB", "draft from it", seconds(took));
    }
    Ok(())
}

/// A message as a program must read it that wants to know who said what and when.
#[derive(Deserialize)]
#[expect(dead_code, reason = "reading them is what is measured")]
struct Message {
    #[serde(default)]
    ts: String,
    #[serde(default)]
    user: Option<String>,
    #[serde(default)]
    text: Option<String>,
    #[serde(default)]
    subtype: Option<String>,
    #[serde(default)]
    thread_ts: Option<String>,
    #[serde(default)]
    reactions: Vec<Reaction>,
}

#[derive(Deserialize)]
#[expect(dead_code, reason = "as above")]
struct Reaction {
    name: String,
    users: Vec<String>,
}

/// How many messages there are, and of how many bytes.
fn parse(archive: &Path) -> std::io::Result<(usize, usize)> {
    let mut archive = ZipArchive::new(BufReader::new(File::open(archive)?))?;
    let (mut messages, mut length) = (0, 0);
    for index in 0..archive.len() {
        let mut file = archive.by_index(index)?;
        let mut bytes = Vec::new();
        file.read_to_end(&mut bytes)?;
        length += bytes.len();
        if file.name().is_ok_and(|name| name.contains('/')) {
            messages += serde_json::from_slice::<Vec<Message>>(&bytes)?.len();
        }
    }
    Ok((messages, length))
}

/// Writes an export as Slack does: a folder for each channel, a file for each day.
fn generate(path: &Path, days: u64) -> std::io::Result<()> {
    const WORDS: [&str; 16] = [
        "the",
        "checkout",
        "is",
        "slow",
        "again",
        "looking",
        "at",
        "dashboards",
        "now",
        "queue",
        "depth",
        "went",
        "up",
        "after",
        "deploy",
        "\u{1f440}",
    ];
    let mut archive = ZipWriter::new(BufWriter::new(File::create(path)?));
    let mut random = 42_u64;
    let mut next = |below: u64| {
        random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (random >> 33) % below
    };
    archive.start_file("users.json", SimpleFileOptions::default())?;
    let users: Vec<String> = (0..200)
        .map(|user| {
            format!(r#"{{"id":"U{user:08}","name":"user{user}","is_bot":false,"profile":{{"real_name":"Person {user}","display_name":"","email":"person{user}@example.com"}}}}"#)
        })
        .collect();
    write!(archive, "[{}]", users.join(",\n"))?;
    archive.start_file("channels.json", SimpleFileOptions::default())?;
    let channels: Vec<String> = (0..CHANNELS)
        .map(|n| format!(r#"{{"id":"C{n:08}","name":"ops-{n}","is_archived":false}}"#))
        .collect();
    write!(archive, "[{}]", channels.join(",\n"))?;
    let each = MESSAGES / CHANNELS / days;
    for channel in 0..CHANNELS {
        for day in 0..days {
            let at = FIRST + day * 86_400;
            let date = date(at).ok_or(std::io::ErrorKind::InvalidInput)?;
            archive.start_file(format!("ops-{channel}/{date}.json"), SimpleFileOptions::default())?;
            let more = if day == 0 { MESSAGES / CHANNELS - each * days } else { 0 };
            let count = each + more;
            for message in 0..count {
                let said: Vec<&str> = (0..6 + next(18)).map(|_| WORDS[next(16) as usize]).collect();
                let (said, user) = (said.join(" "), next(200));
                let second = at + message * 86_400 / count;
                let reactions = if next(20) == 0 {
                    r#","reactions":[{"name":"eyes","users":["U00000001","U00000002"],"count":2}]"#
                } else {
                    ""
                };
                let (open, between) = if message == 0 { ("[", "") } else { ("", ",") };
                write!(
                    archive,
                    "{open}{between}\n    {{\"client_msg_id\":\"{:032x}\",\"type\":\"message\",\"text\":\"{said}\",\"user\":\"U{user:08}\",\"ts\":\"{second}.{:06}\",\"blocks\":[{{\"type\":\"rich_text\",\"block_id\":\"b{message}\",\"elements\":[{{\"type\":\"rich_text_section\",\"elements\":[{{\"type\":\"text\",\"text\":\"{said}\"}}]}}]}}],\"team\":\"T00000001\"{reactions}}}",
                    u128::from(next(u64::MAX)),
                    message % 1_000_000,
                )?;
            }
            write!(archive, "\n]")?;
        }
    }
    archive.finish()?.flush()
}

fn date(second: u64) -> Option<String> {
    let at = jiff::Timestamp::from_second(i64::try_from(second).ok()?).ok()?;
    Some(at.strftime("%Y-%m-%d").to_string())
}
