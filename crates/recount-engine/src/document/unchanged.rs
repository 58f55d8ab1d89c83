//! What a change leaves alone: the document before and after it, read side by side. Every operation
//! ends here, so that none can forget a part of the document.

use super::template::{FIELDS, FieldId, FieldKind, SectionId};
use super::{Document, FieldState, Row, Span, Table};

/// What a change is about; everything else has to read as before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum About<'k> {
    /// The value of a field.
    Field(FieldId),
    /// Rows of the timeline; which ones is for the operation to compare.
    Timeline,
    /// Rows of the action items.
    Actions,
    /// The stable ID of an action item.
    ActionId,
    /// Items of a section of bullets.
    Entries(SectionId),
    /// A section or field that was not there.
    Structure,
    /// A section of its own behind all that are there.
    Appended,
    /// The title.
    Title,
    /// A key of the front matter.
    FrontMatter(&'k str),
}

/// Whether everything that `change` is not about reads in `new` as in `old`. Headings and blank fields may
/// have been added; comments of ours may go only with what a change may throw away.
pub(super) fn holds(old: &Document, new: &Document, change: About<'_>) -> bool {
    let title = |document: &Document| document.title().map(|title| document.slice(title.text).to_owned());
    (change == About::Title || title(old) == title(new))
        && same_front_matter(old, new, change)
        && same_headings(old, new, change)
        && FIELDS.iter().all(|def| change == About::Field(def.id) || same_field(old, new, def.id))
        && (change == About::Timeline || same_rows(old, new, old.timeline(), new.timeline()))
        && (change == About::Actions || same_rows(old, new, old.actions(), new.actions()))
        && SectionId::ALL.iter().all(|id| same_entries(old, new, *id, change))
        && same_marks(old, new, change)
}

fn same_front_matter(old: &Document, new: &Document, change: About<'_>) -> bool {
    let (a, b) = (old.front_matter(), new.front_matter());
    let About::FrontMatter(key) = change else {
        return a.span.map(|span| old.slice(span)) == b.span.map(|span| new.slice(span));
    };
    (key == "stage" || a.stage == b.stage)
        && (key == "finalized" || a.finalized == b.finalized)
        && (key == "reviewed-by" || a.reviewed_by == b.reviewed_by)
        && (key == "tags" || a.tags == b.tags)
        && (key == "incident-ids" || a.incident_ids == b.incident_ids)
        && b.problems.len() <= a.problems.len()
}

/// The headings that were there, in their order; between them only some of the template's own, behind them
/// what was appended.
fn same_headings(old: &Document, new: &Document, change: About<'_>) -> bool {
    let mut wanted = old.sections().iter().map(|section| (section.id, old.slice(section.heading))).peekable();
    for section in new.sections() {
        let found = (section.id, new.slice(section.heading));
        let was_there = wanted.next_if_eq(&found).is_some();
        let is_behind = change == About::Appended && wanted.peek().is_none();
        if !was_there && section.id.is_none() && !is_behind {
            return false;
        }
    }
    wanted.peek().is_none()
}

fn same_field(old: &Document, new: &Document, id: FieldId) -> bool {
    match (old.field(id), new.field(id)) {
        (None, None) => true,
        (None, Some(new)) => new.state != FieldState::Filled || id.def().kind == FieldKind::Group,
        (Some(_), None) => false,
        (Some(a), Some(b)) => {
            let entries = |document: &Document, entries: &[Span]| {
                entries.iter().map(|entry| document.slice(*entry).to_owned()).collect::<Vec<_>>()
            };
            // The body of a group holds its members, which are compared by themselves.
            let is_group = id.def().kind == FieldKind::Group;
            old.slice(a.value) == new.slice(b.value)
                && entries(old, &a.entries) == entries(new, &b.entries)
                && (is_group || old.slice(a.body) == new.slice(b.body))
        }
    }
}

/// Whether two tables hold the same; a table that was not there has only blank rows.
pub(super) fn same_rows<C: Copy + PartialEq>(
    old: &Document,
    new: &Document,
    before: Option<&Table<C>>,
    after: Option<&Table<C>>,
) -> bool {
    match (before, after) {
        (None, None) => true,
        (Some(_), None) => false,
        (None, Some(table)) => table.rows.iter().all(|row| new.is_table_blank(table, row)),
        (Some(a), Some(b)) => {
            a.columns == b.columns
                && a.rows.len() == b.rows.len()
                && a.rows.iter().zip(&b.rows).all(|(x, y)| same_cells(&cells(old, a, x), &cells(new, b, y)))
        }
    }
}

impl Document {
    /// Whether a row of a table that the template brings is one of its blank ones.
    fn is_table_blank<C: Copy + PartialEq>(&self, table: &Table<C>, row: &Row) -> bool {
        table.cells(row).iter().skip(1).all(|cell| self.slice(cell.span).is_empty())
    }
}

/// The values of a row's cells.
pub(super) fn cells<'d, C: Copy + PartialEq>(
    document: &'d Document,
    table: &Table<C>,
    row: &Row,
) -> Vec<&'d str> {
    table.cells(row).iter().map(|cell| document.slice(cell.span)).collect()
}

/// The values of all cells of a table.
pub(super) fn all_cells<C: Copy + PartialEq>(
    document: &Document,
    table: Option<&Table<C>>,
) -> Vec<Vec<String>> {
    let rows =
        table.into_iter().flat_map(|table| table.rows.iter().map(move |row| cells(document, table, row)));
    rows.map(|row| row.into_iter().map(str::to_owned).collect()).collect()
}

/// Missing cells are empty ones.
pub(super) fn same_cells<A: AsRef<str>, B: AsRef<str>>(a: &[A], b: &[B]) -> bool {
    let width = a.len().max(b.len());
    (0..width).all(|at| a.get(at).map_or("", A::as_ref) == b.get(at).map_or("", B::as_ref))
}

fn same_entries(old: &Document, new: &Document, id: SectionId, change: About<'_>) -> bool {
    // Sections of fields and tables are compared by those; text around them is in no list of entries.
    let is_list = id.fields().next().is_none() && !matches!(id, SectionId::Timeline | SectionId::ActionItems);
    if change == About::Entries(id) || !is_list || old.section(id).is_none() {
        return true;
    }
    let texts = |document: &Document| {
        document.entries(id).into_iter().map(|entry| document.slice(entry).to_owned()).collect::<Vec<_>>()
    };
    texts(old) == texts(new)
}

fn same_marks(old: &Document, new: &Document, change: About<'_>) -> bool {
    let texts = |document: &Document| {
        let mut texts: Vec<String> =
            document.marks().iter().map(|mark| document.slice(mark.span).to_owned()).collect();
        texts.sort_unstable();
        texts
    };
    let (before, after) = (texts(old), texts(new));
    if change == About::ActionId {
        // One more, and none less.
        let mut rest = after.iter();
        return after.len() == before.len() + 1 && before.iter().all(|mark| rest.any(|other| other == mark));
    }
    if !matches!(change, About::Field(_) | About::Timeline | About::Actions) {
        return before == after;
    }
    // A removed row and a replaced list take theirs along.
    let mut rest = before.iter();
    after.iter().all(|mark| rest.any(|other| other == mark))
}
