//! Writing together: the page that the live editor takes over. Without a script, or in a program without the editor, it
//! says so, and leads to the forms.
//!
//! What does not live here: the editor (`editor/`), and what goes to and fro ([`crate::live`]).

use std::sync::Arc;

use askama::Template;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use axum::routing::get;

use super::Page as PageDefinition;
use crate::assets::{Editor, editor};
use crate::error::{Answer, page};
use crate::frame::{Frame, address, segment};
use crate::security::StyleNonce;
use crate::site::Site;

pub(super) const PAGE: PageDefinition =
    PageDefinition { navigation: None, routes: |router| router.route("/p/{key}/write", get(write)) };

#[derive(Template)]
#[template(path = "write.html")]
struct Write<'s> {
    frame: Frame,
    address: String,
    name: &'s str,
    title: &'s str,
    key: &'s str,
    /// Where its socket is.
    live: String,
    /// Where the API has it.
    api: String,
    editor: Option<&'static Editor>,
    nonce: &'s str,
    text: &'s str,
}

async fn write(State(site): State<Arc<Site>>, Path(key): Path<String>) -> Answer<Response> {
    let shelf = site.shelf();
    let known = shelf.find(&key)?;
    let (_, document) = shelf.workspace.read(&shelf.file(known))?;
    let key = shelf.key(known);
    let nonce = StyleNonce::new();
    let html = page(&Write {
        frame: Frame::new(&shelf, ""),
        address: address(key),
        name: known.name(),
        title: document.title_text().unwrap_or_default(),
        key,
        live: format!("/live/{}", segment(key)),
        api: format!("/api/v1/postmortems/{}", segment(key)),
        editor: editor(),
        nonce: nonce.text(),
        text: document.text(),
    })?;
    let mut response = html.into_response();
    response.extensions_mut().insert(nonce);
    Ok(response)
}
