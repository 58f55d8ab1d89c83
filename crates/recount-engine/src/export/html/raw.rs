//! Raw HTML of a document: what is kept of it.
//!
//! Comments vanish. Tags without attributes that only mark text up are written from a list of our own. Everything
//! else is given to a sanitiser, piece by piece, with a strict list; that is slow, so there is a limit to how much
//! of it a document may hold. What is beyond is shown as text.
//!
//! What does not live here: where a tag that was opened is closed, which the renderer knows.

use std::collections::HashSet;
use std::sync::LazyLock;

use ammonia::Builder;

use super::{address, escape};

/// Tags of running text that are kept, as far as they open and close in one block.
const INLINE: &[&str] = &[
    "a", "abbr", "b", "bdi", "cite", "code", "del", "dfn", "em", "i", "ins", "kbd", "mark", "q", "s", "samp",
    "small", "strong", "sub", "sup", "u", "var",
];

/// Tags around blocks that are kept.
const BLOCK: &[&str] = &["details", "summary"];

/// Whether a tag may stand around blocks.
pub(super) fn is_around_blocks(name: &str) -> bool {
    BLOCK.contains(&name)
}

/// How many bytes of raw HTML of one document are sanitised.
const MOST: usize = 64 * 1024;
/// And in how many pieces.
const MOST_PIECES: usize = 500;

/// A part of raw HTML that can be written.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Part {
    /// HTML that is safe and closes what it opens.
    Safe(String),
    /// Text, to be escaped.
    Text(String),
    /// An opening tag that is safe, and its name.
    Open(String, &'static str),
    /// A closing tag of this name.
    Close(&'static str),
}

/// What one document may still have sanitised.
pub(super) struct Budget {
    bytes: usize,
    pieces: usize,
}

impl Default for Budget {
    fn default() -> Self {
        Self { bytes: MOST, pieces: MOST_PIECES }
    }
}

impl Budget {
    /// Takes `raw` to pieces. `links` says whether a link may stand here: none may stand in another one.
    pub(super) fn read(&mut self, raw: &str, is_block: bool, links: bool) -> Vec<Part> {
        let mut parts = Vec::new();
        if simple(raw, is_block, &mut parts) {
            return parts;
        }
        parts.clear();
        if !is_block && raw.starts_with("</") {
            return parts;
        }
        if raw.len() > self.bytes || self.pieces == 0 {
            return vec![Part::Text(raw.to_owned())];
        }
        self.bytes -= raw.len();
        self.pieces -= 1;
        let sanitiser = if is_block { &SANITISER } else { &INLINE_SANITISER };
        let cleaned = sanitiser.clean(raw).to_string();
        let cleaned = if links { images_as_links(&cleaned) } else { without_links(&cleaned) };
        let cleaned: String = cleaned.chars().filter(|ch| !escape::turns_text(*ch)).collect();
        if !is_block {
            // An inline tag comes alone: the sanitiser has closed it at once.
            let opened = INLINE.iter().find_map(|name| {
                let open = cleaned.strip_suffix(&format!("</{name}>"))?;
                let is_one =
                    open.starts_with(&format!("<{name}")) && open.ends_with('>') && !open[1..].contains('<');
                is_one.then(|| Part::Open(open.to_owned(), name))
            });
            if let Some(open) = opened {
                return vec![open];
            }
        }
        vec![Part::Safe(cleaned)]
    }
}

/// Reads HTML that holds only comments, text and tags of ours without attributes; false for any other.
fn simple(raw: &str, is_block: bool, parts: &mut Vec<Part>) -> bool {
    let mut rest = raw;
    loop {
        let (text, tag) = match memchr::memchr(b'<', rest.as_bytes()) {
            Some(at) => (&rest[..at], &rest[at..]),
            None => (rest, ""),
        };
        if memchr::memchr2(b'&', b'>', text.as_bytes()).is_some() {
            return false;
        }
        if !text.trim().is_empty() {
            parts.push(Part::Text(text.to_owned()));
        }
        if tag.is_empty() {
            return true;
        }
        if let Some(comment) = tag.strip_prefix("<!--") {
            // An odd comment may end elsewhere for a browser than for Markdown.
            let Some(end) = comment.find("-->").filter(|_| !comment.starts_with(['>', '-'])) else {
                return false;
            };
            rest = &comment[end + "-->".len()..];
            continue;
        }
        let Some(end) = tag.find('>') else { return false };
        let inside = &tag[1..end];
        rest = &tag[end + 1..];
        let (is_close, name) = inside.strip_prefix('/').map_or((false, inside), |name| (true, name));
        let name = name.trim_end_matches(['/', ' ']);
        if matches!(name, "br" | "hr" | "wbr") && !is_close {
            parts.push(Part::Safe(format!("<{name}>")));
            continue;
        }
        let known = INLINE.iter().chain(BLOCK.iter().filter(|_| is_block));
        let Some(name) = known.copied().find(|known| known.eq_ignore_ascii_case(name)) else { return false };
        if name == "a" && !is_close {
            // It may stand in another link.
            return false;
        }
        parts.push(if is_close { Part::Close(name) } else { Part::Open(format!("<{name}>"), name) });
    }
}

/// For blocks of HTML.
static SANITISER: LazyLock<Builder<'static>> = LazyLock::new(|| {
    let tables = ["table", "thead", "tbody", "tfoot", "tr", "th", "td", "caption"];
    let blocks = ["p", "ul", "ol", "li", "dl", "dt", "dd", "pre", "blockquote", "hr"];
    let mut builder = strict();
    builder.add_tags(BLOCK.iter().copied().chain(tables).chain(blocks));
    builder
});

/// For tags in running text, where no block may begin.
static INLINE_SANITISER: LazyLock<Builder<'static>> = LazyLock::new(strict);

fn strict() -> Builder<'static> {
    let unread = ["script", "style", "svg", "math", "template", "iframe", "object", "noscript", "select"];
    let mut builder = Builder::empty();
    builder
        .generic_attributes(HashSet::new())
        .add_tags(INLINE.iter().copied().chain(["br", "wbr", "img"]))
        .add_clean_content_tags(unread)
        .add_tag_attributes("a", ["href"])
        .add_tag_attributes("img", ["src", "alt"])
        .add_tag_attributes("td", ["colspan", "rowspan"])
        .add_tag_attributes("th", ["colspan", "rowspan"])
        .add_url_schemes(["http", "https", "mailto"])
        .url_relative(ammonia::UrlRelative::Deny)
        .link_rel(Some("noopener noreferrer nofollow"))
        .strip_comments(true);
    builder
}

/// Writes each image of sanitised HTML as a link to it: nothing is loaded from elsewhere.
fn images_as_links(cleaned: &str) -> String {
    let mut is_in_link = false;
    replaced(cleaned, |tag, out| {
        if !is_tag(tag, "img") {
            is_in_link = !is_tag(tag, "/a") && (is_in_link || is_tag(tag, "a"));
            return false;
        }
        let alt = value(tag, "alt").map(unescaped).unwrap_or_default();
        let label = if alt.is_empty() { "image" } else { alt.as_str() };
        match value(tag, "src").map(unescaped) {
            Some(source)
                if !is_in_link && matches!(address::read(&source), address::Address::External(_)) =>
            {
                out.push_str("<a class=\"image\" href=\"");
                address::write(out, &source);
                out.push_str("\" rel=\"noopener noreferrer nofollow\">");
                escape::text(out, label);
                out.push_str("</a>");
            }
            _ => out.push_str(label),
        }
        true
    })
}

/// Writes sanitised HTML without links and images.
fn without_links(cleaned: &str) -> String {
    replaced(cleaned, |tag, out| {
        if is_tag(tag, "img") {
            escape::text(out, &value(tag, "alt").map(unescaped).unwrap_or_default());
        }
        is_tag(tag, "img") || is_tag(tag, "a") || is_tag(tag, "/a")
    })
}

fn is_tag(tag: &str, name: &str) -> bool {
    tag[1..].strip_prefix(name).is_some_and(|rest| rest.starts_with([' ', '>', '/']))
}

/// Goes through the tags of HTML as the sanitiser writes it: attributes in double quotes, text escaped.
fn replaced(cleaned: &str, mut replace: impl FnMut(&str, &mut String) -> bool) -> String {
    let mut out = String::with_capacity(cleaned.len());
    let mut rest = cleaned;
    while let Some(start) = rest.find('<') {
        out.push_str(&rest[..start]);
        let mut is_quoted = false;
        let end = rest[start..].find(|ch| {
            is_quoted ^= ch == '"';
            ch == '>' && !is_quoted
        });
        let Some(end) = end.map(|end| start + end + 1) else {
            rest = "";
            break;
        };
        if !replace(&rest[start..end], &mut out) {
            out.push_str(&rest[start..end]);
        }
        rest = &rest[end..];
    }
    out.push_str(rest);
    out
}

/// The value of an attribute of a tag as the sanitiser writes it.
fn value<'t>(tag: &'t str, name: &str) -> Option<&'t str> {
    let mut rest = tag;
    loop {
        let (before, after) = rest.split_once("=\"")?;
        let (value, after) = after.split_once('"')?;
        if before.rsplit(' ').next() == Some(name) {
            return Some(value);
        }
        rest = after;
    }
}

fn unescaped(value: &str) -> String {
    value.replace("&quot;", "\"").replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")
}
