//! Waivers: which findings they silence, and which of them silence nothing.

use super::{Context, Findings, RULES};
use crate::document::{MarkKind, Span, Stage};

/// Drops the findings that a waiver covers; returns the rule names' places that did so.
pub(super) fn apply(context: &Context<'_>, findings: &mut Findings) -> Vec<Span> {
    let marks = context.document.marks();
    let mut used = Vec::new();
    if marks.is_empty() {
        return used;
    }
    findings.retain(|finding| {
        let mut covered = false;
        for mark in marks {
            let MarkKind::Allow { rules, scope, .. } = &mark.kind else { continue };
            if !scope.covers(finding.span) {
                continue;
            }
            for rule in rules {
                if context.document.slice(*rule) == finding.rule.name {
                    used.push(*rule);
                    covered = true;
                }
            }
        }
        !covered
    });
    used
}

/// Waivers that silenced nothing although their rule ran. A rule that the stage or the configuration
/// silences leaves its waivers alone.
pub(super) fn unused(context: &Context<'_>, used: &[Span], stage: Stage) -> Vec<(Span, String)> {
    let mut unused = Vec::new();
    for mark in context.document.marks() {
        let MarkKind::Allow { rules, .. } = &mark.kind else { continue };
        for span in rules.iter().filter(|span| !used.contains(span)) {
            let name = context.document.slice(*span);
            let index = RULES.iter().position(|rule| rule.name == name);
            let ran = index.is_none_or(|index| context.levels().of(index, stage).is_some());
            if ran {
                unused.push((*span, name.to_owned()));
            }
        }
    }
    unused
}
