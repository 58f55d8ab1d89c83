//! The source `linear`: issues with their history and comments.

use serde_json::Value;

use crate::evidence::event::{Event, Kind};
use crate::evidence::identity::own_id;
use crate::evidence::json::Record;
use crate::evidence::plain;
use crate::evidence::reader::{self, JsonSource, Reader};
use crate::evidence::source::{Confidence, Part, source};
use crate::evidence::tree::Tree;

source! {
    /// # What it reads
    ///
    /// JSON of Linear: what its GraphQL API answers to a question for issues (`data.issues.nodes`,
    /// `data.issue`, also below a team or a project, with `nodes` or `edges`), plain lists of issues, and
    /// webhook payloads of issues and comments.
    ///
    /// # How to get it
    ///
    /// ```sh
    /// QUERY='{ issue(id: "OPS-12") {
    ///   id identifier title url createdAt priorityLabel team { key } labels { nodes { name } }
    ///   creator { name email } comments { nodes { id body createdAt editedAt url user { name email } } }
    ///   history { nodes { id createdAt actor { name email } fromState { name } toState { name }
    ///     fromAssignee { name } toAssignee { name } fromPriority toPriority } } } }'
    /// jq -n --arg query "$QUERY" '{$query}' |
    ///   curl -s https://api.linear.app/graphql -H "Authorization: $LINEAR_API_KEY" \
    ///     -H 'Content-Type: application/json' -d @- > linear.json
    /// ```
    ///
    /// # What becomes an event
    ///
    /// That an issue was opened and each change of its state is a ticket; a change of assignee or priority is
    /// a note; all are candidates, linked to the issue. Of an incident (an issue with a label that says so)
    /// the opening comes in, and a comment is a message in the thread of its issue, which comes in where it
    /// states an action or a milestone; other comments are notes. Other changes are left out and counted.
    ///
    /// # Traps
    ///
    /// - The answer holds what was asked for and no more: without `history` there are no changes, without
    ///   `labels` no issue is known as an incident.
    /// - A list of history or comments comes in pages of 50; where there are more, the import says so.
    /// - `updatedAt` is the last change of anything. A comment was edited at `editedAt`.
    /// - A webhook names the state that an issue came to, not the one that it left.
    LINEAR: "linear", "Issues of Linear with history and comments", recognise, reader::json::<Linear>
}

/// Where issues stand in an answer.
const PLACES: &[&str] = &[
    "",
    "data.issues.nodes.",
    "data.issues.edges.node.",
    "data.issue.",
    "data.team.issues.nodes.",
    "data.project.issues.nodes.",
    "data.viewer.assignedIssues.nodes.",
    "data.searchIssues.nodes.",
    "data.issueSearch.nodes.",
    "issues.nodes.",
    "nodes.",
];

fn recognise(part: &Part<'_>) -> Confidence {
    let peek = part.peek();
    let issue = PLACES.iter().any(|before| {
        let has = |key: &str| peek.has(&format!("{before}{key}"));
        let more = ["state", "priorityLabel", "team", "history", "createdAt", "url"];
        has("identifier") && has("title") && more.iter().any(|key| has(key))
    });
    // Older webhooks have no time of their own: they are known by the address beside their data.
    let ours = peek.value("url").is_some_and(|url| url.starts_with("https://linear.app/"));
    let webhook = peek.has_all(&["webhookTimestamp", "organizationId", "type", "action"])
        || (ours && peek.has_all(&["type", "action", "data.id"]));
    if issue || webhook { Confidence::Sure } else { Confidence::No }
}

#[derive(Default)]
struct Linear;

impl JsonSource for Linear {
    fn record(&mut self, record: &Record<'_>, reader: &mut Reader) -> Result<(), String> {
        let value: Value = reader.parse(record)?;
        let tree = Tree::of(&value);
        if tree.has("webhookTimestamp") || (tree.has("action") && tree.has("data.id")) {
            return webhook(tree, reader);
        }
        if tree.has("identifier") {
            return issue(tree, reader);
        }
        let mut any = false;
        for place in PLACES.iter().skip(1) {
            for one in at_place(tree, place.trim_end_matches('.')) {
                any = true;
                if let Err(why) = issue(one, reader) {
                    reader.skip(format!("issue `{}`: {why}", one.first(&["identifier", "id"])));
                }
            }
        }
        match (any, tree.first(&["errors.message", "error"])) {
            (true, _) => Ok(()),
            (false, error) if error.is_empty() && !tree.has("errors") => {
                Err("it holds no issue where Linear's answers have them (`data.issues.nodes`, `data.issue`)"
                    .into())
            }
            (false, _) => Err("it is an answer of Linear that tells of an error".into()),
        }
    }
}

/// The issues at a place: the elements of a list of nodes or edges, or the one issue.
fn at_place<'a>(tree: Tree<'a>, place: &str) -> Vec<Tree<'a>> {
    if let Some(edges) = place.strip_suffix(".node") {
        return tree.items(edges).map(|edge| edge.at("node")).collect();
    }
    let one = tree.at(place);
    if one.has("identifier") || one.has("id") { vec![one] } else { tree.items(place).collect() }
}

/// What events tell of their issue.
struct Issue {
    id: String,
    key: String,
    title: String,
    url: String,
    is_incident: bool,
}

impl Issue {
    fn of(issue: Tree<'_>) -> Self {
        let nodes = if issue.items("labels").next().is_some() { "labels" } else { "labels.nodes" };
        let incident = |label: Tree<'_>| {
            let name = label.text("name").to_lowercase();
            name.contains("incident") || name.contains("outage")
        };
        Self {
            id: issue.text("id").into_owned(),
            key: key(issue, &issue.text("url")),
            title: issue.text("title").into_owned(),
            url: issue.text("url").into_owned(),
            is_incident: issue.items(nodes).any(incident),
        }
    }

    /// The issue of a webhook, which tells its address beside it and its key in that alone.
    fn hooked(issue: Tree<'_>, url: &str) -> Self {
        let own = Self::of(issue);
        let key = if own.key.is_empty() { key(issue, url) } else { own.key };
        Self { key, url: if url.is_empty() { own.url } else { url.to_owned() }, ..own }
    }

    fn told(&self, event: Event) -> Event {
        let event = event.with("ticket", &self.key).with("title", &self.title);
        let event = if event.link.is_none() { event.linked(&self.url, &self.key) } else { event };
        if self.is_incident { event.with("incident", &self.key) } else { event }
    }
}

/// The key of an issue, `OPS-12`: its own word, else its team's key and number, else as its address has it.
fn key(issue: Tree<'_>, url: &str) -> String {
    let (identifier, team, number) = (issue.text("identifier"), issue.text("team.key"), issue.text("number"));
    if !identifier.is_empty() {
        return identifier.into_owned();
    }
    if !(team.is_empty() || number.is_empty()) {
        return format!("{team}-{number}");
    }
    let after = url.split_once("/issue/").map_or("", |(_, after)| after);
    after.chars().take_while(|c| !"/#?".contains(*c)).collect()
}

fn issue(tree: Tree<'_>, reader: &mut Reader) -> Result<(), String> {
    let own = Issue::of(tree);
    opened(&own, tree, tree.at("creator"), reader)?;
    for change in tree.items("history.nodes") {
        if let Err(why) = changed(&own, change, reader) {
            reader.skip(format!("change `{}` of {}: {why}", change.text("id"), own.key));
        }
    }
    for one in tree.items("comments.nodes") {
        if let Err(why) = comment(&own, one, reader) {
            reader.skip(format!("comment `{}` of {}: {why}", one.text("id"), own.key));
        }
    }
    for (list, name) in [("history", "changes"), ("comments", "comments")] {
        if tree.is_true(&format!("{list}.pageInfo.hasNextPage")) {
            reader.import.note(format!("{} has more {name} than this export holds", own.key));
        }
    }
    Ok(())
}

fn opened(own: &Issue, tree: Tree<'_>, creator: Tree<'_>, reader: &mut Reader) -> Result<(), String> {
    let at = reader.instant(&tree.text("createdAt"))?;
    let who = person(creator, reader);
    let id = if own.id.is_empty() { &own.key } else { &own.id };
    let event = Event::new(own_id("linear", &["created", id]), &at, Kind::Ticket)
        .doing(who, format!("Opened {}: {}", own.key, own.title))
        .with("priority", tree.text("priorityLabel"));
    let event = if own.is_incident { event.with("declared", "yes") } else { event };
    reader.push(own.told(event));
    Ok(())
}

const PRIORITIES: &[&str] = &["none", "urgent", "high", "medium", "low"];

fn changed(own: &Issue, change: Tree<'_>, reader: &mut Reader) -> Result<(), String> {
    let at = reader.instant(&change.text("createdAt"))?;
    let who = person(change.at("actor"), reader);
    let id = change.text("id");
    let key = &own.key;
    let priority = |path: &str| {
        let number = change.text(path).parse::<f64>().ok()?;
        // Linear counts priorities from 0 to 4, also as `2.0`.
        PRIORITIES.iter().enumerate().find(|(index, _)| format!("{index}") == format!("{number}"))
    };
    let name =
        |path: &str| change.first(&[&format!("{path}.displayName"), &format!("{path}.name")]).into_owned();
    let mut any = false;
    let mut push = |what: &str, kind: Kind, action: String| {
        any = true;
        let event = Event::new(own_id("linear", &["change", &id, what]), &at, kind);
        reader.push(own.told(event.doing(who.clone(), action)));
    };
    if change.has("toState") {
        let from = change.text("fromState.name");
        let from = if from.is_empty() { String::new() } else { format!(" from {from}") };
        push("state", Kind::Ticket, format!("Moved {key}{from} to {}", change.text("toState.name")));
    }
    match (name("fromAssignee"), name("toAssignee")) {
        (from, to) if from.is_empty() && to.is_empty() => {}
        (from, to) if to.is_empty() => push("assignee", Kind::Note, format!("Took {key} from {from}")),
        (_, to) => push("assignee", Kind::Note, format!("Assigned {key} to {to}")),
    }
    if let Some((_, to)) = priority("toPriority") {
        let from = priority("fromPriority").map_or(String::new(), |(_, from)| format!(" from {from}"));
        push("priority", Kind::Note, format!("Set the priority of {key}{from} to {to}"));
    }
    if !any {
        reader.import.leave_out("change of a field that is no event", 1);
    }
    Ok(())
}

fn comment(own: &Issue, comment: Tree<'_>, reader: &mut Reader) -> Result<(), String> {
    let at = reader.instant(&comment.text("createdAt"))?;
    let kind = if own.is_incident { Kind::Message } else { Kind::Note };
    let bot = comment.text("botActor.name");
    let who = if bot.is_empty() { person(comment.at("user"), reader) } else { bot.clone().into_owned() };
    let mut event = Event::new(own_id("linear", &["comment", &comment.text("id")]), &at, kind)
        .doing(who, plain::markdown(&comment.text("body")))
        .linked(&comment.text("url"), &own.key);
    event.signals.bot = !bot.is_empty();
    event.signals.edited = reader.instant_if_set(&comment.text("editedAt"))?.map(|edited| edited.at.into());
    event.thread = Some(own.key.clone()).filter(|key| !key.is_empty());
    reader.push(own.told(event));
    Ok(())
}

fn webhook(tree: Tree<'_>, reader: &mut Reader) -> Result<(), String> {
    let (action, kind, data) = (tree.text("action"), tree.text("type"), tree.at("data"));
    let url = tree.text("url");
    match (&*kind, &*action) {
        ("Issue", "create") => opened(&Issue::hooked(data, &url), data, tree.at("actor"), reader),
        ("Issue", "update") if tree.has("updatedFrom.stateId") => {
            let own = Issue::hooked(data, &url);
            let given = tree.first(&["createdAt", "data.updatedAt"]);
            let at = reader.instant(&given)?;
            let who = person(tree.at("actor"), reader);
            let action = format!("Moved {} to {}", own.key, data.text("state.name"));
            let event = Event::new(own_id("linear", &["change", &own.id, &given]), &at, Kind::Ticket);
            reader.push(own.told(event.doing(who, action)));
            Ok(())
        }
        ("Comment", "create") => comment(&Issue::hooked(data.at("issue"), &url), data, reader),
        _ => {
            reader.import.leave_out(&format!("webhook of `{kind}`, `{action}`"), 1);
            Ok(())
        }
    }
}

fn person(person: Tree<'_>, reader: &mut Reader) -> String {
    reader.who(
        &person.text("id"),
        &[&person.text("name"), &person.text("displayName")],
        &person.text("email"),
    )
}
