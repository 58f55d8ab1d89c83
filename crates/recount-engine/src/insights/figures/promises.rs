//! Promises: what became of the action items.

use crate::document::value::priority::Priority;
use crate::document::value::status::StatusKind;

use super::super::basis::{Basis, Item, days, plain};
use super::super::figure::{
    Data, Groups, Rank, Ranked, Share, Shares, Survival, SurvivalGroup, SurvivalStep,
};
use super::super::statistics::rounded;
use super::super::statistics::survival::Curve;
use super::super::{Made, Tally, words};
use super::{POINTS, said, share, thinned};

/// Names of the priorities, the most urgent first, and of what has none.
fn priorities() -> Vec<String> {
    let names = Priority::ALL.iter().map(Priority::to_string);
    names.chain(["no priority".to_owned()]).collect()
}

/// The place of a priority in [`priorities`].
fn urgency(priority: Option<Priority>) -> usize {
    priority.map_or(Priority::ALL.len(), |priority| priority.number().into())
}

/// How old open items are, the oldest first: up to so many days.
const AGES: [(&str, i64); 4] = [("over 180d", i64::MAX), ("91–180d", 180), ("31–90d", 90), ("to 30d", 30)];

/// The days at which the share that is still open is told.
const MARKS: [u32; 9] = [7, 14, 30, 60, 90, 180, 365, 730, 1825];

pub(in super::super) fn open(basis: &Basis<'_>) -> Made {
    let mut tally = Tally::default();
    let today = basis.scope.today;
    let mut groups: Vec<String> = AGES.iter().map(|(label, _)| (*label).to_owned()).collect();
    groups.push("unknown".to_owned());
    let mut rows: Vec<Rank> = priorities()
        .into_iter()
        .map(|label| Rank { label, total: 0, counts: vec![0; groups.len()], share: None, cumulative: None })
        .collect();
    let (mut overdue, mut undated) = (0, 0);
    for item in &basis.items {
        match item.status {
            Some(StatusKind::Done) => tally.exclude("done"),
            Some(StatusKind::Verified) => tally.exclude("verified"),
            Some(StatusKind::WontDo) => tally.exclude("refused (Won't do)"),
            Some(StatusKind::Open | StatusKind::InProgress) | None => {
                tally.count();
                overdue += usize::from(item.is_overdue(today));
                undated += usize::from(item.due.is_none());
                let age = item.since.map(|since| days(since, today));
                // The youngest band that holds it.
                let band = age.and_then(|age| AGES.iter().rposition(|(_, most)| age <= *most));
                let row = &mut rows[urgency(item.priority)];
                row.total += 1;
                row.counts[band.unwrap_or(AGES.len())] += 1;
            }
        }
    }
    let n = tally.n;
    for row in &mut rows {
        row.share = (n > 0).then(|| rounded(row.total as f64 / n as f64, 4));
    }
    let statements = vec![match n {
        0 if basis.items.is_empty() => "There is no action item.".to_owned(),
        0 => "No action item is open.".to_owned(),
        _ => format!(
            "{} open: {} past the due date, {} without one.",
            words::counted(n, "action item is", "action items are"),
            words::number(overdue),
            words::number(undated)
        ),
    }];
    rows.retain(|row| row.total > 0 || row.label != "no priority");
    if n == 0 {
        rows.clear();
    }
    super::often::without_unknown(&mut groups, rows.iter_mut().map(|row| &mut row.counts).collect());
    Made {
        tally,
        statements,
        data: Data::Ranked(Ranked { by: "priority", of: Groups::Grades, groups, rows }),
    }
}

pub(in super::super) fn time_to_close(basis: &Basis<'_>) -> Made {
    let mut tally = Tally::default();
    let labels = std::iter::once("all".to_owned()).chain(priorities());
    let mut groups: Vec<(String, Vec<(u32, bool)>)> = labels.map(|label| (label, Vec::new())).collect();
    let mut refused = 0;
    for item in &basis.items {
        let Some(since) = item.since else {
            tally.exclude("its incident has neither start nor end time");
            continue;
        };
        let closed = match item.status {
            None => {
                tally.exclude("status cannot be read");
                continue;
            }
            Some(status) if status.is_open() => None,
            Some(status) => {
                let Some(date) = item.status_date else {
                    tally.exclude("closed on a day that is not written");
                    continue;
                };
                if date > basis.scope.today {
                    tally.exclude("closed on a day that has not come");
                    continue;
                }
                refused += usize::from(status == StatusKind::WontDo);
                Some(date)
            }
        };
        let spent = days(since, closed.unwrap_or(basis.scope.today));
        if closed.is_none() && spent < 0 {
            tally.exclude("its incident is dated after today");
            continue;
        }
        tally.count();
        let entry = (u32::try_from(spent).unwrap_or(0), closed.is_some());
        groups[0].1.push(entry);
        groups[1 + urgency(item.priority)].1.push(entry);
    }
    let mut by_group = Vec::new();
    let (mut whole, mut longest_days) = (Curve::default(), 0);
    for (nth, (label, mut durations)) in groups.into_iter().enumerate() {
        let curve = Curve::of(&mut durations);
        let (low_days, high_days) = curve.median_interval();
        let n = durations.len();
        let longest = durations.last().map_or(0, |(days, _)| *days);
        // Past the last observation nothing is known, unless all were closed by then.
        let closed_in = |time| {
            let open = curve.at(time).0;
            (n > 0 && (longest >= time || open <= 0.0)).then(|| rounded(1.0 - open, 4))
        };
        if n > 0 || nth == 0 {
            by_group.push(SurvivalGroup {
                label,
                n,
                closed: durations.iter().filter(|(_, closed)| *closed).count(),
                median_days: curve.median(),
                low_days,
                high_days,
                closed_in_30_days: closed_in(30),
                closed_in_90_days: closed_in(90),
            });
        }
        if nth == 0 {
            longest_days = longest;
            whole = curve;
        }
    }
    let all = &by_group[0];
    let mut statements = Vec::new();
    if all.n == 0 {
        statements.push("No action item says enough to be counted.".to_owned());
    } else {
        let days = |days: u32| words::counted(days as usize, "day", "days");
        let counts = format!(
            "{} of {} closed, the others censored",
            words::number(all.closed),
            words::counted(all.n, "action item", "action items")
        );
        statements.push(match (all.median_days, all.low_days, all.high_days) {
            (Some(median), Some(low), Some(high)) => format!(
                "Half are closed within {} (95% interval {low} to {high}); {counts}.",
                days(median)
            ),
            (Some(median), Some(low), None) => format!(
                "Half are closed within {} (95% interval from {low}; its upper end is not reached); {counts}.",
                days(median)
            ),
            (Some(median), ..) => format!("Half are closed within {}; {counts}.", days(median)),
            (None, ..) => format!("Fewer than half are closed so far, so there is no median; {counts}."),
        });
        if refused > 0 {
            statements
                .push(format!("Of the closed ones {} refused.", words::counted(refused, "was", "were")));
        }
    }
    let steps: Vec<SurvivalStep> = whole
        .steps
        .iter()
        .map(|step| SurvivalStep {
            days: step.time,
            at_risk: step.at_risk,
            open: rounded(step.open, 4),
            low: rounded(step.band.0, 4),
            high: rounded(step.band.1, 4),
        })
        .collect();
    let marks = MARKS.into_iter().filter(|days| *days <= longest_days).map(|days| {
        let after = steps.partition_point(|step| step.days <= days);
        (days, after.checked_sub(1).map(|at| steps[at]))
    });
    let marks = marks.collect();
    let data = Survival { curve: thinned(&steps, POINTS), marks, longest_days, groups: by_group };
    Made { tally, statements, data: Data::Survival(data) }
}

/// Counts of a share by priority and by team.
struct Split<'b, 'a> {
    basis: &'b Basis<'a>,
    all: (usize, usize),
    priorities: Vec<(usize, usize)>,
    teams: Teams,
}

impl<'b, 'a> Split<'b, 'a> {
    fn of(basis: &'b Basis<'a>) -> Self {
        let teams = Teams::of(basis);
        Self { basis, all: (0, 0), priorities: vec![(0, 0); Priority::ALL.len() + 1], teams }
    }

    fn add(&mut self, item: &Item, hit: bool) {
        let add = |row: &mut (usize, usize)| {
            row.0 += usize::from(hit);
            row.1 += 1;
        };
        add(&mut self.all);
        add(&mut self.priorities[urgency(item.priority)]);
        let Teams { of_owner, counts, .. } = &mut self.teams;
        each_team(of_owner, self.basis.owners_of(item), |team| add(&mut counts[team]));
    }

    fn rows(self) -> Vec<Share> {
        let mut rows = vec![share("all", self.all.0, self.all.1)];
        let by_priority = priorities().into_iter().zip(self.priorities);
        rows.extend(
            by_priority.filter(|(_, (_, of))| *of > 0).map(|(label, (hits, of))| share(label, hits, of)),
        );
        // Where there are no teams, a row for "no team known" says nothing.
        if self.basis.owners.iter().any(|owner| owner.team.is_some()) {
            let counts = self.teams.names.into_iter().zip(self.teams.counts);
            let mut teams: Vec<Share> = counts
                .filter(|(_, (_, of))| *of > 0)
                .map(|(label, (hits, of))| share(label, hits, of))
                .collect();
            teams.sort_by(|a, b| b.of.cmp(&a.of).then_with(|| a.label.cmp(&b.label)));
            rows.extend(teams);
        }
        rows
    }
}

/// The teams of owners.
struct Teams {
    names: Vec<String>,
    /// For each owner of the basis its place in `names`.
    of_owner: Vec<usize>,
    counts: Vec<(usize, usize)>,
}

/// The place of what has no owner, and of what has one without a team.
const NO_OWNER: usize = 0;
const NO_TEAM: usize = 1;

impl Teams {
    fn of(basis: &Basis<'_>) -> Self {
        let mut names = vec!["no owner".to_owned(), "no team known".to_owned()];
        let of_owner = basis
            .owners
            .iter()
            .map(|owner| {
                let Some(team) = &owner.team else { return NO_TEAM };
                let found = names.iter().position(|name| plain(name) == plain(team));
                found.unwrap_or_else(|| {
                    names.push(team.clone());
                    names.len() - 1
                })
            })
            .collect();
        let counts = vec![(0, 0); names.len()];
        Self { names, of_owner, counts }
    }
}

/// Calls `take` with the teams of these owners, each once; with [`NO_OWNER`] where there is none.
fn each_team(of_owner: &[usize], owners: &[u32], mut take: impl FnMut(usize)) {
    match owners {
        [] => take(NO_OWNER),
        [one] => take(of_owner[*one as usize]),
        several => {
            let mut teams: Vec<usize> = several.iter().map(|owner| of_owner[*owner as usize]).collect();
            teams.sort_unstable();
            teams.dedup();
            teams.into_iter().for_each(take);
        }
    }
}

pub(in super::super) fn on_time(basis: &Basis<'_>) -> Made {
    let mut tally = Tally::default();
    let mut split = Split::of(basis);
    // Of those verified: how many, and how many certainly by their due date.
    let (mut verified, mut early) = (0, 0);
    for item in &basis.items {
        match on_time_or_why_not(item, basis) {
            Ok(hit) => {
                tally.count();
                split.add(item, hit);
            }
            Err(reason) => {
                if reason == VERIFIED {
                    verified += 1;
                    let was_early = item.status_date.zip(item.due).is_some_and(|(on, due)| on <= due);
                    early += usize::from(was_early);
                }
                tally.exclude(reason);
            }
        }
    }
    let (hits, n) = (split.all.0, tally.n);
    let rows = split.rows();
    let mut statements = vec![if n == 0 {
        "No action item with a known end has been due yet.".to_owned()
    } else {
        format!("{} were done by their due date.", said(&rows[0]))
    }];
    if verified > 0 {
        let part = |count: usize| words::percent(count as f64 / (n + verified) as f64);
        statements.push(format!(
            "With {}, of which the day they were done is not kept, the share is between {} and {}.",
            words::counted(verified, "verified item", "verified items"),
            part(hits + early),
            part(hits + verified)
        ));
    }
    Made { tally, statements, data: Data::Shares(Shares { by: "priority, team", rows }) }
}

/// Why a verified item is not counted.
const VERIFIED: &str = "verified: when it was done is not kept";

fn on_time_or_why_not(item: &Item, basis: &Basis<'_>) -> Result<bool, &'static str> {
    let due = item.due.ok_or("no due date that can be read")?;
    if due >= basis.scope.today {
        return Err("not due yet");
    }
    match (item.status, item.status_date) {
        (None, _) => Err("status cannot be read"),
        (Some(StatusKind::WontDo), _) => Err("refused (Won't do)"),
        (Some(StatusKind::Open | StatusKind::InProgress), None) => Ok(false),
        (Some(StatusKind::Open | StatusKind::InProgress), Some(_)) => {
            Err("reopened: when it was first done is not kept")
        }
        (Some(StatusKind::Verified), _) => Err(VERIFIED),
        (Some(StatusKind::Done), None) => Err("done on a day that is not written"),
        (Some(StatusKind::Done), Some(date)) => Ok(date <= due),
    }
}

pub(in super::super) fn verified(basis: &Basis<'_>) -> Made {
    let mut tally = Tally::default();
    let mut split = Split::of(basis);
    for item in &basis.items {
        match item.status {
            Some(StatusKind::Done | StatusKind::Verified) => {
                tally.count();
                split.add(item, item.status == Some(StatusKind::Verified));
            }
            Some(StatusKind::WontDo) => tally.exclude("refused (Won't do)"),
            Some(StatusKind::Open | StatusKind::InProgress) => tally.exclude("open"),
            None => tally.exclude("status cannot be read"),
        }
    }
    let rows = split.rows();
    let statements = vec![if tally.n == 0 {
        "No action item is done.".to_owned()
    } else {
        format!("Of what is done, {} were verified.", said(&rows[0]))
    }];
    Made { tally, statements, data: Data::Shares(Shares { by: "priority, team", rows }) }
}

/// What an owner's items are: the first is what is owed.
const STATES: [&str; 5] = ["overdue", "open", "done", "verified", "refused"];

fn state(item: &Item, basis: &Basis<'_>) -> usize {
    match item.status {
        Some(StatusKind::Done) => 2,
        Some(StatusKind::Verified) => 3,
        Some(StatusKind::WontDo) => 4,
        _ => usize::from(!item.is_overdue(basis.scope.today)),
    }
}

pub(in super::super) fn teams(basis: &Basis<'_>) -> Made {
    let Teams { names, of_owner, .. } = Teams::of(basis);
    by_name("team", basis, &names, |item, take| each_team(&of_owner, basis.owners_of(item), take))
}

pub(in super::super) fn owners(basis: &Basis<'_>) -> Made {
    let mut names = vec!["no owner".to_owned()];
    names.extend(basis.owners.iter().map(|owner| owner.name.clone()));
    by_name("owner", basis, &names, |item, take| match basis.owners_of(item) {
        [] => take(NO_OWNER),
        owners => owners.iter().for_each(|owner| take(*owner as usize + 1)),
    })
}

fn by_name(
    by: &'static str,
    basis: &Basis<'_>,
    names: &[String],
    each: impl Fn(&Item, &mut dyn FnMut(usize)),
) -> Made {
    let tally = Tally { n: basis.items.len(), ..Tally::default() };
    let mut rows: Vec<Rank> = names
        .iter()
        .map(|label| Rank {
            label: label.clone(),
            total: 0,
            counts: vec![0; STATES.len()],
            share: None,
            cumulative: None,
        })
        .collect();
    for item in &basis.items {
        let state = state(item, basis);
        each(item, &mut |name| {
            rows[name].total += 1;
            rows[name].counts[state] += 1;
        });
    }
    rows.retain(|row| row.total > 0);
    rows.sort_by(|a, b| b.total.cmp(&a.total).then_with(|| a.label.cmp(&b.label)));
    let overdue = |row: &&Rank| row.counts[0];
    let statements = vec![match rows.iter().max_by_key(overdue) {
        None => "There is no action item.".to_owned(),
        Some(row) if row.counts[0] == 0 => "Nothing is overdue.".to_owned(),
        Some(row) => format!("Most overdue: {}, {}.", row.label, words::number(row.counts[0])),
    }];
    let groups = STATES.iter().map(|state| (*state).to_owned()).collect();
    Made { tally, statements, data: Data::Ranked(Ranked { by, of: Groups::Grades, groups, rows }) }
}
