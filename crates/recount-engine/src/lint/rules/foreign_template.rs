//! `foreign-template`: a postmortem that was written in another template.

use crate::document::Span;
use crate::lint::rule::rule;
use crate::lint::{Context, Findings};

rule! {
    /// The document is a postmortem in another template.
    ///
    /// One finding stands for the whole document: no other rule of the template speaks while it is not.
    ///
    /// ## Why
    ///
    /// Fields that stand elsewhere, or under other names, are in no list, figure or reminder of the library.
    ///
    /// ## Source
    ///
    /// The template: "Copy this file for each incident postmortem."
    ///
    /// ## Examples
    ///
    /// ```markdown bad document
    /// # Database failover on 3 May
    ///
    /// **Authors:** Ana Ribeiro
    ///
    /// ## What happened
    ///
    /// The primary's disk failed at 10:02 and the replica took over after four minutes.
    ///
    /// ## Lessons learned
    ///
    /// - Failover is slower than we had written down.
    /// ```
    ///
    /// ```markdown good
    /// # Database failover took four minutes
    /// ```
    name: "foreign-template",
    group: Template,
    levels: Missing,
    reads_foreign: true,
    check: check,
}

fn check(cx: &Context<'_>, out: &mut Findings) {
    if !cx.is_foreign() {
        return;
    }
    let document = cx.document;
    let span = document.title().map_or_else(|| first_line(document.text()), |title| title.span);
    out.report(
        span,
        "this document is not in the postmortem template",
        "its facts are in no list, figure or reminder of the library",
        "`recount adopt FILE` makes a postmortem in the template of it, and loses no word",
    );
}

/// The first line that holds something, front matter included.
fn first_line(text: &str) -> Span {
    let start = text.len() - text.trim_start_matches('\u{feff}').trim_start().len();
    let line = text[start..].lines().next().unwrap_or("").trim_end();
    Span::new(start, start + line.len())
}
