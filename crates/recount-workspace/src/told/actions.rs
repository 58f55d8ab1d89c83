//! `actions`: action items of the library, each with what the library knows of it.

use std::collections::{BTreeSet, HashMap};

use jiff::civil::Date;
use serde::Serialize;

use recount_engine::config::{Beyond, Config, Promise};
use recount_engine::document::value::time::utc_day;
use recount_engine::document::{ActionRecord, Record, stable_ids};

use super::Header;
pub use crate::owed::{Asked, Found, Which};
pub use crate::promising::status_word;
use crate::records::{Known, Records};

/// An action item.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Item {
    /// `INC-0042#3`: the incident's ID, or the path of a postmortem without one, and the number of the row.
    pub name: String,
    /// The stable ID that is written in the document; `recount actions ids` writes those that are missing.
    pub id: Option<String>,
    /// The incident's ID.
    pub incident: Option<String>,
    /// The incident's title.
    pub title: Option<String>,
    /// Path of the postmortem from the library's root.
    pub path: String,
    /// `Sev0` to `Sev3`.
    pub severity: Option<String>,
    /// Services that the incident impacted.
    pub services: Vec<String>,
    /// `P0` to `P2`; none where it cannot be read.
    pub priority: Option<String>,
    /// `open`, `in-progress`, `done`, `verified` or `wont-do`; none where it cannot be read.
    pub status: Option<&'static str>,
    /// Since when it is that.
    #[cfg_attr(feature = "schema", schemars(with = "Option<String>"))]
    pub status_date: Option<Date>,
    /// What is said beside the status.
    pub status_note: Option<String>,
    /// When it is due.
    #[cfg_attr(feature = "schema", schemars(with = "Option<String>"))]
    pub due: Option<Date>,
    /// Days past the due date, while it is still owed.
    pub overdue_days: Option<i32>,
    /// Days from the incident's end (else its start) to the day it was settled, or to today while it is owed.
    pub open_days: Option<i32>,
    /// How it breaks the library's policy; none where it does not.
    pub beyond_policy: Option<String>,
    /// Owners as written.
    pub owners: Vec<String>,
    /// What is to be done.
    pub action: String,
    /// Whether it says how it will be verified.
    pub has_plan: bool,
    /// How the table writes the status.
    #[serde(skip)]
    pub shown_status: String,
}

/// The whole answer in JSON.
#[derive(Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Output {
    /// Which format this is.
    pub recount: Header,
    /// The day that "overdue" and days are counted to, UTC.
    #[cfg_attr(feature = "schema", schemars(with = "String"))]
    pub today: Date,
    /// Overdue ones first, then by due date and priority.
    pub items: Vec<Item>,
    /// Files that could not be read.
    pub problems: Vec<String>,
}

impl Output {
    /// What the format is called.
    pub const HEADER: Header = Header { format: "actions", version: 1 };
}

impl Found<'_> {
    /// What is told of it, without its stable ID for calendars.
    pub fn told(&self, config: &Config, today: Date) -> Item {
        let Found { known, action } = self;
        item(known, action, config, today)
    }
}

fn item(known: &Known, action: &ActionRecord, config: &Config, today: Date) -> Item {
    let record = &known.record;
    let ended = record.resolved.or(record.started).map(utc_day);
    let until = if action.is_open() { Some(today) } else { action.status_date };
    let days = |from: Date, to: Date| from.until(to).map_or(0, |span| span.get_days());
    let shown_status = match (action.status, action.status_date) {
        (Some(kind), Some(date)) => format!("{kind} {date}"),
        (Some(kind), None) => kind.to_string(),
        (None, _) => "?".to_owned(),
    };
    Item {
        name: format!("{}#{}", known.name(), action.number),
        id: action.stable_id.clone(),
        incident: record.id.clone(),
        title: record.title.clone(),
        path: known.path.clone(),
        severity: record.severity.map(|severity| severity.to_string()),
        services: record.services.clone(),
        priority: action.priority.map(|priority| priority.to_string()),
        status: action.status.map(status_word),
        status_date: action.status_date,
        status_note: action.status_reason.clone(),
        due: action.due,
        overdue_days: action.due.filter(|_| action.is_overdue(today)).map(|due| days(due, today)),
        open_days: ended.zip(until).map(|(from, to)| days(from, to).max(0)),
        beyond_policy: beyond_policy(record, action, config, today),
        owners: action.owners.clone(),
        action: action.action.clone(),
        has_plan: action.has_plan,
        shown_status,
    }
}

/// How an item that is owed breaks the policy on due dates.
fn beyond_policy(record: &Record, action: &ActionRecord, config: &Config, today: Date) -> Option<String> {
    let promise = Promise {
        severity: record.severity,
        priority: action.priority,
        status: action.status,
        is_reopened: action.is_reopened(),
        due: action.due,
        ended: record.resolved.map(utc_day),
    };
    let Beyond { severity, priority, days, latest, due } = config.policy.beyond(&promise, Some(today))?;
    let rule = format!("a {priority} of a {severity} is due within {days} days, by {latest}");
    Some(match due {
        Some(due) => format!("it is due {due}; {rule}"),
        None => format!("it has no due date; {rule}"),
    })
}

/// The stable IDs of all action items of the library, those that they have and those that they would get, for each
/// of the records.
pub fn stable(records: &Records) -> Vec<Vec<String>> {
    let items = records.known.iter().flat_map(|known| &known.record.actions);
    let mut taken: BTreeSet<String> = items.filter_map(|item| item.stable_id.clone()).collect();
    let mut ids = vec![Vec::new(); records.known.len()];
    // In an order that has nothing to do with when incidents began, so that the same library gives the same IDs.
    let mut order: Vec<usize> = (0..records.known.len()).collect();
    order.sort_by_key(|index| &records.known[*index].path);
    for index in order {
        let known = &records.known[index];
        ids[index] = stable_ids(known.name(), &known.record.actions, &taken);
        taken.extend(ids[index].iter().cloned());
    }
    ids
}

/// The stable IDs of [`stable`], to be asked for one by one.
pub struct StableIds<'k>(HashMap<&'k str, Vec<String>>);

impl<'k> StableIds<'k> {
    /// Of all action items of the library.
    pub fn of(records: &'k Records) -> Self {
        Self(records.known.iter().map(|known| known.path.as_str()).zip(stable(records)).collect())
    }

    /// That of one of them.
    pub fn of_item(&self, found: &Found<'_>) -> &str {
        let place = found.known.record.actions.iter().position(|action| std::ptr::eq(action, found.action));
        let id = self.0.get(found.known.path.as_str()).zip(place).and_then(|(ids, nth)| ids.get(nth));
        id.map_or("", String::as_str)
    }
}
