//! Merging text line by line, as git does: changes that overlap or touch are a conflict.
//!
//! What does not live here: what a conflict looks like.

use std::ops::Range;

use similar::{Algorithm, DiffOp, capture_diff_slices};

/// A stretch of merged text.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Piece {
    /// Lines that are certain.
    Certain(String),
    /// Lines that both sides changed, each in its own way.
    Conflict { ours: String, theirs: String },
}

/// A change of lines: which of the base, by which of the side.
#[derive(Clone, Debug)]
struct Change {
    base: Range<usize>,
    side: Range<usize>,
}

/// Merges the lines of two texts that were made from a third.
pub(super) fn merge(base: &str, ours: &str, theirs: &str) -> Vec<Piece> {
    let [base, ours, theirs] =
        [base, ours, theirs].map(|text| text.split_inclusive('\n').collect::<Vec<_>>());
    let (our_changes, their_changes) = (changes(&base, &ours), changes(&base, &theirs));
    let mut merger = Merger { base: &base, ours: &ours, theirs: &theirs, pieces: Vec::new() };
    let (mut our_next, mut their_next) =
        (our_changes.into_iter().peekable(), their_changes.into_iter().peekable());
    let mut done = 0;
    loop {
        // The next region: a change, and every change that overlaps or touches it.
        let start = match (our_next.peek(), their_next.peek()) {
            (Some(ours), Some(theirs)) => ours.base.start.min(theirs.base.start),
            (Some(change), None) | (None, Some(change)) => change.base.start,
            (None, None) => break,
        };
        let mut end = start;
        let (mut our_part, mut their_part): (Vec<Change>, Vec<Change>) = (Vec::new(), Vec::new());
        loop {
            if let Some(change) = our_next.next_if(|change| change.base.start <= end) {
                end = end.max(change.base.end);
                our_part.push(change);
            } else if let Some(change) = their_next.next_if(|change| change.base.start <= end) {
                end = end.max(change.base.end);
                their_part.push(change);
            } else {
                break;
            }
        }
        merger.certain(&base[done..start]);
        merger.region(start..end, &our_part, &their_part);
        done = end;
    }
    merger.certain(&base[done..]);
    merger.pieces
}

fn changes(base: &[&str], side: &[&str]) -> Vec<Change> {
    let mut changes: Vec<Change> = Vec::new();
    let all = capture_diff_slices(Algorithm::Myers, base, side);
    for operation in all.into_iter().filter(|operation| !matches!(operation, DiffOp::Equal { .. })) {
        let (base, side) = (operation.old_range(), operation.new_range());
        match changes.last_mut() {
            // What was taken away and what came in its place is one change.
            Some(last) if last.base.end == base.start && last.side.end == side.start => {
                last.base.end = base.end;
                last.side.end = side.end;
            }
            _ => changes.push(Change { base, side }),
        }
    }
    changes
}

struct Merger<'a> {
    base: &'a [&'a str],
    ours: &'a [&'a str],
    theirs: &'a [&'a str],
    pieces: Vec<Piece>,
}

impl Merger<'_> {
    fn certain(&mut self, lines: &[&str]) {
        if lines.is_empty() {
            return;
        }
        match self.pieces.last_mut() {
            Some(Piece::Certain(text)) => text.extend(lines.iter().copied()),
            _ => self.pieces.push(Piece::Certain(lines.concat())),
        }
    }

    fn region(&mut self, base: Range<usize>, ours: &[Change], theirs: &[Change]) {
        let our_lines = side_of(self.base, self.ours, &base, ours);
        let their_lines = side_of(self.base, self.theirs, &base, theirs);
        if theirs.is_empty() || our_lines == their_lines {
            return self.certain(&our_lines);
        }
        if ours.is_empty() {
            return self.certain(&their_lines);
        }
        let shortest = our_lines.len().min(their_lines.len());
        let head = our_lines.iter().zip(&their_lines).take_while(|(a, b)| a == b).count();
        let tail = our_lines.iter().rev().zip(their_lines.iter().rev()).take_while(|(a, b)| a == b).count();
        let tail = tail.min(shortest - head);
        self.certain(&our_lines[..head]);
        self.pieces.push(Piece::Conflict {
            ours: our_lines[head..our_lines.len() - tail].concat(),
            theirs: their_lines[head..their_lines.len() - tail].concat(),
        });
        self.certain(&our_lines[our_lines.len() - tail..]);
    }
}

/// The lines of a side that stand where `region` of the base stood.
fn side_of<'a>(
    base: &[&'a str],
    side: &[&'a str],
    region: &Range<usize>,
    changes: &[Change],
) -> Vec<&'a str> {
    let mut lines = Vec::new();
    let mut at = region.start;
    for change in changes {
        lines.extend_from_slice(&base[at..change.base.start]);
        lines.extend_from_slice(&side[change.side.clone()]);
        at = change.base.end;
    }
    lines.extend_from_slice(&base[at..region.end]);
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_apart_merge_and_lines_that_touch_are_a_conflict() {
        let certain = |text: &str| Piece::Certain(text.to_owned());
        let conflict =
            |ours: &str, theirs: &str| Piece::Conflict { ours: ours.to_owned(), theirs: theirs.to_owned() };
        for (base, ours, theirs, merged) in [
            ("a\nb\nc\n", "A\nb\nc\n", "a\nb\nC\n", vec![certain("A\nb\nC\n")]),
            ("a\nb\n", "A\nb\n", "a\nB\n", vec![conflict("A\nb\n", "a\nB\n")]),
            ("a\nb\n", "A\nb\n", "A\nb\n", vec![certain("A\nb\n")]),
            ("a\n", "a\nx\n", "a\ny\n", vec![certain("a\n"), conflict("x\n", "y\n")]),
            ("a\n", "a\nx\ny\n", "a\nx\nz\n", vec![certain("a\nx\n"), conflict("y\n", "z\n")]),
            ("a\nb\n", "b\n", "A\nb\n", vec![conflict("", "A\n"), certain("b\n")]),
        ] {
            assert_eq!(merge(base, ours, theirs), merged, "{base:?} {ours:?} {theirs:?}");
        }
    }
}
