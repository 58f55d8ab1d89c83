//! The source `rootly`: incidents run in Rootly, with their timeline, alerts and action items.

use serde_json::Value;

use crate::evidence::event::{Event, Kind, Milestone};
use crate::evidence::identity::own_id;
use crate::evidence::instants;
use crate::evidence::json::Record;
use crate::evidence::plain;
use crate::evidence::reader::{self, JsonSource, Reader};
use crate::evidence::source::{Confidence, Part, source};
use crate::evidence::tree::Tree;

source! {
    /// # What it reads
    ///
    /// JSON of Rootly:
    ///
    /// - incidents, a list or one (`/v1/incidents`, `/v1/incidents/ID`), with what is `included`;
    /// - the timeline of an incident (`/v1/incidents/ID/events`), its action items, alerts and the updates of
    ///   status pages;
    /// - webhook payloads of incidents, their events and alerts, and what an edge connector is sent.
    ///
    /// # How to get it
    ///
    /// ```sh
    /// curl -s -H "Authorization: Bearer $ROOTLY_TOKEN" \
    ///   "https://api.rootly.com/v1/incidents/$INCIDENT" > incident.json
    /// curl -s -H "Authorization: Bearer $ROOTLY_TOKEN" \
    ///   "https://api.rootly.com/v1/incidents/$INCIDENT/events?page\[size\]=100" > events.json
    /// ```
    ///
    /// The timeline comes in pages: `&page\[number\]=2` and so on.
    ///
    /// # What becomes an event
    ///
    /// The incident was declared when it was created. `started_at`, `detected_at`, `acknowledged_at`,
    /// `mitigated_at` and `resolved_at` are the milestones of these names, with the message of mitigation or
    /// resolution as the result. What people wrote into the timeline comes in; what Rootly itself wrote there
    /// (`trail`) and action items are candidates. Events for the public and status page updates are status
    /// updates. An alert fires and is resolved.
    ///
    /// # Traps
    ///
    /// - Where nobody entered them, `started_at` and `detected_at` are when the incident was declared, not when
    ///   impact began: then they are candidates and no milestones.
    /// - `occurred_at` is when something happened, `created_at` when it was written down.
    /// - Times have the offset of the team: `-08:00`.
    /// - In the API a person or a severity is wrapped in `data` and `attributes`, in webhooks it is not.
    ROOTLY: "rootly", "Incidents of Rootly with milestones and timeline", recognise, reader::json::<Rootly>
}

fn recognise(part: &Part<'_>) -> Confidence {
    let peek = part.peek();
    let kind = peek.value("data.type").unwrap_or("");
    let api = match kind {
        "incidents" => ["sequential_id", "mitigated_at", "acknowledged_at", "started_at"]
            .iter()
            .any(|key| peek.has(&format!("data.attributes.{key}"))),
        "incident_events" | "incident_action_items" | "incident_status_page_events" => true,
        "alerts" => peek.has_all(&["data.attributes.started_at", "data.attributes.summary"]),
        _ => false,
    };
    let webhook = peek.has_all(&["event.type", "event.issued_at", "data"]);
    let delivery = peek.has_all(&["event_id", "event_type", "timestamp", "data"])
        && peek.value("event_type").is_some_and(|kind| {
            ["alert.", "incident.", "action."].iter().any(|start| kind.starts_with(start))
        });
    if api || webhook || delivery { Confidence::Sure } else { Confidence::No }
}

const ACTOR: &str = "Rootly";

/// The milestones of an incident: where their time stands, and who and what is told of them.
const MILESTONES: &[(&str, Milestone, &str, &str)] = &[
    ("started_at", Milestone::Started, "started_by", ""),
    ("detected_at", Milestone::Detected, "", ""),
    ("acknowledged_at", Milestone::Acknowledged, "acknowledged_by", ""),
    ("mitigated_at", Milestone::Mitigated, "mitigated_by", "mitigation_message"),
    ("resolved_at", Milestone::Resolved, "resolved_by", "resolution_message"),
];

#[derive(Default)]
struct Rootly;

impl JsonSource for Rootly {
    const LISTS: &'static [&'static str] = &["data"];

    fn begin(&mut self, bytes: &[u8], reader: &mut Reader) {
        // What is included stands beside the list, where cutting it into records does not see it.
        let Ok(value) = serde_json::from_slice::<Value>(bytes) else { return };
        let tree = Tree::of(&value);
        if tree.items("data").next().is_some() {
            for one in tree.items("included") {
                if resource(one, reader).is_err() {
                    reader.import.leave_out("included record that cannot be read", 1);
                }
            }
        }
    }

    fn record(&mut self, record: &Record<'_>, reader: &mut Reader) -> Result<(), String> {
        let value: Value = reader.parse(record)?;
        let tree = Tree::of(&value);
        if tree.has("event.issued_at") {
            return webhook(&tree.text("event.type"), tree, reader);
        }
        if tree.has("event_id") && tree.has("event_type") {
            return webhook(&tree.text("event_type"), tree, reader);
        }
        if !tree.has("data") {
            return resource(tree, reader);
        }
        for one in tree.items("included") {
            if let Err(why) = resource(one, reader) {
                reader.skip(format!("included `{}`: {why}", one.text("id")));
            }
        }
        resource(tree.at("data"), reader)
    }
}

/// A resource of the API: its type says what it is.
fn resource(tree: Tree<'_>, reader: &mut Reader) -> Result<(), String> {
    let (id, attributes) = (tree.text("id"), tree.at("attributes"));
    match &*tree.text("type") {
        "incidents" => incident(&id, attributes, reader),
        "incident_events" => timeline(&id, attributes, reader),
        "incident_action_items" => action_item(&id, attributes, reader),
        "incident_status_page_events" => status_page(&id, attributes, reader),
        "alerts" => alert(&id, attributes, reader),
        "" => Err("it is no resource of Rootly: it has no `type`".into()),
        // Services, severities and people come along.
        other => {
            reader.import.leave_out(&format!("`{other}`"), 1);
            Ok(())
        }
    }
}

fn webhook(kind: &str, tree: Tree<'_>, reader: &mut Reader) -> Result<(), String> {
    let data = tree.at("data");
    let id = data.text("id");
    if kind.ends_with(".deleted") {
        reader.import.leave_out("deletion", 1);
        return Ok(());
    }
    if kind.ends_with("action.triggered") || kind.ends_with("action_triggered") {
        reader.import.leave_out(&format!("webhook of `{kind}`"), 1);
        return Ok(());
    }
    match kind.split('.').next().unwrap_or("") {
        "incident" => incident(&id, data, reader),
        "incident_event" => timeline(&id, data, reader),
        "incident_action_item" | "action_item" => action_item(&id, data, reader),
        "incident_status_page_event" => status_page(&id, data, reader),
        "alert" => alert(&id, data, reader),
        _ => {
            reader.import.leave_out(&format!("webhook of `{kind}`"), 1);
            Ok(())
        }
    }
}

fn incident(id: &str, incident: Tree<'_>, reader: &mut Reader) -> Result<(), String> {
    if id.is_empty() {
        return Err("it is no incident: it has no `id`".into());
    }
    let (title, number) = (incident.text("title"), incident.text("sequential_id"));
    let name = if number.is_empty() { "the incident".to_owned() } else { format!("#{number}") };
    let severity = incident
        .first(&["severity.data.attributes.name", "severity.name", "severity.slug", "severity"])
        .into_owned();
    let services = [incident.joined("services", "name"), incident.joined("services.data", "attributes.name")];
    let about = |event: Event| {
        event
            .linked(&incident.first(&["url", "short_url"]), name.clone())
            .with("incident", name.clone())
            .with("title", title.clone())
            .with("severity", severity.clone())
            .with("service", services.concat())
    };
    let at = reader.instant(&incident.text("created_at"))?;
    let shown = if severity.is_empty() { String::new() } else { format!(" ({severity})") };
    let who = person(incident.at("user"), reader);
    let declared = Event::new(own_id("rootly", &[id, "created"]), &at, Kind::Ticket)
        .doing(who, format!("Declared {name} \"{title}\"{shown}"))
        .with("declared", if severity.is_empty() { "yes".into() } else { severity.clone() });
    reader.push(about(declared));
    let created = at;
    let edited = reader.instant_if_set(&incident.text("updated_at")).ok().flatten();
    for (path, milestone, by, message) in MILESTONES {
        match reader.instant_if_set(&incident.text(path)) {
            Ok(None) => {}
            Err(why) => reader.skip(format!("`{path}` of {name}: {why}")),
            Ok(Some(at)) => {
                let word = milestone.word();
                let who = person(incident.at(by), reader);
                let mut event = Event::new(own_id("rootly", &[id, path]), &at, Kind::Note)
                    .doing(who, format!("{word}: {name} \"{title}\""))
                    .giving(plain::markdown(&incident.text(message)));
                let early = matches!(milestone, Milestone::Started | Milestone::Detected);
                if !(early && instants::is_default(&at, &created)) {
                    event = event.reaching(*milestone);
                }
                event.signals.edited = edited.as_ref().map(|edited| edited.at.into());
                reader.push(about(event));
            }
        }
    }
    Ok(())
}

fn timeline(id: &str, event: Tree<'_>, reader: &mut Reader) -> Result<(), String> {
    let at = reader.instant(&event.first(&["occurred_at", "created_at"]))?;
    let text = plain::markdown(&event.first(&["event_raw", "event"]));
    if text.is_empty() {
        reader.import.leave_out("event without a text", 1);
        return Ok(());
    }
    let by_people = matches!(&*event.text("kind"), "" | "event") && event.text("source") != "system";
    let kind = match (&*event.text("visibility"), by_people) {
        ("external", _) => Kind::StatusUpdate,
        (_, true) => Kind::Message,
        (_, false) => Kind::Note,
    };
    let name = event.text("user_display_name");
    let who = if name.is_empty() { person(event.at("user"), reader) } else { reader.who("", &[&name], "") };
    let mut told = Event::new(own_id("rootly", &["event", id]), &at, kind).doing(who, text);
    told.signals.pinned = by_people;
    reader.push(told);
    Ok(())
}

fn action_item(id: &str, item: Tree<'_>, reader: &mut Reader) -> Result<(), String> {
    let at = reader.instant(&item.text("created_at"))?;
    let what = if item.text("kind") == "follow_up" { "follow-up" } else { "task" };
    let who = person(item.at("user"), reader);
    let action = format!("Noted the {what}: {}", plain::markdown(&item.text("summary")));
    let event = Event::new(own_id("rootly", &["action-item", id]), &at, Kind::Note);
    reader.push(event.doing(who, action).linked(&item.text("url"), "task"));
    Ok(())
}

fn status_page(id: &str, event: Tree<'_>, reader: &mut Reader) -> Result<(), String> {
    let at = reader.instant(&event.first(&["started_at", "created_at"]))?;
    let said = plain::markdown(&event.text("event"));
    let status = plain::words(&event.text("status"));
    let action = if status.is_empty() {
        format!("Status page: {said}")
    } else {
        format!("Status page, {status}: {said}")
    };
    let event = Event::new(own_id("rootly", &["status-page", id]), &at, Kind::StatusUpdate);
    reader.push(event.doing(ACTOR, action));
    Ok(())
}

fn alert(id: &str, alert: Tree<'_>, reader: &mut Reader) -> Result<(), String> {
    let summary = alert.text("summary");
    let source = alert.text("source");
    let outer = alert.first(&["external_id", "short_id"]);
    let about = |event: Event| {
        event
            .linked(
                &alert.text("external_url"),
                if source.is_empty() { "alert".into() } else { source.clone() },
            )
            .with("alert", summary.clone())
            .with("service", alert.joined("services", "name"))
            .with("severity", alert.text("labels.severity"))
            .with("region", alert.text("labels.region"))
            .with("fingerprint", if outer.is_empty() { id.into() } else { outer.clone() })
    };
    let at = reader.instant(&alert.first(&["started_at", "created_at"]))?;
    let by = if source.is_empty() { ACTOR.into() } else { source.clone() };
    let fired = Event::new(own_id("rootly", &["alert", id, "fired"]), &at, Kind::AlertFiring);
    reader.push(about(fired.doing(by.clone(), format!("{summary} fired"))));
    if let Some(at) = reader.instant_if_set(&alert.text("ended_at"))? {
        let resolved = Event::new(own_id("rootly", &["alert", id, "ended"]), &at, Kind::AlertResolved);
        reader.push(about(resolved.doing(by, format!("{summary} resolved"))));
    }
    Ok(())
}

/// A person, bare or wrapped.
fn person(person: Tree<'_>, reader: &mut Reader) -> String {
    let inner = if person.has("data.attributes") { person.at("data.attributes") } else { person };
    let (full, name) = (inner.text("full_name"), inner.text("name"));
    let who = reader.who(&inner.text("slack_id"), &[&full, &name], &inner.text("email"));
    if who.is_empty() { ACTOR.to_owned() } else { who }
}
