//! Fields and cells as typed values: each knows its bytes and is blank, a placeholder, a value, or
//! something that cannot be read, with the reason. What a value is good for is for others to say.

use super::template::{FieldId, FieldKind};
use super::value::Value;
use super::value::date::{self, DateProblem, DateValue};
use super::value::duration::{self, DurationValue};
use super::value::percentage::{self, Percentage};
use super::value::person::{self, Person};
use super::value::priority::Priority;
use super::value::severity::Severity;
use super::value::status::{self, Status, StatusProblem};
use super::value::time::{Moment, TimeProblem};
use super::value::yes_no::{self, YesNo};
use super::{ActionItem, Cell, Document, FieldState, Span};

/// What stands in a field or cell, and where.
#[derive(Clone, Debug, PartialEq)]
pub struct Typed<T, W> {
    /// The bytes of the value; the place for one where it is blank; none where the document has no such
    /// field or cell.
    pub span: Option<Span>,
    /// What it is.
    pub value: Value<T, W>,
}

impl<T, W> Typed<T, W> {
    fn absent() -> Self {
        Self { span: None, value: Value::Blank }
    }

    /// The value, if it could be read.
    pub fn get(&self) -> Option<&T> {
        self.value.value()
    }
}

impl Document {
    /// *Severity*.
    pub fn severity(&self) -> Typed<Severity, &'static str> {
        self.typed(FieldId::Severity, |text| {
            Severity::parse(text).map(|(severity, _)| severity).ok_or("it is none of `Sev0` to `Sev3`")
        })
    }

    /// *Start time*: when impact began.
    pub fn start_time(&self) -> Typed<Moment, TimeProblem> {
        self.time(FieldId::StartTime)
    }

    /// *End time*: when it was over. A bare clock is on the day of the start, or past its midnight.
    pub fn end_time(&self) -> Typed<Moment, TimeProblem> {
        self.time(FieldId::EndTime)
    }

    fn time(&self, id: FieldId) -> Typed<Moment, TimeProblem> {
        let read = self.field_time(id);
        self.typed(id, |_| read.unwrap_or(Err(TimeProblem::NotATime)))
    }

    /// *Duration*, as written.
    pub fn duration(&self) -> Typed<DurationValue, &'static str> {
        self.typed(FieldId::Duration, read_duration)
    }

    /// *Time to detect*, as written.
    pub fn time_to_detect(&self) -> Typed<DurationValue, &'static str> {
        self.typed(FieldId::TimeToDetect, read_duration)
    }

    /// *% of customers affected*.
    pub fn customers_affected(&self) -> Typed<Percentage, &'static str> {
        self.typed(FieldId::CustomersAffected, |text| percentage::read(text).ok_or("it holds no percentage"))
    }

    /// A field that is answered with yes or no: *Data loss*, *Data corruption*, *Durability risk*.
    /// Any other field is read the same way.
    pub fn yes_no(&self, id: FieldId) -> Typed<YesNo<'_>, &'static str> {
        debug_assert_eq!(id.def().kind, FieldKind::YesNo);
        self.typed(id, |text| yes_no::read(text).ok_or("it begins with neither yes nor no"))
    }

    /// The names in *Primary services impacted*.
    pub fn services(&self) -> Vec<&str> {
        self.names(FieldId::Services)
    }

    /// The names in *Regions impacted*.
    pub fn regions(&self) -> Vec<&str> {
        self.names(FieldId::Regions)
    }

    /// The parts of a field that holds a list: separated by commas, semicolons or bullets.
    fn names(&self, id: FieldId) -> Vec<&str> {
        self.field_values(id)
            .flat_map(|span| self.slice(span).split([',', ';', '\n']))
            .map(|name| name.trim().trim_start_matches(['-', '*', ' ']).trim_matches(['`', '*', ' ', '.']))
            .filter(|name| !name.is_empty())
            .collect()
    }

    /// Priority of an action item.
    pub fn priority_of(&self, item: &ActionItem) -> Typed<Priority, &'static str> {
        self.cell(item.priority, |text| {
            Priority::parse(text).map(|(priority, _)| priority).ok_or("it is none of `P0` to `P2`")
        })
    }

    /// Owners of an action item, machines and nobodies left out.
    pub fn owners_of(&self, item: &ActionItem) -> Vec<Person<'_>> {
        let mut people = person::people(self.cell_text(item.owner));
        people.retain(Person::is_somebody);
        people
    }

    /// Due date of an action item.
    pub fn due_of(&self, item: &ActionItem) -> Typed<DateValue, DateProblem> {
        self.cell(item.due, date::read)
    }

    /// Status of an action item. One whose word is understood is a value even where its date or reason
    /// is missing.
    pub fn status_of(&self, item: &ActionItem) -> Typed<Status<'_>, Vec<StatusProblem>> {
        self.cell(item.status, |text| {
            let reading = status::read(text);
            reading.status.ok_or(reading.problems)
        })
    }

    fn typed<'d, T, W>(&'d self, id: FieldId, read: impl FnOnce(&'d str) -> Result<T, W>) -> Typed<T, W> {
        let Some(field) = self.field(id) else { return Typed::absent() };
        let value = match field.state {
            FieldState::Blank => Value::Blank,
            FieldState::Placeholder => Value::Placeholder,
            FieldState::Filled if field.value.is_empty() => read(self.slice(field.body)).into(),
            FieldState::Filled => read(self.slice(field.value)).into(),
        };
        Typed { span: Some(field.value), value }
    }

    fn cell<'d, T, W>(
        &'d self,
        cell: Option<Cell>,
        read: impl FnOnce(&'d str) -> Result<T, W>,
    ) -> Typed<T, W> {
        let Some(cell) = cell else { return Typed::absent() };
        let text = self.slice(cell.span);
        let value = match text {
            "" => Value::Blank,
            _ if super::template::is_stand_in(text) => Value::Placeholder,
            _ => read(text).into(),
        };
        Typed { span: Some(cell.span), value }
    }
}

fn read_duration(text: &str) -> Result<DurationValue, &'static str> {
    duration::read(text).ok_or("it is not a length of time such as `1h 42m`")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::document::template::TEMPLATE;
    use crate::document::value::status::StatusKind;

    #[test]
    fn every_value_of_the_blank_template_is_blank_or_a_placeholder_and_has_its_place() {
        let document = Document::parse(TEMPLATE.as_bytes());
        assert_eq!(document.severity().value, Value::Placeholder);
        assert_eq!(document.start_time().value, Value::Blank);
        assert_eq!(document.duration().value, Value::Blank);
        assert_eq!(document.yes_no(FieldId::DataLoss).value, Value::Placeholder);
        let at = document.start_time().span.expect("the field is there").start as usize;
        assert!(TEMPLATE[..at].ends_with("- **Start time** (UTC):"));
        assert_eq!(Document::parse(b"# T\n").severity(), Typed::absent());
    }

    #[test]
    fn values_are_read_and_what_cannot_be_read_says_why() {
        let text = concat!(
            "## Incident summary\n\n- **Severity**: sev1\n- **Start time** (UTC): yesterday\n- **Duration**: 1h 42m\n",
            "- **Primary services impacted**: `checkout`, search\n\n## Impact\n\n- **% of customers affected**: many\n",
            "- **Data impact**:\n  - Data loss: yes (12 rows)\n\n## Action items\n\n",
            "| Priority | Action item | Owner | Due date | Status | Verification plan |\n|---:|---|---|---|---|---|\n",
            "| P1 | x | @ana, TBD | 2026-12-01 | Done 2026-11-30 | y |\n",
        );
        let document = Document::parse(text.as_bytes());
        assert_eq!(document.severity().get(), Some(&Severity::Sev1));
        assert_eq!(document.start_time().value.problem(), Some(&TimeProblem::NotATime));
        assert_eq!(document.duration().get().map(|duration| duration.seconds), Some(6120));
        assert!(document.customers_affected().value.problem().is_some());
        assert_eq!(document.services(), ["checkout", "search"]);
        assert_eq!(document.yes_no(FieldId::DataLoss).get().map(|answer| answer.details), Some("12 rows"));
        let item = &document.action_items()[0];
        assert_eq!(document.priority_of(item).get(), Some(&Priority::P1));
        assert_eq!(document.owners_of(item).len(), 1);
        assert!(document.due_of(item).get().is_some());
        assert_eq!(document.status_of(item).get().map(|status| status.kind), Some(StatusKind::Done));
    }
}
