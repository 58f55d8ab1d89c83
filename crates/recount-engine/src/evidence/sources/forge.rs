//! What forges share: how a deploy reads in a timeline, which environments and workflows are about one, and
//! where a repository is.
//!
//! What does not live here: any forge's own format (`github`, `gitlab`).

use std::sync::LazyLock;

use regex::Regex;

use crate::evidence::event::Kind;

/// How far a deploy came.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stage {
    /// It began, or was asked for.
    Begun,
    /// The version is out.
    Done,
    /// It is not.
    Failed,
    /// Somebody, or something, stopped it.
    Cancelled,
}

impl Stage {
    /// How a run that came this far is told of, behind its name: `Job smoke failed`.
    pub(super) fn ended(self) -> &'static str {
        match self {
            Self::Begun => "started",
            Self::Done => "succeeded",
            Self::Failed => "failed",
            Self::Cancelled => "was cancelled",
        }
    }
}

/// A deploy, as a forge tells of it. Texts that it does not know are empty.
#[derive(Clone, Copy, Debug)]
pub(super) struct Deploy<'a> {
    pub(super) stage: Stage,
    /// The repository, without its owner.
    pub(super) service: &'a str,
    /// What went out. See [`version`].
    pub(super) version: &'a str,
    pub(super) environment: &'a str,
    /// The workflow or job that did it, where nothing better is known.
    pub(super) by: &'a str,
    pub(super) rollback: bool,
}

impl Deploy<'_> {
    /// What it is: a deploy, the taking back of one, or, away from production, only worth knowing.
    pub(super) fn kind(&self) -> Kind {
        match self.rollback {
            _ if is_rehearsal(self.environment) => Kind::Note,
            true => Kind::Rollback,
            false => Kind::Deploy,
        }
    }

    /// A sentence without its full stop: `Deployed shop v41 to production`. Its first word says how far the
    /// deploy came, as `phrases::outcome` reads it.
    pub(super) fn action(&self) -> String {
        let what = [self.service, self.version].into_iter().filter(|word| !word.is_empty());
        let mut what = what.collect::<Vec<_>>().join(" ");
        if what.is_empty() {
            "a version".clone_into(&mut what);
        }
        let service = if self.service.is_empty() { "the deploy" } else { self.service };
        let back = if self.version.is_empty() { String::new() } else { format!(" to {}", self.version) };
        let tail = |before: &str| match (self.environment, self.by) {
            ("", "") => String::new(),
            ("", by) => format!(" by the workflow {by}"),
            (environment, _) => format!(" {before} {environment}"),
        };
        match (self.stage, self.rollback) {
            (Stage::Begun, false) => format!("Started deploying {what}{}", tail("to")),
            (Stage::Done, false) => format!("Deployed {what}{}", tail("to")),
            (Stage::Failed, false) => format!("Failed to deploy {what}{}", tail("to")),
            (Stage::Cancelled, false) => format!("Cancelled the deploy of {what}{}", tail("to")),
            (Stage::Begun, true) => format!("Started rolling back {service}{back}{}", tail("in")),
            (Stage::Done, true) => format!("Rolled back {service}{back}{}", tail("in")),
            (Stage::Failed, true) => format!("Failed to roll back {service}{back}{}", tail("in")),
            (Stage::Cancelled, true) => format!("Cancelled the rollback of {service}{back}{}", tail("in")),
        }
    }
}

/// A release by its repository, its tag, and its title where that says more: `Released shop v41: Cached carts`.
pub(super) fn released(repository: &str, tag: &str, title: &str) -> String {
    let (service, title) = (short_name(repository), title.trim());
    let what = if service.is_empty() { tag.to_owned() } else { format!("{service} {tag}") };
    let called = if title.is_empty() || title.contains(tag) { String::new() } else { format!(": {title}") };
    format!("Released {what}{called}")
}

/// What went out, from a ref and a hash: `v41`, or `f95f852b (main)`.
pub(super) fn version(reference: &str, hash: &str) -> String {
    let reference = reference.trim_start_matches("refs/tags/").trim_start_matches("refs/heads/");
    let short = hash.get(..8).unwrap_or(hash);
    let is_version = reference.trim_start_matches('v').starts_with(|c: char| c.is_ascii_digit());
    match (reference, short) {
        (reference, short) if reference.is_empty() || reference == hash => short.to_owned(),
        (reference, "") => reference.to_owned(),
        (reference, _) if is_version => reference.to_owned(),
        (reference, short) => format!("{short} ({reference})"),
    }
}

/// Names of environments in which things are tried and no customer is.
const REHEARSALS: &[&str] = &[
    "preview",
    "review",
    "staging",
    "stage",
    "stg",
    "dev",
    "develop",
    "development",
    "test",
    "testing",
    "qa",
    "uat",
    "sandbox",
    "ephemeral",
    "pr",
    "mr",
];

/// Whether an environment's name says that it is not production. A name that says nothing is taken for it.
pub(super) fn is_rehearsal(environment: &str) -> bool {
    words(environment).any(|word| {
        let bare = word.trim_end_matches(|c: char| c.is_ascii_digit());
        REHEARSALS.iter().any(|name| bare.eq_ignore_ascii_case(name))
    })
}

static DEPLOYS: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(
        r"(?i)(?:^|[^a-z])(?:(?:re-?)?deploy(?:s|ed|ing|ment|ments)?|release[sd]?|roll-?outs?|promot(?:e|ion)|ship(?:s|ping)?|roll-?backs?)(?:$|[^a-z])",
    )
    .expect("a fixed pattern")
});

/// Whether the name of a workflow, a pipeline or a job says that it puts a version out.
pub(super) fn says_deploy(name: &str) -> bool {
    let lower = name.to_lowercase();
    let writes = ["drafter", "please", "notes", "draft"].iter().any(|word| lower.contains(word));
    DEPLOYS.is_match(name) && !is_rehearsal(name) && !writes
}

/// Whether a name or a note says that it takes a version back.
pub(super) fn says_rollback(text: &str) -> bool {
    let mut before = "";
    words(text).any(|word| {
        let said = word.eq_ignore_ascii_case("rollback")
            || (word.eq_ignore_ascii_case("back")
                && ["roll", "rolled", "rolling"].iter().any(|roll| before.eq_ignore_ascii_case(roll)));
        before = word;
        said
    })
}

/// Whether a request's title says that it takes another one back, and whether that one did so already, so
/// that the change is applied again.
pub(super) fn revert(title: &str) -> Option<bool> {
    let lower = title.trim().to_lowercase();
    let reverts = lower.matches("revert \"").count();
    let plain = lower.starts_with("revert ") || lower.starts_with("revert:") || lower.starts_with("revert(");
    plain.then_some(reverts > 0 && reverts.is_multiple_of(2))
}

/// Whether a branch is neither the main one nor one from which versions go out. Where the forge does not say
/// which branch is the main one, only names that people give it count.
pub(super) fn is_side_branch(branch: &str, main: &str) -> bool {
    let goes_out = words(branch).any(|word| {
        let lower = word.to_lowercase();
        ["release", "releases", "prod", "production", "stable", "live", "hotfix", "deploy"]
            .contains(&lower.as_str())
    });
    if branch.is_empty() || branch == main || goes_out {
        return false;
    }
    !main.is_empty() || !["main", "master", "trunk", "develop"].contains(&branch)
}

static REQUEST: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"^Merge pull request #(\d+)|\((?:#|!)(\d+)\)$").expect("a fixed pattern"));

/// The number of the request that a commit's subject says it merges.
pub(super) fn request_in(subject: &str) -> Option<&str> {
    let found = REQUEST.captures(subject.trim())?;
    found.get(1).or(found.get(2)).map(|number| number.as_str())
}

/// The name without its owner: `shop` of `acme/shop`.
pub(super) fn short_name(repository: &str) -> &str {
    repository.rsplit('/').next().unwrap_or(repository)
}

fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_deploy_reads_as_a_person_would_write_it() {
        let deploy = Deploy {
            stage: Stage::Done,
            service: "shop",
            version: "v41",
            environment: "production",
            by: "Deploy",
            rollback: false,
        };
        for (deploy, words) in [
            (deploy, "Deployed shop v41 to production"),
            (Deploy { rollback: true, ..deploy }, "Rolled back shop to v41 in production"),
            (Deploy { stage: Stage::Begun, ..deploy }, "Started deploying shop v41 to production"),
            (Deploy { stage: Stage::Failed, version: "", ..deploy }, "Failed to deploy shop to production"),
            (Deploy { environment: "", ..deploy }, "Deployed shop v41 by the workflow Deploy"),
            (Deploy { service: "", version: "", environment: "", by: "", ..deploy }, "Deployed a version"),
        ] {
            assert_eq!(deploy.action(), words);
        }
        assert_eq!(deploy.kind(), Kind::Deploy);
        assert_eq!(Deploy { rollback: true, ..deploy }.kind(), Kind::Rollback);
        assert_eq!(Deploy { environment: "review/fix-17", ..deploy }.kind(), Kind::Note);
    }

    #[test]
    fn names_say_what_they_are_about() {
        for name in
            ["Deploy to production", "release.yml", "rollout-eu", "prod_deploy", "Ship it", "Deployment"]
        {
            assert!(says_deploy(name), "{name}");
        }
        for name in [
            "CI",
            "lint",
            "Deploy preview",
            "unemployed",
            "deploy-staging",
            "relationship tests",
            "release-please",
        ] {
            assert!(!says_deploy(name), "{name}");
        }
        for text in ["rollback", "deploy:rollback", "Roll back to v40", "we rolled back"] {
            assert!(says_rollback(text), "{text}");
        }
        assert!(!says_rollback("roll out, then back up"));
        for environment in ["pr-123", "staging2", "review/x", "QA"] {
            assert!(is_rehearsal(environment), "{environment}");
        }
        for environment in ["production", "prod-eu", "", "live", "github-pages", "pretzel"] {
            assert!(!is_rehearsal(environment), "{environment}");
        }
        assert_eq!(revert("Revert \"Add cache\""), Some(false));
        assert_eq!(revert("Revert \"Revert \"Add cache\"\""), Some(true));
        assert_eq!(revert("Reverting is hard"), None);
        assert_eq!(version("refs/heads/main", "f95f852bd8fc"), "f95f852b (main)");
        assert_eq!(version("v41", "f95f852bd8fc"), "v41");
        assert_eq!(version("f95f852bd8fc", "f95f852bd8fc"), "f95f852b");
        assert_eq!(version("main", ""), "main");
        assert!(is_side_branch("feature/x", "main") && is_side_branch("main", "trunk"));
        assert!(!is_side_branch("release/41", "main") && !is_side_branch("develop", ""));
        assert_eq!(request_in("Add cache (#12)"), Some("12"));
        assert_eq!(request_in("Merge pull request #12 from acme/cache"), Some("12"));
    }
}
