//! `zone-shift`: times that are right in another zone.

use jiff::SignedDuration;

use crate::document::value::duration;
use crate::evidence::contradict::{self, Told};
use crate::lint::rule::rule;
use crate::lint::{Context, Findings};

rule! {
    /// Several rows of the timeline are off their own evidence by the same quarters of an hour, as if they
    /// were written in another zone; or two sources of evidence are off each other.
    ///
    /// A row is compared with the events that it links to, whose commit it names or whose words it has.
    /// Two minutes are given for rounding. The evidence is what `recount import` froze beside the document;
    /// without it the rule is silent.
    ///
    /// ## Why
    ///
    /// A timeline in local time under the heading "UTC" puts the cause hours after its effect, and every
    /// figure counted from it is wrong. It cannot be seen in the document alone.
    ///
    /// ## Source
    ///
    /// The template: "Time (UTC)" and "Use precise times".
    ///
    /// ## Examples
    ///
    /// With these events in the evidence: `git:5f0c1a2b…` at 2025-04-25 10:04:10, `git:77d0e4c9…` at
    /// 11:20:30 and `alert:1` at 10:08:02.
    ///
    /// ```markdown bad
    /// ## Timeline
    ///
    /// | Time (UTC) | Actor | Action | Result |
    /// |---|---|---|---|
    /// | 2025-04-25 03:04 | deploybot | **Started.** Merged the cache change | `5f0c1a2b` |
    /// | 2025-04-25 03:08 | Alertmanager | **Detected.** `SeatMapErrorRateHigh` fired for storefront | Paged |
    /// | 2025-04-25 04:20 | @lucia | **Mitigated.** Reverted it | `77d0e4c9` |
    /// ```
    ///
    /// ```markdown good
    /// ## Timeline
    ///
    /// | Time (UTC) | Actor | Action | Result |
    /// |---|---|---|---|
    /// | 2025-04-25 10:04 | deploybot | **Started.** Merged the cache change | `5f0c1a2b` |
    /// | 2025-04-25 10:08 | Alertmanager | **Detected.** `SeatMapErrorRateHigh` fired for storefront | Paged |
    /// | 2025-04-25 11:20 | @lucia | **Mitigated.** Reverted it | `77d0e4c9` |
    /// ```
    name: "zone-shift",
    group: Times,
    levels: Wrong,
    check: check,
}

fn check(cx: &Context<'_>, out: &mut Findings) {
    let document = cx.document;
    let rows: Vec<_> = document.timeline_rows().iter().filter(|row| row.at().is_some()).collect();
    if rows.len() < 2 {
        return;
    }
    let Some(frozen) = cx.evidence() else { return };
    let events = frozen.events();
    let told: Vec<Told<'_>> = rows
        .iter()
        .filter_map(|row| {
            let action = document.cell_text(row.action);
            Some(Told { at: row.at()?, line: document.slice(row.span), action })
        })
        .collect();
    if let Some(shift) = contradict::shifted_rows(&told, &events)
        && let Some(cell) = rows[shift.rows[0]].time
    {
        let (first, others) = (document.slice(cell.span).trim(), shift.rows.len() - 1);
        let more = if others == 1 { "1 more row is".to_owned() } else { format!("{others} more rows are") };
        let (by, than) = (words(shift.by), if shift.by.is_negative() { "earlier" } else { "later" });
        out.report(
            cell.span,
            format!("`{first}` and {more} {by} {than} than the evidence of the same things"),
            "so many times that are off by the same were read or written in another zone",
            "if the rows are in local time, write them in UTC; if the evidence is, import it again with `--zone`",
        );
        return;
    }
    if let Some((later, earlier, by, count)) = contradict::shifted_sources(&events)
        && let Some(cell) = rows[0].time
    {
        let by = words(by);
        out.report(
            cell.span,
            format!("in the evidence, `{later}` has {count} things {by} later than `{earlier}` has the same"),
            "one of the two was read in the wrong zone, and so are the rows that come from it",
            "see which one is right (`recount evidence list`), purge the evidence and import it with `--zone`",
        );
    }
}

fn words(by: SignedDuration) -> String {
    duration::canonical(by.as_secs().unsigned_abs())
}
