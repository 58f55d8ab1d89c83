//! The source `opsgenie`: alerts, their logs, incidents and the timelines of incidents.

use jiff::SignedDuration;
use serde_json::Value;

use crate::evidence::event::{Event, Kind, Milestone};
use crate::evidence::identity::{own_id, sha256_hex};
use crate::evidence::instants::{self, Instant};
use crate::evidence::json::Record;
use crate::evidence::plain;
use crate::evidence::reader::{self, JsonSource, Reader};
use crate::evidence::source::{Confidence, Part, source};
use crate::evidence::tree::Tree;

source! {
    /// # What it reads
    ///
    /// JSON of Opsgenie, and of the operations of Jira Service Management, which kept its form:
    ///
    /// - alerts, a list or one (`/v2/alerts`, `/v2/alerts/ID`);
    /// - the log of an alert (`/v2/alerts/ID/logs`);
    /// - incidents, a list or one (`/v1/incidents`, `/v1/incidents/ID`);
    /// - the timeline of an incident (`/v2/incident-timelines/ID/entries`);
    /// - webhook payloads of alerts, one or several, also one a line.
    ///
    /// # How to get it
    ///
    /// ```sh
    /// curl -s -H "Authorization: GenieKey $OPSGENIE_API_KEY" -G https://api.opsgenie.com/v2/alerts \
    ///   --data-urlencode 'query=createdAt > 1795610000000' -d limit=100 > alerts.json
    /// ```
    ///
    /// European accounts are at `api.eu.opsgenie.com`. For one alert or incident, with its history:
    ///
    /// ```sh
    /// curl -s -H "Authorization: GenieKey $OPSGENIE_API_KEY" \
    ///   "https://api.opsgenie.com/v2/alerts/$ALERT/logs?limit=100" > log.json
    /// curl -s -H "Authorization: GenieKey $OPSGENIE_API_KEY" \
    ///   "https://api.opsgenie.com/v2/incident-timelines/$INCIDENT/entries" > timeline.json
    /// ```
    ///
    /// # What becomes an event
    ///
    /// An alert fires when it was created and resolves when it was closed; who acknowledged it is an
    /// acknowledgement. An alert that came again has its count and the time of the last. An escalation is a
    /// page. An incident was declared when it was created; the times of its impact that people entered are
    /// the milestones *started*, *detected* and *mitigated*, its resolution in the timeline is *resolved*. Notes, tags, owners
    /// and sent notifications are candidates.
    ///
    /// # Traps
    ///
    /// - One payload mixes units: `createdAt` of a webhook is in milliseconds, `updatedAt` in nanoseconds.
    /// - `updatedAt` of an alert is the last change of anything: acknowledgement and end are counted from
    ///   `report`, in milliseconds since the creation. A closed alert without a report has no known end, and
    ///   the import says so.
    /// - A log does not name its alert: import the alert as well. Log and alert tell of the same things twice.
    /// - Where nobody entered when impact began or was detected, Opsgenie gives the time of declaring: then it
    ///   is a candidate and no milestone.
    /// - The webhook of an escalation policy has no time: it is left out and counted.
    /// - Opsgenie's own links need the name of the account, which exports of alerts do not have: only
    ///   incidents are linked.
    OPSGENIE: "opsgenie", "Alerts and incidents of Opsgenie", recognise, reader::json::<Opsgenie>
}

fn recognise(part: &Part<'_>) -> Confidence {
    let peek = part.peek();
    let webhook = peek.has_all(&["alert.alertId", "action"]);
    // Jira Service Management calls its lists `values`.
    let listed = ["data", "values"].iter().any(|list| {
        let has = |keys: &[&str]| keys.iter().all(|key| peek.has(&format!("{list}.{key}")));
        has(&["tinyId", "message"]) || has(&["log", "offset"]) || has(&["entries.eventTime", "entries.group"])
    });
    if webhook || listed {
        Confidence::Sure
    } else if peek.has_all(&["tinyId", "message", "createdAt"]) {
        Confidence::Possible
    } else {
        Confidence::No
    }
}

const ACTOR: &str = "Opsgenie";

#[derive(Default)]
struct Opsgenie;

impl JsonSource for Opsgenie {
    const LISTS: &'static [&'static str] = &["data", "values"];

    fn record(&mut self, record: &Record<'_>, reader: &mut Reader) -> Result<(), String> {
        let value: Value = reader.parse(record)?;
        let tree = Tree::of(&value);
        if tree.has("alert.alertId") {
            return webhook(tree, reader);
        }
        let data = if tree.has("data") { tree.at("data") } else { tree };
        if data.has("entries") {
            for entry in data.items("entries") {
                if let Err(why) = timeline(entry, reader) {
                    reader.skip(format!("entry `{}`: {why}", entry.text("id")));
                }
            }
            Ok(())
        } else if data.has("log") {
            log(data, reader)
        } else if !data.has("id") {
            Err("it is no alert and no incident: it has no `id`".into())
        } else if ["impactedServices", "impactStartDate", "links.web"].iter().any(|key| data.has(key)) {
            incident(data, reader)
        } else {
            alert(data, reader)
        }
    }
}

/// What an alert is called: its rule's name where its integration passed that on, else its message.
fn name(alert: Tree<'_>) -> String {
    let message = alert.text("message");
    let rule = alert.first(&["details.alertname", "details.alert_name"]);
    plain::first_line(if rule.is_empty() { &message } else { &rule }).to_owned()
}

fn about(alert: Tree<'_>, event: Event) -> Event {
    event
        .with("alert", name(alert))
        .with("severity", priority(alert))
        .with("service", alert.first(&["details.service", "entity"]))
        .with("region", alert.text("details.region"))
        .with("title", alert.text("message"))
        .with("fingerprint", alert.first(&["alias", "id", "alertId"]))
}

/// `Checkout errors (P1) on checkout-api`.
fn described(alert: Tree<'_>) -> String {
    let mut text = name(alert);
    let on = alert.text("entity");
    if !on.is_empty() && !text.contains(&*on) {
        text = format!("{text} on {on}");
    }
    match priority(alert).as_str() {
        "" => text,
        priority => format!("{text} ({priority})"),
    }
}

/// `P3`; older webhooks give the number alone.
fn priority(tree: Tree<'_>) -> String {
    let priority = tree.text("priority");
    if priority.len() == 1 && priority.bytes().all(|byte| byte.is_ascii_digit()) {
        format!("P{priority}")
    } else {
        priority.into_owned()
    }
}

fn fired(alert: Tree<'_>, id: &str, reader: &mut Reader) -> Result<Instant, String> {
    let at = reader.instant(&alert.text("createdAt"))?;
    let event = Event::new(own_id("opsgenie", &[id, "created"]), &at, Kind::AlertFiring);
    let mut event = about(alert, event).doing(ACTOR, format!("{} fired", described(alert)));
    let message = alert.text("message");
    if name(alert) != message {
        event = event.giving(message.into_owned());
    }
    let count = alert.text("count");
    if count.parse::<u64>().is_ok_and(|count| count > 1) {
        let until = reader.instant_if_set(&alert.text("lastOccurredAt"))?;
        event = event.with("count", count).with("until", until.map_or(String::new(), |at| at.at.to_string()));
    }
    reader.push(event);
    Ok(at)
}

fn alert(alert: Tree<'_>, reader: &mut Reader) -> Result<(), String> {
    let id = alert.text("id");
    let created = fired(alert, &id, reader)?;
    let after = |path: &str| -> Option<Instant> {
        let passed = alert.text(path).parse::<i64>().ok().filter(|passed| *passed > 0)?;
        let at = created.at.checked_add(SignedDuration::from_millis(passed)).ok()?;
        Some(Instant { at, ..created.clone() })
    };
    if let Some(at) = after("report.ackTime") {
        let who = person(&alert.text("report.acknowledgedBy"), reader);
        let event = Event::new(own_id("opsgenie", &[&id, "acknowledged"]), &at, Kind::Acknowledgement);
        reader.push(about(alert, event).doing(who, format!("Acknowledged {}", described(alert))));
    }
    if let Some(at) = after("report.closeTime") {
        let event = Event::new(own_id("opsgenie", &[&id, "closed"]), &at, Kind::AlertResolved);
        reader.push(about(alert, event).doing(ACTOR, format!("{} resolved", described(alert))));
    } else if alert.text("status") == "closed" {
        reader.import.note(format!(
            "the alert `{}` is closed, and the export does not say since when: import its log",
            name(alert)
        ));
    }
    Ok(())
}

fn webhook(tree: Tree<'_>, reader: &mut Reader) -> Result<(), String> {
    let alert = tree.at("alert");
    let (id, action) = (alert.text("alertId"), tree.text("action"));
    if action == "Create" {
        return fired(alert, &id, reader).map(|_| ());
    }
    let updated = alert.first(&["updatedAt", "insertedAt"]);
    if updated.is_empty() {
        // An escalation policy sends what it is and whom it notifies, and nothing of when.
        reader.import.leave_out(&format!("webhook of `{action}` without a time"), 1);
        reader.import.note("some webhooks of Opsgenie have no time: import the log of the alert");
        return Ok(());
    }
    let at = reader.instant(&updated)?;
    let who = person(&alert.text("username"), reader);
    let name = described(alert);
    let of = |what: &str| own_id("opsgenie", &[&id, what, &updated]);
    let (kind, id, actor, done) = match &*action {
        "Acknowledge" => (Kind::Acknowledgement, of("acknowledged"), who, format!("Acknowledged {name}")),
        "Close" => (
            Kind::AlertResolved,
            own_id("opsgenie", &[&id, "closed"]),
            ACTOR.into(),
            format!("{name} resolved"),
        ),
        "Escalate" | "EscalateNext" | "EscalateToNext" => {
            (Kind::Page, of("escalated"), who, format!("Escalated {name}"))
        }
        "UnAcknowledge" => {
            (Kind::Note, of("unacknowledged"), who, format!("Took back the acknowledgement of {name}"))
        }
        "AddNote" => (Kind::Message, of("note"), who, plain::markdown(&alert.text("note"))),
        "AssignOwnership" | "TakeOwnership" | "Assign" => {
            let owner = person(&alert.first(&["owner", "username"]), reader);
            (Kind::Note, of("owner"), who, format!("Gave {name} to {owner}"))
        }
        "Snooze" => (Kind::Note, of("snoozed"), who, format!("Snoozed {name}")),
        "UpdatePriority" => (Kind::Note, of("priority"), who, format!("Set the priority of {name}")),
        _ => {
            reader.import.leave_out(&format!("webhook of `{action}`"), 1);
            return Ok(());
        }
    };
    let event = about(alert, Event::new(id, &at, kind)).doing(actor, done);
    // A note says what its writer said of the alert; that the alert was acknowledged is said by a person too.
    reader.push(event);
    Ok(())
}

fn log(entry: Tree<'_>, reader: &mut Reader) -> Result<(), String> {
    let at = reader.instant(&entry.text("createdAt"))?;
    let text = plain::html(&entry.text("log"));
    let lower = text.to_lowercase();
    let kind = if lower.starts_with("alert acknowledged") {
        Kind::Acknowledgement
    } else if lower.starts_with("alert created") {
        Kind::AlertFiring
    } else if lower.starts_with("alert closed") {
        Kind::AlertResolved
    } else if lower.contains("escalated to") && !lower.contains("fail") {
        Kind::Page
    } else {
        Kind::Note
    };
    let by_person = matches!(kind, Kind::Acknowledgement | Kind::Note);
    let owner = entry.text("owner");
    let who = if by_person { person(&owner, reader) } else { ACTOR.to_owned() };
    let offset = entry.text("offset");
    let id = if offset.is_empty() {
        format!("{}:{}", at.at, sha256_hex(text.as_bytes(), 8))
    } else {
        offset.into_owned()
    };
    reader.push(Event::new(own_id("opsgenie", &["log", &id]), &at, kind).doing(who, text));
    Ok(())
}

fn incident(incident: Tree<'_>, reader: &mut Reader) -> Result<(), String> {
    let (id, title) = (incident.text("id"), incident.text("message"));
    let (tiny, priority) = (incident.text("tinyId"), priority(incident));
    let named = if tiny.is_empty() { "the incident".to_owned() } else { format!("incident #{tiny}") };
    let link = incident.text("links.web");
    let event = |what: &str, at: &Instant, kind| {
        Event::new(own_id("opsgenie", &[&id, what]), at, kind)
            .linked(&link, named.clone())
            .with("incident", id.clone())
            .with("severity", priority.clone())
            .with("title", title.clone())
    };
    let at = reader.instant(&incident.text("createdAt"))?;
    let action = format!("Declared {named}: {title}");
    let who = person(&incident.first(&["ownerUser", "owner"]), reader);
    let declared = if priority.is_empty() { "yes".into() } else { priority.clone() };
    reader.push(event("created", &at, Kind::Ticket).doing(who, action).with("declared", declared));
    let created = at;
    for (path, milestone, action) in [
        ("impactStartDate", Milestone::Started, "Impact began"),
        ("impactDetectDate", Milestone::Detected, "Impact was detected"),
        ("impactEndDate", Milestone::Mitigated, "Impact was over"),
    ] {
        match reader.instant_if_set(&incident.text(path)) {
            Ok(Some(at)) => {
                let action = format!("{action} ({named}: {title})");
                let event = event(&milestone.word().to_lowercase(), &at, Kind::Note).doing(ACTOR, action);
                let early = matches!(milestone, Milestone::Started | Milestone::Detected);
                let is_default = early && instants::is_default(&at, &created);
                reader.push(if is_default { event } else { event.reaching(milestone) });
            }
            Ok(None) => {}
            Err(why) => reader.skip(format!("`{path}` of {named}: {why}")),
        }
    }
    Ok(())
}

/// An entry of an incident's timeline: `IncidentCreated`, `IncidentResolved`, `NoteAdded`, …
fn timeline(entry: Tree<'_>, reader: &mut Reader) -> Result<(), String> {
    if entry.is_true("hidden") {
        reader.import.leave_out("entry that was hidden from the timeline", 1);
        return Ok(());
    }
    let at = reader.instant(&entry.text("eventTime"))?;
    let kind = entry.text("type");
    let title =
        plain::markdown(&entry.first(&["title.content", "title", "description.name", "description.title"]));
    let more =
        plain::markdown(&entry.first(&["description.content", "description.description", "description"]));
    let lower = kind.to_lowercase();
    let is_note = lower.contains("note") || lower.contains("custom");
    let title = if title.is_empty() { spaced(&kind) } else { title };
    let words = match (is_note, &*more) {
        (_, "") => title,
        (true, _) => more,
        (false, _) => format!("{title}: {more}"),
    };
    let who = match &*entry.text("actor.type") {
        "user" | "User" => person(&entry.text("actor.name"), reader),
        _ => entry.text("actor.name").into_owned(),
    };
    let event = own_id("opsgenie", &["timeline", &entry.text("id")]);
    let of = |kind| Event::new(event, &at, kind);
    let mut event = match lower.as_str() {
        "incidentcreated" => of(Kind::Ticket).with("declared", "yes"),
        "incidentresolved" => of(Kind::Note).reaching(Milestone::Resolved),
        _ if is_note => of(Kind::Message),
        _ if lower.contains("statuspage") => of(Kind::StatusUpdate),
        _ => of(Kind::Note),
    };
    let edited = reader.instant_if_set(&entry.text("lastEdit.editTime")).ok().flatten();
    event.signals.edited = edited.map(|edited| edited.at.into());
    reader.push(event.doing(who, words));
    Ok(())
}

/// `ResponderAlertCreated` as `Responder alert created`.
fn spaced(word: &str) -> String {
    let mut out = String::with_capacity(word.len() + 4);
    for c in word.chars() {
        if c.is_uppercase() && !out.is_empty() {
            out.push(' ');
            out.extend(c.to_lowercase());
        } else {
            out.push(c);
        }
    }
    out
}

/// Opsgenie knows people by their mail address; programs act as `System` or `Alert API`.
fn person(name: &str, reader: &mut Reader) -> String {
    match name {
        "" | "System" | "Alert API" => ACTOR.to_owned(),
        mail if mail.contains('@') => reader.who("", &[], mail),
        name => reader.who("", &[name], ""),
    }
}
