//! CommonMark (with tables and task lists) as a flat tree of blocks, runs of prose and inline marks,
//! each with its byte span. What the blocks mean to a postmortem is decided elsewhere.

use pulldown_cmark::{Event, LinkType, Options, Parser, Tag, TagEnd};

use super::plain_rows::{self, Piece, SetAside};
use super::span::Span;

/// What a block is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BlockKind {
    /// A heading of level 1 to 6.
    Heading(u8),
    /// A paragraph, or the bare text of a tight list item.
    Paragraph,
    /// A bulleted or numbered list.
    List,
    /// One item of a list.
    Item,
    /// A table; its children are the head and the rows.
    Table,
    /// The header line of a table.
    TableHead,
    /// One body line of a table.
    TableRow,
    /// A fenced or indented code block.
    Code,
    /// Raw HTML, comments included.
    Html,
    /// A block quotation.
    Quote,
    /// A thematic break.
    Rule,
}

/// One block, in document order; its subtree is `index + 1..end`.
#[derive(Clone, Copy, Debug)]
pub struct Block {
    /// What it is.
    pub kind: BlockKind,
    /// From its first to its last byte; may include the line ending, and for lists blank lines.
    pub span: Span,
    /// For paragraphs and headings: the inline text without markers and surrounding blanks.
    pub content: Span,
    /// Index of the first block after its subtree.
    pub end: u32,
}

/// Inline things that rules and edits ask for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum InlineKind {
    /// A code span, backticks included.
    Code,
    /// A link (inline, reference or autolink), brackets included.
    Link,
    /// An image.
    Image,
    /// Raw inline HTML or a comment.
    Html,
}

/// An inline mark and where it stands.
#[derive(Clone, Copy, Debug)]
pub struct Inline {
    /// What it is.
    pub kind: InlineKind,
    /// Where it stands, markers included.
    pub span: Span,
}

/// A link to something that is not on the network: a file of the library or an anchor.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LocalLink {
    /// Where it stands.
    pub span: Span,
    /// Its destination as written, entities and escapes resolved.
    pub target: Box<str>,
}

/// The parsed Markdown.
#[derive(Clone, Debug, Default)]
pub struct Markdown {
    /// All blocks, depth first.
    pub blocks: Vec<Block>,
    /// Runs of text that people wrote as prose: no code, HTML, link destinations or quotations.
    pub prose: Vec<Span>,
    /// Code spans, links, images and inline HTML, in order.
    pub inlines: Vec<Inline>,
    /// Links that do not leave the library.
    pub local_links: Vec<LocalLink>,
}

/// The CommonMark extensions that postmortems are read with.
pub fn options() -> Options {
    Options::ENABLE_TABLES | Options::ENABLE_TASKLISTS
}

impl Markdown {
    /// Parses `text[base..]`; all spans are offsets in `text`.
    pub fn parse(text: &str, base: usize) -> Self {
        let aside = plain_rows::set_aside(text, base);
        aside
            .and_then(|aside| Self::parse_around(text, base, &aside))
            .unwrap_or_else(|| Self::parse_whole(text, base))
    }

    /// Gives all of `text[base..]` to the parser.
    pub(super) fn parse_whole(text: &str, base: usize) -> Self {
        let mut builder = Builder::new(text, base);
        for (event, range) in Parser::new_ext(&text[base..], options()).into_offset_iter() {
            builder.event(event, Span::new(range.start + base, range.end + base));
        }
        builder.out
    }

    /// Gives what is left without plain rows to the parser, and puts these between its events; none where
    /// one of them turns out to be in no table of its own, such as in a code block.
    pub(super) fn parse_around(text: &str, base: usize, aside: &SetAside) -> Option<Self> {
        let mut builder = Builder::new(text, base);
        let mut cuts = aside.cuts.iter().peekable();
        // How much of the text lies before the cuts that were met.
        let (mut shift, mut pieces, mut header) = (base, 0, None);
        for (event, range) in Parser::new_ext(&aside.rest, options()).into_offset_iter() {
            if let Event::Start(Tag::TableHead) = event {
                header = Some(range.start + shift);
            }
            let is_behind = match event {
                Event::End(TagEnd::Table) => range.end,
                _ => range.start,
            };
            while let Some(cut) = cuts.next_if(|cut| cut.at <= is_behind) {
                let is_row = matches!(event, Event::Start(Tag::TableRow) | Event::End(TagEnd::Table));
                if !is_row || header != Some(cut.header) {
                    return None;
                }
                builder.rows(&aside.pieces[pieces..cut.pieces_end]);
                pieces = cut.pieces_end;
                shift += cut.length;
            }
            let mut end = range.end + shift;
            if let Event::Start(Tag::Table(_)) = event {
                // What was taken out of it belongs to it.
                let within = cuts.clone().take_while(|cut| cut.at <= range.end);
                end += within.map(|cut| cut.length).sum::<usize>();
            }
            builder.event(event, Span::new(range.start + shift, end));
        }
        cuts.next().is_none().then_some(builder.out)
    }

    /// The direct children of block `index`.
    pub fn children(&self, index: usize) -> Children<'_> {
        Children { blocks: &self.blocks, at: index + 1, end: self.blocks[index].end as usize }
    }

    /// The sibling blocks from `start` up to `end`.
    pub fn siblings(&self, start: usize, end: usize) -> Children<'_> {
        Children { blocks: &self.blocks, at: start, end }
    }

    /// The inline marks inside `span`.
    pub fn inlines_in(&self, span: Span) -> impl Iterator<Item = &Inline> {
        let from = self.inlines.partition_point(|inline| inline.span.start < span.start);
        self.inlines[from..].iter().take_while(move |inline| inline.span.start < span.end)
    }

    /// Whether the byte at `offset` is prose.
    pub fn is_prose(&self, offset: u32) -> bool {
        let after = self.prose.partition_point(|run| run.start <= offset);
        after > 0 && offset < self.prose[after - 1].end
    }
}

/// Iterates over sibling blocks by index.
pub struct Children<'m> {
    blocks: &'m [Block],
    at: usize,
    end: usize,
}

impl<'m> Iterator for Children<'m> {
    type Item = (usize, &'m Block);

    fn next(&mut self) -> Option<Self::Item> {
        if self.at >= self.end {
            return None;
        }
        let index = self.at;
        let block = &self.blocks[index];
        self.at = block.end as usize;
        Some((index, block))
    }
}

struct Builder<'t> {
    text: &'t str,
    base: usize,
    out: Markdown,
    open: Vec<usize>,
    quotes: u32,
    inline_depth: u32,
    /// Inside a code block or raw HTML, whose text is no prose.
    literal: bool,
}

impl<'t> Builder<'t> {
    fn new(text: &'t str, base: usize) -> Self {
        let length = text.len() - base;
        let out = Markdown {
            blocks: Vec::with_capacity(length / 40),
            prose: Vec::with_capacity(length / 40),
            inlines: Vec::with_capacity(length / 120),
            local_links: Vec::new(),
        };
        Self { text, base, out, open: Vec::with_capacity(16), quotes: 0, inline_depth: 0, literal: false }
    }

    /// Adds rows of a table that is in no other block.
    fn rows(&mut self, pieces: &[Piece]) {
        for piece in pieces {
            match *piece {
                Piece::Row { span, content } => {
                    let end = self.out.blocks.len() as u32 + 1;
                    self.out.blocks.push(Block { kind: BlockKind::TableRow, span, content, end });
                }
                Piece::Text(span) | Piece::Strong { text: span } => self.out.prose.push(span),
                Piece::Code(span) => self.out.inlines.push(Inline { kind: InlineKind::Code, span }),
                Piece::Link { span, text, target } => {
                    self.out.inlines.push(Inline { kind: InlineKind::Link, span });
                    let target = &self.text[target.range()];
                    if is_local(target) {
                        self.out.local_links.push(LocalLink { span, target: target.into() });
                    }
                    self.out.prose.push(text);
                }
            }
        }
    }

    fn event(&mut self, event: Event<'_>, span: Span) {
        match event {
            Event::Start(tag) => self.start(&tag, span),
            Event::End(tag) => self.end(tag, span),
            Event::Text(_) => {
                if self.literal {
                    return;
                }
                self.inline(span);
                if self.quotes == 0 {
                    self.out.prose.push(span);
                }
            }
            Event::Code(_) | Event::InlineMath(_) | Event::DisplayMath(_) => {
                self.mark(InlineKind::Code, span);
            }
            Event::InlineHtml(_) => self.mark(InlineKind::Html, span),
            Event::Rule => {
                self.push(BlockKind::Rule, span);
                self.pop(span);
            }
            Event::SoftBreak
            | Event::HardBreak
            | Event::Html(_)
            | Event::TaskListMarker(_)
            | Event::FootnoteReference(_) => {}
        }
    }

    fn start(&mut self, tag: &Tag<'_>, span: Span) {
        match tag {
            Tag::Paragraph => self.push(BlockKind::Paragraph, span),
            Tag::Heading { level, .. } => self.push(BlockKind::Heading(*level as u8), span),
            Tag::List(_) => self.push(BlockKind::List, span),
            Tag::Item => self.push(BlockKind::Item, span),
            Tag::Table(_) => self.push(BlockKind::Table, span),
            Tag::TableHead => self.push(BlockKind::TableHead, span),
            Tag::TableRow => self.push(BlockKind::TableRow, span),
            Tag::CodeBlock(_) => {
                self.push(BlockKind::Code, span);
                self.literal = true;
            }
            Tag::HtmlBlock => {
                self.push(BlockKind::Html, span);
                self.literal = true;
            }
            Tag::BlockQuote(_) => {
                self.push(BlockKind::Quote, span);
                self.quotes += 1;
            }
            Tag::Link { link_type, dest_url, .. } => {
                self.mark(InlineKind::Link, span);
                self.inline_depth += 1;
                if *link_type != LinkType::Email && is_local(dest_url) {
                    self.out.local_links.push(LocalLink { span, target: dest_url.as_ref().into() });
                }
            }
            Tag::Image { dest_url, .. } => {
                self.mark(InlineKind::Image, span);
                self.inline_depth += 1;
                if is_local(dest_url) {
                    self.out.local_links.push(LocalLink { span, target: dest_url.as_ref().into() });
                }
            }
            Tag::Emphasis | Tag::Strong | Tag::Strikethrough | Tag::Superscript | Tag::Subscript => {
                self.inline(span);
                self.inline_depth += 1;
            }
            // Cells are split from the row's own line, where an extra or a missing cell is seen as written.
            // The rest belongs to extensions that are off.
            _ => {}
        }
    }

    fn end(&mut self, tag: TagEnd, span: Span) {
        match tag {
            TagEnd::Paragraph
            | TagEnd::Heading(_)
            | TagEnd::List(_)
            | TagEnd::Item
            | TagEnd::Table
            | TagEnd::TableHead
            | TagEnd::TableRow => self.pop(span),
            TagEnd::CodeBlock | TagEnd::HtmlBlock => {
                self.literal = false;
                self.pop(span);
            }
            TagEnd::BlockQuote(_) => {
                self.quotes = self.quotes.saturating_sub(1);
                self.pop(span);
            }
            TagEnd::Link
            | TagEnd::Image
            | TagEnd::Emphasis
            | TagEnd::Strong
            | TagEnd::Strikethrough
            | TagEnd::Superscript
            | TagEnd::Subscript => self.inline_depth = self.inline_depth.saturating_sub(1),
            _ => {}
        }
    }

    fn push(&mut self, kind: BlockKind, span: Span) {
        self.close_bare_text();
        let index = self.out.blocks.len();
        self.out.blocks.push(Block { kind, span, content: Span::at(span.start as usize), end: 0 });
        self.open.push(index);
    }

    fn pop(&mut self, _span: Span) {
        self.close_bare_text();
        self.close();
    }

    fn close(&mut self) {
        if let Some(index) = self.open.pop() {
            self.out.blocks[index].end = self.out.blocks.len() as u32;
        }
    }

    /// The text of a tight item has no paragraph of its own in CommonMark; here it has one, so that
    /// tight and loose lists read alike. It ends where the next block begins.
    fn close_bare_text(&mut self) {
        if let Some(&index) = self.open.last() {
            let block = &self.out.blocks[index];
            let is_bare = block.kind == BlockKind::Paragraph && block.end == BARE;
            if is_bare {
                self.close();
            }
        }
    }

    fn mark(&mut self, kind: InlineKind, span: Span) {
        self.inline(span);
        self.out.inlines.push(Inline { kind, span });
    }

    /// Notes that inline content covers `span`: widens the paragraph it is in.
    fn inline(&mut self, span: Span) {
        if self.inline_depth > 0 {
            return;
        }
        let Some(&index) = self.open.last() else { return };
        if self.out.blocks[index].kind == BlockKind::Item {
            let at = self.out.blocks.len();
            self.out.blocks.push(Block { kind: BlockKind::Paragraph, span, content: span, end: BARE });
            self.open.push(at);
            return;
        }
        let block = &mut self.out.blocks[index];
        if block.content.is_empty() {
            block.content = span;
        } else {
            block.content = block.content.to(span);
        }
        if block.end == BARE {
            block.span = block.span.to(span);
        }
        debug_assert!(span.start as usize >= self.base && span.end as usize <= self.text.len());
    }
}

/// Marks an open paragraph that CommonMark did not announce.
const BARE: u32 = u32::MAX;

/// Whether a destination stays in the library.
pub(super) fn is_local(target: &str) -> bool {
    let scheme = target.split_once(':').map_or("", |(scheme, _)| scheme);
    let is_scheme = scheme.len() > 1
        && scheme.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'+' | b'-' | b'.'))
        && scheme.as_bytes()[0].is_ascii_alphabetic();
    !target.is_empty() && !is_scheme && !target.starts_with("//") && !target.contains("://")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn outline(text: &str) -> Vec<(BlockKind, String)> {
        let parsed = Markdown::parse(text, 0);
        parsed.blocks.iter().map(|block| (block.kind, text[block.content.range()].to_owned())).collect()
    }

    #[test]
    fn tight_and_loose_items_both_hold_a_paragraph() {
        use BlockKind::{Item, List, Paragraph};
        let tight = outline("- **A**: x\n- b\n");
        let kinds: Vec<_> = tight.iter().map(|(kind, _)| *kind).collect();
        assert_eq!(kinds, [List, Item, Paragraph, Item, Paragraph]);
        assert_eq!(tight[2].1, "**A**: x");
        let loose = outline("- **A**: x\n\n- b\n");
        assert_eq!(
            tight.iter().map(|b| &b.1).collect::<Vec<_>>(),
            loose.iter().map(|b| &b.1).collect::<Vec<_>>()
        );
    }

    #[test]
    fn a_nested_list_ends_the_text_of_its_item() {
        let blocks = outline("- a\n  - b\n    c\n");
        assert_eq!(blocks[2].1, "a");
        assert_eq!(blocks[5].1, "b\n    c");
    }

    #[test]
    fn every_subtree_ends_inside_its_parent() {
        let parsed = Markdown::parse("# T\n\n- a\n  - b\n\n> q\n\n| a |\n|---|\n| 1 |\n", 0);
        for (index, block) in parsed.blocks.iter().enumerate() {
            assert!(block.end as usize > index && block.end as usize <= parsed.blocks.len(), "{block:?}");
        }
    }

    #[test]
    fn prose_leaves_out_code_html_quotations_and_destinations() {
        let text = "plain `code` <b>x</b> [label](http://a.example/dest)\n\n> quoted\n\n```\nblock\n```\n";
        let parsed = Markdown::parse(text, 0);
        let prose: String = parsed.prose.iter().map(|run| &text[run.range()]).collect();
        assert_eq!(prose, "plain  x label");
    }

    #[test]
    fn only_links_without_a_scheme_are_local() {
        let parsed = Markdown::parse(
            "[a](x.md) [b](#y) [c](https://z.example) [d](mailto:q@z.example) <q@z.example> ![e](i.png)",
            0,
        );
        let targets: Vec<_> = parsed.local_links.iter().map(|link| &*link.target).collect();
        assert_eq!(targets, ["x.md", "#y", "i.png"]);
    }
}
