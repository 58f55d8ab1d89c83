//! How fast: the times from the start of impact to each milestone.

use jiff::Timestamp;

use crate::document::elapsed;
use crate::document::value::severity::Severity;

use super::super::basis::Basis;
use super::super::brief::Brief;
use super::super::chart;
use super::super::figure::{Data, Distribution, Point, Quantile, Shares};
use super::super::statistics::order::{self, MEDIAN, P90, Permille};
use super::super::statistics::trend::{FEWEST_VALUES, mann_kendall};
use super::super::statistics::{SIGNIFICANT, rounded};
use super::super::{Made, Tally, words};
use super::{POINTS, no_start, said, share, thinned, trend};

/// Of fewer than this there are no nine in ten: the 90th percentile would be the longest under another name.
const FEWEST_FOR_P90: usize = 10;

/// A milestone whose time is measured.
struct Until {
    at: fn(&Brief) -> Option<Timestamp>,
    /// Why an incident has none.
    missing: fn(&Brief) -> &'static str,
    /// Why a time cannot be: it would be negative.
    early: &'static str,
    /// What was done.
    done: &'static str,
}

const DETECTED: Until = Until {
    at: |brief| brief.detected,
    missing: |_| "not said when it was detected",
    early: "detected before the start",
    done: "detected",
};
const ACKNOWLEDGED: Until = Until {
    at: |brief| brief.acknowledged,
    missing: |_| "no row Acknowledged",
    early: "acknowledged before the start",
    done: "acknowledged",
};
const MITIGATED: Until = Until {
    at: |brief| brief.mitigated,
    missing: |_| "no row Mitigated",
    early: "mitigated before the start",
    done: "mitigated",
};
const RESOLVED: Until = Until {
    at: |brief| brief.resolved,
    missing: |brief| if brief.is_end_unreadable { "end time cannot be read" } else { "no end time" },
    early: "resolved before the start",
    done: "resolved",
};

impl Until {
    /// Seconds from the start, or why there are none.
    fn seconds(&self, brief: &Brief) -> Result<u64, &'static str> {
        let started = brief.started.ok_or_else(|| no_start(brief))?;
        let at = (self.at)(brief).ok_or_else(|| (self.missing)(brief))?;
        elapsed(started, at).ok_or(self.early)
    }
}

pub(in super::super) fn to_detect(basis: &Basis<'_>) -> Made {
    distribution(basis, &DETECTED)
}

pub(in super::super) fn to_acknowledge(basis: &Basis<'_>) -> Made {
    distribution(basis, &ACKNOWLEDGED)
}

pub(in super::super) fn to_mitigate(basis: &Basis<'_>) -> Made {
    distribution(basis, &MITIGATED)
}

pub(in super::super) fn to_resolve(basis: &Basis<'_>) -> Made {
    distribution(basis, &RESOLVED)
}

fn distribution(basis: &Basis<'_>, until: &Until) -> Made {
    let mut tally = Tally::default();
    let mut times = Vec::new();
    for brief in basis.briefs() {
        match until.seconds(brief) {
            Ok(seconds) => {
                tally.count();
                times.push(seconds);
            }
            Err(reason) => tally.exclude(reason),
        }
    }
    // In the order of incidents before, sorted after.
    let test = mann_kendall(&mut times);
    let n = times.len();
    let quantile = |share: Permille| {
        let interval = order::interval(n, share);
        order::index(n, share).map(|index| Quantile {
            seconds: times[index],
            low_seconds: interval.map(|(low, _)| times[low]),
            high_seconds: interval.map(|(_, high)| times[high]),
        })
    };
    let median = quantile(MEDIAN);
    let p90 = quantile(P90).filter(|_| n >= FEWEST_FOR_P90);
    let mut reached = 0;
    let curve: Vec<Point> = times
        .chunk_by(|a, b| a == b)
        .map(|same| {
            reached += same.len();
            Point { seconds: same[0], share: rounded(reached as f64 / n as f64, 4) }
        })
        .collect();
    let longest_seconds = times.last().copied();
    let said = words::number(n);
    let statements = match median.zip(longest_seconds) {
        None => vec![format!("No incident says when it began and when it was {}.", until.done)],
        Some((median, _)) if n == 1 => {
            vec![format!("The one incident was {} after {}.", until.done, words::duration(median.seconds))]
        }
        Some((median, longest)) => {
            let most = match &p90 {
                Some(p90) => format!("nine of ten within {}", words::quantile(p90)),
                None => format!("all within {}", words::duration(longest)),
            };
            let quantiles = format!("Half were {} within {}, {most}.", until.done, words::quantile(&median));
            let trend = match &test {
                None => format!("Too few to test for a trend (n = {n}, from {FEWEST_VALUES} on)."),
                Some(test) if test.p < SIGNIFICANT => format!(
                    "They became {} from incident to incident (Mann–Kendall, {}, n = {said}).",
                    if test.z < 0.0 { "faster" } else { "slower" },
                    words::p(test.p)
                ),
                Some(test) => {
                    format!(
                        "No evidence of a trend at this n (Mann–Kendall, {}, n = {said}).",
                        words::p(test.p)
                    )
                }
            };
            vec![quantiles, trend]
        }
    };
    let data = Distribution {
        median,
        p90,
        longest_seconds,
        marks: marks(&curve),
        curve: thinned(&curve, POINTS),
        trend: test.as_ref().map(trend),
    };
    Made { tally, statements, data: Data::Distribution(data) }
}

/// The share within round times. A thinned curve does not know it: what it skips would count for less.
fn marks(curve: &[Point]) -> Vec<Point> {
    let (Some(first), Some(last)) = (curve.first(), curve.last()) else { return Vec::new() };
    let mut ticks = chart::ticks(first.seconds, last.seconds);
    ticks.retain(|tick| *tick < last.seconds);
    ticks.push(last.seconds);
    let mark = |seconds| {
        let after = curve.partition_point(|point| point.seconds <= seconds);
        Point { seconds, share: after.checked_sub(1).map_or(0.0, |at| curve[at].share) }
    };
    ticks.into_iter().map(mark).collect()
}

pub(in super::super) fn mitigated_in_time(basis: &Basis<'_>) -> Made {
    let mut tally = Tally::default();
    let within = u64::from(basis.scope.mitigate_minutes) * 60;
    let mut rows = vec![(0, 0); Severity::ALL.len() + 1];
    for brief in basis.briefs() {
        match MITIGATED.seconds(brief) {
            Ok(seconds) => {
                tally.count();
                let row = &mut rows[super::often::grade(brief.severity)];
                row.0 += usize::from(seconds <= within);
                row.1 += 1;
            }
            Err(reason) => tally.exclude(reason),
        }
    }
    let (count, of) = rows.iter().fold((0, 0), |sum, row| (sum.0 + row.0, sum.1 + row.1));
    let all = share("all", count, of);
    let limit = words::duration(within);
    let statements = vec![if of == 0 {
        "No incident says when it began and when it was mitigated.".to_owned()
    } else {
        format!("{} were mitigated within {limit}.", said(&all))
    }];
    let labels = super::often::severities();
    let by_severity = labels.into_iter().zip(rows).filter(|(_, (_, of))| *of > 0);
    let by_severity = by_severity.map(|(label, (count, of))| share(label, count, of));
    let rows = std::iter::once(all).chain(by_severity).collect();
    Made { tally, statements, data: Data::Shares(Shares { by: "severity", rows }) }
}
