//! Figures in a terminal: tables with bars, within its width.
//!
//! What does not live here: what the figures are, and charts for pages (the engine's `insights::chart`).

#![allow(clippy::cast_precision_loss, clippy::cast_sign_loss, reason = "counts and columns are small")]

use std::io::{self, Write};

use anstyle::Style;
use comfy_table::{CellAlignment, ColumnConstraint, Width};
use unicode_width::UnicodeWidthStr as _;

use recount_engine::insights::figure::{
    Data, Distribution, Figure, Growth, Phrases, Point, Shares, Survival,
};
use recount_engine::insights::table::Cell;
use recount_engine::insights::{FIGURES, chart, words};

use crate::environment::{Environment, visible};
use crate::error::CliError;
use crate::table;
use crate::wrap::wrapped;

/// No line is wider, for the eye's sake.
const WIDEST: usize = 100;
/// At most so many rows by name; other formats have all.
const ROWS: usize = 15;
/// Width of a bar.
const BAR: usize = 20;

/// Shows figures below what they are about.
pub(crate) fn show(
    environment: &mut Environment,
    lines: &[String],
    figures: &[Figure],
) -> Result<(), CliError> {
    let width = environment.width().min(WIDEST);
    let has_color = environment.has_color();
    let style = |style: Style| if has_color { style } else { Style::new() };
    let look = Look { width, bold: style(Style::new().bold()), dim: style(Style::new().dimmed()) };
    let out = environment.out();
    for line in lines {
        wrapped(out, width, 0, &visible(line))?;
    }
    let mut group = "";
    for definition in FIGURES {
        let Some(figure) = figures.iter().find(|figure| figure.name == definition.name) else { continue };
        if figures.len() > 1 && definition.group.title != group {
            group = definition.group.title;
            let rule = "─".repeat(width.saturating_sub(group.len() + 4));
            writeln!(out, "\n{}── {group} {rule}{:#}", look.bold, look.bold)?;
        }
        look.figure(out, figure)?;
    }
    Ok(())
}

struct Look {
    width: usize,
    bold: Style,
    dim: Style,
}

impl Look {
    fn figure(&self, out: &mut impl Write, figure: &Figure) -> io::Result<()> {
        let (bold, dim) = (self.bold, self.dim);
        writeln!(out, "\n{bold}{}{bold:#}  n = {}", figure.title, words::counted_of(figure))?;
        if figure.n > 0 {
            match &figure.data {
                Data::Periods(periods) => {
                    let totals = periods.rows.iter().map(|row| row.counts.iter().sum()).collect();
                    self.counts(out, figure, totals, usize::MAX)?;
                }
                Data::Ranked(ranked) => {
                    let totals = ranked.rows.iter().map(|row| row.total).collect();
                    self.counts(out, figure, totals, ROWS)?;
                }
                Data::Distribution(distribution) => steps(out, distribution)?,
                Data::Shares(shares) => self.shares(out, shares)?,
                Data::Survival(survival) => self.survival(out, figure, survival)?,
                Data::Phrases(phrases) => self.phrases(out, phrases)?,
                Data::Growth(growth) => growth_line(out, growth)?,
            }
        }
        for statement in &figure.statements {
            wrapped(out, self.width, 2, &visible(statement))?;
        }
        write!(out, "{dim}")?;
        let about = format!("{} {}", chart::plain(figure.definition), words::left_out(figure));
        wrapped(out, self.width, 2, &about)?;
        write!(out, "{dim:#}")
    }

    /// The table of a figure, its labels in front and bars behind.
    fn counts(
        &self,
        out: &mut impl Write,
        figure: &Figure,
        totals: Vec<usize>,
        most: usize,
    ) -> io::Result<()> {
        let table = figure.table();
        let highest = totals.iter().copied().max().unwrap_or(0).max(1);
        let mut header = table.columns.clone();
        header.push(String::new());
        let rows = table.rows.iter().zip(&totals).take(most).map(|(row, total)| {
            let mut cells: Vec<String> = row.iter().map(said).collect();
            cells.push((*total as f64 / highest as f64).to_string());
            cells
        });
        self.table(out, &header, rows.collect())?;
        if table.rows.len() > most {
            writeln!(out, "  and {} more", words::number(table.rows.len() - most))?;
        }
        Ok(())
    }

    /// A table; the last column, where its heading is empty, holds shares to draw as bars in what room there is.
    fn table(&self, out: &mut impl Write, header: &[String], mut rows: Vec<Vec<String>>) -> io::Result<()> {
        // The padding of a column, and the margin.
        const GAP: usize = 2;
        let has_bars = header.last().is_some_and(String::is_empty);
        let texts = header.len() - usize::from(has_bars);
        // Headings may break between words where there is no room for them, other cells may not.
        let cells = |column: usize| rows.iter().map(|row| row[column].width()).max().unwrap_or(0);
        let whole = |column: usize| header[column].width();
        let broken = |column: usize| header[column].split(' ').map(str::width).max().unwrap_or(0);
        let room = self.width.saturating_sub(GAP);
        let wide: Vec<usize> = (0..texts).map(|column| whole(column).max(cells(column)) + GAP).collect();
        let least = if has_bars { BAR / 2 } else { 0 };
        let mut widths = if wide.iter().sum::<usize>() + least <= room {
            wide
        } else {
            (0..texts).map(|column| broken(column).max(cells(column)) + GAP).collect()
        };
        let used: usize = widths.iter().sum();
        if used > room {
            // What does not fit is taken from the widest.
            let widest = (0..texts).max_by_key(|column| widths[*column]).unwrap_or(0);
            widths[widest] = widths[widest].saturating_sub(used - room).max(12);
        }
        let left = room.saturating_sub(used + GAP).min(BAR);
        if has_bars && left >= 6 {
            widths.push(left + GAP);
            for row in &mut rows {
                let share = row.pop().and_then(|share| share.parse().ok()).unwrap_or(0.0);
                row.push(bar(share, left));
            }
        } else {
            for row in &mut rows {
                row.truncate(texts);
            }
        }
        let header = &header[..widths.len()];
        let mut table = table::bare(room);
        table.set_header(header);
        for cells in rows {
            table.add_row(table::line(&cells));
        }
        let fixed = |width: usize| ColumnConstraint::Absolute(Width::Fixed(width as u16));
        table.set_constraints(widths.into_iter().map(fixed));
        for (column, name) in header.iter().enumerate().skip(1) {
            let is_text = matches!(name.as_str(), "" | "which");
            if let Some(column) = table.column_mut(column).filter(|_| !is_text) {
                column.set_cell_alignment(CellAlignment::Right);
            }
        }
        for line in table.lines() {
            writeln!(out, " {}", line.trim_end())?;
        }
        Ok(())
    }

    fn shares(&self, out: &mut impl Write, shares: &Shares) -> io::Result<()> {
        let header = [shares.by, "share", "95% interval", "count", ""].map(str::to_owned);
        let rows = shares.rows.iter().take(ROWS).map(|row| {
            let interval = row.low.zip(row.high).map(|(low, high)| words::percents(low, high));
            vec![
                row.label.clone(),
                row.share.map_or_else(|| "–".to_owned(), words::percent),
                interval.unwrap_or_else(|| "–".to_owned()),
                format!("{} of {}", words::number(row.count), words::number(row.of)),
                row.share.unwrap_or_default().to_string(),
            ]
        });
        self.table(out, &header, rows.collect())?;
        if shares.rows.len() > ROWS {
            writeln!(out, "  and {} more", words::number(shares.rows.len() - ROWS))?;
        }
        Ok(())
    }

    fn survival(&self, out: &mut impl Write, figure: &Figure, survival: &Survival) -> io::Result<()> {
        for (days, step) in &survival.marks {
            let (open, band) = step.map_or((1.0, String::new()), |step| {
                (step.open, format!("  ({})", words::percents(step.low, step.high)))
            });
            let label = format!("open after {days}d");
            writeln!(out, "  {label:<17} {:BAR$} {:>6}{band}", bar(open, BAR), words::percent(open))?;
        }
        let table = figure.table();
        let rows = table.rows.iter().map(|row| row.iter().map(said).collect()).collect();
        self.table(out, &table.columns, rows)
    }

    fn phrases(&self, out: &mut impl Write, phrases: &Phrases) -> io::Result<()> {
        if phrases.rows.is_empty() {
            return Ok(());
        }
        let header = ["phrase", "incidents", "which"].map(str::to_owned);
        let rows = phrases.rows.iter().take(ROWS);
        let rows = rows.map(|row| vec![row.phrase.clone(), words::number(row.incidents), row.ids.join(" ")]);
        self.table(out, &header, rows.collect())?;
        if phrases.rows.len() > ROWS {
            writeln!(out, "  and {} more", words::number(phrases.rows.len() - ROWS))?;
        }
        Ok(())
    }
}

/// The share of incidents within round times.
fn steps(out: &mut impl Write, distribution: &Distribution) -> io::Result<()> {
    for Point { seconds, share } in &distribution.marks {
        let label = format!("≤ {}", words::duration(*seconds));
        writeln!(out, "  {label:<10} {:BAR$} {:>6}", bar(*share, BAR), words::percent(*share))?;
    }
    Ok(())
}

/// When incidents happened within the window, as a line of columns.
fn growth_line(out: &mut impl Write, growth: &Growth) -> io::Result<()> {
    const HEIGHTS: [char; 9] = [' ', '▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];
    let (Some(from), Some(to)) = (&growth.from, &growth.to) else { return Ok(()) };
    let most = growth.parts.iter().copied().max().unwrap_or(0).max(1);
    let line: String = growth.parts.iter().map(|count| HEIGHTS[(count * 8).div_ceil(most)]).collect();
    writeln!(out, "  {from} {line} {to}")
}

/// A cell for people; nothing where nothing happened, so that what did stands out.
fn said(cell: &Cell) -> String {
    if *cell == Cell::Count(0) { "·".to_owned() } else { cell.said() }
}

/// A bar of `share` of `width`, to an eighth of a column.
fn bar(share: f64, width: usize) -> String {
    const PARTS: [&str; 8] = ["", "▏", "▎", "▍", "▌", "▋", "▊", "▉"];
    let eighths = (share.clamp(0.0, 1.0) * width as f64 * 8.0).round() as usize;
    // What is not nothing is seen.
    let eighths = if share > 0.0 { eighths.max(1) } else { 0 };
    format!("{}{}", "█".repeat(eighths / 8), PARTS[eighths % 8])
}

#[cfg(test)]
mod tests {
    use jiff::{SignedDuration, Timestamp};
    use recount_engine::config::Config;
    use recount_engine::document::{Document, Record, template::TEMPLATE};
    use recount_engine::insights::{Basis, Incident, Scope, definition};

    use super::*;

    #[test]
    fn shares_of_a_large_library_are_of_all_its_incidents() {
        let blank = Document::parse(TEMPLATE.as_bytes()).record();
        let started: Timestamp = "2026-01-05T09:00:00Z".parse().expect("a time");
        // Two were detected within a quarter of an hour, the others after 20 minutes and more.
        let records: Vec<Record> = (0..420)
            .map(|nth| {
                let seconds = if nth < 2 { 600 + nth } else { 1200 + 60 * nth };
                let detected = Some(started + SignedDuration::from_secs(seconds));
                Record { started: Some(started), detected, ..blank.clone() }
            })
            .collect();
        let incidents = records.iter().map(|record| Incident { name: "a.md", record });
        let config = Config::default();
        let today = jiff::civil::Date::constant(2026, 11, 23);
        let scope =
            Scope { config: &config, today, from: None, until: None, team: None, mitigate_minutes: 60 };
        let figure =
            definition("time-to-detect").expect("it is listed").figure(&Basis::new(incidents, scope));
        let Data::Distribution(distribution) = &figure.data else { panic!("{:?}", figure.data) };
        let mut out = Vec::new();
        steps(&mut out, distribution).expect("memory takes everything");
        let out = String::from_utf8(out).expect("it is text");
        let line = out.lines().find(|line| line.starts_with("  ≤ 15m ")).expect("a round time");
        assert!(!line.ends_with(" 0%"), "{out}");
        assert_eq!(distribution.curve.len(), 200);
    }

    #[test]
    fn a_bar_is_as_long_as_its_share_and_never_too_short_to_see() {
        for (share, expected) in
            [(0.0, ""), (0.001, "▏"), (0.5, "██"), (0.53, "██▏"), (1.0, "████"), (7.0, "████")]
        {
            assert_eq!(bar(share, 4), expected, "{share}");
        }
    }
}
