//! Where the destinations of links are written, so that a link can be led elsewhere. What does not live
//! here: where a destination leads, which files there are, and what is linked for readers (`markdown`).

use pulldown_cmark::Parser;

use super::markdown::{Markdown, is_local, options};
use super::{Document, Span};

/// The destination of a link or of a reference definition that does not leave the library.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Destination {
    /// Where it is written, without the brackets `<` and `>`.
    pub span: Span,
    /// What it means: entities and escapes resolved, percent signs as they are.
    pub target: String,
}

impl Document {
    /// The destinations of local links, images and reference definitions, in order.
    pub fn local_destinations(&self) -> Vec<Destination> {
        let mut found: Vec<Destination> = self
            .markdown()
            .local_links
            .iter()
            // One without a destination of its own takes that of a definition.
            .filter_map(|link| self.destination(link.span, "](", &link.target))
            .chain(self.definitions())
            .collect();
        found.sort_by_key(|destination| destination.span);
        found.dedup();
        found
    }

    fn definitions(&self) -> Vec<Destination> {
        let base = self.source().body_start();
        let body = &self.text()[base..];
        if !body.contains("]:") {
            return Vec::new();
        }
        let parser = Parser::new_ext(body, options());
        let definitions = parser.reference_definitions().iter();
        let local = definitions.filter(|(_, definition)| is_local(&definition.dest));
        local
            .filter_map(|(_, definition)| {
                let span = Span::new(definition.span.start + base, definition.span.end + base);
                self.destination(span, "]:", &definition.dest)
            })
            .collect()
    }

    /// The place in `whole` behind the last `mark` where `target` is written. A link can hold others (a
    /// badge holds an image), and a title can hold anything.
    fn destination(&self, whole: Span, mark: &str, target: &str) -> Option<Destination> {
        let text = self.slice(whole);
        text.rmatch_indices(mark).find_map(|(at, _)| {
            let (start, end) = written(text, at + mark.len())?;
            let is_it = resolved(&text[start..end]) == target;
            let base = whole.start as usize;
            is_it
                .then(|| Destination { span: Span::new(base + start, base + end), target: target.to_owned() })
        })
    }
}

/// From where to where a destination reaches that is written at `at` or behind blanks there.
fn written(text: &str, at: usize) -> Option<(usize, usize)> {
    let rest = text.get(at..)?;
    let start = at + rest.len() - rest.trim_start().len();
    let in_brackets = text[start..].starts_with('<');
    let start = start + usize::from(in_brackets);
    let mut depth = 0_u32;
    let mut is_escaped = false;
    for (offset, c) in text[start..].char_indices() {
        let ends = match c {
            _ if is_escaped => false,
            '>' => in_brackets,
            '(' => {
                depth += 1;
                false
            }
            ')' if depth > 0 => {
                depth -= 1;
                false
            }
            ')' => !in_brackets,
            c => c.is_ascii_whitespace() && !in_brackets,
        };
        if ends {
            return Some((start, start + offset));
        }
        is_escaped = c == '\\' && !is_escaped;
    }
    (!in_brackets).then_some((start, text.len()))
}

/// A destination, or a part of one, as Markdown reads it: entities and escapes resolved.
pub fn resolved(written: &str) -> String {
    if !written.contains(['&', '\\']) {
        return written.to_owned();
    }
    // The words before it keep it local, whatever it holds.
    let alone = Markdown::parse(&format!("[x](<./{written}>)"), 0);
    let target = alone.local_links.first().and_then(|link| link.target.strip_prefix("./"));
    target.unwrap_or(written).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn destinations_are_found_where_they_are_written() {
        let text = concat!(
            "---\ntags: [a]\n---\n# T\n\n[a](x.md) [b]( <y z.md> \"](q.md\") [c][r] [r] ![i](i(1).png) [n](https://a.example/x.md)\n\n",
            "[![x](in.png)](out.md#a) [e](a&amp;b.md) [f](a\\_b.md) [p](a%20b.md)\n\n",
            "[r]: ./old.md 'title'\n[unused]: <old&#45;2.md>\n[web]: https://a.example\n\n```\n[no]: code.md\n```\n",
        );
        let document = Document::parse(text.as_bytes());
        let found = document.local_destinations();
        let found: Vec<_> =
            found.iter().map(|found| (document.slice(found.span), found.target.as_str())).collect();
        assert_eq!(
            found,
            [
                ("x.md", "x.md"),
                ("y z.md", "y z.md"),
                ("i(1).png", "i(1).png"),
                ("in.png", "in.png"),
                ("out.md#a", "out.md#a"),
                ("a&amp;b.md", "a&b.md"),
                ("a\\_b.md", "a_b.md"),
                ("a%20b.md", "a%20b.md"),
                ("./old.md", "./old.md"),
                ("old&#45;2.md", "old-2.md"),
            ]
        );
    }
}
