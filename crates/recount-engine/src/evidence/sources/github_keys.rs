//! By which keys GitHub is known.
//!
//! What does not live here: what the objects mean (`github`).

use super::github_wrapped;
use crate::evidence::source::{Confidence, Part};

/// Where an object can stand: bare, in an envelope's list, in a wrapping.
const PREFIXES: &[&str] = &[
    "",
    "items.",
    "workflow_runs.",
    "jobs.",
    "payload.",
    "body.",
    "request.payload.",
    // Answers of GraphQL.
    "data.repository.pullRequest.",
    "data.repository.pullRequests.nodes.",
    "data.repository.pullRequests.edges.node.",
    "data.repository.releases.nodes.",
    "data.search.nodes.",
    "data.search.edges.node.",
];

/// Keys that only GitHub has together, and the forges that copy its payloads.
const KEYS: &[&[&str]] = &[
    &["number", "diff_url"],
    &["number", "pull_request.diff_url"],
    &["pull_request.diff_url"],
    &["number", "headRefName"],
    &["number", "mergedAt"],
    &["task", "statuses_url"],
    &["deployment.task"],
    &["deployment_url", "state"],
    &["deployment_status.state"],
    &["workflow_run.head_sha"],
    &["workflow_job.run_id"],
    &["run_number", "head_sha"],
    &["run_id", "head_sha"],
    &["databaseId", "headSha"],
    &["databaseId", "workflowName"],
    &["tag_name", "tarball_url"],
    &["tag_name", "upload_url"],
    &["tagName", "publishedAt"],
    &["release.tag_name", "release.html_url"],
    &["number", "repository_url"],
    &["issue.repository_url"],
    &["ref", "before", "after", "pusher"],
    &["ref", "before", "after", "head_commit"],
    &["repository.full_name", "sender.login"],
    &["organization.login", "sender.login"],
    &["installation.account", "sender.login"],
];

/// How sure it is that a part is of GitHub.
pub(super) fn recognise(part: &Part<'_>) -> Confidence {
    if let Some(payload) = github_wrapped::of_form(part.text().as_bytes()).into_iter().next() {
        return recognise(&Part::new(part.name, payload.as_bytes()));
    }
    let peek = part.peek();
    let has = |keys: &&[&str]| {
        PREFIXES.iter().any(|prefix| keys.iter().all(|key| peek.has(&format!("{prefix}{key}"))))
    };
    let header = ["", "headers.", "request.headers."].iter().any(|prefix| {
        ["X-GitHub-Event", "x-github-event", "X-Github-Event"]
            .iter()
            .any(|name| peek.has(&format!("{prefix}{name}")))
    });
    let of_gh = || {
        let page = |url: &str| url.contains("/pull/") || url.contains("/issues/");
        peek.has_all(&["number", "title"])
            && (peek.values("url").any(page) || peek.values("html_url").any(page))
    };
    let of_events = || {
        peek.has_all(&["repo.name", "actor.login", "payload"])
            && peek.values("type").any(|name| name.ends_with("Event"))
    };
    // GitLab and Bitbucket name theirs so.
    let other = peek.has("object_kind") || peek.has("iid") || peek.has("pullrequest");
    if !other && (header || KEYS.iter().any(has) || of_gh() || of_events()) {
        Confidence::Sure
    } else {
        Confidence::No
    }
}
