//! `unresolved-conflict`: the marks that a merge of two branches left around what both had changed.

use crate::lint::rule::rule;
use crate::lint::{Context, Findings};

rule! {
    /// Two branches changed the same thing, git left both versions with marks around them, and nobody has chosen.
    ///
    /// Marks that are shown in code are left alone. As long as they stand, no command changes the document.
    ///
    /// ## Why
    ///
    /// Whoever reads the document reads two answers to one question, and fields and rows near the marks are read wrongly
    /// by every tool, this one included.
    ///
    /// ## Source
    ///
    /// git-merge(1), "How conflicts are presented".
    ///
    /// ## Examples
    ///
    /// ```markdown bad
    /// ## What went well
    ///
    /// <<<<<<< ours
    /// - The pager worked within a minute.
    /// =======
    /// - The pager worked within two minutes.
    /// >>>>>>> theirs
    /// ```
    ///
    /// ```markdown good
    /// ## What went well
    ///
    /// - The pager worked within two minutes.
    /// ```
    name: "unresolved-conflict",
    group: Hygiene,
    levels: Wrong,
    reads_foreign: true,
    check: check,
}

fn check(cx: &Context<'_>, out: &mut Findings) {
    if let Some(span) = cx.document.unresolved_conflict() {
        out.report(
            span,
            "a conflict of two branches is not resolved here",
            "both versions stand in the document, and what is near them is read wrongly",
            "keep one version or write a third, and take out the lines `<<<<<<<`, `=======` and `>>>>>>>`",
        );
    }
}
