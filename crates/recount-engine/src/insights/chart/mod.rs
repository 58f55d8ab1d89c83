//! A figure as a chart: marks on a plane, written as SVG by a template.
//!
//! A chart is 360 units wide and its type 12 high, so that it is read on a telephone as it is; wide screens set
//! several side by side. Colours are classes, which a style sheet gives for light and dark. What does not live here:
//! the page around charts (`page`), and tables.

mod bars;
mod curves;
mod scale;

use std::fmt::Write as _;

use askama::Template;

use super::figure::{Data, Figure};
use super::words;

/// Width of every chart.
const WIDTH: f64 = 360.0;

/// A thing that is drawn.
#[derive(Clone, Debug, PartialEq)]
enum Mark {
    Rect { x: f64, y: f64, width: f64, height: f64, class: String, tip: String },
    Line { from: (f64, f64), to: (f64, f64), class: &'static str },
    Path { d: String, class: &'static str },
    Dot { x: f64, y: f64, class: &'static str, tip: String },
    Text { x: f64, y: f64, anchor: &'static str, class: &'static str, text: String },
}

/// Marks and the height that they take.
#[derive(Clone, Debug, Default, PartialEq)]
struct Scene {
    marks: Vec<Mark>,
    height: f64,
}

impl Scene {
    fn rect(&mut self, at: (f64, f64), size: (f64, f64), class: impl Into<String>, tip: String) {
        let ((x, y), (width, height)) = (at, size);
        self.marks.push(Mark::Rect { x, y, width, height, class: class.into(), tip });
    }

    fn line(&mut self, from: (f64, f64), to: (f64, f64), class: &'static str) {
        self.marks.push(Mark::Line { from, to, class });
    }

    fn text(&mut self, at: (f64, f64), anchor: &'static str, class: &'static str, text: impl Into<String>) {
        self.marks.push(Mark::Text { x: at.0, y: at.1, anchor, class, text: text.into() });
    }

    fn dot(&mut self, at: (f64, f64), class: &'static str, tip: String) {
        self.marks.push(Mark::Dot { x: at.0, y: at.1, class, tip });
    }

    /// A line through points, level until the next point where it is a staircase.
    fn path(&mut self, points: &[(f64, f64)], stairs: bool, class: &'static str) {
        self.marks.push(Mark::Path { d: through(points, stairs), class });
    }

    /// The area between two staircases that begin and end at the same places.
    fn area(&mut self, upper: &[(f64, f64)], lower: &[(f64, f64)], class: &'static str) {
        // Backwards a staircase first goes up or down, then to the side.
        let mut d = through(upper, true);
        for pair in lower.windows(2).rev() {
            let [(x, y), (next, _)] = [pair[0], pair[1]];
            let _ = write!(d, " L{next:.1} {y:.1} L{x:.1} {y:.1}");
        }
        d.push_str(" Z");
        self.marks.push(Mark::Path { d, class });
    }

    /// What a figure without data shows instead of axes.
    fn empty(text: &str) -> Self {
        let mut scene = Self { height: 64.0, ..Self::default() };
        scene.text((WIDTH / 2.0, 36.0), "middle", "quiet", text);
        scene
    }
}

fn through(points: &[(f64, f64)], stairs: bool) -> String {
    let mut d = String::new();
    let mut last = None;
    for (x, y) in points {
        // A string takes everything.
        let _ = match last {
            None => write!(d, "M{x:.1} {y:.1}"),
            Some(()) if stairs => write!(d, " H{x:.1} V{y:.1}"),
            Some(()) => write!(d, " L{x:.1} {y:.1}"),
        };
        last = Some(());
    }
    d
}

/// The width that a text takes at most, about: no font is read here, and the reader's may be a wide one.
fn width_of(text: &str) -> f64 {
    let of = |c: char| match c {
        'i' | 'j' | 'l' | 't' | 'f' | 'I' | '.' | ',' | '\'' | '|' | ' ' | '-' => 4.2,
        'm' | 'w' | 'M' | 'W' => 11.0,
        'A'..='Z' => 8.6,
        c if c.is_ascii() => 7.4,
        '…' | '–' => 11.0,
        c if u32::from(c) >= 0x1100 => 12.5,
        _ => 7.6,
    };
    text.chars().map(of).sum()
}

/// A text of at most this width, the rest an ellipsis.
fn fitted(text: &str, room: f64) -> String {
    if width_of(text) <= room {
        return text.to_owned();
    }
    let mut out = String::new();
    let mut used = width_of("…");
    for c in text.chars() {
        used += width_of(c.encode_utf8(&mut [0; 4]));
        if used > room {
            break;
        }
        out.push(c);
    }
    format!("{}…", out.trim_end())
}

/// Durations at which an axis from `least` to `most` has its ticks, in seconds.
pub fn ticks(least: u64, most: u64) -> Vec<u64> {
    scale::Durations::of(least, most).ticks
}

/// How a chart stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// Alone, as a file: with its title, its numbers and its colours.
    Alone,
    /// On a page that has these.
    OnPage,
}

/// The figure as SVG.
pub fn svg(figure: &Figure, standing: Standing) -> String {
    let scene = match &figure.data {
        Data::Periods(periods) => bars::periods(periods, figure),
        Data::Ranked(ranked) => bars::ranked(ranked, figure),
        Data::Shares(shares) => bars::shares(shares, figure),
        Data::Phrases(phrases) => bars::phrases(phrases, figure),
        Data::Distribution(distribution) => curves::distribution(distribution, figure),
        Data::Survival(survival) => curves::survival(survival, figure),
        Data::Growth(growth) => curves::growth(growth, figure),
    };
    let is_alone = standing == Standing::Alone;
    let head = if is_alone { 44.0 } else { 0.0 };
    let svg = Svg {
        name: figure.name,
        title: figure.title,
        subtitle: format!("n = {}", words::counted_of(figure)),
        description: description(figure, is_alone),
        is_alone,
        style: if is_alone { STYLE } else { "" },
        width: WIDTH,
        head,
        height: scene.height + head,
        marks: &scene.marks,
    };
    // A string takes everything.
    let mut out = printable(svg.render().unwrap_or_default());
    if is_alone {
        out.push('\n');
    }
    out
}

/// Text without the characters that XML does not allow, which names and phrases may hold.
fn printable(text: String) -> String {
    let is_foreign = |c: char| (c.is_control() && c != '\n') || matches!(c, '\u{fffe}' | '\u{ffff}');
    if text.contains(is_foreign) { text.replace(is_foreign, "\u{fffd}") } else { text }
}

/// Colours and type of charts, for light and dark.
pub const STYLE: &str = include_str!("../../../templates/chart.css");

/// How many rows a description repeats.
const DESCRIBED: usize = 40;

/// What a chart shows, for who cannot see it: what is said about it, and where no table stands beside it, the
/// definition and the numbers.
fn description(figure: &Figure, is_alone: bool) -> String {
    let mut out = figure.statements.join(" ");
    if is_alone {
        out.extend([" ", &words::left_out(figure), " ", &plain(figure.definition)]);
        let table = figure.table();
        let _ = write!(out, "\n{}", table.columns.join(" | "));
        for row in table.rows.iter().take(DESCRIBED) {
            let cells: Vec<String> = row.iter().map(super::table::Cell::said).collect();
            let _ = write!(out, "\n{}", cells.join(" | "));
        }
        if table.rows.len() > DESCRIBED {
            let _ = write!(out, "\nand {} more", table.rows.len() - DESCRIBED);
        }
    }
    out.trim().to_owned()
}

/// A definition without its marks.
pub fn plain(definition: &str) -> String {
    definition.replace(['*', '`'], "")
}

#[derive(Template)]
#[template(path = "chart.svg", escape = "html")]
struct Svg<'a> {
    name: &'a str,
    title: &'a str,
    subtitle: String,
    description: String,
    is_alone: bool,
    style: &'a str,
    width: f64,
    head: f64,
    height: f64,
    marks: &'a [Mark],
}
