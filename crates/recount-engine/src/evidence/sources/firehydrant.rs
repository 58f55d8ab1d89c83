//! The source `firehydrant`: incidents run in FireHydrant, with their milestones and timeline.

use serde_json::Value;

use crate::evidence::event::{Event, Kind, Milestone};
use crate::evidence::identity::own_id;
use crate::evidence::instants;
use crate::evidence::json::Record;
use crate::evidence::phrases;
use crate::evidence::plain;
use crate::evidence::reader::{self, JsonSource, Reader};
use crate::evidence::source::{Confidence, Part, source};
use crate::evidence::tree::Tree;

source! {
    /// # What it reads
    ///
    /// JSON of FireHydrant:
    ///
    /// - incidents, a list or one (`/v1/incidents`, `/v1/incidents/ID`), with their milestones;
    /// - the timeline of an incident (`/v1/incidents/ID/events`);
    /// - webhook payloads of incidents.
    ///
    /// # How to get it
    ///
    /// ```sh
    /// curl -s -H "Authorization: Bearer $FIREHYDRANT_KEY" \
    ///   "https://api.firehydrant.io/v1/incidents/$INCIDENT" > incident.json
    /// curl -s -H "Authorization: Bearer $FIREHYDRANT_KEY" \
    ///   "https://api.firehydrant.io/v1/incidents/$INCIDENT/events?per_page=200" > events.json
    /// ```
    ///
    /// Put both into a folder and give that: the timeline names its incident by ID alone, and is linked where
    /// the incident is beside it. It comes in pages: `&page=2` and so on while there is a next one.
    ///
    /// # What becomes an event
    ///
    /// The incident was declared when it was created. Each of its milestones is an event when it occurred:
    /// *started*, *detected*, *acknowledged*, *mitigated* and *resolved* are ours by the same name, those that
    /// a team added count where their name means one, and others (*investigating*, *identified*, *closed*) are
    /// candidates. A note comes in, because somebody wrote it for the timeline; one for the public is a
    /// status update. A message of the channel comes in where it states an action or a milestone. Roles,
    /// tasks, tickets, impact and linked alerts are candidates.
    ///
    /// # Traps
    ///
    /// - `occurred_at` is when it happened, `created_at` when somebody entered it.
    /// - Until somebody corrects it, *started* is when the incident was declared, not when impact began: then
    ///   it is a candidate and no milestone.
    /// - A milestone that was skipped has no time, and is no event.
    /// - Milestones are corrected afterwards: of two exports the one changed last counts.
    FIREHYDRANT: "firehydrant", "Incidents of FireHydrant with milestones and timeline", recognise, reader::json::<FireHydrant>
}

fn recognise(part: &Part<'_>) -> Confidence {
    let peek = part.peek();
    let incident = ["", "data.", "data.incident."].iter().any(|before| {
        let has = |key: &str| peek.has(&format!("{before}{key}"));
        let own = has("current_milestone") || has("incident_url") || has("customer_impact_summary");
        own && ["milestones", "lifecycle_phases", "severity_color", "private_id"].iter().any(|key| has(key))
    });
    let timeline = ["", "data."].iter().any(|before| {
        ["incident_id", "occurred_at", "visibility", "type"]
            .iter()
            .all(|key| peek.has(&format!("{before}{key}")))
    });
    if incident || timeline { Confidence::Sure } else { Confidence::No }
}

const ACTOR: &str = "FireHydrant";

/// The detail that holds the ID of an incident until the incident itself is known.
const OF: &str = "incident-id";

#[derive(Default)]
struct FireHydrant {
    /// The incidents of the import: ID, name, page.
    known: Vec<(String, String, String)>,
}

impl JsonSource for FireHydrant {
    const LISTS: &'static [&'static str] = &["data"];

    fn record(&mut self, record: &Record<'_>, reader: &mut Reader) -> Result<(), String> {
        let value: Value = reader.parse(record)?;
        let tree = Tree::of(&value);
        let tree = if tree.has("data.incident") {
            tree.at("data.incident")
        } else if tree.has("incident_id") || !tree.has("data.id") {
            tree
        } else {
            tree.at("data")
        };
        if tree.has("incident_id") {
            timeline(tree, reader)
        } else if tree.has("id") {
            self.incident(tree, reader)
        } else {
            Err("it is no incident and no event of one: it has no `id`".into())
        }
    }

    fn finish(&mut self, reader: &mut Reader) {
        for event in &mut reader.import.events {
            let id = event.details.get(OF).cloned().unwrap_or_default();
            let Some((_, name, link)) = self.known.iter().find(|(known, ..)| *known == id) else { continue };
            event.details.remove(OF);
            event.details.insert("incident".into(), name.clone());
            if event.link.is_none() {
                *event = event.clone().linked(link, name.clone());
            }
        }
    }
}

impl FireHydrant {
    fn incident(&mut self, incident: Tree<'_>, reader: &mut Reader) -> Result<(), String> {
        let (id, title) = (incident.text("id"), incident.text("name"));
        let number = incident.text("number");
        let name = if number.is_empty() { "the incident".to_owned() } else { format!("#{number}") };
        let link = incident.text("incident_url");
        self.known.push((id.clone().into_owned(), name.clone(), link.clone().into_owned()));
        // A webhook tells more of the severity than its name.
        let severity = incident.first(&["severity", "severity.slug"]);
        let about = |event: Event| {
            event
                .linked(&link, name.clone())
                .with("incident", name.clone())
                .with("title", title.clone())
                .with("severity", severity.clone())
                .with("service", incident.joined("services", "name"))
        };
        let at = reader.instant(&incident.text("created_at"))?;
        let shown = if severity.is_empty() { String::new() } else { format!(" ({severity})") };
        let who = author(incident.at("created_by"), reader);
        let declared = Event::new(own_id("firehydrant", &[&id, "created"]), &at, Kind::Ticket)
            .doing(who, format!("Declared {name} \"{title}\"{shown}"))
            .with("declared", if severity.is_empty() { "yes".into() } else { severity.clone() });
        reader.push(about(declared));

        let created = at;
        let mut milestones: Vec<Tree<'_>> = incident.items("milestones").collect();
        if milestones.is_empty() {
            milestones =
                incident.items("lifecycle_phases").flat_map(|phase| phase.items("milestones")).collect();
        }
        for milestone in milestones {
            let kind = milestone.first(&["type", "slug", "id"]);
            let at = match reader.instant_if_set(&milestone.text("occurred_at")) {
                Ok(Some(at)) => at,
                Ok(None) => continue,
                Err(why) => {
                    reader.skip(format!("milestone `{kind}` of {name}: {why}"));
                    continue;
                }
            };
            let event = Event::new(own_id("firehydrant", &[&id, "milestone", &kind]), &at, Kind::Note);
            let words = capital(&plain::words(&kind));
            let mut event = event.doing(ACTOR, format!("{words}: {name} \"{title}\""));
            if let Some(reached) = phrases::recorded(&kind) {
                let early = matches!(reached, Milestone::Started | Milestone::Detected);
                if !(early && instants::is_default(&at, &created)) {
                    event = event.reaching(reached);
                }
            }
            let edited = reader.instant_if_set(&milestone.text("updated_at")).ok().flatten();
            event.signals.edited = edited.map(|edited| edited.at.into());
            reader.push(about(event));
        }
        Ok(())
    }
}

/// An event of an incident's timeline. What it holds differs by its type.
fn timeline(event: Tree<'_>, reader: &mut Reader) -> Result<(), String> {
    let at = reader.instant(&event.first(&["occurred_at", "created_at"]))?;
    let (id, kind) = (event.text("id"), event.text("type"));
    let data = event.at("data");
    let text = plain::markdown(&data.first(&[
        "body",
        "markdown",
        "message",
        "text",
        "summary",
        "description",
        "content",
    ]));
    let named = data.first(&[
        "alert.summary",
        "task.title",
        "ticket.summary",
        "ticket.name",
        "role.name",
        "incident_role.name",
        "team.name",
        "impact.name",
        "title",
        "name",
        "status",
    ]);
    let or_named = |what: &str| match (&*text, &*named) {
        ("", "") => String::new(),
        ("", named) => format!("{what}: {named}"),
        (text, _) => format!("{what}: {text}"),
    };
    let is_public = event.text("visibility") == "open_to_public";
    let (kind, action) = match &*kind {
        "note" if is_public => (Kind::StatusUpdate, text),
        "note" | "chat_message" | "generic_chat_message" => (Kind::Message, text),
        "alert_linked" => (Kind::Note, or_named("Linked the alert")),
        "changelog_entry" | "change_type" => {
            let kind = phrases::subject(&text).flatten().unwrap_or(Kind::Note);
            (kind, if text.is_empty() { named.into_owned() } else { text })
        }
        "incident_status" => (Kind::Ticket, or_named("Set the incident to")),
        "root_cause" => (Kind::Note, or_named("Root cause")),
        other => (Kind::Note, or_named(&capital(&plain::words(other)))),
    };
    if action.is_empty() {
        reader.import.leave_out(&format!("event of the type `{}` without a text", event.text("type")), 1);
        return Ok(());
    }
    let who = author(event.at("author"), reader);
    let mut told = Event::new(own_id("firehydrant", &["event", &id]), &at, kind)
        .doing(who, action)
        .with(OF, event.text("incident_id"));
    told.signals.pinned = event.text("type") == "note";
    told.signals.bot = event.text("author.source").contains("bot");
    reader.push(told);
    Ok(())
}

fn capital(words: &str) -> String {
    let mut chars = words.chars();
    chars.next().map_or_else(String::new, |first| first.to_uppercase().chain(chars).collect())
}

fn author(author: Tree<'_>, reader: &mut Reader) -> String {
    let who = reader.who(&author.text("id"), &[&author.text("name")], &author.text("email"));
    if who.is_empty() { ACTOR.to_owned() } else { who }
}
