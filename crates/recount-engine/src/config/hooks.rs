//! `[hooks]` and `[[webhooks]]`: who may tell the server of incidents, and whom the server tells of postmortems.
//!
//! What does not live here: secrets, which stand in the environment under the names that stand here.

use serde::{Deserialize, Serialize};

/// Who may tell the server of incidents; one that resolves becomes a draft with its evidence.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
pub struct HooksConfig {
    /// What fires again within so many hours after it was resolved belongs to the same incident: its draft is
    /// continued.
    pub continue_hours: u32,
    /// What PagerDuty sends to `/hooks/pagerduty`.
    pub pagerduty: PagerdutyHook,
    /// What Alertmanager sends to `/hooks/alertmanager`.
    pub alertmanager: AlertmanagerHook,
}

impl Default for HooksConfig {
    fn default() -> Self {
        Self {
            continue_hours: 24,
            pagerduty: PagerdutyHook::default(),
            alertmanager: AlertmanagerHook::default(),
        }
    }
}

/// PagerDuty's webhooks, version 3, and which of its incidents become drafts.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
pub struct PagerdutyHook {
    /// The environment variables that hold the secrets of its subscriptions: several while one replaces another.
    pub secret_env: Vec<String>,
    /// Incidents of these urgencies become drafts: `high`, `low`.
    pub urgencies: Vec<String>,
    /// Where any is named, only incidents of these priorities become drafts: `P1`.
    pub priorities: Vec<String>,
    /// Where any is named, only incidents of these services become drafts, by PagerDuty's name of the service.
    pub services: Vec<String>,
}

impl Default for PagerdutyHook {
    fn default() -> Self {
        Self {
            secret_env: Vec::new(),
            urgencies: vec!["high".to_owned()],
            priorities: Vec::new(),
            services: Vec::new(),
        }
    }
}

/// Alertmanager's webhooks, and which groups of alerts become drafts.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
pub struct AlertmanagerHook {
    /// The environment variable that holds the bearer token (`authorization` in Alertmanager's `http_config`).
    pub token_env: Option<String>,
    /// The user name, where it sends one and a password instead of a token (`basic_auth`).
    pub username: Option<String>,
    /// The environment variable that holds the password.
    pub password_env: Option<String>,
    /// Groups with an alert whose label `severity` is one of these become drafts; with an empty list all groups do.
    pub severities: Vec<String>,
}

impl Default for AlertmanagerHook {
    fn default() -> Self {
        Self {
            token_env: None,
            username: None,
            password_env: None,
            severities: ["critical", "page"].map(str::to_owned).to_vec(),
        }
    }
}

impl AlertmanagerHook {
    /// Whether it says how Alertmanager shows who it is.
    pub fn is_set_up(&self) -> bool {
        self.token_env.is_some() || (self.username.is_some() && self.password_env.is_some())
    }
}

/// Somebody whom the server tells of what happens to postmortems: signed, as Standard Webhooks, and again where it
/// fails.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Webhook {
    /// Where it is told: an address that begins with `https://`.
    pub url: String,
    /// The environment variable that holds the secret: `whsec_` and 24 to 64 random bytes in Base64.
    pub secret_env: String,
    /// What it is told; everything where none is named.
    #[serde(default)]
    pub events: Vec<WebhookEvent>,
    /// Whether the address may lead to this machine or into a private network, and may begin with `http://`.
    #[serde(default)]
    pub internal: bool,
}

/// Something that happens to a postmortem.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Deserialize, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub enum WebhookEvent {
    /// There is a new one.
    #[serde(rename = "postmortem.created")]
    Created,
    /// Its stage is another, but not final.
    #[serde(rename = "postmortem.stage-changed")]
    StageChanged,
    /// It became final.
    #[serde(rename = "postmortem.finalized")]
    Finalized,
    /// One of its action items was added, changed or removed.
    #[serde(rename = "action-item.changed")]
    ItemChanged,
}

impl WebhookEvent {
    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Created => "postmortem.created",
            Self::StageChanged => "postmortem.stage-changed",
            Self::Finalized => "postmortem.finalized",
            Self::ItemChanged => "action-item.changed",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Config;

    #[test]
    fn events_are_named_in_the_configuration_as_in_what_is_sent() {
        for event in [
            WebhookEvent::Created,
            WebhookEvent::StageChanged,
            WebhookEvent::Finalized,
            WebhookEvent::ItemChanged,
        ] {
            let text = format!(
                "[[webhooks]]\nurl = \"https://a.example\"\nsecret-env = \"S\"\nevents = [\"{}\"]",
                event.name()
            );
            let config = Config::from_toml(&text).expect("nothing is wrong");
            assert_eq!(config.webhooks[0].events, [event]);
        }
    }

    #[test]
    fn what_is_urgent_becomes_a_draft_where_nothing_is_said() {
        let config = Config::from_toml("[hooks.pagerduty]\nsecret-env = [\"S\"]").expect("nothing is wrong");
        assert_eq!(config.hooks.pagerduty.urgencies, ["high"]);
        assert!(!config.hooks.alertmanager.is_set_up());
    }
}
