//! The evidence of a postmortem in a browser: bringing files in, what came of each, and taking what was left out into the
//! timeline.
//!
//! What does not live here: keeping and reading what is sent, as the API does, too (`crate::receiving`), and which event
//! belongs in a timeline (the engine).

mod form;

use std::sync::Arc;

use askama::Template;
use axum::extract::multipart::MultipartRejection;
use axum::extract::{DefaultBodyLimit, Form as Sent, Multipart, Path, Query, State};
use axum::http::StatusCode;
use axum::response::{Html, IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use jiff::Timestamp;
use recount_engine::document::template::SectionId;
use recount_engine::document::{counted, plain_text};
use recount_engine::evidence::freeze::{Frozen, State as Decision};
use recount_engine::evidence::source::OUTSIDE;
use recount_engine::evidence::sources::SOURCES;
use recount_engine::evidence::{Curation, Event, EventId, Source, merge};
use recount_engine::export::html::section_anchor;
use recount_workspace::importing::{Imported, Judged, known_events};
use recount_workspace::reading::{How, Read, ReadInput, window_of};
use recount_workspace::{Failure, FailureKind};
use serde::Deserialize;

use self::form::{File, Received, received};
use super::Page as PageDefinition;
use super::edit::{Inputs, Place, Trouble, Typed};
use crate::change::Change;
use crate::error::{Answer, Oops, apart, page, status};
use crate::frame::{self, Frame, Markup, address, segment};
use crate::receiving::{self, LARGEST, Wanted, unread};
use crate::site::Site;
use crate::viewer::Viewer;

pub(super) const PAGE: PageDefinition = PageDefinition {
    navigation: None,
    routes: |router| {
        // What is too large is read to its end all the same: a browser shows no answer before it has sent everything.
        let larger = DefaultBodyLimit::max(4 * LARGEST);
        router
            .route("/p/{key}/evidence", get(show).merge(post(bring).layer(larger)))
            .route("/p/{key}/evidence/take", post(take))
            .route("/p/{key}/evidence/dismiss", post(dismiss))
            .route("/p/{key}/evidence/offer", post(offer))
    },
};

/// So many candidates are shown at once.
const AT_ONCE: usize = 100;
/// So much is told one by one: rows that came in, records that were skipped.
const TOLD: usize = 20;

#[derive(Template)]
#[template(path = "evidence.html")]
struct Page<'p> {
    frame: Frame,
    address: String,
    name: &'p str,
    title: &'p str,
    is_foreign: bool,
    /// What was chosen in the form, of one that came back.
    typed: &'p Typed,
    trouble: Option<Trouble>,
    sources: Vec<&'static Source>,
    outcome: Option<&'p Outcome>,
    /// Whether it is shown how files are read: some could not be.
    is_how_open: bool,
    /// What was brought in, by its files.
    kept: Vec<Kept>,
    damage: Vec<String>,
    candidates: Vec<Candidate>,
    /// How many there are, and of them those that are asked for.
    all: usize,
    total: usize,
    number: usize,
    first: usize,
    text: &'p str,
    previous: Option<String>,
    next: Option<String>,
    /// How many were just taken, dismissed, or brought back.
    taken: Option<usize>,
    gone: Option<usize>,
    back: Option<usize>,
    /// Why none was.
    untaken: Option<Trouble>,
    /// What was dismissed, the latest first, and how many there are.
    dismissed: Vec<Candidate>,
    all_dismissed: usize,
    timeline: String,
}

/// A file that was brought in.
struct Kept {
    name: String,
    source: String,
    events: String,
}

/// An event that is not in the timeline.
struct Candidate {
    id: String,
    at: Timestamp,
    actor: String,
    action: String,
    result: String,
    why: String,
    source: String,
    link: Option<String>,
    is_chosen: bool,
}

/// What came of files that were sent.
struct Outcome {
    files: Vec<FileTold>,
    /// In a sentence, what became of the timeline.
    told: String,
    added: Vec<(Timestamp, String)>,
    more: usize,
    filled: Vec<Said>,
    offers: Vec<Said>,
    removed: Vec<Said>,
}

/// What came of one file.
struct FileTold {
    name: String,
    is_read: bool,
    /// In a sentence each.
    lines: Vec<Markup>,
    /// Records that could not be read, and why.
    skipped: Vec<Markup>,
    more: usize,
}

/// Something that evidence says, and why.
struct Said {
    what: String,
    value: String,
    why: String,
    /// Its form on the page of forms; empty where it has none.
    anchor: String,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Asked {
    /// Only candidates that hold this.
    text: String,
    /// Which page of them, from 1.
    page: usize,
    /// How many were just taken.
    taken: Option<usize>,
    /// How many were just dismissed.
    dismissed: Option<usize>,
    /// How many of those that were dismissed are offered again.
    offered: Option<usize>,
}

/// What the page says beside what there is.
#[derive(Default)]
struct Back {
    typed: Typed,
    failure: Option<Failure>,
    outcome: Option<Outcome>,
    /// Why none was taken, and what had been chosen.
    untaken: Option<Failure>,
    chosen: Vec<String>,
}

async fn show(
    State(site): State<Arc<Site>>,
    Path(key): Path<String>,
    Query(asked): Query<Asked>,
) -> Answer<Html<String>> {
    apart(move || shown(&site, &key, &asked, &Back::default())).await
}

fn shown(site: &Site, key: &str, asked: &Asked, back: &Back) -> Answer<Html<String>> {
    let shelf = site.shelf();
    let known = shelf.find(key)?;
    let path = shelf.file(known);
    let (stored, document) = shelf.workspace.read(&path)?;
    let frozen = shelf.workspace.frozen(&path)?;
    let mut candidates = shelf.workspace.candidates(&document, &frozen);
    let all = candidates.len();
    let text = asked.text.trim().to_lowercase();
    candidates.retain(|candidate| text.is_empty() || candidate.holds(&text));
    let total = candidates.len();
    let last = total.div_ceil(AT_ONCE).max(1);
    let number = asked.page.clamp(1, last);
    let from = (number - 1) * AT_ONCE;
    let address = address(shelf.key(known));
    let to =
        |number: usize| format!("{address}/evidence?text={}&page={number}#left-out", segment(&asked.text));
    let mut dismissed: Vec<&Event> =
        frozen.events().into_iter().filter(|event| frozen.state(&event.id) == Decision::Dismissed).collect();
    dismissed.reverse();
    let all_dismissed = dismissed.len();
    let kept = frozen.inputs().iter().filter_map(|input| {
        let header = input.header.as_ref()?;
        let events = counted(input.events.len(), "event");
        Some(Kept { name: header.name.clone(), source: header.source.clone(), events })
    });
    page(&Page {
        frame: Frame::new(&shelf, "").following_one(shelf.key(known), &stored.bytes),
        name: known.name(),
        title: known.record.title.as_deref().unwrap_or("Untitled draft"),
        is_foreign: shelf.workspace.refuse_foreign(&path, &document, "row").is_err(),
        typed: &back.typed,
        trouble: back.failure.as_ref().map(Trouble::of),
        sources: sources(),
        outcome: back.outcome.as_ref(),
        is_how_open: back.failure.is_some()
            || back.outcome.as_ref().is_some_and(|outcome| outcome.files.iter().any(|file| !file.is_read)),
        kept: kept.collect(),
        damage: frozen.damage().iter().map(ToString::to_string).collect(),
        candidates: candidates
            .into_iter()
            .skip(from)
            .take(AT_ONCE)
            .map(|candidate| Candidate::of(candidate.event, candidate.why, &back.chosen))
            .collect(),
        all,
        total,
        number,
        first: from + 1,
        text: asked.text.trim(),
        previous: (number > 1).then(|| to(number - 1)),
        next: (number < last).then(|| to(number + 1)),
        taken: asked.taken,
        gone: asked.dismissed,
        back: asked.offered,
        dismissed: dismissed
            .into_iter()
            .take(AT_ONCE)
            .map(|event| Candidate::of(event, String::new(), &back.chosen))
            .collect(),
        all_dismissed,
        untaken: back.untaken.as_ref().map(Trouble::of),
        timeline: section_anchor(SectionId::Timeline),
        address,
    })
}

impl Candidate {
    fn of(event: &Event, why: String, chosen: &[String]) -> Self {
        let is_address = |link: &&String| link.starts_with("https://") || link.starts_with("http://");
        Self {
            id: event.id.0.clone(),
            at: event.instant(),
            actor: event.actor.clone(),
            action: plain_text(&event.action),
            result: plain_text(&event.result),
            why,
            source: event.source.clone(),
            link: event.link.as_ref().filter(is_address).cloned(),
            is_chosen: chosen.contains(&event.id.0),
        }
    }
}

fn sources() -> Vec<&'static Source> {
    let mut sources = SOURCES.to_vec();
    sources.sort_by_key(|source| source.name);
    sources
}

/// Brings files in. The answer says what came of each, and is no redirect: to send the same once more adds nothing.
async fn bring(
    State(site): State<Arc<Site>>,
    viewer: Viewer,
    Path(key): Path<String>,
    sent: Result<Multipart, MultipartRejection>,
) -> Answer<Response> {
    let relative = site.shelf().find(&key)?.path.clone();
    let mut back = Back::default();
    let done = match received(sent).await {
        Ok(received) => {
            back.typed = received.typed.clone();
            brought(&site, viewer, &relative, received).await
        }
        Err((status, failure)) => Err(Refused { status, failure, files: Vec::new() }),
    };
    let status = match done {
        Ok(outcome) => {
            let status = if outcome.files.iter().any(|file| file.is_read) {
                StatusCode::OK
            } else {
                StatusCode::UNPROCESSABLE_ENTITY
            };
            back.outcome = Some(outcome);
            status
        }
        Err(refused) => {
            if !refused.files.is_empty() {
                back.outcome = Some(Outcome::nothing(refused.files));
            }
            back.failure = Some(refused.failure);
            refused.status
        }
    };
    let page = apart(move || shown(&site, &relative, &Asked::default(), &back)).await?;
    Ok((status, page).into_response())
}

/// Why nothing was brought in.
struct Refused {
    status: StatusCode,
    failure: Failure,
    /// What came of each file until then.
    files: Vec<FileTold>,
}

impl From<Failure> for Refused {
    fn from(failure: Failure) -> Self {
        Self { status: status(failure.kind()), failure, files: Vec::new() }
    }
}

/// Reads what was kept, and brings what could be read of it in.
async fn brought(
    site: &Arc<Site>,
    viewer: Viewer,
    relative: &str,
    received: Received,
) -> Result<Outcome, Refused> {
    if received.files.is_empty() {
        return Err(Failure::new("no file was chosen")
            .hint("choose one or more: exports, logs, or a zip of them")
            .into());
    }
    let how = wanted(&received.typed)?;
    let Some(_place) = receiving::place() else {
        let failure = Failure::new("others are sending evidence just now").of(FailureKind::Trouble);
        return Err(failure.hint("send it again in a moment").into());
    };
    let unfinished = || Failure::new("it was not finished").of(FailureKind::Trouble);
    let (read, files) = {
        let (site, relative, how) = (Arc::clone(site), relative.to_owned(), how.clone());
        let work = move || read_all(&site, &relative, &received.files, &how);
        tokio::task::spawn_blocking(work).await.map_err(|_| unfinished())??
    };
    if read.inputs.is_empty() {
        return Ok(Outcome::nothing(files));
    }
    let names: Vec<&str> = files.iter().filter(|file| file.is_read).map(|file| file.name.as_str()).collect();
    let subject = format!("import {}", names.join(", "));
    // As on the command line, evidence comes in whatever rules say of the rows that it makes.
    let change = Change { key: relative.to_owned(), viewer, subject, force: true };
    let done = change
        .import(site, move |workspace, path, document| {
            let frozen = workspace.frozen(path)?;
            workspace.into_document(path, document, frozen, read, &how)
        })
        .await;
    match done {
        Ok(Some(imported)) => Ok(Outcome::of(files, &imported)),
        Ok(None) => Err(unfinished().into()),
        Err(Oops(failure)) => Err(Refused { files, ..Refused::from(failure) }),
    }
}

/// How a form wants its files to be read.
fn wanted(typed: &Typed) -> Result<How, Failure> {
    let some = |name: &str| Some(typed.get(name).trim()).filter(|text| !text.is_empty());
    let year = some("year").map(|text| {
        text.parse::<i16>()
            .map_err(|_| Failure::new(format!("`{text}` is no year")).hint("write it as `2026`"))
    });
    let wanted = Wanted {
        source: some("source"),
        zone: some("zone"),
        year: year.transpose()?,
        anchor: some("anchor"),
        map: some("map"),
        from: some("from"),
        to: some("to"),
        channels: some("channel"),
        threads: some("thread"),
    };
    wanted.how()
}

/// Reads each file by itself, so that one that cannot be read keeps no other back.
fn read_all(
    site: &Site,
    relative: &str,
    files: &[File],
    how: &How,
) -> Result<(Read, Vec<FileTold>), Failure> {
    let shelf = site.shelf();
    let workspace = &shelf.workspace;
    let (_, document) = workspace.read_to_change(&workspace.library.root().join(relative))?;
    let window = window_of(&document);
    let mut all = Read { inputs: Vec::new(), is_complete: true, from: how.from, to: how.to };
    let mut told: Vec<(usize, FileTold)> = Vec::new();
    // What is small says for which hours to read the rest, and a rota has no hours of its own.
    let mut order: Vec<(usize, &File)> = files.iter().enumerate().collect();
    let size = |file: &File| {
        let metadata = file.place.as_ref().ok().and_then(|place| std::fs::metadata(place).ok());
        metadata.map_or(0, |metadata| metadata.len())
    };
    let is_rota = |file: &File| file.name.to_lowercase().ends_with(".ics");
    order.sort_by_key(|(_, file)| (is_rota(file), size(file)));
    for (nth, file) in order {
        let one = match &file.place {
            Err(failure) => FileTold::refused(&file.name, failure),
            Ok(place) => match receiving::read(workspace, place, how, window.or_else(|| all.window(how))) {
                Err(failure) => FileTold::refused(&file.name, &failure),
                Ok((read, noticed)) => {
                    let unread = unread(&read);
                    let one = FileTold::read(&file.name, &read, &noticed, unread);
                    if one.is_read {
                        all.inputs.extend(read.inputs);
                    }
                    one
                }
            },
        };
        told.push((nth, one));
    }
    told.sort_by_key(|(nth, _)| *nth);
    Ok((all, told.into_iter().map(|(_, told)| told).collect()))
}

impl FileTold {
    fn refused(name: &str, failure: &Failure) -> Self {
        let mut lines = vec![sentence(&failure.to_string())];
        lines.extend(failure.hint_elsewhere().map(sentence));
        Self { name: name.to_owned(), is_read: false, lines, skipped: Vec::new(), more: 0 }
    }

    fn read(name: &str, read: &Read, noticed: &[String], unread: Vec<String>) -> Self {
        let is_read = unread.is_empty();
        let skipped: Vec<String> = if is_read {
            read.inputs.iter().flat_map(|input| &input.import.skipped).map(ToString::to_string).collect()
        } else {
            unread
        };
        let mut lines: Vec<Markup> = Vec::new();
        if !is_read {
            let records = counted(skipped.len(), "record");
            lines.push(sentence(&format!(
                "No event could be read: {records} skipped; nothing of it was kept. If it is no such thing, choose under \
                 `How to read them` what it is"
            )));
        }
        for ReadInput { source, import, .. } in &read.inputs {
            let events = counted(import.events.len(), "event");
            let mut line = format!("`{source}`: {events}");
            let left_out: Vec<String> =
                import.left_out.iter().map(|(reason, count)| format!("{count} × {reason}")).collect();
            if !left_out.is_empty() {
                line.push_str("; left out: ");
                line.push_str(&left_out.join(", "));
            }
            lines.push(sentence(&line));
            if import.left_out.contains_key(OUTSIDE) {
                lines.push(sentence(
                    "It was read for the hours of the incident; `--from` and `--to` change that",
                ));
            }
            lines.extend(import.notes.iter().map(|note| sentence(note)));
        }
        lines.extend(noticed.iter().map(|one| sentence(one)));
        let more = skipped.len().saturating_sub(TOLD);
        let skipped = skipped.iter().take(TOLD).map(|one| sentence(one)).collect();
        Self { name: name.to_owned(), is_read, lines, skipped, more }
    }
}

/// A sentence that names options of the command line, with what they are called in the form.
fn sentence(text: &str) -> Markup {
    frame::sentence(&in_labels(text))
}

fn in_labels(text: &str) -> String {
    const LABELS: [(&str, &str); 9] = [
        ("--source", "Read as"),
        ("--zone", "Time zone"),
        ("--year", "Year"),
        ("--anchor", "Begins at"),
        ("--map", "Columns"),
        ("--from", "From"),
        ("--to", "Until"),
        ("--channel", "Channels"),
        ("--thread", "Threads"),
    ];
    let text = text.replace(" (`recount import --help` lists them)", "");
    let parts = text.split('`').enumerate().map(|(nth, part)| {
        let (option, value) = part.split_once(' ').unwrap_or((part, ""));
        let label = LABELS.iter().find(|(name, _)| nth % 2 == 1 && *name == option);
        match label {
            // What is to be written there is no more than a name in capitals, or says how.
            Some((_, label)) if value.contains('=') => format!("{label}: {value}"),
            Some((_, label)) => (*label).to_owned(),
            None => part.to_owned(),
        }
    });
    parts.collect::<Vec<_>>().join("`")
}

impl Outcome {
    /// Of files of which none could be read.
    fn nothing(files: Vec<FileTold>) -> Self {
        Self {
            files,
            told: "Nothing came in.".to_owned(),
            added: Vec::new(),
            more: 0,
            filled: Vec::new(),
            offers: Vec::new(),
            removed: Vec::new(),
        }
    }

    fn of(files: Vec<FileTold>, imported: &Imported) -> Self {
        let merged = &imported.merged;
        let event = |id: &EventId| imported.frozen.event(id).map(|event| merged.selection.told(event));
        let line = |event: &Event| {
            let actor = if event.actor.is_empty() { String::new() } else { format!("{}: ", event.actor) };
            format!("{actor}{}", plain_text(event.action.lines().next().unwrap_or_default()))
        };
        let mut counts = vec![format!("{} added to the timeline", counted(merged.added.len(), "row"))];
        if !merged.changed.is_empty() {
            counts.push(format!("{} of it said better", counted(merged.changed.len(), "row")));
        }
        if imported.candidates > 0 {
            counts.push(format!(
                "{} left out of it, to choose from below",
                counted(imported.candidates, "event")
            ));
        }
        let mut added: Vec<_> =
            merged.added.iter().filter_map(&event).map(|event| (event.instant(), line(event))).collect();
        added.sort_by_key(|(at, _)| *at);
        let more = added.len().saturating_sub(TOLD);
        added.truncate(TOLD);
        Self {
            files,
            told: format!("{}.", counts.join(", ")),
            added,
            more,
            filled: merged
                .filled
                .iter()
                .map(|filled| Said {
                    what: filled.field.def().label.to_owned(),
                    value: plain_text(&filled.value),
                    why: filled.why.clone(),
                    anchor: Place::Field(filled.field).anchor(),
                })
                .collect(),
            offers: merged
                .offers
                .iter()
                .map(|offer| Said {
                    what: offer.what.words().to_owned(),
                    value: plain_text(&offer.value),
                    why: offer.why.clone(),
                    anchor: merge::field_of(offer.what)
                        .map(|id| Place::Field(id).anchor())
                        .unwrap_or_default(),
                })
                .collect(),
            removed: merged
                .removed
                .iter()
                .map(|(id, why)| Said {
                    what: event(id).map_or_else(|| id.0.clone(), line),
                    value: String::new(),
                    why: why.clone(),
                    anchor: String::new(),
                })
                .collect(),
        }
    }
}

/// Takes what was chosen into the timeline.
async fn take(
    State(site): State<Arc<Site>>,
    viewer: Viewer,
    Path(key): Path<String>,
    Sent(inputs): Inputs,
) -> Answer<Response> {
    chosen(&site, viewer, &key, inputs, What::Take).await
}

/// Never offers again what was chosen.
async fn dismiss(
    State(site): State<Arc<Site>>,
    viewer: Viewer,
    Path(key): Path<String>,
    Sent(inputs): Inputs,
) -> Answer<Response> {
    chosen(&site, viewer, &key, inputs, What::Dismiss).await
}

/// Offers again what was dismissed.
async fn offer(
    State(site): State<Arc<Site>>,
    viewer: Viewer,
    Path(key): Path<String>,
    Sent(inputs): Inputs,
) -> Answer<Response> {
    chosen(&site, viewer, &key, inputs, What::Offer).await
}

/// What is to become of events that were ticked.
#[derive(Clone, Copy)]
enum What {
    Take,
    Dismiss,
    Offer,
}

async fn chosen(
    site: &Arc<Site>,
    viewer: Viewer,
    key: &str,
    inputs: Vec<(String, String)>,
    what: What,
) -> Answer<Response> {
    let (events, rest): (Vec<_>, Vec<_>) = inputs.into_iter().partition(|(name, _)| name == "event");
    let events: Vec<String> = events.into_iter().map(|(_, id)| id).collect();
    let typed = Typed::new(rest);
    let relative = site.shelf().find(key)?.path.clone();
    let asked = Asked {
        text: typed.get("text").to_owned(),
        page: typed.get("page").parse().unwrap_or(1),
        ..Asked::default()
    };
    let done = match what {
        _ if events.is_empty() => Err(Failure::new("nothing was chosen").hint(match what {
            What::Take => "tick what belongs in the timeline",
            What::Dismiss => "tick what is never to be offered again",
            What::Offer => "tick what is to be offered again",
        })),
        What::Take => taken(site, viewer, &relative, events.clone()).await.map(|()| ("taken", events.len())),
        What::Dismiss | What::Offer => {
            let judge = if matches!(what, What::Offer) { Judged::offered } else { Judged::dismissed };
            let verb = if matches!(what, What::Offer) { "offered" } else { "dismissed" };
            judged(site, viewer, &relative, events.clone(), verb, judge).await.map(|count| (verb, count))
        }
    };
    match done {
        Ok((verb, count)) => {
            let shelf = site.shelf();
            let key = shelf.find(&relative).map_or(relative.as_str(), |known| shelf.key(known)).to_owned();
            let text = segment(&asked.text);
            let to = format!("{}/evidence?{verb}={count}&text={text}#left-out", address(&key));
            Ok(Redirect::to(&to).into_response())
        }
        Err(failure) => {
            let status = status(failure.kind());
            let back = Back { untaken: Some(failure), chosen: events, ..Back::default() };
            let site = Arc::clone(site);
            let page = apart(move || shown(&site, &relative, &asked, &back)).await?;
            Ok((status, page).into_response())
        }
    }
}

/// Decides something of events, and says of how many.
async fn judged(
    site: &Arc<Site>,
    viewer: Viewer,
    relative: &str,
    events: Vec<String>,
    verb: &str,
    judge: fn(&mut Frozen, &[EventId]) -> Judged,
) -> Result<usize, Failure> {
    let subject = format!("{} {verb}", counted(events.len(), "candidate"));
    let name = relative.to_owned();
    let change = Change { key: relative.to_owned(), viewer, subject, force: true };
    let done = change
        .judge(site, move |workspace, path, _| {
            let mut frozen = workspace.frozen(path)?;
            let ids = known_events(&frozen, &events, &name)?;
            Ok(judge(&mut frozen, &ids))
        })
        .await;
    done.map(|judged| judged.map_or(0, |judged| judged.changed.len())).map_err(|Oops(failure)| failure)
}

async fn taken(site: &Arc<Site>, viewer: Viewer, relative: &str, events: Vec<String>) -> Result<(), Failure> {
    let subject = format!("take {} into the timeline", counted(events.len(), "event"));
    let name = relative.to_owned();
    let change = Change { key: relative.to_owned(), viewer, subject, force: true };
    let done = change
        .import(site, move |workspace, path, document| {
            let frozen = workspace.frozen(path)?;
            let ids = known_events(&frozen, &events, &name)?;
            workspace.take_in(path, document, frozen, &Curation::default(), &ids)
        })
        .await;
    done.map(|_| ()).map_err(|Oops(failure)| failure)
}

#[cfg(test)]
mod tests {
    use super::in_labels;

    #[test]
    fn options_are_told_by_their_labels() {
        for (option, label) in [
            ("give `--from` and `--to`, or so", "give `From` and `Until`, or so"),
            ("place them with `--zone NAME`", "place them with `Time zone`"),
            ("with `--map time=KEY,actor=KEY`", "with `Columns: time=KEY,actor=KEY`"),
            ("one with `--source` (`recount import --help` lists them), or", "one with `Read as`, or"),
            ("`a --zone b` and --zone", "`a --zone b` and --zone"),
            ("", ""),
        ] {
            assert_eq!(in_labels(option), label);
        }
    }
}
