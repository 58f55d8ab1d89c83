//! `change-the-human`: an action item that asks people to be different.

use crate::lint::action_text::{self, Beginnings};
use crate::lint::prose::{self, is_any};
use crate::lint::rule::rule;
use crate::lint::{Context, Findings};

rule! {
    /// An action item asks people to be more careful, to remember, or to be trained.
    ///
    /// ## Why
    ///
    /// Those who were there wanted it to work and paid attention; asking for more of it changes nothing at
    /// three in the morning. What the system makes impossible, or shows in time, is prevented.
    ///
    /// ## Source
    ///
    /// Beyer et al., *Site Reliability Engineering* (2016), chapter 15: "you can't fix people, but you can
    /// fix systems and processes"; Sidney Dekker, *The Field Guide to Understanding "Human Error"*.
    ///
    /// ## Examples
    ///
    /// ```markdown bad
    /// ## Action items
    ///
    /// | Priority | Action item | Owner | Due date | Status | Verification plan |
    /// |---:|---|---|---|---|---|
    /// | P1 | Remind everyone to check the region before a restart | @ana | 2025-05-20 | Open | No such restart in a quarter |
    /// ```
    ///
    /// ```markdown good
    /// ## Action items
    ///
    /// | Priority | Action item | Owner | Due date | Status | Verification plan |
    /// |---:|---|---|---|---|---|
    /// | P1 | Make the restart command ask for the region's name | @ana | 2025-05-20 | Open | A restart without it is refused in staging |
    /// ```
    name: "change-the-human",
    group: ActionQuality,
    levels: Advice,
    reads_foreign: true,
    check: check,
}

/// What may stand before.
const LEADS: Beginnings = Beginnings::new(&[
    "we should",
    "we need to",
    "we must",
    "we have to",
    "we will",
    "everyone should",
    "developers should",
    "engineers should",
    "need to",
    "always",
    "please",
    "to",
]);

/// Wishes about people, wherever the item begins with them.
const WISHES: Beginnings = Beginnings::new(&[
    "be careful",
    "be more careful",
    "be extra careful",
    "be much more careful",
    "be very careful",
    "being more careful",
    "take more care",
    "take care to",
    "more care when",
    "pay attention",
    "pay more attention",
    "pay closer attention",
    "more attention to",
    "double-check",
    "double check",
    "doublecheck",
    "triple-check",
    "remember to",
    "remember that",
    "don't forget",
    "do not forget",
    "always remember",
    "never forget",
    "be aware",
    "be more aware",
    "be mindful",
    "be more mindful",
    "be vigilant",
    "be more vigilant",
    "try to remember",
    "think twice",
    "think before",
    "stay vigilant",
    "keep in mind",
    "be cautious",
    "be more cautious",
    "exercise caution",
]);

/// Verbs that are wishes when people follow.
const TEACHING: Beginnings = Beginnings::new(&[
    "sensitize",
    "urge",
    "training for",
    "make sure that",
    "ensure that",
    "ensure",
    "make sure",
    "coach",
    "instruct",
    "tell",
    "teach",
    "educate",
    "re-train",
    "retrain",
    "train",
    "remind",
]);

const PEOPLE: &[&str] = &[
    "administrators",
    "admins",
    "all",
    "anyone",
    "authors",
    "colleagues",
    "committers",
    "contributors",
    "dbas",
    "deployers",
    "developers",
    "devs",
    "each",
    "employees",
    "engineer",
    "engineers",
    "everybody",
    "everybody's",
    "everyone",
    "folks",
    "maintainers",
    "members",
    "newcomers",
    "on-call",
    "oncall",
    "operators",
    "ourselves",
    "people",
    "programmers",
    "responders",
    "reviewers",
    "sre",
    "sres",
    "staff",
    "support",
    "team",
    "teams",
    "them",
    "us",
    "we",
];

/// What people are asked for behind `make sure`.
const VIRTUES: &[&str] = &[
    "attention",
    "aware",
    "careful",
    "cautious",
    "check",
    "checks",
    "double-check",
    "familiar",
    "follow",
    "follows",
    "forget",
    "know",
    "knows",
    "mindful",
    "pay",
    "read",
    "reads",
    "remember",
    "remembers",
    "think",
    "understand",
    "understands",
];

fn check(cx: &Context<'_>, out: &mut Findings) {
    for statement in cx.action_statements() {
        let text = cx.document.slice(statement.span);
        let head = action_text::action_head(text);
        let Some(wish) = wish(head) else { continue };
        // `Double-check the limits of db-7` is a task, and a ticket says more than the line.
        let is_task = action_text::has_ticket(cx, statement.span)
            || (wish.to_ascii_lowercase().contains("check") && action_text::has_detail(cx, statement.span));
        if is_task || action_text::is_ticked(cx, statement.span) {
            continue;
        }
        out.report(
            statement.span,
            format!("`{wish}` asks people to be different"),
            "those who were there wanted it to work and paid attention; the next ones will be no different",
            "change what they work with: a guard, a default, a check that runs by itself",
        );
    }
}

/// The words that ask people to change, if the item begins with them.
fn wish(head: &str) -> Option<&str> {
    let start = LEADS.skip(head);
    if let Some((_, rest)) = WISHES.strip(start) {
        return Some(start[..start.len() - rest.len()].trim_end());
    }
    let (verb, rest) = TEACHING.strip(start)?;
    // People are the object when they follow at once: `train the new on-call engineers`.
    let mut words = prose::words(rest).skip_while(|word| {
        is_any(
            word,
            &["the", "our", "of", "new", "all", "whole", "other", "every", "that", "more", "a", "for"],
        )
    });
    let person = words.next().filter(|word| is_any(word, PEOPLE))?;
    let asks = verb.starts_with("make") || verb.starts_with("ensure") || verb == "tell";
    if asks && !words.take(6).any(|word| is_any(word, VIRTUES)) {
        return None;
    }
    let end = person.as_ptr() as usize - start.as_ptr() as usize + person.len();
    Some(&start[..end])
}
