//! Laws of merging: what one side alone changed comes in to the byte, nothing is lost and nothing is made up.

#![allow(clippy::unwrap_used)]

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::sync::LazyLock;

use proptest::prelude::*;
use recount_engine::document::Document;
use recount_engine::document::merge::{Markers, Merged, differences, merge};
use recount_engine::document::template::{FIELDS, FieldId, FieldKind, TEMPLATE};

fn cases() -> ProptestConfig {
    // A case merges whole documents several times; `PROPTEST_CASES` sets another number than these.
    let cases =
        if std::env::var_os("PROPTEST_CASES").is_some() { ProptestConfig::default().cases } else { 64 };
    ProptestConfig { failure_persistence: None, cases, ..ProptestConfig::default() }
}

/// The template and the documents of the demo library.
static KNOWN: LazyLock<Vec<String>> = LazyLock::new(|| {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples/postmortems/2026");
    let mut paths: Vec<_> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    let documents = paths.iter().filter(|path| path.is_file()).map(|path| fs::read_to_string(path).unwrap());
    std::iter::once(TEMPLATE.to_owned()).chain(documents).collect()
});

fn known() -> impl Strategy<Value = String> {
    (0..KNOWN.len()).prop_map(|index| KNOWN[index].clone())
}

/// A change of lines, wherever they are: one goes, comes, is doubled, or becomes another one.
#[derive(Clone, Debug)]
enum Damage {
    Remove(usize),
    Insert(usize, String),
    Append(usize, String),
    Swap(usize),
}

fn damage() -> impl Strategy<Value = Damage> {
    let line = prop_oneof![
        Just(String::new()),
        "[a-z]{1,8}( [a-z]{1,8}){0,3}",
        "- [a-z]{1,8}",
        "  - [a-z]{1,8}",
        "\\| (2026-11-20 )?1[0-9]:[0-5][0-9] \\| @ana \\| [a-z]{1,8} \\| \\|",
        "\\| P1 \\| [a-z]{1,8} \\| @ana \\| 2026-12-04 \\| Open \\| [a-z]{1,8} \\|",
        "## [A-Z][a-z]{1,6}",
        Just("```".to_owned()),
        Just("<!-- recount: allow timeline-gap: nobody acted -->".to_owned()),
    ];
    prop_oneof![
        any::<usize>().prop_map(Damage::Remove),
        (any::<usize>(), line).prop_map(|(at, line)| Damage::Insert(at, line)),
        (any::<usize>(), "[a-z]{1,6}").prop_map(|(at, word)| Damage::Append(at, word)),
        any::<usize>().prop_map(Damage::Swap),
    ]
}

fn damaged(text: &str, damages: &[Damage]) -> String {
    let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
    for damage in damages {
        let count = lines.len().max(1);
        match damage {
            Damage::Remove(at) if !lines.is_empty() => drop(lines.remove(at % count)),
            Damage::Insert(at, line) => lines.insert(at % count, line.clone()),
            Damage::Append(at, word) if !lines.is_empty() => lines[at % count].push_str(word),
            Damage::Swap(at) if count > 1 => lines.swap(at % count, (at + 1) % count),
            _ => {}
        }
    }
    lines.join("\n") + "\n"
}

fn merged(base: &str, ours: &str, theirs: &str) -> Option<Merged> {
    merge(base.as_bytes(), ours.as_bytes(), theirs.as_bytes(), Markers::default())
}

fn lines(text: &[u8]) -> BTreeMap<String, usize> {
    let mut lines = BTreeMap::new();
    for line in String::from_utf8_lossy(text).lines().map(str::trim).filter(|line| !line.is_empty()) {
        *lines.entry(line.to_owned()).or_default() += 1;
    }
    lines
}

/// The fields that hold one value in one line.
fn plain_fields() -> Vec<FieldId> {
    let is_plain = |kind: FieldKind| matches!(kind, FieldKind::Text);
    FIELDS.iter().filter(|def| is_plain(def.kind)).map(|def| def.id).collect()
}

proptest! {
    #![proptest_config(cases())]

    #[test]
    fn any_three_files_are_merged_or_left_to_git(
        base in prop::collection::vec(any::<u8>(), 0..200),
        ours in prop::collection::vec(any::<u8>(), 0..200),
        theirs in prop::collection::vec(any::<u8>(), 0..200),
    ) {
        let _ = merge(&base, &ours, &theirs, Markers::default());
        let _ = differences(&base, &ours);
        prop_assert_eq!(merge(&base, &ours, &base, Markers::default()).unwrap().bytes, ours);
        prop_assert_eq!(merge(&base, &base, &theirs, Markers::default()).unwrap().bytes, theirs);
    }

    #[test]
    fn three_documents_of_different_incidents_are_merged_somehow(base in known(), ours in known(), theirs in known()) {
        let Some(merged) = merged(&base, &ours, &theirs) else { return Ok(()) };
        prop_assert!(merged.conflicts > 0 || base == ours || base == theirs || ours == theirs || !merged.bytes.is_empty());
        let _ = differences(base.as_bytes(), ours.as_bytes());
    }

    #[test]
    fn the_changes_of_one_side_come_in_to_the_byte(
        text in known(), one in prop::collection::vec(damage(), 0..6), other in prop::collection::vec(damage(), 0..4),
    ) {
        // A second change beside them, at the very end, so that no short cut answers.
        let ours = damaged(&text, &one);
        let base = damaged(&text, &other);
        for (base, side) in [(&text, &ours), (&base, &ours)] {
            let apart = |text: &str| format!("{text}\n\n# Zz\n\none\n\ntwo\n\nthree\n");
            let (base, side) = (apart(base), apart(side));
            let theirs = base.replace("\n\nthree\n", "\n\nfour\n");
            let Some(merged) = merged(&base, &side, &theirs) else { continue };
            prop_assert_eq!(merged.conflicts, 0, "{}", String::from_utf8_lossy(&merged.bytes));
            {
                let expected = side.replace("\n\nthree\n", "\n\nfour\n");
                prop_assert_eq!(String::from_utf8(merged.bytes).unwrap(), expected);
            }
        }
    }

    #[test]
    fn no_line_is_lost_and_none_is_made_up(
        text in known(), one in prop::collection::vec(damage(), 1..6), other in prop::collection::vec(damage(), 1..6),
    ) {
        let (ours, theirs) = (damaged(&text, &one), damaged(&text, &other));
        let Some(both) = merged(&text, &ours, &theirs) else { return Ok(()) };
        let (base, our_lines, their_lines) = (lines(text.as_bytes()), lines(ours.as_bytes()), lines(theirs.as_bytes()));
        let result = lines(&both.bytes);
        // Words of rows may come together from two sides; whole lines are compared outside of tables.
        let is_row = |line: &&String| line.starts_with('|');
        for (line, count) in our_lines.iter().chain(&their_lines).filter(|(line, _)| !is_row(line)) {
            let was = base.get(line).copied().unwrap_or(0);
            if *count > was {
                prop_assert!(result.contains_key(line), "`{line}` was added and is lost in\n{}", String::from_utf8_lossy(&both.bytes));
            }
        }
        let is_marker = |line: &str| ["<<<<<<<", "=======", ">>>>>>>"].iter().any(|sign| line.starts_with(sign));
        for line in result.keys().filter(|line| !is_row(line) && !is_marker(line)) {
            let known = [&base, &our_lines, &their_lines].iter().any(|lines| lines.contains_key(line));
            prop_assert!(known, "`{line}` is nobody's");
        }
        if both.conflicts == 0 {
            for cell in String::from_utf8_lossy(&both.bytes).lines().filter(|line| line.starts_with('|')).flat_map(|line| line.split('|')) {
                let is_known = [&text, &ours, &theirs].iter().any(|text| text.contains(cell.trim()));
                // A date that a bare clock needs is written for it.
                prop_assert!(is_known || cell.trim().starts_with("20"), "`{cell}` is nobody's");
            }
        }
    }

    #[test]
    fn the_sides_may_change_places(
        text in known(), one in prop::collection::vec(damage(), 1..5), other in prop::collection::vec(damage(), 1..5),
    ) {
        let (ours, theirs) = (damaged(&text, &one), damaged(&text, &other));
        let (here, there) = (merged(&text, &ours, &theirs), merged(&text, &theirs, &ours));
        prop_assert_eq!(here.is_some(), there.is_some());
        if let (Some(here), Some(there)) = (here, there) {
            prop_assert_eq!(here.conflicts, there.conflicts);
            if here.conflicts == 0 {
                prop_assert_eq!(lines(&here.bytes), lines(&there.bytes));
            }
        }
    }

    #[test]
    fn different_fields_and_rows_merge_without_conflict(
        index in 1..12_usize, first in any::<prop::sample::Index>(), second in any::<prop::sample::Index>(),
        minutes in (0..60_u8, 0..60_u8),
    ) {
        let text = &KNOWN[index.min(KNOWN.len() - 1)];
        let base = Document::parse(text.as_bytes());
        let fields = plain_fields();
        let (one, other) = (*first.get(&fields), *second.get(&fields));
        prop_assume!(one != other);
        let side = |field: FieldId, value: &str, minute: u8| {
            let set = base.changed(&base.set_field(field, value).ok()?).ok()?;
            let clock = format!("2026-11-20 14:{minute:02}");
            let at = format!("2026-11-20T14:{minute:02}:00Z").parse().unwrap();
            let edits = set.insert_timeline_row(at, &[&clock, "@ana", &format!("{value} was done"), ""]).ok()?;
            Some(set.changed(&edits).ok()?.text().to_owned())
        };
        let (Some(ours), Some(theirs)) = (side(one, "aardvark", minutes.0), side(other, "zebra", minutes.1)) else {
            return Ok(());
        };
        let both = merged(text, &ours, &theirs).expect("they are postmortems");
        prop_assert_eq!(both.conflicts, 0, "{}", String::from_utf8_lossy(&both.bytes));
        let result = Document::parse(&both.bytes);
        let value = |field| result.field_values(field).map(|span| result.slice(span).to_owned()).collect::<Vec<_>>().join("; ");
        prop_assert!(value(one).contains("aardvark") && value(other).contains("zebra"));
        prop_assert_eq!(result.timeline_rows().len(), base.timeline_rows().len() + 2);
    }
}
