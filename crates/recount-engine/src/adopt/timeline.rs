//! Entries of a timeline in every habit: rows of a table, items of a list, sub-headings that are times,
//! plain lines, quotations, code blocks. What does not live here: reading the times (`times`), and which
//! headings are timelines (`headings`).

use jiff::civil::Date;

use super::cells::{self, CellText};
use super::outline::Outline;
use super::table::{self, ForeignTable};
use super::times::{self, Clock, Doubt, Placed};
use super::words::BREAKS;
use super::zones;
use crate::document::markdown::BlockKind;
use crate::document::template::TimelineColumn;
use crate::document::{Milestone, Span};

/// What was read of the timelines of a document.
#[derive(Debug, Clone, Default)]
pub(super) struct Timeline {
    pub(super) entries: Vec<Entry>,
    /// Blocks that are no entries, as they stand.
    pub(super) rest: Vec<Span>,
    /// Headings and headers that were understood and stand nowhere any more, each with what it is now.
    pub(super) said: Vec<(Span, String)>,
    /// The zone that the document states for its times.
    pub(super) zone: Option<String>,
    /// The offset that its name means, where entries tell their times in UTC, too.
    pub(super) settled: Option<String>,
}

/// One entry.
#[derive(Debug, Clone, Default)]
pub(super) struct Entry {
    /// Where it stands in the foreign document.
    pub(super) span: Span,
    /// The row's cells: Time, Actor, Action, Result.
    pub(super) cells: [String; 4],
    /// Why its time is no instant; none where it is one, or there is no time at all.
    pub(super) doubt: Option<Doubt>,
    /// Code, tables and the like that no cell can hold.
    pub(super) beside: Vec<Span>,
    /// The time as it is written.
    pub(super) written: String,
    /// The milestone that it was marked as.
    pub(super) milestone: Option<Milestone>,
}

/// An entry that is being read.
struct Open {
    span: Span,
    written: String,
    placed: Option<Placed>,
    actor: String,
    result: String,
    text: CellText,
    /// Blocks below a heading that is a time belong to it, whatever they are.
    takes_all: bool,
}

struct Reader<'o> {
    outline: &'o Outline,
    clock: Clock,
    open: Option<Open>,
    found: Timeline,
    /// Whether no clock was read yet.
    is_first: bool,
}

/// Reads the timeline at `part` and below it into `found`. `clock` knows the document's day and the zone that
/// the user gave. What a zone's name means can become clear from the entries: then they are read again.
pub(super) fn read(outline: &Outline, part: usize, clock: Clock, found: Timeline) -> Timeline {
    let before = found.clone();
    let given = clock.given.is_some();
    let clock = Clock { settled: found.settled.clone(), ..clock };
    let found = read_with(outline, part, clock.clone(), found);
    let doubtful = found.entries.iter().filter(|entry| entry.doubt == Some(Doubt::Ambiguous));
    let texts = doubtful.map(|entry| (entry.cells[0].as_str(), entry.cells[2].as_str()));
    match zones::by_agreement(texts).filter(|_| !given) {
        Some(offset) => {
            let clock = Clock { settled: Some(offset.clone()), ..clock };
            Timeline { settled: Some(offset), ..read_with(outline, part, clock, before) }
        }
        None => found,
    }
}

fn read_with(outline: &Outline, part: usize, mut clock: Clock, found: Timeline) -> Timeline {
    let parts = outline.subtree(part);
    let heading = outline.parts[part].heading;
    let intro = intro_of(outline, &parts);
    clock.zone = heading
        .into_iter()
        .chain(intro.iter().copied())
        .find_map(|span| zones::zone_in(outline.slice(span)))
        .or_else(|| found.zone.clone())
        .or_else(|| zone_of_document(outline))
        .or_else(|| clock.told.clone());
    let day = heading.into_iter().chain(intro).find_map(|span| outline.day_in(span, clock.near));
    if let Some(day) = day.or(clock.near) {
        clock.set_day(day);
    }
    clock.stated = day;
    let zone = clock.zone.clone();
    let mut reader = Reader { outline, clock, open: None, found, is_first: true };
    reader.found.zone = zone;
    for at in parts {
        if at != part {
            reader.heading(at);
        }
        if let Some(lead) = outline.parts[at].lead {
            reader.lines(lead);
        }
        for index in &outline.parts[at].blocks {
            reader.block(*index);
        }
        reader.close();
    }
    reader.found
}

/// Reads one list or table of a part that is no timeline by its heading.
pub(super) fn read_block(outline: &Outline, part: usize, index: usize, mut clock: Clock) -> Timeline {
    let heading = outline.parts[part].heading;
    clock.zone =
        heading.and_then(|span| zones::zone_in(outline.slice(span))).or_else(|| zone_of_document(outline));
    if let Some(day) = heading.and_then(|span| outline.day_in(span, clock.near)).or(clock.near) {
        clock.set_day(day);
    }
    let zone = clock.zone.clone();
    let found = Timeline { zone, ..Timeline::default() };
    let mut reader = Reader { outline, clock, open: None, found, is_first: true };
    reader.block(index);
    reader.close();
    reader.found
}

/// Whether a list or a table, outside of any timeline, is one: most of its items begin with a clock, most of its
/// rows tell one in a column of times.
pub(super) fn is_timeline(outline: &Outline, list: usize) -> bool {
    if let Some(table) = ForeignTable::read(outline, list) {
        let columns = table.columns(table::timeline_column);
        let at = columns.iter().position(|column| *column == Some(TimelineColumn::Time));
        let Some(at) = at.filter(|_| columns.contains(&Some(TimelineColumn::Action))) else { return false };
        let tells = |cells: &Vec<Span>| {
            let cell = cells.get(at).map_or("", |cell| outline.slice(*cell));
            times::leading(cell).is_some_and(|time| time.time.contains(':'))
        };
        let timed = table.rows.iter().filter(|(_, cells)| tells(cells)).count();
        return timed >= 3 && timed * 2 > table.rows.len();
    }
    if outline.block(list).kind != BlockKind::List {
        return false;
    }
    let items: Vec<bool> = outline
        .markdown
        .children(list)
        .map(|(item, _)| {
            let head = outline.markdown.children(item).next();
            let time = head.and_then(|(_, block)| times::leading(outline.slice(block.content)));
            time.is_some_and(|time| time.time.contains(':'))
        })
        .collect();
    let timed = items.iter().filter(|is_timed| **is_timed).count();
    timed >= 3 && timed * 5 >= items.len() * 4
}

/// Paragraphs before the first entry: they say what holds for all.
fn intro_of(outline: &Outline, parts: &[usize]) -> Vec<Span> {
    let mut intro = Vec::new();
    for part in parts {
        let part = &outline.parts[*part];
        if part.heading.is_some_and(|heading| times::leading(outline.slice(heading)).is_some()) {
            break;
        }
        intro.extend(part.lead);
        for index in &part.blocks {
            let block = outline.block(*index);
            if block.kind != BlockKind::Paragraph || times::leading(outline.slice(block.content)).is_some() {
                return intro;
            }
            intro.push(block.content);
        }
    }
    intro
}

/// `All times in UTC.`, wherever a paragraph says so.
pub(super) fn zone_of_document(outline: &Outline) -> Option<String> {
    outline
        .top()
        .into_iter()
        .find_map(|index| {
            let block = outline.block(index);
            let is_html = block.kind == BlockKind::Html;
            let text = outline.slice(if is_html { block.span } else { block.content });
            let lower = text.to_lowercase();
            let is_said = matches!(block.kind, BlockKind::Paragraph | BlockKind::Html)
                && ["all times", "times are", "times in", "timestamps", "timezone", "time zone"]
                    .iter()
                    .any(|words| lower.contains(words));
            let said = lower.find("time").filter(|_| is_said)?;
            let from = (0..=said).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0);
            zones::zone_in(text.get(from..)?)
        })
        .or_else(|| {
            // A title that tells the hours tells their zone.
            let title = outline.slice(outline.title?);
            let has_clock =
                title.split(' ').any(|word| times::leading(word).is_some_and(|time| time.time.contains(':')));
            zones::zone_in(title).filter(|_| has_clock)
        })
}

impl Reader<'_> {
    fn near(&self) -> Option<Date> {
        self.clock.day.or(self.clock.near)
    }

    /// Takes in a line that is a day and the zone of its times, `March 4, 2026 (PST)`; whether it is one.
    fn day_and_zone(&mut self, text: &str) -> bool {
        let Some((day, zone)) = text.trim_end().strip_suffix(')').and_then(|line| line.rsplit_once('('))
        else {
            return false;
        };
        // More words than the zone's are somebody's, and stay.
        let zone = zones::zone_in(zone).filter(|_| !zone.trim().contains(' '));
        let (Some(day), Some(zone)) = (times::whole_day(day, self.near()), zone) else {
            return false;
        };
        self.close();
        self.clock.set_day(day);
        self.clock.zone = Some(zone);
        true
    }

    fn heading(&mut self, at: usize) {
        let Some(heading) = self.outline.parts[at].heading else { return };
        let text = self.outline.slice(heading);
        if self.day_and_zone(text) {
            self.found.said.push((heading, DATES.to_owned()));
            return;
        }
        if let Some(day) = times::whole_day(text, self.near()) {
            let first = self.outline.parts[at].blocks.first();
            let tells = first.is_some_and(|index| {
                matches!(self.outline.block(*index).kind, BlockKind::Paragraph)
                    && !self.outline.begins_with_time(*index)
            });
            if tells {
                // What is told of a day as a whole is an entry of that day.
                self.start(heading, text, "");
                self.clock.set_day(day);
                if let Some(open) = &mut self.open {
                    open.takes_all = true;
                }
                return;
            }
            self.clock.set_day(day);
            self.found.said.push((heading, DATES.to_owned()));
            return;
        }
        if let Some(leading) = times::leading(text) {
            self.start(heading, &leading.time, &leading.rest);
            if let Some(open) = &mut self.open {
                open.takes_all = true;
            }
            return;
        }
        if let Some(zone) = zones::zone_in(text) {
            self.clock.zone = Some(zone);
        }
        if let Some(day) = self.outline.day_in(heading, self.near()) {
            self.clock.set_day(day);
        }
        self.found.said.push((heading, "Timeline".to_owned()));
    }

    /// Begins an entry.
    fn start(&mut self, span: Span, time: &str, rest: &str) {
        self.close();
        let placed = self.clock.place(time);
        // What the first says of its zone holds for those after it that say nothing.
        if self.clock.zone.is_none() && self.clock.given.is_none() && placed.doubt.is_none() && self.is_first
        {
            self.clock.zone = zones::zone_in(time);
            self.found.zone.clone_from(&self.clock.zone);
        }
        self.is_first = self.is_first && !time.contains(':');
        let mut text = CellText::default();
        for line in cells::lines(rest) {
            text.add_text(&line);
        }
        self.open = Some(Open {
            span,
            written: time.to_owned(),
            placed: Some(placed),
            actor: String::new(),
            result: String::new(),
            text,
            takes_all: false,
        });
    }

    /// Begins an entry without a time.
    fn start_untimed(&mut self, span: Span) {
        self.close();
        let text = CellText::default();
        self.open = Some(Open {
            span,
            written: String::new(),
            placed: None,
            actor: String::new(),
            result: String::new(),
            text,
            takes_all: false,
        });
    }

    fn close(&mut self) {
        let Some(open) = self.open.take() else { return };
        let Open { span, written, placed, mut actor, result, text, .. } = open;
        let placed = placed.unwrap_or_default();
        let mut action = text.text;
        if actor.is_empty()
            && let Some((name, rest)) = leading_handle(&action)
        {
            (actor, action) = (name, rest);
        }
        if let Some(kept) = placed.kept {
            action = match (&placed.doubt, action.is_empty()) {
                (_, true) => kept,
                (Some(Doubt::NoZone), _) => format!("{kept}: {action}"),
                _ => format!("{action} ({kept})"),
            };
        }
        let cells = [placed.cell, actor, action, result];
        if cells.iter().any(|cell| !cell.is_empty()) || !text.beside.is_empty() {
            self.found.entries.push(Entry {
                span,
                cells,
                doubt: placed.doubt,
                beside: text.beside,
                written,
                milestone: None,
            });
        }
    }

    fn block(&mut self, index: usize) {
        let block = *self.outline.block(index);
        match block.kind {
            BlockKind::Rule => self.close(),
            BlockKind::Table => {
                self.close();
                if !self.table(index) {
                    self.found.rest.push(self.outline.source_of(index));
                }
            }
            BlockKind::List if self.goes_on_below_a_number(index) => {
                let below = self.outline.source_of(index);
                if let Some(entry) = self.found.entries.last_mut() {
                    let text = std::mem::take(&mut entry.cells[2]);
                    let mut cell = CellText { text, beside: std::mem::take(&mut entry.beside) };
                    cell.add_block(self.outline, index);
                    entry.cells[2] = cell.text;
                    entry.beside = cell.beside;
                    entry.span = entry.span.to(below);
                }
            }
            BlockKind::List if !self.takes_all() && !self.belongs_to_the_entry_above(index) => {
                self.list(index);
            }
            BlockKind::Paragraph if !self.takes_all() => self.lines(block.content),
            BlockKind::Quote if !self.takes_all() && self.quote(index) => {}
            BlockKind::Code if !self.takes_all() && self.code(index) => {}
            BlockKind::Html => self.found.rest.push(self.outline.source_of(index)),
            _ => match &mut self.open {
                Some(open) => {
                    open.text.add_block(self.outline, index);
                    open.span = open.span.to(block.span);
                }
                None => self.found.rest.push(self.outline.source_of(index)),
            },
        }
    }

    /// Whether a list is indented, by too few blanks to be nested in the numbered entry right above it.
    fn goes_on_below_a_number(&self, list: usize) -> bool {
        let text = self.outline.slice(self.outline.source_of(list));
        let bare = text.trim_start_matches(' ');
        let is_indented = text.len() > bare.len() && bare.starts_with(['-', '*', '+']);
        let mut items = self.outline.markdown.children(list).map(|(item, _)| item);
        let above = self.found.entries.last().filter(|_| self.open.is_none());
        is_indented
            && above.is_some_and(|entry| {
                let start = self.outline.slice(entry.span).trim_start();
                let is_numbered = start.starts_with(|ch: char| ch.is_ascii_digit())
                    && start.trim_start_matches(|ch: char| ch.is_ascii_digit()).starts_with(['.', ')']);
                let between = self
                    .outline
                    .text
                    .get(entry.span.end as usize..self.outline.block(list).span.start as usize);
                is_numbered && between.is_some_and(|between| between.trim().is_empty())
            })
            && !items.any(|item| self.outline.begins_with_time(item))
    }

    /// Whether a list says more of the entry right above it: a paragraph with a time, and no item has one.
    fn belongs_to_the_entry_above(&self, list: usize) -> bool {
        let is_clock = self.open.as_ref().is_some_and(|open| open.written.contains(':'));
        let mut items = self.outline.markdown.children(list).map(|(item, _)| item);
        is_clock && !items.any(|item| self.outline.begins_with_time(item))
    }

    fn takes_all(&self) -> bool {
        self.open.as_ref().is_some_and(|open| open.takes_all)
    }

    /// A paragraph: a day, lines that begin with times, or more of the entry above it.
    fn lines(&mut self, content: Span) {
        let text = self.outline.slice(content);
        if !text.contains('\n') && self.day_and_zone(text) {
            self.found.said.push((content, DATES.to_owned()));
            return;
        }
        if let Some(day) = times::whole_day(text, self.near()).filter(|_| !text.contains('\n')) {
            self.close();
            self.clock.set_day(day);
            self.found.said.push((content, DATES.to_owned()));
            return;
        }
        if let Some(leading) = times::leading(text)
            && let Some(day) = times::whole_day(&leading.time, self.near())
            && leading.rest.len() <= 60
            && leading.rest.to_lowercase().contains("time")
        {
            // `2026-03-11 (all times UTC)` says what holds for the entries below.
            self.close();
            self.clock.set_day(day);
            self.found.rest.push(content);
            return;
        }
        let mut pending: Option<Span> = None;
        let lines = lines_of(text, content.start as usize);
        // Prose may break its lines before a time.
        let is_timed = |line: &str| times::leading(line.trim_start_matches([' ', '\t', '>'])).is_some();
        let timed = lines.iter().filter(|span| is_timed(self.outline.slice(**span))).count();
        let is_list = is_timed(text) || timed * 5 >= lines.len() * 3;
        let is_paragraph_of_lines = lines.len() > 1;
        for span in lines {
            let line = cells::lines(self.outline.slice(span)).join("\n");
            let shown = line.trim_start_matches([' ', '\t', '>']);
            if let Some(day) =
                times::whole_day(shown, self.near()).filter(|_| is_list && is_paragraph_of_lines)
            {
                self.close();
                self.clock.set_day(day);
                self.found.said.push((span, DATES.to_owned()));
                continue;
            }
            if let Some(leading) = times::leading(shown).filter(|_| is_list) {
                self.start(span, &leading.time, &leading.rest);
                continue;
            }
            match &mut self.open {
                Some(open) => {
                    let joined = format!("{} {}", open.text.text, shown.trim());
                    // The first line of an entry whose time stands alone, or more of its last line.
                    let more = open.text.text.is_empty() || !starts_new_line(self.outline, open.span, span);
                    if more {
                        joined.trim().clone_into(&mut open.text.text);
                    } else {
                        open.text.add_text(shown);
                    }
                    open.span = open.span.to(span);
                }
                None => pending = Some(pending.map_or(span, |before| before.to(span))),
            }
        }
        self.found.rest.extend(pending.filter(|span| !self.outline.slice(*span).trim().is_empty()));
    }

    fn list(&mut self, index: usize) {
        self.close();
        let items: Vec<usize> = self.outline.markdown.children(index).map(|(item, _)| item).collect();
        for item in items {
            let block = *self.outline.block(item);
            let children: Vec<usize> = self.outline.markdown.children(item).map(|(child, _)| child).collect();
            let head = children
                .first()
                .copied()
                .filter(|head| self.outline.block(*head).kind == BlockKind::Paragraph);
            let content = head.map(|head| self.outline.block(head).content);
            let text = content.map_or("", |content| self.outline.slice(content));
            if let Some(day) = times::whole_day(text, self.near())
                && children.len() > 1
                && self.outline.block(children[1]).kind == BlockKind::List
            {
                self.clock.set_day(day);
                self.found.said.extend(content.map(|content| (content, DATES.to_owned())));
                for child in &children[1..] {
                    self.block(*child);
                }
                continue;
            }
            let rest = if let Some(leading) = times::leading(text).or_else(|| times::labelled(text)) {
                let holds_entries =
                    children.get(1).is_some_and(|below| self.outline.begins_with_time(*below));
                if let Some(day) = times::whole_day(&leading.time, self.near()).filter(|_| holds_entries) {
                    // A day with a remark, and its entries below it.
                    self.start(block.span, &leading.time, &leading.rest);
                    self.close();
                    self.clock.set_day(day);
                    for child in &children[1..] {
                        self.block(*child);
                    }
                    continue;
                }
                self.start(block.span, &leading.time, &leading.rest);
                &children[1..]
            } else {
                self.start_untimed(block.span);
                &children[..]
            };
            if let Some(open) = &mut self.open {
                for child in rest {
                    open.text.add_block(self.outline, *child);
                }
            }
            self.close();
        }
    }

    /// A quotation whose first line begins with a time holds entries.
    fn quote(&mut self, index: usize) -> bool {
        let children: Vec<usize> = self.outline.markdown.children(index).map(|(child, _)| child).collect();
        let content = children.first().map(|first| self.outline.block(*first).content);
        if content.is_none_or(|content| times::leading(self.outline.slice(content)).is_none()) {
            return false;
        }
        for child in children {
            self.block(child);
        }
        self.close();
        true
    }

    /// A code block most of whose lines begin with a time.
    fn code(&mut self, index: usize) -> bool {
        let span = self.outline.block(index).span;
        let text = self.outline.slice(span);
        let mut lines: Vec<(Span, &str)> = Vec::new();
        let mut at = span.start as usize;
        for line in text.split('\n') {
            let is_fence = line.trim_start().starts_with("```") || line.trim_start().starts_with("~~~");
            if !is_fence && !line.trim().is_empty() {
                lines.push((Span::new(at, at + line.len()), line));
            }
            at += line.len() + 1;
        }
        let shown = |line: &str| -> String {
            let line = line.trim();
            line.strip_prefix(['-', '*', '+'])
                .filter(|rest| rest.starts_with(' '))
                .unwrap_or(line)
                .trim()
                .to_owned()
        };
        let timed = lines.iter().filter(|(_, line)| times::leading(&shown(line)).is_some()).count();
        if timed < 2 || timed * 5 < lines.len() * 3 {
            return false;
        }
        self.close();
        for (span, line) in lines {
            let line = shown(line);
            if let Some(day) = times::whole_day(&line, self.near()) {
                self.close();
                self.clock.set_day(day);
                self.found.said.push((span, DATES.to_owned()));
                continue;
            }
            match times::leading(&line) {
                Some(leading) => self.start(span, &leading.time, &leading.rest),
                None => match &mut self.open {
                    Some(open) => open.text.add_text(&line),
                    None => self.found.rest.push(span),
                },
            }
        }
        self.close();
        true
    }

    /// The first column most of whose cells are a clock and nothing else.
    fn column_of_clocks(&self, table: &ForeignTable<'_>) -> Option<usize> {
        let is_clock = |cell: &Span| {
            let time = times::whole(self.outline.slice(*cell));
            time.is_some_and(|time| time.contains(':'))
        };
        let rows = table.rows.len();
        (0..table.header.len()).find(|at| {
            let clocks = table.rows.iter().filter(|(_, cells)| cells.get(*at).is_some_and(is_clock)).count();
            clocks >= 3 && clocks * 5 >= rows * 4
        })
    }

    fn table(&mut self, index: usize) -> bool {
        use TimelineColumn as C;
        let Some(table) = ForeignTable::read(self.outline, index) else { return false };
        let mut columns = table.columns(table::timeline_column);
        if !columns.contains(&Some(C::Time)) {
            // A column of clocks is that of the times, whatever its header calls it.
            let Some(at) = self.column_of_clocks(&table) else { return false };
            columns[at] = Some(C::Time);
            let mut open = columns.iter_mut().filter(|column| column.is_none());
            if let (Some(only), None) = (open.next(), open.next()) {
                *only = Some(C::Action);
            }
        }
        let headers = columns.iter().zip(&table.header).filter(|(column, _)| **column == Some(C::Time));
        let mut stated = headers.filter_map(|(_, header)| zones::zone_in(self.outline.slice(*header)));
        if let Some(zone) = stated.next() {
            self.clock.zone.clone_from(&Some(zone.clone()));
            self.found.zone = Some(zone);
        }
        for (span, cells) in &table.rows {
            let text = |at: usize| cells.get(at).map_or("", |cell| self.outline.slice(*cell)).to_owned();
            // Date and clock may stand in two columns.
            let of =
                |wanted: C| columns.iter().enumerate().filter(move |(_, column)| **column == Some(wanted));
            let join = |wanted: C, between: &str| -> String {
                let texts = of(wanted).map(|(at, _)| text(at)).filter(|text| !text.is_empty());
                texts.collect::<Vec<_>>().join(between)
            };
            let time = join(C::Time, " ");
            let mut action = CellText::default();
            action.add_text(&table::decoded(&join(C::Action, "\n")));
            for (at, _) in columns.iter().enumerate().filter(|(_, column)| column.is_none()) {
                let value = text(at);
                if !value.is_empty() {
                    let name = table.header.get(at).map_or("", |header| self.outline.slice(*header));
                    let value = table::decoded(&value);
                    action.add_text(&table::named(name, &value));
                }
            }
            if !cells.iter().any(|cell| self.outline.slice(*cell).contains(char::is_alphanumeric)) {
                self.found.rest.extend(cells.iter().copied().filter(|cell| !cell.is_empty()));
                continue;
            }
            let bare = times::without_marks(&time);
            if time.is_empty() {
                self.start_untimed(*span);
            } else if let Some(day) = times::whole_day(&bare, self.near())
                .filter(|_| action.text.is_empty() && join(C::Actor, "").is_empty())
            {
                // A row that is a day and nothing else stands above those of that day.
                self.clock.set_day(day);
                let said = cells.iter().filter(|cell| !cell.is_empty());
                self.found.said.extend(said.map(|cell| (*cell, DATES.to_owned())));
                continue;
            } else {
                self.start(*span, &bare, "");
            }
            if let Some(open) = &mut self.open {
                open.text = action;
                let actor = table::decoded(&join(C::Actor, ", "));
                open.actor = if actor.contains(char::is_alphanumeric) { actor } else { String::new() };
                open.result = table::decoded(&join(C::Result, "\n"));
            }
            self.close();
        }
        let names = table.header.iter().zip(&columns).filter(|(span, _)| !span.is_empty());
        self.found.said.extend(names.map(|(span, column)| (*span, column_name(*column))));
        true
    }
}

/// What a column of the foreign table is now.
fn column_name(column: Option<TimelineColumn>) -> String {
    match column {
        Some(TimelineColumn::Time) => "the column Time",
        Some(TimelineColumn::Actor) => "the column Actor",
        Some(TimelineColumn::Action) => "the column Action",
        Some(TimelineColumn::Result) => "the column Result",
        None => "part of the column Action",
    }
    .to_owned()
}

/// What headings that are days have become.
const DATES: &str = "the dates of the timeline";

/// The lines of a paragraph that begins at `at`. Where tags break them, those of the source only wrap them.
fn lines_of(text: &str, mut at: usize) -> Vec<Span> {
    let is_broken = BREAKS.iter().any(|tag| text.contains(tag));
    let mut lines = Vec::new();
    let mut rest = text;
    loop {
        let end = |mark: &&str| rest.find(*mark).map(|end| (end, mark.len()));
        let next = if is_broken { BREAKS.iter().filter_map(end).min() } else { end(&"\n") };
        let (length, mark) = next.unwrap_or((rest.len(), 0));
        let line = &rest[..length];
        let lead = line.len() - line.trim_start_matches('\n').len();
        lines.push(Span::new(at + lead, at + length));
        if mark == 0 {
            break;
        }
        at += length + mark;
        rest = &rest[length + mark..];
    }
    lines.retain(|span| !span.is_empty());
    lines
}

/// Whether two lines are apart by a blank one or a hard break.
fn starts_new_line(outline: &Outline, above: Span, below: Span) -> bool {
    let between = outline.text.get(above.end as usize..below.start as usize).unwrap_or("");
    let above = outline.slice(above);
    let is_broken = BREAKS.iter().any(|tag| between.contains(tag));
    between.matches('\n').count() > 1 || is_broken || above.ends_with("  ") || above.ends_with('\\')
}

/// `@ana restarts the pods`: who did it, and what.
fn leading_handle(action: &str) -> Option<(String, String)> {
    let name = action.strip_prefix('@')?;
    let length = name
        .find(|ch: char| !(ch.is_alphanumeric() || matches!(ch, '-' | '_' | '.')))
        .filter(|at| *at > 0)?;
    let rest = name[length..].strip_prefix([' ', ':'])?.trim_start();
    let is_verb = rest.starts_with(|ch: char| ch.is_lowercase())
        && !rest.starts_with("and ")
        && !rest.starts_with("or ");
    is_verb.then(|| (format!("@{}", &name[..length]), rest.to_owned()))
}
