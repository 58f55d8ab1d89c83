//! `data-impact-without-details`: data was harmed, or may have been, and nothing more is said.

use crate::document::template::{self, FieldId};
use crate::document::value::yes_no::{self, Answer};
use crate::lint::rule::rule;
use crate::lint::{Context, Findings};

rule! {
    /// Data loss, corruption or durability risk is answered with a bare `yes` or `unknown`.
    ///
    /// A bare `no` is an answer. `Yes` owes what was hit, how much of it, and whether it came back;
    /// `unknown` owes what is being done to know.
    ///
    /// ## Why
    ///
    /// Whoever holds the harmed data has to act: restore, correct, tell those it belongs to. A bare `yes`
    /// tells them neither what nor how much.
    ///
    /// ## Source
    ///
    /// The template: "yes/no (details)". Google, *Site Reliability Workbook* (2018), chapter 10,
    /// "Postmortem Culture": a postmortem without its key details helps nobody who was not there.
    ///
    /// ## Examples
    ///
    /// ```markdown bad
    /// ## Impact
    ///
    /// - **Data impact**:
    ///   - Data loss: yes
    ///   - Data corruption: unknown
    ///   - Durability risk: no
    /// ```
    ///
    /// ```markdown good
    /// ## Impact
    ///
    /// - **Data impact**:
    ///   - Data loss: yes (26,300 places in the line; visitors were put at the front of a new one)
    ///   - Data corruption: unknown
    ///     - The ledger is being compared with the card provider's, due on 2025-04-28
    ///   - Durability risk: no
    /// ```
    name: "data-impact-without-details",
    group: Impact,
    levels: Missing,
    check: check,
}

fn check(cx: &Context<'_>, out: &mut Findings) {
    let document = cx.document;
    for def in FieldId::DataImpact.members() {
        let mut values = document.field_values(def.id);
        let Some(first) = values.next() else { continue };
        let Some(read) = yes_no::read(document.slice(first)) else { continue };
        let is_detailed = !read.details.is_empty()
            && !template::is_stand_in(read.details)
            && !read.details.eq_ignore_ascii_case("details");
        if read.answer == Answer::No || is_detailed || values.next().is_some() {
            continue;
        }
        let answer = document.slice(first);
        let (why, help) = if read.answer == Answer::Yes {
            (
                "who holds the data must know what to restore, correct and report",
                "add what was hit, how much of it, and whether it came back: `yes (12 orders, refunded)`",
            )
        } else {
            (
                "a harm that nobody looks for is found by those who suffer it",
                "add who finds out, how and by when: `unknown (@ana compares the ledgers by 2026-12-01)`",
            )
        };
        out.report(first, format!("`{}` is a bare `{answer}`", def.label), why, help);
    }
}
