//! Bringing the catalog in step with the files: what changed is read, everything else is taken as kept.
//!
//! One process writes, under a lock; others wait for a little, and then answer from memory what they cannot
//! keep. What does not live here: what changed ([`super::delta`], [`super::lag`]), reading and keeping it
//! ([`super::write`], [`super::memory`]), and where things stand on disk ([`super::disk`]).

use std::cell::OnceCell;
use std::thread;
use std::time::Duration;

use sha2::{Digest, Sha256};

use super::delta::{Delta, Looked, now};
use super::disk::{CacheLock, Disk, Place, discard, make_folder, remove_folder};
use super::facts::{Facts, Head};
use super::files::Known;
use super::lag::TextState;
use super::memory::{Memory, in_memory};
use super::near::Rare;
use super::text::Text;
use super::tree::Tree;
use super::write::{ToWrite, Work};
use super::{CACHE_FOLDER, Catalog, File, Opening, Trouble, WORTH_IT, Want};
use crate::Library;

/// How long to wait for another process that brings the catalog in step: for records, which are soon read
/// without it, and for text, which is not.
const WAIT: [(Want, Duration); 2] =
    [(Want::Facts, Duration::from_millis(500)), (Want::Text, Duration::from_secs(20))];

pub(super) fn open(library: &Library, opening: &Opening<'_>) -> Catalog {
    let mut notes = Vec::new();
    let place = Place { folder: library.root().join(CACHE_FOLDER), program: opening.program.to_owned() };
    let mut looked = Looked::at(library);
    let is_worth_it = opening.always || looked.tree.files.len() >= WORTH_IT || place.facts().exists();
    if opening.keep && is_worth_it && library.config_path().is_some() {
        for _ in 0..3 {
            match attach(library, &place, &mut looked, opening) {
                Ok(catalog) => return Catalog { notes, ..catalog },
                Err(trouble @ (Trouble::Damaged | Trouble::Outdated)) => {
                    if matches!(trouble, Trouble::Damaged) {
                        notes =
                            vec!["the catalog in `.recount/cache` was damaged and is made anew".to_owned()];
                    }
                    if discard(&place).is_err() {
                        break;
                    }
                }
                Err(Trouble::Unwritable(why)) => {
                    notes = vec![format!(
                        "no catalog can be kept in `.recount/cache`, so every file is read: {why}"
                    )];
                    break;
                }
                Err(Trouble::Busy) => break,
                Err(Trouble::TooMuch) => {
                    looked.tree.files.clear();
                    break;
                }
            }
        }
    }
    if looked.tree.files.len() > opening.at_most {
        looked.tree.files.clear();
    }
    let everything: Vec<usize> = (0..looked.tree.files.len()).collect();
    let known = vec![None; looked.tree.files.len()];
    let catalog = in_memory(library, looked.tree, &known, &everything, None, opening);
    Catalog { notes, ..catalog }
}

/// Opens what is on disk and brings it in step.
fn attach(
    library: &Library,
    place: &Place,
    looked: &mut Looked,
    opening: &Opening<'_>,
) -> Result<Catalog, Trouble> {
    make_folder(&place.folder)?;
    if place.damage().exists() {
        return Err(Trouble::Damaged);
    }
    let mut facts = Facts::open(&place.facts(), &place.program)?;
    let (head, delta) = look(library, facts.as_ref(), looked)?;
    let state = match (opening.want, &facts) {
        (Want::Facts, _) => TextState::Unwanted,
        (Want::Text, None) => TextState::Unusable,
        (Want::Text, Some(_)) => TextState::of(place, &head, &delta)?,
    };
    let facts = match facts.take() {
        Some(facts) if delta.is_empty() && state.is_good_enough() => {
            let tree = std::mem::take(&mut looked.tree);
            return Ok(catalog(library, place, facts, head, state.into_text(), tree, &delta.known));
        }
        facts => facts,
    };
    let missing = match &state {
        TextState::Behind { missing, .. } => missing.len(),
        TextState::Unusable => delta.known.len(),
        TextState::Unwanted | TextState::InStep(_) | TextState::Waiting(..) => 0,
    };
    if delta.stale.len().max(missing) > opening.at_most {
        return Err(Trouble::TooMuch);
    }
    let wait = WAIT.iter().find(|(want, _)| *want == opening.want).map_or(Duration::ZERO, |(_, wait)| *wait);
    let Some(mut lock) = CacheLock::take(&place.folder, wait)? else {
        // Somebody else writes: what differs is read, and not kept.
        let mut behind = delta.stale;
        let missing = state.lacks();
        let lacks = |place: &usize| delta.known[*place].is_some_and(|known| missing.contains(&known.number));
        behind.extend((0..delta.known.len()).filter(lacks));
        if matches!(state, TextState::Unusable) {
            behind = (0..delta.known.len()).collect();
        }
        behind.sort_unstable();
        behind.dedup();
        let text = state.into_text();
        let disk = facts.map(|facts| Disk { facts, text, head, place: place.clone() });
        let tree = std::mem::take(&mut looked.tree);
        return Ok(in_memory(library, tree, &delta.known, &behind, disk, opening));
    };
    let skew = lock.skew()?;
    // Another process may have made it while we waited.
    let facts = facts.map_or_else(|| Facts::open(&place.facts(), &place.program), |facts| Ok(Some(facts)))?;
    let Some(facts) = facts else {
        return first(library, place, looked, opening, (delta, skew));
    };
    let (mut head_now, mut delta) = (facts.hold()?, delta);
    if head_now != head {
        // It moved while we waited.
        *looked = Looked::at(library);
        (head_now, delta) = look(library, Some(&facts), looked)?;
    }
    // Only now nobody else changes the text.
    let state = match opening.want {
        Want::Facts => TextState::Unwanted,
        Want::Text => state.again(place, &head_now, &delta)?,
    };
    let text = match state {
        TextState::Unwanted => None,
        TextState::InStep(text) => Some(ToWrite::in_step(text, true)),
        TextState::Waiting(text, left) => {
            let (missing, surplus) = (left.lacks.into_iter().collect(), left.beyond.into_iter().collect());
            Some(ToWrite { text, missing, surplus, is_as_left: true })
        }
        TextState::Behind { text, missing, surplus } => {
            Some(ToWrite { text, missing, surplus, is_as_left: false })
        }
        TextState::Unusable => {
            remove_folder(&place.text())?;
            let missing = delta.known.iter().flatten().map(|known| known.number).collect();
            Some(ToWrite { missing, ..ToWrite::in_step(Text::open(&place.text())?, false) })
        }
    };
    facts.release();
    let mut problems = Vec::new();
    let work = Work { library, facts: &facts, place, opening, tree: &looked.tree, begun: None };
    let taken = looked.at.saturating_add(skew);
    let known = work.write(delta, &mut head_now, taken, text.as_ref(), &mut problems)?;
    let head = facts.hold()?;
    let mut tree = std::mem::take(&mut looked.tree);
    tree.problems.extend(problems);
    Ok(catalog(library, place, facts, head, text.map(|it| it.text), tree, &known))
}

/// What is kept, and how the files differ from it.
fn look(library: &Library, facts: Option<&Facts>, looked: &Looked) -> Result<(Head, Delta), Trouble> {
    let Some(facts) = facts else {
        let head = Head::default();
        return Ok((head, Delta::of(library, &looked.tree, &[], 0)));
    };
    let head = facts.hold()?;
    let delta = Delta::of(library, &looked.tree, &facts.folders()?, head.taken);
    Ok((head, delta))
}

/// Keeps everything for the first time, under the lock.
fn first(
    library: &Library,
    place: &Place,
    looked: &mut Looked,
    opening: &Opening<'_>,
    (delta, skew): (Delta, i64),
) -> Result<Catalog, Trouble> {
    remove_folder(&place.text())?;
    let text = match opening.want {
        Want::Facts => None,
        Want::Text => Some(ToWrite::in_step(Text::open(&place.text())?, false)),
    };
    let facts = Facts::begin(&place.begun(), &place.program, &new_name())?;
    let mut head = facts.hold()?;
    let mut problems = Vec::new();
    let work =
        Work { library, facts: &facts, place, opening, tree: &looked.tree, begun: Some(place.begun()) };
    let known = work.write(delta, &mut head, looked.at.saturating_add(skew), text.as_ref(), &mut problems)?;
    facts.finish(&place.begun(), &place.facts())?;
    let facts = Facts::open(&place.facts(), &place.program)?.ok_or(Trouble::Damaged)?;
    let head = facts.hold()?;
    let mut tree = std::mem::take(&mut looked.tree);
    tree.problems.extend(problems);
    Ok(catalog(library, place, facts, head, text.map(|it| it.text), tree, &known))
}

fn catalog(
    library: &Library,
    place: &Place,
    facts: Facts,
    head: Head,
    text: Option<Text>,
    tree: Tree,
    known: &[Option<Known>],
) -> Catalog {
    let files = tree.files.into_iter().zip(known).filter_map(|((path, _), known)| {
        Some(File { path: library.relative(&path).to_owned(), number: known.as_ref()?.number })
    });
    let files: Vec<File> = files.collect();
    let memory = match (&text, &head.text) {
        (Some(_), Some(left)) if left.differences() > 0 => Memory::beside(library, &files, left),
        _ => Memory::default(),
    };
    Catalog {
        library: library.clone(),
        files,
        problems: tree.problems,
        disk: Some(Disk { facts, text, head, place: place.clone() }),
        memory,
        notes: Vec::new(),
        places: OnceCell::new(),
        rare: Rare::default(),
    }
}

/// A name that no other catalog has.
fn new_name() -> String {
    let seed = format!("{} {} {:?}", now(), std::process::id(), thread::current().id());
    crate::read::hexadecimal(&Sha256::digest(seed.as_bytes())[..8])
}
