//! Which action items of a library are asked for, and in which order they are listed.
//!
//! What does not live here: what is told of one ([`crate::told::actions`]).

use std::cmp::{Ordering, Reverse};

use jiff::civil::Date;
use recount_engine::config::Config;
use recount_engine::document::ActionRecord;
use recount_engine::document::value::priority::Priority;
use recount_engine::document::value::status::StatusKind;
use recount_engine::insights::Briefs;
use recount_engine::insights::brief::BriefItem;

use crate::records::Known;

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
    /// Whether an item of this status and due date is one of them; what cannot be read is owed.
    fn keeps(&self, status: Option<StatusKind>, due: Option<Date>, today: Date) -> bool {
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

/// Which action items of a postmortem are wanted; what says nothing keeps what is still owed.
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

impl Asked {
    /// Whether an item is one of those wanted.
    pub fn keeps(&self, item: &impl Promised, config: &Config, today: Date) -> bool {
        let due = item.due();
        self.which.keeps(item.status(), due, today)
            && self.owner.as_ref().is_none_or(|owner| item.any_owner(|name| config.is_owner(name, owner)))
            && (self.priority.is_empty() || item.priority().is_some_and(|own| self.priority.contains(&own)))
            && self.due_before.is_none_or(|day| due.is_some_and(|due| due < day))
            && self.due_after.is_none_or(|day| due.is_some_and(|due| due >= day))
    }

    /// Whether nothing is wanted that is settled.
    pub fn is_owed(&self) -> bool {
        matches!(self.which, Which::Open | Which::Overdue)
    }

    /// The items of these postmortems that are wanted, in their order: see [`order`].
    pub fn found<'k>(
        &self,
        postmortems: impl IntoIterator<Item = &'k Known>,
        config: &Config,
        today: Date,
    ) -> Vec<Found<'k>> {
        let mut found: Vec<Found<'k>> = Vec::new();
        for known in postmortems {
            let wanted = known.record.actions.iter().filter(|action| self.keeps(*action, config, today));
            found.extend(wanted.map(|action| Found { known, action }));
        }
        found.sort_by(|a, b| a.place().cmp(&b.place()));
        found
    }
}

/// An action item of the library that was asked for.
#[derive(Clone, Copy, Debug)]
pub struct Found<'k> {
    /// The postmortem that it is in.
    pub known: &'k Known,
    /// The item.
    pub action: &'k ActionRecord,
}

impl<'k> Found<'k> {
    /// Its name: `INC-0042#3`.
    pub fn name(&self) -> String {
        format!("{}#{}", self.known.name(), self.action.number)
    }

    /// Whether that is its name.
    pub fn is(&self, name: &str) -> bool {
        let own = name.strip_prefix(self.known.name()).and_then(|rest| rest.strip_prefix('#'));
        own.is_some_and(|number| number.parse() == Ok(self.action.number))
    }

    /// Where it stands in a list.
    pub fn place(&self) -> impl Ord + use<'k> {
        order(self.action, self.known.name())
    }
}

/// Where an item of an incident stands in a list: what is owed first, by its day, then by its priority; what was
/// settled has no next day, and the last one settled is of most interest.
fn order<'k>(action: &ActionRecord, incident: &'k str) -> impl Ord + use<'k> {
    let is_owed = action.is_open();
    let settled = if is_owed { None } else { action.status_date };
    let due = action.due.filter(|_| is_owed).unwrap_or(Date::MAX);
    let priority = action.priority.map_or(u8::MAX, |priority| priority as u8);
    (!is_owed, Reverse(settled), due, priority, Named { incident, number: action.number })
}

/// The name of an item, in the order of its letters: made only where two are compared that are alike so far.
#[derive(PartialEq, Eq)]
struct Named<'k> {
    incident: &'k str,
    number: usize,
}

impl Ord for Named<'_> {
    fn cmp(&self, other: &Self) -> Ordering {
        let tail = |named: &Self| format!("#{}", named.number).into_bytes();
        let (one, two) = (self.incident.as_bytes(), other.incident.as_bytes());
        let shared = one.len().min(two.len());
        one[..shared].cmp(&two[..shared]).then_with(|| {
            let (mut ours, mut theirs) = (one[shared..].to_vec(), two[shared..].to_vec());
            ours.extend(tail(self));
            theirs.extend(tail(other));
            ours.cmp(&theirs)
        })
    }
}

impl PartialOrd for Named<'_> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

/// What is asked of an action item, whole or in brief.
pub trait Promised {
    /// Its priority.
    fn priority(&self) -> Option<Priority>;
    /// How far it has come.
    fn status(&self) -> Option<StatusKind>;
    /// When it is due.
    fn due(&self) -> Option<Date>;
    /// Whether one of its owners is such a one.
    fn any_owner(&self, is: impl Fn(&str) -> bool) -> bool;
}

impl Promised for ActionRecord {
    fn priority(&self) -> Option<Priority> {
        self.priority
    }

    fn status(&self) -> Option<StatusKind> {
        self.status
    }

    fn due(&self) -> Option<Date> {
        self.due
    }

    fn any_owner(&self, is: impl Fn(&str) -> bool) -> bool {
        self.owners.iter().any(|name| is(name))
    }
}

impl Promised for (&Briefs, &BriefItem) {
    fn priority(&self) -> Option<Priority> {
        self.1.priority
    }

    fn status(&self) -> Option<StatusKind> {
        self.1.status
    }

    fn due(&self) -> Option<Date> {
        self.1.due
    }

    fn any_owner(&self, is: impl Fn(&str) -> bool) -> bool {
        self.0.owners(self.1).any(is)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn items_that_are_alike_stand_in_the_order_of_the_letters_of_their_names() {
        let names =
            [("INC-1", 2), ("INC-1", 10), ("INC-10", 1), ("inc", 1), ("INC-1 b", 3), ("INC-1\u{1}", 3)];
        for (one, nth) in names {
            for (two, other) in names {
                let written = format!("{one}#{nth}").cmp(&format!("{two}#{other}"));
                let named = |incident, number| Named { incident, number };
                assert_eq!(named(one, nth).cmp(&named(two, other)), written, "{one}#{nth} {two}#{other}");
            }
        }
    }
}
