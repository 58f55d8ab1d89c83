//! `unreviewed-final`: a final postmortem that nobody is said to have reviewed.

use crate::document::{Span, Stage};
use crate::lint::rule::rule;
use crate::lint::{Context, Findings};

rule! {
    /// A final postmortem names no reviewer, or not the day on which it became final.
    ///
    /// ## Why
    ///
    /// A postmortem that nobody else has read has its author's blind spots. The day is what tells whether it
    /// came in time, and from when on it was not meant to change.
    ///
    /// ## Source
    ///
    /// Google, *Site Reliability Engineering* (2016), chapter 15, "Postmortem Culture: Learning from Failure":
    /// "no postmortem left unreviewed".
    ///
    /// ## Examples
    ///
    /// ```markdown bad
    /// ---
    /// stage: final
    /// finalized: 2025-05-02
    /// ---
    /// ```
    ///
    /// ```markdown good
    /// ---
    /// stage: final
    /// finalized: 2025-05-02
    /// reviewed-by: ["@priya"]
    /// ---
    /// ```
    name: "unreviewed-final",
    group: Process,
    levels: Unreviewed,
    check: check,
}

fn check(cx: &Context<'_>, out: &mut Findings) {
    let document = cx.document;
    let front_matter = document.front_matter();
    let span = front_matter
        .key_line(document.source(), "stage")
        .or_else(|| document.title().map(|title| title.span))
        .unwrap_or(Span::at(0));
    if !front_matter.reviewed_by.iter().any(|name| !name.trim().is_empty()) {
        out.report(
            front_matter.key_line(document.source(), "reviewed-by").unwrap_or(span),
            "nobody is named as reviewer",
            "what nobody else has read has its author's blind spots",
            "have it read, and name who did: `reviewed-by: [\"@ana\"]`",
        );
    }
    // A document that is only held to this stage was not finished on any day yet; one whose date cannot be
    // read hears so of `invalid-front-matter`.
    let is_stated = front_matter.key_line(document.source(), "finalized").is_some();
    let is_unreadable = is_stated && !front_matter.problems.is_empty();
    if document.stage() == Stage::Final && front_matter.finalized.is_none() && !is_unreadable {
        out.report(
            span,
            "the day on which it became final is missing",
            "it tells whether the postmortem came in time, and from when on it was not meant to change",
            "add the day, as `finalized: 2026-12-04`",
        );
    }
}
