//! `broken-link`: a link that leads nowhere in the document or the library.

use std::borrow::Cow;
use std::cell::LazyCell;

use crate::config::nearest;
use crate::document::{Anchors, Span};
use crate::lint::rule::rule;
use crate::lint::{Context, Findings};

rule! {
    /// A link leads to a heading that this document does not have, or to a file that is not there.
    ///
    /// Only anchors and files of the library are looked at; the network is never asked.
    ///
    /// ## Why
    ///
    /// Links carry the evidence. One that leads nowhere is found by the reader who needed it, years later,
    /// when nobody knows any more what stood there.
    ///
    /// ## Source
    ///
    /// Tim Berners-Lee, "Cool URIs don't change", W3C, 1998.
    ///
    /// ## Examples
    ///
    /// ```markdown bad
    /// ## What went well
    ///
    /// - The cause was found within ten minutes, see [the cause](#root-causes)
    /// ```
    ///
    /// ```markdown good
    /// ## What went well
    ///
    /// - The cause was found within ten minutes, see [the cause](#root-cause) and
    ///   [INC-0007](INC-0007-checkout-closed-by-dns-failover.md#timeline)
    /// ```
    name: "broken-link",
    group: Hygiene,
    levels: Wrong,
    reads_foreign: true,
    check: check,
}

const WHY: &str = "the reader who needs what stood there finds nothing";

/// Links for which a likely heading is looked up; a document with more has another trouble.
const SUGGESTIONS: usize = 100;

fn check(cx: &Context<'_>, out: &mut Findings) {
    let anchors = LazyCell::new(|| cx.document.anchors());
    let mut suggestions = SUGGESTIONS;
    for link in &cx.document.markdown().local_links {
        let (path, anchor) = match link.target.split_once('#') {
            Some((path, anchor)) => (path, Some(anchor)),
            None => (&*link.target, None),
        };
        let path = decode(path.split('?').next().unwrap_or(path));
        let anchor = anchor.map(decode);
        match anchor {
            Some(anchor) if path.is_empty() => {
                own_anchor(&anchors, link.span, &anchor, &mut suggestions, out);
            }
            anchor => file(cx, link.span, &path, anchor.as_deref(), out),
        }
    }
}

fn own_anchor(anchors: &Anchors, span: Span, anchor: &str, suggestions: &mut usize, out: &mut Findings) {
    if anchors.has(anchor) {
        return;
    }
    let candidates = if *suggestions > 0 { anchors.headings() } else { &[] };
    *suggestions = suggestions.saturating_sub(1);
    let help = match nearest(anchor, candidates.iter().map(String::as_str)) {
        Some(near) => format!("did you mean `#{near}`?"),
        None => "link to a heading, in lower case with hyphens: `#root-cause`".to_owned(),
    };
    out.report(span, format!("`#{anchor}` is no heading of this document"), WHY, help);
}

fn file(cx: &Context<'_>, span: Span, path: &str, anchor: Option<&str>, out: &mut Findings) {
    // What a path from the root counts from, only the web site or the host of the repository knows.
    if path.is_empty() || path.starts_with('/') {
        return;
    }
    if cx.library.exists(path) == Some(false) {
        let help = if path.starts_with("www.") {
            format!("write the whole address: `https://{path}`")
        } else {
            "mend the path; it counts from the folder of this document".to_owned()
        };
        out.report(span, format!("there is no file `{path}`"), WHY, help);
        return;
    }
    // `server.rs#L10` names a line of a file, and that is for its viewer to know.
    let is_markdown = [".md", ".markdown"].iter().any(|ending| path.ends_with(ending));
    let Some(anchor) = anchor.filter(|anchor| is_markdown && !anchor.is_empty()) else { return };
    if cx.library.has_anchor(path, anchor) == Some(false) {
        let message = format!("`#{anchor}` is no heading of `{path}`");
        out.report(span, message, WHY, "open the file and link to a heading that it has");
    }
}

/// Percent-escapes resolved; as written where they are none.
fn decode(text: &str) -> Cow<'_, str> {
    if !text.contains('%') {
        return Cow::Borrowed(text);
    }
    let digit = |byte: Option<&u8>| char::from(*byte?).to_digit(16);
    let bytes = text.as_bytes();
    let mut out = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while at < bytes.len() {
        match (bytes[at], digit(bytes.get(at + 1)), digit(bytes.get(at + 2))) {
            (b'%', Some(high), Some(low)) => {
                out.push((high * 16 + low) as u8);
                at += 3;
            }
            (byte, ..) => {
                out.push(byte);
                at += 1;
            }
        }
    }
    String::from_utf8(out).map_or(Cow::Borrowed(text), Cow::Owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percent_escapes_are_resolved_where_they_are_some() {
        for (text, expected) in
            [("a%20b.md", "a b.md"), ("100%", "100%"), ("%C3%BC", "ü"), ("%FF", "%FF"), ("a", "a")]
        {
            assert_eq!(decode(text), expected, "{text}");
        }
    }
}
