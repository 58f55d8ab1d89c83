//! What is remembered of the files of a folder, in a form that loads at the speed of memory: one block of
//! bytes for each folder, compared with what the file system says without taking it apart.
//!
//! What does not live here: asking the file system ([`super::tree`]), and where the blocks are kept
//! ([`super::facts`]).

use std::collections::HashMap;

use super::tree::Stat;

/// The first half of the SHA-256 of a document's bytes: enough to know them again.
pub(super) type Content = [u8; 16];

/// A file as it was when it was read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Known {
    pub(super) stat: Stat,
    /// What its record and its text are kept under.
    pub(super) number: u64,
    pub(super) content: Content,
}

/// Bytes of a [`Known`] in a block.
const FIXED: usize = 8 * 5 + 16;

/// Appends a file.
pub(super) fn push(block: &mut Vec<u8>, name: &[u8], known: &Known) {
    // A name is at most 255 bytes on every file system; a longer one would be read anew each time.
    let length = u16::try_from(name.len()).unwrap_or(0);
    block.extend_from_slice(&length.to_le_bytes());
    block.extend_from_slice(&name[..usize::from(length)]);
    let Known { stat: Stat { size, modified, changed, inode }, number, content } = known;
    for bytes in [size.to_le_bytes(), modified.to_le_bytes(), changed.to_le_bytes()] {
        block.extend_from_slice(&bytes);
    }
    block.extend_from_slice(&inode.to_le_bytes());
    block.extend_from_slice(&number.to_le_bytes());
    block.extend_from_slice(content);
}

/// The files of a block, in their order; ends early where the block is cut off.
pub(super) fn iter(mut block: &[u8]) -> impl Iterator<Item = (&[u8], Known)> {
    std::iter::from_fn(move || {
        let (length, rest) = block.split_first_chunk::<2>()?;
        let (name, rest) = rest.split_at_checked(usize::from(u16::from_le_bytes(*length)))?;
        let (fixed, rest) = rest.split_first_chunk::<FIXED>()?;
        block = rest;
        let word = |at: usize| {
            let mut bytes = [0; 8];
            bytes.copy_from_slice(&fixed[at * 8..at * 8 + 8]);
            bytes
        };
        let mut content = [0; 16];
        content.copy_from_slice(&fixed[40..]);
        let stat = Stat {
            size: u64::from_le_bytes(word(0)),
            modified: i64::from_le_bytes(word(1)),
            changed: i64::from_le_bytes(word(2)),
            inode: u64::from_le_bytes(word(3)),
        };
        Some((name, Known { stat, number: u64::from_le_bytes(word(4)), content }))
    })
}

/// Finds the files of a block by name, fastest when they are asked for in the block's order.
pub(super) struct Finder<'b> {
    rest: Box<dyn Iterator<Item = (&'b [u8], Known)> + 'b>,
    /// What was passed by while looking for others.
    passed: HashMap<&'b [u8], Known>,
}

impl<'b> Finder<'b> {
    pub(super) fn new(block: &'b [u8]) -> Self {
        Self { rest: Box::new(iter(block)), passed: HashMap::new() }
    }

    /// The file, once.
    pub(super) fn take(&mut self, name: &[u8]) -> Option<Known> {
        if let Some(known) = self.passed.remove(name) {
            return Some(known);
        }
        for (found, known) in self.rest.by_ref() {
            if found == name {
                return Some(known);
            }
            self.passed.insert(found, known);
        }
        None
    }

    /// Those that nobody asked for.
    pub(super) fn left(self) -> impl Iterator<Item = Known> {
        self.passed.into_values().chain(self.rest.map(|(_, known)| known))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_block_gives_back_what_was_put_in_whatever_the_order_it_is_asked_for() {
        let known = |number: u64| Known {
            stat: Stat { size: number, modified: -5, changed: i64::MAX, inode: 7 },
            number,
            content: [number as u8; 16],
        };
        let mut block = Vec::new();
        for number in 0..5 {
            push(&mut block, format!("INC-{number}.md").as_bytes(), &known(number));
        }
        let mut finder = Finder::new(&block);
        for number in [1, 0, 4] {
            assert_eq!(finder.take(format!("INC-{number}.md").as_bytes()), Some(known(number)));
        }
        assert_eq!(finder.take(b"INC-9.md"), None);
        let mut left: Vec<u64> = finder.left().map(|known| known.number).collect();
        left.sort_unstable();
        assert_eq!(left, [2, 3]);
        for cut in 0..block.len() {
            assert!(iter(&block[..cut]).count() < 5, "a block that is cut off ends early");
        }
    }
}
