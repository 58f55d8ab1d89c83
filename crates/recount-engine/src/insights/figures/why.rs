//! How incidents were found, what contributed, and what they hit.

use crate::document::template::{FieldDef, FieldId};
use crate::document::value::time::utc_day;

use super::super::basis::{Basis, plain};
use super::super::brief;
use super::super::figure::{Data, Groups, Period, Periods, Rank, Ranked, Shares};
use super::super::hash::Fast;
use super::super::period::{self, Unit};
use super::super::statistics::rounded;
use super::super::{Made, Tally, words};
use super::often::{grade, severities, window, without_unknown};
use super::{no_start, said, share};

pub(in super::super) fn detection(basis: &Basis<'_>) -> Made {
    let mut tally = Tally::default();
    let (mut alerts, mut customers, mut people, mut unseen) = (0, 0, 0, 0);
    let bit = |way| brief::bit(FieldId::HowDetected, way);
    let [by_alert, by_customers, by_people] =
        [FieldId::AlertNames, FieldId::CustomerReports, FieldId::InternalObservation].map(bit);
    for brief in basis.briefs() {
        let ways = brief.detected_by;
        if ways == 0 {
            tally.exclude("no way of detection named");
            continue;
        }
        tally.count();
        let by = |way| usize::from(ways & way != 0);
        alerts += by(by_alert);
        customers += by(by_customers);
        people += by(by_people);
        unseen += usize::from(by(by_customers) == 1 && by(by_alert) == 0);
    }
    let n = tally.n;
    let rows = vec![
        share("by alerts", alerts, n),
        share("by customers", customers, n),
        share("by people inside", people, n),
        share("by customers and no alert", unseen, n),
    ];
    let statements = vec![if n == 0 {
        "No incident says how it was detected.".to_owned()
    } else {
        format!("An alert told of {}; customers and no alert of {}.", said(&rows[0]), said(&rows[3]))
    }];
    Made { tally, statements, data: Data::Shares(Shares { by: "detected", rows }) }
}

/// The template's kinds of contributing factors.
fn kinds() -> Vec<&'static FieldDef> {
    FieldId::ContributingFactors.members().collect()
}

/// The bit of each kind.
fn bits(kinds: &[&FieldDef]) -> Vec<u8> {
    kinds.iter().map(|kind| brief::bit(FieldId::ContributingFactors, kind.id)).collect()
}

pub(in super::super) fn factors(basis: &Basis<'_>) -> Made {
    let mut tally = Tally::default();
    let kinds = kinds();
    let bits = bits(&kinds);
    let mut totals = vec![0; kinds.len()];
    for brief in basis.briefs() {
        if brief.factors == 0 {
            tally.exclude("no contributing factor named");
            continue;
        }
        tally.count();
        for (bit, total) in bits.iter().zip(&mut totals) {
            *total += usize::from(brief.factors & bit != 0);
        }
    }
    let labels = kinds.iter().map(|kind| kind.label.to_owned());
    let mut rows: Vec<Rank> =
        labels.zip(&totals).map(|(label, total)| rank(label, *total, vec![*total], tally.n)).collect();
    rows.sort_by_key(|row| std::cmp::Reverse(row.total));
    let sum: usize = totals.iter().sum();
    let mut so_far = 0;
    for row in &mut rows {
        so_far += row.total;
        row.cumulative = (sum > 0).then(|| rounded(so_far as f64 / sum as f64, 4));
    }
    let statements = vec![match rows.first().filter(|row| row.total > 0) {
        None => "No incident names a contributing factor.".to_owned(),
        Some(first) => {
            let incidents = words::counted(tally.n, "incident", "incidents");
            format!("Most frequent is {}, in {} of {incidents}.", first.label, words::number(first.total))
        }
    }];
    let groups = vec!["incidents".to_owned()];
    Made { tally, statements, data: Data::Ranked(Ranked { by: "kind", of: Groups::Names, groups, rows }) }
}

fn rank(label: String, total: usize, counts: Vec<usize>, n: usize) -> Rank {
    let share = (n > 0).then(|| rounded(total as f64 / n as f64, 4));
    Rank { label, total, counts, share, cumulative: None }
}

pub(in super::super) fn factors_over_time(basis: &Basis<'_>) -> Made {
    let mut tally = Tally::default();
    let kinds = kinds();
    let bits = bits(&kinds);
    let (unit, starts) = window(basis).unwrap_or((Unit::Month, Vec::new()));
    let mut rows: Vec<Period> = starts
        .iter()
        .map(|start| Period { label: unit.label(*start), counts: vec![0; kinds.len()] })
        .collect();
    for brief in basis.briefs() {
        let Some(started) = brief.started else {
            tally.exclude(no_start(brief));
            continue;
        };
        if brief.factors == 0 {
            tally.exclude("no contributing factor named");
            continue;
        }
        tally.count();
        let counts = &mut rows[period::index(&starts, utc_day(started))].counts;
        for (bit, count) in bits.iter().zip(counts) {
            *count += usize::from(brief.factors & bit != 0);
        }
    }
    let statements = if tally.n == 0 {
        rows.clear();
        vec!["No incident names a contributing factor and its start.".to_owned()]
    } else {
        Vec::new()
    };
    let groups = kinds.iter().map(|kind| kind.label.to_owned()).collect();
    Made { tally, statements, data: Data::Periods(Periods { of: Groups::Names, groups, rows }) }
}

pub(in super::super) fn services(basis: &Basis<'_>) -> Made {
    let mut tally = Tally::default();
    let mut groups = severities();
    // By the numbers that words have in their block.
    let mut known: Vec<Vec<usize>> = vec![Vec::new(); basis.blocks().len()];
    let mut same: Fast<String, usize> = Fast::default();
    let mut rows: Vec<Rank> = Vec::new();
    let mut own = Vec::new();
    for (block, briefs, brief) in basis.with_blocks() {
        let services = briefs.service_words(brief);
        if services.is_empty() {
            tally.exclude("no service named");
            continue;
        }
        tally.count();
        own.clear();
        let known = &mut known[block];
        known.resize(briefs.words(), usize::MAX);
        for word in services {
            let Some(index) = known.get_mut(*word as usize) else { continue };
            if *index == usize::MAX {
                let name = basis.scope.config.service_name(briefs.word(*word));
                *index = *same.entry(plain(name)).or_insert_with(|| {
                    rows.push(rank(name.to_owned(), 0, vec![0; groups.len()], 0));
                    rows.len() - 1
                });
            }
            own.push(*index);
        }
        own.sort_unstable();
        own.dedup();
        for index in &own {
            rows[*index].total += 1;
            rows[*index].counts[grade(brief.severity)] += 1;
        }
    }
    for row in &mut rows {
        row.share = Some(rounded(row.total as f64 / tally.n as f64, 4));
    }
    rows.sort_by(|a, b| b.total.cmp(&a.total).then_with(|| a.label.cmp(&b.label)));
    let statements = vec![match rows.first() {
        None => "No incident names a service.".to_owned(),
        Some(first) => format!(
            "{} in {}; most often {}, in {}.",
            words::counted(rows.len(), "service", "services"),
            words::counted(tally.n, "incident", "incidents"),
            first.label,
            words::number(first.total)
        ),
    }];
    without_unknown(&mut groups, rows.iter_mut().map(|row| &mut row.counts).collect());
    Made { tally, statements, data: Data::Ranked(Ranked { by: "service", of: Groups::Grades, groups, rows }) }
}
