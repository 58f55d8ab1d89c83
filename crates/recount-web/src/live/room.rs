//! The text of one postmortem that several people write in at once: a CRDT, and what the file beside it held.
//!
//! Pure: no file, no socket, no clock. What does not live here: what is kept of it on disk ([`super::journal`]), and
//! who writes ([`super::open`]).

use std::collections::HashMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex, PoisonError};

use recount_store::Version;
use yrs::types::Delta;
use yrs::types::text::TextEvent;
use yrs::updates::decoder::Decode as _;
use yrs::updates::encoder::Encode as _;
use yrs::{
    Any, Assoc, ClientID, Doc, GetString as _, IndexedSequence as _, Observable as _, OffsetKind, Options,
    Out, ReadTxn, StateVector, StickyIndex, Text as _, TextRef, Transact as _, TransactionMut, Update,
};

use super::advice::{Placed, Places};
use super::lines::{Lines, units};
use super::outside::{hunks, made_from};
use super::pieces::{Hunk, Pieces, Step};

/// The one root of the CRDT.
pub(super) const ROOT: &str = "text";
/// The longest text, in UTF-16 units.
pub(super) const LONGEST: u32 = 2 * 1024 * 1024;
/// So many former contents of the file are remembered, to tell a save of an older one.
const BASES: usize = 8;
/// So many texts are followed at a time.
const TRAILS: usize = 8;

/// What the file held, and what became of that.
#[derive(Clone, Debug)]
pub(super) struct Base {
    pub(super) lines: Lines,
    pub(super) pieces: Pieces,
}

/// A room.
pub(super) struct Room {
    doc: Doc,
    text: TextRef,
    steps: Arc<Mutex<Told>>,
    /// Contents of the file, the latest last; never empty.
    bases: Vec<Base>,
    /// The text, until it changes.
    now: Option<Arc<str>>,
    /// What this server makes of a content of the file, as the two versions: no save of an older copy.
    own: Option<(Version, Version)>,
    /// What becomes of texts that somebody looks at, by the number that they were given.
    trails: Vec<(u64, Pieces)>,
    next_trail: u64,
}

/// What changes of the text tell.
#[derive(Default)]
struct Told {
    steps: Vec<Vec<Step>>,
    /// Whether something was put in that is no text.
    is_strange: bool,
}

/// Why an update is not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Refused {
    /// It is no update, or one that leaves a gap.
    Garbled,
    /// It says that somebody else wrote something.
    NotYours,
    /// The text would become too long.
    TooLong,
    /// It was taken in part: the room has to be made anew from what is on disk.
    Spoilt,
}

/// What a change outside did.
pub(super) struct Followed {
    /// The update that brings others here; none where nothing changes for them.
    pub(super) update: Option<Vec<u8>>,
    /// What the other side removed and is kept, as it was written here since that was read: the sentence's text, and
    /// where it stands.
    pub(super) kept: Vec<Kept>,
}

/// A stretch that is kept although a save from outside has it not.
#[derive(Clone, Debug)]
pub(super) struct Kept {
    pub(super) text: String,
    pub(super) from: StickyIndex,
    pub(super) to: StickyIndex,
}

impl Room {
    /// A room whose text is that of a file.
    pub(super) fn of(lines: Lines) -> Self {
        let pieces = Pieces::whole(lines.length);
        let text = Arc::clone(&lines.text);
        let room = Self::empty(vec![Base { lines, pieces }]);
        room.text.insert(&mut room.doc.transact_mut(), 0, &text);
        // What was put in is the file's: nothing of it is new.
        room.steps.lock().unwrap_or_else(PoisonError::into_inner).steps.clear();
        room
    }

    /// A room without text.
    fn empty(bases: Vec<Base>) -> Self {
        let options = Options { offset_kind: OffsetKind::Utf16, ..Options::default() };
        let doc = Doc::with_options(options);
        let text = doc.get_or_insert_text(ROOT);
        let steps = Arc::new(Mutex::new(Told::default()));
        let telling = Arc::clone(&steps);
        text.observe("steps", move |transaction: &TransactionMut<'_>, event: &TextEvent| {
            let mut told = telling.lock().unwrap_or_else(PoisonError::into_inner);
            let mut steps = Vec::new();
            for delta in event.delta(transaction) {
                steps.push(match delta {
                    Delta::Retain(length, _) => Step::Keep(*length),
                    Delta::Deleted(length) => Step::Remove(*length),
                    Delta::Inserted(Out::Any(Any::String(text)), None) => Step::Insert(units(text)),
                    Delta::Inserted(..) => {
                        told.is_strange = true;
                        Step::Insert(1)
                    }
                });
            }
            told.steps.push(steps);
        });
        Self { doc, text, steps, bases, now: None, own: None, trails: Vec::new(), next_trail: 1 }
    }

    /// A room from updates that were kept; `bases` are let in before the update of their number.
    pub(super) fn replayed(updates: &[Vec<u8>], bases: Vec<(usize, Base)>) -> Option<Self> {
        let mut room = Self::empty(Vec::new());
        let mut bases = bases.into_iter().peekable();
        for number in 0..=updates.len() {
            while let Some((_, base)) = bases.next_if(|(at, _)| *at <= number) {
                debug_assert_eq!(
                    base.pieces.length(),
                    room.length(),
                    "base at {number} of {}",
                    updates.len()
                );
                room.bases.push(base);
            }
            if let Some(update) = updates.get(number) {
                let update = Update::decode_v1(update).ok()?;
                room.doc.transact_mut().apply_update(update).ok()?;
                room.follow();
            }
        }
        (!room.bases.is_empty()).then_some(room)
    }

    /// The client of the CRDT by which the server itself writes.
    pub(super) fn own_client(&self) -> u64 {
        self.doc.client_id().get()
    }

    /// The text.
    pub(super) fn text(&mut self) -> Arc<str> {
        if let Some(now) = &self.now {
            return Arc::clone(now);
        }
        let now: Arc<str> = self.text.get_string(&self.doc.transact()).into();
        self.now = Some(Arc::clone(&now));
        now
    }

    /// Everything as one update.
    pub(super) fn whole(&self) -> Vec<u8> {
        self.doc.transact().encode_state_as_update_v1(&StateVector::default())
    }

    /// What somebody lacks who has so much, and what we have.
    pub(super) fn lacking(&self, state: &StateVector) -> Vec<u8> {
        self.doc.transact().encode_state_as_update_v1(state)
    }

    /// What we have.
    pub(super) fn state(&self) -> Vec<u8> {
        self.doc.transact().state_vector().encode_v1()
    }

    /// Takes an update whose new parts are all by `client`, and gives back what was new in it: nothing where all was
    /// known.
    pub(super) fn take(&mut self, bytes: &[u8], client: u64) -> Result<Option<Vec<u8>>, Refused> {
        let update = decoded(bytes).ok_or(Refused::Garbled)?;
        self.refuse(&update, client)?;
        let doc = &self.doc;
        let applied = catch_unwind(AssertUnwindSafe(|| {
            let mut transaction = doc.transact_mut();
            transaction.apply_update(update).map_err(|_| Refused::Spoilt)?;
            let is_new = !transaction.insert_set().is_empty() || !transaction.delete_set().is_empty();
            Ok(is_new.then(|| transaction.encode_update_v1()))
        }));
        let new = applied.unwrap_or(Err(Refused::Spoilt))?;
        let is_strange = self.follow();
        let transaction = self.doc.transact();
        let is_whole = !transaction.has_missing_updates() && transaction.root_refs().count() == 1;
        drop(transaction);
        if is_strange || !is_whole || units(&self.text()) != self.length() {
            return Err(Refused::Spoilt);
        }
        Ok(new)
    }

    fn refuse(&self, update: &Update, client: u64) -> Result<(), Refused> {
        let transaction = self.doc.transact();
        let state = transaction.state_vector();
        let mut more = 0_u32;
        let mut clocks: HashMap<ClientID, u32> = HashMap::new();
        for (author, ranges) in update.insertions(true).iter() {
            let mut known = state.get(author);
            for range in ranges.iter() {
                if range.end <= known {
                    continue;
                }
                if range.start > known {
                    return Err(Refused::Garbled);
                }
                if author.get() != client {
                    return Err(Refused::NotYours);
                }
                more = more.saturating_add(range.end - known);
                known = range.end;
            }
            clocks.insert(*author, known);
        }
        for (author, ranges) in update.delete_set().iter() {
            let known = clocks.get(author).copied().unwrap_or_default().max(state.get(author));
            if ranges.iter().any(|range| range.end > known) {
                return Err(Refused::Garbled);
            }
        }
        if more > 0 && self.text.len(&transaction).saturating_add(more) > LONGEST {
            return Err(Refused::TooLong);
        }
        Ok(())
    }

    fn length(&self) -> u32 {
        self.text.len(&self.doc.transact())
    }

    /// Lets the bases follow what changed, and says whether something strange came in.
    fn follow(&mut self) -> bool {
        let told = std::mem::take(&mut *self.steps.lock().unwrap_or_else(PoisonError::into_inner));
        for steps in &told.steps {
            for base in &mut self.bases {
                base.pieces.follow(steps);
            }
            for (_, pieces) in &mut self.trails {
                pieces.follow(steps);
            }
        }
        if !told.steps.is_empty() {
            self.now = None;
        }
        debug_assert!(
            self.bases.iter().all(|base| base.pieces.length() == self.length()),
            "{:?}",
            told.steps
        );
        told.is_strange
    }

    /// Follows what becomes of the text as it is now, until [`Room::placed`] is asked.
    pub(super) fn trail(&mut self) -> u64 {
        let number = self.next_trail;
        self.next_trail += 1;
        // One that nobody asks for any more, because the work on it failed, is not followed for ever.
        if self.trails.len() >= TRAILS {
            self.trails.remove(0);
        }
        let whole = Pieces::whole(self.length());
        self.trails.push((number, whole));
        number
    }

    /// Where places of the text as it was when a trail began are now.
    pub(super) fn placed(&mut self, trail: u64, places: &Places) -> Option<Placed> {
        let (bytes, units): (Vec<u32>, Vec<u32>) = places.units().into_iter().unzip();
        let placed = self.placed_units(trail, &units)?;
        let placed = bytes.into_iter().zip(placed).map(|(byte, (before, behind))| (byte, before, behind));
        Some(Placed::new(placed.collect()))
    }

    /// As [`Room::placed`], by units: each as a place that stays before what stands there, and one that stays behind
    /// what stands before it.
    pub(super) fn placed_units(
        &mut self,
        trail: u64,
        units: &[u32],
    ) -> Option<Vec<(StickyIndex, StickyIndex)>> {
        let at = self.trails.iter().position(|(number, _)| *number == trail)?;
        let (_, pieces) = self.trails.remove(at);
        let transaction = self.doc.transact();
        let place = |at: u32, assoc| {
            sticky(&self.text, &transaction, at, assoc)
                .unwrap_or_else(|| StickyIndex::from_type(&transaction, &self.text, assoc))
        };
        let placed = units.iter().map(|unit| {
            let (behind, before) = pieces.around(*unit);
            (place(before, Assoc::After), place(behind, Assoc::Before))
        });
        Some(placed.collect())
    }

    /// Changes the text here, and gives back the update for others.
    pub(super) fn change(&mut self, hunks: &[Hunk]) -> Option<Vec<u8>> {
        if hunks.is_empty() {
            return None;
        }
        let update = {
            let mut transaction = self.doc.transact_mut();
            for hunk in hunks.iter().rev() {
                if hunk.removed > 0 {
                    self.text.remove_range(&mut transaction, hunk.at, hunk.removed);
                }
                if !hunk.text.is_empty() {
                    self.text.insert(&mut transaction, hunk.at, &hunk.text);
                }
            }
            transaction.encode_update_v1()
        };
        self.follow();
        Some(update)
    }

    /// Takes out what no text here may hold: a carriage return would shift every position behind it.
    pub(super) fn tidy(&mut self) -> Option<Vec<u8>> {
        let text = self.text();
        if !text.contains('\r') {
            return None;
        }
        let mut hunks = Vec::new();
        let mut at = 0;
        for c in text.chars() {
            if c == '\r' {
                hunks.push(Hunk { at, removed: 1, text: String::new() });
            }
            at += if c.len_utf16() == 2 { 2 } else { 1 };
        }
        self.change(&hunks)
    }

    /// What the file holds, as far as we know.
    pub(super) fn base(&self) -> &Base {
        // Rooms are made with one, and `remember` keeps the latest.
        &self.bases[self.bases.len() - 1]
    }

    /// All that the file held, the oldest first.
    pub(super) fn bases(&self) -> &[Base] {
        &self.bases
    }

    /// Whether the file lacks something that is here.
    pub(super) fn is_ahead(&mut self) -> bool {
        let text = self.text();
        *text != *self.base().lines.text
    }

    /// The bytes of the file with the text as it is now.
    pub(super) fn bytes(&mut self) -> Vec<u8> {
        let text = self.text();
        let base = self.base();
        base.lines.with_text(&text, &base.pieces)
    }

    /// Remembers that the file holds the text as it is now.
    pub(super) fn written(&mut self, lines: Lines) {
        let pieces = Pieces::whole(lines.length);
        self.remember(Base { lines, pieces });
    }

    /// Forgets the latest content, which was never written.
    pub(super) fn unwritten(&mut self, version: &Version) {
        if self.bases.len() > 1 && self.base().lines.version == *version {
            self.bases.pop();
        }
    }

    fn remember(&mut self, base: Base) {
        // The same content again is not another one to choose from.
        self.bases.retain(|known| known.lines.version != base.lines.version);
        self.bases.push(base);
        if self.bases.len() > BASES {
            self.bases.remove(0);
        }
    }

    /// From which content of the file this server is about to make which other one.
    pub(super) fn expect(&mut self, from: Version, to: Version) {
        self.own = Some((from, to));
    }

    /// Merges what the file holds now into the text.
    pub(super) fn outside(&mut self, lines: Lines) -> Followed {
        let texts: Vec<&str> = self.bases.iter().map(|base| &*base.lines.text).collect();
        let latest = texts.len() - 1;
        // What this server removes, somebody wanted removed, however much the result is like an older content.
        let known = self.own.take_if(|(_, to)| *to == lines.version).and_then(|(from, _)| {
            self.bases
                .iter()
                .rposition(|base| base.lines.version == from)
                .map(|at| (at, hunks(texts[at], &lines.text)))
        });
        // There is always one.
        let (from, hunks) = known.or_else(|| made_from(&texts, &lines.text)).unwrap_or_default();
        let merged = self.bases[from].pieces.merge(&hunks);
        let update = self.change(&merged.hunks);
        let mut stretches = merged.amid;
        if from != latest {
            // What the latest has and the other side had not yet is here still, and is no longer there.
            stretches.extend(self.missing_in(&lines, from));
            stretches.sort_unstable();
            stretches.dedup();
        }
        let text: Vec<u16> = self.text().encode_utf16().collect();
        let transaction = self.doc.transact();
        let kept = stretches.into_iter().filter_map(|(at, length)| {
            let end = at + length;
            let text = String::from_utf16_lossy(text.get(at as usize..end as usize)?);
            let from = sticky(&self.text, &transaction, at, Assoc::After)?;
            let to = sticky(&self.text, &transaction, end, Assoc::Before)?;
            (!text.trim().is_empty()).then_some(Kept { text, from, to })
        });
        let kept = kept.collect();
        drop(transaction);
        self.remember(Base { lines, pieces: merged.pieces });
        Followed { update, kept }
    }

    /// The stretches of the text that stand in the latest content of the file and did not in the one of number `from`.
    fn missing_in(&self, _lines: &Lines, from: usize) -> Vec<(u32, u32)> {
        use super::pieces::Piece;
        let mark = |pieces: &Pieces| {
            let mut at = 0;
            let mut kept = Vec::new();
            for piece in pieces.iter() {
                if matches!(piece, Piece::Kept { .. }) {
                    kept.push((at, at + piece.length()));
                }
                at += piece.length();
            }
            kept
        };
        let (then, latest) = (mark(&self.bases[from].pieces), mark(&self.base().pieces));
        let mut out = Vec::new();
        for (start, end) in latest {
            let mut start = start;
            for (a, b) in &then {
                if *b <= start || *a >= end {
                    continue;
                }
                if *a > start {
                    out.push((start, a - start));
                }
                start = start.max(*b);
            }
            if start < end {
                out.push((start, end - start));
            }
        }
        out
    }

    /// Removes stretches, and gives back the update for others.
    pub(super) fn remove(&mut self, kept: &[Kept]) -> Option<Vec<u8>> {
        let transaction = self.doc.transact();
        let place = |index: &StickyIndex| Some(index.get_offset(&transaction)?.index);
        let mut hunks: Vec<Hunk> = kept
            .iter()
            .filter_map(|kept| {
                let (from, to) = (place(&kept.from)?, place(&kept.to)?);
                (to > from).then(|| Hunk { at: from, removed: to - from, text: String::new() })
            })
            .collect();
        drop(transaction);
        hunks.sort_by_key(|hunk| hunk.at);
        let mut end = 0;
        hunks.retain(|hunk| {
            let is_apart = hunk.at >= end;
            end = end.max(hunk.at + hunk.removed);
            is_apart
        });
        self.change(&hunks)
    }
}

/// A place of a text that moves with it; its end too, which stays the end.
fn sticky<T: ReadTxn>(text: &TextRef, transaction: &T, at: u32, assoc: Assoc) -> Option<StickyIndex> {
    if assoc == Assoc::After && at == text.len(transaction) {
        return Some(StickyIndex::from_type(transaction, text, assoc));
    }
    text.sticky_index(transaction, at, assoc)
}

/// An update, where the bytes are one: whatever they are, nothing worse happens than that they are none.
fn decoded(bytes: &[u8]) -> Option<Update> {
    catch_unwind(|| Update::decode_v1(bytes).ok()).ok().flatten()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    /// Somebody's browser.
    struct Browser {
        doc: Doc,
        text: TextRef,
    }

    impl Browser {
        fn of(room: &Room) -> Self {
            let doc = Doc::with_options(Options { offset_kind: OffsetKind::Utf16, ..Options::default() });
            let text = doc.get_or_insert_text(ROOT);
            let browser = Self { doc, text };
            browser.hear(&room.whole());
            browser
        }

        fn client(&self) -> u64 {
            self.doc.client_id().get()
        }

        fn hear(&self, update: &[u8]) {
            self.doc.transact_mut().apply_update(Update::decode_v1(update).unwrap()).unwrap();
        }

        fn types(&self, at: u32, text: &str) -> Vec<u8> {
            let mut transaction = self.doc.transact_mut();
            self.text.insert(&mut transaction, at, text);
            transaction.encode_update_v1()
        }
    }

    fn lines(text: &str) -> Lines {
        Lines::read(text.as_bytes()).unwrap()
    }

    #[test]
    fn what_is_typed_is_in_the_text_and_known_as_new() {
        let mut room = Room::of(lines("a\u{1f600}b\r\nc\n"));
        let browser = Browser::of(&room);
        let update = browser.types(3, "X\u{1f600}");
        assert!(room.take(&update, browser.client()).unwrap().is_some());
        assert!(room.take(&update, browser.client()).unwrap().is_none(), "the same again is nothing new");
        assert_eq!(&*room.text(), "a\u{1f600}X\u{1f600}b\nc\n");
        assert_eq!(String::from_utf8(room.bytes()).unwrap(), "a\u{1f600}X\u{1f600}b\r\nc\n");
    }

    #[test]
    fn nobody_writes_as_somebody_else_and_nothing_is_left_out() {
        let mut room = Room::of(lines("text\n"));
        let browser = Browser::of(&room);
        let first = browser.types(0, "one");
        let second = browser.types(0, "two");
        assert_eq!(room.take(&first, browser.client() ^ 1), Err(Refused::NotYours));
        assert_eq!(room.take(&second, browser.client()), Err(Refused::Garbled));
        assert_eq!(room.take(b"\xff\xff\xff\xff\xff\x00garbage", browser.client()), Err(Refused::Garbled));
        assert_eq!(&*room.text(), "text\n");
        assert!(room.take(&first, browser.client()).is_ok());
        assert!(room.take(&second, browser.client()).is_ok());
        assert_eq!(&*room.text(), "twoonetext\n");
    }

    #[test]
    fn what_is_no_text_is_refused() {
        let mut room = Room::of(lines("text\n"));
        let browser = Browser::of(&room);
        let update = {
            let mut transaction = browser.doc.transact_mut();
            browser.text.insert_embed(&mut transaction, 0, Any::from(7.0));
            transaction.encode_update_v1()
        };
        assert_eq!(room.take(&update, browser.client()), Err(Refused::Spoilt));
        let mut room = Room::of(lines("text\n"));
        let browser = Browser::of(&room);
        let long = browser.types(0, &"x".repeat(LONGEST as usize));
        assert_eq!(room.take(&long, browser.client()), Err(Refused::TooLong));
    }

    #[test]
    fn a_stale_save_from_outside_loses_nothing_that_was_written_since() {
        let mut room = Room::of(lines("one\n"));
        let browser = Browser::of(&room);
        let update = browser.types(4, "two\n");
        room.take(&update, browser.client()).unwrap();
        let written = Lines::read(&room.bytes()).unwrap();
        room.written(written);
        assert!(!room.is_ahead());
        // Somebody's editor had the file open before that.
        let followed = room.outside(lines("ONE\n"));
        assert_eq!(&*room.text(), "ONE\ntwo\n");
        assert_eq!(followed.kept.iter().map(|kept| kept.text.as_str()).collect::<Vec<_>>(), ["two\n"]);
        browser.hear(&followed.update.unwrap());
        assert!(room.is_ahead());
        // And whoever is asked may say that it was meant.
        let update = room.remove(&followed.kept).unwrap();
        browser.hear(&update);
        assert_eq!(&*room.text(), "ONE\n");
        assert_eq!(browser.text.get_string(&browser.doc.transact()), "ONE\n");
        assert!(!room.is_ahead());
    }

    #[test]
    fn what_was_long_in_the_file_is_removed_where_it_is_removed_outside() {
        let mut room = Room::of(lines("one\ntwo\nthree\n"));
        let browser = Browser::of(&room);
        let update = browser.types(3, "!");
        room.take(&update, browser.client()).unwrap();
        let followed = room.outside(lines("one\nthree\n"));
        assert!(followed.kept.is_empty());
        assert_eq!(&*room.text(), "one!\nthree\n");
        assert_eq!(room.bases().len(), 2);
    }

    #[test]
    fn a_room_is_made_again_from_what_was_kept_of_it() {
        let mut room = Room::of(lines("one\r\n"));
        let browser = Browser::of(&room);
        let mut updates = vec![room.whole()];
        let mut bases = vec![(1, room.base().clone())];
        updates.push(room.take(&browser.types(3, " more"), browser.client()).unwrap().unwrap());
        let written = Lines::read(&room.bytes()).unwrap();
        room.written(written);
        bases.push((2, room.base().clone()));
        updates.push(room.take(&browser.types(0, "# "), browser.client()).unwrap().unwrap());
        let mut again = Room::replayed(&updates, bases).unwrap();
        assert_eq!(again.text(), room.text());
        assert_eq!(again.bytes(), room.bytes());
        assert_eq!(again.bases().len(), 2);
        assert_eq!(again.base().pieces, room.base().pieces);
        assert_eq!(again.bases()[0].pieces, room.bases()[0].pieces);
    }

    #[test]
    fn carriage_returns_are_taken_out() {
        let mut room = Room::of(lines("a\n"));
        let browser = Browser::of(&room);
        room.take(&browser.types(1, "\r\nb\r"), browser.client()).unwrap();
        browser.hear(&room.tidy().unwrap());
        assert_eq!(&*room.text(), "a\nb\n");
        assert_eq!(browser.text.get_string(&browser.doc.transact()), "a\nb\n");
        assert!(room.tidy().is_none());
    }
}
