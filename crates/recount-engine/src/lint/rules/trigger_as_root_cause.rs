//! `trigger-as-root-cause`: the root cause says no more than the trigger.

use crate::document::template::FieldId;
use crate::document::{Document, Span};
use crate::lint::prose;
use crate::lint::rule::rule;
use crate::lint::{Context, Findings};

rule! {
    /// The root cause repeats the direct trigger, or names a change and no mechanism.
    ///
    /// ## Why
    ///
    /// The trigger is what happened last; the cause is what made the system answer it with an incident.
    /// Who removes the trigger alone waits for the next one.
    ///
    /// ## Source
    ///
    /// Beyer et al., *Site Reliability Engineering* (2016), appendix D, "Example Postmortem", where trigger
    /// and root causes are apart; Richard Cook, *How Complex Systems Fail* (1998).
    ///
    /// ## Examples
    ///
    /// ```markdown bad
    /// ## Root cause
    ///
    /// - **Direct trigger**: The deploy of storefront#3310 at 10:04.
    /// - **Root cause** (systems explanation): The deploy of storefront#3310.
    /// ```
    ///
    /// ```markdown good
    /// ## Root cause
    ///
    /// - **Direct trigger**: The deploy of storefront#3310 at 10:04.
    /// - **Root cause** (systems explanation): The deploy emptied the cache in all regions at once, and a cold cache serves a quarter of the usual load.
    /// ```
    name: "trigger-as-root-cause",
    group: Cause,
    levels: Advice,
    reads_foreign: true,
    check: check,
}

fn check(cx: &Context<'_>, out: &mut Findings) {
    let document = cx.document;
    let Some(cause) = whole(document, FieldId::RootCause) else { return };
    let text = document.slice(cause);
    // A mechanism takes words: a long cause is neither a repetition nor a name.
    if text.len() > 400 {
        return;
    }
    let trigger = whole(document, FieldId::DirectTrigger);
    if trigger.is_some_and(|trigger| is_same(document.slice(trigger), text)) {
        out.report(
            cause,
            "the root cause says the same as the direct trigger",
            "who removes the trigger alone waits for the next one",
            "say what made the system answer this trigger with an incident",
        );
        return;
    }
    if names_only_a_change(text) {
        out.report(
            cause,
            format!("`{}` names a change, not how it became an incident", text.trim()),
            "who removes the trigger alone waits for the next one",
            "say by what mechanism the change did harm, and why nothing stopped it",
        );
    }
}

/// A field's inline value and what is nested below.
fn whole(document: &Document, id: FieldId) -> Option<Span> {
    document.field_values(id).reduce(Span::to)
}

/// Words that carry no meaning of their own, and those that only place a trigger.
fn is_filler(word: &str) -> bool {
    const FILLERS: &[&str] = &[
        "a",
        "an",
        "and",
        "as",
        "at",
        "by",
        "caused",
        "due",
        "for",
        "from",
        "in",
        "is",
        "it",
        "its",
        "of",
        "on",
        "our",
        "same",
        "that",
        "the",
        "this",
        "to",
        "trigger",
        "triggered",
        "utc",
        "was",
        "were",
        "which",
        "with",
        "above",
    ];
    prose::is_any(word, FILLERS)
}

/// Whether nearly every word that carries meaning stands in both.
fn is_same(trigger: &str, cause: &str) -> bool {
    // The trigger may hold a little beside the cause, such as when and where; not the cause beside it.
    if cause.len() > trigger.len() + trigger.len() / 4 + 24 || cause.len() * 3 < trigger.len() {
        return false;
    }
    let content = |text| prose::words(text).filter(|word| !is_filler(word)).count();
    let (of_trigger, of_cause) = (content(trigger), content(cause));
    // At most one word in ten is new.
    let mut new = of_cause / 10 + 1;
    of_cause > 0
        && of_cause * 2 >= of_trigger
        && prose::words(cause).filter(|word| !is_filler(word)).all(|word| {
            new -= usize::from(!prose::words(trigger).any(|other| other.eq_ignore_ascii_case(word)));
            new > 0
        })
}

/// Whether the text is no more than the name of a change: `PR #123`, `The deploy of storefront v2`.
fn names_only_a_change(text: &str) -> bool {
    const CHANGES: &[&str] = &[
        "change",
        "changes",
        "commit",
        "config",
        "configuration",
        "cutover",
        "deploy",
        "deployed",
        "deployment",
        "flag",
        "hotfix",
        "maintenance",
        "merge",
        "merged",
        "migration",
        "patch",
        "pr",
        "pull",
        "push",
        "release",
        "released",
        "request",
        "rollout",
        "update",
        "upgrade",
        "bump",
        "version",
        "new",
        "latest",
        "bad",
        "faulty",
        "broken",
        "recent",
    ];
    let mut unknown = 0;
    let mut changes = 0;
    let mut count = 0;
    for word in prose::words(text.trim()) {
        count += 1;
        if prose::is_any(word, CHANGES) {
            changes += 1;
        } else if !is_filler(word) {
            let is_name = word.bytes().any(|byte| byte.is_ascii_digit() || byte == b'-')
                || word.starts_with(char::is_uppercase);
            if word.ends_with("ed")
                || (!is_name && prose::is_any(word, &["no", "not", "because", "without", "so"]))
            {
                return false;
            }
            unknown += usize::from(!is_name || count == 1);
        }
    }
    changes > 0 && unknown <= 1 && count <= 12 && !text.contains(':')
}
