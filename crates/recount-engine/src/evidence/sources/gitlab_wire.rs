//! The JSON of GitLab: lenient (everything may be missing or null, what is unknown is passed over), in the
//! names of its API and of its webhooks.
//!
//! What does not live here: what any of it means (`gitlab`).

#![allow(clippy::struct_field_names, reason = "the names are GitLab's")]

use serde::Deserialize;
use serde_json::value::RawValue;

use crate::evidence::instants::Scalar;

/// The keys of an object that say what it is, and what stands around it.
#[derive(Deserialize)]
pub(super) struct Shape<'a> {
    // A webhook's payload.
    #[serde(borrow, default)]
    pub(super) object_kind: Scalar<'a>,
    #[serde(borrow, default)]
    pub(super) event_name: Scalar<'a>,
    #[serde(borrow, default)]
    pub(super) object_attributes: Option<&'a RawValue>,
    #[serde(borrow, default)]
    pub(super) project: Option<&'a RawValue>,
    #[serde(borrow, default)]
    pub(super) user: Option<&'a RawValue>,
    #[serde(borrow, default)]
    pub(super) builds: Option<&'a RawValue>,
    // What wraps a payload.
    #[serde(borrow, default)]
    pub(super) payload: Option<&'a RawValue>,
    #[serde(borrow, default)]
    pub(super) body: Option<&'a RawValue>,
    #[serde(borrow, default)]
    pub(super) request_data: Option<&'a RawValue>,
    // An object of the API.
    #[serde(borrow, default)]
    pub(super) iid: Scalar<'a>,
    #[serde(borrow, default)]
    pub(super) title: Scalar<'a>,
    #[serde(borrow, default)]
    pub(super) target_branch: Scalar<'a>,
    #[serde(borrow, default)]
    pub(super) environment: Option<&'a RawValue>,
    #[serde(borrow, default)]
    pub(super) pipeline: Option<&'a RawValue>,
    #[serde(borrow, default)]
    pub(super) stage: Scalar<'a>,
    #[serde(borrow, default)]
    pub(super) sha: Scalar<'a>,
    #[serde(borrow, default)]
    pub(super) tag_name: Scalar<'a>,
}

#[derive(Default, Deserialize)]
pub(super) struct User<'a> {
    #[serde(borrow, default)]
    pub(super) name: Scalar<'a>,
    #[serde(borrow, default)]
    pub(super) username: Scalar<'a>,
    #[serde(borrow, default)]
    pub(super) email: Scalar<'a>,
}

#[derive(Default, Deserialize)]
pub(super) struct Project<'a> {
    #[serde(borrow, default)]
    pub(super) path_with_namespace: Scalar<'a>,
    #[serde(borrow, default)]
    pub(super) web_url: Scalar<'a>,
    #[serde(borrow, default)]
    pub(super) default_branch: Scalar<'a>,
}

/// A merge request or an issue, of the API or of a webhook's `object_attributes`.
#[derive(Deserialize)]
pub(super) struct Request<'a> {
    #[serde(borrow, default)]
    pub(super) iid: Scalar<'a>,
    #[serde(borrow, default)]
    pub(super) title: Scalar<'a>,
    #[serde(borrow, default)]
    pub(super) web_url: Scalar<'a>,
    #[serde(borrow, default)]
    pub(super) url: Scalar<'a>,
    #[serde(borrow, default)]
    pub(super) action: Scalar<'a>,
    #[serde(borrow, default)]
    pub(super) state: Scalar<'a>,
    #[serde(borrow, default)]
    pub(super) target_branch: Scalar<'a>,
    #[serde(borrow, default)]
    pub(super) author: Option<User<'a>>,
    #[serde(borrow, default)]
    pub(super) created_at: Scalar<'a>,
    #[serde(borrow, default)]
    pub(super) updated_at: Scalar<'a>,
    #[serde(borrow, default)]
    pub(super) closed_at: Scalar<'a>,
    #[serde(borrow, default)]
    pub(super) closed_by: Option<User<'a>>,
    #[serde(borrow, default)]
    pub(super) merged_at: Scalar<'a>,
    #[serde(borrow, default)]
    pub(super) merge_user: Option<User<'a>>,
    /// What `merge_user` was called before GitLab 14.
    #[serde(borrow, default)]
    pub(super) merged_by: Option<User<'a>>,
    #[serde(borrow, default)]
    pub(super) merge_commit_sha: Scalar<'a>,
    #[serde(borrow, default)]
    pub(super) squash_commit_sha: Scalar<'a>,
    #[serde(borrow, default)]
    pub(super) sha: Scalar<'a>,
}

/// A deployment of the API.
#[derive(Deserialize)]
pub(super) struct Deployment<'a> {
    #[serde(borrow, default)]
    pub(super) id: Scalar<'a>,
    #[serde(rename = "ref", borrow, default)]
    pub(super) reference: Scalar<'a>,
    #[serde(borrow, default)]
    pub(super) sha: Scalar<'a>,
    #[serde(borrow, default)]
    pub(super) status: Scalar<'a>,
    #[serde(borrow, default)]
    pub(super) created_at: Scalar<'a>,
    #[serde(borrow, default)]
    pub(super) updated_at: Scalar<'a>,
    #[serde(borrow, default)]
    pub(super) user: Option<User<'a>>,
    #[serde(borrow, default)]
    pub(super) environment: Option<Environment<'a>>,
    #[serde(borrow, default)]
    pub(super) deployable: Option<Job<'a>>,
}

/// A deployment as its webhook tells of it.
#[derive(Deserialize)]
pub(super) struct DeploymentHook<'a> {
    #[serde(borrow, default)]
    pub(super) deployment_id: Scalar<'a>,
    #[serde(borrow, default)]
    pub(super) deployable_id: Scalar<'a>,
    #[serde(borrow, default)]
    pub(super) deployable_url: Scalar<'a>,
    #[serde(borrow, default)]
    pub(super) status: Scalar<'a>,
    #[serde(borrow, default)]
    pub(super) status_changed_at: Scalar<'a>,
    #[serde(borrow, default)]
    pub(super) environment: Scalar<'a>,
    #[serde(borrow, default)]
    pub(super) environment_tier: Scalar<'a>,
    #[serde(rename = "ref", borrow, default)]
    pub(super) reference: Scalar<'a>,
    #[serde(borrow, default)]
    pub(super) short_sha: Scalar<'a>,
}

#[derive(Default, Deserialize)]
pub(super) struct Environment<'a> {
    #[serde(borrow, default)]
    pub(super) name: Scalar<'a>,
    #[serde(borrow, default, alias = "deployment_tier")]
    pub(super) tier: Scalar<'a>,
    /// What a job does with it: `start`, `stop`, `prepare`, `verify`, `access`.
    #[serde(borrow, default)]
    pub(super) action: Scalar<'a>,
}

/// A job of the API, of a deployment, and among a pipeline's `builds`.
#[derive(Deserialize)]
pub(super) struct Job<'a> {
    #[serde(borrow, default)]
    pub(super) id: Scalar<'a>,
    #[serde(borrow, default)]
    pub(super) name: Scalar<'a>,
    #[serde(borrow, default)]
    pub(super) status: Scalar<'a>,
    #[serde(borrow, default)]
    pub(super) started_at: Scalar<'a>,
    #[serde(borrow, default)]
    pub(super) finished_at: Scalar<'a>,
    #[serde(borrow, default)]
    pub(super) web_url: Scalar<'a>,
    #[serde(rename = "ref", borrow, default)]
    pub(super) reference: Scalar<'a>,
    #[serde(borrow, default)]
    pub(super) user: Option<User<'a>>,
    #[serde(borrow, default)]
    pub(super) pipeline: Option<Pipeline<'a>>,
    #[serde(borrow, default)]
    pub(super) commit: Option<Commit<'a>>,
    #[serde(borrow, default)]
    pub(super) environment: Option<Environment<'a>>,
}

/// A job as its webhook tells of it.
#[derive(Deserialize)]
pub(super) struct JobHook<'a> {
    #[serde(borrow, default)]
    pub(super) build_id: Scalar<'a>,
    #[serde(borrow, default)]
    pub(super) build_name: Scalar<'a>,
    #[serde(borrow, default)]
    pub(super) build_status: Scalar<'a>,
    #[serde(borrow, default)]
    pub(super) build_started_at: Scalar<'a>,
    #[serde(borrow, default)]
    pub(super) build_finished_at: Scalar<'a>,
    #[serde(rename = "ref", borrow, default)]
    pub(super) reference: Scalar<'a>,
    #[serde(borrow, default)]
    pub(super) sha: Scalar<'a>,
    #[serde(borrow, default)]
    pub(super) pipeline_id: Scalar<'a>,
    #[serde(borrow, default)]
    pub(super) environment: Option<Environment<'a>>,
}

/// A pipeline, of the API or of a webhook's `object_attributes`.
#[derive(Deserialize)]
pub(super) struct Pipeline<'a> {
    #[serde(borrow, default)]
    pub(super) id: Scalar<'a>,
    #[serde(borrow, default)]
    pub(super) name: Scalar<'a>,
    #[serde(borrow, default)]
    pub(super) status: Scalar<'a>,
    #[serde(borrow, default)]
    pub(super) source: Scalar<'a>,
    #[serde(rename = "ref", borrow, default)]
    pub(super) reference: Scalar<'a>,
    #[serde(borrow, default)]
    pub(super) sha: Scalar<'a>,
    #[serde(borrow, default)]
    pub(super) started_at: Scalar<'a>,
    #[serde(borrow, default)]
    pub(super) updated_at: Scalar<'a>,
    #[serde(borrow, default)]
    pub(super) finished_at: Scalar<'a>,
    #[serde(borrow, default)]
    pub(super) web_url: Scalar<'a>,
    #[serde(borrow, default)]
    pub(super) url: Scalar<'a>,
    #[serde(borrow, default)]
    pub(super) user: Option<User<'a>>,
}

/// A release: of the API with `tag_name`, of a webhook with `tag`.
#[derive(Deserialize)]
pub(super) struct Release<'a> {
    #[serde(borrow, default, alias = "tag_name")]
    pub(super) tag: Scalar<'a>,
    #[serde(borrow, default)]
    pub(super) name: Scalar<'a>,
    #[serde(borrow, default)]
    pub(super) action: Scalar<'a>,
    #[serde(borrow, default)]
    pub(super) author: Option<User<'a>>,
    #[serde(borrow, default)]
    pub(super) released_at: Scalar<'a>,
    #[serde(default)]
    pub(super) upcoming_release: Option<bool>,
    #[serde(borrow, default)]
    pub(super) url: Scalar<'a>,
    #[serde(borrow, default, rename = "_links")]
    pub(super) links: Option<Links<'a>>,
}

#[derive(Deserialize)]
pub(super) struct Links<'a> {
    #[serde(rename = "self", borrow, default)]
    pub(super) page: Scalar<'a>,
}

#[derive(Deserialize)]
pub(super) struct Push<'a> {
    #[serde(rename = "ref", borrow, default)]
    pub(super) reference: Scalar<'a>,
    #[serde(borrow, default)]
    pub(super) before: Scalar<'a>,
    #[serde(borrow, default)]
    pub(super) after: Scalar<'a>,
    #[serde(borrow, default)]
    pub(super) user_name: Scalar<'a>,
    #[serde(borrow, default)]
    pub(super) user_username: Scalar<'a>,
    #[serde(borrow, default)]
    pub(super) user_email: Scalar<'a>,
    #[serde(borrow, default)]
    pub(super) total_commits_count: Scalar<'a>,
    #[serde(borrow, default)]
    pub(super) commits: Option<Vec<Commit<'a>>>,
}

#[derive(Deserialize)]
pub(super) struct Commit<'a> {
    #[serde(borrow, default)]
    pub(super) id: Scalar<'a>,
    #[serde(borrow, default)]
    pub(super) message: Scalar<'a>,
    #[serde(borrow, default)]
    pub(super) timestamp: Scalar<'a>,
}
