//! Which postmortems of a library a command is about: one set of options for all commands that read many.
//!
//! What does not live here: which postmortems are like that (`recount_workspace::told`), the query language of `search`,
//! and which action items of a postmortem count.

use clap::builder::{PossibleValue, PossibleValuesParser, TypedValueParser};
use jiff::civil::Date;

use recount_engine::document::Stage;
use recount_engine::document::template::FieldId;
use recount_engine::document::value::date;
use recount_engine::document::value::severity::Severity;
use recount_workspace::told::Wanted;

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
    /// The same for a library.
    pub(crate) fn wanted(&self) -> Wanted {
        let Self { severity, service, after, before, factor, stage, owner } = self;
        Wanted {
            severity: severity.clone(),
            service: service.clone(),
            after: *after,
            before: *before,
            factor: *factor,
            stage: *stage,
            owner: owner.clone(),
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
