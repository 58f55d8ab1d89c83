//! `verified-without-evidence`: an action item that says it is proven and shows nothing.

use crate::document::template::SectionId;
use crate::document::value::link;
use crate::document::value::status::{self, StatusKind};
use crate::document::{ActionItem, Span};
use crate::lint::rule::rule;
use crate::lint::{Context, Findings};

rule! {
    /// An action item has the status `Verified`, and neither its plan nor the follow-up section shows by
    /// whom or by what.
    ///
    /// Evidence is a link, `verified by @ana 2026-12-04`, a verdict below a target, a reason in the
    /// status, or the record of the game day that the plan names.
    ///
    /// ## Why
    ///
    /// `Verified` is a claim that others build on: the risk is off the list. Without evidence it is
    /// `Done` by another word.
    ///
    /// ## Source
    ///
    /// Google, *Site Reliability Workbook* (2018), chapter 10, "Postmortem Culture": action items have a
    /// verifiable end state.
    ///
    /// ## Examples
    ///
    /// ```markdown bad
    /// ## Action items
    ///
    /// | Priority | Action item | Owner | Due date | Status | Verification plan |
    /// |---:|---|---|---|---|---|
    /// | P1 | Alert when the connection pool is 80 % full | @ana | 2026-11-01 | Verified 2026-11-02 | The alert fires in staging |
    /// ```
    ///
    /// ```markdown good
    /// ## Action items
    ///
    /// | Priority | Action item | Owner | Due date | Status | Verification plan |
    /// |---:|---|---|---|---|---|
    /// | P1 | Alert when the connection pool is 80 % full | @ana | 2026-11-01 | Verified 2026-11-02 | The alert fires in staging; verified by @omar 2026-11-02: [page](https://kestrelrow.pagerduty.example/incidents/Q1) |
    /// ```
    name: "verified-without-evidence",
    group: Verification,
    levels: Wrong,
    phrases: &["verified by", "proven by", "verdict", "proven", "held"],
    check: check,
}

fn check(cx: &Context<'_>, out: &mut Findings) {
    for item in cx.document.action_items() {
        if cx.document.status_kind(item) != Some(StatusKind::Verified) {
            continue;
        }
        if is_shown_in_row(cx, item) || is_shown_in_section(cx, item) {
            continue;
        }
        out.report(
            item.status.map_or(item.span, |cell| cell.span),
            format!("action item #{} is `Verified`, and nothing shows it", item.number),
            "others take the risk off their list because of this word",
            "add to its plan who saw what: `verified by @ana 2026-12-04: ` and a link; else set it to `Done`",
        );
    }
}

fn is_shown_in_row(cx: &Context<'_>, item: &ActionItem) -> bool {
    let plan = cx.document.cell_text(item.plan);
    link::has_link(plan)
        || item.plan.is_some_and(|cell| hits_in(cx, cell.span))
        || status::read(cx.document.cell_text(item.status))
            .status
            .is_some_and(|status| status.reason.is_some())
}

/// A verdict below its target, a line that names the item, or the record of the game day in its plan.
fn is_shown_in_section(cx: &Context<'_>, item: &ActionItem) -> bool {
    let document = cx.document;
    let Some(section) = document.section(SectionId::FollowUpVerification) else { return false };
    let text = document.slice(section.span);
    let id = item.id.map(|id| document.slice(id)).filter(|id| !id.is_empty());
    if names(text, item.number) || id.is_some_and(|id| text.contains(id)) {
        return true;
    }
    let plan = document.cell_text(item.plan);
    let game_days = document.game_days();
    if game_days.iter().any(|day| !day.record.is_empty() && plan.contains(document.slice(day.date_span))) {
        return true;
    }
    hits_in(cx, section.span) && document.targets().any(|target| target.item == Some(item.number))
}

fn hits_in(cx: &Context<'_>, span: Span) -> bool {
    cx.hits().any(|(hit, _)| span.contains(hit))
}

/// Whether `text` says `#3`, and not `platform#3` or `#31`.
fn names(text: &str, number: usize) -> bool {
    let name = format!("#{number}");
    text.match_indices(&name).any(|(at, _)| {
        let before = text[..at].chars().next_back();
        let after = text[at + name.len()..].chars().next();
        !before.is_some_and(char::is_alphanumeric) && !after.is_some_and(char::is_alphanumeric)
    })
}
