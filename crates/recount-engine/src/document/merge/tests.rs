//! Merges as tables of cases: a small postmortem, what each side makes of it, what comes out.
#![allow(clippy::unwrap_used)]

use super::{Markers, Merged, Part, differences, merge, merge_parts};
use crate::document::template::TEMPLATE;

const BASE: &str = "\
---
stage: draft
tags: [checkout]
---
# Seats sold twice

## Incident summary

- **Incident ID**: INC-0042
- **Severity**: Sev2
- **Primary services impacted**:
- **Customer impact summary**:

## Timeline

| Time (UTC) | Actor | Action | Result |
|---|---|---|---|
| 2026-11-20 23:50 | pager | **Detected.** Pager fired | |
| 23:58 | @ana | Restarted the seat service | no change |
| 2026-11-21 00:30 | @ben | **Resolved.** Rolled back to v40 | errors gone |

## Root cause

- **Contributing factors**:
  - capacity
    - one replica
  - process / oncall

## What went well

- The rollback was fast
-

## Action items

| Priority | Action item | Owner | Due date | Status | Verification plan |
|---:|---|---|---|---|---|
| P0 | Lock seats in one transaction | @ana | 2026-12-04 | Open | replay the sale |
| P1 | | | | | |
| P2 | | | | | |

## Appendices

Some words.

More words.
";

/// Changes: each a piece of the text and what stands there instead.
type Changes<'a> = &'a [(&'a str, &'a str)];

fn changed(text: &str, changes: Changes) -> String {
    changes.iter().fold(text.to_owned(), |text, (from, to)| {
        assert_eq!(text.matches(from).count(), 1, "`{from}` stands once in the text");
        text.replace(from, to)
    })
}

fn merged(base: &str, ours: &str, theirs: &str) -> Merged {
    merge(base.as_bytes(), ours.as_bytes(), theirs.as_bytes(), Markers::default())
        .expect("they are postmortems")
}

#[test]
fn changes_of_different_parts_are_both_kept() {
    const LAST: &str = "| errors gone |\n";
    let cases: &[(&str, Changes, Changes, Changes)] = &[
        (
            "fields that touch",
            &[("Sev2", "Sev1")],
            &[("impacted**:", "impacted**: checkout")],
            &[("Sev2", "Sev1"), ("impacted**:", "impacted**: checkout")],
        ),
        (
            "keys of the front matter",
            &[("stage: draft", "stage: review")],
            &[("tags: [checkout]", "tags: [seats]")],
            &[("stage: draft", "stage: review"), ("tags: [checkout]", "tags: [seats]")],
        ),
        (
            "rows that touch",
            &[("Pager fired | |", "Pager fired | acknowledged |")],
            &[("| 23:58 | @ana |", "| 23:59 | @ana |")],
            &[("Pager fired | |", "Pager fired | acknowledged |"), ("| 23:58 | @ana |", "| 23:59 | @ana |")],
        ),
        (
            "cells of one row",
            &[("no change", "no effect")],
            &[("Restarted the seat service", "Restarted `seats`")],
            &[("no change", "no effect"), ("Restarted the seat service", "Restarted `seats`")],
        ),
        (
            "an ID written into a cell and its words changed",
            &[("in one transaction |", "in one transaction <!-- recount: id k7f3q2 --> |")],
            &[("Lock seats in one", "Lock a seat in one")],
            &[(
                "Lock seats in one transaction |",
                "Lock a seat in one transaction <!-- recount: id k7f3q2 --> |",
            )],
        ),
        (
            "rows added at one place, in order of time",
            &[(
                LAST,
                "| errors gone |\n| 00:40 | @ana | Told support | |\n| 00:50 | @ana | Closed the bridge | |\n",
            )],
            &[(LAST, "| errors gone |\n| 00:45 | @ben | Posted an update | |\n")],
            &[(
                LAST,
                "| errors gone |\n| 00:40 | @ana | Told support | |\n| 00:45 | @ben | Posted an update | |\n\
                 | 00:50 | @ana | Closed the bridge | |\n",
            )],
        ),
        (
            "the same row and another one",
            &[(LAST, "| errors gone |\n| 00:40 | @ana | Told support | |\n")],
            &[(LAST, "| errors gone |\n| 00:35 | @ben | Looked | |\n| 00:40 | @ana | Told support | |\n")],
            &[(LAST, "| errors gone |\n| 00:35 | @ben | Looked | |\n| 00:40 | @ana | Told support | |\n")],
        ),
        (
            "one row goes and its neighbour changes",
            &[("| 23:58 | @ana | Restarted the seat service | no change |\n", "")],
            &[("Rolled back to v40", "Rolled back to v39")],
            &[
                ("| 23:58 | @ana | Restarted the seat service | no change |\n", ""),
                ("Rolled back to v40", "Rolled back to v39"),
            ],
        ),
        (
            "blank rows of action items filled",
            &[("| P1 | | | | | |", "| P1 | Alert on doubles | @ben | 2026-12-10 | Open | fire it |")],
            &[("| P2 | | | | | |", "| P2 | Write the runbook | @ana | 2027-01-10 | Open | read it |")],
            &[
                ("| P1 | | | | | |", "| P1 | Alert on doubles | @ben | 2026-12-10 | Open | fire it |"),
                ("| P2 | | | | | |", "| P2 | Write the runbook | @ana | 2027-01-10 | Open | read it |"),
            ],
        ),
        (
            "the same blank row filled by both",
            &[("| P1 | | | | | |", "| P1 | Alert on doubles | @ben | 2026-12-10 | Open | fire it |")],
            &[("| P1 | | | | | |", "| P1 | Write the runbook | @ana | 2027-01-10 | Open | read it |")],
            &[(
                "| P1 | | | | | |",
                "| P1 | Alert on doubles | @ben | 2026-12-10 | Open | fire it |\n\
                 | P1 | Write the runbook | @ana | 2027-01-10 | Open | read it |",
            )],
        ),
        (
            "items of a list, the blank one filled by both",
            &[("fast\n-\n", "fast\n- Support was told early\n")],
            &[("fast\n-\n", "fast\n- The pager worked\n")],
            &[("fast\n-\n", "fast\n- Support was told early\n- The pager worked\n")],
        ),
        (
            "entries of neighbouring fields",
            &[("one replica\n", "one replica\n    - no headroom\n")],
            &[("process / oncall\n", "process / oncall\n    - nobody on call\n")],
            &[
                ("one replica\n", "one replica\n    - no headroom\n"),
                ("process / oncall\n", "process / oncall\n    - nobody on call\n"),
            ],
        ),
        (
            "an item and the words of a section below",
            &[("The rollback was fast", "The rollback was very fast")],
            &[("Some words.", "Some other words.")],
            &[("The rollback was fast", "The rollback was very fast"), ("Some words.", "Some other words.")],
        ),
    ];
    for (what, ours, theirs, both) in cases {
        let (ours, theirs, both) = (changed(BASE, ours), changed(BASE, theirs), changed(BASE, both));
        let merged = merged(BASE, &ours, &theirs);
        assert_eq!(String::from_utf8(merged.bytes).unwrap(), both, "{what}");
        assert_eq!(merged.conflicts, 0, "{what}");
    }
}

#[test]
fn what_both_changed_differently_is_a_conflict_around_whole_lines() {
    const ROW: &str = "| 23:58 | @ana | Restarted the seat service | no change |\n";
    let cases: &[(&str, Changes, Changes, &str)] = &[
        (
            "one field",
            &[("Sev2", "Sev1")],
            &[("Sev2", "Sev0")],
            "<<<<<<< ours\n- **Severity**: Sev1\n=======\n- **Severity**: Sev0\n>>>>>>> theirs\n",
        ),
        (
            "one cell",
            &[("no change", "no effect")],
            &[("no change", "worse")],
            "<<<<<<< ours\n| 23:58 | @ana | Restarted the seat service | no effect |\n=======\n\
             | 23:58 | @ana | Restarted the seat service | worse |\n>>>>>>> theirs\n",
        ),
        (
            "a row gone and changed",
            &[(ROW, "")],
            &[("no change", "worse")],
            "<<<<<<< ours\n=======\n| 23:58 | @ana | Restarted the seat service | worse |\n>>>>>>> theirs\n",
        ),
        (
            "one row added twice with other results",
            &[("| errors gone |\n", "| errors gone |\n| 00:40 | @ana | Told support | |\n")],
            &[("| errors gone |\n", "| errors gone |\n| 00:40 | @ana | Told support | thanks |\n")],
            "<<<<<<< ours\n| 00:40 | @ana | Told support | |\n=======\n\
             | 00:40 | @ana | Told support | thanks |\n>>>>>>> theirs\n",
        ),
        (
            "one key of the front matter",
            &[("stage: draft", "stage: review")],
            &[("stage: draft", "stage: final")],
            "<<<<<<< ours\nstage: review\n=======\nstage: final\n>>>>>>> theirs\n",
        ),
        (
            "one item",
            &[("The rollback was fast", "The rollback was very fast")],
            &[("The rollback was fast", "The rollback was fast enough")],
            "<<<<<<< ours\n- The rollback was very fast\n=======\n- The rollback was fast enough\n>>>>>>> theirs\n",
        ),
        (
            "words that touch",
            &[("Some words.\n\nMore words.", "Some words.\n\nMany words.")],
            &[("More words.", "Fewer words.")],
            "<<<<<<< ours\nMany words.\n=======\nFewer words.\n>>>>>>> theirs\n",
        ),
        (
            "a section gone and an item of it added",
            &[("## What went well\n\n- The rollback was fast\n-\n\n", "")],
            &[("fast\n-\n", "fast\n- The pager worked\n")],
            "<<<<<<< ours\n=======\n- The pager worked\n>>>>>>> theirs\n",
        ),
    ];
    for (what, ours, theirs, conflict) in cases {
        let (ours, theirs) = (changed(BASE, ours), changed(BASE, theirs));
        let merged = merged(BASE, &ours, &theirs);
        let text = String::from_utf8(merged.bytes).unwrap();
        assert_eq!(merged.conflicts, 1, "{what}:\n{text}");
        assert!(text.contains(conflict), "{what}:\n{text}");
    }
}

#[test]
fn a_bare_clock_goes_on_meaning_the_same_instant() {
    // The row that gave the date goes, and a row of the next day comes before a bare clock.
    let base = BASE.replace("| 2026-11-21 00:30 |", "| 00:30 |");
    let ours =
        changed(&base, &[("| 23:58 | @ana", "| 2026-11-21 00:10 | @eve | Took over | |\n| 23:58 | @ana")]);
    let theirs = changed(&base, &[("no change", "worse")]);
    let text = String::from_utf8(merged(&base, &ours, &theirs).bytes).unwrap();
    assert_eq!(text, changed(&ours, &[("no change", "worse")]), "our own dates are ours to mean");

    let ours = changed(
        &base,
        &[
            ("| 2026-11-20 23:50 | pager | **Detected.** Pager fired | |\n", ""),
            ("| 23:58 |", "| 2026-11-20 23:58 |"),
        ],
    );
    let theirs = changed(&base, &[("errors gone |\n", "errors gone |\n| 00:40 | @ben | Told support | |\n")]);
    let text = String::from_utf8(merged(&base, &ours, &theirs).bytes).unwrap();
    assert_eq!(
        text,
        changed(&ours, &[("errors gone |\n", "errors gone |\n| 00:40 | @ben | Told support | |\n")])
    );

    // Both add a row behind the last one; theirs is a bare clock of the day before ours.
    let last = "| errors gone |\n";
    let ours = changed(&base, &[(last, "| errors gone |\n| 2026-11-22 09:00 | @ana | Reviewed it | |\n")]);
    let theirs = changed(
        &base,
        &[(
            last,
            "| errors gone |\n| 00:45 | @ben | Closed it | |\n| 2026-11-22 10:00 | @ben | Told legal | |\n| 10:30 | @ben | Told finance | |\n",
        )],
    );
    let text = String::from_utf8(merged(&base, &ours, &theirs).bytes).unwrap();
    assert!(text.contains("| 00:45 | @ben | Closed it | |\n| 2026-11-22 09:00 | @ana | Reviewed it | |\n| 2026-11-22 10:00 |"), "{text}");
}

#[test]
fn what_surrounds_the_text_is_merged_on_its_own() {
    let with_returns = |text: &str| text.replace('\n', "\r\n");
    let ours = changed(BASE, &[("Sev2", "Sev1")]);
    let theirs = changed(BASE, &[("no change", "worse")]);
    let both = changed(&ours, &[("no change", "worse")]);
    let unended = |text: &str| text.trim_end().to_owned();
    for (base, ours, theirs, both) in [
        (with_returns(BASE), with_returns(&ours), with_returns(&theirs), with_returns(&both)),
        (BASE.to_owned(), with_returns(&ours), theirs.clone(), with_returns(&both)),
        (with_returns(BASE), ours.clone(), with_returns(&theirs), both.clone()),
        (format!("\u{feff}{BASE}"), ours.clone(), format!("\u{feff}{theirs}"), both.clone()),
        (BASE.to_owned(), unended(&ours), theirs.clone(), unended(&both)),
        (unended(BASE), unended(&ours), theirs.clone(), both.clone()),
    ] {
        let merged = merged(&base, &ours, &theirs);
        assert_eq!(String::from_utf8(merged.bytes).unwrap(), both);
        assert_eq!(merged.conflicts, 0);
    }
}

#[test]
fn what_is_no_postmortem_is_gits_to_merge() {
    let ours = changed(BASE, &[("Sev2", "Sev1")]);
    let theirs = changed(BASE, &[("no change", "worse")]);
    for (base, ours, theirs) in [
        (&b"# Notes\n\na\n"[..], &b"# Notes\n\nb\n"[..], &b"# Notes\n\nc\n"[..]),
        (b"", ours.as_bytes(), theirs.as_bytes()),
        (BASE.as_bytes(), &[ours.as_bytes(), b"\xff"].concat(), theirs.as_bytes()),
    ] {
        assert_eq!(merge(base, ours, theirs, Markers::default()), None);
    }
}

#[test]
fn a_table_with_other_columns_merges_by_lines_and_the_rest_by_its_parts() {
    let columns = ("| Action | Result |\n", "| Result | Action |\n");
    let told = ("errors gone |\n", "errors gone |\n| 00:40 | @ana | Told support | |\n");
    let looked = ("errors gone |\n", "errors gone |\n| 00:45 | @ben | Looked | |\n");
    let field = ("impacted**:", "impacted**: checkout");
    let ours = changed(BASE, &[columns, ("Sev2", "Sev1"), told]);
    let theirs = changed(BASE, &[field, looked]);
    let merged = merged(BASE, &ours, &theirs);
    assert_eq!(merged.conflicts, 1);
    let text = String::from_utf8(merged.bytes).unwrap();
    let conflict = "<<<<<<< ours\n| 00:40 | @ana | Told support | |\n=======\n| 00:45 | @ben | Looked | |\n>>>>>>> theirs\n";
    let expected = changed(BASE, &[columns, ("Sev2", "Sev1"), field]);
    assert_eq!(text, changed(&expected, &[("errors gone |\n", &format!("errors gone |\n{conflict}"))]));
}

#[test]
fn the_laws_hold_without_short_cuts() {
    let ours =
        changed(BASE, &[("Sev2", "Sev1"), ("- The rollback was fast\n", ""), ("Some words.", "Other.")]);
    for (base, ours, theirs, result) in [
        (BASE, ours.as_str(), BASE, ours.as_str()),
        (BASE, BASE, ours.as_str(), ours.as_str()),
        (BASE, ours.as_str(), ours.as_str(), ours.as_str()),
        (TEMPLATE, BASE, TEMPLATE, BASE),
        (TEMPLATE, TEMPLATE, BASE, BASE),
        (TEMPLATE, BASE, BASE, BASE),
    ] {
        let merged =
            merge_parts(base.as_bytes(), ours.as_bytes(), theirs.as_bytes(), Markers::default()).unwrap();
        assert_eq!(String::from_utf8(merged.bytes).unwrap(), result);
        assert_eq!(merged.conflicts, 0);
    }
}

#[test]
fn a_difference_names_fields_and_shows_rows() {
    let new = changed(
        BASE,
        &[
            ("Sev2", "Sev1"),
            ("no change", "worse"),
            ("fast\n-\n", "fast\n- The pager worked\n"),
            ("stage: draft", "stage: review"),
        ],
    );
    let found = differences(BASE.as_bytes(), new.as_bytes());
    let told: Vec<_> = found
        .iter()
        .map(|one| {
            (one.section.as_str(), one.part, one.name.as_str(), one.before.as_deref(), one.after.as_deref())
        })
        .collect();
    assert_eq!(
        told,
        [
            ("front matter", Part::Key, "stage", Some("draft"), Some("review")),
            ("Incident summary", Part::Field, "Severity", Some("Sev2"), Some("Sev1")),
            (
                "Timeline",
                Part::TimelineRow,
                "",
                Some("23:58 | @ana | Restarted the seat service | no change"),
                Some("23:58 | @ana | Restarted the seat service | worse")
            ),
            ("What went well", Part::Item, "", None, Some("The pager worked")),
        ]
    );
}

/// Five action items with IDs and six rows of a timeline, of which one moves.
fn with_rows(actions: &[&str], timeline: &[&str]) -> String {
    let lines = |rows: &[&str]| rows.iter().fold(String::new(), |all, row| all + "| " + row + " |\n");
    let action = "| P0 | Lock seats in one transaction | @ana | 2026-12-04 | Open | replay the sale |\n| P1 | | | | | |\n| P2 | | | | | |\n";
    let row = "| 23:58 | @ana | Restarted the seat service | no change |\n";
    changed(BASE, &[(action, &lines(actions)), (row, &lines(timeline))])
}

#[test]
fn a_row_that_one_side_moves_and_the_other_changes_is_moved_and_changed() {
    const STEP: &str = "| 2026-11-20 23:58 | @ana | Restarted the seat service | no change |\n";
    const LAST: &str = "| 2026-11-21 00:30 | @ben | **Resolved.** Rolled back to v40 | errors gone |\n";
    const ITEM: &str =
        "| P0 | Lock seats in one transaction | @ana | 2026-12-04 | Open | replay the sale |\n";
    // A row, the last one of its table, a text of the row, and what two people make of that.
    let cases = [
        (STEP, LAST, "no change", "worse", "no effect"),
        (ITEM, "| P2 | | | | | |\n", "Open", "Done 2026-12-01", "In progress"),
    ];
    let base = BASE.replace("| 23:58", "| 2026-11-20 23:58");
    for (row, last, from, one, two) in cases {
        let moved = base.replace(row, "").replace(last, &format!("{last}{row}"));
        let (edited, both) = (base.replace(from, one), moved.replace(from, one));
        for (ours, theirs) in [(&moved, &edited), (&edited, &moved)] {
            let merged = merged(&base, ours, theirs);
            assert_eq!(String::from_utf8(merged.bytes).unwrap(), both, "{row}");
            assert_eq!(merged.conflicts, 0, "{row}");
        }
        // Both changed one cell of it: a conflict where the row stands now, with ours first.
        let other = moved.replace(from, two);
        for (ours, theirs, first, second) in [(&other, &edited, two, one), (&edited, &other, one, two)] {
            let merged = merged(&base, ours, theirs);
            let text = String::from_utf8(merged.bytes).unwrap();
            assert_eq!(merged.conflicts, 1, "{text}");
            let (start, end) = (text.find("<<<<<<<").unwrap(), text.find(">>>>>>>").unwrap());
            let (first, second) = (row.replace(from, first), row.replace(from, second));
            assert_eq!(&text[start..end], format!("<<<<<<< ours\n{first}=======\n{second}"), "{text}");
            assert!(text.find(last).unwrap() < start, "{text}");
        }
    }
}

#[test]
fn rows_that_are_done_again_at_another_time_are_two() {
    const STEP: &str = "| 23:58 | @ana | Restarted the seat service | no change |\n";
    const LAST: &str = "| 2026-11-21 00:30 | @ben | **Resolved.** Rolled back to v40 | errors gone |\n";
    let ours = BASE.replace(STEP, "").replace(LAST, &format!("{LAST}{}", STEP.replace("23:58", "01:10")));
    let theirs = BASE.replace("no change", "worse");
    assert_eq!(merged(BASE, &ours, &theirs).conflicts, 1);
}

#[test]
fn a_row_that_both_sides_moved_is_one_row() {
    const A: &str =
        "P0 | Lock seats <!-- recount: id aaaaaa --> | @ana | 2026-12-04 | Open | replay the sale";
    const B: &str = "P1 | Alert on doubles <!-- recount: id bbbbbb --> | @ben | 2026-12-05 | Open | fire it";
    const C: &str =
        "P1 | Drill the rollback <!-- recount: id cccccc --> | @eve | 2026-12-06 | Open | a drill";
    const D: &str =
        "P2 | Tell support sooner <!-- recount: id dddddd --> | @kim | 2026-12-07 | Open | ask them";
    const X: &str =
        "P2 | Page on refunds <!-- recount: id tk6qbd --> | @ana | 2026-12-08 | Open | refund one";
    const DONE: &str =
        "P2 | Page on refunds <!-- recount: id tk6qbd --> | @ana | 2026-12-08 | Done | refund one";
    const LATER: &str =
        "P2 | Page on refunds <!-- recount: id tk6qbd --> | @ana | 2027-01-08 | Open | refund one";
    const LATER_DONE: &str =
        "P2 | Page on refunds <!-- recount: id tk6qbd --> | @ana | 2027-01-08 | Done | refund one";
    const DROPPED: &str =
        "P2 | Page on refunds <!-- recount: id tk6qbd --> | @ana | 2026-12-08 | Dropped | refund one";
    // What ours and theirs made of the row; what one row they are, or none where that is a conflict.
    let cases: &[(&str, &str, Option<&str>)] =
        &[(X, X, Some(X)), (DONE, LATER, Some(LATER_DONE)), (DONE, X, Some(DONE)), (DONE, DROPPED, None)];
    let base = with_rows(&[A, B, X, C, D], &[]);
    for (ours, theirs, result) in cases {
        let merged =
            merged(&base, &with_rows(&[*ours, A, B, C, D], &[]), &with_rows(&[A, B, C, D, *theirs], &[]));
        let text = String::from_utf8(merged.bytes).unwrap();
        if let Some(result) = result {
            assert_eq!(merged.conflicts, 0, "{text}");
            assert_eq!(text, with_rows(&[*result, A, B, C, D], &[]));
        } else {
            assert_eq!(merged.conflicts, 1, "{text}");
            let both = format!("<<<<<<< ours\n| {ours} |\n=======\n| {theirs} |\n>>>>>>> theirs\n| {A} |\n");
            assert!(text.contains(&both), "{text}");
            assert_eq!(text.matches("tk6qbd").count(), 2, "{text}");
        }
    }
}

#[test]
fn a_row_of_the_timeline_that_both_sides_moved_and_changed_is_one_row() {
    const A: &str = "2026-11-20 23:52 | @ana | Looked at the dashboards | ";
    const B: &str = "2026-11-20 23:54 | @ben | Opened a bridge | ";
    const C: &str = "2026-11-20 23:56 | @eve | Told support | ";
    const D: &str = "2026-11-20 23:58 | @kim | Stopped the sale | ";
    const X: &str = "2026-11-20 23:55 | @ana | Restarted the seat service | no change";
    const EARLIER: &str = "2026-11-20 23:51 | @ana | Restarted the seat service | no change";
    const LATER: &str = "2026-11-20 23:59 | @ana | Restarted the seat service | no change";
    const WHO: &str = "2026-11-20 23:55 | @ben | Restarted the seat service | no change";
    let base = with_rows(&[], &[A, B, X, C, D]);
    let (first, last) = (|row| with_rows(&[], &[row, A, B, C, D]), |row| with_rows(&[], &[A, B, C, D, row]));
    let one = merged(&base, &first(EARLIER), &last(WHO));
    let text = String::from_utf8(one.bytes).unwrap();
    assert_eq!(one.conflicts, 0, "{text}");
    assert_eq!(text, first("2026-11-20 23:51 | @ben | Restarted the seat service | no change"));
    let two = merged(&base, &first(EARLIER), &last(LATER));
    let text = String::from_utf8(two.bytes).unwrap();
    assert_eq!(two.conflicts, 1, "{text}");
    assert!(text.contains(&format!("| {EARLIER} |\n=======\n| {LATER} |\n")), "{text}");
}
