//! Tests of the document as a whole: the template, hand-made copies, odd spellings, round trips.

#![allow(clippy::unwrap_used)]

use super::edit::apply;
use super::template::{ActionColumn, FIELDS, FieldId, SectionId, TEMPLATE, TimelineColumn};
use super::*;

fn parse(text: &str) -> Document {
    Document::parse(text.as_bytes())
}

fn after(document: &Document, edits: &[edit::Edit]) -> String {
    String::from_utf8(apply(document.source().bytes(), edits).unwrap()).unwrap()
}

#[test]
fn the_blank_template_is_an_untitled_draft_with_every_field_and_no_rows() {
    let document = parse(TEMPLATE);
    assert_eq!(document.title_text(), None);
    assert_eq!(document.stage(), Stage::Draft);
    assert_eq!(document.fields().count(), FIELDS.len());
    let known: Vec<_> = document.sections().iter().map(|section| section.id).collect();
    assert_eq!(known, SectionId::ALL.map(Some));
    for field in document.fields() {
        let expected =
            if field.id.placeholder().is_some() { FieldState::Placeholder } else { FieldState::Blank };
        assert_eq!(field.state, expected, "{:?}", field.id);
    }
    assert!(document.timeline_rows().is_empty() && document.action_items().is_empty());
    assert_eq!(document.timeline().unwrap().rows.len(), 1);
    assert_eq!(document.actions().unwrap().rows.len(), 3);
    assert!(document.unknown_fields().is_empty());
    for id in [SectionId::WentWell, SectionId::WentPoorly, SectionId::GotLucky] {
        assert_eq!(document.entries(id), [], "{id:?}");
    }
}

#[test]
fn no_word_of_the_template_is_anybodys_prose() {
    let document = parse(TEMPLATE);
    let own: Vec<&str> = document
        .markdown()
        .prose
        .iter()
        .filter(|run| document.is_own_prose(run.start))
        .map(|run| document.slice(*run))
        .filter(|text| !["Sev0 / Sev1 / Sev2 / Sev3", "yes/no (details)"].iter().any(|p| text.contains(p)))
        .filter(|text| !matches!(text.trim(), "P0" | "P1" | "P2" | ""))
        .collect();
    assert_eq!(own, Vec::<&str>::new());
}

#[test]
fn fields_are_read_bold_or_not_inline_nested_or_below() {
    let cases = [
        ("## Incident summary\n\n- **Severity**: Sev1\n", FieldId::Severity, "Sev1"),
        ("## Incident summary\n\n- Severity: Sev1\n", FieldId::Severity, "Sev1"),
        ("## Incident summary\n\n- **Severity:** Sev1\n", FieldId::Severity, "Sev1"),
        ("## Incident summary\n\n- __Severity__: Sev1\n", FieldId::Severity, "Sev1"),
        (
            "## Incident summary\n\n* **Start time (UTC)**: 2026-11-20 14:02\n",
            FieldId::StartTime,
            "2026-11-20 14:02",
        ),
        (
            "## Incident summary\n\n- **Start time** (UTC): 2026-11-20 14:02\n",
            FieldId::StartTime,
            "2026-11-20 14:02",
        ),
        (
            "## Root cause\n\n- **Contributing factors**:\n  - product / code: retries\n",
            FieldId::FactorProduct,
            "retries",
        ),
        (
            "## Root cause\n\n- **Contributing factors**:\n  - capacity — the pool was full\n",
            FieldId::FactorCapacity,
            "the pool was full",
        ),
        (
            "## Root cause\n\n- **Root cause** (systems explanation): a: b | c\n",
            FieldId::RootCause,
            "a: b | c",
        ),
        (
            "## Follow-up verification\n\n- How will we prove this is fixed? By a test\n",
            FieldId::Proof,
            "By a test",
        ),
        (
            "# 2. IMPACT 🔥\n\n- **% of customers affected** (estimate): 12%\n",
            FieldId::CustomersAffected,
            "12%",
        ),
        ("## Impact\n\n- **Data impact**:\n  - Data loss: no\n", FieldId::DataLoss, "no"),
        ("## Impact\r\n\r\n- **Regions impacted**: eu\u{a0}\r\n", FieldId::Regions, "eu"),
        (
            "## Impact\n\n- **Regions impacted**: eu <!-- recount: allow unknown-region: new -->\n",
            FieldId::Regions,
            "eu",
        ),
        (
            "## Root cause\n\n- **Direct trigger**: one line\n  and another\n",
            FieldId::DirectTrigger,
            "one line\n  and another",
        ),
    ];
    for (text, id, expected) in cases {
        let document = parse(text);
        assert_eq!(document.field_text(id), Some(expected), "{text}");
    }
}

#[test]
fn nested_bullets_and_paragraphs_are_values() {
    let document = parse(
        "## Follow-up verification\n\n- How will we prove this is fixed?\n  - one\n  - two\n- What metrics should improve?\n\n  A paragraph.\n",
    );
    let texts = |id| document.field_values(id).map(|span| document.slice(span)).collect::<Vec<_>>();
    assert_eq!(texts(FieldId::Proof), ["one", "two"]);
    assert_eq!(texts(FieldId::Metrics), ["A paragraph."]);
    assert_eq!(document.field(FieldId::GameDay).map(|field| field.state), None);
    let notes = parse(
        "## Appendices\n\n- Links:\n  - status page: x\n- Notes and raw logs (short excerpts only):\n\n```\nlog\n```\n",
    );
    assert!(notes.is_filled(FieldId::Notes));
    assert_eq!(notes.field_text(FieldId::StatusPage), Some("x"));
}

#[test]
fn a_group_keeps_its_members_apart_from_its_own_entries() {
    let document = parse(
        "## Root cause\n\n- **Contributing factors**:\n  - product / code: retries\n    - capacity: of the queue\n  - something else\n",
    );
    let group = document.field(FieldId::ContributingFactors).unwrap();
    assert_eq!(group.entries.iter().map(|e| document.slice(*e)).collect::<Vec<_>>(), ["something else"]);
    assert_eq!(document.field(FieldId::FactorCapacity).map(|f| f.state), None);
    assert_eq!(document.field(FieldId::FactorProduct).unwrap().entries.len(), 1);
}

#[test]
fn stand_ins_are_placeholders() {
    for value in ["TBD", "todo", "**TBD**", "???", "Sev0 / Sev1 / Sev2 / Sev3", "Sev0/Sev1/Sev2/Sev3"] {
        let document = parse(&format!("## Incident summary\n\n- **Severity**: {value}\n"));
        assert_eq!(document.field(FieldId::Severity).unwrap().state, FieldState::Placeholder, "{value}");
    }
}

#[test]
fn a_bare_clock_takes_the_date_of_the_row_above_and_of_the_start() {
    let document = parse(concat!(
        "## Incident summary\n\n- **Start time** (UTC): 2026-11-20 23:50\n\n## Timeline\n\n",
        "| Time (UTC) | Actor | Action | Result |\n|---|---|---|---|\n",
        "| 23:55 | @ana | **Detected.** saw it | |\n| | | | |\n| 00:10 | @bo | fixed | |\n",
    ));
    let times: Vec<String> =
        document.timeline_rows().iter().map(|row| row.at().unwrap().to_string()).collect();
    assert_eq!(times, ["2026-11-20T23:55:00Z", "2026-11-21T00:10:00Z"]);
    assert_eq!(document.timeline_rows()[1].number, 2);
    assert_eq!(document.milestone(Milestone::Detected).unwrap().number, 1);
}

#[test]
fn setting_a_field_of_the_template_changes_only_its_line() {
    let document = parse(TEMPLATE);
    for def in FIELDS {
        match document.set_field(def.id, "a value, with: everything | in `it`") {
            Ok(edits) => {
                let text = after(&document, &edits);
                let changed = parse(&text);
                let values: Vec<_> =
                    changed.field_values(def.id).map(|s| changed.slice(s).to_owned()).collect();
                assert_eq!(values, ["a value, with: everything | in `it`"], "{:?}\n{text}", def.id);
                let touched = TEMPLATE.lines().zip(text.lines()).filter(|(a, b)| a != b).count();
                assert!(touched <= 1 || text.lines().count() != TEMPLATE.lines().count(), "{:?}", def.id);
            }
            Err(error) => {
                assert!(matches!(error, operations::OperationError::Group(_)), "{:?}: {error}", def.id);
            }
        }
    }
}

#[test]
fn a_missing_field_and_a_missing_section_are_added_in_their_place() {
    let document = parse(
        "# T\n\n## Incident summary\n\n- **Incident ID**: INC-1\n- **Severity**: Sev1\n\n## Timeline\n",
    );
    let text = after(&document, &document.set_field(FieldId::Regions, "eu").unwrap());
    assert!(text.find("## Impact").unwrap() < text.find("## Timeline").unwrap());
    assert_eq!(parse(&text).field_text(FieldId::Regions), Some("eu"));
    let text = after(&document, &document.set_field(FieldId::StartTime, "2026-11-20 14:02").unwrap());
    assert!(
        text.contains("- **Severity**: Sev1\n- **Start time** (UTC): 2026-11-20 14:02\n\n## Timeline"),
        "{text}"
    );
    let text = after(&document, &document.set_field(FieldId::FactorCapacity, "full").unwrap());
    assert_eq!(parse(&text).field_text(FieldId::FactorCapacity), Some("full"));
}

#[test]
fn rows_fill_the_blank_row_and_then_go_where_their_time_belongs() {
    let mut document = parse(TEMPLATE);
    for (time, action) in
        [("2026-11-20 14:10", "b | pipe"), ("2026-11-20 14:20", "c"), ("2026-11-20 14:02", "a")]
    {
        let at = value::time::read(time, &value::time::Anchor { date: None, previous: None }).unwrap().at;
        let edits = document.insert_timeline_row(at, &[time, "@ana", action, ""]).unwrap();
        document = document.changed(&edits).unwrap();
    }
    let actions: Vec<_> =
        document.timeline_rows().iter().map(|row| document.cell_text(row.action).to_owned()).collect();
    assert_eq!(actions, ["a", "b \\| pipe", "c"]);
    assert_eq!(document.timeline().unwrap().rows.len(), 3);
    assert!(document.text().contains("| 2026-11-20 14:02 | @ana | a | |\n"));
}

#[test]
fn action_items_fill_the_row_of_their_priority() {
    let mut document = parse(TEMPLATE);
    for (priority, action) in [("P1", "one"), ("P1", "two"), ("P0", "zero"), ("P2", "three")] {
        let edits =
            document.insert_action_item(&[priority, action, "@ana", "2026-12-01", "Open", "x"]).unwrap();
        document = document.changed(&edits).unwrap();
    }
    let items: Vec<_> =
        document.action_items().iter().map(|i| document.cell_text(i.action).to_owned()).collect();
    assert_eq!(items, ["zero", "one", "two", "three"]);
    assert_eq!(document.actions().unwrap().rows.len(), 4);
}

#[test]
fn a_cell_is_set_alone_and_keeps_its_comment() {
    let text = "## Action items\n\n| Priority | Action item | Owner | Due date | Status | Verification plan |\n|---:|---|---|---|---|---|\n| P1 | do it <!-- recount: id k7f3q2 --> | @ana |\n|P2|x|@bo|2026-12-01|Open|y|\n";
    let document = parse(text);
    assert_eq!(document.slice(document.action_items()[0].id.unwrap()), "k7f3q2");
    let changed = after(&document, &document.set_action_cell(1, ActionColumn::Action, "do | that").unwrap());
    assert!(changed.contains("| P1 | do \\| that <!-- recount: id k7f3q2 --> | @ana |\n"), "{changed}");
    let changed = after(&document, &document.set_action_cell(1, ActionColumn::Status, "Open").unwrap());
    assert!(changed.contains("| P1 | do it <!-- recount: id k7f3q2 --> | @ana | | Open | |\n"), "{changed}");
    let changed = after(&document, &document.set_action_cell(2, ActionColumn::Owner, "@cy").unwrap());
    assert!(changed.contains("|P2|x| @cy |2026-12-01|Open|y|\n"), "{changed}");
}

#[test]
fn rows_are_removed_and_moved_and_the_last_leaves_a_blank_one() {
    let text = "## Timeline\n\n| Time (UTC) | Actor | Action | Result |\n|---|---|---|---|\n| 2026-11-20 14:02 | a | x | |\r\n| 2026-11-20 14:03 | b | y | |";
    let document = parse(text);
    let one = after(&document, &document.remove_timeline_row(2).unwrap());
    assert!(one.ends_with("| 2026-11-20 14:02 | a | x | |"), "{one:?}");
    let none = parse(&one);
    let blank = after(&none, &none.remove_timeline_row(1).unwrap());
    assert!(blank.ends_with("|---|---|---|---|\n| | | | |"), "{blank:?}");
    let swapped = after(&document, &document.move_timeline_row(1, 2).unwrap());
    assert!(
        swapped.ends_with("| 2026-11-20 14:03 | b | y | |\r\n| 2026-11-20 14:02 | a | x | |"),
        "{swapped:?}"
    );
    assert!(document.set_timeline_cell(3, TimelineColumn::Actor, "x").is_err());
}

#[test]
fn entries_of_lists_fill_the_empty_bullet_first() {
    let document = parse(TEMPLATE);
    let document =
        document.changed(&document.add_to_section(SectionId::WentWell, "alerts fired").unwrap()).unwrap();
    let document = document
        .changed(&document.add_to_section(SectionId::WentWell, "rollback was quick").unwrap())
        .unwrap();
    assert!(
        document
            .text()
            .contains("## What went well\n\n- alerts fired\n- rollback was quick\n\n## What went poorly")
    );
}

#[test]
fn formatting_converts_sorts_computes_and_compacts() {
    let text = concat!(
        "# T\n\n## Incident summary\n\n- **Start time** (UTC): 2026-11-20T14:02Z\n- **End time** (UTC): 2026-11-20 16:02\n- **Duration**:\n\n",
        "## Detection\n\n- **Time to detect**:\n\n## Timeline\n\n",
        "| Time (UTC) | Actor | Action              | Result |\n| --- | :--- | --- | --: |\n",
        "| 14:20 | @bo | later | |\n| 2026-11-20 06:05 PST | @ana | **Detected.** saw | ok   |\n",
    );
    let formatted = format::format(&parse(text));
    let out = String::from_utf8(formatted.bytes).unwrap();
    assert!(out.contains("- **Start time** (UTC): 2026-11-20 14:02\n"), "{out}");
    assert!(out.contains("- **Duration**: 2h\n"), "{out}");
    assert!(out.contains("- **Time to detect**: 3m\n"), "{out}");
    assert!(
        out.contains(concat!(
            "| Time (UTC) | Actor | Action | Result |\n|---|:---|---|---:|\n",
            "| 2026-11-20 14:05 | @ana | **Detected.** saw | ok |\n| 2026-11-20 14:20 | @bo | later | |\n"
        )),
        "{out}"
    );
    assert!(
        formatted.notes.iter().any(|note| note.contains("`2026-11-20 06:05 PST` is now `2026-11-20 14:05`"))
    );
    assert_eq!(format::format(&parse(&out)).bytes, out.as_bytes());
}

#[test]
fn formatting_spells_a_certain_due_date_canonically_and_says_so() {
    let text = concat!(
        "# T\n\n## Action items\n\n",
        "| Priority | Action item | Owner | Due date | Status | Verification plan |\n|---:|---|---|---|---|---|\n",
        "| P0 | one | @ana | 30.11.2026 | Open | |\n| P1 | two | @bo | 12/04/2026 | Open | |\n",
        "| P2 | three | @bo | 30.11.2026 (tentative) | Open | |\n",
    );
    let formatted = format::format(&parse(text));
    let out = String::from_utf8(formatted.bytes).unwrap();
    assert!(out.contains("| @ana | 2026-11-30 | Open |"), "{out}");
    assert!(out.contains("| @bo | 12/04/2026 | Open |"), "{out}");
    assert!(out.contains("| @bo | 30.11.2026 (tentative) | Open |"), "{out}");
    assert_eq!(formatted.notes, ["the due date `30.11.2026` is now `2026-11-30`"]);
    assert_eq!(format::format(&parse(&out)).bytes, out.as_bytes());
}

#[test]
fn the_blank_template_is_in_canonical_form() {
    assert_eq!(format::format(&parse(TEMPLATE)).bytes, TEMPLATE.as_bytes());
}

#[test]
fn waivers_cover_their_line_or_their_section() {
    let text = "# T\n\n## Timeline\n<!-- recount: allow timeline-gap: waiting -->\n\ntext\n\n## Impact\n\n- **Regions impacted**: x <!-- recount: allow unknown-region, empty-field -->\n\n<!-- recount: allow secret: stray -->\n\n```\n<!-- recount: allow secret: code -->\n```\n";
    let document = parse(text);
    let scopes: Vec<_> = document
        .marks()
        .iter()
        .map(|mark| match &mark.kind {
            MarkKind::Allow { rules, reason, scope } => (rules.len(), reason.is_some(), *scope),
            other => panic!("{other:?}"),
        })
        .collect();
    assert_eq!(scopes.len(), 3);
    assert!(
        matches!(scopes[0], (1, true, Scope::Section(span)) if document.slice(span).starts_with("## Timeline") && document.slice(span).trim_end().ends_with("text"))
    );
    assert!(matches!(scopes[1], (2, false, Scope::Block(span)) if document.slice(span).contains("Regions")));
    assert!(matches!(scopes[2], (1, true, Scope::Nothing)));
}

#[test]
fn the_front_matter_is_read_and_written() {
    let document = parse(
        "---\nstage: final\nfinalized: 2026-02-03\nreviewed-by: [ana, bo]\nincident-ids:\n  pagerduty: Q3B\n---\n# T\n",
    );
    let front = document.front_matter();
    assert_eq!((document.stage(), front.reviewed_by.len(), front.incident_ids.len()), (Stage::Final, 2, 1));
    let text = after(&document, &document.set_stage(Stage::Draft).unwrap());
    assert!(text.starts_with("---\nstage: draft\nfinalized"));
    let bare = parse("\u{feff}# T\r\n");
    assert_eq!(
        after(&bare, &bare.set_stage(Stage::Draft).unwrap()),
        "\u{feff}---\r\nstage: draft\r\n---\r\n\r\n# T\r\n"
    );
    let wrong = parse("---\nstage: done\n---\n# T\n");
    assert_eq!(wrong.front_matter().problems.len(), 1);
    assert_eq!(wrong.stage(), Stage::Review);
}

#[test]
fn a_change_behind_an_open_comment_is_refused_and_never_endless() {
    let document = parse("# T\n\n<!-- not closed\n");
    assert!(document.set_field(FieldId::Severity, "Sev1").is_err());
    assert!(document.add_to_section(SectionId::WentWell, "x").is_err());
    assert!(document.add_section(SectionId::Impact).is_err());
}

#[test]
fn adding_what_is_there_changes_nothing() {
    let document = parse(TEMPLATE);
    assert_eq!(document.add_section(SectionId::Impact), Ok(Vec::new()));
    assert_eq!(document.add_field(FieldId::DataLoss), Ok(Vec::new()));
}

#[test]
fn an_answer_keeps_its_marks_and_loses_only_a_bullet_of_its_own() {
    let document = parse(TEMPLATE);
    for (value, expected) in
        [("**By a test**, twice", "**By a test**, twice"), ("-5 degrees", "-5 degrees"), ("- one", "one")]
    {
        let changed = document.changed(&document.set_field(FieldId::Proof, value).unwrap()).unwrap();
        let answers: Vec<_> =
            changed.field_values(FieldId::Proof).map(|span| changed.slice(span).to_owned()).collect();
        assert_eq!(answers, [expected]);
    }
}

#[test]
fn a_label_without_a_colon_may_have_a_comment_behind_it() {
    let document =
        parse("## Incident summary\n\n- **Duration** <!-- recount: allow empty-field: known -->\n");
    assert_eq!(document.field(FieldId::Duration).map(|field| field.state), Some(FieldState::Blank));
    let text = after(&document, &document.set_field(FieldId::Duration, "2h").unwrap());
    assert!(text.ends_with("- **Duration**: 2h <!-- recount: allow empty-field: known -->\n"), "{text}");
}

const CLOCKS: &str = "## Timeline\n\n| Time (UTC) | Actor | Action | Result |\n|---|---|---|---|\n\
    | 2026-11-20 23:50 | a | x | |\n| 00:10–00:20 | b | y | |\n| 06:05 PST | c | z | |\n";

#[test]
fn a_clock_keeps_its_date_when_the_row_above_it_goes_or_moves() {
    let document = parse(CLOCKS);
    let without = after(&document, &document.remove_timeline_row(1).unwrap());
    assert!(
        without.contains("|---|\n| 2026-11-21 00:10–00:20 | b | y | |\n| 06:05 PST | c | z | |\n"),
        "{without}"
    );
    let moved = after(&document, &document.move_timeline_row(3, 1).unwrap());
    assert!(
        moved.contains("|---|\n| 2026-11-21 14:05 | c | z | |\n| 2026-11-20 23:50 | a | x | |\n| 00:10–00:20 | b | y | |\n"),
        "{moved}"
    );
    let sorted = parse(&moved);
    let sorted = after(&sorted, &sorted.sort_timeline());
    assert!(
        sorted
            .contains("|---|\n| 2026-11-20 23:50 | a | x | |\n| 00:10–00:20 | b | y | |\n| 2026-11-21 14:05"),
        "{sorted}"
    );
}

#[test]
fn a_clock_keeps_its_date_when_a_row_comes_above_it() {
    let text = format!(
        "## Incident summary\n\n- **Start time** (UTC): 2026-11-22 09:00\n\n{}",
        CLOCKS.replace("2026-11-20 ", "")
    );
    let document = parse(&text);
    let at = "2026-11-20T10:00:00Z".parse().unwrap();
    let changed =
        after(&document, &document.insert_timeline_row(at, &["2026-11-20 10:00", "d", "w", ""]).unwrap());
    assert!(
        changed.contains("| 2026-11-20 10:00 | d | w | |\n| 2026-11-22 23:50 | a | x | |\n| 00:10–00:20 | b"),
        "{changed}"
    );
}

#[test]
fn a_row_goes_behind_what_is_imprecise_in_its_time() {
    let text = "## Timeline\n\n| Time (UTC) | Actor | Action | Result |\n|---|---|---|---|\n| 2026-11-20 10:00 | a | x | |\n| ~10:05 | b | y | |\n";
    let document = parse(text);
    let at = "2026-11-20T10:30:00Z".parse().unwrap();
    let changed =
        after(&document, &document.insert_timeline_row(at, &["2026-11-20 10:30", "c", "z", ""]).unwrap());
    assert!(changed.ends_with("| ~10:05 | b | y | |\n| 2026-11-20 10:30 | c | z | |\n"), "{changed}");
}

#[test]
fn bytes_that_are_no_text_are_never_written_again() {
    let text = b"# T\n\n## Timeline\n\n| Time (UTC) | Actor | Action | Result |\n|---|---|---|---|\n| 14:10 | a\xff |  x | |\n| 14:02 | b | y | |\n";
    let document = Document::parse(text);
    assert_eq!(format::format(&document).bytes, text);
    assert_eq!(document.sort_timeline(), []);
    assert_eq!(
        document.set_timeline_cell(1, TimelineColumn::Actor, "c"),
        Err(operations::OperationError::NotText)
    );
    assert!(document.set_timeline_cell(2, TimelineColumn::Actor, "c").is_ok());
}

#[test]
fn a_title_is_written_before_its_comment_and_into_an_empty_heading() {
    for (text, expected) in [
        ("# Old <!-- recount: allow secret: known -->\n", "# New <!-- recount: allow secret: known -->\n"),
        ("#\n", "# New\n"),
        ("Old\n===\n", "New\n===\n"),
    ] {
        let document = parse(text);
        assert_eq!(after(&document, &document.set_title("New").unwrap()), expected);
    }
}

#[test]
fn a_key_of_the_front_matter_is_replaced_with_the_lines_that_belong_to_it() {
    let document = parse("---\nstage: draft\ntags:\n  - a\n  - b\nreviewed-by: [x]\n---\n# T\n");
    let text = after(&document, &document.set_front_matter("tags", "[c]").unwrap());
    assert_eq!(text, "---\nstage: draft\ntags: [c]\nreviewed-by: [x]\n---\n# T\n");
    assert!(document.set_front_matter("tags", "[c").is_err());
}

#[test]
fn a_heading_may_end_with_a_blank_that_is_part_of_its_text() {
    let document = parse("## Impact\u{a0}\n");
    let section = &document.sections()[0];
    assert!(section.id == Some(SectionId::Impact) && section.heading.contains(section.name));
}

#[test]
fn tables_in_quotations_and_with_old_line_endings_stay_tables() {
    let quoted = "## Timeline\n\n> | Time (UTC)  | Actor | Action | Result |\n> | --- | --- | --- | --- |\n> | 14:02 | a | x | |\n";
    for text in [quoted.to_owned(), quoted.replace("> ", "").replace('\n', "\r")] {
        let before = parse(&text);
        let formatted = Document::parse(&format::format(&before).bytes);
        assert_eq!(formatted.text().lines().count(), before.text().lines().count(), "{text:?}");
        let rows = |document: &Document| document.timeline().map(|table| table.rows.len());
        assert_eq!(rows(&before), rows(&formatted), "{text:?}");
        assert!(
            formatted.timeline().is_none_or(|table| formatted.slice(table.delimiter) == "|---|---|---|---|")
        );
    }
}

#[test]
fn entries_are_what_people_wrote_without_guidance_and_comments() {
    let document = parse(
        "## Action items\n\n- Add a limit <!-- recount: allow vague-action: known -->\n- **P0**: prevents recurrence of Sev0/Sev1 or reduces blast radius dramatically\n- <!-- x -->\n\nNone <!-- y -->\n",
    );
    let entries: Vec<_> =
        document.entries(SectionId::ActionItems).iter().map(|span| document.slice(*span)).collect();
    assert_eq!(entries, ["Add a limit", "None"]);
}

#[test]
fn blank_characters_that_are_text_are_kept_apart_from_blanks() {
    let table = "## Timeline\n\n| Time (UTC) | Actor | Action | Result |\n|---|---|---|---|\n";
    for text in [format!("{table}\u{2028}\nWe did\n"), format!("{table}|\u{a0}\u{a0}| a | b | |\n")] {
        let formatted = format::format(&parse(&text)).bytes;
        assert_eq!(format::format(&Document::parse(&formatted)).bytes, formatted, "{text:?}");
    }
    let document = parse("## Root cause\n\n- **Contributing factors**:\n  - capacity\u{a0}\n");
    let field = document.field(FieldId::FactorCapacity).unwrap();
    assert!(field.span.contains(field.value) && field.value.is_empty());
}

#[test]
fn a_new_table_takes_in_no_line_below_it() {
    let document = parse("## Timeline\n\n---\nnot a heading of ours\n---\n");
    let at = "2026-11-20T10:00:00Z".parse().unwrap();
    let changed =
        after(&document, &document.insert_timeline_row(at, &["2026-11-20 10:00", "a", "b", ""]).unwrap());
    assert!(changed.contains("| 2026-11-20 10:00 | a | b | |\n\nnot a heading of ours\n---\n"), "{changed}");
}

#[test]
fn a_clock_that_has_no_date_may_move_below_one_that_has() {
    let document = parse(
        "## Timeline\n\n| Time (UTC) | Actor | Action | Result |\n|---|---|---|---|\n| 00:10 | a | x | |\n| 2026-11-20 00:00 | b | y | |\n",
    );
    let text = after(&document, &document.move_timeline_row(1, 2).unwrap());
    assert!(text.ends_with("| 2026-11-20 00:00 | b | y | |\n| 00:10 | a | x | |\n"), "{text}");
}

#[test]
fn a_row_that_goes_leaves_the_line_ends_around_it_two() {
    let head = "## Timeline\n\n| Time (UTC) | Actor | Action | Result |\n|---|---|---|---|\n";
    let document = parse(&format!(
        "{head}| 2026-11-20 14:02 | a | x | |\r| 2026-11-20 14:03 | b | y | |\n\nNot a row\n"
    ));
    assert_eq!(document.timeline_rows().len(), 2);
    let text = after(&document, &document.remove_timeline_row(2).unwrap());
    assert_eq!(parse(&text).timeline_rows().len(), 1);
    assert!(text.ends_with("| a | x | |\r\n\nNot a row\n"), "{text:?}");
}

#[test]
fn a_table_is_as_wide_as_its_delimiter_says() {
    let document = parse(
        "## Timeline\n\n\u{c}| Time (UTC) | Actor | Action | Result |\n|---|---|---|---|\n| 2026-11-20 14:02 | a | x | |\n",
    );
    assert_eq!(document.timeline().unwrap().columns.len(), 4);
}
