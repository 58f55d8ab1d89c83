//! `bench`: how near the commands are to what cannot be avoided.
//!
//! The floor is reading the same files with as many threads and running the Markdown parser alone over
//! them. Each figure is the best of several turns with a warm page cache: what else the machine does can
//! only make a turn slower. What does not live here: the library ([`crate::corpus`]).

use std::collections::HashMap;
use std::fs::File;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use pulldown_cmark::{Options, Parser};
use recount_store::{Library, threads};

use crate::Outcome;
use crate::corpus::SEEDED_FILE;

const TURNS: usize = 5;

pub(crate) fn run(arguments: &[String]) -> Outcome {
    let [folder, binary] = arguments else {
        return Err("give the library's folder and the binary".to_owned());
    };
    // The commands run in the library's folder, where a relative path would lead elsewhere.
    let binary = std::path::absolute(binary).map_err(|error| format!("`{binary}`: {error}"))?;
    let folder = Path::new(folder);
    let library = Library::open(folder).map_err(|error| error.to_string())?;

    let listed = library.list();
    let mut bytes = 0;
    let floor = best(|| {
        bytes = 0;
        let started = Instant::now();
        library.scan(&listed, threads(), parse, |(length, _)| bytes += length);
        Ok(started.elapsed())
    })?;
    #[expect(clippy::cast_precision_loss, reason = "it is shown with no decimal place")]
    let speed = bytes as f64 / 1e6 / floor.as_secs_f64();
    println!("{} documents, {} MB, {} threads", listed.len(), bytes / 1_000_000, threads());
    println!("{:<28}{:>9}   {speed:.0} MB/s", "floor: read and parse", seconds(floor));

    // The work itself, then what is answered from an earlier check of the same files.
    for command in [
        &["check", "--no-cache", "--format", "short"][..],
        &["check", "--format", "short"],
        &["fmt", "--check"],
    ] {
        let time = best(|| time(&binary, folder, command))?;
        let share = floor.as_secs_f64() / time.as_secs_f64();
        let name =
            command.iter().take_while(|word| **word != "--format").copied().collect::<Vec<_>>().join(" ");
        let peak = peak(&binary, folder, command)?;
        println!("{name:<28}{:>9}   {share:.2} of the floor, peak {peak} MiB", seconds(time));
    }
    // Memory that grows with the library shows as a difference between all of it and one year.
    if let Some(year) = listed.iter().flatten().nth(listed.len() / 2).and_then(|path| path.parent()) {
        let year = year.strip_prefix(folder).unwrap_or(year).to_string_lossy();
        let command = ["check", "--format", "short", &year];
        let (time, peak) = (time(&binary, folder, &command)?, peak(&binary, folder, &command)?);
        println!("{:<28}{:>9}   peak {peak} MiB", format!("check {year}"), seconds(time));
    }
    let start = best(|| time(&binary, folder, &["--version"]))?;
    println!("{:<28}{:>9}", "start: --version", seconds(start));
    compare_findings(&binary, folder)
}

/// What every Markdown tool must do with a document, with the extensions that the engine uses.
pub(crate) fn parse(_: &Path, bytes: Result<&[u8], recount_store::Unreadable>) -> (usize, usize) {
    let bytes = bytes.unwrap_or_default();
    let text = String::from_utf8_lossy(bytes);
    let options = Options::ENABLE_TABLES | Options::ENABLE_TASKLISTS;
    (bytes.len(), Parser::new_ext(&text, options).into_offset_iter().count())
}

pub(crate) fn best(mut turn: impl FnMut() -> Result<Duration, String>) -> Result<Duration, String> {
    let mut best = turn()?;
    for _ in 1..TURNS {
        best = best.min(turn()?);
    }
    Ok(best)
}

/// Starts the binary; its output goes nowhere, as in a quiet pipe.
fn start(binary: &Path, folder: &Path, arguments: &[&str]) -> Result<Child, String> {
    let mut command = Command::new(binary);
    command.args(arguments).current_dir(folder).stdout(Stdio::null()).stderr(Stdio::null());
    command.spawn().map_err(|error| format!("`{}`: {error}", binary.display()))
}

/// How long the binary runs.
pub(crate) fn time(binary: &Path, folder: &Path, arguments: &[&str]) -> Result<Duration, String> {
    let started = Instant::now();
    let status = start(binary, folder, arguments)?.wait().map_err(|error| error.to_string())?;
    let time = started.elapsed();
    match status.code() {
        // Findings are no failure of the measurement.
        Some(0 | 1) => Ok(time),
        _ => Err(format!("`{} {}` ended with {status}", binary.display(), arguments.join(" "))),
    }
}

/// The most memory that the binary holds, in MiB. A run of its own, because watching takes time.
pub(crate) fn peak(binary: &Path, folder: &Path, arguments: &[&str]) -> Result<u64, String> {
    let mut child = start(binary, folder, arguments)?;
    let mut peak_kib = 0;
    while child.try_wait().map_err(|error| error.to_string())?.is_none() {
        peak_kib = peak_kib.max(peak_memory(child.id()));
        std::thread::sleep(Duration::from_millis(1));
    }
    Ok(peak_kib / 1024)
}

/// The most memory that a running process has held, in KiB; zero where the system does not tell.
fn peak_memory(process: u32) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    line.and_then(|line| line.trim().trim_end_matches(" kB").parse().ok()).unwrap_or(0)
}

/// Prints how many findings each rule had beside how many faults of it were seeded.
fn compare_findings(binary: &Path, folder: &Path) -> Outcome {
    let seeded = std::fs::read_to_string(folder.join(SEEDED_FILE));
    let seeded = seeded.map_err(|error| format!("`{SEEDED_FILE}`: {error}"))?;
    // Into a file, because a hundred thousand findings fill a pipe while nobody reads it.
    let path = folder.join("findings.txt");
    let output = File::create(&path).map_err(|error| format!("`{}`: {error}", path.display()))?;
    let status = Command::new(binary)
        .args(["check", "--format", "short"])
        .current_dir(folder)
        .stdout(output)
        .stderr(Stdio::null())
        .status();
    status.map_err(|error| format!("`{}`: {error}", binary.display()))?;
    let findings =
        std::fs::read_to_string(&path).map_err(|error| format!("`{}`: {error}", path.display()))?;

    let mut counts: HashMap<&str, u64> = HashMap::new();
    for line in findings.lines() {
        // A rule's name is the only word of its shape; once a line, should the message repeat it.
        let mut words: Vec<&str> = line.split(|c: char| !c.is_ascii_lowercase() && c != '-').collect();
        words.sort_unstable();
        words.dedup();
        for word in words {
            *counts.entry(word).or_default() += 1;
        }
    }
    println!("\n{:>8} {:>8}  rule", "seeded", "found");
    for line in seeded.lines() {
        if let Some((count, rule)) = line.trim().split_once(' ') {
            println!("{count:>8} {:>8}  {rule}", counts.get(rule).copied().unwrap_or(0));
        }
    }
    println!("{:>8} {:>8}  lines of findings", "", findings.lines().count());
    Ok(())
}

pub(crate) fn seconds(time: Duration) -> String {
    if time < Duration::from_millis(100) {
        format!("{:.1} ms", time.as_secs_f64() * 1e3)
    } else {
        format!("{:.2} s", time.as_secs_f64())
    }
}
