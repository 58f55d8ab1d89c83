//! `verified-without-evidence`: an action item that says it is proven and shows nothing.

use std::cell::LazyCell;
use std::collections::HashSet;

use crate::document::template::SectionId;
use crate::document::value::link;
use crate::document::value::status::{self, StatusKind};
use crate::document::{ActionItem, Document, Span};
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
    let hits = LazyCell::new(|| cx.hits().map(|(span, _)| span).collect::<Vec<_>>());
    let section = LazyCell::new(|| Shown::of(cx.document, &hits));
    for item in cx.document.action_items() {
        if item.status_kind != Some(StatusKind::Verified) {
            continue;
        }
        if is_shown_in_row(cx, item, &hits) || is_shown_in_section(cx, item, &section) {
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

fn is_shown_in_row(cx: &Context<'_>, item: &ActionItem, hits: &[Span]) -> bool {
    let plan = cx.document.cell_text(item.plan);
    link::has_link(plan)
        || item.plan.is_some_and(|cell| holds_one(cell.span, hits))
        || status::read(cx.document.cell_text(item.status))
            .status
            .is_some_and(|status| status.reason.is_some())
}

/// What the section of the follow-up verification shows, read once for all items.
#[derive(Default)]
struct Shown<'d> {
    /// What may name an item: all words where one does.
    words: HashSet<&'d str>,
    /// The days of the game days that have a record, as written.
    days: Vec<&'d str>,
    /// The items that have a target; none where the section holds no verdict.
    targets: HashSet<usize>,
}

impl<'d> Shown<'d> {
    fn of(document: &'d Document, hits: &[Span]) -> Self {
        let Some(section) = document.section(SectionId::FollowUpVerification) else { return Self::default() };
        let is_apart = |ch: char| !(ch.is_alphanumeric() || matches!(ch, '#' | '-' | '_'));
        let text = document.slice(section.span);
        // A word is asked for as a number or as an ID: hardly any document has either.
        let has_names = text.trim_start_matches('#').contains('#')
            || document.action_items().iter().any(|item| item.id.is_some());
        let words = has_names.then(|| text.split(is_apart)).into_iter().flatten();
        let days = document.game_days().into_iter().filter(|day| !day.record.is_empty());
        let has_verdict = holds_one(section.span, hits);
        let targets = has_verdict.then(|| document.targets()).into_iter().flatten();
        Self {
            words: words.map(|word| word.trim_end_matches(['-', '_'])).collect(),
            days: days.map(|day| document.slice(day.date_span)).collect(),
            targets: targets.filter_map(|target| target.item).collect(),
        }
    }
}

/// A verdict below its target, a line that names the item, or the record of the game day in its plan.
fn is_shown_in_section(cx: &Context<'_>, item: &ActionItem, shown: &Shown<'_>) -> bool {
    let document = cx.document;
    // `#3`, and not `platform#3` or `#31`.
    let number = format!("#{}", item.number);
    let id = item.id.map(|id| document.slice(id)).filter(|id| !id.is_empty());
    if shown.words.contains(number.as_str()) || id.is_some_and(|id| shown.words.contains(id)) {
        return true;
    }
    let plan = document.cell_text(item.plan);
    shown.days.iter().any(|day| plan.contains(day)) || shown.targets.contains(&item.number)
}

/// Whether one of `hits`, which are in order, stands in `span`.
fn holds_one(span: Span, hits: &[Span]) -> bool {
    let at = hits.partition_point(|hit| hit.start < span.start);
    hits.get(at).is_some_and(|hit| span.contains(*hit))
}
