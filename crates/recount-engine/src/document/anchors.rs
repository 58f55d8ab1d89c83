//! Anchors: what a link such as `#root-cause` can lead to.
//!
//! What lives here: the anchors that a renderer gives to headings, and those that the text declares in
//! HTML. What does not: whether a link is broken.

use std::collections::{HashMap, HashSet};

use super::markdown::{BlockKind, InlineKind};
use super::{Document, Span};

/// What links into a document can lead to.
#[derive(Clone, Debug, Default)]
pub struct Anchors {
    headings: Vec<String>,
    /// All of them in lower case, for headings are found in any case.
    folded: HashSet<String>,
    declared: HashSet<String>,
}

impl Anchors {
    /// The anchor of every heading, as GitHub and most renderers write them, in order: in lower case,
    /// without punctuation, blanks as hyphens, and repeated ones numbered from `-1`.
    pub fn headings(&self) -> &[String] {
        &self.headings
    }

    /// Whether a link to `#anchor` leads somewhere: a heading, an HTML `id` or `name`, or the top.
    pub fn has(&self, anchor: &str) -> bool {
        let anchor = anchor.strip_prefix("user-content-").unwrap_or(anchor);
        anchor.is_empty()
            || anchor.eq_ignore_ascii_case("top")
            || self.folded.contains(&anchor.to_lowercase())
            || self.declared.contains(anchor)
    }
}

impl Document {
    /// Everything in this document that a link can lead to.
    pub fn anchors(&self) -> Anchors {
        let mut seen: HashMap<String, usize> = HashMap::new();
        let mut anchors = Anchors { declared: self.declared(), ..Anchors::default() };
        for block in &self.markdown().blocks {
            if !matches!(block.kind, BlockKind::Heading(_)) {
                continue;
            }
            let anchor = self.slug(block.content);
            let count = seen.entry(anchor.clone()).or_insert(0);
            let numbered = if *count == 0 { anchor } else { format!("{anchor}-{count}") };
            *count += 1;
            anchors.folded.insert(numbered.to_lowercase());
            anchors.headings.push(numbered);
        }
        anchors
    }

    /// Whether a link to `#anchor` leads somewhere in this document. To ask more than once, keep
    /// [`Document::anchors`].
    pub fn has_anchor(&self, anchor: &str) -> bool {
        self.anchors().has(anchor)
    }

    /// `<a id="anchor">`, `<a name='anchor'>`.
    fn declared(&self) -> HashSet<String> {
        let text = self.text();
        let values = memchr::memchr_iter(b'=', text.as_bytes()).filter_map(|at| {
            let is_key = text[..at].ends_with("id") || text[..at].ends_with("name");
            if !is_key || self.markdown().is_prose(at as u32) {
                return None;
            }
            let value = &text[at + 1..];
            let bare = value.trim_start_matches(['"', '\'']);
            let end = bare.find(['"', '\'', '>', ' ', '\n'])?;
            (end > 0).then(|| bare[..end].to_owned())
        });
        values.collect()
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
            Document::parse(text.as_bytes()).anchors().headings(),
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
