//! Labelled facts: `- **Severity**: Sev1`, `Status page: …`, a table of labels and values. What does not
//! live here: the fields' own reading, and which labels are known (`headings`).

use super::headings::{self, Fact};
use super::outline::Outline;
use super::table::ForeignTable;
use crate::document::Span;
use crate::document::markdown::BlockKind;

/// What a block states, and what of it states nothing.
#[derive(Debug, Default)]
pub(super) struct Stated {
    /// Each fact with its label and its value.
    pub(super) facts: Vec<(Fact, Span, Span)>,
    /// Items and lines that are no facts, as they stand.
    pub(super) rest: Vec<Span>,
    /// Headers that say only that labels and values follow.
    pub(super) said: Vec<Span>,
    /// Labels that are not known, with their values, in a table where others are.
    pub(super) pairs: Vec<(Span, Span)>,
}

/// Reads a block; none where it states nothing that is known.
pub(super) fn read(outline: &Outline, index: usize) -> Option<Stated> {
    let mut stated = Stated::default();
    match outline.block(index).kind {
        BlockKind::List => list(outline, index, &mut stated),
        BlockKind::Paragraph => paragraph(outline, outline.block(index).content, &mut stated),
        BlockKind::Table => table(outline, index, &mut stated)?,
        _ => return None,
    }
    (!stated.facts.is_empty()).then_some(stated)
}

fn list(outline: &Outline, index: usize, stated: &mut Stated) {
    for (item, _) in outline.markdown.children(index) {
        let children: Vec<usize> = outline.markdown.children(item).map(|(child, _)| child).collect();
        let fact = match children[..] {
            [only] if outline.block(only).kind == BlockKind::Paragraph => {
                labelled(outline, outline.block(only).content)
            }
            _ => None,
        };
        match fact {
            Some(fact) => stated.facts.push(fact),
            None => stated.rest.push(outline.source_of(item)),
        }
    }
}

/// Each line may be a fact; of a paragraph that goes on in prose none is.
fn paragraph(outline: &Outline, content: Span, stated: &mut Stated) {
    let mut at = content.start as usize;
    for line in outline.slice(content).split('\n') {
        let span = Span::new(at, at + line.len());
        at += line.len() + 1;
        match labelled(outline, span) {
            Some(fact) => stated.facts.push(fact),
            None if looks_labelled(line) => stated.rest.push(span),
            None => {
                stated.facts.clear();
                return;
            }
        }
    }
}

fn looks_labelled(line: &str) -> bool {
    line.split_once(':').is_some_and(|(label, _)| {
        !label.is_empty() && label.len() <= 40 && label.split_whitespace().count() <= 4
    })
}

/// A table of labels and values side by side, its header a row like the others or nothing but a header.
fn table(outline: &Outline, index: usize, stated: &mut Stated) -> Option<()> {
    let table = ForeignTable::read(outline, index)?;
    if !matches!(table.header.len(), 2 | 4) {
        return None;
    }
    let is_known = |pair: &[Span]| headings::fact(outline.slice(pair[0])).is_some();
    let header_is_row = table.header.chunks_exact(2).any(|pair| is_known(pair) && !pair[1].is_empty());
    let header = if header_is_row { &table.header[..] } else { &[] };
    let mut unpaired = Vec::new();
    for cells in std::iter::once(header).chain(table.rows.iter().map(|(_, cells)| cells.as_slice())) {
        let (pairs, rest) = cells.as_chunks::<2>();
        unpaired.extend(rest.iter().copied().filter(|cell| !cell.is_empty()));
        for [label, value] in pairs {
            match headings::fact(outline.slice(*label)).filter(|_| !value.is_empty()) {
                Some(fact) => stated.facts.push((fact, *label, *value)),
                None if label.is_empty() && value.is_empty() => {}
                None => stated.pairs.push((*label, *value)),
            }
        }
    }
    if !header_is_row {
        stated.said.extend(table.header.iter().copied().filter(|cell| !cell.is_empty()));
    }
    // One label that happens to be known makes no table of facts.
    (stated.facts.len() >= 2 && stated.facts.len() >= stated.pairs.len() && unpaired.is_empty()).then_some(())
}

/// `**Label**: value` on one line.
fn labelled(outline: &Outline, span: Span) -> Option<(Fact, Span, Span)> {
    let text = outline.slice(span);
    let colon = text.find(':').filter(|at| *at <= 60)?;
    let fact = headings::fact(&text[..colon])?;
    let after = text[colon + 1..].trim_start_matches(['*', '_', ' ', '\t']);
    let value = after.trim_end().trim_end_matches('\\').trim_end();
    if value.is_empty() {
        return None;
    }
    let from = span.end as usize - after.len();
    let label = Span::new(span.start as usize, span.start as usize + colon);
    Some((fact, label, Span::new(from, from + value.len())))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::document::template::FieldId;

    /// Facts with their values, and what is left.
    type Found = (Vec<(Fact, String)>, Vec<String>);

    fn facts(text: &str) -> Option<Found> {
        let outline = Outline::read(text.as_bytes());
        let stated = read(&outline, outline.parts[0].blocks[0])?;
        let facts =
            stated.facts.iter().map(|(fact, _, value)| (*fact, outline.slice(*value).to_owned())).collect();
        Some((facts, stated.rest.iter().map(|span| outline.slice(*span).to_owned()).collect()))
    }

    #[test]
    fn facts_are_found_in_lists_lines_and_tables() {
        let severity = |value: &str| (Fact::Field(FieldId::Severity), value.to_owned());
        let date = |value: &str| (Fact::Date, value.to_owned());
        for (text, expected, rest) in [
            (
                "- **Severity**: Sev1\n- **Authors**: Ana\n",
                vec![severity("Sev1")],
                vec!["- **Authors**: Ana"],
            ),
            ("**Severity:** Sev1  \nOwner: Ana\n", vec![severity("Sev1")], vec!["Owner: Ana"]),
            (
                "| Field | Value |\n|---|---|\n| Severity | Sev1 |\n| Date | 2026-03-02 |\n",
                vec![severity("Sev1"), date("2026-03-02")],
                vec![],
            ),
        ] {
            let rest = rest.into_iter().map(str::to_owned).collect();
            assert_eq!(facts(text), Some((expected, rest)), "{text}");
        }
        for text in [
            "Date: we do not know.\nIt went on.",
            "| a | b | c |\n|---|---|---|\n| Severity | 1 | 2 |",
            "- Severity:\n",
        ] {
            assert_eq!(facts(text), None, "{text}");
        }
    }
}
