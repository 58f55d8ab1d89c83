//! Any changes of any document. The input is one byte for how many changes, then for each change its
//! kind, two numbers, the length of its values and these (tabs between them), then the document.

#![no_main]

use libfuzzer_sys::fuzz_target;
use recount_engine::document::template::{ActionColumn, FIELDS, SectionId, TimelineColumn};
use recount_engine::document::value::time::{Anchor, read};

#[path = "../../crates/recount-engine/tests/properties/laws.rs"]
mod laws;

use laws::Operation;

fuzz_target!(|bytes: &[u8]| {
    let Some((operations, document)) = take(bytes) else { return };
    let mut document = document.to_vec();
    for operation in operations {
        if let Ok(changed) = laws::operating(&document, &operation) {
            document = changed;
        }
    }
});

fn take(bytes: &[u8]) -> Option<(Vec<Operation>, &[u8])> {
    let (count, mut rest) = bytes.split_first()?;
    let mut operations = Vec::new();
    for _ in 0..=count % 3 {
        let [kind, a, b, length, tail @ ..] = rest else { return None };
        let (value, tail) = tail.split_at_checked(usize::from(*length))?;
        operations.push(operation(*kind, usize::from(*a), usize::from(*b), &String::from_utf8_lossy(value)));
        rest = tail;
    }
    Some((operations, rest))
}

fn operation(kind: u8, a: usize, b: usize, value: &str) -> Operation {
    let field = FIELDS[a % FIELDS.len()].id;
    let section = SectionId::ALL[a % SectionId::ALL.len()];
    let (row, to) = (a % 8 + 1, b % 8 + 1);
    let mut cells = value.split('\t').map(str::to_owned).chain(std::iter::repeat(String::new()));
    let mut cell = || cells.next().unwrap_or_default();
    match kind % 17 {
        0 => Operation::SetField(field, value.to_owned()),
        1 => Operation::AddToField(field, value.to_owned()),
        2 => Operation::SetTimelineCell(
            row,
            TimelineColumn::ALL[b % TimelineColumn::ALL.len()],
            value.to_owned(),
        ),
        3 => Operation::SetActionCell(row, ActionColumn::ALL[b % ActionColumn::ALL.len()], value.to_owned()),
        4 => {
            let time = format!("2026-11-20 {:02}:{:02}", a % 24, b % 60);
            let at = read(&time, &Anchor::default()).expect("it is canonical").at;
            Operation::InsertTimelineRow(at, [time, cell(), cell(), cell()])
        }
        5 => Operation::InsertActionItem([format!("P{}", a % 3), cell(), cell(), cell(), cell(), cell()]),
        6 => Operation::RemoveTimelineRow(row),
        7 => Operation::RemoveActionItem(row),
        8 => Operation::MoveTimelineRow(row, to),
        9 => Operation::MoveActionItem(row, to),
        10 => Operation::AddToSection(section, value.to_owned()),
        11 => Operation::AddSection(section),
        12 => Operation::AddField(field),
        13 => Operation::SetTitle(value.to_owned()),
        14 => Operation::SetFrontMatter(
            ["stage", "tags", "finalized", "note"][a % 4].to_owned(),
            value.to_owned(),
        ),
        15 => Operation::SetActionId(row, "k7f3q2".to_owned()),
        _ => Operation::SortTimeline,
    }
}
