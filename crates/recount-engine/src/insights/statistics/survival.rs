//! How long something stays open when some of it still is.
//!
//! The estimator of Kaplan and Meier (1958): what is still open counts for as long as it was seen to be, and
//! is not dropped. The band is Greenwood's variance on the log-log scale (Kalbfleisch & Prentice 1980), which
//! stays within 0 and 1; it holds at each time by itself, not for the whole curve at once. The median is the first
//! time at which at most half are open, its interval where both edges of the band come there (Brookmeyer & Crowley
//! 1982).

use super::Z;

/// One step of the curve.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Step {
    /// When.
    pub time: u32,
    /// How many were seen to be open just before.
    pub at_risk: usize,
    /// How many ended then.
    pub ended: usize,
    /// The share still open from then on.
    pub open: f64,
    /// The 95% interval of it.
    pub band: (f64, f64),
}

/// The curve: a step for each time at which something ended.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Curve {
    /// In order of time.
    pub steps: Vec<Step>,
}

impl Curve {
    /// The curve of durations, each with whether it ended; one that did not is known to be longer.
    pub fn of(durations: &mut [(u32, bool)]) -> Self {
        durations.sort_unstable();
        let mut steps = Vec::new();
        let (mut open, mut variance, mut at_risk) = (1.0, 0.0, durations.len());
        for group in durations.chunk_by(|a, b| a.0 == b.0) {
            let ended = group.iter().filter(|(_, ended)| *ended).count();
            if ended > 0 {
                let (d, n) = (ended as f64, at_risk as f64);
                open *= 1.0 - d / n;
                variance += d / (n * (n - d));
                if ended == at_risk {
                    open = 0.0;
                }
                steps.push(Step { time: group[0].0, at_risk, ended, open, band: band(open, variance) });
            }
            at_risk -= group.len();
        }
        Self { steps }
    }

    /// The share that is still open after `time`, with its interval.
    pub fn at(&self, time: u32) -> (f64, (f64, f64)) {
        let after = self.steps.partition_point(|step| step.time <= time);
        after.checked_sub(1).map_or((1.0, (1.0, 1.0)), |last| (self.steps[last].open, self.steps[last].band))
    }

    /// The first time at which at most half are open; none while more are.
    pub fn median(&self) -> Option<u32> {
        self.first(|step| step.open)
    }

    /// The interval of the median; an end is missing where the band does not come down to one half.
    pub fn median_interval(&self) -> (Option<u32>, Option<u32>) {
        (self.first(|step| step.band.0), self.first(|step| step.band.1))
    }

    fn first(&self, value: impl Fn(&Step) -> f64) -> Option<u32> {
        // A product that is one half on paper may be a last digit above it.
        self.steps.iter().find(|step| value(step) <= 0.5 + 1e-12).map(|step| step.time)
    }
}

fn band(open: f64, variance: f64) -> (f64, f64) {
    if open <= 0.0 {
        return (0.0, 0.0);
    }
    let half = Z * variance.sqrt() / open.ln().abs();
    (open.powf(half.exp()), open.powf((-half).exp()))
}

#[cfg(test)]
mod tests {
    use super::super::agrees;
    use super::*;

    /// Weeks in remission of 42 children with leukaemia, by treatment; `true` where they relapsed. Freireich et al.
    /// (1963), Blood 21:699, as tabled in Gehan (1965), Biometrika 52:203.
    const TREATED: [(u32, bool); 21] = [
        (6, true),
        (6, true),
        (6, true),
        (6, false),
        (7, true),
        (9, false),
        (10, true),
        (10, false),
        (11, false),
        (13, true),
        (16, true),
        (17, false),
        (19, false),
        (20, false),
        (22, true),
        (23, true),
        (25, false),
        (32, false),
        (32, false),
        (34, false),
        (35, false),
    ];
    const PLACEBO: [u32; 21] = [1, 1, 2, 2, 3, 4, 4, 5, 5, 8, 8, 8, 8, 11, 11, 12, 12, 15, 17, 22, 23];

    fn check(curve: &Curve, expected: &[(u32, usize, f64, f64, f64)]) {
        assert_eq!(curve.steps.len(), expected.len());
        for (step, (time, at_risk, open, low, high)) in curve.steps.iter().zip(expected) {
            assert_eq!((step.time, step.at_risk), (*time, *at_risk));
            let near = |got, wanted: f64| agrees(got, wanted) || f64::abs(got - wanted) < 1e-9;
            assert!(near(step.open, *open), "{step:?}");
            assert!(near(step.band.0, *low) && near(step.band.1, *high), "{step:?}");
        }
    }

    #[test]
    fn the_curve_with_censoring_agrees_with_lifelines() {
        // lifelines 0.30.3, `KaplanMeierFitter`; the shares are those of Kalbfleisch & Prentice (1980), table 1.1:
        // 0.857, 0.807, 0.753, 0.690, 0.627, 0.538, 0.448.
        let curve = Curve::of(&mut TREATED.clone());
        check(
            &curve,
            &[
                (6, 21, 0.857_142_857_1, 0.619_717_955_3, 0.951_551_747_6),
                (7, 17, 0.806_722_689_1, 0.563_146_564_6, 0.922_809_019_2),
                (10, 15, 0.752_941_176_5, 0.503_199_510_8, 0.889_361_835_2),
                (13, 12, 0.690_196_078_4, 0.431_610_222_5, 0.849_065_963_3),
                (16, 11, 0.627_450_980_4, 0.367_510_856_0, 0.804_912_189_5),
                (22, 7, 0.537_815_126_1, 0.267_778_936_7, 0.746_790_717_6),
                (23, 6, 0.448_179_271_7, 0.188_052_006_0, 0.680_142_628_5),
            ],
        );
        assert_eq!((curve.median(), curve.median_interval()), (Some(23), (Some(13), None)));
        assert!(agrees(curve.at(12).0, curve.steps[2].open) && agrees(curve.at(5).0, 1.0));
    }

    #[test]
    fn the_curve_without_censoring_agrees_with_lifelines() {
        let curve = Curve::of(&mut PLACEBO.map(|time| (time, true)));
        check(
            &curve,
            &[
                (1, 21, 0.904_761_904_8, 0.670_045_882_2, 0.975_294_149_0),
                (2, 19, 0.809_523_809_5, 0.568_905_059_9, 0.923_888_828_6),
                (3, 17, 0.761_904_761_9, 0.519_391_415_3, 0.893_257_109_8),
                (4, 16, 0.666_666_666_7, 0.425_350_435_6, 0.825_044_008_8),
                (5, 14, 0.571_428_571_4, 0.337_976_953_9, 0.749_240_709_9),
                (8, 12, 0.380_952_381_0, 0.183_066_548_8, 0.577_788_677_7),
                (11, 8, 0.285_714_285_7, 0.116_561_326_4, 0.481_819_648_0),
                (12, 6, 0.190_476_190_5, 0.059_481_701_4, 0.377_434_890_6),
                (15, 4, 0.142_857_142_9, 0.035_657_355_2, 0.321_161_574_7),
                (17, 3, 0.095_238_095_2, 0.016_259_260_2, 0.261_249_982_0),
                (22, 2, 0.047_619_047_6, 0.003_324_463_0, 0.197_044_905_7),
                (23, 1, 0.0, 0.0, 0.0),
            ],
        );
        assert_eq!((curve.median(), curve.median_interval()), (Some(8), (Some(4), Some(11))));
    }

    #[test]
    fn nothing_and_nothing_closed_have_no_median() {
        assert_eq!(Curve::of(&mut []), Curve::default());
        let curve = Curve::of(&mut [(3, false), (9, false)]);
        assert_eq!((curve.median(), curve.median_interval()), (None, (None, None)));
        assert_eq!(Curve::of(&mut [(0, true)]).median(), Some(0));
    }
}
