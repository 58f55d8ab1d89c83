//! A length of time: `1h 42m`, and what people write instead.
//!
//! What lives here: reading and writing durations to the second. What does not: computing them from times.

use super::{digit_count, leading_word, number, strip_word, trim, unmarked};

/// A length of time as the text states it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DurationValue {
    /// Whole seconds; of a range (`5–10 minutes`), its lower end.
    pub seconds: u64,
    /// The upper end of a range.
    pub upper: Option<u64>,
    /// `~2h`, `about 45 minutes`, `(estimated)`, `< 5m`.
    pub approximate: bool,
}

const MINUTE: u64 = 60;
const HOUR: u64 = 60 * MINUTE;
const DAY: u64 = 24 * HOUR;

/// Reads a duration at the start of `text`; a remark in brackets or after a comma may follow.
///
/// `1:42` is hours and minutes. A number without a unit is no duration.
pub fn read(text: &str) -> Option<DurationValue> {
    let text = trim(text);
    if let Some(seconds) = read_canonical(text.as_bytes()) {
        return Some(DurationValue { seconds, upper: None, approximate: false });
    }
    read_leniently(unmarked(text))
}

/// `1h 42m`, `42m`, `2d 3h`, `4m 30s`, `0m`: reads back as the same number of seconds.
pub fn canonical(seconds: u64) -> String {
    use std::fmt::Write as _;
    if seconds == 0 {
        return "0m".to_owned();
    }
    let parts = [
        (seconds / DAY, 'd'),
        (seconds % DAY / HOUR, 'h'),
        (seconds % HOUR / MINUTE, 'm'),
        (seconds % MINUTE, 's'),
    ];
    let mut text = String::new();
    for (count, unit) in parts.into_iter().filter(|(count, _)| *count > 0) {
        let gap = if text.is_empty() { "" } else { " " };
        // Writing to a string cannot fail.
        let _ = write!(text, "{gap}{count}{unit}");
    }
    text
}

/// Whether `text` is written as [`canonical`] writes it.
pub fn is_canonical(text: &str) -> bool {
    read_canonical(text.as_bytes()).is_some_and(|seconds| canonical(seconds) == text)
}

/// Numbers with `d`, `h`, `m`, `s` in this order, apart by one space or none.
fn read_canonical(bytes: &[u8]) -> Option<u64> {
    let mut at = 0;
    let mut last = u64::MAX;
    let mut sum = 0u64;
    loop {
        let digits = digit_count(&bytes[at..]);
        let count = u64::from(number(&bytes[at..at + digits])?);
        at += digits;
        let unit = match bytes.get(at)? {
            b'd' => DAY,
            b'h' => HOUR,
            b'm' => MINUTE,
            b's' => 1,
            _ => return None,
        };
        if unit >= last {
            return None;
        }
        last = unit;
        sum += count * unit;
        at += 1;
        match bytes.get(at) {
            None => return Some(sum),
            Some(b' ') => at += 1,
            Some(_) => {}
        }
    }
}

fn read_leniently(text: &str) -> Option<DurationValue> {
    let mut approximate = false;
    let mut rest = text;
    // Whatever says "not exactly" may stand before it, more than once: `~ about`.
    while let Some(after) = strip_doubt(rest) {
        approximate = true;
        rest = after;
    }
    let (mut amount, mut rest) = amount(rest)?;
    let mut upper = None;
    if let Some(after) = range_mark(rest) {
        let (end, after) = self::amount(after.trim_start())?;
        if amount.unit.is_none() {
            amount.seconds = amount.count.scaled(end.unit?)?;
            amount.unit = end.unit;
        }
        upper = Some(end.seconds);
        approximate = true;
        rest = after;
    }
    amount.unit?;
    approximate |= remark(rest)?;
    Some(DurationValue {
        seconds: amount.seconds,
        upper: upper.filter(|upper| *upper > amount.seconds),
        approximate,
    })
}

/// What follows the duration: `None` if it cannot follow one, else whether it says "not exactly".
fn remark(rest: &str) -> Option<bool> {
    let rest = trim(rest);
    let joined = rest.starts_with(['(', ',', ';', '.', '[', '—', '–', '-', ':', '*', '+', '~', '?']);
    let word = leading_word(rest);
    let plain = [
        "total",
        "in",
        "after",
        "from",
        "until",
        "approx",
        "approximately",
        "estimated",
        "of",
        "long",
        "later",
    ];
    if !rest.is_empty() && !joined && !plain.iter().any(|plain| word.eq_ignore_ascii_case(plain)) {
        return None;
    }
    let vague = ["approx", "estimate", "roughly", "est.", "about"];
    let lower = rest.to_lowercase();
    Some(rest.starts_with(['+', '~', '?']) || vague.iter().any(|word| lower.contains(word)))
}

fn strip_doubt(text: &str) -> Option<&str> {
    const WORDS: [&str; 23] = [
        "about",
        "almost",
        "approximately",
        "approx.",
        "approx",
        "around",
        "at least",
        "at most",
        "ca.",
        "ca",
        "circa",
        "c.",
        "estimated",
        "just under",
        "just over",
        "less than",
        "more than",
        "nearly",
        "over",
        "roughly",
        "some",
        "under",
        "up to",
    ];
    let marked = text.strip_prefix(['~', '≈', '∼', '<', '>', '≤', '≥', '=']).or_else(|| {
        WORDS
            .iter()
            .find_map(|word| strip_word(text, word))
            // `about` is a word of its own, `aboutface` is none.
            .filter(|rest| rest.starts_with(|c: char| c.is_whitespace() || c.is_ascii_digit() || c == '~'))
    });
    marked.map(trim)
}

fn range_mark(rest: &str) -> Option<&str> {
    let rest = rest.trim_start();
    let mark = rest.strip_prefix(['-', '–', '—']).or_else(|| strip_word(rest, "to "))?;
    // `1h - partial outage` is a remark.
    mark.trim_start().starts_with(|c: char| c.is_ascii_digit()).then_some(mark)
}

/// A sum of counts with units.
#[derive(Clone, Copy)]
struct Amount {
    seconds: u64,
    /// The unit of the last count; `None` if the text had a count alone.
    unit: Option<u64>,
    /// The first count, for ranges that name the unit once.
    count: Count,
}

/// A decimal number, exact.
#[derive(Clone, Copy)]
struct Count {
    /// The digits without the point.
    digits: u64,
    /// Ten to the number of digits behind the point.
    divisor: u64,
}

impl Count {
    /// That many units in seconds, rounded to the nearest.
    fn scaled(self, unit: u64) -> Option<u64> {
        Some((self.digits.checked_mul(unit)? + self.divisor / 2) / self.divisor)
    }
}

/// Reads one duration and says what follows it.
fn amount(text: &str) -> Option<(Amount, &str)> {
    if let Some(found) = iso(text).or_else(|| clock(text)) {
        return Some(found);
    }
    let (first, mut rest) = count(text)?;
    let mut sum = Amount { seconds: 0, unit: None, count: first };
    let mut next = first;
    loop {
        let word_at = rest.trim_start_matches(|c: char| c.is_whitespace() || c == '-');
        let word = leading_word(word_at);
        let Some(unit) = unit(word) else {
            // `1h42`: a bare number behind hours is minutes.
            if sum.unit == Some(HOUR) && next.divisor == 1 && word.is_empty() {
                sum.seconds = sum.seconds.checked_add(next.scaled(MINUTE)?)?;
            }
            return Some((sum, rest));
        };
        sum.seconds = sum.seconds.checked_add(next.scaled(unit)?)?;
        sum.unit = Some(unit);
        rest = &word_at[word.len()..];
        // `30 min.`
        rest = rest
            .strip_prefix('.')
            .filter(|rest| !rest.starts_with(|c: char| c.is_ascii_digit()))
            .unwrap_or(rest);
        if let Some(after) = strip_word(rest.trim_start(), "and a half")
            && leading_word(after).is_empty()
        {
            sum.seconds = sum.seconds.checked_add(unit / 2)?;
            rest = after;
        }
        let joint = rest.trim_start_matches(|c: char| c.is_whitespace() || c == ',');
        let joint = strip_word(joint, "and ").map_or(joint, str::trim_start);
        // What follows counts only if it is a count of a smaller unit: `1h, 30m of it degraded` does, though
        // a second sentence does not.
        let Some((following, after)) = count(joint) else { return Some((sum, rest)) };
        let following_word = leading_word(after.trim_start());
        let smaller = self::unit(following_word).is_some_and(|following| following < unit);
        let bare_minutes = unit == HOUR && following_word.is_empty() && rest.len() == joint.len();
        if !smaller && !bare_minutes {
            return Some((sum, rest));
        }
        next = following;
        rest = after;
    }
}

/// Seconds in one unit, by any of its names.
fn unit(word: &str) -> Option<u64> {
    const UNITS: [(u64, &[&str]); 5] = [
        (7 * DAY, &["w", "wk", "wks", "week", "weeks"]),
        (DAY, &["d", "day", "days"]),
        (HOUR, &["h", "hr", "hrs", "hour", "hours"]),
        (MINUTE, &["m", "min", "mins", "minute", "minutes"]),
        (1, &["s", "sec", "secs", "second", "seconds"]),
    ];
    let named = |names: &[&str]| names.iter().any(|name| name.eq_ignore_ascii_case(word));
    UNITS.iter().find(|(_, names)| named(names)).map(|(unit, _)| *unit)
}

/// `1.5`, `1,5`, `102`, `1,020`, `an`, `two`, `half an`.
fn count(text: &str) -> Option<(Count, &str)> {
    const WORDS: [&str; 13] = [
        "zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven",
        "twelve",
    ];
    let bytes = text.as_bytes();
    let whole = digit_count(bytes);
    if whole == 0 {
        let word = leading_word(text);
        let rest = &text[word.len()..];
        if word.eq_ignore_ascii_case("half") {
            let rest = rest.trim_start();
            let rest = strip_word(rest, "an ").or_else(|| strip_word(rest, "a ")).unwrap_or(rest);
            return Some((Count { digits: 1, divisor: 2 }, rest));
        }
        let value = if word.eq_ignore_ascii_case("a") || word.eq_ignore_ascii_case("an") {
            1
        } else {
            WORDS.iter().position(|name| name.eq_ignore_ascii_case(word))?
        };
        return Some((Count { digits: value as u64, divisor: 1 }, rest));
    }
    let mut digits = u64::from(number(&bytes[..whole])?);
    let mut at = whole;
    let mut divisor = 1;
    if matches!(bytes.get(at), Some(b'.' | b',')) {
        let fraction = digit_count(&bytes[at + 1..]);
        if fraction == 3 && bytes[at] == b',' {
            // `1,020 minutes`
            digits = digits * 1000 + u64::from(number(&bytes[at + 1..at + 4])?);
            at += 4;
        } else if (1..=6).contains(&fraction) {
            divisor = 10u64.pow(fraction as u32);
            digits = digits * divisor + u64::from(number(&bytes[at + 1..=at + fraction])?);
            at += 1 + fraction;
        }
    }
    Some((Count { digits, divisor }, &text[at..]))
}

/// `01:42:00`, `1:42`.
fn clock(text: &str) -> Option<(Amount, &str)> {
    let bytes = text.as_bytes();
    let hours = digit_count(bytes);
    let two = |at: usize| {
        let there = bytes.get(at) == Some(&b':') && digit_count(bytes.get(at + 1..)?) == 2;
        there.then(|| number(&bytes[at + 1..at + 3])).flatten().filter(|n| *n < 60).map(u64::from)
    };
    let minutes = two(hours)?;
    let (seconds, end) = two(hours + 3).map_or((0, hours + 3), |seconds| (seconds, hours + 6));
    let hours = u64::from(number(&bytes[..hours])?);
    let seconds = hours * HOUR + minutes * MINUTE + seconds;
    // `1:42 h` says the unit again, `12:30 pm` is no duration.
    let rest = text[end..].trim_start();
    let word = leading_word(rest);
    let rest = if unit(word) == Some(HOUR) { &rest[word.len()..] } else { rest };
    Some((Amount { seconds, unit: Some(HOUR), count: Count { digits: seconds, divisor: 1 } }, rest))
}

/// `PT1H42M`, `P2DT3H`.
fn iso(text: &str) -> Option<(Amount, &str)> {
    let mut rest = strip_word(text, "P")?;
    let mut clock = false;
    let mut seconds = 0u64;
    let mut any = false;
    loop {
        if !clock && let Some(after) = strip_word(rest, "T") {
            clock = true;
            rest = after;
        }
        if !rest.starts_with(|c: char| c.is_ascii_digit()) {
            break;
        }
        let (count, after) = count(rest)?;
        let unit = match (after.as_bytes().first()?.to_ascii_uppercase(), clock) {
            (b'W', false) => 7 * DAY,
            (b'D', false) => DAY,
            (b'H', true) => HOUR,
            (b'M', true) => MINUTE,
            (b'S', true) => 1,
            _ => return None,
        };
        seconds = seconds.checked_add(count.scaled(unit)?)?;
        any = true;
        rest = &after[1..];
    }
    let amount = Amount { seconds, unit: Some(1), count: Count { digits: seconds, divisor: 1 } };
    (any && leading_word(rest).is_empty()).then_some((amount, rest))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use proptest::prelude::*;

    use super::*;

    #[allow(clippy::unnecessary_wraps, reason = "it stands for what reading gives")]
    const fn exactly(seconds: u64) -> Option<DurationValue> {
        Some(DurationValue { seconds, upper: None, approximate: false })
    }

    #[allow(clippy::unnecessary_wraps, reason = "it stands for what reading gives")]
    const fn about(seconds: u64) -> Option<DurationValue> {
        Some(DurationValue { seconds, upper: None, approximate: true })
    }

    #[test]
    fn durations_are_read_as_people_write_them() {
        const M102: u64 = 102 * 60;
        for (text, seconds) in [
            ("1h 42m", M102),
            ("1h42m", M102),
            ("1h42", M102),
            ("102 minutes", M102),
            ("102m", M102),
            ("102 min.", M102),
            ("1 hour 42 min", M102),
            ("1 hour, 42 minutes", M102),
            ("1 hour and 42 minutes", M102),
            ("One hour and 42 minutes", M102),
            ("01:42:00", M102),
            ("1:42", M102),
            ("1:42 h", M102),
            ("PT1H42M", M102),
            ("PT102M", M102),
            ("**1h 42m**", M102),
            ("\u{A0}1h 42m\u{A0}", M102),
            ("1h 42m (full outage 30m)", M102),
            ("1h 42m, of which 30m partial", M102),
            ("1h 42m total", M102),
            ("2 days 3h", 51 * HOUR),
            ("2d 3h", 51 * HOUR),
            ("P2DT3H", 51 * HOUR),
            ("1.5 hours", 90 * 60),
            ("1,5 hours", 90 * 60),
            ("an hour and a half", 90 * 60),
            ("half an hour", 30 * 60),
            ("1,020 minutes", 1020 * 60),
            ("11 Days", 11 * DAY),
            ("2 weeks", 14 * DAY),
            ("0m", 0),
            ("0 minutes", 0),
            ("45s", 45),
            ("4m 30s", 270),
            ("30-minute", 1800),
        ] {
            assert_eq!(read(text), exactly(seconds), "{text}");
        }
    }

    #[test]
    fn what_is_not_exact_says_so() {
        for (text, seconds) in [
            ("~2h", 2 * HOUR),
            ("about 45 minutes", 45 * 60),
            ("approx. 45 min", 45 * 60),
            ("45 minutes (estimated)", 45 * 60),
            ("45 min approx", 45 * 60),
            ("< 5m", 300),
            ("more than 2 hours", 2 * HOUR),
            ("2h+", 2 * HOUR),
            ("~ about an hour", HOUR),
        ] {
            assert_eq!(read(text), about(seconds), "{text}");
        }
        for text in ["5-10 minutes", "5–10 min", "5 to 10 minutes", "5m - 10m"] {
            let expected = Some(DurationValue { seconds: 300, upper: Some(600), approximate: true });
            assert_eq!(read(text), expected, "{text}");
        }
    }

    #[test]
    fn what_is_no_duration_is_none() {
        for text in [
            "",
            "90",
            "TBD",
            "?",
            "unknown",
            "h",
            "1h 42 customers",
            "12:30 pm",
            "1:99",
            "5 apples",
            "P",
            "PT",
            "é",
            "5é",
            "~",
            "99999999999999999999h",
            "mañana",
            "1h é",
        ] {
            assert_eq!(read(text), None, "{text}");
        }
    }

    #[test]
    fn the_canonical_form_leaves_out_what_is_zero() {
        for (seconds, text) in [
            (0, "0m"),
            (45, "45s"),
            (270, "4m 30s"),
            (42 * 60, "42m"),
            (102 * 60, "1h 42m"),
            (51 * HOUR, "2d 3h"),
            (DAY + 1, "1d 1s"),
        ] {
            assert_eq!(canonical(seconds), text);
            assert!(is_canonical(text));
        }
        for text in ["1h42m", "102m", "60s", "0s", "1h 0m", "01h"] {
            assert!(!is_canonical(text), "{text}");
        }
    }

    proptest! {
        #[test]
        fn writing_loses_no_second(seconds in 0u64..100_000_000) {
            prop_assert_eq!(read(&canonical(seconds)), exactly(seconds));
        }

        #[test]
        fn any_text_is_read_without_panic(text in "\\PC*") {
            let _ = read(&text);
        }

        #[test]
        fn any_text_of_duration_letters_is_read_without_panic(
            text in "([0-9]{1,12}|[:.,~<+()–-]| |é|h|m|s|d|PT|P|T|min|hours|and|an|half|about|to){0,9}"
        ) {
            let _ = read(&text);
        }
    }
}
