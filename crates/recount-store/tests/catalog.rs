//! The catalog against the files: whatever is done to them, it answers as if everything had just been read.

#![allow(clippy::unwrap_used)]

use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use jiff::civil::date;
use proptest::prelude::*;
use recount_engine::config::Config;
use recount_engine::document::{Document, Record};
use recount_engine::insights::{Gathering, Lookup as _};
use recount_store::catalog::{CACHE_FOLDER, Catalog, Opening, Part, Probe, Query, Want};
use recount_store::{CONFIG_FILE, Library};

/// A library in a scratch folder.
struct Bench {
    folder: tempfile::TempDir,
}

/// What a catalog says in brief, and of some, is what it says of all.
fn agree(catalog: &Catalog, records: &[(PathBuf, Record)]) {
    let library = catalog.in_brief();
    assert_eq!(library.len(), records.len());
    for ((path, record), (_, briefs, brief)) in records.iter().zip(library.each()) {
        let (mut kept, mut made) = (Gathering::default(), Gathering::default());
        kept.copy(briefs, brief);
        made.push(brief.number, record);
        assert_eq!(kept.finish(), made.finish());
        assert_eq!(
            (&library.path(brief.number), library.record(brief.number).as_ref()),
            (&path.display().to_string(), Some(record))
        );
    }
    let places: Vec<usize> = library.each().filter_map(|(.., brief)| library.place(brief)).collect();
    assert_eq!(places, (0..records.len()).collect::<Vec<_>>());
    for part in [Part::Facts, Part::Open, Part::Whole] {
        assert_eq!(catalog.some_records(part, &places), catalog.records(part));
    }
    assert_eq!(catalog.some_records(Part::Whole, &[]), []);
}

fn opening(want: Want, progress: &(dyn Fn(usize, usize) + Sync)) -> Opening<'_> {
    Opening { program: "test", want, keep: true, always: true, at_most: usize::MAX, progress }
}

fn query(text: &str) -> Query {
    Query::read(text, &Config::default(), date(2026, 11, 23))
}

impl Bench {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join(CONFIG_FILE), "").unwrap();
        fs::create_dir_all(folder.path().join("postmortems/2026")).unwrap();
        Self { folder }
    }

    fn library(&self) -> Library {
        Library::open(self.folder.path()).unwrap()
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join("postmortems").join(name)
    }

    fn write(&self, name: &str, title: &str, cause: &str) {
        let text = format!(
            "# {title}\n\n## Incident summary\n\n- **Incident ID**: {name}\n- **Severity**: Sev1\n\
             - **Start time** (UTC): 2026-11-20 14:02\n- **Primary services impacted**: checkout\n\n\
             ## Root cause\n\n- **Root cause** (systems explanation): {cause}\n"
        );
        fs::create_dir_all(self.path(name).parent().unwrap()).unwrap();
        fs::write(self.path(name), text).unwrap();
    }

    /// Makes files look as if they had been written a while ago, so that nothing about them is in doubt.
    #[allow(clippy::unused_self, reason = "it is the library that grows older")]
    fn age(&self) {
        std::thread::sleep(Duration::from_millis(30));
    }

    /// What the catalog says, and how many documents it read for that.
    fn told(&self, want: Want) -> (Vec<(PathBuf, Record)>, usize) {
        let read = std::sync::atomic::AtomicUsize::new(0);
        let progress = |done: usize, _: usize| {
            read.fetch_max(done, std::sync::atomic::Ordering::Relaxed);
        };
        let library = self.library();
        let catalog = Catalog::open(&library, &opening(want, &progress));
        let records = catalog.records(Part::Whole);
        agree(&catalog, &records);
        (records, read.into_inner())
    }

    fn found(&self, text: &str) -> Vec<String> {
        let mut found = self.ranked(text);
        found.sort();
        found
    }

    /// What is found, best first.
    fn ranked(&self, text: &str) -> Vec<String> {
        let library = self.library();
        let catalog = Catalog::open(&library, &opening(Want::Text, &|_, _| {}));
        let found = catalog.search(&query(text), 100);
        assert_eq!(found.total, found.hits.len(), "{text}");
        let name = |path: &Path| path.file_name().unwrap().to_string_lossy().into_owned();
        found.hits.iter().map(|hit| name(&hit.path)).collect()
    }

    /// What the files say, without any catalog.
    fn truth(&self) -> Vec<(PathBuf, Record)> {
        let library = self.library();
        let files = library.list().into_iter().flatten();
        files
            .map(|path| {
                let record = Document::parse(&fs::read(&path).unwrap()).record();
                (library.relative(&path).to_owned(), record)
            })
            .collect()
    }

    /// The files most like one, with their likeness.
    fn like(&self, name: &str) -> Vec<(String, f64)> {
        let library = self.library();
        let catalog = Catalog::open(&library, &opening(Want::Text, &|_, _| {}));
        let record = Document::parse(&fs::read(self.path(name)).unwrap()).record();
        let path = library.relative(&self.path(name)).to_owned();
        let probe = Probe { record: Some(record), path: Some(path), ..Probe::default() };
        let near = catalog.similar(&probe, 10).into_iter();
        near.map(|near| (near.path.file_name().unwrap().to_string_lossy().into_owned(), near.score)).collect()
    }

    fn cache(&self) -> PathBuf {
        self.folder.path().join(CACHE_FOLDER)
    }
}

#[test]
fn a_long_text_is_like_what_it_shares_few_words_with() {
    let bench = Bench::new();
    let own: Vec<String> = (0..60)
        .map(|nth| {
            format!("eigen{}wort", char::from(b'a' + nth % 26).to_string().repeat(1 + nth as usize / 26))
        })
        .collect();
    bench.write("2026/INC-1.md", "Connection pool exhausted", &own.join(" "));
    bench.write("2026/INC-2.md", "Connection pool exhausted", "a deploy");
    bench.write("2026/INC-3.md", "Certificate expired", "nobody renewed it");
    let like = bench.like("2026/INC-1.md");
    assert_eq!(like.first().map(|(name, _)| name.as_str()), Some("INC-2.md"), "{like:?}");
    assert!(!like.iter().any(|(name, _)| name == "INC-1.md"), "{like:?}");
}

#[test]
fn of_those_that_fit_as_well_the_younger_ones_are_found_first() {
    let bench = Bench::new();
    for number in 0..500 {
        bench.write(&format!("2026/INC-{number:03}.md"), "Connection pool exhausted", "the pool ran dry");
    }
    let wanted: Vec<String> = (0..500).rev().map(|number| format!("INC-{number:03}.md")).collect();
    let library = bench.library();
    let catalog = Catalog::open(&library, &opening(Want::Text, &|_, _| ()));
    for text in ["pool", "exhausted dry", "pool OR dry", "\"ran dry\""] {
        for (skip, limit) in [(0, 10), (190, 20), (480, 30)] {
            let found = catalog.search_from(&query(text), skip, limit);
            let names = found.hits.iter().map(|hit| hit.path.file_name().unwrap().to_string_lossy());
            assert_eq!(names.collect::<Vec<_>>(), wanted[skip..(skip + limit).min(500)], "{text} {skip}");
            assert_eq!(found.total, 500);
        }
    }
}

#[test]
fn what_did_not_change_is_not_read_again() {
    let bench = Bench::new();
    for number in 0..5 {
        bench.write(&format!("2026/INC-{number}.md"), "A title", "a pool");
    }
    bench.age();
    assert_eq!(bench.told(Want::Facts).1, 5);
    assert_eq!(bench.told(Want::Facts).1, 0, "nothing changed");
    assert_eq!(bench.told(Want::Text).1, 5, "the text is read when it is first asked for");
    assert_eq!(bench.told(Want::Text).1, 0);
    bench.write("2026/INC-3.md", "Another title", "a pool");
    bench.age();
    let (records, read) = bench.told(Want::Facts);
    assert_eq!((records, read), (bench.truth(), 1));
    assert_eq!(bench.found("title:another"), ["INC-3.md"]);
    assert_eq!(bench.found("title:title"), ["INC-0.md", "INC-1.md", "INC-2.md", "INC-3.md", "INC-4.md"]);
    assert_eq!(bench.told(Want::Text).1, 0);
}

#[test]
fn a_file_written_within_the_tick_of_the_clock_is_read_again() {
    let bench = Bench::new();
    bench.write("2026/INC-1.md", "First title", "a pool");
    bench.told(Want::Text);
    // As long as before, at the same time to a second, at once.
    bench.write("2026/INC-1.md", "Other title", "a pool");
    assert_eq!(bench.told(Want::Facts).0, bench.truth());
    assert_eq!(bench.found("other"), ["INC-1.md"]);
    assert_eq!(bench.found("first"), Vec::<String>::new());
}

#[test]
fn a_change_that_keeps_size_and_time_is_seen() {
    let bench = Bench::new();
    bench.write("2026/INC-1.md", "First title", "a pool");
    let path = bench.path("2026/INC-1.md");
    let long_ago = SystemTime::UNIX_EPOCH + Duration::from_secs(1_700_000_000);
    let set = |time| fs::File::options().append(true).open(&path).unwrap().set_modified(time).unwrap();
    set(long_ago);
    bench.age();
    bench.told(Want::Text);
    bench.age();
    bench.write("2026/INC-1.md", "Other title", "a pool");
    set(long_ago);
    assert_eq!(bench.told(Want::Facts).0, bench.truth());
    // From a clock that was wrong by years, either way.
    for time in
        [long_ago - Duration::from_secs(1_000_000_000), SystemTime::now() + Duration::from_secs(1_000_000)]
    {
        bench.write("2026/INC-1.md", "Third title", "a pool");
        set(time);
        assert_eq!(bench.told(Want::Facts).0, bench.truth());
        assert_eq!(bench.found("third"), ["INC-1.md"]);
    }
}

#[test]
fn a_few_changes_are_found_before_the_text_is_written_again_and_rank_as_afterwards() {
    let bench = Bench::new();
    for nth in 0..30 {
        bench.write(&format!("2026/INC-{nth}.md"), "Nothing of note", "a pool ran dry");
    }
    bench.age();
    bench.told(Want::Text);
    let written =
        || fs::metadata(bench.path("../.recount/cache/text/meta.json")).unwrap().modified().unwrap();
    let first = written();
    let mut writes = 0;
    let mut last = first;
    for nth in 0..40 {
        // Of three the one that says it in its title comes first, wherever its text is.
        let title = format!("Zebra{nth} crossed");
        bench.write(&format!("2026/INC-{}.md", nth % 30), &title, "a fence fell");
        bench.write(&format!("2026/INC-9{nth}.md"), "Nothing of note", &format!("a zebra{nth} and a pool"));
        bench.age();
        bench.told(if nth % 3 == 0 { Want::Facts } else { Want::Text });
        let expected = [format!("INC-{}.md", nth % 30), format!("INC-9{nth}.md")];
        assert_eq!(bench.ranked(&format!("zebra{nth}")), expected, "change {nth}");
        if nth == 0 {
            assert_eq!(written(), first, "for one change the text is not written");
        }
        fs::remove_file(bench.path(&format!("2026/INC-9{nth}.md"))).unwrap();
        assert_eq!(bench.found(&format!("zebra{nth}")), expected[..1], "change {nth}");
        if written() != last {
            last = written();
            writes += 1;
        }
    }
    assert!((1..20).contains(&writes), "of forty changes the text was written {writes} times");
}

#[test]
fn renamed_moved_and_removed_files_are_followed() {
    let bench = Bench::new();
    for number in 0..3 {
        bench.write(&format!("2026/INC-{number}.md"), &format!("Title {number}"), &format!("cause{number}"));
    }
    bench.age();
    bench.told(Want::Text);
    fs::create_dir_all(bench.path("2025")).unwrap();
    fs::rename(bench.path("2026/INC-0.md"), bench.path("2025/INC-9.md")).unwrap();
    fs::remove_file(bench.path("2026/INC-1.md")).unwrap();
    bench.age();
    assert_eq!(bench.told(Want::Text).0, bench.truth());
    assert_eq!(bench.found("cause0"), ["INC-9.md"]);
    assert_eq!(bench.found("cause1"), Vec::<String>::new());
    // A copy is a second postmortem, whatever its content.
    fs::copy(bench.path("2026/INC-2.md"), bench.path("2026/INC-3.md")).unwrap();
    assert_eq!(bench.found("cause2"), ["INC-2.md", "INC-3.md"]);
    fs::remove_dir_all(bench.path("2026")).unwrap();
    assert_eq!(bench.told(Want::Text).0, bench.truth());
    assert_eq!(bench.found("cause0 OR cause2"), ["INC-9.md"]);
    fs::remove_dir_all(bench.path("2025")).unwrap();
    assert_eq!(bench.told(Want::Text).0, []);
}

#[test]
fn whatever_happens_to_the_catalog_the_answer_is_right() {
    type Damage = fn(&Path);
    let damages: [(&str, Damage); 13] = [
        ("all is gone", |cache| fs::remove_dir_all(cache).unwrap()),
        ("the facts are gone", |cache| {
            for name in ["facts.db", "facts.db-wal", "facts.db-shm"] {
                let _ = fs::remove_file(cache.join(name));
            }
        }),
        ("the facts are gone, and their log is not", |cache| {
            assert!(fs::read(cache.join("facts.db-wal")).is_ok_and(|log| !log.is_empty()));
            fs::remove_file(cache.join("facts.db")).unwrap();
        }),
        ("the first keeping was killed after the text", |cache| {
            for name in ["facts.db-wal", "facts.db-shm"] {
                let _ = fs::remove_file(cache.join(name));
            }
            let bytes = fs::read(cache.join("facts.db")).unwrap();
            fs::write(cache.join("facts.new"), &bytes[..bytes.len() / 2]).unwrap();
            fs::remove_file(cache.join("facts.db")).unwrap();
        }),
        ("the text is gone", |cache| fs::remove_dir_all(cache.join("text")).unwrap()),
        ("the facts are no database", |cache| {
            let _ = fs::remove_file(cache.join("facts.db-wal"));
            fs::write(cache.join("facts.db"), "no database").unwrap();
        }),
        ("the facts are empty", |cache| {
            let _ = fs::remove_file(cache.join("facts.db-wal"));
            fs::write(cache.join("facts.db"), "").unwrap();
        }),
        ("the facts are cut", |cache| {
            let _ = fs::remove_file(cache.join("facts.db-wal"));
            let bytes = fs::read(cache.join("facts.db")).unwrap();
            fs::write(cache.join("facts.db"), &bytes[..bytes.len() / 2]).unwrap();
        }),
        ("bytes of the facts are others", |cache| {
            let _ = fs::remove_file(cache.join("facts.db-wal"));
            let mut bytes = fs::read(cache.join("facts.db")).unwrap();
            bytes.iter_mut().skip(4096).step_by(97).for_each(|byte| *byte ^= 0x55);
            fs::write(cache.join("facts.db"), bytes).unwrap();
        }),
        ("every file of the text is cut", |cache| {
            for entry in fs::read_dir(cache.join("text")).unwrap().flatten() {
                let bytes = fs::read(entry.path()).unwrap();
                fs::write(entry.path(), &bytes[..bytes.len() / 2]).unwrap();
            }
        }),
        ("bytes of the text are others", |cache| {
            for entry in fs::read_dir(cache.join("text")).unwrap().flatten() {
                let mut bytes = fs::read(entry.path()).unwrap();
                bytes.iter_mut().skip(3).step_by(7).for_each(|byte| *byte ^= 0x55);
                fs::write(entry.path(), bytes).unwrap();
            }
        }),
        ("the text is without its head", |cache| fs::remove_file(cache.join("text/meta.json")).unwrap()),
        ("folders are files", |cache| {
            fs::remove_dir_all(cache).unwrap();
            fs::write(cache, "").unwrap();
        }),
    ];
    for (name, damage) in damages {
        let bench = Bench::new();
        for number in 0..4 {
            bench.write(
                &format!("2026/INC-{number}.md"),
                &format!("Title {number}"),
                &format!("cause{number}"),
            );
        }
        bench.age();
        bench.told(Want::Text);
        bench.write("2026/INC-1.md", "Title 1", "other1");
        bench.told(Want::Text);
        damage(&bench.cache());
        for _ in 0..2 {
            assert_eq!(bench.found("cause0 OR other1"), ["INC-0.md", "INC-1.md"], "{name}");
            assert_eq!(bench.told(Want::Facts).0, bench.truth(), "{name}");
        }
        bench.write("2026/INC-2.md", "Title 2", "third2");
        assert_eq!(bench.found("third2"), ["INC-2.md"], "{name}");
        assert_eq!(bench.found("cause2"), Vec::<String>::new(), "{name}");
        assert_eq!(bench.told(Want::Text).0, bench.truth(), "{name}");
    }
}

#[test]
fn a_catalog_of_another_program_is_made_anew() {
    let bench = Bench::new();
    bench.write("2026/INC-1.md", "A title", "a pool");
    bench.age();
    bench.told(Want::Text);
    let library = bench.library();
    for program in ["newer", "newer", "test"] {
        let catalog = Catalog::open(&library, &Opening { program, ..opening(Want::Text, &|_, _| {}) });
        assert_eq!(catalog.notes(), Vec::<String>::new(), "nobody has to know");
        assert_eq!(catalog.search(&query("pool"), 10).total, 1);
    }
}

#[test]
fn damage_is_said_once() {
    let bench = Bench::new();
    bench.write("2026/INC-1.md", "A title", "a pool");
    bench.told(Want::Facts);
    let _ = fs::remove_file(bench.cache().join("facts.db-wal"));
    fs::write(bench.cache().join("facts.db"), "no database").unwrap();
    let library = bench.library();
    let notes = || Catalog::open(&library, &opening(Want::Facts, &|_, _| {})).notes().to_vec();
    assert_eq!(notes(), ["the catalog in `.recount/cache` was damaged and is made anew"]);
    assert_eq!(notes(), Vec::<String>::new());
}

#[test]
fn records_that_are_others_than_what_was_kept_hide_no_postmortem() {
    let bench = Bench::new();
    for number in 0..4 {
        bench.write(&format!("2026/INC-{number}.md"), &format!("Title {number}"), "a retry storm of clients");
    }
    bench.age();
    bench.told(Want::Text);
    let facts = bench.cache().join("facts.db");
    let places = |bytes: &[u8]| -> Vec<usize> {
        (0..bytes.len()).filter(|at| bytes[*at..].starts_with(b"retry storm")).collect()
    };
    let all = ["INC-0.md", "INC-1.md", "INC-2.md", "INC-3.md"];
    let notes = || Catalog::open(&bench.library(), &opening(Want::Facts, &|_, _| {})).notes().to_vec();
    for damaged in [1, usize::MAX] {
        for similar in [false, true] {
            let mut bytes = fs::read(&facts).unwrap();
            let found = places(&bytes);
            assert!(found.len() >= 4, "this test damages records");
            for place in found.into_iter().take(damaged) {
                bytes[place] ^= 1;
            }
            fs::write(&facts, bytes).unwrap();
            if similar {
                assert_eq!(bench.like("2026/INC-0.md").len(), 3, "{damaged:?}");
            } else {
                assert_eq!(bench.found("retry storm"), all, "{damaged:?}");
            }
            assert_eq!(notes(), ["the catalog in `.recount/cache` was damaged and is made anew"]);
            assert_eq!(notes(), Vec::<String>::new());
            assert_eq!(bench.found("retry storm"), all, "{damaged:?}");
        }
    }
}

#[test]
fn no_single_byte_of_the_facts_changes_an_answer() {
    let bench = Bench::new();
    for number in 0..4 {
        bench.write(&format!("2026/INC-{number}.md"), &format!("Title {number}"), "a retry storm of clients");
    }
    bench.age();
    bench.told(Want::Text);
    let facts = bench.cache().join("facts.db");
    let mut at = 1;
    while at < fs::read(&facts).unwrap().len() {
        let mut bytes = fs::read(&facts).unwrap();
        bytes[at] ^= 1;
        fs::write(&facts, bytes).unwrap();
        assert_eq!(bench.found("retry storm").len(), 4, "byte {at}");
        assert_eq!(bench.told(Want::Facts).0, bench.truth(), "byte {at}");
        at += 1499;
    }
}

#[test]
fn a_file_that_is_larger_than_the_limit_of_today_is_not_answered_from_yesterday() {
    let bench = Bench::new();
    bench.write("2026/INC-1.md", "A title", "a pool");
    bench.write("2026/INC-2.md", "A title", &"a pool that is described at length ".repeat(100));
    bench.age();
    bench.told(Want::Text);
    for (limit, there) in [(1_000, 1), (1_000, 1), (1_000_000, 2)] {
        let library = bench.library().with_size_limit(limit);
        for keep in [true, false] {
            let catalog = Catalog::open(&library, &Opening { keep, ..opening(Want::Text, &|_, _| {}) });
            assert_eq!(catalog.len(), there, "{limit}");
            assert_eq!(catalog.search(&query("pool"), 10).total, there, "{limit}");
            assert_eq!(catalog.problems().len(), 2 - there, "{limit}");
        }
    }
}

#[test]
fn what_is_equally_like_is_told_by_path_and_every_time_the_same() {
    let bench = Bench::new();
    let cause = (0..200).map(|nth| format!("word{nth}x")).collect::<Vec<_>>().join(" ");
    bench.write("2026/INC-9.md", "The pool of connections ran dry", &cause);
    for name in ["c", "b", "a"] {
        // The same postmortem under three names, the last one known first.
        let text = fs::read(bench.path("2026/INC-9.md")).unwrap();
        fs::write(bench.path(&format!("2026/{name}.md")), text).unwrap();
        bench.told(Want::Text);
    }
    bench.write("2026/INC-9.md", "The pool ran dry", &cause.replace("word1x", "other1x"));
    let first = bench.like("2026/INC-9.md");
    let names: Vec<&str> = first.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names, ["a.md", "b.md", "c.md"]);
    for _ in 0..8 {
        assert_eq!(bench.like("2026/INC-9.md"), first);
    }
}

#[test]
fn nothing_is_kept_where_nobody_wants_it() {
    let bench = Bench::new();
    bench.write("2026/INC-1.md", "A title", "a pool");
    let library = bench.library();
    for (keep, always) in [(false, true), (true, false)] {
        let catalog = Catalog::open(&library, &Opening { keep, always, ..opening(Want::Text, &|_, _| {}) });
        assert_eq!(catalog.search(&query("pool"), 10).total, 1);
        assert_eq!(catalog.records(Part::Whole), bench.truth());
        assert!(!bench.folder.path().join(".recount").exists());
    }
}

#[test]
fn whoever_finds_another_writing_answers_from_memory() {
    let bench = Bench::new();
    for number in 0..3 {
        bench.write(&format!("2026/INC-{number}.md"), "A title", &format!("cause{number}"));
    }
    bench.age();
    bench.told(Want::Facts);
    bench.write("2026/INC-1.md", "A title", "other");
    bench.write("2026/INC-5.md", "A title", "new");
    fs::remove_file(bench.path("2026/INC-2.md")).unwrap();
    let lock = fs::File::options().write(true).open(bench.cache().join("lock")).unwrap();
    lock.lock().unwrap();
    assert_eq!(bench.told(Want::Facts).0, bench.truth());
    drop(lock);
    assert_eq!(bench.told(Want::Facts).0, bench.truth());
    assert_eq!(bench.found("title:title"), ["INC-0.md", "INC-1.md", "INC-5.md"]);
}

#[test]
fn several_at_once_agree() {
    let bench = Bench::new();
    for number in 0..40 {
        bench.write(&format!("2026/INC-{number:02}.md"), "A title", &format!("cause{number}"));
    }
    for round in 0..3 {
        bench.write("2026/INC-07.md", "A title", &format!("round{round}"));
        std::thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| {
                    assert_eq!(bench.told(Want::Text).0, bench.truth());
                    assert_eq!(bench.found(&format!("round{round}")), ["INC-07.md"]);
                });
            }
        });
    }
}

#[test]
fn facts_are_records_without_their_long_texts() {
    let bench = Bench::new();
    bench.write("2026/INC-1.md", "A title", "a pool");
    let library = bench.library();
    for keep in [true, false] {
        let catalog = Catalog::open(&library, &Opening { keep, ..opening(Want::Facts, &|_, _| {}) });
        let facts = catalog.records(Part::Facts);
        let (_, record) = &facts[0];
        assert_eq!((record.title.as_deref(), record.root_cause.as_deref()), (Some("A title"), None));
        assert_eq!(catalog.records(Part::Open), [], "nothing is open");
    }
}

#[test]
fn a_library_in_brief_is_the_one_that_the_files_tell_over_more_than_one_block() {
    let bench = Bench::new();
    let write = |number: usize, status: &str| {
        let text = format!(
            "# Down\n\n## Incident summary\n\n- **Incident ID**: INC-{number}\n- **Start time** (UTC): 2026-11-20 14:02\n\
             - **Primary services impacted**: checkout, s{number}\n\n## Root cause\n\n- **Contributing factors**:\n  \
             - capacity: the pool of s{number}, again\n\n## What went poorly\n\n- nobody was told; twice\n- 17\n\n\
             ## Action items\n\n\
             | Priority | Action item | Owner | Due date | Status | Verification plan |\n|---|---|---|---|---|---|\n\
             | P0 | Limit it | @ana, @p{number} | 2026-12-01 | {status} | |\n| P1 | Tell | @bo | | Done 2026-11-22 | |\n"
        );
        fs::write(bench.path(&format!("2026/INC-{number:04}.md")), text).unwrap();
    };
    (0..1_100).for_each(|number| write(number, "Open"));
    bench.age();
    assert_eq!(bench.told(Want::Facts).0, bench.truth());
    for number in [0, 511, 512, 700] {
        write(number, "Won't do 2026-11-22: moved");
    }
    fs::remove_file(bench.path("2026/INC-0003.md")).unwrap();
    fs::rename(bench.path("2026/INC-1099.md"), bench.path("2026/INC-2000.md")).unwrap();
    bench.age();
    assert_eq!(bench.told(Want::Facts).0, bench.truth());
    assert_eq!(bench.told(Want::Facts), (bench.truth(), 0));
}

/// Something that happens to a library.
#[derive(Clone, Debug)]
enum Event {
    Write(u8, u8),
    Remove(u8),
    Rename(u8, u8),
    Copy(u8, u8),
    /// Somebody asks for this much.
    Ask(bool),
    /// Somebody is killed after the text was written and before the facts were.
    LoseFacts,
}

fn event() -> impl Strategy<Value = Event> {
    prop_oneof![
        4 => (0..6_u8, 0..4_u8).prop_map(|(file, text)| Event::Write(file, text)),
        1 => (0..6_u8).prop_map(Event::Remove),
        2 => (0..6_u8, 0..6_u8).prop_map(|(from, to)| Event::Rename(from, to)),
        1 => (0..6_u8, 0..6_u8).prop_map(|(from, to)| Event::Copy(from, to)),
        3 => any::<bool>().prop_map(Event::Ask),
        1 => Just(Event::LoseFacts),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 12, ..ProptestConfig::default() })]

    #[test]
    fn whatever_happens_step_by_step_is_as_if_everything_were_read_anew(
        events in proptest::collection::vec(event(), 1..14)
    ) {
        let bench = Bench::new();
        let path = |file: u8| bench.path(&format!("{}/INC-{file}.md", 2024 + u32::from(file % 3)));
        let facts = bench.cache().join("facts.db");
        for event in events {
            match event {
                Event::Write(file, text) => {
                    let name = format!("{}/INC-{file}.md", 2024 + u32::from(file % 3));
                    bench.write(&name, &format!("Title {text}"), &format!("cause{text}"));
                }
                Event::Remove(file) => drop(fs::remove_file(path(file))),
                Event::Rename(from, to) => {
                    fs::create_dir_all(path(to).parent().unwrap()).unwrap();
                    let _ = fs::rename(path(from), path(to));
                }
                Event::Copy(from, to) if from != to => {
                    fs::create_dir_all(path(to).parent().unwrap()).unwrap();
                    let _ = fs::copy(path(from), path(to));
                }
                Event::Ask(text) => {
                    bench.told(if text { Want::Text } else { Want::Facts });
                }
                Event::LoseFacts if facts.exists() => {
                    // The facts of before, and the text of after: connections are closed, so that one file is all.
                    let kept = fs::read(&facts).unwrap();
                    bench.told(Want::Text);
                    fs::write(&facts, kept).unwrap();
                }
                Event::Copy(..) | Event::LoseFacts => {}
            }
        }
        let truth = bench.truth();
        prop_assert_eq!(&bench.told(Want::Facts).0, &truth);
        for text in 0..4 {
            let word = format!("cause{text}");
            let mut wanted: Vec<String> = truth
                .iter()
                .filter(|(_, record)| record.root_cause.as_deref() == Some(word.as_str()))
                .map(|(path, _)| path.file_name().unwrap().to_string_lossy().into_owned())
                .collect();
            wanted.sort();
            prop_assert_eq!(bench.found(&word), wanted);
        }
        prop_assert_eq!(&bench.told(Want::Text).0, &truth);
    }
}
