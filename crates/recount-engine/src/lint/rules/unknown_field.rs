//! `unknown-field`: a labelled item that the template does not know.

use crate::config::nearest;
use crate::document::UnknownField;
use crate::document::edit::Edit;
use crate::document::template::{FIELDS, FieldDef};
use crate::lint::rule::rule;
use crate::lint::{Context, Findings, Fix};

rule! {
    /// A bold label in a section of the template is none of its fields.
    ///
    /// ## Why
    ///
    /// What stands behind a misspelt label is read by people only: the field it was meant for counts as blank,
    /// and figures leave the incident out.
    ///
    /// ## Source
    ///
    /// The template: its labels are the names of the facts.
    ///
    /// ## Examples
    ///
    /// ```markdown bad
    /// ## Incident summary
    ///
    /// - **Incident ID**: INC-0003
    /// - **Severty**: Sev1
    /// - **Start time** (UTC): 2025-04-25 10:04
    /// - **End time** (UTC): 2025-04-25 11:33
    /// - **Duration**: 1h 29m
    /// - **Primary services impacted**: inventory, storefront
    /// - **Customer impact summary**: For 72 minutes most seat maps did not load.
    /// ```
    ///
    /// ```markdown good
    /// ## Incident summary
    ///
    /// - **Incident ID**: INC-0003
    /// - **Severity**: Sev1
    /// - **Start time** (UTC): 2025-04-25 10:04
    /// - **End time** (UTC): 2025-04-25 11:33
    /// - **Duration**: 1h 29m
    /// - **Primary services impacted**: inventory, storefront
    /// - **Customer impact summary**: For 72 minutes most seat maps did not load.
    /// ```
    name: "unknown-field",
    group: Template,
    levels: Advice,
    check: check,
}

fn check(cx: &Context<'_>, out: &mut Findings) {
    for field in cx.document.unknown_fields() {
        let label = cx.document.slice(field.label);
        let (help, meant) = advice(cx, field, label);
        out.report_with_fix(
            field.label,
            format!("`{label}` is no field of `{}`", field.section.heading()),
            "what stands behind a label that nobody knows is in no list and no figure",
            help,
            || {
                let near = meant?;
                Some(Fix {
                    title: format!("call it `{near}`"),
                    edits: vec![Edit::replace(field.label, near)],
                })
            },
        );
    }
}

/// What to do, and the label that is certainly meant.
fn advice(cx: &Context<'_>, field: &UnknownField, label: &str) -> (String, Option<&'static str>) {
    let same = |def: &&FieldDef| def.label.eq_ignore_ascii_case(label);
    if let Some(def) = FIELDS.iter().find(same) {
        return (format!("move it to the section `{}`", def.section.heading()), None);
    }
    let Some(near) = nearest(label, field.section.fields().map(|def| def.label)) else {
        return ("write it as prose, or in the field that it belongs to".to_owned(), None);
    };
    // A slip of the pen whose field is missing can only mean that field.
    let is_slip = strsim::damerau_levenshtein(&label.to_lowercase(), &near.to_lowercase()) <= 2;
    let is_missing = |def: &&FieldDef| def.label == near && cx.document.field(def.id).is_none();
    let is_certain = is_slip && field.section.fields().any(|def| is_missing(&def));
    (format!("did you mean `{near}`?"), is_certain.then_some(near))
}
