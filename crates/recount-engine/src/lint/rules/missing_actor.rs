//! `missing-actor`: a row of the timeline that does not say who or what acted.

use crate::document::template::TimelineColumn;
use crate::document::value::person::{self, PersonKind};
use crate::lint::rule::rule;
use crate::lint::{Context, Findings};

rule! {
    /// A row of the timeline does not say who or what acted.
    ///
    /// A person, a team, a service and a bot are actors; `someone`, `TBD` and `-` are not.
    ///
    /// ## Why
    ///
    /// Who acted is whom to ask what they saw and expected. That is not blame: without a name the row
    /// cannot be checked, and what one person knew and another did not is lost.
    ///
    /// ## Source
    ///
    /// The template has a column for the actor. J. Allspaw, "Blameless postmortems and a just culture"
    /// (2012): the people nearest to an event give the account of it, without fear of punishment.
    ///
    /// ## Examples
    ///
    /// ```markdown bad
    /// ## Timeline
    ///
    /// | Time (UTC) | Actor | Action | Result |
    /// |---|---|---|---|
    /// | 2025-04-25 10:14 | | Rolled storefront back | Errors stay at 75% |
    /// ```
    ///
    /// ```markdown bad
    /// ## Timeline
    ///
    /// | Time (UTC) | Action | Result |
    /// |---|---|---|
    /// | 2025-04-25 10:14 | Rolled storefront back | Errors stay at 75% |
    /// ```
    ///
    /// ```markdown good
    /// ## Timeline
    ///
    /// | Time (UTC) | Actor | Action | Result |
    /// |---|---|---|---|
    /// | 2025-04-25 10:08 | Alertmanager | **Detected.** `SeatMapErrorRateHigh` fired | Paged storefront on-call |
    /// | 2025-04-25 10:14 | Lucía Ferrer | Rolled storefront back | Errors stay at 75% |
    /// | 2025-04-25 10:20 | venue in Lisbon | Called support | |
    /// ```
    name: "missing-actor",
    group: Timeline,
    levels: Missing,
    check: check,
}

fn check(cx: &Context<'_>, out: &mut Findings) {
    const WHY: &str = "who acted is whom to ask what they saw and expected";
    let document = cx.document;
    let Some(table) = document.timeline() else { return };
    if table.index_of(TimelineColumn::Actor).is_none() {
        if !document.timeline_rows().is_empty() {
            out.report(
                table.header.span,
                "the timeline has no column `Actor`",
                WHY,
                "add the column behind the time",
            );
        }
        return;
    }
    for row in document.timeline_rows() {
        let actor = document.cell_text(row.actor);
        // Nearly all cells: a handle needs no taking apart.
        let is_handle = actor.strip_prefix('@').is_some_and(|rest| rest.starts_with(char::is_alphanumeric));
        if is_handle || person::people(actor).iter().any(|person| person.kind != PersonKind::Nobody) {
            continue;
        }
        let message = match (actor, document.cell_text(row.time)) {
            ("", "") => "this row has no actor".to_owned(),
            ("", time) => format!("the row at `{time}` has no actor"),
            (actor, _) => format!("`{actor}` says nothing about who acted"),
        };
        out.report(
            row.actor.map_or(row.span, |cell| cell.outer),
            message,
            WHY,
            "name the person, team, service or bot",
        );
    }
}
