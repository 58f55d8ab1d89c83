//! The source `dispatch`: incidents run in Netflix's Dispatch, with their timeline.

use serde_json::Value;

use crate::evidence::event::{Event, Kind, Milestone};
use crate::evidence::identity::own_id;
use crate::evidence::json::Record;
use crate::evidence::plain;
use crate::evidence::reader::{self, JsonSource, Reader};
use crate::evidence::source::{Confidence, Part, source};
use crate::evidence::tree::Tree;

source! {
    /// # What it reads
    ///
    /// JSON of Dispatch, the incident tool of Netflix: incidents, a list or one
    /// (`/api/v1/ORGANIZATION/incidents`, `/api/v1/ORGANIZATION/incidents/ID`), and their `events` alone.
    ///
    /// # How to get it
    ///
    /// ```sh
    /// curl -s -H "Authorization: Bearer $DISPATCH_TOKEN" \
    ///   "https://dispatch.example.com/api/v1/default/incidents/$ID" > incident.json
    /// ```
    ///
    /// One incident has its timeline under `events`; in a list they may be missing.
    ///
    /// # What becomes an event
    ///
    /// The incident was declared when it was reported. When it became stable is the milestone *mitigated*;
    /// that it was closed is a candidate. Of its timeline come in: custom events and imported messages, which
    /// people put there, and what is pinned. Changes of status, severity and priority, of fields and
    /// participants, and what Dispatch did by itself are candidates.
    ///
    /// # Traps
    ///
    /// - `reported_at` is when somebody told Dispatch, which is no detection; `created_at` is the record's own.
    /// - The time of an event is `started_at`; `ended_at` is later only where it lasted.
    /// - Closing is paperwork, often days later: it is no milestone.
    /// - Old installations give times without a zone, which are UTC: say so with `--zone UTC`.
    DISPATCH: "dispatch", "Incidents of Netflix's Dispatch with their timeline", recognise, reader::json::<Dispatch>
}

fn recognise(part: &Part<'_>) -> Confidence {
    let peek = part.peek();
    let incident = ["", "items."].iter().any(|before| {
        let has = |key: &str| peek.has(&format!("{before}{key}"));
        has("reported_at") && (has("incident_type") || has("incident_priority") || has("incident_severity"))
    });
    let events = peek.has_all(&["uuid", "started_at", "ended_at", "source", "description"]);
    match (incident, events) {
        (true, _) => Confidence::Sure,
        (false, true) => Confidence::Possible,
        _ => Confidence::No,
    }
}

#[derive(Default)]
struct Dispatch;

const ACTOR: &str = "Dispatch";

impl JsonSource for Dispatch {
    const LISTS: &'static [&'static str] = &["items"];

    fn record(&mut self, record: &Record<'_>, reader: &mut Reader) -> Result<(), String> {
        let value: Value = reader.parse(record)?;
        let tree = Tree::of(&value);
        if tree.has("reported_at") || tree.has("incident_type") {
            return incident(tree, reader);
        }
        if tree.has("uuid") {
            return timeline(tree, &|event| event, reader);
        }
        Err("it is no incident and no event of one: it has neither `reported_at` nor `uuid`".into())
    }
}

fn incident(incident: Tree<'_>, reader: &mut Reader) -> Result<(), String> {
    let (name, title) = (incident.text("name"), incident.text("title"));
    let severity = incident.text("incident_severity.name");
    let link = incident.first(&["ticket.weblink", "incident_document.weblink"]);
    let about = |event: Event| {
        event
            .linked(&link, name.clone())
            .with("incident", name.clone())
            .with("title", title.clone())
            .with("severity", severity.clone())
    };
    let id = incident.first(&["name", "id"]);
    let at = reader.instant(&incident.first(&["reported_at", "created_at"]))?;
    // Older installations name the person without the part that they had.
    let reporter = if incident.has("reporter.individual") { "reporter.individual" } else { "reporter" };
    let who = person(incident.at(reporter), reader);
    let shown = if severity.is_empty() { String::new() } else { format!(" ({severity})") };
    let declared = Event::new(own_id("dispatch", &[&id, "reported"]), &at, Kind::Ticket)
        .doing(who, format!("Declared {name} \"{title}\"{shown}"))
        .with("declared", if severity.is_empty() { "yes".into() } else { severity.clone() });
    reader.push(about(declared));
    for (path, what, milestone) in
        [("stable_at", "Stable", Some(Milestone::Mitigated)), ("closed_at", "Closed", None)]
    {
        match reader.instant_if_set(&incident.text(path)) {
            Ok(None) => {}
            Err(why) => reader.skip(format!("`{path}` of {name}: {why}")),
            Ok(Some(at)) => {
                let event = Event::new(own_id("dispatch", &[&id, path]), &at, Kind::Ticket)
                    .doing(ACTOR, format!("{what}: {name} \"{title}\""));
                reader.push(about(match milestone {
                    Some(milestone) => event.reaching(milestone),
                    None => event.giving(plain::markdown(&incident.text("resolution"))),
                }));
            }
        }
    }
    for event in incident.items("events") {
        if let Err(why) = timeline(event, &about, reader) {
            reader.skip(format!("event `{}` of {name}: {why}", event.text("uuid")));
        }
    }
    Ok(())
}

fn timeline(event: Tree<'_>, about: &dyn Fn(Event) -> Event, reader: &mut Reader) -> Result<(), String> {
    let at = reader.instant(&event.text("started_at"))?;
    let text = plain::markdown(&event.text("description"));
    let by_people = matches!(&*event.text("type"), "Custom event" | "Imported message");
    let kind = match &*event.text("type") {
        _ if by_people => Kind::Message,
        "Assessment updated" => Kind::Ticket,
        _ => Kind::Note,
    };
    let owner = event.text("owner");
    let source = event.text("source");
    let who = match &*owner {
        "" if event.has("individual") => person(event.at("individual"), reader),
        "" if source.is_empty() => ACTOR.to_owned(),
        "" => source.into_owned(),
        owner => reader.who("", &[owner], ""),
    };
    let id = own_id("dispatch", &["event", &event.text("uuid")]);
    let mut told = about(Event::new(id, &at, kind)).doing(who, text);
    told.signals.pinned = by_people || event.is_true("pinned");
    if let Some(until) = reader.instant_if_set(&event.text("ended_at"))?.filter(|until| until.at > at.at) {
        told = told.with("until", until.at.to_string());
    }
    reader.push(told);
    Ok(())
}

fn person(person: Tree<'_>, reader: &mut Reader) -> String {
    let who = reader.who("", &[&person.text("name")], &person.text("email"));
    if who.is_empty() { ACTOR.to_owned() } else { who }
}
