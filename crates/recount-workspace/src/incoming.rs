//! Evidence that comes in by itself: what a pager or an alert manager sends becomes a draft, and goes on becoming one
//! while more of it comes.
//!
//! What does not live here: who may send and what is kept of it (`recount-web`), and what events decide (the engine's
//! `evidence`). It is the way of `recount draft` and `recount import`, without a terminal.

use std::path::{Path, PathBuf};

use jiff::civil::Date;
use recount_engine::document::Stage;
use recount_engine::document::value::time::utc_day;
use recount_engine::evidence::Session;

use crate::reading::{How, Read, ReadInput, named_source};
use crate::{Failure, Given, Workspace};

/// Payloads of one incident, as its source sent them.
#[derive(Clone, Copy, Debug)]
pub struct Incoming<'a> {
    /// The source that reads them.
    pub source: &'a str,
    /// What they are called together.
    pub name: &'a str,
    /// Each payload, in the order in which they came.
    pub payloads: &'a [String],
}

/// What became of them.
#[derive(Clone, Debug)]
pub struct Taken {
    /// The postmortem's file.
    pub path: PathBuf,
    /// What it is called: its incident's ID, where it has one.
    pub id: Option<String>,
    /// How many rows the timeline has more.
    pub rows: usize,
    /// What the events suggest and people decide: what, the value, and why.
    pub offers: Vec<[String; 3]>,
    /// What the payloads do not say.
    pub notes: Vec<String>,
    /// Whether the postmortem is past its draft, so that what is new is a candidate and nothing more.
    pub is_past_draft: bool,
}

impl Workspace {
    /// Makes a postmortem of what came in. `planned` hears its path and ID before it is made, so that whoever is ended
    /// in between knows what to look for.
    ///
    /// # Errors
    ///
    /// Where there is no event in it, those of `planned`, and where it cannot be written.
    pub fn draft_incoming(
        &self,
        title: &str,
        incoming: Incoming<'_>,
        today: Date,
        planned: impl FnOnce(&Path, Option<&str>) -> Result<(), Failure>,
    ) -> Result<Taken, Failure> {
        let read = self.read_incoming(incoming)?;
        read.refuse_nothing()?;
        let day = read.start(&How::default()).map_or(today, utc_day);
        let guard = self.library.lock()?;
        let (path, _) = self.create::<Failure>(&guard, title, &Given::default(), day, |document, path| {
            planned(path, document.incident_id())?;
            Ok(document)
        })?;
        drop(guard);
        self.continue_with(&path, read)
    }

    /// Takes what came in into a postmortem that is there. What it has already is not taken again.
    ///
    /// # Errors
    ///
    /// Where it is not there, and where it cannot be written.
    pub fn continue_incoming(&self, path: &Path, incoming: Incoming<'_>) -> Result<Taken, Failure> {
        self.continue_with(path, self.read_incoming(incoming)?)
    }

    fn continue_with(&self, path: &Path, read: Read) -> Result<Taken, Failure> {
        let notes = read.inputs.iter().flat_map(|input| input.import.notes.clone()).collect();
        let guard = self.library.lock()?;
        let (stored, document) = self.read_to_change(path)?;
        let imported = self.into_document(path, &document, self.frozen(path)?, read, &How::default())?;
        imported.freeze(&guard, path)?;
        let id = document.incident_id().map(str::to_owned);
        // What people have reviewed is theirs: they decide what else belongs in.
        let is_past_draft = document.stage() != Stage::Draft;
        if is_past_draft {
            return Ok(Taken {
                path: path.to_owned(),
                id,
                rows: 0,
                offers: Vec::new(),
                notes,
                is_past_draft,
            });
        }
        let merged = &imported.merged.document;
        if merged.source().bytes() != document.source().bytes() {
            self.write(&guard, &stored, merged)?;
        }
        imported.record(&guard, path)?;
        let offers = imported.merged.offers.iter();
        let offers =
            offers.map(|offer| [offer.what.words(), &offer.value, &offer.why].map(str::to_owned)).collect();
        let rows = imported.merged.added.len();
        Ok(Taken { path: path.to_owned(), id, rows, offers, notes, is_past_draft })
    }

    fn read_incoming(&self, incoming: Incoming<'_>) -> Result<Read, Failure> {
        let source = named_source(incoming.source)?;
        let mut session = Session::new(source, self.evidence_options(&How::default()));
        for (index, payload) in incoming.payloads.iter().enumerate() {
            session.part(&format!("{index:06}.json"), payload.as_bytes());
        }
        let input =
            ReadInput { name: incoming.name.to_owned(), source: source.name, import: session.finish() };
        Ok(Read { inputs: vec![input], is_complete: true, from: None, to: None })
    }
}
