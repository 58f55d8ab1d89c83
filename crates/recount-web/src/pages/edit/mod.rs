//! Editing a postmortem: every field, row and action item by a form of its own, and the whole text.
//!
//! What lives here: the addresses and what each form is about. Beside it: the page (`view`), places and what forms make
//! of them (`place`), two changes at once (`apply`), the whole text (`text`).

mod apply;
mod place;
mod text;
mod view;

use std::sync::Arc;

use axum::extract::{Form as Sent, Path, Query, State};
use axum::response::Response;
use axum::routing::{get, post};
use recount_engine::document::Document;
use recount_engine::document::template::{FieldId, SectionId};
use recount_engine::export::html::section_anchor;
use recount_engine::lint::Options;
use recount_store::Version;
use recount_workspace::{Failure, FailureKind};
use serde::Deserialize;

use super::Page as PageDefinition;
use super::actions;
use crate::change::Change;
use crate::error::{Answer, Oops};
use crate::site::Site;
use crate::viewer::Viewer;

pub(crate) use apply::{Outcome, Returned, apply, with_status};
pub(crate) use place::{Place, Typed};
pub(crate) use view::{Form, Trouble, days, item_form, people, statuses};

pub(super) const PAGE: PageDefinition = PageDefinition {
    navigation: None,
    routes: |router| {
        router
            .route("/p/{key}/edit", get(edit))
            .route("/p/{key}/edit/fix", post(fix))
            .route("/p/{key}/edit/text", get(text::show).post(text::save))
            .route("/p/{key}/edit/{*form}", post(form))
    },
};

/// What a form sends.
pub(crate) type Inputs = Sent<Vec<(String, String)>>;

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Asked {
    /// Where something was just saved.
    saved: String,
}

async fn edit(
    State(site): State<Arc<Site>>,
    Path(key): Path<String>,
    Query(asked): Query<Asked>,
) -> Answer<Response> {
    Ok(with_status(None, view::show(&site, &key, &asked.saved, None)?))
}

/// Every form is about one place, which its address names.
async fn form(
    State(site): State<Arc<Site>>,
    viewer: Viewer,
    Path((key, form)): Path<(String, String)>,
    Sent(inputs): Inputs,
) -> Answer<Response> {
    let typed = Typed::new(inputs);
    answered(&site, viewer, &key, place(&form, &typed)?, typed).await
}

/// The place that a form is about, by its address below `/edit/`: [`Place::route`] back.
fn place(form: &str, typed: &Typed) -> Result<Place, Failure> {
    let place = match form.split_once('/').unwrap_or((form, "")) {
        ("title", "") => Some(Place::Title),
        ("stage", "") => Some(Place::Stage),
        ("field", name) => FieldId::from_name(name).map(Place::Field),
        ("entries", section) => {
            let list: Option<SectionId> = view::LISTS.into_iter().find(|id| section_anchor(*id) == section);
            list.map(|id| Place::Entry(id, typed.number()))
        }
        ("timeline", "") => Some(Place::Row(typed.number())),
        ("actions", "") => Some(Place::Item(typed.number())),
        _ => None,
    };
    place.ok_or_else(|| missing(format!("the template has no place `{form}`")))
}

fn missing(message: String) -> Failure {
    Failure::new(message).of(FailureKind::Missing)
}

/// Does what a form says, and shows what came of it where the form was.
async fn answered(
    site: &Arc<Site>,
    viewer: Viewer,
    key: &str,
    place: Place,
    typed: Typed,
) -> Answer<Response> {
    let back = typed.get("back").to_owned();
    match apply(site, viewer, key, place, typed).await? {
        Outcome::Done(_) if actions::is_board(&back) => Ok(actions::onward(&back, key, place)),
        Outcome::Done(key) => Ok(apply::onward(&key, place)),
        Outcome::Clash(response) => Ok(response),
        Outcome::Returned(returned) => {
            let page = if actions::is_board(&back) {
                actions::returned(site, &back, key, &returned)?
            } else {
                view::show(site, key, "", Some(&returned))?
            };
            Ok(with_status(Some(&returned.failure), page))
        }
    }
}

/// Applies the fix of one finding, which is named by its rule and what it says.
async fn fix(
    State(site): State<Arc<Site>>,
    viewer: Viewer,
    Path(key): Path<String>,
    Sent(inputs): Inputs,
) -> Answer<Response> {
    let typed = Typed::new(inputs);
    let shelf = site.shelf();
    let known = shelf.find(&key)?;
    let (path, relative, today) = (shelf.file(known), known.path.clone(), site.today());
    let anchor = typed.get("anchor").to_owned();
    let change = Change {
        key: relative.clone(),
        viewer,
        subject: typed.get("title").split_whitespace().collect::<Vec<_>>().join(" "),
        force: false,
    };
    let done = change
        .make(&site, move |workspace, document| {
            let options = Options { due: true, fixes: true, ..Options::default() };
            let at = typed.get("at").parse::<u32>().ok();
            let is_same = typed.get("version") == Version::of(document.source().bytes()).to_string();
            let mut found = workspace.findings(&path, document, today, options);
            found.retain(|finding| {
                finding.rule.name == typed.get("rule")
                    && finding.message == typed.get("message")
                    && (!is_same || at == Some(finding.span.start))
            });
            // Elsewhere than where it was seen only one can be meant.
            let fix = match &found[..] {
                [only] => only.fix.as_ref(),
                [first, ..] if is_same => first.fix.as_ref(),
                _ => None,
            };
            let fix = fix.filter(|fix| fix.title == typed.get("title")).ok_or_else(|| {
                Failure::new("this finding is not there any more, so nothing was changed")
                    .hint("somebody changed the postmortem meanwhile; look at what it says now")
                    .of(FailureKind::Conflict)
            })?;
            let changed: Document = document.changed(&fix.edits)?;
            Ok(changed)
        })
        .await;
    if let Err(Oops(failure)) = done {
        let page = view::told(&site, &key, &failure)?;
        return Ok(with_status(Some(&failure), page));
    }
    let shelf = site.shelf();
    let key = shelf.find(&relative).map_or(relative.as_str(), |known| shelf.key(known)).to_owned();
    let anchor: String = anchor.chars().filter(|c| c.is_ascii_alphanumeric() || *c == '-').collect();
    Ok(apply::to_anchor(&key, &anchor))
}
