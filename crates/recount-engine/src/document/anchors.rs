//! Anchors: what a link such as `#root-cause` can lead to.
//!
//! What lives here: the anchors that a renderer gives to headings, and those that the text declares in
//! HTML. What does not: whether a link is broken.

use std::collections::HashMap;

use super::markdown::{BlockKind, InlineKind};
use super::{Document, Span};

impl Document {
    /// The anchor of every heading, as GitHub and most renderers write them, in order: in lower case,
    /// without punctuation, blanks as hyphens, and repeated ones numbered from `-1`.
    pub fn anchors(&self) -> Vec<String> {
        let mut seen: HashMap<String, usize> = HashMap::new();
        let headings = self.markdown().blocks.iter();
        let headings = headings.filter(|block| matches!(block.kind, BlockKind::Heading(_)));
        headings
            .map(|block| {
                let anchor = self.slug(block.content);
                let count = seen.entry(anchor.clone()).or_insert(0);
                let numbered = if *count == 0 { anchor } else { format!("{anchor}-{count}") };
                *count += 1;
                numbered
            })
            .collect()
    }

    /// Whether a link to `#anchor` leads somewhere in this document: a heading, an HTML `id` or `name`, or
    /// the top.
    pub fn has_anchor(&self, anchor: &str) -> bool {
        let anchor = anchor.strip_prefix("user-content-").unwrap_or(anchor);
        anchor.is_empty()
            || anchor.eq_ignore_ascii_case("top")
            || self.anchors().iter().any(|own| own.eq_ignore_ascii_case(anchor))
            || self.declares(anchor)
    }

    /// `<a id="anchor">`, `<a name='anchor'>`.
    fn declares(&self, anchor: &str) -> bool {
        let text = self.text();
        text.match_indices(anchor).any(|(at, _)| {
            let before = text[..at].trim_end_matches(['"', '\'']);
            let after = &text[at + anchor.len()..];
            (before.ends_with("id=") || before.ends_with("name="))
                && after.starts_with(['"', '\'', '>', ' '])
                && !self.markdown().is_prose(at as u32)
        })
    }

    /// The anchor of a heading with this content: of its shown text, so without links' destinations and
    /// HTML.
    fn slug(&self, content: Span) -> String {
        let mut slug = String::with_capacity(content.len());
        let mut add = |text: &str| {
            for ch in text.chars() {
                match ch {
                    ' ' | '-' => slug.push(if ch == ' ' { '-' } else { ch }),
                    '_' => slug.push(ch),
                    _ if ch.is_alphanumeric() => slug.extend(ch.to_lowercase()),
                    _ => {}
                }
            }
        };
        let markdown = self.markdown();
        let from = markdown.prose.partition_point(|run| run.start < content.start);
        let mut prose = markdown.prose[from..].iter().take_while(|run| run.start < content.end).peekable();
        let codes = markdown.inlines_in(content).filter(|inline| inline.kind == InlineKind::Code);
        for code in codes {
            while let Some(run) = prose.next_if(|run| run.start < code.span.start) {
                add(self.slice(*run));
            }
            add(self.slice(code.span));
        }
        for run in prose {
            add(self.slice(*run));
        }
        slug
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headings_have_the_anchors_that_renderers_give_them() {
        let text = "# T: what *happened*?\n\n## Root cause\n\n## Root cause\n\n### The `FLUSHALL_x` step & [more](x.md)\n\n\
                    ## Über-Größe\n\n## Root  cause\n";
        assert_eq!(
            Document::parse(text.as_bytes()).anchors(),
            [
                "t-what-happened",
                "root-cause",
                "root-cause-1",
                "the-flushall_x-step--more",
                "über-größe",
                "root--cause"
            ]
        );
    }

    #[test]
    fn an_anchor_is_a_heading_a_declaration_or_the_top() {
        let document = Document::parse(b"# T\n\n## Root cause\n\n<a id=\"log\"></a> text\n\nid=prose\n");
        for (anchor, is_there) in [
            ("root-cause", true),
            ("Root-Cause", true),
            ("log", true),
            ("", true),
            ("top", true),
            ("prose", false),
            ("cause", false),
        ] {
            assert_eq!(document.has_anchor(anchor), is_there, "{anchor}");
        }
    }
}
