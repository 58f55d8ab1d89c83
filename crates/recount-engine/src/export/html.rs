//! A document as semantic HTML, for pages and exports.
//!
//! Safe by construction: every tag is one that is written here, everything of the document is escaped text, an
//! address that a browser only goes to, or raw HTML that passed [`raw`]. A document can run nothing and load nothing
//! from elsewhere.
//!
//! One pass over the events of the parser that reads documents, with the document's own view beside it: which item
//! is which field, which row has which number. What does not live here: the page around it, its style, the words of
//! findings.

mod address;
mod escape;
mod grid;
mod links;
mod names;
mod raw;
#[cfg(test)]
mod tests;

use std::collections::HashMap;
use std::fmt::{self, Write as _};
use std::ops::Range;

use jiff::Timestamp;
use pulldown_cmark::{Alignment, CodeBlockKind, CowStr, Event, LinkType, Parser, Tag, TagEnd};

use crate::document::template::{FieldDef, FieldId, is_guidance};
use crate::document::{Document, Field, FieldState, markdown};

use grid::{Grid, Row};
use names::ids;
use raw::{Budget, Part};

pub use names::{action_anchor, field_anchor, row_anchor, section_anchor, section_anchors};

/// What a path that a document has leads to.
pub type Resolve<'a> = &'a dyn Fn(&str) -> Option<String>;

/// How a document is to be rendered.
#[derive(Clone, Copy)]
pub struct Rendering<'a> {
    /// HTML that is shown beside what it is about, by the byte of the document. It is written as it is, so it must
    /// be safe, and closed. It comes at the end of the smallest list item, table row, paragraph, heading, block of
    /// code or section that holds the byte: inside items, below rows in one of its own, directly behind paragraphs,
    /// headings and code.
    pub attachments: &'a [(u32, String)],
    /// What a link that is no external one leads to: a path as the document has it to an address. None shows the
    /// link as text. Without this, paths are kept as they are.
    pub resolve: Option<Resolve<'a>>,
    /// Whether the title is written; where it is not, neither is the rule below it.
    pub title: bool,
}

impl Default for Rendering<'_> {
    fn default() -> Self {
        Self { attachments: &[], resolve: None, title: true }
    }
}

/// A rendered document.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Rendered {
    /// Attachments to what is not shown: the front matter.
    pub before: String,
    /// The document.
    pub html: String,
    /// Its headings, in order; without the title where that is not written.
    pub outline: Vec<Heading>,
}

/// A heading of a rendered document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Heading {
    /// 1 to 6.
    pub level: u8,
    /// The `id` of its element.
    pub id: String,
    /// Its text, not escaped.
    pub text: String,
}

/// Whether an address is one that is linked to from a file: a browser only goes there.
#[cfg(feature = "pdf")]
pub(in crate::export) fn is_safe_link(address: &str) -> bool {
    matches!(address::read(address), address::Address::External(_) | address::Address::Mail(_))
}

/// Renders a document. Takes about as long as parsing it.
pub fn render(document: &Document, options: &Rendering<'_>) -> Rendered {
    let body = document.source().body_start();
    let mut renderer = Renderer::new(document, options);
    renderer.attach_before(body);
    let text = &document.text()[body..];
    for (event, range) in Parser::new_ext(text, markdown::options()).into_offset_iter() {
        renderer.event(event, range.start + body..range.end + body);
    }
    renderer.finish();
    Rendered { before: renderer.before, html: renderer.out, outline: renderer.outline }
}

/// Lists and quotations inside one another that are shown as such; deeper ones are flattened, for browsers stop
/// at some depth, too.
const DEEPEST: usize = 24;
/// The same for emphasis and tags of raw HTML.
const DEEPEST_INLINE: usize = 16;

/// Something that is open.
#[derive(Clone, Copy)]
enum Open {
    /// What Markdown opened, with what closes it.
    Markdown(&'static str),
    /// A tag of raw HTML.
    Raw(&'static str),
}

/// A time that is being written in the words of the document.
struct Clock {
    /// The words.
    span: Range<usize>,
    at: Timestamp,
    /// How many things were open when it was opened.
    depth: Option<usize>,
}

struct Renderer<'d> {
    document: &'d Document,
    options: &'d Rendering<'d>,
    out: String,
    before: String,
    outline: Vec<Heading>,
    open: Vec<Open>,
    /// Lists and quotations that are open.
    depth: usize,
    /// Text of the document that waits for what follows it directly.
    pending: Range<usize>,
    /// Fields by where they begin.
    fields: Vec<&'d Field>,
    next_field: usize,
    /// The `id` of every heading, in order.
    ids: Vec<String>,
    /// Anchors that links use, in lower case, with the `id` of the heading that they mean.
    anchors: HashMap<String, usize>,
    next_heading: usize,
    /// Attachments in order: which, and how many were passed.
    order: Vec<usize>,
    next_attachment: usize,
    waiting: Vec<usize>,
    heading: Option<HeadingState>,
    /// The start of an item while its own text is written.
    bare: Option<usize>,
    has_bare: bool,
    clock: Option<Clock>,
    /// Links and images that are open, and where what they show begins.
    links: Vec<(usize, bool)>,
    link_target: String,
    raw_links: usize,
    /// Code or raw HTML: its text.
    literal: Option<String>,
    is_html: bool,
    grid: Grid,
    labels: HashMap<String, usize>,
    alignments: Vec<Alignment>,
    /// The row of the document's view, counted over all lines, and the numbers of those that hold something.
    line: usize,
    next_number: usize,
    row: Row<'d>,
    budget: Budget,
    /// Whether the rule below a hidden title is still to come.
    skips_rule: bool,
}

struct HeadingState {
    level: u8,
    index: usize,
    /// Where it begins in the output.
    start: usize,
    text: String,
}

impl<'d> Renderer<'d> {
    fn new(document: &'d Document, options: &'d Rendering<'d>) -> Self {
        let mut fields: Vec<&Field> = document.fields().collect();
        fields.sort_by_key(|field| field.span.start);
        let mut order: Vec<usize> = (0..options.attachments.len()).collect();
        order.sort_by_key(|index| options.attachments[*index].0);
        let attached: usize = options.attachments.iter().map(|(_, html)| html.len()).sum();
        let (ids, anchors) = ids(document);
        Self {
            document,
            options,
            out: String::with_capacity(document.text().len() * 2 + attached),
            before: String::new(),
            outline: Vec::with_capacity(ids.len()),
            open: Vec::with_capacity(16),
            depth: 0,
            pending: 0..0,
            fields,
            next_field: 0,
            ids,
            anchors,
            next_heading: 0,
            order,
            next_attachment: 0,
            waiting: Vec::new(),
            heading: None,
            bare: None,
            has_bare: false,
            clock: None,
            links: Vec::new(),
            link_target: String::new(),
            raw_links: 0,
            literal: None,
            is_html: false,
            grid: Grid::Other,
            labels: HashMap::new(),
            alignments: Vec::new(),
            line: 0,
            next_number: 0,
            row: Row::default(),
            budget: Budget::default(),
            skips_rule: false,
        }
    }

    fn event(&mut self, event: Event<'_>, range: Range<usize>) {
        if let Some(literal) = &mut self.literal {
            match event {
                Event::Text(text) | Event::Html(text) | Event::InlineHtml(text) => literal.push_str(&text),
                Event::End(_) => self.end_literal(&range),
                _ => {}
            }
            return;
        }
        match event {
            Event::Text(text) => {
                self.begin_inline();
                self.text(&text, range);
            }
            Event::Code(code) => {
                self.inline(range.start);
                self.note(&code);
                self.out.push_str("<code>");
                escape::text(&mut self.out, &code);
                self.out.push_str("</code>");
            }
            Event::SoftBreak => {
                self.inline(range.start);
                self.note(" ");
                self.out.push('\n');
            }
            Event::HardBreak => {
                self.inline(range.start);
                self.note(" ");
                self.out.push_str("<br>\n");
            }
            Event::InlineHtml(html) => {
                self.inline(range.start);
                self.raw(&html, false);
            }
            // Between the tags of a block; some parsers give it alone.
            Event::Html(html) => self.raw(&html, true),
            Event::Rule => {
                self.begin_block(range.start);
                if !std::mem::take(&mut self.skips_rule) {
                    self.out.push_str("<hr>\n");
                }
            }
            Event::TaskListMarker(is_done) => {
                self.inline(range.start);
                let (sign, label) = if is_done { ("☑", "done") } else { ("☐", "to do") };
                self.out.push_str("<span class=\"task\" role=\"img\" aria-label=\"");
                self.out.push_str(label);
                self.out.push_str("\">");
                self.out.push_str(sign);
                self.out.push_str("</span> ");
            }
            // Extensions that documents are not read with.
            Event::FootnoteReference(_) | Event::InlineMath(_) | Event::DisplayMath(_) => {}
            Event::Start(tag) => self.start(tag, range),
            Event::End(tag) => self.end(tag, range),
        }
    }

    fn start(&mut self, tag: Tag<'_>, range: Range<usize>) {
        match tag {
            Tag::Paragraph => {
                self.begin_block(range.start);
                if is_guidance(&self.document.text()[range]) {
                    self.block("<p class=\"guidance\">", "</p>\n");
                } else {
                    self.skips_rule = false;
                    self.block("<p>", "</p>\n");
                }
            }
            Tag::Heading { level, .. } => self.start_heading(level as u8, &range),
            Tag::BlockQuote(_) => {
                self.begin_block(range.start);
                self.nested("<blockquote>\n", "</blockquote>\n");
            }
            Tag::List(first) => {
                self.begin_block(range.start);
                match first {
                    Some(1) => self.nested("<ol>\n", "</ol>\n"),
                    Some(first) => self.nested(&format!("<ol start=\"{first}\">\n"), "</ol>\n"),
                    None => self.nested("<ul>\n", "</ul>\n"),
                }
            }
            Tag::Item => self.start_item(&range),
            Tag::CodeBlock(kind) => {
                self.begin_block(range.start);
                self.out.push_str("<pre tabindex=\"0\"><code");
                if let CodeBlockKind::Fenced(info) = &kind {
                    let is_word =
                        |ch: char| ch.is_ascii_alphanumeric() || matches!(ch, '-' | '+' | '_' | '#');
                    let word = info.split(|ch: char| !is_word(ch)).next().unwrap_or_default();
                    if !word.is_empty() && word.len() <= 30 {
                        self.out.push_str(" class=\"language-");
                        self.out.push_str(word);
                        self.out.push('"');
                    }
                }
                self.out.push('>');
                self.literal = Some(String::new());
                self.is_html = false;
            }
            Tag::HtmlBlock => {
                self.begin_block(range.start);
                self.literal = Some(String::new());
                self.is_html = true;
            }
            Tag::Table(alignments) => self.start_table(alignments, &range),
            Tag::TableHead => self.start_head(&range),
            Tag::TableRow => self.start_row(&range),
            Tag::TableCell => self.start_cell(),
            Tag::Emphasis => self.mark("<em>", "</em>", range.start),
            Tag::Strong => self.mark("<strong>", "</strong>", range.start),
            Tag::Strikethrough => self.mark("<del>", "</del>", range.start),
            Tag::Superscript => self.mark("<sup>", "</sup>", range.start),
            Tag::Subscript => self.mark("<sub>", "</sub>", range.start),
            Tag::Link { link_type, dest_url, .. } => {
                let address: CowStr<'_> = match link_type {
                    LinkType::Email => format!("mailto:{dest_url}").into(),
                    _ => dest_url,
                };
                self.start_link(&address, false, range.start);
            }
            Tag::Image { dest_url, .. } => self.start_link(&dest_url, true, range.start),
            // Extensions that documents are not read with.
            Tag::FootnoteDefinition(_)
            | Tag::DefinitionList
            | Tag::DefinitionListTitle
            | Tag::DefinitionListDefinition
            | Tag::MetadataBlock(_) => self.block("", ""),
        }
    }

    fn end(&mut self, tag: TagEnd, range: Range<usize>) {
        self.flush();
        match tag {
            TagEnd::Paragraph => {
                self.pop();
                self.attach_in(&range);
            }
            TagEnd::Heading(_) => self.end_heading(&range),
            TagEnd::BlockQuote(_) => {
                self.pop();
                self.depth -= 1;
                self.attach_in(&range);
            }
            TagEnd::List(_) => {
                self.pop();
                self.depth -= 1;
            }
            TagEnd::Item => {
                self.end_bare(None);
                // A tag that is closed behind it would close what is attached.
                self.pop_raw();
                self.attach_in(&range);
                self.pop();
            }
            TagEnd::Table => {
                // Without a row there is no body.
                self.pop();
                self.grid = Grid::Other;
                self.attach_in(&range);
            }
            TagEnd::TableHead => {
                self.end_cell();
                self.pop();
                self.out.push_str("<tbody>\n");
                self.attach_below(range.end);
            }
            TagEnd::TableRow => {
                self.end_cell();
                self.pop();
                self.attach_below(range.end);
            }
            TagEnd::TableCell => {
                if self.row.time.take().is_some() {
                    self.pop();
                } else {
                    self.pop_raw();
                }
            }
            TagEnd::Link | TagEnd::Image => self.end_link(),
            TagEnd::HtmlBlock | TagEnd::CodeBlock => {}
            _ => self.pop(),
        }
    }

    fn finish(&mut self) {
        self.flush();
        while !self.open.is_empty() {
            self.pop();
        }
        self.attach(0, usize::MAX);
    }

    // Headings

    fn start_heading(&mut self, level: u8, range: &Range<usize>) {
        const CLOSE: [&str; 6] = ["</h1>\n", "</h2>\n", "</h3>\n", "</h4>\n", "</h5>\n", "</h6>\n"];
        self.begin_block(range.start);
        let index = self.next_heading;
        self.next_heading += 1;
        if self.depth == 0 {
            // What is open ends with its section, and what belongs to the section comes here.
            self.pop_raw();
            self.attach(0, range.start);
        }
        self.skips_rule = false;
        self.heading = Some(HeadingState { level, index, start: self.out.len(), text: String::new() });
        self.out.push_str("<h");
        self.out.push(char::from(b'0' + level));
        self.out.push_str(" id=\"");
        let id = self.ids.get(index).map_or("", String::as_str);
        escape::attribute(&mut self.out, id);
        self.block("\">", CLOSE[usize::from(level.clamp(1, 6)) - 1]);
    }

    fn end_heading(&mut self, range: &Range<usize>) {
        self.pop();
        let Some(heading) = self.heading.take() else { return };
        let title = self.document.title();
        let is_title = title.is_some_and(|title| title.span.start as usize == range.start);
        if is_title && !self.options.title {
            self.out.truncate(heading.start);
            self.skips_rule = true;
        } else {
            let id = self.ids.get(heading.index).cloned().unwrap_or_default();
            self.outline.push(Heading { level: heading.level, id, text: heading.text.trim().to_owned() });
        }
        self.attach_in(range);
    }

    /// Takes text into the heading that is being written.
    fn note(&mut self, text: &str) {
        if let Some(heading) = &mut self.heading {
            heading.text.push_str(text);
        }
    }

    // Items

    fn start_item(&mut self, range: &Range<usize>) {
        let text = self.document.text();
        let first = text[range.clone()].trim_start();
        let start = range.end - first.len();
        while self.fields.get(self.next_field).is_some_and(|field| (field.span.start as usize) < start) {
            self.next_field += 1;
        }
        let field = self.fields.get(self.next_field).filter(|field| field.span.start as usize == start);
        let is_flat = self.depth > DEEPEST;
        match field {
            Some(field) if !is_flat => {
                self.out.push_str("<li id=\"field-");
                self.out.push_str(field.id.def().key);
                let is_answered = |def: &FieldDef| self.document.is_filled(def.id);
                self.out.push_str(match field.state {
                    FieldState::Blank if field.id.members().any(is_answered) => "\" class=\"field\">",
                    FieldState::Blank => "\" class=\"field blank\">",
                    FieldState::Placeholder => "\" class=\"field placeholder\">",
                    FieldState::Filled => "\" class=\"field\">",
                });
                self.clock = self.clock_of(field);
                self.block("", "</li>\n");
            }
            _ if is_flat => self.block("", "\n"),
            _ => {
                let content = first.get(1..).unwrap_or_default().trim_start();
                let is_rule_of_priorities = content.starts_with("**P") && is_guidance(content);
                let open = match content {
                    "" => "<li class=\"blank\">",
                    _ if is_rule_of_priorities => "<li class=\"guidance\">",
                    _ => "<li>",
                };
                self.block(open, "</li>\n");
            }
        }
        self.bare = Some(start);
        self.has_bare = false;
    }

    fn clock_of(&self, field: &Field) -> Option<Clock> {
        if !matches!(field.id, FieldId::StartTime | FieldId::EndTime) || field.value.is_empty() {
            return None;
        }
        let moment = self.document.field_time(field.id)?.ok()?;
        Some(Clock { span: field.value.range(), at: moment.at, depth: None })
    }

    /// Ends the own text of an item: `next` is where the block begins that follows it.
    fn end_bare(&mut self, next: Option<usize>) {
        let Some(start) = self.bare.take() else { return };
        if std::mem::take(&mut self.has_bare) {
            self.flush();
            self.pop_raw();
            self.stop_clock();
            if let Some(next) = next {
                self.attach(start, next);
                self.out.push('\n');
            }
        }
    }

    // Text

    fn text(&mut self, text: &str, range: Range<usize>) {
        let is_as_written = self.document.text().get(range.clone()) == Some(text);
        if !is_as_written {
            self.inline(range.start);
            self.note(text);
            escape::text(&mut self.out, text);
            return;
        }
        if self.pending.end == range.start && !self.pending.is_empty() {
            self.pending.end = range.end;
        } else {
            self.flush();
            self.pending = range;
        }
    }

    /// Writes the text that waits, with the time in it.
    fn flush(&mut self) {
        let Range { mut start, end } = std::mem::replace(&mut self.pending, 0..0);
        if start == end {
            return;
        }
        if let Some(clock) = &self.clock {
            let time = clock.span.clone();
            if clock.depth.is_none() && time.start < end && start < time.end {
                let cut = time.start.max(start);
                self.words(start..cut);
                self.start_clock();
                start = cut;
            }
            if self.clock.as_ref().is_some_and(|clock| clock.depth.is_some()) && time.end < end {
                let cut = time.end.max(start);
                self.words(start..cut);
                self.stop_clock();
                start = cut;
            }
        }
        self.words(start..end);
    }

    /// Writes text of the document, bare addresses as links.
    fn words(&mut self, range: Range<usize>) {
        let document = self.document;
        let mut text = &document.text()[range];
        self.note(text);
        while !self.is_in_link()
            && let Some(found) = address::bare(text)
        {
            escape::text(&mut self.out, &text[..found.start]);
            let written = &text[found.clone()];
            let is_link = self.open_link(written, false);
            escape::text(&mut self.out, written);
            self.out.push_str(if is_link { "</a>" } else { "" });
            text = &text[found.end..];
        }
        escape::text(&mut self.out, text);
    }

    fn start_clock(&mut self) {
        if let Some(clock) = &mut self.clock {
            clock.depth = Some(self.open.len());
            let at = clock.at;
            self.open_time(at);
        }
    }

    fn stop_clock(&mut self) {
        if self.clock.take_if(|clock| clock.depth.is_some()).is_some() {
            self.out.push_str("</time>");
        }
    }

    fn open_time(&mut self, at: Timestamp) {
        self.put(format_args!("<time datetime=\"{at}\">"));
    }

    /// Whatever is not text begins at `start`.
    fn inline(&mut self, start: usize) {
        self.begin_inline();
        self.flush();
        let Some(clock) = &self.clock else { return };
        if clock.depth.is_none() && clock.span.contains(&start) {
            self.start_clock();
        } else if start >= clock.span.end {
            self.stop_clock();
        }
    }

    /// Text directly in an item is its own.
    fn begin_inline(&mut self) {
        if self.bare.is_some() {
            self.has_bare = true;
        }
    }

    fn mark(&mut self, open: &'static str, close: &'static str, start: usize) {
        self.inline(start);
        if self.inline_depth() < DEEPEST_INLINE {
            self.block(open, close);
        } else {
            self.block("", "");
        }
    }

    /// How many marks and raw tags are open, at most [`DEEPEST_INLINE`].
    fn inline_depth(&self) -> usize {
        let is_inline = |open: &&Open| match open {
            Open::Markdown(close) => !close.ends_with('\n'),
            Open::Raw(_) => true,
        };
        self.open.iter().rev().take(DEEPEST_INLINE).take_while(is_inline).count()
    }

    // Raw HTML and code

    fn end_literal(&mut self, range: &Range<usize>) {
        let literal = self.literal.take().unwrap_or_default();
        if self.is_html {
            self.raw(&literal, true);
            // What marks running text up ends with its block.
            while matches!(self.open.last(), Some(Open::Raw(name)) if !raw::is_around_blocks(name)) {
                self.pop_one();
            }
        } else {
            self.skips_rule = false;
            escape::text(&mut self.out, &literal);
            self.out.push_str("</code></pre>\n");
            self.attach_in(range);
        }
    }

    fn raw(&mut self, html: &str, is_block: bool) {
        for part in self.budget.read(html, is_block, !self.is_in_link()) {
            match part {
                Part::Safe(html) => self.out.push_str(&html),
                Part::Text(text) => {
                    self.note(&text);
                    escape::text(&mut self.out, &text);
                }
                Part::Open(tag, name) => {
                    let depth =
                        self.open.iter().rev().take_while(|open| matches!(open, Open::Raw(_))).count();
                    if depth < DEEPEST_INLINE {
                        self.raw_links += usize::from(name == "a");
                        self.out.push_str(&tag);
                        self.open.push(Open::Raw(name));
                    }
                }
                Part::Close(name) => {
                    let own = self.open.iter().rev().take_while(|open| matches!(open, Open::Raw(_)));
                    let found =
                        own.take(DEEPEST_INLINE).position(|open| matches!(open, Open::Raw(n) if *n == name));
                    for _ in 0..found.map_or(0, |above| above + 1) {
                        self.pop_one();
                    }
                }
            }
        }
    }

    // What is open

    fn begin_block(&mut self, start: usize) {
        self.flush();
        self.end_bare(Some(start));
    }

    fn put(&mut self, what: fmt::Arguments<'_>) {
        // Writing to memory does not fail.
        let _ = self.out.write_fmt(what);
    }

    fn block(&mut self, open: &str, close: &'static str) {
        self.out.push_str(open);
        self.open.push(Open::Markdown(close));
    }

    /// A list or a quotation.
    fn nested(&mut self, open: &str, close: &'static str) {
        self.depth += 1;
        if self.depth > DEEPEST {
            self.block("", "\n");
        } else {
            self.block(open, close);
        }
    }

    /// Closes what Markdown opened last, and what raw HTML opened in it.
    fn pop(&mut self) {
        self.pop_raw();
        self.pop_one();
    }

    fn pop_raw(&mut self) {
        while matches!(self.open.last(), Some(Open::Raw(_))) {
            self.pop_one();
        }
    }

    fn pop_one(&mut self) {
        // A time ends in what it began in.
        let depth = self.open.len();
        if self.clock.as_ref().is_some_and(|clock| clock.depth == Some(depth)) {
            self.stop_clock();
        }
        match self.open.pop() {
            Some(Open::Markdown(close)) => self.out.push_str(close),
            Some(Open::Raw(name)) => {
                self.raw_links -= usize::from(name == "a");
                self.out.push_str("</");
                self.out.push_str(name);
                self.out.push('>');
            }
            None => {}
        }
    }

    // Attachments

    fn attach_before(&mut self, body: usize) {
        while let Some((at, html)) =
            self.order.get(self.next_attachment).map(|at| &self.options.attachments[*at])
            && (*at as usize) < body
        {
            self.before.push_str(html);
            self.next_attachment += 1;
        }
    }

    fn attach_in(&mut self, range: &Range<usize>) {
        // At the end of the text there is no byte that could be another one's.
        let at_end = usize::from(range.end == self.document.text().len());
        self.attach(range.start, range.end + at_end);
    }

    /// Writes the attachments to `from..to` that are not yet written.
    fn attach(&mut self, from: usize, to: usize) {
        let attachments = self.options.attachments;
        let at = |index: &usize| attachments[*index].0 as usize;
        while let Some(index) = self.order.get(self.next_attachment).filter(|index| at(index) < to) {
            self.waiting.push(*index);
            self.next_attachment += 1;
        }
        if self.waiting.is_empty() {
            return;
        }
        let first = self.waiting.partition_point(|index| at(index) < from);
        for index in self.waiting.drain(first..) {
            self.out.push_str(&attachments[index].1);
        }
    }
}
