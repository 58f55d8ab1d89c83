//! Labelled list items: which field each is, and where its value stands.

use super::markdown::{BlockKind, Markdown};
use super::sections::trimmed;
use super::template::{self, FIELDS, FieldId, FieldKind, SYNONYMS, SectionId};
use super::{Section, Source, Span, marks};

/// What stands behind a field's label.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FieldState {
    /// Nothing.
    Blank,
    /// The template's own words, or a stand-in such as `TBD`.
    Placeholder,
    /// An answer.
    Filled,
}

/// A field of the template, found in the document.
#[derive(Clone, Debug)]
pub struct Field {
    /// Which one.
    pub id: FieldId,
    /// Its list item from the marker on, without blank lines behind.
    pub span: Span,
    /// The label as written, markup and colon included.
    pub label: Span,
    /// The value after the label, without blanks and comments at its ends; empty, at the place where
    /// a value would go, when there is none.
    pub value: Span,
    /// Nested bullets or paragraphs that are the value or belong to it; empty when there are none.
    pub body: Span,
    /// The nested bullets, each without its marker.
    pub entries: Vec<Span>,
    /// What stands there.
    pub state: FieldState,
}

/// An item that looks like a field and is none of the template's.
#[derive(Clone, Copy, Debug)]
pub struct UnknownField {
    /// The section it stands in.
    pub section: SectionId,
    /// Its label, without markup and colon.
    pub label: Span,
}

/// Reads all fields of all known sections. The first of a kind counts.
pub(super) fn read(
    source: &Source,
    markdown: &Markdown,
    sections: &[Section],
    own: &mut Vec<Span>,
) -> (Vec<Option<Field>>, Vec<UnknownField>) {
    let mut reader = Reader {
        source,
        markdown,
        own,
        fields: vec![None; FIELDS.len()],
        unknown: Vec::new(),
        name: String::with_capacity(64),
        last: None,
    };
    for section in sections {
        let Some(id) = section.id else { continue };
        if id.fields().next().is_some() {
            reader.section(id, section.blocks);
        } else if id == SectionId::ActionItems {
            reader.guidance(section.blocks);
        }
    }
    for field in reader.fields.iter_mut().flatten() {
        field.state = state_of(source, field);
        // What somebody wrote in the place of a value, `TBD`, is theirs; what the template has there is not.
        if field.state == FieldState::Placeholder && is_template_word(source.slice(field.value), field.id) {
            reader.own.push(field.value);
        }
    }
    (reader.fields, reader.unknown)
}

fn state_of(source: &Source, field: &Field) -> FieldState {
    let value = source.slice(field.value);
    if value.is_empty() {
        let body = source.slice(field.body);
        if body.split_whitespace().all(|word| matches!(word, "-" | "*" | "+")) {
            return FieldState::Blank;
        }
        let is_stand_in = template::is_stand_in(body.trim_start_matches(['-', '*', '+', ' ']));
        return if is_stand_in { FieldState::Placeholder } else { FieldState::Filled };
    }
    if is_template_word(value, field.id) || (value.len() < 32 && template::is_stand_in(value)) {
        FieldState::Placeholder
    } else {
        FieldState::Filled
    }
}

/// Whether a value is what the template itself has in its place, however its parts are kept apart.
fn is_template_word(value: &str, id: FieldId) -> bool {
    id.placeholder().is_some_and(|words| {
        value.len() < words.len() + 8
            && value.contains(['/', '|'])
            && template::normalize(value) == template::normalize(words)
    })
}

struct Reader<'d> {
    source: &'d Source,
    markdown: &'d Markdown,
    own: &'d mut Vec<Span>,
    fields: Vec<Option<Field>>,
    unknown: Vec<UnknownField>,
    name: String,
    /// The field read last: text below its list may be its value.
    last: Option<FieldId>,
}

/// A label found at the start of an item.
struct Label {
    id: FieldId,
    /// End of the label, markup and colon included.
    end: usize,
}

impl Reader<'_> {
    fn section(&mut self, id: SectionId, (start, end): (usize, usize)) {
        self.last = None;
        for (index, block) in self.markdown.siblings(start, end) {
            match block.kind {
                BlockKind::List => self.list(id, index),
                BlockKind::Heading(_) | BlockKind::Rule => self.last = None,
                BlockKind::Html => {}
                _ => self.attach(block.span),
            }
        }
    }

    /// A block below a list belongs to the field above it while that has no value of its own; notes
    /// take everything that follows.
    fn attach(&mut self, span: Span) {
        let Some(id) = self.last else { return };
        let Some(field) = self.fields[id as usize].as_mut() else { return };
        if id == FieldId::Notes || (field.value.is_empty() && field.entries.is_empty()) {
            let span = trimmed(self.source, span);
            field.body = if field.body.is_empty() { span } else { field.body.to(span) };
        }
    }

    fn list(&mut self, section: SectionId, list: usize) {
        let mut first = true;
        for (item, block) in self.markdown.children(list) {
            let head = self.markdown.children(item).next().filter(|(_, b)| b.kind == BlockKind::Paragraph);
            let label = head.and_then(|(_, b)| self.label(section, b.content, None));
            match (label, head) {
                (Some(label), Some((_, head))) => self.field(section, item, head.content, &label),
                (None, _) if first && self.takes_list() => {
                    self.attach(self.markdown.blocks[list].span);
                    return;
                }
                (None, Some((_, head))) => self.unknown_label(section, head.content),
                _ => {}
            }
            first = false;
            let _ = block;
        }
    }

    /// Whether a list of unlabelled items is the value of the field above it.
    fn takes_list(&self) -> bool {
        self.last
            .and_then(|id| self.fields[id as usize].as_ref())
            .is_some_and(|field| field.value.is_empty() && field.entries.is_empty() && field.body.is_empty())
    }

    /// Finds the field whose label begins `content`. With `group`, only its members count.
    fn label(&mut self, section: SectionId, content: Span, group: Option<FieldId>) -> Option<Label> {
        let text = self.source.slice(content);
        let is_member = |id: FieldId| group.is_none() || id.def().group == group;
        if let Some((id, length)) = as_in_template(text, section)
            && is_member(id)
        {
            return Some(Label { id, end: content.start as usize + length });
        }
        label_ends(text).find_map(|end| {
            template::normalize_into(text.get(..end)?, &mut self.name);
            let key = (section, std::mem::take(&mut self.name));
            let found = SYNONYMS.fields.get(&key).copied();
            self.name = key.1;
            let id = found.filter(|id| is_member(*id))?;
            Some(Label { id, end: content.start as usize + after_label(text, end) })
        })
    }

    fn field(&mut self, section: SectionId, item: usize, head: Span, label: &Label) {
        let id = label.id;
        let label_span = trimmed(self.source, Span::new(head.start as usize, label.end));
        self.own.push(label_span);
        self.last = Some(id);
        if self.fields[id as usize].is_some() {
            return;
        }
        let value = self.value(label_span.end as usize, head.end as usize);
        let item_span = self.markdown.blocks[item].span;
        let mut field = Field {
            id,
            span: trimmed(self.source, item_span),
            label: label_span,
            value,
            body: Span::at(value.end as usize),
            entries: Vec::new(),
            state: FieldState::Blank,
        };
        let is_group = id.def().kind == FieldKind::Group;
        let markdown = self.markdown;
        let mut nested = Vec::new();
        for (child, block) in markdown.children(item).skip(1) {
            if block.kind == BlockKind::Html && marks::is_only_comments(self.source.slice(block.span)) {
                continue;
            }
            let mut has_own = !is_group || block.kind != BlockKind::List;
            if block.kind == BlockKind::List {
                for (inner, _) in markdown.children(child) {
                    let head =
                        markdown.children(inner).next().filter(|(_, b)| b.kind == BlockKind::Paragraph);
                    let member = head
                        .filter(|_| is_group)
                        .and_then(|(_, b)| self.label(section, b.content, Some(id)).map(|l| (b.content, l)));
                    if let Some(member) = member {
                        nested.push((inner, member));
                    } else if let Some(entry) = self.entry(inner) {
                        field.entries.push(entry);
                        has_own = true;
                    }
                }
            }
            if has_own {
                let span = trimmed(self.source, block.span);
                field.body = if field.body.is_empty() { span } else { field.body.to(span) };
            }
        }
        self.fields[id as usize] = Some(field);
        for (inner, (content, label)) in nested {
            self.field(section, inner, content, &label);
        }
    }

    fn entry(&self, item: usize) -> Option<Span> {
        let mut whole: Option<Span> = None;
        for (_, child) in self.markdown.children(item) {
            let span = if child.content.is_empty() { child.span } else { child.content };
            let span = trimmed(self.source, span);
            if !span.is_empty() {
                whole = Some(whole.map_or(span, |w| w.to(span)));
            }
        }
        whole.map(|span| marks::without_trailing_comments(self.source, span)).filter(|span| !span.is_empty())
    }

    /// The value between the end of the label and the end of the paragraph. A blank one stands right
    /// behind the label.
    fn value(&self, label_end: usize, paragraph_end: usize) -> Span {
        let whole = trimmed(self.source, Span::new(label_end, paragraph_end));
        let value = marks::without_trailing_comments(self.source, whole);
        if value.is_empty() { Span::at(label_end) } else { value }
    }

    fn unknown_label(&mut self, section: SectionId, content: Span) {
        let line = self.source.slice(content).lines().next().unwrap_or("");
        let Some(rest) = line.strip_prefix("**") else { return };
        let Some((label, after)) = rest.split_once("**") else { return };
        let is_label = label.ends_with(':') || after.trim_start().starts_with([':', '(']);
        if is_label && label.len() <= 60 {
            let start = content.start as usize + 2;
            let label = Span::new(start, start + label.trim_end_matches(':').len());
            self.unknown.push(UnknownField { section, label });
        }
    }

    fn guidance(&mut self, (start, end): (usize, usize)) {
        for (index, block) in self.markdown.siblings(start, end) {
            if block.kind != BlockKind::List {
                continue;
            }
            for (item, _) in self.markdown.children(index) {
                let head = self.markdown.children(item).next().map(|(_, head)| head.content);
                self.own.extend(head.filter(|head| template::is_guidance(self.source.slice(*head))));
            }
        }
    }
}

/// The field whose label begins `text` as the template writes it, and how long it is with its colon. Most
/// labels are written so; only the others are compared by their words.
fn as_in_template(text: &str, section: SectionId) -> Option<(FieldId, usize)> {
    let bold = text.strip_prefix("**");
    let unmarked = bold.unwrap_or(text);
    let first = unmarked.as_bytes().first();
    section.fields().filter(|def| def.label.as_bytes().first() == first).find_map(|def| {
        if def.label.ends_with('?') {
            // A question ends its label itself.
            let is_question = bold.is_none() && text.starts_with(def.label);
            return is_question.then(|| (def.id, after_label(text, def.label.len())));
        }
        let mut rest = after_qualifier(unmarked.strip_prefix(def.label)?);
        if bold.is_some() {
            rest = after_qualifier(rest.strip_prefix("**")?);
        }
        let length = text.len() - rest.strip_prefix(':')?.len();
        (length <= LONGEST_LABEL).then_some((def.id, length))
    })
}

/// What follows a qualifier such as ` (UTC)` at the start of `text`; all of it where there is none.
fn after_qualifier(text: &str) -> &str {
    let Some(inside) = text.strip_prefix(" (") else { return text };
    let is_plain = |ch: char| ch.is_ascii_alphanumeric() || ch == ' ';
    inside.trim_start_matches(is_plain).strip_prefix(')').unwrap_or(text)
}

/// No label is longer.
const LONGEST_LABEL: usize = 120;

/// Where a label may end that begins `text`: before the first colon of the line, behind the first question
/// mark, before the first dash, or with the line.
fn label_ends(text: &str) -> impl Iterator<Item = usize> + '_ {
    let bytes = text.as_bytes();
    let (mut colon, mut question, mut dash, mut line_end) = (false, false, false, false);
    let mut at = 0;
    std::iter::from_fn(move || {
        while at <= bytes.len().min(LONGEST_LABEL) && !line_end {
            let here = at;
            at += 1;
            match bytes.get(here) {
                Some(b':') if !colon => {
                    colon = true;
                    return Some(here);
                }
                Some(b'?') if !question && at <= LONGEST_LABEL => {
                    question = true;
                    return Some(at);
                }
                Some(b' ') if !dash && is_dash(&text[here..]) => {
                    dash = true;
                    return Some(here);
                }
                // A comment is no part of a label that has no colon.
                Some(b'<') if text[here..].starts_with("<!--") => {
                    line_end = true;
                    return Some(text[..here].trim_end().len());
                }
                None | Some(b'\n') => {
                    line_end = true;
                    return Some(text[..here].strip_suffix('\r').map_or(here, str::len));
                }
                _ => {}
            }
        }
        None
    })
}

/// A dash that separates a label without a colon from its value.
fn is_dash(text: &str) -> bool {
    [" - ", " – ", " — "].iter().any(|dash| text.starts_with(dash))
}

/// The end of a label that ends at `end` of the first line of `text`: closing markup, the qualifier in parentheses is
/// in it already, then the colon or dash, then markup that closes behind the colon.
fn after_label(text: &str, end: usize) -> usize {
    let line = text.lines().next().unwrap_or("");
    let mut at = end;
    let skip = |at: &mut usize, wanted: &[&str]| {
        let rest = &line[*at..];
        let trimmed = rest.trim_start();
        for token in wanted {
            if trimmed.starts_with(token) {
                *at += rest.len() - trimmed.len() + token.len();
                return;
            }
        }
    };
    let opened = line.starts_with("**") || line.starts_with("__");
    let is_closing = |pair: &[u8]| matches!(pair, b"**" | b"__");
    let is_open = opened && !line[..end].trim_start_matches(['*', '_']).as_bytes().windows(2).any(is_closing);
    if is_open {
        skip(&mut at, &["**", "__"]);
    }
    skip(&mut at, &[":", "-", "–", "—"]);
    if is_open {
        skip(&mut at, &["**", "__"]);
    }
    at
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_label_as_the_template_writes_it_is_the_one_that_its_words_name() {
        const LABELS: [(&str, &str); 4] =
            [("**{}**{}:", " (UTC)"), ("{}{}:", ""), ("**{}**{}:", ""), ("{}{}:", " (a b)")];
        const QUESTIONS: [(&str, &str); 3] = [("{}{}", ""), ("{}{}", " -"), ("{}{}:", "")];
        for def in FIELDS {
            for (form, qualifier) in if def.label.ends_with('?') { &QUESTIONS[..] } else { &LABELS } {
                let text =
                    form.replacen("{}", def.label, 1).replacen("{}", qualifier, 1) + " a: value? - yes";
                let (id, length) = as_in_template(&text, def.section).expect("it is as in the template");
                let end = label_ends(&text).next().expect("there is a colon");
                let by_words = SYNONYMS.fields.get(&(def.section, template::normalize(&text[..end])));
                assert_eq!((Some(&id), length), (by_words, after_label(&text, end)), "{text}");
                assert_eq!(id, def.id, "{text}");
            }
        }
    }

    #[test]
    fn a_label_in_other_words_or_marks_is_not_as_in_the_template() {
        for text in ["**Severity:** Sev1", "severity: Sev1", "**Severity** Sev1", "Severity (a-b): Sev1", ""]
        {
            assert_eq!(as_in_template(text, SectionId::IncidentSummary), None, "{text}");
        }
    }
}
