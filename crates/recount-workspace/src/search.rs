//! A query answered: which postmortems, why each was found, and what to say of the query itself.
//!
//! What does not live here: the query language and the index (`recount_store::catalog`), and how an answer is shown.

use std::ops::Range;

use jiff::civil::Date;
use serde::Serialize;

use recount_engine::config::Config;
use recount_engine::document::Document;
use recount_store::catalog::{Catalog, Found, Hit, Kept, Query, Said, Sought};

use crate::Workspace;

/// The answer to a query.
#[derive(Debug)]
pub struct Searched {
    /// How many postmortems there are; `hits` may be fewer.
    pub total: usize,
    /// Best first.
    pub hits: Vec<FoundOne>,
    /// Words that stand nowhere, and what was looked for instead.
    pub corrected: Vec<Corrected>,
    /// What of the query was not understood, or asks for what nothing goes by: each a sentence.
    pub notes: Vec<String>,
    /// Whether the query asks for nothing at all.
    pub is_empty: bool,
}

/// A postmortem that was found.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[cfg_attr(feature = "schema", schemars(rename = "Entry"))]
pub struct FoundOne {
    /// Incident ID, without marks.
    pub id: Option<String>,
    /// Title, in pieces; none for an untitled draft.
    pub title: Vec<Piece>,
    /// Path from the library's root.
    pub path: String,
    /// `Sev0` to `Sev3`; none where it cannot be read.
    pub severity: Option<String>,
    /// `draft`, `review` or `final`.
    pub stage: String,
    /// When impact began, RFC 3339, UTC.
    pub start: Option<String>,
    /// Services impacted.
    pub services: Vec<String>,
    /// How well it fits; comparable within one answer alone.
    pub score: f32,
    /// The heading of the section of the excerpt; empty before the first.
    pub section: String,
    /// Where that heading is in the document as a page.
    #[serde(skip)]
    pub anchor: Option<String>,
    /// The line that shows best why it was found, in pieces; where no line does, since only the title or the facts
    /// were asked for, the first sentence of what happened.
    pub excerpt: Vec<Piece>,
}

/// A piece of a text.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Piece {
    /// What stands in it.
    pub text: String,
    /// Whether it is what was looked for.
    pub hit: bool,
}

/// A word that stands nowhere.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Corrected {
    /// As it was typed.
    pub word: String,
    /// What was looked for instead.
    pub instead: Vec<String>,
}

/// Characters of an excerpt.
const WIDTH: usize = 160;

/// What the index says to a query. Of the documents that it names no line is chosen yet: whoever shares a catalog gives
/// it back before that.
pub struct Answered {
    found: Found,
    /// What each of them says.
    said: Vec<Option<Kept>>,
    notes: Vec<String>,
    is_empty: bool,
}

impl Workspace {
    /// Asks a catalog that was opened for text: for at most `limit`, from the `skip`th best on.
    pub fn ask(&self, catalog: &Catalog, text: &str, today: Date, (skip, limit): (usize, usize)) -> Answered {
        let query = Query::read(text, self.config(), today);
        let found = catalog.search_from(&query, skip, limit);
        let said = found.hits.iter().map(|hit| catalog.said(hit)).collect();
        let is_empty = query.is_empty();
        let unknown = unknown(&query, catalog, self.config());
        Answered { found, said, notes: query.notes.into_iter().chain(unknown).collect(), is_empty }
    }

    /// Says why each was found.
    pub fn tell_found(&self, answered: Answered) -> Searched {
        let Answered { found: Found { hits, total, corrected, sought }, said, notes, is_empty } = answered;
        let hits = hits.into_iter().zip(said);
        Searched {
            total,
            hits: hits.map(|(hit, said)| self.found(hit, said.as_ref(), &sought)).collect(),
            corrected: corrected.into_iter().map(|(word, instead)| Corrected { word, instead }).collect(),
            notes,
            is_empty,
        }
    }

    fn found(&self, hit: Hit, said: Option<&Kept>, sought: &Sought) -> FoundOne {
        let Hit { path, score, record, .. } = hit;
        let found = match said.and_then(Kept::said) {
            Some(said) => said.excerpt(sought, WIDTH),
            // What the index cannot tell, the file does.
            None => self.library.read(&self.library.root().join(&path)).ok().and_then(|stored| {
                let document = Document::parse(&stored.bytes);
                Said::of(&document, &document.passages()).excerpt(sought, WIDTH)
            }),
        };
        let title = record.title.unwrap_or_default();
        FoundOne {
            id: record.id,
            title: pieces(&title, &sought.marks(&title)),
            path: path.display().to_string(),
            severity: record.severity.map(|severity| severity.to_string()),
            stage: record.stage.to_string(),
            start: record.started.map(|at| at.to_string()),
            services: record.services,
            score,
            section: found.as_ref().map(|excerpt| excerpt.section.clone()).unwrap_or_default(),
            anchor: found.as_ref().and_then(|excerpt| excerpt.anchor.clone()),
            excerpt: found.map(|excerpt| pieces(&excerpt.text, &excerpt.marks)).unwrap_or_default(),
        }
    }
}

/// What to say of names that are asked for and that nothing goes by.
fn unknown(query: &Query, catalog: &Catalog, config: &Config) -> Vec<String> {
    let mut told = Vec::new();
    // Only where the configuration does not know a name is every name that is written looked at.
    if query.services.iter().any(|name| config.service(name).is_none()) {
        let written = catalog.services();
        let of = |name| config.unknown_service(name, written.iter().map(String::as_str));
        told.extend(query.services.iter().filter_map(|name| of(name)));
    }
    if query.owners.iter().any(|name| config.person(name).is_none()) {
        let written = catalog.owners();
        let of = |name| config.unknown_owner(name, written.iter().map(String::as_str));
        told.extend(query.owners.iter().filter_map(|name| of(name)));
    }
    told
}

fn pieces(text: &str, marks: &[Range<usize>]) -> Vec<Piece> {
    let mut pieces = Vec::new();
    let mut push = |text: &str, hit| {
        if !text.is_empty() {
            pieces.push(Piece { text: text.to_owned(), hit });
        }
    };
    let mut at = 0;
    for mark in marks {
        push(&text[at..mark.start], false);
        push(&text[mark.clone()], true);
        at = mark.end;
    }
    push(&text[at..], false);
    pieces
}
