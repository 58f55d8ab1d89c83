//! What each kind of output must not contain, and what takes its place. Messages quote what people
//! wrote, and a document can hold anything.

use std::borrow::Cow;

/// For a line on a terminal or in a log: control characters and those that change the direction of
/// text become visible; a line stays one line.
pub(super) fn line(text: &str) -> Cow<'_, str> {
    // Only these bytes begin a character that is replaced.
    let suspicious = |byte: u8| byte < 0x20 || matches!(byte, 0x7f | 0xc2 | 0xe2);
    // Over all of them, which several at a time are looked at, is faster than up to the first.
    let is_suspicious = text.bytes().fold(false, |any, byte| any | suspicious(byte));
    if !is_suspicious || !text.chars().any(|character| visible(character) != character) {
        return Cow::Borrowed(text);
    }
    Cow::Owned(text.chars().map(visible).collect())
}

fn visible(character: char) -> char {
    match character {
        '\t' => ' ',
        // The control pictures stand in the order of the controls.
        '\0'..='\x1f' => char::from_u32(0x2400 + character as u32).unwrap_or('\u{fffd}'),
        '\x7f' => '\u{2421}',
        '\u{80}'..='\u{9f}'
        | '\u{200e}'
        | '\u{200f}'
        | '\u{2028}'
        | '\u{2029}'
        | '\u{202a}'..='\u{202e}'
        | '\u{2066}'..='\u{2069}' => '\u{fffd}',
        other => other,
    }
}

/// For the message of a workflow command.
pub(super) fn push_command_data(out: &mut String, text: &str) {
    for character in text.chars() {
        match character {
            '%' => out.push_str("%25"),
            '\r' => out.push_str("%0D"),
            '\n' => out.push_str("%0A"),
            other => out.push(visible(other)),
        }
    }
}

/// For a property of a workflow command.
pub(super) fn push_command_property(out: &mut String, text: &str) {
    for character in text.chars() {
        match character {
            '%' => out.push_str("%25"),
            '\r' => out.push_str("%0D"),
            '\n' => out.push_str("%0A"),
            ':' => out.push_str("%3A"),
            ',' => out.push_str("%2C"),
            other => out.push(visible(other)),
        }
    }
}

/// For text and attributes of XML 1.0, which has no way to write most control characters.
pub(super) fn push_xml(out: &mut String, text: &str) {
    for character in text.chars() {
        match character {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\n' => out.push_str("&#10;"),
            '\r' => out.push_str("&#13;"),
            '\t' => out.push_str("&#9;"),
            '\0'..='\x1f' | '\x7f'..='\u{9f}' | '\u{fffe}' | '\u{ffff}' => out.push('\u{fffd}'),
            other => out.push(other),
        }
    }
}

/// A path as a relative reference of RFC 3986, with `/` between its parts.
pub(super) fn uri(path: &str) -> String {
    let path = if std::path::MAIN_SEPARATOR == '\\' {
        Cow::Owned(path.replace('\\', "/"))
    } else {
        Cow::Borrowed(path)
    };
    let mut out = String::with_capacity(path.len() + 8);
    if path.starts_with('/') {
        out.push_str("file://");
    }
    for byte in path.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' | b'/' => {
                out.push(char::from(byte));
            }
            other => {
                const HEX: &[u8; 16] = b"0123456789ABCDEF";
                out.push('%');
                out.push(char::from(HEX[usize::from(other >> 4)]));
                out.push(char::from(HEX[usize::from(other & 15)]));
            }
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_stays_one_line_and_shows_what_would_not_be_seen() {
        for (text, shown) in [
            ("`é` is fine — and “so” is 🔥", "`é` is fine — and “so” is 🔥"),
            ("a\nb\r\x1b[31m\x7f", "a␊b␍␛[31m␡"),
            ("tab\there", "tab here"),
            ("c1 \u{9b}31m", "c1 \u{fffd}31m"),
            ("\u{202e}live", "\u{fffd}live"),
        ] {
            assert_eq!(line(text), shown);
        }
    }

    #[test]
    fn a_path_becomes_a_reference() {
        for (path, reference) in [
            ("postmortems/2026/INC-0042.md", "postmortems/2026/INC-0042.md"),
            ("a b/ü#1?.md", "a%20b/%C3%BC%231%3F.md"),
            ("c:d.md", "c%3Ad.md"),
            ("/srv/lib/a.md", "file:///srv/lib/a.md"),
        ] {
            assert_eq!(uri(path), reference);
        }
    }
}
