//! A figure as plain data: what it counts, over how many, what it leaves out, and what came of it.
//!
//! These types are also the machine format. What does not live here: how a figure is made (`figures`), as a
//! table (`table`), and how it is drawn (`chart`).

use serde::Serialize;

/// What a figure counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum Counted {
    /// Incidents: one for each postmortem.
    Incidents,
    /// Action items of these incidents.
    ActionItems,
}

impl Counted {
    /// In words, for `n` of them.
    pub const fn word(self, n: usize) -> &'static str {
        match (self, n) {
            (Self::Incidents, 1) => "incident",
            (Self::Incidents, _) => "incidents",
            (Self::ActionItems, 1) => "action item",
            (Self::ActionItems, _) => "action items",
        }
    }
}

/// A figure. `n` and the counts of `excluded` add up to `total`: nothing is left out without being named.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Figure {
    /// The word for `--figure`.
    pub name: &'static str,
    /// The heading.
    pub title: &'static str,
    /// What is counted, from what, and how.
    pub definition: &'static str,
    /// What it counts.
    pub counted: Counted,
    /// How many there are.
    pub total: usize,
    /// How many are in the figure.
    pub n: usize,
    /// The others, by reason.
    pub excluded: Vec<Excluded>,
    /// What the data says, in sentences.
    pub statements: Vec<String>,
    /// The data.
    pub data: Data,
}

/// What a figure leaves out.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Excluded {
    /// Why.
    pub reason: String,
    /// How many.
    pub count: usize,
}

/// The data of a figure.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum Data {
    /// Counts in periods of time.
    Periods(Periods),
    /// Counts by name, the most first.
    Ranked(Ranked),
    /// Durations.
    Distribution(Distribution),
    /// Shares with intervals.
    Shares(Shares),
    /// How many are still open after a time.
    Survival(Survival),
    /// What texts have in common.
    Phrases(Phrases),
    /// When things happened within a window.
    Growth(Growth),
}

/// What sets the groups of a count apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum Groups {
    /// Grades, the gravest first.
    Grades,
    /// Names without an order.
    Names,
}

/// Counts in periods of time.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Periods {
    /// What the groups are.
    pub of: Groups,
    /// Names of the groups; the counts of a row are in this order.
    pub groups: Vec<String>,
    /// One for each period, those without anything as well, in order of time.
    pub rows: Vec<Period>,
}

/// A period of time.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Period {
    /// `2026-11`, `2026-Q4`, `2026`.
    pub label: String,
    /// How many, by group.
    pub counts: Vec<usize>,
}

/// Counts by name.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Ranked {
    /// What the names are.
    pub by: &'static str,
    /// What the groups are.
    pub of: Groups,
    /// Names of the groups; the counts of a row are in this order.
    pub groups: Vec<String>,
    /// The most first.
    pub rows: Vec<Rank>,
}

/// A name with its count.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Rank {
    /// The name.
    pub label: String,
    /// How many.
    pub total: usize,
    /// How many, by group.
    pub counts: Vec<usize>,
    /// `total` as a share of the figure's `n`, where that is of use. Shares add up to more than 1 where one can
    /// count under several names.
    pub share: Option<f64>,
    /// This row and those above it as a share of the sum of all rows, where that is of use.
    pub cumulative: Option<f64>,
}

/// Durations in seconds.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Distribution {
    /// At least half are at most this long; none of nothing.
    pub median: Option<Quantile>,
    /// At least nine of ten are at most this long; none of fewer than ten.
    pub p90: Option<Quantile>,
    /// The longest.
    pub longest_seconds: Option<u64>,
    /// The empirical distribution: for rising durations the share that is at most so long. Where there are more
    /// than 200 different ones, 200 of them, evenly by rank.
    pub curve: Vec<Point>,
    /// The same at round durations and at the longest, out of all values.
    #[serde(skip)]
    pub marks: Vec<Point>,
    /// Whether they became longer or shorter from incident to incident; none where there are too few for the
    /// test.
    pub trend: Option<Trend>,
}

/// A quantile of durations.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Quantile {
    /// By nearest rank: a value that was observed.
    pub seconds: u64,
    /// The lower end of its 95% bootstrap interval; none where there are too few.
    pub low_seconds: Option<u64>,
    /// The upper end.
    pub high_seconds: Option<u64>,
}

/// A point of an empirical distribution.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Point {
    /// A duration.
    pub seconds: u64,
    /// The share that is at most so long.
    pub share: f64,
}

/// What a test for a trend says.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Trend {
    /// The test.
    pub test: &'static str,
    /// Its statistic: below 0 for less, above for more.
    pub statistic: f64,
    /// Two-sided.
    pub p: f64,
}

/// Shares with intervals.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Shares {
    /// What the rows are.
    pub by: &'static str,
    /// The whole first where there is one.
    pub rows: Vec<Share>,
}

/// A share.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Share {
    /// Of what.
    pub label: String,
    /// How many.
    pub count: usize,
    /// Of how many.
    pub of: usize,
    /// `count` of `of`; none of nothing.
    pub share: Option<f64>,
    /// The lower end of its 95% interval (Wilson).
    pub low: Option<f64>,
    /// The upper end.
    pub high: Option<f64>,
}

/// How many are still open after a time.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Survival {
    /// The curve over all: a step for each day on which something was closed. Where there are more than 200, 200 of
    /// them.
    pub curve: Vec<SurvivalStep>,
    /// Round numbers of days that were watched, each with the step that holds then, out of all steps; none
    /// where nothing was closed until then.
    #[serde(skip)]
    pub marks: Vec<(u32, Option<SurvivalStep>)>,
    /// The longest time that something was watched, in days.
    pub longest_days: u32,
    /// All, then by group.
    pub groups: Vec<SurvivalGroup>,
}

/// A step of a survival curve.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct SurvivalStep {
    /// After so many days.
    pub days: u32,
    /// How many were open until then.
    pub at_risk: usize,
    /// The share that is still open from then on.
    pub open: f64,
    /// The lower edge of its 95% band.
    pub low: f64,
    /// The upper edge.
    pub high: f64,
}

/// The times of a group.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct SurvivalGroup {
    /// Its name.
    pub label: String,
    /// How many.
    pub n: usize,
    /// How many of them were closed; the others are censored.
    pub closed: usize,
    /// After so many days half were closed; none while fewer are.
    pub median_days: Option<u32>,
    /// The lower end of its 95% interval; none where the data does not say.
    pub low_days: Option<u32>,
    /// The upper end.
    pub high_days: Option<u32>,
    /// The share that was closed within 30 days; none where none was watched for so long.
    pub closed_in_30_days: Option<f64>,
    /// The share that was closed within 90 days; none where none was watched for so long.
    pub closed_in_90_days: Option<f64>,
}

/// What texts have in common.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Phrases {
    /// In most incidents first.
    pub rows: Vec<Phrase>,
}

/// A phrase that recurs.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Phrase {
    /// As it is first written.
    pub phrase: String,
    /// In how many incidents.
    pub incidents: usize,
    /// Of those in the figure.
    pub share: f64,
    /// Which, the newest first; of many the first 50.
    pub ids: Vec<String>,
}

/// When things happened within a window.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Growth {
    /// The first day that is looked at.
    pub from: Option<String>,
    /// The last day that is looked at.
    pub to: Option<String>,
    /// Length of the window.
    pub window_days: f64,
    /// Incidents in 30 days, over the whole window.
    pub per_30_days: Option<f64>,
    /// How many there were up to a time. Of more than 200, 200.
    pub curve: Vec<GrowthPoint>,
    /// How many there were in each of forty equal parts of the window; empty where there is no window.
    #[serde(skip)]
    pub parts: Vec<usize>,
    /// Laplace's test; none where there are too few.
    pub laplace: Option<Trend>,
    /// The test of MIL-HDBK-189; none where there are too few.
    pub power_law: Option<PowerLawFit>,
}

/// A point of a cumulative count.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct GrowthPoint {
    /// Days since the window began.
    pub days: f64,
    /// How many until then.
    pub count: usize,
}

/// The power law that fits.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct PowerLawFit {
    /// The test.
    pub test: &'static str,
    /// The exponent: below 1 incidents become rarer.
    pub beta: f64,
    /// The lower end of its 95% interval.
    pub low: f64,
    /// The upper end.
    pub high: f64,
    /// Two-sided, of a constant rate.
    pub p: f64,
}
