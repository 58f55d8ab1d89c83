//! Postmortems that are like one, beside it and after it was made.
//!
//! What does not live here: what makes two alike, and what of it is told (`recount-workspace`).

use std::path::PathBuf;

use recount_engine::document::Document;
use recount_store::catalog::Near;
use recount_workspace::{Known, LEAST, Likeness, why};

use crate::frame::address;
use crate::shelf::Shelf;

/// How many are shown beside a postmortem.
const SHOWN: usize = 5;

/// A postmortem that is like another.
pub(crate) struct Alike {
    pub(crate) address: String,
    /// Its ID, else its path.
    pub(crate) name: String,
    pub(crate) title: String,
    /// `Sev0` to `Sev3`; empty where it cannot be read.
    pub(crate) severity: String,
    /// The day it began; empty where that is not known.
    pub(crate) day: String,
    pub(crate) why: String,
}

/// What is like a postmortem, most alike first.
pub(crate) fn similar(shelf: &Shelf, known: &Known, document: &Document) -> Vec<Alike> {
    let likeness = Likeness::of(&shelf.workspace, document, PathBuf::from(&known.path));
    let mut near = shelf.nearest(&likeness, SHOWN);
    near.retain(|near| near.score >= LEAST);
    near.into_iter().map(|near| alike(near, shelf)).collect()
}

/// What is worth telling whoever has just begun one: was this seen before?
pub(crate) fn seen_before(shelf: &Shelf, known: &Known, document: &Document) -> Vec<Alike> {
    let likeness = Likeness::of(&shelf.workspace, document, PathBuf::from(&known.path));
    let near = shelf.ask(|catalog| likeness.worth_saying(catalog));
    near.into_iter().map(|near| alike(near, shelf)).collect()
}

fn alike(near: Near, shelf: &Shelf) -> Alike {
    let path = near.path.display().to_string();
    let why = why(&near);
    let record = near.record;
    Alike {
        address: address(shelf.at(&path).map_or(path.as_str(), |known| shelf.key(known))),
        name: record.id.unwrap_or_else(|| path.clone()),
        title: record.title.unwrap_or_else(|| "Untitled draft".to_owned()),
        severity: record.severity.map(|severity| severity.to_string()).unwrap_or_default(),
        day: record.started.map(|at| at.strftime("%Y-%m-%d").to_string()).unwrap_or_default(),
        why,
    }
}
