//! The source `jira`: issues with their history and comments. Their markup is read in `jira_text`.

use serde_json::Value;

use super::jira_text;
use crate::evidence::event::{Event, Kind};
use crate::evidence::identity::own_id;
use crate::evidence::instants::Instant;
use crate::evidence::json::{Peek, Record};
use crate::evidence::reader::{self, JsonSource, Reader};
use crate::evidence::source::{Confidence, HEAD, Part, source};
use crate::evidence::tree::Tree;

source! {
    /// # What it reads
    ///
    /// Issues of Jira (Cloud, Server, Data Center, also Service Management) as JSON:
    ///
    /// - results of a search and single issues, with `expand=changelog`, of the REST API version 2 or 3;
    /// - the lists `/issue/KEY/changelog` and `/issue/KEY/comment` alone;
    /// - webhook payloads, one or several, also one a line.
    ///
    /// # How to get it
    ///
    /// ```sh
    /// curl -s -u "$JIRA_MAIL:$JIRA_TOKEN" -G https://example.atlassian.net/rest/api/3/issue/OPS-123 \
    ///   -d expand=changelog > jira.json
    /// ```
    ///
    /// For several issues at once:
    ///
    /// ```sh
    /// curl -s -u "$JIRA_MAIL:$JIRA_TOKEN" -G https://example.atlassian.net/rest/api/3/search/jql \
    ///   --data-urlencode 'jql=project = OPS AND updated >= "2026-11-20"' \
    ///   -d expand=changelog -d fields='*all' > jira.json
    /// ```
    ///
    /// # What becomes an event
    ///
    /// That an issue was opened and each change of its status is a ticket; a change of assignee, priority or
    /// severity is a note; all are candidates, linked to the issue. Of an incident (an issue whose type says
    /// so) the opening comes in, and a comment is a message in the thread of its issue, which comes in where
    /// it states an action or a milestone; other comments are notes. Changes of other fields (labels, rank, sprint, links) are left
    /// out and counted. Comments and changes are named by Jira's own IDs, so that a search and a webhook
    /// give the same events.
    ///
    /// # Traps
    ///
    /// - Times have an offset without a colon, which is that of whoever asked: `2026-11-20T14:02:05.000+0100`.
    ///   Webhooks give milliseconds.
    /// - A comment's `updated` is when it was edited, never when it was said.
    /// - Version 3 gives texts as documents, version 2 as wiki markup: both become plain text.
    /// - A search gives at most the newest 100 changes and 20 comments of an issue; where Jira says that
    ///   there are more, the import says so too. The lists of one issue have them all.
    /// - That a ticket was closed is paperwork: it is no milestone.
    JIRA: "jira", "Issues of Jira with history and comments", recognise, reader::json::<Jira>
}

fn recognise(part: &Part<'_>) -> Confidence {
    let peek = part.peek();
    let issue = ["", "issues.", "issue."].iter().any(|before| {
        let path = |key: &str| format!("{before}{key}");
        let api = peek.value(&path("self")).is_some_and(|url| url.contains("/rest/api/"));
        let fields = ["fields.summary", "fields.issuetype", "fields.status", "changelog.histories"];
        peek.has(&path("key")) && (api || fields.iter().any(|field| peek.has(&path(field))))
    });
    let api =
        |path| peek.value(path).is_some_and(|url| url.contains("/rest/api/") && url.contains("/issue/"));
    let comments = peek.has("comments.body") && api("comments.self");
    let changes = peek.has("values.items.fromString") || peek.has("values.items.fieldId");
    let webhook = peek.value("webhookEvent").is_some_and(|event| {
        ["jira:", "comment_", "issue", "worklog_", "attachment_", "sprint_", "board_", "project_", "user_"]
            .iter()
            .any(|start| event.starts_with(start))
    });
    if issue || comments || changes || webhook { Confidence::Sure } else { Confidence::No }
}

#[derive(Default)]
struct Jira {
    /// The address of the list that the part is, which names the issue where its records do not.
    list: String,
}

/// The issue that something is about.
#[derive(Default)]
struct Issue {
    key: String,
    title: String,
    /// `https://example.atlassian.net`, where the export names it.
    site: String,
    is_incident: bool,
}

impl Issue {
    fn of(issue: Tree<'_>) -> Self {
        let kind = issue.text("fields.issuetype.name").to_lowercase();
        Self {
            key: issue.text("key").into_owned(),
            title: issue.text("fields.summary").into_owned(),
            site: site(&issue.text("self")),
            is_incident: kind.contains("incident") || kind.contains("outage"),
        }
    }

    /// An issue of which only the address of something in it is known.
    fn at(address: &str) -> Self {
        let after = address.split("/issue/").nth(1).unwrap_or("");
        let key: String = after.chars().take_while(|c| !"/?#".contains(*c)).collect();
        // The API takes the inner number as well; a person would not know it.
        let key = if key.contains('-') { key } else { String::new() };
        Self { key, site: site(address), ..Self::default() }
    }

    fn named(&self) -> &str {
        if self.key.is_empty() { "the issue" } else { &self.key }
    }

    fn told(&self, event: Event, suffix: &str) -> Event {
        let event = event.with("ticket", &self.key).with("title", &self.title);
        let event = if self.is_incident { event.with("incident", &self.key) } else { event };
        if self.site.is_empty() || self.key.is_empty() {
            return event;
        }
        event.linked(&format!("{}/browse/{}{suffix}", self.site, self.key), &self.key)
    }
}

/// The address of Jira for people. The gateway for programs has no pages.
fn site(address: &str) -> String {
    let site = address.split_once("/rest/").map_or("", |(site, _)| site);
    if site.contains("api.atlassian.com") { String::new() } else { site.to_owned() }
}

impl JsonSource for Jira {
    const LISTS: &'static [&'static str] = &["issues", "comments", "values"];

    fn begin(&mut self, bytes: &[u8], _: &mut Reader) {
        let peek = Peek::of(&bytes[..bytes.len().min(HEAD)]);
        peek.value("self").unwrap_or("").clone_into(&mut self.list);
    }

    fn record(&mut self, record: &Record<'_>, reader: &mut Reader) -> Result<(), String> {
        let value: Value = reader.parse(record)?;
        let tree = Tree::of(&value);
        if tree.has("webhookEvent") {
            return webhook(tree, reader);
        }
        match record.list {
            Some("comments") => comment(&Issue::at(&tree.text("self")), tree, reader),
            Some("values") => {
                let own = Issue::at(&self.list);
                let at = reader.instant(&tree.text("created"))?;
                changes(&own, tree, tree.at("author"), &at, reader);
                Ok(())
            }
            _ if tree.has("key") => issue(tree, reader),
            _ => Err("it is no issue: it has no `key`".into()),
        }
    }
}

fn issue(tree: Tree<'_>, reader: &mut Reader) -> Result<(), String> {
    let own = Issue::of(tree);
    opened(&own, tree, reader)?;
    for change in tree.items("changelog.histories") {
        match reader.instant(&change.text("created")) {
            Ok(at) => changes(&own, change, change.at("author"), &at, reader),
            Err(why) => reader.skip(format!("change `{}` of {}: {why}", change.text("id"), own.key)),
        }
    }
    for one in tree.items("fields.comment.comments") {
        if let Err(why) = comment(&own, one, reader) {
            reader.skip(format!("comment `{}` of {}: {why}", one.text("id"), own.key));
        }
    }
    for (list, what) in [("changelog", "histories"), ("fields.comment", "comments")] {
        let all = tree.text(&format!("{list}.total")).parse::<usize>().unwrap_or(0);
        let here = tree.items(&format!("{list}.{what}")).count();
        if all > here {
            let name = if what == "comments" { "comments" } else { "changes" };
            reader.import.note(format!(
                "{} has {all} {name}, of which this export holds {here}: import the list of that issue as well",
                own.key
            ));
        }
    }
    Ok(())
}

fn opened(own: &Issue, tree: Tree<'_>, reader: &mut Reader) -> Result<(), String> {
    let created = tree.text("fields.created");
    if created.is_empty() {
        reader.import.leave_out("issue without the time of its creation", 1);
        return Ok(());
    }
    let at = reader.instant(&created)?;
    let creator = if tree.has("fields.creator") { "fields.creator" } else { "fields.reporter" };
    let who = person(tree.at(creator), reader);
    let action = format!("Opened {}: {}", own.key, own.title).trim_end_matches([':', ' ']).to_owned();
    let event = Event::new(own_id("jira", &["created", &tree.first(&["id", "key"])]), &at, Kind::Ticket)
        .doing(who, action)
        .with("priority", tree.text("fields.priority.name"))
        .with("service", tree.joined("fields.components", "name"));
    let event = if own.is_incident { event.with("declared", "yes") } else { event };
    reader.push(own.told(event, ""));
    Ok(())
}

/// One change of an issue, which may be of several fields at once.
fn changes(own: &Issue, change: Tree<'_>, author: Tree<'_>, at: &Instant, reader: &mut Reader) {
    let id = change.text("id");
    let who = person(author, reader);
    let resolution = change.items("items").find(|item| item.text("field") == "resolution");
    for item in change.items("items") {
        let field = item.text("field");
        let (from, to) = (item.text("fromString"), item.text("toString"));
        let name = own.named();
        let lower = field.to_lowercase();
        let (kind, action) = match lower.as_str() {
            "status" if from.is_empty() => (Kind::Ticket, format!("Moved {name} to {to}")),
            "status" => (Kind::Ticket, format!("Moved {name} from {from} to {to}")),
            "assignee" if to.is_empty() => (Kind::Note, format!("Took {name} from {from}")),
            "assignee" => (Kind::Note, format!("Assigned {name} to {to}")),
            "priority" | "severity" | "impact" | "urgency" => {
                let change =
                    if from.is_empty() { format!("to {to}") } else { format!("from {from} to {to}") };
                (Kind::Note, format!("Set the {lower} of {name} {change}"))
            }
            _ => {
                reader.import.leave_out("change of a field that is no event", 1);
                continue;
            }
        };
        let mut event = Event::new(own_id("jira", &["change", &id, &field]), at, kind).doing(&who, action);
        if let (Kind::Ticket, Some(resolution)) = (kind, resolution) {
            event = event.giving(resolution.text("toString").into_owned());
        }
        reader.push(own.told(event, ""));
    }
}

fn comment(own: &Issue, comment: Tree<'_>, reader: &mut Reader) -> Result<(), String> {
    let id = comment.text("id");
    if id.is_empty() {
        return Err("it is no comment: it has no `id`".into());
    }
    let at = reader.instant(&comment.text("created"))?;
    let who = person(comment.at("author"), reader);
    let said = jira_text::plain(comment.at("body"));
    let kind = if own.is_incident { Kind::Message } else { Kind::Note };
    let mut event = Event::new(own_id("jira", &["comment", &id]), &at, kind).doing(who, said);
    let edited = reader.instant_if_set(&comment.text("updated"))?.map(|edited| edited.at);
    event.signals.edited = edited.filter(|edited| *edited > at.at).map(Into::into);
    event.signals.bot = comment.text("author.accountType") == "app";
    event.thread = Some(own.key.clone()).filter(|key| !key.is_empty());
    reader.push(own.told(event, &format!("?focusedCommentId={id}")));
    Ok(())
}

fn webhook(tree: Tree<'_>, reader: &mut Reader) -> Result<(), String> {
    let own =
        if tree.has("issue") { Issue::of(tree.at("issue")) } else { Issue::at(&tree.text("comment.self")) };
    let at = reader.instant(&tree.text("timestamp"));
    let name = tree.text("webhookEvent");
    if name.ends_with("deleted") {
        reader.import.leave_out("deletion", 1);
        return Ok(());
    }
    let mut any = false;
    if tree.has("changelog.items") {
        changes(&own, tree.at("changelog"), tree.at("user"), &at?, reader);
        any = true;
    }
    if tree.has("comment.id") {
        comment(&own, tree.at("comment"), reader)?;
        any = true;
    }
    if name == "jira:issue_created" {
        opened(&own, tree.at("issue"), reader)?;
        any = true;
    }
    if !any {
        reader.import.leave_out(&format!("webhook of `{name}`"), 1);
    }
    Ok(())
}

fn person(person: Tree<'_>, reader: &mut Reader) -> String {
    let name = person.text("displayName");
    reader.who(&person.first(&["name", "accountId", "key"]), &[&name], &person.text("emailAddress"))
}
