//! `no-preventive-action`: every action item watches or writes, none prevents.

use crate::document::template::SectionId;
use crate::lint::action_text;
use crate::lint::prose::{self, Words};
use crate::lint::rule::rule;
use crate::lint::{Context, Findings};

rule! {
    /// Every action item detects or documents; none prevents the incident or makes it smaller.
    ///
    /// ## Why
    ///
    /// An alert tells sooner of the same incident. If nothing takes away its cause or limits its reach, it
    /// will be told again.
    ///
    /// ## Source
    ///
    /// *Site Reliability Workbook* (2018), chapter 10, "Postmortem Culture: Learning from Failure": a
    /// postmortem has items that prevent and items that mitigate; the template: "prevents recurrence of
    /// Sev0/Sev1 or reduces blast radius dramatically".
    ///
    /// ## Examples
    ///
    /// ```markdown bad
    /// ## Action items
    ///
    /// | Priority | Action item | Owner | Due date | Status | Verification plan |
    /// |---:|---|---|---|---|---|
    /// | P0 | Alert when the certificate has less than 14 days | @ana | 2025-05-08 | Open | The alert fires in staging |
    /// | P1 | Document how a certificate is replaced | @sam | 2025-05-20 | Open | Somebody new follows the page |
    /// ```
    ///
    /// ```markdown good
    /// ## Action items
    ///
    /// | Priority | Action item | Owner | Due date | Status | Verification plan |
    /// |---:|---|---|---|---|---|
    /// | P0 | Renew the certificate by a job every week | @ana | 2025-05-08 | Open | The job has renewed it once |
    /// | P1 | Document how a certificate is replaced | @sam | 2025-05-20 | Open | Somebody new follows the page |
    /// ```
    name: "no-preventive-action",
    group: ActionQuality,
    levels: Note,
    reads_foreign: true,
    check: check,
}

fn check(cx: &Context<'_>, out: &mut Findings) {
    let statements = cx.action_statements();
    // One item is often the first of several; two that only watch are a plan.
    if statements.len() < 2
        || !statements.iter().all(|statement| only_watches(cx.document.slice(statement.span)))
    {
        return;
    }
    let Some(section) = cx.document.section(SectionId::ActionItems) else { return };
    out.report(
        section.heading,
        "every action item detects or documents, none prevents",
        "an alert tells sooner of the same incident, it does not take away its cause",
        "add an item that takes away the cause or limits its reach",
    );
}

/// Whether an item begins with watching or writing.
fn only_watches(text: &str) -> bool {
    const WATCHING: Words = Words::new(&[
        "alert",
        "alerting",
        "monitor",
        "monitoring",
        "document",
        "log",
        "page",
        "dashboard",
        "notify",
        "graph",
        "chart",
        "plot",
        "observe",
        "track",
        "measure",
        "describe",
        "runbook",
    ]);
    const MAKING: Words = Words::new(&[
        "add",
        "create",
        "write",
        "build",
        "set",
        "improve",
        "update",
        "extend",
        "have",
        "better",
        "more",
        "configure",
        "introduce",
        "define",
        "put",
    ]);
    const OBJECTS: Words = Words::new(&[
        "alert",
        "alerts",
        "alerting",
        "alarm",
        "alarms",
        "monitor",
        "monitors",
        "monitoring",
        "dashboard",
        "dashboards",
        "documentation",
        "docs",
        "runbook",
        "runbooks",
        "playbook",
        "graph",
        "graphs",
        "panel",
        "metric",
        "metrics",
        "logging",
        "page",
        "observability",
        "documents",
        "notification",
        "notifications",
    ]);
    let mut words = prose::words(action_text::action_head(text));
    let Some(first) = words.next() else { return false };
    if WATCHING.hold(first) {
        // `Page every shard separately`, `Log rotation` read otherwise; what prevents says so somewhere.
        return !prevents(text);
    }
    MAKING.hold(first) && words.take(4).any(|word| OBJECTS.hold(word)) && !prevents(text)
}

fn prevents(text: &str) -> bool {
    const PREVENTING: Words = Words::new(&[
        "prevent",
        "prevents",
        "block",
        "blocks",
        "refuse",
        "refuses",
        "limit",
        "limits",
        "automate",
        "automatically",
        "roll",
        "rollback",
        "stop",
        "stops",
        "fail",
        "reject",
        "rejects",
        "guard",
        "remove",
        "replace",
        "enforce",
        "rotation",
    ]);
    prose::words(text).any(|word| PREVENTING.hold(word))
}
