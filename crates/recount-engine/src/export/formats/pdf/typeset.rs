//! A document in the language of the typesetter. Everything of the document is a text in quotes, so that nothing in it
//! is a command.

use std::fmt::Write as _;
use std::ops::Range;

use pulldown_cmark::{Event, LinkType, Parser, Tag, TagEnd};

use super::super::Subject;
use super::super::html::{facts, plain};
use crate::document::template::{ActionColumn, TimelineColumn, is_guidance};
use crate::document::{Document, FieldState, markdown};
use crate::export::audience::Audience;
use crate::export::html::is_safe_link;

/// Deeper lists and quotations are flattened.
const DEEPEST: usize = 10;

const STYLE: &str = r##"
#set text(font: "Libertinus Serif", size: 10.5pt, lang: "en", fill: rgb("#1b2430"))
#set par(leading: .62em, spacing: .95em)
#set list(indent: .2em, spacing: .65em)
#set enum(indent: .2em, spacing: .65em)
#show heading: set block(above: 1.7em, below: .8em, sticky: true)
#show heading.where(level: 1): set text(size: 15pt)
#show heading.where(level: 2): set text(size: 13.5pt)
#show heading.where(level: 3): set text(size: 11.5pt)
#show raw: set text(font: "DejaVu Sans Mono", size: .88em)
#show raw.where(block: true): it => block(width: 100%, fill: rgb("#f4f5f7"), inset: 8pt, radius: 3pt, it)
#show link: set text(fill: rgb("#1f5f8b"))
#set table(stroke: (x: none, y: .4pt + rgb("#c9d0d8")), inset: (x: 4pt, y: 5pt), align: left + top)
#show table: set text(size: 8.8pt)
#show table: set par(leading: .5em)
#show table.cell.where(y: 0): set text(weight: "bold", fill: rgb("#566272"))
"##;

/// The whole report.
pub(super) fn report(subject: &Subject<'_>) -> String {
    let document = subject.document;
    let title = document.title_text().map_or_else(|| "Untitled postmortem".to_owned(), plain);
    let mut head = vec!["Postmortem".to_owned()];
    head.extend(document.incident_id().map(str::to_owned));
    head.extend(document.severity().get().map(ToString::to_string));
    if subject.audience == Audience::Internal {
        head.push(document.stage().to_string());
    }
    let head = head.join(" · ");
    let mut out = String::with_capacity(document.text().len() * 2);
    let _ = writeln!(out, "#set document(title: {}, date: none)", quoted(&title));
    let _ = writeln!(
        out,
        "#set page(paper: \"a4\", margin: (x: 22mm, top: 22mm, bottom: 24mm), footer: context [#set text(size: 8pt, \
         fill: rgb(\"#566272\"));#{};#h(1fr);#counter(page).display(\"1 / 1\", both: true);])",
        quoted(&head)
    );
    out.push_str(STYLE);
    let _ = writeln!(out, "#text(size: 9pt, fill: rgb(\"#566272\"), {});#parbreak();", quoted(&head));
    let _ = writeln!(out, "#text(size: 21pt, weight: \"bold\", {});#parbreak();", quoted(&title));
    let facts = facts(document);
    if !facts.is_empty() {
        out.push_str("#block(width: 100%, fill: rgb(\"#f4f5f7\"), inset: 10pt, radius: 4pt, grid(columns: ");
        let _ = writeln!(out, "{}, column-gutter: 10pt,", facts.len());
        for fact in &facts {
            let (label, words) = (quoted(fact.label), quoted(&fact.words));
            let _ = writeln!(
                out,
                "[#text(size: 8pt, fill: rgb(\"#566272\"), {label});#linebreak();#text(weight: \"bold\", {words});],"
            );
        }
        out.push_str("));\n");
    }
    let mut typesetter = Typesetter {
        document,
        out,
        depth: 0,
        close: Vec::new(),
        skips: 0,
        literal: None,
        grid: Grid::Other,
        line: 0,
        links: 0,
    };
    let body = document.source().body_start();
    for (event, range) in Parser::new_ext(&document.text()[body..], markdown::options()).into_offset_iter() {
        typesetter.event(event, range.start + body..range.end + body);
    }
    typesetter.out
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Grid {
    Timeline,
    Actions,
    Other,
}

struct Typesetter<'d> {
    document: &'d Document,
    out: String,
    depth: usize,
    /// What closes what is open.
    close: Vec<&'static str>,
    /// How many things are open that are not shown.
    skips: usize,
    literal: Option<String>,
    grid: Grid,
    line: usize,
    links: usize,
}

impl Typesetter<'_> {
    fn event(&mut self, event: Event<'_>, range: Range<usize>) {
        if self.skips > 0 {
            match event {
                Event::Start(_) => self.skips += 1,
                Event::End(_) => self.skips -= 1,
                _ => {}
            }
            return;
        }
        if let Some(literal) = &mut self.literal {
            match event {
                Event::Text(text) => literal.push_str(&text),
                Event::End(_) => {
                    let literal = self.literal.take().unwrap_or_default();
                    let _ = writeln!(self.out, "#raw(block: true, {});", quoted(literal.trim_end()));
                }
                _ => {}
            }
            return;
        }
        match event {
            Event::Start(tag) => self.start(tag, &range),
            Event::End(tag) => self.end(tag),
            Event::Text(text) => self.text(&text),
            Event::Code(code) => {
                let _ = write!(self.out, "#raw({});", quoted(&code));
            }
            Event::SoftBreak => self.text(" "),
            Event::HardBreak => self.out.push_str("#linebreak();"),
            Event::InlineHtml(html) if html.starts_with("<br") => self.out.push_str("#linebreak();"),
            Event::TaskListMarker(is_done) => self.text(if is_done { "[x] " } else { "[ ] " }),
            _ => {}
        }
    }

    fn start(&mut self, tag: Tag<'_>, range: &Range<usize>) {
        let document = self.document;
        let text = document.text();
        let is_title = |title: &crate::document::Title| title.span.start as usize == range.start;
        match tag {
            Tag::Heading { .. } if document.title().is_some_and(is_title) => self.skips = 1,
            Tag::Paragraph if is_guidance(&text[range.clone()]) => self.skips = 1,
            Tag::HtmlBlock => self.skips = 1,
            Tag::Item if self.is_hidden(&text[range.clone()], range) => self.skips = 1,
            Tag::TableRow if self.is_blank_row() => self.skips = 1,
            Tag::Paragraph => self.open("", "#parbreak();\n"),
            Tag::Heading { level, .. } => {
                self.open(&format!("#heading(level: {})[", (level as u8).max(2) - 1), "];\n");
            }
            Tag::BlockQuote(_) => self.nested("#quote(block: true)[", "];\n"),
            Tag::List(first) => {
                let first = first.map(|first| format!("#enum(start: {first},\n"));
                self.nested(first.as_deref().unwrap_or("#list(\n"), ");\n");
            }
            Tag::Item if self.depth > DEEPEST => self.open("", "#linebreak();\n"),
            Tag::Item => self.open("[", "],\n"),
            Tag::CodeBlock(_) => self.literal = Some(String::new()),
            Tag::Table(alignments) => {
                let holds = |start: u32| range.contains(&(start as usize));
                self.grid = if document.timeline().is_some_and(|table| holds(table.header.span.start)) {
                    Grid::Timeline
                } else if document.actions().is_some_and(|table| holds(table.header.span.start)) {
                    Grid::Actions
                } else {
                    Grid::Other
                };
                self.line = 0;
                let columns: Vec<&str> = (0..alignments.len()).map(|column| self.width(column)).collect();
                self.open(&format!("#table(columns: ({},),\n", columns.join(", ")), ");\n");
            }
            Tag::TableHead => self.open("table.header(", "),\n"),
            Tag::TableRow => self.open("", "\n"),
            Tag::TableCell => self.open("[", "],"),
            Tag::Emphasis => self.open("#emph[", "];"),
            Tag::Strong => self.open("#strong[", "];"),
            Tag::Strikethrough => self.open("#strike[", "];"),
            Tag::Superscript => self.open("#super[", "];"),
            Tag::Subscript => self.open("#sub[", "];"),
            Tag::Link { link_type, dest_url, .. } => {
                let address = if link_type == LinkType::Email {
                    format!("mailto:{dest_url}")
                } else {
                    dest_url.to_string()
                };
                self.links += 1;
                if self.links == 1 && is_safe_link(&address) {
                    self.open(&format!("#link({})[", quoted(address.trim())), "];");
                } else {
                    self.open("#[", "];");
                }
            }
            _ => self.open("#[", "];"),
        }
    }

    fn end(&mut self, tag: TagEnd) {
        if let Some(close) = self.close.pop() {
            self.out.push_str(close);
        }
        match tag {
            TagEnd::List(_) | TagEnd::BlockQuote(_) => self.depth -= 1,
            TagEnd::Link => self.links -= 1,
            _ => {}
        }
    }

    fn open(&mut self, open: &str, close: &'static str) {
        self.out.push_str(open);
        self.close.push(close);
    }

    fn nested(&mut self, open: &str, close: &'static str) {
        self.depth += 1;
        if self.depth > DEEPEST {
            self.open("", "");
        } else {
            self.open(open, close);
        }
    }

    fn text(&mut self, text: &str) {
        let _ = write!(self.out, "#{};", quoted(text));
    }

    /// The template's guidance, empty items, and fields without an answer.
    fn is_hidden(&self, item: &str, range: &Range<usize>) -> bool {
        let content = item.trim_start().get(1..).unwrap_or_default().trim();
        let is_blank = || {
            self.document.fields().any(|field| {
                let is_here = range.contains(&(field.span.start as usize))
                    && (field.span.start as usize) < range.start + 4;
                let is_answered = |def: &crate::document::template::FieldDef| self.document.is_filled(def.id);
                is_here && field.state == FieldState::Blank && !field.id.members().any(is_answered)
            })
        };
        content.is_empty() || content.starts_with("**P") && is_guidance(content) || is_blank()
    }

    fn is_blank_row(&mut self) -> bool {
        let line = self.line;
        self.line += 1;
        match self.grid {
            Grid::Timeline => {
                self.document.timeline_rows().binary_search_by_key(&line, |row| row.index).is_err()
            }
            Grid::Actions => {
                self.document.action_items().binary_search_by_key(&line, |item| item.index).is_err()
            }
            Grid::Other => false,
        }
    }

    /// How wide a column is.
    fn width(&self, column: usize) -> &'static str {
        let document = self.document;
        match self.grid {
            Grid::Timeline => {
                let column =
                    document.timeline().and_then(|table| table.columns.get(column).copied().flatten());
                match column {
                    Some(TimelineColumn::Time) => "2.6cm",
                    Some(TimelineColumn::Actor) => "2.3cm",
                    Some(TimelineColumn::Action) => "2fr",
                    Some(TimelineColumn::Result) | None => "1fr",
                }
            }
            Grid::Actions => {
                let column =
                    document.actions().and_then(|table| table.columns.get(column).copied().flatten());
                match column {
                    Some(ActionColumn::Priority) => "1.4cm",
                    Some(ActionColumn::Action) => "2fr",
                    Some(ActionColumn::Owner | ActionColumn::DueDate | ActionColumn::Status) => "2cm",
                    Some(ActionColumn::VerificationPlan) | None => "1fr",
                }
            }
            Grid::Other => "1fr",
        }
    }
}

/// A text in quotes, in which nothing is a command.
fn quoted(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    out.push('"');
    for ch in text.chars() {
        match ch {
            '"' | '\\' => {
                out.push('\\');
                out.push(ch);
            }
            '\n' => out.push_str("\\n"),
            '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' => out.push(char::REPLACEMENT_CHARACTER),
            _ if ch.is_control() => out.push(' '),
            _ => out.push(ch),
        }
    }
    out.push('"');
    out
}
