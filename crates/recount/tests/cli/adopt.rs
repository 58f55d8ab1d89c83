//! `recount adopt`: what stands in the library afterwards, what is printed, what is refused.

use crate::harness::Folder;

const FOREIGN: &str = "# Search down on 11 March 2026\n\n**Authors:** Ana\n\n## Summary\n\nSearch was down.\n\n## Timeline\n\nAll times UTC.\n\n- 14:02 disk full\n- 14:40 disk replaced\n\n## Notes of the reviewers\n\nRead twice.\n\n## Action items\n\n- [ ] [P1] Watch disks (@ana)\n";
const MADE: &str = "postmortems/2026/INC-0001-search-down-on-11-march-2026.md";
const KEPT: &str = "postmortems/2026/INC-0001-search-down-on-11-march-2026.evidence/old outage.md";

#[test]
fn a_document_becomes_a_postmortem_and_its_original_is_kept_and_linked() {
    let folder = Folder::library();
    folder.write("old outage.md", FOREIGN);
    let run = folder.recount(&["adopt", "old outage.md"]).is(0);
    assert_eq!(run.out, format!("{MADE}\n"));
    assert_eq!(folder.read("old outage.md"), FOREIGN);
    assert_eq!(folder.read(KEPT), FOREIGN);
    let made = folder.read(MADE);
    for part in [
        "stage: draft",
        "# Search down on 11 March 2026\n",
        "- **Incident ID**: INC-0001\n",
        "| 2026-03-11 14:02 | | disk full | |\n| 2026-03-11 14:40 | | disk replaced | |\n",
        "| P1 | Watch disks (@ana) | @ana | | Open | |\n",
        "(INC-0001-search-down-on-11-march-2026.evidence/old%20outage.md)",
        "\n## Notes of the reviewers\n\nRead twice.\n",
    ] {
        assert!(made.contains(part), "{part}\n{made}");
    }
    assert!(run.err.contains("2 timeline rows with 2 placed in time, 1 action item"), "{}", run.err);
    // The result is what the other commands understand, and the original is no evidence of theirs.
    folder.recount(&["check", "--stage", "draft"]).is(0);
    folder.recount(&["fmt", "--check"]).is(0);
    folder.recount(&["candidates", "INC-0001"]).is(0);
    let shown = folder.recount(&["show", "INC-0001", "--format", "json"]).is(0).json();
    assert_eq!(shown["timeline"][0]["at"], "2026-03-11T14:02:00Z");
}

#[test]
fn one_bad_file_does_not_stop_the_others() {
    let folder = Folder::library();
    folder.write("a.md", FOREIGN);
    folder.write("empty.md", "\n");
    folder.write("latin.md", b"# Caf\xe9\n");
    let run = folder.recount(&["adopt", "gone.md", "empty.md", "latin.md", ".", "a.md"]).is(2);
    assert_eq!(run.out, format!("{MADE}\n"));
    for sentence in [
        "error: `gone.md` cannot be read: No such file or directory",
        "error: there is nothing in `empty.md`",
        "error: `latin.md` is not UTF-8, so its text cannot be adopted whole",
        "error: `.` is a folder",
    ] {
        assert!(run.err.contains(sentence), "{sentence}\n{}", run.err);
    }
}

#[test]
fn a_document_that_is_in_the_template_is_refused() {
    let folder = Folder::library();
    folder.recount(&["new", "Search down"]).is(0);
    folder.recount(&["adopt", "postmortems/2026/INC-0001-search-down.md"]).refuses(
        "`postmortems/2026/INC-0001-search-down.md` is in the postmortem template already",
        "copy it below the library's folder of postmortems; `recount check` reads it as it is",
    );
}

#[test]
fn an_id_of_its_own_stays_while_it_is_free() {
    let folder = Folder::library();
    folder.write("a.md", FOREIGN.replace("**Authors:** Ana", "**Incident ID:** INC-0042"));
    let run = folder.recount(&["adopt", "a.md"]).is(0);
    assert_eq!(run.out, "postmortems/2026/INC-0042-search-down-on-11-march-2026.md\n");
    let again = folder.recount(&["adopt", "a.md"]).is(0);
    assert_eq!(again.out, "postmortems/2026/INC-0043-search-down-on-11-march-2026.md\n");
    assert!(again.err.contains("warning: `INC-0042` is taken, so `a.md` gets the next ID"), "{}", again.err);
    folder.write("INC-0077 disk.md", FOREIGN);
    let named = folder.recount(&["adopt", "INC-0077 disk.md"]).is(0);
    assert_eq!(named.out, "postmortems/2026/INC-0077-search-down-on-11-march-2026.md\n");
}

#[test]
fn a_zone_that_is_not_stated_is_the_users_to_say() {
    let folder = Folder::library();
    folder.write("a.md", FOREIGN.replace("All times UTC.\n\n", ""));
    let run = folder.recount(&["adopt", "--dry-run", "a.md"]).is(0);
    let warning = "no zone is stated for the times of 2 rows: they stand in the Action column as written, and `--zone` says what they are in";
    assert!(run.err.contains(warning), "{}", run.err);
    folder.recount(&["adopt", "--zone", "Europe/Berlin", "a.md"]).is(0);
    assert!(folder.read(MADE).contains("| 2026-03-11 13:02 | | disk full (14:02 Europe/Berlin) | |"));
    for zone in ["Nowhere/Else", "IST", "14:00"] {
        folder.recount(&["adopt", "--zone", zone, "a.md"]).refuses(
            &format!("there is no time zone `{zone}`, or it can mean several"),
            "use a name such as `Europe/Berlin`, `America/Los_Angeles`, `UTC`, or an offset such as `+02:00`",
        );
    }
}

#[test]
fn a_dry_run_writes_nothing_and_counts_on() {
    let folder = Folder::library();
    folder.write("a.md", FOREIGN);
    folder.write("b.md", FOREIGN.replace("Search", "Mail"));
    let before = folder.files(".");
    let run = folder.recount(&["adopt", "--dry-run", "a.md", "b.md"]).is(0);
    assert_eq!(run.out, format!("{MADE}\npostmortems/2026/INC-0002-mail-down-on-11-march-2026.md\n"));
    assert_eq!(folder.files("."), before);
}

#[test]
fn the_report_shows_what_went_where() {
    let folder = Folder::library();
    folder.write("a.md", FOREIGN);
    let run = folder.recount(&["adopt", "--report", "a.md"]).is(0);
    for (lines, place) in
        [("13", "Timeline, row 1"), ("22", "Action items, #1"), ("16-18", "no place of the template")]
    {
        let line = run.out.lines().find(|line| line.trim_start().starts_with(&format!("{lines} ")));
        assert!(line.is_some_and(|line| line.contains(place)), "{lines} {place}\n{}", run.out);
    }
    let json = folder.recount(&["adopt", "--dry-run", "--format", "json", "a.md"]).is(0).json();
    let document = &json["documents"][0];
    assert_eq!((&document["entries"], &document["day"]), (&2.into(), &"2026-03-11".into()));
    let place = document["placements"]
        .as_array()
        .expect("a list")
        .iter()
        .find(|place| place["to"] == "Timeline, row 1");
    assert_eq!(place.expect("it is placed")["lines"][0], 13);
}
