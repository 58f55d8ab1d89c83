//! Names: of events, so that the same evidence twice adds nothing, and of people, so that a mail address
//! never has to be kept to know who acted.
//!
//! What does not live here: finding mail addresses in a text (`redact`).

use std::collections::HashMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::event::EventId;

/// An ID from the source's own: `source`, then each part, joined by colons.
pub fn own_id(source: &str, parts: &[&str]) -> EventId {
    let mut id = String::from(source);
    for part in parts {
        id.push(':');
        // What has words or an address in it was written by somebody, and may say what a name must not.
        if part.contains(|c: char| c == '@' || c.is_whitespace()) {
            id.push_str(&sha256_hex(part.as_bytes(), 16));
            continue;
        }
        // An ID stands in a link's fragment and in a shell command: no spaces, no quotes.
        id.extend(
            part.chars().map(|c| if c.is_ascii_alphanumeric() || "._-/#".contains(c) { c } else { '_' }),
        );
    }
    EventId(id)
}

/// An ID for an event whose source has none: a hash of what happened, when, and by whom.
pub fn hashed_id(source: &str, at: Timestamp, actor: &str, action: &str) -> EventId {
    let text = format!("{at}\n{actor}\n{action}");
    EventId(format!("{source}:{}", sha256_hex(text.as_bytes(), 16)))
}

/// The first `digits` hexadecimal digits of the SHA-256 of `bytes`.
pub fn sha256_hex(bytes: &[u8], digits: usize) -> String {
    hex(&Sha256::digest(bytes), digits)
}

/// The first `digits` hexadecimal digits of some bytes.
pub fn hex(bytes: &[u8], digits: usize) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    bytes
        .iter()
        .flat_map(|byte| [byte >> 4, byte & 15])
        .take(digits)
        .map(|nibble| char::from(DIGITS[usize::from(nibble)]))
        .collect()
}

/// Somebody on the roster, as the library's configuration knows them.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Person {
    /// The handle, with or without its `@`.
    pub handle: String,
    /// The full name.
    pub name: String,
    /// Other names the person goes by (a git author name, a display name).
    pub names: Vec<String>,
    /// Mail addresses.
    pub mails: Vec<String>,
    /// The member ID in Slack, such as `U061A5N1G`.
    pub slack: Option<String>,
}

/// What a source knows about somebody. Empty where it knows nothing.
#[derive(Clone, Copy, Debug, Default)]
pub struct Known<'a> {
    /// The source's own ID of the person, such as a Slack member ID.
    pub id: &'a str,
    /// A mail address.
    pub mail: &'a str,
    /// Names, the best first.
    pub names: &'a [&'a str],
}

/// The roster, indexed, and the salt for pseudonyms.
#[derive(Clone, Debug, Default)]
pub struct People {
    handles: HashMap<String, String>,
    salt: String,
}

impl People {
    /// The roster by every ID, address and name in it. A name that two people share names nobody.
    pub fn new(roster: &[Person], salt: &str) -> Self {
        let mut handles: HashMap<String, Option<String>> = HashMap::new();
        for person in roster {
            let handle = format!("@{}", person.handle.trim_start_matches('@'));
            if handle.len() == 1 {
                continue;
            }
            let keys = person
                .mails
                .iter()
                .chain(&person.slack)
                .chain(&person.names)
                .map(String::as_str)
                .chain([person.name.as_str(), person.handle.trim_start_matches('@')]);
            for key in keys.filter(|key| !key.is_empty()) {
                handles
                    .entry(key.to_lowercase())
                    .and_modify(|there| {
                        if there.as_ref() != Some(&handle) {
                            *there = None;
                        }
                    })
                    .or_insert_with(|| Some(handle.clone()));
            }
        }
        let handles = handles.into_iter().filter_map(|(key, handle)| Some((key, handle?))).collect();
        Self { handles, salt: salt.to_owned() }
    }

    /// How somebody appears: by roster handle, else by the best name, else by a pseudonym for the address,
    /// else by the source's own ID.
    pub fn appear(&self, known: Known<'_>) -> String {
        let keys = [known.id, known.mail].into_iter().chain(known.names.iter().copied());
        for key in keys.filter(|key| !key.is_empty() && !self.handles.is_empty()) {
            if let Some(handle) = self.handles.get(&key.to_lowercase()) {
                return handle.clone();
            }
        }
        // Some people put their address where a name belongs.
        let name =
            known.names.iter().map(|name| name.trim()).find(|name| !name.is_empty() && !name.contains('@'));
        match name {
            Some(name) => name.to_owned(),
            None => {
                match [known.mail].into_iter().chain(known.names.iter().copied()).find(|a| a.contains('@')) {
                    Some(address) => self.for_mail(address),
                    None => known.id.to_owned(),
                }
            }
        }
    }

    /// What stands for a mail address: the roster handle, else a pseudonym that is the same wherever the
    /// address is, and from which nobody without the salt can test a guess.
    pub fn for_mail(&self, mail: &str) -> String {
        let mail = mail.trim().to_lowercase();
        match self.handles.get(&mail) {
            Some(handle) => handle.clone(),
            None => format!("person-{}", sha256_hex(format!("{}\n{mail}", self.salt).as_bytes(), 10)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn people() -> People {
        let ana = Person {
            handle: "ana".into(),
            name: "Ana Li".into(),
            names: vec!["alex".into()],
            mails: vec!["Ana@example.com".into()],
            slack: Some("U1".into()),
        };
        let alex = Person { handle: "@alex2".into(), names: vec!["alex".into()], ..Person::default() };
        People::new(&[ana, alex], "salt")
    }

    #[test]
    fn the_roster_is_asked_by_id_mail_and_name() {
        for known in [
            Known { id: "U1", ..Known::default() },
            Known { mail: "ana@EXAMPLE.com", ..Known::default() },
            Known { names: &["", "ana li"], ..Known::default() },
        ] {
            assert_eq!(people().appear(known), "@ana");
        }
    }

    #[test]
    fn a_name_that_two_people_share_names_nobody() {
        assert_eq!(people().appear(Known { names: &["alex"], ..Known::default() }), "alex");
    }

    #[test]
    fn an_address_alone_gives_the_same_pseudonym_everywhere_and_never_itself() {
        let one = people().appear(Known { mail: "eve@example.com", ..Known::default() });
        let two = people().appear(Known { names: &["Eve@Example.com"], ..Known::default() });
        assert_eq!(one, two);
        assert!(one.starts_with("person-") && one.len() == 17, "{one}");
        assert_ne!(one, People::new(&[], "other").for_mail("eve@example.com"));
    }

    #[test]
    fn a_hashed_id_depends_on_time_actor_and_action_alone() {
        let at = Timestamp::UNIX_EPOCH;
        assert_eq!(hashed_id("csv", at, "a", "b"), hashed_id("csv", at, "a", "b"));
        assert_ne!(hashed_id("csv", at, "a", "b"), hashed_id("csv", at, "ab", ""));
    }
}
