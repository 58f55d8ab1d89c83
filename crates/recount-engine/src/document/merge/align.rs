//! Finding the units of one copy again in another: first what is the same to the letter or by name, then, between
//! those, what is alike.
//!
//! What does not live here: what becomes of what was found.

use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash, Hasher};

use similar::{Algorithm, DiffOp, capture_diff_slices};

use super::units::{Kind, Unit};

/// From this likeness on, between 0 and 1, two rows or items are one that was changed. Half of the words: with less,
/// two entries of one minute by one person would be taken for each other.
const ALIKE: f64 = 0.5;
/// Above this many pairs nothing alike is looked for: what is not the same is then gone and new.
const MOST_PAIRS: usize = 40_000;

/// How one copy relates to the base.
#[derive(Debug)]
pub(super) struct Alignment {
    /// For each unit of the base, the unit of the copy that it is; none where it is gone.
    pub(super) of_base: Vec<Option<usize>>,
    /// For each place, before a unit of the base and behind the last, the units that came in there.
    pub(super) added: Vec<Vec<usize>>,
}

/// Aligns a copy with the base. The order of what is found again is that of both.
pub(super) fn align(base: &[Unit], copy: &[Unit]) -> Alignment {
    let tokens = |units: &[Unit]| units.iter().map(token).collect::<Vec<u64>>();
    let mut of_base = vec![None; base.len()];
    let mut gap: Option<(std::ops::Range<usize>, std::ops::Range<usize>)> = None;
    let mut gaps = Vec::new();
    for operation in capture_diff_slices(Algorithm::Patience, &tokens(base), &tokens(copy)) {
        let (old, new) = (operation.old_range(), operation.new_range());
        if matches!(operation, DiffOp::Equal { .. }) {
            old.zip(new).for_each(|(old, new)| of_base[old] = Some(new));
            gaps.extend(gap.take());
        } else {
            gap = Some(match gap {
                Some((before, came)) => (before.start..old.end, came.start..new.end),
                None => (old, new),
            });
        }
    }
    gaps.extend(gap);
    for (old, new) in gaps {
        for (left, right) in alike(&base[old.clone()], &copy[new.clone()]) {
            of_base[old.start + left] = Some(new.start + right);
        }
    }
    let mut added = vec![Vec::new(); base.len() + 1];
    let mut next = 0;
    for (index, found) in of_base.iter().enumerate() {
        if let Some(found) = *found {
            added[index].extend(next..found);
            next = found + 1;
        }
    }
    added[base.len()].extend(next..copy.len());
    Alignment { of_base, added }
}

/// Equal for units that are the same beyond doubt.
pub(super) fn token(unit: &Unit) -> u64 {
    let mut hasher = DefaultHasher::new();
    (unit.kind, &unit.scope).hash(&mut hasher);
    if unit.is_named() {
        unit.name.hash(&mut hasher);
    } else {
        unit.text.hash(&mut hasher);
    }
    hasher.finish()
}

/// Pairs of units that are alike, in the order of both sides, the likest of all such choices.
fn alike(old: &[Unit], new: &[Unit]) -> Vec<(usize, usize)> {
    let width = new.len() + 1;
    if old.is_empty() || new.is_empty() || old.len() * new.len() > MOST_PAIRS {
        return Vec::new();
    }
    let (old_words, new_words) = (words_of(old), words_of(new));
    // best[i][j]: the most that can be had from the units behind i and j.
    let mut best = vec![0.0_f64; (old.len() + 1) * width];
    let mut likeness = vec![0.0_f64; old.len() * new.len()];
    for i in (0..old.len()).rev() {
        for j in (0..new.len()).rev() {
            let like = like(&old[i], &new[j], &old_words[i], &new_words[j]);
            likeness[i * new.len() + j] = like;
            let skip = best[(i + 1) * width + j].max(best[i * width + j + 1]);
            let take = if like > 0.0 { like + best[(i + 1) * width + j + 1] } else { 0.0 };
            best[i * width + j] = skip.max(take);
        }
    }
    let (mut i, mut j) = (0, 0);
    let mut pairs = Vec::new();
    while i < old.len() && j < new.len() {
        let like = likeness[i * new.len() + j];
        let here = best[i * width + j];
        if like > 0.0 && here <= like + best[(i + 1) * width + j + 1] {
            pairs.push((i, j));
            (i, j) = (i + 1, j + 1);
        } else if here <= best[(i + 1) * width + j] {
            i += 1;
        } else {
            j += 1;
        }
    }
    pairs
}

type Words = HashMap<String, usize>;

fn words_of(units: &[Unit]) -> Vec<Words> {
    units.iter().map(|unit| words(if unit.kind.is_row() { &unit.name } else { unit.text })).collect()
}

fn words(text: &str) -> Words {
    let mut words = Words::new();
    for word in text.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()) {
        *words.entry(word.to_lowercase()).or_default() += 1;
    }
    words
}

/// How much of the words two texts share, from 0 to 1.
#[expect(clippy::cast_precision_loss, reason = "counts of words are small")]
fn shared(left: &Words, right: &Words) -> f64 {
    let total: usize = left.values().chain(right.values()).sum();
    let both: usize =
        left.iter().map(|(word, count)| right.get(word).map_or(0, |other| *count.min(other))).sum();
    if total == 0 { 0.0 } else { 2.0 * both as f64 / total as f64 }
}

/// How alike two units are: 0 for those that are not one and the same.
fn like(old: &Unit, new: &Unit, old_words: &Words, new_words: &Words) -> f64 {
    if old.kind != new.kind || old.scope != new.scope {
        return 0.0;
    }
    if old.is_blank != new.is_blank && old.kind != Kind::Text {
        return 0.0;
    }
    let above = |likeness: f64| if likeness >= ALIKE { likeness } else { 0.0 };
    match old.kind {
        Kind::Key | Kind::Field | Kind::TableHead => f64::from(u8::from(old.name == new.name)),
        Kind::Heading | Kind::Item => above(shared(old_words, new_words)),
        Kind::TimelineRow => {
            let same_time = !old.time.is_empty() && old.time == new.time;
            above(0.75 * shared(old_words, new_words) + if same_time { 0.25 } else { 0.0 })
        }
        Kind::ActionRow => match (&old.id, &new.id) {
            (Some(old), Some(new)) => 2.0 * f64::from(u8::from(old == new)),
            _ => above(shared(old_words, new_words)),
        },
        // Text between the same neighbours is the same, however much of it was changed.
        Kind::Text => 0.05 + shared(old_words, new_words),
    }
}
