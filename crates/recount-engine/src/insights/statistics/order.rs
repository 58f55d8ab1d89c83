//! Quantiles, and how sure they are.
//!
//! A quantile is the nearest rank: the smallest value that at least this share of all does not exceed
//! (Hyndman & Fan 1996, definition 1; the inverse of the empirical distribution). It is always a value that
//! was observed, and reads off the empirical distribution as it is drawn.
//!
//! Its interval is the percentile bootstrap's. For a single order statistic no resampling is needed: the
//! k-th of n values drawn with replacement is at most the j-th of the sample exactly when at least k of n
//! draws fall on the first j, which is binomial. This is the distribution that resampling would estimate
//! (Efron 1979; Hutson & Ernst 2000), without its noise, at the cost of a few evaluations.

use statrs::distribution::{Binomial, DiscreteCDF as _};

use super::TAIL;

/// A share of a sample in thousandths: 500 is the median. Whole numbers, so that ranks are exact.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Permille(pub u64);

/// Half of the sample.
pub const MEDIAN: Permille = Permille(500);
/// Nine of ten.
pub const P90: Permille = Permille(900);

/// The index of a quantile in a sorted sample of `n`; none for an empty one.
pub fn index(n: usize, share: Permille) -> Option<usize> {
    let rank = (n as u64).checked_mul(share.0)?.div_ceil(1000).max(1);
    usize::try_from(rank).ok().filter(|_| n > 0).map(|rank| rank.min(n) - 1)
}

/// The indices at both ends of the 95% bootstrap interval of a quantile.
///
/// None where the sample is too small to reach beyond the true quantile on both sides with 97.5%: below 6
/// values for the median and below 36 for the 90th percentile. There the bootstrap would only repeat the
/// extremes of the sample.
pub fn interval(n: usize, share: Permille) -> Option<(usize, usize)> {
    let rank = index(n, share)? as u64 + 1;
    let part = share.0 as f64 / 1000.0;
    let reaches = |part: f64| (n as f64 * part.ln()).exp() <= TAIL;
    if !reaches(part) || !reaches(1.0 - part) {
        return None;
    }
    // How likely the quantile of a resample is at most the j-th value.
    let at_most = |j: u64| {
        let draws = Binomial::new(j as f64 / n as f64, n as u64).ok();
        draws.map_or(1.0, |draws| draws.sf(rank - 1))
    };
    let first = |share: f64| {
        let (mut low, mut high) = (1, n as u64);
        while low < high {
            let middle = u64::midpoint(low, high);
            if at_most(middle) >= share { high = middle } else { low = middle + 1 }
        }
        usize::try_from(low).ok().map(|rank| rank - 1)
    };
    Some((first(TAIL)?, first(1.0 - TAIL)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_quantile_is_the_nearest_rank() {
        // numpy 2.4.6, `quantile(range(n), share, method="inverted_cdf")`.
        for (n, median, p90) in [(1, 0, 0), (2, 0, 1), (5, 2, 4), (10, 4, 8), (11, 5, 9), (100, 49, 89)] {
            assert_eq!((index(n, MEDIAN), index(n, P90)), (Some(median), Some(p90)), "{n}");
        }
        assert_eq!(index(0, MEDIAN), None);
    }

    #[test]
    fn the_interval_is_the_one_that_resampling_tends_to() {
        // Ranks from 1, by scipy 1.17.1 `binom.sf`; for 15 and 50 the same came from 400,000 resamples drawn
        // with numpy 2.4.6.
        for (n, median, p90) in [
            (6, Some((1, 5)), None),
            (7, Some((2, 6)), None),
            (10, Some((2, 8)), None),
            (15, Some((4, 12)), None),
            (20, Some((6, 14)), None),
            (36, Some((12, 24)), Some((28, 35))),
            (50, Some((18, 32)), Some((40, 48))),
            (100, Some((40, 60)), Some((83, 95))),
            (101, Some((41, 61)), Some((84, 96))),
            (1000, Some((469, 531)), Some((880, 917))),
            (100_000, Some((49_690, 50_310)), Some((89_813, 90_185))),
        ] {
            let ranks = |share| interval(n, share).map(|(low, high)| (low + 1, high + 1));
            assert_eq!((ranks(MEDIAN), ranks(P90)), (median, p90), "{n}");
        }
    }

    #[test]
    fn a_sample_that_cannot_hold_an_interval_has_none() {
        assert!(interval(5, MEDIAN).is_none() && interval(6, MEDIAN).is_some());
        assert!(interval(35, P90).is_none() && interval(36, P90).is_some());
        assert_eq!(interval(0, MEDIAN), None);
    }
}
