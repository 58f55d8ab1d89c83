//! Rows of the timeline: when, who, what, what came of it; milestones.

use std::fmt;

use jiff::Timestamp;
use jiff::civil::Date;

use super::template::{FieldId, TimelineColumn as Column};
use super::value::time::{self, Anchor, Moment, TimeProblem};
use super::{Cell, Document, Span};

/// A milestone of an incident: the five instants from which its figures are counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Milestone {
    /// Impact begins.
    Started,
    /// Somebody or something notices.
    Detected,
    /// A person takes it.
    Acknowledged,
    /// Impact ends or is bearable.
    Mitigated,
    /// It is over.
    Resolved,
}

impl Milestone {
    /// All milestones in the order in which they come.
    pub const ALL: [Milestone; 5] =
        [Self::Started, Self::Detected, Self::Acknowledged, Self::Mitigated, Self::Resolved];

    /// The word, as it stands in bold with a full stop.
    pub fn word(self) -> &'static str {
        match self {
            Self::Started => "Started",
            Self::Detected => "Detected",
            Self::Acknowledged => "Acknowledged",
            Self::Mitigated => "Mitigated",
            Self::Resolved => "Resolved",
        }
    }

    /// The milestone that `action` begins with, in exactly the form `**Detected.** …`.
    pub fn of_action(action: &str) -> Option<Milestone> {
        let rest = action.strip_prefix("**")?;
        Self::ALL
            .into_iter()
            .find(|milestone| rest.strip_prefix(milestone.word()).is_some_and(|rest| rest.starts_with(".**")))
    }
}

impl fmt::Display for Milestone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.word())
    }
}

/// A row of the timeline that holds something.
#[derive(Clone, Debug)]
pub struct TimelineRow {
    /// Counted from 1 over the rows that hold something.
    pub number: usize,
    /// Index into the table's rows, blank ones included.
    pub index: usize,
    /// The line.
    pub span: Span,
    /// The Time cell.
    pub time: Option<Cell>,
    /// The Actor cell.
    pub actor: Option<Cell>,
    /// The Action cell.
    pub action: Option<Cell>,
    /// The Result cell.
    pub result: Option<Cell>,
    /// When; none where the cell is empty.
    pub moment: Option<Result<Moment, TimeProblem>>,
    /// The milestone that it marks.
    pub milestone: Option<Milestone>,
}

impl TimelineRow {
    /// The instant, where it can be placed exactly.
    pub fn at(&self) -> Option<Timestamp> {
        Some(self.moment.as_ref()?.as_ref().ok()?.at)
    }
}

/// Reads the rows. A bare clock takes its date from the row above, the first one from the start time.
pub(super) fn read(document: &Document) -> Vec<TimelineRow> {
    let Some(table) = document.timeline() else { return Vec::new() };
    let source = document.source();
    let mut rows = Vec::with_capacity(table.rows.len());
    let mut anchor = Anchor { date: None, previous: None };
    let mut knows_start = false;
    for (index, row) in table.rows.iter().enumerate() {
        if table.is_blank(source, row, None) {
            continue;
        }
        let time = table.cell(row, Column::Time);
        let text = time.map_or("", |cell| source.slice(cell.span));
        let moment = (!text.is_empty()).then(|| {
            if anchor.previous.is_none() && !knows_start {
                anchor.date = start_date(document);
                knows_start = true;
            }
            time::read(text, &anchor)
        });
        if let Some(Ok(moment)) = &moment {
            anchor.previous = Some(jiff::tz::TimeZone::UTC.to_datetime(moment.at));
        }
        let action = table.cell(row, Column::Action);
        rows.push(TimelineRow {
            number: rows.len() + 1,
            index,
            span: row.span,
            time,
            actor: table.cell(row, Column::Actor),
            action,
            result: table.cell(row, Column::Result),
            moment,
            milestone: action.and_then(|cell| Milestone::of_action(source.slice(cell.span))),
        });
    }
    rows
}

pub(super) fn start_date(document: &Document) -> Option<Date> {
    let moment = document.times[0].as_ref()?.as_ref().ok()?;
    Some(time::utc_day(moment.at))
}

/// The start and the end, where the fields hold something. The end may be a bare clock on the day of the
/// start, or past its midnight.
pub(super) fn bounds(document: &Document) -> [Option<Result<Moment, TimeProblem>>; 2] {
    let read = |id, anchor: &Anchor| document.field_text(id).map(|text| time::read(text, anchor));
    let start = read(FieldId::StartTime, &Anchor::default());
    let previous = start.as_ref().and_then(|start| start.as_ref().ok());
    let previous = previous.map(|start| jiff::tz::TimeZone::UTC.to_datetime(start.at));
    let anchor = Anchor { date: previous.map(jiff::civil::DateTime::date), previous };
    let end = read(FieldId::EndTime, &anchor);
    [start, end]
}

/// Seconds from one instant to another, as exact as the less exact of the two: where one stands to the
/// minute (its seconds are zero), whole minutes. None where the second comes before the first.
pub fn elapsed(from: Timestamp, until: Timestamp) -> Option<u64> {
    let (mut from, mut until) = (from.as_second(), until.as_second());
    if from % 60 == 0 || until % 60 == 0 {
        from = from.div_euclid(60) * 60;
        until = until.div_euclid(60) * 60;
    }
    u64::try_from(until - from).ok()
}

impl Document {
    /// The row that marks `milestone`: the first of its kind, the last for *resolved*.
    pub fn milestone(&self, milestone: Milestone) -> Option<&TimelineRow> {
        let mut rows = self.timeline_rows.iter().filter(|row| row.milestone == Some(milestone));
        if milestone == Milestone::Resolved { rows.next_back() } else { rows.next() }
    }

    /// A field's time, when it holds one that can be placed.
    pub fn field_time(&self, id: FieldId) -> Option<Result<Moment, TimeProblem>> {
        match id {
            FieldId::StartTime => self.times[0].clone(),
            FieldId::EndTime => self.times[1].clone(),
            _ => Some(time::read(self.field_text(id)?, &Anchor::default())),
        }
    }

    /// The incident's ID as people say it: without code marks, emphasis and the link that it may be.
    pub fn incident_id(&self) -> Option<&str> {
        const MARKS: [char; 3] = ['`', '*', ' '];
        let text = self.field_text(FieldId::IncidentId)?.trim_matches(MARKS);
        let linked = text.strip_prefix('[').and_then(|rest| rest.split_once(']')).map_or(text, |(id, _)| id);
        Some(linked.trim_matches(MARKS)).filter(|id| !id.is_empty())
    }

    /// When the impact began: the start time, else the row *Started*.
    pub fn started_at(&self) -> Option<Timestamp> {
        self.times[0].as_ref().and_then(at).or_else(|| self.milestone(Milestone::Started)?.at())
    }

    /// Whether a start is written somewhere and nowhere so that it can be read.
    pub fn is_start_unreadable(&self) -> bool {
        self.started_at().is_none() && self.is_time_written(0, Milestone::Started)
    }

    /// Whether an end is written somewhere and nowhere so that it can be read.
    pub fn is_end_unreadable(&self) -> bool {
        self.ended_at().is_none() && self.is_time_written(1, Milestone::Resolved)
    }

    fn is_time_written(&self, field: usize, milestone: Milestone) -> bool {
        self.times[field].is_some() || self.milestone(milestone).is_some_and(|row| row.moment.is_some())
    }

    /// When it was over: the end time, else the row *Resolved*.
    pub fn ended_at(&self) -> Option<Timestamp> {
        self.times[1].as_ref().and_then(at).or_else(|| self.milestone(Milestone::Resolved)?.at())
    }
}

fn at(read: &Result<Moment, TimeProblem>) -> Option<Timestamp> {
    read.as_ref().ok().map(|moment| moment.at)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_incident_id_is_read_without_its_marks() {
        for (written, id) in [
            ("INC-0042", Some("INC-0042")),
            ("`INC-0042`", Some("INC-0042")),
            ("**INC-0042**", Some("INC-0042")),
            ("[INC-0042](https://tracker.example/42)", Some("INC-0042")),
            ("[`INC-0042`](https://tracker.example/42)", Some("INC-0042")),
            ("``", None),
            ("", None),
        ] {
            let text = format!("# Title\n\n## Incident summary\n\n- **Incident ID**: {written}\n");
            assert_eq!(Document::parse(text.as_bytes()).incident_id(), id, "{written}");
        }
    }

    #[test]
    fn a_length_is_as_exact_as_the_less_exact_of_its_ends() {
        let at = |text: &str| text.parse::<Timestamp>().expect("it is RFC 3339");
        let start = at("2026-11-20T14:02:00Z");
        assert_eq!(elapsed(start, at("2026-11-20T17:02:15Z")), Some(3 * 3600));
        assert_eq!(elapsed(at("2026-11-20T14:02:11Z"), at("2026-11-20T14:06:24Z")), Some(253));
        assert_eq!(elapsed(at("2026-11-20T14:02:11Z"), start), Some(0));
        assert_eq!(elapsed(at("2026-11-20T14:03:11Z"), start), None);
    }
}
