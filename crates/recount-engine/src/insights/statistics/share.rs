//! Shares, and how sure they are.

use super::Z;

/// The 95% interval of a share after Wilson (1927): it stays within 0 and 1, and is right for small n,
/// where the usual ± is not (Brown, Cai & Das Gupta 2001). None of nothing.
pub fn wilson(count: usize, of: usize) -> Option<(f64, f64)> {
    if of == 0 || count > of {
        return None;
    }
    let (n, share) = (of as f64, count as f64 / of as f64);
    let square = Z * Z;
    let centre = (share + square / (2.0 * n)) / (1.0 + square / n);
    let half = Z / (1.0 + square / n) * (share * (1.0 - share) / n + square / (4.0 * n * n)).sqrt();
    // At both ends the formula is exact but for the last digit.
    let low = if count == 0 { 0.0 } else { (centre - half).max(0.0) };
    let high = if count == of { 1.0 } else { (centre + half).min(1.0) };
    Some((low, high))
}

#[cfg(test)]
mod tests {
    use super::super::agrees;
    use super::*;

    #[test]
    fn intervals_agree_with_the_literature_and_with_statsmodels() {
        // statsmodels 0.15.0, `proportion_confint(method="wilson")`; 81 of 263 and 15 of 148 are the examples of
        // Newcombe (1998), Statistics in Medicine 17:857, who gives 0.2553–0.3662 and 0.0624–0.1605.
        for (count, of, low, high) in [
            (0, 10, 0.0, 0.277_532_799_862_889_26),
            (1, 1, 0.206_549_314_377_237_4, 1.0),
            (3, 15, 0.070_475_493_469_815_55, 0.451_854_487_157_151_7),
            (10, 10, 0.722_467_200_137_110_6, 1.0),
            (81, 263, 0.255_288_519_878_274_2, 0.366_209_576_982_800_04),
            (15, 148, 0.062_386_399_530_736_28, 0.160_487_241_723_303_1),
            (500, 1000, 0.469_069_600_368_104_2, 0.530_930_399_631_895_8),
        ] {
            let (got_low, got_high) = wilson(count, of).expect("there is something to share");
            assert!(agrees(got_low, low) && agrees(got_high, high), "{count}/{of}: {got_low} {got_high}");
        }
        assert_eq!((wilson(0, 0), wilson(2, 1)), (None, None));
    }
}
