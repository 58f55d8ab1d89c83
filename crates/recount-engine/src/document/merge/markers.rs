//! The marks that a merge leaves around what both sides changed, found again in a document that was not finished.
//!
//! What does not live here: writing them (`combine`), and what a command does about them.

use super::super::markdown::BlockKind;
use super::super::{Document, Span};

/// How many characters a mark has at the least; git's own default.
const LENGTH: usize = 7;

impl Document {
    /// The first line of a conflict that nobody has resolved: `<<<<<<<`, with `=======` and `>>>>>>>` behind it on
    /// lines of their own. Code that shows one is no conflict.
    pub fn unresolved_conflict(&self) -> Option<Span> {
        let text = self.text();
        // Every check asks this, and hardly a document has one.
        let first = memchr::memmem::find(text.as_bytes(), &[b'<'; LENGTH])?;
        let mut offset = self.source().line_at(first).start as usize;
        let mut opened: Option<Span> = None;
        let mut divided = false;
        for line in text[offset..].split_inclusive('\n') {
            let span = Span::new(offset, offset + line.trim_end().len());
            offset += line.len();
            match mark_of(line.trim_end()) {
                Some('<') if !self.is_in_code(span) => (opened, divided) = (Some(span), false),
                Some('=') => divided = opened.is_some(),
                Some('>') if divided => return opened,
                _ => {}
            }
        }
        None
    }

    fn is_in_code(&self, span: Span) -> bool {
        let blocks = &self.markdown().blocks;
        blocks.iter().any(|block| block.kind == BlockKind::Code && block.span.contains(span))
    }
}

/// The character of which a line is a mark: seven or more of it, and a name behind a blank but for the middle one.
fn mark_of(line: &str) -> Option<char> {
    let mark = line.chars().next().filter(|mark| matches!(mark, '<' | '=' | '>'))?;
    let name = line.trim_start_matches(mark);
    let is_mark =
        line.len() - name.len() >= LENGTH && (name.is_empty() || (mark != '=' && name.starts_with(' ')));
    is_mark.then_some(mark)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_conflict_is_found_where_it_begins_and_what_only_looks_like_one_is_none() {
        let conflict = "<<<<<<< ours\n- a\n=======\n- b\n>>>>>>> theirs\n";
        for (text, line) in [
            (conflict.to_owned(), Some("<<<<<<< ours")),
            (format!("# T\n\n| a | b |\n|---|---|\n| 1 | 2 |\n{conflict}"), Some("<<<<<<< ours")),
            (conflict.replace('\n', "\r\n"), Some("<<<<<<< ours")),
            ("<<<<<<<\n=======\n>>>>>>>".to_owned(), Some("<<<<<<<")),
            (format!("# T\n\n```text\n{conflict}```\n"), None),
            ("Title\n=======\n\n> quoted\n>>>>>>> deep\n".to_owned(), None),
            ("<<<<<<< ours\n- a\n>>>>>>> theirs\n".to_owned(), None),
            (String::new(), None),
        ] {
            let document = Document::parse(text.as_bytes());
            let found = document.unresolved_conflict().map(|span| document.slice(span));
            assert_eq!(found, line, "{text}");
        }
    }
}
