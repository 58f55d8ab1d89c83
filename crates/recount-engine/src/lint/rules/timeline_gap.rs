//! `timeline-gap`: a long silence in the timeline while people were at work on the impact.

use crate::document::value::duration;
use crate::document::{Milestone, TimelineRow};
use crate::lint::rule::rule;
use crate::lint::{Context, Findings};

rule! {
    /// The timeline is silent for long while the impact lasts.
    ///
    /// The silence is counted between two rows, from the start to the mitigation (or the end, where no
    /// row marks the mitigation). A silence that ends with the detection is the time to detect: nobody
    /// knew, and nobody acted. The limit is `timeline-gap-minutes` in `recount.toml`.
    ///
    /// ## Why
    ///
    /// An hour without a row is an hour of dead ends, waiting or handovers that nobody can learn from;
    /// what did not work is what the next responder wants to know.
    ///
    /// ## Source
    ///
    /// J. Allspaw, "Blameless postmortems and a just culture" (2012): a postmortem wants what people
    /// did at which time, what they observed and expected, and their understanding of the events as
    /// they occurred.
    ///
    /// ## Examples
    ///
    /// ```markdown bad
    /// ## Timeline
    ///
    /// | Time (UTC) | Actor | Action | Result |
    /// |---|---|---|---|
    /// | 2025-04-25 10:04 | deploybot | **Started.** Deployed storefront#3310 | The cache is flushed |
    /// | 2025-04-25 10:08 | Alertmanager | **Detected.** `SeatMapErrorRateHigh` fired | Paged storefront on-call |
    /// | 2025-04-25 11:16 | @ingrid | **Mitigated.** Raised admission to 100% | Error rate 0.6% |
    /// | 2025-04-25 11:33 | @lucia | **Resolved.** Shedding removed | All clear |
    /// ```
    ///
    /// ```markdown good
    /// ## Timeline
    ///
    /// | Time (UTC) | Actor | Action | Result |
    /// |---|---|---|---|
    /// | 2025-04-25 02:04 | deploybot | **Started.** Deployed storefront#3310 | The cache is flushed |
    /// | 2025-04-25 10:08 | support | **Detected.** Four venues called | Paged storefront on-call |
    /// | 2025-04-25 10:50 | @joel | Began the restore of the cache from its dump | Takes 70 minutes |
    /// | 2025-04-25 12:01 | @joel | Restore complete | Hit rate 94% <!-- recount: allow timeline-gap: the restore was running, nobody could act --> |
    /// | 2025-04-25 12:03 | @ingrid | **Mitigated.** Raised admission to 100% | Error rate 0.6% |
    /// | 2025-04-25 15:33 | @lucia | **Resolved.** Shedding removed | All clear |
    /// ```
    name: "timeline-gap",
    group: Timeline,
    levels: Advice,
    check: check,
}

fn check(cx: &Context<'_>, out: &mut Findings) {
    let document = cx.document;
    let placed = |milestone| document.milestone(milestone).and_then(TimelineRow::at);
    let Some(from) = cx.started().or_else(|| placed(Milestone::Detected)) else { return };
    let until = placed(Milestone::Mitigated).or_else(|| placed(Milestone::Resolved)).or_else(|| cx.ended());
    let detected = document.milestone(Milestone::Detected).map(|row| row.number);
    let limit = i64::from(cx.config.thresholds.timeline_gap_minutes) * 60;
    let mut above = None;
    for row in document.timeline_rows() {
        // A row that cannot be placed breaks the silence at a time that nobody knows.
        let Some(at) = row.at() else {
            above = None;
            continue;
        };
        let Some((previous, earlier)) = above.replace((row, at)) else { continue };
        let begin = from.max(earlier);
        let end = until.map_or(at, |until| until.min(at));
        let silence = end.as_second() - begin.as_second();
        if silence <= limit || detected == Some(row.number) {
            continue;
        }
        let length = duration::canonical(silence.unsigned_abs());
        out.report(
            row.span,
            format!(
                "nothing is told for {length} between `{}` and `{}`",
                document.cell_text(previous.time),
                document.cell_text(row.time)
            ),
            "dead ends, waiting and handovers are what the next responder learns from",
            "add what was tried or waited for, or waive it in this row with the reason",
        );
    }
}
