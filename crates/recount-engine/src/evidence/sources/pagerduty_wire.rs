//! PagerDuty's records as they come: only what is read, and all of it may be missing.
//!
//! What does not live here: what they mean (`pagerduty`).

use serde::Deserialize;

use crate::evidence::instants::Scalar;

/// Something that PagerDuty refers to: a user, a service, an integration, an incident.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Reference<'a> {
    #[serde(borrow)]
    pub(super) id: Scalar<'a>,
    #[serde(borrow, rename = "type")]
    pub(super) kind: Scalar<'a>,
    #[serde(borrow)]
    pub(super) summary: Scalar<'a>,
    #[serde(borrow)]
    pub(super) name: Scalar<'a>,
    #[serde(borrow)]
    pub(super) email: Scalar<'a>,
    #[serde(borrow)]
    pub(super) html_url: Scalar<'a>,
    /// Its address in the API, which says what it is where `type` does not.
    #[serde(borrow, rename = "self")]
    pub(super) address: Scalar<'a>,
}

/// An incident, as REST, webhooks v3 and v2 write it, or a mere reference to one.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Incident<'a> {
    #[serde(borrow)]
    pub(super) id: Scalar<'a>,
    #[serde(borrow, rename = "type")]
    pub(super) kind: Scalar<'a>,
    #[serde(borrow)]
    pub(super) number: Scalar<'a>,
    #[serde(borrow, rename = "incident_number")]
    pub(super) api_number: Scalar<'a>,
    #[serde(borrow)]
    pub(super) title: Scalar<'a>,
    #[serde(borrow)]
    pub(super) summary: Scalar<'a>,
    #[serde(borrow)]
    pub(super) html_url: Scalar<'a>,
    #[serde(borrow)]
    pub(super) created_at: Scalar<'a>,
    #[serde(borrow)]
    pub(super) created_on: Scalar<'a>,
    #[serde(borrow)]
    pub(super) resolved_at: Scalar<'a>,
    #[serde(borrow)]
    pub(super) status: Scalar<'a>,
    #[serde(borrow)]
    pub(super) last_status_change_at: Scalar<'a>,
    #[serde(borrow)]
    pub(super) last_status_change_on: Scalar<'a>,
    #[serde(borrow)]
    pub(super) last_status_change_by: Option<Reference<'a>>,
    #[serde(borrow)]
    pub(super) service: Option<Reference<'a>>,
    #[serde(borrow)]
    pub(super) priority: Option<Reference<'a>>,
    #[serde(borrow)]
    pub(super) assignments: Option<Vec<Assignment<'a>>>,
    #[serde(borrow)]
    pub(super) assignees: Option<Vec<Reference<'a>>>,
    #[serde(borrow)]
    pub(super) acknowledgements: Option<Vec<Acknowledgement<'a>>>,
    #[serde(borrow)]
    pub(super) assigned_to_user: Option<Reference<'a>>,
    #[serde(borrow)]
    pub(super) trigger_summary_data: Option<Summary<'a>>,
}

/// What an incident is about, in webhooks v1.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Summary<'a> {
    #[serde(borrow)]
    pub(super) subject: Scalar<'a>,
    #[serde(borrow)]
    pub(super) description: Scalar<'a>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Assignment<'a> {
    #[serde(borrow)]
    pub(super) assignee: Option<Reference<'a>>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Acknowledgement<'a> {
    #[serde(borrow)]
    pub(super) at: Scalar<'a>,
    #[serde(borrow)]
    pub(super) acknowledger: Option<Reference<'a>>,
}

/// How something came in: what a note says, why somebody was asked, who else is meant.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Channel<'a> {
    #[serde(borrow, rename = "type")]
    pub(super) kind: Scalar<'a>,
    #[serde(borrow)]
    pub(super) summary: Scalar<'a>,
    #[serde(borrow)]
    pub(super) content: Scalar<'a>,
}

/// A log entry of an incident.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct LogEntry<'a> {
    #[serde(borrow)]
    pub(super) id: Scalar<'a>,
    #[serde(borrow, rename = "type")]
    pub(super) kind: Scalar<'a>,
    #[serde(borrow)]
    pub(super) summary: Scalar<'a>,
    #[serde(borrow)]
    pub(super) created_at: Scalar<'a>,
    #[serde(borrow)]
    pub(super) agent: Option<Reference<'a>>,
    #[serde(borrow)]
    pub(super) channel: Option<Channel<'a>>,
    #[serde(borrow)]
    pub(super) incident: Option<Incident<'a>>,
    #[serde(borrow)]
    pub(super) service: Option<Reference<'a>>,
    #[serde(borrow)]
    pub(super) assignees: Option<Vec<Reference<'a>>>,
    #[serde(borrow)]
    pub(super) user: Option<Reference<'a>>,
    #[serde(borrow)]
    pub(super) message: Scalar<'a>,
}

/// A note on an incident.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Note<'a> {
    #[serde(borrow)]
    pub(super) user: Option<Reference<'a>>,
    #[serde(borrow)]
    pub(super) content: Scalar<'a>,
    #[serde(borrow)]
    pub(super) created_at: Scalar<'a>,
}

/// What is inside a webhook v3.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Hook<'a> {
    #[serde(borrow)]
    pub(super) id: Scalar<'a>,
    #[serde(borrow)]
    pub(super) event_type: Scalar<'a>,
    #[serde(borrow)]
    pub(super) resource_type: Scalar<'a>,
    #[serde(borrow)]
    pub(super) occurred_at: Scalar<'a>,
    #[serde(borrow)]
    pub(super) agent: Option<Reference<'a>>,
    #[serde(borrow)]
    pub(super) client: Option<Reference<'a>>,
    #[serde(borrow)]
    pub(super) data: Option<&'a serde_json::value::RawValue>,
}

/// What a webhook v3 is about where that is not the incident itself.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct About<'a> {
    #[serde(borrow)]
    pub(super) incident: Option<Incident<'a>>,
    #[serde(borrow)]
    pub(super) content: Scalar<'a>,
    #[serde(borrow)]
    pub(super) message: Scalar<'a>,
    #[serde(borrow)]
    pub(super) state: Scalar<'a>,
    #[serde(borrow)]
    pub(super) user: Option<Reference<'a>>,
    #[serde(borrow)]
    pub(super) escalation_policy: Option<Reference<'a>>,
}

/// A webhook v2 or v1: what happened, the incident, and its newest log entries.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct OldHook<'a> {
    #[serde(borrow)]
    pub(super) event: Scalar<'a>,
    #[serde(borrow, rename = "type")]
    pub(super) kind: Scalar<'a>,
    #[serde(borrow)]
    pub(super) data: Option<OldData<'a>>,
    #[serde(borrow)]
    pub(super) created_on: Scalar<'a>,
    #[serde(borrow)]
    pub(super) incident: Option<Incident<'a>>,
    #[serde(borrow)]
    pub(super) log_entries: Option<Vec<LogEntry<'a>>>,
}

/// The incident inside a webhook v1.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct OldData<'a> {
    #[serde(borrow)]
    pub(super) incident: Option<Incident<'a>>,
}
