//! Action items in every habit: rows of a table, items of a list with or without boxes, paragraphs; with
//! owner, due date and state where they are written. What does not live here: which headings announce
//! them (`headings`).

use super::cells::{self, CellText};
use super::outline::Outline;
use super::table::{self, ForeignTable};
use super::{tasks, times};
use crate::document::markdown::BlockKind;
use crate::document::template::{ACTION_HEADERS, ActionColumn, TimelineColumn, normalize};
use crate::document::value::date;
use crate::document::value::priority::Priority;
use crate::document::value::status;
use crate::document::{Span, declines, is_bare_none};

/// What was read of the action items of a document.
#[derive(Debug, Default)]
pub(super) struct Actions {
    pub(super) items: Vec<Item>,
    /// Blocks that are no items, as they stand.
    pub(super) rest: Vec<Span>,
    /// Headings and headers that were understood and stand nowhere any more, each with what it is now.
    pub(super) said: Vec<(Span, String)>,
}

/// One action item.
#[derive(Debug, Default)]
pub(super) struct Item {
    /// Where it stands in the foreign document.
    pub(super) span: Span,
    /// Priority, action item, owner, due date, status, verification plan.
    pub(super) cells: [String; 6],
    /// Code, tables and the like that no cell can hold.
    pub(super) beside: Vec<Span>,
}

const PRIORITY: usize = 0;
const ACTION: usize = 1;
const OWNER: usize = 2;
const DUE: usize = 3;
const STATUS: usize = 4;

/// Reads the action items at `part` and below it into `found`.
pub(super) fn read(outline: &Outline, part: usize, found: &mut Actions) {
    let parts = outline.subtree(part);
    let lists = |at: &usize| {
        let kinds = outline.parts[*at].blocks.iter().map(|index| outline.block(*index).kind);
        kinds.into_iter().any(|kind| matches!(kind, BlockKind::List | BlockKind::Table))
    };
    for at in &parts {
        let this = &outline.parts[*at];
        // Above groups stands an introduction, and a group without a list says its items in prose.
        let has_list = lists(at) || *at == part && parts.len() > 1;
        if *at != part {
            if let Some(heading) = this.heading.filter(|heading| names_an_item(outline, *at, *heading)) {
                found.items.push(of_heading(outline, heading, &this.blocks));
                continue;
            }
            found.said.extend(this.heading.map(|heading| (heading, "Action items".to_owned())));
        }
        if let Some(lead) = this.lead {
            paragraph(outline, lead, has_list, found);
        }
        let mut above = None;
        let table = this.blocks.iter().position(|index| is_table(outline, *index));
        for (place, index) in this.blocks.iter().enumerate() {
            let next = this.blocks.get(place + 1).copied();
            let before = place.checked_sub(1).map(|before| this.blocks[before]);
            if table.is_some_and(|table| place < table && explains(outline, *index, this.blocks[table]))
                || tasks::is_for_each_time(outline, before, *index)
            {
                found.rest.push(outline.source_of(*index));
                continue;
            }
            if !has_list
                && is_line_in_bold(outline, *index)
                && next.is_some_and(|next| is_prose(outline, next))
            {
                above = Some(*index);
                continue;
            }
            match above.filter(|above| is_line_in_bold(outline, *above)) {
                Some(head) if !has_list => {
                    found.items.push(of_heading(outline, outline.block(head).content, &[*index]));
                }
                _ if more_of_the_item_above(outline, above, *index, next, found) => {}
                _ => block(outline, *index, has_list, found),
            }
            above = Some(*index);
        }
    }
}

/// Whether a list above the table of the items says what words in that table mean: `P0 - before all else`.
fn explains(outline: &Outline, list: usize, table: usize) -> bool {
    let Some(table) = ForeignTable::read(outline, table) else { return false };
    let cells: Vec<String> =
        table.rows.iter().flat_map(|(_, cells)| cells).map(|cell| normalize(outline.slice(*cell))).collect();
    let is_word_of_it = |item: usize| {
        let head = outline.markdown.children(item).next();
        let text = head.map_or(String::new(), |(_, block)| normalize(outline.slice(block.content)));
        text.split(' ').next().is_some_and(|word| cells.iter().any(|cell| cell == word))
    };
    let is_list = outline.block(list).kind == BlockKind::List;
    let mut items = outline.markdown.children(list).map(|(item, _)| is_word_of_it(item));
    is_list && items.next().is_some_and(|first| first && items.all(|is_one| is_one))
}

/// Whether a part, `Action items status`, only ticks off what stands in a table before it.
pub(super) fn repeats(outline: &Outline, part: usize, found: &Actions) -> bool {
    let part = &outline.parts[part];
    let name = part.heading.map_or(String::new(), |heading| normalize(outline.slice(heading)));
    let mut lists = part.blocks.iter().filter(|index| is_checklist(outline, **index));
    let boxes = lists.next().map(|list| outline.markdown.children(*list).count());
    name.ends_with(" status") && lists.next().is_none() && boxes == Some(found.items.len())
}

/// Whether a heading below that of the action items is one itself: it says more than a kind or a time, and what
/// stands below it, if anything, is prose, or code where it is numbered.
fn names_an_item(outline: &Outline, at: usize, heading: Span) -> bool {
    let part = &outline.parts[at];
    let name = outline.slice(heading).trim();
    let is_numbered = name.starts_with(|ch: char| ch.is_ascii_digit());
    let is_above_others = outline.parts.iter().any(|other| other.parent == Some(at));
    part.place.is_none()
        && part.lead.is_none()
        && !is_above_others
        && !name.ends_with(':')
        && (is_numbered
            || name.split_whitespace().filter(|word| word.contains(char::is_alphabetic)).count() >= 3)
        && part.blocks.iter().all(|index| {
            let is_code = outline.block(*index).kind == BlockKind::Code;
            is_prose(outline, *index) || is_numbered && is_code
        })
}

fn is_prose(outline: &Outline, index: usize) -> bool {
    outline.block(index).kind == BlockKind::Paragraph && !is_line_in_bold(outline, index)
}

/// A paragraph that is one line in bold stands above what follows it.
fn is_line_in_bold(outline: &Outline, index: usize) -> bool {
    let block = outline.block(index);
    let text = outline.slice(block.content).trim();
    let inside = text.strip_prefix("**").and_then(|text| text.trim_end_matches(':').strip_suffix("**"));
    block.kind == BlockKind::Paragraph
        && inside.is_some_and(|inside| !inside.contains("**") && inside.len() <= 120)
}

/// An item that stands in a heading, with the prose below it.
fn of_heading(outline: &Outline, heading: Span, below: &[usize]) -> Item {
    let mut cell = CellText::default();
    for line in cells::lines(outline.slice(heading)) {
        cell.add_text(&line);
    }
    for index in below {
        cell.add_block(outline, *index);
    }
    let end = below.last().map_or(heading, |last| outline.block(*last).span);
    item(heading.to(end), cell, None)
}

/// A list that is indented by too few blanks to be nested in the numbered item above it was meant to be; so was
/// one without a number between two that are numbered on.
fn more_of_the_item_above(
    outline: &Outline,
    above: Option<usize>,
    index: usize,
    next: Option<usize>,
    found: &mut Actions,
) -> bool {
    let is_list = |index: &usize| outline.block(*index).kind == BlockKind::List;
    let number = |index: usize| -> Option<u32> {
        let text = outline.slice(outline.block(index).span);
        let digits = text.bytes().take_while(u8::is_ascii_digit).count();
        text[..digits].parse().ok()
    };
    let Some(first) = above.filter(|above| is_list(above) && is_list(&index)).and_then(number) else {
        return false;
    };
    let indented = outline.slice(outline.source_of(index)).starts_with("  ");
    let goes_on = next.filter(is_list).and_then(number).is_some_and(|number| number > 1);
    let is_between = number(index).is_none() && (goes_on || first > 1);
    let Some(item) = found.items.last_mut().filter(|_| indented || is_between) else { return false };
    let mut cell = CellText { text: std::mem::take(&mut item.cells[ACTION]), beside: Vec::new() };
    cell.add_block(outline, index);
    item.cells[ACTION] = cell.text;
    item.beside.extend(cell.beside);
    item.span = item.span.to(outline.block(index).span);
    true
}

/// Reads one block.
pub(super) fn block(outline: &Outline, index: usize, has_list: bool, found: &mut Actions) {
    let block = *outline.block(index);
    match block.kind {
        BlockKind::List => list(outline, index, found),
        BlockKind::Table => {
            if !rows(outline, index, found) {
                found.rest.push(outline.source_of(index));
            }
        }
        BlockKind::Paragraph => paragraph(outline, block.content, has_list, found),
        BlockKind::Rule => {}
        _ => found.rest.push(outline.source_of(index)),
    }
}

/// Paragraphs are items where there is no list.
fn paragraph(outline: &Outline, content: Span, has_list: bool, found: &mut Actions) {
    let text = outline.slice(content);
    let is_answer = is_bare_none(text) || declines(text);
    // A paragraph of this length tells a story.
    let is_story = text.len() > 600;
    // A search for them is none either.
    let is_search = text.starts_with("http") && text.contains('?') && !text.contains(char::is_whitespace);
    let is_pointer = text.trim_start_matches(['*', '_', '(']).starts_with("See ") || is_search;
    if has_list || is_answer || is_story || is_pointer || text.trim_end().ends_with(':') {
        found.rest.push(content);
        return;
    }
    let mut cell = CellText::default();
    for line in cells::lines(text) {
        cell.add_text(&line);
    }
    found.items.push(item(content, cell, None));
}

/// Reads a paragraph that says by a label that it is one item.
pub(super) fn labelled_item(outline: &Outline, index: usize, found: &mut Actions) {
    let content = outline.block(index).content;
    let mut cell = CellText::default();
    for line in cells::lines(outline.slice(content)) {
        cell.add_text(&line);
    }
    found.items.push(item(content, cell, None));
}

/// Whether a list, wherever it stands, is one of things to do: each of its items has a box.
pub(super) fn is_checklist(outline: &Outline, index: usize) -> bool {
    if outline.block(index).kind != BlockKind::List {
        return false;
    }
    let mut boxes = outline.markdown.children(index).map(|(item, _)| cells::checked(outline, item).is_some());
    boxes.next().is_some_and(|first| first && boxes.all(|has_box| has_box))
}

fn list(outline: &Outline, index: usize, found: &mut Actions) {
    let items: Vec<usize> = outline.markdown.children(index).map(|(item, _)| item).collect();
    for at in items {
        if let Some((head, below)) = several_in_one(outline, at) {
            for nested in below {
                let mut cell = CellText::default();
                cell.add_text(&head);
                cell.add_item(outline, nested);
                found.items.push(item(outline.block(nested).span, cell, cells::checked(outline, nested)));
            }
            continue;
        }
        let mut cell = CellText::default();
        cell.add_item(outline, at);
        let bare = cell.text.trim();
        if bare.is_empty() && cell.beside.is_empty() {
            continue;
        }
        if is_bare_none(bare) {
            found.rest.push(outline.source_of(at));
            continue;
        }
        found.items.push(item(outline.block(at).span, cell, cells::checked(outline, at)));
    }
}

/// An item that only announces those below it: `When deploying:` and a list of what to do then.
fn several_in_one(outline: &Outline, item: usize) -> Option<(String, Vec<usize>)> {
    let children: Vec<usize> = outline.markdown.children(item).map(|(child, _)| child).collect();
    let [head, list] = children[..] else { return None };
    let text = outline.slice(outline.block(head).content);
    let bare = text.trim_end_matches(['*', '_', ' ']);
    // `Write a script that:` is one item, and what the script does is below it.
    let goes_on = [" that:", " which:", " including:", " by:"].iter().any(|word| bare.ends_with(word));
    let announces = outline.block(head).kind == BlockKind::Paragraph && bare.ends_with(':') && !goes_on;
    if !announces || outline.block(list).kind != BlockKind::List {
        return None;
    }
    let below: Vec<usize> = outline.markdown.children(list).map(|(item, _)| item).collect();
    (below.len() >= 2).then(|| (cells::lines(text).join(" "), below))
}

/// An item from its text: what stands in brackets before it, and what it says of owner and date.
fn item(span: Span, cell: CellText, checked: Option<bool>) -> Item {
    let mut item = Item { span, beside: cell.beside, ..Item::default() };
    let mut text = cell.text;
    if let Some(checked) = checked {
        if checked { "Done" } else { "Open" }.clone_into(&mut item.cells[STATUS]);
    }
    while let Some((inside, rest)) = leading_bracket(&text) {
        let bare = inside.trim_matches(['*', '_', ' ']);
        if inside == "*" || matches!(bare, "x" | "X" | "✓" | "✔") {
            "Done".clone_into(&mut item.cells[STATUS]);
        } else if bare.is_empty() && item.cells[STATUS].is_empty() {
            "Open".clone_into(&mut item.cells[STATUS]);
        } else if let Some((priority, _)) = Priority::parse(bare).filter(|_| item.cells[PRIORITY].is_empty())
        {
            item.cells[PRIORITY] = kept_as(bare, priority.as_str());
        } else if status::kind_of(bare).is_some() && item.cells[STATUS].is_empty() {
            bare.clone_into(&mut item.cells[STATUS]);
        } else if is_name(bare) && item.cells[OWNER].is_empty() {
            bare.clone_into(&mut item.cells[OWNER]);
        } else {
            break;
        }
        text = rest;
    }
    if item.cells[OWNER].is_empty()
        && let Some(owner) = labelled(&text, &["owner", "assignee", "assigned to", "responsible", "dri"])
    {
        item.cells[OWNER] = owner;
    }
    if item.cells[OWNER].is_empty()
        && let Some(owner) = handle_at_an_end(&text)
    {
        item.cells[OWNER] = owner;
    }
    let due = labelled(&text, &["due date", "due", "deadline", "target date", "eta"]);
    if let Some(due) = due.filter(|due| date::read(due).is_ok()).or_else(|| day_behind(&text, &["due", "by"]))
    {
        item.cells[DUE] = due;
    }
    if item.cells[PRIORITY].is_empty()
        && let Some((priority, rest)) = leading_priority(&text)
    {
        item.cells[PRIORITY] = priority;
        text = rest;
    }
    if matches!(item.cells[STATUS].as_str(), "" | "Open")
        && let Some(state) = trailing_bracket(&text).filter(|state| status::kind_of(state).is_some())
    {
        state.clone_into(&mut item.cells[STATUS]);
    }
    if item.cells[STATUS].is_empty()
        && let Some(state) = labelled(&text, &["status"]).filter(|state| status::kind_of(state).is_some())
    {
        item.cells[STATUS] = state;
    }
    item.cells[ACTION] = text;
    item
}

/// `[garndt?] more clarity`: what the brackets hold, and what follows them. A link is none.
fn leading_bracket(text: &str) -> Option<(String, String)> {
    let marks = text.len() - text.trim_start_matches(['*', '_']).len();
    let (marks, inner) = text.split_at(marks);
    let inside = inner.strip_prefix('[')?;
    let end = inside.find(']').filter(|end| *end <= 40)?;
    let rest = &inside[end + 1..];
    if rest.starts_with(['(', '[', ':']) && !rest.starts_with(": ") || inside[..end].contains('[') {
        return None;
    }
    let rest = rest.strip_prefix(marks).unwrap_or(rest).trim_start_matches([':', ' ']).to_owned();
    (!rest.is_empty()).then(|| (inside[..end].to_owned(), rest))
}

/// `Resize the pool (in progress)`: what the brackets at the end hold.
fn trailing_bracket(text: &str) -> Option<&str> {
    let inside = text.trim_end().trim_end_matches('.').strip_suffix([')', ']'])?;
    let at = inside.rfind(['(', '['])?;
    Some(inside[at + 1..].trim()).filter(|inside| !inside.is_empty() && inside.len() <= 20)
}

/// Whether what stands in brackets is a name: one or a few words in small letters or with an `@`.
fn is_name(text: &str) -> bool {
    let bare = text.trim_end_matches('?');
    let is_word = |word: &str| {
        let word = word.trim_start_matches('@');
        !word.is_empty() && word.chars().all(|ch| ch.is_alphanumeric() || matches!(ch, '-' | '_' | '.'))
    };
    !bare.is_empty()
        && bare.split([',', '/', ' ', '&', '+']).filter(|word| !word.is_empty()).all(is_word)
        && bare.split_whitespace().count() <= 3
        && bare.contains(char::is_alphabetic)
        && !bare.starts_with(|ch: char| ch.is_ascii_digit())
}

/// The value behind a label inside an item: `(owner: Ana Li, due: 2026-03-02)`, `Owner: @ana`.
fn labelled(text: &str, labels: &[&str]) -> Option<String> {
    let lower = text.to_ascii_lowercase();
    for label in labels {
        let mut from = 0;
        while let Some(at) = lower[from..].find(label).map(|at| from + at) {
            from = at + label.len();
            let before = lower[..at].chars().next_back();
            if before.is_some_and(char::is_alphanumeric) {
                continue;
            }
            let after = text[from..].trim_start_matches(['*', '_', ' ']);
            let Some(value) = after.strip_prefix([':', '=']) else { continue };
            let value = value.trim_start_matches(['*', '_', ' ']);
            let end = value.find([',', ';', ')', '\n', '|', ']']).unwrap_or(value.len());
            // Another label ends it, too: `Priya N. Due date: …`.
            let next = value[..end].find(':').and_then(|colon| value[..colon].rfind(". "));
            let dash = [" - ", " – ", " — "].iter().filter_map(|dash| value[..end].find(dash)).min();
            let end = next.unwrap_or(end).min(dash.unwrap_or(end));
            let value = value[..end].trim_end_matches(['.', ' ', '*', '_']);
            if !value.is_empty() && value.len() <= 60 {
                return Some(value.to_owned());
            }
        }
    }
    None
}

/// `due 2026-03-02`, `by 2026-03-02`: the day behind a word.
fn day_behind(text: &str, words: &[&str]) -> Option<String> {
    let said: Vec<&str> = text.split_whitespace().collect();
    let pairs = said.windows(2).filter(|pair| {
        let word = pair[0].trim_matches(|ch: char| !ch.is_alphanumeric());
        words.iter().any(|known| word.eq_ignore_ascii_case(known))
    });
    let days = pairs.map(|pair| pair[1].trim_matches(|ch: char| !ch.is_alphanumeric()));
    days.filter(|day| date::read(day).is_ok_and(|day| day.canonical)).map(str::to_owned).next()
}

/// `(P1) page on disk`, `P2: docs`: the priority, and what follows it.
fn leading_priority(text: &str) -> Option<(String, String)> {
    let bare = text.trim_start_matches(['(', '*', ' ']);
    let word = bare.get(..2)?;
    let (priority, _) = Priority::parse(word)?;
    let rest = bare[2..].trim_start_matches(['*', ' ']);
    let rest = rest.strip_prefix([':', ')', '-', '–', '—'])?.trim_start_matches(['*', ':', ' ']);
    (!rest.is_empty() && word.eq_ignore_ascii_case(priority.as_str()))
        .then(|| (kept_as(word, priority.as_str()), rest.to_owned()))
}

/// `@ana: look into it`, `Look into it (@ana)`, `… — @ana`.
fn handle_at_an_end(text: &str) -> Option<String> {
    let is_handle = |word: &str| {
        let name = word.strip_prefix('@')?;
        let is_plain = |ch: char| ch.is_alphanumeric() || matches!(ch, '-' | '_' | '.' | '/');
        (!name.is_empty() && name.chars().all(is_plain)).then(|| word.to_owned())
    };
    let first = text.split_whitespace().next()?;
    if let Some(handle) = first.strip_suffix(':').and_then(is_handle) {
        return Some(handle);
    }
    let last = text.split_whitespace().next_back()?;
    let bracketed = last.strip_prefix('(').and_then(|rest| rest.strip_suffix(')')).and_then(is_handle);
    let before = text[..text.len() - last.len()].trim_end();
    bracketed.or_else(|| is_handle(last).filter(|_| before.ends_with(['-', '–', '—', ':', '|'])))
}

/// `canonical` where it says all that `written` does.
fn kept_as(written: &str, canonical: &str) -> String {
    if written.eq_ignore_ascii_case(canonical) { canonical.to_owned() } else { written.to_owned() }
}

/// Whether a table, wherever it stands, lists action items by its header.
pub(super) fn is_table(outline: &Outline, index: usize) -> bool {
    use ActionColumn as C;
    let Some(table) = ForeignTable::read(outline, index) else { return false };
    let names = || table.header.iter().map(|span| normalize(outline.slice(*span)));
    let says_so = names().any(|name| {
        matches!(name.as_str(), "action item" | "action items" | "follow up action" | "corrective action")
    });
    let columns = table.columns(table::action_column);
    let is_task =
        names().any(|name| matches!(name.as_str(), "action" | "actions" | "task" | "tasks" | "todo"));
    let has = |wanted: C| columns.contains(&Some(wanted));
    let is_assigned = has(C::Owner) && (has(C::DueDate) || has(C::Status) || has(C::Priority));
    let tells_times = table.columns(table::timeline_column).contains(&Some(TimelineColumn::Time));
    is_task && is_assigned && !tells_times
        || tasks::column(outline, &table).is_some()
        || says_so
            && [C::Owner, C::DueDate, C::Status, C::Priority]
                .iter()
                .any(|column| columns.contains(&Some(*column)))
}

/// Reads the rows of a table; false where it is none of action items.
pub(super) fn rows(outline: &Outline, index: usize, found: &mut Actions) -> bool {
    use ActionColumn as C;
    const COLUMNS: [C; 6] = [C::Priority, C::Action, C::Owner, C::DueDate, C::Status, C::VerificationPlan];
    let Some(table) = ForeignTable::read(outline, index) else { return false };
    let mut columns = table.columns(table::action_column);
    if !columns.contains(&Some(C::Action)) {
        // A table below this heading lists the items, whatever its first column is called.
        let orders = tasks::column(outline, &table);
        let first = orders.or_else(|| columns.iter().position(Option::is_none));
        let Some(first) = first.and_then(|at| columns.get_mut(at)) else { return false };
        *first = Some(C::Action);
    }
    for (span, cells) in &table.rows {
        let mut item = Item { span: *span, ..Item::default() };
        let mut extra = Vec::new();
        for (at, cell) in cells.iter().enumerate() {
            let value = table::decoded(outline.slice(*cell));
            if value.is_empty() {
                continue;
            }
            let column = columns.get(at).copied().flatten();
            let place = column.and_then(|column| COLUMNS.iter().position(|known| *known == column));
            match place.filter(|place| item.cells[*place].is_empty()) {
                Some(DUE)
                    if date::read(&value).is_err()
                        && !times::without_marks(&value).contains(|ch: char| ch.is_ascii_digit()) =>
                {
                    item.cells[DUE] = value;
                }
                Some(place) => item.cells[place] = value,
                None => {
                    let name = table.header.get(at).map_or("", |header| outline.slice(*header));
                    if item.cells[STATUS].is_empty()
                        && !columns.contains(&Some(C::Status))
                        && status::kind_of(&value).is_some()
                    {
                        item.cells[STATUS] = value;
                    } else {
                        extra.push(table::named(name, &value));
                    }
                }
            }
        }
        if let Some((priority, _)) = Priority::parse(&item.cells[PRIORITY]) {
            item.cells[PRIORITY] = kept_as(&item.cells[PRIORITY], priority.as_str());
        }
        let mut text = CellText::default();
        text.add_text(&item.cells[ACTION]);
        for more in extra {
            text.add_text(&more);
        }
        item.cells[ACTION] = text.text;
        let is_blank = item.cells[ACTION].is_empty() && item.cells[OWNER].is_empty();
        if is_blank || is_bare_none(&item.cells[ACTION]) && !item.cells[ACTION].is_empty() {
            found.rest.extend(cells.iter().copied().filter(|cell| !cell.is_empty()));
            continue;
        }
        found.items.push(item);
    }
    let names = table.header.iter().zip(&columns).filter(|(span, _)| !span.is_empty());
    found.said.extend(names.map(|(span, column)| {
        let place = column.and_then(|column| COLUMNS.iter().position(|known| *known == column));
        let name = place.map_or("Action item", |place| ACTION_HEADERS[place]);
        (*span, format!("the column {name}"))
    }));
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    fn items(text: &str) -> Vec<[String; 6]> {
        let outline = Outline::read(format!("## Action items\n\n{text}").as_bytes());
        let mut found = Actions::default();
        read(&outline, 1, &mut found);
        found.items.into_iter().map(|item| item.cells).collect()
    }

    #[test]
    fn owners_dates_and_states_are_taken_where_they_are_written() {
        for (text, expected) in [
            ("- Add an alert", ["", "Add an alert", "", "", "", ""]),
            ("- [x] Add an alert", ["", "Add an alert", "", "", "Done", ""]),
            ("* [ ] Add an alert (@ana)", ["", "Add an alert (@ana)", "@ana", "", "Open", ""]),
            ("- [garndt?] more clarity", ["", "more clarity", "garndt?", "", "", ""]),
            ("- [ ] Resize it (in progress)", ["", "Resize it (in progress)", "", "", "in progress", ""]),
            ("* [DONE] re-enable", ["", "re-enable", "", "", "DONE", ""]),
            ("- [*] ensure it", ["", "ensure it", "", "", "Done", ""]),
            ("- **[P1]** page on disk", ["P1", "page on disk", "", "", "", ""]),
            ("- [#12](https://x.example) fix", ["", "[#12](https://x.example) fix", "", "", "", ""]),
            (
                "1. Fix it (owner: Ana Li, due: 2026-03-02)",
                ["", "Fix it (owner: Ana Li, due: 2026-03-02)", "Ana Li", "2026-03-02", "", ""],
            ),
            (
                "- (P1) Alert on lag — owner: ops — due 2026-02-01",
                ["P1", "Alert on lag — owner: ops — due 2026-02-01", "ops", "2026-02-01", "", ""],
            ),
            ("- P2: docs", ["P2", "docs", "", "", "", ""]),
            ("- @ana: look into it", ["", "@ana: look into it", "@ana", "", "", ""]),
            ("- Fix\n  - first\n  - second", ["", "Fix\n- first\n- second", "", "", "", ""]),
            ("Look into the marshalling.", ["", "Look into the marshalling.", "", "", "", ""]),
            (
                "| Action | Type | Who | Bug |\n|---|---|---|---|\n| Add tests | detect | ana | #7 |",
                ["", "Add tests\nType: detect\nBug: #7", "ana", "", "", ""],
            ),
        ] {
            assert_eq!(items(text), [expected.map(str::to_owned)], "{text}");
        }
    }

    #[test]
    fn an_answer_that_there_are_none_is_no_item() {
        for text in ["N/A", "None.", "No immediate action items.", "- none", "The following are done:"] {
            assert!(items(text).is_empty(), "{text}");
        }
    }
}
