//! Passwords as arguments of commands: `mysql -phunter2`, `redis-cli -a …`, `curl -u name:…`.
//!
//! What does not live here: assignments (`PGPASSWORD=…`) and headers, which are found in any text.

use std::ops::Range;

/// How a tool is given a password.
enum Flag {
    /// Behind the flag, with or without a space: `-a pw`, `--pass pw`, `--pass=pw`.
    After(&'static str),
    /// Glued to the flag and nowhere else: `-ppw`.
    Glued(&'static str),
    /// Behind a sign in the flag's value: `-u name:pw`, `-U name%pw`, `--from-literal=key=pw`.
    Behind(&'static str, char),
}

use Flag::{After, Behind, Glued};

/// Literals, in lower case, at which a command that may carry a password is known, and how it carries it.
const TOOLS: &[(&str, &[Flag])] = &[
    ("mysql", &[Glued("-p"), After("--password")]),
    ("mariadb", &[Glued("-p"), After("--password")]),
    ("redis-cli", &[After("-a"), After("--pass")]),
    ("valkey-cli", &[After("-a"), After("--pass")]),
    ("sshpass", &[After("-p")]),
    ("mongosh", &[After("-p"), After("--password")]),
    ("mongodump", &[After("-p"), After("--password")]),
    ("curl ", &[Behind("-u", ':'), Behind("--user", ':'), Behind("--proxy-user", ':')]),
    ("docker login", &[After("-p"), After("--password")]),
    ("podman login", &[After("-p"), After("--password")]),
    ("registry login", &[After("-p"), After("--password")]),
    ("az login", &[After("-p"), After("--password")]),
    ("ldapsearch", &[After("-w")]),
    ("ldapmodify", &[After("-w")]),
    ("smbclient", &[Behind("-U", '%')]),
    ("openssl", &[Behind("-passin", ':'), Behind("-passout", ':'), Behind("-pass", ':')]),
    ("create secret", &[Behind("--from-literal", '=')]),
    ("put-secret-value", &[After("--secret-string")]),
    ("create-secret", &[After("--secret-string")]),
    ("put-parameter", &[After("--value")]),
    ("vault login", &[After("login")]),
];

/// How far behind the tool's name its flags are looked for.
const REACH: usize = 600;

/// The detector's literals.
pub(super) const LITERALS: &[&str] = &{
    let mut literals = [""; TOOLS.len()];
    let mut index = 0;
    while index < TOOLS.len() {
        literals[index] = TOOLS[index].0;
        index += 1;
    }
    literals
};

/// The first password among the arguments of the command whose name stands at `at`.
pub(super) fn password(text: &str, at: Range<usize>, is_stand_in: fn(&str) -> bool) -> Option<Range<usize>> {
    let (_, flags) = TOOLS.iter().find(|(name, _)| text[at.clone()].eq_ignore_ascii_case(name))?;
    // A tool's last word may be what the password follows: `vault login …`.
    let start = text[..at.end].trim_end().rfind(' ').map_or(at.start, |space| space + 1).max(at.start);
    let mut end = text.len().min(start + REACH);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    let secret = |place: Range<usize>| {
        let quotes = text[place.clone()].len() - text[place.clone()].trim_start_matches(['"', '\'']).len();
        let place = place.start + quotes..place.end;
        (!place.is_empty() && !is_stand_in(&text[place.clone()])).then_some(place)
    };
    let mut words = Words { text: &text[..end], at: start };
    while let Some(word) = words.next() {
        let value = &text[word.clone()];
        for flag in *flags {
            let found = match flag {
                Glued(flag) => value.strip_prefix(flag).map(|rest| word.end - rest.len()..word.end),
                After(flag) if value == *flag => {
                    words.next().filter(|next| !text[next.clone()].starts_with('-'))
                }
                After(flag) => value.strip_prefix(flag).and_then(|rest| {
                    let rest = rest.strip_prefix('=').or(Some(rest).filter(|_| flag.len() == 2))?;
                    Some(word.end - rest.len()..word.end)
                }),
                Behind(flag, sign) => {
                    let named = if value == *flag {
                        words.next()
                    } else {
                        value.strip_prefix(flag).map(|rest| word.end - rest.len()..word.end)
                    };
                    named.and_then(|named| {
                        // A flag that is glued to its value by an equals sign is not yet the value's own.
                        let rest = text[named.clone()].strip_prefix('=').unwrap_or(&text[named.clone()]);
                        Some(named.end - rest.split_once(*sign)?.1.len()..named.end)
                    })
                }
            };
            if let Some(place) = found.and_then(secret) {
                return Some(place);
            }
        }
    }
    None
}

/// The words of one simple command, without the quotes around them or behind their flag.
struct Words<'t> {
    text: &'t str,
    at: usize,
}

impl Words<'_> {
    fn next(&mut self) -> Option<Range<usize>> {
        let bytes = self.text.as_bytes();
        while bytes.get(self.at).is_some_and(|b| b" \t\\\"'".contains(b)) {
            self.at += 1;
        }
        let start = self.at;
        let first = *bytes.get(start)?;
        if b"\n\r;|&`".contains(&first) {
            return None;
        }
        let quote = start.checked_sub(1).map(|before| bytes[before]).filter(|b| b"\"'".contains(b));
        let mut open = quote;
        let mut end = start;
        while let Some(&b) = bytes.get(end) {
            match open {
                Some(mark) if b == mark => {
                    // `-p'…'`: the mark stands in the word, and ends it.
                    break;
                }
                None if b"\"'".contains(&b) => {
                    open = Some(b);
                    // What is glued before the quote belongs to the word; the quote itself hides the rest.
                    if bytes.get(end + 1).is_none_or(|next| *next == b) {
                        break;
                    }
                }
                None if b" \t\n\r;|&`".contains(&b) => break,
                Some(_) if b"\n\r".contains(&b) => break,
                _ => {}
            }
            end += 1;
        }
        self.at = end;
        Some(start..end)
    }
}
