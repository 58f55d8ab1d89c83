//! Texts as services keep them, Markdown or HTML, as plain text: what an event may hold; and how names and
//! sentences are compared.
//!
//! What does not live here: chat's own markup (`sources/slack_text`) and the escaping of plain text for a
//! table (`row`).

use pulldown_cmark::{Event, Options, Parser, Tag, TagEnd};

/// The longest text that is read: what is behind it says nothing in a timeline.
const LONGEST: usize = 8 << 10;

/// Markdown, with or without HTML in it, as plain text: marks are gone, code keeps its ticks, an address that
/// its own text does not show stands behind that text, blocks are lines.
pub fn markdown(text: &str) -> String {
    let text = text.get(..text.floor_char_boundary(LONGEST)).unwrap_or(text);
    let mut out = String::with_capacity(text.len());
    let mut links: Vec<(String, usize)> = Vec::new();
    for event in Parser::new_ext(text, Options::ENABLE_STRIKETHROUGH | Options::ENABLE_TABLES) {
        match event {
            Event::Text(text) => out.push_str(&text),
            Event::Code(code) => out.extend(["`", &*code, "`"]),
            Event::SoftBreak | Event::End(TagEnd::TableCell) => out.push(' '),
            Event::HardBreak
            | Event::Rule
            | Event::End(
                TagEnd::Paragraph | TagEnd::Heading(_) | TagEnd::Item | TagEnd::TableRow | TagEnd::TableHead,
            ) => line(&mut out),
            Event::InlineHtml(tag) | Event::Html(tag) => html_into(&tag, &mut out),
            Event::Start(Tag::Link { dest_url, .. } | Tag::Image { dest_url, .. }) => {
                links.push((dest_url.into_string(), out.len()));
            }
            Event::End(TagEnd::Link | TagEnd::Image) => {
                let Some((address, begin)) = links.pop() else { continue };
                let shown = out.get(begin..).unwrap_or("").trim();
                let web = address.starts_with("https://") || address.starts_with("http://");
                if web && !shown.contains(address.trim_end_matches('/')) {
                    if shown.is_empty() {
                        out.push_str(&address);
                    } else {
                        out.extend([" (", &address, ")"]);
                    }
                }
            }
            Event::Start(Tag::CodeBlock(_)) => {
                line(&mut out);
                out.push_str("```\n");
            }
            Event::End(TagEnd::CodeBlock) => {
                line(&mut out);
                out.push_str("```");
                line(&mut out);
            }
            Event::Start(tag) if is_block(&tag) => line(&mut out),
            _ => {}
        }
    }
    lines(&out)
}

/// HTML as plain text: tags are gone, breaks and blocks are lines, entities are what they stand for.
pub fn html(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    html_into(text.get(..text.floor_char_boundary(LONGEST)).unwrap_or(text), &mut out);
    lines(&out)
}

/// A text of a chat without its codes of emoji, which nobody reads: words such as `:rocket:` or
/// `:+1::skin-tone-2:`, outside code. A text that is nothing else stays as it is.
pub fn without_emoji_codes(text: String) -> String {
    if !text.contains(':') {
        return text;
    }
    let mut in_code = false;
    let mut kept = Vec::new();
    for line in text.split('\n') {
        let words = line.split(' ').filter(|word| {
            let drop = !in_code && is_emoji_codes(word);
            in_code ^= word.matches('`').count() % 2 == 1;
            !drop
        });
        let left = words.collect::<Vec<_>>().join(" ");
        if !left.trim().is_empty() || line.trim().is_empty() {
            kept.push(left);
        }
    }
    let left = kept.join("\n");
    if left.trim().is_empty() { text } else { left.trim().to_owned() }
}

/// Whether a word is one or more codes of emoji and nothing else.
fn is_emoji_codes(word: &str) -> bool {
    let is_code = |code: &str| {
        code.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"_+-".contains(&byte))
            && (code.bytes().any(|byte| byte.is_ascii_lowercase()) || matches!(code, "+1" | "-1" | "100"))
    };
    let inside = word.strip_prefix(':').and_then(|word| word.strip_suffix(':'));
    inside.is_some_and(|inside| inside.split("::").all(is_code))
}

/// The first sentence or line of a text, for where one is enough.
pub fn first_line(text: &str) -> &str {
    text.lines().map(str::trim).find(|line| !line.is_empty()).unwrap_or("")
}

/// A word of a machine as people write it: `in_progress` is `in progress`.
pub fn words(word: &str) -> String {
    word.trim().to_lowercase().replace(['_', '-'], " ")
}

/// The beginning of a text, for a message that quotes what could not be read.
pub fn shorten(text: &str) -> String {
    text.chars().take(40).collect()
}

/// A name or a sentence without case, spaces and punctuation, to be compared: `Time (UTC)` is `timeutc`.
pub fn letters_and_digits(text: &str) -> String {
    text.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

fn is_block(tag: &Tag<'_>) -> bool {
    matches!(tag, Tag::Paragraph | Tag::Heading { .. } | Tag::Item | Tag::BlockQuote(_) | Tag::Table(_))
}

fn html_into(text: &str, out: &mut String) {
    let mut rest = text;
    while let Some(open) = rest.find('<') {
        entities(&rest[..open], out);
        let after = &rest[open + 1..];
        let is_tag = after.starts_with(|c: char| c.is_ascii_alphabetic() || matches!(c, '/' | '!'));
        let Some(close) = after.find('>').filter(|_| is_tag) else {
            out.push('<');
            rest = after;
            continue;
        };
        let name: String =
            after.trim_start_matches('/').chars().take_while(char::is_ascii_alphanumeric).collect();
        if ["br", "p", "div", "li", "ul", "ol", "tr", "h1", "h2", "h3", "h4", "pre"]
            .iter()
            .any(|block| name.eq_ignore_ascii_case(block))
        {
            line(out);
        }
        rest = &after[close + 1..];
    }
    entities(rest, out);
}

fn entities(text: &str, out: &mut String) {
    const NAMED: &[(&str, char)] = &[
        ("&amp;", '&'),
        ("&lt;", '<'),
        ("&gt;", '>'),
        ("&quot;", '"'),
        ("&#39;", '\''),
        ("&#x27;", '\''),
        ("&apos;", '\''),
        ("&nbsp;", ' '),
    ];
    let mut rest = text;
    while let Some(at) = rest.find('&') {
        out.push_str(&rest[..at]);
        rest = &rest[at..];
        if let Some((name, c)) = NAMED.iter().find(|(name, _)| rest.starts_with(name)) {
            out.push(*c);
            rest = &rest[name.len()..];
        } else {
            out.push('&');
            rest = &rest[1..];
        }
    }
    out.push_str(rest);
}

fn line(out: &mut String) {
    if !out.is_empty() && !out.ends_with('\n') {
        out.push('\n');
    }
}

/// Without empty lines and spaces around lines.
fn lines(text: &str) -> String {
    text.lines().map(str::trim).filter(|line| !line.is_empty()).collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn markdown_becomes_the_text_that_people_read() {
        for (text, want) in [
            ("**Impact** is _over_ for `eu-west`", "Impact is over for `eu-west`"),
            ("see [the board](https://g.acme.io/d/1)", "see the board (https://g.acme.io/d/1)"),
            ("<https://g.acme.io/d/1>", "https://g.acme.io/d/1"),
            ("- one\n- two\n\nthree\nfour", "one\ntwo\nthree four"),
            ("a<br>b<br/>c &amp; d", "a\nb\nc & d"),
            ("```sh\nkubectl get pods\n```\ndone", "```\nkubectl get pods\n```\ndone"),
            ("~~no~~ # not a heading", "no # not a heading"),
            ("", ""),
        ] {
            assert_eq!(markdown(text), want, "`{text}`");
        }
    }

    #[test]
    fn html_becomes_the_text_that_people_read_and_what_is_no_tag_stays() {
        for (text, want) in [
            ("<p>5 &lt; 6 &amp;&amp; a</p><p>b</p>", "5 < 6 && a\nb"),
            ("p99 < 2 s", "p99 < 2 s"),
            ("cut <a href=", "cut <a href="),
            ("<strong>Monitoring</strong> - fixed", "Monitoring - fixed"),
        ] {
            assert_eq!(html(text), want, "`{text}`");
        }
    }

    #[test]
    fn codes_of_emoji_go_and_what_only_looks_like_them_stays() {
        for (text, want) in [
            (":rocket: Deployed shop v41", "Deployed shop v41"),
            ("Rolled back :white_check_mark:", "Rolled back"),
            ("we are :fire: here :+1::skin-tone-2:", "we are here"),
            (":rotating_light:\nCheckout is down", "Checkout is down"),
            ("it began at 12:30:45", "it began at 12:30:45"),
            ("scope a:b:c and :30: too", "scope a:b:c and :30: too"),
            ("ran `grep :tag: log` :eyes:", "ran `grep :tag: log`"),
            (":+1:", ":+1:"),
            ("std::vec: no", "std::vec: no"),
        ] {
            assert_eq!(without_emoji_codes(text.to_owned()), want, "`{text}`");
        }
    }

    #[test]
    fn a_long_text_is_cut_at_a_character() {
        assert!(markdown(&"é".repeat(LONGEST)).len() <= LONGEST);
    }
}
