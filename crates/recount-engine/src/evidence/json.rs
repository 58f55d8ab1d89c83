//! JSON as it comes: a list, an envelope around lists, one object, objects one after the other, one a line,
//! cut short. Records are cut apart without parsing, so that what is broken in one does not reach the next.
//!
//! What does not live here: what any record means (`sources`).

use std::collections::BTreeSet;

use serde::Deserialize;

/// One record of an input.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Record<'a> {
    /// Its bytes: one JSON value, or what is there of it.
    pub bytes: &'a [u8],
    /// Which record of the part, from 1.
    pub index: usize,
    /// Where it begins in the part, from 0.
    pub byte: usize,
    /// The key of the envelope's list that it stands in, such as `log_entries`.
    pub list: Option<&'static str>,
}

/// The records of a part. A list gives its elements, wherever lists and objects follow one another; of an
/// object with a key among `lists` that holds a list, the elements of those lists come in its place.
pub fn records<'a>(bytes: &'a [u8], lists: &'static [&'static str]) -> Vec<Record<'a>> {
    let mut records = Vec::new();
    for (byte, value) in elements(bytes) {
        let mut enveloped = false;
        let is_envelope = !lists.is_empty() && value.first() == Some(&b'{');
        for (key, at, inner) in is_envelope.then(|| members(value)).into_iter().flatten() {
            let Some(list) = lists.iter().find(|list| list.as_bytes() == key) else { continue };
            if inner.first() != Some(&b'[') {
                continue;
            }
            enveloped = true;
            for (offset, element) in elements(inner) {
                let index = records.len() + 1;
                records.push(Record { bytes: element, index, byte: byte + at + offset, list: Some(list) });
            }
        }
        if !enveloped {
            records.push(Record { bytes: value, index: records.len() + 1, byte, list: None });
        }
    }
    records
}

/// The values of a list, or those that follow one another, each with where it begins.
pub fn elements(bytes: &[u8]) -> impl Iterator<Item = (usize, &[u8])> {
    let between = |b: &u8| b.is_ascii_whitespace() || b"[],\x1e".contains(b) || *b == 0;
    let mut at = if bytes.starts_with(b"\xef\xbb\xbf") { 3 } else { 0 };
    std::iter::from_fn(move || {
        let start = at + bytes[at..].iter().position(|b| !between(b))?;
        let mut end = value_end(bytes, start);
        if let Some(line_end) = broken_line(&bytes[start..end]) {
            end = start + line_end;
        }
        // A stray closing brace or the like: one byte that is nothing, so that reading goes on.
        if end == start {
            end += 1;
        }
        at = end;
        Some((start, &bytes[start..end]))
    })
}

/// Where the first line of an object ends that is cut short or otherwise broken and has swallowed the objects
/// of the lines below it. An object that is whole may stand on lines that begin with a brace too.
fn broken_line(value: &[u8]) -> Option<usize> {
    if value.first() != Some(&b'{') {
        return None;
    }
    let next = memchr::memmem::find(value, b"\n{")?;
    // An envelope that is cut short goes on behind such an end, and its records are still worth reading.
    if matches!(value[..next].trim_ascii_end().last(), Some(b'[' | b',' | b':' | b'{')) {
        return None;
    }
    serde_json::from_slice::<serde::de::IgnoredAny>(value).is_err().then_some(next)
}

/// The members of an object, each with its key (as written, without quotes), where its value begins and the
/// value. Of an object that is cut short, those that are there.
pub fn members(object: &[u8]) -> impl Iterator<Item = (&[u8], usize, &[u8])> {
    let mut at = 1;
    std::iter::from_fn(move || {
        let key = at + object.get(at..)?.iter().position(|b| *b == b'"')?;
        // A closing brace before the next key ends the object.
        if object[at..key].contains(&b'}') {
            return None;
        }
        let key_end = value_end(object, key);
        let colon = key_end + object.get(key_end..)?.iter().position(|b| *b == b':')?;
        let start = colon + 1 + object.get(colon + 1..)?.iter().position(|b| !b.is_ascii_whitespace())?;
        let end = value_end(object, start);
        at = end.max(start + 1);
        let name = object.get(key + 1..key_end.saturating_sub(1)).unwrap_or_default();
        Some((name, start, &object[start..end]))
    })
}

/// Where the value that begins at `start` ends, or where the bytes do.
fn value_end(bytes: &[u8], start: usize) -> usize {
    let mut depth = 0_usize;
    let mut at = start;
    while at < bytes.len() {
        match bytes[at] {
            b'"' => {
                at = string_end(bytes, at);
                if depth == 0 {
                    return at;
                }
                continue;
            }
            b'{' | b'[' => depth += 1,
            b'}' | b']' => {
                if depth <= 1 {
                    return if depth == 1 { at + 1 } else { at };
                }
                depth -= 1;
            }
            b',' if depth == 0 => return at,
            byte if depth == 0 && byte.is_ascii_whitespace() => return at,
            _ => {}
        }
        at += 1;
    }
    bytes.len()
}

/// Where the string that begins at `start` ends, behind its quote.
fn string_end(bytes: &[u8], start: usize) -> usize {
    let mut at = start + 1;
    while let Some(found) = memchr::memchr2(b'"', b'\\', &bytes[at.min(bytes.len())..]) {
        at += found;
        if bytes[at] == b'"' {
            return at + 1;
        }
        at += 2;
    }
    bytes.len()
}

/// Parses one value, with the parser's reason where it cannot be.
pub fn parse<'a, T: Deserialize<'a>>(bytes: &'a [u8]) -> Result<T, String> {
    serde_json::from_slice(bytes).map_err(|error| reason(&error))
}

/// What a parser says, without the line and column that it counted in the record alone.
pub fn reason(error: &serde_json::Error) -> String {
    let text = error.to_string();
    text.split(" at line ").next().unwrap_or(&text).to_owned()
}

/// What can be seen of JSON in its first bytes, however it goes on: which keys there are, and what the
/// scalars among them say. Lists count for nothing in a path, so that `[{"a":{"b":1}}]`, `{"a":{"b":1}}` and
/// one object a line all have `a.b`.
#[derive(Clone, Debug, Default)]
pub struct Peek {
    paths: BTreeSet<String>,
    scalars: Vec<(String, String)>,
}

/// How many keys are looked at, and how deep.
const PEEKED: usize = 4_000;
const PEEKED_DEPTH: usize = 12;

impl Peek {
    /// Looks at the first bytes of a part.
    pub fn of(head: &[u8]) -> Self {
        let mut peek = Self::default();
        let head = head.strip_prefix(b"\xef\xbb\xbf").unwrap_or(head);
        if !matches!(head.trim_ascii_start().first(), Some(b'{' | b'[')) {
            return peek;
        }
        // The path so far: the length of the text before each open brace; lists add nothing.
        let (mut path, mut open, mut at) = (String::new(), Vec::<(bool, usize)>::new(), 0);
        let mut key: Option<String> = None;
        while at < head.len() && peek.paths.len() < PEEKED {
            match head[at] {
                brace @ (b'{' | b'[') => {
                    open.push((brace == b'{', path.len()));
                    if open.len() > PEEKED_DEPTH {
                        break;
                    }
                    if let Some(key) = key.take() {
                        push_key(&mut path, &key);
                        peek.paths.insert(path.clone());
                    }
                    at += 1;
                }
                b'}' | b']' => {
                    key = None;
                    if let Some((_, length)) = open.pop() {
                        path.truncate(length);
                    }
                    at += 1;
                }
                b'"' => {
                    let end = string_end(head, at);
                    let text = String::from_utf8_lossy(&head[(at + 1).min(end)..end.max(at + 2) - 1]);
                    let is_key = open.last().is_some_and(|(object, _)| *object)
                        && key.is_none()
                        && head[end..].iter().find(|b| !b.is_ascii_whitespace()) == Some(&b':');
                    if is_key {
                        key = Some(text.into_owned());
                    } else {
                        peek.scalar(&path, key.take(), &text);
                    }
                    at = end;
                }
                b if b.is_ascii_whitespace() || b == b',' || b == b':' => at += 1,
                _ => {
                    let end = value_end(head, at).max(at + 1);
                    let text = String::from_utf8_lossy(&head[at..end]);
                    peek.scalar(&path, key.take(), &text);
                    at = end;
                }
            }
        }
        peek
    }

    fn scalar(&mut self, path: &str, key: Option<String>, text: &str) {
        let mut path = path.to_owned();
        if let Some(key) = key {
            push_key(&mut path, &key);
        }
        self.paths.insert(path.clone());
        self.scalars.push((path, text.chars().take(120).collect()));
    }

    /// Whether it is JSON at all.
    pub fn is_json(&self) -> bool {
        !self.paths.is_empty()
    }

    /// The paths of all keys.
    pub fn paths(&self) -> impl Iterator<Item = &str> {
        self.paths.iter().map(String::as_str)
    }

    /// Whether there is such a key, by its path: `event.event_type`.
    pub fn has(&self, path: &str) -> bool {
        self.paths.contains(path)
    }

    /// Whether all of these keys are there.
    pub fn has_all(&self, paths: &[&str]) -> bool {
        paths.iter().all(|path| self.has(path))
    }

    /// What the first scalar at a path says.
    pub fn value(&self, path: &str) -> Option<&str> {
        self.scalars.iter().find(|(there, _)| there == path).map(|(_, text)| text.as_str())
    }

    /// What all scalars at a path say.
    pub fn values<'a>(&'a self, path: &'a str) -> impl Iterator<Item = &'a str> {
        self.scalars.iter().filter(move |(there, _)| there == path).map(|(_, text)| text.as_str())
    }
}

fn push_key(path: &mut String, key: &str) {
    if !path.is_empty() {
        path.push('.');
    }
    path.push_str(key);
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn cut<'a>(text: &'a str, lists: &'static [&'static str]) -> Vec<&'a str> {
        records(text.as_bytes(), lists).iter().map(|r| std::str::from_utf8(r.bytes).expect("text")).collect()
    }

    #[test]
    fn records_are_cut_at_their_own_braces_and_not_at_those_in_strings() {
        let text = r#"[{"a":"}{\"","b":[{}]}, {"c":1}, 5, "x,]", {"cut": "x"#;
        let want = [r#"{"a":"}{\"","b":[{}]}"#, r#"{"c":1}"#, "5", r#""x,]""#, r#"{"cut": "x"#];
        assert_eq!(cut(text, &[]), want);
        for record in records(text.as_bytes(), &[]) {
            assert!(text.as_bytes()[record.byte..].starts_with(record.bytes));
        }
    }

    #[test]
    fn lists_lines_and_objects_one_after_the_other_give_the_same_records() {
        for text in [
            "[{\"a\":1},{\"a\":2}]",
            "{\"a\":1}\n{\"a\":2}\n",
            "{\"a\":1}{\"a\":2}",
            "[{\"a\":1}]\n[{\"a\":2}]",
        ] {
            assert_eq!(cut(text, &[]), ["{\"a\":1}", "{\"a\":2}"], "{text}");
        }
    }

    #[test]
    fn a_broken_line_does_not_swallow_the_lines_below_it() {
        let lines = "{\"a\":{\"b\": oops\n{\"c\":\"cut\n{\"d\":1}\n";
        assert_eq!(cut(lines, &[]), ["{\"a\":{\"b\": oops", "{\"c\":\"cut", "{\"d\":1}"]);
        let pretty = "[{\"a\":\n{\"b\":\n{}}}]";
        assert_eq!(cut(pretty, &[]), ["{\"a\":\n{\"b\":\n{}}}"]);
        let envelope = "{\"items\":[\n{\"a\":1},\n{\"a\":2},\n{\"a\":\"cut";
        assert_eq!(cut(envelope, &["items"]), ["{\"a\":1}", "{\"a\":2}", "{\"a\":\"cut"]);
    }

    #[test]
    fn an_envelope_gives_the_elements_of_its_lists_with_their_places_even_when_cut_short() {
        let text = r#"{"limit":2,"items":[{"a":1}, {"a":[2]}],"more":{"items":[9]},"logs":[{"b":"#;
        let read = records(text.as_bytes(), &["items", "logs"]);
        let shown: Vec<_> =
            read.iter().map(|r| (r.list, std::str::from_utf8(r.bytes).expect("text"))).collect();
        let want = [(Some("items"), "{\"a\":1}"), (Some("items"), "{\"a\":[2]}"), (Some("logs"), "{\"b\":")];
        assert_eq!(shown, want);
        assert!(read.iter().all(|r| text.as_bytes()[r.byte..].starts_with(r.bytes)));
        assert_eq!(cut(r#"{"items":null}"#, &["items"]), [r#"{"items":null}"#]);
    }

    #[test]
    fn a_peek_sees_paths_through_lists_and_lines_and_stops_where_the_head_does() {
        for text in [
            r#"[{"event":{"type":"x","n":5,"list":[{"k":null}]},"cut":{"a":"b"#,
            "{\"event\": {\"type\": \"x\", \"n\": 5, \"list\":[{\"k\":null}]}}\n{\"cut\":{\"a\":1}}",
        ] {
            let peek = Peek::of(text.as_bytes());
            assert!(peek.has_all(&["event.type", "event.n", "event.list.k", "cut"]), "{peek:?}");
            assert_eq!(peek.value("event.type"), Some("x"), "{peek:?}");
            assert!(!peek.has("type") && peek.is_json());
        }
        assert!(!Peek::of(b"just {words}").is_json());
    }

    proptest! {
        #[test]
        fn any_bytes_are_cut_and_peeked_at_without_panic(bytes in prop::collection::vec(
            prop_oneof![any::<u8>(), prop::sample::select(b"{}[]\",:\\ an1".to_vec())], 0..60)
        ) {
            for record in records(&bytes, &["a", "n"]) {
                prop_assert!(bytes[record.byte..].starts_with(record.bytes) && !record.bytes.is_empty());
            }
            let _ = Peek::of(&bytes);
        }
    }
}
