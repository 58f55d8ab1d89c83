//! Which postmortems of a library a command is about: one set of options for all commands that read many.
//!
//! What does not live here: the query language of `search`, and which action items of a postmortem count.

use clap::builder::{PossibleValue, PossibleValuesParser, TypedValueParser};
use jiff::Timestamp;
use jiff::civil::Date;

use recount_engine::config::Config;
use recount_engine::document::template::{FieldDef, FieldId};
use recount_engine::document::value::severity::Severity;
use recount_engine::document::value::time::utc_day;
use recount_engine::document::{Record, Stage};
use recount_engine::insights::{Brief, Briefs};

use crate::commands::new;

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
        let service = |wanted: &String| (asked.service)(&|name| is_service(name, wanted, config));
        let owner = |wanted: &String| (asked.owner)(&|name| is_owner(name, wanted, config));
        let factor = |wanted: &str| {
            let kind = factors().find(|(word, _)| *word == wanted);
            kind.is_some_and(|(_, def)| (asked.factor)(def.id))
        };
        (self.severity.is_empty() || asked.severity.is_some_and(|s| self.severity.contains(&s)))
            && self.service.as_ref().is_none_or(service)
            && self.after.is_none_or(|after| day.is_some_and(|day| day >= after))
            && self.before.is_none_or(|before| day.is_some_and(|day| day < before))
            && self.factor.is_none_or(factor)
            && self.stage.is_none_or(|stage| asked.stage == stage)
            && self.owner.as_ref().is_none_or(owner)
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

/// Whether two names are one service, by the names and aliases of the configuration.
pub(crate) fn is_service(name: &str, wanted: &str, config: &Config) -> bool {
    fn known<'c>(name: &'c str, config: &'c Config) -> &'c str {
        config.service(name).map_or(name, |service| service.name.as_str())
    }
    known(name, config).eq_ignore_ascii_case(known(wanted, config))
}

/// Whether an owner is the one that is wanted: the same person or team, or a person of the team that is wanted.
pub(crate) fn is_owner(name: &str, wanted: &str, config: &Config) -> bool {
    let team = config.person(name).and_then(|person| person.team.as_deref());
    is_person(name, wanted, config) || team.is_some_and(|team| is_person(team, wanted, config))
}

/// Whether two names are one person or team, by the people of the configuration.
fn is_person(name: &str, wanted: &str, config: &Config) -> bool {
    let known = |name: &str| {
        let handle = config.person(name).map_or(name, |person| person.handle.as_str());
        handle.trim_start_matches('@').to_lowercase()
    };
    known(name) == known(wanted)
}

/// The word of a kind of contributing factor: its field's name without `factor-`.
pub(crate) fn factor_word(category: FieldId) -> &'static str {
    category.def().key.trim_start_matches("factor-")
}

/// The template's kinds of contributing factors, each with its word.
pub(crate) fn factors() -> impl Iterator<Item = (&'static str, &'static FieldDef)> {
    FieldId::ContributingFactors.members().map(|def| (factor_word(def.id), def))
}

fn factor_parser() -> impl TypedValueParser<Value = &'static str> {
    let values = factors().map(|(word, def)| PossibleValue::new(word).help(def.label));
    PossibleValuesParser::new(values)
        .map(|chosen| factors().map(|(word, _)| word).find(|word| *word == chosen).unwrap_or_default())
}

fn parse_severity(text: &str) -> Result<Severity, String> {
    new::read_severity(text).map_err(|error| error.hint_text().unwrap_or_default().to_owned())
}

/// A day, or the first one of a month or year.
pub(crate) fn parse_day(text: &str) -> Result<Date, String> {
    let whole = match text.len() {
        4 => format!("{text}-01-01"),
        7 => format!("{text}-01"),
        _ => text.to_owned(),
    };
    whole.parse().map_err(|_| "write it as `2026-11-20`, `2026-11` or `2026`".to_owned())
}
