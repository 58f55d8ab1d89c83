//! `duplicate-incident-id`: two postmortems with one ID.

use crate::lint::rule::rule;
use crate::lint::{Context, Findings};

rule! {
    /// Another postmortem of the library has the same incident ID.
    ///
    /// ## Why
    ///
    /// Every link to the ID leads to one of the two, and nobody knows to which. It happens when two branches
    /// take the next number at the same time.
    ///
    /// ## Source
    ///
    /// The template: "Incident ID", one for each copy of the file.
    ///
    /// ## Examples
    ///
    /// ```markdown bad
    /// ## Incident summary
    ///
    /// - **Incident ID**: INC-0007
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
    /// - **Incident ID**: INC-0003
    /// - **Severity**: Sev1
    /// - **Start time** (UTC): 2025-04-25 10:04
    /// - **End time** (UTC): 2025-04-25 11:33
    /// - **Duration**: 1h 29m
    /// - **Primary services impacted**: inventory, storefront
    /// - **Customer impact summary**: For 72 minutes most seat maps did not load.
    /// ```
    name: "duplicate-incident-id",
    group: Summary,
    levels: Wrong,
    check: check,
}

fn check(cx: &Context<'_>, out: &mut Findings) {
    let Some(span) = cx.incident_id() else { return };
    let id = cx.document.slice(span);
    let Some(other) = cx.library.other_with_id(id) else { return };
    out.report(
        span,
        format!("`{id}` is the ID of `{other}`, too"),
        "every link to it leads to one of the two, and nobody knows to which",
        "renumber the newer of the two",
    );
}
