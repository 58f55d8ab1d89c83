//! The rows of the result: the timeline with its milestones, and the action items. What does not live here:
//! fields and prose (`compose`).

use super::compose::Composer;
use super::headings::{self, Fact, Place};
use super::outline::Outline;
use super::times::{self, Clock, Doubt};
use super::{actions, facts, milestones, tasks, timeline, zones};
use crate::document::markdown::BlockKind;
use crate::document::template::{FieldId, SectionId};
use crate::document::value::time;
use crate::document::{Milestone, Span, counted};

impl Composer<'_> {
    pub(super) fn timelines(&mut self) {
        let outline = self.outline;
        let mut found = timeline::Timeline::default();
        let mut roots = Vec::new();
        for at in 0..outline.parts.len() {
            if outline.parts[at].place != Some(Place::Timeline) || self.handled[at] {
                continue;
            }
            roots.push(at);
            let parts = outline.subtree(at);
            let before = found.entries.len();
            found = timeline::read(outline, at, self.clock(), found);
            if found.entries.len() == before && !outline.parts[at].blocks.is_empty() && before > 0 {
                self.notes.push(format!(
                    "`{}` is a timeline without times",
                    outline.parts[at].heading.map_or("", |heading| outline.slice(heading))
                ));
            }
            for part in parts {
                self.handled[part] = true;
            }
            if let Some(heading) = outline.parts[at].heading {
                found.said.push((heading, "Timeline".to_owned()));
            }
        }
        if let Some(zone) = self.zone_of_a_label(&found) {
            let clock = || Clock { told: Some(zone.clone()), ..self.clock() };
            let again = roots.iter().fold(timeline::Timeline::default(), |again, at| {
                timeline::read(outline, *at, clock(), again)
            });
            let headings = roots.iter().filter_map(|at| outline.parts[*at].heading);
            found = again;
            found.said.extend(headings.map(|heading| (heading, "Timeline".to_owned())));
            self.notes.push(format!(
                "the times of the timeline are read as `{zone}`, because a labelled time tells the clock of an entry in it"
            ));
        }
        if found.entries.is_empty() && found.said.is_empty() {
            found = self.timeline_without_heading();
        }
        for (span, name) in std::mem::take(&mut found.said) {
            self.said(span, &name);
        }
        milestones::mark(&mut found.entries);
        self.rows(&found);
        self.start_and_end(&found);
        let beside: Vec<(String, Vec<Span>)> = found
            .entries
            .iter()
            .filter(|entry| !entry.beside.is_empty())
            .map(|entry| (format!("**{}**", name_of(entry)), entry.beside.clone()))
            .collect();
        let mut pieces: Vec<String> = Vec::new();
        if !found.rest.is_empty() {
            pieces.push(self.blocks(&found.rest));
        }
        for (name, spans) in beside {
            pieces.push(format!("{name}\n\n{}", self.blocks(&spans)));
        }
        self.keep_in_section(SectionId::Timeline, &pieces.join("\n\n"), &found.rest);
    }

    /// The zone of the labelled day, start or end, where entries state none and one of them tells the same clock.
    fn zone_of_a_label(&self, found: &timeline::Timeline) -> Option<String> {
        let outline = self.outline;
        let clocks: Vec<&str> = found
            .entries
            .iter()
            .filter(|entry| entry.doubt == Some(Doubt::NoZone))
            .filter_map(|entry| clock_in(&entry.written))
            .collect();
        if clocks.is_empty() || found.zone.is_some() {
            return None;
        }
        let parts = outline.parts.iter().filter(|part| super::may_state_facts(part.place));
        let stated = parts.flat_map(|part| &part.blocks).filter_map(|index| facts::read(outline, *index));
        let of_label = |(fact, _, value): &(Fact, Span, Span)| {
            let is_time = matches!(fact, Fact::Date | Fact::Field(FieldId::StartTime | FieldId::EndTime));
            let text = outline.slice(*value);
            clock_in(text)
                .filter(|clock| is_time && clocks.contains(clock))
                .and_then(|_| zones::zone_in(text))
        };
        let mut zones = stated.flat_map(|stated| stated.facts).filter_map(|fact| of_label(&fact));
        let zone = zones.next()?;
        zones.all(|other| other == zone).then_some(zone)
    }

    /// Start and end, where the timeline marks them and no label says them.
    fn start_and_end(&mut self, found: &timeline::Timeline) {
        for (milestone, id) in
            [(Milestone::Started, FieldId::StartTime), (Milestone::Resolved, FieldId::EndTime)]
        {
            let Some(entry) = found.entries.iter().find(|entry| entry.milestone == Some(milestone)) else {
                continue;
            };
            let Some(at) = times::instant(&entry.cells[0]).filter(|_| !self.document.is_filled(id)) else {
                continue;
            };
            let value = time::canonical(at, at.as_second() % 60 != 0);
            if self.apply(&|document| document.set_field(id, &value)) {
                self.placed(entry.span, id.def().label);
            }
        }
    }

    /// The first list or table outside of all timelines whose entries begin with clocks.
    fn timeline_without_heading(&mut self) -> timeline::Timeline {
        let outline = self.outline;
        for at in 0..outline.parts.len() {
            let part = &outline.parts[at];
            let is_free = !matches!(part.place, Some(Place::Actions | Place::List(_)));
            if let Some(list) =
                part.blocks.iter().find(|index| is_free && timeline::is_timeline(outline, **index))
            {
                self.taken.push((*list, Vec::new()));
                return timeline::read_block(outline, at, *list, self.clock());
            }
            let lists = part.blocks.iter().filter(|_| is_free);
            let sections =
                lists.flat_map(|list| outline.sections_in(*list).into_iter().map(|section| (*list, section)));
            let is_one =
                |(_, (.., below)): &(usize, (usize, Span, usize))| timeline::is_timeline(outline, *below);
            if let Some((list, (item, label, below))) = sections.into_iter().find(is_one) {
                self.leave_out(list, item);
                let mut found = timeline::read_block(outline, at, below, self.clock());
                found.said.push((label, "Timeline".to_owned()));
                return found;
            }
        }
        timeline::Timeline::default()
    }

    fn rows(&mut self, found: &timeline::Timeline) {
        let rows: Vec<[String; 4]> = found.entries.iter().map(|entry| entry.cells.clone()).collect();
        if rows.is_empty() {
            return;
        }
        let mut kept: Vec<bool> = vec![true; rows.len()];
        if !self.apply(&|document| document.append_timeline_rows(&rows)) {
            for (index, row) in rows.iter().enumerate() {
                kept[index] =
                    self.apply(&|document| document.append_timeline_rows(std::slice::from_ref(row)));
            }
        }
        let mut number = self.document.timeline_rows().len() - kept.iter().filter(|kept| **kept).count();
        let mut refused = Vec::new();
        for (entry, is_kept) in found.entries.iter().zip(kept) {
            if is_kept {
                number += 1;
                self.placed(entry.span, format!("Timeline, row {number}"));
            } else {
                refused.push(entry.span);
            }
        }
        if !refused.is_empty() {
            let text = self.blocks(&refused);
            self.keep_in_section(SectionId::Timeline, &text, &refused);
        }
        self.entries = self.document.timeline_rows().len();
        self.instants = self.document.timeline_rows().iter().filter(|row| row.at().is_some()).count();
        let doubts = |wanted: Doubt| found.entries.iter().filter(|entry| entry.doubt == Some(wanted)).count();
        let rows = |count: usize| counted(count, "row");
        match doubts(Doubt::NoZone) {
            0 => {}
            count => self.notes.push(format!(
                "no zone is stated for the times of {}: they stand in the Action column as written, and `--zone` says what they are in",
                rows(count)
            )),
        }
        match doubts(Doubt::NoDay) {
            0 => {}
            count => self.notes.push(format!("no day is stated for the times of {}", rows(count))),
        }
        match doubts(Doubt::Ambiguous) {
            0 => {}
            count => {
                let zone = found.zone.as_deref().map_or(String::new(), |zone| format!(" (`{zone}`)"));
                self.notes.push(format!(
                    "the times of {} can mean several instants{zone}; they stand as written",
                    rows(count)
                ));
            }
        }
        if let (Some(offset), Some(zone)) = (&found.settled, &found.zone) {
            self.notes.push(format!(
                "`{zone}` is read as UTC{offset}, because an entry tells the same time in UTC"
            ));
        }
        let untimed =
            found.entries.iter().filter(|entry| entry.doubt.is_none() && entry.cells[0].is_empty()).count();
        if untimed > 0 {
            self.notes.push(format!(
                "{} of the timeline {} no time",
                rows(untimed),
                if untimed == 1 { "says" } else { "say" }
            ));
        }
    }

    pub(super) fn action_items(&mut self) {
        let outline = self.outline;
        let mut found = actions::Actions::default();
        for at in 0..outline.parts.len() {
            if outline.parts[at].place != Some(Place::Actions) || self.handled[at] {
                continue;
            }
            let parts = outline.subtree(at);
            if actions::repeats(outline, at, &found) {
                continue;
            }
            actions::read(outline, at, &mut found);
            for part in parts {
                self.handled[part] = true;
            }
            found.said.extend(outline.parts[at].heading.map(|heading| (heading, "Action items".to_owned())));
        }
        for at in 0..outline.parts.len() {
            let free = !self.handled[at] && outline.parts[at].place != Some(Place::Actions);
            for index in outline.parts[at].blocks.iter().filter(|_| free) {
                if actions::is_table(outline, *index) && actions::rows(outline, *index, &mut found) {
                    self.taken.push((*index, Vec::new()));
                } else if at > 0
                    && outline.parts[at].place.is_none()
                    && actions::is_checklist(outline, *index)
                    && !tasks::is_for_each_time(
                        outline,
                        outline.parts[at].blocks.iter().copied().take_while(|above| above != index).last(),
                        *index,
                    )
                    && !outline.parts[at].blocks.iter().any(|index| speaks_of_the_document(outline, *index))
                {
                    // Boxes before the first heading are about writing the document.
                    actions::block(outline, *index, true, &mut found);
                    self.taken.push((*index, Vec::new()));
                }
            }
        }
        self.items_in_sections_of_lists(&mut found);
        if found.items.is_empty() {
            self.labelled_items(&mut found);
            self.promised_items(&mut found);
        }
        if found.items.is_empty() {
            self.ordered_items(&mut found);
        }
        for (span, name) in std::mem::take(&mut found.said) {
            self.said(span, &name);
        }
        let rows: Vec<[String; 6]> = found.items.iter().map(|item| item.cells.clone()).collect();
        let mut kept = vec![true; rows.len()];
        if !rows.is_empty() && !self.apply(&|document| document.append_action_items(&rows)) {
            for (index, row) in rows.iter().enumerate() {
                kept[index] = self.apply(&|document| document.append_action_items(std::slice::from_ref(row)));
            }
        }
        let mut pieces = Vec::new();
        let mut number = 0;
        for (item, is_kept) in found.items.iter().zip(kept) {
            if is_kept {
                number += 1;
                self.placed(item.span, format!("Action items, #{number}"));
                if !item.beside.is_empty() {
                    pieces.push(format!("**#{number}**\n\n{}", self.blocks(&item.beside)));
                }
            } else {
                found.rest.push(item.span);
            }
        }
        self.actions = number;
        if !found.rest.is_empty() {
            pieces.insert(0, self.blocks(&found.rest));
        }
        self.keep_in_section(SectionId::ActionItems, &pieces.join("\n\n"), &found.rest);
    }

    /// Lists below items that announce them: `- **Follow-ups**:`.
    fn items_in_sections_of_lists(&mut self, found: &mut actions::Actions) {
        let outline = self.outline;
        for at in 0..outline.parts.len() {
            if self.handled[at] || outline.parts[at].place == Some(Place::Timeline) {
                continue;
            }
            for list in &outline.parts[at].blocks {
                for (item, label, below) in outline.sections_in(*list) {
                    if headings::place(outline.slice(label)) == Some(Place::Actions) {
                        found.said.push((label, "Action items".to_owned()));
                        actions::block(outline, below, true, found);
                        self.leave_out(*list, item);
                    }
                }
            }
        }
    }

    /// Takes one item out of what is left of a list.
    fn leave_out(&mut self, list: usize, item: usize) {
        let outline = self.outline;
        if !self.taken.iter().any(|(taken, _)| *taken == list) {
            let items = outline.markdown.children(list).map(|(item, _)| outline.source_of(item));
            self.taken.push((list, items.collect()));
        }
        let span = outline.source_of(item);
        for (_, rest) in self.taken.iter_mut().filter(|(taken, _)| *taken == list) {
            rest.retain(|left| *left != span);
        }
    }

    /// Where no heading announces action items: paragraphs that say by a label that they are one.
    fn labelled_items(&mut self, found: &mut actions::Actions) {
        let outline = self.outline;
        for at in 0..outline.parts.len() {
            if self.handled[at] {
                continue;
            }
            for index in &outline.parts[at].blocks {
                let block = outline.block(*index);
                let is_free = !self.taken.iter().any(|(taken, _)| taken == index);
                if is_free
                    && block.kind == BlockKind::Paragraph
                    && tasks::is_labelled(outline.slice(block.content))
                {
                    actions::labelled_item(outline, *index, found);
                    self.taken.push((*index, Vec::new()));
                }
            }
        }
    }

    /// Where nothing announces action items: lists behind the analysis that tell what is to be done.
    fn ordered_items(&mut self, found: &mut actions::Actions) {
        let outline = self.outline;
        for (_, list) in tasks::lists(outline, &self.handled) {
            if !self.taken.iter().any(|(taken, _)| *taken == list) {
                actions::block(outline, list, true, found);
                self.taken.push((list, Vec::new()));
            }
        }
    }

    /// Where no heading announces action items: lists behind a sentence that does.
    fn promised_items(&mut self, found: &mut actions::Actions) {
        let outline = self.outline;
        for at in 0..outline.parts.len() {
            let part = &outline.parts[at];
            if self.handled[at] || matches!(part.place, Some(Place::Timeline | Place::List(_))) {
                continue;
            }
            for pair in part.blocks.windows(2) {
                let [sentence, list] = *pair else { continue };
                let is_list = outline.block(list).kind == BlockKind::List;
                let is_free = !self.taken.iter().any(|(taken, _)| *taken == list || *taken == sentence);
                if is_list && is_free && outline.promises(sentence) {
                    found.rest.push(outline.source_of(sentence));
                    actions::block(outline, list, true, found);
                    self.taken.push((sentence, Vec::new()));
                    self.taken.push((list, Vec::new()));
                }
            }
        }
    }
}

/// The first clock of a text without its leading zeroes: `9:07`.
fn clock_in(text: &str) -> Option<&str> {
    let is_clock = |word: &&str| {
        word.split_once(':').is_some_and(|(hour, minute)| {
            (1..=2).contains(&hour.len())
                && minute.len() == 2
                && (hour.bytes().chain(minute.bytes())).all(|byte| byte.is_ascii_digit())
        })
    };
    let words = text.split(|ch: char| !(ch.is_ascii_digit() || ch == ':')).map(|word| word.trim_matches(':'));
    words.map(|word| word.trim_start_matches('0')).find(is_clock)
}

/// Whether a paragraph is about writing the postmortem, and so is the checklist below it.
fn speaks_of_the_document(outline: &Outline, index: usize) -> bool {
    let block = outline.block(index);
    let text = outline.slice(block.content).to_lowercase();
    block.kind == BlockKind::Paragraph && (text.contains("postmortem") || text.contains("post-mortem"))
}

/// A name for an entry whose code stands below the table: its time as written, else how it begins.
fn name_of(entry: &timeline::Entry) -> String {
    if !entry.written.is_empty() {
        return entry.written.clone();
    }
    let words: Vec<&str> = entry.cells[2].split_whitespace().take(8).collect();
    words.join(" ").replace('*', "")
}
