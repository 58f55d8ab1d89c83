//! `list`: postmortems in a list.

use std::cmp::Reverse;

use jiff::civil::Date;
use serde::Serialize;

use recount_engine::config::Config;
use recount_engine::document::template::FieldId;
use recount_engine::document::{ActionRecord, Record, Stage, elapsed};

use super::{Header, Wanted};
use crate::records::Known;

/// A postmortem in the list.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Entry {
    /// Incident ID, without marks.
    pub id: Option<String>,
    /// Title; none for an untitled draft.
    pub title: Option<String>,
    /// Path from the library's root.
    pub path: String,
    /// `Sev0` to `Sev3`; none where it cannot be read.
    pub severity: Option<String>,
    /// `draft`, `review` or `final`.
    pub stage: String,
    /// When impact began, RFC 3339, UTC.
    pub start: Option<String>,
    /// When it was over, RFC 3339, UTC.
    pub end: Option<String>,
    /// Seconds from start to end.
    pub duration_seconds: Option<i64>,
    /// Services impacted.
    pub services: Vec<String>,
    /// Kinds of contributing factors that are filled.
    pub factors: Vec<&'static str>,
    /// Action items, all and those that are not closed.
    pub actions: usize,
    /// Action items that are neither done, verified nor refused.
    pub open_actions: usize,
    /// Open action items past their due date.
    pub overdue_actions: usize,
}

/// What the format is called.
pub const HEADER: Header = Header { format: "list", version: 1 };

/// The whole answer in JSON.
#[derive(Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Output<E = Entry> {
    /// Which format this is.
    pub recount: Header,
    /// Newest first, unless another order was asked for.
    pub postmortems: Vec<E>,
    /// Files that could not be read.
    pub problems: Vec<String>,
}

impl Entry {
    /// A postmortem as it stands today.
    pub fn of(known: &Known, today: Date) -> Self {
        let Known { path, record } = known;
        Self {
            id: record.id.clone(),
            title: record.title.clone(),
            path: path.clone(),
            services: record.services.clone(),
            ..Self::without_words(record, today)
        }
    }

    /// As [`Entry::of`], of one that is not needed any more.
    pub fn from(known: Known, today: Date) -> Self {
        let Known { path, record } = known;
        let entry = Self::without_words(&record, today);
        Self { id: record.id, title: record.title, path, services: record.services, ..entry }
    }

    fn without_words(record: &Record, today: Date) -> Self {
        let open = record.actions.iter().filter(|item| item.is_open()).count();
        let seconds = lasted(record).and_then(|seconds| i64::try_from(seconds).ok());
        Self {
            id: None,
            title: None,
            path: String::new(),
            severity: record.severity.map(|severity| severity.to_string()),
            stage: record.stage.to_string(),
            start: record.started.map(|at| at.to_string()),
            end: record.resolved.map(|at| at.to_string()),
            duration_seconds: seconds,
            services: Vec::new(),
            factors: FieldId::ContributingFactors
                .members()
                .filter(|kind| record.factors.iter().any(|factor| factor.category == kind.id))
                .map(|kind| kind.id.factor_word())
                .collect(),
            actions: record.actions.len(),
            open_actions: open,
            overdue_actions: overdue(record, today),
        }
    }
}

/// Which postmortems a list shows, where one can look for words of their titles, too.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Asked {
    /// The filter that all lists have.
    pub wanted: Wanted,
    /// In the title, or in the ID.
    pub title: String,
    /// With action items that are still owed.
    pub open: bool,
    /// That are not final yet.
    pub unfinished: bool,
}

impl Asked {
    /// Whether a postmortem is one of those that are asked for.
    pub fn keeps(&self, record: &Record, config: &Config) -> bool {
        let title = self.title.to_lowercase();
        let titled =
            || record.title.iter().chain(&record.id).any(|text| text.to_lowercase().contains(&title));
        (title.is_empty() || titled())
            && (!self.unfinished || record.stage != Stage::Final)
            && (!self.open || record.actions.iter().any(ActionRecord::is_open))
            && self.wanted.keeps(record, config)
    }

    /// Whether all are asked for.
    pub fn is_all(&self) -> bool {
        self.title.is_empty() && !self.open && !self.unfinished && self.wanted.is_all()
    }
}

/// In which order a list is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Order {
    /// What began last comes first.
    #[default]
    Newest,
    /// What began first comes first.
    Oldest,
    /// The worst come first.
    Severity,
    /// What lasted longest comes first.
    Longest,
    /// What has most overdue action items comes first.
    Overdue,
}

impl Order {
    /// What [`Order::read`] takes.
    pub const TAKES: &str = "use `newest`, `oldest`, `severity`, `longest` or `overdue`";

    /// An order by its word.
    pub fn read(text: &str) -> Option<Self> {
        Some(match text {
            "newest" => Self::Newest,
            "oldest" => Self::Oldest,
            "severity" => Self::Severity,
            "longest" => Self::Longest,
            "overdue" => Self::Overdue,
            _ => return None,
        })
    }

    /// Where a postmortem stands in this order.
    pub fn place(self, known: &Known, today: Date) -> Place {
        let record = &known.record;
        let started = record.started.map(jiff::Timestamp::as_nanosecond);
        // Without a start it comes last, whichever way.
        let newest = started.map_or(i128::MAX, |at| -at);
        let rank = match self {
            Self::Newest => 0,
            Self::Oldest => started.unwrap_or(i128::MAX),
            Self::Severity => record.severity.map_or(9, |severity| severity as i128),
            Self::Longest => lasted(record).map_or(1, |seconds| -i128::from(seconds)),
            Self::Overdue => -(overdue(record, today) as i128),
        };
        Place { rank, newest, path: Reverse(known.path.clone()) }
    }
}

/// A place in an order: that of a postmortem, whether it is still there or not.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    /// By what the order is about.
    pub rank: i128,
    /// Of those of one rank the youngest come first.
    pub newest: i128,
    /// Of those of one instant the last path.
    pub path: Reverse<String>,
}

fn lasted(record: &Record) -> Option<u64> {
    record.started.zip(record.resolved).and_then(|(start, end)| elapsed(start, end))
}

fn overdue(record: &Record, today: Date) -> usize {
    record.actions.iter().filter(|item| item.is_overdue(today)).count()
}
