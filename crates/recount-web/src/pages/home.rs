//! Home: what needs somebody.

use std::sync::Arc;

use askama::Template;
use axum::body::Bytes;
use axum::extract::State;
use axum::response::Html;
use axum::routing::get;
use jiff::ToSpan as _;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use recount_engine::document::{ActionRecord, Stage};
use recount_workspace::Known;

use super::Page as PageDefinition;
use crate::error::{Answer, page};
use crate::frame::{Frame, address};
use crate::shelf::Shelf;
use crate::site::Site;

pub(super) const PAGE: PageDefinition =
    PageDefinition { navigation: Some(("/", "Home")), routes: |router| router.route("/", get(home)) };

/// As many of each kind are shown.
const SHOWN: usize = 8;
/// An action item that is due in so many days is shown.
const SOON: i32 = 7;

#[derive(Template)]
#[template(path = "home.html")]
struct Home<'s> {
    frame: Frame,
    unfinished: Vec<Unfinished<'s>>,
    more_unfinished: usize,
    overdue: Vec<Item<'s>>,
    more_overdue: usize,
    soon: Vec<Item<'s>>,
    more_soon: usize,
    today: Date,
    /// The first day that is not soon.
    after_soon: Date,
    unverified: Vec<Item<'s>>,
    more_unverified: usize,
    game_days: Vec<GameDay<'s>>,
    more_game_days: usize,
    recent: Vec<Recent<'s>>,
    problems: Vec<String>,
}

struct Unfinished<'s> {
    address: String,
    name: &'s str,
    title: &'s str,
    stage: Stage,
    severity: String,
    /// When it is to be final.
    due: Option<Date>,
    is_late: bool,
}

struct Item<'s> {
    address: String,
    name: String,
    action: &'s str,
    owners: String,
    priority: String,
    /// When it is due; since when it is done.
    when: String,
    is_late: bool,
}

struct GameDay<'s> {
    address: String,
    name: &'s str,
    title: &'s str,
    on: Date,
    is_late: bool,
}

struct Recent<'s> {
    address: String,
    known: &'s Known,
    title: &'s str,
    severity: String,
}

async fn home(State(site): State<Arc<Site>>) -> Answer<Html<Bytes>> {
    let shelf = site.shelf();
    let today = site.today();
    match site.hooks.trouble() {
        // It may be over before anything in the library changes.
        Some(trouble) => written(&shelf, today, Some(trouble)).map(|Html(text)| Html(text.into())),
        None => shelf.page("/", today, || written(&shelf, today, None)),
    }
}

fn written(shelf: &Shelf, today: Date, trouble: Option<String>) -> Answer<Html<String>> {
    let records = &shelf.records.known;
    let mut unfinished: Vec<_> = records
        .iter()
        .filter(|known| known.record.stage != Stage::Final)
        .map(|known| (known, final_by(known, shelf)))
        .collect();
    unfinished.sort_by_key(|(_, due)| due.unwrap_or(Date::MAX));
    let (unfinished, more_unfinished) = first(unfinished, |(known, due)| Unfinished {
        address: address(shelf.key(known)),
        name: known.name(),
        title: title(known),
        stage: known.record.stage,
        severity: severity(known),
        due,
        is_late: due.is_some_and(|due| due < today),
    });
    let items = |keep: &dyn Fn(&ActionRecord) -> bool| {
        let mut items: Vec<_> = records
            .iter()
            .flat_map(|known| known.record.actions.iter().map(move |action| (known, action)))
            .filter(|(_, action)| keep(action))
            .collect();
        items.sort_by_key(|(_, action)| action.due.unwrap_or(Date::MAX));
        first(items, |(known, action)| item(known, action, shelf, today))
    };
    let (overdue, more_overdue) = items(&|action| action.is_overdue(today));
    let last = today.saturating_add(SOON.days());
    let (soon, more_soon) =
        items(&|action| action.is_open() && action.due.is_some_and(|due| (today..=last).contains(&due)));
    let (unverified, more_unverified) = items(&|action| action.is_unverified());
    let mut game_days: Vec<_> = records
        .iter()
        .flat_map(|known| known.record.game_days.iter().map(move |day| (known, day)))
        .filter(|(_, (_, is_recorded))| !is_recorded)
        .map(|(known, (on, _))| GameDay {
            address: format!("{}#follow-up-verification", address(shelf.key(known))),
            name: known.name(),
            title: title(known),
            on: *on,
            is_late: *on < today,
        })
        .collect();
    game_days.sort_by_key(|day| day.on);
    let more_game_days = game_days.len().saturating_sub(SHOWN);
    game_days.truncate(SHOWN);
    let recent = records.iter().take(SHOWN).map(|known| Recent {
        address: address(shelf.key(known)),
        known,
        title: title(known),
        severity: severity(known),
    });
    page(&Home {
        frame: Frame::new(shelf, "/").following(shelf),
        unfinished,
        more_unfinished,
        overdue,
        more_overdue,
        soon,
        more_soon,
        today,
        after_soon: today.saturating_add((SOON + 1).days()),
        unverified,
        more_unverified,
        game_days,
        more_game_days,
        recent: recent.collect(),
        problems: shelf.records.problems.iter().cloned().chain(trouble).collect(),
    })
}

/// The first ones, as they are shown, and how many more there are.
fn first<T, S>(all: Vec<T>, show: impl FnMut(T) -> S) -> (Vec<S>, usize) {
    let more = all.len().saturating_sub(SHOWN);
    (all.into_iter().take(SHOWN).map(show).collect(), more)
}

fn item<'s>(known: &'s Known, action: &'s ActionRecord, shelf: &Shelf, today: Date) -> Item<'s> {
    let days = action.due.map(|due| (due - today).get_days());
    let when = match days {
        _ if action.is_unverified() => action.status_date.map(|on| format!("done {on}")).unwrap_or_default(),
        Some(0) => "today".to_owned(),
        Some(1) => "tomorrow".to_owned(),
        Some(days) if days > 0 => format!("in {days} days"),
        Some(-1) => "a day late".to_owned(),
        Some(days) => format!("{} days late", -days),
        None => String::new(),
    };
    Item {
        address: format!("{}#action-{}", address(shelf.key(known)), action.number),
        name: format!("{}#{}", known.name(), action.number),
        action: &action.action,
        owners: action.owners.join(", "),
        priority: action.priority.map(|priority| priority.to_string()).unwrap_or_default(),
        when,
        is_late: action.is_overdue(today),
    }
}

/// When a postmortem is to be final, by the policy for its severity.
fn final_by(known: &Known, shelf: &Shelf) -> Option<Date> {
    let record = &known.record;
    let ended = TimeZone::UTC.to_datetime(record.resolved?).date();
    Some(shelf.workspace.config().policy.final_by(record.severity, ended)?.1)
}

fn title(known: &Known) -> &str {
    known.record.title.as_deref().unwrap_or("Untitled draft")
}

fn severity(known: &Known) -> String {
    known.record.severity.map(|severity| severity.to_string()).unwrap_or_default()
}
