//! `duplicate-section`: a section of the template that stands there twice.

use crate::document::template::normalize;
use crate::lint::rule::rule;
use crate::lint::{Context, Findings};

rule! {
    /// A section of the template stands in the document twice.
    ///
    /// Another word for a section (`References` beside `Appendices`) is a section of its own, and left alone.
    ///
    /// ## Why
    ///
    /// The first one counts: what is written into the second is in no list and no figure, and rules do not see
    /// it. Two branches that both added a section are the usual cause.
    ///
    /// ## Source
    ///
    /// The template: each of its sections stands there once.
    ///
    /// ## Examples
    ///
    /// ```markdown bad document
    /// # Seat maps did not load
    ///
    /// ## Incident summary
    ///
    /// - **Incident ID**: INC-0021
    /// - **Severity**: Sev2
    /// - **Start time** (UTC): 2026-03-02 10:00
    /// - **End time** (UTC): 2026-03-02 10:20
    /// - **Duration**: 20m
    /// - **Primary services impacted**: inventory
    ///
    /// ## Timeline
    ///
    /// ## Root cause
    ///
    /// ## Timeline
    /// ```
    ///
    /// ```markdown good
    /// ## Appendices
    ///
    /// - Links:
    ///   - incident doc: [notes](https://docs.kestrelrow.example/inc-0003)
    ///
    /// ## References
    ///
    /// - The paper on metastable failures that helped us to understand this one.
    /// ```
    name: "duplicate-section",
    group: Template,
    levels: Wrong,
    check: check,
}

fn check(cx: &Context<'_>, out: &mut Findings) {
    let document = cx.document;
    for (index, section) in document.sections().iter().enumerate() {
        let Some(id) = section.id else { continue };
        let Some(first) = document.sections()[..index].iter().find(|other| other.id == Some(id)) else {
            continue;
        };
        let name = document.slice(section.name);
        let first_name = document.slice(first.name);
        let normal = normalize(name);
        if normal != normalize(first_name) && normal != normalize(id.heading()) {
            continue;
        }
        let message = if name == first_name {
            format!("the section `{name}` stands here a second time")
        } else {
            format!("`{name}` is the section that `{first_name}` above is read as")
        };
        out.report(
            section.heading,
            message,
            "the first one counts, and nobody finds what the second one says",
            "move what it holds into the first one and remove this heading",
        );
    }
}
