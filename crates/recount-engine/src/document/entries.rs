//! Entries of a section of bullets that change or go. What does not live here: adding one (`operations`).

use super::edit::Edit;
use super::operations::{Edits, OperationError, one_item};
use super::template::SectionId;
use super::unchanged::About;
use super::{Document, Span};

impl Document {
    /// Rewrites an entry of a section of bullets by its number, from 1. One of several lines holds more than an entry
    /// does, and is refused.
    pub fn set_entry(&self, id: SectionId, number: usize, text: &str) -> Edits {
        let span = self.entry_of_one_line(id, number)?;
        let text = one_item(text)?;
        let mut expected = self.written_entries(id);
        expected[number - 1].clone_from(&text);
        self.verified(vec![Edit::replace(span, text)], About::Entries(id), |new| {
            new.written_entries(id) == expected
        })
    }

    /// Removes an entry of a section of bullets by its number. The last one leaves an empty bullet.
    pub fn remove_entry(&self, id: SectionId, number: usize) -> Edits {
        let span = self.entry_of_one_line(id, number)?;
        let mut expected = self.written_entries(id);
        expected.remove(number - 1);
        let line = self.source().line_at(span.start as usize);
        let edit = if expected.is_empty() {
            Edit::replace(line, "- ")
        } else {
            let end = self.source().next_line(line.end as usize);
            Edit::remove(Span::new(line.start as usize, end))
        };
        self.verified(vec![edit], About::Entries(id), |new| new.written_entries(id) == expected)
    }

    fn entry_of_one_line(&self, id: SectionId, number: usize) -> Result<Span, OperationError> {
        let entries = self.entries(id);
        let span = number.checked_sub(1).and_then(|at| entries.get(at)).copied();
        let span = span.ok_or_else(|| OperationError::Missing(format!("entry {number}")))?;
        if self.slice(span).contains('\n') {
            return Err(OperationError::Value("an entry of several lines is changed in the whole text"));
        }
        Ok(span)
    }

    fn written_entries(&self, id: SectionId) -> Vec<String> {
        self.entries(id).into_iter().map(|entry| self.slice(entry).to_owned()).collect()
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    const TEXT: &str =
        "# Down\n\n## What went well\n\n- luck\n- skill\n  - of two\n\n## What went poorly\n\n- all\n";

    #[test]
    fn an_entry_is_rewritten_or_removed_and_nothing_else_changes() {
        let document = Document::parse(TEXT.as_bytes());
        let after = |edits: Edits| document.changed(&edits.unwrap()).unwrap().text().to_owned();
        assert_eq!(
            after(document.set_entry(SectionId::WentWell, 1, "- more\nluck")),
            TEXT.replace("- luck", "- more luck")
        );
        assert_eq!(after(document.remove_entry(SectionId::WentWell, 1)), TEXT.replace("- luck\n", ""));
        assert_eq!(after(document.remove_entry(SectionId::WentPoorly, 1)), TEXT.replace("- all", "- "));
        for (number, text) in [(2, "one line"), (3, "x"), (0, "x"), (1, ""), (1, "a <!-- b")] {
            assert!(document.set_entry(SectionId::WentWell, number, text).is_err(), "{number} {text}");
        }
        assert!(document.remove_entry(SectionId::WentWell, 2).is_err());
    }
}
