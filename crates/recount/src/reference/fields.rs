//! `docs/reference/fields.md`: the template's sections and fields, from the engine's tables.

use std::fmt::Write as _;

use recount_engine::document::template::{FieldKind, Need, SectionId};

use super::{cell, heading};

const ABOUT: &str = "\
The fields of the template, by section. The name is what `recount set ID NAME VALUE` takes and what \
`recount show --format json` gives. Sections without fields hold a table or a list.";

pub(super) fn page() -> String {
    let mut out = heading("Fields", ABOUT);
    for section in SectionId::ALL {
        let _ = write!(out, "\n## {}\n\n", section.heading());
        if section.fields().next().is_none() {
            out.push_str("No fields.\n");
            continue;
        }
        out.push_str("| field | name | read as | may stay blank |\n|---|---|---|---|\n");
        for field in section.fields() {
            let inset = if field.group.is_some() { "– " } else { "" };
            let (name, kind) = match field.kind {
                FieldKind::Group => (String::new(), "heads the fields below it"),
                kind => (format!("`{}`", field.key), words(kind)),
            };
            let need = match (field.kind, field.need) {
                (FieldKind::Group, _) => "",
                (_, Need::Required) => "no",
                (_, Need::Optional) => "yes",
                (_, Need::OneOfGroup) => "if another of its group is filled",
            };
            let _ = writeln!(out, "| {inset}{} | {name} | {kind} | {need} |", cell(field.label));
        }
    }
    out
}

fn words(kind: FieldKind) -> &'static str {
    match kind {
        FieldKind::Text => "prose",
        FieldKind::Id => "incident ID",
        FieldKind::Severity => "`Sev0` to `Sev3`",
        FieldKind::Time => "time, `2026-11-20 14:02` UTC",
        FieldKind::Duration => "duration, `1h 23m`",
        FieldKind::Percentage => "percentage, `12 %`",
        FieldKind::YesNo => "yes or no, with details",
        FieldKind::List => "names, by comma or bullet",
        FieldKind::Group => "",
        FieldKind::Question => "bullets",
    }
}
