//! A new postmortem, from a title and what is known already.

use std::sync::Arc;

use askama::Template;
use axum::extract::{Form, State};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::get;
use recount_engine::document::value::time::{self, Anchor};
use recount_workspace::{Failure, FailureKind, Given, read_severity};

use super::Page as PageDefinition;
use super::edit::{Inputs, Trouble, Typed, with_status};
use crate::error::{Answer, page};
use crate::frame::{Frame, address};
use crate::making;
use crate::site::Site;
use crate::viewer::Viewer;

pub(super) const PAGE: PageDefinition =
    PageDefinition { navigation: None, routes: |router| router.route("/new", get(show).post(create)) };

#[derive(Template)]
#[template(path = "new.html")]
struct New<'s> {
    frame: Frame,
    typed: Typed,
    trouble: Option<Trouble>,
    services: Vec<&'s str>,
    is_first: bool,
}

async fn show(State(site): State<Arc<Site>>) -> Answer<Response> {
    form(&site, Typed::default(), None)
}

fn form(site: &Arc<Site>, typed: Typed, failure: Option<&Failure>) -> Answer<Response> {
    let shelf = site.shelf();
    let page = page(&New {
        frame: Frame::new(&shelf, "/new"),
        typed,
        trouble: failure.map(Trouble::of),
        services: shelf.services(),
        is_first: shelf.records.is_empty(),
    })?;
    Ok(with_status(failure, page))
}

async fn create(State(site): State<Arc<Site>>, viewer: Viewer, Form(inputs): Inputs) -> Answer<Response> {
    let typed = Typed::new(inputs);
    let made = {
        let (site, typed) = (Arc::clone(&site), typed.clone());
        tokio::task::spawn_blocking(move || made(&site, &viewer, &typed)).await
    };
    // Only a panic ends the task early.
    let made = made.unwrap_or_else(|_| Err(Failure::new("it was not finished").of(FailureKind::Trouble)));
    match made {
        Ok(key) => {
            let then = if typed.get("then") == "evidence" { "/evidence" } else { "" };
            Ok(Redirect::to(&format!("{}{then}", address(&key))).into_response())
        }
        Err(failure) => form(&site, typed, Some(&failure)),
    }
}

/// Makes it as `recount new` does, and gives back its key.
fn made(site: &Site, viewer: &Viewer, typed: &Typed) -> Result<String, Failure> {
    let title = typed.get("title").trim();
    let some = |name: &str| Some(typed.get(name).trim()).filter(|text| !text.is_empty());
    let start = some("start").map(|text| {
        let read = time::read(text, &Anchor { date: None, previous: None });
        read.map(|moment| moment.at).map_err(|_| {
            Failure::new(format!("`{text}` is not a time"))
                .hint("write it as `2026-11-20 14:02`; it is UTC unless it names another zone")
        })
    });
    let services = typed.get("services").split([',', ';']).map(str::trim).filter(|name| !name.is_empty());
    let given = Given {
        id: None,
        severity: some("severity").map(read_severity).transpose()?,
        start: start.transpose()?,
        services: services.map(str::to_owned).collect(),
    };
    Ok(making::made(site, viewer, title, &given)?.key)
}
