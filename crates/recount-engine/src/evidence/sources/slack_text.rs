//! Slack's own markup, as plain text: mentions, links, entities, and texts that stand in blocks.
//!
//! What does not live here: the export's files and messages (`slack_export`).

use serde_json::Value;

use crate::evidence::plain::without_emoji_codes;

/// Turns IDs into what people call them.
pub(super) trait Names {
    /// A person, as they appear.
    fn user(&self, id: &str) -> Option<String>;
    /// A channel's name, without `#`.
    fn channel(&self, id: &str) -> Option<String>;
}

/// A message's text with its mentions and links spelled out and its entities decoded, without codes of emoji.
pub(super) fn plain(text: &str, names: &dyn Names) -> String {
    without_emoji_codes(unstyled(spelled_out(text, names)))
}

fn spelled_out(text: &str, names: &dyn Names) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(open) = rest.find('<') {
        entities(&rest[..open], &mut out);
        let Some(close) = rest[open..].find('>') else {
            entities(&rest[open..], &mut out);
            return out;
        };
        bracketed(&rest[open + 1..open + close], names, &mut out);
        rest = &rest[open + close + 1..];
    }
    entities(rest, &mut out);
    out
}

/// The text without the marks of bold, italic and struck text, where they are that: `*x*` at the edges of
/// words, on one line, outside code.
pub(super) fn unstyled(text: String) -> String {
    if !text.contains(['*', '_', '~']) {
        return text;
    }
    let chars: Vec<char> = text.chars().collect();
    let at = |i: usize| chars.get(i).copied().unwrap_or(' ');
    let mut drop = vec![false; chars.len()];
    let mut open: [Option<usize>; 3] = [None; 3];
    let mut code = false;
    for (i, c) in chars.iter().enumerate() {
        if *c == '`' {
            code = !code;
        }
        if *c == '\n' {
            open = [None; 3];
        }
        let Some(mark) = ['*', '_', '~'].iter().position(|mark| mark == c).filter(|_| !code) else {
            continue;
        };
        let (before, after) = (if i == 0 { ' ' } else { at(i - 1) }, at(i + 1));
        let ends = |c: char| c.is_whitespace() || ".,;:!?)*_~".contains(c);
        match open[mark] {
            Some(from) if i > from + 1 && !before.is_whitespace() && ends(after) => {
                (drop[from], drop[i]) = (true, true);
                open[mark] = None;
            }
            _ if (before.is_whitespace() || ("(*_~".contains(before) && before != *c))
                && !after.is_whitespace()
                && after != *c =>
            {
                open[mark] = Some(i);
            }
            _ => {}
        }
    }
    chars.iter().zip(drop).filter(|(_, drop)| !drop).map(|(c, _)| *c).collect()
}

/// `&amp;`, `&lt;` and `&gt;` are all that Slack escapes; decoding once keeps `&amp;lt;` as `&lt;`.
fn entities(text: &str, out: &mut String) {
    let mut rest = text;
    while let Some(at) = rest.find('&') {
        out.push_str(&rest[..at]);
        rest = &rest[at..];
        let (char, len) = if rest.starts_with("&amp;") {
            ('&', 5)
        } else if rest.starts_with("&lt;") {
            ('<', 4)
        } else if rest.starts_with("&gt;") {
            ('>', 4)
        } else {
            ('&', 1)
        };
        out.push(char);
        rest = &rest[len..];
    }
    out.push_str(rest);
}

fn bracketed(inside: &str, names: &dyn Names, out: &mut String) {
    let (target, label) = match inside.split_once('|') {
        Some((target, label)) => (target, Some(label).filter(|label| !label.is_empty())),
        None => (inside, None),
    };
    if let Some(id) = target.strip_prefix('@') {
        let name = names.user(id).or_else(|| label.map(str::to_owned)).unwrap_or_else(|| id.to_owned());
        out.push('@');
        entities(name.trim_start_matches('@'), out);
    } else if let Some(id) = target.strip_prefix('#') {
        let name = names.channel(id).or_else(|| label.map(str::to_owned)).unwrap_or_else(|| id.to_owned());
        out.push('#');
        entities(name.trim_start_matches('#'), out);
    } else if let Some(command) = target.strip_prefix('!') {
        special(command, label, out);
    } else if target.starts_with("mailto:") || target.starts_with("tel:") {
        let bare = target.split_once(':').map_or(target, |(_, bare)| bare);
        entities(label.unwrap_or(bare), out);
    } else {
        match label {
            // Slack shortens the label of a bare link to its address.
            Some(label) if !target.ends_with(label) && !target.trim_end_matches('/').ends_with(label) => {
                entities(label, out);
                out.push_str(" (");
                entities(target, out);
                out.push(')');
            }
            _ => entities(target, out),
        }
    }
}

/// `<!here>`, `<!subteam^S1|@team>`, `<!date^1392734382^{date}|Feb 18>`.
fn special(command: &str, label: Option<&str>, out: &mut String) {
    let mut pieces = command.split('^');
    match (pieces.next().unwrap_or(""), label) {
        ("subteam", label) => {
            out.push('@');
            entities(label.or(pieces.next()).unwrap_or("group").trim_start_matches('@'), out);
        }
        // The label is what a client shows that cannot format a date; the instant itself is exact.
        ("date", label) => {
            let instant = pieces.next().and_then(|s| s.parse().ok());
            match instant.and_then(|second| jiff::Timestamp::from_second(second).ok()) {
                Some(at) => out.push_str(&at.strftime("%Y-%m-%d %H:%M UTC").to_string()),
                None => entities(label.unwrap_or("a date"), out),
            }
        }
        (name, _) => {
            out.push('@');
            entities(name, out);
        }
    }
}

/// The text of blocks, one line a block. Markup in it is still Slack's own.
pub(super) fn of_blocks(blocks: &Value) -> String {
    let mut lines = Vec::new();
    for block in blocks.as_array().into_iter().flatten() {
        let mut line = String::new();
        of_block(block, &mut line, 0);
        if !line.trim().is_empty() {
            lines.push(line.trim().to_owned());
        }
    }
    lines.join("\n")
}

/// Blocks nest a handful of levels; a file that nests deeper is not one that Slack wrote.
const DEEPEST: usize = 12;

fn of_block(block: &Value, out: &mut String, depth: usize) {
    if depth > DEEPEST {
        return;
    }
    let string = |key: &str| block.get(key).and_then(Value::as_str).unwrap_or("");
    match string("type") {
        "user" => write(out, &["<@", string("user_id"), ">"]),
        "usergroup" => write(out, &["<!subteam^", string("usergroup_id"), ">"]),
        "channel" => write(out, &["<#", string("channel_id"), ">"]),
        "broadcast" => write(out, &["<!", string("range"), ">"]),
        "emoji" => write(out, &[":", string("name"), ":"]),
        "link" => write(out, &["<", string("url"), "|", string("text"), ">"]),
        "image" => write(out, &[string("alt_text")]),
        // Buttons and menus say what could be done, not what was.
        "actions" | "button" | "divider" | "input" => {}
        kind => {
            match block.get("text") {
                Some(Value::String(text)) => escape_into(out, text),
                Some(text) => write(out, &[text.get("text").and_then(Value::as_str).unwrap_or("")]),
                None => {}
            }
            let pieces =
                ["fields", "elements"].into_iter().filter_map(|key| block.get(key)?.as_array()).flatten();
            for (index, piece) in pieces.enumerate() {
                if !kind.starts_with("rich_text") && (index > 0 || !out.is_empty()) {
                    out.push(' ');
                } else if index > 0 && matches!(kind, "rich_text" | "rich_text_list") {
                    out.push('\n');
                }
                match piece.get("text") {
                    // A field of a section is a text object, whose text is markup already.
                    Some(Value::String(text)) if kind == "section" || kind == "context" => out.push_str(text),
                    _ => of_block(piece, out, depth + 1),
                }
            }
        }
    }
}

fn write(out: &mut String, pieces: &[&str]) {
    out.extend(pieces.iter().copied());
}

/// Rich text is literal where the rest is markup: its angle brackets must survive `plain`.
fn escape_into(out: &mut String, text: &str) {
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            c => out.push(c),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Here;

    impl Names for Here {
        fn user(&self, id: &str) -> Option<String> {
            (id == "U1").then(|| "@ana".to_owned())
        }
        fn channel(&self, id: &str) -> Option<String> {
            (id == "C1").then(|| "ops".to_owned())
        }
    }

    #[test]
    fn markup_becomes_plain_text() {
        for (markup, text) in [
            ("<@U1> and <@U1|old.name> and <@U2|bob> and <@U3>", "@ana and @ana and @bob and @U3"),
            ("<#C1|chan> <#C2|dev> <#C3>", "#ops #dev #C3"),
            ("<!here> <!subteam^S1|@sre> <!subteam^S2>", "@here @sre @S2"),
            ("<!date^1392734382^{date_num}|Feb 18>", "2014-02-18 14:39 UTC"),
            ("<https://x.y/z>", "https://x.y/z"),
            ("<https://x.y/z|the run>", "the run (https://x.y/z)"),
            ("<http://x.y|x.y>", "http://x.y"),
            ("<mailto:a@b.cd|a@b.cd>", "a@b.cd"),
            ("a -&gt; b &amp;&amp; c &lt; d &amp;lt; &copy;", "a -> b && c < d &lt; &copy;"),
            ("5 < 6", "5 < 6"),
            ("<>", ""),
            ("*Rolled back* to _v41_, ~not v40~.", "Rolled back to v41, not v40."),
            ("*<@U1> is on it*", "@ana is on it"),
            (
                "~10% of ~50%, 2 * 3 * 4, snake_case_name, `*x*` __init__",
                "~10% of ~50%, 2 * 3 * 4, snake_case_name, `*x*` __init__",
            ),
        ] {
            assert_eq!(plain(markup, &Here), text, "`{markup}`");
        }
    }

    #[test]
    fn blocks_give_their_text_in_order() {
        let blocks = serde_json::json!([
            {"type": "header", "text": {"type": "plain_text", "text": "Alert"}},
            {"type": "section", "text": {"type": "mrkdwn", "text": "*up*"}, "fields": [{"type": "mrkdwn", "text": "a"}, {"type": "mrkdwn", "text": "b"}]},
            {"type": "rich_text", "elements": [{"type": "rich_text_section", "elements": [
                {"type": "text", "text": "x < y "}, {"type": "user", "user_id": "U1"}, {"type": "link", "url": "https://h/"}]}]},
            {"type": "actions", "elements": [{"type": "button", "text": {"type": "plain_text", "text": "Ack"}}]},
            {"type": "context", "elements": [{"type": "mrkdwn", "text": "by bot"}]},
            7, null
        ]);
        assert_eq!(plain(&of_blocks(&blocks), &Here), "Alert\nup a b\nx < y @anahttps://h/\nby bot");
    }
}
