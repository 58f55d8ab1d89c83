//! The action items of all postmortems: what is owed, with a small form for each.
//!
//! What does not live here: what a change of an item asks for (`recount-workspace`), and how it is made where others
//! changed the same one (`edit`).

use std::collections::HashMap;
use std::sync::Arc;

use askama::Template;
use axum::extract::{Query, State};
use axum::http::Uri;
use axum::response::{Html, IntoResponse, Redirect, Response};
use axum::routing::get;
use jiff::civil::Date;
use recount_engine::document::value::priority::Priority;
use recount_engine::document::value::status::StatusKind;
use recount_engine::document::{ActionRecord, Document, counted};
use recount_workspace::told::Wanted as Filter;
use recount_workspace::told::actions::{Asked as Owed, Found, Which};
use recount_workspace::{Failure, FailureKind, Known, parse_day, status_word};
use serde::Deserialize;

use super::Page as PageDefinition;
use super::edit::{Form, Place, Returned, days, item_form, people, statuses};
use crate::error::{Answer, page};
use crate::frame::{Frame, address, segment};
use crate::shelf::Shelf;
use crate::site::Site;

pub(super) const PAGE: PageDefinition = PageDefinition {
    navigation: Some(("/actions", "Action items")),
    routes: |router| router.route("/actions", get(board)),
};

/// Items on a page: each is a form, and each form's document is read.
const ITEMS: usize = 100;

/// What is asked for. What says nothing is left out, as forms send it.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
struct Asked {
    status: String,
    overdue: String,
    unverified: String,
    owner: String,
    priority: String,
    service: String,
    #[serde(rename = "due-after")]
    due_after: String,
    #[serde(rename = "due-before")]
    due_before: String,
    by: String,
    page: String,
    saved: String,
}

#[derive(Template)]
#[template(path = "actions.html")]
struct Board<'s> {
    frame: Frame,
    asked: Asked,
    faults: Vec<String>,
    which: &'static str,
    services: Vec<&'s str>,
    people: Vec<&'s str>,
    statuses: Vec<(&'static str, String)>,
    days: Vec<(Date, &'static str)>,
    groups: Vec<Group>,
    summary: String,
    back: String,
    is_filtered: bool,
    is_empty_library: bool,
    previous: Option<String>,
    next: Option<String>,
}

struct Group {
    heading: String,
    items: Vec<Item>,
}

struct Item {
    /// Unique in the page.
    nth: usize,
    name: String,
    address: String,
    anchor: String,
    title: String,
    /// When it is due, or since when it is what it is.
    when: String,
    is_late: bool,
    status: String,
    owners: String,
    priority: String,
    action: String,
    version: String,
    /// None where its document could not be read.
    form: Option<Form>,
}

async fn board(State(site): State<Arc<Site>>, Query(asked): Query<Asked>) -> Answer<Html<String>> {
    shown(&site, asked, None)
}

/// Whether an address is the board's own, so that a form may lead back to it.
pub(super) fn is_board(back: &str) -> bool {
    (back == "/actions" || back.starts_with("/actions?"))
        && back.bytes().all(|byte| byte.is_ascii_graphic())
        && !back.contains('#')
}

/// Back to the board after a change.
pub(super) fn onward(back: &str, key: &str, place: Place) -> Response {
    let Place::Item(number) = place else { return Redirect::to(back).into_response() };
    let gap = if back.contains('?') { '&' } else { '?' };
    let saved = segment(&format!("{key}#{number}"));
    Redirect::to(&format!("{back}{gap}saved={saved}")).into_response()
}

/// The board with a form that came back.
pub(super) fn returned(site: &Arc<Site>, back: &str, key: &str, returned: &Returned) -> Answer<Html<String>> {
    let asked = back.parse::<Uri>().ok().and_then(|uri| Query::<Asked>::try_from_uri(&uri).ok());
    let asked = asked.ok_or_else(|| {
        Failure::new("the list that you came from cannot be shown again").of(FailureKind::Missing)
    })?;
    shown(site, asked.0, Some((key, returned)))
}

fn shown(site: &Arc<Site>, asked: Asked, returned: Option<(&str, &Returned)>) -> Answer<Html<String>> {
    let shelf = site.shelf();
    let today = site.today();
    let (wanted, faults) = Wanted::read(&asked);
    let config = shelf.workspace.config();
    let kept = shelf.records.known.iter().filter(|known| wanted.postmortems.keeps(&known.record, config));
    let found = wanted.items.found(kept, config, today);
    let summary = summary(&found, today);
    let group = |found: Found<'_>| group(found.known, found.action, &asked.by, today);
    let mut found: Vec<_> = found.into_iter().map(|found| (group(found), found)).collect();
    // In a group they keep their order.
    found.sort_by(|(a, _), (b, _)| a.cmp(b));
    let number = asked.page.parse::<usize>().unwrap_or(1).max(1);
    let skipped = (number - 1).saturating_mul(ITEMS);
    let total = found.len();
    let mut documents: HashMap<&str, Option<(Document, String)>> = HashMap::new();
    let mut groups: Vec<Group> = Vec::new();
    for (nth, ((_, heading), found)) in found.into_iter().enumerate().skip(skipped).take(ITEMS) {
        let document = documents.entry(&found.known.path).or_insert_with(|| {
            let read = shelf.workspace.read(&shelf.file(found.known)).ok()?;
            Some((read.1, read.0.version.to_string()))
        });
        let item = item(&found, nth, document.as_ref(), &shelf, today, returned);
        match groups.last_mut().filter(|group| group.heading == heading) {
            Some(group) => group.items.push(item),
            None => groups.push(Group { heading, items: vec![item] }),
        }
    }
    let turn = |number: usize| Asked { page: number.to_string(), ..asked.clone() }.address();
    page(&Board {
        frame: Frame::new(&shelf, "/actions").following(&shelf),
        which: wanted.word,
        faults,
        services: shelf.services(),
        people: people(&shelf),
        statuses: statuses(),
        days: days(today),
        groups,
        summary,
        back: Asked { saved: String::new(), ..asked.clone() }.address(),
        is_filtered: asked.is_filtered(),
        is_empty_library: shelf.records.is_empty(),
        previous: (number > 1).then(|| turn(number - 1)),
        next: (skipped + ITEMS < total).then(|| turn(number + 1)),
        asked,
    })
}

fn item(
    found: &Found<'_>,
    nth: usize,
    document: Option<&(Document, String)>,
    shelf: &Shelf,
    today: Date,
    returned: Option<(&str, &Returned)>,
) -> Item {
    let Found { known, action } = found;
    let key = shelf.key(known);
    let own = returned.filter(|(its, returned)| {
        (its.eq_ignore_ascii_case(key) || *its == known.path) && returned.place == Place::Item(action.number)
    });
    let when = match (action.is_open(), action.due, action.status_date) {
        (true, Some(due), _) => format!("due {due}"),
        (true, None, _) => "no day".to_owned(),
        (false, _, Some(on)) => on.to_string(),
        (false, _, None) => String::new(),
    };
    let form =
        document.and_then(|(document, _)| item_form(document, action.number, own.map(|(_, form)| form)));
    Item {
        nth,
        name: format!("{}#{}", known.name(), action.number),
        address: address(key),
        anchor: Place::Item(action.number).anchor(),
        title: known.record.title.clone().unwrap_or_default(),
        when,
        is_late: action.is_overdue(today),
        status: action.status.map_or_else(|| "?".to_owned(), |kind| kind.to_string()),
        owners: action.owners.join(", "),
        priority: action.priority.map(|priority| priority.to_string()).unwrap_or_default(),
        action: action.action.clone(),
        version: document.map(|(_, version)| version.clone()).unwrap_or_default(),
        form,
    }
}

/// The group that an item stands in: its place among them, and its heading.
fn group(known: &Known, action: &ActionRecord, by: &str, today: Date) -> (usize, String) {
    let named = |name: Option<String>, none: &str| match name {
        Some(name) => (0, name),
        None => (1, none.to_owned()),
    };
    match by {
        "priority" => named(action.priority.map(|priority| priority.to_string()), "No priority"),
        "owner" => named((!action.owners.is_empty()).then(|| action.owners.join(", ")), "Nobody"),
        "service" => {
            named((!known.record.services.is_empty()).then(|| known.record.services.join(", ")), "No service")
        }
        "incident" => named(
            Some(format!("{}  {}", known.name(), known.record.title.as_deref().unwrap_or_default())),
            "",
        ),
        _ => match action.status {
            _ if action.is_overdue(today) => (0, "Overdue".to_owned()),
            _ if action.is_open() && action.due.is_none() => (2, "Owed, without a day".to_owned()),
            _ if action.is_open() => (1, "Owed".to_owned()),
            Some(StatusKind::Done) => (3, "Done, and not proven".to_owned()),
            Some(StatusKind::Verified) => (4, "Verified".to_owned()),
            Some(kind) => (5, kind.to_string()),
            None => (6, "Status cannot be read".to_owned()),
        },
    }
}

fn summary(found: &[Found<'_>], today: Date) -> String {
    let count = |is: &dyn Fn(&ActionRecord) -> bool| found.iter().filter(|found| is(found.action)).count();
    let late = count(&|action| action.is_overdue(today));
    let undated = count(&|action| action.is_open() && action.due.is_none());
    let parts = [
        counted(found.len(), "action item"),
        if late > 0 { format!("{late} overdue") } else { String::new() },
        if undated > 0 { format!("{undated} without a due date") } else { String::new() },
    ];
    parts.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(", ")
}

impl Asked {
    fn is_filtered(&self) -> bool {
        let plain = Self { by: String::new(), page: String::new(), saved: String::new(), ..self.clone() };
        plain.address() != "/actions"
    }

    fn address(&self) -> String {
        let parts = [
            ("status", &self.status),
            ("overdue", &self.overdue),
            ("unverified", &self.unverified),
            ("owner", &self.owner),
            ("priority", &self.priority),
            ("service", &self.service),
            ("due-after", &self.due_after),
            ("due-before", &self.due_before),
            ("by", &self.by),
            ("page", &self.page),
        ];
        let parts: Vec<String> = parts
            .into_iter()
            .filter(|(name, value)| !value.trim().is_empty() && (*name, value.as_str()) != ("page", "1"))
            .map(|(name, value)| format!("{name}={}", segment(value.trim())))
            .collect();
        if parts.is_empty() { "/actions".to_owned() } else { format!("/actions?{}", parts.join("&")) }
    }
}

/// A filter that was read.
struct Wanted {
    items: Owed,
    postmortems: Filter,
    /// How the form's input calls the items that are wanted.
    word: &'static str,
}

impl Wanted {
    /// Reads what was asked for; what cannot be read is told, and filters nothing.
    fn read(asked: &Asked) -> (Self, Vec<String>) {
        let mut faults = Vec::new();
        let status = asked.status.trim();
        let kind = StatusKind::ALL.into_iter().find(|kind| status_word(*kind) == status);
        let (which, word) = match (status, kind) {
            (_, Some(kind)) => (Which::Status(vec![kind]), status_word(kind)),
            ("all", _) => (Which::All, "all"),
            ("overdue", _) => (Which::Overdue, "overdue"),
            ("unverified", _) => (Which::Unverified, "unverified"),
            ("", _) if !asked.overdue.is_empty() => (Which::Overdue, "overdue"),
            ("", _) if !asked.unverified.is_empty() => (Which::Unverified, "unverified"),
            ("", _) => (Which::Open, ""),
            (other, _) => {
                faults.push(format!("`{other}` is no status"));
                (Which::Open, "")
            }
        };
        let priority = Priority::parse(&asked.priority).map(|(priority, _)| priority);
        if priority.is_none() && !asked.priority.trim().is_empty() {
            faults.push(format!("`{}` is no priority: use `P0`, `P1` or `P2`", asked.priority));
        }
        let mut day = |text: &str| match (text.trim(), parse_day(text.trim())) {
            ("", _) => None,
            (_, Ok(day)) => Some(day),
            (text, Err(hint)) => {
                faults.push(format!("`{text}` is no day: {hint}"));
                None
            }
        };
        let (due_after, due_before) = (day(&asked.due_after), day(&asked.due_before));
        let name = |text: &str| Some(text.trim().to_owned()).filter(|name| !name.is_empty());
        let priority = priority.into_iter().collect();
        let items = Owed { which, owner: name(&asked.owner), priority, due_before, due_after };
        let postmortems = Filter { service: name(&asked.service), ..Filter::default() };
        (Self { items, postmortems, word }, faults)
    }
}
