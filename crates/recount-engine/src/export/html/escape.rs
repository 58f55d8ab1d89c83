//! Text of a document as HTML in which nothing of it is markup, and nothing in it is hidden.
//!
//! What lives here: text and attribute values. What does not: addresses ([`super::address`]).

use std::fmt::Write as _;

/// Bytes that may begin something that is not written as it is.
const SPECIAL: [bool; 256] = {
    let mut table = [false; 256];
    let mut byte = 0;
    while byte < 0x20 {
        table[byte] = true;
        byte += 1;
    }
    table[b'\t' as usize] = false;
    table[b'\n' as usize] = false;
    table[b'"' as usize] = true;
    table[b'&' as usize] = true;
    table[b'\'' as usize] = true;
    table[b'<' as usize] = true;
    table[b'>' as usize] = true;
    table[0x7f] = true;
    // First bytes of U+0080 to U+00BF and of U+2000 to U+2FFF.
    table[0xc2] = true;
    table[0xe2] = true;
    table
};

/// Writes text between tags. Control characters become visible, and so do those that turn the direction of the
/// text behind them: `a<U+202E>b` shows no other order than the file has.
pub(super) fn text(out: &mut String, text: &str) {
    write_with(out, text, |out, ch| match ch {
        '"' | '\'' => out.push(ch),
        _ if turns_text(ch) => {
            out.push_str("<span class=\"control\">U+");
            // Writing to memory does not fail.
            let _ = write!(out, "{:04X}", ch as u32);
            out.push_str("</span>");
        }
        _ => control(out, ch),
    });
}

/// Writes the value of an attribute, without the quotes around it.
pub(super) fn attribute(out: &mut String, text: &str) {
    write_with(out, text, |out, ch| match ch {
        '"' => out.push_str("&quot;"),
        '\'' => out.push_str("&#39;"),
        _ if turns_text(ch) => out.push(char::REPLACEMENT_CHARACTER),
        _ => control(out, ch),
    });
}

/// Whether the character embeds, overrides or isolates a direction.
pub(super) fn turns_text(ch: char) -> bool {
    matches!(ch, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

fn control(out: &mut String, ch: char) {
    match ch {
        '<' => out.push_str("&lt;"),
        '>' => out.push_str("&gt;"),
        '&' => out.push_str("&amp;"),
        '\r' => {}
        // The picture of the character: `␛`.
        '\0'..='\u{1f}' => {
            out.push(char::from_u32(0x2400 + ch as u32).unwrap_or(char::REPLACEMENT_CHARACTER));
        }
        '\u{7f}' => out.push('\u{2421}'),
        '\u{80}'..='\u{9f}' => out.push(char::REPLACEMENT_CHARACTER),
        _ => out.push(ch),
    }
}

fn write_with(out: &mut String, text: &str, mut special: impl FnMut(&mut String, char)) {
    let bytes = text.as_bytes();
    let (mut done, mut at) = (0, 0);
    while at < bytes.len() {
        if !SPECIAL[usize::from(bytes[at])] {
            at += 1;
            continue;
        }
        out.push_str(&text[done..at]);
        // A special byte begins a character.
        let Some(ch) = text[at..].chars().next() else { break };
        special(out, ch);
        at += ch.len_utf8();
        done = at;
    }
    out.push_str(&text[done.min(text.len())..]);
}

#[cfg(test)]
mod tests {
    #[test]
    fn nothing_of_a_text_is_markup_and_nothing_in_it_is_hidden() {
        for (written, text, attribute) in [
            (
                "a < b & c > \"d\" 'e'",
                "a &lt; b &amp; c &gt; \"d\" 'e'",
                "a &lt; b &amp; c &gt; &quot;d&quot; &#39;e&#39;",
            ),
            ("é – 漢 🎉", "é – 漢 🎉", "é – 漢 🎉"),
            ("a\u{202e}b", "a<span class=\"control\">U+202E</span>b", "a\u{fffd}b"),
            ("\u{1b}[31m", "␛[31m", "␛[31m"),
            ("a\u{85}\u{a0}b", "a\u{fffd}\u{a0}b", "a\u{fffd}\u{a0}b"),
            ("\u{e2}", "\u{e2}", "\u{e2}"),
            ("", "", ""),
        ] {
            let (mut between, mut inside) = (String::new(), String::new());
            super::text(&mut between, written);
            super::attribute(&mut inside, written);
            assert_eq!((between.as_str(), inside.as_str()), (text, attribute), "{written:?}");
        }
    }
}
