//! What postmortems held when somebody began to edit them, so that a change made from that can be merged with what
//! others wrote meanwhile.
//!
//! Bounded: what is pushed out costs a merge, and nothing else, since every form says itself what it was made from.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};

/// How many texts are kept.
const MOST: usize = 400;
/// How many bytes of them.
const MOST_BYTES: usize = 64 * 1024 * 1024;

/// Texts by their version, the latest used last.
#[derive(Default)]
pub(crate) struct Recent(Mutex<VecDeque<(String, Arc<[u8]>)>>);

impl Recent {
    /// Keeps a text.
    pub(crate) fn keep(&self, version: &str, bytes: &[u8]) {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(at) = kept.iter().position(|(own, _)| own == version) {
            let found = kept.remove(at);
            kept.extend(found);
            return;
        }
        kept.push_back((version.to_owned(), bytes.into()));
        let mut total: usize = kept.iter().map(|(_, bytes)| bytes.len()).sum();
        while kept.len() > MOST || total > MOST_BYTES {
            let Some((_, gone)) = kept.pop_front() else { return };
            total -= gone.len();
        }
    }

    /// The text of a version, where it is still kept.
    pub(crate) fn get(&self, version: &str) -> Option<Arc<[u8]>> {
        let kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        kept.iter().find(|(own, _)| own == version).map(|(_, bytes)| Arc::clone(bytes))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_used_last_is_kept() {
        let recent = Recent::default();
        for number in 0..=MOST {
            recent.keep(&number.to_string(), b"x");
            recent.keep("1", b"x");
        }
        assert!(recent.get("0").is_none());
        assert!(recent.get("1").is_some());
        assert!(recent.get(&MOST.to_string()).is_some());
    }
}
