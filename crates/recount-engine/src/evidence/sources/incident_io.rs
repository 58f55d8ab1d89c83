//! The source `incident-io`: incidents run in incident.io, with their updates, timeline and tasks.

use std::collections::HashMap;

use serde_json::Value;

use crate::evidence::event::{Event, Kind};
use crate::evidence::identity::{own_id, sha256_hex};
use crate::evidence::json::Record;
use crate::evidence::phrases;
use crate::evidence::plain;
use crate::evidence::reader::{self, JsonSource, Reader};
use crate::evidence::source::{Confidence, Part, source};
use crate::evidence::tree::Tree;

source! {
    /// # What it reads
    ///
    /// JSON of incident.io:
    ///
    /// - incidents, a list or one (`/v2/incidents`, `/v2/incidents/ID`);
    /// - their updates (`/v2/incident_updates`) and timeline (`/v2/incident_timeline_items`);
    /// - actions and follow-ups (`/v2/actions`, `/v2/follow_ups`);
    /// - webhook payloads, one or several, also one a line.
    ///
    /// # How to get it
    ///
    /// ```sh
    /// mkdir incident && cd incident
    /// curl -s -H "Authorization: Bearer $INCIDENT_IO_KEY" \
    ///   "https://api.incident.io/v2/incidents/$INCIDENT" > incident.json
    /// for what in incident_updates incident_timeline_items actions follow_ups; do
    ///   curl -s -H "Authorization: Bearer $INCIDENT_IO_KEY" \
    ///     "https://api.incident.io/v2/$what?incident_id=$INCIDENT" > "$what.json"
    /// done
    /// ```
    ///
    /// Give the folder: the updates name the incident by its ID alone, and are linked where it is beside them.
    /// Updates come in pages of 25; `&page_size=250` gives more.
    ///
    /// # What becomes an event
    ///
    /// The incident was declared when it was created. Each of its timestamps is an event at its own time: those
    /// that mean one (*Impact started*, *Detected at*, *Acknowledged at*, *Fixed at*, *Resolved at*) are the
    /// milestone, the others are candidates. An update with a message is a status update, a change of status
    /// alone is a candidate. An item of the timeline comes in,
    /// because people put it there. Actions are candidates, at their creation and their completion;
    /// follow-ups are work for afterwards and candidates too.
    ///
    /// # Traps
    ///
    /// - *Reported at* is when incident.io heard of it, which is no detection.
    /// - Timestamps are corrected afterwards: of two exports the one changed last counts.
    /// - A webhook has no time of its own: a change of status counts from `updated_at` of the incident.
    /// - A private incident comes with its ID alone, and is left out.
    INCIDENT_IO: "incident-io", "Incidents of incident.io with updates and timeline", recognise, reader::json::<IncidentIo>
}

fn recognise(part: &Part<'_>) -> Confidence {
    let peek = part.peek();
    let shapes: &[&[&str]] = &[
        &["incidents.incident_status", "incidents.reference"],
        &["incident.incident_status", "incident.reference"],
        &["incidents.custom_field_entries", "incidents.creator"],
        &["incident.custom_field_entries", "incident.creator"],
        &["incident_status", "reference", "incident_timestamp_values"],
        &["incident_updates.new_incident_status"],
        &["incident_updates.updater", "incident_updates.incident_id"],
        &["incident_timeline_items.timestamp"],
        &["follow_ups.incident_id", "follow_ups.title"],
        &["actions.incident_id", "actions.description"],
    ];
    let webhook = peek.value("event_type").is_some_and(|kind| {
        ["public_incident.", "private_incident.", "public_alert."].iter().any(|start| kind.starts_with(start))
    });
    if webhook || shapes.iter().any(|shape| peek.has_all(shape)) { Confidence::Sure } else { Confidence::No }
}

const ACTOR: &str = "incident.io";

#[derive(Default)]
struct IncidentIo {
    /// The incidents of the import by their IDs: reference and page.
    known: HashMap<String, (String, String)>,
}

impl JsonSource for IncidentIo {
    const LISTS: &'static [&'static str] =
        &["incidents", "incident_updates", "incident_timeline_items", "actions", "follow_ups"];

    fn record(&mut self, record: &Record<'_>, reader: &mut Reader) -> Result<(), String> {
        let value: Value = reader.parse(record)?;
        let tree = Tree::of(&value);
        match record.list {
            Some("incident_updates") => update(tree, reader),
            Some("incident_timeline_items") => item(tree, reader),
            Some("actions") => task(tree, "action", "description", reader),
            Some("follow_ups") => task(tree, "follow-up", "title", reader),
            _ if tree.has("event_type") => self.webhook(tree, reader),
            _ if tree.has("incident") => self.incident(tree.at("incident"), reader),
            _ if tree.has("incident_status") || tree.has("reference") => self.incident(tree, reader),
            _ => Err("it is no incident: it has no `reference`".into()),
        }
    }

    /// Updates and tasks name their incident by its ID alone: they are linked where it is in the import.
    fn finish(&mut self, reader: &mut Reader) {
        for event in &mut reader.import.events {
            let Some((reference, link)) = event.details.get(OF).and_then(|id| self.known.get(id)) else {
                continue;
            };
            event.details.remove(OF);
            event.details.insert("incident".into(), reference.clone());
            if event.link.is_none() {
                *event = std::mem::replace(event, event.clone()).linked(link, reference.clone());
            }
        }
    }
}

/// The detail that holds the ID of an incident until the incident itself is known.
const OF: &str = "incident-id";

impl IncidentIo {
    fn incident(&mut self, incident: Tree<'_>, reader: &mut Reader) -> Result<(), String> {
        let id = incident.text("id");
        if id.is_empty() {
            return Err("it is no incident: it has no `id`".into());
        }
        let known = (incident.text("reference").into_owned(), incident.text("permalink").into_owned());
        self.known.insert(id.clone().into_owned(), known);
        let at = reader.instant(&incident.text("created_at"))?;
        let who = actor(incident.at("creator"), reader);
        let severity = incident.text("severity.name");
        let shown = if severity.is_empty() { String::new() } else { format!(" ({severity})") };
        let declared = Event::new(own_id("incident-io", &[&id, "created"]), &at, Kind::Ticket)
            .doing(who, format!("Declared {}{shown}", named(incident)))
            .with("declared", if severity.is_empty() { "yes".into() } else { severity });
        reader.push(about(incident, declared));
        let changed = reader.instant_if_set(&incident.text("updated_at"))?;
        for value in incident.items("incident_timestamp_values") {
            let name = value.text("incident_timestamp.name");
            let given = value.text("value.value");
            match reader.instant_if_set(&given) {
                Ok(None) => {}
                Err(why) => reader.skip(format!("`{name}` of {}: {why}", incident.text("reference"))),
                Ok(Some(at)) => {
                    let stamp = match value.text("incident_timestamp.id") {
                        stamp if stamp.is_empty() => sha256_hex(name.as_bytes(), 8).into(),
                        stamp => stamp,
                    };
                    let event =
                        Event::new(own_id("incident-io", &[&id, "timestamp", &stamp]), &at, Kind::Note);
                    let words = name.strip_suffix(" at").unwrap_or(&name);
                    let event = event.doing(ACTOR, format!("{words}: {}", named(incident)));
                    let mut event = match phrases::recorded(&name) {
                        Some(milestone) => event.reaching(milestone),
                        None => event,
                    };
                    event.signals.edited = changed.as_ref().map(|changed| changed.at.into());
                    reader.push(about(incident, event));
                }
            }
        }
        Ok(())
    }

    fn webhook(&mut self, tree: Tree<'_>, reader: &mut Reader) -> Result<(), String> {
        let kind = tree.text("event_type");
        let body = tree.key(&kind);
        if kind.contains("incident_status_updated") {
            let one = body.at("incident");
            let changed = one.text("updated_at");
            let at = reader.instant(&changed)?;
            let (from, to) = (body.text("previous_status.name"), body.text("new_status.name"));
            let id =
                own_id("incident-io", &[&one.text("id"), "status", &sha256_hex(to.as_bytes(), 8), &changed]);
            let event = Event::new(id, &at, Kind::Ticket)
                .doing(ACTOR, format!("Moved {} from {from} to {to}", named(one)))
                .with("status", to);
            reader.push(about(one, event));
            self.incident(one, reader)
        } else if kind.contains(".incident_") {
            let one = if body.has("incident") { body.at("incident") } else { body };
            if !one.has("created_at") {
                reader.import.leave_out("incident that is private", 1);
                return Ok(());
            }
            self.incident(one, reader)
        } else if kind.contains(".action_") {
            task(body, "action", "description", reader)
        } else if kind.contains(".follow_up_") {
            task(body, "follow-up", "title", reader)
        } else {
            reader.import.leave_out(&format!("webhook of `{kind}`"), 1);
            Ok(())
        }
    }
}

fn about(incident: Tree<'_>, event: Event) -> Event {
    let reference = incident.text("reference");
    event
        .linked(&incident.text("permalink"), reference.clone())
        .with("incident", reference)
        .with("title", incident.text("name"))
        .with("severity", incident.text("severity.name"))
}

/// `INC-61 "Checkout fails"`.
fn named(incident: Tree<'_>) -> String {
    match (&*incident.text("reference"), &*incident.text("name")) {
        ("", "") => "the incident".to_owned(),
        (reference, "") => reference.to_owned(),
        ("", name) => format!("\"{name}\""),
        (reference, name) => format!("{reference} \"{name}\""),
    }
}

fn update(update: Tree<'_>, reader: &mut Reader) -> Result<(), String> {
    let at = reader.instant(&update.text("created_at"))?;
    let who = actor(update.at("updater"), reader);
    let message = plain::markdown(&update.text("message"));
    let (status, severity) = (update.text("new_incident_status.name"), update.text("new_severity.name"));
    let action = match (&*status, message.is_empty()) {
        ("", true) if severity.is_empty() => return Err("it is an update that says nothing".into()),
        ("", true) => format!("Set the severity to {severity}"),
        (status, true) => format!("Set the incident to {status}"),
        ("", false) => message,
        (status, false) => format!("Update ({status}): {message}"),
    };
    // Without a word it is paperwork.
    let kind = if update.has("message") { Kind::StatusUpdate } else { Kind::Ticket };
    let event = Event::new(own_id("incident-io", &["update", &update.text("id")]), &at, kind)
        .doing(who, action)
        .with("severity", severity)
        .with("status", status)
        .with(OF, update.text("incident_id"));
    reader.push(event);
    Ok(())
}

/// An item of the timeline, which somebody put there.
fn item(item: Tree<'_>, reader: &mut Reader) -> Result<(), String> {
    let at = reader.instant(&item.text("timestamp"))?;
    let mut event = Event::new(own_id("incident-io", &["item", &item.text("id")]), &at, Kind::Message)
        .doing(actor(item.at("creator"), reader), plain::markdown(&item.text("title")))
        .giving(plain::markdown(&item.text("description")))
        .with(OF, item.text("incident_id"));
    event.signals.pinned = true;
    let edited = reader.instant_if_set(&item.text("updated_at"))?;
    let created = reader.instant_if_set(&item.text("created_at"))?;
    event.signals.edited =
        edited.filter(|edited| created.as_ref() != Some(edited)).map(|edited| edited.at.into());
    reader.push(event);
    Ok(())
}

/// An action or a follow-up: when it was noted, and when it was done.
fn task(task: Tree<'_>, what: &str, text: &str, reader: &mut Reader) -> Result<(), String> {
    let id = task.text("id");
    let words = plain::markdown(&task.text(text));
    let created = reader.instant(&task.text("created_at"))?;
    let who = actor(task.at("creator"), reader);
    let assignee = actor(task.at("assignee"), reader);
    let owner = if assignee.is_empty() { String::new() } else { format!(" ({assignee})") };
    let event = |at, state: &str| {
        Event::new(own_id("incident-io", &[what, &id, state]), at, Kind::Note)
            .linked(
                &task.text("external_issue_reference.issue_permalink"),
                task.text("external_issue_reference.issue_name"),
            )
            .with(OF, task.text("incident_id"))
    };
    let noted = event(&created, "created").doing(who, format!("Noted the {what}{owner}: {words}"));
    reader.push(noted);
    if let Some(at) = reader.instant_if_set(&task.text("completed_at"))? {
        reader.push(event(&at, "completed").doing(assignee, format!("Completed the {what}: {words}")));
    }
    Ok(())
}

/// Who did something: a person, a key of a program, a workflow or an alert.
fn actor(actor: Tree<'_>, reader: &mut Reader) -> String {
    let user = if actor.has("user") { actor.at("user") } else { actor };
    let program = actor.first(&["workflow.name", "api_key.name", "alert.title"]);
    if !program.is_empty() {
        return program.into_owned();
    }
    reader.who(&user.first(&["slack_user_id", "id"]), &[&user.text("name")], &user.text("email"))
}
