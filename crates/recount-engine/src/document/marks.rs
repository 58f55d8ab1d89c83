//! Recount's own comments in a document: waivers with their reason and scope, and action item IDs.

use std::cell::LazyCell;

use super::markdown::{BlockKind, InlineKind, Markdown};
use super::sections::{Title, trimmed};
use super::{Source, Span};

/// A comment that begins `<!-- recount:`.
#[derive(Clone, Debug)]
pub struct Mark {
    /// The whole comment.
    pub span: Span,
    /// What it says.
    pub kind: MarkKind,
}

/// What a comment of ours says.
#[derive(Clone, Debug)]
pub enum MarkKind {
    /// `allow RULE, RULE: reason`.
    Allow {
        /// The rules named, each with its span.
        rules: Vec<Span>,
        /// Why; none where nobody said.
        reason: Option<Span>,
        /// What it covers.
        scope: Scope,
    },
    /// `id k7f3q2`: the stable ID of the action item in whose cell it stands.
    Id(Span),
    /// Something that we do not know.
    Unknown(Span),
}

/// How far a waiver reaches.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scope {
    /// The row, item or paragraph in which it stands.
    Block(Span),
    /// The section below whose heading it stands.
    Section(Span),
    /// Nothing: it stands alone, not below a heading.
    Nothing,
}

impl Scope {
    /// Whether a finding at `span` is covered.
    pub fn covers(self, span: Span) -> bool {
        match self {
            Self::Block(block) | Self::Section(block) => block.start <= span.start && span.start <= block.end,
            Self::Nothing => false,
        }
    }
}

const OPEN: &str = "<!--";
const CLOSE: &str = "-->";

/// Finds all marks outside code.
pub(super) fn read(source: &Source, markdown: &Markdown, title: Option<&Title>) -> Vec<Mark> {
    let mut marks = Vec::new();
    let outline = LazyCell::new(|| Outline::of(source, markdown, title));
    let text = source.text();
    let mut from = source.body_start();
    while let Some(at) = memchr::memmem::find(&text.as_bytes()[from..], b"recount:").map(|at| from + at) {
        from = at + "recount:".len();
        let before = text[..at].trim_end();
        if !before.ends_with(OPEN) {
            continue;
        }
        let start = before.len() - OPEN.len();
        // A comment that is open when the next one opens is none of ours.
        let next = memchr::memmem::find(&text.as_bytes()[from..], OPEN.as_bytes());
        let most = next.map_or(text.len(), |next| from + next);
        let Some(end) = text[at..most].find(CLOSE).map(|close| at + close + CLOSE.len()) else { continue };
        let span = Span::new(start, end);
        let Some(scope) = scope_of(source, markdown, &outline, span) else { continue };
        let said = trimmed(source, Span::new(from, end - CLOSE.len()));
        marks.push(Mark { span, kind: read_mark(source, said, scope) });
        from = end;
    }
    marks
}

fn read_mark(source: &Source, said: Span, scope: Scope) -> MarkKind {
    let text = source.slice(said);
    if let Some(id) = text.strip_prefix("id ") {
        let id = id.trim();
        return MarkKind::Id(Span::new(said.end as usize - id.len(), said.end as usize));
    }
    let Some(rest) = text.strip_prefix("allow").filter(|rest| rest.starts_with([' ', '\t', '\n', '\r']))
    else {
        return MarkKind::Unknown(said);
    };
    let offset = said.end as usize - rest.len();
    let (names, reason) = match rest.split_once(':') {
        Some((names, _)) => {
            let reason = trimmed(source, Span::new(offset + names.len() + 1, said.end as usize));
            (names, (!reason.is_empty()).then_some(reason))
        }
        None => (rest, None),
    };
    let mut rules = Vec::new();
    let mut at = offset;
    for name in names.split([',', ' ', '\n']) {
        let span = trimmed(source, Span::new(at, at + name.len()));
        if !span.is_empty() {
            rules.push(span);
        }
        at += name.len() + 1;
    }
    MarkKind::Allow { rules, reason, scope }
}

/// What a comment at `span` covers; none when it stands in code and is no comment at all.
fn scope_of(source: &Source, markdown: &Markdown, outline: &Outline, span: Span) -> Option<Scope> {
    let after = markdown.blocks.partition_point(|block| block.span.start <= span.start);
    let inner = markdown.blocks[..after].iter().rposition(|block| {
        block.span.contains(span) && !matches!(block.kind, BlockKind::List | BlockKind::Table)
    })?;
    let block = &markdown.blocks[inner];
    match block.kind {
        BlockKind::Code => None,
        BlockKind::Html => {
            Some(outline.scope_at(inner).unwrap_or_else(|| Scope::Block(line_or(source, block.span))))
        }
        BlockKind::TableRow | BlockKind::TableHead | BlockKind::Heading(_) => {
            Some(Scope::Block(trimmed(source, block.span)))
        }
        _ => {
            let is_html = markdown
                .inlines_in(block.span)
                .any(|inline| inline.kind == InlineKind::Html && inline.span.contains(span));
            is_html.then(|| Scope::Block(trimmed(source, block.span).to(source.line_at(span.start as usize))))
        }
    }
}

fn line_or(source: &Source, span: Span) -> Span {
    trimmed(source, span).to(source.line_at(span.start as usize))
}

/// What comments on lines of their own cover, worked out once for all of them: the section of the heading
/// directly above (other comments may stand between).
struct Outline {
    /// The blocks of HTML that are in no other block, in order, each with its heading.
    html: Vec<(usize, Option<usize>)>,
    /// How far each heading reaches.
    headings: Vec<Span>,
}

impl Outline {
    fn of(source: &Source, markdown: &Markdown, title: Option<&Title>) -> Self {
        let end = source.text().len();
        let mut outline = Self { html: Vec::new(), headings: Vec::new() };
        // Headings whose section is still open, with their levels.
        let mut open: Vec<(u8, usize)> = Vec::new();
        let mut above = None;
        for (at, block) in markdown.siblings(0, markdown.blocks.len()) {
            match block.kind {
                BlockKind::Heading(level) => {
                    while let Some((_, index)) = open.pop_if(|(other, _)| *other >= level) {
                        outline.headings[index].end = block.span.start - 1;
                    }
                    let index = outline.headings.len();
                    let is_title = title.is_some_and(|title| title.span.start == block.span.start);
                    if is_title {
                        // It covers the whole document, what stands before it too.
                        outline.headings.push(Span::new(0, end));
                    } else {
                        outline.headings.push(Span::new(block.span.start as usize, end));
                        open.push((level, index));
                    }
                    above = Some(index);
                }
                BlockKind::Html => {
                    outline.html.push((at, above));
                    if !is_only_comments(source.slice(block.span)) {
                        above = None;
                    }
                }
                _ => above = None,
            }
        }
        outline
    }

    /// What a comment in the HTML block `index` covers; none where that stands in another block.
    fn scope_at(&self, index: usize) -> Option<Scope> {
        let at = self.html.binary_search_by_key(&index, |(block, _)| *block).ok()?;
        Some(self.html[at].1.map_or(Scope::Nothing, |heading| Scope::Section(self.headings[heading])))
    }
}

/// Whether `text` is nothing but HTML comments.
pub(super) fn is_only_comments(text: &str) -> bool {
    let mut rest = text.trim();
    while let Some(after) = rest.strip_prefix(OPEN) {
        let Some((_, after)) = after.split_once(CLOSE) else { return false };
        rest = after.trim_start();
    }
    rest.is_empty()
}

/// `span` without the comments (and blanks) at its end. A `<!--` that is escaped opens none.
pub(super) fn without_trailing_comments(source: &Source, span: Span) -> Span {
    let mut text = source.slice(span);
    // Hardly anything ends with a comment or a blank.
    if text.bytes().last().is_some_and(|last| last.is_ascii_graphic() && last != b'>') {
        return span;
    }
    text = text.trim_end();
    while text.ends_with(CLOSE) {
        let Some(start) = text.rfind(OPEN).filter(|start| !text[..*start].ends_with('\\')) else { break };
        let is_whole = text[start + OPEN.len()..]
            .find(CLOSE)
            .is_some_and(|close| start + OPEN.len() + close + CLOSE.len() == text.len());
        if !is_whole {
            break;
        }
        text = text[..start].trim_end();
    }
    Span::new(span.start as usize, span.start as usize + text.len())
}
