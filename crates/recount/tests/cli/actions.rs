//! `actions`, `recurrence`, and what other commands tell of promises.

use std::process::{Child, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use recount_store::Library;
use snapbox::{assert_data_eq, str};

use crate::harness::{Folder, kills, moment_of_kill};

const DRAFT: &str = "postmortems/2026/INC-0001-checkout-refused-cards.md";

/// A library with a draft that has three action items.
fn with_items() -> Folder {
    let folder = Folder::library();
    folder.recount(&["new", "Checkout refused cards"]).is(0);
    folder.replace(
        DRAFT,
        "| P0 | | | | | |\n| P1 | | | | | |\n| P2 | | | | | |\n",
        "| P0 | Limit the pool | @ana | 2026-12-01 | Open | The pool stays small |\n\
         | P1 | Tell people \\| teams | @bo | 2026-12-11 | Done 2026-11-20: PR #12 | A drill |\n\
         | P2 | Write it down | | | | |\n",
    );
    folder
}

/// The names of the items that a listing holds.
fn names(folder: &Folder, args: &[&str]) -> Vec<String> {
    let answer = folder.recount(&[&["actions", "--format", "json"], args].concat()).is(0).json();
    let items = answer["items"].as_array().expect("there is a list").clone();
    items.iter().map(|item| item["name"].as_str().expect("each has a name").to_owned()).collect()
}

#[test]
fn what_is_owed_is_listed_with_the_most_overdue_first() {
    let folder = Folder::examples();
    let run = folder.recount(&["actions"]).is(0);
    assert_data_eq!(
        run.out,
        str![[r#"
 Item        Pri  Status       Due         Late  Age   Owner          Action item
 INC-0001#2  P1   Open         2025-02-12  649d  678d  @davi          Move the remaining 31…
 INC-0004#2  P2   Open         2025-08-29  451d  522d                 Improve error handling in th…
 INC-0004#3  P2   Open         2025-09-12  437d  522d  @ingrid        Investigate queue ordering
 INC-0012#2  P1   In progress  2026-07-10  136d  163d  @ana           Compare the sum of each orde…
 INC-0012#3  P2   Open         2026-08-28  87d   163d  team-payments  Review all flags with…
 INC-0014#1  P1   In progress  2026-11-04  19d   49d   @davi          Refuse a rota with an…
 INC-0015#1  P0   In progress  2026-11-26        11d   @davi          Move venue-webhooks and the…
 INC-0014#2  P1   Open         -                 49d                  Second escalation step to…
 INC-0015#2  P1   Open         -                 11d                  alert

"#]]
    );
    assert_data_eq!(
        run.err,
        str![[r#"
9 action items, 6 overdue, 2 without a due date

"#]]
    );
}

#[test]
fn items_can_be_grouped() {
    let folder = Folder::examples();
    assert_data_eq!(
        folder.recount(&["actions", "--by", "owner"]).is(0).out,
        str![[r#"
 Item        Pri  Status       Due         Late  Age   Owner          Action item

 @ana: 1, 1 overdue
 INC-0012#2  P1   In progress  2026-07-10  136d  163d  @ana           Compare the sum of each orde…

 @davi: 3, 2 overdue
 INC-0001#2  P1   Open         2025-02-12  649d  678d  @davi          Move the remaining 31…
 INC-0014#1  P1   In progress  2026-11-04  19d   49d   @davi          Refuse a rota with an…
 INC-0015#1  P0   In progress  2026-11-26        11d   @davi          Move venue-webhooks and the…

 @ingrid: 1, 1 overdue
 INC-0004#3  P2   Open         2025-09-12  437d  522d  @ingrid        Investigate queue ordering

 team-payments: 1, 1 overdue
 INC-0012#3  P2   Open         2026-08-28  87d   163d  team-payments  Review all flags with…

 nobody: 3, 1 overdue
 INC-0004#2  P2   Open         2025-08-29  451d  522d                 Improve error handling in th…
 INC-0014#2  P1   Open         -                 49d                  Second escalation step to…
 INC-0015#2  P1   Open         -                 11d                  alert

"#]]
    );
    for (by, first) in [
        ("priority", "P0: 1"),
        ("service", "checkout: 3, 3 overdue"),
        ("incident", "INC-0001  Card payments declined after the vault certificate expired: 1, 1 overdue"),
        ("status", "in-progress: 3, 2 overdue"),
    ] {
        let run = folder.recount(&["actions", "--by", by]).is(0);
        let headings: Vec<&str> =
            run.out.lines().filter(|line| line.starts_with(' ') && line.contains(": ")).collect();
        assert_eq!(headings[0].trim(), first);
    }
}

#[test]
fn filters_are_of_items_and_of_their_postmortems() {
    let folder = Folder::examples();
    for (args, expected) in [
        (vec!["--owner", "@davi"], vec!["INC-0001#2", "INC-0014#1", "INC-0015#1"]),
        (vec!["--owner", "Davi Nunes", "--overdue"], vec!["INC-0001#2", "INC-0014#1"]),
        (vec!["--owner", "team-payments"], vec!["INC-0012#2", "INC-0012#3"]),
        (vec!["--priority", "p0"], vec!["INC-0015#1"]),
        (vec!["--severity", "Sev1", "--after", "2026"], vec!["INC-0012#2", "INC-0012#3"]),
        (vec!["--due-after", "2026-11", "--due-before", "2026-12-01"], vec!["INC-0014#1", "INC-0015#1"]),
        (vec!["--status", "in-progress", "--service", "identity"], vec!["INC-0014#1"]),
        (vec!["--status", "Won't do"], vec!["INC-0003#3", "INC-0006#3"]),
        (vec!["--unverified", "--incident", "INC-0013"], vec!["INC-0013#4", "INC-0013#5"]),
        (vec!["--unverified", "--incident", "13"], vec!["INC-0013#4", "INC-0013#5"]),
        (vec!["--all", "--incident", "inc-0012"], vec!["INC-0012#2", "INC-0012#3", "INC-0012#1"]),
        (
            vec!["--open", "--stage", "draft", "--priority", "P1"],
            vec!["INC-0014#1", "INC-0014#2", "INC-0015#2"],
        ),
        (vec!["--owner", "@nobody"], vec![]),
    ] {
        let mut found = names(&folder, &args);
        let mut expected: Vec<String> = expected.into_iter().map(str::to_owned).collect();
        if !args.contains(&"--all") {
            found.sort();
            expected.sort();
        }
        assert_eq!(found, expected, "{args:?}");
    }
    folder.recount(&["actions", "--open", "--all"]).is(2);
    // That nothing is owed, and that nobody is called so, are two things.
    for (args, expected) in [
        (vec!["--owner", "@davi", "--due-before", "2020"], "no action item is like that\n"),
        (
            vec!["--owner", "@nobody"],
            "warning: `@nobody` is no person or team of `recount.toml`, and owns no action item of any postmortem\n\
             no action item is like that\n",
        ),
        (
            vec!["--owner", "@davy"],
            "warning: `@davy` is no person or team of `recount.toml`, and owns no action item of any postmortem; \
             did you mean `@davi`?\nno action item is like that\n",
        ),
        (
            vec!["--service", "identiti"],
            "warning: `identiti` is no service of `recount.toml` nor of any postmortem; did you mean `identity`?\n\
             no action item is like that\n",
        ),
    ] {
        assert_eq!(folder.recount(&[&["actions"], &args[..]].concat()).is(0).err, expected);
    }
    let run = folder.recount(&["actions", "--incident", "INC-9999"]).is(2);
    assert!(run.err.starts_with("error: there is no postmortem `INC-9999` in this library\n"), "{}", run.err);
}

#[test]
fn what_breaks_the_policy_is_marked() {
    let folder = with_items();
    folder.recount(&["set", "1", "severity", "Sev1"]).is(0);
    folder.recount(&["set", "1", "start-time", "2026-10-01 10:00"]).is(0);
    folder.recount(&["set", "1", "end-time", "2026-10-01 12:00"]).is(0);
    let run = folder.recount(&["actions"]).is(0);
    assert_data_eq!(
        run.out,
        str![[r#"
 Item        Pri  Status  Due           Late  Age  Owner  Action item
 INC-0001#1  P0   Open    2026-12-01 !        53d  @ana   Limit the pool
 INC-0001#3  P2   Open    -                   53d         Write it down

"#]]
    );
    let answer = folder.recount(&["actions", "--format", "json"]).is(0).json();
    assert_eq!(
        answer["items"][0]["beyond_policy"],
        "it is due 2026-12-01; a P0 of a Sev1 is due within 14 days, by 2026-10-15"
    );
}

#[test]
fn a_calendar_feed_has_an_entry_on_each_due_date() {
    let folder = with_items();
    let run = folder.recount(&["actions", "--ics"]).is(0);
    assert_data_eq!(
        run.out.replace('\r', ""),
        str![[r#"
BEGIN:VCALENDAR
VERSION:2.0
PRODID:-//Recount//Action items//EN
CALSCALE:GREGORIAN
NAME:Action items
X-WR-CALNAME:Action items
REFRESH-INTERVAL;VALUE=DURATION:PT6H
X-PUBLISHED-TTL:PT6H
BEGIN:VEVENT
UID:tk6qbd@recount
DTSTAMP:20261123T100000Z
DTSTART;VALUE=DATE:20261201
DTEND;VALUE=DATE:20261202
SUMMARY:P0: Limit the pool (INC-0001#1)
DESCRIPTION:Limit the pool/nIncident: INC-0001/, Checkout refused cards/nOw
 ner: @ana/nStatus: Open
CATEGORIES:P0
TRANSP:TRANSPARENT
END:VEVENT
END:VCALENDAR

"#]]
    );
    // The comparison above takes one kind of slash for the other.
    assert!(
        run.out.contains("INC-0001\\, Checkout refused cards\\nOw\r\n ner: @ana\\nStatus: Open\r\n"),
        "{}",
        run.out
    );
    assert_eq!(run.err, "1 item without a due date: in no calendar\n");
    assert_eq!(folder.recount(&["actions", "--format", "ics"]).is(0).out, run.out);
    for line in run.out.split("\r\n") {
        assert!(line.len() <= 75 && !line.contains(['\r', '\n']), "{line}");
    }
}

#[test]
fn a_spreadsheet_has_a_row_for_each_item() {
    let folder = with_items();
    assert_data_eq!(
        folder.recount(&["actions", "--all", "--format", "csv"]).is(0).out,
        str![[r#"
name,id,incident,title,severity,services,priority,status,status_date,due,overdue_days,open_days,beyond_policy,owners,action,path
INC-0001#1,,INC-0001,Checkout refused cards,,,P0,open,,2026-12-01,,,,@ana,Limit the pool,postmortems/2026/INC-0001-checkout-refused-cards.md
INC-0001#3,,INC-0001,Checkout refused cards,,,P2,open,,,,,,,Write it down,postmortems/2026/INC-0001-checkout-refused-cards.md
INC-0001#2,,INC-0001,Checkout refused cards,,,P1,done,2026-11-20,2026-12-11,,,,@bo,Tell people | teams,postmortems/2026/INC-0001-checkout-refused-cards.md

"#]]
    );
}

#[test]
fn a_spreadsheet_runs_nothing_that_stands_in_an_item() {
    let folder = with_items();
    folder.replace(DRAFT, "| Limit the pool |", "| =HYPERLINK(\"https://example.com\",\"Pool\") |");
    let run = folder.recount(&["actions", "--format", "csv"]).is(0);
    assert!(run.out.contains(",@ana,\"'=HYPERLINK(\"\"https://"), "{}", run.out);
}

#[test]
fn stable_ids_are_those_that_the_calendar_had_and_change_nothing_else() {
    let (folder, branch) = (with_items(), with_items());
    let uids = |folder: &Folder| -> Vec<String> {
        let feed = folder.recount(&["actions", "--all", "--ics"]).is(0).out;
        feed.lines().filter_map(|line| line.strip_prefix("UID:")).map(str::to_owned).collect()
    };
    let (before, text) = (uids(&folder), folder.read(DRAFT));
    assert_eq!(folder.read(DRAFT), text, "reading writes nothing");
    let run = folder.recount(&["actions", "ids"]).is(0);
    assert_eq!((run.out.lines().count(), run.err.as_str()), (3, "3 stable IDs written\n"));
    assert_eq!(uids(&folder), before);
    let mut bare = folder.read(DRAFT);
    while let Some(start) = bare.find(" <!-- recount: id ") {
        let end = start + bare[start..].find("-->").expect("it is closed") + 3;
        bare.replace_range(start..end, "");
    }
    assert_eq!(bare, text);
    assert_eq!(folder.recount(&["actions", "ids"]).is(0).err, "every action item has a stable ID\n");
    // Another branch names them alike, whatever else it did.
    branch.recount(&["actions", "set", "1#1", "--owner", "@cy"]).is(0);
    branch.recount(&["actions", "ids", "INC-0001"]).is(0);
    assert_eq!(uids(&branch), before);
    // By its ID an item is found wherever it stands and whatever it says.
    let id = before[0].trim_end_matches("@recount");
    folder.replace(
        DRAFT,
        "| P0 | Limit the pool",
        "| P0 | Page somebody | @bo | | Open | |\n| P0 | Bound the pool",
    );
    let run = folder.recount(&["actions", "set", id, "--owner", "@dee"]).is(0);
    assert_eq!(run.out, "INC-0001#2  P0  Open  due 2026-12-01  @dee  Bound the pool\n");
    folder.recount(&["actions", "set", "zzzzzz", "--owner", "@dee"]).refuses(
        "`zzzzzz` names no action item of this library",
        "write it as `INC-0042#3`; `recount actions --all` lists all",
    );
}

#[test]
fn an_item_is_set_by_the_smallest_edit() {
    let original = with_items().read(DRAFT);
    for (args, old, new) in [
        (vec!["1#1", "--status", "done"], "| Open | The", "| Done 2026-11-23 | The"),
        (
            vec!["1#1", "--status", "Done", "--date", "2026-11-21", "--note", "PR #9"],
            "| Open | The",
            "| Done 2026-11-21: PR #9 | The",
        ),
        (vec!["1#1", "--status", "in-progress"], "| Open | The", "| In progress | The"),
        (
            vec!["1#1", "--status", "wont-do", "--reason", "superseded by INC-0051#2"],
            "| Open | The",
            "| Won't do 2026-11-23: superseded by INC-0051#2 | The",
        ),
        (vec!["INC-0001#1", "--due", "24 Dec 2026"], "| 2026-12-01 |", "| 2026-12-24 |"),
        (
            vec!["1#3", "--owner", "@cy", "--due", "2026-12-24"],
            "| Write it down | | |",
            "| Write it down | @cy | 2026-12-24 |",
        ),
        (vec!["1#1", "--priority", "p1"], "| P0 | Limit", "| P1 | Limit"),
        (vec!["1#1", "--plan", "a | b"], "| The pool stays small |", "| a \\| b |"),
        (
            vec!["1#2", "--status", "open", "--reason", "the drill failed"],
            "| Done 2026-11-20: PR #12 |",
            "| Open 2026-11-23: the drill failed |",
        ),
        (
            vec!["1#2", "--status", "verified", "--evidence", "https://ci.example/1", "--by", "@ana"],
            "| Done 2026-11-20: PR #12 | A drill |",
            "| Verified 2026-11-23 | A drill; verified by @ana 2026-11-23: <https://ci.example/1> |",
        ),
        (vec!["1#2", "--date", "2026-11-19"], "| Done 2026-11-20: PR #12 |", "| Done 2026-11-19: PR #12 |"),
        (vec!["1#2", "--note", ""], "| Done 2026-11-20: PR #12 |", "| Done 2026-11-20 |"),
    ] {
        let folder = with_items();
        folder.recount(&[&["actions", "set"], &args[..]].concat()).is(0);
        assert_eq!(folder.read(DRAFT), original.replacen(old, new, 1), "{args:?}");
        assert_ne!(folder.read(DRAFT), original, "{args:?}");
    }
}

#[test]
fn a_move_that_owes_a_reason_or_evidence_is_refused_without() {
    let folder = with_items();
    let before = folder.read(DRAFT);
    for (args, sentence, hint) in [
        (
            vec!["1#1", "--status", "wont-do"],
            "`Won't do` needs a reason",
            "give one, such as `superseded by INC-0051#2`; or use `--force`",
        ),
        (
            vec!["1#2", "--status", "open"],
            "action item #2 is `Done 2026-11-20: PR #12`, and taking that back needs a reason",
            "say why: whoever counted on it wants to know; or use `--force`",
        ),
        (
            vec!["1#2", "--status", "open", "--reason", "regressed"],
            "`regressed` is what a verification says that failed",
            "say what was seen in your own words; or use `--force`",
        ),
        (
            vec!["1#1", "--status", "verified"],
            "refused, because at stage `draft` this would be an error: action item #1 is `Verified`, and nothing shows it \
             (verified-without-evidence)",
            "add to its plan who saw what: `verified by @ana 2026-12-04: ` and a link; else set it to `Done`; or use `--force`",
        ),
        (
            vec!["1#1", "--status", "done", "--date", "2026-11-24"],
            "`2026-11-24` has not come yet",
            "a status says what is so; or use `--force`",
        ),
        (
            vec!["1#2", "--status", "verified", "--evidence", "x"],
            "`x` shows nobody that it works",
            "give a link, a file of the library, a commit, or a sentence that says what was seen; or use `--force`",
        ),
        (
            vec!["1#2", "--evidence", "/etc/hostname"],
            "`/etc/hostname` shows nobody that it works",
            "give a link, a file of the library, a commit, or a sentence that says what was seen; or use `--force`",
        ),
        (
            vec!["1#2", "--evidence", "looks fine"],
            "`looks fine` shows nobody that it works",
            "give a link, a file of the library, a commit, or a sentence that says what was seen; or use `--force`",
        ),
        (
            vec!["INC-0001#", "--status", "done"],
            "`INC-0001#` says no number of an action item",
            "write it as `INC-0001#3`; `recount actions --all` lists all with their numbers",
        ),
        (
            vec!["1#1"],
            "there is nothing to change",
            "say what: `--status`, `--due`, `--owner`, `--priority`, `--plan` or `--evidence`",
        ),
        (
            vec!["1#9", "--status", "done"],
            "there is no action item #9 in `postmortems/2026/INC-0001-checkout-refused-cards.md`: it has 3",
            "`recount actions --all` lists them with their numbers",
        ),
    ] {
        folder.recount(&[&["actions", "set"], &args[..]].concat()).refuses(sentence, hint);
        assert_eq!(folder.read(DRAFT), before, "{args:?}");
    }
    folder.recount(&["actions", "set", "1#1", "--status", "verified", "--force"]).is(0);
    folder.recount(&["actions", "set", "1#1", "--due", "12/04/2026"]).is(2);
    // Who acts is known to many commands, and asks for nothing.
    let mut command = folder.command(&["actions", "set", "1#1", "--owner", "@cy"]);
    command.env("RECOUNT_ACTOR", "@ana");
    folder.finish(command).is(0);
}

#[test]
fn nothing_was_done_about_an_incident_before_it_began() {
    let folder = with_items();
    folder.recount(&["set", "1", "start-time", "2026-11-19 23:30"]).is(0);
    let done = |date: &str| folder.recount(&["actions", "set", "1#1", "--status", "done", "--date", date]);
    done("2026-11-18").refuses(
        "`2026-11-18` is before the incident, which began on `2026-11-19`",
        "give the day on which the item came so far; or use `--force`",
    );
    done("2026-11-19").is(0);
}

#[test]
fn evidence_is_what_others_can_follow_and_the_same_command_writes_it_once() {
    let original = with_items().read(DRAFT);
    let file = "runbooks/pool.md";
    for evidence in [
        "https://ci.example/runs/9",
        "[the drill](https://ci.example/runs/9)",
        file,
        "4f1c2a9",
        "the pool stayed small in the drill | twice",
    ] {
        let folder = with_items();
        folder.write(file, "How the pool is kept small.\n");
        let args = ["actions", "set", "1#2", "--status", "verified", "--by", "@ana", "--evidence", evidence];
        folder.recount(&args).is(0);
        let once = folder.read(DRAFT);
        assert_ne!(once, original, "{evidence}");
        assert!(once.contains("A drill; verified by @ana 2026-11-23: "), "{once}");
        folder.recount(&args).is(0);
        assert_eq!(folder.read(DRAFT), once, "{evidence}");
        // The same on another day is no other evidence; what somebody else saw is.
        let mut tomorrow = folder.command(&args);
        tomorrow.env("RECOUNT_NOW", "2026-11-24T10:00:00Z");
        folder.finish(tomorrow).is(0);
        assert_eq!(folder.read(DRAFT), once, "{evidence}");
        folder.recount(&["actions", "set", "1#2", "--by", "@bo", "--evidence", evidence]).is(0);
        assert!(folder.read(DRAFT).contains("; verified by @bo 2026-11-23: "), "{evidence}");
    }
}

#[test]
fn the_name_that_a_calendar_shows_is_taken_before_the_ids_are_written() {
    let folder = with_items();
    let feed = folder.recount(&["actions", "--ics"]).is(0).out;
    let uid = feed.lines().find_map(|line| line.strip_prefix("UID:")).expect("there is an entry").trim();
    folder.recount(&["actions", "set", uid, "--owner", "@cy"]).is(0);
    assert!(folder.read(DRAFT).contains("| P0 | Limit the pool | @cy |"), "{}", folder.read(DRAFT));
    folder.recount(&["actions", "ids"]).is(0);
    folder.recount(&["actions", "set", uid, "--owner", "@bo"]).is(0);
    assert!(folder.read(DRAFT).contains("| @bo | 2026-12-01 |"), "{}", folder.read(DRAFT));
}

#[test]
fn one_bad_file_keeps_no_other_item_from_its_id() {
    let folder = with_items();
    folder.recount(&["new", "Cluster full"]).is(0);
    let broken = "postmortems/2026/INC-0002-cluster-full.md";
    folder.recount(&["actions", "add", "2", "Grow the cluster", "--priority", "P1", "--force"]).is(0);
    let text = folder.read(broken);
    folder
        .write(broken, text.replace("## Impact", "<<<<<<< ours\na\n=======\nb\n>>>>>>> theirs\n\n## Impact"));
    let run = folder.recount(&["actions", "ids"]).is(2);
    assert_eq!(folder.read(DRAFT).matches("<!-- recount: id ").count(), 3, "{}", run.err);
    assert!(run.err.contains("has a conflict of two branches"), "{}", run.err);
    assert!(run.err.ends_with("3 stable IDs written\n"), "{}", run.err);
    assert!(!folder.read(broken).contains("recount: id"));
}

#[test]
fn an_item_is_added_behind_those_of_its_priority() {
    let folder = with_items();
    let run = folder.recount(&[
        "actions",
        "add",
        "1",
        "Alert when 80 % | full",
        "--priority",
        "P1",
        "--owner",
        "@ana",
        "--due",
        "2026-12-09",
        "--plan",
        "It fires",
    ]);
    assert_eq!(run.is(0).out, "INC-0001#3  P1  Open  due 2026-12-09  @ana  Alert when 80 % \\| full\n");
    let line = "| P1 | Alert when 80 % \\| full | @ana | 2026-12-09 | Open | It fires |\n| P2 |";
    assert!(folder.read(DRAFT).contains(line), "{}", folder.read(DRAFT));
    folder
        .recount(&["actions", "add", "1", " "])
        .refuses("an action item needs a text", "say what is to be done");
    let blank = Folder::library();
    blank.recount(&["new", "Checkout refused cards"]).is(0);
    blank.recount(&["actions", "add", "1", "Limit the pool", "--priority", "P1"]).is(0);
    assert!(blank.read(DRAFT).contains("| P0 | | | | | |\n| P1 | Limit the pool | | | Open | |\n| P2 |"));
}

/// Lets two commands meet: both have read the postmortem when the first of them may write. How soon a process reads
/// is not ours to say, so they meet again until one is told of the other.
fn meet(folder: &Folder, commands: [&[&str]; 2], mut is_met: impl FnMut([(i32, String); 2]) -> bool) {
    for round in 0..40 {
        let library = Library::open(folder.root()).expect("it is one");
        let guard = library.lock().expect("nobody else has it");
        let children: [Child; 2] = commands.map(|args| {
            let mut command = folder.command(args);
            command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().expect("the binary was built")
        });
        thread::sleep(Duration::from_millis(100 + 50 * round));
        drop(guard);
        let ends = children.map(|child| {
            let output = child.wait_with_output().expect("it is our child");
            (output.status.code().unwrap_or(-1), String::from_utf8_lossy(&output.stderr).into_owned())
        });
        if is_met(ends) {
            return;
        }
    }
    panic!("the two never met");
}

#[test]
fn of_two_who_change_one_place_one_wins_and_the_other_is_told_what_changed() {
    for (commands, part, values, written) in [
        (
            [["set", "1", "severity", "Sev1"].as_slice(), &["set", "1", "severity", "Sev3"]],
            "`Severity`",
            ["Sev1", "Sev3"],
            ["**Severity**: Sev1", "**Severity**: Sev3"],
        ),
        (
            [
                ["actions", "set", "1#1", "--owner", "@cy"].as_slice(),
                &["actions", "set", "1#1", "--owner", "@dee"],
            ],
            "`Owner` of action item #1",
            ["@cy", "@dee"],
            ["| @cy |", "| @dee |"],
        ),
    ] {
        let folder = with_items();
        let start = folder.read(DRAFT);
        meet(&folder, commands, |ends| {
            let text = folder.read(DRAFT);
            let Some(loser) = ends.iter().position(|(code, _)| *code != 0) else {
                // One came too late to meet the other: it changed what it found.
                folder.write(DRAFT, &start);
                return false;
            };
            let winner = 1 - loser;
            assert_eq!(ends[winner], (0, String::new()));
            assert!(text.contains(written[winner]) && !text.contains(written[loser]), "{text}");
            let said = &ends[loser].1;
            assert!(
                said.contains("was changed in the same place while this command waited; nothing was written"),
                "{said}"
            );
            assert!(said.contains(&format!("meanwhile: {part} is `{}`", values[winner])), "{said}");
            assert!(said.contains(&format!("not written: {part} is `{}`", values[loser])), "{said}");
            true
        });
    }
}

#[test]
fn two_who_change_different_places_at_once_both_succeed_also_where_rows_move() {
    let folder = with_items();
    let add = ["actions", "add", "1", "Page somebody", "--priority", "P0"];
    let set = ["actions", "set", "1#2", "--owner", "@cy"];
    let mut rounds = 0;
    meet(&folder, [&add, &set], |ends| {
        assert_eq!(ends.map(|(code, _)| code), [0, 0]);
        rounds += 1;
        // The item that was #2 when the command began has the owner, wherever it is now.
        let text = folder.read(DRAFT);
        assert!(text.contains("teams | @cy |") && text.matches("Page somebody").count() == rounds, "{text}");
        folder.replace(DRAFT, "teams | @cy |", "teams | @bo |");
        // Later rounds would find another item at #2.
        true
    });
}

#[test]
fn a_change_that_is_killed_leaves_the_old_or_the_new() {
    let folder = with_items();
    let old = folder.read(DRAFT);
    let new = old.replacen("| @ana |", "| @cy |", 1);
    let started = Instant::now();
    folder.recount(&["actions", "set", "1#1", "--owner", "@cy"]).is(0);
    let length = started.elapsed();
    folder.write(DRAFT, &old);
    let mut seen = [0, 0];
    for kill in kills(120, Duration::from_secs(6)) {
        let after = moment_of_kill(kill, length);
        let mut command = folder.command(&["actions", "set", "1#1", "--owner", "@cy"]);
        let mut child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("it was built");
        thread::sleep(after);
        // Where it has ended already, there is nothing to kill.
        let _ = child.kill();
        child.wait().expect("it is our child");
        let text = folder.read(DRAFT);
        assert!(text == old || text == new, "torn after {after:?}:\n{text}");
        seen[usize::from(text == new)] += 1;
        folder.write(DRAFT, &old);
    }
    let [left, written] = seen;
    eprintln!("{} kills, 0 torn files: {left} before the change, {written} after it", left + written);
    // Nothing is left behind that would be in the way.
    folder.recount(&["actions", "set", "1#1", "--owner", "@cy"]).is(0);
    assert_eq!(folder.read(DRAFT), new);
    assert_eq!(folder.files("postmortems"), [DRAFT]);
}

#[test]
fn recurrence_tells_what_would_have_covered_an_incident() {
    let folder = Folder::examples();
    let run = folder.recount(&["recurrence"]).is(0);
    assert_data_eq!(
        run.out,
        str![[r#"
INC-0015  2026-11-12  Sev2  Venues stopped receiving webhooks after a client certificate expired
  as INC-0001, 2025-01-14: Card payments declined after the vault certificate expired (the causes
    name it; both say certificate, client, expired, life, reached, list)
    would have covered: INC-0001#2 was overdue by 638 days: Move the remaining 31 certificates
      between services and partners (venue webhooks, bank files, scanner gateways) to the same
      issuer, each with an owning team in the catalogue
    would have covered: INC-0001#4 was done on 2025-02-06 and not verified: Add alert
      CertificateExpiresSoon at 21 days for every certificate that a workload mounts
    unfinished, about something else: INC-0001#5

INC-0013  2026-08-21  Sev1  Gate scanners retried without limit and kept inventory overloaded, as in INC-0003
  as INC-0003, 2025-04-25: A cache flush became a retry storm that kept seat search from recovering
    (the causes name it; same service inventory; both with product / code, capacity, process /
    oncall; both say client, cold, database, retried, inventory, moved)
    would have covered: INC-0003#3 was overdue by 455 days: Give every other client of inventory
      (apps, gate-scan, organiser-portal) the same retry budget and exponential backoff with jitter
    would have covered: INC-0003#5 was done on 2025-07-09 and not verified: Measure what inventory
      serves from a cold cache and write it in the capacity page, by a load test every quarter

"#]]
    );
    assert_data_eq!(
        run.err,
        str![[r#"
2 of 14 incidents with a start had a cause that an earlier one had; before 2 of them a promise about it was not kept

"#]]
    );
    let run = folder.recount(&["recurrence", "--service", "gate-scan", "--unkept"]).is(0);
    assert!(run.out.starts_with("INC-0013 ") && !run.out.contains("INC-0015"), "{}", run.out);
    let shown = folder.recount(&["show", "INC-0015"]).is(0).out;
    let section = shown.split("It happened before\n").nth(1).expect("it did");
    assert!(section.contains("would have covered: INC-0001#2 was overdue by 638 days"), "{section}");
    assert!(!folder.recount(&["show", "INC-0002"]).is(0).out.contains("It happened before"));
}

#[test]
fn a_draft_that_does_not_name_the_earlier_incident_is_told_of_it() {
    let folder = Folder::examples();
    let path = "postmortems/2026/INC-0015-venue-webhooks-rejected.md";
    let rule = |folder: &Folder| {
        let answer = folder.recount(&["check", path, "--format", "json"]).json();
        let findings = answer["documents"][0]["findings"].as_array().cloned().unwrap_or_default();
        let own = findings.into_iter().find(|finding| finding["rule"] == "repeated-incident");
        own.map(|finding| finding["message"].as_str().unwrap_or_default().to_owned())
    };
    assert_eq!(rule(&folder), None);
    let text = folder.read(path);
    let cause = "Nothing renewed the certificate: venues with mutual TLS get one client certificate of ours, and its \
                 expiry was known to nobody.";
    let start = text.find("looks like INC-0001 again").expect("the example says so");
    let end = start + text[start..].find('\n').expect("the line ends");
    let text = format!("{}{cause}{}", &text[..start], &text[end..]).replace("INC-0001", "the other one");
    folder.write(path, text);
    assert_data_eq!(
        rule(&folder).unwrap_or_default(),
        str![
            "`INC-0001` looks like the same cause (both say certificate, client, expired, expiry, life, reached); `INC-0001#2` was overdue by 638 days when this incident began, and another one of its action items is unfinished, too"
        ]
    );
}

#[test]
fn whoever_makes_a_postmortem_is_told_of_promises_about_the_same_thing() {
    let folder = Folder::examples();
    let run = folder.recount(&["new", "Bank file certificates expired", "--service", "payouts"]).is(0);
    assert_data_eq!(
        run.err,
        str![[r#"
seen before?
  INC-0001  Sev1  2025-01-14  Card payments declined after the vault certificate expired: both say: certificates expired, bank, file
  INC-0015  Sev2  2026-11-12  Venues stopped receiving webhooks after a client certificate expired: both say: certificates expired
INC-0001#2 is overdue by 649 days, and about `bank`, `certificates`, `file`: Move the remaining 31 certificates between services and partners (venue webhooks, bank files, scanner gateways) to the same issuer, each with an owning team in the catalogue

"#]]
    );
    let run = folder.recount(&["new", "Parking lights flicker"]).is(0);
    assert_eq!(run.err, "");
}
