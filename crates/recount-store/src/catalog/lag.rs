//! How the text on disk stands to the facts: in step, behind by these documents, or of no use.
//!
//! A few changed documents are not worth writing the text: the facts tell which it lacks. Each commit of the text carries a note that names the catalog and the generation of the facts that it
//! belongs to. After a kill in between the generations differ; then each text is held against its record by
//! number and content. What does not live here: mending what is found ([`super::write`]).

use std::collections::{HashMap, HashSet};

use super::Trouble;
use super::delta::Delta;
use super::disk::Place;
use super::facts::{Head, Left};
use super::text::{self, Text};

/// How the text on disk stands to the facts.
pub(super) enum TextState {
    Unwanted,
    InStep(Text),
    /// It is as it was left, and lacks a few documents, which the facts tell.
    Waiting(Text, Left),
    Behind {
        text: Text,
        /// Numbers that the text lacks.
        missing: HashSet<u64>,
        /// Numbers that only the text has.
        surplus: HashSet<u64>,
    },
    Unusable,
}

impl TextState {
    /// Opens what is there and holds it against the facts.
    pub(super) fn of(place: &Place, head: &Head, delta: &Delta) -> Result<Self, Trouble> {
        let folder = place.text();
        if !folder.join("meta.json").exists() {
            return Ok(Self::Unusable);
        }
        let text = match Text::open(&folder) {
            Ok(text) => text,
            Err(trouble @ (Trouble::Unwritable(_) | Trouble::Busy)) => return Err(trouble),
            Err(_) => return Ok(Self::Unusable),
        };
        let is_as_left = is_as_left(&text, place, head)?;
        if let Some(left) = head.text.as_ref().filter(|left| is_as_left && left.as_of == head.generation) {
            return Ok(match left.differences() {
                0 => Self::InStep(text),
                _ => Self::Waiting(text, left.clone()),
            });
        }
        let note = text.note()?;
        // Nothing is known of an index without a note but that it is empty.
        let is_ours = note.as_deref().is_none_or(|note| note.split(' ').next() == Some(&head.name));
        if !is_ours || (!is_as_left && !text.is_whole()) {
            return Ok(Self::Unusable);
        }
        let there = text.numbers()?;
        let live = delta.known.iter().flatten().chain(&delta.gone);
        let live: HashMap<u64, u64> = live.map(|known| (known.number, text::short(known.content))).collect();
        let but = |these: &HashMap<u64, u64>, those: &HashMap<u64, u64>| -> HashSet<u64> {
            let only = these.iter().filter(|(number, content)| those.get(*number) != Some(*content));
            only.map(|(number, _)| *number).collect()
        };
        let (missing, surplus) = (but(&live, &there), but(&there, &live));
        Ok(Self::Behind { text, missing, surplus })
    }

    /// The same once more, after others may have written.
    pub(super) fn again(self, place: &Place, head: &Head, delta: &Delta) -> Result<Self, Trouble> {
        // Opening it anew costs more than a small change to it.
        match self {
            Self::InStep(text) if is_in_step(head) && is_as_left(&text, place, head)? => {
                Ok(Self::InStep(text))
            }
            _ => Self::of(place, head, delta),
        }
    }

    /// Whether nothing must be written for its sake.
    pub(super) fn is_good_enough(&self) -> bool {
        matches!(self, Self::Unwanted | Self::InStep(_) | Self::Waiting(..))
    }

    /// The numbers that it lacks.
    pub(super) fn lacks(&self) -> HashSet<u64> {
        match self {
            Self::Waiting(_, left) => left.lacks.iter().copied().collect(),
            Self::Behind { missing, .. } => missing.clone(),
            Self::Unwanted | Self::InStep(_) | Self::Unusable => HashSet::new(),
        }
    }

    pub(super) fn into_text(self) -> Option<Text> {
        match self {
            Self::InStep(text) | Self::Waiting(text, _) | Self::Behind { text, .. } => Some(text),
            Self::Unwanted | Self::Unusable => None,
        }
    }
}

/// Whether the text that was left has all that the facts of now have.
fn is_in_step(head: &Head) -> bool {
    head.text.as_ref().is_some_and(|left| left.as_of == head.generation && left.differences() == 0)
}

/// Whether it is what the facts say that was left there.
fn is_as_left(text: &Text, place: &Place, head: &Head) -> Result<bool, Trouble> {
    let Some(left) = &head.text else { return Ok(false) };
    Ok(text.note()?.as_deref() == Some(&note_of(&head.name, left.generation))
        && left.shape == text.shape(&place.text())?)
}

pub(super) fn note_of(name: &str, generation: i64) -> String {
    format!("{name} {generation}")
}
