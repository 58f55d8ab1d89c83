//! The merge of three copies that were cut into units, and the difference of two.
//!
//! What does not live here: how a unit is found again in another copy (`align`).

use std::collections::{HashMap, HashSet};

use jiff::Timestamp;

use super::align::{Alignment, align, token};
use super::lines::{self, Piece};
use super::moved::{moved_and_edited, twins};
use super::units::{Kind, Unit, cut};
use super::{Cell, Difference, Markers, Part};
use crate::document::Document;
use crate::document::edit::{Edit, apply};
use crate::document::table::split;
use crate::document::template::{ActionColumn, TimelineColumn};
use crate::document::value::time::canonical;

/// The text of a merge, with what is needed to look it over.
pub(super) struct Combined {
    pub(super) text: String,
    pub(super) conflicts: usize,
    /// Whether a row is in it once that came in on both sides: a merge of lines would hold it twice.
    pub(super) has_twins: bool,
    /// When each filled row of the timeline was, in the order of the merged text.
    instants: Vec<Option<Timestamp>>,
}

/// Merges three texts. A table that has other columns in one than in another is merged by lines: cells would come
/// under the wrong heads.
pub(super) fn combine(base: &str, ours: &str, theirs: &str, markers: Markers) -> Combined {
    let documents = [base, ours, theirs].map(|text| Document::parse(text.as_bytes()));
    let [base, ours, theirs] = documents.each_ref().map(|document| cut(document, &[]));
    let mut whole = other_columns(&base, &ours);
    whole.extend(other_columns(&base, &theirs));
    let [base, ours, theirs] = if whole.is_empty() {
        [base, ours, theirs]
    } else {
        documents.each_ref().map(|document| cut(document, &whole))
    };
    let (to_ours, to_theirs) = (align(&base, &ours), align(&base, &theirs));
    let mut joined = HashMap::new();
    let mut dropped = HashSet::new();
    for pair in twins(&base, (&ours, &to_ours), (&theirs, &to_theirs)) {
        let other = &theirs[pair.theirs];
        joined.insert(at_of(&ours[pair.ours]), Joined { whose: Whose::Ours, other, base: pair.base });
        dropped.insert(at_of(other));
    }
    let taken: HashSet<*const u8> = joined.keys().chain(&dropped).copied().collect();
    let sides = [(Whose::Ours, (&ours, &to_ours), (&theirs, &to_theirs))];
    let sides = sides.into_iter().chain([(Whose::Theirs, (&theirs, &to_theirs), (&ours, &to_ours))]);
    for (whose, (mover, to_mover), (editor, to_editor)) in sides {
        for moved in moved_and_edited(&base, (mover, to_mover), (editor, to_editor)) {
            let (row, other) = (at_of(&mover[moved.row]), &editor[moved.edited]);
            if !taken.contains(&row) {
                joined.insert(row, Joined { whose, other, base: Some(&base[moved.base]) });
                dropped.insert(at_of(other));
            }
        }
    }
    let has_twins = !joined.is_empty();
    let mut merge = Merge {
        base: &base,
        ours: Side { units: &ours, aligned: to_ours },
        theirs: Side { units: &theirs, aligned: to_theirs },
        joined,
        dropped,
        markers,
        out: Combined { text: String::new(), conflicts: 0, has_twins, instants: Vec::new() },
    };
    for index in 0..base.len() {
        merge.added_before(index);
        merge.kept(index);
    }
    merge.added_before(base.len());
    merge.out
}

/// The tables that both copies have and whose heads are not the same.
fn other_columns(base: &[Unit], copy: &[Unit]) -> Vec<String> {
    let heads = |units: &[Unit]| -> HashMap<String, Vec<String>> {
        let heads = units.iter().filter(|unit| unit.kind == Kind::TableHead);
        heads
            .map(|unit| {
                let header = unit.text.lines().next().unwrap_or_default().trim();
                let cells = split(header).map(|cell| header[cell].trim().to_lowercase());
                (unit.name.clone(), cells.collect())
            })
            .collect()
    };
    let (base, copy) = (heads(base), heads(copy));
    let changed = base.into_iter().filter(|(name, cells)| copy.get(name).is_some_and(|other| other != cells));
    changed.map(|(name, _)| name).collect()
}

/// One of the two copies.
struct Side<'a> {
    units: &'a [Unit<'a>],
    aligned: Alignment,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Whose {
    Ours,
    Theirs,
}

/// What a row of one side is one with.
#[derive(Clone, Copy)]
struct Joined<'a> {
    /// Which side's the row is.
    whose: Whose,
    /// The row of the other side.
    other: &'a Unit<'a>,
    /// What both were, where it is known.
    base: Option<&'a Unit<'a>>,
}

/// Tells the units of one copy apart: where their text begins in memory.
fn at_of(unit: &Unit) -> *const u8 {
    unit.text.as_ptr()
}

impl<'a> Side<'a> {
    fn of_base(&self, index: usize) -> Option<&'a Unit<'a>> {
        self.aligned.of_base[index].map(|found| &self.units[found])
    }

    fn added(&self, place: usize) -> Vec<&'a Unit<'a>> {
        self.aligned.added[place].iter().map(|index| &self.units[*index]).collect()
    }
}

struct Merge<'a> {
    base: &'a [Unit<'a>],
    ours: Side<'a>,
    theirs: Side<'a>,
    /// The rows that are one with a row of the other side: they came in on both, or one side moved what the other
    /// changed.
    joined: HashMap<*const u8, Joined<'a>>,
    /// The rows that they are one with, which are not written where they stand.
    dropped: HashSet<*const u8>,
    markers: Markers<'a>,
    out: Combined,
}

impl<'a> Merge<'a> {
    /// What came in before a unit of the base.
    fn added_before(&mut self, place: usize) {
        let ours = self.ours.added(place);
        let mut theirs = self.theirs.added(place);
        theirs.retain(|unit| !self.dropped.contains(&at_of(unit)));
        let orphans =
            |side: &Side, added: &[&Unit]| added.iter().any(|unit| self.is_orphan(side, unit, place));
        if orphans(&self.ours, &theirs) || orphans(&self.theirs, &ours) {
            return self.conflict_of_units(&ours, &theirs);
        }
        match (ours.is_empty(), theirs.is_empty()) {
            (true, true) => {}
            (false, true) => self.units(&ours),
            (true, false) => self.units(&theirs),
            (false, false) => self.added_by_both(&ours, &theirs),
        }
    }

    /// Whether what holds an added unit (its heading, table or field) is gone on the other side.
    fn is_orphan(&self, other: &Side, added: &Unit, place: usize) -> bool {
        let holder = self.base[..place].iter().rposition(|unit| match added.kind {
            Kind::TimelineRow | Kind::ActionRow => unit.kind == Kind::TableHead && unit.name == added.scope,
            Kind::Item | Kind::Field => unit.kind == Kind::Heading || is_around(unit, added),
            // Whoever adds a section does not mind what became of the one above.
            Kind::Heading | Kind::Key | Kind::TableHead => false,
            Kind::Text => !added.is_blank && unit.kind == Kind::Heading,
        });
        holder.is_some_and(|holder| other.of_base(holder).is_none())
    }

    fn added_by_both(&mut self, ours: &[&'a Unit<'a>], theirs: &[&'a Unit<'a>]) {
        let same = |(ours, theirs): &(&&Unit, &&Unit)| ours.text == theirs.text;
        let head = ours.iter().zip(theirs).take_while(same).count();
        let shortest = ours.len().min(theirs.len()) - head;
        let tail = ours.iter().rev().zip(theirs.iter().rev()).take_while(same).count().min(shortest);
        let (head_units, rest) = ours.split_at(head);
        let (our_rest, tail_units) = rest.split_at(rest.len() - tail);
        let their_rest = &theirs[head..theirs.len() - tail];
        self.units(head_units);
        let all = || our_rest.iter().chain(their_rest);
        if our_rest.is_empty() || their_rest.is_empty() {
            self.units(our_rest);
            self.units(their_rest);
        } else if all().all(|unit| unit.kind == our_rest[0].kind && unit.kind.is_row()) {
            self.rows(our_rest, their_rest);
        } else if all().all(|unit| stands_alone(unit)) {
            self.lists(our_rest, their_rest);
        } else {
            self.conflict_of_units(our_rest, their_rest);
        }
        self.units(tail_units);
    }

    /// Rows of both sides, in order of time or priority, those of each side in their own order.
    fn rows(&mut self, ours: &[&'a Unit<'a>], theirs: &[&'a Unit<'a>]) {
        let (our_keys, their_keys) = (keys(ours), keys(theirs));
        let mut is_twin = vec![false; theirs.len()];
        let twins: Vec<Option<usize>> = ours
            .iter()
            .map(|row| {
                let twin = twin_of(row, theirs, &is_twin)?;
                is_twin[twin] = true;
                Some(twin)
            })
            .collect();
        let mut their_rest = theirs.iter().enumerate().filter(|(index, _)| !is_twin[*index]).peekable();
        for ((row, key), twin) in ours.iter().zip(our_keys).zip(twins) {
            while let Some((_, earlier)) = their_rest.next_if(|(index, _)| their_keys[*index] < key) {
                self.unit(earlier);
            }
            match twin.map(|twin| theirs[twin]).filter(|twin| twin.text != row.text) {
                Some(twin) => self.conflict_of_units(&[row], &[twin]),
                None => self.unit(row),
            }
        }
        for (_, row) in their_rest {
            self.unit(row);
        }
    }

    /// Items, fields and keys of both sides: those of ours, then those of theirs, what is the same once.
    fn lists(&mut self, ours: &[&'a Unit<'a>], theirs: &[&'a Unit<'a>]) {
        let tokens = |units: &[&Unit]| units.iter().map(|unit| token(unit)).collect::<Vec<u64>>();
        let (our_tokens, their_tokens) = (tokens(ours), tokens(theirs));
        for operation in
            similar::capture_diff_slices(similar::Algorithm::Patience, &our_tokens, &their_tokens)
        {
            let (our_part, their_part) = (&ours[operation.old_range()], &theirs[operation.new_range()]);
            if !matches!(operation, similar::DiffOp::Equal { .. }) {
                self.units(our_part);
                // A name that stands elsewhere on our side, too, would come twice.
                for unit in their_part {
                    let twin = ours.iter().find(|other| unit.is_named() && token(other) == token(unit));
                    match twin {
                        Some(twin) if twin.text == unit.text => {}
                        Some(_) => self.conflict_of_units(&[], &[unit]),
                        None => self.unit(unit),
                    }
                }
                continue;
            }
            for (our_unit, their_unit) in our_part.iter().zip(their_part) {
                if our_unit.text == their_unit.text {
                    self.unit(our_unit);
                } else {
                    self.conflict_of_units(&[our_unit], &[their_unit]);
                }
            }
        }
    }

    /// A unit of the base, and what both sides made of it.
    fn kept(&mut self, index: usize) {
        let base = &self.base[index];
        match (self.ours.of_base(index), self.theirs.of_base(index)) {
            (None, None) => {}
            (Some(kept), None) if kept.text == base.text => {}
            (None, Some(kept)) if kept.text == base.text => {}
            // It is written where the other side moved it to.
            (Some(changed), None) | (None, Some(changed)) if self.dropped.contains(&at_of(changed)) => {}
            (Some(changed), None) => self.conflict_of_units(&[changed], &[]),
            (None, Some(changed)) => self.conflict_of_units(&[], &[changed]),
            (Some(ours), Some(theirs)) => self.kept_by_both(base, ours, theirs),
        }
    }

    fn kept_by_both(&mut self, base: &'a Unit<'a>, ours: &'a Unit<'a>, theirs: &'a Unit<'a>) {
        let at = if ours.at == base.at { theirs.at } else { ours.at };
        if theirs.text == base.text || ours.text == theirs.text {
            return self.put(ours.kind, ours.text, at, ours.is_blank);
        }
        if ours.text == base.text {
            return self.put(theirs.kind, theirs.text, at, theirs.is_blank);
        }
        if base.kind.is_row() {
            match merged_row(base.text, ours.text, theirs.text) {
                Some(text) => self.put(base.kind, &text, at, ours.is_blank && theirs.is_blank),
                None => self.conflict_of_units(&[ours], &[theirs]),
            }
            return;
        }
        for piece in lines::merge(base.text, ours.text, theirs.text) {
            match piece {
                Piece::Certain(text) => self.out.text.push_str(&text),
                Piece::Conflict { ours, theirs } => self.conflict(&ours, &theirs),
            }
        }
    }

    fn units(&mut self, units: &[&Unit]) {
        for unit in units {
            self.unit(unit);
        }
    }

    fn unit(&mut self, unit: &Unit) {
        let joined = self.joined.get(&at_of(unit)).copied();
        if let Some(Joined { whose, other: twin, base }) = joined.filter(|it| it.other.text != unit.text) {
            let merged = base.and_then(|base| Some((base, merged_row(base.text, unit.text, twin.text)?)));
            let Some((base, text)) = merged else {
                return match whose {
                    Whose::Ours => self.conflict_of_units(&[unit], &[]),
                    Whose::Theirs => self.conflict_of_units(&[], &[unit]),
                };
            };
            let at = if unit.time == base.time && twin.time != base.time { twin.at } else { unit.at };
            return self.put(unit.kind, &text, at, false);
        }
        self.put(unit.kind, unit.text, unit.at, unit.is_blank);
    }

    fn put(&mut self, kind: Kind, text: &str, at: Option<Timestamp>, is_blank: bool) {
        self.out.text.push_str(text);
        if kind == Kind::TimelineRow && !is_blank {
            self.out.instants.push(at);
        }
    }

    fn conflict_of_units(&mut self, ours: &[&Unit], theirs: &[&Unit]) {
        let text = |units: &[&Unit]| units.iter().map(|unit| unit.text).collect::<String>();
        // What the other side made of these rows stands nowhere else.
        let twins = |units: &[&Unit]| -> Vec<&Unit> {
            units.iter().filter_map(|unit| Some(self.joined.get(&at_of(unit))?.other)).collect()
        };
        let (of_ours, of_theirs) = (twins(ours), twins(theirs));
        self.conflict(&(text(ours) + &text(&of_theirs)), &(text(theirs) + &text(&of_ours)));
    }

    fn conflict(&mut self, ours: &str, theirs: &str) {
        let Markers { ours: our_name, theirs: their_name, size } = self.markers;
        let marker = |sign: &str, name: &str| {
            let gap = if name.is_empty() { "" } else { " " };
            format!("{}{gap}{name}\n", sign.repeat(size))
        };
        self.out.conflicts += 1;
        for part in [&marker("<", our_name), ours, &marker("=", ""), theirs, &marker(">", their_name)] {
            self.out.text.push_str(part);
        }
    }
}

/// The row of the other side that is the same one: to the letter, by its ID, or by its time and its words.
fn twin_of(row: &Unit, others: &[&Unit], taken: &[bool]) -> Option<usize> {
    let find = |is_it: &dyn Fn(&Unit) -> bool| {
        others.iter().zip(taken).position(|(other, taken)| !taken && is_it(other))
    };
    find(&|other| other.text == row.text).or_else(|| {
        find(&|other| {
            let same_words = !row.name.is_empty() && other.name == row.name;
            (row.id.is_some() && row.id == other.id)
                || (same_words && other.time == row.time && (row.id.is_none() || other.id.is_none()))
        })
    })
}

/// Whether a field is the one in which an added item stands.
fn is_around(field: &Unit, added: &Unit) -> bool {
    let around = added.scope.split_once('/').map_or("", |(_, around)| around);
    field.kind == Kind::Field
        && around.rsplit('/').next().is_some_and(|name| !name.is_empty() && name == field.name)
}

/// Whether a unit says the same wherever among its neighbours it stands.
fn stands_alone(unit: &Unit) -> bool {
    match unit.kind {
        Kind::Item | Kind::Field | Kind::Key => true,
        Kind::Text => unit.is_blank,
        _ => false,
    }
}

/// What rows are ordered by: their instant, else that of the row above; or their priority.
fn keys(rows: &[&Unit]) -> Vec<(Option<Timestamp>, String)> {
    let mut above = None;
    rows.iter()
        .map(|row| {
            above = row.at.or(above);
            (above, row.priority.clone())
        })
        .collect()
}

/// A row of which both sides changed cells: none where both changed one cell, each in its own way.
fn merged_row(base: &str, ours: &str, theirs: &str) -> Option<String> {
    let cells = [base, ours, theirs].map(|row| {
        let end = row.trim_end_matches('\n').trim_end().len();
        (split(&row[..end]).collect::<Vec<_>>(), end)
    });
    let [(base_cells, _), (our_cells, end), (their_cells, _)] = &cells;
    if base_cells.len() != our_cells.len() || base_cells.len() != their_cells.len() {
        return None;
    }
    let mut merged = String::with_capacity(ours.len() + theirs.len());
    let mut at = 0;
    for ((base_cell, our_cell), their_cell) in base_cells.iter().zip(our_cells).zip(their_cells) {
        merged.push_str(&ours[at..our_cell.start]);
        let text =
            merged_cell(&base[base_cell.clone()], &ours[our_cell.clone()], &theirs[their_cell.clone()])?;
        merged.push_str(&text);
        at = our_cell.end;
    }
    merged.push_str(&ours[at..*end]);
    merged.push_str(&ours[*end..]);
    Some(merged)
}

/// A cell: its words, and the comments at its end, which programs write.
fn merged_cell(base: &str, ours: &str, theirs: &str) -> Option<String> {
    if let Some(whole) = one_of(base, ours, theirs) {
        return Some(whole.to_owned());
    }
    let [base, our_parts, their_parts] = [base, ours, theirs].map(|cell| {
        let at = comments_at(cell);
        (cell[..at].trim(), cell[at..].trim())
    });
    let words = one_of(base.0, our_parts.0, their_parts.0)?;
    let comments = one_of(base.1, our_parts.1, their_parts.1)?;
    let parts: Vec<&str> = [words, comments].into_iter().filter(|part| !part.is_empty()).collect();
    Some(format!(" {} ", parts.join(" ")))
}

/// The side that changed something more than blanks; ours where both did the same.
fn one_of<'t>(base: &'t str, ours: &'t str, theirs: &'t str) -> Option<&'t str> {
    if theirs == base || ours.trim() == theirs.trim() || theirs.trim() == base.trim() {
        Some(ours)
    } else if ours.trim() == base.trim() {
        Some(theirs)
    } else {
        None
    }
}

/// Where the comments at the end of a cell begin.
fn comments_at(cell: &str) -> usize {
    let mut end = cell.trim_end().len();
    while cell[..end].ends_with("-->") {
        let Some(start) = cell[..end].rfind("<!--") else { break };
        end = cell[..start].trim_end().len();
    }
    end
}

/// A merge without conflicts in which a bare clock means what it meant in the copy that it came from: where the row
/// above is another one now, its date is written. None where that cannot be had.
pub(super) fn repaired(merged: Combined) -> Option<Combined> {
    let document = Document::parse(merged.text.as_bytes());
    let rows = document.timeline_rows();
    let Some(table) = document.timeline().filter(|_| rows.len() == merged.instants.len()) else {
        // Rows without a table to stand in would be lost to every reader.
        return merged.instants.is_empty().then_some(merged);
    };
    let mut edits = Vec::new();
    for (row, meant) in rows.iter().zip(&merged.instants) {
        let Some(meant) = *meant else { continue };
        let read = row.moment.as_ref().and_then(|read| read.as_ref().ok()).map(|read| read.at);
        let cell = table.cell(&table.rows[row.index], TimelineColumn::Time);
        if let Some(cell) = cell.filter(|_| read != Some(meant)) {
            edits.push(Edit::replace(cell.span, canonical(meant, meant.as_second() % 60 != 0)));
        }
    }
    if edits.is_empty() {
        return Some(merged);
    }
    let bytes = apply(merged.text.as_bytes(), &edits).ok()?;
    let again = Document::parse(&bytes);
    let same = again.timeline_rows().iter().zip(&merged.instants).all(|(row, meant)| {
        let read = row.moment.as_ref().and_then(|read| read.as_ref().ok()).map(|read| read.at);
        meant.is_none() || read == *meant
    });
    let text = String::from_utf8(bytes).ok().filter(|_| same)?;
    Some(Combined { text, ..merged })
}

/// What differs between two texts.
pub(super) fn differences(old: &str, new: &str) -> Vec<Difference> {
    let (old, new) = (Document::parse(old.as_bytes()), Document::parse(new.as_bytes()));
    let (old_units, new_units) = (cut(&old, &[]), cut(&new, &[]));
    let aligned = align(&old_units, &new_units);
    let mut found = Vec::new();
    let mut section = String::new();
    for index in 0..=old_units.len() {
        for added in aligned.added[index].iter().map(|index| &new_units[*index]) {
            tell(None, Some(added), &mut section, &mut found);
        }
        if let Some(unit) = old_units.get(index) {
            let now = aligned.of_base[index].map(|index| &new_units[index]);
            tell(Some(unit), now, &mut section, &mut found);
        }
    }
    found
}

fn tell(old: Option<&Unit>, new: Option<&Unit>, section: &mut String, found: &mut Vec<Difference>) {
    let Some(unit) = new.or(old) else { return };
    let words = |unit: &Unit| unit.text.split_whitespace().collect::<Vec<_>>().join(" ");
    let heading =
        |text: &str| text.trim_start_matches('#').lines().next().unwrap_or_default().trim().to_owned();
    if unit.kind == Kind::Heading {
        *section = if unit.name == "title" { String::new() } else { heading(unit.text) };
    }
    let (before, after) = (old.map(words), new.map(words));
    // A blank row or bullet that was filled or that went is nothing by itself.
    let is_nothing = |unit: Option<&Unit>| unit.is_none_or(|unit| unit.is_blank);
    if before == after || (is_nothing(old) && is_nothing(new)) {
        return;
    }
    let part = match unit.kind {
        Kind::Heading => Part::Heading,
        Kind::Key => Part::Key,
        Kind::Field => Part::Field,
        Kind::Item => Part::Item,
        Kind::TimelineRow => Part::TimelineRow,
        Kind::ActionRow => Part::ActionItem,
        Kind::TableHead | Kind::Text => Part::Text,
    };
    let name = match unit.kind {
        Kind::Key => unit.name.clone(),
        Kind::Heading if unit.name == "title" => "title".to_owned(),
        Kind::Heading => heading(unit.text),
        Kind::Field => label_of(unit.text),
        _ => String::new(),
    };
    let section = if unit.kind == Kind::Key { "front matter".to_owned() } else { section.clone() };
    found.push(Difference {
        section,
        part,
        name,
        before: old.filter(|unit| !unit.is_blank).map(|unit| shown(unit)),
        after: new.filter(|unit| !unit.is_blank).map(|unit| shown(unit)),
        number: unit.number,
        cells: cells_between(old, new),
    });
}

/// The cells of an action item that differ.
fn cells_between(old: Option<&Unit>, new: Option<&Unit>) -> Vec<Cell> {
    let cell = |unit: Option<&Unit>, index: usize| {
        let unit = unit.filter(|unit| !unit.is_blank);
        unit.and_then(|unit| unit.cells.get(index)).map_or_else(String::new, |cell| (*cell).to_owned())
    };
    let cells = ActionColumn::ALL.into_iter().enumerate();
    let cells =
        cells.map(|(index, column)| Cell { column, before: cell(old, index), after: cell(new, index) });
    cells.filter(|cell| cell.before != cell.after).collect()
}

/// A field's label without marks and colon.
fn label_of(text: &str) -> String {
    let line = text.lines().next().unwrap_or_default();
    let line = line.trim().trim_start_matches(['-', '*', '+', ' ']);
    let label = line.split(':').next().unwrap_or(line);
    label.replace("**", "").trim().to_owned()
}

/// A unit as one reads it: a field without its label, an item without its bullet, a row without its borders.
fn shown(unit: &Unit) -> String {
    let text = unit.text.trim();
    let text = match unit.kind {
        Kind::Field | Kind::Key => text.split_once(':').map_or("", |(_, value)| value),
        Kind::Heading => text.trim_start_matches('#'),
        Kind::Item => text.trim_start_matches(['-', '*', '+']),
        Kind::TimelineRow | Kind::ActionRow => text.trim_start_matches('|').trim_end_matches('|'),
        Kind::TableHead | Kind::Text => text,
    };
    text.trim().to_owned()
}
