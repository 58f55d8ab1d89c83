//! `unused-waiver`: a waiver that silences nothing.

use crate::document::MarkKind;
use crate::lint::rule::rule;
use crate::lint::{Context, Findings, nearest_rule, rule};

rule! {
    /// A waiver silences nothing: its rule found nothing there, there is no such rule, or it is no waiver.
    ///
    /// ## Why
    ///
    /// A waiver that outlives its reason hides the next real fault of the same kind.
    ///
    /// ## Source
    ///
    /// The same rule of compilers and linters: Rust's `unfulfilled_lint_expectations`.
    ///
    /// ## Examples
    ///
    /// ```markdown bad
    /// ## What went well
    ///
    /// - The rollback took four minutes <!-- recount: allow blaming-language: quoted -->
    /// ```
    ///
    /// ```markdown good
    /// ## What went well
    ///
    /// - The rollback took four minutes
    /// ```
    name: "unused-waiver",
    group: Waivers,
    levels: Advice,
    reads_foreign: true,
    check: check,
}

fn check(cx: &Context<'_>, out: &mut Findings) {
    unknown_marks(cx, out);
    for (span, name) in cx.unused_waivers() {
        let (message, help) = if rule(name).is_some() {
            (format!("the waiver of `{name}` silences nothing"), "remove it".to_owned())
        } else {
            let near = nearest_rule(name);
            let help = near.map_or("see `recount explain` for the rules".to_owned(), |near| {
                format!("did you mean `{near}`?")
            });
            (format!("there is no rule `{name}` to waive"), help)
        };
        out.report(*span, message, "a waiver that outlives its reason hides the next real fault", help);
    }
}

/// Comments that begin like ours and say nothing that we know: a waiver of no rule, a misspelt `allow`.
fn unknown_marks(cx: &Context<'_>, out: &mut Findings) {
    for mark in cx.document.marks() {
        let message = match &mark.kind {
            MarkKind::Unknown(said) => {
                let word = cx.document.slice(*said).split_whitespace().next().unwrap_or("");
                format!("`{word}` is nothing that a comment can ask of Recount")
            }
            MarkKind::Allow { rules, .. } if rules.is_empty() => "the waiver names no rule".to_owned(),
            _ => continue,
        };
        out.report(
            mark.span,
            message,
            "whoever wrote it believes that it silences something",
            "write it as `<!-- recount: allow RULE: the reason -->`, or remove it",
        );
    }
}
