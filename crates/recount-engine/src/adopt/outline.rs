//! The foreign document taken apart: front matter, title, parts with their headings, links' definitions.
//! A heading may be one of Markdown's, a line in bold, or a label before a paragraph. What does not live
//! here: what a heading means beyond whether it is one (`headings`).

use jiff::civil::Date;
use pulldown_cmark::Parser;

use super::habits;
use super::headings::{self, Place};
use super::{tasks, times};
use crate::document::markdown::{self, Block, BlockKind, Markdown};
use crate::document::template::normalize;
use crate::document::{Source, Span};

/// A document of another template, taken apart. Spans are offsets in `text`.
pub(super) struct Outline {
    /// The text with `\n` at every line's end.
    pub(super) text: String,
    pub(super) markdown: Markdown,
    /// The fenced front matter, fences left out, and the language it is in.
    pub(super) front: Option<(Span, &'static str)>,
    /// The heading that is the title.
    pub(super) title: Option<Span>,
    /// The parts in order; the first has no heading.
    pub(super) parts: Vec<Part>,
    /// Lines that are no block: definitions of links.
    pub(super) references: Vec<Span>,
    /// Where a `\r` of the file was left out of `text`.
    removed: Vec<usize>,
}

/// A heading with what stands below it, up to the next heading.
pub(super) struct Part {
    /// The heading's text; none for what stands before the first.
    pub(super) heading: Option<Span>,
    pub(super) level: u8,
    pub(super) parent: Option<usize>,
    /// What the heading means.
    pub(super) place: Option<Place>,
    /// What follows a label in its own paragraph.
    pub(super) lead: Option<Span>,
    /// Indices of the top-level blocks below it.
    pub(super) blocks: Vec<usize>,
}

impl Outline {
    pub(super) fn read(bytes: &[u8]) -> Self {
        let original = Source::new(bytes);
        let (text, removed) = with_plain_line_ends(original.text());
        let source = Source::new(text.as_bytes());
        let toml = toml_front_matter(&text);
        let front = source.front_matter().map(|span| (span, "yaml")).or(toml.map(|(span, _)| (span, "toml")));
        let body = toml.map_or(source.body_start(), |(_, end)| end);
        let markdown = Markdown::parse(&text, body);
        let mut outline =
            Self { text, markdown, front, title: None, parts: Vec::new(), references: Vec::new(), removed };
        outline.references = outline.definitions(body);
        outline.divide();
        outline
    }

    /// The text of a span.
    pub(super) fn slice(&self, span: Span) -> &str {
        self.text.get(span.range()).unwrap_or("")
    }

    pub(super) fn block(&self, index: usize) -> &Block {
        &self.markdown.blocks[index]
    }

    /// The span in the file's own bytes.
    pub(super) fn in_file(&self, span: Span) -> Span {
        let moved = |at: u32| at as usize + self.removed.partition_point(|removed| *removed < at as usize);
        Span::new(moved(span.start), moved(span.end))
    }

    /// A block with its whole first line, as Markdown.
    pub(super) fn source_of(&self, index: usize) -> Span {
        let span = self.block(index).span;
        let line = self.text[..span.start as usize].rfind('\n').map_or(0, |at| at + 1);
        let indent = &self.text[line..span.start as usize];
        let start = if indent.trim().is_empty() { line } else { span.start as usize };
        Span::new(start, start.max(span.start as usize) + self.text[span.range()].trim_end().len())
    }

    /// The top-level blocks, in order.
    pub(super) fn top(&self) -> Vec<usize> {
        self.markdown.siblings(0, self.markdown.blocks.len()).map(|(index, _)| index).collect()
    }

    /// The part and those below it that belong to it, in order: a sub-heading with a meaning of its own does
    /// not, unless it only groups what the part lists.
    pub(super) fn subtree(&self, part: usize) -> Vec<usize> {
        let belongs = |index: &usize| {
            let mut at = *index;
            while at != part {
                if self.stands_alone(at, part) {
                    return false;
                }
                match self.parts[at].parent {
                    Some(parent) => at = parent,
                    None => return false,
                }
            }
            true
        };
        (part..self.parts.len()).filter(belongs).collect()
    }

    /// Whether a part below `root` has a meaning of its own there.
    fn stands_alone(&self, at: usize, root: usize) -> bool {
        let part = &self.parts[at];
        let (Some(place), Some(of_root)) = (part.place, self.parts[root].place) else {
            return part.place.is_some();
        };
        let groups = match of_root {
            // Phases of a timeline: `### Detection` above entries.
            Place::Timeline => part.blocks.first().is_some_and(|index| self.begins_with_time(*index)),
            // Kinds of action items: `### Prevention`, `### Detection`.
            Place::Actions => {
                let is_label =
                    part.heading.is_some_and(|heading| !self.text[..heading.start as usize].ends_with(' '));
                let lists = part.lead.is_none()
                    && part.blocks.first().is_some_and(|index| self.block(*index).kind == BlockKind::List);
                matches!(place, Place::Actions | Place::Detection | Place::Field(_)) && (!is_label || lists)
            }
            _ => false,
        };
        place != of_root && !groups
    }

    /// Whether the first paragraph in a block begins with a time.
    pub(super) fn begins_with_time(&self, index: usize) -> bool {
        let inside = index..self.block(index).end as usize;
        let mut paragraphs =
            inside.map(|at| self.block(at)).filter(|block| block.kind == BlockKind::Paragraph);
        paragraphs.next().is_some_and(|block| times::leading(self.slice(block.content)).is_some())
    }

    /// Where links are defined, and other text that is in no block.
    fn definitions(&self, body: usize) -> Vec<Span> {
        let parser = Parser::new_ext(&self.text[body..], markdown::options());
        let mut found: Vec<Span> = parser
            .reference_definitions()
            .iter()
            .map(|(_, definition)| {
                let (start, end) = (definition.span.start + body, definition.span.end + body);
                Span::new(start, start + self.text[start..end].trim_end().len())
            })
            .collect();
        let mut at = body;
        for index in self.top() {
            let span = self.block(index).span;
            self.gap(at, span.start as usize, &mut found);
            at = at.max(span.end as usize);
        }
        self.gap(at, self.text.len(), &mut found);
        found.sort_unstable();
        found
    }

    fn gap(&self, from: usize, to: usize, found: &mut Vec<Span>) {
        let text = self.text.get(from..to).unwrap_or("");
        let lead = text.len() - text.trim_start().len();
        let span = Span::new(from + lead, from + text.trim_end().len().max(lead));
        if text.contains(char::is_alphanumeric) && !found.iter().any(|known| known.overlaps(span)) {
            found.push(span);
        }
    }

    fn divide(&mut self) {
        let mut parts =
            vec![Part { heading: None, level: 0, parent: None, place: None, lead: None, blocks: Vec::new() }];
        // Levels of headings of Markdown's own: labels are below the nearest.
        let mut real_level = 1;
        let top = self.top();
        for (at, index) in top.iter().copied().enumerate() {
            let block = *self.block(index);
            let announces_list = top.get(at + 1).is_some_and(|next| self.lists(*next));
            let found = match block.kind {
                BlockKind::Heading(level) => {
                    let is_first = parts.len() == 1 && parts[0].blocks.is_empty();
                    let text = self.slice(block.content);
                    let is_called_so = ["post", "incident", "rca"]
                        .iter()
                        .any(|word| normalize(text).starts_with(word) && text.contains(':'));
                    // Behind other headings, one that has a meaning is a section of whatever level.
                    let is_behind = parts.len() > 1 && headings::place(text).is_some();
                    let may_be_title = level == 1 && !is_behind
                        || is_first && (is_called_so || headings::place(text).is_none());
                    if may_be_title && self.title.is_none() && !self.is_section(block.content) {
                        self.title = Some(block.content);
                        continue;
                    }
                    // Templates whose sections are of level 1 have them below their title all the same.
                    real_level = level.max(2);
                    Some((block.content, real_level, None))
                }
                BlockKind::Paragraph => {
                    let label = self.label(block.content);
                    let label = label.or_else(|| self.bare_label(block.content).filter(|_| announces_list));
                    label.map(|(label, lead)| (label, real_level + 1, lead))
                }
                _ => None,
            };
            let Some((heading, level, lead)) = found else {
                if let Some(part) = parts.last_mut() {
                    part.blocks.push(index);
                }
                continue;
            };
            // A day or a time below a timeline belongs to it, even where its heading is of the same level.
            if let Some(timeline) = self.timeline_above(&parts, heading, level) {
                let level = parts[timeline].level + 1;
                let parent = Some(timeline);
                parts.push(Part {
                    heading: Some(heading),
                    level,
                    parent,
                    place: None,
                    lead,
                    blocks: Vec::new(),
                });
                continue;
            }
            let parent =
                (0..parts.len()).rev().find(|at| parts[*at].heading.is_some() && parts[*at].level < level);
            let place = headings::place(self.slice(heading));
            parts.push(Part { heading: Some(heading), level, parent, place, lead, blocks: Vec::new() });
        }
        self.parts = parts;
        self.name_what_is_to_be_done();
    }

    /// `Remediation` is what was done, but where it speaks of what is to come and no other heading does.
    fn name_what_is_to_be_done(&mut self) {
        let found = (0..self.parts.len()).find(|at| {
            let name = self.parts[*at].heading.map(|heading| normalize(self.slice(heading)));
            name.is_some_and(|name| matches!(name.as_str(), "remediation" | "remediations"))
        });
        let Some(at) = found else { return };
        let is_named = |other: usize| self.parts[other].place == Some(Place::Actions);
        let is_below = |other: usize| self.parts[other].parent == Some(at);
        if (0..self.parts.len()).any(|other| is_named(other) && !is_below(other)) {
            return;
        }
        let blocks = &self.parts[at].blocks;
        let lists = || blocks.iter().filter(|index| self.block(**index).kind == BlockKind::List);
        let is_to_come = (0..self.parts.len()).any(|other| is_named(other) && is_below(other))
            || lists().next().is_some() && blocks.iter().any(|index| self.announces(*index))
            || lists().any(|list| tasks::orders(self, *list));
        if is_to_come {
            self.parts[at].place = Some(Place::Actions);
        }
    }

    /// Whether a paragraph ends with a colon and says that what follows is done lest it happens again: `To
    /// prevent this in the future, we will:`.
    pub(super) fn promises(&self, index: usize) -> bool {
        const PROMISES: [&str; 20] = [
            "we will",
            "well",
            "we are going to",
            "were going to",
            "will be",
            "we plan",
            "we intend",
            "we should",
            "we need to",
            "we are taking",
            "were taking",
            "we are working",
            "were working",
            "we are planning",
            "were planning",
            "we have identified",
            "next steps",
            "action items",
            "follow up actions",
            "follow ups",
        ];
        const PURPOSES: [&str; 20] = [
            "prevent",
            "preventing",
            "avoid",
            "improve",
            "improving",
            "improvements",
            "future",
            "going forward",
            "moving forward",
            "again",
            "reduce",
            "mitigate",
            "next steps",
            "action items",
            "follow up actions",
            "follow ups",
            "recurrence",
            "reoccurrence",
            "steps",
            "actions",
        ];
        let block = self.block(index);
        let text = self.slice(block.content).trim_end();
        if block.kind != BlockKind::Paragraph || !text.ends_with(':') {
            return false;
        }
        let sentence = text.trim_end_matches(':').rsplit(['.', '!', '?', '\n']).next().unwrap_or(text);
        // A sentence may be wrapped.
        let sentence = if sentence.len() < 40 { text } else { sentence };
        let words = format!(" {} ", normalize(sentence));
        let says = |phrases: &[&str]| phrases.iter().any(|said| words.contains(&format!(" {said} ")));
        text.len() <= 500 && says(&PROMISES) && says(&PURPOSES) && !words.contains(" you ")
    }

    /// Whether a paragraph ends with a colon and speaks of what is to come: `We will:`.
    fn announces(&self, index: usize) -> bool {
        const TO_COME: [&str; 6] = ["will", "going to", "need to", "should", "plan to", "next"];
        let block = self.block(index);
        let text = normalize(self.slice(block.content));
        let words = format!(" {text} ");
        block.kind == BlockKind::Paragraph
            && self.slice(block.content).trim_end().ends_with(':')
            && TO_COME.iter().any(|said| words.contains(&format!(" {said} ")))
    }

    /// The timeline that goes on with a heading of its own level that is a day or begins with a time.
    fn timeline_above(&self, parts: &[Part], heading: Span, level: u8) -> Option<usize> {
        let timeline = parts.iter().rposition(|part| part.place == Some(Place::Timeline))?;
        let last = parts.len() - 1;
        let is_in = last == timeline || parts[last].parent == Some(timeline) || {
            let above = parts[last].parent.and_then(|above| parts[above].parent);
            above == Some(timeline)
        };
        let text = self.slice(heading);
        let is_time =
            times::leading(text).is_some() || times::whole_day(text, Some(times::SOME_DAY)).is_some();
        (is_in && is_time && level <= parts[timeline].level).then_some(timeline)
    }

    /// Whether a heading is one of a template's sections, and so no title.
    fn is_section(&self, heading: Span) -> bool {
        matches!(
            headings::exactly(self.slice(heading)),
            Some(Place::Timeline | Place::Actions | Place::Summary | Place::Impact | Place::Lessons)
        ) && self.slice(heading).split_whitespace().count() <= 3
    }

    /// A paragraph that is a heading, or begins with one: `**Timeline**`, `**Impact:** none`, `Root causes:`.
    fn label(&self, content: Span) -> Option<(Span, Option<Span>)> {
        let text = self.slice(content);
        let start = content.start as usize;
        for mark in ["**", "__", "*", "_"] {
            let Some(inside) = text.strip_prefix(mark) else { continue };
            let length = inside.find(mark)?;
            let label = &inside[..length];
            let after = inside[length + mark.len()..].trim_start_matches([' ', '\t']);
            let is_closed = label.ends_with(':') || after.starts_with(':');
            let rest = after.strip_prefix(':').unwrap_or(after).trim();
            let is_short = label.len() <= 80 && !label.contains('\n');
            if !is_short || headings::place(label).is_none() || times::whole(label).is_some() {
                return None;
            }
            let span = Span::new(start + mark.len(), start + mark.len() + length);
            if rest.is_empty() {
                // A word in italics alone is none.
                return (mark.len() == 2 || is_closed).then_some((span, None));
            }
            if !is_closed || has_several_labels(text) {
                return None;
            }
            let end = start + text.trim_end().len();
            return Some((span, Some(Span::new(end - rest.len(), end))));
        }
        let line = text.trim();
        let is_label = line.ends_with(':') && line.len() <= 60 && !line.contains('\n');
        let names = headings::place(line.trim_end_matches(':'));
        let is_list_heading = matches!(
            names,
            Some(
                Place::Timeline
                    | Place::Actions
                    | Place::List(_)
                    | Place::Lessons
                    | Place::Field(_)
                    | Place::Impact
            )
        );
        let words = line.split_whitespace().count();
        (is_label && is_list_heading && words <= 4).then_some((Span::new(start, start + line.len()), None))
    }

    /// A line that is the name of a section without any mark, which one before a list may be.
    fn bare_label(&self, content: Span) -> Option<(Span, Option<Span>)> {
        let text = self.slice(content).trim();
        let is_name = text.split(' ').count() <= 3 && !text.contains('\n');
        let place = headings::exactly(text).filter(|_| is_name);
        matches!(place, Some(Place::Timeline | Place::Actions)).then_some((content, None))
    }

    /// Whether a block is a list or a table.
    pub(super) fn lists(&self, index: usize) -> bool {
        matches!(self.block(index).kind, BlockKind::List | BlockKind::Table)
    }

    /// Items of a list that are sections of their own, `- **Follow-ups**:` above a list: item, label, list.
    pub(super) fn sections_in(&self, list: usize) -> Vec<(usize, Span, usize)> {
        if self.block(list).kind != BlockKind::List {
            return Vec::new();
        }
        let section = |item: usize| {
            let children: Vec<usize> = self.markdown.children(item).map(|(child, _)| child).collect();
            let [head, below] = children[..] else { return None };
            let label = self.block(head).content;
            let text = self.slice(label).trim();
            let is_label =
                text.len() <= 60 && !text.contains('\n') && text.trim_end_matches("**").ends_with(':');
            let is_section = self.block(head).kind == BlockKind::Paragraph && is_label;
            (is_section && self.block(below).kind == BlockKind::List).then_some((item, label, below))
        };
        self.markdown.children(list).filter_map(|(item, _)| section(item)).collect()
    }

    /// What the front matter says under a key.
    pub(super) fn front_value(&self, key: &str) -> Option<Span> {
        let (span, _) = self.front?;
        let mut at = span.start as usize;
        for line in self.slice(span).split_inclusive('\n') {
            if let Some(rest) = line.strip_prefix(key)
                && let Some(value) = rest.trim_start().strip_prefix([':', '='])
            {
                let value = value.trim();
                let bare = value.trim_matches(['"', '\'']);
                let start = at + line.find(bare).unwrap_or(0);
                return (!bare.is_empty()).then(|| Span::new(start, start + bare.len()));
            }
            at += line.len();
        }
        None
    }

    /// The first day that the text of a span names.
    pub(super) fn day_in(&self, span: Span, near: Option<Date>) -> Option<Date> {
        let text = self.slice(span);
        times::day_in_prose(text, near)
            .or_else(|| times::day_in_prose(&habits::with_english_months(text), near))
    }
}

/// Whether lines of a paragraph begin with labels of their own.
fn has_several_labels(text: &str) -> bool {
    text.lines().filter(|line| line.starts_with("**") || line.starts_with("__")).count() > 1
}

/// The text with `\n` at every line's end, and where a `\r` was left out.
fn with_plain_line_ends(text: &str) -> (String, Vec<usize>) {
    if !text.contains('\r') {
        return (text.to_owned(), Vec::new());
    }
    let mut out = String::with_capacity(text.len());
    let mut removed = Vec::new();
    let mut chars = text.chars().peekable();
    while let Some(ch) = chars.next() {
        match ch {
            '\r' if chars.peek() == Some(&'\n') => removed.push(out.len()),
            '\r' => out.push('\n'),
            ch => out.push(ch),
        }
    }
    (out, removed)
}

/// Front matter between `+++` lines, and where the body begins.
fn toml_front_matter(text: &str) -> Option<(Span, usize)> {
    let start = text.len() - text.trim_start_matches('\u{feff}').len();
    let rest = text[start..].strip_prefix("+++\n")?;
    let from = start + 4;
    let mut at = from;
    for line in rest.split_inclusive('\n') {
        if line.trim_end() == "+++" {
            return Some((Span::new(from, at), at + line.len()));
        }
        at += line.len();
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headings(text: &str) -> Vec<(String, u8, Option<String>)> {
        let outline = Outline::read(text.as_bytes());
        let parts = outline.parts.iter().filter_map(|part| {
            let lead = part.lead.map(|lead| outline.slice(lead).to_owned());
            Some((outline.slice(part.heading?).to_owned(), part.level, lead))
        });
        parts.collect()
    }

    #[test]
    fn headings_are_those_of_markdown_lines_in_bold_and_labels() {
        let text = "# Title\n\n## Lessons\n\n**What went well**\n\n- a\n\n**Impact:** none at\nall\n\n**Note:** b\n\nRoot causes:\n\n- c\n\n# Fallout\n";
        assert_eq!(
            headings(text),
            [
                ("Lessons".to_owned(), 2, None),
                ("What went well".to_owned(), 3, None),
                ("Impact:".to_owned(), 3, Some("none at\nall".to_owned())),
                ("Root causes:".to_owned(), 3, None),
                ("Fallout".to_owned(), 2, None),
            ]
        );
    }

    #[test]
    fn a_section_of_the_first_level_behind_others_is_no_title() {
        let outline = Outline::read(b"Intro.\n\n## Timeline\n\n- a\n\n# Action items\n\n- b\n");
        assert_eq!(outline.title, None);
        assert_eq!(outline.parts.last().and_then(|part| part.place), Some(Place::Actions));
    }

    #[test]
    fn front_matter_of_either_kind_is_no_text() {
        for (text, language, title) in [
            ("---\ntitle: \"Down on May 3\"\n---\n\nIntro.\n", "yaml", "Down on May 3"),
            ("+++\ntitle = \"Down\"\n+++\nIntro.\n", "toml", "Down"),
        ] {
            let outline = Outline::read(text.as_bytes());
            assert_eq!(outline.front.map(|(_, language)| language), Some(language));
            assert_eq!(outline.front_value("title").map(|span| outline.slice(span)), Some(title));
            assert_eq!(outline.slice(outline.source_of(outline.parts[0].blocks[0])), "Intro.");
        }
    }

    #[test]
    fn definitions_of_links_are_kept_apart_and_offsets_lead_back_to_the_file() {
        let outline = Outline::read(b"# T\r\n\r\n[a] text\r\n\r\n[a]: https://x.example\r\n");
        assert_eq!(outline.references.len(), 1);
        let place = outline.in_file(outline.references[0]);
        assert_eq!((place.start, place.end), (19, 41));
    }
}
