//! Charts of curves: empirical distributions, survival, cumulative counts.

use super::super::figure::{Distribution, Figure, Growth, Survival};
use super::super::statistics::SIGNIFICANT;
use super::super::words;
use super::{Scene, WIDTH, scale, width_of};

const LEFT: f64 = 44.0;
const RIGHT: f64 = WIDTH - 14.0;
const TOP: f64 = 10.0;
const BOTTOM: f64 = 160.0;

/// The place of a share on the axis from 0 to 1.
fn level(share: f64) -> f64 {
    BOTTOM - (BOTTOM - TOP) * share
}

fn across(place: f64) -> f64 {
    LEFT + (RIGHT - LEFT) * place
}

/// Lines and labels of an axis of shares.
fn shares(scene: &mut Scene) {
    for tick in [0.0, 0.25, 0.5, 0.75, 1.0] {
        scene.line((LEFT, level(tick)), (RIGHT, level(tick)), "rule");
        scene.text((LEFT - 6.0, level(tick) + 4.0), "end", "quiet", format!("{:.0}%", tick * 100.0));
    }
}

/// Labels below the plot, without those that would touch the one before.
fn below(scene: &mut Scene, ticks: impl Iterator<Item = (f64, String)>) {
    let mut free = 0.0;
    for (place, label) in ticks {
        let (x, half) = (across(place), width_of(&label) / 2.0);
        scene.line((x, BOTTOM), (x, BOTTOM + 4.0), "axis");
        let centre = x.min(WIDTH - half - 2.0);
        if centre - half >= free {
            scene.text((centre, BOTTOM + 17.0), "middle", "quiet", label);
            free = centre + half + 6.0;
        }
    }
    scene.line((LEFT, BOTTOM), (RIGHT, BOTTOM), "axis");
}

fn axis_title(scene: &mut Scene, text: &str) {
    scene.text((f64::midpoint(LEFT, RIGHT), BOTTOM + 34.0), "middle", "quiet", text);
    scene.height = BOTTOM + 42.0;
}

pub(super) fn distribution(distribution: &Distribution, _: &Figure) -> Scene {
    let Some((first, last)) = distribution.curve.first().zip(distribution.curve.last()) else {
        return Scene::empty("Nothing to draw");
    };
    let mut scene = Scene::default();
    let axis = scale::Durations::of(first.seconds, last.seconds);
    let x = |seconds: u64| across(axis.place(seconds));
    shares(&mut scene);
    for (quantile, share) in [(distribution.median, 0.5), (distribution.p90, 0.9)] {
        let Some(quantile) = quantile else { continue };
        if let Some((low, high)) = quantile.low_seconds.zip(quantile.high_seconds) {
            scene.line((x(low), level(share)), (x(high), level(share)), "span");
        }
    }
    let mut points = vec![(x(first.seconds), level(0.0))];
    points.extend(distribution.curve.iter().map(|point| (x(point.seconds), level(point.share))));
    points.push((RIGHT, level(1.0)));
    scene.path(&points, true, "curve");
    for (quantile, share, name) in
        [(distribution.median, 0.5, "Half"), (distribution.p90, 0.9, "Nine of ten")]
    {
        let Some(quantile) = quantile else { continue };
        let tip = format!("{name}: {}", words::quantile(&quantile));
        scene.dot((x(quantile.seconds), level(share)), "dot", tip);
        let label = words::duration(quantile.seconds);
        // Beside the dot where there is room, and clear of the curve.
        let at = x(quantile.seconds);
        if at + 8.0 + width_of(&label) < RIGHT {
            scene.text((at + 9.0, level(share) + 14.0), "start", "", label);
        } else {
            scene.text((at - 9.0, level(share) - 6.0), "end", "", label);
        }
    }
    below(&mut scene, axis.ticks.iter().map(|tick| (axis.place(*tick), words::duration(*tick))));
    axis_title(&mut scene, "share of incidents within this time (logarithmic)");
    scene
}

pub(super) fn survival(survival: &Survival, figure: &Figure) -> Scene {
    if figure.n == 0 {
        return Scene::empty("Nothing to draw");
    }
    let mut scene = Scene::default();
    let ticks = scale::counts(survival.longest_days as usize);
    let last = ticks.last().copied().unwrap_or(1) as f64;
    let x = |days: u32| across(f64::from(days) / last);
    shares(&mut scene);
    let end = x(survival.longest_days);
    let line = |value: fn(&super::super::figure::SurvivalStep) -> f64| {
        let mut points = vec![(x(0), level(1.0))];
        points.extend(survival.curve.iter().map(|step| (x(step.days), level(value(step)))));
        let lowest = points.last().map_or(level(1.0), |(_, y)| *y);
        points.push((end, lowest));
        points
    };
    scene.area(&line(|step| step.high), &line(|step| step.low), "band");
    scene.path(&line(|step| step.open), true, "curve");
    if let Some(median) = survival.groups.first().and_then(|all| all.median_days) {
        scene.line((LEFT, level(0.5)), (x(median), level(0.5)), "guide");
        scene.line((x(median), level(0.5)), (x(median), level(0.0)), "guide");
        scene.dot((x(median), level(0.5)), "dot", format!("Half are closed after {median} days"));
        let label = format!("{median}d");
        scene.text((x(median) + 9.0, level(0.5) - 6.0), "start", "", label);
    }
    below(&mut scene, ticks.iter().map(|tick| (*tick as f64 / last, format!("{}d", words::number(*tick)))));
    axis_title(&mut scene, "share still open after so many days");
    scene
}

pub(super) fn growth(growth: &Growth, figure: &Figure) -> Scene {
    let (Some(from), Some(to)) = (&growth.from, &growth.to) else { return Scene::empty("Nothing to draw") };
    if figure.n == 0 || growth.window_days <= 0.0 {
        return Scene::empty("Nothing to draw");
    }
    let mut scene = Scene::default();
    let n = figure.n as f64;
    let ticks = scale::counts(figure.n);
    let last = ticks.last().copied().unwrap_or(1) as f64;
    let y = |count: f64| level(count / last);
    for tick in &ticks {
        scene.line((LEFT, y(*tick as f64)), (RIGHT, y(*tick as f64)), "rule");
        scene.text((LEFT - 6.0, y(*tick as f64) + 4.0), "end", "quiet", scale::short(*tick));
    }
    scene.line((LEFT, y(0.0)), (RIGHT, y(n)), "guide");
    let tests = growth.laplace.as_ref().zip(growth.power_law.as_ref());
    let fit = tests.filter(|(laplace, power)| laplace.p < SIGNIFICANT && power.p < SIGNIFICANT);
    if let Some((_, power)) = fit {
        let place = |nth: i32| f64::from(nth) / 60.0;
        let points: Vec<_> =
            (0..=60).map(|nth| (across(place(nth)), y(n * place(nth).powf(power.beta)))).collect();
        scene.path(&points, false, "fit");
    }
    let mut points = vec![(LEFT, y(0.0))];
    let place = |days: f64| across((days / growth.window_days).clamp(0.0, 1.0));
    points.extend(growth.curve.iter().map(|point| (place(point.days), y(point.count as f64))));
    points.push((RIGHT, y(n)));
    scene.path(&points, true, "curve");
    below(&mut scene, std::iter::empty());
    scene.text((LEFT, BOTTOM + 17.0), "start", "quiet", from.as_str());
    scene.text((RIGHT, BOTTOM + 17.0), "end", "quiet", to.as_str());
    let mut x = LEFT;
    for (class, label, is_drawn) in [
        ("curve", "incidents so far", true),
        ("guide", "constant rate", true),
        ("fit", "fitted growth", fit.is_some()),
    ] {
        if is_drawn {
            scene.line((x, BOTTOM + 31.0), (x + 18.0, BOTTOM + 31.0), class);
            scene.text((x + 23.0, BOTTOM + 35.0), "start", "quiet", label);
            x += 23.0 + width_of(label) + 14.0;
        }
    }
    scene.height = BOTTOM + 42.0;
    scene
}
