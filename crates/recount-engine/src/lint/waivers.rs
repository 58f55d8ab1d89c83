//! Waivers: which findings they silence, and which of them silence nothing.

use std::collections::HashMap;

use super::{Context, Findings, RULES};
use crate::document::{Mark, MarkKind, Scope, Span};

/// Drops the findings that a waiver covers; returns the rule names' places that did so, in their order.
pub(super) fn apply(context: &Context<'_>, findings: &mut Findings) -> Vec<Span> {
    let document = context.document;
    let waivers: Vec<(Span, Span)> = document.marks().iter().flat_map(waived).collect();
    if waivers.is_empty() {
        return Vec::new();
    }
    // Where each rule is silenced, without overlaps: a document may hold a waiver per finding.
    let mut silent: HashMap<&str, Vec<Span>> = HashMap::new();
    for (rule, scope) in &waivers {
        silent.entry(document.slice(*rule)).or_default().push(*scope);
    }
    for scopes in silent.values_mut() {
        scopes.sort();
        scopes.dedup_by(|next, last| {
            let joins = next.start <= last.end;
            if joins {
                last.end = last.end.max(next.end);
            }
            joins
        });
    }
    let mut silenced: HashMap<&str, Vec<u32>> = HashMap::new();
    findings.retain(|finding| {
        let (name, start) = (finding.rule.name, finding.span.start);
        let covered = silent.get(name).is_some_and(|scopes| {
            let after = scopes.partition_point(|scope| scope.start <= start);
            after > 0 && start <= scopes[after - 1].end
        });
        if covered {
            silenced.entry(name).or_default().push(start);
        }
        !covered
    });
    for starts in silenced.values_mut() {
        starts.sort_unstable();
    }
    let is_used = |(rule, scope): &(Span, Span)| {
        silenced.get(document.slice(*rule)).is_some_and(|starts| {
            let at = starts.partition_point(|start| *start < scope.start);
            starts.get(at).is_some_and(|start| *start <= scope.end)
        })
    };
    waivers.iter().filter(|waiver| is_used(waiver)).map(|(rule, _)| *rule).collect()
}

/// The rules' names in a waiver, each with the bytes in which it is silenced, the last one included.
fn waived(mark: &Mark) -> impl Iterator<Item = (Span, Span)> {
    let (rules, scope) = match &mark.kind {
        MarkKind::Allow { rules, scope: Scope::Block(scope) | Scope::Section(scope), .. } => {
            (rules.as_slice(), *scope)
        }
        _ => (&[][..], Span::default()),
    };
    rules.iter().map(move |rule| (*rule, scope))
}

/// Waivers that silenced nothing although their rule ran. A rule that the stage, the configuration or whoever checks
/// silences leaves its waivers alone.
pub(super) fn unused(
    context: &Context<'_>,
    used: &[Span],
    has_run: impl Fn(usize) -> bool,
) -> Vec<(Span, String)> {
    let mut unused = Vec::new();
    for mark in context.document.marks() {
        let MarkKind::Allow { rules, .. } = &mark.kind else { continue };
        for span in rules.iter().filter(|span| used.binary_search(span).is_err()) {
            let name = context.document.slice(*span);
            let index = RULES.iter().position(|rule| rule.name == name);
            if index.is_none_or(&has_run) {
                unused.push((*span, name.to_owned()));
            }
        }
    }
    unused
}
