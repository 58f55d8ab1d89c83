//! What the engine says of a text while it is written: findings, outline, fields, tables, each at places that move with
//! the text.
//!
//! It is worked out once for everybody, of the text as it is at one moment, and told to each browser as far as that does
//! not have it. What does not live here: what is wrong with a text (`recount-engine`).

use std::sync::Arc;
use std::time::Duration;

use recount_engine::document::template::{ActionColumn, FieldDef, FieldKind, SectionId, TimelineColumn};
use recount_engine::document::{Document, Field, FieldState, Milestone, Span};
use recount_engine::lint::{Finding, Level, Options};
use serde::Serialize;
use serde_json::value::RawValue;
use tokio::sync::{Notify, mpsc};
use tokio::task::JoinHandle;
use yrs::StickyIndex;

use super::lines::units;
use super::open::{Open, Out};
use super::words::severities;
use crate::site::Site;

/// So many findings are told: whoever has more sees that there are more.
const FINDINGS: usize = 300;
/// Between two tellings lies at least this time, and twice as long as the last one took.
const REST: Duration = Duration::from_millis(40);

/// What was worked out, each part as it goes out.
pub(super) struct Advice {
    /// Of which text, over which library.
    of: (u64, u64),
    parts: Vec<(&'static str, Box<RawValue>)>,
    took: Duration,
}

/// Tells a browser what is new, from when it has the text until it goes. `synced` says when that is.
pub(super) fn tell(open: &Arc<Open>, synced: Arc<Notify>, out: mpsc::Sender<Out>) -> JoinHandle<()> {
    let open = Arc::clone(open);
    tokio::spawn(async move {
        let mut revisions = open.revisions.subscribe();
        let Some(mut shelves) = open.site.upgrade().map(|site| site.changes()) else { return };
        synced.notified().await;
        let mut told: Option<Arc<Advice>> = None;
        loop {
            revisions.borrow_and_update();
            shelves.borrow_and_update();
            let Some(advice) = current(&open).await else { return };
            if let Some(frame) = advice.beside(told.as_deref()) {
                let out = out.clone();
                // Behind the changes that it knows of, which go out once they are on disk.
                open.journal.after(move || {
                    // Whoever is too slow for it is cut off by the next change.
                    let _ = out.try_send(Out::Text(frame));
                });
            }
            let rest = REST.max(advice.took * 2);
            told = Some(advice);
            tokio::time::sleep(rest).await;
            let is_over = tokio::select! {
                changed = revisions.changed() => changed.is_err(),
                changed = shelves.changed() => changed.is_err(),
                () = synced.notified() => {
                    told = None;
                    false
                }
            };
            if is_over {
                return;
            }
        }
    })
}

/// What is to be said of the text as it is now; worked out by whoever asks first.
async fn current(open: &Arc<Open>) -> Option<Arc<Advice>> {
    let mut kept = open.advice.lock().await;
    let site = open.site.upgrade()?;
    let of = (*open.revisions.borrow(), site.shelf().number);
    if let Some(advice) = kept.as_ref().filter(|advice| advice.of == of) {
        return Some(Arc::clone(advice));
    }
    let worker = Arc::clone(open);
    let made = tokio::task::spawn_blocking(move || Arc::new(made(&worker, &site))).await.ok()?;
    *kept = Some(Arc::clone(&made));
    Some(made)
}

impl Advice {
    /// What is said to somebody who was told `before`: nothing where nothing is new.
    fn beside(&self, before: Option<&Self>) -> Option<String> {
        #[derive(Serialize)]
        struct Frame<'a> {
            #[serde(rename = "type")]
            kind: &'static str,
            #[serde(flatten)]
            parts: std::collections::BTreeMap<&'static str, &'a RawValue>,
        }
        let is_new = |name: &str, part: &RawValue| {
            let known = before.and_then(|before| before.parts.iter().find(|(own, _)| *own == name));
            known.is_none_or(|(_, known)| known.get() != part.get())
        };
        let parts = self.parts.iter().filter(|(name, part)| is_new(name, part));
        let parts: std::collections::BTreeMap<_, _> = parts.map(|(name, part)| (*name, &**part)).collect();
        if parts.is_empty() {
            return None;
        }
        serde_json::to_string(&Frame { kind: "advice", parts }).ok()
    }
}

/// Works out what is to be said of the text as it is now.
fn made(open: &Arc<Open>, site: &Site) -> Advice {
    let began = std::time::Instant::now();
    let shelf = site.shelf();
    let (text, path, revision, trail) = {
        let mut inner = open.lock();
        (inner.room.text(), inner.path.clone(), *open.revisions.borrow(), inner.room.trail())
    };
    let document = Document::parse(text.as_bytes());
    let path = shelf.workspace.library.root().join(path);
    let options = Options { due: true, fixes: true, ..Options::default() };
    let mut findings = shelf.workspace.findings(&path, &document, site.today(), options);
    let of = (revision, shelf.number);
    let counts =
        [Level::Error, Level::Warning].map(|level| findings.iter().filter(|f| f.level == level).count());
    let outline = outline(&document, &findings);
    findings.truncate(FINDINGS);
    let mut places = Places::of(&text);
    for finding in &findings {
        places.want(finding.span);
        for edit in finding.fix.iter().flat_map(|fix| &fix.edits) {
            places.want(edit.span);
        }
    }
    let fields: Vec<(Shown<'_>, Span)> = fields(&document, &findings);
    for entry in &outline {
        places.want(entry.at);
    }
    for (_, span) in &fields {
        places.want(*span);
    }
    let tables = tables(&document);
    for table in &tables {
        places.want(table.span);
    }
    // Where it was written meanwhile, every place goes along.
    let Some(places) = open.lock().room.placed(trail, &places) else {
        return Advice { of, parts: Vec::new(), took: began.elapsed() };
    };
    let progress = Progress {
        sections: SectionId::ALL.len(),
        done: outline.iter().filter(|entry| entry.is_done && entry.is_own).count(),
        errors: counts[0],
        warnings: counts[1],
        stage: document.stage().as_str(),
    };
    let milestones = Milestone::ALL.into_iter().filter_map(|kind| {
        let at = document.milestone(kind)?.at()?;
        Some(ToldMilestone { kind, at: at.to_string() })
    });
    let parts = vec![
        (
            "findings",
            raw(&findings.iter().map(|finding| ToldFinding::of(finding, &places)).collect::<Vec<_>>()),
        ),
        ("outline", raw(&outline.iter().map(|entry| ToldEntry::of(entry, &places)).collect::<Vec<_>>())),
        ("progress", raw(&progress)),
        (
            "fields",
            raw(&fields
                .iter()
                .map(|(shown, span)| ToldField { shown, stretch: places.stretch(*span) })
                .collect::<Vec<_>>()),
        ),
        (
            "tables",
            raw(&tables
                .iter()
                .map(|table| ToldTable {
                    name: table.name,
                    priority: None,
                    stretch: places.stretch(table.span),
                    columns: &table.columns,
                })
                .collect::<Vec<_>>()),
        ),
        ("milestones", raw(&milestones.collect::<Vec<_>>())),
    ];
    Advice { of, parts, took: began.elapsed() }
}

fn raw(value: &impl Serialize) -> Box<RawValue> {
    // Texts, numbers and places: nothing of it fails.
    serde_json::value::to_raw_value(value).unwrap_or_default()
}

/// Places of a text by its bytes, to be found again in UTF-16 units, and then as places that move along.
pub(super) struct Places {
    /// At which byte each line begins, and at which unit.
    lines: Vec<(u32, u32)>,
    text: Arc<str>,
    wanted: Vec<u32>,
}

impl Places {
    pub(super) fn of(text: &Arc<str>) -> Self {
        let mut lines = Vec::new();
        let (mut byte, mut unit) = (0, 0);
        for line in text.split_inclusive('\n') {
            lines.push((byte, unit));
            // Texts here have at most 2^21 units.
            byte += u32::try_from(line.len()).unwrap_or(0);
            unit += units(line);
        }
        lines.push((byte, unit));
        Self { lines, text: Arc::clone(text), wanted: Vec::new() }
    }

    pub(super) fn want(&mut self, span: Span) {
        self.wanted.extend([span.start, span.end]);
    }

    /// All bytes that are asked for, each with its place in units; in order, each once.
    pub(super) fn units(&self) -> Vec<(u32, u32)> {
        let mut wanted = self.wanted.clone();
        wanted.sort_unstable();
        wanted.dedup();
        wanted.into_iter().map(|byte| (byte, self.unit(byte))).collect()
    }

    pub(super) fn unit(&self, byte: u32) -> u32 {
        let line = self.lines.partition_point(|(start, _)| *start <= byte).saturating_sub(1);
        let (start, unit) = self.lines[line];
        unit + self.text.get(start as usize..byte as usize).map_or(0, units)
    }
}

/// Places that move along, by the bytes that they stand at.
pub(super) struct Placed {
    /// In the order of the bytes: one that stays before what stands there, one that stays behind what stands before.
    at: Vec<(u32, StickyIndex, StickyIndex)>,
}

impl Placed {
    pub(super) fn new(at: Vec<(u32, StickyIndex, StickyIndex)>) -> Self {
        Self { at }
    }

    /// Of bytes that were asked for: both ends are there.
    pub(super) fn stretch(&self, span: Span) -> Stretch<'_> {
        let find = |byte: u32| &self.at[self.at.partition_point(|(own, ..)| *own < byte)];
        Stretch { from: &find(span.start).1, to: &find(span.end).2 }
    }
}

#[derive(Serialize)]
pub(super) struct Stretch<'a> {
    pub(super) from: &'a StickyIndex,
    pub(super) to: &'a StickyIndex,
}

#[derive(Serialize)]
struct ToldFinding<'a> {
    rule: &'static str,
    level: &'static str,
    #[serde(flatten)]
    stretch: Stretch<'a>,
    message: &'a str,
    why: &'a str,
    help: &'a str,
    fixes: Vec<ToldFix<'a>>,
}

impl<'a> ToldFinding<'a> {
    fn of(finding: &'a Finding, places: &'a Placed) -> Self {
        let edit = |edit: &'a recount_engine::document::edit::Edit| ToldEdit {
            stretch: places.stretch(edit.span),
            text: &edit.text,
        };
        let fixes = finding.fix.iter();
        Self {
            rule: finding.rule.name,
            level: finding.level.as_str(),
            stretch: places.stretch(finding.span),
            message: &finding.message,
            why: &finding.why,
            help: &finding.help,
            fixes: fixes
                .map(|fix| ToldFix { label: &fix.title, edits: fix.edits.iter().map(edit).collect() })
                .collect(),
        }
    }
}

#[derive(Serialize)]
struct ToldFix<'a> {
    label: &'a str,
    edits: Vec<ToldEdit<'a>>,
}

#[derive(Serialize)]
struct ToldEdit<'a> {
    #[serde(flatten)]
    stretch: Stretch<'a>,
    text: &'a str,
}

/// A section in the outline.
struct Entry<'a> {
    name: &'a str,
    level: u8,
    at: Span,
    /// Whether the template has it.
    is_own: bool,
    is_done: bool,
    errors: usize,
}

#[derive(Serialize)]
struct ToldEntry<'a> {
    name: &'a str,
    level: u8,
    at: &'a StickyIndex,
    done: bool,
    errors: usize,
}

impl<'a> ToldEntry<'a> {
    fn of(entry: &Entry<'a>, places: &'a Placed) -> Self {
        let at = places.stretch(entry.at).from;
        Self { name: entry.name, level: entry.level, at, done: entry.is_done, errors: entry.errors }
    }
}

#[derive(Serialize)]
struct Progress {
    sections: usize,
    done: usize,
    errors: usize,
    warnings: usize,
    stage: &'static str,
}

#[derive(Serialize)]
struct ToldMilestone {
    kind: Milestone,
    at: String,
}

fn outline<'a>(document: &'a Document, findings: &[Finding]) -> Vec<Entry<'a>> {
    let entry = |section: &'a recount_engine::document::Section| {
        let within = |finding: &&Finding| {
            section.span.start <= finding.span.start && finding.span.start < section.span.end
        };
        let errors = findings.iter().filter(within).filter(|finding| finding.level == Level::Error).count();
        let is_done = match section.id {
            Some(id) => errors == 0 && is_answered(document, id),
            None => errors == 0,
        };
        Entry {
            name: document.slice(section.name),
            level: section.level,
            at: section.heading,
            is_own: section.id.is_some(),
            is_done,
            errors,
        }
    };
    document.sections().iter().map(entry).collect()
}

/// Whether a section has what the template asks for.
fn is_answered(document: &Document, id: SectionId) -> bool {
    use recount_engine::document::template::Need;
    let has_any = |group| group_members(group).any(|member| document.is_filled(member.id));
    match id {
        SectionId::Timeline => !document.timeline_rows().is_empty(),
        SectionId::ActionItems => !document.action_items().is_empty(),
        SectionId::WentWell | SectionId::WentPoorly | SectionId::GotLucky => !document.entries(id).is_empty(),
        _ => id.fields().all(|field| match (field.need, field.group) {
            (Need::Optional, _) => true,
            (Need::Required, _) => document.is_filled(field.id),
            (Need::OneOfGroup, group) => document.is_filled(field.id) || group.is_some_and(has_any),
        }),
    }
}

fn group_members(
    group: recount_engine::document::template::FieldId,
) -> impl Iterator<Item = &'static FieldDef> {
    group.members()
}

/// A field as the form shows it.
#[derive(Serialize)]
struct Shown<'a> {
    name: &'static str,
    section: &'static str,
    state: &'static str,
    why: Option<&'a str>,
    choices: Option<Vec<String>>,
    kind: &'static str,
}

#[derive(Serialize)]
struct ToldField<'a> {
    #[serde(flatten)]
    shown: &'a Shown<'a>,
    #[serde(flatten)]
    stretch: Stretch<'a>,
}

fn fields<'a>(document: &'a Document, findings: &'a [Finding]) -> Vec<(Shown<'a>, Span)> {
    document
        .fields()
        .filter(|field| field.id.def().kind != FieldKind::Group)
        .map(|field| {
            let def = field.id.def();
            let span = stretch(field);
            let about = findings.iter().filter(|finding| {
                field.span.start <= finding.span.start && finding.span.end <= field.span.end
            });
            let about = about.max_by_key(|finding| finding.level);
            let state = match field.state {
                FieldState::Blank => "blank",
                FieldState::Placeholder => "placeholder",
                FieldState::Filled if about.is_some_and(|finding| finding.level == Level::Error) => "invalid",
                FieldState::Filled => "value",
            };
            let shown = Shown {
                name: def.label,
                section: def.section.heading(),
                state,
                why: about.map(|finding| &*finding.message),
                choices: (def.kind == FieldKind::Severity).then(severities),
                kind: kind(def, field),
            };
            (shown, span)
        })
        .collect()
}

/// Where a field's answer stands: on its line, or below it.
fn stretch(field: &Field) -> Span {
    if field.body.is_empty() {
        return field.value;
    }
    let start = if field.value.is_empty() { field.body.start } else { field.value.start };
    Span { start, end: field.body.end.max(field.value.end) }
}

fn kind(def: &FieldDef, field: &Field) -> &'static str {
    use recount_engine::document::template::FieldId;
    if !field.body.is_empty() {
        return "lines";
    }
    match def.kind {
        FieldKind::Severity => "choice",
        FieldKind::Time => "time",
        FieldKind::List if def.id == FieldId::Services => "services",
        _ => "text",
    }
}

/// A table of the template in the text.
struct Shaped {
    name: super::wire::Table,
    span: Span,
    columns: Vec<String>,
}

#[derive(Serialize)]
struct ToldTable<'a> {
    name: super::wire::Table,
    priority: Option<&'static str>,
    #[serde(flatten)]
    stretch: Stretch<'a>,
    columns: &'a [String],
}

fn tables(document: &Document) -> Vec<Shaped> {
    use super::wire::Table;
    use recount_engine::document::template::{ACTION_HEADERS, TIMELINE_HEADERS};
    let mut tables = Vec::new();
    if let Some(table) = document.timeline() {
        let name = |column: TimelineColumn| TIMELINE_HEADERS[column as usize];
        tables.push(Shaped {
            name: Table::Timeline,
            span: table.span,
            columns: columns(document, table, name),
        });
    }
    if let Some(table) = document.actions() {
        let name = |column: ActionColumn| ACTION_HEADERS[column as usize];
        tables.push(Shaped {
            name: Table::Actions,
            span: table.span,
            columns: columns(document, table, name),
        });
    }
    tables
}

/// The columns as they are headed; by the template's name where that is what they are.
fn columns<C: Copy + PartialEq>(
    document: &Document,
    table: &recount_engine::document::Table<C>,
    name: impl Fn(C) -> &'static str,
) -> Vec<String> {
    let heads =
        table.cells(&table.header).iter().map(|cell| document.cell_text(Some(*cell)).trim().to_owned());
    let heads: Vec<String> = heads.collect();
    let known = |at: usize| table.columns.get(at).copied().flatten();
    let head = |(at, head): (usize, String)| known(at).map_or(head, |column| name(column).to_owned());
    heads.into_iter().enumerate().map(head).collect()
}
