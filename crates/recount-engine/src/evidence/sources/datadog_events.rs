//! The source `datadog-events`: Datadog's event stream with the alerts of monitors in it.

use std::sync::LazyLock;

use regex::Regex;
use serde_json::Value;

use crate::evidence::derive;
use crate::evidence::event::{Event, Kind};
use crate::evidence::identity::{hashed_id, own_id};
use crate::evidence::json::Record;
use crate::evidence::phrases;
use crate::evidence::reader::{self, JsonSource, Reader};
use crate::evidence::source::{Confidence, Part, source};
use crate::evidence::tree::Tree;

source! {
    /// # What it reads
    ///
    /// Datadog's events as JSON:
    ///
    /// - lists of the API version 1 (`/api/v1/events`) and version 2 (`/api/v2/events`), and single events;
    /// - webhook payloads as Datadog suggests them (`title`, `date`, `event_type`, `id`), with the variables
    ///   `$ALERT_TRANSITION`, `$PRIORITY`, `$TAGS` and `$LINK` where you added them under `alert_transition`,
    ///   `priority`, `tags` and `link`; and shorter ones that have `alert_id`, `alert_transition` and a time.
    ///
    /// # How to get it
    ///
    /// ```sh
    /// curl -s -G https://api.datadoghq.com/api/v2/events \
    ///   -H "DD-API-KEY: $DD_API_KEY" -H "DD-APPLICATION-KEY: $DD_APP_KEY" \
    ///   --data-urlencode 'filter[from]=2026-11-20T12:00:00Z' \
    ///   --data-urlencode 'filter[to]=2026-11-20T18:00:00Z' \
    ///   -d 'page[limit]=1000' > events.json
    /// ```
    ///
    /// Use your own site (`api.datadoghq.eu`, `api.us3.datadoghq.com`, …), and `filter[query]` where the
    /// stream is busy: `source:alert`, `service:checkout`.
    ///
    /// # What becomes an event
    ///
    /// A monitor that triggers, warns or has no data is an alert that fires; one that recovers is an alert
    /// that is resolved. The alert's name is the monitor's, its instance the monitor and the group. An event
    /// whose title says so is a deploy, rollback, configuration change or scaling, as is an event of the
    /// category `change`. All others are notes. Service, region, environment and version come from the tags.
    ///
    /// # Traps
    ///
    /// - `date_happened` is in seconds, `timestamp` of version 2 and `date` of webhooks in milliseconds.
    /// - A monitor tells again and again that it fires (`Re-Triggered`): these are alerts that fire again, and
    ///   the timeline folds them.
    /// - Version 1 knows an event by a number of 19 digits, which some programs round when they save it:
    ///   `id_str` is preferred. Version 2 has an ID of its own and the same number inside.
    /// - Links in version 1 lack the site. The address of the monitor is taken from the text where it is there.
    DATADOG_EVENTS: "datadog-events", "Events and monitor alerts of Datadog", recognise, reader::json::<DatadogEvents>
}

fn recognise(part: &Part<'_>) -> Confidence {
    let peek = part.peek();
    let first = ["", "events.", "event."].iter().any(|before| {
        peek.has(&format!("{before}date_happened")) && peek.has(&format!("{before}alert_type"))
    });
    let second = peek.value("data.type") == Some("event") && peek.has("data.attributes.attributes")
        || peek.has_all(&["data.attributes.attributes.evt.id", "data.attributes.timestamp"]);
    let webhook = peek.has_all(&["event_type", "title", "date", "org.id", "org.name"])
        || (peek.has_all(&["alert_id", "alert_transition"]) && HOOK_TIMES.iter().any(|time| peek.has(time)));
    if first || second || webhook { Confidence::Sure } else { Confidence::No }
}

/// Where the time of a webhook stands that a team wrote by itself.
const HOOK_TIMES: &[&str] = &["date", "last_updated", "date_happened", "timestamp"];

#[derive(Default)]
struct DatadogEvents;

/// What the three forms have in common.
struct Happening<'a> {
    id: String,
    time: String,
    title: String,
    text: String,
    tags: Vec<String>,
    /// `error`, `warning`, `success`, …
    level: String,
    /// `P1`, where a monitor has a priority.
    priority: String,
    monitor: String,
    monitor_id: String,
    group: String,
    transition: String,
    host: String,
    source: String,
    link: String,
    tree: Tree<'a>,
}

impl JsonSource for DatadogEvents {
    const LISTS: &'static [&'static str] = &["events", "data"];

    fn record(&mut self, record: &Record<'_>, reader: &mut Reader) -> Result<(), String> {
        let value: Value = reader.parse(record)?;
        let tree = Tree::of(&value);
        let happening = if tree.has("attributes.attributes") {
            second(tree)
        } else if tree.has("data.attributes.attributes") {
            second(tree.at("data"))
        } else if tree.has("event.date_happened") {
            first(tree.at("event"))
        } else if tree.has("date_happened") {
            first(tree)
        } else if (tree.has("event_type") && tree.has("date")) || tree.has("alert_transition") {
            webhook(tree)
        } else {
            return Err(
                "it is no event: it has no time that is known (`date_happened`, `timestamp`, `date`)".into(),
            );
        };
        told(&happening, reader)
    }
}

fn tags(tree: Tree<'_>, path: &str) -> Vec<String> {
    let joined = tree.text(path);
    // Webhooks give one text, the API a list.
    let split = joined.split(',').map(|tag| tag.trim().to_owned()).filter(|tag| !tag.is_empty());
    split.chain(tree.items(path).map(|tag| tag.as_text().into_owned())).collect()
}

fn first(event: Tree<'_>) -> Happening<'_> {
    Happening {
        id: event.first(&["id_str", "id"]).into_owned(),
        time: event.text("date_happened").into_owned(),
        title: event.text("title").into_owned(),
        text: event.text("text").into_owned(),
        tags: tags(event, "tags"),
        level: event.text("alert_type").into_owned(),
        priority: String::new(),
        monitor: String::new(),
        monitor_id: event.text("monitor_id").into_owned(),
        group: String::new(),
        transition: String::new(),
        host: event.text("host").into_owned(),
        source: event.first(&["source_type_name", "source"]).into_owned(),
        link: event.text("url").into_owned(),
        tree: event,
    }
}

fn second(event: Tree<'_>) -> Happening<'_> {
    let inner = event.at("attributes.attributes");
    let mut tags = tags(event, "attributes.tags");
    tags.extend(self::tags(inner, "tags"));
    if inner.has("service") {
        tags.push(format!("service:{}", inner.text("service")));
    }
    let evt = inner.at("evt");
    Happening {
        id: [evt.text("id"), event.text("id")]
            .into_iter()
            .find(|id| !id.is_empty())
            .unwrap_or_default()
            .into_owned(),
        time: [inner.text("timestamp"), event.text("attributes.timestamp"), inner.text("date_happened")]
            .into_iter()
            .find(|time| !time.is_empty())
            .unwrap_or_default()
            .into_owned(),
        title: inner.first(&["title", "evt.name"]).into_owned(),
        text: event.text("attributes.message").into_owned(),
        tags,
        level: inner.text("status").into_owned(),
        priority: inner.text("monitor.priority").into_owned(),
        monitor: inner.first(&["monitor.templated_name", "monitor.name"]).into_owned(),
        monitor_id: inner.text("monitor.id").into_owned(),
        group: inner.joined("monitor_groups", ""),
        transition: inner.text("monitor.transition.trans_name").into_owned(),
        host: inner.text("hostname").into_owned(),
        source: inner.first(&["source_type_name", "sourcecategory"]).into_owned(),
        link: String::new(),
        tree: inner,
    }
}

fn webhook(event: Tree<'_>) -> Happening<'_> {
    Happening {
        id: event.text("id").into_owned(),
        time: event.first(HOOK_TIMES).into_owned(),
        title: event.first(&["title", "event_title", "alert_title"]).into_owned(),
        text: event.first(&["body", "event_msg", "message"]).into_owned(),
        tags: tags(event, "tags"),
        level: event.text("alert_type").into_owned(),
        priority: event.first(&["alert_priority", "priority"]).into_owned(),
        monitor: event.text("alert_title").into_owned(),
        monitor_id: event.text("alert_id").into_owned(),
        group: event.text("alert_scope").into_owned(),
        transition: event.text("alert_transition").into_owned(),
        host: event.first(&["hostname", "host"]).into_owned(),
        source: event.text("event_type").into_owned(),
        link: event.first(&["link", "url"]).into_owned(),
        tree: event,
    }
}

/// `[P1] [Triggered on {host:web-1}] Checkout errors`: priority, transition, group, name.
static TITLE: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(
        r"^(?:\[(?P<priority>P[1-5])\] ?)?\[(?P<transition>(?:Re-?)?(?:Triggered|Alert|Warn(?:ing)?|No Data|Recovered|OK|Resolved|notify)[^\]{]*?)(?: on \{(?P<group>[^}]*)\})?\] ?(?P<name>.+)$",
    )
    // A pattern of this file, compiled by every test of it.
    .expect("a pattern of this file")
});

fn told(happening: &Happening<'_>, reader: &mut Reader) -> Result<(), String> {
    let at = reader.instant(&happening.time)?;
    // What a program sends to Datadog has no ID yet, nor has a webhook that a team wrote without one.
    let id = if happening.id.is_empty() {
        let whose = [&*happening.monitor_id, &*happening.transition, &*happening.host].join(" ");
        hashed_id("datadog", at.at, &whose, &happening.title)
    } else {
        own_id("datadog", &[&happening.id])
    };
    let tag = |name: &str| {
        let found = happening.tags.iter().filter_map(|tag| tag.split_once(':')).find(|(key, _)| *key == name);
        found.map(|(_, value)| value.to_owned()).unwrap_or_default()
    };
    let title = TITLE.captures(&happening.title);
    let of_title = |name: &str| {
        title
            .as_ref()
            .and_then(|found| found.name(name))
            .map(|found| found.as_str().trim())
            .unwrap_or_default()
    };
    let or = |given: &str, else_: &str| if given.is_empty() { else_.to_owned() } else { given.to_owned() };
    let transition = or(&happening.transition, of_title("transition")).to_lowercase();
    let name = or(&happening.monitor, &or(of_title("name"), &happening.title));
    let group = or(&happening.group, of_title("group"));
    let is_warning = transition.contains("warn") || happening.level.starts_with("warn");
    let priority = or(&happening.priority, of_title("priority"));
    let priority = if priority.len() == 1 { format!("P{priority}") } else { priority };
    let priority = Some(priority).filter(|text| text.starts_with('P')).unwrap_or_default();

    let over = ["recovered", "ok", "resolved"].iter().any(|word| transition.starts_with(word));
    let (kind, action) = if !transition.is_empty() || !happening.monitor.is_empty() {
        let of = if group.is_empty() { name.clone() } else { format!("{name} ({group})") };
        if over || (transition.is_empty() && matches!(happening.level.as_str(), "success" | "ok")) {
            (Kind::AlertResolved, format!("{of} recovered"))
        } else if transition.contains("no data") {
            (Kind::AlertFiring, format!("{of} has no data"))
        } else {
            let again = if transition.starts_with("re") { " again" } else { "" };
            (Kind::AlertFiring, format!("{of} fired{again}{}", if is_warning { " (warning)" } else { "" }))
        }
    } else {
        (change(happening), happening.title.clone())
    };
    let is_alert = matches!(kind, Kind::AlertFiring | Kind::AlertResolved);
    let severity = match (is_alert, is_warning) {
        (true, true) => "warning".to_owned(),
        (true, false) => or(&priority, &tag("severity")),
        _ => String::new(),
    };
    let text = happening.text.replace("%%%", "");
    let monitor = derive::urls(&text).find(|url| url.contains("/monitors")).unwrap_or("");
    let link = if happening.link.starts_with("http") { &happening.link } else { monitor };
    let author = happening.tree.first(&["author.name", "user"]);
    let actor = if author.is_empty() {
        or(Some(&*happening.source).filter(|_| !is_alert).unwrap_or(""), "Datadog")
    } else {
        reader.who("", &[&author], "")
    };
    let mut event = Event::new(id, &at, kind)
        .doing(actor, action)
        .linked(link, if link.contains("/monitors") { "monitor" } else { "event" })
        .with("service", tag("service"))
        .with("region", tag("region"))
        .with("environment", tag("env"))
        .with("version", tag("version"))
        .with("host", happening.host.clone())
        .with("severity", severity);
    if is_alert {
        let instance = [happening.monitor_id.as_str(), &group].join(" ");
        let instance = if happening.monitor_id.is_empty() { format!("{name} {group}") } else { instance };
        event = event.with("alert", name).with("fingerprint", instance.trim().to_owned());
    }
    // Version 1 folds events with the same key.
    let times: Vec<i64> = happening
        .tree
        .items("children")
        .filter_map(|child| child.text("date_happened").parse().ok())
        .collect();
    if let Some(last) = times.iter().max().filter(|_| times.len() > 1) {
        let until = reader.instant(&last.to_string()).map(|until| until.at.to_string()).unwrap_or_default();
        event = event.with("count", times.len().to_string()).with("until", until);
    }
    reader.push(event);
    Ok(())
}

/// What kind of change an event that is no alert tells of, if it does.
fn change(happening: &Happening<'_>) -> Kind {
    let category = happening.tree.text("evt.category");
    let title = phrases::reported(&happening.title).map(|(kind, _)| kind).filter(|kind| kind.is_change());
    let subject = || phrases::subject(&happening.title).flatten();
    title.or_else(subject).unwrap_or(match &*category {
        "change" => Kind::ConfigChange,
        _ => Kind::Note,
    })
}
