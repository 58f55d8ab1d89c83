//! The stable ID of an action item: short, easy to read out, the same wherever it is worked out.
//!
//! It is made of the incident's ID and the action's text, not drawn at random: two branches that need to name one
//! item name it alike, and a calendar made before the ID is written knows the item after. What does not live here:
//! writing it (`operations`), and finding an item by it.

use std::collections::BTreeSet;

use sha2::{Digest, Sha256};

use super::ActionRecord;

/// Digits and letters of which none looks like another (no `0` and `o`, no `1`, `i` and `l`), and no vowels, so that
/// they make no words.
const LETTERS: &[u8; 27] = b"23456789bcdfghjkmnpqrstvwxz";

/// How many letters: 387 million IDs.
const LENGTH: usize = 6;

/// The stable ID of each action item of an incident: the one that it has, else the one that it would get, which is
/// in none of `taken`.
pub fn stable_ids(incident: &str, items: &[ActionRecord], taken: &BTreeSet<String>) -> Vec<String> {
    let mut own: BTreeSet<String> = items.iter().filter_map(|item| item.stable_id.clone()).collect();
    let mut ids = Vec::with_capacity(items.len());
    for item in items {
        let id = item.stable_id.clone().unwrap_or_else(|| {
            let mut attempts = (0_u32..).map(|attempt| made_of(incident, &item.action, attempt));
            let free = attempts.find(|id| !taken.contains(id) && !own.contains(id));
            // There are four thousand million attempts.
            free.unwrap_or_default()
        });
        own.insert(id.clone());
        ids.push(id);
    }
    ids
}

fn made_of(incident: &str, action: &str, attempt: u32) -> String {
    let mut hash = Sha256::new();
    hash.update(incident.to_lowercase());
    hash.update([0]);
    hash.update(action.split_whitespace().collect::<Vec<_>>().join(" "));
    hash.update(attempt.to_be_bytes());
    let digest = hash.finalize();
    let mut number = digest[..8].iter().fold(0_u64, |number, byte| number << 8 | u64::from(*byte));
    let mut id = String::with_capacity(LENGTH);
    for _ in 0..LENGTH {
        id.push(char::from(LETTERS[(number % LETTERS.len() as u64) as usize]));
        number /= LETTERS.len() as u64;
    }
    id
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;
    use crate::document::Document;

    const ITEMS: &str = "## Action items\n\n| Priority | Action item |\n|---|---|\n\
                         | P0 | Limit the pool |\n| P1 | Limit the pool |\n| P2 | Tell people <!-- recount: id abc234 --> |\n";

    fn ids(incident: &str, taken: &[&str]) -> Vec<String> {
        let items = Document::parse(ITEMS.as_bytes()).record().actions;
        stable_ids(incident, &items, &taken.iter().map(|id| (*id).to_owned()).collect())
    }

    #[test]
    fn the_same_item_gets_the_same_id_anywhere_and_no_two_get_one() {
        let first = ids("INC-0001", &[]);
        assert_eq!(first, ids("inc-0001", &[]));
        assert_eq!(first[2], "abc234");
        assert!(first[0] != first[1] && first.iter().all(|id| id.len() == 6));
        assert_ne!(first[0], ids("INC-0002", &[])[0]);
        let other = ids("INC-0001", &[&first[0]]);
        assert!(other[0] != first[0]);
    }

    #[test]
    fn an_id_is_written_once_and_changes_no_other_byte() {
        let document = Document::parse(ITEMS.as_bytes());
        let changed = document.changed(&document.set_action_id(1, "k7f3q2").unwrap()).unwrap();
        assert_eq!(changed.text().replace(" <!-- recount: id k7f3q2 -->", ""), ITEMS);
        assert_eq!(changed.record().actions[0].stable_id.as_deref(), Some("k7f3q2"));
        assert_eq!(changed.record().actions[0].action, "Limit the pool");
        assert!(changed.set_action_id(1, "other2").unwrap().is_empty());
        assert!(document.set_action_id(9, "k7f3q2").is_err() && document.set_action_id(1, "--> x").is_err());
    }
}
