//! `waiver-without-reason`: a waiver that does not say why.

use crate::document::MarkKind;
use crate::document::template::is_stand_in;
use crate::lint::rule::rule;
use crate::lint::{Context, Findings};

rule! {
    /// A waiver gives no reason.
    ///
    /// It still silences its rules; this finding takes their place.
    ///
    /// ## Why
    ///
    /// The next reader has to find out again why the rule does not apply here, or trusts that somebody once
    /// knew.
    ///
    /// ## Source
    ///
    /// Clippy's `allow_attributes_without_reason`, the same rule for code.
    ///
    /// ## Examples
    ///
    /// ```markdown bad
    /// ## Where we got lucky
    ///
    /// <!-- recount: allow empty-field -->
    ///
    /// -
    /// ```
    ///
    /// ```markdown good
    /// ## Where we got lucky
    ///
    /// <!-- recount: allow empty-field: the review meeting of 2 May will fill this -->
    ///
    /// -
    /// ```
    name: "waiver-without-reason",
    group: Waivers,
    levels: Missing,
    reads_foreign: true,
    check: check,
}

fn check(cx: &Context<'_>, out: &mut Findings) {
    let document = cx.document;
    for mark in document.marks() {
        let MarkKind::Allow { rules, reason, .. } = &mark.kind else { continue };
        let is_reason = reason.is_some_and(|span| !is_stand_in(document.slice(span)));
        let (Some(first), false) = (rules.first(), is_reason) else { continue };
        let names = document.slice(rules.iter().fold(*first, |all, rule| all.to(*rule)));
        out.report(
            mark.span,
            format!("the waiver of `{names}` gives no reason"),
            "the next reader has to find out again why the rule does not apply here",
            format!("say why behind a colon: `allow {names}: the reason`"),
        );
    }
}
