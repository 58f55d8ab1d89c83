//! What changed in a file that somebody wrote with another program, and from which of the texts that it held before.
//!
//! What does not live here: merging that into what was written meanwhile ([`super::pieces`]).

use std::time::{Duration, Instant};

use similar::{Algorithm, DiffOp, TextDiff};

use super::lines::units;
use super::pieces::Hunk;

/// Comparing two texts may take so long; then what is left counts as replaced. Only texts that have next to nothing in
/// common take as long: a machine that is busy must not make a text of two.
const PATIENCE: Duration = Duration::from_secs(5);
/// Replaced lines up to this many bytes are compared word by word.
const FINE: usize = 16 * 1024;

/// What makes `new` of `old`: in order, apart, as little as possible.
pub(super) fn hunks(old: &str, new: &str) -> Vec<Hunk> {
    let mut hunks = Vec::new();
    let deadline = Instant::now() + PATIENCE;
    let lines = TextDiff::configure().algorithm(Algorithm::Myers).deadline(deadline).diff_lines(old, new);
    let mut at = 0;
    for op in lines.ops() {
        let (old, new) = texts(&lines, op);
        if !matches!(op, DiffOp::Equal { .. }) {
            within(at, &old, &new, deadline, &mut hunks);
        }
        at += units(&old);
    }
    hunks
}

/// The hunks of some lines that begin at `at`.
fn within(at: u32, old: &str, new: &str, deadline: Instant, hunks: &mut Vec<Hunk>) {
    if old.is_empty() || new.is_empty() || old.len() + new.len() > FINE {
        return hunks.extend(trimmed(at, old, new));
    }
    let words = TextDiff::configure().algorithm(Algorithm::Myers).deadline(deadline).diff_words(old, new);
    let mut at = at;
    for op in words.ops() {
        let (old, new) = texts(&words, op);
        if !matches!(op, DiffOp::Equal { .. }) {
            hunks.extend(trimmed(at, &old, &new));
        }
        at += units(&old);
    }
}

/// What an operation is about, in both texts.
fn texts(diff: &TextDiff<'_, '_, str>, op: &DiffOp) -> (String, String) {
    (
        op.old_range().filter_map(|index| diff.old_slice(index)).collect(),
        op.new_range().filter_map(|index| diff.new_slice(index)).collect(),
    )
}

/// One replacement without what both have at their beginning and end.
pub(super) fn trimmed(at: u32, old: &str, new: &str) -> Option<Hunk> {
    let same = |(a, b): &(char, char)| a == b;
    let front: usize = old.chars().zip(new.chars()).take_while(same).map(|(c, _)| c.len_utf8()).sum();
    let (before, old, new) = (&old[..front], &old[front..], &new[front..]);
    let back: usize =
        old.chars().rev().zip(new.chars().rev()).take_while(same).map(|(c, _)| c.len_utf8()).sum();
    let (old, new) = (&old[..old.len() - back], &new[..new.len() - back]);
    let hunk = Hunk { at: at + units(before), removed: units(old), text: new.to_owned() };
    (hunk.removed > 0 || !hunk.text.is_empty()).then_some(hunk)
}

/// How much hunks change.
fn cost(hunks: &[Hunk]) -> usize {
    hunks.iter().map(|hunk| hunk.removed as usize + hunk.text.len()).sum()
}

/// Which of the texts that a file held, oldest first, it was changed from, and how: the one from which it differs
/// least; of equals the latest.
pub(super) fn made_from(texts: &[&str], new: &str) -> Option<(usize, Vec<Hunk>)> {
    let last = texts.len().checked_sub(1)?;
    let latest = hunks(texts[last], new);
    // Only where something is gone from the latest may an older one have been saved again.
    if latest.iter().all(|hunk| hunk.removed == 0) {
        return Some((last, latest));
    }
    let mut best = (last, latest);
    for (index, text) in texts[..last].iter().enumerate().rev() {
        let hunks = hunks(text, new);
        if cost(&hunks) < cost(&best.1) {
            best = (index, hunks);
        }
    }
    Some(best)
}

/// From which of the texts another one was made, where that need not be the latest although nothing of it is gone: the
/// one from which it differs least; of equals the latest.
pub(super) fn likeliest(texts: &[&str], new: &str) -> Option<usize> {
    (0..texts.len()).rev().min_by_key(|index| cost(&hunks(texts[*index], new)))
}

#[cfg(test)]
mod tests {
    use super::super::pieces::changed;
    use super::*;

    #[test]
    fn only_what_differs_is_a_hunk() {
        let hunks = hunks("# T\n| a | b |\nend\n", "# T\n| a | c |\nend\nmore\n");
        assert_eq!(
            hunks,
            [
                Hunk { at: 10, removed: 1, text: "c".to_owned() },
                Hunk { at: 18, removed: 0, text: "more\n".to_owned() }
            ]
        );
    }

    #[test]
    fn a_save_of_an_older_text_is_known_as_one() {
        let texts = ["one\n", "one\ntwo\n", "one\ntwo\nthree\n"];
        for (new, from) in [
            ("one\ntwo\nthree\nfour\n", 2),
            ("one\nX\n", 0),
            ("one\ntwo\nX\n", 1),
            ("one\n", 0),
            ("two\nthree\n", 2),
        ] {
            assert_eq!(made_from(&texts, new).map(|(from, _)| from), Some(from), "{new:?}");
        }
    }

    proptest::proptest! {
        #[test]
        fn hunks_make_the_new_text(old in "[ab \n\u{1f600}é]{0,60}", new in "[ab \n\u{1f600}é]{0,60}") {
            proptest::prop_assert_eq!(changed(&old, &hunks(&old, &new)), new);
        }
    }
}
