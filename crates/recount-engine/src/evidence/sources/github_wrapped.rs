//! GitHub's objects out of what stands around them: webhooks that are sent as a form, and answers of GraphQL.
//!
//! What does not live here: what an object means (`github`).

use std::borrow::Cow;
use std::collections::BTreeMap;

use serde_json::value::RawValue;

/// The payloads of a form, one a line: `payload=%7B%22action%22…`. None where it is no such form.
pub(super) fn of_form(bytes: &[u8]) -> Vec<String> {
    const FIELD: &[u8] = b"payload=%7B";
    let lines = || bytes.split(|b| *b == b'\n').map(<[u8]>::trim_ascii).filter(|line| !line.is_empty());
    // An object that is not of a form is no candidate, however many lines it has.
    if !lines().next().is_some_and(|line| line.starts_with(FIELD)) {
        return Vec::new();
    }
    let payload = |line: &[u8]| {
        let field = line.split(|b| *b == b'&').find(|field| field.starts_with(FIELD))?;
        Some(decoded(&field[b"payload=".len()..]))
    };
    lines().filter_map(payload).collect()
}

/// A form's text: `+` for a space, `%7B` for a byte. What is no such pair stands for itself.
fn decoded(text: &[u8]) -> String {
    let digit = |at: usize| text.get(at).and_then(|b| char::from(*b).to_digit(16));
    let (mut bytes, mut at) = (Vec::with_capacity(text.len()), 0);
    while let Some(b) = text.get(at) {
        let pair =
            digit(at + 1).zip(digit(at + 2)).and_then(|(high, low)| u8::try_from(high * 16 + low).ok());
        match (b, pair) {
            (b'%', Some(byte)) => {
                bytes.push(byte);
                at += 2;
            }
            (b'+', _) => bytes.push(b' '),
            (b, _) => bytes.push(*b),
        }
        at += 1;
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

/// How deep an answer is searched: a search, its edges, their nodes, what they are in.
const DEEPEST: usize = 12;

/// The pull requests, issues and releases of an answer, wherever the query put them.
pub(super) fn of_answer(answer: &RawValue) -> Vec<&RawValue> {
    let mut found = Vec::new();
    search(answer, 0, &mut found);
    found
}

fn search<'a>(raw: &'a RawValue, depth: usize, found: &mut Vec<&'a RawValue>) {
    if depth > DEEPEST {
        return;
    }
    if let Ok(object) = serde_json::from_str::<BTreeMap<Cow<'a, str>, &'a RawValue>>(raw.get()) {
        let has = |key: &str| object.contains_key(key);
        if (has("number") && has("title")) || has("tagName") {
            found.push(raw);
        } else {
            for inner in object.values() {
                search(inner, depth + 1, found);
            }
        }
    } else if let Ok(list) = serde_json::from_str::<Vec<&'a RawValue>>(raw.get()) {
        for inner in list {
            search(inner, depth + 1, found);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_form_gives_its_payloads_and_anything_else_gives_none() {
        for (text, want) in [
            ("payload=%7B%22a%22%3A+%22b%2Bc%22%7D", &[r#"{"a": "b+c"}"#][..]),
            ("payload=%7B%7D&x=1\n\npayload=%7B%22%C3%A9%22%7D\n", &["{}", "{\"é\"}"]),
            ("payload=%7B%2", &["{%2"]),
            ("{\"payload\": \"%7B\"}\npayload=%7B%7D", &[]),
            ("payload=", &[]),
        ] {
            assert_eq!(of_form(text.as_bytes()), want, "{text}");
        }
    }
}
