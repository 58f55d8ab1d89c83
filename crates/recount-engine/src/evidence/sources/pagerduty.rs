//! The source `pagerduty`: incidents with their log entries and notes, and webhooks. The records as they come
//! stand in `pagerduty_wire`, how the service is asked in `pagerduty_live`.

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;

use super::alert::lasted;
use super::pagerduty_live;
use super::pagerduty_wire::{About, Channel, Hook, Incident, LogEntry, Note, OldHook, Reference};
use super::pagerduty_words::{alert_in, beginning, canonical, in_prose, priority};
use crate::evidence::event::{Event, Kind};
use crate::evidence::identity::{own_id, sha256_hex};
use crate::evidence::instants::{Instant, Scalar};
use crate::evidence::json::{self, Record};
use crate::evidence::reader::{self, JsonSource, Reader};
use crate::evidence::source::{Confidence, Part, source};

source! {
    /// # What it reads
    ///
    /// - Answers of the REST API v2, one or many, also as lists of their records: `incidents`, `incident`,
    ///   `log_entries`, `notes`, with or without `include[]`.
    /// - Webhook payloads, version 3 (`{"event": …}`), 2 and 1 (`{"messages": …}`): one, a list, or one a
    ///   line, as a receiver keeps them.
    ///
    /// # How to get it
    ///
    /// From the service, with a read-only API key in `PAGERDUTY_TOKEN`; the address of the incident's page will
    /// do, too:
    ///
    /// ```sh
    /// recount import INC-0042 pagerduty:Q2ABCDEF3GHIJK
    /// recount import INC-0042 https://acme.pagerduty.com/incidents/Q2ABCDEF3GHIJK
    /// ```
    ///
    /// Accounts in the EU set `url = "https://api.eu.pagerduty.com"` in `[evidence.pagerduty]`. A token of OAuth
    /// stands in the variable with its word: `Bearer …`. As files:
    ///
    /// ```sh
    /// for what in '' /log_entries?include[]=channels\&limit=100 /notes; do
    ///   curl -sg -H "Authorization: Token token=$PAGERDUTY_TOKEN" \
    ///     "https://api.pagerduty.com/incidents/Q2ABCDEF3GHIJK$what"
    /// done > incident.json
    /// ```
    ///
    /// # What becomes an event
    ///
    /// The incident triggered and each escalation (pages), acknowledgements, the resolution, status updates, and
    /// notes (as what somebody said). Reassignments, priority changes, snoozes, responders and the like are
    /// candidates; each single notification is left out. Times are those of the event, not of its delivery. An
    /// event is known by the incident, what happened and the second, so that webhooks, the log and the incident
    /// itself give it once, and so do webhooks that are delivered again. The row links to the incident's page.
    ///
    /// # Traps
    ///
    /// - Who acted (`agent`) may be a person, an integration or PagerDuty itself; only people and integrations
    ///   are named. Who was paged is not who acted.
    /// - The incident alone knows only its last acknowledgements and its last change: take the log entries, too.
    /// - A log without `include[]=channels` has no texts of notes; the notes have.
    /// - Notes by themselves do not say which incident they are on: with one incident in the same input they are
    ///   taken to be on that.
    /// - The API gives 100 entries a page. Live, all pages are asked for.
    PAGERDUTY: "pagerduty", "PagerDuty incidents, log entries, notes and webhooks", recognise,
        reader::json::<Pagerduty>, live: pagerduty_live::FORM
}

fn recognise(part: &Part<'_>) -> Confidence {
    let peek = part.peek();
    if peek.has_all(&["event.event_type", "event.occurred_at"]) && peek.has("event.data") {
        return Confidence::Sure;
    }
    let says = |path: &str, words: &str| peek.values(path).any(|value| value.contains(words));
    let is_its = says("self", "pagerduty.com") || says("html_url", "pagerduty.com");
    if says("type", "_log_entry")
        || says("log_entries.type", "_log_entry")
        || says("log_entry.type", "_log_entry")
    {
        return Confidence::Sure;
    }
    for at in ["incident", "incidents"] {
        let path = |key: &str| format!("{at}.{key}");
        let number = peek.has(&path("incident_number")) || peek.has(&path("incident_key"));
        if number && (peek.has(&path("service")) || peek.has(&path("html_url"))) {
            return Confidence::Sure;
        }
    }
    if (peek.has("messages.incident") && says("messages.event", "incident."))
        || (peek.has("messages.data.incident") && says("messages.type", "incident."))
    {
        return Confidence::Sure;
    }
    if peek.has_all(&["incident_number", "escalation_policy", "service"]) {
        return Confidence::Sure;
    }
    let notes = peek.has_all(&["notes.content", "notes.created_at", "notes.user"]);
    if notes && (says("notes.user.self", "pagerduty.com") || says("notes.user.type", "user_reference")) {
        return Confidence::Sure;
    }
    if notes || is_its { Confidence::Possible } else { Confidence::No }
}

/// What was read so far. What an incident is called may be said after what happened to it.
#[derive(Default)]
struct Pagerduty {
    incidents: BTreeMap<String, Known>,
    happened: Vec<Happened>,
}

/// What is known of an incident.
#[derive(Default)]
struct Known {
    number: String,
    title: String,
    page: String,
    service: String,
    priority: String,
    began: Option<Instant>,
}

/// What happened to an incident, before its words are known.
struct Happened {
    incident: String,
    what: What,
    at: Instant,
    actor: String,
    /// Whether it stands in the incident itself, which says less than the log.
    is_summary: bool,
    /// The ID of the record, which counts where the incident is not known.
    own: String,
}

enum What {
    Triggered {
        by_person: bool,
        paged: String,
    },
    Escalated {
        to: String,
        unanswered: bool,
    },
    Assigned {
        to: String,
        by_person: bool,
    },
    Acknowledged,
    Resolved,
    Reopened,
    Noted(String),
    StatusUpdate(String),
    /// Anything else, for a candidate: what it is called in an ID, and the sentence without the incident.
    Other(String, String),
    /// Something that is told elsewhere.
    Nothing,
}

/// Keys of envelopes that hold records.
const LISTS: &[&str] = &["incidents", "log_entries", "notes", "messages", "events"];

/// Envelopes around one record.
#[derive(Deserialize)]
struct One<'a> {
    #[serde(borrow, default)]
    event: Option<&'a serde_json::value::RawValue>,
    #[serde(borrow, default)]
    incident: Option<&'a serde_json::value::RawValue>,
    #[serde(borrow, default)]
    log_entry: Option<&'a serde_json::value::RawValue>,
    #[serde(borrow, default)]
    created_at: Option<&'a serde_json::value::RawValue>,
    #[serde(borrow, default)]
    incident_number: Option<&'a serde_json::value::RawValue>,
    #[serde(borrow, default)]
    content: Option<&'a serde_json::value::RawValue>,
    #[serde(borrow, default)]
    event_type: Option<&'a serde_json::value::RawValue>,
    #[serde(borrow, default, rename = "type")]
    kind: Option<&'a serde_json::value::RawValue>,
}

impl JsonSource for Pagerduty {
    fn record(&mut self, record: &Record<'_>, reader: &mut Reader) -> Result<(), String> {
        // The incident's own answer is repeated around its notes, so that they say where they belong.
        let on = json::members(record.bytes)
            .filter(|_| record.bytes.first() == Some(&b'{'))
            .find(|(key, ..)| *key == b"incident")
            .and_then(|(.., incident)| serde_json::from_slice::<Incident<'_>>(incident).ok())
            .map(|incident| incident.id.as_str().to_owned())
            .unwrap_or_default();
        let on = if on.is_empty() { self.around(record, reader) } else { on };
        for inner in json::records(record.bytes, LISTS) {
            let read = self.one(&inner, &on, reader);
            match (read, inner.list) {
                (Err(why), Some(list)) => reader.skip(format!("`{list}` {}: {why}", inner.index)),
                (Err(why), None) => return Err(why),
                (Ok(()), _) => {}
            }
        }
        Ok(())
    }

    fn finish(&mut self, reader: &mut Reader) {
        let only = match self.incidents.len() {
            1 => self.incidents.keys().next().cloned().unwrap_or_default(),
            _ => String::new(),
        };
        let mut happened = std::mem::take(&mut self.happened);
        for one in &mut happened {
            if one.incident.is_empty() {
                one.incident.clone_from(&only);
            }
        }
        let happened = with_paged(happened);
        // The log has the times of the events; the incident repeats some, and may round.
        let told: Vec<(String, &'static str, i64)> = happened
            .iter()
            .filter(|one| !one.is_summary)
            .map(|one| (one.incident.clone(), one.what.name(), one.at.at.as_second()))
            .collect();
        let is_told = |one: &Happened| {
            told.iter().any(|(incident, what, second)| {
                *incident == one.incident
                    && *what == one.what.name()
                    && second.abs_diff(one.at.at.as_second()) <= 2
            })
        };
        let mut seen = BTreeSet::new();
        for one in happened {
            // Every later webhook repeats when it all began.
            let again = one.is_summary && !seen.insert((one.incident.clone(), one.what.name(), one.at.at));
            if again || (one.is_summary && is_told(&one)) {
                continue;
            }
            let known = self.incidents.get(&one.incident);
            reader.push(event(one, known.unwrap_or(&Known::default())));
        }
    }
}

impl Pagerduty {
    /// Reads an incident that holds its own log entries or notes, which then stand in its place, and gives its
    /// ID. Scripts that fetch one after the other write them so.
    fn around(&mut self, record: &Record<'_>, reader: &mut Reader) -> String {
        let has = |wanted: &[&[u8]]| {
            record.bytes.first() == Some(&b'{')
                && json::members(record.bytes).any(|(key, ..)| wanted.contains(&key))
        };
        if !has(&[b"log_entries", b"notes"]) || !has(&[b"title", b"incident_number"]) {
            return String::new();
        }
        let Ok(incident) = reader.parse::<Incident<'_>>(record) else { return String::new() };
        if let Err(why) = self.incident(&incident, reader) {
            reader.skip(why);
        }
        incident.id.as_str().to_owned()
    }

    fn one(&mut self, record: &Record<'_>, on: &str, reader: &mut Reader) -> Result<(), String> {
        if record.bytes.first() != Some(&b'{') {
            return Err("it is no record".to_owned());
        }
        match record.list {
            Some("incidents") => return self.incident(&reader.parse(record)?, reader),
            Some("log_entries") => return self.log_entry(&reader.parse(record)?, on, reader),
            Some("notes") => return self.note(&reader.parse(record)?, on, reader),
            Some("messages") => return self.old_hook(&reader.parse(record)?, reader),
            _ => {}
        }
        let one: One<'_> = reader.parse(record)?;
        let parsed = |raw: &serde_json::value::RawValue| -> String { raw.get().to_owned() };
        let is_log_entry = one.kind.is_some_and(|kind| kind.get().contains("_log_entry"));
        if one.event_type.is_some() {
            return self.hook(&reader.parse(record)?, reader);
        }
        if let Some(hook) = one.event.filter(|event| event.get().starts_with('{')) {
            let text = parsed(hook);
            return self.hook(&json::parse(text.as_bytes())?, reader);
        }
        if is_log_entry && one.created_at.is_some() {
            return self.log_entry(&reader.parse(record)?, on, reader);
        }
        if let Some(entry) = one.log_entry {
            let text = parsed(entry);
            return self.log_entry(&json::parse(text.as_bytes())?, on, reader);
        }
        if one.event.is_some() && one.incident.is_some() {
            return self.old_hook(&reader.parse(record)?, reader);
        }
        if let Some(incident) = one.incident {
            let text = parsed(incident);
            return self.incident(&json::parse(text.as_bytes())?, reader);
        }
        if one.incident_number.is_some() {
            return self.incident(&reader.parse(record)?, reader);
        }
        if one.content.is_some() && one.created_at.is_some() {
            return self.note(&reader.parse(record)?, on, reader);
        }
        Err("it is no incident, log entry, note or webhook".to_owned())
    }

    /// Keeps what is said about an incident, and gives its ID.
    fn known(&mut self, incident: &Incident<'_>, reader: &Reader) -> String {
        let id = incident.id.as_str().to_owned();
        if id.is_empty() {
            return id;
        }
        let known = self.incidents.entry(id.clone()).or_default();
        let subject = incident.trigger_summary_data.as_ref();
        let subject = subject.and_then(|about| about.subject.given().or(about.description.given()));
        let keep = |there: &mut String, text: &str| {
            if there.is_empty() {
                text.clone_into(there);
            }
        };
        // A summary is `[#12] Title`, or the title alone.
        let summary = incident.summary.as_str();
        let (number, title) = match summary.strip_prefix("[#").and_then(|rest| rest.split_once(']')) {
            Some((number, title)) => (number, title.trim()),
            None => ("", summary),
        };
        keep(&mut known.title, incident.title.as_str().trim());
        keep(&mut known.title, title);
        keep(&mut known.title, subject.unwrap_or(""));
        for text in [incident.api_number.as_str(), incident.number.as_str(), number] {
            keep(&mut known.number, text);
        }
        keep(&mut known.page, incident.html_url.as_str());
        if let Some(service) = &incident.service {
            keep(&mut known.service, service.summary.given().unwrap_or(service.name.as_str()));
        }
        if let Some(priority) = &incident.priority {
            keep(&mut known.priority, priority.summary.given().unwrap_or(priority.name.as_str()));
        }
        if known.began.is_none() {
            known.began = reader.instant_if_set(began_at(incident)).ok().flatten();
        }
        id
    }

    /// When an incident was triggered, as whatever came later repeats it.
    fn began(&mut self, id: &str, reader: &Reader, wire: &Incident<'_>) -> Result<(), String> {
        if let Some(at) = reader.instant_if_set(began_at(wire))? {
            let what = What::Triggered { by_person: false, paged: String::new() };
            let actor = "PagerDuty".to_owned();
            self.happened.push(Happened {
                incident: id.to_owned(),
                what,
                at,
                actor,
                is_summary: true,
                own: String::new(),
            });
        }
        Ok(())
    }

    /// An incident as it is now: what it says about its past, which is little.
    fn incident(&mut self, wire: &Incident<'_>, reader: &mut Reader) -> Result<(), String> {
        let incident = self.known(wire, reader);
        if incident.is_empty() {
            return Err("the incident has no ID".to_owned());
        }
        self.began(&incident, reader, wire)?;
        let mut add = |what, at, actor| {
            self.happened.push(Happened {
                incident: incident.clone(),
                what,
                at,
                actor,
                is_summary: true,
                own: String::new(),
            });
        };
        for acknowledgement in wire.acknowledgements.iter().flatten() {
            if let Some(at) = reader.instant_if_set(acknowledgement.at.as_str())? {
                add(What::Acknowledged, at, actor(acknowledgement.acknowledger.as_ref(), reader));
            }
        }
        if wire.status.as_str() == "resolved" {
            let at = wire.resolved_at.given().or(wire.last_status_change_at.given()).unwrap_or("");
            if let Some(at) = reader.instant_if_set(at)? {
                add(What::Resolved, at, actor(wire.last_status_change_by.as_ref(), reader));
            }
        }
        Ok(())
    }

    /// Reads what the log says, of the incident that it names or that stands around it.
    fn log_entry(&mut self, wire: &LogEntry<'_>, on: &str, reader: &mut Reader) -> Result<(), String> {
        let at = reader.instant(wire.created_at.as_str())?;
        let incident =
            wire.incident.as_ref().map_or_else(|| on.to_owned(), |incident| self.known(incident, reader));
        if let (Some(known), Some(service)) = (self.incidents.get_mut(&incident), &wire.service)
            && known.service.is_empty()
        {
            service.summary.as_str().clone_into(&mut known.service);
        }
        let channel = wire.channel.clone().unwrap_or_default();
        let assignees = wire.assignees.clone().unwrap_or_default();
        let what = match wire.kind.as_str().trim_end_matches("_reference").trim_end_matches("_log_entry") {
            "trigger" => What::Triggered {
                by_person: wire.agent.as_ref().is_some_and(is_person),
                paged: people(&assignees, reader),
            },
            "acknowledge" | "acknowledgement" => What::Acknowledged,
            "resolve" => What::Resolved,
            "escalate" => What::Escalated {
                to: people(&assignees, reader),
                unanswered: channel.kind.as_str() == "timeout",
            },
            "reopen" => What::Reopened,
            "annotate" => {
                let Some(text) = noted(&channel) else {
                    reader.import.leave_out("note without its text", 1);
                    return Ok(());
                };
                What::Noted(text.to_owned())
            }
            "status_update" => {
                match wire.message.given().or(channel.content.given()).or(wire.summary.given()) {
                    Some(text) => What::StatusUpdate(text.to_owned()),
                    None => return Err("the status update says nothing".to_owned()),
                }
            }
            "notify" => {
                reader.import.leave_out("notification", 1);
                return Ok(());
            }
            "assign" | "reassign" => What::Assigned {
                to: people(&assignees, reader),
                by_person: wire.agent.as_ref().is_some_and(is_person),
            },
            "priority_change" => What::Other("priority".to_owned(), priority(wire.summary.as_str())),
            other => What::Other(canonical(other), in_prose(other, wire.summary.as_str())),
        };
        let actor = actor(wire.agent.as_ref(), reader);
        self.happened.push(Happened {
            incident,
            what,
            at,
            actor,
            is_summary: false,
            own: wire.id.as_str().to_owned(),
        });
        Ok(())
    }

    fn note(&mut self, wire: &Note<'_>, on: &str, reader: &mut Reader) -> Result<(), String> {
        let at = reader.instant(wire.created_at.as_str())?;
        let Some(text) = wire.content.given() else { return Err("the note says nothing".to_owned()) };
        let what = What::Noted(text.to_owned());
        let actor = actor(wire.user.as_ref(), reader);
        self.happened.push(Happened {
            incident: on.to_owned(),
            what,
            at,
            actor,
            is_summary: false,
            own: String::new(),
        });
        Ok(())
    }

    fn hook(&mut self, wire: &Hook<'_>, reader: &mut Reader) -> Result<(), String> {
        let at = reader.instant(wire.occurred_at.as_str())?;
        let Some(kind) = wire.event_type.as_str().strip_prefix("incident.") else {
            reader.import.leave_out("webhook about something other than an incident", 1);
            return Ok(());
        };
        let data = wire.data.map_or("{}", serde_json::value::RawValue::get);
        let about: About<'_> = json::parse(data.as_bytes())?;
        let whole: Incident<'_> =
            if about.incident.is_none() { json::parse(data.as_bytes())? } else { Incident::default() };
        let incident = about.incident.as_ref().unwrap_or(&whole);
        // What is no incident and refers to none is something of its own, such as a workflow.
        // Relays and recorders drop the `type`, and the webhook itself still says it.
        let resource = wire.resource_type.as_str();
        let is_incident = about.incident.is_some() || whole.kind.given().unwrap_or(resource) == "incident";
        if !is_incident {
            reader.import.leave_out("webhook about something other than an incident", 1);
            return Ok(());
        }
        let id = self.known(incident, reader);
        self.began(&id, reader, incident)?;
        let assigned = |reader: &mut Reader| people(&assigned_to(incident), reader);
        let what = match kind {
            "triggered" => What::Triggered {
                by_person: wire.agent.as_ref().is_some_and(is_person),
                paged: assigned(reader),
            },
            "acknowledged" => What::Acknowledged,
            "resolved" => What::Resolved,
            "reopened" => What::Reopened,
            "escalated" => What::Escalated {
                to: assigned(reader),
                unanswered: !wire.agent.as_ref().is_some_and(is_person),
            },
            "reassigned" => {
                What::Assigned { to: assigned(reader), by_person: wire.agent.as_ref().is_some_and(is_person) }
            }
            "annotated" => match about.content.given() {
                Some(text) => What::Noted(text.to_owned()),
                None => return Err("the note says nothing".to_owned()),
            },
            "status_update_published" => match about.message.given() {
                Some(text) => What::StatusUpdate(text.to_owned()),
                None => return Err("the status update says nothing".to_owned()),
            },
            "priority_updated" => {
                let priority = incident.priority.as_ref().and_then(|priority| priority.summary.given());
                let words = match priority {
                    Some(priority) => format!("given priority {priority}"),
                    None => "left without a priority".to_owned(),
                };
                What::Other("priority".to_owned(), words)
            }
            "responder.added" | "responder.replied" => {
                let who = about.user.as_ref().map(|user| named(user, reader));
                let who =
                    who.or(about.escalation_policy.as_ref().map(|policy| policy.summary.as_str().to_owned()));
                let who = who.filter(|who| !who.is_empty()).unwrap_or_else(|| "somebody".to_owned());
                let words = match about.state.as_str() {
                    "accepted" | "joined" => format!("joined by {who}"),
                    "declined" => format!("declined by {who}"),
                    _ => format!("brought to {who}, who was asked to join"),
                };
                What::Other(format!("{kind}.{}", wire.id.as_str()), words)
            }
            other => What::Other(canonical(other), in_prose(other, "")),
        };
        let mut actor = actor(wire.agent.as_ref(), reader);
        if let Some(client) = wire.client.as_ref().and_then(|client| client.name.given())
            && !wire.agent.as_ref().is_some_and(is_person)
        {
            client.clone_into(&mut actor);
        }
        self.happened.push(Happened { incident: id, what, at, actor, is_summary: false, own: String::new() });
        Ok(())
    }

    fn old_hook(&mut self, wire: &OldHook<'_>, reader: &mut Reader) -> Result<(), String> {
        let inside = wire.data.as_ref().and_then(|data| data.incident.as_ref());
        let Some(incident) = wire.incident.as_ref().or(inside) else {
            return Err("the webhook has no incident".to_owned());
        };
        let id = self.known(incident, reader);
        self.began(&id, reader, incident)?;
        for entry in wire.log_entries.iter().flatten() {
            let mut entry = entry.clone();
            if entry.incident.is_none() {
                entry.incident = Some(incident.clone());
            }
            if entry.assignees.is_none() && entry.kind.as_str() == "trigger_log_entry" {
                entry.assignees = Some(assigned_to(incident));
            }
            self.log_entry(&entry, &id, reader)?;
        }
        if wire.log_entries.as_ref().is_some_and(|entries| !entries.is_empty()) {
            return Ok(());
        }
        let happened = wire.event.given().unwrap_or(wire.kind.as_str()).trim_start_matches("incident.");
        // When it was delivered is not when it happened.
        let changed = incident.last_status_change_at.given().or(incident.last_status_change_on.given());
        let at = match happened {
            "trigger" => Some(began_at(incident)).filter(|at| !at.is_empty()),
            "acknowledge" if incident.status.as_str() == "acknowledged" => changed,
            "resolve" if incident.status.as_str() == "resolved" => changed,
            _ => None,
        };
        let at = reader.instant(at.unwrap_or(wire.created_on.as_str()))?;
        let what = match happened {
            "trigger" => What::Triggered { by_person: false, paged: people(&assigned_to(incident), reader) },
            "acknowledge" => What::Acknowledged,
            "resolve" => What::Resolved,
            "escalate" => What::Escalated { to: people(&assigned_to(incident), reader), unanswered: false },
            "assign" => What::Assigned { to: people(&assigned_to(incident), reader), by_person: true },
            other => What::Other(canonical(other), in_prose(other, "")),
        };
        let actor = actor(incident.last_status_change_by.as_ref(), reader);
        self.happened.push(Happened { incident: id, what, at, actor, is_summary: false, own: String::new() });
        Ok(())
    }
}

/// What triggered an incident with who was paged by it, where PagerDuty wrote that down as an assignment of its
/// own in the same moment.
fn with_paged(mut all: Vec<Happened>) -> Vec<Happened> {
    for index in 0..all.len() {
        let What::Triggered { paged, .. } = &all[index].what else { continue };
        if !paged.is_empty() || all[index].is_summary {
            continue;
        }
        let (incident, second) = (all[index].incident.clone(), all[index].at.at.as_second());
        let assigned = all.iter().position(|one| {
            matches!(one.what, What::Assigned { by_person: false, .. })
                && one.incident == incident
                && (0..=ASSIGNED_WITH).contains(&(one.at.at.as_second() - second))
        });
        let Some(assigned) = assigned else { continue };
        let What::Assigned { to, .. } = std::mem::replace(&mut all[assigned].what, What::Nothing) else {
            continue;
        };
        if let What::Triggered { paged, .. } = &mut all[index].what {
            *paged = to;
        }
    }
    all.retain(|one| !matches!(one.what, What::Nothing));
    all
}

/// How many seconds after the trigger the first assignment is part of it.
const ASSIGNED_WITH: i64 = 5;

impl What {
    /// What happened, in an ID.
    fn name(&self) -> &'static str {
        match self {
            Self::Triggered { .. } => "triggered",
            Self::Escalated { .. } => "escalated",
            Self::Acknowledged => "acknowledged",
            Self::Resolved => "resolved",
            Self::Reopened => "reopened",
            Self::Noted(_) => "note",
            Self::StatusUpdate(_) => "status-update",
            Self::Assigned { .. } => "reassigned",
            Self::Other(..) | Self::Nothing => "",
        }
    }
}

/// What happened as an event, with the words of the incident.
fn event(happened: Happened, known: &Known) -> Event {
    let Happened { incident, what, at, actor, own, .. } = happened;
    let label = if known.number.is_empty() { incident.clone() } else { format!("#{}", known.number) };
    let it = if label.is_empty() { "the incident".to_owned() } else { format!("incident {label}") };
    let second = at.at.as_second().to_string();
    let name = what.name();
    let parts: &[&str] = match &what {
        _ if incident.is_empty() && !own.is_empty() => &[&own],
        // An incident is triggered once.
        What::Triggered { .. } => &[&incident, name],
        What::Other(other, _) => &[&incident, other, &second],
        What::Noted(text) => &[name, &second, &sha256_hex(beginning(text).as_bytes(), 8)],
        _ => &[&incident, name, &second],
    };
    let id = own_id("pagerduty", parts);
    let capital = |text: String| {
        let mut chars = text.chars();
        chars.next().map_or_else(String::new, |first| first.to_uppercase().chain(chars).collect())
    };
    let (kind, action, result) = match &what {
        What::Triggered { by_person, paged } => {
            let verb = if *by_person { format!("Opened {it}") } else { format!("{} triggered", capital(it)) };
            let title = if known.title.is_empty() { String::new() } else { format!(": {}", known.title) };
            let result = if paged.is_empty() { String::new() } else { format!("paged {paged}") };
            (Kind::Page, format!("{verb}{title}"), result)
        }
        What::Escalated { to, unanswered } => {
            let to = if to.is_empty() { String::new() } else { format!(" to {to}") };
            let result = if *unanswered { "nobody had acknowledged it in time" } else { "" };
            (Kind::Page, format!("Escalated {it}{to}"), result.to_owned())
        }
        What::Acknowledged => (Kind::Acknowledgement, format!("Acknowledged {it}"), String::new()),
        What::Resolved => {
            let lasted = known.began.as_ref().and_then(|began| lasted(began.at, at.at));
            let result = lasted.map(|lasted| format!("after {lasted}")).unwrap_or_default();
            (Kind::AlertResolved, format!("Resolved {it}"), result)
        }
        What::Reopened => (Kind::Page, format!("Reopened {it}"), String::new()),
        What::Noted(text) => (Kind::Message, text.trim().to_owned(), String::new()),
        What::StatusUpdate(text) => (Kind::StatusUpdate, text.trim().to_owned(), String::new()),
        What::Assigned { to, .. } => {
            let to = if to.is_empty() { "somebody else" } else { to };
            (Kind::Note, format!("{} was assigned to {to}", capital(it)), String::new())
        }
        What::Nothing => (Kind::Note, String::new(), String::new()),
        What::Other(_, words) => (Kind::Note, format!("{} was {words}", capital(it)), String::new()),
    };
    let alert = if matches!(kind, Kind::Page | Kind::Acknowledgement | Kind::AlertResolved) {
        alert_in(&known.title)
    } else {
        ""
    };
    let state = match &what {
        What::Triggered { .. } | What::Reopened => "triggered",
        What::Acknowledged => "acknowledged",
        What::Resolved => "resolved",
        _ => "",
    };
    Event::new(id, &at, kind)
        .doing(actor, action)
        .giving(result)
        .linked(&known.page, label)
        .with("incident", incident.as_str())
        .with("alert", alert)
        .with("fingerprint", if alert.is_empty() { "" } else { incident.as_str() })
        .with("service", known.service.as_str())
        .with("priority", known.priority.as_str())
        .with("title", known.title.as_str())
        .with("state", state)
}

fn noted<'a>(channel: &'a Channel<'_>) -> Option<&'a str> {
    channel.content.given().or(channel.summary.given())
}

/// When an incident was triggered, in any of its forms.
fn began_at<'a>(incident: &'a Incident<'_>) -> &'a str {
    incident.created_at.given().unwrap_or(incident.created_on.as_str())
}

/// Whom an incident is assigned to, as any of its forms says.
fn assigned_to<'a>(incident: &Incident<'a>) -> Vec<Reference<'a>> {
    let listed = incident.assignments.iter().flatten().filter_map(|one| one.assignee.clone());
    let named = incident.assignees.iter().flatten().cloned();
    let mut all: Vec<Reference<'a>> = named.chain(listed).collect();
    if all.is_empty() {
        all.extend(incident.assigned_to_user.clone());
    }
    all
}

fn is_person(agent: &Reference<'_>) -> bool {
    // Old records do not say what an agent is; their addresses do.
    let lives = |address: &Scalar<'_>| address.as_str().contains("/users/");
    match agent.kind.given() {
        Some(kind) => kind.starts_with("user"),
        None => lives(&agent.address) || lives(&agent.html_url) || agent.email.given().is_some(),
    }
}

/// Who acted: a person or an integration by name; nobody where PagerDuty itself did.
fn actor(agent: Option<&Reference<'_>>, reader: &mut Reader) -> String {
    match agent {
        Some(agent) if is_person(agent) => named(agent, reader),
        Some(agent) if agent.kind.as_str().contains("integration") => {
            agent.summary.given().unwrap_or("PagerDuty").to_owned()
        }
        _ => "PagerDuty".to_owned(),
    }
}

fn named(user: &Reference<'_>, reader: &mut Reader) -> String {
    reader.who(user.id.as_str(), &[user.summary.as_str(), user.name.as_str()], user.email.as_str())
}

fn people(users: &[Reference<'_>], reader: &mut Reader) -> String {
    let mut names: Vec<String> =
        users.iter().map(|user| named(user, reader)).filter(|name| !name.is_empty()).collect();
    names.dedup();
    match names.split_last() {
        None => String::new(),
        Some((last, [])) => last.clone(),
        Some((last, first)) => format!("{} and {last}", first.join(", ")),
    }
}
