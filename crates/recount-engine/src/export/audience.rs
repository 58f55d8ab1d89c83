//! For whom an export is. The public one is derived from the document: what a customer need not know, and what nobody
//! outside may know, is taken out by edits, so that every format of it is made of one and the same document.
//!
//! What stays is listed, what goes is not: sections that nobody named as public, fields that the template does not
//! know, comments, raw HTML, code, quotations and pictures go, and so do links to servers that are not listed as
//! public. What does not live here: the last look at what comes out ([`super::leaks`]).

use std::fmt;
use std::ops::Range;

use pulldown_cmark::{Event, Parser, Tag, TagEnd};

use super::leaks::{LeakKind, Vocabulary};
use crate::config::Config;
use crate::document::edit::{self, Edit};
use crate::document::markdown::{self, BlockKind};
use crate::document::template::{self, ActionColumn, FieldId, FieldKind, SectionId, TimelineColumn};
use crate::document::value::person::{self, PersonKind};
use crate::document::value::{status, time};
use crate::document::{Cell, Document, Field, FieldState, Section, Span, Table, declines};

/// Whom an export is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Audience {
    /// Colleagues: the document as it is.
    Internal,
    /// Everybody.
    Public,
}

impl Audience {
    /// Both.
    pub const ALL: [Self; 2] = [Self::Internal, Self::Public];

    /// The word for it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Internal => "internal",
            Self::Public => "public",
        }
    }
}

impl fmt::Display for Audience {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// Why something is not in a public export.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Reason {
    /// The front matter.
    FrontMatter,
    /// A section that is not listed as public, or text in none.
    Section,
    /// Left out by the configuration, or named internal by its heading.
    LeftOut,
    /// A field without an answer.
    Unanswered,
    /// A labelled item that the template does not have.
    UnknownField,
    /// A column that is about who works on it, or that the template does not have.
    Column,
    /// Who did it.
    Actor,
    /// To the second, or in a form of its own: the public timeline is by minute.
    Time,
    /// Why something is not done.
    StatusReason,
    /// The template's own sentences.
    Guidance,
    /// A comment or raw HTML.
    Html,
    /// A command, a query or an excerpt of a log.
    Code,
    /// A quotation.
    Quote,
    /// A picture.
    Image,
    /// A link to a server that is not listed as public, or evidence.
    Link,
    /// A word that must not be told.
    Word(LeakKind),
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::FrontMatter => "front matter",
            Self::Section => "not one of the public sections",
            Self::LeftOut => "left out by its name",
            Self::Unanswered => "not answered",
            Self::UnknownField => "not a field of the template",
            Self::Column => "not a public column",
            Self::Actor => "who acted",
            Self::Time => "the public timeline is by minute",
            Self::StatusReason => "the reason of a status",
            Self::Guidance => "the template's own words",
            Self::Html => "a comment or raw HTML",
            Self::Code => "a command, a query or a log",
            Self::Quote => "a quotation",
            Self::Image => "a picture",
            Self::Link => "a link that is not public",
            Self::Word(kind) => kind.as_str(),
        })
    }
}

/// Something that a public export does not have.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Removed {
    /// Where it stands in the document that the export is made of.
    pub span: Span,
    /// What stands there instead; empty for nothing.
    pub instead: String,
    /// Why.
    pub reason: Reason,
}

/// A document for an audience, and what was taken out of it, by position.
#[derive(Clone, Debug)]
pub struct Derived {
    /// The document.
    pub document: Document,
    /// What it does not have.
    pub removed: Vec<Removed>,
}

/// The document as `audience` gets it.
pub fn derive(document: &Document, config: &Config, audience: Audience) -> Derived {
    match audience {
        Audience::Internal => Derived { document: document.clone(), removed: Vec::new() },
        Audience::Public => public(document, config, &Vocabulary::new(config, document)),
    }
}

pub(super) fn public(document: &Document, config: &Config, vocabulary: &Vocabulary) -> Derived {
    let mut deriving = Deriving { document, config, vocabulary, changes: Vec::new() };
    deriving.outside_of_sections();
    let mut met = Vec::new();
    for section in document.sections() {
        // What stands there twice is not looked at by its rows.
        if is_public(section, config) && !met.contains(&section.id) {
            met.push(section.id);
            deriving.section(section);
        } else {
            deriving.drop(section.span, Reason::Section);
        }
    }
    deriving.timeline();
    deriving.actions();
    deriving.inline();
    deriving.words();
    deriving.finish()
}

fn is_public(section: &Section, config: &Config) -> bool {
    let heading = section.id.map(|id| template::normalize(id.heading()));
    heading.is_some_and(|heading| {
        config.export.public_sections.iter().any(|name| template::normalize(name) == heading)
    })
}

struct Deriving<'d> {
    document: &'d Document,
    config: &'d Config,
    vocabulary: &'d Vocabulary,
    changes: Vec<Removed>,
}

impl Deriving<'_> {
    fn drop(&mut self, span: Span, reason: Reason) {
        self.replace(span, "", reason);
    }

    /// Takes out something within a line, with one of the blanks around it.
    fn drop_inline(&mut self, span: Span, reason: Reason) {
        let text = self.document.text().as_bytes();
        let (start, end) = (span.start as usize, span.end as usize);
        let is_blank = |byte: Option<&u8>| byte.is_none_or(|byte| matches!(byte, b' ' | b'\n' | b'\r'));
        let has_both = start > 0 && text[start - 1] == b' ' && is_blank(text.get(end));
        self.drop(Span::new(start - usize::from(has_both), end), reason);
    }

    fn replace(&mut self, span: Span, instead: &str, reason: Reason) {
        if !span.is_empty() && self.document.slice(span) != instead {
            self.changes.push(Removed { span, instead: instead.to_owned(), reason });
        }
    }

    /// The whole lines that hold `span`.
    fn lines(&self, span: Span) -> Span {
        let source = self.document.source();
        let start = source.line_at(span.start as usize).start;
        let last = (span.end as usize).saturating_sub(1).max(span.start as usize);
        Span::new(start as usize, source.next_line(last))
    }

    /// Of what stands before the first section only the title is kept.
    fn outside_of_sections(&mut self) {
        let document = self.document;
        let text = document.text();
        let body = document.source().body_start();
        if document.source().front_matter().is_some() {
            let start = if text.starts_with('\u{feff}') { '\u{feff}'.len_utf8() } else { 0 };
            self.drop(Span::new(start, body), Reason::FrontMatter);
        }
        let end = document.sections().first().map_or(text.len(), |section| section.span.start as usize);
        match document.title().filter(|title| (title.span.start as usize) < end) {
            Some(title) => {
                let line = self.lines(title.span);
                self.drop(Span::new(body, line.start as usize), Reason::Section);
                self.replace(Span::new(line.end as usize, end), "\n", Reason::Section);
            }
            None => self.drop(Span::new(body, end), Reason::Section),
        }
    }

    fn section(&mut self, section: &Section) {
        let document = self.document;
        let markdown = document.markdown();
        let fields: Vec<&Field> =
            document.fields().filter(|field| section.span.contains(field.span)).collect();
        for field in &fields {
            self.field(field);
        }
        for unknown in document.unknown_fields().iter().filter(|unknown| section.span.contains(unknown.label))
        {
            let behind = markdown.blocks.partition_point(|block| block.span.start <= unknown.label.start);
            let item = markdown.blocks[..behind].iter().rev().find(|block| block.kind == BlockKind::Item);
            let span = item.map_or(unknown.label, |item| self.trimmed(item.span));
            self.drop(self.lines(span), Reason::UnknownField);
        }
        let mut covered = section.heading.end;
        let mut hidden: Option<u8> = None;
        let first = markdown.blocks.partition_point(|block| block.span.start < section.heading.end);
        for (_, block) in markdown.siblings(first, markdown.blocks.len()) {
            if block.span.start >= section.span.end {
                break;
            }
            self.gap(Span::new(covered as usize, block.span.start as usize));
            covered = covered.max(self.trimmed(block.span).end);
            if let BlockKind::Heading(level) = block.kind {
                hidden = hidden.filter(|above| level > *above);
                if hidden.is_none() && self.is_left_out(document.slice(block.content)) {
                    hidden = Some(level);
                }
            }
            if hidden.is_some() {
                self.drop(self.lines(block.span), Reason::LeftOut);
            }
        }
        self.gap(Span::new(covered as usize, section.span.end as usize));
        for block in markdown.blocks[first..].iter().take_while(|block| block.span.start < section.span.end) {
            let whole = self.lines(self.trimmed(block.span));
            match block.kind {
                BlockKind::Code => self.drop(whole, Reason::Code),
                BlockKind::Quote => self.drop(whole, Reason::Quote),
                BlockKind::Html => self.drop(whole, Reason::Html),
                BlockKind::Rule => self.drop(whole, Reason::Guidance),
                BlockKind::Table if self.is_other_table(section, block.span) => {
                    self.drop(whole, Reason::Section);
                }
                BlockKind::Paragraph if template::is_guidance(document.slice(block.content)) => {
                    self.drop(self.lines(block.content), Reason::Guidance);
                }
                BlockKind::Item if self.trimmed(block.span).len() <= 1 => {
                    self.drop(self.lines(self.trimmed(block.span)), Reason::Unanswered);
                }
                _ => {}
            }
        }
    }

    /// Whether a table stands in the timeline or the action items and is not theirs: who acts in it nobody knows.
    fn is_other_table(&self, section: &Section, table: Span) -> bool {
        let own = match section.id {
            Some(SectionId::Timeline) => self.document.timeline().map(|table| table.header.span),
            Some(SectionId::ActionItems) => self.document.actions().map(|table| table.header.span),
            _ => return false,
        };
        own.is_none_or(|own| !table.contains(own))
    }

    /// What is in no block defines what links mean.
    fn gap(&mut self, span: Span) {
        if !self.document.source().is_blank(span) {
            self.drop(self.trimmed(span), Reason::Link);
        }
    }

    fn trimmed(&self, span: Span) -> Span {
        let text = self.document.slice(span);
        let start = span.start as usize + text.len() - text.trim_start().len();
        Span::new(start, start + text.trim().len())
    }

    fn is_left_out(&self, name: &str) -> bool {
        let name = template::normalize(name);
        let says_so = name
            .split(' ')
            .any(|word| matches!(word, "internal" | "confidential" | "private" | "restricted"));
        says_so || self.config.export.leave_out.iter().any(|left| template::normalize(left) == name)
    }

    fn field(&mut self, field: &Field) {
        let document = self.document;
        let def = field.id.def();
        let whole = self.lines(if field.body.is_empty() { field.span } else { field.span.to(field.body) });
        let leave_out = &self.config.export.leave_out;
        if leave_out.iter().any(|name| FieldId::from_name(name) == Some(field.id)) {
            self.drop(whole, Reason::LeftOut);
            return;
        }
        let is_answered = |id: FieldId| document.is_filled(id);
        let is_shown = |def: &template::FieldDef| {
            is_answered(def.id) && !leave_out.iter().any(|name| FieldId::from_name(name) == Some(def.id))
        };
        let has_members = def.kind == FieldKind::Group && field.id.members().any(is_shown);
        if !is_answered(field.id) && !has_members {
            self.drop(whole, Reason::Unanswered);
        } else if field.state == FieldState::Placeholder && !field.value.is_empty() {
            self.drop(field.value, Reason::Unanswered);
        }
        if field.id == FieldId::AlertNames && is_answered(field.id) {
            let answer = document.slice(if field.value.is_empty() { field.body } else { field.value });
            if !declines(answer) {
                let told = Span::new(field.label.start as usize, whole.end as usize);
                let instead =
                    format!("Our monitoring alerted us{}", document.source().newline_at(told.end as usize));
                self.replace(told, &instead, Reason::Word(LeakKind::Alert));
            }
        }
    }

    fn timeline(&mut self) {
        let document = self.document;
        let Some(table) = document.timeline() else { return };
        self.columns(table, |column| column.is_some());
        let rows = document.timeline_rows();
        if rows.is_empty() {
            self.drop(self.lines(table.span), Reason::Unanswered);
        }
        let filled: Vec<usize> = rows.iter().map(|row| row.index).collect();
        self.blank_rows(table, &filled);
        for row in rows {
            if let (Some(cell), Some(at)) = (row.time, row.at()) {
                self.replace(cell.span, &time::canonical(at, false), Reason::Time);
            }
            if let Some(cell) = row.actor {
                let role = self.role(document.slice(cell.span));
                self.replace(cell.span, &role, Reason::Actor);
            }
        }
    }

    fn actions(&mut self) {
        let document = self.document;
        let Some(table) = document.actions() else { return };
        self.columns(table, |column| {
            use ActionColumn as C;
            matches!(column, Some(C::Priority | C::Action | C::DueDate | C::Status))
        });
        let items = document.action_items();
        if items.is_empty() {
            self.drop(self.lines(table.span), Reason::Unanswered);
        }
        let filled: Vec<usize> = items.iter().map(|item| item.index).collect();
        self.blank_rows(table, &filled);
        for item in items {
            let Some(cell) = item.status else { continue };
            let Some(read) = status::read(document.slice(cell.span)).status else { continue };
            let date = read.date.map_or_else(String::new, |date| format!(" {date}"));
            let kind = read.kind.as_str();
            self.replace(cell.span, &format!("{kind}{date}"), Reason::StatusReason);
        }
    }

    /// Takes columns out, in every line of a table.
    fn columns<C: Copy + PartialEq>(&mut self, table: &Table<C>, stays: impl Fn(Option<C>) -> bool) {
        let document = self.document;
        let text = document.slice(table.delimiter);
        let mut delimiters = Vec::new();
        let mut start = usize::from(text.starts_with('|'));
        while start < text.len() {
            let end = text[start..].find('|').map_or(text.len(), |at| start + at);
            let at = table.delimiter.start as usize;
            delimiters.push(Span::new(at + start, at + end));
            start = end + 1;
        }
        let lines = table.rows.iter().chain([&table.header]);
        let mut lines: Vec<(Span, Vec<Span>)> =
            lines.map(|row| (row.span, table.cells(row).iter().map(|cell| cell.outer).collect())).collect();
        lines.push((table.delimiter, delimiters));
        for (line, cells) in lines {
            for (index, cell) in cells.iter().enumerate() {
                let is_extra = index >= table.columns.len();
                if !is_extra && stays(table.columns[index]) {
                    continue;
                }
                let has_pipe_behind = cell.end < line.end;
                let span = if has_pipe_behind {
                    Span::new(cell.start as usize, cell.end as usize + 1)
                } else {
                    Span::new(
                        (cell.start as usize).saturating_sub(1).max(line.start as usize),
                        cell.end as usize,
                    )
                };
                self.drop(span, Reason::Column);
            }
        }
    }

    fn blank_rows<C>(&mut self, table: &Table<C>, filled: &[usize]) {
        for (index, row) in table.rows.iter().enumerate() {
            if filled.binary_search(&index).is_err() {
                self.drop(self.lines(row.span), Reason::Unanswered);
            }
        }
    }

    /// What somebody is to those outside; nothing where that is not certain.
    fn role(&self, actor: &str) -> String {
        const ROLES: &[&str] = &[
            "customer",
            "customers",
            "customer support",
            "engineer",
            "engineering",
            "incident commander",
            "monitoring",
            "on-call",
            "on-call engineer",
            "operations",
            "provider",
            "security",
            "sre",
            "support",
            "user",
            "users",
            "vendor",
        ];
        let mut roles: Vec<String> = Vec::new();
        for person in person::people(actor) {
            let name = person.name;
            let is_role = ROLES.iter().any(|role| role.eq_ignore_ascii_case(name));
            let is_full = name.split_whitespace().count() > 1;
            let role = if is_role || self.config.service(name).is_some() {
                name.to_owned()
            } else if self.config.is_team(name) {
                "Engineering team".to_owned()
            } else if self.config.person(name).is_some() {
                "On-call engineer".to_owned()
            } else {
                match person.kind {
                    PersonKind::Handle | PersonKind::Mail => "On-call engineer".to_owned(),
                    PersonKind::Name if is_full => "On-call engineer".to_owned(),
                    PersonKind::Team => "Engineering team".to_owned(),
                    PersonKind::Bot => "Automation".to_owned(),
                    PersonKind::Name | PersonKind::Nobody => String::new(),
                }
            };
            if !role.is_empty() && !roles.contains(&role) {
                roles.push(role);
            }
        }
        roles.join(", ")
    }

    /// Links, pictures, code, comments and tags in running text.
    fn inline(&mut self) {
        let document = self.document;
        let body = document.source().body_start();
        let result = |offset: usize| {
            let table = document.timeline()?;
            let row = table.rows.get(table.rows.partition_point(|row| row.span.end as usize <= offset))?;
            let cell: Option<Cell> = table.cell(row, TimelineColumn::Result);
            cell.filter(|cell| cell.outer.range().contains(&offset))
        };
        let mut links: Vec<(Range<usize>, Option<Range<usize>>, bool)> = Vec::new();
        let parser = Parser::new_ext(&document.text()[body..], markdown::options());
        for (event, range) in parser.into_offset_iter() {
            let range = range.start + body..range.end + body;
            let span = Span::new(range.start, range.end);
            if let Some((link, words, _)) = links.last_mut()
                && range.start >= link.start
                && !matches!(event, Event::End(TagEnd::Link))
            {
                let words = words.get_or_insert(range.clone());
                words.end = words.end.max(range.end);
            }
            match event {
                Event::InlineHtml(_) => self.drop_inline(span, Reason::Html),
                Event::Code(code) => {
                    // A word that must not be told is no name that stands in code.
                    let word = self.vocabulary.find(&code).first().map(|(_, kind)| *kind);
                    if is_command(&code) {
                        self.replace(span, "(a command)", Reason::Code);
                    } else if let Some(kind) = word {
                        self.replace(span, kind.instead(), Reason::Word(kind));
                    }
                }
                Event::Start(Tag::Image { .. }) => self.drop_inline(span, Reason::Image),
                Event::Start(Tag::Link { dest_url, .. }) => {
                    links.push((range, None, self.vocabulary.is_public(&dest_url)));
                }
                Event::End(TagEnd::Link) => {
                    let Some((link, words, is_public)) = links.pop() else { continue };
                    let whole = Span::new(link.start, link.end);
                    let is_plain =
                        document.slice(whole).ends_with(')') || document.slice(whole).ends_with('>');
                    if is_public && is_plain {
                        continue;
                    }
                    match words {
                        // Evidence is a link of its own, and says nothing without what it leads to.
                        _ if result(link.start).is_some() => self.drop_inline(whole, Reason::Link),
                        Some(words) if !document.slice(whole).starts_with('<') => {
                            self.drop(Span::new(link.start, words.start), Reason::Link);
                            self.drop(Span::new(words.end, link.end), Reason::Link);
                        }
                        _ => self.drop_inline(whole, Reason::Link),
                    }
                }
                _ => {}
            }
        }
    }

    /// Words that must not be told, wherever they stand.
    fn words(&mut self) {
        for (range, kind) in self.vocabulary.find(self.document.text()) {
            self.replace(Span::new(range.start, range.end), kind.instead(), Reason::Word(kind));
        }
    }

    /// Applies what was found. What lies in something that goes, goes with it.
    fn finish(mut self) -> Derived {
        self.changes.sort_by_key(|change| (change.span.start, std::cmp::Reverse(change.span.end)));
        let mut changes: Vec<Removed> = Vec::with_capacity(self.changes.len());
        for change in self.changes {
            match changes.last_mut() {
                // What begins in one and ends behind it: both go.
                Some(last) if change.span.start < last.span.end => last.span = last.span.to(change.span),
                _ => changes.push(change),
            }
        }
        let edits: Vec<Edit> =
            changes.iter().map(|change| Edit::replace(change.span, change.instead.clone())).collect();
        // Sorted, within the text, and none over another: they apply. If not, nothing is told.
        let bytes = edit::apply(self.document.text().as_bytes(), &edits).unwrap_or_default();
        let document = Document::parse(settled(&String::from_utf8_lossy(&bytes)).as_bytes());
        Derived { document: without_empty_sections(document), removed: changes }
    }
}

/// Whether a code span is more than a name.
fn is_command(code: &str) -> bool {
    code.contains(char::is_whitespace)
        || code.contains("://")
        || code.contains(['|', '$', ';', '{', '>', '<', '=', '\\'])
}

/// The document without headings below which nothing is left.
fn without_empty_sections(document: Document) -> Document {
    let is_empty = |section: &&Section| {
        document.slice(Span::new(section.heading.end as usize, section.span.end as usize)).trim().is_empty()
    };
    let edits: Vec<Edit> =
        document.sections().iter().filter(is_empty).map(|section| Edit::remove(section.span)).collect();
    match edit::apply(document.text().as_bytes(), &edits) {
        Ok(bytes) if !edits.is_empty() => {
            Document::parse(settled(&String::from_utf8_lossy(&bytes)).as_bytes())
        }
        _ => document,
    }
}

/// The text without the rows of blank lines and the blanks that edits leave behind.
fn settled(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut blank = 0;
    for line in text.lines() {
        let line = line.trim_end();
        if line.is_empty() {
            blank += 1;
            continue;
        }
        if blank > 0 && !out.is_empty() {
            out.push('\n');
        }
        blank = 0;
        out.push_str(line);
        out.push('\n');
    }
    out
}

#[cfg(test)]
mod tests;
