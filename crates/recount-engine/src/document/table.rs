//! Tables of the template: columns by their headers, rows and cells with exact spans. Cells are split
//! from the row's own line, so that a missing or an extra cell is seen as it was written.

use std::collections::HashMap;
use std::hash::Hash;
use std::ops::Range;

use super::markdown::{BlockKind, Markdown};
use super::sections::{trimmed, without_blanks};
use super::template::{self, ActionColumn, SYNONYMS, SectionId, TimelineColumn};
use super::{Section, Source, Span, marks};

/// A table whose columns are known.
#[derive(Clone, Debug)]
pub struct Table<C> {
    /// From the header line to the end of the last row.
    pub span: Span,
    /// The header line.
    pub header: Row,
    /// The line of dashes below the header.
    pub delimiter: Span,
    /// Which column of the template each written column is.
    pub columns: Vec<Option<C>>,
    /// The body lines, blank ones included.
    pub rows: Vec<Row>,
    cells: Vec<Cell>,
}

/// A line of a table.
#[derive(Clone, Debug)]
pub struct Row {
    /// The line, without indentation and ending.
    pub span: Span,
    cells: Range<u32>,
}

/// A cell of a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cell {
    /// Everything between the two pipes.
    pub outer: Span,
    /// Without blanks and without comments at the end; where it is empty, the place for a value.
    pub span: Span,
}

impl<C: Copy + PartialEq> Table<C> {
    /// The cells of a row as written.
    pub fn cells(&self, row: &Row) -> &[Cell] {
        &self.cells[row.cells.start as usize..row.cells.end as usize]
    }

    /// Where `column` stands, counted from the left.
    pub fn index_of(&self, column: C) -> Option<usize> {
        self.columns.iter().position(|known| *known == Some(column))
    }

    /// The cell of `row` in `column`; none where the table or the row has no such cell.
    pub fn cell(&self, row: &Row, column: C) -> Option<Cell> {
        self.cells(row).get(self.index_of(column)?).copied()
    }

    /// Whether every cell of the row is empty, but for those in `ignored` columns.
    pub fn is_blank(&self, source: &Source, row: &Row, ignored: Option<C>) -> bool {
        self.cells(row).iter().enumerate().all(|(index, cell)| {
            let ignore = ignored.is_some() && self.columns.get(index).copied().flatten() == ignored;
            ignore || source.slice(cell.span).is_empty()
        })
    }
}

/// A kind of table that the template has.
pub(super) trait Columns: Copy + PartialEq + Eq + Hash + 'static {
    /// All names of the columns, normalized.
    fn names() -> &'static HashMap<String, Self>;
    /// The column without which a table is none of ours.
    const KEY: Self;
}

impl Columns for TimelineColumn {
    fn names() -> &'static HashMap<String, Self> {
        &SYNONYMS.timeline
    }
    const KEY: Self = Self::Time;
}

impl Columns for ActionColumn {
    fn names() -> &'static HashMap<String, Self> {
        &SYNONYMS.actions
    }
    const KEY: Self = Self::Action;
}

/// The first table of the section that has the key column and one more that is known.
pub(super) fn find<C: Columns>(
    source: &Source,
    markdown: &Markdown,
    sections: &[Section],
    id: SectionId,
    own: &mut Vec<Span>,
) -> Option<Table<C>> {
    for section in sections.iter().filter(|section| section.id == Some(id)) {
        for (index, block) in markdown.siblings(section.blocks.0, section.blocks.1) {
            if block.kind != BlockKind::Table {
                continue;
            }
            if let Some(table) = read::<C>(source, markdown, index) {
                own.push(table.header.span);
                return Some(table);
            }
        }
    }
    None
}

fn read<C: Columns>(source: &Source, markdown: &Markdown, index: usize) -> Option<Table<C>> {
    let mut cells = Vec::with_capacity(160);
    let mut lines = markdown.children(index);
    let (_, head) = lines.next().filter(|(_, block)| block.kind == BlockKind::TableHead)?;
    let header = read_row(source, head.span, &mut cells);
    let mut taken = Vec::new();
    let mut columns: Vec<Option<C>> = cells
        .iter()
        .map(|cell| {
            let name = template::normalize(source.slice(cell.span));
            let column = C::names().get(&name).copied().filter(|column| !taken.contains(column))?;
            taken.push(column);
            Some(column)
        })
        .collect();
    if !taken.contains(&C::KEY) || taken.len() < 2 {
        return None;
    }
    let below = source.line_at(source.next_line(header.span.end as usize));
    // A quotation has its mark in front of the line.
    let lead = source.slice(below).len() - source.slice(below).trim_start_matches(['>', ' ', '\t']).len();
    let delimiter = trimmed(source, Span::new(below.start as usize + lead, below.end as usize));
    // The delimiter says how wide the table is; what the header has more is no column.
    columns.truncate(split(source.slice(delimiter)).count());
    let rows: Vec<Row> = lines.map(|(_, block)| read_row(source, block.span, &mut cells)).collect();
    let end = rows.last().map_or(delimiter.end, |row| row.span.end);
    Some(Table {
        span: Span::new(header.span.start as usize, end as usize),
        header,
        delimiter,
        columns,
        rows,
        cells,
    })
}

fn read_row(source: &Source, span: Span, cells: &mut Vec<Cell>) -> Row {
    // A line of NBSP alone is a row, too: only what Markdown takes for blank is cut off.
    let inner = without_blanks(source.slice(span).as_bytes());
    let line = Span::new(span.start as usize + inner.start, span.start as usize + inner.end);
    let first = cells.len() as u32;
    let text = source.slice(line);
    for range in split(text) {
        let outer = Span::new(line.start as usize + range.start, line.start as usize + range.end);
        let cell = &text.as_bytes()[range];
        let inner = without_blanks(cell);
        let is_plain = |byte: &u8| byte.is_ascii_graphic() && *byte != b'>';
        let span = if let [first, .., last] | [first @ last] = &cell[inner.clone()]
            && is_plain(first)
            && is_plain(last)
        {
            // As nearly all are: no comment, and no rarer blank, at an end.
            Span::new(outer.start as usize + inner.start, outer.start as usize + inner.end)
        } else {
            let content = trimmed(source, outer);
            let span = marks::without_trailing_comments(source, content);
            match (content.is_empty(), span.is_empty()) {
                // A value would go behind the blank that follows the pipe.
                (true, _) => Span::at(outer.start as usize + usize::from(cell.starts_with(b" "))),
                (_, true) => Span::at(content.start as usize),
                _ => span,
            }
        };
        cells.push(Cell { outer, span });
    }
    Row { span: line, cells: first..cells.len() as u32 }
}

/// The ranges between the unescaped pipes of a line; a pipe at either end borders the table. A backslash
/// before a pipe escapes it, whatever stands before the backslash: tables are split before anything
/// else is read.
pub(super) fn split(line: &str) -> impl Iterator<Item = Range<usize>> + '_ {
    let bytes = line.as_bytes();
    let first = usize::from(bytes.first() == Some(&b'|'));
    let pipes = memchr::memchr_iter(b'|', &bytes[first..]).map(move |at| first + at);
    let mut pipes = pipes.filter(|at| *at == 0 || bytes[at - 1] != b'\\');
    let mut next = Some(first);
    std::iter::from_fn(move || {
        let start = next?;
        let end = pipes.next();
        next = end.map(|at| at + 1);
        let is_behind_border = start == bytes.len() && start > 0;
        (!is_behind_border).then(|| start..end.unwrap_or(bytes.len()))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cells(line: &str) -> Vec<&str> {
        split(line).map(|range| &line[range]).collect()
    }

    #[test]
    fn pipes_split_unless_escaped_and_border_the_table() {
        assert_eq!(cells("| a | b |"), [" a ", " b "]);
        assert_eq!(cells("a | b"), ["a ", " b"]);
        assert_eq!(cells(r"| `x\|y` | b |"), [r" `x\|y` ", " b "]);
        assert_eq!(cells("| | |"), [" ", " "]);
        assert_eq!(cells("||"), [""]);
        assert_eq!(cells(r"| a \\| b |"), [r" a \\| b "]);
        assert_eq!(cells(r"| a \"), [r" a \"]);
        assert_eq!(cells("|"), Vec::<&str>::new());
    }
}
