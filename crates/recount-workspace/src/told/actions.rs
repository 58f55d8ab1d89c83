//! `actions`: action items of the library, each with what the library knows of it.

use std::cmp::Reverse;
use std::collections::BTreeSet;

use jiff::civil::Date;
use jiff::tz::TimeZone;
use serde::Serialize;

use recount_engine::config::{Beyond, Config, Promise};
use recount_engine::document::value::priority::Priority;
use recount_engine::document::value::status::StatusKind;
use recount_engine::document::{ActionRecord, Record, stable_ids};

use super::Header;
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
    /// What names it for calendars, whether it is written in the document or not.
    #[serde(skip)]
    pub stable_id: String,
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

/// Which action items of a postmortem are wanted; what says nothing keeps all.
#[derive(Clone, Debug, Default)]
pub struct Asked {
    /// How far they have come.
    pub which: Which,
    /// Of this owner: a person, or a team and whoever is in it.
    pub owner: Option<String>,
    /// Of one of these priorities.
    pub priority: Vec<Priority>,
    /// Due before this day.
    pub due_before: Option<Date>,
    /// Due on this day or later.
    pub due_after: Option<Date>,
}

/// How far action items have come that are wanted.
#[derive(Clone, Debug, Default)]
pub enum Which {
    /// Still owed: neither done nor refused.
    #[default]
    Open,
    /// Still owed and past the due date.
    Overdue,
    /// Done and not verified.
    Unverified,
    /// All.
    All,
    /// With one of these statuses.
    Status(Vec<StatusKind>),
}

impl Asked {
    /// Whether an item is one of those wanted.
    pub fn keeps(&self, action: &ActionRecord, config: &Config, today: Date) -> bool {
        let owner = |wanted: &String| action.owners.iter().any(|name| config.is_owner(name, wanted));
        let which = match &self.which {
            Which::Status(kinds) => action.status.is_some_and(|kind| kinds.contains(&kind)),
            Which::All => true,
            Which::Overdue => action.is_overdue(today),
            Which::Unverified => action.status == Some(StatusKind::Done),
            Which::Open => action.is_open(),
        };
        which
            && self.owner.as_ref().is_none_or(owner)
            && (self.priority.is_empty() || action.priority.is_some_and(|own| self.priority.contains(&own)))
            && self.due_before.is_none_or(|day| action.due.is_some_and(|due| due < day))
            && self.due_after.is_none_or(|day| action.due.is_some_and(|due| due >= day))
    }

    /// The items of the postmortems that are wanted: overdue ones first, then by due date and priority.
    pub fn items(
        &self,
        records: &Records,
        is_wanted: impl Fn(&Known) -> bool,
        config: &Config,
        today: Date,
    ) -> Vec<Item> {
        let mut items = Vec::new();
        for (known, ids) in records.known.iter().zip(stable(records)) {
            if !is_wanted(known) {
                continue;
            }
            for (action, stable_id) in known.record.actions.iter().zip(ids) {
                if self.keeps(action, config, today) {
                    items.push(item(known, action, stable_id, config, today));
                }
            }
        }
        items.sort_by_cached_key(|item| {
            let is_owed = item.status.is_none_or(|status| matches!(status, "open" | "in-progress"));
            // What was settled has no next day; the last one settled is of most interest.
            let settled = if is_owed { None } else { item.status_date };
            let due = item.due.filter(|_| is_owed).unwrap_or(Date::MAX);
            let priority = item.priority.clone().unwrap_or_else(|| "P9".to_owned());
            (!is_owed, Reverse(settled), due, priority, item.name.clone())
        });
        items
    }
}

fn item(known: &Known, action: &ActionRecord, stable_id: String, config: &Config, today: Date) -> Item {
    let record = &known.record;
    let ended = record.resolved.or(record.started).map(|at| TimeZone::UTC.to_datetime(at).date());
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
        stable_id,
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
        ended: record.resolved.map(|at| TimeZone::UTC.to_datetime(at).date()),
    };
    let Beyond { severity, priority, days, latest, due } = config.policy.beyond(&promise, Some(today))?;
    let rule = format!("a {priority} of a {severity} is due within {days} days, by {latest}");
    Some(match due {
        Some(due) => format!("it is due {due}; {rule}"),
        None => format!("it has no due date; {rule}"),
    })
}

/// A status for the command line and machine formats.
pub fn status_word(kind: StatusKind) -> &'static str {
    match kind {
        StatusKind::Open => "open",
        StatusKind::InProgress => "in-progress",
        StatusKind::Done => "done",
        StatusKind::Verified => "verified",
        StatusKind::WontDo => "wont-do",
    }
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
