//! The JSON of GitHub: lenient (everything may be missing or null, what is unknown is passed over), in the
//! names of its API and of its command line alike.
//!
//! What does not live here: what any of it means (`github`).

#![allow(clippy::struct_field_names, reason = "the names are GitHub's")]

use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::value::RawValue;

use crate::evidence::instants::Scalar;

/// The keys of an object that say what it is: an object of the API, a webhook's payload, or a wrapping.
#[derive(Deserialize)]
pub(super) struct Shape<'a> {
    // A webhook's payload.
    #[serde(borrow, default)]
    pub(super) action: Scalar<'a>,
    #[serde(borrow, default)]
    pub(super) pull_request: Option<&'a RawValue>,
    #[serde(borrow, default)]
    pub(super) deployment: Option<&'a RawValue>,
    #[serde(borrow, default)]
    pub(super) deployment_status: Option<&'a RawValue>,
    #[serde(borrow, default)]
    pub(super) workflow_run: Option<&'a RawValue>,
    #[serde(borrow, default)]
    pub(super) workflow_job: Option<&'a RawValue>,
    #[serde(borrow, default)]
    pub(super) release: Option<&'a RawValue>,
    #[serde(borrow, default)]
    pub(super) issue: Option<&'a RawValue>,
    #[serde(borrow, default)]
    pub(super) sender: Option<&'a RawValue>,
    #[serde(borrow, default)]
    pub(super) repository: Option<&'a RawValue>,
    #[serde(default)]
    pub(super) comment: Option<IgnoredAny>,
    #[serde(default)]
    pub(super) review: Option<IgnoredAny>,
    #[serde(default)]
    pub(super) thread: Option<IgnoredAny>,
    /// The answer of GraphQL.
    #[serde(borrow, default)]
    pub(super) data: Option<&'a RawValue>,
    // What wraps a payload: recorders, the delivery log, the events of the API.
    #[serde(borrow, default)]
    pub(super) payload: Option<&'a RawValue>,
    #[serde(borrow, default)]
    pub(super) body: Option<&'a RawValue>,
    #[serde(borrow, default)]
    pub(super) request: Option<&'a RawValue>,
    #[serde(borrow, default)]
    pub(super) repo: Option<&'a RawValue>,
    #[serde(borrow, default)]
    pub(super) actor: Option<&'a RawValue>,
    #[serde(borrow, default)]
    pub(super) created_at: Scalar<'a>,
    // An object of the API, or of `gh … --json`.
    #[serde(borrow, default)]
    pub(super) title: Scalar<'a>,
    #[serde(borrow, default)]
    pub(super) number: Scalar<'a>,
    #[serde(borrow, default)]
    pub(super) url: Scalar<'a>,
    #[serde(borrow, default)]
    pub(super) html_url: Scalar<'a>,
    #[serde(borrow, default)]
    pub(super) diff_url: Scalar<'a>,
    #[serde(borrow, default, rename = "mergedAt")]
    pub(super) merged_at: Option<&'a RawValue>,
    #[serde(borrow, default, rename = "headRefName")]
    pub(super) head_ref_name: Option<&'a RawValue>,
    #[serde(borrow, default)]
    pub(super) task: Scalar<'a>,
    #[serde(borrow, default)]
    pub(super) statuses_url: Scalar<'a>,
    #[serde(borrow, default)]
    pub(super) deployment_url: Scalar<'a>,
    #[serde(borrow, default, alias = "workflowName")]
    pub(super) run_number: Scalar<'a>,
    #[serde(borrow, default)]
    pub(super) run_id: Scalar<'a>,
    #[serde(borrow, default, alias = "tagName")]
    pub(super) tag_name: Scalar<'a>,
    #[serde(rename = "ref", borrow, default)]
    pub(super) reference: Scalar<'a>,
    #[serde(borrow, default, alias = "head")]
    pub(super) after: Option<&'a RawValue>,
}

#[derive(Default, Deserialize)]
pub(super) struct User<'a> {
    #[serde(borrow, default)]
    pub(super) login: Scalar<'a>,
    #[serde(borrow, default)]
    pub(super) name: Scalar<'a>,
    #[serde(borrow, default)]
    pub(super) email: Scalar<'a>,
}

#[derive(Default, Deserialize)]
pub(super) struct Repository<'a> {
    #[serde(borrow, default, alias = "nameWithOwner")]
    pub(super) full_name: Scalar<'a>,
    /// `shop`, or in the events of the API `acme/shop`.
    #[serde(borrow, default)]
    pub(super) name: Scalar<'a>,
    #[serde(borrow, default)]
    pub(super) html_url: Scalar<'a>,
    #[serde(borrow, default)]
    pub(super) url: Scalar<'a>,
    #[serde(borrow, default)]
    pub(super) default_branch: Scalar<'a>,
    #[serde(borrow, default)]
    pub(super) pushed_at: Scalar<'a>,
}

/// A pull request, and an issue: the API gives requests as issues too.
#[derive(Deserialize)]
pub(super) struct Request<'a> {
    #[serde(borrow, default)]
    pub(super) number: Scalar<'a>,
    #[serde(borrow, default)]
    pub(super) title: Scalar<'a>,
    #[serde(borrow, default)]
    pub(super) html_url: Scalar<'a>,
    #[serde(borrow, default)]
    pub(super) url: Scalar<'a>,
    #[serde(borrow, default, alias = "author")]
    pub(super) user: Option<User<'a>>,
    #[serde(borrow, default, alias = "createdAt")]
    pub(super) created_at: Scalar<'a>,
    #[serde(borrow, default, alias = "updatedAt")]
    pub(super) updated_at: Scalar<'a>,
    #[serde(borrow, default, alias = "closedAt")]
    pub(super) closed_at: Scalar<'a>,
    #[serde(borrow, default)]
    pub(super) closed_by: Option<User<'a>>,
    #[serde(borrow, default, alias = "stateReason")]
    pub(super) state_reason: Scalar<'a>,
    #[serde(borrow, default, alias = "mergedAt")]
    pub(super) merged_at: Scalar<'a>,
    #[serde(borrow, default, alias = "mergedBy")]
    pub(super) merged_by: Option<User<'a>>,
    #[serde(borrow, default)]
    pub(super) merge_commit_sha: Scalar<'a>,
    #[serde(borrow, default, rename = "mergeCommit")]
    pub(super) merge_commit: Option<Commit<'a>>,
    #[serde(borrow, default)]
    pub(super) base: Option<Branch<'a>>,
    #[serde(borrow, default, rename = "baseRefName")]
    pub(super) base_ref_name: Scalar<'a>,
    /// Of an issue that is a pull request.
    #[serde(borrow, default)]
    pub(super) pull_request: Option<RequestOfIssue<'a>>,
}

#[derive(Deserialize)]
pub(super) struct RequestOfIssue<'a> {
    #[serde(borrow, default)]
    pub(super) merged_at: Scalar<'a>,
    #[serde(borrow, default)]
    pub(super) html_url: Scalar<'a>,
}

#[derive(Deserialize)]
pub(super) struct Branch<'a> {
    #[serde(rename = "ref", borrow, default)]
    pub(super) name: Scalar<'a>,
    #[serde(borrow, default)]
    pub(super) repo: Option<Repository<'a>>,
}

#[derive(Deserialize)]
pub(super) struct Deployment<'a> {
    #[serde(borrow, default)]
    pub(super) id: Scalar<'a>,
    #[serde(borrow, default)]
    pub(super) url: Scalar<'a>,
    #[serde(rename = "ref", borrow, default)]
    pub(super) reference: Scalar<'a>,
    #[serde(borrow, default)]
    pub(super) sha: Scalar<'a>,
    #[serde(borrow, default)]
    pub(super) task: Scalar<'a>,
    #[serde(borrow, default)]
    pub(super) environment: Scalar<'a>,
    #[serde(borrow, default)]
    pub(super) description: Scalar<'a>,
    #[serde(borrow, default)]
    pub(super) creator: Option<User<'a>>,
    #[serde(borrow, default)]
    pub(super) created_at: Scalar<'a>,
    #[serde(default)]
    pub(super) transient_environment: Option<bool>,
    #[serde(default)]
    pub(super) production_environment: Option<bool>,
}

#[derive(Deserialize)]
pub(super) struct Status<'a> {
    #[serde(borrow, default)]
    pub(super) id: Scalar<'a>,
    #[serde(borrow, default)]
    pub(super) state: Scalar<'a>,
    #[serde(borrow, default)]
    pub(super) environment: Scalar<'a>,
    #[serde(borrow, default)]
    pub(super) description: Scalar<'a>,
    #[serde(borrow, default)]
    pub(super) creator: Option<User<'a>>,
    #[serde(borrow, default)]
    pub(super) created_at: Scalar<'a>,
    #[serde(borrow, default)]
    pub(super) log_url: Scalar<'a>,
    #[serde(borrow, default)]
    pub(super) target_url: Scalar<'a>,
    #[serde(borrow, default)]
    pub(super) deployment_url: Scalar<'a>,
}

#[derive(Deserialize)]
pub(super) struct Run<'a> {
    #[serde(borrow, default, alias = "databaseId")]
    pub(super) id: Scalar<'a>,
    #[serde(borrow, default)]
    pub(super) name: Scalar<'a>,
    #[serde(borrow, default, rename = "workflowName")]
    pub(super) workflow_name: Scalar<'a>,
    #[serde(borrow, default)]
    pub(super) path: Scalar<'a>,
    #[serde(borrow, default, alias = "displayTitle")]
    pub(super) display_title: Scalar<'a>,
    #[serde(borrow, default)]
    pub(super) event: Scalar<'a>,
    #[serde(borrow, default)]
    pub(super) conclusion: Scalar<'a>,
    #[serde(borrow, default)]
    pub(super) status: Scalar<'a>,
    #[serde(borrow, default, alias = "number")]
    pub(super) run_number: Scalar<'a>,
    #[serde(borrow, default, alias = "attempt")]
    pub(super) run_attempt: Scalar<'a>,
    #[serde(borrow, default, alias = "headSha")]
    pub(super) head_sha: Scalar<'a>,
    #[serde(borrow, default, alias = "headBranch")]
    pub(super) head_branch: Scalar<'a>,
    #[serde(borrow, default, alias = "createdAt")]
    pub(super) created_at: Scalar<'a>,
    #[serde(borrow, default, alias = "startedAt")]
    pub(super) run_started_at: Scalar<'a>,
    #[serde(borrow, default, alias = "updatedAt")]
    pub(super) updated_at: Scalar<'a>,
    #[serde(borrow, default)]
    pub(super) html_url: Scalar<'a>,
    #[serde(borrow, default)]
    pub(super) url: Scalar<'a>,
    #[serde(borrow, default)]
    pub(super) actor: Option<User<'a>>,
    #[serde(borrow, default)]
    pub(super) triggering_actor: Option<User<'a>>,
}

#[derive(Deserialize)]
pub(super) struct Job<'a> {
    #[serde(borrow, default)]
    pub(super) id: Scalar<'a>,
    #[serde(borrow, default)]
    pub(super) run_id: Scalar<'a>,
    #[serde(borrow, default)]
    pub(super) name: Scalar<'a>,
    #[serde(borrow, default)]
    pub(super) workflow_name: Scalar<'a>,
    #[serde(borrow, default)]
    pub(super) conclusion: Scalar<'a>,
    #[serde(borrow, default)]
    pub(super) head_sha: Scalar<'a>,
    #[serde(borrow, default)]
    pub(super) head_branch: Scalar<'a>,
    #[serde(borrow, default)]
    pub(super) completed_at: Scalar<'a>,
    #[serde(borrow, default)]
    pub(super) html_url: Scalar<'a>,
}

#[derive(Deserialize)]
pub(super) struct Release<'a> {
    #[serde(borrow, default, alias = "tagName")]
    pub(super) tag_name: Scalar<'a>,
    #[serde(borrow, default)]
    pub(super) name: Scalar<'a>,
    #[serde(borrow, default)]
    pub(super) author: Option<User<'a>>,
    #[serde(default, alias = "isDraft")]
    pub(super) draft: Option<bool>,
    #[serde(default, alias = "isPrerelease")]
    pub(super) prerelease: Option<bool>,
    #[serde(borrow, default, alias = "publishedAt")]
    pub(super) published_at: Scalar<'a>,
    #[serde(borrow, default)]
    pub(super) html_url: Scalar<'a>,
    #[serde(borrow, default)]
    pub(super) url: Scalar<'a>,
}

#[derive(Deserialize)]
pub(super) struct Push<'a> {
    #[serde(rename = "ref", borrow, default)]
    pub(super) reference: Scalar<'a>,
    #[serde(borrow, default)]
    pub(super) before: Scalar<'a>,
    /// In the events of the API it is called `head`.
    #[serde(borrow, default, alias = "head")]
    pub(super) after: Scalar<'a>,
    #[serde(default)]
    pub(super) forced: Option<bool>,
    #[serde(borrow, default)]
    pub(super) compare: Scalar<'a>,
    #[serde(borrow, default)]
    pub(super) head_commit: Option<Commit<'a>>,
    #[serde(borrow, default)]
    pub(super) commits: Option<Vec<Commit<'a>>>,
    #[serde(borrow, default)]
    pub(super) pusher: Option<User<'a>>,
}

#[derive(Deserialize)]
pub(super) struct Commit<'a> {
    #[serde(borrow, default, alias = "oid", alias = "sha")]
    pub(super) id: Scalar<'a>,
    #[serde(borrow, default)]
    pub(super) message: Scalar<'a>,
    #[serde(borrow, default)]
    pub(super) timestamp: Scalar<'a>,
}

/// The request of a delivery that GitHub's log of webhooks keeps.
#[derive(Deserialize)]
pub(super) struct Delivery<'a> {
    #[serde(borrow, default)]
    pub(super) payload: Option<&'a RawValue>,
}
