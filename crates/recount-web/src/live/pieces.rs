//! What became of a text while it was written in: which of its characters are still there, and where, and what is new
//! between them. And merging another change of the same text into that, character by character.
//!
//! Nothing here compares texts to find out: every change that is made says what it does. What does not live here:
//! what changed in a file that was written elsewhere ([`super::outside`]).

use serde::{Deserialize, Serialize};

/// A stretch of a text as it is now, in UTF-16 units.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Piece {
    /// Stood in the old text, from `at` on.
    Kept { at: u32, length: u32 },
    /// Was written since.
    New { length: u32 },
}

impl Piece {
    pub(super) fn length(self) -> u32 {
        match self {
            Self::Kept { length, .. } | Self::New { length } => length,
        }
    }

    /// Its first `length` units, and the rest.
    fn split(self, length: u32) -> (Self, Self) {
        match self {
            Self::Kept { at, length: whole } => {
                (Self::Kept { at, length }, Self::Kept { at: at + length, length: whole - length })
            }
            Self::New { length: whole } => (Self::New { length }, Self::New { length: whole - length }),
        }
    }
}

/// A step through a text that changes it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Step {
    Keep(u32),
    Insert(u32),
    Remove(u32),
}

/// A change at one place of a text: so many units from `at` on give way to `text`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Hunk {
    pub(super) at: u32,
    pub(super) removed: u32,
    pub(super) text: String,
}

impl Hunk {
    fn end(&self) -> u32 {
        self.at + self.removed
    }

    fn inserted(&self) -> u32 {
        super::lines::units(&self.text)
    }
}

/// A text as it is now, in stretches of an older one and new ones. What is kept stands in its old order.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Pieces(Vec<Piece>);

/// What a change of the old text does to the text as it is now.
pub(super) struct Merged {
    /// The changes of the text as it is now; in its order.
    pub(super) hunks: Vec<Hunk>,
    /// Stretches of the changed text, `at` and length, that were written since and stand amid what the change
    /// removes.
    pub(super) amid: Vec<(u32, u32)>,
    /// The changed text in stretches of what the change made of the old one.
    pub(super) pieces: Pieces,
}

impl Pieces {
    /// A text in which nothing was changed yet.
    pub(super) fn whole(length: u32) -> Self {
        Self(if length == 0 { Vec::new() } else { vec![Piece::Kept { at: 0, length }] })
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = Piece> + '_ {
        self.0.iter().copied()
    }

    /// The length of the text as it is now.
    pub(super) fn length(&self) -> u32 {
        self.iter().map(Piece::length).sum()
    }

    fn push(&mut self, piece: Piece) {
        if piece.length() == 0 {
            return;
        }
        match (self.0.last_mut(), piece) {
            (Some(Piece::New { length }), Piece::New { length: more }) => *length += more,
            (Some(Piece::Kept { at, length }), Piece::Kept { at: next, length: more })
                if *at + *length == next =>
            {
                *length += more;
            }
            _ => self.0.push(piece),
        }
    }

    /// Follows a change of the text.
    pub(super) fn follow(&mut self, steps: &[Step]) {
        let mut old = std::mem::take(&mut self.0).into_iter();
        let mut rest: Option<Piece> = None;
        for step in steps {
            let (mut length, is_kept) = match *step {
                Step::Insert(length) => {
                    self.push(Piece::New { length });
                    continue;
                }
                Step::Keep(length) => (length, true),
                Step::Remove(length) => (length, false),
            };
            while length > 0 {
                // A step beyond the end changes nothing: whoever tells of steps tells of this text.
                let Some(piece) = rest.take().or_else(|| old.next()) else { break };
                let taken = piece.length().min(length);
                let (first, second) = piece.split(taken);
                rest = Some(second).filter(|second| second.length() > 0);
                length -= taken;
                if is_kept {
                    self.push(first);
                }
            }
        }
        for piece in rest.into_iter().chain(old) {
            self.push(piece);
        }
    }

    /// Where a place of the old text is now: behind what stood before it, and before what stood behind it. These are
    /// apart where something was written there since.
    pub(super) fn around(&self, place: u32) -> (u32, u32) {
        let mut here = 0;
        let (mut behind, mut before) = (0, None);
        for piece in self.iter() {
            if let Piece::Kept { at, length } = piece {
                if at < place {
                    behind = here + length.min(place - at);
                }
                if before.is_none() && at + length > place {
                    before = Some(here + place.saturating_sub(at));
                }
            }
            here += piece.length();
        }
        (behind, before.unwrap_or(here))
    }

    /// What changes of the old text (in its order, not overlapping) do to the text as it is now. What was written since
    /// is never removed; what comes in stands behind what it stood behind.
    pub(super) fn merge(&self, hunks: &[Hunk]) -> Merged {
        let cut = self.cut_at(hunks);
        let mut merged = Merged { hunks: Vec::new(), amid: Vec::new(), pieces: Self::default() };
        // In the text as it is, in the changed text, and how much longer the changed old text is than the old one.
        let (mut here, mut there, mut longer) = (0_u32, 0_u32, 0_i64);
        let mut waiting = hunks.iter().peekable();
        let mut removing = hunks.iter().peekable();
        // What was written since, behind something that was removed: amid, if more of the same is removed after it.
        let mut amid: Vec<(u32, u32)> = Vec::new();
        let mut last_removed: Option<u32> = None;
        // What comes in before everything that is still there.
        let first =
            cut.iter().find_map(|piece| if let Piece::Kept { at, .. } = piece { Some(*at) } else { None });
        let come = |merged: &mut Merged, here: u32, there: &mut u32, longer: &mut i64, hunk: &Hunk| {
            if !hunk.text.is_empty() {
                merged.hunks.push(Hunk { at: here, removed: 0, text: hunk.text.clone() });
                let length = hunk.inserted();
                merged.pieces.push(Piece::Kept { at: shifted(hunk.at, *longer), length });
                *there += length;
            }
            *longer += i64::from(hunk.inserted()) - i64::from(hunk.removed);
        };
        while let Some(hunk) = waiting.next_if(|hunk| first.is_none_or(|first| hunk.at <= first)) {
            come(&mut merged, here, &mut there, &mut longer, hunk);
        }
        // Removed so far of the hunks whose place is past: `longer` counts them whole, so kept text is shifted by the
        // hunks that end before it.
        for (index, piece) in cut.iter().enumerate() {
            match *piece {
                Piece::New { length } => {
                    if last_removed.is_some() {
                        amid.push((there, length));
                    }
                    merged.pieces.push(*piece);
                    here += length;
                    there += length;
                }
                Piece::Kept { at, length } => {
                    while removing.next_if(|hunk| hunk.end() <= at).is_some() {}
                    let within =
                        removing.peek().filter(|hunk| hunk.at <= at && at < hunk.end()).map(|hunk| hunk.at);
                    if let Some(hunk) = within {
                        if last_removed == Some(hunk) {
                            merged.amid.append(&mut amid);
                        }
                        amid.clear();
                        last_removed = Some(hunk);
                        merged.hunks.push(Hunk { at: here, removed: length, text: String::new() });
                    } else {
                        amid.clear();
                        last_removed = None;
                        merged.pieces.push(Piece::Kept { at: shifted(at, shift_before(hunks, at)), length });
                        there += length;
                    }
                    here += length;
                    let next = cut[index + 1..].iter().find_map(|piece| match piece {
                        Piece::Kept { at, .. } => Some(*at),
                        Piece::New { .. } => None,
                    });
                    while let Some(hunk) = waiting.next_if(|hunk| next.is_none_or(|next| hunk.at <= next)) {
                        come(&mut merged, here, &mut there, &mut longer, hunk);
                    }
                }
            }
        }
        merged.hunks = joined(merged.hunks);
        merged
    }

    /// The same stretches, none of them across a border of a hunk.
    fn cut_at(&self, hunks: &[Hunk]) -> Vec<Piece> {
        let mut borders = hunks.iter().flat_map(|hunk| [hunk.at, hunk.end()]).peekable();
        let mut out = Vec::with_capacity(self.0.len() + hunks.len());
        for piece in self.iter() {
            let mut rest = piece;
            while let Piece::Kept { at, length } = rest {
                while borders.next_if(|border| *border <= at).is_some() {}
                match borders.peek() {
                    Some(border) if *border < at + length => {
                        let (first, second) = rest.split(border - at);
                        out.push(first);
                        rest = second;
                    }
                    _ => break,
                }
            }
            out.push(rest);
        }
        out
    }
}

/// How much longer the changed text is before a place of the old one.
fn shift_before(hunks: &[Hunk], at: u32) -> i64 {
    let before = hunks.iter().take_while(|hunk| hunk.end() <= at);
    before.map(|hunk| i64::from(hunk.inserted()) - i64::from(hunk.removed)).sum()
}

fn shifted(at: u32, by: i64) -> u32 {
    // Hunks remove no more than stands before.
    u32::try_from(i64::from(at) + by).unwrap_or(0)
}

/// Changes at the same place as one: what comes in, and what is removed behind it.
fn joined(hunks: Vec<Hunk>) -> Vec<Hunk> {
    let mut out: Vec<Hunk> = Vec::with_capacity(hunks.len());
    for hunk in hunks {
        match out.last_mut() {
            Some(last) if last.end() == hunk.at && (last.removed == 0 || hunk.text.is_empty()) => {
                last.removed += hunk.removed;
                last.text.push_str(&hunk.text);
            }
            _ => out.push(hunk),
        }
    }
    out
}

/// A text with changes made to it.
#[cfg(test)]
pub(super) fn changed(text: &str, hunks: &[Hunk]) -> String {
    let units: Vec<u16> = text.encode_utf16().collect();
    let mut out = Vec::new();
    let mut at = 0;
    for hunk in hunks {
        out.extend_from_slice(&units[at..hunk.at as usize]);
        out.extend(hunk.text.encode_utf16());
        at = hunk.end() as usize;
    }
    out.extend_from_slice(&units[at..]);
    String::from_utf16_lossy(&out)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn hunk(at: u32, removed: u32, text: &str) -> Hunk {
        Hunk { at, removed, text: text.to_owned() }
    }

    /// Steps that do what hunks do.
    fn steps(hunks: &[Hunk]) -> Vec<Step> {
        let mut at = 0;
        let mut out = Vec::new();
        for hunk in hunks {
            out.extend([Step::Keep(hunk.at - at), Step::Insert(hunk.inserted()), Step::Remove(hunk.removed)]);
            at = hunk.end();
        }
        out
    }

    /// (old, what was written here, what was changed outside) → both, and what stands amid what was removed.
    #[test]
    fn both_changes_of_a_text_hold() {
        for (old, here, outside, both, amid) in [
            ("one two three", vec![hunk(3, 0, "!")], vec![hunk(8, 5, "3")], "one! two 3", ""),
            ("one two three", vec![hunk(4, 3, "2")], vec![hunk(4, 3, "")], "one 2 three", ""),
            ("one two three", vec![hunk(5, 0, "X")], vec![hunk(4, 3, "zwei")], "one zweiX three", "X"),
            ("one two three", vec![hunk(5, 0, "X"), hunk(9, 0, "Y")], vec![hunk(0, 13, "")], "XY", "XY"),
            ("a\nb\n", vec![hunk(4, 0, "here\n")], vec![hunk(4, 0, "there\n")], "a\nb\nthere\nhere\n", ""),
            ("a\nb\n", vec![hunk(2, 2, "")], vec![hunk(4, 0, "there\n")], "a\nthere\n", ""),
            ("", vec![hunk(0, 0, "here")], vec![hunk(0, 0, "there")], "therehere", ""),
            ("abc", vec![hunk(0, 3, "")], vec![hunk(1, 1, "x")], "x", ""),
        ] {
            let mut pieces = Pieces::whole(super::super::lines::units(old));
            pieces.follow(&steps(&here));
            let now = changed(old, &here);
            let merged = pieces.merge(&outside);
            let result = changed(&now, &merged.hunks);
            assert_eq!(result, both, "{old:?} {here:?} {outside:?}");
            let told: String = merged
                .amid
                .iter()
                .map(|(at, length)| &result[*at as usize..(at + length) as usize])
                .collect();
            assert_eq!(told, amid, "{old:?} {here:?} {outside:?}");
            holds(&merged.pieces, &changed(old, &outside), &result);
        }
    }

    /// Every stretch that is said to be kept reads the same in both texts, in order.
    fn holds(pieces: &Pieces, old: &str, now: &str) {
        let (old, now): (Vec<u16>, Vec<u16>) = (old.encode_utf16().collect(), now.encode_utf16().collect());
        let (mut here, mut last) = (0, 0);
        for piece in pieces.iter() {
            if let Piece::Kept { at, length } = piece {
                assert!(at >= last);
                last = at + length;
                assert_eq!(old[at as usize..last as usize], now[here..here + length as usize], "{pieces:?}");
            }
            here += piece.length() as usize;
        }
        assert_eq!(here, now.len());
    }

    proptest::proptest! {
        #[test]
        fn nothing_that_was_written_since_is_lost_and_all_that_came_is_there(
            old in "[a-z]{0,40}",
            here in proptest::collection::vec((0_u32..41, 0_u32..6, "[A-Z]{0,4}"), 0..6),
            outside in proptest::collection::vec((0_u32..41, 0_u32..6, "[0-9]{0,4}"), 0..6),
        ) {
            let here = orderly(&here, old.len());
            let outside = orderly(&outside, old.len());
            let mut pieces = Pieces::whole(old.len().try_into().unwrap());
            pieces.follow(&steps(&here));
            let now = changed(&old, &here);
            holds(&pieces, &old, &now);
            let merged = pieces.merge(&outside);
            let result = changed(&now, &merged.hunks);
            holds(&merged.pieces, &changed(&old, &outside), &result);
            let only = |text: &str, wanted: fn(&char) -> bool| text.chars().filter(wanted).collect::<String>();
            proptest::prop_assert_eq!(only(&result, char::is_ascii_uppercase), only(&now, char::is_ascii_uppercase));
            proptest::prop_assert_eq!(
                only(&result, char::is_ascii_digit),
                only(&changed(&old, &outside), char::is_ascii_digit)
            );
            // A letter of the old text stands where neither removed it.
            let gone = |hunks: &[Hunk], at: u32| hunks.iter().any(|hunk| hunk.at <= at && at < hunk.end());
            let left: String = old
                .char_indices()
                .filter(|(at, _)| !gone(&here, (*at).try_into().unwrap()) && !gone(&outside, (*at).try_into().unwrap()))
                .map(|(_, c)| c)
                .collect();
            proptest::prop_assert_eq!(only(&result, char::is_ascii_lowercase), left);
        }
    }

    /// Hunks in order and apart.
    fn orderly(raw: &[(u32, u32, String)], length: usize) -> Vec<Hunk> {
        let length = u32::try_from(length).unwrap();
        let mut raw = raw.to_vec();
        raw.sort();
        let mut from = 0;
        let mut out = Vec::new();
        for (at, removed, text) in raw {
            if at < from || at > length || (removed == 0 && text.is_empty()) {
                continue;
            }
            let removed = removed.min(length - at);
            out.push(Hunk { at, removed, text });
            from = at + removed + 1;
        }
        out
    }
}
