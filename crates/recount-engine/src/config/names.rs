//! Which names mean the same: services and their aliases, people by handle and by full name, teams and those who
//! are in them. Everything that compares names of services, owners or teams asks here.
//!
//! What does not live here: how a document writes people (`document::value::person`), and which names of a document a
//! rule objects to.

use super::{Config, Person, Service, nearest};

/// A name for comparison: without what surrounds it and without its mark, in lower case.
pub fn plain(name: &str) -> String {
    bare(name).to_lowercase()
}

fn bare(name: &str) -> &str {
    name.trim().trim_start_matches('@')
}

/// Whether two names are one. Most are ASCII, and compared as they stand.
fn is_same(one: &str, other: &str) -> bool {
    let (one, other) = (bare(one), bare(other));
    one.eq_ignore_ascii_case(other)
        || (!(one.is_ascii() && other.is_ascii()) && one.to_lowercase() == other.to_lowercase())
}

/// Who owns something, as the configuration knows them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Owner {
    /// A person's handle, a team's name without its mark, or the name as written where it is neither.
    pub name: String,
    /// The team; none where the configuration knows none.
    pub team: Option<String>,
}

impl Config {
    /// The service that `name` means, by its name or an alias, in any case.
    pub fn service(&self, name: &str) -> Option<&Service> {
        let is = |other: &String| is_same(other, name);
        self.services.iter().find(|service| is(&service.name) || service.aliases.iter().any(is))
    }

    /// The name of the service that `name` means; `name` itself where the configuration knows none.
    pub fn service_name<'n>(&'n self, name: &'n str) -> &'n str {
        self.service(name).map_or(name, |service| service.name.as_str())
    }

    /// Whether two names are one service.
    pub fn is_service(&self, name: &str, wanted: &str) -> bool {
        is_same(self.service_name(name), self.service_name(wanted))
    }

    /// Every name under which the service that is wanted can be written; its own first.
    pub fn names_of_service(&self, wanted: &str) -> Vec<String> {
        let known = self.service(wanted);
        let mut names: Vec<String> = known
            .into_iter()
            .flat_map(|own| std::iter::once(&own.name).chain(&own.aliases))
            .cloned()
            .collect();
        if !names.iter().any(|name| is_same(name, wanted)) {
            names.push(wanted.to_owned());
        }
        names
    }

    /// The person that `name` means, by handle (with or without `@`) or full name, in any case.
    pub fn person(&self, name: &str) -> Option<&Person> {
        self.people.iter().find(|person| {
            is_same(&person.handle, name) || (!person.name.is_empty() && is_same(&person.name, name))
        })
    }

    /// Whether `name` is a team: listed, or named by a person or a service.
    pub fn is_team(&self, name: &str) -> bool {
        self.teams().any(|team| is_same(team, name))
    }

    /// Every team that is named, some more than once.
    pub fn teams(&self) -> impl Iterator<Item = &str> {
        let listed = self.library.teams.iter().map(String::as_str);
        let of_people = self.people.iter().filter_map(|person| person.team.as_deref());
        listed.chain(of_people).chain(self.services.iter().filter_map(|service| service.owner.as_deref()))
    }

    /// Who a name means that is written as an owner.
    pub fn owner(&self, written: &str) -> Owner {
        if let Some(person) = self.person(written) {
            return Owner { name: person.handle.clone(), team: person.team.clone() };
        }
        if self.is_team(written) {
            let name = bare(written).to_owned();
            return Owner { name: name.clone(), team: Some(name) };
        }
        Owner { name: written.to_owned(), team: None }
    }

    /// Whether an owner is the one that is wanted: the same person or team, or a person of the team that is wanted.
    pub fn is_owner(&self, name: &str, wanted: &str) -> bool {
        let Some(person) = self.person(name) else { return is_same(name, wanted) };
        let is = |other: &str| is_same(other, wanted);
        is(&person.handle)
            || person.team.as_deref().is_some_and(is)
            || self.person(wanted).is_some_and(|wanted| is_same(&wanted.handle, &person.handle))
    }

    /// Every name under which an owner that is wanted can be written: that of a team, and of everybody in it.
    pub fn names_of_owner(&self, wanted: &str) -> Vec<String> {
        let mut names = vec![wanted.to_owned()];
        for person in self.people.iter().filter(|person| self.is_owner(&person.handle, wanted)) {
            names.extend([&person.handle, &person.name].into_iter().filter(|name| !name.is_empty()).cloned());
        }
        names
    }

    /// What to say of a service that is asked for and that neither the configuration nor any of the names `written` in
    /// postmortems knows. Nothing where there is nothing to compare with.
    pub fn unknown_service<'w>(
        &'w self,
        wanted: &str,
        written: impl Iterator<Item = &'w str> + Clone,
    ) -> Option<String> {
        if self.service(wanted).is_some() || written.clone().any(|name| is_same(name, wanted)) {
            return None;
        }
        let declared: Vec<&str> = self.services.iter().flat_map(all_names).collect();
        let what = if declared.is_empty() {
            "is no service of any postmortem"
        } else {
            "is no service of `recount.toml` nor of any postmortem"
        };
        unknown(wanted, what, &declared, written)
    }

    /// What to say of a service that is about to be written and that the configuration does not know, where it lists
    /// any.
    pub fn undeclared_service(&self, name: &str) -> Option<String> {
        if self.services.is_empty() || self.service(name).is_some() {
            return None;
        }
        let declared: Vec<&str> = self.services.iter().flat_map(all_names).collect();
        unknown(name, "is no service of `recount.toml`", &declared, std::iter::empty())
    }

    /// As [`Config::unknown_service`], of a person or team that owns action items.
    pub fn unknown_owner<'w>(
        &'w self,
        wanted: &str,
        written: impl Iterator<Item = &'w str> + Clone,
    ) -> Option<String> {
        let is_known = self.person(wanted).is_some() || self.is_team(wanted);
        if is_known || written.clone().any(|name| is_same(name, wanted)) {
            return None;
        }
        let people = self.people.iter().flat_map(|person| [person.handle.as_str(), person.name.as_str()]);
        let declared: Vec<&str> = people.filter(|name| !name.is_empty()).chain(self.teams()).collect();
        let what = if declared.is_empty() {
            "owns no action item of any postmortem"
        } else {
            "is no person or team of `recount.toml`, and owns no action item of any postmortem"
        };
        unknown(wanted, what, &declared, written)
    }
}

fn all_names(service: &Service) -> impl Iterator<Item = &str> {
    std::iter::once(&service.name).chain(&service.aliases).map(String::as_str)
}

/// The sentence, with the nearest name; where two are as near, the one that is declared.
fn unknown<'w>(
    wanted: &str,
    what: &str,
    declared: &[&'w str],
    written: impl Iterator<Item = &'w str> + Clone,
) -> Option<String> {
    if declared.is_empty() && written.clone().next().is_none() {
        return None;
    }
    // A mark that was left out is no difference.
    let near = nearest(bare(wanted), written.chain(declared.iter().copied()).map(bare));
    let near = near.map(|near| declared.iter().copied().find(|name| bare(name) == near).unwrap_or(near));
    let hint = near.map(|near| format!("; did you mean `{near}`?")).unwrap_or_default();
    Some(format!("`{wanted}` {what}{hint}"))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    fn config() -> Config {
        let text = "[library]\nteams = [\"team-night\"]\n\
                    [[services]]\nname = \"checkout\"\naliases = [\"Kasse\", \"shop-checkout\"]\nowner = \"team-shop\"\n\
                    [[people]]\nhandle = \"@ana\"\nname = \"Ana Ruíz\"\nteam = \"team-pay\"\n\
                    [[people]]\nhandle = \"@bo\"\nteam = \"@team-pay\"\n\
                    [[people]]\nhandle = \"@cy\"\nname = \"Cy Orr\"\n";
        Config::from_toml(text).unwrap()
    }

    #[test]
    fn a_service_is_meant_by_each_of_its_names() {
        let config = config();
        for (name, wanted, is) in [
            ("checkout", "Checkout", true),
            ("kasse", "shop-checkout", true),
            ("checkout ", "Kasse", true),
            ("search", "SEARCH", true),
            ("search", "checkout", false),
        ] {
            assert_eq!(config.is_service(name, wanted), is, "{name} {wanted}");
        }
        assert_eq!(config.service_name("KASSE"), "checkout");
        assert_eq!(config.names_of_service("kasse"), ["checkout", "Kasse", "shop-checkout"]);
        assert_eq!(config.names_of_service("search"), ["search"]);
    }

    #[test]
    fn an_owner_is_meant_by_handle_full_name_and_team() {
        let config = config();
        for (name, wanted, is) in [
            ("@ana", "ana", true),
            ("Ana RUÍZ", "@Ana", true),
            ("@ana", "Ana Ruíz", true),
            ("@ana", "team-pay", true),
            ("@bo", "@Team-Pay", true),
            ("team-pay", "team-pay", true),
            ("team-pay", "@ana", false),
            ("@cy", "team-pay", false),
            ("@dee", "DEE", true),
        ] {
            assert_eq!(config.is_owner(name, wanted), is, "{name} {wanted}");
        }
    }

    #[test]
    fn the_names_of_an_owner_are_those_that_are_the_owner() {
        let config = config();
        let written = ["@ana", "ana ruíz", "@bo", "@cy", "Cy Orr", "team-pay", "@dee"];
        for wanted in ["team-pay", "@ana", "Cy Orr", "@dee", "nobody", "team-night"] {
            let names: Vec<String> = config.names_of_owner(wanted).iter().map(|name| plain(name)).collect();
            for name in written {
                let is_named = names.contains(&plain(name));
                assert_eq!(is_named, config.is_owner(name, wanted), "{name} {wanted}");
            }
        }
    }

    #[test]
    fn an_owner_has_the_team_of_the_roster() {
        let config = config();
        for (written, name, team) in [
            ("Ana Ruíz", "@ana", Some("team-pay")),
            ("@team-night", "team-night", Some("team-night")),
            ("@cy", "@cy", None),
            ("@dee", "@dee", None),
        ] {
            let owner = Owner { name: name.to_owned(), team: team.map(str::to_owned) };
            assert_eq!(config.owner(written), owner);
        }
    }

    #[test]
    fn what_nothing_goes_by_is_told_with_the_nearest_name() {
        let config = config();
        let written = || ["search", "chekcout"].into_iter();
        for (wanted, told) in [
            ("kasse", None),
            ("search", None),
            (
                "chekout",
                Some(
                    "`chekout` is no service of `recount.toml` nor of any postmortem; did you mean `checkout`?",
                ),
            ),
            ("mail", Some("`mail` is no service of `recount.toml` nor of any postmortem")),
        ] {
            assert_eq!(config.unknown_service(wanted, written()).as_deref(), told);
        }
        let owners = || ["@dee"].into_iter();
        for (wanted, told) in [
            ("ana", None),
            ("team-pay", None),
            ("dee", None),
            (
                "@anna",
                Some(
                    "`@anna` is no person or team of `recount.toml`, and owns no action item of any postmortem; \
                     did you mean `@ana`?",
                ),
            ),
        ] {
            assert_eq!(config.unknown_owner(wanted, owners()).as_deref(), told);
        }
        let told = "`chekout` is no service of `recount.toml`; did you mean `checkout`?";
        assert_eq!(config.undeclared_service("chekout").as_deref(), Some(told));
        assert_eq!(config.undeclared_service("Kasse"), None);
        let silent = Config::default();
        assert_eq!(silent.undeclared_service("mail"), None);
        assert_eq!(silent.unknown_service("mail", std::iter::empty()), None);
        let told = silent.unknown_service("serch", written());
        assert_eq!(told.as_deref(), Some("`serch` is no service of any postmortem; did you mean `search`?"));
    }
}
