//! Adoption: a postmortem written in another template becomes one in ours. Nothing is lost, for what has
//! no place keeps its heading and text behind the template's sections, and every word is counted. Nothing
//! is invented: what the document does not say stays blank, and each thing that was placed names the span
//! that it came from.
//!
//! What lives here: reading the foreign document and filling the template with it. What does not: files
//! (the binary keeps the original), judging the result (the rules), and edits, which the document makes.

mod actions;
mod cells;
mod compose;
mod facts;
mod habits;
mod headings;
mod milestones;
mod outline;
mod rows;
mod table;
mod tasks;
mod timeline;
mod times;
mod verbatim;
mod words;
mod zones;

use jiff::civil::Date;

use self::headings::{Fact, Place};
use self::outline::Outline;
use crate::document::markdown::BlockKind;
use crate::document::template::{self, FieldId};
use crate::document::value::time::{self, Anchor};
use crate::document::{Document, Span};

/// What the user says about a document that it may not say itself.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// The file's name, which may tell the day.
    pub file: String,
    /// The zone of times for which none is stated: `Europe/Berlin`, `UTC`, `+02:00`.
    pub zone: Option<String>,
}

/// A foreign document, read.
pub struct Reading {
    outline: Outline,
    zone: Option<String>,
    title: String,
    title_from: Option<Span>,
    day: Option<Day>,
    id: Option<String>,
}

/// The day of an incident, and how the document told it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Day {
    /// The day.
    pub date: Date,
    /// Where it stands; none where the file's name told it.
    pub from: Option<Span>,
}

/// Something of the foreign document that has a place now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Placement {
    /// Where it stood, in bytes of the file.
    pub from: Span,
    /// Where it stands: a field, a section, a row.
    pub to: String,
    /// Whether it has a place of the template; else it stands behind the template's sections.
    pub placed: bool,
}

/// A document in our template, and what became of the foreign one.
#[derive(Debug)]
pub struct Adoption {
    /// The result.
    pub document: Document,
    /// What went where, in the order of the foreign document.
    pub placements: Vec<Placement>,
    /// What a person should know.
    pub notes: Vec<String>,
    /// Words of the foreign document.
    pub words: usize,
    /// How many of them have no place of the template.
    pub unplaced: usize,
    /// Rows of the timeline.
    pub entries: usize,
    /// How many of those have an instant.
    pub instants: usize,
    /// Action items.
    pub actions: usize,
}

/// The original, as the result speaks of it.
#[derive(Clone, Debug)]
pub struct Original {
    /// Its name.
    pub name: String,
    /// Where the copy stands, seen from the result; as it is written into a link.
    pub link: String,
}

/// Whether a name or an offset can be the zone of times.
pub fn is_zone(zone: &str) -> bool {
    time::read(&format!("2026-01-15 12:00 {zone}"), &Anchor::default()).is_ok()
}

impl Reading {
    /// Reads any bytes.
    pub fn new(bytes: &[u8], options: &Options) -> Self {
        let outline = Outline::read(bytes);
        let stem = options.file.rsplit_once('.').map_or(options.file.as_str(), |(stem, _)| stem);
        let front = outline.front_value("title");
        let own = outline.title.filter(|span| !outline.slice(*span).trim().is_empty());
        let labelled = || outline_title(&outline);
        let title_from = front.or(own).or_else(labelled);
        let title = title_from.map_or(stem, |span| outline.slice(span));
        let title = title.split_whitespace().collect::<Vec<_>>().join(" ");
        // A file may be called `todo.md`, which is no title.
        let is_one = !title.is_empty() && !template::is_stand_in(&title);
        let title = if is_one { title } else { "Untitled".to_owned() };
        let mut reading =
            Self { outline, zone: options.zone.clone(), title, title_from, day: None, id: None };
        reading.day = reading.find_day(&options.file);
        reading.id = reading
            .stated(Fact::Field(FieldId::IncidentId))
            .map(|(_, value)| reading.outline.slice(value).trim_matches(['`', '*', ' ']).to_owned());
        reading
    }

    /// The title, from the document, else from the file's name.
    pub fn title(&self) -> &str {
        &self.title
    }

    /// The day of the incident.
    pub fn day(&self) -> Option<Day> {
        self.day
    }

    /// The incident's ID as the document states it.
    pub fn id(&self) -> Option<&str> {
        self.id.as_deref()
    }

    /// Fills `blank`, a copy of the template that may have its title and ID already.
    pub fn adopt(&self, blank: &Document, original: &Original) -> Adoption {
        compose::compose(self, blank, original)
    }

    /// The first fact of a kind that the document states, label and value.
    fn stated(&self, wanted: Fact) -> Option<(Span, Span)> {
        let parts = self.outline.parts.iter().filter(|part| may_state_facts(part.place));
        let blocks = parts.flat_map(|part| &part.blocks);
        blocks.filter_map(|index| facts::read(&self.outline, *index)).find_map(|stated| {
            stated
                .facts
                .into_iter()
                .find(|(fact, ..)| *fact == wanted)
                .map(|(_, label, value)| (label, value))
        })
    }

    /// The day: as a labelled fact, in the title, in the first prose, in the file's name.
    fn find_day(&self, file: &str) -> Option<Day> {
        let of_file = times::day_in_prose(file, None);
        let published = self.outline.front_value("date").and_then(|span| self.outline.day_in(span, None));
        let of_timeline = self.first_day_of_timelines(None);
        let any = || {
            let blocks =
                (0..self.outline.markdown.blocks.len()).map(|index| self.outline.block(index).content);
            blocks.take(400).find_map(|span| self.outline.day_in(span, None))
        };
        let agreed = || {
            let blocks = self.outline.markdown.blocks.iter().take(400);
            let texts = blocks.filter(|block| block.kind == BlockKind::Paragraph);
            let texts = texts.map(|block| self.outline.slice(block.content));
            times::agreed_day(texts.chain(self.outline.title.map(|title| self.outline.slice(title))))
        };
        let near = of_file.or(published).or(of_timeline.map(|day| day.date)).or_else(agreed).or_else(any);
        let labelled = self.stated(Fact::Date).map(|(_, value)| value);
        let start = self.stated(Fact::Field(FieldId::StartTime)).map(|(_, value)| value);
        let timeline = self.outline.parts.iter().filter(|part| part.place == Some(Place::Timeline));
        let headings = timeline.filter_map(|part| part.heading);
        let is_story = |place: Option<Place>| {
            matches!(place, None | Some(Place::Summary | Place::Impact | Place::Field(_)))
        };
        let parts = self.outline.parts.iter().filter(|part| is_story(part.place));
        let prose = parts.flat_map(|part| {
            part.heading.into_iter().chain(part.blocks.iter().map(|index| self.outline.block(*index).content))
        });
        let spans = labelled
            .into_iter()
            .chain(start)
            .chain(self.title_from)
            .chain(self.outline.title)
            .chain(headings);
        // The day on which the document was changed is not the incident's.
        let is_of_writing = |span: &Span| {
            let text = self.outline.slice(*span).to_lowercase();
            text.len() <= 80
                && ["updated", "update ", "modified", "created", "published"]
                    .iter()
                    .any(|word| text.contains(word))
        };
        let told = spans
            .chain(prose.take(12))
            .filter(|span| !is_of_writing(span))
            .find_map(|span| Some(Day { date: self.outline.day_in(span, near)?, from: Some(span) }));
        told.or(of_timeline)
            .or_else(|| self.first_day_of_timelines(near))
            .or_else(|| of_file.map(|date| Day { date, from: None }))
            .or_else(|| self.first_day_of_lists())
    }

    /// The first day that an item of a list or a row names before the timeline, in a line about the incident.
    fn first_day_of_lists(&self) -> Option<Day> {
        const ABOUT: [&str; 9] =
            ["start", "began", "date", "when", "duration", "outage", "incident", "detect", "occurred"];
        let outline = &self.outline;
        let parts = outline.parts.iter().take_while(|part| part.place != Some(Place::Timeline));
        let blocks = parts.flat_map(|part| &part.blocks).filter(|index| outline.lists(**index));
        let lines = blocks.flat_map(|index| {
            let span = outline.source_of(*index);
            let mut at = span.start as usize;
            outline.slice(span).split_inclusive('\n').map(move |line| {
                let here = at;
                at += line.len();
                Span::new(here, at)
            })
        });
        let is_about = |line: &Span| {
            let text = outline.slice(*line).to_lowercase();
            ABOUT.iter().any(|word| text.contains(word))
        };
        lines
            .filter(is_about)
            .find_map(|from| Some(Day { date: outline.day_in(from, None)?, from: Some(from) }))
    }

    /// The first whole day that a timeline names.
    fn first_day_of_timelines(&self, near: Option<Date>) -> Option<Day> {
        let outline = &self.outline;
        let roots = (0..outline.parts.len()).filter(|at| outline.parts[*at].place == Some(Place::Timeline));
        roots.flat_map(|at| outline.subtree(at)).find_map(|at| {
            let part = &outline.parts[at];
            let blocks = part.blocks.iter().map(|index| outline.source_of(*index));
            part.heading
                .into_iter()
                .chain(blocks)
                .find_map(|span| Some(Day { date: outline.day_in(span, near)?, from: Some(span) }))
        })
    }
}

/// A title that stands behind a label before the first heading: `Incident report: checkout down`.
fn outline_title(outline: &Outline) -> Option<Span> {
    let stated = outline.parts.first()?.blocks.iter().filter_map(|index| facts::read(outline, *index));
    stated.flat_map(|stated| stated.facts).find(|(fact, ..)| *fact == Fact::Title).map(|(.., value)| value)
}

/// Whether labelled facts are looked for in a part.
fn may_state_facts(place: Option<Place>) -> bool {
    matches!(place, None | Some(Place::Summary | Place::Impact | Place::Detection))
}
