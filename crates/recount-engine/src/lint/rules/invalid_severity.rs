//! `invalid-severity`: a severity that is none of the template's, or spelt otherwise.

use crate::document::edit::Edit;
use crate::document::template::FieldId;
use crate::document::value::priority::Priority;
use crate::document::value::severity::Severity;
use crate::document::{FieldState, Span};
use crate::lint::rule::rule;
use crate::lint::{Context, Findings, Fix};

rule! {
    /// The severity is none of `Sev0` to `Sev3`, or is spelt in another way.
    ///
    /// A remark may follow: `Sev1 (Sev2 until 10:40)`.
    ///
    /// ## Why
    ///
    /// The severity decides what is due when, and every figure is split by it. Where it cannot be read the
    /// incident is in no figure; where everybody spells it in another way, people cannot search for it.
    ///
    /// ## Source
    ///
    /// The template: "Sev0 / Sev1 / Sev2 / Sev3". PagerDuty, *Incident Response*, "Severity Levels": one scale
    /// that everybody shares.
    ///
    /// ## Examples
    ///
    /// ```markdown bad
    /// ## Incident summary
    ///
    /// - **Incident ID**: INC-0003
    /// - **Severity**: SEV-1
    /// - **Start time** (UTC): 2025-04-25 10:04
    /// - **End time** (UTC): 2025-04-25 11:33
    /// - **Duration**: 1h 29m
    /// - **Primary services impacted**: inventory, storefront
    /// - **Customer impact summary**: For 72 minutes most seat maps did not load.
    /// ```
    ///
    /// ```markdown bad
    /// ## Incident summary
    ///
    /// - **Incident ID**: INC-0003
    /// - **Severity**: critical
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
    /// - **Severity**: Sev1 (Sev2 until 10:40)
    /// - **Start time** (UTC): 2025-04-25 10:04
    /// - **End time** (UTC): 2025-04-25 11:33
    /// - **Duration**: 1h 29m
    /// - **Primary services impacted**: inventory, storefront
    /// - **Customer impact summary**: For 72 minutes most seat maps did not load.
    /// ```
    name: "invalid-severity",
    group: Summary,
    levels: Wrong,
    check: check,
}

const WHY: &str = "what is due when, and every figure, goes by the severity";

fn check(cx: &Context<'_>, out: &mut Findings) {
    let document = cx.document;
    let Some(field) = document.field(FieldId::Severity).filter(|field| field.state == FieldState::Filled)
    else {
        return;
    };
    let span = if field.value.is_empty() { field.body } else { field.value };
    let text = document.slice(span);
    match Severity::parse(text) {
        Some((_, true)) => {}
        Some((severity, false)) => {
            let lead = text.len() - text.trim_start_matches(['*', '_', '`', ' ']).len();
            if text[lead..].starts_with(severity.as_str()) {
                return;
            }
            // It was read up to its digit; what follows is a remark, and stays.
            let Some(digit) = text.find(|ch: char| ch.is_ascii_digit()) else { return };
            let start = span.start as usize;
            let graded = Span::new(start + lead, start + digit + 1);
            out.report_with_fix(
                graded,
                format!("`{}` is not how the template writes a severity", document.slice(graded)),
                "people search for the severity as the template writes it",
                format!("write `{severity}`"),
                || {
                    let edits = vec![Edit::replace(graded, severity.as_str())];
                    Some(Fix { title: format!("write `{severity}`"), edits })
                },
            );
        }
        None => {
            let shown = text.lines().next().unwrap_or("");
            let message = if Priority::parse(text).is_some() {
                format!("`{shown}` is a priority, not a severity")
            } else {
                format!("`{shown}` is not a severity")
            };
            out.report(span, message, WHY, "write `Sev0`, `Sev1`, `Sev2` or `Sev3`");
        }
    }
}
