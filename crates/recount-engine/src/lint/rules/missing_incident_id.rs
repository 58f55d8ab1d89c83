//! `missing-incident-id`: no incident ID, or one that is not of the library's pattern.

use jiff::civil::date;

use crate::document::edit::Edit;
use crate::document::template::{FieldId, SectionId};
use crate::lint::rule::rule;
use crate::lint::{Context, Findings, Fix};

rule! {
    /// The incident has no ID, or one that is not of the library's pattern.
    ///
    /// ## Why
    ///
    /// Chats, tickets and later incidents point to a postmortem by its ID. An ID in a form of its own is found
    /// by nobody who searches for the usual one, and does not count when the next ID is taken.
    ///
    /// ## Source
    ///
    /// The template: "Incident ID" is the first field. NIST SP 800-61, revision 2, section 3.2.5: incidents
    /// are recorded in a system that can follow each of them.
    ///
    /// ## Examples
    ///
    /// ```markdown bad
    /// ## Incident summary
    ///
    /// - **Incident ID**:
    /// - **Severity**: Sev1
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
    /// - **Incident ID**: [INC-0003](https://status.kestrelrow.example/incidents/inc-0003)
    /// - **Severity**: Sev1
    /// - **Start time** (UTC): 2025-04-25 10:04
    /// - **End time** (UTC): 2025-04-25 11:33
    /// - **Duration**: 1h 29m
    /// - **Primary services impacted**: inventory, storefront
    /// - **Customer impact summary**: For 72 minutes most seat maps did not load.
    /// ```
    name: "missing-incident-id",
    group: Summary,
    levels: Missing,
    check: check,
}

const WHY: &str = "chats, tickets and later incidents point to a postmortem by its ID";

fn check(cx: &Context<'_>, out: &mut Findings) {
    let document = cx.document;
    let pattern = &cx.config.library.id;
    let Some(span) = cx.incident_id() else {
        let Some(section) = document.section(SectionId::IncidentSummary) else { return };
        let field = document.field(FieldId::IncidentId);
        let span = field.map_or(section.heading, |field| field.label);
        let help = format!("write the next ID of the library, such as `{}`", example(cx));
        out.report_with_fix(span, "the incident has no ID", WHY, help, || {
            let edits = field.is_none().then(|| document.add_field(FieldId::IncidentId).ok())??;
            Some(Fix { title: "add the field `Incident ID`".to_owned(), edits })
        });
        return;
    };
    let id = document.slice(span);
    if pattern.matches(id) {
        return;
    }
    out.report_with_fix(
        span,
        format!("`{id}` is not of the pattern `{}`", pattern.as_str()),
        WHY,
        match pattern.id_in(id) {
            Some(own) => format!(
                "write `{own}` alone; IDs in other systems belong to `incident-ids` in the front matter"
            ),
            None => format!("write it like `{}`, or change `library.id` in `recount.toml`", example(cx)),
        },
        || {
            let upper = Some(id.to_uppercase()).filter(|upper| pattern.matches(upper))?;
            Some(Fix { title: format!("write `{upper}`"), edits: vec![Edit::replace(span, upper)] })
        },
    );
}

fn example(cx: &Context<'_>) -> String {
    cx.config.library.id.render(42, date(2026, 11, 20), "seat-maps-frozen")
}
