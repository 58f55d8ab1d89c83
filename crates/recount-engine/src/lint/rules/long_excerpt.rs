//! `long-excerpt`: a log in the appendices that nobody will read.

use crate::document::Span;
use crate::document::markdown::{Block, BlockKind};
use crate::document::template::SectionId;
use crate::lint::rule::rule;
use crate::lint::{Context, Findings};

rule! {
    /// An excerpt in the appendices is longer than `thresholds.excerpt-lines` (30 by default).
    ///
    /// Code blocks, quotations and paragraphs count.
    ///
    /// ## Why
    ///
    /// The line that matters drowns in those that do not, and the more of a log is copied, the more that
    /// should not be kept comes with it.
    ///
    /// ## Source
    ///
    /// The template: "Notes and raw logs (short excerpts only)".
    ///
    /// ## Examples
    ///
    /// ```markdown bad
    /// ## Appendices
    ///
    /// - Notes and raw logs (short excerpts only):
    ///
    /// ~~~text
    /// 10:04:01 upstream reset 1
    /// 10:04:01 upstream reset 2
    /// 10:04:01 upstream reset 3
    /// 10:04:02 upstream reset 4
    /// 10:04:02 upstream reset 5
    /// 10:04:02 upstream reset 6
    /// 10:04:03 upstream reset 7
    /// 10:04:03 upstream reset 8
    /// 10:04:03 upstream reset 9
    /// 10:04:04 upstream reset 10
    /// 10:04:04 upstream reset 11
    /// 10:04:04 upstream reset 12
    /// 10:04:05 upstream reset 13
    /// 10:04:05 upstream reset 14
    /// 10:04:05 upstream reset 15
    /// 10:04:06 upstream reset 16
    /// 10:04:06 upstream reset 17
    /// 10:04:06 upstream reset 18
    /// 10:04:07 upstream reset 19
    /// 10:04:07 upstream reset 20
    /// 10:04:07 upstream reset 21
    /// 10:04:08 upstream reset 22
    /// 10:04:08 upstream reset 23
    /// 10:04:08 upstream reset 24
    /// 10:04:09 upstream reset 25
    /// 10:04:09 upstream reset 26
    /// 10:04:09 upstream reset 27
    /// 10:04:10 upstream reset 28
    /// 10:04:10 upstream reset 29
    /// 10:04:10 upstream reset 30
    /// 10:04:11 upstream reset 31
    /// ~~~
    /// ```
    ///
    /// ```markdown good
    /// ## Appendices
    ///
    /// - Notes and raw logs (short excerpts only):
    ///
    /// ~~~text
    /// 10:04:01 upstream reset 1
    /// (212,000 such lines up to 10:31)
    /// ~~~
    /// ```
    name: "long-excerpt",
    group: Hygiene,
    levels: Advice,
    check: check,
}

fn check(cx: &Context<'_>, out: &mut Findings) {
    let document = cx.document;
    let Some(section) = document.section(SectionId::Appendices) else { return };
    let most = cx.config.thresholds.excerpt_lines as usize;
    let blocks = &document.markdown().blocks;
    let mut at = blocks.partition_point(|block| block.span.start < section.span.start);
    while let Some(block) = blocks.get(at).filter(|block| block.span.start < section.span.end) {
        at += 1;
        let lines = lines(cx, block);
        if lines <= most {
            continue;
        }
        // What stands inside of it was said with it.
        at = at.max(block.end as usize);
        let line = document.source().line_at(block.span.start as usize);
        out.report(
            Span { start: block.span.start, end: line.end.max(block.span.start) },
            format!("this excerpt has {lines} lines; {most} are allowed"),
            "the line that matters drowns in those that do not",
            "keep the lines that show something, and link to the rest",
        );
    }
}

/// The lines of an excerpt, without fences; none for what is no excerpt.
fn lines(cx: &Context<'_>, block: &Block) -> usize {
    let text = cx.document.slice(block.span).trim_end();
    match block.kind {
        BlockKind::Code | BlockKind::Paragraph | BlockKind::Quote | BlockKind::Html => {
            let fences = match text.as_bytes() {
                [b'`' | b'~', ..] if block.kind == BlockKind::Code => 2,
                _ => 0,
            };
            (memchr::memchr_iter(b'\n', text.as_bytes()).count() + 1).saturating_sub(fences)
        }
        _ => 0,
    }
}
