//! Handing a postmortem out: downloads for each audience and format, and what the public would not see, side by side with
//! what it would.
//!
//! What does not live here: what is taken out, and the formats (`recount-engine`).

use std::fmt::Write as _;
use std::sync::Arc;

use askama::Template;
use axum::extract::{Path, State};
use axum::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use axum::response::{Html, IntoResponse, Response};
use axum::routing::get;
use recount_engine::document::{Document, Stage};
use recount_engine::export::audience::{Audience, Removed, derive};
use recount_engine::export::formats::{self, FORMATS, Format};
use recount_engine::export::html::{Rendering, render};
use recount_workspace::{Failure, FailureKind, taken_out};

use super::Page as PageDefinition;
use crate::error::{Answer, page};
use crate::frame::{Frame, Markup, address, escaped};
use crate::site::Site;

pub(super) const PAGE: PageDefinition = PageDefinition {
    navigation: None,
    routes: |router| {
        router.route("/p/{key}/export", get(review)).route("/p/{key}/export/{file}", get(download))
    },
};

#[derive(Template)]
#[template(path = "export.html")]
struct Review<'s> {
    frame: Frame,
    address: String,
    name: &'s str,
    title: &'s str,
    formats: Vec<&'static Format>,
    is_final: bool,
    stage: Stage,
    /// Why the public cannot have it, in sentences.
    refused: Option<String>,
    taken_out: Vec<(String, usize)>,
    original: Markup,
    remains: Markup,
}

async fn review(State(site): State<Arc<Site>>, Path(key): Path<String>) -> Answer<Html<String>> {
    let shelf = site.shelf();
    let known = shelf.find(&key)?;
    let (stored, document) = shelf.workspace.read(&shelf.file(known))?;
    let config = shelf.workspace.config();
    let derived = derive(&document, config, Audience::Public);
    let refused = formats::named("md")
        .and_then(|format| shelf.workspace.hand_out(&document, Audience::Public, format, true).err());
    let remains = render(&derived.document, &Rendering { title: false, ..Rendering::default() });
    page(&Review {
        frame: Frame::new(&shelf, "").following_one(shelf.key(known), &stored.bytes),
        address: address(shelf.key(known)),
        name: known.name(),
        title: known.record.title.as_deref().unwrap_or("Untitled draft"),
        formats: FORMATS.to_vec(),
        is_final: document.stage() == Stage::Final,
        stage: document.stage(),
        refused: refused.map(|refused| Failure::from(refused).to_string()),
        taken_out: taken_out(&derived.removed),
        original: marked(&document, &derived.removed),
        remains: Markup(remains.html),
    })
}

/// The document as it is written, what is taken out struck through, each with its reason.
fn marked(document: &Document, removed: &[Removed]) -> Markup {
    let text = document.text();
    let mut out = String::with_capacity(text.len() * 2);
    let mut at = 0;
    for one in removed {
        let (start, end) = (one.span.start as usize, one.span.end as usize);
        // Spans are in order and apart; were they not, the text must stand here once all the same.
        if start < at || end > text.len() {
            continue;
        }
        out.push_str(&escaped(&text[at..start]));
        if start < end {
            let _ = write!(
                out,
                "<del title=\"{}\">{}</del>",
                escaped(&one.reason.to_string()),
                escaped(&text[start..end])
            );
        }
        if !one.instead.is_empty() {
            let _ = write!(out, "<ins>{}</ins>", escaped(&one.instead));
        }
        at = end;
    }
    out.push_str(&escaped(&text[at..]));
    Markup(out)
}

/// `public.html`, `internal.json`.
async fn download(
    State(site): State<Arc<Site>>,
    Path((key, file)): Path<(String, String)>,
) -> Answer<Response> {
    let missing = || {
        Failure::new(format!("there is no export `{file}`"))
            .hint("the page of exports lists all")
            .of(FailureKind::Missing)
    };
    let (audience, format) = file.split_once('.').ok_or_else(missing)?;
    let audience = Audience::ALL.into_iter().find(|one| one.as_str() == audience).ok_or_else(missing)?;
    let format = formats::named(format).ok_or_else(missing)?;
    let shelf = site.shelf();
    let known = shelf.find(&key)?;
    let (_, document) = shelf.workspace.read(&shelf.file(known))?;
    let exported = shelf.workspace.hand_out(&document, audience, format, false).map_err(Failure::from)?;
    // Only letters that mean nothing in a header.
    let name: String =
        known.name().chars().map(|c| if c.is_ascii_alphanumeric() || c == '-' { c } else { '-' }).collect();
    let suffix = if audience == Audience::Public { "-public" } else { "" };
    let headers = [
        (CONTENT_TYPE, exported.media_type.to_owned()),
        (CONTENT_DISPOSITION, format!("attachment; filename=\"{name}{suffix}.{}\"", exported.extension)),
    ];
    Ok((headers, exported.bytes).into_response())
}
