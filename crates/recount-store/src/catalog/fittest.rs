//! The documents of an index that fit a query best, in an order that is total: of those that fit as well, the younger
//! ones. Where documents lie in an index depends on which of its writers was quicker, so it decides nothing.
//!
//! What does not live here: what is asked ([`super::find`], [`super::near`]).

use tantivy::collector::{Collector, SegmentCollector};
use tantivy::columnar::Column;
use tantivy::query::Weight;
use tantivy::{DocAddress, DocId, Score, SegmentOrdinal, SegmentReader};

/// The best documents of an index: how well each fits, its number, and where it is.
pub(super) type Best = Vec<(f32, u64, DocAddress)>;

/// Keeps at most so many documents.
pub(super) struct Fittest(pub(super) usize);

/// Of a part of an index.
pub(super) struct FittestHere {
    part: SegmentOrdinal,
    numbers: Column<u64>,
    most: usize,
    best: Best,
    /// What fits less is not among the best.
    least: Score,
}

impl Collector for Fittest {
    type Fruit = Best;
    type Child = FittestHere;

    fn for_segment(&self, part: SegmentOrdinal, reader: &SegmentReader) -> tantivy::Result<FittestHere> {
        let numbers = reader.fast_fields().u64("number")?;
        Ok(FittestHere { part, numbers, most: self.0, best: Vec::new(), least: Score::MIN })
    }

    fn requires_scoring(&self) -> bool {
        true
    }

    fn merge_fruits(&self, parts: Vec<Best>) -> tantivy::Result<Best> {
        let mut best: Best = parts.into_iter().flatten().collect();
        best.sort_unstable_by(order);
        best.truncate(self.0);
        Ok(best)
    }

    /// Passes over what cannot be among the best without a look at it.
    fn collect_segment(
        &self,
        weight: &dyn Weight,
        part: SegmentOrdinal,
        reader: &SegmentReader,
    ) -> tantivy::Result<Best> {
        let mut here = self.for_segment(part, reader)?;
        let alive = reader.alive_bitset();
        weight.for_each_pruning(Score::MIN, reader, &mut |document, score| {
            if alive.is_none_or(|alive| alive.is_alive(document)) {
                here.collect(document, score);
            }
            // What fits as well as the last of them is wanted, too, and bounds are rounded.
            if here.least > 0.0 { here.least * (1.0 - 1e-6) } else { Score::MIN }
        })?;
        Ok(here.harvest())
    }
}

impl SegmentCollector for FittestHere {
    type Fruit = Best;

    fn collect(&mut self, document: DocId, score: Score) {
        if score < self.least {
            return;
        }
        let Some(number) = self.numbers.first(document) else { return };
        self.best.push((score, number, DocAddress::new(self.part, document)));
        // Half of them goes at a time, so that each costs the same however many are kept.
        if self.best.len() >= self.most.saturating_mul(2).max(2) {
            self.cut();
        }
    }

    fn harvest(mut self) -> Best {
        self.cut();
        self.best
    }
}

impl FittestHere {
    fn cut(&mut self) {
        if self.best.len() <= self.most || self.most == 0 {
            self.best.truncate(self.most);
            return;
        }
        let (_, (least, ..), _) = self.best.select_nth_unstable_by(self.most - 1, order);
        self.least = *least;
        self.best.truncate(self.most);
    }
}

/// The best first; the higher number is the younger document.
fn order(a: &(f32, u64, DocAddress), b: &(f32, u64, DocAddress)) -> std::cmp::Ordering {
    b.0.total_cmp(&a.0).then(b.1.cmp(&a.1))
}
