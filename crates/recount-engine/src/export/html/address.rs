//! Where a link may lead. A document's own links are kept where a browser can only go there, and nothing is run.
//!
//! What lives here: reading an address strictly, writing it into an attribute, finding bare ones in text. What does
//! not: what a local address means to a page, which its caller says.

use std::borrow::Cow;
use std::ops::Range;

/// An address by what may be done with it.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Address<'a> {
    /// On another server.
    External(Cow<'a, str>),
    /// A mail address, with its scheme.
    Mail(Cow<'a, str>),
    /// `#` and this.
    Fragment(Cow<'a, str>),
    /// A path, relative or from the root of the server.
    Local(Cow<'a, str>),
    /// None that is followed.
    Refused,
}

/// Reads an address as the most lenient browser would, and refuses what is not certain.
pub(super) fn read(written: &str) -> Address<'_> {
    // Browsers take no notice of blanks around an address and of line ends and tabs within it.
    let trimmed = written.trim_matches(|ch: char| ch <= ' ');
    let address = if trimmed.contains(char::is_control) {
        Cow::Owned(trimmed.chars().filter(|ch| !ch.is_control()).collect())
    } else {
        Cow::Borrowed(trimmed)
    };
    if let Some(rest) = address.strip_prefix('#') {
        return Address::Fragment(Cow::Owned(rest.to_owned()));
    }
    let before_path = address.split(['/', '?', '#']).next().unwrap_or_default();
    if let Some((scheme, rest)) = before_path.split_once(':') {
        let has_host = !rest.is_empty() || address[scheme.len() + 1..].starts_with("//");
        return match scheme {
            _ if !has_host => Address::Refused,
            _ if scheme.eq_ignore_ascii_case("mailto") => Address::Mail(address),
            _ if !rest.is_empty() => Address::Refused,
            _ if (scheme.eq_ignore_ascii_case("http") || scheme.eq_ignore_ascii_case("https"))
                && has_plain_host(&address[scheme.len() + "://".len()..]) =>
            {
                Address::External(address)
            }
            _ => Address::Refused,
        };
    }
    match address.as_bytes() {
        [] => Address::Refused,
        // A browser takes a backslash for a slash.
        _ if address.contains('\\') => Address::Refused,
        [b'/', b'/', ..] if has_plain_host(&address[2..]) => Address::External(address),
        [b'/', b'/', ..] => Address::Refused,
        _ => Address::Local(address),
    }
}

/// Whether what follows `//` begins with the name of a server and perhaps a port.
fn has_plain_host(rest: &str) -> bool {
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    let server = authority.rsplit('@').next().unwrap_or_default();
    let (host, port) = server.split_once(':').unwrap_or((server, ""));
    host.starts_with(char::is_alphanumeric)
        && host.chars().all(|ch| ch.is_alphanumeric() || matches!(ch, '-' | '.' | '_'))
        && port.len() <= 5
        && port.bytes().all(|byte| byte.is_ascii_digit())
}

/// Writes an address as the value of an attribute: what is no character of an address is percent-encoded.
pub(super) fn write(out: &mut String, address: &str) {
    const HEX: &[u8; 16] = b"0123456789ABCDEF";
    for byte in address.bytes() {
        match byte {
            b'&' => out.push_str("&amp;"),
            b'\'' => out.push_str("&#39;"),
            b'-' | b'.' | b'_' | b'~' | b':' | b'/' | b'?' | b'#' | b'[' | b']' | b'@' | b'!' | b'$'
            | b'(' | b')' | b'*' | b'+' | b',' | b';' | b'=' | b'%' => out.push(char::from(byte)),
            _ if byte.is_ascii_alphanumeric() => out.push(char::from(byte)),
            _ => {
                out.push('%');
                out.push(char::from(HEX[usize::from(byte >> 4)]));
                out.push(char::from(HEX[usize::from(byte & 15)]));
            }
        }
    }
}

/// The first bare address in `text`, as people paste them: `https://…` up to a blank, without the punctuation of
/// the sentence that it stands in.
pub(super) fn bare(text: &str) -> Option<Range<usize>> {
    let bytes = text.as_bytes();
    let mut from = 0;
    while let Some(found) = memchr::memmem::find(&bytes[from..], b"://") {
        let colon = from + found;
        from = colon + 3;
        let scheme = ["https", "http"].into_iter().find(|scheme| {
            colon >= scheme.len()
                && bytes[colon - scheme.len()..colon].eq_ignore_ascii_case(scheme.as_bytes())
        });
        let Some(scheme) = scheme else { continue };
        let start = colon - scheme.len();
        let is_in_word = start > 0 && bytes[start - 1].is_ascii_alphanumeric();
        let rest = &text[from..];
        let length = rest
            .find(|ch: char| ch.is_whitespace() || ch.is_control() || "<>\"`|\\^{}".contains(ch))
            .unwrap_or(rest.len());
        let mut end = from + length;
        let mut open = 0_i32;
        for byte in &bytes[from..end] {
            open += i32::from(*byte == b'(') - i32::from(*byte == b')');
        }
        while end > from {
            match bytes[end - 1] {
                b'.' | b',' | b';' | b':' | b'!' | b'?' | b'\'' | b'*' | b'_' | b'~' | b']' => end -= 1,
                b')' if open < 0 => {
                    open += 1;
                    end -= 1;
                }
                _ => break,
            }
        }
        if !is_in_word && bytes[from..end].first().is_some_and(u8::is_ascii_alphanumeric) {
            return Some(start..end);
        }
        from = from.max(end);
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_addresses_that_a_browser_just_goes_to_are_kept() {
        for (written, kept) in [
            ("https://a.example/x?y=1#z", true),
            ("HTTP://a.example", true),
            ("//a.example/x", true),
            ("mailto:ana@a.example", true),
            ("../INC-0003.md", true),
            ("#impact", true),
            ("?page=2", true),
            ("/a:b", true),
            ("javascript:alert(1)", false),
            ("JaVaScRiPt:alert(1)", false),
            (" javascript:alert(1)", false),
            ("\u{1}javascript:alert(1)", false),
            ("java\nscript:alert(1)", false),
            ("java\tscript:alert(1)", false),
            ("javascript&colon;alert(1)", true),
            ("%6aavascript:alert(1)", false),
            ("data:text/html,<script>", false),
            ("vbscript:x", false),
            ("file:///etc/passwd", false),
            ("blob:https://a.example/1", false),
            ("https:alert(1)", false),
            ("https:", false),
            ("https://", false),
            ("https://a.example:8443/x", true),
            ("https://ana@a.example/x", true),
            ("https://münchen.example/", true),
            ("https://a b/", false),
            ("https://a.example:x/", false),
            ("https://\u{202e}a.example", false),
            ("\\\\a.example", false),
            ("/\\a.example", false),
            ("C:\\x", false),
            ("a:b", false),
            ("", false),
            ("  ", false),
        ] {
            assert_eq!(read(written) != Address::Refused, kept, "{written:?}");
        }
    }

    #[test]
    fn an_address_in_an_attribute_stays_in_it() {
        let mut out = String::new();
        write(&mut out, "https://a.example/\" onclick='x'<é>&y");
        assert_eq!(out, "https://a.example/%22%20onclick=&#39;x&#39;%3C%C3%A9%3E&amp;y");
    }

    #[test]
    fn a_bare_address_ends_where_its_sentence_goes_on() {
        for (text, found) in [
            ("see https://a.example/x.", Some("https://a.example/x")),
            ("(https://a.example/x)", Some("https://a.example/x")),
            ("https://a.example/x_(y), then", Some("https://a.example/x_(y)")),
            ("http://a.example", Some("http://a.example")),
            ("xhttp://a.example then https://b.example/1", Some("https://b.example/1")),
            ("ftp://a.example", None),
            ("https://", None),
            ("https://…", None),
            ("://", None),
        ] {
            assert_eq!(bare(text).map(|range| &text[range]), found, "{text:?}");
        }
    }
}
