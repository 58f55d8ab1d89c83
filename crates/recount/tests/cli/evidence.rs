//! Evidence into a postmortem and what becomes of it: `draft`, `import`, `candidates`, `take`,
//! `dismiss`, `evidence`.

use std::fs;

use serde_json::{Value, json};

use crate::harness::{Folder, Run, folder_named, repository};

const PATH: &str = "postmortems/2026/INC-0001-cards-refused.md";
/// A merge, a deploy's revert and a plain commit, in a zone seven hours behind UTC.
const GIT_LOG: &str = "\
aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa1\tAna Li\t2026-11-20T08:31:10-07:00\tGitHub\t2026-11-20T08:31:10-07:00\tbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb2 ccccccccccccccccccccccccccccccccccccccc3\tMerge pull request #42 from shop/revert-pool
ccccccccccccccccccccccccccccccccccccccc3\tAna Li\t2026-11-20T08:29:00-07:00\tAna Li\t2026-11-20T08:29:00-07:00\tbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb2\tRevert \"Halve the connection pool\"
bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb2\tBen Roth\t2026-11-20T06:58:00-07:00\tGitHub\t2026-11-20T06:58:00-07:00\tddddddddddddddddddddddddddddddddddddddd4 eeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeee5\tMerge pull request #41 from shop/pool
eeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeee5\tBen Roth\t2026-11-20T06:40:00-07:00\tBen Roth\t2026-11-20T06:40:00-07:00\tddddddddddddddddddddddddddddddddddddddd4\tTidy a comment
";

fn slack_time(text: &str) -> String {
    let at: jiff::Timestamp = format!("2026-11-20T{text}Z").parse().expect("a time");
    format!("{}.000100", at.as_second())
}

fn message(at: &str, user: &str, text: &str) -> Value {
    json!({ "type": "message", "user": user, "text": text, "ts": slack_time(at) })
}

/// One channel-day of a chat export: a marked message, one with a token in a link, talk, and a join.
fn write_slack(folder: &Folder) {
    folder.write(
        "slack/channels.json",
        json!([{ "id": "C1", "name": "ops", "members": ["U1", "U2"] }]).to_string(),
    );
    let users = json!([
        { "id": "U1", "name": "ana", "real_name": "Ana Li", "profile": { "display_name": "ana" } },
        { "id": "U2", "name": "ben", "real_name": "Ben Roth", "profile": { "display_name": "ben" } },
    ]);
    folder.write("slack/users.json", users.to_string());
    let mut marked = message("14:05:00", "U1", "Card payments fail &amp; the pool is exhausted");
    marked["reactions"] = json!([{ "name": "memo", "users": ["U2"], "count": 1 }]);
    let mut shared =
        message("14:20:00", "U2", "dump is at <https://files.example.org/heap.bin?token=s3cr3tS3cr3tS3cr3t>");
    shared["reactions"] = json!([{ "name": "pushpin", "users": ["U1"], "count": 1 }]);
    let mut join = message("14:06:00", "U2", "<@U2> has joined the channel");
    join["subtype"] = "channel_join".into();
    let day = json!([marked, join, message("14:07:00", "U2", "lunch was good though"), shared]);
    folder.write("slack/ops/2026-11-20.json", day.to_string());
}

/// A library with a postmortem that was drafted from the git log.
fn drafted() -> (Folder, Run) {
    let folder = Folder::library();
    folder.write("shop.gitlog.tsv", GIT_LOG);
    let run = folder.recount(&["draft", "Cards refused", "shop.gitlog.tsv"]).is(0);
    (folder, run)
}

fn rows(text: &str) -> Vec<&str> {
    text.lines().filter(|line| line.starts_with("| 20")).collect()
}

#[test]
fn a_draft_from_a_git_log_has_rows_in_utc_and_tells_what_it_did() {
    let (folder, run) = drafted();
    assert!(run.out.starts_with(&format!("{PATH}\n3 rows added to the timeline\n")), "{}", run.out);
    assert!(
        run.out.contains("\n1 event left out of the timeline: `recount candidates INC-0001`\n"),
        "{}",
        run.out
    );
    assert!(run.err.starts_with("`shop.gitlog.tsv`: git-log, 4 events\n"), "{}", run.err);
    let text = folder.read(PATH);
    let rows = rows(&text);
    let evidence = folder
        .files("postmortems")
        .into_iter()
        .find(|file| file.contains("001-git-log"))
        .expect("it is frozen");
    let link = evidence.strip_prefix("postmortems/2026/").expect("it lies beside the document");
    assert_eq!(rows.len(), 3, "{rows:#?}");
    assert!(
        rows[0].starts_with("| 2026-11-20 13:58 | Ben Roth | Merged #41 from shop/pool |")
            || rows[0].starts_with("| 2026-11-20 13:58:00 | Ben Roth | Merged #41 from shop/pool |"),
        "{rows:#?}"
    );
    assert!(rows[2].contains("15:31:10 | Ana Li | Merged #42"), "{rows:#?}");
    assert!(rows.iter().all(|row| row.contains(&format!("({link}#git:"))), "{rows:#?}");
    folder.recount(&["check"]).is(0);
    folder.recount(&["fmt", "--check"]).is(0);
    let run = folder.recount(&["check", "--format", "short"]).is(0);
    assert!(!run.out.contains("broken-link"), "the rows link to frozen evidence that is there: {}", run.out);
}

#[test]
fn the_same_evidence_again_adds_nothing_and_rows_stay_as_people_left_them() {
    let (folder, _) = drafted();
    let text = folder.read(PATH);
    let [first, second, _] = rows(&text)[..] else { panic!("{text}") };
    let edited = text
        .replace(first, &first.replace("Merged #41 from shop/pool", "Halved the pool"))
        .replace(&format!("{second}\n"), "");
    folder.write(PATH, &edited);
    let before = folder.files("");
    let run = folder.recount(&["import", "1", "shop.gitlog.tsv"]).is(0);
    assert!(run.out.starts_with("0 rows added to the timeline\n"), "{}", run.out);
    assert_eq!(folder.read(PATH), edited);
    assert_eq!(folder.files(""), before);
    // A later export holds the old events and one more.
    let later = "fffffffffffffffffffffffffffffffffffffff6\tAna Li\t2026-11-20T09:00:00-07:00\tGitHub\t2026-11-20T09:00:00-07:00\taaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa1 9999999999999999999999999999999999999997\tMerge pull request #43 from shop/alert\n";
    folder.write("shop.gitlog.tsv", format!("{later}{GIT_LOG}"));
    let run = folder.recount(&["import", "1", "shop.gitlog.tsv"]).is(0);
    assert!(run.out.starts_with("1 row added to the timeline\n"), "{}", run.out);
    let text = folder.read(PATH);
    let rows = rows(&text);
    assert_eq!(rows.len(), 3, "the deleted row stays deleted: {rows:#?}");
    assert!(rows[0].contains("Halved the pool") && rows[2].contains("Merged #43"), "{rows:#?}");
}

#[test]
fn a_draft_that_was_killed_half_way_is_repaired_by_the_next_import() {
    let (whole, _) = drafted();
    let document = whole.read(PATH);
    let evidence: Vec<(String, String)> = whole
        .files("postmortems")
        .into_iter()
        .filter(|file| file.contains(".evidence/"))
        .map(|file| (file.clone(), whole.read(&file)))
        .collect();
    let is_ledger = |file: &str| file.ends_with("ledger.jsonl");
    assert!(evidence.len() == 2 && evidence.iter().any(|(file, _)| is_ledger(file)), "{evidence:#?}");
    // Killed before the evidence, before the document and before the ledger.
    for (frozen, written) in [(false, false), (true, false), (true, true)] {
        let folder = Folder::library();
        folder.write("shop.gitlog.tsv", GIT_LOG);
        folder.recount(&["new", "Cards refused"]).is(0);
        if frozen {
            for (file, text) in evidence.iter().filter(|(file, _)| !is_ledger(file)) {
                folder.write(file, text);
            }
        }
        if written {
            folder.write(PATH, &document);
        }
        for _ in 0..2 {
            folder
                .recount(&[
                    "import",
                    "1",
                    "shop.gitlog.tsv",
                    "--from",
                    "2026-11-20 00:00",
                    "--to",
                    "2026-11-21 00:00",
                ])
                .is(0);
            let case = format!("frozen: {frozen}, written: {written}");
            assert_eq!(folder.read(PATH), document, "{case}");
            for (file, text) in evidence.iter().filter(|(file, _)| is_ledger(file)) {
                let mut lines: Vec<_> = text.lines().collect();
                let now = folder.read(file);
                let mut now: Vec<_> = now.lines().collect();
                lines.sort_unstable();
                now.sort_unstable();
                assert_eq!(now, lines, "{case}");
            }
        }
    }
}

#[test]
fn candidates_are_taken_or_dismissed_one_by_one() {
    let folder = Folder::library();
    write_slack(&folder);
    folder.write("shop.gitlog.tsv", GIT_LOG);
    folder.recount(&["draft", "Cards refused", "slack", "shop.gitlog.tsv"]).is(0);
    let candidates = || {
        let run = folder.recount(&["candidates", "1", "--format", "json"]).is(0).json();
        run["candidates"].as_array().expect("a list").clone()
    };
    let found = candidates();
    let actions: Vec<&str> = found.iter().filter_map(|event| event["action"].as_str()).collect();
    assert_eq!(actions, ["Tidy a comment", "lunch was good though"]);
    let [commit, lunch] = [0, 1].map(|at| found[at]["id"].as_str().expect("events have IDs").to_owned());
    let run = folder.recount(&["candidates", "1", "--grep", "no such words"]).is(0);
    assert_eq!(run.err, "no candidate holds `no such words`\n");
    let run = folder.recount(&["candidates", "1", "--grep", "LUNCH"]).is(0);
    assert!(run.out.contains(&lunch) && !run.out.contains(&commit), "{}", run.out);
    folder.recount(&["take", "1", &commit]).is(0);
    assert!(folder.read(PATH).contains("| Tidy a comment |"));
    folder.recount(&["dismiss", "1", &lunch]).is(0);
    assert_eq!(candidates(), Vec::<Value>::new());
    let run = folder.recount(&["candidates", "1"]).is(0);
    assert_eq!(run.err, "the evidence holds nothing that was not taken or dismissed\n");
    // Not even the same evidence brings them back.
    folder.recount(&["import", "1", "slack"]).is(0);
    assert_eq!(candidates(), Vec::<Value>::new());
    folder.recount(&["take", "1", "nothing"]).refuses(
        "the evidence of `1` has no event `nothing`",
        "`recount candidates 1` lists what was not taken",
    );
}

#[test]
fn chat_comes_in_by_its_marks_without_noise_and_without_secrets() {
    let folder = Folder::library();
    folder.write("recount.toml", "[[people]]\nhandle = \"@ana\"\nname = \"Ana Li\"\nslack = \"U1\"\n");
    write_slack(&folder);
    let run = folder.recount(&["draft", "Cards refused", "slack"]).is(0);
    assert!(run.err.contains("(left out: 1 × join or leave)"), "{}", run.err);
    let text = folder.read(PATH);
    let rows = rows(&text);
    assert_eq!(rows.len(), 2, "{rows:#?}");
    assert!(
        rows[0].contains("14:05")
            && rows[0].contains("| @ana | Card payments fail & the pool is exhausted |"),
        "{rows:#?}"
    );
    for file in folder.files("postmortems") {
        assert!(!folder.read(&file).contains("s3cr3t"), "the token is in {file}");
    }
    assert!(rows[1].contains("REDACTED"), "{rows:#?}");
}

#[test]
fn evidence_is_listed_and_purged_when_said_twice() {
    let (folder, _) = drafted();
    let run = folder.recount(&["evidence", "list", "1"]).is(0);
    let line = run.out.lines().find(|line| line.contains("git-log")).unwrap_or("");
    assert!(
        line.contains(".jsonl  shop.gitlog.tsv") && line.ends_with(" 4 events, 3 in the timeline"),
        "{}",
        run.out
    );
    let begins: Vec<_> = run.out.lines().map(|line| line.find(" event")).collect();
    assert!(begins.windows(2).all(|two| two[0] == two[1]), "{}", run.out);
    let run = folder.recount(&["evidence", "purge", "1"]).is(2);
    assert!(run.err.ends_with("hint: say `--yes` to do it\n"), "{}", run.err);
    assert!(folder.files("postmortems").len() > 1);
    let run = folder.recount(&["evidence", "purge", "1", "--yes"]).is(0);
    assert!(run.err.contains("3 rows of the timeline link to what is gone"), "{}", run.err);
    let left = folder.files("postmortems");
    assert!(left.len() == 2 && left.iter().any(|file| file.ends_with("/ledger.jsonl")), "{left:?}");
    let run = folder.recount(&["evidence", "list", "1"]).is(0);
    assert_eq!(run.err, "nothing is frozen for `1`\n");
    for args in [&["evidence", "purge", "1"][..], &["evidence", "purge", "1", "--yes"]] {
        let run = folder.recount(args).is(0);
        assert_eq!(run.err, "nothing is frozen for `1`\n");
    }
}

#[test]
fn the_original_of_an_adopted_postmortem_is_kept_and_purge_says_so() {
    let folder = Folder::library();
    folder.write("old one.md", "# Search was down on 2026-05-04\n\n## Impact\n\nNobody found anything.\n");
    folder.recount(&["adopt", "old one.md"]).is(0);
    let run = folder.recount(&["evidence", "purge", "1", "--yes"]).is(0);
    assert!(run.err.contains("old one.md` is kept: the original"), "{}", run.err);
    assert!(folder.files("postmortems").iter().any(|file| file.ends_with("old one.md")));
}

#[test]
fn purged_evidence_that_comes_in_again_leaves_rows_as_people_left_them() {
    let (folder, _) = drafted();
    let text = folder.read(PATH);
    let [first, second, _] = rows(&text)[..] else { panic!("{text}") };
    let edited = text
        .replace(first, &first.replace("Merged #41 from shop/pool", "Halved the pool"))
        .replace(&format!("{second}\n"), "");
    folder.write(PATH, &edited);
    folder.recount(&["evidence", "purge", "1", "--yes"]).is(0);
    folder.recount(&["import", "1", "shop.gitlog.tsv"]).is(0);
    assert_eq!(folder.read(PATH), edited);
}

#[test]
fn a_refused_input_leaves_nothing_of_the_others_and_a_thread_or_channel_that_is_not_there_is_named() {
    let folder = Folder::library();
    write_slack(&folder);
    folder.write("shop.gitlog.tsv", GIT_LOG);
    let before = folder.files("");
    let run = folder.recount(&["draft", "Cards refused", "slack", "--thread", "nope"]).is(2);
    assert!(run.err.contains("the evidence has no thread `nope`"), "{}", run.err);
    let run = folder.recount(&["draft", "Cards refused", "slack", "--channel", "nope"]).is(2);
    assert!(run.err.contains("nothing was read from the channel `nope`"), "{}", run.err);
    assert!(run.err.contains("hint: the export has `ops`"), "{}", run.err);
    let after: Vec<_> = folder.files("").into_iter().filter(|file| !file.starts_with(".recount/")).collect();
    assert_eq!(after, before);
    folder.recount(&["draft", "Cards refused", "shop.gitlog.tsv"]).is(0);
    let (text, files) = (folder.read(PATH), folder.files(""));
    folder.recount(&["import", "1", "slack", "--thread", "nope"]).is(2);
    assert_eq!((folder.read(PATH), folder.files("")), (text, files));
}

#[test]
fn evidence_that_cannot_be_read_leaves_nothing_half_made() {
    let folder = Folder::library();
    folder.write("notes.txt", "nothing of a log\n");
    folder.write("shop.gitlog.tsv", GIT_LOG);
    folder.recount(&["draft", "Cards refused", "notes.txt"]).refuses(
        "`notes.txt` is not read: it is of no source that is known",
        "name one with `--source` (`recount import --help` lists them), or say with `--map` which column or key holds what",
    );
    let run = folder.recount(&["draft", "Cards refused", "shop.gitlog.tsv", "missing.tsv"]).is(2);
    assert!(
        run.err.ends_with("error: `missing.tsv` cannot be read: No such file or directory\n"),
        "{}",
        run.err
    );
    let run = folder.recount(&["draft", "Cards refused", "shop.gitlog.tsv", "--source", "gitlog"]).is(2);
    assert!(
        run.err.contains("'gitlog'") && run.err.contains("similar value exists: 'git-log'"),
        "{}",
        run.err
    );
    for (args, sentence) in [
        (["--zone", "Mars"], "there is no time zone `Mars`"),
        (["--from", "noon"], "`noon` of `--from` is not a time"),
    ] {
        let run = folder.recount(&[&["draft", "Cards refused", "shop.gitlog.tsv"][..], &args].concat()).is(2);
        assert!(run.err.contains(&format!("error: {sentence}\nhint: ")), "{}", run.err);
    }
    assert_eq!(folder.files("postmortems"), Vec::<String>::new());
}

#[test]
fn evidence_without_a_single_event_makes_no_postmortem() {
    let folder = Folder::library();
    folder.write("damaged.tsv", "not-a-hash\tAna\t2026-11-20T08:31:10-07:00\tAna\tsoon\t\tsubject\n");
    let run = folder.recount(&["draft", "Cards refused", "damaged.tsv", "--source", "git-log"]).is(2);
    assert!(run.err.contains("warning: skipped"), "{}", run.err);
    let refused = "error: no event could be read: 1 record skipped\nhint: the warnings above say why; `--source NAME` reads it as another. Nothing was written\n";
    assert!(run.err.ends_with(refused), "{}", run.err);

    folder.write("none.json", "{\"status\":\"success\",\"data\":{\"resultType\":\"matrix\",\"result\":[]}}");
    let run = folder.recount(&["draft", "Cards refused", "none.json", "--source", "prometheus"]).is(2);
    let refused = "error: the evidence has no event, so no postmortem was made of it\nhint: `recount new TITLE` makes a postmortem without evidence\n";
    assert!(run.err.ends_with(refused), "{}", run.err);

    folder.write("shop.gitlog.tsv", GIT_LOG);
    let later = ["draft", "Cards refused", "shop.gitlog.tsv", "--from", "2026-11-22 00:00"];
    let run = folder.recount(&later).is(2);
    assert!(run.err.contains("outside of the hours that were read"), "{}", run.err);
    assert_eq!(folder.files("postmortems"), Vec::<String>::new());

    // What there is beside it is worth having.
    folder.recount(&["draft", "Cards refused", "shop.gitlog.tsv", "none.json"]).is(0);
}

#[test]
fn a_repository_is_read_for_the_hours_of_the_incident() {
    let folder = Folder::library();
    let repository = Folder::empty();
    repository.git(&["init", "--quiet", "--initial-branch=main"]);
    for (day, subject) in
        [("2026-11-18", "Long before"), ("2026-11-20", "Revert \"Halve the connection pool\"")]
    {
        repository.git(&[
            "commit",
            "--quiet",
            "--allow-empty",
            "--message",
            subject,
            "--date",
            &format!("{day}T15:00:00+01:00"),
        ]);
    }
    let path = repository.root().display().to_string();
    let run = folder.recount(&["draft", "Cards refused", &path]).is(2);
    assert!(
        run.err.ends_with(
            "hint: give `--from` and `--to`, or the start time (`draft --start`, or in the document)\n"
        ),
        "{}",
        run.err
    );
    assert_eq!(folder.files("postmortems"), Vec::<String>::new());
    // Commits are made now, whatever their author date says; the window is about when they came in.
    folder
        .recount(&["draft", "Cards refused", &path, "--from", "2020-01-01 00:00", "--to", "2090-01-01 00:00"])
        .is(0);
    // A chat that says when it was decides the hours, wherever it stands among the inputs.
    write_slack(&folder);
    let run = folder.recount(&["draft", "Cards refused again", &path, "slack"]).is(0);
    assert!(run.err.contains(": git-log, 0 events"), "{}", run.err);
}

#[test]
fn the_real_git_log_gives_utc_instants() {
    let Some(evidence) = folder_named("RECOUNT_EVIDENCE") else { return };
    let folder = Folder::library();
    let log = evidence.join("git/2017-10-17.gitlog.tsv").display().to_string();
    let run = folder.recount(&["draft", "Cluster full", &log]).is(0);
    let path = "postmortems/2017/INC-0001-cluster-full.md";
    assert!(run.out.starts_with(path), "{}", run.out);
    let text = folder.read(path);
    let rows = rows(&text);
    assert!(
        rows.iter().any(|row| row.starts_with("| 2017-10-17 18:14:00 | ")),
        "11:14 local is 18:14 UTC: {rows:#?}"
    );
    assert!(rows.iter().all(|row| row.starts_with("| 2017-10-17 1")), "{rows:#?}");
    let before = folder.read(path);
    folder.recount(&["import", "1", &log]).is(0);
    assert_eq!(folder.read(path), before);
}

#[test]
fn the_real_chat_export_imports_without_loss_and_once() {
    let Some(evidence) = folder_named("RECOUNT_EVIDENCE") else { return };
    let folder = Folder::library();
    let copy = |from: &str, to: &str| {
        folder.write(to, fs::read(evidence.join(from)).expect("the evidence is there"));
    };
    copy("slack/houston_get_feedback_2016-05-06.json", "export/get_feedback/2016-05-06.json");
    copy("slack/houston_users.stripped.json", "export/users.json");
    let run = folder.recount(&["draft", "Feedback", "export"]).is(0);
    assert!(
        run.err
            .contains("`export`: slack-export, 47 events (left out: 1 × housekeeping, 6 × join or leave)\n"),
        "47 and 7 are all 54: {}",
        run.err
    );
    assert!(!run.err.contains("skipped"), "{}", run.err);
    let before: Vec<_> = folder.files("postmortems").iter().map(|file| folder.read(file)).collect();
    assert!(before.iter().all(|text| !text.contains("t=xox") && !text.contains("pub_secret=")));
    folder.recount(&["import", "1", "export"]).is(0);
    let after: Vec<_> = folder.files("postmortems").iter().map(|file| folder.read(file)).collect();
    assert_eq!(before, after);
}

#[test]
fn a_table_is_read_as_the_command_line_or_the_configuration_says() {
    let folder = Folder::library();
    let config = folder.read("recount.toml");
    let mapping = "[evidence.mappings.deploys]\nfiles = \"deploys-*.csv\"\nzone = \"Europe/Berlin\"\ntime = \"wann\"\nactor = \"wer\"\naction = \"Deployed {was} {version}\"\nkind = \"deploy\"\n";
    folder.write("recount.toml", format!("{config}\n{mapping}"));
    let rows_of = "wann,wer,was,version\n2026-11-20 15:02:05,Ana Li,shop,v42\n";
    folder.write("deploys-2026.csv", rows_of);
    folder.write("other.csv", rows_of);

    // By the name of the file, by the name of the mapping, and by what is said here.
    folder.recount(&["draft", "Cards refused", "deploys-2026.csv"]).is(0);
    let text = folder.read(PATH);
    assert!(rows(&text)[0].starts_with("| 2026-11-20 14:02:05 | Ana Li | Deployed shop v42 |"), "{text}");
    let again = folder.recount(&["import", "1", "other.csv", "--map", "deploys"]).is(0);
    assert!(again.out.starts_with("0 rows added"), "{}", again.out);
    let spelled = "time=wann,actor=wer,action=Deployed {was} {version},kind=deploy";
    let again =
        folder.recount(&["import", "1", "other.csv", "--map", spelled, "--zone", "Europe/Berlin"]).is(0);
    assert!(again.out.starts_with("0 rows added") && again.err.contains("table, 1 event"), "{}", again.err);

    for (map, sentence, hint) in [
        ("tiem=wann", "there is no field `tiem` to map to", "did you mean `time`?"),
        ("deploy", "`recount.toml` has no mapping `deploy`", "did you mean `deploys`?"),
    ] {
        folder.recount(&["import", "1", "other.csv", "--map", map]).refuses(sentence, hint);
    }
    folder
        .recount(&["import", "1", "other.csv", "--map", "time=wnn,action=was"])
        .refuses("there is no column or key `wnn` in `other.csv`", "did you mean `wann`?");

    // In a folder, each file has the mapping that is for its name; what has none is read by its bytes.
    folder.write("mixed/2026/deploys-old.csv", "wann,wer,was,version\n2026-11-20 15:09:05,Ana Li,shop,v43\n");
    folder.write("mixed/shop.gitlog.tsv", GIT_LOG);
    let both = folder.recount(&["import", "1", "mixed"]).is(0);
    assert!(both.err.contains("table, 1 event") && both.err.contains("git-log, 4 events"), "{}", both.err);
    let text = folder.read(PATH);
    assert!(text.contains("| 2026-11-20 14:09:05 | Ana Li | Deployed shop v43 |"), "{text}");
    folder.write("mixed/2026/deploys-bad.csv", "when,who\n2026-11-20 15:09:05,Ana Li\n");
    folder
        .recount(&["import", "1", "mixed"])
        .refuses("there is no column or key `was` in `deploys-bad.csv`", "there are `when`, `who`");
}

#[test]
fn a_calendar_tells_who_was_on_call_in_the_hours_that_other_evidence_gives() {
    let folder = Folder::library();
    folder.write("shop.gitlog.tsv", GIT_LOG);
    let shift = "BEGIN:VEVENT\nUID:r1\nSUMMARY:On Call - Ana Li - Shop\nDTSTART:20261102T090000Z\nDTEND:20261109T090000Z\nRRULE:FREQ=WEEKLY;INTERVAL=2\nEND:VEVENT\n";
    folder.write("oncall.ics", format!("BEGIN:VCALENDAR\n{shift}END:VCALENDAR\n"));
    folder.recount(&["draft", "Cards refused", "oncall.ics", "shop.gitlog.tsv"]).is(0);
    let run = folder.recount(&["candidates", "1", "--grep", "call"]).is(0);
    assert!(run.out.contains("On call: Ana Li (Shop), since 2026-11-16 09:00 UTC"), "{}", run.out);
}

#[test]
fn the_table_of_the_book_is_read_as_the_book_says() {
    let book = fs::read_to_string(repository().join("docs/evidence.md")).expect("it is there");
    let block = |language: &str| {
        let (_, rest) = book.split_once(&format!("```{language}\n")).expect("the example is there");
        rest.split("```").next().unwrap_or_default().to_owned()
    };
    let folder = Folder::library();
    folder.write("deploys-2026.csv", block("csv"));
    let (_, command) = book.split_once("--map '").expect("the command is there");
    let map = command.split('\'').next().unwrap_or_default();
    folder
        .recount(&["draft", "Cards refused", "deploys-2026.csv", "--zone", "Europe/Berlin", "--map", map])
        .is(0);
    let text = folder.read(PATH);
    assert_eq!(rows(&text).len(), 2, "{text}");
    assert!(rows(&text)[0].starts_with("| 2026-11-20 14:02 | Ana Li | Deployed shop v42 | done"), "{text}");

    // The same in the configuration adds nothing: the rows have the same names.
    folder.write("recount.toml", format!("{}\n{}", folder.read("recount.toml"), block("toml")));
    let again = folder.recount(&["import", "1", "deploys-2026.csv"]).is(0);
    assert!(again.out.starts_with("0 rows added"), "{}", again.out);
}

#[test]
fn a_timeline_in_local_time_under_utc_is_found_by_its_evidence() {
    let folder = Folder::library();
    folder.write(
        "log.tsv",
        "8e0d6c974aaa71c3813325d1b493daecd26ead9d\tAna\t2026-10-17T11:15:07-07:00\tGitHub\t2026-10-17T11:15:07-07:00\t\tRevert the cache\n\
         9a6d562fdfe241de67201311e417c02288e5a691\tBo\t2026-10-17T10:47:04-07:00\tGitHub\t2026-10-17T10:47:04-07:00\t\tRaise the pool\n",
    );
    folder.recount(&["draft", "Pool exhausted", "log.tsv"]).is(0);
    let path = "postmortems/2026/INC-0001-pool-exhausted.md";
    let text = folder.read(path);
    let run = folder.recount(&["check", path]);
    assert!(!run.out.contains("zone-shift"), "{}", run.out);
    // A person rewrites the rows in the clock on the wall.
    let table = text.lines().position(|line| line.starts_with("| Time")).expect("the timeline");
    let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
    lines.retain(|line| !line.starts_with("| 2026-10-17"));
    lines.insert(table + 2, "| 2026-10-17 10:47 | Bo | Raised the pool | `9a6d562f` |".into());
    lines.insert(table + 3, "| 2026-10-17 11:15 | Ana | Reverted the cache | `8e0d6c97` |".into());
    folder.write(path, lines.join("\n") + "\n");
    let run = folder.recount(&["check", path]);
    assert!(run.out.contains("zone-shift") && run.out.contains("7h earlier"), "{}{}", run.out, run.err);
}
