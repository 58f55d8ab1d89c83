//! An incident drawn on a time axis: its milestones, the spans between them, and a mark for every row of the
//! timeline.
//!
//! The axis is true to the clock but for long gaps, which are cut and say how long they are: two days of cleaning up
//! do not squeeze the first ten minutes into a line. Each mark leads to its row. There are two drawings of one axis,
//! one for wide and one for narrow screens; colours are classes, which a style sheet gives for light and dark. What
//! does not live here: figures over many incidents (`insights`).

#![allow(clippy::cast_precision_loss, reason = "seconds and counts of rows are far below what a float holds")]

use std::fmt::Write as _;

use askama::Template;
use jiff::tz::TimeZone;
use jiff::{Timestamp, civil::DateTime};

use crate::document::value::duration;
use crate::document::{Document, Milestone, TimelineRow, elapsed, plain_text};

/// A drawing's measures.
#[derive(Clone, Copy, Debug)]
struct Sheet {
    /// Its class, which a style sheet shows or hides.
    class: &'static str,
    width: f64,
    /// How many lines of labels stand below the axis at most; none are written where this is zero.
    lanes: usize,
    /// As many characters a label has at most.
    longest: usize,
}

const WIDE: Sheet = Sheet { class: "axis wide", width: 1080.0, lanes: 14, longest: 46 };
const NARROW: Sheet = Sheet { class: "axis narrow", width: 360.0, lanes: 0, longest: 0 };

/// Room at both ends.
const MARGIN: f64 = 14.0;
/// Height of a line of text.
const LINE: f64 = 17.0;
/// The least distance of two marks that stand side by side; nearer ones stand above each other.
const APART: f64 = 9.0;
/// The least distance of two ticks.
const TICK: f64 = 66.0;
/// The width of an average character of a label.
const CHARACTER: f64 = 6.3;
/// The same in the bold of milestones, in the widest of the fonts that a machine may have.
const BOLD: f64 = 7.4;
/// As much of the axis one gap takes at most.
const LONGEST_GAP: f64 = 0.3;
/// A gap is cut to no less than this part of it: less is better shown as it is.
const WORTH_CUTTING: f64 = 4.0;
/// More marks than this are not stacked higher; they lie on each other, and all stand in the table.
const HIGHEST: usize = 6;

/// A row of the timeline on the axis.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Event {
    at: Timestamp,
    number: usize,
    milestone: Option<Milestone>,
    /// `14:08`.
    clock: String,
    text: String,
}

/// An incident's events, in order of time.
#[derive(Clone, Debug)]
pub struct Axis {
    events: Vec<Event>,
    /// Milestones with their instants, as figures count them.
    milestones: Vec<(Milestone, Timestamp)>,
    /// Rows whose time cannot be placed exactly.
    unplaced: usize,
}

impl Axis {
    /// The axis of a document; none where fewer than two instants are known.
    pub fn of(document: &Document) -> Option<Self> {
        let mut events = Vec::new();
        let mut unplaced = 0;
        for row in document.timeline_rows() {
            let Some(at) = row.at() else {
                unplaced += 1;
                continue;
            };
            let cell = |cell| plain_text(document.cell_text(cell));
            let (actor, action) = (cell(row.actor), cell(row.action));
            let action = match row.milestone {
                Some(milestone) => {
                    let rest = action.strip_prefix(milestone.word()).unwrap_or(&action);
                    rest.trim_start_matches('.').trim().to_owned()
                }
                None => action,
            };
            let text = if actor.is_empty() { action } else { format!("{actor}: {action}") };
            let clock = civil(at).strftime("%H:%M").to_string();
            events.push(Event { at, number: row.number, milestone: row.milestone, clock, text });
        }
        events.sort_by_key(|event| (event.at, event.number));
        let mut milestones: Vec<(Milestone, Timestamp)> = Milestone::ALL
            .into_iter()
            .filter_map(|milestone| {
                let at = match milestone {
                    Milestone::Started => document.started_at(),
                    Milestone::Resolved => document.ended_at(),
                    other => document.milestone(other).and_then(TimelineRow::at),
                }?;
                Some((milestone, at))
            })
            .collect();
        milestones.sort_by_key(|(_, at)| *at);
        let axis = Self { events, milestones, unplaced };
        let instants = axis.instants();
        (instants.first() < instants.last()).then_some(axis)
    }

    fn instants(&self) -> Vec<i64> {
        let rows = self.events.iter().map(|event| event.at);
        let milestones = self.milestones.iter().map(|(_, at)| *at);
        let mut instants: Vec<i64> = rows.chain(milestones).map(Timestamp::as_second).collect();
        instants.sort_unstable();
        instants.dedup();
        instants
    }

    /// The axis as SVG, wide and narrow, each with the class that says which.
    pub fn svg(&self) -> String {
        self.drawn(WIDE) + &self.drawn(NARROW)
    }

    fn drawn(&self, sheet: Sheet) -> String {
        let scale = Scale::new(&self.instants(), sheet.width - 2.0 * MARGIN);
        let mut drawing = Drawing { class: sheet.class, width: sheet.width, ..Drawing::default() };
        let top = self.spans(&scale, sheet, &mut drawing);
        let line = top + 12.0 + self.heights(&scale) * APART;
        self.marks(&scale, line, &mut drawing);
        drawing.line = line;
        drawing.height = self.labels(&scale, sheet, line + 30.0, &mut drawing);
        ticks(&scale, line, &mut drawing);
        drawing.about = self.told();
        // A string takes everything.
        drawing.render().unwrap_or_default()
    }

    /// What time passed from the start to each later milestone, one below the other; gives back where they end.
    fn spans(&self, scale: &Scale, sheet: Sheet, drawing: &mut Drawing) -> f64 {
        let mut y = 4.0;
        let started = self.milestones.iter().find(|(milestone, _)| *milestone == Milestone::Started);
        let Some((_, started)) = started else { return y };
        for (milestone, at) in &self.milestones {
            let Some(seconds) = elapsed(*started, *at).filter(|_| *milestone != Milestone::Started) else {
                continue;
            };
            let (from, to) = (scale.x(started.as_second()), scale.x(at.as_second()));
            let label = format!("{} after {}", milestone.word(), duration::canonical(seconds));
            // Beside the bar where there is room, else on it.
            let width = label.chars().count() as f64 * CHARACTER;
            let beside = to + 8.0 + width < sheet.width;
            let (x, anchor) = if beside { (to + 8.0, "start") } else { (to - 8.0, "end") };
            drawing.spans.push(Bar {
                x: from,
                y,
                width: (to - from).max(2.0),
                class: class_of(*milestone),
                label,
                label_x: x,
                anchor,
            });
            y += LINE + 3.0;
        }
        drawing.spans_end = y;
        y
    }

    /// How many marks stand above each other at most.
    fn heights(&self, scale: &Scale) -> f64 {
        let stacked = stack(self.events.iter().map(|event| scale.x(event.at.as_second())));
        stacked.into_iter().max().unwrap_or(0) as f64
    }

    fn marks(&self, scale: &Scale, line: f64, drawing: &mut Drawing) {
        let heights = stack(self.events.iter().map(|event| scale.x(event.at.as_second())));
        for (event, height) in self.events.iter().zip(heights) {
            let milestone = event.milestone.map(Milestone::word);
            let named = milestone.map(|word| format!("{word}. ")).unwrap_or_default();
            drawing.dots.push(Dot {
                x: scale.x(event.at.as_second()),
                y: line - height as f64 * APART,
                number: event.number,
                class: event.milestone.map_or("", class_of),
                tip: format!("{} {named}{}", civil(event.at).strftime("%Y-%m-%d %H:%M"), event.text),
            });
        }
        for (milestone, at) in &self.milestones {
            let x = scale.x(at.as_second());
            // It hangs from its own span, so that it crosses the text beside no other one.
            let span = drawing.spans.iter().find(|bar| bar.class == class_of(*milestone));
            let y = span.map_or(2.0, |bar| bar.y);
            drawing.guides.push((x, y, class_of(*milestone)));
        }
    }

    /// Labels below the axis. A later one stands higher than an earlier one that reaches below it, so that no
    /// leader crosses a text. Gives back where they end.
    fn labels(&self, scale: &Scale, sheet: Sheet, top: f64, drawing: &mut Drawing) -> f64 {
        if sheet.lanes == 0 {
            return top;
        }
        // The left end of the last label of each lane, from the right.
        let mut ends: Vec<f64> = Vec::new();
        for event in self.events.iter().rev() {
            let word = event.milestone.map(|milestone| format!("{}. ", milestone.word())).unwrap_or_default();
            let text = shortened(&format!("{word}{}", event.text), sheet.longest);
            let x = scale.x(event.at.as_second());
            let character = if event.milestone.is_some() { BOLD } else { CHARACTER };
            let width = (text.chars().count() + 7) as f64 * character;
            // Near the right edge there is no room for a text behind its leader: it stands before it, alone in its
            // lane, so that nothing is crossed.
            let flips = x + width > sheet.width - 2.0;
            let lane = if flips {
                ends.len()
            } else {
                ends.iter().rposition(|end| *end < x + width).map_or(0, |below| below + 1)
            };
            if lane >= sheet.lanes {
                continue;
            }
            let left = if flips { x - width } else { x };
            if lane == ends.len() {
                ends.push(left);
            } else {
                ends[lane] = left;
            }
            drawing.labels.push(Label {
                x,
                y: top + lane as f64 * LINE + 10.0,
                text_x: if flips { x - 5.0 } else { x + 5.0 },
                anchor: if flips { "end" } else { "start" },
                clock: event.clock.clone(),
                text,
                class: event.milestone.map_or("", class_of),
            });
        }
        top + ends.len() as f64 * LINE + 8.0
    }

    /// The drawing in words.
    fn told(&self) -> String {
        let mut told = String::new();
        for (milestone, at) in &self.milestones {
            let _ = write!(told, "{} {} UTC. ", milestone.word(), civil(*at).strftime("%Y-%m-%d %H:%M"));
        }
        let _ = write!(told, "{} on the axis", crate::document::counted(self.events.len(), "row"));
        if self.unplaced > 0 {
            let _ = write!(told, "; {} without an exact time", self.unplaced);
        }
        told
    }
}

/// Where instants stand. Between two of them the axis runs with the clock; the longest gaps are cut.
struct Scale {
    /// Instants in seconds, and where each stands.
    stops: Vec<(i64, f64)>,
    /// Which gaps are cut, as the stop that they begin at.
    cut: Vec<bool>,
}

impl Scale {
    fn new(instants: &[i64], room: f64) -> Self {
        let gaps: Vec<f64> = instants.windows(2).map(|pair| (pair[1] - pair[0]) as f64).collect();
        let longest = longest_uncut(&gaps);
        let total: f64 = gaps.iter().map(|gap| gap.min(longest)).sum();
        let mut stops = Vec::with_capacity(instants.len());
        let mut x = MARGIN;
        stops.extend(instants.first().map(|first| (*first, x)));
        for (instant, gap) in instants.iter().skip(1).zip(&gaps) {
            x += gap.min(longest) / total.max(1.0) * room;
            stops.push((*instant, x));
        }
        Self { stops, cut: gaps.iter().map(|gap| *gap > longest).collect() }
    }

    fn x(&self, second: i64) -> f64 {
        let after = self.stops.partition_point(|(instant, _)| *instant <= second);
        let Some((from, x)) = after.checked_sub(1).map(|at| self.stops[at]) else { return MARGIN };
        let Some((to, next)) = self.stops.get(after) else { return x };
        x + (second - from) as f64 / (to - from) as f64 * (next - x)
    }

    /// Stretches of the axis that run with the clock, from cut to cut.
    fn stretches(&self) -> Vec<&[(i64, f64)]> {
        let mut stretches = Vec::new();
        let mut begin = 0;
        for (at, _) in self.cut.iter().enumerate().filter(|(_, cut)| **cut) {
            stretches.push(&self.stops[begin..=at]);
            begin = at + 1;
        }
        stretches.push(&self.stops[begin..]);
        stretches
    }
}

/// The longest gap that is not cut: one that then takes no more of the axis than it may. A gap is only cut where
/// that shortens it much.
fn longest_uncut(gaps: &[f64]) -> f64 {
    let mut sorted = gaps.to_vec();
    sorted.sort_by(f64::total_cmp);
    let mut below = 0.0;
    for (nth, gap) in sorted.iter().enumerate() {
        let above = (sorted.len() - nth) as f64;
        // All from here on as long as this one: is one of them too much of the axis?
        let total = below + above * gap;
        let may = LONGEST_GAP.max(1.5 / sorted.len() as f64);
        if gap / total.max(1.0) > may {
            // As long as it may be: `cap = may * (below + above * cap)`.
            let cap = may * below / (1.0 - may * above).max(0.05);
            let cap = cap.max(sorted[nth.saturating_sub(1)]);
            if *gap > cap * WORTH_CUTTING {
                return cap;
            }
        }
        below += gap;
    }
    f64::INFINITY
}

/// How high each mark stands so that none hides another, from left to right.
fn stack(marks: impl Iterator<Item = f64>) -> Vec<usize> {
    let mut tops: Vec<f64> = Vec::new();
    marks
        .map(|x| {
            let free = tops.iter().position(|last| x - last >= APART);
            match free {
                Some(height) => {
                    tops[height] = x;
                    height
                }
                None if tops.len() < HIGHEST => {
                    tops.push(x);
                    tops.len() - 1
                }
                None => HIGHEST - 1,
            }
        })
        .collect()
}

/// Steps between ticks, in seconds.
const STEPS: [i64; 17] = [
    60, 120, 300, 600, 900, 1_800, 3_600, 7_200, 10_800, 21_600, 43_200, 86_400, 172_800, 604_800, 2_592_000,
    7_776_000, 31_536_000,
];

fn ticks(scale: &Scale, line: f64, drawing: &mut Drawing) {
    let mut last_day = None;
    let mut free = f64::NEG_INFINITY;
    for stretch in scale.stretches() {
        let (Some((from, left)), Some((to, right))) = (stretch.first(), stretch.last()) else { continue };
        drawing.rails.push((*left, *right));
        let pixels = (right - left) / ((to - from).max(1)) as f64;
        let step = STEPS.into_iter().find(|step| *step as f64 * pixels >= TICK).unwrap_or(31_536_000);
        let mut at = from.div_euclid(step) * step + if from.rem_euclid(step) == 0 { 0 } else { step };
        let mut told: Vec<i64> = Vec::new();
        while at <= *to && told.len() < 40 {
            told.push(at);
            at += step;
        }
        // A stretch between two cuts says at least where it begins.
        if told.is_empty() {
            told.push(*from);
        }
        for at in told {
            let x = scale.x(at);
            if x < free {
                continue;
            }
            let Ok(instant) = Timestamp::from_second(at) else { continue };
            let when = civil(instant);
            let is_new_day = last_day.replace(when.date()) != Some(when.date());
            let format = match step {
                86_400.. if stretch.len() > 1 => "%-d %b %Y",
                _ if is_new_day => "%-d %b, %H:%M",
                _ => "%H:%M",
            };
            let label = when.strftime(format).to_string();
            let width = label.chars().count() as f64 * CHARACTER;
            // The first and the last one stay on the sheet.
            let anchor = if x < width / 2.0 {
                "start"
            } else if x > drawing.width - width / 2.0 {
                "end"
            } else {
                "middle"
            };
            free = x + width / 2.0 + 10.0 + if anchor == "start" { width / 2.0 } else { 0.0 };
            drawing.ticks.push(Tick { x, label, anchor });
        }
    }
    for (pair, _) in scale.stops.windows(2).zip(&scale.cut).filter(|(_, cut)| **cut) {
        let [(from, left), (to, right)] = [pair[0], pair[1]];
        let seconds = u64::try_from(to - from).unwrap_or_default();
        drawing.cuts.push(Cut { left, right, x: f64::midpoint(left, right), label: about(seconds) });
    }
    drawing.ticks_y = line + 20.0;
}

/// A long duration in its largest unit or two.
fn about(seconds: u64) -> String {
    match seconds {
        0..3_600 => format!("{} min", seconds.div_ceil(60)),
        3_600..172_800 => format!("{} h", (seconds + 1_800) / 3_600),
        _ => format!("{} d", (seconds + 43_200) / 86_400),
    }
}

fn civil(at: Timestamp) -> DateTime {
    TimeZone::UTC.to_datetime(at)
}

fn class_of(milestone: Milestone) -> &'static str {
    match milestone {
        Milestone::Started => "started",
        Milestone::Detected => "detected",
        Milestone::Acknowledged => "acknowledged",
        Milestone::Mitigated => "mitigated",
        Milestone::Resolved => "resolved",
    }
}

fn shortened(text: &str, longest: usize) -> String {
    match text.char_indices().nth(longest) {
        Some((end, _)) => format!("{}…", text[..end].trim_end()),
        None => text.to_owned(),
    }
}

#[derive(Template, Default)]
#[template(path = "axis.svg", escape = "html")]
struct Drawing {
    class: &'static str,
    width: f64,
    height: f64,
    /// Where the axis lies.
    line: f64,
    spans_end: f64,
    ticks_y: f64,
    about: String,
    spans: Vec<Bar>,
    /// Where each is from left, where it begins, and whose it is.
    guides: Vec<(f64, f64, &'static str)>,
    rails: Vec<(f64, f64)>,
    cuts: Vec<Cut>,
    ticks: Vec<Tick>,
    dots: Vec<Dot>,
    labels: Vec<Label>,
}

struct Bar {
    x: f64,
    y: f64,
    width: f64,
    class: &'static str,
    label: String,
    label_x: f64,
    anchor: &'static str,
}

struct Cut {
    left: f64,
    right: f64,
    x: f64,
    label: String,
}

struct Tick {
    x: f64,
    label: String,
    anchor: &'static str,
}

struct Dot {
    x: f64,
    y: f64,
    number: usize,
    class: &'static str,
    tip: String,
}

struct Label {
    x: f64,
    y: f64,
    text_x: f64,
    anchor: &'static str,
    clock: String,
    text: String,
    class: &'static str,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn axis(rows: &[&str]) -> Option<Axis> {
        let table = "| Time (UTC) | Actor | Action | Result |\n|---|---|---|---|\n";
        let rows: String = rows.iter().map(|row| ["| ", row, " | |\n"].concat()).collect();
        Axis::of(&Document::parse(format!("# T\n\n## Timeline\n\n{table}{rows}").as_bytes()))
    }

    #[test]
    fn an_axis_needs_two_instants() {
        assert!(axis(&[]).is_none());
        assert!(axis(&["2026-11-20 14:02 | @ana | looked"]).is_none());
        assert!(axis(&["2026-11-20 14:02 | @ana | looked", "14:02 | @bo | looked"]).is_none());
        assert!(axis(&["2026-11-20 14:02 | @ana | looked", "14:03 | @bo | looked"]).is_some());
    }

    #[test]
    fn every_row_that_can_be_placed_has_a_mark_that_leads_to_it() {
        let axis = axis(&[
            "2026-11-20 14:02 | ci | **Started.** Deployed v41 & more",
            "14:?? | @ana | somewhere in between",
            "14:08 | @ana | **Detected.** Page",
            "14:08 | @bo | the same minute",
        ]);
        let axis = axis.expect("it has two instants");
        let svg = axis.drawn(WIDE);
        for number in [1, 3, 4] {
            assert!(svg.contains(&format!("href=\"#row-{number}\"")), "{svg}");
        }
        assert!(!svg.contains("href=\"#row-2\"") && svg.contains("; 1 without an exact time"), "{svg}");
        assert!(svg.contains("Detected after 6m") && svg.contains("&#38; more"), "{svg}");
        roxmltree::Document::parse(&svg).expect("it is well-formed");
    }

    #[test]
    fn a_long_gap_is_cut_and_told_and_an_even_pace_is_not() {
        let minutes = |minutes: &[i64]| minutes.iter().map(|minute| minute * 60).collect::<Vec<_>>();
        let even = Scale::new(&minutes(&[0, 10, 20, 30, 40, 50]), 100.0);
        assert!(even.cut.iter().all(|cut| !cut), "{:?}", even.cut);
        let slow = Scale::new(&minutes(&[0, 9, 71, 74, 87, 113, 125, 137, 203]), 100.0);
        assert!(slow.cut.iter().all(|cut| !cut), "{:?}", slow.cut);
        let night = Scale::new(&minutes(&[0, 5, 10, 15, 900, 905, 910]), 100.0);
        assert_eq!(night.cut, [false, false, false, true, false, false]);
        let week =
            Scale::new(&minutes(&[0, 120, 252, 11_801, 11_804, 11_812, 11_860, 11_940, 11_980]), 100.0);
        assert_eq!(week.cut.iter().filter(|cut| **cut).count(), 1, "{:?}", week.cut);
        for scale in [even, slow, night, week] {
            assert!(scale.stops.windows(2).all(|pair| pair[0].1 <= pair[1].1));
            assert!((scale.stops.last().map_or(0.0, |stop| stop.1) - 100.0 - MARGIN).abs() < 0.01);
        }
    }

    #[test]
    fn marks_that_would_hide_each_other_are_stacked() {
        assert_eq!(stack([0.0, 1.0, 2.0, 20.0].into_iter()), [0, 1, 2, 0]);
        assert_eq!(stack(std::iter::repeat_n(5.0, 9)), [0, 1, 2, 3, 4, 5, 5, 5, 5]);
    }
}
