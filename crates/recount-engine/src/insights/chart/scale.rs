//! Axes: from values to places, and where the ticks stand.

use super::super::words;

/// Ticks for counts from 0 to at least `most`: whole numbers, at most six.
pub(super) fn counts(most: usize) -> Vec<usize> {
    let most = most.max(1);
    let mut step = 1_usize;
    let factors = [2, 5, 10];
    let mut decade = 1_usize;
    while most.div_ceil(step) > 5 {
        let next = factors.iter().map(|factor| decade.saturating_mul(*factor)).find(|next| *next > step);
        step = next.unwrap_or(usize::MAX);
        if step >= decade.saturating_mul(10) {
            decade = decade.saturating_mul(10);
        }
    }
    (0..=most.div_ceil(step)).map(|nth| nth.saturating_mul(step)).collect()
}

/// A tick of [`counts`] in few characters: `500`, `2,000`, `20k`, `5M`.
pub(super) fn short(tick: usize) -> String {
    match tick {
        0..10_000 => words::number(tick),
        10_000..1_000_000 => format!("{}k", tick / 1000),
        _ => format!("{}M", words::number(tick / 1_000_000)),
    }
}

/// Durations that people count in, in seconds.
const MARKS: [u64; 19] = [
    60, 120, 300, 600, 900, 1800, 3600, 7200, 14_400, 28_800, 43_200, 86_400, 172_800, 345_600, 604_800,
    1_209_600, 2_592_000, 7_776_000, 31_536_000,
];

/// A logarithmic axis of durations.
pub(super) struct Durations {
    low: f64,
    high: f64,
    /// Seconds at which ticks stand.
    pub(super) ticks: Vec<u64>,
}

impl Durations {
    /// From at most the shortest to at least the longest; below a minute is as a minute.
    pub(super) fn of(shortest: u64, longest: u64) -> Self {
        let (from, to) = (shortest.max(60), longest.max(60));
        let first = MARKS.iter().rposition(|mark| *mark <= from).unwrap_or(0);
        let last = MARKS.iter().position(|mark| *mark >= to).unwrap_or(MARKS.len() - 1);
        // An axis has a length.
        let (first, last) = if first == last {
            (first.saturating_sub(1), (first + 1).min(MARKS.len() - 1))
        } else {
            (first, last)
        };
        let high = MARKS[last].max(to);
        let marks = &MARKS[first..=last];
        // Both ends and what fits between.
        let step = (marks.len() - 1).div_ceil(6).max(1);
        let ticks = marks.iter().copied().step_by(step).collect();
        Self { low: (MARKS[first] as f64).ln(), high: (high as f64).ln(), ticks }
    }

    /// The place of a duration, 0 to 1.
    pub(super) fn place(&self, seconds: u64) -> f64 {
        let at = (seconds.max(60) as f64).ln();
        ((at - self.low) / (self.high - self.low)).clamp(0.0, 1.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ticks_are_few_whole_and_reach_the_most() {
        for (most, expected) in [
            (0, vec![0, 1]),
            (1, vec![0, 1]),
            (5, vec![0, 1, 2, 3, 4, 5]),
            (6, vec![0, 2, 4, 6]),
            (11, vec![0, 5, 10, 15]),
            (40, vec![0, 10, 20, 30, 40]),
            (101, vec![0, 50, 100, 150]),
            (4812, vec![0, 1000, 2000, 3000, 4000, 5000]),
        ] {
            assert_eq!(counts(most), expected, "{most}");
        }
        assert!(counts(usize::MAX).len() < 8);
    }

    #[test]
    fn durations_have_round_ticks_whatever_they_are() {
        for (least, most) in [(0, 0), (60, 60), (65, 70_000), (1, u64::MAX), (40_000_000, 50_000_000)] {
            let axis = Durations::of(least, most);
            assert!((2..=8).contains(&axis.ticks.len()), "{least} {most}: {:?}", axis.ticks);
            for seconds in [0, least, most] {
                assert!((0.0..=1.0).contains(&axis.place(seconds)));
            }
        }
    }
}
