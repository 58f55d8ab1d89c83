//! Action items: the rows of their table that hold something. What their cells mean is read in `typed`, but
//! for how far an item has come: many ask for that, and it is read once.

use super::template::ActionColumn as Column;
use super::value::status::{self, StatusKind};
use super::{Cell, Document, MarkKind, Span};

/// A row of the action items that holds something.
#[derive(Clone, Debug)]
pub struct ActionItem {
    /// Counted from 1 over the rows that hold something: `INC-0042#3`.
    pub number: usize,
    /// Index into the table's rows, blank ones included.
    pub index: usize,
    /// The line.
    pub span: Span,
    /// The Priority cell.
    pub priority: Option<Cell>,
    /// The Action item cell.
    pub action: Option<Cell>,
    /// The Owner cell.
    pub owner: Option<Cell>,
    /// The Due date cell.
    pub due: Option<Cell>,
    /// The Status cell.
    pub status: Option<Cell>,
    /// The Verification plan cell.
    pub plan: Option<Cell>,
    /// The stable ID in a comment of its Action cell.
    pub id: Option<Span>,
    /// How far it has come, as the Status cell says: open where nothing is said, none where what is said is no
    /// status.
    pub status_kind: Option<StatusKind>,
}

pub(super) fn read(document: &Document) -> Vec<ActionItem> {
    let Some(table) = document.actions() else { return Vec::new() };
    let mut items = Vec::with_capacity(table.rows.len());
    for (index, row) in table.rows.iter().enumerate() {
        if table.is_blank(document.source(), row, Some(Column::Priority)) {
            continue;
        }
        let marks = document.marks();
        let marks = &marks[marks.partition_point(|mark| mark.span.start < row.span.start)..];
        let mut own = marks.iter().take_while(|mark| row.span.contains(mark.span));
        let id = own.find_map(|mark| if let MarkKind::Id(id) = mark.kind { Some(id) } else { None });
        let status = table.cell(row, Column::Status);
        items.push(ActionItem {
            number: items.len() + 1,
            index,
            span: row.span,
            priority: table.cell(row, Column::Priority),
            action: table.cell(row, Column::Action),
            owner: table.cell(row, Column::Owner),
            due: table.cell(row, Column::DueDate),
            status,
            plan: table.cell(row, Column::VerificationPlan),
            id,
            status_kind: match document.cell_text(status) {
                "" => Some(StatusKind::Open),
                text => status::kind_of(text),
            },
        });
    }
    items
}

impl Document {
    /// The text of a cell; empty where there is none.
    pub fn cell_text(&self, cell: Option<Cell>) -> &str {
        cell.map_or("", |cell| self.slice(cell.span))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::document::value::Value;

    #[test]
    fn an_item_without_a_status_is_open_and_one_without_a_date_has_none() {
        let text = "## Action items\n\n| Priority | Action item | Due date | Status |\n|---|---|---|---|\n\
                    | P0 | a | | |\n| P1 | b | 2026-12-01 | done 2026-11-30 |\n| P2 | c | soon | hm |\n";
        let document = Document::parse(text.as_bytes());
        let items = document.action_items();
        let kinds: Vec<_> = items.iter().map(|item| item.status_kind).collect();
        assert_eq!(kinds, [Some(StatusKind::Open), Some(StatusKind::Done), None]);
        let dates: Vec<_> = items.iter().map(|item| document.due_of(item).value).collect();
        assert!(matches!(dates[..], [Value::Blank, Value::Value(_), Value::Invalid(_)]), "{dates:?}");
        // The whole reading of a status says the same word.
        for item in items {
            let whole = document.status_of(item);
            assert!(whole.get().is_none_or(|status| Some(status.kind) == item.status_kind), "{whole:?}");
        }
    }
}
