//! The law of adoption, as a function that panics where it is broken: no word is lost, the result is in the
//! template, formatting it is no surprise. What does not live here: where the documents come from.

use std::collections::BTreeMap;

use recount_engine::adopt::{Adoption, Options, Original, Reading};
use recount_engine::document::template::{COPY_SENTENCE, SectionId, TEMPLATE};
use recount_engine::document::{Document, format};

/// The template as `recount adopt` gets it.
pub(crate) fn blank() -> Document {
    let text = TEMPLATE.replacen(&format!("{COPY_SENTENCE}\n\n"), "", 1);
    Document::parse(text.as_bytes())
}

/// Adopts a document and holds the result to the law.
pub(crate) fn adopting(bytes: &[u8], options: &Options) -> Adoption {
    let reading = Reading::new(bytes, options);
    let original = Original { name: "original.md".to_owned(), link: "x.evidence/original.md".to_owned() };
    let adoption = reading.adopt(&blank(), &original);
    let source = Document::parse(bytes);
    let lost = missing(source.text(), adoption.document.text());
    assert!(lost.is_empty(), "words are lost: {lost:?}\n{}", adoption.document.text());
    for id in SectionId::ALL {
        assert!(adoption.document.section(id).is_some(), "{id:?} is gone:\n{}", adoption.document.text());
    }
    let length = source.text().len();
    for placement in &adoption.placements {
        assert!(
            placement.from.start <= placement.from.end && placement.from.end as usize <= length,
            "{placement:?}"
        );
    }
    assert!(adoption.unplaced <= adoption.words && adoption.instants <= adoption.entries);
    let once = format::format(&adoption.document).bytes;
    let twice = format::format(&Document::parse(&once)).bytes;
    assert!(once == twice, "formatting the result does not settle");
    adoption
}

/// Words that `source` has more often than `result`: runs of letters and digits, but for the numbers and
/// boxes of list items, and line breaks as tags. Counted here on its own, and not by the engine.
pub(crate) fn missing(source: &str, result: &str) -> BTreeMap<String, usize> {
    let mut counts: BTreeMap<String, isize> = BTreeMap::new();
    for (text, step) in [(source, 1), (result, -1)] {
        let text = text.replace("<br>", " ").replace("<br/>", " ").replace("<br />", " ");
        for line in text.split(['\n', '\r']) {
            for word in
                without_marker(line).split(|ch: char| !ch.is_alphanumeric()).filter(|word| !word.is_empty())
            {
                *counts.entry(word.to_owned()).or_insert(0) += step;
            }
        }
    }
    counts
        .into_iter()
        .filter_map(|(word, count)| Some((word, usize::try_from(count).ok()?)))
        .filter(|(_, count)| *count > 0)
        .collect()
}

fn without_marker(line: &str) -> &str {
    let mut rest = line;
    let mut is_item = false;
    loop {
        rest = rest.trim_start_matches([' ', '\t', '>']);
        if is_item && ["[ ]", "[x]", "[X]"].iter().any(|mark| rest.starts_with(mark)) {
            return &rest[3..];
        }
        let digits = rest.len() - rest.trim_start_matches(|ch: char| ch.is_ascii_digit()).len();
        let length = match rest[digits..].chars().next() {
            Some('-' | '*' | '+') if digits == 0 => 1,
            Some('.' | ')') if (1..=9).contains(&digits) => digits + 1,
            _ => return rest,
        };
        let after = &rest[length..];
        if !(after.starts_with([' ', '\t']) || after.is_empty() && digits > 0) {
            return rest;
        }
        is_item = true;
        rest = after;
    }
}
