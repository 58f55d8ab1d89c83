//! How each figure is made from the basis. What a figure is called and what it claims stands in the
//! registry.

pub(super) mod again;
pub(super) mod fast;
pub(super) mod often;
pub(super) mod promises;
pub(super) mod why;

use super::brief::Brief;
use super::figure::{Share, Trend};
use super::statistics::trend::MannKendall;
use super::statistics::{rounded, share};
use super::words;

/// Why an incident has no start: nobody wrote one, or nobody can read it.
fn no_start(brief: &Brief) -> &'static str {
    if brief.is_start_unreadable { "start time cannot be read" } else { "no start time" }
}

/// A share with its interval.
fn share(label: impl Into<String>, count: usize, of: usize) -> Share {
    let interval = share::wilson(count, of);
    Share {
        label: label.into(),
        count,
        of,
        share: (of > 0).then(|| rounded(count as f64 / of as f64, 4)),
        low: interval.map(|(low, _)| rounded(low, 4)),
        high: interval.map(|(_, high)| rounded(high, 4)),
    }
}

/// A share in words: `12 of 15 (80%, 95% interval 55–93%)`.
fn said(share: &Share) -> String {
    let counts = format!("{} of {}", words::number(share.count), words::number(share.of));
    match (share.share, share.low, share.high) {
        (Some(part), Some(low), Some(high)) => {
            format!("{counts} ({}, 95% interval {})", words::percent(part), words::percents(low, high))
        }
        _ => counts,
    }
}

fn trend(test: &MannKendall) -> Trend {
    Trend { test: "Mann–Kendall", statistic: rounded(test.z, 4), p: rounded(test.p, 6) }
}

/// At most `most` of `values`, to draw: evenly by place, the first and the last among them.
fn thinned<T: Copy>(values: &[T], most: usize) -> Vec<T> {
    if values.len() <= most {
        return values.to_vec();
    }
    (0..most).map(|nth| values[nth * (values.len() - 1) / (most - 1)]).collect()
}

/// The most points that a curve has.
const POINTS: usize = 200;
