//! Which postmortems of a library a command is about: one set of options for all commands that read many.
//!
//! What does not live here: the query language of `search`, and which action items of a postmortem count.

use clap::builder::{PossibleValue, PossibleValuesParser, TypedValueParser};
use jiff::Timestamp;
use jiff::civil::Date;

use recount_engine::config::Config;
use recount_engine::document::template::FieldId;
use recount_engine::document::value::date;
use recount_engine::document::value::severity::Severity;
use recount_engine::document::value::time::utc_day;
use recount_engine::document::{Record, Stage};
use recount_engine::insights::{Brief, Briefs};
use recount_store::catalog::InBrief;

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
        self.keeps_what(
            &Asked {
                severity: record.severity,
                started: record.started,
                stage: record.stage,
                factor: &|kind| record.factors.iter().any(|factor| factor.category == kind),
                service: &|is| record.services.iter().any(|name| is(name)),
                owner: &|is| record.actions.iter().flat_map(|item| &item.owners).any(|name| is(name)),
            },
            config,
        )
    }

    /// As [`Filter::keeps`], of a postmortem in brief.
    pub(crate) fn keeps_brief(&self, briefs: &Briefs, brief: &Brief, config: &Config) -> bool {
        self.keeps_what(
            &Asked {
                severity: brief.severity,
                started: brief.started,
                stage: brief.stage,
                factor: &|kind| brief.has_factor(kind),
                service: &|is| briefs.services(brief).any(is),
                owner: &|is| briefs.items(brief).iter().flat_map(|item| briefs.owners(item)).any(is),
            },
            config,
        )
    }

    fn keeps_what(&self, asked: &Asked<'_>, config: &Config) -> bool {
        let day = asked.started.map(utc_day);
        let service = |wanted: &String| (asked.service)(&|name| config.is_service(name, wanted));
        let owner = |wanted: &String| (asked.owner)(&|name| config.is_owner(name, wanted));
        let factor = |wanted: &str| FieldId::factor_named(wanted).is_some_and(asked.factor);
        (self.severity.is_empty() || asked.severity.is_some_and(|s| self.severity.contains(&s)))
            && self.service.as_ref().is_none_or(service)
            && self.after.is_none_or(|after| day.is_some_and(|day| day >= after))
            && self.before.is_none_or(|before| day.is_some_and(|day| day < before))
            && self.factor.is_none_or(factor)
            && self.stage.is_none_or(|stage| asked.stage == stage)
            && self.owner.as_ref().is_none_or(owner)
    }

    /// Says which names that are asked for are known to neither the configuration nor any postmortem: nothing is found
    /// by them.
    pub(crate) fn warn_of_unknown(&self, records: &Records, config: &Config, environment: &mut Environment) {
        let records = records.known.iter().map(|known| &known.record);
        let services = records.clone().flat_map(|record| &record.services);
        let owners = records.flat_map(|record| &record.actions).flat_map(|item| &item.owners);
        self.warn_of(services.map(String::as_str), owners.map(String::as_str), config, environment);
    }

    /// As [`Filter::warn_of_unknown`], of a library in brief.
    pub(crate) fn warn_of_unknown_in_brief(
        &self,
        library: &InBrief<'_>,
        config: &Config,
        environment: &mut Environment,
    ) {
        let services = library.each().flat_map(|(_, briefs, brief)| briefs.services(brief));
        let owners = library.each().flat_map(|(_, briefs, brief)| {
            briefs.items(brief).iter().flat_map(move |item| briefs.owners(item))
        });
        self.warn_of(services, owners, config, environment);
    }

    fn warn_of<'w>(
        &self,
        services: impl Iterator<Item = &'w str> + Clone,
        owners: impl Iterator<Item = &'w str> + Clone,
        config: &'w Config,
        environment: &mut Environment,
    ) {
        let unknown = [
            self.service.as_ref().and_then(|wanted| config.unknown_service(wanted, services)),
            self.owner.as_ref().and_then(|wanted| config.unknown_owner(wanted, owners)),
        ];
        for unknown in unknown.into_iter().flatten() {
            environment.warn(unknown);
        }
    }
}

/// What a filter asks of a postmortem. What it has several of is asked with a condition.
struct Asked<'a> {
    severity: Option<Severity>,
    started: Option<Timestamp>,
    stage: Stage,
    factor: &'a dyn Fn(FieldId) -> bool,
    service: &'a Any<'a>,
    owner: &'a Any<'a>,
}

/// Whether a condition holds for any name.
type Any<'a> = dyn Fn(&dyn Fn(&str) -> bool) -> bool + 'a;

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
