//! How often: incidents over time, and whether they become rarer.

use jiff::civil::{Date, time};
use jiff::tz::TimeZone;

use crate::document::value::severity::Severity;
use crate::document::value::time::utc_day;

use super::super::basis::Basis;
use super::super::figure::{Data, Groups, Growth, GrowthPoint, Period, Periods, PowerLawFit, Trend};
use super::super::period::{self, Unit};
use super::super::statistics::trend::{self, FEWEST_EVENTS};
use super::super::statistics::{SIGNIFICANT, rounded};
use super::super::{Made, Tally, words};
use super::{POINTS, no_start, thinned};

/// Names of the severities, the gravest first, and of what has none.
pub(super) fn severities() -> Vec<String> {
    let names = Severity::ALL.iter().map(Severity::to_string);
    names.chain(["unknown".to_owned()]).collect()
}

/// The place of a severity in [`severities`].
pub(super) fn grade(severity: Option<Severity>) -> usize {
    severity.map_or(Severity::ALL.len(), |severity| severity.number().into())
}

/// Groups without those at the end that nothing is in.
pub(super) fn without_unknown(groups: &mut Vec<String>, counts: Vec<&mut Vec<usize>>) {
    let last = groups.len() - 1;
    if counts.iter().all(|counts| counts[last] == 0) {
        groups.truncate(last);
        for counts in counts {
            counts.truncate(last);
        }
    }
}

/// The periods of the window: what was asked for, up to today or to the last incident.
pub(super) fn window(basis: &Basis<'_>) -> Option<(Unit, Vec<Date>)> {
    let mut starts = basis.briefs().filter_map(|brief| brief.started).map(utc_day);
    let first = starts.next()?;
    let last = starts.next_back().unwrap_or(first);
    let scope = basis.scope;
    let until = scope.until.and_then(|until| until.yesterday().ok());
    let to = until.map_or(scope.today, |until| until.min(scope.today)).max(last);
    let from = scope.from.map_or(first, |from| from.min(first));
    let count = basis.incidents();
    Some(period::periods(from, to, count))
}

pub(in super::super) fn incidents(basis: &Basis<'_>) -> Made {
    let mut tally = Tally::default();
    let mut groups = severities();
    let (unit, starts) = window(basis).unwrap_or((Unit::Month, Vec::new()));
    let mut rows: Vec<Period> = starts
        .iter()
        .map(|start| Period { label: unit.label(*start), counts: vec![0; groups.len()] })
        .collect();
    let mut totals = vec![0; groups.len()];
    for brief in basis.briefs() {
        let Some(started) = brief.started else {
            tally.exclude(no_start(brief));
            continue;
        };
        tally.count();
        let grade = grade(brief.severity);
        totals[grade] += 1;
        rows[period::index(&starts, utc_day(started))].counts[grade] += 1;
    }
    let mut statements = Vec::new();
    if tally.n == 0 {
        statements.push("No incident has a start time, so there is nothing to count.".to_owned());
    } else {
        let parts = groups.iter().zip(&totals).filter(|(_, count)| **count > 0);
        let parts: Vec<String> =
            parts.map(|(group, count)| format!("{} {group}", words::number(*count))).collect();
        let incidents = words::counted(tally.n, "incident", "incidents");
        let periods = words::counted(rows.len(), unit.word(), &format!("{}s", unit.word()));
        statements.push(format!("{incidents} in {periods}: {}.", parts.join(", ")));
        let today = basis.scope.today;
        let is_running = |last: &Date| *last <= today && unit.next(*last).is_some_and(|next| next > today);
        if rows.len() > 1 && starts.last().is_some_and(is_running) {
            statements.push(format!("The last {} is not over.", unit.word()));
        }
    }
    without_unknown(&mut groups, rows.iter_mut().map(|row| &mut row.counts).collect());
    Made { tally, statements, data: Data::Periods(Periods { of: Groups::Grades, groups, rows }) }
}

pub(in super::super) fn growth(basis: &Basis<'_>) -> Made {
    let mut tally = Tally::default();
    let scope = basis.scope;
    let midnight = |day: Date| {
        let zoned = day.to_datetime(time(0, 0, 0, 0)).to_zoned(TimeZone::UTC);
        zoned.ok().map(|zoned| zoned.timestamp().as_second())
    };
    let first = basis.briefs().find_map(|brief| brief.started);
    let open = scope.from.and_then(midnight).or(first.map(jiff::Timestamp::as_second));
    let tomorrow = scope.today.tomorrow().unwrap_or(scope.today);
    let end = midnight(scope.until.map_or(tomorrow, |until| until.min(tomorrow)));
    let (Some(open), Some(end)) = (open, end) else {
        basis.briefs().for_each(|brief| tally.exclude(no_start(brief)));
        return nothing(tally, "No incident has a start time, so there is nothing to count.");
    };
    let mut times = Vec::new();
    for brief in basis.briefs() {
        match brief.started.map(jiff::Timestamp::as_second) {
            None => tally.exclude(no_start(brief)),
            // The window is half-open.
            Some(at) if at >= end => tally.exclude("began after the window"),
            Some(at) if at < open => tally.exclude("began before the window"),
            // Both tests take logarithms or shares of the time since then, and there is none.
            Some(at) if at == open => tally.exclude("opens the window"),
            Some(at) => {
                tally.count();
                times.push((at - open) as f64 / 86_400.0);
            }
        }
    }
    let window = (end - open) as f64 / 86_400.0;
    if window <= 0.0 {
        return nothing(tally, "The period has not begun, so there is nothing to count.");
    }
    let laplace = trend::laplace(&times, window);
    let power_law = trend::power_law(&times, window);
    let mut statements = Vec::new();
    let n = tally.n;
    let said = words::number(n);
    if let Some((laplace, power)) = laplace.zip(power_law) {
        let tests = format!("Laplace {}, MIL-HDBK-189 {}", words::p(laplace.p), words::p(power.p));
        let agree = (laplace.u < 0.0) == (power.beta < 1.0);
        if agree && laplace.p < SIGNIFICANT && power.p < SIGNIFICANT {
            let change = if laplace.u < 0.0 { "rarer" } else { "more frequent" };
            statements.push(format!(
                "Incidents became {change} over the window: {tests}, n = {said}; growth exponent {:.2} (95% interval \
                 {:.2} to {:.2}; 1 is a constant rate).",
                power.beta, power.interval.0, power.interval.1
            ));
        } else {
            statements.push(format!("No evidence of a trend at this n (n = {said}; {tests})."));
        }
    } else {
        let incidents = words::counted(n, "incident", "incidents");
        statements.push(format!("{incidents} in the window; a trend is tested from {FEWEST_EVENTS} on."));
    }
    let points: Vec<GrowthPoint> = times
        .iter()
        .enumerate()
        .map(|(nth, days)| GrowthPoint { days: rounded(*days, 4), count: nth + 1 })
        .collect();
    let named = |second: i64| Some(utc_day(jiff::Timestamp::from_second(second).ok()?).to_string());
    let data = Growth {
        from: named(open),
        to: named(end - 1),
        window_days: rounded(window, 4),
        per_30_days: Some(rounded(n as f64 / window * 30.0, 4)),
        curve: thinned(&points, POINTS),
        parts: parts(&times, window),
        laplace: laplace.map(|laplace| Trend {
            test: "Laplace",
            statistic: rounded(laplace.u, 4),
            p: rounded(laplace.p, 6),
        }),
        power_law: power_law.map(|power| PowerLawFit {
            test: "MIL-HDBK-189",
            beta: rounded(power.beta, 4),
            low: rounded(power.interval.0, 4),
            high: rounded(power.interval.1, 4),
            p: rounded(power.p, 6),
        }),
    };
    Made { tally, statements, data: Data::Growth(data) }
}

/// How many of `times` are in each equal part of the window.
fn parts(times: &[f64], window: f64) -> Vec<usize> {
    const PARTS: usize = 40;
    let mut counts = vec![0; PARTS];
    for days in times {
        let part = (days / window * PARTS as f64) as usize;
        counts[part.min(PARTS - 1)] += 1;
    }
    counts
}

fn nothing(tally: Tally, statement: &str) -> Made {
    let data = Growth {
        from: None,
        to: None,
        window_days: 0.0,
        per_30_days: None,
        curve: Vec::new(),
        parts: Vec::new(),
        laplace: None,
        power_law: None,
    };
    Made { tally, statements: vec![statement.to_owned()], data: Data::Growth(data) }
}
