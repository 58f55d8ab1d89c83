//! `unbounded-investigation`: an action item that looks for something without end.

use crate::lint::action_text::{self, Beginnings};
use crate::lint::prose::{self, is_any};
use crate::lint::rule::rule;
use crate::lint::{Context, Findings};

rule! {
    /// An action item investigates, considers or explores, and names nothing that comes out of it.
    ///
    /// ## Why
    ///
    /// A search without an end is closed when attention moves on, and nobody knows what was found. A
    /// decision, a document or a ticket at its end makes it a task.
    ///
    /// ## Source
    ///
    /// *Site Reliability Workbook* (2018), chapter 10, "Postmortem Culture: Learning from Failure":
    /// action items have a verifiable end state; PagerDuty, *Postmortem documentation*, on writing
    /// actionable, specific and bounded items.
    ///
    /// ## Examples
    ///
    /// ```markdown bad
    /// ## Action items
    ///
    /// | Priority | Action item | Owner | Due date | Status | Verification plan |
    /// |---:|---|---|---|---|---|
    /// | P1 | Investigate why the replica lagged | @ana | 2025-05-20 | Open | The lag is understood |
    /// ```
    ///
    /// ```markdown good
    /// ## Action items
    ///
    /// | Priority | Action item | Owner | Due date | Status | Verification plan |
    /// |---:|---|---|---|---|---|
    /// | P1 | Find out why the replica lagged, and decide in a one-page note whether reads leave it | @ana | 2025-05-20 | Open | The decision is recorded |
    /// ```
    name: "unbounded-investigation",
    group: ActionQuality,
    levels: Advice,
    reads_foreign: true,
    check: check,
}

const SEARCHES: Beginnings = Beginnings::new(&[
    "investigate",
    "look into",
    "look at",
    "looking into",
    "take a look at",
    "take a look into",
    "explore",
    "consider",
    "considering",
    "investigating",
    "evaluate",
    "think about",
    "think of",
    "research",
    "dig into",
    "examine",
    "study",
    "figure out",
    "find out",
    "analyse",
    "analyze",
    "discuss",
    "reconsider",
    "see if",
    "see whether",
    "understand why",
    "understand how",
    "understand",
    "assess",
    "brainstorm",
    "find a way",
    "reflect on",
    "reflect if",
    "check why",
    "try if",
    "see how",
]);

/// What may stand before.
const LEADS: Beginnings = Beginnings::new(&[
    "we should also",
    "we should",
    "we need to",
    "we must",
    "we will",
    "we could",
    "need to",
    "maybe",
    "should",
    "further",
    "to",
    "someone should",
    "perhaps",
    "also",
    "continue to",
    "please",
    "start",
    "longer term:",
]);

/// What comes out of a search, wherever it is named.
const OUTPUTS: &[&str] = &[
    "adr",
    "choose",
    "conclude",
    "conclusion",
    "deadline",
    "decide",
    "decision",
    "demo",
    "document",
    "documented",
    "findings",
    "memo",
    "note",
    "outcome",
    "pick",
    "plan",
    "poc",
    "proposal",
    "propose",
    "prototype",
    "publish",
    "recommend",
    "recommendation",
    "recommendations",
    "report",
    "rfc",
    "spike",
    "summary",
    "ticket",
    "timebox",
    "timeboxed",
    "time-box",
    "time-boxed",
    "write-up",
];

/// What ends a search behind `and` or `then`.
const DEEDS: &[&str] = &[
    "add",
    "announce",
    "apply",
    "change",
    "configure",
    "correct",
    "create",
    "disable",
    "drop",
    "enable",
    "file",
    "fix",
    "implement",
    "introduce",
    "list",
    "measure",
    "migrate",
    "open",
    "present",
    "raise",
    "record",
    "remove",
    "repair",
    "replace",
    "resolve",
    "set",
    "share",
    "update",
    "upgrade",
    "write",
];

fn check(cx: &Context<'_>, out: &mut Findings) {
    for statement in cx.action_statements() {
        let text = cx.document.slice(statement.span);
        let head = action_text::action_head(text);
        let Some(rest) = search(head) else { continue };
        let is_long = text.trim().lines().count() > 3;
        if is_long
            || action_text::is_ticked(cx, statement.span)
            || is_bounded(rest)
            || is_bounded(text.split_once('\n').map_or("", |(_, below)| below))
            || action_text::has_detail(cx, statement.span)
        {
            continue;
        }
        out.report(
            statement.span,
            format!("`{}` has no end", shortened(head)),
            "it is closed when attention moves on, and nobody knows what was found",
            "say what comes out of it: a decision, a document, a ticket, and by when",
        );
    }
}

/// What follows the verb of searching that the item begins with.
fn search(head: &str) -> Option<&str> {
    SEARCHES.strip(LEADS.skip(head)).map(|(_, rest)| rest)
}

/// Whether something comes out of the search.
fn is_bounded(rest: &str) -> bool {
    let mut joined = false;
    prose::words(rest).any(|word| {
        let ends = is_any(word, OUTPUTS) || (joined && is_any(word, DEEDS));
        joined = is_any(word, &["and", "then", "possibly"]);
        ends
    })
}

/// The first words, for the message.
fn shortened(text: &str) -> &str {
    let end = text.char_indices().nth(60).map_or(text.len(), |(at, _)| at);
    let end = if end < text.len() { text[..end].rfind(' ').unwrap_or(end) } else { end };
    text[..end].trim_end()
}
