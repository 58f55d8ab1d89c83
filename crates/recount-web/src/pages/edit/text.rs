//! The whole text of a postmortem in one form, with what was found in it, and how it will look.
//!
//! Two changes at once are merged part by part; where they met, both stand in the text between markers, and nothing is
//! written until one of them is chosen.

use std::sync::{Arc, Mutex, PoisonError};

use askama::Template;
use axum::extract::{Form, Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use recount_engine::document::merge::{Markers, differences, merge};
use recount_engine::document::{Document, LineIndex};
use recount_engine::export::html::{Rendering, render};
use recount_engine::lint::{Finding, Level, Options};
use recount_workspace::{Failure, FailureKind, Workspace, not_ready};

use super::Inputs;
use super::place::Typed;
use super::view::{Trouble, version_of};
use crate::change::Change;
use crate::error::{Answer, Oops, page, status};
use crate::frame::{Frame, Markup, address, sentence};
use crate::site::Site;
use crate::viewer::Viewer;

#[derive(Template)]
#[template(path = "edit_text.html")]
struct Text {
    frame: Frame,
    address: String,
    name: String,
    version: String,
    content: String,
    findings: Vec<Told>,
    preview: Option<Markup>,
    trouble: Option<Trouble>,
    /// What they have, where both could not be put into one text.
    theirs: Option<String>,
    /// In what the two differ.
    differences: Vec<String>,
}

struct Told {
    class: &'static str,
    line: u32,
    message: Markup,
    help: Markup,
    rule: &'static str,
}

/// What the form shows.
#[derive(Default)]
struct Shown {
    /// What was typed, and the version that it was made from; what the file holds where nothing was typed.
    typed: Option<(String, String)>,
    preview: bool,
    trouble: Option<Failure>,
    theirs: Option<String>,
    differences: Vec<String>,
}

/// Both texts met.
struct Clash {
    version: String,
    now: Vec<u8>,
    mine: Vec<u8>,
    /// Both in one, between markers.
    merged: Option<Vec<u8>>,
}

pub(super) async fn show(State(site): State<Arc<Site>>, Path(key): Path<String>) -> Answer<Response> {
    form(&site, &key, Shown::default())
}

pub(super) async fn save(
    State(site): State<Arc<Site>>,
    viewer: Viewer,
    Path(key): Path<String>,
    Form(inputs): Inputs,
) -> Answer<Response> {
    let typed = Typed::new(inputs);
    let (text, version) = (typed.get("text").to_owned(), typed.get("version").to_owned());
    if typed.get("do") == "preview" {
        return form(&site, &key, Shown { typed: Some((text, version)), preview: true, ..Shown::default() });
    }
    let shelf = site.shelf();
    let known = shelf.find(&key)?;
    let (path, relative, today) = (shelf.file(known), known.path.clone(), site.today());
    let base = site.recent.get(&version);
    let force = typed.has("force");
    let change = Change { key: relative.clone(), viewer, subject: "edit the text".to_owned(), force };
    let clash: Arc<Mutex<Option<Clash>>> = Arc::default();
    let done = {
        let (clash, text, version) = (Arc::clone(&clash), text.clone(), version.clone());
        change
            .make(&site, move |workspace, now| {
                let mine = dressed(&text, now);
                let bytes = match together(base.as_deref(), mine, now, &version) {
                    Ok(bytes) => bytes,
                    Err(found) => {
                        *clash.lock().unwrap_or_else(PoisonError::into_inner) = Some(*found);
                        return Err(
                            Failure::new("the text was changed in the same place").of(FailureKind::Conflict)
                        );
                    }
                };
                let changed = Document::parse(&bytes);
                if !force {
                    refuse_unready(workspace, &path, now, &changed, today)?;
                }
                refuse_markers(&changed)?;
                Ok(changed)
            })
            .await
    };
    let clash = clash.lock().unwrap_or_else(PoisonError::into_inner).take();
    match (done, clash) {
        (Ok(()), _) => {
            let shelf = site.shelf();
            let key = shelf.find(&relative).map_or(relative.as_str(), |known| shelf.key(known));
            Ok(Redirect::to(&address(key)).into_response())
        }
        (Err(_), Some(clash)) => form(&site, &key, met(&site, clash)),
        (Err(Oops(failure)), None) => {
            let typed = Some((text, version));
            form(&site, &key, Shown { typed, trouble: Some(failure), ..Shown::default() })
        }
    }
}

/// What was typed, with the line endings and the mark that the file has.
fn dressed(text: &str, now: &Document) -> Vec<u8> {
    let old = now.source().bytes();
    let mark: &[u8] = "\u{feff}".as_bytes();
    let ends = || now.text().match_indices('\n');
    let is_paired = ends().next().is_some() && ends().all(|(at, _)| now.text()[..at].ends_with('\r'));
    let text = if is_paired { text.replace('\n', "\r\n") } else { text.to_owned() };
    let mut bytes = text.into_bytes();
    if old.starts_with(mark) && !bytes.starts_with(mark) {
        bytes.splice(0..0, mark.iter().copied());
    }
    bytes
}

/// The text that holds both changes.
fn together(
    base: Option<&[u8]>,
    mine: Vec<u8>,
    now: &Document,
    version: &str,
) -> Result<Vec<u8>, Box<Clash>> {
    let bytes = now.source().bytes();
    let current = version_of(bytes);
    if current == version {
        return Ok(mine);
    }
    let markers = Markers { ours: "yours", theirs: "theirs", ..Markers::default() };
    let merged = base.and_then(|base| merge(base, &mine, bytes, markers));
    match merged {
        Some(merged) if merged.conflicts == 0 => Ok(merged.bytes),
        merged => Err(Box::new(Clash {
            version: current,
            now: bytes.to_vec(),
            mine,
            merged: merged.map(|merged| merged.bytes),
        })),
    }
}

/// A stage is moved to only where its rules hold, however it is written.
fn refuse_unready(
    workspace: &Workspace,
    path: &std::path::Path,
    now: &Document,
    changed: &Document,
    today: jiff::civil::Date,
) -> Result<(), Failure> {
    if changed.stage() <= now.stage() {
        return Ok(());
    }
    let findings = workspace.in_the_way(path, changed, changed.stage(), today);
    if findings.is_empty() {
        return Ok(());
    }
    let name = changed.incident_id().unwrap_or("this postmortem");
    Err(not_ready(name, changed.stage(), &findings)
        .hint("mend them first, or leave the stage as it is")
        .unless_forced())
}

/// Both versions in one text are nothing to be written.
fn refuse_markers(changed: &Document) -> Result<(), Failure> {
    let Some(at) = changed.unresolved_conflict() else { return Ok(()) };
    let line = LineIndex::new(changed.text()).position(changed.text(), at.start).line;
    Err(Failure::new(format!("line {line} begins two versions of one place"))
        .hint("keep one of them, and take out the lines `<<<<<<<`, `=======` and `>>>>>>>`"))
}

/// What the form shows where both texts met.
fn met(site: &Site, clash: Clash) -> Shown {
    site.recent.keep(&clash.version, &clash.now);
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let differing = differences(&clash.now, &clash.mine);
    let told = differing.iter().map(|one| {
        let place = if one.name.is_empty() { one.section.as_str() } else { one.name.as_str() };
        let said = |side: &Option<String>| match side.as_deref() {
            None => "nothing".to_owned(),
            Some("") => "blank".to_owned(),
            Some(text) => format!("`{}`", text.replace('`', "'")),
        };
        format!("{place}: theirs {}, yours {}", said(&one.before), said(&one.after))
    });
    let differences = told.collect();
    let (typed, theirs, hint) = match clash.merged {
        Some(merged) => (
            text(&merged),
            None,
            "where both changed the same place, both stand below between `<<<<<<< yours` and `>>>>>>> theirs`; \
             everything else is together already. Keep what shall stay, take out the marks, and save",
        ),
        None => (
            text(&clash.mine),
            Some(text(&clash.now)),
            "yours is in the form, theirs below it; take over what you need of theirs, and save",
        ),
    };
    let trouble = Failure::new("somebody changed the same place while you wrote; nothing was written")
        .hint(hint)
        .of(FailureKind::Conflict);
    Shown { typed: Some((typed, clash.version)), trouble: Some(trouble), theirs, differences, preview: false }
}

fn form(site: &Arc<Site>, key: &str, shown: Shown) -> Answer<Response> {
    let shelf = site.shelf();
    let known = shelf.find(key)?;
    let path = shelf.file(known);
    let (stored, document) = shelf.workspace.read(&path)?;
    if document.source().invalid_at().is_some() {
        return Err(Failure::new("this file is not UTF-8, so its text cannot be edited here")
            .hint("save the file as UTF-8 first")
            .into());
    }
    let (document, version) = if let Some((text, version)) = shown.typed {
        (Document::parse(text.as_bytes()), version)
    } else {
        let version = stored.version.to_string();
        site.recent.keep(&version, &stored.bytes);
        (document, version)
    };
    let options = Options { due: true, ..Options::default() };
    let findings = shelf.workspace.findings(&path, &document, site.today(), options);
    let lines = LineIndex::new(document.text());
    let preview = shown.preview.then(|| {
        let rendered = render(&document, &Rendering::default());
        Markup(format!("{}{}", rendered.before, rendered.html))
    });
    let answer = shown.trouble.as_ref().map_or(StatusCode::OK, |failure| status(failure.kind()));
    let template = Text {
        frame: Frame::new(&shelf, "").following_one(shelf.key(known), &stored.bytes),
        address: address(shelf.key(known)),
        name: known.name().to_owned(),
        version,
        findings: findings.iter().map(|finding| told(finding, &lines, &document)).collect(),
        preview,
        trouble: shown.trouble.as_ref().map(Trouble::of),
        theirs: shown.theirs,
        differences: shown.differences,
        content: document.text().to_owned(),
    };
    Ok((answer, page(&template)?).into_response())
}

fn told(finding: &Finding, lines: &LineIndex, document: &Document) -> Told {
    let class = match finding.level {
        Level::Error => "error",
        Level::Warning => "warning",
        Level::Note => "note",
    };
    Told {
        class,
        line: lines.position(document.text(), finding.span.start).line,
        message: sentence(&finding.message),
        help: sentence(&finding.help),
        rule: finding.rule.name,
    }
}
