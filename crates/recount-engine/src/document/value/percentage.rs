//! A share in percent, and whether prose holds a number that quantifies anything.
//!
//! What lives here: `12%`, `5–10 %`, `< 1 percent`, and telling quantities from the digits of versions,
//! dates, clocks, tickets and HTTP codes. What does not: shares in words (`about a third`), which are no
//! figures.

use super::{
    date::{is_month, is_weekday},
    digit_count, leading_word, strip_word, trim, unmarked,
};

/// A share, or the range that it lies in, in percent.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Percentage {
    /// The least that the text allows.
    pub low: f64,
    /// The most that the text allows; equal to `low` for a single figure.
    pub high: f64,
    /// `~12%`, `about 12%`, `12% (estimate)`.
    pub approximate: bool,
}

/// Reads a percentage at the start of `text`; whatever follows is a remark. A number needs its sign.
pub fn read(text: &str) -> Option<Percentage> {
    let mut rest = unmarked(text);
    let mut approximate = false;
    let mut bound = Bound::None;
    while let Some((mark, after)) = qualifier(rest) {
        match mark {
            Mark::Approximate => approximate = true,
            Mark::Bound(stated) => bound = stated,
            Mark::Filler => {}
        }
        rest = trim(after);
    }
    let (first, after) = decimal(rest)?;
    let (first_sign, after) = sign(after);
    let (low, high, scale, after) = match range_end(after) {
        Some((second, after)) => {
            let (scale, after) = sign(after);
            (first, second, scale, after)
        }
        None => (first, first, None, after),
    };
    let scale = scale.or(first_sign)?;
    let (mut low, mut high) = (low / scale, high / scale);
    if low > high {
        std::mem::swap(&mut low, &mut high);
    }
    match bound {
        Bound::Above => high = high.max(100.0),
        Bound::Below => low = 0.0,
        Bound::None => {}
    }
    let remark = after.to_lowercase();
    approximate |= ["approx", "estimate", "roughly", "est."].iter().any(|word| remark.contains(word));
    Some(Percentage { low, high, approximate })
}

#[derive(Clone, Copy)]
enum Bound {
    None,
    Above,
    Below,
}

enum Mark {
    Approximate,
    Bound(Bound),
    Filler,
}

fn qualifier(text: &str) -> Option<(Mark, &str)> {
    const APPROXIMATE: [&str; 12] = [
        "about",
        "almost",
        "approximately",
        "approx.",
        "approx",
        "around",
        "ca.",
        "ca",
        "circa",
        "estimated",
        "nearly",
        "roughly",
    ];
    const BELOW: [&str; 5] = ["less than", "up to", "under", "at most", "below"];
    const ABOVE: [&str; 4] = ["more than", "over", "at least", "above"];
    const FILLERS: [&str; 2] = ["between", "from"];
    let first = text.chars().next()?;
    let after = &text[first.len_utf8()..];
    match first {
        '~' | '≈' | '∼' => return Some((Mark::Approximate, after)),
        '<' | '≤' => return Some((Mark::Bound(Bound::Below), after.trim_start_matches('='))),
        '>' | '≥' => return Some((Mark::Bound(Bound::Above), after.trim_start_matches('='))),
        _ => {}
    }
    let among = |words: &[&str]| {
        words.iter().find_map(|word| {
            strip_word(text, word).filter(|rest| rest.starts_with(|c: char| !c.is_alphabetic() && c != '-'))
        })
    };
    among(&APPROXIMATE)
        .map(|rest| (Mark::Approximate, rest))
        .or_else(|| among(&BELOW).map(|rest| (Mark::Bound(Bound::Below), rest)))
        .or_else(|| among(&ABOVE).map(|rest| (Mark::Bound(Bound::Above), rest)))
        .or_else(|| among(&FILLERS).map(|rest| (Mark::Filler, rest)))
}

/// `12`, `12.5`, `12,5`, `1,200.5`.
fn decimal(text: &str) -> Option<(f64, &str)> {
    let bytes = text.as_bytes();
    let whole = digit_count(bytes);
    if whole == 0 || whole > 9 {
        return None;
    }
    let mut at = whole;
    let mut digits = text[..whole].to_owned();
    // A comma and exactly three digits is a thousand, any other comma a decimal point.
    while bytes.get(at) == Some(&b',') && digit_count(&bytes[at + 1..]) == 3 && digits.len() < 12 {
        digits.push_str(&text[at + 1..at + 4]);
        at += 4;
    }
    if matches!(bytes.get(at), Some(b'.' | b',')) {
        let fraction = digit_count(&bytes[at + 1..]);
        if fraction > 0 {
            digits.push('.');
            digits.push_str(&text[at + 1..=at + fraction]);
            at += 1 + fraction;
        }
    }
    digits.parse().ok().map(|value| (value, &text[at..]))
}

/// What to divide by for percent, and what follows the sign.
fn sign(text: &str) -> (Option<f64>, &str) {
    let rest = text.trim_start();
    if let Some(rest) = rest.strip_prefix(['%', '％']) {
        return (Some(1.0), rest);
    }
    if let Some(rest) = rest.strip_prefix('‰') {
        return (Some(10.0), rest);
    }
    for word in ["percent", "per cent", "pct"] {
        if let Some(rest) = strip_word(rest, word).filter(|rest| leading_word(rest).is_empty()) {
            return (Some(1.0), rest);
        }
    }
    (None, text)
}

fn range_end(text: &str) -> Option<(f64, &str)> {
    let rest = text.trim_start();
    let rest = rest
        .strip_prefix(['-', '–', '—'])
        .or_else(|| strip_word(rest, "to "))
        .or_else(|| strip_word(rest, "and "))?
        .trim_start();
    let (second, after) = decimal(rest.trim_start_matches('~'))?;
    // `12% - 3 shards` is a remark.
    sign(after).0.map(|_| (second, after))
}

/// Whether a figure is answered: with a quantity, or by saying why there is none.
pub fn is_quantified(text: &str) -> bool {
    contains_quantity(text) || is_explained_unknown(text)
}

/// `Unknown: the logs are lost`, `N/A (an internal tool)`: honest, and with its reason.
fn is_explained_unknown(text: &str) -> bool {
    let begins = |word: &&str| text.get(..word.len()).is_some_and(|head| head.eq_ignore_ascii_case(word));
    let words = ["unknown", "not known", "not measured", "not measurable", "not applicable", "n/a"];
    let Some(word) = words.iter().find(|word| begins(word)) else { return false };
    text[word.len()..].split_whitespace().filter(|word| word.contains(char::is_alphanumeric)).count() >= 2
}

/// Whether prose holds a number that quantifies: digits, `%`, `all`, `no customers`, `three`.
///
/// Versions, dates, clocks, tickets, names with digits, links, code and HTTP codes are no quantities.
pub fn contains_quantity(text: &str) -> bool {
    let mut words = Words { rest: text };
    let mut before = "";
    while let Some(raw) = words.next() {
        let word = bare(raw);
        let quantifies = match word.chars().next() {
            None => false,
            Some(first) if first.is_ascii_digit() => {
                is_figure(raw, word, before, words.clone().next().unwrap_or(""))
            }
            Some(_) => is_number_word(word),
        };
        if quantifies {
            return true;
        }
        if !word.is_empty() {
            before = word;
        }
    }
    false
}

/// Words apart by white space, without code spans and link targets.
#[derive(Clone)]
struct Words<'a> {
    rest: &'a str,
}

impl<'a> Iterator for Words<'a> {
    type Item = &'a str;

    fn next(&mut self) -> Option<&'a str> {
        loop {
            let rest = trim(self.rest);
            if rest.is_empty() {
                return None;
            }
            if let Some(code) = rest.strip_prefix('`')
                && let Some(end) = code.find('`')
            {
                self.rest = &code[end + 1..];
                continue;
            }
            if let Some(target) = rest.strip_prefix("](") {
                self.rest = target.find(')').map_or("", |end| &target[end + 1..]);
                continue;
            }
            let end = rest
                .char_indices()
                .skip(1)
                .find(|(at, c)| c.is_whitespace() || *c == '`' || rest[*at..].starts_with("]("))
                .map_or(rest.len(), |(at, _)| at);
            self.rest = &rest[end..];
            if !rest[..end].contains("://") {
                return Some(&rest[..end]);
            }
        }
    }
}

/// A word without the punctuation around it; a sign of percent stays.
fn bare(word: &str) -> &str {
    let word = word.trim_start_matches(|c: char| !c.is_alphanumeric());
    word.trim_end_matches(|c: char| !c.is_alphanumeric() && !matches!(c, '%' | '‰'))
}

/// Whether a word that begins with a digit is a figure, seen between its neighbours.
fn is_figure(raw: &str, word: &str, before: &str, after: &str) -> bool {
    const NO_UNITS: [&str; 8] = ["xx", "x5", "st", "nd", "rd", "th", "am", "pm"];
    if word.contains(['%', '‰']) {
        return true;
    }
    // `#123`, `@2`, `:8080`, and what follows a word that numbers things.
    if raw.starts_with(['#', '@', ':']) || numbers_things(before) {
        return false;
    }
    let bytes = word.as_bytes();
    let digits = digit_count(bytes);
    let tail = &word[digits..];
    if tail.is_empty() {
        return !is_year(word, before)
            && !is_month(before)
            && !is_month(bare(after))
            && !is_http_code(word, after);
    }
    let is_clock_or_date = {
        let numbers: Vec<&str> = word.split([':', '-', '/', '.', '–']).collect();
        let digits_only = numbers.iter().all(|part| part.bytes().all(|byte| byte.is_ascii_digit()));
        word.contains(':') || digits_only && numbers.len() > 2
    };
    if is_clock_or_date || tail.starts_with('T') && tail.len() > 1 {
        return false;
    }
    // `1,200`, `1.5`, `5-10`, `3/4`, `1_000`.
    let joined =
        tail.bytes().all(|byte| byte.is_ascii_digit() || matches!(byte, b',' | b'.' | b'-' | b'/' | b'_'))
            || tail.starts_with('–') && tail['–'.len_utf8()..].bytes().all(|byte| byte.is_ascii_digit());
    if joined {
        return true;
    }
    let unit =
        tail.trim_start_matches(|c: char| c.is_ascii_digit() || matches!(c, ',' | '.' | '-' | '–' | '+'));
    // `5xx`, `20th` and `2nd` number things, `502s` are codes, and `3am` is a clock.
    if NO_UNITS.iter().any(|no_unit| unit.eq_ignore_ascii_case(no_unit)) {
        return false;
    }
    if unit == "s" && is_http_code(&word[..digits], "") {
        return false;
    }
    // `10k`, `200ms`, `5GB`, `12x`, `3-node`: letters only, and few unless joined by a hyphen.
    unit.chars().all(|c| c.is_alphabetic() || matches!(c, '/' | '-'))
        && !unit.is_empty()
        && (tail.starts_with('-') || unit.chars().count() <= 7)
}

/// `2026` in `in 2026`, `since 2026`.
fn is_year(word: &str, before: &str) -> bool {
    word.len() == 4
        && ("1990".."2100").contains(&word)
        && (["in", "since", "during", "until", "of", "by", "year", "from"]
            .iter()
            .any(|year| before.eq_ignore_ascii_case(year))
            || is_month(before)
            || is_weekday(before)
            || digit_count(before.as_bytes()) > 0)
}

/// Whether a number is a code of HTTP rather than a count: a known one, and no countable thing behind it.
fn is_http_code(word: &str, after: &str) -> bool {
    const NO_COUNT: [&str; 30] = [
        "and",
        "as",
        "at",
        "bad",
        "because",
        "by",
        "code",
        "codes",
        "during",
        "error",
        "errors",
        "for",
        "from",
        "gateway",
        "http",
        "in",
        "instead",
        "internal",
        "not",
        "on",
        "or",
        "rate",
        "response",
        "responses",
        "service",
        "status",
        "the",
        "to",
        "when",
        "with",
    ];
    let known = matches!(
        word.parse::<u16>(),
        Ok(200..=208 | 226 | 300..=308 | 400..=431 | 451 | 499..=511 | 520..=530)
    );
    let next = bare(after);
    known
        && word.len() == 3
        && (next.is_empty()
            || after.starts_with(['(', '/'])
            || next.bytes().all(|byte| byte.is_ascii_digit())
            || NO_COUNT.iter().any(|word| next.eq_ignore_ascii_case(word)))
}

/// Whether what follows this word is a number of a thing, not of things.
fn numbers_things(before: &str) -> bool {
    const WORDS: [&str; 27] = [
        "bug", "build", "case", "chapter", "code", "error", "http", "https", "id", "incident", "issue",
        "line", "no.", "number", "page", "phase", "port", "pr", "release", "revision", "rfc", "sev",
        "status", "step", "ticket", "v", "version",
    ];
    WORDS.iter().any(|word| before.eq_ignore_ascii_case(word))
}

fn is_number_word(word: &str) -> bool {
    const WORDS: [&str; 44] = [
        "all",
        "both",
        "dozen",
        "dozens",
        "each",
        "eight",
        "eighty",
        "eleven",
        "entire",
        "every",
        "everybody",
        "everyone",
        "fifteen",
        "fifty",
        "five",
        "forty",
        "four",
        "half",
        "hundred",
        "hundreds",
        "million",
        "millions",
        "nine",
        "ninety",
        "no",
        "nobody",
        "none",
        "one",
        "single",
        "six",
        "sixty",
        "seven",
        "seventy",
        "ten",
        "thirty",
        "thousand",
        "thousands",
        "three",
        "twelve",
        "twenty",
        "twice",
        "two",
        "whole",
        "zero",
    ];
    // `twenty-five`, `one-off`: the first part decides, but for what is no number by itself.
    let first = leading_word(word);
    let compound = word[first.len()..].strip_prefix('-').map(leading_word);
    match compound {
        None if first.len() != word.len() => false,
        Some(second) if !WORDS.iter().any(|number| second.eq_ignore_ascii_case(number)) => false,
        _ => WORDS.iter().any(|number| first.eq_ignore_ascii_case(number)),
    }
}

#[cfg(test)]
#[allow(clippy::float_cmp, reason = "figures are written with few digits and read without arithmetic")]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn an_unknown_figure_owes_its_reason() {
        for (text, explained) in [
            ("Unknown: the logs are lost", true),
            ("n/a (internal tool)", true),
            ("unknown", false),
            ("Unknown.", false),
            ("not measured yet", false),
            ("many", false),
        ] {
            assert_eq!(is_explained_unknown(text), explained, "{text}");
        }
    }

    #[test]
    fn percentages_are_read_as_people_write_them() {
        for (text, low, high, approximate) in [
            ("12%", 12.0, 12.0, false),
            ("**12%**", 12.0, 12.0, false),
            ("~12 %", 12.0, 12.0, true),
            ("about 12%", 12.0, 12.0, true),
            ("12% (estimate)", 12.0, 12.0, true),
            ("12.5 percent", 12.5, 12.5, false),
            ("12,5 %", 12.5, 12.5, false),
            ("1,200%", 1200.0, 1200.0, false),
            ("12 per cent of customers", 12.0, 12.0, false),
            ("12% of EU customers (about 4,000)", 12.0, 12.0, false),
            ("12% - 3 shards", 12.0, 12.0, false),
            ("< 1%", 0.0, 1.0, false),
            ("<= 1%", 0.0, 1.0, false),
            ("less than 1%", 0.0, 1.0, false),
            ("up to 5%", 0.0, 5.0, false),
            ("> 50%", 50.0, 100.0, false),
            ("more than 50%", 50.0, 100.0, false),
            ("5-10%", 5.0, 10.0, false),
            ("5%-10%", 5.0, 10.0, false),
            ("5–10 %", 5.0, 10.0, false),
            ("5 to 10 percent", 5.0, 10.0, false),
            ("between 5% and 10%", 5.0, 10.0, false),
            ("~5–10%", 5.0, 10.0, true),
            ("0.3‰", 0.03, 0.03, false),
            ("100%", 100.0, 100.0, false),
            ("\u{A0}0 %", 0.0, 0.0, false),
        ] {
            let read = read(text).map(|read| (read.low, read.high, read.approximate));
            assert_eq!(read, Some((low, high, approximate)), "{text}");
        }
    }

    #[test]
    fn a_share_without_a_figure_is_no_percentage() {
        for text in
            ["", "12", "about a third", "all", "unknown", "%", "~", "12 customers", "é", "<", "nearly-12%"]
        {
            assert_eq!(read(text), None, "{text}");
        }
    }

    #[test]
    fn prose_with_a_quantity_is_known() {
        for text in [
            "about 4,000 customers",
            "12% of requests failed",
            "100 % of writes",
            "5-10 customers",
            "5–10 customers",
            "10k requests",
            "1.2M events",
            "latency rose to 200ms",
            "p99 rose to 3s",
            "12x the usual load",
            "All customers in the EU",
            "No customers were affected",
            "None.",
            "Nobody noticed",
            "Three regions",
            "twenty-five customers",
            "half of the fleet",
            "500 customers saw errors",
            "about 500 requests",
            "a 3-node cluster was down",
            "503 (12 of them in a minute)",
            "one in 3/4 of cases",
            "In 2026 we lost 14 orders",
            "(42)",
        ] {
            assert!(contains_quantity(text), "{text}");
        }
    }

    #[test]
    fn digits_that_name_things_are_no_quantity() {
        for text in [
            "",
            "Customers could not log in",
            "Customers saw HTTP 502 errors",
            "requests failed with 503",
            "503s and 5xx responses",
            "503 errors for some customers",
            "status 404",
            "after v1.2.3 went out",
            "after 1.2.3 went out",
            "version 12 was bad",
            "on 2026-11-20 at 14:02",
            "on 20 Nov 2026",
            "on Nov 20, 2026",
            "at 3am",
            "see INC-0042 and #123",
            "see ABC-123",
            "db-3 and us-east-1 and k8s and S3",
            "p99 rose",
            "in 2026",
            "port 8080",
            "[dashboard](https://example.com/d/12?x=3) shows it",
            "https://example.com/12",
            "`kubectl scale --replicas 3`",
            "many customers",
            "a one-off failure",
            "North",
            "the 2nd region",
            "é３",
        ] {
            assert!(!contains_quantity(text), "{text}");
        }
    }

    proptest! {
        #[test]
        fn any_text_is_read_without_panic(
            text in "([0-9]{1,4}|[%‰.,~<>#:`/–-]| |é|to|all|HTTP|\\]\\(|\\)|x){0,9}|\\PC*"
        ) {
            let _ = read(&text);
            let _ = contains_quantity(&text);
        }

        #[test]
        fn a_whole_percentage_reads_back(low in 0u32..1000, more in 0u32..1000) {
            let high = low + more;
            let read = read(&format!("{low}–{high}%"));
            let expected = Percentage { low: f64::from(low), high: f64::from(high), approximate: false };
            prop_assert_eq!(read, Some(expected));
        }
    }
}
