//! `bench-library`: how near the catalog is to what cannot be avoided.
//!
//! Floors are measured in the same run: asking the file system for every file, reading and parsing alone,
//! putting the same texts into the same kind of index and nothing else, and `grep` over the folder. What
//! does not live here: the library ([`crate::corpus`]).

use std::collections::HashMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use jiff::civil::date;
use recount_engine::config::Config;
use recount_engine::insights::{Basis, FIGURES, Scope};
use recount_store::catalog::{CACHE_FOLDER, Catalog, Opening, Part, Query, Want, index_alone};
use recount_store::{Library, threads};

use crate::Outcome;
use crate::bench::{best, parse, peak, seconds, time};
use crate::corpus::Random;

/// Queries of each class.
const QUERIES: usize = 200;

pub(crate) fn run(arguments: &[String]) -> Outcome {
    let [folder, rest @ ..] = arguments else {
        return Err("give the library's folder, and the binary to measure its commands, too".to_owned());
    };
    let folder = &std::path::absolute(folder).map_err(|error| format!("`{folder}`: {error}"))?;
    let library = Library::open(folder).map_err(|error| error.to_string())?;
    let listed = library.list();
    let cache = folder.join(CACHE_FOLDER);
    let count = listed.len();
    println!("{count} documents, {} threads", threads());

    let stat = best(|| Ok(stat_tree(&folder.join("postmortems"))))?;
    line("floor: stat the tree", stat, "");
    let read = best(|| {
        let started = Instant::now();
        library.scan(&listed, threads(), parse, drop);
        Ok(started.elapsed())
    })?;
    line("floor: read and parse", read, "");
    let insert = insert_alone(folder, &listed)?;
    line("floor: insert alone", insert, "");

    remove(&cache)?;
    let (facts, _) = open(&library, Want::Facts);
    line("first: facts", facts, &format!("{:.2} of reading and parsing", share(read, facts)));
    remove(&cache)?;
    let (index, _) = open(&library, Want::Text);
    line("first: facts and text", index, &format!("{:.2} of inserting alone", share(insert, index)));
    println!("{:<28}{:>9}", "catalog on disk", format!("{} MB", size(&cache) / 1_000_000));

    let fresh = best(|| Ok(open(&library, Want::Text).0))?;
    line("unchanged", fresh, &times(fresh, stat));
    let check = best(|| Ok(open(&library, Want::Facts).0))?;
    line("unchanged: facts", check, &format!("{}: the freshness check", times(check, stat)));
    let changed = best(|| Ok(change_and_open(&library, &listed)))?;
    line("one file changed", changed, &times(changed, stat));

    let (_, catalog) = open(&library, Want::Text);
    for (name, part) in
        [("records: facts", Part::Facts), ("records: open", Part::Open), ("records: whole", Part::Whole)]
    {
        let mut found = 0;
        let took = best(|| {
            let started = Instant::now();
            found = catalog.records(part).len();
            Ok(started.elapsed())
        })?;
        line(name, took, &format!("{found} postmortems"));
    }
    let mut read_in_brief = 0;
    let took = best(|| {
        let started = Instant::now();
        read_in_brief = catalog.in_brief().len();
        Ok(started.elapsed())
    })?;
    line("records: in brief", took, &format!("{read_in_brief} postmortems"));
    let figures = best(|| Ok(figures(&catalog)))?;
    line("figures, fresh catalog", figures, "all, in one thread");
    let grep = best(|| Ok(grep(folder)))?;
    line("floor: grep", grep, "one word");
    search(&catalog, &library, grep);
    drop(catalog);
    let [binary] = rest else { return Ok(()) };
    commands(Path::new(binary), folder, stat, check)
}

fn commands(binary: &Path, folder: &Path, stat: Duration, looking: Duration) -> Outcome {
    let binary = std::path::absolute(binary).map_err(|error| error.to_string())?;
    let cache = folder.join(CACHE_FOLDER);
    remove(&cache)?;
    let check = ["check", "--format", "short"];
    line("check: first", time(&binary, folder, &check)?, "");
    let again = best(|| time(&binary, folder, &check))?;
    line("check: unchanged", again, &times(again, stat));
    let size = size(&cache) / 1_000_000;
    println!("{:<28}{:>9}", "its answers on disk", format!("{size} MB"));
    println!(
        "{:<28}{:>9}",
        "search: peak, indexing",
        format!("{} MiB", peak(&binary, folder, &["search", "pool"])?)
    );
    println!("{:<28}{:>9}", "search: peak", format!("{} MiB", peak(&binary, folder, &["search", "pool"])?));
    // What every command begins with, beside looking whether all files are as they were.
    let bare = best(|| time(&binary, folder, &["--version"]))?;
    for command in [
        &["search", "pool"][..],
        &["similar", "1"],
        &["list"],
        &["actions"],
        &["actions", "--overdue"],
        &["actions", "--overdue", "--priority", "P0"],
        &["insights"],
        &["insights", "--period", "1y"],
    ] {
        match best(|| time(&binary, folder, command)) {
            Ok(took) => {
                let beyond = seconds(took.saturating_sub(looking + bare));
                let name = command.join(" ");
                line(&name, took, &format!("{}, {beyond} beyond the freshness check", times(took, stat)));
            }
            Err(why) => println!("{:<28}skipped: {why}", command.join(" ")),
        }
    }
    Ok(())
}

/// All figures over an open catalog, one after the other; each is told by itself where `BENCH_FIGURES` is set.
fn figures(catalog: &Catalog) -> Duration {
    let started = Instant::now();
    let library = catalog.in_brief();
    let config = Config::default();
    let scope = Scope {
        config: &config,
        today: date(2026, 11, 23),
        from: None,
        until: None,
        team: None,
        mitigate_minutes: config.thresholds.mitigate_minutes,
    };
    let wanted = library.each().rev().map(|(at, ..)| at).collect();
    let basis = Basis::of_briefs(library.blocks(), wanted, scope, &library);
    for definition in FIGURES {
        let alone = Instant::now();
        let figure = definition.figure(&basis);
        if std::env::var_os("BENCH_FIGURES").is_some() {
            line(figure.name, alone.elapsed(), "");
        }
    }
    started.elapsed()
}

fn line(name: &str, took: Duration, what: &str) {
    println!("{name:<28}{:>9}   {what}", seconds(took));
}

fn share(floor: Duration, took: Duration) -> f64 {
    floor.as_secs_f64() / took.as_secs_f64()
}

fn times(took: Duration, stat: Duration) -> String {
    format!("{:.2} times the stat", took.as_secs_f64() / stat.as_secs_f64())
}

fn remove(cache: &Path) -> Outcome {
    match fs::remove_dir_all(cache) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(error.to_string()),
        _ => Ok(()),
    }
}

fn size(folder: &Path) -> u64 {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    entries
        .map(|entry| {
            entry.metadata().map_or(0, |it| if it.is_dir() { size(&entry.path()) } else { it.len() })
        })
        .sum()
}

/// Every file below a folder, asked for its size and times: folders one after the other, files by all threads.
fn stat_tree(folder: &Path) -> Duration {
    let started = Instant::now();
    let (mut folders, mut files) = (vec![folder.to_owned()], Vec::new());
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
            match entry.file_type() {
                Ok(kind) if kind.is_dir() => folders.push(entry.path()),
                _ => files.push(entry.path()),
            }
        }
    }
    let part = files.len().div_ceil(threads()).max(1);
    thread::scope(|scope| {
        for part in files.chunks(part) {
            scope.spawn(move || part.iter().filter(|path| fs::metadata(path).is_ok()).count());
        }
    });
    started.elapsed()
}

fn insert_alone(folder: &Path, listed: &[recount_store::Listed]) -> Result<Duration, String> {
    let texts: Vec<Vec<u8>> =
        listed.iter().flatten().map(|path| fs::read(path).unwrap_or_default()).collect();
    let texts: Vec<&[u8]> = texts.iter().map(Vec::as_slice).collect();
    let scratch = folder.join(".recount/bench");
    remove(&scratch)?;
    let took = index_alone(&scratch, &texts).ok_or("the index could not be made")?;
    remove(&scratch)?;
    Ok(took)
}

fn open(library: &Library, want: Want) -> (Duration, Catalog) {
    let started = Instant::now();
    let opening = Opening {
        program: "bench",
        want,
        keep: true,
        always: true,
        at_most: usize::MAX,
        progress: &|_, _| {},
    };
    let catalog = Catalog::open(library, &opening);
    (started.elapsed(), catalog)
}

fn change_and_open(library: &Library, listed: &[recount_store::Listed]) -> Duration {
    let path = listed.iter().flatten().nth(listed.len() / 3).cloned().unwrap_or_default();
    let text = fs::read_to_string(&path).unwrap_or_default();
    let _ = fs::write(&path, text.replacen("# ", "# A ", 1));
    // So that the next look does not find it in doubt.
    thread::sleep(Duration::from_millis(50));
    open(library, Want::Text).0
}

fn grep(folder: &Path) -> Duration {
    let started = Instant::now();
    let _ = Command::new("grep")
        .args(["-rliF", "replication", "postmortems"])
        .current_dir(folder)
        .stdout(Stdio::null())
        .status();
    started.elapsed()
}

fn read(text: &str) -> Query {
    Query::read(text, &Config::default(), date(2026, 11, 23))
}

/// Queries of every class out of the documents themselves, and how long they take.
fn search(catalog: &Catalog, library: &Library, grep: Duration) {
    let mut random = Random::new(7);
    let files: Vec<PathBuf> = library.list().into_iter().flatten().collect();
    let mut classes: HashMap<&str, Vec<String>> = HashMap::new();
    let names = ["rare", "common", "two words", "three words", "phrase", "none", "prefix", "filtered"];
    let full = |classes: &HashMap<&str, Vec<String>>, name: &str| {
        classes.get(name).is_some_and(|all| all.len() >= QUERIES)
    };
    for _ in 0..QUERIES * 60 {
        let text = fs::read_to_string(&files[random.below(files.len())]).unwrap_or_default();
        let lines: Vec<&str> =
            text.lines().filter(|line| line.len() > 60 && !line.contains("http")).collect();
        if lines.is_empty() {
            continue;
        }
        let line = lines[random.below(lines.len())];
        let words: Vec<&str> =
            line.split(|c: char| !c.is_ascii_alphanumeric()).filter(|word| word.len() > 2).collect();
        if words.len() < 6 {
            continue;
        }
        let at = random.below(words.len() - 3);
        let word = words[at];
        let total = catalog.search(&read(word), 1).total;
        let mut push = |name, query: String| {
            if !full(&classes, name) {
                classes.entry(name).or_default().push(query);
            }
        };
        if total > 0 && total <= 10 {
            push("rare", word.to_owned());
        }
        if total * 20 > files.len() {
            push("common", word.to_owned());
        }
        push("two words", format!("{} {}", words[at], words[at + 2]));
        push("three words", format!("{} {} {}", words[at], words[at + 1], words[at + 3]));
        let raw: Vec<&str> = line.split_whitespace().collect();
        let start = random.below(raw.len().saturating_sub(3).max(1));
        push(
            "phrase",
            format!("\"{}\"", raw[start..(start + 3).min(raw.len())].join(" ").replace(['"', '|'], "")),
        );
        let letter = |random: &mut Random| char::from(b'a' + random.below(26) as u8);
        push("none", (0..9).map(|_| letter(&mut random)).collect());
        push("prefix", format!("{}*", &word[..3]));
        push("filtered", format!("{word} severity:sev1 after:2024 is:open"));
        if names.iter().all(|name| full(&classes, name)) {
            break;
        }
    }
    for name in names {
        let queries = classes.remove(name).unwrap_or_default();
        let mut took: Vec<Duration> = queries
            .iter()
            .map(|query| {
                let query = read(query);
                let started = Instant::now();
                let _ = catalog.search(&query, 10);
                started.elapsed()
            })
            .collect();
        took.sort_unstable();
        let Some(last) = took.len().checked_sub(1) else { continue };
        let (half, most) = (took[last / 2], took[last * 99 / 100]);
        let share = grep.as_secs_f64() / most.as_secs_f64();
        let what = format!("p99 {}, 1/{share:.0} of grep, {} queries", seconds(most), took.len());
        self::line(&format!("search: {name}"), half, &what);
    }
}
