//! `vague-action`: an action item that nobody could say is done.

use crate::lint::action_text;
use crate::lint::prose::{self, Words, is_any};
use crate::lint::rule::rule;
use crate::lint::{Context, Findings};

rule! {
    /// An action item is a wish without an object: improve monitoring, communicate better.
    ///
    /// ## Why
    ///
    /// Nobody can say when it is done, so it is either never done or done on the first day. A number, a
    /// metric, a file, a service or a ticket makes it a task.
    ///
    /// ## Source
    ///
    /// Beyer et al., *Site Reliability Engineering* (2016), chapter 15, and the *Site Reliability Workbook*
    /// (2018), chapter 10, on vague action items; the template: "Action items must be specific, owned, and
    /// dated."
    ///
    /// ## Examples
    ///
    /// ```markdown bad
    /// ## Action items
    ///
    /// | Priority | Action item | Owner | Due date | Status | Verification plan |
    /// |---:|---|---|---|---|---|
    /// | P1 | Improve our monitoring | @ana | 2025-05-20 | Open | The dashboard shows it |
    /// ```
    ///
    /// ```markdown good
    /// ## Action items
    ///
    /// | Priority | Action item | Owner | Due date | Status | Verification plan |
    /// |---:|---|---|---|---|---|
    /// | P1 | Page when the seat map hit rate is under 90% for 5 minutes | @ana | 2025-05-20 | Open | The alert fires in staging |
    /// ```
    name: "vague-action",
    group: ActionQuality,
    levels: Advice,
    reads_foreign: true,
    check: check,
}

/// What may stand before.
const LEADS: Words =
    Words::new(&["we", "should", "need", "must", "have", "please", "try", "to", "start", "will", "maybe"]);

/// What a wish begins with.
const WISHES: Words = Words::new(&[
    "add",
    "adding",
    "address",
    "be",
    "better",
    "clarify",
    "clean",
    "communicate",
    "coordinate",
    "create",
    "do",
    "document",
    "enhance",
    "enhancing",
    "ensure",
    "expand",
    "extend",
    "fix",
    "fixing",
    "handle",
    "harden",
    "have",
    "improve",
    "improved",
    "improving",
    "increase",
    "increasing",
    "make",
    "monitor",
    "more",
    "optimise",
    "optimising",
    "optimize",
    "optimizing",
    "refine",
    "resolve",
    "review",
    "revisit",
    "rework",
    "strengthen",
    "test",
    "tighten",
    "update",
    "updating",
]);

/// What wishes are about: everything and nothing.
const GENERAL: Words = Words::new(&[
    "alert",
    "alerting",
    "alerts",
    "architecture",
    "automation",
    "availability",
    "awareness",
    "bottleneck",
    "bug",
    "bugs",
    "cause",
    "changes",
    "code",
    "communication",
    "communications",
    "coordination",
    "coverage",
    "deployment",
    "deployments",
    "docs",
    "documentation",
    "error",
    "errors",
    "handling",
    "incident",
    "infrastructure",
    "issue",
    "issues",
    "it",
    "knowledge",
    "logging",
    "logs",
    "metrics",
    "monitoring",
    "observability",
    "performance",
    "problem",
    "problems",
    "procedure",
    "procedures",
    "process",
    "processes",
    "quality",
    "redundancy",
    "reliability",
    "resilience",
    "resiliency",
    "response",
    "robust",
    "robustness",
    "root",
    "runbook",
    "runbooks",
    "scalability",
    "security",
    "service",
    "services",
    "situation",
    "stability",
    "system",
    "systems",
    "team",
    "teams",
    "test",
    "testing",
    "tests",
    "things",
    "tooling",
    "training",
    "visibility",
]);

/// What may stand between.
const FILLERS: Words = Words::new(&[
    "a",
    "about",
    "across",
    "additional",
    "all",
    "also",
    "an",
    "and",
    "around",
    "as",
    "be",
    "better",
    "between",
    "earlier",
    "even",
    "every",
    "faster",
    "for",
    "further",
    "future",
    "general",
    "generally",
    "good",
    "here",
    "in",
    "informed",
    "internal",
    "into",
    "kind",
    "kinds",
    "like",
    "more",
    "much",
    "next",
    "notified",
    "of",
    "on",
    "or",
    "our",
    "overall",
    "possible",
    "potential",
    "proper",
    "properly",
    "should",
    "some",
    "such",
    "sure",
    "that",
    "the",
    "their",
    "this",
    "those",
    "to",
    "up",
    "we",
    "with",
]);

fn check(cx: &Context<'_>, out: &mut Findings) {
    for statement in cx.action_statements() {
        let text = cx.document.slice(statement.span);
        if text.len() > 120
            || !is_wish(text, statement.item.is_some())
            || action_text::has_detail(cx, statement.span)
        {
            continue;
        }
        // A line that ends with a colon heads what follows.
        if text.ends_with(':') || action_text::is_ticked(cx, statement.span) {
            continue;
        }
        out.report(
            statement.span,
            format!("`{}` could be anything", action_text::action_head(text)),
            "nobody can say when it is done",
            "name the change: which metric, file, service or step, and to what value",
        );
    }
}

/// Whether the whole item is a wish, general words and what holds them together.
fn is_wish(text: &str, is_row: bool) -> bool {
    let mut words = prose::words(action_text::action_head(text)).skip_while(|word| LEADS.hold(word));
    let Some(first) = words.next() else { return false };
    // `Alerting`, alone in its cell, wishes for all of it; elsewhere it may be a heading.
    let names_a_field = is_row && GENERAL.hold(first);
    if !WISHES.hold(first) && !names_a_field {
        return false;
    }
    let mut general = usize::from(names_a_field);
    let mut rest = 0;
    for word in words {
        rest += 1;
        if names_a_field && rest > 1 {
            return false;
        }
        if GENERAL.hold(word) {
            general += 1;
        } else if !FILLERS.hold(word) && !WISHES.hold(word) {
            return false;
        }
    }
    let is_alone = is_any(first, &["communicate", "coordinate"]);
    // A second line is where the detail stands.
    (general > 0 || is_alone) && text.trim().lines().count() == 1
}
