//! Periods of time for counts: days, weeks, months, quarters or years, so that a chart holds some dozens.

use jiff::civil::{Date, Weekday};
use jiff::{Span, ToSpan as _};

/// How long a period is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Unit {
    Day,
    Week,
    Month,
    Quarter,
    /// So many years; the first is a multiple of the number.
    Years(i16),
}

/// More periods than this fit no chart.
const MOST: i64 = 26;

/// Fewer periods than this show no course.
const FEWEST: usize = 6;

/// The periods from `from` to `to`, both in them, in order: their unit and the first day of each. They are the shortest
/// that fit a chart, but longer where most of them would hold nothing: `count` things are to be shown.
pub(super) fn periods(from: Date, to: Date, count: usize) -> (Unit, Vec<Date>) {
    const UNITS: [Unit; 13] = [
        Unit::Day,
        Unit::Week,
        Unit::Month,
        Unit::Quarter,
        Unit::Years(1),
        Unit::Years(2),
        Unit::Years(5),
        Unit::Years(10),
        Unit::Years(25),
        Unit::Years(50),
        Unit::Years(100),
        Unit::Years(250),
        Unit::Years(1000),
    ];
    // What ends after all calendars fits.
    let fits = |unit: &Unit| {
        let span = unit.span().checked_mul(MOST - 1);
        span.and_then(|span| unit.start(from).checked_add(span)).map_or(true, |last| last >= to)
    };
    let shortest = UNITS.iter().position(fits).unwrap_or(UNITS.len() - 1);
    let starts = |unit: Unit| {
        let mut starts = vec![unit.start(from)];
        while let Some(next) = starts.last().and_then(|last| unit.next(*last)).filter(|next| *next <= to) {
            starts.push(next);
        }
        starts
    };
    let mut chosen = (UNITS[shortest], starts(UNITS[shortest]));
    for unit in &UNITS[shortest + 1..] {
        let longer = starts(*unit);
        if longer.len() < FEWEST || count * 2 >= chosen.1.len() * 3 {
            break;
        }
        chosen = (*unit, longer);
    }
    chosen
}

/// The index of the period that holds `day`.
pub(super) fn index(starts: &[Date], day: Date) -> usize {
    starts.partition_point(|start| *start <= day).saturating_sub(1)
}

impl Unit {
    /// What one is called.
    pub(super) const fn word(self) -> &'static str {
        match self {
            Self::Day => "day",
            Self::Week => "week",
            Self::Month => "month",
            Self::Quarter => "quarter",
            Self::Years(1) => "year",
            Self::Years(_) => "period",
        }
    }

    fn start(self, day: Date) -> Date {
        match self {
            Self::Day => day,
            Self::Week => {
                let back = day.weekday().since(Weekday::Monday);
                day.checked_sub(back.days()).unwrap_or(day)
            }
            Self::Month => day.first_of_month(),
            Self::Quarter => {
                let month = (day.month() - 1) / 3 * 3 + 1;
                Date::new(day.year(), month, 1).unwrap_or(day)
            }
            Self::Years(step) => {
                let year = day.year() - day.year().rem_euclid(step);
                Date::new(year, 1, 1).unwrap_or(day.first_of_year())
            }
        }
    }

    fn span(self) -> Span {
        match self {
            Self::Day => 1.day(),
            Self::Week => 1.week(),
            Self::Month => 1.month(),
            Self::Quarter => 3.months(),
            Self::Years(step) => step.years(),
        }
    }

    /// The first day of the period after the one that begins on `start`.
    pub(super) fn next(self, start: Date) -> Option<Date> {
        start.checked_add(self.span()).ok()
    }

    /// The name of the period that begins on `start`.
    pub(super) fn label(self, start: Date) -> String {
        match self {
            Self::Day | Self::Week => start.to_string(),
            Self::Month => start.strftime("%Y-%m").to_string(),
            Self::Quarter => format!("{}-Q{}", start.strftime("%Y"), (start.month() - 1) / 3 + 1),
            Self::Years(1) => start.strftime("%Y").to_string(),
            Self::Years(step) => {
                format!("{}–{}", start.strftime("%Y"), i32::from(start.year()) + i32::from(step) - 1)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_span_gives_some_dozen_periods_that_hold_every_day_of_it() {
        for (from, to, count, first, last) in [
            ("2026-11-20", "2026-11-20", 1, "2026-11-20", "2026-11-20"),
            ("2026-11-20", "2026-12-31", 7, "2026-11-16", "2026-12-28"),
            ("2025-12-05", "2026-11-20", 12, "2025-12", "2026-11"),
            ("2022-01-01", "2026-11-20", 20, "2022-Q1", "2026-Q4"),
            ("2011-05-01", "2026-11-20", 16, "2011", "2026"),
            ("1970-01-01", "2026-11-20", 12, "1970–1974", "2025–2029"),
            ("-009999-01-01", "9999-12-31", 21, "", ""),
        ] {
            let (from, to) = (from.parse().expect("a date"), to.parse().expect("a date"));
            let (unit, starts) = periods(from, to, 1000);
            let labels: Vec<String> = starts.iter().map(|start| unit.label(*start)).collect();
            assert_eq!((index(&starts, from), index(&starts, to)), (0, starts.len() - 1));
            if from.year() > 0 {
                assert_eq!(labels.len(), count);
                assert_eq!((labels[0].as_str(), labels[labels.len() - 1].as_str()), (first, last));
            } else {
                assert!(starts.len() <= count + 1, "{labels:?}");
            }
        }
    }
    #[test]
    fn where_little_happened_periods_are_longer() {
        let date = |text: &str| text.parse().expect("a date");
        for (count, expected) in
            [(14, Unit::Quarter), (34, Unit::Quarter), (35, Unit::Month), (1, Unit::Quarter)]
        {
            assert_eq!(periods(date("2025-01-14"), date("2026-11-23"), count).0, expected, "{count}");
        }
    }
}
