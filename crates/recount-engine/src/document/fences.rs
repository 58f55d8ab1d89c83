//! A code fence that nobody closed: it takes everything below it for code. What does not live here:
//! code that is closed, and fences in lists and quotations, which end with them.

use super::markdown::BlockKind;
use super::template::{self, SYNONYMS, SectionId};
use super::{Document, Span};

/// A fence without its end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnclosedFence {
    /// The line that opens it.
    pub span: Span,
    /// The sections of the template whose headings it swallows.
    pub sections: Vec<SectionId>,
}

impl Document {
    /// The fence that reaches to the end of the document because nothing closes it.
    pub fn unclosed_fence(&self) -> Option<UnclosedFence> {
        let markdown = self.markdown();
        // Nothing follows it: everything is inside.
        let (_, last) = markdown.siblings(0, markdown.blocks.len()).last()?;
        let text = self.slice(last.span);
        let fence = text.trim_start_matches(' ');
        let mark = fence.chars().next().filter(|mark| matches!(mark, '`' | '~'))?;
        let length = fence.len() - fence.trim_start_matches(mark).len();
        let line = self.source().line_at(last.span.start as usize);
        let indent = self.slice(line).len() - self.slice(line).trim_start_matches(' ').len();
        if last.kind != BlockKind::Code || length < 3 || indent > 3 {
            return None;
        }
        let mut lines = text.lines();
        let opening = lines.next().unwrap_or("").trim_end();
        let is_end = |line: &str| {
            let line = line.trim_matches([' ', '\t']);
            line.len() >= length && line.trim_start_matches(mark).is_empty()
        };
        // Were it an earlier line, something would follow the block.
        if lines.clone().rfind(|line| !line.trim().is_empty()).is_some_and(is_end) {
            return None;
        }
        let heading = |line: &str| {
            let name = line.strip_prefix('#')?.trim_start_matches('#');
            SYNONYMS.sections.get(&template::normalize(name)).copied()
        };
        let start = last.span.start as usize;
        Some(UnclosedFence {
            span: Span::new(start, start + opening.len()),
            sections: lines.filter_map(heading).collect(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_fence_that_nothing_closes_is_unclosed() {
        for (text, expected) in [
            ("# T\n\n```sh\nls\n\n## Impact\n\n## My own\n", Some(("```sh", vec![SectionId::Impact]))),
            ("~~~~\n~~~\n", Some(("~~~~", vec![]))),
            ("a\n\n   ```\r\nx\r\n", Some(("```", vec![]))),
            ("```", Some(("```", vec![]))),
            ("```\nx\n```\n", None),
            ("```\nx\n  ````  \n\n", None),
            ("```\nx\n```", None),
            ("```\n```\n", None),
            ("    ```\n    x\n", None),
            ("- ```\n  x\n\n## Impact\n", None),
            ("", None),
        ] {
            let document = Document::parse(text.as_bytes());
            let found = document.unclosed_fence();
            let found = found.map(|fence| (document.slice(fence.span), fence.sections));
            assert_eq!(found, expected, "{text:?}");
        }
    }
}
