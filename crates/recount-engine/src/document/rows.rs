//! Rows that come, go and move, in the timeline and among the action items. What does not live here:
//! what stands in a cell (`operations`).
//!
//! A bare clock takes its date from the row above. Whatever happens to that row, the clock goes on
//! meaning the same instant: where it would not, its date is written.

use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::edit::Edit;
use super::operations::{Edits, OperationError, encode_cell, row_line};
use super::template::{ActionColumn, SectionId, TimelineColumn};
use super::timeline;
use super::unchanged::{About, cells, same_cells};
use super::value::time::{self, Anchor, Moment, Precision};
use super::{Document, Row, Span, Table};

/// A line of the timeline as it is to be: one that is there, or a new one and when it is.
enum Line {
    Kept(usize),
    New(Timestamp),
}

impl Document {
    /// Adds a row to the timeline where its time belongs, into the first blank row if there is one.
    /// Cells are Time, Actor, Action, Result; more than the table has are refused.
    pub fn insert_timeline_row(&self, at: Timestamp, values: &[&str; 4]) -> Edits {
        use TimelineColumn as C;
        let columns = [C::Time, C::Actor, C::Action, C::Result];
        let Some(table) = self.timeline() else {
            return self.with_table_first(SectionId::Timeline, |d| d.insert_timeline_row(at, values));
        };
        let new = new_row(table, &columns, values)?;
        let rows = self.timeline_rows();
        let place = self.sort_keys().iter().rposition(|key| *key <= at).map_or(0, |last| last + 1);
        let blank = self.free_rows(table, None).next();
        let above = place.checked_sub(1).map(|index| rows[index].span);
        let below = rows.get(place).map(|row| row.span);
        let fits =
            |row: &&Row| above.is_none_or(|span| span < row.span) && below.is_none_or(|span| row.span < span);
        let mut edits = if let Some(row) = blank.filter(fits) {
            vec![Edit::replace(row.span, row_line(&new))]
        } else {
            let below = self.line_below(above.unwrap_or(table.delimiter), &row_line(&new));
            std::iter::once(below).chain(blank.map(|row| self.remove_line(row.span))).collect()
        };
        let mut order: Vec<Line> = (0..rows.len()).map(Line::Kept).collect();
        order.insert(place, Line::New(at));
        edits.extend(self.dates_written(&order)?);
        self.verified(edits, About::Timeline, |document| {
            let Some(table) = document.timeline() else { return false };
            let rows = document.timeline_rows();
            let is_new =
                |index: usize| same_cells(&cells(document, table, &table.rows[rows[index].index]), &new);
            rows.get(place).is_some() && is_new(place) && self.kept(document, &order)
        })
    }

    /// Adds rows at the end of the timeline in the order given, whatever their times; the template's blank
    /// row goes. Cells are Time, Actor, Action, Result.
    pub fn append_timeline_rows(&self, rows: &[[String; 4]]) -> Edits {
        use TimelineColumn as C;
        let Some(table) = self.timeline() else {
            return self.with_table_first(SectionId::Timeline, |d| d.append_timeline_rows(rows));
        };
        let rows = rows.iter().map(|row| row.each_ref().map(String::as_str));
        let new = new_rows(table, &[C::Time, C::Actor, C::Action, C::Result], rows)?;
        let edits = self.lines_at_end(table, None, &new);
        let before = self.timeline_cells();
        self.verified(edits, About::Timeline, |document| {
            is_appended(&document.timeline_cells(), &before, &new)
        })
    }

    /// Adds action items at the end of their table in the order given; the template's blank rows go. Cells
    /// are in the template's order.
    pub fn append_action_items(&self, rows: &[[String; 6]]) -> Edits {
        use ActionColumn as C;
        let columns = [C::Priority, C::Action, C::Owner, C::DueDate, C::Status, C::VerificationPlan];
        let Some(table) = self.actions() else {
            return self.with_table_first(SectionId::ActionItems, |d| d.append_action_items(rows));
        };
        let rows = rows.iter().map(|row| row.each_ref().map(String::as_str));
        let new = new_rows(table, &columns, rows)?;
        let edits = self.lines_at_end(table, Some(C::Priority), &new);
        let before = self.item_cells();
        self.verified(edits, About::Actions, |document| is_appended(&document.item_cells(), &before, &new))
    }

    /// The edits that write lines below the last row of a table and take its blank rows away.
    fn lines_at_end<C: Copy + PartialEq>(
        &self,
        table: &Table<C>,
        ignored: Option<C>,
        rows: &[Vec<String>],
    ) -> Vec<Edit> {
        if rows.is_empty() {
            return Vec::new();
        }
        let blank: Vec<Span> = self.free_rows(table, ignored).map(|row| row.span).collect();
        let last = table.rows.last().map_or(table.delimiter, |row| row.span);
        let newline = self.source().newline_at(last.end as usize);
        let lines: Vec<String> = rows.iter().map(|row| row_line(row)).collect();
        // A blank last row gives its place, so that nothing is inserted where a line is removed.
        if blank.last() == Some(&last) {
            let mut edits: Vec<Edit> =
                blank[..blank.len() - 1].iter().map(|span| self.remove_line(*span)).collect();
            edits.push(Edit::replace(last, lines.join(newline)));
            return edits;
        }
        let mut edits: Vec<Edit> = blank.iter().map(|span| self.remove_line(*span)).collect();
        edits.push(self.line_below(last, &lines.join(newline)));
        edits
    }

    /// Adds an action item behind those of its priority, into the template's blank row of that
    /// priority if it is still there. Cells are in the template's order.
    pub fn insert_action_item(&self, values: &[&str; 6]) -> Edits {
        use ActionColumn as C;
        let columns = [C::Priority, C::Action, C::Owner, C::DueDate, C::Status, C::VerificationPlan];
        let Some(table) = self.actions() else {
            return self.with_table_first(SectionId::ActionItems, |d| d.insert_action_item(values));
        };
        let new = new_row(table, &columns, values)?;
        let priority = |row: &Row| table.cell(row, C::Priority).map_or("", |cell| self.slice(cell.span));
        let free =
            |wanted: &str| self.free_rows(table, Some(C::Priority)).find(|row| priority(row) == wanted);
        let edit = if let Some(row) = free(values[0].trim()).or_else(|| free("")) {
            Edit::replace(row.span, row_line(&new))
        } else {
            let behind = |row: &&Row| !priority(row).is_empty() && priority(row) <= values[0].trim();
            let above = table.rows.iter().rev().find(behind);
            self.line_below(above.map_or(table.delimiter, |row| row.span), &row_line(&new))
        };
        let before = self.item_cells();
        self.verified(vec![edit], About::Actions, |document| {
            let after = document.item_cells();
            (0..after.len()).any(|at| {
                let rest = || after[..at].iter().chain(&after[at + 1..]);
                same_cells(&after[at], &new) && rest().eq(&before)
            })
        })
    }

    /// Removes a row of the timeline by its number. The last one leaves a blank row.
    pub fn remove_timeline_row(&self, row: usize) -> Edits {
        let table = self.timeline().ok_or_else(|| OperationError::Missing("timeline".to_owned()))?;
        let rows = self.timeline_rows();
        let found = rows.get(row.wrapping_sub(1));
        let span = found.ok_or_else(|| OperationError::Missing(format!("timeline row {row}")))?.span;
        let order: Vec<Line> = (0..rows.len()).filter(|index| *index != row - 1).map(Line::Kept).collect();
        let mut edits = vec![self.without_row(table, span)];
        edits.extend(self.dates_written(&order)?);
        self.verified(edits, About::Timeline, |document| self.kept(document, &order))
    }

    /// Removes an action item by its number. The last one leaves a blank row.
    pub fn remove_action_item(&self, number: usize) -> Edits {
        let table =
            self.actions().ok_or_else(|| OperationError::Missing("table of action items".to_owned()))?;
        let found = self.action_items().get(number.wrapping_sub(1));
        let span = found.ok_or_else(|| OperationError::Missing(format!("action item #{number}")))?.span;
        let mut expected = self.item_cells();
        expected.remove(number - 1);
        let edit = self.without_row(table, span);
        self.verified(vec![edit], About::Actions, |document| document.item_cells() == expected)
    }

    /// Moves a row of the timeline so that it stands in place `to` (both counted from 1).
    pub fn move_timeline_row(&self, from: usize, to: usize) -> Edits {
        let order = moved(self.timeline_rows().len(), from, to)?;
        self.reordered(&order)
    }

    /// Moves an action item so that it gets number `to`.
    pub fn move_action_item(&self, from: usize, to: usize) -> Edits {
        let rows: Vec<Span> = self.action_items().iter().map(|item| item.span).collect();
        let order = moved(rows.len(), from, to)?;
        let mut expected = self.item_cells();
        let item = expected.remove(from - 1);
        expected.insert(to - 1, item);
        let lines: Vec<String> = order.iter().map(|&index| self.slice(rows[index]).to_owned()).collect();
        let edits = self.placed(&rows, &lines);
        self.verified(edits, About::Actions, |document| document.item_cells() == expected)
    }

    /// Puts the timeline in order; rows without a readable time stay behind the row above them. No
    /// edits when it is sorted, nor where a row cannot move and go on meaning what it does.
    pub fn sort_timeline(&self) -> Vec<Edit> {
        let keys = self.sort_keys();
        if keys.is_sorted() {
            return Vec::new();
        }
        let mut order: Vec<usize> = (0..keys.len()).collect();
        order.sort_by_key(|&index| keys[index]);
        self.reordered(&order).unwrap_or_default()
    }

    fn reordered(&self, order: &[usize]) -> Edits {
        let rows = self.timeline_rows();
        let lines: Vec<Line> = order.iter().map(|&index| Line::Kept(index)).collect();
        let mut dates = self.dates_written(&lines)?;
        dates.sort_by_key(|edit| edit.span.start);
        let lines_now: Vec<String> = order
            .iter()
            .map(|&index| {
                let span = rows[index].span;
                let line = self.slice(span);
                let date = dates.get(dates.partition_point(|edit| edit.span.start < span.start));
                match date.filter(|edit| span.contains(edit.span)) {
                    Some(edit) => {
                        let (from, to) = (edit.span.start - span.start, edit.span.end - span.start);
                        format!("{}{}{}", &line[..from as usize], edit.text, &line[to as usize..])
                    }
                    None => line.to_owned(),
                }
            })
            .collect();
        let spans: Vec<Span> = rows.iter().map(|row| row.span).collect();
        let edits = self.placed(&spans, &lines_now);
        self.verified(edits, About::Timeline, |document| self.kept(document, &lines))
    }

    /// Edits that put `lines` where the lines at `spans` are; places that keep their line are left alone.
    fn placed(&self, spans: &[Span], lines: &[String]) -> Vec<Edit> {
        let both = spans.iter().zip(lines).filter(|(span, line)| self.slice(**span) != line.as_str());
        both.map(|(span, line)| Edit::replace(*span, line.clone())).collect()
    }

    /// The instant of each row by which it is sorted: its own, or that of the row above.
    fn sort_keys(&self) -> Vec<Timestamp> {
        let mut key = Timestamp::MIN;
        let rows = self.timeline_rows().iter();
        rows.map(|row| {
            key = row.at().unwrap_or(key);
            key
        })
        .collect()
    }

    /// The edits that write dates where, in this order, a clock would take another one from above.
    fn dates_written(&self, order: &[Line]) -> Edits {
        let rows = self.timeline_rows();
        let mut anchor = Anchor { date: timeline::start_date(self), previous: None };
        let mut edits = Vec::new();
        for line in order {
            let at = match line {
                Line::New(at) => *at,
                Line::Kept(index) => {
                    let row = &rows[*index];
                    let (Some(Ok(moment)), Some(cell)) = (&row.moment, row.time) else { continue };
                    let written = self.slice(cell.span);
                    if !moment.dated && !is_read_as(written, &anchor, moment) {
                        let text = with_date(written, moment).ok_or(OperationError::Value(
                            "the time of another row takes its date from the row above; write that date first",
                        ))?;
                        edits.push(Edit::replace(cell.span, text));
                    }
                    moment.at
                }
            };
            anchor.previous = Some(TimeZone::UTC.to_datetime(at));
        }
        Ok(edits)
    }

    /// Whether `new` has the kept rows in this order, with the same words and instants.
    fn kept(&self, new: &Document, order: &[Line]) -> bool {
        let said = |document: &Document, index: usize| {
            let row = &document.timeline_rows()[index];
            let moment = row.moment.as_ref().and_then(|moment| moment.as_ref().ok());
            let instants = moment.map(|moment| (moment.at, moment.end));
            let time = document.cell_text(row.time).to_owned();
            let table = document.timeline();
            let cells = table.map(|table| {
                let at = table.index_of(TimelineColumn::Time);
                let mut cells: Vec<String> =
                    cells(document, table, &table.rows[row.index]).into_iter().map(str::to_owned).collect();
                if let Some(time) = at.and_then(|at| cells.get_mut(at)) {
                    time.clear();
                }
                while cells.last().is_some_and(String::is_empty) {
                    cells.pop();
                }
                cells
            });
            (instants, time, cells)
        };
        let is_kept = |index: usize, place: usize| {
            let (was, is) = (said(self, index), said(new, place));
            // What is no instant says what it says in its own words. A clock that had no date may get one.
            was.2 == is.2 && if was.0.is_some() { was.0 == is.0 } else { was.1 == is.1 }
        };
        new.timeline_rows().len() == order.len()
            && order.iter().enumerate().all(|(place, line)| match line {
                Line::New(_) => true,
                Line::Kept(index) => is_kept(*index, place),
            })
    }

    /// The cells of each row of the timeline, as far as something stands in them.
    fn timeline_cells(&self) -> Vec<Vec<String>> {
        let Some(table) = self.timeline() else { return Vec::new() };
        let rows = self.timeline_rows().iter();
        rows.map(|row| filled(&cells(self, table, &table.rows[row.index]))).collect()
    }

    /// The cells of each action item, as far as something stands in them.
    fn item_cells(&self) -> Vec<Vec<String>> {
        let Some(table) = self.actions() else { return Vec::new() };
        let items = self.action_items().iter();
        items.map(|item| filled(&cells(self, table, &table.rows[item.index]))).collect()
    }

    /// The rows that wait to be filled: blank but for `ignored`, and without a comment.
    fn free_rows<'t, C: Copy + PartialEq>(
        &'t self,
        table: &'t Table<C>,
        ignored: Option<C>,
    ) -> impl Iterator<Item = &'t Row> {
        let rows = table.rows.iter();
        rows.filter(move |row| {
            table.is_blank(self.source(), row, ignored) && !self.slice(row.span).contains("<!--")
        })
    }

    fn line_below(&self, above: Span, line: &str) -> Edit {
        let whole = self.source().line_at(above.start as usize);
        // A table in an item is indented, one in a quotation has its mark.
        let lead = self.slice(Span { start: whole.start, end: above.start });
        let lead = if lead.chars().all(|ch| matches!(ch, ' ' | '\t' | '>')) { lead } else { "" };
        let end = whole.end as usize;
        Edit::insert(end, format!("{}{lead}{line}", self.source().newline_at(end)))
    }

    fn without_row<C: Copy + PartialEq>(&self, table: &Table<C>, span: Span) -> Edit {
        if table.rows.len() == 1 {
            Edit::replace(span, row_line(&vec![""; table.columns.len()]))
        } else {
            self.remove_line(span)
        }
    }

    fn remove_line(&self, span: Span) -> Edit {
        let line = self.source().line_at(span.start as usize);
        let next = self.source().next_line(line.end as usize);
        if next > line.end as usize {
            let (before, after) = (&self.text()[..line.start as usize], &self.text()[next..]);
            // Else the end of the line above and that of an empty line below would become one.
            let apart = if before.ends_with('\r') && after.starts_with('\n') { "\n" } else { "" };
            return Edit::replace(Span::new(line.start as usize, next), apart);
        }
        // The last line of the file goes with the ending of the line above.
        let before = &self.text()[..line.start as usize];
        let ending =
            ["\r\n", "\n", "\r"].iter().find(|ending| before.ends_with(**ending)).map_or(0, |e| e.len());
        Edit::remove(Span::new(before.len() - ending, line.end as usize))
    }
}

/// The cells of a new row, encoded, in the order of the table's columns.
fn new_row<C: Copy + PartialEq>(
    table: &Table<C>,
    columns: &[C],
    values: &[&str],
) -> Result<Vec<String>, OperationError> {
    let mut line = vec![String::new(); table.columns.len()];
    for (column, value) in columns.iter().zip(values) {
        match table.index_of(*column) {
            Some(index) => line[index] = encode_cell(value)?,
            None if value.trim().is_empty() => {}
            None => return Err(OperationError::Missing("column for every value".to_owned())),
        }
    }
    if line.iter().all(String::is_empty) {
        return Err(OperationError::Value("a row needs words"));
    }
    Ok(line)
}

/// [`new_row`] for each of several.
fn new_rows<'v, C: Copy + PartialEq, const N: usize>(
    table: &Table<C>,
    columns: &[C; N],
    rows: impl Iterator<Item = [&'v str; N]>,
) -> Result<Vec<Vec<String>>, OperationError> {
    rows.map(|row| new_row(table, columns, &row)).collect()
}

/// Cells up to the last one in which something stands.
fn filled(cells: &[&str]) -> Vec<String> {
    let end = cells.iter().rposition(|cell| !cell.is_empty()).map_or(0, |last| last + 1);
    cells[..end].iter().map(|cell| (*cell).to_owned()).collect()
}

/// Whether `after` is `before` and then `new`.
fn is_appended(after: &[Vec<String>], before: &[Vec<String>], new: &[Vec<String>]) -> bool {
    after.len() == before.len() + new.len()
        && after[..before.len()] == *before
        && after[before.len()..].iter().zip(new).all(|(a, b)| same_cells(a, b))
}

/// The order after `from` has moved to `to`, both counted from 1.
fn moved(count: usize, from: usize, to: usize) -> Result<Vec<usize>, OperationError> {
    if from == 0 || to == 0 || from > count || to > count {
        return Err(OperationError::Missing(format!("row {}", from.max(to))));
    }
    let mut order: Vec<usize> = (0..count).collect();
    let row = order.remove(from - 1);
    order.insert(to - 1, row);
    Ok(order)
}

/// A clock with its date, so that it means `moment` wherever it stands.
fn with_date(written: &str, moment: &Moment) -> Option<String> {
    let date = time::utc_day(moment.at);
    let canonical = time::canonical(moment.at, moment.precision != Precision::Minute);
    let candidates = [canonical, format!("{date} {written}")];
    candidates.into_iter().find(|text| is_read_as(text, &Anchor::default(), moment))
}

fn is_read_as(text: &str, anchor: &Anchor, moment: &Moment) -> bool {
    time::read(text, anchor).is_ok_and(|read| read.at == moment.at && read.end == moment.end)
}
