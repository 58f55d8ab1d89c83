//! `several-owners`: an action item that more than one name owns.

use crate::document::value::person;
use crate::lint::rule::rule;
use crate::lint::{Context, Findings};

rule! {
    /// An action item has more than one name in its Owner cell.
    ///
    /// ## Why
    ///
    /// Where two own an item, each believes that the other is at it. One answers for it; others help.
    /// A team alone is one owner.
    ///
    /// ## Source
    ///
    /// Google, *Site Reliability Workbook* (2018), chapter 10, "Postmortem Culture": better a single
    /// owner and several collaborators.
    ///
    /// ## Examples
    ///
    /// ```markdown bad
    /// ## Action items
    ///
    /// | Priority | Action item | Owner | Due date | Status | Verification plan |
    /// |---:|---|---|---|---|---|
    /// | P1 | Give the three clients of `inventory` a retry budget | @lucia, @sam | 2026-12-01 | Open | Retries stay under 10 % in a load test |
    /// ```
    ///
    /// ```markdown good
    /// ## Action items
    ///
    /// | Priority | Action item | Owner | Due date | Status | Verification plan |
    /// |---:|---|---|---|---|---|
    /// | P1 | Give the three clients of `inventory` a retry budget, with help of @sam | @lucia (team-storefront) | 2026-12-01 | Open | Retries stay under 10 % in a load test |
    /// | P2 | Write the page on cold caches | team-ticketing | 2026-12-01 | Open | Used in the next game day |
    /// ```
    name: "several-owners",
    group: Actions,
    levels: Missing,
    check: check,
}

fn check(cx: &Context<'_>, out: &mut Findings) {
    for item in cx.document.action_items() {
        let Some(cell) = item.owner else { continue };
        let owner = cx.document.slice(cell.span);
        if person::is_one_handle(owner) {
            continue;
        }
        let people = person::people(owner);
        let names = || people.iter().filter(|person| person.is_somebody());
        let count = names().count();
        if count < 2 {
            continue;
        }
        let first = names().next().map_or("", |person| person.name);
        out.report(
            cell.span,
            format!("`{owner}` are {count} owners of action item #{}", item.number),
            "where several own an item, each believes that another is at it",
            format!("name the one who answers for it, such as `{first}`, and the helpers in the item's text"),
        );
    }
}
