//! Numbers in words: durations, shares, p-values, counts. One way for sentences, tables and charts.

use crate::document::value::duration;

use super::figure::{Figure, Quantile};

/// A duration of at most two units: `2h 3m`, `3d 4h`.
pub fn duration(seconds: u64) -> String {
    const DAY: u64 = 86_400;
    match seconds {
        0..60 => format!("{seconds}s"),
        60..DAY => duration::canonical(seconds / 60 * 60),
        _ => {
            let (days, hours) = (seconds / DAY, seconds % DAY / 3600);
            if hours == 0 || days >= 14 { format!("{days}d") } else { format!("{days}d {hours}h") }
        }
    }
}

/// A share in percent.
pub fn percent(share: f64) -> String {
    let percent = share * 100.0;
    // What is neither nothing nor all does not look so.
    match percent {
        _ if share > 0.0 && percent < 0.5 => "<1%".to_owned(),
        _ if share < 1.0 && percent >= 99.5 => ">99%".to_owned(),
        _ => format!("{percent:.0}%"),
    }
}

/// An interval of a share.
pub fn percents(low: f64, high: f64) -> String {
    format!("{:.0}–{:.0}%", low * 100.0, high * 100.0)
}

/// A p-value.
pub fn p(p: f64) -> String {
    if p < 0.001 { "p < 0.001".to_owned() } else { format!("p = {p:.3}") }
}

/// A quantile with its interval.
pub fn quantile(quantile: &Quantile) -> String {
    let value = duration(quantile.seconds);
    match quantile.low_seconds.zip(quantile.high_seconds) {
        Some((low, high)) => format!("{value} ({} to {})", duration(low), duration(high)),
        None => value,
    }
}

/// A count with its word, in the singular for one: `3 days`.
pub fn counted(count: usize, one: &str, many: &str) -> String {
    format!("{} {}", number(count), if count == 1 { one } else { many })
}

/// The n of a figure: `14 of 15 incidents`.
pub fn counted_of(figure: &Figure) -> String {
    let word = figure.counted.word(figure.total);
    if figure.n == figure.total {
        return format!("{} {word}", number(figure.n));
    }
    format!("{} of {} {word}", number(figure.n), number(figure.total))
}

/// What a figure leaves out: `Left out: 1 (no start time).`
pub fn left_out(figure: &Figure) -> String {
    if figure.excluded.is_empty() {
        return "Nothing left out.".to_owned();
    }
    let parts: Vec<String> =
        figure.excluded.iter().map(|out| format!("{} ({})", number(out.count), out.reason)).collect();
    format!("Left out: {}.", parts.join(", "))
}

/// A whole number, its thousands set apart: `12,345`.
pub fn number(number: usize) -> String {
    let digits = number.to_string();
    let first = (digits.len() - 1) % 3;
    let mut out = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > first && (at - first) % 3 == 1 {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_said_shortly_and_never_wrongly() {
        for (seconds, text) in [
            (0, "0s"),
            (59, "59s"),
            (61, "1m"),
            (3600, "1h"),
            (7399, "2h 3m"),
            (86_400, "1d"),
            (90_000, "1d 1h"),
            (14 * 86_400 + 7200, "14d"),
        ] {
            assert_eq!(duration(seconds), text);
        }
        for (share, text) in [(0.0, "0%"), (0.001, "<1%"), (0.5, "50%"), (0.999, ">99%"), (1.0, "100%")] {
            assert_eq!(percent(share), text);
        }
        for (value, text) in [(0, "0"), (999, "999"), (1000, "1,000"), (1_234_567, "1,234,567")] {
            assert_eq!(number(value), text);
        }
        assert_eq!((p(0.0004), p(0.0412)), ("p < 0.001".to_owned(), "p = 0.041".to_owned()));
    }
}
