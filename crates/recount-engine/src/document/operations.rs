//! The changes that people and commands make, as edits: set a field or a cell, add to a list, add a
//! missing section, write the title and the front matter. Rows that come, go and move are in `rows`.
//!
//! Every operation reads its own result back before it returns it: what was asked for must stand
//! there, and nothing else may have changed. A value that Markdown cannot hold in that place is
//! refused, never written half.

use std::fmt;

use super::edit::{Edit, apply};
use super::markdown::{BlockKind, InlineKind};
use super::sections::content_of;
use super::table::{Cell, Table};
use super::template::{self, ActionColumn, FIELDS, FieldId, FieldKind, SectionId, TimelineColumn};
use super::unchanged::{self, About, all_cells, same_cells};
use super::{Document, FieldState, Span, Stage};

/// Why a change was refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum OperationError {
    /// The value cannot stand there; why.
    Value(&'static str),
    /// The value holds a comment, which would hide what follows.
    Comment,
    /// There is no such section, field, row or column.
    Missing(String),
    /// The field is a heading for others.
    Group(FieldId),
    /// Markdown would read the result as something else.
    ReadsDifferently,
    /// The bytes that would be written again are no text.
    NotText,
}

impl fmt::Display for OperationError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Value(why) => f.write_str(why),
            Self::Comment => f.write_str("a value cannot hold an HTML comment"),
            Self::Missing(what) => write!(f, "there is no {what} in this document"),
            Self::Group(id) => write!(f, "`{}` is only a heading for other fields", id.def().key),
            Self::ReadsDifferently => {
                f.write_str("the change was refused: with it, Markdown would read other parts differently")
            }
            Self::NotText => f.write_str("the change was refused: there are bytes that are not UTF-8"),
        }
    }
}

impl std::error::Error for OperationError {}

/// The edits of a change, or why it cannot be made.
pub(super) type Edits = Result<Vec<Edit>, OperationError>;

/// A value as it is written into a table cell: one line, pipes escaped.
pub fn encode_cell(value: &str) -> Result<String, OperationError> {
    let value = refuse_comments(value)?;
    let lines: Vec<&str> = lines_of(value).collect();
    let line = lines.join("<br>");
    let mut out = String::with_capacity(line.len() + 4);
    for ch in line.chars() {
        if ch == '|' && !out.ends_with('\\') {
            out.push('\\');
        }
        out.push(ch);
    }
    Ok(out)
}

/// A value that is no Markdown of a cell yet, so that each backslash in it is one: what [`decode_cell`] gives goes in
/// again unchanged, also where a backslash stands before a pipe.
pub fn plain_cell(value: &str) -> String {
    value.replace('|', "\\|")
}

/// What a cell means: pipes unescaped, `<br>` as line ends.
pub fn decode_cell(text: &str) -> String {
    text.replace("\\|", "|").replace("<br>", "\n")
}

/// A line of a table from its cells, compact.
pub fn row_line<S: AsRef<str>>(cells: &[S]) -> String {
    let mut line = String::from("|");
    for cell in cells {
        let cell = cell.as_ref();
        line.push(' ');
        line.push_str(cell);
        line.push_str(if cell.is_empty() { "|" } else { " |" });
    }
    line
}

/// A comment would hide what follows it. One that is escaped or in code is shown and hides nothing.
fn refuse_comments(value: &str) -> Result<&str, OperationError> {
    if value.contains("<!--") {
        let alone = Document::parse(value.as_bytes());
        let marks = &alone.markdown().inlines;
        let in_code = |at: usize| {
            let mut code = marks.iter().filter(|mark| mark.kind == InlineKind::Code);
            code.any(|mark| mark.span.range().contains(&at))
        };
        let text = alone.text();
        if text.match_indices("<!--").any(|(at, _)| !text[..at].ends_with('\\') && !in_code(at)) {
            return Err(OperationError::Comment);
        }
    }
    Ok(value.trim())
}

/// The lines of a value that hold something, trimmed.
fn lines_of(value: &str) -> impl Iterator<Item = &str> {
    value.split(['\n', '\r']).map(str::trim).filter(|line| !line.is_empty())
}

/// A line as it can stand behind a label: without what ends a line elsewhere.
fn encode_inline(line: &str) -> String {
    line.split(['\u{b}', '\u{c}', '\0']).collect::<Vec<_>>().join(" ").trim().to_owned()
}

/// A line as it can stand behind a bullet: without a bullet of its own. `-5` and `**bold**` have none.
fn encode_item(line: &str) -> String {
    let bare = line.strip_prefix(['-', '*', '+']).filter(|rest| rest.starts_with([' ', '\t']));
    encode_inline(bare.unwrap_or(line))
}

/// A value as one line for a bullet.
pub(super) fn one_item(value: &str) -> Result<String, OperationError> {
    let line = encode_item(&lines_of(refuse_comments(value)?).collect::<Vec<_>>().join(" "));
    if line.is_empty() { Err(OperationError::Value("there is nothing to add")) } else { Ok(line) }
}

impl Document {
    /// Sets a field. One line stands behind the label; several become nested bullets; an empty value
    /// makes the field blank. A field or section that is missing is added in its place first, which
    /// then makes one edit of both.
    pub fn set_field(&self, id: FieldId, value: &str) -> Edits {
        let def = id.def();
        if def.kind == FieldKind::Group {
            return Err(OperationError::Group(id));
        }
        let value = refuse_comments(value)?;
        let Some(field) = self.field(id) else {
            let with_field = self.changed(&self.add_field(id)?)?;
            return self.chained(&with_field, |document| document.set_field(id, value));
        };
        let is_question = def.kind == FieldKind::Question;
        let as_bullets = is_question || lines_of(value).nth(1).is_some();
        let encode = if as_bullets { encode_item } else { encode_inline };
        let lines: Vec<String> = lines_of(value).map(encode).filter(|line| !line.is_empty()).collect();
        let mut edits = Vec::new();
        let inline = if as_bullets { "" } else { lines.first().map_or("", String::as_str) };
        let label = self.slice(field.label);
        let is_closed = label.trim_end_matches(['*', '_']).ends_with([':', '-', '–', '—']) || is_question;
        let gap = if inline.is_empty() {
            ""
        } else if is_closed {
            " "
        } else {
            ": "
        };
        // Blanks between the label and an old value go with it; comments behind it stay.
        let old = Span::new(field.label.end as usize, field.value.end.max(field.label.end) as usize);
        edits.push(Edit::replace(old, format!("{gap}{inline}")));
        let line_end = self.source().line_at(old.end as usize).end as usize;
        if !field.body.is_empty() {
            let body_start = line_end.min(field.body.start as usize);
            edits.push(Edit::remove(Span::new(body_start, field.body.end as usize)));
        }
        if as_bullets && !lines.is_empty() {
            let newline = self.source().newline_at(line_end);
            let indent = self.nested_indent(field.span);
            let bullets: Vec<String> =
                lines.iter().map(|line| format!("{newline}{indent}- {line}")).collect();
            let bullets = bullets.concat();
            let at = line_end.min(if field.body.is_empty() { line_end } else { field.body.start as usize });
            edits.push(Edit::insert(at, bullets));
        }
        self.verified(edits, About::Field(id), |new| {
            let Some(field) = new.field(id) else { return false };
            let entries = field.entries.iter().copied();
            let inline = (!field.value.is_empty()).then_some(field.value);
            inline.into_iter().chain(entries).map(|span| new.slice(span)).eq(lines.iter().map(String::as_str))
                && (as_bullets || field.body.is_empty())
        })
    }

    /// Adds one answer to a field: behind the label while it is blank (below it for a question), else
    /// as a nested bullet.
    pub fn add_to_field(&self, id: FieldId, value: &str) -> Edits {
        let Some(field) = self.field(id) else { return self.set_field(id, value) };
        if field.state != FieldState::Filled {
            return self.set_field(id, value);
        }
        let line = one_item(value)?;
        let end = if field.body.is_empty() { field.value.end } else { field.body.end } as usize;
        let end = self.source().line_at(end).end as usize;
        let newline = self.source().newline_at(end);
        let indent = match field.entries.last() {
            Some(entry) => {
                let line = self.source().line_at(entry.start as usize);
                let text = self.slice(line);
                text[..text.len() - text.trim_start().len()].to_owned()
            }
            None => self.nested_indent(field.span),
        };
        let was = self.slice(field.value);
        let texts = |document: &Document, entries: &[Span]| {
            entries.iter().map(|entry| document.slice(*entry).to_owned()).collect::<Vec<_>>()
        };
        let mut expected = texts(self, &field.entries);
        expected.push(line.clone());
        self.verified(
            vec![Edit::insert(end, format!("{newline}{indent}- {line}"))],
            About::Field(id),
            |new| {
                let field = new.field(id);
                field.is_some_and(|f| new.slice(f.value) == was && texts(new, &f.entries) == expected)
            },
        )
    }

    /// Sets a cell of the timeline; `row` counts the rows that hold something, from 1.
    pub fn set_timeline_cell(&self, row: usize, column: TimelineColumn, value: &str) -> Edits {
        let table = self.timeline().ok_or_else(|| OperationError::Missing("timeline".to_owned()))?;
        let index = self.timeline_rows().get(row.wrapping_sub(1)).map(|row| row.index);
        let index = index.ok_or_else(|| OperationError::Missing(format!("timeline row {row}")))?;
        self.set_cell(table, index, column, value, About::Timeline)
    }

    /// Sets a cell of an action item by its number, from 1.
    pub fn set_action_cell(&self, number: usize, column: ActionColumn, value: &str) -> Edits {
        let table =
            self.actions().ok_or_else(|| OperationError::Missing("table of action items".to_owned()))?;
        let index = self.action_items().get(number.wrapping_sub(1)).map(|item| item.index);
        let index = index.ok_or_else(|| OperationError::Missing(format!("action item #{number}")))?;
        self.set_cell(table, index, column, value, About::Actions)
    }

    /// Writes a stable ID behind the action of an item, in a comment that no reader sees. No edits where the item
    /// has one: by that one others know it.
    pub fn set_action_id(&self, number: usize, id: &str) -> Edits {
        let item = self.action_items().get(number.wrapping_sub(1));
        let item = item.ok_or_else(|| OperationError::Missing(format!("action item #{number}")))?;
        if item.id.is_some() {
            return Ok(Vec::new());
        }
        if id.is_empty() || !id.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
            return Err(OperationError::Value("a stable ID is letters and digits"));
        }
        let cell = item.action.filter(|cell| !cell.span.is_empty());
        let cell = cell.ok_or(OperationError::Value("an action item without a text gets no ID"))?;
        let edit = Edit::insert(cell.span.end as usize, format!(" <!-- recount: id {id} -->"));
        self.verified(vec![edit], About::ActionId, |new| {
            let written = new.action_items().get(number - 1).and_then(|item| item.id);
            written.is_some_and(|written| new.slice(written) == id)
        })
    }

    fn set_cell<C: Copy + PartialEq>(
        &self,
        table: &Table<C>,
        row: usize,
        column: C,
        value: &str,
        about: About<'_>,
    ) -> Edits {
        let at = table.index_of(column).ok_or_else(|| OperationError::Missing("such column".to_owned()))?;
        let text = encode_cell(value)?;
        let line = &table.rows[row];
        let cells = table.cells(line);
        let has_borders = self.slice(line.span).starts_with('|') && self.slice(line.span).ends_with('|');
        let edit = match cells.get(at) {
            Some(cell) if has_borders => {
                let comments = self.comments_in(*cell);
                let gap = if text.is_empty() || comments.is_empty() { "" } else { " " };
                let content = format!("{text}{gap}{comments}");
                let text = if content.is_empty() { " ".to_owned() } else { format!(" {content} ") };
                Edit::replace(cell.outer, text)
            }
            _ => {
                let mut all: Vec<String> =
                    cells.iter().map(|cell| self.slice(cell.outer).trim().to_owned()).collect();
                all.resize(all.len().max(table.columns.len()).max(at + 1), String::new());
                let comments = cells.get(at).map_or("", |cell| self.comments_in(*cell));
                format!("{text} {comments}").trim().clone_into(&mut all[at]);
                Edit::replace(line.span, row_line(&all))
            }
        };
        let rows = |document: &Document| match about {
            About::Timeline => all_cells(document, document.timeline()),
            _ => all_cells(document, document.actions()),
        };
        let mut expected = rows(self);
        let cells = &mut expected[row];
        cells.resize(cells.len().max(at + 1), String::new());
        cells[at].clone_from(&text);
        let marks = self.marks().len();
        self.verified(vec![edit], about, |new| {
            let now = rows(new);
            new.marks().len() == marks
                && now.len() == expected.len()
                && now.iter().zip(&expected).all(|(a, b)| same_cells(a, b))
        })
    }

    /// What stands in a cell behind its value: waivers and IDs.
    fn comments_in(&self, cell: Cell) -> &str {
        let end = cell.outer.end as usize;
        self.slice(Span::new(cell.span.end as usize, end)).trim()
    }

    /// Adds an entry to a section of bullets, into the template's empty bullet if it is still there.
    pub fn add_to_section(&self, id: SectionId, text: &str) -> Edits {
        let text = one_item(text)?;
        let Some(section) = self.section(id) else {
            let with_section = self.changed(&self.add_section(id)?)?;
            return self.chained(&with_section, |document| document.add_to_section(id, &text));
        };
        let mut last_item = None;
        let mut empty_item = None;
        for (index, block) in self.markdown().siblings(section.blocks.0, section.blocks.1) {
            if block.kind == BlockKind::List {
                for (item, block) in self.markdown().children(index) {
                    let line = self.source().line_at(block.span.start as usize);
                    if content_of(self, item).is_none() {
                        empty_item = empty_item.or(Some(line));
                    } else {
                        let end = block.span.start as usize + self.slice(block.span).trim_end().len();
                        last_item = Some((line, end));
                    }
                }
            }
        }
        let edit = match (empty_item, last_item) {
            (Some(line), _) => {
                let marker = self.slice(line).trim_end();
                Edit::replace(line, format!("{marker} {text}"))
            }
            (None, Some((line, end))) => {
                let first = self.slice(line);
                let indent = &first[..first.len() - first.trim_start().len()];
                let marker =
                    first.trim_start().chars().next().filter(|c| matches!(c, '-' | '*' | '+')).unwrap_or('-');
                Edit::insert(end, format!("{}{indent}{marker} {text}", self.source().newline_at(end)))
            }
            (None, None) => {
                let end = section.span.start as usize + self.slice(section.span).trim_end().len();
                let newline = self.source().newline_at(end);
                Edit::insert(end, format!("{newline}{newline}- {text}"))
            }
        };
        let texts = |document: &Document| -> Vec<String> {
            document.entries(id).into_iter().map(|entry| document.slice(entry).to_owned()).collect()
        };
        let before = texts(self);
        self.verified(vec![edit], About::Entries(id), |new| {
            let mut after = texts(new);
            let added = after.iter().rposition(|entry| *entry == text);
            added.map(|at| after.remove(at)).is_some() && after == before
        })
    }

    /// Adds a section of the template before the next of the template's that is there. No edits when the
    /// document has it.
    pub fn add_section(&self, id: SectionId) -> Edits {
        if self.section(id).is_some() {
            return Ok(Vec::new());
        }
        let position = SectionId::ALL.iter().position(|other| *other == id).unwrap_or(0);
        let next = SectionId::ALL[position + 1..]
            .iter()
            .filter_map(|later| self.section(*later))
            .min_by_key(|section| section.span.start);
        let newline = self.source().newline_at(self.text().len());
        let text = id.template_text().trim_end_matches('\n').replace('\n', newline);
        let edit = if let Some(section) = next {
            Edit::insert(section.span.start as usize, format!("{text}{newline}{newline}"))
        } else {
            let end = self.text().len();
            let gap = match self.text() {
                text if text.trim().is_empty() => String::new(),
                text if text.ends_with("\n\n") || text.ends_with("\r\n\r\n") => String::new(),
                text if text.ends_with(['\n', '\r']) => newline.to_owned(),
                _ => format!("{newline}{newline}"),
            };
            Edit::insert(end, format!("{gap}{text}{newline}"))
        };
        let count = self.sections().len();
        self.verified(vec![edit], About::Structure, |new| {
            new.section(id).is_some() && new.sections().len() == count + 1
        })
    }

    /// Adds a missing field as the template writes it, behind the nearest earlier field of its
    /// section that is there. No edits when the document has it.
    pub fn add_field(&self, id: FieldId) -> Edits {
        if self.field(id).is_some() {
            return Ok(Vec::new());
        }
        let def = id.def();
        let Some(section) = self.section(def.section) else { return self.add_section(def.section) };
        if let Some(group) = def.group.filter(|group| self.field(*group).is_none()) {
            let with_group = self.changed(&self.add_field(group)?)?;
            return self.chained(&with_group, |document| document.add_field(id));
        }
        let line = template_lines(id);
        let mut earlier = FIELDS[..id as usize].iter().rev().filter(|other| {
            other.section == def.section && (other.group == def.group || def.group == Some(other.id))
        });
        let above = earlier.find_map(|other| self.field(other.id));
        let Some(above) = above else {
            let at = self.source().next_line(section.heading.end as usize);
            let newline = self.source().newline_at(at);
            let lead = if at == self.text().len() && !self.text().ends_with('\n') { newline } else { "" };
            let text = line.replace('\n', newline);
            let edit = Edit::insert(at, format!("{lead}{newline}{text}"));
            return self.verified(vec![edit], About::Structure, |new| new.field(id).is_some());
        };
        let is_group_itself = def.group == Some(above.id);
        let end = if is_group_itself {
            self.source().line_at(above.label.end as usize).end
        } else {
            above.span.end.max(above.body.end)
        };
        let newline = self.source().newline_at(end as usize);
        let old_indent = if def.group.is_some() { "  " } else { "" };
        let indent =
            if is_group_itself { self.nested_indent(above.span) } else { self.indent_of(above.span) };
        let text: Vec<String> = line
            .trim_end()
            .split('\n')
            .map(|line| format!("{newline}{indent}{}", line.strip_prefix(old_indent).unwrap_or(line)))
            .collect();
        let edit = Edit::insert(end as usize, text.concat());
        self.verified(vec![edit], About::Structure, |new| new.field(id).is_some())
    }

    /// Writes the title. Where there is none it is put first.
    pub fn set_title(&self, title: &str) -> Edits {
        let title = encode_inline(&lines_of(refuse_comments(title)?).collect::<Vec<_>>().join(" "));
        if title.is_empty() {
            return Err(OperationError::Value("a title needs words"));
        }
        let edit = match self.title() {
            Some(found) if found.text.is_empty() => {
                Edit::insert(found.span.end as usize, format!(" {title}"))
            }
            Some(found) => Edit::replace(found.text, title.clone()),
            None => {
                let newline = self.source().newline_at(0);
                Edit::insert(self.source().body_start(), format!("# {title}{newline}{newline}"))
            }
        };
        self.verified(vec![edit], About::Title, |new| new.title_text() == Some(title.as_str()))
    }

    /// Writes `key: value` into the front matter, which is made when there is none.
    pub fn set_front_matter(&self, key: &str, value: &str) -> Edits {
        if value.contains(['\n', '\r']) {
            return Err(OperationError::Value("a value of the front matter is one line"));
        }
        let front = self.front_matter();
        let written = format!("{key}: {value}");
        let edit = match (front.key_block(self.source(), key), front.span) {
            (Some(block), _) => Edit::replace(block, written.trim_end()),
            (None, Some(span)) => {
                let newline = self.source().newline_at(span.end as usize);
                Edit::insert(span.end as usize, format!("{}{newline}", written.trim_end()))
            }
            (None, None) => {
                let newline = self.source().newline_at(0);
                Edit::insert(
                    self.source().body_start(),
                    format!("---{newline}{}{newline}---{newline}{newline}", written.trim_end()),
                )
            }
        };
        self.verified(vec![edit], About::FrontMatter(key), |new| {
            let line = new.front_matter().key_line(new.source(), key);
            line.is_some_and(|line| new.slice(line) == written.trim_end())
        })
    }

    /// Writes the stage into the front matter.
    pub fn set_stage(&self, stage: Stage) -> Edits {
        self.set_front_matter("stage", stage.as_str())
    }

    /// The document after `edits`.
    pub fn changed(&self, edits: &[Edit]) -> Result<Document, OperationError> {
        let bytes = apply(self.source().bytes(), edits).map_err(|_| OperationError::ReadsDifferently)?;
        Ok(Document::parse(&bytes))
    }

    /// One edit that does what `then` does to `next`, seen from here.
    pub(super) fn chained(&self, next: &Document, then: impl FnOnce(&Document) -> Edits) -> Edits {
        let edits = then(next)?;
        let bytes = apply(next.source().bytes(), &edits).map_err(|_| OperationError::ReadsDifferently)?;
        let edit = Edit::between(self.source().bytes(), &bytes);
        let is_text = edit.as_ref().is_none_or(|edit| self.source().is_text(edit.span));
        if is_text { Ok(edit.into_iter().collect()) } else { Err(OperationError::NotText) }
    }

    /// Puts the template's empty table into the section (or the section into the document), then goes on.
    pub(super) fn with_table_first(&self, id: SectionId, then: impl FnOnce(&Document) -> Edits) -> Edits {
        let edits = match self.section(id) {
            None => self.add_section(id)?,
            Some(section) => {
                let text = id.template_text();
                let start = text.find('|').unwrap_or(0);
                let end = text[start..].find("\n\n").map_or(text.trim_end().len(), |at| start + at);
                let at = section.span.start as usize + self.slice(section.span).trim_end().len();
                let newline = self.source().newline_at(at);
                let table = text[start..end].trim_end().replace('\n', newline);
                // What follows the table at once would be a row of it.
                let below = self.source().line_at(self.source().next_line(at));
                let tail =
                    if self.source().is_blank(below) && !self.text()[at..].is_empty() { "" } else { newline };
                let edit = Edit::insert(at, format!("{newline}{newline}{table}{tail}"));
                self.verified(vec![edit], About::Structure, |_| true)?
            }
        };
        let next = self.changed(&edits)?;
        let is_there = match id {
            SectionId::Timeline => next.timeline().is_some(),
            _ => next.actions().is_some(),
        };
        if is_there { self.chained(&next, then) } else { Err(OperationError::ReadsDifferently) }
    }

    /// The blanks before bullets that are nested in the item at `span`.
    pub(super) fn nested_indent(&self, span: Span) -> String {
        format!("{}  ", self.indent_of(span))
    }

    fn indent_of(&self, span: Span) -> String {
        let line = self.source().line_at(span.start as usize);
        " ".repeat((span.start - line.start) as usize)
    }

    /// The edits, if what `change` is about is as it `is_done` and the rest of the document as before.
    pub(super) fn verified(
        &self,
        mut edits: Vec<Edit>,
        change: About<'_>,
        is_done: impl FnOnce(&Document) -> bool,
    ) -> Edits {
        edits.retain(|edit| edit.text != self.slice(edit.span));
        // An edit holds text: what it replaces would come back as something else.
        if edits.iter().any(|edit| !self.source().is_text(edit.span)) {
            return Err(OperationError::NotText);
        }
        let new = self.changed(&edits)?;
        let holds = is_done(&new) && unchanged::holds(self, &new, change);
        if holds { Ok(edits) } else { Err(OperationError::ReadsDifferently) }
    }
}

/// A field as the template writes it, with the fields nested in it.
fn template_lines(id: FieldId) -> String {
    let blank = Document::parse(template::TEMPLATE.as_bytes());
    let Some(field) = blank.field(id) else { return String::new() };
    let line = blank.source().line_at(field.span.start as usize);
    let end = blank.source().next_line(field.span.end as usize);
    blank.text()[line.start as usize..end].to_owned()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn what_a_cell_is_read_as_goes_in_again_unchanged() {
        for cell in [r"a \| b \\| c", r"`grep 'a\\|b'`", r"\|", r"\\\|", r"a \ b", "a<br>b \\| c"] {
            assert_eq!(encode_cell(&plain_cell(&decode_cell(cell))).unwrap(), cell);
        }
        for value in [r"a | b \| c", r"a \\| b", "|", "a\nb | c"] {
            assert_eq!(decode_cell(&encode_cell(&plain_cell(value)).unwrap()), value);
        }
    }

    #[test]
    fn a_comment_is_refused_wherever_markdown_would_hide_it() {
        for (value, is_refused) in [
            ("a <!-- x --> b", true),
            ("`` ` `` <!-- x -->", true),
            ("`` ` `` `<!-- x -->`", false),
            ("`<!-- x -->` is shown", false),
            ("\\<!-- x --> is shown", false),
            ("` <!-- x -->", true),
            ("<!-- x", true),
        ] {
            assert_eq!(encode_cell(value).is_err(), is_refused, "{value}");
        }
    }
}
