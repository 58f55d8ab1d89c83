//! A document as text that is searched and quoted: section by section, without markup and without the
//! template's own words. What is found in it, and how it ranks, is decided elsewhere.

use pulldown_cmark::{Event, Parser, Tag, TagEnd};

use super::markdown::options;
use super::template::{FieldId, SectionId};
use super::value::priority::Priority;
use super::{Document, FieldState, Span};

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
            let end = (range.end + base) as u32;
            match self.past_template_words(at, end) {
                // A label and the value behind it can be one piece of text: `(UTC): 2026-11-20`.
                from if from > at && from < end && matches!(event, Event::Text(_)) => {
                    text.take(&Event::Text(self.text()[from as usize..end as usize].into()));
                }
                from if from > at && is_text => {}
                _ => text.take(&event),
            }
        }
        passages[current].text = text.finish();
        // Rows that nobody filled: the template gives them their priorities.
        for passage in passages.iter_mut().filter(|passage| passage.section == Some(SectionId::ActionItems)) {
            let lines = passage.text.lines().filter(|line| Priority::parse(line).is_none());
            passage.text = lines.collect::<Vec<_>>().join("\n");
        }
        passages.retain(|passage| !passage.text.is_empty());
        passages
    }

    /// The sentence that says best what happened, with its section: what customers had of it, else what set it off, else
    /// why.
    pub fn gist(&self) -> Option<(SectionId, String)> {
        let telling = [FieldId::ImpactSummary, FieldId::Symptoms, FieldId::DirectTrigger, FieldId::RootCause];
        telling.into_iter().find_map(|id| {
            self.field(id).filter(|field| field.state == FieldState::Filled)?;
            let text =
                self.field_values(id).map(|span| plain(self.slice(span))).find(|text| !text.is_empty())?;
            Some((id.def().section, first_sentence(&text).to_owned()))
        })
    }

    /// Where a text that begins at `at` holds something of its own: `at` itself where the template's words do not stand
    /// there.
    fn past_template_words(&self, at: u32, end: u32) -> u32 {
        let mut from = at;
        while from < end {
            let rest = &self.text()[from as usize..end as usize];
            let blank = rest.len() - rest.trim_start_matches([' ', ':']).len();
            let Some(word) = self.template_word_at(from + blank as u32) else { break };
            from = word.end.min(end);
        }
        from
    }

    fn template_word_at(&self, offset: u32) -> Option<Span> {
        let after = self.template_words.partition_point(|span| span.start <= offset);
        let word = *self.template_words.get(after.checked_sub(1)?)?;
        (offset < word.end).then_some(word)
    }
}

/// Up to the first full stop that another sentence follows.
fn first_sentence(text: &str) -> &str {
    let ends = text.match_indices(". ").map(|(at, stop)| (at + 1, &text[at + stop.len()..]));
    let is_end = |rest: &str| rest.trim_start().starts_with(|c: char| c.is_uppercase() || !c.is_ascii());
    ends.filter(|(_, rest)| is_end(rest)).map(|(end, _)| &text[..end]).next().unwrap_or(text)
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
        assert_eq!(Document::parse(TEMPLATE.as_bytes()).passages(), []);
        let draft = "# A title\n\n## Incident summary\n\n- **Severity**: Sev0 | Sev1 | Sev2 | Sev3\n\
                     - **Customer impact summary**: none yet\n\n## Impact\n\n- **Data impact**:\n\
                     \x20 - Data loss: `yes/no (details)`\n  - Data corruption: yes (two rows)\n";
        let passages = Document::parse(draft.as_bytes()).passages();
        let told: Vec<_> = passages.iter().map(|p| p.text.as_str()).collect();
        assert_eq!(told, ["none yet", "yes (two rows)"]);
    }

    #[test]
    fn the_gist_is_the_first_sentence_of_what_says_most() {
        for (text, gist) in [
            (
                "## Incident summary\n\n- **Customer impact summary**: **Approx. 40** orders by 07:5x. Later more.\n",
                Some("Approx. 40 orders by 07:5x."),
            ),
            ("## Root cause\n\n- **Direct trigger**: a `deploy`\n- **Root cause**: x\n", Some("a deploy")),
            ("## Root cause\n\n- **Direct trigger**: TBD\n- **Root cause**: no limit\n", Some("no limit")),
            ("# A title\n\nText.\n", None),
            (TEMPLATE, None),
        ] {
            let found = Document::parse(text.as_bytes()).gist();
            assert_eq!(found.as_ref().map(|(_, text)| text.as_str()), gist, "{text}");
        }
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
