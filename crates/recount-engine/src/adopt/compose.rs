//! The template, filled with what was read: fields, sections, rows, then what has no place, then an account
//! of it in the notes. Every change is one of the document's operations, which refuse what Markdown would
//! read otherwise; what is refused goes behind the template's sections as it stands. At the end the words
//! are counted, and those that are missing come in with the lines they stood in.

use std::fmt::Write as _;

use super::headings::{Fact, Place};
use super::outline::Outline;
use super::times::{self, Clock};
use super::verbatim::{fenced, is_about_the_document, way_of_detection, without_common_indent};
use super::{Adoption, Original, Placement, Reading, facts, may_state_facts, timeline, words};
use crate::document::edit::Edit;
use crate::document::markdown::BlockKind;
use crate::document::operations::OperationError;
use crate::document::template::{FieldId, FieldKind, SectionId};
use crate::document::value::duration;
use crate::document::value::severity::Severity;
use crate::document::{Document, FieldState, Span, counted};

pub(super) fn compose(reading: &Reading, blank: &Document, original: &Original) -> Adoption {
    let mut composer = Composer {
        reading,
        outline: &reading.outline,
        document: blank.clone(),
        handled: vec![false; reading.outline.parts.len()],
        placements: Vec::new(),
        notes: Vec::new(),
        renamed: Vec::new(),
        aside: Vec::new(),
        sections: Vec::new(),
        taken: Vec::new(),
        entries: 0,
        instants: 0,
        actions: 0,
    };
    composer.title();
    composer.facts();
    composer.timelines();
    composer.action_items();
    composer.prose();
    composer.unplaced();
    composer.account(original);
    composer.nothing_lost();
    composer.finish()
}

pub(super) struct Composer<'r> {
    reading: &'r Reading,
    pub(super) outline: &'r Outline,
    pub(super) document: Document,
    /// Parts that were dealt with.
    pub(super) handled: Vec<bool>,
    /// Their spans are in the outline's text until the end, when they become the file's.
    placements: Vec<Placement>,
    pub(super) notes: Vec<String>,
    /// Headings, labels and headers that are called otherwise here, each with what they are now.
    renamed: Vec<(String, String)>,
    /// Material for the notes of the appendices, as Markdown.
    aside: Vec<String>,
    /// Sections without a place: heading, Markdown, where they stood.
    sections: Vec<(String, String, Span)>,
    /// Blocks of which facts were taken, with what is left of them.
    pub(super) taken: Vec<(usize, Vec<Span>)>,
    pub(super) entries: usize,
    pub(super) instants: usize,
    pub(super) actions: usize,
}

pub(super) type Operation<'o> = &'o dyn Fn(&Document) -> Result<Vec<Edit>, OperationError>;

impl Composer<'_> {
    /// Applies an operation, or says that it was refused.
    pub(super) fn apply(&mut self, operation: Operation<'_>) -> bool {
        let changed = operation(&self.document).and_then(|edits| self.document.changed(&edits));
        match changed {
            Ok(document) => {
                self.document = document;
                true
            }
            Err(_) => false,
        }
    }

    pub(super) fn placed(&mut self, from: Span, to: impl Into<String>) {
        self.placements.push(Placement { from, to: to.into(), placed: true });
    }

    pub(super) fn said(&mut self, span: Span, to: &str) {
        let text = self.outline.slice(span).split_whitespace().collect::<Vec<_>>().join(" ");
        if text.trim_end_matches(':') != to {
            self.renamed.push((text, to.to_owned()));
        }
        self.placed(span, to);
    }

    fn title(&mut self) {
        if let Some(from) = self.reading.title_from {
            self.placed(from, "title");
        }
        if self.document.title_text() != Some(self.reading.title()) {
            let title = self.reading.title().to_owned();
            self.apply(&|document| document.set_title(&title));
        }
        // A heading beside the title that the front matter gives.
        if let Some(own) = self.outline.title
            && self.reading.title_from != Some(own)
        {
            let text = self.outline.slice(own).split_whitespace().collect::<Vec<_>>().join(" ");
            if text != self.reading.title() {
                self.aside.push(text);
            }
            self.placed(own, "Notes and raw logs");
        }
        if let Some((span, language)) = self.outline.front {
            let text = self.outline.slice(span);
            if !text.trim().is_empty() {
                self.aside.push(format!("Front matter:\n\n{}", fenced(text, language)));
                self.placed(span, "Notes and raw logs");
            }
        }
        if let Some(day) = self.reading.day() {
            if day.from.is_none() {
                self.notes.push(format!("the day {} was taken from the file's name", day.date));
            }
        } else {
            self.notes.push("the document does not say on which day the incident was".to_owned());
        }
    }

    pub(super) fn clock(&self) -> Clock {
        let near = self.reading.day().map(|day| day.date);
        Clock { given: self.reading.zone.clone(), near, ..Clock::default() }
    }

    fn facts(&mut self) {
        let outline = self.outline;
        for part in outline.parts.iter().filter(|part| may_state_facts(part.place)) {
            for index in &part.blocks {
                let Some(stated) = facts::read(outline, *index) else { continue };
                let mut rest = stated.rest;
                let mut pairs = stated.pairs;
                let is_table = outline.block(*index).kind == BlockKind::Table;
                for (fact, label, value) in stated.facts {
                    if !self.fact(fact, label, value) {
                        if is_table {
                            pairs.push((label, value));
                            continue;
                        }
                        // The whole item or line as it stands; an item needs its marker.
                        let line = outline.text[..label.start as usize].rfind('\n').map_or(0, |at| at + 1);
                        rest.push(Span::new(line, value.end as usize));
                    }
                }
                for header in stated.said {
                    self.said(header, "a label");
                }
                pairs.sort_unstable();
                let lines = pairs.iter().map(|(label, value)| {
                    let label = outline.slice(*label).trim_matches(['*', '_', ':', ' ']);
                    format!("- {label}: {}", outline.slice(*value))
                });
                let lines: Vec<String> = lines.collect();
                if !lines.is_empty() {
                    self.aside.push(lines.join("\n"));
                }
                for (label, value) in pairs {
                    self.placed(label.to(value), "Notes and raw logs");
                }
                rest.sort_unstable();
                self.taken.push((*index, rest));
            }
        }
    }

    /// Sets a field to a labelled value, if it is blank and the value is one.
    fn fact(&mut self, fact: Fact, label: Span, value: Span) -> bool {
        let Fact::Field(mut id) = fact else { return false };
        let text = self.outline.slice(value).to_owned();
        if text.contains("<br") || self.document.is_filled(id) && id != FieldId::IncidentId {
            return false;
        }
        if id == FieldId::HowDetected {
            id = way_of_detection(&text);
        }
        let text = match id.def().kind {
            FieldKind::Id => {
                return self.document.field_text(id) == Some(text.as_str()) && {
                    self.said(label, id.def().label);
                    true
                };
            }
            FieldKind::Severity if Severity::parse(&text).is_none() && text.len() > 40 => return false,
            FieldKind::Duration if duration::read(&text).is_none() => return false,
            FieldKind::Time => {
                let placed = self.clock_for_fields().place(&text);
                if times::instant(&placed.cell).is_none() || placed.doubt.is_some() {
                    return false;
                }
                if let Some(kept) = &placed.kept {
                    self.renamed.push((kept.clone(), format!("{} {}", id.def().label, placed.cell)));
                }
                placed.cell
            }
            _ => text,
        };
        if !self.apply(&|document| document.set_field(id, &text)) {
            return false;
        }
        self.said(label, id.def().label);
        self.placed(value, id.def().label);
        true
    }

    fn clock_for_fields(&self) -> Clock {
        let mut clock = self.clock();
        clock.zone = timeline::zone_of_document(self.outline);
        if let Some(day) = clock.near {
            clock.set_day(day);
        }
        clock
    }

    /// What a known heading announces, other than rows: fields and lists of bullets.
    fn prose(&mut self) {
        for at in 0..self.outline.parts.len() {
            if self.handled[at] {
                continue;
            }
            let part = &self.outline.parts[at];
            if at == 0 {
                self.about_the_document();
            }
            let place = if at == 0 { Some(Place::Summary) } else { part.place };
            match place {
                None | Some(Place::Lessons | Place::Timeline | Place::Actions) => {}
                Some(place) => self.piece(at, place),
            }
        }
    }

    /// Lines before the first heading that say who wrote the document and when go into the notes.
    fn about_the_document(&mut self) {
        let outline = self.outline;
        for index in &outline.parts[0].blocks {
            let left = self.left_of(*index);
            let block = outline.block(*index);
            let was_list_of_facts = self.taken.iter().any(|(taken, _)| taken == index);
            let is_about = was_list_of_facts
                || match block.kind {
                    BlockKind::Paragraph => is_about_the_document(outline.slice(block.content)),
                    BlockKind::List => {
                        was_list_of_facts
                            || outline.markdown.children(*index).all(|(item, _)| {
                                let head = outline.markdown.children(item).next();
                                head.is_some_and(|(_, head)| {
                                    is_about_the_document(outline.slice(head.content))
                                })
                            })
                    }
                    BlockKind::Html => true,
                    _ => was_list_of_facts,
                };
            if is_about && !left.is_empty() {
                let text = self.blocks(&left);
                self.aside.push(text);
                for span in left {
                    self.placed(span, "Notes and raw logs");
                }
                self.taken.retain(|(taken, _)| taken != index);
                self.taken.push((*index, Vec::new()));
            }
        }
    }

    /// One known heading with what stands below it.
    fn piece(&mut self, at: usize, place: Place) {
        let outline = self.outline;
        let members: Vec<usize> = outline
            .subtree(at)
            .into_iter()
            .filter(|part| !self.handled[*part] && (*part == at || at != 0))
            .collect();
        let (markdown, spans) = self.markdown(&members, |heading| format!("**{heading}**"));
        for part in &members {
            self.handled[*part] = true;
        }
        let heading = outline.parts[at].heading;
        let (field, list) = match place {
            Place::Summary => (Some(FieldId::ImpactSummary), None),
            Place::Impact => (Some(FieldId::Symptoms), None),
            Place::Detection => (Some(way_of_detection(&markdown)), None),
            Place::Appendix => (Some(FieldId::Notes), None),
            Place::Field(id) => (Some(id), None),
            Place::List(id) => (None, Some(id)),
            Place::Timeline | Place::Actions | Place::Lessons => (None, None),
        };
        let name = field.map_or_else(|| list.map_or("", SectionId::heading), |id| id.def().label);
        if markdown.trim().is_empty() {
            if let Some(heading) = heading {
                self.said(heading, name);
            }
            return;
        }
        let is_done = match (field, list) {
            (Some(FieldId::Notes), _) => {
                // The notes are written last, and all at once.
                let heading = heading.map(|heading| format!("**{}**\n\n", outline.slice(heading).trim()));
                self.aside.push(format!("{}{markdown}", heading.unwrap_or_default()));
                true
            }
            (Some(id), _) => {
                let again = self.document.field(id).is_some_and(|field| {
                    field.state == FieldState::Filled && id.def().kind != FieldKind::Group
                });
                let text = match heading.filter(|_| again) {
                    Some(heading) => format!("**{}**\n\n{markdown}", outline.slice(heading).trim()),
                    None => markdown.clone(),
                };
                self.fill_field(id, &text)
            }
            (None, Some(id)) => self.apply(&|document| document.add_blocks_to_section(id, &markdown)),
            (None, None) => false,
        };
        if is_done {
            if let Some(heading) = heading {
                self.said(heading, name);
            }
            for span in spans {
                self.placed(span, name);
            }
        } else {
            let title =
                heading.map_or("Introduction".to_owned(), |heading| outline.slice(heading).to_owned());
            let whole = spans.iter().copied().reduce(Span::to).unwrap_or_default();
            self.sections.push((title, markdown, whole));
        }
    }

    /// One short line stands behind the label; anything else below it.
    fn fill_field(&mut self, id: FieldId, markdown: &str) -> bool {
        let line = markdown.trim();
        let is_line = !line.contains('\n')
            && line.len() <= 200
            && !line.starts_with(['-', '*', '+', '>', '#', '|', '`', '~', '<'])
            && !line.starts_with(|ch: char| ch.is_ascii_digit());
        let is_blank = self.document.field(id).is_none_or(|field| field.state != FieldState::Filled);
        let kind = id.def().kind;
        if is_line
            && is_blank
            && !matches!(kind, FieldKind::Group | FieldKind::Question)
            && self.apply(&|document| document.set_field(id, line))
        {
            return true;
        }
        self.apply(&|document| document.add_blocks_to_field(id, markdown))
    }

    /// Blocks that stay as they are in a section of rows.
    pub(super) fn keep_in_section(&mut self, id: SectionId, markdown: &str, spans: &[Span]) {
        if markdown.trim().is_empty() {
            return;
        }
        if self.apply(&|document| document.add_blocks_to_section(id, markdown)) {
            for span in spans {
                self.placed(*span, id.heading());
            }
        } else {
            let whole = spans.iter().copied().reduce(Span::to).unwrap_or_default();
            self.sections.push((format!("{}, continued", id.heading()), markdown.to_owned(), whole));
        }
    }

    /// Parts as Markdown: what follows a label, the blocks, and the headings below in the form given.
    fn markdown(&self, parts: &[usize], heading: impl Fn(&str) -> String) -> (String, Vec<Span>) {
        let mut pieces: Vec<String> = Vec::new();
        let mut spans = Vec::new();
        for (index, at) in parts.iter().enumerate() {
            let part = &self.outline.parts[*at];
            if let Some(name) = part.heading.filter(|_| index > 0) {
                let name_text = self.outline.slice(name).split_whitespace().collect::<Vec<_>>().join(" ");
                pieces.push(heading(&name_text));
                spans.push(name);
            }
            if let Some(lead) = part.lead {
                pieces.push(self.outline.slice(lead).to_owned());
                spans.push(lead);
            }
            for block in &part.blocks {
                let of_block = self.left_of(*block);
                if !of_block.is_empty() {
                    pieces.push(self.blocks(&of_block));
                    spans.extend(of_block);
                }
            }
        }
        (pieces.join("\n\n"), spans)
    }

    /// What of a block was not taken as a fact.
    fn left_of(&self, block: usize) -> Vec<Span> {
        match self.taken.iter().find(|(index, _)| *index == block) {
            Some((_, rest)) => rest.clone(),
            None if self.outline.block(block).kind == BlockKind::Rule => Vec::new(),
            None => vec![self.outline.source_of(block)],
        }
    }

    /// Blocks with a blank line between them; items and lines that follow each other stay together.
    pub(super) fn blocks(&self, spans: &[Span]) -> String {
        let mut out = String::new();
        let mut end: Option<u32> = None;
        for span in spans {
            if let Some(end) = end {
                let between = self.outline.text.get(end as usize..span.start as usize).unwrap_or("\n\n");
                let is_next = between.trim().is_empty() && between.matches('\n').count() <= 1;
                out.push_str(if is_next { "\n" } else { "\n\n" });
            }
            out.push_str(&without_common_indent(self.outline.slice(*span)));
            end = Some(span.end);
        }
        out
    }

    /// What has no place: sections with their headings and what stands below them.
    fn unplaced(&mut self) {
        let outline = self.outline;
        for at in 1..outline.parts.len() {
            if self.handled[at] {
                continue;
            }
            let root = outline.parts[at].level;
            let members: Vec<usize> =
                outline.subtree(at).into_iter().filter(|part| !self.handled[*part]).collect();
            for part in &members {
                self.handled[*part] = true;
            }
            let heading = outline.parts[at].heading;
            let name = heading.map_or(String::new(), |heading| outline.slice(heading).to_owned());
            let (_, spans) = self.markdown(&members, |_| String::new());
            let mut text = Vec::new();
            for part in &members {
                let level = usize::from(outline.parts[*part].level.saturating_sub(root)) + 2;
                if *part != at
                    && let Some(heading) = outline.parts[*part].heading
                {
                    text.push(format!("{} {}", "#".repeat(level.min(6)), outline.slice(heading).trim()));
                }
                let (below, _) = self.markdown(&[*part], |_| String::new());
                text.push(below);
            }
            text.retain(|text| !text.trim().is_empty());
            if text.is_empty() {
                if let Some(heading) = heading {
                    // Nothing but a heading over others that have their places.
                    self.renamed.push((name, "the sections below it".to_owned()));
                    self.placed(heading, "a heading over others");
                }
                continue;
            }
            let whole = spans.iter().copied().chain(heading).reduce(Span::to).unwrap_or_default();
            self.sections.push((name, text.join("\n\n"), whole));
        }
        self.append_sections();
    }

    /// All sections without a place at once; each by itself where Markdown would read them otherwise together.
    fn append_sections(&mut self) {
        let mut sections = std::mem::take(&mut self.sections);
        for (name, ..) in &mut sections {
            if name.trim().is_empty() {
                "Further text".clone_into(name);
            }
        }
        let Some(((first, text, _), others)) = sections.split_first() else { return };
        let mut whole = text.clone();
        for (name, text, _) in others {
            let name = name.split_whitespace().collect::<Vec<_>>().join(" ");
            // Writing to a string cannot fail.
            let _ = write!(whole, "\n\n## {name}\n\n{text}");
        }
        let before = self.document.clone();
        let known = before.sections().len();
        let together = self.apply(&|document| document.append_section(first, &whole));
        let of_their_own = |document: &Document| {
            document.sections()[known..].iter().filter(|section| section.level == 2).count()
        };
        let are_all_there = together && of_their_own(&self.document) == sections.len();
        if !are_all_there {
            self.document = before;
        }
        for (name, markdown, span) in sections {
            if !are_all_there && !self.apply(&|document| document.append_section(&name, &markdown)) {
                let fenced = fenced(&markdown, "markdown");
                let plain = name.trim_matches(['#', ' ']).to_owned();
                if !self.apply(&|document| document.append_section(&plain, &fenced)) {
                    continue;
                }
            }
            self.placements.push(Placement {
                from: span,
                to: format!("section `{name}` behind the template's"),
                placed: false,
            });
        }
    }

    /// The notes: where the original is, what is called otherwise, and what belongs to the whole document.
    fn account(&mut self, original: &Original) {
        let mut items = vec![format!(
            "- Adopted from [{}]({}), where the original stands unchanged.",
            original.name, original.link
        )];
        if !self.renamed.is_empty() {
            let renamed = std::mem::take(&mut self.renamed);
            let pairs: Vec<String> = renamed.into_iter().map(|(was, now)| format!("{was} → {now}")).collect();
            items.push(format!("- What the original calls otherwise: {}.", pairs.join("; ")));
        }
        let mut blocks = vec![items.join("\n")];
        blocks.append(&mut self.aside);
        let references: Vec<String> = self
            .outline
            .references
            .iter()
            .map(|span| self.outline.slice(*span).to_owned())
            .filter(|definition| !self.document.text().contains(definition.as_str()))
            .collect();
        if !references.is_empty() {
            blocks.push(references.join("\n"));
        }
        let whole = blocks.join("\n\n");
        if self.apply(&|document| document.add_blocks_to_field(FieldId::Notes, &whole)) {
            for span in self.outline.references.clone() {
                self.placed(span, "Notes and raw logs");
            }
            return;
        }
        for block in blocks {
            if !self.apply(&|document| document.add_blocks_to_field(FieldId::Notes, &block)) {
                let fenced = fenced(&block, "");
                self.apply(&|document| document.add_blocks_to_field(FieldId::Notes, &fenced));
            }
        }
    }

    /// Brings in the lines of words that are in the original and not in the result.
    fn nothing_lost(&mut self) {
        let all = words::words(&self.outline.text);
        for attempt in 0..3 {
            let mut lost = words::missing(&all, &words::words(self.document.text()));
            if lost.is_empty() {
                return;
            }
            let mut lines = Vec::new();
            for line in self.outline.text.split('\n') {
                let mut is_wanted = false;
                for word in words::words_of_line(line) {
                    if let Some(count) = lost.get_mut(word).filter(|count| **count > 0) {
                        *count -= 1;
                        is_wanted = true;
                    }
                }
                if is_wanted {
                    lines.push(line);
                }
            }
            let text = if attempt == 0 { lines.join("\n") } else { self.outline.text.clone() };
            let fenced = fenced(&text, "text");
            let heading = "What found no other place";
            if !self.apply(&|document| document.append_section(heading, &fenced)) {
                let text = format!("{}\n\n## {heading}\n\n{fenced}\n", self.document.text().trim_end());
                self.document = Document::parse(text.as_bytes());
            }
            self.notes.push(format!(
                "{} found no place of their own and stand as they were under `{heading}`",
                counted(lines.len(), "line")
            ));
        }
    }

    fn finish(mut self) -> Adoption {
        self.placements.sort_by_key(|placement| (placement.from.start, placement.from.end));
        let unplaced = words_without_a_place(self.outline, &self.placements);
        for placement in &mut self.placements {
            placement.from = self.outline.in_file(placement.from);
        }
        Adoption {
            document: self.document,
            placements: self.placements,
            notes: self.notes,
            words: words::count(&self.outline.text),
            unplaced,
            entries: self.entries,
            instants: self.instants,
            actions: self.actions,
        }
    }
}

/// Words that stand in sections without a place, each once: a section holds those below it, and of what stands
/// between its first and its last word some may have a place.
fn words_without_a_place(outline: &Outline, placements: &[Placement]) -> usize {
    let mut is_out = vec![false; outline.text.len()];
    // What has no place first: what is inside of it and has one takes it back.
    for placed in [false, true] {
        for placement in placements.iter().filter(|placement| placement.placed == placed) {
            if let Some(bytes) = is_out.get_mut(placement.from.range()) {
                bytes.fill(!placed);
            }
        }
    }
    let left: Vec<u8> =
        outline.text.bytes().zip(is_out).map(|(byte, is_out)| if is_out { byte } else { b' ' }).collect();
    words::count(&String::from_utf8_lossy(&left)).min(words::count(&outline.text))
}
