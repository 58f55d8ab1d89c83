//! `missing-section`: a section of the template that is not there.

use crate::document::Span;
use crate::document::template::SectionId;
use crate::lint::rule::rule;
use crate::lint::{Context, Findings, Fix};

rule! {
    /// A section of the template is not in the document.
    ///
    /// Where there is nothing to say, the section stays and says so: "None: …" with a reason is an answer.
    ///
    /// ## Why
    ///
    /// A reader cannot tell a question that was answered with "nothing" from one that nobody asked. The
    /// sections that are dropped first, luck and follow-up verification, are those that teach most.
    ///
    /// ## Source
    ///
    /// Google, *Site Reliability Engineering* (2016), appendix D, "Example Postmortem", which has a section
    /// even for where the team got lucky.
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
    /// - **Customer impact summary**: No seat map loaded in us-east for 20 minutes.
    /// ```
    ///
    /// ```markdown good
    /// ## Where we got lucky
    ///
    /// - None: every guard that held was built for this.
    /// ```
    name: "missing-section",
    group: Template,
    levels: Missing,
    check: check,
}

fn check(cx: &Context<'_>, out: &mut Findings) {
    let document = cx.document;
    let missing: Vec<SectionId> =
        SectionId::ALL.into_iter().filter(|id| document.section(*id).is_none()).collect();
    if missing.is_empty() {
        return;
    }
    // A section below a code fence that nobody closed is there: `unclosed-fence` says what hides it.
    let hidden = document.unclosed_fence().map_or_else(Vec::new, |fence| fence.sections);
    for id in missing.into_iter().filter(|id| !hidden.contains(id)) {
        let span = document
            .title()
            .map(|title| title.span)
            .or_else(|| document.sections().first().map(|section| section.heading))
            .unwrap_or(Span::at(0));
        let heading = id.heading();
        out.report_with_fix(
            span,
            format!("the section `{heading}` is missing"),
            "nobody can tell a question answered with nothing from one never asked",
            format!("add `## {heading}` as the template has it, and answer it"),
            || {
                let edits = document.add_section(id).ok()?;
                Some(Fix { title: format!("add the section `{heading}`"), edits })
            },
        );
    }
}
