//! Which postmortems of a library are wanted: one filter for lists, action items and figures, whoever asks, and whether
//! a postmortem is there whole or in brief.
//!
//! What does not live here: how it is asked for (options, a query of an address), and the query language of a search.

use jiff::Timestamp;
use jiff::civil::Date;

use recount_engine::config::Config;
use recount_engine::document::template::FieldId;
use recount_engine::document::value::severity::Severity;
use recount_engine::document::value::time::utc_day;
use recount_engine::document::{Record, Stage};
use recount_engine::insights::{Brief, Briefs};

use crate::overview::Overview;
use crate::records::Records;

/// Which postmortems are wanted; what says nothing keeps all.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
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
    pub fn keeps(&self, postmortem: &impl Facts, config: &Config) -> bool {
        let day = postmortem.started().map(utc_day);
        let service = |wanted: &String| postmortem.any_service(|name| config.is_service(name, wanted));
        let owner = |wanted: &String| postmortem.any_owner(|name| config.is_owner(name, wanted));
        let factor = |wanted| FieldId::factor_named(wanted).is_some_and(|kind| postmortem.has_factor(kind));
        (self.severity.is_empty() || postmortem.severity().is_some_and(|s| self.severity.contains(&s)))
            && self.service.as_ref().is_none_or(service)
            && self.after.is_none_or(|after| day.is_some_and(|day| day >= after))
            && self.before.is_none_or(|before| day.is_some_and(|day| day < before))
            && self.factor.is_none_or(factor)
            && self.stage.is_none_or(|stage| postmortem.stage() == stage)
            && self.owner.as_ref().is_none_or(owner)
    }

    /// Whether all are.
    pub fn is_all(&self) -> bool {
        *self == Self::default()
    }

    /// Says which names that are asked for are known to neither the configuration nor any postmortem: nothing is found
    /// by them.
    pub fn unknown(&self, records: &Records, config: &Config) -> Vec<String> {
        let records = records.known.iter().map(|known| &known.record);
        let services = records.clone().flat_map(|record| &record.services);
        let owners = records.flat_map(|record| &record.actions).flat_map(|item| &item.owners);
        self.unknown_among(services.map(String::as_str), owners.map(String::as_str), config)
    }

    /// As [`Wanted::unknown`], of a library in brief.
    pub fn unknown_in_brief(&self, library: Overview<'_>, config: &Config) -> Vec<String> {
        let services = library.each().flat_map(|(_, briefs, brief)| briefs.services(brief));
        let owners = library.each().flat_map(|(_, briefs, brief)| {
            briefs.items(brief).iter().flat_map(move |item| briefs.owners(item))
        });
        self.unknown_among(services, owners, config)
    }

    fn unknown_among<'w>(
        &self,
        services: impl Iterator<Item = &'w str> + Clone,
        owners: impl Iterator<Item = &'w str> + Clone,
        config: &'w Config,
    ) -> Vec<String> {
        let unknown = [
            self.service.as_ref().and_then(|wanted| config.unknown_service(wanted, services)),
            self.owner.as_ref().and_then(|wanted| config.unknown_owner(wanted, owners)),
        ];
        unknown.into_iter().flatten().collect()
    }
}

/// What a filter asks of a postmortem.
pub trait Facts {
    /// How bad it was.
    fn severity(&self) -> Option<Severity>;
    /// When impact began.
    fn started(&self) -> Option<Timestamp>;
    /// What its author claims.
    fn stage(&self) -> Stage;
    /// Whether a factor of this kind contributed.
    fn has_factor(&self, kind: FieldId) -> bool;
    /// Whether a service that it impacted is such a one.
    fn any_service(&self, is: impl Fn(&str) -> bool) -> bool;
    /// Whether somebody who owns an action item of it is such a one.
    fn any_owner(&self, is: impl Fn(&str) -> bool) -> bool;
}

impl Facts for Record {
    fn severity(&self) -> Option<Severity> {
        self.severity
    }

    fn started(&self) -> Option<Timestamp> {
        self.started
    }

    fn stage(&self) -> Stage {
        self.stage
    }

    fn has_factor(&self, kind: FieldId) -> bool {
        self.factors.iter().any(|factor| factor.category == kind)
    }

    fn any_service(&self, is: impl Fn(&str) -> bool) -> bool {
        self.services.iter().any(|name| is(name))
    }

    fn any_owner(&self, is: impl Fn(&str) -> bool) -> bool {
        self.actions.iter().flat_map(|item| &item.owners).any(|name| is(name))
    }
}

impl Facts for (&Briefs, &Brief) {
    fn severity(&self) -> Option<Severity> {
        self.1.severity
    }

    fn started(&self) -> Option<Timestamp> {
        self.1.started
    }

    fn stage(&self) -> Stage {
        self.1.stage
    }

    fn has_factor(&self, kind: FieldId) -> bool {
        self.1.has_factor(kind)
    }

    fn any_service(&self, is: impl Fn(&str) -> bool) -> bool {
        self.0.services(self.1).any(is)
    }

    fn any_owner(&self, is: impl Fn(&str) -> bool) -> bool {
        self.0.items(self.1).iter().flat_map(|item| self.0.owners(item)).any(is)
    }
}
