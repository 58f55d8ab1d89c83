//! Which postmortems of a library a command is about: one set of options for all commands that read many.
//!
//! What does not live here: the query language of `search`, and which action items of a postmortem count.

use clap::builder::{PossibleValue, PossibleValuesParser, TypedValueParser};
use jiff::civil::Date;
use jiff::tz::TimeZone;

use recount_engine::config::Config;
use recount_engine::document::template::FieldId;
use recount_engine::document::value::date;
use recount_engine::document::value::severity::Severity;
use recount_engine::document::{Record, Stage};

use crate::environment::Environment;
use recount_workspace::Records;

/// Which postmortems.
#[derive(Debug, Default, clap::Args)]
pub(crate) struct Filter {
    /// Of this severity; may be given several times
    #[arg(long, value_parser = parse_severity)]
    pub(crate) severity: Vec<Severity>,

    /// That impacted this service
    #[arg(long, value_name = "NAME")]
    pub(crate) service: Option<String>,

    /// That began on this day or later: `2026-01-01`, `2026-01` or `2026`
    #[arg(long, value_name = "DATE", value_parser = parse_day)]
    pub(crate) after: Option<Date>,

    /// That began before this day
    #[arg(long, value_name = "DATE", value_parser = parse_day)]
    pub(crate) before: Option<Date>,

    /// With a contributing factor of this kind
    #[arg(long, value_parser = factor_parser())]
    pub(crate) factor: Option<&'static str>,

    /// At this stage
    #[arg(long)]
    pub(crate) stage: Option<Stage>,

    /// With an action item of this owner: a person, or a team and whoever is in it
    #[arg(long, value_name = "PERSON")]
    pub(crate) owner: Option<String>,
}

impl Filter {
    /// Whether a postmortem is one of those wanted.
    pub(crate) fn keeps(&self, record: &Record, config: &Config) -> bool {
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

    /// Says which names that are asked for are known to neither the configuration nor any postmortem: nothing is found
    /// by them.
    pub(crate) fn warn_of_unknown(&self, records: &Records, config: &Config, environment: &mut Environment) {
        let records = records.known.iter().map(|known| &known.record);
        let services = records.clone().flat_map(|record| &record.services).map(String::as_str);
        let owners = records.flat_map(|record| &record.actions).flat_map(|item| &item.owners);
        let unknown = [
            self.service.as_ref().and_then(|wanted| config.unknown_service(wanted, services)),
            self.owner.as_ref().and_then(|wanted| config.unknown_owner(wanted, owners.map(String::as_str))),
        ];
        for unknown in unknown.into_iter().flatten() {
            environment.warn(unknown);
        }
    }
}

fn factor_parser() -> impl TypedValueParser<Value = &'static str> {
    let kinds = FieldId::ContributingFactors.members();
    let values = kinds.map(|def| PossibleValue::new(def.id.factor_word()).help(def.label));
    PossibleValuesParser::new(values)
        .map(|chosen| FieldId::factor_named(&chosen).map(FieldId::factor_word).unwrap_or_default())
}

fn parse_severity(text: &str) -> Result<Severity, String> {
    recount_workspace::read_severity(text).map_err(|error| error.hint_text().unwrap_or_default().to_owned())
}

/// A day, or the first one of a month or year.
pub(crate) fn parse_day(text: &str) -> Result<Date, String> {
    date::first_day(text).ok_or_else(|| "write it as `2026-11-20`, `2026-11` or `2026`".to_owned())
}
