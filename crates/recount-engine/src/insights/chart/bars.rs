//! Charts of counts and shares: bars over time, bars by name, dots with intervals.

use super::super::figure::{Figure, Groups, Periods, Phrases, Ranked, Shares};
use super::super::words;
use super::{Scene, WIDTH, fitted, scale, width_of};

/// At most so many rows by name; the table has all.
const ROWS: usize = 12;

fn class(of: Groups, count: usize, nth: usize) -> String {
    match of {
        Groups::Grades if count > 1 => format!("g{}", nth.min(4)),
        _ => format!("n{}", nth.min(4)),
    }
}

/// The names of groups with their colours from `top` on; the height that they take.
fn legend(scene: &mut Scene, of: Groups, groups: &[String], top: f64) -> f64 {
    if groups.len() < 2 {
        return 0.0;
    }
    let (mut x, mut y) = (12.0, top);
    for (nth, group) in groups.iter().enumerate() {
        let width = 15.0 + width_of(group) + 14.0;
        if x > 12.0 && x + width > WIDTH {
            x = 12.0;
            y += 18.0;
        }
        scene.rect((x, y), (10.0, 10.0), class(of, groups.len(), nth), String::new());
        scene.text((x + 15.0, y + 9.0), "start", "quiet", group.as_str());
        x += width;
    }
    y + 18.0 - top
}

pub(super) fn periods(periods: &Periods, figure: &Figure) -> Scene {
    if figure.n == 0 || periods.rows.is_empty() {
        return Scene::empty("Nothing to draw");
    }
    let (left, right, top, height) = (42.0, WIDTH - 6.0, 10.0, 140.0);
    let mut scene = Scene::default();
    let most = periods.rows.iter().map(|row| row.counts.iter().sum()).max().unwrap_or(0);
    let ticks = scale::counts(most);
    let last = ticks.last().copied().unwrap_or(1) as f64;
    let y = |count: usize| top + height * (1.0 - count as f64 / last);
    for tick in &ticks {
        scene.line((left, y(*tick)), (right, y(*tick)), "rule");
        scene.text((left - 6.0, y(*tick) + 4.0), "end", "quiet", scale::short(*tick));
    }
    let slot = (right - left) / periods.rows.len() as f64;
    let bar = (slot * 0.72).min(36.0);
    // Labels that would touch their neighbours are left out, evenly.
    let widest = periods.rows.iter().map(|row| width_of(&row.label)).fold(0.0, f64::max);
    let step = ((widest + 8.0) / slot).ceil().max(1.0) as usize;
    for (nth, row) in periods.rows.iter().enumerate() {
        let centre = left + slot * (nth as f64 + 0.5);
        let mut below = 0;
        for (group, count) in row.counts.iter().enumerate().filter(|(_, count)| **count > 0) {
            let (low, high) = (y(below), y(below + count));
            let tip = format!("{}: {} {}", row.label, words::number(*count), periods.groups[group]);
            let class = class(periods.of, periods.groups.len(), group);
            scene.rect((centre - bar / 2.0, high), (bar, low - high), class, tip);
            below += count;
        }
        if nth % step == 0 {
            // A label at an edge stays within the chart.
            let half = width_of(&row.label) / 2.0;
            let x = centre.clamp(half + 2.0, WIDTH - half - 2.0);
            scene.text((x, top + height + 16.0), "middle", "quiet", row.label.as_str());
        }
    }
    scene.line((left, top + height), (right, top + height), "axis");
    let under = top + height + 28.0;
    scene.height = under + legend(&mut scene, periods.of, &periods.groups, under);
    scene
}

/// The room that labels take in front of a chart.
fn labels<'a>(labels: impl Iterator<Item = &'a str>) -> f64 {
    labels.take(ROWS).map(width_of).fold(40.0, f64::max).min(168.0)
}

/// A row of a chart by name.
struct Row<'a> {
    label: &'a str,
    total: usize,
    counts: &'a [usize],
}

fn by_name(rows: &[Row<'_>], of: Groups, groups: &[String]) -> Scene {
    if rows.iter().all(|row| row.total == 0) {
        return Scene::empty("Nothing to draw");
    }
    let mut scene = Scene::default();
    let room = labels(rows.iter().map(|row| row.label));
    let (left, top, line) = (room + 20.0, 6.0, 24.0);
    let most = rows.iter().map(|row| row.counts.iter().sum::<usize>()).max().unwrap_or(1).max(1);
    let right = WIDTH - 16.0 - width_of(&words::number(most));
    for (nth, row) in rows.iter().take(ROWS).enumerate() {
        let y = top + line * nth as f64;
        scene.text((room + 12.0, y + 13.0), "end", "", fitted(row.label, room));
        let mut x = left;
        for (group, count) in row.counts.iter().enumerate().filter(|(_, count)| **count > 0) {
            let width = (right - left) * *count as f64 / most as f64;
            let tip = format!("{}: {} {}", row.label, words::number(*count), groups[group]);
            scene.rect((x, y + 2.0), (width, 15.0), class(of, groups.len(), group), tip);
            x += width;
        }
        scene.text((x + 6.0, y + 13.0), "start", "quiet", words::number(row.total));
    }
    let mut under = top + line * rows.len().min(ROWS) as f64 + 6.0;
    if rows.len() > ROWS {
        let more = format!("and {} more", words::number(rows.len() - ROWS));
        scene.text((room + 12.0, under + 6.0), "end", "quiet", more);
        under += 18.0;
    }
    scene.height = under + legend(&mut scene, of, groups, under);
    scene
}

pub(super) fn ranked(ranked: &Ranked, _: &Figure) -> Scene {
    let rows = ranked.rows.iter().map(|row| Row { label: &row.label, total: row.total, counts: &row.counts });
    by_name(&rows.collect::<Vec<_>>(), ranked.of, &ranked.groups)
}

pub(super) fn phrases(phrases: &Phrases, _: &Figure) -> Scene {
    if phrases.rows.is_empty() {
        return Scene::empty("No phrase recurs");
    }
    let counts: Vec<[usize; 1]> = phrases.rows.iter().map(|row| [row.incidents]).collect();
    let rows = phrases.rows.iter().zip(&counts);
    let rows = rows.map(|(row, counts)| Row { label: &row.phrase, total: row.incidents, counts });
    by_name(&rows.collect::<Vec<_>>(), Groups::Names, &["incidents".to_owned()])
}

pub(super) fn shares(shares: &Shares, figure: &Figure) -> Scene {
    if figure.n == 0 {
        return Scene::empty("Nothing to draw");
    }
    let mut scene = Scene::default();
    let room = labels(shares.rows.iter().map(|row| row.label.as_str()));
    let (top, line) = (10.0, 26.0);
    let counts = |count: usize, of: usize| format!("{} of {}", words::number(count), words::number(of));
    let shown = &shares.rows[..shares.rows.len().min(ROWS)];
    let widest = shown.iter().map(|row| width_of(&counts(row.count, row.of))).fold(0.0, f64::max);
    // Large counts leave no room for the chart, and their intervals are narrow: there the share says it all.
    let has_counts = WIDTH - widest - room > 140.0;
    let (left, right) = (room + 22.0, WIDTH - 24.0 - if has_counts { widest } else { 40.0 });
    let x = |share: f64| left + (right - left) * share;
    let bottom = top + line * shown.len() as f64;
    for tick in [0.0, 0.5, 1.0] {
        scene.line((x(tick), top), (x(tick), bottom), "rule");
        scene.text((x(tick), bottom + 16.0), "middle", "quiet", format!("{:.0}%", tick * 100.0));
    }
    for (nth, row) in shown.iter().enumerate() {
        let y = top + line * (nth as f64 + 0.5);
        scene.text((room + 10.0, y + 4.0), "end", "", fitted(&row.label, room));
        if let (Some(share), Some(low), Some(high)) = (row.share, row.low, row.high) {
            scene.line((x(low), y), (x(high), y), "whisker");
            let tip = format!("{}: {} ({})", row.label, words::percent(share), words::percents(low, high));
            scene.dot((x(share), y), "dot", tip);
        }
        let share = row.share.map_or_else(|| "–".to_owned(), words::percent);
        let label = if has_counts { counts(row.count, row.of) } else { share };
        scene.text((WIDTH - 8.0, y + 4.0), "end", "quiet", label);
    }
    scene.height = bottom + 24.0;
    if shares.rows.len() > ROWS {
        let more = format!("and {} more", words::number(shares.rows.len() - ROWS));
        scene.text((room + 10.0, scene.height + 4.0), "end", "quiet", more);
        scene.height += 14.0;
    }
    scene
}
