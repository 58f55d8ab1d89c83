//! Links and ticket references in a piece of Markdown.
//!
//! What lives here: finding inline links, images, autolinks, bare addresses, and names of tickets, with
//! their spans. What does not: reference definitions, which stand elsewhere in the document, and whether a
//! target exists.

use std::ops::Range;

use memchr::{memchr_iter, memchr3, memchr3_iter, memmem};

/// A link, with byte ranges relative to the text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Link<'a> {
    /// The whole, with its brackets.
    pub span: Range<usize>,
    /// Where it leads, as written.
    pub target: &'a str,
    /// Where the target stands.
    pub target_span: Range<usize>,
    /// What is shown; equal to the target for autolinks and bare addresses.
    pub text: &'a str,
    /// How it is written.
    pub kind: LinkKind,
}

/// How a link is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum LinkKind {
    /// `[text](target)`
    Inline,
    /// `![text](target)`
    Image,
    /// `<https://…>`
    Auto,
    /// `https://…`
    Bare,
}

/// The name of a ticket, an issue or a pull request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ticket<'a> {
    /// Where it stands.
    pub span: Range<usize>,
    /// As written.
    pub text: &'a str,
    /// Of which shape it is.
    pub kind: TicketKind,
}

/// The shape of a ticket's name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum TicketKind {
    /// `ABC-123`
    Key,
    /// `#123`, `!45`
    Number,
    /// `org/repo#12`
    Repository,
}

/// Every link in `text`, in order. Code spans are not looked into.
pub fn links(text: &str) -> Vec<Link<'_>> {
    let mut found = Vec::new();
    // Most texts hold none, and saying so costs one pass.
    if !may_hold_link(text.as_bytes()) {
        return found;
    }
    let bytes = text.as_bytes();
    let mut at = 0;
    while at < bytes.len() {
        at = match bytes[at] {
            b'\\' => at + 2,
            b'`' => after_code(bytes, at),
            b'[' => match inline(text, at) {
                Some(link) => push(&mut found, link),
                None => at + 1,
            },
            b'<' => match auto(text, at) {
                Some(link) => push(&mut found, link),
                None => at + 1,
            },
            b'h' | b'H' | b'm' | b'w' if starts_word(bytes, at) => match bare(text, at) {
                Some(link) => push(&mut found, link),
                None => at + 1,
            },
            _ => at + 1,
        };
    }
    found
}

/// Whether `text` holds a link of any kind.
pub fn has_link(text: &str) -> bool {
    !links(text).is_empty()
}

/// Every ticket named in `text`, in order, outside of code spans and of the targets of links.
pub fn tickets(text: &str) -> Vec<Ticket<'_>> {
    let bytes = text.as_bytes();
    if memchr3(b'-', b'#', b'!', bytes).is_none() {
        return Vec::new();
    }
    let links = links(text);
    let mut targets = links.iter().map(|link| link.target_span.clone()).peekable();
    let mut found = Vec::new();
    let mut at = 0;
    while at < bytes.len() {
        if let Some(target) = targets.next_if(|target| target.start <= at) {
            at = at.max(target.end);
            continue;
        }
        let ticket = match bytes[at] {
            b'`' => {
                at = after_code(bytes, at);
                continue;
            }
            b'#' | b'!' if number_starts(bytes, at) => number(text, at),
            b'A'..=b'Z' if key_starts(bytes, at) => key(text, at),
            _ => None,
        };
        match ticket {
            Some(ticket) => {
                at = ticket.span.end;
                found.push(ticket);
            }
            None => at += 1,
        }
    }
    found
}

/// How far ahead the end of a piece is looked for, so that a text of opening brackets alone is not searched
/// once for each of them.
const REACH: usize = 2048;

/// `bytes` from their start to at most [`REACH`] behind `at`.
fn near(bytes: &[u8], at: usize) -> &[u8] {
    &bytes[..bytes.len().min(at + REACH)]
}

fn push<'a>(found: &mut Vec<Link<'a>>, link: Link<'a>) -> usize {
    let end = link.span.end;
    found.push(link);
    end
}

/// Whether one of `](`, `://`, `mailto:` and `www.` is there, or a `<` and an `@`.
fn may_hold_link(bytes: &[u8]) -> bool {
    let by_sign = |at: usize| match bytes[at] {
        b']' => bytes[at..].starts_with(b"]("),
        b':' => bytes[at..].starts_with(b"://") || bytes[..at].ends_with(b"mailto"),
        _ => memchr::memchr(b'@', bytes).is_some(),
    };
    memchr3_iter(b']', b':', b'<', bytes).any(by_sign)
        || memchr_iter(b'w', bytes).any(|at| bytes[at..].starts_with(b"www."))
}

/// Whether no letter or digit stands before `at`.
fn starts_word(bytes: &[u8], at: usize) -> bool {
    at == 0 || !(bytes[at - 1].is_ascii_alphanumeric() || bytes[at - 1] == b'_')
}

/// Where the code span that begins at `at` ends, or the end of its backticks if it never does.
fn after_code(bytes: &[u8], at: usize) -> usize {
    let bytes = near(bytes, at);
    let run = |from: usize| bytes[from..].iter().take_while(|byte| **byte == b'`').count();
    let fence = run(at);
    let mut next = at + fence;
    while let Some(found) = memchr::memchr(b'`', &bytes[next..]) {
        let length = run(next + found);
        if length == fence {
            return next + found + length;
        }
        next += found + length;
    }
    at + fence
}

/// `[text](target "title")`, with brackets in the text and in the target as `CommonMark` allows them.
fn inline(text: &str, open: usize) -> Option<Link<'_>> {
    let bytes = near(text.as_bytes(), open);
    memmem::find(&bytes[open..], b"](")?;
    let close = matching(bytes, open, b'[', b']')?;
    if bytes.get(close + 1) != Some(&b'(') {
        return None;
    }
    let inner = close + 2;
    let mut start = inner + bytes[inner..].iter().take_while(|byte| byte.is_ascii_whitespace()).count();
    let end;
    let after;
    if bytes.get(start) == Some(&b'<') {
        start += 1;
        end = start + memchr::memchr(b'>', &bytes[start..])?;
        after = end + 1;
    } else {
        let mut depth = 0usize;
        let mut at = start;
        while let Some(byte) = bytes.get(at) {
            match byte {
                b'\\' => at += 1,
                b'(' => depth += 1,
                b')' if depth == 0 => break,
                b')' => depth -= 1,
                _ if byte.is_ascii_whitespace() => break,
                _ => {}
            }
            at += 1;
        }
        end = at.min(bytes.len());
        after = end;
    }
    // A title may follow; its own brackets do not end the link.
    let mut at = after + bytes.get(after..)?.iter().take_while(|byte| byte.is_ascii_whitespace()).count();
    if let Some(quote @ (b'"' | b'\'')) = bytes.get(at).copied() {
        at += 1 + memchr::memchr(quote, &bytes[at + 1..])? + 1;
        at += bytes[at..].iter().take_while(|byte| byte.is_ascii_whitespace()).count();
    }
    if bytes.get(at) != Some(&b')') {
        return None;
    }
    let image = open > 0 && bytes[open - 1] == b'!';
    Some(Link {
        span: open - usize::from(image)..at + 1,
        target: &text[start..end],
        target_span: start..end,
        text: &text[open + 1..close],
        kind: if image { LinkKind::Image } else { LinkKind::Inline },
    })
}

/// Where the bracket that opens at `open` closes; escapes and code are stepped over.
fn matching(bytes: &[u8], open: usize, opening: u8, closing: u8) -> Option<usize> {
    let mut depth = 0usize;
    let mut at = open;
    while let Some(byte) = bytes.get(at).copied() {
        match byte {
            b'\\' => at += 1,
            b'`' => {
                at = after_code(bytes, at);
                continue;
            }
            _ if byte == opening => depth += 1,
            _ if byte == closing => {
                depth -= 1;
                if depth == 0 {
                    return Some(at);
                }
            }
            _ => {}
        }
        at += 1;
    }
    None
}

/// `<https://…>`, `<ana@example.com>`.
fn auto(text: &str, open: usize) -> Option<Link<'_>> {
    let inside = &text[open + 1..];
    let end = inside.find(|c: char| c == '>' || c == '<' || c.is_whitespace())?;
    let target = &inside[..end];
    let scheme = target.find(':').is_some_and(|colon| {
        (2..=32).contains(&colon)
            && target.as_bytes()[0].is_ascii_alphabetic()
            && target[..colon]
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'.' | b'-'))
    });
    let mail = target.split_once('@').is_some_and(|(name, host)| !name.is_empty() && host.contains('.'));
    let closed = inside[end..].starts_with('>');
    (closed && (scheme || mail)).then(|| Link {
        span: open..open + end + 2,
        target,
        target_span: open + 1..open + 1 + end,
        text: target,
        kind: LinkKind::Auto,
    })
}

/// `https://…`, `mailto:…`, `www.…`, without the punctuation of the sentence around it.
fn bare(text: &str, start: usize) -> Option<Link<'_>> {
    let rest = &text[start..text.floor_char_boundary(start + REACH)];
    let scheme = ["https://", "http://", "mailto:", "www."]
        .iter()
        .find(|scheme| super::strip_word(rest, scheme).is_some())?
        .len();
    let stop =
        |c: char| c.is_whitespace() || c.is_control() || matches!(c, '<' | '>' | '"' | '`' | '|' | '”' | '“');
    let mut end = rest.find(stop).unwrap_or(rest.len());
    let count = |wanted: u8| memchr::memchr_iter(wanted, &rest.as_bytes()[..end]).count();
    let mut surplus_round = count(b')').saturating_sub(count(b'('));
    let mut surplus_square = count(b']').saturating_sub(count(b'['));
    while let Some(last) = rest[..end].chars().next_back() {
        let surplus = match last {
            ')' => &mut surplus_round,
            ']' => &mut surplus_square,
            '.' | ',' | ';' | ':' | '!' | '?' | '\'' | '*' | '_' | '~' | '…' => &mut 1,
            _ => break,
        };
        if *surplus == 0 {
            break;
        }
        *surplus -= 1;
        end -= last.len_utf8();
    }
    let target = &rest[..end];
    (end > scheme && target[scheme..].starts_with(|c: char| c.is_alphanumeric() || c == '[')).then(|| Link {
        span: start..start + end,
        target,
        target_span: start..start + end,
        text: target,
        kind: LinkKind::Bare,
    })
}

/// A number sign counts where a word would begin, or right behind `org/repo`.
fn number_starts(bytes: &[u8], at: usize) -> bool {
    let digits = super::digit_count(&bytes[at + 1..]);
    let ends = bytes.get(at + 1 + digits).is_none_or(|byte| !byte.is_ascii_alphanumeric() && *byte != b'_');
    // Only GitLab's merge requests begin with an exclamation mark, and `!3` in prose is rare enough.
    (1..=9).contains(&digits) && ends && !(at > 0 && matches!(bytes[at - 1], b'&' | b'#' | b'/'))
}

fn number(text: &str, at: usize) -> Option<Ticket<'_>> {
    let bytes = text.as_bytes();
    let end = at + 1 + super::digit_count(&bytes[at + 1..]);
    let in_path = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'/' | b'.' | b'_' | b'-');
    let before = bytes[..at].iter().rev().take_while(|byte| in_path(byte)).count();
    if before == 0 {
        // A letter of another alphabet right before it makes it part of a word.
        let apart = text[..at].chars().next_back().is_none_or(|c| !c.is_alphanumeric());
        return apart.then(|| Ticket { span: at..end, text: &text[at..end], kind: TicketKind::Number });
    }
    let path = &text[at - before..at];
    // `INC-0042#3` is an action item of ours, not a ticket; `repo#12` has no owner.
    let (owner, name) = path.split_once('/')?;
    let named =
        !owner.is_empty() && !name.is_empty() && !owner.starts_with('-') && !name.ends_with(['.', '/']);
    named.then(|| Ticket {
        span: at - before..end,
        text: &text[at - before..end],
        kind: TicketKind::Repository,
    })
}

fn key_starts(bytes: &[u8], at: usize) -> bool {
    at == 0 || !(bytes[at - 1].is_ascii_alphanumeric() || matches!(bytes[at - 1], b'_' | b'-' | b'/' | b'.'))
}

/// `ABC-123`: two to ten capitals or digits, a hyphen, up to seven digits, and not the name of a standard.
fn key(text: &str, at: usize) -> Option<Ticket<'_>> {
    const STANDARDS: [&str; 30] = [
        "AES", "BASE", "COVID", "CVE", "CWE", "EC", "GMT", "GPT", "HTTP", "HTTPS", "IEC", "IEEE", "ISO",
        "MD", "NTP", "PEP", "RFC", "RSA", "SEV", "SHA", "SOC", "SSE", "TLS", "UCS", "US", "UTC", "UTF",
        "WCAG", "XX", "Y",
    ];
    let bytes = text.as_bytes();
    let project =
        bytes[at..].iter().take_while(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit()).count();
    if !(2..=10).contains(&project) || bytes.get(at + project) != Some(&b'-') {
        return None;
    }
    let digits = super::digit_count(&bytes[at + project + 1..]);
    let end = at + project + 1 + digits;
    let ends = bytes
        .get(end)
        .is_none_or(|byte| !byte.is_ascii_alphanumeric() && !matches!(byte, b'_' | b'-' | b'#'));
    let apart = text[..at].chars().next_back().is_none_or(|c| !c.is_alphanumeric());
    let standard = STANDARDS.contains(&&text[at..at + project]);
    ((1..=7).contains(&digits) && ends && apart && !standard).then(|| Ticket {
        span: at..end,
        text: &text[at..end],
        kind: TicketKind::Key,
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn targets(text: &str) -> Vec<(&str, &str, LinkKind)> {
        links(text).into_iter().map(|link| (link.target, &text[link.span], link.kind)).collect()
    }

    #[test]
    fn links_of_every_kind_are_found_with_their_spans() {
        use LinkKind::{Auto, Bare, Image, Inline};
        for (text, expected) in [
            ("", vec![]),
            ("no link", vec![]),
            ("see [it](https://a.b/c) now", vec![("https://a.b/c", "[it](https://a.b/c)", Inline)]),
            ("[it](<a b> \"t\")", vec![("a b", "[it](<a b> \"t\")", Inline)]),
            ("[it](a_(b) \"a ) title\")", vec![("a_(b)", "[it](a_(b) \"a ) title\")", Inline)]),
            ("[a [b] `]` c](d)", vec![("d", "[a [b] `]` c](d)", Inline)]),
            ("![é](ü.png)", vec![("ü.png", "![é](ü.png)", Image)]),
            ("[a](b)[c](d)", vec![("b", "[a](b)", Inline), ("d", "[c](d)", Inline)]),
            ("[a](#anchor)", vec![("#anchor", "[a](#anchor)", Inline)]),
            ("[a]()", vec![("", "[a]()", Inline)]),
            ("<https://a.b/é>", vec![("https://a.b/é", "<https://a.b/é>", Auto)]),
            ("<ana@example.com>", vec![("ana@example.com", "<ana@example.com>", Auto)]),
            ("<br> a < b", vec![]),
            ("at https://a.b/c.", vec![("https://a.b/c", "https://a.b/c", Bare)]),
            ("(https://a.b/c_(d))", vec![("https://a.b/c_(d)", "https://a.b/c_(d)", Bare)]),
            (
                "HTTPS://A.B, or www.a.b…",
                vec![("HTTPS://A.B", "HTTPS://A.B", Bare), ("www.a.b", "www.a.b", Bare)],
            ),
            ("| https://a.b|", vec![("https://a.b", "https://a.b", Bare)]),
            ("`https://a.b` ``[a](b)``", vec![]),
            ("\\[a](b) xhttps://a", vec![]),
            ("https:// nothing", vec![]),
            ("[a](b", vec![]),
            ("[a] (b)", vec![]),
            ("[a](b c)", vec![]),
        ] {
            assert_eq!(targets(text), expected, "{text}");
        }
    }

    #[test]
    fn the_text_of_a_link_is_what_is_shown() {
        let found = links("[PR 12](https://a.b/12) https://c.d");
        assert_eq!(found.iter().map(|link| link.text).collect::<Vec<_>>(), ["PR 12", "https://c.d"]);
        assert!(has_link("[a](b)"));
        assert!(!has_link("a"));
    }

    #[test]
    fn tickets_are_found_with_their_shape() {
        use TicketKind::{Key, Number, Repository};
        for (text, expected) in [
            ("", vec![]),
            ("ABC-123", vec![("ABC-123", Key)]),
            ("see OPS2-7, and #123.", vec![("OPS2-7", Key), ("#123", Number)]),
            ("(org/repo#12)", vec![("org/repo#12", Repository)]),
            ("MR !45", vec![("!45", Number)]),
            ("[INC-0051](x/Y-1#3)", vec![("INC-0051", Key)]),
            ("[#12](https://a.b/pull/12)", vec![("#12", Number)]),
            ("https://a.b/browse/ABC-123", vec![]),
            ("`ABC-123`", vec![]),
            ("INC-0042#3", vec![]),
            ("UTF-8 SHA-256 SEV-1 RFC-3339 UTC-8", vec![]),
            ("A-1 abc-123 ABC-12x XABC_ABC-1", vec![]),
            ("C# 12, #nothing, # 12, &#123;", vec![]),
            ("éABC-123 é#12", vec![]),
            ("2026-11-20", vec![]),
        ] {
            let found: Vec<_> = tickets(text).into_iter().map(|ticket| (ticket.text, ticket.kind)).collect();
            assert_eq!(found, expected, "{text}");
        }
    }

    #[test]
    fn a_text_of_openings_alone_is_searched_in_linear_time() {
        for opening in ["[", "[a](", "`", "<", "https://a))", "#1", "AB-"] {
            let text = opening.repeat(5_000);
            assert!(tickets(&text).len() <= 5_000);
            assert!(links(&text).len() <= 5_000);
        }
    }

    proptest! {
        #[test]
        fn any_text_is_searched_without_panic_and_spans_are_its_own(
            text in "(\\[|\\]|\\(|\\)|<|>|`|\\\\|!|#|\"| |é|https://|www\\.|a|AB-|[0-9]|/|@|\\.){0,16}|\\PC*"
        ) {
            for link in links(&text) {
                prop_assert_eq!(&text[link.target_span.clone()], link.target);
                prop_assert!(link.span.start <= link.target_span.start && link.target_span.end <= link.span.end);
                prop_assert!(text.get(link.span).is_some());
            }
            for ticket in tickets(&text) {
                prop_assert_eq!(&text[ticket.span.clone()], ticket.text);
            }
        }
    }
}
