//! The JSON of Grafana: lenient (everything may be missing or null, what is unknown is passed over).
//!
//! What does not live here: what any of it means (`grafana`).

#![allow(clippy::struct_field_names, reason = "the names are Grafana's")]

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::value::RawValue;

use crate::evidence::instants::Scalar;

/// Labels and annotations of an alert.
pub(super) type Texts<'a> = BTreeMap<String, Scalar<'a>>;

/// The keys of an object that say what it is, and what wraps one.
#[derive(Deserialize)]
pub(super) struct Shape<'a> {
    #[serde(borrow, default)]
    pub(super) payload: Option<&'a RawValue>,
    #[serde(borrow, default)]
    pub(super) body: Option<&'a RawValue>,
    /// What a live answer is wrapped in, so that its annotations know their server.
    #[serde(borrow, default)]
    pub(super) annotation: Option<&'a RawValue>,
    #[serde(borrow, default)]
    pub(super) grafana_url: Scalar<'a>,
    // When a recorder received it, by its habits.
    #[serde(borrow, default)]
    pub(super) received_at: Scalar<'a>,
    #[serde(borrow, default, rename = "receivedAt")]
    pub(super) received_at_too: Scalar<'a>,
    #[serde(borrow, default)]
    pub(super) timestamp: Scalar<'a>,
    #[serde(borrow, default)]
    pub(super) time: Scalar<'a>,
    // An alert, a frame, an alert of the older kind, an annotation.
    #[serde(borrow, default, rename = "startsAt")]
    pub(super) starts_at: Scalar<'a>,
    #[serde(borrow, default)]
    pub(super) schema: Option<&'a RawValue>,
    #[serde(borrow, default, rename = "ruleName")]
    pub(super) rule_name: Scalar<'a>,
    #[serde(borrow, default)]
    pub(super) text: Scalar<'a>,
    #[serde(borrow, default, rename = "newState")]
    pub(super) new_state: Scalar<'a>,
}

/// One alert of a webhook.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Wire<'a> {
    #[serde(borrow, default)]
    pub(super) status: Scalar<'a>,
    #[serde(borrow, default)]
    pub(super) labels: Option<Texts<'a>>,
    #[serde(borrow, default)]
    pub(super) annotations: Option<Texts<'a>>,
    #[serde(borrow, default)]
    pub(super) starts_at: Scalar<'a>,
    #[serde(borrow, default)]
    pub(super) ends_at: Scalar<'a>,
    #[serde(borrow, default)]
    pub(super) fingerprint: Scalar<'a>,
    #[serde(borrow, default, rename = "generatorURL")]
    pub(super) generator_url: Scalar<'a>,
    #[serde(borrow, default, rename = "dashboardURL")]
    pub(super) dashboard_url: Scalar<'a>,
    #[serde(borrow, default, rename = "panelURL")]
    pub(super) panel_url: Scalar<'a>,
}

/// What alerts of dashboards sent before Grafana 9.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Rule<'a> {
    #[serde(borrow, default)]
    pub(super) rule_id: Scalar<'a>,
    #[serde(borrow, default)]
    pub(super) rule_name: Scalar<'a>,
    #[serde(borrow, default)]
    pub(super) rule_url: Scalar<'a>,
    #[serde(borrow, default)]
    pub(super) state: Scalar<'a>,
    #[serde(borrow, default)]
    pub(super) message: Scalar<'a>,
    #[serde(borrow, default)]
    pub(super) tags: Option<Texts<'a>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Annotation<'a> {
    #[serde(borrow, default)]
    pub(super) id: Scalar<'a>,
    #[serde(borrow, default)]
    pub(super) alert_name: Scalar<'a>,
    #[serde(borrow, default, rename = "dashboardUID")]
    pub(super) dashboard: Scalar<'a>,
    #[serde(borrow, default)]
    pub(super) panel_id: Scalar<'a>,
    #[serde(borrow, default)]
    pub(super) new_state: Scalar<'a>,
    #[serde(borrow, default)]
    pub(super) prev_state: Scalar<'a>,
    #[serde(borrow, default)]
    pub(super) created: Scalar<'a>,
    #[serde(borrow, default)]
    pub(super) updated: Scalar<'a>,
    #[serde(borrow, default)]
    pub(super) time: Scalar<'a>,
    #[serde(borrow, default)]
    pub(super) time_end: Scalar<'a>,
    #[serde(borrow, default)]
    pub(super) text: Scalar<'a>,
    #[serde(borrow, default)]
    pub(super) tags: Option<Vec<Scalar<'a>>>,
    #[serde(borrow, default)]
    pub(super) login: Scalar<'a>,
    #[serde(borrow, default)]
    pub(super) email: Scalar<'a>,
}

/// A table by columns, as Grafana gives the history of states.
#[derive(Deserialize)]
pub(super) struct Frame<'a> {
    pub(super) schema: Schema<'a>,
    #[serde(borrow)]
    pub(super) data: Columns<'a>,
}

#[derive(Deserialize)]
pub(super) struct Schema<'a> {
    #[serde(borrow, default)]
    pub(super) fields: Vec<Field<'a>>,
}

#[derive(Deserialize)]
pub(super) struct Field<'a> {
    #[serde(borrow, default)]
    pub(super) name: Scalar<'a>,
    #[serde(borrow, default)]
    pub(super) labels: Option<Texts<'a>>,
}

#[derive(Deserialize)]
pub(super) struct Columns<'a> {
    #[serde(borrow, default)]
    pub(super) values: Vec<Vec<&'a RawValue>>,
}

/// A change of state, as it stands in the column `line`.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Line<'a> {
    #[serde(borrow, default)]
    pub(super) previous: Scalar<'a>,
    #[serde(borrow, default)]
    pub(super) current: Scalar<'a>,
    #[serde(borrow, default)]
    pub(super) error: Scalar<'a>,
    #[serde(borrow, default)]
    pub(super) fingerprint: Scalar<'a>,
    #[serde(borrow, default)]
    pub(super) rule_title: Scalar<'a>,
    #[serde(borrow, default, rename = "ruleUID")]
    pub(super) rule: Scalar<'a>,
    #[serde(borrow, default)]
    pub(super) labels: Option<Texts<'a>>,
}
