//! The statistics behind the figures: order statistics, shares, survival, trends.
//!
//! Each has its definition and its source, and is held in its tests against published examples or the
//! output of an established implementation. What does not live here: incidents, words, and which of these
//! a figure uses. Distribution functions come from a library.

pub mod order;
pub mod share;
pub mod survival;
pub mod trend;

/// Whose quantile spans the middle 95% of the normal distribution.
const Z: f64 = 1.959_963_984_540_054;

/// The probability below each end of an interval of 95%.
const TAIL: f64 = 0.025;

/// Below this a test supports a statement.
pub const SIGNIFICANT: f64 = 0.05;

/// Rounded to `digits` after the point, so that a figure is the same on every machine.
pub fn rounded(value: f64, digits: i32) -> f64 {
    let scale = 10_f64.powi(digits);
    (value * scale).round() / scale
}

/// Whether two numbers agree to nine digits, for tests.
#[cfg(test)]
fn agrees(left: f64, right: f64) -> bool {
    (left - right).abs() <= 1e-9 * right.abs().max(1.0)
}
