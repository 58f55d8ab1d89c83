//! What a browser lets the server work out: a row in its place, an action item, a field, rows of a pasted excerpt, all
//! fixes. The answer are edits, which the browser makes itself, so that whoever asked can undo them.
//!
//! What does not live here: how documents are changed (`recount-engine`, `recount-workspace`).

use std::path::Path;
use std::sync::Arc;

use jiff::tz::TimeZone;
use recount_engine::document::operations::plain_cell;
use recount_engine::document::template::FieldId;
use recount_engine::document::value::time::{self, Anchor};
use recount_engine::document::{Document, Stage, TimelineRow, format};
use recount_engine::evidence::row::Row;
use recount_engine::lint::Options;
use recount_workspace::inputs::Input;
use recount_workspace::reading::{How, Listener, read_zone};
use recount_workspace::{Failure, FailureKind, not_ready, refuse_nonsense, with_value};

use super::open::Open;
use super::outside::hunks;
use super::wire::{Answered, Edit, ItemCells, Operation, RowCells};
use crate::site::Site;

/// The longest excerpt that rows are made of, in bytes.
const EXCERPT: usize = 256 * 1024;
/// So many rows are offered of one.
const ROWS: usize = 200;

/// Answers an operation on the text as it is now.
pub(super) fn answer(site: &Site, open: &Arc<Open>, path: &str, operation: Operation) -> Answered {
    let answered = match operation {
        Operation::RowsOf { text, zone } => rows_of(site, open, &text, zone.as_deref()).map(Answered::Rows),
        operation => edits(site, open, path, operation).map(Answered::Edits),
    };
    answered.unwrap_or_else(|failure| Answered::Error {
        sentence: failure.to_string(),
        hint: failure.hint_elsewhere().unwrap_or_default().to_owned(),
    })
}

fn edits(site: &Site, open: &Arc<Open>, path: &str, operation: Operation) -> Result<Vec<Edit>, Failure> {
    let (text, trail) = {
        let mut inner = open.lock();
        if let Some(why) = &inner.frozen {
            return Err(Failure::new(why.trim_end_matches('.')).hint("somebody has to decide first"));
        }
        (inner.room.text(), inner.room.trail())
    };
    let document = Document::parse(text.as_bytes());
    let changed = changed(site, path, &document, operation)?;
    let changed = String::from_utf8(changed).map_err(|_| Failure::new("the text is no longer UTF-8"))?;
    let hunks = hunks(&text, &changed);
    let ends = hunks.iter().flat_map(|hunk| [hunk.at, hunk.at + hunk.removed]);
    let ends: Vec<u32> = ends.collect();
    let placed = open.lock().room.placed_units(trail, &ends);
    let placed = placed.ok_or_else(|| {
        Failure::new("the text changed too fast to be worked on").hint("try again").of(FailureKind::Conflict)
    })?;
    let edits = hunks.into_iter().zip(placed.chunks_exact(2)).map(|(hunk, ends)| Edit {
        from: ends[0].0.clone(),
        to: ends[1].1.clone(),
        text: hunk.text,
    });
    Ok(edits.collect())
}

/// The bytes that an operation makes of a document.
fn changed(site: &Site, path: &str, document: &Document, operation: Operation) -> Result<Vec<u8>, Failure> {
    let shelf = site.shelf();
    let workspace = &shelf.workspace;
    let path = workspace.library.root().join(Path::new(path));
    let part = match operation {
        Operation::AddRow { .. } | Operation::SortTimeline => "row",
        Operation::AddItem { .. } => "action item",
        _ => "field",
    };
    workspace.refuse_foreign(&path, document, part)?;
    let of = |document: Document| document.source().bytes().to_vec();
    Ok(match operation {
        Operation::AddRow { cells } => of(with_row(document, &cells)?),
        Operation::SortTimeline => of(document.changed(&document.sort_timeline())?),
        Operation::AddItem { priority, cells } => {
            let ItemCells { action, owner, due, status, plan } = &cells;
            let status = if status.is_empty() { "Open" } else { status };
            let cells = [&priority, action, owner, due, status, plan].map(|cell| plain_cell(cell.trim()));
            let cells = cells.each_ref().map(String::as_str);
            of(document.changed(&document.insert_action_item(&cells)?)?)
        }
        Operation::SetField { name, value } => {
            let id = FieldId::from_name(&name)
                .ok_or_else(|| Failure::new(format!("`{name}` is no field of the template")))?;
            if id == FieldId::IncidentId {
                workspace.refuse_taken(&path, &value)?;
            }
            let mut changed = with_value(document, id, &value)?;
            workspace.follow_times(&path, id, document, &mut changed, site.today())?;
            refuse_nonsense(&changed, id, &value)?;
            of(changed)
        }
        Operation::SetStage { stage, reviewers } => {
            let stage: Stage = stage.parse().map_err(Failure::new)?;
            let changed = workspace.at_stage(document, stage, &reviewers, site.today())?;
            let findings = workspace.in_the_way(&path, &changed, stage, site.today());
            if stage > document.stage() && !findings.is_empty() {
                let name = document.incident_id().unwrap_or("this postmortem");
                return Err(not_ready(name, stage, &findings));
            }
            of(changed)
        }
        Operation::Format => format::format(document).bytes,
        Operation::FixAll => {
            let options = Options { due: true, fixes: true, ..Options::default() };
            workspace.fixed(&path, document.source().bytes(), site.today(), options).bytes
        }
        // It changes nothing by itself.
        Operation::RowsOf { .. } => document.source().bytes().to_vec(),
    })
}

/// The timeline with one more row: by its time where it says one, else at the end, to be filled in.
fn with_row(document: &Document, cells: &RowCells) -> Result<Document, Failure> {
    let RowCells { time, actor, action, result } = cells;
    let text = [actor, action, result].map(|cell| plain_cell(cell.trim()));
    let [actor, action, result] = &text;
    let written = time.trim();
    if written.is_empty() {
        let row = [String::new(), actor.clone(), action.clone(), result.clone()];
        return Ok(document.changed(&document.append_timeline_rows(&[row])?)?);
    }
    let day = |at| TimeZone::UTC.to_datetime(at).date();
    let last = document.timeline_rows().last().and_then(TimelineRow::at);
    let anchor = Anchor { date: last.or(document.started_at()).map(day), previous: None };
    let at = time::read(written, &anchor).map_err(|_| {
        Failure::new(format!("`{written}` is not a time"))
            .hint("write it as `2026-11-20 14:02`; it is UTC unless it names another zone")
    })?;
    let stamp = time::canonical(at.at, at.at.as_second() % 60 != 0);
    Ok(document.changed(&document.insert_timeline_row(at.at, &[&stamp, actor, action, result])?)?)
}

/// What an excerpt from a chat or a terminal makes, as rows: through the sources that read such exports.
fn rows_of(site: &Site, open: &Arc<Open>, text: &str, zone: Option<&str>) -> Result<Vec<RowCells>, Failure> {
    if text.len() > EXCERPT {
        return Err(Failure::new("the excerpt is longer than 256 KiB")
            .hint("save it as a file, and drop that into the evidence"));
    }
    let shelf = site.shelf();
    let workspace = &shelf.workspace;
    let document = Document::parse(open.lock().room.text().as_bytes());
    let zone = zone.filter(|zone| !zone.trim().is_empty()).map(read_zone).transpose()?;
    let started = document.started_at();
    let year = started.map(|at| TimeZone::UTC.to_datetime(at).year());
    let how = How { zone, year, anchor: started, ..How::default() };
    let trouble = |error: std::io::Error| {
        Failure::new(format!("the excerpt cannot be kept while it is read: {error}")).of(FailureKind::Trouble)
    };
    let folder = tempfile::tempdir().map_err(trouble)?;
    let file = folder.path().join("excerpt.txt");
    std::fs::write(&file, text).map_err(trouble)?;
    let read = workspace.read_inputs(vec![Input::sent(&file)?], &how, None, &mut Deaf)?;
    read.refuse_nothing()?;
    let mut events: Vec<_> = read.inputs.iter().flat_map(|input| &input.import.events).collect();
    events.sort_by_key(|event| event.instant());
    let rows = events.into_iter().take(ROWS).map(|event| {
        let row = Row::new(event, None, None);
        let [time, actor, action, result] = row.cells().map(str::to_owned);
        RowCells { time, actor, action, result }
    });
    Ok(rows.collect())
}

/// Hears nothing: rows are proposals, and whoever takes them sees them.
struct Deaf;

impl Listener for Deaf {
    fn warn(&mut self, _: String, _: Option<&str>) {}
}
