//! Where on GitHub something is: repositories, their pages, and the addresses of the API that mean the same.
//!
//! What does not live here: what happened there (`github`).

use serde_json::value::RawValue;

use super::github_wire::Repository;
use crate::evidence::instants::Scalar;
use crate::evidence::reader::Reader;

/// The repository that something is in.
#[derive(Clone, Default)]
pub(super) struct Home {
    /// `acme/shop`; empty where nothing says.
    pub(super) name: String,
    /// Its page, such as `https://github.com/acme/shop`.
    page: String,
    pub(super) default_branch: String,
}

impl Home {
    /// The repository that an address, of a page or of the API, lies in.
    pub(super) fn of(address: &str) -> Self {
        let read = || {
            let (scheme, rest) =
                address.split_once("://").filter(|(scheme, _)| scheme.starts_with("http"))?;
            let (host, path) = rest.split_once('/')?;
            let path = path.split(['?', '#']).next()?;
            // GitHub's API has a host of its own, that of an enterprise a path.
            let (host, path) = match (host.strip_prefix("api."), path.strip_prefix("api/v3/")) {
                (Some(host), _) => (host, path.strip_prefix("repos/")?),
                (None, Some(path)) => (host, path.strip_prefix("repos/")?),
                (None, None) => (host, path),
            };
            let mut names = path.split('/');
            let (owner, name) = (names.next()?, names.next()?);
            if owner.is_empty() || name.is_empty() {
                return None;
            }
            let page = format!("{scheme}://{host}/{owner}/{name}");
            Some(Self { name: format!("{owner}/{name}"), page, default_branch: String::new() })
        };
        read().unwrap_or_default()
    }

    /// This one, with what only the other knows.
    pub(super) fn or(self, other: &Self) -> Self {
        if !self.name.is_empty() && self.name != other.name {
            return self;
        }
        let page = if self.page.is_empty() { other.page.clone() } else { self.page };
        Self { name: other.name.clone(), page, default_branch: other.default_branch.clone() }
    }

    /// This one, or the one that the caller knows the part to be from.
    pub(super) fn or_configured(self, reader: &Reader) -> Self {
        if !self.name.is_empty() {
            return self;
        }
        let own = reader.options.repository_of(reader.part()).map(|(_, url)| url);
        own.or(reader.options.repository_url.as_deref()).map(Self::of).unwrap_or_default()
    }

    /// The address of something in it, or nothing where its own is not known.
    pub(super) fn at(&self, path: &str) -> String {
        if self.page.is_empty() { String::new() } else { format!("{}/{path}", self.page) }
    }
}

/// The page of a thing: never the address of the API, which `url` is in answers of the API.
pub(super) fn page<'s>(html_url: &'s Scalar<'_>, url: &'s Scalar<'_>) -> &'s str {
    let is_api = |url: &&str| url.contains("/repos/");
    html_url.given().or(url.given().filter(|url| !is_api(url))).unwrap_or("")
}

pub(super) fn repository(raw: Option<&RawValue>) -> Home {
    let Some(repository) = raw.and_then(|raw| serde_json::from_str::<Repository<'_>>(raw.get()).ok()) else {
        return Home::default();
    };
    let mut home = Home::of(page(&repository.html_url, &repository.url));
    if home.name.is_empty() {
        home = Home::of(repository.url.as_str());
    }
    let named = [repository.full_name.as_str(), repository.name.as_str()];
    if let Some(name) = named.into_iter().find(|name| name.contains('/')) {
        name.clone_into(&mut home.name);
    }
    repository.default_branch.as_str().clone_into(&mut home.default_branch);
    home
}
