//! What is kept beside a library: searching it, answers that are given again, and what a kill leaves.

use std::fs;
use std::process::Stdio;
use std::thread;
use std::time::{Duration, Instant};

use snapbox::{assert_data_eq, str};

use crate::harness::{Folder, Run, kills, moment_of_kill};

/// The example library, of which a catalog and answers are kept however small it is.
fn kept() -> Folder {
    let folder = Folder::examples();
    keep(&folder);
    folder
}

fn keep(folder: &Folder) {
    folder.write(".recount/cache/facts.db", "");
    fs::create_dir_all(folder.path(".recount/cache/answers")).expect("the folder can be made");
}

#[test]
fn a_search_shows_title_section_and_line_and_the_best_first() {
    for folder in [Folder::examples(), kept()] {
        let run = folder.recount(&["search", "retry", "storm", "--limit", "2"]).is(0);
        assert_data_eq!(
            run.out,
            str![[r#"
INC-0003  Sev1  2025-04-25  A cache flush became a retry storm that kept seat search from recovering
    Timeline: 2025-04-25 10:35 | @ingrid | Counted requests by trace: 4.8 attempts for every seat map shown | First evidence of a retry storm traces dashboard
...
"#]]
        );
    }
}

#[test]
fn a_search_is_lenient_and_says_what_it_made_of_the_query() {
    let folder = Folder::examples();
    let run = folder.recount(&["search", "chekout", "rollback", "--limit", "1"]).is(0);
    assert!(run.err.contains("no postmortem has `chekout`; this is for `checkout`\n"), "{}", run.err);
    assert!(run.out.starts_with("INC-0009"), "{}", run.out);
    let run = folder.recount(&["search", "sevrity:sev1 severity:high \"not closed"]).is(1);
    assert_eq!(
        run.err,
        "warning: there is no filter `sevrity:`, so it is looked for as text; did you mean `severity:`?\n\
         warning: nothing is found by `high`: it is not `sev0` to `sev3`\nno postmortem is like that\n"
    );
    let run = folder.recount(&["search", " * "]).is(1);
    assert!(run.err.starts_with("the query asks for nothing\n"), "{}", run.err);
}

#[test]
fn filters_decide_by_the_facts_and_by_the_names_of_the_configuration() {
    let folder = Folder::examples();
    let ids = |query: &str| -> Vec<String> {
        let run = folder.recount(&["search", query, "--limit", "100", "--format", "json"]);
        let hits = run.json()["hits"].as_array().cloned().unwrap_or_default();
        let mut ids: Vec<String> =
            hits.iter().map(|hit| hit["id"].as_str().unwrap_or_default().to_owned()).collect();
        ids.sort();
        ids
    };
    assert_eq!(ids("severity:sev0"), ["INC-0007"]);
    assert_eq!(ids("is:overdue severity:sev1"), ["INC-0001", "INC-0012"]);
    let list = folder.recount(&["list", "--format", "json"]).is(0).json();
    let late = list["postmortems"].as_array().expect("a list").iter();
    assert_eq!(ids("is:overdue").len(), late.filter(|one| one["overdue_actions"] != 0).count());
    assert_eq!(ids("service:checkout after:2026-01 before:2026-06-13"), ["INC-0009", "INC-0011"]);
    assert_eq!(ids("id:inc-0003 OR id:INC-0013"), ["INC-0003", "INC-0013"]);
    assert_eq!(ids("title:retr* -title:cache"), ["INC-0013"]);
    let listed = |option: &str, value: &str| {
        let run = folder.recount(&["list", option, value, "--format", "json"]).is(0);
        run.json()["postmortems"].as_array().map_or(0, Vec::len)
    };
    for (filter, option, value) in [
        ("owner:@ingrid", "--owner", "@ingrid"),
        ("owner:team-payments", "--owner", "team-payments"),
        ("owner:\"Ana Ribeiro\"", "--owner", "Ana Ribeiro"),
        ("factor:capacity", "--factor", "capacity"),
        ("stage:final", "--stage", "final"),
        ("service:inventory", "--service", "inventory"),
    ] {
        assert_eq!(ids(filter).len(), listed(option, value), "{filter}");
        assert!(!ids(filter).is_empty(), "{filter}");
    }
}

#[test]
fn names_that_nothing_goes_by_are_told_with_the_nearest() {
    let folder = Folder::examples();
    let service = "warning: `chekout` is no service of `recount.toml` nor of any postmortem; did you mean `checkout`?\n";
    let owner = "warning: `@anna` is no person or team of `recount.toml`, and owns no action item of any postmortem; \
                 did you mean `@ana`?\n";
    for (args, warning, code) in [
        (&["search", "service:chekout"][..], service, 1),
        (&["search", "owner:@anna", "--format", "json"], owner, 1),
        (&["list", "--service", "chekout"], service, 0),
        (&["list", "--owner", "@anna", "--format", "json"], owner, 0),
        (&["insights", "--service", "chekout"], service, 0),
        (&["recurrence", "--owner", "@anna"], owner, 0),
        (&["actions", "--owner", "@anna"], owner, 0),
        (&["actions", "--service", "chekout", "--format", "csv"], service, 0),
        (&["actions", "--service", "chekout", "--format", "json"], service, 0),
        (&["actions", "--owner", "@anna", "--ics"], owner, 0),
    ] {
        let run = folder.recount(args).is(code);
        assert!(run.err.contains(warning), "{args:?}: {}", run.err);
    }
    for known in [&["list", "--owner", "team-payments"][..], &["search", "service:checkout"]] {
        assert!(!folder.recount(known).is(0).err.contains("warning"), "{known:?}");
    }
    let run = folder.recount(&["search", "factor:capasity", "certificate"]).is(1);
    assert!(
        run.err.starts_with("warning: nothing is found by `capasity`: it is not one of `product`"),
        "{}",
        run.err
    );
    let run = folder.recount(&["new", "Something else went wrong", "--service", "chekout"]).is(0);
    assert_eq!(run.err, "warning: `chekout` is no service of `recount.toml`; did you mean `checkout`?\n");
}

#[test]
fn a_search_by_filters_alone_says_what_happened() {
    let folder = Folder::examples();
    let run = folder.recount(&["search", "id:INC-0015"]).is(0);
    assert_data_eq!(
        run.out,
        str![[r#"
INC-0015  Sev2  2026-11-12  Venues stopped receiving webhooks after a client certificate expired
    organiser-portal, notify: 118 venues with mutual TLS got no webhooks (orders, transfers, cancellations) from midnight to 07:5x.

"#]]
    );
    let hit = &folder.recount(&["search", "id:INC-0015", "--format", "json"]).is(0).json()["hits"][0];
    assert_eq!(hit["services"][1], "notify");
}

#[test]
fn words_of_the_template_are_not_found() {
    let folder = Folder::library();
    folder.recount(&["new", "Seats sold twice"]).is(0);
    for query in ["Sev0", "details", "P0", "telemetry"] {
        assert_eq!(folder.recount(&["search", query]).is(1).out, "", "{query}");
    }
    let run = folder.recount(&["search", "seats"]).is(0);
    assert_eq!(run.out, "INC-0001  -  no date  Seats sold twice\n");
}

#[test]
fn what_begins_with_a_dash_is_left_out_of_what_is_found() {
    let folder = Folder::examples();
    let out = |args: &[&str]| folder.recount(&[&["search"], args].concat()).is(0).out;
    let expected = out(&["certificate -mutual"]);
    assert!(!expected.is_empty());
    assert_ne!(expected, out(&["certificate"]));
    assert_eq!(out(&["-mutual", "certificate"]), expected);
    assert_eq!(out(&["--limit", "10", "-mutual", "certificate", "--color", "never"]), expected);
    assert_eq!(out(&["certificate", "AND", "NOT", "mutual"]), expected);
}

#[test]
fn what_nobody_asked_for_is_not_read_from_a_large_library() {
    let folder = Folder::library();
    for number in 0..510 {
        let what = if number == 0 { "webhook certificate" } else { "seat map" };
        let text = format!(
            "# {what}\n\n## Incident summary\n\n- **Incident ID**: INC-{number:04}\n\n\
             ## Action items\n\n| Priority | Action item | Owner | Due date | Status |\n|---|---|---|---|---|\n\
             | P0 | Renew the {what} | @ana | 2026-01-01 | Open |\n"
        );
        folder.write(&format!("postmortems/2026/INC-{number:04}.md"), text);
    }
    let new = ["--no-cache", "new", "Client certificate of the webhook expired"];
    assert_eq!(folder.recount(&new).is(0).err, "");
    folder.recount(&["list", "--after", "2027"]).is(0);
    let run = folder.recount(&new[1..]).is(0);
    assert!(run.err.contains("is overdue by"), "what is known at once is told: {}", run.err);
}

#[test]
fn similar_says_why_there_is_none_and_what_was_not_read() {
    let folder = Folder::library();
    folder.recount(&["new", "Seats sold twice"]).is(0);
    let run = folder.recount(&["similar", "1"]).is(1);
    assert_eq!(
        run.err,
        "there is no other postmortem to compare it with\n\
         hint: little is compared so far: *Direct trigger*, *Root cause* and the contributing factors say most\n"
    );
    folder.recount(&["new", "Mail was late"]).is(0);
    let run = folder.recount(&["similar", "1"]).is(1);
    assert!(run.err.starts_with("no other postmortem is like it: none shares a telling word"), "{}", run.err);
    folder.write("recount.toml", "[library]\nmax-file-size = 0\n");
    let run = folder.recount(&["list"]).is(2);
    assert!(
        run.err.starts_with("warning: `postmortems/2026/INC-0001-seats-sold-twice.md` has "),
        "{}",
        run.err
    );
}

#[test]
fn similar_postmortems_come_with_what_they_have_in_common() {
    let folder = Folder::examples();
    let run = folder.recount(&["similar", "INC-0013", "--limit", "1"]).is(0);
    assert_data_eq!(
        run.out,
        str![[r#"
INC-0003  Sev1  2025-04-25  A cache flush became a retry storm that kept seat search from recovering
    same service inventory; both say: seat maps, cold, stable; factors product, capacity, process

"#]]
    );
    let json = folder.recount(&["similar", "13", "--format", "json"]).is(0).json();
    assert_eq!(json["similar"][0]["id"], "INC-0003");
    assert_eq!(json["similar"][0]["services"][0], "inventory");
}

#[test]
fn a_new_postmortem_is_told_of_those_that_are_like_it() {
    let folder = Folder::examples();
    let run =
        folder.recount(&["new", "Client certificate of the webhook expired", "--service", "notify"]).is(0);
    assert_eq!(run.out, "postmortems/2026/INC-0016-client-certificate-of-the-webhook-expired.md\n");
    assert_data_eq!(
        run.err,
        str![[r#"
seen before?
  INC-0015  Sev2  2026-11-12  Venues stopped receiving webhooks after a client certificate expired: same service notify; both say: client certificate, webhook, expired
  INC-0001  Sev1  2025-01-14  Card payments declined after the vault certificate expired: both say: client certificate, expired
INC-0001#2 is overdue by 649 days, and about `webhook`, `certificate`: Move the remaining 31 certificates between services and partners (venue webhooks, bank files, scanner gateways) to the same issuer, each with an owning team in the catalogue
INC-0015#1 is open, and about `webhook`, `certificate`: Move venue-webhooks and the other certificates left from INC-0001 to the issuer

"#]]
    );
    assert_eq!(folder.recount(&["new", "Something else went wrong"]).is(0).err, "");
}

const TODAY: &str = "2026-11-23T10:00:00Z";
const LATER: &str = "2027-06-01T10:00:00Z";

/// The same check from what is kept, twice, and without.
#[track_caller]
fn same(folder: &Folder, now: &str, args: &[&str], after: &str) {
    let run = |more: &[&str]| -> Run {
        let mut command = folder.command(&[args, more].concat());
        command.env("RECOUNT_NOW", now);
        folder.finish(command)
    };
    let anew = run(&["--no-cache"]);
    for turn in ["first", "second"] {
        let kept = run(&[]);
        let what = format!("{turn} check {args:?} after {after}");
        assert_eq!((kept.code, &kept.err, &kept.out), (anew.code, &anew.err, &anew.out), "{what}");
    }
}

#[test]
fn a_check_from_what_is_kept_is_the_check_itself() {
    type Edit = fn(&Folder);
    let folder = kept();
    folder.git(&["init", "--quiet", "--initial-branch=main"]);
    folder.commit("Add the library");
    let edits: [(&str, Edit); 15] = [
        ("nothing", |_| {}),
        ("a fault", |folder| {
            folder.replace(
                "postmortems/2025/INC-0001-card-payments-declined.md",
                "- **Severity**: Sev1",
                "- **Severity**: High",
            );
        }),
        ("a link to nowhere", |folder| {
            folder.replace(
                "postmortems/2025/INC-0002-seat-map-frozen.md",
                "- **Severity**:",
                "- [notes](notes.md#cause)\n- **Severity**:",
            );
        }),
        ("the file that is linked", |folder| folder.write("postmortems/2025/notes.md", "# Notes\n")),
        ("its anchor", |folder| folder.write("postmortems/2025/notes.md", "# Notes\n\n## Cause\n")),
        ("another name", |folder| {
            let path = |name: &str| folder.path(&format!("postmortems/2025/{name}"));
            fs::rename(path("INC-0003-retry-storm-after-cache-flush.md"), path("INC-0003-storm.md"))
                .expect("there");
        }),
        ("texts that are damaged", |folder| {
            let files = fs::read_dir(folder.path(".recount/cache/answers")).expect("answers are kept");
            for file in files.flatten() {
                let mut bytes = fs::read(file.path()).expect("it is there");
                let half = bytes.len() / 2;
                bytes[half..].iter_mut().step_by(100).for_each(|byte| *byte ^= 1);
                fs::write(file.path(), bytes).expect("it is ours");
            }
        }),
        ("an ID of two", |folder| {
            let text = folder.read("postmortems/2025/INC-0003-storm.md");
            folder.write("postmortems/2026/INC-0003-again.md", text);
        }),
        ("one of them less", |folder| {
            fs::remove_file(folder.path("postmortems/2026/INC-0003-again.md")).expect("it is there");
        }),
        ("evidence", |folder| {
            folder.recount(&["import", "INC-0009", "evidence/rollback-that-could-not-roll-back"]).is(0);
        }),
        ("less evidence", |folder| {
            let evidence = "postmortems/2026/INC-0009-rollback-that-could-not-roll-back.evidence";
            fs::remove_dir_all(folder.path(evidence)).expect("it is there");
        }),
        ("an earlier incident that is named no more", |folder| {
            let path = "postmortems/2026/INC-0013-scanners-kept-inventory-overloaded.md";
            let text = folder.read(path).replace("INC-0003", "an earlier one");
            folder.write(path, text.replace("stage: final", "stage: draft"));
            let found = folder.recount(&["check", "--format", "short", "--no-cache"]).out;
            assert!(found.contains("repeated-incident"), "{found}");
        }),
        ("a promise that was kept after all", |folder| {
            let path = "postmortems/2025/INC-0003-storm.md";
            let text = folder
                .read(path)
                .replace("Won't do 2026-08-25: superseded by INC-0013#1", "Verified 2025-06-01");
            folder.write(path, text.replace("Done 2025-07-09", "Verified 2025-07-19"));
            let found = folder.recount(&["check", "--format", "short", "--no-cache"]).out;
            assert!(!found.contains("repeated-incident"), "{found}");
        }),
        ("another configuration", |folder| {
            let config = folder.read("recount.toml");
            folder.write("recount.toml", format!("{config}\n[rules]\ntimeline-gap = \"error\"\n"));
        }),
        ("a baseline", |folder| {
            folder.recount(&["check", "--write-baseline"]).is(0);
        }),
    ];
    let formats = ["human", "short", "json", "sarif", "github", "junit"];
    for (nth, (after, edit)) in edits.into_iter().enumerate() {
        edit(&folder);
        same(&folder, TODAY, &["check"], after);
        let format = ["check", "--format", formats[nth % formats.len()], "--due"];
        same(&folder, TODAY, &format, after);
        if nth % 2 == 1 {
            same(&folder, LATER, &format, after);
        }
        if nth % 4 == 1 {
            same(&folder, LATER, &["check", "--stage", "final", "--format", "short"], after);
            same(&folder, TODAY, &["check", "--since", "HEAD", "--format", "short"], after);
        }
    }
}

#[test]
fn nothing_is_kept_of_a_small_library_or_where_nobody_wants_it() {
    let folder = Folder::examples();
    for args in [&["list"][..], &["search", "pool"], &["similar", "3"], &["check", "--format", "short"]] {
        folder.recount(args);
    }
    assert!(!folder.path(".recount").exists());
}

#[test]
fn a_kill_at_any_moment_leaves_the_files_whole_and_the_catalog_right() {
    let folder = kept();
    let path = "postmortems/2026/INC-0014-page-nobody-answered.md";
    let before = folder.read(path);
    let severity =
        before.lines().find(|line| line.starts_with("- **Severity**")).expect("it has one").to_owned();
    let versions: Vec<String> = ["Sev2", "Sev3"]
        .iter()
        .map(|to| before.replace(&severity, &format!("- **Severity**: {to}")))
        .collect();
    let compare = |kill: u32| {
        for args in [
            &["list", "--format", "json"][..],
            &["search", "retry OR kill*", "--format", "json", "--limit", "50"],
        ] {
            let (kept, anew) = (folder.recount(args), folder.recount(&[args, &["--no-cache"]].concat()));
            assert_eq!(kept.code, anew.code, "{args:?} after kill {kill}: {}", kept.err);
            assert_eq!(found(&kept), found(&anew), "{args:?} after kill {kill}");
        }
    };
    let commands: [&[&str]; 4] = [
        &["set", "INC-0014", "severity", "Sev2", "--force"],
        &["set", "INC-0014", "severity", "Sev3", "--force"],
        &["search", "retry"],
        &["list"],
    ];
    // How long each takes to its end, here and now.
    let lengths = commands.map(|args| {
        let started = Instant::now();
        folder.recount(args).is(0);
        started.elapsed()
    });
    let (mut done, mut rebuilt, mut catalog) = (0, 0, catalog_of(&folder));
    for kill in kills(240, Duration::from_secs(12)) {
        let which = kill as usize % commands.len();
        let (args, pause) = (commands[which], moment_of_kill(kill, lengths[which]));
        if kill % 5 == 0 {
            folder.write(
                "postmortems/2025/INC-0001-card-payments-declined.md",
                format!("# Kill {kill}\n\nkill{kill}\n"),
            );
        }
        let mut command = folder.command(args);
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        let mut child = command.spawn().expect("the binary was built");
        thread::sleep(pause);
        // Where it has ended already, there is nothing to kill.
        let _ = child.kill();
        child.wait().expect("it is our child");
        let text = folder.read(path);
        assert!(text == before || versions.contains(&text), "a torn file after kill {kill}: {text}");
        if kill % 16 == 15 {
            compare(kill);
        }
        done += 1;
        let now = catalog_of(&folder);
        rebuilt += u32::from(now != catalog);
        catalog = now;
    }
    compare(done);
    eprintln!("{done} kills, 0 torn files, {rebuilt} catalogs made anew");
}

/// Tells one catalog from another that was made in its place.
fn catalog_of(folder: &Folder) -> Vec<Option<u64>> {
    let number = |name: &str| {
        let metadata = fs::metadata(folder.path(&format!(".recount/cache/{name}"))).ok()?;
        Some(inode(&metadata))
    };
    ["facts.db", "text"].map(number).to_vec()
}

#[cfg(unix)]
fn inode(metadata: &fs::Metadata) -> u64 {
    std::os::unix::fs::MetadataExt::ino(metadata)
}

#[cfg(not(unix))]
fn inode(_: &fs::Metadata) -> u64 {
    0
}

/// What was found, without scores: they depend on how the index is cut into parts.
fn found(run: &Run) -> Vec<String> {
    let json = run.json();
    let all = json["hits"].as_array().or_else(|| json["postmortems"].as_array()).expect("there is a list");
    let mut found: Vec<String> =
        all.iter().map(|one| format!("{} {} {}", one["path"], one["severity"], one["start"])).collect();
    found.sort();
    found
}
