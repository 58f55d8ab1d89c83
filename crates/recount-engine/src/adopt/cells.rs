//! Blocks of Markdown as the text of one cell: paragraphs, nested items and quotations on lines of their
//! own. Code, tables and raw HTML do not fit into a cell; they are handed back. What does not live here:
//! which blocks make one entry.

use super::outline::Outline;
use crate::document::Span;
use crate::document::markdown::{BlockKind, Markdown};

/// Text for a cell, and the blocks that no cell can hold.
#[derive(Debug, Default)]
pub(super) struct CellText {
    /// Lines; a cell writes `<br>` between them.
    pub(super) text: String,
    /// Code, tables, raw HTML: spans with their first line's indentation.
    pub(super) beside: Vec<Span>,
}

impl CellText {
    /// Adds a block of the document and what is in it.
    pub(super) fn add_block(&mut self, outline: &Outline, index: usize) {
        self.add(outline, index, "");
    }

    /// Adds lines as they are.
    pub(super) fn add_text(&mut self, text: &str) {
        let text = text.trim();
        if text.is_empty() {
            return;
        }
        if !self.text.is_empty() {
            self.text.push('\n');
        }
        self.text.push_str(text);
    }

    /// Adds the blocks of a list's item; its box, if it has one, is not among them.
    pub(super) fn add_item(&mut self, outline: &Outline, item: usize) {
        for (child, _) in outline.markdown.children(item) {
            self.add(outline, child, "");
        }
    }

    fn add(&mut self, outline: &Outline, index: usize, prefix: &str) {
        let markdown: &Markdown = &outline.markdown;
        let block = markdown.blocks[index];
        match block.kind {
            BlockKind::Paragraph | BlockKind::Heading(_) => {
                for line in lines(outline.slice(block.content)) {
                    self.add_text(&format!("{prefix}{line}"));
                }
            }
            BlockKind::List => {
                for (item, _) in markdown.children(index) {
                    let marker = marker_of(outline, item);
                    let mut first = true;
                    for (child, _) in markdown.children(item) {
                        let lead = if first { format!("{prefix}{marker} ") } else { prefix.to_owned() };
                        self.add(outline, child, &lead);
                        first = false;
                    }
                }
            }
            BlockKind::Quote => {
                for (child, _) in markdown.children(index) {
                    self.add(outline, child, &format!("{prefix}> "));
                }
            }
            BlockKind::Code | BlockKind::Table | BlockKind::Html => {
                self.beside.push(outline.source_of(index));
            }
            BlockKind::Item | BlockKind::TableHead | BlockKind::TableRow | BlockKind::Rule => {}
        }
    }
}

/// The marker of a list's item, with its box.
fn marker_of(outline: &Outline, item: usize) -> &str {
    let text = outline.slice(outline.markdown.blocks[item].span).trim_start();
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    let length = digits + usize::from(text.len() > digits);
    let boxed = text[length..].trim_start();
    if ["[ ]", "[x]", "[X]"].iter().any(|mark| boxed.starts_with(mark)) {
        return &text[..text.len() - boxed.len() + 3];
    }
    &text[..length]
}

/// The box of an item: checked or not; none where it has none.
pub(super) fn checked(outline: &Outline, item: usize) -> Option<bool> {
    let text = outline.slice(outline.markdown.blocks[item].span);
    let text = text.trim_start().trim_start_matches(|ch: char| ch.is_ascii_digit());
    let boxed = text.get(1..)?.trim_start();
    match boxed.get(..3)? {
        "[ ]" => Some(false),
        "[x]" | "[X]" => Some(true),
        _ => None,
    }
}

/// The lines that a paragraph shows: a line break in the source is a space, a hard one is a line.
pub(super) fn lines(text: &str) -> Vec<String> {
    let mut out: Vec<String> = Vec::new();
    let mut goes_on = false;
    for raw in text.split('\n') {
        let line = raw.trim_start_matches([' ', '\t', '>']).trim_end();
        let line = if raw.trim_start().starts_with('>') { line } else { raw.trim() };
        let hard = raw.ends_with("  ") || line.ends_with('\\');
        let line = line.strip_suffix('\\').filter(|_| hard).unwrap_or(line).trim_end();
        match out.last_mut().filter(|_| goes_on) {
            Some(last) => {
                if !line.is_empty() {
                    last.push(' ');
                    last.push_str(line);
                }
            }
            None => out.push(line.to_owned()),
        }
        goes_on = !hard;
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_fits_into_a_cell_comes_in_and_the_rest_is_handed_back() {
        let text = "- one\n  goes on  \n  new line\n\n   - [x] two\n   - three\n     > four\n\n  ```\n  code\n  ```\n";
        let outline = Outline::read(text.as_bytes());
        let list = outline.parts[0].blocks[0];
        let (item, _) = outline.markdown.children(list).next().expect("it has an item");
        let mut cell = CellText::default();
        cell.add_item(&outline, item);
        assert_eq!(cell.text, "one goes on\nnew line\n- [x] two\n- three\n> four");
        assert_eq!(
            cell.beside.iter().map(|span| outline.slice(*span)).collect::<Vec<_>>(),
            ["  ```\n  code\n  ```"]
        );
    }

    #[test]
    fn boxes_are_seen() {
        let outline = Outline::read(b"- [ ] a\n- [X] b\n- c\n1. [x] d\n");
        let items: Vec<usize> = (0..outline.markdown.blocks.len())
            .filter(|index| outline.markdown.blocks[*index].kind == BlockKind::Item)
            .collect();
        let boxes: Vec<_> = items.iter().map(|item| checked(&outline, *item)).collect();
        assert_eq!(boxes, [Some(false), Some(true), None, Some(true)]);
    }
}
