//! Rows of both sides that are one row: both moved it, each to a place of its own, or both wrote it, or one moved what
//! the other changed where it was.
//!
//! What does not live here: rows that stayed where they were, which `align` finds, and what is written of a pair.

use std::collections::HashMap;

use super::align::Alignment;
use super::units::{Kind, Unit};

/// A row that came in on both sides. It is written once, where ours has it.
pub(super) struct Twins<'a> {
    pub(super) ours: usize,
    pub(super) theirs: usize,
    /// The row of the base that both moved, where there is one.
    pub(super) base: Option<&'a Unit<'a>>,
}

/// A row that came in: its place in the base, and which unit of its copy it is.
#[derive(Clone, Copy)]
struct Came<'a> {
    place: usize,
    index: usize,
    unit: &'a Unit<'a>,
}

/// Finds such rows: each of ours with at most one of theirs. Rows that are the same to the letter at one place are
/// no matter of this module.
pub(super) fn twins<'a>(
    base: &'a [Unit<'a>],
    (ours, to_ours): (&'a [Unit<'a>], &Alignment),
    (theirs, to_theirs): (&'a [Unit<'a>], &Alignment),
) -> Vec<Twins<'a>> {
    let (mut our_rows, mut their_rows) = (came(ours, to_ours), came(theirs, to_theirs));
    pair(&mut our_rows, &mut their_rows, |ours, theirs| {
        ours.place == theirs.place && ours.unit.text == theirs.unit.text
    });
    let is_gone = |index: usize| to_ours.of_base[index].is_none() && to_theirs.of_base[index].is_none();
    let gone: Vec<&Unit> = base
        .iter()
        .enumerate()
        .filter(|(index, unit)| unit.kind.is_row() && !unit.is_blank && is_gone(*index))
        .map(|(_, unit)| unit)
        .collect();
    let (our_origins, their_origins) = (origins(&our_rows, &gone), origins(&their_rows, &gone));
    let origin = |ours: &Came, theirs: &Came| {
        let found =
            our_origins.get(&ours.index).filter(|found| their_origins.get(&theirs.index) == Some(found));
        found.copied()
    };
    let mut pairs = pair(&mut our_rows, &mut their_rows, |ours, theirs| {
        ours.unit.kind == theirs.unit.kind && ours.unit.text == theirs.unit.text
    });
    pairs.extend(pair(&mut our_rows, &mut their_rows, |ours, theirs| same_id(ours.unit, theirs.unit)));
    pairs.extend(pair(&mut our_rows, &mut their_rows, |ours, theirs| origin(ours, theirs).is_some()));
    let twins = pairs.into_iter().map(|(ours, theirs)| Twins {
        ours: ours.index,
        theirs: theirs.index,
        base: origin(&ours, &theirs).map(|found| gone[found]),
    });
    twins.collect()
}

/// A row that one side moved and the other changed in its place.
pub(super) struct Moved {
    /// The row of the side that moved it.
    pub(super) row: usize,
    /// The row of the other side.
    pub(super) edited: usize,
    /// What both were.
    pub(super) base: usize,
}

/// Finds such rows: each row of the base at most once.
pub(super) fn moved_and_edited<'a>(
    base: &'a [Unit<'a>],
    (mover, to_mover): (&'a [Unit<'a>], &Alignment),
    (editor, to_editor): (&'a [Unit<'a>], &Alignment),
) -> Vec<Moved> {
    // Also those that the other side left alone: a row that came from one of them is no other one.
    let gone: Vec<usize> = (0..base.len())
        .filter(|index| {
            base[*index].kind.is_row() && !base[*index].is_blank && to_mover.of_base[*index].is_none()
        })
        .collect();
    let is_edited =
        |index: usize| to_editor.of_base[index].filter(|edited| editor[*edited].text != base[index].text);
    if !gone.iter().any(|index| is_edited(*index).is_some()) {
        return Vec::new();
    }
    let units: Vec<&Unit> = gone.iter().map(|index| &base[*index]).collect();
    let origins = origins(&came(mover, to_mover), &units);
    let mut found: Vec<Moved> = origins
        .into_iter()
        .filter_map(|(row, origin)| {
            let (row_unit, base_unit) = (&mover[row], units[origin]);
            // At another time somebody may have done the same again.
            let same_time =
                row_unit.time == base_unit.time || row_unit.at.is_some_and(|at| base_unit.at == Some(at));
            let base = gone[origin];
            same_time.then_some(Moved { row, edited: is_edited(base)?, base })
        })
        .collect();
    found.sort_by_key(|moved| moved.base);
    found
}

fn came<'a>(units: &'a [Unit<'a>], aligned: &Alignment) -> Vec<Came<'a>> {
    let all = aligned.added.iter().enumerate();
    let all = all.flat_map(|(place, added)| added.iter().map(move |index| (place, *index)));
    all.map(|(place, index)| Came { place, index, unit: &units[index] })
        .filter(|came| came.unit.kind.is_row() && !came.unit.is_blank)
        .collect()
}

/// Takes out of both lists what is the same row, in their order.
fn pair<'a>(
    ours: &mut Vec<Came<'a>>,
    theirs: &mut Vec<Came<'a>>,
    is_same: impl Fn(&Came, &Came) -> bool,
) -> Vec<(Came<'a>, Came<'a>)> {
    let mut pairs = Vec::new();
    ours.retain(|row| {
        let Some(found) = theirs.iter().position(|other| is_same(row, other)) else { return true };
        pairs.push((*row, theirs.remove(found)));
        false
    });
    pairs
}

/// Which row of the base each row was before it moved: by its ID, or by its words, best at its own time.
fn origins(rows: &[Came], gone: &[&Unit]) -> HashMap<usize, usize> {
    let mut free: Vec<usize> = (0..gone.len()).collect();
    let mut found = HashMap::new();
    let tests: [fn(&Unit, &Unit) -> bool; 4] = [
        |row, base| row.kind == base.kind && row.text == base.text,
        same_id,
        |row, base| same_words(row, base) && row.time == base.time,
        same_words,
    ];
    for is_same in tests {
        for row in rows {
            if found.contains_key(&row.index) {
                continue;
            }
            if let Some(at) = free.iter().position(|index| is_same(row.unit, gone[*index])) {
                found.insert(row.index, free.remove(at));
            }
        }
    }
    found
}

fn same_id(row: &Unit, other: &Unit) -> bool {
    row.kind == Kind::ActionRow && other.kind == Kind::ActionRow && row.id.is_some() && row.id == other.id
}

/// Whether two rows are named alike and no ID says that they are two.
fn same_words(row: &Unit, other: &Unit) -> bool {
    row.kind == other.kind
        && !row.name.is_empty()
        && row.name == other.name
        && (row.id.is_none() || other.id.is_none() || row.id == other.id)
}
