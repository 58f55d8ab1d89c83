//! `no-contributing-factor`: nothing is said of what helped the incident to happen.

use crate::document::FieldState;
use crate::document::template::{FieldId, SectionId};
use crate::lint::rule::rule;
use crate::lint::{Context, Findings};

rule! {
    /// None of the five categories of contributing factors is filled.
    ///
    /// Factors without a category, as bullets or a sentence below the label, are factors as well.
    ///
    /// ## Why
    ///
    /// No incident has one cause. What made the trigger possible, the damage large and the help slow is
    /// where most of the action items come from; whoever writes only the root cause mends one link of
    /// the chain.
    ///
    /// ## Source
    ///
    /// R. I. Cook, *How Complex Systems Fail* (1998): catastrophe requires multiple failures, and each of
    /// them alone is insufficient.
    ///
    /// ## Examples
    ///
    /// ```markdown bad
    /// ## Root cause
    ///
    /// - **Direct trigger**: A deploy flushed the cache.
    /// - **Root cause** (systems explanation): Retries kept the load above what a cold cache serves.
    /// - **Contributing factors**:
    ///   - product / code
    ///   - config / deployments
    ///   - capacity
    ///   - process / oncall
    ///   - third party dependencies
    /// ```
    ///
    /// ```markdown bad
    /// ## Root cause
    ///
    /// - **Direct trigger**: A deploy flushed the cache.
    /// - **Root cause** (systems explanation): Retries kept the load above what a cold cache serves.
    /// ```
    ///
    /// ```markdown good
    /// ## Root cause
    ///
    /// - **Direct trigger**: A deploy flushed the cache.
    /// - **Contributing factors**:
    ///   - product / code
    ///   - capacity: What a cold cache can serve had not been measured.
    /// ```
    ///
    /// ```markdown good
    /// ## Root cause
    ///
    /// - **Direct trigger**: A deploy flushed the cache.
    /// - **Contributing factors**:
    ///   - Clients retried without a budget.
    /// ```
    name: "no-contributing-factor",
    group: Cause,
    levels: Missing,
    check: check,
}

fn check(cx: &Context<'_>, out: &mut Findings) {
    let document = cx.document;
    let Some(section) = document.section(SectionId::RootCause) else { return };
    let group = document.field(FieldId::ContributingFactors);
    // A stand-in such as `TBD` is another rule's.
    let is_said = |id| document.field(id).is_some_and(|field| field.state != FieldState::Blank);
    if is_said(FieldId::ContributingFactors)
        || FieldId::ContributingFactors.members().any(|def| is_said(def.id))
    {
        return;
    }
    out.report(
        group.map_or(section.heading, |field| field.label),
        "no contributing factor is named",
        "no incident has one cause, and most action items come from the others",
        "fill at least one category: what made the trigger possible, the damage large, or the help slow",
    );
}
