//! The title and the sections: which heading is which, and how far each reaches.

use std::ops::Range;

use super::markdown::{Block, BlockKind, Markdown};
use super::template::{self, SYNONYMS, SectionId};
use super::{Document, Source, Span, marks};

/// The first heading of level 1.
#[derive(Clone, Debug)]
pub struct Title {
    /// Its line.
    pub span: Span,
    /// The text without `#` and without comments at its end.
    pub text: Span,
}

/// A heading and what follows it, up to the next section.
#[derive(Clone, Debug)]
pub struct Section {
    /// The template's section that it is; none for headings of its own.
    pub id: Option<SectionId>,
    /// The heading's line or lines.
    pub heading: Span,
    /// The heading's text.
    pub name: Span,
    /// The heading's level.
    pub level: u8,
    /// From the heading to the next section or the end.
    pub span: Span,
    /// The blocks after the heading: indices into the Markdown's blocks.
    pub(super) blocks: (usize, usize),
}

/// Splits the document. A heading that the template knows begins a section at any level; another
/// heading does so only where it is not below a section's own.
pub(super) fn read(
    source: &Source,
    markdown: &Markdown,
    own: &mut Vec<Span>,
) -> (Option<Title>, Vec<Section>) {
    let mut title = None;
    let mut sections: Vec<Section> = Vec::with_capacity(16);
    let mut met = [false; SectionId::ALL.len()];
    let mut name = String::new();
    for (index, block) in markdown.siblings(0, markdown.blocks.len()) {
        let BlockKind::Heading(level) = block.kind else {
            if block.kind == BlockKind::Paragraph && template::is_guidance(source.slice(block.content)) {
                own.push(block.content);
            }
            continue;
        };
        let text = source.slice(block.content);
        let exactly = SectionId::ALL.into_iter().find(|id| id.heading() == text);
        let id = exactly.or_else(|| {
            template::normalize_into(text, &mut name);
            SYNONYMS.sections.get(name.as_str()).copied()
        });
        if level == 1 && title.is_none() && id.is_none() {
            let shown = marks::without_trailing_comments(source, block.content);
            title = Some(Title { span: trim_line_end(source, block), text: shown });
            if source.slice(shown).trim() == template::TEMPLATE_TITLE {
                own.push(block.content);
            }
            continue;
        }
        let is_inner = sections.last().is_some_and(|last| last.id.is_some() && level > last.level);
        // A deeper heading that repeats a section met before, or stands in its own, stays inside.
        let repeats = is_inner && id.is_some_and(|id| met[id as usize]);
        if (id.is_none() && is_inner) || repeats {
            continue;
        }
        if let Some(last) = sections.last_mut() {
            last.blocks.1 = index;
            last.span.end = block.span.start;
        }
        if let Some(id) = id {
            met[id as usize] = true;
            own.push(block.content);
        }
        sections.push(Section {
            id,
            heading: trim_line_end(source, block),
            name: block.content,
            level,
            span: Span::new(block.span.start as usize, source.text().len()),
            blocks: (index + 1, markdown.blocks.len()),
        });
    }
    (title, sections)
}

/// A heading without its line's end. Blanks that belong to its text, such as NBSP, stay.
fn trim_line_end(source: &Source, block: &Block) -> Span {
    let text = source.slice(block.span).trim_end_matches(['\n', '\r', ' ', '\t']);
    let line = Span::new(block.span.start as usize, block.span.start as usize + text.len());
    if block.content.is_empty() { line } else { line.to(block.content) }
}

/// List items (nested ones with their parent) and paragraphs that hold words, guidance and comments at
/// their end left out.
pub(super) fn entries(document: &Document, section: &Section) -> Vec<Span> {
    let mut out = Vec::new();
    let markdown = document.markdown();
    let source = document.source();
    for (index, block) in markdown.siblings(section.blocks.0, section.blocks.1) {
        let shown = |span| marks::without_trailing_comments(source, span);
        match block.kind {
            BlockKind::List => {
                let items = markdown.children(index);
                out.extend(items.filter_map(|(item, _)| content_of(document, item)).map(shown));
            }
            BlockKind::Paragraph | BlockKind::Quote => out.push(shown(trimmed(source, block.span))),
            BlockKind::Code => out.push(trimmed(source, block.span)),
            _ => {}
        }
    }
    out.retain(|span| !span.is_empty() && !template::is_guidance(document.slice(*span)));
    out
}

/// What an item holds after its marker; none for an empty one.
pub(super) fn content_of(document: &Document, item: usize) -> Option<Span> {
    let markdown = document.markdown();
    let mut whole: Option<Span> = None;
    for (_, child) in markdown.children(item) {
        let span = if child.content.is_empty() { child.span } else { child.content };
        let span = trimmed(document.source(), span);
        if !span.is_empty() {
            whole = Some(whole.map_or(span, |w| w.to(span)));
        }
    }
    whole
}

/// Where `bytes` are without what Markdown takes for blank at either end.
pub(super) fn without_blanks(bytes: &[u8]) -> Range<usize> {
    let is_blank = |byte: u8| matches!(byte, b' ' | b'\t' | b'\n' | b'\r');
    let (mut start, mut end) = (0, bytes.len());
    while start < end && is_blank(bytes[start]) {
        start += 1;
    }
    while start < end && is_blank(bytes[end - 1]) {
        end -= 1;
    }
    start..end
}

/// `span` without blanks at either end; where it holds nothing else, its start.
pub(super) fn trimmed(source: &Source, span: Span) -> Span {
    let bytes = source.text().as_bytes().get(span.range()).unwrap_or_default();
    let inner = without_blanks(bytes);
    if let [first, .., last] | [first @ last] = &bytes[inner.clone()]
        && first.is_ascii_graphic()
        && last.is_ascii_graphic()
    {
        return Span::new(span.start as usize + inner.start, span.start as usize + inner.end);
    }
    // Nothing, or at an end a character that may be one of the rarer blanks.
    let text = source.slice(span);
    let inner = text.trim();
    let before = if inner.is_empty() { 0 } else { text.len() - text.trim_start().len() };
    Span::new(span.start as usize + before, span.start as usize + before + inner.len())
}
