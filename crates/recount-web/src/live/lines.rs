//! A file as people write in it: its text with one kind of line ending, and what is needed to give back the bytes.
//!
//! Positions are counted in UTF-16 units, as browsers count. What does not live here: which line of a text stems from
//! which of the file ([`super::pieces`]).

use std::collections::BTreeMap;
use std::sync::Arc;

use recount_store::Version;

use super::pieces::{Piece, Pieces};

const MARK: &[u8] = b"\xEF\xBB\xBF";

/// How a line ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum End {
    Lf,
    CrLf,
    Cr,
}

impl End {
    fn bytes(self) -> &'static [u8] {
        match self {
            Self::Lf => b"\n",
            Self::CrLf => b"\r\n",
            Self::Cr => b"\r",
        }
    }
}

/// A file, read.
#[derive(Clone, Debug)]
pub(super) struct Lines {
    /// Of the bytes.
    pub(super) version: Version,
    /// The text: lines end in `\n`, no byte order mark.
    pub(super) text: Arc<str>,
    /// Its length in UTF-16 units.
    pub(super) length: u32,
    has_mark: bool,
    /// How most lines end.
    usual: End,
    /// The others, by their place in the text.
    unusual: BTreeMap<u32, End>,
}

impl Lines {
    /// Reads a file; none where it is not UTF-8, or longer than numbers here can say.
    pub(super) fn read(bytes: &[u8]) -> Option<Self> {
        let (has_mark, rest) = match bytes.strip_prefix(MARK) {
            Some(rest) => (true, rest),
            None => (false, bytes),
        };
        let raw = std::str::from_utf8(rest).ok()?;
        u32::try_from(raw.len()).ok()?;
        let mut text = String::with_capacity(raw.len());
        let mut ends = Vec::new();
        let mut at = 0;
        let mut chars = raw.chars().peekable();
        while let Some(c) = chars.next() {
            let end = match c {
                '\n' => Some(End::Lf),
                '\r' if chars.next_if_eq(&'\n').is_some() => Some(End::CrLf),
                '\r' => Some(End::Cr),
                _ => None,
            };
            if let Some(end) = end {
                ends.push((at, end));
                text.push('\n');
            } else {
                text.push(c);
            }
            at += if c.len_utf16() == 2 { 2 } else { 1 };
        }
        let count = |wanted| ends.iter().filter(|(_, end)| *end == wanted).count();
        let usual =
            [End::Lf, End::CrLf, End::Cr].into_iter().rev().max_by_key(|end| count(*end)).unwrap_or(End::Lf);
        let unusual = ends.into_iter().filter(|(_, end)| *end != usual).collect();
        Some(Self { version: Version::of(bytes), text: text.into(), length: at, has_mark, usual, unusual })
    }

    /// The bytes of a file that holds another text: lines that stem from this one end as they did, new ones as the
    /// line before them.
    pub(super) fn with_text(&self, text: &str, pieces: &Pieces) -> Vec<u8> {
        let mut out = Vec::with_capacity(text.len() + MARK.len());
        if self.has_mark {
            out.extend_from_slice(MARK);
        }
        if self.unusual.is_empty() && self.usual == End::Lf {
            out.extend_from_slice(text.as_bytes());
            return out;
        }
        let mut last = self
            .unusual
            .values()
            .next()
            .copied()
            .filter(|_| self.unusual.contains_key(&0))
            .unwrap_or(self.usual);
        let mut places = pieces.iter();
        let mut piece = places.next();
        let mut within = 0;
        for c in text.chars() {
            while piece.is_some_and(|piece| within >= piece.length()) {
                within = 0;
                piece = places.next();
            }
            if c == '\n' {
                if let Some(Piece::Kept { at, .. }) = piece {
                    last = self.unusual.get(&(at + within)).copied().unwrap_or(self.usual);
                }
                out.extend_from_slice(last.bytes());
            } else {
                let mut buffer = [0; 4];
                out.extend_from_slice(c.encode_utf8(&mut buffer).as_bytes());
            }
            within += if c.len_utf16() == 2 { 2 } else { 1 };
        }
        out
    }
}

/// The length of a text in UTF-16 units.
pub(super) fn units(text: &str) -> u32 {
    // Texts here are shorter than 2^32 bytes: `Lines::read` refuses others, and rooms have limits.
    u32::try_from(text.encode_utf16().count()).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn an_untouched_file_is_given_back_as_it_was() {
        for bytes in
            ["", "a", "a\n", "a\r\nb\r\n", "\u{feff}a\r\nb\nc\rd", "\r\r\n\n", "x\u{1f600}y\r\n\u{1f600}\n"]
        {
            let lines = Lines::read(bytes.as_bytes()).unwrap();
            assert!(!lines.text.contains('\r'));
            assert_eq!(lines.length, units(&lines.text), "{bytes:?}");
            let again = lines.with_text(&lines.text, &Pieces::whole(lines.length));
            assert_eq!(String::from_utf8(again).unwrap(), bytes);
        }
        assert!(Lines::read(b"\xff").is_none());
    }

    #[test]
    fn a_new_line_ends_as_the_one_before_it() {
        let lines = Lines::read(b"a\r\nb\nc\r\n").unwrap();
        let mut pieces = Pieces::whole(lines.length);
        // `a` `new` `b` `more` `c`
        pieces.follow(&[
            super::super::pieces::Step::Keep(2),
            super::super::pieces::Step::Insert(4),
            super::super::pieces::Step::Keep(2),
            super::super::pieces::Step::Insert(5),
        ]);
        let bytes = lines.with_text("a\nnew\nb\nmore\nc\n", &pieces);
        assert_eq!(String::from_utf8(bytes).unwrap(), "a\r\nnew\r\nb\nmore\nc\r\n");
    }
}
