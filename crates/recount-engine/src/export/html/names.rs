//! The `id` of what can be linked to in a rendered document. A document takes none that the page around it uses.

use std::collections::{HashMap, HashSet};

use crate::document::template::{FieldId, SectionId};
use crate::document::{Document, Section, markdown, plain_text};

/// The `id` of a section's heading: the words of the template's heading, `root-cause`.
pub fn section_anchor(id: SectionId) -> String {
    id.heading().chars().map(|ch| if ch == ' ' { '-' } else { ch.to_ascii_lowercase() }).collect()
}

/// The `id` of a field's list item.
pub fn field_anchor(id: FieldId) -> String {
    format!("field-{}", id.def().key)
}

/// The `id` of a row of the timeline, by its number.
pub fn row_anchor(number: usize) -> String {
    format!("row-{number}")
}

/// The `id` of an action item's row, by its number.
pub fn action_anchor(number: usize) -> String {
    format!("action-{number}")
}

/// The `id` of every heading, in order: a section of the template has its name, any other one a name that begins
/// with `s-`, so that a document takes no name that the page around it uses. And what links call them.
pub(super) fn ids(document: &Document) -> (Vec<String>, HashMap<String, usize>) {
    let anchors = document.anchors();
    let sections = document.sections();
    let mut known: HashSet<SectionId> = HashSet::new();
    let mut used: HashSet<String> = HashSet::new();
    let mut ids = Vec::with_capacity(anchors.headings().len());
    let mut called = HashMap::with_capacity(anchors.headings().len());
    let headings = document
        .markdown()
        .blocks
        .iter()
        .filter(|block| matches!(block.kind, markdown::BlockKind::Heading(_)));
    for (index, (block, anchor)) in headings.zip(anchors.headings()).enumerate() {
        let section = sections.binary_search_by_key(&block.span.start, |section| section.span.start);
        let section = section.ok().and_then(|at| sections[at].id).filter(|id| known.insert(*id));
        let id = section.map_or_else(|| format!("s-{}", short(anchor)), section_anchor);
        let mut unique = id.clone();
        let mut count = index;
        while !used.insert(unique.clone()) {
            count += 1;
            unique = format!("{id}-{count}");
        }
        ids.push(unique);
        called.entry(anchor.to_lowercase()).or_insert(index);
    }
    (ids, called)
}

/// Every section's heading, as it is written without its marks, with its `id`.
pub fn section_anchors(document: &Document) -> Vec<(String, Option<String>)> {
    let headings = document.markdown().blocks.iter();
    let headings = headings.filter(|block| matches!(block.kind, markdown::BlockKind::Heading(_)));
    let mut named: HashMap<u32, String> =
        headings.map(|block| block.span.start).zip(ids(document).0).collect();
    let anchored =
        |section: &Section| (plain_text(document.slice(section.name)), named.remove(&section.span.start));
    document.sections().iter().map(anchored).collect()
}

/// The beginning of a name that is longer than any is wanted.
fn short(anchor: &str) -> &str {
    anchor.char_indices().nth(80).map_or(anchor, |(end, _)| &anchor[..end])
}
