//! The source `statuspage`: what customers were told on an Atlassian Statuspage.

use serde_json::Value;

use crate::evidence::event::{Event, Kind};
use crate::evidence::identity::own_id;
use crate::evidence::json::{Peek, Record};
use crate::evidence::plain;
use crate::evidence::reader::{self, JsonSource, Reader};
use crate::evidence::source::{Confidence, HEAD, Part, source};
use crate::evidence::tree::Tree;

source! {
    /// # What it reads
    ///
    /// Incidents and scheduled maintenances of an Atlassian Statuspage as JSON:
    ///
    /// - what every page shows to everybody: `/api/v2/incidents.json`, `/api/v2/incidents/unresolved.json`,
    ///   `/api/v2/scheduled-maintenances.json`, `/api/v2/summary.json`;
    /// - the same from the management API (`/v1/pages/PAGE/incidents`), as a list or one incident;
    /// - webhook payloads of incidents and of components, one or several, also one a line.
    ///
    /// # How to get it
    ///
    /// ```sh
    /// curl -s https://status.example.com/api/v2/incidents.json > statuspage.json
    /// ```
    ///
    /// That is the last fifty incidents, without signing in. Older ones come from the management API:
    ///
    /// ```sh
    /// curl -s -H "Authorization: OAuth $STATUSPAGE_API_KEY" \
    ///   'https://api.statuspage.io/v1/pages/PAGE/incidents?limit=100&page=2' > statuspage.json
    /// ```
    ///
    /// Give `--from` and `--to`, or name the one incident: a page holds years.
    ///
    /// # What becomes an event
    ///
    /// Each update of an incident or a maintenance is a status update at the time that the page shows for it
    /// (`display_at`), with the components that it set as its result, linked to the incident on the page. The
    /// announcement of a maintenance and a published postmortem are candidates. A component that a webhook
    /// reports is a status update of its own. A status page says what customers were told: its `resolved` is
    /// no milestone by itself.
    ///
    /// # Traps
    ///
    /// - `created_at` is when an update was written, `updated_at` when it was last edited, and neither is what
    ///   readers of the page see: authors may set `display_at` back. Where the two differ by more than a
    ///   minute, the time of writing stays with the event as `posted`.
    /// - An incident that was written afterwards (`backfilled`) has times that somebody remembered: the import
    ///   says so.
    /// - Updates come newest first, and webhooks repeat all earlier ones: each is taken once, by its own ID.
    /// - Nobody is named: the actor is `Statuspage`.
    STATUSPAGE: "statuspage", "Incidents and maintenances of an Atlassian Statuspage", recognise, reader::json::<Statuspage>
}

fn recognise(part: &Part<'_>) -> Confidence {
    let peek = part.peek();
    let updates = ["", "incident.", "incidents.", "scheduled_maintenances."].iter().any(|before| {
        let has = |key: &str| peek.has(&format!("{before}{key}"));
        has("incident_updates.display_at") || (has("shortlink") && has("impact") && has("scheduled_for"))
    });
    let components = peek.has_all(&["component_update.new_status", "component_update.component_id"]);
    let summary = peek.has_all(&["page.time_zone", "page.url"])
        && [
            "components.showcase",
            "components.group_id",
            "incidents",
            "scheduled_maintenances",
            "status.indicator",
        ]
        .iter()
        .any(|key| peek.has(key));
    if updates || components || summary { Confidence::Sure } else { Confidence::No }
}

/// Who posts: the page names nobody.
const ACTOR: &str = "Statuspage";

#[derive(Default)]
struct Statuspage {
    /// The address of the page, from the envelope of the part.
    page: String,
}

impl JsonSource for Statuspage {
    const LISTS: &'static [&'static str] = &["incidents", "scheduled_maintenances"];

    fn begin(&mut self, bytes: &[u8], _: &mut Reader) {
        let peek = Peek::of(&bytes[..bytes.len().min(HEAD)]);
        peek.value("page.url").unwrap_or("").trim_end_matches('/').clone_into(&mut self.page);
    }

    fn record(&mut self, record: &Record<'_>, reader: &mut Reader) -> Result<(), String> {
        let value: Value = reader.parse(record)?;
        let tree = Tree::of(&value);
        let component = tree.at("component_update");
        if component.has("new_status") {
            return self.component(tree, component, reader);
        }
        let incident = if tree.has("incident") { tree.at("incident") } else { tree };
        if !incident.has("id") {
            if tree.has("page") {
                reader.import.leave_out("page without an incident", 1);
                return Ok(());
            }
            return Err("it is no incident: it has no `id`".into());
        }
        self.incident(incident, reader)
    }
}

impl Statuspage {
    fn incident(&self, incident: Tree<'_>, reader: &mut Reader) -> Result<(), String> {
        let (id, name) = (incident.text("id"), incident.text("name"));
        if incident.is_true("backfilled") {
            reader.import.note(format!(
                "the incident `{name}` was put on the status page afterwards: its times are those that somebody remembered"
            ));
        }
        let link = self.link(incident);
        let mut any = false;
        for one in incident.items("incident_updates") {
            any = true;
            if let Err(why) = update(incident, one, &link, reader) {
                reader.skip(format!("update `{}` of `{id}`: {why}", one.text("id")));
            }
        }
        if any {
            return Ok(());
        }
        // Without its updates an incident has only its own times.
        let at = reader.instant(&incident.first(&["started_at", "created_at"]))?;
        let action = format!("Opened \"{name}\" on the status page");
        let opened = Event::new(own_id("statuspage", &[&id, "opened"]), &at, Kind::StatusUpdate);
        reader.push(told(incident, opened.doing(ACTOR, action), &link));
        if let Some(at) = reader.instant_if_set(&incident.text("resolved_at"))? {
            let action = format!("Set \"{name}\" to resolved on the status page");
            let resolved = Event::new(own_id("statuspage", &[&id, "resolved"]), &at, Kind::StatusUpdate);
            reader.push(told(incident, resolved.doing(ACTOR, action), &link));
        }
        Ok(())
    }

    /// The incident as customers see it: the page's own address where the export names it, else the short
    /// link that leads there.
    fn link(&self, incident: Tree<'_>) -> String {
        if self.page.is_empty() {
            incident.text("shortlink").into_owned()
        } else {
            format!("{}/incidents/{}", self.page, incident.text("id"))
        }
    }

    fn component(&self, tree: Tree<'_>, update: Tree<'_>, reader: &mut Reader) -> Result<(), String> {
        let at = reader.instant(&update.text("created_at"))?;
        let name = tree.text("component.name");
        let action = format!("Set {name} to {} on the status page", plain::words(&update.text("new_status")));
        let id = own_id("statuspage", &[&update.first(&["component_id", "id"]), &update.text("id")]);
        let event = Event::new(id, &at, Kind::StatusUpdate)
            .doing(ACTOR, action)
            .giving(change(&name, &update.text("old_status"), &update.text("new_status")))
            .with("components", name)
            .linked(&self.page, "status page");
        reader.push(event);
        Ok(())
    }
}

fn update(incident: Tree<'_>, update: Tree<'_>, link: &str, reader: &mut Reader) -> Result<(), String> {
    let at = reader.instant(&update.first(&["display_at", "created_at"]))?;
    let status = update.text("status");
    let kind = match &*status {
        "scheduled" | "postmortem" => Kind::Note,
        _ => Kind::StatusUpdate,
    };
    let name = incident.text("name");
    let said = plain::markdown(&update.text("body"));
    let id = own_id("statuspage", &[&incident.text("id"), &update.text("id")]);
    let what = match &*status {
        "postmortem" => format!("Published a postmortem of \"{name}\" on the status page"),
        "scheduled" => format!("Announced the maintenance \"{name}\" on the status page"),
        _ => format!("Status page, {}: \"{name}\"", plain::words(&status)),
    };
    let action = if said.is_empty() || &*status == "postmortem" { what } else { format!("{what}. {said}") };
    let mut event = Event::new(id, &at, kind).doing(ACTOR, action).giving(changes(update));
    if let Some(posted) = reader.instant_if_set(&update.text("created_at"))? {
        if posted.at.duration_since(at.at).abs().as_secs() > 60 {
            event = event.with("posted", posted.at.to_string());
        }
        let edited = reader.instant_if_set(&update.text("updated_at"))?.map(|edited| edited.at);
        // The page's own keeping of records touches an update within the second that made it.
        event.signals.edited = edited
            .filter(|edited| edited.duration_since(posted.at).as_secs() > 1 && *edited > at.at)
            .map(Into::into);
    }
    reader.push(told(incident, event.with("status", status), link));
    Ok(())
}

fn told(incident: Tree<'_>, event: Event, link: &str) -> Event {
    event
        .linked(link, "status page")
        .with("title", incident.text("name"))
        .with("impact", incident.text("impact").replace("none", ""))
        .with("components", incident.joined("components", "name"))
}

/// What an update made of the components: `Checkout: operational → major outage; …`.
fn changes(update: Tree<'_>) -> String {
    let changes: Vec<String> = update
        .items("affected_components")
        .map(|one| change(&one.text("name"), &one.text("old_status"), &one.text("new_status")))
        .filter(|text| !text.is_empty())
        .collect();
    changes.join("; ")
}

fn change(name: &str, old: &str, new: &str) -> String {
    if old == new || new.is_empty() {
        return String::new();
    }
    format!("{name}: {} → {}", plain::words(old), plain::words(new))
}
