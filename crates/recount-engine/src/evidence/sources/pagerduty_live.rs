//! How PagerDuty is asked about one incident: the incident, its log entries page by page, its notes. What its
//! answers mean stands in `pagerduty`.

use serde::Deserialize;

use crate::evidence::live::{After, Auth, Failure, Live, LiveForm, Parts, Place, Reply, Request};

/// `pagerduty:PABC123`.
pub(super) const FORM: LiveForm = LiveForm {
    scheme: "pagerduty",
    example: "pagerduty:Q2ABCDEF3GHIJK",
    target_of,
    server: |evidence| &evidence.pagerduty,
    url: Some("https://api.pagerduty.com"),
    auth: Auth { variable: "PAGERDUTY_TOKEN", header: "Authorization", prefix: "Token token=" },
    needs_window: false,
    start,
};

/// Log entries a page: the most that the service gives.
const PAGE: usize = 100;

/// The incident that the address of a page is about.
fn target_of(address: &str) -> Option<String> {
    let rest = address.strip_prefix("https://")?;
    let (host, path) = rest.split_once('/')?;
    if !host.ends_with(".pagerduty.com") {
        return None;
    }
    let id = path.strip_prefix("incidents/")?.split(['/', '?', '#']).next()?;
    is_id(id).then(|| id.to_owned())
}

fn is_id(text: &str) -> bool {
    !text.is_empty() && text.len() <= 40 && text.bytes().all(|byte| byte.is_ascii_alphanumeric())
}

enum Stage {
    Incident,
    Log { offset: usize },
    Notes,
    Done,
}

struct PagerdutyLive {
    base: String,
    id: String,
    stage: Stage,
}

fn start(place: &Place<'_>) -> Result<Box<dyn Live>, String> {
    let id = place.target.trim();
    if !is_id(id) {
        return Err("it names no incident by its ID".to_owned());
    }
    let base = place.at(&format!("/incidents/{id}"));
    Ok(Box::new(PagerdutyLive { base, id: id.to_owned(), stage: Stage::Incident }))
}

/// What an answer says about the next one.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Page {
    more: Option<bool>,
    log_entries: Vec<serde::de::IgnoredAny>,
    incident: Option<Whose>,
}

#[derive(Deserialize)]
struct Whose {
    #[serde(default)]
    id: Option<String>,
}

impl Live for PagerdutyLive {
    fn next(&mut self) -> Option<Request> {
        let id = &self.id;
        let request = match self.stage {
            Stage::Incident => Request::get(format!("incident {id}"), self.base.clone()),
            Stage::Log { offset } => {
                let what = format!("log entries from {} of incident {id}", offset + 1);
                Request::get(what, format!("{}/log_entries", self.base))
                    .with("limit", PAGE)
                    .with("offset", offset)
                    .with("include[]", "channels")
                    .with("time_zone", "UTC")
            }
            Stage::Notes => Request::get(format!("notes of incident {id}"), format!("{}/notes", self.base)),
            Stage::Done => return None,
        };
        Some(Request { accept: "application/json", ..request })
    }

    fn reply(&mut self, reply: Reply) -> Result<Parts, String> {
        let page: Page = serde_json::from_slice(&reply.body).map_err(|error| {
            format!("it is no JSON of PagerDuty ({})", crate::evidence::json::reason(&error))
        })?;
        match self.stage {
            Stage::Incident => {
                // An incident that was merged or named by its number answers under another ID.
                let answered = page.incident.and_then(|incident| incident.id);
                if answered.is_none() {
                    return Err("it holds no incident".to_owned());
                }
                self.stage = Stage::Log { offset: 0 };
                Ok(vec![("incident.json".to_owned(), reply.body)])
            }
            Stage::Log { offset } => {
                let read = page.log_entries.len();
                self.stage = match page.more {
                    Some(true) if read > 0 => Stage::Log { offset: offset + read },
                    _ => Stage::Notes,
                };
                Ok(vec![(format!("log-{offset:05}.json"), reply.body)])
            }
            Stage::Notes | Stage::Done => {
                self.stage = Stage::Done;
                // Notes do not say which incident they are on.
                let body = String::from_utf8_lossy(&reply.body).into_owned();
                let rest = body.trim_start().strip_prefix('{').unwrap_or("}").to_owned();
                let body = format!("{{\"incident\":{{\"id\":\"{}\"}},{rest}", self.id);
                Ok(vec![("notes.json".to_owned(), body.into_bytes())])
            }
        }
    }

    fn failed(&mut self, failure: &Failure) -> After {
        match self.stage {
            // The log has the notes, too, if shorter.
            Stage::Notes if matches!(failure.status, Some(403 | 404)) => {
                self.stage = Stage::Done;
                After::GoOn
            }
            _ => After::Stop,
        }
    }
}
