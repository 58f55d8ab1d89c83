//! From a form to the file: the change is made where it was meant, whatever others wrote meanwhile; where they wrote
//! in the same place, both are shown.
//!
//! A form says from which version it was made, and what stood in its place. Where that version is still known, the
//! change is made in it and merged with what there is now, part by part; where it is not, the place must stand as it
//! did. What does not live here: what a form makes of its place ([`super::place`]).

use std::sync::{Arc, Mutex, PoisonError};

use askama::Template;
use axum::http::StatusCode;
use axum::response::{Html, IntoResponse, Redirect, Response};
use recount_engine::document::Document;
use recount_engine::document::merge::{Markers, merge};
use recount_store::Version;
use recount_workspace::{Failure, FailureKind};

use super::place::{Cell, Hand, Place, Typed, wanted};
use crate::change::Change;
use crate::error::{Answer, Oops, page, status};
use crate::frame::{Frame, address};
use crate::site::Site;
use crate::viewer::Viewer;

/// A form that came back: what it was about, what was typed, and why it was not done.
pub(crate) struct Returned {
    pub(crate) place: Place,
    pub(crate) typed: Typed,
    pub(crate) failure: Failure,
}

/// Two changes of one place.
struct Clash {
    /// The place now; none where it is gone.
    now: Option<(Place, Vec<Cell>)>,
    version: String,
    /// The document now.
    bytes: Vec<u8>,
    was: Vec<Cell>,
}

/// What came of a form.
pub(crate) enum Outcome {
    /// It is done; the postmortem's key now.
    Done(String),
    /// It was refused.
    Returned(Box<Returned>),
    /// Others changed the same place.
    Clash(Response),
}

/// Does what a form says.
pub(crate) async fn apply(
    site: &Arc<Site>,
    viewer: Viewer,
    key: &str,
    place: Place,
    typed: Typed,
) -> Answer<Outcome> {
    let shelf = site.shelf();
    let known = shelf.find(key)?;
    let (path, relative) = (shelf.file(known), known.path.clone());
    let clash: Arc<Mutex<Option<Clash>>> = Arc::default();
    let change = Change {
        key: relative.clone(),
        subject: place.told(&typed),
        force: typed.has("force"),
        viewer: viewer.clone(),
    };
    let base = site.recent.get(typed.get("version"));
    let today = site.today();
    let done = {
        let (clash, typed) = (Arc::clone(&clash), typed.clone());
        change
            .make(site, move |workspace, now| {
                let hand = Hand { workspace, path: &path, typed: &typed, who: &viewer.author.name, today };
                match settled(place, now, base.as_deref(), &hand)? {
                    Ok(changed) => Ok(changed),
                    Err(found) => {
                        *clash.lock().unwrap_or_else(PoisonError::into_inner) = Some(found);
                        Err(Failure::new("somebody else changed the same place").of(FailureKind::Conflict))
                    }
                }
            })
            .await
    };
    let clash = clash.lock().unwrap_or_else(PoisonError::into_inner).take();
    let shelf = site.shelf();
    match (done, clash) {
        (Ok(()), _) => {
            let key = shelf.find(&relative).map_or(relative.as_str(), |known| shelf.key(known));
            Ok(Outcome::Done(key.to_owned()))
        }
        (Err(_), Some(clash)) => Ok(Outcome::Clash(shown(site, key, place, &typed, clash)?)),
        (Err(Oops(failure)), None) => Ok(Outcome::Returned(Box::new(Returned { place, typed, failure }))),
    }
}

/// What the document is to be, or the clash.
fn settled(
    place: Place,
    now: &Document,
    base: Option<&[u8]>,
    hand: &Hand<'_>,
) -> Result<Result<Document, Clash>, Failure> {
    let version = Version::of(now.source().bytes()).to_string();
    let is_same = hand.typed.get("version") == version;
    if is_same || place.is_new() {
        return place.changed(now, hand).map(Ok);
    }
    if let Some(base) = base {
        let old = Document::parse(base);
        let mine = place.changed(&old, hand)?;
        let merged = merge(base, mine.source().bytes(), now.source().bytes(), Markers::default());
        if let Some(merged) = merged.filter(|merged| merged.conflicts == 0) {
            return Ok(Ok(Document::parse(&merged.bytes)));
        }
    }
    let was = was(place, hand.typed);
    let found = place.found(now, &was);
    let cells = found.and_then(|found| Some((found, found.cells(now)?)));
    let clash = |now_there, was| Clash { now: now_there, version, bytes: now.source().bytes().to_vec(), was };
    match cells {
        Some((found, cells)) => match together(place, hand.typed, &cells, &was) {
            Some(typed) => found.changed(now, &Hand { typed: &typed, ..*hand }).map(Ok),
            None => Ok(Err(clash(Some((found, cells)), was))),
        },
        None => Ok(Err(clash(None, was))),
    }
}

/// What was typed with what others changed beside it, input by input; none where both changed one. The version alone
/// can be forgotten, and a merge cannot always tell.
fn together(place: Place, typed: &Typed, now: &[Cell], was: &[Cell]) -> Option<Typed> {
    if matches!(typed.get("do"), "remove" | "up" | "down") {
        return is_untouched(now, was).then(|| typed.clone());
    }
    let mut both = typed.clone();
    for (now, was) in now.iter().zip(was) {
        let Some(mine) = mine(place, typed, now.name) else { continue };
        let (theirs, was, mine) = (now.value.trim(), was.value.trim(), mine.trim().to_owned());
        if theirs == was {
            continue;
        }
        if mine != was && mine != theirs {
            return None;
        }
        both.set(now.name, theirs);
        // An answer and its details are one value.
        both.remove("answer");
    }
    Some(both)
}

/// What a form wants an input's place to hold; none where it has no such input.
fn mine(place: Place, typed: &Typed, name: &str) -> Option<String> {
    match place {
        Place::Field(id) => Some(wanted(id, typed)),
        _ => typed.has(name).then(|| typed.get(name).to_owned()),
    }
}

/// What stood in the place when the form was made, as the form says.
fn was(place: Place, typed: &Typed) -> Vec<Cell> {
    let mut cells = place.filled(&[]);
    for cell in &mut cells {
        typed.get(&format!("was-{}", cell.name)).clone_into(&mut cell.value);
    }
    cells
}

fn is_untouched(now: &[Cell], was: &[Cell]) -> bool {
    now.len() == was.len()
        && now.iter().zip(was).all(|(now, was)| now.name == was.name && now.value.trim() == was.value.trim())
}

#[derive(Template)]
#[template(path = "conflict.html")]
struct ConflictPage {
    frame: Frame,
    address: String,
    name: String,
    /// What it is about, in a sentence.
    about: String,
    action: String,
    anchor: String,
    /// Nothing is there any more.
    is_gone: bool,
    cells: Vec<Both>,
    hidden: Vec<(String, String)>,
    /// What the button says.
    button: &'static str,
    is_removal: bool,
}

struct Both {
    /// Of its input; empty where nothing is asked.
    name: &'static str,
    label: &'static str,
    was: String,
    theirs: String,
    yours: String,
}

/// The page that shows both.
fn shown(site: &Site, key: &str, place: Place, typed: &Typed, clash: Clash) -> Answer<Response> {
    let shelf = site.shelf();
    let known = shelf.find(key)?;
    let address = address(shelf.key(known));
    let doing = typed.get("do");
    let is_save = !matches!(doing, "remove" | "up" | "down");
    let is_gone = clash.now.is_none();
    let (now, theirs) = clash.now.unwrap_or_else(|| (place.numbered(0), Vec::new()));
    let mut cells = Vec::new();
    let mut hidden = vec![("version".to_owned(), clash.version), ("do".to_owned(), doing.to_owned())];
    if let Place::Entry(_, number) | Place::Row(number) | Place::Item(number) = now {
        hidden.push(("number".to_owned(), number.to_string()));
    }
    for name in ["reason", "evidence", "since", "reviewed-by", "back"] {
        if typed.has(name) {
            hidden.push((name.to_owned(), typed.get(name).to_owned()));
        }
    }
    for was in clash.was {
        let theirs = theirs.iter().find(|cell| cell.name == was.name);
        let theirs = theirs.map(|cell| cell.value.clone()).unwrap_or_default();
        // What a form does not ask for is as it was.
        let yours = mine(place, typed, was.name).unwrap_or_else(|| was.value.clone());
        let is_mine = yours.trim() != was.value.trim();
        let is_asked = is_save && is_mine && !is_gone;
        hidden.push((format!("was-{}", was.name), theirs.clone()));
        if !is_asked {
            // Only what you changed is yours; the rest is as they left it.
            hidden.push((was.name.to_owned(), if is_gone { yours.clone() } else { theirs.clone() }));
        }
        if is_mine || is_gone || theirs.trim() != was.value.trim() {
            let name = if is_asked { was.name } else { "" };
            let yours = if is_save && (is_mine || is_gone) { yours } else { String::new() };
            cells.push(Both { name, label: was.label, was: was.value, theirs, yours });
        }
    }
    let button = match (doing, is_gone) {
        (_, true) => "Add mine again",
        ("remove", _) => "Remove it all the same",
        ("up" | "down", _) => "Move it all the same",
        _ => "Save mine",
    };
    let template = ConflictPage {
        frame: Frame::new(&shelf, "").following_one(shelf.key(known), &clash.bytes),
        name: known.name().to_owned(),
        about: place.name(),
        action: format!("{address}{}", now.route()),
        anchor: now.anchor(),
        address,
        is_gone,
        cells,
        hidden,
        button,
        is_removal: is_gone && !is_save,
    };
    Ok((StatusCode::CONFLICT, page(&template)?).into_response())
}

/// After a change: to the place where it was made.
pub(super) fn onward(key: &str, place: Place) -> Response {
    to_anchor(key, &place.anchor())
}

/// To a place of the page, by its `id`.
pub(super) fn to_anchor(key: &str, anchor: &str) -> Response {
    Redirect::to(&format!("{}/edit?saved={anchor}#{anchor}", address(key))).into_response()
}

/// A page with the status of what came back.
pub(crate) fn with_status(failure: Option<&Failure>, page: Html<String>) -> Response {
    let status = failure.map_or(StatusCode::OK, |failure| status(failure.kind()));
    (status, page).into_response()
}
