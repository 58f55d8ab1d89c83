//! Whole blocks of Markdown (paragraphs, lists, code, tables) that come into a document as they are: below
//! a field's label, into a section, behind everything. What does not live here: values of one line
//! (`operations`) and rows (`rows`).

use super::edit::Edit;
use super::markdown::BlockKind;
use super::operations::{Edits, OperationError};
use super::sections::content_of;
use super::template::{FieldId, SectionId};
use super::unchanged::About;
use super::{Document, FieldState, Span};

impl Document {
    /// Puts blocks below a field's label, behind what stands there. A placeholder goes. The field of a
    /// group holds them behind its members.
    pub fn add_blocks_to_field(&self, id: FieldId, markdown: &str) -> Edits {
        let markdown = lines_of_blocks(markdown)?;
        let Some(field) = self.field(id) else {
            let with_field = self.changed(&self.add_field(id)?)?;
            return self.chained(&with_field, |document| document.add_blocks_to_field(id, &markdown));
        };
        let mut edits = Vec::new();
        if field.state == FieldState::Placeholder && !field.value.is_empty() {
            edits.push(Edit::remove(Span::new(field.label.end as usize, field.value.end as usize)));
        }
        let end = field.span.end.max(field.body.end).max(field.value.end) as usize;
        let end = self.source().line_at(end).end as usize;
        let newline = self.source().newline_at(end);
        let indent = self.nested_indent(field.span);
        let mut text = newline.repeat(2);
        for (index, line) in markdown.lines().enumerate() {
            if index > 0 {
                text.push_str(newline);
            }
            if !line.is_empty() {
                text.push_str(&indent);
                text.push_str(line);
            }
        }
        edits.push(Edit::insert(end, text));
        self.verified(edits, About::Field(id), |new| {
            new.field(id).is_some_and(|field| field.state == FieldState::Filled)
        })
    }

    /// Puts blocks behind what a section holds; the template's empty bullet makes room for them.
    pub fn add_blocks_to_section(&self, id: SectionId, markdown: &str) -> Edits {
        let markdown = lines_of_blocks(markdown)?;
        let Some(section) = self.section(id) else {
            let with_section = self.changed(&self.add_section(id)?)?;
            return self.chained(&with_section, |document| document.add_blocks_to_section(id, &markdown));
        };
        let is_list =
            id.fields().next().is_none() && !matches!(id, SectionId::Timeline | SectionId::ActionItems);
        let end = section.span.start as usize + self.slice(section.span).trim_end().len();
        let newline = self.source().newline_at(end);
        let text = markdown.lines().collect::<Vec<_>>().join(newline);
        let empty =
            self.markdown().siblings(section.blocks.0, section.blocks.1).find_map(|(index, block)| {
                let mut items = self.markdown().children(index);
                let is_empty =
                    block.kind == BlockKind::List && items.all(|(item, _)| content_of(self, item).is_none());
                is_empty.then(|| self.source().line_at(block.span.start as usize))
            });
        let edit = match empty.filter(|_| is_list) {
            Some(line) => Edit::replace(line, text),
            None => Edit::insert(end, format!("{newline}{newline}{text}")),
        };
        let count = self.sections().len();
        let about = if is_list { About::Entries(id) } else { About::Structure };
        let before = self.entries(id).len();
        self.verified(vec![edit], about, |new| {
            new.sections().len() == count && (!is_list || new.entries(id).len() > before)
        })
    }

    /// Puts a section of its own behind all others. Headings in `markdown` are below it.
    pub fn append_section(&self, heading: &str, markdown: &str) -> Edits {
        let heading = heading.split_whitespace().collect::<Vec<_>>().join(" ");
        if heading.is_empty() {
            return Err(OperationError::Value("a section needs a heading"));
        }
        let end = self.text().trim_end().len();
        let newline = self.source().newline_at(end);
        let mut text = format!("{newline}{newline}## {heading}");
        let blocks = markdown.trim_end().lines().collect::<Vec<_>>().join(newline);
        if !blocks.is_empty() {
            text.push_str(newline);
            text.push_str(newline);
            text.push_str(&blocks);
        }
        let tail = if self.text()[end..].is_empty() { newline } else { "" };
        let count = self.sections().len();
        self.verified(vec![Edit::insert(end, format!("{text}{tail}"))], About::Appended, |new| {
            new.sections().len() > count && new.sections()[count..].iter().all(|section| section.id.is_none())
        })
    }
}

/// Blocks without blank lines around them; a line's indentation is part of them.
fn lines_of_blocks(markdown: &str) -> Result<String, OperationError> {
    let lines: Vec<&str> = markdown.lines().map(|line| line.trim_end_matches('\r')).collect();
    let is_filled = |line: &&str| !line.trim().is_empty();
    let (Some(first), Some(last)) = (lines.iter().position(is_filled), lines.iter().rposition(is_filled))
    else {
        return Err(OperationError::Value("there is nothing to add"));
    };
    Ok(lines[first..=last].join("\n"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::document::template::TEMPLATE;

    fn document() -> Document {
        Document::parse(TEMPLATE.as_bytes())
    }

    #[test]
    fn blocks_below_a_label_are_the_fields_body() {
        let document = document();
        let edits = document.add_blocks_to_field(FieldId::RootCause, "One.\n\n```\ncode\n```\n\n- a\n- b\n");
        let new = document.changed(&edits.expect("the field takes blocks")).expect("they apply");
        let field = new.field(FieldId::RootCause).expect("it is there");
        assert_eq!(new.slice(field.body), "One.\n\n  ```\n  code\n  ```\n\n  - a\n  - b");
        assert_eq!(field.entries.len(), 2);
    }

    #[test]
    fn a_placeholder_makes_room() {
        let document = document();
        let edits =
            document.add_blocks_to_field(FieldId::DataLoss, "Two rows.").expect("it takes a paragraph");
        let new = document.changed(&edits).expect("they apply");
        assert!(new.text().contains("  - Data loss:\n\n    Two rows.\n  - Data corruption"));
    }

    #[test]
    fn a_list_takes_the_place_of_the_empty_bullet_and_a_second_one_follows() {
        let mut document = document();
        for items in ["- one\n  more\n- two", "Prose."] {
            let edits = document.add_blocks_to_section(SectionId::WentWell, items).expect("it takes blocks");
            document = document.changed(&edits).expect("they apply");
        }
        assert!(
            document
                .text()
                .contains("## What went well\n\n- one\n  more\n- two\n\nProse.\n\n## What went poorly")
        );
    }

    #[test]
    fn what_would_end_up_elsewhere_is_refused() {
        let document = document();
        assert!(
            document.add_blocks_to_section(SectionId::Mitigation, "This would be a workaround.").is_err()
        );
        assert!(document.add_blocks_to_section(SectionId::WentWell, "## Timeline\n\nx").is_err());
        assert!(document.append_section("A", "```\nopen").is_ok());
        assert!(document.append_section("A", "text\n\n### B").is_ok());
        assert!(document.append_section("A", "text\n\n## Timeline").is_err());
        assert!(document.add_blocks_to_field(FieldId::RootCause, "\n \n").is_err());
    }

    #[test]
    fn rows_are_appended_in_their_order_and_blank_ones_go() {
        let document = document();
        let rows = ["b", "a"].map(|action| [String::new(), String::new(), action.to_owned(), String::new()]);
        let new = document
            .changed(&document.append_timeline_rows(&rows).expect("it has a table"))
            .expect("they apply");
        assert!(new.text().contains("|---|---|---|---|\n| | | b | |\n| | | a | |\n\n## Root cause"));
        let item = |text: &str| ["", text, "", "", "Open", ""].map(str::to_owned);
        let edits = new.append_action_items(&[item("x"), item("y")]).expect("it has a table");
        let new = new.changed(&edits).expect("they apply");
        assert!(new.text().contains("---|\n| | x | | | Open | |\n| | y | | | Open | |\n\nPriority guidance"));
    }
}
