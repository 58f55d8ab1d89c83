//! `end-before-start`: an incident that ends before it begins.

use crate::document::FieldState;
use crate::document::template::FieldId;
use crate::document::value::time::canonical;
use crate::lint::rule::rule;
use crate::lint::{Context, Findings};

rule! {
    /// The end of the incident lies before its start.
    ///
    /// ## Why
    ///
    /// One of the two is wrong, mostly by a day or a zone, and with it every duration that is computed.
    ///
    /// ## Source
    ///
    /// The template: "Start time", "End time" and, from the two, "Duration".
    ///
    /// ## Examples
    ///
    /// ```markdown bad
    /// ## Incident summary
    ///
    /// - **Incident ID**: INC-0003
    /// - **Severity**: Sev1
    /// - **Start time** (UTC): 2025-04-25 23:04
    /// - **End time** (UTC): 2025-04-25 00:33
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
    /// - **Start time** (UTC): 2025-04-25 23:04
    /// - **End time** (UTC): 2025-04-26 00:33
    /// - **Duration**: 1h 29m
    /// - **Primary services impacted**: inventory, storefront
    /// - **Customer impact summary**: For 72 minutes most seat maps did not load.
    /// ```
    name: "end-before-start",
    group: Arithmetic,
    levels: Wrong,
    check: check,
}

fn check(cx: &Context<'_>, out: &mut Findings) {
    let document = cx.document;
    let (Some(started), Some(ended)) = (cx.started(), cx.ended()) else { return };
    if ended >= started {
        return;
    }
    // Between two rows of the timeline it is the order of milestones that is wrong.
    let is_filled = |id| document.field(id).filter(|field| field.state == FieldState::Filled);
    let Some(field) = is_filled(FieldId::EndTime).or_else(|| is_filled(FieldId::StartTime)) else { return };
    out.report(
        field.value,
        format!("the end `{}` is before the start `{}`", canonical(ended, false), canonical(started, false)),
        "every figure that is computed from the two is wrong",
        "correct the one that is wrong; it is mostly the day, or a time zone",
    );
}
