//! Which action items of a library are asked for, and in which order they are listed.

use std::cmp::Reverse;

use jiff::civil::Date;
use recount_engine::document::ActionRecord;
use recount_engine::document::value::priority::Priority;
use recount_engine::document::value::status::StatusKind;

/// Which action items are asked for, by how far they have come.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Which {
    /// What is still owed: neither done nor refused.
    #[default]
    Open,
    /// What is still owed and past its due date.
    Overdue,
    /// What is done and not verified.
    Unverified,
    /// Everything.
    All,
    /// With one of these statuses.
    Status(Vec<StatusKind>),
}

impl Which {
    /// Whether an item is one of them.
    pub fn keeps(&self, action: &ActionRecord, today: Date) -> bool {
        self.keeps_one(action.status, action.due, today)
    }

    /// Whether an item of this status and due date is one of them; what cannot be read is owed.
    pub fn keeps_one(&self, status: Option<StatusKind>, due: Option<Date>, today: Date) -> bool {
        let is_open = status.is_none_or(StatusKind::is_open);
        match self {
            Self::Open => is_open,
            Self::Overdue => is_open && due.is_some_and(|due| due < today),
            Self::Unverified => status == Some(StatusKind::Done),
            Self::All => true,
            Self::Status(kinds) => status.is_some_and(|kind| kinds.contains(&kind)),
        }
    }
}

/// Where an item stands in a list: what is owed first, by its day, then by its priority; what was settled has no next
/// day, and the last one settled is of most interest.
pub fn order(action: &ActionRecord, name: &str) -> impl Ord + use<> {
    let is_owed = action.is_open();
    let settled = if is_owed { None } else { action.status_date };
    let due = action.due.filter(|_| is_owed).unwrap_or(Date::MAX);
    let priority = action.priority.map_or_else(|| "P9".to_owned(), |priority: Priority| priority.to_string());
    (!is_owed, Reverse(settled), due, priority, name.to_owned())
}
