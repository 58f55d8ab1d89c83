//! Repetition in calendars: daily and weekly rules, as rotas have them.
//!
//! What does not live here: other frequencies (they are told, not guessed), dates that are taken out or added
//! (`icalendar`).

use jiff::Span;
use jiff::civil::{Date, DateTime, Weekday};

/// A rule that can be followed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Rule {
    weekly: bool,
    interval: i32,
    count: Option<usize>,
    /// The last moment, as it is written: it may be in UTC, or a wall clock.
    pub(super) until: Option<String>,
    days: Vec<Weekday>,
    week_start: Weekday,
}

impl Rule {
    /// Reads `FREQ=WEEKLY;BYDAY=MO,WE;INTERVAL=2`; says what of it cannot be followed.
    pub(super) fn read(text: &str) -> Result<Self, String> {
        let mut rule = Self {
            weekly: false,
            interval: 1,
            count: None,
            until: None,
            days: Vec::new(),
            week_start: Weekday::Monday,
        };
        let mut frequency = String::new();
        for part in text.split(';').filter(|part| !part.trim().is_empty()) {
            let (key, value) = part.split_once('=').unwrap_or((part, ""));
            let value = value.trim().to_ascii_uppercase();
            let wrong = || format!("`{}`", part.chars().take(40).collect::<String>());
            match key.trim().to_ascii_uppercase().as_str() {
                "FREQ" => frequency = value,
                "INTERVAL" => rule.interval = value.parse().ok().filter(|n| *n > 0).ok_or_else(wrong)?,
                "COUNT" => rule.count = Some(value.parse().map_err(|_| wrong())?),
                "UNTIL" => rule.until = Some(value),
                "WKST" => rule.week_start = weekday(&value).ok_or_else(wrong)?,
                "BYDAY" => {
                    rule.days = value.split(',').map(weekday).collect::<Option<_>>().ok_or_else(wrong)?;
                }
                _ => return Err(wrong()),
            }
        }
        match frequency.as_str() {
            "DAILY" => Ok(rule),
            "WEEKLY" => Ok(Self { weekly: true, ..rule }),
            other => Err(format!("`FREQ={}`", other.chars().take(40).collect::<String>())),
        }
    }

    /// The wall clocks at which it repeats, the first at `start`; without end, unless it has a count.
    pub(super) fn occurrences(&self, start: DateTime) -> impl Iterator<Item = DateTime> {
        let days =
            if self.days.is_empty() && self.weekly { vec![start.weekday()] } else { self.days.clone() };
        let since = |day: Weekday| i64::from(day.since(self.week_start));
        let mut offsets: Vec<i64> = days.iter().map(|day| since(*day)).collect();
        offsets.sort_unstable();
        offsets.dedup();
        let first = if self.weekly {
            later(start.date(), -since(start.weekday())).unwrap_or(start.date())
        } else {
            start.date()
        };
        let step = i64::from(self.interval) * if self.weekly { 7 } else { 1 };
        let weekly = self.weekly;
        let dates = (0_i64..)
            .map_while(move |turn| later(first, step.checked_mul(turn)?))
            .flat_map(move |date: Date| -> Vec<Date> {
                if weekly {
                    offsets.iter().filter_map(|offset| later(date, *offset)).collect()
                } else if days.is_empty() || days.contains(&date.weekday()) {
                    vec![date]
                } else {
                    Vec::new()
                }
            })
            .filter(move |date| *date >= start.date())
            .map(move |date| date.to_datetime(start.time()));
        // The first is the start even where the rule's days do not have it.
        let mut rest = dates.peekable();
        rest.next_if(|first| *first == start);
        std::iter::once(start).chain(rest).take(self.count.unwrap_or(usize::MAX))
    }
}

/// Some days later, where that is a date still.
fn later(date: Date, days: i64) -> Option<Date> {
    date.checked_add(Span::new().try_days(days).ok()?).ok()
}

fn weekday(text: &str) -> Option<Weekday> {
    Some(match text.trim() {
        "MO" => Weekday::Monday,
        "TU" => Weekday::Tuesday,
        "WE" => Weekday::Wednesday,
        "TH" => Weekday::Thursday,
        "FR" => Weekday::Friday,
        "SA" => Weekday::Saturday,
        "SU" => Weekday::Sunday,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    #[test]
    fn rules_of_rotas_are_followed() {
        // 2026-11-20 is a Friday.
        for (rule, days) in [
            ("FREQ=DAILY", vec![20, 21, 22, 23]),
            ("FREQ=DAILY;INTERVAL=3", vec![20, 23, 26, 29]),
            ("FREQ=DAILY;COUNT=2", vec![20, 21]),
            ("FREQ=DAILY;BYDAY=MO,FR", vec![20, 23, 27, 30]),
            ("FREQ=WEEKLY", vec![20, 27]),
            ("FREQ=WEEKLY;BYDAY=WE,MO,FR", vec![20, 23, 25, 27]),
            ("FREQ=WEEKLY;INTERVAL=2;BYDAY=SU,FR;WKST=MO", vec![20, 22]),
            ("FREQ=WEEKLY;INTERVAL=2;BYDAY=SU,FR;WKST=SU", vec![20, 29]),
        ] {
            let start = date(2026, 11, 20).at(9, 0, 0, 0);
            let read = Rule::read(rule).expect(rule);
            let got: Vec<i8> = read
                .occurrences(start)
                .take_while(|at| at.month() == 11)
                .take(4)
                .map(DateTime::day)
                .collect();
            assert_eq!(got, days, "{rule}");
        }
    }

    #[test]
    fn a_rule_that_leaves_the_calendar_ends() {
        let rule = Rule::read("FREQ=WEEKLY;INTERVAL=2147483647").expect("well formed");
        assert_eq!(rule.occurrences(date(2026, 11, 20).at(9, 0, 0, 0)).count(), 1);
    }

    #[test]
    fn rules_that_are_not_followed_are_named() {
        for (rule, named) in [
            ("FREQ=MONTHLY;BYDAY=1MO", "`BYDAY=1MO`"),
            ("FREQ=YEARLY", "`FREQ=YEARLY`"),
            ("FREQ=DAILY;BYHOUR=9,17", "`BYHOUR=9,17`"),
            ("FREQ=DAILY;INTERVAL=0", "`INTERVAL=0`"),
            ("", "`FREQ=`"),
        ] {
            assert_eq!(Rule::read(rule), Err(named.to_owned()));
        }
    }
}
