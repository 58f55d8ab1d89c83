//! One postmortem: the incident on its axis, the document with its findings, and what the library knows beside it.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::Arc;

use askama::Template;
use axum::body::Bytes;
use axum::extract::{Path, Query, State};
use axum::response::Html;
use axum::routing::get;
use jiff::Timestamp;
use recount_engine::document::{Document, counted, elapsed};
use recount_engine::export::axis::Axis;
use recount_engine::export::html::{Rendering, render, section_anchor};
use recount_engine::lint::{Finding, Level, Options};
use recount_store::Stored;
use recount_workspace::{Before, Known};
use serde::Deserialize;

use super::Page as PageDefinition;
use super::similar::{Alike, seen_before, similar};
use crate::error::{Answer, apart, page};
use crate::frame::{Frame, Markup, address, escaped, lasted, sentence};
use crate::shelf::Shelf;
use crate::site::Site;

pub(super) const PAGE: PageDefinition =
    PageDefinition { navigation: None, routes: |router| router.route("/p/{key}", get(postmortem)) };

#[derive(Template)]
#[template(path = "postmortem.html")]
struct Postmortem<'s> {
    frame: Frame,
    address: String,
    title: &'s str,
    name: &'s str,
    path: &'s str,
    severity: String,
    stage: String,
    started: Option<Timestamp>,
    facts: Vec<(&'static str, String)>,
    axis: Option<Markup>,
    /// Findings about what is not shown.
    before: Markup,
    document: Markup,
    outline: Vec<Entry>,
    errors: usize,
    /// What was found, in words.
    found: String,
    earlier: Vec<Before>,
    /// Others that are like it, without those of `earlier`.
    similar: Vec<Alike>,
    /// What is worth knowing right after it was made.
    seen_before: Vec<Alike>,
}

/// What is asked for beside the postmortem.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Asked {
    /// There where it was made a moment ago.
    made: Option<String>,
}

/// A section in the outline.
struct Entry {
    id: String,
    text: String,
    /// Errors and warnings in it.
    findings: usize,
}

async fn postmortem(
    State(site): State<Arc<Site>>,
    Path(key): Path<String>,
    Query(asked): Query<Asked>,
) -> Answer<Html<Bytes>> {
    let shelf = site.shelf();
    let today = site.today();
    // Only what has to be read or written is done elsewhere.
    if asked.made.is_none()
        && let Some(page) = shelf.page_at_once(shelf.find(&key)?, today)
    {
        return Ok(page);
    }
    apart(move || {
        let known = shelf.find(&key)?;
        if asked.made.is_some() {
            let stored = shelf.workspace.library.read(&shelf.file(known))?;
            return Ok(Html(written(&site, &shelf, known, &stored, &asked)?.0.into()));
        }
        shelf.page_of(known, today, |stored| written(&site, &shelf, known, stored, &asked))
    })
    .await
}

fn written(
    site: &Site,
    shelf: &Shelf,
    known: &Known,
    stored: &Stored,
    asked: &Asked,
) -> Answer<Html<String>> {
    let document = Document::parse(&stored.bytes);
    let findings = findings(shelf, known, &document, site);
    let mut attachments: Vec<(u32, String)> = edit_links(&document, &address(shelf.key(known)));
    attachments.extend(findings.iter().map(|finding| (finding.span.start, told(finding))));
    let rendered =
        render(&document, &Rendering { attachments: &attachments, title: false, ..Rendering::default() });
    let outline = rendered.outline.iter().filter(|heading| heading.level == 2);
    let sections = sections(&document, &findings);
    let outline = outline.enumerate().map(|(nth, heading)| Entry {
        id: heading.id.clone(),
        text: heading.text.clone(),
        findings: sections.get(&nth).copied().unwrap_or_default(),
    });
    let outline = outline.collect();
    let record = &known.record;
    let count = |level: Level| findings.iter().filter(|finding| finding.level == level).count();
    let (errors, warnings) = (count(Level::Error), count(Level::Warning));
    // In a draft what is missing is a note.
    let found = match (errors, warnings, count(Level::Note)) {
        (0, 0, 0) => "nothing found".to_owned(),
        (0, 0, notes) => counted(notes, "note"),
        (errors, warnings, _) => format!("{}, {}", counted(errors, "error"), counted(warnings, "warning")),
    };
    let earlier = shelf.workspace.past().before(record, site.today(), shelf.workspace.config());
    let mut similar = similar(shelf, known, &document);
    similar.retain(|alike| earlier.iter().all(|before| before.incident != alike.name));
    let seen_before = asked.made.as_ref().map(|_| seen_before(shelf, known, &document));
    page(&Postmortem {
        frame: Frame::new(shelf, "").following_one(shelf.key(known), &stored.bytes),
        address: address(shelf.key(known)),
        title: record.title.as_deref().unwrap_or("Untitled draft"),
        name: known.name(),
        path: &known.path,
        severity: record.severity.map(|severity| severity.to_string()).unwrap_or_default(),
        stage: record.stage.to_string(),
        started: record.started,
        facts: facts(known),
        axis: Axis::of(&document).map(|axis| Markup(axis.svg())),
        before: Markup(rendered.before),
        document: Markup(rendered.html),
        outline,
        errors,
        found,
        earlier,
        similar,
        seen_before: seen_before.unwrap_or_default(),
    })
}

fn findings(shelf: &Shelf, known: &Known, document: &Document, site: &Site) -> Vec<Finding> {
    let options = Options { due: true, fixes: true, ..Options::default() };
    shelf.workspace.findings(&shelf.file(known), document, site.today(), options)
}

/// A link behind each heading of the template to the forms of its section.
fn edit_links(document: &Document, address: &str) -> Vec<(u32, String)> {
    let sections =
        document.sections().iter().filter_map(|section| Some((section.heading.start, section.id?)));
    let links = sections.map(|(at, id)| {
        let (anchor, heading) = (section_anchor(id), id.heading());
        let link = format!(
            "<a class=\"edit-link\" href=\"{address}/edit#{anchor}\" aria-label=\"Edit {heading}\">edit</a>"
        );
        (at, link)
    });
    links.collect()
}

/// A finding beside what it is about.
fn told(finding: &Finding) -> String {
    let class = match finding.level {
        Level::Error => "error",
        Level::Warning => "warning",
        Level::Note => "note",
    };
    let mut out = String::new();
    let _ = write!(
        out,
        "<span class=\"finding {class}\" role=\"note\"><b>{}</b> <span class=\"help\">{} <a href=\"/rules/{name}\">{name}</a></span></span>",
        sentence(&finding.message),
        sentence(&finding.help),
        name = escaped(finding.rule.name),
    );
    out
}

/// How many errors and warnings each section of the document has, by its place.
fn sections(document: &Document, findings: &[Finding]) -> BTreeMap<usize, usize> {
    let mut counts = BTreeMap::new();
    let counting = findings.iter().filter(|finding| matches!(finding.level, Level::Error | Level::Warning));
    for finding in counting {
        let before =
            document.sections().iter().take_while(|section| section.span.start <= finding.span.start);
        if let Some(place) = before.count().checked_sub(1) {
            *counts.entry(place).or_default() += 1;
        }
    }
    counts
}

/// What a reader wants to know first, in the words of the template.
fn facts(known: &Known) -> Vec<(&'static str, String)> {
    let record = &known.record;
    let since =
        |at: Option<Timestamp>| record.started.zip(at).and_then(|(start, at)| elapsed(start, at)).map(lasted);
    let joined = |names: &[String]| (!names.is_empty()).then(|| names.join(", "));
    [
        ("Duration", since(record.resolved)),
        ("Detected after", since(record.detected)),
        ("Mitigated after", since(record.mitigated)),
        ("Services", joined(&record.services)),
        ("Regions", joined(&record.regions)),
    ]
    .into_iter()
    .filter_map(|(name, value)| Some((name, value?)))
    .collect()
}
