//! Evidence into a document: frozen beside it, judged all together, and merged into its timeline; what is left out, and
//! taking that in by name.
//!
//! What does not live here: reading evidence ([`crate::reading`]), and what events decide (the engine's `evidence`).
//!
//! Whoever imports writes in this order: [`Imported::freeze`], the document, [`Imported::record`]. Were the ledger first
//! and the document lost, the rows would never be offered again.

use std::path::Path;

use recount_engine::document::Document;
use recount_engine::document::template::FieldId;
use recount_engine::evidence::curate;
use recount_engine::evidence::derive::Derived;
use recount_engine::evidence::freeze::{self, Frozen, Header, State};
use recount_engine::evidence::merge::{self, Merged, Merging};
use recount_engine::evidence::{Choice, Curation, Event, EventId};
use recount_store::{Guard, evidence_folder};

use crate::reading::{How, Read, window_of};
use crate::{Failure, FailureKind, Workspace};

/// What an import makes of a document, and what has to be written beside it.
pub struct Imported {
    /// The document with the rows, what was filled, and what is for people to decide.
    pub merged: Merged,
    /// How many events are left out of the timeline.
    pub candidates: usize,
    /// All evidence, with what was decided.
    pub frozen: Frozen,
    /// New evidence.
    files: Vec<freeze::NewFile>,
    /// New decisions.
    decided: Option<freeze::NewFile>,
}

/// What was decided of candidates without taking them, and what has to be written for it.
pub struct Judged {
    /// Those of which something else is decided now.
    pub changed: Vec<EventId>,
    /// Those that are in the timeline, of which nothing was decided.
    pub taken: Vec<EventId>,
    /// How many candidates are left.
    pub left: usize,
    decided: Option<freeze::NewFile>,
}

impl Judged {
    /// Decides that candidates are never to be offered again.
    pub fn dismissed(frozen: &mut Frozen, ids: &[EventId]) -> Self {
        Self::of(frozen, ids, State::Dismissed, "dismissed by hand")
    }

    /// Decides that what was dismissed is to be offered again.
    pub fn offered(frozen: &mut Frozen, ids: &[EventId]) -> Self {
        Self::of(frozen, ids, State::New, "offered again by hand")
    }

    fn of(frozen: &mut Frozen, ids: &[EventId], state: State, why: &str) -> Self {
        let (taken, open): (Vec<_>, Vec<_>) =
            ids.iter().cloned().partition(|id| frozen.state(id) == State::Taken);
        let mut changed: Vec<EventId> = open.into_iter().filter(|id| frozen.state(id) != state).collect();
        changed.sort();
        changed.dedup();
        let decided = frozen.decide(changed.iter().map(|id| (id, state, why)));
        Self { changed, taken, left: frozen.candidates().len(), decided }
    }

    /// Writes down what was decided.
    ///
    /// # Errors
    ///
    /// Where it cannot be written.
    pub fn record(&self, guard: &Guard<'_>, path: &Path) -> Result<(), Failure> {
        if let Some(file) = &self.decided {
            guard.write_evidence(path, &file.name, &file.bytes)?;
        }
        Ok(())
    }
}

/// An event that is not in the timeline.
#[derive(Debug)]
pub struct Candidate<'e> {
    /// The event.
    pub event: &'e Event,
    /// Why it did not come in by itself.
    pub why: String,
}

impl Imported {
    /// Freezes what is new. Comes before the document is written.
    ///
    /// # Errors
    ///
    /// Where it cannot be written.
    pub fn freeze(&self, guard: &Guard<'_>, path: &Path) -> Result<(), Failure> {
        for file in &self.files {
            guard.write_evidence(path, &file.name, &file.bytes)?;
        }
        Ok(())
    }

    /// Writes down what was decided. Comes after the document is written.
    ///
    /// # Errors
    ///
    /// Where it cannot be written.
    pub fn record(&self, guard: &Guard<'_>, path: &Path) -> Result<(), Failure> {
        if let Some(file) = &self.decided {
            guard.write_evidence(path, &file.name, &file.bytes)?;
        }
        Ok(())
    }
}

impl Workspace {
    /// The frozen evidence of a postmortem. Lines that are damaged are passed over: [`Frozen::damage`].
    ///
    /// # Errors
    ///
    /// Where it cannot be read.
    pub fn frozen(&self, path: &Path) -> Result<Frozen, Failure> {
        let files = self.library.evidence_files(path).map_err(|error| {
            let folder = evidence_folder(path);
            Failure::new(format!("`{}` cannot be read: {error}", self.relative(&folder).display()))
                .of(FailureKind::Trouble)
        })?;
        Ok(Frozen::read(files.iter().map(|(name, bytes)| (name.as_str(), bytes.as_slice()))))
    }

    /// Decides what of the evidence belongs in the timeline, and merges that. Nothing is written.
    ///
    /// # Errors
    ///
    /// Where an input is too large for want of hours, where a thread is asked for that is not there, and where the
    /// document cannot take it.
    pub fn into_document(
        &self,
        path: &Path,
        document: &Document,
        mut frozen: Frozen,
        read: Read,
        how: &How,
    ) -> Result<Imported, Failure> {
        let window = if read.from.is_some() || read.to.is_some() { None } else { window_of(document) };
        let mut windowed = Vec::new();
        // Every input before anything is kept: where one is refused, nothing of the others is written.
        for input in read.inputs {
            let events = if read.from.is_some() && read.to.is_some() {
                input.import.events
            } else {
                freeze::within(input.import.events, window).map_err(|unbounded| {
                    let text = unbounded.to_string();
                    let (message, hint) = text.split_once("; ").unwrap_or((&text, ""));
                    Failure::new(format!("`{}`: {message}", input.name)).hint(hint)
                })?
            };
            let header = Header {
                version: freeze::VERSION,
                source: input.source.to_owned(),
                name: input.name,
                sha256: input.import.sha256,
                from: read.from.or(window.map(|w| w.from)).map(Into::into),
                to: read.to.or(window.map(|w| w.to)).map(Into::into),
            };
            windowed.push((header, events));
        }
        let mut files = Vec::new();
        for (header, events) in windowed {
            let fresh: Vec<Event> =
                events.into_iter().filter(|event| frozen.event(&event.id).is_none()).collect();
            files.extend(frozen.add(header, fresh));
        }
        refuse_unknown_threads(&frozen, &how.threads)?;
        let curation = Curation { threads: how.threads.clone() };
        let imported = self.take_in(path, document, frozen, &curation, &[])?;
        Ok(Imported { files, ..imported })
    }

    /// Puts the events that belong in the timeline into it, and those that a person asked for. Nothing is written.
    ///
    /// # Errors
    ///
    /// Where the document cannot take them.
    pub fn take_in(
        &self,
        path: &Path,
        document: &Document,
        mut frozen: Frozen,
        curation: &Curation,
        asked: &[EventId],
    ) -> Result<Imported, Failure> {
        let folder = evidence_folder(path);
        let folder =
            folder.file_name().map(|name| name.to_string_lossy().replace(' ', "%20")).unwrap_or_default();
        let config = self.config();
        let services: Vec<String> = config.services.iter().map(|service| service.name.clone()).collect();
        let merged = merge::merge(
            document,
            &Merging {
                frozen: &frozen,
                curation,
                asked,
                services: &services,
                regions: &config.library.regions,
                folder: &folder,
            },
        )?;
        let decided = frozen.write_down(merged.decisions.iter().cloned());
        let is_open =
            |event: &&&Event| merged.selection.choices.get(&event.id).and_then(Choice::lead).is_none();
        let candidates = frozen.candidates().iter().filter(is_open).count();
        Ok(Imported { merged, candidates, frozen, files: Vec::new(), decided })
    }

    /// What the frozen evidence suggests for fields that are blank, as an import offers it: people decide.
    pub fn offers(&self, path: &Path, document: &Document) -> Vec<(FieldId, Derived)> {
        // Without evidence, or with what cannot be read of it, there is nothing to offer; other surfaces tell of damage.
        let Ok(frozen) = self.frozen(path) else { return Vec::new() };
        if frozen.events().is_empty() {
            return Vec::new();
        }
        let imported = self.take_in(path, document, frozen, &Curation::default(), &[]);
        let offers = imported.map(|imported| imported.merged.offers).unwrap_or_default();
        offers.into_iter().filter_map(|offer| Some((merge::field_of(offer.what)?, offer))).collect()
    }

    /// What the evidence holds and the timeline does not, by time, each with why: what all the evidence together makes
    /// of it.
    pub fn candidates<'e>(&self, document: &Document, frozen: &'e Frozen) -> Vec<Candidate<'e>> {
        let config = self.config();
        let services: Vec<String> = config.services.iter().map(|service| service.name.clone()).collect();
        let selection = merge::choices(
            document,
            &Merging {
                frozen,
                curation: &Curation::default(),
                asked: &[],
                services: &services,
                regions: &config.library.regions,
                folder: "",
            },
        );
        let choices = &selection.choices;
        frozen
            .candidates()
            .into_iter()
            .filter(|event| choices.get(&event.id).and_then(Choice::lead).is_none())
            .map(|event| Candidate { event, why: choices.get(&event.id).map_or("", Choice::why).to_owned() })
            .collect()
    }
}

impl Candidate<'_> {
    /// Whether its text, actor or channel holds this, which is in small letters.
    pub fn holds(&self, text: &str) -> bool {
        let channel = self.event.details.get("channel").map_or("", String::as_str);
        let fields = [self.event.action.as_str(), &self.event.actor, channel];
        fields.iter().any(|field| field.to_lowercase().contains(text))
    }
}

/// The events of these IDs, or of IDs that begin so.
///
/// # Errors
///
/// Where one names none, or several.
pub fn known_events(frozen: &Frozen, wanted: &[String], postmortem: &str) -> Result<Vec<EventId>, Failure> {
    let events = frozen.events();
    let mut ids = Vec::new();
    for text in wanted {
        let exact = events.iter().find(|event| event.id.0 == *text);
        let starting: Vec<_> = events.iter().filter(|event| event.id.0.starts_with(text.as_str())).collect();
        match (exact, &starting[..]) {
            (Some(event), _) => ids.push(event.id.clone()),
            (None, [event]) => ids.push(event.id.clone()),
            (None, []) => {
                return Err(Failure::new(format!("the evidence of `{postmortem}` has no event `{text}`"))
                    .hint(format!("`recount candidates {postmortem}` lists what was not taken"))
                    .elsewhere("its candidates are what was not taken"));
            }
            (None, several) => {
                return Err(Failure::new(format!("`{text}` begins the IDs of {} events", several.len()))
                    .hint("give more of it"));
            }
        }
    }
    Ok(ids)
}

/// Refuses a thread of which the evidence has nothing.
fn refuse_unknown_threads(frozen: &Frozen, wanted: &[String]) -> Result<(), Failure> {
    /// How many threads that are there are named where one is not.
    const SHOWN: usize = 5;
    if wanted.is_empty() {
        return Ok(());
    }
    let events = frozen.events();
    for thread in wanted {
        if events.iter().any(|event| curate::is_in_thread(event, thread)) {
            continue;
        }
        let mut there: Vec<&str> = events.iter().filter_map(|event| event.thread.as_deref()).collect();
        there.dedup();
        let error = Failure::new(format!("the evidence has no thread `{thread}`"));
        return Err(if there.is_empty() {
            error.hint("it has no threads in the hours that were read")
        } else {
            there.truncate(SHOWN);
            error.hint(format!("give a thread's permalink, or its ID, such as `{}`", there.join("`, `")))
        });
    }
    Ok(())
}
