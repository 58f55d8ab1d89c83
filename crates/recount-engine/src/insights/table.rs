//! A figure's data as a table: one for terminals, pages, CSV and readers who cannot see charts.

use super::figure::{Data, Distribution, Figure, Growth, Phrases, Ranked, Shares, Survival};
use super::words;

/// A table.
#[derive(Clone, Debug, PartialEq)]
pub struct Table {
    /// Headings.
    pub columns: Vec<String>,
    /// Rows as long as there are headings.
    pub rows: Vec<Vec<Cell>>,
}

/// A cell: a value that people and programs read differently.
#[derive(Clone, Debug, PartialEq)]
pub enum Cell {
    /// Words.
    Text(String),
    /// How many.
    Count(usize),
    /// A share of 1.
    Share(f64),
    /// A duration.
    Seconds(u64),
    /// A duration in days.
    Days(u32),
    /// Any other number.
    Number(f64),
    /// Not known.
    Missing,
}

impl Cell {
    /// For people.
    pub fn said(&self) -> String {
        match self {
            Self::Text(text) => text.clone(),
            Self::Count(count) => words::number(*count),
            Self::Share(share) => words::percent(*share),
            Self::Seconds(seconds) => words::duration(*seconds),
            Self::Days(days) => format!("{days}d"),
            Self::Number(number) => format!("{number}"),
            Self::Missing => "–".to_owned(),
        }
    }

    /// For programs: no units, nothing where nothing is known.
    pub fn plain(&self) -> String {
        match self {
            Self::Text(text) => text.clone(),
            Self::Count(count) => count.to_string(),
            Self::Share(number) | Self::Number(number) => format!("{number}"),
            Self::Seconds(seconds) => seconds.to_string(),
            Self::Days(days) => days.to_string(),
            Self::Missing => String::new(),
        }
    }

    /// Whether it is set to the right.
    pub fn is_number(&self) -> bool {
        !matches!(self, Self::Text(_))
    }
}

fn share(share: Option<f64>) -> Cell {
    share.map_or(Cell::Missing, Cell::Share)
}

fn days(days: Option<u32>) -> Cell {
    days.map_or(Cell::Missing, Cell::Days)
}

fn seconds(seconds: Option<u64>) -> Cell {
    seconds.map_or(Cell::Missing, Cell::Seconds)
}

impl Figure {
    /// The data as a table.
    pub fn table(&self) -> Table {
        match &self.data {
            Data::Periods(periods) => {
                let rows = periods.rows.iter().map(|row| counts(&row.label, &row.counts, Vec::new()));
                table(["period"], &periods.groups, &[], rows.collect())
            }
            Data::Ranked(ranked) => of_ranked(ranked),
            Data::Distribution(distribution) => of_distribution(self.n, distribution),
            Data::Shares(shares) => of_shares(shares),
            Data::Survival(survival) => of_survival(survival),
            Data::Phrases(phrases) => of_phrases(phrases),
            Data::Growth(growth) => of_growth(growth),
        }
    }
}

fn table<const N: usize>(first: [&str; N], groups: &[String], last: &[&str], rows: Vec<Vec<Cell>>) -> Table {
    let first = first.iter().map(|name| (*name).to_owned());
    let last = last.iter().map(|name| (*name).to_owned());
    Table { columns: first.chain(groups.iter().cloned()).chain(last).collect(), rows }
}

fn counts(label: &str, counts: &[usize], more: Vec<Cell>) -> Vec<Cell> {
    let counts = counts.iter().map(|count| Cell::Count(*count));
    std::iter::once(Cell::Text(label.to_owned())).chain(counts).chain(more).collect()
}

fn of_ranked(ranked: &Ranked) -> Table {
    let has_total = ranked.groups.len() > 1;
    let has_share = ranked.rows.iter().any(|row| row.share.is_some());
    let has_running = ranked.rows.iter().any(|row| row.cumulative.is_some());
    let rows = ranked.rows.iter().map(|row| {
        let more = [
            has_total.then_some(Cell::Count(row.total)),
            has_share.then(|| share(row.share)),
            has_running.then(|| share(row.cumulative)),
        ];
        counts(&row.label, &row.counts, more.into_iter().flatten().collect())
    });
    let last = [(has_total, "total"), (has_share, "share"), (has_running, "running share")];
    let last: Vec<&str> = last.iter().filter(|(has, _)| *has).map(|(_, name)| *name).collect();
    table([ranked.by], &ranked.groups, &last, rows.collect())
}

fn of_distribution(n: usize, distribution: &Distribution) -> Table {
    let row = |name: &str, quantile: Option<&super::figure::Quantile>| {
        vec![
            Cell::Text(name.to_owned()),
            seconds(quantile.map(|quantile| quantile.seconds)),
            seconds(quantile.and_then(|quantile| quantile.low_seconds)),
            seconds(quantile.and_then(|quantile| quantile.high_seconds)),
            Cell::Count(n),
        ]
    };
    let mut rows =
        vec![row("median", distribution.median.as_ref()), row("90th percentile", distribution.p90.as_ref())];
    let longest = seconds(distribution.longest_seconds);
    rows.push(vec![Cell::Text("longest".to_owned()), longest, Cell::Missing, Cell::Missing, Cell::Count(n)]);
    table(["quantile", "time", "from", "to", "n"], &[], &[], rows)
}

fn of_shares(shares: &Shares) -> Table {
    let rows = shares.rows.iter().map(|row| {
        vec![
            Cell::Text(row.label.clone()),
            Cell::Count(row.count),
            Cell::Count(row.of),
            share(row.share),
            share(row.low),
            share(row.high),
        ]
    });
    table([shares.by, "count", "of", "share", "from", "to"], &[], &[], rows.collect())
}

fn of_survival(survival: &Survival) -> Table {
    let rows = survival.groups.iter().map(|group| {
        vec![
            Cell::Text(group.label.clone()),
            Cell::Count(group.n),
            Cell::Count(group.closed),
            days(group.median_days),
            days(group.low_days),
            days(group.high_days),
            share(group.closed_in_30_days),
            share(group.closed_in_90_days),
        ]
    });
    let columns = ["priority", "n", "closed", "median", "from", "to", "in 30 days", "in 90 days"];
    table(columns, &[], &[], rows.collect())
}

fn of_phrases(phrases: &Phrases) -> Table {
    let rows = phrases.rows.iter().map(|row| {
        vec![
            Cell::Text(row.phrase.clone()),
            Cell::Count(row.incidents),
            Cell::Share(row.share),
            Cell::Text(row.ids.join(" ")),
        ]
    });
    table(["phrase", "incidents", "share", "which"], &[], &[], rows.collect())
}

fn of_growth(growth: &Growth) -> Table {
    let text = |text: &str| Cell::Text(text.to_owned());
    let number = |number: Option<f64>| number.map_or(Cell::Missing, Cell::Number);
    let power = growth.power_law.as_ref();
    let rows = [
        ("first day", growth.from.as_deref().map_or(Cell::Missing, text)),
        ("last day", growth.to.as_deref().map_or(Cell::Missing, text)),
        ("incidents in 30 days", number(growth.per_30_days.map(|rate| (rate * 100.0).round() / 100.0))),
        ("Laplace u", number(growth.laplace.as_ref().map(|test| test.statistic))),
        ("Laplace p", number(growth.laplace.as_ref().map(|test| test.p))),
        ("growth exponent", number(power.map(|power| power.beta))),
        ("growth exponent from", number(power.map(|power| power.low))),
        ("growth exponent to", number(power.map(|power| power.high))),
        ("MIL-HDBK-189 p", number(power.map(|power| power.p))),
    ];
    table(["of", "value"], &[], &[], rows.into_iter().map(|(name, cell)| vec![text(name), cell]).collect())
}
