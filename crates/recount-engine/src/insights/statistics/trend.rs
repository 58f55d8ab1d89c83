//! Whether there is a trend, by tests that can say no.
//!
//! Two are about when things happen within a window that was fixed beforehand (time-truncated), and both ask
//! whether the rate is constant: Laplace's test, most powerful where the rate changes by a factor in equal
//! times (Cox & Lewis 1966), and that of MIL-HDBK-189 for the power law process of Crow (1974). Both take events to be
//! independent of each other: incidents that cause incidents make them say yes too often. The third, of Mann (1945)
//! and Kendall, is about values in an order and asks nothing of their distribution.

use statrs::distribution::{ChiSquared, ContinuousCDF as _};
use statrs::function::erf::erfc;

use super::TAIL;

/// Fewer events than this are not tested.
pub const FEWEST_EVENTS: usize = 5;
/// Fewer values than this are not tested: below it the normal approximation of Mann–Kendall does not hold.
pub const FEWEST_VALUES: usize = 10;

/// What Laplace's test says.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Laplace {
    /// Below 0 where events come earlier in the window than a constant rate would have them: they become rarer.
    pub u: f64,
    /// Two-sided.
    pub p: f64,
}

/// Laplace's test of events at `times` within `(0, window)`.
pub fn laplace(times: &[f64], window: f64) -> Option<Laplace> {
    if times.len() < FEWEST_EVENTS || window <= 0.0 {
        return None;
    }
    let n = times.len() as f64;
    let mean = times.iter().sum::<f64>() / n;
    let u = (mean / window - 0.5) * (12.0 * n).sqrt();
    Some(Laplace { u, p: two_sided(u) })
}

/// What the test of MIL-HDBK-189 says, and the power law that fits.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct PowerLaw {
    /// The expected number of events up to a time grows with its power `beta`, by maximum likelihood. Below 1
    /// events become rarer.
    pub beta: f64,
    /// The exact 95% interval of `beta`.
    pub interval: (f64, f64),
    /// Chi-squared with twice as many degrees of freedom as there are events, where the rate is constant.
    pub chi_squared: f64,
    /// Two-sided.
    pub p: f64,
}

/// The test of MIL-HDBK-189 of events at `times` within `(0, window)`, time-truncated.
pub fn power_law(times: &[f64], window: f64) -> Option<PowerLaw> {
    if times.len() < FEWEST_EVENTS || window <= 0.0 {
        return None;
    }
    let n = times.len() as f64;
    let sum: f64 = times.iter().map(|time| (window / time.max(f64::MIN_POSITIVE)).ln()).sum();
    let chi = ChiSquared::new(2.0 * n).ok().filter(|_| sum > 0.0)?;
    let statistic = 2.0 * sum;
    let p = (2.0 * chi.cdf(statistic).min(chi.sf(statistic))).min(1.0);
    let edge = |share: f64| quantile(&chi, 2.0 * n, share) / statistic;
    Some(PowerLaw { beta: n / sum, interval: (edge(TAIL), edge(1.0 - TAIL)), chi_squared: statistic, p })
}

/// The quantile by halving: the library's own stops some digits early.
fn quantile(chi: &ChiSquared, freedom: f64, share: f64) -> f64 {
    let spread = 12.0 * (2.0 * freedom).sqrt() + 60.0;
    let (mut low, mut high) = ((freedom - spread).max(0.0), freedom + spread);
    for _ in 0..100 {
        let middle = f64::midpoint(low, high);
        if chi.cdf(middle) < share { low = middle } else { high = middle }
    }
    f64::midpoint(low, high)
}

/// What the test of Mann and Kendall says.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct MannKendall {
    /// Pairs that rise less pairs that fall.
    pub s: i64,
    /// Its variance where there is no trend, corrected for ties.
    pub variance: f64,
    /// Standardised, corrected for continuity.
    pub z: f64,
    /// Two-sided.
    pub p: f64,
}

/// The test of Mann and Kendall of values in their order; none of too few. Pairs are counted by sorting and not
/// one by one: afterwards the values are sorted.
pub fn mann_kendall(values: &mut [u64]) -> Option<MannKendall> {
    let n = values.len();
    let mut spare = vec![0; n];
    let falls = inversions(values, &mut spare);
    if n < FEWEST_VALUES {
        return None;
    }
    let pairs = |n: usize| (n as i64) * (n as i64 - 1) / 2;
    let (mut tied, mut correction) = (0, 0.0);
    for group in values.chunk_by(|a, b| a == b) {
        tied += pairs(group.len());
        correction += weight(group.len());
    }
    let s = pairs(n) - tied - 2 * falls;
    let variance = (weight(n) - correction) / 18.0;
    // All values are the same.
    if variance <= 0.0 {
        return Some(MannKendall { s, variance: 0.0, z: 0.0, p: 1.0 });
    }
    let z = (s - s.signum()) as f64 / variance.sqrt();
    Some(MannKendall { s, variance, z, p: two_sided(z) })
}

fn weight(n: usize) -> f64 {
    let n = n as f64;
    n * (n - 1.0) * (2.0 * n + 5.0)
}

/// Sorts, and counts the pairs of which the first is larger.
fn inversions(values: &mut [u64], spare: &mut [u64]) -> i64 {
    let n = values.len();
    if n <= 16 {
        return insertions(values);
    }
    let (left, right) = values.split_at_mut(n / 2);
    let (spare_left, spare_right) = spare.split_at_mut(n / 2);
    let mut count = inversions(left, spare_left) + inversions(right, spare_right);
    let (mut from_left, mut from_right) = (0, 0);
    for slot in spare.iter_mut() {
        let takes_left =
            from_right == right.len() || (from_left < left.len() && left[from_left] <= right[from_right]);
        if takes_left {
            *slot = left[from_left];
            from_left += 1;
        } else {
            *slot = right[from_right];
            from_right += 1;
            count += (left.len() - from_left) as i64;
        }
    }
    values.copy_from_slice(spare);
    count
}

/// [`inversions`] of a few values.
fn insertions(values: &mut [u64]) -> i64 {
    let mut count = 0;
    for sorted in 1..values.len() {
        let mut at = sorted;
        while at > 0 && values[at - 1] > values[at] {
            values.swap(at - 1, at);
            at -= 1;
        }
        count += (sorted - at) as i64;
    }
    count
}

/// How likely a standard normal value is at least as far from 0.
fn two_sided(z: f64) -> f64 {
    erfc(z.abs() / std::f64::consts::SQRT_2)
}

#[cfg(test)]
mod tests {
    use super::super::agrees;
    use super::*;

    /// Failure times and window of the example in MIL-HDBK-189 (1981), appendix C, for time-truncated tests. It
    /// gives an estimate of beta of 0.716.
    const HANDBOOK: [f64; 27] = [
        2.6, 16.5, 16.5, 17.0, 21.4, 29.1, 33.3, 56.5, 63.1, 70.6, 73.0, 77.7, 93.9, 95.5, 98.1, 101.1,
        132.0, 142.2, 147.7, 149.0, 167.2, 190.7, 193.0, 198.7, 251.9, 282.5, 286.1,
    ];
    const RARER: [f64; 10] = [10.0, 30.0, 55.0, 80.0, 150.0, 220.0, 330.0, 450.0, 580.0, 720.0];
    const MORE_OFTEN: [f64; 10] = [100.0, 300.0, 450.0, 560.0, 640.0, 700.0, 740.0, 770.0, 785.0, 795.0];
    const STEADY: [f64; 10] = [33.0, 102.0, 181.0, 270.0, 352.0, 431.0, 520.0, 598.0, 689.0, 770.0];

    #[test]
    fn laplace_agrees_with_the_formula_in_scipy() {
        // Statistics by numpy 2.4.6, p-values by scipy 1.17.1 `norm.sf`.
        for (times, window, u, p) in [
            (&HANDBOOK[..], 300.0, -2.318, 0.020_449_321_058_284_91),
            (&RARER, 800.0, -1.882_796_291_424_008_6, 0.059_727_979_847_880_68),
            (&MORE_OFTEN, 800.0, 2.519_523_764_523_764_3, 0.011_751_370_748_271_678),
            (&STEADY, 800.0, -0.073_942_545_263_197_12, 0.941_056_102_262_396_4),
        ] {
            let test = laplace(times, window).expect("there are events enough");
            assert!(agrees(test.u, u) && agrees(test.p, p), "{test:?}");
        }
        assert_eq!(laplace(&STEADY[..4], 800.0), None);
    }

    #[test]
    fn the_power_law_agrees_with_the_handbook_and_with_scipy() {
        // scipy 1.17.1, `chi2`.
        for (times, window, beta, low, high, chi_squared, p) in [
            (
                &HANDBOOK[..],
                300.0,
                0.716_339_262_365_998_3,
                0.472_072_087_679_299_76,
                1.010_728_807_066_039_6,
                75.383_275_546_901_19,
                0.057_729_385_229_344_05,
            ),
            (
                &RARER,
                800.0,
                0.571_490_861_029_490_3,
                0.274_052_081_492_380_9,
                0.976_380_903_497_114_7,
                34.996_185_177_785_286,
                0.040_249_205_099_595_68,
            ),
            (
                &MORE_OFTEN,
                800.0,
                2.226_990_354_730_754,
                1.067_928_437_347_181_6,
                3.804_769_249_878_118,
                8.980_730_409_323_225,
                0.033_741_240_344_323_645,
            ),
            (
                &STEADY,
                800.0,
                0.983_387_894_348_983_7,
                0.471_572_719_247_459_2,
                1.680_098_889_145_734_3,
                20.337_854_589_149_966,
                0.873_963_156_134_969_8,
            ),
        ] {
            let test = power_law(times, window).expect("there are events enough");
            assert!(agrees(test.beta, beta) && agrees(test.chi_squared, chi_squared), "{test:?}");
            assert!(agrees(test.interval.0, low) && agrees(test.interval.1, high), "{test:?}");
            assert!(agrees(test.p, p), "{test:?}");
        }
        let published = power_law(&HANDBOOK, 300.0).expect("there are events enough").beta;
        assert!((published - 0.716).abs() < 0.0005);
        assert_eq!(power_law(&STEADY[..4], 800.0), None);
        assert_eq!(power_law(&[800.0; 6], 800.0), None, "all at the very end fit no power");
    }

    #[test]
    fn mann_kendall_agrees_with_pymannkendall() {
        // pymannkendall 1.4.3, `original_test`. The first hundred years of the Nile's flow at Aswan, 1871–1970
        // (Cobb 1978, Biometrika 65:243).
        const NILE: [u64; 100] = [
            1120, 1160, 963, 1210, 1160, 1160, 813, 1230, 1370, 1140, 995, 935, 1110, 994, 1020, 960, 1180,
            799, 958, 1140, 1100, 1210, 1150, 1250, 1260, 1220, 1030, 1100, 774, 840, 874, 694, 940, 833,
            701, 916, 692, 1020, 1050, 969, 831, 726, 456, 824, 702, 1120, 1100, 832, 764, 821, 768, 845,
            864, 862, 698, 845, 744, 796, 1040, 759, 781, 865, 845, 944, 984, 897, 822, 1010, 771, 676, 649,
            846, 812, 742, 801, 1040, 860, 874, 848, 890, 744, 749, 838, 1050, 918, 986, 797, 923, 975, 815,
            1020, 906, 901, 1170, 912, 746, 919, 718, 714, 740,
        ];
        for (values, s, variance, z, p) in [
            (
                &[5, 9, 4, 8, 7, 6, 3, 5, 2, 4, 1, 3][..],
                -37,
                209.666_666_666_666_66,
                -2.486_209_979_787_106_7,
                0.012_911_175_915_842_01,
            ),
            (&[1, 2, 3, 4, 5, 6, 7, 8, 9, 10], 45, 125.0, 3.935_479_640_399_629_7, 8.303_070_332_638_107e-5),
            (
                &[3, 1, 4, 1, 5, 9, 2, 6, 5, 3, 5, 8, 9, 7, 9],
                55,
                399.0,
                2.703_381_341_337_498,
                0.006_863_794_985_449_09,
            ),
            (&[2, 2, 2, 2, 2, 2, 3, 3, 3, 3], 24, 88.0, 2.451_808_238_089_52, 0.014_214_038_869_082_124),
            (&NILE, -1387, 112_728.333_333_333_33, -4.128_066_522_844_101, 3.658_262_921_657_496e-5),
        ] {
            let test = mann_kendall(&mut values.to_vec()).expect("there are values enough");
            assert_eq!(test.s, s);
            assert!(agrees(test.variance / 1e3, variance / 1e3) && agrees(test.z, z), "{test:?}");
            assert!(agrees(test.p, p), "{test:?}");
        }
        assert_eq!(mann_kendall(&mut [1, 2, 3]), None);
        let flat = mann_kendall(&mut [7; 12]).expect("there are values enough");
        assert!(flat.s == 0 && agrees(flat.p, 1.0));
    }
}
