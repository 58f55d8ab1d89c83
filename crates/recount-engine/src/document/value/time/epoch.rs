//! Epochs as decimal strings, exact to the nanosecond.
//!
//! What lives here: seconds, milliseconds, microseconds and nanoseconds since 1970, told apart by their
//! size. What does not: floating point, which loses the last digits of what may also be an identifier.

use jiff::Timestamp;

use crate::document::value::trim;

/// Reads a number since 1970 in s, ms, µs or ns, by its magnitude: `1462525200.000123`, `1462525200000`.
///
/// `None` for what is no decimal number, and for numbers before March 1973 (below a hundred million
/// seconds), which are counts and identifiers rather than times. Digits below a nanosecond are cut off.
pub fn from_epoch(text: &str) -> Option<Timestamp> {
    let text = trim(text);
    let (mantissa, exponent) = match text.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, exponent.parse::<i32>().ok()?),
        None => (text, 0),
    };
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let digits = || whole.bytes().chain(fraction.bytes());
    if whole.is_empty() || whole.len() > 32 || !digits().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    // `1.462525200781e9`: the exponent moves the point.
    let point = i32::try_from(whole.len()).ok()?.checked_add(exponent)?;
    if !(1..=32).contains(&point) {
        return None;
    }
    let shifted = |places: i32| {
        let mut digits = digits();
        (0..places).fold(0i128, |sum, _| sum * 10 + i128::from(digits.next().unwrap_or(b'0') - b'0'))
    };
    let places = match shifted(point) {
        100_000_000..=99_999_999_999 => 9,
        100_000_000_000..=99_999_999_999_999 => 6,
        100_000_000_000_000..=99_999_999_999_999_999 => 3,
        100_000_000_000_000_000..=99_999_999_999_999_999_999 => 0,
        _ => return None,
    };
    // At most 32 places of which 20 are significant, and nine more: within an i128.
    Timestamp::from_nanosecond(shifted(point + places)).ok()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn epochs_are_exact_in_every_unit() {
        for (text, expected) in [
            ("1462525200", "2016-05-06T09:00:00Z"),
            ("1462525200.000123", "2016-05-06T09:00:00.000123Z"),
            ("1462525200.", "2016-05-06T09:00:00Z"),
            ("1462525200.123456789012", "2016-05-06T09:00:00.123456789Z"),
            ("1462525200123", "2016-05-06T09:00:00.123Z"),
            ("1462525200123.5", "2016-05-06T09:00:00.1235Z"),
            ("1462525200123456", "2016-05-06T09:00:00.123456Z"),
            ("1462525200123456789", "2016-05-06T09:00:00.123456789Z"),
            ("1.462525200781e9", "2016-05-06T09:00:00.781Z"),
            (" 100000000 ", "1973-03-03T09:46:40Z"),
        ] {
            assert_eq!(from_epoch(text), Some(expected.parse().expect(expected)), "{text}");
        }
    }

    #[test]
    fn counts_and_words_are_no_epochs() {
        for text in [
            "",
            "0",
            "42",
            "-1462525200",
            "1462525200x",
            "1,462,525,200",
            "99999999",
            "1e400",
            "1e-9",
            "é",
            ".",
        ] {
            assert_eq!(from_epoch(text), None, "{text}");
        }
    }

    proptest! {
        #[test]
        fn any_text_is_read_without_panic(text in "[0-9.eE+-]{0,50}") {
            let _ = from_epoch(&text);
        }

        #[test]
        fn seconds_with_a_fraction_lose_nothing(second in 100_000_000i64..9_999_999_999, nano in 0i32..1_000_000_000) {
            let expected = Timestamp::new(second, nano).expect("in range");
            prop_assert_eq!(from_epoch(&format!("{second}.{nano:09}")), Some(expected));
        }
    }
}
