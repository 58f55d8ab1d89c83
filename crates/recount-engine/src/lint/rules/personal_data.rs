//! `personal-data`: an address or a number that says who somebody is. Mail addresses are found by the
//! detectors of `redact`; numbers only here, for in evidence they are nearly always something else.

use std::ops::RangeInclusive;

use crate::document::edit::Edit;
use crate::document::markdown::InlineKind;
use crate::document::{Document, Span};
use crate::evidence::redact::Class;
use crate::lint::rule::rule;
use crate::lint::{Context, Findings, Fix};

rule! {
    /// A mail address, a telephone number or the number of a payment card stands in the document.
    ///
    /// Addresses of roles (`noreply@`, `alerts@`, `support@`) and names are none. An address that the
    /// roster knows is replaced by the person's handle.
    ///
    /// ## Why
    ///
    /// A postmortem is kept for years and read by many; the customer whose address it holds was not
    /// asked. What the story needs is the role: "a venue", "a buyer".
    ///
    /// ## Source
    ///
    /// Regulation (EU) 2016/679 (GDPR), article 5(1)(c), data minimisation. NIST SP 800-122, *Guide to
    /// Protecting the Confidentiality of Personally Identifiable Information*.
    ///
    /// ## Examples
    ///
    /// ```markdown bad
    /// ## What went well
    ///
    /// - The first report came from jane.marsh@harbourhall.example within four minutes
    /// ```
    ///
    /// ```markdown good
    /// ## What went well
    ///
    /// - The first report came from a venue within four minutes, by mail to support@kestrelrow.example
    /// ```
    name: "personal-data",
    group: Hygiene,
    levels: Advice,
    reads_foreign: true,
    check: check,
}

const WHY: &str = "this file is kept for years and read by many, and whoever it means was not asked";

fn check(cx: &Context<'_>, out: &mut Findings) {
    for found in cx.redactable().iter().filter(|found| found.detector.class == Class::Personal) {
        let span = Span::new(found.span.start, found.span.end);
        mail(cx, span, out);
    }
    let text = cx.document.text();
    for span in phone_numbers(text) {
        let message = format!("`{}…` is a telephone number", &text[span.range()][..4]);
        out.report(span, message, WHY, "take it out, and say whose it is by role");
    }
    for span in card_numbers(text) {
        let message = format!("`{}…` is the number of a payment card", &text[span.range()][..4]);
        out.report(span, message, WHY, "take it out, and tell those who handle such leaks");
    }
}

fn mail(cx: &Context<'_>, span: Span, out: &mut Findings) {
    let address = cx.document.slice(span);
    if is_nobodys(address) {
        return;
    }
    let is_theirs = |mail: &String| mail.eq_ignore_ascii_case(address);
    let person = cx.config.people.iter().find(|person| person.mail.iter().any(is_theirs));
    let (name, domain) = address.split_once('@').unwrap_or((address, ""));
    let first: String = name.chars().take(1).collect();
    let message = format!("`{first}…@{domain}` is somebody's mail address");
    let help = match person {
        Some(person) => format!("write `@{}`", person.handle.trim_start_matches('@')),
        None => "name the person by role (`a venue`, `a buyer`) or by roster handle".to_owned(),
    };
    out.report_with_fix(span, message, WHY, help, || {
        let person = person.filter(|_| stands_alone(cx.document, span))?;
        let handle = format!("@{}", person.handle.trim_start_matches('@'));
        Some(Fix { title: format!("write `{handle}`"), edits: vec![Edit::replace(span, handle)] })
    });
}

/// Whether an address belongs to a role, a machine, or to an example that can be nobody's.
fn is_nobodys(address: &str) -> bool {
    const ROLES: [&str; 44] = [
        "abuse",
        "admin",
        "admins",
        "alert",
        "alerting",
        "alertmanager",
        "alerts",
        "billing",
        "bot",
        "ci",
        "contact",
        "dev",
        "do-not-reply",
        "donotreply",
        "git",
        "github",
        "hello",
        "help",
        "helpdesk",
        "hostmaster",
        "incident",
        "incidents",
        "info",
        "jira",
        "legal",
        "mail",
        "monitoring",
        "no-reply",
        "noc",
        "noreply",
        "notifications",
        "oncall",
        "on-call",
        "ops",
        "pagerduty",
        "postmaster",
        "press",
        "privacy",
        "root",
        "sales",
        "security",
        "sre",
        "status",
        "support",
    ];
    let Some((name, domain)) = address.split_once('@') else { return false };
    let of_role = |part: &str| ROLES.iter().any(|role| part.eq_ignore_ascii_case(role));
    let of_team = |part: &str| part.eq_ignore_ascii_case("team") || part.eq_ignore_ascii_case("group");
    let ends = |suffix: &str| {
        let at = domain.len().wrapping_sub(suffix.len());
        domain.get(at..).is_some_and(|end| end.eq_ignore_ascii_case(suffix))
    };
    let base = name.split('+').next().unwrap_or(name);
    of_role(base)
        || base.split(['-', '_', '.']).any(|part| of_role(part) || of_team(part))
        || [
            "noreply.github.com",
            "gserviceaccount.com",
            "example.com",
            "example.org",
            "example.net",
            ".invalid",
            ".test",
        ]
        .iter()
        .any(|suffix| ends(suffix))
}

/// Whether the address is plain text, so that a handle can take its place: in a link or in code it may be
/// part of something that works.
fn stands_alone(document: &Document, span: Span) -> bool {
    let inlines = &document.markdown().inlines;
    let is_marked =
        inlines.iter().any(|inline| inline.kind != InlineKind::Html && inline.span.overlaps(span));
    !is_marked && document.markdown().is_prose(span.start)
}

/// `+44 20 7946 0018`: a plus sign, then nine to fifteen digits in groups; ten where they are not grouped,
/// for a difference such as `+250000000` is none.
fn phone_numbers(text: &str) -> Vec<Span> {
    let bytes = text.as_bytes();
    let mut found = Vec::new();
    let mut from = 0;
    while let Some(at) = memchr::memchr(b'+', &bytes[from..]).map(|at| from + at) {
        from = at + 1;
        let glued =
            at > 0 && (bytes[at - 1].is_ascii_alphanumeric() || matches!(bytes[at - 1], b'+' | b'=' | b'%'));
        if glued || !bytes.get(from).is_some_and(|byte| (b'1'..=b'9').contains(byte)) {
            continue;
        }
        let (mut digits, mut groups, mut end) = (0, 1, from);
        while let Some(byte) = bytes.get(end) {
            let next = bytes.get(end + 1).copied().unwrap_or(b' ');
            match byte {
                b'0'..=b'9' => digits += 1,
                b' ' | b'-' | b'.' | b'(' if next.is_ascii_digit() || next == b'(' => groups += 1,
                b')' => {}
                _ => break,
            }
            end += 1;
        }
        while !bytes[end - 1].is_ascii_digit() {
            end -= 1;
        }
        let ends = !bytes
            .get(end)
            .is_some_and(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'%' | b':' | b','));
        let least = if groups > 1 { 9 } else { 10 };
        if ends && (least..=15).contains(&digits) && groups <= 7 {
            found.push(Span::new(at, end));
            from = end;
        }
    }
    found
}

/// A Visa, Mastercard, American Express or Discover number with a right check digit, as one run of digits or
/// in groups, and not inside a name, a path or a longer number.
fn card_numbers(text: &str) -> Vec<Span> {
    /// The shortest number: a step of less than that misses none.
    const STEP: usize = 15;
    /// Without and with blanks between its groups. Most that is found are times and dates, which are shorter.
    const LENGTHS: RangeInclusive<usize> = STEP..=19;
    let bytes = text.as_bytes();
    let in_number = |at: usize| {
        let byte = bytes[at];
        let is_digit = |at: Option<usize>| at.and_then(|at| bytes.get(at)).is_some_and(u8::is_ascii_digit);
        byte.is_ascii_digit()
            || matches!(byte, b' ' | b'-') && is_digit(at.checked_sub(1)) && is_digit(Some(at + 1))
    };
    let mut found: Vec<Span> = Vec::new();
    let mut at = STEP - 1;
    while at < bytes.len() {
        if in_number(at) {
            let (mut start, mut end) = (at, at + 1);
            while start > 0 && in_number(start - 1) {
                start -= 1;
            }
            while end < bytes.len() && in_number(end) {
                end += 1;
            }
            if LENGTHS.contains(&(end - start)) && is_card(&bytes[start..end]) && is_apart(bytes, start, end)
            {
                found.push(Span::new(start, end));
            }
            at = at.max(end);
        }
        at += STEP;
    }
    found
}

/// Whether nothing stands next to the number that makes it a part of something else.
fn is_apart(bytes: &[u8], start: usize, end: usize) -> bool {
    let before = start.checked_sub(1).map_or(b' ', |at| bytes[at]);
    let after = bytes.get(end).copied().unwrap_or(b' ');
    (before.is_ascii_whitespace() || b"`\"'(|:=*".contains(&before))
        && !(after.is_ascii_alphanumeric() || b"_/-%".contains(&after))
}

fn is_card(number: &[u8]) -> bool {
    // Times and lists of numbers are apart by blanks, too; cards are grouped by four, or four, six, five.
    let groups: Vec<usize> = number.split(|byte| !byte.is_ascii_digit()).map(<[u8]>::len).collect();
    if !matches!(groups[..], [15 | 16] | [4, 4, 4, 4] | [4, 6, 5]) {
        return false;
    }
    let digits: Vec<u8> =
        number.iter().filter(|byte| byte.is_ascii_digit()).map(|byte| byte - b'0').collect();
    let prefix = digits[..4].iter().fold(0_u32, |sum, digit| sum * 10 + u32::from(*digit));
    let is_issued = match digits.len() {
        15 => matches!(prefix / 100, 34 | 37),
        _ => matches!(prefix, 2221..=2720 | 4000..=4999 | 5100..=5599 | 6011 | 6500..=6599),
    };
    let luhn: u32 = digits
        .iter()
        .rev()
        .enumerate()
        .map(|(place, digit)| match u32::from(*digit) {
            digit if place % 2 == 0 => digit,
            digit => digit * 2 / 10 + digit * 2 % 10,
        })
        .sum();
    is_issued && luhn.is_multiple_of(10)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn telephone_numbers_are_found_and_differences_are_not() {
        for (text, expected) in [
            ("call +44 20 7946 0018 now", vec!["+44 20 7946 0018"]),
            ("(+1 (555) 010-0199)", vec!["+1 (555) 010-0199"]),
            ("+4930123456789", vec!["+4930123456789"]),
            ("+25000000 rows, +12.5 %, +02:00, +0000, a+4930123456789", vec![]),
            ("2026-11-20T14:02:00+0100 +1 +2026-11-20", vec![]),
            ("+", vec![]),
        ] {
            let found: Vec<_> = phone_numbers(text).into_iter().map(|span| &text[span.range()]).collect();
            assert_eq!(found, expected, "{text}");
        }
    }

    #[test]
    fn card_numbers_are_found_at_any_place_and_other_numbers_are_not() {
        for shift in 0..20 {
            let pad = "x".repeat(shift);
            for number in ["4111111111111111", "5555 5555 5555 4444", "3782-822463-10005"] {
                let text = format!("{pad} {number}.");
                let found: Vec<_> =
                    card_numbers(&text).into_iter().map(|span| text[span.range()].to_owned()).collect();
                assert_eq!(found, [number], "{text}");
            }
            for text in [
                "4111111111111112",
                "p4111111111111111",
                "/4111111111111111",
                "41111111111111110",
                "1736846107903665",
            ] {
                assert!(card_numbers(&format!("{pad} {text}")).is_empty(), "{text}");
            }
        }
    }

    #[test]
    fn addresses_of_roles_are_nobodys() {
        for (address, expected) in [
            ("noreply@kestrelrow.example", true),
            ("payments-team@kestrelrow.example", true),
            ("Support+gate@kestrelrow.example", true),
            ("ana@example.com", true),
            ("12+ana@users.noreply.github.com", true),
            ("jane.marsh@harbourhall.example", false),
            ("teamer@harbourhall.example", false),
        ] {
            assert_eq!(is_nobodys(address), expected, "{address}");
        }
    }
}
