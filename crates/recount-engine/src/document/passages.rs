//! A document as text that is searched and quoted: section by section, without markup and without the
//! template's own words. What is found in it, and how it ranks, is decided elsewhere.

use pulldown_cmark::{Event, Parser, Tag, TagEnd};

use super::markdown::options;
use super::template::SectionId;
use super::{Document, Span};

/// The text of a section.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Passage {
    /// The template's section; none for a heading of the document's own, and for what stands before the
    /// first section.
    pub section: Option<SectionId>,
    /// The heading as written, without markup; empty before the first section.
    pub heading: String,
    /// What stands below it: a line for each paragraph, item and row; cells are apart by ` | `.
    pub text: String,
}

impl Document {
    /// The text of every section that holds some, in the order of the document. The title is in none.
    pub fn passages(&self) -> Vec<Passage> {
        let base = self.source().body_start();
        let before = Passage { section: None, heading: String::new(), text: String::new() };
        let mut passages = vec![before];
        passages.extend(self.sections().iter().map(|section| Passage {
            section: section.id,
            heading: plain(self.slice(section.name)),
            text: String::new(),
        }));
        let title = self.title().map(|title| title.span);
        let mut current = 0;
        let mut text = Text::default();
        for (event, range) in Parser::new_ext(&self.text()[base..], options()).into_offset_iter() {
            let at = (range.start + base) as u32;
            let is_start = matches!(event, Event::Start(_));
            while is_start && self.sections().get(current).is_some_and(|section| section.span.start <= at) {
                passages[current].text = std::mem::take(&mut text).finish();
                current += 1;
            }
            let heading = current.checked_sub(1).map(|section| self.sections()[section].heading);
            let skipped = |span: Option<Span>| span.is_some_and(|span| span.start <= at && at < span.end);
            let is_text = matches!(event, Event::Text(_) | Event::Code(_));
            if is_text && (skipped(heading) || skipped(title)) {
                continue;
            }
            match self.template_word_at(at).filter(|_| is_text) {
                // A label and the value behind it can be one piece of text: `(UTC): 2026-11-20`.
                Some(word) if (word.end as usize) < range.end + base && matches!(event, Event::Text(_)) => {
                    let rest = &self.text()[word.end as usize..range.end + base];
                    text.take(&Event::Text(rest.into()));
                }
                Some(_) => {}
                None => text.take(&event),
            }
        }
        passages[current].text = text.finish();
        passages.retain(|passage| !passage.text.is_empty());
        passages
    }

    fn template_word_at(&self, offset: u32) -> Option<Span> {
        let after = self.template_words.partition_point(|span| span.start <= offset);
        let word = *self.template_words.get(after.checked_sub(1)?)?;
        (offset < word.end).then_some(word)
    }
}

/// Markdown without its marks, on one line.
pub fn plain(markdown: &str) -> String {
    // Most values are words alone.
    let is_mark =
        |byte: u8| matches!(byte, b'*' | b'_' | b'`' | b'[' | b'<' | b'\\' | b'&' | b'#' | b'~' | b'!');
    let mut text = Text::default();
    if !markdown.bytes().any(|byte| is_mark(byte) || byte == b'\n') {
        return markdown.trim().to_owned();
    }
    for event in Parser::new_ext(markdown, options()) {
        text.take(&event);
    }
    text.finish().replace('\n', " ")
}

/// Text being gathered from events.
#[derive(Default)]
struct Text {
    out: String,
}

impl Text {
    fn take(&mut self, event: &Event<'_>) {
        match event {
            Event::Text(text) | Event::Code(text) => self.out.push_str(text),
            Event::SoftBreak | Event::HardBreak => self.out.push(' '),
            Event::End(TagEnd::TableCell) => self.out.push_str(" | "),
            Event::Start(Tag::Item | Tag::CodeBlock(_))
            | Event::End(
                TagEnd::Paragraph
                | TagEnd::Heading(_)
                | TagEnd::Item
                | TagEnd::CodeBlock
                | TagEnd::TableHead
                | TagEnd::TableRow,
            ) => self.out.push('\n'),
            _ => {}
        }
    }

    /// Lines without what surrounds them: the colon behind a label that was left out, empty cells.
    fn finish(self) -> String {
        let is_around = |c: char| c.is_whitespace() || matches!(c, '|' | ':');
        let lines =
            self.out.lines().map(|line| line.trim_start_matches(is_around).trim_end_matches([' ', '|']));
        let mut text = String::with_capacity(self.out.len());
        for line in lines.filter(|line| !line.is_empty()) {
            if !text.is_empty() {
                text.push('\n');
            }
            text.push_str(line);
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::document::template::TEMPLATE;

    #[test]
    fn the_blank_template_holds_nothing_to_search() {
        let passages = Document::parse(TEMPLATE.as_bytes()).passages();
        let left: Vec<_> = passages.iter().filter(|p| p.text != "P0\nP1\nP2").collect();
        assert!(left.iter().all(|p| !p.text.contains("Copy this file")), "{left:#?}");
    }

    #[test]
    fn a_section_is_its_text_without_markup_labels_and_comments() {
        let text = "# Title\n\nBefore.\n\n## Detection\n\n- **How was it detected**:\n  - Alert name(s): `HighErrorRate` [x](u)\n\n\
                    ## Timeline\n\n| Time (UTC) | Actor | Action | Result |\n|---|---|---|---|\n\
                    | 14:02 | @ana | **Detected.** a \\| b | |\n\n## Our own\n\n```\nerror: *x*\n```\n<!-- no -->\n";
        let passages = Document::parse(text.as_bytes()).passages();
        let told: Vec<_> = passages.iter().map(|p| (p.heading.as_str(), p.text.as_str())).collect();
        assert_eq!(
            told,
            [
                ("", "Before."),
                ("Detection", "HighErrorRate x"),
                ("Timeline", "14:02 | @ana | Detected. a | b"),
                ("Our own", "error: *x*"),
            ]
        );
    }

    #[test]
    fn a_value_behind_the_words_of_a_label_is_text() {
        let text = "## Incident summary\n\n- **Start time** (UTC): 2026-11-20 14:02\n\n## Root cause\n\n\
                    - Direct trigger: a deploy\n- **Root cause** (systems explanation): no limit\n\
                    - **Contributing factors**:\n  - capacity: one pool\n";
        let passages = Document::parse(text.as_bytes()).passages();
        let told: Vec<_> = passages.iter().map(|p| p.text.as_str()).collect();
        assert_eq!(told, ["2026-11-20 14:02", "a deploy\nno limit\none pool"]);
    }

    #[test]
    fn plain_text_is_one_line() {
        for (markdown, text) in [
            ("word", "word"),
            (" `a` and **b** ", "a and b"),
            ("[a deploy](https://x.example) of v41", "a deploy of v41"),
            ("one\ntwo", "one two"),
            ("a <!-- recount: id k7f3q2 -->", "a"),
            ("", ""),
        ] {
            assert_eq!(plain(markdown), text, "{markdown}");
        }
    }
}
