//! Properties of the document, for any bytes, for damaged documents and for sound ones: it is read
//! without loss, a change changes what was asked for and nothing else, formatting and fixing settle.

#![allow(clippy::unwrap_used)]

mod documents;
mod laws;

use std::sync::LazyLock;

use documents::{any_bytes, any_document, any_value, clock, config, damaged, filled, plain};
use laws::Operation;
use proptest::prelude::*;
use recount_engine::document::edit::{Edit, apply};
use recount_engine::document::markdown::BlockKind;
use recount_engine::document::template::{
    ActionColumn, FIELDS, FieldId, FieldKind, SectionId, TEMPLATE, TimelineColumn,
};
use recount_engine::document::value::time::{Anchor, read};
use recount_engine::document::{Document, Span, Stage};
use recount_engine::ide::Checker;
use recount_engine::lint::{Finding, NoLibrary, Options};

static CHECKER: LazyLock<Checker> = LazyLock::new(|| Checker::new(config()));

fn cases() -> ProptestConfig {
    // `PROPTEST_CASES` sets another number. Failing cases become plain tests beside the code.
    ProptestConfig { failure_persistence: None, ..ProptestConfig::default() }
}

fn stage() -> impl Strategy<Value = Stage> {
    prop::sample::select(Stage::ALL.as_slice())
}

fn field() -> impl Strategy<Value = FieldId> {
    (0..FIELDS.len()).prop_map(|at| FIELDS[at].id)
}

/// Any change with values from `value`.
fn operation<V: Strategy<Value = String> + 'static>(value: fn() -> V) -> impl Strategy<Value = Operation> {
    let section = || prop::sample::select(SectionId::ALL.as_slice());
    prop_oneof![
        4 => (field(), value()).prop_map(|(id, value)| Operation::SetField(id, value)),
        2 => (field(), value()).prop_map(|(id, value)| Operation::AddToField(id, value)),
        3 => (1..7usize, prop::sample::select(TimelineColumn::ALL.as_slice()), value())
            .prop_map(|(row, column, value)| Operation::SetTimelineCell(row, column, value)),
        3 => (1..5usize, prop::sample::select(ActionColumn::ALL.as_slice()), value())
            .prop_map(|(row, column, value)| Operation::SetActionCell(row, column, value)),
        2 => (1..5usize, "[2-9b-z]{6}").prop_map(|(row, id)| Operation::SetActionId(row, id)),
        2 => (clock(), value(), value(), value()).prop_map(|(time, actor, action, result)| {
            let at = read(&time, &Anchor::default()).expect("it is canonical").at;
            Operation::InsertTimelineRow(at, [time, actor, action, result])
        }),
        2 => ("P[0-2]", value(), value(), value()).prop_map(|(priority, action, owner, plan)| {
            Operation::InsertActionItem([priority, action, owner, "2026-12-01".to_owned(), "Open".to_owned(), plan])
        }),
        1 => (1..7usize).prop_map(Operation::RemoveTimelineRow),
        1 => (1..5usize).prop_map(Operation::RemoveActionItem),
        1 => (1..7usize, 1..7usize).prop_map(|(from, to)| Operation::MoveTimelineRow(from, to)),
        1 => (1..5usize, 1..5usize).prop_map(|(from, to)| Operation::MoveActionItem(from, to)),
        2 => (section(), value()).prop_map(|(id, value)| Operation::AddToSection(id, value)),
        1 => section().prop_map(Operation::AddSection),
        1 => field().prop_map(Operation::AddField),
        1 => value().prop_map(Operation::SetTitle),
        1 => ("[a-z]{1,3}|stage|tags|reviewed-by", value()).prop_map(|(key, value)| Operation::SetFrontMatter(key, value)),
        1 => Just(Operation::SortTimeline),
    ]
}

/// Whether a plain change must be possible in a sound document.
fn is_possible(document: &Document, operation: &Operation) -> bool {
    match operation {
        Operation::SetField(id, _) | Operation::AddToField(id, _) => id.def().kind != FieldKind::Group,
        Operation::SetTimelineCell(row, ..) | Operation::RemoveTimelineRow(row) => {
            *row <= document.timeline_rows().len()
        }
        Operation::SetActionCell(row, ..) | Operation::RemoveActionItem(row) => {
            *row <= document.action_items().len()
        }
        Operation::SetActionId(row, _) => {
            let item = document.action_items().get(*row - 1);
            item.is_some_and(|item| item.id.is_some() || !document.cell_text(item.action).is_empty())
        }
        Operation::MoveTimelineRow(from, to) => (*from).max(*to) <= document.timeline_rows().len(),
        Operation::MoveActionItem(from, to) => (*from).max(*to) <= document.action_items().len(),
        // A section of fields or of a table takes no bullets of its own.
        Operation::AddToSection(id, _) => {
            matches!(id, SectionId::WentWell | SectionId::WentPoorly | SectionId::GotLucky)
        }
        // What YAML makes of the words is for the caller.
        Operation::SetFrontMatter(..) => false,
        _ => true,
    }
}

proptest! {
    #![proptest_config(cases())]

    #[test]
    fn any_bytes_are_read_and_stay_as_they_are(bytes in any_bytes()) {
        laws::reading(&bytes.0);
    }

    #[test]
    fn damaged_documents_are_read_and_stay_as_they_are(bytes in damaged()) {
        laws::reading(&bytes.0);
    }

    #[test]
    fn cells_are_where_every_reader_of_markdown_sees_them(bytes in any_document()) {
        laws::tables(&Document::parse(&bytes.0));
    }

    #[test]
    fn formatting_settles_and_keeps_words_and_instants(bytes in any_document()) {
        laws::formatting(&bytes.0);
    }

    #[test]
    fn fixing_settles_and_never_adds_errors(bytes in any_document(), stage in stage()) {
        laws::fixing(&CHECKER, &bytes.0, stage);
    }

    #[test]
    fn a_change_is_refused_or_changes_only_what_was_asked(bytes in any_document(), operation in operation(any_value)) {
        // A refusal is fine here; what it must not do is change something else.
        let _ = laws::operating(&bytes.0, &operation);
    }

    #[test]
    fn a_plain_change_of_a_sound_document_is_never_refused(
        bytes in filled(),
        operations in prop::collection::vec(operation(plain), 1..4),
    ) {
        let mut bytes = bytes.0;
        for operation in &operations {
            let possible = is_possible(&Document::parse(&bytes), operation);
            match laws::operating(&bytes, operation) {
                Ok(changed) => bytes = changed,
                Err(error) => prop_assert!(!possible, "{operation:?}: {error}\n{}", String::from_utf8_lossy(&bytes)),
            }
        }
    }

    #[test]
    fn a_waiver_silences_its_rule_on_its_line_and_nothing_else(
        bytes in any_document(),
        stage in stage(),
        which in any::<prop::sample::Index>(),
    ) {
        let document = Document::parse(&bytes.0);
        let before = laws::findings(&CHECKER, &bytes.0, stage);
        let candidates: Vec<(&Finding, Edit)> =
            before.iter().filter_map(|finding| Some((finding, waiver(&document, finding)?))).collect();
        if candidates.is_empty() {
            return Ok(());
        }
        let (finding, edit) = which.get(&candidates);
        let waived = apply(&bytes.0, std::slice::from_ref(edit)).expect("it is one insertion");
        let after = laws::findings(&CHECKER, &waived, stage);
        let block = block_at(&document, finding.span).expect("the waiver was put into it");
        let covered = |other: &Finding| {
            other.rule.name == finding.rule.name && block.start <= other.span.start && other.span.start <= block.end
        };
        // A comment makes a row longer, and of findings in one place the shorter one comes first.
        let mut expected: Vec<_> = before.iter().filter(|other| !covered(other)).map(said).collect();
        let mut got: Vec<_> = after.iter().map(said).collect();
        expected.sort_unstable();
        got.sort_unstable();
        prop_assert_eq!(got, expected, "{:?}\n{}", finding, String::from_utf8_lossy(&waived));
    }
}

fn said(finding: &Finding) -> (&'static str, String) {
    (finding.rule.name, finding.message.to_string())
}

/// The row, or the paragraph of an item or of its own, in which a finding stands.
fn block_at(document: &Document, span: Span) -> Option<Span> {
    let blocks = &document.markdown().blocks;
    let holds = |block: Span| block.start <= span.start && span.end <= block.end;
    let inner = blocks
        .iter()
        .rfind(|block| holds(block.span) && !matches!(block.kind, BlockKind::List | BlockKind::Table))?;
    matches!(inner.kind, BlockKind::TableRow | BlockKind::Paragraph).then(|| {
        let text = document.slice(inner.span).trim_end();
        Span::new(inner.span.start as usize, inner.span.start as usize + text.len())
    })
}

/// The insertion of a reasoned waiver at the end of the line of a finding.
fn waiver(document: &Document, finding: &Finding) -> Option<Edit> {
    let block = block_at(document, finding.span)?;
    let text = document.slice(block);
    let comment = format!(" <!-- recount: allow {}: known -->", finding.rule.name);
    // What has open code, HTML or several lines may take the comment for something else.
    let is_plain = !text.contains(['`', '<', '\n', '\r', '\\']) && !document.slice(block).is_empty();
    if !is_plain || finding.rule.name.contains("waiver") || text.chars().any(char::is_control) {
        return None;
    }
    let at = block.end as usize;
    let at = if text.starts_with('|') && text.ends_with('|') { at - 1 } else { at };
    let at = at - (document.text()[..at].len() - document.text()[..at].trim_end_matches(' ').len());
    (at > block.start as usize + 1).then(|| Edit::insert(at, comment))
}

/// Documents of this many bytes. What grows with the square takes minutes for one of them, and then the
/// test runner's limit for a test that hangs (`.config/nextest.toml`) ends it: no time is asserted here.
const HOSTILE: usize = 256 * 1024;

/// Asserts what holds for any document, however long reading it takes.
fn assert_sound(case: &str, document: &Document, findings: &[Finding]) {
    let text = document.text();
    for Finding { rule, span, .. } in findings {
        assert!(text.get(span.range()).is_some(), "{case}: {} at {span:?}", rule.name);
    }
}

#[test]
fn hostile_documents_are_read_checked_and_formatted_to_the_end() {
    let timeline = "## Timeline\n\n| Time (UTC) | Actor | Action | Result |\n|---|---|---|---|\n";
    let actions = "## Action items\n\n| Priority | Action item | Owner | Due date | Status | Verification plan |\n|---|---|---|---|---|---|\n";
    for (head, piece) in [
        ("", "<!-- recount:"),
        ("", "<!-- recount: allow timeline-gap: x -->\n\n"),
        ("# T\n", "<!-- recount: allow timeline-gap: x -->\n"),
        ("## Impact\n\n", "- **Regions impacted**: x <!-- recount: allow unknown-region: y -->\n"),
        ("", "## Impact\n"),
        ("", "# Impact\n\n### Impact\n\n"),
        ("", "## x\n\n"),
        ("## Impact\n\n- ", "- "),
        ("## Impact\n\n", "> "),
        ("## Impact\n\n", "- x\n  "),
        ("## Root cause\n\n- **Root cause**:", "\n  - a: b"),
        ("## Root cause\n\n- **Root cause**: ", "a <!-- x -->"),
        ("## Root cause\n\n- **Root cause**: ", "who knew "),
        ("## Root cause\n\n- **Root cause**: ", "[["),
        ("## Root cause\n\n- **Root cause**: ", "`a`` "),
        ("## Root cause\n\n- **Root cause**: ", "*a **b "),
        ("## Appendices\n\n", "```\n"),
        ("## Appendices\n\n- Notes and raw logs: ", "x\n\npara\n\n"),
        ("## What went well\n\n", "- \n"),
        (timeline, "| 14:02 | @ana | **Detected.** x | y |\n"),
        (timeline, "| 14:02 PST | @ana | x | |\n| 14:01 | @bo | y | |\n"),
        (timeline, "| | | | |\n"),
        (timeline, "|"),
        (timeline, "| ~14:02 | \\| |\n"),
        (timeline, "| 14:02 | @ana | x | y <!-- recount: allow imprecise-time: z --> |\n"),
        (
            actions,
            "| P0 | Add a limit <!-- recount: id k7f3q2 --> | @ana | 2026-12-01 | Open | `a < 1` for 7d |\n",
        ),
        (actions, "| P0 | Investigate | | | | |\n"),
        ("## Follow-up verification\n\n- What metrics should improve?\n", "  - `a{b=\"c\"} < 1` for 7d\n"),
        ("## Follow-up verification\n\n- What game day will we run?\n", "  - 2026-12-09: x\n"),
        ("", "[a](#b) "),
        ("", "# a\n\n[a](#b)\n\n"),
        ("---\n", "a: b\n"),
        ("---\na: ", "["),
        ("", "AKIAIOSFODNN7EXAMPLE ana@a.example 10.0.0.1 "),
    ] {
        let text = format!("{head}{}", piece.repeat((HOSTILE - head.len()) / piece.len()));
        let case = format!("{head:?} and many {piece:?}");
        // What hangs is the last that was named.
        println!("{case}");
        let document = Document::parse(text.as_bytes());
        assert_eq!(document.source().bytes(), text.as_bytes(), "{case}");
        let options = Options { stage: Some(Stage::Final), due: true, fixes: true, ..Options::default() };
        let findings = CHECKER.findings(&document, &NoLibrary, laws::TODAY, options);
        assert_sound(&case, &document, &findings);
        let formatted = recount_engine::document::format::format(&document);
        assert!(std::str::from_utf8(&formatted.bytes).is_ok(), "{case}");
    }
}

/// Fixes change the document that they are worked out for, so many of them in a long document take longer.
#[test]
fn hostile_documents_are_fixed_to_the_end() {
    for (place, piece) in [
        ("| | | | |\n", "| 2026-11-20 14:02 PST | @ana | x | |\n"),
        ("| | | | |\n", "| 2026-11-20 14:02 | @ana | x | |\n| 2026-11-20 14:01 | @bo | y | |\n"),
        ("| P0 | | | | | |\n", "| p0 | Add a limit | @ana | 1 Dec 2026 | done | y |\n"),
        ("- **Severity**: Sev0 / Sev1 / Sev2 / Sev3\n", "- **Severity**: SEV-2\n"),
        ("## Impact\n", "## Impact\n\n- **Data impact**: none\n\n"),
        ("- What game day will we run?\n", "- What game day will we run?\n  - `a <` for 7d\n"),
    ] {
        let rows = piece.repeat(HOSTILE / 8 / piece.len());
        let text = TEMPLATE.replace("# Postmortem template", "# T").replace(place, &rows);
        let case = format!("many {piece:?}");
        println!("{case}");
        let options = Options { stage: Some(Stage::Final), due: true, fixes: true, ..Options::default() };
        let fixed = CHECKER.fix(text.as_bytes(), &NoLibrary, laws::TODAY, options);
        assert_sound(&case, &Document::parse(&fixed.bytes), &fixed.findings);
    }
}
