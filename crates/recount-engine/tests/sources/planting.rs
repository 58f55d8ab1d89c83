//! Secrets and mail addresses are planted in every text of every sample input; none of them may come out,
//! neither in an event, nor in a row, nor in what is said about the input.

use recount_engine::evidence::sources::SOURCES;
use serde_json::Value;

use super::{cases, import, options, parts, render};

/// What is planted: the text around it, and the part that must not be seen again.
const PLANTED: &[(&str, &str)] = &[
    ("xoxb-1234567890-abcdefPLANTED", "abcdefPLANTED"),
    ("ghp_PLANTED7890123456789012345678901234", "PLANTED7890123456789012345678901234"),
    ("glpat-PLANTED89012345678901", "PLANTED89012345678901"),
    ("AKIAPLANTED890123456", "AKIAPLANTED890123456"),
    ("https://ana:plantedpw9@db.example/x", "plantedpw9"),
    ("https://files.example/a?token=plantedtoken99", "plantedtoken99"),
    ("Authorization: Bearer plantedbearer0123456789", "plantedbearer0123456789"),
    ("Cookie: session=plantedcookie0123456789", "plantedcookie0123456789"),
    ("password=plantedpassword99", "plantedpassword99"),
    ("planted.person@corp.example", "planted.person@corp.example"),
];

#[test]
fn nothing_that_is_planted_in_a_sample_comes_out() {
    for source in SOURCES {
        for case in cases(source.name) {
            let (options, parts) = (options(&case), parts(&case));
            for (text, secret) in PLANTED {
                let planted: Vec<(String, Vec<u8>)> =
                    parts.iter().map(|(name, bytes)| (name.clone(), plant(bytes, text))).collect();
                let seen = render(&import(source, &options, &planted));
                let found = seen.lines().find(|line| line.contains(secret));
                assert!(found.is_none(), "`{secret}` is kept from {}: {found:?}", case.display());
            }
        }
    }
}

/// The same input with a text at the end of every text in it; of lines, at the end of every line.
fn plant(bytes: &[u8], text: &str) -> Vec<u8> {
    if let Ok(mut value) = serde_json::from_slice::<Value>(bytes) {
        plant_in(&mut value, text);
        return serde_json::to_vec(&value).unwrap();
    }
    let mut out = Vec::new();
    for line in String::from_utf8_lossy(bytes).lines() {
        match serde_json::from_str::<Value>(line) {
            Ok(mut value) => {
                plant_in(&mut value, text);
                out.extend(serde_json::to_vec(&value).unwrap());
            }
            Err(_) => out.extend(format!("{line} {text}").into_bytes()),
        }
        out.push(b'\n');
    }
    out
}

/// Plants in what people and systems write: not in times, names of kinds and identifiers, without which
/// nothing would be read at all.
fn plant_in(value: &mut Value, text: &str) {
    match value {
        Value::Array(values) => values.iter_mut().for_each(|value| plant_in(value, text)),
        Value::Object(members) => members.values_mut().for_each(|value| plant_in(value, text)),
        Value::String(words) if words.contains(' ') && !words.starts_with(|c: char| c.is_ascii_digit()) => {
            words.push(' ');
            words.push_str(text);
        }
        _ => {}
    }
}
