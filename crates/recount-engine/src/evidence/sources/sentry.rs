//! The source `sentry`: issues, events, alerts, releases and deploys.

use serde_json::Value;

use crate::document::counted;
use crate::evidence::event::{Event, Kind};
use crate::evidence::identity::{own_id, sha256_hex};
use crate::evidence::instants::Instant;
use crate::evidence::json::Record;
use crate::evidence::plain;
use crate::evidence::reader::{self, JsonSource, Reader};
use crate::evidence::source::{Confidence, Part, source};
use crate::evidence::tree::Tree;

source! {
    /// # What it reads
    ///
    /// JSON of Sentry, hosted or your own:
    ///
    /// - issues, a list or one with its activity (`/api/0/projects/ORG/PROJECT/issues/`,
    ///   `/api/0/organizations/ORG/issues/ID/`);
    /// - events of an issue (`/api/0/organizations/ORG/issues/ID/events/`);
    /// - releases and deploys (`/api/0/organizations/ORG/releases/`, `…/releases/VERSION/deploys/`);
    /// - webhook payloads of integrations (issues, issue alerts, metric alerts, comments) and those of the
    ///   older webhook plugin.
    ///
    /// # How to get it
    ///
    /// ```sh
    /// curl -s -H "Authorization: Bearer $SENTRY_TOKEN" -G \
    ///   https://sentry.io/api/0/projects/example/shop/issues/ \
    ///   --data-urlencode 'query=firstSeen:>=2026-11-20T12:00:00' > issues.json
    /// curl -s -H "Authorization: Bearer $SENTRY_TOKEN" \
    ///   https://sentry.io/api/0/organizations/example/releases/ > releases.json
    /// ```
    ///
    /// One issue by its number has its activity too, a list does not.
    ///
    /// # What becomes an event
    ///
    /// An alert of a rule or of a metric fires, and a metric's is resolved. A deploy of a release is a deploy
    /// when it finished. Candidates are: that an issue was first seen (with its count and the time of the
    /// last, so that a thousand errors are one row), regressed, was resolved, given to somebody or commented
    /// on; single events; releases that name no deploy.
    ///
    /// # Traps
    ///
    /// - `firstSeen` is when an error of this kind was seen for the first time ever, maybe months before; in
    ///   a list, `count` and `lastSeen` may be those of the period that was asked for.
    /// - `dateReceived` is when Sentry took an event in, `dateCreated` when it happened.
    /// - An issue alert comes for a single event: its time is that of the event, not of the mail.
    /// - A release exists long before it is deployed: it is no deploy by itself.
    SENTRY: "sentry", "Issues, alerts and deploys of Sentry", recognise, reader::json::<Sentry>
}

fn recognise(part: &Part<'_>) -> Confidence {
    let peek = part.peek();
    let shapes: &[&[&str]] = &[
        &["shortId", "firstSeen"],
        &["shortId", "culprit"],
        &["shortId", "permalink"],
        &["installation.uuid", "action", "data"],
        &["data.triggered_rule", "data.event"],
        &["data.metric_alert.alert_rule"],
        &["eventID", "dateCreated"],
        &["version", "dateCreated", "newGroups"],
        &["version", "dateReleased", "shortVersion"],
        &["triggering_rules", "event.event_id"],
    ];
    // An event is long, and what stands behind it is not seen: its own fields tell.
    let parts =
        ["event_id", "culprit", "exception", "breadcrumbs", "contexts", "logentry", "issue_url", "_ref"];
    let event = ["data.event.", "data.error.", "event."]
        .iter()
        .any(|before| parts.iter().filter(|part| peek.has(&format!("{before}{part}"))).count() > 1);
    if event || shapes.iter().any(|shape| peek.has_all(shape)) {
        Confidence::Sure
    } else if peek.has_all(&["environment", "dateStarted", "dateFinished"]) {
        Confidence::Possible
    } else {
        Confidence::No
    }
}

const ACTOR: &str = "Sentry";

#[derive(Default)]
struct Sentry;

impl JsonSource for Sentry {
    fn record(&mut self, record: &Record<'_>, reader: &mut Reader) -> Result<(), String> {
        let value: Value = reader.parse(record)?;
        let tree = Tree::of(&value);
        let data = tree.at("data");
        if data.has("metric_alert") {
            metric_alert(tree, reader)
        } else if data.has("event") && (data.has("triggered_rule") || data.has("issue_alert")) {
            let rule = data.first(&["triggered_rule", "issue_alert.title"]);
            issue_alert(data.at("event"), &rule, &data.text("event.issue_id"), "", reader)
        } else if tree.has("event") && tree.has("triggering_rules") {
            let rule = tree.joined("triggering_rules", "");
            issue_alert(tree.at("event"), &rule, &tree.text("id"), &page(tree, &["url"]), reader)
        } else if data.has("comment_id") {
            let at = reader.instant(&data.text("timestamp"))?;
            let who = person(tree.at("actor"), reader);
            let event = Event::new(own_id("sentry", &["note", &data.text("comment_id")]), &at, Kind::Note);
            reader.push(event.doing(who, plain::markdown(&data.text("comment"))));
            Ok(())
        } else if data.has("issue") {
            issue_hook(tree, reader)
        } else if tree.has("shortId") || tree.has("firstSeen") {
            issue(tree, reader)
        } else if tree.has("eventID") || data.has("error") {
            let event = if data.has("error") { data.at("error") } else { tree };
            single(event, reader)
        } else if tree.has("version") {
            release(tree, reader)
        } else if tree.has("dateFinished") {
            deploy(tree, "", "", reader)
        } else {
            Err("it is no issue, event, alert, release or deploy of Sentry".into())
        }
    }
}

/// The page for people: addresses of the API are none.
fn page(tree: Tree<'_>, paths: &[&str]) -> String {
    let pages = paths
        .iter()
        .map(|path| tree.text(path))
        .find(|url| url.starts_with("http") && !url.contains("/api/0/"));
    pages.unwrap_or_default().into_owned()
}

fn issue_event(issue: Tree<'_>, what: &str, at: &Instant, kind: Kind) -> Event {
    let short = issue.text("shortId");
    Event::new(own_id("sentry", &[&issue.text("id"), what]), at, kind)
        .linked(
            &page(issue, &["permalink", "web_url"]),
            if short.is_empty() { "Sentry".into() } else { short },
        )
        .with("title", issue.text("title"))
        .with("service", issue.first(&["project.slug", "project.name"]))
}

fn named(issue: Tree<'_>) -> String {
    let (short, title) = (issue.text("shortId"), issue.text("title"));
    if short.is_empty() { title.into_owned() } else { format!("{short}: {title}") }
}

fn issue(issue: Tree<'_>, reader: &mut Reader) -> Result<(), String> {
    let at = reader.instant(&issue.text("firstSeen"))?;
    let culprit = issue.text("culprit");
    let of = if culprit.is_empty() { String::new() } else { format!(" in {culprit}") };
    let mut event = issue_event(issue, "first-seen", &at, Kind::Note)
        .doing(ACTOR, format!("First seen: {}{of}", issue.text("title")))
        .with("severity", issue.text("level"));
    let (count, users) = (issue.text("count"), issue.text("userCount"));
    if count.parse::<u64>().is_ok_and(|count| count > 1) {
        let until = reader.instant_if_set(&issue.text("lastSeen"))?.map(|at| at.at.to_string());
        let users = if matches!(&*users, "" | "0") {
            String::new()
        } else {
            format!(" by {}", counted(&users, "user"))
        };
        event = event
            .giving(format!("seen {}{users}", counted(&count, "time")))
            .with("count", count)
            .with("until", until.unwrap_or_default());
    }
    reader.push(event);
    for activity in issue.items("activity") {
        if let Err(why) = self::activity(issue, activity, reader) {
            reader.skip(format!("activity `{}` of {}: {why}", activity.text("id"), issue.text("shortId")));
        }
    }
    Ok(())
}

fn activity(issue: Tree<'_>, activity: Tree<'_>, reader: &mut Reader) -> Result<(), String> {
    let kind = activity.text("type");
    let name = named(issue);
    let (kind, action) = match &*kind {
        "set_regression" => (Kind::Note, format!("Seen again after it was resolved: {name}")),
        "set_resolved"
        | "set_resolved_in_release"
        | "set_resolved_in_commit"
        | "set_resolved_by_age"
        | "set_resolved_in_pull_request" => (Kind::Ticket, format!("Resolved {name}")),
        "set_unresolved" => (Kind::Ticket, format!("Reopened {name}")),
        "set_ignored" => (Kind::Note, format!("Archived {name}")),
        "assigned" => (
            Kind::Note,
            format!("Assigned {name} to {}", activity.first(&["data.assigneeEmail", "data.assignee"])),
        ),
        "note" => (Kind::Note, plain::markdown(&activity.text("data.text"))),
        "first_seen" => return Ok(()),
        _ => {
            reader.import.leave_out("activity that is no event", 1);
            return Ok(());
        }
    };
    let at = reader.instant(&activity.text("dateCreated"))?;
    let who = person(activity.at("user"), reader);
    let version = activity.text("data.version");
    let mut event = issue_event(issue, "", &at, kind);
    event.id = own_id("sentry", &[&issue.text("id"), "activity", &activity.text("id")]);
    reader.push(event.doing(who, action).with("version", version));
    Ok(())
}

fn issue_hook(tree: Tree<'_>, reader: &mut Reader) -> Result<(), String> {
    let one = tree.at("data.issue");
    let action = tree.text("action");
    let done = match &*action {
        "created" => return issue(one, reader),
        "resolved" => "Resolved",
        "unresolved" => "Reopened",
        "assigned" => "Assigned",
        "archived" | "ignored" => "Archived",
        _ => {
            reader.import.leave_out(&format!("webhook of an issue that was {action}"), 1);
            return Ok(());
        }
    };
    // The payload has no time of its own: what is nearest to it is when the issue was last changed.
    let Some(at) = reader.instant_if_set(&one.first(&["statusDetails.dateCreated", "substatusChangedAt"]))?
    else {
        reader.import.note("webhooks of Sentry do not say when an issue was resolved or assigned: import the issue by its number, which has its activity");
        reader.import.leave_out(&format!("issue that was {action}, at a time that is not given"), 1);
        return Ok(());
    };
    let who = person(tree.at("actor"), reader);
    reader.push(issue_event(one, &action, &at, Kind::Ticket).doing(who, format!("{done} {}", named(one))));
    Ok(())
}

fn issue_alert(
    event: Tree<'_>,
    rule: &str,
    issue: &str,
    link: &str,
    reader: &mut Reader,
) -> Result<(), String> {
    let at = reader.instant(&event.first(&["datetime", "timestamp", "received"]))?;
    let title = event.first(&["title", "metadata.value", "message", "logentry.formatted"]);
    let name = if rule.is_empty() { &title } else { rule };
    // A rule's name is what people wrote: an ID holds none of it.
    let rule_id = sha256_hex(rule.as_bytes(), 8);
    let id = own_id("sentry", &["alert", &event.first(&["event_id", "eventID"]), &rule_id]);
    let alert = Event::new(id, &at, Kind::AlertFiring)
        .doing(
            ACTOR,
            if rule.is_empty() { format!("Alert: {title}") } else { format!("{rule} fired: {title}") },
        )
        .linked(link, "Sentry")
        .linked(&page(event, &["web_url", "url"]), "Sentry")
        .with("alert", name)
        .with("severity", event.text("level"))
        .with("title", title.clone())
        .with("fingerprint", issue);
    reader.push(of_event(event, alert));
    Ok(())
}

/// Environment, version and service of an event: by its own fields, else by its tags.
fn of_event(tree: Tree<'_>, event: Event) -> Event {
    let tag = |name: &str| {
        let pairs = tree.items("tags").find(|tag| tag.text("key") == name).map(|tag| tag.text("value"));
        let lists = || {
            let list = tree.items("tags").map(|tag| tag.items("").map(Tree::as_text).collect::<Vec<_>>());
            list.filter(|pair| pair.len() == 2).find(|pair| pair[0] == name).map(|pair| pair[1].clone())
        };
        pairs.or_else(lists).unwrap_or_default()
    };
    let own = |path: &str, name: &str| [tree.text(path), tag(name)].into_iter().find(|text| !text.is_empty());
    event
        .with("environment", own("environment", "environment").unwrap_or_default())
        .with(
            "version",
            own("release.version", "release").or_else(|| own("release", "release")).unwrap_or_default(),
        )
        .with("service", tree.first(&["project.slug", "project_slug"]))
}

fn metric_alert(tree: Tree<'_>, reader: &mut Reader) -> Result<(), String> {
    let alert = tree.at("data.metric_alert");
    let action = tree.text("action");
    let name = alert.first(&["alert_rule.name", "title"]);
    let (at, kind, done) = match &*action {
        "resolved" => {
            (alert.first(&["date_closed", "date_detected"]), Kind::AlertResolved, "resolved".to_owned())
        }
        level => {
            (alert.first(&["date_detected", "date_started"]), Kind::AlertFiring, format!("fired ({level})"))
        }
    };
    let at = reader.instant(&at)?;
    let event = Event::new(own_id("sentry", &["metric", &alert.text("id"), &action]), &at, kind)
        .doing(ACTOR, format!("{name} {done}"))
        .giving(plain::first_line(&tree.text("data.description_text")))
        .linked(&page(tree, &["data.web_url"]), "Sentry")
        .with("alert", name)
        .with("severity", if kind == Kind::AlertFiring { action } else { "".into() })
        .with("service", alert.joined("projects", ""))
        .with("environment", alert.text("alert_rule.environment"))
        .with("fingerprint", alert.first(&["identifier", "id"]));
    reader.push(event);
    Ok(())
}

fn single(event: Tree<'_>, reader: &mut Reader) -> Result<(), String> {
    let at = reader.instant(&event.first(&["dateCreated", "datetime", "timestamp"]))?;
    let title = event.first(&["title", "message"]);
    let id = own_id("sentry", &["event", &event.first(&["eventID", "event_id", "id"])]);
    let note = Event::new(id, &at, Kind::Note)
        .doing(ACTOR, format!("Error: {title}"))
        .linked(&page(event, &["permalink", "web_url", "url"]), "Sentry")
        .with("fingerprint", event.first(&["groupID", "issue_id"]));
    reader.push(of_event(event, note));
    Ok(())
}

fn release(release: Tree<'_>, reader: &mut Reader) -> Result<(), String> {
    let version = release.text("version");
    let projects = release.joined("projects", "slug");
    if release.has("lastDeploy") {
        return deploy(release.at("lastDeploy"), &version, &projects, reader);
    }
    let at = reader.instant(&release.first(&["dateReleased", "dateCreated"]))?;
    let event = Event::new(own_id("sentry", &["release", &version]), &at, Kind::Note)
        .doing(ACTOR, format!("Released {version}"))
        .linked(&page(release, &["url"]), version.clone())
        .with("version", version)
        .with("service", projects);
    reader.push(event);
    Ok(())
}

fn deploy(deploy: Tree<'_>, version: &str, projects: &str, reader: &mut Reader) -> Result<(), String> {
    let at = reader.instant(&deploy.first(&["dateFinished", "dateStarted"]))?;
    let (environment, name) = (deploy.text("environment"), deploy.text("name"));
    let what = match (version, &*name) {
        ("", "") => "a release",
        ("", name) => name,
        (version, _) => version,
    };
    let named = projects.is_empty() || what.contains(projects);
    let what = if named { what.to_owned() } else { format!("{projects} {what}") };
    let to = if environment.is_empty() { String::new() } else { format!(" to {environment}") };
    let event = Event::new(own_id("sentry", &["deploy", &deploy.text("id")]), &at, Kind::Deploy)
        .doing(ACTOR, format!("Deployed {what}{to}"))
        .linked(&page(deploy, &["url"]), "deploy")
        .with("environment", environment)
        .with("version", version)
        .with("service", projects);
    reader.push(event);
    Ok(())
}

fn person(person: Tree<'_>, reader: &mut Reader) -> String {
    let (name, login) = (person.text("name"), person.text("username"));
    if name.is_empty() && login.is_empty() && !person.has("email") {
        return ACTOR.to_owned();
    }
    reader.who(&person.text("id"), &[&name, &login], &person.text("email"))
}
