//! What a reader of an export sees: its text without the marks of the format, so that nothing hides between them.

use serde_json::Value;

use crate::document::Document;
use crate::export::html::{Rendering, render};

/// The text of HTML that Recount has written, and the values of its attributes. Tags in running text part no
/// words: a name of which one letter is bold is a name.
pub(in crate::export) fn of_html(html: &str) -> String {
    const INLINE: &[&str] = &[
        "a", "abbr", "b", "bdi", "cite", "code", "del", "dfn", "em", "i", "ins", "kbd", "mark", "q", "s",
        "samp", "small", "span", "strong", "sub", "sup", "time", "u", "var", "wbr",
    ];
    let (mut text, mut values) = (String::with_capacity(html.len()), String::new());
    let mut rest = html;
    while let Some((before, after)) = rest.split_once('<') {
        text.push_str(before);
        let mut is_quoted = false;
        let end = after.find(|ch| {
            is_quoted ^= ch == '"';
            ch == '>' && !is_quoted
        });
        let (tag, behind) = after.split_at(end.unwrap_or(after.len()));
        rest = behind.strip_prefix('>').unwrap_or_default();
        let name = tag.trim_start_matches('/').split(' ').next().unwrap_or_default();
        if !INLINE.contains(&name) {
            text.push('\n');
        }
        for value in tag.split('"').skip(1).step_by(2) {
            values.push_str(value);
            values.push('\n');
        }
    }
    text.push_str(rest);
    text.push('\n');
    text.push_str(&values);
    unescaped(&text)
}

/// Every text in JSON.
pub(in crate::export) fn of_json(bytes: &[u8]) -> String {
    let mut out = String::new();
    let value: Value = serde_json::from_slice(bytes).unwrap_or_default();
    let mut open = vec![&value];
    while let Some(value) = open.pop() {
        match value {
            Value::String(text) => {
                out.push_str(text);
                out.push('\n');
            }
            Value::Array(values) => open.extend(values.iter().rev()),
            Value::Object(values) => open.extend(values.values()),
            Value::Null | Value::Bool(_) | Value::Number(_) => {}
        }
    }
    out
}

/// Markdown as it stands, and as it is read.
pub(in crate::export) fn of_markdown(text: &str) -> String {
    let html = render(&Document::parse(text.as_bytes()), &Rendering::default()).html;
    format!("{text}\n{}", of_html(&html))
}

/// The entities that Recount and its sanitiser write.
fn unescaped(text: &str) -> String {
    if !text.contains('&') {
        return text.to_owned();
    }
    text.replace("&lt;", "<")
        .replace("&gt;", ">")
        .replace("&quot;", "\"")
        .replace("&#39;", "'")
        .replace("&nbsp;", " ")
        .replace("&amp;", "&")
}
