//! Figures over the postmortems of a library: how many, how fast, how found, why, what recurs, and what
//! became of the promises.
//!
//! Records go in, [`Figure`]s come out. Each says what it counts, over how many, and what it leaves out and
//! why; what is missing is missing, and what is open is censored. What does not live here: which records
//! are wanted (callers filter), terminals and files.
//!
//! A figure is one line in [`FIGURES`] and one function in `figures/`; command line, documentation and pages read
//! that list. `statistics` has the mathematics, `mining` the phrases, `table` and `chart` what a figure looks like.
//! `recurrence` is no figure: of one incident it tells which earlier action items would have covered it.

#![allow(
    clippy::cast_precision_loss,
    clippy::cast_sign_loss,
    clippy::cast_possible_wrap,
    reason = "counts of incidents are far below what a float or a signed number holds"
)]

mod basis;
pub mod brief;
pub mod chart;
pub mod csv;
pub mod figure;
mod figures;
mod hash;
mod mining;
pub mod page;
mod period;
pub mod recurrence;
pub mod statistics;
mod stem;
pub mod table;
pub mod words;

use jiff::civil::Date;

use crate::config::Config;
use crate::document::Record;

pub use basis::{Basis, Lookup};
pub use brief::{Brief, Briefs, Gathering};
pub use figure::{Counted, Data, Excluded, Figure};

/// An incident: its record, and what it is called.
#[derive(Clone, Copy, Debug)]
pub struct Incident<'a> {
    /// Its ID, or its path where it has none.
    pub name: &'a str,
    /// Its facts.
    pub record: &'a Record,
}

/// What figures need to know besides the records.
#[derive(Clone, Copy, Debug)]
pub struct Scope<'a> {
    /// Services, people, teams and their other names.
    pub config: &'a Config,
    /// Today, UTC. What is open is open until today.
    pub today: Date,
    /// The first day that was asked for; none for all.
    pub from: Option<Date>,
    /// The day after the last one that was asked for; none for all.
    pub until: Option<Date>,
    /// The team that was asked for: of incidents those that impacted a service that it owns, of action items those
    /// that it or its people own.
    pub team: Option<&'a str>,
    /// Within how many minutes an incident should be mitigated.
    pub mitigate_minutes: u32,
}

/// A heading that figures stand below.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Group {
    /// The heading.
    pub title: &'static str,
}

const OFTEN: Group = Group { title: "How often" };
const FAST: Group = Group { title: "How fast" };
const WHY: Group = Group { title: "How found, and why" };
const AGAIN: Group = Group { title: "What recurs" };
const PROMISES: Group = Group { title: "Promises" };

/// A figure that can be made.
#[derive(Debug)]
pub struct Definition {
    /// The word for `--figure`.
    pub name: &'static str,
    /// The heading.
    pub title: &'static str,
    /// What it counts.
    pub counted: Counted,
    /// The heading that it stands below.
    pub group: Group,
    /// What is counted, from what, and how: the sentence that every figure carries.
    pub definition: &'static str,
    make: fn(&Basis<'_>) -> Made,
}

impl Definition {
    /// Whether making it takes longer than the others: then it is best begun first.
    pub fn is_long(&self) -> bool {
        self.group == AGAIN
    }
}

/// What comes of making a figure.
struct Made {
    tally: Tally,
    statements: Vec<String>,
    data: Data,
}

/// What is in a figure, and what is not.
#[derive(Debug, Default)]
struct Tally {
    n: usize,
    excluded: Vec<Excluded>,
}

impl Tally {
    /// One more is in the figure.
    fn count(&mut self) {
        self.n += 1;
    }

    /// One more is not, for this reason.
    fn exclude(&mut self, reason: &str) {
        match self.excluded.iter_mut().find(|excluded| excluded.reason == reason) {
            Some(excluded) => excluded.count += 1,
            None => self.excluded.push(Excluded { reason: reason.to_owned(), count: 1 }),
        }
    }
}

impl Definition {
    /// Makes the figure.
    pub fn figure(&self, basis: &Basis<'_>) -> Figure {
        let Made { tally, statements, data } = (self.make)(basis);
        let (count, twins, strays) = match self.counted {
            Counted::Incidents => (basis.incidents(), basis.twins.0, basis.strays),
            Counted::ActionItems => (basis.items.len(), basis.twins.1, 0),
        };
        let total = count + twins + strays;
        let mut excluded = tally.excluded;
        let left_out =
            [("another postmortem has the same ID", twins), ("no postmortem in the template", strays)];
        for (reason, count) in left_out.into_iter().filter(|(_, count)| *count > 0) {
            excluded.push(Excluded { reason: reason.to_owned(), count });
        }
        excluded.sort_by(|a, b| b.count.cmp(&a.count).then_with(|| a.reason.cmp(&b.reason)));
        Figure {
            name: self.name,
            title: self.title,
            definition: self.definition,
            counted: self.counted,
            total,
            n: tally.n,
            excluded,
            statements,
            data,
        }
    }
}

/// The definition of this name.
pub fn definition(name: &str) -> Option<&'static Definition> {
    FIGURES.iter().find(|definition| definition.name == name)
}

/// All figures, in the order in which they are shown.
pub static FIGURES: &[Definition] = &[
    Definition {
        name: "incidents",
        title: "Incidents over time",
        counted: Counted::Incidents,
        group: OFTEN,
        definition: "Postmortems by the period in which impact began (UTC) and by severity, drafts included. Incidents \
                     without a postmortem are not known here.",
        make: figures::often::incidents,
    },
    Definition {
        name: "growth",
        title: "Becoming rarer?",
        counted: Counted::Incidents,
        group: OFTEN,
        definition: "Incidents by the time at which impact began, counted up over the window, against a constant rate. \
                     The window is the period that was asked for, up to today; else it opens with the first incident, \
                     which is then not counted. A trend is stated only where both Laplace's test and the test of \
                     MIL-HDBK-189 (Crow-AMSAA, time-truncated) reject a constant rate at 0.05 in the same direction. \
                     Both take incidents to be independent of each other: where one brings about the next, they see \
                     trends too easily.",
        make: figures::often::growth,
    },
    Definition {
        name: "time-to-detect",
        title: "Time to detect",
        counted: Counted::Incidents,
        group: FAST,
        definition: "From the start of impact to the row **Detected.** of the timeline, else by the written time to \
                     detect. Quantiles are nearest ranks (values that were observed) with 95% bootstrap intervals. A \
                     trend from incident to incident is stated only where the test of Mann and Kendall finds one at \
                     0.05: of twenty such tests without any trend, one speaks by chance.",
        make: figures::fast::to_detect,
    },
    Definition {
        name: "time-to-acknowledge",
        title: "Time to acknowledge",
        counted: Counted::Incidents,
        group: FAST,
        definition: "From the start of impact, not from the page, to the row **Acknowledged.** of the timeline. \
                     Quantiles, intervals and trend as for the time to detect.",
        make: figures::fast::to_acknowledge,
    },
    Definition {
        name: "time-to-mitigate",
        title: "Time to mitigate",
        counted: Counted::Incidents,
        group: FAST,
        definition: "From the start of impact to the row **Mitigated.** of the timeline. Quantiles, intervals and \
                     trend as for the time to detect.",
        make: figures::fast::to_mitigate,
    },
    Definition {
        name: "time-to-resolve",
        title: "Time to resolve",
        counted: Counted::Incidents,
        group: FAST,
        definition: "From the start of impact to the end time, else to the last row **Resolved.** of the timeline. \
                     Quantiles, intervals and trend as for the time to detect.",
        make: figures::fast::to_resolve,
    },
    Definition {
        name: "mitigated-in-time",
        title: "Mitigated in time",
        counted: Counted::Incidents,
        group: FAST,
        definition: "Of the incidents with a start and a row **Mitigated.**, the share in which the time between them \
                     is at most the threshold (`mitigate-minutes` under `[thresholds]` in `recount.toml`, or `--within`). \
                     Intervals are Wilson's, 95%.",
        make: figures::fast::mitigated_in_time,
    },
    Definition {
        name: "detection",
        title: "How incidents are detected",
        counted: Counted::Incidents,
        group: WHY,
        definition: "Of the incidents whose section Detection names a way, the share that names this one. An incident \
                     that was seen in several ways counts for each, so shares add up to more than 100%; `None: …` is no \
                     way. Intervals are Wilson's, 95%.",
        make: figures::why::detection,
    },
    Definition {
        name: "factors",
        title: "Contributing factors",
        counted: Counted::Incidents,
        group: WHY,
        definition: "Incidents by the template's five kinds of contributing factors, the most frequent first. An incident \
                     counts once for each kind that it names; the running share is of all pairs of incident and kind.",
        make: figures::why::factors,
    },
    Definition {
        name: "factors-over-time",
        title: "Contributing factors over time",
        counted: Counted::Incidents,
        group: WHY,
        definition: "As contributing factors, by the period in which impact began (UTC). An incident counts once for each \
                     kind that it names, so a period can hold more than its incidents.",
        make: figures::why::factors_over_time,
    },
    Definition {
        name: "services",
        title: "Services",
        counted: Counted::Incidents,
        group: WHY,
        definition: "Incidents by primary service impacted and severity. A service's other names count as its own, by \
                     `[[services]]` in `recount.toml`; an incident counts once for each service.",
        make: figures::why::services,
    },
    Definition {
        name: "repeated-factors",
        title: "Factors that recur",
        counted: Counted::Incidents,
        group: AGAIN,
        definition: "Phrases of one to three words that recur among the contributing factors of different incidents. \
                     Words are reduced to their stems, numbers and words without meaning of their own are skipped, and \
                     no phrase crosses a punctuation mark. Listed is what at least two incidents and 1% of \
                     them share (single words: three and a quarter of them), by incidents times words; a phrase goes \
                     where a longer one is in two thirds of its incidents. Nothing else is done: whether it means the same each \
                     time is for the reader.",
        make: figures::again::factors,
    },
    Definition {
        name: "went-poorly",
        title: "What went poorly, again",
        counted: Counted::Incidents,
        group: AGAIN,
        definition: "Phrases that recur in the section What went poorly of different incidents, found as for factors that \
                     recur.",
        make: figures::again::went_poorly,
    },
    Definition {
        name: "got-lucky",
        title: "Where we got lucky, again",
        counted: Counted::Incidents,
        group: AGAIN,
        definition: "Phrases that recur in the section Where we got lucky of different incidents, found as for factors \
                     that recur.",
        make: figures::again::got_lucky,
    },
    Definition {
        name: "open-actions",
        title: "Open action items",
        counted: Counted::ActionItems,
        group: PROMISES,
        definition: "Action items on which work is still owed today, by priority and by days since the incident's end \
                     (else its start). A status that cannot be read counts as open.",
        make: figures::promises::open,
    },
    Definition {
        name: "time-to-close",
        title: "Time to close an action item",
        counted: Counted::ActionItems,
        group: PROMISES,
        definition: "Days from the incident's end (else its start) to the date of the status Done, Verified or Won't do, \
                     by Kaplan and Meier: what is open counts as open until today and is not dropped. Bands are 95%, \
                     pointwise. Of a verified item only the day of verification is written, so its time is an upper \
                     bound; what was closed before the incident's end counts as day 0.",
        make: figures::promises::time_to_close,
    },
    Definition {
        name: "on-time",
        title: "Action items closed on time",
        counted: Counted::ActionItems,
        group: PROMISES,
        definition: "Of the action items whose due date has passed, the share that was done by then. Items not due yet \
                     are left out even where they are done, since counting only the early ones would flatter; so are \
                     verified ones, of which only the day of verification is written: how far they could move the share \
                     is said. Intervals are Wilson's, 95%. An item of several teams counts for each.",
        make: figures::promises::on_time,
    },
    Definition {
        name: "verified",
        title: "Done, and verified",
        counted: Counted::ActionItems,
        group: PROMISES,
        definition: "Of the action items that are done, the share whose effect was verified. Intervals are Wilson's, \
                     95%. An item of several teams counts for each.",
        make: figures::promises::verified,
    },
    Definition {
        name: "teams",
        title: "Action items by team",
        counted: Counted::ActionItems,
        group: PROMISES,
        definition: "Action items by the team of their owner, by `[[people]]`, `[[services]]` and `teams` in \
                     `recount.toml`. An item of several teams counts for each.",
        make: figures::promises::teams,
    },
    Definition {
        name: "owners",
        title: "Action items by owner",
        counted: Counted::ActionItems,
        group: PROMISES,
        definition: "Action items by owner, a person's names taken as one by `[[people]]` in `recount.toml`. An item of \
                     several owners counts for each.",
        make: figures::promises::owners,
    },
];

#[cfg(test)]
mod tests;
