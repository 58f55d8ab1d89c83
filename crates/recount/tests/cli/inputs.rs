//! What may be named as evidence: files, folders of many kinds of files, archives, what is packed, what is
//! damaged, and what is made to fill memory.

use std::fmt::Write as _;
use std::fs::{self, File};
use std::io::Write;
use std::path::PathBuf;

use flate2::Compression;
use flate2::write::GzEncoder;
use zip::ZipWriter;
use zip::write::SimpleFileOptions;

use crate::harness::{Folder, folder_named};

const GIT_LOG: &str = "\
1111111111111111111111111111111111111111\tAna Li\t2026-11-20T14:00:00Z\tAna Li\t2026-11-20T14:00:00Z\t2222222222222222222222222222222222222222 3333333333333333333333333333333333333333\tMerge pull request #7 from holds
4444444444444444444444444444444444444444\tAna Li\t2026-11-20T14:20:00Z\tAna Li\t2026-11-20T14:20:00Z\t1111111111111111111111111111111111111111\tRevert \"Holds\"
";
const CHAT: &str = r#"[{"type":"message","user":"U1","text":"cards fail since 14:02","ts":"1795183440.000100"},
{"type":"message","user":"U1","text":"rolled back to v41","ts":"1795184460.000200"}]"#;
const USERS: &str = r#"[{"id":"U1","name":"ana","real_name":"Ana Li","is_bot":false,"profile":{}}]"#;
const PATH: &str = "postmortems/2026/INC-0001-cards-refused.md";

fn gzip(text: &str) -> Vec<u8> {
    let mut packed = GzEncoder::new(Vec::new(), Compression::default());
    packed.write_all(text.as_bytes()).expect("to memory");
    packed.finish().expect("to memory")
}

fn zip(folder: &Folder, name: &str, files: &[(&str, &[u8])]) {
    let mut archive = ZipWriter::new(File::create(folder.path(name)).expect("a new file"));
    for (file, bytes) in files {
        archive.start_file(*file, SimpleFileOptions::default()).expect("a new entry");
        archive.write_all(bytes).expect("to disk");
    }
    archive.finish().expect("to disk");
}

#[test]
fn a_folder_of_many_kinds_of_files_is_read_each_by_its_source() {
    let folder = Folder::library();
    fs::create_dir_all(folder.path("incident/ops")).expect("a folder");
    folder.write("incident/shop.log", GIT_LOG);
    folder.write("incident/ops/2026-11-20.json", CHAT);
    folder.write("incident/users.json", USERS);
    folder.write("incident/notes.txt", "call the bank\n");
    folder.write("incident/flags.csv", "Timestamp;Flag;New value\n2026-11-20T13:58:12Z;new-cart;on\n");
    let run = folder.recount(&["draft", "Cards refused", "incident"]).is(0);
    assert!(run.err.contains("`incident/shop.log`: git-log, 2 events"), "{}", run.err);
    // Of a table it is said how it comes in all the same, because it may be the one file that matters.
    assert!(
        run.err.contains("say it with `--map action=NAME`; there are `Timestamp`, `Flag`, `New value`"),
        "{}",
        run.err
    );
    assert!(run.err.contains("`incident`: slack-export, 2 events"), "{}", run.err);
    assert!(run.err.contains("`notes.txt` is not read: it is of no source that is known"), "{}", run.err);
    let text = folder.read(PATH);
    assert!(text.contains("Ana Li | rolled back to v41") && text.contains("Merged #7"), "{text}");
}

#[test]
fn a_recording_and_its_timing_are_one_also_when_each_is_named_by_itself() {
    let recorded = PathBuf::from(env!("CARGO_MANIFEST_DIR"))
        .join("../recount-engine/tests/sources/terminal-recording/script-advanced");
    let folder = Folder::library();
    for name in ["typescript", "timing"] {
        fs::copy(recorded.join(name), folder.path(name)).expect("the fixture is there");
    }
    let run = folder.recount(&["draft", "Cards refused", "typescript", "timing", "--zone", "UTC"]).is(0);
    assert!(!run.err.contains("skipped") && !run.err.contains("no timing"), "{}", run.err);
    assert!(folder.read(PATH).contains("| Ran `"), "{}", folder.read(PATH));
}

#[test]
fn an_entry_that_was_copied_out_of_its_calendar_is_read() {
    let folder = Folder::library();
    let entry = "BEGIN:VEVENT\r\nUID:1\r\nSUMMARY:On Call - Ana Li\r\nDTSTART:20261120T090000Z\r\n\
                 DTEND:20261127T090000Z\r\nEND:VEVENT\r\n";
    folder.write("rota.ics", entry);
    let run = folder.recount(&["draft", "Cards refused", "rota.ics"]).is(0);
    assert!(run.err.contains("`rota.ics`: icalendar, 1 event"), "{}", run.err);
}

#[test]
fn a_mapping_that_is_about_none_of_the_files_is_said() {
    let folder = Folder::library();
    fs::create_dir_all(folder.path("incident")).expect("a folder");
    folder.write("incident/shop.log", GIT_LOG);
    let map = "time=Timestamp,action=Flag";
    let run = folder.recount(&["draft", "Cards refused", "incident", "--map", map]).is(0);
    assert!(run.err.contains("warning: `--map` is about none of the files"), "{}", run.err);
    let run = folder.recount(&["import", "1", "incident"]).is(0);
    assert!(!run.err.contains("--map"), "{}", run.err);
}

#[test]
fn a_mapping_is_for_the_tables_of_a_folder_and_leaves_the_rest_to_its_sources() {
    let map = "time=Timestamp,action=Set {Flag} to {New value},kind=config-change";
    let mapped = |folder: &Folder| {
        fs::create_dir_all(folder.path("incident")).expect("a folder");
        folder.write("incident/shop.tsv", GIT_LOG);
        folder.write("incident/flags.csv", "Timestamp;Flag;New value\n2026-11-20T13:58:12Z;new-cart;on\n");
    };
    let folder = Folder::library();
    mapped(&folder);
    let typed = folder.recount(&["draft", "Cards refused", "incident", "--map", map]).is(0);
    assert!(typed.err.contains("git-log, 2 events"), "{}", typed.err);
    assert!(folder.read(PATH).contains("Set new-cart to on"), "{}", folder.read(PATH));

    let folder = Folder::library();
    mapped(&folder);
    let config = folder.read("recount.toml");
    let fields = "time = \"Timestamp\"\naction = \"Set {Flag} to {New value}\"\nkind = \"config-change\"\n";
    folder.write(
        "recount.toml",
        format!("{config}\n[evidence.mappings.flags]\nfiles = \"flags*.csv\"\n{fields}"),
    );
    folder.recount(&["draft", "Cards refused", "incident"]).is(0);
    assert!(folder.read(PATH).contains("Set new-cart to on"), "{}", folder.read(PATH));
}

#[test]
fn what_lacks_only_an_option_is_not_said_to_be_of_another_source() {
    let folder = Folder::library();
    folder.write("shop.tsv", GIT_LOG);
    folder.write("bridge.vtt", "WEBVTT\n\n00:00:05.000 --> 00:00:09.000\n<v Ana>Who is here?\n");
    let run = folder.recount(&["draft", "Cards refused", "shop.tsv", "bridge.vtt"]).is(0);
    assert!(run.err.contains("say when that was with `--anchor`"), "{}", run.err);
    assert!(!run.err.contains("--source"), "{}", run.err);
}

#[test]
fn what_is_neither_there_nor_a_live_source_is_told_what_those_are() {
    let folder = Folder::library();
    for typed in ["pagerdty:PABC123", "prometheus"] {
        let run = folder.recount(&["draft", "Cards refused", typed]).is(2);
        let said = format!("error: `{typed}` is neither a file nor a live source\nhint: live sources are `");
        assert!(run.err.starts_with(&said) && run.err.contains("pagerduty:"), "{}", run.err);
    }
}

#[test]
fn candidates_that_say_the_same_are_one_with_a_count() {
    let folder = Folder::library();
    let one = |at: u32| {
        format!(
            "{{\"type\":\"message\",\"user\":\"U1\",\"text\":\"the queue is long\",\"ts\":\"{at}.0001\"}}"
        )
    };
    let day = format!("[{},{},{}]", one(1_795_183_440), one(1_795_183_500), one(1_795_183_560));
    folder.write("slack/ops/2026-11-20.json", &day);
    folder.write("slack/users.json", USERS);
    folder.recount(&["draft", "Cards refused", "slack"]).is(0);
    let run = folder.recount(&["candidates", "1"]).is(0);
    assert_eq!(run.out.matches("the queue is long").count(), 1, "{}", run.out);
    assert!(run.out.contains("    and 2 more like it until 2026-11-20 14:06:00\n"), "{}", run.out);
    assert!(run.err.contains("`--format json` lists every one"), "{}", run.err);
    let all = folder.recount(&["candidates", "1", "--format", "json"]).is(0).json();
    assert_eq!(all["candidates"].as_array().map(Vec::len), Some(3));
}

#[test]
fn what_is_packed_zipped_or_concatenated_reads_as_what_it_unpacks_to() {
    let plain = Folder::library();
    plain.write("shop.tsv", GIT_LOG);
    plain.recount(&["draft", "Cards refused", "shop.tsv"]).is(0);
    let rows = |folder: &Folder| -> Vec<String> {
        let text = folder.read(PATH);
        let rows = text.lines().filter(|line| line.starts_with("| 2026-11-20 14:"));
        rows.map(|row| row.split("001-git-log").next().unwrap_or("").to_owned()).collect()
    };
    let (first, second) = GIT_LOG.split_at(GIT_LOG.find('\n').expect("two lines") + 1);
    for name in ["one.gz", "two.gz", "one.zip", "packed-inside.zip"] {
        let folder = Folder::library();
        match name {
            "one.gz" => fs::write(folder.path("one.gz"), gzip(GIT_LOG)).expect("to disk"),
            "two.gz" => {
                fs::write(folder.path("two.gz"), [gzip(first), gzip(second)].concat()).expect("to disk");
            }
            "one.zip" => {
                zip(&folder, name, &[("shop.tsv", GIT_LOG.as_bytes()), ("__MACOSX/._shop.tsv", b"x")]);
            }
            _ => zip(&folder, name, &[("shop.tsv.gz", &gzip(GIT_LOG))]),
        }
        folder.recount(&["draft", "Cards refused", name]).is(0);
        assert_eq!(rows(&folder), rows(&plain), "{name}");
    }
}

#[test]
fn a_gzip_that_is_cut_off_gives_what_stands_before_and_says_so() {
    let folder = Folder::library();
    // Many lines that do not pack well, so that the first ones stand in what is left.
    let mut lines = String::new();
    for index in 0..3000_u64 {
        let hash = u128::from(index).wrapping_mul(0x9e37_79b9_7f4a_7c15_f39c_c060_5ced_c835);
        let at = "2026-11-20T14:00:00Z";
        writeln!(lines, "{hash:040x}\tAna Li\t{at}\tAna Li\t{at}\t{hash:040x}\tHotfix {index}")
            .expect("to memory");
    }
    let packed = gzip(&lines);
    fs::write(folder.path("shop.tsv.gz"), &packed[..packed.len() / 3]).expect("to disk");
    let run = folder.recount(&["draft", "Cards refused", "shop.tsv.gz"]).is(0);
    assert!(run.err.contains("`shop.tsv` is packed, and cut off or damaged"), "{}", run.err);
    assert!(folder.read(PATH).contains("Hotfix 1"));
}

#[test]
fn what_is_made_to_fill_memory_or_the_stack_is_refused_with_a_sentence() {
    let folder = Folder::library();
    // Sparse on disk: it takes no room, and is as long as it says.
    let long = File::create(folder.path("long.json")).expect("a new file");
    long.set_len(1 << 30).expect("sparse");
    let mut head = &long;
    head.write_all(CHAT.as_bytes()).expect("to disk");
    folder
        .recount(&["draft", "Cards refused", "long.json"])
        .refuses("`long.json` is larger than 512 MiB", "cut the hours of the incident out of it first");
    // One gzip after the other: each a mebibyte of blanks.
    let blanks = " ".repeat(1 << 20);
    fs::write(folder.path("bomb.json.gz"), [gzip(CHAT), gzip(&blanks).repeat(513)].concat())
        .expect("to disk");
    folder.recount(&["draft", "Cards refused", "bomb.json.gz"]).refuses(
        "`bomb.json` in `bomb.json.gz` is larger than 512 MiB",
        "cut the hours of the incident out of it first",
    );
    let long = blanks.repeat(70);
    let days: Vec<String> = (20..24).map(|day| format!("ops/2026-11-{day}.json")).collect();
    let days: Vec<(&str, &[u8])> = days.iter().map(|day| (day.as_str(), long.as_bytes())).collect();
    zip(&folder, "bomb.zip", &days);
    let run = folder.recount(&["draft", "Cards refused", "bomb.zip"]).is(2);
    assert!(run.err.contains("error: `bomb.zip` unpacks to "), "{}", run.err);
    assert!(run.err.contains("times its size, as archives do that are made to fill memory"), "{}", run.err);

    let deep = format!(
        "[{{\"type\":\"message\",\"ts\":\"1795183440.000100\",\"text\":\"x\",\"deep\":{}1{}}}]",
        "[".repeat(100_000),
        "]".repeat(100_000)
    );
    folder.write("deep.json", &deep);
    let run = folder.recount(&["draft", "Cards refused", "deep.json"]).is(0);
    assert!(run.err.contains("`deep.json`: slack-export, 1 event"), "{}", run.err);
    folder.write("deeper.json", "[".repeat(1_000_000));
    let run = folder.recount(&["draft", "Cards refused", "deeper.json"]).is(2);
    assert!(run.err.contains("`deeper.json` is not read: it is of no source that is known"), "{}", run.err);
}

#[test]
fn a_folder_of_seven_tools_becomes_the_timeline_that_a_lead_would_write() {
    let folder = Folder::examples();
    let run = folder.recount(&["draft", "Page nobody answered", "evidence/page-nobody-answered"]).is(0);
    for source in [
        "alertmanager",
        "icalendar",
        "kubernetes-events",
        "pagerduty",
        "shell-history",
        "slack-export",
        "statuspage",
    ] {
        assert!(run.err.contains(&format!("`: {source}, ")), "{source}: {}", run.err);
    }
    let drafted = folder
        .files("postmortems/2026")
        .into_iter()
        .find(|name| name.ends_with("-page-nobody-answered.md") && !name.contains("0014"));
    let text = folder.read(&drafted.expect("the draft"));
    let rows: Vec<String> = text
        .lines()
        .filter(|line| line.starts_with("| 2026-10-05"))
        .map(|row| row.split("](").next().unwrap_or(row).to_owned())
        .collect();
    insta::assert_snapshot!("seven_tools", rows.join("\n"));
}

#[test]
fn all_real_evidence_is_recognised_and_comes_in() {
    let Some(evidence) = folder_named("RECOUNT_EVIDENCE") else { return };
    let mut files: Vec<PathBuf> = Vec::new();
    for entry in fs::read_dir(&evidence).expect("a folder").flatten().filter(|entry| entry.path().is_dir()) {
        files.extend(fs::read_dir(entry.path()).expect("a folder").flatten().map(|file| file.path()));
    }
    files.retain(|file| file.extension().is_none_or(|ending| ending != "md"));
    assert!(files.len() >= 9, "{files:?}");
    for file in files {
        let folder = Folder::library();
        let name = file.to_string_lossy().into_owned();
        let run = folder.recount(&["draft", "Real evidence", &name]);
        // A list of people is evidence of nothing by itself, and belongs to the chat beside it.
        if !name.ends_with("users.stripped.json") {
            // Samples of series that are no alerts are known for what they are, and no postmortem is made of them.
            let run = if run.err.contains("series that is no alert") { run.is(2) } else { run.is(0) };
            assert!(!run.err.contains("skipped"), "{name}: {}", run.err);
        }
    }
}
