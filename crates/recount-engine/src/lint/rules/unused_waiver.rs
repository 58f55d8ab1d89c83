//! `unused-waiver`: a waiver that silences nothing.

use crate::lint::rule::rule;
use crate::lint::{Context, Findings, nearest_rule, rule};

rule! {
    /// A waiver silences nothing: its rule found nothing there, or there is no such rule.
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
    for (span, name) in cx.unused_waivers() {
        let (message, help) = if rule(name).is_some() {
            (format!("the waiver of `{name}` silences nothing"), "remove it".to_owned())
        } else {
            let near = nearest_rule(name);
            let help = near.map_or("see `recount explain` for the rules".to_owned(), |near| format!("did you mean `{near}`?"));
            (format!("there is no rule `{name}` to waive"), help)
        };
        out.report(*span, message, "a waiver that outlives its reason hides the next real fault", help);
    }
}
