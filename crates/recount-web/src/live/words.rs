//! The words that a library knows, for completion: services, people, and what the template takes.
//!
//! What does not live here: what is found in a text ([`super::advice`]).

use recount_engine::config::Config;
use recount_engine::document::Milestone;
use recount_engine::document::template::FIELDS;
use recount_engine::document::value::priority::Priority;
use recount_engine::document::value::severity::Severity;
use recount_engine::document::value::status::StatusKind;
use recount_engine::lint::rules_by_group;
use serde::Serialize;

#[derive(Clone, Debug, Serialize)]
pub(super) struct Words {
    services: Vec<Word>,
    people: Vec<Word>,
    severities: Vec<String>,
    statuses: Vec<String>,
    priorities: Vec<String>,
    milestones: Vec<&'static str>,
    fields: Vec<&'static str>,
    waivable: Vec<Waivable>,
}

/// A word, and what it means.
#[derive(Clone, Debug, Serialize)]
struct Word {
    name: String,
    about: String,
}

/// A rule whose finding can be waived.
#[derive(Clone, Debug, Serialize)]
struct Waivable {
    rule: &'static str,
    about: String,
}

impl Words {
    pub(super) fn of(config: &Config) -> Self {
        let services = config.services.iter().map(|service| Word {
            name: service.name.clone(),
            about: service.owner.clone().unwrap_or_default(),
        });
        let people = config.people.iter().map(|person| {
            let about = [Some(person.name.as_str()), person.team.as_deref()];
            let about: Vec<&str> = about.into_iter().flatten().filter(|word| !word.is_empty()).collect();
            Word { name: person.handle.clone(), about: about.join(", ") }
        });
        Self {
            services: services.collect(),
            people: people.collect(),
            severities: severities(),
            statuses: StatusKind::ALL.into_iter().map(|status| status.to_string()).collect(),
            priorities: Priority::ALL.into_iter().map(|priority| priority.to_string()).collect(),
            milestones: Milestone::ALL.into_iter().map(Milestone::word).collect(),
            fields: FIELDS.iter().map(|field| field.label).collect(),
            waivable: rules_by_group()
                .into_iter()
                .map(|rule| Waivable { rule: rule.name, about: rule.summary() })
                .collect(),
        }
    }
}

/// The severities that the template knows.
pub(super) fn severities() -> Vec<String> {
    Severity::ALL.into_iter().map(|severity| severity.to_string()).collect()
}
