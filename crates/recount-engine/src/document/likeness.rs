//! Whether a document is in the template at all.
//!
//! What does not live here: what it lacks of the template, which is for rules.

use super::template::{ACTION_HEADERS, SectionId, TIMELINE_HEADERS};
use super::{Document, Span};

impl Document {
    /// Whether the document was written in another template: it has words, and hardly anything of what
    /// only this template has. A heading such as `Impact` says nothing, everybody has one.
    pub fn is_foreign(&self) -> bool {
        !self.text().trim().is_empty() && likeness(self) < ENOUGH
    }
}

/// The likeness from which on a document is one of this template. Labels that others use as well
/// (severity, start, end, duration, in a summary) make five.
const ENOUGH: usize = 6;

/// How much of what only this template has is there: labels as it writes them, its tables' headers, the
/// headings that are its own. Counting ends where it is enough.
fn likeness(document: &Document) -> usize {
    const OWN: [SectionId; 3] =
        [SectionId::IncidentSummary, SectionId::Mitigation, SectionId::FollowUpVerification];
    let labels = document.fields().filter(|field| document.slice(field.label).contains(field.id.def().label));
    let points = labels.take(ENOUGH).count();
    if points >= ENOUGH {
        return points;
    }
    let is_own = |id: &SectionId| {
        let section = document.section(*id);
        section.is_some_and(|section| document.slice(section.name).trim().eq_ignore_ascii_case(id.heading()))
    };
    let has_header = |header: Span, names: &[&str]| {
        let header = document.slice(header);
        names.iter().all(|name| header.contains(name))
    };
    let timeline = document.timeline().is_some_and(|table| has_header(table.header.span, &TIMELINE_HEADERS));
    let actions = document.actions().is_some_and(|table| has_header(table.header.span, &ACTION_HEADERS));
    points + OWN.iter().filter(|id| is_own(id)).count() + 2 * usize::from(timeline) + 2 * usize::from(actions)
}
