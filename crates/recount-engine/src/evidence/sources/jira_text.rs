//! Jira's texts as plain text: documents (version 3 of its API) and wiki markup (version 2).
//!
//! What does not live here: what a text means.

use std::sync::LazyLock;

use regex::Regex;

use crate::evidence::tree::Tree;

/// The text of a body: a document or a string of wiki markup.
pub(super) fn plain(body: Tree<'_>) -> String {
    let mut out = String::new();
    if body.has("type") {
        node(body, &mut out);
    } else {
        out = wiki(&body.as_text());
    }
    let lines: Vec<&str> = out.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
    lines.join("\n")
}

/// A node of a document. How deep documents can nest is bounded by the JSON parser.
fn node(node: Tree<'_>, out: &mut String) {
    let kind = node.text("type");
    match &*kind {
        "text" => marked(node, out),
        "hardBreak" | "rule" => out.push('\n'),
        "mention" => out.push_str(&node.first(&["attrs.text", "attrs.id"])),
        "emoji" => out.push_str(&node.first(&["attrs.text", "attrs.shortName"])),
        "date" => out.push_str(&day(&node.text("attrs.timestamp"))),
        "status" => out.push_str(&node.text("attrs.text")),
        "inlineCard" | "blockCard" | "embedCard" => out.push_str(&node.text("attrs.url")),
        "codeBlock" => {
            out.push_str("\n```\n");
            children(node, out);
            out.push_str("\n```\n");
        }
        "tableCell" | "tableHeader" => {
            children(node, out);
            out.push(' ');
        }
        "paragraph" | "heading" | "listItem" | "blockquote" | "panel" | "tableRow" | "taskItem" => {
            if !(out.is_empty() || out.ends_with('\n')) {
                out.push('\n');
            }
            children(node, out);
            out.push('\n');
        }
        _ => children(node, out),
    }
}

fn children(of: Tree<'_>, out: &mut String) {
    for child in of.items("content") {
        node(child, out);
    }
}

fn marked(node: Tree<'_>, out: &mut String) {
    let text = node.at("text").as_text_untrimmed();
    let mark = |name: &str| node.items("marks").find(|mark| mark.text("type") == name);
    if mark("code").is_some() {
        out.extend(["`", &*text, "`"]);
        return;
    }
    out.push_str(&text);
    let link = mark("link").map(|link| link.text("attrs.href")).unwrap_or_default();
    if link.starts_with("http") && !text.contains(&*link) {
        out.extend([" (", &*link, ")"]);
    }
}

/// A date of a document, which is midnight UTC in milliseconds.
fn day(milliseconds: &str) -> String {
    let at = milliseconds.parse().ok().and_then(|at| jiff::Timestamp::from_millisecond(at).ok());
    at.map(|at| at.strftime("%Y-%m-%d").to_string()).unwrap_or_default()
}

/// What of wiki markup is replaced by what, in this order.
const WIKI: &[(&str, &str)] = &[
    (r"\{(?:code|noformat)(?::[^}]*)?\}", "\n```\n"),
    (r"\{\{(.+?)\}\}", "`$1`"),
    (r"\{(?:color|panel|quote|expand|anchor)(?::[^}]*)?\}", ""),
    (r"\[~(?:accountid:)?([^\]]+)\]", "@$1"),
    (r"\[([^|\]\n]+)\|(https?://[^|\]\s]+)(?:\|[^\]\n]*)?\]", "$1 ($2)"),
    (r"\[(https?://[^|\]\s]+)\]", "$1"),
    (r"!([^!|\n]+\.(?:png|jpe?g|gif))(?:\|[^!\n]*)?!", "$1"),
    (r"(?m)^(?:h[1-6]\.|bq\.|[*#-]+) +", ""),
    (r"(?m)(^|[\s(])[*+]([^\s*+](?:[^*+\n]*[^\s*+])?)[*+]($|[\s.,:;!?)])", "$1$2$3"),
    (r"(?m)(^|[\s(])_([^\s_](?:[^_\n]*[^\s_])?)_($|[\s.,:;!?)])", "$1$2$3"),
    (r"\\([!*_+~^?#|{}\[\]-])", "$1"),
];

static REPLACED: LazyLock<Vec<(Regex, &str)>> = LazyLock::new(|| {
    // Patterns of this file, each compiled by the test below.
    WIKI.iter().map(|(find, with)| (Regex::new(find).expect("a pattern of the table"), *with)).collect()
});

fn wiki(text: &str) -> String {
    REPLACED.iter().fold(text.to_owned(), |text, (find, with)| find.replace_all(&text, *with).into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wiki_markup_becomes_plain_text() {
        for (text, want) in [
            ("*Rolled back* {{shop}} to _v41_.", "Rolled back `shop` to v41."),
            (
                "see [the board|https://g.acme.io/d/1] and [https://a.b/c]",
                "see the board (https://g.acme.io/d/1) and https://a.b/c",
            ),
            ("{code:bash}kubectl get pods{code}", "```\nkubectl get pods\n```"),
            ("h3. Impact\n* one\n* two", "Impact\none\ntwo"),
            ("{color:red}down{color} says [~ana]", "down says @ana"),
            (r"fixed \!, see C:\logs", r"fixed !, see C:\logs"),
            ("5 * 3 * 2 and snake_case_name", "5 * 3 * 2 and snake_case_name"),
        ] {
            let value = serde_json::json!(text);
            assert_eq!(plain(Tree::of(&value)), want, "`{text}`");
        }
    }

    #[test]
    fn a_document_becomes_plain_text_whatever_its_nodes_are() {
        let value = serde_json::json!({"type": "doc", "version": 1, "content": [
            {"type": "paragraph", "content": [
                {"type": "mention", "attrs": {"id": "5b1", "text": "@Ana Li"}},
                {"type": "text", "text": " ran "},
                {"type": "text", "text": "kubectl get pods", "marks": [{"type": "code"}]},
                {"type": "hardBreak"},
                {"type": "text", "text": "board", "marks": [{"type": "link", "attrs": {"href": "https://g.acme.io/d/1"}}]}
            ]},
            {"type": "bulletList", "content": [
                {"type": "listItem", "content": [{"type": "paragraph", "content": [{"type": "text", "text": "one"}]}]},
                {"type": "listItem", "content": null}
            ]},
            {"type": "codeBlock", "attrs": {"language": "sh"}, "content": [{"type": "text", "text": "ls"}]},
            {"type": "date", "attrs": {"timestamp": "1795615325000"}}, 5, {"type": null}
        ]});
        let want =
            "@Ana Li ran `kubectl get pods`\nboard (https://g.acme.io/d/1)\none\n```\nls\n```\n2026-11-25";
        assert_eq!(plain(Tree::of(&value)), want);
    }
}
