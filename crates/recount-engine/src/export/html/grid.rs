//! Tables: which row has which number, which cell is which column, what is attached to it.

use std::ops::Range;

use jiff::Timestamp;
use pulldown_cmark::Alignment;

use super::{Renderer, escape};
use crate::document::template::{ActionColumn, TimelineColumn, is_stand_in};
use crate::document::{Cell, Span};

/// The table that is being written.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Grid {
    Timeline,
    Actions,
    Other,
}

#[derive(Default)]
pub(super) struct Row<'d> {
    start: usize,
    is_head: bool,
    cells: &'d [Cell],
    column: usize,
    is_open: bool,
    pub(super) time: Option<Timestamp>,
}

impl Renderer<'_> {
    pub(super) fn start_table(&mut self, alignments: Vec<Alignment>, range: &Range<usize>) {
        self.begin_block(range.start);
        self.skips_rule = false;
        let holds = |span: Span| range.start <= span.start as usize && (span.end as usize) <= range.end;
        self.grid = if self.document.timeline().is_some_and(|table| holds(table.header.span)) {
            Grid::Timeline
        } else if self.document.actions().is_some_and(|table| holds(table.header.span)) {
            Grid::Actions
        } else {
            Grid::Other
        };
        self.alignments = alignments;
        self.line = 0;
        self.next_number = 0;
        // Regions of a page have names of their own.
        let above = self.outline.last().map_or("Table", |heading| heading.text.as_str());
        let label = if above.is_empty() { "Table" } else { above }.to_owned();
        let count = self.labels.entry(label.clone()).or_insert(0);
        *count += 1;
        let count = *count;
        self.out.push_str("<div class=\"table");
        self.out.push_str(match self.grid {
            Grid::Timeline => " timeline",
            Grid::Actions => " actions",
            Grid::Other => "",
        });
        self.out.push_str("\" tabindex=\"0\" role=\"region\" aria-label=\"");
        escape::attribute(&mut self.out, &label);
        if count > 1 {
            self.put(format_args!(" ({count})"));
        }
        self.block("\">\n<table>\n", "</tbody>\n</table>\n</div>\n");
    }

    pub(super) fn start_head(&mut self, range: &Range<usize>) {
        self.row = Row { start: range.start, is_head: true, ..Row::default() };
        self.row.cells = match self.grid {
            Grid::Timeline => self.document.timeline().map(|table| table.cells(&table.header)),
            Grid::Actions => self.document.actions().map(|table| table.cells(&table.header)),
            Grid::Other => None,
        }
        .unwrap_or_default();
        self.block("<thead>\n<tr>", "</tr>\n</thead>\n");
    }

    pub(super) fn start_row(&mut self, range: &Range<usize>) {
        let document = self.document;
        let line = self.line;
        self.line += 1;
        self.row = Row { start: range.start, ..Row::default() };
        let mut is_blank = false;
        self.out.push_str("<tr");
        match self.grid {
            Grid::Timeline => {
                if let Some(table) = document.timeline()
                    && let Some(row) = table.rows.get(line)
                {
                    self.row.cells = table.cells(row);
                }
                let row = document.timeline_rows().get(self.next_number).filter(|row| row.index == line);
                is_blank = row.is_none();
                if let Some(row) = row {
                    self.next_number += 1;
                    self.row.time = row.at();
                    self.put(format_args!(" id=\"row-{}\"", row.number));
                    if let Some(milestone) = row.milestone {
                        let word = milestone.word().to_ascii_lowercase();
                        self.put(format_args!(" class=\"milestone\" data-milestone=\"{word}\""));
                    }
                }
            }
            Grid::Actions => {
                if let Some(table) = document.actions()
                    && let Some(row) = table.rows.get(line)
                {
                    self.row.cells = table.cells(row);
                }
                let item = document.action_items().get(self.next_number).filter(|item| item.index == line);
                is_blank = item.is_none();
                if let Some(item) = item {
                    self.next_number += 1;
                    self.put(format_args!(" id=\"action-{}\"", item.number));
                    if let Some(status) = item.status_kind {
                        let status = status.as_str().to_ascii_lowercase().replace(' ', "-").replace('\'', "");
                        self.put(format_args!(" data-status=\"{status}\""));
                    }
                    if let Some(priority) = document.priority_of(item).get() {
                        let priority = priority.to_string().to_ascii_lowercase();
                        self.put(format_args!(" data-priority=\"{priority}\""));
                    }
                }
            }
            Grid::Other => {}
        }
        self.block(if is_blank { " class=\"blank\">" } else { ">" }, "</tr>\n");
    }

    pub(super) fn start_cell(&mut self) {
        let column = self.row.column;
        self.end_cell();
        self.row.column += 1;
        self.row.is_open = true;
        let name = self.column_name(column);
        let (tag, close) = if self.row.is_head { ("<th scope=\"col\"", "</th>") } else { ("<td", "</td>") };
        self.out.push_str(tag);
        let alignment = match self.alignments.get(column) {
            Some(Alignment::Right) => "right",
            Some(Alignment::Center) => "center",
            Some(Alignment::Left | Alignment::None) | None => "",
        };
        let cell = self.row.cells.get(column).map(|cell| self.document.slice(cell.span));
        let state = match cell {
            Some("") => "blank",
            None if self.grid != Grid::Other => "blank",
            Some(text) if !self.row.is_head && is_stand_in(text) => "placeholder",
            _ => "",
        };
        let mut classes = [name, alignment, state].into_iter().filter(|class| !class.is_empty());
        if let Some(first) = classes.next() {
            self.out.push_str(" class=\"");
            self.out.push_str(first);
            for class in classes {
                self.out.push(' ');
                self.out.push_str(class);
            }
            self.out.push('"');
        }
        self.block(">", close);
        if name != "time" || self.row.is_head {
            return;
        }
        // Cells before that of the time leave it for that.
        let Some(at) = self.row.time else { return };
        self.open_time(at);
        self.block("", "</time>");
    }

    /// The class of a column that the template has.
    fn column_name(&self, column: usize) -> &'static str {
        let timeline = || self.document.timeline()?.columns.get(column).copied().flatten();
        let actions = || self.document.actions()?.columns.get(column).copied().flatten();
        match self.grid {
            Grid::Timeline => match timeline() {
                Some(TimelineColumn::Time) => "time",
                Some(TimelineColumn::Actor) => "actor",
                Some(TimelineColumn::Action) => "action",
                Some(TimelineColumn::Result) => "result",
                None => "",
            },
            Grid::Actions => match actions() {
                Some(ActionColumn::Priority) => "priority",
                Some(ActionColumn::Action) => "action",
                Some(ActionColumn::Owner) => "owner",
                Some(ActionColumn::DueDate) => "due",
                Some(ActionColumn::Status) => "status",
                Some(ActionColumn::VerificationPlan) => "plan",
                None => "",
            },
            Grid::Other => "",
        }
    }

    /// Closes the cell that is open.
    pub(super) fn end_cell(&mut self) {
        if std::mem::take(&mut self.row.is_open) {
            self.pop();
        }
    }

    /// Writes what is about a row below it, over the width of the table: a cell is too narrow to be read in.
    pub(super) fn attach_below(&mut self, end: usize) {
        let before = self.out.len();
        self.attach(self.row.start, end);
        if self.out.len() > before {
            let attached = self.out.split_off(before);
            let columns = self.alignments.len().max(1);
            self.put(format_args!("<tr class=\"attached\"><td colspan=\"{columns}\">{attached}</td></tr>\n"));
        }
    }
}
