//! The changes that people and commands make, as edits: set a field or a cell, add, remove and move
//! rows, add to a list, add a missing section, sort the timeline.
//!
//! Every operation reads its own result back before it returns it: what was asked for must stand
//! there, and nothing else may have changed. A value that Markdown cannot hold in that place is
//! refused, never written half.

use std::fmt;

use jiff::Timestamp;

use super::edit::{Edit, apply};
use super::markdown::BlockKind;
use super::sections::content_of;
use super::table::{Cell, Row, Table};
use super::template::{self, ActionColumn, FIELDS, FieldId, FieldKind, SectionId, TimelineColumn};
use super::value::time;
use super::{Document, FieldState, Span, Stage};

/// Why a change was refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum OperationError {
    /// The value cannot stand there; why.
    Value(&'static str),
    /// There is no such section, field, row or column.
    Missing(String),
    /// The field is a heading for others.
    Group(FieldId),
    /// Markdown would read the result as something else.
    ReadsDifferently,
}

impl fmt::Display for OperationError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Value(why) => f.write_str(why),
            Self::Missing(what) => write!(f, "there is no {what} in this document"),
            Self::Group(id) => write!(f, "`{}` is only a heading for other fields", id.def().key),
            Self::ReadsDifferently => {
                f.write_str("the change was refused: with it, Markdown would read other parts differently")
            }
        }
    }
}

impl std::error::Error for OperationError {}

type Edits = Result<Vec<Edit>, OperationError>;

/// A value as it is written into a table cell: one line, pipes escaped.
pub fn encode_cell(value: &str) -> Result<String, OperationError> {
    let value = refuse_comments(value)?;
    let lines: Vec<&str> = lines_of(value).collect();
    let line = lines.join("<br>");
    let mut out = String::with_capacity(line.len() + 4);
    let mut escaped = false;
    for ch in line.chars() {
        if ch == '|' && !escaped {
            out.push('\\');
        }
        escaped = ch == '\\' && !escaped;
        out.push(ch);
    }
    Ok(out)
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

fn refuse_comments(value: &str) -> Result<&str, OperationError> {
    if value.contains("<!--") || value.contains("-->") {
        return Err(OperationError::Value("a value cannot hold an HTML comment"));
    }
    Ok(value.trim())
}

/// The lines of a value that hold something, trimmed.
fn lines_of(value: &str) -> impl Iterator<Item = &str> {
    value.split(['\n', '\r']).map(str::trim).filter(|line| !line.is_empty())
}

fn encode_inline(line: &str) -> String {
    line.split(['\u{b}', '\u{c}', '\0']).collect::<Vec<_>>().join(" ")
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
            let edits = with_field.set_field(id, value)?;
            let bytes = apply(with_field.source().bytes(), &edits).map_err(|_| OperationError::ReadsDifferently)?;
            return Ok(Edit::between(self.source().bytes(), &bytes).into_iter().collect());
        };
        let lines: Vec<String> = lines_of(value).map(encode_inline).collect();
        let mut edits = Vec::new();
        let as_bullets = lines.len() > 1 || (def.kind == FieldKind::Question && !lines.is_empty());
        let inline = if as_bullets { "" } else { lines.first().map_or("", String::as_str) };
        let label = self.slice(field.label);
        let has_colon = label.trim_end_matches(['*', '_']).ends_with(':');
        let gap = if inline.is_empty() {
            ""
        } else if has_colon {
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
        if as_bullets {
            let newline = self.source().newline_at(line_end);
            let indent = self.nested_indent(field.span);
            let bullets: String = lines
                .iter()
                .map(|line| format!("{newline}{indent}- {}", line.trim_start_matches(['-', '*', '+', ' '])))
                .collect();
            let at = line_end.min(if field.body.is_empty() { line_end } else { field.body.start as usize });
            edits.push(Edit::insert(at, bullets));
        }
        let expected: Vec<String> = if as_bullets {
            lines.iter().map(|l| l.trim_start_matches(['-', '*', '+', ' ']).to_owned()).collect()
        } else {
            lines
        };
        self.verified(edits, |new| {
            let values: Vec<&str> = match new.field(id) {
                Some(field) if field.entries.is_empty() && field.value.is_empty() => Vec::new(),
                Some(field) if field.value.is_empty() => field.entries.iter().map(|e| new.slice(*e)).collect(),
                Some(field) => vec![new.slice(field.value)],
                None => return false,
            };
            values == expected && self.same_but_field(new, id)
        })
    }

    /// Adds one answer to a field: behind the label while it is blank (below it for a question), else
    /// as a nested bullet.
    pub fn add_to_field(&self, id: FieldId, value: &str) -> Edits {
        let Some(field) = self.field(id) else { return self.set_field(id, value) };
        if field.state != FieldState::Filled {
            return self.set_field(id, value);
        }
        let value = refuse_comments(value)?;
        let line = encode_inline(&lines_of(value).collect::<Vec<_>>().join(" "));
        if line.is_empty() {
            return Err(OperationError::Value("there is nothing to add"));
        }
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
        let before = field.entries.len();
        self.verified(vec![Edit::insert(end, format!("{newline}{indent}- {line}"))], |new| {
            let field = new.field(id);
            field.is_some_and(|f| f.entries.len() == before + 1 && new.slice(f.entries[before]) == line)
                && self.same_but_field(new, id)
        })
    }

    /// Sets a cell of the timeline; `row` counts the rows that hold something, from 1.
    pub fn set_timeline_cell(&self, row: usize, column: TimelineColumn, value: &str) -> Edits {
        let table = self.timeline().ok_or_else(|| OperationError::Missing("timeline".to_owned()))?;
        let index = self.timeline_rows().get(row.wrapping_sub(1)).map(|row| row.index);
        let index = index.ok_or_else(|| OperationError::Missing(format!("timeline row {row}")))?;
        self.set_cell(table, index, column, value)
    }

    /// Sets a cell of an action item by its number, from 1.
    pub fn set_action_cell(&self, number: usize, column: ActionColumn, value: &str) -> Edits {
        let table = self.actions().ok_or_else(|| OperationError::Missing("table of action items".to_owned()))?;
        let index = self.action_items().get(number.wrapping_sub(1)).map(|item| item.index);
        let index = index.ok_or_else(|| OperationError::Missing(format!("action item #{number}")))?;
        self.set_cell(table, index, column, value)
    }

    fn set_cell<C: Copy + PartialEq>(&self, table: &Table<C>, row: usize, column: C, value: &str) -> Edits {
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
                all[at] = format!("{text} {comments}").trim().to_owned();
                Edit::replace(line.span, row_line(&all))
            }
        };
        let before = self.table_texts();
        self.verified(vec![edit], |new| {
            let mut expected = before.clone();
            let which = usize::from(table.span != self.timeline().map_or(Span::default(), |t| t.span));
            let cells = &mut expected[which][row];
            let width = cells.len().max(at + 1);
            cells.resize(width, String::new());
            cells[at].clone_from(&text);
            same_rows(&expected, &new.table_texts()) && self.same_fields(new)
        })
    }

    /// What stands in a cell behind its value: waivers and IDs.
    fn comments_in(&self, cell: Cell) -> &str {
        let end = cell.outer.end as usize;
        self.slice(Span::new(cell.span.end as usize, end)).trim()
    }

    /// Adds a row to the timeline where its time belongs, into the first blank row if there is one.
    /// Cells are Time, Actor, Action, Result; more than the table has are refused.
    pub fn insert_timeline_row(&self, at: Timestamp, cells: &[&str; 4]) -> Edits {
        let columns =
            [TimelineColumn::Time, TimelineColumn::Actor, TimelineColumn::Action, TimelineColumn::Result];
        let Some(table) = self.timeline() else { return self.with_table_first(SectionId::Timeline, |d| d.insert_timeline_row(at, cells)) };
        let line = self.new_row(table, &columns, cells)?;
        let blank = table.rows.iter().find(|row| table.is_blank(self.source(), row, None));
        let rows = self.timeline_rows();
        let after = rows.iter().rev().find(|row| row.at().is_some_and(|time| time <= at));
        let is_last = after.is_none_or(|row| row.number == rows.len());
        let edits = match (blank, rows.is_empty() || is_last) {
            (Some(row), true) if rows.is_empty() || after.is_some() => vec![Edit::replace(row.span, line)],
            _ => {
                let mut edits = match after.map(|row| row.span).or(rows.first().map(|_| table.delimiter)) {
                    Some(above) => vec![self.line_below(above, &line)],
                    None => vec![self.line_below(table.delimiter, &line)],
                };
                edits.extend(blank.map(|row| self.remove_line(row.span)));
                edits
            }
        };
        let count = rows.len();
        self.verified(edits, |new| new.timeline_rows().len() == count + 1 && self.same_fields(new))
    }

    /// Adds an action item behind those of its priority, into the template's blank row of that
    /// priority if it is still there. Cells are in the template's order.
    pub fn insert_action_item(&self, cells: &[&str; 6]) -> Edits {
        use ActionColumn as C;
        let columns = [C::Priority, C::Action, C::Owner, C::DueDate, C::Status, C::VerificationPlan];
        let Some(table) = self.actions() else { return self.with_table_first(SectionId::ActionItems, |d| d.insert_action_item(cells)) };
        let line = self.new_row(table, &columns, cells)?;
        let source = self.source();
        let priority = |row: &Row| table.cell(row, C::Priority).map_or("", |cell| source.slice(cell.span)).to_owned();
        let is_blank = |row: &&Row| table.is_blank(source, row, Some(C::Priority));
        let fitting = table.rows.iter().filter(is_blank).find(|row| priority(row) == cells[0]);
        let empty = table.rows.iter().filter(is_blank).find(|row| priority(row).is_empty());
        let edits = if let Some(row) = fitting.or(empty) {
            vec![Edit::replace(row.span, line)]
        } else {
            let above = table.rows.iter().rev().find(|row| priority(row).as_str() <= cells[0] && !priority(row).is_empty());
            vec![self.line_below(above.map_or(table.delimiter, |row| row.span), &line)]
        };
        let count = self.action_items().len();
        self.verified(edits, |new| new.action_items().len() == count + 1 && self.same_fields(new))
    }

    /// Removes a row of the timeline by its number. The last one leaves a blank row.
    pub fn remove_timeline_row(&self, row: usize) -> Edits {
        let table = self.timeline().ok_or_else(|| OperationError::Missing("timeline".to_owned()))?;
        let found = self.timeline_rows().get(row.wrapping_sub(1));
        let span = found.ok_or_else(|| OperationError::Missing(format!("timeline row {row}")))?.span;
        self.remove_row(table, span)
    }

    /// Removes an action item by its number. The last one leaves a blank row.
    pub fn remove_action_item(&self, number: usize) -> Edits {
        let table = self.actions().ok_or_else(|| OperationError::Missing("table of action items".to_owned()))?;
        let found = self.action_items().get(number.wrapping_sub(1));
        let span = found.ok_or_else(|| OperationError::Missing(format!("action item #{number}")))?.span;
        self.remove_row(table, span)
    }

    fn remove_row<C: Copy + PartialEq>(&self, table: &Table<C>, span: Span) -> Edits {
        let edit = if table.rows.len() == 1 {
            Edit::replace(span, row_line(&vec![""; table.columns.len()]))
        } else {
            self.remove_line(span)
        };
        self.verified(vec![edit], |new| self.same_fields(new))
    }

    /// Moves a row of the timeline so that it stands in place `to` (both counted from 1).
    pub fn move_timeline_row(&self, from: usize, to: usize) -> Edits {
        let rows: Vec<Span> = self.timeline_rows().iter().map(|row| row.span).collect();
        self.move_row(&rows, from, to)
    }

    /// Moves an action item so that it gets number `to`.
    pub fn move_action_item(&self, from: usize, to: usize) -> Edits {
        let rows: Vec<Span> = self.action_items().iter().map(|item| item.span).collect();
        self.move_row(&rows, from, to)
    }

    fn move_row(&self, rows: &[Span], from: usize, to: usize) -> Edits {
        if from == 0 || to == 0 || from > rows.len() || to > rows.len() {
            return Err(OperationError::Missing(format!("row {}", from.max(to))));
        }
        let mut order: Vec<usize> = (0..rows.len()).collect();
        let moved = order.remove(from - 1);
        order.insert(to - 1, moved);
        let lines: Vec<String> = order.iter().map(|&index| self.slice(rows[index]).to_owned()).collect();
        let edits = permute(rows, &lines, |span| self.slice(span));
        self.verified(edits, |new| self.same_fields(new))
    }

    /// Puts the timeline in order; rows without a readable time stay behind the row above them. No
    /// edits when it is sorted. Where rows move, bare clocks get their date, for it came from above.
    pub fn sort_timeline(&self) -> Vec<Edit> {
        let rows = self.timeline_rows();
        let mut key = Timestamp::MIN;
        let mut keyed: Vec<(Timestamp, usize)> = Vec::with_capacity(rows.len());
        for (index, row) in rows.iter().enumerate() {
            key = row.at().unwrap_or(key);
            keyed.push((key, index));
        }
        if keyed.is_sorted() {
            return Vec::new();
        }
        keyed.sort();
        let spans: Vec<Span> = rows.iter().map(|row| row.span).collect();
        let lines: Vec<String> = keyed
            .iter()
            .map(|&(_, index)| {
                let row = &rows[index];
                let line = self.slice(row.span);
                match (&row.moment, row.time) {
                    (Some(Ok(moment)), Some(cell)) if moment.form == time::Form::Bare => {
                        let at = (cell.span.start - row.span.start) as usize;
                        let seconds = moment.precision != time::Precision::Minute;
                        let time = time::canonical(moment.at, seconds);
                        format!("{}{time}{}", &line[..at], &line[at + cell.span.len()..])
                    }
                    _ => line.to_owned(),
                }
            })
            .collect();
        permute(&spans, &lines, |span| self.slice(span))
    }

    /// Adds an entry to a section of bullets, into the template's empty bullet if it is still there.
    pub fn add_to_section(&self, id: SectionId, text: &str) -> Edits {
        let text = encode_inline(&lines_of(refuse_comments(text)?).collect::<Vec<_>>().join(" "));
        if text.is_empty() {
            return Err(OperationError::Value("there is nothing to add"));
        }
        let Some(section) = self.section(id) else {
            let with_section = self.changed(&self.add_section(id))?;
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
                let marker = first.trim_start().chars().next().filter(|c| matches!(c, '-' | '*' | '+')).unwrap_or('-');
                Edit::insert(end, format!("{}{indent}{marker} {text}", self.source().newline_at(end)))
            }
            (None, None) => {
                let end = section.span.start as usize + self.slice(section.span).trim_end().len();
                let newline = self.source().newline_at(end);
                Edit::insert(end, format!("{newline}{newline}- {text}"))
            }
        };
        let count = self.entries(id).len();
        self.verified(vec![edit], |new| new.entries(id).len() == count + 1 && self.same_fields(new))
    }

    /// Adds a section of the template before the next of the template's that is there.
    pub fn add_section(&self, id: SectionId) -> Vec<Edit> {
        let position = SectionId::ALL.iter().position(|other| *other == id).unwrap_or(0);
        let next = SectionId::ALL[position + 1..]
            .iter()
            .filter_map(|later| self.section(*later))
            .min_by_key(|section| section.span.start);
        let newline = self.source().newline_at(self.text().len());
        let text = id.template_text().trim_end().replace('\n', newline);
        match next {
            Some(section) => {
                vec![Edit::insert(section.span.start as usize, format!("{text}{newline}{newline}"))]
            }
            None => {
                let end = self.text().len();
                let gap = match self.text() {
                    text if text.trim().is_empty() => String::new(),
                    text if text.ends_with("\n\n") || text.ends_with("\r\n\r\n") => String::new(),
                    text if text.ends_with('\n') => newline.to_owned(),
                    _ => format!("{newline}{newline}"),
                };
                vec![Edit::insert(end, format!("{gap}{text}{newline}"))]
            }
        }
    }

    /// Adds a missing field as the template writes it, behind the nearest earlier field of its
    /// section that is there.
    pub fn add_field(&self, id: FieldId) -> Edits {
        let def = id.def();
        let Some(section) = self.section(def.section) else { return Ok(self.add_section(def.section)) };
        if let Some(group) = def.group {
            if self.field(group).is_none() {
                let with_group = self.changed(&self.add_field(group)?)?;
                return self.chained(&with_group, |document| {
                    if document.field(id).is_some() { Ok(Vec::new()) } else { document.add_field(id) }
                });
            }
        }
        let line = template_lines(id);
        let earlier = FIELDS[..id as usize].iter().rev().filter(|other| {
            other.section == def.section && (other.group == def.group || def.group == Some(other.id))
        });
        let above = earlier.filter_map(|other| self.field(other.id)).next();
        let Some(above) = above else {
            let at = self.source().next_line(section.heading.end as usize);
            let newline = self.source().newline_at(at);
            let lead = if at == self.text().len() && !self.text().ends_with('\n') { newline } else { "" };
            let text = line.replace('\n', newline);
            return self.verified(vec![Edit::insert(at, format!("{lead}{newline}{text}"))], |new| {
                new.field(id).is_some() && self.same_fields(new)
            });
        };
        let is_group_itself = def.group == Some(above.id);
        let end = if is_group_itself { self.source().line_at(above.label.end as usize).end } else { above.span.end.max(above.body.end) };
        let newline = self.source().newline_at(end as usize);
        let old_indent = if def.group.is_some() { "  " } else { "" };
        let indent = if is_group_itself { self.nested_indent(above.span) } else { self.indent_of(above.span) };
        let text: Vec<String> = line
            .trim_end()
            .split('\n')
            .map(|line| format!("{newline}{indent}{}", line.strip_prefix(old_indent).unwrap_or(line)))
            .collect();
        self.verified(vec![Edit::insert(end as usize, text.concat())], |new| {
            new.field(id).is_some() && self.same_fields(new)
        })
    }

    /// Writes the title. Where there is none it is put first.
    pub fn set_title(&self, title: &str) -> Edits {
        let title = encode_inline(&lines_of(refuse_comments(title)?).collect::<Vec<_>>().join(" "));
        if title.is_empty() {
            return Err(OperationError::Value("a title needs words"));
        }
        let edit = match self.title() {
            Some(found) => Edit::replace(found.text, title.clone()),
            None => {
                let newline = self.source().newline_at(0);
                Edit::insert(self.source().body_start(), format!("# {title}{newline}{newline}"))
            }
        };
        self.verified(vec![edit], |new| new.title_text() == Some(title.as_str()) && self.same_fields(new))
    }

    /// Writes `key: value` into the front matter, which is made when there is none.
    pub fn set_front_matter(&self, key: &str, value: &str) -> Edits {
        if value.contains(['\n', '\r']) {
            return Err(OperationError::Value("a value of the front matter is one line"));
        }
        let front = self.front_matter();
        let edit = match (front.key_line(self.source(), key), front.span) {
            (Some(line), _) => Edit::replace(line, format!("{key}: {value}")),
            (None, Some(span)) => {
                let newline = self.source().newline_at(span.end as usize);
                Edit::insert(span.end as usize, format!("{key}: {value}{newline}"))
            }
            (None, None) => {
                let newline = self.source().newline_at(0);
                Edit::insert(
                    self.source().body_start(),
                    format!("---{newline}{key}: {value}{newline}---{newline}{newline}"),
                )
            }
        };
        self.verified(vec![edit], |new| {
            new.front_matter().problems.len() <= front.problems.len() && self.same_fields(new)
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
    fn chained(&self, next: &Document, then: impl FnOnce(&Document) -> Edits) -> Edits {
        let edits = then(next)?;
        let bytes = apply(next.source().bytes(), &edits).map_err(|_| OperationError::ReadsDifferently)?;
        Ok(Edit::between(self.source().bytes(), &bytes).into_iter().collect())
    }

    /// Puts the template's empty table into the section (or the section into the document), then goes on.
    fn with_table_first(&self, id: SectionId, then: impl FnOnce(&Document) -> Edits) -> Edits {
        let edits = match self.section(id) {
            None => self.add_section(id),
            Some(section) => {
                let text = id.template_text();
                let start = text.find('|').unwrap_or(0);
                let end = text[start..].find("\n\n").map_or(text.trim_end().len(), |at| start + at);
                let at = section.span.start as usize + self.slice(section.span).trim_end().len();
                let newline = self.source().newline_at(at);
                let table = text[start..end].trim_end().replace('\n', newline);
                let tail = if self.text()[at..].is_empty() { newline } else { "" };
                vec![Edit::insert(at, format!("{newline}{newline}{table}{tail}"))]
            }
        };
        let next = self.changed(&edits)?;
        let has_table = if id == SectionId::Timeline { next.timeline().is_some() } else { next.actions().is_some() };
        if !has_table {
            return Err(OperationError::ReadsDifferently);
        }
        self.chained(&next, then)
    }

    fn new_row<C: Copy + PartialEq>(&self, table: &Table<C>, columns: &[C], cells: &[&str]) -> Result<String, OperationError> {
        let mut line = vec![String::new(); table.columns.len()];
        for (column, cell) in columns.iter().zip(cells) {
            match table.index_of(*column) {
                Some(index) => line[index] = encode_cell(cell)?,
                None if cell.trim().is_empty() => {}
                None => return Err(OperationError::Missing("column for every value".to_owned())),
            }
        }
        Ok(row_line(&line))
    }

    fn line_below(&self, above: Span, line: &str) -> Edit {
        let above = self.source().line_at(above.start as usize);
        let end = above.end as usize;
        Edit::insert(end, format!("{}{line}", self.source().newline_at(end)))
    }

    fn remove_line(&self, span: Span) -> Edit {
        let line = self.source().line_at(span.start as usize);
        let next = self.source().next_line(line.end as usize);
        if next > line.end as usize {
            return Edit::remove(Span::new(line.start as usize, next));
        }
        // The last line of the file goes with the ending of the line above.
        let text = &self.text()[..line.start as usize];
        Edit::remove(Span::new(text.trim_end_matches(['\n', '\r']).len(), line.end as usize))
    }

    /// The blanks before bullets that are nested in the item at `span`.
    fn nested_indent(&self, span: Span) -> String {
        format!("{}  ", self.indent_of(span))
    }

    fn indent_of(&self, span: Span) -> String {
        let line = self.source().line_at(span.start as usize);
        " ".repeat((span.start - line.start) as usize)
    }

    fn verified(&self, mut edits: Vec<Edit>, holds: impl FnOnce(&Document) -> bool) -> Edits {
        edits.retain(|edit| edit.text != self.slice(edit.span));
        let new = self.changed(&edits)?;
        if holds(&new) { Ok(edits) } else { Err(OperationError::ReadsDifferently) }
    }

    /// Texts of both tables, row by row.
    fn table_texts(&self) -> [Vec<Vec<String>>; 2] {
        let text = |span: Span| self.slice(span).to_owned();
        [
            self.timeline().map_or(Vec::new(), |table| {
                table.rows.iter().map(|row| table.cells(row).iter().map(|c| text(c.span)).collect()).collect()
            }),
            self.actions().map_or(Vec::new(), |table| {
                table.rows.iter().map(|row| table.cells(row).iter().map(|c| text(c.span)).collect()).collect()
            }),
        ]
    }

    fn same_but_field(&self, new: &Document, id: FieldId) -> bool {
        let others = FIELDS.iter().filter(|def| def.id != id && Some(def.id) != id.def().group);
        others.into_iter().all(|def| self.field_whole(def.id) == new.field_whole(def.id))
            && self.sections().len() == new.sections().len()
            && same_rows(&self.table_texts(), &new.table_texts())
    }

    fn same_fields(&self, new: &Document) -> bool {
        FIELDS.iter().filter(|def| self.field(def.id).is_some()).all(|def| {
            def.kind == FieldKind::Group || self.field_whole(def.id) == new.field_whole(def.id)
        })
    }

    fn field_whole(&self, id: FieldId) -> Option<(&str, Vec<&str>)> {
        let field = self.field(id)?;
        Some((self.slice(field.value), field.entries.iter().map(|entry| self.slice(*entry)).collect()))
    }
}

/// Rows are the same when their cells are, missing cells being empty ones.
fn same_rows(a: &[Vec<Vec<String>>; 2], b: &[Vec<Vec<String>>; 2]) -> bool {
    a.iter().zip(b).all(|(a, b)| {
        a.len() == b.len()
            && a.iter().zip(b).all(|(a, b)| {
                let cell = |row: &[String], at: usize| row.get(at).cloned().unwrap_or_default();
                (0..a.len().max(b.len())).all(|at| cell(a, at) == cell(b, at))
            })
    })
}

/// Edits that put `lines` where the lines at `spans` are; places that keep their line are left alone.
fn permute<'t>(spans: &[Span], lines: &[String], text: impl Fn(Span) -> &'t str) -> Vec<Edit> {
    spans
        .iter()
        .zip(lines)
        .filter(|(span, line)| text(**span) != line.as_str())
        .map(|(span, line)| Edit::replace(*span, line.clone()))
        .collect()
}

/// A field as the template writes it, with the fields nested in it.
fn template_lines(id: FieldId) -> String {
    let blank = Document::parse(template::TEMPLATE.as_bytes());
    let Some(field) = blank.field(id) else { return String::new() };
    let line = blank.source().line_at(field.span.start as usize);
    let end = blank.source().next_line(field.span.end as usize);
    blank.text()[line.start as usize..end].to_owned()
}
