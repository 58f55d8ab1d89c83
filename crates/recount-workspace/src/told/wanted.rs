//! Which postmortems of a library are wanted: one filter for lists, action items and figures, whoever asks.
//!
//! What does not live here: how it is asked for (options, a query of an address), and the query language of a search.

use jiff::civil::Date;
use jiff::tz::TimeZone;

use recount_engine::config::Config;
use recount_engine::document::value::severity::Severity;
use recount_engine::document::{Record, Stage};

use crate::records::Records;

/// Which postmortems are wanted; what says nothing keeps all.
#[derive(Clone, Debug, Default)]
pub struct Wanted {
    /// Of one of these severities.
    pub severity: Vec<Severity>,
    /// That impacted this service.
    pub service: Option<String>,
    /// That began on this day or later.
    pub after: Option<Date>,
    /// That began before this day.
    pub before: Option<Date>,
    /// With a contributing factor of this kind.
    pub factor: Option<&'static str>,
    /// At this stage.
    pub stage: Option<Stage>,
    /// With an action item of this owner: a person, or a team and whoever is in it.
    pub owner: Option<String>,
}

impl Wanted {
    /// Whether a postmortem is one of those wanted.
    pub fn keeps(&self, record: &Record, config: &Config) -> bool {
        let day = record.started.map(|at| TimeZone::UTC.to_datetime(at).date());
        let service = |wanted: &String| record.services.iter().any(|name| config.is_service(name, wanted));
        let owner = |wanted: &String| {
            let owners = record.actions.iter().flat_map(|item| &item.owners);
            owners.into_iter().any(|name| config.is_owner(name, wanted))
        };
        let factor =
            |wanted: &str| record.factors.iter().any(|factor| factor.category.factor_word() == wanted);
        (self.severity.is_empty() || record.severity.is_some_and(|s| self.severity.contains(&s)))
            && self.service.as_ref().is_none_or(service)
            && self.after.is_none_or(|after| day.is_some_and(|day| day >= after))
            && self.before.is_none_or(|before| day.is_some_and(|day| day < before))
            && self.factor.is_none_or(factor)
            && self.stage.is_none_or(|stage| record.stage == stage)
            && self.owner.as_ref().is_none_or(owner)
    }

    /// Which names that are asked for are known to neither the configuration nor any postmortem: nothing is found
    /// by them.
    pub fn unknown(&self, records: &Records, config: &Config) -> Vec<String> {
        let records = records.known.iter().map(|known| &known.record);
        let services = records.clone().flat_map(|record| &record.services).map(String::as_str);
        let owners = records.flat_map(|record| &record.actions).flat_map(|item| &item.owners);
        let unknown = [
            self.service.as_ref().and_then(|wanted| config.unknown_service(wanted, services)),
            self.owner.as_ref().and_then(|wanted| config.unknown_owner(wanted, owners.map(String::as_str))),
        ];
        unknown.into_iter().flatten().collect()
    }
}
