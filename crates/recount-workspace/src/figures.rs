//! What figures are asked for with, and making several side by side.
//!
//! What does not live here: the figures themselves (`insights`), and which postmortems they are about.

use std::panic::resume_unwind;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use jiff::ToSpan as _;
use jiff::civil::Date;

use recount_engine::insights::{Basis, Definition, Figure};
use recount_store::threads;

use crate::failure::Failure;

/// Periods go back so many years at most: longer ago there was nothing to be on call for.
const MOST_YEARS: i64 = 100;

/// A period as it was asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Period {
    /// From a day until before another.
    Days(Date, Date),
    /// The last days, weeks, months or years.
    Last(i32, char),
}

impl Period {
    /// Reads a period as people name it: `2026`, `2026-Q3`, `2026-07`, `90d`.
    ///
    /// # Errors
    ///
    /// How to write it.
    pub fn parse(text: &str) -> Result<Self, String> {
        let last = text.char_indices().next_back().filter(|(_, c)| "dwmy".contains(*c));
        let last = last.and_then(|(at, unit)| Some((text[..at].parse::<i64>().ok()?, unit)));
        if let Some((count, unit)) = last.filter(|(count, _)| *count > 0) {
            let a_year = match unit {
                'd' => 366,
                'w' => 53,
                'm' => 12,
                _ => 1,
            };
            let count = i32::try_from(count).ok().filter(|count| i64::from(*count) <= MOST_YEARS * a_year);
            let too_long =
                || format!("a period goes back {MOST_YEARS} years at most; without `--period` all count");
            return count.map(|count| Self::Last(count, unit)).ok_or_else(too_long);
        }
        let read = || {
            let first = |text: String| text.parse::<Date>().ok();
            let (from, span) = match text.split_once(['-', ' ']) {
                None if text.len() == 4 => (first(format!("{text}-01-01"))?, 1.year()),
                Some((year, quarter)) if quarter.starts_with(['Q', 'q']) => {
                    let quarter: i8 =
                        quarter[1..].parse().ok().filter(|quarter| (1..=4).contains(quarter))?;
                    (first(format!("{year}-{:02}-01", quarter * 3 - 2))?, 3.months())
                }
                Some(_) if text.len() == 7 => (first(format!("{text}-01"))?, 1.month()),
                _ => (first(text.to_owned())?, 1.day()),
            };
            Some(Self::Days(from, from.checked_add(span).ok()?))
        };
        read().ok_or_else(|| "write it as `2026`, `2026-Q3`, `2026-07` or `90d`".to_owned())
    }

    /// Its first day, and the day after its last.
    ///
    /// # Errors
    ///
    /// Where it leaves the calendar.
    pub fn days(self, today: Date) -> Result<(Date, Date), Failure> {
        match self {
            Self::Days(from, until) => Ok((from, until)),
            Self::Last(count, unit) => {
                let span = match unit {
                    'w' => count.weeks(),
                    'm' => count.months(),
                    'y' => count.years(),
                    _ => count.days(),
                };
                let tomorrow = today.tomorrow();
                tomorrow
                    .and_then(|tomorrow| Ok((tomorrow.checked_sub(span)?, tomorrow)))
                    .map_err(|_| Failure::new(format!("`{count}{unit}` goes back before all calendars")))
            }
        }
    }
}

/// The figures, made side by side.
pub fn made(asked: &[&Definition], basis: &Basis<'_>) -> Vec<Figure> {
    let next = AtomicUsize::new(0);
    // A long one that is begun last would keep one waiting for it alone.
    let mut order: Vec<usize> = (0..asked.len()).collect();
    order.sort_by_key(|nth| !asked[*nth].is_long());
    let work = || {
        let mut made = Vec::new();
        loop {
            let Some(nth) = order.get(next.fetch_add(1, Ordering::Relaxed)) else { return made };
            made.push((*nth, asked[*nth].figure(basis)));
        }
    };
    let mut all = thread::scope(|scope| {
        let others: Vec<_> = (1..threads().min(asked.len())).map(|_| scope.spawn(work)).collect();
        let mut all = work();
        for other in others {
            match other.join() {
                Ok(made) => all.extend(made),
                // What panicked there panics here.
                Err(panic) => resume_unwind(panic),
            }
        }
        all
    });
    all.sort_by_key(|(nth, _)| *nth);
    all.into_iter().map(|(_, figure)| figure).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn periods_are_read_as_people_name_them() {
        let today: Date = "2026-11-23".parse().expect("a date");
        for (text, expected) in [
            ("2026", Some(("2026-01-01", "2027-01-01"))),
            ("2026-Q3", Some(("2026-07-01", "2026-10-01"))),
            ("2026-q4", Some(("2026-10-01", "2027-01-01"))),
            ("2026-02", Some(("2026-02-01", "2026-03-01"))),
            ("2026-02-28", Some(("2026-02-28", "2026-03-01"))),
            ("1d", Some(("2026-11-23", "2026-11-24"))),
            ("90d", Some(("2026-08-26", "2026-11-24"))),
            ("2w", Some(("2026-11-10", "2026-11-24"))),
            ("6m", Some(("2026-05-24", "2026-11-24"))),
            ("1y", Some(("2025-11-24", "2026-11-24"))),
            ("2026-Q5", None),
            ("2026-13", None),
            ("0d", None),
            ("-3d", None),
            ("d", None),
            ("é", None),
            ("2026-Q", None),
            ("9999", None),
            ("last year", None),
            ("", None),
        ] {
            let days =
                Period::parse(text).ok().map(|period| period.days(today).expect("within the calendar"));
            let days = days.map(|(from, until)| (from.to_string(), until.to_string()));
            assert_eq!(days, expected.map(|(from, until)| (from.to_owned(), until.to_owned())), "{text}");
        }
        for (text, is_read) in
            [("100y", true), ("101y", false), ("9999y", false), ("36600d", true), ("99999999999d", false)]
        {
            assert_eq!(Period::parse(text).is_ok(), is_read, "{text}");
        }
        assert!(Period::parse("9999y").is_err_and(|why| why.contains("100 years at most")));
    }
}
