//! Tables on the terminal: a line each row, without frames. Where there is little room, columns that can be spared are
//! left out; where a table could still not be read, each row is a short block.
//!
//! What does not live here: what a table says, and the tables of figures, which have bars (`plot`).

use comfy_table::{ColumnConstraint, ContentArrangement, Row, Table, Width, presets};
use unicode_width::UnicodeWidthStr;

use crate::environment::visible;
use crate::wrap;

/// The padding of a column, both sides.
const PADDING: usize = 2;
/// A column of texts is of use from so many columns of the terminal on.
const LEAST: usize = 20;
/// Lines of a block are this far in.
const INDENT: usize = 2;

/// An empty table in our look.
pub(crate) fn bare(width: usize) -> Table {
    let mut table = Table::new();
    table
        .load_style(presets::NOTHING)
        .set_content_arrangement(ContentArrangement::Dynamic)
        .set_width(u16::try_from(width).unwrap_or(u16::MAX))
        .set_truncation_indicator("…");
    table
}

/// A row of one line.
pub(crate) fn line(cells: &[String]) -> Row {
    let mut row = Row::from(cells.iter().map(|cell| visible(cell)).collect::<Vec<_>>());
    row.max_height(1);
    row
}

/// A column.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Column {
    pub(crate) name: &'static str,
    /// What it holds.
    pub(crate) holds: Holds,
    /// Left out where there is little room, the lowest first; never where it is none.
    pub(crate) spare: Option<u8>,
}

/// What a column holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Holds {
    /// Values that say themselves what they are: an ID, a date.
    Values,
    /// Values that need the column's name beside them.
    Named,
    /// Names, of which some take more room than the column has at most.
    Names(u16),
    /// Texts, which take the room that is left.
    Text,
}

/// Rows of cells under columns.
#[derive(Debug)]
pub(crate) struct Sheet {
    columns: Vec<Column>,
    rows: Vec<Vec<String>>,
}

impl Sheet {
    pub(crate) fn new(columns: Vec<Column>, rows: Vec<Vec<String>>) -> Self {
        Self { columns, rows }
    }

    /// The line of headings, none where each row is a block; then the lines of each row.
    pub(crate) fn lines(&self, width: usize) -> (Option<String>, Vec<Vec<String>>) {
        let mut shown: Vec<usize> = (0..self.columns.len()).collect();
        while self.least(&shown) > width {
            let spare = shown.iter().filter_map(|column| Some((self.columns[*column].spare?, *column))).min();
            let Some((_, spare)) = spare else {
                return (None, self.rows.iter().map(|row| self.block(row, width)).collect());
            };
            shown.retain(|column| *column != spare);
        }
        let mut table = bare(width);
        table.set_header(shown.iter().map(|column| self.columns[*column].name));
        for row in &self.rows {
            let cells: Vec<String> = shown.iter().map(|column| row[*column].clone()).collect();
            table.add_row(line(&cells));
        }
        // Texts share what the others leave.
        let is_text = |column: &usize| self.columns[*column].holds == Holds::Text;
        let others: Vec<usize> = shown.iter().copied().filter(|column| !is_text(column)).collect();
        let texts = (shown.len() - others.len()).max(1);
        let room = (width.saturating_sub(self.least(&others)) / texts).max(LEAST) as u16;
        table.set_constraints(shown.iter().map(|column| match self.columns[*column].holds {
            Holds::Values | Holds::Named => ColumnConstraint::ContentWidth,
            Holds::Names(most) => ColumnConstraint::UpperBoundary(Width::Fixed(most)),
            Holds::Text => ColumnConstraint::LowerBoundary(Width::Fixed(room)),
        }));
        let mut lines = table.lines().map(|line| line.trim_end().to_owned());
        let header = lines.next();
        (header, lines.map(|line| vec![line]).collect())
    }

    /// The least room in which these columns can be read.
    fn least(&self, shown: &[usize]) -> usize {
        let widest = |column: usize| {
            let cells = self.rows.iter().map(|row| visible(&row[column]).width());
            cells.max().unwrap_or(0).max(self.columns[column].name.width())
        };
        let least = |column: &usize| match self.columns[*column].holds {
            Holds::Values | Holds::Named => widest(*column),
            Holds::Names(most) => widest(*column).min(usize::from(most).saturating_sub(PADDING)),
            Holds::Text => widest(*column).min(LEAST),
        };
        shown.iter().map(|column| least(column) + PADDING).sum()
    }

    /// A row as a short block: what is short on its first line, texts below it.
    fn block(&self, row: &[String], width: usize) -> Vec<String> {
        let cells = || self.columns.iter().zip(row).filter(|(_, cell)| !cell.is_empty());
        let mut head = Vec::new();
        let mut texts = Vec::new();
        for (column, cell) in cells() {
            let cell = visible(cell);
            match column.holds {
                Holds::Values => head.push(cell.into_owned()),
                Holds::Named => head.push(format!("{} {cell}", column.name.to_lowercase())),
                Holds::Names(_) | Holds::Text => texts.push(cell),
            }
        }
        let mut lines = Vec::new();
        let mut first = String::new();
        for part in head {
            if !first.is_empty() && first.width() + 2 + part.width() > width {
                lines.push(std::mem::take(&mut first));
                first = " ".repeat(INDENT);
            } else if !first.is_empty() {
                first += "  ";
            }
            first += &part;
        }
        lines.push(first);
        let mut below = Vec::new();
        for text in texts {
            // Memory takes everything.
            let _ = wrap::wrapped(&mut below, width, INDENT, &text);
        }
        lines.extend(String::from_utf8_lossy(&below).lines().map(str::to_owned));
        lines
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sheet() -> Sheet {
        let column = |name, holds, spare| Column { name, holds, spare };
        let columns = vec![
            column("Item", Holds::Values, None),
            column("Age", Holds::Named, Some(0)),
            column("Owner", Holds::Names(12), None),
            column("Action item", Holds::Text, None),
        ];
        let row = |cells: [&str; 4]| cells.map(str::to_owned).to_vec();
        Sheet::new(
            columns,
            vec![
                row([
                    "INC-0001#2",
                    "649d",
                    "@ana, @tomasz, @bo",
                    "Move the remaining certificates to the issuer",
                ]),
                row(["INC-0002#1", "", "", "Alert earlier"]),
            ],
        )
    }

    fn told(width: usize) -> String {
        let (header, rows) = sheet().lines(width);
        header.into_iter().chain(rows.into_iter().flatten()).map(|line| line + "\n").collect()
    }

    #[test]
    fn a_table_leaves_columns_out_before_it_becomes_blocks() {
        let wide = told(80);
        assert!(wide.starts_with(" Item        Age   Owner"), "{wide}");
        let narrow = told(50);
        assert!(narrow.starts_with(" Item        Owner"), "{narrow}");
        assert_eq!(narrow.lines().count(), 3, "{narrow}");
        assert_eq!(
            told(40),
            "INC-0001#2  age 649d\n  @ana, @tomasz, @bo\n  Move the remaining certificates to the\n    issuer\n\
             INC-0002#1\n  Alert earlier\n"
        );
        for width in 1..100 {
            assert!(!told(width).is_empty());
        }
    }
}
